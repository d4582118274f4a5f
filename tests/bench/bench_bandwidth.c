/*
 * Seconds of cross-validation by kernel (wall, and of processor time), on uniform and on clustered points over 20 km. Arguments: points
 * (default 100000), threads (2).
 */
#include "base/random.h"
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

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    int threads = argc > 2 ? atoi(argv[2]) : 2;
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    const uint64_t clusters[] = {0, 200, 2};
    if (!x || !y)
        return 1;
    for (size_t c = 0; c < 3; c++) {
        scatter(n, clusters[c], x, y);
        for (hg_kernel_shape s = HG_UNIFORM; s < HG_KERNEL_END; s++) {
            hg_control control = {.threads = threads, .seed = 1};
            hg_crossval_spec spec = {s, 4.0, 10.0, 0.0};
            hg_crossval out;
            hg_error err;
            double start = now();
            clock_t began = clock();
            if (hg_crossval_run(&(hg_points){n, x, y, NULL}, &spec, &control, &out, &err) != HG_OK) {
                fprintf(stderr, "%s\n", err.message);
                return 1;
            }
            printf("%3llu clusters  %-12s  %6.2f s (%.2f)  h = %.4g m (%.4g to %.4g)  %zu of %zu locations\n",
                   (unsigned long long)clusters[c], hg_kernel_name(s), now() - start,
                   (double)(clock() - began) / CLOCKS_PER_SEC, out.h_m[out.best],
                   out.h_m[out.low], out.h_m[out.high], out.evaluated, out.locations);
        }
    }
    free(x);
    free(y);
    return 0;
}
