/* The frame of a backtest, all of it from the first training window: windows, study area, cell, grid. */
#include "base/memory.h"
#include "base/threads.h"
#include "engine/order.h"
#include "job/backtest.h"
#include "job/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t DAY_S = 86400;

enum { MOST_WINDOWS = 5000 };

/* Of cross-validation where no cell is given. */
static const double LEAST_BANDWIDTH_M = 10;

int64_t hg_known_at(const int64_t *start, const int64_t *end, size_t i)
{
    int64_t from = start ? start[i] : HG_NO_TIME, to = end ? end[i] : HG_NO_TIME;
    return to != HG_NO_TIME && to > from ? to : from;
}

static int64_t midnight(int64_t t)
{
    int64_t clock = t % DAY_S;
    return t - (clock < 0 ? clock + DAY_S : clock);
}

static int64_t first_day(const hg_job *job, int64_t first)
{
    return job->set.since != HG_NO_TIME ? job->set.since : midnight(first);
}

int64_t hg_backtest_first_origin(const hg_job *job, const int64_t *start, const int64_t *end, const uint8_t *reason,
                                 size_t n)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < n; i++) {
        int64_t t = reason && reason[i] != HG_ACCEPTED ? HG_NO_TIME : hg_known_at(start, end, i);
        first = t != HG_NO_TIME && t < first ? t : first;
    }
    return first == INT64_MAX ? HG_NO_TIME : first_day(job, first) + (int64_t)job->set.backtest.train_s;
}

/* ------------------------------------------------- incidents by time ------------------------ */

typedef struct moment {
    int64_t t;
    double x, y, w;
} moment;

/* By all columns, so that the order of the input leaves no trace. */
static int by_time(const void *a, const void *b)
{
    const moment *p = a, *q = b;
    if (p->t != q->t)
        return p->t < q->t ? -1 : 1;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    if (p->y != q->y)
        return p->y < q->y ? -1 : 1;
    return (p->w > q->w) - (p->w < q->w);
}

