/*
 * New layers. OGR lays the layer out, empty, in a GeoPackage in memory; its schema is then copied
 * into the file through the one connection that holds the transaction, so that a layer added to an
 * existing file appears with its rows or not at all.
 */
#include "base/memory.h"
#include "io/gdal.h"
#include "io/gpkg_internal.h"

#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

const char *hg_gpkg_type_name(hg_type type)
{
    switch (type) {
    case HG_INT64:
        return "INTEGER";
    case HG_DOUBLE:
        return "REAL";
    case HG_DATETIME:
        return "DATETIME";
    case HG_TEXT:
        break;
    }
    return "TEXT";
}

static bool name_taken(const hg_table *t, size_t column, const char *name, const char *fid,
                       const char *geom)
{
    if (strcasecmp(name, fid) == 0 || (geom && strcasecmp(name, geom) == 0))
        return true;
    const hg_column *other = hg_table_column(t, name);
    return other && other != &t->columns[column];
}

char *hg_gpkg_column_name(const hg_table *t, size_t column, const char *fid, const char *geom)
{
    hg_text name = {0};
    hg_text_add(&name, t->columns[column].name);
    while (!name.failed && name_taken(t, column, name.s, fid, geom))
        hg_text_add(&name, "_");
    return hg_text_take(&name);
}

static OGRSpatialReferenceH make_srs(const char *wkt)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    char *text = (char *)(uintptr_t)wkt; /* advanced, not written to */
    if (srs && OSRImportFromWkt(srs, &text) != OGRERR_NONE) {
        OSRDestroySpatialReference(srs);
        return NULL;
    }
    if (srs)
        OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    return srs;
}

static hg_status add_field(OGRLayerH layer, const hg_table *t, size_t column)
{
    char *name = hg_gpkg_column_name(t, column, "fid", "geom");
    if (!name)
        return HG_ENOMEM;
    OGRFieldDefnH field = OGR_Fld_Create(name, ogr_field(t->columns[column].type));
    hg_free(name);
    bool ok = OGR_L_CreateField(layer, field, FALSE) == OGRERR_NONE;
    OGR_Fld_Destroy(field);
    return ok ? HG_OK : HG_EFAIL;
}

static hg_status add_layer(GDALDatasetH ds, const hg_table *t, OGRSpatialReferenceH srs)
{
    char **options = CSLSetNameValue(NULL, "FID", "fid");
    options = CSLSetNameValue(options, "DESCRIPTION", t->title);
    if (t->geometry.type != HG_NO_GEOMETRY) {
        options = CSLSetNameValue(options, "GEOMETRY_NAME", "geom");
        options = CSLSetNameValue(options, "SPATIAL_INDEX", "YES");
    }
    OGRLayerH layer = GDALDatasetCreateLayer(ds, t->name, srs, ogr_type(t->geometry.type), options);
    CSLDestroy(options);
    hg_status s = layer ? HG_OK : HG_EFAIL;
    for (size_t i = 0; s == HG_OK && i < t->column_count; i++)
        s = add_field(layer, t, i);
    return s;
}

static hg_status lay_out(const char *path, const hg_table *t)
{
    bool spatial = t && t->geometry.type != HG_NO_GEOMETRY && t->crs_wkt;
    OGRSpatialReferenceH srs = spatial ? make_srs(t->crs_wkt) : NULL;
    if (spatial && !srs)
        return HG_EFAIL;
    GDALDriverH driver = GDALGetDriverByName("GPKG");
    GDALDatasetH ds = driver ? GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    hg_status s = ds ? HG_OK : HG_EFAIL;
    if (s == HG_OK && t)
        s = add_layer(ds, t, srs);
    if (ds)
        GDALClose(ds);
    if (srs)
        OSRRelease(srs);
    return s;
}

hg_status hg_gpkg_template(const hg_table *t, unsigned char **bytes, size_t *size, hg_error *err)
{
    static atomic_uint serial;
    char path[64];
    snprintf(path, sizeof path, "/vsimem/hotgrid_layout_%u.gpkg", atomic_fetch_add(&serial, 1u));
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    hg_status s = lay_out(path, t);
    vsi_l_offset n = 0;
    GByte *seized = s == HG_OK && !watch.failed ? VSIGetMemFileBuffer(path, &n, TRUE) : NULL;
    VSIUnlink(path);
    hg_gdal_watch_end(&watch);
    if (s == HG_ENOMEM)
        return hg_fail_memory(err);
    if (!seized)
        return hg_fail(err, HG_EFAIL, "the layer %s cannot be laid out: %s", t ? t->name : "(none)",
                       watch.failed ? watch.message : "no reason given");
    unsigned char *copy = hg_malloc((size_t)n, 1);
    if (copy)
        memcpy(copy, seized, (size_t)n);
    VSIFree(seized);
    if (!copy)
        return hg_fail_memory(err);
    *bytes = copy;
    *size = (size_t)n;
    return HG_OK;
}

