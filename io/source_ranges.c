/*
 * GeoPackage tables read in row ranges, one range a task. Ranges are cut by primary key and joined
 * in order, so the rows come out as OGR would give them, whatever the number of threads. Plain tables
 * are taken from their pages, the rest by SQLite: there rows are taken by an aggregate function of
 * ours, called from inside the query, half the time that one sqlite3_step a row needs.
 */
#include "io/source_parts.h"
#include "base/memory.h"
#include "base/threads.h"
#include "io/sql.h"
#include "io/table_pages.h"

#include <ogr_api.h>
#include <string.h>

enum {
    RANGE_ROWS = 50000,
    MAX_RANGES = 256,
    CHECK_EVERY = 8192,
    MAX_ARGUMENTS = 127, /* of an SQL function, SQLITE_MAX_FUNCTION_ARG as SQLite comes */
};

typedef enum row_order {
    BY_KEY,       /* the query walks the table itself */
    SORTED,       /* by key, where a condition makes SQLite walk an index */
    AS_THEY_COME, /* of a view, whose keys may be missing or shared */
} row_order;

typedef struct range_reader {
    hg_source *source;
    const hg_range_sink *sink;
    int64_t first, last, step; /* step 0: one range of all there is */
    char *select;
    row_order order;
    hg_table_pages *pages; /* NULL where they are for SQLite alone */
} range_reader;

static hg_status open_for_reading(const hg_source *s, sqlite3 **db, hg_error *err)
{
    int rc = sqlite3_open_v2(s->file, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return hg_sql_fail(*db, s->file, err);
    return hg_sql_exec(*db, s->file,
                       "PRAGMA mmap_size = 17179869184; PRAGMA query_only = 1;"
                       "PRAGMA reverse_unordered_selects = 0",
                       err);
}

static bool is_wanted(const hg_source *s, size_t field)
{
    return !s->wanted || s->wanted[field];
}

/*
 * OGR hands a condition to SQLite as it stands, and so do we, unless it needs functions that only OGR has or is no
 * condition by itself ("1) LIMIT (5").
 */
static bool can_ask_for(const hg_source *s)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    hg_text sql = {0};
    if (!s->spec.where)
        return true;
    hg_text_add(&sql, "SELECT CASE WHEN (");
    hg_text_add(&sql, s->spec.where);
    hg_text_add(&sql, "\n) THEN 1 END FROM ");
    hg_text_add_sql_name(&sql, s->layer_name);
    bool can = !sql.failed && open_for_reading(s, &db, NULL) == HG_OK &&
               hg_sql_prepare(db, s->file, sql.s, &stmt, NULL) == HG_OK && sqlite3_column_count(stmt) == 1 &&
               sqlite3_bind_parameter_count(stmt) == 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    hg_text_dispose(&sql);
    return can;
}

bool hg_source_is_direct(const hg_source *s)
{
    const char *driver = GDALGetDriverShortName(GDALGetDatasetDriver(s->dataset));
    const char *key = OGR_L_GetFIDColumn(s->layer);
    return s->file && strcmp(driver, "GPKG") == 0 && !s->spec.sql && !s->from_columns && s->fields < MAX_ARGUMENTS && key &&
           *key && OGR_L_GetGeometryColumn(s->layer)[0] && can_ask_for(s);
}

/* The table or view, with the condition; all but the rows as they come are those of ?1 <= key <= ?2. */
static char *rows_text(const hg_source *s, row_order order, const char *where)
{
    hg_text rows = {0};
    hg_text_add_sql_name(&rows, s->layer_name);
    if (order != AS_THEY_COME) {
        hg_text_add(&rows, " WHERE ");
        hg_text_add_sql_name(&rows, OGR_L_GetFIDColumn(s->layer));
        hg_text_add(&rows, " BETWEEN ?1 AND ?2");
    }
    if (where) /* the line ends a comment there may be */
        hg_text_addf(&rows, " %s (%s\n)", order == AS_THEY_COME ? "WHERE" : "AND", where);
    return hg_text_take(&rows);
}

/* take_row(geometry, the fields in OGR's order) FROM the rows */
static char *select_text(const hg_source *s, row_order order, const char *where)
{
    hg_text sql = {0}, columns = {0};
    hg_text_add_sql_name(&columns, OGR_L_GetGeometryColumn(s->layer));
    for (size_t f = 0; f < s->fields; f++) {
        if (!is_wanted(s, f))
            continue;
        hg_text_add(&columns, ", ");
        hg_text_add_sql_name(&columns, s->field_names[f]);
    }
    char *rows = rows_text(s, order, where);
    sql.failed = columns.failed || !rows;
    if (!sql.failed && order == SORTED) {
        hg_text_addf(&sql, "SELECT take_row(%s) FROM (SELECT %s FROM %s ORDER BY ", columns.s, columns.s, rows);
        hg_text_add_sql_name(&sql, OGR_L_GetFIDColumn(s->layer));
        hg_text_add(&sql, ")");
    } else if (!sql.failed) {
        hg_text_addf(&sql, "SELECT take_row(%s) FROM %s", columns.s, rows);
    }
    hg_text_dispose(&columns);
    hg_free(rows);
    return hg_text_take(&sql);
}

