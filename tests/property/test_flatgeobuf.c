/*
 * FlatGeobuf read straight from the file gives the rows that OGR's feature loop gives: values, states,
 * hashes, notes, order, whatever the types, the geometry, the number of threads; with a limit, those of
 * them that lie in it, with the numbers they have in the file. Damaged files are told or left to OGR.
 */
#include "base/memory.h"
#include "base/random.h"
#include "io/flatgeobuf.h"
#include "io/gdal.h"
#include "io/source_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST_FILE "r.fgb"
#include "tests/support/folder.h"
#include "tests/support/sweep.h"

enum { MANY = 120000, SOME = 700 }; /* more than two pieces; enough for a tree of three levels */

static const struct {
    const char *name;
    OGRFieldType type;
    OGRFieldSubType subtype;
} fields[] = {{"flag", OFTInteger, OFSTBoolean}, {"small", OFTInteger, OFSTInt16}, {"whole", OFTInteger, OFSTNone},
              {"large", OFTInteger64, OFSTNone}, {"single", OFTReal, OFSTFloat32}, {"real", OFTReal, OFSTNone},
              {"name", OFTString, OFSTNone},     {"day", OFTDate, OFSTNone},       {"moment", OFTDateTime, OFSTNone},
              {"bytes", OFTBinary, OFSTNone}};
enum { FIELDS = sizeof fields / sizeof *fields };

static void ok(hg_status s, const hg_error *err)
{
    if (s != HG_OK)
        fail_msg("expected ok, obtained: %s", err->message);
}

static void set_moment(OGRFeatureH f, hg_random *r)
{
    int zone = hg_random_below(r, 3) == 0 ? 0 : 100 + (int)hg_random_below(r, 40) - 20;
    OGR_F_SetFieldDateTimeEx(f, 8, 1900 + (int)hg_random_below(r, 200), 1 + (int)hg_random_below(r, 12),
                             1 + (int)hg_random_below(r, 28), (int)hg_random_below(r, 24), (int)hg_random_below(r, 60),
                             (float)hg_random_below(r, 59999) / 1000, zone);
}

static void set_values(OGRFeatureH f, hg_random *r)
{
    static const char *const names[] = {"", " ", "a", "007", "\xe4\xb8\xad\xe5\xb1\xb1", "a longer text, one of many", "12.5"};
    GByte bytes[50];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (GByte)hg_random_below(r, 256);
    OGR_F_SetFieldInteger(f, 0, (int)hg_random_below(r, 2));
    int small = (int)hg_random_below(r, 65536) - 32768;
    OGR_F_SetFieldInteger(f, 1, small == -21121 ? 0 : small); /* which OGR 3.6 takes for its mark of a field not set */
    OGR_F_SetFieldInteger(f, 2, (int)hg_random_below(r, UINT32_MAX));
    OGR_F_SetFieldInteger64(f, 3, (GIntBig)(hg_random_unit(r) * 4e18 - 2e18));
    OGR_F_SetFieldDouble(f, 4, (float)(1e3 * hg_random_unit(r)));
    OGR_F_SetFieldDouble(f, 5, hg_random_below(r, 50) ? 9 * hg_random_unit(r) - 0.5 : hg_random_below(r, 2) ? NAN : INFINITY);
    OGR_F_SetFieldString(f, 6, names[hg_random_below(r, sizeof names / sizeof *names)]);
    OGR_F_SetFieldDateTimeEx(f, 7, 2000, 1 + (int)hg_random_below(r, 12), 1 + (int)hg_random_below(r, 28), 0, 0, 0, 0);
    set_moment(f, r);
    OGR_F_SetFieldBinary(f, 9, (int)hg_random_below(r, sizeof bytes), bytes);
    for (int k = 0; k < FIELDS; k++)
        if (hg_random_below(r, 8) == 0)
            OGR_F_UnsetField(f, k);
}

