/* How the last list fared: it was made before these incidents were known. */
#include "job/report_lists.h"

hg_status hg_report_scorecard(hg_report *r, hg_error *err)
{
    (void)r;
    (void)err;
    return HG_OK;
}
