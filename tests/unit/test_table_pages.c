/*
 * Rows from pages against SQLite's own: databases of every page size with what a record may hold,
 * tables that must be refused or left, and files that are damaged.
 */
#include "io/table_pages.h"
#include "base/memory.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include "support/sweep.h"

#define TEST_FILE "t.sqlite"
#include "support/folder.h"

static const char *const columns[] = {"a", "b", "c"};

static void ok(hg_status s, const hg_error *err)
{
    if (s != HG_OK)
        fail_msg("expected ok, obtained: %s", err->message);
}

static sqlite3 *open_db(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

/* A connection that only reads leaves the files of a write-ahead log behind. */
static void forget_file(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        char name[112];
        snprintf(name, sizeof name, "%s%s", path, ends[k]);
        unlink(name);
    }
}

static void build(const char *sql)
{
    forget_file();
    sqlite3 *db = open_db();
    execute(db, sql);
    sqlite3_close(db);
}

static hg_table_pages *open_table(const char *table)
{
    hg_error err = {0};
    hg_table_pages *t = NULL;
    ok(hg_table_pages_open(path, table, columns, 3, &t, &err), &err);
    return t;
}

/* ------------------------------------------------------------------ in step with SQLite */

typedef struct check {
    sqlite3_stmt *stmt;
    int64_t leave_at; /* key at which the walk is broken off; 0 = nowhere */
    size_t rows;
} check;

static void same_value(sqlite3_stmt *stmt, int column, const hg_stored *v)
{
    static const int types[] = {[HG_STORED_NULL] = SQLITE_NULL,
                                [HG_STORED_INT] = SQLITE_INTEGER,
                                [HG_STORED_REAL] = SQLITE_FLOAT,
                                [HG_STORED_TEXT] = SQLITE_TEXT,
                                [HG_STORED_BLOB] = SQLITE_BLOB};
    assert_int_equal(sqlite3_column_type(stmt, column), types[v->type]);
    if (v->type == HG_STORED_INT)
        assert_int_equal(sqlite3_column_int64(stmt, column), v->i);
    if (v->type == HG_STORED_REAL)
        assert_true(sqlite3_column_double(stmt, column) == v->d);
    if (v->type != HG_STORED_TEXT && v->type != HG_STORED_BLOB)
        return;
    const void *bytes = v->type == HG_STORED_TEXT ? (const void *)sqlite3_column_text(stmt, column)
                                                  : sqlite3_column_blob(stmt, column);
    assert_int_equal(sqlite3_column_bytes(stmt, column), v->n);
    assert_true(v->n == 0 || memcmp(bytes, v->bytes, v->n) == 0);
}

static hg_status expect_row(void *context, int64_t key, const hg_stored *values, bool *leave,
                            hg_error *err)
{
    (void)err;
    check *c = context;
    if (c->leave_at && key >= c->leave_at) {
        *leave = true;
        return HG_OK;
    }
    assert_int_equal(sqlite3_step(c->stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int64(c->stmt, 0), key);
    for (int k = 0; k < 3; k++)
        same_value(c->stmt, k + 1, &values[k]);
    c->rows++;
    return HG_OK;
}

/* Walks from..to beside a query of SQLite; returns the rows passed, *next as the walk gives it. */
static size_t compare(const char *table, int64_t from, int64_t to, int64_t leave_at, bool *whole,
                      int64_t *next)
{
    hg_error err = {0};
    sqlite3 *db = open_db();
    hg_table_pages *t = open_table(table);
    char sql[160];
    snprintf(sql, sizeof sql,
             "SELECT rowid, a, +b, c FROM %s WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid", table);
    check c = {.leave_at = leave_at};
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &c.stmt, NULL), SQLITE_OK);
    sqlite3_bind_int64(c.stmt, 1, from);
    sqlite3_bind_int64(c.stmt, 2, to);
    assert_non_null(t);
    ok(hg_table_pages_walk(t, from, to, expect_row, &c, whole, next, &err), &err);
    if (*whole)
        assert_int_equal(sqlite3_step(c.stmt), SQLITE_DONE);
    sqlite3_finalize(c.stmt);
    sqlite3_close(db);
    hg_table_pages_free(t);
    return c.rows;
}