static OGRGeometryH make_geometry(OGRwkbGeometryType type, hg_random *r)
{
    double x = 1000 * hg_random_unit(r), y = 1000 * hg_random_unit(r);
    bool many = wkbFlatten(type) == wkbMultiPoint || (wkbFlatten(type) == wkbUnknown && hg_random_below(r, 3) == 0);
    OGRGeometryH g = OGR_G_CreateGeometry(many ? wkbMultiPoint : wkbPoint);
    for (uint32_t k = 0; many && k <= hg_random_below(r, 2); k++) {
        OGRGeometryH part = OGR_G_CreateGeometry(wkbPoint);
        OGR_G_SetPoint_2D(part, 0, x + k, y);
        OGR_G_AddGeometryDirectly(g, part);
    }
    if (!many && wkbHasZ(type))
        OGR_G_SetPoint(g, 0, x, y, 3);
    else if (!many)
        OGR_G_SetPoint_2D(g, 0, x, y);
    OGR_G_SetMeasured(g, wkbHasM(type));
    return g;
}

static void write_file(OGRwkbGeometryType type, const char *index, size_t n, size_t odd)
{
    char *options[] = {(char *)index, NULL};
    hg_random r = hg_random_seed(11, n + (unsigned)type);
    hg_gdal_init();
    unlink(path);
    GDALDatasetH ds = GDALCreate(GDALGetDriverByName("FlatGeobuf"), path, 0, 0, 0, GDT_Unknown, NULL);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OSRImportFromEPSG(srs, 4547);
    OGRLayerH l = GDALDatasetCreateLayer(ds, "r", srs, type, options);
    assert_non_null(l);
    OSRDestroySpatialReference(srs);
    for (int k = 0; k < FIELDS; k++) {
        OGRFieldDefnH d = OGR_Fld_Create(fields[k].name, fields[k].type);
        OGR_Fld_SetSubType(d, fields[k].subtype);
        assert_int_equal(OGR_L_CreateField(l, d, TRUE), OGRERR_NONE);
        OGR_Fld_Destroy(d);
    }
    for (size_t i = 0; i < n; i++) {
        OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(l));
        OGRGeometryH g = make_geometry(type, &r);
        if (i + 1 == odd) {
            char line[] = "LINESTRING(0 0,1000 1000)", *wkt = line;
            OGR_G_DestroyGeometry(g);
            OGR_G_CreateFromWkt(&wkt, NULL, &g);
        }
        OGR_F_SetGeometryDirectly(f, g);
        set_values(f, &r);
        assert_int_equal(OGR_L_CreateFeature(l, f), OGRERR_NONE);
        OGR_F_Destroy(f);
    }
    GDALClose(ds);
}

typedef struct reading {
    hg_pool *pool;
    hg_source_rows rows;
    hg_status status;
    bool straight; /* the file was of the kind that is read so */
} reading;

static reading read_file(bool straight, int threads, const double *limit)
{
    static const char *const keep[] = {"flag", "small", "whole", "large", "single", "day", "bytes"};
    hg_control control = {.threads = threads};
    hg_source_spec spec = {.path = path, .weight = "real", .category = "name", .id = "bytes", .time = "moment",
                           .keep = keep, .keep_count = sizeof keep / sizeof *keep};
    reading r = {0};
    hg_source *s = NULL;
    hg_error err = {0};
    ok(hg_pool_new(&r.pool, &err), &err);
    r.status = hg_source_open(&spec, r.pool, &control, &s, &err);
    if (r.status != HG_OK)
        return r;
    r.straight = hg_source_is_flatgeobuf(s);
    if (limit)
        hg_source_limit(s, limit);
    r.status = straight ? hg_source_read_flatgeobuf(s, &r.rows, &err) : hg_source_read_features(s, &r.rows, &err);
    hg_source_free(s);
    return r;
}

static void forget(reading *r)
{
    hg_source_rows_dispose(&r->rows);
    hg_pool_free(r->pool);
}

