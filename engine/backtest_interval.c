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

/*
 * Incidents that the same budgets of the same methods reach are of one kind: there are few kinds, and a draw only has
 * to count them.
 */
typedef struct kinds {
    uint32_t *of;    /* kind of each judged incident */
    uint8_t *rows;   /* [kind * methods + method]: the first budget asked for that reaches it; count = none */
    size_t n;
} kinds;

typedef struct resampling {
    const hg_trial_result *r;
    const size_t *budgets;
    size_t count;
    kinds kinds;
    int draws;
    uint64_t seed;
    hg_control *control;
    double *hits, *clumpiness; /* [series * draws + draw], a series being a method under a budget */
    double *lead;              /* likewise: 1 where no other method has more hits */
} resampling;

/* ------------------------------------------------- kinds ----------------------------------- */

typedef struct labelled {
    const uint8_t *row;
    size_t methods, incident;
} labelled;

static int by_row(const void *a, const void *b)
{
    const labelled *p = a, *q = b;
    return memcmp(p->row, q->row, p->methods);
}

/* Rows of the incidents in terms of the budgets asked for. */
static void reduce_rows(const resampling *s, uint8_t *rows)
{
    const hg_trial_result *r = s->r;
    for (size_t i = 0; i < r->start[r->windows] * r->methods; i++) {
        size_t k = 0;
        while (k < s->count && r->reached[i] > s->budgets[k])
            k++;
        rows[i] = (uint8_t)k;
    }
}

static void number_kinds(kinds *out, const labelled *sorted, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || by_row(&sorted[i - 1], &sorted[i]) != 0) {
            memcpy(out->rows + out->n * sorted[i].methods, sorted[i].row, sorted[i].methods);
            out->n++;
        }
        out->of[sorted[i].incident] = (uint32_t)(out->n - 1);
    }
}

static hg_status find_kinds(resampling *s, hg_error *err)
{
    size_t n = s->r->start[s->r->windows], methods = s->r->methods;
    uint8_t *rows = hg_malloc(n * methods + 1, 1);
    labelled *sorted = hg_malloc(n + 1, sizeof *sorted);
    s->kinds.of = hg_malloc(n + 1, sizeof *s->kinds.of);
    s->kinds.rows = hg_malloc(n * methods + 1, 1);
    bool enough = rows && sorted && s->kinds.of && s->kinds.rows;
    if (enough) {
        reduce_rows(s, rows);
        for (size_t i = 0; i < n; i++)
            sorted[i] = (labelled){rows + i * methods, methods, i};
        qsort(sorted, n, sizeof *sorted, by_row);
        number_kinds(&s->kinds, sorted, n);
    }
    hg_free(rows);
    hg_free(sorted);
    return enough ? HG_OK : hg_fail_memory(err);
}

/* ------------------------------------------------- draws ----------------------------------- */

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

static void resample_incidents(const resampling *s, hg_random *random, uint32_t *drawn)
{
    const hg_trial_result *r = s->r;
    memset(drawn, 0, s->kinds.n * sizeof *drawn);
    for (size_t i = 0; i < r->windows; i++) {
        const uint32_t *of = s->kinds.of + r->start[i];
        size_t n = r->start[i + 1] - r->start[i];
        for (size_t k = 0; k < n; k++)
            drawn[of[hg_random_below(random, n)]]++;
    }
}

/* Hits under each budget, [method * (count + 1) + budget]. */
static void sum_hits(const resampling *s, const uint32_t *drawn, uint64_t *hits)
{
    size_t methods = s->r->methods, classes = s->count + 1;
    memset(hits, 0, methods * classes * sizeof *hits);
    for (size_t k = 0; k < s->kinds.n; k++)
        for (size_t m = 0; m < methods; m++)
            hits[m * classes + s->kinds.rows[k * methods + m]] += drawn[k];
    for (size_t m = 0; m < methods; m++)
        for (size_t b = 1; b < s->count; b++)
            hits[m * classes + b] += hits[m * classes + b - 1];
}

static void keep_draw(const resampling *s, const uint64_t *hits, int d)
{
    size_t classes = s->count + 1, draws = (size_t)s->draws, at = (size_t)d;
    for (size_t k = 0; k < s->count; k++) {
        uint64_t most = 0;
        for (size_t m = 0; m < s->r->methods; m++)
            most = hits[m * classes + k] > most ? hits[m * classes + k] : most;
        for (size_t m = 0; m < s->r->methods; m++) {
            size_t series = m * s->count + k;
            s->hits[series * draws + at] = (double)hits[m * classes + k];
            s->lead[series * draws + at] = hits[m * classes + k] == most;
        }
    }
}

static hg_status run_draws(void *context, size_t task, hg_error *err)
{
    resampling *s = context;
    size_t *drawn = hg_malloc(s->r->windows + 1, sizeof *drawn);
    uint32_t *incidents = hg_malloc(s->kinds.n + 1, sizeof *incidents);
    uint64_t *hits = hg_malloc(s->r->methods * (s->count + 1), sizeof *hits);
    hg_status status = drawn && incidents && hits ? HG_OK : hg_fail_memory(err);
    int first = (int)task * DRAWS_PER_TASK;
    for (int d = first; d < first + DRAWS_PER_TASK && d < s->draws && status == HG_OK; d++) {
        hg_random random = hg_random_seed(s->seed, (uint64_t)d);
        resample_windows(s, &random, drawn, d);
        resample_incidents(s, &random, incidents);
        sum_hits(s, incidents, hits);
        keep_draw(s, hits, d);
        status = hg_check_cancel(s->control, err);
    }
    hg_free(drawn);
    hg_free(incidents);
    hg_free(hits);
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
    if (status == HG_OK)
        status = find_kinds(&s, err);
    size_t tasks = ((size_t)draws + DRAWS_PER_TASK - 1) / DRAWS_PER_TASK;
    if (status == HG_OK)
        status = hg_parallel(tasks, control ? control->threads : 0, run_draws, &s, err);
    for (size_t i = 0; i < series && status == HG_OK; i++)
        read_off(&s, i, &out[i]);
    hg_free(s.kinds.of);
    hg_free(s.kinds.rows);
    hg_free(s.hits);
    hg_free(s.clumpiness);
    hg_free(s.lead);
    return status;
}
