/*
 * A tree over the boxes of all rings; and over each long ring boxes of runs of its edges, HG_RUN edges
 * to a lowest box, HG_RUN_FAN boxes to one above. Edges that follow one another lie together already, so a
 * ring needs no sorting, and a run that lies wholly to the east of a point crosses the point's ray
 * as often as its two ends say: a point is located by looking into the few runs whose boxes hold
 * it.
 */
#include "geo/polygon_index.h"
#include "base/memory.h"
#include "geo/box_tree.h"
#include "geo/edge_mm.h"
#include "geo/polygon_near.h"

#include <stdlib.h>
#include <string.h>

enum { STACK = HG_RUN_LEVELS * HG_RUN_FAN };

typedef struct ring {
    const int64_t *xy;
    size_t edges;
    size_t first_run; /**< its boxes among all runs' boxes: level by level, the lowest first */
    uint32_t polygon;
} ring;

struct hg_polygon_index {
    ring *rings;
    hg_extent *ring_boxes; /**< by ring */
    size_t count;
    hg_extent *runs;
    hg_box_tree tree; /**< over the rings; empty if there is none */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void count_rings(const hg_polygon_mm *polygons, size_t n, size_t *rings, size_t *runs)
{
    for (size_t i = 0; i < n; i++) {
        const hg_polygon_mm *p = &polygons[i];
        *rings += p->rings;
        for (size_t r = 0; r < p->rings; r++)
            *runs += hg_run_levels_of(p->ring_start[r + 1] - p->ring_start[r] - 1).total;
    }
}

static void add_rings(hg_polygon_index *index, const hg_polygon_mm *p, uint32_t number,
                      size_t *runs)
{
    for (size_t r = 0; r < p->rings; r++) {
        ring *to = &index->rings[index->count];
        *to = (ring){.xy = p->xy + 2 * p->ring_start[r],
                     .edges = p->ring_start[r + 1] - p->ring_start[r] - 1,
                     .first_run = *runs,
                     .polygon = number};
        hg_run_levels l = hg_run_levels_of(to->edges);
        hg_runs_cover(to->xy, to->edges, index->runs + *runs);
        *runs += l.total;
        memcpy(index->ring_boxes[index->count++], index->runs[*runs - 1], sizeof(hg_extent));
    }
}

static hg_box to_box(const hg_extent e)
{
    return (hg_box){(double)e[0], (double)e[1], (double)e[2], (double)e[3]};
}

static hg_box box_of_ring(const void *boxes, size_t i)
{
    return to_box(((const hg_extent *)boxes)[i]);
}

static hg_status build(hg_polygon_index *index, const hg_polygon_mm *polygons, size_t n,
                       hg_error *err)
{
    size_t rings = 0, runs = 0;
    count_rings(polygons, n, &rings, &runs);
    if (n > UINT32_MAX || rings > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu polygons of %zu rings; expected at most %u", n, rings,
                       UINT32_MAX);
    if (rings == 0)
        return HG_OK;
    index->rings = hg_malloc(rings, sizeof *index->rings);
    index->ring_boxes = hg_malloc(rings, sizeof *index->ring_boxes);
    index->runs = hg_malloc(runs, sizeof *index->runs);
    if (!index->rings || !index->ring_boxes || !index->runs)
        return hg_fail_memory(err);
    size_t filled = 0;
    for (size_t i = 0; i < n; i++)
        add_rings(index, &polygons[i], (uint32_t)i, &filled);
    return hg_box_tree_init(&index->tree, index->ring_boxes, rings, box_of_ring, err);
}

hg_status hg_polygon_index_new(const hg_polygon_mm *polygons, size_t n, hg_polygon_index **out,
                               hg_error *err)
{
    hg_polygon_index *index = hg_calloc(1, sizeof *index);
    if (!index)
        return hg_fail_memory(err);
    hg_status status = build(index, polygons, n, err);
    if (status == HG_OK)
        *out = index;
    else
        hg_polygon_index_free(index);
    return status;
}

void hg_polygon_index_free(hg_polygon_index *index)
{
    if (!index)
        return;
    hg_box_tree_dispose(&index->tree);
    hg_free(index->rings);
    hg_free(index->ring_boxes);
    hg_free(index->runs);
    hg_free(index);
}

static bool extents_meet(const hg_extent a, const hg_extent b)
{
    return a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];
}

/* A box of runs that is still to be looked into. */
typedef struct pending {
    int level;
    size_t node;
} pending;

static int push_children(const hg_run_levels *l, pending parent, pending *stack, int height)
{
    size_t from = parent.node * HG_RUN_FAN;
    size_t to = least(from + HG_RUN_FAN, l->count[parent.level - 1]);
    for (size_t i = from; i < to; i++)
        stack[height++] = (pending){parent.level - 1, i};
    return height;
}

static bool run_meets(const ring *r, size_t run, const hg_extent box)
{
    size_t to = least((run + 1) * HG_RUN, r->edges);
    for (size_t i = run * HG_RUN; i < to; i++) {
        if (hg_edge_mm_meets(r->xy + 2 * i, box))
            return true;
    }
    return false;
}

static bool ring_meets(const hg_polygon_index *index, const ring *r, const hg_extent box)
{
    const hg_extent *runs = index->runs + r->first_run;
    pending stack[STACK];
    hg_run_levels l = hg_run_levels_of(r->edges);
    int height = 1;
    stack[0] = (pending){l.n - 1, 0};
    while (height > 0) {
        pending p = stack[--height];
        if (!extents_meet(runs[l.start[p.level] + p.node], box))
            continue;
        if (p.level > 0)
            height = push_children(&l, p, stack, height);
        else if (run_meets(r, p.node, box))
            return true;
    }
    return false;
}

