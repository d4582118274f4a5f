#include "geo/plain_ring.h"
#include "geo/orient.h"

#include <math.h>
#include <string.h>

/* Steps over a WKB head in the machine's byte order: its type and how many parts follow. */
static bool take_head(const unsigned char **at, const unsigned char *end, uint32_t head[2])
{
    enum { ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 1 : 0, SIZE = 9 };
    if (end - *at < SIZE || **at != ORDER)
        return false;
    memcpy(head, *at + 1, 2 * sizeof *head);
    *at += SIZE;
    return true;
}

/* The points of a polygon or multipolygon that is one closed ring of few points; 0 if it is not. */
static size_t take_plain_ring(const hg_shape *s, double xy[2 * HG_PLAIN_RING_POINTS])
{
    enum { POLYGON = 3, MULTIPOLYGON = 6 };
    const unsigned char *at = s->wkb;
    const unsigned char *end = s->wkb + s->size;
    uint32_t head[2] = {0, 0};
    uint32_t n = 0;
    if (!take_head(&at, end, head))
        return 0;
    if (head[0] == MULTIPOLYGON && (head[1] != 1 || !take_head(&at, end, head)))
        return 0;
    if (head[0] != POLYGON || head[1] != 1 || (size_t)(end - at) < sizeof n)
        return 0;
    memcpy(&n, at, sizeof n);
    at += sizeof n;
    if (n < 4 || n > HG_PLAIN_RING_POINTS || (size_t)(end - at) != n * 2 * sizeof *xy)
        return 0;
    memcpy(xy, at, n * 2 * sizeof *xy);
    return n;
}

/* Coordinates for which hg_orient holds; points that repeat are dropped. 0 if the ring is not
 * closed. */
static size_t tidy(double *xy, size_t n, double most)
{
    static const double least = 1e-100;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        double x = xy[2 * i];
        double y = xy[2 * i + 1];
        bool fit = fabs(x) <= most && fabs(y) <= most && (fabs(x) >= least || !(fabs(x) > 0.0)) &&
                   (fabs(y) >= least || !(fabs(y) > 0.0));
        if (!fit)
            return 0;
        if (kept > 0 && !(x < xy[2 * kept - 2] || x > xy[2 * kept - 2]) &&
            !(y < xy[2 * kept - 1] || y > xy[2 * kept - 1]))
            continue;
        xy[2 * kept] = x;
        xy[2 * kept + 1] = y;
        kept++;
    }
    bool closed = kept > 3 && !(xy[0] < xy[2 * kept - 2] || xy[0] > xy[2 * kept - 2]) &&
                  !(xy[1] < xy[2 * kept - 1] || xy[1] > xy[2 * kept - 1]);
    return closed ? kept : 0;
}

static int side(const double *a, const double *b, const double *p)
{
    return hg_orient(a[0], a[1], b[0], b[1], p[0], p[1]);
}

/* Is all of edge b on one side of all of edge a, along the axis that is k? */
static bool apart(const double *a, const double *b, int k)
{
    double low = a[k] < a[k + 2] ? a[k] : a[k + 2];
    double high = a[k] < a[k + 2] ? a[k + 2] : a[k];
    return (b[k] < low && b[k + 2] < low) || (b[k] > high && b[k + 2] > high);
}

/* Do two edges share a point? */
static bool edges_meet(const double *a, const double *b)
{
    if (apart(a, b, 0) || apart(a, b, 1))
        return false;
    return side(a, a + 2, b) * side(a, a + 2, b + 2) <= 0 &&
           side(b, b + 2, a) * side(b, b + 2, a + 2) <= 0;
}

/* Does the edge b-c run back over a-b? */
static bool folds_back(const double *a, const double *b, const double *c)
{
    bool x = (b[0] > a[0] && c[0] < b[0]) || (b[0] < a[0] && c[0] > b[0]);
    bool y = (b[1] > a[1] && c[1] < b[1]) || (b[1] < a[1] && c[1] > b[1]);
    return (x || y) && side(a, b, c) == 0;
}

/* Is the closed ring of n points simple? Then the polygon in it is valid. */
static bool is_simple(const double *xy, size_t n)
{
    size_t edges = n - 1;
    for (size_t i = 0; i < edges; i++) {
        const double *e = xy + 2 * i;
        if (folds_back(e, e + 2, i + 1 < edges ? e + 4 : xy + 2))
            return false;
        for (size_t j = i + 2; j < edges - (i == 0); j++) {
            if (edges_meet(e, xy + 2 * j))
                return false;
        }
    }
    return true;
}

size_t hg_plain_ring(const hg_shape *shape, double farthest, double xy[2 * HG_PLAIN_RING_POINTS])
{
    size_t n = take_plain_ring(shape, xy);
    n = n > 0 ? tidy(xy, n, farthest) : 0;
    return n > 0 && is_simple(xy, n) ? n : 0;
}

double hg_plain_ring_area(const double *xy, size_t n)
{
    double twice = 0.0;
    for (size_t i = 1; i + 1 < n; i++)
        twice += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) -
                 (xy[2 * i + 1] - xy[1]) * (xy[2 * i + 2] - xy[0]);
    return fabs(twice) / 2.0;
}
