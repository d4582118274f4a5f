#include "geo/polygon_mm.h"
#include "base/memory.h"
#include "geo/edge_mm.h"

#include <math.h>
#include <string.h>

static const double MM_PER_M = 1000.0;
enum { UNITS_PER_HALF_MM2 = 500 };

void hg_polygon_mm_dispose(hg_polygon_mm *p)
{
    hg_free(p->xy);
    hg_free(p->ring_start);
    *p = (hg_polygon_mm){0};
}

hg_status hg_polygon_mm_copy(const hg_polygon_mm *p, hg_polygon_mm *out, hg_error *err)
{
    hg_polygon_mm copy = *p;
    copy.xy = NULL;
    copy.ring_start = NULL;
    if (p->rings > 0) {
        size_t points = p->ring_start[p->rings];
        copy.xy = hg_malloc(points, 2 * sizeof *copy.xy);
        copy.ring_start = hg_malloc(p->rings + 1, sizeof *copy.ring_start);
        if (!copy.xy || !copy.ring_start) {
            hg_polygon_mm_dispose(&copy);
            return hg_fail_memory(err);
        }
        memcpy(copy.xy, p->xy, points * 2 * sizeof *copy.xy);
        memcpy(copy.ring_start, p->ring_start, (p->rings + 1) * sizeof *copy.ring_start);
    }
    *out = copy;
    return HG_OK;
}

hg_exact hg_ring_mm_area(const int64_t *xy, size_t n)
{
    hg_exact twice = 0;
    for (size_t i = 1; i + 1 < n; i++) {
        const int64_t *a = xy + 2 * i;
        twice +=
            (hg_exact)(a[0] - xy[0]) * (a[3] - xy[1]) - (hg_exact)(a[1] - xy[1]) * (a[2] - xy[0]);
    }
    return twice * UNITS_PER_HALF_MM2;
}

hg_exact hg_polygon_mm_area(const hg_polygon_mm *p)
{
    hg_exact sum = 0;
    for (size_t r = 0; r < p->rings; r++)
        sum +=
            hg_ring_mm_area(p->xy + 2 * p->ring_start[r], p->ring_start[r + 1] - p->ring_start[r]);
    return sum;
}

double hg_polygon_mm_perimeter_m(const hg_polygon_mm *p)
{
    double mm = 0.0;
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            const int64_t *a = p->xy + 2 * i;
            mm += hypot((double)(a[2] - a[0]), (double)(a[3] - a[1]));
        }
    }
    return mm / MM_PER_M;
}

int hg_polygon_mm_locate(const hg_polygon_mm *p, int64_t x, int64_t y)
{
    int winding = 0;
    for (size_t r = 0; r < p->rings; r++) {
        for (size_t i = p->ring_start[r]; i + 1 < p->ring_start[r + 1]; i++) {
            const int64_t *e = p->xy + 2 * i;
            if (hg_edge_mm_holds(e, x, y))
                return 0;
            winding += hg_edge_mm_winding(e, x, y);
        }
    }
    return winding > 0 ? 1 : -1;
}

static hg_status emit_ring(const int64_t *xy, size_t n, hg_geometry *out, hg_error *err)
{
    hg_status status = hg_geometry_begin_ring(out, err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        status = hg_geometry_add_point(out, (double)xy[2 * i] / MM_PER_M,
                                       (double)xy[2 * i + 1] / MM_PER_M, err);
    return status;
}

hg_status hg_polygon_mm_emit(const hg_polygon_mm *p, hg_geometry *out, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t r = 0; r < p->rings && status == HG_OK; r++) {
        const int64_t *xy = p->xy + 2 * p->ring_start[r];
        size_t n = p->ring_start[r + 1] - p->ring_start[r];
        if (hg_ring_mm_area(xy, n) > 0)
            status = hg_geometry_begin_polygon(out, err);
        if (status == HG_OK)
            status = emit_ring(xy, n, out, err);
    }
    return status;
}
