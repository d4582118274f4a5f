/* The accepted outline face by face, and what of it encroaches. */
#include "engine/audit_parts.h"

#include <string.h>

static bool is_mobile(const audit_scene *s, uint32_t class_id)
{
    return s->c->in->classes[class_id].mobile;
}

/* A confirmed outline stands as it was drawn; what it leaves out is given up without tolerance. */
static bool owner_confirmed(const audit_scene *s, uint32_t lineage, uint32_t epoch)
{
    uint32_t patch = s->lineages[lineage].patch_at[epoch];
    return patch != HG_AUDIT_NONE && scene_patch(s, patch)->verdict == HG_VERDICT_CONFIRMED;
}

/* A strip that is kept only within error goes along with its patch, should that have become something else. */
static void keep_lost(const audit_scene *s, uint32_t epoch, audit_face *now)
{
    uint32_t patch = s->lineages[now->owner].patch_at[epoch];
    now->within = -1;
    if (patch != HG_AUDIT_NONE)
        now->class_id = scene_patch(s, patch)->class_id;
}

static void step_lost(const audit_scene *s, const audit_drawn *d, uint32_t epoch, audit_face *now)
{
    bool final = d->rejected || owner_confirmed(s, now->owner, epoch);
    uint8_t absent = s->lineages[now->owner].absent[epoch];
    if (!final && is_mobile(s, now->class_id) && absent == AUDIT_ABSENT_PENDING)
        now->carried = true;
    else if (final || d->lost || absent == AUDIT_ABSENT_CONFIRMED)
        now->accepted = false;
    else
        keep_lost(s, epoch, now);
}

static void step_gained(const audit_scene *s, const audit_drawn *d, audit_face *now)
{
    now->owner = s->lineage_of[d->pick];
    now->class_id = scene_patch(s, d->pick)->class_id;
    now->accepted = d->confirmed || d->gained;
    now->within = now->accepted ? 0 : 1;
}

/* Land that stays keeps patch and class as long as an outline there has them. */
static void step_kept(const audit_scene *s, const audit_drawn *d, audit_face *now)
{
    uint32_t owner = HG_AUDIT_NONE;
    bool same_class = false;
    for (size_t k = 0; k < d->patch_count; k++) {
        const hg_land_patch *p = scene_patch(s, d->patches[k]);
        if (p->verdict == HG_VERDICT_REJECTED)
            continue;
        same_class |= p->class_id == now->class_id;
        if (owner == HG_AUDIT_NONE || s->lineage_of[d->patches[k]] == now->owner)
            owner = s->lineage_of[d->patches[k]];
    }
    now->owner = owner;
    if (!same_class && (d->confirmed || d->reclassed))
        now->class_id = scene_patch(s, d->pick)->class_id;
}

static void step_face(const audit_scene *s, const audit_drawn *d, uint32_t epoch, audit_face *now)
{
    now->within = 0;
    now->carried = false;
    if (now->accepted)
        now->owner = audit_lineage_now(s, now->owner, epoch);
    if (!d->flown)
        now->carried = now->accepted;
    else if (now->accepted && d->pick == HG_AUDIT_NONE)
        step_lost(s, d, epoch, now);
    else if (!now->accepted && d->pick != HG_AUDIT_NONE)
        step_gained(s, d, now);
    else if (now->accepted)
        step_kept(s, d, now);
}

void audit_faces_step(audit_scene *s, uint32_t epoch)
{
    for (size_t label = 1; label < s->labels; label++) {
        audit_drawn d = audit_scene_drawn(s, label, epoch);
        audit_face now = {0};
        if (epoch)
            now = *scene_face(s, label, epoch - 1);
        step_face(s, &d, epoch, &now);
        if (!epoch && now.within > 0) { /* the first outline is taken as it is */
            now.accepted = true;
            now.within = 0;
        }
        *scene_face(s, label, epoch) = now;
    }
}

/* ------------------------------------------------- zones and permits ------------------------- */

static bool in_force(int64_t from, int64_t to, int64_t date)
{
    return (from == HG_NO_TIME || from <= date) && (to == HG_NO_TIME || date < to);
}

