/* Layers that are already in the file: finding them, and whether more rows fit. */
#include "base/memory.h"
#include "io/gdal.h"
#include "io/gpkg_internal.h"

#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void hg_gpkg_layer_dispose(hg_gpkg_layer *layer)
{
    hg_free(layer->name);
    hg_free(layer->fid);
    hg_free(layer->geom);
    hg_free(layer->rtree);
    hg_free(layer->type);
    *layer = (hg_gpkg_layer){0};
}

hg_status hg_gpkg_has_object(hg_gpkg *g, const char *name, bool *has, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    hg_status s = hg_sql_prepare(
        g->db, g->path, "SELECT 1 FROM sqlite_master WHERE lower(name) = lower(?)", &stmt, err);
    if (s == HG_OK) {
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        s = hg_sql_next(g->db, g->path, stmt, has, err);
    }
    sqlite3_finalize(stmt);
    return s;
}

static char *column_copy(sqlite3_stmt *stmt, int column)
{
    return hg_strdup((const char *)sqlite3_column_text(stmt, column));
}

static hg_status read_layer(sqlite3_stmt *stmt, hg_gpkg_layer *l, hg_error *err)
{
    bool spatial = sqlite3_column_type(stmt, 2) != SQLITE_NULL;
    *l = (hg_gpkg_layer){.name = column_copy(stmt, 0),
                         .fid = column_copy(stmt, 1),
                         .geom = column_copy(stmt, 2),
                         .type = column_copy(stmt, 3),
                         .srs_id = sqlite3_column_int(stmt, 4),
                         .rtree = column_copy(stmt, 5)};
    if (!l->name || !l->fid || (spatial && (!l->geom || !l->type))) {
        hg_gpkg_layer_dispose(l);
        return hg_fail_memory(err);
    }
    return HG_OK;
}

hg_status hg_gpkg_find_layer(hg_gpkg *g, const char *name, hg_gpkg_layer *layer, bool *found,
                             hg_error *err)
{
    /* gpkg_geometry_columns is made with the first spatial layer */
    bool spatial = false, more = false;
    sqlite3_stmt *stmt = NULL;
    hg_status s = hg_gpkg_has_object(g, "gpkg_geometry_columns", &spatial, err);
    if (s == HG_OK)
        s = hg_sql_preparef(
            g->db, g->path, &stmt, err,
            "SELECT c.table_name, (SELECT name FROM pragma_table_info(c.table_name) WHERE pk), "
            "%s, (SELECT name FROM sqlite_master WHERE lower(name) = lower('rtree_' || "
            "c.table_name || '_' || %s)) FROM gpkg_contents c %s WHERE lower(c.table_name) = "
            "lower(%Q) AND c.data_type IN ('features', 'attributes')",
            spatial ? "g.column_name, upper(g.geometry_type_name), g.srs_id" : "NULL, NULL, NULL",
            spatial ? "g.column_name" : "NULL",
            spatial ? "LEFT JOIN gpkg_geometry_columns g ON lower(g.table_name) = "
                      "lower(c.table_name)"
                    : "",
            name);
    if (s == HG_OK)
        s = hg_sql_next(g->db, g->path, stmt, &more, err);
    if (s == HG_OK && more && sqlite3_column_type(stmt, 1) == SQLITE_NULL)
        s = hg_fail(err, HG_EDATA, "%s: the layer %s has no integer primary key", g->path, name);
    if (s == HG_OK && more)
        s = read_layer(stmt, layer, err);
    sqlite3_finalize(stmt);
    if (s == HG_OK)
        *found = more;
    return s;
}

static const char *geometry_words(hg_geometry_type type)
{
    switch (type) {
    case HG_POINT:
        return "POINT";
    case HG_POLYGON:
        return "POLYGON";
    case HG_MULTIPOLYGON:
        return "MULTIPOLYGON";
    case HG_NO_GEOMETRY:
        break;
    }
    return "no geometry";
}

static bool geometry_fits(const char *layer, hg_geometry_type type)
{
    if (!layer || type == HG_NO_GEOMETRY)
        return !layer && type == HG_NO_GEOMETRY;
    return strcmp(layer, "GEOMETRY") == 0 || strcmp(layer, geometry_words(type)) == 0 ||
           (strcmp(layer, "MULTIPOLYGON") == 0 && type == HG_POLYGON);
}

