/* Rows in bulk: prepared statements with the layer's triggers lifted, then the R-tree in one go. */
#include "base/civil.h"
#include "base/memory.h"
#include "io/gpkg_blob.h"
#include "io/gpkg_internal.h"
#include "io/rtree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATETIME_TEXT = 40, CHECK_EVERY = 8192 };

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

typedef struct loading {
    hg_gpkg *gpkg;
    const hg_gpkg_layer *layer;
    const hg_table *table;
    sqlite3_stmt *insert;
    int64_t first_fid;
    int first_column; /* parameter number of the first attribute */
    bool multi;
    hg_rtree_entry *entries;
    size_t entry_count;
    hg_blob blob;
    char (*datetimes)[DATETIME_TEXT]; /* one a column: bound text must outlive the step */
} loading;

static hg_status prepare_insert(loading *l, hg_error *err)
{
    const hg_table *t = l->table;
    hg_text sql = {0};
    hg_text_add(&sql, "INSERT INTO ");
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
    hg_text_add(&sql, l->layer->geom ? ") VALUES (?, ?" : ") VALUES (?");
    for (size_t i = 0; i < t->column_count; i++)
        hg_text_add(&sql, ", ?");
    hg_text_add(&sql, ")");
    char *text = hg_text_take(&sql);
    if (!text)
        return hg_fail_memory(err);
    hg_status s = hg_sql_prepare(l->gpkg->db, l->gpkg->path, text, &l->insert, err);
    hg_free(text);
    return s;
}

static void put_digits(char *at, int width, int64_t v)
{
    for (int i = width - 1; i >= 0; i--, v /= 10)
        at[i] = (char)('0' + v % 10);
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
    put_digits(text, 4, year);
    put_digits(text + 5, 2, month);
    put_digits(text + 8, 2, day);
    put_digits(text + 11, 2, hour);
    put_digits(text + 14, 2, minute);
    put_digits(text + 17, 2, second);
    return true;
}

/* What is not bound stays NULL: the bindings are cleared before each row. */
static void bind_cell(loading *l, size_t column, size_t row)
{
    const hg_column *c = &l->table->columns[column];
    int k = l->first_column + (int)column;
    const char *text;
    switch (c->type) {
    case HG_INT64:
        if (c->i64[row] != HG_NULL_INT64)
            sqlite3_bind_int64(l->insert, k, c->i64[row]);
        break;
    case HG_DOUBLE:
        if (!isnan(c->f64[row]))
            sqlite3_bind_double(l->insert, k, c->f64[row]);
        break;
    case HG_TEXT:
        text = hg_pool_text(l->table->pool, c->text[row]);
        if (text)
            sqlite3_bind_text(l->insert, k, text, -1, SQLITE_STATIC);
        break;
    case HG_DATETIME:
        if (c->i64[row] != HG_NO_TIME && datetime_text(c->i64[row], l->datetimes[column]))
            sqlite3_bind_text(l->insert, k, l->datetimes[column], 23, SQLITE_STATIC);
        break;
    }
}

static hg_status bind_geometry(loading *l, size_t row, unsigned char point[HG_POINT_BLOB],
                               hg_error *err)
{
    const hg_geometry *g = &l->table->geometry;
    double e[4] = {0};
    if (g->type == HG_POINT) {
        const double *xy = g->xy + 2 * row;
        if (!hg_blob_point(point, l->layer->srs_id, xy))
            return HG_OK;
        sqlite3_bind_blob(l->insert, 2, point, HG_POINT_BLOB, SQLITE_STATIC);
        e[0] = e[1] = xy[0];
        e[2] = e[3] = xy[1];
    } else {
        bool empty = false;
        hg_status s = hg_blob_polygon(&l->blob, l->layer->srs_id, g, row, l->multi, e, &empty, err);
        if (s != HG_OK || empty)
            return s;
        sqlite3_bind_blob64(l->insert, 2, l->blob.bytes, l->blob.len, SQLITE_STATIC);
    }
    l->entries[l->entry_count++] =
        (hg_rtree_entry){l->first_fid + (int64_t)row, e[0], e[1], e[2], e[3]};
    return HG_OK;
}

static hg_status insert_row(loading *l, size_t row, hg_error *err)
{
    unsigned char point[HG_POINT_BLOB];
    sqlite3_clear_bindings(l->insert);
    sqlite3_bind_int64(l->insert, 1, l->first_fid + (int64_t)row);
    hg_status s = l->layer->geom ? bind_geometry(l, row, point, err) : HG_OK;
    if (s != HG_OK)
        return s;
    for (size_t c = 0; c < l->table->column_count; c++)
        bind_cell(l, c, row);
    return hg_sql_run(l->gpkg->db, l->gpkg->path, l->insert, err);
}

static hg_status insert_rows(loading *l, hg_error *err)
{
    for (size_t row = 0; row < l->table->rows; row++) {
        hg_status s = HG_OK;
        if (row % CHECK_EVERY == 0) {
            s = hg_check_cancel(l->gpkg->control, err);
            hg_say_progress(l->gpkg->control, "write", (double)row / (double)l->table->rows);
        }
        if (s == HG_OK)
            s = insert_row(l, row, err);
        if (s != HG_OK)
            return s;
    }
    return HG_OK;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const hg_rtree_entry *)a)->id, y = ((const hg_rtree_entry *)b)->id;
    return (x > y) - (x < y);
}

