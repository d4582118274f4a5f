/* From rows by role to outlines on the lattice: what the engine audits. */
#include "job/audit.h"
#include "base/civil.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_A_PIECE = 1024 };

/* ------------------------------------------------- outlines --------------------------------- */

/* A row whose outline was mended, or of which nothing is left. */
typedef struct finding {
    size_t row;
    bool refused;
    char why[96];
    hg_repair repair;
} finding;

typedef struct findings {
    finding *items;
    size_t count, capacity;
} findings;

typedef struct reading {
    const hg_shapes *shapes;
    hg_polygon_mm *outlines;
    findings *pieces; /* one a piece of rows */
} reading;

static hg_status add_finding(findings *f, const finding *item, hg_error *err)
{
    finding *items = hg_grow(f->items, &f->capacity, f->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    f->items = items;
    items[f->count++] = *item;
    return HG_OK;
}

/* An arrangement holds 1,000 km: room for several that touch each other. */
static bool is_too_wide(const hg_polygon_mm *p)
{
    static const int64_t most_mm = 200000000;
    return p->box[2] - p->box[0] > most_mm || p->box[3] - p->box[1] > most_mm;
}

static hg_status read_row(reading *r, hg_polygon_reader *reader, size_t row, findings *found,
                          hg_error *err)
{
    hg_error why = {HG_OK, ""};
    finding f = {.row = row};
    hg_status status = hg_polygon_reader_read(reader, r->shapes, row, &r->outlines[row], &f.repair, &why);
    if (status == HG_ENOMEM)
        return hg_fail_memory(err);
    const hg_polygon_mm *outline = &r->outlines[row];
    bool none = status == HG_OK && !outline->rings, wide = status == HG_OK && !none && is_too_wide(outline);
    f.refused = status != HG_OK || none || wide;
    if (f.refused)
        snprintf(f.why, sizeof f.why, "%s",
                 status != HG_OK    ? why.message
                 : wide             ? "more than 200 km across"
                 : f.repair.invalid ? f.repair.reason
                                    : "no area");
    if (wide)
        hg_polygon_mm_dispose(&r->outlines[row]);
    return f.refused || f.repair.invalid ? add_finding(found, &f, err) : HG_OK;
}

static hg_status read_piece(void *context, size_t piece, hg_error *err)
{
    reading *r = context;
    size_t from = piece * ROWS_A_PIECE, to = from + ROWS_A_PIECE;
    to = to < r->shapes->count ? to : r->shapes->count;
    hg_polygon_reader *reader = NULL;
    hg_status status = hg_polygon_reader_new(&reader, err);
    for (size_t row = from; row < to && status == HG_OK; row++)
        status = read_row(r, reader, row, &r->pieces[piece], err);
    hg_polygon_reader_free(reader);
    return status;
}

bool hg_audit_repair_add(hg_auditing *a, const hg_audit_repair *repair)
{
    hg_audit_repair *repairs =
        hg_grow(a->repairs, &a->repair_capacity, a->repair_count + 1, sizeof *repairs);
    if (!repairs)
        return false;
    a->repairs = repairs;
    repairs[a->repair_count++] = *repair;
    return true;
}

static hg_status refuse(hg_auditing *a, const finding *f, hg_audit_origin origin, hg_error *err)
{
    char value[160];
    if (isfinite(f->repair.x) && isfinite(f->repair.y) && f->repair.invalid)
        snprintf(value, sizeof value, "%s at %.3f %.3f, %.3f m2", f->why, f->repair.x, f->repair.y,
                 f->repair.area_before);
    else
        snprintf(value, sizeof value, "%s", f->why);
    hg_input_facts *facts = &a->in.facts[origin.input];
    facts->accepted--;
    facts->rejected++;
    return hg_rejects_add(&a->in.rejects, origin.input, origin.row, HG_BAD_GEOMETRY, value, err);
}

typedef struct rows {
    hg_shapes *shapes; /* let go once they are outlines */
    const hg_audit_origin *(*origin)(const hg_auditing *a, size_t epoch, size_t row);
    const char *(*id)(const hg_auditing *a, size_t epoch, size_t row);
    size_t epoch;
} rows;

static hg_status report(hg_auditing *a, const rows *what, const reading *r, size_t pieces,
                        hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t p = 0; p < pieces; p++)
        for (size_t k = 0; k < r->pieces[p].count && status == HG_OK; k++) {
            const finding *f = &r->pieces[p].items[k];
            hg_audit_origin origin = *what->origin(a, what->epoch, f->row);
            hg_audit_repair repair = {origin, what->id(a, what->epoch, f->row), f->repair};
            if (f->repair.invalid && !hg_audit_repair_add(a, &repair))
                status = hg_fail_memory(err);
            if (status == HG_OK && f->refused)
                status = refuse(a, f, origin, err);
        }
    return status;
}

