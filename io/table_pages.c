/*
 * B-tree pages and records of SQLite's file format: https://www.sqlite.org/fileformat2.html,
 * sections 1.6 and 2. Every number read from a page is checked against the page before use.
 */
#include "io/table_pages.h"
#include "base/memory.h"
#include "io/page_file.h"
#include "io/sql.h"

#include <math.h>
#include <string.h>
#include <strings.h>

enum {
    INTERIOR = 5,
    LEAF = 13,
    MAX_DEPTH = 20,
    MAX_COLUMNS = 2000,
    NOT_WANTED = -1,
};

/* Longer than SQLite lets a row be. */
static const uint64_t MAX_PAYLOAD = 1000000000;

struct hg_table_pages {
    char *path;
    sqlite3 *holder; /* of the read transaction */
    uint32_t root;
    int *slot;       /* of each stored column the value it is, NOT_WANTED for none */
    size_t stored;   /* columns of a record up to the last that is wanted */
    size_t declared; /* length of slot */
    size_t count;
};

/* ------------------------------------------------------------------ the table */

static hg_status find_root(hg_table_pages *t, const char *table, bool *found, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    hg_status status = hg_sql_preparef(t->holder, t->path, &stmt, err,
                                       "SELECT rootpage FROM sqlite_master WHERE type = 'table' "
                                       "AND name = %Q COLLATE NOCASE",
                                       table);
    if (status == HG_OK)
        status = hg_sql_next(t->holder, t->path, stmt, &more, err);
    int64_t root = status == HG_OK && more ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    *found = root > 1 && root <= UINT32_MAX;
    t->root = *found ? (uint32_t)root : 0;
    return status;
}

static void want(hg_table_pages *t, size_t column, const char *name, const char *const *columns)
{
    t->slot[column] = NOT_WANTED;
    for (size_t k = 0; k < t->count; k++) {
        if (strcasecmp(columns[k], name) != 0)
            continue;
        t->slot[column] = (int)k;
        t->stored = column + 1;
    }
}

/* A column of the key is not in the record, a generated one may not be either. */
static hg_status find_columns(hg_table_pages *t, const char *table, const char *const *columns,
                              bool *plain, hg_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool more = false;
    size_t found = 0, capacity = 0;
    hg_status status =
        hg_sql_preparef(t->holder, t->path, &stmt, err, "PRAGMA main.table_xinfo(%Q)", table);
    *plain = true;
    while (status == HG_OK && *plain &&
           (status = hg_sql_next(t->holder, t->path, stmt, &more, err)) == HG_OK && more) {
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        bool key = sqlite3_column_int(stmt, 5) != 0, hidden = sqlite3_column_int(stmt, 6) != 0;
        int *slot = hg_grow(t->slot, &capacity, t->declared + 1, sizeof *slot);
        if (!slot) {
            status = hg_fail_memory(err);
            break;
        }
        t->slot = slot;
        want(t, t->declared, name ? name : "", columns);
        bool wanted = slot[t->declared++] != NOT_WANTED;
        found += wanted;
        *plain = !hidden && !(key && wanted) && t->declared <= MAX_COLUMNS;
    }
    sqlite3_finalize(stmt);
    *plain = *plain && found == t->count;
    return status;
}

/* The root of a table WITHOUT ROWID is that of an index. */
static hg_status check_file(const hg_table_pages *t, bool *plain, hg_error *err)
{
    hg_page_file file;
    hg_status status = hg_page_file_open(t->path, &file, plain, err);
    if (status != HG_OK || !*plain)
        return status;
    const unsigned char *page = hg_page_file_page(&file, t->root);
    *plain = page && (page[0] == LEAF || page[0] == INTERIOR);
    hg_page_file_close(&file);
    return HG_OK;
}

