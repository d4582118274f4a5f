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
    count_verdicts(a, verdicts);
    hg_fact_text(f, hg_area_mode_name(a->land.area_mode), "area_mode");
    hg_fact_real(f, planar_ppm(a), "planar_ppm");
    hg_fact_real(f, a->land.tolerance_m, "tolerance_m");
    hg_fact_text(f, a->map.sha256, "class_map_sha256");
    hg_fact_bool(f, a->map.rent_counts_as_recovered, "rent_counts_as_recovered");
    hg_fact_int(f, (int64_t)a->land.patch_count, "patches");
    hg_fact_int(f, (int64_t)a->result.groups, "groups");
    hg_fact_int(f, (int64_t)a->repair_count, "repairs");
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

/*
 * A table whose figures are rounded column by column, so that what is printed adds up to the last line. Columns
 * are exact areas, shown in m2 to two decimals or in mu to three.
 */
enum { MOST_ROWS = 64, MOST_COLUMNS = 5 };

typedef struct figures {
    const char *names[MOST_ROWS];
    hg_exact values[MOST_COLUMNS][MOST_ROWS];
    size_t rows;
} figures;

static hg_status round_column(const hg_exact *exact, size_t n, bool mu, double *out, hg_error *err)
{
    double values[MOST_ROWS];
    for (size_t k = 0; k < n; k++)
        values[k] = mu ? hg_mu(exact[k]) : hg_exact_m2(exact[k]);
    return hg_round_together(values, n, mu ? 3 : 2, out, err);
}

/* mu[c] tells the unit of column c; the last line is the sum under the name `total`. */
static hg_status print_figures(hg_text *s, const figures *f, size_t columns, const bool *mu,
                               const char *total, hg_error *err)
{
    double shown[MOST_COLUMNS][MOST_ROWS];
    hg_status status = HG_OK;
    for (size_t c = 0; c < columns && status == HG_OK; c++)
        status = round_column(f->values[c], f->rows, mu[c], shown[c], err);
    for (size_t k = 0; k <= f->rows && status == HG_OK; k++) {
        hg_text_addf(s, "  %-16s", k < f->rows ? f->names[k] : total);
        for (size_t c = 0; c < columns; c++) {
            double value = k < f->rows ? shown[c][k] : 0;
            for (size_t i = 0; i < f->rows && k == f->rows; i++)
                value += shown[c][i];
            hg_text_addf(s, mu[c] ? " %12.3f mu" : " %16.2f m2", value == 0 ? 0 : value);
        }
        hg_text_add(s, "\n");
    }
    return status;
}

static void add_figure(figures *f, const char *name, hg_exact a, hg_exact b, hg_exact c, hg_exact d, hg_exact e)
{
    const hg_exact values[MOST_COLUMNS] = {a, b, c, d, e};
    if (f->rows == MOST_ROWS)
        return;
    f->names[f->rows] = name;
    for (int k = 0; k < MOST_COLUMNS; k++)
        f->values[k][f->rows] = values[k];
    f->rows++;
}

static hg_status summarise_ledger(hg_job *job, const hg_auditing *a, hg_error *err)
{
    static const bool mu[] = {false, true};
    const hg_ledger_row *r = total_row(a);
    hg_text *s = &job->summary;
    figures f = {.rows = 0};
    bool one = a->land.epoch_count == 1;
    const struct {
        const char *words;
        hg_exact value;
    } lines[] = {{"opening", r->opening},
                 {"restated", r->restated},
                 {"occupied", r->occupied},
                 {"permits lapsed", r->lapsed},
                 {"zones drawn in", r->zone_in},
                 {"cleared", -r->cleared},
                 {"regularised", -r->regularised},
                 {"zones drawn out", -r->zone_out}};
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++)
        if (lines[k].value || k == 0)
            add_figure(&f, lines[k].words, lines[k].value, lines[k].value, 0, 0, 0);
    hg_text_addf(s, "ledger %s%s%s, %s areas:\n", one ? "" : hg_audit_epoch_text(a, r->epoch - 1),
                 one ? "" : " to ", hg_audit_epoch_text(a, r->epoch), hg_area_mode_name(a->land.area_mode));
    hg_status status = print_figures(s, &f, 2, mu, "= closing", err);
    hg_text_addf(s, "  recovered %.2f m2 (%.3f mu), of it claimed by no action %.2f m2; relapsed %.2f m2; "
                    "within error %.2f m2\n",
                 hg_exact_m2(r->cleared + r->regularised), hg_mu(r->cleared + r->regularised),
                 hg_exact_m2(r->unexplained), hg_exact_m2(r->relapsed), hg_exact_m2(r->within_error));
    return status;
}

static hg_status summarise_classes(hg_job *job, const hg_auditing *a, hg_error *err)
{
    static const bool mu[] = {false, false, true, false, false};
    figures f = {.rows = 0};
    for (size_t k = 0; k < a->ledger.count; k++) {
        const hg_ledger_row *r = &a->ledger.rows[k];
        if (r->epoch + 1 == a->land.epoch_count && r->zone == HG_AUDIT_NONE && r->class_id != HG_AUDIT_NONE)
            add_figure(&f, hg_audit_class_name(a, r->class_id), r->opening, r->cleared, r->cleared,
                       r->regularised, r->closing);
    }
    hg_text_addf(&job->summary, "by class           %19s %19s %15s %19s %19s\n", "opening", "cleared", "",
                 "regularised", "closing");
    return print_figures(&job->summary, &f, 5, mu, "all", err);
}

/* Land by the action that recovered it, as far as a flight shows it. */
static hg_status summarise_actions(hg_job *job, const hg_auditing *a, hg_error *err)
{
    static const bool mu[] = {false, true, false};
    hg_exact verified[HG_ACT_END] = {0}, unverified[HG_ACT_END] = {0};
    bool any[HG_ACT_END] = {false};
    figures f = {.rows = 0};
    for (size_t k = 0; k < a->land.action_count; k++) {
        hg_action_kind kind = a->actions[a->claims[k].action].kind;
        any[kind] = true;
        verified[kind] += a->claims[k].verified;
        unverified[kind] += a->claims[k].unverified;
    }
    for (int k = 1; k <= HG_ACT_END; k++) {
        hg_action_kind kind = (hg_action_kind)(k % HG_ACT_END);
        if (any[kind])
            add_figure(&f, hg_action_kind_name(kind), verified[kind], verified[kind], unverified[kind], 0, 0);
    }
    if (!f.rows)
        return HG_OK;
    hg_text_addf(&job->summary, "by action          %19s %15s %19s\n", "verified", "", "claimed, unverified");
    return print_figures(&job->summary, &f, 3, mu, "all", err);
}

static void summarise_units(hg_job *job, const hg_auditing *a)
{
    for (size_t k = 0; k < a->unit_count; k++) {
        const hg_units_row *u = &a->units[k];
        if (u->epoch + 1 != a->land.epoch_count || u->zone != HG_AUDIT_NONE)
            continue;
        hg_text_addf(&job->summary, "%s: opening %.10g, occupied %.10g, recovered %.10g, closing %.10g %s\n",
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
    if (status == HG_OK)
        status = summarise_classes(job, a, err);
    if (status == HG_OK)
        status = summarise_actions(job, a, err);
    summarise_units(job, a);
    summarise_cases(job, a);
    hg_text_addf(&job->summary, "written: %s; open it in QGIS: its layers come styled, the project \"audit\" is inside\n",
                 job->set.output);
    return status;
}
