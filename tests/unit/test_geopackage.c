/* GeoPackages: what goes in comes out through OGR, appends are whole or not at all. */
#include "io/geopackage.h"
#include "base/civil.h"
#include "base/memory.h"
#include "io/gdal.h"
#include "io/hash.h"
#include "io/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <cpl_conv.h>
#include <dirent.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char UTM49[] =
    "PROJCS[\"WGS 84 / UTM zone 49N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\","
    "6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],"
    "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],PARAMETER["
    "\"central_meridian\",111],PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\","
    "500000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]";
static const char UTM50[] =
    "PROJCS[\"WGS 84 / UTM zone 50N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\","
    "6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],"
    "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],PARAMETER["
    "\"central_meridian\",117],PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\","
    "500000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]";
static const char SITE[] =
    "ENGCRS[\"Works site\",EDATUM[\"Works site\"],CS[Cartesian,2],AXIS[\"x\","
    "east],AXIS[\"y\",north],LENGTHUNIT[\"metre\",1]]";

#define TEST_FILE "r.gpkg"
#include "tests/support/folder.h"

static int files_there(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void ok(hg_status s, const hg_error *err)
{
    if (s != HG_OK)
        fail_msg("expected ok, obtained: %s", err->message);
}

/* n points on a line; row 1 has no place, row 2 no attributes. */
static hg_table *make_points(size_t n, const char *wkt)
{
    hg_error err = {0};
    hg_table *t = NULL;
    ok(hg_table_new("incidents", n, NULL, &t, &err), &err);
    ok(hg_table_make_points(t, wkt, &err), &err);
    ok(hg_table_add(t, "when", HG_DATETIME, NULL, &err), &err);
    ok(hg_table_add(t, "count", HG_INT64, NULL, &err), &err);
    ok(hg_table_add(t, "weight", HG_DOUBLE, NULL, &err), &err);
    ok(hg_table_add(t, "we\"ird; 名称", HG_TEXT, NULL, &err), &err);
    ok(hg_table_add(t, "FID", HG_INT64, NULL, &err), &err);
    for (size_t i = 0; i < n; i++) {
        t->geometry.xy[2 * i] = i == 1 ? NAN : 415000.25 + (double)i;
        t->geometry.xy[2 * i + 1] = 2443000.5 - (double)i;
        t->columns[4].i64[i] = (int64_t)(1000 + i);
        if (i == 2)
            continue;
        t->columns[0].i64[i] = hg_civil_from(2019, 3, 1, 8, 30, 0) + (int64_t)i;
        t->columns[1].i64[i] = (int64_t)i - 5000000000;
        t->columns[2].f64[i] = 0.1 + (double)i;
        ok(hg_table_set_text(t, &t->columns[3], i, i ? "拱北'; DROP TABLE x" : "", &err), &err);
    }
    return t;
}

static void add_square(hg_geometry *g, double x, double y, double side, bool clockwise)
{
    const double at[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    hg_error err = {0};
    ok(hg_geometry_begin_ring(g, &err), &err);
    for (int k = 0; k < 5; k++) {
        const double *p = at[clockwise ? 4 - k : k];
        ok(hg_geometry_add_point(g, x + side * p[0], y + side * p[1], &err), &err);
    }
}

/* Row 0: a square with a hole and, if multi, a second square; row 1: nothing. */
static hg_table *make_polygons(hg_geometry_type type)
{
    hg_error err = {0};
    hg_table *t = NULL;
    ok(hg_table_new("areas", 2, NULL, &t, &err), &err);
    ok(hg_table_make_polygons(t, type, UTM49, &err), &err);
    hg_geometry *g = &t->geometry;
    ok(hg_geometry_begin_row(g, 0, &err), &err);
    ok(hg_geometry_begin_polygon(g, &err), &err);
    add_square(g, 0, 0, 10, false);
    add_square(g, 2, 2, 3, true);
    if (type == HG_MULTIPOLYGON) {
        ok(hg_geometry_begin_polygon(g, &err), &err);
        add_square(g, 20, 20, 4, false);
    }
    ok(hg_geometry_begin_row(g, 1, &err), &err);
    ok(hg_geometry_finish(g, 2, &err), &err);
    return t;
}

static void write_tables(hg_table *const *tables, size_t n)
{
    hg_gpkg *g = NULL;
    hg_error err = {0};
    ok(hg_gpkg_create(path, NULL, &g, &err), &err);
    for (size_t i = 0; i < n; i++)
        ok(hg_gpkg_add_table(g, tables[i], &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
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

static GDALDatasetH open_result(void)
{
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_VERBOSE_ERROR, NULL, NULL, NULL);
    assert_non_null(ds);
    return ds;
}

static void points_come_back_through_ogr(void **state)
{
    (void)state;
    hg_table *t = make_points(200, UTM49);
    write_tables(&t, 1);
    assert_int_equal(files_there(), 1);
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    GDALDatasetH ds = open_result();
    OGRLayerH layer = GDALDatasetGetLayerByName(ds, "incidents");
    assert_non_null(layer);
    assert_int_equal(OGR_L_GetFeatureCount(layer, FALSE), 200);
    OGRFeatureH f = OGR_L_GetFeature(layer, 1);
    assert_string_equal(OGR_F_GetFieldAsString(f, 0), "2019/03/01 08:30:00");
    assert_int_equal(OGR_F_GetFieldAsInteger64(f, 1), -5000000000);
    assert_true(OGR_F_GetFieldAsDouble(f, 2) == 0.1);
    assert_true(OGR_F_IsFieldSetAndNotNull(f, 3));
    assert_string_equal(OGR_F_GetFieldAsString(f, 3), "");
    assert_int_equal(OGR_F_GetFieldAsInteger64(f, OGR_F_GetFieldIndex(f, "FID_")), 1000);
    assert_true(OGR_G_GetX(OGR_F_GetGeometryRef(f), 0) == 415000.25);
    assert_true(OGR_G_GetY(OGR_F_GetGeometryRef(f), 0) == 2443000.5);
    OGR_F_Destroy(f);
    f = OGR_L_GetFeature(layer, 2);
    assert_null(OGR_F_GetGeometryRef(f));
    assert_string_equal(OGR_F_GetFieldAsString(f, 3), "拱北'; DROP TABLE x");
    OGR_F_Destroy(f);
    f = OGR_L_GetFeature(layer, 3);
    for (int k = 0; k < 4; k++)
        assert_false(OGR_F_IsFieldSetAndNotNull(f, k));
    OGR_F_Destroy(f);
    OGR_L_SetSpatialFilterRect(layer, 415010, 2442980, 415020, 2443000);
    assert_int_equal(OGR_L_GetFeatureCount(layer, TRUE), 10);
    GDALClose(ds);
    hg_gdal_watch_end(&watch);
    assert_false(watch.failed);
    assert_int_equal(query("SELECT count(*) FROM rtree_incidents_geom"), 199);
    assert_int_equal(query("PRAGMA application_id"), 1196444487);
    hg_table_free(t);
}

static void polygons_keep_rings_and_parts(void **state)
{
    (void)state;
    hg_table *t = make_polygons(HG_MULTIPOLYGON);
    write_tables(&t, 1);
    GDALDatasetH ds = open_result();
    OGRFeatureH f = OGR_L_GetFeature(GDALDatasetGetLayerByName(ds, "areas"), 1);
    char *wkt = NULL;
    OGR_G_ExportToWkt(OGR_F_GetGeometryRef(f), &wkt);
    assert_string_equal(wkt, "MULTIPOLYGON (((0 0,10 0,10 10,0 10,0 0),(2 2,2 5,5 5,5 2,2 2)),"
                             "((20 20,24 20,24 24,20 24,20 20)))");
    CPLFree(wkt);
    OGR_F_Destroy(f);
    GDALClose(ds);
    assert_int_equal(query("SELECT count(*) FROM areas WHERE geom IS NULL"), 1);
    assert_int_equal(query("SELECT max_x FROM gpkg_contents WHERE table_name = 'areas'"), 24);
    hg_table_free(t);
}

static void polygons_go_into_multipolygon_layers(void **state)
{
    (void)state;
    hg_table *multi = make_polygons(HG_MULTIPOLYGON), *single = make_polygons(HG_POLYGON);
    hg_gpkg *g = NULL;
    hg_error err = {0};
    write_tables(&multi, 1);
    ok(hg_gpkg_open(path, NULL, &g, &err), &err);
    ok(hg_gpkg_append_table(g, single, &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    GDALDatasetH ds = open_result();
    OGRFeatureH f = OGR_L_GetFeature(GDALDatasetGetLayerByName(ds, "areas"), 3);
    assert_int_equal(OGR_G_GetGeometryType(OGR_F_GetGeometryRef(f)), wkbMultiPolygon);
    assert_true(OGR_G_Area(OGR_F_GetGeometryRef(f)) == 91);
    OGR_F_Destroy(f);
    GDALClose(ds);
    hg_table_free(multi);
    hg_table_free(single);
}

static void site_coordinates_and_empty_layers_are_fine(void **state)
{
    (void)state;
    hg_table *t[2] = {make_points(0, SITE), make_polygons(HG_POLYGON)};
    write_tables(t, 2);
    GDALDatasetH ds = open_result();
    assert_int_equal(GDALDatasetGetLayerCount(ds), 2);
    assert_int_equal(OGR_L_GetFeatureCount(GDALDatasetGetLayerByName(ds, "incidents"), TRUE), 0);
    GDALClose(ds);
    hg_table_free(t[0]);
    hg_table_free(t[1]);
}

static void digest(char hex[HG_SHA256_HEX])
{
    hg_error err = {0};
    ok(hg_hash_file(path, NULL, hex, &err), &err);
}

static void same_content_same_bytes(void **state)
{
    (void)state;
    hg_table *t = make_points(3000, UTM49);
    char a[HG_SHA256_HEX], b[HG_SHA256_HEX];
    write_tables(&t, 1);
    digest(a);
    unlink(path);
    sleep(1); /* a clock read anywhere would show */
    write_tables(&t, 1);
    digest(b);
    assert_string_equal(a, b);
    hg_table_free(t);
}

/* Few rows go in one by one, many repack the R-tree; both must leave it whole. */
static void appending_keeps_index_count_and_extent(void **state)
{
    (void)state;
    static const size_t more[] = {3, 2000};
    for (size_t i = 0; i < 2; i++) {
        hg_table *first = make_points(1000, UTM49), *next = make_points(more[i], UTM49);
        hg_gpkg *g = NULL;
        hg_error err = {0};
        unlink(path);
        write_tables(&first, 1);
        next->geometry.xy[0] = 500000;
        ok(hg_table_add(next, "extra", HG_TEXT, NULL, &err), &err);
        ok(hg_gpkg_open(path, NULL, &g, &err), &err);
        assert_true(hg_gpkg_has_table(g, "Incidents"));
        assert_false(hg_gpkg_has_table(g, "areas"));
        ok(hg_gpkg_append_table(g, next, &err), &err);
        ok(hg_gpkg_finish(g, &err), &err);
        int64_t n = 1000 + (int64_t)more[i];
        assert_int_equal(query("SELECT count(*) FROM incidents"), n);
        assert_int_equal(query("SELECT max(fid) FROM incidents"), n);
        assert_int_equal(query("SELECT feature_count FROM gpkg_ogr_contents"), n);
        assert_int_equal(query("SELECT count(*) FROM rtree_incidents_geom"), n - 2);
        assert_int_equal(query("SELECT rtreecheck('rtree_incidents_geom') = 'ok'"), 1);
        assert_int_equal(query("SELECT max_x FROM gpkg_contents"), 500000);
        assert_int_equal(query("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND "
                               "tbl_name = 'incidents'"),
                         8);
        assert_int_equal(query("SELECT count(*) FROM pragma_table_info('incidents') WHERE name = "
                               "'extra'"),
                         1);
        hg_table_free(first);
        hg_table_free(next);
    }
}

/* OGR must be able to go on with the file: its triggers keep R-tree and count. */
static void ogr_can_edit_the_result(void **state)
{
    (void)state;
    hg_table *t = make_points(500, UTM49);
    write_tables(&t, 1);
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_UPDATE, NULL, NULL, NULL);
    OGRLayerH layer = GDALDatasetGetLayerByName(ds, "incidents");
    OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(layer));
    OGRGeometryH p = OGR_G_CreateGeometry(wkbPoint);
    OGR_G_SetPoint_2D(p, 0, 430000, 2450000);
    OGR_F_SetGeometryDirectly(f, p);
    assert_int_equal(OGR_L_CreateFeature(layer, f), OGRERR_NONE);
    OGR_F_Destroy(f);
    assert_int_equal(OGR_L_DeleteFeature(layer, 10), OGRERR_NONE);
    GDALClose(ds);
    assert_int_equal(query("SELECT feature_count FROM gpkg_ogr_contents"), 500);
    assert_int_equal(query("SELECT count(*) FROM rtree_incidents_geom"), 499);
    assert_int_equal(query("SELECT rtreecheck('rtree_incidents_geom') = 'ok'"), 1);
    hg_table_free(t);
}

static void refuse(hg_table *t, const char *words)
{
    char before[HG_SHA256_HEX], after[HG_SHA256_HEX];
    hg_gpkg *g = NULL;
    hg_error err = {0};
    digest(before);
    ok(hg_gpkg_open(path, NULL, &g, &err), &err);
    hg_status s = hg_gpkg_append_table(g, t, &err);
    hg_gpkg_free(g);
    assert_int_equal(s, HG_EUSAGE);
    if (!strstr(err.message, words))
        fail_msg("expected \"%s\" in: %s", words, err.message);
    digest(after);
    assert_string_equal(before, after);
    assert_int_equal(files_there(), 1);
}

static void misfits_are_refused_and_change_nothing(void **state)
{
    (void)state;
    hg_error err = {0};
    hg_table *there = make_points(10, UTM49), *other = make_points(10, UTM50);
    hg_table *areas = make_polygons(HG_POLYGON), *typed = NULL;
    write_tables(&there, 1);
    refuse(other, "UTM zone 49N");
    hg_free(areas->name);
    areas->name = hg_strdup("incidents");
    refuse(areas, "holds POINT");
    ok(hg_table_new("incidents", 1, NULL, &typed, &err), &err);
    ok(hg_table_make_points(typed, UTM49, &err), &err);
    typed->geometry.xy[0] = typed->geometry.xy[1] = 1;
    ok(hg_table_add(typed, "COUNT", HG_TEXT, NULL, &err), &err);
    refuse(typed, "is INTEGER");
    hg_table_free(there);
    hg_table_free(other);
    hg_table_free(areas);
    hg_table_free(typed);
}

/* A new layer in an old file is as much part of the transaction as its rows. */
static void rolled_back_layers_leave_no_trace(void **state)
{
    (void)state;
    hg_table *there = make_points(10, UTM49), *areas = make_polygons(HG_MULTIPOLYGON);
    char before[HG_SHA256_HEX], after[HG_SHA256_HEX];
    hg_gpkg *g = NULL;
    hg_error err = {0};
    write_tables(&there, 1);
    digest(before);
    ok(hg_gpkg_open(path, NULL, &g, &err), &err);
    ok(hg_gpkg_append_table(g, areas, &err), &err);
    assert_true(hg_gpkg_has_table(g, "areas"));
    hg_gpkg_free(g);
    digest(after);
    assert_string_equal(before, after);
    hg_table_free(there);
    hg_table_free(areas);
}

static void run_info_is_replaced(void **state)
{
    (void)state;
    static const char *const keys[] = {"version", "crs"}, *const values[] = {"1", "EPSG:4547"};
    hg_table *t = make_points(3, UTM49);
    hg_gpkg *g = NULL;
    hg_error err = {0};
    ok(hg_gpkg_create(path, NULL, &g, &err), &err);
    ok(hg_gpkg_add_table(g, t, &err), &err);
    assert_int_equal(hg_gpkg_add_table(g, t, &err), HG_EUSAGE);
    ok(hg_gpkg_set_run_info(g, keys, values, 2, &err), &err);
    ok(hg_gpkg_set_run_info(g, keys, values, 1, &err), &err);
    ok(hg_gpkg_add_metadata(g, "https://www.w3.org/TR/json", "application/json", "{}", &err), &err);
    ok(hg_gpkg_add_style(g, "incidents", "geom", "a", "<qgis/>", &err), &err);
    ok(hg_gpkg_add_style(g, "incidents", "geom", "b", "<qgis/>", &err), &err);
    ok(hg_gpkg_add_project(g, "p", "<qgis/>", &err), &err);
    ok(hg_gpkg_finish(g, &err), &err);
    assert_int_equal(query("SELECT count(*) FROM run_info"), 1);
    assert_int_equal(query("SELECT sum(useAsDefault) FROM layer_styles"), 1);
    assert_int_equal(query("SELECT count(*) FROM gpkg_metadata_reference"), 1);
    assert_int_equal(query("SELECT count(*) FROM qgis_projects WHERE content LIKE '504b0304%'"), 1);
    hg_table_free(t);
}

static void what_is_no_geopackage_is_refused(void **state)
{
    (void)state;
    hg_gpkg *g = NULL;
    hg_error err = {0};
    assert_int_equal(hg_gpkg_open(path, NULL, &g, &err), HG_EIO);
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", f);
    fclose(f);
    assert_int_equal(hg_gpkg_open(path, NULL, &g, &err), HG_EDATA);
    assert_int_equal(hg_gpkg_create(path, NULL, &g, &err), HG_EIO);
    unlink(path);
    sqlite3 *db = NULL;
    sqlite3_open(path, &db);
    sqlite3_exec(db, "CREATE TABLE a(b)", NULL, NULL, NULL);
    sqlite3_close(db);
    assert_int_equal(hg_gpkg_open(path, NULL, &g, &err), HG_EDATA);
    assert_null(g);
}

/* A limit on the size of files stands for a full disk (both come to a failed write). */
static void full_disk_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    struct rlimit old, small;
    hg_table *t = make_points(200000, UTM49);
    hg_gpkg *g = NULL;
    hg_error err = {0};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){1000000, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    hg_status s = hg_gpkg_create(path, NULL, &g, &err);
    if (s == HG_OK)
        s = hg_gpkg_add_table(g, t, &err);
    if (s == HG_OK)
        s = hg_gpkg_finish(g, &err);
    else
        hg_gpkg_free(g);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(s, HG_EIO);
    if (!strstr(err.message, "the disk is full"))
        fail_msg("expected a full disk to be named, obtained: %s", err.message);
    assert_int_equal(files_there(), 0);
    hg_table_free(t);
}

static void cancel_stops_and_leaves_nothing(void **state)
{
    (void)state;
    hg_table *t = make_points(100, UTM49);
    hg_control control = {0};
    hg_gpkg *g = NULL;
    hg_error err = {0};
    ok(hg_gpkg_create(path, &control, &g, &err), &err);
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_gpkg_add_table(g, t, &err), HG_ECANCELLED);
    hg_gpkg_free(g);
    assert_int_equal(files_there(), 0);
    hg_table_free(t);
}

static hg_status write_everything(hg_table *const tables[2], hg_error *err)
{
    static const char *const keys[] = {"version"}, *const values[] = {"1"};
    hg_gpkg *g = NULL;
    hg_status s = hg_gpkg_create(path, NULL, &g, err);
    for (size_t i = 0; s == HG_OK && i < 2; i++)
        s = hg_gpkg_add_table(g, tables[i], err);
    if (s == HG_OK)
        s = hg_gpkg_append_table(g, tables[0], err);
    if (s == HG_OK)
        s = hg_gpkg_set_run_info(g, keys, values, 1, err);
    if (s == HG_OK)
        s = hg_gpkg_add_project(g, "p", "<qgis/>", err);
    if (s == HG_OK)
        return hg_gpkg_finish(g, err);
    hg_gpkg_free(g);
    return s;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    hg_table *tables[2] = {make_points(5, UTM49), make_polygons(HG_MULTIPOLYGON)};
    hg_status s = HG_ENOMEM;
    for (uint64_t n = 1; s != HG_OK; n++) {
        hg_error err = {0};
        hg_memory_fail_at(n);
        s = write_everything(tables, &err);
        hg_memory_fail_at(0);
        if (s != HG_OK && s != HG_ENOMEM)
            fail_msg("allocation %llu: expected no memory, obtained: %s", (unsigned long long)n,
                     err.message);
        if (s != HG_OK && files_there() != 0)
            fail_msg("allocation %llu: a file was left behind", (unsigned long long)n);
        assert_true(n < 2000);
    }
    hg_table_free(tables[0]);
    hg_table_free(tables[1]);
}

int main(void)
{
    hg_gdal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(points_come_back_through_ogr, enter, leave),
        cmocka_unit_test_setup_teardown(polygons_keep_rings_and_parts, enter, leave),
        cmocka_unit_test_setup_teardown(polygons_go_into_multipolygon_layers, enter, leave),
        cmocka_unit_test_setup_teardown(site_coordinates_and_empty_layers_are_fine, enter, leave),
        cmocka_unit_test_setup_teardown(same_content_same_bytes, enter, leave),
        cmocka_unit_test_setup_teardown(appending_keeps_index_count_and_extent, enter, leave),
        cmocka_unit_test_setup_teardown(ogr_can_edit_the_result, enter, leave),
        cmocka_unit_test_setup_teardown(misfits_are_refused_and_change_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(rolled_back_layers_leave_no_trace, enter, leave),
        cmocka_unit_test_setup_teardown(run_info_is_replaced, enter, leave),
        cmocka_unit_test_setup_teardown(what_is_no_geopackage_is_refused, enter, leave),
        cmocka_unit_test_setup_teardown(full_disk_is_said_and_leaves_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(cancel_stops_and_leaves_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
