#include "geo/directed_edges.h"
#include "base/memory.h"

/* Twice the area to the left of a closed ring, about its first point so that little cancels. */
static double ring_area2(const double *xy, unsigned n)
{
    double sum = 0.0;
    for (unsigned i = 0; i + 1 < n; i++) {
        double ax = xy[2 * i] - xy[0];
        double ay = xy[2 * i + 1] - xy[1];
        double bx = xy[2 * i + 2] - xy[0];
        double by = xy[2 * i + 3] - xy[1];
        sum += ax * by - ay * bx;
    }
    return sum;
}

static hg_status add_edges(hg_edge_list *list, const double *xy, unsigned n, bool reverse,
                           hg_error *err)
{
    hg_edge *grown = hg_grow(list->edges, &list->capacity, list->count + n, sizeof *list->edges);
    if (!grown)
        return hg_fail_memory(err);
    list->edges = grown;
    for (unsigned i = 0; i + 1 < n; i++) {
        const double *a = xy + 2 * (reverse ? n - 1 - i : i);
        const double *b = xy + 2 * (reverse ? n - 2 - i : i + 1);
        if (a[0] != b[0] || a[1] != b[1])
            list->edges[list->count++] = (hg_edge){a[0], a[1], b[0], b[1]};
    }
    return HG_OK;
}

/* Shells counter-clockwise, holes clockwise. */
static hg_status add_ring(GEOSContextHandle_t geos, const GEOSGeometry *ring, bool hole,
                          hg_edge_list *list, hg_error *err)
{
    unsigned n = 0;
    const GEOSCoordSequence *seq = ring ? GEOSGeom_getCoordSeq_r(geos, ring) : NULL;
    if (!seq || !GEOSCoordSeq_getSize_r(geos, seq, &n))
        return hg_fail(err, HG_EFAIL, "a ring of a polygon could not be read");
    double *xy = hg_malloc(n, 2 * sizeof *xy);
    if (!xy)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    if (!GEOSCoordSeq_copyToBuffer_r(geos, seq, xy, 0, 0))
        status = hg_fail(err, HG_EFAIL, "a ring of a polygon could not be read");
    if (status == HG_OK)
        status = add_edges(list, xy, n, (ring_area2(xy, n) < 0.0) != hole, err);
    hg_free(xy);
    return status;
}

static hg_status add_polygon(GEOSContextHandle_t geos, const GEOSGeometry *polygon, hg_edge_list *list,
                             hg_error *err)
{
    if (GEOSisEmpty_r(geos, polygon) == 1)
        return HG_OK;
    hg_status status = add_ring(geos, GEOSGetExteriorRing_r(geos, polygon), false, list, err);
    int holes = GEOSGetNumInteriorRings_r(geos, polygon);
    for (int i = 0; i < holes && status == HG_OK; i++)
        status = add_ring(geos, GEOSGetInteriorRingN_r(geos, polygon, i), true, list, err);
    return status;
}

hg_status hg_directed_edges(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_edge_list *list,
                            hg_error *err)
{
    hg_status status = HG_OK;
    int type = GEOSGeomTypeId_r(geos, g);
    if (type == GEOS_POLYGON)
        return add_polygon(geos, g, list, err);
    if (type != GEOS_MULTIPOLYGON && type != GEOS_GEOMETRYCOLLECTION)
        return HG_OK;
    int parts = GEOSGetNumGeometries_r(geos, g);
    for (int i = 0; i < parts && status == HG_OK; i++)
        status = hg_directed_edges(geos, GEOSGetGeometryN_r(geos, g, i), list, err);
    return status;
}

double hg_directed_area(const hg_edge *edges, size_t n, double x, double y, double centre[2])
{
    long double sum = 0.0L, mx = 0.0L, my = 0.0L;
    for (size_t i = 0; i < n; i++) {
        double ax = edges[i].ax - x, ay = edges[i].ay - y;
        double bx = edges[i].bx - x, by = edges[i].by - y;
        long double twice = (long double)ax * by - (long double)ay * bx;
        sum += twice;
        mx += twice * (ax + bx);
        my += twice * (ay + by);
    }
    if (centre && sum > 0.0L) {
        centre[0] = x + (double)(mx / (3.0L * sum));
        centre[1] = y + (double)(my / (3.0L * sum));
    }
    return (double)(sum / 2.0L);
}
