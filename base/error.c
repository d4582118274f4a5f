#include "base/error.h"
#include "base/spill.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *text;
    int exit_code;
} statuses[HG_STATUS_END] = {
    [HG_OK] = {"ok", 0},
    [HG_EFAIL] = {"failure", 1},
    [HG_EUSAGE] = {"usage", 2},
    [HG_EDATA] = {"bad data", 3},
    [HG_EIO] = {"input or output", 4},
    [HG_ENOMEM] = {"out of memory", 1},
    [HG_ECANCELLED] = {"cancelled", 130},
};

#define HG_STRING(x) #x
#define HG_VERSION_TEXT(a, b, c) HG_STRING(a) "." HG_STRING(b) "." HG_STRING(c)

const char *hg_version(void)
{
    return HG_VERSION_TEXT(HG_VERSION_MAJOR, HG_VERSION_MINOR, HG_VERSION_PATCH);
}

const char *hg_status_text(hg_status status)
{
    return (unsigned)status < HG_STATUS_END ? statuses[status].text : "unknown status";
}

int hg_status_exit_code(hg_status status)
{
    return (unsigned)status < HG_STATUS_END ? statuses[status].exit_code : 1;
}

hg_status hg_fail(hg_error *err, hg_status status, const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->status = status;
        vsnprintf(err->message, sizeof err->message, fmt, args);
        va_end(args);
    }
    return status;
}

hg_status hg_fail_memory(hg_error *err)
{
    hg_status file = hg_spill_explain(err);
    return file != HG_OK ? file : hg_fail(err, HG_ENOMEM, "out of memory");
}
