/*
 * The trial itself. What depends on the window alone (its incidents, their cells, the best any selection can do) is
 * prepared once; methods then need one score, one ranking and one walk down it for all budgets.
 */
#include "engine/backtest.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Areas are sums of shares in another order: one that is as large to this part is as large. */
static const double SAME_AREA = 1e-9;

size_t hg_rolling_windows(const hg_rolling *r)
{
    double room = (double)(r->end - r->first) - r->train_s - r->horizon_s;
    return room >= 0 ? (size_t)floor(room / r->step_s) + 1 : 0;
}

int64_t hg_rolling_origin(const hg_rolling *r, size_t i)
{
    return r->first + (int64_t)(r->train_s + (double)i * r->step_s);
}

/* A cell that holds incidents of a window, and their sums over this one and all better ones. */
typedef struct target {
    uint64_t cell, count;
    double area_m2, sum_area_m2;
    uint64_t sum;
} target;

typedef struct window {
    int64_t origin;
    uint64_t *cells; /* of the judged incidents */
    size_t n;
    target *targets; /* by incidents per area, descending */
    size_t target_count;
} window;

typedef struct running {
    const hg_trial *trial;
    hg_control *control;
    hg_trial_result *out;
    window *windows;
    uint64_t cells_of_area;
    _Atomic size_t done;
} running;

/* ------------------------------------------------- windows --------------------------------- */

static bool in_area(const hg_trial *t, size_t i, uint64_t *cell)
{
    *cell = hg_forecast_cell(t->events, i, t->grid, t->share);
    return *cell != UINT64_MAX;
}

/* Incidents of the window are those a forecast without limits sees at its end but not at its origin. */
static hg_status judge(const hg_trial *t, window *w, uint64_t *outside, hg_error *err)
{
    const hg_forecast all = {.kind = HG_FORECAST_COUNT, .train_s = INFINITY};
    size_t from, first, to;
    hg_forecast_slice(&all, t->events, w->origin, &from, &first);
    hg_forecast_slice(&all, t->events, w->origin + (int64_t)t->rolling->horizon_s, &from, &to);
    w->cells = hg_malloc(to - first + 1, sizeof *w->cells);
    if (!w->cells)
        return hg_fail_memory(err);
    for (size_t i = first; i < to; i++)
        w->n += in_area(t, i, &w->cells[w->n]);
    *outside += to - first - w->n;
    return HG_OK;
}

static int by_cell(const void *a, const void *b)
{
    uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;
    return (p > q) - (p < q);
}

static int by_incidents_per_area(const void *a, const void *b)
{
    const target *p = a, *q = b;
    double dp = (double)p->count / p->area_m2, dq = (double)q->count / q->area_m2;
    return dp != dq ? (dp < dq) - (dp > dq) : (p->cell > q->cell) - (p->cell < q->cell);
}

static hg_status find_targets(const hg_trial *t, window *w, hg_error *err)
{
    double cell_m2 = t->grid->cell_m * t->grid->cell_m;
    uint64_t *cells = hg_malloc(w->n + 1, sizeof *cells);
    w->targets = hg_malloc(w->n + 1, sizeof *w->targets);
    if (!cells || !w->targets) {
        hg_free(cells);
        return hg_fail_memory(err);
    }
    memcpy(cells, w->cells, w->n * sizeof *cells);
    qsort(cells, w->n, sizeof *cells, by_cell);
    for (size_t i = 0; i < w->n; i++) {
        if (i == 0 || cells[i] != cells[i - 1])
            w->targets[w->target_count++] = (target){cells[i], 0, (double)t->share[cells[i]] * cell_m2, 0, 0};
        w->targets[w->target_count - 1].count++;
    }
    hg_free(cells);
    qsort(w->targets, w->target_count, sizeof *w->targets, by_incidents_per_area);
    for (size_t k = 0; k < w->target_count; k++) {
        w->targets[k].sum = w->targets[k].count + (k ? w->targets[k - 1].sum : 0);
        w->targets[k].sum_area_m2 = w->targets[k].area_m2 + (k ? w->targets[k - 1].sum_area_m2 : 0);
    }
    return HG_OK;
}

