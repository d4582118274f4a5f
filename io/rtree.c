/*
 * The node format is that of SQLite's ext/rtree/rtree.c: two bytes depth of the tree (in the root,
 * which is node 1, and 0 elsewhere), two bytes number of cells, then the cells: an 8-byte id (of
 * the feature in a leaf, of the child node elsewhere) and min x, max x, min y, max y as 4-byte
 * floats; all big-endian, padded to the node size. Shadow tables: _node (nodeno, data), _rowid
 * (feature, leaf), _parent (node, parent).
 *
 * Entries are ordered along a Hilbert curve through the centres of their envelopes (Kamel and
 * Faloutsos, VLDB 1994) and cut into nodes of equal size.
 */
#include "io/rtree_parts.h"
#include "base/memory.h"
#include "io/feed.h"
#include "io/sql.h"

#include <endian.h>
#include <math.h>
#include <string.h>

enum {
    NODE_HEADER = 4,
    CELL = 24,
    MAX_LEVELS = 16, /* 51 to the power of 16 is more than any file holds */
    HILBERT_BITS = 16,
};

typedef struct cell {
    int64_t id;
    float box[4]; /* min x, max x, min y, max y */
} cell;

/* From the leaves up. The root is node 1, its children follow. */
typedef struct level {
    size_t cells, nodes;
    size_t at;     /* where its cells begin among all */
    int64_t first; /* number of its first node */
} level;

struct hg_rtree {
    size_t entries, node_bytes, node_count;
    level levels[MAX_LEVELS];
    size_t level_count;
    cell *cells;    /* of all levels */
    uint32_t *leaf; /* number of the leaf that holds entry i */
};

/* Outward to the next Float32, so that the box still holds what it held. */
static float round_down(double v)
{
    float f = (float)v;
    return (double)f > v ? nextafterf(f, -INFINITY) : f;
}

static float round_up(double v)
{
    float f = (float)v;
    return (double)f < v ? nextafterf(f, INFINITY) : f;
}

/*
 * Position along the Hilbert curve of order 16, a quadrant at a time: each turns the ones below it.
 * Without branches, for none of them could be foreseen.
 */
static uint32_t hilbert(uint32_t x, uint32_t y)
{
    uint32_t d = 0;
    for (int bit = HILBERT_BITS - 1; bit >= 0; bit--) {
        uint32_t rx = (x >> bit) & 1, ry = (y >> bit) & 1;
        d = d << 2 | ((3 * rx) ^ ry);
        uint32_t flip = -(rx & ~ry), swap = (x ^ y) & (ry - 1);
        x ^= swap ^ flip;
        y ^= swap ^ flip;
    }
    return d;
}

static uint32_t quantise(double v, double low, double scale)
{
    double q = (v - low) * scale, most = (double)((1u << HILBERT_BITS) - 1);
    return q > 0 ? (uint32_t)(q < most ? q : most) : 0;
}

typedef struct keyed {
    uint32_t key, index;
} keyed;

/* Least significant byte first; stable, so that ties keep the order of the ids. */
static void radix_sort(keyed *a, keyed *spare, size_t n)
{
    for (int shift = 0; shift < 32; shift += 8) {
        size_t start[257] = {0};
        for (size_t i = 0; i < n; i++)
            start[((a[i].key >> shift) & 255) + 1]++;
        for (int b = 0; b < 256; b++)
            start[b + 1] += start[b];
        for (size_t i = 0; i < n; i++)
            spare[start[(a[i].key >> shift) & 255]++] = a[i];
        keyed *t = a;
        a = spare;
        spare = t;
    }
}

static void find_bounds(const hg_rtree_entry *e, size_t n, double b[4])
{
    b[0] = b[2] = INFINITY;
    b[1] = b[3] = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        b[0] = e[i].min_x < b[0] ? e[i].min_x : b[0];
        b[1] = e[i].max_x > b[1] ? e[i].max_x : b[1];
        b[2] = e[i].min_y < b[2] ? e[i].min_y : b[2];
        b[3] = e[i].max_y > b[3] ? e[i].max_y : b[3];
    }
}

/* Input indices in the order of the curve; the caller frees. */
static hg_status order_entries(const hg_rtree_entry *e, size_t n, keyed **out, hg_error *err)
{
    keyed *keys = hg_malloc(n, sizeof *keys), *spare = hg_malloc(n, sizeof *spare);
    if (!keys || !spare) {
        hg_free(keys);
        hg_free(spare);
        return hg_fail_memory(err);
    }
    double b[4];
    find_bounds(e, n, b);
    double side = (double)(1u << HILBERT_BITS);
    double sx = b[1] > b[0] ? side / (b[1] - b[0]) : 0, sy = b[3] > b[2] ? side / (b[3] - b[2]) : 0;
    for (size_t i = 0; i < n; i++)
        keys[i] = (keyed){hilbert(quantise((e[i].min_x + e[i].max_x) / 2, b[0], sx),
                                  quantise((e[i].min_y + e[i].max_y) / 2, b[2], sy)),
                          (uint32_t)i};
    radix_sort(keys, spare, n);
    hg_free(spare);
    *out = keys;
    return HG_OK;
}

