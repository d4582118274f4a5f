#include "engine/units.h"
#include "base/civil.h"
#include "base/memory.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct units {
    hg_units_row *rows;
    size_t count, capacity;
} units;

/* The row of a key, made if new: few enough to search from the end, where the last one used stands. */
static hg_units_row *row_of(units *u, hg_units_row key, hg_error *err)
{
    for (size_t k = u->count; k-- > 0;) {
        hg_units_row *r = &u->rows[k];
        if (r->epoch == key.epoch && r->zone == key.zone && r->class_id == key.class_id && r->unit == key.unit)
            return r;
    }
    hg_units_row *rows = hg_grow(u->rows, &u->capacity, u->count + 1, sizeof *rows);
    if (!rows) {
        hg_fail_memory(err);
        return NULL;
    }
    u->rows = rows;
    rows[u->count] = key;
    return &rows[u->count++];
}

#define FIGURE(member) offsetof(hg_units_row, member)

/* Adds to a figure of the zone and of the total. */
static hg_status post(units *u, hg_units_row key, size_t figure, double amount, hg_error *err)
{
    const uint32_t zones[] = {key.zone, HG_AUDIT_NONE};
    for (int k = key.zone == HG_AUDIT_NONE; k < 2; k++) {
        key.zone = zones[k];
        hg_units_row *r = row_of(u, key, err);
        if (!r)
            return HG_ENOMEM;
        *(double *)((char *)r + figure) += amount;
    }
    return HG_OK;
}

/* ------------------------------------------------- public buildings ------------------------- */

static bool occupied_at(const hg_asset *a, int64_t date)
{
    return (a->occupied_from == HG_NO_TIME || a->occupied_from <= date) &&
           (a->recovered_on == HG_NO_TIME || a->recovered_on > date);
}

static hg_status post_assets(units *u, const hg_land_input *in, const hg_asset *assets, size_t n,
                             uint32_t epoch, hg_error *err)
{
    static const char *const rooms = "间";
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        hg_units_row key = {
            .epoch = epoch, .zone = assets[i].zone, .class_id = HG_AUDIT_NONE, .unit = rooms};
        bool before = epoch > 0 && occupied_at(&assets[i], in->epochs[epoch - 1]);
        bool now = occupied_at(&assets[i], in->epochs[epoch]);
        if (before)
            status = post(u, key, FIGURE(opening), assets[i].rooms, err);
        if (status == HG_OK && before != now)
            status = post(u, key, now ? FIGURE(occupied) : FIGURE(recovered), assets[i].rooms, err);
        if (status == HG_OK && now)
            status = post(u, key, FIGURE(closing), assets[i].rooms, err);
    }
    return status;
}

/* ------------------------------------------------- rafts ------------------------------------- */

/* Where the rafts of a lineage are counted at one epoch, and how many. */
typedef struct stand {
    uint32_t zone, class_id; /* zone HG_AUDIT_NONE: they encroach on none */
    double amount;
} stand;

/* Rafts that split or merge, compared together: what they grew by, and one of them before and now. */
typedef struct family {
    double growth;
    uint32_t before, now; /* lineages that were and are counted; HG_AUDIT_NONE = none */
} family;

typedef struct raft_count {
    units *u;
    const hg_land_input *in;
    const hg_audit_result *r;
    const double *values; /* of each patch */
    const char *unit;
    double unsaid;
    stand *before, *now;
    family *families; /* by the lineage that leads them */
    hg_exact *area;
} raft_count;

/* What was last said of the lineage by an epoch. */
static double amount_at(const raft_count *c, const hg_audit_lineage *l, uint32_t epoch)
{
    for (uint32_t t = epoch + 1; t-- > 0;)
        if (l->patch_at[t] != HG_AUDIT_NONE && !isnan(c->values[l->patch_at[t]]))
            return c->values[l->patch_at[t]];
    return c->unsaid;
}

