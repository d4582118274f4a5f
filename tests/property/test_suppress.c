/*
 * What is withheld stays unknown: on small tables every other table with the same published
 * entries, in which each withheld entry is at least 1, is searched (within one of the true counts),
 * and each withheld entry must take another value in one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/suppress.h"
#include "tests/support/sweep.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS_MAX = 4,
    COLUMNS_MAX = 4,
    GROUPS_MAX = 2,
    CELLS_MAX = 16,
    ENTRIES_MAX = 64,
    FREE_MAX = 11
};

/* All entries of a table in one list: cells, row totals, column totals, group cells, group totals,
 * grand. */
typedef struct list {
    int64_t value[ENTRIES_MAX];
    bool withheld[ENTRIES_MAX];
    size_t n;
    bool zeros_too;
    int64_t below;
} list;

static void list_values(const hg_suppress_table *t, const int64_t *cell, list *l)
{
    size_t rows = t->rows, columns = t->columns, groups = t->group ? t->groups : 0;
    size_t row = rows * columns, column = row + rows, group_cell = column + columns;
    size_t group = group_cell + groups * columns, grand = group + groups;
    memset(l->value, 0, sizeof l->value);
    l->n = grand + 1;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            int64_t v = cell[r * columns + c];
            l->value[r * columns + c] = v;
            l->value[row + r] += v;
            l->value[column + c] += v;
            l->value[grand] += v;
            if (groups > 0) {
                l->value[group_cell + t->group[r] * columns + c] += v;
                l->value[group + t->group[r]] += v;
            }
        }
}

static void list_withheld(const hg_suppress_table *t, const hg_suppressed *s, list *l)
{
    size_t groups = t->group ? t->groups : 0, n = 0;
    for (size_t i = 0; i < t->rows * t->columns; i++)
        l->withheld[n++] = s->cell[i];
    for (size_t i = 0; i < t->rows; i++)
        l->withheld[n++] = s->row_total[i];
    for (size_t i = 0; i < t->columns; i++)
        l->withheld[n++] = s->column_total[i];
    for (size_t i = 0; i < groups * t->columns; i++)
        l->withheld[n++] = s->group_cell[i];
    for (size_t i = 0; i < groups; i++)
        l->withheld[n++] = s->group_total[i];
    l->withheld[n++] = s->grand_total;
}

/* What a reader takes a withheld entry to be: at least 1; where zeros are withheld too, small if it is. */
static bool is_possible(const list *truth, size_t i, int64_t value)
{
    if (!truth->zeros_too)
        return value >= 1;
    return value >= 0 && (truth->value[i] >= truth->below || value < truth->below);
}

/* Whether the other table could be the true one, as far as is published; marks what differs. */
static void compare(const list *truth, const list *other, bool *differs)
{
    for (size_t i = 0; i < truth->n; i++)
        if (truth->withheld[i] ? !is_possible(truth, i, other->value[i]) : other->value[i] != truth->value[i])
            return;
    for (size_t i = 0; i < truth->n; i++)
        differs[i] = differs[i] || other->value[i] != truth->value[i];
}

/* Entries that are withheld yet determined; SIZE_MAX if there are too many tables to search. */
static size_t count_determined(const hg_suppress_table *t, const list *truth)
{
    size_t place[CELLS_MAX], n = 0, cells = t->rows * t->columns, tables = 1;
    int64_t cell[CELLS_MAX];
    bool differs[ENTRIES_MAX] = {false};
    for (size_t i = 0; i < cells; i++) {
        cell[i] = truth->value[i];
        if (truth->withheld[i])
            place[n++] = i;
    }
    if (n > FREE_MAX)
        return SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        tables *= 3;
    for (size_t number = 0; number < tables; number++) {
        list other;
        size_t rest = number;
        for (size_t i = 0; i < n; i++, rest /= 3)
            cell[place[i]] = truth->value[place[i]] + (int64_t)(rest % 3) - 1;
        list_values(t, cell, &other);
        compare(truth, &other, differs);
    }
    size_t determined = 0;
    for (size_t i = 0; i < truth->n; i++)
        determined += truth->withheld[i] && !differs[i] &&
                      (!truth->zeros_too || (truth->value[i] > 0 && truth->value[i] < truth->below));
    return determined;
}

