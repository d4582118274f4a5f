/* The method tuned: what is chosen at each origin from what lies before it, and what is kept for the next map. */
#include "base/memory.h"
#include "job/backtest.h"
#include "job/forecast_config.h"

#include <stdio.h>

static const double DAY_S = 86400;

static bool has_tuned(const hg_backtest *b)
{
    for (size_t m = 0; m < b->methods.count; m++)
        if (b->methods.items[m].tuned)
            return true;
    return false;
}

hg_status hg_backtest_tune(hg_backtest *b, hg_error *err)
{
    if (!has_tuned(b))
        return HG_OK;
    const hg_tuning tuning = {.events = &b->events,
                              .grid = &b->grid,
                              .share = b->share,
                              .first = b->rolling.first,
                              .train_s = b->rolling.train_s,
                              .horizon_s = b->rolling.horizon_s,
                              .kernel = {HG_QUARTIC, 0, 4}};
    int64_t *origins = hg_malloc(b->windows + 1, sizeof *origins);
    b->tuned = hg_calloc(b->windows + 1, sizeof *b->tuned);
    hg_status status = origins && b->tuned ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < b->windows && status == HG_OK; i++)
        origins[i] = hg_rolling_origin(&b->rolling, i);
    if (status == HG_OK) {
        origins[b->windows] = b->rolling.end;
        status = hg_tune(&tuning, origins, b->windows + 1, &b->job->control, b->tuned, err);
    }
    hg_free(origins);
    return status;
}

static void choice_facts(hg_facts *f, const hg_tuned *t, int64_t origin, const char *at)
{
    char moment[32];
    hg_fact_text(f, hg_civil_text(origin, moment), "%s.origin", at);
    if (t->forecast.half_life_s > 0)
        hg_fact_real(f, t->forecast.half_life_s / DAY_S, "%s.half_life_days", at);
    hg_fact_real(f, t->forecast.shrinkage, "%s.shrinkage", at);
    hg_fact_real(f, t->forecast.kernel.bandwidth_m, "%s.bandwidth_m", at);
    hg_fact_int(f, (int64_t)t->windows, "%s.inner_windows", at);
    hg_fact_int(f, (int64_t)t->judged, "%s.inner_incidents", at);
}

void hg_backtest_tuned_facts(const hg_backtest *b)
{
    char at[32];
    if (!b->tuned)
        return;
    for (size_t i = 0; i < b->windows; i++) {
        snprintf(at, sizeof at, "tuned[%zu]", i);
        choice_facts(&b->job->facts, &b->tuned[i], hg_rolling_origin(&b->rolling, i), at);
    }
    choice_facts(&b->job->facts, &b->tuned[b->windows], b->rolling.end, "tuned_on_all");
}

void hg_backtest_tuned_line(const hg_backtest *b)
{
    hg_text *t = &b->job->summary;
    bool zh = hg_backtest_zh(b);
    if (!b->tuned)
        return;
    const hg_tuned *all = &b->tuned[b->windows];
    const hg_forecast *f = &all->forecast;
    hg_text_addf(t, zh ? "全部数据所选：带宽%.4g米，收缩%.3g，" : "tuned on all data: bandwidth %.4g m, shrinkage %.3g, ",
                 f->kernel.bandwidth_m, f->shrinkage);
    if (f->half_life_s > 0)
        hg_text_addf(t, zh ? "半衰期%.4g天" : "half-life %.4g days", f->half_life_s / DAY_S);
    else
        hg_text_add(t, zh ? "无半衰期" : "no half-life");
    if (all->windows)
        hg_text_addf(t, zh ? "（%zu个内部检验期）\n" : " (by %zu windows before the end)\n", all->windows);
    else
        hg_text_add(t, zh ? "（历史太短，取默认值）\n" : " (the default: too short a history to choose)\n");
}

hg_status hg_backtest_save(const hg_backtest *b, const char *path, hg_error *err)
{
    return hg_forecast_config_write(path, &b->tuned[b->windows].forecast, b->grid.cell_m, err);
}
