/* Crossings, snap rounding, covers and areas against naive twins and GEOS. */
#include "tests/arrangement_scenes.h"
#include "geo/arrangement_parts.h"

#include <stdint.h>

__extension__ typedef __int128 wide;

static const int64_t sides[] = {1000000, 20000, 400, 40, 12};

static int by_value(const void *a, const void *b)
{
    uint64_t p = *(const uint64_t *)a;
    uint64_t q = *(const uint64_t *)b;
    return (p > q) - (p < q);
}

static size_t sort_unique(uint64_t *at, size_t n)
{
    size_t count = 0;
    if (n > 0)
        qsort(at, n, sizeof *at, by_value);
    for (size_t i = 0; i < n; i++) {
        if (count == 0 || at[count - 1] != at[i])
            at[count++] = at[i];
    }
    return count;
}

static wide floor_ratio(wide num, wide den)
{
    wide q = num / den;
    return num % den != 0 && (num < 0) != (den < 0) ? q - 1 : q;
}

/* The pixel of the crossing of two links by Cramer's rule; false if they do not cross inside both.
 */
static bool naive_crossing(hg_node a, hg_node b, hg_node c, hg_node d, uint64_t *pixel)
{
    wide ux = b.x - a.x, uy = b.y - a.y, vx = d.x - c.x, vy = d.y - c.y;
    wide den = ux * vy - uy * vx;
    wide s = (c.x - a.x) * vy - (c.y - a.y) * vx; /* a + s / den u = c + t / den v */
    wide t = (c.x - a.x) * uy - (c.y - a.y) * ux;
    if (den < 0) {
        den = -den;
        s = -s;
        t = -t;
    }
    if (den == 0 || s <= 0 || s >= den || t <= 0 || t >= den)
        return false;
    wide x = floor_ratio(2 * (a.x * den + s * ux) + den, 2 * den);
    wide y = floor_ratio(2 * (a.y * den + s * uy) + den, 2 * den);
    *pixel = hg_key((uint32_t)x, (uint32_t)y);
    return true;
}

static size_t naive_crossings(const hg_graph *g, uint64_t **out)
{
    size_t n = 0;
    uint64_t *pixels = NULL;
    for (size_t i = 0; i < g->link_count; i++) {
        for (size_t k = 0; k < i; k++) {
            hg_link e = g->links[i], f = g->links[k];
            uint64_t pixel;
            if (!naive_crossing(g->nodes[e.a], g->nodes[e.b], g->nodes[f.a], g->nodes[f.b], &pixel))
                continue;
            pixels = realloc(pixels, (n + 1) * sizeof *pixels);
            assert_non_null(pixels);
            pixels[n++] = pixel;
        }
    }
    *out = pixels;
    return n;
}

static hg_graph graph_of(const scene *s)
{
    hg_graph g = {0};
    int64_t origin[2];
    const hg_polygon_mm **list = malloc((s->n + 1) * sizeof(void *));
    assert_non_null(list);
    for (size_t i = 0; i < s->n; i++)
        list[i] = &s->polygons[i];
    expect_ok(hg_graph_collect(list, s->n, origin, &g, err));
    free(list);
    return g;
}

/* Triangles with corners on very few points: concurrent, collinear, overlapping and vertical edges.
 */
static scene degenerate_scene(hg_random *r, size_t n, int64_t side)
{
    scene s = {calloc(n, sizeof *s.polygons), n};
    assert_non_null(s.polygons);
    for (size_t i = 0; i < n; i++) {
        begin_ring(&s.polygons[i]);
        for (int k = 0; k < 3; k++)
            add_point(&s.polygons[i], below(r, side + 1), below(r, side + 1));
        close_ring(&s.polygons[i]);
    }
    return s;
}

static void for_graphs(uint64_t seed, void (*check)(const scene *))
{
    for (size_t k = 0; k < COUNT(sides); k++) {
        for (int i = 0; i < 40; i++) {
            hg_random r = hg_random_seed(seed, 100 * k + (uint64_t)i);
            size_t n = 1 + (size_t)below(&r, 30);
            scene s = i % 2 ? random_scene(&r, n, sides[k]) : degenerate_scene(&r, n, sides[k]);
            check(&s);
            dispose_scene(&s);
        }
    }
}

