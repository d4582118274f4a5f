/* What follows from the audit's result: claims, ledger, cases, counted things, patrols, and what is odd. */
#include "job/audit.h"
#include "base/civil.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *hg_audit_zone_id(const hg_auditing *a, uint32_t rank)
{
    return rank == HG_AUDIT_NONE ? "*" : a->zones[a->result.zone_order[rank]].id;
}

const char *hg_audit_class_name(const hg_auditing *a, uint32_t class_id)
{
    return class_id == HG_AUDIT_NONE ? "*" : a->classes[class_id].name;
}

const char *hg_audit_epoch_text(const hg_auditing *a, uint32_t epoch)
{
    return a->epoch_texts[epoch];
}

const char *hg_audit_verdict_name(hg_verdict verdict)
{
    static const char *const names[] = {"", "confirmed", "rejected", "pending"};
    return names[verdict];
}

double hg_mu(hg_exact area)
{
    return hg_exact_m2(area * 3) / 2000; /* 1 亩 = 10000/15 m2 */
}

const char *hg_audit_severity(const hg_auditing *a, hg_exact area)
{
    return hg_class_map_severity(&a->map, hg_exact_m2(area));
}

/* ------------------------------------------------- zones by name ---------------------------- */

static hg_status rank_zones(hg_auditing *a, hg_error *err)
{
    a->rank_of_zone = hg_malloc(a->land.zone_count + 1, sizeof *a->rank_of_zone);
    if (!a->rank_of_zone)
        return hg_fail_memory(err);
    for (uint32_t r = 0; r < a->land.zone_count; r++)
        a->rank_of_zone[a->result.zone_order[r]] = r;
    return HG_OK;
}

/* Position of the zone of this text, by the pool's ids; one map for assets, patrols and openings. */
static hg_status map_zones(const hg_auditing *a, uint32_t **out, hg_error *err)
{
    uint32_t n = hg_pool_count(a->in.pool), *rank = hg_malloc((size_t)n + 1, sizeof *rank);
    if (!rank)
        return hg_fail_memory(err);
    for (uint32_t k = 0; k < n; k++)
        rank[k] = HG_AUDIT_NONE;
    for (size_t i = 0; i < a->in.zone_count; i++)
        rank[a->in.zones[i].id] = a->rank_of_zone[i];
    *out = rank;
    return HG_OK;
}

static hg_status zone_of(hg_auditing *a, const uint32_t *rank, uint32_t id, hg_audit_origin origin,
                         uint32_t *zone, hg_error *err)
{
    *zone = id == HG_NO_TEXT ? HG_AUDIT_NONE : rank[id];
    if (*zone != HG_AUDIT_NONE || id == HG_NO_TEXT)
        return HG_OK;
    return hg_audit_note_add(&a->in, origin, "unknown_zone", hg_pool_text(a->in.pool, id), err);
}

static hg_status make_openings(hg_auditing *a, const uint32_t *rank, hg_error *err)
{
    hg_status status = HG_OK;
    a->openings = hg_malloc(a->in.opening_count + 1, sizeof *a->openings);
    if (!a->openings)
        return hg_fail_memory(err);
    for (size_t i = 0; i < a->in.opening_count && status == HG_OK; i++) {
        const hg_audit_opening *o = &a->in.openings[i];
        uint32_t zone = HG_AUDIT_NONE;
        status = zone_of(a, rank, o->zone_id, o->origin, &zone, err);
        if (zone != HG_AUDIT_NONE)
            a->openings[a->opening_count++] =
                (hg_opening){zone, o->class_number, o->area_m2, o->signed_on};
    }
    int64_t before = a->land.epoch_count > 1 ? a->epochs[1] : HG_NO_TIME;
    a->opening_count = hg_openings_last(a->openings, a->opening_count, before);
    return status;
}

/* ------------------------------------------------- counted things --------------------------- */

