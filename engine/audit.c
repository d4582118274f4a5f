#include "engine/audit_parts.h"
#include "base/civil.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hg_change_name(hg_change change)
{
    static const char *const names[HG_CHANGE_KINDS] = {
        "persisting", "transferred", "occupied", "lapsed",      "zone_in",
        "cleared",    "regularised", "zone_out", "within_error_gained", "within_error_lost"};
    return names[change];
}

/* ------------------------------------------------- canonical order -------------------------- */

static int compare_outlines(const hg_polygon_mm *a, const hg_polygon_mm *b)
{
    if (a->rings != b->rings)
        return a->rings < b->rings ? -1 : 1;
    if (!a->rings)
        return 0;
    size_t n = a->ring_start[a->rings], m = b->ring_start[b->rings];
    if (n != m)
        return n < m ? -1 : 1;
    for (int k = 0; k < 4; k++)
        if (a->box[k] != b->box[k])
            return a->box[k] < b->box[k] ? -1 : 1;
    hg_exact p = hg_polygon_mm_area(a), q = hg_polygon_mm_area(b);
    return (p > q) - (p < q);
}

static int compare_numbers(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

static int by_patch(const void *a, const void *b, void *input)
{
    const hg_land_input *in = input;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const hg_land_patch *p = &in->patches[i], *q = &in->patches[k];
    if (p->epoch != q->epoch)
        return p->epoch < q->epoch ? -1 : 1;
    int order = strcmp(p->id, q->id);
    if (!order)
        order = compare_outlines(&in->patch_outlines[i], &in->patch_outlines[k]);
    if (!order)
        order = p->class_id < q->class_id ? -1 : p->class_id > q->class_id;
    if (!order)
        order = (int)p->verdict - (int)q->verdict;
    if (!order)
        order = strcmp(p->occupant ? p->occupant : "", q->occupant ? q->occupant : "");
    return order ? order : (i > k) - (i < k);
}

static int by_zone(const void *a, const void *b, void *input)
{
    const hg_land_input *in = input;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    int order = compare_numbers(in->zones[i].priority, in->zones[k].priority);
    if (!order)
        order = strcmp(in->zones[i].id, in->zones[k].id);
    if (!order)
        order = compare_outlines(&in->zone_outlines[i], &in->zone_outlines[k]);
    return order ? order : (i > k) - (i < k);
}

static int by_action(const void *a, const void *b, void *input)
{
    const hg_land_input *in = input;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    int order = strcmp(in->actions[i].patch_id, in->actions[k].patch_id);
    return order ? order : (i > k) - (i < k);
}

static hg_status sorted_order(size_t n, int (*compare)(const void *, const void *, void *),
                              const hg_land_input *in, uint32_t **out, hg_error *err)
{
    uint32_t *order = hg_malloc(n + 1, sizeof *order);
    if (!order)
        return hg_fail_memory(err);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare, (void *)in);
    *out = order;
    return HG_OK;
}

/* The outlines in canonical order; their points stay where they are. */
static hg_status order_outlines(const hg_polygon_mm *outlines, const uint32_t *order, size_t n,
                                hg_polygon_mm **out, hg_error *err)
{
    hg_polygon_mm *sorted = hg_malloc(n + 1, sizeof *sorted);
    if (!sorted)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = outlines[order[i]];
    *out = sorted;
    return HG_OK;
}

/* ------------------------------------------------- context ----------------------------------- */

