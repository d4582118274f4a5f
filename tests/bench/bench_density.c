/*
 * Seconds of the exact density, plan and all bands, on uniform random points: cases A to D of
 * docs/performance.md, for each instruction set, with one and two threads; and nanoseconds of
 * processor time per point and row, which a busy machine moves least. Arguments: letters of the
 * cases to run (default ABCD), runs for each (5), a kernel (quartic).
 */
#include "base/memory.h"
#include "base/random.h"
#include "engine/density.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct bench_case {
    char letter;
    size_t points;
    int64_t side;
    double radius_cells;
} bench_case;

static const bench_case cases[] = {{'A', 100000, 1024, 20.48},
                                   {'B', 1000000, 2048, 40.96},
                                   {'C', 1000000, 4096, 204.8},
                                   {'D', 10000000, 2048, 40.96}};

typedef struct timing {
    double plan, total, mass, processor;
} timing;

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static hg_status bands(hg_density_plan *plan, const hg_grid *grid, double *out, hg_error *err)
{
    int64_t step = hg_density_band_rows(plan);
    for (int64_t row = 0; row < grid->rows; row += step) {
        int64_t n = grid->rows - row < step ? grid->rows - row : step;
        hg_status status = hg_density_band(plan, row, n, out, err);
        if (status != HG_OK)
            return status;
    }
    return HG_OK;
}

static timing run_once(const bench_case *c, hg_kernel_shape shape, const hg_points *points,
                       double *out, int threads)
{
    hg_control control = {.threads = threads};
    hg_grid grid = {10.0, 0, c->side - 1, c->side, c->side};
    hg_kernel kernel = {shape, c->radius_cells * grid.cell_m, 4.0};
    hg_density_plan *plan = NULL;
    hg_error err;
    double start = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID), mass;
    if (hg_density_plan_new(points, &grid, &kernel, &control, &plan, &err) != HG_OK)
        exit(1);
    double planned = now(CLOCK_MONOTONIC);
    if (bands(plan, &grid, out, &err) != HG_OK)
        exit(1);
    double done = now(CLOCK_MONOTONIC);
    used = now(CLOCK_PROCESS_CPUTIME_ID) - used;
    if (hg_density_mass_beyond(plan, &mass, &err) != HG_OK)
        exit(1);
    double balanced = now(CLOCK_MONOTONIC);
    hg_density_plan_free(plan);
    return (timing){planned - start, done - start, balanced - done, used};
}

static int by_total(const void *a, const void *b)
{
    double x = ((const timing *)a)->total, y = ((const timing *)b)->total;
    return (x > y) - (x < y);
}

static void run_case(const bench_case *c, hg_kernel_shape shape, int runs)
{
    static const char *sets[] = {"avx512", "avx2", "baseline"};
    double *x = malloc(c->points * sizeof *x), *y = malloc(c->points * sizeof *y);
    double *out = malloc((size_t)c->side * (size_t)c->side * sizeof *out);
    timing *t = malloc((size_t)runs * sizeof *t);
    if (!x || !y || !out || !t)
        exit(1);
    hg_random r = hg_random_seed(1, (uint64_t)c->letter);
    for (size_t i = 0; i < c->points; i++) {
        x[i] = hg_random_unit(&r) * 10.0 * (double)c->side;
        y[i] = hg_random_unit(&r) * 10.0 * (double)c->side;
    }
    hg_points points = {c->points, x, y, NULL};
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        if (!hg_density_set_simd(sets[s]))
            continue;
        for (int threads = 1; threads <= 2; threads++) {
            for (int k = 0; k < runs; k++)
                t[k] = run_once(c, shape, &points, out, threads);
            qsort(t, (size_t)runs, sizeof *t, by_total);
            timing m = t[runs / 2];
            double pairs = (double)c->points * 2.0 * c->radius_cells, used = m.processor;
            for (int k = 0; k < runs; k++)
                used = fmin(used, t[k].processor);
            printf("%c  %-9s %d   %8.4f  %8.4f  %8.4f  %8.4f   %8.4f  %6.2f\n", c->letter, sets[s],
                   threads, m.total, t[0].total, m.plan, m.mass, used, 1e9 * used / pairs);
            fflush(stdout);
        }
    }
    free(x);
    free(y);
    free(out);
    free(t);
}

int main(int argc, char **argv)
{
    const char *letters = argc > 1 ? argv[1] : "ABCD";
    int runs = argc > 2 ? atoi(argv[2]) : 5;
    hg_kernel_shape shape = HG_QUARTIC;
    if (argc > 3 && !hg_kernel_by_name(argv[3], &shape)) {
        fprintf(stderr, "bench_density: no kernel is called %s\n", argv[3]);
        return 2;
    }
    printf("case set  threads  median s    best s    plan s    mass s   processor s (least)  ns "
           "per point and row\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strchr(letters, cases[i].letter))
            run_case(&cases[i], shape, runs > 0 ? runs : 1);
    return 0;
}
