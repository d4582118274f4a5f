#include "geo/geos.h"
#include "base/memory.h"

#include <math.h>

hg_status hg_geos_open(GEOSContextHandle_t *out, hg_error *err)
{
    GEOSContextHandle_t geos = GEOS_init_r(); /* has no message handlers, hence is silent */
    if (!geos)
        return hg_fail_memory(err);
    *out = geos;
    return HG_OK;
}

void hg_geos_close(GEOSContextHandle_t geos)
{
    if (geos)
        GEOS_finish_r(geos);
}

static hg_status check_finite(GEOSContextHandle_t geos, const hg_shapes *shapes, size_t i,
                              const GEOSGeometry *geometry, hg_error *err)
{
    double box[4] = {0};
    if (GEOSisEmpty_r(geos, geometry) == 1)
        return HG_OK;
    bool known = GEOSGeom_getXMin_r(geos, geometry, &box[0]) &&
                 GEOSGeom_getYMin_r(geos, geometry, &box[1]) &&
                 GEOSGeom_getXMax_r(geos, geometry, &box[2]) &&
                 GEOSGeom_getYMax_r(geos, geometry, &box[3]);
    for (int k = 0; k < 4; k++)
        known = known && isfinite(box[k]);
    return known ? HG_OK
                 : hg_fail(err, HG_EDATA, "%s: shape %zu has coordinates that are not finite",
                           shapes->source ? shapes->source : "shapes", i + 1);
}

hg_status hg_geos_read(GEOSContextHandle_t geos, const hg_shapes *shapes, size_t i,
                       GEOSGeometry **out, hg_error *err)
{
    GEOSWKBReader *reader = GEOSWKBReader_create_r(geos);
    if (!reader)
        return hg_fail_memory(err);
    GEOSWKBReader_setFixStructure_r(geos, reader, 1);
    const hg_shape *s = &shapes->shapes[i];
    GEOSGeometry *geometry = GEOSWKBReader_read_r(geos, reader, s->wkb, s->size);
    GEOSWKBReader_destroy_r(geos, reader);
    if (!geometry)
        return hg_fail(err, HG_EDATA, "%s: shape %zu is no well-formed WKB geometry",
                       shapes->source ? shapes->source : "shapes", i + 1);
    hg_status status = check_finite(geos, shapes, i, geometry, err);
    if (status == HG_OK)
        *out = geometry;
    else
        GEOSGeom_destroy_r(geos, geometry);
    return status;
}

static GEOSGeometry *make_valid(GEOSContextHandle_t geos, const GEOSGeometry *geometry,
                                enum GEOSMakeValidMethods method)
{
    GEOSMakeValidParams *params = GEOSMakeValidParams_create_r(geos);
    if (!params)
        return NULL;
    GEOSMakeValidParams_setMethod_r(geos, params, method);
    GEOSMakeValidParams_setKeepCollapsed_r(geos, params, 0);
    GEOSGeometry *valid = GEOSMakeValidWithParams_r(geos, geometry, params);
    GEOSMakeValidParams_destroy_r(geos, params);
    return valid;
}

hg_status hg_geos_repair(GEOSContextHandle_t geos, GEOSGeometry **geometry, bool *repaired,
                         hg_error *err)
{
    bool valid = GEOSisValid_r(geos, *geometry) == 1;
    if (!valid) {
        GEOSGeometry *better = make_valid(geos, *geometry, GEOS_MAKE_VALID_STRUCTURE);
        if (!better) /* GEOS 3.11 gives up on some spikes that run back through their own corner */
            better = make_valid(geos, *geometry, GEOS_MAKE_VALID_LINEWORK);
        if (!better)
            return hg_fail(err, HG_EFAIL, "an invalid polygon could not be repaired");
        GEOSGeom_destroy_r(geos, *geometry);
        *geometry = better;
    }
    *repaired = !valid;
    return HG_OK;
}

hg_status hg_geos_box(GEOSContextHandle_t geos, const double box[4], GEOSGeometry **out,
                      hg_error *err)
{
    GEOSGeometry *polygon = GEOSGeom_createRectangle_r(geos, box[0], box[1], box[2], box[3]);
    if (!polygon)
        return hg_fail_memory(err);
    *out = polygon;
    return HG_OK;
}