static bool same_text(const reading *a, uint32_t p, const reading *b, uint32_t q)
{
    const char *s = hg_pool_text(a->pool, p), *t = hg_pool_text(b->pool, q);
    return s && t ? strcmp(s, t) == 0 : s == t;
}

static bool same_bits(const double *a, const double *b)
{
    return memcmp(a, b, sizeof *a) == 0 || (isnan(*a) && isnan(*b));
}

static bool same_kept(const reading *a, size_t i, const reading *b, size_t j, size_t k)
{
    const hg_column *c = &a->rows.kept[k], *d = &b->rows.kept[k];
    if (c->type != d->type)
        return false;
    return c->type == HG_TEXT     ? same_text(a, c->text[i], b, d->text[j])
           : c->type == HG_DOUBLE ? same_bits(&c->f64[i], &d->f64[j])
                                  : c->i64[i] == d->i64[j];
}

static bool same_row(const reading *a, size_t i, const reading *b, size_t j)
{
    const hg_source_rows *p = &a->rows, *q = &b->rows;
    bool same = p->state[i] == q->state[j] && same_bits(&p->x[i], &q->x[j]) && same_bits(&p->y[i], &q->y[j]) &&
                same_bits(&p->w[i], &q->w[j]) && p->t_start[i] == q->t_start[j] && p->hash[i] == q->hash[j] &&
                same_text(a, p->category[i], b, q->category[j]) && same_text(a, p->id[i], b, q->id[j]);
    for (size_t k = 0; same && k < p->kept_count; k++)
        same = same_kept(a, i, b, j, k);
    return same;
}

static void expect_same_list(const reading *a, const hg_bad_values *p, const reading *b, const hg_bad_values *q)
{
    assert_int_equal(p->count, q->count);
    for (size_t i = 0; i < p->count; i++)
        if (p->items[i].row != q->items[i].row || !same_text(a, p->items[i].text, b, q->items[i].text))
            fail_msg("bad value %zu: row %zu, %zu expected", i, q->items[i].row, p->items[i].row);
}

static void expect_same(const reading *a, const reading *b)
{
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->rows.n, b->rows.n);
    for (size_t i = 0; i < a->rows.n; i++)
        if (!same_row(a, i, b, i))
            fail_msg("row %zu: expected state %d (%.17g %.17g), obtained %d (%.17g %.17g), or another column differs",
                     i + 1, a->rows.state[i], a->rows.x[i], a->rows.y[i], b->rows.state[i], b->rows.x[i], b->rows.y[i]);
    expect_same_list(a, &a->rows.bad_points, b, &b->rows.bad_points);
    expect_same_list(a, &a->rows.bad_times, b, &b->rows.bad_times);
    expect_same_list(a, &a->rows.bad_weights, b, &b->rows.bad_weights);
    assert_int_equal(a->rows.empty_times, b->rows.empty_times);
    assert_int_equal(a->rows.naive_times, b->rows.naive_times);
    assert_int_equal(a->rows.offset_times, b->rows.offset_times);
    assert_int_equal(a->rows.first_offset_s, b->rows.first_offset_s);
    assert_int_equal(a->rows.offsets_differ, b->rows.offsets_differ);
}

static void expect_equal_readings(void)
{
    reading loop = read_file(false, 1, NULL);
    assert_int_equal(loop.status, HG_OK);
    for (int threads = 1; threads <= 3; threads += 2) {
        reading straight = read_file(true, threads, NULL);
        assert_true(straight.straight);
        expect_same(&loop, &straight);
        forget(&straight);
    }
    forget(&loop);
}

static void rows_are_those_of_the_feature_loop(void **state)
{
    (void)state;
    static const OGRwkbGeometryType types[] = {wkbPoint,       wkbPoint25D, wkbPointM, wkbPointZM,
                                               wkbMultiPoint, wkbUnknown};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        write_file(types[k], "SPATIAL_INDEX=YES", SOME, 0);
        expect_equal_readings();
        write_file(types[k], "SPATIAL_INDEX=NO", SOME, 0);
        expect_equal_readings();
    }
    write_file(wkbUnknown, "SPATIAL_INDEX=YES", SOME, 300); /* a line among them: all through OGR */
    expect_equal_readings();
    write_file(wkbPoint, "SPATIAL_INDEX=YES", MANY, 0);
    expect_equal_readings();
}

