/*
 * The index of polygons against a look at every edge, on small lattices where edges run along boxes
 * and through corners all the time, and on long rings; locating against GEOS; several threads at
 * once.
 */
#include "tests/polygon_helpers.h"
#include "tests/support/sweep.h"
#include "base/random.h"
#include "base/threads.h"
#include "geo/polygon_index.h"

/* ---------------------------------------------------------------- the naive twin ---------- */

static int turn(const int64_t *a, const int64_t *b, int64_t x, int64_t y)
{
    hg_exact left = (hg_exact)(b[0] - a[0]) * (y - a[1]),
             right = (hg_exact)(b[1] - a[1]) * (x - a[0]);
    return (left > right) - (left < right);
}

static bool within(const int64_t *p, const int64_t box[4])
{
    return p[0] >= box[0] && p[0] <= box[2] && p[1] >= box[1] && p[1] <= box[3];
}

static bool on_segment(const int64_t *a, const int64_t *b, int64_t x, int64_t y)
{
    const int64_t box[4] = {a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1],
                            a[0] < b[0] ? b[0] : a[0], a[1] < b[1] ? b[1] : a[1]};
    const int64_t p[2] = {x, y};
    return turn(a, b, x, y) == 0 && within(p, box);
}

static bool segments_meet(const int64_t *a, const int64_t *b, const int64_t *c, const int64_t *d)
{
    int s1 = turn(a, b, c[0], c[1]), s2 = turn(a, b, d[0], d[1]);
    int s3 = turn(c, d, a[0], a[1]), s4 = turn(c, d, b[0], b[1]);
    return (s1 * s2 < 0 && s3 * s4 < 0) || on_segment(a, b, c[0], c[1]) ||
           on_segment(a, b, d[0], d[1]) || on_segment(c, d, a[0], a[1]) ||
           on_segment(c, d, b[0], b[1]);
}

/* An edge meets a box if it has an end inside or meets one of its sides. */
static bool edge_meets(const int64_t *e, const int64_t box[4])
{
    const int64_t corners[5][2] = {
        {box[0], box[1]}, {box[2], box[1]}, {box[2], box[3]}, {box[0], box[3]}, {box[0], box[1]}};
    if (within(e, box) || within(e + 2, box))
        return true;
    for (int i = 0; i < 4; i++) {
        if (segments_meet(e, e + 2, corners[i], corners[i + 1]))
            return true;
    }
    return false;
}

/* Winding number by the quadrants passed through on the way round. */
static int quadrant(const int64_t *p, int64_t x, int64_t y)
{
    return p[1] >= y ? (p[0] >= x ? 0 : 1) : (p[0] < x ? 2 : 3);
}

static int winding(const hg_polygon_mm *p, int64_t x, int64_t y)
{
    int quarters = 0;
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            const int64_t *e = p->xy + 2 * i;
            int step = (quadrant(e + 2, x, y) - quadrant(e, x, y) + 4) % 4;
            if (step == 2)
                quarters += turn(e, e + 2, x, y) > 0 ? 2 : -2;
            else
                quarters += step == 3 ? -1 : step;
        }
    }
    return quarters / 4;
}

static bool crosses(const hg_polygon_mm *p, const int64_t box[4])
{
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            if (edge_meets(p->xy + 2 * i, box))
                return true;
        }
    }
    return false;
}

static void check_hits(const hg_polygon_mm *polygons, size_t n, const int64_t box[4],
                       const hg_polygon_hits *hits)
{
    size_t next = 0;
    for (size_t i = 0; i < n; i++) {
        bool edge = crosses(&polygons[i], box);
        if (!edge && winding(&polygons[i], box[0], box[1]) <= 0)
            continue;
        if (next >= hits->count || hits->items[next].polygon != i ||
            hits->items[next].crosses != edge)
            fail_msg("box %lld %lld %lld %lld, hit %zu of %zu: expected polygon %zu %s",
                     (long long)box[0], (long long)box[1], (long long)box[2], (long long)box[3],
                     next, hits->count, i, edge ? "crossing" : "covering");
        next++;
    }
    assert_int_equal(next, hits->count);
}

/* ---------------------------------------------------------------- polygons of all kinds ----------
 */

