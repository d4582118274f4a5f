/* Duplicate flags and the radix sort against plain searches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/pileup.h"
#include "engine/repeated_rows.h"
#include "base/radix.h"
#include "tests/support/sweep.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 3000 };

/* The exact search, and the same behind a first look. */
typedef hg_status (*flagger)(hg_incidents *, const uint64_t *, uint64_t *, hg_error *);
static const flagger flaggers[] = {hg_flag_duplicates, hg_flag_repeated_rows};

typedef struct rows {
    hg_incidents in;
    double x[MOST], y[MOST];
    uint64_t hash[MOST];
    uint8_t flags[MOST];
} rows;

static void rows_make(rows *d, hg_random *r, size_t n, uint64_t variety)
{
    d->in = (hg_incidents){.n = n, .x = d->x, .y = d->y, .flags = d->flags, .streams = 1};
    for (size_t i = 0; i < n; i++) {
        d->x[i] = (double)hg_random_below(r, variety) * 0.25;
        d->y[i] = hg_random_below(r, 2) ? 0.0 : -0.0;
        d->hash[i] = hg_random_below(r, variety);
        d->flags[i] = hg_random_below(r, 2) ? HG_FLAG_HALO : 0;
    }
}

static bool has_earlier(const rows *d, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (d->hash[k] == d->hash[i] && d->x[k] == d->x[i] && d->y[k] == d->y[i])
            return true;
    return false;
}

static void test_against_all_pairs(void **state)
{
    (void)state;
    static rows d;
    static uint8_t expected[MOST];
    hg_random r = hg_random_seed(6, 0);
    const size_t sizes[] = {0, 1, 2, 50, MOST};
    const uint64_t varieties[] = {1, 2, 30, 1000, 1000000};
    for (size_t a = 0; a < 5; a++)
        for (size_t b = 0; b < 5; b++) {
            rows_make(&d, &r, sizes[a], varieties[b]);
            for (size_t i = 40; b == 4 && i < sizes[a]; i += 40) { /* few among many */
                d.x[i] = d.x[i - 39];
                d.y[i] = d.y[i - 39];
                d.hash[i] = d.hash[i - 39];
            }
            uint64_t count = 0;
            for (size_t i = 0; i < sizes[a]; i++) {
                bool repeated = has_earlier(&d, i);
                expected[i] = (uint8_t)(d.flags[i] | (repeated ? HG_FLAG_DUPLICATE : 0));
                count += repeated;
            }
            for (int f = 0; f < 2; f++) {
                uint64_t found = 99;
                for (size_t i = 0; i < sizes[a]; i++)
                    d.flags[i] &= HG_FLAG_HALO;
                assert_int_equal(flaggers[f](&d.in, d.hash, &found, NULL), HG_OK);
                assert_int_equal(found, count);
                assert_memory_equal(d.flags, expected, sizes[a]);
            }
        }
}

/* However few rows a turn takes. */
static void test_turns(void **state)
{
    (void)state;
    static rows d;
    static uint8_t expected[MOST], before[MOST];
    hg_random r = hg_random_seed(7, 0);
    const size_t turns[] = {1, 40, 700, MOST, 2 * MOST};
    rows_make(&d, &r, MOST, 60);
    memcpy(before, d.flags, MOST);
    uint64_t count = 0;
    for (size_t i = 0; i < MOST; i++) {
        bool repeated = has_earlier(&d, i);
        expected[i] = (uint8_t)(d.flags[i] | (repeated ? HG_FLAG_DUPLICATE : 0));
        count += repeated;
    }
    for (size_t t = 0; t < 5; t++) {
        uint64_t found = 99;
        memcpy(d.flags, before, MOST);
        assert_int_equal(hg_flag_duplicates_by_turns(&d.in, d.hash, turns[t], &found, NULL), HG_OK);
        assert_int_equal(found, count);
        assert_memory_equal(d.flags, expected, MOST);
    }
}

/* Nothing is flagged by a search that failed, in whichever turn. */
static void test_failing_turns(void **state)
{
    (void)state;
    enum { FEW = 200 };
    static rows d;
    static uint8_t before[FEW];
    hg_random r = hg_random_seed(8, 0);
    rows_make(&d, &r, FEW, 6);
    memcpy(before, d.flags, FEW);
    bool worked = false;
    for (uint64_t n = 1; n < 20000 && !worked; n++) {
        uint64_t found = 99;
        hg_memory_fail_at(n);
        hg_status s = hg_flag_duplicates_by_turns(&d.in, d.hash, 20, &found, NULL);
        worked = hg_memory_count() < n;
        hg_memory_fail_at(0);
        assert_true(s == HG_ENOMEM || (s == HG_OK && found < FEW));
        if (s == HG_ENOMEM)
            assert_memory_equal(d.flags, before, FEW);
    }
    assert_true(worked);
}

/* Equal hashes with other coordinates, and equal coordinates with other hashes, are no duplicates.
 */
static void test_verified(void **state)
{
    (void)state;
    static rows d;
    d.in = (hg_incidents){.n = MOST, .x = d.x, .y = d.y, .flags = d.flags, .streams = 1};
    memset(d.flags, 0, sizeof d.flags);
    for (size_t i = 0; i < MOST; i++) {
        d.x[i] = i % 2 ? (double)i : 7;
        d.y[i] = 1;
        d.hash[i] = i % 2 ? 5 : i;
    }
    uint64_t found = 99;
    assert_int_equal(hg_flag_duplicates(&d.in, d.hash, &found, NULL), HG_OK);
    assert_int_equal(found, 0);

    /* Hash up by one, y down by one unit in the last place: the sum the search goes by is equal. */
    for (size_t i = 0; i < MOST; i++) {
        uint64_t bits = 0x4000000000000000u - i;
        memcpy(&d.y[i], &bits, sizeof bits);
        d.x[i] = 7;
        d.hash[i] = 5 + i;
    }
    assert_int_equal(hg_flag_duplicates(&d.in, d.hash, &found, NULL), HG_OK);
    assert_int_equal(found, 0);
}

