#include "geo/placing.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 2000, CODE_ROOM = 17 };

/* One way to read the coordinates. */
typedef struct candidate {
    const char *crs; /**< definition; NULL = the given one */
    hg_datum datum;
    bool swapped;
} candidate;

/* What all readings share: the sample, the area, and the CRSs they meet in. */
typedef struct vote {
    const hg_crs *given, *analysis;
    hg_crs *degrees; /**< EPSG:4326 */
    double metres;   /**< in a unit of the analysis CRS; the region is in metres */
    const hg_region *region;
    hg_datum datum;
    double *x, *y;           /**< the sample as in the file */
    double *work_x, *work_y; /**< the same, being placed */
    uint8_t *where;
    size_t n;
    double median_x, median_y;
    double area_lon[3]; /**< west, middle and east of the region */
    double area_lat;    /**< of its middle */
    hg_reading *readings;
    size_t count;
} vote;

static int by_value(const void *a, const void *b)
{
    double p = *(const double *)a;
    double q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Median of n >= 1 finite values; scratch holds n. */
static double median(const double *values, double *scratch, size_t n)
{
    memcpy(scratch, values, n * sizeof *values);
    qsort(scratch, n, sizeof *scratch, by_value);
    return scratch[n / 2];
}

static hg_status take_sample(vote *v, const double *x, const double *y, size_t n, hg_error *err)
{
    size_t tries = n < SAMPLE ? n : SAMPLE;
    for (size_t k = 0; k < tries; k++) {
        size_t i = (size_t)((double)k * ((double)n / (double)tries));
        if (i < n && isfinite(x[i]) && isfinite(y[i])) {
            v->x[v->n] = x[i];
            v->y[v->n++] = y[i];
        }
    }
    if (v->n == 0)
        return hg_fail(err, HG_EDATA, "none of %zu points has finite coordinates", n);
    v->median_x = median(v->x, v->work_x, v->n);
    v->median_y = median(v->y, v->work_x, v->n);
    return HG_OK;
}

/* West, middle and east of the region in degrees; NaN for a plane that leads nowhere. */
static hg_status locate_area(vote *v, hg_error *err)
{
    hg_transform *t = NULL;
    double box[4];
    hg_region_bounds(v->region, box);
    for (int i = 0; i < 4; i++)
        box[i] /= v->metres;
    double x[3] = {box[0], (box[0] + box[2]) / 2.0, box[2]};
    double y[3] = {(box[1] + box[3]) / 2.0, (box[1] + box[3]) / 2.0, (box[1] + box[3]) / 2.0};
    hg_status status = hg_transform_new(v->analysis, v->degrees, &t, err);
    if (status == HG_EUSAGE) {
        for (int i = 0; i < 3; i++)
            v->area_lon[i] = NAN;
        v->area_lat = NAN;
        return HG_OK;
    }
    if (status == HG_OK)
        status = hg_transform_points(t, x, y, 3, 1, err);
    hg_transform_free(t);
    if (status == HG_OK) {
        memcpy(v->area_lon, x, sizeof x);
        v->area_lat = y[1];
    }
    return status;
}

static hg_status move(const hg_crs *from, const hg_crs *to, vote *v, hg_error *err)
{
    hg_transform *t = NULL;
    hg_status status = hg_transform_new(from, to, &t, err);
    if (status == HG_OK)
        status = hg_transform_points(t, v->work_x, v->work_y, v->n, 1, err);
    hg_transform_free(t);
    return status;
}

/* Offsets are defined on degrees: coordinates of other CRSs take the way round by them. */
static hg_status undo_offset(hg_datum datum, vote *v, const hg_crs **crs, hg_error *err)
{
    hg_status status = HG_OK;
    if (datum != HG_GCJ02 && datum != HG_BD09)
        return HG_OK;
    if (!hg_crs_is_geographic(*crs)) {
        status = move(*crs, v->degrees, v, err);
        *crs = v->degrees;
    }
    for (size_t i = 0; i < v->n && status == HG_OK; i++) {
        if (!hg_datum_to_wgs84(datum, &v->work_x[i], &v->work_y[i]))
            v->work_x[i] = v->work_y[i] = NAN;
    }
    return status;
}

static hg_status count_inside(vote *v, const hg_crs *crs, const candidate *c, size_t *inside,
                              hg_error *err)
{
    memcpy(v->work_x, c->swapped ? v->y : v->x, v->n * sizeof *v->x);
    memcpy(v->work_y, c->swapped ? v->x : v->y, v->n * sizeof *v->y);
    hg_status status = undo_offset(c->datum, v, &crs, err);
    if (status == HG_OK)
        status = move(crs, v->analysis, v, err);
    if (status == HG_OK)
        status = hg_region_classify(v->region, v->work_x, v->work_y, v->n, 0.0, 1, v->where, err);
    *inside = 0;
    for (size_t i = 0; i < v->n && status == HG_OK; i++)
        *inside += v->where[i] == HG_INSIDE;
    return status;
}

/* Adds one reading. A CRS that PROJ does not know here, or that leads nowhere, is no reading. */
static hg_status try_reading(vote *v, const candidate *c, const char *name, const char *option,
                             hg_error *err)
{
    hg_crs *own = NULL;
    if (v->count == HG_MAX_READINGS)
        return HG_OK;
    hg_reading r = {.tried = v->n};
    hg_status status = c->crs ? hg_crs_new(c->crs, "reading", &own, err) : HG_OK;
    if (status == HG_OK)
        status = count_inside(v, own ? own : v->given, c, &r.inside, err);
    hg_crs_free(own);
    if (status == HG_EUSAGE)
        return HG_OK;
    if (status != HG_OK)
        return status;
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.option, sizeof r.option, "%s", option);
    v->readings[v->count++] = r;
    return HG_OK;
}

