/*
 * What holds for every polygon that is read: valid ones keep their area within perimeter x 1 mm,
 * GEOS and the short cut past it agree on what is valid, shifts and turns of the input shift and
 * turn the result, and readers on several threads do not disturb one another.
 */
#include "tests/polygon_helpers.h"
#include "base/random.h"
#include "base/threads.h"

static GEOSContextHandle_t geos;
static size_t seen, repaired, refused;

static double rounding_m2(const GEOSGeometry *g)
{
    double length = 0.0;
    assert_true(GEOSLength_r(geos, g, &length));
    return 1e-3 * length + 1e-5;
}

/* One shape, twice: by a reader that has seen others, and on its own. */
static void check_geometry(const char *name, const GEOSGeometry *g)
{
    static hg_polygon_reader *reader;
    hg_shapes shapes = {0};
    hg_polygon_mm p = {0}, again = {0};
    hg_repair r, r2;
    hg_error err = {HG_OK, ""};
    double area = 0.0;
    if (!reader)
        assert_int_equal(hg_polygon_reader_new(&reader, NULL), HG_OK);
    if (!g) {
        hg_polygon_reader_free(reader);
        reader = NULL;
        return;
    }
    add_geometry(geos, &shapes, g, name);
    hg_status status = hg_polygon_reader_read(reader, &shapes, 0, &p, &r, &err);
    assert_int_equal(status, hg_polygon_mm_read(&shapes, 0, &again, &r2, NULL));
    if (status != HG_OK && status != HG_EDATA)
        fail_msg("%s: expected success or bad data, obtained %d: %s: %s", name, status, err.message,
                 GEOSGeomToWKT_r(geos, g));
    refused += status != HG_OK;
    assert_true(status == HG_OK || strlen(err.message) > 0);
    if (status == HG_OK) {
        assert_true(same_polygon(&p, &again));
        assert_true(GEOSArea_r(geos, g, &area));
        bool valid = GEOSisValid_r(geos, g) == 1;
        bool plain = GEOSGeomTypeId_r(geos, g) != GEOS_GEOMETRYCOLLECTION;
        assert_true(!plain || r.invalid == !valid);
        assert_true(r.area_after >= 0.0);
        if (!r.invalid && plain) {
            expect_near(name, area, area_m2(&p), rounding_m2(g));
            expect_near(name, area, r.area_before, 1e-9 * area + 1e-12);
        }
        repaired += r.invalid;
    }
    hg_polygon_mm_dispose(&p);
    hg_polygon_mm_dispose(&again);
    hg_shapes_dispose(&shapes);
    seen++;
}

static void check_text(const char *name, const char *text)
{
    GEOSGeometry *g = geometry_from(geos, text);
    if (!g)
        return; /* cases that are about bad WKT */
    check_geometry(name, g);
    GEOSGeom_destroy_r(geos, g);
}

static void nasty_geometries(void **state)
{
    (void)state;
    geos = GEOS_init_r();
    if (for_each_nasty(check_text))
        print_message("%zu geometries, %zu repaired, %zu refused\n", seen, repaired, refused);
    check_geometry(NULL, NULL);
    GEOS_finish_r(geos);
}

static void whole_countries(void **state)
{
    (void)state;
    static const char *const names[] = {"antarctica", "russia", "regression4", "regression6"};
    const char *folder = getenv("HOTGRID_SHARED_DATA");
    geos = GEOS_init_r();
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/nasty_geometries/exactextract/%s.wkt", folder ? folder : "",
                 names[i]);
        FILE *file = fopen(path, "r");
        if (!file) {
            print_message("skipped: no %s\n", path);
            continue;
        }
        size_t room = 1u << 24;
        char *text = malloc(room);
        assert_non_null(text);
        text[fread(text, 1, room - 1, file)] = '\0';
        fclose(file);
        check_text(names[i], text);
        free(text);
    }
    check_geometry(NULL, NULL);
    GEOS_finish_r(geos);
}

/* Rings on so small a lattice that corners meet edges and edges run over one another all the time.
 */
static void small_rings_are_valid_where_geos_says_so(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(21, 0);
    size_t valid = 0;
    geos = GEOS_init_r();
    for (int i = 0; i < 20000; i++) {
        size_t n = 3 + (size_t)(hg_random_unit(&r) * 6.0);
        double width = 2.0 + (double)(i % 6);
        double xy[2 * 12];
        for (size_t k = 0; k < n; k++) {
            xy[2 * k] = floor(width * hg_random_unit(&r)) / 10.0 + (i % 2 ? 415000.0 : 0.0);
            xy[2 * k + 1] = floor(width * hg_random_unit(&r)) / 10.0;
        }
        memcpy(xy + 2 * n, xy, 2 * sizeof *xy);
        GEOSCoordSequence *seq = GEOSCoordSeq_copyFromBuffer_r(geos, xy, (unsigned)n + 1, 0, 0);
        GEOSGeometry *ring = GEOSGeom_createLinearRing_r(geos, seq);
        GEOSGeometry *g = GEOSGeom_createPolygon_r(geos, ring, NULL, 0);
        valid += GEOSisValid_r(geos, g) == 1;
        check_geometry("a ring", g);
        GEOSGeom_destroy_r(geos, g);
    }
    print_message("%zu of 20000 rings were valid\n", valid);
    assert_true(valid > 2000 && valid < 18000);
    check_geometry(NULL, NULL);
    GEOS_finish_r(geos);
}

