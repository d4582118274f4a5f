#include "io/store.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/gdal.h"
#include "io/source_parts.h"
#include "io/sql.h"

#include <errno.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

void hg_store_contents_dispose(hg_store_contents *c)
{
    for (size_t i = 0; i < c->layer_count; i++) {
        hg_free(c->layers[i].name);
        hg_free(c->layers[i].geometry);
        hg_free(c->layers[i].crs);
    }
    for (size_t i = 0; i < c->run_info_count; i++) {
        hg_free(c->run_info[i].key);
        hg_free(c->run_info[i].value);
    }
    for (size_t i = 0; i < c->source_count; i++) {
        hg_free(c->sources[i].name);
        hg_free(c->sources[i].layer);
        hg_free(c->sources[i].sha256);
    }
    hg_free(c->layers);
    hg_free(c->run_info);
    hg_free(c->sources);
    hg_free(c->format);
    *c = (hg_store_contents){0};
}

static hg_status check_path(const char *path, hg_error *err)
{
    char *shown = hg_source_redact(path);
    hg_status status = shown ? hg_file_check(path, shown, false, err) : hg_fail_memory(err);
    hg_free(shown);
    return status;
}

/* GDAL's CSV driver takes anything for text; a NUL byte outside UTF-16 says it is none. */
static bool is_text(const char *path)
{
    static const char *const extensions[] = {".csv", ".tsv", ".txt", ".psv"};
    const char *dot = strrchr(path, '.');
    bool named = false;
    for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
        named |= strcasecmp(dot, extensions[i]) == 0;
    FILE *f = named ? fopen(path, "rb") : NULL;
    if (!f)
        return true;
    char head[4096];
    size_t n = fread(head, 1, sizeof head, f);
    fclose(f);
    bool utf16 = n >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0);
    return utf16 || !memchr(head, '\0', n);
}

static hg_status open_vector(const char *path, GDALDatasetH *out, hg_error *err)
{
    /* SpatiaLite hides plain tables unless asked, and then shows its own, too. */
    static const char *const options[] = {"LIST_ALL_TABLES=YES", NULL};
    hg_gdal_init();
    hg_status status = check_path(path, err);
    if (status != HG_OK)
        return status;
    if (!is_text(path))
        return hg_fail(err, HG_EDATA, "%s is no text: it holds NUL bytes", path);
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    *out = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, options, NULL);
    hg_gdal_watch_end(&watch);
    if (*out)
        return HG_OK;
    if (strstr(watch.message, "locked"))
        return hg_fail(err, HG_EIO, "%s is in use by another program", path);
    return hg_fail(err, HG_EDATA, "%s is damaged, truncated or not in a format that can be read", path);
}

