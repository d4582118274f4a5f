/*
 * Duplicate rows. Hashes of row and coordinates are partitioned by their leading bits, keeping
 * input order; each part has a hash table small enough for the cache, in which the first of equals
 * stands. Memory: 20 bytes an incident, and a table of 8 bytes for each incident of one part a
 * thread.
 */
#include "base/memory.h"
#include "base/threads.h"
#include "engine/pileup.h"
#include "base/radix.h"

#include <string.h>

enum { CHUNK = 16384, PART_BITS = 10, PARTS = 1 << PART_BITS };

#define VACANT UINT32_MAX

typedef struct finder {
    hg_incidents *in;
    const uint64_t *row_hash;
    uint64_t *key; /* in input order; once parted, whether the row there is a duplicate */
    uint64_t *parted;
    uint32_t *index; /* of the parted rows */
    uint8_t *flags;
    size_t start[PARTS + 1];
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

static hg_status hash_chunk(void *context, size_t chunk, hg_error *err)
{
    (void)err;
    finder *f = context;
    size_t end = (chunk + 1) * CHUNK < f->in->n ? (chunk + 1) * CHUNK : f->in->n;
    for (size_t i = chunk * CHUNK; i < end; i++)
        f->key[i] = mix(f->row_hash[i] + mix(bits_of(f->in->x[i])) * 3 + bits_of(f->in->y[i]));
    return HG_OK;
}

static bool equal_rows(const finder *f, size_t a, size_t b)
{
    return f->row_hash[a] == f->row_hash[b] && f->in->x[a] == f->in->x[b] &&
           f->in->y[a] == f->in->y[b];
}

/* Position within the part of an earlier row equal to row k of it, after adding k if there is none.
 */
static bool seen_before(const finder *f, size_t begin, uint32_t k, uint32_t *table, size_t mask)
{
    uint64_t key = f->parted[begin + k];
    size_t slot = key & mask;
    for (; table[slot] != VACANT; slot = (slot + 1) & mask) {
        size_t first = begin + table[slot];
        if (f->parted[first] == key && equal_rows(f, f->index[first], f->index[begin + k]))
            return true;
    }
    table[slot] = k;
    return false;
}

static hg_status search_part(void *context, size_t part, hg_error *err)
{
    finder *f = context;
    size_t begin = f->start[part], n = f->start[part + 1] - begin, size = 16;
    while (size < 2 * n)
        size *= 2;
    uint32_t *table = hg_malloc(size, sizeof *table);
    if (!table)
        return hg_fail_memory(err);
    memset(table, 0xff, size * sizeof *table);
    for (size_t k = 0; k < n; k++) {
        f->key[begin + k] = seen_before(f, begin, (uint32_t)k, table, size - 1);
        f->found[part] += f->key[begin + k];
    }
    hg_free(table);
    return HG_OK;
}

static hg_status flag_part(void *context, size_t part, hg_error *err)
{
    (void)err;
    finder *f = context;
    for (size_t k = f->start[part]; k < f->start[part + 1]; k++)
        if (f->key[k])
            f->flags[f->index[k]] |= HG_FLAG_DUPLICATE;
    return HG_OK;
}

static hg_status allocate(finder *f, hg_error *err)
{
    size_t n = f->in->n;
    f->key = hg_malloc(n, sizeof *f->key);
    f->parted = hg_malloc(n, sizeof *f->parted);
    f->index = hg_malloc(n, sizeof *f->index);
    f->flags = f->in->flags ? f->in->flags : hg_calloc(n, sizeof *f->flags);
    return f->key && f->parted && f->index && f->flags ? HG_OK : hg_fail_memory(err);
}

static hg_status search(finder *f, hg_error *err)
{
    hg_status s = hg_parallel((f->in->n + CHUNK - 1) / CHUNK, 0, hash_chunk, f, err);
    hg_radix_pass pass = {.key = f->key,
                          .key_out = f->parted,
                          .with_out = f->index,
                          .n = f->in->n,
                          .shift = 64 - PART_BITS,
                          .bits = PART_BITS};
    if (s == HG_OK)
        s = hg_radix_partition(&pass, 0, f->start, err);
    if (s == HG_OK)
        s = hg_parallel(PARTS, 0, search_part, f, err);
    /* Flags are set only once nothing can fail any more. */
    return s == HG_OK ? hg_parallel(PARTS, 0, flag_part, f, err) : s;
}

hg_status hg_flag_duplicates(hg_incidents *incidents, const uint64_t *row_hash, uint64_t *count,
                             hg_error *err)
{
    if (incidents->n >= VACANT)
        return hg_fail(err, HG_EFAIL, "%zu incidents; at most 4294967294 are possible",
                       incidents->n);
    finder f = {.in = incidents, .row_hash = row_hash};
    hg_status s = allocate(&f, err);
    if (s == HG_OK)
        s = search(&f, err);
    if (s == HG_OK) {
        uint64_t found = 0;
        for (size_t part = 0; part < PARTS; part++)
            found += f.found[part];
        incidents->flags = f.flags;
        *count = found;
    } else if (f.flags != incidents->flags) {
        hg_free(f.flags);
    }
    hg_free(f.key);
    hg_free(f.parted);
    hg_free(f.index);
    return s;
}
