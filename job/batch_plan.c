/* What is to be run for a batch, with which options. */
#include "job/batch.h"
#include "base/memory.h"
#include "io/file.h"
#include "job/variants.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ which steps ------------ */

static void want(hg_batch *b, size_t step)
{
    hg_batch_step *s = &b->steps[step];
    if (s->wanted)
        return;
    s->wanted = true; /* inputs stand above, so this ends */
    for (size_t i = 0; i < s->input_count; i++)
        if (s->inputs[i].step)
            want(b, s->inputs[i].index);
    if (s->previous != SIZE_MAX)
        want(b, s->previous);
}

hg_status hg_batch_choose(hg_batch *b, const char *only, hg_error *err)
{
    for (size_t i = 0; !only && i < b->step_count; i++)
        b->steps[i].wanted = true;
    for (const char *at = only; at && *at;) {
        size_t n = strcspn(at, ","), step = 0;
        while (step < b->step_count &&
               (strlen(b->steps[step].id) != n || strncmp(b->steps[step].id, at, n) != 0))
            step++;
        if (step == b->step_count)
            return hg_fail(err, HG_EUSAGE, "--only %s: \"%.*s\" is the id of no step", only, (int)n, at);
        want(b, step);
        at += n + (at[n] == ',');
    }
    return HG_OK;
}

static hg_status add_task(hg_batch_tasks *list, hg_batch_task task, hg_error *err)
{
    hg_batch_task *items = hg_grow(list->items, &list->capacity, list->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    list->items = items;
    items[list->count++] = task;
    return HG_OK;
}

static bool is_report(const hg_batch *b, size_t step)
{
    return strcmp(b->steps[step].command, "report") == 0;
}

static hg_status add_variants(const hg_batch *b, size_t step, size_t unit, hg_batch_tasks *out, hg_error *err)
{
    if (!is_report(b, step))
        return add_task(out, (hg_batch_task){step, unit, b->languages[0], NULL}, err);
    hg_status status = HG_OK;
    for (size_t f = 0; f < b->format_count; f++)
        for (size_t l = 0; l < b->language_count && status == HG_OK; l++)
            status = add_task(out, (hg_batch_task){step, unit, b->languages[l], b->formats[f]}, err);
    return status;
}

hg_status hg_batch_list(const hg_batch *b, hg_batch_tasks *out, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t s = 0; s < b->step_count && status == HG_OK; s++) {
        if (!b->steps[s].wanted)
            continue;
        if (!b->steps[s].each_unit)
            status = add_variants(b, s, HG_NO_UNIT, out, err);
        for (size_t u = 0; b->steps[s].each_unit && u < b->unit_count && status == HG_OK; u++)
            status = add_variants(b, s, u, out, err);
    }
    return status;
}

hg_batch_task hg_batch_rests_on(const hg_batch *b, const hg_batch_task *task, size_t step)
{
    return (hg_batch_task){step, b->steps[step].each_unit ? task->unit : HG_NO_UNIT, b->languages[0],
                           is_report(b, step) ? b->formats[0] : NULL};
}

/* ------------------------------------------------------------------ the job ---------------- */

/* An error of an option is told with the line it stands in. */
static hg_status set(const hg_batch *b, hg_job *job, const char *name, const char *value, const hg_yaml_node *node,
                     hg_error *err)
{
    hg_error inner = {HG_OK, ""};
    hg_status status = hg_job_set(job, name, value, &inner);
    if (status == HG_OK)
        return HG_OK;
    return node ? hg_fail(err, status, "%s line %u: %s", hg_yaml_name(b->doc), node->line, inner.message)
                : hg_fail(err, status, "%s", inner.message);
}

/* A report is made in several formats, but its tables and the like once. */
static bool is_said_twice(const hg_batch *b, const hg_batch_task *task, const hg_batch_option *o)
{
    return o->written && task->format && task->format != b->formats[0];
}

static hg_status set_all(const hg_batch *b, const hg_batch_task *task, hg_job *job, const hg_batch_options *options,
                         hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < options->count && status == HG_OK; i++) {
        const hg_batch_option *o = &options->items[i];
        if (is_said_twice(b, task, o))
            continue;
        char *path = o->written ? hg_batch_written(b, task, o->name, o->value) : NULL;
        if (o->written && !path)
            status = hg_fail_memory(err);
        if (status == HG_OK)
            status = set(b, job, o->name, path ? path : o->value, o->node, err);
        hg_free(path);
    }
    return status;
}

bool hg_batch_takes(const char *command, const char *option)
{
    for (size_t i = 0; i < hg_option_count(); i++)
        if (strcmp(hg_option_at(i)->name, option) == 0 && hg_option_applies(i, command))
            return true;
    return false;
}

hg_status hg_batch_make_folders(const hg_batch *b, const hg_batch_task *task, hg_error *err)
{
    const hg_batch_options *options = &b->steps[task->step].options;
    char *output = hg_batch_output(b, task);
    hg_status status = output ? hg_folder_make_for(output, err) : hg_fail_memory(err);
    for (size_t i = 0; i < options->count && status == HG_OK; i++) {
        const hg_batch_option *o = &options->items[i];
        char *path = o->written ? hg_batch_written(b, task, o->name, o->value) : NULL;
        if (o->written)
            status = path ? hg_folder_make_for(path, err) : hg_fail_memory(err);
        hg_free(path);
    }
    hg_free(output);
    return status;
}

