/* Reports from results: which results, in which order what is told, and to which file. */
#include "job/report_parts.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/staging.h"
#include "job/output.h"
#include "job/report_public.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ results ---------------- */

const char *hg_result_text(const hg_result *result, const char *key)
{
    for (size_t i = 0; i < result->contents.run_info_count; i++) {
        const hg_store_pair *p = &result->contents.run_info[i];
        if (p->key && strcmp(p->key, key) == 0)
            return p->value;
    }
    return NULL;
}

double hg_result_real(const hg_result *result, const char *key)
{
    const char *text = hg_result_text(result, key);
    char *end = NULL;
    double v = text ? strtod(text, &end) : NAN;
    return text && end != text && !*end ? v : NAN;
}

bool hg_result_has(const hg_result *result, const char *layer)
{
    for (size_t i = 0; i < result->contents.layer_count; i++)
        if (strcmp(result->contents.layers[i].name, layer) == 0)
            return true;
    return false;
}

void hg_result_close(hg_result *result)
{
    hg_store_contents_dispose(&result->contents);
    result->path = NULL;
}

hg_status hg_result_open(const char *path, hg_result *out, const char **command, hg_error *err)
{
    hg_result result = {.path = path};
    hg_status status = hg_store_look(path, &result.contents, err);
    if (status != HG_OK)
        return status;
    *command = hg_result_text(&result, "command");
    if (!*command) {
        hg_result_close(&result);
        return hg_fail(err, HG_EDATA, "%s does not say how it was made: a result of hotgrid hotspots, audit, index "
                                      "or trends was expected", path);
    }
    *out = result;
    return HG_OK;
}

static hg_status take_result(hg_report *r, const char *path, hg_error *err)
{
    const struct {
        const char *command;
        hg_result *place;
    } kinds[] = {{"hotspots", &r->hot}, {"audit", &r->audit}, {"index", &r->index}, {"trends", &r->trends}};
    hg_result result = {0};
    const char *command = NULL;
    hg_status status = hg_result_open(path, &result, &command, err);
    if (status != HG_OK)
        return status;
    if (hg_result_text(&result, "empty")) {
        r->quiet = true;
        hg_result_close(&result);
        return HG_OK;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].command, command) != 0)
            continue;
        if (kinds[i].place->path)
            status = hg_fail(err, HG_EUSAGE, "%s and %s are both results of hotgrid %s; a report tells of one",
                             kinds[i].place->path, path, command);
        else
            *kinds[i].place = result;
        if (status != HG_OK)
            hg_result_close(&result);
        return status;
    }
    status = hg_fail(err, HG_EUSAGE, "%s is a result of hotgrid %s; hotspots, audit, index or trends was expected",
                     path, command);
    hg_result_close(&result);
    return status;
}

static hg_status take_results(hg_report *r, hg_error *err)
{
    hg_job *job = r->job;
    const char *command = NULL, *previous = job->set.report.previous;
    hg_status status = HG_OK;
    for (size_t i = 0; i < job->input_count && status == HG_OK; i++)
        status = take_result(r, job->inputs[i].path, err);
    if (status != HG_OK || !previous)
        return status;
    hg_error own = {HG_OK, ""};
    status = hg_result_open(previous, &r->previous, &command, &own);
    if (status != HG_OK)
        return hg_fail(err, status, "--previous: %s", own.message);
    if (hg_result_text(&r->previous, "empty"))
        hg_result_close(&r->previous);
    else if (strcmp(command, "hotspots") != 0)
        status = hg_fail(err, HG_EUSAGE, "--previous %s: a result of hotgrid hotspots was expected, not of %s",
                         previous, command);
    return status;
}

static void close_results(hg_report *r)
{
    hg_result_close(&r->hot);
    hg_result_close(&r->audit);
    hg_result_close(&r->index);
    hg_result_close(&r->trends);
    hg_result_close(&r->previous);
}

/* ------------------------------------------------------------------ the document ----------- */

