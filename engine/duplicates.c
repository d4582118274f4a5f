/*
 * Duplicate rows. Keys of row hash and coordinates are partitioned by their leading bits, keeping input
 * order; each part has a hash table small enough for the cache, in which the first of equals stands.
 * Parts are taken in turns of so many rows, and keys are worked out anew in each, so that memory does
 * not grow with the incidents: 12 bytes a row of the largest turn, and a table of 8 bytes for each row of
 * one part a thread.
 */
#include "base/memory.h"
#include "base/threads.h"
#include "engine/pileup.h"

#include <string.h>

enum {
    PART_BITS = 10,
    PARTS = 1 << PART_BITS,
    SLICE_ROWS = 32768,
    MAX_SLICES = 64,
    TURN_ROWS = 1 << 25, /* 400 MB */
};

#define VACANT UINT32_MAX

typedef struct finder {
    hg_incidents *in;
    const uint64_t *row_hash;
    uint8_t *flags;
    size_t slices;
    size_t *place;       /* [slice][part]: counts, then where the slice writes next */
    size_t size[PARTS];  /* rows of each part */
    size_t first, end;   /* parts of this turn */
    size_t start[PARTS]; /* of this turn's parts among its rows */
    size_t room;         /* rows of the largest turn */
    uint64_t *key;       /* of the turn's rows, by part, in input order; of another part: a duplicate */
    uint32_t *index;     /* of these rows in the input */
    uint64_t found[PARTS];
} finder;

/* The finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit. */
static uint64_t mix(uint64_t v)
{
    v = (v ^ (v >> 33)) * 0xff51afd7ed558ccdu;
    v = (v ^ (v >> 33)) * 0xc4ceb9fe1a85ec53u;
    return v ^ (v >> 33);
}

static uint64_t bits_of(double v)
{
    uint64_t bits;
    double plain = v + 0.0; /* -0 and 0 are equal */
    memcpy(&bits, &plain, sizeof bits);
    return bits;
}

static size_t part_of(uint64_t key)
{
    return (size_t)(key >> (64 - PART_BITS));
}

static uint64_t key_of(const finder *f, size_t i)
{
    return mix(f->row_hash[i] + mix(bits_of(f->in->x[i])) * 3 + bits_of(f->in->y[i]));
}

static size_t slice_begin(const finder *f, size_t slice)
{
    return (size_t)((unsigned __int128)f->in->n * slice / f->slices);
}

static hg_status count_slice(void *context, size_t slice, hg_error *err)
{
    (void)err;
    finder *f = context;
    size_t *count = f->place + slice * PARTS, end = slice_begin(f, slice + 1);
    for (size_t i = slice_begin(f, slice); i < end; i++)
        count[part_of(key_of(f, i))]++;
    return HG_OK;
}

static hg_status scatter_slice(void *context, size_t slice, hg_error *err)
{
    (void)err;
    finder *f = context;
    size_t *place = f->place + slice * PARTS, end = slice_begin(f, slice + 1);
    for (size_t i = slice_begin(f, slice); i < end; i++) {
        uint64_t key = key_of(f, i);
        size_t part = part_of(key);
        if (part < f->first || part >= f->end)
            continue;
        f->key[place[part]] = key;
        f->index[place[part]++] = (uint32_t)i;
    }
    return HG_OK;
}

static bool equal_rows(const finder *f, size_t a, size_t b)
{
    return f->row_hash[a] == f->row_hash[b] && f->in->x[a] == f->in->x[b] &&
           f->in->y[a] == f->in->y[b];
}

/* Whether an earlier row of the part equals row k of it, after adding k if there is none. */
static bool seen_before(const finder *f, size_t begin, uint32_t k, uint32_t *table, size_t mask)
{
    uint64_t key = f->key[begin + k];
    size_t slot = key & mask;
    for (; table[slot] != VACANT; slot = (slot + 1) & mask) {
        size_t first = begin + table[slot];
        if (f->key[first] == key && equal_rows(f, f->index[first], f->index[begin + k]))
            return true;
    }
    table[slot] = k;
    return false;
}

static hg_status search_part(void *context, size_t nth, hg_error *err)
{
    finder *f = context;
    size_t part = f->first + nth, begin = f->start[part], n = f->size[part], size = 16;
    while (size < 2 * n)
        size *= 2;
    uint32_t *table = hg_malloc(size, sizeof *table);
    if (!table)
        return hg_fail_memory(err);
    memset(table, 0xff, size * sizeof *table);
    for (size_t k = 0; k < n; k++) {
        if (!seen_before(f, begin, (uint32_t)k, table, size - 1))
            continue;
        f->key[begin + k] = ~f->key[begin + k]; /* nobody looks it up, and its part is another */
        f->found[part]++;
    }
    hg_free(table);
    return HG_OK;
}

