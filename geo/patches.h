/*
 * Survey polygons as mass: valid outlines with their planar area and centre of gravity, and what of
 * each lies inside a study area. geo/spread.h lays them over the cells of a lattice.
 */
#ifndef HG_GEO_PATCHES_H
#define HG_GEO_PATCHES_H

#include "base/control.h"
#include "geo/region.h"

typedef enum hg_patch_state {
    HG_PATCH_GOOD = 0,
    HG_PATCH_UNREADABLE, /**< no well-formed polygon, beyond repair, or beyond 9e13 m */
    HG_PATCH_NO_AREA     /**< nothing with an area is left of it */
} hg_patch_state;

/** A whole patch, or the part of it inside the study area. */
typedef struct hg_patch_part {
    double area_m2; /**< planar; 0 = there is none, and the rest is undefined */
    double x, y;    /**< centre of gravity */
    double box[4];
    size_t first, n; /**< its edges, as hg_patch_edges finds them */
} hg_patch_part;

typedef struct hg_patch {
    hg_patch_part whole, inside; /**< inside is the whole until hg_patches_clip */
    uint8_t state;               /**< hg_patch_state */
    bool repaired;               /**< it was invalid and went through MakeValid */
    bool cut;                    /**< the edges of `inside` are its own */
} hg_patch;

typedef struct hg_patches hg_patches;

/**
 * Reads n polygons or multipolygons (analysis CRS, metres), repaired where they are invalid. Parts of
 * one patch that overlap count once; patches may overlap one another. The shapes are borrowed and
 * must outlive the patches. Threaded.
 */
hg_status hg_patches_new(const hg_shape *const *shapes, size_t n, hg_control *control,
                         hg_patches **out, hg_error *err);
void hg_patches_free(hg_patches *patches);

size_t hg_patches_count(const hg_patches *patches);
const hg_patch *hg_patches_at(const hg_patches *patches, size_t i);
/** Corners of a patch into x and y (NULL: they are only counted); returns how many. */
size_t hg_patch_corners(const hg_patches *patches, size_t i, double *x, double *y);

/**
 * Sets what of each patch lies inside the region: an area of 0 where they only touch. Threaded.
 * Errors: HG_EFAIL where GEOS cannot cut a patch along the boundary.
 */
hg_status hg_patches_clip(hg_patches *patches, const hg_region *region, hg_control *control,
                          hg_error *err);
/**
 * After hg_patches_clip: where each patch lies, as hg_region_classify says it of points. HG_INSIDE
 * with an area inside, HG_HALO without one but no farther than halo_m, else HG_OUTSIDE.
 */
hg_status hg_patches_classify(const hg_patches *patches, const hg_region *region, double halo_m,
                              hg_control *control, uint8_t *where, hg_error *err);

#endif
