/* Named polygons that share out the ground, and which of them each point lies in. */
#ifndef HG_GEO_UNITS_H
#define HG_GEO_UNITS_H

#include "geo/shapes.h"

#define HG_NO_UNIT UINT32_MAX /**< of a point that lies in none */

typedef struct hg_units hg_units;

/**
 * The shapes, metres in the analysis CRS, each with a name of its own; they are numbered in byte order of
 * their names. Invalid polygons are repaired as those of a region are; *repaired counts them.
 * Two may touch, and overlap by slivers no wider than 1 m on average, as borders drawn twice do.
 * Errors: HG_EDATA for a shape without area (its name), and for two that overlap (both names and how much).
 */
hg_status hg_units_new(const hg_shapes *shapes, size_t *repaired, hg_units **out, hg_error *err);
void hg_units_free(hg_units *units);

size_t hg_units_count(const hg_units *units);
/** Position in the shapes of unit i in order of names. */
size_t hg_units_shape(const hg_units *units, size_t i);
double hg_units_area_m2(const hg_units *units, size_t i);

/**
 * The unit of each point, boundary included; of several the first in order of names, so that a point on a
 * shared border counts once; HG_NO_UNIT outside all of them and for points with NaN. Threaded; the answer
 * does not depend on the number of threads.
 */
hg_status hg_units_locate(const hg_units *units, const double *x, const double *y, size_t n,
                          int threads, uint32_t *unit, hg_error *err);

#endif