static hg_status make_units(hg_auditing *a, const uint32_t *rank, hg_error *err)
{
    hg_asset *assets = hg_malloc(a->in.asset_count + 1, sizeof *assets);
    hg_status status = assets ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < a->in.asset_count && status == HG_OK; i++) {
        const hg_audit_asset *x = &a->in.assets[i];
        assets[i] = (hg_asset){HG_AUDIT_NONE, isnan(x->rooms) ? 1 : x->rooms, x->occupied_from, x->recovered_on};
        status = zone_of(a, rank, x->zone_id, x->origin, &assets[i].zone, err);
    }
    if (status == HG_OK)
        status = hg_units_make(&a->land, &a->result, assets, a->in.asset_count, a->count, a->tonnes,
                               &a->units, &a->unit_count, err);
    hg_free(assets);
    return status;
}

static hg_status make_patrols(hg_auditing *a, const uint32_t *rank, hg_error *err)
{
    hg_patrol *patrols = hg_malloc(a->in.patrol_count + 1, sizeof *patrols);
    hg_status status = patrols ? HG_OK : hg_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < a->in.patrol_count && status == HG_OK; i++) {
        const hg_audit_patrol *p = &a->in.patrols[i];
        uint32_t zone = HG_AUDIT_NONE;
        status = zone_of(a, rank, p->zone_id, p->origin, &zone, err);
        if (zone != HG_AUDIT_NONE && p->date != HG_NO_TIME && p->level != HG_PATROL_OTHER)
            patrols[n++] = (hg_patrol){zone, p->date, p->level == HG_PATROL_TOWN};
    }
    int64_t from = a->epochs[0], to = a->as_of + 86400;
    if (status == HG_OK && a->in.patrol_count)
        status = hg_patrol_duties(&a->land, &a->result, patrols, n, from, to, a->map.town_days,
                                  a->map.village_days, &a->duties, &a->duty_count, err);
    hg_free(patrols);
    return status;
}

/* ------------------------------------------------- actions of a patch ---------------------- */

/* Claims come by date, so each lineage's actions do. */
static hg_status list_actions(hg_auditing *a, hg_error *err)
{
    hg_patch_names *names = NULL;
    size_t lineages = a->result.lineage_count, total = 0, n = 0;
    hg_status status = hg_patch_names_new(&a->land, &a->result, &names, err);
    size_t *start = hg_calloc(lineages + 2, sizeof *start);
    if (status == HG_OK && !start)
        status = hg_fail_memory(err);
    for (size_t i = 0; i < a->land.action_count && status == HG_OK; i++) {
        const uint32_t *l = hg_patch_names_find(names, a->actions[i].patch_id, &n);
        for (size_t k = 0; k < n; k++, total++)
            start[l[k] + 2]++;
    }
    uint32_t *list = hg_malloc(total + 1, sizeof *list);
    if (status == HG_OK && !list)
        status = hg_fail_memory(err);
    for (size_t l = 0; l < lineages && status == HG_OK; l++)
        start[l + 2] += start[l + 1];
    for (size_t i = 0; i < a->land.action_count && status == HG_OK; i++) {
        const uint32_t *l = hg_patch_names_find(names, a->actions[a->claims[i].action].patch_id, &n);
        for (size_t k = 0; k < n; k++)
            list[start[l[k] + 1]++] = a->claims[i].action;
    }
    hg_patch_names_free(names);
    a->action_start = start;
    a->action_list = list;
    return status;
}

/* ------------------------------------------------- what is odd ------------------------------ */

/* Notes a text made for it, which may hold an id of any length. */
static hg_status note_text(hg_auditing *a, hg_audit_origin origin, const char *reason, hg_text *text,
                           hg_error *err)
{
    hg_status status = text->failed ? hg_fail_memory(err)
                                    : hg_audit_note_add(&a->in, origin, reason, text->s, err);
    hg_text_dispose(text);
    return status;
}

