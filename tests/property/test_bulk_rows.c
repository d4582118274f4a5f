/*
 * Bulk rows of a GeoPackage: the bytes written do not depend on the number of threads, and the rows
 * read depend neither on it nor on whether the table is walked by its key or sorted.
 */
#include "base/memory.h"
#include "base/random.h"
#include "io/gdal.h"
#include "io/geopackage.h"
#include "io/hash.h"
#include "io/source.h"
#include "io/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char SITE[] =
    "ENGCRS[\"Works site\",EDATUM[\"Works site\"],CS[Cartesian,2],AXIS[\"x\","
    "east],AXIS[\"y\",north],LENGTHUNIT[\"metre\",1]]";

/* More than two of the reader's ranges, and enough for the R-tree to be built on its own thread. */
enum { ROWS = 450000, SQUARES = 6000 };

#define TEST_FILE "r.gpkg"
#include "tests/support/folder.h"

static void ok(hg_status s, const hg_error *err)
{
    if (s != HG_OK)
        fail_msg("expected ok, obtained: %s", err->message);
}

/* Every 7th row has no place, every 5th no weight. */
static hg_table *make_points(size_t n)
{
    hg_error err = {0};
    hg_table *t = NULL;
    hg_random r = hg_random_seed(3, n);
    ok(hg_table_new("incidents", n, NULL, &t, &err), &err);
    ok(hg_table_make_points(t, SITE, &err), &err);
    ok(hg_table_add(t, "weight", HG_DOUBLE, NULL, &err), &err);
    ok(hg_table_add(t, "kind", HG_TEXT, NULL, &err), &err);
    for (size_t i = 0; i < n; i++) {
        char kind[16];
        t->geometry.xy[2 * i] = i % 7 == 6 ? NAN : 1000 * hg_random_unit(&r);
        t->geometry.xy[2 * i + 1] = 1000 * hg_random_unit(&r);
        t->columns[0].f64[i] = i % 5 == 4 ? NAN : (double)i;
        snprintf(kind, sizeof kind, "kind %zu", i % 100);
        ok(hg_table_set_text(t, &t->columns[1], i, kind, &err), &err);
    }
    return t;
}

