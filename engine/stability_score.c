/*
 * Scores of a run. The density is computed at nodes, every step-th cell centre each way with one more before
 * the first and two after the last, and carried to the cells between by the cubic through four nodes each
 * way. With a step of 1 the nodes are the cells.
 */
#include "base/memory.h"
#include "engine/stability.h"

#include <math.h>
#include <string.h>

enum {
    NODES_PER_BANDWIDTH = 8,
    TAPS = 4,
    BAND_NODES = 4 << 20, /* at a time, where rows are that many */
};

typedef struct field {
    const hg_stability_run *run;
    hg_kernel kernel;
    int64_t step, taps, columns, rows; /* of nodes; taps 1 where they are the cells */
    double *x, *y, *w;                 /* points in the frame of the nodes */
    double *weights;                   /* of the taps, [step][taps] */
    double *e;                         /* of uniform edge correction at the nodes; NULL = none */
    double *band, *line;               /* nodes of some rows, and across them for one row of cells */
    double *values, *e_values;         /* of one row of cells */
} field;

static void field_dispose(field *f)
{
    double *all[] = {f->x, f->y, f->w, f->weights, f->e, f->band, f->line, f->values, f->e_values};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        hg_free(all[i]);
}

hg_kernel hg_stability_run_kernel(const hg_stability_kernel *k, const hg_stability_run *run)
{
    hg_kernel kernel = k->kernel;
    kernel.bandwidth_m = fmax(kernel.bandwidth_m * run->factor, run->grid->cell_m);
    return kernel;
}

/* Cubics do not follow edges and kinks. */
static bool is_smooth(const hg_kernel *k)
{
    return k->shape == HG_QUARTIC || k->shape == HG_TRIWEIGHT || (k->shape == HG_GAUSSIAN && k->cutoff >= 3);
}

static int64_t step_of(const hg_kernel *kernel, double cell_m)
{
    if (!is_smooth(kernel))
        return 1;
    int64_t step = (int64_t)(kernel->bandwidth_m / NODES_PER_BANDWIDTH / cell_m);
    return step > 1 ? step : 1;
}

/* Lagrange's cubic through the values at -1, 0, 1, 2. */
static void fill_weights(field *f)
{
    for (int64_t i = 0; i < f->step; i++) {
        double t = (double)i / (double)f->step, *w = f->weights + i * f->taps;
        if (f->taps == 1) {
            w[0] = 1;
            continue;
        }
        w[0] = -t * (t - 1) * (t - 2) / 6;
        w[1] = (t + 1) * (t - 1) * (t - 2) / 2;
        w[2] = -(t + 1) * t * (t - 2) / 2;
        w[3] = (t + 1) * t * (t - 1) / 6;
    }
}

/* The cell of a node's own lattice, whose first corner is the origin. */
static double node_m(const field *f)
{
    return (double)f->step * f->run->grid->cell_m;
}

/* From the corner of the grid to the corner of the first node's cell, eastward and southward. */
static double corner_m(const field *f)
{
    double before = f->taps == 1 ? 0 : node_m(f);
    return f->run->grid->cell_m / 2 - node_m(f) / 2 - before;
}

static void place_points(field *f)
{
    const hg_points *p = f->run->points;
    double west = hg_grid_column_west(f->run->grid, 0) + corner_m(f);
    double north = hg_grid_row_north(f->run->grid, 0) - corner_m(f);
    for (size_t i = 0; i < p->n; i++) {
        f->x[i] = p->x[i] - west;
        f->y[i] = p->y[i] - north;
        f->w[i] = p->w[i];
    }
}

static hg_status field_new(const hg_stability_kernel *k, const hg_stability_run *run, field *f, hg_error *err)
{
    const hg_grid *g = run->grid;
    f->run = run;
    f->kernel = hg_stability_run_kernel(k, run);
    f->step = step_of(&f->kernel, g->cell_m);
    f->taps = f->step == 1 ? 1 : TAPS;
    f->columns = (g->columns - 1) / f->step + f->taps;
    f->rows = (g->rows - 1) / f->step + f->taps;
    f->x = hg_malloc(run->points->n, sizeof *f->x);
    f->y = hg_malloc(run->points->n, sizeof *f->y);
    f->w = hg_malloc(run->points->n, sizeof *f->w);
    f->weights = hg_malloc((size_t)(f->step * f->taps), sizeof *f->weights);
    f->line = hg_malloc((size_t)f->columns, sizeof *f->line);
    f->values = hg_malloc((size_t)g->columns, sizeof *f->values);
    f->e_values = hg_malloc((size_t)g->columns, sizeof *f->e_values);
    if (!f->x || !f->y || !f->w || !f->weights || !f->line || !f->values || !f->e_values)
        return hg_fail_memory(err);
    fill_weights(f);
    place_points(f);
    return HG_OK;
}

/* The coverage lies as it is, so the points go back to where they were. */
static hg_status edge_at(const hg_stability_kernel *k, const field *f, hg_points *moved, double *e, hg_error *err)
{
    return hg_edge_at_points(k->coverage, &f->kernel, moved, f->run->control, e, err);
}

static hg_status divide_weights(const hg_stability_kernel *k, field *f, hg_error *err)
{
    const hg_points *p = f->run->points;
    double *x = hg_malloc(p->n, 3 * sizeof *x);
    if (!x)
        return hg_fail_memory(err);
    double *y = x + p->n, *e = y + p->n;
    for (size_t i = 0; i < p->n; i++) {
        x[i] = p->x[i] + f->run->east_m;
        y[i] = p->y[i] + f->run->north_m;
    }
    hg_points back = {p->n, x, y, NULL};
    hg_status status = edge_at(k, f, &back, e, err);
    for (size_t i = 0; i < p->n && status == HG_OK; i++)
        f->w[i] = e[i] > 0 ? f->w[i] / e[i] : 0;
    hg_free(x);
    return status;
}

