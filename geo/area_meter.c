/*
 * In longitude and q = the area between equator and parallel per degree of longitude, the ellipsoid
 * lies flat without change of area: an edge adds what lies between its trace there and the equator.
 * That is a trapezoid in q plus the area between the edge and its chord, for which short geodesics
 * have a series in the differences of latitude and longitude about the middle latitude
 * (edge_bulge); long ones are left to C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87,
 * 2013, as PROJ has it, whose S12 carries some 1e-5 m2 of rounding: nothing beside a kilometre's
 * edge, too much beside a house's.
 */
#include "geo/area_meter.h"
#include "base/memory.h"
#include "geo/crs_proj.h"

#include <geodesic.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static const double DEG = M_PI / 180.0;
static const double MM_PER_M = 1000.0;

/* A CRS with an eccentricity beyond Saturn's is not met; terms of q's series for it still fit. */
enum { MOST_TERMS = 24, NOTICE_TERMS = 5, POINTS_PER_CALL = 256 };

struct hg_area_meter {
    hg_area_mode mode;
    PJ_CONTEXT *context;
    PJ *inverse;          /**< plane to longitude and latitude */
    double unit_deg;      /**< degrees per unit of the geographic CRS */
    double axis_m, e2;    /**< semi-major axis, first eccentricity squared */
    double q[MOST_TERMS]; /**< q per degree of longitude = sin B * sum of q[k] sin^2k B, m2 */
    int terms;
    struct geod_geodesic geodesic;
    double meridian_deg;         /**< notice2008: longitudes count from here */
    double notice[NOTICE_TERMS]; /**< its A, -B, C, -D, E times 2 b2 per degree */
};

static const char *const mode_names[] = {
    [HG_AREA_ELLIPSOID] = "ellipsoid",
    [HG_AREA_PLANAR] = "planar",
    [HG_AREA_NOTICE2008] = "notice2008",
};

bool hg_area_mode_by_name(const char *name, hg_area_mode *mode)
{
    for (size_t i = 0; i < sizeof mode_names / sizeof *mode_names; i++) {
        if (strcasecmp(name, mode_names[i]) == 0) {
            *mode = (hg_area_mode)i;
            return true;
        }
    }
    return false;
}

const char *hg_area_mode_name(hg_area_mode mode)
{
    return mode_names[mode];
}

hg_area_mode hg_area_meter_mode(const hg_area_meter *meter)
{
    return meter->mode;
}

/* dq/dB = b2 cos B / (1 - e2 sin2 B)2, integrated term by term. */
static void make_authalic(hg_area_meter *m)
{
    double b2 = m->axis_m * m->axis_m * (1.0 - m->e2);
    double power = 1.0;
    for (m->terms = 0; m->terms < MOST_TERMS && fabs(power) > 1e-18; m->terms++) {
        int k = m->terms;
        m->q[k] = b2 * DEG * power * (k + 1) / (2 * k + 1);
        power *= m->e2;
    }
}

static void make_notice(hg_area_meter *m)
{
    double e2 = m->e2, e4 = e2 * e2, e6 = e4 * e2, e8 = e4 * e4;
    double scale = 2.0 * m->axis_m * m->axis_m * (1.0 - e2) * DEG;
    m->notice[0] =
        scale * (1.0 + 3.0 / 6.0 * e2 + 30.0 / 80.0 * e4 + 35.0 / 112.0 * e6 + 630.0 / 2304.0 * e8);
    m->notice[1] =
        -scale * (1.0 / 6.0 * e2 + 15.0 / 80.0 * e4 + 21.0 / 112.0 * e6 + 420.0 / 2304.0 * e8);
    m->notice[2] = scale * (3.0 / 80.0 * e4 + 7.0 / 112.0 * e6 + 180.0 / 2304.0 * e8);
    m->notice[3] = -scale * (1.0 / 112.0 * e6 + 45.0 / 2304.0 * e8);
    m->notice[4] = scale * (5.0 / 2304.0 * e8);
}