static bool is_system_table(const char *name)
{
    static const char *const begins[] = {
        "spatial_ref_sys", "spatialite_",  "geometry_columns", "geom_cols_ref_sys", "views_",
        "virts_",          "vector_",      "sql_statements_",  "sqlite_",           "data_licenses",
        "SpatialIndex",    "Elementary",   "KNN",              "idx_",              "gpkg_",
        "rtree_",          "raster_coverages", "rl2",          "SE_",               "stored_",
        "wms_",            "iso_metadata", "topologies",       "networks"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncasecmp(name, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static hg_status add_layer(OGRLayerH layer, hg_store_contents *c, hg_error *err)
{
    hg_store_layer *l = &c->layers[c->layer_count];
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(layer);
    OGRwkbGeometryType type = OGR_L_GetGeomType(layer);
    if (type == wkbNone && is_system_table(OGR_L_GetName(layer)))
        return HG_OK;
    *l = (hg_store_layer){.name = hg_strdup(OGR_L_GetName(layer)),
                          .geometry = hg_strdup(type == wkbNone ? "table"
                                                                : OGRGeometryTypeToName(type)),
                          .crs = hg_strdup(srs ? OSRGetName(srs) : NULL),
                          .rows = OGR_L_GetFeatureCount(layer, TRUE)};
    c->layer_count++;
    return l->name && l->geometry ? HG_OK : hg_fail_memory(err);
}

static hg_status list_layers(GDALDatasetH ds, const char *path, hg_store_contents *c, hg_error *err)
{
    int n = GDALDatasetGetLayerCount(ds);
    c->layers = hg_calloc((size_t)n, sizeof *c->layers);
    c->format = hg_strdup(GDALGetDriverLongName(GDALGetDatasetDriver(ds)));
    hg_status status = c->layers && c->format ? HG_OK : hg_fail_memory(err);
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    for (int i = 0; i < n && status == HG_OK; i++)
        status = add_layer(GDALDatasetGetLayer(ds, i), c, err);
    hg_gdal_watch_end(&watch);
    if (status == HG_OK && watch.failed)
        status = hg_fail(err, HG_EDATA, "%s is damaged or truncated", path);
    return status;
}

static char *column_text(sqlite3_stmt *stmt, int column)
{
    return hg_strdup((const char *)sqlite3_column_text(stmt, column));
}

static const char select_run_info[] = "SELECT key, value FROM run_info ORDER BY rowid";
static const char select_sources[] =
    "SELECT source, layer, sha256, bytes, rows_read FROM sources ORDER BY rowid";

/* Others may use our tables' names for something else. */
static bool has_columns(sqlite3 *db, const char *select)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(db, select, -1, &stmt, NULL) != SQLITE_ERROR;
    sqlite3_finalize(stmt);
    return ok;
}

static hg_status read_run_info(sqlite3 *db, const char *path, hg_store_contents *c, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    size_t capacity = 0;
    bool more = true;
    hg_status status =
        hg_sql_prepare(db, path, select_run_info, &stmt, err);
    while (status == HG_OK && (status = hg_sql_next(db, path, stmt, &more, err)) == HG_OK && more) {
        hg_store_pair *items = hg_grow(c->run_info, &capacity, c->run_info_count + 1, sizeof *items);
        if (!items) {
            status = hg_fail_memory(err);
            break;
        }
        c->run_info = items;
        items[c->run_info_count++] = (hg_store_pair){column_text(stmt, 0), column_text(stmt, 1)};
    }
    sqlite3_finalize(stmt);
    return status;
}

static hg_status read_sources(sqlite3 *db, const char *path, hg_store_contents *c, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    size_t capacity = 0;
    bool more = true;
    hg_status status = hg_sql_prepare(
        db, path, select_sources,
        &stmt, err);
    while (status == HG_OK && (status = hg_sql_next(db, path, stmt, &more, err)) == HG_OK && more) {
        hg_store_source *items = hg_grow(c->sources, &capacity, c->source_count + 1, sizeof *items);
        if (!items) {
            status = hg_fail_memory(err);
            break;
        }
        c->sources = items;
        items[c->source_count++] = (hg_store_source){.name = column_text(stmt, 0),
                                                     .layer = column_text(stmt, 1),
                                                     .sha256 = column_text(stmt, 2),
                                                     .bytes = sqlite3_column_int64(stmt, 3),
                                                     .rows_read = sqlite3_column_int64(stmt, 4)};
    }
    sqlite3_finalize(stmt);
    return status;
}

static bool has_layer(const hg_store_contents *c, const char *name)
{
    for (size_t i = 0; i < c->layer_count; i++)
        if (strcmp(c->layers[i].name, name) == 0)
            return true;
    return false;
}

hg_status hg_store_look(const char *path, hg_store_contents *out, hg_error *err)
{
    hg_store_contents c = {0};
    GDALDatasetH ds = NULL;
    sqlite3 *db = NULL;
    hg_status status = open_vector(path, &ds, err);
    if (status != HG_OK)
        return status;
    status = list_layers(ds, path, &c, err);
    GDALClose(ds);
    bool info = has_layer(&c, "run_info"), sources = has_layer(&c, "sources");
    if (status == HG_OK && (info || sources) &&
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        status = hg_sql_fail(db, path, err);
    if (status == HG_OK && info && has_columns(db, select_run_info))
        status = read_run_info(db, path, &c, err);
    if (status == HG_OK && sources && has_columns(db, select_sources))
        status = read_sources(db, path, &c, err);
    sqlite3_close(db);
    if (status != HG_OK) {
        hg_store_contents_dispose(&c);
        return status;
    }
    *out = c;
    return HG_OK;
}

hg_status hg_store_crs(const char *path, const char *layer, char **wkt, hg_error *err)
{
    GDALDatasetH ds = NULL;
    *wkt = NULL;
    hg_status status = open_vector(path, &ds, err);
    if (status != HG_OK)
        return status;
    OGRLayerH found = GDALDatasetGetLayerByName(ds, layer);
    if (found)
        status = hg_source_declared_crs(found, wkt, err);
    GDALClose(ds);
    return status;
}
