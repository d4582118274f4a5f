#include "io/zip.h"
#include "base/memory.h"

#include <string.h>
#include <zlib.h>

enum {
    LOCAL_HEADER = 30,
    CENTRAL_HEADER = 46,
    END_RECORD = 22,
    VERSION = 20,        /* needed to extract: 2.0, deflate */
    UTF8_NAME = 1 << 11, /* general purpose flag */
    DEFLATED = 8,
    FIRST_DOS_DATE = 0x21 /* 1980-01-01 */
};

static unsigned char *put(unsigned char *at, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *at++ = (unsigned char)(v >> (8 * i));
    return at;
}

/* Raw deflate, as zip wants it: no zlib header. Returns the compressed size, 0 on failure. */
static size_t deflate_raw(const char *bytes, size_t n, unsigned char *out, size_t room)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return 0;
    z.next_in = (unsigned char *)(uintptr_t)bytes; /* zlib does not write to it */
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int code = deflate(&z, Z_FINISH);
    size_t size = code == Z_STREAM_END ? (size_t)z.total_out : 0;
    deflateEnd(&z);
    return size;
}

/* The fields a local and a central header share, from "version needed" to the name's length. */
static unsigned char *put_common(unsigned char *at, uint32_t crc, size_t packed, size_t n,
                                 size_t name)
{
    at = put(put(put(at, VERSION, 2), UTF8_NAME, 2), DEFLATED, 2);
    at = put(put(at, 0, 2), FIRST_DOS_DATE, 2);
    at = put(put(put(at, crc, 4), (uint32_t)packed, 4), (uint32_t)n, 4);
    return put(put(at, (uint32_t)name, 2), 0, 2);
}

hg_status hg_zip_one(const char *name, const char *bytes, size_t n, unsigned char **out,
                     size_t *size, hg_error *err)
{
    if (n > INT32_MAX)
        return hg_fail(err, HG_EDATA, "%s: %zu bytes are too many for a zip archive", name, n);
    size_t name_n = strlen(name), room = compressBound((uLong)n) + 64;
    unsigned char *zip =
        hg_malloc(LOCAL_HEADER + CENTRAL_HEADER + END_RECORD + 2 * name_n + room, 1);
    if (!zip)
        return hg_fail_memory(err);
    size_t packed = deflate_raw(bytes, n, zip + LOCAL_HEADER + name_n, room);
    if (packed == 0) {
        hg_free(zip);
        return hg_fail_memory(err);
    }
    uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)bytes, (uInt)n);

    unsigned char *at = put_common(put(zip, 0x04034b50, 4), crc, packed, n, name_n);
    memcpy(at, name, name_n);
    at += name_n + packed;

    unsigned char *central = at;
    at = put_common(put(put(at, 0x02014b50, 4), VERSION, 2), crc, packed, n, name_n);
    at = put(put(put(put(put(at, 0, 2), 0, 2), 0, 2), 0, 4), 0, 4);
    memcpy(at, name, name_n);
    at += name_n;

    size_t central_n = (size_t)(at - central);
    at = put(put(put(put(at, 0x06054b50, 4), 0, 4), 1, 2), 1, 2);
    at = put(put(put(at, (uint32_t)central_n, 4), (uint32_t)(central - zip), 4), 0, 2);
    *size = (size_t)(at - zip);
    *out = zip;
    return HG_OK;
}
