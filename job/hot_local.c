/* Gi* and local Moran of the ranked cells. Maps of the whole grid live only while they are made. */
#include "base/memory.h"
#include "engine/local.h"
#include "job/hotspots.h"

#include <math.h>

/* Fewer have no variance to speak of. */
enum { CELLS_MIN = 3 };

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

/* The map's values at the ranked cells, by rank. */
static hg_status keep_ranked(const hg_findings *f, const double *map, double **out, hg_error *err)
{
    *out = hg_malloc(f->ranking.listed, sizeof **out);
    if (!*out)
        return hg_fail_memory(err);
    for (size_t k = 0; k < f->ranking.listed; k++)
        (*out)[k] = map[f->ranking.cells[k]];
    return HG_OK;
}

static hg_status normal_p(const hg_findings *f, const double *z, double **out, hg_error *err)
{
    *out = hg_malloc(f->ranking.listed, sizeof **out);
    if (!*out)
        return hg_fail_memory(err);
    for (size_t k = 0; k < f->ranking.listed; k++)
        (*out)[k] = hg_normal_tail(z[k]);
    return HG_OK;
}

static hg_status make_gi(const hg_local_plan *plan, const double *value, double *map, hg_findings *f, hg_error *err)
{
    hg_cell_tests *t = &f->tests;
    hg_status status = hg_local_gi_star(plan, value, map, err);
    if (status == HG_OK)
        status = keep_ranked(f, map, &t->gi_z, err);
    return status == HG_OK ? normal_p(f, t->gi_z, &t->gi_p, err) : status;
}

static hg_status make_moran(const hg_local_plan *plan, const double *value, double *map, hg_findings *f,
                            hg_error *err)
{
    hg_cell_tests *t = &f->tests;
    hg_status status = hg_local_moran(plan, value, map, NULL, err);
    if (status == HG_OK)
        status = keep_ranked(f, map, &t->moran, err);
    if (status == HG_OK)
        status = hg_local_moran(plan, value, NULL, map, err);
    if (status == HG_OK)
        status = keep_ranked(f, map, &t->moran_z, err);
    return status == HG_OK ? normal_p(f, t->moran_z, &t->moran_p, err) : status;
}

static hg_status make_maps(const hg_local_plan *plan, const double *value, hg_findings *f, hg_error *err)
{
    double *map = hg_malloc(hg_grid_cells(&f->study->grid), sizeof *map);
    hg_status status = map ? make_gi(plan, value, map, f, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = make_moran(plan, value, map, f, err);
    hg_free(map);
    return status;
}

hg_status hg_findings_local(hg_job *job, hg_findings *f, hg_error *err)
{
    const hg_grid *g = &f->study->grid;
    if (job->set.significance == HG_SIGNIFICANCE_NONE || cells_inside(f->study) < CELLS_MIN)
        return HG_OK;
    hg_neighbourhood around = {0};
    hg_local_plan *plan = NULL;
    double *value = NULL;
    hg_status status = hg_neighbourhood_of_window(job->set.window_m, g->cell_m, &around, err);
    if (status == HG_OK)
        status = hg_local_plan_new(g->columns, g->rows, f->study->share, &around, &job->control, &plan, err);
    if (status == HG_OK && !(value = counts_as_values(f, err)))
        status = HG_ENOMEM;
    if (status == HG_OK)
        status = make_maps(plan, value, f, err);
    hg_free(value);
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&around);
    return status;
}