static hg_status begin(hg_report *r, hg_error *err)
{
    const hg_report_settings *set = &r->job->set.report;
    char generator[64];
    snprintf(generator, sizeof generator, "hotgrid %s", hg_version());
    const hg_document_info info = {
        .title = hg_report_say(r->zh, HG_SAY_BRIEFING),
        .subtitle = set->unit,
        .lang = r->zh ? "zh" : "en",
        .mark = hg_report_say(r->zh, set->public_profile ? HG_SAY_MARK_PUBLIC : HG_SAY_MARK),
        .generator = generator,
    };
    return hg_document_new(&info, &r->doc, err);
}

static hg_status compose(hg_report *r, hg_error *err)
{
    static hg_status (*const parts[])(hg_report *, hg_error *) = {
        hg_report_first_page, hg_report_hotspots, hg_report_trends, hg_report_land, hg_report_index,
        hg_report_quality,    hg_report_method,   hg_report_appendix};
    hg_status status = begin(r, err);
    if (status == HG_OK)
        status = hg_public_check_options(&r->job->set, err);
    if (status == HG_OK && r->job->set.report.public_profile)
        return hg_report_public(r, err);
    if (status == HG_OK)
        status = hg_report_choose_zones(r, err);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && status == HG_OK; i++) {
        hg_say_progress(&r->job->control, "report", (double)i / (double)(sizeof parts / sizeof *parts));
        status = hg_check_cancel(&r->job->control, err);
        if (status == HG_OK)
            status = parts[i](r, err);
    }
    return status;
}

static hg_status write_pdf(hg_report *r, const char *path, hg_error *err)
{
    size_t unknown = 0;
    hg_status status = hg_document_write_pdf(r->doc, path, &unknown, err);
    if (status == HG_OK && unknown)
        hg_job_add_note(r->job, "%zu letters are in no font of this machine and appear as boxes; for Chinese install "
                                "fonts-wqy-microhei or fonts-noto-cjk", unknown);
    return status;
}

static hg_status write_tables(hg_report *r, hg_staging *staging, hg_error *err)
{
    hg_text inside = {0};
    hg_text_addf(&inside, "%s/", r->job->set.report.tables);
    hg_status status = inside.failed ? hg_fail_memory(err) : hg_folder_make_for(inside.s, err);
    hg_text_dispose(&inside);
    return status == HG_OK ? hg_document_write_tables(r->doc, r->job->set.report.tables, staging, err) : status;
}

/* Tables first, the report last: while it is missing there is nothing to read. */
static hg_status write_document(hg_report *r, hg_error *err)
{
    const char *output = r->job->set.output, *temp = NULL;
    size_t n = strlen(output);
    hg_staging *staging = NULL;
    hg_status status = hg_staging_new(r->job->set.overwrite, &staging, err);
    if (status == HG_OK && r->job->set.report.tables)
        status = write_tables(r, staging, err);
    if (status == HG_OK)
        status = hg_staging_add(staging, output, &temp, err);
    if (status == HG_OK)
        status = strcmp(output + n - 4, ".pdf") == 0 ? write_pdf(r, temp, err)
                                                      : hg_document_write_html(r->doc, temp, err);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    hg_staging_free(staging);
    return status;
}

hg_status hg_run_report(hg_job *job, hg_error *err)
{
    static const char *const extensions[] = {".html", ".pdf", NULL};
    hg_report r = {.job = job, .zh = job->set.lang && strcmp(job->set.lang, "zh") == 0};
    hg_status status = hg_check_extension(job, extensions, err);
    if (status == HG_OK)
        status = hg_check_not_read(job, job->set.output, err);
    if (status == HG_OK)
        status = take_results(&r, err);
    if (status == HG_OK)
        status = compose(&r, err);
    if (status == HG_OK)
        status = write_document(&r, err);
    if (status == HG_OK) {
        hg_fact_text(&job->facts, "report", "command");
        hg_fact_text(&job->facts, hg_version(), "version");
        hg_fact_text(&job->facts, hg_base_name(job->set.output), "output");
        if (job->set.report.tables)
            hg_fact_text(&job->facts, job->set.report.tables, "tables");
        hg_text_addf(&job->summary, "written: %s%s%s\n", job->set.output,
                     job->set.report.tables ? " and the tables in " : "",
                     job->set.report.tables ? job->set.report.tables : "");
    }
    hg_document_free(r.doc);
    hg_list_dispose(&r.zones);
    close_results(&r);
    return status;
}
