/* Shapes on their way into tables: from WKB to rings of coordinates. */
#include "geo/shapes.h"

#include <string.h>

/* Little-endian ISO WKB of polygons and multipolygons, as the reader writes it. */
typedef struct wkb {
    const unsigned char *at, *end;
} wkb;

static bool take_u32(wkb *w, uint32_t *out)
{
    if (w->end - w->at < 4)
        return false;
    *out = (uint32_t)w->at[0] | (uint32_t)w->at[1] << 8 | (uint32_t)w->at[2] << 16 |
           (uint32_t)w->at[3] << 24;
    w->at += 4;
    return true;
}

static double f64_at(const unsigned char *p)
{
    uint64_t bits = 0;
    double d;
    for (int k = 7; k >= 0; k--)
        bits = bits << 8 | p[k];
    memcpy(&d, &bits, sizeof d);
    return d;
}

enum { PAIR = 16, POLYGON = 3, MULTIPOLYGON = 6 };

static hg_status broken(hg_error *err)
{
    return hg_fail(err, HG_EFAIL, "an outline that was read could not be written");
}

/* Twice the signed area, about the first vertex so that little cancels. */
static double ring_area2(const unsigned char *at, uint32_t n)
{
    double x0 = f64_at(at), y0 = f64_at(at + 8), sum = 0;
    for (uint32_t i = 0; i + 1 < n; i++) {
        const unsigned char *a = at + (size_t)i * PAIR, *b = a + PAIR;
        sum += (f64_at(a) - x0) * (f64_at(b + 8) - y0) - (f64_at(b) - x0) * (f64_at(a + 8) - y0);
    }
    return sum;
}

/* Shells counter-clockwise, holes clockwise, as tables hold them. */
static hg_status add_ring(wkb *w, bool hole, hg_geometry *g, hg_error *err)
{
    uint32_t n;
    if (!take_u32(w, &n) || (size_t)(w->end - w->at) / PAIR < n)
        return broken(err);
    const unsigned char *ring = w->at;
    w->at += (size_t)n * PAIR;
    if (n == 0)
        return HG_OK;
    bool reverse = (ring_area2(ring, n) < 0) != hole;
    hg_status status = hg_geometry_begin_ring(g, err);
    for (uint32_t i = 0; i < n && status == HG_OK; i++) {
        const unsigned char *p = ring + (size_t)(reverse ? n - 1 - i : i) * PAIR;
        status = hg_geometry_add_point(g, f64_at(p), f64_at(p + 8), err);
    }
    return status;
}

static hg_status add_polygons(wkb *w, hg_geometry *g, hg_error *err)
{
    uint32_t type, n;
    if (w->at == w->end || *w->at++ != 1 || !take_u32(w, &type) || !take_u32(w, &n) ||
        (type != POLYGON && type != MULTIPOLYGON))
        return broken(err);
    hg_status status = type == POLYGON && n ? hg_geometry_begin_polygon(g, err) : HG_OK;
    for (uint32_t i = 0; i < n && status == HG_OK; i++)
        status = type == POLYGON ? add_ring(w, i > 0, g, err) : add_polygons(w, g, err);
    return status;
}

hg_status hg_shape_emit(const hg_shape *shape, hg_geometry *out, hg_error *err)
{
    wkb w = {shape->wkb, shape->wkb + shape->size};
    return add_polygons(&w, out, err);
}
