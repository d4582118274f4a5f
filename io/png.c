#include "io/png.h"
#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <zlib.h>

enum {
    ROOM = 1 << 16, /* of a piece of compressed data */
    CHUNK_NAME = 4,
    CHUNK_ENDS = 12, /* length, name and checksum */
    BITS = 8,
    TRUECOLOUR = 2,
    WITH_PALETTE = 3,
    WITH_ALPHA = 6,
    UP = 2, /* the filter: less the byte above */
    LEVEL = 1,
    COLOURS = 256, /* of a palette */
    SLOTS = 1024,  /* where they are looked up: a power of two */
};

/* The colours of a picture that has few. */
typedef struct palette {
    uint32_t colours[COLOURS];
    unsigned n;
    uint16_t slots[SLOTS]; /* place of a colour + 1; 0 = empty */
} palette;

typedef struct writer {
    FILE *file;
    bool alpha;
    palette *palette; /* NULL = none */
    z_stream z;
    unsigned char *row; /* filtered */
    unsigned char packed[ROOM];
} writer;

/* The place of a colour, which is added where it is new; COLOURS where there is no room for it. */
static unsigned place_of(palette *p, uint32_t colour)
{
    unsigned slot = (colour * 2654435761U) >> 22;
    for (; p->slots[slot]; slot = (slot + 1) & (SLOTS - 1))
        if (p->colours[p->slots[slot] - 1] == colour)
            return p->slots[slot] - 1U;
    if (p->n == COLOURS)
        return COLOURS;
    p->colours[p->n++] = colour;
    p->slots[slot] = (uint16_t)p->n;
    return p->n - 1;
}

static bool has_few_colours(palette *p, const uint32_t *pixels, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (place_of(p, pixels[i]) == COLOURS)
            return false;
    return true;
}

static void put_u32(unsigned char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (24 - 8 * i));
}

static bool put_bytes(writer *w, const unsigned char *bytes, size_t n)
{
    return fwrite(bytes, 1, n, w->file) == n;
}

static bool put_chunk(writer *w, const char *name, const unsigned char *bytes, uint32_t n)
{
    unsigned char head[CHUNK_ENDS - 4], tail[4];
    put_u32(head, n);
    memcpy(head + 4, name, CHUNK_NAME);
    uLong crc = crc32(crc32(0, NULL, 0), head + 4, CHUNK_NAME);
    if (n > 0)
        crc = crc32(crc, bytes, n);
    put_u32(tail, (uint32_t)crc);
    return put_bytes(w, head, sizeof head) && (n == 0 || put_bytes(w, bytes, n)) && put_bytes(w, tail, sizeof tail);
}

static bool put_head(writer *w, uint32_t width, uint32_t height)
{
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char size[13] = {[8] = BITS, [9] = w->palette ? WITH_PALETTE : w->alpha ? WITH_ALPHA : TRUECOLOUR};
    put_u32(size, width);
    put_u32(size + 4, height);
    return put_bytes(w, signature, sizeof signature) && put_chunk(w, "IHDR", size, sizeof size);
}

static bool put_palette(writer *w)
{
    unsigned char colours[3 * COLOURS], alphas[COLOURS];
    for (unsigned i = 0; i < w->palette->n; i++) {
        uint32_t c = w->palette->colours[i];
        colours[3 * i] = (unsigned char)(c >> 16);
        colours[3 * i + 1] = (unsigned char)(c >> 8);
        colours[3 * i + 2] = (unsigned char)c;
        alphas[i] = (unsigned char)(c >> 24);
    }
    return put_chunk(w, "PLTE", colours, 3 * w->palette->n) && put_chunk(w, "tRNS", alphas, w->palette->n);
}

/* Places in the palette as they are: no filter, for their differences mean nothing. Returns the row's bytes. */
static size_t index_row(palette *p, const uint32_t *row, uint32_t width, unsigned char *out)
{
    *out++ = 0;
    for (uint32_t i = 0; i < width; i++)
        out[i] = (unsigned char)place_of(p, row[i]);
    return (size_t)width + 1;
}

