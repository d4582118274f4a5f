/*
 * Seconds of the fast density beside the exact one in the same run, cases A to D of docs/performance.md and more:
 * plan, all bands, least processor time, the bound proved, the largest error found at the checked cells, and what the cost model
 * expects of one thread. Arguments: letters of the cases
 * (default ABCD), largest error (0.001), runs of fast (5) and of exact (3), kernel (quartic), points (uniform, or "piles": a tenth at
 * 100 addresses, the rest around 1000 centres).
 */
#include "base/random.h"
#include "engine/density_cost.h"
#include "engine/fast.h"

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

/* E to G: radii for which exact is slow. */
static const bench_case cases[] = {{'A', 100000, 1024, 20.48},  {'B', 1000000, 2048, 40.96},
                                   {'C', 1000000, 4096, 204.8}, {'D', 10000000, 2048, 40.96},
                                   {'E', 1000000, 1024, 10.24}, {'F', 1000000, 2048, 102.4},
                                   {'G', 10000000, 4096, 81.92}};

typedef struct scene {
    const bench_case *of;
    hg_points points;
    hg_grid grid;
    hg_kernel kernel;
    double *out;
} scene;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double run_exact(const scene *s, int threads)
{
    hg_control control = {.threads = threads};
    hg_density_plan *plan = NULL;
    double start = now();
    if (hg_density_plan_new(&s->points, &s->grid, &s->kernel, &control, &plan, NULL) != HG_OK)
        exit(1);
    int64_t step = hg_density_band_rows(plan);
    for (int64_t row = 0; row < s->grid.rows; row += step) {
        int64_t n = s->grid.rows - row < step ? s->grid.rows - row : step;
        if (hg_density_band(plan, row, n, s->out, NULL) != HG_OK)
            exit(1);
    }
    hg_density_plan_free(plan);
    return now() - start;
}

static double run_fast(const scene *s, double max_error, int threads, hg_fast_report *report)
{
    hg_control control = {.threads = threads};
    hg_fast_plan *plan = NULL;
    double start = now();
    if (hg_fast_plan_new(&s->points, &s->grid, &s->kernel, max_error, &control, &plan, report, NULL) != HG_OK)
        exit(1);
    int64_t step = plan ? hg_fast_band_rows(plan) : s->grid.rows;
    for (int64_t row = 0; plan && row < s->grid.rows; row += step) {
        int64_t n = s->grid.rows - row < step ? s->grid.rows - row : step;
        if (hg_fast_band(plan, row, n, s->out, NULL) != HG_OK)
            exit(1);
    }
    hg_fast_plan_free(plan);
    return now() - start;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill_points(const scene *s, double *x, double *y, bool piles)
{
    hg_random r = hg_random_seed(1, (uint64_t)s->of->letter);
    double side = s->grid.cell_m * (double)s->of->side;
    for (size_t i = 0; i < s->points.n; i++) {
        x[i] = hg_random_unit(&r) * side;
        y[i] = hg_random_unit(&r) * side;
        if (!piles)
            continue;
        bool pile = i % 10 == 0;
        hg_random centre = hg_random_seed(pile ? 3 : 2, hg_random_below(&r, pile ? 100 : 1000));
        double spread = pile ? 0.0 : 0.02;
        x[i] = side * hg_random_unit(&centre) + spread * (x[i] - 0.5 * side);
        y[i] = side * hg_random_unit(&centre) + spread * (y[i] - 0.5 * side);
    }
}

static void run_case(const bench_case *c, double max_error, int runs, int exact_runs, hg_kernel_shape shape, bool piles)
{
    scene s = {.of = c, .grid = {10.0, 0, c->side - 1, c->side, c->side}};
    double h = c->radius_cells * s.grid.cell_m;
    s.kernel = (hg_kernel){shape, shape == HG_GAUSSIAN ? h / 4.0 : h, 4.0};
    double *x = malloc(c->points * sizeof *x), *y = malloc(c->points * sizeof *y);
    double *exact = calloc((size_t)exact_runs + 1, sizeof *exact), *fast = malloc((size_t)runs * sizeof *fast);
    s.out = malloc((size_t)hg_grid_cells(&s.grid) * sizeof *s.out);
    if (!x || !y || !s.out || !exact || !fast)
        exit(1);
    s.points = (hg_points){c->points, x, y, NULL};
    fill_points(&s, x, y, piles);
    for (int threads = 1; threads <= 2; threads++) {
        hg_fast_report r;
        double least = INFINITY, least_exact = INFINITY;
        for (int k = 0; k < runs; k++) {
            double before = processor();
            fast[k] = run_fast(&s, max_error, threads, &r);
            least = fmin(least, processor() - before);
        }
        for (int k = 0; k < exact_runs; k++) {
            double before = processor();
            exact[k] = run_exact(&s, threads);
            least_exact = fmin(least_exact, processor() - before);
        }
        hg_density_cost cost;
        if (hg_density_cost_of(c->points, &s.grid, &s.kernel, max_error, NULL, &cost, NULL) != HG_OK)
            exit(1);
        qsort(exact, (size_t)exact_runs, sizeof *exact, by_value);
        qsort(fast, (size_t)runs, sizeof *fast, by_value);
        printf("%c  %d  %8.4f %8.4f %8.4f   %8.4f %8.4f %8.4f  %6.2f  %d  %8.2e  %8.2e  %3zu  %lldx%lld x %lld  %.3f %.3f %s  %s\n", c->letter,
               threads, exact[exact_runs / 2], exact[0], least_exact, fast[runs / 2], fast[0], least, exact[exact_runs / 2] / fast[runs / 2], r.refine,
               r.bound, r.found, r.checked, (long long)r.window_rows, (long long)r.window_columns,
               (long long)r.windows, cost.exact_s, cost.fast_s, cost.fast ? "fast" : "exact", r.reason);
        fflush(stdout);
    }
    free(x);
    free(y);
    free(exact);
    free(fast);
    free(s.out);
}

int main(int argc, char **argv)
{
    const char *letters = argc > 1 ? argv[1] : "ABCD";
    double max_error = argc > 2 ? atof(argv[2]) : hg_fast_default_error;
    int runs = argc > 3 ? atoi(argv[3]) : 5, exact_runs = argc > 4 ? atoi(argv[4]) : 3;
    hg_kernel_shape shape = HG_QUARTIC;
    if (argc > 5 && !hg_kernel_by_name(argv[5], &shape))
        return 2;
    printf("case threads  exact: median best processor   fast: median best processor  ratio  nodes  bound  found  cells  windows  expected: exact fast choice\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strchr(letters, cases[i].letter))
            run_case(&cases[i], max_error, runs > 0 ? runs : 1, exact_runs > 0 ? exact_runs : 0, shape,
                     argc > 6 && strcmp(argv[6], "piles") == 0);
    return 0;
}
