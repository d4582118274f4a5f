#include "job/job.h"

hg_status hg_run_report(hg_job *job, hg_error *err)
{
    (void)job;
    return hg_fail(err, HG_EFAIL, "report is being built");
}
