/* The R-tree of rows that go in: packed anew, or widened by insertion where they are few. */
#include "base/memory.h"
#include "base/threads.h"
#include "io/feed.h"
#include "io/gpkg_internal.h"
#include "io/rtree_parts.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREAD_ROWS = 4096 }; /* for fewer, starting a thread takes longer than the work */

struct hg_gpkg_index {
    hg_gpkg *gpkg;
    const hg_gpkg_layer *layer;
    const hg_table *table;
    int64_t first_fid;
    bool packs; /* the whole R-tree is made anew */
    size_t node_bytes;
    hg_rtree_entry *entries; /* first those in the R-tree already, if it is packed */
    size_t old, count;
    double extent[4]; /* of the new entries: min x, min y, max x, max y */
    hg_rtree *tree;
    pthread_t thread;
    bool running, built;
    hg_status status;
    hg_error error;
};

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const hg_rtree_entry *)a)->id, y = ((const hg_rtree_entry *)b)->id;
    return (x > y) - (x < y);
}

static hg_status read_old_entries(hg_gpkg_index *x, hg_error *err)
{
    hg_gpkg *g = x->gpkg;
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status s = hg_sql_preparef(g->db, g->path, &stmt, err, "SELECT * FROM \"%w\" LIMIT %lld",
                                  x->layer->rtree, (long long)x->old);
    while (s == HG_OK && (s = hg_sql_next(g->db, g->path, stmt, &more, err)) == HG_OK && more)
        x->entries[x->count++] =
            (hg_rtree_entry){sqlite3_column_int64(stmt, 0), sqlite3_column_double(stmt, 1),
                             sqlite3_column_double(stmt, 2), sqlite3_column_double(stmt, 3),
                             sqlite3_column_double(stmt, 4)};
    sqlite3_finalize(stmt);
    x->old = x->count;
    if (s == HG_OK && x->old)
        qsort(x->entries, x->old, sizeof *x->entries, by_id);
    return s;
}

/* How many entries the R-tree has, and whether packing all takes less than inserting the new ones.
 */
static hg_status plan(hg_gpkg_index *x, hg_error *err)
{
    hg_gpkg *g = x->gpkg;
    int64_t old = 0;
    if (!x->layer->rtree || x->table->rows == 0)
        return HG_OK;
    char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w_rowid\"", x->layer->rtree);
    if (!sql)
        return hg_fail_memory(err);
    hg_status s = hg_sql_number(g->db, g->path, sql, 0, &old, err);
    sqlite3_free(sql);
    /* one insertion takes as long as packing some twenty entries */
    x->packs = old == 0 || x->table->rows * 16 > (size_t)old;
    x->old = x->packs ? (size_t)old : 0;
    if (s == HG_OK && x->packs)
        s = hg_rtree_node_size(g->db, g->path, x->layer->rtree, &x->node_bytes, err);
    return s;
}

static void widen(double extent[4], const hg_rtree_entry *e)
{
    extent[0] = e->min_x < extent[0] ? e->min_x : extent[0];
    extent[1] = e->min_y < extent[1] ? e->min_y : extent[1];
    extent[2] = e->max_x > extent[2] ? e->max_x : extent[2];
    extent[3] = e->max_y > extent[3] ? e->max_y : extent[3];
}

static void build(hg_gpkg_index *x)
{
    const hg_geometry *g = &x->table->geometry;
    double e[4];
    for (size_t row = 0; row < x->table->rows; row++) {
        if (!hg_geometry_envelope(g, row, e))
            continue;
        hg_rtree_entry *entry = &x->entries[x->count++];
        *entry = (hg_rtree_entry){x->first_fid + (int64_t)row, e[0], e[1], e[2], e[3]};
        widen(x->extent, entry);
    }
    if (x->packs && x->count > x->old)
        x->status = hg_rtree_build(x->entries, x->count, x->node_bytes, &x->tree, &x->error);
    x->built = true;
}

static void *build_on_thread(void *index)
{
    build(index);
    return NULL;
}

