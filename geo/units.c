/*
 * Points are sorted into coarse buckets; each unit then asks the buckets that its box covers with the
 * exact test of a region, several units at a time. The first in order of names wins when they are
 * put together.
 */
#include "geo/units.h"
#include "base/memory.h"
#include "base/threads.h"
#include "geo/geos.h"
#include "geo/region.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Borders drawn twice, from two surveys or at two scales, differ by this much. */
static const double SLIVER_M = 1;

enum { MOST_BUCKETS_A_SIDE = 512 };

typedef struct unit {
    size_t shape;
    hg_region *region;
    double box[4];
} unit;

struct hg_units {
    unit *items;
    size_t count;
    double box[4];
};

void hg_units_free(hg_units *units)
{
    if (!units)
        return;
    for (size_t i = 0; i < units->count; i++)
        hg_region_free(units->items[i].region);
    hg_free(units->items);
    hg_free(units);
}

size_t hg_units_count(const hg_units *units)
{
    return units->count;
}

size_t hg_units_shape(const hg_units *units, size_t i)
{
    return units->items[i].shape;
}

double hg_units_area_m2(const hg_units *units, size_t i)
{
    return hg_region_area_m2(units->items[i].region);
}

/* ------------------------------------------------- making ----------------------------------- */

static int by_name(const void *a, const void *b, void *shapes)
{
    const hg_shapes *s = shapes;
    return strcmp(s->shapes[((const unit *)a)->shape].name, s->shapes[((const unit *)b)->shape].name);
}

static hg_status make_region(const hg_shapes *shapes, unit *u, size_t *repaired, hg_error *err)
{
    hg_shape *s = &shapes->shapes[u->shape];
    const hg_shapes one = {.shapes = s, .count = 1, .source = s->name};
    size_t n = 0;
    hg_status status = hg_region_new(&one, &n, &u->region, err);
    if (status == HG_EDATA)
        return hg_fail(err, HG_EDATA, "%s: unit \"%s\" is no polygon with an area",
                       shapes->source ? shapes->source : "units", s->name);
    if (status == HG_OK)
        hg_region_bounds(u->region, u->box);
    *repaired += n;
    return status;
}

static bool boxes_meet(const double a[4], const double b[4])
{
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

/* The largest part that is wider than a sliver: area / (perimeter / 2) is the mean width of a thin strip. */
static double overlap_m2(GEOSContextHandle_t geos, const GEOSGeometry *g)
{
    double area = 0, length = 0, most = 0;
    int parts = GEOSGetNumGeometries_r(geos, g);
    for (int i = 0; i < parts; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos, g, i);
        if (!GEOSArea_r(geos, part, &area) || !GEOSLength_r(geos, part, &length) || !(length > 0))
            continue;
        if (area > SLIVER_M * length / 2 && area > most)
            most = area;
    }
    return most;
}

typedef struct overlap_check {
    GEOSContextHandle_t geos;
    const hg_shapes *shapes;
    const hg_units *units;
    GEOSGeometry **geometry;
} overlap_check;

static hg_status check_pair(const overlap_check *c, size_t a, size_t b, hg_error *err)
{
    const unit *u = c->units->items;
    if (!boxes_meet(u[a].box, u[b].box))
        return HG_OK;
    GEOSGeometry *common = GEOSIntersection_r(c->geos, c->geometry[a], c->geometry[b]);
    const char *one = c->shapes->shapes[u[a].shape].name, *other = c->shapes->shapes[u[b].shape].name;
    if (!common)
        return hg_fail(err, HG_EFAIL, "units \"%s\" and \"%s\" could not be laid over each other", one,
                       other);
    double area = overlap_m2(c->geos, common);
    GEOSGeom_destroy_r(c->geos, common);
    return area > 0 ? hg_fail(err, HG_EDATA,
                              "%s: units \"%s\" and \"%s\" overlap by %.6g m2; an incident there would "
                              "belong to both",
                              c->shapes->source ? c->shapes->source : "units", one, other, area)
                    : HG_OK;
}