static hg_table *make_squares(size_t n)
{
    static const double at[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    hg_error err = {0};
    hg_table *t = NULL;
    ok(hg_table_new("cells", n, NULL, &t, &err), &err);
    ok(hg_table_make_polygons(t, HG_POLYGON, SITE, &err), &err);
    for (size_t i = 0; i < n; i++) {
        ok(hg_geometry_begin_row(&t->geometry, i, &err), &err);
        if (i % 11 == 0)
            continue;
        ok(hg_geometry_begin_polygon(&t->geometry, &err), &err);
        ok(hg_geometry_begin_ring(&t->geometry, &err), &err);
        for (int k = 0; k < 5; k++)
            ok(hg_geometry_add_point(&t->geometry, (double)(i % 80) + at[k][0],
                                     (double)(i / 80) + at[k][1], &err),
               &err);
    }
    ok(hg_geometry_finish(&t->geometry, n, &err), &err);
    return t;
}

static void write_and_append(const hg_table *points, const hg_table *squares, int threads,
                             char hex[HG_SHA256_HEX])
{
    hg_control control = {.threads = threads};
    hg_error err = {0};
    hg_gpkg *g = NULL;
    unlink(path);
    ok(hg_gpkg_create(path, &control, &g, &err), &err);
    ok(hg_gpkg_add_table(g, points, &err), &err);
    ok(hg_gpkg_add_table(g, squares, &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    ok(hg_gpkg_open(path, &control, &g, &err), &err);
    ok(hg_gpkg_append_table(g, squares, &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    ok(hg_hash_file(path, NULL, hex, &err), &err);
}

static void threads_do_not_change_the_bytes(void **state)
{
    (void)state;
    static const int threads[] = {1, 2, 7};
    hg_table *points = make_points(20000), *squares = make_squares(SQUARES);
    char hex[3][HG_SHA256_HEX];
    for (int k = 0; k < 3; k++)
        write_and_append(points, squares, threads[k], hex[k]);
    assert_string_equal(hex[0], hex[1]);
    assert_string_equal(hex[0], hex[2]);
    hg_table_free(points);
    hg_table_free(squares);
}

static int64_t query(const char *sql)
{
    sqlite3 *db = NULL;
    int64_t v = -1;
    hg_error err = {0};
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    ok(hg_sql_number(db, path, sql, -1, &v, &err), &err);
    sqlite3_close(db);
    return v;
}

static void index_holds_what_the_rows_hold(void **state)
{
    (void)state;
    hg_table *points = make_points(20000), *squares = make_squares(SQUARES);
    char hex[HG_SHA256_HEX];
    int64_t empty = (SQUARES + 10) / 11;
    write_and_append(points, squares, 2, hex);
    assert_int_equal(query("SELECT count(*) FROM rtree_incidents_geom"), 20000 - 20000 / 7);
    assert_int_equal(query("SELECT count(*) FROM rtree_cells_geom"), 2 * (SQUARES - empty));
    assert_int_equal(query("SELECT count(*) FROM cells WHERE geom IS NULL"), 2 * empty);
    assert_int_equal(query("SELECT rtreecheck('rtree_incidents_geom') = 'ok'"), 1);
    assert_int_equal(query("SELECT rtreecheck('rtree_cells_geom') = 'ok'"), 1);
    assert_int_equal(query("SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = "
                           "'cells'"),
                     2 * SQUARES);
    assert_int_equal(query("SELECT max_y FROM gpkg_contents WHERE table_name = 'cells'"),
                     (SQUARES + 79) / 80);
    hg_table_free(points);
    hg_table_free(squares);
}

static void read_layer(const char *layer, int threads, hg_source_rows *rows, hg_pool **pool)
{
    hg_control control = {.threads = threads};
    static const char *const keep[] = {"kind"};
    hg_source_spec spec = {
        .path = path, .layer = layer, .weight = "weight", .keep = keep, .keep_count = 1};
    hg_source *s = NULL;
    hg_error err = {0};
    ok(hg_pool_new(pool, &err), &err);
    ok(hg_source_open(&spec, *pool, &control, &s, &err), &err);
    ok(hg_source_read(s, rows, &err), &err);
    hg_source_free(s);
}

/* Row i of the layer is row i of the table, or with `backwards` the i-th from its end. */
static void expect_rows(const hg_table *t, const char *layer, bool backwards, int threads)
{
    hg_pool *pool = NULL;
    hg_source_rows rows = {0};
    read_layer(layer, threads, &rows, &pool);
    assert_int_equal(rows.n, t->rows);
    for (size_t i = 0; i < t->rows; i++) {
        size_t k = backwards ? t->rows - 1 - i : i;
        const double *xy = t->geometry.xy + 2 * k, w = t->columns[0].f64[k];
        bool place = k % 7 != 6;
        const char *kind = hg_pool_text(pool, rows.kept[0].text[i]);
        if (place != (rows.state[i] == HG_ROW_OK) ||
            (place && (rows.x[i] != xy[0] || rows.y[i] != xy[1])) || isnan(w) != isnan(rows.w[i]) ||
            (!isnan(w) && rows.w[i] != w) ||
            strcmp(kind, hg_pool_text(t->pool, t->columns[1].text[k])) != 0)
            fail_msg("%s, %d threads, row %zu: expected (%.17g %.17g) %g, obtained (%.17g %.17g) "
                     "%g %s",
                     layer, threads, i + 1, xy[0], xy[1], w, rows.x[i], rows.y[i], rows.w[i], kind);
    }
    hg_source_rows_dispose(&rows);
    hg_pool_free(pool);
}

/* A view that does not walk its table by the key: SQLite alone reads it, in the view's own order. */
#define ADD_VIEW(name, order)                                                                              \
    "CREATE VIEW " name " AS SELECT fid AS OGC_FID, geom, weight, kind FROM (SELECT * FROM incidents ORDER BY " order \
    " LIMIT -1);"                                                                                          \
    "INSERT INTO gpkg_contents (table_name, identifier, data_type, srs_id) SELECT '" name "', '" name      \
    "', data_type, srs_id FROM gpkg_contents WHERE table_name = 'incidents';"                              \
    "INSERT INTO gpkg_geometry_columns SELECT '" name "', column_name, geometry_type_name, srs_id, z, m "  \
    "FROM gpkg_geometry_columns WHERE table_name = 'incidents'"

static void reading_depends_neither_on_threads_nor_on_the_plan(void **state)
{
    (void)state;
    hg_table *t = make_points(ROWS);
    hg_gpkg *g = NULL;
    hg_error err = {0};
    sqlite3 *db = NULL;
    ok(hg_gpkg_create(path, NULL, &g, &err), &err);
    ok(hg_gpkg_add_table(g, t, &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    ok(hg_sql_exec(db, path, ADD_VIEW("backwards", "fid DESC"), &err), &err);
    sqlite3_close(db);
    expect_rows(t, "incidents", false, 1);
    expect_rows(t, "incidents", false, 3);
    expect_rows(t, "backwards", true, 2);
    hg_table_free(t);
}

/* What SQLite keeps in a column that was declared otherwise, early in one range and late in another. */
static const char SPOIL[] =
    "UPDATE incidents SET weight = ' 7,5' WHERE fid % 1000 = 1;"
    "UPDATE incidents SET weight = fid WHERE fid % 1000 = 2;"
    "UPDATE incidents SET kind = 'a long one ' || hex(zeroblob(5000)) WHERE fid % 1000 = 3;"
    "UPDATE incidents SET kind = fid WHERE fid % 1000 = 4;"
    "UPDATE incidents SET kind = '' WHERE fid % 1000 = 5;"
    "UPDATE incidents SET kind = x'6162' WHERE fid IN (70000, 110000);"
    "UPDATE incidents SET weight = x'6162' WHERE fid IN (10, 119000);"
    "UPDATE incidents SET geom = fid WHERE fid = 60000;"
    "UPDATE incidents SET geom = x'' WHERE fid % 1000 = 6;"
    "UPDATE incidents SET geom = 'GP' WHERE fid % 1000 = 7;"
    "DELETE FROM incidents WHERE fid % 1000 = 8";

static void what_is_spoilt_is_read_as_by_sqlite(void **state)
{
    (void)state;
    hg_table *t = make_points(120000);
    hg_gpkg *g = NULL;
    hg_error err = {0};
    sqlite3 *db = NULL;
    hg_pool *pool[2] = {NULL};
    hg_source_rows r[2] = {{0}};
    ok(hg_gpkg_create(path, NULL, &g, &err), &err);
    ok(hg_gpkg_add_table(g, t, &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    /* The triggers of the R-tree want functions of a spatial library. */
    ok(hg_sql_exec(db, path, "DROP TRIGGER rtree_incidents_geom_update1;"
                             "DROP TRIGGER rtree_incidents_geom_update2;"
                             "DROP TRIGGER rtree_incidents_geom_update3;"
                             "DROP TRIGGER rtree_incidents_geom_update4;"
                             "DROP TRIGGER rtree_incidents_geom_delete", &err), &err);
    ok(hg_sql_exec(db, path, SPOIL, &err), &err);
    ok(hg_sql_exec(db, path, ADD_VIEW("onwards", "fid"), &err), &err);
    sqlite3_close(db);
    read_layer("incidents", 2, &r[0], &pool[0]);
    read_layer("onwards", 2, &r[1], &pool[1]);
    assert_int_equal(r[0].n, 120000 - 120);
    assert_int_equal(r[0].n, r[1].n);
    assert_memory_equal(r[0].state, r[1].state, r[0].n);
    assert_memory_equal(r[0].hash, r[1].hash, r[0].n * sizeof *r[0].hash);
    assert_memory_equal(r[0].w, r[1].w, r[0].n * sizeof *r[0].w);
    for (size_t i = 0; i < r[0].n; i++) {
        const char *a = hg_pool_text(pool[0], r[0].kept[0].text[i]), *b = hg_pool_text(pool[1], r[1].kept[0].text[i]);
        assert_true(!a == !b && (!a || strcmp(a, b) == 0));
    }
    assert_int_equal(r[0].bad_weights.count, r[1].bad_weights.count);
    assert_int_equal(r[0].bad_points.count, r[1].bad_points.count);
    for (int k = 0; k < 2; k++) {
        hg_source_rows_dispose(&r[k]);
        hg_pool_free(pool[k]);
    }
    hg_table_free(t);
}

static void cancel_stops_reading(void **state)
{
    (void)state;
    hg_table *t = make_points(1000);
    hg_control control = {0};
    hg_gpkg *g = NULL;
    hg_pool *pool = NULL;
    hg_source *s = NULL;
    hg_source_rows rows = {0};
    hg_source_spec spec = {.path = path, .weight = "weight"};
    hg_error err = {0};
    ok(hg_gpkg_create(path, NULL, &g, &err), &err);
    ok(hg_gpkg_add_table(g, t, &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    ok(hg_pool_new(&pool, &err), &err);
    ok(hg_source_open(&spec, pool, &control, &s, &err), &err);
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_source_read(s, &rows, &err), HG_ECANCELLED);
    hg_source_free(s);
    hg_pool_free(pool);
    hg_table_free(t);
}

int main(void)
{
    hg_gdal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(threads_do_not_change_the_bytes, enter, leave),
        cmocka_unit_test_setup_teardown(index_holds_what_the_rows_hold, enter, leave),
        cmocka_unit_test_setup_teardown(reading_depends_neither_on_threads_nor_on_the_plan, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(what_is_spoilt_is_read_as_by_sqlite, enter, leave),
        cmocka_unit_test_setup_teardown(cancel_stops_reading, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
