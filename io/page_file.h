/*
 * Pages of an SQLite database file for those who read them without SQLite's row by row interface.
 * The file is read through SQLite's own handle: a second descriptor would, when closed, drop the
 * locks that other connections of this process hold on it.
 */
#ifndef HG_IO_PAGE_FILE_H
#define HG_IO_PAGE_FILE_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>

/** One thread's view of the file; copies of pages, so that nobody can change what was checked. */
typedef struct hg_page_file {
    sqlite3 *db;
    sqlite3_file *file;
    uint32_t page_size;
    uint32_t usable; /**< bytes of a page without those reserved at its end */
    uint32_t pages;  /**< whole pages in the file */
    unsigned char *window;
    uint64_t window_at;
    size_t window_n, window_room;
} hg_page_file;

/**
 * Opens the file. *plain is false, and nothing is open, where its pages alone do not tell what is in
 * it (write-ahead log, text other than UTF-8) or the header is not that of a database.
 * Errors: as hg_sql_fail; HG_ENOMEM.
 */
hg_status hg_page_file_open(const char *path, hg_page_file *out, bool *plain, hg_error *err);
/** Also of a zeroed struct. */
void hg_page_file_close(hg_page_file *f);

/**
 * Page `number` (from 1), page_size bytes; valid until the next call. NULL where the file has no
 * such page or it cannot be read. Neighbours are read along.
 */
const unsigned char *hg_page_file_page(hg_page_file *f, uint32_t number);
/** Copies n bytes of a page from its start, n at most page_size; false as above. */
bool hg_page_file_copy(hg_page_file *f, uint32_t number, size_t n, unsigned char *to);

#endif