static bool same_crs(const char *wkt_a, const char *wkt_b)
{
    static const char *const options[] = {"IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES",
                                          "CRITERION=EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS", NULL};
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGRSpatialReferenceH a = OSRNewSpatialReference(NULL), b = OSRNewSpatialReference(NULL);
    char *ta = (char *)(uintptr_t)wkt_a, *tb = (char *)(uintptr_t)wkt_b; /* advanced only */
    bool same = a && b && OSRImportFromWkt(a, &ta) == OGRERR_NONE &&
                OSRImportFromWkt(b, &tb) == OGRERR_NONE && OSRIsSameEx(a, b, options);
    OSRDestroySpatialReference(a);
    OSRDestroySpatialReference(b);
    hg_gdal_watch_end(&watch);
    return same;
}

static hg_status check_crs(hg_gpkg *g, const hg_gpkg_layer *l, const hg_table *t, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = hg_sql_preparef(
        g->db, g->path, &stmt, err,
        "SELECT srs_name, definition FROM gpkg_spatial_ref_sys WHERE srs_id = %d", l->srs_id);
    if (s == HG_OK)
        s = hg_sql_next(g->db, g->path, stmt, &more, err);
    if (s == HG_OK && t->crs_wkt && l->srs_id > 0) {
        const char *wkt = more ? (const char *)sqlite3_column_text(stmt, 1) : NULL;
        if (!wkt || !same_crs(wkt, t->crs_wkt))
            s = hg_fail(err, HG_EUSAGE,
                        "%s: the layer %s is in %s, the new rows in another coordinate system",
                        g->path, l->name,
                        more ? (const char *)sqlite3_column_text(stmt, 0) : "an unknown CRS");
    }
    sqlite3_finalize(stmt);
    return s;
}

/* Which of our types a declared column type stands for; -1 for any other. */
static int declared_type(const char *sql)
{
    static const struct {
        const char *word;
        hg_type type;
    } words[] = {{"DATETIME", HG_DATETIME}, {"INT", HG_INT64},     {"MEDIUMINT", HG_INT64},
                 {"SMALLINT", HG_INT64},    {"TINYINT", HG_INT64}, {"BIGINT", HG_INT64},
                 {"BOOLEAN", HG_INT64},     {"REAL", HG_DOUBLE},   {"DOUBLE", HG_DOUBLE},
                 {"FLOAT", HG_DOUBLE},      {"TEXT", HG_TEXT},     {"VARCHAR", HG_TEXT}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncasecmp(sql, words[i].word, strlen(words[i].word)) == 0)
            return (int)words[i].type;
    return -1;
}

static hg_status check_type(hg_gpkg *g, const hg_gpkg_layer *l, const char *name,
                            const char *declared, hg_type type, hg_error *err)
{
    int have = declared_type(declared);
    if (have == (int)type || (have == HG_DOUBLE && type == HG_INT64))
        return HG_OK;
    return hg_fail(err, HG_EUSAGE, "%s: column %s of layer %s is %s, the new rows have %s", g->path,
                   name, l->name, declared, hg_gpkg_type_name(type));
}

static hg_status match_column(hg_gpkg *g, const hg_gpkg_layer *l, const char *name, hg_type type,
                              hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool there = false;
    hg_status s = hg_sql_preparef(
        g->db, g->path, &stmt, err,
        "SELECT type FROM pragma_table_info(%Q) WHERE lower(name) = lower(%Q)", l->name, name);
    if (s == HG_OK)
        s = hg_sql_next(g->db, g->path, stmt, &there, err);
    if (s == HG_OK && there)
        s = check_type(g, l, name, (const char *)sqlite3_column_text(stmt, 0), type, err);
    sqlite3_finalize(stmt);
    if (s == HG_OK && !there)
        s = hg_sql_execf(g->db, g->path, err, "ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s", l->name,
                         name, hg_gpkg_type_name(type));
    return s;
}

hg_status hg_gpkg_match_layer(hg_gpkg *g, const hg_gpkg_layer *l, const hg_table *t, hg_error *err)
{
    if (!geometry_fits(l->type, t->geometry.type))
        return hg_fail(err, HG_EUSAGE, "%s: the layer %s holds %s, the new rows are %s", g->path,
                       l->name, l->type ? l->type : "no geometry",
                       geometry_words(t->geometry.type));
    hg_status s = l->type ? check_crs(g, l, t, err) : HG_OK;
    for (size_t i = 0; s == HG_OK && i < t->column_count; i++) {
        char *name = hg_gpkg_column_name(t, i, l->fid, l->geom);
        s = name ? match_column(g, l, name, t->columns[i].type, err) : hg_fail_memory(err);
        hg_free(name);
    }
    return s;
}
