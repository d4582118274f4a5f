/* What goes into a GeoPackage beside its layers: styles, a QGIS project, metadata, the run's
 * record. */
#include "base/memory.h"
#include "base/utf8.h"
#include "io/gpkg_internal.h"
#include "io/zip.h"

#include <stdio.h>
#include <string.h>

/* As QGIS creates it; catalog, schema and owner must be '' and not NULL for it to find a style. */
static const char LAYER_STYLES[] =
    "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
    "f_table_catalog TEXT(256),f_table_schema TEXT(256),f_table_name TEXT(256),"
    "f_geometry_column TEXT(256),styleName TEXT(30),styleQML TEXT,styleSLD TEXT,"
    "useAsDefault BOOLEAN,description TEXT,owner TEXT(30),ui TEXT(30),"
    "update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))";

static const char QGIS_PROJECTS[] =
    "CREATE TABLE qgis_projects(name TEXT PRIMARY KEY, metadata BLOB, content BLOB)";

/* OGC 12-128r19, annex F.8, as OGR words it */
static const char METADATA[] =
    "CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,"
    "md_scope TEXT NOT NULL DEFAULT 'dataset',md_standard_uri TEXT NOT NULL,"
    "mime_type TEXT NOT NULL DEFAULT 'text/xml',metadata TEXT NOT NULL DEFAULT '')";
static const char METADATA_REFERENCE[] =
    "CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL,table_name TEXT,"
    "column_name TEXT,row_id_value INTEGER,timestamp DATETIME NOT NULL DEFAULT "
    "(strftime('%Y-%m-%dT%H:%M:%fZ','now')),md_file_id INTEGER NOT NULL,md_parent_id INTEGER,"
    "CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),"
    "CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id))";
static const char EXTENSIONS[] =
    "CREATE TABLE gpkg_extensions (table_name TEXT,column_name TEXT,extension_name TEXT NOT NULL,"
    "definition TEXT NOT NULL,scope TEXT NOT NULL,CONSTRAINT ge_tce UNIQUE (table_name, "
    "column_name, extension_name))";
static const char METADATA_EXTENSION[] =
    "INSERT INTO gpkg_extensions SELECT 'gpkg_metadata', NULL, 'gpkg_metadata', "
    "'http://www.geopackage.org/spec120/#extension_metadata', 'read-write' UNION ALL SELECT "
    "'gpkg_metadata_reference', NULL, 'gpkg_metadata', "
    "'http://www.geopackage.org/spec120/#extension_metadata', 'read-write'";

/* *made (may be NULL) tells whether the table was missing. */
static hg_status ensure_table(hg_gpkg *g, const char *name, const char *sql, bool *made,
                              hg_error *err)
{
    bool has = false;
    hg_status s = hg_gpkg_has_object(g, name, &has, err);
    if (s == HG_OK && !has)
        s = hg_sql_exec(g->db, g->path, sql, err);
    if (s == HG_OK && made)
        *made = !has;
    return s;
}

static hg_status ensure_layer_styles(hg_gpkg *g, hg_error *err)
{
    bool made = false;
    hg_status s = ensure_table(g, "layer_styles", LAYER_STYLES, &made, err);
    if (s == HG_OK && made)
        s = hg_sql_execf(g->db, g->path, err,
                         "INSERT INTO gpkg_contents (table_name, data_type, identifier, "
                         "description, last_change, srs_id) VALUES ('layer_styles', 'attributes', "
                         "'layer_styles', '', %Q, 0)",
                         g->stamp);
    return s;
}

hg_status hg_gpkg_add_style(hg_gpkg *g, const char *layer, const char *geometry_column,
                            const char *style_name, const char *qml, hg_error *err)
{
    hg_status s = ensure_layer_styles(g, err);
    if (s == HG_OK)
        s = hg_sql_execf(g->db, g->path, err,
                         "DELETE FROM layer_styles WHERE f_table_name = %Q AND styleName = %.*Q;"
                         "UPDATE layer_styles SET useAsDefault = 0 WHERE f_table_name = %Q",
                         layer, (int)hg_utf8_prefix(style_name, 30), style_name, layer);
    sqlite3_stmt *stmt = NULL;
    if (s == HG_OK)
        s = hg_sql_prepare(g->db, g->path,
                           "INSERT INTO layer_styles (f_table_catalog, f_table_schema, "
                           "f_table_name, f_geometry_column, styleName, styleQML, styleSLD, "
                           "useAsDefault, description, owner, ui, update_time) VALUES "
                           "('', '', ?1, ?2, ?3, ?4, '', 1, '', '', NULL, ?5)",
                           &stmt, err);
    if (s == HG_OK) {
        sqlite3_bind_text(stmt, 1, layer, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, geometry_column ? geometry_column : "", -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 3, style_name, (int)hg_utf8_prefix(style_name, 30),
                          SQLITE_STATIC);
        sqlite3_bind_text(stmt, 4, qml, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 5, g->stamp, -1, SQLITE_STATIC);
        s = hg_sql_run(g->db, g->path, stmt, err);
    }
    sqlite3_finalize(stmt);
    return s;
}