/* A star of decimals with four places: halves of a millimetre are among them. */
static void star_text(hg_random *r, double x, double y, int turns, char *text, size_t room)
{
    size_t at = (size_t)snprintf(text, room, "POLYGON((");
    char first[64] = "";
    for (int k = 0; k < 9; k++) {
        double angle = 2.0 * M_PI * (k + 0.5 * hg_random_unit(r)) / 9.0;
        double far = 5.0 + 20.0 * hg_random_unit(r);
        double px = round(far * cos(angle) * 1e4), py = round(far * sin(angle) * 1e4);
        for (int t = 0; t < turns; t++) {
            double held = px;
            px = -py;
            py = held;
        }
        char point[64];
        snprintf(point, sizeof point, "%.4f %.4f", (px + x * 1e4) / 1e4, (py + y * 1e4) / 1e4);
        if (k == 0)
            strcpy(first, point);
        at += (size_t)snprintf(text + at, room - at, "%s,", point);
    }
    snprintf(text + at, room - at, "%s))", first);
}

static void shifts_by_metres_shift_the_result(void **state)
{
    (void)state;
    static const int64_t shifts[][2] = {{1, 1}, {-40, 77}, {415000, 2443000}, {39415000, -9000000}};
    for (uint64_t seed = 0; seed < 40; seed++) {
        char text[1024];
        hg_random r = hg_random_seed(22, seed);
        star_text(&r, 0, 0, 0, text, sizeof text);
        hg_polygon_mm here = polygon_from(text, NULL);
        for (size_t s = 0; s < COUNT(shifts); s++) {
            r = hg_random_seed(22, seed);
            star_text(&r, (double)shifts[s][0], (double)shifts[s][1], 0, text, sizeof text);
            hg_polygon_mm there = polygon_from(text, NULL);
            for (size_t i = 0; i < 2 * there.ring_start[1]; i++)
                there.xy[i] -= 1000 * shifts[s][i % 2];
            for (int i = 0; i < 4; i++)
                there.box[i] -= 1000 * shifts[s][i % 2];
            assert_true(same_polygon(&here, &there));
            hg_polygon_mm_dispose(&there);
        }
        hg_polygon_mm_dispose(&here);
    }
}

/* Exactly where no coordinate is a half; within a millimetre everywhere. */
static void quarter_turns_turn_the_result(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        char text[1024];
        hg_random r = hg_random_seed(23, seed);
        star_text(&r, 0, 0, 0, text, sizeof text);
        hg_polygon_mm here = polygon_from(text, NULL);
        r = hg_random_seed(23, seed);
        star_text(&r, 0, 0, 1, text, sizeof text);
        hg_polygon_mm there = polygon_from(text, NULL);
        assert_int_equal(here.ring_start[1], there.ring_start[1]);
        for (size_t i = 0; i < here.ring_start[1]; i++) {
            int64_t dx = there.xy[2 * i] + here.xy[2 * i + 1];
            int64_t dy = there.xy[2 * i + 1] - here.xy[2 * i];
            assert_true(dy == 0 && (dx == 0 || dx == 1));
        }
        hg_polygon_mm_dispose(&there);
        hg_polygon_mm_dispose(&here);
    }
}

enum { TASKS = 8, SHAPES = 60 };

typedef struct shared {
    hg_shapes shapes;
    hg_exact areas[TASKS];
} shared;

static hg_status read_all(void *context, size_t task, hg_error *err)
{
    shared *s = context;
    hg_polygon_reader *reader = NULL;
    hg_status status = hg_polygon_reader_new(&reader, err);
    for (size_t i = 0; i < s->shapes.count && status == HG_OK; i++) {
        hg_polygon_mm p = {0};
        hg_repair r;
        status = hg_polygon_reader_read(reader, &s->shapes, i, &p, &r, err);
        s->areas[task] += hg_polygon_mm_area(&p);
        hg_polygon_mm_dispose(&p);
    }
    hg_polygon_reader_free(reader);
    return status;
}

static void a_reader_for_each_thread(void **state)
{
    (void)state;
    shared s = {.shapes = {0}};
    hg_random r = hg_random_seed(24, 0);
    char text[1024];
    for (int i = 0; i < SHAPES; i++) {
        star_text(&r, 100.0 * i, 0, 0, text, sizeof text);
        add_text(&s.shapes, i % 3 ? text : "POLYGON((0 0,2 2,2 0,0 2,0 0))", NULL);
    }
    expect_ok(hg_parallel(TASKS, 4, read_all, &s, err));
    for (size_t i = 1; i < TASKS; i++)
        assert_true(s.areas[i] == s.areas[0] && s.areas[i] > 0);
    hg_shapes_dispose(&s.shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nasty_geometries),
        cmocka_unit_test(whole_countries),
        cmocka_unit_test(small_rings_are_valid_where_geos_says_so),
        cmocka_unit_test(shifts_by_metres_shift_the_result),
        cmocka_unit_test(quarter_turns_turn_the_result),
        cmocka_unit_test(a_reader_for_each_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
