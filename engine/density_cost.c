#include "engine/density_cost.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "engine/fast_filter.h"

#include <math.h>
#include <time.h>

/* Nanoseconds of one thread, fitted to bench_fast. */
static const double EXACT_POINT = 30.0; /* sorting */
static const double EXACT_CELL = 10.0;
static const double FAST_POINT = 8.0; /* packing, once */
static const double FAST_SPREAD = 8.0;
static const double FAST_NODE = 8.0, FAST_CELL = 8.0;
static const double FAST_FLOP = 0.045;
static const double FAST_TABLES = 5e6;

/* For a point and each row, and each cell, that it reaches. */
static const struct {
    double row, cell;
} exact_reach[HG_KERNEL_END] = {
    [HG_UNIFORM] = {1.8, 0.0}, [HG_TRIANGULAR] = {15.0, 0.55}, [HG_EPANECHNIKOV] = {2.1, 0.0},
    [HG_QUARTIC] = {2.8, 0.0}, [HG_TRIWEIGHT] = {3.3, 0.0},    [HG_GAUSSIAN] = {18.3, 0.164},
};

static double exact_cost(double n, const hg_grid *g, const hg_kernel *k, double radius)
{
    double reach = 2.0 * radius * exact_reach[k->shape].row + M_PI * radius * radius * exact_reach[k->shape].cell;
    return n * (EXACT_POINT + reach) + EXACT_CELL * (double)g->rows * (double)g->columns;
}

/* One trial of a lattice. */
static double lattice_cost(double n, const hg_grid *g, double radius, int refine)
{
    hg_fast_tiling t = hg_fast_tiling_of(g, (int64_t)ceil(radius) + 3);
    double pad = 2.0 * ceil(radius), planes = refine * refine;
    double nodes = planes * ((double)g->rows + pad) * ((double)g->columns + pad);
    return FAST_SPREAD * n + FAST_NODE * nodes + FAST_CELL * (double)g->rows * (double)g->columns + FAST_TABLES +
           FAST_FLOP * t.work * (planes + HG_FAST_TABLES);
}

/* The first lattice that keeps max_error both with all points on one spot and with points everywhere; 0 = none. */
static hg_status likely_refine(const hg_kernel *kernel, double radius, double max_error, hg_control *control, int *refine,
                               hg_error *err)
{
    *refine = 0;
    for (int r = 1; r <= HG_FAST_REFINE_MOST && hg_fast_kernel_fits(radius, r); r++) {
        hg_fast_kernel k;
        hg_status status = hg_fast_kernel_init(&k, kernel, radius, r, 0.0, control, err);
        if (status != HG_OK)
            return status;
        bool keeps = k.worst <= max_error * (1.0 - k.worst) && k.even <= max_error;
        hg_fast_kernel_dispose(&k);
        if (keeps) {
            *refine = r;
            break;
        }
    }
    return HG_OK;
}

hg_status hg_density_cost_of(size_t n, const hg_grid *grid, const hg_kernel *kernel, double max_error,
                             hg_control *control, hg_density_cost *out, hg_error *err)
{
    hg_status status = hg_density_check(kernel, grid, err);
    if (status != HG_OK)
        return status;
    double radius = hg_kernel_support_m(kernel) / grid->cell_m, count = (double)n;
    double exact = exact_cost(count, grid, kernel, radius), fast = FAST_POINT * count;
    int refine = 0;
    if (fast + lattice_cost(count, grid, radius, 1) < exact)
        status = likely_refine(kernel, radius, max_error, control, &refine, err);
    if (status != HG_OK)
        return status;
    /* Coarser lattices are tried first. */
    for (int r = 1; r <= refine; r++)
        fast += lattice_cost(count, grid, radius, r);
    *out = (hg_density_cost){exact * 1e-9, refine > 0 ? fast * 1e-9 : INFINITY, refine, refine > 0 && fast < exact};
    return HG_OK;
}

/* ------------------------------------------------------------------ this machine ---------------
 */

enum { PROBE_POINTS = 20000, PROBE_SIDE = 256, PROBE_RADIUS = 20, PROBES = 3 };

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static hg_status probe(const hg_points *points, const hg_grid *grid, const hg_kernel *kernel, double *out, double *seconds,
                       hg_error *err)
{
    hg_control one = {.threads = 1};
    hg_density_plan *plan = NULL;
    double start = seconds_now();
    hg_status status = hg_density_plan_new(points, grid, kernel, &one, &plan, err);
    if (status == HG_OK)
        status = hg_density_band(plan, 0, grid->rows, out, err);
    hg_density_plan_free(plan);
    *seconds = fmin(*seconds, seconds_now() - start);
    return status;
}

hg_status hg_density_cost_scale(hg_control *control, double *scale, hg_error *err)
{
    const hg_grid grid = {1.0, 0, PROBE_SIDE - 1, PROBE_SIDE, PROBE_SIDE};
    const hg_kernel kernel = {HG_QUARTIC, PROBE_RADIUS, 4.0};
    double *xy = hg_malloc(2 * PROBE_POINTS, sizeof *xy), seconds = INFINITY;
    double *out = hg_malloc((size_t)PROBE_SIDE * PROBE_SIDE, sizeof *out);
    hg_status status = xy && out ? HG_OK : hg_fail_memory(err);
    hg_random r = hg_random_seed(1, 0);
    for (size_t i = 0; i < 2 * PROBE_POINTS && status == HG_OK; i++)
        xy[i] = PROBE_SIDE * hg_random_unit(&r);
    const hg_points points = {PROBE_POINTS, xy, xy ? xy + PROBE_POINTS : NULL, NULL};
    for (int i = 0; i < PROBES && status == HG_OK; i++)
        status = probe(&points, &grid, &kernel, out, &seconds, err);
    hg_free(xy);
    hg_free(out);
    if (status == HG_OK)
        *scale = seconds / (1e-9 * exact_cost(PROBE_POINTS, &grid, &kernel, PROBE_RADIUS)) /
                 hg_thread_count(control ? control->threads : 0);
    return status;
}