/* As many crossings and in the same pixels, not only the same pixels. */
static void check_crossings(const scene *s)
{
    hg_graph g = graph_of(s);
    hg_keys obtained = {0};
    uint64_t *expected = NULL;
    size_t n = naive_crossings(&g, &expected);
    expect_ok(hg_graph_cross(&g, &obtained, err));
    assert_int_equal(obtained.count, n);
    if (n > 0) {
        qsort(expected, n, sizeof *expected, by_value);
        qsort(obtained.at, n, sizeof *obtained.at, by_value);
        assert_memory_equal(expected, obtained.at, n * sizeof *expected);
    }
    free(expected);
    hg_free(obtained.at);
    hg_graph_dispose(&g);
}

static void crossings_against_all_pairs(void **state)
{
    (void)state;
    for_graphs(1, check_crossings);
}

/* A range of parameters in 0 … den; ends may be open. */
typedef struct range {
    wide low, high, den;
    bool low_open, high_open;
} range;

/* Cuts the range to where low <= p + t q < high, in doubled coordinates; t = parameter / den. */
static void cut_range(range *r, wide p, wide q, wide low, wide high)
{
    if (q == 0) {
        if (p < low || p >= high)
            r->high = r->low - 1;
        return;
    }
    /* t = (bound - p) / q, over the common denominator r->den |q|. */
    wide sign = q < 0 ? -1 : 1;
    range s = {r->low * q * sign, r->high * q * sign, r->den * q * sign, r->low_open, r->high_open};
    wide first = (q > 0 ? low - p : p - high) * r->den;
    wide last = (q > 0 ? high - p : p - low) * r->den;
    if (first > s.low || (first == s.low && q < 0)) {
        s.low = first;
        s.low_open = q < 0;
    }
    if (last < s.high || (last == s.high && q > 0)) {
        s.high = last;
        s.high_open = q > 0;
    }
    *r = s;
}

/* Does the segment share a point with the half-open pixel? By clipping. */
static bool naive_passes(hg_node a, hg_node b, hg_node c)
{
    range r = {0, 1, 1, false, false};
    cut_range(&r, 2 * (wide)a.x, 2 * ((wide)b.x - a.x), 2 * (wide)c.x - 1, 2 * (wide)c.x + 1);
    if (r.high >= r.low)
        cut_range(&r, 2 * (wide)a.y, 2 * ((wide)b.y - a.y), 2 * (wide)c.y - 1, 2 * (wide)c.y + 1);
    return r.low < r.high || (r.low == r.high && !r.low_open && !r.high_open);
}

static size_t naive_hot_pixels(const hg_graph *g, uint64_t **out)
{
    uint64_t *hot = NULL;
    size_t n = naive_crossings(g, &hot);
    hot = realloc(hot, (n + g->node_count + 1) * sizeof *hot);
    assert_non_null(hot);
    for (size_t i = 0; i < g->node_count; i++)
        hot[n++] = hg_key((uint32_t)g->nodes[i].x, (uint32_t)g->nodes[i].y);
    *out = hot;
    return sort_unique(hot, n);
}

/* Keys of the two ends of every piece, the hot pixels along each link sorted by their distance from
 * its start. */
static size_t naive_pieces(const hg_graph *g, const uint64_t *hot, size_t hot_count,
                           uint64_t (**out)[2])
{
    size_t n = 0;
    uint64_t(*pieces)[2] = NULL;
    for (size_t i = 0; i < g->link_count; i++) {
        hg_node a = g->nodes[g->links[i].a], b = g->nodes[g->links[i].b];
        uint64_t last = hg_key((uint32_t)a.x, (uint32_t)a.y), best;
        for (wide reached = 0;; last = best) { /* the passed pixel that comes next along the link */
            wide nearest = -1;
            for (size_t k = 0; k < hot_count; k++) {
                hg_node c = hg_key_node(hot[k]);
                wide along = llabs((int64_t)c.x - a.x) + llabs((int64_t)c.y - a.y);
                if (along > reached && (nearest < 0 || along < nearest) && naive_passes(a, b, c)) {
                    nearest = along;
                    best = hot[k];
                }
            }
            if (nearest < 0)
                break;
            reached = nearest;
            pieces = realloc(pieces, (n + 1) * sizeof *pieces);
            assert_non_null(pieces);
            pieces[n][0] = last < best ? last : best;
            pieces[n++][1] = last < best ? best : last;
        }
    }
    *out = pieces;
    return n;
}

