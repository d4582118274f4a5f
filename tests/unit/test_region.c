/* Study areas from polygons, points and boxes: areas and bounds that can be worked out by hand. */
#include "tests/geo_helpers.h"
#include "base/random.h"

static void holes_and_overlaps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double area;
    } cases[] = {
        {"POLYGON((0 0,4 0,4 3,0 3,0 0))", 12},
        {"POLYGON((0 0,0 3,4 3,4 0,0 0))", 12},
        {"POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))", 96},
        {"MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)),((2 2,6 2,6 6,2 6,2 2)))", 28},
        {"POLYGON((0 0,2 2,2 0,0 2,0 0))", 2},
        {"GEOMETRYCOLLECTION(POINT(50 50),POLYGON((0 0,4 0,4 3,0 3,0 0)),LINESTRING(0 0,9 9))", 12},
        {"POLYGON((0 0,4 0,4 4,0 4,0 0),(0 0,2 0,2 2,0 2,0 0))", 12},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_region *region = region_from(cases[i].text);
        expect_near(cases[i].text, cases[i].area, hg_region_area_m2(region), 1e-12);
        hg_region_free(region);
    }
}

static void several_shapes_are_joined(void **state)
{
    (void)state;
    hg_shapes shapes = {0};
    hg_region *region = NULL;
    size_t repaired = 99;
    double box[4];
    add_text(&shapes, "POLYGON((0 0,2 0,2 2,0 2,0 0))", "a");
    add_text(&shapes, "POLYGON((1 0,3 0,3 2,1 2,1 0))", "b");
    add_text(&shapes, "POLYGON((10 0,12 2,12 0,10 2,10 0))", "bow tie");
    add_text(&shapes, "POLYGON EMPTY", NULL);
    add_text(&shapes, "LINESTRING(0 0,100 100)", NULL);
    expect_ok(hg_region_new(&shapes, &repaired, &region, err));
    assert_int_equal(repaired, 1);
    expect_near("area", 8.0, hg_region_area_m2(region), 1e-12);
    hg_region_bounds(region, box);
    expect_near("xmax", 12.0, box[2], 0.0);
    expect_near("ymax", 2.0, box[3], 0.0);
    hg_region_free(region);
    hg_shapes_dispose(&shapes);
}

static void expect_no_region(const char *text)
{
    hg_shapes shapes = {0};
    hg_region *region = NULL;
    hg_error err = {HG_OK, ""};
    add_text(&shapes, text, NULL);
    assert_int_equal(hg_region_new(&shapes, NULL, &region, &err), HG_EDATA);
    assert_null(region);
    assert_int_equal(err.status, HG_EDATA);
    hg_shapes_dispose(&shapes);
}

static void areas_of_nothing_are_refused(void **state)
{
    (void)state;
    expect_no_region("POINT(1 2)");
    expect_no_region("POLYGON EMPTY");
    expect_no_region("POLYGON((0 0,1 1,2 2,0 0))");
    hg_shapes none = {0};
    hg_region *region = NULL;
    assert_int_equal(hg_region_new(&none, NULL, &region, NULL), HG_EDATA);
    double box[] = {0, 0, 0, 5};
    assert_int_equal(hg_region_box(box, &region, NULL), HG_EUSAGE);
    double nan_box[] = {0, NAN, 1, 5};
    assert_int_equal(hg_region_box(nan_box, &region, NULL), HG_EUSAGE);
}

static void broken_bytes_are_refused(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {1, 3, 0, 0, 0, 255, 255, 255, 255, 9, 9};
    hg_shapes shapes = {0};
    hg_region *region = NULL;
    double box[4];
    expect_ok(hg_shapes_add(&shapes, bytes, sizeof bytes, "bad", err));
    assert_int_equal(hg_region_new(&shapes, NULL, &region, NULL), HG_EDATA);
    assert_int_equal(hg_shapes_box(&shapes, box, NULL), HG_EDATA);
    assert_int_equal(hg_shapes_scale(&shapes, 2.0, NULL), HG_EDATA);
    hg_shapes_dispose(&shapes);
}

/* A buffered point is a regular polygon of 64 corners; a line adds its length times two radii. */
static void hulls_of_few_points(void **state)
{
    (void)state;
    hg_region *region = NULL;
    double x[] = {500, 500, 500, 800, 650};
    double y[] = {100, 100, 100, 500, 300};
    double disc = 0.5 * 64 * sin(2 * M_PI / 64) * 50.0 * 50.0;
    expect_ok(hg_region_hull(x, y, 1, 50.0, &region, err));
    expect_near("a point", disc, hg_region_area_m2(region), 1e-6);
    hg_region_free(region);
    expect_ok(hg_region_hull(x, y, 3, 50.0, &region, err));
    expect_near("the same point thrice", disc, hg_region_area_m2(region), 1e-6);
    hg_region_free(region);
    /* The line does not run along one of the 64 directions: its caps are cut a little shorter. */
    expect_ok(hg_region_hull(x, y, 5, 50.0, &region, err));
    expect_near("a line of 500", disc + 500 * 100, hg_region_area_m2(region), 20.0);
    hg_region_free(region);
}

