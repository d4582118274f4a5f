/*
 * A job on several ranks. Rank 0 runs the command as one process would; where there is much to do
 * it orders the others to do it with it: reading the inputs, computing rows of a surface. The
 * others have taken the same command line and serve until rank 0 is through.
 */
#ifndef HG_JOB_RANKS_H
#define HG_JOB_RANKS_H

#include "engine/density.h"
#include "io/source.h"
#include "job/job.h"

typedef enum hg_order_kind {
    HG_ORDER_READ_INPUT,
    HG_ORDER_INTAKE, /**< of rows that stay where they are read */
    HG_ORDER_DENSITY,
    HG_ORDER_END
} hg_order_kind;

/** What rank 0 asks all others to do with it. */
typedef struct hg_order {
    hg_order_kind kind;
    size_t input; /**< which, of HG_ORDER_READ_INPUT */
    hg_grid grid; /**< of HG_ORDER_DENSITY, with the kernel */
    hg_kernel kernel;
    hg_error outcome; /**< of HG_ORDER_END: how the job ended */
} hg_order;

/**
 * The ranks for a job that begins: NULL for one process, and for a job inside another, which has
 * them. Notes where the command runs on one rank only, and then leaves the job's control without
 * them.
 */
hg_ranks *hg_ranks_enter(hg_job *job);
/** On rank 0, at the end: tells the others how it ended and adds the facts of what each rank did.
 */
hg_status hg_ranks_dismiss(hg_job *job, hg_ranks *ranks, hg_status status, hg_error *err);
/** On the others, instead of running the command: does what rank 0 orders, or where this rank is not
 * `ready` (*err says why) makes its first order fail; returns how rank 0 ended. */
hg_status hg_ranks_serve(hg_job *job, hg_ranks *ranks, hg_status ready, hg_error *err);
/**
 * While the others wait for an order rank 0 has the processors of its machine: as many threads as all its ranks have,
 * free to run wherever one of them may. With `alone` false the job has its own threads again. Of rank 0; no result
 * depends on it.
 */
void hg_ranks_work_alone(hg_job *job, bool alone);
/** Adds what a part of the job did. */
void hg_rank_effort_add(hg_rank_effort *sum, const hg_rank_effort *part);
/** On rank 0: all others begin to do the same. */
hg_status hg_ranks_give_order(hg_ranks *ranks, const hg_order *order, hg_error *err);

/**
 * Reads input i of the job, which is `source`: each rank a part, all of it gathered here, in the
 * order of the file, as hg_source_read would give it.
 */
hg_status hg_ranks_read(hg_job *job, size_t i, hg_source *source, hg_pool *pool,
                        hg_source_rows *rows, hg_error *err);
/** Reads this rank's part of the source, as far as it is one that can be read in parts. */
hg_status hg_ranks_read_own(hg_job *job, hg_source *source, hg_source_rows *rows, hg_error *err);
/** Gives a part without rows the columns that the source has on other ranks, empty: weights, for one, stand for all
 * rows of a job or none, whichever inputs have rows here. */
hg_status hg_ranks_match_columns(hg_ranks *ranks, hg_source_rows *rows, hg_error *err);
/** The other ranks' side of hg_ranks_read. */
hg_status hg_ranks_serve_reading(hg_job *job, size_t i, hg_error *err);

#endif
