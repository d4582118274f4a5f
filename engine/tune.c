#include "engine/tune.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/tune_parts.h"

#include <math.h>
#include <string.h>

typedef struct tuner {
    const hg_tuning *t;
    const hg_tune_plan *plan;
    hg_control *control;
    size_t candidates;
    double *hits;     /* [(window * candidates + candidate) * HG_TUNE_BUDGETS + budget] */
    uint64_t *judged; /* by window */
    _Atomic size_t done;
} tuner;

static double *hits_of(const tuner *u, size_t window, size_t candidate)
{
    return u->hits + (window * u->candidates + candidate) * HG_TUNE_BUDGETS;
}

/* ------------------------------------------------- one half-life in one window ------------- */

typedef struct task {
    const tuner *u;
    size_t window, life;
    float *count, *density;
    uint32_t *judged;
    hg_tune_bins *bins;
} task;

static hg_status task_room(task *k, uint64_t cells, hg_error *err)
{
    k->count = hg_malloc(cells, sizeof *k->count);
    k->density = hg_malloc(cells, sizeof *k->density);
    k->judged = hg_calloc(cells, sizeof *k->judged);
    k->bins = hg_tune_bins_new();
    return k->count && k->density && k->judged && k->bins ? HG_OK : hg_fail_memory(err);
}

static void task_dispose(task *k)
{
    hg_free(k->count);
    hg_free(k->density);
    hg_free(k->judged);
    hg_tune_bins_free(k->bins);
}

/* Incidents of the window are those that all history holds at its end but not at its origin. */
static uint64_t count_judged(task *k)
{
    const hg_tuning *t = k->u->t;
    const hg_tune_window *w = &k->u->plan->windows[k->window];
    const hg_forecast all = {.kind = HG_FORECAST_COUNT, .train_s = INFINITY};
    size_t from, first, to;
    uint64_t n = 0;
    hg_forecast_slice(&all, t->events, w->origin, &from, &first);
    hg_forecast_slice(&all, t->events, w->until, &from, &to);
    for (size_t i = first; i < to; i++) {
        uint64_t cell = hg_forecast_cell(t->events, i, t->grid, t->share);
        if (cell == UINT64_MAX)
            continue;
        k->judged[cell]++;
        n++;
    }
    return n;
}

static hg_status try_bandwidth(task *k, hg_forecast *m, size_t b, hg_control *single, hg_error *err)
{
    const hg_tuning *t = k->u->t;
    const hg_tune_plan *plan = k->u->plan;
    uint64_t cells = hg_grid_cells(t->grid);
    m->kind = HG_FORECAST_DENSITY;
    m->kernel.bandwidth_m = plan->bandwidths_m[b];
    hg_status status = hg_forecast_scores(m, t->events, plan->windows[k->window].origin, t->grid, t->share, single,
                                          k->density, err);
    if (status != HG_OK)
        return status;
    hg_shrunk parts = hg_shrunk_of(k->count, k->density, t->share, cells);
    for (size_t s = 0; s < HG_TUNE_STRENGTHS; s++)
        hg_tune_hits(k->bins, &parts, hg_tune_shrinkage(plan, s, parts.counts), k->judged, cells,
                     hits_of(k->u, k->window, hg_tune_candidate(plan, k->life, s, b)));
    return hg_check_cancel(k->u->control, err);
}

static hg_status try_life(task *k, hg_error *err)
{
    const hg_tuning *t = k->u->t;
    hg_control single = {.saying = ATOMIC_FLAG_INIT, .threads = 1};
    hg_forecast m = k->u->plan->standard;
    m.kind = HG_FORECAST_COUNT;
    m.half_life_s = hg_tune_lives_s[k->life];
    hg_status status = task_room(k, hg_grid_cells(t->grid), err);
    if (status != HG_OK)
        return status;
    uint64_t judged = count_judged(k);
    if (k->life == 0)
        k->u->judged[k->window] = judged;
    status = hg_forecast_scores(&m, t->events, k->u->plan->windows[k->window].origin, t->grid, t->share, &single,
                                k->count, err);
    for (size_t b = 0; b < k->u->plan->bandwidth_count && status == HG_OK; b++)
        status = try_bandwidth(k, &m, b, &single, err);
    return status;
}

static hg_status run_task(void *context, size_t i, hg_error *err)
{
    tuner *u = context;
    task k = {.u = u, .window = i / HG_TUNE_LIVES, .life = i % HG_TUNE_LIVES};
    hg_status status = hg_check_cancel(u->control, err);
    if (status == HG_OK)
        status = try_life(&k, err);
    task_dispose(&k);
    hg_say_progress(u->control, "tune", (double)++u->done / (double)(u->plan->window_count * HG_TUNE_LIVES));
    return status;
}

