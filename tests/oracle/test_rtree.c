/* The packed R-tree against SQLite's own checker and against brute force. */
#include "io/rtree.h"
#include "base/random.h"
#include "io/sql.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { QUERIES = 25 };

static sqlite3 *open_with_rtree(void)
{
    sqlite3 *db = NULL;
    hg_error err = {0};
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    hg_status s = hg_sql_exec(
        db, "memory", "CREATE VIRTUAL TABLE \"t \"\"x\" USING rtree(id, minx, maxx, miny, maxy)",
        &err);
    if (s != HG_OK)
        fail_msg("%s", err.message);
    return db;
}

/* Boxes of every kind: points, slivers, far from the origin, and many at the same place. */
static hg_rtree_entry *make_entries(size_t n)
{
    hg_rtree_entry *e = calloc(n + 1, sizeof *e);
    hg_random r = hg_random_seed(7, n);
    assert_non_null(e);
    for (size_t i = 0; i < n; i++) {
        double x = 415000 + 20000 * hg_random_unit(&r), y = 2443000 + 20000 * hg_random_unit(&r);
        if (i % 7 == 0) {
            x = 420000;
            y = -2440000.3;
        }
        double w = i % 3 ? 0 : 100 * hg_random_unit(&r), h = i % 5 ? 0 : 50 * hg_random_unit(&r);
        e[i] = (hg_rtree_entry){(int64_t)(3 * i + 1), x, x + w, y, y + h};
    }
    return e;
}

static void check_with_sqlite(sqlite3 *db, size_t n)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT rtreecheck('t \"x')", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *said = (const char *)sqlite3_column_text(stmt, 0);
    if (strcmp(said, "ok") != 0)
        fail_msg("%zu entries: rtreecheck expected ok, obtained %s", n, said);
    sqlite3_finalize(stmt);
}

static float outward(double v, float towards)
{
    float f = (float)v;
    bool inside = towards < 0 ? (double)f > v : (double)f < v;
    return inside ? nextafterf(f, towards) : f;
}

/* The same question, asked of every entry rounded outward as stored. */
static int64_t count_by_force(const hg_rtree_entry *e, size_t n, const double q[4], int64_t *sum)
{
    int64_t count = 0;
    *sum = 0;
    for (size_t i = 0; i < n; i++)
        if ((double)outward(e[i].min_x, -INFINITY) <= q[1] &&
            (double)outward(e[i].max_x, INFINITY) >= q[0] &&
            (double)outward(e[i].min_y, -INFINITY) <= q[3] &&
            (double)outward(e[i].max_y, INFINITY) >= q[2]) {
            count++;
            *sum += e[i].id;
        }
    return count;
}

static void check_queries(sqlite3 *db, const hg_rtree_entry *e, size_t n)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT count(*), coalesce(sum(id), 0) FROM \"t \"\"x\" "
                                        "WHERE minx <= ?2 AND maxx >= ?1 AND miny <= ?4 AND maxy "
                                        ">= ?3",
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    hg_random r = hg_random_seed(8, n);
    for (int k = 0; k < QUERIES; k++) {
        double x = 415000 + 20000 * hg_random_unit(&r), y = 2443000 + 20000 * hg_random_unit(&r);
        double size = k % 2 ? 300 : 5000;
        double q[4] = {(double)(float)x, (double)(float)(x + size), (double)(float)y,
                       (double)(float)(y + size)};
        if (k == 0)
            q[0] = -1e7, q[1] = 1e7, q[2] = -1e7, q[3] = 1e7;
        for (int i = 0; i < 4; i++)
            sqlite3_bind_double(stmt, i + 1, q[i]);
        int64_t sum = 0, count = count_by_force(e, n, q, &sum);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        if (sqlite3_column_int64(stmt, 0) != count || sqlite3_column_int64(stmt, 1) != sum)
            fail_msg("%zu entries, query %d: expected %lld entries, obtained %lld", n, k,
                     (long long)count, (long long)sqlite3_column_int64(stmt, 0));
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
}

static const size_t SIZES[] = {0, 1, 50, 51, 52, 102, 103, 2601, 2602, 100000};

static void packed_tree_answers_like_brute_force(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        size_t n = SIZES[i];
        sqlite3 *db = open_with_rtree();
        hg_rtree_entry *e = make_entries(n);
        hg_error err = {0};
        if (hg_rtree_pack(db, "memory", "t \"x", e, n, &err) != HG_OK)
            fail_msg("%zu entries: %s", n, err.message);
        check_with_sqlite(db, n);
        check_queries(db, e, n);
        free(e);
        sqlite3_close(db);
    }
}

/* What SQLite does to a tree of its own making must work on a packed one. */
static void packed_tree_takes_inserts_and_deletes(void **state)
{
    (void)state;
    enum { N = 2602 };
    sqlite3 *db = open_with_rtree();
    hg_rtree_entry *e = make_entries(N);
    hg_error err = {0};
    assert_int_equal(hg_rtree_pack(db, "memory", "t \"x", e, N, &err), HG_OK);
    assert_int_equal(hg_sql_exec(db, "memory",
                                 "INSERT INTO \"t \"\"x\" VALUES (1000000, 1, 2, 3, 4);"
                                 "DELETE FROM \"t \"\"x\" WHERE id % 2 = 0 AND id < 1000000",
                                 &err),
                     HG_OK);
    check_with_sqlite(db, N);
    int64_t left = 0;
    assert_int_equal(
        hg_sql_number(db, "memory", "SELECT count(*) FROM \"t \"\"x\"", 0, &left, &err), HG_OK);
    assert_int_equal(left, N / 2 + 1);
    free(e);
    sqlite3_close(db);
}

static void packing_replaces_what_was_there(void **state)
{
    (void)state;
    sqlite3 *db = open_with_rtree();
    hg_rtree_entry *e = make_entries(2602);
    hg_error err = {0};
    assert_int_equal(hg_rtree_pack(db, "memory", "t \"x", e, 2602, &err), HG_OK);
    assert_int_equal(hg_rtree_pack(db, "memory", "t \"x", e, 60, &err), HG_OK);
    check_with_sqlite(db, 60);
    check_queries(db, e, 60);
    free(e);
    sqlite3_close(db);
}

/* A planted fault: the checker must notice a box that does not hold its children. */
static void checker_bites(void **state)
{
    (void)state;
    sqlite3 *db = open_with_rtree();
    hg_rtree_entry *e = make_entries(103);
    hg_error err = {0};
    assert_int_equal(hg_rtree_pack(db, "memory", "t \"x", e, 103, &err), HG_OK);
    assert_int_equal(
        hg_sql_exec(db, "memory", "UPDATE \"t \"\"x_rowid\" SET nodeno = 2 WHERE nodeno = 3", &err),
        HG_OK);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT rtreecheck('t \"x')", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_not_equal((const char *)sqlite3_column_text(stmt, 0), "ok");
    sqlite3_finalize(stmt);
    free(e);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_tree_answers_like_brute_force),
        cmocka_unit_test(packed_tree_takes_inserts_and_deletes),
        cmocka_unit_test(packing_replaces_what_was_there),
        cmocka_unit_test(checker_bites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
