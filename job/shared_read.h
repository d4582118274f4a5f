/*
 * One reading for several runs. Without a study area the same rows count for every bandwidth: the intake is whole, and
 * each run borrows it. With one, or with slices of time, runs differ in the rows that count: each takes copies of those
 * that are checked and placed, and goes on from there by its own bandwidth and interval.
 */
#ifndef HG_JOB_SHARED_READ_H
#define HG_JOB_SHARED_READ_H

#include "job/raw.h"

typedef struct hg_shared_read {
    hg_intake in; /**< pool, CRS, study area and stream names, which the runs borrow; all of it where it is `whole` */
    bool whole;
    hg_raw raw; /**< where it is not */
    size_t runs_left; /**< the last run takes the rows instead of copying them */
} hg_shared_read;

/**
 * Reads, checks and places the inputs of the job for `runs` runs, and waits for their hashes. *out stays NULL where rows
 * are polygons: these are measured by each run, which reads them itself.
 * Errors: as hg_intake_run.
 */
hg_status hg_shared_read_new(hg_job *job, size_t runs, hg_shared_read **out, hg_error *err);
void hg_shared_read_free(hg_shared_read *shared);

/** First and last time of the rows accepted so far; HG_NO_TIME where none has one. */
void hg_shared_read_span(const hg_shared_read *shared, int64_t *first, int64_t *last);
/** True where any row has a time, refused or not. */
bool hg_shared_read_has_times(const hg_shared_read *s);
/** How many of them lie in [since, until). */
size_t hg_shared_read_count(const hg_shared_read *shared, int64_t since, int64_t until);

/** A whole intake as one run has it, by the job's bandwidth; dispose of it as usual, before `shared`. */
hg_status hg_shared_read_lend(const hg_shared_read *shared, const hg_job *job, hg_intake *in, hg_error *err);

/**
 * Begins an intake: the borrowed parts into *in, the rows into *raw, those outside the job's --since and --until marked
 * as such. Both are disposed of as usual, before `shared`.
 */
hg_status hg_shared_read_take(hg_shared_read *shared, const hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err);

#endif
