/* Polygons on their way into a store: placed whole, written as one multipolygon a row. */
#include "base/memory.h"
#include "job/intake.h"
#include "job/plane.h"
#include "job/raw.h"

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
        if (!hg_source_is_polygons(raw->inputs[k].source))
            continue;
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

hg_status hg_intake_add_polygons(const hg_intake *in, const size_t *rows, hg_table *t,
                                 hg_error *err)
{
    hg_status status = hg_table_make_polygons(t, HG_MULTIPOLYGON, hg_crs_wkt(in->crs), err);
    for (size_t i = 0; i < t->rows && status == HG_OK; i++) {
        size_t r = rows ? rows[i] : i;
        size_t row = in->source_row ? in->source_row[r] - 1 : r;
        const hg_shape *s = &in->polygons[in->input ? in->input[r] : 0].shapes[row];
        status = hg_geometry_begin_row(&t->geometry, i, err);
        if (status == HG_OK)
            status = hg_shape_emit(s, &t->geometry, err);
    }
    return status == HG_OK ? hg_geometry_finish(&t->geometry, t->rows, err) : status;
}
