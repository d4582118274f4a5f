/*
 * A polygon reduced to what matters in a box. A run of a ring whose points all lie beyond the same
 * side of the box is replaced by its chord: run and chord together close up in a half-plane without
 * the box, so no winding number changes in it; and no edge that meets the box is part of such a
 * run.
 */
#include "geo/arrangement.h"
#include "base/memory.h"

#include <string.h>

/* Snapping moves edges by less than this, so that chords do not reach into the box. */
static const int64_t MARGIN_MM = 2;

enum { WEST = 1, EAST = 2, SOUTH = 4, NORTH = 8 };

static unsigned beyond(const int64_t box[4], const int64_t *xy)
{
    return (xy[0] < box[0] ? WEST : 0u) | (xy[0] > box[2] ? EAST : 0u) |
           (xy[1] < box[1] ? SOUTH : 0u) | (xy[1] > box[3] ? NORTH : 0u);
}

/* Copies the points of the ring xy[2n] that are kept, first and last included, to `to`. Returns how
 * many. */
static size_t shorten_ring(const int64_t *xy, size_t n, const int64_t box[4], int64_t *to)
{
    memcpy(to, xy, 2 * sizeof *xy);
    size_t count = 1;
    for (size_t i = 0; i + 1 < n;) {
        unsigned sides = beyond(box, xy + 2 * i) & beyond(box, xy + 2 * (i + 1));
        size_t end = i + 1;
        for (; sides && end + 1 < n && (sides & beyond(box, xy + 2 * (end + 1))); end++)
            sides &= beyond(box, xy + 2 * (end + 1));
        memcpy(to + 2 * count++, xy + 2 * end, 2 * sizeof *xy);
        i = end;
    }
    return count;
}

static void bound_points(const int64_t *xy, size_t n, int64_t box[4])
{
    int64_t b[4] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (size_t i = 0; i < 2 * n; i++) {
        size_t axis = i % 2;
        b[axis] = xy[i] < b[axis] ? xy[i] : b[axis];
        b[axis + 2] = xy[i] > b[axis + 2] ? xy[i] : b[axis + 2];
    }
    memcpy(box, b, sizeof b);
}

static void shorten(const hg_polygon_mm *p, const int64_t box[4], hg_polygon_mm *near)
{
    enum { LEAST = 4 }; /* fewer points enclose nothing */
    near->ring_start[0] = 0;
    for (size_t r = 0; r < p->rings; r++) {
        size_t from = p->ring_start[r];
        size_t at = near->ring_start[near->rings];
        size_t n =
            shorten_ring(p->xy + 2 * from, p->ring_start[r + 1] - from, box, near->xy + 2 * at);
        if (n >= LEAST)
            near->ring_start[++near->rings] = at + n;
    }
    bound_points(near->xy, near->ring_start[near->rings], near->box);
}

hg_status hg_polygon_mm_near(const hg_polygon_mm *p, const int64_t box[4], hg_polygon_mm *out,
                             hg_error *err)
{
    const int64_t wide[4] = {box[0] - MARGIN_MM, box[1] - MARGIN_MM, box[2] + MARGIN_MM,
                             box[3] + MARGIN_MM};
    hg_polygon_mm near = {0};
    hg_status status = HG_OK;
    if (p->rings > 0) {
        near.xy = hg_malloc(2 * p->ring_start[p->rings], sizeof *near.xy);
        near.ring_start = hg_malloc(p->rings + 1, sizeof *near.ring_start);
        status = near.xy && near.ring_start ? HG_OK : hg_fail_memory(err);
        if (status == HG_OK)
            shorten(p, wide, &near);
    }
    if (status == HG_OK && near.rings > 0) { /* give back what a river of points did not need */
        int64_t *fitted = hg_realloc(near.xy, 2 * near.ring_start[near.rings], sizeof *fitted);
        near.xy = fitted ? fitted : near.xy;
        status = fitted ? HG_OK : hg_fail_memory(err);
    }
    if (status == HG_OK && near.rings > 0) {
        *out = near;
        return HG_OK;
    }
    hg_free(near.xy);
    hg_free(near.ring_start);
    if (status == HG_OK)
        *out = (hg_polygon_mm){0};
    return status;
}
