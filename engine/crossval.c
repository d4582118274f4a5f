#include "engine/crossval.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "engine/bandwidth.h"
#include "engine/pair_sums.h"

#include <math.h>

enum {
    STEPS = HG_CROSSVAL_STEPS,
    LEAST_LOCATIONS = 3,
    LEAST_DRAWS = 1024,
    GROUPS = 32, /* replicates behind the standard error */
    TASK_TARGETS = 64,
    STREAM = 0x4356, /* of the seed */
};

static const double UNIFORM_PART = 0.05, LOW = 0.25, HIGH = 1.5, MOST_PAIRS = 3e8;

/* What the outer sum runs over, group by group. */
typedef struct target {
    uint32_t site;
    float times; /* draws that hit it; 1 where all are taken */
} target;

typedef struct targets {
    target *items;
    size_t n, groups, start[GROUPS + 1];
    double each; /* weight of a draw; 0: that of the site */
} targets;

typedef struct task {
    size_t from, to; /* targets */
    double sum[STEPS];
} task;

typedef struct run {
    const hg_sites *sites;
    const hg_pair_sums *pairs;
    const targets *targets;
    hg_control *control;
    double area_m2;
    size_t n; /* bandwidths */
    task *tasks;
} run;

/* ------------------------------------------------- range ------------------------------------- */

static hg_status set_range(const hg_points *points, const hg_crossval_spec *spec, hg_crossval *c,
                           hg_error *err)
{
    double silverman;
    hg_status status = hg_bandwidth_by_rule(HG_RULE_SILVERMAN, spec->shape, points, &silverman, err);
    if (status != HG_OK)
        return status;
    double low = fmax(spec->least_m, LOW * silverman), high = HIGH * silverman;
    c->n = low < high ? STEPS : 1;
    for (size_t k = 0; k < c->n; k++)
        c->h_m[k] = k == 0 ? low : low * pow(high / low, (double)k / (STEPS - 1));
    return HG_OK;
}

static double reach_of(const hg_crossval_spec *spec, double h)
{
    const hg_kernel k = {spec->shape, h, spec->cutoff};
    return hg_kernel_support_m(&k);
}

/* ------------------------------------------------- targets ----------------------------------- */

static double mean_candidates(const hg_sites *s, double reach, hg_control *control)
{
    size_t m = s->n < LEAST_DRAWS ? s->n : LEAST_DRAWS;
    double sum = 0.0;
    for (size_t k = 0; k < m; k++) {
        hg_random r = hg_random_seed(control ? control->seed : 0, STREAM + 1 + k);
        size_t i = (size_t)((double)s->n * ((double)k + hg_random_unit(&r)) / (double)m);
        i = i < s->n ? i : s->n - 1;
        sum += (double)hg_sites_candidates(s, s->x[i], s->y[i], reach);
    }
    return sum / (double)m;
}

static void take_all(const hg_sites *s, targets *t)
{
    t->n = s->n;
    t->groups = 1;
    t->start[1] = s->n;
    for (size_t i = 0; i < s->n; i++)
        t->items[i] = (target){(uint32_t)i, 1.0f};
}

/* Draw number d of m is the site that holds the weight at (u + d) W / m along the list. */
static void draw_group(const hg_sites *s, targets *t, size_t group, size_t m, double u)
{
    size_t site = 0;
    double passed = s->w[0];
    t->start[group] = t->n;
    for (size_t d = group; d < m; d += GROUPS) {
        double at = ((double)d + u) * t->each;
        while (passed <= at && site + 1 < s->n)
            passed += s->w[++site];
        if (t->n > t->start[group] && t->items[t->n - 1].site == site)
            t->items[t->n - 1].times += 1.0f;
        else
            t->items[t->n++] = (target){(uint32_t)site, 1.0f};
    }
    t->start[group + 1] = t->n;
}

static hg_status choose_targets(const hg_sites *s, double reach, double most, hg_control *control,
                                targets *t, hg_error *err)
{
    double each = mean_candidates(s, reach, control);
    bool all = each * (double)s->n <= most || s->n <= LEAST_DRAWS;
    size_t m = all ? s->n : (size_t)fmax(most / each, LEAST_DRAWS);
    t->items = hg_malloc(m, sizeof *t->items);
    if (!t->items)
        return hg_fail_memory(err);
    if (all) {
        take_all(s, t);
        return HG_OK;
    }
    hg_random r = hg_random_seed(control ? control->seed : 0, STREAM);
    double u = hg_random_unit(&r);
    t->groups = GROUPS;
    t->each = s->total / (double)m;
    for (size_t g = 0; g < GROUPS; g++)
        draw_group(s, t, g, m, u);
    return HG_OK;
}

/* ------------------------------------------------- sums -------------------------------------- */

static hg_status run_task(void *context, size_t index, hg_error *err)
{
    run *r = context;
    task *k = &r->tasks[index];
    const hg_sites *s = r->sites;
    double sums[STEPS], *room = hg_malloc(hg_pair_sums_room(r->pairs), sizeof *room);
    hg_status status = room ? hg_check_cancel(r->control, err) : hg_fail_memory(err);
    for (size_t i = k->from; i < k->to && status == HG_OK; i++) {
        const target *t = &r->targets->items[i];
        double w = r->targets->each > 0.0 ? r->targets->each * (double)t->times : s->w[t->site];
        double others = s->total - s->w[t->site];
        hg_pair_sums_at(r->pairs, t->site, room, sums);
        for (size_t h = 0; h < r->n; h++) {
            double f = others > 0.0 ? sums[h] / others : 0.0;
            k->sum[h] += w * log((1.0 - UNIFORM_PART) * f + UNIFORM_PART / r->area_m2);
        }
    }
    hg_free(room);
    return status;
}

