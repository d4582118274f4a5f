/* What must hold of any arrangement, on random scenes from whole metres down to a few millimetres.
 */
#include "tests/arrangement_scenes.h"
#include "geo/polygon_index.h"

/* Sides of the scenes in mm: snapping is rare in the first and everywhere in the last. */
static const int64_t sides[] = {1000000, 20000, 400, 40};

static void for_scenes(uint64_t seed, int scenes, size_t most,
                       void (*check)(hg_random *, const scene *))
{
    for (size_t k = 0; k < COUNT(sides); k++) {
        for (int i = 0; i < scenes; i++) {
            hg_random r = hg_random_seed(seed, (uint64_t)(100 * k) + (uint64_t)i);
            scene s = random_scene(&r, 1 + (size_t)below(&r, (int64_t)most), sides[k]);
            check(&r, &s);
            dispose_scene(&s);
        }
    }
}

static void expect_perimeter(const hg_arrangement *a, uint32_t i, const hg_polygon_mm *noded)
{
    size_t labels = hg_arrangement_labels(a);
    uint8_t *chosen = calloc(labels, 1);
    assert_non_null(chosen);
    for (size_t k = 0; k < labels; k++)
        chosen[k] = covers(a, k, i);
    double expected = hg_polygon_mm_perimeter_m(noded);
    expect_near("perimeter", expected, hg_arrangement_perimeter_m(a, chosen), 1e-12 * expected);
    free(chosen);
}

/* Areas of labels add up to those of polygons, whose rings are valid. */
static void check_sums(hg_random *r, const scene *s)
{
    (void)r;
    hg_arrangement *a = arrange(s->polygons, s->n);
    scene noded = noded_scene(a, s->n);
    for (uint32_t i = 0; i < s->n; i++) {
        hg_exact sum = 0;
        for (size_t k = 0; k < hg_arrangement_labels(a); k++)
            sum += covers(a, k, i) ? hg_arrangement_planar(a, k) : 0;
        assert_true(sum == hg_polygon_mm_area(&noded.polygons[i]));
        expect_perimeter(a, i, &noded.polygons[i]);
        expect_valid(&noded.polygons[i]);
    }
    for (size_t k = 1; k < hg_arrangement_labels(a); k++)
        assert_true(hg_arrangement_planar(a, k) > 0);
    dispose_scene(&noded);
    hg_arrangement_free(a);
}

static void labels_add_up(void **state)
{
    (void)state;
    for_scenes(1, 15, 60, check_sums);
    hg_random r = hg_random_seed(1, 1000);
    scene crowd = random_scene(&r, 500, sides[0]);
    check_sums(&r, &crowd);
    dispose_scene(&crowd);
}

static bool is_label(const hg_arrangement *a, size_t label, const void *context)
{
    (void)a;
    return label == *(const size_t *)context;
}

/* And so they do on the ellipsoid, where every edge is rounded by itself. */
static void labels_add_up_on_the_ellipsoid(void **state)
{
    (void)state;
    static const int64_t origin[2] = {400000000, 2440000000};
    static const hg_area_mode modes[] = {HG_AREA_ELLIPSOID, HG_AREA_PLANAR, HG_AREA_NOTICE2008};
    hg_crs *crs = NULL;
    expect_ok(hg_crs_new("EPSG:4547", "test", &crs, err));
    hg_random r = hg_random_seed(9, 0);
    scene s = random_scene(&r, 60, sides[0]);
    for (size_t i = 0; i < s.n; i++) {
        for (size_t k = 0; k < 2 * s.polygons[i].ring_start[s.polygons[i].rings]; k++)
            s.polygons[i].xy[k] += origin[k % 2];
    }
    hg_arrangement *a = arrange(s.polygons, s.n);
    scene noded = noded_scene(a, s.n);
    hg_exact *areas = malloc(hg_arrangement_labels(a) * sizeof *areas);
    assert_non_null(areas);
    for (size_t m = 0; m < COUNT(modes); m++) {
        hg_area_meter *meter = NULL;
        expect_ok(hg_area_meter_new(crs, modes[m], &meter, err));
        expect_ok(hg_arrangement_measure(a, meter, areas, err));
        assert_true(areas[0] == 0);
        for (uint32_t i = 0; i < s.n; i++) {
            hg_exact sum = 0;
            hg_exact whole = 0;
            for (size_t k = 0; k < hg_arrangement_labels(a); k++)
                sum += covers(a, k, i) ? areas[k] : 0;
            expect_ok(hg_area_meter_polygon(meter, &noded.polygons[i], &whole, err));
            assert_true(sum == whole);
        }
        for (size_t k = 0; k < hg_arrangement_labels(a) && modes[m] == HG_AREA_PLANAR; k++)
            assert_true(areas[k] == hg_arrangement_planar(a, k));
        hg_area_meter_free(meter);
    }
    free(areas);
    hg_arrangement_free(a);
    dispose_scene(&noded);
    dispose_scene(&s);
    hg_crs_free(crs);
}

