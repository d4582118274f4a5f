/*
 * Vertices inside WKB are reached by walking its structure (OGC 06-103r4, section 8.2; the Z, M and
 * ZM codes of ISO 19125 and PostGIS's flags are stepped over), so that no geometry is rebuilt.
 */
#include "geo/shapes.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

static const char *source_of(const hg_shapes *shapes)
{
    return shapes->source ? shapes->source : "shapes";
}

hg_status hg_shapes_adopt(hg_shapes *shapes, unsigned char *wkb, size_t size, const char *name,
                          hg_error *err)
{
    hg_shape *grown =
        hg_grow(shapes->shapes, &shapes->capacity, shapes->count + 1, sizeof *shapes->shapes);
    if (grown)
        shapes->shapes = grown;
    char *copy = hg_strdup(name);
    if (!grown || (name && !copy)) {
        hg_free(wkb);
        hg_free(copy);
        return hg_fail_memory(err);
    }
    grown[shapes->count++] = (hg_shape){.wkb = wkb, .size = size, .name = copy};
    return HG_OK;
}

hg_status hg_shapes_add(hg_shapes *shapes, const unsigned char *wkb, size_t size, const char *name,
                        hg_error *err)
{
    unsigned char *copy = hg_malloc(size, 1);
    if (!copy)
        return hg_fail_memory(err);
    memcpy(copy, wkb, size);
    return hg_shapes_adopt(shapes, copy, size, name, err);
}

void hg_shapes_dispose(hg_shapes *shapes)
{
    for (size_t i = 0; i < shapes->count; i++) {
        hg_free(shapes->shapes[i].wkb);
        hg_free(shapes->shapes[i].name);
    }
    hg_free(shapes->shapes);
    hg_free(shapes->source);
    *shapes = (hg_shapes){0};
}

/* Called with the place of a vertex's x; y follows 8 bytes later. */
typedef hg_status (*vertex_fn)(void *payload, unsigned char *at, bool swapped, hg_error *err);

typedef struct walker {
    unsigned char *at, *end;
    vertex_fn visit;
    void *payload;
} walker;

static bool bytes_swapped(unsigned char order)
{
    const uint16_t one = 1;
    bool little_machine = *(const unsigned char *)&one == 1;
    return (order == 1) != little_machine;
}

static bool take_u32(walker *w, bool swapped, uint32_t *out)
{
    if ((size_t)(w->end - w->at) < sizeof *out)
        return false;
    uint32_t v = 0;
    memcpy(&v, w->at, sizeof v);
    w->at += sizeof v;
    *out = swapped ? __builtin_bswap32(v) : v;
    return true;
}

