/* Which shapes touch an area? Asked of GEOS's prepared union of the area's polygons. */
#include "base/memory.h"
#include "geo/geos.h"

static hg_status read_valid(GEOSContextHandle_t geos, const hg_shapes *shapes, size_t i,
                            GEOSGeometry **out, hg_error *err)
{
    bool repaired = false;
    hg_status status = hg_geos_read(geos, shapes, i, out, err);
    return status == HG_OK ? hg_geos_repair(geos, out, &repaired, err) : status;
}

static hg_status unite(GEOSContextHandle_t geos, const hg_shapes *area, GEOSGeometry **out,
                       hg_error *err)
{
    GEOSGeometry **parts = hg_calloc(area->count, sizeof *parts);
    if (!parts)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    unsigned n = 0;
    for (; n < area->count && status == HG_OK; n++)
        status = read_valid(geos, area, n, &parts[n], err);
    GEOSGeometry *all = NULL;
    if (status == HG_OK) {
        all = GEOSGeom_createCollection_r(geos, GEOS_GEOMETRYCOLLECTION, parts, n);
        n = all ? 0 : n; /* the collection owns its parts */
        *out = all ? GEOSUnaryUnion_r(geos, all) : NULL;
        if (!*out)
            status = hg_fail(err, HG_EFAIL, "the polygons of the area could not be joined");
    }
    for (unsigned i = 0; i < n; i++)
        GEOSGeom_destroy_r(geos, parts[i]);
    GEOSGeom_destroy_r(geos, all);
    hg_free(parts);
    return status;
}

static hg_status ask(GEOSContextHandle_t geos, const GEOSPreparedGeometry *area,
                     const hg_shapes *shapes, bool *meets, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < shapes->count && status == HG_OK; i++) {
        GEOSGeometry *g = NULL;
        status = read_valid(geos, shapes, i, &g, err);
        char answer = status == HG_OK ? GEOSPreparedIntersects_r(geos, area, g) : 0;
        if (answer > 1)
            status = hg_fail(err, HG_EFAIL, "shape %zu could not be laid over the area", i + 1);
        meets[i] = answer == 1;
        GEOSGeom_destroy_r(geos, g);
    }
    return status;
}

hg_status hg_shapes_meet(const hg_shapes *area, const hg_shapes *shapes, bool *meets, hg_error *err)
{
    GEOSContextHandle_t geos = NULL;
    GEOSGeometry *all = NULL;
    const GEOSPreparedGeometry *prepared = NULL;
    hg_status status = hg_geos_open(&geos, err);
    if (status != HG_OK)
        return status;
    status = unite(geos, area, &all, err);
    if (status == HG_OK) {
        prepared = GEOSPrepare_r(geos, all);
        status = prepared ? ask(geos, prepared, shapes, meets, err) : hg_fail_memory(err);
    }
    GEOSPreparedGeom_destroy_r(geos, prepared);
    GEOSGeom_destroy_r(geos, all);
    hg_geos_close(geos);
    return status;
}