/* SQLite columns hold what they like; the declared type decides what is made of it, as in OGR. */
static void value_of_column(sqlite3_value *column, hg_type type, hg_value *v)
{
    *v = (hg_value){0};
    int stored = sqlite3_value_type(column);
    if (stored == SQLITE_NULL)
        return;
    if (type == HG_INT64 && stored != SQLITE_TEXT) {
        v->type = HG_VALUE_INT;
        v->i = sqlite3_value_int64(column);
    } else if (type == HG_DOUBLE && stored != SQLITE_TEXT) {
        v->type = HG_VALUE_REAL;
        v->d = sqlite3_value_double(column);
    } else {
        v->s = (const char *)sqlite3_value_text(column);
        v->n = (size_t)sqlite3_value_bytes(column);
        v->type = v->s ? HG_VALUE_TEXT : HG_VALUE_NULL;
    }
}

typedef struct row_taker {
    const hg_source *source;
    const hg_range_sink *sink;
    size_t range;
    hg_value *values;
    size_t seen;
    hg_status status;
    hg_error error;
} row_taker;

static void check_now_and_then(row_taker *t)
{
    if (t->seen++ % CHECK_EVERY == 0)
        t->status = hg_check_cancel(t->source->control, &t->error);
}

static void take_row(sqlite3_context *context, int count, sqlite3_value **columns)
{
    (void)count;
    row_taker *t = sqlite3_user_data(context);
    const hg_source *s = t->source;
    check_now_and_then(t);
    if (t->status == HG_OK) {
        const unsigned char *blob = sqlite3_value_blob(columns[0]);
        size_t n = (size_t)sqlite3_value_bytes(columns[0]);
        for (size_t f = 0, c = 1; f < s->fields; f++)
            if (is_wanted(s, f))
                value_of_column(columns[c++], s->field_types[f], &t->values[f]);
        t->status = t->sink->row(t->sink->context, t->range, blob, n, t->values, &t->error);
    }
    if (t->status != HG_OK)
        sqlite3_result_error_code(context, SQLITE_ABORT);
}

