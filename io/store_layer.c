/* Reading a layer of a result back whole, with its geometry. */
#include "base/memory.h"
#include "geo/shapes.h"
#include "io/gdal.h"
#include "io/source_parts.h"
#include "io/store.h"

#include <math.h>
#include <ogr_api.h>

typedef struct layer_read {
    GDALDatasetH ds;
    OGRLayerH layer;
    hg_table *table;
    const char *path, *name;
} layer_read;

static hg_status changed(const layer_read *r, hg_error *err)
{
    return hg_fail(err, HG_EDATA, "%s: layer %s is damaged, or changed while it was read", r->path, r->name);
}

static hg_status take_polygons(OGRGeometryH g, hg_table *t, size_t row, hg_error *err)
{
    hg_status status = hg_geometry_begin_row(&t->geometry, row, err);
    if (status != HG_OK || !g || OGR_G_IsEmpty(g))
        return status;
    size_t size = (size_t)OGR_G_WkbSize(g);
    hg_shape shape = {.wkb = hg_malloc(size, 1), .size = size};
    if (!shape.wkb)
        return hg_fail_memory(err);
    OGR_G_FlattenTo2D(g);
    shape.size = (size_t)OGR_G_WkbSize(g);
    if (OGR_G_ExportToIsoWkb(g, wkbNDR, shape.wkb) == OGRERR_NONE)
        status = hg_shape_emit(&shape, &t->geometry, err);
    hg_free(shape.wkb);
    return status;
}

static void take_point(OGRGeometryH g, hg_table *t, size_t row)
{
    bool point = g && wkbFlatten(OGR_G_GetGeometryType(g)) == wkbPoint && !OGR_G_IsEmpty(g);
    t->geometry.xy[2 * row] = point ? OGR_G_GetX(g, 0) : NAN;
    t->geometry.xy[2 * row + 1] = point ? OGR_G_GetY(g, 0) : NAN;
}

static hg_status take_features(const layer_read *r, bool points, hg_error *err)
{
    hg_status status = HG_OK;
    size_t row = 0;
    OGRFeatureH f;
    OGR_L_ResetReading(r->layer);
    while (status == HG_OK && (f = OGR_L_GetNextFeature(r->layer))) {
        OGRGeometryH g = OGR_F_GetGeometryRef(f);
        if (row >= r->table->rows)
            status = changed(r, err);
        else if (points)
            take_point(g, r->table, row++);
        else
            status = take_polygons(g, r->table, row++, err);
        OGR_F_Destroy(f);
    }
    if (status == HG_OK && row != r->table->rows)
        status = changed(r, err);
    return status == HG_OK && !points ? hg_geometry_finish(&r->table->geometry, r->table->rows, err) : status;
}

static hg_status add_geometry(layer_read *r, hg_error *err)
{
    char *wkt = NULL;
    OGRwkbGeometryType type = wkbFlatten(OGR_L_GetGeomType(r->layer));
    hg_status status = hg_source_declared_crs(r->layer, &wkt, err);
    if (status != HG_OK || type == wkbNone)
        return status;
    status = type == wkbPoint ? hg_table_make_points(r->table, wkt, err)
                              : hg_table_make_polygons(r->table, HG_MULTIPOLYGON, wkt, err);
    hg_free(wkt);
    return status == HG_OK ? take_features(r, type == wkbPoint, err) : status;
}

hg_status hg_store_read_layer(const char *path, const char *name, hg_table **out, hg_error *err)
{
    layer_read r = {.path = path, .name = name};
    hg_gdal_watch watch;
    hg_status status = hg_store_read_table(path, name, &r.table, err);
    if (status != HG_OK)
        return status;
    hg_gdal_init();
    hg_gdal_watch_begin(&watch);
    r.ds = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    r.layer = r.ds ? GDALDatasetGetLayerByName(r.ds, name) : NULL;
    status = r.layer ? add_geometry(&r, err) : changed(&r, err);
    if (r.ds)
        GDALClose(r.ds);
    hg_gdal_watch_end(&watch);
    if (status == HG_OK && watch.failed)
        status = changed(&r, err);
    if (status != HG_OK) {
        hg_table_free(r.table);
        return status;
    }
    *out = r.table;
    return HG_OK;
}
