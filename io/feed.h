/*
 * Rows that SQLite fetches itself: a table-valued view of our memory, so that a million rows go in
 * through one INSERT … SELECT instead of a million bind, step and reset. Half of the time of the
 * latter is the start and the end of each statement.
 */
#ifndef HG_IO_FEED_H
#define HG_IO_FEED_H

#include "base/control.h"

#include <sqlite3.h>
#include <stddef.h>

typedef struct hg_feed {
    size_t rows;
    int columns;
    /**
     * Gives the value of a cell by one sqlite3_result_… call; none means NULL. Text and blobs
     * passed as SQLITE_STATIC must stand until the next row is asked for. Rows come in ascending
     * order.
     */
    hg_status (*value)(void *payload, size_t row, int column, sqlite3_context *out, hg_error *err);
    void *payload;
    hg_control *control; /**< asked for cancellation every few thousand rows; may be NULL */
    const char *step;    /**< reported as progress; NULL = none */
} hg_feed;

/**
 * Runs `INSERT INTO <into> SELECT * FROM <the feed>`. `into` is SQL: a quoted table name, with a
 * list of columns where they are not all the table's. `path` names the file in errors. Call inside
 * a transaction. Errors: what `value` returns, HG_ECANCELLED, those of hg_sql_fail.
 */
hg_status hg_feed_insert(sqlite3 *db, const char *path, const char *into, const hg_feed *feed,
                         hg_error *err);

#endif
