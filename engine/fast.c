/*
 * The surface is made slab by slab, a slab being some rows of tiles: points are spread over the slab's nodes
 * (fast_mass), each tile is convolved with the kernel's two tables (fast_kernel, fast_filter), which yields values
 * and, cell by cell, their bounds. A lattice one node to a cell comes first, finer ones where its bound is too wide.
 */
#include "engine/fast.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "engine/fast_check.h"
#include "engine/fast_filter.h"

#include <float.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    BAND_ROWS = 512,
    ROWS_TOGETHER = 32, /* of a task that copies */
    WORST_TILES = 15,   /* whose worst cell is checked */
};

static const double SURFACE_BYTES = 256 << 20; /* kept whole up to this */
static const double MASS_BYTES = 512 << 20;    /* of a slab, if one row of tiles is not more */
static _Atomic double surface_bytes = 0.0, mass_bytes = 0.0; /* instead of these, if positive */
static const double WORKSPACE_BYTES = 1 << 30; /* of all threads, if one thread's is not more */
static const double ROOM = 4.0 * (1 << 30);    /* in all; a lattice that needs more is not tried */
static const double HOPELESS = 1.3;            /* a finer lattice is not tried if its bound, by estimate, is this far off */
static const double PEAK_LEAST = 1e-30, PEAK_MOST = 1e30; /* per square metre, for single precision */
static const uint64_t CHECK_SEED = 20260521;

const double hg_fast_default_error = 1e-3;

struct hg_fast_plan {
    hg_grid grid;
    hg_kernel kernel;
    hg_control *control;
    hg_fast_points points;
    hg_fast_kernel tables;
    hg_fast_filter filter;
    hg_fast_mass mass;
    double scale;          /* from sums of kernels with peak 1 to density per square metre */
    int64_t slab_tiles;    /* rows of tiles to a slab */
    int64_t row0, rows;    /* of the surface in memory */
    int64_t room;          /* rows it has room for: all, or one slab */
    float *surface;
    double beyond;         /* mass outside the grid */
};

static int threads_of(const hg_fast_plan *p)
{
    return hg_thread_count(p->control ? p->control->threads : 0);
}

void hg_fast_set_memory(double surface, double mass)
{
    surface_bytes = surface;
    mass_bytes = mass;
}

/* ------------------------------------------------------------------ one slab -------------------
 */

/* What one tile came to; sums of kernels with peak 1. */
typedef struct tile_result {
    double lower;        /* no more than the exact density of some cell */
    double worst;        /* largest bound */
    double sum;          /* of the values */
    hg_fast_cell peak, worst_cell;
} tile_result;

typedef struct slab {
    hg_fast_plan *plan;
    int64_t first_tile; /* row of tiles */
    size_t tiles;
    tile_result *results; /* NULL = not wanted */
    atomic_size_t next;
} slab;

/* Clears what is under the rounding, keeps the rest in single precision, and bounds every cell's error. */
static void finish_row(const hg_fast_plan *p, const hg_fast_tile *t, int64_t row, int64_t column, int64_t n,
                       const double *value, const double *error, tile_result *result)
{
    const double clear = t->rounding[HG_FAST_VALUE], always = t->rounding[HG_FAST_ERROR] + 2.0 * clear;
    /* Single precision, and sums of many points in double. */
    const double grain = FLT_EPSILON + DBL_EPSILON * (double)p->points.n;
    float *out = p->surface + (row - p->row0) * p->grid.columns + column;
    double top = -1.0, lower = -INFINITY, worst = -1.0, sum = 0.0;
    for (int64_t c = 0; c < n; c++) {
        double v = value[c] > clear ? value[c] : 0.0, e = error[c] > 0.0 ? error[c] : 0.0;
        e += always + grain * v;
        out[c] = (float)(v * p->scale);
        sum += v;
        top = v > top ? v : top;
        worst = e > worst ? e : worst;
        lower = v - e > lower ? v - e : lower;
    }
    result->sum += sum;
    result->lower = lower > result->lower ? lower : result->lower;
    if (top > result->peak.shown)
        for (int64_t c = 0; c < n; c++)
            if (value[c] == top)
                result->peak = (hg_fast_cell){row, column + c, top, 0.0};
    if (!(worst > result->worst))
        return;
    result->worst = worst;
    for (int64_t c = 0; c < n; c++) {
        double v = value[c] > clear ? value[c] : 0.0, e = error[c] > 0.0 ? error[c] : 0.0;
        if (e + (always + grain * v) == worst)
            result->worst_cell = (hg_fast_cell){row, column + c, v, 0.0};
    }
}

