/* The run command: the tasks of a batch, one after the other, each on its own. */
#include "base/memory.h"
#include "io/staging.h"
#include "job/batch_outcomes.h"
#include "job/output.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct running {
    hg_batch_run run;
    hg_batch_hashes hashes;
    hg_batch_dates dates;
    size_t now;     /* the task that runs */
    size_t worked;  /* tasks that were not passed over */
    double work_s;  /* what those took */
    char label[256]; /* what progress says of the task */
} running;

/* ------------------------------------------------------------------ progress --------------- */

static void relay(void *payload, const char *step, double fraction)
{
    running *r = payload;
    (void)step;
    double done = (double)r->now + (fraction < 1 ? fraction : 1);
    hg_say_progress(&r->run.job->control, r->label, 0.9999 * done / (double)r->run.tasks.count);
}

/* Task, number of all, rate and time left; what was passed over took no time and says nothing of it. */
static void say_task(running *r, const char *name)
{
    size_t all = r->run.tasks.count;
    if (r->worked && r->work_s > 0)
        snprintf(r->label, sizeof r->label, "%zu/%zu %.160s, %.2g/s, %.0f s left", r->now + 1, all, name,
                 (double)r->worked / r->work_s, ceil(r->work_s / (double)r->worked * (double)(all - r->now)));
    else
        snprintf(r->label, sizeof r->label, "%zu/%zu %.160s", r->now + 1, all, name);
    relay(r, "", 0);
}

/* ------------------------------------------------------------------ what one rests on ------ */

static size_t find_task(const hg_batch_run *r, const hg_batch_task *like)
{
    for (size_t i = 0; i < r->tasks.count; i++) {
        const hg_batch_task *t = &r->tasks.items[i];
        if (t->step == like->step && t->unit == like->unit && t->format == like->format &&
            t->language == like->language)
            return i;
    }
    return SIZE_MAX;
}

/* What is asked of the tasks that one rests on. */
typedef bool (*question)(const hg_batch_run *r, size_t task);

static bool is_without_result(const hg_batch_run *r, size_t task)
{
    return r->outcomes[task] == HG_TASK_FAILED || r->outcomes[task] == HG_TASK_NOT_RUN;
}

static bool is_to_be_made(const hg_batch_run *r, size_t task)
{
    return r->outcomes[task] == HG_TASK_WAITING;
}

static bool is_empty(const hg_batch_run *r, size_t task)
{
    return r->empty[task];
}

/* The first task that one rests on and that the question is true of; SIZE_MAX = none. */
static size_t rests_on(const hg_batch_run *r, const hg_batch_task *task, question asked)
{
    const hg_batch_step *s = &r->batch.steps[task->step];
    for (size_t i = 0; i < s->input_count; i++) {
        if (!s->inputs[i].step)
            continue;
        hg_batch_task other = hg_batch_rests_on(&r->batch, task, s->inputs[i].index);
        size_t k = find_task(r, &other);
        if (k != SIZE_MAX && asked(r, k))
            return k;
    }
    return SIZE_MAX;
}

static bool is_compared(const hg_batch *b, size_t step)
{
    for (size_t i = 0; i < b->step_count; i++)
        if (b->steps[i].previous == step)
            return true;
    return false;
}

/* ------------------------------------------------------------------ one task --------------- */

/* A result that holds nothing but the record of the run, which says so. */
static hg_status write_empty(hg_job *inner, const char *output, hg_error *err)
{
    const char *temp = NULL;
    hg_staging *staging = NULL;
    hg_gpkg *gpkg = NULL;
    hg_status status = hg_staging_new(true, &staging, err);
    if (status == HG_OK)
        status = hg_staging_add(staging, output, &temp, err);
    if (status == HG_OK)
        status = hg_gpkg_create(temp, &inner->control, &gpkg, err);
    if (status == HG_OK) {
        hg_fact_bool(&inner->facts, true, "empty");
        hg_run_facts(inner, 0, 0, 0);
        status = hg_store_facts(inner, gpkg, err);
    }
    if (status == HG_OK)
        status = hg_gpkg_finish(gpkg, err);
    else
        hg_gpkg_free(gpkg);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    hg_staging_free(staging);
    return status;
}

