/* The Knox table against all pairs in two loops, and its independence of order and threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "engine/knox.h"
#include "tests/support/near.h"
#include "tests/support/sweep.h"

enum { MOST = 1500 };

typedef struct world {
    double x[MOST], y[MOST];
    int64_t t[MOST];
    size_t n;
} world;

static hg_knox_events events_of(const world *w)
{
    return (hg_knox_events){w->n, w->x, w->y, w->t};
}

/* Places on a lattice of 5 m, so that distances fall on bounds and places repeat; whole hours of 60 days. */
static void make(world *w, size_t n, uint64_t stream, double west)
{
    hg_random r = hg_random_seed(9, stream);
    w->n = n;
    for (size_t i = 0; i < n; i++) {
        w->x[i] = west + 5 * (double)hg_random_below(&r, 120);
        w->y[i] = 5 * (double)hg_random_below(&r, 90);
        w->t[i] = 3600 * (int64_t)hg_random_below(&r, 1440);
    }
}

static hg_knox count(const world *w, const hg_knox_bands *bands, int threads)
{
    hg_control control = {.threads = threads, .seed = 5};
    hg_knox_events events = events_of(w);
    hg_knox out = {0};
    hg_error err = {HG_OK, ""};
    if (hg_knox_count(&events, bands, &control, &out, &err) != HG_OK)
        fail_msg("%s", err.message);
    return out;
}

/* Row of a pair by the definition: k-th band where (k - 1) width < distance <= k width. */
static size_t band_of(double v, double width, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (v <= width * (double)(k + 1))
            return k;
    return n;
}

static void check_against_pairs(const world *w, const hg_knox_bands *b)
{
    size_t rows = b->distances + 2, n = b->durations;
    uint64_t *cells = calloc(rows * n, sizeof *cells), *near = calloc(rows, sizeof *near);
    uint64_t *soon = calloc(n, sizeof *soon);
    hg_knox k = count(w, b, 2);
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = i + 1; j < w->n; j++) {
            double d = hypot(w->x[i] - w->x[j], w->y[i] - w->y[j]);
            size_t row = band_of(d, b->distance_m, b->distances);
            size_t band = band_of((double)llabs(w->t[i] - w->t[j]), b->duration_s, n);
            size_t part = row == 0 ? b->distances + (d > 0) : rows;
            if (band < n)
                soon[band]++;
            if (row < b->distances)
                near[row]++;
            if (part < rows)
                near[part]++;
            if (row < b->distances && band < n)
                cells[row * n + band]++;
            if (part < rows && band < n)
                cells[part * n + band]++;
        }
    assert_true(k.pairs == w->n * (w->n - 1) / 2);
    assert_memory_equal(k.near, near, rows * sizeof *near);
    assert_memory_equal(k.soon, soon, n * sizeof *soon);
    for (size_t i = 0; i < rows * n; i++) {
        double expected = (double)near[i / n] * (double)soon[i % n] / (double)k.pairs;
        assert_true(k.cells[i].observed == cells[i]);
        assert_near(k.cells[i].expected, expected, 1e-12 * expected);
    }
    hg_knox_dispose(&k);
    free(cells);
    free(near);
    free(soon);
}

static void tables_equal_all_pairs(void **state)
{
    (void)state;
    static world w;
    const hg_knox_bands bands[] = {{25, 86400, 1, 1, 0},     {5, 3600, 7, 9, 0},   {40, 5 * 86400, 3, 2, 0},
                                   {13.7, 4000.5, 4, 11, 0}, {2000, 1e7, 1, 1, 0}, {0.01, 1, 2, 2, 0}};
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
        make(&w, 700, i, i % 2 ? -250 : 4e5);
        check_against_pairs(&w, &bands[i]);
    }
}

/* Coordinates such as 0.1 + 0.2 miss a bound by rounding alone. */
static void bounds_are_inclusive_whatever_the_rounding(void **state)
{
    (void)state;
    world w = {.x = {0.1, 0.1 + 0.2, 1000.1, 1000.4}, .n = 4};
    hg_knox_bands b = {0.2, 1, 1, 1, 0};
    hg_knox k = count(&w, &b, 1);
    assert_int_equal(k.near[0], 1);
    hg_knox_dispose(&k);
}

