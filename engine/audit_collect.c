/* From judged faces to what the audit books: pieces, flows, balances. */
#include "engine/audit_parts.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One label at one epoch under the key it is booked by. */
typedef struct tag {
    uint32_t epoch, lineage, zone, class_id, from_zone, from_class;
    hg_change change;
    uint32_t label;
} tag;

typedef struct tags {
    tag *items;
    size_t count, capacity;
} tags;

typedef struct collector {
    audit_scene *s;
    audit_batch *batch;
    hg_exact *area; /* of each label, in the run's area mode */
    uint32_t base;  /* number of the group's first lineage within the batch */
    uint32_t *region;
} collector;

static hg_status add_tag(tags *t, tag item, hg_error *err)
{
    tag *items = hg_grow(t->items, &t->capacity, t->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    t->items = items;
    items[t->count++] = item;
    return HG_OK;
}

#define COMPARE(member)                                                                            \
    if (p->member != q->member)                                                                    \
    return p->member < q->member ? -1 : 1

static int by_piece(const tag *p, const tag *q)
{
    COMPARE(epoch);
    COMPARE(lineage);
    COMPARE(zone);
    return 0;
}

static int by_piece_label(const void *a, const void *b)
{
    const tag *p = a, *q = b;
    int order = by_piece(p, q);
    if (order)
        return order;
    COMPARE(class_id);
    COMPARE(label);
    return 0;
}

static int by_flow(const tag *p, const tag *q)
{
    int order = by_piece(p, q);
    if (order)
        return order;
    COMPARE(class_id);
    COMPARE(change);
    COMPARE(from_zone);
    COMPARE(from_class);
    return 0;
}

static int by_flow_label(const void *a, const void *b)
{
    const tag *p = a, *q = b;
    int order = by_flow(p, q);
    if (order)
        return order;
    COMPARE(label);
    return 0;
}

#undef COMPARE

static size_t run_end(const tags *t, size_t from, int (*compare)(const tag *, const tag *))
{
    size_t to = from + 1;
    while (to < t->count && compare(&t->items[from], &t->items[to]) == 0)
        to++;
    return to;
}

/*
 * Outlines of the runs of one epoch, tags from … to - 1, into polygon(k) of the k-th run. The labels of an epoch
 * are in one run each, so one pass over the arrangement draws them all.
 */
static hg_status draw_runs(collector *c, const tags *t, size_t from, size_t to,
                           int (*compare)(const tag *, const tag *), hg_polygon_mm **out,
                           size_t *runs, hg_error *err)
{
    size_t n = 0;
    for (size_t k = 0; k < c->s->labels; k++)
        c->region[k] = UINT32_MAX;
    for (size_t k = from, end; k < to; k = end, n++) {
        end = run_end(t, k, compare);
        for (size_t i = k; i < end; i++)
            c->region[t->items[i].label] = (uint32_t)n;
    }
    hg_polygon_mm *drawn = hg_calloc(n, sizeof *drawn);
    hg_status status = drawn ? hg_arrangement_regions(c->s->arrangement, c->region, n, drawn, err)
                             : hg_fail_memory(err);
    if (status == HG_OK) {
        *out = drawn;
        *runs = n;
    } else {
        hg_free(drawn);
    }
    return status;
}

static size_t epoch_end(const tags *t, size_t from)
{
    size_t to = from;
    while (to < t->count && t->items[to].epoch == t->items[from].epoch)
        to++;
    return to;
}

/* ------------------------------------------------- pieces ------------------------------------ */

static void sum_piece(const collector *c, const tags *t, size_t from, size_t to, hg_audit_piece *p)
{
    hg_exact largest = -1, of_class = 0;
    for (size_t k = from; k < to; k++) {
        const tag *g = &t->items[k];
        const audit_face *f = scene_face(c->s, g->label, g->epoch);
        hg_exact area = c->area[g->label];
        p->area += area;
        p->planar += hg_arrangement_planar(c->s->arrangement, g->label);
        p->carried += f->carried ? area : 0;
        p->pending += f->pending ? area : 0;
        of_class = k > from && g->class_id == g[-1].class_id ? of_class + area : area;
        if (of_class > largest) {
            largest = of_class;
            p->class_id = g->class_id;
        }
    }
}

/* Corners that point into the polygon; its land lies left of every ring. */
static size_t count_reflex(const hg_polygon_mm *p)
{
    size_t reflex = 0;
    for (size_t r = 0; r < p->rings; r++) {
        const int64_t *xy = p->xy + 2 * p->ring_start[r];
        size_t n = p->ring_start[r + 1] - p->ring_start[r] - 1;
        for (size_t i = 0; i < n; i++) {
            const int64_t *a = xy + 2 * i, *b = a + 2, *c = xy + 2 * ((i + 2) % n);
            hg_exact turn = (hg_exact)(b[0] - a[0]) * (c[1] - b[1]) - (hg_exact)(b[1] - a[1]) * (c[0] - b[0]);
            reflex += turn < 0;
        }
    }
    return reflex;
}

/*
 * A bound from below for the largest circle. All land lies within its radius r of the boundary, so the area is at
 * most that of strips along the sides and sectors at the reflex corners: A <= P r + k pi r^2 / 2.
 */
static double least_diameter(const hg_audit_piece *p)
{
    double area = hg_exact_m2(p->planar), perimeter = hg_polygon_mm_perimeter_m(&p->outline);
    double sectors = (double)count_reflex(&p->outline) * M_PI;
    if (!(perimeter > 0))
        return 0;
    return 4 * area / (perimeter + sqrt(perimeter * perimeter + 2 * sectors * area));
}

static hg_status judge_width(hg_audit_piece *p, hg_error *err)
{
    const int64_t *b = p->outline.box;
    double tau = p->tolerance_m, diameter = least_diameter(p);
    double most = fmin((double)(b[2] - b[0]), (double)(b[3] - b[1])) / 1000;
    hg_status status = HG_OK;
    if (tau > 0 && diameter <= 2 * tau && most > tau)
        status = hg_polygon_mm_inscribed(&p->outline, tau / 50, &diameter, err);
    p->certain = diameter > 2 * tau;
    p->probable = diameter > tau;
    return status;
}

static hg_status add_piece(collector *c, const tags *t, size_t from, size_t to,
                           hg_polygon_mm *outline, hg_error *err)
{
    audit_batch *b = c->batch;
    const tag *g = &t->items[from];
    hg_audit_piece *pieces = hg_grow(b->pieces, &b->piece_capacity, b->piece_count + 1, sizeof *pieces);
    if (!pieces)
        return hg_fail_memory(err);
    b->pieces = pieces;
    hg_audit_piece *p = &pieces[b->piece_count];
    *p = (hg_audit_piece){.epoch = g->epoch,
                          .lineage = g->lineage + c->base,
                          .zone = g->zone,
                          .tolerance_m = c->s->tau_m[g->epoch],
                          .outline = *outline};
    *outline = (hg_polygon_mm){0};
    b->piece_count++;
    sum_piece(c, t, from, to, p);
    return judge_width(p, err);
}

/* ------------------------------------------------- flows ------------------------------------- */

static void sum_flow(const collector *c, const tags *t, size_t from, size_t to, hg_audit_flow *f)
{
    for (size_t k = from; k < to; k++) {
        const tag *g = &t->items[k];
        f->area += c->area[g->label];
        f->planar += hg_arrangement_planar(c->s->arrangement, g->label);
        if (g->change == HG_CHANGE_OCCUPIED && scene_face(c->s, g->label, g->epoch)->cleared_before)
            f->relapsed += c->area[g->label];
    }
}

static hg_status add_flow(collector *c, const tags *t, size_t from, size_t to,
                          hg_polygon_mm *outline, hg_error *err)
{
    audit_batch *b = c->batch;
    const tag *g = &t->items[from];
    hg_audit_flow *flows = hg_grow(b->flows, &b->flow_capacity, b->flow_count + 1, sizeof *flows);
    if (!flows)
        return hg_fail_memory(err);
    b->flows = flows;
    hg_audit_flow *f = &flows[b->flow_count++];
    *f = (hg_audit_flow){.epoch = g->epoch,
                         .lineage = g->lineage + c->base,
                         .zone = g->zone,
                         .class_id = g->class_id,
                         .from_zone = g->from_zone,
                         .from_class = g->from_class,
                         .change = g->change,
                         .outline = *outline};
    *outline = (hg_polygon_mm){0};
    sum_flow(c, t, from, to, f);
    return HG_OK;
}

typedef hg_status (*add_record)(collector *, const tags *, size_t, size_t, hg_polygon_mm *, hg_error *);

/* What the first flight found is no change, so its flows need no outline. */
static bool is_drawn(const tag *g, add_record add)
{
    return g->epoch > 0 || add == add_piece;
}

static hg_status add_runs(collector *c, const tags *t, int (*compare)(const tag *, const tag *),
                          add_record add, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t from = 0, to; from < t->count && status == HG_OK; from = to) {
        hg_polygon_mm *drawn = NULL, none = {0};
        size_t runs = 0, n = 0;
        to = epoch_end(t, from);
        if (is_drawn(&t->items[from], add))
            status = draw_runs(c, t, from, to, compare, &drawn, &runs, err);
        for (size_t k = from, end; k < to && status == HG_OK; k = end, n++) {
            end = run_end(t, k, compare);
            status = add(c, t, k, end, drawn ? &drawn[n] : &none, err);
        }
        for (size_t k = 0; k < runs; k++)
            hg_polygon_mm_dispose(&drawn[k]);
        hg_free(drawn);
    }
    return status;
}

