/* Score of a run by the weighted count of each cell drawn towards the run's surface. */
#include "base/memory.h"
#include "engine/shrunk.h"
#include "engine/stability.h"

static void add_weights(const hg_incidents *inc, const hg_stability_run *run, double *weight)
{
    const hg_points *p = run->points;
    for (size_t i = 0; i < p->n; i++) {
        if (inc->flags && (inc->flags[run->source[i]] & HG_FLAG_HALO))
            continue;
        uint64_t cell = hg_incident_cell(run->grid, run->share, p->x[i], p->y[i]);
        if (cell != UINT64_MAX)
            weight[cell] += p->w[i];
    }
}

/* The count of each cell, or the weight in it where incidents have weights. */
static hg_status fill_counts(const hg_incidents *inc, const hg_stability_run *run, float *count, hg_error *err)
{
    uint64_t cells = hg_grid_cells(run->grid);
    double *weight = inc->w ? hg_calloc(cells, sizeof *weight) : NULL;
    if (inc->w && !weight)
        return hg_fail_memory(err);
    if (weight)
        add_weights(inc, run, weight);
    for (uint64_t i = 0; i < cells; i++)
        count[i] = weight ? (float)weight[i] : (float)run->counts->count[i];
    hg_free(weight);
    return HG_OK;
}

hg_status hg_stability_shrunk(const void *context, const hg_stability_run *run, float *score, hg_error *err)
{
    const hg_stability_shrinkage *s = context;
    uint64_t cells = hg_grid_cells(run->grid);
    float *count = hg_malloc(cells, sizeof *count);
    if (!count)
        return hg_fail_memory(err);
    hg_status status = fill_counts(s->incidents, run, count, err);
    if (status == HG_OK)
        status = s->surface(s->context, run, score, err);
    if (status == HG_OK) {
        hg_shrunk parts = hg_shrunk_of(count, score, run->share, cells);
        hg_shrunk_mix mix = hg_shrunk_mix_of(&parts, s->shrinkage);
        for (uint64_t i = 0; i < cells; i++)
            score[i] = hg_shrunk_score(&parts, &mix, i);
    }
    hg_free(count);
    return status;
}