/* The aggregate of all rows is nothing: they have gone where they belong. */
static void take_end(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

static hg_status offer_taker(sqlite3 *db, const char *path, row_taker *taker, hg_error *err)
{
    int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    return sqlite3_create_function_v2(db, "take_row", -1, flags, taker, NULL, take_row, take_end,
                                      NULL) == SQLITE_OK
               ? HG_OK
               : hg_sql_fail(db, path, err);
}

static hg_status take_rows(sqlite3 *db, const char *select, int64_t from, int64_t to, row_taker *t,
                           hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    const char *path = t->source->file;
    hg_status status = offer_taker(db, path, t, err);
    if (status == HG_OK)
        status = hg_sql_prepare(db, path, select, &stmt, err);
    if (status == HG_OK) {
        sqlite3_bind_int64(stmt, 1, from);
        sqlite3_bind_int64(stmt, 2, to);
        status = hg_sql_run(db, path, stmt, err);
    }
    if (t->status != HG_OK) {
        status = t->status;
        if (err)
            *err = t->error;
    }
    sqlite3_finalize(stmt);
    return status;
}

/* The keys of range i; the last ranges may lie beyond the last key, and then hold none. */
static void range_keys(const range_reader *r, size_t i, int64_t *from, int64_t *to)
{
    uint64_t begin = (uint64_t)i * (uint64_t)r->step, reach = (uint64_t)r->last - (uint64_t)r->first;
    uint64_t end = begin + (uint64_t)r->step - 1;
    bool none = r->last < r->first || begin > reach;
    *from = none ? 1 : (int64_t)((uint64_t)r->first + begin);
    *to = none ? 0 : end < begin || end > reach ? r->last : (int64_t)((uint64_t)r->first + end);
}

/* As value_of_column; false where SQLite would have to convert what is stored. */
static bool value_of_stored(const hg_stored *c, hg_type type, hg_value *v)
{
    *v = (hg_value){0};
    if (c->type == HG_STORED_TEXT) {
        v->type = HG_VALUE_TEXT;
        v->s = (const char *)c->bytes;
        v->n = c->n;
    } else if (c->type == HG_STORED_INT && type == HG_INT64) {
        v->type = HG_VALUE_INT;
        v->i = c->i;
    } else if (type == HG_DOUBLE && (c->type == HG_STORED_INT || c->type == HG_STORED_REAL)) {
        v->type = HG_VALUE_REAL;
        v->d = c->type == HG_STORED_INT ? (double)c->i : c->d;
    }
    return v->type != HG_VALUE_NULL || c->type == HG_STORED_NULL;
}

static hg_status take_stored(void *context, int64_t key, const hg_stored *columns, bool *leave,
                             hg_error *err)
{
    (void)key;
    row_taker *t = context;
    const hg_source *s = t->source;
    bool none = columns->type == HG_STORED_NULL;
    *leave = columns->type == HG_STORED_INT || columns->type == HG_STORED_REAL;
    for (size_t f = 0, c = 1; f < s->fields && !*leave; f++)
        if (is_wanted(s, f))
            *leave = !value_of_stored(&columns[c++], s->field_types[f], &t->values[f]);
    check_now_and_then(t);
    if (t->status == HG_OK && !*leave)
        t->status = t->sink->row(t->sink->context, t->range, none ? NULL : columns->bytes,
                                 none ? 0 : columns->n, t->values, &t->error);
    if (t->status != HG_OK && err)
        *err = t->error;
    return t->status;
}

/* What the pages do not tell, SQLite does. */
static hg_status read_rows(const range_reader *r, row_taker *t, int64_t from, int64_t to,
                           hg_error *err)
{
    sqlite3 *db = NULL;
    bool whole = from > to;
    hg_status status = HG_OK;
    if (r->pages && !whole)
        status = hg_table_pages_walk(r->pages, from, to, take_stored, t, &whole, &from, err);
    if (status != HG_OK || whole)
        return status;
    status = open_for_reading(r->source, &db, err);
    if (status == HG_OK)
        status = take_rows(db, r->select, from, to, t, err);
    sqlite3_close(db);
    return status;
}

static hg_status read_range(void *context, size_t i, hg_error *err)
{
    range_reader *r = context;
    hg_value *values = hg_calloc(r->source->fields, sizeof *values);
    hg_status status = values ? r->sink->open(r->sink->context, i, err) : hg_fail_memory(err);
    if (status == HG_OK) {
        row_taker taker = {.source = r->source, .sink = r->sink, .range = i, .values = values};
        int64_t from, to;
        range_keys(r, i, &from, &to);
        status = read_rows(r, &taker, from, to, err);
    }
    hg_free(values);
    return status;
}

static hg_status key_bounds(const hg_source *s, int64_t *low, int64_t *high, hg_error *err)
{
    sqlite3 *db = NULL;
    hg_text sql[2] = {{0}};
    static const char *const ends[] = {"min", "max"};
    for (int k = 0; k < 2; k++) {
        hg_text_addf(&sql[k], "SELECT %s(", ends[k]);
        hg_text_add_sql_name(&sql[k], OGR_L_GetFIDColumn(s->layer));
        hg_text_add(&sql[k], ") FROM ");
        hg_text_add_sql_name(&sql[k], s->layer_name);
    }
    hg_status status =
        sql[0].failed || sql[1].failed ? hg_fail_memory(err) : open_for_reading(s, &db, err);
    if (status == HG_OK)
        status = hg_sql_number(db, s->file, sql[0].s, 0, low, err);
    if (status == HG_OK)
        status = hg_sql_number(db, s->file, sql[1].s, -1, high, err);
    sqlite3_close(db);
    hg_text_dispose(&sql[0]);
    hg_text_dispose(&sql[1]);
    return status;
}

/* Whether SQLite's own plan is to walk a table by its integer primary key from low to high. */
static hg_status walks_by_key(const hg_source *s, const char *select, bool *does, hg_error *err)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    row_taker taker = {0};
    size_t steps = 0;
    bool more = false, by_key = false;
    hg_status status = select ? open_for_reading(s, &db, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = offer_taker(db, s->file, &taker, err);
    if (status == HG_OK)
        status = hg_sql_preparef(db, s->file, &stmt, err, "EXPLAIN QUERY PLAN %s", select);
    while (status == HG_OK && (status = hg_sql_next(db, s->file, stmt, &more, err)) == HG_OK && more) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);
        by_key = step && strstr(step, "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)");
        steps++;
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    *does = by_key && steps == 1;
    return status;
}

