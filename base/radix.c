/*
 * Least-significant-digit radix sort. Each thread counts and scatters stretches of its own; the
 * stretch's place within a digit follows from the prefix sums over (digit, stretch), which makes
 * every pass stable. Knuth, The Art of Computer Programming 3, 5.2.5.
 */
#include "base/radix.h"
#include "base/memory.h"
#include "base/threads.h"

#include <string.h>

enum { DIGIT_BITS = 8, STRETCH_MIN = 32768, STRETCHES_MAX = 64, FEW = 64 };

typedef struct partition {
    const hg_radix_pass *pass;
    size_t stretches, buckets;
    size_t *place; /* stretches x buckets: counts, then places */
} partition;

static size_t stretch_begin(const partition *p, size_t i)
{
    return (size_t)((unsigned __int128)p->pass->n * i / p->stretches);
}

static hg_status count_stretch(void *context, size_t i, hg_error *err)
{
    (void)err;
    const partition *p = context;
    const uint64_t *key = p->pass->key;
    size_t *count = p->place + i * p->buckets, end = stretch_begin(p, i + 1);
    for (size_t k = stretch_begin(p, i); k < end; k++)
        count[(key[k] >> p->pass->shift) & (p->buckets - 1)]++;
    return HG_OK;
}

static hg_status scatter_stretch(void *context, size_t i, hg_error *err)
{
    (void)err;
    const partition *p = context;
    const hg_radix_pass *pass = p->pass;
    size_t *place = p->place + i * p->buckets, end = stretch_begin(p, i + 1);
    for (size_t k = stretch_begin(p, i); k < end; k++) {
        size_t to = place[(pass->key[k] >> pass->shift) & (p->buckets - 1)]++;
        pass->key_out[to] = pass->key[k];
        if (pass->with_out)
            pass->with_out[to] = pass->with ? pass->with[k] : (uint32_t)k;
    }
    return HG_OK;
}

void hg_radix_places(size_t *place, size_t stretches, size_t digits, size_t *start)
{
    size_t sum = 0;
    for (size_t d = 0; d < digits; d++) {
        start[d] = sum;
        for (size_t i = 0; i < stretches; i++) {
            size_t count = place[i * digits + d];
            place[i * digits + d] = sum;
            sum += count;
        }
    }
    start[digits] = sum;
}

static size_t stretches_for(size_t n, int threads)
{
    size_t most = 2 * (size_t)hg_thread_count(threads), fit = n / STRETCH_MIN + 1;
    most = most > STRETCHES_MAX ? STRETCHES_MAX : most;
    return hg_thread_count(threads) == 1 ? 1 : fit < most ? fit : most;
}

/* Counts digits; *only is true when a single digit holds all keys and nothing need move. */
static hg_status prepare(partition *p, const hg_radix_pass *pass, int threads, size_t *start,
                         bool *only, hg_error *err)
{
    p->pass = pass;
    p->buckets = (size_t)1 << pass->bits;
    p->stretches = stretches_for(pass->n, threads);
    p->place = hg_calloc(p->stretches * p->buckets, sizeof *p->place);
    if (!p->place)
        return hg_fail_memory(err);
    hg_status s = hg_parallel(p->stretches, threads, count_stretch, p, err);
    if (s != HG_OK)
        return s;
    hg_radix_places(p->place, p->stretches, p->buckets, start);
    *only = false;
    for (size_t d = 0; d < p->buckets; d++)
        *only = *only || start[d + 1] - start[d] == pass->n;
    return HG_OK;
}

hg_status hg_radix_partition(const hg_radix_pass *pass, int threads, size_t *start, hg_error *err)
{
    partition p = {0};
    bool only;
    hg_status s = prepare(&p, pass, threads, start, &only, err);
    if (s == HG_OK)
        s = hg_parallel(p.stretches, threads, scatter_stretch, &p, err);
    hg_free(p.place);
    return s;
}

/* One pass of the sort; *moved tells whether the result lies in the pass's outputs. */
static hg_status sort_pass(const hg_radix_pass *pass, int threads, bool *moved, hg_error *err)
{
    partition p = {0};
    size_t start[((size_t)1 << DIGIT_BITS) + 1];
    bool only = false;
    hg_status s = prepare(&p, pass, threads, start, &only, err);
    if (s == HG_OK && !only)
        s = hg_parallel(p.stretches, threads, scatter_stretch, &p, err);
    *moved = s == HG_OK && !only;
    hg_free(p.place);
    return s;
}

/* Bits in which the keys differ. */
static uint64_t differing_bits(const uint64_t *key, size_t n)
{
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= key[i] ^ key[0];
    return differ;
}

typedef struct buffers {
    uint64_t *key, *other_key;
    uint32_t *with, *other_with;
} buffers;

static hg_status sort_digits(buffers *b, size_t n, int threads, hg_error *err)
{
    uint64_t differ = differing_bits(b->key, n);
    hg_status s = HG_OK;
    for (unsigned shift = 0; s == HG_OK && shift < 64 && differ >> shift; shift += DIGIT_BITS) {
        if (!(differ >> shift & ((1u << DIGIT_BITS) - 1)))
            continue;
        hg_radix_pass pass = {.key = b->key,
                              .with = b->with,
                              .key_out = b->other_key,
                              .with_out = b->other_with,
                              .n = n,
                              .shift = shift,
                              .bits = DIGIT_BITS};
        bool moved;
        s = sort_pass(&pass, threads, &moved, err);
        if (s == HG_OK && moved)
            *b = (buffers){b->other_key, b->key, b->other_with, b->with};
    }
    return s;
}

/* So few that counting digits would cost more. */
static void insertion_sort(uint64_t *key, uint32_t *with, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t k = key[i];
        uint32_t w = with ? with[i] : 0;
        size_t at = i;
        for (; at > 0 && key[at - 1] > k; at--) {
            key[at] = key[at - 1];
            if (with)
                with[at] = with[at - 1];
        }
        key[at] = k;
        if (with)
            with[at] = w;
    }
}

hg_status hg_radix_sort(uint64_t *key, uint32_t *with, size_t n, int threads, hg_error *err)
{
    if (n <= FEW) {
        insertion_sort(key, with, n);
        return HG_OK;
    }
    hg_status s = HG_OK;
    uint64_t *spare = hg_malloc(n, sizeof *spare);
    uint32_t *spare_with = with ? hg_malloc(n, sizeof *spare_with) : NULL;
    buffers b = {key, spare, with, spare_with};
    if (!spare || (with && !spare_with))
        s = hg_fail_memory(err);
    if (s == HG_OK)
        s = sort_digits(&b, n, threads, err);
    if (s == HG_OK && b.key != key) {
        memcpy(key, b.key, n * sizeof *key);
        if (with)
            memcpy(with, b.with, n * sizeof *with);
    }
    hg_free(spare);
    hg_free(spare_with);
    return s;
}
