#include "job/variants.h"
#include "base/memory.h"
#include "io/staging.h"
#include "job/bandwidth.h"
#include "job/options.h"
#include "job/output.h"
#include "job/ranks.h"
#include "job/shared_read.h"
#include "job/slices.h"
#include "job/study.h"

#include <stdio.h>
#include <string.h>

/* One result to make. */
typedef struct variant {
    double bandwidth_m; /* 0 = as the settings say */
    int64_t since, until;
    char *output;
} variant;

typedef struct variants {
    hg_job *job;
    hg_shared_read *shared; /* NULL where each run reads for itself */
    variant *items;
    size_t count, made;
    size_t facts_read; /* facts of the job before its first run */
    const double *bandwidths; /* of the job, or one 0 */
    size_t bandwidth_count;
    int64_t starts[HG_SLICES_MAX + 1];
    size_t slices; /* 0 = the whole time span */
    hg_settings frame; /* of the slices under way: bandwidth, cell and bounds that all of them share */
} variants;

bool hg_variants_wanted(const hg_job *job)
{
    return job->set.bandwidth_count > 1 || job->set.slice.unit != HG_SLICE_NONE;
}

static void dispose(variants *v)
{
    for (size_t k = 0; v->items && k < v->count; k++)
        hg_free(v->items[k].output);
    hg_free(v->items);
    hg_shared_read_free(v->shared);
}

/* "hot.gpkg" -> "hot_2019-03-01_400m.gpkg" */
static char *output_name(const variants *v, double bandwidth_m, const int64_t *start)
{
    const char *output = v->job->set.output, *dot = strrchr(hg_base_name(output), '.');
    hg_text suffix = {0};
    char buf[32];
    if (start)
        hg_text_addf(&suffix, "_%s", hg_slice_name(*start, buf));
    if (bandwidth_m > 0)
        hg_text_addf(&suffix, "_%sm", hg_shortest_decimal(bandwidth_m, buf));
    hg_text_add(&suffix, dot ? dot : "");
    char *name = suffix.failed ? NULL : hg_beside(output, suffix.s);
    hg_text_dispose(&suffix);
    return name;
}

static hg_status list_all(variants *v, hg_error *err)
{
    const hg_settings *set = &v->job->set;
    size_t slices = v->slices ? v->slices : 1;
    v->items = hg_calloc(v->bandwidth_count * slices, sizeof *v->items);
    if (!v->items)
        return hg_fail_memory(err);
    for (size_t b = 0; b < v->bandwidth_count; b++)
        for (size_t s = 0; s < slices; s++) {
            variant *one = &v->items[v->count++];
            *one = (variant){.bandwidth_m = v->bandwidths[b], .since = set->since, .until = set->until};
            if (v->slices) {
                one->since = v->starts[s];
                one->until = v->starts[s + 1];
            }
            one->output = output_name(v, one->bandwidth_m, v->slices ? &v->starts[s] : NULL);
            if (!one->output)
                return hg_fail_memory(err);
        }
    return HG_OK;
}

/* An output in the way is found before the first is made. */
static hg_status check_outputs(const variants *v, hg_error *err)
{
    hg_staging *staging = NULL;
    const char *temp;
    hg_status status = hg_staging_new(v->job->set.overwrite, &staging, err);
    for (size_t k = 0; k < v->count && status == HG_OK; k++)
        status = hg_staging_add(staging, v->items[k].output, &temp, err);
    hg_staging_free(staging);
    return status;
}

static hg_status cut(variants *v, hg_error *err)
{
    const hg_settings *set = &v->job->set;
    int64_t first, last;
    if (set->slice.unit == HG_SLICE_NONE)
        return HG_OK;
    hg_shared_read_span(v->shared, &first, &last);
    if (first == HG_NO_TIME && hg_shared_read_has_times(v->shared))
        return hg_fail(err, HG_EDATA, "no slice makes a result: no incident with a time %s",
                       set->since != HG_NO_TIME || set->until != HG_NO_TIME ? "lies between --since and --until"
                                                                            : "can be used");
    if (first == HG_NO_TIME)
        return hg_fail(err, HG_EUSAGE, "--slice needs times, and no row has one; name their column with --time");
    return hg_slices_cut(&set->slice, first, last, set->since, set->until, v->starts, &v->slices, err);
}

