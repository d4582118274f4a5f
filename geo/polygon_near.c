/*
 * A polygon reduced to what matters in a box. A run of a ring whose points all lie beyond the same
 * side of the box is replaced by its chord: run and chord together close up in a half-plane without
 * the box, so no winding number changes in it; and no edge that meets the box is part of such a
 * run.
 */
#include "geo/polygon_near.h"
#include "base/memory.h"
#include "geo/arrangement.h"

#include <string.h>

/* Snapping moves edges by less than this, so that chords do not reach into the box. */
enum { MARGIN_MM = 2 };

enum { WEST = 1, EAST = 2, SOUTH = 4, NORTH = 8 };

hg_near hg_near_start(const int64_t box[4])
{
    return (hg_near){
        .box = {box[0] - MARGIN_MM, box[1] - MARGIN_MM, box[2] + MARGIN_MM, box[3] + MARGIN_MM}};
}

/* The sides of the box beyond which all that lies between two corners is. */
static unsigned beyond(const int64_t box[4], const int64_t low[2], const int64_t high[2])
{
    return (high[0] < box[0] ? WEST : 0u) | (low[0] > box[2] ? EAST : 0u) |
           (high[1] < box[1] ? SOUTH : 0u) | (low[1] > box[3] ? NORTH : 0u);
}

/* A ring that is being walked along, with the levels of its runs' boxes. */
typedef struct walk {
    const int64_t *box;
    const int64_t *xy;
    size_t edges;
    const hg_extent *runs;
    hg_run_levels levels;
} walk;

static unsigned point_beyond(const walk *w, size_t i)
{
    return beyond(w->box, w->xy + 2 * i, w->xy + 2 * i);
}

/*
 * How far the edges from point i on can be passed over in one step, all of them beyond one of the
 * sides, which are narrowed to those; i if it is not far.
 */
static size_t pass_over(const walk *w, size_t i, unsigned *sides)
{
    size_t span = HG_RUN;
    size_t to = i;
    unsigned common = *sides;
    for (int k = 0; w->runs && k < w->levels.n && i % span == 0; k++, span *= HG_RUN_FAN) {
        const int64_t *b = w->runs[w->levels.start[k] + i / span];
        common &= beyond(w->box, b, b + 2);
        if (!common)
            break;
        *sides = common;
        to = i + span < w->edges ? i + span : w->edges;
    }
    return to;
}

/* The end of the run that begins at point i: its chord, or the edge itself, replaces what lies
 * between. */
static size_t run_end(const walk *w, size_t i)
{
    size_t end = i + 1;
    unsigned sides = point_beyond(w, i) & point_beyond(w, end);
    while (sides && end < w->edges) {
        size_t next = pass_over(w, end, &sides);
        if (next == end) {
            unsigned common = sides & point_beyond(w, ++next);
            if (!common)
                break;
            sides = common;
        }
        end = next;
    }
    return end;
}

static hg_status add_point(hg_near *near, size_t at, const int64_t *xy, hg_error *err)
{
    int64_t *grown = hg_grow(near->p.xy, &near->point_capacity, at + 1, 2 * sizeof *grown);
    if (!grown)
        return hg_fail_memory(err);
    near->p.xy = grown;
    memcpy(grown + 2 * at, xy, 2 * sizeof *xy);
    return HG_OK;
}

hg_status hg_near_add(hg_near *near, const int64_t *xy, size_t edges, const hg_extent *runs,
                      hg_error *err)
{
    enum { LEAST = 4 }; /* fewer points enclose nothing */
    walk w = {near->box, xy, edges, runs, {.n = 0}};
    if (runs)
        w.levels = hg_run_levels_of(edges);
    size_t *starts =
        hg_grow(near->p.ring_start, &near->ring_capacity, near->p.rings + 2, sizeof *starts);
    if (!starts)
        return hg_fail_memory(err);
    near->p.ring_start = starts;
    starts[0] = 0;
    size_t at = starts[near->p.rings];
    hg_status status = add_point(near, at, xy, err);
    for (size_t i = 0; i < edges && status == HG_OK;) {
        i = run_end(&w, i);
        status = add_point(near, ++at, xy + 2 * i, err);
    }
    if (status == HG_OK && ++at - starts[near->p.rings] >= LEAST)
        starts[++near->p.rings] = at;
    return status;
}

void hg_near_finish(hg_near *near, hg_polygon_mm *out)
{
    hg_polygon_mm p = near->p;
    near->p = (hg_polygon_mm){0};
    if (!out || p.rings == 0)
        hg_polygon_mm_dispose(&p);
    else
        hg_extent_of_points(p.xy, p.ring_start[p.rings], p.box);
    if (out)
        *out = p;
}

hg_status hg_polygon_mm_near(const hg_polygon_mm *p, const int64_t box[4], hg_polygon_mm *out,
                             hg_error *err)
{
    hg_near near = hg_near_start(box);
    hg_status status = HG_OK;
    for (size_t r = 0; r < p->rings && status == HG_OK; r++)
        status = hg_near_add(&near, p->xy + 2 * p->ring_start[r],
                             p->ring_start[r + 1] - p->ring_start[r] - 1, NULL, err);
    hg_near_finish(&near, status == HG_OK ? out : NULL);
    return status;
}
