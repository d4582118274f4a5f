#include "geo/region_edges.h"
#include "base/memory.h"
#include "geo/directed_edges.h"
#include "geo/hull.h"

#include <math.h>
#include <string.h>

static hg_status from_edges(const hg_edge_list *list, hg_region **out, hg_error *err)
{
    if (list->count == 0)
        return hg_fail(err, HG_EDATA, "no polygon with an area");
    hg_region *region = hg_calloc(1, sizeof *region);
    if (!region)
        return hg_fail_memory(err);
    hg_status status = hg_edges_new(list->edges, list->count, &region->edges, err);
    if (status == HG_OK) {
        hg_edges_bounds(region->edges, region->box);
        double x = (region->box[0] + region->box[2]) / 2.0, y = (region->box[1] + region->box[3]) / 2.0;
        region->area_m2 = hg_directed_area(list->edges, list->count, x, y, NULL);
        if (!(region->area_m2 > 0.0))
            status = hg_fail(err, HG_EDATA, "no polygon with an area");
    }
    if (status == HG_OK)
        *out = region;
    else
        hg_region_free(region);
    return status;
}

static unsigned char *write_wkb(GEOSContextHandle_t geos, const GEOSGeometry *g, size_t *size)
{
    GEOSWKBWriter *writer = GEOSWKBWriter_create_r(geos);
    unsigned char *bytes = writer ? GEOSWKBWriter_write_r(geos, writer, g, size) : NULL;
    unsigned char *copy = bytes ? hg_malloc(*size, 1) : NULL;
    if (copy)
        memcpy(copy, bytes, *size);
    if (bytes)
        GEOSFree_r(geos, bytes);
    if (writer)
        GEOSWKBWriter_destroy_r(geos, writer);
    return copy;
}

static hg_status from_geometry(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_region **out,
                               hg_error *err)
{
    hg_edge_list list = {0};
    hg_region *region = NULL;
    hg_status status = hg_directed_edges(geos, g, &list, err);
    if (status == HG_OK)
        status = from_edges(&list, &region, err);
    if (status == HG_OK && !(region->wkb = write_wkb(geos, g, &region->wkb_size)))
        status = hg_fail_memory(err);
    hg_free(list.edges);
    if (status == HG_OK)
        *out = region;
    else
        hg_region_free(region);
    return status;
}

/* Polygons picked out of the shapes, all valid. */
typedef struct parts {
    GEOSContextHandle_t geos;
    hg_geos_list list;
    size_t repaired;
} parts;

static hg_status keep_shape(parts *p, const hg_shapes *shapes, size_t i, hg_error *err)
{
    GEOSGeometry *g = NULL;
    bool repaired = false;
    hg_status status = hg_geos_read(p->geos, shapes, i, &g, err);
    if (status != HG_OK)
        return status;
    /* Dimension 2 finds polygons inside collections too; points and lines need no repair. */
    if (GEOSGeom_getDimensions_r(p->geos, g) == 2) {
        status = hg_geos_repair(p->geos, &g, &repaired, err);
        if (status == HG_OK)
            status = hg_geos_list_polygons(p->geos, &p->list, g, err);
        p->repaired += repaired;
    }
    GEOSGeom_destroy_r(p->geos, g);
    return status;
}

static hg_status unite(parts *p, GEOSGeometry **out, hg_error *err)
{
    GEOSGeometry *all = NULL;
    size_t n = p->list.count;
    hg_status status = hg_geos_list_join(p->geos, &p->list, GEOS_GEOMETRYCOLLECTION, &all, err);
    if (status != HG_OK)
        return status;
    GEOSGeometry *joined = GEOSUnaryUnion_r(p->geos, all);
    GEOSGeom_destroy_r(p->geos, all);
    if (!joined)
        return hg_fail(err, HG_EFAIL, "the %zu polygons of the area could not be joined", n);
    *out = joined;
    return HG_OK;
}

