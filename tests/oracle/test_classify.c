/* Inside, halo or outside against GEOS's covers and distance. */
#include "tests/geo_helpers.h"
#include "base/random.h"
#include "geo/orient.h"

enum { POINTS = 3000 };

typedef struct opinion {
    GEOSContextHandle_t geos;
    GEOSGeometry *g;
    const GEOSPreparedGeometry *prepared;
} opinion;

static opinion opinion_on(const char *text)
{
    opinion o = {.geos = GEOS_init_r()};
    GEOSGeometry *raw = geometry_from(o.geos, text);
    o.g = valid_union(o.geos, raw);
    o.prepared = GEOSPrepare_r(o.geos, o.g);
    GEOSGeom_destroy_r(o.geos, raw);
    return o;
}

static void forget(opinion *o)
{
    GEOSPreparedGeom_destroy_r(o->geos, o->prepared);
    GEOSGeom_destroy_r(o->geos, o->g);
    GEOS_finish_r(o->geos);
}

static uint8_t ask(const opinion *o, double x, double y, double halo, double *distance)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(o->geos, x, y);
    bool inside = GEOSPreparedCovers_r(o->geos, o->prepared, point) == 1;
    GEOSPreparedDistance_r(o->geos, o->prepared, point, distance);
    GEOSGeom_destroy_r(o->geos, point);
    return inside ? HG_INSIDE : *distance <= halo ? HG_HALO : HG_OUTSIDE;
}

/* Points across the box and a margin, and close to the boundary: vertices, middles, hair's
 * breadths. */
static size_t scatter(const opinion *o, double halo, double *x, double *y)
{
    double box[4];
    hg_random r = hg_random_seed(3, 5);
    GEOSGeom_getXMin_r(o->geos, o->g, box);
    GEOSGeom_getYMin_r(o->geos, o->g, box + 1);
    GEOSGeom_getXMax_r(o->geos, o->g, box + 2);
    GEOSGeom_getYMax_r(o->geos, o->g, box + 3);
    double margin = 1.5 * halo + 0.1 * (box[2] - box[0]);
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = box[0] - margin + (box[2] - box[0] + 2.0 * margin) * hg_random_unit(&r);
        y[i] = box[1] - margin + (box[3] - box[1] + 2.0 * margin) * hg_random_unit(&r);
    }
    const GEOSGeometry *part = GEOSGetGeometryN_r(o->geos, o->g, 0);
    const GEOSCoordSequence *seq =
        GEOSGeom_getCoordSeq_r(o->geos, GEOSGetExteriorRing_r(o->geos, part));
    unsigned n = 0;
    GEOSCoordSeq_getSize_r(o->geos, seq, &n);
    for (size_t i = 0; i + 2 < POINTS; i += 3) {
        unsigned k = (unsigned)hg_random_below(&r, n - 1);
        double ax = 0.0;
        double ay = 0.0;
        double bx = 0.0;
        double by = 0.0;
        GEOSCoordSeq_getXY_r(o->geos, seq, k, &ax, &ay);
        GEOSCoordSeq_getXY_r(o->geos, seq, k + 1, &bx, &by);
        double t = i % 2 ? 0.5 : hg_random_unit(&r);
        x[i] = i % 4 ? ax + t * (bx - ax) : ax;
        y[i] = i % 4 ? ay + t * (by - ay) : ay;
        if (i % 5 == 0)
            y[i] = nextafter(y[i], INFINITY);
    }
    return POINTS;
}

static void compare(const char *text, double halo)
{
    opinion o = opinion_on(text);
    hg_region *region = region_from(text);
    double *x = malloc(POINTS * sizeof *x);
    double *y = malloc(POINTS * sizeof *y);
    uint8_t *where = malloc(POINTS);
    size_t n = scatter(&o, halo, x, y);
    expect_ok(hg_region_classify(region, x, y, n, halo, 2, where, err));
    for (size_t i = 0; i < n; i++) {
        double d = 0.0;
        uint8_t expected = ask(&o, x[i], y[i], halo, &d);
        /* GEOS's distance is rounded: at the halo's limit, and where a point off the boundary by
         * less than the coordinates' step is at distance 0, either answer will do. */
        bool at_limit = fabs(d - halo) <= 1e-9 * halo + 1e-15 * (fabs(x[i]) + fabs(y[i]));
        if (where[i] != expected && !(at_limit && expected != HG_INSIDE && where[i] != HG_INSIDE))
            fail_msg("%.100s\npoint %zu %.17g %.17g, distance %.17g of %.17g: expected %d, "
                     "obtained %d",
                     text, i, x[i], y[i], d, halo, expected, where[i]);
    }
    free(x);
    free(y);
    free(where);
    hg_region_free(region);
    forget(&o);
}

static void hulls_and_holes(void **state)
{
    (void)state;
    static const double halos[] = {0.0, 0.01, 0.7, 3.0, 40.0, 1e6};
    for (size_t i = 0; i < COUNT(halos); i++) {
        compare("POLYGON((0 0,10 0,10 10,0 10,0 0))", halos[i]);
        compare("POLYGON((1 1,9 2,8 8,2 7,1 1),(3 3,4 5,6 4,3 3))", halos[i]);
        compare("MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0),(1 1,1 3,3 3,3 1,1 1)),"
                "((1.5 1.5,2.5 1.5,2.5 2.5,1.5 2.5,1.5 1.5)),((4 4,9 5,5 9,4 4)))",
                halos[i]);
        compare("POLYGON((0 0,1000 0.001,1000 0.002,0 0.001,0 0))", halos[i]);
    }
}