static list list_of(const hg_suppress_table *t, uint64_t below, const hg_suppressed *s)
{
    list l = {.zeros_too = t->zeros_too, .below = (int64_t)below};
    int64_t cell[CELLS_MAX];
    for (size_t i = 0; i < t->rows * t->columns; i++)
        cell[i] = (int64_t)t->count[i];
    list_values(t, cell, &l);
    list_withheld(t, s, &l);
    return l;
}

/* Small entries are withheld wherever they stand; zeros never, or always. */
static void check_small(const list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        assert_false(l->value[i] == 0 && l->withheld[i] != l->zeros_too);
        assert_true(l->value[i] == 0 || l->value[i] >= l->below || l->withheld[i]);
    }
}

static void search_random_tables(uint64_t seed, bool zeros_too)
{
    hg_random r = hg_random_seed(seed, 0);
    size_t searched = 0, withheld = 0;
    for (int i = 0; i < 4000; i++) {
        uint64_t count[CELLS_MAX], below = 2 + hg_random_below(&r, 5);
        uint32_t group[ROWS_MAX];
        hg_suppress_table t = {.rows = 1 + hg_random_below(&r, ROWS_MAX),
                               .columns = 1 + hg_random_below(&r, COLUMNS_MAX),
                               .count = count,
                               .zeros_too = zeros_too};
        uint64_t most = 1 + hg_random_below(&r, 20);
        for (size_t k = 0; k < t.rows * t.columns; k++)
            count[k] = hg_random_below(&r, 4) ? hg_random_below(&r, most + 1) : 0;
        for (size_t k = 0; k < t.rows; k++)
            group[k] = (uint32_t)hg_random_below(&r, GROUPS_MAX);
        if (hg_random_below(&r, 2)) {
            t.group = group;
            t.groups = GROUPS_MAX;
        }
        hg_suppressed s = {0};
        assert_int_equal(hg_suppress(&t, below, &s, NULL), HG_OK);
        list l = list_of(&t, below, &s);
        check_small(&l);
        size_t determined = count_determined(&t, &l);
        if (determined != SIZE_MAX) {
            assert_int_equal(determined, 0);
            searched++;
            withheld += s.further > 0;
        }
        hg_suppressed_dispose(&s);
    }
    assert_true(searched > (zeros_too ? 2000 : 3000) && withheld > 500);
}

static void test_random_tables(void **state)
{
    (void)state;
    search_random_tables(6, false);
}

static void test_zeros_too(void **state)
{
    (void)state;
    search_random_tables(7, true);
}

/* Three fives and nothing else: whoever knows that all are below 6 reads 15 as five each, so more goes. */
static void test_full_to_the_limit(void **state)
{
    (void)state;
    const uint64_t count[] = {5, 5, 5, 40, 30};
    hg_suppress_table t = {.rows = 5, .columns = 1, .count = count, .zeros_too = true};
    hg_suppressed s = {0};
    assert_int_equal(hg_suppress(&t, 6, &s, NULL), HG_OK);
    assert_true(s.cell[0] && s.cell[1] && s.cell[2] && s.cell[4] && !s.cell[3] && !s.column_total[0]);
    hg_suppressed_dispose(&s);
}

/* The search finds what small counts alone would reveal. */
static void test_search_bites(void **state)
{
    (void)state;
    const uint64_t count[] = {3, 10, 10, 10};
    bool cell[4] = {true, false, false, false}, none[4] = {false};
    hg_suppress_table t = {.rows = 2, .columns = 2, .count = count};
    hg_suppressed s = {.cell = cell, .row_total = none, .column_total = none};
    list l = list_of(&t, 6, &s);
    assert_int_equal(count_determined(&t, &l), 1);
}

/*
 * 3 among larger counts: the other corners of the cheapest rectangle through it go, here 6, 7 and
 * 8; a table without small counts loses nothing; 1 + 1 = 2 would be told by a row total of 2.
 */
