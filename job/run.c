/* A whole batch: every step, every unit, nothing twice. */
#include "base/memory.h"
#include "io/file.h"
#include "job/batch.h"

#include <stdio.h>
#include <string.h>

typedef enum outcome { UNCHANGED, MADE, FAILED, NOT_RUN, OUTCOMES } outcome;

static const char *const outcome_words[OUTCOMES] = {"unchanged", "made", "failed", "not run"};

typedef struct running {
    hg_job *job;
    hg_batch batch;
    hg_batch_tasks tasks;
    hg_batch_hashes hashes;
    hg_batch_dates dates;
    outcome *outcomes;   /* of each task */
    char **troubles;     /* what a task that failed says; NULL = nothing */
    size_t now;          /* the task that runs */
    double began;
    char label[256];     /* what progress says of it */
} running;

/* ------------------------------------------------------------------ progress --------------- */

static void relay(void *payload, const char *step, double fraction)
{
    running *r = payload;
    (void)step;
    double done = (double)r->now + (fraction < 1 ? fraction : 1);
    hg_say_progress(&r->job->control, r->label, 0.9999 * done / (double)r->tasks.count);
}

/* Task, number of all, rate and time left. */
static void say_task(running *r, const char *name)
{
    double spent = hg_now() - r->began, done = (double)r->now, left = (double)r->tasks.count - done;
    if (r->now && spent > 0)
        snprintf(r->label, sizeof r->label, "%zu/%zu %.160s, %.2g/s, %.0f s left", r->now + 1, r->tasks.count, name,
                 done / spent, spent / done * left);
    else
        snprintf(r->label, sizeof r->label, "%zu/%zu %.200s", r->now + 1, r->tasks.count, name);
    relay(r, "", 0);
}

/* ------------------------------------------------------------------ one task --------------- */

static size_t find_task(const running *r, const hg_batch_task *like)
{
    for (size_t i = 0; i < r->tasks.count; i++) {
        const hg_batch_task *t = &r->tasks.items[i];
        if (t->step == like->step && t->unit == like->unit && t->format == like->format &&
            t->language == like->language)
            return i;
    }
    return SIZE_MAX;
}

/* The task that one rests on and that has no result; SIZE_MAX = all have one. */
static size_t lacking(const running *r, const hg_batch_task *task)
{
    const hg_batch_step *s = &r->batch.steps[task->step];
    for (size_t i = 0; i < s->input_count; i++) {
        if (!s->inputs[i].step)
            continue;
        hg_batch_task other = hg_batch_rests_on(&r->batch, task, s->inputs[i].index);
        size_t k = find_task(r, &other);
        if (k != SIZE_MAX && r->outcomes[k] != MADE && r->outcomes[k] != UNCHANGED)
            return k;
    }
    return SIZE_MAX;
}

static bool is_compared(const running *r, size_t step)
{
    for (size_t i = 0; i < r->batch.step_count; i++)
        if (r->batch.steps[i].previous == step)
            return true;
    return false;
}

static void pass_notes_on(running *r, const hg_batch_task *task, const char *name, const hg_job *inner)
{
    if (task->unit != HG_NO_UNIT || task->format) /* each result keeps its own in run_info */
        return;
    for (size_t i = 0; i < hg_job_note_count(inner); i++)
        hg_job_add_note(r->job, "%s: %s", name, hg_job_note(inner, i));
}

static hg_status make(running *r, const hg_batch_task *task, const char *name, const char *signature, hg_error *err)
{
    hg_control *control = &r->job->control;
    hg_job *inner = NULL;
    char *output = hg_batch_output(&r->batch, task);
    hg_status status = output ? hg_folder_make_for(output, err) : hg_fail_memory(err);
    if (status == HG_OK && is_compared(r, task->step))
        status = hg_batch_keep_previous(&r->batch, task, control, err);
    if (status == HG_OK)
        status = hg_batch_job(&r->batch, task, &r->dates, (int)r->job->set.threads, &inner, err);
    if (status == HG_OK) {
        hg_job_on_progress(inner, relay, r);
        inner->control.outer = control;
        status = hg_job_run(inner, err);
        pass_notes_on(r, task, name, inner);
    }
    if (status == HG_OK)
        status = hg_batch_record(&r->batch, task, signature, inner, control, err);
    hg_job_free(inner);
    hg_free(output);
    hg_memory_trim();
    return status;
}

