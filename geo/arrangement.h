/*
 * One planar arrangement of many polygons on the millimetre lattice, in exact integers.
 *
 * All edges are noded at once by snap rounding (Hobby 1999; Guibas and Marimont 1998): every vertex and every
 * crossing makes its millimetre pixel hot, and every edge is drawn through the centres of the hot pixels it
 * passes. The plane then falls into faces; faces covered by the same polygons share a label. Areas of labels
 * are exact integers, so every figure that is a sum over labels balances to the last unit. The result is a
 * function of the set of edges alone: order of polygons, rings and vertices do not matter.
 */
#ifndef HG_GEO_ARRANGEMENT_H
#define HG_GEO_ARRANGEMENT_H

#include "geo/area_meter.h"
#include "geo/polygon_mm.h"

typedef struct hg_arrangement hg_arrangement;

/**
 * Arranges n polygons (borrowed for the call), numbered by their position. Empty ones are allowed.
 * Errors: HG_EFAIL for an extent beyond 1,000 km (2^30 mm); HG_ENOMEM.
 */
hg_status hg_arrangement_new(const hg_polygon_mm *const *polygons, size_t n, hg_arrangement **out,
                             hg_error *err);
void hg_arrangement_free(hg_arrangement *a);

/**
 * How many labels there are; label 0 is the outside, covered by nothing. The others are numbered from left to
 * right, whatever the order of the polygons.
 */
size_t hg_arrangement_labels(const hg_arrangement *a);
/** The numbers of the polygons that cover a label, ascending; *n of them. Borrowed. */
const uint32_t *hg_arrangement_cover(const hg_arrangement *a, size_t label, size_t *n);
/** Planar area of all faces of a label; that of label 0 is 0. */
hg_exact hg_arrangement_planar(const hg_arrangement *a, size_t label);
/** Areas of all labels as the meter has them, areas[labels]. In planar mode the same as the above. */
hg_status hg_arrangement_measure(const hg_arrangement *a, hg_area_meter *meter, hg_exact *areas,
                                 hg_error *err);
/** Length in metres of the boundary of the union of the chosen labels (chosen[labels]). */
double hg_arrangement_perimeter_m(const hg_arrangement *a, const uint8_t *chosen);
/** The union of the chosen labels as a valid polygon (empty if none has area). */
hg_status hg_arrangement_polygon(const hg_arrangement *a, const uint8_t *chosen, hg_polygon_mm *out,
                                 hg_error *err);

/**
 * The same for many unions at once: region[labels] says to which of n disjoint unions each label belongs
 * (UINT32_MAX = none); out[n] receives their polygons. Costs one pass over the edges.
 */
hg_status hg_arrangement_regions(const hg_arrangement *a, const uint32_t *region, size_t n,
                                 hg_polygon_mm *out, hg_error *err);

/**
 * A polygon that covers every point of `box` as often as p does and whose edges that meet the box are p's own,
 * unaltered; what lies away from the box is left out or shortened. For arranging a small neighbourhood with
 * a river of a hundred thousand vertices: the faces of a polygon that lies in the box are, unit for unit, those it
 * has in an arrangement with the others whole. See also hg_polygon_index_near.
 */
hg_status hg_polygon_mm_near(const hg_polygon_mm *p, const int64_t box[4], hg_polygon_mm *out,
                             hg_error *err);

#endif
