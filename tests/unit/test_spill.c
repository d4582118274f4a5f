/* Blocks beyond the budget: they hold what memory holds, leave no name behind, and say why where they fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/spill.h"
#include "base/threads.h"
#include "tests/support/sweep.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BUDGET = 3 << 20, WORDS = 1 << 20 }; /* 2 MB of memory; a block of 8 MB */

static size_t names_in(const char *folder)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2; /* . and .. */
}

static void fill(uint64_t *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        p[i] = i * 0x9e3779b97f4a7c15u;
}

static void expect_filled(const uint64_t *p, size_t n)
{
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++)
        wrong += p[i] != i * 0x9e3779b97f4a7c15u;
    assert_int_equal(wrong, 0);
}

static void test_values(void **state)
{
    char *folder = *state;
    uint64_t before = hg_spill_bytes();
    assert_int_equal(hg_spill_begin(BUDGET, folder, NULL), HG_OK);
    uint64_t *small = hg_malloc(1000, sizeof *small), *p = hg_malloc(WORDS, sizeof *p);
    uint64_t *zeros = hg_calloc(WORDS, sizeof *zeros), *aligned = hg_malloc_aligned(WORDS, sizeof *aligned);
    assert_true(small && p && zeros && aligned);
    assert_true(hg_spill_bytes() - before >= 3 * sizeof *p * WORDS);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    fill(p, 0, WORDS);
    fill(aligned, 0, WORDS);
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(zeros[i], 0);
    p = hg_realloc(p, 4 * WORDS, sizeof *p); /* larger, then smaller */
    fill(p, WORDS, 4 * WORDS);
    expect_filled(p, 4 * WORDS);
    p = hg_realloc(p, WORDS / 2, sizeof *p);
    expect_filled(p, WORDS / 2);
    expect_filled(aligned, WORDS);
    assert_int_equal(names_in(folder), 0);
    hg_free(small);
    hg_free(p);
    hg_free(zeros);
    hg_spill_end();
    expect_filled(aligned, WORDS); /* outlives the budget */
    hg_free(aligned);
}

/* An array that doubles moves from memory into a file on its way. */
static void test_growing(void **state)
{
    assert_int_equal(hg_spill_begin(BUDGET, *state, NULL), HG_OK);
    uint64_t before = hg_spill_bytes();
    uint64_t *p = NULL;
    size_t capacity = 0, n = 0;
    for (size_t next = 1000; next < 2 * WORDS; n = next, next = next * 3 / 2) {
        p = hg_grow(p, &capacity, next, sizeof *p);
        assert_non_null(p);
        fill(p, n, next);
    }
    expect_filled(p, n);
    assert_true(hg_spill_bytes() > before);
    hg_free(p);
    hg_spill_end();
}

/* What is freed is free again: blocks of half the budget follow each other in memory. */
static void test_budget_is_given_back(void **state)
{
    assert_int_equal(hg_spill_begin((uint64_t)30 << 20, *state, NULL), HG_OK);
    uint64_t before = hg_spill_bytes();
    for (int i = 0; i < 20; i++) {
        uint64_t *p = hg_malloc(WORDS, sizeof *p);
        p = hg_realloc(p, 2 * WORDS, sizeof *p);
        assert_non_null(p);
        hg_free(p);
    }
    assert_int_equal(hg_spill_bytes(), before);
    uint64_t *a = hg_malloc(2 * WORDS, sizeof *a), *b = hg_malloc(WORDS, sizeof *b);
    assert_true(a && b);
    assert_int_equal(hg_spill_bytes() - before, WORDS * sizeof *b);
    hg_free(a);
    hg_free(b);
    hg_spill_end();
}

static void test_without_budget(void **state)
{
    (void)state;
    uint64_t before = hg_spill_bytes();
    uint64_t *p = hg_malloc(4 * WORDS, sizeof *p);
    assert_non_null(p);
    assert_int_equal(hg_spill_bytes(), before);
    hg_free(p);
}

/* Many times what may be resident goes through the blocks and comes back whole. */
static void test_pages_come_back(void **state)
{
    enum { BLOCKS = 12 };
    uint64_t *p[BLOCKS];
    assert_int_equal(hg_spill_begin(BUDGET, *state, NULL), HG_OK);
    for (int k = 0; k < BLOCKS; k++) {
        p[k] = hg_malloc(WORDS, sizeof **p);
        assert_non_null(p[k]);
        fill(p[k], 0, WORDS);
    }
    for (int k = 0; k < BLOCKS; k++) {
        expect_filled(p[k], WORDS);
        hg_free(p[k]);
    }
    hg_spill_end();
}