static void plan_levels(hg_rtree *t, size_t per_node)
{
    size_t cells = t->entries, at = 0;
    do {
        level *l = &t->levels[t->level_count++];
        *l = (level){.cells = cells, .nodes = cells ? (cells - 1) / per_node + 1 : 1, .at = at};
        at += cells;
        cells = l->nodes;
    } while (cells > 1);
    int64_t next = 1;
    for (size_t k = t->level_count; k-- > 0;) {
        t->levels[k].first = next;
        next += (int64_t)t->levels[k].nodes;
    }
    t->node_count = (size_t)next - 1;
}

/* Node k of a level has the cells from cut(k) to cut(k + 1). */
static size_t cut(const level *l, size_t k)
{
    return (size_t)((unsigned __int128)l->cells * k / l->nodes);
}

/* The inverse: the node k for which cut(k) <= i < cut(k + 1). */
static size_t node_of_cell(const level *l, size_t i)
{
    return (size_t)((((unsigned __int128)i + 1) * l->nodes - 1) / l->cells);
}

static void fill_leaves(hg_rtree *t, const hg_rtree_entry *e, const keyed *order)
{
    const level *l = &t->levels[0];
    for (size_t k = 0; k < l->nodes; k++) {
        size_t to = cut(l, k + 1);
        for (size_t i = cut(l, k); i < to; i++) {
            const hg_rtree_entry *from = &e[order[i].index];
            t->leaf[order[i].index] = (uint32_t)((size_t)l->first + k);
            t->cells[i] = (cell){from->id,
                                 {round_down(from->min_x), round_up(from->max_x),
                                  round_down(from->min_y), round_up(from->max_y)}};
        }
    }
}

static cell join_cells(const cell *cells, size_t n, int64_t id)
{
    cell c = cells[0];
    c.id = id;
    for (size_t i = 1; i < n; i++) {
        c.box[0] = fminf(c.box[0], cells[i].box[0]);
        c.box[1] = fmaxf(c.box[1], cells[i].box[1]);
        c.box[2] = fminf(c.box[2], cells[i].box[2]);
        c.box[3] = fmaxf(c.box[3], cells[i].box[3]);
    }
    return c;
}

static void fill_upper_levels(hg_rtree *t)
{
    for (size_t k = 1; k < t->level_count; k++) {
        const level *below = &t->levels[k - 1];
        const cell *cells = t->cells + below->at;
        for (size_t i = 0; i < below->nodes; i++) {
            size_t from = cut(below, i), to = cut(below, i + 1);
            t->cells[t->levels[k].at + i] =
                join_cells(cells + from, to - from, below->first + (int64_t)i);
        }
    }
}

void hg_rtree_free(hg_rtree *t)
{
    if (!t)
        return;
    hg_free(t->cells);
    hg_free(t->leaf);
    hg_free(t);
}

hg_status hg_rtree_build(const hg_rtree_entry *entries, size_t n, size_t node_bytes, hg_rtree **out,
                         hg_error *err)
{
    if (n >= UINT32_MAX)
        return hg_fail(err, HG_EDATA, "%zu rows are more than a spatial index takes (%u)", n,
                       UINT32_MAX - 1);
    hg_rtree *t = hg_calloc(1, sizeof *t);
    keyed *order = NULL;
    if (!t)
        return hg_fail_memory(err);
    t->entries = n;
    t->node_bytes = node_bytes;
    plan_levels(t, (node_bytes - NODE_HEADER) / CELL);
    const level *top = &t->levels[t->level_count - 1];
    t->cells = hg_malloc(top->at + top->cells, sizeof *t->cells);
    t->leaf = hg_malloc(n, sizeof *t->leaf);
    hg_status s = t->cells && t->leaf ? HG_OK : hg_fail_memory(err);
    if (s == HG_OK && n > 0)
        s = order_entries(entries, n, &order, err);
    if (s != HG_OK) {
        hg_rtree_free(t);
        return s;
    }
    if (n > 0)
        fill_leaves(t, entries, order);
    fill_upper_levels(t);
    hg_free(order);
    *out = t;
    return HG_OK;
}

typedef struct storing {
    const hg_rtree *tree;
    const hg_rtree_entry *entries;
    unsigned char *node;
} storing;

/* The level of a node and its place there. */
static size_t find_node(const hg_rtree *t, int64_t number, size_t *k)
{
    size_t at = 0;
    while (number < t->levels[at].first)
        at++;
    *k = (size_t)(number - t->levels[at].first);
    return at;
}

static unsigned char *put_u16(unsigned char *at, size_t v)
{
    uint16_t big = htobe16((uint16_t)v);
    return (unsigned char *)memcpy(at, &big, sizeof big) + sizeof big;
}

