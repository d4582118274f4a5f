/* Names of streams as parts of column names. */
#ifndef HG_JOB_STREAM_NAMES_H
#define HG_JOB_STREAM_NAMES_H

#include <stddef.h>

#define HG_STREAM_CODE_SIZE 40

/**
 * The ASCII letters (in lower case) and digits of a stream's name, blanks and dashes as '_'; "s<number + 1>"
 * where none is left, as of a Chinese name. Two names may have one code: the caller tells them apart.
 */
const char *hg_stream_code(const char *stream, size_t number, char code[HG_STREAM_CODE_SIZE]);

#endif