static bool has(const hg_batch_options *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->items[i].name, name) == 0)
            return true;
    return false;
}

/* What the batch says for all its steps, where the step knows it. */
static hg_status set_common(const hg_batch *b, const hg_batch_task *task, const hg_batch_dates *dates, int threads,
                            hg_job *job, hg_error *err)
{
    const hg_batch_step *s = &b->steps[task->step];
    char number[16];
    snprintf(number, sizeof number, "%d", threads);
    const struct {
        const char *name, *value;
    } all[] = {{"threads", threads > 0 ? number : NULL},
               {"lang", task->format || !has(&s->options, "lang") ? task->language : NULL},
               {"since", dates->since},
               {"until", dates->until}};
    hg_status status = HG_OK;
    for (size_t i = 0; i < sizeof all / sizeof *all && status == HG_OK; i++)
        if (all[i].value && hg_batch_takes(s->command, all[i].name))
            status = set(b, job, all[i].name, all[i].value, NULL, err);
    return status;
}

static hg_status set_unit(const hg_batch *b, const hg_batch_task *task, hg_job *job, hg_error *err)
{
    const char *name = task->unit == HG_NO_UNIT ? NULL : b->unit_names[task->unit];
    if (!name)
        return HG_OK;
    if (is_report(b, task->step))
        return set(b, job, "unit", name, NULL, err);
    hg_status status = set(b, job, "area", b->units, NULL, err);
    if (status == HG_OK)
        status = set(b, job, "area-name", name, NULL, err);
    if (status == HG_OK && b->unit_column)
        status = set(b, job, "area-column", b->unit_column, NULL, err);
    return status;
}

static hg_status set_previous(const hg_batch *b, const hg_batch_task *task, hg_job *job, hg_error *err)
{
    size_t step = b->steps[task->step].previous;
    if (step == SIZE_MAX)
        return HG_OK;
    hg_batch_task before = hg_batch_rests_on(b, task, step);
    char *path = hg_batch_previous(b, &before);
    FILE *f = path ? fopen(path, "rb") : NULL; /* the first run has none */
    hg_status status = !path ? hg_fail_memory(err) : f ? set(b, job, "previous", path, NULL, err) : HG_OK;
    if (f)
        fclose(f);
    hg_free(path);
    return status;
}

static hg_status add_inputs(const hg_batch *b, const hg_batch_task *task, hg_job *job, hg_error *err)
{
    const hg_batch_step *s = &b->steps[task->step];
    hg_status status = HG_OK;
    for (size_t i = 0; i < s->input_count && status == HG_OK; i++) {
        size_t k = s->inputs[i].index;
        hg_batch_task other = s->inputs[i].step ? hg_batch_rests_on(b, task, k) : *task;
        char *path = s->inputs[i].step ? hg_batch_output(b, &other) : hg_strdup(b->sources[k].path);
        hg_error own = {HG_OK, ""};
        status = path ? hg_job_add_input(job, path, &own) : hg_fail_memory(&own);
        if (status != HG_OK)
            hg_fail(err, status, "%s line %u: %s", hg_yaml_name(b->doc), s->node->line, own.message);
        if (status == HG_OK && !s->inputs[i].step)
            status = set_all(b, task, job, &b->sources[k].options, err);
        hg_free(path);
    }
    if (status == HG_OK && job->command->takes_inputs && !s->input_count)
        return hg_yaml_fail(s->node, err, "inputs, for hotgrid %s reads some", s->command);
    return status;
}

hg_status hg_batch_job(const hg_batch *b, const hg_batch_task *task, const hg_batch_dates *dates, int threads,
                       hg_job **out, hg_error *err)
{
    hg_job *job = NULL;
    char *output = hg_batch_output(b, task);
    hg_status status = output ? hg_job_new(b->steps[task->step].command, &job, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = set(b, job, "output", output, NULL, err);
    if (status == HG_OK)
        status = set(b, job, "overwrite", NULL, NULL, err);
    if (status == HG_OK)
        status = set_all(b, task, job, &b->steps[task->step].options, err);
    if (status == HG_OK)
        status = set_common(b, task, dates, threads, job, err);
    if (status == HG_OK)
        status = set_unit(b, task, job, err);
    if (status == HG_OK)
        status = set_previous(b, task, job, err);
    if (status == HG_OK)
        status = add_inputs(b, task, job, err);
    if (status == HG_OK && hg_variants_wanted(job))
        status = hg_fail(err, HG_EUSAGE, "%s: step \"%s\": a step makes one result, so it takes one bandwidth and no slices",
                         hg_yaml_name(b->doc), b->steps[task->step].id);
    hg_free(output);
    if (status != HG_OK) {
        hg_job_free(job);
        return status;
    }
    *out = job;
    return HG_OK;
}
