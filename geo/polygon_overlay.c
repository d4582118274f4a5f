/* Overlays by GEOS's OverlayNG with snap rounding, in millimetres from a corner near by. */
#include "geo/polygon_geos.h"

static bool boxes_meet(const hg_polygon_mm *a, const hg_polygon_mm *b)
{
    return a->rings > 0 && b->rings > 0 && a->box[0] <= b->box[2] && b->box[0] <= a->box[2] &&
           a->box[1] <= b->box[3] && b->box[1] <= a->box[3];
}

static GEOSGeometry *run(GEOSContextHandle_t geos, hg_overlay op, const GEOSGeometry *a,
                         const GEOSGeometry *b)
{
    static const double grid_mm = 1.0;
    switch (op) {
    case HG_UNION:
        return GEOSUnionPrec_r(geos, a, b, grid_mm);
    case HG_INTERSECTION:
        return GEOSIntersectionPrec_r(geos, a, b, grid_mm);
    default:
        return GEOSDifferencePrec_r(geos, a, b, grid_mm);
    }
}

static hg_status overlay(GEOSContextHandle_t geos, hg_overlay op, const hg_polygon_mm *a,
                         const hg_polygon_mm *b, hg_polygon_mm *out, hg_error *err)
{
    GEOSGeometry *ga = NULL, *gb = NULL, *result = NULL;
    const int64_t *origin = a->rings > 0 ? a->box : b->box;
    hg_status status = hg_polygon_to_geos(geos, a, origin, &ga, err);
    if (status == HG_OK)
        status = hg_polygon_to_geos(geos, b, origin, &gb, err);
    if (status == HG_OK) {
        result = run(geos, op, ga, gb);
        if (!result)
            status = hg_fail(err, HG_EFAIL, "two polygons near %.0f %.0f could not be overlaid",
                             (double)origin[0] / 1000.0, (double)origin[1] / 1000.0);
    }
    if (status == HG_OK)
        status = hg_polygon_from_geos(geos, result, 1.0, origin, out, err);
    GEOSGeom_destroy_r(geos, result);
    GEOSGeom_destroy_r(geos, gb);
    GEOSGeom_destroy_r(geos, ga);
    return status;
}

hg_status hg_polygon_mm_overlay(hg_overlay op, const hg_polygon_mm *a, const hg_polygon_mm *b,
                                hg_polygon_mm *out, hg_error *err)
{
    GEOSContextHandle_t geos = NULL;
    if (op != HG_UNION && !boxes_meet(a, b)) {
        static const hg_polygon_mm empty = {0};
        return hg_polygon_mm_copy(op == HG_DIFFERENCE ? a : &empty, out, err);
    }
    hg_status status = hg_geos_open(&geos, err);
    if (status == HG_OK)
        status = overlay(geos, op, a, b, out, err);
    hg_geos_close(geos);
    return status;
}

static hg_status gather(GEOSContextHandle_t geos, const hg_polygon_mm *const *polygons, size_t n,
                        const int64_t origin[2], hg_geos_list *list, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        GEOSGeometry *g = NULL;
        status = hg_polygon_to_geos(geos, polygons[i], origin, &g, err);
        if (status == HG_OK)
            status = hg_geos_list_add(geos, list, g, err);
    }
    return status;
}

static hg_status unite(GEOSContextHandle_t geos, const hg_polygon_mm *const *polygons, size_t n,
                       const int64_t origin[2], hg_polygon_mm *out, hg_error *err)
{
    hg_geos_list list = {0};
    GEOSGeometry *all = NULL, *joined = NULL;
    hg_status status = gather(geos, polygons, n, origin, &list, err);
    if (status == HG_OK)
        status = hg_geos_list_join(geos, &list, GEOS_GEOMETRYCOLLECTION, &all, err);
    hg_geos_list_dispose(geos, &list);
    if (status == HG_OK) {
        joined = GEOSUnaryUnionPrec_r(geos, all, 1.0);
        if (!joined)
            status = hg_fail(err, HG_EFAIL, "%zu polygons near %.0f %.0f could not be joined", n,
                             (double)origin[0] / 1000.0, (double)origin[1] / 1000.0);
    }
    if (status == HG_OK)
        status = hg_polygon_from_geos(geos, joined, 1.0, origin, out, err);
    GEOSGeom_destroy_r(geos, joined);
    GEOSGeom_destroy_r(geos, all);
    return status;
}

hg_status hg_polygon_mm_union(const hg_polygon_mm *const *polygons, size_t n, hg_polygon_mm *out,
                              hg_error *err)
{
    static const int64_t nowhere[2] = {0, 0};
    GEOSContextHandle_t geos = NULL;
    const int64_t *origin = nowhere;
    for (size_t i = n; i > 0; i--)
        origin = polygons[i - 1]->rings > 0 ? polygons[i - 1]->box : origin;
    hg_status status = hg_geos_open(&geos, err);
    if (status == HG_OK)
        status = unite(geos, polygons, n, origin, out, err);
    hg_geos_close(geos);
    return status;
}