static hg_status edge_of_nodes(const hg_stability_kernel *k, field *f, hg_error *err)
{
    size_t n = (size_t)(f->columns * f->rows);
    double *x = hg_malloc(n, 2 * sizeof *x);
    f->e = hg_malloc(n, sizeof *f->e);
    if (!x || !f->e) {
        hg_free(x);
        return hg_fail_memory(err);
    }
    double *y = x + n;
    double west = hg_grid_column_west(f->run->grid, 0) + corner_m(f) + f->run->east_m;
    double north = hg_grid_row_north(f->run->grid, 0) - corner_m(f) + f->run->north_m;
    for (size_t i = 0; i < n; i++) {
        x[i] = west + ((double)(i % (size_t)f->columns) + 0.5) * node_m(f);
        y[i] = north - ((double)(i / (size_t)f->columns) + 0.5) * node_m(f);
    }
    hg_points nodes = {n, x, y, NULL};
    hg_status status = edge_at(k, f, &nodes, f->e, err);
    hg_free(x);
    return status;
}

/* One line across the four rows of nodes around a row of cells. */
static void cross_rows(const field *f, const double *nodes, const double *weights, double *line)
{
    for (int64_t j = 0; j < f->columns; j++)
        line[j] = weights[0] * nodes[j];
    for (int64_t t = 1; t < f->taps; t++)
        for (int64_t j = 0; j < f->columns; j++)
            line[j] += weights[t] * nodes[t * f->columns + j];
}

/* Cells of one row of nodes, each followed by those up to the next. */
static void spread_line(const field *f, const double *line, double *out)
{
    int64_t columns = f->run->grid->columns;
    if (f->taps == 1) {
        memcpy(out, line, (size_t)columns * sizeof *out);
        return;
    }
    for (int64_t c = 0; c < columns; c += f->step, line++) {
        int64_t n = columns - c < f->step ? columns - c : f->step;
        const double *w = f->weights;
        for (int64_t i = 0; i < n; i++, w += TAPS)
            out[c + i] = w[0] * line[0] + w[1] * line[1] + w[2] * line[2] + w[3] * line[3];
    }
}

/* Cells of one row from the band of nodes that begins with node row `first`. */
static void fill_row(const field *f, int64_t row, int64_t first, float *score)
{
    int64_t node = row / f->step, columns = f->run->grid->columns;
    const double *weights = f->weights + row % f->step * f->taps;
    cross_rows(f, f->band + (node - first) * f->columns, weights, f->line);
    spread_line(f, f->line, f->values);
    if (f->e) {
        cross_rows(f, f->e + node * f->columns, weights, f->line);
        spread_line(f, f->line, f->e_values);
    }
    for (int64_t c = 0; c < columns; c++) {
        double value = f->values[c] > 0 ? f->values[c] * 1e6 : 0, e = f->e ? f->e_values[c] : 1;
        score[row * columns + c] = e > 0 ? (float)(value / e) : 0;
    }
}

static hg_status run_bands(field *f, hg_density_plan *plan, float *score, hg_error *err)
{
    int64_t most = BAND_NODES / f->columns, rows = f->run->grid->rows;
    most = most < 16 ? 16 : most; /* node rows of a band, without those it shares with the next */
    most = most < f->rows ? most : f->rows;
    f->band = hg_malloc_aligned((size_t)((most + f->taps - 1) * f->columns), sizeof *f->band);
    hg_status status = f->band ? HG_OK : hg_fail_memory(err);
    for (int64_t first = 0; status == HG_OK && first * f->step < rows; first += most) {
        int64_t n = most + f->taps - 1, end = (first + most) * f->step;
        n = n < f->rows - first ? n : f->rows - first;
        status = hg_density_band(plan, first, n, f->band, err);
        for (int64_t row = first * f->step; status == HG_OK && row < end && row < rows; row++)
            fill_row(f, row, first, score);
    }
    return status;
}

hg_status hg_stability_density(const void *context, const hg_stability_run *run, float *score, hg_error *err)
{
    const hg_stability_kernel *k = context;
    field f = {0};
    hg_density_plan *plan = NULL;
    hg_status status = field_new(k, run, &f, err);
    if (status == HG_OK && k->edge == HG_EDGE_DIGGLE)
        status = divide_weights(k, &f, err);
    if (status == HG_OK && k->edge == HG_EDGE_UNIFORM)
        status = edge_of_nodes(k, &f, err);
    if (status == HG_OK) {
        const hg_points points = {run->points->n, f.x, f.y, f.w};
        const hg_grid nodes = {node_m(&f), 0, -1, f.columns, f.rows};
        status = hg_density_plan_new(&points, &nodes, &f.kernel, run->control, &plan, err);
    }
    if (status == HG_OK)
        status = run_bands(&f, plan, score, err);
    hg_density_plan_free(plan);
    field_dispose(&f);
    return status;
}

hg_status hg_stability_count(const void *context, const hg_stability_run *run, float *score, hg_error *err)
{
    (void)context, (void)err;
    uint64_t n = hg_grid_cells(run->grid);
    for (uint64_t i = 0; i < n; i++)
        score[i] = (float)run->counts->count[i];
    return HG_OK;
}
