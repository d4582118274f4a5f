/* The last list against this one, and against what happened since. */
#ifndef HG_JOB_REPORT_LISTS_H
#define HG_JOB_REPORT_LISTS_H

#include "job/report_parts.h"

/** A selected cell and the rank of its area. */
typedef struct hg_list_cell {
    const char *id;
    size_t area;
} hg_list_cell;

/** The selected cells of a result, by id; none where the result does not say their areas. */
typedef struct hg_list_cells {
    hg_table *table;
    hg_list_cell *cells;
    size_t n;
} hg_list_cells;

hg_status hg_list_cells_read(const hg_report *r, const hg_result *result, hg_list_cells *out, hg_error *err);
void hg_list_cells_dispose(hg_list_cells *cells);
/** The area of a cell; 0 = it is not on the list. */
size_t hg_list_area(const hg_list_cells *cells, const char *id);

/** Areas that entered, left and stayed: rows of the areas now and before. */
typedef struct hg_list_change {
    const char *why_not; /**< NULL = comparable; else what differs */
    char reason[160];
    hg_table *now, *before;
    bool *entered, *stayed; /**< by row of `now` */
    bool *left;             /**< by row of `before` */
} hg_list_change;

/** An area stays if one of its cells was on the earlier list; one of the earlier is left if none is on this. */
hg_status hg_list_compare(hg_report *r, hg_list_change *out, hg_error *err);
void hg_list_change_dispose(hg_list_change *change);

/** How the earlier list fared: its share of the incidents since, against chance; and whether its areas were visited. */
hg_status hg_report_scorecard(hg_report *r, hg_error *err);
/** Late feeds, rows without a place, default times, suspected repeats. */
hg_status hg_report_cut_off(hg_report *r, hg_error *err);

#endif
