/* Reading shared by ranks: each reads a part, rank 0 puts the parts together in the order of the
 * file. */
#include "base/memory.h"
#include "job/ranks_intake.h"
#include "job/raw.h"

#include <stddef.h>
#include <string.h>

enum { PLAIN_COLUMNS = 10, LISTS = 3 };

/* A column of hg_source_rows; those of text hold ids that mean something to one rank only. */
typedef struct column_of {
    size_t member, size;
    bool text;
} column_of;

static const column_of plain[PLAIN_COLUMNS] = {
    {offsetof(hg_source_rows, x), sizeof(double), false},
    {offsetof(hg_source_rows, y), sizeof(double), false},
    {offsetof(hg_source_rows, state), sizeof(uint8_t), false},
    {offsetof(hg_source_rows, w), sizeof(double), false},
    {offsetof(hg_source_rows, t_start), sizeof(int64_t), false},
    {offsetof(hg_source_rows, t_end), sizeof(int64_t), false},
    {offsetof(hg_source_rows, category), sizeof(uint32_t), true},
    {offsetof(hg_source_rows, stream), sizeof(uint32_t), true},
    {offsetof(hg_source_rows, id), sizeof(uint32_t), true},
    {offsetof(hg_source_rows, hash), sizeof(uint64_t), false},
};
static const size_t lists[LISTS] = {offsetof(hg_source_rows, bad_points),
                                    offsetof(hg_source_rows, bad_times),
                                    offsetof(hg_source_rows, bad_weights)};

/* What is said of a part before its columns come. */
typedef struct part_head {
    size_t n, text_bytes;
    bool has[PLAIN_COLUMNS];
    size_t listed[LISTS];
    size_t empty_times, naive_times, offset_times;
    int32_t first_offset_s;
    bool offsets_differ;
} part_head;

static void **column_at(hg_source_rows *rows, size_t member)
{
    return (void **)(void *)((char *)rows + member);
}

static hg_bad_values *list_at(hg_source_rows *rows, size_t k)
{
    return (hg_bad_values *)(void *)((char *)rows + lists[k]);
}

static size_t kept_size(const hg_column *c)
{
    return c->type == HG_TEXT ? sizeof(uint32_t) : sizeof(int64_t);
}

/* ------------------------------------------------- the other ranks' side -------------------- */

/* All texts of a pool in order of their ids, each with its end. */
static hg_status pack_texts(const hg_pool *pool, char **out, size_t *bytes, hg_error *err)
{
    size_t n = 0;
    uint32_t count = hg_pool_count(pool);
    for (uint32_t id = 0; id < count; id++)
        n += strlen(hg_pool_text(pool, id)) + 1;
    char *texts = hg_malloc(n, 1), *at = texts;
    if (!texts)
        return hg_fail_memory(err);
    for (uint32_t id = 0; id < count; id++) {
        size_t len = strlen(hg_pool_text(pool, id)) + 1;
        memcpy(at, hg_pool_text(pool, id), len);
        at += len;
    }
    *out = texts;
    *bytes = n;
    return HG_OK;
}

static part_head describe(hg_source_rows *rows, size_t text_bytes)
{
    part_head h = {.n = rows->n,
                   .text_bytes = text_bytes,
                   .empty_times = rows->empty_times,
                   .naive_times = rows->naive_times,
                   .offset_times = rows->offset_times,
                   .first_offset_s = rows->first_offset_s,
                   .offsets_differ = rows->offsets_differ};
    for (size_t k = 0; k < PLAIN_COLUMNS; k++)
        h.has[k] = *column_at(rows, plain[k].member) != NULL;
    for (size_t k = 0; k < LISTS; k++)
        h.listed[k] = list_at(rows, k)->count;
    return h;
}

static hg_status send_part(hg_ranks *ranks, hg_source_rows *rows, const part_head *head,
                           const char *texts, hg_error *err)
{
    hg_status status = hg_ranks_send(ranks, 0, texts, head->text_bytes, err);
    for (size_t k = 0; k < PLAIN_COLUMNS && status == HG_OK; k++)
        if (head->has[k])
            status = hg_ranks_send(ranks, 0, *column_at(rows, plain[k].member),
                                   rows->n * plain[k].size, err);
    for (size_t k = 0; k < rows->kept_count && status == HG_OK; k++)
        status =
            hg_ranks_send(ranks, 0, rows->kept[k].i64, rows->n * kept_size(&rows->kept[k]), err);
    for (size_t k = 0; k < LISTS && status == HG_OK; k++)
        status = hg_ranks_send(ranks, 0, list_at(rows, k)->items,
                               head->listed[k] * sizeof(hg_bad_value), err);
    return status;
}

hg_status hg_ranks_read_own(hg_job *job, hg_source *source, hg_source_rows *rows, hg_error *err)
{
    const hg_ranks *ranks = job->control.ranks;
    double began = hg_now();
    hg_status status =
        hg_source_read_part(source, (size_t)ranks->rank, (size_t)ranks->size, rows, err);
    job->effort.read_s += hg_now() - began;
    return status;
}

