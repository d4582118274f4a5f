/* What cells are ranked by: the density, the count, or the count drawn towards the density. */
#include "job/hotspots.h"
#include "base/memory.h"
#include "engine/shrunk.h"

#include <math.h>

static const double DEFAULT_SHRINKAGE = 0.5;

double hg_score_shrinkage(const hg_job *job)
{
    return isnan(job->set.shrinkage) ? DEFAULT_SHRINKAGE : job->set.shrinkage;
}

hg_status hg_score_check(const hg_job *job, hg_error *err)
{
    if (job->set.score != HG_SCORE_SHRUNK && !isnan(job->set.shrinkage))
        return hg_fail(err, HG_EUSAGE, "--shrinkage %g: it is of --score shrunk", job->set.shrinkage);
    return HG_OK;
}

const char *hg_score_name(hg_score score)
{
    static const char *const names[] = {"density", "count", "shrunk"};
    return names[score];
}

void hg_score_facts(hg_job *job)
{
    hg_fact_text(&job->facts, hg_score_name(job->set.score), "score");
    if (job->set.score == HG_SCORE_SHRUNK)
        hg_fact_real(&job->facts, hg_score_shrinkage(job), "shrinkage");
}

/* In `score` stand the weighted counts. */
static void shrink(const hg_job *job, const hg_findings *f, uint64_t cells, float *score)
{
    hg_shrunk parts = hg_shrunk_of(score, f->density, f->study->share, cells);
    hg_shrunk_mix mix = hg_shrunk_mix_of(&parts, hg_score_shrinkage(job));
    for (uint64_t i = 0; i < cells; i++)
        score[i] = hg_shrunk_score(&parts, &mix, i);
}

hg_status hg_score_make(const hg_job *job, hg_findings *f, hg_error *err)
{
    f->score = f->density;
    if (job->set.score == HG_SCORE_DENSITY)
        return HG_OK;
    uint64_t n = hg_grid_cells(&f->study->grid);
    bool weighted = job->set.score == HG_SCORE_SHRUNK && f->counts.weight;
    float *score = hg_malloc(n, sizeof *score);
    if (!score)
        return hg_fail_memory(err);
    for (uint64_t i = 0; i < n; i++)
        score[i] = weighted ? (float)f->counts.weight[i] : (float)f->counts.count[i];
    if (job->set.score == HG_SCORE_SHRUNK)
        shrink(job, f, n, score);
    f->score = score;
    return HG_OK;
}
