/* Shapes moved between CRSs, and the nearest named place with its ties. */
#include "tests/geo_helpers.h"
#include "base/random.h"

static void expect_place(const hg_places *places, double x, double y, double side, const char *name,
                         double distance)
{
    const char *found = NULL;
    double d = -1.0;
    double box[] = {x, y, x + side, y + side};
    expect_ok(hg_places_nearest(places, box, &found, &d, err));
    if (strcmp(found, name) != 0)
        fail_msg("cell at %g %g: expected %s, obtained %s (%g m)", x, y, name, found, d);
    expect_near(name, distance, d, 1e-9);
}

static hg_places *places_from(const char *const list[][2], size_t n)
{
    hg_shapes shapes = {0};
    hg_places *places = NULL;
    for (size_t i = 0; i < n; i++)
        add_text(&shapes, list[i][1], list[i][0]);
    expect_ok(hg_places_new(&shapes, &places, err));
    hg_shapes_dispose(&shapes);
    return places;
}

static void nearest_and_ties(void **state)
{
    (void)state;
    static const char *const list[][2] = {
        {"town", "POLYGON((0 0,100 0,100 100,0 100,0 0))"},
        {"park", "POLYGON((10 10,50 10,50 50,10 50,10 10))"},
        {"well", "POINT(70 70)"},
        {"road", "LINESTRING(200 -100,200 300)"},
        {"east b", "POINT(330 50)"},
        {"east a", "POINT(330 70)"},
        {NULL, "POINT(300 300)"},
        {"tie large", "POLYGON((500 0,510 0,510 10,500 10,500 0))"},
        {"tie small", "POLYGON((500 20,510 20,510 25,500 25,500 20))"},
    };
    hg_places *places = places_from(list, COUNT(list));
    expect_place(places, 20, 20, 10, "park", 0);   /* inside two: the smaller */
    expect_place(places, 60, 10, 10, "town", 0);   /* inside one */
    expect_place(places, 65, 65, 10, "well", 0);   /* holds a point and lies in the town */
    expect_place(places, 110, 40, 10, "town", 10); /* 10 m from the town, 80 from the road */
    expect_place(places, 170, 40, 10, "road", 20);
    expect_place(places, 300, 55, 10, "east a", sqrt(20 * 20 + 5 * 5)); /* equal: by name */
    expect_place(places, 300, 300, 5, "road", 100); /* what has no name is no place */
    expect_place(places, 502, 12.5, 5, "tie small", 2.5);
    expect_place(places, 100, 100, 10, "town", 0); /* touching in a corner */
    hg_places_free(places);
}

static void places_need_names(void **state)
{
    (void)state;
    hg_shapes shapes = {0};
    hg_places *places = NULL;
    assert_int_equal(hg_places_new(&shapes, &places, NULL), HG_EDATA);
    add_text(&shapes, "POINT(1 1)", NULL);
    add_text(&shapes, "POINT(1 1)", "");
    add_text(&shapes, "POINT EMPTY", "empty");
    assert_int_equal(hg_places_new(&shapes, &places, NULL), HG_EDATA);
    assert_null(places);
    hg_shapes_dispose(&shapes);
}

/* 5,000 random places against all distances. */
static void many_places(void **state)
{
    (void)state;
    enum { N = 5000 };
    static double x[N];
    static double y[N];
    hg_shapes shapes = {0};
    hg_places *places = NULL;
    hg_random r = hg_random_seed(2, 2);
    for (int i = 0; i < N; i++) {
        x[i] = 1e5 * hg_random_unit(&r);
        y[i] = 1e5 * hg_random_unit(&r);
        unsigned char wkb[21] = {1, 1};
        char name[16];
        memcpy(wkb + 5, &x[i], sizeof *x);
        memcpy(wkb + 13, &y[i], sizeof *y);
        snprintf(name, sizeof name, "p%d", i);
        expect_ok(hg_shapes_add(&shapes, wkb, sizeof wkb, name, err));
    }
    expect_ok(hg_places_new(&shapes, &places, err));
    for (int k = 0; k < 300; k++) {
        double cx = 1e5 * hg_random_unit(&r);
        double cy = 1e5 * hg_random_unit(&r);
        int best = 0;
        double best_distance = INFINITY;
        for (int i = 0; i < N; i++) {
            double d = hypot(fmax(fmax(cx - x[i], x[i] - cx - 100), 0),
                             fmax(fmax(cy - y[i], y[i] - cy - 100), 0));
            if (d < best_distance) {
                best_distance = d;
                best = i;
            }
        }
        if (best_distance > 0)
            expect_place(places, cx, cy, 100, shapes.shapes[best].name, best_distance);
    }
    hg_places_free(places);
    hg_shapes_dispose(&shapes);
}

