/* Coverage of cells by a region against GEOS's area of the intersection with each cell. */
#include "tests/geo_helpers.h"
#include "base/random.h"

typedef struct lattice {
    double west, north, cell;
    int64_t columns, rows;
} lattice;

static double reference_share(GEOSContextHandle_t geos, const GEOSGeometry *g, const lattice *l,
                              int64_t row, int64_t column)
{
    double x = l->west + (double)column * l->cell;
    double y = l->north - (double)(row + 1) * l->cell;
    GEOSGeometry *cell = GEOSGeom_createRectangle_r(geos, x, y, x + l->cell, y + l->cell);
    GEOSGeometry *part = GEOSIntersection_r(geos, g, cell);
    double area = NAN;
    if (part)
        GEOSArea_r(geos, part, &area);
    GEOSGeom_destroy_r(geos, cell);
    if (part)
        GEOSGeom_destroy_r(geos, part);
    return area / (l->cell * l->cell);
}

/* Largest difference over all cells; cells where GEOS itself gives up are left out. */
static double largest_difference(const char *text, const lattice *l)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *raw = geometry_from(geos, text);
    GEOSGeometry *g = valid_union(geos, raw);
    hg_region *region = region_from(text);
    float *share = malloc((size_t)(l->columns * l->rows) * sizeof *share);
    assert_non_null(share);
    expect_ok(
        hg_region_coverage(region, l->west, l->north, l->cell, l->columns, l->rows, share, err));
    double worst = 0.0;
    for (int64_t r = 0; r < l->rows; r++) {
        for (int64_t c = 0; c < l->columns; c++) {
            double expected = reference_share(geos, g, l, r, c);
            double obtained = (double)share[r * l->columns + c];
            if (fabs(expected - obtained) > worst)
                worst = fabs(expected - obtained);
        }
    }
    free(share);
    hg_region_free(region);
    GEOSGeom_destroy_r(geos, raw);
    GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
    return worst;
}

/* float keeps 6e-8 of a share; what GEOS and we compute in double is far closer. */
static const double float_step = 1.2e-7;

static void check(const char *text, double west, double north, double cell, int64_t columns,
                  int64_t rows)
{
    lattice l = {west, north, cell, columns, rows};
    double worst = largest_difference(text, &l);
    if (!(worst <= float_step))
        fail_msg("%.120s: largest difference %.3g, tolerance %.3g", text, worst, float_step);
}

static void simple_shapes(void **state)
{
    (void)state;
    check("POLYGON((1 1,9 2,8 8,2 7,1 1))", 0, 10, 1, 10, 10);
    check("POLYGON((0 0,10 0,10 10,0 10,0 0),(3 3,7 3,7 7,3 7,3 3))", -1, 11, 1, 12, 12);
    check("POLYGON((0.5 0.5,9.5 0.5,5 9.5,0.5 0.5),(4 2,6 2,5 4,4 2))", 0, 10, 0.5, 20, 20);
    check("MULTIPOLYGON(((1 1,3 1,3 3,1 3,1 1)),((3 3,5 3,5 5,3 5,3 3)))", 0, 6, 1, 6, 6);
}

static void edges_on_cell_sides(void **state)
{
    (void)state;
    check("POLYGON((2 2,8 2,8 8,2 8,2 2))", 0, 10, 1, 10, 10);
    check("POLYGON((2 2,8 2,8 8,5 8,5 5,2 5,2 2))", 0, 10, 1, 10, 10);
    check("POLYGON((0.3 0.3,0.7 0.3,0.7 0.9,0.3 0.9,0.3 0.3))", 0, 1, 0.1, 10, 10);
    check("POLYGON((0 0,10 10,0 10,0 0))", 0, 10, 1, 10, 10);
}

static void slivers(void **state)
{
    (void)state;
    check("POLYGON((0.2 0.1,9.7 8.3,9.7 8.3001,0.2 0.1001,0.2 0.1))", 0, 10, 1, 10, 10);
    check("POLYGON((0.2 5.1,9.7 5.1,9.7 5.10001,0.2 5.10001,0.2 5.1))", 0, 10, 1, 10, 10);
    check("POLYGON((5.1 0.2,5.10001 0.2,5.10001 9.7,5.1 9.7,5.1 0.2))", 0, 10, 1, 10, 10);
}

/* The grid sees a part only: what lies west of it counts, what lies around it does not disturb. */
static void grid_inside_region(void **state)
{
    (void)state;
    const char *text = "POLYGON((-50 -40,60 -45,70 52,3 4,-45 60,-50 -40),(2 1,4 1,3 2,2 1))";
    check(text, 0, 10, 1, 10, 10);
    check(text, -60, 60, 10, 3, 12);
    check(text, 40, 60, 10, 5, 12);
}

/* Large coordinates, as projected CRSs with zone prefix have them. */
static void far_from_the_origin(void **state)
{
    (void)state;
    char text[512];
    double x = 38415000.0;
    double y = 2442000.0;
    snprintf(text, sizeof text, "POLYGON((%.3f %.3f,%.3f %.3f,%.3f %.3f,%.3f %.3f,%.3f %.3f))",
             x + 13.7, y + 11.1, x + 931.2, y + 77.3, x + 887.4, y + 960.8, x + 101.9, y + 804.6,
             x + 13.7, y + 11.1);
    check(text, x, y + 1000, 50, 20, 20);
}

