#include "engine/cases.h"
#include "base/civil.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400 };

const char *hg_case_state_name(hg_case_state state)
{
    static const char *const names[HG_CASE_STATES] = {"发现",   "待定",     "不属实", "属实", "整改中",
                                                      "待验收", "退回整改", "销号",   "复发"};
    return names[state];
}

/* What the flights alone say of a lineage. */
typedef struct seen {
    bool ever, relapsed;
    uint32_t first, last; /* epochs with a piece */
    uint32_t zone, class_id;
    hg_exact outstanding, largest, at_epoch, largest_part;
    uint32_t current; /* epoch that at_epoch sums */
} seen;

/* Pieces come by epoch. */
static void see_pieces(const hg_land_input *in, const hg_audit_result *r, seen *s)
{
    for (size_t k = 0; k < r->piece_count; k++) {
        const hg_audit_piece *p = &r->pieces[k];
        seen *l = &s[p->lineage];
        if (!l->ever)
            l->first = p->epoch;
        if (!l->ever || l->current != p->epoch)
            l->at_epoch = l->largest_part = 0;
        l->ever = true;
        l->current = l->last = p->epoch;
        l->at_epoch += p->area;
        l->largest = l->at_epoch > l->largest ? l->at_epoch : l->largest;
        if (p->area > l->largest_part) {
            l->largest_part = p->area;
            l->zone = p->zone;
            l->class_id = p->class_id;
        }
        if (p->epoch + 1 == in->epoch_count)
            l->outstanding += p->area;
    }
    for (size_t k = 0; k < r->flow_count; k++)
        s[r->flows[k].lineage].relapsed |= r->flows[k].relapsed > 0;
}

/* What now stands on the land of a lineage: itself, or the patch that took it in. */
static uint32_t standing(const hg_audit_result *r, uint32_t lineage)
{
    while (r->lineages[lineage].merged_into != HG_AUDIT_NONE)
        lineage = r->lineages[lineage].merged_into;
    return lineage;
}

/* The claims of one lineage, through every name a survey gave it. */
typedef struct record {
    uint32_t action;
    int64_t date, deadline;
    bool proof, claimed, short_of_claim; /* of the last action; of any: a flight showed less than claimed */
} record;

static void add_action(const hg_land_input *in, const hg_claim *c, const hg_action_terms *terms,
                       record *rec)
{
    const hg_land_action *a = &in->actions[c->action];
    int64_t last_flight = in->epochs[in->epoch_count - 1], deadline = terms[c->action].deadline;
    bool again = rec->action != HG_AUDIT_NONE && rec->date == a->date; /* of one day: their order says nothing */
    rec->action = c->action;                                           /* claims come by date */
    rec->date = a->date;
    rec->claimed = !c->open || (again && rec->claimed);
    rec->proof = terms[c->action].proof || (again && rec->proof);
    if (deadline != HG_NO_TIME && (!again || rec->deadline == HG_NO_TIME || deadline > rec->deadline))
        rec->deadline = deadline;
    rec->short_of_claim |= c->unverified > 0 && a->date != HG_NO_TIME && a->date <= last_flight;
}

static hg_status gather_records(const hg_land_input *in, const hg_audit_result *r, const hg_claim *claims,
                                const hg_action_terms *terms, record *records, hg_error *err)
{
    hg_patch_names *names = NULL;
    hg_status status = hg_patch_names_new(in, r, &names, err);
    if (status != HG_OK)
        return status;
    for (size_t i = 0; i < in->action_count; i++) {
        size_t n = 0;
        const uint32_t *lineages =
            hg_patch_names_find(names, in->actions[claims[i].action].patch_id, &n);
        for (size_t k = 0; k < n; k++)
            add_action(in, &claims[i], terms, &records[lineages[k]]);
    }
    hg_patch_names_free(names);
    return HG_OK;
}

static hg_case_state reviewed(hg_verdict verdict)
{
    return verdict == HG_VERDICT_CONFIRMED ? HG_CASE_CONFIRMED
           : verdict == HG_VERDICT_PENDING ? HG_CASE_UNDECIDED
                                           : HG_CASE_FOUND;
}

