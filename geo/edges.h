/*
 * Line segments with a packed tree of boxes over them, which answers how far the nearest is and
 * which of them meet a box. Immutable once made, so any number of threads may ask.
 */
#ifndef HG_GEO_EDGES_H
#define HG_GEO_EDGES_H

#include "base/error.h"

typedef struct hg_edge {
    double ax, ay, bx, by;
} hg_edge;

/** Square of the distance from x, y to one edge. */
double hg_edge_distance2(const hg_edge *edge, double x, double y);

typedef struct hg_edges hg_edges;

/** Copies the n >= 1 edges; their positions in the array are their numbers. */
hg_status hg_edges_new(const hg_edge *edges, size_t n, hg_edges **out, hg_error *err);
void hg_edges_free(hg_edges *edges);

size_t hg_edges_count(const hg_edges *edges);
/** The edges in the order they were given. */
const hg_edge *hg_edges_array(const hg_edges *edges);
/** xmin, ymin, xmax, ymax of them all. */
void hg_edges_bounds(const hg_edges *edges, double box[4]);

/** Square of the distance from x, y to the nearest edge, or limit2 if none is nearer than that. */
double hg_edges_distance2(const hg_edges *edges, double x, double y, double limit2);

/** The same, and the number of that edge; *nearest is untouched where none is nearer than the limit. */
double hg_edges_nearest(const hg_edges *edges, double x, double y, double limit2, uint32_t *nearest);

/**
 * Numbers of the edges whose boxes meet the box (touching included), ascending, into ids, which has
 * room for all edges. Returns how many.
 */
size_t hg_edges_in_box(const hg_edges *edges, const double box[4], uint32_t *ids);

#endif
