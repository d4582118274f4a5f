#include "job/near_repeat.h"

hg_status hg_near_repeat_table(hg_job *job, const hg_intake *in, hg_table **out, hg_error *err)
{
    (void)in;
    *out = NULL;
    if (!(job->set.near_repeat.distance_m > 0))
        return HG_OK;
    return hg_fail(err, HG_EFAIL, "--near-repeat is being built");
}
