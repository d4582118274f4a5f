/* What a run of trends says of itself. */
#include "base/civil.h"
#include "job/trends.h"

#include <math.h>
#include <string.h>

/* Incidents in a window and step on average: Gi* with fewer takes chance for hot spots. */
static double per_window(const hg_trends_run *run)
{
    const hg_trends *t = &run->trends;
    double window = 0;
    for (int64_t k = 0; k <= 2 * run->around.reach; k++)
        window += run->around.half[k] < 0 ? 0 : 2 * (double)run->around.half[k] + 1;
    return t->incidents / (double)t->steps / (double)t->cells * fmin(window, (double)t->cells);
}

static void step_facts(const hg_trends_run *run, hg_facts *f)
{
    const hg_trends *t = &run->trends;
    char a[32];
    size_t most = 0;
    for (size_t k = 0; k < t->steps; k++)
        most = t->step[k].tests > most ? t->step[k].tests : most;
    hg_fact_int(f, (int64_t)t->steps, "steps");
    hg_fact_text(f, hg_duration_text(run->steps.step_s, a), "step");
    hg_fact_int(f, run->steps.step_s, "step_s");
    hg_fact_text(f, run->step_rule, "step_rule");
    hg_fact_text(f, hg_civil_text(run->steps.origin, a), "steps_from");
    hg_fact_text(f, hg_civil_text(hg_time_step_start(&run->steps, t->steps), a), "steps_to");
    hg_fact_text(f, "end", "steps_aligned_at");
    hg_fact_int(f, run->steps.left_out_s, "left_out_s");
    hg_fact_int(f, (int64_t)t->counted, "incidents_counted");
    hg_fact_real(f, t->incidents, "incidents_in_steps");
    hg_fact_real(f, t->outside, "incidents_outside_steps");
    hg_fact_int(f, (int64_t)t->untimed, "incidents_untimed");
    hg_fact_int(f, (int64_t)most, "tests_per_step");
}

void hg_trends_facts(const hg_trends_run *run)
{
    hg_facts *f = &run->job->facts;
    const hg_trends *t = &run->trends;
    const hg_grid *g = &run->study.grid;
    hg_fact_real(f, g->cell_m, "cell_m");
    hg_fact_text(f, run->cell_rule, "cell_rule");
    hg_fact_int(f, g->columns, "grid.columns");
    hg_fact_int(f, g->rows, "grid.rows");
    hg_fact_real(f, hg_grid_column_west(g, 0), "grid.west_m");
    hg_fact_real(f, hg_grid_row_north(g, 0), "grid.north_m");
    hg_fact_text(f, run->in->area_given ? "given" : "guessed", "area_source");
    hg_fact_real(f, run->study.area_m2 / 1e6, "area_km2");
    hg_fact_int(f, (int64_t)t->cells, "cells");
    step_facts(run, f);
    if (run->job->set.window_m > 0)
        hg_fact_real(f, run->job->set.window_m, "window_m");
    else
        hg_fact_text(f, "queen", "window");
    hg_fact_real(f, per_window(run), "incidents_per_window");
    hg_fact_text(f, "Gi*, normal p, false discovery rate 0.10 by step", "hot_rule");
    hg_fact_text(f, run->job->set.autocorrelation == HG_AUTOCORRELATION_HAMED_RAO ? "hamed-rao" : "none",
                 "autocorrelation");
    hg_fact_text(f, "descriptive", "patterns_are");
    for (size_t p = 0; p < HG_PATTERN_END; p++)
        hg_fact_int(f, (int64_t)t->patterns[p], "patterns.%s", hg_pattern_name((hg_pattern)p));
    hg_fact_real(f, t->trend.tau, "overall.tau");
    hg_fact_real(f, t->trend.z, "overall.mann_kendall_z");
    hg_fact_real(f, t->trend.p_value, "overall.p_value");
}

