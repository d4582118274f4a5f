#include "base/text.h"
#include "geo/crs.h"

#include <math.h>
#include <stdio.h>

/*
 * China drawn with a coarse pencil, generous at the coast and tight where a neighbour's town is
 * near. It only decides between two conformal zone systems, so ten kilometres at a border do no
 * harm.
 */
static const double china[][2] = {
    {73.4, 39.4},  {74.0, 38.4},  {75.0, 37.2},  {77.8, 35.4},  {79.0, 34.2},  {78.6, 32.6},
    {79.3, 31.3},  {81.2, 30.0},  {84.0, 28.8},  {85.9, 27.95}, {88.8, 27.4},  {89.6, 28.1},
    {91.6, 27.7},  {94.2, 29.0},  {96.3, 28.6},  {97.4, 28.2},  {98.6, 27.4},  {98.6, 25.8},
    {97.6, 24.6},  {97.6, 23.9},  {98.8, 23.2},  {99.3, 22.1},  {101.2, 21.2}, {102.0, 22.4},
    {103.9, 22.5}, {105.4, 23.3}, {106.7, 22.8}, {106.6, 22.0}, {108.0, 21.5}, {108.2, 20.0},
    {108.3, 18.3}, {109.6, 17.9}, {111.2, 19.4}, {113.6, 21.4}, {117.0, 22.8}, {118.5, 22.0},
    {120.6, 21.5}, {122.3, 23.5}, {122.3, 25.6}, {122.6, 28.5}, {123.2, 31.2}, {121.6, 35.0},
    {123.2, 36.9}, {122.0, 38.6}, {124.3, 39.7}, {126.0, 40.9}, {128.2, 41.6}, {128.3, 42.0},
    {130.0, 42.5}, {130.8, 42.3}, {131.2, 43.6}, {131.2, 44.8}, {133.3, 45.0}, {134.9, 48.3},
    {134.2, 48.5}, {132.6, 47.9}, {131.0, 47.8}, {130.0, 49.0}, {127.7, 49.8}, {127.52, 50.26},
    {126.9, 51.3}, {125.6, 53.1}, {123.6, 53.6}, {120.2, 53.4}, {119.2, 50.2}, {116.6, 49.9},
    {115.4, 47.8}, {119.6, 46.8}, {116.4, 46.4}, {113.7, 44.9}, {111.8, 43.8}, {109.5, 42.5},
    {105.0, 41.7}, {100.2, 42.7}, {96.4, 42.8},  {95.0, 44.4},  {91.0, 45.3},  {90.6, 47.6},
    {87.8, 49.2},  {85.6, 48.4},  {85.6, 47.2},  {82.8, 47.2},  {82.3, 45.3},  {80.2, 45.0},
    {80.6, 43.2},  {80.2, 42.1},  {76.6, 40.5},
};

/* The crossing test of Shimrat (1962). */
static bool in_china(double lon, double lat)
{
    size_t n = sizeof china / sizeof *china;
    bool inside = false;
    for (size_t i = 0, j = n - 1; i < n; j = i++) {
        const double *a = china[i];
        const double *b = china[j];
        if ((a[1] > lat) != (b[1] > lat) &&
            lon < (b[0] - a[0]) * (lat - a[1]) / (b[1] - a[1]) + a[0])
            inside = !inside;
    }
    return inside;
}

typedef struct zone {
    int epsg;
    double width_deg;
    char name[64];
} zone;

static zone china_zone(double lon)
{
    int middle = 3 * (int)lround(lon / 3.0);
    middle = middle < 75 ? 75 : middle > 135 ? 135 : middle;
    zone z = {.epsg = 4534 + (middle - 75) / 3, .width_deg = 3.0};
    snprintf(z.name, sizeof z.name, "CGCS2000 3-degree Gauss-Kruger CM %dE", middle);
    return z;
}

static zone utm_zone(double lon, double lat)
{
    int number = (int)floor((lon + 180.0) / 6.0) + 1;
    number = number > 60 ? 60 : number;
    zone z = {.epsg = (lat < 0.0 ? 32700 : 32600) + number, .width_deg = 6.0};
    snprintf(z.name, sizeof z.name, "UTM zone %d%c", number, lat < 0.0 ? 'S' : 'N');
    return z;
}

