/* The trial on the anchored lattice with its intervals, and again on shifted lattices. */
#include "base/memory.h"
#include "base/random.h"
#include "job/backtest.h"
#include "job/study.h"

#include <math.h>
#include <string.h>

/* Points of the chart's curves between the least and the largest share of area. */
enum { CURVE_POINTS = 48 };
static const double CURVE_FROM = 0.001;

/* Streams of the grid shifts, far from those of the resamples. */
#define SHIFT_STREAM (UINT64_C(1) << 40)

static void add_budget(hg_backtest *b, double v)
{
    size_t at = b->budget_count;
    for (size_t i = 0; i < b->budget_count; i++)
        if (b->budgets[i] == v)
            return;
    for (; at > 0 && b->budgets[at - 1] > v; at--)
        b->budgets[at] = b->budgets[at - 1];
    b->budgets[at] = v;
    b->budget_count++;
}

static void plan_budgets(hg_backtest *b)
{
    const hg_backtest_settings *set = &b->job->set.backtest;
    double to = fmin(1, fmax(HG_BACKTEST_CURVE, set->budgets[set->budget_count - 1]));
    for (int i = 0; i <= CURVE_POINTS; i++)
        add_budget(b, i == CURVE_POINTS ? to : CURVE_FROM * pow(to / CURVE_FROM, (double)i / CURVE_POINTS));
    for (size_t i = 0; i < set->budget_count; i++)
        add_budget(b, set->budgets[i]);
    b->asked_count = set->budget_count;
    for (size_t i = 0; i < set->budget_count; i++)
        for (size_t k = 0; k < b->budget_count; k++)
            if (b->budgets[k] == set->budgets[i])
                b->asked[i] = k;
}

static hg_status plan_forecasts(hg_backtest *b, hg_error *err)
{
    b->forecasts = hg_malloc(b->methods.count * b->windows, sizeof *b->forecasts);
    if (!b->forecasts)
        return hg_fail_memory(err);
    for (size_t m = 0; m < b->methods.count; m++)
        for (size_t i = 0; i < b->windows; i++)
            b->forecasts[m * b->windows + i] =
                b->methods.items[m].tuned ? b->tuned[i].forecast : b->methods.items[m].forecast;
    return HG_OK;
}

static hg_trial trial_of(const hg_backtest *b)
{
    return (hg_trial){.events = &b->events,
                      .grid = &b->grid,
                      .share = b->share,
                      .rolling = &b->rolling,
                      .forecasts = b->forecasts,
                      .methods = b->methods.count,
                      .budgets = b->budgets,
                      .budget_count = b->budget_count};
}

static double pai_of(const hg_trial_result *r, size_t method, size_t budget)
{
    hg_trial_score score;
    hg_trial_pool(r, method, budget, &score);
    return score.pai;
}

/* fmin and fmax pass over what is not a number. */
static void widen(hg_backtest *b, const hg_trial_result *r, const size_t *positions)
{
    for (size_t m = 0; m < b->methods.count; m++)
        for (size_t k = 0; k < b->asked_count; k++) {
            double *span = b->over_origins[m * b->asked_count + k], pai = pai_of(r, m, positions[k]);
            span[0] = fmin(span[0], pai);
            span[1] = fmax(span[1], pai);
        }
}

/* A lattice moved by a shift is the anchored one under points moved the other way. */
typedef struct shifted {
    double shift[2];
    double *x, *y;
    float *share;
    hg_grid grid;
    hg_forecast_events events;
} shifted;

static hg_status shift_lattice(const hg_backtest *b, shifted *s, hg_error *err)
{
    double box[4], c = b->grid.cell_m;
    if (b->job->set.has_bounds)
        memcpy(box, b->job->set.bounds, sizeof box);
    else
        hg_region_bounds(b->in->region, box);
    for (int k = 0; k < 4; k++)
        box[k] -= s->shift[k % 2];
    hg_status status = hg_grid_over(box[0], box[1], box[2], box[3], c, &s->grid, err);
    if (status != HG_OK)
        return status;
    s->x = hg_malloc(b->events.n, sizeof *s->x);
    s->y = hg_malloc(b->events.n, sizeof *s->y);
    s->share = hg_malloc(hg_grid_cells(&s->grid), sizeof *s->share);
    if (!s->x || !s->y || !s->share)
        return hg_fail_memory(err);
    for (size_t i = 0; i < b->events.n; i++) {
        s->x[i] = b->x[i] - s->shift[0];
        s->y[i] = b->y[i] - s->shift[1];
    }
    s->events = b->events;
    s->events.x = s->x;
    s->events.y = s->y;
    return hg_grid_shares(b->in->region, &s->grid, s->shift, b->job->control.threads, s->share, err);
}