static hg_case_state acted_on(const hg_land_input *in, const record *rec)
{
    bool flown_since = rec->date != HG_NO_TIME && rec->date <= in->epochs[in->epoch_count - 1];
    if (!flown_since && rec->proof)
        return HG_CASE_CLOSED;
    if (!flown_since && rec->claimed)
        return HG_CASE_AWAITING;
    return rec->short_of_claim ? HG_CASE_RETURNED : HG_CASE_RECTIFYING;
}

/* `last` is what the flights say of the patch that stands there now. */
static hg_case_state state_of(const hg_land_input *in, const hg_audit_lineage *l, const seen *s,
                              const seen *last, const record *rec)
{
    if (l->verdict == HG_VERDICT_REJECTED)
        return HG_CASE_NOT_CONFIRMED;
    if (last->outstanding == 0)
        return HG_CASE_CLOSED;
    if (rec->action != HG_AUDIT_NONE) {
        hg_case_state state = acted_on(in, rec);
        return s->relapsed && state == HG_CASE_RECTIFYING ? HG_CASE_RELAPSED : state;
    }
    return s->relapsed ? HG_CASE_RELAPSED : reviewed(l->verdict);
}

static int64_t closed_on(const hg_land_input *in, const hg_case *c, const seen *s, const seen *last,
                         const record *rec)
{
    if (c->state != HG_CASE_CLOSED)
        return HG_NO_TIME;
    uint32_t shown = last->last > s->last ? last->last : s->last; /* the flight after it shows nothing */
    return last->outstanding == 0 ? in->epochs[shown + 1] : rec->date;
}

static int64_t overdue_days(const hg_case *c, int64_t as_of)
{
    bool open = c->state != HG_CASE_CLOSED && c->state != HG_CASE_NOT_CONFIRMED;
    if (!open || c->deadline == HG_NO_TIME || as_of <= c->deadline)
        return 0;
    return (as_of - c->deadline + DAY_S - 1) / DAY_S;
}

static hg_case make_case(const hg_land_input *in, const hg_audit_result *r, uint32_t lineage,
                         const seen *all, const record *rec, int64_t as_of)
{
    const hg_audit_lineage *l = &r->lineages[lineage];
    const seen *s = &all[lineage], *last = &all[standing(r, lineage)];
    hg_case c = {.lineage = lineage,
                 .zone = s->ever ? s->zone : HG_AUDIT_NONE,
                 .class_id = s->ever ? s->class_id : l->class_id,
                 .state = state_of(in, l, s, last, rec),
                 .found_on = in->epochs[s->ever ? s->first : l->first_epoch],
                 .action = rec->action,
                 .deadline = rec->deadline,
                 .outstanding = s->outstanding,
                 .largest = s->largest};
    c.closed_on = closed_on(in, &c, s, last, rec);
    c.overdue_days = overdue_days(&c, as_of);
    return c;
}

hg_status hg_cases_make(const hg_land_input *in, const hg_audit_result *result,
                        const hg_claim *claims, const hg_action_terms *terms, int64_t as_of,
                        hg_case **out, size_t *count, hg_error *err)
{
    size_t n = result->lineage_count, made = 0;
    seen *s = hg_calloc(n + 1, sizeof *s);
    record *records = hg_calloc(n + 1, sizeof *records);
    hg_case *cases = hg_malloc(n + 1, sizeof *cases);
    hg_status status = s && records && cases ? HG_OK : hg_fail_memory(err);
    for (size_t l = 0; l < n && status == HG_OK; l++)
        records[l] = (record){.action = HG_AUDIT_NONE, .date = HG_NO_TIME, .deadline = HG_NO_TIME};
    if (status == HG_OK)
        status = gather_records(in, result, claims, terms, records, err);
    if (status == HG_OK) {
        see_pieces(in, result, s);
        for (uint32_t l = 0; l < n; l++)
            if (s[l].ever || result->lineages[l].verdict == HG_VERDICT_REJECTED)
                cases[made++] = make_case(in, result, l, s, &records[l], as_of);
        *out = cases;
        *count = made;
    } else {
        hg_free(cases);
    }
    hg_free(s);
    hg_free(records);
    return status;
}

/* ------------------------------------------------- farmland --------------------------------- */

typedef struct holding {
    const char *occupant; /* NULL = unknown */
    uint32_t lineage;
    hg_exact basic, other;
} holding;