static hg_status use_blocks(void *context, size_t i, hg_error *err)
{
    (void)context;
    size_t n = WORDS / 4 + i * 1000;
    uint64_t *p = hg_malloc(n, sizeof *p), *q = hg_calloc(n, sizeof *q);
    if (!p || !q)
        return hg_fail_memory(err);
    fill(p, 0, n / 2);
    p = hg_realloc(p, 2 * n, sizeof *p);
    fill(p, n / 2, 2 * n);
    expect_filled(p, 2 * n);
    hg_free(q);
    hg_free(p);
    return HG_OK;
}

static void test_threads(void **state)
{
    assert_int_equal(hg_spill_begin(BUDGET, *state, NULL), HG_OK);
    assert_int_equal(hg_parallel(40, 4, use_blocks, NULL, NULL), HG_OK);
    hg_spill_end();
}

static void expect_failure(const char *folder, const char *why)
{
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_spill_begin(BUDGET, folder, NULL), HG_OK);
    assert_null(hg_malloc(WORDS, sizeof(uint64_t)));
    assert_int_equal(hg_fail_memory(&err), HG_EIO);
    if (!strstr(err.message, why) || !strstr(err.message, folder))
        print_message("expected %s and %s in: %s\n", folder, why, err.message);
    assert_non_null(strstr(err.message, why));
    assert_non_null(strstr(err.message, folder));
    assert_int_equal(hg_fail_memory(&err), HG_ENOMEM); /* said once */
    hg_spill_end();
}

static void test_no_folder(void **state)
{
    (void)state;
    expect_failure("/nowhere/at/all", "No such file or directory");
}

static void test_no_room(void **state)
{
    struct rlimit before, little = {1 << 20, 1 << 20};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN); /* as the command does */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    expect_failure(*state, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(names_in(*state), 0);
}

/* A block that cannot grow stays as it was. */
static void test_no_room_to_grow(void **state)
{
    struct rlimit before, little;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = (struct rlimit){sizeof(uint64_t) * WORDS, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(hg_spill_begin(BUDGET, *state, NULL), HG_OK);
    uint64_t *p = hg_malloc(WORDS, sizeof *p);
    assert_non_null(p);
    fill(p, 0, WORDS);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_null(hg_realloc(p, 2 * WORDS, sizeof *p));
    assert_int_equal(hg_fail_memory(NULL), HG_EIO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    expect_filled(p, WORDS);
    hg_free(p);
    hg_spill_end();
}

static hg_status make_and_free(void *context, hg_error *err)
{
    (void)context;
    uint64_t *p = hg_malloc(WORDS, sizeof *p), *q = p ? hg_realloc(p, 2 * WORDS, sizeof *q) : NULL;
    uint64_t *r = q ? hg_calloc(WORDS, sizeof *r) : NULL;
    hg_status status = r ? HG_OK : hg_fail_memory(err);
    hg_free(r);
    hg_free(q ? q : p);
    return status;
}

static void test_allocation_failures(void **state)
{
    assert_int_equal(hg_spill_begin(BUDGET, *state, NULL), HG_OK);
    sweep_allocations(make_and_free, NULL);
    hg_spill_end();
}

static void test_default_budget(void **state)
{
    const char *sanitizer = getenv("HOTGRID_SANITIZE");
    struct rlimit before, data;
    if (sanitizer && *sanitizer) /* whose own memory is beyond that limit */
        skip();
    assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
    data = (struct rlimit){(rlim_t)1 << 30, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_DATA, &data), 0);
    assert_int_equal(hg_spill_begin(0, *state, NULL), HG_OK); /* two thirds of three quarters: half a GiB */
    assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
    uint64_t at = hg_spill_bytes();
    void *most = hg_malloc((size_t)511 << 20, 1);
    assert_true(most && hg_spill_bytes() == at);
    hg_free(most);
    most = hg_malloc((size_t)513 << 20, 1);
    assert_true(most && hg_spill_bytes() > at);
    hg_free(most);
    hg_spill_end();
}

static int make_folder(void **state)
{
    static char folder[] = "/tmp/hotgrid_test_XXXXXX";
    unsetenv("TMPDIR");
    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

/* Fails where anything is left in it. */
static int remove_folder(void **state)
{
    return rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_growing),
        cmocka_unit_test(test_budget_is_given_back),
        cmocka_unit_test(test_without_budget),
        cmocka_unit_test(test_pages_come_back),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_no_room_to_grow),
        cmocka_unit_test(test_allocation_failures),
        cmocka_unit_test(test_default_budget),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