static size_t expect_whole(const char *table, int64_t from, int64_t to)
{
    bool whole = false;
    int64_t next;
    size_t rows = compare(table, from, to, 0, &whole, &next);
    assert_true(whole);
    return rows;
}

/* ------------------------------------------------------------------ what a record may hold */

static void bind_random(sqlite3_stmt *stmt, int at, hg_random *r, uint64_t longest)
{
    static const int64_t integers[] = {0,      1,           -1,         127,       -128,
                                       32767,  -8388608,    2147483647, -1e13,     INT64_MIN,
                                       -32769, INT64_MAX,   8388608,    140737e9,  2};
    static const double reals[] = {0.5, -0.0, 1e300, INFINITY, 3, NAN, 5e-324};
    uint64_t n = hg_random_below(r, 40) ? hg_random_below(r, 30) : hg_random_below(r, longest);
    char *text = hg_malloc(n + 1, 1);
    assert_non_null(text);
    for (uint64_t k = 0; k < n; k++)
        text[k] = (char)(hg_random_below(r, 256));
    switch (hg_random_below(r, 5)) {
    case 0:
        sqlite3_bind_null(stmt, at);
        break;
    case 1:
        sqlite3_bind_int64(stmt, at, integers[hg_random_below(r, 15)]);
        break;
    case 2:
        sqlite3_bind_double(stmt, at, reals[hg_random_below(r, 7)]);
        break;
    case 3:
        sqlite3_bind_text(stmt, at, text, (int)n, SQLITE_TRANSIENT);
        break;
    default:
        sqlite3_bind_blob(stmt, at, text, (int)n, SQLITE_TRANSIENT);
    }
    hg_free(text);
}

/* Keys at both ends of what there is, negative ones, in no order, with gaps. */
static void fill(sqlite3 *db, size_t rows, uint64_t longest)
{
    hg_random r = hg_random_seed(20, rows);
    sqlite3_stmt *stmt = NULL;
    execute(db, "BEGIN; CREATE TABLE other(x); CREATE TABLE t(k INTEGER PRIMARY KEY, skipped, a BLOB, b, c)");
    assert_int_equal(
        sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO t VALUES (?1, ?2, ?3, ?4, ?5)", -1, &stmt, NULL),
        SQLITE_OK);
    for (size_t i = 0; i < rows; i++) {
        int64_t key = i == 0   ? INT64_MIN
                      : i == 1 ? INT64_MAX
                               : (int64_t)(hg_random_below(&r, 4 * rows)) - (int64_t)rows;
        sqlite3_bind_int64(stmt, 1, key);
        for (int k = 2; k <= 5; k++)
            bind_random(stmt, k, &r, longest);
        assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
    execute(db, "INSERT INTO other SELECT randomblob(200) FROM t; DELETE FROM t WHERE k % 7 = 3; COMMIT");
}

static void build_file(int page_size, int reserved, int vacuum, size_t rows)
{
    char pragmas[96];
    forget_file();
    sqlite3 *db = open_db();
    sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    snprintf(pragmas, sizeof pragmas, "PRAGMA page_size = %d; PRAGMA auto_vacuum = %d",
             page_size, vacuum);
    execute(db, pragmas);
    fill(db, rows, 5 * (uint64_t)page_size);
    sqlite3_close(db);
}

static void rows_are_those_of_sqlite(void **state)
{
    (void)state;
    for (int size = 512; size <= 65536; size *= 2) {
        for (int k = 0; k < 2; k++) {
            build_file(size, k * 32, k, size < 8192 ? 6000 : 2000);
            size_t all = expect_whole("t", INT64_MIN, INT64_MAX), parts = 0;
            assert_true(all > 500);
            static const int64_t cuts[] = {INT64_MIN, INT64_MIN + 1, -900, -3, 0, 1, 2500, 3999, INT64_MAX};
            for (size_t c = 0; c + 1 < sizeof cuts / sizeof *cuts; c++)
                parts += expect_whole("t", cuts[c], cuts[c + 1] - 1);
            parts += expect_whole("t", INT64_MAX, INT64_MAX);
            assert_int_equal(parts, all);
            assert_int_equal(expect_whole("t", 5, 4), 0);
        }
    }
}

/* ------------------------------------------------------------------ what is left to SQLite */

static void unusual_tables_are_refused(void **state)
{
    (void)state;
    static const char *const odd[] = {
        "CREATE TABLE t(a TEXT PRIMARY KEY, b, c) WITHOUT ROWID; INSERT INTO t VALUES (1, 2, 3)",
        "CREATE TABLE u(a, b, c); CREATE VIEW t AS SELECT * FROM u",
        "CREATE TABLE t(a, b, c AS (a + b) VIRTUAL)",
        "CREATE TABLE t(a, b, c AS (a + b) STORED)",
        "CREATE TABLE t(a, b)",
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)",
        "CREATE VIRTUAL TABLE t USING rtree(a, b, c)",
        "CREATE TABLE u(a, b, c)",
        "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a, b, c)",
        "PRAGMA journal_mode = wal; CREATE TABLE t(a, b, c)",
        "PRAGMA user_version = 1",
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        build(odd[k]);
        hg_table_pages *t = open_table("t");
        if (t)
            fail_msg("taken: %s", odd[k]);
    }
    build("CREATE TABLE \"T 'x\" (C, B, A); INSERT INTO \"T 'x\" VALUES (1, 2, 3)");
    hg_table_pages *t = open_table("t 'X");
    assert_non_null(t);
    hg_table_pages_free(t);
}

