/* The tables of the audit: ledger and its sums, claims, cases, counted things, what was mended or refused. */
#include "job/audit.h"
#include "job/columns.h"

#include <math.h>
#include <stdio.h>

#define COUNT(columns) (sizeof(columns) / sizeof *(columns))

static const hg_column_spec ledger_columns[] = {
    {"epoch", HG_TEXT},           {"zone_id", HG_TEXT},          {"class", HG_TEXT},
    {"opening_m2", HG_DOUBLE},    {"occupied_m2", HG_DOUBLE},    {"lapsed_m2", HG_DOUBLE},
    {"zone_in_m2", HG_DOUBLE},    {"cleared_m2", HG_DOUBLE},     {"regularised_m2", HG_DOUBLE},
    {"zone_out_m2", HG_DOUBLE},   {"transferred_m2", HG_DOUBLE}, {"closing_m2", HG_DOUBLE},
    {"closing_mu", HG_DOUBLE},    {"closing_planar_m2", HG_DOUBLE}, {"planar_ppm", HG_DOUBLE},
    {"recovered_m2", HG_DOUBLE},   {"recovered_mu", HG_DOUBLE},
    {"recovered_net_m2", HG_DOUBLE}, {"relapsed_m2", HG_DOUBLE}, {"within_error_m2", HG_DOUBLE},
    {"unexplained_m2", HG_DOUBLE}, {"restated_m2", HG_DOUBLE},   {"noding_m2", HG_DOUBLE},
};

static const hg_column_spec claim_columns[] = {
    {"patch_id", HG_TEXT},      {"action", HG_TEXT},        {"date", HG_TEXT},
    {"claimed_m2", HG_DOUBLE},  {"verified_m2", HG_DOUBLE}, {"unverified_m2", HG_DOUBLE},
    {"verified_mu", HG_DOUBLE}, {"deadline", HG_TEXT},      {"proof", HG_TEXT},
};

static const hg_column_spec action_columns[] = {
    {"action", HG_TEXT},        {"actions", HG_INT64},        {"claimed_m2", HG_DOUBLE},
    {"verified_m2", HG_DOUBLE}, {"unverified_m2", HG_DOUBLE}, {"verified_mu", HG_DOUBLE},
    {"rooms", HG_DOUBLE},
};

static const hg_column_spec case_columns[] = {
    {"patch_id", HG_TEXT},        {"zone_id", HG_TEXT},          {"class", HG_TEXT},
    {"disorder", HG_TEXT},        {"state", HG_TEXT},            {"found_on", HG_TEXT},
    {"verdict", HG_TEXT},         {"action", HG_TEXT},           {"action_date", HG_TEXT},
    {"deadline", HG_TEXT},        {"overdue", HG_INT64},         {"overdue_days", HG_INT64},
    {"closed_on", HG_TEXT},       {"outstanding_m2", HG_DOUBLE}, {"outstanding_mu", HG_DOUBLE},
    {"largest_m2", HG_DOUBLE},    {"severity", HG_TEXT},         {"absent_pending", HG_INT64},
};

static const hg_column_spec unit_columns[] = {
    {"epoch", HG_TEXT},    {"zone_id", HG_TEXT},    {"item", HG_TEXT},        {"unit", HG_TEXT},
    {"opening", HG_DOUBLE}, {"occupied", HG_DOUBLE}, {"recovered", HG_DOUBLE}, {"transferred", HG_DOUBLE},
    {"closing", HG_DOUBLE},
};

static const hg_column_spec farmland_columns[] = {
    {"occupant_key", HG_TEXT}, {"patches", HG_INT64},   {"basic_m2", HG_DOUBLE}, {"basic_mu", HG_DOUBLE},
    {"other_m2", HG_DOUBLE},   {"other_mu", HG_DOUBLE}, {"flag", HG_TEXT},
};

