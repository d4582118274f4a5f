/* How far the figures of a trial would move with other incidents: the bootstrap of Efron 1979, by percentiles. */
#include "engine/backtest.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LOW = 0.025, HIGH = 0.975;

enum { DRAWS_PER_TASK = 16 };

typedef struct resampling {
    const hg_trial_result *r;
    const size_t *budgets;
    size_t count;
    int draws;
    uint64_t seed;
    hg_control *control;
    double *hits, *clumpiness; /* [series * draws + draw], a series being a method under a budget */
    double *lead;              /* likewise: 1 where no other method has more hits */
} resampling;

static void resample_windows(const resampling *s, hg_random *random, size_t *drawn, int d)
{
    const hg_trial_result *r = s->r;
    for (size_t i = 0; i < r->windows; i++)
        drawn[i] = (size_t)hg_random_below(random, r->windows);
    for (size_t m = 0; m < r->methods; m++)
        for (size_t k = 0; k < s->count; k++) {
            double sum = 0;
            size_t n = 0;
            for (size_t i = 0; i < r->windows; i++) {
                double v = hg_trial_tally(r, m, drawn[i], s->budgets[k])->clumpiness;
                n += isnan(v) ? 0 : 1;
                sum += isnan(v) ? 0 : v;
            }
            s->clumpiness[(m * s->count + k) * (size_t)s->draws + (size_t)d] = n ? sum / (double)n : NAN;
        }
}

static void resample_incidents(const resampling *s, hg_random *random, uint64_t *reached)
{
    const hg_trial_result *r = s->r;
    size_t classes = r->budgets + 1;
    memset(reached, 0, r->methods * classes * sizeof *reached);
    for (size_t i = 0; i < r->windows; i++) {
        size_t n = r->start[i + 1] - r->start[i];
        for (size_t k = 0; k < n; k++) {
            const uint8_t *row = r->reached + (r->start[i] + (size_t)hg_random_below(random, n)) * r->methods;
            for (size_t m = 0; m < r->methods; m++)
                reached[m * classes + (size_t)row[m]]++;
        }
    }
}

static void keep_draw(const resampling *s, const uint64_t *reached, int d)
{
    size_t classes = s->r->budgets + 1, draws = (size_t)s->draws, at = (size_t)d;
    for (size_t k = 0; k < s->count; k++) {
        double most = 0;
        for (size_t m = 0; m < s->r->methods; m++) {
            uint64_t sum = 0;
            for (size_t b = 0; b <= s->budgets[k]; b++)
                sum += reached[m * classes + b];
            s->hits[(m * s->count + k) * draws + at] = (double)sum;
            most = fmax(most, (double)sum);
        }
        for (size_t m = 0; m < s->r->methods; m++) {
            size_t series = m * s->count + k;
            s->lead[series * draws + at] = s->hits[series * draws + at] >= most;
        }
    }
}

static hg_status run_draws(void *context, size_t task, hg_error *err)
{
    resampling *s = context;
    size_t *drawn = hg_malloc(s->r->windows + 1, sizeof *drawn);
    uint64_t *reached = hg_malloc(s->r->methods * (s->r->budgets + 1), sizeof *reached);
    hg_status status = drawn && reached ? HG_OK : hg_fail_memory(err);
    int first = (int)task * DRAWS_PER_TASK;
    for (int d = first; d < first + DRAWS_PER_TASK && d < s->draws && status == HG_OK; d++) {
        hg_random random = hg_random_seed(s->seed, (uint64_t)d);
        resample_windows(s, &random, drawn, d);
        resample_incidents(s, &random, reached);
        keep_draw(s, reached, d);
        status = hg_check_cancel(s->control, err);
    }
    hg_free(drawn);
    hg_free(reached);
    hg_say_progress(s->control, "bootstrap", fmin(1, (double)(first + DRAWS_PER_TASK) / s->draws));
    return status;
}

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Between the neighbouring order statistics; values that are not defined are left out. */
static double quantile(const double *sorted, size_t n, double p)
{
    if (n == 0)
        return NAN;
    double at = p * (double)(n - 1);
    size_t low = (size_t)floor(at), high = low + 1 < n ? low + 1 : low;
    return sorted[low] + (at - floor(at)) * (sorted[high] - sorted[low]);
}

static void percentiles(double *values, size_t n, double out[2])
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[kept++] = values[i];
    qsort(values, kept, sizeof *values, ascending);
    out[0] = quantile(values, kept, LOW);
    out[1] = quantile(values, kept, HIGH);
}

static void read_off(const resampling *s, size_t series, hg_trial_interval *out)
{
    size_t draws = (size_t)s->draws;
    double lead = 0;
    for (size_t d = 0; d < draws; d++)
        lead += s->lead[series * draws + d];
    out->ahead = lead / s->draws;
    percentiles(s->hits + series * draws, draws, out->hits);
    percentiles(s->clumpiness + series * draws, draws, out->clumpiness);
}

hg_status hg_trial_bootstrap(const hg_trial_result *r, const size_t *budgets, size_t count, int draws,
                             hg_control *control, hg_trial_interval *out, hg_error *err)
{
    size_t series = r->methods * count, room = series * (size_t)draws;
    for (size_t i = 0; i < series; i++)
        out[i] = (hg_trial_interval){{NAN, NAN}, {NAN, NAN}, NAN};
    if (draws <= 0 || !series)
        return HG_OK;
    resampling s = {.r = r, .budgets = budgets, .count = count, .draws = draws,
                    .seed = control ? control->seed : 0, .control = control};
    s.hits = hg_malloc(room, sizeof *s.hits);
    s.clumpiness = hg_malloc(room, sizeof *s.clumpiness);
    s.lead = hg_malloc(room, sizeof *s.lead);
    hg_status status = s.hits && s.clumpiness && s.lead ? HG_OK : hg_fail_memory(err);
    size_t tasks = ((size_t)draws + DRAWS_PER_TASK - 1) / DRAWS_PER_TASK;
    if (status == HG_OK)
        status = hg_parallel(tasks, control ? control->threads : 0, run_draws, &s, err);
    for (size_t i = 0; i < series && status == HG_OK; i++)
        read_off(&s, i, &out[i]);
    hg_free(s.hits);
    hg_free(s.clumpiness);
    hg_free(s.lead);
    return status;
}