static unsigned char *slurp(size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*n);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

static void spill(const unsigned char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static uint64_t features_at(void)
{
    hg_error err = {0};
    hg_fgb f;
    bool fits;
    ok(hg_fgb_open(path, &f, &fits, &err), &err);
    assert_true(fits);
    uint64_t at = f.features_at;
    hg_fgb_close(&f);
    return at;
}

/* Gives a column another type of the same size, which OGR itself never writes. */
static void retype(size_t column, uint8_t from, uint8_t to)
{
    size_t n;
    unsigned char *bytes = slurp(&n);
    size_t end = (size_t)features_at();
    for (size_t at = 12; at < end; at++) {
        hg_fgb f;
        bool fits;
        if (bytes[at] != from)
            continue;
        bytes[at] = to;
        spill(bytes, n);
        assert_int_equal(hg_fgb_open(path, &f, &fits, NULL), HG_OK);
        bool done = fits && f.columns == FIELDS && f.types[column] == to;
        hg_fgb_close(&f);
        if (done) {
            free(bytes);
            return;
        }
        bytes[at] = from;
    }
    fail_msg("column %zu has no type %d", column, from);
}

static void types_that_ogr_reads_but_does_not_write(void **state)
{
    (void)state;
    write_file(wkbPoint, "SPATIAL_INDEX=NO", SOME, 0);
    retype(0, HG_FGB_BOOL, HG_FGB_BYTE);
    retype(1, HG_FGB_SHORT, HG_FGB_USHORT);
    retype(2, HG_FGB_INT, HG_FGB_UINT);
    retype(3, HG_FGB_LONG, HG_FGB_ULONG);
    retype(6, HG_FGB_STRING, HG_FGB_JSON);
    expect_equal_readings();
    retype(0, HG_FGB_BYTE, HG_FGB_UBYTE);
    retype(9, HG_FGB_BINARY, HG_FGB_STRING);
    expect_equal_readings();
}

/* Every third feature loses its geometry: the entry in its vtable becomes 0. */
static void rows_without_geometry(void **state)
{
    (void)state;
    write_file(wkbPoint, "SPATIAL_INDEX=NO", SOME, 0);
    size_t n, k = 0;
    unsigned char *bytes = slurp(&n);
    for (size_t at = (size_t)features_at(); at < n; at += 4 + hg_fgb_u32(bytes + at)) {
        unsigned char *table = bytes + at + 4 + hg_fgb_u32(bytes + at + 4);
        unsigned char *vtable = table - (int32_t)hg_fgb_u32(table);
        if (k++ % 3 == 0)
            vtable[4] = vtable[5] = 0;
    }
    assert_int_equal(k, SOME);
    spill(bytes, n);
    free(bytes);
    expect_equal_readings();
    reading r = read_file(true, 1, NULL);
    assert_int_equal(r.rows.state[0], HG_ROW_NO_GEOMETRY);
    assert_int_equal(r.rows.state[1], HG_ROW_OK);
    forget(&r);
}

static void expect_limited(const reading *whole, const double box[4])
{
    reading part = read_file(true, 2, box);
    size_t inside = 0, found = 0;
    assert_int_equal(part.status, HG_OK);
    assert_int_equal(part.rows.n + part.rows.not_read, whole->rows.n);
    for (size_t j = 0; j < part.rows.n; j++) {
        size_t i = part.rows.number ? part.rows.number[j] - 1 : j;
        assert_true(i < whole->rows.n && (!j || !part.rows.number || i >= part.rows.number[j - 1]));
        if (!same_row(whole, i, &part, j))
            fail_msg("row %zu of the file differs where only a box is read", i + 1);
        found += part.rows.x[j] >= box[0] && part.rows.x[j] <= box[2] && part.rows.y[j] >= box[1] && part.rows.y[j] <= box[3];
    }
    for (size_t i = 0; i < whole->rows.n; i++)
        inside += whole->rows.x[i] >= box[0] && whole->rows.x[i] <= box[2] && whole->rows.y[i] >= box[1] &&
                  whole->rows.y[i] <= box[3];
    assert_int_equal(found, inside);
    forget(&part);
}

static void a_limit_leaves_out_what_lies_outside(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 15, 16, 17, SOME, MANY};
    hg_random r = hg_random_seed(5, 1);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        write_file(wkbPoint, "SPATIAL_INDEX=YES", sizes[k], 0);
        reading whole = read_file(false, 1, NULL);
        for (int trial = 0; trial < (sizes[k] == MANY ? 4 : 40); trial++) {
            double x = 1100 * hg_random_unit(&r) - 50, y = 1100 * hg_random_unit(&r) - 50, side = 300 * hg_random_unit(&r);
            expect_limited(&whole, (double[4]){x, y, x + side, y + side});
        }
        forget(&whole);
    }
    const double corner[4] = {0, 0, 100, 100};
    reading part = read_file(true, 1, corner);
    assert_true(part.rows.n < MANY / 20);
    forget(&part);
}