typedef struct edge {
    int64_t x0, y0, x1, y1;
} edge;

/* Edges of all labels, each once. */
static edge *all_edges(const hg_arrangement *a, size_t *count)
{
    size_t n = 0;
    edge *edges = NULL;
    for (size_t k = 1; k < hg_arrangement_labels(a); k++) {
        hg_polygon_mm p = chosen_polygon(a, is_label, &k);
        expect_valid(&p);
        for (size_t r = 0; r < p.rings; r++) {
            for (size_t i = p.ring_start[r]; i + 1 < p.ring_start[r + 1]; i++) {
                const int64_t *e = p.xy + 2 * i;
                edges = realloc(edges, (n + 1) * sizeof *edges);
                assert_non_null(edges);
                edges[n++] = (edge){e[0], e[1], e[2], e[3]};
            }
        }
        hg_polygon_mm_dispose(&p);
    }
    *count = n;
    return edges;
}

static int side_of(edge e, int64_t x, int64_t y)
{
    hg_exact t = (hg_exact)(e.x1 - e.x0) * (y - e.y0) - (hg_exact)(e.y1 - e.y0) * (x - e.x0);
    return (t > 0) - (t < 0);
}

static bool inside_span(edge e, int64_t x, int64_t y)
{
    bool end = (x == e.x0 && y == e.y0) || (x == e.x1 && y == e.y1);
    return !end && (e.x0 - x) * (e.x1 - x) <= 0 && (e.y0 - y) * (e.y1 - y) <= 0;
}

/* They cross, or an end of f lies inside e. */
static bool clash(edge e, edge f)
{
    int a = side_of(e, f.x0, f.y0);
    int b = side_of(e, f.x1, f.y1);
    if ((a == 0 && inside_span(e, f.x0, f.y0)) || (b == 0 && inside_span(e, f.x1, f.y1)))
        return true;
    return a * b < 0 && side_of(f, e.x0, e.y0) * side_of(f, e.x1, e.y1) < 0;
}

static void check_edges(hg_random *r, const scene *s)
{
    (void)r;
    size_t n = 0;
    hg_arrangement *a = arrange(s->polygons, s->n);
    edge *edges = all_edges(a, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            if (clash(edges[i], edges[k]))
                fail_msg("%lld %lld, %lld %lld clashes with %lld %lld, %lld %lld",
                         (long long)edges[i].x0, (long long)edges[i].y0, (long long)edges[i].x1,
                         (long long)edges[i].y1, (long long)edges[k].x0, (long long)edges[k].y0,
                         (long long)edges[k].x1, (long long)edges[k].y1);
        }
    }
    free(edges);
    hg_arrangement_free(a);
}

static void edges_meet_at_their_ends_only(void **state)
{
    (void)state;
    for_scenes(2, 8, 25, check_edges);
}

/* Nothing moves by more than half a pixel's diagonal. */
static void check_distance(hg_random *r, const scene *s)
{
    (void)r;
    hg_arrangement *a = arrange(s->polygons, s->n);
    scene noded = noded_scene(a, s->n);
    for (size_t k = 0; k < s->n; k++) {
        const hg_polygon_mm *p = &noded.polygons[k];
        for (size_t i = 0; p->rings && i < p->ring_start[p->rings]; i++) {
            double d = boundary_distance(&s->polygons[k], p->xy[2 * i], p->xy[2 * i + 1]);
            if (!(d <= M_SQRT1_2 + 1e-9))
                fail_msg("a node %.17g mm away from its polygon, limit %.17g", d, M_SQRT1_2);
        }
    }
    dispose_scene(&noded);
    hg_arrangement_free(a);
}

static void nothing_moves_far(void **state)
{
    (void)state;
    for_scenes(3, 10, 40, check_distance);
}

/* The same rings begun elsewhere and in another order, moved and turned. */
typedef struct motion {
    int64_t dx, dy;
    int quarters;
} motion;

static void move_point(motion m, int64_t xy[2])
{
    for (int i = 0; i < m.quarters; i++) {
        int64_t x = xy[0];
        xy[0] = -xy[1];
        xy[1] = x;
    }
    xy[0] += m.dx;
    xy[1] += m.dy;
}

