/*
 * A packed tree after Kamel and Faloutsos (VLDB 1994), with the edges in Morton order of their
 * midpoints: level 0 holds one box per FANOUT edges, each level above one box per FANOUT boxes
 * below.
 */
#include "geo/edges.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 8^11 is more than 32-bit numbers can name; a walk leaves at most 7 siblings behind per level. */
enum { FANOUT = 8, MAX_LEVELS = 11, STACK = MAX_LEVELS * FANOUT };

typedef struct bounds {
    double x0, y0, x1, y1;
} bounds;

struct hg_edges {
    size_t n;
    hg_edge *given;  /**< by number */
    hg_edge *sorted; /**< in the tree's order */
    uint32_t *ids;   /**< number of each sorted edge */
    bounds *boxes;   /**< all levels, one after another, the lowest first */
    size_t level_start[MAX_LEVELS + 1], level_count[MAX_LEVELS];
    int levels;
};

typedef struct keyed {
    uint64_t key;
    uint32_t id;
} keyed;

static bounds nothing(void)
{
    return (bounds){INFINITY, INFINITY, -INFINITY, -INFINITY};
}

static bounds join(bounds a, bounds b)
{
    return (bounds){fmin(a.x0, b.x0), fmin(a.y0, b.y0), fmax(a.x1, b.x1), fmax(a.y1, b.y1)};
}

static bounds edge_bounds(const hg_edge *e)
{
    return (bounds){fmin(e->ax, e->bx), fmin(e->ay, e->by), fmax(e->ax, e->bx), fmax(e->ay, e->by)};
}

static uint64_t spread_bits(uint32_t v)
{
    uint64_t x = v & 0xffffu;
    x = (x | x << 8) & 0x00ff00ffu;
    x = (x | x << 4) & 0x0f0f0f0fu;
    x = (x | x << 2) & 0x33333333u;
    return (x | x << 1) & 0x55555555u;
}

static uint32_t lattice(double v, double low, double high)
{
    double t = high > low ? (v - low) / (high - low) * 65535.0 : 0.0;
    return t >= 0.0 && t <= 65535.0 ? (uint32_t)t : 0;
}

static int by_key(const void *a, const void *b)
{
    const keyed *p = a;
    const keyed *q = b;
    if (p->key != q->key)
        return p->key < q->key ? -1 : 1;
    return (p->id > q->id) - (p->id < q->id);
}

static hg_status sort_edges(hg_edges *t, hg_error *err)
{
    keyed *keys = hg_malloc(t->n, sizeof *keys);
    if (!keys)
        return hg_fail_memory(err);
    bounds all = nothing();
    for (size_t i = 0; i < t->n; i++)
        all = join(all, edge_bounds(&t->given[i]));
    for (size_t i = 0; i < t->n; i++) {
        const hg_edge *e = &t->given[i];
        uint32_t x = lattice((e->ax + e->bx) / 2.0, all.x0, all.x1);
        uint32_t y = lattice((e->ay + e->by) / 2.0, all.y0, all.y1);
        keys[i] = (keyed){spread_bits(x) | spread_bits(y) << 1, (uint32_t)i};
    }
    qsort(keys, t->n, sizeof *keys, by_key);
    for (size_t i = 0; i < t->n; i++) {
        t->ids[i] = keys[i].id;
        t->sorted[i] = t->given[keys[i].id];
    }
    hg_free(keys);
    return HG_OK;
}

static size_t parents(size_t n)
{
    return (n + FANOUT - 1) / FANOUT;
}

static size_t plan_levels(hg_edges *t)
{
    size_t total = 0;
    size_t below = t->n;
    do {
        below = parents(below);
        t->level_start[t->levels] = total;
        t->level_count[t->levels++] = below;
        total += below;
    } while (below > 1);
    return total;
}

static bounds join_children(const hg_edges *t, int level, size_t node)
{
    bounds b = nothing();
    size_t below = level == 0 ? t->n : t->level_count[level - 1];
    size_t end = node * FANOUT + FANOUT < below ? node * FANOUT + FANOUT : below;
    for (size_t i = node * FANOUT; i < end; i++)
        b = join(b,
                 level == 0 ? edge_bounds(&t->sorted[i]) : t->boxes[t->level_start[level - 1] + i]);
    return b;
}

static hg_status build(hg_edges *t, const hg_edge *edges, hg_error *err)
{
    t->boxes = hg_malloc(plan_levels(t), sizeof *t->boxes);
    t->given = hg_malloc(t->n, sizeof *t->given);
    t->sorted = hg_malloc(t->n, sizeof *t->sorted);
    t->ids = hg_malloc(t->n, sizeof *t->ids);
    if (!t->boxes || !t->given || !t->sorted || !t->ids)
        return hg_fail_memory(err);
    memcpy(t->given, edges, t->n * sizeof *edges);
    hg_status status = sort_edges(t, err);
    if (status != HG_OK)
        return status;
    for (int level = 0; level < t->levels; level++) {
        for (size_t i = 0; i < t->level_count[level]; i++)
            t->boxes[t->level_start[level] + i] = join_children(t, level, i);
    }
    return HG_OK;
}

