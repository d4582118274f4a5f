/*
 * Which reading of the coordinates would place the points inside the study area? A vote over the
 * plausible mistakes, reported and never applied by itself.
 */
#ifndef HG_GEO_PLACING_H
#define HG_GEO_PLACING_H

#include "geo/datum.h"
#include "geo/region.h"

typedef struct hg_reading {
    char name[48];   /**< "as given", "axes swapped", "GCJ-02", "BD-09", "EPSG:4526 (zone 38)" … */
    char option[64]; /**< what to ask for: "--datum gcj02", "--crs EPSG:4526" … */
    size_t inside, tried;
} hg_reading;

#define HG_MAX_READINGS 40

/**
 * Tries the readings on up to 2,000 of the n points (evenly spread), coordinates as in the file.
 *
 * @param given     the CRS the run reads them in, datum the offset it undoes
 * @param analysis  CRS of `region`, metres
 * @param readings  out: "as given" first, then the others by share, best first; readings that cannot
 *                  apply to coordinates of this size are left out
 * Coordinates that could be degrees: swapped axes, GCJ-02, BD-09 (and both swapped). Larger ones: the
 * CGCS2000 3- and 6-degree Gauss-Kruger CRSs with or without zone prefix (eastings >= 1e7) near the
 * area, UTM and Web Mercator, also with axes swapped. An exchange of axes reads
 * "--x <y col> --y <x col>" in option. Errors: HG_EDATA when no point is finite, and those of
 * hg_transform_new for the reading as given.
 */
hg_status hg_placing_vote(const double *x, const double *y, size_t n, const hg_crs *given,
                          hg_datum datum, const hg_crs *analysis, const hg_region *region,
                          hg_reading readings[HG_MAX_READINGS], size_t *count, hg_error *err);

#endif
