/*
 * Seconds of local statistics, wall and of the processor, medians of several runs on two threads: Gi* and local
 * Moran with 999 relabellings on 512 x 512 cells (rare events, several to a cell, a disc of radius 8), of which
 * all cells or 1 % are asked for; Gi* alone on 4096 x 4096 cells with a disc of radius 8. Argument: runs (5).
 */
#include "base/memory.h"
#include "base/random.h"
#include "engine/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct bench_case {
    const char *name;
    int64_t side;
    double radius; /* in cells; 0 = queen */
    double events; /* a cell */
    int draws;     /* 0 = Gi* alone */
    size_t every;  /* relabelling is judged at every so many cells; 1 = all */
} bench_case;

static const bench_case cases[] = {
    {"512^2, 999 draws, queen, 0.04 events a cell", 512, 0, 0.04, 999, 1},
    {"512^2, 999 draws, queen, 3 events a cell", 512, 0, 3, 999, 1},
    {"512^2, 999 draws, radius 8, 3 events a cell", 512, 8, 3, 999, 1},
    {"the same at 1 % of the cells", 512, 8, 3, 999, 100},
    {"4096^2, Gi* alone, radius 8", 4096, 8, 1, 0, 1},
};

typedef struct timing {
    double wall, processor;
} timing;

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct map {
    size_t cells, asked;
    float *share;
    double *value, *a, *b;
    uint64_t *some;
} map;

static map make_map(const bench_case *c)
{
    size_t n = (size_t)(c->side * c->side);
    map m = {n, n / c->every, malloc(n * sizeof *m.share), calloc(n, sizeof *m.value), malloc(n * sizeof *m.a),
             malloc(n * sizeof *m.b), malloc(n * sizeof *m.some)};
    if (!m.share || !m.value || !m.a || !m.b || !m.some)
        exit(1);
    hg_random r = hg_random_seed(1, 1);
    for (size_t i = 0; i < n; i++)
        m.share[i] = 1;
    for (size_t i = 0; i < m.asked; i++)
        m.some[i] = i * c->every;
    for (size_t k = 0; k < (size_t)(c->events * (double)n); k++)
        m.value[hg_random_below(&r, n)]++;
    return m;
}

static void free_map(map *m)
{
    free(m->share);
    free(m->value);
    free(m->a);
    free(m->b);
    free(m->some);
}

/* Plan, statistic and relabelling, as a command does them. */
static timing run_once(const bench_case *c, const hg_neighbourhood *around, map *m)
{
    hg_control control = {.threads = 2, .seed = 1};
    hg_local_plan *plan = NULL;
    hg_local_cells cells = {c->every > 1 ? m->some : NULL, m->asked};
    timing t = {seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID)};
    if (hg_local_plan_new(c->side, c->side, m->share, around, &control, &plan, NULL) != HG_OK ||
        hg_local_gi_star(plan, m->value, m->a, NULL) != HG_OK ||
        (c->draws && hg_local_relabel(plan, m->value, c->draws, cells, m->a, m->b, NULL) != HG_OK))
        exit(1);
    t = (timing){seconds(CLOCK_MONOTONIC) - t.wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - t.processor};
    hg_local_plan_free(plan);
    return t;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void run_case(const bench_case *c, size_t runs)
{
    hg_neighbourhood around;
    double *wall = malloc(runs * sizeof *wall), *processor = malloc(runs * sizeof *processor);
    if (!wall || !processor || hg_neighbourhood_of_window(c->radius, 1, &around, NULL) != HG_OK)
        exit(1);
    map m = make_map(c);
    for (size_t i = 0; i < runs; i++) {
        timing t = run_once(c, &around, &m);
        wall[i] = t.wall;
        processor[i] = t.processor;
    }
    qsort(wall, runs, sizeof *wall, by_value);
    qsort(processor, runs, sizeof *processor, by_value);
    printf("%-48s %8.2f %10.2f\n", c->name, wall[runs / 2], processor[runs / 2]);
    fflush(stdout);
    free_map(&m);
    hg_neighbourhood_dispose(&around);
    free(wall);
    free(processor);
}

int main(int argc, char **argv)
{
    long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 5;
    printf("%-48s %8s %10s\n", "", "seconds", "processor");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run_case(&cases[i], runs > 0 ? (size_t)runs : 1);
    return 0;
}
