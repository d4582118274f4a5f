/* SpatiaLite databases: what goes in comes out through OGR, a failed append changes nothing. */
#include "io/spatialite.h"
#include "base/civil.h"
#include "io/gdal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char UTM[] =
    "PROJCS[\"WGS 84 / UTM zone 49N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\","
    "6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM["
    "\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]],"
    "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],PARAMETER["
    "\"central_meridian\",111],PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\","
    "500000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1],AUTHORITY[\"EPSG\",\"32649\"]]";

#define TEST_FILE "s.sqlite"
#include "tests/support/folder.h"

static void ok(hg_status s, const hg_error *err)
{
    if (s != HG_OK)
        fail_msg("expected ok, obtained: %s", err->message);
}

static hg_table *make_points(const char *name, size_t n)
{
    hg_table *t = NULL;
    hg_error err = {0};
    ok(hg_table_new(name, n, NULL, &t, &err), &err);
    ok(hg_table_make_points(t, UTM, &err), &err);
    ok(hg_table_add(t, "when", HG_DATETIME, NULL, &err), &err);
    ok(hg_table_add(t, "名称", HG_TEXT, NULL, &err), &err);
    for (size_t i = 0; i < n; i++) {
        t->geometry.xy[2 * i] = i == 1 ? NAN : 415000 + (double)i;
        t->geometry.xy[2 * i + 1] = 2443000;
        t->columns[0].i64[i] = hg_civil_from(2019, 3, 1, 8, 30, 0);
        ok(hg_table_set_text(t, &t->columns[1], i, "拱北", &err), &err);
    }
    return t;
}

static GIntBig rows_of(const char *name)
{
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(ds);
    OGRLayerH layer = GDALDatasetGetLayerByName(ds, name);
    GIntBig n = layer ? OGR_L_GetFeatureCount(layer, TRUE) : -1;
    GDALClose(ds);
    return n;
}

static void rows_come_back(void **state)
{
    (void)state;
    hg_table *t = make_points("incidents", 20);
    const hg_table *const tables[] = {t};
    hg_error err = {0};
    ok(hg_spatialite_write(path, false, tables, 1, NULL, &err), &err);
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    OGRLayerH layer = GDALDatasetGetLayerByName(ds, "incidents");
    assert_non_null(layer);
    assert_string_equal(OGR_L_GetFIDColumn(layer), "fid");
    assert_string_equal(OGR_L_GetGeometryColumn(layer), "geom");
    assert_int_equal(OGR_L_GetFeatureCount(layer, TRUE), 20);
    OGRFeatureH f = OGR_L_GetFeature(layer, 1);
    assert_string_equal(OGR_F_GetFieldAsString(f, 0), "2019/03/01 08:30:00");
    assert_string_equal(OGR_F_GetFieldAsString(f, 1), "拱北");
    assert_true(OGR_G_GetX(OGR_F_GetGeometryRef(f), 0) == 415000);
    OGR_F_Destroy(f);
    OGR_L_SetSpatialFilterRect(layer, 415004.5, 2442999, 415007.5, 2443001);
    assert_int_equal(OGR_L_GetFeatureCount(layer, TRUE), 3);
    GDALClose(ds);
    hg_table_free(t);
}

static void appending_adds_rows_and_columns(void **state)
{
    (void)state;
    hg_table *a = make_points("incidents", 20), *b = make_points("incidents", 5);
    const hg_table *first[] = {a}, *second[] = {b};
    hg_error err = {0};
    ok(hg_table_add(b, "extra", HG_DOUBLE, NULL, &err), &err);
    ok(hg_spatialite_write(path, false, first, 1, NULL, &err), &err);
    ok(hg_spatialite_write(path, true, second, 1, NULL, &err), &err);
    assert_int_equal(rows_of("incidents"), 25);
    hg_table_free(a);
    hg_table_free(b);
}

/* The first table of the append is fine, the second does not fit: neither may stay. */
static void failed_append_changes_nothing(void **state)
{
    (void)state;
    hg_table *a = make_points("incidents", 20), *b = make_points("incidents", 5);
    hg_table *c = make_points("more", 5), *bad = NULL;
    hg_error err = {0};
    ok(hg_table_new("incidents", 1, NULL, &bad, &err), &err);
    const hg_table *first[] = {a}, *second[] = {b, c, bad};
    ok(hg_spatialite_write(path, false, first, 1, NULL, &err), &err);
    assert_int_equal(hg_spatialite_write(path, true, second, 3, NULL, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "the layer incidents holds Point"));
    assert_int_equal(rows_of("incidents"), 20);
    assert_int_equal(rows_of("more"), -1);
    hg_table_free(a);
    hg_table_free(b);
    hg_table_free(c);
    hg_table_free(bad);
}

int main(void)
{
    hg_gdal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back, enter, leave),
        cmocka_unit_test_setup_teardown(appending_adds_rows_and_columns, enter, leave),
        cmocka_unit_test_setup_teardown(failed_append_changes_nothing, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