/* Errors of a task are its own; only cancelling and want of memory end the batch. */
static hg_status run_task(running *r, hg_error *err)
{
    const hg_batch_task *task = &r->tasks.items[r->now];
    hg_control *control = &r->job->control;
    char signature[HG_SHA256_HEX] = "";
    hg_error own = {HG_OK, ""};
    bool done = false;
    char *name = hg_batch_name(&r->batch, task);
    size_t without = lacking(r, task);
    if (!name)
        return hg_fail_memory(err);
    say_task(r, name);
    hg_status status = HG_OK;
    if (without != SIZE_MAX) {
        char *other = hg_batch_name(&r->batch, &r->tasks.items[without]);
        r->outcomes[r->now] = NOT_RUN;
        status = hg_fail(&own, HG_EFAIL, "rests on %s, which has no result", other ? other : "");
        hg_free(other);
    } else {
        status = hg_batch_signature(&r->batch, task, &r->dates, &r->hashes, control, signature, &own);
        if (status == HG_OK)
            status = hg_batch_is_done(&r->batch, task, signature, control, &done, &own);
        if (status == HG_OK && !done)
            status = make(r, task, name, signature, &own);
        r->outcomes[r->now] = status != HG_OK ? FAILED : done ? UNCHANGED : MADE;
    }
    hg_free(name);
    if (status == HG_ECANCELLED || status == HG_ENOMEM) {
        if (err)
            *err = own;
        return status;
    }
    r->troubles[r->now] = status == HG_OK ? NULL : hg_strdup(own.message);
    return HG_OK;
}

/* ------------------------------------------------------------------ what is said ----------- */

static void task_facts(running *r, size_t i)
{
    hg_facts *f = &r->job->facts;
    const hg_batch_task *t = &r->tasks.items[i];
    char *output = hg_batch_output(&r->batch, t);
    hg_fact_text(f, r->batch.steps[t->step].id, "tasks[%zu].step", i);
    hg_fact_text(f, t->unit == HG_NO_UNIT ? NULL : r->batch.unit_names[t->unit], "tasks[%zu].unit", i);
    hg_fact_text(f, output, "tasks[%zu].output", i);
    hg_fact_text(f, outcome_words[r->outcomes[i]], "tasks[%zu].outcome", i);
    if (r->troubles[i])
        hg_fact_text(f, r->troubles[i], "tasks[%zu].message", i);
    hg_free(output);
}

static void count_outcomes(const running *r, size_t step, size_t counts[OUTCOMES])
{
    memset(counts, 0, OUTCOMES * sizeof *counts);
    for (size_t i = 0; i < r->tasks.count; i++)
        if (step == SIZE_MAX || r->tasks.items[i].step == step)
            counts[r->outcomes[i]]++;
}

static void summarise_step(running *r, size_t step)
{
    hg_text *s = &r->job->summary;
    size_t counts[OUTCOMES], last = SIZE_MAX, n = 0;
    count_outcomes(r, step, counts);
    for (size_t i = 0; i < r->tasks.count; i++)
        if (r->tasks.items[i].step == step) {
            last = i;
            n++;
        }
    if (!n)
        return;
    hg_text_addf(s, "%s:", r->batch.steps[step].id);
    for (size_t o = 0; o < OUTCOMES; o++)
        if (counts[o] && n == 1)
            hg_text_addf(s, " %s", outcome_words[o]);
        else if (counts[o])
            hg_text_addf(s, " %zu %s", counts[o], outcome_words[o]);
    char *output = n == 1 ? hg_batch_output(&r->batch, &r->tasks.items[last]) : NULL;
    hg_text_addf(s, "%s%s\n", output ? ", " : "", output ? output : "");
    hg_free(output);
}

/* The reports of no unit are what people open: they are named one by one, all others by their folder. */
static void name_reports(running *r)
{
    hg_text *s = &r->job->summary;
    for (size_t i = 0; i < r->tasks.count; i++) {
        const hg_batch_task *t = &r->tasks.items[i];
        if (!t->format || t->unit != HG_NO_UNIT || r->outcomes[i] == FAILED || r->outcomes[i] == NOT_RUN)
            continue;
        char *output = hg_batch_output(&r->batch, t);
        hg_text_addf(s, "  %s\n", output ? output : "");
        hg_free(output);
    }
}

static void name_troubles(running *r)
{
    hg_text *s = &r->job->summary;
    for (size_t i = 0; i < r->tasks.count; i++) {
        if (!r->troubles[i])
            continue;
        char *name = hg_batch_name(&r->batch, &r->tasks.items[i]);
        hg_text_addf(s, "  %s: %s: %s\n", outcome_words[r->outcomes[i]], name ? name : "", r->troubles[i]);
        hg_free(name);
    }
}