static void test_by_hand(void **state)
{
    (void)state;
    const uint64_t count[] = {3, 6, 90, 7, 8, 90, 90, 90, 90};
    hg_suppress_table t = {.rows = 3, .columns = 3, .count = count};
    hg_suppressed s = {0};
    assert_int_equal(hg_suppress(&t, 6, &s, NULL), HG_OK);
    const bool expected[9] = {true, true, false, true, true, false, false, false, false};
    assert_memory_equal(s.cell, expected, sizeof expected);
    assert_int_equal(s.small, 1);
    assert_int_equal(s.further, 3);
    assert_false(s.grand_total || s.row_total[0] || s.column_total[0]);
    hg_suppressed_dispose(&s);
    assert_int_equal(hg_suppress(&t, 3, &s, NULL), HG_OK);
    assert_int_equal(s.small + s.further, 0);
    hg_suppressed_dispose(&s);
}

static void test_refused(void **state)
{
    (void)state;
    uint64_t count[] = {1, 2};
    const uint32_t group[] = {0, 2};
    hg_suppress_table t = {.rows = 2, .columns = 1, .count = count};
    hg_suppressed s = {0};
    assert_int_equal(hg_suppress(&t, 1, &s, NULL), HG_EUSAGE);
    t.group = group;
    t.groups = 2;
    assert_int_equal(hg_suppress(&t, 3, &s, NULL), HG_EDATA);
    t.group = NULL;
    count[0] = UINT64_MAX;
    assert_int_equal(hg_suppress(&t, 3, &s, NULL), HG_EDATA);
    t.rows = 0;
    assert_int_equal(hg_suppress(&t, 3, &s, NULL), HG_EUSAGE);
    assert_null(s.cell);
}

/* A year of days for 124 units in 7 districts, most counts small; the same whatever came before. */
static void test_large_table(void **state)
{
    (void)state;
    enum { UNITS = 124, DAYS = 365 };
    uint64_t *count = malloc(sizeof(uint64_t) * UNITS * DAYS);
    uint32_t group[UNITS];
    hg_random r = hg_random_seed(12, 0);
    for (size_t i = 0; i < UNITS * DAYS; i++)
        count[i] = hg_random_below(&r, 12);
    for (uint32_t u = 0; u < UNITS; u++)
        group[u] = u % 7;
    hg_suppress_table t = {
        .rows = UNITS, .columns = DAYS, .count = count, .group = group, .groups = 7};
    hg_suppressed s = {0};
    assert_int_equal(hg_suppress(&t, 6, &s, NULL), HG_OK);
    assert_true(s.small > UNITS * DAYS / 3);
    assert_true(s.further < s.small / 50);
    hg_suppressed_dispose(&s);
    free(count);
}

/* A county's squares, most of them nearly empty: what is withheld stays in its row, and it takes no time. */
static void test_many_squares(void **state)
{
    (void)state;
    enum { SQUARES = 40000, STREAMS = 4 };
    uint64_t *count = malloc(sizeof(uint64_t) * SQUARES * STREAMS);
    hg_random r = hg_random_seed(13, 0);
    for (size_t i = 0; i < SQUARES * STREAMS; i++)
        count[i] = hg_random_below(&r, 3) ? 0 : hg_random_below(&r, 15);
    hg_suppress_table t = {.rows = SQUARES, .columns = STREAMS, .count = count, .zeros_too = true};
    hg_suppressed s = {0};
    assert_int_equal(hg_suppress(&t, 6, &s, NULL), HG_OK);
    assert_false(s.grand_total);
    for (size_t i = 0; i < SQUARES; i++) { /* a sum that is told has no withheld count alone below it */
        size_t withheld = 0, small = 0;
        for (size_t c = 0; c < STREAMS; c++) {
            uint64_t n = count[i * STREAMS + c];
            withheld += s.cell[i * STREAMS + c];
            small += n > 0 && n < 6;
        }
        assert_true(s.row_total[i] || small == 0 || withheld > 1);
    }
    hg_suppressed_dispose(&s);
    free(count);
}

static hg_status run_suppress(void *context, hg_error *err)
{
    hg_suppressed s = {0};
    hg_status status = hg_suppress(context, 5, &s, err);
    hg_suppressed_dispose(&s);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    const uint64_t count[] = {3, 6, 90, 7, 8, 90, 90, 1, 90};
    const uint32_t group[] = {0, 1, 1};
    hg_suppress_table t = {.rows = 3, .columns = 3, .count = count, .group = group, .groups = 2};
    sweep_allocations(run_suppress, &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_tables),
        cmocka_unit_test(test_zeros_too),
        cmocka_unit_test(test_full_to_the_limit), cmocka_unit_test(test_search_bites),
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_large_table),   cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_many_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
