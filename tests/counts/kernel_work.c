/*
 * The kernels on fixed work, for callgrind to count their instructions: one function each,
 * counted_<name>, one thread, the baseline instruction set (callgrind knows no AVX-512, and every
 * x86-64 machine then counts alike), fixed seeds and sizes. instructions.py runs it and compares.
 * Without callgrind it does the work and prints nothing.
 */
#include "base/memory.h"
#include "base/number.h"
#include "base/radix.h"
#include "base/random.h"
#include "engine/density.h"
#include "engine/fast.h"
#include "engine/local.h"
#include "engine/pileup.h"
#include "io/source_csv.h"

#include <stdio.h>
#include <stdlib.h>

enum { SIDE = 512, POINTS = 20000, KEYS = 100000, ROWS = 50000, MAP = 128, DRAWS = 9 };

static const double CELL = 10.0;

/* What every function works on: uniform points in the extent of the grid. */
typedef struct scene {
    hg_grid grid;
    hg_points points;
    double *out;
    char *text; /* a table of ROWS records */
    size_t length;
    hg_control control;
} scene;

typedef void work(scene *s);

static void must(hg_status status, const hg_error *err)
{
    if (status == HG_OK)
        return;
    fprintf(stderr, "kernel_work: %s\n", err->message);
    exit(1);
}

static void *room(size_t n, size_t size)
{
    void *p = hg_calloc(n, size);
    if (!p)
        exit(1);
    return p;
}

static void exact_density(scene *s, hg_kernel_shape shape)
{
    hg_kernel kernel = {shape, 20.5 * CELL, 4.0};
    if (shape == HG_GAUSSIAN)
        kernel.bandwidth_m /= 4.0;
    hg_density_plan *plan = NULL;
    hg_error err;
    must(hg_density_plan_new(&s->points, &s->grid, &kernel, &s->control, &plan, &err), &err);
    must(hg_density_band(plan, 0, s->grid.rows, s->out, &err), &err);
    hg_density_plan_free(plan);
}

__attribute__((noinline)) static void counted_quartic(scene *s)
{
    exact_density(s, HG_QUARTIC);
}

__attribute__((noinline)) static void counted_epanechnikov(scene *s)
{
    exact_density(s, HG_EPANECHNIKOV);
}

__attribute__((noinline)) static void counted_triweight(scene *s)
{
    exact_density(s, HG_TRIWEIGHT);
}

__attribute__((noinline)) static void counted_gaussian(scene *s)
{
    exact_density(s, HG_GAUSSIAN);
}

__attribute__((noinline)) static void counted_fast(scene *s)
{
    hg_kernel kernel = {HG_QUARTIC, 20.5 * CELL, 4.0};
    hg_fast_plan *plan = NULL;
    hg_fast_report report;
    hg_error err;
    must(hg_fast_plan_new(&s->points, &s->grid, &kernel, 0.01, &s->control, &plan, &report, &err),
         &err);
    if (!plan)
        exit(1);
    must(hg_fast_band(plan, 0, s->grid.rows, s->out, &err), &err);
    hg_fast_plan_free(plan);
}

__attribute__((noinline)) static void counted_radix_sort(scene *s)
{
    hg_random r = hg_random_seed(2, 0);
    uint64_t *key = room(KEYS, sizeof *key);
    uint32_t *with = room(KEYS, sizeof *with);
    hg_error err;
    for (size_t i = 0; i < KEYS; i++) {
        key[i] = hg_random_below(&r, UINT64_C(1) << 40);
        with[i] = (uint32_t)i;
    }
    must(hg_radix_sort(key, with, KEYS, s->control.threads, &err), &err);
    hg_free(key);
    hg_free(with);
}

/* Records of a text split into fields, and two of them made numbers. */
__attribute__((noinline)) static void counted_csv(scene *s)
{
    enum { FIELDS = 4 };
    hg_csv_cursor cursor = {.p = s->text, .end = s->text + s->length, .delimiter = ','};
    hg_value v[FIELDS];
    double x, y, sum = 0;
    size_t rows = 0;
    hg_error err;
    for (;; rows++) {
        must(hg_csv_next(&cursor, v, FIELDS, &err), &err);
        if (cursor.found == 0)
            break;
        if (!hg_parse_number(v[1].s, v[1].n, &x) || !hg_parse_number(v[2].s, v[2].n, &y))
            exit(1);
        sum += x + y;
    }
    if (rows != ROWS)
        exit(1);
    s->out[0] = sum;
    hg_csv_cursor_dispose(&cursor);
}