static hg_status sort_incidents(hg_backtest *b, hg_error *err)
{
    const hg_incidents *inc = &b->in->incidents;
    size_t n = inc->n;
    moment *sorted = hg_malloc(n, sizeof *sorted);
    b->x = hg_malloc(n, sizeof *b->x);
    b->y = hg_malloc(n, sizeof *b->y);
    b->w = inc->w ? hg_malloc(n, sizeof *b->w) : NULL;
    b->t = hg_malloc(n, sizeof *b->t);
    b->outside = hg_malloc(n, 1);
    if (!sorted || !b->x || !b->y || (inc->w && !b->w) || !b->t || !b->outside) {
        hg_free(sorted);
        return hg_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = (moment){hg_known_at(inc->t_start, inc->t_end, i), inc->x[i], inc->y[i], inc->w ? inc->w[i] : 1};
    qsort(sorted, n, sizeof *sorted, by_time);
    for (size_t i = 0; i < n; i++) {
        b->x[i] = sorted[i].x;
        b->y[i] = sorted[i].y;
        b->t[i] = sorted[i].t;
        if (b->w)
            b->w[i] = sorted[i].w;
    }
    hg_free(sorted);
    b->events = (hg_forecast_events){n, b->x, b->y, b->w, b->t, b->outside};
    return HG_OK;
}

/* ------------------------------------------------- windows --------------------------------- */

static hg_status too_short(const hg_backtest *b, hg_error *err)
{
    const hg_rolling *r = &b->rolling;
    char from[32], to[32];
    return hg_fail(err, HG_EDATA,
                   "the incidents span %.10s to %.10s, %.6g days; one forecast needs %.6g (--train %.6gd and --horizon "
                   "%.6gd)",
                   hg_civil_text(r->first, from), hg_civil_text(r->end - 1, to),
                   (double)(r->end - r->first) / (double)DAY_S, (r->train_s + r->horizon_s) / (double)DAY_S,
                   r->train_s / (double)DAY_S, r->horizon_s / (double)DAY_S);
}

static hg_status settle_windows(hg_backtest *b, hg_error *err)
{
    const hg_settings *set = &b->job->set;
    const hg_backtest_settings *own = &set->backtest;
    b->rolling = (hg_rolling){.first = first_day(b->job, b->t[0]),
                              .end = set->until != HG_NO_TIME ? set->until : midnight(b->t[b->events.n - 1]) + DAY_S,
                              .train_s = own->train_s,
                              .horizon_s = own->horizon_s,
                              .step_s = set->step_s > 0 ? set->step_s : own->horizon_s};
    b->windows = hg_rolling_windows(&b->rolling);
    if (b->windows == 0)
        return too_short(b, err);
    if (b->windows > MOST_WINDOWS)
        return hg_fail(err, HG_EUSAGE, "--step %.6gd makes %zu forecasts; at most %d are possible",
                       b->rolling.step_s / (double)DAY_S, b->windows, MOST_WINDOWS);
    const hg_forecast all = {.train_s = INFINITY};
    size_t from, last;
    int64_t over = hg_rolling_origin(&b->rolling, b->windows - 1) + (int64_t)own->horizon_s;
    hg_forecast_slice(&all, &b->events, hg_rolling_origin(&b->rolling, 0), &from, &b->training);
    hg_forecast_slice(&all, &b->events, over, &from, &last);
    b->unjudged = b->events.n - last;
    return HG_OK;
}

/* ------------------------------------------------- area, cell, grid ------------------------ */

/* Points of the first training window; with an area given, those inside it. */
static hg_status training_points(const hg_backtest *b, double **x, double **y, double **w, hg_points *out,
                                 hg_error *err)
{
    *x = hg_malloc(b->training + 1, sizeof **x);
    *y = hg_malloc(b->training + 1, sizeof **y);
    *w = b->w ? hg_malloc(b->training + 1, sizeof **w) : NULL;
    *out = (hg_points){0, *x, *y, *w};
    if (!*x || !*y || (b->w && !*w))
        return hg_fail_memory(err);
    for (size_t i = 0; i < b->training; i++) {
        if (b->outside[i])
            continue;
        (*x)[out->n] = b->x[i];
        (*y)[out->n] = b->y[i];
        if (*w)
            (*w)[out->n] = b->w[i];
        out->n++;
    }
    return out->n ? HG_OK
                  : hg_fail(err, HG_EDATA, "no incident of the first training window lies in the study area");
}

static void box_of(const hg_backtest *b, const hg_points *p, double box[4])
{
    if (b->job->set.has_bounds) {
        for (int k = 0; k < 4; k++)
            box[k] = b->job->set.bounds[k];
        return;
    }
    if (b->in->region) {
        hg_region_bounds(b->in->region, box);
        return;
    }
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (size_t i = 0; i < p->n; i++) {
        box[0] = fmin(box[0], p->x[i]);
        box[1] = fmin(box[1], p->y[i]);
        box[2] = fmax(box[2], p->x[i]);
        box[3] = fmax(box[3], p->y[i]);
    }
}

typedef struct lattice_cell {
    double column, row;
} lattice_cell;

static int by_place(const void *a, const void *b)
{
    const lattice_cell *p = a, *q = b;
    if (p->column != q->column)
        return p->column < q->column ? -1 : 1;
    return (p->row > q->row) - (p->row < q->row);
}

/* Area of the cells that hold an incident, whole cells. */
static hg_status occupied_area(const hg_points *p, double cell_m, double *area_m2, hg_error *err)
{
    size_t n = 0;
    lattice_cell *cells = hg_malloc(p->n, sizeof *cells);
    if (!cells)
        return hg_fail_memory(err);
    for (size_t i = 0; i < p->n; i++)
        cells[i] = (lattice_cell){floor(p->x[i] / cell_m), floor(p->y[i] / cell_m)};
    qsort(cells, p->n, sizeof *cells, by_place);
    for (size_t i = 0; i < p->n; i++)
        n += i == 0 || by_place(&cells[i - 1], &cells[i]) != 0;
    hg_free(cells);
    *area_m2 = (double)n * cell_m * cell_m;
    return HG_OK;
}

static hg_status area_with(const hg_backtest *b, const hg_points *p, double cell_m, double *area_m2, hg_error *err)
{
    hg_region *hull = NULL;
    if (b->in->region) {
        *area_m2 = hg_region_area_m2(b->in->region);
        return HG_OK;
    }
    hg_status status = hg_region_hull(p->x, p->y, p->n, cell_m, &hull, err);
    if (status == HG_OK)
        *area_m2 = hg_region_area_m2(hull);
    hg_region_free(hull);
    return status;
}

/* The share of A that occupied cells must cover, for counts to fill the budgets up to 5 % also in leaner times. */
static double share_to_cover(const hg_backtest_settings *set)
{
    double largest = 0;
    for (size_t k = 0; k < set->budget_count; k++)
        if (set->budgets[k] <= 0.05)
            largest = set->budgets[k];
    return 1.2 * largest;
}

/* The first size from cell_m on whose occupied cells cover enough of the area. */
static hg_status enlarge_cell(const hg_backtest *b, const hg_points *p, double *cell_m, hg_error *err)
{
    static const double sizes[] = {10, 20, 25, 50, 100, 200, 250, 500, 1000};
    double wanted = share_to_cover(&b->job->set.backtest);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double occupied = 0, area = 0;
        if (sizes[i] < *cell_m)
            continue;
        *cell_m = sizes[i];
        hg_status status = occupied_area(p, *cell_m, &occupied, err);
        if (status == HG_OK)
            status = area_with(b, p, *cell_m, &area, err);
        if (status != HG_OK || occupied >= wanted * area)
            return status;
    }
    return HG_OK;
}

