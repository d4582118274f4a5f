/* Polygons on their way into a map: measured, weighed, and laid over the study area. */
#include "base/memory.h"
#include "job/raw.h"

#include <string.h>

/* Shapes of the accepted rows of all inputs of polygons; fills raw->patch. */
static hg_status list_shapes(hg_raw *raw, const hg_shape ***out, size_t *n, hg_error *err)
{
    const hg_shape **shapes = hg_malloc(raw->n, sizeof *shapes);
    raw->patch = hg_malloc(raw->n, sizeof *raw->patch);
    if (!shapes || !raw->patch) {
        hg_free(shapes);
        return hg_fail_memory(err);
    }
    for (size_t k = 0; k < raw->input_count; k++) {
        const hg_raw_input *r = &raw->inputs[k];
        bool polygons = hg_source_is_polygons(r->source);
        for (size_t i = 0; i < r->n; i++) {
            bool taken = polygons && raw->reason[r->start + i] == HG_ACCEPTED;
            raw->patch[r->start + i] = taken ? (uint32_t)*n : HG_NO_PATCH;
            if (taken)
                shapes[(*n)++] = &raw->polygons[k].shapes[i];
        }
    }
    *out = shapes;
    return HG_OK;
}

/* A patch stands for its centre of gravity where one place is asked for. */
static void place_row(hg_intake *in, hg_raw *raw, size_t i, size_t *repaired)
{
    const hg_patch *p = hg_patches_at(raw->patches, raw->patch[i]);
    if (p->state != HG_PATCH_GOOD) {
        raw->reason[i] = HG_BAD_GEOMETRY;
        raw->patch[i] = HG_NO_PATCH;
        return;
    }
    raw->x[i] = p->whole.x;
    raw->y[i] = p->whole.y;
    *repaired += p->repaired;
    in->patches_repaired += p->repaired;
}

hg_status hg_raw_measure(hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err)
{
    const hg_shape **shapes = NULL;
    size_t n = 0;
    hg_status status = list_shapes(raw, &shapes, &n, err);
    if (status == HG_OK)
        status = hg_patches_new(shapes, n, &job->control, &raw->patches, err);
    hg_free(shapes);
    for (size_t k = 0; k < raw->input_count && status == HG_OK; k++) {
        const hg_raw_input *r = &raw->inputs[k];
        size_t repaired = 0;
        for (size_t i = r->start; i < r->start + r->n; i++)
            if (raw->patch[i] != HG_NO_PATCH)
                place_row(in, raw, i, &repaired);
        if (repaired)
            hg_job_add_note(job, "%s: %zu invalid polygons were repaired",
                            hg_source_name(r->source), repaired);
    }
    return status;
}

hg_status hg_raw_classify(hg_job *job, const hg_intake *in, hg_raw *raw, double halo_m,
                          hg_error *err)
{
    hg_status status = hg_region_classify(in->region, raw->x, raw->y, raw->n, halo_m,
                                          job->control.threads, raw->where, err);
    if (status != HG_OK || !raw->patches)
        return status;
    uint8_t *where = hg_malloc(hg_patches_count(raw->patches), sizeof *where);
    status = where ? hg_patches_classify(raw->patches, in->region, halo_m, &job->control, where, err)
                   : hg_fail_memory(err);
    for (size_t i = 0; i < raw->n && status == HG_OK; i++)
        if (raw->patch[i] != HG_NO_PATCH)
            raw->where[i] = where[raw->patch[i]];
    hg_free(where);
    return status;
}

/* ------------------------------------------------- weighing ---------------------------------- */

static double area_of(const hg_raw *raw, size_t row)
{
    return hg_patches_at(raw->patches, raw->patch[row])->inside.area_m2;
}

double hg_raw_mass(const hg_intake *in, const hg_raw *raw, size_t row)
{
    double w = raw->w ? raw->w[row] : 1.0;
    bool patch = raw->patch && raw->patch[row] != HG_NO_PATCH;
    return patch ? w * area_of(raw, row) / in->polygon_unit_m2 : w;
}

/* Mean area inside the study area, by weight; 0 where nothing weighs. */
static double mean_area(const hg_raw *raw, const uint8_t *reasons)
{
    double area = 0.0, weight = 0.0;
    for (size_t i = 0; i < raw->n; i++) {
        if (raw->patch[i] == HG_NO_PATCH || reasons[i] != HG_ACCEPTED)
            continue;
        double w = raw->w ? raw->w[i] : 1.0;
        area += w * area_of(raw, i);
        weight += w;
    }
    return weight > 0.0 ? area / weight : 0.0;
}

void hg_raw_settle_unit(hg_job *job, hg_intake *in, const hg_raw *raw, const uint8_t *reasons)
{
    bool points = false;
    for (size_t k = 0; k < raw->input_count; k++)
        points |= !hg_source_is_polygons(raw->inputs[k].source);
    in->has_points = points;
    in->polygon_unit_m2 = job->set.polygon_unit_m2;
    in->polygon_unit_rule = "given";
    if (in->polygon_unit_m2 > 0.0)
        return;
    bool mean = points || job->set.polygon_unit_mean;
    double area = mean ? mean_area(raw, reasons) : 0.0;
    in->polygon_unit_m2 = area > 0.0 ? area : 1.0;
    in->polygon_unit_rule = area > 0.0 ? "mean" : "m2";
    if (area > 0.0)
        hg_job_add_note(job,
                        "patches weigh by area: %.6g m2, their mean in the study area, count as one "
                        "incident in density and shares; --polygon-unit sets another area",
                        area);
}