static hg_status try_shifted(hg_backtest *b, shifted *s, hg_error *err)
{
    hg_trial trial = trial_of(b);
    hg_trial_result result = {0};
    size_t positions[HG_BUDGETS_MAX];
    hg_status status = shift_lattice(b, s, err);
    trial.events = &s->events;
    trial.grid = &s->grid;
    trial.share = s->share;
    trial.budgets = b->job->set.backtest.budgets;
    trial.budget_count = b->asked_count;
    if (status == HG_OK)
        status = hg_trial_run(&trial, &b->job->control, &result, err);
    for (size_t k = 0; k < b->asked_count; k++)
        positions[k] = k;
    if (status == HG_OK)
        widen(b, &result, positions);
    hg_trial_result_dispose(&result);
    return status;
}

static hg_status try_origins(hg_backtest *b, hg_error *err)
{
    hg_status status = HG_OK;
    for (int64_t o = 1; o < b->job->set.backtest.origins && status == HG_OK; o++) {
        hg_random random = hg_random_seed(b->job->control.seed, SHIFT_STREAM + (uint64_t)o);
        double east = hg_random_unit(&random), north = hg_random_unit(&random);
        shifted s = {.shift = {east * b->grid.cell_m, north * b->grid.cell_m}};
        status = try_shifted(b, &s, err);
        hg_free(s.x);
        hg_free(s.y);
        hg_free(s.share);
    }
    return status;
}

/* A date far off the others makes windows in which no method can catch anything. */
static void note_empty_windows(const hg_backtest *b)
{
    size_t empty = 0;
    for (size_t i = 0; i < b->windows; i++)
        empty += b->result.start[i + 1] == b->result.start[i];
    if (empty)
        hg_job_add_note(b->job, "%zu of the %zu windows hold no incident; where a mistaken date is the reason, --since "
                                "and --until bound the data",
                        empty, b->windows);
}

hg_status hg_backtest_try(hg_backtest *b, hg_error *err)
{
    size_t series = b->methods.count * b->job->set.backtest.budget_count;
    plan_budgets(b);
    hg_status status = plan_forecasts(b, err);
    hg_trial trial = trial_of(b);
    if (status == HG_OK)
        status = hg_trial_run(&trial, &b->job->control, &b->result, err);
    if (status != HG_OK)
        return status;
    b->intervals = hg_malloc(series, sizeof *b->intervals);
    b->over_origins = hg_malloc(series, sizeof *b->over_origins);
    if (!b->intervals || !b->over_origins)
        return hg_fail_memory(err);
    if (b->result.start[b->windows] == 0)
        return hg_fail(err, HG_EDATA, "no incident of the judged windows lies in the study area; %llu lie outside it",
                       (unsigned long long)b->result.outside);
    note_empty_windows(b);
    for (size_t i = 0; i < series; i++)
        b->over_origins[i][0] = b->over_origins[i][1] = NAN;
    widen(b, &b->result, b->asked);
    status = hg_trial_bootstrap(&b->result, b->asked, b->asked_count, (int)b->job->set.backtest.bootstrap,
                                &b->job->control, b->intervals, err);
    return status == HG_OK ? try_origins(b, err) : status;
}

void hg_backtest_dispose(hg_backtest *b)
{
    hg_free(b->x);
    hg_free(b->y);
    hg_free(b->w);
    hg_free(b->t);
    hg_free(b->outside);
    hg_free(b->share);
    hg_pile_ups_dispose(&b->pile_ups);
    hg_methods_dispose(&b->methods);
    hg_free(b->tuned);
    hg_free(b->forecasts);
    hg_trial_result_dispose(&b->result);
    hg_free(b->intervals);
    hg_free(b->over_origins);
}
