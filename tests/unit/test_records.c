/* Records: the same rows from a GeoPackage (row ranges) and from text (OGR's loop), and what is no polygon. */
#include "io/records.h"
#include "base/memory.h"
#include "io/gdal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <cpl_conv.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include "support/sweep.h"

#define TEST_FILE "records.gpkg"
#include "support/folder.h"

/* One row of the fixture: WKT (NULL = none) and what becomes of it. */
typedef struct fixture_row {
    const char *id, *kind;
    double size; /* below 0 = NULL */
    const char *wkt;
    hg_row_state state;
    const char *bad;
} fixture_row;

static const fixture_row fixture[] = {
    {"P1", "pond", 1.5, "POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,2 2))", HG_ROW_OK, NULL},
    {"P2", "  raft ", 12, "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))", HG_ROW_OK, NULL},
    {"P3", "", -1, "POLYGON Z((0 0 9,10 0 9,10 10 9,0 0 9))", HG_ROW_OK, NULL},
    {"P4", NULL, 0.25, NULL, HG_ROW_NO_GEOMETRY, NULL},
    {"P5", "鱼塘", 3, "POINT(1 2)", HG_ROW_BAD_GEOMETRY, "Point"},
    {"P6", "pond", 3, "POLYGON EMPTY", HG_ROW_NO_GEOMETRY, NULL},
    {NULL, "pond", 7, "CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))", HG_ROW_OK, NULL},
    {"P8", "pond", 7, "LINESTRING(0 0,1 1)", HG_ROW_BAD_GEOMETRY, "Line String"},
};

enum { ROWS = sizeof fixture / sizeof *fixture };

static void add_feature(OGRLayerH layer, const fixture_row *row)
{
    OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(layer));
    char *wkt = row->wkt ? CPLStrdup(row->wkt) : NULL, *at = wkt;
    OGRGeometryH g = NULL;
    if (row->id)
        OGR_F_SetFieldString(f, 0, row->id);
    if (row->kind)
        OGR_F_SetFieldString(f, 1, row->kind);
    if (row->size >= 0)
        OGR_F_SetFieldDouble(f, 2, row->size);
    if (wkt)
        assert_int_equal(OGR_G_CreateFromWkt(&at, NULL, &g), OGRERR_NONE);
    if (g)
        OGR_F_SetGeometryDirectly(f, g);
    assert_int_equal(OGR_L_CreateFeature(layer, f), OGRERR_NONE);
    OGR_F_Destroy(f);
    CPLFree(wkt);
}

static void make_file(const char *driver, const char *file, size_t times)
{
    static const char *const options[] = {"GEOMETRY=AS_WKT", NULL};
    bool text = strcmp(driver, "CSV") == 0;
    hg_gdal_init();
    GDALDatasetH ds = GDALCreate(GDALGetDriverByName(driver), file, 0, 0, 0, GDT_Unknown, NULL);
    assert_non_null(ds);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(srs, 4547);
    OGRLayerH layer = GDALDatasetCreateLayer(ds, "patches", srs, wkbUnknown,
                                             (char **)(text ? options : NULL));
    assert_non_null(layer);
    static const OGRFieldType types[] = {OFTString, OFTString, OFTReal};
    static const char *const names[] = {"Patch_ID", "kind", "size"};
    for (int k = 0; k < 3; k++) {
        OGRFieldDefnH field = OGR_Fld_Create(names[k], types[k]);
        OGR_L_CreateField(layer, field, TRUE);
        OGR_Fld_Destroy(field);
    }
    bool grouped = OGR_L_StartTransaction(layer) == OGRERR_NONE;
    for (size_t t = 0; t < times; t++)
        for (size_t i = 0; i < ROWS; i++)
            add_feature(layer, &fixture[i]);
    if (grouped)
        assert_int_equal(OGR_L_CommitTransaction(layer), OGRERR_NONE);
    OSRDestroySpatialReference(srs);
    GDALClose(ds);
}

static const hg_record_column columns[] = {
    {"patch_id", "survey"}, {"SIZE", NULL}, {"absent", NULL}, {"kind", "map survey.class=kind"}};

static hg_status read_file(const char *file, hg_pool *pool, int threads, hg_records *r,
                           hg_error *err)
{
    static hg_control control;
    control.threads = threads;
    const hg_record_spec spec = {.path = file,
                                 .polygons = true,
                                 .option = "survey",
                                 .columns = columns,
                                 .column_count = 4};
    return hg_records_read(&spec, pool, &control, r, err);
}

static const char *cell(const hg_pool *pool, const hg_records *r, size_t column, size_t row)
{
    const char *text = hg_pool_text(pool, hg_record_text(r, column, row));
    return text ? text : "(null)";
}

