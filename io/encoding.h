/* Which encoding a text file is in, and turning it into UTF-8. */
#ifndef HG_IO_ENCODING_H
#define HG_IO_ENCODING_H

#include "base/error.h"

#include <stdbool.h>

typedef struct hg_encoding {
    char name[32];   /**< an iconv name: "UTF-8", "GB18030", "UTF-16LE" … */
    size_t bom;      /**< bytes of byte-order mark to skip */
    bool ascii;      /**< nothing but ASCII was seen */
    bool undecided;  /**< taken to be GB18030 although the detector did not say so */
    char how[128];   /**< in words, for the run's notes: "byte-order mark", "valid UTF-8" … */
} hg_encoding;

/**
 * Decides the encoding of a file. `wanted` is "auto" or a name that must decode the whole file.
 * auto: byte-order mark; else strict UTF-8; else uchardet on the lines with bytes above 127: a GB name,
 * or undecided with all high bytes forming two-byte Han -> GB18030; anything else is refused with the
 * candidates. Strict GB18030 decoding proves nothing (Big5 and Shift-JIS pass), so it is never the
 * reason. "Undecided" is also what the detector calls a single-byte encoding although the bytes are
 * those of common Han (io/encoding_guess.h), and text such as 平沙 in GB, which is well-formed UTF-8 by
 * accident. Text that is UTF-8 but for a few bytes is an error, not another encoding.
 * GBK, GB2312 and CP936 as `wanted` are read as GB18030, which contains them. A byte-order mark of
 * another encoding than `wanted` is an error.
 * Errors: HG_EIO if the file cannot be read; HG_EDATA for NUL bytes outside UTF-16 (binary junk), for a
 * refused encoding, for bytes that `wanted` cannot decode (with line and byte values); HG_EUSAGE for
 * an encoding name that does not exist.
 */
hg_status hg_encoding_detect(const char *path, const char *wanted, hg_encoding *out, hg_error *err);

/**
 * Decides from a sample in memory instead (DBF attribute bytes, for one); the same rules. `what`
 * names the source in errors. The sample may end within a character.
 */
hg_status hg_encoding_detect_bytes(const char *what, const char *bytes, size_t n,
                                   const char *wanted, hg_encoding *out, hg_error *err);

/** The whole file as UTF-8 without byte-order mark, terminated; *size without the terminator. */
hg_status hg_encoding_read(const char *path, const hg_encoding *encoding, char **utf8, size_t *size,
                           hg_error *err);

#endif