static const hg_column_spec duty_columns[] = {
    {"zone_id", HG_TEXT},   {"level", HG_TEXT},       {"duty_days", HG_INT64},
    {"patrols", HG_INT64},  {"periods", HG_INT64},    {"periods_met", HG_INT64},
    {"share_met", HG_DOUBLE}, {"longest_gap_days", HG_INT64}, {"duty_met", HG_INT64},
};

static const hg_column_spec balance_columns[] = {
    {"epoch", HG_TEXT},          {"patches", HG_INT64},       {"surveyed_m2", HG_DOUBLE},
    {"noding_m2", HG_DOUBLE},    {"repeated_m2", HG_DOUBLE},  {"rejected_m2", HG_DOUBLE},
    {"not_flown_m2", HG_DOUBLE}, {"within_error_gained_m2", HG_DOUBLE},
    {"within_error_lost_m2", HG_DOUBLE}, {"carried_m2", HG_DOUBLE}, {"outside_m2", HG_DOUBLE},
    {"authorised_m2", HG_DOUBLE}, {"encroached_m2", HG_DOUBLE}, {"pending_verdict_m2", HG_DOUBLE},
};

static const hg_column_spec repair_columns[] = {
    {"source", HG_TEXT}, {"row", HG_INT64}, {"id", HG_TEXT}, {"reason", HG_TEXT},
    {"x", HG_DOUBLE},    {"y", HG_DOUBLE},  {"area_before_m2", HG_DOUBLE}, {"area_after_m2", HG_DOUBLE},
};

static hg_status new_table(const char *name, size_t rows, const hg_column_spec *columns, size_t n,
                           hg_table **out, hg_error *err)
{
    hg_status status = hg_table_new(name, rows, NULL, out, err);
    return status == HG_OK ? hg_columns_add(*out, columns, n, err) : status;
}

/* ------------------------------------------------- ledger ----------------------------------- */

static hg_status fill_ledger(const hg_auditing *a, const hg_ledger_row *l, hg_table *t, size_t row,
                             hg_error *err)
{
    hg_row r = {t, row, 0, HG_OK, err};
    hg_exact recovered = l->cleared + l->regularised;
    hg_row_text(&r, hg_audit_epoch_text(a, l->epoch));
    hg_row_text(&r, hg_audit_zone_id(a, l->zone));
    hg_row_text(&r, hg_audit_class_name(a, l->class_id));
    const hg_exact figures[] = {l->opening,     l->occupied, l->lapsed,      l->zone_in, l->cleared,
                                l->regularised, l->zone_out, l->transferred, l->closing};
    for (size_t k = 0; k < COUNT(figures); k++)
        hg_row_real(&r, hg_exact_m2(figures[k]));
    hg_row_real(&r, hg_mu(l->closing));
    hg_row_real(&r, hg_exact_m2(l->closing_planar));
    hg_row_real(&r, l->closing > 0 ? (double)(l->closing_planar - l->closing) / (double)l->closing * 1e6 : NAN);
    hg_row_real(&r, hg_exact_m2(recovered));
    hg_row_real(&r, hg_mu(recovered));
    hg_row_real(&r, hg_exact_m2(recovered - l->relapsed));
    const hg_exact rest[] = {l->relapsed, l->within_error, l->unexplained, l->restated, l->noding};
    for (size_t k = 0; k < COUNT(rest); k++)
        hg_row_real(&r, hg_exact_m2(rest[k]));
    return r.status;
}

static bool every_row(const hg_ledger_row *l)
{
    (void)l;
    return true;
}

static bool zone_row(const hg_ledger_row *l)
{
    return l->class_id == HG_AUDIT_NONE;
}

static bool class_row(const hg_ledger_row *l)
{
    return l->zone == HG_AUDIT_NONE;
}

