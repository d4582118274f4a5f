/*
 * Prints of 31 bits are partitioned by the leading bits of their hash; each part looks for prints that
 * come up again in a table small enough for the cache, and sets their bit in a filter. Only rows whose
 * bit is set can be duplicates or their firsts: of those that share nothing one in thousands.
 */
#include "engine/repeated_rows.h"
#include "base/memory.h"
#include "base/radix.h"
#include "base/threads.h"
#include "engine/pileup.h"

#include <string.h>

enum {
    CHUNK = 16384,
    WORD = 64, /* rows, or bits of the filter */
    PART_BITS = 10,
    PARTS = 1 << PART_BITS,
    FILTER_BITS = 21,
    PART_WORDS = (1 << (FILTER_BITS - PART_BITS)) / WORD,
    SLICE_ROWS = 32768,
    MAX_SLICES = 64,
};

typedef struct sieve {
    const uint64_t *hash;
    size_t n, slices;
    size_t *place; /* [slice][part]: counts, then where the slice writes next */
    size_t start[PARTS + 1];
    uint32_t *prints; /* by part */
    uint64_t *filter;
    uint64_t *maybe; /* a bit a row: it may be repeated */
    size_t *kept;    /* by chunk: how many rows may be, then where they begin */
    uint32_t *rows;
} sieve;

/* The finaliser of MurmurHash3 (Appleby): every input bit reaches every output bit. */
static uint64_t key_of(const sieve *s, size_t i)
{
    uint64_t v = s->hash[i];
    v = (v ^ (v >> 33)) * 0xff51afd7ed558ccdu;
    v = (v ^ (v >> 33)) * 0xc4ceb9fe1a85ec53u;
    return v ^ (v >> 33);
}

static size_t part_of(uint64_t key)
{
    return (size_t)(key >> (64 - PART_BITS));
}

/* Of the bits that follow the part's; never 0, which is a vacant place. */
static uint32_t print_of(uint64_t key)
{
    return (uint32_t)(key >> (32 - PART_BITS)) | 1;
}

static uint32_t filter_bit(uint32_t print)
{
    return print >> (32 - (FILTER_BITS - PART_BITS));
}

static size_t slice_begin(const sieve *s, size_t slice)
{
    return (size_t)((unsigned __int128)s->n * slice / s->slices);
}

static hg_status count_slice(void *context, size_t slice, hg_error *err)
{
    (void)err;
    const sieve *s = context;
    size_t *count = s->place + slice * PARTS, end = slice_begin(s, slice + 1);
    for (size_t i = slice_begin(s, slice); i < end; i++)
        count[part_of(key_of(s, i))]++;
    return HG_OK;
}

static hg_status scatter_slice(void *context, size_t slice, hg_error *err)
{
    (void)err;
    const sieve *s = context;
    size_t *place = s->place + slice * PARTS, end = slice_begin(s, slice + 1);
    for (size_t i = slice_begin(s, slice); i < end; i++) {
        uint64_t key = key_of(s, i);
        s->prints[place[part_of(key)]++] = print_of(key);
    }
    return HG_OK;
}

/* Whether the print is in the table, after adding it. */
static bool seen_before(uint32_t print, uint32_t *table, size_t mask)
{
    size_t slot = (print >> 1) & mask;
    while (table[slot] && table[slot] != print)
        slot = (slot + 1) & mask;
    bool seen = table[slot] != 0;
    table[slot] = print;
    return seen;
}

/* The words of the filter are the part's own. */
static hg_status filter_part(void *context, size_t part, hg_error *err)
{
    const sieve *s = context;
    size_t n = s->start[part + 1] - s->start[part], size = 16;
    uint64_t *filter = s->filter + part * PART_WORDS;
    while (size < 2 * n)
        size *= 2;
    uint32_t *table = hg_calloc(size, sizeof *table);
    if (!table)
        return hg_fail_memory(err);
    for (size_t k = s->start[part]; k < s->start[part + 1]; k++) {
        uint32_t print = s->prints[k], bit = filter_bit(print);
        if (seen_before(print, table, size - 1))
            filter[bit / WORD] |= (uint64_t)1 << bit % WORD;
    }
    hg_free(table);
    return HG_OK;
}

static size_t chunk_end(const sieve *s, size_t chunk)
{
    return (chunk + 1) * CHUNK < s->n ? (chunk + 1) * CHUNK : s->n;
}

