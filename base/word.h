/* Text eight bytes at a time. */
#ifndef HG_BASE_WORD_H
#define HG_BASE_WORD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hg_word_of(const char *p, size_t n)
{
    uint64_t w = 0;
    memcpy(&w, p, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/**
 * The first n bytes at p, at most eight, the first in the lowest bits, zeros behind. Loads of fixed
 * size that may overlap: a copy of n bytes would go through memory byte by byte.
 */
static inline uint64_t hg_word_at(const char *p, size_t n)
{
    if (n >= 8)
        return hg_word_of(p, 8);
    if (n >= 4)
        return hg_word_of(p, 4) | hg_word_of(p + n - 4, 4) << 8 * (n - 4);
    if (n == 0)
        return 0;
    size_t middle = n / 2, last = n - 1;
    return hg_word_of(p, 1) | hg_word_of(p + middle, 1) << 8 * middle |
           hg_word_of(p + last, 1) << 8 * last;
}

#endif
