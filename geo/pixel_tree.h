/* Pixels of the lattice in a packed tree of boxes that is asked which of them a segment passes.
 * Immutable. */
#ifndef HG_GEO_PIXEL_TREE_H
#define HG_GEO_PIXEL_TREE_H

#include "geo/arrangement_parts.h"

typedef struct hg_pixel_tree hg_pixel_tree;

/** The n nodes are the middles of the pixels, ascending; borrowed. Pixels are half-open: [x - 1/2,
 * x + 1/2). */
hg_status hg_pixel_tree_new(const hg_node *nodes, size_t n, hg_pixel_tree **out, hg_error *err);
void hg_pixel_tree_free(hg_pixel_tree *tree);

/** A growing list of numbers; zero-initialise, hg_free(list->at) when done. */
typedef struct hg_numbers {
    uint32_t *at;
    size_t count, capacity;
} hg_numbers;

/**
 * The nodes whose pixels share a point with the segment from node a to node b, a < b; a and b
 * themselves left out; in no order. passed is emptied first.
 */
hg_status hg_pixel_tree_passed(const hg_pixel_tree *tree, uint32_t a, uint32_t b,
                               hg_numbers *passed, hg_error *err);

#endif