/* What became of a face from one epoch to the next; false = nothing worth a record. */
static bool flow_of(const audit_face *before, const audit_face *now, tag *g)
{
    bool was = before && before->encroached;
    const audit_face *at = was && !now->encroached ? before : now;
    if (!was && !now->encroached)
        return false;
    if (was && now->encroached)
        g->change = before->zone == now->zone && before->class_id == now->class_id ? HG_CHANGE_PERSISTING
                                                                                  : HG_CHANGE_TRANSFERRED;
    else if (was)
        g->change = !now->accepted               ? HG_CHANGE_CLEARED
                    : now->zone == HG_AUDIT_NONE ? HG_CHANGE_ZONE_OUT
                                                 : HG_CHANGE_REGULARISED;
    else
        g->change = !before || !before->accepted    ? HG_CHANGE_OCCUPIED
                    : before->zone == HG_AUDIT_NONE ? HG_CHANGE_ZONE_IN
                                                    : HG_CHANGE_LAPSED;
    g->lineage = at->owner;
    g->zone = at->zone;
    g->class_id = at->class_id;
    g->from_zone = was ? before->zone : at->zone;
    g->from_class = was ? before->class_id : at->class_id;
    return true;
}

static hg_status tag_face(const audit_face *before, const audit_face *now, tag g, tags *pieces,
                          tags *flows, hg_error *err)
{
    hg_status status = HG_OK;
    if (flow_of(before, now, &g))
        status = add_tag(flows, g, err);
    bool restricted = now->zone != HG_AUDIT_NONE && !now->authorised;
    if (status == HG_OK && now->within && restricted) {
        g.change = now->within > 0 ? HG_CHANGE_GAINED_WITHIN_ERROR : HG_CHANGE_LOST_WITHIN_ERROR;
        g.lineage = now->owner;
        g.zone = g.from_zone = now->zone;
        g.class_id = g.from_class = now->class_id;
        status = add_tag(flows, g, err);
    }
    if (status == HG_OK && now->encroached) {
        g.lineage = now->owner;
        g.zone = now->zone;
        g.class_id = now->class_id;
        status = add_tag(pieces, g, err);
    }
    return status;
}

