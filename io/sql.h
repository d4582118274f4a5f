/* The few lines every user of sqlite3 needs: failures in our words, statements in one call. */
#ifndef HG_IO_SQL_H
#define HG_IO_SQL_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>

/**
 * False where the file at `path` is an SQLite database shorter than its own header says. SQLite
 * itself notices only when it comes to a page that is missing.
 */
bool hg_sql_is_whole(const char *path);

/**
 * Rolls back what a killed writer left half done, told by the journal beside the file: connections
 * that only read may not do so and fail. Does nothing where there is no journal or its writer is
 * alive.
 */
void hg_sql_roll_back(const char *path);

/**
 * Translates the connection's last error for the file `path`: a full disk, a lock, a damaged file
 * or a read-only one become HG_EIO (HG_EDATA where it is no database), everything else HG_EFAIL.
 */
hg_status hg_sql_fail(sqlite3 *db, const char *path, hg_error *err);

/** Runs statements that return nothing of interest. */
hg_status hg_sql_exec(sqlite3 *db, const char *path, const char *sql, hg_error *err);

/** The same from a printf format of SQLite's own (%Q, %w, %lld). */
hg_status hg_sql_execf(sqlite3 *db, const char *path, hg_error *err, const char *format, ...);

/** One prepared statement; the caller finalizes. */
hg_status hg_sql_prepare(sqlite3 *db, const char *path, const char *sql, sqlite3_stmt **out,
                         hg_error *err);

/** The same from a printf format of SQLite's own. */
hg_status hg_sql_preparef(sqlite3 *db, const char *path, sqlite3_stmt **out, hg_error *err,
                          const char *format, ...);

/** Steps a statement that returns no rows, then resets it. */
hg_status hg_sql_run(sqlite3 *db, const char *path, sqlite3_stmt *stmt, hg_error *err);

/**
 * The next row of a query: *more tells whether there is one. Errors as hg_sql_fail.
 */
hg_status hg_sql_next(sqlite3 *db, const char *path, sqlite3_stmt *stmt, bool *more, hg_error *err);

/** The first column of the first row as a number; `fallback` where there is none or it is NULL. */
hg_status hg_sql_number(sqlite3 *db, const char *path, const char *sql, int64_t fallback,
                        int64_t *out, hg_error *err);

#endif
