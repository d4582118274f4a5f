/* Overlays, openings and inscribed circles of polygons whose results can be worked out by hand. */
#include "tests/polygon_helpers.h"
#include "tests/support/sweep.h"

static double overlay_area(hg_overlay op, const char *a_text, const char *b_text)
{
    hg_polygon_mm a = polygon_from(a_text, NULL);
    hg_polygon_mm b = polygon_from(b_text, NULL);
    hg_polygon_mm out = {0};
    expect_ok(hg_polygon_mm_overlay(op, &a, &b, &out, err));
    double area = area_m2(&out);
    hg_polygon_mm_dispose(&out);
    hg_polygon_mm_dispose(&b);
    hg_polygon_mm_dispose(&a);
    return area;
}

static void overlays_of_two(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        double both, either, difference;
    } cases[] = {
        {"POLYGON((0 0,4 0,4 4,0 4,0 0))", "POLYGON((2 2,6 2,6 6,2 6,2 2))", 4, 28, 12},
        {"POLYGON((0 0,4 0,4 4,0 4,0 0))", "POLYGON((4 0,6 0,6 4,4 4,4 0))", 0, 24, 16},
        {"POLYGON((0 0,4 0,4 4,0 4,0 0))", "POLYGON((9 9,10 9,10 10,9 10,9 9))", 0, 17, 16},
        {"POLYGON((0 0,4 0,4 4,0 4,0 0))", "POLYGON((1 1,2 1,2 2,1 2,1 1))", 1, 16, 15},
        {"POLYGON((0 0,4 0,4 4,0 4,0 0))", "POLYGON EMPTY", 0, 16, 16},
        {"POLYGON EMPTY", "POLYGON((0 0,4 0,4 4,0 4,0 0))", 0, 16, 0},
        {"POLYGON EMPTY", "POLYGON EMPTY", 0, 0, 0},
        {"POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,8 2,8 8,2 8,2 2))",
         "POLYGON((4 4,6 4,6 6,4 6,4 4))", 0, 68, 64},
        {"POLYGON((400000 2440000,400010 2440000,400010 2440010,400000 2440010,400000 2440000))",
         "POLYGON((400005 2440000,400015 2440000,400015 2440010,400005 2440010,400005 2440000))",
         50, 150, 50},
        {"POLYGON((-4 -4,0 -4,0 0,-4 0,-4 -4))", "POLYGON((-2 -2,2 -2,2 2,-2 2,-2 -2))", 4, 28, 12},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_near("intersection", cases[i].both,
                    overlay_area(HG_INTERSECTION, cases[i].a, cases[i].b), 1e-15);
        expect_near("union", cases[i].either, overlay_area(HG_UNION, cases[i].a, cases[i].b),
                    1e-15);
        expect_near("difference", cases[i].difference,
                    overlay_area(HG_DIFFERENCE, cases[i].a, cases[i].b), 1e-15);
    }
}

/* A hole stays behind its shell, so that GEOS gets back what it gave. */
static void results_serve_as_operands(void **state)
{
    (void)state;
    hg_polygon_mm a = polygon_from("MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0),(4 4,6 4,6 6,4 6,4 4)),"
                                   "((20 0,30 0,30 10,20 10,20 0)))",
                                   NULL);
    hg_polygon_mm b = polygon_from("POLYGON((8 2,22 2,22 3,8 3,8 2))", NULL);
    hg_polygon_mm joined = {0}, left = {0}, back = {0};
    expect_ok(hg_polygon_mm_overlay(HG_UNION, &a, &b, &joined, err));
    expect_near("joined", 96 + 100 + 10, area_m2(&joined), 1e-15);
    assert_int_equal(joined.rings, 2);
    expect_ok(hg_polygon_mm_overlay(HG_DIFFERENCE, &joined, &a, &left, err));
    expect_near("left", 10, area_m2(&left), 1e-15);
    expect_ok(hg_polygon_mm_overlay(HG_INTERSECTION, &joined, &a, &back, err));
    expect_near("back", 196, area_m2(&back), 1e-15);
    hg_polygon_mm_dispose(&a);
    hg_polygon_mm_dispose(&b);
    hg_polygon_mm_dispose(&joined);
    hg_polygon_mm_dispose(&left);
    hg_polygon_mm_dispose(&back);
}