hg_status hg_gpkg_index_begin(hg_gpkg *g, const hg_gpkg_layer *layer, const hg_table *table,
                              int64_t first_fid, hg_gpkg_index **out, hg_error *err)
{
    hg_gpkg_index *x = hg_calloc(1, sizeof *x);
    if (!x)
        return hg_fail_memory(err);
    x->gpkg = g;
    x->layer = layer;
    x->table = table;
    x->first_fid = first_fid;
    x->extent[0] = x->extent[1] = INFINITY;
    x->extent[2] = x->extent[3] = -INFINITY;
    hg_status s = plan(x, err);
    if (s == HG_OK)
        x->entries = hg_malloc(x->old + table->rows, sizeof *x->entries);
    if (s == HG_OK && !x->entries)
        s = hg_fail_memory(err);
    if (s == HG_OK && x->old)
        s = read_old_entries(x, err);
    if (s != HG_OK) {
        hg_gpkg_index_free(x);
        return s;
    }
    int threads = hg_thread_count(g->control ? g->control->threads : 0);
    x->running = threads > 1 && table->rows >= THREAD_ROWS &&
                 pthread_create(&x->thread, NULL, build_on_thread, x) == 0;
    *out = x;
    return HG_OK;
}

static void wait_for_thread(hg_gpkg_index *x)
{
    if (x->running)
        pthread_join(x->thread, NULL);
    x->running = false;
}

static hg_status entry_value(void *payload, size_t row, int column, sqlite3_context *out,
                             hg_error *err)
{
    (void)err;
    const hg_gpkg_index *x = payload;
    const hg_rtree_entry *e = &x->entries[x->old + row];
    const double box[] = {e->min_x, e->max_x, e->min_y, e->max_y};
    if (column == 0)
        sqlite3_result_int64(out, e->id);
    else
        sqlite3_result_double(out, box[column - 1]);
    return HG_OK;
}

static hg_status insert_entries(hg_gpkg_index *x, hg_error *err)
{
    hg_gpkg *g = x->gpkg;
    hg_feed feed = {.rows = x->count - x->old,
                    .columns = 5,
                    .value = entry_value,
                    .payload = x,
                    .control = g->control};
    char *into = sqlite3_mprintf("\"%w\"", x->layer->rtree);
    if (!into)
        return hg_fail_memory(err);
    hg_status s = hg_feed_insert(g->db, g->path, into, &feed, err);
    sqlite3_free(into);
    return s;
}

static hg_status update_extent(const hg_gpkg_index *x, hg_error *err)
{
    hg_gpkg *g = x->gpkg;
    sqlite3_stmt *stmt = NULL;
    hg_status s = hg_sql_preparef(
        g->db, g->path, &stmt, err,
        "UPDATE gpkg_contents SET min_x = min(coalesce(min_x, ?1), ?1), "
        "min_y = min(coalesce(min_y, ?2), ?2), max_x = max(coalesce(max_x, ?3), ?3), "
        "max_y = max(coalesce(max_y, ?4), ?4) WHERE table_name = %Q",
        x->layer->name);
    for (int k = 0; s == HG_OK && k < 4; k++)
        sqlite3_bind_double(stmt, k + 1, x->extent[k]);
    if (s == HG_OK)
        s = hg_sql_run(g->db, g->path, stmt, err);
    sqlite3_finalize(stmt);
    return s;
}

hg_status hg_gpkg_index_store(hg_gpkg_index *x, hg_error *err)
{
    hg_gpkg *g = x->gpkg;
    wait_for_thread(x);
    if (!x->built)
        build(x);
    if (x->status != HG_OK)
        return hg_fail(err, x->status, "%s: %s", g->path, x->error.message);
    if (x->count == x->old)
        return HG_OK;
    hg_status s = HG_OK;
    if (x->tree)
        s = hg_rtree_store(x->tree, x->entries, g->db, g->path, x->layer->rtree, g->control, err);
    else if (x->layer->rtree)
        s = insert_entries(x, err);
    return s == HG_OK ? update_extent(x, err) : s;
}

void hg_gpkg_index_free(hg_gpkg_index *x)
{
    if (!x)
        return;
    wait_for_thread(x);
    hg_rtree_free(x->tree);
    hg_free(x->entries);
    hg_free(x);
}