static hg_polygon_mm moved(const hg_polygon_mm *p, motion m, hg_random *r)
{
    hg_polygon_mm q = {0};
    for (size_t k = p->rings; k-- > 0;) {
        size_t n = p->ring_start[k + 1] - p->ring_start[k] - 1;
        size_t first = (size_t)below(r, (int64_t)n);
        begin_ring(&q);
        for (size_t i = 0; i < n; i++) {
            int64_t xy[2];
            memcpy(xy, p->xy + 2 * (p->ring_start[k] + (first + i) % n), sizeof xy);
            move_point(m, xy);
            add_point(&q, xy[0], xy[1]);
        }
        close_ring(&q);
    }
    return q;
}

/* Both polygons laid over each other, as all that counts is where they are. */
static void expect_same_area(const hg_polygon_mm *p, const hg_polygon_mm *q)
{
    const hg_polygon_mm *list[] = {p, q};
    hg_arrangement *a = NULL;
    expect_ok(hg_arrangement_new(list, 2, &a, err));
    assert_int_equal(label_of(a, 1), SIZE_MAX);
    assert_int_equal(label_of(a, 2), SIZE_MAX);
    hg_arrangement_free(a);
}

/* other must be first with polygon i at position place[i], moved by m. */
static void expect_moved(const hg_arrangement *first, const hg_arrangement *other, size_t n,
                         const size_t *place, motion m, hg_random *r)
{
    assert_int_equal(hg_arrangement_labels(first), hg_arrangement_labels(other));
    for (size_t k = 0; k < hg_arrangement_labels(first) && m.quarters == 0; k++)
        assert_true(hg_arrangement_planar(first, k) == hg_arrangement_planar(other, k));
    for (uint32_t i = 0; i < n; i++) {
        hg_polygon_mm p = noded_polygon(first, i);
        hg_polygon_mm q = noded_polygon(other, (uint32_t)place[i]);
        assert_int_equal(p.rings, q.rings);
        assert_true(hg_polygon_mm_area(&p) == hg_polygon_mm_area(&q));
        hg_polygon_mm turned = moved(&p, m, r);
        expect_same_area(&turned, &q);
        if (m.quarters == 0) { /* then even ring for ring and point for point */
            for (size_t k = 0; p.rings && k < p.ring_start[p.rings]; k++)
                move_point(m, p.xy + 2 * k);
            if (p.rings) {
                move_point(m, p.box);
                move_point(m, p.box + 2);
            }
            assert_true(same_polygon(&p, &q));
        }
        hg_polygon_mm_dispose(&p);
        hg_polygon_mm_dispose(&q);
        hg_polygon_mm_dispose(&turned);
    }
}

static void check_motion(hg_random *r, const scene *s, motion m)
{
    size_t *place = malloc(s->n * sizeof *place);
    scene other = {calloc(s->n, sizeof *other.polygons), s->n};
    assert_true(place && other.polygons);
    for (size_t i = 0; i < s->n; i++) {
        size_t k = (size_t)below(r, (int64_t)i + 1);
        place[i] = k;
        for (size_t j = 0; j < i; j++)
            place[j] = place[j] == k ? i : place[j];
    }
    for (size_t i = 0; i < s->n; i++)
        other.polygons[place[i]] = moved(&s->polygons[i], m, r);
    hg_arrangement *a = arrange(s->polygons, s->n);
    hg_arrangement *b = arrange(other.polygons, s->n);
    expect_moved(a, b, s->n, place, m, r);
    hg_arrangement_free(a);
    hg_arrangement_free(b);
    dispose_scene(&other);
    free(place);
}

static void check_shift(hg_random *r, const scene *s)
{
    check_motion(
        r, s,
        (motion){below(r, INT64_C(1) << 42) - (INT64_C(1) << 41), below(r, 1000000) - 500000, 0});
}

static void order_and_place_do_not_matter(void **state)
{
    (void)state;
    for_scenes(4, 8, 30, check_shift);
}

/* Pixels are half-open, which turns do not keep; but no point of these scenes lies on a pixel's
 * border. */
static void quarter_turns_do_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        hg_random r = hg_random_seed(5, (uint64_t)i);
        scene s = random_scene(&r, 30, sides[0] + 8 * below(&r, 1000));
        check_motion(&r, &s, (motion){3, -5, 1 + i % 3});
        dispose_scene(&s);
    }
}

/*
 * Arranging once more changes nothing where nodes are some pixels apart from edges they are not on;
 * where everything is close it may, as edges have moved, but comes to rest.
 */