static uint64_t may_be_repeated(const sieve *s, size_t i)
{
    uint64_t key = key_of(s, i);
    uint32_t bit = filter_bit(print_of(key));
    return s->filter[part_of(key) * PART_WORDS + bit / WORD] >> bit % WORD & 1;
}

/* Chunks and the words of `maybe` begin at the same rows. */
static hg_status sift_chunk(void *context, size_t chunk, hg_error *err)
{
    (void)err;
    const sieve *s = context;
    size_t found = 0;
    for (size_t i = chunk * CHUNK, end = chunk_end(s, chunk); i < end; i += WORD) {
        size_t n = end - i < WORD ? end - i : WORD;
        uint64_t maybe = 0;
        for (size_t k = 0; k < n; k++)
            maybe |= may_be_repeated(s, i + k) << k;
        s->maybe[i / WORD] = maybe;
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
    for (size_t i = chunk * CHUNK, end = chunk_end(s, chunk); i < end; i += WORD)
        for (uint64_t left = s->maybe[i / WORD]; left; left &= left - 1)
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

static hg_status make_filter(sieve *s, hg_error *err)
{
    s->slices = s->n / SLICE_ROWS + 1 < MAX_SLICES ? s->n / SLICE_ROWS + 1 : MAX_SLICES;
    s->place = hg_calloc(s->slices * PARTS, sizeof *s->place);
    s->prints = hg_malloc(s->n, sizeof *s->prints);
    s->filter = hg_calloc((size_t)PARTS * PART_WORDS, sizeof *s->filter);
    hg_status status = s->place && s->prints && s->filter ? hg_parallel(s->slices, 0, count_slice, s, err)
                                                          : hg_fail_memory(err);
    if (status != HG_OK)
        return status;
    hg_radix_places(s->place, s->slices, PARTS, s->start);
    status = hg_parallel(s->slices, 0, scatter_slice, s, err);
    return status == HG_OK ? hg_parallel(PARTS, 0, filter_part, s, err) : status;
}

/* The rows that may be repeated, ascending. */
static hg_status sift(sieve *s, size_t *count, hg_error *err)
{
    size_t chunks = (s->n + CHUNK - 1) / CHUNK;
    s->maybe = hg_malloc(s->n / WORD + 1, sizeof *s->maybe);
    s->kept = hg_malloc(chunks, sizeof *s->kept);
    hg_status status = s->maybe && s->kept ? hg_parallel(chunks, 0, sift_chunk, s, err) : hg_fail_memory(err);
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

/* Of many a copy would be more memory than the search of all, which is bounded, and no less work. */
static bool are_many(const hg_incidents *in, const hg_incidents *few)
{
    return few->n > in->n / 4;
}

static hg_status search_all(hg_incidents *in, sieve *s, uint64_t *found, hg_error *err)
{
    bool had_flags = in->flags != NULL;
    hg_free(s->rows);
    s->rows = NULL;
    hg_status status = hg_flag_duplicates(in, s->hash, found, err);
    if (status == HG_OK && !had_flags && *found == 0) {
        hg_free(in->flags);
        in->flags = NULL;
    }
    return status;
}

static hg_status search_few(hg_incidents *in, const sieve *s, hg_incidents *few, uint64_t *found, hg_error *err)
{
    hg_status status = few->n ? search(in, s, few, found, err) : HG_OK;
    return status == HG_OK && *found ? set_flags(in, s, few, err) : status;
}

hg_status hg_flag_repeated_rows(hg_incidents *incidents, const uint64_t *row_hash, uint64_t *count,
                                hg_error *err)
{
    if (incidents->n >= UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu incidents; at most 4294967294 are possible", incidents->n);
    sieve s = {.hash = row_hash, .n = incidents->n};
    hg_incidents few = {.streams = 1};
    uint64_t found = 0;
    hg_status status = make_filter(&s, err);
    hg_free(s.prints);
    hg_free(s.place);
    if (status == HG_OK)
        status = sift(&s, &few.n, err);
    if (status == HG_OK)
        status = are_many(incidents, &few) ? search_all(incidents, &s, &found, err)
                                           : search_few(incidents, &s, &few, &found, err);
    if (status == HG_OK)
        *count = found;
    hg_free(s.filter);
    hg_free(s.maybe);
    hg_free(s.kept);
    hg_free(s.rows);
    hg_free(few.x);
    hg_free(few.y);
    hg_free(few.flags);
    return status;
}