/* n* of an area; *k is where the last smaller area ended. */
static double best_within(const window *w, double area_m2, size_t *k)
{
    double room = area_m2 * (1 + SAME_AREA);
    while (*k < w->target_count && w->targets[*k].sum_area_m2 <= room)
        ++*k;
    double sum = *k ? (double)w->targets[*k - 1].sum : 0;
    if (*k == w->target_count)
        return sum;
    double left = area_m2 - (*k ? w->targets[*k - 1].sum_area_m2 : 0);
    return sum + floor(fmax(left, 0) / w->targets[*k].area_m2 * (double)w->targets[*k].count);
}

static hg_status prepare_windows(running *r, hg_error *err)
{
    const hg_trial *t = r->trial;
    hg_trial_result *out = r->out;
    hg_status status = HG_OK;
    for (size_t i = 0; i < out->windows && status == HG_OK; i++) {
        window *w = &r->windows[i];
        w->origin = hg_rolling_origin(t->rolling, i);
        status = judge(t, w, &out->outside, err);
        if (status == HG_OK)
            status = find_targets(t, w, err);
        out->start[i + 1] = out->start[i] + w->n;
    }
    return status;
}

/* ------------------------------------------------- one method in one window ---------------- */

typedef struct attempt {
    running *r;
    const hg_forecast *method;
    window *w;
    size_t m, i;
    float *score;
    uint32_t *count;
    uint8_t *flagged; /* by cell: the budget that flags it; budgets = none */
    hg_ranking ranking;
} attempt;

static void attempt_dispose(attempt *a)
{
    hg_free(a->score);
    hg_free(a->count);
    hg_free(a->flagged);
    hg_ranking_dispose(&a->ranking);
}

static void count_training(const attempt *a)
{
    const hg_trial *t = a->r->trial;
    size_t from, to;
    uint64_t cell;
    hg_forecast_slice(a->method, t->events, a->w->origin, &from, &to);
    for (size_t i = from; i < to; i++)
        if (in_area(t, i, &cell))
            a->count[cell]++;
}

static bool any_score(const attempt *a)
{
    uint64_t cells = hg_grid_cells(a->r->trial->grid);
    for (uint64_t i = 0; i < cells; i++)
        if (a->score[i] > 0)
            return true;
    return false;
}

/* A score that is nowhere positive flags nothing. */
static hg_status rank_cells(attempt *a, hg_control *single, hg_error *err)
{
    const hg_trial *t = a->r->trial;
    const hg_cell_counts counts = {.count = a->count};
    const hg_rank_input input = {.grid = t->grid, .score = a->score, .share = t->share, .counts = &counts};
    const hg_budget most = {HG_BUDGET_SHARE, t->budgets[t->budget_count - 1]};
    return any_score(a) ? hg_rank(&input, &most, single, &a->ranking, err) : HG_OK;
}

/* Sides by which a cell touches cells flagged before it. */
static int sides_flagged(const attempt *a, uint64_t cell)
{
    const hg_grid *g = a->r->trial->grid;
    uint8_t none = (uint8_t)a->r->out->budgets;
    int64_t columns = g->columns, row = (int64_t)cell / columns, column = (int64_t)cell % columns;
    return (row > 0 && a->flagged[cell - (uint64_t)columns] < none) +
           (row + 1 < g->rows && a->flagged[cell + (uint64_t)columns] < none) +
           (column > 0 && a->flagged[cell - 1] < none) + (column + 1 < columns && a->flagged[cell + 1] < none);
}

/* The fewest outer sides of m cells. */
static double fewest_sides(double m)
{
    double n = floor(sqrt(m));
    return m == n * n ? 4 * n : m <= n * (n + 1) ? 4 * n + 2 : 4 * n + 4;
}

static double clumpiness(double touching, double m, double all)
{
    double most = 4 * m - fewest_sides(m), p = m / all;
    if (!(most > 0) || !(p < 1))
        return NAN;
    double g = touching / most;
    return g < p && p < 0.5 ? (g - p) / p : (g - p) / (1 - p);
}

/*
 * What the budget buys: the flagged area, and where cells of a positive score ran out, as many whole cells more as it
 * has room for.
 */
