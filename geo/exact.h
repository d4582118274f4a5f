/* Areas that add up: whole billionths of a square metre. */
#ifndef HG_GEO_EXACT_H
#define HG_GEO_EXACT_H

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

#endif