static int by_pair(const void *a, const void *b)
{
    const uint64_t *p = a;
    const uint64_t *q = b;
    if (p[0] != q[0])
        return p[0] < q[0] ? -1 : 1;
    return (p[1] > q[1]) - (p[1] < q[1]);
}

/* Every link of the graph is one of the pieces; which pieces cancel is for the areas to say. */
static void check_noding(const scene *s)
{
    hg_graph g = graph_of(s);
    uint64_t *hot = NULL;
    uint64_t(*pieces)[2] = NULL;
    size_t hot_count = naive_hot_pixels(&g, &hot);
    size_t n = naive_pieces(&g, hot, hot_count, &pieces);
    if (n > 0)
        qsort(pieces, n, sizeof *pieces, by_pair);
    expect_ok(hg_graph_node(&g, err));
    assert_int_equal(g.node_count, hot_count);
    for (size_t i = 0; i < hot_count; i++)
        assert_true(hot[i] == hg_key((uint32_t)g.nodes[i].x, (uint32_t)g.nodes[i].y));
    size_t kept = 0;
    for (size_t i = 0; i < g.link_count; i++) {
        const uint64_t key[2] = {hot[g.links[i].a], hot[g.links[i].b]};
        const uint64_t(*found)[2] = bsearch(key, pieces, n, sizeof *pieces, by_pair);
        assert_non_null(found);
    }
    for (size_t i = 0; i < n; i++)
        kept += i == 0 || by_pair(pieces[i], pieces[i - 1]) != 0;
    assert_true(g.link_count <= kept);
    free(hot);
    free(pieces);
    hg_graph_dispose(&g);
}

static void noding_against_clipping(void **state)
{
    (void)state;
    for_graphs(2, check_noding);
}

/* At lattice points away from all edges, labels are what winding numbers of the polygons as given
 * say. */
static void check_covers(const scene *s, hg_random *r)
{
    hg_arrangement *a = arrange(s->polygons, s->n);
    scene noded = noded_scene(a, s->n);
    for (int i = 0; i < 300; i++) {
        int64_t x = below(r, sides[1]);
        int64_t y = below(r, sides[1]);
        for (size_t k = 0; k < s->n; k++) {
            bool on;
            if (boundary_distance(&s->polygons[k], x, y) > 1.0)
                assert_int_equal(winding_at(&s->polygons[k], x, y, &on) > 0,
                                 hg_polygon_mm_locate(&noded.polygons[k], x, y) > 0);
        }
    }
    dispose_scene(&noded);
    hg_arrangement_free(a);
}

static bool is_label(const hg_arrangement *a, size_t label, const void *context)
{
    (void)a;
    return label == *(const size_t *)context;
}

/* A point inside a label's polygon lies in those of its cover and in no other. */
static void check_labels(const scene *s, hg_random *r)
{
    hg_arrangement *a = arrange(s->polygons, s->n);
    scene noded = noded_scene(a, s->n);
    for (size_t k = 1; k < hg_arrangement_labels(a); k++) {
        hg_polygon_mm p = chosen_polygon(a, is_label, &k);
        assert_true(hg_polygon_mm_area(&p) == hg_arrangement_planar(a, k));
        for (int i = 0; i < 20; i++) {
            int64_t x = p.box[0] + below(r, p.box[2] - p.box[0] + 1);
            int64_t y = p.box[1] + below(r, p.box[3] - p.box[1] + 1);
            for (uint32_t j = 0; j < s->n && hg_polygon_mm_locate(&p, x, y) > 0; j++)
                assert_int_equal(hg_polygon_mm_locate(&noded.polygons[j], x, y) >= 0,
                                 covers(a, k, j));
        }
        hg_polygon_mm_dispose(&p);
    }
    dispose_scene(&noded);
    hg_arrangement_free(a);
}

static void covers_against_winding_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        hg_random r = hg_random_seed(3, (uint64_t)i);
        scene s = random_scene(&r, 30, sides[1]);
        check_covers(&s, &r);
        check_labels(&s, &r);
        dispose_scene(&s);
    }
}