/* The columns' names are not known here. */
#define SWAP_OPTION "--x <y col> --y <x col>"

static hg_status try_degrees(vote *v, hg_error *err)
{
    static const struct {
        hg_datum datum;
        const char *name, *option;
    } offsets[] = {{HG_WGS84, "WGS 84", "--datum wgs84"},
                   {HG_GCJ02, "GCJ-02", "--datum gcj02"},
                   {HG_BD09, "BD-09", "--datum bd09"}};
    bool geographic = hg_crs_is_geographic(v->given);
    hg_datum plain = v->datum == HG_CGCS2000 ? HG_WGS84 : v->datum;
    hg_status status = HG_OK;
    for (int i = 0; i < 6 && status == HG_OK; i++) {
        hg_datum datum = offsets[i / 2].datum;
        candidate c = {geographic ? NULL : "EPSG:4326", datum, i % 2 == 1};
        bool same_datum = geographic && datum == plain;
        if (same_datum && !c.swapped)
            continue;
        char name[48];
        char option[64];
        if (same_datum)
            snprintf(name, sizeof name, "axes swapped");
        else
            snprintf(name, sizeof name, "%s%s%s", geographic ? "" : "degrees, ",
                     offsets[i / 2].name, c.swapped ? ", axes swapped" : "");
        snprintf(option, sizeof option, "%s%s%s%s", geographic ? "" : "--crs EPSG:4326 ",
                 same_datum ? "" : offsets[i / 2].option, c.swapped && !same_datum ? " " : "",
                 c.swapped ? SWAP_OPTION : "");
        status = try_reading(v, &c, name, option, err);
    }
    return status;
}

enum { NO_PREFIX = 0, ANY_EASTING = -1 };

/* Whether this could be an easting of a CRS whose eastings begin with this zone's number. */
static bool prefix_fits(double easting, int prefix)
{
    return prefix == ANY_EASTING || floor(easting / 1e6) == prefix;
}

static hg_status try_plane(vote *v, int epsg, int prefix, const char *label, hg_error *err)
{
    char code[CODE_ROOM];
    snprintf(code, sizeof code, "EPSG:%d", epsg);
    bool offset = v->datum == HG_GCJ02 || v->datum == HG_BD09;
    hg_status status = HG_OK;
    for (int swapped = 0; swapped < 2 && status == HG_OK; swapped++) {
        if (!prefix_fits(swapped ? v->median_y : v->median_x, prefix))
            continue;
        const char *given = hg_crs_code(v->given);
        if (given && strcmp(given, code) == 0 && !offset)
            continue; /* as given, and its own swapped reading, are there already */
        candidate c = {code, HG_CGCS2000, swapped == 1};
        char name[48];
        char option[64];
        snprintf(name, sizeof name, "%s%s%s", code, label, swapped ? ", axes swapped" : "");
        snprintf(option, sizeof option, "--crs %s%s%s", code, offset ? " --datum wgs84" : "",
                 swapped ? " " SWAP_OPTION : "");
        status = try_reading(v, &c, name, option, err);
    }
    return status;
}

/* A family of Gauss-Kruger CRSs of CGCS2000, by the number of the zone with its CM at 75 E. */
typedef struct family {
    int width_deg, first_zone, first_with_zone, first_without;
} family;

/* Whether zone number `step` (0 at 75 E) lies over the area or next to a zone that does. */
static bool near_area(const vote *v, int width_deg, int step)
{
    double west = round((v->area_lon[0] - 75.0) / width_deg) - 1.0;
    double east = round((v->area_lon[2] - 75.0) / width_deg) + 1.0;
    return step >= west && step <= east;
}

