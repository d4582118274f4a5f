/*
 * Boxes on the lattice with a packed tree over them, asked which of them a segment may touch.
 * Immutable.
 */
#ifndef HG_GEO_LATTICE_TREE_H
#define HG_GEO_LATTICE_TREE_H

#include "geo/arrangement_parts.h"

typedef struct hg_lattice_box {
    int32_t x0, y0, x1, y1;
} hg_lattice_box;

static inline hg_lattice_box hg_lattice_box_of(hg_node a, hg_node b)
{
    return (hg_lattice_box){a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y, a.x < b.x ? b.x : a.x,
                            a.y < b.y ? b.y : a.y};
}

typedef struct hg_lattice_tree hg_lattice_tree;

/** Copies the n boxes; their positions are their numbers. */
hg_status hg_lattice_tree_new(const hg_lattice_box *boxes, size_t n, hg_lattice_tree **out, hg_error *err);
void hg_lattice_tree_free(hg_lattice_tree *tree);

/** Numbers in no order; zero-initialise, hg_free(ids->at) when done. */
typedef struct hg_numbers {
    uint32_t *at;
    size_t count, capacity;
} hg_numbers;

/**
 * The boxes that share a point with the bounding box of a-b and, grown by half a unit, with the
 * line through a and b. found is emptied first.
 */
hg_status hg_lattice_tree_along(const hg_lattice_tree *tree, hg_node a, hg_node b, hg_numbers *found,
                            hg_error *err);

#endif