static void arranging_again_comes_to_rest(void **state)
{
    (void)state;
    enum { MOST_ROUNDS = 8 };
    for (size_t k = 0; k < COUNT(sides); k++) {
        for (int i = 0; i < 6; i++) {
            hg_random r = hg_random_seed(6, 10 * k + (uint64_t)i);
            scene s = random_scene(&r, 20, sides[k]);
            int rounds = 0;
            for (bool changed = true; changed && rounds < MOST_ROUNDS; rounds++) {
                hg_arrangement *a = arrange(s.polygons, s.n);
                scene next = noded_scene(a, s.n);
                changed = false;
                for (size_t j = 0; j < s.n; j++)
                    changed = changed || !same_polygon(&s.polygons[j], &next.polygons[j]);
                hg_arrangement_free(a);
                dispose_scene(&s);
                s = next;
            }
            assert_true(rounds < MOST_ROUNDS);
            if (k == 0)
                assert_true(rounds <= 2); /* the first, and one that changes nothing */
            dispose_scene(&s);
        }
    }
}

static bool edge_meets(const int64_t *e, const int64_t box[4])
{
    edge f = {e[0], e[1], e[2], e[3]};
    if ((e[0] < box[0] && e[2] < box[0]) || (e[0] > box[2] && e[2] > box[2]) ||
        (e[1] < box[1] && e[3] < box[1]) || (e[1] > box[3] && e[3] > box[3]))
        return false;
    int s = side_of(f, box[0], box[1]) + side_of(f, box[2], box[1]) + side_of(f, box[2], box[3]) +
            side_of(f, box[0], box[3]);
    return s != 4 && s != -4;
}

static bool has_edge(const hg_polygon_mm *p, const int64_t *e)
{
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            if (memcmp(p->xy + 2 * i, e, 4 * sizeof *e) == 0)
                return true;
        }
    }
    return false;
}

/* Every edge of p that meets the box is one of q. */
static void expect_edges_kept(const hg_polygon_mm *p, const hg_polygon_mm *q, const int64_t box[4])
{
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            if (edge_meets(p->xy + 2 * i, box))
                assert_true(has_edge(q, p->xy + 2 * i));
        }
    }
}

/* A ring that runs to and fro anywhere. */
static hg_polygon_mm tangle(hg_random *r)
{
    hg_polygon_mm p = {0};
    for (int k = 0; k < 2; k++) {
        int n = 3 + (int)below(r, k ? 3000 : 300);
        int64_t x = below(r, 2000);
        int64_t y = below(r, 2000);
        begin_ring(&p);
        for (int i = 0; i < n; i++) {
            add_point(&p, x, y);
            x += below(r, 401) - 200;
            y += below(r, 401) - 200;
        }
        close_ring(&p);
    }
    return p;
}

/* The index, which holds the polygon between two others, comes to the same points. */
static void expect_index_agrees(const hg_polygon_mm *p, const int64_t box[4],
                                const hg_polygon_mm *expected)
{
    hg_polygon_mm all[] = {mm_box(0, 0, 2000, 2000), *p, mm_box(-500, -500, 700, 700)};
    hg_polygon_index *index = NULL;
    hg_polygon_mm obtained = {0};
    expect_ok(hg_polygon_index_new(all, COUNT(all), &index, err));
    expect_ok(hg_polygon_index_near(index, 1, box, &obtained, err));
    assert_true(same_polygon(expected, &obtained));
    hg_polygon_mm_dispose(&obtained);
    hg_polygon_mm_dispose(&all[0]);
    hg_polygon_mm_dispose(&all[2]);
    hg_polygon_index_free(index);
}

/* Labels dealt out to regions: each region is the union of its labels, by itself. */
typedef struct deal {
    const uint32_t *region;
    uint32_t wanted;
} deal;

static bool in_region(const hg_arrangement *a, size_t label, const void *context)
{
    const deal *d = context;
    (void)a;
    return d->region[label] == d->wanted;
}

static void check_regions(hg_random *r, const scene *s)
{
    enum { REGIONS = 5 };
    hg_arrangement *a = arrange(s->polygons, s->n);
    size_t labels = hg_arrangement_labels(a);
    uint32_t *region = malloc(labels * sizeof *region);
    assert_non_null(region);
    for (size_t k = 0; k < labels;
         k++) { /* the last but one stays empty; one in six labels is left out */
        uint32_t to = (uint32_t)below(r, REGIONS + 1);
        region[k] = to < REGIONS && to != REGIONS - 2 ? to : UINT32_MAX;
    }
    hg_polygon_mm drawn[REGIONS];
    expect_ok(hg_arrangement_regions(a, region, REGIONS, drawn, err));
    for (uint32_t i = 0; i < REGIONS; i++) {
        deal d = {region, i};
        hg_polygon_mm alone = chosen_polygon(a, in_region, &d);
        assert_true(same_polygon(&alone, &drawn[i]));
        expect_valid(&alone);
        hg_polygon_mm_dispose(&alone);
    }
    dispose_all(drawn, REGIONS);
    free(region);
    hg_arrangement_free(a);
}