static double bought_m2(const attempt *a, const hg_prefix *p, double cell_m2)
{
    if (p->cells < a->ranking.selected)
        return p->area_m2;
    double more = floor((p->limit_m2 - p->area_m2) / cell_m2);
    return p->area_m2 + cell_m2 * fmax(more, p->cells ? 0 : 1);
}

/* One walk down the ranking: a budget goes on where the smaller one stopped. */
static hg_status flag_cells(attempt *a, hg_tally *tallies, hg_error *err)
{
    const hg_trial *t = a->r->trial;
    double cell_m2 = t->grid->cell_m * t->grid->cell_m, touching = 0;
    hg_prefix prefix = {0};
    size_t best = 0;
    for (size_t b = 0; b < t->budget_count; b++) {
        const hg_budget budget = {HG_BUDGET_SHARE, t->budgets[b]};
        hg_prefix before = prefix;
        hg_status status = hg_prefix_start(&budget, a->r->out->area_m2, &prefix, err);
        if (status != HG_OK)
            return status;
        prefix.cells = before.cells;
        prefix.area_m2 = before.area_m2;
        while (prefix.cells < a->ranking.selected) {
            uint64_t cell = a->ranking.cells[prefix.cells];
            if (!hg_prefix_take(&prefix, (double)t->share[cell] * cell_m2))
                break;
            touching += 2 * sides_flagged(a, cell);
            a->flagged[cell] = (uint8_t)b;
        }
        double bought = bought_m2(a, &prefix, cell_m2);
        tallies[b] = (hg_tally){.area_m2 = prefix.area_m2,
                                .bought_m2 = bought,
                                .best = best_within(a->w, bought, &best),
                                .clumpiness = prefix.cells ? clumpiness(touching, (double)prefix.cells,
                                                                        (double)a->r->cells_of_area)
                                                           : NAN};
    }
    return HG_OK;
}

static void count_hits(const attempt *a, hg_tally *tallies)
{
    hg_trial_result *out = a->r->out;
    for (size_t i = 0; i < a->w->n; i++) {
        uint8_t b = a->flagged[a->w->cells[i]];
        out->reached[(out->start[a->i] + i) * out->methods + a->m] = b;
        if (b < out->budgets)
            tallies[b].hits++;
    }
    for (size_t b = 1; b < out->budgets; b++)
        tallies[b].hits += tallies[b - 1].hits;
}

static hg_status make_attempt(attempt *a, hg_error *err)
{
    const hg_trial *t = a->r->trial;
    hg_trial_result *out = a->r->out;
    uint64_t cells = hg_grid_cells(t->grid);
    hg_tally *tallies = out->tallies + (a->m * out->windows + a->i) * out->budgets;
    hg_control single = {.saying = ATOMIC_FLAG_INIT, .threads = 1};
    a->score = hg_malloc(cells, sizeof *a->score);
    a->count = hg_calloc(cells, sizeof *a->count);
    a->flagged = hg_malloc(cells, 1);
    if (!a->score || !a->count || !a->flagged)
        return hg_fail_memory(err);
    memset(a->flagged, (int)out->budgets, cells);
    count_training(a);
    hg_status status = hg_forecast_scores(a->method, t->events, a->w->origin, t->grid, t->share, &single, a->score,
                                          err);
    if (status == HG_OK)
        status = rank_cells(a, &single, err);
    if (status == HG_OK)
        status = flag_cells(a, tallies, err);
    if (status == HG_OK)
        count_hits(a, tallies);
    return status;
}

static hg_status run_one(void *context, size_t task, hg_error *err)
{
    running *r = context;
    size_t tasks = r->out->methods * r->out->windows;
    attempt a = {.r = r, .m = task % r->out->methods, .i = task / r->out->methods};
    a.w = &r->windows[a.i];
    a.method = &r->trial->forecasts[a.m * r->out->windows + a.i];
    hg_status status = hg_check_cancel(r->control, err);
    if (status == HG_OK)
        status = make_attempt(&a, err);
    attempt_dispose(&a);
    hg_say_progress(r->control, "backtest", (double)++r->done / (double)tasks);
    return status;
}

/* ------------------------------------------------- the whole -------------------------------- */