hg_status hg_ranks_match_columns(hg_ranks *ranks, hg_source_rows *rows, hg_error *err)
{
    int64_t has[PLAIN_COLUMNS];
    for (size_t k = 0; k < PLAIN_COLUMNS; k++)
        has[k] = *column_at(rows, plain[k].member) != NULL;
    hg_status status = hg_ranks_reduce_int(ranks, HG_MAX, has, PLAIN_COLUMNS, err), made = HG_OK;
    for (size_t k = 0; k < PLAIN_COLUMNS && rows->n == 0; k++) {
        void **column = column_at(rows, plain[k].member);
        if (has[k] && !*column && !(*column = hg_malloc(0, plain[k].size)))
            made = hg_fail_memory(err);
    }
    return status == HG_OK ? hg_ranks_agree(ranks, made, err) : status;
}

hg_status hg_ranks_serve_reading(hg_job *job, size_t i, hg_error *err)
{
    hg_ranks *ranks = job->control.ranks;
    hg_pool *pool = NULL;
    hg_zone *zone = NULL;
    hg_source *source = NULL;
    hg_source_rows rows = {0};
    char *texts = NULL;
    part_head head = {0};
    hg_status status = hg_pool_new(&pool, err);
    if (status == HG_OK)
        status = hg_raw_open_source(job, i, pool, &zone, &source, err);
    if (status == HG_OK)
        status = hg_ranks_read_own(job, source, &rows, err);
    if (status == HG_OK)
        status = pack_texts(pool, &texts, &head.text_bytes, err);
    status = hg_ranks_agree(ranks, status, err);
    double began = hg_now();
    if (status == HG_OK) {
        head = describe(&rows, head.text_bytes);
        status = hg_ranks_send(ranks, 0, &head, sizeof head, err);
    }
    if (status == HG_OK) /* rank 0 has room for all parts */
        status = hg_ranks_agree(ranks, HG_OK, err);
    if (status == HG_OK)
        status = send_part(ranks, &rows, &head, texts, err);
    if (status == HG_OK)
        status = hg_ranks_agree(ranks, HG_OK, err);
    job->effort.gather_s += hg_now() - began;
    hg_free(texts);
    hg_source_rows_dispose(&rows);
    hg_source_free(source);
    hg_zone_free(zone);
    hg_pool_free(pool);
    return status;
}

/* ------------------------------------------------- rank 0's side ---------------------------- */

static bool grow(void **column, size_t n, size_t size)
{
    void *moved = hg_realloc(*column, n, size);
    *column = moved ? moved : *column;
    return moved != NULL;
}

static hg_status make_room(hg_source_rows *rows, const part_head *heads, int parts, size_t total,
                           hg_error *err)
{
    bool ok = true;
    for (size_t k = 0; k < PLAIN_COLUMNS && ok; k++) {
        bool any = false;
        for (int p = 0; p < parts; p++)
            any |= heads[p].has[k];
        ok = !any || grow(column_at(rows, plain[k].member), total, plain[k].size);
    }
    for (size_t k = 0; k < rows->kept_count && ok; k++)
        ok = grow((void **)&rows->kept[k].i64, total, kept_size(&rows->kept[k]));
    for (size_t k = 0; k < LISTS && ok; k++) {
        size_t n = 0;
        for (int p = 0; p < parts; p++)
            n += heads[p].listed[k];
        hg_bad_values *list = list_at(rows, k);
        ok = grow((void **)&list->items, n, sizeof *list->items);
        list->capacity = ok ? n : list->capacity;
    }
    return ok ? HG_OK : hg_fail_memory(err);
}

/* The sender's ids, in order, as ids of this pool. */
static hg_status take_texts(hg_ranks *ranks, int from, size_t bytes, hg_pool *pool, uint32_t **map,
                            hg_error *err)
{
    char *texts = hg_malloc(bytes, 1);
    size_t count = 0, at = 0;
    hg_status status = texts ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_ranks_receive(ranks, from, texts, bytes, err);
    for (size_t k = 0; status == HG_OK && k < bytes; k++)
        count += !texts[k];
    *map = status == HG_OK ? hg_malloc(count, sizeof **map) : NULL;
    if (status == HG_OK && !*map)
        status = hg_fail_memory(err);
    for (size_t k = 0; k < count && status == HG_OK; k++) {
        size_t len = strlen(texts + at);
        status = hg_pool_intern(pool, texts + at, len, &(*map)[k], err);
        at += len + 1;
    }
    hg_free(texts);
    return status;
}

static void rename_texts(uint32_t *ids, size_t n, const uint32_t *map)
{
    for (size_t i = 0; i < n; i++)
        ids[i] = ids[i] == HG_NO_TEXT ? HG_NO_TEXT : map[ids[i]];
}