/* Pixels less those above; above is NULL in the first row. */
static size_t filter_row(const uint32_t *row, const uint32_t *above, uint32_t width, bool alpha, unsigned char *out)
{
    *out++ = UP;
    for (uint32_t i = 0; i < width; i++, out += 3 + alpha) {
        uint32_t a = row[i], b = above ? above[i] : 0;
        out[0] = (unsigned char)((a >> 16) - (b >> 16));
        out[1] = (unsigned char)((a >> 8) - (b >> 8));
        out[2] = (unsigned char)(a - b);
        if (alpha)
            out[3] = (unsigned char)((a >> 24) - (b >> 24));
    }
    return (size_t)width * (size_t)(3 + alpha) + 1;
}

/* Gives the stream its input; with Z_FINISH all that is left comes out. */
static bool compress_row(writer *w, size_t n, int flush)
{
    w->z.next_in = w->row;
    w->z.avail_in = (uInt)n;
    int code = Z_OK;
    do {
        if (w->z.avail_out == 0) {
            if (!put_chunk(w, "IDAT", w->packed, ROOM))
                return false;
            w->z.next_out = w->packed;
            w->z.avail_out = ROOM;
        }
        code = deflate(&w->z, flush);
    } while (flush == Z_FINISH ? code == Z_OK : w->z.avail_in > 0);
    return true;
}

static bool put_rows(writer *w, const uint32_t *pixels, uint32_t width, uint32_t height, size_t stride)
{
    w->z.next_out = w->packed;
    w->z.avail_out = ROOM;
    for (uint32_t y = 0; y < height; y++) {
        const uint32_t *row = pixels + y * stride;
        size_t n = w->palette ? index_row(w->palette, row, width, w->row)
                              : filter_row(row, y ? row - stride : NULL, width, w->alpha, w->row);
        if (!compress_row(w, n, y + 1 == height ? Z_FINISH : Z_NO_FLUSH))
            return false;
    }
    return put_chunk(w, "IDAT", w->packed, ROOM - w->z.avail_out) && put_chunk(w, "IEND", NULL, 0);
}

static hg_status write_picture(writer *w, const uint32_t *pixels, uint32_t width, uint32_t height, size_t stride,
                               int level, hg_error *err)
{
    hg_status status = HG_OK;
    w->row = hg_malloc((size_t)width + 1, 4);
    if (!w->row || deflateInit(&w->z, level) != Z_OK) {
        hg_free(w->row);
        return hg_fail_memory(err);
    }
    if (!put_head(w, width, height) || (w->palette && !put_palette(w)) || !put_rows(w, pixels, width, height, stride))
        status = hg_fail(err, HG_EIO, "a picture cannot be written: %s", strerror(errno));
    deflateEnd(&w->z);
    hg_free(w->row);
    return status;
}

hg_status hg_png_write(FILE *file, const uint32_t *pixels, uint32_t width, uint32_t height, size_t stride,
                       hg_error *err)
{
    writer *w = hg_calloc(1, sizeof *w);
    if (!w)
        return hg_fail_memory(err);
    w->file = file;
    hg_status status = write_picture(w, pixels, width, height, stride, LEVEL, err);
    hg_free(w);
    return status;
}

hg_status hg_png_write_alpha(FILE *file, const uint32_t *pixels, uint32_t width, uint32_t height, hg_error *err)
{
    writer *w = hg_calloc(1, sizeof *w);
    palette *p = hg_calloc(1, sizeof *p);
    hg_status status = w && p ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        w->file = file;
        w->alpha = true;
        w->palette = has_few_colours(p, pixels, (size_t)width * height) ? p : NULL;
        status = write_picture(w, pixels, width, height, width, w->palette ? Z_BEST_COMPRESSION : LEVEL, err);
    }
    hg_free(p);
    hg_free(w);
    return status;
}
