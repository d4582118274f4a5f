/* What the files behind region.h share. */
#ifndef HG_GEO_REGION_EDGES_H
#define HG_GEO_REGION_EDGES_H

#include "geo/edges.h"
#include "geo/region.h"

/**
 * What the three questions need: the boundary, directed so that the region lies to its left. It comes
 * from a valid multipolygon, so that its edges meet at vertices only. The multipolygon itself is kept
 * for those who cut along it.
 */
struct hg_region {
    hg_edges *edges;
    double area_m2;
    double box[4];
    unsigned char *wkb;
    size_t wkb_size;
};

#endif