static void finish_tile(const hg_fast_plan *p, const hg_fast_tile *t, int64_t row, int64_t column, bool any,
                        tile_result *result)
{
    const hg_fast_tiling *tiling = &p->filter.tiling;
    int64_t rows = p->grid.rows - row, columns = p->grid.columns - column;
    rows = rows < tiling->inner_rows ? rows : tiling->inner_rows;
    columns = columns < tiling->inner_columns ? columns : tiling->inner_columns;
    *result = (tile_result){.peak = {.row = row, .column = column}, .worst_cell = {.row = row, .column = column}};
    for (int64_t r = 0; r < rows; r++) {
        if (any)
            finish_row(p, t, row + r, column, columns, t->at[HG_FAST_VALUE] + (size_t)r * t->stride,
                       t->at[HG_FAST_ERROR] + (size_t)r * t->stride, result);
        else
            memset(p->surface + (row + r - p->row0) * p->grid.columns + column, 0, (size_t)columns * sizeof(float));
    }
}

/* Works on tiles until there are no more. */
static hg_status work_on_tiles(void *context, size_t lane, hg_error *err)
{
    (void)lane;
    slab *s = context;
    const hg_fast_plan *p = s->plan;
    const hg_fast_tiling *t = &p->filter.tiling;
    hg_fast_workspace w;
    hg_status status = hg_fast_workspace_init(&w, &p->filter, err);
    if (status != HG_OK)
        return status;
    for (size_t i; status == HG_OK && (i = atomic_fetch_add(&s->next, 1)) < s->tiles;) {
        int64_t row = (s->first_tile + (int64_t)i / t->across) * t->inner_rows;
        int64_t column = (int64_t)i % t->across * t->inner_columns;
        hg_fast_tile tile = {.stride = 0};
        tile_result ignored;
        bool any = hg_fast_filter_tile(&p->filter, &p->mass, row + p->points.lattice.pad,
                                       column + p->points.lattice.pad, &w, &tile);
        finish_tile(p, &tile, row, column, any, s->results ? &s->results[i] : &ignored);
        status = hg_check_cancel(p->control, err);
    }
    hg_fast_workspace_dispose(&w);
    return status;
}

/* Threads that have room for a workspace; at least one, so that the number of threads decides nothing but the time. */
static size_t lanes_for(const hg_fast_plan *p, size_t tiles)
{
    double fit = fmin(WORKSPACE_BYTES / hg_fast_workspace_bytes(&p->filter.tiling), threads_of(p));
    return (size_t)fmax(1.0, fmin(fit, (double)tiles));
}

/* Rows of the surface from a row of tiles on: one slab's. results: of its tiles, or NULL. */
static hg_status compute_slab(hg_fast_plan *p, int64_t first_tile, tile_result *results, hg_error *err)
{
    const hg_fast_tiling *t = &p->filter.tiling;
    int64_t down = t->down - first_tile < p->slab_tiles ? t->down - first_tile : p->slab_tiles;
    int64_t row = first_tile * t->inner_rows, end = (first_tile + down) * t->inner_rows;
    slab s = {.plan = p, .first_tile = first_tile, .tiles = (size_t)(down * t->across), .results = results};
    hg_status status = hg_fast_mass_fill(&p->mass, &p->points, row + p->points.lattice.pad - t->reach,
                                         down * t->inner_rows + 2 * t->reach, p->control, err);
    bool whole = p->room == p->grid.rows;
    p->row0 = whole ? 0 : row;
    p->rows = 0;
    if (status == HG_OK)
        status = hg_parallel(lanes_for(p, s.tiles), threads_of(p), work_on_tiles, &s, err);
    if (status == HG_OK)
        p->rows = (end < p->grid.rows ? end : p->grid.rows) - p->row0;
    return status;
}

