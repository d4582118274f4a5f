/* The unit of scattered points against GEOS asked unit by unit, first name first. */
#include "tests/geo_helpers.h"
#include "base/random.h"
#include "geo/units.h"

enum { SIDE = 9, POINTS = 20000 };

/* A net of quadrilaterals with shaken corners: shared borders everywhere, like villages. */
static void shake(double corner[SIDE + 1][SIDE + 1][2])
{
    hg_random r = hg_random_seed(4, 1);
    for (int i = 0; i <= SIDE; i++)
        for (int k = 0; k <= SIDE; k++) {
            corner[i][k][0] = 500000 + 1000 * i + 600 * (hg_random_unit(&r) - 0.5);
            corner[i][k][1] = 2440000 + 1000 * k + 600 * (hg_random_unit(&r) - 0.5);
        }
}

static void add_cell(hg_shapes *shapes, double c[SIDE + 1][SIDE + 1][2], int i, int k)
{
    char text[512], name[16];
    const double *p[4] = {c[i][k], c[i + 1][k], c[i + 1][k + 1], c[i][k + 1]};
    snprintf(name, sizeof name, "u%d%d", k, i);
    snprintf(text, sizeof text, "POLYGON((%.17g %.17g,%.17g %.17g,%.17g %.17g,%.17g %.17g,%.17g %.17g))",
             p[0][0], p[0][1], p[1][0], p[1][1], p[2][0], p[2][1], p[3][0], p[3][1], p[0][0], p[0][1]);
    add_text(shapes, text, name);
}

static void scatter(double c[SIDE + 1][SIDE + 1][2], double *x, double *y)
{
    hg_random r = hg_random_seed(4, 2);
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = 499000 + 11000 * hg_random_unit(&r);
        y[i] = 2439000 + 11000 * hg_random_unit(&r);
    }
    for (int i = 0; i <= SIDE; i++) /* corners belong to up to four */
        for (int k = 0; k <= SIDE; k++) {
            x[i * (SIDE + 1) + k] = c[i][k][0];
            y[i * (SIDE + 1) + k] = c[i][k][1];
        }
}

static void same_as_geos(void **state)
{
    (void)state;
    static double c[SIDE + 1][SIDE + 1][2], x[POINTS], y[POINTS];
    static uint32_t unit[POINTS], alone[POINTS];
    hg_shapes shapes = {0};
    hg_units *units = NULL;
    size_t repaired = 0, inside = 0;
    shake(c);
    scatter(c, x, y);
    for (int i = 0; i < SIDE; i++)
        for (int k = 0; k < SIDE; k++)
            add_cell(&shapes, c, i, k);
    expect_ok(hg_units_new(&shapes, &repaired, &units, err));
    expect_ok(hg_units_locate(units, x, y, POINTS, 1, alone, err));
    expect_ok(hg_units_locate(units, x, y, POINTS, 3, unit, err));
    assert_memory_equal(unit, alone, sizeof unit);
    GEOSContextHandle_t geos = GEOS_init_r();
    const GEOSPreparedGeometry *prepared[SIDE * SIDE];
    GEOSGeometry *g[SIDE * SIDE];
    GEOSWKBReader *reader = GEOSWKBReader_create_r(geos);
    for (size_t k = 0; k < SIDE * SIDE; k++) {
        const hg_shape *s = &shapes.shapes[hg_units_shape(units, k)];
        g[k] = GEOSWKBReader_read_r(geos, reader, s->wkb, s->size);
        prepared[k] = GEOSPrepare_r(geos, g[k]);
    }
    for (size_t i = 0; i < POINTS; i++) {
        GEOSGeometry *point = GEOSGeom_createPointFromXY_r(geos, x[i], y[i]);
        uint32_t expected = HG_NO_UNIT;
        for (uint32_t k = SIDE * SIDE; k-- > 0;)
            if (GEOSPreparedCovers_r(geos, prepared[k], point) == 1)
                expected = k;
        GEOSGeom_destroy_r(geos, point);
        if (expected != unit[i])
            fail_msg("point %zu (%.17g %.17g): expected %d, obtained %d", i, x[i], y[i], (int)expected,
                     (int)unit[i]);
        inside += expected != HG_NO_UNIT;
    }
    assert_true(inside > POINTS / 3 && inside < POINTS);
    for (size_t k = 0; k < SIDE * SIDE; k++) {
        GEOSPreparedGeom_destroy_r(geos, prepared[k]);
        GEOSGeom_destroy_r(geos, g[k]);
    }
    GEOSWKBReader_destroy_r(geos, reader);
    GEOS_finish_r(geos);
    hg_units_free(units);
    hg_shapes_dispose(&shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_geos)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