/* QGIS keeps the zip as hexadecimal text (in a column declared BLOB). */
static hg_status zip_as_hex(const char *name, const char *qgs, char **hex, size_t *n, hg_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *zip = NULL;
    size_t size = 0;
    hg_text file = {0};
    hg_text_addf(&file, "%s.qgs", name);
    char *file_name = hg_text_take(&file);
    if (!file_name)
        return hg_fail_memory(err);
    hg_status s = hg_zip_one(file_name, qgs, strlen(qgs), &zip, &size, err);
    hg_free(file_name);
    if (s != HG_OK)
        return s;
    char *text = hg_malloc(size, 2);
    for (size_t i = 0; text && i < size; i++) {
        text[2 * i] = digits[zip[i] >> 4];
        text[2 * i + 1] = digits[zip[i] & 15];
    }
    hg_free(zip);
    if (!text)
        return hg_fail_memory(err);
    *hex = text;
    *n = 2 * size;
    return HG_OK;
}

hg_status hg_gpkg_add_project(hg_gpkg *g, const char *name, const char *qgs, hg_error *err)
{
    char *hex = NULL, metadata[128];
    size_t n = 0;
    sqlite3_stmt *stmt = NULL;
    snprintf(metadata, sizeof metadata,
             "{\"last_modified_time\": \"%s\", \"last_modified_user\": \"hotgrid\"}", g->stamp);
    hg_status s = ensure_table(g, "qgis_projects", QGIS_PROJECTS, NULL, err);
    if (s == HG_OK)
        s = zip_as_hex(name, qgs, &hex, &n, err);
    if (s == HG_OK)
        s = hg_sql_prepare(g->db, g->path,
                           "INSERT OR REPLACE INTO qgis_projects VALUES (?1, ?2, ?3)", &stmt, err);
    if (s == HG_OK) {
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, metadata, -1, SQLITE_STATIC);
        sqlite3_bind_text64(stmt, 3, hex, n, SQLITE_STATIC, SQLITE_UTF8);
        s = hg_sql_run(g->db, g->path, stmt, err);
    }
    sqlite3_finalize(stmt);
    hg_free(hex);
    return s;
}

static hg_status ensure_metadata_tables(hg_gpkg *g, hg_error *err)
{
    bool made = false;
    hg_status s = ensure_table(g, "gpkg_metadata", METADATA, &made, err);
    if (s == HG_OK)
        s = ensure_table(g, "gpkg_metadata_reference", METADATA_REFERENCE, NULL, err);
    if (s == HG_OK)
        s = ensure_table(g, "gpkg_extensions", EXTENSIONS, NULL, err);
    if (s == HG_OK && made)
        s = hg_sql_exec(g->db, g->path, METADATA_EXTENSION, err);
    return s;
}

hg_status hg_gpkg_add_metadata(hg_gpkg *g, const char *standard_uri, const char *mime,
                               const char *text, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    hg_status s = ensure_metadata_tables(g, err);
    if (s == HG_OK)
        s = hg_sql_prepare(g->db, g->path,
                           "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, "
                           "metadata) VALUES ('dataset', ?1, ?2, ?3)",
                           &stmt, err);
    if (s == HG_OK) {
        sqlite3_bind_text(stmt, 1, standard_uri, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, mime, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 3, text, -1, SQLITE_STATIC);
        s = hg_sql_run(g->db, g->path, stmt, err);
    }
    sqlite3_finalize(stmt);
    if (s == HG_OK)
        s = hg_sql_execf(g->db, g->path, err,
                         "INSERT INTO gpkg_metadata_reference VALUES ('geopackage', NULL, NULL, "
                         "NULL, %Q, %lld, NULL)",
                         g->stamp, (long long)sqlite3_last_insert_rowid(g->db));
    return s;
}

static hg_status run_info_table(const char *const *keys, const char *const *values, size_t n,
                                hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status s = hg_table_new("run_info", n, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_add(t, "key", HG_TEXT, NULL, err);
    if (s == HG_OK)
        s = hg_table_add(t, "value", HG_TEXT, NULL, err);
    for (size_t i = 0; s == HG_OK && i < n; i++) {
        s = hg_table_set_text(t, &t->columns[0], i, keys[i], err);
        if (s == HG_OK && values[i])
            s = hg_table_set_text(t, &t->columns[1], i, values[i], err);
    }
    if (s == HG_OK)
        *out = t;
    else
        hg_table_free(t);
    return s;
}

hg_status hg_gpkg_set_run_info(hg_gpkg *g, const char *const *keys, const char *const *values,
                               size_t n, hg_error *err)
{
    hg_table *t = NULL;
    hg_status s = run_info_table(keys, values, n, &t, err);
    if (s != HG_OK)
        return s;
    if (hg_gpkg_has_table(g, "run_info"))
        s = hg_sql_exec(g->db, g->path, "DELETE FROM run_info", err);
    if (s == HG_OK)
        s = hg_gpkg_append_table(g, t, err);
    hg_table_free(t);
    return s;
}
