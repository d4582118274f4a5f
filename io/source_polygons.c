/* Polygon layers: every row with its attributes as for points, and its outline beside. */
#include "io/source_parts.h"
#include "base/memory.h"

#include <math.h>
#include <ogr_api.h>
#include <string.h>

typedef struct polygon_rows {
    hg_row_builder builder;
    hg_shapes *shapes;
} polygon_rows;

static bool is_polygonal(OGRGeometryH g)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(g));
    return type == wkbPolygon || type == wkbMultiPolygon || type == wkbCurvePolygon ||
           type == wkbMultiSurface || type == wkbTriangle;
}

/* FNV-1a: two outlines may share the middle of their boxes. */
static uint64_t hash_bytes(uint64_t h, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * 0x100000001b3u;
    return h;
}

static bool is_finite(OGRGeometryH g)
{
    int parts = OGR_G_GetGeometryCount(g);
    for (int i = 0; i < parts; i++)
        if (!is_finite(OGR_G_GetGeometryRef(g, i)))
            return false;
    /* A curve of several has points too, which only its parts give away. */
    for (int i = 0; parts == 0 && i < OGR_G_GetPointCount(g); i++)
        if (!isfinite(OGR_G_GetX(g, i)) || !isfinite(OGR_G_GetY(g, i)))
            return false;
    return true;
}

hg_row_state hg_source_polygon_state(OGRGeometryH g, const char **bad)
{
    *bad = NULL;
    if (!g || OGR_G_IsEmpty(g))
        return HG_ROW_NO_GEOMETRY;
    if (!is_polygonal(g)) {
        *bad = OGRGeometryTypeToName(wkbFlatten(OGR_G_GetGeometryType(g)));
        return HG_ROW_BAD_GEOMETRY;
    }
    if (is_finite(g))
        return HG_ROW_OK;
    *bad = "a vertex that is not finite";
    return HG_ROW_NOT_FINITE;
}

static void locate(OGRGeometryH g, hg_position *p)
{
    OGREnvelope box;
    OGR_G_GetEnvelope(g, &box);
    p->x = (box.MinX + box.MaxX) / 2;
    p->y = (box.MinY + box.MaxY) / 2;
    if (p->x == 0 && p->y == 0) /* a polygon about the origin is somewhere, unlike one of zeros */
        p->x = box.MaxX;
}

static hg_status add_outline(polygon_rows *r, OGRGeometryH g, hg_error *err)
{
    hg_status status = hg_source_add_shape(g, NULL, r->shapes, err);
    if (status != HG_OK)
        return status;
    const hg_shape *added = &r->shapes->shapes[r->shapes->count - 1];
    uint64_t *hash = &r->builder.rows.hash[r->builder.rows.n - 1];
    *hash = hash_bytes(*hash, added->wkb, added->size);
    return HG_OK;
}

static hg_status add_polygon(void *context, const hg_position *given, const hg_value *values,
                             hg_error *err)
{
    static const unsigned char nothing[1] = {0};
    polygon_rows *r = context;
    hg_position p = *given;
    OGRGeometryH g = given->geometry;
    p.state = hg_source_polygon_state(g, &p.bad);
    if (p.state == HG_ROW_OK)
        locate(g, &p);
    hg_status status = hg_row_builder_add(&r->builder, &p, values, err);
    if (status != HG_OK)
        return status;
    return p.state == HG_ROW_OK ? add_outline(r, g, err)
                                : hg_shapes_add(r->shapes, nothing, 0, NULL, err);
}

hg_status hg_source_read_polygons(hg_source *s, hg_source_rows *rows, hg_shapes *shapes,
                                  hg_error *err)
{
    polygon_rows r = {.shapes = shapes};
    hg_status status = hg_row_builder_init(&r.builder, s, s->pool, err);
    if (status == HG_OK)
        status = hg_source_each_row(s, add_polygon, &r, err);
    if (status == HG_OK)
        status = hg_rows_narrow(&r.builder.rows, s->pool, err);
    if (status != HG_OK) {
        hg_row_builder_dispose(&r.builder);
        return status;
    }
    *rows = r.builder.rows;
    return HG_OK;
}