static bool find_ellipsoid(hg_area_meter *m, const PJ *crs)
{
    double a = 0.0, b = 0.0, inverse_flattening = 0.0;
    int computed = 0;
    PJ *ellipsoid = proj_get_ellipsoid(m->context, crs);
    bool known = ellipsoid && proj_ellipsoid_get_parameters(m->context, ellipsoid, &a, &b,
                                                            &computed, &inverse_flattening);
    proj_destroy(ellipsoid);
    if (!known || !(a > 0.0) || !(b > 0.0))
        return false;
    double f = inverse_flattening > 0.0 ? 1.0 / inverse_flattening : 0.0;
    m->axis_m = a;
    m->e2 = f * (2.0 - f);
    geod_init(&m->geodesic, a, f);
    return true;
}

static double angular_unit_deg(PJ_CONTEXT *context, const PJ *geographic)
{
    double unit = 0.0;
    PJ *cs = proj_crs_get_coordinate_system(context, geographic);
    if (!cs || !proj_cs_get_axis_info(context, cs, 0, NULL, NULL, NULL, &unit, NULL, NULL, NULL))
        unit = 0.0;
    proj_destroy(cs);
    return fabs(unit / DEG - 1.0) < 1e-12 ? 1.0 : unit / DEG;
}

/* The projection's own longitude of origin, in degrees; 0 where it has none by these names. */
static double find_meridian(PJ_CONTEXT *context, const PJ *crs)
{
    static const char *const names[] = {"Longitude of natural origin", "Longitude of false origin",
                                        "Longitude of projection centre", "Longitude of origin"};
    double value = 0.0;
    PJ *conversion = proj_crs_get_coordoperation(context, crs);
    for (size_t i = 0; conversion && i < sizeof names / sizeof *names; i++) {
        double v = 0.0, unit = 0.0;
        int at = proj_coordoperation_get_param_index(context, conversion, names[i]);
        if (at >= 0 && proj_coordoperation_get_param(context, conversion, at, NULL, NULL, NULL, &v,
                                                     NULL, &unit, NULL, NULL, NULL, NULL))
            value = v * unit / DEG;
    }
    proj_destroy(conversion);
    return value;
}

/* From the plane to the CRS's own longitudes and latitudes: one projection undone, no change of
 * datum. */
static hg_status find_inverse(hg_area_meter *m, const hg_crs *crs, hg_error *err)
{
    m->context = hg_proj_context_new();
    PJ *plane = m->context ? proj_clone(m->context, crs->stated) : NULL;
    if (!plane)
        return hg_fail_memory(err);
    PJ *geographic = proj_crs_get_geodetic_crs(m->context, plane);
    if (geographic) {
        m->inverse = hg_proj_operation(m->context, plane, geographic);
        m->unit_deg = angular_unit_deg(m->context, geographic);
        m->meridian_deg = find_meridian(m->context, plane);
    }
    bool whole = m->inverse && m->unit_deg > 0.0 && find_ellipsoid(m, plane);
    proj_destroy(geographic);
    proj_destroy(plane);
    return whole ? HG_OK
                 : hg_fail(err, HG_EUSAGE, "\"%s\" has no way back to an ellipsoid", crs->name);
}

static hg_status check_crs(const hg_crs *crs, hg_area_mode mode, hg_error *err)
{
    if (crs->geographic || !(fabs(crs->unit_m - 1.0) < 1e-12))
        return hg_fail(err, HG_EUSAGE,
                       "areas are measured in a projected CRS in metres; \"%s\" is none",
                       crs->name);
    if (crs->engineering && mode != HG_AREA_PLANAR)
        return hg_fail(err, HG_EUSAGE,
                       "area mode \"%s\": \"%s\" is a local plane without an ellipsoid; expected "
                       "\"planar\"",
                       mode_names[mode], crs->name);
    return HG_OK;
}

hg_status hg_area_meter_new(const hg_crs *crs, hg_area_mode mode, hg_area_meter **out,
                            hg_error *err)
{
    hg_status status = check_crs(crs, mode, err);
    if (status != HG_OK)
        return status;
    hg_area_meter *m = hg_calloc(1, sizeof *m);
    if (!m)
        return hg_fail_memory(err);
    m->mode = mode;
    if (mode != HG_AREA_PLANAR)
        status = find_inverse(m, crs, err);
    if (status != HG_OK) {
        hg_area_meter_free(m);
        return status;
    }
    make_authalic(m);
    make_notice(m);
    *out = m;
    return HG_OK;
}

void hg_area_meter_free(hg_area_meter *meter)
{
    if (!meter)
        return;
    proj_destroy(meter->inverse);
    if (meter->context)
        proj_context_destroy(meter->context);
    hg_free(meter);
}