/* A closed ring of the corners, counter-clockwise (clockwise for holes) by its area; false if it
 * has none. */
static bool set_ring(hg_polygon_mm *p, size_t r, const int64_t *xy, size_t n, bool hole)
{
    size_t from = p->ring_start[r];
    hg_exact area = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = (i + 1) % n;
        area += (hg_exact)xy[2 * i] * xy[2 * k + 1] - (hg_exact)xy[2 * i + 1] * xy[2 * k];
    }
    for (size_t i = 0; i <= n; i++) {
        size_t at = (area < 0) != hole ? n - 1 - i % n : i % n;
        memcpy(p->xy + 2 * (from + i), xy + 2 * at, 2 * sizeof *xy);
    }
    p->ring_start[r + 1] = from + n + 1;
    p->rings = r + 1;
    return area != 0;
}

static void set_box(hg_polygon_mm *p)
{
    int64_t box[4] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (size_t i = 0; i < p->ring_start[p->rings]; i++) {
        const int64_t *at = p->xy + 2 * i;
        box[0] = at[0] < box[0] ? at[0] : box[0];
        box[1] = at[1] < box[1] ? at[1] : box[1];
        box[2] = at[0] > box[2] ? at[0] : box[2];
        box[3] = at[1] > box[3] ? at[1] : box[3];
    }
    memcpy(p->box, box, sizeof box);
}

/* A star about x, y; small radii make it degenerate in every way a lattice allows. */
static size_t star(hg_random *r, double x, double y, double radius, size_t corners, int64_t *xy)
{
    size_t n = 0;
    for (size_t i = 0; i < corners; i++) {
        double angle = 2.0 * M_PI * ((double)i + hg_random_unit(r)) / (double)corners;
        double far = radius * (0.3 + 0.7 * hg_random_unit(r));
        int64_t at[] = {(int64_t)lround(x + far * cos(angle)),
                        (int64_t)lround(y + far * sin(angle))};
        if (n == 0 || memcmp(xy + 2 * n - 2, at, sizeof at) != 0)
            memcpy(xy + 2 * n++, at, sizeof at);
    }
    if (n > 1 && memcmp(xy, xy + 2 * n - 2, 2 * sizeof *xy) == 0)
        n--;
    return n;
}

static hg_polygon_mm random_polygon(hg_random *r, double extent, size_t corners)
{
    int64_t *xy = malloc(2 * corners * sizeof *xy);
    hg_polygon_mm p = {.xy = hg_malloc(3 * (corners + 1), 2 * sizeof *p.xy),
                       .ring_start = hg_malloc(4, sizeof *p.ring_start)};
    assert_true(xy && p.xy && p.ring_start);
    p.ring_start[0] = 0;
    double x = extent * hg_random_unit(r), y = extent * hg_random_unit(r);
    double radius = extent * (0.05 + 0.4 * hg_random_unit(r));
    for (size_t k = 0; k < 3; k++) { /* shell, perhaps a hole, perhaps another shell */
        size_t n = k == 0 || hg_random_unit(r) < 0.5
                       ? star(r, k == 2 ? extent * hg_random_unit(r) : x, y,
                              k == 1 ? radius * 0.2 : radius, corners, xy)
                       : 0;
        if (n >= 3 && !set_ring(&p, p.rings, xy, n, k == 1))
            p.rings--;
        if (p.rings == 0)
            break;
    }
    free(xy);
    if (p.rings == 0) {
        hg_polygon_mm_dispose(&p);
        return p;
    }
    set_box(&p);
    return p;
}

