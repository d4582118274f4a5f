/* Reading a table of a GeoPackage or SpatiaLite file back whole. */
#include "base/civil.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/sql.h"
#include "io/store.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* The types that our own tables are written with; anything else is no column of a result. */
static bool type_of(const char *declared, hg_type *type)
{
    static const struct {
        const char *name;
        hg_type type;
    } types[] = {{"INTEGER", HG_INT64}, {"BIGINT", HG_INT64}, {"MEDIUMINT", HG_INT64}, {"REAL", HG_DOUBLE},
                 {"DOUBLE", HG_DOUBLE}, {"TEXT", HG_TEXT},    {"VARCHAR", HG_TEXT},    {"DATETIME", HG_DATETIME}};
    for (size_t i = 0; declared && i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(declared, types[i].name) == 0) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

static hg_status add_columns(sqlite3 *db, const char *path, const char *name, hg_table *t, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    hg_status status = hg_sql_preparef(db, path, &stmt, err, "SELECT name, type FROM pragma_table_info(%Q)", name);
    while (status == HG_OK && (status = hg_sql_next(db, path, stmt, &more, err)) == HG_OK && more) {
        hg_type type;
        const char *column = (const char *)sqlite3_column_text(stmt, 0);
        if (column && type_of((const char *)sqlite3_column_text(stmt, 1), &type) && strcmp(column, "fid") != 0)
            status = hg_table_add(t, column, type, NULL, err);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* A moment as it was written, on the clock it was written on; HG_NO_TIME where it is none. */
static int64_t moment_at(sqlite3_stmt *stmt, int k)
{
    hg_moment m;
    const char *text = (const char *)sqlite3_column_text(stmt, k);
    return text && hg_moment_parse(text, strlen(text), HG_ORDER_UNKNOWN, &m) ? m.civil : HG_NO_TIME;
}

static hg_status take_cell(sqlite3_stmt *stmt, int k, hg_table *t, size_t row, hg_error *err)
{
    hg_column *c = &t->columns[k];
    bool null = sqlite3_column_type(stmt, k) == SQLITE_NULL;
    switch (c->type) {
    case HG_DATETIME:
        c->i64[row] = moment_at(stmt, k);
        return HG_OK;
    case HG_INT64:
        c->i64[row] = null ? HG_NULL_INT64 : sqlite3_column_int64(stmt, k);
        return HG_OK;
    case HG_DOUBLE:
        c->f64[row] = null ? NAN : sqlite3_column_double(stmt, k);
        return HG_OK;
    case HG_TEXT:
        return null ? HG_OK
                    : hg_table_set_text(t, c, row, (const char *)sqlite3_column_text(stmt, k), err);
    }
    return HG_OK;
}

static hg_status read_rows(sqlite3 *db, const char *path, const char *name, hg_table *t, hg_error *err)
{
    hg_text sql = {0};
    sqlite3_stmt *stmt = NULL;
    bool more = true;
    hg_text_add(&sql, "SELECT ");
    for (size_t k = 0; k < t->column_count; k++) {
        hg_text_add(&sql, k ? ", " : "");
        hg_text_add_sql_name(&sql, t->columns[k].name);
    }
    hg_text_add(&sql, " FROM ");
    hg_text_add_sql_name(&sql, name);
    hg_text_add(&sql, " ORDER BY rowid");
    hg_status status = sql.failed ? hg_fail_memory(err) : hg_sql_prepare(db, path, sql.s, &stmt, err);
    for (size_t row = 0; status == HG_OK && row < t->rows; row++) {
        status = hg_sql_next(db, path, stmt, &more, err);
        if (status == HG_OK && !more)
            status = hg_fail(err, HG_EDATA, "%s: table %s changed while it was read", path, name);
        for (size_t k = 0; k < t->column_count && status == HG_OK; k++)
            status = take_cell(stmt, (int)k, t, row, err);
    }
    sqlite3_finalize(stmt);
    hg_text_dispose(&sql);
    return status;
}

static hg_status count_rows(sqlite3 *db, const char *path, const char *name, int64_t *rows, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status status = hg_sql_preparef(db, path, &stmt, err, "SELECT count(*) FROM \"%w\"", name);
    if (status == HG_OK)
        status = hg_sql_next(db, path, stmt, &more, err);
    *rows = status == HG_OK && more ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return status;
}

static hg_status has_table(sqlite3 *db, const char *path, const char *name, bool *found, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    *found = false;
    hg_status status = hg_sql_preparef(db, path, &stmt, err,
                                       "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = %Q", name);
    if (status == HG_OK)
        status = hg_sql_next(db, path, stmt, found, err);
    sqlite3_finalize(stmt);
    return status;
}

hg_status hg_store_read_table(const char *path, const char *name, hg_table **out, hg_error *err)
{
    sqlite3 *db = NULL;
    hg_table *t = NULL;
    int64_t rows = 0;
    bool found = false;
    hg_status status = hg_file_check(path, path, false, err);
    if (status != HG_OK)
        return status;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        status = hg_sql_fail(db, path, err);
    if (status == HG_OK)
        status = has_table(db, path, name, &found, err);
    if (status == HG_OK && !found)
        status = hg_fail(err, HG_EDATA, "%s has no table %s", path, name);
    if (status == HG_OK)
        status = count_rows(db, path, name, &rows, err);
    if (status == HG_OK)
        status = hg_table_new(name, (size_t)rows, NULL, &t, err);
    if (status == HG_OK)
        status = add_columns(db, path, name, t, err);
    if (status == HG_OK && !t->column_count)
        status = hg_fail(err, HG_EDATA, "%s: table %s has no column that can be read", path, name);
    if (status == HG_OK)
        status = read_rows(db, path, name, t, err);
    sqlite3_close(db);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}
