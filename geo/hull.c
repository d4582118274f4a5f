/*
 * Points inside the hull of a sample cannot be corners of the hull (Akl and Toussaint 1978, with a
 * whole polygon in place of their quadrangle). The sample's hull is kept as vertical strips, each
 * with the interval of y that surely lies inside, so that a point costs one look-up. What is left
 * fills a buffer, which shrinks to its own hull whenever it is full.
 */
#include "geo/hull.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { STRIPS = 1024, SAMPLE = 1 << 14, FIRST_BUFFER = 1 << 16 };

typedef struct strips {
    double x0, per_m;
    double low[STRIPS], high[STRIPS]; /**< low >= high: nothing is known to be inside */
} strips;

hg_status hg_geos_hull(GEOSContextHandle_t geos, const double *x, const double *y, size_t n,
                       GEOSGeometry **out, hg_error *err)
{
    const double twice[4] = {x[0], x[0], y[0], y[0]}; /* a line has two points */
    GEOSCoordSequence *seq =
        n > 1 ? GEOSCoordSeq_copyFromArrays_r(geos, x, y, NULL, NULL, (unsigned)n)
              : GEOSCoordSeq_copyFromArrays_r(geos, twice, twice + 2, NULL, NULL, 2);
    GEOSGeometry *line = seq ? GEOSGeom_createLineString_r(geos, seq) : NULL;
    GEOSGeometry *hull = line ? GEOSConvexHull_r(geos, line) : NULL;
    if (line)
        GEOSGeom_destroy_r(geos, line);
    if (!hull)
        return hg_fail(err, HG_EFAIL, "the convex hull of %zu points could not be found", n);
    *out = hull;
    return HG_OK;
}

/* The hull's corners in place of the points. */
static hg_status shrink(GEOSContextHandle_t geos, hg_points *points, hg_error *err)
{
    GEOSGeometry *hull = NULL;
    hg_status status = hg_geos_hull(geos, points->x, points->y, points->count, &hull, err);
    if (status != HG_OK)
        return status;
    const GEOSGeometry *curve =
        GEOSGeomTypeId_r(geos, hull) == GEOS_POLYGON ? GEOSGetExteriorRing_r(geos, hull) : hull;
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(geos, curve);
    unsigned n = 0;
    /* A hull is closed by repeating its first corner: it may need one place more than the points.
     */
    if (seq && GEOSCoordSeq_getSize_r(geos, seq, &n) && n <= points->count + 1 &&
        GEOSCoordSeq_copyToArrays_r(geos, seq, points->x, points->y, NULL, NULL))
        points->count = n;
    else
        status = hg_fail(err, HG_EFAIL, "the convex hull of %zu points could not be read",
                         points->count);
    GEOSGeom_destroy_r(geos, hull);
    return status;
}

/* Height of the edge from corner i at the strips' boundaries under it. */
static void trace_edge(const hg_points *hull, size_t i, double x0, double width, double *low,
                       double *high)
{
    double ax = hull->x[i];
    double ay = hull->y[i];
    double bx = hull->x[i + 1];
    double by = hull->y[i + 1];
    double left = fmin(ax, bx);
    double right = fmax(ax, bx);
    int k = (int)fmin(fmax(floor((left - x0) / width) - 1.0, 0.0), STRIPS);
    for (; k <= STRIPS && x0 + k * width <= right; k++) {
        double x = x0 + k * width;
        if (x < left)
            continue;
        double y = right > left ? ay + (by - ay) * ((x - ax) / (bx - ax)) : ay;
        low[k] = fmin(low[k], right > left ? y : fmin(ay, by));
        high[k] = fmax(high[k], right > left ? y : fmax(ay, by));
    }
}

/*
 * The lower chain of a hull is convex and the upper concave, so that between two boundaries the
 * hull holds all from the larger of the lower heights to the smaller of the upper ones. The slack
 * outweighs the rounding of interpolation and of the strip's number.
 */
