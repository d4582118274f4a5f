/* Method and provenance: what was done, with which settings, on which inputs. */
#include "job/report_parts.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* What differs from run to run, says the same twice, or is told elsewhere. */
static bool is_left_out(const char *key)
{
    static const char *const begins[] = {"seconds.", "recorded_at", "command_line", "notes[",  "sidecars[", "inputs[",
                                         "rejected_by_reason.", "bandwidth.curve", "streams[", "stream_columns.", "output",
                                         "marking"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncmp(key, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static hg_status add_settings(hg_report *r, const hg_result *result, const char *name, hg_report_word what, hg_error *err)
{
    hg_document_column columns[] = {{"key", hg_report_say(r->zh, HG_SAY_SETTING), HG_CELL_TEXT, 0, NULL},
                                    {"value", hg_report_say(r->zh, HG_SAY_VALUE), HG_CELL_TEXT, 0, NULL}};
    char caption[256], stem[64];
    hg_table *t = NULL;
    size_t n = 0;
    for (size_t i = 0; i < result->contents.run_info_count; i++)
        n += !is_left_out(result->contents.run_info[i].key);
    hg_status status = hg_table_new("settings", n, NULL, &t, err);
    if (status == HG_OK)
        status = hg_table_add(t, "key", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "value", HG_TEXT, NULL, err);
    n = 0;
    for (size_t i = 0; i < result->contents.run_info_count && status == HG_OK; i++) {
        const hg_store_pair *p = &result->contents.run_info[i];
        if (is_left_out(p->key))
            continue;
        status = hg_table_set_text(t, hg_table_column(t, "key"), n, p->key, err);
        if (status == HG_OK)
            status = hg_table_set_text(t, hg_table_column(t, "value"), n++, p->value ? p->value : "", err);
    }
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    snprintf(caption, sizeof caption, hg_report_say(r->zh, HG_SAY_METHOD_OF), hg_report_say(r->zh, what));
    snprintf(stem, sizeof stem, "method_%s", name);
    hg_document_table table = {.caption = caption, .stem = stem, .table = t, .columns = columns, .n_columns = 2, .first_rows = 60};
    return hg_document_add_table(r->doc, &table, err);
}

static hg_status add_notes(hg_report *r, const hg_result *result, hg_report_word what, hg_error *err)
{
    char key[64];
    hg_status status = HG_OK;
    for (size_t i = 0; status == HG_OK; i++) {
        snprintf(key, sizeof key, "notes[%zu]", i);
        const char *note = hg_result_text(result, key);
        if (!note)
            break;
        status = hg_report_add_item(r, err, "%s: %s", hg_report_say(r->zh, what), note);
    }
    return status;
}

hg_status hg_report_method(hg_report *r, hg_error *err)
{
    const struct {
        const hg_result *result;
        const char *name;
        hg_report_word word;
    } all[] = {{&r->hot, "hotspots", HG_SAY_RANKED_AREAS}, {&r->audit, "audit", HG_SAY_LAND}, {&r->index, "index", HG_SAY_INDEX},
               {&r->trends, "trends", HG_SAY_TRENDS}};
    hg_status status = hg_document_heading(r->doc, 1, "method", hg_report_say(r->zh, HG_SAY_METHOD), err);
    if (status == HG_OK)
        status = hg_document_text(r->doc, HG_WARNING, hg_report_say(r->zh, HG_SAY_CAUTION), err);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == HG_OK; i++)
        if (all[i].result->path)
            status = add_settings(r, all[i].result, all[i].name, all[i].word, err);
    if (status == HG_OK)
        status = hg_document_heading(r->doc, 2, "notes", hg_report_say(r->zh, HG_SAY_NOTES_OF), err);
    for (size_t i = 0; i < sizeof all / sizeof *all && status == HG_OK; i++)
        if (all[i].result->path)
            status = add_notes(r, all[i].result, all[i].word, err);
    return status;
}
