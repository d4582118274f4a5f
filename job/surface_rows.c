#include "job/surface_rows.h"
#include "engine/density_cost.h"

#include <math.h>

static hg_status plan_adaptive(hg_job *job, const hg_study *s, const hg_points *points, hg_surface *surface,
                               hg_surface_rows *out, hg_error *err)
{
    hg_adaptive a;
    hg_status status = hg_adaptive_init(&a, points, &s->kernel, s->grid.cell_m, &job->control, err);
    if (status != HG_OK)
        return status;
    status = hg_adaptive_plan_new(&a.points, a.h_m, &s->kernel, &s->grid, &job->control, &out->adaptive, err);
    surface->spread = a.spread;
    hg_adaptive_dispose(&a);
    return status;
}

/* Whether to try the fast method: asked for, or expected to end sooner. The seconds told are this machine's. */
static hg_status choose(hg_job *job, const hg_study *s, const hg_points *points, hg_surface_method *m, bool *fast,
                        hg_error *err)
{
    double scale = 1;
    *fast = job->set.method == HG_METHOD_FAST;
    if (job->set.method != HG_METHOD_AUTO)
        return HG_OK;
    hg_status status =
        hg_density_cost_of(points->n, &s->grid, &s->kernel, job->set.max_error, &job->control, &m->cost, err);
    if (status == HG_OK)
        status = hg_density_cost_scale(&job->control, &scale, err);
    m->cost.exact_s *= scale;
    m->cost.fast_s *= scale;
    *fast = m->cost.fast;
    return status;
}

static hg_status plan_fast(hg_job *job, const hg_study *s, const hg_points *points, hg_surface_method *m,
                           hg_surface_rows *out, hg_error *err)
{
    hg_status status = hg_fast_plan_new(points, &s->grid, &s->kernel, job->set.max_error, &job->control, &out->fast,
                                        &m->fast, err);
    m->is_fast = out->fast != NULL;
    if (status == HG_OK && !out->fast)
        hg_job_add_note(job, "--method %s: the density is exact: %s",
                        job->set.method == HG_METHOD_AUTO ? "auto" : "fast", m->fast.reason);
    return status;
}

hg_status hg_surface_rows_plan(hg_job *job, const hg_study *s, const hg_points *points, hg_surface *surface,
                               hg_surface_rows *out, hg_error *err)
{
    hg_surface_method *m = &surface->method;
    bool fast = false;
    m->asked = job->set.method;
    if (job->set.adaptive)
        return plan_adaptive(job, s, points, surface, out, err);
    hg_status status = choose(job, s, points, m, &fast, err);
    if (status == HG_OK && fast)
        status = plan_fast(job, s, points, m, out, err);
    if (status != HG_OK || out->fast)
        return status;
    return job->control.ranks ? hg_ranks_plan_new(job, points, &s->grid, &s->kernel, &out->shared, err)
                              : hg_density_plan_new(points, &s->grid, &s->kernel, &job->control, &out->exact, err);
}

void hg_surface_rows_free(hg_surface_rows *r)
{
    hg_density_plan_free(r->exact);
    hg_ranks_plan_free(r->shared);
    hg_fast_plan_free(r->fast);
    hg_adaptive_plan_free(r->adaptive);
}

int64_t hg_surface_rows_at_once(const hg_surface_rows *r)
{
    return r->adaptive ? hg_adaptive_band_rows(r->adaptive)
           : r->fast   ? hg_fast_band_rows(r->fast)
           : r->shared ? hg_ranks_plan_band_rows(r->shared)
                       : hg_density_band_rows(r->exact);
}

hg_status hg_surface_rows_compute(const hg_surface_rows *r, int64_t row0, int64_t n, double *out, hg_error *err)
{
    return r->adaptive ? hg_adaptive_band(r->adaptive, row0, n, out, err)
           : r->fast   ? hg_fast_band(r->fast, row0, n, out, err)
           : r->shared ? hg_ranks_plan_band(r->shared, row0, n, out, err)
                       : hg_density_band(r->exact, row0, n, out, err);
}

hg_status hg_surface_rows_beyond(const hg_surface_rows *r, double *mass, hg_error *err)
{
    return r->adaptive ? hg_adaptive_mass_beyond(r->adaptive, mass, err)
           : r->fast   ? hg_fast_mass_beyond(r->fast, mass, err)
           : r->shared ? hg_ranks_plan_mass_beyond(r->shared, mass, err)
                       : hg_density_mass_beyond(r->exact, mass, err);
}

static const char *method_name(hg_density_method method)
{
    return method == HG_METHOD_AUTO ? "auto" : method == HG_METHOD_FAST ? "fast" : "exact";
}

void hg_surface_method_facts(hg_job *job, const hg_surface *surface)
{
    hg_facts *f = &job->facts;
    const hg_surface_method *m = &surface->method;
    hg_fact_text(f, m->is_fast ? "fast" : "exact", "method");
    if (m->asked == HG_METHOD_EXACT)
        return;
    hg_fact_text(f, method_name(m->asked), "method_asked");
    if (m->cost.exact_s > 0) {
        hg_fact_real(f, m->cost.exact_s, "cost.exact_s");
        if (isfinite(m->cost.fast_s))
            hg_fact_real(f, m->cost.fast_s, "cost.fast_s");
    }
    hg_fact_real(f, job->set.max_error, "max_error");
    if (m->fast.reason[0])
        hg_fact_text(f, m->fast.reason, "method_reason");
    if (!m->is_fast)
        return;
    hg_fact_text(f, m->fast.scheme, "method_scheme");
    hg_fact_real(f, m->fast.bound, "max_error_bound");
    hg_fact_real(f, m->fast.found, "max_error_sampled");
    hg_fact_int(f, (int64_t)m->fast.checked, "cells_sampled");
}

void hg_surface_method_summarise(hg_text *t, const hg_surface *surface)
{
    const hg_surface_method *m = &surface->method;
    if (m->is_fast)
        hg_text_addf(t, "fast method: within %.2g of the peak everywhere (proved; the largest error at %zu cells "
                        "checked is %.2g)\n",
                     m->fast.bound, m->fast.checked, m->fast.found);
    if (m->asked != HG_METHOD_AUTO || !(m->cost.exact_s > 0))
        return;
    hg_text_addf(t, "--method auto: %s; exact would take about %.2g s", m->is_fast ? "fast" : "exact", m->cost.exact_s);
    if (isfinite(m->cost.fast_s))
        hg_text_addf(t, ", fast %.2g s", m->cost.fast_s);
    hg_text_add(t, "\n");
}
