/* Largest inscribed circles against GEOS's, on stars with and without holes, in pairs, and on
 * ditches. */
#include "tests/polygon_helpers.h"
#include "base/random.h"

static size_t add_ring(hg_random *r, double x, double y, double radius, int corners, char *text,
                       size_t room)
{
    char first[64] = "";
    size_t at = (size_t)snprintf(text, room, "(");
    for (int i = 0; i < corners; i++) {
        double turn = 2.0 * M_PI * (i + 0.9 * hg_random_unit(r)) / corners;
        double far = radius * (0.4 + 0.6 * hg_random_unit(r));
        char point[64];
        snprintf(point, sizeof point, "%.3f %.3f", x + far * cos(turn), y + far * sin(turn));
        if (i == 0)
            strcpy(first, point);
        at += (size_t)snprintf(text + at, room - at, "%s,", point);
    }
    return at + (size_t)snprintf(text + at, room - at, "%s)", first);
}

/* GEOS's answer is below the truth by up to the tolerance too. */
static void compare(GEOSContextHandle_t geos, const char *text, double tolerance)
{
    double radius = 0.0, diameter = -1.0;
    hg_polygon_mm p = polygon_from(text, NULL);
    GEOSGeometry *g = geometry_from(geos, text);
    GEOSGeometry *line = GEOSMaximumInscribedCircle_r(geos, g, tolerance / 2.0);
    assert_true(line && GEOSLength_r(geos, line, &radius));
    expect_ok(hg_polygon_mm_inscribed(&p, tolerance, &diameter, err));
    expect_near(text, 2.0 * radius, diameter, tolerance + 0.002);
    GEOSGeom_destroy_r(geos, line);
    GEOSGeom_destroy_r(geos, g);
    hg_polygon_mm_dispose(&p);
}

static void stars(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(31, 0);
    GEOSContextHandle_t geos = GEOS_init_r();
    for (int i = 0; i < 120; i++) {
        static const double tolerances[] = {0.5, 0.05, 0.01};
        char text[16384] = "POLYGON(";
        size_t at = strlen(text);
        double radius = 2.0 + i;
        at += add_ring(&r, 415000, 2443000, radius, 3 + i, text + at, sizeof text - at);
        if (i % 3 > 0) {
            at += (size_t)snprintf(text + at, sizeof text - at, ",");
            at +=
                add_ring(&r, 415000, 2443000, radius * 0.2, 4 + i % 5, text + at, sizeof text - at);
        }
        snprintf(text + at, sizeof text - at, ")");
        compare(geos, text, tolerances[i % 3]);
    }
    GEOS_finish_r(geos);
}

static void pairs_and_ditches(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "MULTIPOLYGON(((0 0,9 0,9 5,0 5,0 0)),((20 0,26 1,28 7,20 8,20 0)))",
        "POLYGON((0 0,40 30,39.82 30.24,-0.18 0.24,0 0))",
        "POLYGON((0 0,40 30,39.988 30.016,-0.012 0.016,0 0))",
        "POLYGON((0 0,20 0,20 20,18 20,18 2,2 2,2 20,0 20,0 0))",
        "POLYGON((0 0,100 0,100 0.5,3 0.5,3 2,0 2,0 0))",
    };
    GEOSContextHandle_t geos = GEOS_init_r();
    for (size_t i = 0; i < COUNT(texts); i++)
        compare(geos, texts[i], 0.02);
    GEOS_finish_r(geos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stars),
        cmocka_unit_test(pairs_and_ditches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