static int by_west(const void *a, const void *b, void *units)
{
    const hg_units *u = units;
    double p = u->items[*(const size_t *)a].box[0], q = u->items[*(const size_t *)b].box[0];
    if (p != q)
        return p < q ? -1 : 1;
    return (*(const size_t *)a > *(const size_t *)b) - (*(const size_t *)a < *(const size_t *)b);
}

/* From west to east, so that each is compared only with those that begin before it ends. */
static hg_status check_overlaps(const overlap_check *c, hg_error *err)
{
    size_t n = c->units->count, *order = hg_malloc(n, sizeof *order);
    if (!order)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, by_west, (void *)c->units);
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        const unit *u = &c->units->items[order[i]];
        for (size_t k = i + 1; k < n && status == HG_OK; k++) {
            if (c->units->items[order[k]].box[0] >= u->box[2])
                break;
            size_t a = order[i], b = order[k];
            status = check_pair(c, a < b ? a : b, a < b ? b : a, err);
        }
    }
    hg_free(order);
    return status;
}

static hg_status refuse_overlaps(const hg_shapes *shapes, const hg_units *units, hg_error *err)
{
    overlap_check c = {.shapes = shapes, .units = units};
    hg_status status = hg_geos_open(&c.geos, err);
    if (status != HG_OK)
        return status;
    c.geometry = hg_calloc(units->count, sizeof *c.geometry);
    if (!c.geometry)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < units->count && status == HG_OK; i++) {
        bool repaired = false;
        status = hg_geos_read(c.geos, shapes, units->items[i].shape, &c.geometry[i], err);
        if (status == HG_OK)
            status = hg_geos_repair(c.geos, &c.geometry[i], &repaired, err);
    }
    if (status == HG_OK)
        status = check_overlaps(&c, err);
    for (size_t i = 0; c.geometry && i < units->count; i++)
        GEOSGeom_destroy_r(c.geos, c.geometry[i]);
    hg_free(c.geometry);
    hg_geos_close(c.geos);
    return status;
}

static void widen(double box[4], const double by[4])
{
    box[0] = fmin(box[0], by[0]);
    box[1] = fmin(box[1], by[1]);
    box[2] = fmax(box[2], by[2]);
    box[3] = fmax(box[3], by[3]);
}

hg_status hg_units_new(const hg_shapes *shapes, size_t *repaired, hg_units **out, hg_error *err)
{
    hg_units *u = hg_calloc(1, sizeof *u);
    if (!u)
        return hg_fail_memory(err);
    *u = (hg_units){.items = hg_calloc(shapes->count, sizeof *u->items),
                    .box = {INFINITY, INFINITY, -INFINITY, -INFINITY}};
    hg_status status = u->items ? HG_OK : hg_fail_memory(err);
    size_t fixed = 0;
    for (size_t i = 0; i < shapes->count && status == HG_OK; i++) {
        u->items[u->count++].shape = i;
        status = make_region(shapes, &u->items[i], &fixed, err);
        if (status == HG_OK)
            widen(u->box, u->items[i].box);
    }
    if (status == HG_OK) {
        qsort_r(u->items, u->count, sizeof *u->items, by_name, (void *)shapes);
        status = refuse_overlaps(shapes, u, err);
    }
    if (status != HG_OK) {
        hg_units_free(u);
        return status;
    }
    *repaired = fixed;
    *out = u;
    return HG_OK;
}

/* ------------------------------------------------- locating --------------------------------- */

/* Points by bucket: those of bucket b are order[start[b]] … order[start[b + 1] - 1]. */
typedef struct buckets {
    double x0, y0, per_m;
    size_t side;
    size_t *start;
    uint32_t *order;
} buckets;

typedef struct search {
    const hg_units *units;
    const double *x, *y;
    buckets b;
    uint32_t **inside; /* points in each unit */
    size_t *count;
} search;

static size_t clamp_bucket(double v, size_t side)
{
    return (size_t)fmin(fmax(floor(v), 0), (double)side - 1);
}

static size_t column_of(const buckets *b, double x)
{
    return clamp_bucket((x - b->x0) * b->per_m, b->side);
}

static size_t row_of(const buckets *b, double y)
{
    return clamp_bucket((y - b->y0) * b->per_m, b->side);
}

static bool in_box(const double box[4], double x, double y)
{
    return x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3];
}

