/* Areas that add up: whole billionths of a square metre. */
#ifndef HG_GEO_EXACT_H
#define HG_GEO_EXACT_H

#include <math.h>

/**
 * An area in units of 1e-9 m2, signed. Planar areas on the millimetre lattice are multiples of 500 units
 * (half a square millimetre); ellipsoidal areas are rounded to one unit, edge by edge, so that areas of
 * pieces sum to the area of the whole to the last unit.
 */
__extension__ typedef __int128 hg_exact;

static const double HG_EXACT_PER_M2 = 1e9;

static inline double hg_exact_m2(hg_exact area)
{
    return (double)area / HG_EXACT_PER_M2;
}

/** A stated area, to the square millimetre; beyond 1e18 m2, which no surface on Earth has, that much. */
static inline hg_exact hg_exact_of_m2(double area_m2)
{
    double mm2 = round(fmin(fmax(area_m2, -1e18), 1e18) * 1e6);
    return (hg_exact)mm2 * 1000;
}

#endif
