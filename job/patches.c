/* Polygons on their way into a store: placed whole, written as one multipolygon a row. */
#include "base/memory.h"
#include "job/intake.h"
#include "job/plane.h"
#include "job/raw.h"

#include <string.h>

/* ------------------------------------------------- placing ----------------------------------- */

/* Shapes of the accepted rows of one input, borrowed, with their rows. */
typedef struct accepted {
    hg_shapes shapes;
    size_t *rows;
} accepted;

static void accepted_dispose(accepted *a)
{
    hg_free(a->shapes.shapes);
    hg_free(a->rows);
}

static hg_status list_accepted(const hg_raw *raw, size_t input, accepted *a, hg_error *err)
{
    const hg_raw_input *r = &raw->inputs[input];
    hg_free(a->shapes.shapes);
    hg_free(a->rows);
    *a = (accepted){0};
    a->shapes.shapes = hg_malloc(r->n, sizeof *a->shapes.shapes);
    a->rows = hg_malloc(r->n, sizeof *a->rows);
    if (!a->shapes.shapes || !a->rows)
        return hg_fail_memory(err);
    for (size_t i = 0; i < r->n; i++) {
        if (raw->reason[r->start + i] != HG_ACCEPTED)
            continue;
        a->rows[a->shapes.count] = r->start + i;
        a->shapes.shapes[a->shapes.count++] = raw->polygons[input].shapes[i];
    }
    return HG_OK;
}

/* Only those beyond the CRS are refused. */
static hg_status place_accepted(hg_raw *raw, const hg_raw_input *r, const hg_crs *analysis,
                                accepted *a, hg_error *err)
{
    bool *failed = hg_calloc(a->shapes.count, sizeof *failed);
    hg_status status = failed ? hg_plane_place(&a->shapes, r->datum, r->crs, analysis, failed, err)
                              : hg_fail_memory(err);
    for (size_t i = 0; i < a->shapes.count && status == HG_OK; i++)
        if (failed[i])
            raw->reason[a->rows[i]] = HG_OUTSIDE_CRS;
    hg_free(failed);
    return status;
}

static hg_status bound_accepted(hg_raw *raw, const hg_shapes *area, const accepted *a,
                                hg_error *err)
{
    bool *meets = hg_calloc(a->shapes.count, sizeof *meets);
    hg_status status = meets ? hg_shapes_meet(area, &a->shapes, meets, err) : hg_fail_memory(err);
    for (size_t i = 0; i < a->shapes.count && status == HG_OK; i++)
        if (!meets[i])
            raw->reason[a->rows[i]] = HG_OUTSIDE_AREA;
    hg_free(meets);
    return status;
}

hg_status hg_raw_place_polygons(hg_raw *raw, const hg_shapes *area, const hg_crs *analysis,
                                hg_error *err)
{
    accepted a = {0};
    hg_status status = HG_OK;
    for (size_t k = 0; k < raw->input_count && status == HG_OK; k++) {
        status = list_accepted(raw, k, &a, err);
        if (status == HG_OK)
            status = place_accepted(raw, &raw->inputs[k], analysis, &a, err);
        if (status == HG_OK && area)
            status = list_accepted(raw, k, &a, err);
        if (status == HG_OK && area)
            status = bound_accepted(raw, area, &a, err);
    }
    accepted_dispose(&a);
    return status;
}

/* ------------------------------------------------- writing ----------------------------------- */

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

hg_status hg_intake_add_polygons(const hg_intake *in, const size_t *rows, hg_table *t,
                                 hg_error *err)
{
    hg_status status = hg_table_make_polygons(t, HG_MULTIPOLYGON, hg_crs_wkt(in->crs), err);
    for (size_t i = 0; i < t->rows && status == HG_OK; i++) {
        size_t r = rows ? rows[i] : i;
        size_t row = in->source_row ? in->source_row[r] - 1 : r;
        const hg_shape *s = &in->polygons[in->input ? in->input[r] : 0].shapes[row];
        wkb w = {s->wkb, s->wkb + s->size};
        status = hg_geometry_begin_row(&t->geometry, i, err);
        if (status == HG_OK)
            status = add_polygons(&w, &t->geometry, err);
    }
    return status == HG_OK ? hg_geometry_finish(&t->geometry, t->rows, err) : status;
}
