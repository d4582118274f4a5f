/* What the files behind patches.h and spread.h share. */
#ifndef HG_GEO_PATCH_EDGES_H
#define HG_GEO_PATCH_EDGES_H

#include "geo/edges.h"
#include "geo/patches.h"

/** Edges of a patch, or of its part inside, with the polygon to their left; *n of them, borrowed. */
const hg_edge *hg_patch_edges(const hg_patches *patches, size_t i, bool inside, size_t *n);

#endif