static hg_status tag_faces(const audit_scene *s, tags *pieces, tags *flows, hg_error *err)
{
    hg_status status = HG_OK;
    for (uint32_t label = 1; label < s->labels; label++)
        for (uint32_t t = 0; t < s->epochs && status == HG_OK; t++) {
            const audit_face *now = scene_face(s, label, t);
            status = tag_face(t ? now - 1 : NULL, now, (tag){.epoch = t, .label = label}, pieces,
                              flows, err);
        }
    return status;
}

/* A face kept within error is persisting as well, so the two kinds of flow are drawn apart. */
static bool is_within(const tag *g)
{
    return g->change == HG_CHANGE_GAINED_WITHIN_ERROR || g->change == HG_CHANGE_LOST_WITHIN_ERROR;
}

static hg_status add_flows(collector *c, const tags *all, bool within, hg_error *err)
{
    tags some = {0};
    hg_status status = HG_OK;
    for (size_t k = 0; k < all->count && status == HG_OK; k++)
        if (is_within(&all->items[k]) == within)
            status = add_tag(&some, all->items[k], err);
    if (status == HG_OK && some.count) {
        qsort(some.items, some.count, sizeof *some.items, by_flow_label);
        status = add_runs(c, &some, by_flow, add_flow, err);
    }
    hg_free(some.items);
    return status;
}

