/*
 * GCJ-02 and BD-09, the offset coordinate systems of Chinese web maps, to and from WGS 84.
 * The forward formulas are the published reverse-engineered ones (see DOMAIN: a = 6378245,
 * ee = 0.00669342162296594323); the true algorithm is secret, so they hold to about a metre at best,
 * but the inverses here return to what the forward formulas were given within 1 mm. Outside the box
 * 72.004-137.8347 E, 0.8293-55.8271 N nothing is offset. Declared in hotgrid.h; this header adds
 * the datum names.
 */
#ifndef HG_GEO_DATUM_H
#define HG_GEO_DATUM_H

#include "base/error.h"

typedef enum hg_datum { HG_WGS84, HG_CGCS2000, HG_GCJ02, HG_BD09, HG_DATUM_END } hg_datum;

/** "wgs84", "cgcs2000", "gcj02", "bd09". */
const char *hg_datum_name(hg_datum datum);
bool hg_datum_by_name(const char *name, hg_datum *out);

/** Longitude and latitude in `datum` to WGS 84, in place. False where it did not converge. */
bool hg_datum_to_wgs84(hg_datum datum, double *lon_deg, double *lat_deg);

#endif