static void short_records_are_left(void **state)
{
    (void)state;
    bool whole = true;
    int64_t next = 0;
    build("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2), (3, 4), (5, 6);"
          "ALTER TABLE t ADD COLUMN c DEFAULT 9; UPDATE t SET c = 1 WHERE rowid < 3");
    assert_int_equal(compare("t", 1, 10, 0, &whole, &next), 2);
    assert_false(whole);
    assert_int_equal(next, 3);
}

static void the_callback_may_leave_a_row(void **state)
{
    (void)state;
    bool whole = true;
    int64_t next = 0;
    build_file(1024, 0, 0, 3000);
    compare("t", -100, 5000, 700, &whole, &next);
    assert_false(whole);
    assert_true(next > 600 && next <= 700);
}

static void writers_wait(void **state)
{
    (void)state;
    build("CREATE TABLE t(a, b, c)");
    hg_table_pages *t = open_table("t");
    sqlite3 *db = open_db();
    assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (1, 2, 3)", NULL, NULL, NULL), SQLITE_BUSY);
    hg_table_pages_free(t);
    assert_int_equal(sqlite3_exec(db, "INSERT INTO t VALUES (1, 2, 3)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ------------------------------------------------------------------ damage */

typedef struct order {
    int64_t from, to, last;
    size_t rows, sum;
} order;

/* Touches every byte, for the address sanitizer. */
static hg_status expect_order(void *context, int64_t key, const hg_stored *values, bool *leave,
                              hg_error *err)
{
    (void)leave;
    (void)err;
    order *o = context;
    assert_true(key >= o->from && key <= o->to && (o->rows == 0 || key > o->last));
    o->last = key;
    o->rows++;
    for (int k = 0; k < 3; k++)
        for (size_t i = 0; values[k].type >= HG_STORED_TEXT && i < values[k].n; i++)
            o->sum += values[k].bytes[i];
    return HG_OK;
}

/* Returns how many rows came; none where the damage shows before the first. */
static size_t walk_damaged(void)
{
    hg_error err = {0};
    hg_table_pages *t = NULL;
    order o = {.from = -2000, .to = INT64_MAX - 1};
    if (hg_table_pages_open(path, "t", columns, 3, &t, &err) != HG_OK || !t)
        return 0;
    bool whole = false;
    int64_t next = 0;
    ok(hg_table_pages_walk(t, o.from, o.to, expect_order, &o, &whole, &next, &err), &err);
    assert_true(whole || o.rows == 0 || next == o.last + 1);
    hg_table_pages_free(t);
    return o.rows;
}

static void damage_is_harmless(void **state)
{
    (void)state;
    static unsigned char original[1 << 20], bytes[1 << 20];
    static const int sizes[] = {512, 4096};
    for (size_t s = 0; s < 2; s++) {
        size_t size = (size_t)sizes[s];
        build_file(sizes[s], 0, 0, s ? 1500 : 700);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t n = fread(original, 1, sizeof original, f), full = walk_damaged(), fewer = 0;
        fclose(f);
        assert_true(n > 20000 && n < sizeof original && full > 300);
        hg_random r = hg_random_seed(7, s);
        for (int round = 0; round < 400; round++) {
            size_t flips = (size_t)1 << hg_random_below(&r, 10), kept = round % 4 ? n : hg_random_below(&r, n);
            memcpy(bytes, original, n);
            for (size_t k = 0; k < flips; k++) /* mostly in the heads of pages */
                bytes[k % 2 ? hg_random_below(&r, n)
                            : hg_random_below(&r, n / size) * size + hg_random_below(&r, 24)] ^=
                    (unsigned char)(1 << hg_random_below(&r, 8));
            f = fopen(path, "wb");
            assert_int_equal(fwrite(bytes, 1, kept, f), kept);
            fclose(f);
            fewer += walk_damaged() < full;
        }
        assert_true(fewer > 200);
    }
}

/* A table whose inner pages lead back to their parent, or to the same leaf over and over. */
static void circles_end(void **state)
{
    (void)state;
    build_file(512, 0, 0, 700);
    sqlite3 *db = open_db();
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_master WHERE name = 't'", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    long root = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    FILE *f = fopen(path, "r+b");
    unsigned char page[512];
    fseek(f, (root - 1) * 512, SEEK_SET);
    assert_int_equal(fread(page, 1, sizeof page, f), sizeof page);
    assert_int_equal(page[0], 5);
    size_t cells = (size_t)page[3] << 8 | page[4];
    for (size_t i = 0; i < cells; i++) {
        size_t at = (size_t)page[12 + 2 * i] << 8 | page[13 + 2 * i];
        page[at + 2] = (unsigned char)(root >> 8);
        page[at + 3] = (unsigned char)root;
    }
    fseek(f, (root - 1) * 512, SEEK_SET);
    assert_int_equal(fwrite(page, 1, sizeof page, f), sizeof page);
    fclose(f);
    assert_int_equal(walk_damaged(), 0);
}

static hg_status open_and_walk(void *context, hg_error *err)
{
    (void)context;
    hg_table_pages *t = NULL;
    order o = {.from = 0, .to = 100};
    bool whole;
    int64_t next;
    hg_status status = hg_table_pages_open(path, "t", columns, 3, &t, err);
    if (status == HG_OK)
        status = hg_table_pages_walk(t, o.from, o.to, expect_order, &o, &whole, &next, err);
    hg_table_pages_free(t);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    build("CREATE TABLE t(a, b, c); INSERT INTO t VALUES (1, zeroblob(9000), 3)");
    sweep_allocations(open_and_walk, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_sqlite),     cmocka_unit_test(unusual_tables_are_refused),
        cmocka_unit_test(short_records_are_left),       cmocka_unit_test(the_callback_may_leave_a_row),
        cmocka_unit_test(writers_wait),                 cmocka_unit_test(damage_is_harmless),
        cmocka_unit_test(circles_end),                  cmocka_unit_test(allocation_failures),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