static void check_rows(const hg_pool *pool, const hg_records *r, size_t times)
{
    static const char *const sizes[] = {"1.5", "12", "(null)", "0.25", "3", "3", "7", "7"};
    static const char *const kinds[] = {"pond", "raft", "(null)", "(null)",
                                        "鱼塘", "pond", "pond",   "pond"};
    assert_int_equal(r->n, ROWS * times);
    assert_int_equal(r->shapes.count, r->n);
    assert_null(r->columns[2]);
    size_t bad = 0;
    for (size_t i = 0; i < r->n; i++) {
        const fixture_row *f = &fixture[i % ROWS];
        assert_string_equal(cell(pool, r, 0, i), f->id ? f->id : "(null)");
        assert_string_equal(cell(pool, r, 1, i), sizes[i % ROWS]);
        assert_string_equal(cell(pool, r, 2, i), "(null)");
        assert_string_equal(cell(pool, r, 3, i), kinds[i % ROWS]);
        assert_int_equal(r->state[i], f->state);
        assert_int_equal(r->shapes.shapes[i].size > 0, f->state == HG_ROW_OK);
        if (f->state == HG_ROW_OK)
            assert_int_equal(
                hg_wkb_polygon_state(r->shapes.shapes[i].wkb, r->shapes.shapes[i].size),
                HG_WKB_POLYGON);
        if (!f->bad)
            continue;
        assert_true(bad < r->bad.count);
        assert_int_equal(r->bad.items[bad].row, i);
        assert_string_equal(hg_pool_text(pool, r->bad.items[bad++].text), f->bad);
    }
    assert_int_equal(bad, r->bad.count);
}

static void a_geopackage(void **state)
{
    (void)state;
    hg_pool *pool = NULL;
    hg_records r = {0};
    hg_error err = {0};
    make_file("GPKG", path, 1);
    assert_int_equal(hg_pool_new(&pool, &err), HG_OK);
    if (read_file(path, pool, 1, &r, &err) != HG_OK)
        fail_msg("%s", err.message);
    assert_string_equal(r.name, TEST_FILE);
    assert_string_equal(r.layer, "patches");
    assert_string_equal(r.file, path);
    assert_non_null(strstr(r.crs_wkt, "4547"));
    check_rows(pool, &r, 1);
    hg_records_dispose(&r);
    hg_pool_free(pool);
    unlink(path);
}

/* Texts in order of first appearance would tell threads apart; ids do not have to agree, texts do. */
static void many_ranges_and_threads(void **state)
{
    (void)state;
    enum { TIMES = 26000 };
    make_file("GPKG", path, TIMES);
    for (int threads = 1; threads <= 3; threads += 2) {
        hg_pool *pool = NULL;
        hg_records r = {0};
        assert_int_equal(hg_pool_new(&pool, NULL), HG_OK);
        assert_int_equal(read_file(path, pool, threads, &r, NULL), HG_OK);
        check_rows(pool, &r, TIMES);
        hg_records_dispose(&r);
        hg_pool_free(pool);
    }
    unlink(path);
}

static void text_gives_the_same(void **state)
{
    (void)state;
    char csv[128];
    hg_pool *pool = NULL;
    hg_records a = {0}, b = {0};
    hg_error err = {0};
    snprintf(csv, sizeof csv, "%s/records.csv", folder);
    make_file("GPKG", path, 1);
    make_file("CSV", csv, 1);
    assert_int_equal(hg_pool_new(&pool, NULL), HG_OK);
    assert_int_equal(read_file(path, pool, 1, &a, &err), HG_OK);
    if (read_file(csv, pool, 1, &b, &err) != HG_OK)
        fail_msg("%s", err.message);
    check_rows(pool, &b, 1);
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.shapes.shapes[i].size, b.shapes.shapes[i].size);
        if (a.shapes.shapes[i].size)
            assert_memory_equal(a.shapes.shapes[i].wkb, b.shapes.shapes[i].wkb,
                                a.shapes.shapes[i].size);
    }
    hg_records_dispose(&a);
    hg_records_dispose(&b);
    hg_pool_free(pool);
    unlink(csv);
    unlink(path);
}

