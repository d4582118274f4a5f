/* One command, several results: a bandwidth each, a stretch of time each, or both. */
#ifndef HG_JOB_VARIANTS_H
#define HG_JOB_VARIANTS_H

#include "job/job.h"

/** Whether the job asks for more than one result. */
bool hg_variants_wanted(const hg_job *job);

/**
 * Runs the command once for each bandwidth and slice, from one reading of the inputs. Results are named after them
 * ("hot_2019-03-01_400m.gpkg"); each appears whole, in order, and facts of each stand under runs[]. A slice in which
 * nothing happened makes no result. Errors: of the first run that fails; HG_EUSAGE for slices without times.
 */
hg_status hg_variants_run(hg_job *job, hg_error *err);

#endif