size_t audit_actions_of(const audit_context *c, const char *patch_id, size_t *first)
{
    size_t low = 0, high = c->in->action_count, n = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(c->in->actions[c->action_order[middle]].patch_id, patch_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (low + n < c->in->action_count &&
           strcmp(c->in->actions[c->action_order[low + n]].patch_id, patch_id) == 0)
        n++;
    return n;
}

static hg_status settle_epochs(audit_context *c, hg_error *err)
{
    const hg_land_input *in = c->in;
    c->epoch_rmse_m = hg_malloc(in->epoch_count, sizeof *c->epoch_rmse_m);
    c->epoch_covered = hg_calloc(in->epoch_count, sizeof *c->epoch_covered);
    if (!c->epoch_rmse_m || !c->epoch_covered)
        return hg_fail_memory(err);
    for (size_t t = 0; t < in->epoch_count; t++)
        c->epoch_rmse_m[t] = NAN;
    for (size_t i = 0; i < in->patch_count; i++) {
        double *largest = &c->epoch_rmse_m[in->patches[i].epoch];
        *largest = fmax(*largest, in->patches[i].rmse_m);
    }
    for (size_t i = 0; i < in->coverage_count; i++)
        c->epoch_covered[in->coverage_epoch[i]] = true;
    return HG_OK;
}

static hg_status make_meters(audit_context *c, hg_error *err)
{
    size_t n = (size_t)hg_thread_count(c->control->threads);
    c->meters = hg_calloc(n, sizeof *c->meters);
    hg_status status = c->meters ? HG_OK : hg_fail_memory(err);
    while (status == HG_OK && c->meter_count < n) {
        status = hg_area_meter_new(c->in->crs, c->in->area_mode, &c->meters[c->meter_count], err);
        c->meter_count += status == HG_OK;
    }
    return status;
}

static hg_status make_indexes(audit_context *c, hg_error *err)
{
    const hg_land_input *in = c->in;
    hg_status status = hg_polygon_index_new(c->patches, in->patch_count, &c->patch_index, err);
    if (status == HG_OK && in->zone_count)
        status = hg_polygon_index_new(c->zones, in->zone_count, &c->zone_index, err);
    if (status == HG_OK && in->permit_count)
        status = hg_polygon_index_new(in->permit_outlines, in->permit_count, &c->permit_index, err);
    if (status == HG_OK && in->coverage_count)
        status = hg_polygon_index_new(in->coverage_outlines, in->coverage_count, &c->coverage_index, err);
    return status;
}

static hg_status context_init(audit_context *c, hg_error *err)
{
    const hg_land_input *in = c->in;
    hg_status status = sorted_order(in->patch_count, by_patch, in, &c->patch_order, err);
    if (status == HG_OK)
        status = sorted_order(in->zone_count, by_zone, in, &c->zone_order, err);
    if (status == HG_OK)
        status = sorted_order(in->action_count, by_action, in, &c->action_order, err);
    if (status == HG_OK)
        status = order_outlines(in->patch_outlines, c->patch_order, in->patch_count, &c->patches, err);
    if (status == HG_OK)
        status = order_outlines(in->zone_outlines, c->zone_order, in->zone_count, &c->zones, err);
    if (status == HG_OK)
        status = settle_epochs(c, err);
    if (status == HG_OK)
        status = make_indexes(c, err);
    return status == HG_OK ? make_meters(c, err) : status;
}

static void context_dispose(audit_context *c)
{
    hg_free(c->patch_order);
    hg_free(c->zone_order);
    hg_free(c->action_order);
    hg_free(c->patches);
    hg_free(c->zones);
    hg_free(c->epoch_rmse_m);
    hg_free(c->epoch_covered);
    hg_polygon_index_free(c->patch_index);
    hg_polygon_index_free(c->zone_index);
    hg_polygon_index_free(c->permit_index);
    hg_polygon_index_free(c->coverage_index);
    for (size_t k = 0; k < c->meter_count; k++)
        hg_area_meter_free(c->meters[k]);
    hg_free(c->meters);
}

/* ------------------------------------------------- groups on threads ------------------------ */

/* A batch is a stretch of groups of about this many patches, so that threads find enough of them. */
enum { PATCHES_A_BATCH = 512, BATCHES_A_TRIM = 256 };

typedef struct batches {
    audit_context *c;
    audit_groups groups;
    size_t *first_group; /* count + 1 */
    audit_batch *items;
    size_t count;
} batches;

static hg_status split_groups(batches *b, hg_error *err)
{
    size_t patches = 0;
    b->first_group = hg_malloc(b->groups.count + 2, sizeof *b->first_group);
    if (!b->first_group)
        return hg_fail_memory(err);
    for (size_t g = 0; g < b->groups.count; g++) {
        if (!patches)
            b->first_group[b->count++] = g;
        patches += b->groups.start[g + 1] - b->groups.start[g];
        patches = patches >= PATCHES_A_BATCH ? 0 : patches;
    }
    b->first_group[b->count] = b->groups.count;
    b->items = hg_calloc(b->count + 1, sizeof *b->items);
    return b->items ? HG_OK : hg_fail_memory(err);
}

static hg_area_meter *take_meter(audit_context *c)
{
    pthread_mutex_lock(&c->meter_lock);
    hg_area_meter *meter = c->meters[--c->meter_count];
    pthread_mutex_unlock(&c->meter_lock);
    return meter;
}

static void give_meter(audit_context *c, hg_area_meter *meter)
{
    pthread_mutex_lock(&c->meter_lock);
    c->meters[c->meter_count++] = meter;
    pthread_mutex_unlock(&c->meter_lock);
}

static hg_status run_batch(void *context, size_t i, hg_error *err)
{
    batches *b = context;
    audit_context *c = b->c;
    audit_batch *out = &b->items[i];
    out->balances = hg_calloc(c->in->epoch_count, sizeof *out->balances);
    hg_status status = out->balances ? hg_check_cancel(c->control, err) : hg_fail_memory(err);
    hg_area_meter *meter = take_meter(c);
    for (size_t g = b->first_group[i]; g < b->first_group[i + 1] && status == HG_OK; g++) {
        const size_t *start = &b->groups.start[g];
        status = audit_group_run(c, b->groups.members + start[0], start[1] - start[0], meter, out, err);
    }
    give_meter(c, meter);
    hg_say_progress(c->control, "audit", (double)(i + 1) / (double)b->count);
    return status;
}

void audit_batch_dispose(audit_batch *b)
{
    for (size_t k = 0; k < b->lineage_count; k++)
        hg_free(b->lineages[k].patch_at);
    for (size_t k = 0; k < b->flow_count; k++)
        hg_polygon_mm_dispose(&b->flows[k].outline);
    for (size_t k = 0; k < b->piece_count; k++)
        hg_polygon_mm_dispose(&b->pieces[k].outline);
    hg_free(b->lineages);
    hg_free(b->founders);
    hg_free(b->flows);
    hg_free(b->pieces);
    hg_free(b->balances);
    hg_free(b->nodings);
    hg_free(b->overlaps);
    *b = (audit_batch){0};
}

static void batches_dispose(batches *b)
{
    for (size_t k = 0; k < b->count && b->items; k++)
        audit_batch_dispose(&b->items[k]);
    hg_free(b->items);
    hg_free(b->first_group);
    audit_groups_dispose(&b->groups);
}

/* ------------------------------------------------- joining the batches --------------------- */

static hg_status reserve_result(const batches *b, size_t epochs, hg_audit_result *r, uint32_t **founders,
                                hg_error *err)
{
    size_t lineages = 0, flows = 0, pieces = 0, nodings = 0, overlaps = 0;
    for (size_t k = 0; k < b->count; k++) {
        lineages += b->items[k].lineage_count;
        flows += b->items[k].flow_count;
        pieces += b->items[k].piece_count;
        nodings += b->items[k].noding_count;
        overlaps += b->items[k].overlap_count;
    }
    r->lineages = hg_malloc(lineages + 1, sizeof *r->lineages);
    r->flows = hg_malloc(flows + 1, sizeof *r->flows);
    r->pieces = hg_malloc(pieces + 1, sizeof *r->pieces);
    r->nodings = hg_malloc(nodings + 1, sizeof *r->nodings);
    r->overlaps = hg_malloc(overlaps + 1, sizeof *r->overlaps);
    r->balances = hg_calloc(epochs, sizeof *r->balances);
    *founders = hg_malloc(lineages + 1, sizeof **founders);
    bool got = r->lineages && r->flows && r->pieces && r->nodings && r->overlaps && r->balances && *founders;
    return got ? HG_OK : hg_fail_memory(err);
}

static void add_balance(hg_audit_balance *to, const hg_audit_balance *from)
{
    to->patches += from->patches;
    to->surveyed += from->surveyed;
    to->noding += from->noding;
    to->repeated += from->repeated;
    to->rejected += from->rejected;
    to->not_flown += from->not_flown;
    to->gained_within_error += from->gained_within_error;
    to->lost_within_error += from->lost_within_error;
    to->carried += from->carried;
    to->outside += from->outside;
    to->authorised += from->authorised;
    to->encroached += from->encroached;
    to->pending_verdict += from->pending_verdict;
}

/* Moves what the batch holds to the end of the result. */
static void move_batch(audit_batch *b, size_t epochs, hg_audit_result *r, uint32_t *founders)
{
    uint32_t base = (uint32_t)r->lineage_count;
    for (size_t k = 0; k < b->lineage_count; k++) {
        hg_audit_lineage *l = &r->lineages[r->lineage_count];
        *l = b->lineages[k];
        l->parent = audit_moved(l->parent, base);
        l->merged_into = audit_moved(l->merged_into, base);
        founders[r->lineage_count++] = b->founders[k];
    }
    for (size_t k = 0; k < b->flow_count; k++) {
        r->flows[r->flow_count] = b->flows[k];
        r->flows[r->flow_count++].lineage += base;
    }
    for (size_t k = 0; k < b->piece_count; k++) {
        r->pieces[r->piece_count] = b->pieces[k];
        r->pieces[r->piece_count++].lineage += base;
    }
    for (size_t k = 0; k < b->noding_count; k++)
        r->nodings[r->noding_count++] = b->nodings[k];
    for (size_t k = 0; k < b->overlap_count; k++)
        r->overlaps[r->overlap_count++] = b->overlaps[k];
    for (size_t t = 0; t < epochs && b->balances; t++)
        add_balance(&r->balances[t], &b->balances[t]);
    b->lineage_count = b->flow_count = b->piece_count = 0; /* theirs no more */
    audit_batch_dispose(b);
}

typedef struct lineage_order {
    const hg_audit_lineage *lineages;
    const uint32_t *founders;
} lineage_order;

static int by_founder(const void *a, const void *b, void *order)
{
    const lineage_order *o = order;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    uint32_t p = o->lineages[i].first_epoch, q = o->lineages[k].first_epoch;
    if (p != q)
        return p < q ? -1 : 1;
    return (o->founders[i] > o->founders[k]) - (o->founders[i] < o->founders[k]);
}

static int by_flow_key(const void *a, const void *b)
{
    const hg_audit_flow *p = a, *q = b;
    const uint32_t x[] = {p->epoch, p->lineage, p->zone, p->class_id, p->change, p->from_zone, p->from_class};
    const uint32_t y[] = {q->epoch, q->lineage, q->zone, q->class_id, q->change, q->from_zone, q->from_class};
    for (size_t k = 0; k < sizeof x / sizeof *x; k++)
        if (x[k] != y[k])
            return x[k] < y[k] ? -1 : 1;
    return 0;
}

static int by_piece_key(const void *a, const void *b)
{
    const hg_audit_piece *p = a, *q = b;
    if (p->epoch != q->epoch)
        return p->epoch < q->epoch ? -1 : 1;
    if (p->lineage != q->lineage)
        return p->lineage < q->lineage ? -1 : 1;
    return (p->zone > q->zone) - (p->zone < q->zone);
}

static int by_noding_key(const void *a, const void *b)
{
    const hg_audit_noding *p = a, *q = b;
    return (p->patch > q->patch) - (p->patch < q->patch);
}

static int by_overlap_key(const void *a, const void *b)
{
    const hg_audit_overlap *p = a, *q = b;
    if (p->patch != q->patch)
        return p->patch < q->patch ? -1 : 1;
    return (p->other > q->other) - (p->other < q->other);
}

/* Numbers the lineages by epoch and founder, and everything by them. */
static hg_status order_result(hg_audit_result *r, const uint32_t *founders, hg_error *err)
{
    size_t n = r->lineage_count;
    uint32_t *order = hg_malloc(n + 1, sizeof *order), *number = hg_malloc(n + 1, sizeof *number);
    hg_audit_lineage *sorted = hg_malloc(n + 1, sizeof *sorted);
    hg_status status = order && number && sorted ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        lineage_order keys = {r->lineages, founders};
        for (uint32_t i = 0; i < n; i++)
            order[i] = i;
        qsort_r(order, n, sizeof *order, by_founder, &keys);
        for (uint32_t i = 0; i < n; i++)
            number[order[i]] = i;
        for (size_t i = 0; i < n; i++) {
            sorted[i] = r->lineages[order[i]];
            sorted[i].parent = sorted[i].parent == HG_AUDIT_NONE ? HG_AUDIT_NONE : number[sorted[i].parent];
            sorted[i].merged_into =
                sorted[i].merged_into == HG_AUDIT_NONE ? HG_AUDIT_NONE : number[sorted[i].merged_into];
        }
        memcpy(r->lineages, sorted, n * sizeof *sorted);
        for (size_t k = 0; k < r->flow_count; k++)
            r->flows[k].lineage = number[r->flows[k].lineage];
        for (size_t k = 0; k < r->piece_count; k++)
            r->pieces[k].lineage = number[r->pieces[k].lineage];
        qsort(r->flows, r->flow_count, sizeof *r->flows, by_flow_key);
        qsort(r->pieces, r->piece_count, sizeof *r->pieces, by_piece_key);
        qsort(r->nodings, r->noding_count, sizeof *r->nodings, by_noding_key);
        qsort(r->overlaps, r->overlap_count, sizeof *r->overlaps, by_overlap_key);
    }
    hg_free(order);
    hg_free(number);
    hg_free(sorted);
    return status;
}