/* ------------------------------------------------- the choice ------------------------------ */

/* (1/4, 1/2, 1/4) along the axis whose neighbours are `step` apart; ends count themselves twice. */
static void smooth_axis(double *v, double *was, size_t n, size_t length, size_t step)
{
    memcpy(was, v, n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        size_t at = i / step % length;
        double before = was[at > 0 ? i - step : i], after = was[at + 1 < length ? i + step : i];
        v[i] = before / 4 + was[i] / 2 + after / 4;
    }
}

/* Objective of every candidate over the windows before n, into value[candidates]; pooled[] has room for their hits. */
static void judge_candidates(const tuner *u, size_t n, double *value, double *pooled)
{
    for (size_t c = 0; c < u->candidates; c++) {
        double *sum = pooled + c * HG_TUNE_BUDGETS;
        memset(sum, 0, HG_TUNE_BUDGETS * sizeof *sum);
        for (size_t w = 0; w < n; w++)
            for (size_t b = 0; b < HG_TUNE_BUDGETS; b++)
                sum[b] += hits_of(u, w, c)[b];
        value[c] = 0;
        for (size_t b = 0; b < HG_TUNE_BUDGETS; b++)
            value[c] += log1p(sum[b]) / HG_TUNE_BUDGETS;
    }
    size_t bandwidths = u->plan->bandwidth_count;
    double *was = pooled + u->candidates * HG_TUNE_BUDGETS;
    for (int twice = 0; twice < 2; twice++) {
        smooth_axis(value, was, u->candidates, bandwidths, 1);
        smooth_axis(value, was, u->candidates, HG_TUNE_STRENGTHS, bandwidths);
        smooth_axis(value, was, u->candidates, HG_TUNE_LIVES, bandwidths * HG_TUNE_STRENGTHS);
    }
}

static hg_forecast forecast_of(const tuner *u, size_t candidate, int64_t origin)
{
    size_t bandwidths = u->plan->bandwidth_count;
    hg_forecast f = u->plan->standard;
    f.kernel.bandwidth_m = u->plan->bandwidths_m[candidate % bandwidths];
    f.half_life_s = hg_tune_lives_s[candidate / bandwidths / HG_TUNE_STRENGTHS];
    f.shrinkage = hg_tune_shrinkage(u->plan, candidate / bandwidths % HG_TUNE_STRENGTHS,
                                    hg_tune_weight(u->t, &f, origin));
    return f;
}

static void choose(const tuner *u, int64_t origin, double *value, double *pooled, hg_tuned *out)
{
    size_t n = 0, best = 0;
    *out = (hg_tuned){.forecast = u->plan->standard};
    while (n < u->plan->window_count && u->plan->windows[n].until <= origin)
        out->judged += u->judged[n++];
    out->windows = n;
    if (n == 0)
        return;
    judge_candidates(u, n, value, pooled);
    for (size_t c = 1; c < u->candidates; c++)
        best = value[c] > value[best] ? c : best;
    out->forecast = forecast_of(u, best, origin);
    out->hits = pooled[best * HG_TUNE_BUDGETS + 1];
}

static hg_status run_all(tuner *u, const int64_t *origins, size_t n, hg_tuned *chosen, hg_error *err)
{
    size_t windows = u->plan->window_count;
    double *value = hg_malloc(u->candidates, sizeof *value);
    double *pooled = hg_malloc(u->candidates * (HG_TUNE_BUDGETS + 1), sizeof *pooled);
    u->hits = hg_calloc(windows * u->candidates * HG_TUNE_BUDGETS + 1, sizeof *u->hits);
    u->judged = hg_calloc(windows + 1, sizeof *u->judged);
    hg_status status = value && pooled && u->hits && u->judged ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_parallel(windows * HG_TUNE_LIVES, u->control ? u->control->threads : 0, run_task, u, err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        choose(u, origins[i], value, pooled, &chosen[i]);
    hg_free(value);
    hg_free(pooled);
    hg_free(u->hits);
    hg_free(u->judged);
    return status;
}

hg_status hg_tune(const hg_tuning *t, const int64_t *origins, size_t n, hg_control *control, hg_tuned *chosen,
                  hg_error *err)
{
    hg_tune_plan plan;
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < n; i++)
        last = origins[i] > last ? origins[i] : last;
    hg_status status = hg_tune_plan_make(t, last, control, &plan, err);
    if (status != HG_OK)
        return status;
    tuner u = {.t = t, .plan = &plan, .control = control,
               .candidates = (size_t)HG_TUNE_LIVES * HG_TUNE_STRENGTHS * plan.bandwidth_count};
    return run_all(&u, origins, n, chosen, err);
}