/* ------------------------------------------------------------------ one lattice ----------------
 */

/* A surface under trial. */
typedef struct trial {
    hg_fast_plan *plan;
    tile_result *results; /* of all tiles */
    size_t tiles;
    hg_fast_cell cells[HG_FAST_CHECKS]; /* to check: the peak, the worst cells of some tiles, random ones */
    size_t fixed, n;                    /* cells that results fill in, and all */
    double held;                        /* by the points on the whole lattice */
    double lower, worst, sum;
    hg_fast_cell peak;
} trial;

/* Cells near random points and cells anywhere, in turns. */
static void choose_cells(trial *t)
{
    const hg_fast_plan *p = t->plan;
    hg_random r = hg_random_seed(CHECK_SEED, 0);
    t->fixed = 1 + (t->tiles < WORST_TILES ? t->tiles : WORST_TILES);
    t->n = t->fixed;
    for (size_t i = t->fixed; i < HG_FAST_CHECKS; i++) {
        int64_t row = (int64_t)hg_random_below(&r, (uint64_t)p->grid.rows);
        int64_t column = (int64_t)hg_random_below(&r, (uint64_t)p->grid.columns);
        if (i % 2 == 0 && p->points.slices > 0) {
            size_t slice = (size_t)hg_random_below(&r, p->points.slices);
            hg_fast_run run = hg_fast_points_run(
                &p->points, slice, (size_t)((row + p->points.lattice.pad) >> p->points.strip_bits));
            if (run.n > 0)
                column = (int64_t)(hg_fast_column(run.at[hg_random_below(&r, run.n)]) >> p->points.lattice.bits) -
                         p->points.lattice.pad;
        }
        if (column >= 0 && column < p->grid.columns)
            t->cells[t->n++] = (hg_fast_cell){row, column, 0.0, 0.0};
    }
}

static void see_cells(trial *t, int64_t row, int64_t end)
{
    const hg_fast_plan *p = t->plan;
    for (size_t i = t->fixed; i < t->n; i++) {
        hg_fast_cell *cell = &t->cells[i];
        if (cell->row >= row && cell->row < end)
            cell->shown = (double)p->surface[(cell->row - p->row0) * p->grid.columns + cell->column] / p->scale;
    }
}

/* Rows of the lattice whose mass a slab answers for: they meet, and the first and last reach to its ends. */
static hg_status add_held(trial *t, int64_t first_tile, hg_error *err)
{
    const hg_fast_plan *p = t->plan;
    const hg_fast_tiling *tiling = &p->filter.tiling;
    int64_t pad = p->points.lattice.pad, next = first_tile + p->slab_tiles;
    int64_t row = first_tile == 0 ? p->mass.row0 : first_tile * tiling->inner_rows + pad;
    int64_t end = next >= tiling->down ? p->mass.row0 + p->mass.rows : next * tiling->inner_rows + pad;
    double held = 0.0;
    hg_status status = hg_fast_mass_held(&p->mass, p->tables.sums, row, end, p->control, &held, err);
    t->held += held;
    return status;
}

static void gather(trial *t)
{
    t->peak = t->results[0].peak;
    for (size_t i = 0; i < t->tiles; i++) {
        const tile_result *r = &t->results[i];
        t->lower = fmax(t->lower, r->lower);
        t->worst = fmax(t->worst, r->worst);
        t->sum += r->sum;
        if (r->peak.shown > t->peak.shown)
            t->peak = r->peak;
    }
    t->cells[0] = t->peak;
    /* The tiles with the widest bounds, each once. */
    double below = INFINITY;
    for (size_t k = 1; k < t->fixed; k++) {
        const tile_result *widest = NULL;
        for (size_t i = 0; i < t->tiles; i++)
            if (t->results[i].worst < below && (!widest || t->results[i].worst > widest->worst))
                widest = &t->results[i];
        t->cells[k] = widest ? widest->worst_cell : t->peak;
        below = widest ? widest->worst : below;
    }
}