static void hull_leaves_out_what_is_not_finite(void **state)
{
    (void)state;
    hg_region *region = NULL;
    double x[] = {NAN, 0, 10, 10, INFINITY, 0, 5};
    double y[] = {3, 0, 0, 10, 4, 10, NAN};
    double box[4];
    expect_ok(hg_region_hull(x, y, 7, 1.0, &region, err));
    hg_region_bounds(region, box);
    expect_near("xmin", -1.0, box[0], 1e-12);
    expect_near("ymax", 11.0, box[3], 1e-12);
    hg_region_free(region);
    assert_int_equal(hg_region_hull(x, y, 1, 1.0, &region, NULL), HG_EDATA);
}

/* The hull of many points has the area GEOS finds for all of them at once, and holds every one. */
static void compare_hull(const double *x, const double *y, size_t n)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *line = GEOSGeom_createLineString_r(
        geos, GEOSCoordSeq_copyFromArrays_r(geos, x, y, NULL, NULL, (unsigned)n));
    GEOSGeometry *hull = GEOSConvexHull_r(geos, line);
    GEOSGeometry *wide = GEOSBuffer_r(geos, hull, 10.0, 16);
    double area = 0.0;
    GEOSArea_r(geos, wide, &area);
    hg_region *region = NULL;
    uint8_t *where = malloc(n);
    expect_ok(hg_region_hull(x, y, n, 10.0, &region, err));
    expect_near("area of the hull", area, hg_region_area_m2(region), 1e-9 * area);
    expect_ok(hg_region_classify(region, x, y, n, 0.0, 2, where, err));
    for (size_t i = 0; i < n; i++)
        assert_int_equal(where[i], HG_INSIDE);
    free(where);
    hg_region_free(region);
    GEOSGeom_destroy_r(geos, line);
    GEOSGeom_destroy_r(geos, hull);
    GEOSGeom_destroy_r(geos, wide);
    GEOS_finish_r(geos);
}

static void hulls_of_many_points(void **state)
{
    (void)state;
    enum { N = 200000 };
    hg_random r = hg_random_seed(5, 9);
    double *x = malloc(N * sizeof *x);
    double *y = malloc(N * sizeof *y);
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < N; i++) {
            double u = hg_random_unit(&r);
            double v = 2.0 * M_PI * hg_random_unit(&r);
            double reach = kind == 1 ? 10000.0 : 10000.0 * sqrt(u);
            x[i] = 4e5 + (kind == 2 ? (double)i : reach * cos(v));
            y[i] = 2.4e6 + (kind == 3 ? 0.001 * u : reach * sin(v));
        }
        compare_hull(x, y, N);
    }
    free(x);
    free(y);
}

static void box_is_a_region(void **state)
{
    (void)state;
    hg_region *region = NULL;
    double box[] = {1, 2, 4, 7};
    double x[] = {1, 4, 2, 0.999999, 4};
    double y[] = {2, 7, 5, 5, 7.1};
    uint8_t where[5];
    expect_ok(hg_region_box(box, &region, err));
    expect_near("area", 15.0, hg_region_area_m2(region), 0.0);
    expect_ok(hg_region_classify(region, x, y, 5, 0.05, 1, where, err));
    const uint8_t expected[] = {HG_INSIDE, HG_INSIDE, HG_INSIDE, HG_HALO, HG_OUTSIDE};
    assert_memory_equal(where, expected, 5);
    float share[12];
    expect_ok(hg_region_coverage(region, 0, 8, 2, 3, 4, share, err));
    const float shares[] = {0.25f, 0.5f, 0, 0.5f, 1, 0, 0.5f, 1, 0, 0, 0, 0};
    assert_memory_equal(share, shares, sizeof shares);
    hg_region_free(region);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    hg_shapes shapes = {0};
    add_text(&shapes, "POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))", "a");
    double x[] = {1, 3, 30};
    double y[] = {1, 3, 30};
    uint8_t where[3];
    float share[100];
    for (uint64_t n = 1; n < 200; n++) {
        hg_region *region = NULL;
        hg_region *hull = NULL;
        hg_error err = {HG_OK, ""};
        hg_memory_fail_at(n);
        hg_status status = hg_region_new(&shapes, NULL, &region, &err);
        if (status == HG_OK)
            status = hg_region_classify(region, x, y, 3, 1.0, 1, where, &err);
        if (status == HG_OK)
            status = hg_region_coverage(region, 0, 10, 1, 10, 10, share, &err);
        if (status == HG_OK)
            status = hg_region_hull(x, y, 3, 1.0, &hull, &err);
        hg_memory_fail_at(0);
        hg_region_free(region);
        hg_region_free(hull);
        if (status == HG_OK) {
            hg_shapes_dispose(&shapes);
            assert_true(n > 10);
            return;
        }
        assert_int_equal(status, HG_ENOMEM);
    }
    fail_msg("still failing at the 200th allocation");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holes_and_overlaps),
        cmocka_unit_test(several_shapes_are_joined),
        cmocka_unit_test(areas_of_nothing_are_refused),
        cmocka_unit_test(broken_bytes_are_refused),
        cmocka_unit_test(hulls_of_few_points),
        cmocka_unit_test(hull_leaves_out_what_is_not_finite),
        cmocka_unit_test(hulls_of_many_points),
        cmocka_unit_test(box_is_a_region),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
