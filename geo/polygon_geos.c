#include "geo/polygon_geos.h"
#include "base/memory.h"
#include "geo/polygon_build.h"

typedef struct walker {
    GEOSContextHandle_t geos;
    hg_polygon_builder builder;
} walker;

static hg_status add_ring(void *payload, double *xy, unsigned n, bool hole, hg_error *err)
{
    return hg_polygon_builder_ring(&((walker *)payload)->builder, xy, n, hole, err);
}

static hg_status add_polygon(void *payload, const GEOSGeometry *polygon, hg_error *err)
{
    return hg_geos_each_ring(((walker *)payload)->geos, polygon, add_ring, payload, err);
}

hg_status hg_polygon_from_geos(GEOSContextHandle_t geos, const GEOSGeometry *g, double per_unit,
                               const int64_t origin[2], hg_polygon_mm *out, hg_error *err)
{
    walker w = {.geos = geos, .builder = {.per_unit = per_unit, .origin = {origin[0], origin[1]}}};
    hg_status status = hg_geos_each_polygon(geos, g, add_polygon, &w, err);
    if (status == HG_OK)
        hg_polygon_builder_finish(&w.builder, out);
    else
        hg_polygon_mm_dispose(&w.builder.p);
    return status;
}

static GEOSGeometry *make_ring(GEOSContextHandle_t geos, const int64_t *xy, size_t n,
                               const int64_t origin[2], double *buffer)
{
    for (size_t i = 0; i < n; i++) {
        buffer[2 * i] = (double)(xy[2 * i] - origin[0]);
        buffer[2 * i + 1] = (double)(xy[2 * i + 1] - origin[1]);
    }
    GEOSCoordSequence *seq = GEOSCoordSeq_copyFromBuffer_r(geos, buffer, (unsigned)n, 0, 0);
    return seq ? GEOSGeom_createLinearRing_r(geos, seq) : NULL;
}

/* The rings from..to, a shell and its holes. rings and buffer have room for any polygon of p. */
static GEOSGeometry *make_polygon(GEOSContextHandle_t geos, const hg_polygon_mm *p, size_t from,
                                  size_t to, const int64_t origin[2], GEOSGeometry **rings,
                                  double *buffer)
{
    size_t made = 0;
    for (size_t r = from; r < to; r++) {
        rings[made] = make_ring(geos, p->xy + 2 * p->ring_start[r],
                                p->ring_start[r + 1] - p->ring_start[r], origin, buffer);
        if (!rings[made])
            break;
        made++;
    }
    if (made == to - from)
        return GEOSGeom_createPolygon_r(geos, rings[0], rings + 1, (unsigned)made - 1);
    while (made > 0)
        GEOSGeom_destroy_r(geos, rings[--made]);
    return NULL;
}

static size_t end_of_polygon(const hg_polygon_mm *p, size_t shell)
{
    size_t r = shell + 1;
    while (r < p->rings && hg_ring_mm_area(p->xy + 2 * p->ring_start[r],
                                           p->ring_start[r + 1] - p->ring_start[r]) < 0)
        r++;
    return r;
}

static hg_status list_polygons(GEOSContextHandle_t geos, const hg_polygon_mm *p,
                               const int64_t origin[2], hg_geos_list *list, hg_error *err)
{
    size_t points = p->rings > 0 ? p->ring_start[p->rings] : 0;
    double *buffer = hg_malloc(points + 1, 2 * sizeof *buffer);
    GEOSGeometry **rings = hg_malloc(p->rings + 1, sizeof *rings);
    hg_status status = buffer && rings ? HG_OK : hg_fail_memory(err);
    for (size_t r = 0; r < p->rings && status == HG_OK;) {
        size_t end = end_of_polygon(p, r);
        GEOSGeometry *polygon = make_polygon(geos, p, r, end, origin, rings, buffer);
        status = polygon ? hg_geos_list_add(geos, list, polygon, err) : hg_fail_memory(err);
        r = end;
    }
    hg_free(rings);
    hg_free(buffer);
    return status;
}

hg_status hg_polygon_to_geos(GEOSContextHandle_t geos, const hg_polygon_mm *p,
                             const int64_t origin[2], GEOSGeometry **out, hg_error *err)
{
    hg_geos_list list = {0};
    GEOSGeometry *g = NULL;
    bool repaired = false;
    hg_status status = list_polygons(geos, p, origin, &list, err);
    if (status == HG_OK)
        status = hg_geos_list_join(geos, &list, GEOS_MULTIPOLYGON, &g, err);
    hg_geos_list_dispose(geos, &list);
    if (status == HG_OK)
        status = hg_geos_repair(geos, &g, &repaired, err);
    if (status == HG_OK)
        *out = g;
    else if (g)
        GEOSGeom_destroy_r(geos, g);
    return status;
}