static const char wgs84_base[] =
    "BASEGEOGCRS[\"WGS 84\",DATUM[\"World Geodetic System 1984\","
    "ELLIPSOID[\"WGS 84\",6378137,298.257223563,LENGTHUNIT[\"metre\",1]]],"
    "PRIMEM[\"Greenwich\",0,ANGLEUNIT[\"degree\",0.0174532925199433]],ID[\"EPSG\",4326]]";

static const char cgcs2000_base[] =
    "BASEGEOGCRS[\"China Geodetic Coordinate System 2000\",DATUM[\"China 2000\","
    "ELLIPSOID[\"CGCS2000\",6378137,298.257222101,LENGTHUNIT[\"metre\",1]]],"
    "PRIMEM[\"Greenwich\",0,ANGLEUNIT[\"degree\",0.0174532925199433]],ID[\"EPSG\",4490]]";

static double to_hundredth(double v)
{
    return round(v * 100.0) / 100.0 + 0.0;
}

static hg_status equal_area(double lon, double lat, bool china_datum, hg_crs **out, hg_error *err)
{
    static const char degree[] = "ANGLEUNIT[\"degree\",0.0174532925199433]";
    static const char metre[] = "LENGTHUNIT[\"metre\",1]";
    hg_text t = {0};
    hg_text_addf(&t, "PROJCRS[\"%s / equal area around %.2f %.2f\",",
                 china_datum ? "CGCS2000" : "WGS 84", lon, lat);
    hg_text_add(&t, china_datum ? cgcs2000_base : wgs84_base);
    hg_text_add(&t, ",CONVERSION[\"Lambert Azimuthal Equal Area\","
                    "METHOD[\"Lambert Azimuthal Equal Area\",ID[\"EPSG\",9820]],");
    hg_text_addf(&t, "PARAMETER[\"Latitude of natural origin\",%.2f,%s,ID[\"EPSG\",8801]],", lat,
                 degree);
    hg_text_addf(&t, "PARAMETER[\"Longitude of natural origin\",%.2f,%s,ID[\"EPSG\",8802]],", lon,
                 degree);
    hg_text_addf(&t,
                 "PARAMETER[\"False easting\",0,%s,ID[\"EPSG\",8806]],"
                 "PARAMETER[\"False northing\",0,%s,ID[\"EPSG\",8807]]],",
                 metre, metre);
    hg_text_addf(&t,
                 "CS[Cartesian,2],AXIS[\"easting\",east,ORDER[1],%s],"
                 "AXIS[\"northing\",north,ORDER[2],%s]]",
                 metre, metre);
    hg_status status = t.failed ? hg_fail_memory(err) : hg_crs_new(t.s, "analysis CRS", out, err);
    hg_text_dispose(&t);
    return status;
}

static void say_equal_area(char why[256], double lon, double lat, const zone *z, double width)
{
    int n =
        snprintf(why, 256, "Lambert azimuthal equal-area around %.2f %.2f: ", lon, lat);
    char *rest = why + n;
    size_t room = 256 - (size_t)n;
    if (!(width <= 1.5 * z->width_deg))
        snprintf(rest, room,
                 "the data spans %.1f degrees of longitude, more than 1.5 zones of %g degrees",
                 width, z->width_deg);
    else
        snprintf(rest, room, "UTM ends at 80 S and 84 N");
}

hg_status hg_crs_choose(double lon_deg, double lat_deg, const double box_deg[4], hg_crs **out,
                        char why[256], hg_error *err)
{
    if (!(fabs(lon_deg) <= 180.0 && fabs(lat_deg) <= 90.0))
        return hg_fail(err, HG_EDATA,
                       "the median position %.6g %.6g is no longitude and latitude in degrees",
                       lon_deg, lat_deg);
    bool chinese = in_china(lon_deg, lat_deg);
    zone z = chinese ? china_zone(lon_deg) : utm_zone(lon_deg, lat_deg);
    double width = box_deg[2] - box_deg[0];
    hg_status status = HG_OK;
    if (!(width <= 1.5 * z.width_deg) || lat_deg > 84.0 || lat_deg < -80.0) {
        double lon = to_hundredth(lon_deg);
        double lat = to_hundredth(lat_deg);
        status = equal_area(lon, lat, chinese, out, err);
        if (status == HG_OK)
            say_equal_area(why, lon, lat, &z, width);
        return status;
    }
    char code[32];
    snprintf(code, sizeof code, "EPSG:%d", z.epsg);
    status = hg_crs_new(code, "analysis CRS", out, err);
    if (status == HG_OK)
        snprintf(why, 256, "%s by the central longitude %.2f", z.name, lon_deg);
    return status;
}
