/*
 * Pictures of charts as PNG (ISO/IEC 15948): eight bits a channel. Charts are flat colours in long runs that
 * repeat from row to row, so that one filter and the fastest deflate do for them.
 */
#ifndef HG_IO_PNG_H
#define HG_IO_PNG_H

#include "base/error.h"

#include <stdint.h>
#include <stdio.h>

/**
 * Writes width × height pixels of 0xXXRRGGBB, rows `stride` pixels apart; both sides are from 1 to 2^31 - 1.
 * Errors: HG_EIO, errno saying why; HG_ENOMEM.
 */
hg_status hg_png_write(FILE *file, const uint32_t *pixels, uint32_t width, uint32_t height, size_t stride,
                       hg_error *err);

/**
 * The same of 0xAARRGGBB, not premultiplied, rows without a gap. A picture of at most 256 colours gets a palette and
 * the best compression, for it is carried inside other files.
 */
hg_status hg_png_write_alpha(FILE *file, const uint32_t *pixels, uint32_t width, uint32_t height, hg_error *err);

#endif
