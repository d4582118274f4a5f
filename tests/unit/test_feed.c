/* Rows that SQLite fetches from memory: what arrives, and what happens when a row fails. */
#include "io/feed.h"
#include "base/memory.h"
#include "io/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { NEVER = -1 };

typedef struct numbers {
    int64_t fail_at, cancel_at;
    hg_control *control;
    size_t asked;
} numbers;

/* id, a text of one letter, a blob of one byte, half the row; every third row has nothing but its
 * id. */
static hg_status number_value(void *payload, size_t row, int column, sqlite3_context *out,
                              hg_error *err)
{
    static const char letters[] = "abcdefg";
    numbers *n = payload;
    n->asked++;
    if ((int64_t)row == n->fail_at)
        return hg_fail(err, HG_EDATA, "row %zu is bad", row + 1);
    if ((int64_t)row == n->cancel_at)
        atomic_store(&n->control->cancelled, true);
    if (column == 0)
        sqlite3_result_int64(out, (sqlite3_int64)row + 1);
    else if (row % 3 == 2)
        return HG_OK;
    else if (column == 1)
        sqlite3_result_text(out, letters + row % 7, 1, SQLITE_STATIC);
    else if (column == 2)
        sqlite3_result_blob(out, letters + row % 7, 1, SQLITE_STATIC);
    else
        sqlite3_result_double(out, (double)row / 2);
    return HG_OK;
}

static sqlite3 *open_memory(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TABLE \"a \"\"b\" (id INTEGER PRIMARY KEY AUTOINCREMENT,"
                                  "t TEXT, b BLOB, x REAL); BEGIN",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    return db;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    hg_error err = {0};
    int64_t n = -1;
    if (hg_sql_number(db, "memory", sql, -1, &n, &err) != HG_OK)
        fail_msg("%s", err.message);
    return n;
}

static void expect(sqlite3 *db, const char *sql, int64_t expected)
{
    int64_t got = ask(db, sql);
    if (got != expected)
        fail_msg("%s: expected %lld, obtained %lld", sql, (long long)expected, (long long)got);
}

static hg_feed make_feed(numbers *n, size_t rows)
{
    return (hg_feed){
        .rows = rows, .columns = 4, .value = number_value, .payload = n, .control = n->control};
}

static void rows_arrive_in_order_with_their_nulls(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    numbers n = {.fail_at = NEVER, .cancel_at = NEVER};
    hg_feed feed = make_feed(&n, 20000);
    hg_error err = {0};
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, &err), HG_OK);
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 20000);
    expect(db, "SELECT min(id) * 100000 + max(id) FROM \"a \"\"b\"", 120000);
    expect(db, "SELECT count(*) FROM \"a \"\"b\" WHERE t IS NULL AND b IS NULL AND x IS NULL",
           20000 / 3);
    expect(db,
           "SELECT count(*) FROM \"a \"\"b\" WHERE t = substr('abcdefg', (id - 1) % 7 + 1, 1) AND "
           "cast(b AS TEXT) = t AND x * 2 = id - 1 AND typeof(t) = 'text' AND typeof(b) = 'blob'",
           20000 - 20000 / 3);
    expect(db, "SELECT seq FROM sqlite_sequence", 20000);
    sqlite3_close(db);
}

static void columns_may_be_named_in_another_order(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    numbers n = {.fail_at = NEVER, .cancel_at = NEVER};
    hg_feed feed = make_feed(&n, 2);
    hg_error err = {0};
    feed.columns = 2;
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\" (x, t)", &feed, &err), HG_OK);
    expect(db, "SELECT count(*) FROM \"a \"\"b\" WHERE x = id AND t = char(96 + id)", 2);
    sqlite3_close(db);
}

static void no_rows_leave_the_table_as_it_was(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    numbers n = {.fail_at = NEVER, .cancel_at = NEVER};
    hg_feed feed = make_feed(&n, 0);
    hg_error err = {0};
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, &err), HG_OK);
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 0);
    expect(db, "SELECT count(*) FROM sqlite_sequence", 0);
    sqlite3_close(db);
}

static void failure_of_a_row_is_said_in_its_own_words(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    numbers n = {.fail_at = 9000, .cancel_at = NEVER};
    hg_feed feed = make_feed(&n, 20000);
    hg_error err = {0};
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, &err), HG_EDATA);
    assert_string_equal(err.message, "row 9001 is bad");
    assert_true(n.asked < 40000);
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 0);
    n.fail_at = NEVER; /* the connection is as good as before */
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, NULL), HG_OK);
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 20000);
    sqlite3_close(db);
}

static void failure_of_the_table_is_said(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    numbers n = {.fail_at = NEVER, .cancel_at = NEVER};
    hg_feed feed = make_feed(&n, 10);
    hg_error err = {0};
    assert_int_equal(sqlite3_exec(db, "INSERT INTO \"a \"\"b\" (id) VALUES (5)", 0, 0, 0), 0);
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, &err), HG_EFAIL);
    if (!strstr(err.message, "UNIQUE"))
        fail_msg("expected the repeated key to be named, obtained: %s", err.message);
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 1);
    assert_int_equal(hg_feed_insert(db, "memory", "nowhere", &feed, &err), HG_EFAIL);
    sqlite3_close(db);
}

static void cancel_stops_within_a_few_thousand_rows(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    hg_control control = {0};
    numbers n = {.fail_at = NEVER, .cancel_at = 100, .control = &control};
    hg_feed feed = make_feed(&n, 1000000);
    hg_error err = {0};
    assert_int_equal(hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, &err), HG_ECANCELLED);
    if (n.asked > 4 * 10000)
        fail_msg("expected at most 40000 cells to be asked for, obtained %zu", n.asked);
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 0);
    sqlite3_close(db);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sqlite3 *db = open_memory();
    numbers n = {.fail_at = NEVER, .cancel_at = NEVER};
    hg_feed feed = make_feed(&n, 3);
    hg_status s = HG_ENOMEM;
    for (uint64_t at = 1; s != HG_OK; at++) {
        hg_error err = {0};
        hg_memory_fail_at(at);
        s = hg_feed_insert(db, "memory", "\"a \"\"b\"", &feed, &err);
        hg_memory_fail_at(0);
        if (s != HG_OK && s != HG_ENOMEM)
            fail_msg("allocation %llu: expected no memory, obtained: %s", (unsigned long long)at,
                     err.message);
        assert_true(at < 100);
    }
    expect(db, "SELECT count(*) FROM \"a \"\"b\"", 3);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_arrive_in_order_with_their_nulls),
        cmocka_unit_test(columns_may_be_named_in_another_order),
        cmocka_unit_test(no_rows_leave_the_table_as_it_was),
        cmocka_unit_test(failure_of_a_row_is_said_in_its_own_words),
        cmocka_unit_test(failure_of_the_table_is_said),
        cmocka_unit_test(cancel_stops_within_a_few_thousand_rows),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