static void make_strips(const hg_points *hull, strips *s)
{
    double low[STRIPS + 1];
    double high[STRIPS + 1];
    double box[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < hull->count; i++) {
        box[0] = fmin(box[0], hull->x[i]);
        box[1] = fmin(box[1], hull->y[i]);
        box[2] = fmax(box[2], hull->x[i]);
        box[3] = fmax(box[3], hull->y[i]);
    }
    double width = (box[2] - box[0]) / STRIPS;
    double slack = 1e-9 * (box[3] - box[1]);
    for (int k = 0; k <= STRIPS; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
    }
    for (size_t i = 0; i + 1 < hull->count && width > 0.0; i++)
        trace_edge(hull, i, box[0], width, low, high);
    s->x0 = box[0];
    s->per_m = width > 0.0 ? 1.0 / width : 0.0;
    for (int k = 0; k < STRIPS; k++) {
        s->low[k] = fmax(low[k], low[k + 1]) + slack;
        s->high[k] = fmin(high[k], high[k + 1]) - slack;
    }
}

static bool surely_inside(const strips *s, double x, double y)
{
    double at = (x - s->x0) * s->per_m;
    if (!(at >= 0.0 && at < STRIPS))
        return false;
    int k = (int)at;
    return y > s->low[k] && y < s->high[k];
}

static void take_sample(const double *x, const double *y, size_t n, hg_points *points)
{
    size_t step = n / SAMPLE + 1;
    for (size_t i = 0; i < n; i += step) {
        if (isfinite(x[i]) && isfinite(y[i])) {
            points->x[points->count] = x[i];
            points->y[points->count++] = y[i];
        }
    }
}

/* Room for capacity points and the repeated corner of a hull. */
static hg_status reserve(hg_points *points, size_t capacity, hg_error *err)
{
    double *x = hg_realloc(points->x, capacity + 1, sizeof *x);
    if (x)
        points->x = x;
    double *y = hg_realloc(points->y, capacity + 1, sizeof *y);
    if (y)
        points->y = y;
    if (!x || !y)
        return hg_fail_memory(err);
    points->capacity = capacity;
    return HG_OK;
}

/* A full buffer gives its hull; points on a circle, which are all corners, need a larger buffer. */
static hg_status make_room(GEOSContextHandle_t geos, hg_points *points, strips *s, hg_error *err)
{
    hg_status status = shrink(geos, points, err);
    if (status != HG_OK)
        return status;
    make_strips(points, s);
    return points->count > points->capacity / 2 ? reserve(points, 2 * points->capacity, err)
                                                : HG_OK;
}

static hg_status filter(GEOSContextHandle_t geos, const double *x, const double *y, size_t n,
                        hg_points *points, strips *s, hg_error *err)
{
    take_sample(x, y, n, points);
    hg_status status = points->count > 0 ? shrink(geos, points, err) : HG_OK;
    make_strips(points, s);
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        if (surely_inside(s, x[i], y[i]) || !isfinite(x[i]) || !isfinite(y[i]))
            continue;
        points->x[points->count] = x[i];
        points->y[points->count++] = y[i];
        if (points->count >= points->capacity)
            status = make_room(geos, points, s, err);
    }
    if (status == HG_OK && points->count == 0)
        status = hg_fail(err, HG_EDATA, "none of %zu points has finite coordinates", n);
    return status;
}

hg_status hg_hull_candidates(GEOSContextHandle_t geos, const double *x, const double *y, size_t n,
                             hg_points *out, hg_error *err)
{
    hg_points points = {0};
    strips *s = hg_malloc(1, sizeof *s);
    hg_status status = s ? reserve(&points, FIRST_BUFFER, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = filter(geos, x, y, n, &points, s, err);
    hg_free(s);
    if (status == HG_OK) {
        *out = points;
        return HG_OK;
    }
    hg_free(points.x);
    hg_free(points.y);
    return status;
}