static void test_flags_are_made(void **state)
{
    (void)state;
    double x[] = {1, 1, 2}, y[] = {1, 1, 2};
    uint64_t hash[] = {3, 3, 3}, found;
    hg_incidents in = {.n = 3, .x = x, .y = y, .streams = 1};
    assert_int_equal(hg_flag_duplicates(&in, hash, &found, NULL), HG_OK);
    assert_int_equal(found, 1);
    assert_memory_equal(in.flags, ((uint8_t[]){0, HG_FLAG_DUPLICATE, 0}), 3);
    hg_free(in.flags);
}

/* Several pieces of work, a few duplicates far apart among rows that share nothing but their slots. */
static void test_few_among_many(void **state)
{
    (void)state;
    enum { N = 100000, TWINS = 40 };
    double *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
    uint64_t *hash = malloc(N * sizeof *hash), found = 99;
    hg_random r = hg_random_seed(4, 4);
    for (size_t i = 0; i < N; i++) {
        x[i] = hg_random_unit(&r);
        y[i] = hg_random_unit(&r);
        hash[i] = i; /* as even as can be */
    }
    hg_incidents in = {.n = N, .x = x, .y = y, .streams = 1};
    assert_int_equal(hg_flag_repeated_rows(&in, hash, &found, NULL), HG_OK);
    assert_int_equal(found, 0);
    assert_null(in.flags);
    for (size_t k = 0; k < TWINS; k++) {
        size_t from = 2 * k, to = N - 1 - 1000 * k;
        x[to] = x[from];
        y[to] = y[from];
        hash[to] = hash[from];
    }
    assert_int_equal(hg_flag_repeated_rows(&in, hash, &found, NULL), HG_OK);
    assert_int_equal(found, TWINS);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(in.flags[i] != 0, i >= N - 1000 * TWINS && (N - 1 - i) % 1000 == 0);
    hg_free(in.flags);
    free(x);
    free(y);
    free(hash);
}

typedef struct keyed {
    uint64_t key;
    uint32_t with;
} keyed;

static int compare_keyed(const void *pa, const void *pb)
{
    const keyed *a = pa, *b = pb;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->with > b->with) - (a->with < b->with);
}

static void test_radix_sort(void **state)
{
    (void)state;
    enum { N = 150000 };
    uint64_t *key = malloc(N * sizeof *key), *bare = malloc(N * sizeof *bare);
    uint32_t *with = malloc(N * sizeof *with);
    keyed *expected = malloc(N * sizeof *expected);
    hg_random r = hg_random_seed(1, 2);
    const uint64_t masks[] = {UINT64_MAX, 0, 0xff, 0xf00000000000000fu, 0x00000fff00000000u, 1};
    for (size_t round = 0; round < 12; round++) {
        size_t n = round < 6 ? N : hg_random_below(&r, 40);
        for (size_t i = 0; i < n; i++) {
            bare[i] = key[i] = hg_random_u64(&r) & masks[round % 6];
            with[i] = (uint32_t)i;
            expected[i] = (keyed){key[i], with[i]};
        }
        qsort(expected, n, sizeof *expected, compare_keyed);
        int threads = 1 + (int)(round % 3);
        assert_int_equal(hg_radix_sort(key, with, n, threads, NULL), HG_OK);
        assert_int_equal(hg_radix_sort(bare, NULL, n, threads, NULL), HG_OK);
        for (size_t i = 0; i < n; i++)
            assert_true(key[i] == expected[i].key && with[i] == expected[i].with &&
                        bare[i] == key[i]);
    }
    free(key);
    free(bare);
    free(with);
    free(expected);
}

/* Threads come and go with the processors here, so that only the outcome is checked. */
static void sweep(flagger flag)
{
    double x[] = {1, 1, 2}, y[] = {1, 1, 2};
    uint64_t hash[] = {3, 3, 3};
    bool worked = false;
    for (uint64_t n = 1; n < 5000 && !worked; n++) {
        uint64_t found = 99;
        hg_incidents in = {.n = 3, .x = x, .y = y, .streams = 1};
        hg_memory_fail_at(n);
        hg_status s = flag(&in, hash, &found, NULL);
        worked = hg_memory_count() < n;
        hg_memory_fail_at(0);
        assert_true(s == HG_ENOMEM || (s == HG_OK && found == 1));
        if (s != HG_OK) {
            assert_int_equal(found, 99);
            assert_null(in.flags);
        }
        hg_free(in.flags);
    }
    assert_true(worked);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    sweep(hg_flag_duplicates);
    sweep(hg_flag_repeated_rows);
}

static hg_status sort_once(void *context, hg_error *err)
{
    enum { N = 100 }; /* more than are sorted in place */
    uint64_t key[N];
    uint32_t with[N];
    (void)context;
    for (uint32_t i = 0; i < N; i++) {
        key[i] = i * 37 % N;
        with[i] = i;
    }
    return hg_radix_sort(key, with, N, 1, err);
}

static void test_radix_allocation_failures(void **state)
{
    (void)state;
    sweep_allocations(sort_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_all_pairs),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_failing_turns),
        cmocka_unit_test(test_verified),
        cmocka_unit_test(test_flags_are_made),
        cmocka_unit_test(test_few_among_many),
        cmocka_unit_test(test_radix_sort),
        cmocka_unit_test(test_allocation_failures),
        cmocka_unit_test(test_radix_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
