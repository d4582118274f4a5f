/*
 * GCJ-02 and BD-09 after the formulas published by the eviltransform, coordtransform and gcoord
 * projects (github.com/googollee/eviltransform, wandergis/coordtransform, hujiulong/gcoord), with
 * gcoord's constants for the Krasovsky 1940 ellipsoid. The inverses are the fixed-point iteration
 * x <- x - (f(x) - target): the offset changes by less than 2 % of a step's length, so that each
 * step gains about two digits.
 */
#include "geo/datum.h"

#include <math.h>
#include <string.h>

#define AXIS_M 6378245.0
#define ECCENTRICITY2 0.00669342162296594323
#define BD_WAVE (M_PI * 3000.0 / 180.0)

enum { MAX_STEPS = 30 };

/* 1e-11 degree is a micrometre; 8.9e-9 degree of a great circle is a millimetre. */
static const double settled_deg = 1e-11;
static const double millimetre_deg = 8.9e-9;

typedef void forward_fn(double lon, double lat, double *out_lon, double *out_lat);

static bool has_offset(double lon, double lat)
{
    return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271;
}

static double northward(double x, double y)
{
    double d = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));
    d += (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
    d += (20.0 * sin(y * M_PI) + 40.0 * sin(y / 3.0 * M_PI)) * 2.0 / 3.0;
    d += (160.0 * sin(y / 12.0 * M_PI) + 320.0 * sin(y * M_PI / 30.0)) * 2.0 / 3.0;
    return d;
}

static double eastward(double x, double y)
{
    double d = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));
    d += (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
    d += (20.0 * sin(x * M_PI) + 40.0 * sin(x / 3.0 * M_PI)) * 2.0 / 3.0;
    d += (150.0 * sin(x / 12.0 * M_PI) + 300.0 * sin(x / 30.0 * M_PI)) * 2.0 / 3.0;
    return d;
}

void hg_wgs84_to_gcj02(double lon_deg, double lat_deg, double *gcj_lon, double *gcj_lat)
{
    *gcj_lon = lon_deg;
    *gcj_lat = lat_deg;
    if (!has_offset(lon_deg, lat_deg))
        return;
    double phi = lat_deg * M_PI / 180.0;
    double w2 = 1.0 - ECCENTRICITY2 * sin(phi) * sin(phi);
    double prime_vertical = AXIS_M / sqrt(w2);
    double meridian = AXIS_M * (1.0 - ECCENTRICITY2) / (w2 * sqrt(w2));
    double x = lon_deg - 105.0;
    double y = lat_deg - 35.0;
    *gcj_lon += eastward(x, y) / (prime_vertical * cos(phi)) * 180.0 / M_PI;
    *gcj_lat += northward(x, y) / meridian * 180.0 / M_PI;
}

void hg_gcj02_to_bd09(double gcj_lon, double gcj_lat, double *bd_lon, double *bd_lat)
{
    double r = hypot(gcj_lon, gcj_lat) + 0.00002 * sin(gcj_lat * BD_WAVE);
    double theta = atan2(gcj_lat, gcj_lon) + 0.000003 * cos(gcj_lon * BD_WAVE);
    *bd_lon = r * cos(theta) + 0.0065;
    *bd_lat = r * sin(theta) + 0.006;
}

/* Solves forward(lon, lat) = target, starting from lon, lat. */
static bool invert(forward_fn *forward, double target_lon, double target_lat, double *lon,
                   double *lat)
{
    double off = INFINITY;
    for (int step = 0; step < MAX_STEPS && !(off <= settled_deg); step++) {
        double x = 0.0;
        double y = 0.0;
        forward(*lon, *lat, &x, &y);
        off = fmax(fabs(x - target_lon), fabs(y - target_lat));
        if (off > settled_deg) {
            *lon -= x - target_lon;
            *lat -= y - target_lat;
        }
    }
    double x = 0.0;
    double y = 0.0;
    forward(*lon, *lat, &x, &y);
    return hypot(x - target_lon, y - target_lat) <= millimetre_deg;
}

bool hg_gcj02_to_wgs84(double gcj_lon, double gcj_lat, double *lon_deg, double *lat_deg)
{
    *lon_deg = gcj_lon;
    *lat_deg = gcj_lat;
    return invert(hg_wgs84_to_gcj02, gcj_lon, gcj_lat, lon_deg, lat_deg);
}

bool hg_bd09_to_gcj02(double bd_lon, double bd_lat, double *gcj_lon, double *gcj_lat)
{
    *gcj_lon = bd_lon - 0.0065;
    *gcj_lat = bd_lat - 0.006;
    return invert(hg_gcj02_to_bd09, bd_lon, bd_lat, gcj_lon, gcj_lat);
}

static const char *const datum_names[HG_DATUM_END] = {
    [HG_WGS84] = "wgs84",
    [HG_CGCS2000] = "cgcs2000",
    [HG_GCJ02] = "gcj02",
    [HG_BD09] = "bd09",
};

const char *hg_datum_name(hg_datum datum)
{
    return (unsigned)datum < HG_DATUM_END ? datum_names[datum] : "unknown";
}

bool hg_datum_by_name(const char *name, hg_datum *out)
{
    for (int i = 0; i < HG_DATUM_END; i++) {
        if (strcasecmp(name, datum_names[i]) == 0) {
            *out = (hg_datum)i;
            return true;
        }
    }
    return false;
}

bool hg_datum_to_wgs84(hg_datum datum, double *lon_deg, double *lat_deg)
{
    double lon = *lon_deg;
    double lat = *lat_deg;
    bool found = isfinite(lon) && isfinite(lat);
    if (datum == HG_BD09)
        found = hg_bd09_to_gcj02(lon, lat, &lon, &lat) && found;
    if (datum == HG_BD09 || datum == HG_GCJ02)
        found = hg_gcj02_to_wgs84(lon, lat, lon_deg, lat_deg) && found;
    return found;
}
