/* One group from outlines to booked figures. */
#include "engine/audit_parts.h"
#include "base/memory.h"

#include <math.h>

/* 95 % of horizontal errors stay below this multiple of RMSEr (FGDC-STD-007.3-1998). */
static const double ACCURACY_95 = 1.7308;

static double epoch_rmse(const audit_scene *s, uint32_t epoch)
{
    double largest = NAN;
    for (uint32_t i = 0; i < s->patch_count; i++)
        if (scene_patch(s, i)->epoch == epoch)
            largest = fmax(largest, scene_patch(s, i)->rmse_m);
    largest = isnan(largest) ? s->c->epoch_rmse_m[epoch] : largest;
    return isnan(largest) ? 0 : largest;
}

static hg_status find_water(const audit_scene *s, bool *water, hg_error *err)
{
    hg_polygon_hits hits = {0};
    *water = false;
    if (!s->c->in->water_level_m || !s->c->zone_index)
        return HG_OK;
    hg_status status = hg_polygon_index_query(s->c->zone_index, s->box, &hits, err);
    for (size_t k = 0; k < hits.count && status == HG_OK; k++)
        *water |= audit_zone(s->c, hits.items[k].polygon)->kind == HG_ZONE_RIVER;
    hg_free(hits.items);
    return status;
}

/* How far the water's edge moved on the bank between the flights. */
static double water_shift(const hg_land_input *in, uint32_t epoch)
{
    if (!epoch)
        return 0;
    double change = fabs(in->water_level_m[epoch] - in->water_level_m[epoch - 1]);
    return isnan(change) ? 0 : change * in->bank_slope;
}

static hg_status settle_tolerances(audit_scene *s, hg_error *err)
{
    const hg_land_input *in = s->c->in;
    bool water = false;
    hg_status status = find_water(s, &water, err);
    for (uint32_t t = 0; t < s->epochs && status == HG_OK; t++) {
        double before = t ? epoch_rmse(s, t - 1) : 0, now = epoch_rmse(s, t);
        s->tau_m[t] = isnan(in->tolerance_m) ? ACCURACY_95 * hypot(before, now) : in->tolerance_m;
        s->tau_m[t] += water ? water_shift(in, t) : 0;
        s->accept_all[t] = s->tau_m[t] == 0;
    }
    return status;
}

/* What the accepted outline would lose, gain or see in another class, if every difference counted. */
static bool differs(const audit_scene *s, audit_kind kind, size_t label, uint32_t epoch)
{
    const audit_face *f = scene_face(s, label, epoch - 1);
    audit_drawn d = audit_scene_drawn(s, label, epoch);
    if (kind == AUDIT_LOST)
        return f->accepted && d.pick == HG_AUDIT_NONE;
    if (kind == AUDIT_GAINED)
        return !f->accepted && d.pick != HG_AUDIT_NONE;
    if (!f->accepted || d.pick == HG_AUDIT_NONE)
        return false;
    for (size_t k = 0; k < d.patch_count; k++) {
        const hg_land_patch *p = scene_patch(s, d.patches[k]);
        if (p->verdict != HG_VERDICT_REJECTED && p->class_id == f->class_id)
            return false;
    }
    return true;
}

static hg_status add_mask(audit_scene *s, audit_kind kind, uint32_t epoch, uint8_t *chosen,
                          bool *added, hg_error *err)
{
    hg_polygon_mm difference = {0}, mask = {0};
    bool any = false;
    for (size_t label = 1; label < s->labels; label++)
        any |= chosen[label] = differs(s, kind, label, epoch);
    if (!any)
        return HG_OK;
    hg_status status = hg_arrangement_polygon(s->arrangement, chosen, &difference, err);
    if (status == HG_OK && difference.rings)
        status = hg_polygon_mm_opening_mask(&difference, s->tau_m[epoch] / 2, &mask, err);
    if (status == HG_OK && mask.rings) {
        *added = true;
        status = audit_scene_own(s, kind, epoch, &mask, err);
    }
    hg_polygon_mm_dispose(&difference);
    hg_polygon_mm_dispose(&mask);
    return status;
}

static hg_status add_masks(audit_scene *s, uint32_t epoch, bool *added, hg_error *err)
{
    static const audit_kind kinds[] = {AUDIT_LOST, AUDIT_GAINED, AUDIT_RECLASSED};
    *added = false;
    if (s->accept_all[epoch])
        return HG_OK;
    uint8_t *chosen = hg_calloc(s->labels, sizeof *chosen);
    hg_status status = chosen ? HG_OK : hg_fail_memory(err);
    for (size_t k = 0; k < 3 && status == HG_OK; k++)
        status = add_mask(s, kinds[k], epoch, chosen, added, err);
    hg_free(chosen);
    return status;
}

static void step_through(audit_scene *s, uint32_t from, uint32_t to)
{
    for (uint32_t t = from; t <= to; t++)
        audit_faces_step(s, t);
}

/* Epoch by epoch: who continues whom, what differs by more than the tolerance, what is accepted then. */
static hg_status follow(audit_scene *s, hg_error *err)
{
    hg_status status = audit_lineages_step(s, 0, err);
    if (status == HG_OK)
        step_through(s, 0, 0);
    for (uint32_t t = 1; t < s->epochs && status == HG_OK; t++) {
        bool added = false;
        status = audit_lineages_step(s, t, err);
        if (status == HG_OK)
            status = add_masks(s, t, &added, err);
        if (status == HG_OK && added)
            status = audit_scene_arrange(s, err);
        if (status == HG_OK)
            step_through(s, added ? 0 : t, t);
    }
    return status;
}

hg_status audit_group_run(const audit_context *c, const uint32_t *members, size_t n,
                          hg_area_meter *meter, audit_batch *batch, hg_error *err)
{
    audit_scene s = {0};
    hg_status status = audit_scene_init(c, members, n, &s, err);
    if (status == HG_OK)
        status = settle_tolerances(&s, err);
    if (status == HG_OK)
        status = follow(&s, err);
    if (status == HG_OK) {
        audit_faces_judge(&s);
        status = audit_collect(&s, meter, batch, err);
    }
    audit_scene_dispose(&s);
    return status;
}