static hg_status region_from_parts(parts *p, const hg_shapes *shapes, hg_region **out,
                                   hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < shapes->count && status == HG_OK; i++)
        status = keep_shape(p, shapes, i, err);
    if (status == HG_OK && p->list.count == 0)
        status = hg_fail(err, HG_EDATA, "%s: no polygon with an area among its %zu shapes",
                         shapes->source ? shapes->source : "area", shapes->count);
    GEOSGeometry *joined = NULL;
    if (status == HG_OK)
        status = unite(p, &joined, err);
    if (status == HG_OK) {
        status = from_geometry(p->geos, joined, out, err);
        GEOSGeom_destroy_r(p->geos, joined);
    }
    return status;
}

hg_status hg_region_new(const hg_shapes *shapes, size_t *repaired, hg_region **out, hg_error *err)
{
    parts p = {0};
    hg_status status = hg_geos_open(&p.geos, err);
    if (status != HG_OK)
        return status;
    status = region_from_parts(&p, shapes, out, err);
    if (status == HG_OK && repaired)
        *repaired = p.repaired;
    hg_geos_list_dispose(p.geos, &p.list);
    hg_geos_close(p.geos);
    return status;
}

static hg_status buffered(GEOSContextHandle_t geos, const double *x, const double *y, size_t n,
                          double buffer_m, hg_region **out, hg_error *err)
{
    enum { SEGMENTS_PER_QUARTER = 16 };
    GEOSGeometry *hull = NULL;
    hg_status status = hg_geos_hull(geos, x, y, n, &hull, err);
    if (status != HG_OK)
        return status;
    GEOSGeometry *wide = GEOSBuffer_r(geos, hull, buffer_m, SEGMENTS_PER_QUARTER);
    GEOSGeom_destroy_r(geos, hull);
    if (!wide)
        return hg_fail(err, HG_EFAIL, "the hull of %zu points could not be buffered by %.9g m", n,
                       buffer_m);
    status = from_geometry(geos, wide, out, err);
    GEOSGeom_destroy_r(geos, wide);
    return status;
}

hg_status hg_region_hull(const double *x, const double *y, size_t n, double buffer_m,
                         hg_region **out, hg_error *err)
{
    GEOSContextHandle_t geos = NULL;
    hg_points kept = {0};
    hg_status status = hg_geos_open(&geos, err);
    if (status != HG_OK)
        return status;
    status = hg_hull_candidates(geos, x, y, n, &kept, err);
    if (status == HG_OK)
        status = buffered(geos, kept.x, kept.y, kept.count, buffer_m, out, err);
    hg_free(kept.x);
    hg_free(kept.y);
    hg_geos_close(geos);
    return status;
}

hg_status hg_region_box(const double box[4], hg_region **out, hg_error *err)
{
    if (!(box[0] < box[2] && box[1] < box[3]) || !isfinite(box[2] - box[0]) ||
        !isfinite(box[3] - box[1]))
        return hg_fail(err, HG_EUSAGE,
                       "box %.9g,%.9g,%.9g,%.9g has no area; expected xmin,ymin,xmax,ymax", box[0],
                       box[1], box[2], box[3]);
    GEOSContextHandle_t geos = NULL;
    GEOSGeometry *polygon = NULL;
    hg_status status = hg_geos_open(&geos, err);
    if (status != HG_OK)
        return status;
    status = hg_geos_box(geos, box, &polygon, err);
    if (status == HG_OK) {
        status = from_geometry(geos, polygon, out, err);
        GEOSGeom_destroy_r(geos, polygon);
    }
    hg_geos_close(geos);
    return status;
}

void hg_region_free(hg_region *region)
{
    if (!region)
        return;
    hg_edges_free(region->edges);
    hg_free(region->wkb);
    hg_free(region);
}

double hg_region_area_m2(const hg_region *region)
{
    return region->area_m2;
}

void hg_region_bounds(const hg_region *region, double box[4])
{
    memcpy(box, region->box, sizeof region->box);
}