static void same(const hg_knox *a, const hg_knox *b)
{
    size_t n = (a->distances + 2) * a->durations;
    for (size_t i = 0; i < n; i++) {
        assert_true(a->cells[i].observed == b->cells[i].observed);
        assert_true(memcmp(&a->cells[i].p_value, &b->cells[i].p_value, sizeof(double)) == 0);
    }
}

static void neither_threads_nor_order_matter(void **state)
{
    (void)state;
    static world w, back;
    hg_knox_bands b = {30, 2 * 86400, 3, 3, 150};
    make(&w, 900, 77, 0);
    back.n = w.n;
    for (size_t i = 0; i < w.n; i++) {
        back.x[i] = w.x[w.n - 1 - i];
        back.y[i] = w.y[w.n - 1 - i];
        back.t[i] = w.t[w.n - 1 - i];
    }
    hg_knox one = count(&w, &b, 1), four = count(&w, &b, 4), other = count(&back, &b, 2);
    same(&one, &four);
    same(&one, &other);
    hg_knox_dispose(&one);
    hg_knox_dispose(&four);
    hg_knox_dispose(&other);
}

/* Independent times: p follows chance. Half of them repeated next door a day later: p is the least there is. */
static void planted_repeats_are_found_and_chance_is_not(void **state)
{
    (void)state;
    static world w;
    hg_knox_bands b = {10, 86400, 1, 1, 199};
    int low = 0;
    for (uint64_t s = 0; s < 40; s++) {
        make(&w, 300, 100 + s, 0);
        hg_knox k = count(&w, &b, 2);
        low += k.cells[0].p_value <= 0.1;
        hg_knox_dispose(&k);
    }
    assert_in_range(low, 0, 9); /* P(Bin(40, 0.1) > 9) < 0.006 */
    make(&w, 300, 999, 0);
    for (size_t i = 0; i < 150; i++) {
        w.x[150 + i] = w.x[i] + 5;
        w.y[150 + i] = w.y[i];
        w.t[150 + i] = w.t[i] + 86400;
    }
    hg_knox k = count(&w, &b, 2);
    assert_near(k.cells[0].p_value, 1.0 / 200, 1e-15);
    assert_true((double)k.cells[0].observed > 10 * k.cells[0].expected);
    hg_knox_dispose(&k);
}

static hg_status one_run(void *context, hg_error *err)
{
    hg_control control = {.threads = 1, .seed = 1};
    hg_knox_events events = events_of(context);
    hg_knox_bands b = {20, 86400, 2, 2, 70};
    hg_knox out = {0};
    hg_status status = hg_knox_count(&events, &b, &control, &out, err);
    hg_knox_dispose(&out);
    return status;
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    world w = {.n = 1};
    hg_control control = {.threads = 1};
    hg_knox_events events = events_of(&w);
    hg_knox_bands b = {20, 86400, 1, 1, 0};
    hg_knox out = {0};
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_knox_count(&events, &b, &control, &out, &err), HG_EDATA);
    events.n = 2;
    b.distance_m = 0;
    assert_int_equal(hg_knox_count(&events, &b, &control, &out, &err), HG_EUSAGE);
    b = (hg_knox_bands){20, 86400, 1, 1, 5};
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_knox_count(&events, &b, &control, &out, &err), HG_ECANCELLED);
    assert_null(out.cells);
}

static void too_many_pairs_are_refused_before_they_are_held(void **state)
{
    (void)state;
    enum { N = 20100 }; /* all at one place: 202 million pairs */
    double *zero = calloc(N, sizeof *zero);
    int64_t *t = calloc(N, sizeof *t);
    hg_control control = {.threads = 2};
    hg_knox_events events = {N, zero, zero, t};
    hg_knox_bands b = {1, 60, 1, 1, 0};
    hg_knox out = {0};
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_knox_count(&events, &b, &control, &out, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "more than 200000000 pairs"));
    free(zero);
    free(t);
}

static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    static world w;
    make(&w, 60, 3, 0);
    sweep_allocations(one_run, &w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_equal_all_pairs),
        cmocka_unit_test(bounds_are_inclusive_whatever_the_rounding),
        cmocka_unit_test(neither_threads_nor_order_matter),
        cmocka_unit_test(planted_repeats_are_found_and_chance_is_not),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(too_many_pairs_are_refused_before_they_are_held),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
