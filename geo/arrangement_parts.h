/*
 * What the files behind arrangement.h share: a planar graph on the lattice, and the steps from
 * rings to it. Coordinates are relative to the arrangement's lower left corner and lie in 0 … 2^30,
 * so that a product of two differences fits 60 bits and the predicates below are exact in 64.
 */
#ifndef HG_GEO_ARRANGEMENT_PARTS_H
#define HG_GEO_ARRANGEMENT_PARTS_H

#include "geo/polygon_mm.h"

typedef struct hg_node {
    int32_t x, y;
} hg_node;

/** Positive: r lies left of the line from p to q. Twice the area of the triangle. */
static inline int64_t hg_node_turn(hg_node p, hg_node q, hg_node r)
{
    return ((int64_t)q.x - p.x) * ((int64_t)r.y - p.y) -
           ((int64_t)q.y - p.y) * ((int64_t)r.x - p.x);
}

/** How a polygon runs along a link: `times` more often from a to b than from b to a. */
typedef struct hg_owner {
    uint32_t polygon;
    int32_t times;
} hg_owner;

/** A straight edge between two nodes, a < b; its owners are owners[owner] … owners[owner + owners -
 * 1]. */
typedef struct hg_link {
    uint32_t a, b;
    uint32_t owner, owners;
} hg_link;

/** Nodes ascend by x, then y; so the order of their numbers is the order of a sweep. */
typedef struct hg_graph {
    hg_node *nodes;
    size_t node_count;
    hg_link *links;
    size_t link_count;
    hg_owner *owners; /**< of one link: ascending by polygon, none with times 0 */
} hg_graph;

void hg_graph_dispose(hg_graph *g);

/** A growing list of keys: nodes as x << 32 | y, links as a << 32 | b. Zero-initialise. */
typedef struct hg_keys {
    uint64_t *at;
    size_t count, capacity;
} hg_keys;

hg_status hg_keys_add(hg_keys *keys, uint64_t key, hg_error *err);
/** Sorts ascending and drops repeats. */
hg_status hg_keys_settle(hg_keys *keys, hg_error *err);

static inline uint64_t hg_key(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

static inline hg_node hg_key_node(uint64_t key)
{
    return (hg_node){(int32_t)(key >> 32), (int32_t)(uint32_t)key};
}

/** Steps along links in any order, one owner each. Zero-initialise. */
typedef struct hg_steps {
    uint64_t *link;
    hg_owner *owner;
    size_t count, capacity;
} hg_steps;

/** A step from node u to node v, in `times` copies. */
hg_status hg_steps_add(hg_steps *steps, uint32_t u, uint32_t v, hg_owner owner, hg_error *err);
/** Replaces the graph's links by the sum of the steps (which are used up); what cancels is left
 * out. */
hg_status hg_steps_join(hg_steps *steps, hg_graph *g, hg_error *err);
void hg_steps_dispose(hg_steps *steps);

/** The graph of the polygons' edges as they are, and its lower left corner. */
hg_status hg_graph_collect(const hg_polygon_mm *const *polygons, size_t n, int64_t origin[2],
                           hg_graph *g, hg_error *err);
/** Adds the pixels of all points where two links cross inside both. */
hg_status hg_graph_cross(const hg_graph *g, hg_keys *pixels, hg_error *err);
/** Snap-rounds the graph: afterwards links meet at nodes only. Links ascend by a, then slope. */
hg_status hg_graph_node(hg_graph *g, hg_error *err);
/**
 * For every link of a noded graph the link directly below it just right of its node a (HG_NO_LINK:
 * none), by a sweep. Links ascend by a, then slope; below[i] < i.
 */
hg_status hg_graph_below(const hg_graph *g, uint32_t *below, hg_error *err);

#define HG_NO_LINK UINT32_MAX

/** Lists of numbers, equal lists once; list 0 is the empty one. Zero-initialise. */
typedef struct hg_lists {
    uint32_t *items;
    size_t *start; /**< count + 1 */
    uint32_t *slots;
    size_t count, item_count, item_capacity, start_capacity, slot_count;
} hg_lists;

hg_status hg_lists_init(hg_lists *lists, hg_error *err);
void hg_lists_dispose(hg_lists *lists);
hg_status hg_lists_intern(hg_lists *lists, const uint32_t *items, size_t n, uint32_t *id,
                          hg_error *err);

/** The labels above and below every link, and the cover of each label; labels count from 0 in sweep
 * order. */
hg_status hg_graph_label(const hg_graph *g, uint32_t *above, uint32_t *under, hg_lists *covers,
                         hg_error *err);

#endif
