#include "job/job.h"

hg_status hg_run_backtest(hg_job *job, hg_error *err)
{
    (void)job;
    return hg_fail(err, HG_EFAIL, "backtest is being built");
}