static void regions_are_drawn_one_by_one(void **state)
{
    (void)state;
    for_scenes(10, 10, 40, check_regions);
}

static void near_keeps_what_matters(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(7, 0);
    size_t points_before = 0;
    size_t points_after = 0;
    for (int i = 0; i < 400; i++) {
        hg_polygon_mm p = tangle(&r);
        hg_polygon_mm q = {0};
        int64_t x = below(&r, 2000);
        int64_t y = below(&r, 2000);
        const int64_t box[4] = {x, y, x + below(&r, 300), y + below(&r, 300)};
        expect_ok(hg_polygon_mm_near(&p, box, &q, err));
        expect_index_agrees(&p, box, &q);
        expect_edges_kept(&p, &q, box);
        expect_edges_kept(&q, &p, box);
        for (int k = 0; k < 40; k++) {
            bool on[2];
            int64_t px = box[0] + below(&r, box[2] - box[0] + 1);
            int64_t py = box[1] + below(&r, box[3] - box[1] + 1);
            assert_int_equal(winding_at(&p, px, py, &on[0]), winding_at(&q, px, py, &on[1]));
            assert_int_equal(on[0], on[1]);
        }
        points_before += p.ring_start[p.rings];
        points_after += q.rings ? q.ring_start[q.rings] : 0;
        hg_polygon_mm_dispose(&p);
        hg_polygon_mm_dispose(&q);
    }
    assert_true(points_after < points_before / 2);
}

static bool same_cover(const hg_arrangement *a, size_t k, const hg_arrangement *b, size_t l)
{
    size_t n = 0;
    size_t m = 0;
    const uint32_t *p = hg_arrangement_cover(a, k, &n);
    const uint32_t *q = hg_arrangement_cover(b, l, &m);
    return n == m && memcmp(p, q, n * sizeof *p) == 0;
}

/* What covers polygon i is the same in both, unit for unit. */
static void expect_same_within(const hg_arrangement *a, const hg_arrangement *b, uint32_t i)
{
    for (size_t k = 0; k < hg_arrangement_labels(a); k++) {
        if (!covers(a, k, i))
            continue;
        size_t l = 0;
        while (l < hg_arrangement_labels(b) && !same_cover(a, k, b, l))
            l++;
        assert_true(l < hg_arrangement_labels(b));
        assert_true(hg_arrangement_planar(a, k) == hg_arrangement_planar(b, l));
    }
}

/* One polygon arranged with what is near of the others: as in the arrangement of all. */
static void check_neighbourhood(hg_random *r, const scene *s)
{
    hg_arrangement *all = arrange(s->polygons, s->n);
    uint32_t i = (uint32_t)below(r, (int64_t)s->n);
    scene near = {calloc(s->n, sizeof *near.polygons), s->n};
    assert_non_null(near.polygons);
    for (size_t k = 0; k < s->n; k++) {
        if (k == i)
            near.polygons[k] = copy_of(&s->polygons[k]);
        else
            expect_ok(
                hg_polygon_mm_near(&s->polygons[k], s->polygons[i].box, &near.polygons[k], err));
    }
    hg_arrangement *few = arrange(near.polygons, near.n);
    expect_same_within(all, few, i);
    expect_same_within(few, all, i);
    hg_arrangement_free(all);
    hg_arrangement_free(few);
    dispose_scene(&near);
}

static void a_neighbourhood_tells_as_much(void **state)
{
    (void)state;
    for_scenes(8, 30, 40, check_neighbourhood);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_add_up),
        cmocka_unit_test(labels_add_up_on_the_ellipsoid),
        cmocka_unit_test(edges_meet_at_their_ends_only),
        cmocka_unit_test(nothing_moves_far),
        cmocka_unit_test(order_and_place_do_not_matter),
        cmocka_unit_test(quarter_turns_do_not_matter),
        cmocka_unit_test(arranging_again_comes_to_rest),
        cmocka_unit_test(regions_are_drawn_one_by_one),
        cmocka_unit_test(near_keeps_what_matters),
        cmocka_unit_test(a_neighbourhood_tells_as_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