/* A tenth of the rows stand twice. */
__attribute__((noinline)) static void counted_duplicates(scene *s)
{
    hg_random r = hg_random_seed(3, 0);
    hg_incidents inc = {
        .n = ROWS, .streams = 1, .x = room(ROWS, sizeof(double)), .y = room(ROWS, sizeof(double))};
    uint64_t *hash = room(ROWS, sizeof *hash), found = 0;
    hg_error err;
    (void)s;
    for (size_t i = 0; i < ROWS; i++) {
        size_t of = i % 10 == 9 ? i - 5 : i;
        inc.x[i] = of < i ? inc.x[of] : hg_random_unit(&r);
        inc.y[i] = of < i ? inc.y[of] : hg_random_unit(&r);
        hash[i] = of < i ? hash[of] : hg_random_below(&r, UINT64_MAX);
    }
    must(hg_flag_duplicates(&inc, hash, &found, &err), &err);
    if (found != ROWS / 10)
        exit(1);
    hg_free(inc.x);
    hg_free(inc.y);
    hg_free(inc.flags);
    hg_free(hash);
}

/* Gi* of a map, and its p by relabelling. */
__attribute__((noinline)) static void counted_local(scene *s)
{
    size_t n = MAP * MAP;
    float *share = room(n, sizeof *share);
    double *value = room(n, sizeof *value), *gi = room(n, sizeof *gi), *p = room(n, sizeof *p);
    hg_random r = hg_random_seed(4, 0);
    for (size_t i = 0; i < n; i++) {
        share[i] = 1;
        value[i] = (double)hg_random_below(&r, 10);
    }
    hg_neighbourhood around;
    hg_local_plan *plan = NULL;
    hg_local_cells all = {NULL, n};
    hg_error err;
    must(hg_neighbourhood_of_window(3, 1, &around, &err), &err);
    must(hg_local_plan_new(MAP, MAP, share, &around, &s->control, &plan, &err), &err);
    must(hg_local_gi_star(plan, value, gi, &err), &err);
    must(hg_local_relabel(plan, value, DRAWS, all, gi, p, &err), &err);
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&around);
    hg_free(share);
    hg_free(value);
    hg_free(gi);
    hg_free(p);
}

/* Where the last count ends. */
__attribute__((noinline)) static void counted_end(scene *s)
{
    s->out[0] = 0.0;
}

static void write_table(scene *s)
{
    enum { ROOM = 64 };
    s->text = room(ROWS, ROOM);
    for (size_t i = 0; i < ROWS; i++)
        s->length +=
            (size_t)snprintf(s->text + s->length, ROOM, "%zu,%zu.%06zu,%zu.%06zu,note\n", i,
                             400000 + i, i * 7919 % 1000000, 2430000 + i, i * 104729 % 1000000);
}

static scene make_scene(void)
{
    scene s = {.grid = {CELL, 0, SIDE - 1, SIDE, SIDE}, .control = {.threads = 1, .seed = 1}};
    double *x = room(POINTS, sizeof *x), *y = room(POINTS, sizeof *y);
    hg_random r = hg_random_seed(1, 0);
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = hg_random_unit(&r) * CELL * SIDE;
        y[i] = hg_random_unit(&r) * CELL * SIDE;
    }
    s.points = (hg_points){POINTS, x, y, NULL};
    s.out = room((size_t)SIDE * SIDE, sizeof *s.out);
    write_table(&s);
    return s;
}

int main(void)
{
    static work *const all[] = {
        counted_quartic, counted_epanechnikov, counted_triweight,  counted_gaussian, counted_fast,
        counted_csv,     counted_radix_sort,   counted_duplicates, counted_local,    counted_end};
    if (!hg_density_set_simd("baseline"))
        return 1;
    scene s = make_scene();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        all[i](&s);
    hg_free((double *)s.points.x);
    hg_free((double *)s.points.y);
    hg_free(s.out);
    hg_free(s.text);
    return 0;
}
