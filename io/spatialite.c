#include "io/spatialite.h"
#include "base/civil.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/gdal.h"
#include "io/gpkg_blob.h"
#include "io/staging.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <errno.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHECK_EVERY = 4096,
    METADATA_BYTES = 8 << 20, /* SpatiaLite's own tables in a new file */
    WKB_IN_POINT_BLOB = 8,    /* past the GeoPackage header */
    WKB_IN_POLYGON_BLOB = 40, /* past header and envelope */
};

typedef struct writing {
    const char *file; /* on disk */
    const char *path; /* in messages */
    hg_control *control;
    GDALDatasetH ds;
    hg_gdal_watch *watch;
} writing;

static hg_status fail_gdal(const writing *w, hg_error *err)
{
    if (w->watch->disk_full)
        return hg_fail(err, HG_EIO, "%s: the disk is full", w->path);
    if (strstr(w->watch->message, "locked"))
        return hg_fail(err, HG_EIO, "%s: is in use by another program", w->path);
    return hg_fail(err, HG_EIO, "%s: cannot be written: %s", w->path,
                   w->watch->failed ? w->watch->message : "no reason given");
}

static OGRFieldType ogr_field(hg_type type)
{
    switch (type) {
    case HG_INT64:
        return OFTInteger64;
    case HG_DOUBLE:
        return OFTReal;
    case HG_DATETIME:
        return OFTDateTime;
    case HG_TEXT:
        break;
    }
    return OFTString;
}

static OGRwkbGeometryType ogr_type(hg_geometry_type type)
{
    switch (type) {
    case HG_POINT:
        return wkbPoint;
    case HG_POLYGON:
        return wkbPolygon;
    case HG_MULTIPOLYGON:
        return wkbMultiPolygon;
    case HG_NO_GEOMETRY:
        break;
    }
    return wkbNone;
}

static OGRSpatialReferenceH make_srs(const char *wkt)
{
    OGRSpatialReferenceH srs = wkt ? OSRNewSpatialReference(NULL) : NULL;
    char *text = (char *)(uintptr_t)wkt; /* advanced, not written to */
    if (srs && OSRImportFromWkt(srs, &text) != OGRERR_NONE) {
        OSRRelease(srs);
        return NULL;
    }
    if (srs)
        OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    return srs;
}

static OGRLayerH create_layer(writing *w, const hg_table *t, OGRSpatialReferenceH srs)
{
    char **options = CSLSetNameValue(NULL, "FID", "fid");
    options = CSLSetNameValue(options, "LAUNDER", "NO");
    if (t->geometry.type != HG_NO_GEOMETRY) {
        options = CSLSetNameValue(options, "GEOMETRY_NAME", "geom");
        options = CSLSetNameValue(options, "SPATIAL_INDEX", "NO"); /* add_index, after the rows */
    }
    OGRLayerH layer =
        GDALDatasetCreateLayer(w->ds, t->name, srs, ogr_type(t->geometry.type), options);
    CSLDestroy(options);
    return layer;
}

static hg_status check_layer(const writing *w, OGRLayerH layer, const hg_table *t,
                             OGRSpatialReferenceH srs, hg_error *err)
{
    static const char *const options[] = {"IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES",
                                          "CRITERION=EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS", NULL};
    OGRwkbGeometryType have = OGR_L_GetGeomType(layer), wanted = ogr_type(t->geometry.type);
    if (have != wanted && have != wkbUnknown && !(have == wkbMultiPolygon && wanted == wkbPolygon))
        return hg_fail(err, HG_EUSAGE, "%s: the layer %s holds %s, the new rows are %s", w->path,
                       t->name, OGRGeometryTypeToName(have), OGRGeometryTypeToName(wanted));
    OGRSpatialReferenceH there = OGR_L_GetSpatialRef(layer);
    if (there && srs && !OSRIsSameEx(there, srs, options))
        return hg_fail(err, HG_EUSAGE,
                       "%s: the layer %s is in %s, the new rows in another coordinate system",
                       w->path, t->name, OSRGetName(there));
    return HG_OK;
}

/* The name in the file: a column called as the key or the geometry gets a '_'. */
static void field_name(const hg_column *c, hg_text *name)
{
    hg_text_add(name, c->name);
    if (strcasecmp(c->name, "fid") == 0 || strcasecmp(c->name, "geom") == 0)
        hg_text_add(name, "_");
}

/* Index of the column's field, made where missing. */
static hg_status find_field(const writing *w, OGRLayerH layer, const hg_column *c, int *index,
                            hg_error *err)
{
    hg_text text = {0};
    field_name(c, &text);
    if (text.failed)
        return hg_fail_memory(err);
    hg_status s = HG_OK;
    int at = OGR_FD_GetFieldIndex(OGR_L_GetLayerDefn(layer), text.s);
    if (at < 0) {
        OGRFieldDefnH field = OGR_Fld_Create(text.s, ogr_field(c->type));
        if (OGR_L_CreateField(layer, field, FALSE) != OGRERR_NONE)
            s = fail_gdal(w, err);
        OGR_Fld_Destroy(field);
        at = OGR_FD_GetFieldIndex(OGR_L_GetLayerDefn(layer), text.s);
    }
    hg_text_dispose(&text);
    if (s == HG_OK)
        *index = at;
    return s;
}

