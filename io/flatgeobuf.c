/*
 * The format: https://flatgeobuf.org. Header and features are FlatBuffers: a table begins with the way
 * back to its vtable, which holds the place of each field within the table, 0 for one left out; tables
 * and vectors are reached by offsets from where these stand.
 */
#include "io/flatgeobuf.h"
#include "base/memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAGIC = 8,
    MAX_HEADER = 1 << 24,
    BUFFER = 1 << 20,
    NODE = 40,          /* four doubles and an offset */
    NODES_AT_ONCE = 4096,
    MIN_FEATURE = 12,   /* its size, the offset of its table, the table's way to the vtable */
    GAP = 64,           /* features read along where they lie between two that are asked for */
    MAX_LEVELS = 64,
};

enum { HEADER_GEOMETRY_TYPE = 2, HEADER_HAS_Z, HEADER_HAS_M, HEADER_COLUMNS = 7, HEADER_FEATURES, HEADER_NODE_SIZE };
enum { COLUMN_TYPE = 1 };
enum { FEATURE_GEOMETRY, FEATURE_PROPERTIES };
enum { GEOMETRY_XY = 1, GEOMETRY_Z, GEOMETRY_M, GEOMETRY_TYPE = 6 };

uint16_t hg_fgb_u16(const unsigned char *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

uint32_t hg_fgb_u32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t hg_fgb_u64(const unsigned char *p)
{
    return (uint64_t)hg_fgb_u32(p) | (uint64_t)hg_fgb_u32(p + 4) << 32;
}

double hg_fgb_f64(const unsigned char *p)
{
    uint64_t bits = hg_fgb_u64(p);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* ------------------------------------------------- FlatBuffers ------------------------------ */

typedef struct flat {
    const unsigned char *bytes;
    size_t n;
} flat;

static bool has_room(const flat *b, size_t at, size_t width)
{
    return at <= b->n && width <= b->n - at;
}

/* Where a field of `width` bytes lies; *at is 0 where it is left out. */
static bool find_field(const flat *b, size_t table, unsigned slot, size_t width, size_t *at)
{
    *at = 0;
    if (!has_room(b, table, 4))
        return false;
    int64_t vtable = (int64_t)table - (int32_t)hg_fgb_u32(b->bytes + table);
    if (vtable < 0 || !has_room(b, (size_t)vtable, 4))
        return false;
    size_t entry = 4 + 2 * (size_t)slot;
    if (hg_fgb_u16(b->bytes + vtable) < entry + 2)
        return true;
    if (!has_room(b, (size_t)vtable, entry + 2))
        return false;
    size_t within = hg_fgb_u16(b->bytes + (size_t)vtable + entry);
    *at = within ? table + within : 0;
    return !within || has_room(b, *at, width);
}

/* A field that is another table or a vector; *at is 0 where it is left out. */
static bool find_target(const flat *b, size_t table, unsigned slot, size_t *at)
{
    if (!find_field(b, table, slot, 4, at) || !*at)
        return *at == 0 && has_room(b, table, 4);
    size_t way = hg_fgb_u32(b->bytes + *at);
    *at += way;
    return way > 0 && has_room(b, *at, 4);
}

static bool find_vector(const flat *b, size_t table, unsigned slot, size_t width, size_t *first, size_t *count)
{
    *first = *count = 0;
    if (!find_target(b, table, slot, first))
        return false;
    if (!*first)
        return true;
    *count = hg_fgb_u32(b->bytes + *first);
    *first += 4;
    return *count <= (b->n - *first) / width;
}

static bool read_small(const flat *b, size_t table, unsigned slot, size_t width, uint64_t missing, uint64_t *out)
{
    size_t at;
    if (!find_field(b, table, slot, width, &at))
        return false;
    const unsigned char *p = b->bytes + at;
    *out = !at ? missing : width == 1 ? *p : width == 2 ? hg_fgb_u16(p) : hg_fgb_u64(p);
    return true;
}

static bool find_root(const flat *b, size_t *table)
{
    if (!has_room(b, 0, 4))
        return false;
    *table = hg_fgb_u32(b->bytes);
    return has_room(b, *table, 4);
}

/* ------------------------------------------------- header ----------------------------------- */

static bool read_at(const hg_fgb *f, uint64_t at, void *to, size_t n)
{
    unsigned char *p = to;
    while (n > 0) {
        ssize_t got = pread(f->fd, p, n, (off_t)at);
        if (got <= 0)
            return false;
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return true;
}

static bool read_columns(const flat *b, size_t table, hg_fgb *f, hg_error *err, hg_status *status)
{
    size_t first, count;
    if (!find_vector(b, table, HEADER_COLUMNS, 4, &first, &count) || count > UINT16_MAX)
        return false;
    f->types = hg_malloc(count, sizeof *f->types);
    *status = f->types ? HG_OK : hg_fail_memory(err);
    f->columns = count;
    for (size_t i = 0; i < count && *status == HG_OK; i++) {
        size_t at = first + 4 * i, column = at + hg_fgb_u32(b->bytes + at);
        uint64_t type;
        if (!read_small(b, column, COLUMN_TYPE, 1, 0, &type) || type >= HG_FGB_TYPE_END)
            return false;
        f->types[i] = (uint8_t)type;
    }
    return true;
}

/* Nodes of a level above one of n nodes. */
static uint64_t level_above(const hg_fgb *f, uint64_t n)
{
    return (n - 1) / f->node_size + 1;
}

static uint64_t tree_nodes(const hg_fgb *f)
{
    uint64_t n = f->features, nodes = n;
    if (!f->node_size || !n)
        return 0;
    do {
        n = level_above(f, n);
        nodes += n;
    } while (n != 1);
    return nodes;
}

/* Places of index and features, as far as the file is long enough for what the header says. */
static bool lay_out(hg_fgb *f, uint64_t header_end)
{
    uint64_t room = f->size - header_end;
    f->index_at = header_end;
    if (f->features > room / MIN_FEATURE || f->node_size == 1)
        return false;
    uint64_t nodes = tree_nodes(f);
    if (nodes > room / NODE)
        return false;
    f->features_at = header_end + nodes * NODE;
    return f->features <= (f->size - f->features_at) / MIN_FEATURE;
}

static bool read_header(const flat *b, hg_fgb *f, hg_error *err, hg_status *status)
{
    size_t table;
    uint64_t type, z, m, node_size;
    if (!find_root(b, &table) || !read_small(b, table, HEADER_GEOMETRY_TYPE, 1, 0, &type) ||
        !read_small(b, table, HEADER_HAS_Z, 1, 0, &z) || !read_small(b, table, HEADER_HAS_M, 1, 0, &m) ||
        !read_small(b, table, HEADER_FEATURES, 8, 0, &f->features) ||
        !read_small(b, table, HEADER_NODE_SIZE, 2, 16, &node_size) || !read_columns(b, table, f, err, status))
        return false;
    f->geometry_type = (unsigned)type;
    f->has_z = z != 0;
    f->has_m = m != 0;
    f->node_size = f->features ? (unsigned)node_size : 0;
    return true;
}

static bool open_file(const char *path, hg_fgb *f)
{
    struct stat st;
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    f->size = (uint64_t)st.st_size;
    return true;
}

hg_status hg_fgb_open(const char *path, hg_fgb *f, bool *fits, hg_error *err)
{
    unsigned char head[MAGIC + 4];
    unsigned char *bytes = NULL;
    hg_status status = HG_OK;
    size_t n = 0;
    *f = (hg_fgb){.fd = -1};
    *fits = open_file(path, f) && read_at(f, 0, head, sizeof head) && memcmp(head, "fgb\3fgb", 7) == 0;
    if (*fits) {
        n = hg_fgb_u32(head + MAGIC);
        *fits = n <= MAX_HEADER && n <= f->size - sizeof head;
    }
    if (*fits) {
        bytes = hg_malloc(n, 1);
        status = bytes ? HG_OK : hg_fail_memory(err);
        const flat b = {bytes, n};
        *fits = bytes && read_at(f, sizeof head, bytes, n) && read_header(&b, f, err, &status) &&
                status == HG_OK && lay_out(f, sizeof head + n);
    }
    hg_free(bytes);
    if (!*fits)
        hg_fgb_close(f);
    return status;
}

void hg_fgb_close(hg_fgb *f)
{
    if (f->fd >= 0)
        close(f->fd);
    hg_free(f->types);
    *f = (hg_fgb){.fd = -1};
}

/* ------------------------------------------------- features in turn ------------------------- */

void hg_fgb_stream_begin(hg_fgb_stream *s, const hg_fgb *f, uint64_t at, uint64_t end)
{
    uint64_t here = s->to > s->from ? hg_fgb_position(s) : 0;
    s->fgb = f;
    s->end = end;
    if (here && at >= here && at < s->at) { /* at hand already */
        s->from += (size_t)(at - here);
        return;
    }
    s->at = at;
    s->from = s->to = 0;
}

uint64_t hg_fgb_position(const hg_fgb_stream *s)
{
    return s->at - (s->to - s->from);
}

/* At least n bytes at hand; *got is false where the file ends before. */
static hg_status fill(hg_fgb_stream *s, size_t n, bool *got, hg_error *err)
{
    size_t have = s->to - s->from;
    *got = true;
    if (have >= n)
        return HG_OK;
    if (n > s->capacity) {
        size_t capacity = n > BUFFER ? n : BUFFER;
        unsigned char *buf = hg_realloc(s->buf, capacity, 1);
        if (!buf)
            return hg_fail_memory(err);
        s->buf = buf;
        s->capacity = capacity;
    }
    if (have)
        memmove(s->buf, s->buf + s->from, have);
    s->from = 0;
    s->to = have;
    uint64_t left = s->fgb->size - s->at, wanted = s->end > s->at ? s->end - s->at : 0;
    wanted = wanted > n - have ? wanted : n - have;
    left = left < wanted ? left : wanted;
    size_t more = s->capacity - have < left ? s->capacity - have : (size_t)left;
    *got = have + more >= n && read_at(s->fgb, s->at, s->buf + have, more);
    if (*got) {
        s->to += more;
        s->at += more;
    }
    return HG_OK;
}

hg_status hg_fgb_next(hg_fgb_stream *s, const unsigned char **bytes, size_t *n, hg_error *err)
{
    bool got;
    *bytes = NULL;
    *n = 0;
    hg_status status = fill(s, 4, &got, err);
    if (status != HG_OK || !got)
        return status;
    size_t size = hg_fgb_u32(s->buf + s->from);
    if (size > s->fgb->size - hg_fgb_position(s) - 4)
        return HG_OK;
    status = fill(s, 4 + size, &got, err);
    if (status != HG_OK || !got)
        return status;
    *bytes = s->buf + s->from + 4;
    *n = size;
    s->from += 4 + size;
    return HG_OK;
}

void hg_fgb_stream_dispose(hg_fgb_stream *s)
{
    hg_free(s->buf);
    *s = (hg_fgb_stream){0};
}

static bool has_numbers(const flat *b, size_t geometry, unsigned slot)
{
    size_t first, count;
    return find_vector(b, geometry, slot, 8, &first, &count) && count > 0;
}

bool hg_fgb_parse(const hg_fgb *f, const unsigned char *bytes, size_t n, hg_fgb_feature *out)
{
    const flat b = {bytes, n};
    size_t table, geometry, first;
    uint64_t type = f->geometry_type;
    *out = (hg_fgb_feature){0};
    if (!find_root(&b, &table) || !find_target(&b, table, FEATURE_GEOMETRY, &geometry) ||
        !find_vector(&b, table, FEATURE_PROPERTIES, 1, &first, &out->properties_size))
        return false;
    out->properties = bytes + first;
    out->has_geometry = geometry != 0;
    if (!geometry)
        return true;
    if ((!type && !read_small(&b, geometry, GEOMETRY_TYPE, 1, 0, &type)) ||
        !find_vector(&b, geometry, GEOMETRY_XY, 8, &first, &out->coordinates))
        return false;
    out->geometry_type = (unsigned)type;
    out->xy = bytes + first;
    return (!f->has_z || has_numbers(&b, geometry, GEOMETRY_Z)) && (!f->has_m || has_numbers(&b, geometry, GEOMETRY_M));
}

/* ------------------------------------------------- runs ------------------------------------- */

static hg_status add_run(hg_fgb_runs *runs, hg_fgb_run run, hg_error *err)
{
    hg_fgb_run *items = hg_grow(runs->items, &runs->capacity, runs->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    runs->items = items;
    items[runs->count++] = run;
    runs->features += run.count;
    return HG_OK;
}

void hg_fgb_runs_dispose(hg_fgb_runs *runs)
{
    hg_free(runs->items);
    *runs = (hg_fgb_runs){0};
}

static uint64_t leaf_at(const hg_fgb *f, uint64_t leaf)
{
    return f->features_at - (f->features - leaf) * NODE;
}

static hg_status cut_by_index(const hg_fgb *f, uint64_t step, hg_fgb_runs *runs, bool *fits, hg_error *err)
{
    hg_status status = HG_OK;
    uint64_t room = f->size - f->features_at;
    for (uint64_t i = 0; i < f->features && *fits && status == HG_OK; i += step) {
        unsigned char node[NODE];
        uint64_t count = f->features - i < step ? f->features - i : step;
        *fits = read_at(f, leaf_at(f, i), node, sizeof node);
        uint64_t offset = *fits ? hg_fgb_u64(node + 32) : 0;
        *fits = *fits && offset < room && (i ? offset > 0 : offset == 0);
        if (*fits)
            status = add_run(runs, (hg_fgb_run){i, count, f->features_at + offset, 0}, err);
    }
    return status;
}

static hg_status cut_by_walk(const hg_fgb *f, uint64_t step, hg_fgb_runs *runs, bool *fits, hg_error *err)
{
    hg_fgb_stream stream = {0};
    hg_fgb_run run = {.at = f->features_at};
    hg_status status = HG_OK;
    hg_fgb_stream_begin(&stream, f, f->features_at, f->size);
    while (status == HG_OK && !(f->features && run.first + run.count == f->features)) {
        const unsigned char *bytes;
        size_t n;
        uint64_t at = hg_fgb_position(&stream);
        status = hg_fgb_next(&stream, &bytes, &n, err);
        if (status != HG_OK || !bytes) {
            *fits = !f->features && at == f->size;
            break;
        }
        run.count++;
        if (run.count < step)
            continue;
        status = add_run(runs, run, err);
        run = (hg_fgb_run){.first = run.first + run.count, .at = hg_fgb_position(&stream)};
    }
    if (status == HG_OK && *fits && run.count)
        status = add_run(runs, run, err);
    hg_fgb_stream_dispose(&stream);
    return status;
}

hg_status hg_fgb_cut(const hg_fgb *f, uint64_t step, hg_fgb_runs *runs, bool *fits, hg_error *err)
{
    *runs = (hg_fgb_runs){0};
    *fits = true;
    hg_status status = f->node_size ? cut_by_index(f, step, runs, fits, err) : cut_by_walk(f, step, runs, fits, err);
    /* Each run has to end where the next begins. */
    for (size_t i = 1; i < runs->count; i++)
        *fits = *fits && runs->items[i].at > runs->items[i - 1].at;
    return status;
}

/* ------------------------------------------------- the R-tree ------------------------------- */

/* A box that cannot be compared is none to be passed over. */
static bool meets(const unsigned char *node, const double box[4])
{
    return !(hg_fgb_f64(node + 16) < box[0] || hg_fgb_f64(node + 24) < box[1] || hg_fgb_f64(node) > box[2] ||
             hg_fgb_f64(node + 8) > box[3]);
}

/* The nodes of a level that are to be looked at, or the leaves found: offsets are known of leaves alone. */
static hg_status take_nodes(hg_fgb_runs *runs, uint64_t first, uint64_t count, uint64_t at, uint64_t step,
                            hg_error *err)
{
    hg_fgb_run *last = runs->count ? &runs->items[runs->count - 1] : NULL;
    uint64_t gap = last ? first - (last->first + last->count) : 0;
    if (last && gap <= (at ? GAP : 0) && last->count + gap + count <= step) {
        runs->features += gap + count;
        last->count += gap + count;
        last->last_at = at;
        return HG_OK;
    }
    return add_run(runs, (hg_fgb_run){first, count, at, at}, err);
}

static hg_status look_at_nodes(const hg_fgb *f, const double box[4], uint64_t level_at, const hg_fgb_run *run,
                               uint64_t below, uint64_t step, unsigned char *nodes, hg_fgb_runs *next, bool *fits,
                               hg_error *err)
{
    hg_status status = HG_OK;
    for (uint64_t k = 0; k < run->count && *fits && status == HG_OK; k += NODES_AT_ONCE) {
        uint64_t n = run->count - k < NODES_AT_ONCE ? run->count - k : NODES_AT_ONCE;
        *fits = read_at(f, level_at + (run->first + k) * NODE, nodes, (size_t)n * NODE);
        for (uint64_t j = 0; j < n && *fits && status == HG_OK; j++) {
            const unsigned char *node = nodes + j * NODE;
            uint64_t i = run->first + k + j, offset = hg_fgb_u64(node + 32);
            if (!meets(node, box))
                continue;
            uint64_t child = i * f->node_size;
            if (!below)
                *fits = offset < f->size - f->features_at;
            if (!below && *fits)
                status = take_nodes(next, i, 1, f->features_at + offset, step, err);
            else if (below)
                status = take_nodes(next, child, below - child < f->node_size ? below - child : f->node_size, 0,
                                   UINT64_MAX, err);
        }
    }
    return status;
}

/* Level by level from the root, which is the first node of the file; the leaves come last. */
static hg_status descend(const hg_fgb *f, const double box[4], uint64_t step, unsigned char *nodes, hg_fgb_runs *found,
                         bool *fits, hg_error *err)
{
    uint64_t sizes[MAX_LEVELS], at = f->index_at;
    size_t levels = 0;
    hg_fgb_runs now = {0};
    for (uint64_t n = f->features; levels == 0 || sizes[levels - 1] != 1 || levels == 1; n = level_above(f, n))
        sizes[levels++] = n;
    hg_status status = add_run(&now, (hg_fgb_run){.count = 1}, err);
    for (size_t level = levels; level-- > 0 && status == HG_OK && *fits;) {
        hg_fgb_runs next = {0};
        for (size_t r = 0; r < now.count && status == HG_OK && *fits; r++)
            status = look_at_nodes(f, box, at, &now.items[r], level ? sizes[level - 1] : 0, step, nodes, &next, fits, err);
        at += sizes[level] * NODE;
        hg_fgb_runs_dispose(&now);
        now = next;
    }
    *found = now;
    return status;
}

hg_status hg_fgb_select(const hg_fgb *f, const double box[4], uint64_t step, hg_fgb_runs *runs, bool *fits, hg_error *err)
{
    *runs = (hg_fgb_runs){0};
    *fits = f->node_size > 1;
    if (!*fits)
        return HG_OK;
    unsigned char *nodes = hg_malloc(NODES_AT_ONCE, NODE);
    hg_status status = nodes ? descend(f, box, step, nodes, runs, fits, err) : hg_fail_memory(err);
    hg_free(nodes);
    for (size_t i = 1; i < runs->count; i++)
        *fits = *fits && runs->items[i].at > runs->items[i - 1].last_at;
    return status;
}