static hg_status take_columns(hg_ranks *ranks, int from, const part_head *h, const uint32_t *map,
                              hg_source_rows *rows, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < PLAIN_COLUMNS && status == HG_OK; k++) {
        if (!h->has[k])
            continue;
        char *to = (char *)*column_at(rows, plain[k].member) + rows->n * plain[k].size;
        status = hg_ranks_receive(ranks, from, to, h->n * plain[k].size, err);
        if (status == HG_OK && plain[k].text)
            rename_texts((uint32_t *)(void *)to, h->n, map);
    }
    for (size_t k = 0; k < rows->kept_count && status == HG_OK; k++) {
        hg_column *c = &rows->kept[k];
        char *to = (char *)c->i64 + rows->n * kept_size(c);
        status = hg_ranks_receive(ranks, from, to, h->n * kept_size(c), err);
        if (status == HG_OK && c->type == HG_TEXT)
            rename_texts((uint32_t *)(void *)to, h->n, map);
    }
    for (size_t k = 0; k < LISTS && status == HG_OK; k++) {
        hg_bad_values *list = list_at(rows, k);
        hg_bad_value *to = list->items + list->count;
        status = hg_ranks_receive(ranks, from, to, h->listed[k] * sizeof *to, err);
        for (size_t i = 0; i < h->listed[k] && status == HG_OK; i++) {
            to[i].row += rows->n;
            rename_texts(&to[i].text, 1, map);
        }
        list->count += h->listed[k];
    }
    return status;
}

/* How times were written is a matter of the whole file. */
static void add_times(hg_source_rows *rows, const part_head *h)
{
    bool both = rows->offset_times && h->offset_times;
    rows->offsets_differ |=
        h->offsets_differ || (both && rows->first_offset_s != h->first_offset_s);
    if (!rows->offset_times)
        rows->first_offset_s = h->first_offset_s;
    rows->empty_times += h->empty_times;
    rows->naive_times += h->naive_times;
    rows->offset_times += h->offset_times;
}

static hg_status take_part(hg_ranks *ranks, int from, const part_head *h, hg_pool *pool,
                           hg_source_rows *rows, hg_error *err)
{
    uint32_t *map = NULL;
    hg_status status = take_texts(ranks, from, h->text_bytes, pool, &map, err);
    if (status == HG_OK)
        status = take_columns(ranks, from, h, map, rows, err);
    add_times(rows, h);
    rows->n += h->n;
    hg_free(map);
    return status;
}

static hg_status gather(hg_ranks *ranks, hg_pool *pool, hg_source_rows *rows, hg_error *err)
{
    size_t total = rows->n;
    part_head *heads = hg_calloc((size_t)ranks->size, sizeof *heads);
    if (!heads) {
        ranks->broken = true; /* the others are about to send */
        return hg_fail_memory(err);
    }
    heads[0] = describe(rows, 0);
    hg_status status = HG_OK;
    for (int k = 1; k < ranks->size && status == HG_OK; k++) {
        status = hg_ranks_receive(ranks, k, &heads[k], sizeof heads[k], err);
        total += heads[k].n;
    }
    if (status == HG_OK)
        status = make_room(rows, heads, ranks->size, total, err);
    status = hg_ranks_agree(ranks, status, err);
    bool coming = status == HG_OK;
    for (int k = 1; k < ranks->size && status == HG_OK; k++)
        status = take_part(ranks, k, &heads[k], pool, rows, err);
    ranks->broken |= coming && status != HG_OK; /* with parts under way that nobody takes */
    hg_free(heads);
    if (status == HG_OK)
        status = hg_ranks_agree(ranks, HG_OK, err);
    return status;
}

hg_status hg_ranks_read(hg_job *job, size_t i, hg_source *source, hg_pool *pool,
                        hg_source_rows *rows, hg_error *err)
{
    hg_ranks *ranks = job->control.ranks;
    if (!ranks)
        return hg_source_read(source, rows, err);
    if (job->spread)
        return hg_ranks_read_spread(job, source, rows, err);
    const hg_order order = {.kind = HG_ORDER_READ_INPUT, .input = i};
    hg_source_rows read = {0};
    hg_ranks_work_alone(job, false);
    hg_status status = hg_ranks_give_order(ranks, &order, err);
    if (status == HG_OK) {
        status = hg_ranks_read_own(job, source, &read, err);
        status = hg_ranks_agree(ranks, status, err);
    }
    double began = hg_now();
    if (status == HG_OK)
        status = gather(ranks, pool, &read, err);
    job->effort.gather_s += hg_now() - began;
    hg_ranks_work_alone(job, true);
    if (status == HG_OK)
        status = hg_source_settle(source, &read, err);
    if (status != HG_OK) {
        hg_source_rows_dispose(&read);
        return status;
    }
    *rows = read;
    return HG_OK;
}
