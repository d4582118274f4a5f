#include "geo/geos.h"

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

static GEOSGeometry *make_valid(GEOSContextHandle_t geos, const GEOSGeometry *geometry)
{
    GEOSMakeValidParams *params = GEOSMakeValidParams_create_r(geos);
    if (!params)
        return NULL;
    GEOSMakeValidParams_setMethod_r(geos, params, GEOS_MAKE_VALID_STRUCTURE);
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
        GEOSGeometry *better = make_valid(geos, *geometry);
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
