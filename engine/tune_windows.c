/* Inner windows and candidates. */
#include "engine/tune_parts.h"
#include "engine/bandwidth.h"
#include "engine/crossval.h"

#include <math.h>

#define DAY 86400.0

enum { LATER_MAX = 36 };

/* Of the bandwidths, in terms of Silverman's: few incidents on smooth hills ask for more than the rule. */
static const double WIDEST = 2.4;

const double hg_tune_lives_s[HG_TUNE_LIVES] = {30 * DAY, 90 * DAY, 180 * DAY, 365 * DAY, 730 * DAY, 0};
const double hg_tune_strengths[HG_TUNE_STRENGTHS] = {0, 0.02, 0.1, 0.25, 0.5, 1, 2, 4, 9, INFINITY};

double hg_tune_shrinkage(const hg_tune_plan *p, size_t s, double weight)
{
    double strength = hg_tune_strengths[s] * p->first_weight;
    return isfinite(strength) ? strength / fmax(weight + strength, 1e-300) : 1;
}

double hg_tune_weight(const hg_tuning *t, const hg_forecast *f, int64_t as_of)
{
    size_t from, to;
    double sum = 0;
    hg_forecast_slice(f, t->events, as_of, &from, &to);
    for (size_t i = from; i < to; i++)
        if (hg_forecast_cell(t->events, i, t->grid, t->share) != UINT64_MAX)
            sum += hg_forecast_weight(f, t->events, i, as_of);
    return sum;
}

static void add_window(hg_tune_plan *p, int64_t origin, double length_s)
{
    p->windows[p->window_count++] = (hg_tune_window){origin, origin + (int64_t)length_s};
}

static void add_early(const hg_tuning *t, hg_tune_plan *p)
{
    double w = fmax(fmin(t->horizon_s, t->train_s / 4), t->train_s / 12);
    int64_t count = (int64_t)floor(t->train_s * 0.75 / w * (1 + 1e-12));
    for (int64_t k = count; k > 0; k--)
        add_window(p, t->first + (int64_t)(t->train_s - (double)k * w), w);
}

static void add_later(const hg_tuning *t, int64_t last, hg_tune_plan *p)
{
    double w = fmax(t->horizon_s, t->train_s / 12), from = (double)t->first + t->train_s;
    int64_t count = (int64_t)fmax(floor(((double)last - from) / w), 0);
    int64_t stride = (count + LATER_MAX - 1) / LATER_MAX;
    for (int64_t k = 0; k < count; k += stride)
        add_window(p, (int64_t)(from + (double)k * w), w);
}

/* A geometric row in steps of about 1.6. */
static void add_bandwidths(double least_m, double most_m, hg_tune_plan *p)
{
    double steps = round(log(most_m / least_m) / log(1.6)) + 1;
    p->bandwidth_count = (size_t)fmin(fmax(steps, 4), HG_TUNE_BANDWIDTHS_MAX);
    for (size_t k = 0; k < p->bandwidth_count; k++)
        p->bandwidths_m[k] = least_m * pow(most_m / least_m, (double)k / (double)(p->bandwidth_count - 1));
}

/* Rules fail where there are too few places. */
static double silverman(const hg_points *points, hg_kernel_shape shape)
{
    double h = 0;
    hg_error ignored = {HG_OK, ""};
    return hg_bandwidth_by_rule(HG_RULE_SILVERMAN, shape, points, &h, &ignored) == HG_OK ? h : 0;
}

/* Half of Silverman's bandwidth where cross-validation fails; at least one cell. */
static hg_status make_standard(const hg_points *points, double cell_m, const hg_kernel *kernel, hg_control *control,
                               hg_forecast *out, hg_error *err)
{
    const hg_crossval_spec spec = {kernel->shape, kernel->cutoff, cell_m, 0};
    hg_crossval curve;
    *out = (hg_forecast){.kind = HG_FORECAST_SHRUNK, .train_s = INFINITY, .half_life_s = 730 * DAY, .kernel = *kernel,
                         .shrinkage = 0.5};
    hg_status status = hg_crossval_run(points, &spec, control, &curve, err);
    if (status != HG_OK && status != HG_EDATA)
        return status;
    double h = status == HG_OK ? curve.h_m[curve.best] : silverman(points, kernel->shape) / 2;
    out->kernel.bandwidth_m = fmax(h, cell_m);
    return HG_OK;
}

hg_status hg_tune_plan_make(const hg_tuning *t, int64_t last, hg_control *control, hg_tune_plan *p, hg_error *err)
{
    const hg_forecast all = {.kind = HG_FORECAST_COUNT, .train_s = INFINITY};
    size_t from, to;
    *p = (hg_tune_plan){0};
    if (!(t->train_s >= 12 && isfinite(t->train_s)) || !(t->horizon_s > 0 && isfinite(t->horizon_s)))
        return hg_fail(err, HG_EUSAGE, "tuning on windows of %g s and a horizon of %g s is not possible", t->train_s,
                       t->horizon_s);
    add_early(t, p);
    add_later(t, last, p);
    int64_t trained = t->first + (int64_t)t->train_s;
    p->first_weight = fmax(hg_tune_weight(t, &all, trained), 1);
    hg_forecast_slice(&all, t->events, trained, &from, &to);
    const hg_points points = {to - from, t->events->x + from, t->events->y + from,
                              t->events->w ? t->events->w + from : NULL};
    double cell = t->grid->cell_m;
    hg_status status = make_standard(&points, cell, &t->kernel, control, &p->standard, err);
    double widest = WIDEST * silverman(&points, t->kernel.shape);
    add_bandwidths(cell, fmax(4 * cell, widest), p);
    return status;
}
