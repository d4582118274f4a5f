/* What must hold of any arrangement, on random scenes from whole metres down to a few millimetres.
 */
#include "tests/arrangement_scenes.h"

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
        int n = 3 + (int)below(r, 300);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_add_up),
        cmocka_unit_test(edges_meet_at_their_ends_only),
        cmocka_unit_test(nothing_moves_far),
        cmocka_unit_test(order_and_place_do_not_matter),
        cmocka_unit_test(quarter_turns_do_not_matter),
        cmocka_unit_test(arranging_again_comes_to_rest),
        cmocka_unit_test(near_keeps_what_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