static hg_status note_dated(hg_auditing *a, const hg_audit_action *x, const char *reason, hg_error *err)
{
    hg_text text = {0};
    char date[32];
    hg_text_add(&text, hg_pool_text(a->in.pool, x->patch_id));
    hg_text_addf(&text, " on %.10s", hg_civil_text(x->date, date));
    return note_text(a, x->origin, reason, &text, err);
}

static hg_status note_claims(hg_auditing *a, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < a->land.action_count && status == HG_OK; i++) {
        const hg_claim *c = &a->claims[i];
        const hg_audit_action *x = &a->in.actions[c->action];
        if (c->unknown_patch)
            status = hg_audit_note_add(&a->in, x->origin, "unknown_patch",
                                       hg_pool_text(a->in.pool, x->patch_id), err);
        if (status == HG_OK && c->before_found)
            status = note_dated(a, x, "action_before_found", err);
        if (status == HG_OK && c->after_recovery)
            status = note_dated(a, x, "action_after_recovery", err);
    }
    return status;
}

static hg_status note_overlaps(hg_auditing *a, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < a->result.overlap_count && status == HG_OK; k++) {
        const hg_audit_overlap *o = &a->result.overlaps[k];
        hg_text text = {0};
        hg_text_addf(&text, "%.3f m2 counted with ", hg_exact_m2(o->area));
        hg_text_add(&text, a->patches[o->other].id);
        status = note_text(a, a->patch_origins[o->patch], "overlaps_patch", &text, err);
    }
    return status;
}

/* An id that two outlines of one flight bear: each keeps its land, the second gets a name of its own. */
static hg_status note_renamed(hg_auditing *a, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t l = 0; l < a->result.lineage_count && status == HG_OK; l++) {
        const hg_audit_lineage *x = &a->result.lineages[l];
        uint32_t patch = x->patch_at[x->first_epoch];
        if (strcmp(a->patches[patch].id, x->id) != 0)
            status = hg_audit_note_add(&a->in, a->patch_origins[patch], "patch_renamed", x->id, err);
    }
    return status;
}

/* An outline of which arranging left nothing ends among the repairs, with its place. */
static hg_status note_vanished(hg_auditing *a, hg_error *err)
{
    for (size_t k = 0; k < a->result.noding_count; k++) {
        const hg_audit_noding *n = &a->result.nodings[k];
        const hg_polygon_mm *p = &a->patch_outlines[n->patch];
        if (!n->vanished)
            continue;
        hg_audit_repair repair = {a->patch_origins[n->patch],
                                  a->patches[n->patch].id,
                                  {.reason = "nothing left on the 1 mm grid",
                                   .x = (double)(p->box[0] + p->box[2]) / 2000,
                                   .y = (double)(p->box[1] + p->box[3]) / 2000,
                                   .area_before = hg_exact_m2(hg_polygon_mm_area(p))}};
        if (!hg_audit_repair_add(a, &repair))
            return hg_fail_memory(err);
    }
    return HG_OK;
}

static void settle_as_of(hg_auditing *a)
{
    a->as_of = a->epochs[a->land.epoch_count - 1];
    for (size_t i = 0; i < a->in.action_count; i++)
        a->as_of = a->in.actions[i].date > a->as_of ? a->in.actions[i].date : a->as_of;
    for (size_t i = 0; i < a->in.patrol_count; i++)
        a->as_of = a->in.patrols[i].date > a->as_of ? a->in.patrols[i].date : a->as_of;
    for (size_t i = 0; i < a->in.asset_count; i++)
        a->as_of = a->in.assets[i].recovered_on > a->as_of ? a->in.assets[i].recovered_on : a->as_of;
}

static hg_status make_ledger(hg_auditing *a, hg_error *err)
{
    hg_status status = hg_claims_make(&a->land, &a->result, &a->claims, &a->unexplained, err);
    if (status == HG_OK)
        status = hg_ledger_make(&a->land, &a->result, a->openings, a->opening_count, a->unexplained,
                                &a->ledger, err);
    if (status == HG_OK)
        status = hg_cases_make(&a->land, &a->result, a->claims, a->terms, a->as_of, &a->cases,
                               &a->case_count, err);
    if (status == HG_OK)
        status = hg_farmland_sums(&a->land, &a->result, a->map.farmland_basic_m2,
                                  a->map.farmland_other_m2, &a->farmland, &a->farmland_count,
                                  &a->farmland_of, err);
    return status;
}

