/*
 * Most patches are one small ring that plainly crosses itself nowhere. Edge against edge with exact
 * predicates that is seen in less time than it takes to build a geometry for GEOS to look at.
 */
#ifndef HG_GEO_PLAIN_RING_H
#define HG_GEO_PLAIN_RING_H

#include "geo/shapes.h"

enum { HG_PLAIN_RING_POINTS = 80 };

/**
 * The points x0 y0 x1 y1 … of a shape that is a polygon, or a multipolygon of one, made of one closed simple
 * ring of few points with no coordinate beyond `farthest`: then it is valid. Points that repeat are
 * dropped. Returns how many points, the last equal to the first; 0: nothing is known of the shape.
 */
size_t hg_plain_ring(const hg_shape *shape, double farthest, double xy[2 * HG_PLAIN_RING_POINTS]);
/** Its area, whichever way it runs. */
double hg_plain_ring_area(const double *xy, size_t n);

#endif
