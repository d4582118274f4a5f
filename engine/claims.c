#include "engine/ledger.h"
#include "base/civil.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------- names of patches ------------------------- */

typedef struct name {
    const char *id;
    uint32_t lineage;
} name;

struct hg_patch_names {
    name *items;
    uint32_t *lineages;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    const name *p = a, *q = b;
    int order = strcmp(p->id, q->id);
    return order ? order : (p->lineage > q->lineage) - (p->lineage < q->lineage);
}

static void list_names(const hg_land_input *in, const hg_audit_result *r, hg_patch_names *names)
{
    for (uint32_t l = 0; l < r->lineage_count; l++) {
        names->items[names->count++] = (name){r->lineages[l].id, l};
        for (size_t t = 0; t < in->epoch_count; t++)
            if (r->lineages[l].patch_at[t] != HG_AUDIT_NONE)
                names->items[names->count++] = (name){in->patches[r->lineages[l].patch_at[t]].id, l};
    }
}

static void sort_names(hg_patch_names *names)
{
    size_t n = 0;
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, by_name);
    for (size_t k = 0; k < names->count; k++)
        if (!n || by_name(&names->items[n - 1], &names->items[k]) != 0)
            names->items[n++] = names->items[k];
    names->count = n;
    for (size_t k = 0; k < n; k++)
        names->lineages[k] = names->items[k].lineage;
}

hg_status hg_patch_names_new(const hg_land_input *in, const hg_audit_result *r,
                             hg_patch_names **out, hg_error *err)
{
    size_t most = r->lineage_count * (in->epoch_count + 1) + 1;
    hg_patch_names *names = hg_calloc(1, sizeof *names);
    if (names) {
        names->items = hg_malloc(most, sizeof *names->items);
        names->lineages = hg_malloc(most, sizeof *names->lineages);
    }
    if (!names || !names->items || !names->lineages) {
        hg_patch_names_free(names);
        return hg_fail_memory(err);
    }
    list_names(in, r, names);
    sort_names(names);
    *out = names;
    return HG_OK;
}

void hg_patch_names_free(hg_patch_names *names)
{
    if (!names)
        return;
    hg_free(names->items);
    hg_free(names->lineages);
    hg_free(names);
}

const uint32_t *hg_patch_names_find(const hg_patch_names *names, const char *patch_id, size_t *n)
{
    size_t low = 0, high = names->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names->items[middle].id, patch_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < names->count && strcmp(names->items[end].id, patch_id) == 0)
        end++;
    *n = end - low;
    return names->lineages + low;
}

/* ------------------------------------------------- claims ------------------------------------ */

static int by_action(const void *a, const void *b, void *input)
{
    const hg_land_input *in = input;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const hg_land_action *p = &in->actions[i], *q = &in->actions[k];
    if (p->date != q->date) /* without a date comes last */
        return p->date != HG_NO_TIME && (q->date == HG_NO_TIME || p->date < q->date) ? -1 : 1;
    int order = strcmp(p->patch_id, q->patch_id);
    if (!order)
        order = (int)p->kind - (int)q->kind;
    if (!order && (isnan(p->claimed_m2) || isnan(q->claimed_m2)))
        order = isnan(p->claimed_m2) - isnan(q->claimed_m2);
    if (!order)
        order = (p->claimed_m2 < q->claimed_m2) - (p->claimed_m2 > q->claimed_m2);
    return order ? order : (i > k) - (i < k);
}

/* Recovered flows by lineage, then epoch. */
typedef struct matching {
    const hg_land_input *in;
    const hg_audit_result *r;
    hg_patch_names *names;
    uint32_t *slots;   /* flows */
    size_t *slot_of;   /* first slot of each lineage, lineage_count + 1 */
    hg_exact *left;    /* per flow: not yet assigned */
} matching;

static bool is_recovered(const hg_land_input *in, const hg_audit_flow *f)
{
    return (f->epoch || in->epoch_count == 1) && (f->change == HG_CHANGE_CLEARED || f->change == HG_CHANGE_REGULARISED);
}

