/* One character of UTF-8. */
#ifndef HG_BASE_UTF8_H
#define HG_BASE_UTF8_H

#include <stddef.h>

/**
 * Length of the character at p, of which n >= 1 bytes are there, by Unicode's table 3-7 (no
 * overlong forms, no surrogates, nothing above U+10FFFF); 0 if it is ill-formed; -1 if it is
 * well-formed so far and the end cuts it off.
 */
static inline int hg_utf8_length(const unsigned char *p, size_t n)
{
    unsigned lead = p[0];
    int len = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len == 0 || lead > 0xf4)
        return 0;
    unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    for (int i = 1; i < len; i++) {
        if ((size_t)i == n)
            return -1;
        if (p[i] < low || p[i] > high)
            return 0;
        low = 0x80;
        high = 0xbf;
    }
    return len;
}

/** Bytes of the first characters of a text, at most so many, so that a cut splits none. */
static inline size_t hg_utf8_prefix(const char *utf8, int characters)
{
    size_t n = 0;
    for (; utf8[n]; n++)
        if (((unsigned char)utf8[n] & 0xc0) != 0x80 && characters-- == 0)
            break;
    return n;
}

#endif
