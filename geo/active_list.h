/*
 * The links that a sweep line meets, bottom to top: a treap (Seidel and Aragon 1996) that is
 * threaded as a list. Where a new link belongs is for the sweep to say; the list keeps the tree
 * balanced.
 */
#ifndef HG_GEO_ACTIVE_LIST_H
#define HG_GEO_ACTIVE_LIST_H

#include "base/random.h"
#include "geo/arrangement_parts.h"

/** Place 0 stands for none: as a neighbour it lies below the first and above the last. */
typedef struct hg_place {
    uint32_t left, right, parent;
    uint32_t down, up; /**< neighbours */
    uint32_t priority;
    uint32_t link;
    hg_node a, b; /**< the link's ends */
} hg_place;

typedef struct hg_active {
    const hg_graph *g;
    hg_place *places; /**< moves when a link is inserted */
    size_t place_count, place_capacity;
    uint32_t root, spare;
    hg_random random;   /**< of priorities */
    uint32_t *place_of; /**< by link, of those in the list */
} hg_active;

/** An empty list for links of g. To be disposed of after a failure too. */
hg_status hg_active_init(hg_active *active, const hg_graph *g, hg_error *err);
void hg_active_dispose(hg_active *active);
/** Inserts a link directly above the place `under` (0: at the bottom). */
hg_status hg_active_insert(hg_active *active, uint32_t under, uint32_t link, uint32_t *place,
                           hg_error *err);
void hg_active_remove(hg_active *active, uint32_t place);
/** Puts another link into a place. */
void hg_active_replace(hg_active *active, uint32_t place, uint32_t link);

#endif