/* A star: every ray from the middle meets it once, so that it is valid whatever the radii. */
static size_t star(hg_random *r, char *text, size_t room, bool hole, double radius)
{
    enum { CORNERS = 40 };
    size_t at = 0;
    double first[2] = {0};
    at += (size_t)snprintf(text + at, room - at, "(");
    for (int i = 0; i <= CORNERS; i++) {
        double angle = 2.0 * M_PI * i / CORNERS * (hole ? -1.0 : 1.0);
        double reach = radius * (0.3 + 0.7 * hg_random_unit(r));
        double x = i == CORNERS ? first[0] : 50.0 + reach * cos(angle);
        double y = i == CORNERS ? first[1] : 50.0 + reach * sin(angle);
        if (i == 0) {
            first[0] = x;
            first[1] = y;
        }
        at += (size_t)snprintf(text + at, room - at, "%s%.17g %.17g", i ? "," : "", x, y);
    }
    return at + (size_t)snprintf(text + at, room - at, ")");
}

static void random_stars_with_holes(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(7, 1);
    static char text[16384];
    for (int i = 0; i < 20; i++) {
        size_t at = (size_t)snprintf(text, sizeof text, "POLYGON(");
        at += star(&r, text + at, sizeof text - at, false, 60.0);
        at += (size_t)snprintf(text + at, sizeof text - at, ",");
        at += star(&r, text + at, sizeof text - at, true, 15.0);
        snprintf(text + at, sizeof text - at, ")");
        double cell = 2.0 + 5.0 * hg_random_unit(&r);
        check(text, -13.0 * hg_random_unit(&r), 111.0, cell, (int64_t)(120.0 / cell),
              (int64_t)(120.0 / cell));
    }
}

/* The whole grid equals the same grid in bands of any height, bit for bit. */
static void bands_do_not_show(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(11, 1);
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "POLYGON(");
    at += star(&r, text + at, sizeof text - at, false, 60.0);
    snprintf(text + at, sizeof text - at, ")");
    hg_region *region = region_from(text);
    enum { N = 1201 };
    double cell = 0.1;
    float *whole = malloc(N * N * sizeof *whole);
    float *band = malloc(N * N * sizeof *band);
    expect_ok(hg_region_coverage(region, -10.0, 1100 * cell, cell, N, N, whole, err));
    for (int64_t row = 0; row < N;) {
        int64_t rows = 1 + (int64_t)hg_random_below(&r, 70);
        rows = rows > N - row ? N - row : rows;
        expect_ok(hg_region_coverage(region, -10.0, (double)(1100 - row) * cell, cell, N, rows,
                                     band, err));
        if (memcmp(band, whole + row * N, (size_t)(rows * N) * sizeof *band) != 0)
            fail_msg("rows %lld to %lld differ from the whole", (long long)row,
                     (long long)(row + rows));
        row += rows;
    }
    double sum = 0.0;
    size_t full = 0;
    for (size_t i = 0; i < (size_t)N * N; i++) {
        sum += (double)whole[i];
        full += whole[i] == 1.0f;
    }
    double area = hg_region_area_m2(region);
    expect_near("area of all shares", area, sum * cell * cell, 1e-7 * area);
    assert_true((double)full * cell * cell > 0.9 * area);
    free(whole);
    free(band);
    hg_region_free(region);
}

static size_t nasty_tried;
static double nasty_worst;

static void nasty_case(const char *name, const char *text)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *raw = geometry_from(geos, text);
    GEOSGeometry *g = raw ? valid_union(geos, raw) : NULL;
    double box[4] = {0};
    double area = 0.0;
    bool usable = has_extent(geos, g, &area, box) && GEOSGetNumCoordinates_r(geos, g) < 3000;
    double side = fmax(box[2] - box[0], box[3] - box[1]);
    double large = fmax(fmax(fabs(box[0]), fabs(box[2])), fmax(fabs(box[1]), fabs(box[3])));
    /* Cells must be far larger than the step of the coordinates, for either side to be exact. */
    if (usable && side / 12.0 > 1e-6 * large) {
        lattice l = {box[0] - 0.31 * side / 12.0, box[3] + 0.17 * side / 12.0, side / 12.0, 13, 13};
        double worst = largest_difference(text, &l);
        nasty_tried++;
        nasty_worst = fmax(nasty_worst, worst);
        if (!(worst <= 2.0 * float_step))
            fail_msg("%s: %.120s: largest difference %.3g", name, text, worst);
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
    print_message("%zu nasty polygons, largest difference %.3g\n", nasty_tried, nasty_worst);
    assert_true(nasty_tried > 500);
}

/* The oracle bites: one vertex moved by a tenth of a cell is seen. */
static void a_moved_vertex_is_seen(void **state)
{
    (void)state;
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *moved = geometry_from(geos, "POLYGON((1 1,9 2,8.1 8,2 7,1 1))");
    hg_region *region = region_from("POLYGON((1 1,9 2,8 8,2 7,1 1))");
    lattice l = {0, 10, 1, 10, 10};
    float share[100];
    expect_ok(hg_region_coverage(region, l.west, l.north, l.cell, 10, 10, share, err));
    double worst = 0.0;
    for (int64_t i = 0; i < 100; i++)
        worst =
            fmax(worst, fabs(reference_share(geos, moved, &l, i / 10, i % 10) - (double)share[i]));
    assert_true(worst > 0.01);
    hg_region_free(region);
    GEOSGeom_destroy_r(geos, moved);
    GEOS_finish_r(geos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_shapes),
        cmocka_unit_test(edges_on_cell_sides),
        cmocka_unit_test(slivers),
        cmocka_unit_test(grid_inside_region),
        cmocka_unit_test(far_from_the_origin),
        cmocka_unit_test(random_stars_with_holes),
        cmocka_unit_test(bands_do_not_show),
        cmocka_unit_test(nasty_polygons),
        cmocka_unit_test(a_moved_vertex_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