static void missing_things(void **state)
{
    (void)state;
    hg_pool *pool = NULL;
    hg_records r = {0};
    hg_error err = {0};
    char csv[128];
    snprintf(csv, sizeof csv, "%s/t.csv", folder);
    FILE *f = fopen(csv, "wb");
    assert_non_null(f);
    fputs("patch_id,kind\nA,b\n", f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(hg_pool_new(&pool, NULL), HG_OK);
    assert_int_equal(read_file(csv, pool, 1, &r, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "--survey: t.csv: layer t has no geometry"));
    const hg_record_column asked[] = {{"patchid", "survey"}};
    const hg_record_spec spec = {.path = csv, .columns = asked, .column_count = 1};
    assert_int_equal(hg_records_read(&spec, pool, NULL, &r, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "no column \"patchid\"; columns are: patch_id, kind"));
    f = fopen(csv, "wb");
    assert_non_null(f);
    fputs("patch_id,kind\n", f);
    assert_int_equal(fclose(f), 0);
    const hg_record_spec empty = {.path = csv, .columns = columns, .column_count = 1};
    assert_int_equal(hg_records_read(&empty, pool, NULL, &r, &err), HG_OK);
    assert_int_equal(r.n, 0);
    assert_null(r.crs_wkt);
    hg_records_dispose(&r);
    hg_pool_free(pool);
    unlink(csv);
}

/* Little-endian by hand: a square, cut off, with bytes to spare, of another type, with a NaN. */
static void states_of_wkb(void **state)
{
    (void)state;
    unsigned char wkb[9 + 4 + 4 * 16 + 1] = {1, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0};
    static const double ring[] = {0, 0, 1, 0, 1, 1, 0, 0};
    size_t size = sizeof wkb - 1;
    memcpy(wkb + 13, ring, sizeof ring);
    assert_int_equal(hg_wkb_polygon_state(wkb, size), HG_WKB_POLYGON);
    for (size_t n = 0; n < size; n++)
        assert_int_equal(hg_wkb_polygon_state(wkb, n), HG_WKB_BROKEN);
    assert_int_equal(hg_wkb_polygon_state(wkb, size + 1), HG_WKB_BROKEN);
    memset(wkb + 13, 0xff, 8);
    assert_int_equal(hg_wkb_polygon_state(wkb, size), HG_WKB_NOT_FINITE);
    wkb[1] = 1;
    assert_int_equal(hg_wkb_polygon_state(wkb, size), HG_WKB_OTHER);
    wkb[1] = 3;
    memset(wkb + 5, 0, 4);
    assert_int_equal(hg_wkb_polygon_state(wkb, 9), HG_WKB_EMPTY);
    memset(wkb + 5, 0xff, 4);
    assert_int_equal(hg_wkb_polygon_state(wkb, size), HG_WKB_BROKEN);
}

static void joined_shapes(void **state)
{
    (void)state;
    static const char *const wkt[] = {"POLYGON((0 0,1 0,1 1,0 0))",
                                      "MULTIPOLYGON(((5 5,6 5,6 6,5 5)),((8 8,9 8,9 9,8 8)))"};
    static const char *const joined =
        "MULTIPOLYGON (((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)),((8 8,9 8,9 9,8 8)))";
    hg_shapes shapes = {0};
    for (int k = 0; k < 2; k++) {
        OGRGeometryH g = NULL;
        char *copy = CPLStrdup(wkt[k]), *at = copy;
        assert_int_equal(OGR_G_CreateFromWkt(&at, NULL, &g), OGRERR_NONE);
        unsigned char bytes[512];
        /* one in each byte order */
        OGR_G_ExportToIsoWkb(g, k ? wkbXDR : wkbNDR, bytes);
        assert_int_equal(hg_shapes_add(&shapes, bytes, (size_t)OGR_G_WkbSize(g), NULL, NULL), HG_OK);
        OGR_G_DestroyGeometry(g);
        CPLFree(copy);
    }
    assert_int_equal(hg_shapes_join(&shapes, 0, &shapes.shapes[1], NULL), HG_OK);
    OGRGeometryH g = NULL;
    char *text = NULL;
    assert_int_equal(OGR_G_CreateFromWkb(shapes.shapes[0].wkb, NULL, &g, (int)shapes.shapes[0].size),
                     OGRERR_NONE);
    OGR_G_ExportToWkt(g, &text);
    assert_string_equal(text, joined);
    CPLFree(text);
    OGR_G_DestroyGeometry(g);
    hg_shapes_dispose(&shapes);
}

static hg_status read_once(void *context, hg_error *err)
{
    hg_pool *pool = NULL;
    hg_records r = {0};
    hg_status status = hg_pool_new(&pool, err);
    if (status == HG_OK)
        status = read_file(context, pool, 1, &r, err);
    hg_records_dispose(&r);
    hg_pool_free(pool);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char csv[128];
    snprintf(csv, sizeof csv, "%s/records.csv", folder);
    make_file("GPKG", path, 1);
    make_file("CSV", csv, 1);
    sweep_allocations(read_once, path);
    sweep_allocations(read_once, csv);
    unlink(csv);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_geopackage),        cmocka_unit_test(many_ranges_and_threads),
        cmocka_unit_test(text_gives_the_same), cmocka_unit_test(missing_things),
        cmocka_unit_test(states_of_wkb),       cmocka_unit_test(joined_shapes),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
