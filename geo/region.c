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

/* The edges of one geometry's rings: shells counter-clockwise, holes clockwise. */
typedef struct ring_reader {
    GEOSContextHandle_t geos;
    edge_list *list;
} ring_reader;

static hg_status add_ring(void *payload, double *xy, unsigned n, bool hole, hg_error *err)
{
    const ring_reader *r = payload;
    return add_edges(r->list, xy, n, (ring_area2(xy, n) < 0.0) != hole, err);
}

static hg_status add_polygon(void *payload, const GEOSGeometry *polygon, hg_error *err)
{
    const ring_reader *r = payload;
    return hg_geos_each_ring(r->geos, polygon, add_ring, payload, err);
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
    ring_reader reader = {geos, &list};
    hg_status status = hg_geos_each_polygon(geos, g, add_polygon, &reader, err);
    if (status == HG_OK)
        status = from_edges(&list, out, err);
    hg_free(list.edges);
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