/* A connection of its own on the template: ATTACH is not possible inside a transaction. */
static hg_status open_template(const hg_table *t, sqlite3 **out, hg_error *err)
{
    unsigned char *bytes = NULL, *copy = NULL;
    size_t n = 0;
    sqlite3 *db = NULL;
    hg_status s = hg_gpkg_template(t, &bytes, &n, err);
    if (s != HG_OK)
        return s;
    copy = sqlite3_malloc64(n);
    if (!copy || sqlite3_open(":memory:", &db) != SQLITE_OK) {
        sqlite3_free(copy);
        sqlite3_close(db);
        hg_free(bytes);
        return hg_fail_memory(err);
    }
    memcpy(copy, bytes, n);
    hg_free(bytes);
    if (sqlite3_deserialize(db, "main", copy, (sqlite3_int64)n, (sqlite3_int64)n,
                            SQLITE_DESERIALIZE_FREEONCLOSE) != SQLITE_OK) {
        sqlite3_close(db);
        return hg_fail(err, HG_EFAIL, "the layer %s cannot be laid out", t->name);
    }
    *out = db;
    return HG_OK;
}

/* Tables, the R-tree (which brings its shadow tables), triggers; in the order they were made. */
static hg_status copy_objects(hg_gpkg *g, sqlite3 *from, const char *layer, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    hg_status s = hg_sql_preparef(
        from, g->path, &stmt, err,
        "SELECT name, sql FROM sqlite_master WHERE sql NOT NULL AND (tbl_name = %Q OR name IN "
        "('gpkg_extensions', 'gpkg_ogr_contents', 'gpkg_geometry_columns', 'rtree_%q_geom')) "
        "ORDER BY rowid",
        layer, layer);
    bool more = false, has = false;
    while (s == HG_OK && (s = hg_sql_next(from, g->path, stmt, &more, err)) == HG_OK && more) {
        s = hg_gpkg_has_object(g, (const char *)sqlite3_column_text(stmt, 0), &has, err);
        if (s == HG_OK && !has)
            s = hg_sql_exec(g->db, g->path, (const char *)sqlite3_column_text(stmt, 1), err);
    }
    sqlite3_finalize(stmt);
    return s;
}

/* Copies the rows of a query to an insert with as many parameters. */
static hg_status copy_rows(hg_gpkg *g, sqlite3 *from, const char *select, const char *insert,
                           hg_error *err)
{
    sqlite3_stmt *in = NULL, *out = NULL;
    bool more = false;
    hg_status s = hg_sql_prepare(from, g->path, select, &in, err);
    if (s == HG_OK)
        s = hg_sql_prepare(g->db, g->path, insert, &out, err);
    while (s == HG_OK && (s = hg_sql_next(from, g->path, in, &more, err)) == HG_OK && more) {
        for (int k = 0; k < sqlite3_column_count(in); k++)
            sqlite3_bind_value(out, k + 1, sqlite3_column_value(in, k));
        s = hg_sql_run(g->db, g->path, out, err);
    }
    sqlite3_finalize(in);
    sqlite3_finalize(out);
    return s;
}

/* CRSs that WKT 1 cannot say stand in a column of an extension. */
static hg_status copy_wkt2_column(hg_gpkg *g, sqlite3 *from, hg_error *err)
{
    static const char has_column[] = "SELECT count(*) FROM pragma_table_info("
                                     "'gpkg_spatial_ref_sys') WHERE name = 'definition_12_063'";
    int64_t wanted = 0, there = 0;
    hg_status s = hg_sql_number(from, g->path, has_column, 0, &wanted, err);
    if (s == HG_OK)
        s = hg_sql_number(g->db, g->path, has_column, 0, &there, err);
    if (s != HG_OK || !wanted)
        return s;
    if (!there) {
        s = hg_sql_exec(g->db, g->path,
                        "ALTER TABLE gpkg_spatial_ref_sys ADD COLUMN definition_12_063 TEXT NOT "
                        "NULL DEFAULT 'undefined'",
                        err);
        if (s == HG_OK)
            s = copy_rows(g, from,
                          "SELECT * FROM gpkg_extensions WHERE table_name = "
                          "'gpkg_spatial_ref_sys'",
                          "INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", err);
    }
    if (s == HG_OK)
        s = copy_rows(g, from, "SELECT definition_12_063, srs_id FROM gpkg_spatial_ref_sys",
                      "UPDATE gpkg_spatial_ref_sys SET definition_12_063 = ?1 WHERE srs_id = ?2 "
                      "AND definition_12_063 = 'undefined'",
                      err);
    return s;
}

static hg_status bind_srs(hg_gpkg *g, sqlite3_stmt *template_srs, sqlite3_stmt *find,
                          int64_t *srs_id, bool *found, hg_error *err)
{
    sqlite3_bind_value(find, 1, sqlite3_column_value(template_srs, 2));
    sqlite3_bind_value(find, 2, sqlite3_column_value(template_srs, 3));
    sqlite3_bind_value(find, 3, sqlite3_column_value(template_srs, 4));
    hg_status s = hg_sql_next(g->db, g->path, find, found, err);
    if (s == HG_OK && *found)
        *srs_id = sqlite3_column_int64(find, 0);
    return s;
}