/* Only the keys of a table are one each and all there: other rows are one range. */
static hg_status plan_select(range_reader *r, hg_error *err)
{
    const hg_source *s = r->source;
    const char *where = s->spec.where;
    bool keyed = false, by_key = false;
    char *all = select_text(s, BY_KEY, NULL), *plain = select_text(s, BY_KEY, where);
    hg_status status = walks_by_key(s, all, &keyed, err);
    if (status == HG_OK)
        status = walks_by_key(s, plain, &by_key, err);
    hg_free(all);
    hg_free(plain);
    if (status != HG_OK)
        return status;
    r->order = !keyed ? AS_THEY_COME : by_key ? BY_KEY : SORTED;
    r->select = select_text(s, r->order, where);
    return r->select ? HG_OK : hg_fail_memory(err);
}

/* The geometry and the wanted fields of a table that is walked by its key. */
static hg_status open_pages(range_reader *r, hg_error *err)
{
    const hg_source *s = r->source;
    const char **columns = hg_malloc(s->fields + 1, sizeof *columns);
    size_t count = 0;
    if (!columns)
        return hg_fail_memory(err);
    columns[count++] = OGR_L_GetGeometryColumn(s->layer);
    for (size_t f = 0; f < s->fields; f++)
        if (is_wanted(s, f))
            columns[count++] = s->field_names[f];
    hg_status status = HG_OK;
    if (r->order == BY_KEY && !s->spec.where) /* which SQLite alone can judge */
        status = hg_table_pages_open(s->file, s->layer_name, columns, count, &r->pages, err);
    hg_free(columns);
    return status;
}

/*
 * Keys are spread over at most MAX_RANGES ranges of equal width; sparse keys only make them uneven. A table
 * without rows is one range.
 */
static size_t cut_ranges(int64_t low, int64_t high, int64_t *step)
{
    *step = 1;
    if (high < low)
        return 1;
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    uint64_t n = span / RANGE_ROWS + 1;
    n = n > MAX_RANGES || span == 0 ? MAX_RANGES : n;
    uint64_t width = span == 0 ? UINT64_MAX / n : span / n;
    *step = (int64_t)(width + 1);
    return (size_t)n;
}

/* A part's share of the keys; what the division leaves goes to the first parts. */
static void take_part(const hg_source *s, int64_t *low, int64_t *high)
{
    if (s->parts < 2 || *high < *low)
        return;
    uint64_t reach = (uint64_t)*high - (uint64_t)*low, width = reach / s->parts, rest = reach % s->parts + 1;
    uint64_t before = s->part < rest ? s->part : rest, own = width + (s->part < rest);
    *low = (int64_t)((uint64_t)*low + width * s->part + before);
    *high = (int64_t)((uint64_t)*low + own - 1);
    if (own == 0) { /* fewer keys than parts */
        *low = 0;
        *high = -1;
    }
}

/* Of rows that are one range the first part is the whole. */
static hg_status choose_keys(range_reader *r, size_t *ranges, hg_error *err)
{
    const hg_source *s = r->source;
    hg_status status = HG_OK;
    if (r->order == AS_THEY_COME) {
        r->last = s->parts < 2 || s->part == 0 ? 0 : -1;
        *ranges = 1;
        return HG_OK;
    }
    status = key_bounds(s, &r->first, &r->last, err);
    take_part(s, &r->first, &r->last);
    *ranges = cut_ranges(r->first, r->last, &r->step);
    return status;
}

hg_status hg_source_each_range(hg_source *s, const hg_range_sink *sink, hg_error *err)
{
    range_reader r = {.source = s, .sink = sink};
    size_t n = 0;
    hg_status status = plan_select(&r, err);
    if (status == HG_OK)
        status = choose_keys(&r, &n, err);
    if (status == HG_OK)
        status = open_pages(&r, err);
    if (status == HG_OK)
        status = sink->begin(sink->context, n, (size_t)r.step, err);
    if (status == HG_OK)
        status = hg_parallel(n, s->control ? s->control->threads : 0, read_range, &r, err);
    hg_table_pages_free(r.pages);
    hg_free(r.select);
    return status;
}

/* GeoPackage geometry header, OGC 12-128r19, 2.1.3: magic, version, flags, srs_id, envelope. */
hg_row_state hg_source_open_blob(const unsigned char *blob, size_t n, const unsigned char **wkb,
                                 size_t *size)
{
    static const size_t envelope[8] = {0, 32, 48, 48, 64, 0, 0, 0};
    if (!blob || n == 0)
        return HG_ROW_NO_GEOMETRY;
    size_t head = n >= 8 ? 8 + envelope[(blob[3] >> 1) & 7] : 8;
    if (n < head || blob[0] != 'G' || blob[1] != 'P')
        return HG_ROW_BAD_GEOMETRY;
    if (blob[3] & 0x10)
        return HG_ROW_NO_GEOMETRY; /* flagged empty */
    *wkb = blob + head;
    *size = n - head;
    return HG_ROW_OK;
}
