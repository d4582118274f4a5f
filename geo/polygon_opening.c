/* Morphological opening by GEOS's buffers. */
#include "base/memory.h"
#include "geo/polygon_build.h"
#include "geo/polygon_geos.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MM_PER_M = 1000.0;

/*
 * A mitre may be ten times as long as the offset: corners from 11.5 degrees on come back as they
 * were, the tips of sharper ones are cut off.
 */
static GEOSGeometry *offset(GEOSContextHandle_t geos, const GEOSGeometry *g, double mm)
{
    static const double longest_mitre = 10.0;
    GEOSGeometry *result = NULL;
    GEOSBufferParams *params = GEOSBufferParams_create_r(geos);
    if (params && GEOSBufferParams_setJoinStyle_r(geos, params, GEOSBUF_JOIN_MITRE) &&
        GEOSBufferParams_setMitreLimit_r(geos, params, longest_mitre))
        result = GEOSBufferWithParams_r(geos, g, params, mm);
    if (params)
        GEOSBufferParams_destroy_r(geos, params);
    return result;
}

/* Corners of the polygon that is opened, by x, in millimetres from the origin. */
typedef struct corner {
    double x, y;
} corner;

typedef struct redrawer {
    GEOSContextHandle_t geos;
    hg_polygon_builder builder;
    corner *corners;
    size_t count;
} redrawer;

static int by_x(const void *a, const void *b)
{
    const corner *p = a;
    const corner *q = b;
    if (p->x < q->x || p->x > q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

static hg_status sort_corners(const hg_polygon_mm *p, redrawer *d, hg_error *err)
{
    d->count = p->ring_start[p->rings];
    d->corners = hg_malloc(d->count, sizeof *d->corners);
    if (!d->corners)
        return hg_fail_memory(err);
    for (size_t i = 0; i < d->count; i++)
        d->corners[i] =
            (corner){(double)(p->xy[2 * i] - p->box[0]), (double)(p->xy[2 * i + 1] - p->box[1])};
    qsort(d->corners, d->count, sizeof *d->corners, by_x);
    return HG_OK;
}

static size_t first_from(const redrawer *d, double x)
{
    size_t low = 0, high = d->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->corners[middle].x < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Moves a point to the nearest corner within reach. */
static void draw(const redrawer *d, double xy[2])
{
    static const double reach_mm = 2.0;
    double nearest = reach_mm;
    const double x = xy[0], y = xy[1];
    for (size_t i = first_from(d, x - reach_mm); i < d->count; i++) {
        const corner *c = &d->corners[i];
        if (c->x > x + reach_mm)
            break;
        double distance = hypot(c->x - x, c->y - y);
        if (distance < nearest) {
            nearest = distance;
            xy[0] = c->x;
            xy[1] = c->y;
        }
    }
}

static hg_status redraw_ring(void *payload, double *xy, unsigned n, bool hole, hg_error *err)
{
    redrawer *d = payload;
    for (unsigned i = 0; i < n; i++)
        draw(d, xy + 2 * i);
    return hg_polygon_builder_ring(&d->builder, xy, n, hole, err);
}

static hg_status redraw_polygon(void *payload, const GEOSGeometry *polygon, hg_error *err)
{
    return hg_geos_each_ring(((redrawer *)payload)->geos, polygon, redraw_ring, payload, err);
}

static hg_status redraw(GEOSContextHandle_t geos, const hg_polygon_mm *p,
                        const GEOSGeometry *opened, hg_polygon_mm *mask, hg_error *err)
{
    redrawer d = {.geos = geos, .builder = {.per_unit = 1.0, .origin = {p->box[0], p->box[1]}}};
    hg_status status = sort_corners(p, &d, err);
    if (status == HG_OK)
        status = hg_geos_each_polygon(geos, opened, redraw_polygon, &d, err);
    if (status == HG_OK)
        hg_polygon_builder_finish(&d.builder, mask);
    hg_polygon_mm_dispose(&d.builder.p);
    hg_free(d.corners);
    return status;
}

static hg_status make_mask(GEOSContextHandle_t geos, const hg_polygon_mm *p, double half_mm,
                           hg_polygon_mm *mask, hg_error *err)
{
    GEOSGeometry *whole = NULL, *eroded = NULL, *opened = NULL;
    hg_status status = hg_polygon_to_geos(geos, p, p->box, &whole, err);
    if (status == HG_OK) {
        eroded = offset(geos, whole, -half_mm);
        opened = eroded ? offset(geos, eroded, half_mm) : NULL;
        if (!opened)
            status = hg_fail(err, HG_EFAIL, "a polygon near %.0f %.0f could not be opened by %g m",
                             (double)p->box[0] / MM_PER_M, (double)p->box[1] / MM_PER_M,
                             half_mm / MM_PER_M);
    }
    if (status == HG_OK)
        status = redraw(geos, p, opened, mask, err);
    GEOSGeom_destroy_r(geos, opened);
    GEOSGeom_destroy_r(geos, eroded);
    GEOSGeom_destroy_r(geos, whole);
    return status;
}

hg_status hg_polygon_mm_opening_mask(const hg_polygon_mm *p, double half_m, hg_polygon_mm *mask,
                                     hg_error *err)
{
    GEOSContextHandle_t geos = NULL;
    if (!(half_m >= 0.0 && half_m < INFINITY))
        return hg_fail(err, HG_EUSAGE, "a tolerance of %g m; expected 0 or more", 2.0 * half_m);
    if (p->rings == 0 || !(half_m > 0.0))
        return hg_polygon_mm_copy(p, mask, err);
    hg_status status = hg_geos_open(&geos, err);
    if (status == HG_OK)
        status = make_mask(geos, p, half_m * MM_PER_M, mask, err);
    hg_geos_close(geos);
    return status;
}