static hg_status insert_srs(hg_gpkg *g, sqlite3_stmt *template_srs, int64_t *srs_id, hg_error *err)
{
    int64_t wanted = sqlite3_column_int64(template_srs, 1), free_id = 0;
    char *sql = sqlite3_mprintf("SELECT CASE WHEN EXISTS (SELECT 1 FROM gpkg_spatial_ref_sys WHERE "
                                "srs_id = %lld) THEN (SELECT max(max(srs_id) + 1, 100000) FROM "
                                "gpkg_spatial_ref_sys) ELSE %lld END",
                                (long long)wanted, (long long)wanted);
    if (!sql)
        return hg_fail_memory(err);
    sqlite3_stmt *insert = NULL;
    hg_status s = hg_sql_number(g->db, g->path, sql, wanted, &free_id, err);
    sqlite3_free(sql);
    if (s == HG_OK)
        s = hg_sql_prepare(g->db, g->path,
                           "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, "
                           "organization_coordsys_id, definition, description) VALUES "
                           "(?1, ?2, ?3, CASE ?3 WHEN 'NONE' THEN ?2 ELSE ?4 END, ?5, ?6)",
                           &insert, err);
    for (int k = 0; s == HG_OK && k < 6; k++)
        if (k != 1)
            sqlite3_bind_value(insert, k + 1, sqlite3_column_value(template_srs, k));
    if (s == HG_OK) {
        sqlite3_bind_int64(insert, 2, free_id);
        s = hg_sql_run(g->db, g->path, insert, err);
    }
    sqlite3_finalize(insert);
    if (s == HG_OK)
        *srs_id = free_id;
    return s;
}

/* The layer's CRS in the target file: the row that says the same, or a new one. */
static hg_status copy_srs(hg_gpkg *g, sqlite3 *from, int64_t *srs_id, hg_error *err)
{
    sqlite3_stmt *stmt = NULL, *find = NULL;
    bool more = false, found = false;
    hg_status s = hg_sql_prepare(
        from, g->path,
        "SELECT srs_name, r.srs_id, organization, organization_coordsys_id, definition, "
        "r.description FROM gpkg_spatial_ref_sys r JOIN gpkg_geometry_columns c USING (srs_id)",
        &stmt, err);
    if (s == HG_OK)
        s = hg_sql_prepare(g->db, g->path,
                           "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE (?1 <> 'NONE' AND "
                           "lower(organization) = lower(?1) AND organization_coordsys_id = ?2) "
                           "OR definition = ?3 ORDER BY srs_id LIMIT 1",
                           &find, err);
    if (s == HG_OK)
        s = hg_sql_next(from, g->path, stmt, &more, err);
    if (s == HG_OK && more)
        s = bind_srs(g, stmt, find, srs_id, &found, err);
    if (s == HG_OK && more && !found)
        s = insert_srs(g, stmt, srs_id, err);
    sqlite3_finalize(find);
    sqlite3_finalize(stmt);
    return s;
}

static hg_status copy_registration(hg_gpkg *g, sqlite3 *from, const hg_table *t, int64_t srs_id,
                                   hg_error *err)
{
    hg_status s = copy_rows(g, from,
                            "SELECT table_name, data_type, identifier, description "
                            "FROM gpkg_contents",
                            "INSERT INTO gpkg_contents (table_name, data_type, identifier, "
                            "description, last_change) VALUES (?, ?, ?, ?, '')",
                            err);
    if (s == HG_OK)
        s = hg_sql_execf(g->db, g->path, err,
                         "UPDATE gpkg_contents SET last_change = %Q, srs_id = %lld "
                         "WHERE table_name = %Q;"
                         "INSERT INTO gpkg_ogr_contents VALUES (%Q, NULL)",
                         g->stamp, (long long)srs_id, t->name, t->name);
    if (s != HG_OK || t->geometry.type == HG_NO_GEOMETRY)
        return s;
    s = copy_rows(g, from, "SELECT * FROM gpkg_geometry_columns",
                  "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, 0, ?5, ?6)", err);
    if (s == HG_OK)
        s = hg_sql_execf(g->db, g->path, err,
                         "UPDATE gpkg_geometry_columns SET srs_id = %lld WHERE table_name = %Q",
                         (long long)srs_id, t->name);
    if (s == HG_OK)
        s = copy_rows(g, from, "SELECT * FROM gpkg_extensions WHERE column_name = 'geom'",
                      "INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", err);
    return s;
}

hg_status hg_gpkg_create_layer(hg_gpkg *g, const hg_table *t, hg_error *err)
{
    sqlite3 *from = NULL;
    int64_t srs_id = 0;
    hg_status s = open_template(t, &from, err);
    if (s == HG_OK)
        s = copy_objects(g, from, t->name, err);
    if (s == HG_OK && t->geometry.type != HG_NO_GEOMETRY)
        s = copy_srs(g, from, &srs_id, err);
    if (s == HG_OK && t->geometry.type != HG_NO_GEOMETRY)
        s = copy_wkt2_column(g, from, err);
    if (s == HG_OK)
        s = copy_registration(g, from, t, srs_id, err);
    sqlite3_close(from);
    return s;
}
