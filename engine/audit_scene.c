/* The arrangement of one group: what is in it, and what lies on each of its faces. */
#include "engine/audit_parts.h"
#include "base/memory.h"

#include <string.h>

/* Beyond what noding can move a face: what has no edge in this box is constant over the group. */
enum { CONTEXT_MM = 10 };

static hg_status add_object(audit_scene *s, audit_object object, const hg_polygon_mm *polygon,
                            hg_error *err)
{
    audit_object *objects =
        hg_grow(s->objects, &s->object_capacity, s->object_count + 1, sizeof *objects);
    if (!objects)
        return hg_fail_memory(err);
    s->objects = objects;
    const hg_polygon_mm **polygons =
        hg_grow(s->polygons, &s->polygon_capacity, s->object_count + 1, sizeof *polygons);
    if (!polygons)
        return hg_fail_memory(err);
    s->polygons = polygons;
    objects[s->object_count] = object;
    polygons[s->object_count++] = polygon;
    return HG_OK;
}

static hg_status add_whole(audit_scene *s, audit_object object, hg_error *err)
{
    audit_object *whole = hg_grow(s->whole, &s->whole_capacity, s->whole_count + 1, sizeof *whole);
    if (!whole)
        return hg_fail_memory(err);
    s->whole = whole;
    whole[s->whole_count++] = object;
    return HG_OK;
}

hg_status audit_scene_own(audit_scene *s, audit_kind kind, uint32_t epoch, hg_polygon_mm *polygon,
                          hg_error *err)
{
    hg_polygon_mm **owned = hg_grow(s->owned, &s->owned_capacity, s->owned_count + 1, sizeof *owned);
    if (!owned)
        return hg_fail_memory(err);
    s->owned = owned;
    hg_polygon_mm *copy = hg_malloc(1, sizeof *copy);
    if (!copy)
        return hg_fail_memory(err);
    *copy = *polygon;
    *polygon = (hg_polygon_mm){0};
    owned[s->owned_count++] = copy;
    return add_object(s, (audit_object){.kind = kind, .epoch = epoch}, copy, err);
}

/* A polygon with edges in the group goes into the arrangement, cut down to the neighbourhood. */
static hg_status add_near(audit_scene *s, audit_object object, const hg_polygon_index *index,
                          hg_error *err)
{
    hg_polygon_mm near = {0};
    hg_status status = hg_polygon_index_near(index, object.item, s->box, &near, err);
    if (status == HG_OK)
        status = audit_scene_own(s, object.kind, object.epoch, &near, err);
    if (status == HG_OK)
        s->objects[s->object_count - 1] = object;
    hg_polygon_mm_dispose(&near);
    return status;
}

/* Everything of one index that shares a point with the group's box. */
static hg_status add_around(audit_scene *s, audit_kind kind, const hg_polygon_index *index, hg_error *err)
{
    hg_polygon_hits hits = {0};
    if (!index)
        return HG_OK;
    hg_status status = hg_polygon_index_query(index, s->box, &hits, err);
    for (size_t k = 0; k < hits.count && status == HG_OK; k++) {
        uint32_t item = hits.items[k].polygon;
        audit_object object = {.kind = kind, .item = item, .whole = !hits.items[k].crosses};
        if (kind == AUDIT_COVERAGE)
            object.epoch = s->c->in->coverage_epoch[item];
        status = object.whole ? add_whole(s, object, err) : add_near(s, object, index, err);
    }
    hg_free(hits.items);
    return status;
}

static void find_box(audit_scene *s)
{
    memcpy(s->box, s->c->patches[s->members[0]].box, sizeof s->box);
    for (uint32_t i = 1; i < s->patch_count; i++) {
        const int64_t *b = s->c->patches[s->members[i]].box;
        for (int k = 0; k < 2; k++) {
            s->box[k] = b[k] < s->box[k] ? b[k] : s->box[k];
            s->box[k + 2] = b[k + 2] > s->box[k + 2] ? b[k + 2] : s->box[k + 2];
        }
    }
    for (int k = 0; k < 2; k++) {
        s->box[k] -= CONTEXT_MM;
        s->box[k + 2] += CONTEXT_MM;
    }
}

/* Room for what every group needs: at most one lineage a patch, with its record of each epoch. */
static hg_status reserve(audit_scene *s, hg_error *err)
{
    size_t n = s->patch_count, t = s->epochs;
    s->lineages = hg_malloc(n, sizeof *s->lineages);
    s->lineage_of = hg_malloc(n, sizeof *s->lineage_of);
    s->patch_at_block = hg_malloc(n * t, sizeof *s->patch_at_block);
    s->absent_block = hg_calloc(n * t, sizeof *s->absent_block);
    s->accept_all = hg_calloc(t, sizeof *s->accept_all);
    s->tau_m = hg_calloc(t, sizeof *s->tau_m);
    bool got = s->lineages && s->lineage_of && s->patch_at_block && s->absent_block &&
               s->accept_all && s->tau_m;
    if (!got)
        return hg_fail_memory(err);
    s->lineage_capacity = n;
    for (size_t k = 0; k < n * t; k++)
        s->patch_at_block[k] = HG_AUDIT_NONE;
    for (size_t k = 0; k < n; k++)
        s->lineage_of[k] = HG_AUDIT_NONE;
    return HG_OK;
}