static hg_status check_budgets(const hg_trial *t, hg_error *err)
{
    if (!t->budget_count || t->budget_count > HG_TRIAL_BUDGETS_MAX)
        return hg_fail(err, HG_EUSAGE, "%zu budgets; 1 to %d are possible", t->budget_count, HG_TRIAL_BUDGETS_MAX);
    for (size_t b = 0; b < t->budget_count; b++)
        if (!(t->budgets[b] > (b ? t->budgets[b - 1] : 0)))
            return hg_fail(err, HG_EUSAGE, "budget of %.12g: ascending shares above 0 were expected", t->budgets[b]);
    return HG_OK;
}

static uint64_t count_area(const hg_trial *t)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < hg_grid_cells(t->grid); i++)
        n += t->share[i] > 0;
    return n;
}

static hg_status run_all(running *r, hg_error *err)
{
    hg_trial_result *out = r->out;
    r->windows = hg_calloc(out->windows + 1, sizeof *r->windows);
    out->start = hg_calloc(out->windows + 1, sizeof *out->start);
    out->tallies = hg_calloc(out->methods * out->windows * out->budgets + 1, sizeof *out->tallies);
    if (!r->windows || !out->start || !out->tallies)
        return hg_fail_memory(err);
    hg_status status = prepare_windows(r, err);
    if (status != HG_OK)
        return status;
    out->reached = hg_malloc(out->start[out->windows] * out->methods + 1, 1);
    if (!out->reached)
        return hg_fail_memory(err);
    return hg_parallel(out->methods * out->windows, r->control ? r->control->threads : 0, run_one, r, err);
}

hg_status hg_trial_run(const hg_trial *t, hg_control *control, hg_trial_result *out, hg_error *err)
{
    hg_trial_result result = {.methods = t->methods, .windows = hg_rolling_windows(t->rolling),
                              .budgets = t->budget_count, .area_m2 = hg_study_area_m2(t->grid, t->share)};
    running r = {.trial = t, .control = control, .out = &result, .cells_of_area = count_area(t)};
    hg_status status = check_budgets(t, err);
    if (status == HG_OK)
        status = run_all(&r, err);
    for (size_t i = 0; r.windows && i < result.windows; i++) {
        hg_free(r.windows[i].cells);
        hg_free(r.windows[i].targets);
    }
    hg_free(r.windows);
    if (status == HG_OK)
        *out = result;
    else
        hg_trial_result_dispose(&result);
    return status;
}

void hg_trial_result_dispose(hg_trial_result *result)
{
    hg_free(result->start);
    hg_free(result->tallies);
    hg_free(result->reached);
    *result = (hg_trial_result){0};
}

const hg_tally *hg_trial_tally(const hg_trial_result *r, size_t method, size_t w, size_t budget)
{
    return &r->tallies[(method * r->windows + w) * r->budgets + budget];
}

void hg_trial_pool(const hg_trial_result *r, size_t method, size_t budget, hg_trial_score *out)
{
    double area = 0, bought = 0, best = 0, clumped = 0, all = (double)r->windows * r->area_m2;
    size_t defined = 0;
    *out = (hg_trial_score){.incidents = r->start[r->windows]};
    for (size_t i = 0; i < r->windows; i++) {
        const hg_tally *t = hg_trial_tally(r, method, i, budget);
        out->hits += t->hits;
        best += t->best;
        area += t->area_m2;
        bought += t->bought_m2;
        defined += isnan(t->clumpiness) ? 0 : 1;
        clumped += isnan(t->clumpiness) ? 0 : t->clumpiness;
    }
    double hits = (double)out->hits;
    out->hit_rate = out->incidents ? hits / (double)out->incidents : NAN;
    out->pai = bought > 0 ? out->hit_rate / (bought / all) : NAN;
    out->pai_flagged = area > 0 ? out->hit_rate / (area / all) : NAN;
    out->pei_star = best > 0 ? hits / best : NAN;
    out->ser_per_km2 = area > 0 ? hits / (area / 1e6) : NAN;
    out->clumpiness = defined ? clumped / (double)defined : NAN;
    out->area_m2 = r->windows ? area / (double)r->windows : NAN;
}