static double get_double(const unsigned char *at, bool swapped)
{
    uint64_t bits = 0;
    memcpy(&bits, at, sizeof bits);
    bits = swapped ? __builtin_bswap64(bits) : bits;
    double v = 0.0;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static void put_double(unsigned char *at, bool swapped, double v)
{
    uint64_t bits = 0;
    memcpy(&bits, &v, sizeof bits);
    bits = swapped ? __builtin_bswap64(bits) : bits;
    memcpy(at, &bits, sizeof bits);
}

static hg_status malformed(hg_error *err)
{
    return hg_fail(err, HG_EDATA, "no well-formed WKB geometry");
}

static hg_status walk_points(walker *w, uint32_t n, size_t stride, bool swapped, hg_error *err)
{
    if ((size_t)(w->end - w->at) / stride < n)
        return malformed(err);
    for (uint32_t i = 0; i < n; i++, w->at += stride) {
        hg_status status = w->visit(w->payload, w->at, swapped, err);
        if (status != HG_OK)
            return status;
    }
    return HG_OK;
}

static hg_status walk_line(walker *w, size_t stride, bool swapped, hg_error *err)
{
    uint32_t n = 0;
    return take_u32(w, swapped, &n) ? walk_points(w, n, stride, swapped, err) : malformed(err);
}

/* Geometry type without its dimension marks, and bytes per vertex. */
static uint32_t plain_type(uint32_t type, size_t *stride)
{
    uint32_t iso = (type & 0x0fffffffu) / 1000u;
    bool z = (type & 0x80000000u) || iso == 1 || iso == 3;
    bool m = (type & 0x40000000u) || iso == 2 || iso == 3;
    *stride = (2u + z + m) * sizeof(double);
    return (type & 0x0fffffffu) % 1000u;
}

/* Type codes of OGC 06-103r4, table 7. */
enum { POINT = 1, LINE = 2, POLYGON = 3, MULTIPOLYGON = 6 };

static hg_status walk(walker *w, int depth, hg_error *err)
{
    enum { COLLECTION = 7, DEEPEST = 32 };
    static const uint32_t has_srid = 0x20000000u;
    uint32_t type = 0;
    uint32_t n = 0;
    size_t stride = 0;
    if (depth > DEEPEST || w->at >= w->end)
        return malformed(err);
    bool swapped = bytes_swapped(*w->at++);
    if (!take_u32(w, swapped, &type) || ((type & has_srid) && !take_u32(w, swapped, &n)))
        return malformed(err);
    uint32_t kind = plain_type(type, &stride);
    if (kind == POINT)
        return walk_points(w, 1, stride, swapped, err);
    if (kind == LINE)
        return walk_line(w, stride, swapped, err);
    if (kind < POLYGON || kind > COLLECTION || !take_u32(w, swapped, &n))
        return malformed(err);
    hg_status status = HG_OK;
    for (uint32_t i = 0; i < n && status == HG_OK; i++)
        status = kind == POLYGON ? walk_line(w, stride, swapped, err) : walk(w, depth + 1, err);
    return status;
}

/* The rings of one polygon behind its type; counts vertices. */
static hg_wkb_state rings_state(walker *w, bool swapped, size_t *vertices)
{
    enum { PAIR = 2 * sizeof(double) };
    uint32_t rings = 0, n = 0;
    hg_wkb_state state = HG_WKB_POLYGON;
    if (!take_u32(w, swapped, &rings))
        return HG_WKB_BROKEN;
    for (uint32_t r = 0; r < rings; r++) {
        if (!take_u32(w, swapped, &n) || (size_t)(w->end - w->at) / PAIR < n)
            return HG_WKB_BROKEN;
        for (uint32_t i = 0; i < n; i++, w->at += PAIR)
            if (!isfinite(get_double(w->at, swapped)) ||
                !isfinite(get_double(w->at + sizeof(double), swapped)))
                state = HG_WKB_NOT_FINITE;
        *vertices += n;
    }
    return state;
}

static bool take_type(walker *w, bool *swapped, uint32_t *type)
{
    if (w->at >= w->end || *w->at > 1)
        return false;
    *swapped = bytes_swapped(*w->at++);
    return take_u32(w, *swapped, type);
}

hg_wkb_state hg_wkb_polygon_state(const unsigned char *wkb, size_t size)
{
    walker w = {.at = (unsigned char *)wkb, .end = (unsigned char *)wkb + size};
    hg_wkb_state state = HG_WKB_POLYGON;
    uint32_t type = 0, parts = 1;
    size_t vertices = 0;
    bool swapped;
    if (!take_type(&w, &swapped, &type))
        return HG_WKB_BROKEN;
    if (type != POLYGON && type != MULTIPOLYGON)
        return HG_WKB_OTHER;
    bool multi = type == MULTIPOLYGON;
    if (multi && !take_u32(&w, swapped, &parts))
        return HG_WKB_BROKEN;
    for (uint32_t i = 0; i < parts; i++) {
        if (multi && (!take_type(&w, &swapped, &type) || type != POLYGON))
            return HG_WKB_BROKEN;
        hg_wkb_state part = rings_state(&w, swapped, &vertices);
        if (part == HG_WKB_BROKEN)
            return part;
        state = part == HG_WKB_POLYGON ? state : part;
    }
    if (w.at != w.end)
        return HG_WKB_BROKEN;
    return vertices ? state : HG_WKB_EMPTY;
}

/* Where the polygons of a shape begin and how many there are; false for anything else. */
static bool polygons_of(const hg_shape *s, const unsigned char **at, uint32_t *n)
{
    walker w = {.at = s->wkb, .end = s->wkb + s->size};
    uint32_t type = 0;
    bool swapped;
    *n = 1;
    *at = s->wkb;
    if (hg_wkb_polygon_state(s->wkb, s->size) != HG_WKB_POLYGON || !take_type(&w, &swapped, &type))
        return false;
    if (type == MULTIPOLYGON) {
        take_u32(&w, swapped, n);
        *at = w.at;
    }
    return true;
}

hg_status hg_shapes_join(hg_shapes *shapes, size_t i, const hg_shape *more, hg_error *err)
{
    hg_shape *s = &shapes->shapes[i];
    const hg_shape *const both[] = {s, more};
    const unsigned char *at[2];
    uint32_t n[2], type = MULTIPOLYGON;
    size_t sizes[2];
    for (int k = 0; k < 2; k++) {
        if (!polygons_of(both[k], &at[k], &n[k]))
            return malformed(err);
        sizes[k] = both[k]->size - (size_t)(at[k] - both[k]->wkb);
    }
    uint32_t total = n[0] + n[1];
    size_t head = 1 + sizeof type + sizeof total;
    unsigned char *wkb = hg_malloc(head + sizes[0] + sizes[1], 1);
    if (!wkb)
        return hg_fail_memory(err);
    wkb[0] = bytes_swapped(1) ? 0 : 1; /* this machine's own order */
    memcpy(wkb + 1, &type, sizeof type);
    memcpy(wkb + 1 + sizeof type, &total, sizeof total);
    memcpy(wkb + head, at[0], sizes[0]);
    memcpy(wkb + head + sizes[0], at[1], sizes[1]);
    hg_free(s->wkb);
    s->wkb = wkb;
    s->size = head + sizes[0] + sizes[1];
    return HG_OK;
}

/* Visits every vertex of every shape; errors say which shape it was. */
static hg_status visit_all(const hg_shapes *shapes, vertex_fn visit, void *payload, hg_error *err)
{
    for (size_t i = 0; i < shapes->count; i++) {
        const hg_shape *s = &shapes->shapes[i];
        walker w = {.at = s->wkb, .end = s->wkb + s->size, .visit = visit, .payload = payload};
        hg_error e = {HG_OK, ""};
        hg_status status = walk(&w, 0, &e);
        if (status == HG_ENOMEM)
            return hg_fail_memory(err);
        if (status != HG_OK)
            return hg_fail(err, status, "%s: shape %zu%s%.100s: %.300s", source_of(shapes), i + 1,
                           s->name ? " " : "", s->name ? s->name : "", e.message);
    }
    return HG_OK;
}

/* All vertices in two columns, and a place in them for writing back. */
typedef struct vertices {
    double *x, *y;
    size_t count, x_capacity, y_capacity, next;
} vertices;

static hg_status collect_one(void *payload, unsigned char *at, bool swapped, hg_error *err)
{
    vertices *v = payload;
    double *x = hg_grow(v->x, &v->x_capacity, v->count + 1, sizeof *x);
    if (x)
        v->x = x;
    double *y = hg_grow(v->y, &v->y_capacity, v->count + 1, sizeof *y);
    if (y)
        v->y = y;
    if (!x || !y)
        return hg_fail_memory(err);
    v->x[v->count] = get_double(at, swapped);
    v->y[v->count++] = get_double(at + sizeof(double), swapped);
    return HG_OK;
}

static hg_status store_one(void *payload, unsigned char *at, bool swapped, hg_error *err)
{
    (void)err;
    vertices *v = payload;
    put_double(at, swapped, v->x[v->next]);
    put_double(at + sizeof(double), swapped, v->y[v->next++]);
    return HG_OK;
}

/* Fails on a vertex that had coordinates before the transformation and has none after it. */
static hg_status check_one(void *payload, unsigned char *at, bool swapped, hg_error *err)
{
    vertices *v = payload;
    double x = get_double(at, swapped);
    double y = get_double(at + sizeof(double), swapped);
    bool empty = isnan(x) && isnan(y); /* POINT EMPTY */
    size_t i = v->next++;
    if (empty || (isfinite(v->x[i]) && isfinite(v->y[i])))
        return HG_OK;
    return hg_fail(err, HG_EDATA, "vertex %.9g %.9g has no place in the target CRS", x, y);
}

static void vertices_dispose(vertices *v)
{
    hg_free(v->x);
    hg_free(v->y);
}

hg_status hg_shapes_transform(hg_shapes *shapes, const hg_crs *from, const hg_crs *to,
                              hg_error *err)
{
    vertices v = {0};
    hg_transform *t = NULL;
    hg_status status = hg_transform_new(from, to, &t, err);
    if (status == HG_OK)
        status = visit_all(shapes, collect_one, &v, err);
    if (status == HG_OK)
        status = hg_transform_points(t, v.x, v.y, v.count, 0, err);
    if (status == HG_OK)
        status = visit_all(shapes, check_one, &v, err);
    v.next = 0;
    if (status == HG_OK)
        status = visit_all(shapes, store_one, &v, err);
    hg_transform_free(t);
    vertices_dispose(&v);
    return status;
}

hg_status hg_shapes_to_wgs84(hg_shapes *shapes, hg_datum datum, hg_error *err)
{
    vertices v = {0};
    hg_status status = visit_all(shapes, collect_one, &v, err);
    for (size_t i = 0; i < v.count && status == HG_OK; i++) {
        double lon = v.x[i], lat = v.y[i];
        if (!hg_datum_to_wgs84(datum, &v.x[i], &v.y[i]))
            status = hg_fail(err, HG_EDATA, "%s: vertex %.9g %.9g has no place in WGS 84",
                             source_of(shapes), lon, lat);
    }
    if (status == HG_OK)
        status = visit_all(shapes, store_one, &v, err);
    vertices_dispose(&v);
    return status;
}

static hg_status scale_one(void *payload, unsigned char *at, bool swapped, hg_error *err)
{
    (void)err;
    double factor = *(const double *)payload;
    put_double(at, swapped, get_double(at, swapped) * factor);
    at += sizeof(double);
    put_double(at, swapped, get_double(at, swapped) * factor);
    return HG_OK;
}

static hg_status skip_one(void *payload, unsigned char *at, bool swapped, hg_error *err)
{
    (void)payload;
    (void)at;
    (void)swapped;
    (void)err;
    return HG_OK;
}

hg_status hg_shapes_scale(hg_shapes *shapes, double factor, hg_error *err)
{
    /* Broken WKB is found before anything is changed. */
    hg_status status = visit_all(shapes, skip_one, NULL, err);
    return status == HG_OK ? visit_all(shapes, scale_one, &factor, err) : status;
}

static hg_status widen_box(void *payload, unsigned char *at, bool swapped, hg_error *err)
{
    (void)err;
    double *box = payload;
    double x = get_double(at, swapped);
    double y = get_double(at + sizeof(double), swapped);
    if (isfinite(x) && isfinite(y)) {
        box[0] = fmin(box[0], x);
        box[1] = fmin(box[1], y);
        box[2] = fmax(box[2], x);
        box[3] = fmax(box[3], y);
    }
    return HG_OK;
}

hg_status hg_shapes_box(const hg_shapes *shapes, double box[4], hg_error *err)
{
    double b[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    hg_status status = visit_all(shapes, widen_box, b, err);
    if (status != HG_OK)
        return status;
    if (!(b[0] <= b[2]))
        return hg_fail(err, HG_EDATA, "%s: no coordinates among its %zu shapes", source_of(shapes),
                       shapes->count);
    memcpy(box, b, sizeof b);
    return HG_OK;
}
