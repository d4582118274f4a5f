#include "geo/region_edges.h"
#include "base/memory.h"
#include "geo/hull.h"

#include <math.h>
#include <string.h>

/* Edges in the order they are read. */
typedef struct edge_list {
    hg_edge *edges;
    size_t count, capacity;
} edge_list;

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

static hg_status add_edges(edge_list *list, const double *xy, unsigned n, bool reverse,
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
                          edge_list *list, hg_error *err)
{
    unsigned n = 0;
    const GEOSCoordSequence *seq = ring ? GEOSGeom_getCoordSeq_r(geos, ring) : NULL;
    if (!seq || !GEOSCoordSeq_getSize_r(geos, seq, &n))
        return hg_fail(err, HG_EFAIL, "a ring of the area could not be read");
    double *xy = hg_malloc(n, 2 * sizeof *xy);
    if (!xy)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    if (!GEOSCoordSeq_copyToBuffer_r(geos, seq, xy, 0, 0))
        status = hg_fail(err, HG_EFAIL, "a ring of the area could not be read");
    if (status == HG_OK)
        status = add_edges(list, xy, n, (ring_area2(xy, n) < 0.0) != hole, err);
    hg_free(xy);
    return status;
}

static hg_status add_polygon(GEOSContextHandle_t geos, const GEOSGeometry *polygon, edge_list *list,
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

static hg_status add_all(GEOSContextHandle_t geos, const GEOSGeometry *g, edge_list *list,
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
        status = add_all(geos, GEOSGetGeometryN_r(geos, g, i), list, err);
    return status;
}

/* By Green's theorem, about the middle of the box. */
static double area_to_the_left(const hg_edge *edges, size_t n, const double box[4])
{
    double x = (box[0] + box[2]) / 2.0;
    double y = (box[1] + box[3]) / 2.0;
    long double sum = 0.0L;
    for (size_t i = 0; i < n; i++) {
        const hg_edge *e = &edges[i];
        sum += (e->ax - x) * (e->by - y) - (e->ay - y) * (e->bx - x);
    }
    return (double)(sum / 2.0L);
}

static hg_status from_edges(const edge_list *list, hg_region **out, hg_error *err)
{
    if (list->count == 0)
        return hg_fail(err, HG_EDATA, "no polygon with an area");
    hg_region *region = hg_calloc(1, sizeof *region);
    if (!region)
        return hg_fail_memory(err);
    hg_status status = hg_edges_new(list->edges, list->count, &region->edges, err);
    if (status == HG_OK) {
        hg_edges_bounds(region->edges, region->box);
        region->area_m2 = area_to_the_left(list->edges, list->count, region->box);
        if (!(region->area_m2 > 0.0))
            status = hg_fail(err, HG_EDATA, "no polygon with an area");
    }
    if (status == HG_OK)
        *out = region;
    else
        hg_region_free(region);
    return status;
}

static hg_status from_geometry(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_region **out,
                               hg_error *err)
{
    edge_list list = {0};
    hg_status status = add_all(geos, g, &list, err);
    if (status == HG_OK)
        status = from_edges(&list, out, err);
    hg_free(list.edges);
    return status;
}

/* Polygons picked out of the shapes, all valid. */
typedef struct parts {
    GEOSContextHandle_t geos;
    GEOSGeometry **list;
    size_t count, capacity, repaired;
} parts;

/* Keeps copies of the polygons in g, whatever it is. */
static hg_status keep_polygons(parts *p, const GEOSGeometry *g, hg_error *err)
{
    hg_status status = HG_OK;
    int type = GEOSGeomTypeId_r(p->geos, g);
    if (type == GEOS_POLYGON && GEOSisEmpty_r(p->geos, g) == 0) {
        GEOSGeometry **grown = hg_grow(p->list, &p->capacity, p->count + 1, sizeof *p->list);
        if (!grown)
            return hg_fail_memory(err);
        p->list = grown;
        p->list[p->count] = GEOSGeom_clone_r(p->geos, g);
        return p->list[p->count] && ++p->count ? HG_OK : hg_fail_memory(err);
    }
    if (type != GEOS_MULTIPOLYGON && type != GEOS_GEOMETRYCOLLECTION)
        return HG_OK;
    int n = GEOSGetNumGeometries_r(p->geos, g);
    for (int i = 0; i < n && status == HG_OK; i++)
        status = keep_polygons(p, GEOSGetGeometryN_r(p->geos, g, i), err);
    return status;
}

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
            status = keep_polygons(p, g, err);
        p->repaired += repaired;
    }
    GEOSGeom_destroy_r(p->geos, g);
    return status;
}

static void drop_parts(parts *p)
{
    for (size_t i = 0; i < p->count; i++)
        GEOSGeom_destroy_r(p->geos, p->list[i]);
    hg_free(p->list);
    p->list = NULL;
    p->count = 0;
}

static hg_status unite(parts *p, GEOSGeometry **out, hg_error *err)
{
    GEOSGeometry *all =
        GEOSGeom_createCollection_r(p->geos, GEOS_GEOMETRYCOLLECTION, p->list, (unsigned)p->count);
    if (!all)
        return hg_fail_memory(err);
    p->count = 0; /* the collection owns them now */
    GEOSGeometry *joined = GEOSUnaryUnion_r(p->geos, all);
    size_t n = (size_t)GEOSGetNumGeometries_r(p->geos, all);
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
    if (status == HG_OK && p->count == 0)
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
    drop_parts(&p);
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
    hg_edge edges[4] = {
        {box[0], box[1], box[2], box[1]},
        {box[2], box[1], box[2], box[3]},
        {box[2], box[3], box[0], box[3]},
        {box[0], box[3], box[0], box[1]},
    };
    edge_list list = {.edges = edges, .count = 4};
    return from_edges(&list, out, err);
}

void hg_region_free(hg_region *region)
{
    if (!region)
        return;
    hg_edges_free(region->edges);
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
