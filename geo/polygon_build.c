#include "geo/polygon_build.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/*
 * Half a millimetre goes up, on either side of zero, so that a shift by whole metres shifts the
 * result. A decimal x.xxx5 is seldom exact in binary and may miss the half by more the larger it
 * is: what lacks less than half a micrometre counts as a half.
 */
static bool to_lattice(double v, double per_unit, int64_t *out)
{
    static const double half = 0.5 + 1.0 / 2048.0;
    double mm = v * per_unit;
    if (!(fabs(mm) <= hg_lattice_farthest_m * 1000.0))
        return false;
    *out = (int64_t)floor(mm + half);
    return true;
}

static bool reserve(hg_polygon_builder *b, size_t n)
{
    int64_t *xy = hg_grow(b->p.xy, &b->point_capacity, b->points + n, 2 * sizeof *xy);
    if (xy)
        b->p.xy = xy;
    size_t *starts = hg_grow(b->p.ring_start, &b->ring_capacity, b->p.rings + 2, sizeof *starts);
    if (starts)
        b->p.ring_start = starts;
    return xy && starts;
}

/* Rounds the points behind those there are; returns how many are left, 0 for one out of range. */
static size_t round_ring(const hg_polygon_builder *b, const double *xy, size_t n)
{
    int64_t *to = b->p.xy + 2 * b->points;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t at[2];
        if (!to_lattice(xy[2 * i], b->per_unit, &at[0]) ||
            !to_lattice(xy[2 * i + 1], b->per_unit, &at[1]))
            return 0;
        at[0] += b->origin[0];
        at[1] += b->origin[1];
        if (kept > 0 && memcmp(to + 2 * kept - 2, at, sizeof at) == 0)
            continue;
        memcpy(to + 2 * kept++, at, sizeof at);
    }
    return kept;
}

static void reverse(int64_t *xy, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        int64_t held[2];
        memcpy(held, xy + 2 * i, sizeof held);
        memcpy(xy + 2 * i, xy + 2 * (n - 1 - i), sizeof held);
        memcpy(xy + 2 * (n - 1 - i), held, sizeof held);
    }
}

hg_status hg_polygon_builder_ring(hg_polygon_builder *b, const double *xy, size_t n, bool hole,
                                  hg_error *err)
{
    if (!hole)
        b->in_shell = false;
    if (n == 0 || (hole && !b->in_shell))
        return HG_OK;
    if (!reserve(b, n))
        return hg_fail_memory(err);
    size_t kept = round_ring(b, xy, n);
    if (kept == 0)
        return hg_fail(err, HG_EDATA, "a coordinate is beyond %g m", hg_lattice_farthest_m);
    int64_t *ring = b->p.xy + 2 * b->points;
    hg_exact area = hg_ring_mm_area(ring, kept);
    if (area == 0)
        return HG_OK;
    if ((area < 0) != hole)
        reverse(ring, kept);
    b->p.ring_start[0] = 0;
    b->points += kept;
    b->p.ring_start[++b->p.rings] = b->points;
    b->in_shell = true;
    return HG_OK;
}

void hg_polygon_builder_finish(hg_polygon_builder *b, hg_polygon_mm *out)
{
    if (b->p.rings == 0)
        hg_polygon_mm_dispose(&b->p);
    int64_t box[4] = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN};
    for (size_t i = 0; i < b->points; i++) {
        for (int k = 0; k < 2; k++) {
            int64_t v = b->p.xy[2 * i + (size_t)k];
            box[k] = v < box[k] ? v : box[k];
            box[k + 2] = v > box[k + 2] ? v : box[k + 2];
        }
    }
    memcpy(b->p.box, box, sizeof box);
    *out = b->p;
    *b = (hg_polygon_builder){0};
}
