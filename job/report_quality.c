/* Data quality: what was read, what was refused and why, coordinates that pile up. */
#include "job/report_parts.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INPUTS_MOST = 64 };

typedef struct source {
    const hg_result *result;
    hg_report_word word;
} source;

static size_t sources_of(const hg_report *r, source out[4])
{
    const source all[] = {{&r->hot, HG_SAY_RANKED_AREAS}, {&r->audit, HG_SAY_LAND}, {&r->index, HG_SAY_INDEX}, {&r->trends, HG_SAY_TRENDS}};
    size_t n = 0;
    for (size_t i = 0; i < 4; i++)
        if (all[i].result->path)
            out[n++] = all[i];
    return n;
}

static double input_real(const hg_result *result, size_t input, const char *key)
{
    char name[96];
    snprintf(name, sizeof name, "inputs[%zu].%s", input, key);
    return hg_result_real(result, name);
}

static const char *input_text(const hg_result *result, size_t input, const char *key)
{
    char name[96];
    snprintf(name, sizeof name, "inputs[%zu].%s", input, key);
    return hg_result_text(result, name);
}

static size_t count_inputs(const hg_result *result)
{
    size_t n = 0;
    while (n < INPUTS_MOST && input_text(result, n, "name"))
        n++;
    return n;
}

static hg_status set_row(const hg_report *r, hg_table *t, size_t row, const source *s, size_t input, hg_error *err)
{
    static const char *const counts[] = {"rows_read", "accepted", "rejected"};
    char name[512];
    const char *layer = input_text(s->result, input, "layer"), *file = input_text(s->result, input, "name");
    hg_report_fit(name, sizeof name, "%s%s%s", file, layer && *layer ? ":" : "", layer ? layer : "");
    for (size_t k = 0; k < 3; k++) {
        double v = input_real(s->result, input, counts[k]);
        hg_table_column(t, counts[k])->i64[row] = isfinite(v) ? (int64_t)v : HG_NULL_INT64;
    }
    hg_status status = hg_table_set_text(t, hg_table_column(t, "result"), row, hg_report_say(r->zh, s->word), err);
    if (status == HG_OK)
        status = hg_table_set_text(t, hg_table_column(t, "input"), row, name, err);
    return status == HG_OK ? hg_table_set_text(t, hg_table_column(t, "sha256"), row, input_text(s->result, input, "sha256"), err)
                           : status;
}

static hg_status add_inputs(hg_report *r, const source *sources, size_t n, hg_error *err)
{
    hg_document_column columns[] = {
        {"result", hg_report_say(r->zh, HG_SAY_RESULT_OF), HG_CELL_TEXT, 0, NULL},
        {"input", hg_report_say(r->zh, HG_SAY_INPUT_NAME), HG_CELL_TEXT, 0, NULL},
        {"rows_read", hg_report_say(r->zh, HG_SAY_ROWS_READ), HG_CELL_INTEGER, 0, NULL},
        {"accepted", hg_report_say(r->zh, HG_SAY_ACCEPTED), HG_CELL_INTEGER, 0, NULL},
        {"rejected", hg_report_say(r->zh, HG_SAY_REJECTED), HG_CELL_INTEGER, 0, NULL},
    };
    static const struct {
        const char *name;
        hg_type type;
    } make[] = {{"result", HG_TEXT}, {"input", HG_TEXT}, {"rows_read", HG_INT64}, {"accepted", HG_INT64}, {"rejected", HG_INT64},
                {"sha256", HG_TEXT}};
    size_t rows = 0, row = 0;
    hg_table *t = NULL;
    for (size_t i = 0; i < n; i++)
        rows += count_inputs(sources[i].result);
    hg_status status = hg_table_new("inputs", rows, NULL, &t, err);
    for (size_t k = 0; k < sizeof make / sizeof *make && status == HG_OK; k++)
        status = hg_table_add(t, make[k].name, make[k].type, NULL, err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        for (size_t k = 0; k < count_inputs(sources[i].result) && status == HG_OK; k++)
            status = set_row(r, t, row++, &sources[i], k, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_INPUTS), .stem = "inputs", .table = t, .columns = columns,
                               .n_columns = sizeof columns / sizeof *columns};
    return hg_document_add_table(r->doc, &table, err);
}

/* rejected_by_reason.* of the result that read the most. */
static hg_status add_reasons(hg_report *r, const hg_result *result, hg_error *err)
{
    static const char prefix[] = "rejected_by_reason.";
    hg_document_column columns[] = {{"reason", hg_report_say(r->zh, HG_SAY_REASON), HG_CELL_TEXT, 0, NULL},
                                    {"rows", hg_report_say(r->zh, HG_SAY_ROWS), HG_CELL_INTEGER, 0, NULL}};
    hg_table *t = NULL;
    size_t n = 0;
    for (size_t i = 0; i < result->contents.run_info_count; i++)
        n += strncmp(result->contents.run_info[i].key, prefix, sizeof prefix - 1) == 0;
    if (!n)
        return HG_OK;
    hg_status status = hg_table_new("refused", n, NULL, &t, err);
    if (status == HG_OK)
        status = hg_table_add(t, "reason", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "rows", HG_INT64, NULL, err);
    n = 0;
    for (size_t i = 0; i < result->contents.run_info_count && status == HG_OK; i++) {
        const hg_store_pair *p = &result->contents.run_info[i];
        if (strncmp(p->key, prefix, sizeof prefix - 1) != 0)
            continue;
        hg_table_column(t, "rows")->i64[n] = (int64_t)hg_result_real(result, p->key);
        status = hg_table_set_text(t, hg_table_column(t, "reason"), n++, hg_report_code(r, p->key + sizeof prefix - 1), err);
    }
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_REFUSED), .stem = "refused", .table = t, .columns = columns,
                               .n_columns = 2};
    return hg_document_add_table(r->doc, &table, err);
}

static hg_status add_pile_ups(hg_report *r, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"rank", NULL, HG_CELL_INTEGER, 0, NULL},  {"x", NULL, HG_CELL_REAL, 1, NULL},
        {"y", NULL, HG_CELL_REAL, 1, NULL},        {"count", NULL, HG_CELL_INTEGER, 0, NULL},
        {"share", NULL, HG_CELL_PERCENT, 1, NULL}, {"expected", NULL, HG_CELL_REAL, 1, NULL},
        {"cells_changed", NULL, HG_CELL_INTEGER, 0, NULL}};
    hg_table *t = NULL;
    hg_status status = hg_report_read(r, &r->hot, "pile_ups", &t, err);
    if (status != HG_OK || !t || !t->rows) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_PILE_UPS), .stem = "pile_ups", .table = t,
                               .columns = columns, .n_columns = sizeof columns / sizeof *columns, .first_rows = 20};
    return hg_document_add_table(r->doc, &table, err);
}

hg_status hg_report_quality(hg_report *r, hg_error *err)
{
    source sources[4];
    size_t n = sources_of(r, sources);
    hg_status status = hg_document_heading(r->doc, 1, "quality", hg_report_say(r->zh, HG_SAY_QUALITY), err);
    if (status == HG_OK)
        status = add_inputs(r, sources, n, err);
    if (status == HG_OK && n)
        status = add_reasons(r, sources[0].result, err);
    return status == HG_OK ? add_pile_ups(r, err) : status;
}
