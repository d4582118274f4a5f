/*
 * Exact area coverage by accumulation, as font rasterisers do it (R. Levien, font-rs, 2016): each
 * piece of boundary within a row of cells adds to its cell the share of it that lies to the right of
 * the piece, and to the next cell the rest of its height; the running sum along the row is then the
 * coverage. An edge going down opens the polygon to its left, one going up closes it.
 */
#ifndef HG_GEO_ACCUMULATE_H
#define HG_GEO_ACCUMULATE_H

#include "geo/edges.h"

/** x of the edge at a y between those of its ends. */
double hg_edge_x_at(const hg_edge *edge, double y);

/**
 * Adds a piece of boundary that runs within one row from column position u0 to u1 >= u0 over a signed
 * share v of the row's height (positive going down). Positions are in cells from the first column and
 * may lie anywhere: what is west of it counts in full from the first column on, what is east of the
 * last not at all. sums has columns + 1 entries.
 */
void hg_accumulate(double *sums, int64_t columns, double u0, double u1, double v);

#endif