static hg_status compute_all(trial *t, hg_error *err)
{
    hg_fast_plan *p = t->plan;
    const hg_fast_tiling *tiling = &p->filter.tiling;
    bool over_edge = hg_fast_points_over_edge(&p->points);
    hg_status status = HG_OK;
    choose_cells(t);
    for (int64_t first = 0; first < tiling->down && status == HG_OK; first += p->slab_tiles) {
        status = compute_slab(p, first, t->results + first * tiling->across, err);
        if (status == HG_OK)
            see_cells(t, first * tiling->inner_rows, p->row0 + p->rows);
        if (status == HG_OK && over_edge)
            status = add_held(t, first, err);
    }
    double apart = 0.0;
    if (status == HG_OK && over_edge)
        status = hg_fast_mass_apart(&p->points, p->tables.refine, p->tables.sums, p->control, &apart, err);
    if (status != HG_OK)
        return status;
    gather(t);
    double cell_area = p->grid.cell_m * p->grid.cell_m;
    p->beyond = over_edge ? fmax(0.0, t->held + apart - t->sum) * p->scale * cell_area : 0.0;
    return HG_OK;
}

/* ------------------------------------------------------------------ plan -----------------------
 */

static void drop_lattice(hg_fast_plan *p)
{
    hg_fast_mass_dispose(&p->mass);
    hg_fast_filter_dispose(&p->filter);
    hg_free(p->surface);
    p->surface = NULL;
}

/* Decides how many rows are in memory; false where that is out of proportion. */
static bool size_slabs(hg_fast_plan *p, const hg_fast_tiling *t)
{
    int refine = p->tables.refine;
    double surface = (double)p->grid.rows * (double)p->grid.columns * sizeof(float);
    double most = mass_bytes > 0.0 ? mass_bytes : MASS_BYTES;
    double one = hg_fast_mass_bytes(&p->points, refine, t->inner_rows + 2 * t->reach);
    double more = hg_fast_mass_bytes(&p->points, refine, t->inner_rows);
    p->slab_tiles = 1 + (int64_t)fmin((double)t->down - 1.0, fmax(0.0, most - one) / more);
    bool whole = surface <= (surface_bytes > 0.0 ? surface_bytes : SURFACE_BYTES);
    int64_t rows = p->slab_tiles * t->inner_rows;
    p->room = whole || rows >= p->grid.rows ? p->grid.rows : rows;
    double bytes = one + more * (double)(p->slab_tiles - 1) +
                   surface * (double)p->room / (double)p->grid.rows +
                   hg_fast_filter_bytes(t, refine * refine) + hg_fast_workspace_bytes(t);
    return bytes <= ROOM;
}

static hg_status make_lattice(hg_fast_plan *p, const hg_fast_tiling *t, hg_error *err)
{
    int64_t rows = p->slab_tiles * t->inner_rows + 2 * t->reach;
    p->surface = hg_malloc_aligned((size_t)p->room * (size_t)p->grid.columns, sizeof *p->surface);
    if (!p->surface)
        return hg_fail_memory(err);
    hg_status status = hg_fast_filter_init(&p->filter, t, &p->tables, err);
    if (status == HG_OK)
        status = hg_fast_mass_init(&p->mass, &p->points, p->tables.refine,
                                   rows < p->points.lattice.rows ? rows : p->points.lattice.rows, err);
    return status;
}