static void set_datetime(OGRFeatureH f, int field, int64_t civil)
{
    int64_t year;
    int month, day, hour, minute, second;
    hg_civil_split(civil, &year, &month, &day, &hour, &minute, &second);
    OGR_F_SetFieldDateTimeEx(f, field, (int)year, month, day, hour, minute, (float)second, 0);
}

static void set_cell(OGRFeatureH f, int field, const hg_table *t, const hg_column *c, size_t row)
{
    const char *text;
    switch (c->type) {
    case HG_INT64:
        if (c->i64[row] != HG_NULL_INT64)
            OGR_F_SetFieldInteger64(f, field, c->i64[row]);
        break;
    case HG_DOUBLE:
        if (!isnan(c->f64[row]))
            OGR_F_SetFieldDouble(f, field, c->f64[row]);
        break;
    case HG_TEXT:
        text = hg_pool_text(t->pool, c->text[row]);
        if (text)
            OGR_F_SetFieldString(f, field, text);
        break;
    case HG_DATETIME:
        if (c->i64[row] != HG_NO_TIME)
            set_datetime(f, field, c->i64[row]);
        break;
    }
}

static hg_status set_geometry(OGRFeatureH f, const hg_table *t, size_t row, bool multi,
                              hg_blob *blob, hg_error *err)
{
    unsigned char point[HG_POINT_BLOB];
    const unsigned char *wkb = point + WKB_IN_POINT_BLOB;
    size_t n = HG_POINT_BLOB - WKB_IN_POINT_BLOB;
    if (t->geometry.type == HG_POINT) {
        if (!hg_blob_point(point, 0, t->geometry.xy + 2 * row))
            return HG_OK;
    } else {
        bool empty = false;
        double e[4];
        hg_status s = hg_blob_polygon(blob, 0, &t->geometry, row, multi, e, &empty, err);
        if (s != HG_OK || empty)
            return s;
        wkb = blob->bytes + WKB_IN_POLYGON_BLOB;
        n = blob->len - WKB_IN_POLYGON_BLOB;
    }
    OGRGeometryH g = NULL;
    if (OGR_G_CreateFromWkb(wkb, NULL, &g, (int)n) != OGRERR_NONE)
        return hg_fail(err, HG_EFAIL, "the geometry of row %zu cannot be built", row + 1);
    OGR_F_SetGeometryDirectly(f, g);
    return HG_OK;
}

static hg_status write_row(const writing *w, OGRLayerH layer, const hg_table *t, size_t row,
                           const int *fields, hg_blob *blob, hg_error *err)
{
    OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(layer));
    if (!f)
        return hg_fail_memory(err);
    bool multi = OGR_L_GetGeomType(layer) == wkbMultiPolygon;
    for (size_t c = 0; c < t->column_count; c++)
        set_cell(f, fields[c], t, &t->columns[c], row);
    hg_status s = HG_OK;
    if (t->geometry.type != HG_NO_GEOMETRY)
        s = set_geometry(f, t, row, multi, blob, err);
    if (s == HG_OK && (OGR_L_CreateFeature(layer, f) != OGRERR_NONE || w->watch->failed))
        s = fail_gdal(w, err);
    OGR_F_Destroy(f);
    return s;
}

static hg_status write_rows(const writing *w, OGRLayerH layer, const hg_table *t, hg_error *err)
{
    hg_blob blob = {0};
    int *fields = hg_malloc(t->column_count, sizeof *fields);
    hg_status s = fields ? HG_OK : hg_fail_memory(err);
    for (size_t c = 0; s == HG_OK && c < t->column_count; c++)
        s = find_field(w, layer, &t->columns[c], &fields[c], err);
    for (size_t row = 0; s == HG_OK && row < t->rows; row++) {
        if (row % CHECK_EVERY == 0) {
            s = hg_check_cancel(w->control, err);
            hg_say_progress(w->control, "write", (double)row / (double)t->rows);
        }
        if (s == HG_OK)
            s = write_row(w, layer, t, row, fields, &blob, err);
    }
    hg_free(fields);
    hg_blob_dispose(&blob);
    return s;
}

/*
 * OGR would put the index off to the closing, where after a rollback there is no table left and
 * SpatiaLite says so on standard error.
 */
static hg_status add_index(const writing *w, const hg_table *t, hg_error *err)
{
    hg_text sql = {0};
    hg_text_add(&sql, "SELECT CreateSpatialIndex('");
    for (const char *c = t->name; *c; c++)
        hg_text_add_n(&sql, *c == '\'' ? "''" : c, *c == '\'' ? 2 : 1);
    hg_text_add(&sql, "', 'geom')");
    if (sql.failed) {
        hg_text_dispose(&sql);
        return hg_fail_memory(err);
    }
    OGRLayerH result = GDALDatasetExecuteSQL(w->ds, sql.s, NULL, NULL);
    OGRFeatureH row = result ? OGR_L_GetNextFeature(result) : NULL;
    bool made = row && OGR_F_GetFieldAsInteger(row, 0) == 1;
    if (row)
        OGR_F_Destroy(row);
    if (result)
        GDALDatasetReleaseResultSet(w->ds, result);
    hg_text_dispose(&sql);
    return made && !w->watch->failed ? HG_OK : fail_gdal(w, err);
}

