/* Outlines of GEOS polygons as edges that have the polygon to their left. */
#ifndef HG_GEO_DIRECTED_EDGES_H
#define HG_GEO_DIRECTED_EDGES_H

#include "geo/edges.h"
#include "geo/geos.h"

/** Edges in the order they are read. */
typedef struct hg_edge_list {
    hg_edge *edges;
    size_t count, capacity;
} hg_edge_list;

/**
 * Adds the rings of all polygons in a valid geometry, shells counter-clockwise and holes clockwise;
 * edges without length, points and lines are left out.
 */
hg_status hg_directed_edges(GEOSContextHandle_t geos, const GEOSGeometry *geometry,
                            hg_edge_list *list, hg_error *err);

/**
 * Area to the left of closed rings, by Green's theorem about x, y, which is best near their middle.
 * centre (may be NULL) gets the centre of gravity where the area is positive.
 */
double hg_directed_area(const hg_edge *edges, size_t n, double x, double y, double centre[2]);

#endif