static void ask_and_check(const hg_polygon_mm *polygons, size_t n, double extent, int queries,
                          hg_random *r)
{
    hg_polygon_index *index = NULL;
    hg_polygon_hits hits = {0};
    expect_ok(hg_polygon_index_new(polygons, n, &index, err));
    for (int q = 0; q < queries; q++) {
        double size = q % 3 == 0 ? 0.0 : extent * 0.2 * hg_random_unit(r);
        int64_t x = (int64_t)lround(extent * (1.2 * hg_random_unit(r) - 0.1));
        int64_t y = (int64_t)lround(extent * (1.2 * hg_random_unit(r) - 0.1));
        const int64_t box[4] = {x, y, x + (int64_t)lround(size), y + (int64_t)lround(size * 0.7)};
        expect_ok(hg_polygon_index_query(index, box, &hits, err));
        check_hits(polygons, n, box, &hits);
        if (box[0] == box[2] && box[1] == box[3]) {
            size_t count = hits.count;
            expect_ok(hg_polygon_index_at(index, x, y, &hits, err));
            assert_int_equal(count, hits.count);
            for (size_t i = 0; i < hits.count; i++)
                assert_int_equal(hg_polygon_mm_locate(&polygons[hits.items[i].polygon], x, y),
                                 hits.items[i].crosses ? 0 : 1);
        }
    }
    hg_free(hits.items);
    hg_polygon_index_free(index);
}

static void every_box_of_small_lattices(void **state)
{
    (void)state;
    static const size_t corners[] = {3, 4, 6, 15, 16, 17, 33, 129, 700};
    hg_random r = hg_random_seed(3, 1);
    for (size_t c = 0; c < COUNT(corners); c++) {
        for (int round = 0; round < 6; round++) {
            static const double extents[] = {6, 12, 30, 200, 1e5, 8e12};
            hg_polygon_mm polygons[40];
            for (size_t i = 0; i < COUNT(polygons); i++)
                polygons[i] = random_polygon(&r, extents[round], corners[c]);
            ask_and_check(polygons, COUNT(polygons), extents[round], corners[c] > 100 ? 20 : 200,
                          &r);
            for (size_t i = 0; i < COUNT(polygons); i++)
                hg_polygon_mm_dispose(&polygons[i]);
        }
    }
}

/* A ring of twenty thousand edges that winds about a circle: a river. */
static hg_polygon_mm river(size_t n)
{
    hg_polygon_mm p = {.xy = hg_malloc(n + 1, 2 * sizeof *p.xy),
                       .ring_start = hg_malloc(2, sizeof *p.ring_start)};
    int64_t *xy = malloc(2 * n * sizeof *xy);
    assert_true(p.xy && p.ring_start && xy);
    p.ring_start[0] = 0;
    for (size_t i = 0; i < n; i++) {
        double t = 2.0 * M_PI * (double)i / (double)n;
        double radius = 4e5 * (1.0 + 0.1 * sin(37.0 * t) + 0.05 * sin(501.0 * t));
        xy[2 * i] = 500000 + (int64_t)(radius * cos(t));
        xy[2 * i + 1] = 500000 + (int64_t)(radius * sin(t));
    }
    assert_true(set_ring(&p, 0, xy, n, false));
    set_box(&p);
    free(xy);
    return p;
}

static void a_river(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(3, 2);
    hg_polygon_mm p = river(20000);
    ask_and_check(&p, 1, 1e6, 150, &r);
    hg_polygon_mm_dispose(&p);
}

static void nothing_to_find(void **state)
{
    (void)state;
    hg_polygon_index *index = NULL;
    hg_polygon_hits hits = {0};
    hg_polygon_mm empty[2] = {{0}, {0}};
    const int64_t box[4] = {0, 0, 10, 10};
    expect_ok(hg_polygon_index_new(NULL, 0, &index, err));
    expect_ok(hg_polygon_index_query(index, box, &hits, err));
    assert_int_equal(hits.count, 0);
    hg_polygon_index_free(index);
    expect_ok(hg_polygon_index_new(empty, 2, &index, err));
    expect_ok(hg_polygon_index_query(index, box, &hits, err));
    assert_int_equal(hits.count, 0);
    hg_polygon_index_free(index);
    hg_free(hits.items);
}

/* ---------------------------------------------------------------- locating against GEOS ----------
 */

