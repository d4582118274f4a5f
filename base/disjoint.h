/* Disjoint sets of numbers (union-find): parent[i] = i makes every number a set of its own. */
#ifndef HG_BASE_DISJOINT_H
#define HG_BASE_DISJOINT_H

#include <stdint.h>

/** The lowest number of the set that holds i. */
static inline uint32_t hg_disjoint_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/** Makes one set of those that hold a and b; the lower root stays root. */
static inline void hg_disjoint_join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = hg_disjoint_root(parent, a);
    b = hg_disjoint_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

#endif
