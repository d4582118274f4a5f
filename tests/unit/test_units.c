/* Units: numbered by name, borders counted once, overlaps refused by name. */
#include "tests/geo_helpers.h"
#include "geo/units.h"

static hg_units *units_from(const char *const list[][2], size_t n)
{
    hg_shapes shapes = {0};
    hg_units *units = NULL;
    size_t repaired = 0;
    for (size_t i = 0; i < n; i++)
        add_text(&shapes, list[i][1], list[i][0]);
    expect_ok(hg_units_new(&shapes, &repaired, &units, err));
    hg_shapes_dispose(&shapes);
    return units;
}

/* Three squares in a row, given in no order; "mid" touches both. */
static const char *const row[][2] = {
    {"west", "POLYGON((0 0,100 0,100 100,0 100,0 0))"},
    {"east", "MULTIPOLYGON(((200 0,300 0,300 100,200 100,200 0)),((500 0,510 0,510 10,500 10,500 0)))"},
    {"mid", "POLYGON((100 0,200 0,200 100,100 100,100 0),(140 40,160 40,160 60,140 60,140 40))"},
};

static void numbered_by_name(void **state)
{
    (void)state;
    hg_units *units = units_from(row, COUNT(row));
    assert_int_equal(hg_units_count(units), 3);
    assert_int_equal(hg_units_shape(units, 0), 1); /* east, mid, west */
    assert_int_equal(hg_units_shape(units, 1), 2);
    assert_int_equal(hg_units_shape(units, 2), 0);
    expect_near("area of mid", 10000 - 400, hg_units_area_m2(units, 1), 1e-9);
    hg_units_free(units);
}

static void borders_count_once(void **state)
{
    (void)state;
    const struct {
        double x, y;
        uint32_t unit;
    } points[] = {
        {50, 50, 2},         {150, 10, 1},
        {100, 50, 1}, /* on the border of mid and west: mid stands first */
        {200, 50, 0}, /* on the border of east and mid */
        {0, 0, 2},           {150, 50, HG_NO_UNIT}, /* in the hole */
        {140, 50, 1},        {505, 5, 0},
        {400, 50, HG_NO_UNIT}, {NAN, 50, HG_NO_UNIT}, {-0.001, 50, HG_NO_UNIT},
    };
    double x[COUNT(points)], y[COUNT(points)];
    uint32_t unit[COUNT(points)];
    hg_units *units = units_from(row, COUNT(row));
    for (size_t i = 0; i < COUNT(points); i++) {
        x[i] = points[i].x;
        y[i] = points[i].y;
    }
    expect_ok(hg_units_locate(units, x, y, COUNT(points), 2, unit, err));
    for (size_t i = 0; i < COUNT(points); i++)
        if (unit[i] != points[i].unit)
            fail_msg("point %g %g: expected unit %d, obtained %d", x[i], y[i], (int)points[i].unit,
                     (int)unit[i]);
    hg_units_free(units);
}

static hg_status make(const char *const list[][2], size_t n, hg_error *err)
{
    hg_shapes shapes = {0};
    hg_units *units = NULL;
    size_t repaired = 0;
    for (size_t i = 0; i < n; i++)
        add_text(&shapes, list[i][1], list[i][0]);
    hg_status status = hg_units_new(&shapes, &repaired, &units, err);
    hg_units_free(units);
    hg_shapes_dispose(&shapes);
    return status;
}

static void overlaps_are_named(void **state)
{
    (void)state;
    static const char *const deep[][2] = {
        {"b", "POLYGON((0 0,100 0,100 100,0 100,0 0))"},
        {"a", "POLYGON((98 0,200 0,200 100,98 100,98 0))"},
    };
    static const char *const inside[][2] = {
        {"town", "POLYGON((0 0,100 0,100 100,0 100,0 0))"},
        {"park", "POLYGON((10 10,30 10,30 30,10 30,10 10))"},
    };
    static const char *const sliver[][2] = { /* 0.5 m wide, as two surveys of one border differ */
        {"a", "POLYGON((0 0,100 0,100 100,0 100,0 0))"},
        {"b", "POLYGON((99.5 0,200 0,200 100,99.5 100,99.5 0))"},
    };
    hg_error err = {HG_OK, ""};
    assert_int_equal(make(deep, 2, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "\"a\" and \"b\" overlap by 200 m2"));
    assert_int_equal(make(inside, 2, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "\"park\" and \"town\" overlap by 400 m2"));
    assert_int_equal(make(sliver, 2, &err), HG_OK);
}

static void a_line_is_no_unit(void **state)
{
    (void)state;
    static const char *const list[][2] = {{"road", "LINESTRING(0 0,100 0)"}};
    hg_error err = {HG_OK, ""};
    assert_int_equal(make(list, 1, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "\"road\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbered_by_name),
        cmocka_unit_test(borders_count_once),
        cmocka_unit_test(overlaps_are_named),
        cmocka_unit_test(a_line_is_no_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
