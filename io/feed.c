/* An eponymous-only virtual table (https://www.sqlite.org/vtab.html, 2.1.2): it exists by its name
 * alone and leaves nothing in the file. */
#include "io/feed.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/sql.h"

enum { CHECK_EVERY = 8192 };

/* Names that begin with sqlite_ are refused for tables, so none in the file can stand before it. */
static const char FEED_NAME[] = "sqlite_hotgrid_feed";

/* What the callbacks have to say that SQLite's codes cannot. */
typedef struct feeding {
    const hg_feed *feed;
    hg_status status;
    hg_error error;
} feeding;

typedef struct feed_table {
    sqlite3_vtab base;
    feeding *feeding;
} feed_table;

typedef struct feed_cursor {
    sqlite3_vtab_cursor base;
    feeding *feeding;
    size_t row;
} feed_cursor;

static int feed_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    (void)message;
    feeding *f = aux;
    hg_text sql = {0};
    for (int c = 0; c < f->feed->columns; c++)
        hg_text_addf(&sql, "%s c%d", c ? "," : "CREATE TABLE feed(", c);
    hg_text_add(&sql, ")");
    int code = sql.failed ? SQLITE_NOMEM : sqlite3_declare_vtab(db, sql.s);
    hg_text_dispose(&sql);
    feed_table *t = code == SQLITE_OK ? hg_calloc(1, sizeof *t) : NULL;
    if (!t)
        return code == SQLITE_OK ? SQLITE_NOMEM : code;
    t->feeding = f;
    *out = &t->base;
    return SQLITE_OK;
}

static int feed_disconnect(sqlite3_vtab *table)
{
    hg_free(table);
    return SQLITE_OK;
}

static int feed_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    info->estimatedRows = (sqlite3_int64)((feed_table *)table)->feeding->feed->rows;
    info->estimatedCost = (double)info->estimatedRows;
    return SQLITE_OK;
}

static int feed_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    feed_cursor *c = hg_calloc(1, sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    c->feeding = ((feed_table *)table)->feeding;
    *out = &c->base;
    return SQLITE_OK;
}

static int feed_close(sqlite3_vtab_cursor *cursor)
{
    hg_free(cursor);
    return SQLITE_OK;
}

static int look_around(feed_cursor *c)
{
    feeding *f = c->feeding;
    f->status = hg_check_cancel(f->feed->control, &f->error);
    if (f->status == HG_OK && f->feed->step)
        hg_say_progress(f->feed->control, f->feed->step, (double)c->row / (double)f->feed->rows);
    return f->status == HG_OK ? SQLITE_OK : SQLITE_ABORT;
}

static int feed_filter(sqlite3_vtab_cursor *cursor, int plan, const char *plan_text, int argc,
                       sqlite3_value **argv)
{
    (void)plan;
    (void)plan_text;
    (void)argc;
    (void)argv;
    feed_cursor *c = (feed_cursor *)cursor;
    c->row = 0;
    return look_around(c);
}

static int feed_next(sqlite3_vtab_cursor *cursor)
{
    feed_cursor *c = (feed_cursor *)cursor;
    return ++c->row % CHECK_EVERY == 0 ? look_around(c) : SQLITE_OK;
}

static int feed_eof(sqlite3_vtab_cursor *cursor)
{
    const feed_cursor *c = (const feed_cursor *)cursor;
    return c->row >= c->feeding->feed->rows;
}

static int feed_column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int column)
{
    feed_cursor *c = (feed_cursor *)cursor;
    feeding *f = c->feeding;
    f->status = f->feed->value(f->feed->payload, c->row, column, out, &f->error);
    return f->status == HG_OK ? SQLITE_OK : SQLITE_ABORT;
}

static int feed_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((feed_cursor *)cursor)->row;
    return SQLITE_OK;
}

static const sqlite3_module feed_module = {
    .xConnect = feed_connect,
    .xBestIndex = feed_best_index,
    .xDisconnect = feed_disconnect,
    .xOpen = feed_open,
    .xClose = feed_close,
    .xFilter = feed_filter,
    .xNext = feed_next,
    .xEof = feed_eof,
    .xColumn = feed_column,
    .xRowid = feed_rowid,
};

hg_status hg_feed_insert(sqlite3 *db, const char *path, const char *into, const hg_feed *feed,
                         hg_error *err)
{
    feeding f = {.feed = feed};
    sqlite3_stmt *stmt = NULL;
    if (feed->rows == 0) /* an INSERT of nothing still notes AUTOINCREMENT's last key */
        return hg_check_cancel(feed->control, err);
    if (sqlite3_create_module_v2(db, FEED_NAME, &feed_module, &f, NULL) != SQLITE_OK)
        return hg_sql_fail(db, path, err);
    hg_status s =
        hg_sql_preparef(db, path, &stmt, err, "INSERT INTO %s SELECT * FROM %s", into, FEED_NAME);
    if (s == HG_OK)
        s = hg_sql_run(db, path, stmt, err);
    if (f.status != HG_OK) {
        s = f.status;
        if (err)
            *err = f.error;
    }
    sqlite3_finalize(stmt);
    sqlite3_create_module_v2(db, FEED_NAME, NULL, NULL, NULL);
    return s;
}
