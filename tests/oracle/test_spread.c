/* Areas of patches within cells, and inside a study area, against GEOS's areas of intersection. */
#include "tests/geo_helpers.h"
#include "base/random.h"
#include "geo/spread.h"
#include "tests/support/sweep.h"

/* Shapes from texts, read as patches; weight 1 each. */
typedef struct fixture {
    hg_shapes shapes;
    const hg_shape *list[64];
    uint32_t which[64];
    size_t n;
    hg_patches *patches;
} fixture;

static void fixture_add(fixture *f, const char *text)
{
    add_text(&f->shapes, text, NULL);
}

static void fixture_read(fixture *f)
{
    f->n = f->shapes.count;
    for (size_t i = 0; i < f->n; i++) {
        f->list[i] = &f->shapes.shapes[i];
        f->which[i] = (uint32_t)i;
    }
    expect_ok(hg_patches_new(f->list, f->n, NULL, &f->patches, err));
}

static void fixture_dispose(fixture *f)
{
    hg_patches_free(f->patches);
    hg_shapes_dispose(&f->shapes);
}

static hg_spread spread_all(const fixture *f, const hg_window *w, bool inside, int threads)
{
    hg_control control = {.threads = threads};
    hg_spreading in = {.patches = f->patches, .which = f->which, .n = f->n, .inside = inside,
                       .window = *w};
    hg_spread out = {0};
    expect_ok(hg_spread_patches(&in, &control, &out, err));
    return out;
}

static double mass_of(const hg_spread *s, uint64_t cell)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->cells[i].cell == cell)
            return s->cells[i].mass;
    return 0.0;
}

static double cell_area(GEOSContextHandle_t geos, const GEOSGeometry *g, const hg_window *w,
                        int64_t row, int64_t column)
{
    double x = (double)(w->west + column) * w->cell_m, y = (double)(w->top - row) * w->cell_m;
    double area = NAN;
    GEOSGeometry *cell = GEOSGeom_createRectangle_r(geos, x, y, x + w->cell_m, y + w->cell_m);
    GEOSGeometry *part = GEOSIntersection_r(geos, g, cell);
    assert_non_null(part);
    GEOSArea_r(geos, part, &area);
    GEOSGeom_destroy_r(geos, cell);
    GEOSGeom_destroy_r(geos, part);
    return area;
}

/* A window of whole cells over the shape with a margin of one. */
static hg_window window_over(GEOSContextHandle_t geos, const GEOSGeometry *g, double cell)
{
    double box[4], area;
    assert_true(has_extent(geos, g, &area, box));
    hg_window w = {.cell_m = cell, .west = (int64_t)floor(box[0] / cell) - 1,
                   .top = (int64_t)floor(box[3] / cell) + 1};
    w.columns = (int64_t)floor(box[2] / cell) + 2 - w.west;
    w.rows = w.top - (int64_t)floor(box[1] / cell) + 2;
    return w;
}

/* Largest difference to GEOS over all cells, in cells; the sum of the pieces against the area. */
static double worst_difference(const char *text, const char *judged_by, double cell)
{
    fixture f = {0};
    fixture_add(&f, text);
    fixture_read(&f);
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *raw = geometry_from(geos, judged_by), *g = valid_union(geos, raw);
    hg_window w = window_over(geos, g, cell);
    hg_spread s = spread_all(&f, &w, false, 1);
    double worst = 0.0, sum = 0.0, area = hg_patches_at(f.patches, 0)->whole.area_m2;
    for (int64_t r = 0; r < w.rows; r++) {
        for (int64_t c = 0; c < w.columns; c++) {
            double expected = cell_area(geos, g, &w, r, c);
            double obtained = mass_of(&s, (uint64_t)(r * w.columns + c));
            worst = fmax(worst, fabs(expected - obtained) / (cell * cell));
        }
    }
    for (size_t i = 0; i < s.n; i++)
        sum += s.cells[i].mass;
    expect_near(text, area, sum, 1e-12 * area);
    expect_near("its place", area, s.places[0].area_m2, 1e-12 * area);
    hg_spread_dispose(&s);
    GEOSGeom_destroy_r(geos, raw);
    GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
    fixture_dispose(&f);
    return worst;
}