/* The edges below a box of runs are from … to - 1. */
static void edges_below(const ring *r, pending p, size_t *from, size_t *to)
{
    size_t span = HG_RUN;
    for (int k = 0; k < p.level; k++)
        span *= HG_RUN_FAN;
    *from = p.node * span;
    *to = least(*from + span, r->edges);
}

static int run_winding(const ring *r, size_t run, int64_t x, int64_t y)
{
    size_t to = least((run + 1) * HG_RUN, r->edges);
    int winding = 0;
    for (size_t i = run * HG_RUN; i < to; i++)
        winding += hg_edge_mm_winding(r->xy + 2 * i, x, y);
    return winding;
}

/* Winding number of a ring about a point that is on none of its edges. */
static int ring_winding(const hg_polygon_index *index, const ring *r, int64_t x, int64_t y)
{
    const hg_extent *runs = index->runs + r->first_run;
    pending stack[STACK];
    hg_run_levels l = hg_run_levels_of(r->edges);
    int height = 1;
    int winding = 0;
    stack[0] = (pending){l.n - 1, 0};
    while (height > 0) {
        pending p = stack[--height];
        const int64_t *b = runs[l.start[p.level] + p.node];
        if (y < b[1] || y > b[3] || x > b[2])
            continue;
        if (x < b[0]) {
            size_t from = 0, to = 0;
            edges_below(r, p, &from, &to);
            winding += (r->xy[2 * to + 1] > y) - (r->xy[2 * from + 1] > y);
        } else if (p.level > 0) {
            height = push_children(&l, p, stack, height);
        } else {
            winding += run_winding(r, p.node, x, y);
        }
    }
    return winding;
}

/* Puts the rings whose boxes meet the box into hits, where their polygons will be. */
static hg_status find_rings(const hg_polygon_index *index, const hg_extent box, hg_polygon_hits *hits,
                            hg_error *err)
{
    hg_box_walk walk;
    size_t from = 0, to = 0;
    if (index->count == 0)
        return HG_OK;
    hg_box_walk_start(&walk, &index->tree, to_box(box));
    while (hg_box_walk_next(&walk, &from, &to)) {
        hg_polygon_hit *grown =
            hg_grow(hits->items, &hits->capacity, hits->count + (to - from), sizeof *grown);
        if (!grown)
            return hg_fail_memory(err);
        hits->items = grown;
        for (size_t i = from; i < to; i++) {
            uint32_t number = index->tree.order[i];
            if (extents_meet(index->ring_boxes[number], box))
                grown[hits->count++] = (hg_polygon_hit){.polygon = number};
        }
    }
    return HG_OK;
}

static int by_number(const void *a, const void *b)
{
    const hg_polygon_hit *p = a;
    const hg_polygon_hit *q = b;
    return (p->polygon > q->polygon) - (p->polygon < q->polygon);
}

/* Is what the rings from … to - 1 of one polygon make of the box a hit? */
static bool judge(const hg_polygon_index *index, const hg_polygon_hit *from,
                  const hg_polygon_hit *to, const hg_extent box, bool *crosses)
{
    int winding = 0;
    *crosses = false;
    for (const hg_polygon_hit *h = from; h < to && !*crosses; h++)
        *crosses = ring_meets(index, &index->rings[h->polygon], box);
    if (*crosses)
        return true;
    for (const hg_polygon_hit *h = from; h < to; h++)
        winding += ring_winding(index, &index->rings[h->polygon], box[0], box[1]);
    return winding > 0;
}

hg_status hg_polygon_index_query(const hg_polygon_index *index, const int64_t box[4],
                                 hg_polygon_hits *hits, hg_error *err)
{
    hits->count = 0;
    hg_status status = find_rings(index, box, hits, err);
    if (status != HG_OK)
        return status;
    hg_polygon_hit *items = hits->items;
    size_t n = hits->count;
    hits->count = 0;
    if (n > 1)
        qsort(items, n, sizeof *items, by_number);
    /* Rings of a polygon follow one another, and a polygon takes no more room than its rings. */
    for (size_t from = 0, to = 0; from < n; from = to) {
        uint32_t polygon = index->rings[items[from].polygon].polygon;
        bool crosses = false;
        for (to = from; to < n && index->rings[items[to].polygon].polygon == polygon;)
            to++;
        if (judge(index, items + from, items + to, box, &crosses))
            items[hits->count++] = (hg_polygon_hit){polygon, crosses};
    }
    return HG_OK;
}

hg_status hg_polygon_index_near(const hg_polygon_index *index, uint32_t polygon,
                                const int64_t box[4], hg_polygon_mm *out, hg_error *err)
{
    hg_near near = hg_near_start(box);
    hg_polygon_hits found = {0};
    hg_status status = find_rings(index, near.box, &found, err);
    if (status == HG_OK && found.count > 1)
        qsort(found.items, found.count, sizeof *found.items, by_number);
    for (size_t i = 0; i < found.count && status == HG_OK; i++) {
        const ring *r = &index->rings[found.items[i].polygon];
        if (r->polygon == polygon)
            status = hg_near_add(&near, r->xy, r->edges, index->runs + r->first_run, err);
    }
    hg_free(found.items);
    hg_near_finish(&near, status == HG_OK ? out : NULL);
    return status;
}

hg_status hg_polygon_index_at(const hg_polygon_index *index, int64_t x, int64_t y,
                              hg_polygon_hits *hits, hg_error *err)
{
    const int64_t box[4] = {x, y, x, y};
    return hg_polygon_index_query(index, box, hits, err);
}
