#include "job/job.h"

hg_status hg_run_batch(hg_job *job, hg_error *err)
{
    (void)job;
    return hg_fail(err, HG_EFAIL, "run is being built");
}
