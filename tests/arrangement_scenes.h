/* Random polygons for tests of the arrangement: stars with holes and parts, boxes with common
 * edges, repeats. */
#ifndef HG_TESTS_ARRANGEMENT_SCENES_H
#define HG_TESTS_ARRANGEMENT_SCENES_H

#include "tests/arrangement_helpers.h"

typedef struct scene {
    hg_polygon_mm *polygons;
    size_t n;
} scene;

static inline int64_t below(hg_random *r, int64_t n)
{
    return (int64_t)hg_random_below(r, (uint64_t)n);
}

/* Every ray from the middle meets it once; clockwise for a hole. */
static inline void add_star(hg_random *r, hg_polygon_mm *p, int64_t x, int64_t y, double radius,
                            bool hole)
{
    int corners = 3 + (int)below(r, 12);
    begin_ring(p);
    for (int i = 0; i < corners; i++) {
        double angle = 2.0 * M_PI * (i + 0.8 * hg_random_unit(r)) / corners * (hole ? -1.0 : 1.0);
        double reach = radius * (0.4 + 0.6 * hg_random_unit(r));
        add_point(p, x + llround(reach * cos(angle)), y + llround(reach * sin(angle)));
    }
    close_ring(p);
}

static inline hg_polygon_mm random_polygon(hg_random *r, int64_t side)
{
    hg_polygon_mm p = {0};
    double radius = (double)side * (0.05 + 0.3 * hg_random_unit(r));
    switch (below(r, 4)) {
    case 0: { /* on a coarse lattice, so that edges are shared and overlap */
        int64_t step = side / 8 > 0 ? side / 8 : 1;
        int64_t x = below(r, 7) * step;
        int64_t y = below(r, 7) * step;
        return mm_box(x, y, x + (1 + below(r, 3)) * step, y + (1 + below(r, 3)) * step);
    }
    case 1: { /* two parts, side by side */
        int64_t x = below(r, side);
        int64_t y = below(r, side);
        add_star(r, &p, x, y, radius / 2, false);
        add_star(r, &p, x + llround(radius) + 2, y, radius / 2, false);
        return p;
    }
    case 2: { /* with a hole */
        int64_t x = below(r, side);
        int64_t y = below(r, side);
        add_star(r, &p, x, y, radius, false);
        add_star(r, &p, x, y, radius / 8, true);
        return p;
    }
    default:
        add_star(r, &p, below(r, side), below(r, side), radius, false);
        return p;
    }
}

static inline hg_polygon_mm copy_of(const hg_polygon_mm *p)
{
    hg_polygon_mm copy = {0};
    expect_ok(hg_polygon_mm_copy(p, &copy, err));
    return copy;
}

static inline scene random_scene(hg_random *r, size_t n, int64_t side)
{
    scene s = {calloc(n, sizeof *s.polygons), n};
    assert_non_null(s.polygons);
    for (size_t i = 0; i < n; i++)
        s.polygons[i] = i > 0 && below(r, 8) == 0 ? copy_of(&s.polygons[below(r, (int64_t)i)])
                                                  : random_polygon(r, side);
    return s;
}

static inline void dispose_scene(scene *s)
{
    dispose_all(s->polygons, s->n);
    free(s->polygons);
}

/* All polygons as they lie in the arrangement. */
static inline scene noded_scene(const hg_arrangement *a, size_t n)
{
    scene s = {calloc(n, sizeof *s.polygons), n};
    assert_non_null(s.polygons);
    for (size_t i = 0; i < n; i++)
        s.polygons[i] = noded_polygon(a, (uint32_t)i);
    return s;
}

/* How often p winds around the point; *on: the point lies on an edge. */
static inline int winding_at(const hg_polygon_mm *p, int64_t x, int64_t y, bool *on)
{
    int winding = 0;
    *on = false;
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            const int64_t *e = p->xy + 2 * i;
            hg_exact side =
                (hg_exact)(e[2] - e[0]) * (y - e[1]) - (hg_exact)(e[3] - e[1]) * (x - e[0]);
            bool within = (e[0] - x) * (e[2] - x) <= 0 && (e[1] - y) * (e[3] - y) <= 0;
            *on = *on || (side == 0 && within);
            if (e[1] <= y && e[3] > y && side > 0)
                winding++;
            if (e[3] <= y && e[1] > y && side < 0)
                winding--;
        }
    }
    return winding;
}

static inline double edge_distance(const int64_t *e, int64_t x, int64_t y)
{
    double dx = (double)(e[2] - e[0]);
    double dy = (double)(e[3] - e[1]);
    double px = (double)(x - e[0]);
    double py = (double)(y - e[1]);
    double t = dx * dx + dy * dy > 0.0 ? (px * dx + py * dy) / (dx * dx + dy * dy) : 0.0;
    t = fmin(fmax(t, 0.0), 1.0);
    return hypot(px - t * dx, py - t * dy);
}

static inline double boundary_distance(const hg_polygon_mm *p, int64_t x, int64_t y)
{
    double best = INFINITY;
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++)
            best = fmin(best, edge_distance(p->xy + 2 * i, x, y));
    }
    return best;
}

#endif