static void locating_as_geos_does(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "POLYGON((0 0,10 0,10 10,5 5,0 10,0 0),(2 2,4 2,4 4,2 4,2 2))",
        "POLYGON((0 0,7 3,9 11,3 8,-4 9,-2 4,0 0),(1 4,3 4,2 6,1 4))",
        "MULTIPOLYGON(((0 0,6 1,7 7,0 0)),((-3 -3,-1 -3,-1 -1,-3 -1,-3 -3)),((8 8,12 8,8 12,8 8)))",
    };
    GEOSContextHandle_t geos = GEOS_init_r();
    for (size_t i = 0; i < COUNT(texts); i++) {
        hg_polygon_mm p = polygon_from(texts[i], NULL);
        GEOSGeometry *g = geometry_from(geos, texts[i]);
        for (int64_t x = -5000; x <= 13000; x += 250) {
            for (int64_t y = -5000; y <= 13000; y += 250) {
                char text[64];
                snprintf(text, sizeof text, "POINT(%.3f %.3f)", (double)x / 1000, (double)y / 1000);
                GEOSGeometry *point = geometry_from(geos, text);
                int expected = GEOSContains_r(geos, g, point)     ? 1
                               : GEOSIntersects_r(geos, g, point) ? 0
                                                                  : -1;
                if (hg_polygon_mm_locate(&p, x, y) != expected)
                    fail_msg("%s in %s: expected %d", text, texts[i], expected);
                GEOSGeom_destroy_r(geos, point);
            }
        }
        GEOSGeom_destroy_r(geos, g);
        hg_polygon_mm_dispose(&p);
    }
    GEOS_finish_r(geos);
}

/* ---------------------------------------------------------------- threads, memory ---------- */

enum { TASKS = 16, BOXES = 300 };

typedef struct shared {
    const hg_polygon_index *index;
    uint64_t sums[TASKS];
} shared;

static hg_status ask_many(void *context, size_t task, hg_error *err)
{
    shared *s = context;
    hg_polygon_hits hits = {0};
    hg_status status = HG_OK;
    hg_random r = hg_random_seed(9, task / 2); /* neighbours ask the same questions */
    s->sums[task] = 0;
    for (int i = 0; i < BOXES && status == HG_OK; i++) {
        int64_t x = (int64_t)(1e6 * hg_random_unit(&r)), y = (int64_t)(1e6 * hg_random_unit(&r));
        const int64_t box[4] = {x, y, x + 9000, y + 7000};
        status = hg_polygon_index_query(s->index, box, &hits, err);
        for (size_t k = 0; k < hits.count; k++)
            s->sums[task] = s->sums[task] * 31 + 2 * hits.items[k].polygon + hits.items[k].crosses;
    }
    hg_free(hits.items);
    return status;
}

static void one_index_for_all_threads(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(3, 4);
    hg_polygon_mm polygons[200];
    hg_polygon_index *index = NULL;
    for (size_t i = 0; i < COUNT(polygons); i++)
        polygons[i] = i == 0 ? river(5000) : random_polygon(&r, 1e6, 24);
    expect_ok(hg_polygon_index_new(polygons, COUNT(polygons), &index, err));
    shared s = {.index = index}, alone = {.index = index};
    expect_ok(hg_parallel(TASKS, 4, ask_many, &s, err));
    expect_ok(hg_parallel(TASKS, 1, ask_many, &alone, err));
    assert_memory_equal(s.sums, alone.sums, sizeof s.sums);
    assert_int_equal(s.sums[0], s.sums[1]);
    hg_polygon_index_free(index);
    for (size_t i = 0; i < COUNT(polygons); i++)
        hg_polygon_mm_dispose(&polygons[i]);
}

static hg_status build_and_ask(void *context, hg_error *err)
{
    hg_polygon_index *index = NULL;
    hg_polygon_hits hits = {0};
    const int64_t box[4] = {0, 0, 1000000, 1000000};
    hg_status status = hg_polygon_index_new(context, 20, &index, err);
    if (status == HG_OK)
        status = hg_polygon_index_query(index, box, &hits, err);
    hg_free(hits.items);
    hg_polygon_index_free(index);
    return status;
}

static void out_of_memory(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(3, 5);
    hg_polygon_mm polygons[20];
    for (size_t i = 0; i < COUNT(polygons); i++)
        polygons[i] = random_polygon(&r, 1e6, 40);
    sweep_allocations(build_and_ask, polygons);
    for (size_t i = 0; i < COUNT(polygons); i++)
        hg_polygon_mm_dispose(&polygons[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_box_of_small_lattices),
        cmocka_unit_test(a_river),
        cmocka_unit_test(nothing_to_find),
        cmocka_unit_test(locating_as_geos_does),
        cmocka_unit_test(one_index_for_all_threads),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
