/* Rows in bulk: one INSERT … SELECT from the table in memory, with the layer's triggers lifted. */
#include "base/civil.h"
#include "base/memory.h"
#include "io/feed.h"
#include "io/gpkg_blob.h"
#include "io/gpkg_internal.h"

#include <math.h>
#include <string.h>

enum { DATETIME_TEXT = 40, DATETIME_LENGTH = 23 };

typedef struct triggers {
    char **names, **sqls;
    size_t count, name_capacity, sql_capacity;
} triggers;

static void triggers_dispose(triggers *t)
{
    for (size_t i = 0; i < t->count; i++) {
        hg_free(t->names[i]);
        hg_free(t->sqls[i]);
    }
    hg_free(t->names);
    hg_free(t->sqls);
}

static hg_status note_trigger(triggers *t, const char *name, const char *sql, hg_error *err)
{
    char **names = hg_grow(t->names, &t->name_capacity, t->count + 1, sizeof *names);
    if (names)
        t->names = names;
    char **sqls = hg_grow(t->sqls, &t->sql_capacity, t->count + 1, sizeof *sqls);
    if (sqls)
        t->sqls = sqls;
    char *name_copy = hg_strdup(name), *sql_copy = hg_strdup(sql);
    if (!names || !sqls || !name_copy || !sql_copy) {
        hg_free(name_copy);
        hg_free(sql_copy);
        return hg_fail_memory(err);
    }
    names[t->count] = name_copy;
    sqls[t->count++] = sql_copy;
    return HG_OK;
}

/* The triggers that keep R-tree and count call functions only OGR's connections have. */
static hg_status lift_triggers(hg_gpkg *g, const char *layer, triggers *t, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = hg_sql_preparef(
        g->db, g->path, &stmt, err,
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = "
        "lower(%Q) AND (name LIKE 'rtree!_%%' ESCAPE '!' OR name LIKE "
        "'trigger!_%%!_feature!_count!_%%' ESCAPE '!') ORDER BY rowid",
        layer);
    while (s == HG_OK && (s = hg_sql_next(g->db, g->path, stmt, &more, err)) == HG_OK && more)
        s = note_trigger(t, (const char *)sqlite3_column_text(stmt, 0),
                         (const char *)sqlite3_column_text(stmt, 1), err);
    sqlite3_finalize(stmt);
    for (size_t i = 0; s == HG_OK && i < t->count; i++)
        s = hg_sql_execf(g->db, g->path, err, "DROP TRIGGER \"%w\"", t->names[i]);
    return s;
}

static hg_status restore_triggers(hg_gpkg *g, const triggers *t, hg_error *err)
{
    hg_status s = HG_OK;
    for (size_t i = 0; s == HG_OK && i < t->count; i++)
        s = hg_sql_exec(g->db, g->path, t->sqls[i], err);
    return s;
}

/* Text given to SQLite stays where it is until the next row; the last one's length is remembered.
 */
typedef struct cell_text {
    uint32_t id;
    int length;
    char datetime[DATETIME_TEXT];
} cell_text;

typedef struct loading {
    hg_gpkg *gpkg;
    const hg_gpkg_layer *layer;
    const hg_table *table;
    int64_t first_fid;
    bool was_empty, multi;
    int first_column; /* of the attributes, behind fid and geometry */
    hg_blob blob;
    unsigned char point[HG_POINT_BLOB];
    cell_text *texts; /* one a column */
} loading;

