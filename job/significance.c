/* Tests of all cells of the study area, of which the ranked ones are listed. */
#include "base/memory.h"
#include "engine/fdr.h"
#include "engine/local.h"
#include "job/expected.h"

#include <math.h>
#include <stdio.h>

static const char *const methods[] = {"exact", "gistar", "none"};

/* Normal p of Gi* of the counts, with q over all cells that have one. */
static hg_status test_gi_star(hg_job *job, const hg_findings *f, const hg_neighbourhood *around, double *p, double *q,
                              size_t *tests, hg_error *err)
{
    const hg_grid *g = &f->study->grid;
    uint64_t cells = hg_grid_cells(g);
    hg_local_plan *plan = NULL;
    for (uint64_t i = 0; i < cells; i++)
        q[i] = f->counts.count[i];
    hg_status status =
        hg_local_plan_new(g->columns, g->rows, f->study->share, around, &job->control, &plan, err);
    if (status == HG_OK)
        status = hg_local_gi_star(plan, q, p, err);
    for (uint64_t i = 0; i < cells && status == HG_OK; i++)
        p[i] = hg_normal_tail(p[i]);
    hg_local_plan_free(plan);
    return status == HG_OK ? hg_fdr_q_values(p, cells, q, tests, err) : status;
}

static hg_status test_exactly(hg_job *job, const hg_findings *f, const hg_neighbourhood *around, double *p, double *q,
                              size_t *tests, hg_error *err)
{
    return hg_exact_test(&f->study->grid, f->study->share, &f->counts, f->expected, around, &job->control, p, q, tests,
                         err);
}

static hg_status keep_ranked(hg_findings *f, const double *p, const double *q, hg_error *err)
{
    hg_cell_tests *t = &f->tests;
    t->p = hg_malloc(f->ranking.listed, sizeof *t->p);
    t->q = hg_malloc(f->ranking.listed, sizeof *t->q);
    if (!t->p || !t->q)
        return hg_fail_memory(err);
    for (size_t k = 0; k < f->ranking.listed; k++) {
        t->p[k] = p[f->ranking.cells[k]];
        t->q[k] = q[f->ranking.cells[k]];
    }
    for (uint64_t i = 0; i < hg_grid_cells(&f->study->grid); i++) {
        int level = hg_significance_level(q[i]);
        t->levels[0] += level == 99;
        t->levels[1] += level >= 95;
        t->levels[2] += level >= 90;
    }
    return HG_OK;
}

hg_status hg_findings_test(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_significance method = job->set.significance;
    if (method == HG_SIGNIFICANCE_NONE)
        return HG_OK;
    uint64_t cells = hg_grid_cells(&f->study->grid);
    double window = job->set.window_m, cell = f->study->grid.cell_m;
    if (window > 0 && window < cell)
        hg_job_add_note(job, "--window %g m is under one cell of %g m: every cell is tested by itself", window, cell);
    hg_neighbourhood around = {0};
    double *p = hg_malloc(cells, sizeof *p), *q = hg_malloc(cells, sizeof *q);
    hg_status status = p && q ? hg_neighbourhood_of_window(window, cell, &around, err)
                              : hg_fail_memory(err);
    if (status == HG_OK)
        status = (method == HG_SIGNIFICANCE_EXACT ? test_exactly : test_gi_star)(job, f, &around, p, q,
                                                                                 &f->tests.tests, err);
    if (status == HG_OK)
        status = keep_ranked(f, p, q, err);
    hg_neighbourhood_dispose(&around);
    hg_free(p);
    hg_free(q);
    return status;
}

/* ------------------------------------------------- said ------------------------------------- */

static void at_risk_facts(hg_job *job, const hg_at_risk *a)
{
    hg_facts *facts = &job->facts;
    hg_fact_text(facts, a->name, "at_risk.source");
    if (job->set.at_risk_weight)
        hg_fact_text(facts, job->set.at_risk_weight, "at_risk.weight");
    if (job->set.at_risk_bandwidth_m > 0)
        hg_fact_real(facts, job->set.at_risk_bandwidth_m, "at_risk.bandwidth_m");
    hg_fact_int(facts, (int64_t)a->rows, "at_risk.rows");
    hg_fact_int(facts, (int64_t)a->used, "at_risk.used");
    hg_fact_int(facts, (int64_t)a->outside, "at_risk.outside");
    hg_fact_int(facts, (int64_t)a->refused, "at_risk.refused");
}

void hg_expected_facts(hg_job *job, const hg_findings *f)
{
    hg_facts *facts = &job->facts;
    const hg_cell_tests *t = &f->tests;
    char words[600];
    hg_fact_text(facts, hg_expected_words(job, f, words, sizeof words), "expected_surface");
    if (f->at_risk.name) {
        at_risk_facts(job, &f->at_risk);
        hg_fact_real(facts, f->expected_sum, "at_risk.total");
    }
    if (f->reference) {
        hg_fact_text(facts, job->set.against, "against.stream");
        hg_fact_int(facts, (int64_t)f->reference->incidents.n, "against.incidents");
        hg_fact_real(facts, job->set.against_tolerance, "against.tolerance");
    }
    hg_fact_int(facts, (int64_t)f->unexpected, "incidents_unexpected");
    hg_fact_text(facts, methods[job->set.significance], "significance.method");
    if (!t->q)
        return;
    hg_fact_int(facts, (int64_t)t->tests, "significance.tests");
    snprintf(words, sizeof words, job->set.window_m > 0 ? "%.10g m" : "queen", job->set.window_m);
    hg_fact_text(facts, words, "significance.window");
    hg_fact_int(facts, (int64_t)t->levels[0], "significance.cells_99");
    hg_fact_int(facts, (int64_t)t->levels[1], "significance.cells_95");
    hg_fact_int(facts, (int64_t)t->levels[2], "significance.cells_90");
}

void hg_expected_summarise(hg_job *job, const hg_findings *f)
{
    const hg_cell_tests *t = &f->tests;
    char words[600], a[32], b[32];
    hg_expected_words(job, f, words, sizeof words);
    if (!t->q)
        hg_text_addf(&job->summary, "not tested; expectation %s\n", words);
    else if (job->set.significance == HG_SIGNIFICANCE_EXACT)
        hg_text_addf(&job->summary, "q <= 0.05 in %s cells (exact test, expectation %s, m = %s)\n",
                     hg_grouped(t->levels[1], a), words, hg_grouped(t->tests, b));
    else
        hg_text_addf(&job->summary,
                     "q <= 0.05 in %s cells (Gi* by the normal distribution, which overstates; m = %s)\n",
                     hg_grouped(t->levels[1], a), hg_grouped(t->tests, b));
}
