/*
 * Each row hash has one of at least eight times as many slots as there are rows, and a slot has two bits:
 * some row came here, and another did. Only rows whose slot has both can be duplicates or their firsts.
 * Bits are set by atomic operations whose order does not matter, so the outcome does not depend on it.
 */
#include "engine/repeated_rows.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/pileup.h"

#include <string.h>

enum {
    CHUNK = 16384,
    AHEAD = 64, /* words asked for before they are needed */
    SLOTS_A_ROW = 8,
    SLOT_BITS_MIN = 10,
    WORD_BITS = 5, /* slots of a word: one bit of each kind in 64 */
};

typedef struct sieve {
    const uint64_t *hash;
    size_t n;
    unsigned shift; /* of a mixed hash to its slot */
    uint64_t *words;
    uint64_t *maybe; /* a bit a row: it may be repeated */
    size_t *kept;    /* by chunk: how many rows may be, then where they begin */
    uint32_t *rows;
} sieve;

/* Fibonacci hashing (Knuth 6.4): the leading bits depend on all. */
static uint64_t slot_of(const sieve *s, size_t i)
{
    uint64_t h = s->hash[i];
    return ((h ^ h >> 32) * 0x9e3779b97f4a7c15u) >> s->shift;
}

static uint64_t *word_of(const sieve *s, uint64_t slot)
{
    return s->words + (slot >> WORD_BITS);
}

static uint64_t seen_bit(uint64_t slot)
{
    return (uint64_t)1 << 2 * (slot & 31);
}

static size_t chunk_end(const sieve *s, size_t chunk)
{
    return (chunk + 1) * CHUNK < s->n ? (chunk + 1) * CHUNK : s->n;
}

/* The slots of up to AHEAD rows of from..to. */
static size_t find_slots(const sieve *s, size_t from, size_t to, uint64_t slots[AHEAD])
{
    size_t n = to - from < AHEAD ? to - from : AHEAD;
    for (size_t k = 0; k < n; k++)
        slots[k] = slot_of(s, from + k);
    return n;
}

static hg_status mark_chunk(void *context, size_t chunk, hg_error *err)
{
    (void)err;
    const sieve *s = context;
    uint64_t slots[AHEAD];
    for (size_t i = chunk * CHUNK, end = chunk_end(s, chunk), n; i < end; i += n) {
        n = find_slots(s, i, end, slots);
        for (size_t k = 0; k < n; k++)
            __builtin_prefetch(word_of(s, slots[k]), 1);
        for (size_t k = 0; k < n; k++) {
            uint64_t *word = word_of(s, slots[k]), bit = seen_bit(slots[k]);
            if (__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit)
                __atomic_fetch_or(word, bit << 1, __ATOMIC_RELAXED);
        }
    }
    return HG_OK;
}

/* Chunks and the words of `maybe` begin at multiples of AHEAD rows. */
static hg_status sift_chunk(void *context, size_t chunk, hg_error *err)
{
    (void)err;
    const sieve *s = context;
    uint64_t slots[AHEAD];
    size_t found = 0;
    for (size_t i = chunk * CHUNK, end = chunk_end(s, chunk), n; i < end; i += n) {
        uint64_t maybe = 0;
        n = find_slots(s, i, end, slots);
        for (size_t k = 0; k < n; k++)
            __builtin_prefetch(word_of(s, slots[k]), 0);
        for (size_t k = 0; k < n; k++)
            maybe |= (*word_of(s, slots[k]) >> 2 * (slots[k] & 31) >> 1 & 1) << k;
        s->maybe[i / AHEAD] = maybe;
        found += (size_t)__builtin_popcountll(maybe);
    }
    s->kept[chunk] = found;
    return HG_OK;
}

static hg_status list_chunk(void *context, size_t chunk, hg_error *err)
{
    (void)err;
    const sieve *s = context;
    size_t at = s->kept[chunk];
    for (size_t i = chunk * CHUNK, end = chunk_end(s, chunk); i < end; i += AHEAD)
        for (uint64_t left = s->maybe[i / AHEAD]; left; left &= left - 1)
            s->rows[at++] = (uint32_t)(i + (size_t)__builtin_ctzll(left));
    return HG_OK;
}

static size_t kept_to_places(sieve *s, size_t chunks)
{
    size_t sum = 0;
    for (size_t c = 0; c < chunks; c++) {
        size_t found = s->kept[c];
        s->kept[c] = sum;
        sum += found;
    }
    return sum;
}

/* The rows that may be repeated, ascending. */
static hg_status sift(sieve *s, size_t *count, hg_error *err)
{
    unsigned bits = SLOT_BITS_MIN;
    while ((size_t)1 << bits < SLOTS_A_ROW * s->n)
        bits++;
    size_t chunks = (s->n + CHUNK - 1) / CHUNK;
    s->shift = 64 - bits;
    s->words = hg_calloc((size_t)1 << (bits - WORD_BITS), sizeof *s->words);
    s->maybe = hg_malloc(s->n / AHEAD + 1, sizeof *s->maybe);
    s->kept = hg_malloc(chunks, sizeof *s->kept);
    hg_status status = s->words && s->maybe && s->kept ? hg_parallel(chunks, 0, mark_chunk, s, err)
                                                       : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_parallel(chunks, 0, sift_chunk, s, err);
    if (status != HG_OK)
        return status;
    *count = kept_to_places(s, chunks);
    s->rows = hg_malloc(*count, sizeof *s->rows);
    return s->rows ? hg_parallel(chunks, 0, list_chunk, s, err) : hg_fail_memory(err);
}

/* The exact search, among the rows that are left. */
static hg_status search(const hg_incidents *in, const sieve *s, hg_incidents *few, uint64_t *count,
                        hg_error *err)
{
    few->x = hg_malloc(few->n, sizeof *few->x);
    few->y = hg_malloc(few->n, sizeof *few->y);
    uint64_t *hash = hg_malloc(few->n, sizeof *hash);
    hg_status status = few->x && few->y && hash ? HG_OK : hg_fail_memory(err);
    for (size_t k = 0; k < few->n && status == HG_OK; k++) {
        few->x[k] = in->x[s->rows[k]];
        few->y[k] = in->y[s->rows[k]];
        hash[k] = s->hash[s->rows[k]];
    }
    if (status == HG_OK)
        status = hg_flag_duplicates(few, hash, count, err);
    hg_free(hash);
    return status;
}

static hg_status set_flags(hg_incidents *in, const sieve *s, const hg_incidents *few, hg_error *err)
{
    if (!in->flags && !(in->flags = hg_calloc(in->n, sizeof *in->flags)))
        return hg_fail_memory(err);
    for (size_t k = 0; k < few->n; k++)
        in->flags[s->rows[k]] |= few->flags[k];
    return HG_OK;
}

hg_status hg_flag_repeated_rows(hg_incidents *incidents, const uint64_t *row_hash, uint64_t *count,
                                hg_error *err)
{
    if (incidents->n >= UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu incidents; at most 4294967294 are possible", incidents->n);
    sieve s = {.hash = row_hash, .n = incidents->n};
    hg_incidents few = {.streams = 1};
    uint64_t found = 0;
    hg_status status = sift(&s, &few.n, err);
    hg_free(s.words);
    if (status == HG_OK && few.n)
        status = search(incidents, &s, &few, &found, err);
    if (status == HG_OK && found)
        status = set_flags(incidents, &s, &few, err);
    if (status == HG_OK)
        *count = found;
    hg_free(s.maybe);
    hg_free(s.kept);
    hg_free(s.rows);
    hg_free(few.x);
    hg_free(few.y);
    hg_free(few.flags);
    return status;
}