/* Outlines of all rows; those of refused rows are empty. */
static hg_status read_outlines(hg_job *job, hg_auditing *a, const rows *what, hg_polygon_mm *outlines,
                               hg_error *err)
{
    size_t pieces = (what->shapes->count + ROWS_A_PIECE - 1) / ROWS_A_PIECE;
    reading r = {what->shapes, outlines, hg_calloc(pieces + 1, sizeof *r.pieces)};
    if (!r.pieces)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(pieces, job->control.threads, read_piece, &r, err);
    if (status == HG_OK)
        status = report(a, what, &r, pieces, err);
    for (size_t p = 0; p < pieces; p++)
        hg_free(r.pieces[p].items);
    hg_free(r.pieces);
    hg_shapes_dispose(what->shapes);
    return status;
}

static const hg_audit_origin *zone_origin(const hg_auditing *a, size_t epoch, size_t row)
{
    (void)epoch;
    return &a->in.zones[row].origin;
}

static const char *zone_name(const hg_auditing *a, size_t epoch, size_t row)
{
    (void)epoch;
    return hg_pool_text(a->in.pool, a->in.zones[row].id);
}

static const hg_audit_origin *permit_origin(const hg_auditing *a, size_t epoch, size_t row)
{
    (void)epoch;
    return &a->in.permits[row].origin;
}

static const char *permit_name(const hg_auditing *a, size_t epoch, size_t row)
{
    (void)epoch;
    return hg_pool_text(a->in.pool, a->in.permits[row].id);
}

static const hg_audit_origin *patch_origin(const hg_auditing *a, size_t epoch, size_t row)
{
    return &a->in.epochs[epoch].patches[row].origin;
}

static const char *patch_name(const hg_auditing *a, size_t epoch, size_t row)
{
    return hg_pool_text(a->in.pool, a->in.epochs[epoch].patches[row].id);
}

static const hg_audit_origin *coverage_origin(const hg_auditing *a, size_t epoch, size_t row)
{
    return &a->in.epochs[epoch].coverage_origin[row];
}

static const char *no_name(const hg_auditing *a, size_t epoch, size_t row)
{
    (void)a, (void)epoch, (void)row;
    return NULL;
}

/* ------------------------------------------------- roles ------------------------------------- */

