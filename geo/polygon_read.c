#include "geo/polygon_build.h"
#include "base/memory.h"
#include "geo/plain_ring.h"
#include "geo/polygon_geos.h"

#include <math.h>
#include <string.h>

struct hg_polygon_reader {
    GEOSContextHandle_t geos;
};

hg_status hg_polygon_reader_new(hg_polygon_reader **out, hg_error *err)
{
    hg_polygon_reader *reader = hg_calloc(1, sizeof *reader);
    if (!reader)
        return hg_fail_memory(err);
    hg_status status = hg_geos_open(&reader->geos, err);
    if (status == HG_OK)
        *out = reader;
    else
        hg_free(reader);
    return status;
}

void hg_polygon_reader_free(hg_polygon_reader *reader)
{
    if (!reader)
        return;
    hg_geos_close(reader->geos);
    hg_free(reader);
}

static const double MM_PER_M = 1000.0;

static hg_status read_plain(const double *xy, size_t n, hg_polygon_mm *out, hg_repair *repair,
                            hg_error *err)
{
    hg_polygon_builder b = {.per_unit = MM_PER_M};
    hg_status status = hg_polygon_builder_ring(&b, xy, n, false, err);
    if (status == HG_OK)
        hg_polygon_builder_finish(&b, out);
    else
        hg_polygon_mm_dispose(&b.p);
    repair->area_before = hg_plain_ring_area(xy, n);
    return status;
}

/* The polygons of a collection may overlap; as one multipolygon that shows and is repaired. */
static hg_status join_collection(GEOSContextHandle_t geos, GEOSGeometry **g, hg_error *err)
{
    hg_geos_list list = {0};
    GEOSGeometry *joined = NULL;
    hg_status status = hg_geos_list_polygons(geos, &list, *g, err);
    if (status == HG_OK)
        status = hg_geos_list_join(geos, &list, GEOS_MULTIPOLYGON, &joined, err);
    hg_geos_list_dispose(geos, &list);
    if (status == HG_OK) {
        GEOSGeom_destroy_r(geos, *g);
        *g = joined;
    }
    return status;
}

/* Before anything is computed from coordinates so large that it would overflow. */
static hg_status check_range(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_error *err)
{
    double box[4] = {0};
    if (GEOSisEmpty_r(geos, g) == 1)
        return HG_OK;
    bool known = GEOSGeom_getXMin_r(geos, g, &box[0]) && GEOSGeom_getYMin_r(geos, g, &box[1]) &&
                 GEOSGeom_getXMax_r(geos, g, &box[2]) && GEOSGeom_getYMax_r(geos, g, &box[3]);
    for (int k = 0; k < 4; k++)
        known = known && fabs(box[k]) <= hg_lattice_farthest_m;
    return known
               ? HG_OK
               : hg_fail(err, HG_EDATA, "coordinates from %g %g to %g %g; expected less than %g m",
                         box[0], box[1], box[2], box[3], hg_lattice_farthest_m);
}

/* Where and why it is invalid, as far as GEOS says. */
static void diagnose(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_repair *repair)
{
    char *reason = NULL;
    GEOSGeometry *at = NULL;
    repair->invalid = true;
    strcpy(repair->reason, "invalid");
    if (GEOSisValidDetail_r(geos, g, 0, &reason, &at) != 0)
        reason = NULL;
    if (reason) {
        strncpy(repair->reason, reason, sizeof repair->reason - 1);
        GEOSFree_r(geos, reason);
    }
    if (at && (!GEOSGeomGetX_r(geos, at, &repair->x) || !GEOSGeomGetY_r(geos, at, &repair->y)))
        repair->x = repair->y = NAN;
    if (at)
        GEOSGeom_destroy_r(geos, at);
}

static hg_status make_valid(GEOSContextHandle_t geos, GEOSGeometry **g, hg_repair *repair,
                            hg_error *err)
{
    bool repaired = false;
    hg_status status = check_range(geos, *g, err);
    if (status == HG_OK && GEOSGeomTypeId_r(geos, *g) == GEOS_GEOMETRYCOLLECTION)
        status = join_collection(geos, g, err);
    if (status != HG_OK)
        return status;
    if (!GEOSArea_r(geos, *g, &repair->area_before))
        return hg_fail(err, HG_EFAIL, "the area of a polygon could not be found");
    if (GEOSisValid_r(geos, *g) != 1) {
        diagnose(geos, *g, repair);
        status = hg_geos_repair(geos, g, &repaired, err);
    }
    return status;
}

static hg_status read_any(GEOSContextHandle_t geos, const hg_shapes *shapes, size_t i,
                          hg_polygon_mm *out, hg_repair *repair, hg_error *err)
{
    static const int64_t origin[2] = {0, 0};
    GEOSGeometry *g = NULL;
    hg_error e = {HG_OK, ""};
    hg_status status = hg_geos_read(geos, shapes, i, &g, err);
    if (status != HG_OK)
        return status;
    bool polygonal = GEOSGeom_getDimensions_r(geos, g) == 2;
    if (polygonal)
        status = make_valid(geos, &g, repair, &e);
    if (status == HG_OK)
        status = hg_polygon_from_geos(geos, g, MM_PER_M, origin, out, &e);
    GEOSGeom_destroy_r(geos, g);
    if (status == HG_ENOMEM)
        return hg_fail_memory(err);
    return status == HG_OK ? HG_OK
                           : hg_fail(err, status, "%s: shape %zu: %.300s",
                                     shapes->source ? shapes->source : "shapes", i + 1, e.message);
}

hg_status hg_polygon_reader_read(hg_polygon_reader *reader, const hg_shapes *shapes, size_t i,
                                 hg_polygon_mm *out, hg_repair *repair, hg_error *err)
{
    double xy[2 * HG_PLAIN_RING_POINTS];
    hg_polygon_mm p = {0};
    hg_repair done = {.x = NAN, .y = NAN};
    size_t n = hg_plain_ring(&shapes->shapes[i], hg_lattice_farthest_m, xy);
    hg_status status = n > 0 ? read_plain(xy, n, &p, &done, err)
                             : read_any(reader->geos, shapes, i, &p, &done, err);
    if (status != HG_OK)
        return status;
    done.area_after = hg_exact_m2(hg_polygon_mm_area(&p));
    *out = p;
    *repair = done;
    return HG_OK;
}

hg_status hg_polygon_mm_read(const hg_shapes *shapes, size_t i, hg_polygon_mm *out,
                             hg_repair *repair, hg_error *err)
{
    hg_polygon_reader *reader = NULL;
    hg_status status = hg_polygon_reader_new(&reader, err);
    if (status == HG_OK)
        status = hg_polygon_reader_read(reader, shapes, i, out, repair, err);
    hg_polygon_reader_free(reader);
    return status;
}