static void check(const char *text, double cell)
{
    double worst = worst_difference(text, text, cell);
    if (!(worst <= 1e-9))
        fail_msg("%.120s, cells of %g: off by %.3g of a cell", text, cell, worst);
}

static void simple_shapes(void **state)
{
    (void)state;
    check("POLYGON((1 1,9 2,8 8,2 7,1 1))", 1);
    check("POLYGON((1 1,9 2,8 8,2 7,1 1))", 0.37);
    check("POLYGON((0 0,10 0,10 10,0 10,0 0),(3 3,7 3,7 7,3 7,3 3))", 4);
    check("MULTIPOLYGON(((1 1,3 1,3 3,1 3,1 1)),((3 3,5 3,5 5,3 5,3 3)))", 2);
    check("POLYGON((0.1 0.1,0.2 0.1,0.2 0.2,0.1 0.1))", 1);
    check("POLYGON((-7 -3,5 -4,6 9,-6.5 8,-7 -3),(-1 -1,-1 1,1 1,1 -1,-1 -1))", 2.5);
    check("POLYGON((0.2 5.1,97 5.1,97 5.10001,0.2 5.10001,0.2 5.1))", 1);
}

static void edges_on_cell_sides(void **state)
{
    (void)state;
    check("POLYGON((2 2,8 2,8 8,2 8,2 2))", 1);
    check("POLYGON((2 2,8 2,8 8,5 8,5 5,2 5,2 2))", 1);
    check("POLYGON((0.3 0.3,0.7 0.3,0.7 0.9,0.3 0.9,0.3 0.3))", 0.1);
    check("POLYGON((0 0,10 10,0 10,0 0))", 1);
    fixture f = {0};
    fixture_add(&f, "POLYGON((400000.3 2440000.1,400000.7 2440000.1,400000.7 2440000.4,"
                    "400000.3 2440000.4,400000.3 2440000.1))");
    fixture_read(&f);
    hg_window w = {0.1, 4000000, 24400009, 12, 10};
    hg_spread s = spread_all(&f, &w, false, 1);
    assert_int_equal(s.n, 12); /* 4 x 3 cells and no slivers beside them */
    hg_spread_dispose(&s);
    fixture_dispose(&f);
}

static void invalid_shapes_are_repaired(void **state)
{
    (void)state;
    check("POLYGON((0 0,10 10,10 0,0 10,0 0))", 1.5);
    check("MULTIPOLYGON(((0 0,6 0,6 6,0 6,0 0)),((3 3,9 3,9 9,3 9,3 3)))", 2);
    fixture f = {0};
    fixture_add(&f, "POLYGON((0 0,10 10,10 0,0 10,0 0))");
    fixture_add(&f, "POLYGON((0 0,10 0,10 10,0 0))");
    fixture_add(&f, "POLYGON((0 0,10 0,20 0,0 0))");
    fixture_add(&f, "LINESTRING(0 0,1 1)");
    fixture_add(&f, "POLYGON((0 0,1e300 0,1e300 1e300,0 0))");
    static const unsigned char broken[] = {1, 3, 0, 0, 0, 255, 255, 255, 255, 9, 9};
    expect_ok(hg_shapes_add(&f.shapes, broken, sizeof broken, NULL, err));
    fixture_read(&f);
    static const uint8_t states[] = {HG_PATCH_GOOD, HG_PATCH_GOOD, HG_PATCH_NO_AREA,
                                     HG_PATCH_NO_AREA, HG_PATCH_UNREADABLE,
                                     HG_PATCH_UNREADABLE};
    for (size_t i = 0; i < f.n; i++)
        assert_int_equal(hg_patches_at(f.patches, i)->state, states[i]);
    assert_true(hg_patches_at(f.patches, 0)->repaired);
    assert_false(hg_patches_at(f.patches, 1)->repaired);
    expect_near("bow tie", 50.0, hg_patches_at(f.patches, 0)->whole.area_m2, 1e-12);
    expect_near("triangle's centre", 20.0 / 3.0, hg_patches_at(f.patches, 1)->whole.x, 1e-12);
    expect_near("triangle's centre", 10.0 / 3.0, hg_patches_at(f.patches, 1)->whole.y, 1e-12);
    fixture_dispose(&f);
}

