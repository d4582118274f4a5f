/*
 * Seconds by the clock (and of processor time) of cross-validation and of the adaptive density on 2048 x 2048
 * cells, by kernel, on uniform and on clustered points over 20 km; h0 smooths like a quartic of 400 m. Arguments:
 * points (default 100000), threads (2).
 */
#include "base/random.h"
#include "engine/adaptive.h"
#include "engine/crossval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double SIDE_M = 20000.0;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* clusters = 0: uniform; else that many round hills with a deviation of 150 m, a tenth elsewhere. */
static void scatter(size_t n, uint64_t clusters, double *x, double *y)
{
    hg_random r = hg_random_seed(1, clusters);
    for (size_t i = 0; i < n; i++) {
        double u = hg_random_unit(&r), v = hg_random_unit(&r);
        x[i] = SIDE_M * u;
        y[i] = SIDE_M * v;
        if (clusters == 0 || i % 10 == 0)
            continue;
        hg_random centre = hg_random_seed(2, hg_random_below(&r, clusters));
        double distance = 150.0 * sqrt(-2.0 * log(1.0 - u)), angle = 2.0 * M_PI * v;
        x[i] = SIDE_M * hg_random_unit(&centre) + distance * cos(angle);
        y[i] = SIDE_M * hg_random_unit(&centre) + distance * sin(angle);
    }
}

typedef struct stopwatch {
    double wall;
    clock_t cpu;
} stopwatch;

static stopwatch start(void)
{
    return (stopwatch){now(), clock()};
}

static void print_times(stopwatch s)
{
    printf("  %6.2f s (%5.2f)", now() - s.wall, (double)(clock() - s.cpu) / CLOCKS_PER_SEC);
}

static hg_status measure(const hg_points *points, hg_kernel_shape shape, int threads, double *grid_values,
                         hg_error *err)
{
    const hg_grid grid = {9.77, 0, 2047, 2048, 2048};
    hg_control control = {.threads = threads, .seed = 1};
    hg_crossval_spec spec = {shape, 4.0, 10.0, 0.0};
    hg_kernel kernel = {shape, 400.0 / hg_kernel_sigma_ratio(HG_QUARTIC) * hg_kernel_sigma_ratio(shape), 4.0};
    hg_crossval c;
    stopwatch s = start();
    hg_status status = hg_crossval_run(points, &spec, &control, &c, err);
    if (status != HG_OK)
        return status;
    print_times(s);
    printf("  %5.4g m (%.4g to %.4g) on %zu of %zu", c.h_m[c.best], c.h_m[c.low], c.h_m[c.high], c.evaluated,
           c.locations);
    s = start();
    status = hg_adaptive_density(points, &kernel, &grid, &control, grid_values, err);
    print_times(s);
    printf("\n");
    return status;
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    int threads = argc > 2 ? atoi(argv[2]) : 2;
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y), *grid = malloc(2048 * 2048 * sizeof *grid);
    const uint64_t clusters[] = {0, 200, 2};
    hg_error err;
    if (!x || !y || !grid)
        return 1;
    for (size_t c = 0; c < 3; c++) {
        scatter(n, clusters[c], x, y);
        for (hg_kernel_shape s = HG_UNIFORM; s < HG_KERNEL_END; s++) {
            printf("%3llu clusters  %-12s", (unsigned long long)clusters[c], hg_kernel_name(s));
            if (measure(&(hg_points){n, x, y, NULL}, s, threads, grid, &err) != HG_OK) {
                fprintf(stderr, "%s\n", err.message);
                return 1;
            }
        }
    }
    free(x);
    free(y);
    free(grid);
    return 0;
}
