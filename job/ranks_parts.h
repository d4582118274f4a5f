/* What the files of a density shared by ranks share; nobody else includes this. */
#ifndef HG_JOB_RANKS_PARTS_H
#define HG_JOB_RANKS_PARTS_H

#include "job/ranks_plan.h"

/** What rank 0 asks of the others once the plan stands. */
typedef enum hg_asked { ASK_ROWS, ASK_TILE, ASK_MASS, ASK_NO_MORE } hg_asked;

typedef struct hg_question {
    hg_asked what;
    int64_t row, n;
    size_t bytes; /**< of a text that follows */
} hg_question;

struct hg_ranks_plan {
    hg_job *job;
    hg_ranks *ranks;
    hg_grid grid;
    double radius;  /* of the support, in cells */
    int64_t *first; /* of each rank its first row; one more: the end */
    int64_t bin_rows;
    size_t bins;
    double *x, *y, *w; /* points that reach this rank's strip, or no cell at all */
    size_t n;
    hg_density_plan *own;
};

/** Rows of this rank's strip that stand ready: `n` from `row` on, of at most `room`. */
typedef struct hg_stock {
    double *values;
    int64_t room, row, n;
} hg_stock;

int64_t hg_ranks_strip_rows(const hg_ranks_plan *plan, int rank);
/** As many rows of the strip as there is room for, from `row` on. */
hg_status hg_ranks_fill_stock(hg_ranks_plan *plan, hg_stock *stock, int64_t row, hg_error *err);
/** To rank 0: how this rank fared (`why` where status is no HG_OK), and the data where it fared
 * well. */
hg_status hg_ranks_answer(hg_ranks_plan *plan, hg_status status, const void *data, size_t bytes,
                          const hg_error *why, hg_error *err);
/** Writes the strip as rank 0 asks. */
hg_status hg_ranks_answer_tile(hg_ranks_plan *plan, hg_stock *stock, const hg_question *question,
                               hg_status status, hg_error *why, hg_error *err);

#endif