/* A star about x, y: every ray from the middle meets it once, so that it is valid whatever the radii. */
static size_t star(hg_random *r, char *text, size_t room, double x, double y, double radius, bool hole)
{
    enum { CORNERS = 30 };
    size_t at = (size_t)snprintf(text, room, "(");
    double first[2] = {0};
    for (int i = 0; i <= CORNERS; i++) {
        double angle = 2.0 * M_PI * i / CORNERS * (hole ? -1.0 : 1.0);
        double reach = radius * (0.3 + 0.7 * hg_random_unit(r));
        double px = i == CORNERS ? first[0] : x + reach * cos(angle);
        double py = i == CORNERS ? first[1] : y + reach * sin(angle);
        if (i == 0) {
            first[0] = px;
            first[1] = py;
        }
        at += (size_t)snprintf(text + at, room - at, "%s%.17g %.17g", i ? "," : "", px, py);
    }
    return at + (size_t)snprintf(text + at, room - at, ")");
}

static void star_with_hole(hg_random *r, char *text, size_t room, double x, double y, double radius)
{
    size_t at = (size_t)snprintf(text, room, "POLYGON(");
    at += star(r, text + at, room - at, x, y, radius, false);
    at += (size_t)snprintf(text + at, room - at, ",");
    at += star(r, text + at, room - at, x, y, 0.25 * radius, true);
    snprintf(text + at, room - at, ")");
}

/* As projected CRSs have them, with and without zone prefix. */
static void random_stars_at_large_coordinates(void **state)
{
    (void)state;
    static char text[16384];
    hg_random r = hg_random_seed(3, 1);
    static const double cells[] = {10, 12.5, 25, 50, 100, 250};
    for (size_t i = 0; i < 24; i++) {
        double x = i % 2 ? 400000.0 : 38415000.0, radius = 40.0 + 400.0 * hg_random_unit(&r);
        star_with_hole(&r, text, sizeof text, x + 1000.0 * hg_random_unit(&r),
                       2440000.0 + 1000.0 * hg_random_unit(&r), radius);
        check(text, cells[i % 6] * (radius > 200 ? 4.0 : 1.0));
    }
}

static void a_moved_vertex_is_seen(void **state)
{
    (void)state;
    double worst = worst_difference("POLYGON((1 1,9 2,8 8,2 7,1 1))",
                                    "POLYGON((1 1,9 2,8.0001 8,2 7,1 1))", 1);
    assert_true(worst > 1e-6);
}

/* What a window shows of a patch is what a wider one shows there; a huge patch fills it. */
static void windows_cut_nothing_but_the_view(void **state)
{
    (void)state;
    static char text[16384];
    hg_random r = hg_random_seed(5, 1);
    fixture f = {0};
    star_with_hole(&r, text, sizeof text, 500.0, 500.0, 600.0);
    fixture_add(&f, text);
    fixture_add(&f, "POLYGON((-1e6 -1e6,1e6 -1e6,1e6 1e6,-1e6 1e6,-1e6 -1e6))");
    fixture_read(&f);
    hg_window wide = {10, -20, 120, 150, 150}, narrow = {10, 17, 61, 31, 23};
    hg_spread a = spread_all(&f, &wide, false, 2), b = spread_all(&f, &narrow, false, 2);
    assert_int_equal(b.n, 31 * 23);
    for (size_t i = 0; i < b.n; i++) {
        int64_t row = (int64_t)b.cells[i].cell / 31, column = (int64_t)b.cells[i].cell % 31;
        uint64_t cell = (uint64_t)((row + 120 - 61) * 150 + column + 17 + 20);
        if (fabs(mass_of(&a, cell) - b.cells[i].mass) > 1e-9)
            fail_msg("cell %zu: %.17g in the wide window, %.17g in the narrow", i, mass_of(&a, cell),
                     b.cells[i].mass);
    }
    expect_near("the huge one", 31 * 23 * 100.0, b.places[1].area_m2, 1e-9);
    hg_spread_dispose(&a);
    hg_spread_dispose(&b);
    fixture_dispose(&f);
}