/* The trial's figures, and whether they keep what was asked for. */
static bool judge(const trial *t, hg_fast_report *r)
{
    const hg_fast_plan *p = t->plan;
    r->refine = p->tables.refine;
    r->window_rows = p->filter.tiling.rows;
    r->window_columns = p->filter.tiling.columns;
    r->windows = p->filter.tiling.down * p->filter.tiling.across;
    r->peak = t->peak.shown * p->scale;
    r->bound = t->lower > 0.0 ? t->worst / t->lower : t->worst > 0.0 ? INFINITY : 0.0;
    snprintf(r->scheme, sizeof r->scheme, "quadratic splines, %d x %d nodes a cell", r->refine, r->refine);
    if (!(r->bound <= r->max_error))
        snprintf(r->reason, sizeof r->reason, "%s keep %.2g of the peak, not %.2g", r->scheme, r->bound, r->max_error);
    else if (r->peak > 0.0 && !(r->peak >= PEAK_LEAST && r->peak <= PEAK_MOST))
        snprintf(r->reason, sizeof r->reason, "a peak of %.2g per square metre is beyond single precision", r->peak);
    else
        r->reason[0] = '\0';
    return r->reason[0] == '\0';
}

/* Compares with exact values; a difference above the bound is a fault, and the surface is not used. */
static hg_status check(trial *t, hg_fast_report *r, bool *kept, hg_error *err)
{
    const hg_fast_plan *p = t->plan;
    hg_status status = hg_fast_check(&p->points, &p->kernel, t->cells, t->n, p->control, &r->checked, err);
    double most = 0.0;
    for (size_t i = 0; i < r->checked && status == HG_OK; i++)
        most = fmax(most, fabs(t->cells[i].shown - t->cells[i].exact));
    r->found = most > 0.0 ? most / t->cells[0].exact : 0.0;
    *kept = r->found <= r->bound * (1.0 + 1e-6);
    if (status == HG_OK && !*kept)
        snprintf(r->reason, sizeof r->reason, "a checked cell is off by %.2g of the peak, proved were %.2g", r->found,
                 r->bound);
    return status;
}

static void say_too_large(hg_fast_report *r, int refine)
{
    snprintf(r->reason, sizeof r->reason, "%d x %d nodes a cell would need gigabytes of memory", refine, refine);
}

