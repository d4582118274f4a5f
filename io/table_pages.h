/*
 * Rows of a plain SQLite table straight from the pages of its b-tree, several times faster than one
 * call of SQLite a row. What is out of the ordinary is left to SQLite: no answer is given that it
 * would not give.
 */
#ifndef HG_IO_TABLE_PAGES_H
#define HG_IO_TABLE_PAGES_H

#include "base/error.h"

#include <stdbool.h>

/** A value as it is stored; text and blobs are borrowed for the time of the call and not terminated. */
typedef struct hg_stored {
    enum { HG_STORED_NULL, HG_STORED_INT, HG_STORED_REAL, HG_STORED_TEXT, HG_STORED_BLOB } type;
    int64_t i;
    double d;
    const unsigned char *bytes;
    size_t n;
} hg_stored;

/**
 * One row: its key and one value a column asked for. *leave set to true gives this row and all after
 * it back to the caller of hg_table_pages_walk.
 */
typedef hg_status (*hg_stored_row)(void *context, int64_t key, const hg_stored *values, bool *leave,
                                   hg_error *err);

/** A table and a read transaction that keeps writers away from it. */
typedef struct hg_table_pages hg_table_pages;

/**
 * *out is NULL where the table is none whose pages can be read: a view, a virtual table or one
 * WITHOUT ROWID, generated columns, a database with a write-ahead log or in UTF-16, a column that is
 * missing or part of the primary key. Errors: as hg_sql_fail; HG_ENOMEM.
 */
hg_status hg_table_pages_open(const char *path, const char *table, const char *const *columns,
                              size_t count, hg_table_pages **out, hg_error *err);
void hg_table_pages_free(hg_table_pages *t);

/**
 * Passes the rows with keys from..to in ascending order; may run on several threads at once. *next is
 * the first key that has not been passed: where *whole is false, rows from there on (damaged pages,
 * records shorter than the table, what the callback left) are for SQLite to read.
 * Errors: the callback's; as hg_sql_fail; HG_ENOMEM.
 */
hg_status hg_table_pages_walk(const hg_table_pages *t, int64_t from, int64_t to, hg_stored_row row,
                              void *context, bool *whole, int64_t *next, hg_error *err);

#endif
