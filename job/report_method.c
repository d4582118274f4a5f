/* Method and provenance: what was done, with which settings, on which inputs. */
#include "job/report_parts.h"
#include "base/memory.h"
#include "job/columns.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What differs from run to run, says the same twice, or is told elsewhere. */
static bool is_left_out(const char *key)
{
    static const char *const begins[] = {"seconds.", "recorded_at", "command_line", "notes[",  "sidecars[", "inputs[",
                                         "rejected_by_reason.", "bandwidth.curve", "streams", "stream_columns.", "output",
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

/* ------------------------------------------------------------------ in words --------------- */

enum { ROWS_MOST = 24, VALUE_SIZE = 512 };

/* Label and value of each line of the method, in the order they were added. */
typedef struct lines {
    hg_report_word label[ROWS_MOST];
    char value[ROWS_MOST][VALUE_SIZE];
    size_t n;
} lines;

static void add(lines *l, hg_report_word label, const char *format, ...) HG_PRINTF(3, 4);

static void add(lines *l, hg_report_word label, const char *format, ...)
{
    va_list args;
    if (l->n == ROWS_MOST)
        return;
    va_start(args, format);
    char *value = l->value[l->n];
    int n = vsnprintf(value, VALUE_SIZE, format, args);
    va_end(args);
    if (n >= VALUE_SIZE)
        hg_report_fit(value, VALUE_SIZE, "–");
    l->label[l->n++] = label;
}

/* "400", "12.5": at most two digits, none that say nothing. */
static const char *metres(double v, char buf[64])
{
    return hg_document_number(v, v == floor(v) ? 0 : 2, buf);
}

static void add_bandwidth(const hg_report *r, lines *l)
{
    static const struct {
        const char *key;
        hg_report_word word;
    } rules[] = {{"bandwidth.auto_m", HG_SAY_RULE_AUTO}, {"bandwidth.silverman_m", HG_SAY_RULE_SILVERMAN},
                 {"bandwidth.scott_m", HG_SAY_RULE_SCOTT}};
    const hg_result *h = &r->hot;
    const char *rule = hg_result_text(h, "bandwidth_rule"), *kernel = hg_result_text(h, "kernel");
    char n[64];
    hg_text others = {0};
    if (kernel)
        add(l, HG_SAY_KERNEL, "%s", hg_report_code(r, kernel));
    add(l, HG_SAY_BANDWIDTH, hg_report_say(r->zh, HG_SAY_METRES_BY), metres(hg_result_real(h, "bandwidth_m"), n),
        rule ? hg_report_code(r, rule) : "–");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (isfinite(hg_result_real(h, rules[i].key)))
            hg_text_addf(&others, "%s%s %s", others.len ? (r->zh ? "；" : "; ") : "", hg_report_say(r->zh, rules[i].word),
                         metres(hg_result_real(h, rules[i].key), n));
    if (others.len)
        add(l, HG_SAY_BANDWIDTH_OTHERS, "%s", others.s);
    hg_text_dispose(&others);
}

static void add_expectation(const hg_report *r, lines *l)
{
    const hg_result *h = &r->hot;
    const char *risk = hg_result_text(h, "at_risk.source"), *against = hg_result_text(h, "against.stream");
    if (risk)
        add(l, HG_SAY_EXPECTATION, hg_report_say(r->zh, HG_SAY_EXPECT_RISK), risk);
    else if (against)
        add(l, HG_SAY_EXPECTATION, hg_report_say(r->zh, HG_SAY_EXPECT_STREAM), hg_report_stream(r, against));
    else
        add(l, HG_SAY_EXPECTATION, "%s", hg_report_say(r->zh, HG_SAY_EXPECT_EVEN));
}

static void add_tests(const hg_report *r, lines *l)
{
    const hg_result *h = &r->hot;
    const char *method = hg_result_text(h, "significance.method");
    char n[4][64];
    if (!method)
        return;
    add(l, HG_SAY_TEST, "%s", hg_report_code(r, method));
    if (!isfinite(hg_result_real(h, "significance.tests")))
        return;
    add(l, HG_SAY_TESTS, hg_report_say(r->zh, HG_SAY_TESTS_FOUND),
        hg_document_number(hg_result_real(h, "significance.tests"), 0, n[0]),
        hg_document_number(hg_result_real(h, "significance.cells_99"), 0, n[1]),
        hg_document_number(hg_result_real(h, "significance.cells_95"), 0, n[2]),
        hg_document_number(hg_result_real(h, "significance.cells_90"), 0, n[3]));
}

static void add_stability(const hg_report *r, lines *l)
{
    double runs = hg_result_real(&r->hot, "stability.runs"), mean = hg_result_real(&r->hot, "stability.mean");
    char n[2][64];
    if (runs > 0 && isfinite(mean))
        add(l, HG_SAY_STABILITY, hg_report_say(r->zh, HG_SAY_STABILITY_RUNS), hg_document_number(runs, 0, n[0]),
            hg_document_number(100 * mean, 0, n[1]), hg_report_say(r->zh, hg_report_stability_word(mean)));
}

static void make_lines(const hg_report *r, lines *l)
{
    const hg_result *h = &r->hot;
    char crs[256], n[3][64];
    const char *score = hg_result_text(h, "score"), *given = hg_result_text(h, "area_source");
    add(l, HG_SAY_M_CRS, "%s", hg_report_crs(h, crs));
    if (isfinite(hg_result_real(h, "area_km2")))
        add(l, HG_SAY_M_AREA, hg_report_say(r->zh, HG_SAY_KM2_BY), hg_document_number(hg_result_real(h, "area_km2"), 3, n[0]),
            given ? hg_report_code(r, given) : "–");
    add(l, HG_SAY_M_CELL, hg_report_say(r->zh, HG_SAY_METRES), metres(hg_result_real(h, "cell_m"), n[0]));
    add_bandwidth(r, l);
    if (score)
        add(l, HG_SAY_RANKED_BY, "%s", hg_report_code(r, score));
    add(l, HG_SAY_M_BUDGET, hg_report_say(r->zh, HG_SAY_BUDGET_SPENT),
        hg_document_number(hg_result_real(h, "cells_selected"), 0, n[0]),
        hg_document_number(hg_result_real(h, "selected_area_km2"), 3, n[1]),
        hg_document_number(100 * hg_result_real(h, "selected_area_share"), 2, n[2]));
    add(l, HG_SAY_CONCENTRATION, hg_report_say(r->zh, HG_SAY_AGAINST_CHANCE),
        hg_document_number(hg_result_real(h, "concentration"), 2, n[0]),
        hg_document_number(hg_result_real(h, "concentration_chance"), 2, n[1]),
        hg_document_number(hg_result_real(h, "chance_draws"), 0, n[2]));
    add_expectation(r, l);
    add_tests(r, l);
    add_stability(r, l);
    if (isfinite(hg_result_real(h, "half_life_d")))
        add(l, HG_SAY_HALF_LIFE, hg_report_say(r->zh, HG_SAY_DAYS), metres(hg_result_real(h, "half_life_d"), n[0]));
    if (hg_result_text(h, "seed"))
        add(l, HG_SAY_SEED, "%s", hg_result_text(h, "seed"));
}

static hg_status add_words(hg_report *r, hg_error *err)
{
    const hg_document_column columns[] = {{"key", hg_report_say(r->zh, HG_SAY_SETTING), HG_CELL_TEXT, 0, NULL},
                                          {"value", hg_report_say(r->zh, HG_SAY_VALUE), HG_CELL_TEXT, 0, NULL}};
    static const hg_column_spec specs[] = {{"key", HG_TEXT}, {"value", HG_TEXT}};
    if (!r->hot.path)
        return HG_OK;
    lines *l = hg_calloc(1, sizeof *l);
    hg_table *t = NULL;
    if (!l)
        return hg_fail_memory(err);
    make_lines(r, l);
    hg_status status = hg_table_new("method", l->n, NULL, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, specs, 2, err);
    for (size_t i = 0; i < l->n && status == HG_OK; i++) {
        hg_row row = {.table = t, .row = i, .err = err};
        hg_row_text(&row, hg_report_say(r->zh, l->label[i]));
        hg_row_text(&row, l->value[i]);
        status = row.status;
    }
    hg_free(l);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    return hg_report_add_table(r, (hg_document_table){.caption = hg_report_say(r->zh, HG_SAY_METHOD_WORDS), .stem = "method",
                                                      .table = t},
                               columns, 2, err);
}

/* ------------------------------------------------------------------ all -------------------- */

typedef struct told {
    const hg_result *result;
    const char *name;
    hg_report_word word;
} told;

static size_t list_results(const hg_report *r, told out[4])
{
    const told all[] = {{&r->hot, "hotspots", HG_SAY_RANKED_AREAS},
                        {&r->trends, "trends", HG_SAY_TRENDS},
                        {&r->audit, "audit", HG_SAY_LAND},
                        {&r->index, "index", HG_SAY_INDEX}};
    size_t n = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].result->path)
            out[n++] = all[i];
    return n;
}

hg_status hg_report_method(hg_report *r, hg_error *err)
{
    told list[4];
    size_t n = list_results(r, list);
    hg_status status = hg_document_heading(r->doc, 1, "method", hg_report_say(r->zh, HG_SAY_METHOD), err);
    if (status == HG_OK)
        status = hg_document_text(r->doc, HG_WARNING, hg_report_say(r->zh, HG_SAY_CAUTION), err);
    if (status == HG_OK)
        status = add_words(r, err);
    if (status == HG_OK)
        status = hg_document_heading(r->doc, 2, "notes", hg_report_say(r->zh, HG_SAY_NOTES_OF), err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        status = add_notes(r, list[i].result, list[i].word, err);
    return status;
}

hg_status hg_report_all_settings(hg_report *r, hg_error *err)
{
    told list[4];
    size_t n = list_results(r, list);
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++)
        status = add_settings(r, list[i].result, list[i].name, list[i].word, err);
    return status;
}