/* The class by which the lineage was last drawn; HG_AUDIT_NONE before it was. */
static uint32_t class_at(const raft_count *c, const hg_audit_lineage *l, uint32_t epoch)
{
    for (uint32_t t = epoch + 1; t-- > 0;)
        if (l->patch_at[t] != HG_AUDIT_NONE)
            return c->in->patches[l->patch_at[t]].class_id;
    return HG_AUDIT_NONE;
}

/* Stands at an epoch: in the zone of the largest part of each lineage whose class is mobile. */
static void find_stands(const raft_count *c, uint32_t epoch, stand *stands)
{
    const hg_audit_result *r = c->r;
    for (size_t l = 0; l < r->lineage_count; l++) {
        stands[l] = (stand){HG_AUDIT_NONE, class_at(c, &r->lineages[l], epoch),
                            amount_at(c, &r->lineages[l], epoch)};
        c->area[l] = 0;
    }
    for (size_t k = 0; k < r->piece_count; k++) {
        const hg_audit_piece *p = &r->pieces[k];
        uint32_t class_id = stands[p->lineage].class_id;
        bool counts = p->epoch == epoch && class_id != HG_AUDIT_NONE && c->in->classes[class_id].mobile;
        if (counts && p->area > c->area[p->lineage]) {
            c->area[p->lineage] = p->area;
            stands[p->lineage].zone = p->zone;
        }
    }
}

/*
 * A lineage that ended in another by this epoch is compared with that one, one that split off in it with what it was
 * part of. What merged did so into something older than the merger, so this comes to an end.
 */
static uint32_t leader(const raft_count *c, uint32_t lineage, uint32_t epoch)
{
    const hg_audit_lineage *l = &c->r->lineages[lineage];
    if (l->merged_into != HG_AUDIT_NONE && l->merged_epoch <= epoch)
        return leader(c, l->merged_into, epoch);
    return l->first_epoch == epoch && l->parent != HG_AUDIT_NONE ? leader(c, l->parent, epoch) : lineage;
}

static hg_status post_stand(const raft_count *c, uint32_t epoch, const stand *s, size_t figure, double amount,
                            hg_error *err)
{
    const hg_units_row key = {.epoch = epoch, .zone = s->zone, .class_id = s->class_id, .unit = c->unit};
    return post(c->u, key, figure, amount, err);
}

/* What is and was counted; for now all of it as if it had come from elsewhere. */
static hg_status post_raft(raft_count *c, uint32_t l, uint32_t epoch, hg_error *err)
{
    const stand *before = &c->before[l], *now = &c->now[l];
    family *f = &c->families[leader(c, l, epoch)];
    hg_status status = HG_OK;
    if (before->zone != HG_AUDIT_NONE && !isnan(before->amount)) {
        f->growth -= before->amount;
        f->before = f->before == HG_AUDIT_NONE ? l : f->before;
        status = post_stand(c, epoch, before, FIGURE(opening), before->amount, err);
        if (status == HG_OK)
            status = post_stand(c, epoch, before, FIGURE(transferred), -before->amount, err);
    }
    if (status == HG_OK && now->zone != HG_AUDIT_NONE && !isnan(now->amount)) {
        f->growth += now->amount;
        f->now = f->now == HG_AUDIT_NONE ? l : f->now;
        status = post_stand(c, epoch, now, FIGURE(closing), now->amount, err);
        if (status == HG_OK)
            status = post_stand(c, epoch, now, FIGURE(transferred), now->amount, err);
    }
    return status;
}

/* What a family grew or shrank by was occupied or recovered, and came from nowhere. */
static hg_status post_growth(raft_count *c, const family *f, uint32_t epoch, hg_error *err)
{
    if (f->growth == 0)
        return HG_OK;
    bool grew = f->growth > 0;
    const stand *s = grew ? &c->now[f->now] : &c->before[f->before];
    hg_status status = post_stand(c, epoch, s, grew ? FIGURE(occupied) : FIGURE(recovered), fabs(f->growth), err);
    return status == HG_OK ? post_stand(c, epoch, s, FIGURE(transferred), -f->growth, err) : status;
}