static hg_status conclude(running *r, hg_error *err)
{
    size_t counts[OUTCOMES];
    hg_facts *f = &r->job->facts;
    count_outcomes(r, SIZE_MAX, counts);
    for (size_t i = 0; i < r->tasks.count; i++)
        task_facts(r, i);
    hg_fact_text(f, r->batch.folder, "folder");
    hg_fact_int(f, (int64_t)counts[MADE], "made");
    hg_fact_int(f, (int64_t)counts[UNCHANGED], "unchanged");
    hg_fact_int(f, (int64_t)counts[FAILED], "failed");
    hg_fact_int(f, (int64_t)counts[NOT_RUN], "not_run");
    hg_fact_real(f, hg_now() - r->job->started, "seconds.total");
    for (size_t i = 0; i < r->batch.step_count; i++)
        summarise_step(r, i);
    name_reports(r);
    name_troubles(r);
    if (!counts[FAILED] && !counts[NOT_RUN])
        return HG_OK;
    return hg_fail(err, HG_EFAIL, "%zu of %zu results could not be made (%zu failed, %zu rest on those)",
                   counts[FAILED] + counts[NOT_RUN], r->tasks.count, counts[FAILED], counts[NOT_RUN]);
}

/* ------------------------------------------------------------------ the plan --------------- */

/* Every job is set up, so that every option has been looked at. */
static hg_status check_jobs(running *r, hg_error *err)
{
    hg_status status = HG_OK;
    size_t step = SIZE_MAX;
    for (size_t i = 0; i < r->tasks.count && status == HG_OK; i++) {
        hg_job *inner = NULL;
        if (r->tasks.items[i].step == step)
            continue;
        step = r->tasks.items[i].step;
        status = hg_batch_job(&r->batch, &r->tasks.items[i], &r->dates, 0, &inner, err);
        hg_job_free(inner);
    }
    return status;
}

static void say_plan(running *r)
{
    hg_text *s = &r->job->summary;
    size_t step = SIZE_MAX;
    hg_text_addf(s, "%s: %zu sources, %zu units, %zu results into %s\n", hg_yaml_name(r->batch.doc),
                 r->batch.source_count, r->batch.unit_count, r->tasks.count, r->batch.folder);
    for (size_t i = 0; i < r->tasks.count; i++) {
        const hg_batch_task *t = &r->tasks.items[i];
        const hg_batch_step *own = &r->batch.steps[t->step];
        char *output = hg_batch_output(&r->batch, t);
        if (t->step != step)
            hg_text_addf(s, "%s: hotgrid %s%s\n", own->id, own->command, own->each_unit ? ", each unit" : "");
        if (t->unit == HG_NO_UNIT || t->unit == 0)
            hg_text_addf(s, "  %s%s\n", output ? output : "",
                         t->unit == 0 && r->batch.unit_count > 1 ? ", and so on" : "");
        step = t->step;
        hg_free(output);
    }
}

static hg_status start(running *r, hg_error *err)
{
    hg_job *job = r->job;
    if (job->input_count != 1)
        return hg_fail(err, HG_EUSAGE, "run takes one batch file; %zu were given", job->input_count);
    hg_status status = hg_batch_read(job->inputs[0].path, &r->batch, err);
    if (status == HG_OK)
        status = hg_batch_choose(&r->batch, job->set.batch.only, err);
    if (status == HG_OK)
        status = hg_batch_list(&r->batch, &r->tasks, err);
    if (status != HG_OK)
        return status;
    for (size_t i = 0; i < job->given_count; i++) {
        if (strcmp(job->given[i].name, "since") == 0)
            r->dates.since = job->given[i].value;
        if (strcmp(job->given[i].name, "until") == 0)
            r->dates.until = job->given[i].value;
    }
    r->outcomes = hg_calloc(r->tasks.count, sizeof *r->outcomes);
    r->troubles = hg_calloc(r->tasks.count, sizeof *r->troubles);
    return r->outcomes && r->troubles ? check_jobs(r, err) : hg_fail_memory(err);
}

hg_status hg_run_batch(hg_job *job, hg_error *err)
{
    running r = {.job = job, .began = hg_now()};
    hg_status status = start(&r, err);
    if (status == HG_OK && job->set.batch.check)
        say_plan(&r);
    else if (status == HG_OK) {
        for (r.now = 0; r.now < r.tasks.count && status == HG_OK; r.now++)
            status = run_task(&r, err);
        hg_say_progress(&job->control, "done", 1);
        if (status == HG_OK)
            status = conclude(&r, err);
    }
    for (size_t i = 0; r.troubles && i < r.tasks.count; i++)
        hg_free(r.troubles[i]);
    hg_free(r.troubles);
    hg_free(r.outcomes);
    hg_free(r.tasks.items);
    hg_batch_hashes_dispose(&r.hashes);
    hg_batch_dispose(&r.batch);
    return status;
}