/* Reading the schema begins the transaction, which ends with the connection. */
static hg_status hold(hg_table_pages *t, hg_error *err)
{
    int rc = sqlite3_open_v2(t->path, &t->holder, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return hg_sql_fail(t->holder, t->path, err);
    return hg_sql_exec(t->holder, t->path, "BEGIN; SELECT 1 FROM sqlite_master LIMIT 1", err);
}

hg_status hg_table_pages_open(const char *path, const char *table, const char *const *columns,
                              size_t count, hg_table_pages **out, hg_error *err)
{
    bool plain = false;
    *out = NULL;
    hg_table_pages *t = hg_calloc(1, sizeof *t);
    if (!t || !(t->path = hg_strdup(path))) {
        hg_free(t);
        return hg_fail_memory(err);
    }
    t->count = count;
    hg_status status = hold(t, err);
    if (status == HG_OK)
        status = find_root(t, table, &plain, err);
    if (status == HG_OK && plain)
        status = find_columns(t, table, columns, &plain, err);
    if (status == HG_OK && plain)
        status = check_file(t, &plain, err);
    if (status == HG_OK && plain)
        *out = t;
    else
        hg_table_pages_free(t);
    return status;
}

void hg_table_pages_free(hg_table_pages *t)
{
    if (!t)
        return;
    sqlite3_close(t->holder);
    hg_free(t->slot);
    hg_free(t->path);
    hg_free(t);
}

/* ------------------------------------------------------------------ numbers */

static uint32_t big16(const unsigned char *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t big32(const unsigned char *p)
{
    return big16(p) << 16 | big16(p + 2);
}

/* Bytes of the number at p, 0 where it runs past the end. */
static size_t varint(const unsigned char *p, const unsigned char *end, uint64_t *v)
{
    if (p < end && p[0] < 0x80) {
        *v = p[0];
        return 1;
    }
    uint64_t sum = 0;
    for (size_t k = 0; k < 8 && p + k < end; k++) {
        sum = sum << 7 | (p[k] & 0x7f);
        *v = sum;
        if (p[k] < 0x80)
            return k + 1;
    }
    if (end - p < 9)
        return 0;
    *v = sum << 8 | p[8];
    return 9;
}

/* Two's complement of n bytes, n up to 8; n = 0 is 0. */
static int64_t big_signed(const unsigned char *p, size_t n)
{
    uint64_t v = n && p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t k = 0; k < n; k++)
        v = v << 8 | p[k];
    return (int64_t)v;
}

/* ------------------------------------------------------------------ records */

enum { SERIAL_REAL = 7, SERIAL_ZERO = 8, SERIAL_ONE = 9, SERIAL_BLOB = 12 };

/* False for the two serial types that SQLite keeps to itself. */
static bool serial_size(uint64_t type, uint64_t *size)
{
    static const unsigned char sizes[SERIAL_BLOB] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    *size = type < SERIAL_BLOB ? sizes[type] : (type - SERIAL_BLOB) / 2;
    return type <= SERIAL_ONE || type >= SERIAL_BLOB;
}

static void take_value(uint64_t type, const unsigned char *p, size_t n, hg_stored *v)
{
    v->type = type == 0 ? HG_STORED_NULL : HG_STORED_INT;
    if (type >= SERIAL_BLOB) {
        v->type = type % 2 ? HG_STORED_TEXT : HG_STORED_BLOB;
        v->bytes = p;
        v->n = n;
    } else if (type == SERIAL_REAL) {
        int64_t bits = big_signed(p, 8);
        memcpy(&v->d, &bits, sizeof v->d);
        v->type = isnan(v->d) ? HG_STORED_NULL : HG_STORED_REAL;
    } else {
        v->i = type == SERIAL_ONE ? 1 : big_signed(p, n);
    }
}

/* False where the record is damaged or ends before the last column that is wanted. */
static bool read_record(const hg_table_pages *t, const unsigned char *p, size_t n, hg_stored *values)
{
    uint64_t header, type, size;
    size_t step = varint(p, p + n, &header);
    if (!step || header > n)
        return false;
    const unsigned char *at = p + step, *end = p + header, *body = end;
    for (size_t c = 0; c < t->stored; c++) {
        step = varint(at, end, &type);
        if (!step || !serial_size(type, &size) || size > (uint64_t)(p + n - body))
            return false;
        if (t->slot[c] != NOT_WANTED)
            take_value(type, body, (size_t)size, &values[t->slot[c]]);
        at += step;
        body += size;
    }
    return true;
}

/* ------------------------------------------------------------------ pages */

typedef struct walk {
    const hg_table_pages *table;
    hg_page_file file;
    hg_stored_row row;
    void *context;
    int64_t from, to, next;
    uint32_t budget; /* pages still to be visited: none twice */
    bool odd, done;
    unsigned char *levels; /* copies of the inner pages on the way down */
    unsigned char *payload; /* of a row with overflow pages */
    size_t payload_room;
    hg_stored *values;
} walk;

/* The rest of a payload lies in a chain of pages of its own. */
static hg_status gather(walk *w, const unsigned char *local, size_t n, uint32_t page, size_t total,
                        hg_error *err)
{
    size_t share = w->file.usable - 4, room = total + w->file.page_size;
    if (total > (uint64_t)w->file.pages * w->file.page_size) {
        w->odd = true;
        return HG_OK;
    }
    unsigned char *all = hg_grow(w->payload, &w->payload_room, room, 1);
    if (!all)
        return hg_fail_memory(err);
    w->payload = all;
    memcpy(all, local, n);
    while (n < total && !w->odd) {
        unsigned char kept[4]; /* a page begins with the number of the next: read over the last four bytes */
        memcpy(kept, all + n - 4, 4);
        w->odd = !hg_page_file_copy(&w->file, page, w->file.usable, all + n - 4);
        page = big32(all + n - 4);
        memcpy(all + n - 4, kept, 4);
        n += share;
    }
    return HG_OK;
}

/* Bytes of a payload that stay in the leaf, section 1.6. */
static size_t local_size(uint64_t payload, size_t usable)
{
    uint64_t most = usable - 35, least = (usable - 12) * 32 / 255 - 23;
    uint64_t some = least + (payload - least) % (usable - 4);
    return (size_t)(payload <= most ? payload : some <= most ? some : least);
}

static hg_status take_payload(walk *w, int64_t key, const unsigned char *p, uint64_t n,
                              const unsigned char *end, hg_error *err)
{
    size_t local = n <= MAX_PAYLOAD ? local_size(n, w->file.usable) : SIZE_MAX;
    hg_status status = HG_OK;
    size_t available = (size_t)(end - p);
    w->odd = local > available || (local < n && available - local < 4);
    if (!w->odd && local < n) {
        status = gather(w, p, local, big32(p + local), (size_t)n, err);
        p = w->payload;
    }
    if (status != HG_OK || w->odd)
        return status;
    w->odd = !read_record(w->table, p, (size_t)n, w->values);
    if (!w->odd)
        status = w->row(w->context, key, w->values, &w->odd, err);
    if (status == HG_OK && !w->odd) {
        w->done = key == w->to;
        w->next = w->done ? key : key + 1;
    }
    return status;
}

static hg_status take_cell(walk *w, const unsigned char *p, const unsigned char *end, hg_error *err)
{
    uint64_t n, rowid;
    size_t first = varint(p, end, &n), second = first ? varint(p + first, end, &rowid) : 0;
    if (!second) {
        w->odd = true;
        return HG_OK;
    }
    int64_t key = (int64_t)rowid;
    if (key < w->from)
        return HG_OK;
    w->odd = key < w->next;
    w->done = !w->odd && key > w->to;
    return w->odd || w->done ? HG_OK : take_payload(w, key, p + first + second, n, end, err);
}

/* Where cell i of a page begins; NULL where its pointer leads elsewhere. */
static const unsigned char *cell_at(const walk *w, const unsigned char *page, size_t head, size_t i)
{
    size_t cells = big16(page + 3), at = big16(page + head + 2 * i);
    return at >= head + 2 * cells && at < w->file.usable ? page + at : NULL;
}

static hg_status walk_leaf(walk *w, const unsigned char *page, hg_error *err)
{
    hg_status status = HG_OK;
    size_t cells = big16(page + 3);
    w->odd = 8 + 2 * cells > w->file.usable;
    for (size_t i = 0; i < cells && status == HG_OK && !w->odd && !w->done; i++) {
        const unsigned char *cell = cell_at(w, page, 8, i);
        w->odd = !cell;
        if (cell)
            status = take_cell(w, cell, page + w->file.usable, err);
    }
    return status;
}

static hg_status walk_page(walk *w, uint32_t number, size_t depth, hg_error *err);

/* A child holds the keys up to its cell's; the last one, in the head of the page, all beyond. */
static hg_status walk_inner(walk *w, const unsigned char *page, size_t depth, hg_error *err)
{
    hg_status status = HG_OK;
    size_t cells = big16(page + 3);
    w->odd = 12 + 2 * cells > w->file.usable;
    for (size_t i = 0; i <= cells && status == HG_OK && !w->odd && !w->done; i++) {
        const unsigned char *cell = i < cells ? cell_at(w, page, 12, i) : page + 8;
        const unsigned char *end = page + w->file.usable;
        uint64_t key = (uint64_t)INT64_MAX;
        w->odd = !cell || end - cell < 4 || (i < cells && !varint(cell + 4, end, &key));
        if (!w->odd && (int64_t)key >= w->next)
            status = walk_page(w, big32(cell), depth + 1, err);
        w->done |= i < cells && (int64_t)key >= w->to;
    }
    return status;
}

static hg_status walk_page(walk *w, uint32_t number, size_t depth, hg_error *err)
{
    const unsigned char *page =
        depth < MAX_DEPTH && number > 1 && w->budget ? hg_page_file_page(&w->file, number) : NULL;
    w->odd = !page || (page[0] != LEAF && page[0] != INTERIOR);
    if (w->odd)
        return HG_OK;
    w->budget--;
    if (page[0] == LEAF)
        return walk_leaf(w, page, err);
    unsigned char *copy = w->levels + depth * w->file.page_size;
    memcpy(copy, page, w->file.page_size);
    return walk_inner(w, copy, depth, err);
}

hg_status hg_table_pages_walk(const hg_table_pages *t, int64_t from, int64_t to, hg_stored_row row,
                              void *context, bool *whole, int64_t *next, hg_error *err)
{
    walk w = {.table = t, .row = row, .context = context, .from = from, .to = to, .next = from};
    bool plain = false;
    *whole = from > to;
    *next = from;
    if (*whole)
        return HG_OK;
    hg_status status = hg_page_file_open(t->path, &w.file, &plain, err);
    if (status == HG_OK && plain) {
        w.budget = w.file.pages;
        w.levels = hg_malloc(MAX_DEPTH, w.file.page_size);
        w.values = hg_calloc(t->count, sizeof *w.values);
        status = w.levels && w.values ? walk_page(&w, t->root, 0, err) : hg_fail_memory(err);
    }
    *whole = plain && !w.odd;
    *next = w.next;
    hg_page_file_close(&w.file);
    hg_free(w.levels);
    hg_free(w.payload);
    hg_free(w.values);
    return status;
}
