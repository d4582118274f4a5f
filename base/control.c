#include "base/control.h"

hg_status hg_check_cancel(hg_control *c, hg_error *err)
{
    if (c && atomic_load_explicit(&c->cancelled, memory_order_relaxed))
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
