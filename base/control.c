#include "base/control.h"

#include <stdbool.h>

hg_status hg_check_cancel(hg_control *control, hg_error *err)
{
    bool cancelled = false;
    for (const hg_control *c = control; c; c = c->outer)
        cancelled |= atomic_load_explicit(&c->cancelled, memory_order_relaxed);
    if (cancelled)
        return hg_fail(err, HG_ECANCELLED, "interrupted; nothing was written");
    return HG_OK;
}

void hg_say_progress(hg_control *c, const char *step, double fraction)
{
    if (!c || !c->progress || atomic_flag_test_and_set(&c->saying))
        return;
    c->progress(c->payload, step, fraction);
    atomic_flag_clear(&c->saying);
}
