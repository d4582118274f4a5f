/* Patrols against their duty. */
#include "engine/units.h"
#include "base/memory.h"

#include <stdlib.h>

enum { DAY_S = 86400 };

static int by_visit(const void *a, const void *b)
{
    const hg_patrol *p = a, *q = b;
    if (p->zone != q->zone)
        return p->zone < q->zone ? -1 : 1;
    if (p->town != q->town)
        return p->town ? -1 : 1;
    return (p->date > q->date) - (p->date < q->date);
}

static void measure(const hg_patrol *visits, size_t n, int64_t from, int64_t to, hg_patrol_duty *d)
{
    int64_t last = from, period = d->days * DAY_S, met = -1;
    d->periods = (uint64_t)((to - from + period - 1) / period);
    for (size_t k = 0; k < n; k++) {
        int64_t gap = (visits[k].date - last) / DAY_S, number = (visits[k].date - from) / period;
        d->longest_gap_days = gap > d->longest_gap_days ? gap : d->longest_gap_days;
        d->periods_met += number != met;
        met = number;
        last = visits[k].date;
        d->patrols++;
    }
    int64_t gap = (to - last) / DAY_S;
    d->longest_gap_days = gap > d->longest_gap_days ? gap : d->longest_gap_days;
}

/* The visits that count, by zone, level and date. */
static hg_status sorted_visits(const hg_patrol *patrols, size_t count, int64_t from, int64_t to,
                               hg_patrol **out, size_t *n, bool levels[2], hg_error *err)
{
    hg_patrol *visits = hg_malloc(count + 1, sizeof *visits);
    if (!visits)
        return hg_fail_memory(err);
    for (size_t k = 0; k < count; k++) {
        levels[patrols[k].town] = true;
        if (patrols[k].date >= from && patrols[k].date < to)
            visits[(*n)++] = patrols[k];
    }
    qsort(visits, *n, sizeof *visits, by_visit);
    *out = visits;
    return HG_OK;
}

hg_status hg_patrol_duties(const hg_land_input *in, const hg_audit_result *result,
                           const hg_patrol *patrols, size_t count, int64_t from, int64_t to,
                           int64_t town_days, int64_t village_days, hg_patrol_duty **out, size_t *rows,
                           hg_error *err)
{
    hg_patrol *visits = NULL;
    size_t n = 0, made = 0, at = 0;
    bool levels[2] = {false, false};
    hg_status status = sorted_visits(patrols, count, from, to, &visits, &n, levels, err);
    hg_patrol_duty *duties = hg_malloc(2 * in->zone_count + 1, sizeof *duties);
    if (status == HG_OK && !duties)
        status = hg_fail_memory(err);
    for (uint32_t zone = 0; zone < in->zone_count && status == HG_OK; zone++)
        for (int town = 1; town >= 0; town--) {
            size_t first = at;
            while (at < n && visits[at].zone == zone && visits[at].town == (town == 1))
                at++;
            bool river = in->zones[result->zone_order[zone]].kind == HG_ZONE_RIVER;
            if (!levels[town] || (!river && at == first))
                continue;
            hg_patrol_duty *d = &duties[made++];
            *d = (hg_patrol_duty){
                .zone = zone, .town = town == 1, .days = town ? town_days : village_days};
            measure(visits + first, at - first, from, to, d);
        }
    hg_free(visits);
    if (status != HG_OK) {
        hg_free(duties);
        return status;
    }
    *out = duties;
    *rows = made;
    return HG_OK;
}
