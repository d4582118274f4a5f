/* The table of pairs near in space and in time (--near-repeat) of the accepted incidents. */
#ifndef HG_JOB_NEAR_REPEAT_H
#define HG_JOB_NEAR_REPEAT_H

#include "job/intake.h"

/**
 * Makes the table `near_repeat` as job->set.near_repeat asks, writes the facts near_repeat.* and adds a
 * line for the summary to `said`. Pairs are taken among the incidents that are not halo and have a time, each at its start or,
 * where it is known within an interval, at the middle of it.
 * @param out  the table, columns titled in the language of the job; NULL where --near-repeat is not given
 * Errors: HG_EDATA for fewer than two incidents with a time; HG_EUSAGE for more pairs within the largest
 * distance than can be held; HG_ENOMEM, HG_ECANCELLED.
 */
hg_status hg_near_repeat_table(hg_job *job, const hg_intake *in, hg_text *said, hg_table **out,
                               hg_error *err);

#endif
