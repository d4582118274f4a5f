/*
 * A packed tree of boxes after Kamel and Faloutsos (VLDB 1994): the things it holds are put in Morton order of
 * their middles, level 0 has one box per HG_BOX_FANOUT of them, each level above one box per HG_BOX_FANOUT
 * boxes below. Immutable once made.
 */
#ifndef HG_GEO_BOX_TREE_H
#define HG_GEO_BOX_TREE_H

#include "base/error.h"

typedef struct hg_box {
    double x0, y0, x1, y1;
} hg_box;

/* 8^11 is more than 32-bit numbers can name; a walk leaves at most 7 siblings behind per level. */
enum { HG_BOX_FANOUT = 8, HG_BOX_LEVELS = 11, HG_BOX_STACK = HG_BOX_LEVELS * HG_BOX_FANOUT };

typedef struct hg_box_tree {
    size_t n;
    uint32_t *order; /**< number of the thing at each place */
    hg_box *boxes;   /**< all levels, one after another, the lowest first */
    size_t level_start[HG_BOX_LEVELS + 1], level_count[HG_BOX_LEVELS];
    int levels;
} hg_box_tree;

/** The box of thing i. */
typedef hg_box (*hg_box_fn)(const void *things, size_t i);

/** n from 1 to 2^32 - 1. The things are not needed afterwards. */
hg_status hg_box_tree_init(hg_box_tree *tree, const void *things, size_t n, hg_box_fn box_of,
                           hg_error *err);
void hg_box_tree_dispose(hg_box_tree *tree);

/** Do two boxes share a point? NaN shares none. */
static inline bool hg_box_meets(const hg_box *a, const hg_box *b)
{
    return a->x0 <= b->x1 && a->x1 >= b->x0 && a->y0 <= b->y1 && a->y1 >= b->y0;
}

/** Places from … to - 1, the children of a box of the tree. */
static inline void hg_box_children(const hg_box_tree *tree, int level, size_t node, size_t *from,
                                   size_t *to)
{
    size_t below = level == 0 ? tree->n : tree->level_count[level - 1];
    *from = node * HG_BOX_FANOUT;
    *to = *from + HG_BOX_FANOUT < below ? *from + HG_BOX_FANOUT : below;
}

/** A walk over the lowest boxes that meet a box; start it as {tree, box} by hg_box_walk_start. */
typedef struct hg_box_walk {
    const hg_box_tree *tree;
    hg_box box;
    struct {
        int level;
        size_t node;
    } stack[HG_BOX_STACK];
    int height;
} hg_box_walk;

void hg_box_walk_start(hg_box_walk *walk, const hg_box_tree *tree, hg_box box);
/** The next places from … to - 1 among which there may be things that meet the box; false at the end. */
bool hg_box_walk_next(hg_box_walk *walk, size_t *from, size_t *to);

#endif
