/*
 * Seconds of the trends core on 256 x 256 cells and 60 steps, 500,000 incidents in 40 clusters on an even ground, half
 * of them known within intervals: with one and two threads, the second line with Hamed and Rao's variance.
 */
#include "base/memory.h"
#include "base/random.h"
#include "engine/trends.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SIDE = 256, STEPS = 60, INCIDENTS = 500000, CLUSTERS = 40, DAY_S = 86400, STEP_S = 30 * DAY_S, RUNS = 3 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double inside(double v)
{
    return fmin(fmax(v, 0), 100 * SIDE - 1);
}

static void scatter(hg_incidents *inc)
{
    hg_random r = hg_random_seed(1, 0);
    double cx[CLUSTERS], cy[CLUSTERS];
    for (size_t k = 0; k < CLUSTERS; k++) {
        cx[k] = 100 * SIDE * hg_random_unit(&r);
        cy[k] = 100 * SIDE * hg_random_unit(&r);
    }
    for (size_t i = 0; i < inc->n; i++) {
        size_t k = (size_t)hg_random_below(&r, CLUSTERS);
        double a = 6.283185307179586 * hg_random_unit(&r), d = -600 * log(1 - hg_random_unit(&r));
        bool even = i % 2 == 0;
        inc->x[i] = even ? 100 * SIDE * hg_random_unit(&r) : inside(cx[k] + d * cos(a));
        inc->y[i] = even ? 100 * SIDE * hg_random_unit(&r) : inside(cy[k] + d * sin(a));
        inc->t_start[i] = (int64_t)hg_random_below(&r, (uint64_t)STEPS * STEP_S);
        inc->t_end[i] = i % 4 < 2 ? HG_NO_TIME : inc->t_start[i] + DAY_S;
    }
}

static double best(const hg_trends_input *input, int threads, hg_error *err)
{
    hg_control control = {.threads = threads};
    double least = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        hg_trends t;
        double began = now();
        if (hg_trends_compute(input, &control, &t, err) != HG_OK) {
            fprintf(stderr, "%s\n", err->message);
            exit(1);
        }
        least = fmin(least, now() - began);
        hg_trends_dispose(&t);
    }
    return least;
}

int main(void)
{
    hg_error err;
    hg_grid grid;
    hg_neighbourhood around;
    hg_incidents inc = {.n = INCIDENTS, .streams = 1};
    float *share = hg_malloc(SIDE * SIDE, sizeof *share);
    inc.x = hg_malloc(inc.n, sizeof *inc.x);
    inc.y = hg_malloc(inc.n, sizeof *inc.y);
    inc.t_start = hg_malloc(inc.n, sizeof *inc.t_start);
    inc.t_end = hg_malloc(inc.n, sizeof *inc.t_end);
    if (!share || !inc.x || !inc.y || !inc.t_start || !inc.t_end ||
        hg_grid_over(0, 0, 100 * SIDE, 100 * SIDE, 100, &grid, &err) != HG_OK ||
        hg_neighbourhood_queen(&around, &err) != HG_OK)
        return 1;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        share[i] = 1;
    scatter(&inc);
    hg_trends_input input = {.grid = &grid, .share = share, .incidents = &inc, .around = &around,
                             .steps = {.origin = 0, .step_s = STEP_S, .count = STEPS}};
    for (int corrected = 0; corrected < 2; corrected++) {
        input.hamed_rao = corrected;
        printf("%-10s 1 thread %6.2f s   2 threads %6.2f s\n", corrected ? "hamed-rao" : "plain",
               best(&input, 1, &err), best(&input, 2, &err));
    }
    hg_neighbourhood_dispose(&around);
    hg_free(share);
    hg_free(inc.x);
    hg_free(inc.y);
    hg_free(inc.t_start);
    hg_free(inc.t_end);
    return 0;
}