/* Makes the surface on the plan's lattice; *kept: it does what was asked for. */
static hg_status try_lattice(hg_fast_plan *p, hg_fast_report *r, bool *kept, hg_error *err)
{
    *kept = false;
    hg_fast_tiling tiling = hg_fast_tiling_of(&p->grid, p->tables.reach);
    if (!size_slabs(p, &tiling)) {
        say_too_large(r, p->tables.refine);
        return HG_OK;
    }
    trial t = {.plan = p, .tiles = (size_t)(tiling.down * tiling.across)};
    t.results = hg_malloc(t.tiles, sizeof *t.results);
    hg_status status = t.results ? make_lattice(p, &tiling, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = compute_all(&t, err);
    if (status == HG_OK && judge(&t, r))
        status = check(&t, r, kept, err);
    hg_free(t.results);
    return status;
}

/* What is only needed to make a surface, once there is no more of it to make. */
static void drop_what_is_done(hg_fast_plan *p)
{
    if (p->room < p->grid.rows)
        return;
    hg_fast_mass_dispose(&p->mass);
    hg_fast_filter_dispose(&p->filter);
    hg_fast_points_dispose(&p->points);
}

/* Lattices from coarse to fine. */
static hg_status try_lattices(hg_fast_plan *p, hg_fast_report *r, bool *kept, hg_error *err)
{
    double moved = hg_fast_points_moved(&p->points.lattice), worst = 0.0;
    hg_status status = HG_OK;
    for (int refine = 1, last = 0; refine <= HG_FAST_REFINE_MOST && status == HG_OK && !*kept; refine++) {
        if (!hg_fast_kernel_fits(p->points.lattice.radius, refine)) {
            say_too_large(r, refine);
            break;
        }
        hg_fast_kernel_dispose(&p->tables);
        status = hg_fast_kernel_init(&p->tables, &p->kernel, p->points.lattice.radius, refine, moved, p->control, err);
        if (status != HG_OK)
            break;
        /* Both the error and the width of the rim, which has most of it, go with the lattice. */
        if (last > 0 && r->bound * (p->tables.worst / worst) * last / refine > HOPELESS * r->max_error)
            continue;
        drop_lattice(p);
        status = try_lattice(p, r, kept, err);
        last = refine;
        worst = p->tables.worst;
    }
    return status;
}

hg_status hg_fast_plan_new(const hg_points *points, const hg_grid *grid, const hg_kernel *kernel, double max_error,
                           hg_control *control, hg_fast_plan **plan, hg_fast_report *report, hg_error *err)
{
    bool kept = false;
    *plan = NULL;
    *report = (hg_fast_report){.max_error = max_error, .bound = INFINITY};
    hg_status status = hg_density_check(kernel, grid, err);
    if (status != HG_OK)
        return status;
    if (!(max_error > 0.0 && isfinite(max_error)))
        return hg_fail(err, HG_EUSAGE, "a largest error of %g of the peak is not a positive number", max_error);
    hg_fast_plan *p = hg_calloc(1, sizeof *p);
    if (!p)
        return hg_fail_memory(err);
    p->grid = *grid;
    p->kernel = *kernel;
    p->control = control;
    p->scale = hg_kernel_value(kernel, 0.0) / (kernel->bandwidth_m * kernel->bandwidth_m);
    status = hg_fast_points_fill(&p->points, points, grid, hg_kernel_support_m(kernel), control, err);
    if (status == HG_OK)
        status = try_lattices(p, report, &kept, err);
    if (status != HG_OK || !kept) {
        hg_fast_plan_free(p);
        return status;
    }
    drop_what_is_done(p);
    *plan = p;
    return HG_OK;
}

void hg_fast_plan_free(hg_fast_plan *plan)
{
    if (!plan)
        return;
    drop_lattice(plan);
    hg_fast_kernel_dispose(&plan->tables);
    hg_fast_points_dispose(&plan->points);
    hg_free(plan);
}

/* ------------------------------------------------------------------ bands ----------------------
 */

typedef struct copy {
    const hg_fast_plan *plan;
    int64_t row0, n;
    double *out;
} copy;

static hg_status copy_rows(void *context, size_t index, hg_error *err)
{
    const copy *c = context;
    int64_t columns = c->plan->grid.columns, from = (int64_t)index * ROWS_TOGETHER;
    int64_t rows = c->n - from < ROWS_TOGETHER ? c->n - from : ROWS_TOGETHER;
    const float *in = c->plan->surface + (c->row0 + from - c->plan->row0) * columns;
    double *out = c->out + from * columns;
    for (int64_t i = 0; i < rows * columns; i++)
        out[i] = (double)in[i];
    return hg_check_cancel(c->plan->control, err);
}

hg_status hg_fast_band(hg_fast_plan *p, int64_t row0, int64_t n, double *out, hg_error *err)
{
    hg_status status = HG_OK;
    for (int64_t row = row0; row < row0 + n && status == HG_OK;) {
        if (row < p->row0 || row >= p->row0 + p->rows) {
            int64_t slab_rows = p->slab_tiles * p->filter.tiling.inner_rows;
            status = compute_slab(p, row / slab_rows * p->slab_tiles, NULL, err);
            if (status != HG_OK)
                break;
        }
        int64_t end = p->row0 + p->rows < row0 + n ? p->row0 + p->rows : row0 + n;
        copy c = {p, row, end - row, out + (row - row0) * p->grid.columns};
        status = hg_parallel((size_t)((c.n + ROWS_TOGETHER - 1) / ROWS_TOGETHER), threads_of(p), copy_rows, &c, err);
        row = end;
    }
    return status;
}

int64_t hg_fast_band_rows(const hg_fast_plan *p)
{
    int64_t rows = p->room < p->grid.rows ? p->room : BAND_ROWS;
    return rows < p->grid.rows ? rows : p->grid.rows;
}

hg_status hg_fast_mass_beyond(const hg_fast_plan *plan, double *mass, hg_error *err)
{
    (void)err;
    *mass = plan->beyond;
    return HG_OK;
}