static bool same_holder(const holding *a, const holding *b)
{
    if (!a->occupant || !b->occupant)
        return a->lineage == b->lineage;
    return strcmp(a->occupant, b->occupant) == 0;
}

static int by_holder(const void *a, const void *b)
{
    const holding *p = a, *q = b;
    if (p->occupant && q->occupant) {
        int order = strcmp(p->occupant, q->occupant);
        if (order)
            return order;
    } else if (p->occupant || q->occupant) {
        return p->occupant ? -1 : 1;
    }
    return (p->lineage > q->lineage) - (p->lineage < q->lineage);
}

static hg_status list_holdings(const hg_land_input *in, const hg_audit_result *r, holding **out,
                               size_t *count, hg_error *err)
{
    holding *all = hg_malloc(r->piece_count + 1, sizeof *all);
    size_t n = 0;
    if (!all)
        return hg_fail_memory(err);
    for (size_t k = 0; k < r->piece_count; k++) {
        const hg_audit_piece *p = &r->pieces[k];
        hg_zone_kind kind = in->zones[r->zone_order[p->zone]].kind;
        if (p->epoch + 1 != in->epoch_count ||
            (kind != HG_ZONE_FARMLAND && kind != HG_ZONE_BASIC_FARMLAND))
            continue;
        bool basic = kind == HG_ZONE_BASIC_FARMLAND;
        all[n++] = (holding){r->lineages[p->lineage].occupant, p->lineage, basic ? p->area : 0,
                             basic ? 0 : p->area};
    }
    qsort(all, n, sizeof *all, by_holder);
    *out = all;
    *count = n;
    return HG_OK;
}

typedef struct run {
    size_t from, to;
    hg_farmland_sum sum;
} run;

static int by_sum(const void *a, const void *b)
{
    const run *p = a, *q = b;
    hg_exact x = p->sum.basic + p->sum.other, y = q->sum.basic + q->sum.other;
    if (x != y)
        return x > y ? -1 : 1;
    return (p->from > q->from) - (p->from < q->from);
}

static size_t sum_runs(const holding *all, size_t n, double basic_m2, double other_m2, run *runs)
{
    size_t made = 0;
    for (size_t from = 0, to; from < n; from = to) {
        run *r = &runs[made++];
        *r = (run){.from = from};
        for (to = from; to < n && same_holder(&all[from], &all[to]); to++) {
            r->sum.basic += all[to].basic;
            r->sum.other += all[to].other;
            r->sum.patches += to == from || all[to].lineage != all[to - 1].lineage;
        }
        r->to = to;
        r->sum.basic_reached = hg_exact_m2(r->sum.basic) >= basic_m2;
        r->sum.other_reached = hg_exact_m2(r->sum.other + r->sum.basic) >= other_m2;
    }
    return made;
}

hg_status hg_farmland_sums(const hg_land_input *in, const hg_audit_result *result, double basic_m2,
                           double other_m2, hg_farmland_sum **sums, size_t *count, uint32_t **key_of,
                           hg_error *err)
{
    holding *all = NULL;
    size_t n = 0;
    hg_status status = list_holdings(in, result, &all, &n, err);
    run *runs = hg_malloc(n + 1, sizeof *runs);
    hg_farmland_sum *made = hg_malloc(n + 1, sizeof *made);
    uint32_t *keys = hg_malloc(result->lineage_count + 1, sizeof *keys);
    if (status == HG_OK && (!runs || !made || !keys))
        status = hg_fail_memory(err);
    if (status == HG_OK) {
        size_t found = sum_runs(all, n, basic_m2, other_m2, runs);
        qsort(runs, found, sizeof *runs, by_sum);
        for (size_t l = 0; l < result->lineage_count; l++)
            keys[l] = HG_AUDIT_NONE;
        for (size_t k = 0; k < found; k++) {
            made[k] = runs[k].sum;
            made[k].key = (uint32_t)k + 1;
            for (size_t i = runs[k].from; i < runs[k].to; i++)
                keys[all[i].lineage] = (uint32_t)k;
        }
        *sums = made;
        *count = found;
        *key_of = keys;
    } else {
        hg_free(made);
        hg_free(keys);
    }
    hg_free(all);
    hg_free(runs);
    return status;
}