/* Rounding may make a ring touch itself, or cross itself by a millimetre: still an operand. */
static void rings_that_touch_are_operands(void **state)
{
    (void)state;
    for (int64_t below = 0; below < 3; below++) {
        int64_t xy[] = {0, 0, 10000, 0, 10000, 10000, 5000, -below, 0, 10000, 0, 0};
        size_t starts[] = {0, 6};
        hg_polygon_mm p = {
            .xy = xy, .ring_start = starts, .rings = 1, .box = {0, -below, 10000, 10000}};
        hg_polygon_mm b = polygon_from("POLYGON((0 -9,4 -9,4 100,0 100,0 -9))", NULL);
        hg_polygon_mm out = {0};
        expect_ok(hg_polygon_mm_overlay(HG_INTERSECTION, &p, &b, &out, err));
        /* Left of x = 4: a triangle of 5 x 10 less its tip of 1 x 2. */
        expect_near("intersection", 25 - 1, area_m2(&out), 0.01);
        hg_polygon_mm_dispose(&out);
        expect_ok(hg_polygon_mm_overlay(HG_UNION, &p, &p, &out, err));
        expect_near("with itself", 50, area_m2(&out), 0.01);
        hg_polygon_mm_dispose(&out);
        hg_polygon_mm_dispose(&b);
    }
}

static void unions_of_many(void **state)
{
    (void)state;
    enum { N = 50 };
    hg_polygon_mm squares[N + 1] = {{0}};
    const hg_polygon_mm *list[N + 1];
    hg_polygon_mm out = {0};
    for (size_t i = 0; i < N; i++) {
        char text[200];
        unsigned long x = 400000 + 3 * i;
        snprintf(text, sizeof text, "POLYGON((%lu 0,%lu 0,%lu 4,%lu 4,%lu 0))", x, x + 4, x + 4, x,
                 x);
        squares[i] = polygon_from(text, NULL);
        list[N - i] = &squares[i];
    }
    list[0] = &squares[N]; /* empty */
    expect_ok(hg_polygon_mm_union(list, N + 1, &out, err));
    expect_near("a row of squares", (3 * (N - 1) + 4) * 4, area_m2(&out), 1e-15);
    assert_int_equal(out.rings, 1);
    hg_polygon_mm_dispose(&out);
    expect_ok(hg_polygon_mm_union(list, 1, &out, err));
    assert_int_equal(out.rings, 0);
    expect_ok(hg_polygon_mm_union(NULL, 0, &out, err));
    assert_int_equal(out.rings, 0);
    for (size_t i = 0; i < N; i++)
        hg_polygon_mm_dispose(&squares[i]);
}

/* The corners of one ring from another corner on are the same ring. */
static bool same_ring(const hg_polygon_mm *a, const hg_polygon_mm *b)
{
    size_t n = a->rings == 1 && b->rings == 1 ? a->ring_start[1] - 1 : 0;
    if (n == 0 || b->ring_start[1] != n + 1)
        return false;
    for (size_t shift = 0; shift < n; shift++) {
        size_t k = 0;
        while (k < n && memcmp(a->xy + 2 * k, b->xy + 2 * ((k + shift) % n), 16) == 0)
            k++;
        if (k == n)
            return true;
    }
    return false;
}

/* Ring of metres turned by an angle and set down in the middle of a GK zone. */
static hg_polygon_mm turned(const double *xy, size_t n, double angle)
{
    char text[4096] = "POLYGON((";
    size_t at = strlen(text);
    for (size_t i = 0; i <= n; i++) {
        double x = xy[2 * (i % n)], y = xy[2 * (i % n) + 1];
        at += (size_t)snprintf(text + at, sizeof text - at, "%.6f %.6f%s",
                               415000 + x * cos(angle) - y * sin(angle),
                               2443000 + x * sin(angle) + y * cos(angle), i < n ? "," : "))");
    }
    return polygon_from(text, NULL);
}

/* What is wide everywhere comes back to the millimetre, whichever way it is turned. */
static void openings_give_wide_shapes_back(void **state)
{
    (void)state;
    static const double rectangle[] = {0, 0, 20, 0, 20, 10, 0, 10};
    static const double ell[] = {0, 0, 40, 0, 40, 15, 20, 15, 20, 30, 0, 30};
    static const double arrow[] = {0, 0,  30, 10,
                                   0, 20, 8,  10}; /* corners of 37 degrees, a reflex one */
    static const struct {
        const double *xy;
        size_t n;
    } shapes[] = {{rectangle, 4}, {ell, 6}, {arrow, 4}};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (int k = 0; k < 90; k++) {
            hg_polygon_mm p = turned(shapes[i].xy, shapes[i].n, 0.0698131 * k);
            hg_polygon_mm mask = {0};
            expect_ok(hg_polygon_mm_opening_mask(&p, 0.5, &mask, err));
            if (!same_ring(&p, &mask))
                fail_msg("shape %zu turned by %d x 4 degrees: expected %.6f m2, obtained %.6f", i,
                         k, area_m2(&p), area_m2(&mask));
            hg_polygon_mm_dispose(&mask);
            hg_polygon_mm_dispose(&p);
        }
    }
}

