/* GeoPackage binary: "GP", version, flags, srs_id, envelope; then ISO WKB, all little-endian. */
#include "io/gpkg_blob.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum {
    LITTLE_ENDIAN_FLAG = 1,
    ENVELOPE_XY = 1 << 1, /* envelope code 1 in bits 1-3 */
    WKB_POINT = 1,
    WKB_POLYGON = 3,
    WKB_MULTIPOLYGON = 6,
    ENVELOPE_AT = 8,
};

void hg_blob_dispose(hg_blob *blob)
{
    hg_free(blob->bytes);
    *blob = (hg_blob){0};
}

static unsigned char *put_u32(unsigned char *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(v >> (8 * i));
    return at + 4;
}

static unsigned char *put_doubles(unsigned char *at, const double *v, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint64_t bits;
        memcpy(&bits, &v[k], sizeof bits);
        at = put_u32(put_u32(at, (uint32_t)bits), (uint32_t)(bits >> 32));
    }
    return at;
}

static unsigned char *put_header(unsigned char *at, unsigned char flags, int32_t srs_id)
{
    memcpy(at, "GP", 2);
    at[2] = 0;
    at[3] = (unsigned char)(LITTLE_ENDIAN_FLAG | flags);
    return put_u32(at + 4, (uint32_t)srs_id);
}

static unsigned char *put_wkb_type(unsigned char *at, uint32_t type)
{
    *at = 1; /* byte order */
    return put_u32(at + 1, type);
}

bool hg_blob_point(unsigned char out[HG_POINT_BLOB], int32_t srs_id, const double xy[2])
{
    if (!isfinite(xy[0]) || !isfinite(xy[1]))
        return false;
    put_doubles(put_wkb_type(put_header(out, 0, srs_id), WKB_POINT), xy, 2);
    return true;
}

static unsigned char *put_polygon(unsigned char *at, const hg_geometry *g, size_t polygon)
{
    size_t first = g->ring_start[polygon], last = g->ring_start[polygon + 1];
    at = put_u32(put_wkb_type(at, WKB_POLYGON), (uint32_t)(last - first));
    for (size_t r = first; r < last; r++) {
        size_t from = g->point_start[r], n = g->point_start[r + 1] - from;
        at = put_doubles(put_u32(at, (uint32_t)n), g->xy + 2 * from, 2 * n);
    }
    return at;
}

hg_status hg_blob_polygon(hg_blob *blob, int32_t srs_id, const hg_geometry *g, size_t row,
                          bool multi, double envelope[4], bool *empty, hg_error *err)
{
    size_t p0 = g->polygon_start[row], p1 = g->polygon_start[row + 1];
    if (p0 == p1) {
        *empty = true;
        return HG_OK;
    }
    if (!multi && p1 - p0 > 1)
        return hg_fail(err, HG_EDATA, "row %zu has %zu polygons, expected one", row + 1, p1 - p0);
    /* Points of a polygon are consecutive, and so are those of a row. */
    size_t r0 = g->ring_start[p0], r1 = g->ring_start[p1];
    size_t first = r0 < r1 ? g->point_start[r0] : 0, last = r0 < r1 ? g->point_start[r1] : 0;
    double e[4];
    if (!hg_geometry_envelope(g, row, e)) {
        *empty = true;
        return HG_OK;
    }
    size_t size = ENVELOPE_AT + 32 + 9 + 9 * (p1 - p0) + 4 * (r1 - r0) + 16 * (last - first);
    unsigned char *bytes = hg_grow(blob->bytes, &blob->capacity, size, 1);
    if (!bytes)
        return hg_fail_memory(err);
    blob->bytes = bytes;
    unsigned char *at = put_doubles(put_header(bytes, ENVELOPE_XY, srs_id), e, 4);
    if (multi)
        at = put_u32(put_wkb_type(at, WKB_MULTIPOLYGON), (uint32_t)(p1 - p0));
    for (size_t p = p0; p < p1; p++)
        at = put_polygon(at, g, p);
    blob->len = (size_t)(at - bytes);
    memcpy(envelope, e, sizeof e);
    *empty = false;
    return HG_OK;
}
