/*
 * read -> check -> place: from the inputs of a job to accepted incidents in the analysis CRS, with
 * every refused row in `rejects`.
 */
#ifndef HG_JOB_INTAKE_H
#define HG_JOB_INTAKE_H

#include "base/rejects.h"
#include "engine/crossval.h"
#include "engine/incidents.h"
#include "geo/patches.h"
#include "geo/placing.h"
#include "io/hash.h"
#include "io/store.h"
#include "job/job.h"

typedef struct hg_input_facts {
    char *name, *layer, *file; /**< file NULL for a connection */
    uint64_t rows_read, accepted, rejected;
    uint64_t not_read; /**< rows passed over, too far from the study area */
    uint64_t bytes;
    char sha256[65]; /**< empty with --no-hash or for a connection */
} hg_input_facts;

/** Name, layer, rows, size and hash of input i. */
void hg_input_say(hg_facts *facts, const hg_input_facts *input, size_t i);
/** How many rows were refused for what. */
void hg_rejects_say(hg_facts *facts, const hg_rejects *rejects);
/** The notes so far; may be said again when there are more. */
void hg_notes_say(hg_job *job);
/** What any run says of itself, once: options in force, notes, classification. */
void hg_run_say(hg_job *job);
/** The notes alone, again where there are more by now. */
void hg_notes_say(hg_job *job);
/** The CRS of the analysis, and why that. */
void hg_plane_say(hg_facts *facts, const hg_crs *crs, const char *why);
/**
 * A table that begins with where a row stands: source, layer, row; `rows` rows. hg_row_table_place fills
 * these three.
 */
hg_status hg_row_table(const char *name, size_t rows, hg_pool *pool, hg_table **out, hg_error *err);
hg_status hg_row_table_place(hg_table *table, size_t i, const hg_input_facts *input, uint64_t row,
                             hg_error *err);
/** The table `rejects`; raw (may be NULL) has the text of each whole row. */
hg_status hg_rejects_table(const hg_rejects *rejects, const hg_input_facts *inputs,
                           const uint32_t *raw, hg_table **out, hg_error *err);
void hg_input_facts_dispose(hg_input_facts *input);

#define HG_NO_PATCH UINT32_MAX

/** Bandwidths of the rules, of the job's kernel; all 0 where a length was given. */
typedef struct hg_bandwidth_choice {
    double silverman_m, scott_m;
    double auto_m;        /**< with HG_RULE_AUTO */
    hg_crossval crossval; /**< likewise */
} hg_bandwidth_choice;

/** Where rows stay on the ranks that read them: what the rows of all ranks come to, the same on every rank. */
typedef struct hg_rows_of_all {
    bool spread; /**< else every row is here, and nothing of this is set */
    int64_t reasons[HG_REASON_END]; /**< rejected for what */
    double box[4];                  /**< of the accepted incidents */
    double weight;
    int64_t *stream_rows, *stream_last; /**< by stream: accepted rows, their last time or HG_NO_TIME */
} hg_rows_of_all;

/** Everything the rest of a job needs. Incident columns have incidents.n rows, in input order. */
typedef struct hg_intake {
    const struct hg_intake *lender; /**< of a shared reading: what it has, too, is borrowed from it; else NULL */
    hg_pool *pool;
    hg_incidents incidents;
    uint32_t *category;   /**< pool ids; NULL where no input has one */
    uint16_t *input;      /**< which input; NULL with one input */
    uint32_t *source_row; /**< 1-based data row; NULL where it is the index + 1 */
    hg_column *kept;      /**< kept_count columns of incidents.n rows */
    size_t kept_count;
    hg_shapes *polygons; /**< with polygons: one set an input, by row of the source; else NULL */
    hg_patches *patches; /**< the polygons as mass, where a map is made of them; else NULL */
    bool owns_patches;   /**< of an intake taken out of another: its patches are its own */
    uint32_t *patch;     /**< of each incident its number in `patches` or HG_NO_PATCH; NULL likewise */
    double polygon_unit_m2; /**< area of a patch that weighs as one incident */
    const char *polygon_unit_rule; /**< "given", "mean" or "m2" */
    uint64_t patches_repaired;
    bool has_points; /**< beside patches there are inputs of points */
    char **stream_names;
    hg_input_facts *inputs;
    size_t input_count;
    hg_rejects rejects;
    uint32_t *rejects_raw; /**< text of the whole row of each, with --rejects-raw; else NULL */
    hg_crs *crs; /**< the analysis CRS, in metres */
    char crs_why[256];
    hg_region *region;       /**< study area; NULL until one is known */
    bool area_given;
    double bandwidth_m;      /**< of the job's kernel */
    hg_bandwidth_choice choice;
    double support_m;
    uint64_t rows_read, accepted, rejected, halo, untimed, duplicates;
    hg_rows_of_all all; /**< the counts, times and inputs of this intake are of all ranks, too */
    uint64_t elsewhere; /**< rejected as outside the polygons of --area-name, and not listed */
    bool hash_later;      /**< set before the run: the hashes of the inputs are awaited by hg_intake_hashes */
    hg_hashing **hashing; /**< by input, those still to be awaited; NULL without any */
    int64_t first_time, last_time; /**< of accepted incidents; HG_NO_TIME where none has one */
    int64_t as_of;           /**< with --half-life: the moment from which ages count */
    double mean_age_factor;  /**< with --half-life: what incidents with a time kept of their weights, on average */
} hg_intake;

