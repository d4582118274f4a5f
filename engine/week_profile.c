#include "engine/week_profile.h"
#include "engine/aoristic.h"

#include <string.h>

static void add(hg_week_profile *p, hg_interval v)
{
    hg_aoristic_add(&hg_week_hours, v, p->hours);
    p->incidents++;
    p->intervals += v.end > v.start;
}

void hg_week_profiles(const hg_incidents *in, const uint32_t *group, size_t groups, const hg_default_times *defaults,
                      hg_week_profile *out)
{
    memset(out, 0, (groups + 1) * sizeof *out);
    for (size_t i = 0; in->t_start && i < in->n; i++) {
        if (!hg_hour_is_known(in, i, defaults))
            continue;
        hg_interval v = hg_interval_of(in->t_start, in->t_end, i);
        add(&out[0], v);
        if (group[i] != UINT32_MAX)
            add(&out[1 + group[i]], v);
    }
}
