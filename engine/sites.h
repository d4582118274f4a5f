/*
 * Distinct locations in strips of rows, each strip sorted by x, so that those within a distance of a
 * place are a few stretches of the list; private to engine.
 */
#ifndef HG_ENGINE_SITES_H
#define HG_ENGINE_SITES_H

#include "engine/density.h"

typedef struct hg_sites {
    size_t n;
    double *x, *y; /**< metres; strip by strip northwards, in a strip by x, then y */
    double *w;     /**< sum of the weights of the points there, above 0 */
    double total;  /**< sum of w */
    double hull_m2, hull_perimeter_m; /**< of their convex hull; on one line area 0, perimeter twice its length */
    double south, strip_m;
    size_t strips, *start; /**< first site of each strip; start[strips] = n */
} hg_sites;

/**
 * Merges points whose coordinates are exactly equal and lays strips of an eighth of reach_m. Points without
 * positive weight are dropped. Errors: HG_EDATA beyond 2^32 - 1 points; HG_ENOMEM.
 */
hg_status hg_sites_init(hg_sites *s, const hg_points *points, double reach_m, int threads, hg_error *err);
void hg_sites_dispose(hg_sites *s);

/**
 * Stretches from … to-1 that hold all sites closer than `radius` to (x, y), and some that are not, strip by
 * strip. *strip starts at 0 and is moved on; false when there are no more.
 */
bool hg_sites_next_run(const hg_sites *s, double x, double y, double radius, size_t *strip, size_t *from,
                       size_t *to);

/** How many sites the stretches around (x, y) hold: what looking at them costs. */
size_t hg_sites_candidates(const hg_sites *s, double x, double y, double radius);

#endif