/* The largest piece; of equal ones the southernmost, then the westernmost; none where nothing takes. */
static void places(void **state)
{
    (void)state;
    fixture f = {0};
    fixture_add(&f, "POLYGON((5 5,15 5,15 15,5 15,5 5))");
    fixture_add(&f, "POLYGON((5 5,15.5 5,15.5 15,5 15,5 5))");
    fixture_add(&f, "POLYGON((5 5,15 5,15 15.5,5 15.5,5 5))");
    fixture_add(&f, "POLYGON((0 0,30 0,30 30,0 30,0 0))");
    fixture_add(&f, "POLYGON((900 5,915 5,915 15,900 15,900 5))");
    fixture_add(&f, "POLYGON((0 635,10 635,10 645,0 645,0 635))"); /* between two bands of rows */
    fixture_add(&f, "POLYGON((4.6 4,14.6 4,15.4 4,15.4 6,4.6 6,4.6 4))"); /* equal but for rounding */
    fixture_add(&f, "POLYGON((10 10,10.0001 10,10.0001 10.0001,9.99999 10.0001,10 10))");
    fixture_read(&f);
    hg_window w = {10, 0, 127, 3, 128};
    hg_spread s = spread_all(&f, &w, false, 1);
    static const struct {
        int64_t row, column;
    } expected[] = {{127, 0}, {127, 1}, {126, 0}, {127, 0}, {-1, 0}, {64, 0}, {127, 0}, {126, 1}};
    for (size_t i = 0; i < f.n; i++) {
        uint64_t cell = expected[i].row < 0 ? UINT64_MAX
                                            : (uint64_t)(expected[i].row * 3 + expected[i].column);
        if (s.places[i].cell != cell)
            fail_msg("patch %zu is in cell %llu, not %llu", i, (unsigned long long)s.places[i].cell,
                     (unsigned long long)cell);
    }
    hg_spread_dispose(&s);
    float share[3 * 128];
    for (size_t i = 0; i < COUNT(share); i++)
        share[i] = i == 126 * 3 + 1 ? 0.5f : 0.0f;
    hg_spreading in = {.patches = f.patches, .which = f.which, .n = 4, .window = w, .share = share};
    expect_ok(hg_spread_patches(&in, NULL, &s, err));
    assert_int_equal(s.n, 1);
    expect_near("what takes", 25 + 27.5 + 27.5 + 100, s.cells[0].mass, 1e-9);
    assert_int_equal(s.places[0].cell, 126 * 3 + 1);
    hg_spread_dispose(&s);
    fixture_dispose(&f);
}

static void many_stars(fixture *f, uint64_t seed)
{
    static char text[16384];
    hg_random r = hg_random_seed(seed, 1);
    for (int i = 0; i < 60; i++) {
        star_with_hole(&r, text, sizeof text, 3000.0 * hg_random_unit(&r),
                       3000.0 * hg_random_unit(&r), 5.0 + 300.0 * hg_random_unit(&r));
        fixture_add(f, text);
    }
    fixture_read(f);
}

/* Bit for bit on any number of threads; to rounding in any order; overlapping patches add up. */
static void threads_and_order(void **state)
{
    (void)state;
    fixture f = {0};
    many_stars(&f, 9);
    hg_window w = {10, -40, 340, 390, 390};
    hg_spread one = spread_all(&f, &w, false, 1);
    double area = 0.0, mass = 0.0;
    for (int threads = 2; threads <= 7; threads += 5) {
        hg_spread many = spread_all(&f, &w, false, threads);
        assert_int_equal(one.n, many.n);
        assert_memory_equal(one.cells, many.cells, one.n * sizeof *one.cells);
        assert_memory_equal(one.places, many.places, f.n * sizeof *one.places);
        hg_spread_dispose(&many);
    }
    for (size_t i = 0; i < f.n; i++) {
        f.which[i] = (uint32_t)(f.n - 1 - i);
        area += hg_patches_at(f.patches, i)->whole.area_m2;
    }
    hg_spread turned = spread_all(&f, &w, false, 1);
    assert_int_equal(one.n, turned.n);
    for (size_t i = 0; i < one.n; i++) {
        assert_int_equal(one.cells[i].cell, turned.cells[i].cell);
        expect_near("mass", one.cells[i].mass, turned.cells[i].mass, 1e-12 * one.cells[i].mass);
        mass += one.cells[i].mass;
    }
    expect_near("all of it", area, mass, 1e-12 * area);
    for (size_t i = 0; i < f.n; i++)
        assert_int_equal(one.places[i].cell, turned.places[f.n - 1 - i].cell);
    hg_spread_dispose(&one);
    hg_spread_dispose(&turned);
    fixture_dispose(&f);
}