static void note_left_out(hg_job *job, const hg_trends_run *run)
{
    const hg_trends *t = &run->trends;
    char a[32], b[32], c[32];
    if (run->steps.left_out_s)
        hg_job_add_note(job, "the first %s (before %s) make no whole step and are left out; %.10g incidents lie "
                             "outside the steps",
                        hg_duration_text(run->steps.left_out_s, a), hg_civil_text(run->steps.origin, b), t->outside);
    else if (t->outside > 0)
        hg_job_add_note(job, "%.4g incidents lie outside the steps: intervals reach beyond them", t->outside);
    if (t->untimed)
        hg_job_add_note(job, "%s incidents without a time are in no step", hg_grouped(t->untimed, c));
}

void hg_trends_notes(const hg_trends_run *run)
{
    hg_job *job = run->job;
    const hg_trends *t = &run->trends;
    double window = per_window(run);
    note_left_out(job, run);
    if (!(t->step[t->steps - 1].incidents > 0))
        hg_job_add_note(job, "the last step holds no incident, so nothing is hot or cold at the end; --until says "
                             "where the data end");
    if (window < HG_TRENDS_WINDOW)
        hg_job_add_note(job, "a window holds %.2g incidents a step on average; below %d or so Gi* by the normal "
                             "distribution takes chance for hot spots: larger --cell, --window or --step help",
                        window, HG_TRENDS_WINDOW);
}

static void add_patterns(hg_text *s, const hg_trends_run *run, hg_pattern from, const char *lang, bool zh)
{
    bool first = true;
    for (size_t p = from; p < from + HG_PATTERN_SIDE; p++) {
        size_t n = run->trends.patterns[p];
        if (!n)
            continue;
        hg_text_addf(s, "%s%s %zu", first ? "  " : zh ? "，" : ", ", hg_pattern_words((hg_pattern)p, lang), n);
        first = false;
    }
    if (!first)
        hg_text_add(s, "\n");
}

void hg_trends_summarise(const hg_trends_run *run, const hg_trends_tables *t)
{
    hg_job *job = run->job;
    hg_text *s = &job->summary;
    const hg_trends *r = &run->trends;
    const char *lang = job->set.lang;
    bool zh = lang && strcmp(lang, "zh") == 0;
    char from[32], to[32], step[32], n[32];
    hg_summarise_intake(job, run->in);
    hg_civil_text(run->steps.origin, from);
    hg_civil_text(hg_time_step_start(&run->steps, r->steps), to);
    hg_text_addf(s, "%zu steps of %s from %s to %s, %zu cells of %g m%s; %s incidents counted\n", r->steps,
                 hg_duration_text(run->steps.step_s, step), from, to, r->cells, run->study.grid.cell_m,
                 run->in->area_given ? "" : " (guessed area)", hg_grouped(r->counted, n));
    hg_text_addf(s, "incidents per step: %s (tau %.2f, p %.2g)\n",
                 !(r->trend.p_value <= 0.05) ? "no trend" : r->trend.s > 0 ? "rising" : "falling", r->trend.tau,
                 r->trend.p_value);
    add_patterns(s, run, HG_PATTERN_NEW_HOT, lang, zh);
    add_patterns(s, run, HG_PATTERN_NEW_HOT + HG_PATTERN_SIDE, lang, zh);
    hg_text_addf(s, "  %s %zu\n", hg_pattern_words(HG_PATTERN_NONE, lang), r->patterns[HG_PATTERN_NONE]);
    if (t->near_repeat)
        hg_text_add(s, t->near_repeat_line.s);
    hg_text_add(s, "patterns describe what was recorded; they are no test of a cause and no forecast\n");
    hg_text_addf(s, "written: %s (%zu cells, %zu steps%s); open it in QGIS: the project \"trends\" is inside\n",
                 job->set.output, t->cells->rows, t->steps->rows, t->near_repeat ? ", near repeats" : "");
}