static hg_status plan(variants *v, hg_error *err)
{
    static const double as_set = 0;
    hg_job *job = v->job;
    v->bandwidths = job->set.bandwidth_count ? job->set.bandwidths : &as_set;
    v->bandwidth_count = job->set.bandwidth_count ? job->set.bandwidth_count : 1;
    hg_status status = hg_shared_read_new(job, v->bandwidth_count, &v->shared, err);
    if (status == HG_OK && !v->shared && job->set.slice.unit != HG_SLICE_NONE)
        status = hg_fail(err, HG_EUSAGE, "--slice is for incidents that are points, and there are polygons");
    if (status == HG_OK)
        status = cut(v, err);
    if (status == HG_OK)
        status = list_all(v, err);
    if (status != HG_OK)
        return status;
    if (v->slices) /* each bandwidth begins with one run over all slices */
        v->shared->runs_left = v->bandwidth_count * (v->slices + 1);
    return check_outputs(v, err);
}

/* ------------------------------------------------- one run ---------------------------------- */

/* A part of the job: what it sets it shares, what it says is its own. */
static void begin_part(const variants *v, hg_job *part)
{
    hg_job *job = v->job;
    *part = (hg_job){.command = job->command,
                     .set = job->set,
                     .all = job->all,
                     .inputs = job->inputs,
                     .input_count = job->input_count,
                     .command_line = job->command_line,
                     .given = job->given,
                     .given_count = job->given_count,
                     .shared = v->shared,
                     .started = hg_now(),
                     .ran = true};
    part->control.outer = &job->control;
    part->control.threads = job->control.threads;
    part->control.seed = job->control.seed;
    part->control.progress = job->control.progress;
    part->control.payload = job->control.payload;
    part->control.ranks = job->control.ranks;
    hg_facts_add(&part->facts, &job->facts, v->facts_read, "");
    for (size_t i = 0; v->shared && i < job->notes.count; i++)
        hg_job_add_note(part, "%s", job->notes.items[i]);
}

static void end_part(const variants *v, hg_job *part)
{
    hg_rank_effort_add(&v->job->effort, &part->effort);
    hg_facts_dispose(&part->facts);
    hg_list_dispose(&part->notes);
    hg_text_dispose(&part->summary);
}

static void give_bandwidth(hg_settings *set, double bandwidth_m)
{
    if (bandwidth_m > 0) {
        set->rule = HG_RULE_LENGTH;
        set->bandwidth_m = bandwidth_m;
    }
}

/* All slices of a bandwidth lie on the grid and in the area that they have together. */
static hg_status settle_frame(variants *v, double bandwidth_m, hg_error *err)
{
    hg_job all;
    hg_intake in = {0};
    hg_study study = {0};
    begin_part(v, &all);
    give_bandwidth(&all.set, bandwidth_m);
    bool need_area = all.command->mask == HG_FOR_HOTSPOTS;
    hg_status status = hg_intake_run(&all, NULL, &in, err);
    if (status == HG_OK)
        status = hg_study_init(&all, &in, need_area, &study, err);
    if (status == HG_OK) {
        const hg_grid *g = &study.grid;
        v->frame = all.set;
        if (all.set.rule != HG_RULE_LENGTH)
            hg_job_add_note(v->job, "bandwidth %.4g m: %s over all slices together", in.bandwidth_m,
                            hg_bandwidth_rule_name(all.set.rule));
        give_bandwidth(&v->frame, in.bandwidth_m);
        v->frame.cell_m = g->cell_m;
        v->frame.has_bounds = true;
        v->frame.bounds[0] = hg_grid_column_west(g, 0);
        v->frame.bounds[1] = hg_grid_row_north(g, g->rows);
        v->frame.bounds[2] = hg_grid_column_west(g, g->columns);
        v->frame.bounds[3] = hg_grid_row_north(g, 0);
        if (!v->shared->in.region) { /* the hull, if one was needed, serves all */
            v->shared->in.region = in.region;
            in.region = NULL;
        }
    }
    hg_study_dispose(&study);
    hg_intake_dispose(&in);
    end_part(v, &all);
    return status;
}