static void shapes_are_scaled_and_boxed(void **state)
{
    (void)state;
    hg_shapes shapes = {0};
    double box[4];
    assert_int_equal(hg_shapes_box(&shapes, box, NULL), HG_EDATA);
    add_text(&shapes, "POINT EMPTY", NULL);
    assert_int_equal(hg_shapes_box(&shapes, box, NULL), HG_EDATA);
    add_text(&shapes, "GEOMETRYCOLLECTION(POINT(1 2),MULTILINESTRING((3 4,5 6),(7 -8,9 10)))", "a");
    add_text(&shapes, "MULTIPOLYGON(((0 0,2 0,2 2,0 0),(1 0.5,1.5 0.5,1.5 1,1 0.5)))", "b");
    expect_ok(hg_shapes_scale(&shapes, 0.5, err));
    expect_ok(hg_shapes_box(&shapes, box, err));
    const double expected[] = {0, -4, 4.5, 5};
    for (int i = 0; i < 4; i++)
        expect_near("box", expected[i], box[i], 0.0);
    hg_shapes_dispose(&shapes);
}

/* A big-endian point with PostGIS's SRID flag and Z: only x and y are touched. */
static void other_byte_orders_and_dimensions(void **state)
{
    (void)state;
    static const unsigned char wkb[] = {0, 0xa0, 0, 0,    1,    0, 0,    0x10, 0xe6, 0x40, 0,
                                        0, 0,    0, 0,    0,    0, 0x40, 0x08, 0,    0,    0,
                                        0, 0,    0, 0x40, 0x10, 0, 0,    0,    0,    0,    0};
    hg_shapes shapes = {0};
    double box[4];
    expect_ok(hg_shapes_add(&shapes, wkb, sizeof wkb, NULL, err));
    expect_ok(hg_shapes_scale(&shapes, 10.0, err));
    expect_ok(hg_shapes_box(&shapes, box, err));
    expect_near("x", 20.0, box[0], 0.0);
    expect_near("y", 30.0, box[1], 0.0);
    assert_memory_equal(shapes.shapes[0].wkb + 25, wkb + 25, 8);
    hg_shapes_dispose(&shapes);
}

static hg_crs *crs_of(const char *text)
{
    hg_crs *crs = NULL;
    expect_ok(hg_crs_new(text, "test", &crs, err));
    return crs;
}

static void shapes_are_transformed(void **state)
{
    (void)state;
    hg_crs *degrees = crs_of("EPSG:4326");
    hg_crs *plane = crs_of("EPSG:4547");
    hg_shapes shapes = {0};
    double box[4];
    add_text(&shapes, "POLYGON((113.18 22.08,113.2 22.08,113.2 22.1,113.18 22.08))", "a");
    add_text(&shapes, "POINT EMPTY", "nowhere");
    expect_ok(hg_shapes_transform(&shapes, degrees, plane, err));
    expect_ok(hg_shapes_box(&shapes, box, err));
    expect_near("east", 415370.525130468, box[0], 1e-6);
    expect_ok(hg_shapes_transform(&shapes, plane, degrees, err));
    expect_ok(hg_shapes_box(&shapes, box, err));
    expect_near("lon", 113.18, box[0], 1e-11);
    expect_near("lat", 22.1, box[3], 1e-11);
    hg_shapes before = {0};
    expect_ok(hg_shapes_add(&before, shapes.shapes[0].wkb, shapes.shapes[0].size, "a", err));
    add_text(&shapes, "POINT(10 95)", "beyond the pole");
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_shapes_transform(&shapes, degrees, plane, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "beyond the pole"));
    assert_memory_equal(shapes.shapes[0].wkb, before.shapes[0].wkb, before.shapes[0].size);
    hg_shapes_dispose(&before);
    hg_shapes_dispose(&shapes);
    hg_crs_free(degrees);
    hg_crs_free(plane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_and_ties),
        cmocka_unit_test(places_need_names),
        cmocka_unit_test(many_places),
        cmocka_unit_test(shapes_are_scaled_and_boxed),
        cmocka_unit_test(other_byte_orders_and_dimensions),
        cmocka_unit_test(shapes_are_transformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
