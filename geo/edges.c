#include "geo/edges.h"
#include "base/memory.h"
#include "geo/box_tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct hg_edges {
    size_t n;
    hg_edge *given;  /**< by number */
    hg_edge *sorted; /**< in the tree's order */
    hg_box_tree tree;
};

static hg_box edge_bounds(const hg_edge *e)
{
    return (hg_box){fmin(e->ax, e->bx), fmin(e->ay, e->by), fmax(e->ax, e->bx), fmax(e->ay, e->by)};
}

static hg_box box_of(const void *edges, size_t i)
{
    return edge_bounds((const hg_edge *)edges + i);
}

static hg_status build(hg_edges *t, const hg_edge *edges, hg_error *err)
{
    t->given = hg_malloc(t->n, sizeof *t->given);
    t->sorted = hg_malloc(t->n, sizeof *t->sorted);
    if (!t->given || !t->sorted)
        return hg_fail_memory(err);
    memcpy(t->given, edges, t->n * sizeof *edges);
    hg_status status = hg_box_tree_init(&t->tree, edges, t->n, box_of, err);
    for (size_t i = 0; i < t->n && status == HG_OK; i++)
        t->sorted[i] = edges[t->tree.order[i]];
    return status;
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
    hg_box_tree_dispose(&edges->tree);
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
    const hg_box *b = &edges->tree.boxes[edges->tree.level_start[edges->tree.levels - 1]];
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

static double box_distance2(const hg_box *b, double x, double y)
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
static int push_children(const hg_box_tree *t, pending parent, double x, double y, double limit2,
                         pending *stack, int height)
{
    int level = parent.level - 1;
    int base = height;
    size_t from = 0, to = 0;
    hg_box_children(t, parent.level, parent.node, &from, &to);
    for (size_t i = from; i < to; i++) {
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

double hg_edges_nearest(const hg_edges *edges, double x, double y, double limit2, uint32_t *nearest)
{
    pending stack[HG_BOX_STACK];
    int height = 1;
    double best = limit2;
    stack[0] = (pending){0.0, edges->tree.levels - 1, 0};
    while (height > 0) {
        pending p = stack[--height];
        size_t from = 0, to = 0;
        if (p.distance2 > 0.0 && !(p.distance2 < best))
            continue;
        if (p.level > 0) {
            height = push_children(&edges->tree, p, x, y, best, stack, height);
            continue;
        }
        hg_box_children(&edges->tree, 0, p.node, &from, &to);
        for (size_t i = from; i < to; i++) {
            double distance2 = hg_edge_distance2(&edges->sorted[i], x, y);
            if (distance2 < best) {
                best = distance2;
                *nearest = edges->tree.order[i];
            }
        }
    }
    return best;
}

double hg_edges_distance2(const hg_edges *edges, double x, double y, double limit2)
{
    uint32_t nearest = 0;
    return hg_edges_nearest(edges, x, y, limit2, &nearest);
}

static int by_number(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a;
    uint32_t q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

size_t hg_edges_in_box(const hg_edges *edges, const double box[4], uint32_t *ids)
{
    const hg_box wanted = {box[0], box[1], box[2], box[3]};
    hg_box_walk walk;
    size_t count = 0, from = 0, to = 0;
    hg_box_walk_start(&walk, &edges->tree, wanted);
    while (hg_box_walk_next(&walk, &from, &to)) {
        for (size_t i = from; i < to; i++) {
            hg_box b = edge_bounds(&edges->sorted[i]);
            if (hg_box_meets(&b, &wanted))
                ids[count++] = edges->tree.order[i];
        }
    }
    qsort(ids, count, sizeof *ids, by_number);
    return count;
}