static hg_status collect_records(collector *c, hg_error *err)
{
    tags pieces = {0}, flows = {0};
    hg_status status = tag_faces(c->s, &pieces, &flows, err);
    if (status == HG_OK && pieces.count) {
        qsort(pieces.items, pieces.count, sizeof *pieces.items, by_piece_label);
        status = add_runs(c, &pieces, by_piece, add_piece, err);
    }
    if (status == HG_OK)
        status = add_flows(c, &flows, false, err);
    if (status == HG_OK)
        status = add_flows(c, &flows, true, err);
    hg_free(pieces.items);
    hg_free(flows.items);
    return status;
}

/* ------------------------------------------------- balances ---------------------------------- */

static void balance_accepted(const audit_scene *s, const audit_face *f, uint32_t epoch,
                             hg_exact area, hg_audit_balance *b)
{
    if (f->within < 0)
        b->lost_within_error += area;
    if (f->carried)
        b->carried += area;
    if (f->zone == HG_AUDIT_NONE)
        b->outside += area;
    else if (f->authorised)
        b->authorised += area;
    else
        b->encroached += area;
    uint32_t patch = HG_AUDIT_NONE;
    for (uint32_t t = 0; t <= epoch; t++)
        if (s->lineages[f->owner].patch_at[t] != HG_AUDIT_NONE)
            patch = s->lineages[f->owner].patch_at[t];
    if (f->encroached && patch != HG_AUDIT_NONE &&
        scene_patch(s, patch)->verdict == HG_VERDICT_PENDING)
        b->pending_verdict += area;
}

static void balance_label(const collector *c, size_t label, uint32_t epoch)
{
    audit_drawn d = audit_scene_drawn(c->s, label, epoch);
    const audit_face *f = scene_face(c->s, label, epoch);
    hg_audit_balance *b = &c->batch->balances[epoch];
    hg_exact area = c->area[label];
    if (d.patch_count) {
        b->surveyed += area * (hg_exact)d.patch_count;
        b->repeated += area * (hg_exact)(d.patch_count - 1);
        if (d.pick == HG_AUDIT_NONE)
            b->rejected += area;
        else if (!d.flown)
            b->not_flown += area;
        else if (f->within > 0)
            b->gained_within_error += area;
    }
    if (f->accepted)
        balance_accepted(c->s, f, epoch, area, b);
}

static void collect_balances(const collector *c)
{
    for (uint32_t i = 0; i < c->s->patch_count; i++)
        c->batch->balances[scene_patch(c->s, i)->epoch].patches++;
    for (size_t label = 1; label < c->s->labels; label++)
        for (uint32_t t = 0; t < c->s->epochs; t++)
            balance_label(c, label, t);
}

/* ------------------------------------------------- what noding and overlaps did ------------- */

typedef struct share {
    uint32_t local, zone; /* or the other patch */
    hg_exact area;
} share;