hg_status hg_geos_each_polygon(GEOSContextHandle_t geos, const GEOSGeometry *g,
                               hg_geos_polygon_fn visit, void *payload, hg_error *err)
{
    int type = GEOSGeomTypeId_r(geos, g);
    if (type == GEOS_POLYGON)
        return GEOSisEmpty_r(geos, g) == 1 ? HG_OK : visit(payload, g, err);
    if (type != GEOS_MULTIPOLYGON && type != GEOS_GEOMETRYCOLLECTION)
        return HG_OK;
    hg_status status = HG_OK;
    int parts = GEOSGetNumGeometries_r(geos, g);
    for (int i = 0; i < parts && status == HG_OK; i++)
        status = hg_geos_each_polygon(geos, GEOSGetGeometryN_r(geos, g, i), visit, payload, err);
    return status;
}

static hg_status visit_ring(GEOSContextHandle_t geos, const GEOSGeometry *ring, bool hole,
                            hg_geos_ring_fn visit, void *payload, hg_error *err)
{
    unsigned n = 0;
    const GEOSCoordSequence *seq = ring ? GEOSGeom_getCoordSeq_r(geos, ring) : NULL;
    if (!seq || !GEOSCoordSeq_getSize_r(geos, seq, &n))
        return hg_fail(err, HG_EFAIL, "a ring of a polygon could not be read");
    double *xy = hg_malloc((size_t)n + 1, 2 * sizeof *xy);
    if (!xy)
        return hg_fail_memory(err);
    hg_status status = GEOSCoordSeq_copyToBuffer_r(geos, seq, xy, 0, 0)
                           ? visit(payload, xy, n, hole, err)
                           : hg_fail(err, HG_EFAIL, "a ring of a polygon could not be read");
    hg_free(xy);
    return status;
}

hg_status hg_geos_each_ring(GEOSContextHandle_t geos, const GEOSGeometry *polygon,
                            hg_geos_ring_fn visit, void *payload, hg_error *err)
{
    hg_status status =
        visit_ring(geos, GEOSGetExteriorRing_r(geos, polygon), false, visit, payload, err);
    int holes = GEOSGetNumInteriorRings_r(geos, polygon);
    for (int i = 0; i < holes && status == HG_OK; i++)
        status =
            visit_ring(geos, GEOSGetInteriorRingN_r(geos, polygon, i), true, visit, payload, err);
    return status;
}

hg_status hg_geos_list_add(GEOSContextHandle_t geos, hg_geos_list *list, GEOSGeometry *g,
                           hg_error *err)
{
    GEOSGeometry **grown = hg_grow(list->items, &list->capacity, list->count + 1, sizeof *grown);
    if (!grown) {
        GEOSGeom_destroy_r(geos, g);
        return hg_fail_memory(err);
    }
    list->items = grown;
    grown[list->count++] = g;
    return HG_OK;
}

typedef struct collector {
    GEOSContextHandle_t geos;
    hg_geos_list *list;
} collector;

static hg_status keep_polygon(void *payload, const GEOSGeometry *polygon, hg_error *err)
{
    const collector *c = payload;
    GEOSGeometry *copy = GEOSGeom_clone_r(c->geos, polygon);
    return copy ? hg_geos_list_add(c->geos, c->list, copy, err) : hg_fail_memory(err);
}

hg_status hg_geos_list_polygons(GEOSContextHandle_t geos, hg_geos_list *list, const GEOSGeometry *g,
                                hg_error *err)
{
    collector c = {geos, list};
    return hg_geos_each_polygon(geos, g, keep_polygon, &c, err);
}

hg_status hg_geos_list_join(GEOSContextHandle_t geos, hg_geos_list *list, int type,
                            GEOSGeometry **out, hg_error *err)
{
    GEOSGeometry *joined =
        GEOSGeom_createCollection_r(geos, type, list->items, (unsigned)list->count);
    list->count = 0; /* the collection owns them, or GEOS has let them go */
    hg_geos_list_dispose(geos, list);
    if (!joined)
        return hg_fail_memory(err);
    *out = joined;
    return HG_OK;
}

void hg_geos_list_dispose(GEOSContextHandle_t geos, hg_geos_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        GEOSGeom_destroy_r(geos, list->items[i]);
    hg_free(list->items);
    *list = (hg_geos_list){0};
}