static hg_status index_slots(matching *m, hg_error *err)
{
    const hg_audit_result *r = m->r;
    m->slots = hg_malloc(r->flow_count + 1, sizeof *m->slots);
    m->slot_of = hg_calloc(r->lineage_count + 2, sizeof *m->slot_of);
    m->left = hg_calloc(r->flow_count + 1, sizeof *m->left);
    size_t *next = hg_malloc(r->lineage_count + 1, sizeof *next);
    bool got = m->slots && m->slot_of && m->left && next;
    for (size_t k = 0; k < r->flow_count && got; k++)
        if (is_recovered(m->in, &r->flows[k])) {
            m->left[k] = r->flows[k].area;
            m->slot_of[r->flows[k].lineage + 1]++;
        }
    for (size_t l = 0; l < r->lineage_count && got; l++)
        m->slot_of[l + 1] += m->slot_of[l];
    if (got)
        memcpy(next, m->slot_of, r->lineage_count * sizeof *next);
    for (uint32_t k = 0; k < r->flow_count && got; k++) /* flows come by epoch */
        if (is_recovered(m->in, &r->flows[k]))
            m->slots[next[r->flows[k].lineage]++] = k;
    hg_free(next);
    return got ? HG_OK : hg_fail_memory(err);
}

/* Land of the lineages seen recovered on or after the date; or, with `earlier`, before it. */
static void take(matching *m, const uint32_t *lineages, size_t n, int64_t date, bool earlier,
                 hg_claim *c)
{
    for (uint32_t t = 0; t < m->in->epoch_count; t++) {
        bool before = date != HG_NO_TIME && m->in->epochs[t] < date;
        if (before != earlier)
            continue;
        for (size_t i = 0; i < n; i++)
            for (size_t k = m->slot_of[lineages[i]]; k < m->slot_of[lineages[i] + 1]; k++) {
                uint32_t flow = m->slots[k];
                hg_exact wanted = c->open ? m->left[flow] : c->claimed - c->verified;
                hg_exact got = m->r->flows[flow].epoch != t ? 0
                               : wanted < m->left[flow]     ? wanted
                                                            : m->left[flow];
                m->left[flow] -= got;
                c->verified += got;
                c->after_recovery |= earlier && got > 0;
            }
    }
}

static void settle(matching *m, hg_claim *c)
{
    const hg_land_action *a = &m->in->actions[c->action];
    size_t n = 0;
    const uint32_t *lineages = hg_patch_names_find(m->names, a->patch_id, &n);
    c->open = isnan(a->claimed_m2);
    c->claimed = c->open ? 0 : hg_exact_of_m2(a->claimed_m2);
    c->unknown_patch = n == 0;
    c->before_found = n > 0 && a->date != HG_NO_TIME;
    for (size_t i = 0; i < n; i++)
        c->before_found &= a->date < m->in->epochs[m->r->lineages[lineages[i]].first_epoch];
    take(m, lineages, n, a->date, false, c);
    take(m, lineages, n, a->date, true, c);
    c->unverified = c->open ? 0 : c->claimed - c->verified;
}

static hg_status order_claims(const hg_land_input *in, hg_claim **out, hg_error *err)
{
    uint32_t *order = hg_malloc(in->action_count + 1, sizeof *order);
    hg_claim *claims = hg_calloc(in->action_count + 1, sizeof *claims);
    if (!order || !claims) {
        hg_free(order);
        hg_free(claims);
        return hg_fail_memory(err);
    }
    for (uint32_t i = 0; i < in->action_count; i++)
        order[i] = i;
    qsort_r(order, in->action_count, sizeof *order, by_action, (void *)in);
    for (size_t i = 0; i < in->action_count; i++)
        claims[i].action = order[i];
    hg_free(order);
    *out = claims;
    return HG_OK;
}

hg_status hg_claims_make(const hg_land_input *in, const hg_audit_result *result, hg_claim **claims,
                         hg_exact **unexplained, hg_error *err)
{
    matching m = {.in = in, .r = result};
    hg_claim *made = NULL;
    hg_status status = hg_patch_names_new(in, result, &m.names, err);
    if (status == HG_OK)
        status = index_slots(&m, err);
    if (status == HG_OK)
        status = order_claims(in, &made, err);
    for (size_t i = 0; i < in->action_count && status == HG_OK; i++)
        settle(&m, &made[i]);
    if (status == HG_OK) {
        *claims = made;
        *unexplained = m.left;
    } else {
        hg_free(m.left);
    }
    hg_patch_names_free(m.names);
    hg_free(m.slots);
    hg_free(m.slot_of);
    return status;
}