static double opened_area(const char *text, double half_m, size_t *rings)
{
    hg_polygon_mm p = polygon_from(text, NULL);
    hg_polygon_mm mask = {0}, opened = {0};
    expect_ok(hg_polygon_mm_opening_mask(&p, half_m, &mask, err));
    expect_ok(hg_polygon_mm_overlay(HG_INTERSECTION, &p, &mask, &opened, err));
    double area = area_m2(&opened);
    *rings = opened.rings;
    hg_polygon_mm_dispose(&opened);
    hg_polygon_mm_dispose(&mask);
    hg_polygon_mm_dispose(&p);
    return area;
}

static void what_is_narrow_vanishes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double half_m, area, tolerance;
        size_t rings;
    } cases[] = {
        /* The worked example: a strip beside a block, by 0.5 m. */
        {"POLYGON((10.4 50,50.4 50,50.4 60,10.4 60,10.4 50))", 0.5, 400, 0, 1},
        {"POLYGON((100 50,100.8 50,100.8 90,100 90,100 50))", 0.5, 0, 0, 0},
        {"POLYGON((50 10,50.4 10,50.4 60,10.4 60,10.4 50,50 50,50 10))", 0.5, 400, 0, 1},
        /* Exactly as wide as the opening: nothing is left of the erosion. */
        {"POLYGON((0 0,1 0,1 40,0 40,0 0))", 0.5, 0, 0, 0},
        {"POLYGON((0 0,1.01 0,1.01 40,0 40,0 0))", 0.5, 40.4, 1e-9, 1},
        /* Two rooms and a neck of 0.6 m: the rooms remain, apart. */
        {"POLYGON((0 0,10 0,10 4.7,15 4.7,15 0,25 0,25 10,15 10,15 5.3,10 5.3,10 10,0 10,0 0))",
         0.5, 200, 1e-9, 2},
        /* A hole stays, a moat 0.6 m wide round it does not. */
        {"POLYGON((0 0,20 0,20 20,0 20,0 0),(8 8,12 8,12 12,8 12,8 8))", 0.5, 384, 1e-9, 2},
        {"MULTIPOLYGON(((0 0,20 0,20 20,0 20,0 0),(8 8,12 8,12 12,8 12,8 8)),"
         "((8.6 8.6,11.4 8.6,11.4 11.4,8.6 11.4,8.6 8.6),(9.2 9.2,10.8 9.2,10.8 10.8,9.2 10.8,9.2 "
         "9.2)))",
         0.5, 384, 1e-9, 2},
        {"POLYGON((0 0,0.002 0,0.002 0.002,0 0.002,0 0))", 0.5, 0, 0, 0},
        {"POLYGON((0 0,0.002 0,0.002 0.002,0 0.002,0 0))", 0, 4e-6, 0, 1},
        {"POLYGON EMPTY", 0.5, 0, 0, 0},
        /* Corners of 45 and of 14 degrees come back. */
        {"POLYGON((0 0,20 0,20 20,0 0))", 0.5, 200, 1e-9, 1},
        {"POLYGON((0 0,40 0,40 10,0 0))", 0.5, 200, 1e-9, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t rings = 99;
        double area = opened_area(cases[i].text, cases[i].half_m, &rings);
        expect_near(cases[i].text, cases[i].area, area, cases[i].tolerance + 1e-15);
        assert_int_equal(rings, cases[i].rings);
    }
}

/* A needle of 5.7 degrees loses its tip where a mitre would be longer than ten times the offset. */
static void tips_of_needles_are_cut(void **state)
{
    (void)state;
    size_t rings = 0;
    double area = opened_area("POLYGON((0 0,40 0,40 4,0 0))", 0.5, &rings);
    if (!(area < 80.0 && area > 78.0))
        fail_msg("expected a little less than 80 m2, obtained %.6f", area);
}

/* Round things have neither corners to cut nor necks: what they lose is rounding. */
static void round_ponds_lose_next_to_nothing(void **state)
{
    (void)state;
    enum { MOST = 600 };
    static double xy[2 * MOST];
    for (size_t n = 12; n <= MOST; n = n * 3 / 2) {
        for (size_t i = 0; i < n; i++) {
            double turn = 2.0 * M_PI * (double)i / (double)n;
            double radius = 35.0 + 3.0 * sin(3.0 * turn);
            xy[2 * i] = radius * cos(turn);
            xy[2 * i + 1] = radius * sin(turn);
        }
        char text[60 * MOST] = "POLYGON((";
        size_t at = strlen(text);
        for (size_t i = 0; i <= n; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%.4f %.4f%s",
                                   415000 + xy[2 * (i % n)], 2443000 + xy[2 * (i % n) + 1],
                                   i < n ? "," : "))");
        hg_polygon_mm p = polygon_from(text, NULL);
        size_t rings = 0;
        double lost = area_m2(&p) - opened_area(text, 0.5, &rings);
        expect_near("lost", 0.0, lost, 1e-3 * hg_polygon_mm_perimeter_m(&p));
        assert_int_equal(rings, 1);
        hg_polygon_mm_dispose(&p);
    }
}