static hg_status make_ledger(const hg_auditing *a, const char *name, bool (*wanted)(const hg_ledger_row *),
                             hg_table **out, hg_error *err)
{
    size_t rows = 0, row = 0;
    for (size_t k = 0; k < a->ledger.count; k++)
        rows += wanted(&a->ledger.rows[k]);
    hg_status status = new_table(name, rows, ledger_columns, COUNT(ledger_columns), out, err);
    for (size_t k = 0; k < a->ledger.count && status == HG_OK; k++)
        if (wanted(&a->ledger.rows[k]))
            status = fill_ledger(a, &a->ledger.rows[k], *out, row++, err);
    return status;
}

/* ------------------------------------------------- actions ---------------------------------- */

static hg_status make_claims(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status = new_table("claims", a->land.action_count, claim_columns, COUNT(claim_columns), out, err);
    for (size_t k = 0; k < a->land.action_count && status == HG_OK; k++) {
        const hg_claim *c = &a->claims[k];
        const hg_audit_action *x = &a->in.actions[c->action];
        hg_row r = {*out, k, 0, HG_OK, err};
        hg_row_text(&r, hg_pool_text(a->in.pool, x->patch_id));
        hg_row_text(&r, hg_action_kind_name(x->kind));
        hg_row_day(&r, x->date);
        hg_row_real(&r, c->open ? NAN : hg_exact_m2(c->claimed));
        hg_row_real(&r, hg_exact_m2(c->verified));
        hg_row_real(&r, hg_exact_m2(c->unverified));
        hg_row_real(&r, hg_mu(c->verified));
        hg_row_day(&r, x->deadline);
        hg_row_text(&r, hg_pool_text(a->in.pool, x->proof));
        status = r.status;
    }
    return status;
}

typedef struct action_sum {
    int64_t actions;
    hg_exact claimed, verified, unverified;
    double rooms;
} action_sum;

static void sum_actions(const hg_auditing *a, action_sum sums[HG_ACT_END])
{
    for (size_t k = 0; k < a->land.action_count; k++) {
        const hg_claim *c = &a->claims[k];
        action_sum *s = &sums[a->actions[c->action].kind];
        s->actions++;
        s->claimed += c->claimed;
        s->verified += c->verified;
        s->unverified += c->unverified;
    }
    for (size_t i = 0; i < a->in.asset_count; i++)
        if (a->in.assets[i].recovered_on != HG_NO_TIME)
            sums[a->in.assets[i].kind].rooms += isnan(a->in.assets[i].rooms) ? 1 : a->in.assets[i].rooms;
}

/* `other` last, for it stands for what has no name. */
static hg_status make_by_action(const hg_auditing *a, hg_table **out, hg_error *err)
{
    action_sum sums[HG_ACT_END] = {{0}};
    size_t rows = 0, row = 0;
    sum_actions(a, sums);
    for (int k = 0; k < HG_ACT_END; k++)
        rows += sums[k].actions > 0 || sums[k].rooms > 0;
    hg_status status = new_table("by_action", rows, action_columns, COUNT(action_columns), out, err);
    for (int k = 1; k <= HG_ACT_END && status == HG_OK; k++) {
        hg_action_kind kind = (hg_action_kind)(k % HG_ACT_END);
        const action_sum *s = &sums[kind];
        if (!s->actions && !(s->rooms > 0))
            continue;
        hg_row r = {*out, row++, 0, HG_OK, err};
        hg_row_text(&r, hg_action_kind_name(kind));
        hg_row_int(&r, s->actions);
        hg_row_real(&r, hg_exact_m2(s->claimed));
        hg_row_real(&r, hg_exact_m2(s->verified));
        hg_row_real(&r, hg_exact_m2(s->unverified));
        hg_row_real(&r, hg_mu(s->verified));
        hg_row_real(&r, s->rooms);
        status = r.status;
    }
    return status;
}

/* ------------------------------------------------- cases ------------------------------------ */

