/* What incidents could happen to (homes, people, vehicles), laid on the cells of a study. */
#ifndef HG_JOB_AT_RISK_H
#define HG_JOB_AT_RISK_H

#include "job/study.h"

typedef struct hg_at_risk {
    double *surface;  /**< amount in each cell, raster order, 0 outside A */
    char *name;       /**< file and layer, for people */
    uint64_t rows;    /**< read */
    uint64_t used;    /**< that lie in A, wholly or in part */
    uint64_t outside; /**< that do not; with --at-risk-bandwidth those nearby still reach in */
    uint64_t refused; /**< without a usable place or weight */
} hg_at_risk;

/**
 * Reads --at-risk. Points count in their cell as incidents do; a polygon's weight is spread evenly over its area;
 * with --at-risk-bandwidth the amount in a cell is a kernel density at its centre times the cell's area in A.
 * Errors: as of sources; HG_EDATA where no row can be used; HG_EUSAGE for a bandwidth under one cell.
 */
hg_status hg_at_risk_read(hg_job *job, const hg_intake *in, const hg_study *study, hg_at_risk *out, hg_error *err);
void hg_at_risk_dispose(hg_at_risk *a);

#endif