static void bad_tolerances_are_refused(void **state)
{
    (void)state;
    hg_polygon_mm p = polygon_from("POLYGON((0 0,4 0,4 4,0 4,0 0))", NULL);
    hg_polygon_mm mask = {0};
    double diameter = 7.0;
    assert_int_equal(hg_polygon_mm_opening_mask(&p, -1.0, &mask, NULL), HG_EUSAGE);
    assert_int_equal(hg_polygon_mm_opening_mask(&p, NAN, &mask, NULL), HG_EUSAGE);
    assert_int_equal(hg_polygon_mm_inscribed(&p, 0.0, &diameter, NULL), HG_EUSAGE);
    assert_null(mask.xy);
    expect_near("untouched", 7.0, diameter, 0.0);
    hg_polygon_mm_dispose(&p);
}

static void circles_inscribed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double diameter;
    } cases[] = {
        {"POLYGON((0 0,4 0,4 3,0 3,0 0))", 3},
        {"POLYGON((400000 2440000,400004 2440000,400004 2440003,400000 2440000))", 2}, /* 3-4-5 */
        {"POLYGON((0 0,10 0,10 10,0 10,0 0),(4 4,6 4,6 6,4 6,4 4))",
         2 * (10 - 6) / (1 + 0.70710678118654752)},
        {"MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((20 20,25 20,25 25,20 25,20 20)))", 5},
        {"POLYGON((0 0,100 0,100 0.3,0 0.3,0 0))", 0.3},
        {"POLYGON((0 0,0.001 0,0.001 0.001,0 0.001,0 0))", 0.001},
        {"POLYGON EMPTY", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_polygon_mm p = polygon_from(cases[i].text, NULL);
        double diameter = -1.0;
        expect_ok(hg_polygon_mm_inscribed(&p, 0.01, &diameter, err));
        if (diameter > cases[i].diameter + 1e-9)
            fail_msg("%s: expected at most %.9g, obtained %.9g", cases[i].text, cases[i].diameter,
                     diameter);
        expect_near(cases[i].text, cases[i].diameter, diameter, 0.01);
        hg_polygon_mm_dispose(&p);
    }
}

static hg_status overlay_and_open(void *context, hg_error *err)
{
    const hg_polygon_mm *p = context;
    const hg_polygon_mm *list[] = {&p[0], &p[1]};
    hg_polygon_mm both = {0}, all = {0}, mask = {0};
    double diameter = 0.0;
    hg_status status = hg_polygon_mm_overlay(HG_DIFFERENCE, &p[0], &p[1], &both, err);
    if (status == HG_OK)
        status = hg_polygon_mm_union(list, 2, &all, err);
    if (status == HG_OK)
        status = hg_polygon_mm_opening_mask(&all, 0.2, &mask, err);
    if (status == HG_OK)
        status = hg_polygon_mm_inscribed(&mask, 0.1, &diameter, err);
    hg_polygon_mm_dispose(&mask);
    hg_polygon_mm_dispose(&all);
    hg_polygon_mm_dispose(&both);
    return status;
}

static void out_of_memory(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {
        polygon_from("MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0),(4 4,6 4,6 6,4 6,4 4)),"
                     "((20 0,30 0,30 10,20 10,20 0)))",
                     NULL),
        polygon_from("POLYGON((8 2,22 2,22 3,8 3,8 2))", NULL),
    };
    sweep_allocations(overlay_and_open, p);
    hg_polygon_mm_dispose(&p[0]);
    hg_polygon_mm_dispose(&p[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlays_of_two),
        cmocka_unit_test(results_serve_as_operands),
        cmocka_unit_test(rings_that_touch_are_operands),
        cmocka_unit_test(unions_of_many),
        cmocka_unit_test(openings_give_wide_shapes_back),
        cmocka_unit_test(what_is_narrow_vanishes),
        cmocka_unit_test(tips_of_needles_are_cut),
        cmocka_unit_test(round_ponds_lose_next_to_nothing),
        cmocka_unit_test(bad_tolerances_are_refused),
        cmocka_unit_test(circles_inscribed),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