static int by_share(const void *a, const void *b)
{
    const share *p = a, *q = b;
    if (p->local != q->local)
        return p->local < q->local ? -1 : 1;
    return (p->zone > q->zone) - (p->zone < q->zone);
}

typedef struct shares {
    share *items;
    size_t count, capacity;
} shares;

static hg_status add_share(shares *s, uint32_t local, uint32_t zone, hg_exact area, hg_error *err)
{
    share *items = hg_grow(s->items, &s->capacity, s->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    s->items = items;
    items[s->count++] = (share){local, zone, area};
    return HG_OK;
}

static void merge_shares(shares *s)
{
    size_t n = 0;
    if (s->count)
        qsort(s->items, s->count, sizeof *s->items, by_share);
    for (size_t k = 0; k < s->count; k++)
        if (n && by_share(&s->items[n - 1], &s->items[k]) == 0)
            s->items[n - 1].area += s->items[k].area;
        else
            s->items[n++] = s->items[k];
    s->count = n;
}

/* The outline that owns the land at the epoch, where it is another than `local`. */
static uint32_t owner_patch(const audit_scene *s, const audit_face *f, uint32_t epoch)
{
    return f->accepted ? s->lineages[f->owner].patch_at[epoch] : HG_AUDIT_NONE;
}

static hg_status share_out(const audit_scene *s, shares *zones, shares *others, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t label = 1; label < s->labels; label++)
        for (uint32_t t = 0; t < s->epochs && status == HG_OK; t++) {
            const audit_face *f = scene_face(s, label, t);
            hg_exact area = hg_arrangement_planar(s->arrangement, label);
            audit_drawn d = audit_scene_drawn(s, label, t);
            uint32_t owner = owner_patch(s, f, t);
            for (size_t k = 0; k < d.patch_count && status == HG_OK; k++) {
                status = add_share(zones, d.patches[k], f->zone, area, err);
                if (status == HG_OK && d.patch_count > 1 && owner != HG_AUDIT_NONE &&
                    d.patches[k] != owner)
                    status = add_share(others, d.patches[k], owner, area, err);
            }
        }
    return status;
}

static hg_status add_noding(collector *c, uint32_t local, uint32_t zone, hg_exact noded, hg_error *err)
{
    const audit_context *context = c->s->c;
    uint32_t canonical = c->s->members[local];
    hg_exact change = noded - hg_polygon_mm_area(&context->patches[canonical]);
    audit_batch *b = c->batch;
    if (!change && noded)
        return HG_OK;
    hg_audit_noding *nodings =
        hg_grow(b->nodings, &b->noding_capacity, b->noding_count + 1, sizeof *nodings);
    if (!nodings)
        return hg_fail_memory(err);
    b->nodings = nodings;
    const hg_land_patch *p = scene_patch(c->s, local);
    nodings[b->noding_count++] =
        (hg_audit_noding){context->patch_order[canonical], zone, p->class_id, change, noded == 0};
    b->balances[p->epoch].noding += change;
    return HG_OK;
}

/* The noded area of one outline, and the zone of its largest part; land in no zone only if there is no other. */
static size_t sum_shares(const shares *zones, size_t from, uint32_t local, hg_exact *total, uint32_t *zone)
{
    hg_exact largest = -1;
    size_t end = from;
    *total = 0;
    *zone = HG_AUDIT_NONE;
    for (; end < zones->count && zones->items[end].local == local; end++) {
        const share *s = &zones->items[end];
        *total += s->area;
        if (s->zone != HG_AUDIT_NONE && s->area > largest) {
            largest = s->area;
            *zone = s->zone;
        }
    }
    return end;
}

static hg_status add_nodings(collector *c, const shares *zones, hg_error *err)
{
    hg_status status = HG_OK;
    size_t at = 0;
    for (uint32_t local = 0; local < c->s->patch_count && status == HG_OK; local++) {
        hg_exact total = 0;
        uint32_t zone = HG_AUDIT_NONE;
        at = sum_shares(zones, at, local, &total, &zone);
        status = add_noding(c, local, zone, total, err);
    }
    return status;
}