static unsigned char *put_cell(unsigned char *at, const cell *c)
{
    uint64_t id = htobe64((uint64_t)c->id);
    memcpy(at, &id, sizeof id);
    for (int k = 0; k < 4; k++) {
        uint32_t bits;
        memcpy(&bits, &c->box[k], sizeof bits);
        bits = htobe32(bits);
        memcpy(at + 8 + 4 * k, &bits, sizeof bits);
    }
    return at + CELL;
}

static hg_status node_value(void *payload, size_t row, int column, sqlite3_context *out,
                            hg_error *err)
{
    (void)err;
    const storing *s = payload;
    const hg_rtree *t = s->tree;
    int64_t number = (int64_t)row + 1;
    if (column == 0) {
        sqlite3_result_int64(out, number);
        return HG_OK;
    }
    size_t k, at = find_node(t, number, &k);
    const level *l = &t->levels[at];
    size_t from = cut(l, k), to = cut(l, k + 1);
    unsigned char *end = put_u16(s->node, number == 1 ? t->level_count - 1 : 0);
    end = put_u16(end, to - from);
    for (size_t i = from; i < to; i++)
        end = put_cell(end, &t->cells[l->at + i]);
    memset(end, 0, t->node_bytes - (size_t)(end - s->node));
    sqlite3_result_blob64(out, s->node, t->node_bytes, SQLITE_STATIC);
    return HG_OK;
}

static hg_status rowid_value(void *payload, size_t row, int column, sqlite3_context *out,
                             hg_error *err)
{
    (void)err;
    const storing *s = payload;
    sqlite3_result_int64(out, column == 0 ? s->entries[row].id : (int64_t)s->tree->leaf[row]);
    return HG_OK;
}

/* Of every node but the root. */
static hg_status parent_value(void *payload, size_t row, int column, sqlite3_context *out,
                              hg_error *err)
{
    (void)err;
    const hg_rtree *t = ((const storing *)payload)->tree;
    int64_t number = (int64_t)row + 2;
    if (column == 1) {
        size_t k;
        const level *above = &t->levels[find_node(t, number, &k) + 1];
        number = above->first + (int64_t)node_of_cell(above, k);
    }
    sqlite3_result_int64(out, number);
    return HG_OK;
}

static hg_status fill_table(sqlite3 *db, const char *path, const char *name, const char *suffix,
                            const hg_feed *feed, hg_error *err)
{
    char *table = sqlite3_mprintf("\"%w_%s\"", name, suffix);
    if (!table)
        return hg_fail_memory(err);
    hg_status s = hg_sql_execf(db, path, err, "DELETE FROM %s", table);
    if (s == HG_OK)
        s = hg_feed_insert(db, path, table, feed, err);
    sqlite3_free(table);
    return s;
}

hg_status hg_rtree_store(const hg_rtree *tree, const hg_rtree_entry *entries, sqlite3 *db,
                         const char *path, const char *name, hg_control *control, hg_error *err)
{
    storing p = {.tree = tree, .entries = entries};
    p.node = hg_malloc(tree->node_bytes, 1);
    if (!p.node)
        return hg_fail_memory(err);
    hg_feed feed = {.columns = 2, .payload = &p, .control = control};
    feed.rows = tree->node_count;
    feed.value = node_value;
    hg_status s = fill_table(db, path, name, "node", &feed, err);
    feed.rows = tree->entries;
    feed.value = rowid_value;
    if (s == HG_OK)
        s = fill_table(db, path, name, "rowid", &feed, err);
    feed.rows = tree->node_count - 1;
    feed.value = parent_value;
    if (s == HG_OK)
        s = fill_table(db, path, name, "parent", &feed, err);
    hg_free(p.node);
    return s;
}

/* Every node has the same size, and the root always exists. */
hg_status hg_rtree_node_size(sqlite3 *db, const char *path, const char *name, size_t *bytes,
                             hg_error *err)
{
    char *sql = sqlite3_mprintf("SELECT length(data) FROM \"%w_node\" WHERE nodeno = 1", name);
    if (!sql)
        return hg_fail_memory(err);
    int64_t size = 0;
    hg_status s = hg_sql_number(db, path, sql, 0, &size, err);
    sqlite3_free(sql);
    if (s != HG_OK)
        return s;
    if (size < NODE_HEADER + 3 * CELL || size > 65536)
        return hg_fail(err, HG_EDATA, "%s: the spatial index %s has nodes of %lld bytes", path,
                       name, (long long)size);
    *bytes = (size_t)size;
    return HG_OK;
}

hg_status hg_rtree_pack(sqlite3 *db, const char *path, const char *name,
                        const hg_rtree_entry *entries, size_t n, hg_error *err)
{
    size_t bytes = 0;
    hg_rtree *tree = NULL;
    hg_status s = hg_rtree_node_size(db, path, name, &bytes, err);
    if (s == HG_OK)
        s = hg_rtree_build(entries, n, bytes, &tree, err);
    if (s == HG_OK)
        s = hg_rtree_store(tree, entries, db, path, name, NULL, err);
    hg_rtree_free(tree);
    return s;
}