static hg_status post_unit(raft_count *c, uint32_t epoch, hg_error *err)
{
    size_t n = c->r->lineage_count;
    hg_status status = HG_OK;
    find_stands(c, epoch, c->now);
    if (epoch)
        find_stands(c, epoch - 1, c->before);
    for (size_t l = 0; l < n; l++) {
        c->families[l] = (family){0, HG_AUDIT_NONE, HG_AUDIT_NONE};
        if (!epoch)
            c->before[l] = (stand){.zone = HG_AUDIT_NONE};
    }
    for (uint32_t l = 0; l < n && status == HG_OK; l++)
        status = post_raft(c, l, epoch, err);
    for (size_t l = 0; l < n && status == HG_OK; l++)
        status = post_growth(c, &c->families[l], epoch, err);
    return status;
}

static hg_status post_rafts(units *u, const hg_land_input *in, const hg_audit_result *r, uint32_t epoch,
                            const double *count, const double *tonnes, hg_error *err)
{
    size_t n = r->lineage_count + 1;
    raft_count c = {.u = u,
                    .in = in,
                    .r = r,
                    .before = hg_malloc(n, sizeof *c.before),
                    .now = hg_malloc(n, sizeof *c.now),
                    .families = hg_malloc(n, sizeof *c.families),
                    .area = hg_malloc(n, sizeof *c.area)};
    hg_status status = c.before && c.now && c.families && c.area ? HG_OK : hg_fail_memory(err);
    const struct {
        const double *values;
        const char *unit;
        double unsaid;
    } counted[] = {{count, "组", 1}, {tonnes, "t", NAN}};
    for (int k = 0; k < 2 && status == HG_OK; k++) {
        c.values = counted[k].values;
        c.unit = counted[k].unit;
        c.unsaid = counted[k].unsaid;
        status = post_unit(&c, epoch, err);
    }
    hg_free(c.before);
    hg_free(c.now);
    hg_free(c.families);
    hg_free(c.area);
    return status;
}

/* Tonnes are decimals: what is left of their sums beyond the milligram is no transfer. */
static void settle_transfers(units *u)
{
    for (size_t k = 0; k < u->count; k++)
        if (fabs(u->rows[k].transferred) < 1e-9)
            u->rows[k].transferred = 0;
}

static int by_row(const void *a, const void *b)
{
    const hg_units_row *p = a, *q = b;
    /* public buildings first: their class is the highest number */
    uint32_t x[] = {p->epoch, p->class_id + 1, p->zone}, y[] = {q->epoch, q->class_id + 1, q->zone};
    for (int k = 0; k < 3; k++)
        if (x[k] != y[k])
            return x[k] < y[k] ? -1 : 1;
    return p->unit[0] == 't' ? (q->unit[0] == 't' ? 0 : 1) : q->unit[0] == 't' ? -1 : 0;
}

hg_status hg_units_make(const hg_land_input *in, const hg_audit_result *result, const hg_asset *assets,
                        size_t asset_count, const double *count, const double *tonnes,
                        hg_units_row **out, size_t *rows, hg_error *err)
{
    units u = {0};
    hg_status status = HG_OK;
    for (uint32_t t = in->epoch_count > 1; t < in->epoch_count && status == HG_OK; t++) {
        status = post_assets(&u, in, assets, asset_count, t, err);
        if (status == HG_OK)
            status = post_rafts(&u, in, result, t, count, tonnes, err);
    }
    if (status == HG_OK) {
        settle_transfers(&u);
        if (u.count)
            qsort(u.rows, u.count, sizeof *u.rows, by_row);
        *out = u.rows;
        *rows = u.count;
    } else {
        hg_free(u.rows);
    }
    return status;
}
