/* What the audit says: facts for machines, a page of words for people. */
#include "job/audit.h"
#include "base/memory.h"
#include "job/study.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const hg_ledger_row *total_row(const hg_auditing *a)
{
    return &a->ledger.rows[a->ledger.count - 1]; /* all zones, all classes, the last epoch */
}

static void count_verdicts(const hg_auditing *a, int64_t counts[4])
{
    for (size_t i = 0; i < a->land.patch_count; i++)
        if (a->patches[i].epoch + 1 == a->land.epoch_count)
            counts[a->patches[i].verdict]++;
}

/* How much larger the plane shows the patches of the last epoch than the area mode has them. */
static double planar_ppm(const hg_auditing *a)
{
    hg_exact area = 0, planar = 0;
    for (size_t k = 0; k < a->result.piece_count; k++)
        if (a->result.pieces[k].epoch + 1 == a->land.epoch_count) {
            area += a->result.pieces[k].area;
            planar += a->result.pieces[k].planar;
        }
    return area > 0 ? ((double)(planar - area) / (double)area) * 1e6 : NAN;
}

static int64_t overdue_count(const hg_auditing *a)
{
    int64_t n = 0;
    for (size_t k = 0; k < a->case_count; k++)
        n += a->cases[k].overdue_days > 0;
    return n;
}

static void ledger_facts(hg_facts *f, const hg_ledger_row *r)
{
    const struct {
        const char *name;
        hg_exact value;
    } figures[] = {{"opening_m2", r->opening},         {"restated_m2", r->restated},
                   {"occupied_m2", r->occupied},       {"lapsed_m2", r->lapsed},
                   {"zone_in_m2", r->zone_in},         {"cleared_m2", r->cleared},
                   {"regularised_m2", r->regularised}, {"zone_out_m2", r->zone_out},
                   {"closing_m2", r->closing},         {"relapsed_m2", r->relapsed},
                   {"within_error_m2", r->within_error}, {"unexplained_m2", r->unexplained},
                   {"noding_m2", r->noding}};
    for (size_t k = 0; k < sizeof figures / sizeof *figures; k++)
        hg_fact_real(f, hg_exact_m2(figures[k].value), "ledger.%s", figures[k].name);
    hg_fact_real(f, hg_mu(r->closing), "ledger.closing_mu");
    hg_fact_real(f, hg_mu(r->cleared + r->regularised), "ledger.recovered_mu");
}

void hg_audit_facts(hg_job *job, const hg_auditing *a)
{
    hg_facts *f = &job->facts;
    int64_t verdicts[4] = {0};
    char epoch[32];
    count_verdicts(a, verdicts);
    hg_fact_text(f, hg_area_mode_name(a->land.area_mode), "area_mode");
    hg_fact_real(f, planar_ppm(a), "planar_ppm");
    hg_fact_real(f, a->land.tolerance_m, "tolerance_m");
    hg_fact_text(f, a->map.sha256, "class_map_sha256");
    hg_fact_bool(f, a->map.rent_counts_as_recovered, "rent_counts_as_recovered");
    for (uint32_t t = 0; t < a->land.epoch_count; t++)
        hg_fact_text(f, hg_audit_epoch_text(a, t, epoch), "epochs[%u]", t);
    hg_fact_int(f, (int64_t)a->land.patch_count, "patches");
    hg_fact_int(f, (int64_t)a->result.groups, "groups");
    hg_fact_int(f, (int64_t)a->repair_count, "repairs");
    hg_fact_int(f, (int64_t)a->in.note_count, "ledger_notes");
    hg_fact_int(f, (int64_t)a->case_count, "cases");
    hg_fact_int(f, overdue_count(a), "cases_overdue");
    hg_fact_int(f, verdicts[HG_VERDICT_CONFIRMED], "verdicts.confirmed");
    hg_fact_int(f, verdicts[HG_VERDICT_REJECTED], "verdicts.rejected");
    hg_fact_int(f, verdicts[HG_VERDICT_PENDING], "verdicts.pending");
    hg_fact_int(f, verdicts[HG_VERDICT_NONE], "verdicts.none");
    ledger_facts(f, total_row(a));
    hg_fact_text(f, "internal use / 内部使用", "marking");
}

/* ------------------------------------------------- words ------------------------------------ */

typedef struct line {
    const char *words;
    hg_exact value;
} line;

/* The lines are rounded together, so that what is printed adds up. */
static hg_status add_lines(hg_text *s, const line *lines, size_t n, hg_error *err)
{
    double values[16], rounded[16];
    for (size_t k = 0; k < n; k++)
        values[k] = hg_exact_m2(lines[k].value);
    hg_status status = hg_round_together(values, n, 2, rounded, err);
    for (size_t k = 0; k < n && status == HG_OK; k++)
        if (lines[k].value || k == 0)
            hg_text_addf(s, "  %-30s %16.2f m2 %12.3f mu\n", lines[k].words, rounded[k],
                         rounded[k] * 0.0015);
    return status;
}