/* A comb whose teeth all touch one horizontal line: rays along it meet many vertices. */
static void rays_through_vertices(void **state)
{
    (void)state;
    char text[4096];
    size_t at = (size_t)snprintf(text, sizeof text, "POLYGON((0 0");
    for (int i = 0; i < 40; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, ",%d %d,%d %d", 2 * i + 1, 5, 2 * i + 2,
                               i % 3 == 0 ? 5 : 1);
    snprintf(text + at, sizeof text - at, ",80 -1,0 -1,0 0))");
    compare(text, 0.5);
    hg_region *region = region_from(text);
    opinion o = opinion_on(text);
    double x[400];
    double y[400];
    uint8_t where[400];
    for (int i = 0; i < 400; i++) {
        x[i] = -5 + 0.25 * i;
        y[i] = i % 2 ? 5.0 : 1.0;
    }
    expect_ok(hg_region_classify(region, x, y, 400, 0.0, 1, where, err));
    for (int i = 0; i < 400; i++) {
        double d = 0.0;
        assert_int_equal(where[i] == HG_INSIDE, ask(&o, x[i], y[i], 0.0, &d) == HG_INSIDE);
    }
    hg_region_free(region);
    forget(&o);
}

static void far_from_the_origin(void **state)
{
    (void)state;
    compare("POLYGON((38415013.7 2442011.1,38415931.2 2442077.3,38415887.4 2442960.8,"
            "38415101.9 2442804.6,38415013.7 2442011.1))",
            100.0);
    compare("POLYGON((99999999 99999999,99999999.5 99999999,99999999.4 99999999.7,"
            "99999999 99999999))",
            0.1);
}

static size_t nasty_tried;

static void nasty_case(const char *name, const char *text)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *raw = geometry_from(geos, text);
    GEOSGeometry *g = raw ? valid_union(geos, raw) : NULL;
    double area = 0.0;
    double x = 0.0;
    double x1 = 0.0;
    bool usable = g && GEOSArea_r(geos, g, &area) && area > 0.0 && isfinite(area) &&
                  GEOSGeom_getXMin_r(geos, g, &x) && GEOSGeom_getXMax_r(geos, g, &x1);
    double side = x1 - x;
    if (raw)
        GEOSGeom_destroy_r(geos, raw);
    if (g)
        GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
    if (usable && nasty_tried % 4 == 0)
        compare(text, nasty_tried % 8 ? side / 7.0 : 0.0);
    nasty_tried += usable;
    (void)name;
}

static void nasty_polygons(void **state)
{
    (void)state;
    if (!for_each_nasty(nasty_case))
        skip();
    print_message("%zu nasty polygons, every fourth compared\n", nasty_tried);
    assert_true(nasty_tried > 500);
}

static void what_is_no_number_is_outside(void **state)
{
    (void)state;
    hg_region *region = region_from("POLYGON((0 0,10 0,10 10,0 10,0 0))");
    double x[] = {NAN, 5, INFINITY, 5};
    double y[] = {5, NAN, 5, 5};
    uint8_t where[4];
    for (int i = 0; i < 2; i++) {
        expect_ok(hg_region_classify(region, x, y, 4, i ? 1e9 : 0.0, 1, where, err));
        assert_int_equal(where[0], HG_OUTSIDE);
        assert_int_equal(where[1], HG_OUTSIDE);
        assert_int_equal(where[2], HG_OUTSIDE);
        assert_int_equal(where[3], HG_INSIDE);
    }
    hg_region_free(region);
}

static void threads_do_not_show(void **state)
{
    (void)state;
    enum { N = 300000 };
    hg_region *region = region_from("POLYGON((0 0,9 1,10 10,4 6,1 9,0 0),(2 2,4 3,3 4,2 2))");
    hg_random r = hg_random_seed(1, 1);
    double *x = malloc(N * sizeof *x);
    double *y = malloc(N * sizeof *y);
    uint8_t *one = malloc(N);
    uint8_t *four = malloc(N);
    for (size_t i = 0; i < N; i++) {
        x[i] = -2 + 14 * hg_random_unit(&r);
        y[i] = -2 + 14 * hg_random_unit(&r);
    }
    expect_ok(hg_region_classify(region, x, y, N, 0.5, 1, one, err));
    expect_ok(hg_region_classify(region, x, y, N, 0.5, 4, four, err));
    assert_memory_equal(one, four, N);
    /* Nor does it matter in how large a company a point comes: the lattice then differs. */
    for (size_t i = 0; i < 2000; i += 20) {
        expect_ok(hg_region_classify(region, x + i, y + i, 20, 0.5, 1, four, err));
        assert_memory_equal(one + i, four, 20);
    }
    free(x);
    free(y);
    free(one);
    free(four);
    hg_region_free(region);
}

/* Steps of the last bit around a line through the origin, whose sides integers tell. */
static void orientation_is_exact(void **state)
{
    (void)state;
    for (int i = -40; i <= 40; i++) {
        for (int j = -40; j <= 40; j++) {
            double step = 0x1p-52;
            double px = 1.0 + i * step;
            double py = 1.0 + j * step;
            int expected = (j > i) - (j < i);
            assert_int_equal(hg_orient(0.0, 0.0, 24.0, 24.0, px, py), expected);
            assert_int_equal(hg_orient(1e8 + 3, 1e8 + 3, -7, -7, px, py), -expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hulls_and_holes),
        cmocka_unit_test(rays_through_vertices),
        cmocka_unit_test(far_from_the_origin),
        cmocka_unit_test(nasty_polygons),
        cmocka_unit_test(what_is_no_number_is_outside),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(orientation_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
