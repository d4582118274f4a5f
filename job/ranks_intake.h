/*
 * An intake whose rows stay on the ranks that read them. Each rank runs hg_intake_run on its part
 * of every input; where a decision looks at all rows, the ranks make it together, as one process
 * would. That is so for densities of points at a given bandwidth; for everything else rank 0
 * gathers the rows and decides alone.
 */
#ifndef HG_JOB_RANKS_INTAKE_H
#define HG_JOB_RANKS_INTAKE_H

#include "job/raw.h"
#include "job/ranks.h"

/**
 * After the sources are opened, `status` being how that went. Rank 0 settles whether rows are
 * spread, which job->spread says from here on, and then has the others begin, too; returns what all
 * agree on.
 */
hg_status hg_ranks_begin_reading(hg_job *job, const hg_raw *raw, hg_status status, hg_error *err);
/** This rank's part of a source whose rows are spread; what is known of the times is of all parts.
 */
hg_status hg_ranks_read_spread(hg_job *job, hg_source *source, hg_source_rows *rows, hg_error *err);
/** HG_EDATA where checks have refused every row of every rank. */
hg_status hg_ranks_check_left(const hg_job *job, const hg_raw *raw, hg_status status,
                              hg_error *err);
/** in->duplicates: how many incidents of all ranks repeat another one. Flags none. */
hg_status hg_ranks_count_duplicates(const hg_job *job, hg_intake *in, const uint64_t *hash,
                                    hg_error *err);
/** Turns the counts of the rows here into those of all ranks, and fills in->all. HG_EDATA where
 * none is accepted. */
hg_status hg_ranks_sum_rows(hg_job *job, hg_intake *in, hg_status status, hg_error *err);

#endif