hg_status hg_audit_books_make(hg_job *job, hg_auditing *a, hg_error *err)
{
    uint32_t *rank = NULL;
    settle_as_of(a);
    hg_status status = rank_zones(a, err);
    if (status == HG_OK)
        status = map_zones(a, &rank, err);
    if (status == HG_OK)
        status = make_openings(a, rank, err);
    if (status == HG_OK)
        status = make_ledger(a, err);
    if (status == HG_OK)
        status = list_actions(a, err);
    if (status == HG_OK)
        status = make_units(a, rank, err);
    if (status == HG_OK)
        status = make_patrols(a, rank, err);
    if (status == HG_OK)
        status = note_claims(a, err);
    if (status == HG_OK)
        status = note_overlaps(a, err);
    if (status == HG_OK)
        status = note_renamed(a, err);
    if (status == HG_OK)
        status = note_vanished(a, err);
    hg_free(rank);
    hg_audit_notes_sort(&a->in);
    hg_audit_inputs_tell(job, &a->in);
    return status == HG_OK ? hg_check_cancel(&job->control, err) : status;
}

static void dispose_outlines(hg_polygon_mm **outlines, size_t n)
{
    for (size_t i = 0; *outlines && i < n; i++)
        hg_polygon_mm_dispose(&(*outlines)[i]);
    hg_free(*outlines);
    *outlines = NULL;
}

/* What the first flight found is booked, and no change to be drawn. */
static void drop_first_flows(hg_audit_result *r)
{
    size_t first = 0;
    while (first < r->flow_count && r->flows[first].epoch == 0)
        hg_polygon_mm_dispose(&r->flows[first++].outline);
    r->flow_count -= first;
    memmove(r->flows, r->flows + first, r->flow_count * sizeof *r->flows);
    hg_audit_flow *fewer = hg_realloc(r->flows, r->flow_count + 1, sizeof *fewer);
    r->flows = fewer ? fewer : r->flows;
}

void hg_auditing_let_go(hg_auditing *a)
{
    drop_first_flows(&a->result);
    hg_free(a->unexplained);
    a->unexplained = NULL;
    dispose_outlines(&a->permit_outlines, a->land.permit_count);
    dispose_outlines(&a->patch_outlines, a->patch_room);
    dispose_outlines(&a->coverage_outlines, a->coverage_room);
    hg_memory_trim();
}

static void dispose_land(hg_auditing *a)
{
    if (a->result.flows)
        hg_auditing_let_go(a);
    dispose_outlines(&a->permit_outlines, a->land.permit_count);
    dispose_outlines(&a->patch_outlines, a->patch_room);
    dispose_outlines(&a->coverage_outlines, a->coverage_room);
    dispose_outlines(&a->zone_outlines, a->in.zone_count);
    void *const owned[] = {a->zones, a->permits,        a->patches,        a->actions, a->classes,
                           a->terms, a->permit_classes, a->coverage_epoch, a->epochs,  a->count,
                           a->tonnes, a->patch_origins, a->water_level_m,  a->repairs,
                           a->epoch_texts};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        hg_free(owned[k]);
}

void hg_auditing_dispose(hg_auditing *a)
{
    dispose_land(a);
    hg_audit_result_dispose(&a->result);
    hg_ledger_dispose(&a->ledger);
    void *const owned[] = {a->rank_of_zone, a->claims,   a->unexplained, a->openings,     a->cases,
                           a->farmland,     a->farmland_of, a->units,    a->duties,       a->action_start,
                           a->action_list};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
        hg_free(owned[k]);
    hg_audit_inputs_dispose(&a->in);
    hg_class_map_dispose(&a->map);
    *a = (hg_auditing){0};
}
