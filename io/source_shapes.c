/* Geometries of areas and places, as WKB with a name each. */
#include "io/source_parts.h"
#include "base/memory.h"
#include "io/gdal.h"

#include <ogr_api.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static hg_status list_names(hg_source *s, hg_error *err)
{
    OGRFeatureDefnH d = OGR_L_GetLayerDefn(s->layer);
    s->fields = (size_t)OGR_FD_GetFieldCount(d);
    s->field_names = hg_calloc(s->fields, sizeof *s->field_names);
    if (!s->field_names)
        return hg_fail_memory(err);
    for (size_t f = 0; f < s->fields; f++) {
        s->field_names[f] = hg_strdup(OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(d, (int)f)));
        if (!s->field_names[f])
            return hg_fail_memory(err);
    }
    return HG_OK;
}

static hg_status name_field(const hg_source *s, const char *wanted, const char *option, int *field, hg_error *err)
{
    const hg_sample names = {.columns = s->fields, .names = (const char *const *)s->field_names};
    *field = wanted ? hg_column_find(&names, wanted) : hg_column_guess_name(&names);
    if (wanted && *field == HG_NO_COLUMN)
        return hg_fail(err, HG_EUSAGE, "%s: %s: no column \"%s\"", s->name, option, wanted);
    return HG_OK;
}

static bool is_plain(OGRGeometryH g)
{
    OGRwkbGeometryType type = OGR_G_GetGeometryType(g);
    return !OGR_GT_HasZ(type) && !OGR_GT_HasM(type) && !OGR_G_HasCurveGeometry(g, FALSE);
}

hg_status hg_source_add_shape(OGRGeometryH geometry, const char *name, hg_shapes *shapes,
                              hg_error *err)
{
    bool plain_already = is_plain(geometry);
    OGRGeometryH made = plain_already ? NULL : OGR_G_GetLinearGeometry(geometry, 0, NULL);
    OGRGeometryH plain = plain_already ? geometry : made;
    if (!plain)
        return hg_fail_memory(err);
    if (made)
        OGR_G_FlattenTo2D(made);
    size_t size = (size_t)OGR_G_WkbSize(plain);
    unsigned char *wkb = hg_malloc(size, 1);
    bool written = wkb && OGR_G_ExportToIsoWkb(plain, wkbNDR, wkb) == OGRERR_NONE;
    if (made)
        OGR_G_DestroyGeometry(made);
    if (written)
        return hg_shapes_adopt(shapes, wkb, size, name, err);
    hg_free(wkb);
    return hg_fail_memory(err);
}

static hg_status add_feature(OGRFeatureH feature, int field, hg_shapes *shapes, hg_error *err)
{
    OGRGeometryH g = OGR_F_GetGeometryRef(feature);
    if (!g || OGR_G_IsEmpty(g))
        return HG_OK;
    const char *name = field != HG_NO_COLUMN && OGR_F_IsFieldSetAndNotNull(feature, field)
                           ? OGR_F_GetFieldAsString(feature, field)
                           : NULL;
    return hg_source_add_shape(g, name, shapes, err);
}

static hg_status read_layer(hg_source *s, int field, hg_shapes *shapes, hg_error *err)
{
    hg_status status = HG_OK;
    OGRFeatureH feature;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGR_L_ResetReading(s->layer);
    while (status == HG_OK && (feature = OGR_L_GetNextFeature(s->layer))) {
        status = add_feature(feature, field, shapes, err);
        OGR_F_Destroy(feature);
    }
    hg_gdal_watch_end(&watch);
    if (status == HG_OK && watch.failed)
        status = hg_fail(err, HG_EDATA, "%s is damaged or truncated", s->name);
    if (status == HG_OK && !shapes->count)
        status = hg_fail(err, HG_EDATA, "%s holds no geometries", s->name);
    return status;
}

/* A layer that was asked for as SRC[:LAYER], open; the texts are what its spec points to. */
typedef struct asked_layer {
    char path[PATH_SIZE], layer[256], date[11];
    hg_source *source;
} asked_layer;

static hg_status open_asked(const char *source, asked_layer *a, hg_error *err)
{
    hg_source_split(source, a->path, sizeof a->path, a->layer, sizeof a->layer, a->date);
    hg_source *s = a->source = hg_calloc(1, sizeof *s);
    if (!s)
        return hg_fail_memory(err);
    s->spec = (hg_source_spec){.path = a->path, .layer = *a->layer ? a->layer : NULL};
    hg_status status = hg_source_open_dataset(s, err);
    if (status == HG_OK)
        status = hg_source_pick_layer(s, true, err);
    return status == HG_OK ? list_names(s, err) : status;
}

hg_status hg_source_read_shapes(const char *source, const char *name_column, const char *option,
                                hg_shapes *shapes, char **crs_wkt, hg_error *err)
{
    int field = HG_NO_COLUMN;
    asked_layer a = {.source = NULL};
    *crs_wkt = NULL;
    hg_status status = open_asked(source, &a, err);
    hg_source *s = a.source;
    if (status == HG_OK)
        status = name_field(s, name_column, option, &field, err);
    if (status == HG_OK)
        status = hg_source_declared_crs(s->layer, crs_wkt, err);
    if (status == HG_OK && !(shapes->source = hg_strdup(s->name)))
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = read_layer(s, field, shapes, err);
    if (status != HG_OK) {
        hg_shapes_dispose(shapes);
        hg_free(*crs_wkt);
        *crs_wkt = NULL;
    }
    hg_source_free(s);
    return status;
}

hg_status hg_source_guess_name(const char *source, char **column, hg_error *err)
{
    int field = HG_NO_COLUMN;
    char *name = NULL;
    asked_layer a = {.source = NULL};
    hg_status status = open_asked(source, &a, err);
    if (status == HG_OK)
        status = name_field(a.source, NULL, NULL, &field, err);
    if (status == HG_OK && field != HG_NO_COLUMN && !(name = hg_strdup(a.source->field_names[field])))
        status = hg_fail_memory(err);
    hg_source_free(a.source);
    if (status == HG_OK)
        *column = name;
    return status;
}
