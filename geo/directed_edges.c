#include "geo/directed_edges.h"
#include "base/memory.h"

/* Twice the area to the left of a closed ring, about its first point so that little cancels. */
static double ring_area2(const double *xy, unsigned n)
{
    double sum = 0.0;
    for (unsigned i = 0; i + 1 < n; i++) {
        double ax = xy[2 * i] - xy[0];
        double ay = xy[2 * i + 1] - xy[1];
        double bx = xy[2 * i + 2] - xy[0];
        double by = xy[2 * i + 3] - xy[1];
        sum += ax * by - ay * bx;
    }
    return sum;
}

static hg_status add_edges(hg_edge_list *list, const double *xy, unsigned n, bool reverse,
                           hg_error *err)
{
    hg_edge *grown = hg_grow(list->edges, &list->capacity, list->count + n, sizeof *list->edges);
    if (!grown)
        return hg_fail_memory(err);
    list->edges = grown;
    for (unsigned i = 0; i + 1 < n; i++) {
        const double *a = xy + 2 * (reverse ? n - 1 - i : i);
        const double *b = xy + 2 * (reverse ? n - 2 - i : i + 1);
        if (a[0] != b[0] || a[1] != b[1])
            list->edges[list->count++] = (hg_edge){a[0], a[1], b[0], b[1]};
    }
    return HG_OK;
}

/* The edges of one geometry's rings: shells counter-clockwise, holes clockwise. */
typedef struct ring_reader {
    GEOSContextHandle_t geos;
    hg_edge_list *list;
} ring_reader;

static hg_status add_ring(void *payload, double *xy, unsigned n, bool hole, hg_error *err)
{
    const ring_reader *r = payload;
    return add_edges(r->list, xy, n, (ring_area2(xy, n) < 0.0) != hole, err);
}

static hg_status add_polygon(void *payload, const GEOSGeometry *polygon, hg_error *err)
{
    const ring_reader *r = payload;
    return hg_geos_each_ring(r->geos, polygon, add_ring, payload, err);
}

hg_status hg_directed_edges(GEOSContextHandle_t geos, const GEOSGeometry *g, hg_edge_list *list,
                            hg_error *err)
{
    ring_reader reader = {geos, list};
    return hg_geos_each_polygon(geos, g, add_polygon, &reader, err);
}

double hg_directed_area(const hg_edge *edges, size_t n, double x, double y, double centre[2])
{
    long double sum = 0.0L, mx = 0.0L, my = 0.0L;
    for (size_t i = 0; i < n; i++) {
        double ax = edges[i].ax - x, ay = edges[i].ay - y;
        double bx = edges[i].bx - x, by = edges[i].by - y;
        long double twice = (long double)ax * by - (long double)ay * bx;
        sum += twice;
        mx += twice * (ax + bx);
        my += twice * (ay + by);
    }
    if (centre && sum > 0.0L) {
        centre[0] = x + (double)(mx / (3.0L * sum));
        centre[1] = y + (double)(my / (3.0L * sum));
    }
    return (double)(sum / 2.0L);
}