/* A name of the lineage's own: at the first try the outline's id, then with its date, then numbered as well. */
static char *make_name(const hg_land_input *in, const hg_audit_lineage *l, int try)
{
    hg_text t = {0};
    hg_text_add(&t, in->patches[l->patch_at[l->first_epoch]].id);
    if (try > 0) {
        char date[32];
        hg_civil_text(in->epochs[l->first_epoch], date);
        hg_text_addf(&t, "@%.10s", date);
    }
    if (try > 1)
        hg_text_addf(&t, "#%d", try);
    return hg_text_take(&t);
}

static hg_status name_lineage(const hg_land_input *in, hg_pool *taken, hg_audit_lineage *l,
                              hg_error *err)
{
    hg_status status = HG_OK;
    for (int try = 0; !l->id && status == HG_OK; try++) {
        uint32_t known = hg_pool_count(taken), id = 0;
        char *name = make_name(in, l, try);
        status = name ? hg_pool_intern(taken, name, strlen(name), &id, err) : hg_fail_memory(err);
        if (status == HG_OK && id == known)
            l->id = name;
        else
            hg_free(name);
    }
    return status;
}

static hg_status name_lineages(const hg_land_input *in, hg_audit_result *r, hg_error *err)
{
    hg_pool *taken = NULL;
    hg_status status = hg_pool_new(&taken, err);
    for (size_t k = 0; k < r->lineage_count && status == HG_OK; k++)
        status = name_lineage(in, taken, &r->lineages[k], err);
    hg_pool_free(taken);
    return status;
}

