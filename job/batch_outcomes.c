#include "job/batch_outcomes.h"
#include "base/memory.h"

#include <string.h>

static const char *const words[HG_TASK_OUTCOMES] = {"to make", "unchanged", "made", "empty", "failed", "not run"};

static void task_facts(hg_batch_run *r, size_t i)
{
    hg_facts *f = &r->job->facts;
    const hg_batch_task *t = &r->tasks.items[i];
    char *output = hg_batch_output(&r->batch, t);
    hg_fact_text(f, r->batch.steps[t->step].id, "tasks[%zu].step", i);
    hg_fact_text(f, t->unit == HG_NO_UNIT ? NULL : r->batch.unit_names[t->unit], "tasks[%zu].unit", i);
    hg_fact_text(f, output, "tasks[%zu].output", i);
    hg_fact_text(f, words[r->outcomes[i]], "tasks[%zu].outcome", i);
    if (r->empty[i])
        hg_fact_bool(f, true, "tasks[%zu].empty", i);
    if (r->troubles[i])
        hg_fact_text(f, r->troubles[i], "tasks[%zu].message", i);
    hg_free(output);
}

static void count(const hg_batch_run *r, size_t step, size_t counts[HG_TASK_OUTCOMES])
{
    memset(counts, 0, HG_TASK_OUTCOMES * sizeof *counts);
    for (size_t i = 0; i < r->tasks.count; i++)
        if (step == SIZE_MAX || r->tasks.items[i].step == step)
            counts[r->outcomes[i]]++;
}

static void all_facts(hg_batch_run *r)
{
    static const char *const keys[HG_TASK_OUTCOMES] = {"to_make", "unchanged", "made", "empty", "failed", "not_run"};
    size_t counts[HG_TASK_OUTCOMES];
    count(r, SIZE_MAX, counts);
    for (size_t i = 0; i < r->tasks.count; i++)
        task_facts(r, i);
    hg_fact_text(&r->job->facts, r->batch.folder, "folder");
    for (size_t o = 0; o < HG_TASK_OUTCOMES; o++)
        hg_fact_int(&r->job->facts, (int64_t)counts[o], "%s", keys[o]);
    hg_fact_real(&r->job->facts, hg_now() - r->job->started, "seconds.total");
}

/* What the command would have said, set in. */
static void say_findings(hg_text *s, const char *findings)
{
    for (const char *line = findings; line && *line;) {
        size_t n = strcspn(line, "\n");
        hg_text_addf(s, "    %.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void say_step(hg_batch_run *r, size_t step)
{
    hg_text *s = &r->job->summary;
    const hg_batch_step *own = &r->batch.steps[step];
    size_t counts[HG_TASK_OUTCOMES], last = SIZE_MAX, n = 0;
    count(r, step, counts);
    for (size_t i = 0; i < r->tasks.count; i++)
        if (r->tasks.items[i].step == step) {
            last = i;
            n++;
        }
    if (!n)
        return;
    hg_text_addf(s, "%s (hotgrid %s%s):", own->id, own->command, own->each_unit ? ", each unit" : "");
    const char *comma = "";
    for (size_t o = 0; o < HG_TASK_OUTCOMES; o++) {
        if (!counts[o])
            continue;
        if (n == 1)
            hg_text_addf(s, " %s", words[o]);
        else
            hg_text_addf(s, "%s %zu %s", comma, counts[o], words[o]);
        comma = ",";
    }
    char *output = n == 1 ? hg_batch_output(&r->batch, &r->tasks.items[last]) : NULL;
    hg_text_addf(s, "%s%s\n", output ? ", " : "", output ? output : "");
    say_findings(s, r->findings[last]);
    hg_free(output);
}

/* The reports of no unit are what people open: they are named one by one, all others by their folder. */
static void name_reports(hg_batch_run *r)
{
    for (size_t i = 0; i < r->tasks.count; i++) {
        const hg_batch_task *t = &r->tasks.items[i];
        bool without = r->outcomes[i] == HG_TASK_FAILED || r->outcomes[i] == HG_TASK_NOT_RUN;
        if (!t->format || t->unit != HG_NO_UNIT || without)
            continue;
        char *output = hg_batch_output(&r->batch, t);
        hg_text_addf(&r->job->summary, "  %s\n", output ? output : "");
        hg_free(output);
    }
}

static void name_troubles(hg_batch_run *r)
{
    for (size_t i = 0; i < r->tasks.count; i++) {
        if (!r->troubles[i])
            continue;
        char *name = hg_batch_name(&r->batch, &r->tasks.items[i]);
        hg_text_addf(&r->job->summary, "  %s: %s: %s\n", words[r->outcomes[i]], name ? name : "", r->troubles[i]);
        hg_free(name);
    }
}

static void say_steps(hg_batch_run *r)
{
    for (size_t i = 0; i < r->batch.step_count; i++)
        say_step(r, i);
    name_reports(r);
}

hg_status hg_batch_conclude(hg_batch_run *r, hg_error *err)
{
    size_t counts[HG_TASK_OUTCOMES];
    count(r, SIZE_MAX, counts);
    all_facts(r);
    say_steps(r);
    name_troubles(r);
    size_t without = counts[HG_TASK_FAILED] + counts[HG_TASK_NOT_RUN];
    if (!without)
        return HG_OK;
    return hg_fail(err, HG_EFAIL, "%zu of %zu results could not be made (%zu failed, %zu rest on those)", without,
                   r->tasks.count, counts[HG_TASK_FAILED], counts[HG_TASK_NOT_RUN]);
}

void hg_batch_say_plan(hg_batch_run *r)
{
    all_facts(r);
    hg_text_addf(&r->job->summary, "%s: %zu sources, %zu units, %zu results into %s\n", hg_yaml_name(r->batch.doc),
                 r->batch.source_count, r->batch.unit_count, r->tasks.count, r->batch.folder);
    say_steps(r);
}
