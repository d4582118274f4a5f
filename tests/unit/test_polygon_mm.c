/* Polygons on the lattice: what reading keeps, drops and repairs, and areas worked out by hand. */
#include "tests/polygon_helpers.h"
#include "tests/support/sweep.h"

static void areas_on_the_lattice(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double area;
        size_t rings;
    } cases[] = {
        {"POLYGON((0 0,4 0,4 3,0 3,0 0))", 12, 1},
        {"POLYGON((0 0,0 3,4 3,4 0,0 0))", 12, 1},
        {"POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))", 96, 2},
        {"POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,4 2,2 2))", 96, 2},
        {"MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((5 5,7 5,7 7,5 7,5 5)))", 5, 2},
        {"MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)))", 1, 1},
        {"POLYGON((0 0,0.001 0,0 0.001,0 0))", 0.5e-6, 1},
        {"POLYGON((0 0,0 0,4 0,4 0,4 0,4 3,4 3,0 3,0 0,0 0))", 12, 1},
        {"POLYGON((400000.0004 2440000.0004,400004 2440000,400004 2440003,400000 2440003,"
         "400000.0004 2440000.0004))",
         12, 1},
        {"GEOMETRYCOLLECTION(POINT(50 50),POLYGON((0 0,4 0,4 3,0 3,0 0)),LINESTRING(0 0,9 9))", 12,
         1},
        /* Nothing is left of these, and that is no error. */
        {"POLYGON EMPTY", 0, 0},
        {"MULTIPOLYGON EMPTY", 0, 0},
        {"GEOMETRYCOLLECTION EMPTY", 0, 0},
        {"POINT(3 4)", 0, 0},
        {"LINESTRING(0 0,1 1)", 0, 0},
        {"POLYGON((0 0,0.0003 0,0.0003 0.0003,0 0.0003,0 0))", 0, 0},
        {"POLYGON((0 0,10 0.0001,20 0,10 -0.0001,0 0))", 0, 0},
        /* A hole that collapses; a shell that collapses and takes its hole along. */
        {"POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,8 2.0001,8 2,2 2))", 100, 1},
        {"POLYGON((0 0,10 0,10 0.0004,0 0.0004,0 0),(2 0.0001,8 0.0001,8 0.0003,2 0.0001))", 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_repair repair;
        hg_polygon_mm p = polygon_from(cases[i].text, &repair);
        expect_near(cases[i].text, cases[i].area, area_m2(&p), 1e-15);
        expect_near("as reported", cases[i].area, repair.area_after, 1e-15);
        assert_int_equal(p.rings, cases[i].rings);
        assert_false(repair.invalid);
        assert_string_equal(repair.reason, "");
        assert_true(isnan(repair.x) && isnan(repair.y));
        hg_polygon_mm_dispose(&p);
    }
}

static void rings_run_as_promised(void **state)
{
    (void)state;
    hg_polygon_mm p = polygon_from(
        "MULTIPOLYGON(((0 0,0 9,9 9,9 0,0 0),(1 1,2 1,2 2,1 2,1 1),(3 3,3 4,4 4,4 3,3 3)),"
        "((20 0,29 0,29 9,20 9,20 0),(21 1,22 1,22 2,21 2,21 1)))",
        NULL);
    static const int signs[] = {1, -1, -1, 1, -1};
    assert_int_equal(p.rings, COUNT(signs));
    for (size_t r = 0; r < p.rings; r++) {
        const int64_t *ring = p.xy + 2 * p.ring_start[r];
        size_t n = p.ring_start[r + 1] - p.ring_start[r];
        assert_int_equal(n, 5);
        assert_memory_equal(ring, ring + 2 * (n - 1), 2 * sizeof *ring);
        assert_int_equal(hg_ring_mm_area(ring, n) > 0 ? 1 : -1, signs[r]);
    }
    static const int64_t box[] = {0, 0, 29000, 9000};
    assert_memory_equal(p.box, box, sizeof box);
    expect_near("perimeter", 2 * 36 + 3 * 4, hg_polygon_mm_perimeter_m(&p), 1e-12);
    hg_polygon_mm_dispose(&p);
}