hg_status audit_scene_arrange(audit_scene *s, hg_error *err)
{
    hg_arrangement *made = NULL;
    hg_status status = hg_arrangement_new(s->polygons, s->object_count, &made, err);
    if (status != HG_OK)
        return status;
    hg_arrangement_free(s->arrangement);
    s->arrangement = made;
    s->labels = hg_arrangement_labels(made);
    hg_free(s->faces);
    s->faces = hg_calloc(s->labels, s->epochs * sizeof *s->faces);
    return s->faces ? HG_OK : hg_fail_memory(err);
}

hg_status audit_scene_init(const audit_context *c, const uint32_t *members, size_t n, audit_scene *s,
                           hg_error *err)
{
    *s = (audit_scene){.c = c, .members = members, .patch_count = (uint32_t)n,
                       .epochs = c->in->epoch_count};
    find_box(s);
    hg_status status = reserve(s, err);
    for (uint32_t i = 0; i < n && status == HG_OK; i++)
        status = add_object(s,
                            (audit_object){.kind = AUDIT_PATCH,
                                           .epoch = audit_patch(c, members[i])->epoch,
                                           .item = i},
                            &c->patches[members[i]], err);
    if (status == HG_OK)
        status = add_around(s, AUDIT_COVERAGE, c->coverage_index, err);
    if (status == HG_OK)
        status = add_around(s, AUDIT_ZONE, c->zone_index, err);
    if (status == HG_OK)
        status = add_around(s, AUDIT_PERMIT, c->permit_index, err);
    return status == HG_OK ? audit_scene_arrange(s, err) : status;
}

void audit_scene_dispose(audit_scene *s)
{
    for (size_t k = 0; k < s->owned_count; k++) {
        hg_polygon_mm_dispose(s->owned[k]);
        hg_free(s->owned[k]);
    }
    hg_free(s->owned);
    hg_free(s->objects);
    hg_free(s->polygons);
    hg_free(s->whole);
    hg_free(s->accept_all);
    hg_free(s->tau_m);
    hg_free(s->faces);
    hg_free(s->lineages);
    hg_free(s->lineage_of);
    hg_free(s->patch_at_block);
    hg_free(s->absent_block);
    hg_arrangement_free(s->arrangement);
    *s = (audit_scene){0};
}

static void note_object(audit_drawn *d, const audit_object *o, uint32_t epoch)
{
    if (o->epoch != epoch)
        return;
    d->flown |= o->kind == AUDIT_COVERAGE;
    d->lost |= o->kind == AUDIT_LOST;
    d->gained |= o->kind == AUDIT_GAINED;
    d->reclassed |= o->kind == AUDIT_RECLASSED;
}

static void note_patch(audit_drawn *d, const audit_scene *s, uint32_t local)
{
    hg_verdict verdict = scene_patch(s, local)->verdict;
    if (verdict == HG_VERDICT_REJECTED) {
        d->rejected = true;
        return;
    }
    d->confirmed |= verdict == HG_VERDICT_CONFIRMED;
    if (d->pick == HG_AUDIT_NONE)
        d->pick = local;
}

/* The patches come first in a cover, epoch by epoch, for that is the order of the objects. */
audit_drawn audit_scene_drawn(const audit_scene *s, size_t label, uint32_t epoch)
{
    size_t n = 0, k = 0;
    const uint32_t *cover = hg_arrangement_cover(s->arrangement, label, &n);
    audit_drawn d = {.pick = HG_AUDIT_NONE, .flown = !s->c->epoch_covered[epoch]};
    while (k < n && cover[k] < s->patch_count && s->objects[cover[k]].epoch < epoch)
        k++;
    d.patches = cover + k;
    for (; k < n && cover[k] < s->patch_count && s->objects[cover[k]].epoch == epoch; k++)
        note_patch(&d, s, cover[k]);
    d.patch_count = (size_t)(cover + k - d.patches);
    while (k < n && cover[k] < s->patch_count)
        k++;
    for (; k < n; k++)
        note_object(&d, &s->objects[cover[k]], epoch);
    for (size_t w = 0; w < s->whole_count; w++)
        note_object(&d, &s->whole[w], epoch);
    d.lost |= s->accept_all[epoch];
    d.gained |= s->accept_all[epoch];
    d.reclassed |= s->accept_all[epoch];
    return d;
}