static void pass_notes_on(running *r, const hg_batch_task *task, const char *name, const hg_job *inner)
{
    if (task->unit != HG_NO_UNIT || task->format) /* each result keeps its own in run_info */
        return;
    for (size_t i = 0; i < hg_job_note_count(inner); i++)
        hg_job_add_note(r->run.job, "%s: %s", name, hg_job_note(inner, i));
}

/* Runs the job; *empty where all is well but nothing was there to look at. */
static hg_status run_job(running *r, const hg_batch_task *task, hg_job *inner, const char *output, bool *empty,
                         hg_error *err)
{
    const hg_batch *b = &r->run.batch;
    bool report = strcmp(b->steps[task->step].command, "report") == 0;
    hg_job_on_progress(inner, relay, r);
    inner->control.outer = &r->run.job->control;
    *empty = !report && rests_on(&r->run, task, is_empty) != SIZE_MAX;
    hg_status status = HG_OK;
    if (*empty)
        hg_fact_text(&inner->facts, b->steps[task->step].command, "command");
    else
        status = hg_job_run(inner, err);
    *empty |= status == HG_EDATA && hg_fact_find(&inner->facts, "empty");
    if (*empty)
        status = hg_batch_is_geopackage(output) ? write_empty(inner, output, err) : HG_OK;
    return status;
}

static hg_status make(running *r, const hg_batch_task *task, const char *name, const char *signature, bool *empty,
                      hg_error *err)
{
    const hg_batch *b = &r->run.batch;
    hg_control *control = &r->run.job->control;
    hg_job *inner = NULL;
    char *output = hg_batch_output(b, task);
    hg_status status = output ? hg_batch_make_folders(b, task, err) : hg_fail_memory(err);
    if (status == HG_OK && is_compared(b, task->step))
        status = hg_batch_keep_previous(b, task, control, err);
    if (status == HG_OK)
        status = hg_batch_job(b, task, &r->dates, (int)r->run.job->set.threads, &inner, err);
    if (status == HG_OK) {
        status = run_job(r, task, inner, output, empty, err);
        pass_notes_on(r, task, name, inner);
    }
    if (status == HG_OK && task->unit == HG_NO_UNIT && !task->format)
        r->run.findings[r->now] = hg_strdup(hg_job_summary(inner));
    if (status == HG_OK) /* without control: what is made is kept, interrupted or not */
        status = hg_batch_record(b, task, signature, *empty, inner, NULL, err);
    hg_job_free(inner);
    hg_free(output);
    hg_memory_trim();
    return status;
}

/* Looks whether a task is done, and does it unless that is all that is asked. */
static hg_status settle_task(running *r, const hg_batch_task *task, const char *name, hg_error *err)
{
    hg_batch_run *run = &r->run;
    char signature[HG_SHA256_HEX] = "";
    bool done = false, *empty = &run->empty[r->now], check = run->job->set.batch.check;
    if (check && rests_on(run, task, is_to_be_made) != SIZE_MAX)
        return HG_OK;
    hg_status status =
        hg_batch_signature(&run->batch, task, &r->dates, &r->hashes, &run->job->control, signature, err);
    if (status == HG_OK)
        status = hg_batch_is_done(&run->batch, task, signature, &run->job->control, &done, empty, err);
    if (status == HG_OK && done)
        run->outcomes[r->now] = HG_TASK_UNCHANGED;
    if (status != HG_OK || done || check)
        return status;
    double began = hg_now();
    status = make(r, task, name, signature, empty, err);
    r->work_s += hg_now() - began;
    r->worked++;
    run->outcomes[r->now] = *empty ? HG_TASK_EMPTY : HG_TASK_MADE;
    return status;
}

/* Errors of a task are its own; only cancelling and want of memory end the batch. */
static hg_status run_task(running *r, hg_error *err)
{
    hg_batch_run *run = &r->run;
    const hg_batch_task *task = &run->tasks.items[r->now];
    hg_error own = {HG_OK, ""};
    char *name = hg_batch_name(&run->batch, task);
    size_t without = rests_on(run, task, is_without_result);
    if (!name)
        return hg_fail_memory(err);
    say_task(r, name);
    hg_status status = hg_check_cancel(&run->job->control, &own);
    if (status == HG_OK && without != SIZE_MAX) {
        char *other = hg_batch_name(&run->batch, &run->tasks.items[without]);
        status = hg_fail(&own, HG_EFAIL, "rests on %s, which has no result", other ? other : "");
        run->outcomes[r->now] = HG_TASK_NOT_RUN;
        hg_free(other);
    } else if (status == HG_OK) {
        status = settle_task(r, task, name, &own);
        if (status != HG_OK)
            run->outcomes[r->now] = HG_TASK_FAILED;
    }
    hg_free(name);
    if (status == HG_ECANCELLED)
        return hg_fail(err, status, "interrupted after %zu of %zu results; the next run goes on from there", r->now,
                       run->tasks.count);
    if (status == HG_ENOMEM)
        return hg_fail_memory(err);
    run->troubles[r->now] = status == HG_OK ? NULL : hg_strdup(own.message);
    return HG_OK;
}