hg_status hg_edges_new(const hg_edge *edges, size_t n, hg_edges **out, hg_error *err)
{
    if (n == 0 || n > UINT32_MAX)
        return hg_fail(err, HG_EDATA, "%zu edges; expected 1 to %u", n, UINT32_MAX);
    hg_edges *t = hg_calloc(1, sizeof *t);
    if (!t)
        return hg_fail_memory(err);
    t->n = n;
    hg_status status = build(t, edges, err);
    if (status == HG_OK)
        *out = t;
    else
        hg_edges_free(t);
    return status;
}

void hg_edges_free(hg_edges *edges)
{
    if (!edges)
        return;
    hg_free(edges->given);
    hg_free(edges->sorted);
    hg_free(edges->ids);
    hg_free(edges->boxes);
    hg_free(edges);
}

size_t hg_edges_count(const hg_edges *edges)
{
    return edges->n;
}

const hg_edge *hg_edges_array(const hg_edges *edges)
{
    return edges->given;
}

void hg_edges_bounds(const hg_edges *edges, double box[4])
{
    const bounds *b = &edges->boxes[edges->level_start[edges->levels - 1]];
    box[0] = b->x0;
    box[1] = b->y0;
    box[2] = b->x1;
    box[3] = b->y1;
}

double hg_edge_distance2(const hg_edge *e, double x, double y)
{
    double dx = e->bx - e->ax;
    double dy = e->by - e->ay;
    double length2 = dx * dx + dy * dy;
    double along = length2 > 0.0 ? ((x - e->ax) * dx + (y - e->ay) * dy) / length2 : 0.0;
    along = fmin(fmax(along, 0.0), 1.0);
    if (along > 0.0 && along < 1.0) { /* from the area keeps digits where the foot would not */
        double area = (x - e->ax) * dy - (y - e->ay) * dx;
        return area * area / length2;
    }
    double px = x - (along > 0.0 ? e->bx : e->ax);
    double py = y - (along > 0.0 ? e->by : e->ay);
    return px * px + py * py;
}

static double box_distance2(const bounds *b, double x, double y)
{
    double dx = fmax(fmax(b->x0 - x, x - b->x1), 0.0);
    double dy = fmax(fmax(b->y0 - y, y - b->y1), 0.0);
    return dx * dx + dy * dy;
}

/* A box of the tree that is still to be opened. */
typedef struct pending {
    double distance2;
    int level;
    size_t node;
} pending;

/* Puts a box's children on the stack, the nearest on top. Returns the new height. */
static int push_children(const hg_edges *t, pending parent, double x, double y, double limit2,
                         pending *stack, int height)
{
    int level = parent.level - 1;
    int base = height;
    size_t end = parent.node * FANOUT + FANOUT;
    end = end < t->level_count[level] ? end : t->level_count[level];
    for (size_t i = parent.node * FANOUT; i < end; i++) {
        pending p = {box_distance2(&t->boxes[t->level_start[level] + i], x, y), level, i};
        if (!(p.distance2 < limit2))
            continue;
        int at = height++;
        for (; at > base && stack[at - 1].distance2 < p.distance2; at--)
            stack[at] = stack[at - 1];
        stack[at] = p;
    }
    return height;
}

static double leaf_distance2(const hg_edges *t, size_t node, double x, double y, double best)
{
    size_t end = node * FANOUT + FANOUT < t->n ? node * FANOUT + FANOUT : t->n;
    for (size_t i = node * FANOUT; i < end; i++)
        best = fmin(best, hg_edge_distance2(&t->sorted[i], x, y));
    return best;
}

double hg_edges_distance2(const hg_edges *edges, double x, double y, double limit2)
{
    pending stack[STACK];
    int height = 1;
    double best = limit2;
    stack[0] = (pending){0.0, edges->levels - 1, 0};
    while (height > 0) {
        pending p = stack[--height];
        if (p.distance2 > 0.0 && !(p.distance2 < best))
            continue;
        if (p.level == 0)
            best = leaf_distance2(edges, p.node, x, y, best);
        else
            height = push_children(edges, p, x, y, best, stack, height);
    }
    return best;
}

static bool meets(const bounds *b, const double box[4])
{
    return b->x0 <= box[2] && b->x1 >= box[0] && b->y0 <= box[3] && b->y1 >= box[1];
}

static size_t take_leaf(const hg_edges *t, size_t node, const double box[4], uint32_t *ids,
                        size_t count)
{
    size_t end = node * FANOUT + FANOUT < t->n ? node * FANOUT + FANOUT : t->n;
    for (size_t i = node * FANOUT; i < end; i++) {
        bounds b = edge_bounds(&t->sorted[i]);
        if (meets(&b, box))
            ids[count++] = t->ids[i];
    }
    return count;
}

static int by_number(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a;
    uint32_t q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

size_t hg_edges_in_box(const hg_edges *edges, const double box[4], uint32_t *ids)
{
    pending stack[STACK];
    int height = 1;
    size_t count = 0;
    stack[0] = (pending){0.0, edges->levels - 1, 0};
    while (height > 0) {
        pending p = stack[--height];
        if (!meets(&edges->boxes[edges->level_start[p.level] + p.node], box))
            continue;
        if (p.level == 0) {
            count = take_leaf(edges, p.node, box, ids, count);
            continue;
        }
        size_t below = edges->level_count[p.level - 1];
        for (size_t i = p.node * FANOUT; i < below && i < p.node * FANOUT + FANOUT; i++)
            stack[height++] = (pending){0.0, p.level - 1, i};
    }
    qsort(ids, count, sizeof *ids, by_number);
    return count;
}