static hg_status add_overlaps(collector *c, const shares *others, hg_error *err)
{
    const audit_scene *s = c->s;
    audit_batch *b = c->batch;
    for (size_t k = 0; k < others->count; k++) {
        hg_audit_overlap *overlaps =
            hg_grow(b->overlaps, &b->overlap_capacity, b->overlap_count + 1, sizeof *overlaps);
        if (!overlaps)
            return hg_fail_memory(err);
        b->overlaps = overlaps;
        const share *o = &others->items[k];
        overlaps[b->overlap_count++] = (hg_audit_overlap){s->c->patch_order[s->members[o->local]],
                                                          s->c->patch_order[s->members[o->zone]], o->area};
    }
    return HG_OK;
}

static hg_status collect_notes(collector *c, hg_error *err)
{
    shares zones = {0}, others = {0};
    hg_status status = share_out(c->s, &zones, &others, err);
    if (status == HG_OK) {
        merge_shares(&zones);
        merge_shares(&others);
        status = add_nodings(c, &zones, err);
    }
    if (status == HG_OK)
        status = add_overlaps(c, &others, err);
    hg_free(zones.items);
    hg_free(others.items);
    return status;
}

/* ------------------------------------------------- lineages ---------------------------------- */

static hg_status add_lineage(collector *c, const audit_lineage *l, hg_error *err)
{
    const audit_scene *s = c->s;
    audit_batch *b = c->batch;
    hg_audit_lineage *lineages =
        hg_grow(b->lineages, &b->lineage_capacity, b->lineage_count + 1, sizeof *lineages);
    uint32_t *founders =
        lineages ? hg_grow(b->founders, &b->founder_capacity, b->lineage_count + 1, sizeof *founders)
                 : NULL;
    b->lineages = lineages ? lineages : b->lineages;
    b->founders = founders ? founders : b->founders;
    uint32_t *patch_at = founders ? hg_malloc(s->epochs, sizeof *patch_at) : NULL;
    if (!patch_at)
        return hg_fail_memory(err);
    hg_audit_lineage *out = &lineages[b->lineage_count];
    founders[b->lineage_count++] = s->members[l->founder];
    *out = (hg_audit_lineage){.first_epoch = l->first_epoch,
                              .parent = audit_moved(l->parent, c->base),
                              .merged_into = audit_moved(l->merged_into, c->base),
                              .merged_epoch = l->merged_epoch,
                              .absent_since = l->absent_since,
                              .patch_at = patch_at};
    for (uint32_t t = 0; t < s->epochs; t++) {
        patch_at[t] = HG_AUDIT_NONE;
        if (l->patch_at[t] == HG_AUDIT_NONE)
            continue;
        const hg_land_patch *p = scene_patch(s, l->patch_at[t]);
        patch_at[t] = s->c->patch_order[s->members[l->patch_at[t]]];
        out->class_id = p->class_id;
        out->occupant = p->occupant ? p->occupant : out->occupant;
        out->verdict = p->verdict != HG_VERDICT_NONE ? p->verdict : out->verdict;
    }
    return HG_OK;
}

hg_status audit_collect(audit_scene *s, hg_area_meter *meter, audit_batch *batch, hg_error *err)
{
    collector c = {.s = s, .batch = batch, .base = (uint32_t)batch->lineage_count};
    c.area = hg_malloc(s->labels, sizeof *c.area);
    c.region = hg_malloc(s->labels, sizeof *c.region);
    hg_status status = c.area && c.region ? hg_arrangement_measure(s->arrangement, meter, c.area, err)
                                          : hg_fail_memory(err);
    for (size_t l = 0; l < s->lineage_count && status == HG_OK; l++)
        status = add_lineage(&c, &s->lineages[l], err);
    if (status == HG_OK)
        status = collect_records(&c, err);
    if (status == HG_OK)
        status = collect_notes(&c, err);
    if (status == HG_OK)
        collect_balances(&c);
    hg_free(c.area);
    hg_free(c.region);
    return status;
}