/* ------------------------------------------------------------------ all of them ------------ */

/* Every job is set up once a step, so that every option has been looked at before anything runs. */
static hg_status check_jobs(running *r, hg_error *err)
{
    const hg_batch_tasks *tasks = &r->run.tasks;
    hg_status status = HG_OK;
    for (size_t i = 0; i < tasks->count && status == HG_OK; i++) {
        hg_job *inner = NULL;
        if (i && tasks->items[i].step == tasks->items[i - 1].step)
            continue;
        status = hg_batch_job(&r->run.batch, &tasks->items[i], &r->dates, 0, &inner, err);
        hg_job_free(inner);
    }
    return status;
}

static void take_dates(running *r)
{
    const hg_job *job = r->run.job;
    for (size_t i = 0; i < job->given_count; i++) {
        if (strcmp(job->given[i].name, "since") == 0)
            r->dates.since = job->given[i].value;
        if (strcmp(job->given[i].name, "until") == 0)
            r->dates.until = job->given[i].value;
    }
}

static hg_status start(running *r, hg_error *err)
{
    hg_batch_run *run = &r->run;
    hg_job *job = run->job;
    if (job->input_count != 1)
        return hg_fail(err, HG_EUSAGE, "run takes one batch file; %zu were given", job->input_count);
    take_dates(r);
    hg_status status = hg_batch_read(job->inputs[0].path, &run->batch, err);
    if (status == HG_OK)
        status = hg_batch_choose(&run->batch, job->set.batch.only, err);
    if (status == HG_OK)
        status = hg_batch_list(&run->batch, &run->tasks, err);
    if (status == HG_OK)
        status = hg_batch_check_files(&run->batch, &run->tasks, err);
    if (status != HG_OK)
        return status;
    run->outcomes = hg_calloc(run->tasks.count, sizeof *run->outcomes);
    run->empty = hg_calloc(run->tasks.count, sizeof *run->empty);
    run->troubles = hg_calloc(run->tasks.count, sizeof *run->troubles);
    run->findings = hg_calloc(run->tasks.count, sizeof *run->findings);
    return run->outcomes && run->empty && run->troubles && run->findings ? check_jobs(r, err) : hg_fail_memory(err);
}

static hg_status run_all(running *r, hg_error *err)
{
    hg_status status = HG_OK;
    for (r->now = 0; r->now < r->run.tasks.count && status == HG_OK; r->now++)
        status = run_task(r, err);
    if (status == HG_OK)
        hg_say_progress(&r->run.job->control, "done", 1);
    return status;
}

static void dispose(running *r)
{
    hg_batch_run *run = &r->run;
    for (size_t i = 0; run->findings && i < run->tasks.count; i++) {
        hg_free(run->troubles ? run->troubles[i] : NULL);
        hg_free(run->findings[i]);
    }
    hg_free(run->troubles);
    hg_free(run->findings);
    hg_free(run->empty);
    hg_free(run->outcomes);
    hg_free(run->tasks.items);
    hg_batch_hashes_dispose(&r->hashes);
    hg_batch_dispose(&run->batch);
}

hg_status hg_run_batch(hg_job *job, hg_error *err)
{
    running r = {.run.job = job};
    int lock = -1;
    hg_status status = start(&r, err);
    if (status == HG_OK && !job->set.batch.check)
        status = hg_batch_lock(&r.run.batch, &lock, err);
    if (status == HG_OK)
        status = run_all(&r, err);
    if (status == HG_OK && job->set.batch.check)
        hg_batch_say_plan(&r.run);
    else if (status == HG_OK)
        status = hg_batch_conclude(&r.run, err);
    hg_batch_unlock(lock);
    dispose(&r);
    return status;
}