/* ------------------------------------------------- inside a study area ----------------------- */

static const char *const area_text =
    "MULTIPOLYGON(((200 300,2700 150,2500 2600,1400 1700,300 2500,200 300),"
    "(900 900,900 1400,1500 1300,1400 800,900 900)),((2800 2800,2990 2800,2990 2990,2800 2990,2800 2800)))";

static void parts_inside(void **state)
{
    (void)state;
    fixture f = {0};
    many_stars(&f, 21);
    hg_region *region = region_from(area_text);
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *area = geometry_from(geos, area_text);
    hg_control control = {.threads = 2};
    uint8_t where[64];
    size_t found[3] = {0}, cut = 0;
    expect_ok(hg_patches_clip(f.patches, region, &control, err));
    expect_ok(hg_patches_classify(f.patches, region, 150.0, &control, where, err));
    hg_window w = {10, -40, 340, 390, 390};
    hg_spread s = spread_all(&f, &w, true, 2);
    for (size_t i = 0; i < f.n; i++) {
        hg_shapes one = {.shapes = &f.shapes.shapes[i], .count = 1};
        GEOSGeometry *g = GEOSGeomFromWKB_buf_r(geos, one.shapes->wkb, one.shapes->size);
        GEOSGeometry *part = GEOSIntersection_r(geos, g, area);
        double expected = NAN, distance = NAN;
        GEOSArea_r(geos, part, &expected);
        GEOSDistance_r(geos, g, area, &distance);
        const hg_patch *p = hg_patches_at(f.patches, i);
        expect_near("area inside", expected, p->inside.area_m2, 1e-9 * p->whole.area_m2);
        expect_near("on cells", expected, s.places[i].area_m2, 1e-9 * p->whole.area_m2);
        assert_int_equal(where[i], expected > 0 ? HG_INSIDE : distance <= 150.0 ? HG_HALO : HG_OUTSIDE);
        found[where[i]]++;
        cut += expected > 0 && expected < p->whole.area_m2 * (1 - 1e-9);
        GEOSGeom_destroy_r(geos, g);
        GEOSGeom_destroy_r(geos, part);
    }
    assert_true(found[HG_INSIDE] > 30 && found[HG_HALO] > 0 && cut > 10);
    GEOSGeom_destroy_r(geos, area);
    GEOS_finish_r(geos);
    hg_spread_dispose(&s);
    hg_region_free(region);
    fixture_dispose(&f);
}

static void beside_the_area(void **state)
{
    (void)state;
    fixture f = {0};
    fixture_add(&f, "POLYGON((100 0,150 0,150 50,100 50,100 0))");      /* touches */
    fixture_add(&f, "POLYGON((130 0,150 0,150 50,130 50,130 0))");      /* 30 m */
    fixture_add(&f, "POLYGON((131 0,150 0,150 50,131 50,131 0))");      /* 31 m */
    fixture_add(&f, "POLYGON((-500 120,600 120,600 900,-500 120))");    /* near by an edge only */
    fixture_add(&f, "POLYGON((-50 -50,150 -50,150 150,-50 150,-50 -50))"); /* holds the area */
    fixture_add(&f, "POLYGON((40 40,60 40,60 60,40 60,40 40))");        /* in its hole */
    fixture_read(&f);
    hg_region *region =
        region_from("POLYGON((0 0,100 0,100 100,0 100,0 0),(30 30,30 70,70 70,70 30,30 30))");
    static const uint8_t expected[] = {HG_HALO, HG_HALO, HG_OUTSIDE, HG_HALO, HG_INSIDE, HG_HALO};
    uint8_t where[6];
    expect_ok(hg_patches_clip(f.patches, region, NULL, err));
    expect_ok(hg_patches_classify(f.patches, region, 30.0, NULL, where, err));
    assert_memory_equal(where, expected, sizeof expected);
    expect_near("the one around", 8400.0, hg_patches_at(f.patches, 4)->inside.area_m2, 1e-9);
    hg_region_free(region);
    fixture_dispose(&f);
}