static hg_status write_table(writing *w, const hg_table *t, hg_error *err)
{
    OGRSpatialReferenceH srs = make_srs(t->crs_wkt);
    OGRLayerH layer = GDALDatasetGetLayerByName(w->ds, t->name);
    bool fresh = !layer;
    hg_status s = HG_OK;
    CPLErrorReset();
    w->watch->failed = false; /* asking for a layer that is not there is no failure */
    if (t->crs_wkt && !srs)
        s = hg_fail(err, HG_EFAIL, "%s: the coordinate system of %s cannot be written", w->path,
                    t->name);
    else if (layer)
        s = check_layer(w, layer, t, srs, err);
    else if (!(layer = create_layer(w, t, srs)))
        s = fail_gdal(w, err);
    if (s == HG_OK)
        s = write_rows(w, layer, t, err);
    if (s == HG_OK && fresh && t->geometry.type != HG_NO_GEOMETRY)
        s = add_index(w, t, err);
    if (srs)
        OSRRelease(srs);
    return s;
}

static hg_status open_database(writing *w, bool append, hg_error *err)
{
    static const char *const drivers[] = {"SQLite", NULL}, *const options[] = {"SPATIALITE=YES",
                                                                               NULL};
    struct stat st;
    if (append && stat(w->file, &st) != 0)
        return hg_fail(err, HG_EIO, "%s: cannot be opened: %s", w->path, strerror(errno));
    /* a disk too small for SpatiaLite's own tables goes unsaid by SpatiaLite */
    hg_status s = append ? HG_OK : hg_staging_require_space(w->file, METADATA_BYTES, err);
    if (s != HG_OK)
        return s;
    w->ds = append ? GDALOpenEx(w->file, GDAL_OF_VECTOR | GDAL_OF_UPDATE, drivers, NULL, NULL)
                   : GDALCreate(GDALGetDriverByName("SQLite"), w->file, 0, 0, 0, GDT_Unknown,
                                (char **)(uintptr_t)options);
    if (w->ds)
        return HG_OK;
    return append ? hg_fail(err, HG_EDATA, "%s: is not a SpatiaLite database that can be written",
                            w->path)
                  : fail_gdal(w, err);
}

static hg_status write_all(writing *w, const hg_table *const *tables, size_t n, hg_error *err)
{
    if (GDALDatasetStartTransaction(w->ds, FALSE) != OGRERR_NONE)
        return fail_gdal(w, err);
    hg_status s = HG_OK;
    for (size_t i = 0; s == HG_OK && i < n; i++)
        s = write_table(w, tables[i], err);
    if (s == HG_OK && GDALDatasetCommitTransaction(w->ds) != OGRERR_NONE)
        s = fail_gdal(w, err);
    if (s != HG_OK)
        GDALDatasetRollbackTransaction(w->ds);
    return s;
}

/* Counts the rows there are afterwards, in a connection of its own. */
static hg_status verify(const writing *w, const hg_table *const *tables, size_t n, hg_error *err)
{
    GDALDatasetH ds = GDALOpenEx(w->file, GDAL_OF_VECTOR, NULL, NULL, NULL);
    hg_status s = ds ? HG_OK : hg_fail(err, HG_EIO, "%s: was not written in full", w->path);
    for (size_t i = 0; s == HG_OK && i < n; i++) {
        OGRLayerH layer = GDALDatasetGetLayerByName(ds, tables[i]->name);
        if (!layer || OGR_L_GetFeatureCount(layer, TRUE) < (GIntBig)tables[i]->rows)
            s = hg_fail(err, HG_EIO, "%s: the layer %s was not written in full", w->path,
                        tables[i]->name);
    }
    if (ds)
        GDALClose(ds);
    return s;
}

hg_status hg_spatialite_write(const char *path, bool append, const hg_table *const *tables,
                              size_t n, hg_control *control, hg_error *err)
{
    hg_gdal_watch watch;
    char *shown = hg_staging_final_name(path);
    if (!shown)
        return hg_fail_memory(err);
    writing w = {.file = path, .path = shown, .control = control, .watch = &watch};
    hg_gdal_watch_begin(&watch);
    if (!append)
        CPLSetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF");
    hg_status s = open_database(&w, append, err);
    if (s == HG_OK)
        s = write_all(&w, tables, n, err);
    if (w.ds)
        GDALClose(w.ds);
    if (s == HG_OK && watch.failed)
        s = fail_gdal(&w, err);
    if (s == HG_OK)
        s = verify(&w, tables, n, err);
    CPLSetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS", NULL);
    hg_gdal_watch_end(&watch);
    if (s != HG_OK && !append)
        unlink(path);
    hg_free(shown);
    return s;
}
