/* Trends: which cells turn hot, stay so and fade, and how many there were in each step of time. */
#include "job/report_map.h"
#include "base/memory.h"
#include "job/columns.h"
#include "job/trends.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_SHOWN = 24 };

static const char *lang_of(const hg_report *r)
{
    return r->zh ? "zh" : "en";
}

/* The pattern of a row; HG_PATTERN_END where it has none that we know. */
static hg_pattern pattern_of(const hg_table *cells, size_t row)
{
    const char *name = hg_report_text(cells, "pattern", row);
    for (int p = 0; name && p < HG_PATTERN_END; p++)
        if (strcmp(hg_pattern_name((hg_pattern)p), name) == 0)
            return (hg_pattern)p;
    return HG_PATTERN_END;
}

/* ------------------------------------------------------------------ map -------------------- */

static hg_status add_map(hg_report *r, hg_table *cells, hg_error *err)
{
    static const hg_document_column popup[] = {
        {"cell_id", NULL, HG_CELL_TEXT, 0, NULL},      {"pattern", NULL, HG_CELL_TEXT, 0, NULL},
        {"incidents", NULL, HG_CELL_REAL, 0, NULL},    {"steps_hot", NULL, HG_CELL_INTEGER, 0, NULL},
        {"steps_cold", NULL, HG_CELL_INTEGER, 0, NULL}, {"last_z", NULL, HG_CELL_REAL, 2, NULL}};
    hg_style_class classes[HG_PATTERN_END];
    char crs[256], source[512];
    double frame[4];
    bool placed = hg_report_box(cells, frame); /* where cells were looked at, not only where something was found */
    bool *keep = hg_calloc(cells->rows, sizeof *keep), seen[HG_PATTERN_END] = {false};
    size_t n = 0;
    hg_status status = keep ? HG_OK : hg_fail_memory(err);
    for (size_t row = 0; keep && row < cells->rows; row++) {
        hg_pattern p = pattern_of(cells, row);
        keep[row] = p != HG_PATTERN_NONE && p != HG_PATTERN_END;
        seen[p == HG_PATTERN_END ? HG_PATTERN_NONE : p] |= keep[row];
    }
    if (status == HG_OK)
        hg_report_keep_shapes(cells, keep);
    hg_free(keep);
    for (size_t row = 0; status == HG_OK && row < cells->rows; row++)
        status = hg_table_set_text(cells, hg_table_column(cells, "pattern"), row,
                                   hg_pattern_words(pattern_of(cells, row), lang_of(r)), err);
    for (int p = 1; p < HG_PATTERN_END; p++) {
        const char *words = hg_pattern_words((hg_pattern)p, lang_of(r));
        if (seen[p])
            classes[n++] = (hg_style_class){.value = words, .label = words, .color = hg_pattern_colour((hg_pattern)p)};
    }
    hg_map map = {.title = hg_report_say(r->zh, HG_SAY_TREND_MAP), .alt = hg_report_say(r->zh, HG_SAY_TREND_MAP_ALT),
                  .crs = hg_report_crs(&r->trends, crs), .source = hg_report_source(r, &r->trends, source),
                  .approval = r->job->set.report.map_approval};
    memcpy(map.box, frame, sizeof frame);
    if (status != HG_OK || !n || !placed) {
        hg_table_free(cells);
        return status;
    }
    const hg_map_layer layer = {.title = hg_report_say(r->zh, HG_SAY_TREND_PATTERNS), .table = cells,
                                .style = {.symbol = HG_SYMBOL_FILL, .field = "pattern", .categorised = true,
                                          .classes = classes, .n_classes = n, .opacity = 0.85},
                                .popup = popup, .n_popup = sizeof popup / sizeof *popup};
    map.layers = &layer;
    map.n_layers = 1;
    return hg_document_add_map(r->doc, &map, err);
}

/* ------------------------------------------------------------------ patterns --------------- */

typedef struct pattern_count {
    int64_t cells;
    double incidents;
} pattern_count;

static hg_status fill_patterns(const hg_report *r, const pattern_count *counts, hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0, row = 0; k < HG_PATTERN_END && status == HG_OK; k++) {
        hg_pattern p = (hg_pattern)((k + 1) % HG_PATTERN_END); /* cells without a pattern come last */
        if (!counts[p].cells)
            continue;
        hg_row cell = {.table = t, .row = row++, .err = err};
        hg_row_text(&cell, hg_pattern_words(p, lang_of(r)));
        hg_row_int(&cell, counts[p].cells);
        hg_row_real(&cell, counts[p].incidents);
        hg_row_text(&cell, hg_pattern_colour(p));
        status = cell.status;
    }
    return status;
}

static hg_status add_patterns(hg_report *r, const hg_table *cells, hg_error *err)
{
    static const hg_column_spec specs[] = {
        {"pattern", HG_TEXT}, {"cells", HG_INT64}, {"incidents", HG_DOUBLE}, {"colour", HG_TEXT}};
    static const hg_document_column columns[] = {{"pattern", NULL, HG_CELL_TEXT, 0, "colour"},
                                                 {"cells", NULL, HG_CELL_INTEGER, 0, NULL},
                                                 {"incidents", NULL, HG_CELL_REAL, 0, NULL}};
    pattern_count counts[HG_PATTERN_END] = {{0, 0}};
    size_t rows = 0;
    hg_table *t = NULL;
    for (size_t row = 0; row < cells->rows; row++) {
        hg_pattern p = pattern_of(cells, row);
        double incidents = hg_report_real(cells, "incidents", row);
        if (p == HG_PATTERN_END)
            continue;
        rows += counts[p].cells++ == 0;
        counts[p].incidents += isfinite(incidents) ? incidents : 0;
    }
    hg_status status = hg_table_new("patterns", rows, NULL, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, specs, sizeof specs / sizeof *specs, err);
    if (status == HG_OK)
        status = fill_patterns(r, counts, t, err);
    if (status == HG_OK)
        status = hg_columns_title(lang_of(r), t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_TREND_TABLE), .stem = "patterns", .table = t,
                               .columns = columns, .n_columns = 3, .note = hg_report_say(r->zh, HG_SAY_TREND_NOTE)};
    return hg_document_add_table(r->doc, &table, err);
}