/* All entries, the R-tree's old ones in front, and the whole packed anew. */
static hg_status repack(loading *l, size_t old, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    size_t n = 0;
    hg_rtree_entry *all = hg_malloc(old + l->entry_count, sizeof *all);
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = all ? HG_OK : hg_fail_memory(err);
    if (s == HG_OK)
        s = hg_sql_preparef(g->db, g->path, &stmt, err, "SELECT * FROM \"%w\"", l->layer->rtree);
    while (s == HG_OK && n < old && (s = hg_sql_next(g->db, g->path, stmt, &more, err)) == HG_OK &&
           more)
        all[n++] = (hg_rtree_entry){sqlite3_column_int64(stmt, 0), sqlite3_column_double(stmt, 1),
                                    sqlite3_column_double(stmt, 2), sqlite3_column_double(stmt, 3),
                                    sqlite3_column_double(stmt, 4)};
    sqlite3_finalize(stmt);
    if (s == HG_OK) {
        qsort(all, n, sizeof *all, by_id);
        memcpy(all + n, l->entries, l->entry_count * sizeof *all);
        s = hg_rtree_pack(g->db, g->path, l->layer->rtree, all, n + l->entry_count, err);
    }
    hg_free(all);
    return s;
}

static hg_status insert_entries(loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    sqlite3_stmt *stmt = NULL;
    hg_status s = hg_sql_preparef(g->db, g->path, &stmt, err,
                                  "INSERT INTO \"%w\" VALUES (?, ?, ?, ?, ?)", l->layer->rtree);
    for (size_t i = 0; s == HG_OK && i < l->entry_count; i++) {
        const hg_rtree_entry *e = &l->entries[i];
        sqlite3_bind_int64(stmt, 1, e->id);
        sqlite3_bind_double(stmt, 2, e->min_x);
        sqlite3_bind_double(stmt, 3, e->max_x);
        sqlite3_bind_double(stmt, 4, e->min_y);
        sqlite3_bind_double(stmt, 5, e->max_y);
        s = hg_sql_run(g->db, g->path, stmt, err);
    }
    sqlite3_finalize(stmt);
    return s;
}

static hg_status index_entries(loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    if (!l->layer->rtree || l->entry_count == 0)
        return HG_OK;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w_rowid\"", l->layer->rtree);
    if (!sql)
        return hg_fail_memory(err);
    int64_t old = 0;
    hg_status s = hg_sql_number(g->db, g->path, sql, 0, &old, err);
    sqlite3_free(sql);
    if (s != HG_OK)
        return s;
    if (old == 0)
        return hg_rtree_pack(g->db, g->path, l->layer->rtree, l->entries, l->entry_count, err);
    /* one insertion takes as long as packing some twenty entries */
    return l->entry_count * 16 > (size_t)old ? repack(l, (size_t)old, err) : insert_entries(l, err);
}

static hg_status update_extent(loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    if (l->entry_count == 0)
        return HG_OK;
    double b[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < l->entry_count; i++) {
        b[0] = fmin(b[0], l->entries[i].min_x);
        b[1] = fmin(b[1], l->entries[i].min_y);
        b[2] = fmax(b[2], l->entries[i].max_x);
        b[3] = fmax(b[3], l->entries[i].max_y);
    }
    sqlite3_stmt *stmt = NULL;
    hg_status s = hg_sql_preparef(
        g->db, g->path, &stmt, err,
        "UPDATE gpkg_contents SET min_x = min(coalesce(min_x, ?1), ?1), "
        "min_y = min(coalesce(min_y, ?2), ?2), max_x = max(coalesce(max_x, ?3), ?3), "
        "max_y = max(coalesce(max_y, ?4), ?4) WHERE table_name = %Q",
        l->layer->name);
    for (int k = 0; s == HG_OK && k < 4; k++)
        sqlite3_bind_double(stmt, k + 1, b[k]);
    if (s == HG_OK)
        s = hg_sql_run(g->db, g->path, stmt, err);
    sqlite3_finalize(stmt);
    return s;
}

static hg_status update_contents(loading *l, hg_error *err)
{
    hg_gpkg *g = l->gpkg;
    const char *name = l->layer->name;
    bool counted = false;
    hg_status s = update_extent(l, err);
    if (s == HG_OK)
        s = hg_gpkg_has_object(g, "gpkg_ogr_contents", &counted, err);
    if (s == HG_OK && counted)
        s = hg_sql_execf(g->db, g->path, err,
                         "UPDATE gpkg_ogr_contents SET feature_count = (SELECT count(*) FROM "
                         "\"%w\") WHERE lower(table_name) = lower(%Q)",
                         name, name);
    if (s == HG_OK)
        s = hg_sql_execf(g->db, g->path, err,
                         "UPDATE gpkg_contents SET last_change = %Q WHERE table_name = %Q",
                         g->stamp, name);
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
    hg_status s = hg_sql_number(g->db, g->path, sql, 0, &last, err);
    sqlite3_free(sql);
    if (s != HG_OK)
        return s;
    l->first_fid = last + 1;
    l->first_column = l->layer->geom ? 3 : 2;
    l->multi = l->layer->type &&
               (strcmp(l->layer->type, "MULTIPOLYGON") == 0 || t->geometry.type == HG_MULTIPOLYGON);
    l->entries = hg_malloc(l->layer->geom ? t->rows : 0, sizeof *l->entries);
    l->datetimes = hg_malloc(t->column_count, sizeof *l->datetimes);
    if (!l->entries || !l->datetimes)
        return hg_fail_memory(err);
    return prepare_insert(l, err);
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
        s = start_loading(&l, err);
    if (s == HG_OK)
        s = insert_rows(&l, err);
    if (s == HG_OK)
        s = index_entries(&l, err);
    if (s == HG_OK)
        s = restore_triggers(g, &lifted, err);
    if (s == HG_OK)
        s = update_contents(&l, err);
    sqlite3_finalize(l.insert);
    hg_blob_dispose(&l.blob);
    hg_free(l.entries);
    hg_free(l.datetimes);
    triggers_dispose(&lifted);
    return s;
}