static hg_status fill_case(const hg_auditing *a, const hg_case *c, hg_table *t, size_t row, hg_error *err)
{
    const hg_audit_lineage *l = &a->result.lineages[c->lineage];
    const hg_audit_action *x = c->action == HG_AUDIT_NONE ? NULL : &a->in.actions[c->action];
    hg_row r = {t, row, 0, HG_OK, err};
    hg_row_text(&r, l->id);
    hg_row_text(&r, c->zone == HG_AUDIT_NONE ? NULL : hg_audit_zone_id(a, c->zone));
    hg_row_text(&r, hg_audit_class_name(a, c->class_id));
    hg_row_text(&r, hg_disorder_name(a->map.classes[c->class_id].disorder));
    hg_row_text(&r, hg_case_state_name(c->state));
    hg_row_day(&r, c->found_on);
    hg_row_text(&r, hg_audit_verdict_name(l->verdict));
    hg_row_text(&r, x ? hg_action_kind_name(x->kind) : NULL);
    hg_row_day(&r, x ? x->date : HG_NO_TIME);
    hg_row_day(&r, c->deadline);
    hg_row_int(&r, c->overdue_days > 0);
    hg_row_int(&r, c->overdue_days);
    hg_row_day(&r, c->closed_on);
    hg_row_real(&r, hg_exact_m2(c->outstanding));
    hg_row_real(&r, hg_mu(c->outstanding));
    hg_row_real(&r, hg_exact_m2(c->largest));
    hg_row_text(&r, hg_audit_severity(a, c->outstanding > 0 ? c->outstanding : c->largest));
    hg_row_int(&r, c->outstanding > 0 && l->absent_since != HG_AUDIT_NONE);
    return r.status;
}

static hg_status make_cases(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status = new_table("cases", a->case_count, case_columns, COUNT(case_columns), out, err);
    for (size_t k = 0; k < a->case_count && status == HG_OK; k++)
        status = fill_case(a, &a->cases[k], *out, k, err);
    return status;
}

static hg_status make_farmland(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status =
        new_table("farmland", a->farmland_count, farmland_columns, COUNT(farmland_columns), out, err);
    for (size_t k = 0; k < a->farmland_count && status == HG_OK; k++) {
        const hg_farmland_sum *f = &a->farmland[k];
        char key[32];
        hg_row r = {*out, k, 0, HG_OK, err};
        snprintf(key, sizeof key, "occupant %u", f->key);
        hg_row_text(&r, key);
        hg_row_int(&r, (int64_t)f->patches);
        hg_row_real(&r, hg_exact_m2(f->basic));
        hg_row_real(&r, hg_mu(f->basic));
        hg_row_real(&r, hg_exact_m2(f->other));
        hg_row_real(&r, hg_mu(f->other));
        hg_row_text(&r, f->basic_reached || f->other_reached ? "threshold reached, refer" : NULL);
        status = r.status;
    }
    return status;
}

/* ------------------------------------------------- counted things, patrols ------------------ */

static hg_status make_units(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status = new_table("units_ledger", a->unit_count, unit_columns, COUNT(unit_columns), out, err);
    for (size_t k = 0; k < a->unit_count && status == HG_OK; k++) {
        const hg_units_row *u = &a->units[k];
        hg_row r = {*out, k, 0, HG_OK, err};
        hg_row_text(&r, hg_audit_epoch_text(a, u->epoch));
        hg_row_text(&r, hg_audit_zone_id(a, u->zone));
        hg_row_text(&r, u->class_id == HG_AUDIT_NONE ? "public_building"
                                                     : hg_audit_class_name(a, u->class_id));
        hg_row_text(&r, u->unit);
        hg_row_real(&r, u->opening);
        hg_row_real(&r, u->occupied);
        hg_row_real(&r, u->recovered);
        hg_row_real(&r, u->transferred);
        hg_row_real(&r, u->closing);
        status = r.status;
    }
    return status;
}