/*
 * From the support of Silverman's rule, whatever rule the methods have, and not so small that few cells hold
 * incidents: counts would then leave most of a budget unused, and their PAI be of another area than the others'.
 */
static hg_status settle_cell(const hg_backtest *b, const hg_points *p, double *cell_m, hg_error *err)
{
    double box[4], support_m = 0;
    *cell_m = b->job->set.cell_m;
    if (*cell_m > 0)
        return HG_OK;
    hg_error why = {HG_OK, ""};
    hg_status status = hg_bandwidth_by_rule(HG_RULE_SILVERMAN, HG_QUARTIC, p, &support_m, &why);
    if (status != HG_OK)
        return hg_fail(err, status, "--cell auto, on the first training window: %s", why.message);
    box_of(b, p, box);
    *cell_m = hg_grid_auto_cell(support_m, fmin(box[2] - box[0], box[3] - box[1]));
    return enlarge_cell(b, p, cell_m, err);
}

static hg_status settle_area(hg_backtest *b, const hg_points *p, double cell_m, hg_error *err)
{
    if (b->in->region)
        return HG_OK;
    hg_job_add_note(b->job, "no --area: the convex hull of the first training window's points, buffered by one cell, "
                            "is taken as the study area; it swallows water and empty land, and PAI is not "
                            "comparable between runs");
    return hg_region_hull(p->x, p->y, p->n, cell_m, &b->in->region, err);
}

static hg_status settle_grid(hg_backtest *b, const hg_points *p, double cell_m, hg_error *err)
{
    double box[4];
    box_of(b, p, box);
    hg_status status = hg_grid_over(box[0], box[1], box[2], box[3], cell_m, &b->grid, err);
    if (status == HG_OK)
        status = hg_check_grid_memory(&b->grid, 4 + 40 * (uint64_t)hg_thread_count(b->job->control.threads), err);
    if (status != HG_OK)
        return status;
    b->share = hg_malloc(hg_grid_cells(&b->grid), sizeof *b->share);
    if (!b->share)
        return hg_fail_memory(err);
    status = hg_grid_shares(b->in->region, &b->grid, (const double[2]){0, 0}, b->job->control.threads, b->share, err);
    b->area_m2 = status == HG_OK ? hg_study_area_m2(&b->grid, b->share) : 0;
    if (status == HG_OK && !(b->area_m2 > 0))
        status = hg_fail(err, HG_EUSAGE, "--bounds does not touch the study area");
    return status;
}

/* HG_INSIDE is 0; what the grid leaves out of a given area is outside, too. */
static hg_status find_outside(hg_backtest *b, bool grid, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < b->events.n; i++)
        b->outside[i] = HG_INSIDE;
    if (b->in->region)
        status = hg_region_classify(b->in->region, b->x, b->y, b->events.n, 0, b->job->control.threads, b->outside,
                                    err);
    b->outside_count = 0;
    for (size_t i = 0; i < b->events.n && status == HG_OK; i++) {
        bool in = b->outside[i] == HG_INSIDE &&
                  (!grid || hg_incident_cell(&b->grid, b->share, b->x[i], b->y[i]) != UINT64_MAX);
        b->outside[i] = !in;
        b->outside_count += !in;
    }
    return status;
}

/* Reported, never removed, as in load without a bandwidth. The points are read only. */
static hg_status find_pile_ups(hg_backtest *b, double *x, double *y, size_t n, hg_error *err)
{
    static const double radius_m = 500;
    const hg_incidents points = {.n = n, .x = x, .y = y, .streams = 1};
    return hg_find_pile_ups(&points, radius_m, &b->job->control, &b->pile_ups, err);
}

hg_status hg_backtest_study(hg_backtest *b, hg_error *err)
{
    double *x = NULL, *y = NULL, *w = NULL, cell_m = 0;
    hg_points training = {0};
    hg_status status = sort_incidents(b, err);
    if (status == HG_OK)
        status = settle_windows(b, err);
    if (status == HG_OK)
        status = find_outside(b, false, err);
    if (status == HG_OK)
        status = training_points(b, &x, &y, &w, &training, err);
    if (status == HG_OK)
        status = settle_cell(b, &training, &cell_m, err);
    if (status == HG_OK)
        status = settle_area(b, &training, cell_m, err);
    if (status == HG_OK)
        status = settle_grid(b, &training, cell_m, err);
    if (status == HG_OK)
        status = find_outside(b, true, err);
    if (status == HG_OK)
        status = hg_methods_settle(&b->methods, &training, b->job->set.cell_m > 0 ? cell_m : LEAST_BANDWIDTH_M,
                                   &b->job->control, err);
    if (status == HG_OK)
        status = find_pile_ups(b, x, y, training.n, err);
    hg_free(x);
    hg_free(y);
    hg_free(w);
    return status;
}
