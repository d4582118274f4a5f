#include "engine/units.h"
#include "base/civil.h"
#include "base/memory.h"

#include <math.h>
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

static hg_status post(units *u, hg_units_row key, bool before, bool now, double amount, hg_error *err)
{
    const uint32_t zones[] = {key.zone, HG_AUDIT_NONE};
    if (!before && !now)
        return HG_OK;
    for (int k = key.zone == HG_AUDIT_NONE; k < 2; k++) {
        key.zone = zones[k];
        hg_units_row *r = row_of(u, key, err);
        if (!r)
            return HG_ENOMEM;
        r->opening += before ? amount : 0;
        r->occupied += now && !before ? amount : 0;
        r->recovered += before && !now ? amount : 0;
        r->closing += now ? amount : 0;
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
        status = post(u, key, before, occupied_at(&assets[i], in->epochs[epoch]), assets[i].rooms, err);
    }
    return status;
}

/* ------------------------------------------------- rafts ------------------------------------- */

/* Zone of the largest part of each lineage at an epoch; HG_AUDIT_NONE where it encroaches on none. */
static void main_zones(const hg_audit_result *r, uint32_t epoch, uint32_t *zone, hg_exact *area)
{
    for (size_t l = 0; l < r->lineage_count; l++) {
        zone[l] = HG_AUDIT_NONE;
        area[l] = 0;
    }
    for (size_t k = 0; k < r->piece_count; k++) {
        const hg_audit_piece *p = &r->pieces[k];
        if (p->epoch == epoch && p->area > area[p->lineage]) {
            area[p->lineage] = p->area;
            zone[p->lineage] = p->zone;
        }
    }
}

/* The outline by which a lineage was last drawn. */
static uint32_t last_patch(const hg_audit_lineage *l, uint32_t epoch)
{
    for (uint32_t t = epoch + 1; t-- > 0;)
        if (l->patch_at[t] != HG_AUDIT_NONE)
            return l->patch_at[t];
    return HG_AUDIT_NONE;
}

static hg_status post_raft(units *u, const hg_audit_lineage *l, uint32_t epoch, uint32_t before,
                           uint32_t now, const double *count, const double *tonnes, hg_error *err)
{
    static const char *const sets = "组", *const weight = "t";
    uint32_t patch = last_patch(l, epoch);
    if (patch == HG_AUDIT_NONE)
        return HG_OK;
    hg_units_row key = {.epoch = epoch,
                        .zone = now != HG_AUDIT_NONE ? now : before,
                        .class_id = l->class_id,
                        .unit = sets};
    bool was = before != HG_AUDIT_NONE, is = now != HG_AUDIT_NONE;
    hg_status status = post(u, key, was, is, isnan(count[patch]) ? 1 : count[patch], err);
    key.unit = weight;
    if (status == HG_OK && !isnan(tonnes[patch]))
        status = post(u, key, was, is, tonnes[patch], err);
    return status;
}

static hg_status post_rafts(units *u, const hg_land_input *in, const hg_audit_result *r, uint32_t epoch,
                            const double *count, const double *tonnes, hg_error *err)
{
    size_t n = r->lineage_count + 1;
    uint32_t *before = hg_malloc(n, sizeof *before), *now = hg_malloc(n, sizeof *now);
    hg_exact *area = hg_malloc(n, sizeof *area);
    hg_status status = before && now && area ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        main_zones(r, epoch, now, area);
        main_zones(r, epoch ? epoch - 1 : UINT32_MAX, before, area);
    }
    for (size_t l = 0; l < r->lineage_count && status == HG_OK; l++)
        if (in->classes[r->lineages[l].class_id].mobile)
            status = post_raft(u, &r->lineages[l], epoch, before[l], now[l], count, tonnes, err);
    hg_free(before);
    hg_free(now);
    hg_free(area);
    return status;
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
        if (u.count)
            qsort(u.rows, u.count, sizeof *u.rows, by_row);
        *out = u.rows;
        *rows = u.count;
    } else {
        hg_free(u.rows);
    }
    return status;
}
