#include "job/bandwidth.h"

const char *hg_bandwidth_rule_name(hg_bandwidth_rule rule)
{
    static const char *const names[] = {
        [HG_RULE_LENGTH] = "length", [HG_RULE_SILVERMAN] = "silverman", [HG_RULE_SCOTT] = "scott",
        [HG_RULE_AUTO] = "auto"};
    return names[rule];
}

/* No smaller bandwidth is tried than the cell, where one is given. */
static const double LEAST_M = 10.0;

static void note_end(hg_job *job, const hg_crossval *c)
{
    bool first = c->best == 0;
    if (c->n == 1)
        hg_job_add_note(job, "--bandwidth auto: one cell of %g m is wider than any bandwidth that would be "
                             "tried, so the bandwidth is one cell; a smaller --cell would show more",
                        c->h_m[0]);
    else if (first || c->best + 1 == c->n)
        hg_job_add_note(job, "--bandwidth auto: %.4g m, the %s bandwidth tried, fits best; a still %s one might "
                             "fit better%s",
                        c->h_m[c->best], first ? "smallest" : "largest", first ? "smaller" : "larger",
                        first ? ", which is common where incidents lie on few snapped places" : "");
}

static hg_status cross_validate(hg_job *job, const hg_points *points, hg_intake *in, hg_error *err)
{
    hg_crossval_spec spec = {.shape = job->set.kernel,
                             .cutoff = job->set.cutoff,
                             .least_m = job->set.cell_m > 0 ? job->set.cell_m : LEAST_M};
    hg_crossval *c = &in->choice.crossval;
    hg_say_progress(&job->control, "bandwidth", 0);
    hg_status status = hg_crossval_run(points, &spec, &job->control, c, err);
    if (status != HG_OK)
        return status;
    note_end(job, c);
    in->choice.auto_m = c->h_m[c->best];
    return HG_OK;
}

hg_status hg_bandwidth_settle(hg_job *job, const hg_points *points, hg_intake *in, hg_error *err)
{
    hg_bandwidth_choice *c = &in->choice;
    hg_kernel_shape shape = job->set.kernel;
    hg_status status = hg_bandwidth_by_rule(HG_RULE_SILVERMAN, shape, points, &c->silverman_m, err);
    if (status == HG_OK)
        status = hg_bandwidth_by_rule(HG_RULE_SCOTT, shape, points, &c->scott_m, err);
    if (status == HG_OK && job->set.rule == HG_RULE_AUTO)
        status = cross_validate(job, points, in, err);
    if (status == HG_OK)
        in->bandwidth_m = job->set.rule == HG_RULE_AUTO        ? c->auto_m
                          : job->set.rule == HG_RULE_SILVERMAN ? c->silverman_m
                                                               : c->scott_m;
    return status;
}

static void say_curve(hg_facts *f, const hg_crossval *c)
{
    hg_fact_int(f, (int64_t)c->locations, "bandwidth.locations");
    hg_fact_int(f, (int64_t)c->evaluated, "bandwidth.evaluated");
    hg_fact_bool(f, c->evaluated < c->locations, "bandwidth.sampled");
    hg_fact_real(f, c->h_m[c->low], "bandwidth.low_m");
    hg_fact_real(f, c->h_m[c->high], "bandwidth.high_m");
    hg_fact_real(f, c->hull_m2 / 1e6, "bandwidth.hull_km2");
    for (size_t k = 0; k < c->n; k++) {
        hg_fact_real(f, c->h_m[k], "bandwidth.curve[%zu].h_m", k);
        hg_fact_real(f, c->cv[k], "bandwidth.curve[%zu].cv", k);
        if (c->evaluated < c->locations)
            hg_fact_real(f, c->error[k], "bandwidth.curve[%zu].standard_error", k);
    }
}

void hg_bandwidth_say(hg_job *job, const hg_intake *in)
{
    hg_facts *f = &job->facts;
    const hg_bandwidth_choice *c = &in->choice;
    hg_fact_real(f, in->bandwidth_m, "bandwidth_m");
    hg_fact_text(f, hg_bandwidth_rule_name(job->set.rule), "bandwidth_rule");
    if (job->set.rule == HG_RULE_LENGTH)
        return;
    hg_fact_real(f, c->silverman_m, "bandwidth.silverman_m");
    hg_fact_real(f, c->scott_m, "bandwidth.scott_m");
    if (job->set.rule != HG_RULE_AUTO)
        return;
    hg_fact_real(f, c->auto_m, "bandwidth.auto_m");
    say_curve(f, &c->crossval);
}

void hg_bandwidth_summarise(hg_job *job, const hg_intake *in)
{
    hg_text *t = &job->summary;
    const hg_bandwidth_choice *c = &in->choice;
    const hg_crossval *v = &c->crossval;
    hg_bandwidth_rule rule = job->set.rule;
    if (rule == HG_RULE_LENGTH)
        return;
    hg_text_addf(t, "bandwidth: %.4g m by %s; ", in->bandwidth_m,
                 rule == HG_RULE_AUTO ? "cross-validation" : hg_bandwidth_rule_name(rule));
    if (rule != HG_RULE_SILVERMAN)
        hg_text_addf(t, "silverman would be %.4g m%s", c->silverman_m, rule == HG_RULE_SCOTT ? "" : ", ");
    if (rule != HG_RULE_SCOTT)
        hg_text_addf(t, "scott %s%.4g m", rule == HG_RULE_AUTO ? "" : "would be ", c->scott_m);
    if (rule == HG_RULE_AUTO && v->n > 1)
        hg_text_addf(t, "; %zu tried from %.4g to %.4g m", v->n, v->h_m[0], v->h_m[v->n - 1]);
    if (v->evaluated < v->locations)
        hg_text_addf(t, " on a sample of %zu of %zu locations, which does not tell %.4g from %.4g m",
                     v->evaluated, v->locations, v->h_m[v->low], v->h_m[v->high]);
    hg_text_add(t, "\n");
}