/* Wherever a byte is off or the file is cut: a status, and the rows of OGR where both have any. */
static void damaged_files(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(8, 2);
    const double box[4] = {100, 100, 400, 500};
    for (int k = 0; k < 2; k++) {
        write_file(wkbPoint, k ? "SPATIAL_INDEX=NO" : "SPATIAL_INDEX=YES", 60, 0);
        size_t n;
        unsigned char *bytes = slurp(&n);
        for (int trial = 0; trial < 600; trial++) {
            size_t at = 8 + hg_random_below(&r, (uint32_t)(n - 8)), cut = trial % 10 == 0 ? at : n;
            unsigned char was = bytes[at];
            bytes[at] = (unsigned char)hg_random_below(&r, 256);
            spill(bytes, cut);
            bytes[at] = was;
            reading loop = read_file(false, 1, NULL), straight = read_file(true, 1, NULL), part = read_file(true, 1, box);
            if (loop.status == HG_OK && straight.status == HG_OK)
                expect_same(&loop, &straight);
            if (cut < n && !k)
                assert_int_not_equal(straight.status, HG_OK);
            forget(&loop);
            forget(&straight);
            forget(&part);
        }
        free(bytes);
    }
}

static hg_status read_small_file(void *context, hg_error *err)
{
    (void)context;
    hg_control control = {.threads = 1};
    hg_source_spec spec = {.path = path, .weight = "real", .category = "name", .time = "moment"};
    hg_source_rows rows = {0};
    hg_source *s = NULL;
    hg_pool *pool = NULL;
    const double box[4] = {100, 100, 400, 500};
    hg_status status = hg_pool_new(&pool, err);
    if (status == HG_OK)
        status = hg_source_open(&spec, pool, &control, &s, err);
    if (status == HG_OK) {
        hg_source_limit(s, box);
        status = hg_source_read_flatgeobuf(s, &rows, err);
    }
    hg_source_rows_dispose(&rows);
    hg_source_free(s);
    hg_pool_free(pool);
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    write_file(wkbPoint, "SPATIAL_INDEX=YES", 40, 0);
    sweep_allocations(read_small_file, NULL);
    write_file(wkbPoint, "SPATIAL_INDEX=NO", 40, 0);
    sweep_allocations(read_small_file, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_the_feature_loop),
        cmocka_unit_test(types_that_ogr_reads_but_does_not_write),
        cmocka_unit_test(rows_without_geometry),
        cmocka_unit_test(a_limit_leaves_out_what_lies_outside),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
