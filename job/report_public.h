/* The public edition of a report: counts that may be told, a surface made of them, and what was told before. */
#ifndef HG_JOB_REPORT_PUBLIC_H
#define HG_JOB_REPORT_PUBLIC_H

#include "engine/suppress.h"
#include "io/yaml.h"
#include "job/report.h"

/** Published cells are no smaller; events nearer than a surface's bandwidth, or it has no value. */
#define HG_PUBLIC_CELL_M 250.0
enum { HG_PUBLIC_BELOW = 6, HG_PUBLIC_EVENTS = 10 };

/** Counts by cell and stream; what is withheld is in it, so it is never written as it stands. */
typedef struct hg_public_counts {
    char **stream, **name;   /**< streams as people call them, and safe as columns */
    size_t streams;
    hg_text left_out;        /**< sensitive streams that were not named, with commas */
    size_t cells;
    int64_t *column, *row;   /**< of a cell's south-west corner, in cells */
    double *covered;         /**< share of the cell in the study area */
    uint64_t *count, *total; /**< cells x streams; cells */
    uint64_t *all;           /**< of each stream */
    uint64_t everything;
    double cell_m;
    uint64_t below;
    hg_suppressed hidden;
} hg_public_counts;

/**
 * Counts of the result on cells of 250 m or more, and what to withhold of them. Errors: HG_EUSAGE for a result that was
 * not made for it (all cells, a period, categories that can be told apart); the message says how to make it.
 */
hg_status hg_public_count(hg_report *r, hg_public_counts *out, hg_error *err);
void hg_public_counts_dispose(hg_public_counts *counts);

/** Streams and kinds that are told of only where they are named (presets/sensitive.yaml). */
typedef struct hg_sensitive {
    hg_yaml *words;
    const hg_text_list *named; /**< --include-stream; borrowed */
} hg_sensitive;
hg_status hg_sensitive_read(const hg_text_list *named, hg_sensitive *out, hg_error *err);
void hg_sensitive_dispose(hg_sensitive *s);
/** The topic ("sexual", "minors" …) that keeps a stream or kind out; NULL where it may be told. */
const char *hg_sensitive_topic(const hg_sensitive *s, const char *name);

/** The days the result was made for: --since is in it, --until is not. */
hg_status hg_public_period(const hg_report *r, int64_t *from, int64_t *until, hg_error *err);
/**
 * Refuses what another publication already told of in part, and records this one. Errors: HG_EUSAGE with both
 * periods; HG_EDATA for a record that cannot be read.
 */
hg_status hg_public_record(hg_report *r, const hg_public_counts *counts, bool with_cells, hg_error *err);

/** Map of what is told, from what is told alone. */
hg_status hg_public_map(hg_report *r, const hg_public_counts *counts, hg_error *err);
/** Bands of the index by month; the land ledger by class. */
hg_status hg_public_index(hg_report *r, hg_error *err);
hg_status hg_public_land(hg_report *r, hg_error *err);

/** HG_EUSAGE for options that only one of the two editions has. */
hg_status hg_public_check_options(const hg_settings *set, hg_error *err);
/** The whole public edition. */
hg_status hg_report_public(hg_report *r, hg_error *err);

#endif
