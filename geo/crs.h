/* Coordinate reference systems and transformations between them (PROJ). */
#ifndef HG_GEO_CRS_H
#define HG_GEO_CRS_H

#include "base/error.h"

typedef struct hg_crs hg_crs;

/**
 * A CRS from "EPSG:4547", WKT, PROJJSON or a PROJ string. Compound and bound CRSs are reduced to their
 * horizontal part; axes are always x = east/longitude, y = north/latitude, whatever the authority says.
 * `what` names the option or the file in errors. Errors: HG_EUSAGE.
 */
hg_status hg_crs_new(const char *definition, const char *what, hg_crs **out, hg_error *err);
hg_status hg_crs_copy(const hg_crs *crs, hg_crs **out, hg_error *err);
void hg_crs_free(hg_crs *crs);

const char *hg_crs_wkt(const hg_crs *crs);  /**< WKT2:2019, one line */
const char *hg_crs_name(const hg_crs *crs); /**< "CGCS2000 / 3-degree Gauss-Kruger CM 114E" */
const char *hg_crs_code(const hg_crs *crs); /**< "EPSG:4547"; NULL where it has none */
bool hg_crs_is_geographic(const hg_crs *crs);
bool hg_crs_is_engineering(const hg_crs *crs); /**< a local plane that no transformation leads out of */
double hg_crs_unit_m(const hg_crs *crs);       /**< metres per unit of its axes; 0 if geographic */
bool hg_crs_same(const hg_crs *a, const hg_crs *b); /**< equal but for names and axis order */

/**
 * Box of coordinates of this CRS (its own units) that its area of use covers, widened by half a degree for
 * projected CRSs; false where the CRS states none (nothing is then outside).
 */
bool hg_crs_area_of_use(const hg_crs *crs, double box[4]);

/**
 * The same projection (or local plane) with metres as its unit; a copy where it is in metres already.
 * Errors: HG_EUSAGE for a geographic CRS.
 */
hg_status hg_crs_in_metres(const hg_crs *crs, hg_crs **out, hg_error *err);

typedef struct hg_transform hg_transform;

/** `from` to `to`; NULL-op when they are the same. Errors: HG_EUSAGE where no operation exists. */
hg_status hg_transform_new(const hg_crs *from, const hg_crs *to, hg_transform **out, hg_error *err);
void hg_transform_free(hg_transform *t);
/** n points in place, on up to `threads` threads; points that cannot be transformed become NaN. */
hg_status hg_transform_points(hg_transform *t, double *x, double *y, size_t n, int threads,
                              hg_error *err);

/**
 * The analysis CRS for data with this median (WGS 84 degrees) and box: CGCS2000 3-degree
 * Gauss-Kruger by longitude inside China, UTM elsewhere; where the box reaches beyond 1.5 zone widths, a
 * Lambert azimuthal equal-area CRS centred on the median. `why` says which and why, in words.
 */
hg_status hg_crs_choose(double lon_deg, double lat_deg, const double box_deg[4], hg_crs **out,
                        char why[256], hg_error *err);

/** For --analysis-crs: HG_EUSAGE unless the CRS is projected or engineering; units may be feet. */
hg_status hg_crs_check_analysis(const hg_crs *crs, hg_error *err);

#endif