/* ------------------------------------------------- hostile ----------------------------------- */

static size_t nasty_tried;

/* Whatever can be repaired comes out whole: the pieces sum to GEOS's area. */
static void nasty_case(const char *name, const char *text)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *raw = geometry_from(geos, text), *g = raw ? valid_union(geos, raw) : NULL;
    double box[4] = {0}, area = 0.0;
    bool usable = has_extent(geos, g, &area, box);
    double side = fmax(box[2] - box[0], box[3] - box[1]);
    double large = fmax(fmax(fabs(box[0]), fabs(box[2])), fmax(fabs(box[1]), fabs(box[3])));
    double cell = ceil(side / 12.0 * 100.0) / 100.0;
    if (usable && side < 1e9 && side / 12.0 > 1e-6 * large && cell < side) {
        fixture f = {0};
        add_geometry(geos, &f.shapes, raw, NULL);
        fixture_read(&f);
        hg_window w = window_over(geos, g, cell);
        hg_spread s = spread_all(&f, &w, false, 1);
        double whole = hg_patches_at(f.patches, 0)->whole.area_m2;
        if (!(fabs(s.places[0].area_m2 - whole) <= 1e-11 * cell * cell * (double)(w.columns * w.rows)))
            fail_msg("%s: pieces sum to %.17g, the whole is %.17g", name, s.places[0].area_m2, whole);
        nasty_tried++;
        hg_spread_dispose(&s);
        fixture_dispose(&f);
    }
    if (raw)
        GEOSGeom_destroy_r(geos, raw);
    if (g)
        GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
}

static void nasty_polygons(void **state)
{
    (void)state;
    if (!for_each_nasty(nasty_case))
        skip();
    print_message("%zu nasty polygons\n", nasty_tried);
    assert_true(nasty_tried > 300);
}

static hg_status all_steps(void *context, hg_error *err)
{
    const fixture *f = context;
    const hg_window w = {10, 0, 300, 300, 300};
    hg_patches *patches = NULL;
    hg_region *region = NULL;
    hg_spread out = {0};
    uint8_t where[64];
    hg_control control = {.threads = 1};
    const double box[4] = {500, 500, 2500, 2500};
    hg_status status = hg_patches_new(f->list, f->n, &control, &patches, err);
    if (status == HG_OK)
        status = hg_region_box(box, &region, err);
    if (status == HG_OK)
        status = hg_patches_clip(patches, region, &control, err);
    if (status == HG_OK)
        status = hg_patches_classify(patches, region, 50.0, &control, where, err);
    hg_spreading in = {.patches = patches, .which = f->which, .n = f->n, .inside = true, .window = w};
    if (status == HG_OK)
        status = hg_spread_patches(&in, &control, &out, err);
    hg_spread_dispose(&out);
    hg_region_free(region);
    hg_patches_free(patches);
    return status;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    fixture f = {0};
    many_stars(&f, 33);
    sweep_allocations(all_steps, &f);
    fixture_dispose(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_shapes),
        cmocka_unit_test(edges_on_cell_sides),
        cmocka_unit_test(invalid_shapes_are_repaired),
        cmocka_unit_test(random_stars_at_large_coordinates),
        cmocka_unit_test(a_moved_vertex_is_seen),
        cmocka_unit_test(windows_cut_nothing_but_the_view),
        cmocka_unit_test(places),
        cmocka_unit_test(threads_and_order),
        cmocka_unit_test(parts_inside),
        cmocka_unit_test(beside_the_area),
        cmocka_unit_test(nasty_polygons),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