typedef struct overlay {
    double both, first, second, either;
} overlay;

static overlay overlay_of_labels(const hg_arrangement *a)
{
    double first = 0.0, second = 0.0, both = 0.0;
    for (size_t k = 1; k < hg_arrangement_labels(a); k++) {
        double mm2 = hg_exact_m2(hg_arrangement_planar(a, k)) * 1e6;
        *(covers(a, k, 0) ? covers(a, k, 1) ? &both : &first : &second) += mm2;
    }
    return (overlay){both, first, second, both + first + second};
}

static double area_of(GEOSContextHandle_t geos, GEOSGeometry *g)
{
    double area = NAN;
    if (g)
        GEOSArea_r(geos, g, &area);
    GEOSGeom_destroy_r(geos, g);
    return area;
}

static overlay overlay_by_geos(const hg_polygon_mm *p, const hg_polygon_mm *q)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *g = mm_geometry(geos, p);
    GEOSGeometry *h = mm_geometry(geos, q);
    overlay o = {
        area_of(geos, GEOSIntersection_r(geos, g, h)), area_of(geos, GEOSDifference_r(geos, g, h)),
        area_of(geos, GEOSDifference_r(geos, h, g)), area_of(geos, GEOSUnion_r(geos, g, h))};
    GEOSGeom_destroy_r(geos, g);
    GEOSGeom_destroy_r(geos, h);
    GEOS_finish_r(geos);
    return o;
}

static void expect_overlay(overlay expected, overlay obtained, double tolerance)
{
    expect_near("intersection", expected.both, obtained.both, tolerance);
    expect_near("first less second", expected.first, obtained.first, tolerance);
    expect_near("second less first", expected.second, obtained.second, tolerance);
    expect_near("union", expected.either, obtained.either, tolerance);
}

static bool is_valid(const hg_polygon_mm *p)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *g = mm_geometry(geos, p);
    bool valid = GEOSisValid_r(geos, g) == 1;
    GEOSGeom_destroy_r(geos, g);
    GEOS_finish_r(geos);
    return valid;
}

static void check_overlay(const hg_polygon_mm pair[2])
{
    hg_arrangement *a = arrange(pair, 2);
    overlay obtained = overlay_of_labels(a);
    scene noded = noded_scene(a, 2);
    expect_overlay(overlay_by_geos(&noded.polygons[0], &noded.polygons[1]), obtained,
                   1e-9 * obtained.either);
    double perimeter_mm =
        1000.0 * (hg_polygon_mm_perimeter_m(&pair[0]) + hg_polygon_mm_perimeter_m(&pair[1]));
    if (is_valid(&pair[0]) && is_valid(&pair[1]))
        expect_overlay(overlay_by_geos(&pair[0], &pair[1]), obtained, perimeter_mm);
    dispose_scene(&noded);
    hg_arrangement_free(a);
}

static void overlays_against_geos(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(sides); k++) {
        hg_random r = hg_random_seed(4, k);
        scene s = random_scene(&r, 30, sides[k]);
        for (size_t i = 0; i + 1 < s.n; i++)
            check_overlay(s.polygons + i);
        dispose_scene(&s);
    }
}

/* GEOS's own hard cases, brought to a kilometre across, against the areas its overlay gave for
 * them. */
typedef struct frame {
    double x, y, scale;
} frame;

static int into_frame(double *x, double *y, void *context)
{
    const frame *f = context;
    *x = (*x - f->x) * f->scale;
    *y = (*y - f->y) * f->scale;
    return 1;
}

static hg_polygon_mm read_into_frame(GEOSContextHandle_t geos, const GEOSGeometry *g, frame f)
{
    hg_shapes shapes = {0};
    hg_polygon_mm p = {0};
    hg_repair repair;
    GEOSGeometry *moved = GEOSGeom_transformXY_r(geos, g, into_frame, &f);
    add_geometry(geos, &shapes, moved, NULL);
    expect_ok(hg_polygon_mm_read(&shapes, 0, &p, &repair, err));
    hg_shapes_dispose(&shapes);
    GEOSGeom_destroy_r(geos, moved);
    return p;
}