static hg_status flag_part(void *context, size_t nth, hg_error *err)
{
    (void)err;
    finder *f = context;
    size_t part = f->first + nth, end = f->start[part] + f->size[part];
    for (size_t k = f->start[part]; k < end; k++)
        if (part_of(f->key[k]) != part)
            f->flags[f->index[k]] |= HG_FLAG_DUPLICATE;
    return HG_OK;
}

/* The parts from `first` on that fit into a turn, at least one; returns how many rows they have. */
static size_t set_turn(finder *f, size_t first, size_t turn_rows)
{
    size_t rows = 0;
    f->first = f->end = first;
    while (f->end < PARTS && (f->end == first || rows + f->size[f->end] <= turn_rows)) {
        f->start[f->end] = rows;
        rows += f->size[f->end++];
    }
    return rows;
}

/* Counts to places, within each part slice by slice. */
static void assign_places(finder *f)
{
    for (size_t part = f->first; part < f->end; part++)
        for (size_t s = 0, at = f->start[part]; s < f->slices; s++) {
            size_t n = f->place[s * PARTS + part];
            f->place[s * PARTS + part] = at;
            at += n;
        }
}

static hg_status take_turn(finder *f, hg_error *err)
{
    assign_places(f);
    hg_status s = hg_parallel(f->slices, 0, scatter_slice, f, err);
    if (s == HG_OK)
        s = hg_parallel(f->end - f->first, 0, search_part, f, err);
    return s == HG_OK ? hg_parallel(f->end - f->first, 0, flag_part, f, err) : s;
}

static hg_status prepare(finder *f, size_t turn_rows, hg_error *err)
{
    size_t n = f->in->n;
    f->slices = n / SLICE_ROWS + 1 < MAX_SLICES ? n / SLICE_ROWS + 1 : MAX_SLICES;
    f->place = hg_calloc(f->slices * PARTS, sizeof *f->place);
    f->flags = f->in->flags ? f->in->flags : hg_calloc(n, sizeof *f->flags);
    hg_status s = f->place && f->flags ? hg_parallel(f->slices, 0, count_slice, f, err) : hg_fail_memory(err);
    if (s != HG_OK)
        return s;
    for (size_t part = 0; part < PARTS; part++)
        for (size_t slice = 0; slice < f->slices; slice++)
            f->size[part] += f->place[slice * PARTS + part];
    for (size_t part = 0; part < PARTS; part = f->end) {
        size_t rows = set_turn(f, part, turn_rows);
        f->room = rows > f->room ? rows : f->room;
    }
    f->key = hg_malloc(f->room, sizeof *f->key);
    f->index = hg_malloc(f->room, sizeof *f->index);
    return f->key && f->index ? HG_OK : hg_fail_memory(err);
}

static hg_status search(finder *f, size_t turn_rows, hg_error *err)
{
    hg_status s = prepare(f, turn_rows, err);
    for (size_t part = 0; s == HG_OK && part < PARTS; part = f->end) {
        set_turn(f, part, turn_rows);
        s = take_turn(f, err);
    }
    return s;
}

/* Flags of earlier turns do not stay where a later one failed. */
static void clear_flags(finder *f)
{
    for (size_t i = 0; f->flags && i < f->in->n; i++)
        f->flags[i] &= (uint8_t)~HG_FLAG_DUPLICATE;
    if (f->flags != f->in->flags)
        hg_free(f->flags);
}

hg_status hg_flag_duplicates_by_turns(hg_incidents *incidents, const uint64_t *row_hash, size_t turn_rows,
                                      uint64_t *count, hg_error *err)
{
    if (incidents->n >= VACANT)
        return hg_fail(err, HG_EFAIL, "%zu incidents; at most 4294967294 are possible",
                       incidents->n);
    finder f = {.in = incidents, .row_hash = row_hash};
    hg_status s = search(&f, turn_rows, err);
    if (s == HG_OK) {
        uint64_t found = 0;
        for (size_t part = 0; part < PARTS; part++)
            found += f.found[part];
        incidents->flags = f.flags;
        *count = found;
    } else {
        clear_flags(&f);
    }
    hg_free(f.place);
    hg_free(f.key);
    hg_free(f.index);
    return s;
}

hg_status hg_flag_duplicates(hg_incidents *incidents, const uint64_t *row_hash, uint64_t *count,
                             hg_error *err)
{
    return hg_flag_duplicates_by_turns(incidents, row_hash, TURN_ROWS, count, err);
}
