/* Guessing the encoding of text that is neither marked nor UTF-8. */
#ifndef HG_IO_ENCODING_GUESS_H
#define HG_IO_ENCODING_GUESS_H

#include "base/error.h"

#include <stdbool.h>

typedef struct hg_guess {
    char detector[32];    /**< what uchardet says of the lines with bytes above 127; may be empty */
    bool gb;              /**< it names a GB encoding */
    bool other_east;      /**< it names another multi-byte encoding: Big5, Shift-JIS, EUC … */
    bool common_han;      /**< the high bytes are the two-byte codes of everyday Han characters */
    bool only_common_han; /**< and every one of them is among the common ones */
    bool accepted;        /**< GB18030 it is: gb, or common_han and not other_east */
    char candidates[96];  /**< if not: "BIG5, GB18030", the detector's word, then what decodes */
} hg_guess;

/**
 * Looks at the lines of bytes[0 … n) that hold bytes above 127, up to a few megabytes of them.
 *
 * common_han is the evidence for GB where the detector has too little to go by. It wants every high
 * byte in pairs that GBK assigns to Han characters (or to the punctuation and full-width rows
 * between them), seven in ten on GB 2312's level 1, and three in ten among some 450 characters
 * common in headers, addresses and incident texts. Shift-JIS fails the second condition; Big5,
 * EUC-JP, EUC-KR and Cyrillic or Greek runs, which can meet it by chance, fail the third.
 */
hg_status hg_encoding_guess(const char *bytes, size_t n, hg_guess *out, hg_error *err);

/** How many of the first bytes are ASCII. */
size_t hg_ascii_run(const char *p, size_t n);

#endif
