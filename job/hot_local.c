/* Gi* and local Moran of the ranked cells. */
#include "base/memory.h"
#include "engine/local.h"
#include "job/hotspots.h"

/* Fewer cells than CELLS_MIN have no statistics; more than QUICK_CELLS are not relabelled unless asked for. */
enum { CELLS_MIN = 3, QUICK_CELLS = 65536, QUICK_DRAWS = 999 };

static size_t cells_inside(const hg_study *study)
{
    size_t n = 0;
    for (uint64_t i = 0; i < hg_grid_cells(&study->grid); i++)
        n += study->share[i] > 0;
    return n;
}

static double *counts_as_values(const hg_findings *f, hg_error *err)
{
    uint64_t n = hg_grid_cells(&f->study->grid);
    double *value = hg_malloc(n, sizeof *value);
    if (!value)
        hg_fail_memory(err);
    for (uint64_t i = 0; value && i < n; i++)
        value[i] = f->counts.count[i];
    return value;
}

static double *column_of(const hg_findings *f)
{
    return hg_malloc(f->ranking.listed, sizeof(double));
}

static hg_status make_statistics(const hg_local_plan *plan, const double *value, hg_findings *f, hg_error *err)
{
    hg_cell_tests *t = &f->tests;
    const hg_local_cells ranked = {f->ranking.cells, f->ranking.listed};
    t->gi_z = column_of(f);
    t->gi_p = column_of(f);
    t->moran = column_of(f);
    t->moran_z = column_of(f);
    t->moran_p = column_of(f);
    if (!t->gi_z || !t->gi_p || !t->moran || !t->moran_z || !t->moran_p)
        return hg_fail_memory(err);
    const hg_local_columns out = {.gi_z = t->gi_z, .gi_p = t->gi_p, .moran = t->moran, .moran_z = t->moran_z,
                                  .moran_p = t->moran_p};
    return hg_local_at(plan, value, ranked, &out, err);
}

static int draws_of(const hg_job *job, size_t cells)
{
    if (job->set.permutations != HG_PERMUTATIONS_DEFAULT)
        return (int)job->set.permutations;
    return cells <= QUICK_CELLS ? QUICK_DRAWS : 0;
}

static hg_status make_relabelled(const hg_local_plan *plan, const double *value, int draws, hg_findings *f,
                                 hg_error *err)
{
    hg_cell_tests *t = &f->tests;
    const hg_local_cells ranked = {f->ranking.cells, f->ranking.listed};
    t->gi_p_sim = column_of(f);
    t->moran_p_sim = column_of(f);
    if (!t->gi_p_sim || !t->moran_p_sim)
        return hg_fail_memory(err);
    return hg_local_relabel(plan, value, draws, ranked, t->gi_p_sim, t->moran_p_sim, err);
}

hg_status hg_findings_local(hg_job *job, hg_findings *f, hg_error *err)
{
    const hg_grid *g = &f->study->grid;
    size_t cells = cells_inside(f->study);
    if (job->set.significance == HG_SIGNIFICANCE_NONE || cells < CELLS_MIN)
        return HG_OK;
    int draws = draws_of(job, cells);
    hg_fact_int(&job->facts, draws, "permutations");
    hg_neighbourhood around = {0};
    hg_local_plan *plan = NULL;
    double *value = NULL;
    hg_status status = hg_neighbourhood_of_window(job->set.window_m, g->cell_m, &around, err);
    if (status == HG_OK)
        status = hg_local_plan_new(g->columns, g->rows, f->study->share, &around, &job->control, &plan, err);
    if (status == HG_OK && !(value = counts_as_values(f, err)))
        status = HG_ENOMEM;
    if (status == HG_OK)
        status = make_statistics(plan, value, f, err);
    if (status == HG_OK && draws > 0)
        status = make_relabelled(plan, value, draws, f, err);
    hg_free(value);
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&around);
    return status;
}