static hg_status make_zones(hg_job *job, hg_auditing *a, hg_error *err)
{
    size_t n = a->in.zone_count;
    a->zones = hg_calloc(n + 1, sizeof *a->zones);
    a->zone_outlines = hg_calloc(n + 1, sizeof *a->zone_outlines);
    if (!a->zones || !a->zone_outlines)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        a->zones[i] = (hg_land_zone){.id = hg_pool_text(a->in.pool, a->in.zones[i].id),
                                     .kind = a->in.zones[i].kind,
                                     .priority = a->in.zones[i].priority,
                                     .valid_from = a->in.zones[i].valid_from,
                                     .valid_to = a->in.zones[i].valid_to};
    a->land.zone_count = n;
    rows what = {&a->in.zone_shapes, zone_origin, zone_name, 0};
    hg_status status = read_outlines(job, a, &what, a->zone_outlines, err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        if (a->zone_outlines[i].rings)
            return HG_OK;
    return status == HG_OK ? hg_audit_no_zone(&a->in, err) : status;
}

static hg_status make_permits(hg_job *job, hg_auditing *a, hg_error *err)
{
    size_t n = a->in.permit_count;
    a->permits = hg_calloc(n + 1, sizeof *a->permits);
    a->permit_outlines = hg_calloc(n + 1, sizeof *a->permit_outlines);
    a->permit_classes = hg_calloc(a->in.permit_class_count + 1, sizeof *a->permit_classes);
    if (!a->permits || !a->permit_outlines || !a->permit_classes)
        return hg_fail_memory(err);
    for (size_t k = 0; k < a->in.permit_class_count; k++)
        a->permit_classes[k] = a->in.permit_classes[k];
    for (size_t i = 0; i < n; i++) {
        const hg_audit_permit *p = &a->in.permits[i];
        a->permits[i] = (hg_land_permit){.id = hg_pool_text(a->in.pool, p->id),
                                         .holder = hg_pool_text(a->in.pool, p->holder),
                                         .classes = a->permit_classes + p->first_class,
                                         .class_count = p->class_count,
                                         .signed_on = p->signed_on,
                                         .valid_from = p->valid_from,
                                         .valid_to = p->valid_to};
    }
    a->land.permit_count = n;
    rows what = {&a->in.permit_shapes, permit_origin, permit_name, 0};
    return read_outlines(job, a, &what, a->permit_outlines, err);
}

static void make_patch(hg_auditing *a, size_t epoch, size_t row, size_t at)
{
    const hg_audit_patch *p = &a->in.epochs[epoch].patches[row];
    a->patches[at] = (hg_land_patch){.id = hg_pool_text(a->in.pool, p->id),
                                     .occupant = hg_pool_text(a->in.pool, p->occupant),
                                     .epoch = (uint32_t)epoch,
                                     .class_id = p->class_number,
                                     .rmse_m = p->rmse_m,
                                     .verdict = (hg_verdict)p->verdict};
    a->patch_origins[at] = p->origin;
    a->count[at] = p->count;
    a->tonnes[at] = p->tonnes;
}

static hg_status make_patches(hg_job *job, hg_auditing *a, hg_error *err)
{
    size_t n = 0;
    for (size_t t = 0; t < a->in.epoch_count; t++)
        n += a->in.epochs[t].count;
    a->patch_room = n;
    a->patches = hg_calloc(n + 1, sizeof *a->patches);
    a->patch_outlines = hg_calloc(n + 1, sizeof *a->patch_outlines);
    a->patch_origins = hg_calloc(n + 1, sizeof *a->patch_origins);
    a->count = hg_calloc(n + 1, sizeof *a->count);
    a->tonnes = hg_calloc(n + 1, sizeof *a->tonnes);
    if (!a->patches || !a->patch_outlines || !a->patch_origins || !a->count || !a->tonnes)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (size_t t = 0; t < a->in.epoch_count && status == HG_OK; t++) {
        rows what = {&a->in.epochs[t].shapes, patch_origin, patch_name, t};
        for (size_t i = 0; i < a->in.epochs[t].count; i++)
            make_patch(a, t, i, a->land.patch_count + i);
        status = read_outlines(job, a, &what, a->patch_outlines + a->land.patch_count, err);
        a->land.patch_count += a->in.epochs[t].count;
    }
    return status;
}

static hg_status make_coverages(hg_job *job, hg_auditing *a, hg_error *err)
{
    size_t n = 0;
    for (size_t t = 0; t < a->in.epoch_count; t++)
        n += a->in.epochs[t].coverage.count;
    a->coverage_room = n;
    a->coverage_outlines = hg_calloc(n + 1, sizeof *a->coverage_outlines);
    a->coverage_epoch = hg_calloc(n + 1, sizeof *a->coverage_epoch);
    if (!a->coverage_outlines || !a->coverage_epoch)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (size_t t = 0; t < a->in.epoch_count && status == HG_OK; t++) {
        rows what = {&a->in.epochs[t].coverage, coverage_origin, no_name, t};
        size_t count = what.shapes->count;
        for (size_t i = 0; i < count; i++)
            a->coverage_epoch[a->land.coverage_count + i] = (uint32_t)t;
        status = read_outlines(job, a, &what, a->coverage_outlines + a->land.coverage_count, err);
        a->land.coverage_count += count;
    }
    return status;
}

static hg_status make_actions(hg_auditing *a, hg_error *err)
{
    size_t n = a->in.action_count;
    a->actions = hg_calloc(n + 1, sizeof *a->actions);
    a->terms = hg_calloc(n + 1, sizeof *a->terms);
    if (!a->actions || !a->terms)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const hg_audit_action *x = &a->in.actions[i];
        a->actions[i] = (hg_land_action){hg_pool_text(a->in.pool, x->patch_id), x->kind, x->date, x->claimed_m2};
        a->terms[i] = (hg_action_terms){x->deadline, x->proof != HG_NO_TEXT};
    }
    a->land.action_count = n;
    return HG_OK;
}