static void what_is_invalid_is_repaired_and_said(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
        double x, y, before, after;
    } cases[] = {
        {"POLYGON((0 0,2 2,2 0,0 2,0 0))", "Self-intersection", 1, 1, 0, 2},
        /* MakeValid takes a hole outside its shell for a polygon of its own. */
        {"POLYGON((0 0,4 0,4 4,0 4,0 0),(6 6,8 6,8 8,6 8,6 6))", "Hole lies outside shell", 6, 6,
         12, 20},
        {"MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)),((2 2,6 2,6 6,2 6,2 2)))", "Self-intersection", 4, 2,
         32, 28},
        /* Polygons of a collection may overlap without GEOS minding. */
        {"GEOMETRYCOLLECTION(POLYGON((0 0,4 0,4 4,0 4,0 0)),POINT(9 9),"
         "GEOMETRYCOLLECTION(POLYGON((2 2,6 2,6 6,2 6,2 2))))",
         "Self-intersection", 4, 2, 32, 28},
        /* A spike out and back. */
        {"POLYGON((0 0,4 0,8 0,4 0,4 4,0 4,0 0))", "Self-intersection", 8, 0, 16, 16},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_repair r;
        hg_polygon_mm p = polygon_from(cases[i].text, &r);
        assert_true(r.invalid);
        if (strcmp(r.reason, cases[i].reason) != 0)
            fail_msg("%s: expected %s, obtained %s", cases[i].text, cases[i].reason, r.reason);
        expect_near(cases[i].text, cases[i].x, r.x, 1e-9);
        expect_near(cases[i].text, cases[i].y, r.y, 1e-9);
        expect_near("before", cases[i].before, r.area_before, 1e-9);
        expect_near("after", cases[i].after, r.area_after, 1e-9);
        expect_near("area", cases[i].after, area_m2(&p), 1e-9);
        hg_polygon_mm_dispose(&p);
    }
}

/* Halves go up: .0005 -> .001 and -.0005 -> 0, whatever the whole metres before them. */
static void halves_go_up_wherever_they_are(void **state)
{
    (void)state;
    static const long shifts[] = {0, 1, 17, 4000, 415000, 2440000, 39415000, -3, -415000, -2440000};
    for (size_t i = 0; i < COUNT(shifts); i++) {
        for (int milli = 0; milli < 1000; milli += 7) {
            char text[256];
            long s = shifts[i];
            double v =
                strtod((snprintf(text, sizeof text, "%ld.%03d5", labs(s), milli), text), NULL);
            v = s < 0 ? -v : v;
            snprintf(text, sizeof text, "POLYGON((%.17g 0,%.17g 9,%.17g 9,%.17g 0))", v, v, v + 5,
                     v);
            hg_polygon_mm p = polygon_from(text, NULL);
            int64_t expected = s < 0 ? s * 1000 - milli : s * 1000 + milli + 1;
            if (p.box[0] != expected)
                fail_msg("%.17g: expected %lld, obtained %lld", v, (long long)expected,
                         (long long)p.box[0]);
            hg_polygon_mm_dispose(&p);
        }
    }
}

static hg_status read_bytes(const unsigned char *wkb, size_t size)
{
    hg_shapes shapes = {0};
    hg_polygon_mm p = {0};
    hg_repair repair = {.reason = "untouched"};
    expect_ok(hg_shapes_add(&shapes, wkb, size, NULL, err));
    hg_status status = hg_polygon_mm_read(&shapes, 0, &p, &repair, NULL);
    if (status != HG_OK) {
        assert_null(p.xy);
        assert_string_equal(repair.reason, "untouched");
    }
    hg_polygon_mm_dispose(&p);
    hg_shapes_dispose(&shapes);
    return status;
}

/* Every prefix and every byte changed of a good polygon: an answer, never a crash. */
static void broken_bytes_are_refused(void **state)
{
    (void)state;
    hg_shapes shapes = {0};
    add_text(&shapes, "POLYGON((0 0,4 0,4 3,0 3,0 0))", NULL);
    const hg_shape *s = &shapes.shapes[0];
    for (size_t n = 0; n < s->size; n++)
        assert_int_equal(read_bytes(s->wkb, n), HG_EDATA);
    for (size_t i = 0; i < s->size; i++) {
        static const unsigned char masks[] = {0xff, 0x80, 0x01, 0x7f};
        for (size_t k = 0; k < COUNT(masks); k++) {
            s->wkb[i] ^= masks[k];
            hg_status status = read_bytes(s->wkb, s->size);
            assert_true(status == HG_OK || status == HG_EDATA);
            s->wkb[i] ^= masks[k];
        }
    }
    hg_shapes_dispose(&shapes);
}

static void coordinates_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "POLYGON((0 0,9.1e9 0,9.1e9 3,0 3,0 0))",
        "POLYGON((0 0,1e300 0,1e300 1e300,0 1e300,0 0))",
        "POLYGON((0 0,1e300 1e300,1e300 0,0 1e300,0 0))",
        "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((0 -1e10,1 -1e10,1 -2e10,0 -1e10)))",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        hg_shapes shapes = {0};
        hg_polygon_mm p = {0};
        hg_repair repair;
        hg_error err = {HG_OK, ""};
        add_text(&shapes, texts[i], NULL);
        assert_int_equal(hg_polygon_mm_read(&shapes, 0, &p, &repair, &err), HG_EDATA);
        if (!strstr(err.message, "shape 1"))
            fail_msg("expected the shape's number, obtained \"%s\"", err.message);
        hg_shapes_dispose(&shapes);
    }
    hg_polygon_mm p = polygon_from("POLYGON((0 0,9e9 0,9e9 9e9,0 0))", NULL);
    expect_near("half of 9e9 squared", 4.05e19, area_m2(&p), 1e5);
    hg_polygon_mm_dispose(&p);
}

