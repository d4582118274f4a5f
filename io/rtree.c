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
#include "io/rtree.h"
#include "base/memory.h"
#include "io/sql.h"

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

typedef struct packing {
    sqlite3 *db;
    const char *path, *name;
    size_t node_size;
    size_t per_node;
    cell *cells;     /* of the level being packed */
    int64_t *leaf;   /* node number of the leaf that holds entry i (input order) */
    uint32_t *order; /* input index by position along the curve */
} packing;

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

/* Position along the Hilbert curve of order 16, a quadrant at a time. */
static uint32_t hilbert(uint32_t x, uint32_t y)
{
    uint32_t d = 0;
    for (uint32_t s = 1u << (HILBERT_BITS - 1); s > 0; s /= 2) {
        uint32_t rx = (x & s) != 0, ry = (y & s) != 0;
        d += s * s * ((3 * rx) ^ ry);
        if (ry == 0) {
            if (rx == 1) {
                x = ~x;
                y = ~y;
            }
            uint32_t t = x;
            x = y;
            y = t;
        }
        x &= s - 1;
        y &= s - 1;
    }
    return d;
}

static uint32_t quantise(double v, double low, double scale)
{
    double q = (v - low) * scale;
    return q > 0 ? (uint32_t)fmin(q, (double)((1u << HILBERT_BITS) - 1)) : 0;
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
        b[0] = fmin(b[0], e[i].min_x);
        b[1] = fmax(b[1], e[i].max_x);
        b[2] = fmin(b[2], e[i].min_y);
        b[3] = fmax(b[3], e[i].max_y);
    }
}

static hg_status order_entries(packing *p, const hg_rtree_entry *e, size_t n, hg_error *err)
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
    for (size_t k = 0; k < n; k++) {
        const hg_rtree_entry *from = &e[keys[k].index];
        p->order[k] = keys[k].index;
        p->cells[k] = (cell){from->id,
                             {round_down(from->min_x), round_up(from->max_x),
                              round_down(from->min_y), round_up(from->max_y)}};
    }
    hg_free(keys);
    hg_free(spare);
    return HG_OK;
}

static unsigned char *put_big_endian(unsigned char *at, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *at++ = (unsigned char)(v >> (8 * i));
    return at;
}