/* "layer" ("fid", "geom", …), in the order in which put_value() is asked. */
static hg_status name_columns(const loading *l, char **out, hg_error *err)
{
    const hg_table *t = l->table;
    hg_text sql = {0};
    hg_text_add_sql_name(&sql, l->layer->name);
    hg_text_add(&sql, " (");
    hg_text_add_sql_name(&sql, l->layer->fid);
    if (l->layer->geom) {
        hg_text_add(&sql, ", ");
        hg_text_add_sql_name(&sql, l->layer->geom);
    }
    for (size_t i = 0; i < t->column_count; i++) {
        char *name = hg_gpkg_column_name(t, i, l->layer->fid, l->layer->geom);
        sql.failed |= !name;
        hg_text_add(&sql, ", ");
        hg_text_add_sql_name(&sql, name ? name : "");
        hg_free(name);
    }
    hg_text_add(&sql, ")");
    char *text = hg_text_take(&sql);
    if (!text)
        return hg_fail_memory(err);
    *out = text;
    return HG_OK;
}

/*
 * Civil time without a zone, the way GDAL itself writes it: with milliseconds (readers warn without
 * them) and no Z (which would make it UTC, a claim nobody made).
 */
static bool datetime_text(int64_t civil, char text[DATETIME_TEXT])
{
    int64_t year;
    int month, day, hour, minute, second;
    hg_civil_split(civil, &year, &month, &day, &hour, &minute, &second);
    if (year < 0 || year > 9999)
        return false;
    memcpy(text, "0000-00-00T00:00:00.000", 24);
    hg_civil_put(text, 4, year);
    hg_civil_put(text + 5, 2, month);
    hg_civil_put(text + 8, 2, day);
    hg_civil_put(text + 11, 2, hour);
    hg_civil_put(text + 14, 2, minute);
    hg_civil_put(text + 17, 2, second);
    return true;
}

static void put_text(const loading *l, cell_text *last, uint32_t id, sqlite3_context *out)
{
    const char *text = hg_pool_text(l->table->pool, id);
    if (!text)
        return;
    if (id != last->id) {
        last->id = id;
        last->length = (int)strlen(text);
    }
    sqlite3_result_text(out, text, last->length, SQLITE_STATIC);
}

static void put_attribute(loading *l, size_t column, size_t row, sqlite3_context *out)
{
    const hg_column *c = &l->table->columns[column];
    cell_text *last = &l->texts[column];
    switch (c->type) {
    case HG_INT64:
        if (c->i64[row] != HG_NULL_INT64)
            sqlite3_result_int64(out, c->i64[row]);
        break;
    case HG_DOUBLE:
        if (!isnan(c->f64[row]))
            sqlite3_result_double(out, c->f64[row]);
        break;
    case HG_TEXT:
        put_text(l, last, c->text[row], out);
        break;
    case HG_DATETIME:
        if (c->i64[row] != HG_NO_TIME && datetime_text(c->i64[row], last->datetime))
            sqlite3_result_text(out, last->datetime, DATETIME_LENGTH, SQLITE_STATIC);
        break;
    }
}

static hg_status put_geometry(loading *l, size_t row, sqlite3_context *out, hg_error *err)
{
    const hg_geometry *g = &l->table->geometry;
    if (g->type == HG_POINT) {
        if (hg_blob_point(l->point, l->layer->srs_id, g->xy + 2 * row))
            sqlite3_result_blob(out, l->point, HG_POINT_BLOB, SQLITE_STATIC);
        return HG_OK;
    }
    double envelope[4];
    bool empty = false;
    hg_status s =
        hg_blob_polygon(&l->blob, l->layer->srs_id, g, row, l->multi, envelope, &empty, err);
    if (s == HG_OK && !empty)
        sqlite3_result_blob64(out, l->blob.bytes, l->blob.len, SQLITE_STATIC);
    return s;
}

static hg_status put_value(void *payload, size_t row, int column, sqlite3_context *out,
                           hg_error *err)
{
    loading *l = payload;
    if (column >= l->first_column)
        put_attribute(l, (size_t)(column - l->first_column), row, out);
    else if (column == 0)
        sqlite3_result_int64(out, l->first_fid + (int64_t)row);
    else
        return put_geometry(l, row, out, err);
    return HG_OK;
}

