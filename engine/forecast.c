/*
 * Bowers, Johnson and Pease 2004, Prospective hot-spotting: the future of crime mapping? British Journal of
 * Criminology 44(5), 641-658, for the prospective score.
 */
#include "engine/forecast.h"
#include "base/memory.h"
#include "engine/adaptive.h"
#include "engine/incidents.h"
#include "engine/shrunk.h"

#include <math.h>

static const double WEEK_S = 7 * 86400.0;

/* The first incident at or after t. */
static size_t first_at(const hg_forecast_events *e, int64_t t)
{
    size_t low = 0, high = e->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (e->t[middle] < t)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t first_within(const hg_forecast_events *e, int64_t as_of, double seconds)
{
    return seconds < 0x1p53 ? first_at(e, as_of - (int64_t)seconds) : 0;
}

void hg_forecast_slice(const hg_forecast *m, const hg_forecast_events *e, int64_t as_of, size_t *from, size_t *to)
{
    size_t near = m->kind == HG_FORECAST_PROSPECTIVE ? first_within(e, as_of, m->reach_s) : 0;
    *from = first_within(e, as_of, m->train_s);
    *from = near > *from ? near : *from;
    *to = first_at(e, as_of);
    *from = *from < *to ? *from : *to;
}

double hg_forecast_weight(const hg_forecast *m, const hg_forecast_events *e, size_t i, int64_t as_of)
{
    double w = e->w ? e->w[i] : 1;
    return m->half_life_s > 0 ? w * exp2(-(double)(as_of - e->t[i]) / m->half_life_s) : w;
}

uint64_t hg_forecast_cell(const hg_forecast_events *e, size_t i, const hg_grid *grid, const float *share)
{
    return e->outside && e->outside[i] ? UINT64_MAX : hg_incident_cell(grid, share, e->x[i], e->y[i]);
}

/* One score being made: the incidents in sight and where their sums go. */
typedef struct making {
    const hg_forecast *method;
    const hg_forecast_events *events;
    int64_t as_of;
    size_t from, to;
    const hg_grid *grid;
    const float *share;
    hg_control *control;
    float *score;
} making;

/* Of a cell's side, in bandwidths: the points to be looked at grow with its square. */
static const double MOST_BANDWIDTHS = 200;

static hg_status check(const hg_forecast *m, double cell_m, hg_error *err)
{
    if (!(m->train_s > 0))
        return hg_fail(err, HG_EUSAGE, "a training window of %g s holds no incident", m->train_s);
    if (!(m->half_life_s >= 0) || !isfinite(m->half_life_s))
        return hg_fail(err, HG_EUSAGE, "a half-life of %g s is none", m->half_life_s);
    bool smooth = m->kind == HG_FORECAST_DENSITY || m->kind == HG_FORECAST_SHRUNK;
    if (smooth && !(m->kernel.bandwidth_m > 0 && isfinite(m->kernel.bandwidth_m)))
        return hg_fail(err, HG_EUSAGE, "a bandwidth of %g m is not above 0", m->kernel.bandwidth_m);
    if (smooth && cell_m > MOST_BANDWIDTHS * m->kernel.bandwidth_m)
        return hg_fail(err, HG_EUSAGE, "a bandwidth of %g m is too small for cells of %g m; at least "
                                       "1/%g of the cell was expected",
                       m->kernel.bandwidth_m, cell_m, MOST_BANDWIDTHS);
    if (m->kind == HG_FORECAST_SHRUNK && !(m->shrinkage >= 0 && m->shrinkage <= 1))
        return hg_fail(err, HG_EUSAGE, "a shrinkage of %g is not from 0 to 1", m->shrinkage);
    if (m->kind == HG_FORECAST_PROSPECTIVE && !(m->reach_m > 0 && m->reach_s > 0))
        return hg_fail(err, HG_EUSAGE, "a reach of %g m and %g s is none", m->reach_m, m->reach_s);
    return HG_OK;
}

static void keep_inside(const making *k, const double *sum)
{
    for (uint64_t i = 0; i < hg_grid_cells(k->grid); i++)
        k->score[i] = k->share[i] > 0 ? (float)sum[i] : 0;
}

static void add_count(const making *k, double *sum)
{
    for (size_t i = k->from; i < k->to; i++) {
        uint64_t cell = hg_forecast_cell(k->events, i, k->grid, k->share);
        if (cell != UINT64_MAX)
            sum[cell] += hg_forecast_weight(k->method, k->events, i, k->as_of);
    }
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static void add_one_prospect(const making *k, double *sum, size_t i)
{
    const hg_grid *g = k->grid;
    double x = k->events->x[i], y = k->events->y[i], reach = k->method->reach_m;
    double age = (double)(k->as_of - k->events->t[i]) / WEEK_S;
    double w = hg_forecast_weight(k->method, k->events, i, k->as_of) / (1 + age);
    int64_t west = clamp(hg_grid_column_of(g, x - reach), 0, g->columns);
    int64_t east = clamp(hg_grid_column_of(g, x + reach) + 1, 0, g->columns);
    int64_t north = clamp(hg_grid_row_of(g, y + reach), 0, g->rows);
    int64_t south = clamp(hg_grid_row_of(g, y - reach) + 1, 0, g->rows);
    for (int64_t r = north; r < south; r++)
        for (int64_t c = west; c < east; c++) {
            double d = hypot(hg_grid_column_centre(g, c) - x, hg_grid_row_centre(g, r) - y);
            if (d <= reach)
                sum[r * g->columns + c] += w / (1 + d / (g->cell_m / 2));
        }
}

static hg_status make_sums(const making *k, hg_error *err)
{
    double *sum = hg_calloc(hg_grid_cells(k->grid), sizeof *sum);
    if (!sum)
        return hg_fail_memory(err);
    if (k->method->kind == HG_FORECAST_COUNT)
        add_count(k, sum);
    else
        for (size_t i = k->from; i < k->to; i++)
            add_one_prospect(k, sum, i);
    keep_inside(k, sum);
    hg_free(sum);
    return HG_OK;
}

/* The lattice that puts k x k points into each cell: odd, so that the centre is one of them. */
static hg_grid finer(const hg_grid *g, int64_t k)
{
    return (hg_grid){g->cell_m / (double)k, g->west * k, g->top * k + k - 1, g->columns * k, g->rows * k};
}

static int64_t points_per_side(const making *k)
{
    double cells = k->grid->cell_m / k->method->kernel.bandwidth_m;
    return cells <= 1 ? 1 : 2 * (int64_t)ceil(cells - 0.5) + 1;
}

static void mean_of_rows(const making *k, const double *fine, int64_t row0, int64_t rows, int64_t side)
{
    int64_t columns = k->grid->columns;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            const double *corner = fine + r * side * columns * side + c * side;
            double sum = 0;
            for (int64_t a = 0; a < side; a++)
                for (int64_t b = 0; b < side; b++)
                    sum += corner[a * columns * side + b];
            int64_t cell = (row0 + r) * columns + c;
            k->score[cell] = k->share[cell] > 0 ? (float)(sum / (double)(side * side) * 1e6) : 0;
        }
}

static hg_status run_bands(const making *k, hg_density_plan *plan, int64_t side, hg_error *err)
{
    int64_t rows = k->grid->rows, step = hg_density_band_rows(plan) / side;
    step = clamp(step, 1, rows);
    double *fine = hg_malloc_aligned((size_t)(step * side * k->grid->columns * side), sizeof *fine);
    hg_status status = fine ? HG_OK : hg_fail_memory(err);
    for (int64_t row = 0; row < rows && status == HG_OK; row += step) {
        int64_t n = rows - row < step ? rows - row : step;
        status = hg_density_band(plan, row * side, n * side, fine, err);
        if (status == HG_OK)
            mean_of_rows(k, fine, row, n, side);
    }
    hg_free(fine);
    return status;
}

static hg_status make_fixed(const making *k, const hg_points *points, hg_error *err)
{
    int64_t side = points_per_side(k);
    hg_grid grid = finer(k->grid, side);
    hg_density_plan *plan = NULL;
    hg_status status = hg_density_plan_new(points, &grid, &k->method->kernel, k->control, &plan, err);
    if (status == HG_OK)
        status = run_bands(k, plan, side, err);
    hg_density_plan_free(plan);
    return status;
}

/* No bandwidth of its own is under one cell, so the centres see every incident. */
static hg_status make_adaptive(const making *k, const hg_points *points, hg_error *err)
{
    double *density = hg_calloc(hg_grid_cells(k->grid), sizeof *density);
    if (!density)
        return hg_fail_memory(err);
    hg_status status = points->n ? hg_adaptive_density(points, &k->method->kernel, k->grid, k->control, density, err)
                                 : HG_OK;
    if (status == HG_OK)
        mean_of_rows(k, density, 0, k->grid->rows, 1);
    hg_free(density);
    return status;
}

static hg_status make_density(const making *k, hg_error *err)
{
    const hg_forecast_events *e = k->events;
    hg_points points = {k->to - k->from, e->x + k->from, e->y + k->from, e->w ? e->w + k->from : NULL};
    double *w = NULL;
    if (k->method->half_life_s > 0 && !(w = hg_malloc(points.n, sizeof *w)))
        return hg_fail_memory(err);
    for (size_t i = 0; w && i < points.n; i++)
        w[i] = hg_forecast_weight(k->method, e, k->from + i, k->as_of);
    points.w = w ? w : points.w;
    hg_status status = k->method->adaptive ? make_adaptive(k, &points, err) : make_fixed(k, &points, err);
    hg_free(w);
    return status;
}

static hg_status make_shrunk(const making *k, hg_error *err)
{
    uint64_t cells = hg_grid_cells(k->grid);
    hg_forecast own = *k->method;
    own.kind = HG_FORECAST_COUNT;
    making count = *k, density = *k;
    count.method = &own;
    density.score = hg_malloc(cells, sizeof *density.score);
    hg_status status = density.score ? make_density(&density, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = make_sums(&count, err);
    if (status == HG_OK) {
        hg_shrunk parts = hg_shrunk_of(k->score, density.score, k->share, cells);
        hg_shrunk_mix mix = hg_shrunk_mix_of(&parts, k->method->shrinkage);
        for (uint64_t i = 0; i < cells; i++)
            k->score[i] = hg_shrunk_score(&parts, &mix, i);
    }
    hg_free(density.score);
    return status;
}

hg_status hg_forecast_scores(const hg_forecast *method, const hg_forecast_events *events, int64_t as_of,
                             const hg_grid *grid, const float *share, hg_control *control, float *score,
                             hg_error *err)
{
    making k = {.method = method, .events = events, .as_of = as_of, .grid = grid, .share = share,
                .control = control, .score = score};
    hg_status status = check(method, grid->cell_m, err);
    if (status != HG_OK)
        return status;
    hg_forecast_slice(method, events, as_of, &k.from, &k.to);
    switch (method->kind) {
    case HG_FORECAST_COUNT:
    case HG_FORECAST_PROSPECTIVE:
        return make_sums(&k, err);
    case HG_FORECAST_DENSITY:
        return make_density(&k, err);
    case HG_FORECAST_SHRUNK:
        return make_shrunk(&k, err);
    }
    return hg_fail(err, HG_EUSAGE, "there is no forecast of kind %d", (int)method->kind);
}
