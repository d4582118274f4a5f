/* Abramson, On bandwidth variation in kernel estimates: a square root law, Annals of Statistics 1982. */
#include "base/memory.h"
#include "base/threads.h"
#include "engine/adaptive.h"
#include "engine/pair_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TASK_SITES = 256 };

void hg_adaptive_dispose(hg_adaptive *a)
{
    hg_free((double *)a->points.x);
    hg_free((double *)a->points.y);
    hg_free((double *)a->points.w);
    hg_free(a->h_m);
    *a = (hg_adaptive){0};
}

typedef struct pilot {
    const hg_sites *sites;
    const hg_pair_sums *pairs;
    hg_control *control;
    double own; /* what a unit of weight adds at its own place */
    double *f;
} pilot;

static hg_status pilot_task(void *context, size_t index, hg_error *err)
{
    const pilot *p = context;
    size_t from = index * TASK_SITES, to = from + TASK_SITES < p->sites->n ? from + TASK_SITES : p->sites->n;
    double *room = hg_malloc(hg_pair_sums_room(p->pairs), sizeof *room);
    hg_status status = room ? hg_check_cancel(p->control, err) : hg_fail_memory(err);
    for (size_t i = from; i < to && status == HG_OK; i++) {
        hg_pair_sums_at(p->pairs, i, room, &p->f[i]);
        p->f[i] += p->sites->w[i] * p->own;
    }
    hg_free(room);
    return status;
}

static hg_status pilot_density(const hg_sites *s, const hg_kernel *k, hg_control *control, double *f,
                               hg_error *err)
{
    hg_pair_sums *pairs = NULL;
    hg_status status = hg_pair_sums_new(s, k->shape, k->cutoff, &k->bandwidth_m, 1, &pairs, err);
    if (status == HG_OK) {
        pilot p = {s, pairs, control, hg_kernel_value(k, 0.0) / (k->bandwidth_m * k->bandwidth_m), f};
        size_t tasks = (s->n + TASK_SITES - 1) / TASK_SITES;
        status = hg_parallel(tasks, control ? control->threads : 0, pilot_task, &p, err);
    }
    hg_pair_sums_free(pairs);
    return status;
}

typedef struct weighed {
    double h, w;
} weighed;

static int by_bandwidth(const void *a, const void *b)
{
    double x = ((const weighed *)a)->h, y = ((const weighed *)b)->h;
    return (x > y) - (x < y);
}

static hg_status describe(hg_adaptive *a, const hg_sites *s, hg_error *err)
{
    weighed *v = hg_malloc(s->n, sizeof *v);
    if (!v)
        return hg_fail_memory(err);
    for (size_t i = 0; i < s->n; i++)
        v[i] = (weighed){a->h_m[i], s->w[i]};
    qsort(v, s->n, sizeof *v, by_bandwidth);
    size_t k = 0;
    for (double passed = v[0].w; k + 1 < s->n && passed < 0.5 * s->total; passed += v[k].w)
        k++;
    a->spread.locations = s->n;
    a->spread.low_m = v[0].h;
    a->spread.median_m = v[k].h;
    a->spread.high_m = v[s->n - 1].h;
    hg_free(v);
    return HG_OK;
}

/* From the pilot in a->h_m to the bandwidths. */
static void apply_law(hg_adaptive *a, const hg_sites *s, double h0, double cell_m)
{
    double mean_log = 0.0, most = HG_ADAPTIVE_TRIM * h0;
    for (size_t i = 0; i < s->n; i++)
        mean_log += s->w[i] / s->total * log(a->h_m[i]);
    for (size_t i = 0; i < s->n; i++) {
        double h = h0 * exp(0.5 * (mean_log - log(a->h_m[i])));
        a->spread.trimmed += h > most;
        h = fmin(h, most);
        a->spread.raised += h < cell_m;
        a->h_m[i] = fmax(h, cell_m);
    }
}

hg_status hg_adaptive_init(hg_adaptive *a, const hg_points *points, const hg_kernel *kernel, double cell_m,
                           hg_control *control, hg_error *err)
{
    hg_sites s;
    *a = (hg_adaptive){0};
    hg_status status = hg_sites_init(&s, points, hg_kernel_support_m(kernel), control ? control->threads : 0, err);
    if (status != HG_OK)
        return status;
    a->h_m = hg_malloc(s.n, sizeof *a->h_m);
    status = a->h_m ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK && s.n == 0)
        status = hg_fail(err, HG_EDATA, "adaptive bandwidths need an event of positive weight");
    if (status == HG_OK)
        status = pilot_density(&s, kernel, control, a->h_m, err);
    if (status == HG_OK) {
        apply_law(a, &s, kernel->bandwidth_m, cell_m);
        status = describe(a, &s, err);
    }
    if (status == HG_OK) {
        a->points = (hg_points){s.n, s.x, s.y, s.w};
        s.x = s.y = s.w = NULL;
    } else {
        hg_adaptive_dispose(a);
    }
    hg_sites_dispose(&s);
    return status;
}
