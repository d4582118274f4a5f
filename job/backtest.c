/* How well past hotspots predicted later incidents. */
#include "job/backtest.h"
#include "base/memory.h"
#include "io/csv.h"
#include "io/staging.h"
#include "job/output.h"

#include <string.h>
#include <strings.h>

/* The files of a result: final names and where they are written meanwhile. The CSV comes last. */
typedef struct outputs {
    hg_staging *staging;
    char *chart;
    hg_canvas_format format;
    const char *chart_temp, *config_temp, *csv_temp;
} outputs;

static void outputs_dispose(outputs *o)
{
    hg_staging_free(o->staging);
    hg_free(o->chart);
}

static bool ends_in(const char *path, const char *extension)
{
    size_t n = strlen(path), k = strlen(extension);
    return n > k && strcasecmp(path + n - k, extension) == 0;
}

static hg_status name_chart(const hg_job *job, outputs *o, hg_error *err)
{
    const char *given = job->set.backtest.chart;
    o->chart = given ? hg_strdup(given) : hg_beside(job->set.output, ".svg");
    if (!o->chart)
        return hg_fail_memory(err);
    o->format = ends_in(o->chart, ".png") ? HG_CANVAS_PNG : HG_CANVAS_SVG;
    if (o->format == HG_CANVAS_SVG && !ends_in(o->chart, ".svg"))
        return hg_fail(err, HG_EUSAGE, "--chart %s: a path ending in .svg or .png was expected", o->chart);
    return HG_OK;
}

static hg_status add_output(const hg_job *job, outputs *o, const char *path, const char **temp, hg_error *err)
{
    hg_status status = path ? hg_check_not_read(job, path, err) : HG_OK;
    return path && status == HG_OK ? hg_staging_add(o->staging, path, temp, err) : status;
}

static hg_status outputs_init(const hg_job *job, outputs *o, hg_error *err)
{
    static const char *const extensions[] = {".csv", NULL};
    hg_status status = hg_check_extension(job, extensions, err);
    if (status == HG_OK)
        status = name_chart(job, o, err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, &o->staging, err);
    if (status == HG_OK)
        status = add_output(job, o, o->chart, &o->chart_temp, err);
    if (status == HG_OK)
        status = add_output(job, o, job->set.backtest.save_config, &o->config_temp, err);
    if (status == HG_OK)
        status = add_output(job, o, job->set.output, &o->csv_temp, err);
    return status;
}

static hg_status check_options(const hg_job *job, hg_error *err)
{
    const hg_backtest_settings *set = &job->set.backtest;
    const char *config = set->save_config;
    if (config && !set->tune)
        return hg_fail(err, HG_EUSAGE, "--save-config writes what --tune chooses; give --tune, too");
    if (config && !ends_in(config, ".yaml") && !ends_in(config, ".yml"))
        return hg_fail(err, HG_EUSAGE, "--save-config %s: a path ending in .yaml was expected", config);
    return HG_OK;
}

static hg_status write_files(const hg_backtest *b, const outputs *o, hg_error *err)
{
    hg_table *table = NULL;
    hg_status status = hg_backtest_table(b, &table, err);
    if (status == HG_OK)
        status = hg_csv_write(o->csv_temp, table, err);
    if (status == HG_OK)
        status = hg_backtest_chart(b, o->format, o->chart_temp, err);
    if (status == HG_OK && o->config_temp)
        status = hg_backtest_save(b, o->config_temp, err);
    hg_table_free(table);
    return status;
}

static hg_status write_result(hg_backtest *b, const outputs *o, double read_s, double analyse_s, hg_error *err)
{
    hg_job *job = b->job;
    double began = hg_now();
    hg_status status = write_files(b, o, err);
    if (status == HG_OK)
        status = hg_check_cancel(&job->control, err);
    if (status == HG_OK)
        status = hg_staging_commit(o->staging, err);
    if (status != HG_OK)
        return status;
    hg_intake_facts(job, b->in);
    hg_backtest_facts(b);
    hg_fact_text(&job->facts, o->chart, "chart");
    hg_run_facts(job, read_s, analyse_s, hg_now() - began);
    hg_backtest_summarise(b);
    const char *config = job->set.backtest.save_config;
    hg_text_addf(&job->summary, "written: %s%s%s and %s\n", job->set.output, config ? ", " : "", config ? config : "",
                 o->chart);
    return HG_OK;
}

hg_status hg_run_backtest(hg_job *job, hg_error *err)
{
    outputs o = {0};
    hg_intake in = {0};
    hg_backtest b = {.job = job, .in = &in};
    const hg_backtest_settings *set = &job->set.backtest;
    hg_status status = check_options(job, err);
    if (status == HG_OK)
        status = hg_methods_parse(set->methods, set->train_s, set->tune, &b.methods, err);
    if (status == HG_OK)
        status = outputs_init(job, &o, err);
    if (status == HG_OK)
        status = hg_intake_run(job, NULL, &in, err);
    double read = hg_now();
    if (status == HG_OK)
        status = hg_backtest_study(&b, err);
    if (status == HG_OK)
        status = hg_backtest_tune(&b, err);
    if (status == HG_OK)
        status = hg_backtest_try(&b, err);
    double analysed = hg_now();
    if (status == HG_OK)
        status = write_result(&b, &o, read - job->started, analysed - read, err);
    hg_backtest_dispose(&b);
    hg_intake_dispose(&in);
    outputs_dispose(&o);
    return status;
}