/* ------------------------------------------------------------------ steps ------------------ */

typedef struct steps {
    size_t n;
    double most;
    char first[64], last[64];
    double cells[][2]; /* hot, cold */
} steps;

static void draw_steps(hg_canvas *c, double width, double height, const void *data)
{
    const steps *s = data;
    const double left = 40, bottom = 14, middle = (height - bottom) / 2, step = (width - left) / (double)s->n;
    hg_lettering how = {.size = 8.5, .anchor = HG_ANCHOR_RIGHT, .color = HG_INK};
    char number[64];
    for (size_t k = 0; k < s->n; k++) {
        double hot = s->cells[k][0] / s->most * (middle - 4), cold = s->cells[k][1] / s->most * (middle - 4);
        double x = left + step * (double)k;
        hg_canvas_box(c, x, middle - hot, step * 0.85, hot, "#c2182b", NULL, 0);
        hg_canvas_box(c, x, middle, step * 0.85, cold, "#2166ac", NULL, 0);
    }
    hg_canvas_line(c, left, middle, width, middle, HG_INK, 0.6);
    hg_document_number(s->most, 0, number);
    hg_canvas_text(c, left - 6, 8, &how, number);
    hg_canvas_text(c, left - 6, middle, &how, "0");
    hg_canvas_text(c, left - 6, height - bottom - 6, &how, number);
    hg_canvas_text(c, width, height - 5, &how, s->last);
    how.anchor = HG_ANCHOR_LEFT;
    hg_canvas_text(c, left, height - 5, &how, s->first);
}

static hg_status add_steps_chart(hg_report *r, const hg_table *t, hg_error *err)
{
    steps *s = hg_calloc(1, sizeof *s + t->rows * sizeof s->cells[0]);
    if (!s)
        return hg_fail_memory(err);
    s->n = t->rows;
    s->most = 1;
    const hg_column *start = hg_table_column(t, "t_start");
    for (size_t row = 0; row < t->rows; row++) {
        s->cells[row][0] = fmax(0, hg_report_real(t, "hot_cells", row));
        s->cells[row][1] = fmax(0, hg_report_real(t, "cold_cells", row));
        s->most = fmax(s->most, fmax(s->cells[row][0], s->cells[row][1]));
    }
    if (start && start->type == HG_DATETIME) {
        snprintf(s->first, sizeof s->first, "%s", hg_document_day(start->i64[0], false, r->zh, (char[64]){0}));
        snprintf(s->last, sizeof s->last, "%s", hg_document_day(start->i64[t->rows - 1], false, r->zh, (char[64]){0}));
    }
    hg_chart chart = {.title = hg_report_say(r->zh, HG_SAY_TREND_STEPS),
                      .alt = hg_report_say(r->zh, HG_SAY_TREND_STEPS_ALT),
                      .width = 480,
                      .height = 150,
                      .draw = draw_steps,
                      .data = s,
                      .dispose = hg_free};
    return hg_document_add_chart(r->doc, &chart, err);
}

static hg_status add_steps(hg_report *r, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"step", NULL, HG_CELL_INTEGER, 0, NULL},      {"t_start", NULL, HG_CELL_DAY, 0, NULL},
        {"t_end", NULL, HG_CELL_DAY, 0, NULL},         {"incidents", NULL, HG_CELL_REAL, 0, NULL},
        {"hot_cells", NULL, HG_CELL_INTEGER, 0, NULL}, {"cold_cells", NULL, HG_CELL_INTEGER, 0, NULL}};
    hg_table *t = NULL;
    hg_status status = hg_report_read(r, &r->trends, "trend_steps", &t, err);
    if (status != HG_OK || !t || !t->rows) {
        hg_table_free(t);
        return status;
    }
    status = add_steps_chart(r, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    return hg_report_add_table(r,
                               (hg_document_table){.caption = hg_report_say(r->zh, HG_SAY_TREND_STEPS),
                                                   .stem = "steps",
                                                   .table = t,
                                                   .first_rows = STEPS_SHOWN},
                               columns, sizeof columns / sizeof *columns, err);
}

hg_status hg_report_trends(hg_report *r, hg_error *err)
{
    hg_table *cells = NULL, *again = NULL;
    if (!r->trends.path || !hg_result_has(&r->trends, "trend_cells"))
        return HG_OK;
    hg_status status = hg_document_heading(r->doc, 1, "trends", hg_report_say(r->zh, HG_SAY_TRENDS), err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->trends, "trend_cells", &cells, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->trends, "trend_cells", &again, err);
    if (status == HG_OK) {
        status = add_map(r, again, err);
        again = NULL;
    }
    if (status == HG_OK)
        status = add_patterns(r, cells, err);
    hg_table_free(cells);
    hg_table_free(again);
    return status == HG_OK ? add_steps(r, err) : status;
}
