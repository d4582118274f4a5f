#include "engine/index_common.h"
#include "base/memory.h"

#include <math.h>

/* In whole steps first, so that the sums do not depend on the order of the events. */
static void sum_days(const hg_index_events *e, const hg_index_calendar *c, int64_t *steps)
{
    const hg_index_input *in = e->input;
    size_t end = e->start[in->units * e->streams];
    for (size_t k = 0; k < end; k++) {
        uint32_t i = e->order[k];
        size_t day = (size_t)((int64_t)in->day[i] - c->origin);
        double weight = in->weight ? in->weight[i] : 1;
        if (day < c->days)
            steps[in->stream[i] * c->days + day] += (int64_t)nearbyint(weight * e->scale);
    }
}

static void accumulate(const hg_index_events *e, const hg_index_feeds *feeds, const int64_t *steps,
                       hg_index_common *out)
{
    for (size_t s = 0; s < out->streams; s++) {
        double *weight = out->weight + s * (out->days + 1);
        uint32_t *present = out->present + s * (out->days + 1);
        int64_t sum = 0;
        for (size_t i = 0; i < out->days; i++) {
            bool missing = feeds->missing[s * out->days + i];
            sum += missing ? 0 : steps[s * out->days + i];
            weight[i + 1] = (double)sum / e->scale;
            present[i + 1] = present[i] + !missing;
        }
    }
}

hg_status hg_index_common_sum(const hg_index_events *events, const hg_index_feeds *feeds,
                              const hg_index_calendar *calendar, hg_index_common *out,
                              hg_error *err)
{
    hg_index_common c = {.streams = events->streams, .days = calendar->days};
    for (size_t u = 0; u < events->input->units; u++)
        c.population += events->input->population[u];
    int64_t *steps = hg_calloc(c.streams * c.days, sizeof *steps);
    c.weight = hg_calloc(c.streams * (c.days + 1), sizeof *c.weight);
    c.present = hg_calloc(c.streams * (c.days + 1), sizeof *c.present);
    if (!steps || !c.weight || !c.present) {
        hg_free(steps);
        hg_index_common_dispose(&c);
        return hg_fail_memory(err);
    }
    sum_days(events, calendar, steps);
    accumulate(events, feeds, steps, &c);
    hg_free(steps);
    *out = c;
    return HG_OK;
}

void hg_index_common_dispose(hg_index_common *common)
{
    hg_free(common->weight);
    hg_free(common->present);
    *common = (hg_index_common){0};
}

hg_index_expectation hg_index_common_expect(const hg_index_common *common,
                                            const hg_index_config *config, size_t stream,
                                            size_t day, double population)
{
    size_t period = (size_t)config->period_days, history = (size_t)config->history_days;
    size_t end = day + 1 > period ? day + 1 - period : 0, from = end > history ? end - history : 0;
    const double *weight = common->weight + stream * (common->days + 1);
    const uint32_t *present = common->present + stream * (common->days + 1);
    uint32_t days = present[end] - present[from];
    if (days < HG_INDEX_HISTORY_MIN)
        return (hg_index_expectation){NAN, NAN, NAN, HG_INDEX_SHORT_HISTORY};
    double unit_periods = days / (double)period * (common->population / population);
    return (hg_index_expectation){.mean = fmax(weight[end] - weight[from], 0.5) / unit_periods,
                                  .days = unit_periods,
                                  .phi = 1};
}
