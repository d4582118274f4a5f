/* Packing an R-tree in two parts: in memory, on any thread, and then into the file. */
#ifndef HG_IO_RTREE_PARTS_H
#define HG_IO_RTREE_PARTS_H

#include "base/control.h"
#include "io/rtree.h"

/** A tree packed in memory, not yet in a file. */
typedef struct hg_rtree hg_rtree;

/**
 * The bytes a node of the R-tree `name` has: fixed when the table is made. `path` names the file in
 * errors. Errors: HG_EIO, HG_ENOMEM, HG_EDATA if the R-tree's tables are not as SQLite makes them.
 */
hg_status hg_rtree_node_size(sqlite3 *db, const char *path, const char *name, size_t *bytes,
                             hg_error *err);

/**
 * Packs n entries into nodes, as hg_rtree_pack() says. Needs no connection, so that another thread
 * can do it while rows go in. Errors: HG_ENOMEM, HG_EDATA for more entries than it takes.
 */
hg_status hg_rtree_build(const hg_rtree_entry *entries, size_t n, size_t node_bytes, hg_rtree **out,
                         hg_error *err);

/**
 * Fills the R-tree `name`, whose tables exist, with the tree, replacing what is in it; `entries`
 * are those it was built of. Call inside a transaction. Errors: HG_EIO, HG_ENOMEM, HG_ECANCELLED
 * (control may be NULL).
 */
hg_status hg_rtree_store(const hg_rtree *tree, const hg_rtree_entry *entries, sqlite3 *db,
                         const char *path, const char *name, hg_control *control, hg_error *err);

void hg_rtree_free(hg_rtree *tree);

#endif