hg_status hg_area_meter_place(hg_area_meter *meter, const int64_t *xy_mm, size_t n, double *lonlat,
                              hg_error *err)
{
    static const size_t pair = 2 * sizeof *lonlat;
    if (meter->mode == HG_AREA_PLANAR)
        return HG_OK;
    for (size_t i = 0; i < 2 * n; i++)
        lonlat[i] = (double)xy_mm[i] / MM_PER_M;
    proj_trans_generic(meter->inverse, PJ_FWD, lonlat, pair, n, lonlat + 1, pair, n, NULL, 0, 0,
                       NULL, 0, 0);
    for (size_t i = 0; i < n; i++) {
        double *at = lonlat + 2 * i;
        if (!isfinite(at[0]) || !isfinite(at[1]))
            return hg_fail(err, HG_EDATA, "%.3f %.3f has no place on the ellipsoid",
                           (double)xy_mm[2 * i] / MM_PER_M, (double)xy_mm[2 * i + 1] / MM_PER_M);
        at[0] *= meter->unit_deg;
        at[1] *= meter->unit_deg;
    }
    return HG_OK;
}

/* A sum or difference of two doubles, and what rounding took from it. */
typedef struct pair {
    double value, rest;
} pair;

static pair exact_sum(double a, double b)
{
    double sum = a + b;
    double part = sum - a;
    return (pair){sum, (a - (sum - part)) + (b - part)};
}

/* From longitude a to b, the short way round. */
static pair east_of(double a, double b)
{
    pair d = exact_sum(b, -a);
    if (d.value > 180.0)
        d.value -= 360.0;
    else if (d.value < -180.0)
        d.value += 360.0;
    return d;
}

/* Square metres to the nearest unit; the product of two doubles is kept whole on the way. */
static hg_exact to_units(double m2, double rest_m2)
{
    double units = m2 * HG_EXACT_PER_M2;
    double rest = fma(m2, HG_EXACT_PER_M2, -units) + rest_m2 * HG_EXACT_PER_M2;
    double whole = rint(units);
    return (hg_exact)whole + (hg_exact)rint((units - whole) + rest);
}

static double authalic(const hg_area_meter *m, double sine)
{
    double x = sine * sine;
    double sum = 0.0;
    for (int k = m->terms - 1; k >= 0; k--)
        sum = sum * x + m->q[k];
    return sum * sine;
}

static hg_exact long_edge(const hg_area_meter *m, const double a[2], const double b[2])
{
    double area = 0.0;
    geod_geninverse(&m->geodesic, a[1], a[0], b[1], b[0], NULL, NULL, NULL, NULL, NULL, NULL,
                    &area);
    return to_units(-area, 0.0);
}

/*
 * Area between a geodesic and its chord, the straight line in longitude and q. With l and b the
 * differences of longitude and latitude in radians, B the middle latitude, x and y their lengths
 * there, it is sin B l ((x2 + 3 y2) / 12 + terms of the fourth order in l and b) + O(7), found by
 * carrying the differential equations of the geodesic as Taylor series in its length. On the sphere
 * the terms are those of 2 atan(tan(l/2) sin B / cos(b/2)) - l sin B cos(b/2). False where the
 * seventh order is no longer below 1e-5 m2: beyond 20 km cos B.
 */
static bool short_bulge(const hg_area_meter *m, double l, double b, double sine, double *bulge)
{
    static const double longest_m = 20000.0;
    double e2 = m->e2, s2 = sine * sine;
    double w = 1.0 / (1.0 - e2 * s2);
    double x2 = m->axis_m * m->axis_m * w * (1.0 - s2) * l * l;
    double y2 = m->axis_m * m->axis_m * (1.0 - e2) * (1.0 - e2) * w * w * w * b * b;
    if (!(x2 + y2 < longest_m * longest_m * (1.0 - s2)))
        return false;
    double ll = (2.0 - 3.0 * s2 - e2 * s2 * (1.0 - 2.0 * s2)) / (240.0 * (1.0 - e2));
    double lb = (5.0 - 15.0 * s2 + e2 * (6.0 - 32.0 * s2 + 46.0 * s2 * s2) +
                 e2 * e2 * s2 * (14.0 - 13.0 * s2 - 11.0 * s2 * s2)) /
                (480.0 * (1.0 - e2) * (1.0 - e2));
    double bb = (5.0 + e2 * (58.0 - 98.0 * s2) + e2 * e2 * s2 * (92.0 - 57.0 * s2)) * w * w / 480.0;
    double fourth = x2 * l * l * ll + y2 * (l * l * lb + b * b * bb);
    *bulge = sine * l * ((x2 + 3.0 * y2) / 12.0 + fourth);
    return true;
}

