#include "job/report.h"

hg_status hg_report_quality(hg_report *r, hg_error *err)
{
    (void)r;
    (void)err;
    return HG_OK;
}