static size_t lay_tasks(const targets *t, task *tasks)
{
    size_t n = 0;
    for (size_t g = 0; g < t->groups; g++)
        for (size_t from = t->start[g]; from < t->start[g + 1]; from += TASK_TARGETS, n++) {
            size_t to = from + TASK_TARGETS;
            if (tasks)
                tasks[n] = (task){from, to < t->start[g + 1] ? to : t->start[g + 1], {0}};
        }
    return n;
}

/* Sums of each group, [groups][STEPS]. */
static hg_status sum_groups(run *r, double *sums, hg_error *err)
{
    const targets *t = r->targets;
    size_t n = lay_tasks(t, NULL);
    r->tasks = hg_malloc(n, sizeof *r->tasks);
    if (!r->tasks)
        return hg_fail_memory(err);
    lay_tasks(t, r->tasks);
    hg_status status = hg_parallel(n, r->control ? r->control->threads : 0, run_task, r, err);
    for (size_t i = 0, g = 0; i < n && status == HG_OK; i++) {
        while (r->tasks[i].from >= t->start[g + 1])
            g++;
        for (size_t h = 0; h < r->n; h++)
            sums[g * STEPS + h] += r->tasks[i].sum[h];
    }
    hg_free(r->tasks);
    return status;
}

/* ------------------------------------------------- the curve --------------------------------- */

/* The groups are replicates of one systematic sample: their spread is that of their sum. */
static double error_of(const double *sums, size_t groups, size_t a, size_t b)
{
    double mean = 0.0, spread = 0.0;
    for (size_t g = 0; g < groups; g++)
        mean += (sums[g * STEPS + a] - sums[g * STEPS + b]) / (double)groups;
    for (size_t g = 0; g < groups; g++) {
        double d = sums[g * STEPS + a] - sums[g * STEPS + b] - mean;
        spread += d * d;
    }
    return groups > 1 ? sqrt(spread * (double)groups / (double)(groups - 1)) : 0.0;
}

static bool is_near_best(const hg_crossval *c, size_t k)
{
    return c->cv[c->best] - c->cv[k] <= 2.0 * c->error[k];
}

static void finish_curve(const double *sums, size_t groups, hg_crossval *c)
{
    for (size_t k = 0; k < c->n; k++) {
        c->cv[k] = 0.0;
        for (size_t g = 0; g < groups; g++)
            c->cv[k] += sums[g * STEPS + k];
        if (c->cv[k] > c->cv[c->best])
            c->best = k;
    }
    for (size_t k = 0; k < c->n; k++)
        c->error[k] = error_of(sums, groups, c->best, k);
    c->low = c->high = c->best;
    while (groups > 1 && c->low > 0 && is_near_best(c, c->low - 1))
        c->low--;
    while (groups > 1 && c->high + 1 < c->n && is_near_best(c, c->high + 1))
        c->high++;
}

static hg_status evaluate(const hg_sites *s, const hg_crossval_spec *spec, hg_control *control,
                          hg_crossval *c, hg_error *err)
{
    double most = spec->most_pairs > 0.0 ? spec->most_pairs : MOST_PAIRS;
    hg_pair_sums *pairs = NULL;
    targets t = {0};
    double *sums = hg_calloc(GROUPS * STEPS, sizeof *sums);
    hg_status status = sums ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_pair_sums_new(s, spec->shape, spec->cutoff, c->h_m, c->n, &pairs, err);
    if (status == HG_OK)
        status = choose_targets(s, hg_pair_sums_reach_m(pairs), most, control, &t, err);
    if (status == HG_OK) {
        run r = {s, pairs, &t, control, c->hull_m2, c->n, NULL};
        status = sum_groups(&r, sums, err);
    }
    if (status == HG_OK) {
        c->evaluated = t.n;
        finish_curve(sums, t.groups, c);
    }
    hg_pair_sums_free(pairs);
    hg_free(t.items);
    hg_free(sums);
    return status;
}

hg_status hg_crossval_run(const hg_points *points, const hg_crossval_spec *spec, hg_control *control,
                          hg_crossval *out, hg_error *err)
{
    hg_crossval c = {0};
    hg_sites s;
    hg_status status = set_range(points, spec, &c, err);
    if (status != HG_OK)
        return status;
    int threads = control ? control->threads : 0;
    status = hg_sites_init(&s, points, reach_of(spec, c.h_m[c.n - 1]), threads, err);
    if (status != HG_OK)
        return status;
    c.locations = s.n;
    c.hull_m2 = s.hull_m2 > 0.0 ? s.hull_m2 : 0.5 * s.hull_perimeter_m * c.h_m[0];
    if (s.n < LEAST_LOCATIONS)
        status = hg_fail(err, HG_EDATA,
                         "cross-validation needs at least three locations, there are %zu; give a bandwidth "
                         "as a length",
                         s.n);
    if (status == HG_OK)
        status = evaluate(&s, spec, control, &c, err);
    hg_sites_dispose(&s);
    if (status == HG_OK)
        *out = c;
    return status;
}