static frame frame_around(GEOSContextHandle_t geos, const GEOSGeometry *g, const GEOSGeometry *h)
{
    static const double across_m = 1000.0;
    double a[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY}; /* stays so for an empty one */
    double b[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    (void)GEOSGeom_getExtent_r(geos, g, &a[0], &a[1], &a[2], &a[3]);
    (void)GEOSGeom_getExtent_r(geos, h, &b[0], &b[1], &b[2], &b[3]);
    double x = fmin(a[0], b[0]), y = fmin(a[1], b[1]);
    return (frame){x, y, across_m / fmax(fmax(a[2], b[2]) - x, fmax(a[3], b[3]) - y)};
}

static void check_nasty(const char *first, const char *second, overlay expected)
{
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSGeometry *g = geometry_from(geos, first);
    GEOSGeometry *h = geometry_from(geos, second);
    assert_true(g && h);
    frame f = frame_around(geos, g, h);
    hg_polygon_mm pair[2] = {read_into_frame(geos, g, f), read_into_frame(geos, h, f)};
    hg_arrangement *a = arrange(pair, 2);
    double mm2 = f.scale * f.scale * 1e6;
    expected = (overlay){expected.both * mm2, expected.first * mm2, expected.second * mm2,
                         expected.either * mm2};
    expect_overlay(expected, overlay_of_labels(a),
                   1000.0 *
                       (hg_polygon_mm_perimeter_m(&pair[0]) + hg_polygon_mm_perimeter_m(&pair[1])));
    check_overlay(pair);
    hg_arrangement_free(a);
    dispose_all(pair, 2);
    GEOSGeom_destroy_r(geos, g);
    GEOSGeom_destroy_r(geos, h);
    GEOS_finish_r(geos);
}

static FILE *open_nasty(const char *name)
{
    const char *folder = getenv("HOTGRID_SHARED_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/nasty_geometries/%s", folder ? folder : "", name);
    return fopen(path, "r");
}

enum { MOST_CASES = 4096 };

/* Reference areas by number of case; those of no case are NaN. */
static bool read_references(overlay *reference)
{
    enum { ID, FILE_NAME, A, B, BOTH, EITHER, FIRST, FIELDS };
    FILE *file = open_nasty("geos_ref_overlay_areas_geos311.csv");
    char *buffer = malloc(1u << 23);
    char *fields[FIELDS];
    assert_non_null(buffer);
    for (size_t i = 0; i < MOST_CASES; i++)
        reference[i].both = NAN;
    while (file && read_record(file, fields, FIELDS, &buffer) == FIELDS) {
        long id = strtol(fields[ID], NULL, 10);
        double both = strtod(fields[BOTH], NULL);
        if (id > 0 && id < MOST_CASES)
            reference[id] = (overlay){both, strtod(fields[FIRST], NULL),
                                      strtod(fields[B], NULL) - both, strtod(fields[EITHER], NULL)};
    }
    free(buffer);
    if (file)
        fclose(file);
    return file != NULL;
}

static void nasty_pairs(void **state)
{
    (void)state;
    enum { ID = 0, A = 14, B = 15, FIELDS = 16, LEAST_PAIRS = 200 };
    static overlay reference[MOST_CASES];
    FILE *file = open_nasty("geos_cases.csv");
    if (!file || !read_references(reference)) {
        print_message("skipped: no nasty_geometries under HOTGRID_SHARED_DATA\n");
        skip();
    }
    char *buffer = malloc(1u << 23);
    char *fields[FIELDS];
    int pairs = 0;
    assert_non_null(buffer);
    while (read_record(file, fields, FIELDS, &buffer) == FIELDS) {
        long id = strtol(fields[ID], NULL, 10);
        bool curved = strstr(fields[A], "CURVE") || strstr(fields[B], "CURVE");
        if (id > 0 && id < MOST_CASES && !isnan(reference[id].both) && !curved) {
            check_nasty(fields[A], fields[B], reference[id]);
            pairs++;
        }
    }
    assert_true(pairs > LEAST_PAIRS);
    free(buffer);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crossings_against_all_pairs),
        cmocka_unit_test(noding_against_clipping),
        cmocka_unit_test(covers_against_winding_numbers),
        cmocka_unit_test(overlays_against_geos),
        cmocka_unit_test(nasty_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