/**
 * Runs the whole intake. `store_crs` (may be NULL) is the WKT of an existing store whose CRS wins.
 * Fills facts rows_read … datum, inputs[], analysis_crs, bandwidth_m, placing[].
 * Errors: as of the sources; HG_EDATA where no row is accepted; HG_EUSAGE for coordinates whose CRS
 * is not known.
 */
hg_status hg_intake_run(hg_job *job, const char *store_crs, hg_intake *in, hg_error *err);
void hg_intake_dispose(hg_intake *in);
/**
 * For a run that fails because no row is left: sets the fact `empty`, with the counts of rows, where that is no
 * fault of the rows. They lie outside --since and --until; or, with --area-name, in other places: beside the
 * area, `halo` of them within reach. `reasons` are of n rows.
 */
void hg_intake_say_empty(hg_job *job, const uint8_t *reasons, size_t n, uint64_t halo);
/**
 * Takes the incidents of one stream out into an intake of their own, in which no texts are and which borrows
 * region, CRS and patches of `in` (the patches become its own where `in` has no use for them). The stream's
 * name goes, the others keep their order. What was counted of rows (rows_read … duplicates) stays; the time span is that of the incidents that stay. Free with
 * hg_intake_dispose_taken, before `in`.
 */
hg_status hg_intake_take_stream(hg_intake *in, size_t stream, hg_intake *taken, hg_error *err);
void hg_intake_dispose_taken(hg_intake *taken);
/** Waits for the hashes of the inputs, which are in `inputs` from here on; only after a run with hash_later. */
hg_status hg_intake_hashes(hg_intake *in, hg_error *err);

/**
 * Writes the intake's facts (counts, CRS, inputs …) into job->facts; after hashing has been joined.
 */
void hg_intake_facts(hg_job *job, const hg_intake *in);

/** How many rows were refused for each reason, on whatever rank. */
void hg_intake_reasons(const hg_intake *in, int64_t counts[HG_REASON_END]);
/** By stream: how many incidents there are here, and the last time of any, HG_NO_TIME where none has one. */
void hg_intake_count_streams(const hg_intake *in, int64_t *rows, int64_t *last);

/** Makes the table one of multipolygons, those of the named rows (NULL = all). */
hg_status hg_intake_add_polygons(const hg_intake *in, const size_t *rows, hg_table *table,
                                 hg_error *err);

/** Whether masses and densities are in square metres of patches rather than in incidents. */
bool hg_intake_in_m2(const hg_intake *in);
/** Whether a store or result says that positions in it were shifted back from GCJ-02 or BD-09. */
bool hg_says_un_offset(const hg_store_contents *contents);
/** What the rows are called: "incidents", "patches" or "incidents and patches". */
const char *hg_intake_noun(const hg_intake *in);

/**
 * Tables for results: incidents (a selection by index; NULL = all), and rejects. With `polygons` the
 * selected rows are patches and become multipolygons; those of a map have their area and an empty
 * `cell_id` besides.
 */
hg_status hg_intake_incident_table(const hg_intake *in, const char *name, bool polygons,
                                   const size_t *rows, size_t n, hg_table **out, hg_error *err);
hg_status hg_intake_rejects_table(const hg_intake *in, hg_table **out, hg_error *err);
/** Accepted rows of which marks[i] has the bit (marks NULL = none): source, layer, row. */
hg_status hg_intake_marked_table(const hg_intake *in, const char *name, const uint8_t *marks, uint8_t bit,
                                 hg_table **out, hg_error *err);
/** Accepted rows that repeat an earlier one in every column. */
hg_status hg_intake_duplicates_table(const hg_intake *in, hg_table **out, hg_error *err);

#endif
