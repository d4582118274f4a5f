/* How well the ranked cells keep their places: what of a job goes into its runs, and what is said of them. */
#include "base/memory.h"
#include "engine/stability.h"
#include "job/hotspots.h"

/* By default so many incidents get the many runs, more of them the few: a minute or two on two cores either way. */
enum { MANY_RUNS = 100, FEW_RUNS = 20, MANY_RUNS_INCIDENTS = 2000000, MANY_RUNS_ADAPTIVE = 200000 };

static int64_t runs_of(hg_job *job, const hg_findings *f)
{
    size_t n = f->in->incidents.n;
    if (job->set.stability != HG_STABILITY_DEFAULT)
        return job->set.stability;
    if (n <= (job->set.adaptive ? MANY_RUNS_ADAPTIVE : MANY_RUNS_INCIDENTS))
        return MANY_RUNS;
    hg_job_add_note(job, "rank_stability is of %d runs, not %d, with %zu incidents%s; --stability %d makes them all",
                    FEW_RUNS, MANY_RUNS, n, job->set.adaptive ? " and --adaptive" : "", MANY_RUNS);
    return FEW_RUNS;
}

static hg_status judge(hg_job *job, hg_findings *f, const hg_stability_parts *parts, hg_error *err)
{
    const hg_study *study = f->study;
    const hg_coverage coverage = {&study->grid, study->share};
    const hg_stability_kernel kernel = {study->kernel, job->set.edge, &coverage};
    const hg_stability_score surface = job->set.adaptive ? hg_stability_adaptive : hg_stability_density;
    const hg_stability_shrinkage shrinkage = {surface, &kernel, &f->in->incidents, hg_score_shrinkage(job)};
    const hg_stability_score scores[] = {[HG_SCORE_DENSITY] = surface,
                                         [HG_SCORE_COUNT] = hg_stability_count,
                                         [HG_SCORE_SHRUNK] = hg_stability_shrunk};
    bool shrunk = job->set.score == HG_SCORE_SHRUNK;
    const hg_stability_input input = {.incidents = &f->in->incidents,
                                      .parts = parts,
                                      .inside_only = job->set.edge != HG_EDGE_NONE,
                                      .grid = &study->grid,
                                      .share = study->share,
                                      .ranking = &f->ranking,
                                      .score = scores[job->set.score],
                                      .context = shrunk ? (const void *)&shrinkage : &kernel};
    return hg_rank_stability(&input, (int)f->stability_runs, &job->control, f->stability, err);
}

hg_status hg_findings_stability(hg_job *job, hg_findings *f, hg_error *err)
{
    hg_heat_parts heat = {0};
    hg_status status = HG_OK;
    if (job->set.stability == 0)
        return HG_OK;
    if (f->in->patches && job->set.score == HG_SCORE_SHRUNK) {
        hg_job_add_note(job, "rank_stability is not made: with --score shrunk its runs know points, not polygons");
        return HG_OK;
    }
    f->stability_runs = runs_of(job, f);
    f->stability = hg_malloc(f->ranking.listed, sizeof *f->stability);
    if (!f->stability)
        return hg_fail_memory(err);
    if (f->in->patches)
        status = hg_heat_parts_init(job, f->in, &f->study->heat, job->set.edge != HG_EDGE_NONE, &heat, err);
    const hg_stability_parts parts = {heat.points, heat.owner};
    if (status == HG_OK)
        status = judge(job, f, f->in->patches ? &parts : NULL, err);
    hg_heat_parts_dispose(&heat);
    return status;
}

double hg_stability_mean(const hg_findings *f)
{
    double kept = 0;
    for (size_t k = 0; k < f->ranking.selected; k++)
        kept += f->stability[k] * (double)f->study->share[f->ranking.cells[k]];
    const hg_grid *g = &f->study->grid;
    return kept * g->cell_m * g->cell_m / f->ranking.selected_area_m2;
}

void hg_stability_facts(hg_job *job, const hg_findings *f)
{
    hg_fact_int(&job->facts, f->stability_runs, "stability.runs");
    if (f->stability)
        hg_fact_real(&job->facts, hg_stability_mean(f), "stability.mean");
}

void hg_summarise_stability(hg_job *job, const hg_findings *f)
{
    if (f->stability)
        hg_text_addf(&job->summary,
                     "stability: the selected cells keep %.0f %% of their place over %lld runs with the grid moved, "
                     "the bandwidth varied and the incidents resampled\n",
                     100 * hg_stability_mean(f), (long long)f->stability_runs);
}