static hg_exact geodesic_edge(const hg_area_meter *m, const double a[2], const double b[2])
{
    pair east = east_of(a[0], b[0]);
    double bulge = 0.0;
    double sine = sin(0.5 * (a[1] + b[1]) * DEG);
    if (!short_bulge(m, east.value * DEG, (b[1] - a[1]) * DEG, sine, &bulge))
        return long_edge(m, a, b);
    pair q = exact_sum(authalic(m, sin(a[1] * DEG)), authalic(m, sin(b[1] * DEG)));
    double twice = q.value * east.value;
    double rest = fma(q.value, east.value, -twice) + q.value * east.rest + q.rest * east.value;
    return -to_units(0.5 * twice, 0.5 * rest + bulge);
}

/* Trapezoid between the edge and the meridian, Bm and dB being middle and difference of latitude.
 */
static hg_exact notice_edge(const hg_area_meter *m, const double a[2], const double b[2])
{
    double half = 0.5 * (b[1] - a[1]) * DEG;
    double middle = 0.5 * (b[1] + a[1]) * DEG;
    double sum = 0.0;
    for (int k = NOTICE_TERMS - 1; k >= 0; k--)
        sum += m->notice[k] * sin((2 * k + 1) * half) * cos((2 * k + 1) * middle);
    double east =
        0.5 * (east_of(m->meridian_deg, a[0]).value + east_of(m->meridian_deg, b[0]).value);
    return to_units(east * sum, 0.0);
}

static hg_exact planar_edge(const int64_t a[2], const int64_t b[2])
{
    enum { UNITS_PER_HALF_MM2 = 500 };
    return ((hg_exact)a[0] * b[1] - (hg_exact)a[1] * b[0]) * UNITS_PER_HALF_MM2;
}

hg_exact hg_area_meter_edge(const hg_area_meter *meter, const int64_t a_mm[2],
                            const int64_t b_mm[2], const double a_deg[2], const double b_deg[2])
{
    if (meter->mode == HG_AREA_PLANAR)
        return planar_edge(a_mm, b_mm);
    bool turned = a_mm[0] > b_mm[0] || (a_mm[0] == b_mm[0] && a_mm[1] > b_mm[1]);
    const double *from = turned ? b_deg : a_deg;
    const double *to = turned ? a_deg : b_deg;
    hg_exact area = meter->mode == HG_AREA_ELLIPSOID ? geodesic_edge(meter, from, to)
                                                     : notice_edge(meter, from, to);
    return turned ? -area : area;
}

/* The points are placed in portions; the last of one is the first of the next. */
static hg_status ring_area(hg_area_meter *meter, const int64_t *xy, size_t n, hg_exact *sum,
                           hg_error *err)
{
    double lonlat[2 * POINTS_PER_CALL];
    for (size_t from = 0; from + 1 < n; from += POINTS_PER_CALL - 1) {
        size_t count = n - from < POINTS_PER_CALL ? n - from : POINTS_PER_CALL;
        const int64_t *at = xy + 2 * from;
        hg_status status = hg_area_meter_place(meter, at, count, lonlat, err);
        if (status != HG_OK)
            return status;
        for (size_t i = 0; i + 1 < count; i++)
            *sum += hg_area_meter_edge(meter, at + 2 * i, at + 2 * i + 2, lonlat + 2 * i,
                                       lonlat + 2 * i + 2);
    }
    return HG_OK;
}

hg_status hg_area_meter_polygon(hg_area_meter *meter, const hg_polygon_mm *p, hg_exact *area,
                                hg_error *err)
{
    hg_exact sum = 0;
    for (size_t r = 0; r < p->rings; r++) {
        hg_status status = ring_area(meter, p->xy + 2 * p->ring_start[r],
                                     p->ring_start[r + 1] - p->ring_start[r], &sum, err);
        if (status != HG_OK)
            return status;
    }
    *area = sum;
    return HG_OK;
}