static hg_status summarise_ledger(hg_job *job, const hg_auditing *a, hg_error *err)
{
    const hg_ledger_row *r = total_row(a);
    char from[32], to[32];
    hg_text *s = &job->summary;
    bool one = a->land.epoch_count == 1;
    hg_text_addf(s, "ledger %s%s%s, %s areas:\n", one ? "" : hg_audit_epoch_text(a, r->epoch - 1, from),
                 one ? "" : " to ", hg_audit_epoch_text(a, r->epoch, to), hg_area_mode_name(a->land.area_mode));
    const line lines[] = {{"opening", r->opening},
                          {"restated since the report", r->restated},
                          {"+ occupied", r->occupied},
                          {"+ lapsed permits", r->lapsed},
                          {"+ zone drawn in", r->zone_in},
                          {"- cleared", -r->cleared},
                          {"- regularised", -r->regularised},
                          {"- zone drawn out", -r->zone_out}};
    hg_status status = add_lines(s, lines, sizeof lines / sizeof *lines, err);
    hg_text_addf(s, "  %-30s %16.2f m2 %12.3f mu\n", "= closing", hg_exact_m2(r->closing), hg_mu(r->closing));
    hg_text_addf(s, "  recovered %.2f m2 (%.3f mu), of it %.2f m2 claimed by no action; relapsed %.2f m2; "
                    "within error %.2f m2\n",
                 hg_exact_m2(r->cleared + r->regularised), hg_mu(r->cleared + r->regularised),
                 hg_exact_m2(r->unexplained), hg_exact_m2(r->relapsed), hg_exact_m2(r->within_error));
    return status;
}

static void summarise_actions(hg_job *job, const hg_auditing *a)
{
    hg_exact verified[HG_ACT_END] = {0}, unverified = 0;
    hg_text *s = &job->summary;
    for (size_t k = 0; k < a->land.action_count; k++) {
        verified[a->actions[a->claims[k].action].kind] += a->claims[k].verified;
        unverified += a->claims[k].unverified;
    }
    const char *before = "verified by action: ";
    for (int k = 1; k <= HG_ACT_END; k++) {
        hg_action_kind kind = (hg_action_kind)(k % HG_ACT_END);
        if (!verified[kind])
            continue;
        hg_text_addf(s, "%s%s %.3f mu", before, hg_action_kind_name(kind), hg_mu(verified[kind]));
        before = ", ";
    }
    if (strcmp(before, ", ") == 0)
        hg_text_addf(s, "; claimed but not verified %.3f mu\n", hg_mu(unverified));
}

static void summarise_classes(hg_job *job, const hg_auditing *a)
{
    for (size_t k = 0; k < a->ledger.count; k++) {
        const hg_ledger_row *r = &a->ledger.rows[k];
        if (r->epoch + 1 != a->land.epoch_count || r->zone != HG_AUDIT_NONE || r->class_id == HG_AUDIT_NONE)
            continue;
        hg_text_addf(&job->summary, "  %-14s opening %14.2f  cleared %14.2f  regularised %14.2f  closing %14.2f m2\n",
                     hg_audit_class_name(a, r->class_id), hg_exact_m2(r->opening), hg_exact_m2(r->cleared),
                     hg_exact_m2(r->regularised), hg_exact_m2(r->closing));
    }
}

static void summarise_units(hg_job *job, const hg_auditing *a)
{
    for (size_t k = 0; k < a->unit_count; k++) {
        const hg_units_row *u = &a->units[k];
        if (u->epoch + 1 != a->land.epoch_count || u->zone != HG_AUDIT_NONE)
            continue;
        hg_text_addf(&job->summary, "  %s: opening %.10g, occupied %.10g, recovered %.10g, closing %.10g %s\n",
                     u->class_id == HG_AUDIT_NONE ? "public buildings" : hg_audit_class_name(a, u->class_id),
                     u->opening, u->occupied, u->recovered, u->closing, u->unit);
    }
}

static void summarise_cases(hg_job *job, const hg_auditing *a)
{
    int64_t verdicts[4] = {0};
    count_verdicts(a, verdicts);
    int64_t reviewed = verdicts[HG_VERDICT_CONFIRMED] + verdicts[HG_VERDICT_REJECTED];
    hg_text_addf(&job->summary, "%zu cases, %lld overdue", a->case_count, (long long)overdue_count(a));
    if (reviewed)
        hg_text_addf(&job->summary, "; %lld of %lld reviewed patches confirmed (%.1f %%), %lld pending",
                     (long long)verdicts[HG_VERDICT_CONFIRMED], (long long)reviewed,
                     100.0 * (double)verdicts[HG_VERDICT_CONFIRMED] / (double)reviewed,
                     (long long)verdicts[HG_VERDICT_PENDING]);
    hg_text_add(&job->summary, "\n");
}

static void summarise_input(hg_job *job, const hg_auditing *a)
{
    char patches[32];
    hg_text *s = &job->summary;
    hg_text_addf(s, "%s patches of %zu flights in %zu groups, %zu zones, %zu permits; analysis CRS %s\n",
                 hg_grouped(a->land.patch_count, patches), a->land.epoch_count, a->result.groups,
                 a->land.zone_count, a->land.permit_count, hg_crs_name(a->in.crs));
    if (a->repair_count || a->in.rejects.count || a->in.note_count)
        hg_text_addf(s, "%zu outlines repaired, %zu rows rejected, %zu notes: see the tables repairs, "
                        "rejects, ledger_notes\n",
                     a->repair_count, a->in.rejects.count, a->in.note_count);
    if (a->land.area_mode != HG_AREA_PLANAR && isfinite(planar_ppm(a)))
        hg_text_addf(s, "planar areas differ from these by %+.1f ppm\n", planar_ppm(a));
}

hg_status hg_audit_summarise(hg_job *job, const hg_auditing *a, hg_error *err)
{
    summarise_input(job, a);
    hg_status status = summarise_ledger(job, a, err);
    summarise_classes(job, a);
    summarise_units(job, a);
    summarise_actions(job, a);
    summarise_cases(job, a);
    hg_text_addf(&job->summary, "written: %s; open it in QGIS: its layers come styled, the project \"audit\" is inside\n",
                 job->set.output);
    return status;
}