static void write_node(unsigned char *node, size_t size, unsigned depth, const cell *cells,
                       size_t n)
{
    memset(node, 0, size);
    unsigned char *at = put_big_endian(put_big_endian(node, depth, 2), n, 2);
    for (size_t i = 0; i < n; i++) {
        at = put_big_endian(at, (uint64_t)cells[i].id, 8);
        for (int k = 0; k < 4; k++) {
            uint32_t bits;
            memcpy(&bits, &cells[i].box[k], sizeof bits);
            at = put_big_endian(at, bits, 4);
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

static hg_status put_pair(packing *p, sqlite3_stmt *stmt, int64_t key, int64_t value, hg_error *err)
{
    sqlite3_bind_int64(stmt, 1, key);
    sqlite3_bind_int64(stmt, 2, value);
    return hg_sql_run(p->db, p->path, stmt, err);
}

/* Levels from the leaves up: how many cells each has, and the number of its first node. */
typedef struct levels {
    size_t count;
    size_t cells[MAX_LEVELS], nodes[MAX_LEVELS];
    int64_t first[MAX_LEVELS];
} levels;

static levels plan_levels(size_t n, size_t per_node)
{
    levels l = {0};
    size_t cells = n;
    do {
        l.cells[l.count] = cells;
        l.nodes[l.count] = cells ? (cells + per_node - 1) / per_node : 1;
        cells = l.nodes[l.count++];
    } while (cells > 1);
    int64_t next = 1;
    for (size_t k = l.count; k-- > 0;) { /* the root is node 1, its children follow */
        l.first[k] = next;
        next += (int64_t)l.nodes[k];
    }
    return l;
}

static size_t cut(size_t cells, size_t nodes, size_t k)
{
    return (size_t)((unsigned __int128)cells * k / nodes);
}

static hg_status pack_level(packing *p, const levels *l, size_t level, sqlite3_stmt *nodes,
                            unsigned char *node, hg_error *err)
{
    unsigned depth = level + 1 == l->count ? (unsigned)level : 0;
    for (size_t k = 0; k < l->nodes[level]; k++) {
        size_t from = cut(l->cells[level], l->nodes[level], k);
        size_t to = cut(l->cells[level], l->nodes[level], k + 1);
        int64_t number = l->first[level] + (int64_t)k;
        write_node(node, p->node_size, depth, p->cells + from, to - from);
        sqlite3_bind_int64(nodes, 1, number);
        sqlite3_bind_blob(nodes, 2, node, (int)p->node_size, SQLITE_STATIC);
        hg_status s = hg_sql_run(p->db, p->path, nodes, err);
        if (s != HG_OK)
            return s;
        for (size_t i = from; level == 0 && i < to; i++)
            p->leaf[p->order[i]] = number;
        /* in place: parents are never ahead of the children still to be read */
        if (to > from)
            p->cells[k] = join_cells(p->cells + from, to - from, number);
    }
    return HG_OK;
}

static hg_status write_parents(packing *p, const levels *l, sqlite3_stmt *parents, hg_error *err)
{
    for (size_t level = l->count; level-- > 1;) {
        for (size_t k = 0; k < l->nodes[level]; k++) {
            size_t to = cut(l->cells[level], l->nodes[level], k + 1);
            for (size_t i = cut(l->cells[level], l->nodes[level], k); i < to; i++) {
                hg_status s = put_pair(p, parents, l->first[level - 1] + (int64_t)i,
                                       l->first[level] + (int64_t)k, err);
                if (s != HG_OK)
                    return s;
            }
        }
    }
    return HG_OK;
}

/* Node numbers grow from the root down, so the lower levels, packed first, are inserted behind. */
static hg_status write_nodes(packing *p, const levels *l, sqlite3_stmt *nodes, hg_error *err)
{
    unsigned char *node = hg_malloc(p->node_size, 1);
    if (!node)
        return hg_fail_memory(err);
    hg_status s = HG_OK;
    for (size_t level = 0; s == HG_OK && level < l->count; level++)
        s = pack_level(p, l, level, nodes, node, err);
    hg_free(node);
    return s;
}

/* The node size is fixed when the table is made, and every node has it; the root always exists. */
static hg_status read_node_size(packing *p, hg_error *err)
{
    char *sql = sqlite3_mprintf("SELECT length(data) FROM \"%w_node\" WHERE nodeno = 1", p->name);
    if (!sql)
        return hg_fail_memory(err);
    int64_t size = 0;
    hg_status s = hg_sql_number(p->db, p->path, sql, 0, &size, err);
    sqlite3_free(sql);
    if (s != HG_OK)
        return s;
    if (size < NODE_HEADER + 3 * CELL || size > 65536)
        return hg_fail(err, HG_EDATA, "%s: the spatial index %s has nodes of %lld bytes", p->path,
                       p->name, (long long)size);
    p->node_size = (size_t)size;
    p->per_node = (p->node_size - NODE_HEADER) / CELL;
    return HG_OK;
}

static hg_status fill_tables(packing *p, const hg_rtree_entry *entries, size_t n, hg_error *err)
{
    sqlite3_stmt *nodes = NULL, *rowids = NULL, *parents = NULL;
    levels l = plan_levels(n, p->per_node);
    hg_status s = hg_sql_preparef(p->db, p->path, &nodes, err,
                                  "INSERT INTO \"%w_node\" VALUES (?, ?)", p->name);
    if (s == HG_OK)
        s = hg_sql_preparef(p->db, p->path, &rowids, err, "INSERT INTO \"%w_rowid\" VALUES (?, ?)",
                            p->name);
    if (s == HG_OK)
        s = hg_sql_preparef(p->db, p->path, &parents, err,
                            "INSERT INTO \"%w_parent\" VALUES (?, ?)", p->name);
    if (s == HG_OK)
        s = write_nodes(p, &l, nodes, err);
    for (size_t i = 0; s == HG_OK && i < n; i++)
        s = put_pair(p, rowids, entries[i].id, p->leaf[i], err);
    if (s == HG_OK)
        s = write_parents(p, &l, parents, err);
    sqlite3_finalize(nodes);
    sqlite3_finalize(rowids);
    sqlite3_finalize(parents);
    return s;
}

hg_status hg_rtree_pack(sqlite3 *db, const char *path, const char *name,
                        const hg_rtree_entry *entries, size_t n, hg_error *err)
{
    packing p = {.db = db, .path = path, .name = name};
    hg_status s = read_node_size(&p, err);
    if (s != HG_OK)
        return s;
    if (n >= UINT32_MAX)
        return hg_fail(err, HG_EDATA, "%s: %zu rows are more than the spatial index takes", path,
                       n);
    p.cells = hg_malloc(n + 1, sizeof *p.cells);
    p.leaf = hg_malloc(n + 1, sizeof *p.leaf);
    p.order = hg_malloc(n + 1, sizeof *p.order);
    if (!p.cells || !p.leaf || !p.order)
        s = hg_fail_memory(err);
    if (s == HG_OK && n > 0)
        s = order_entries(&p, entries, n, err);
    if (s == HG_OK)
        s = hg_sql_execf(db, path, err,
                         "DELETE FROM \"%w_node\"; DELETE FROM \"%w_rowid\";"
                         "DELETE FROM \"%w_parent\"",
                         name, name, name);
    if (s == HG_OK)
        s = fill_tables(&p, entries, n, err);
    hg_free(p.cells);
    hg_free(p.leaf);
    hg_free(p.order);
    return s;
}