static bool allows_class(const hg_land_permit *p, uint32_t class_id)
{
    for (size_t k = 0; k < p->class_count; k++)
        if (p->classes[k] == class_id)
            return true;
    return p->class_count == 0;
}

/* The occupant last named by an outline of the lineage; NULL = never. */
static const char *occupant_of(const audit_scene *s, uint32_t lineage, uint32_t epoch)
{
    const audit_lineage *l = &s->lineages[lineage];
    for (uint32_t t = epoch + 1; t-- > 0;)
        if (l->patch_at[t] != HG_AUDIT_NONE && scene_patch(s, l->patch_at[t])->occupant)
            return scene_patch(s, l->patch_at[t])->occupant;
    return NULL;
}

static void judge_permit(const audit_scene *s, const hg_land_permit *p, uint32_t epoch,
                         audit_face *f)
{
    int64_t date = s->c->in->epochs[epoch];
    bool is_signed = p->signed_on == HG_NO_TIME || p->signed_on <= date;
    if (!is_signed || !in_force(p->valid_from, p->valid_to, date) || !allows_class(p, f->class_id))
        return;
    const char *occupant = p->holder ? occupant_of(s, f->owner, epoch) : NULL;
    if (!p->holder || (occupant && strcmp(occupant, p->holder) == 0))
        f->authorised = true;
    else if (!occupant)
        f->pending = true;
}

static void judge_object(const audit_scene *s, const audit_object *o, uint32_t epoch, audit_face *f)
{
    if (o->kind == AUDIT_PERMIT) {
        judge_permit(s, &s->c->in->permits[o->item], epoch, f);
    } else if (o->kind == AUDIT_ZONE && o->item < f->zone) {
        const hg_land_zone *z = audit_zone(s->c, o->item);
        if (in_force(z->valid_from, z->valid_to, s->c->in->epochs[epoch]))
            f->zone = o->item;
    }
}

/* Back-paid rent counts from its date on, where the town counts it at all. */
static bool rent_paid(const audit_scene *s, uint32_t lineage, uint32_t epoch)
{
    const hg_land_input *in = s->c->in;
    const audit_lineage *l = &s->lineages[lineage];
    for (uint32_t t = 0; in->rent_recovers && t < s->epochs; t++) {
        if (l->patch_at[t] == HG_AUDIT_NONE)
            continue;
        size_t first = 0, n = audit_actions_of(s->c, scene_patch(s, l->patch_at[t])->id, &first);
        for (size_t k = 0; k < n; k++) {
            const hg_land_action *a = &in->actions[s->c->action_order[first + k]];
            if (a->kind == HG_ACT_RENT && a->date != HG_NO_TIME && a->date <= in->epochs[epoch])
                return true;
        }
    }
    return false;
}

static void judge_face(const audit_scene *s, const uint32_t *cover, size_t n, uint32_t epoch,
                       audit_face *f)
{
    f->zone = HG_AUDIT_NONE;
    f->authorised = f->pending = f->encroached = false;
    if (!f->accepted && f->within <= 0)
        return;
    for (size_t k = 0; k < n; k++)
        judge_object(s, &s->objects[cover[k]], epoch, f);
    for (size_t k = 0; k < s->whole_count; k++)
        judge_object(s, &s->whole[k], epoch, f);
    f->authorised = f->authorised || rent_paid(s, f->owner, epoch);
    f->pending = f->pending && !f->authorised;
    f->encroached = f->accepted && f->zone != HG_AUDIT_NONE && !f->authorised;
}

void audit_faces_judge(audit_scene *s)
{
    for (size_t label = 1; label < s->labels; label++) {
        size_t n = 0;
        const uint32_t *cover = hg_arrangement_cover(s->arrangement, label, &n);
        bool cleared = false;
        for (uint32_t t = 0; t < s->epochs; t++) {
            audit_face *f = scene_face(s, label, t);
            judge_face(s, cover, n, t, f);
            f->cleared_before = cleared;
            const audit_face *before = t ? f - 1 : NULL;
            cleared |= before && before->encroached && !f->accepted;
        }
    }
}
