/* Events held against an earlier list: which of its areas each fell in. */
#ifndef HG_JOB_REPORT_SCORE_H
#define HG_JOB_REPORT_SCORE_H

#include "job/report_lists.h"

/** The earlier list, and what is counted on it. */
typedef struct hg_old_list {
    const hg_result *result;
    hg_table *areas;     /**< in order of rank */
    hg_list_cells cells; /**< selected cells by id, each with its area */
    double cell_m;
    int64_t since;       /**< its last time: what comes after it counts */
} hg_old_list;

/** Errors: as of reading. *missing names what the result lacks to be judged; NULL = nothing. */
hg_status hg_old_list_open(hg_report *r, hg_old_list *out, const char **missing, hg_error *err);
void hg_old_list_dispose(hg_old_list *list);

/** What happened after the list was made, by area (index = rank - 1). */
typedef struct hg_tally {
    uint64_t *in_area;
    int64_t *last;     /**< HG_NO_TIME = nothing */
    uint64_t all, hit; /**< events, and those in a selected cell */
    uint64_t untimed;  /**< events that could be before or after */
    bool on_grid;      /**< the study area is not at hand, so the whole grid stands for it */
} hg_tally;

void hg_tally_dispose(hg_tally *tally);
/**
 * Points, placed as any incidents are: into the CRS and the study area of the list. `layer` may be NULL; the source
 * may be SRC[:LAYER]. No event after the list's last time is no error. Errors: as of hg_intake_run.
 */
hg_status hg_tally_points(hg_report *r, const hg_old_list *list, const char *option, const char *source, const char *layer,
                          hg_tally *out, hg_error *err);
/** A log of patrols: columns area or 片区 (rank or name) and time or date, else points. Adds to the tally. */
hg_status hg_tally_patrols(hg_report *r, const hg_old_list *list, const char *source, hg_tally *out, hg_error *err);

#endif
