#include "base/table.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>
#include <strings.h>

hg_status hg_table_new(const char *name, size_t rows, hg_pool *pool, hg_table **out, hg_error *err)
{
    hg_table *t = hg_calloc(1, sizeof *t);
    if (!t)
        return hg_fail_memory(err);
    t->rows = rows;
    t->name = hg_strdup(name);
    t->pool = pool;
    t->owns_pool = !pool;
    if (!t->name || (!pool && hg_pool_new(&t->pool, err) != HG_OK)) {
        t->pool = NULL;
        hg_table_free(t);
        return hg_fail_memory(err);
    }
    *out = t;
    return HG_OK;
}

void hg_table_free(hg_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->column_count; i++) {
        hg_free(t->columns[i].name);
        hg_free(t->columns[i].title);
        hg_free(t->columns[i].i64);
    }
    hg_free(t->columns);
    hg_free(t->geometry.xy);
    hg_free(t->geometry.polygon_start);
    hg_free(t->geometry.ring_start);
    hg_free(t->geometry.point_start);
    if (t->owns_pool)
        hg_pool_free(t->pool);
    hg_free(t->crs_wkt);
    hg_free(t->title);
    hg_free(t->name);
    hg_free(t);
}

static void fill_null(hg_column *c, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        switch (c->type) {
        case HG_INT64:
        case HG_DATETIME:
            c->i64[i] = HG_NULL_INT64;
            break;
        case HG_DOUBLE:
            c->f64[i] = NAN;
            break;
        case HG_TEXT:
            c->text[i] = HG_NO_TEXT;
        }
    }
}

hg_status hg_table_add(hg_table *t, const char *name, hg_type type, hg_column **out, hg_error *err)
{
    hg_column *columns =
        hg_grow(t->columns, &t->column_capacity, t->column_count + 1, sizeof *columns);
    if (!columns)
        return hg_fail_memory(err);
    t->columns = columns;
    hg_column *c = &columns[t->column_count];
    *c = (hg_column){.type = type, .name = hg_strdup(name)};
    c->i64 = hg_malloc(t->rows, type == HG_TEXT ? sizeof *c->text : sizeof *c->i64);
    if (!c->name || !c->i64) {
        hg_free(c->name);
        hg_free(c->i64);
        return hg_fail_memory(err);
    }
    fill_null(c, t->rows);
    t->column_count++;
    if (out)
        *out = c;
    return HG_OK;
}

hg_column *hg_table_column(const hg_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (strcasecmp(t->columns[i].name, name) == 0)
            return &t->columns[i];
    return NULL;
}

static hg_status set_crs(hg_table *t, const char *crs_wkt, hg_error *err)
{
    t->crs_wkt = hg_strdup(crs_wkt);
    return crs_wkt && !t->crs_wkt ? hg_fail_memory(err) : HG_OK;
}

hg_status hg_table_make_points(hg_table *t, const char *crs_wkt, hg_error *err)
{
    hg_geometry *g = &t->geometry;
    g->xy = hg_malloc(t->rows, 2 * sizeof *g->xy);
    if (!g->xy)
        return hg_fail_memory(err);
    g->type = HG_POINT;
    g->points = t->rows;
    return set_crs(t, crs_wkt, err);
}

hg_status hg_table_make_polygons(hg_table *t, hg_geometry_type type, const char *crs_wkt,
                                 hg_error *err)
{
    hg_geometry *g = &t->geometry;
    g->polygon_start = hg_calloc(t->rows + 1, sizeof *g->polygon_start);
    if (!g->polygon_start)
        return hg_fail_memory(err);
    g->type = type;
    return set_crs(t, crs_wkt, err);
}

hg_status hg_geometry_begin_row(hg_geometry *g, size_t row, hg_error *err)
{
    (void)err;
    g->polygon_start[row] = g->polygons;
    return HG_OK;
}

static hg_status push_start(size_t **starts, size_t *capacity, size_t at, size_t value,
                            hg_error *err)
{
    size_t *moved = hg_grow(*starts, capacity, at + 1, sizeof *moved);
    if (!moved)
        return hg_fail_memory(err);
    *starts = moved;
    moved[at] = value;
    return HG_OK;
}

hg_status hg_geometry_begin_polygon(hg_geometry *g, hg_error *err)
{
    hg_status s = push_start(&g->ring_start, &g->polygon_capacity, g->polygons, g->rings, err);
    if (s == HG_OK)
        g->polygons++;
    return s;
}

hg_status hg_geometry_begin_ring(hg_geometry *g, hg_error *err)
{
    hg_status s = push_start(&g->point_start, &g->ring_capacity, g->rings, g->points, err);
    if (s == HG_OK)
        g->rings++;
    return s;
}

hg_status hg_geometry_add_point(hg_geometry *g, double x, double y, hg_error *err)
{
    double *xy = hg_grow(g->xy, &g->point_capacity, g->points + 1, 2 * sizeof *xy);
    if (!xy)
        return hg_fail_memory(err);
    g->xy = xy;
    xy[2 * g->points] = x;
    xy[2 * g->points + 1] = y;
    g->points++;
    return HG_OK;
}

hg_status hg_geometry_finish(hg_geometry *g, size_t rows, hg_error *err)
{
    g->polygon_start[rows] = g->polygons;
    hg_status s = push_start(&g->ring_start, &g->polygon_capacity, g->polygons, g->rings, err);
    if (s == HG_OK)
        s = push_start(&g->point_start, &g->ring_capacity, g->rings, g->points, err);
    return s;
}

hg_status hg_table_set_text(hg_table *t, hg_column *c, size_t row, const char *text, hg_error *err)
{
    return hg_pool_intern(t->pool, text, strlen(text), &c->text[row], err);
}

bool hg_geometry_envelope(const hg_geometry *g, size_t row, double e[4])
{
    size_t first = row, last = row + 1;
    if (g->type != HG_POINT) {
        size_t p0 = g->polygon_start[row], p1 = g->polygon_start[row + 1];
        size_t r0 = p0 < p1 ? g->ring_start[p0] : 0, r1 = p0 < p1 ? g->ring_start[p1] : 0;
        first = r0 < r1 ? g->point_start[r0] : 0;
        last = r0 < r1 ? g->point_start[r1] : 0;
    }
    e[0] = e[2] = INFINITY;
    e[1] = e[3] = -INFINITY;
    for (size_t k = first; k < last; k++) {
        double x = g->xy[2 * k], y = g->xy[2 * k + 1];
        if (!isfinite(x) || !isfinite(y))
            return false;
        e[0] = x < e[0] ? x : e[0];
        e[1] = x > e[1] ? x : e[1];
        e[2] = y < e[2] ? y : e[2];
        e[3] = y > e[3] ? y : e[3];
    }
    return first < last;
}
