/*
 * Packing an SQLite R-tree bottom-up, straight into its shadow tables: one pass in Hilbert order
 * instead of a million insertions.
 */
#ifndef HG_IO_RTREE_H
#define HG_IO_RTREE_H

#include "base/error.h"

#include <sqlite3.h>

/** One entry: a feature's id and its envelope. */
typedef struct hg_rtree_entry {
    int64_t id;
    double min_x, max_x, min_y, max_y;
} hg_rtree_entry;

/**
 * Fills the two-dimensional R-tree `name`, whose tables exist, with n entries, replacing what is in
 * it. Ids are unique and ascending. Coordinates are rounded outward to Float32 as SQLite does. The
 * tree depends on the entries alone. `path` names the file in errors. Call inside a transaction.
 * Errors: HG_EIO, HG_ENOMEM, HG_EDATA if the R-tree's tables are not as SQLite makes them.
 */
hg_status hg_rtree_pack(sqlite3 *db, const char *path, const char *name,
                        const hg_rtree_entry *entries, size_t n, hg_error *err);

#endif
