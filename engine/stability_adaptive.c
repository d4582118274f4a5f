/* Score of a run by the density with a bandwidth for every incident. */
#include "base/memory.h"
#include "engine/adaptive.h"
#include "engine/stability.h"

static bool weighs(const hg_points *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->w[i] > 0)
            return true;
    return false;
}

hg_status hg_stability_adaptive(const void *context, const hg_stability_run *run, float *score, hg_error *err)
{
    const hg_kernel kernel = hg_stability_run_kernel(context, run);
    uint64_t cells = hg_grid_cells(run->grid);
    double *density = hg_calloc(cells, sizeof *density);
    if (!density)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    if (weighs(run->points))
        status = hg_adaptive_density(run->points, &kernel, run->grid, run->control, density, err);
    for (uint64_t i = 0; i < cells && status == HG_OK; i++)
        score[i] = (float)(density[i] * 1e6);
    hg_free(density);
    return status;
}