static hg_status insert_rows(loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    hg_feed feed = {.rows = l->table->rows,
                    .columns = l->first_column + (int)l->table->column_count,
                    .value = put_value,
                    .payload = l,
                    .control = g->control,
                    .step = "write"};
    char *into = NULL;
    l->texts = hg_malloc(l->table->column_count, sizeof *l->texts);
    if (!l->texts)
        return hg_fail_memory(err);
    for (size_t i = 0; i < l->table->column_count; i++)
        l->texts[i].id = HG_NO_TEXT;
    hg_status s = name_columns(l, &into, err);
    if (s == HG_OK)
        s = hg_feed_insert(g->db, g->path, into, &feed, err);
    hg_free(into);
    return s;
}

/* A layer that was empty has as many rows as went in; any other is counted, for its count may be
 * old.
 */
static hg_status update_count(const loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    bool counted = false;
    hg_status s = hg_gpkg_has_object(g, "gpkg_ogr_contents", &counted, err);
    if (s != HG_OK || !counted)
        return s;
    char *count = l->was_empty ? sqlite3_mprintf("%lld", (long long)l->table->rows)
                               : sqlite3_mprintf("(SELECT count(*) FROM \"%w\")", l->layer->name);
    if (!count)
        return hg_fail_memory(err);
    s = hg_sql_execf(g->db, g->path, err,
                     "UPDATE gpkg_ogr_contents SET feature_count = %s WHERE lower(table_name) = "
                     "lower(%Q)",
                     count, l->layer->name);
    sqlite3_free(count);
    return s;
}

static hg_status start_loading(loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    const hg_table *t = l->table;
    int64_t last = 0;
    char *sql = sqlite3_mprintf("SELECT max(\"%w\") FROM \"%w\"", l->layer->fid, l->layer->name);
    if (!sql)
        return hg_fail_memory(err);
    hg_status s = hg_sql_number(g->db, g->path, sql, INT64_MIN, &last, err);
    sqlite3_free(sql);
    if (s != HG_OK)
        return s;
    l->was_empty = last == INT64_MIN;
    last = l->was_empty ? 0 : last;
    if (last > INT64_MAX - (int64_t)t->rows)
        return hg_fail(err, HG_EDATA, "%s: the layer %s has no keys left after %lld", g->path,
                       l->layer->name, (long long)last);
    l->first_fid = last + 1;
    l->first_column = l->layer->geom ? 2 : 1;
    l->multi = l->layer->type &&
               (strcmp(l->layer->type, "MULTIPOLYGON") == 0 || t->geometry.type == HG_MULTIPOLYGON);
    return HG_OK;
}

static hg_status load(loading *l, hg_error *err)
{
    hg_gpkg_index *index = NULL;
    hg_status s = start_loading(l, err);
    if (s == HG_OK && l->layer->geom)
        s = hg_gpkg_index_begin(l->gpkg, l->layer, l->table, l->first_fid, &index, err);
    if (s == HG_OK)
        s = insert_rows(l, err);
    if (s == HG_OK && index)
        s = hg_gpkg_index_store(index, err);
    hg_gpkg_index_free(index);
    hg_blob_dispose(&l->blob);
    hg_free(l->texts);
    return s;
}

hg_status hg_gpkg_load_rows(hg_gpkg *g, const hg_gpkg_layer *layer, const hg_table *table,
                            hg_error *err)
{
    loading l = {.gpkg = g, .layer = layer, .table = table};
    triggers lifted = {0};
    hg_status s = lift_triggers(g, layer->name, &lifted, err);
    if (s == HG_OK)
        s = hg_gpkg_match_layer(g, layer, table, err);
    if (s == HG_OK)
        s = load(&l, err);
    if (s == HG_OK)
        s = restore_triggers(g, &lifted, err);
    if (s == HG_OK)
        s = update_count(&l, err);
    if (s == HG_OK)
        s = hg_sql_execf(g->db, g->path, err,
                         "UPDATE gpkg_contents SET last_change = %Q WHERE table_name = %Q",
                         g->stamp, layer->name);
    triggers_dispose(&lifted);
    return s;
}