/* Facts of the part under runs[i]. */
static void pass_on(hg_job *job, size_t i, const hg_job *part)
{
    char prefix[32];
    snprintf(prefix, sizeof prefix, "runs[%zu].", i);
    hg_facts_add(&job->facts, &part->facts, part->facts.count, prefix);
    hg_text_addf(&job->summary, "%s== %s\n%s", i ? "\n" : "", hg_base_name(part->set.output), hg_job_summary(part));
    job->summary.failed |= part->summary.failed;
}

static hg_status run_one(variants *v, const variant *one, hg_error *err)
{
    hg_job part;
    begin_part(v, &part);
    if (v->slices)
        part.set = v->frame;
    else
        give_bandwidth(&part.set, one->bandwidth_m);
    part.set.output = one->output;
    part.set.since = one->since;
    part.set.until = one->until;
    char from[32], to[32];
    if (v->slices) {
        hg_fact_text(&part.facts, hg_civil_text(one->since, from), "slice.since");
        hg_fact_text(&part.facts, hg_civil_text(one->until, to), "slice.until");
    }
    hg_status status = part.command->run(&part, err);
    if (status == HG_OK)
        pass_on(v->job, v->made++, &part);
    end_part(v, &part);
    return status;
}

/* A slice in which nothing happened, or nothing in the area, is no failure. */
static hg_status run_slice(variants *v, const variant *one, hg_error *err)
{
    char from[32];
    hg_error why = {HG_OK, ""};
    if (hg_shared_read_count(v->shared, one->since, one->until) == 0) {
        v->shared->runs_left--;
        hg_job_add_note(v->job, "slice %s: no incidents, so no result", hg_slice_name(one->since, from));
        return HG_OK;
    }
    hg_status status = run_one(v, one, &why);
    if (status == HG_EDATA) {
        hg_job_add_note(v->job, "slice %s: no result: %s", hg_slice_name(one->since, from), why.message);
        return HG_OK;
    }
    return status == HG_OK ? HG_OK
                           : hg_fail(err, status, "slice %s: %s", hg_slice_name(one->since, from), why.message);
}

static hg_status run_all(variants *v, hg_error *err)
{
    hg_status status = HG_OK;
    size_t notes = v->job->notes.count;
    for (size_t k = 0; k < v->count && status == HG_OK; k++) {
        const variant *one = &v->items[k];
        if (v->slices && k % v->slices == 0)
            status = settle_frame(v, one->bandwidth_m, err);
        if (status == HG_OK)
            status = v->slices ? run_slice(v, one, err) : run_one(v, one, err);
        hg_say_progress(&v->job->control, "results", (double)(k + 1) / (double)v->count);
    }
    if (status == HG_ECANCELLED && v->made > 0)
        status = hg_fail(err, HG_ECANCELLED, "interrupted; %zu of %zu results had been written and stay", v->made, v->count);
    if (status == HG_OK && v->made == 0)
        status = hg_fail(err, HG_EDATA, "no slice makes a result; %s",
                         notes < v->job->notes.count ? v->job->notes.items[notes] : "there are none");
    return status;
}

hg_status hg_variants_run(hg_job *job, hg_error *err)
{
    variants *v = hg_calloc(1, sizeof *v);
    if (!v)
        return hg_fail_memory(err);
    v->job = job;
    hg_status status = plan(v, err);
    v->facts_read = job->facts.count;
    double read = hg_now();
    if (status == HG_OK)
        status = run_all(v, err);
    if (status == HG_OK) {
        hg_fact_int(&job->facts, (int64_t)v->made, "results");
        hg_notes_say(job);
        hg_run_facts(job, read - job->started, hg_now() - read, 0);
    }
    dispose(v);
    hg_free(v);
    return status;
}