/* The water's level at each flight, NaN where the class map does not say. */
static hg_status make_levels(hg_auditing *a, hg_error *err)
{
    if (!a->map.level_count)
        return HG_OK;
    a->water_level_m = hg_malloc(a->in.epoch_count + 1, sizeof *a->water_level_m);
    if (!a->water_level_m)
        return hg_fail_memory(err);
    for (size_t t = 0; t < a->in.epoch_count; t++)
        a->water_level_m[t] = hg_class_map_level_m(&a->map, a->epochs[t]);
    return HG_OK;
}

static hg_status make_frame(hg_auditing *a, hg_error *err)
{
    a->classes = hg_calloc(a->map.class_count + 1, sizeof *a->classes);
    a->epochs = hg_calloc(a->in.epoch_count + 1, sizeof *a->epochs);
    a->epoch_texts = hg_calloc(a->in.epoch_count + 1, sizeof *a->epoch_texts);
    if (!a->classes || !a->epochs || !a->epoch_texts)
        return hg_fail_memory(err);
    for (size_t k = 0; k < a->map.class_count; k++)
        a->classes[k] = (hg_land_class){a->map.classes[k].name, a->map.classes[k].mobile};
    for (size_t t = 0; t < a->in.epoch_count; t++) {
        a->epochs[t] = a->in.epochs[t].date;
        hg_civil_text(a->epochs[t], a->epoch_texts[t]);
        a->epoch_texts[t][10] = '\0';
    }
    return make_levels(a, err);
}

static void connect(const hg_job *job, hg_auditing *a)
{
    hg_land_input *l = &a->land;
    l->zones = a->zones;
    l->zone_outlines = a->zone_outlines;
    l->permits = a->permits;
    l->permit_outlines = a->permit_outlines;
    l->patches = a->patches;
    l->patch_outlines = a->patch_outlines;
    l->coverage_epoch = a->coverage_epoch;
    l->coverage_outlines = a->coverage_outlines;
    l->actions = a->actions;
    l->classes = a->classes;
    l->class_count = a->map.class_count;
    l->epochs = a->epochs;
    l->epoch_count = a->in.epoch_count;
    l->tolerance_m = job->set.audit.tolerance_m;
    l->water_level_m = a->water_level_m;
    l->bank_slope = a->map.bank_slope;
    l->rent_recovers = a->map.rent_counts_as_recovered;
    l->crs = a->in.crs;
    l->area_mode = job->set.audit.area_mode;
}

hg_status hg_audit_land_make(hg_job *job, hg_auditing *a, hg_error *err)
{
    hg_status status = make_frame(a, err);
    if (status == HG_OK)
        status = make_zones(job, a, err);
    if (status == HG_OK)
        status = make_permits(job, a, err);
    if (status == HG_OK)
        status = make_patches(job, a, err);
    if (status == HG_OK)
        status = make_coverages(job, a, err);
    if (status == HG_OK)
        status = make_actions(a, err);
    if (status == HG_OK) {
        hg_rejects_sort(&a->in.rejects);
        connect(job, a);
    }
    return status;
}
