/*
 * Which outline of one epoch continues which patch of the epoch before: links where the overlap is at least a
 * tenth of the smaller; the largest overlap keeps the id, ties go to the lowest id. Areas never depend on it.
 */
#include "engine/audit_parts.h"
#include "base/civil.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SEASON_DAYS = 45, LINK_TENTHS = 1 };

uint32_t audit_lineage_now(const audit_scene *s, uint32_t lineage, uint32_t epoch)
{
    while (s->lineages[lineage].merged_into != HG_AUDIT_NONE &&
           s->lineages[lineage].merged_epoch <= epoch)
        lineage = s->lineages[lineage].merged_into;
    return lineage;
}

static uint32_t found_lineage(audit_scene *s, uint32_t local, uint32_t epoch, uint32_t parent)
{
    uint32_t l = (uint32_t)s->lineage_count++;
    s->lineages[l] = (audit_lineage){.founder = local,
                                     .first_epoch = epoch,
                                     .parent = parent,
                                     .merged_into = HG_AUDIT_NONE,
                                     .last_seen = epoch,
                                     .absent_since = HG_AUDIT_NONE,
                                     .patch_at = s->patch_at_block + l * s->epochs,
                                     .absent = s->absent_block + l * s->epochs};
    return l;
}

static void continue_lineage(audit_scene *s, uint32_t lineage, uint32_t local, uint32_t epoch)
{
    s->lineage_of[local] = lineage;
    s->lineages[lineage].patch_at[epoch] = local;
    s->lineages[lineage].last_seen = epoch;
    s->lineages[lineage].absent_since = HG_AUDIT_NONE;
}

typedef struct link {
    uint32_t lineage, local;
    hg_exact area;
} link;

typedef struct overlaps {
    link *links;
    size_t count, capacity;
    hg_exact *lineage_area, *flown_area, *patch_area;
} overlaps;

static void overlaps_dispose(overlaps *o)
{
    hg_free(o->links);
    hg_free(o->lineage_area);
    hg_free(o->flown_area);
    hg_free(o->patch_area);
}

static int by_ends(const void *a, const void *b)
{
    const link *p = a, *q = b;
    if (p->lineage != q->lineage)
        return p->lineage < q->lineage ? -1 : 1;
    return (p->local > q->local) - (p->local < q->local);
}

/* Founders in canonical order are in order of id within an epoch; of several epochs the id decides. */
static int by_overlap(const void *a, const void *b, void *scene)
{
    const audit_scene *s = scene;
    const link *p = a, *q = b;
    if (p->area != q->area)
        return p->area > q->area ? -1 : 1;
    int ids = strcmp(scene_patch(s, s->lineages[p->lineage].founder)->id,
                     scene_patch(s, s->lineages[q->lineage].founder)->id);
    return ids ? ids : by_ends(a, b);
}

static hg_status add_link(overlaps *o, uint32_t lineage, uint32_t local, hg_exact area, hg_error *err)
{
    link *links = hg_grow(o->links, &o->capacity, o->count + 1, sizeof *links);
    if (!links)
        return hg_fail_memory(err);
    o->links = links;
    links[o->count++] = (link){lineage, local, area};
    return HG_OK;
}

static hg_status measure_overlaps(const audit_scene *s, uint32_t epoch, overlaps *o, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t label = 1; label < s->labels && status == HG_OK; label++) {
        hg_exact area = hg_arrangement_planar(s->arrangement, label);
        const audit_face *f = scene_face(s, label, epoch - 1);
        audit_drawn d = audit_scene_drawn(s, label, epoch);
        if (f->accepted) {
            o->lineage_area[f->owner] += area;
            o->flown_area[f->owner] += d.flown ? area : 0;
        }
        for (size_t k = 0; k < d.patch_count && status == HG_OK; k++) {
            o->patch_area[d.patches[k]] += area;
            if (f->accepted)
                status = add_link(o, f->owner, d.patches[k], area, err);
        }
    }
    return status;
}

/* One link a pair of ends, only those that hold, the strongest first. */
static void settle_links(const audit_scene *s, overlaps *o)
{
    if (!o->count)
        return;
    qsort(o->links, o->count, sizeof *o->links, by_ends);
    size_t n = 0;
    for (size_t k = 0; k < o->count; k++)
        if (n && by_ends(&o->links[n - 1], &o->links[k]) == 0)
            o->links[n - 1].area += o->links[k].area;
        else
            o->links[n++] = o->links[k];
    o->count = 0;
    for (size_t k = 0; k < n; k++) {
        hg_exact a = o->lineage_area[o->links[k].lineage], b = o->patch_area[o->links[k].local];
        if (10 * o->links[k].area >= LINK_TENTHS * (a < b ? a : b) && o->links[k].area > 0)
            o->links[o->count++] = o->links[k];
    }
    qsort_r(o->links, o->count, sizeof *o->links, by_overlap, (void *)s);
}