static hg_status try_zone(vote *v, const family *f, int step, hg_error *err)
{
    char label[32];
    int zone = f->first_zone + step;
    snprintf(label, sizeof label, " (zone %d)", zone);
    hg_status status = try_plane(v, f->first_with_zone + step, zone, label, err);
    /* Without prefix a 6-degree zone is the 3-degree zone on the same meridian. */
    if (status != HG_OK || (f->width_deg == 6 && near_area(v, 3, 2 * step)))
        return status;
    snprintf(label, sizeof label, " (CM %dE)", 75 + step * f->width_deg);
    return try_plane(v, f->first_without + step, NO_PREFIX, label, err);
}

/* EPSG's zones run from 75 to 135 E. */
static hg_status try_family(vote *v, const family *f, hg_error *err)
{
    hg_status status = HG_OK;
    for (int step = 0; step <= 60 / f->width_deg && status == HG_OK; step++) {
        if (near_area(v, f->width_deg, step))
            status = try_zone(v, f, step, err);
    }
    return status;
}

static hg_status try_world(vote *v, hg_error *err)
{
    if (!(fabs(v->area_lon[1]) <= 180.0))
        return HG_OK;
    char label[32];
    int zone = (int)fmin(floor((v->area_lon[1] + 180.0) / 6.0), 59.0) + 1;
    bool south = v->area_lat < 0.0;
    snprintf(label, sizeof label, " (UTM %d%c)", zone, south ? 'S' : 'N');
    hg_status status = try_plane(v, (south ? 32700 : 32600) + zone, NO_PREFIX, label, err);
    if (status != HG_OK)
        return status;
    return try_plane(v, 3857, ANY_EASTING, " (Web Mercator)", err);
}

static hg_status try_planes(vote *v, hg_error *err)
{
    static const family three = {3, 25, 4513, 4534};
    static const family six = {6, 13, 4491, 4502};
    candidate swapped = {NULL, v->datum, true};
    hg_status status = HG_OK;
    if (!hg_crs_is_geographic(v->given))
        status = try_reading(v, &swapped, "axes swapped", SWAP_OPTION, err);
    if (status == HG_OK)
        status = try_family(v, &three, err);
    if (status == HG_OK)
        status = try_family(v, &six, err);
    if (status == HG_OK)
        status = try_world(v, err);
    return status;
}

/* By share, best first; equals stay in the order they were tried. */
static void rank(hg_reading *readings, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        hg_reading r = readings[i];
        size_t at = i;
        for (; at > 0 && readings[at - 1].inside < r.inside; at--)
            readings[at] = readings[at - 1];
        readings[at] = r;
    }
}

/* Degrees may be off by a sloppy axis (lat/lon swapped), never beyond 360. */
static bool could_be_degrees(const vote *v)
{
    return fabs(v->median_x) <= 360.0 && fabs(v->median_y) <= 360.0;
}

static hg_status run(vote *v, const double *x, const double *y, size_t n, hg_error *err)
{
    candidate as_given = {NULL, v->datum, false};
    size_t inside = 0;
    hg_status status = take_sample(v, x, y, n, err);
    if (status == HG_OK)
        status = locate_area(v, err);
    if (status == HG_OK) /* here a transformation that does not exist is the caller's business */
        status = count_inside(v, v->given, &as_given, &inside, err);
    if (status != HG_OK)
        return status;
    v->readings[v->count++] =
        (hg_reading){.name = "as given", .option = "", .inside = inside, .tried = v->n};
    status = could_be_degrees(v) ? try_degrees(v, err) : try_planes(v, err);
    rank(v->readings + 1, v->count - 1);
    return status;
}

static void dispose(vote *v)
{
    hg_crs_free(v->degrees);
    hg_free(v->x);
    hg_free(v->y);
    hg_free(v->work_x);
    hg_free(v->work_y);
    hg_free(v->where);
    hg_free(v->readings);
}

hg_status hg_placing_vote(const double *x, const double *y, size_t n, const hg_crs *given,
                          hg_datum datum, const hg_crs *analysis, const hg_region *region,
                          hg_reading readings[HG_MAX_READINGS], size_t *count, hg_error *err)
{
    vote v = {.given = given, .datum = datum, .analysis = analysis, .region = region};
    v.metres = hg_crs_unit_m(analysis);
    v.x = hg_malloc(SAMPLE, sizeof *v.x);
    v.y = hg_malloc(SAMPLE, sizeof *v.y);
    v.work_x = hg_malloc(SAMPLE, sizeof *v.work_x);
    v.work_y = hg_malloc(SAMPLE, sizeof *v.work_y);
    v.where = hg_malloc(SAMPLE, sizeof *v.where);
    v.readings = hg_calloc(HG_MAX_READINGS, sizeof *v.readings);
    hg_status status = hg_crs_new("EPSG:4326", "WGS 84", &v.degrees, err);
    if (!v.x || !v.y || !v.work_x || !v.work_y || !v.where || !v.readings)
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = run(&v, x, y, n, err);
    if (status == HG_OK) {
        memcpy(readings, v.readings, v.count * sizeof *readings);
        *count = v.count;
    }
    dispose(&v);
    return status;
}