static hg_status fill_buckets(search *s, size_t n, hg_error *err)
{
    buckets *b = &s->b;
    const double *box = s->units->box;
    b->side = (size_t)fmin(fmax(sqrt((double)n) / 4, 1), MOST_BUCKETS_A_SIDE);
    b->x0 = box[0];
    b->y0 = box[1];
    b->per_m = (double)b->side / fmax(box[2] - box[0], box[3] - box[1]);
    size_t cells = b->side * b->side;
    b->start = hg_calloc(cells + 1, sizeof *b->start);
    b->order = hg_malloc(n, sizeof *b->order);
    uint32_t *bucket = hg_malloc(n, sizeof *bucket);
    if (!b->start || !b->order || !bucket) {
        hg_free(bucket);
        return hg_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        bucket[i] = UINT32_MAX;
        if (!in_box(box, s->x[i], s->y[i]))
            continue;
        bucket[i] = (uint32_t)(row_of(b, s->y[i]) * b->side + column_of(b, s->x[i]));
        b->start[bucket[i]]++;
    }
    for (size_t k = 1; k <= cells; k++)
        b->start[k] += b->start[k - 1];
    for (size_t i = n; i-- > 0;) /* start, now the buckets' ends, counts down to their starts */
        if (bucket[i] != UINT32_MAX)
            b->order[--b->start[bucket[i]]] = (uint32_t)i;
    hg_free(bucket);
    return HG_OK;
}

/* Candidates of a unit: the points of the buckets its box covers that lie in the box. */
static size_t candidates(const search *s, const double box[4], uint32_t *list)
{
    const buckets *b = &s->b;
    size_t n = 0, last_row = row_of(b, box[3]), last_column = column_of(b, box[2]);
    for (size_t row = row_of(b, box[1]); row <= last_row; row++) {
        size_t from = b->start[row * b->side + column_of(b, box[0])];
        size_t to = b->start[row * b->side + last_column + 1];
        for (size_t k = from; k < to; k++) {
            uint32_t i = b->order[k];
            if (!in_box(box, s->x[i], s->y[i]))
                continue;
            if (list)
                list[n] = i;
            n++;
        }
    }
    return n;
}

static hg_status search_unit(void *context, size_t k, hg_error *err)
{
    search *s = context;
    const unit *u = &s->units->items[k];
    size_t n = candidates(s, u->box, NULL), inside = 0;
    uint32_t *list = hg_malloc(n, sizeof *list);
    double *xy = hg_malloc(n, 2 * sizeof *xy);
    uint8_t *where = hg_malloc(n, 1);
    hg_status status = list && xy && where ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        candidates(s, u->box, list);
        for (size_t i = 0; i < n; i++) {
            xy[i] = s->x[list[i]];
            xy[n + i] = s->y[list[i]];
        }
        status = hg_region_classify(u->region, xy, xy + n, n, 0, 1, where, err);
    }
    for (size_t i = 0; i < n && status == HG_OK; i++)
        if (where[i] == HG_INSIDE)
            list[inside++] = list[i];
    hg_free(xy);
    hg_free(where);
    if (status != HG_OK) {
        hg_free(list);
        return status;
    }
    s->inside[k] = list;
    s->count[k] = inside;
    return HG_OK;
}

hg_status hg_units_locate(const hg_units *units, const double *x, const double *y, size_t n,
                          int threads, uint32_t *unit_of, hg_error *err)
{
    search s = {.units = units, .x = x, .y = y};
    s.inside = hg_calloc(units->count, sizeof *s.inside);
    s.count = hg_calloc(units->count, sizeof *s.count);
    hg_status status = s.inside && s.count ? fill_buckets(&s, n, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_parallel(units->count, threads, search_unit, &s, err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        unit_of[i] = HG_NO_UNIT;
    for (size_t k = units->count; k-- > 0 && status == HG_OK;)
        for (size_t i = 0; i < s.count[k]; i++)
            unit_of[s.inside[k][i]] = (uint32_t)k;
    for (size_t k = 0; s.inside && k < units->count; k++)
        hg_free(s.inside[k]);
    hg_free(s.inside);
    hg_free(s.count);
    hg_free(s.b.start);
    hg_free(s.b.order);
    return status;
}