static void assign(audit_scene *s, uint32_t epoch, const overlaps *o)
{
    size_t known = s->lineage_count;
    for (size_t k = 0; k < o->count; k++) {
        const link *l = &o->links[k];
        if (s->lineage_of[l->local] == HG_AUDIT_NONE &&
            s->lineages[l->lineage].patch_at[epoch] == HG_AUDIT_NONE)
            continue_lineage(s, l->lineage, l->local, epoch);
    }
    for (size_t k = 0; k < o->count; k++) {
        const link *l = &o->links[k];
        audit_lineage *old = &s->lineages[l->lineage];
        if (s->lineage_of[l->local] == HG_AUDIT_NONE) {
            uint32_t made = found_lineage(s, l->local, epoch, l->lineage);
            continue_lineage(s, made, l->local, epoch);
        } else if (old->patch_at[epoch] == HG_AUDIT_NONE && old->merged_into == HG_AUDIT_NONE &&
                   s->lineage_of[l->local] < known) {
            old->merged_into = s->lineage_of[l->local];
            old->merged_epoch = epoch;
        }
    }
}

static void found_the_rest(audit_scene *s, uint32_t epoch)
{
    for (uint32_t i = 0; i < s->patch_count; i++)
        if (scene_patch(s, i)->epoch == epoch && s->lineage_of[i] == HG_AUDIT_NONE)
            continue_lineage(s, found_lineage(s, i, epoch, HG_AUDIT_NONE), i, epoch);
}

/* ------------------------------------------------- absences of what is mobile --------------- */

/* Distance in days between two days of the calendar, the years aside. */
static int64_t season_distance(int64_t a, int64_t b)
{
    int month, day;
    int64_t year;
    hg_civil_split(b, &year, &month, &day, NULL, NULL, NULL);
    int64_t best = INT64_MAX, a_year;
    hg_civil_split(a, &a_year, NULL, NULL, NULL, NULL, NULL);
    for (int64_t y = a_year - 1; y <= a_year + 1; y++) {
        int64_t d = (hg_civil_from(y, month, month == 2 && day == 29 ? 28 : day, 0, 0, 0) - a) / 86400;
        d = d < 0 ? -d : d;
        best = d < best ? d : best;
    }
    return best;
}

static bool clears(hg_action_kind kind)
{
    return kind == HG_ACT_VOLUNTARY || kind == HG_ACT_DEMOLITION || kind == HG_ACT_LITIGATION;
}

/* An action that clears, after the patch was last seen and by this epoch. */
static bool cleared_by_action(const audit_scene *s, const audit_lineage *l, uint32_t epoch)
{
    const hg_land_input *in = s->c->in;
    for (uint32_t t = 0; t < epoch; t++) {
        if (l->patch_at[t] == HG_AUDIT_NONE)
            continue;
        size_t first = 0, n = audit_actions_of(s->c, scene_patch(s, l->patch_at[t])->id, &first);
        for (size_t k = 0; k < n; k++) {
            const hg_land_action *a = &in->actions[s->c->action_order[first + k]];
            if (clears(a->kind) && a->date != HG_NO_TIME && a->date >= in->epochs[l->last_seen] &&
                a->date <= in->epochs[epoch])
                return true;
        }
    }
    return false;
}

static bool in_season(const audit_scene *s, const audit_lineage *l, uint32_t epoch)
{
    const int64_t *dates = s->c->in->epochs;
    return season_distance(dates[epoch], dates[l->last_seen]) <= SEASON_DAYS;
}

/* Two absences in a row, one of them in the season in which the patch was last seen. */
static bool absent_twice(const audit_scene *s, const audit_lineage *l, uint32_t epoch)
{
    for (uint32_t t = epoch; t-- > l->last_seen + 1;)
        if (l->absent[t] != AUDIT_SEEN)
            return in_season(s, l, epoch) || in_season(s, l, t);
    return false;
}

static void mark_absences(audit_scene *s, uint32_t epoch, const overlaps *o, size_t known)
{
    for (uint32_t i = 0; i < known; i++) {
        audit_lineage *l = &s->lineages[i];
        uint32_t seen = l->patch_at[l->last_seen];
        bool mobile = s->c->in->classes[scene_patch(s, seen)->class_id].mobile;
        if (!mobile || l->patch_at[epoch] != HG_AUDIT_NONE || l->merged_into != HG_AUDIT_NONE ||
            o->flown_area[i] == 0)
            continue;
        bool confirmed = cleared_by_action(s, l, epoch) || absent_twice(s, l, epoch);
        l->absent[epoch] = confirmed ? AUDIT_ABSENT_CONFIRMED : AUDIT_ABSENT_PENDING;
        if (l->absent_since == HG_AUDIT_NONE)
            l->absent_since = epoch;
    }
}

hg_status audit_lineages_step(audit_scene *s, uint32_t epoch, hg_error *err)
{
    size_t known = s->lineage_count;
    overlaps o = {0};
    hg_status status = HG_OK;
    if (known) {
        o.lineage_area = hg_calloc(known, sizeof *o.lineage_area);
        o.flown_area = hg_calloc(known, sizeof *o.flown_area);
        o.patch_area = hg_calloc(s->patch_count, sizeof *o.patch_area);
        status = o.lineage_area && o.flown_area && o.patch_area
                     ? measure_overlaps(s, epoch, &o, err)
                     : hg_fail_memory(err);
    }
    if (status == HG_OK) {
        settle_links(s, &o);
        assign(s, epoch, &o);
        mark_absences(s, epoch, &o, known);
        found_the_rest(s, epoch);
    }
    overlaps_dispose(&o);
    return status;
}