static void copies_are_equal_and_apart(void **state)
{
    (void)state;
    hg_polygon_mm p =
        polygon_from("POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))", NULL);
    hg_polygon_mm copy = {0};
    hg_polygon_mm empty = {0};
    hg_polygon_mm nothing = {0};
    expect_ok(hg_polygon_mm_copy(&p, &copy, err));
    assert_true(same_polygon(&p, &copy));
    assert_ptr_not_equal(p.xy, copy.xy);
    expect_ok(hg_polygon_mm_copy(&empty, &nothing, err));
    assert_int_equal(nothing.rings, 0);
    hg_polygon_mm_dispose(&nothing);
    hg_polygon_mm_dispose(&copy);
    hg_polygon_mm_dispose(&p);
}

static void points_are_located(void **state)
{
    (void)state;
    hg_polygon_mm p = polygon_from("MULTIPOLYGON(((0 0,10 0,10 10,5 5,0 10,0 0),(2 2,4 2,4 4,2 4,2 "
                                   "2)),((20 0,30 1,20 2,20 0)))",
                                   NULL);
    static const struct {
        int64_t x, y;
        int expected;
    } cases[] = {
        {1000, 1000, 1},  {3000, 3000, -1}, {2000, 3000, 0},   {0, 0, 0},       {10000, 10000, 0},
        {5000, 5000, 0},  {5000, 5001, -1}, {5000, 4999, 1},   {5001, 5001, 0}, {5001, 5002, -1},
        {5002, 5001, 1},  {-1, 5000, -1},   {0, 5000, 0},      {1, 5000, 1},    {20000, 1000, 0},
        {25000, 1000, 1}, {30000, 1000, 0}, {30001, 1000, -1}, {25000, 500, 0}, {25000, 499, -1},
        {20000, -1, -1},  {15000, 0, -1},   {9999, 0, 0},      {9999, 1, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int obtained = hg_polygon_mm_locate(&p, cases[i].x, cases[i].y);
        if (obtained != cases[i].expected)
            fail_msg("%lld %lld: expected %d, obtained %d", (long long)cases[i].x,
                     (long long)cases[i].y, cases[i].expected, obtained);
    }
    hg_polygon_mm_dispose(&p);
}

static void emitted_in_metres(void **state)
{
    (void)state;
    hg_polygon_mm p = polygon_from("MULTIPOLYGON(((0 0,10 0,10 10.123,0 10,0 0),(2 2,4 2,4 4,2 4,2 "
                                   "2)),((20 0,30 1,20 2,20 0)))",
                                   NULL);
    hg_table *t = NULL;
    expect_ok(hg_table_new("t", 1, NULL, &t, err));
    expect_ok(hg_table_make_polygons(t, HG_MULTIPOLYGON, NULL, err));
    expect_ok(hg_geometry_begin_row(&t->geometry, 0, err));
    expect_ok(hg_polygon_mm_emit(&p, &t->geometry, err));
    expect_ok(hg_geometry_finish(&t->geometry, 1, err));
    assert_int_equal(t->geometry.polygons, 2);
    assert_int_equal(t->geometry.rings, 3);
    assert_int_equal(t->geometry.points, 14);
    assert_int_equal(t->geometry.ring_start[1], 2);
    expect_near("y", 10.123, t->geometry.xy[5], 0.0);
    hg_table_free(t);
    hg_polygon_mm_dispose(&p);
}

static hg_status read_twice(void *context, hg_error *err)
{
    hg_polygon_reader *reader = NULL;
    hg_polygon_mm p[2] = {{0}, {0}};
    hg_repair repair;
    hg_status status = hg_polygon_reader_new(&reader, err);
    for (size_t i = 0; i < 2 && status == HG_OK; i++)
        status = hg_polygon_reader_read(reader, context, i, &p[i], &repair, err);
    hg_polygon_mm copy = {0};
    if (status == HG_OK)
        status = hg_polygon_mm_copy(&p[1], &copy, err);
    hg_polygon_mm_dispose(&copy);
    hg_polygon_mm_dispose(&p[0]);
    hg_polygon_mm_dispose(&p[1]);
    hg_polygon_reader_free(reader);
    return status;
}

static void out_of_memory(void **state)
{
    (void)state;
    hg_shapes shapes = {0};
    add_text(&shapes, "POLYGON((0 0,4 0,4 3,0 3,0 0))", NULL);
    add_text(&shapes,
             "GEOMETRYCOLLECTION(POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,4 2,4 4,2 4,2 2)),"
             "POLYGON((5 5,6 5,6 15,5 5)))",
             NULL);
    sweep_allocations(read_twice, &shapes);
    hg_shapes_dispose(&shapes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_on_the_lattice),
        cmocka_unit_test(rings_run_as_promised),
        cmocka_unit_test(what_is_invalid_is_repaired_and_said),
        cmocka_unit_test(halves_go_up_wherever_they_are),
        cmocka_unit_test(broken_bytes_are_refused),
        cmocka_unit_test(coordinates_out_of_range_are_refused),
        cmocka_unit_test(copies_are_equal_and_apart),
        cmocka_unit_test(points_are_located),
        cmocka_unit_test(emitted_in_metres),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