static hg_status make_duties(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status = new_table("patrol_duty", a->duty_count, duty_columns, COUNT(duty_columns), out, err);
    for (size_t k = 0; k < a->duty_count && status == HG_OK; k++) {
        const hg_patrol_duty *d = &a->duties[k];
        hg_row r = {*out, k, 0, HG_OK, err};
        hg_row_text(&r, hg_audit_zone_id(a, d->zone));
        hg_row_text(&r, d->town ? "town" : "village");
        hg_row_int(&r, d->days);
        hg_row_int(&r, (int64_t)d->patrols);
        hg_row_int(&r, (int64_t)d->periods);
        hg_row_int(&r, (int64_t)d->periods_met);
        hg_row_real(&r, d->periods ? (double)d->periods_met / (double)d->periods : NAN);
        hg_row_int(&r, d->longest_gap_days);
        hg_row_int(&r, d->periods_met == d->periods);
        status = r.status;
    }
    return status;
}

/* ------------------------------------------------- what came in ----------------------------- */

static hg_status make_balance(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status =
        new_table("balance", a->land.epoch_count, balance_columns, COUNT(balance_columns), out, err);
    for (uint32_t t = 0; t < a->land.epoch_count && status == HG_OK; t++) {
        const hg_audit_balance *b = &a->result.balances[t];
        const hg_exact figures[] = {b->surveyed,  b->noding,  b->repeated,   b->rejected,
                                    b->not_flown, b->gained_within_error, b->lost_within_error,
                                    b->carried,   b->outside, b->authorised, b->encroached,
                                    b->pending_verdict};
        hg_row r = {*out, t, 0, HG_OK, err};
        hg_row_text(&r, hg_audit_epoch_text(a, t));
        hg_row_int(&r, (int64_t)b->patches);
        for (size_t k = 0; k < COUNT(figures); k++)
            hg_row_real(&r, hg_exact_m2(figures[k]));
        status = r.status;
    }
    return status;
}

static hg_status make_repairs(const hg_auditing *a, hg_table **out, hg_error *err)
{
    hg_status status = new_table("repairs", a->repair_count, repair_columns, COUNT(repair_columns), out, err);
    for (size_t k = 0; k < a->repair_count && status == HG_OK; k++) {
        const hg_audit_repair *p = &a->repairs[k];
        hg_row r = {*out, k, 0, HG_OK, err};
        hg_row_text(&r, a->in.facts[p->origin.input].name);
        hg_row_int(&r, p->origin.row);
        hg_row_text(&r, p->id);
        hg_row_text(&r, p->what.reason);
        hg_row_real(&r, p->what.x);
        hg_row_real(&r, p->what.y);
        hg_row_real(&r, p->what.area_before);
        hg_row_real(&r, p->what.area_after);
        status = r.status;
    }
    return status;
}

hg_status hg_audit_books_tables(hg_job *job, const hg_auditing *a, hg_audit_tables *t, hg_error *err)
{
    hg_table **next = t->items + t->count;
    hg_status status = make_ledger(a, "ledger", every_row, next++, err);
    if (status == HG_OK)
        status = make_ledger(a, "by_zone", zone_row, next++, err);
    if (status == HG_OK)
        status = make_ledger(a, "by_class", class_row, next++, err);
    static hg_status (*const makers[])(const hg_auditing *, hg_table **, hg_error *) = {
        make_claims,   make_by_action, make_cases,   make_units,  make_farmland,
        make_duties,   make_balance,   make_repairs};
    for (size_t k = 0; k < COUNT(makers) && status == HG_OK; k++)
        status = makers[k](a, next++, err);
    if (status == HG_OK)
        status = hg_audit_notes_table(&a->in, next++, err);
    if (status == HG_OK)
        status = hg_audit_rejects_table(&a->in, next++, err);
    size_t from = t->count;
    t->count = (size_t)(next - t->items);
    for (size_t k = from; k < t->count && status == HG_OK; k++)
        status = hg_audit_title(job->set.lang, t->items[k], err);
    return status;
}