static hg_status join_batches(batches *b, hg_audit_result *r, hg_error *err)
{
    const hg_land_input *in = b->c->in;
    uint32_t *founders = NULL;
    hg_status status = reserve_result(b, in->epoch_count, r, &founders, err);
    for (size_t k = 0; k < b->count && status == HG_OK; k++) {
        move_batch(&b->items[k], in->epoch_count, r, founders);
        if ((k + 1) % BATCHES_A_TRIM == 0)
            hg_memory_trim();
    }
    if (status == HG_OK)
        status = order_result(r, founders, err);
    if (status == HG_OK)
        status = name_lineages(in, r, err);
    hg_free(founders);
    return status;
}

hg_status hg_audit_run(const hg_land_input *input, hg_control *control, hg_audit_result *out,
                       hg_error *err)
{
    audit_context c = {.in = input, .control = control, .meter_lock = PTHREAD_MUTEX_INITIALIZER};
    batches b = {.c = &c};
    hg_audit_result r = {0};
    hg_status status = context_init(&c, err);
    if (status == HG_OK)
        status = audit_groups_make(&c, &b.groups, err);
    hg_polygon_index_free(c.patch_index); /* groups are all it is for, and it is large */
    c.patch_index = NULL;
    if (status == HG_OK)
        status = split_groups(&b, err);
    if (status == HG_OK)
        status = hg_parallel(b.count, control->threads, run_batch, &b, err);
    if (status == HG_OK)
        status = join_batches(&b, &r, err);
    if (status == HG_OK) {
        r.groups = b.groups.count;
        r.zone_order = c.zone_order;
        c.zone_order = NULL;
        *out = r;
    } else {
        hg_audit_result_dispose(&r);
    }
    batches_dispose(&b);
    context_dispose(&c);
    return status;
}

void hg_audit_result_dispose(hg_audit_result *r)
{
    for (size_t k = 0; k < r->lineage_count; k++) {
        hg_free(r->lineages[k].id);
        hg_free(r->lineages[k].patch_at);
    }
    for (size_t k = 0; k < r->flow_count; k++)
        hg_polygon_mm_dispose(&r->flows[k].outline);
    for (size_t k = 0; k < r->piece_count; k++)
        hg_polygon_mm_dispose(&r->pieces[k].outline);
    hg_free(r->lineages);
    hg_free(r->flows);
    hg_free(r->pieces);
    hg_free(r->balances);
    hg_free(r->nodings);
    hg_free(r->overlaps);
    hg_free(r->zone_order);
    *r = (hg_audit_result){0};
}
