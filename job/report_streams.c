/* What each area consists of: a table of counts by stream, and their shares as bars. */
#include "job/report_parts.h"
#include "base/memory.h"
#include "job/columns.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES = 8, BARS = 12, LEGEND_COLUMNS = 3, NAME_SIZE = 96 };

static const char *const colours[SERIES + 1] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
                                                "#d55e00", "#b8a800", "#6f4e9c", "#9a9a9a"};

/* A column n_<stream> of the areas, and what it sums to. */
typedef struct stream {
    const hg_column *column;
    double total;
    char title[NAME_SIZE];
} stream;

static int by_total(const void *a, const void *b)
{
    const stream *p = a, *q = b;
    if (p->total != q->total)
        return p->total < q->total ? 1 : -1;
    return strcmp(p->column->name, q->column->name);
}

static size_t list_streams(const hg_report *r, const hg_table *areas, stream *out)
{
    size_t n = 0;
    for (size_t k = 0; k < areas->column_count; k++) {
        const hg_column *c = &areas->columns[k];
        char key[160];
        snprintf(key, sizeof key, "stream_columns.%s", c->name);
        const char *name = hg_result_text(&r->hot, key);
        bool other = strcmp(c->name, "n_other") == 0;
        if (strncmp(c->name, "n_", 2) != 0 || c->type != HG_INT64 || (!name && !other))
            continue;
        out[n] = (stream){.column = c};
        for (size_t row = 0; row < areas->rows; row++)
            out[n].total += fmax(0, hg_report_real(areas, c->name, row));
        hg_report_fit(out[n].title, NAME_SIZE, "%s", name ? hg_report_stream(r, name) : hg_report_say(r->zh, HG_SAY_OTHERS));
        n++;
    }
    qsort(out, n, sizeof *out, by_total);
    return n;
}

/* ------------------------------------------------------------------ the bars --------------- */

typedef struct bars {
    size_t series, areas;
    char titles[SERIES + 1][NAME_SIZE], names[BARS][NAME_SIZE];
    double parts[BARS][SERIES + 1], totals[BARS];
} bars;

static double legend_height(size_t series)
{
    return 14 * (double)((series + LEGEND_COLUMNS - 1) / LEGEND_COLUMNS);
}

static void draw_legend(hg_canvas *c, double width, const bars *b)
{
    hg_lettering how = {.size = 8.5, .anchor = HG_ANCHOR_LEFT, .color = HG_INK, .most_width = width / LEGEND_COLUMNS - 20};
    for (size_t s = 0; s < b->series; s++) {
        double x = width / LEGEND_COLUMNS * (double)(s % LEGEND_COLUMNS), y = 14 * (double)(s / LEGEND_COLUMNS) + 6;
        hg_canvas_box(c, x, y - 4.5, 9, 9, colours[s], NULL, 0);
        hg_canvas_text(c, x + 14, y, &how, b->titles[s]);
    }
}

static void draw_bars(hg_canvas *c, double width, double height, const void *data)
{
    const bars *b = data;
    const double left = 120, right = 40, top = legend_height(b->series) + 6, step = (height - top) / (double)b->areas;
    hg_lettering name = {.size = 8.5, .anchor = HG_ANCHOR_RIGHT, .color = HG_INK, .most_width = left - 8};
    hg_lettering count = {.size = 8.5, .anchor = HG_ANCHOR_RIGHT, .color = HG_FAINT};
    char number[64];
    draw_legend(c, width, b);
    for (size_t a = 0; a < b->areas; a++) {
        double y = top + step * (double)a, x = left;
        hg_canvas_text(c, left - 6, y + step / 2, &name, b->names[a]);
        for (size_t s = 0; s < b->series && b->totals[a] > 0; s++) {
            double w = (width - left - right) * b->parts[a][s] / b->totals[a];
            if (w > 0)
                hg_canvas_box(c, x, y + 2, w, step - 4, colours[s], NULL, 0);
            x += w;
        }
        hg_canvas_text(c, width, y + step / 2, &count, hg_document_number(b->totals[a], 0, number));
    }
}

static hg_status add_bars(hg_report *r, const hg_table *areas, const stream *streams, size_t n, hg_error *err)
{
    bars *b = hg_calloc(1, sizeof *b);
    if (!b)
        return hg_fail_memory(err);
    b->series = n <= SERIES ? n : SERIES + 1;
    b->areas = areas->rows < BARS ? areas->rows : BARS;
    for (size_t s = 0; s < b->series; s++)
        hg_report_fit(b->titles[s], NAME_SIZE, "%s", s < SERIES ? streams[s].title : hg_report_say(r->zh, HG_SAY_OTHERS));
    for (size_t a = 0; a < b->areas; a++) {
        char name[96];
        hg_report_fit(b->names[a], NAME_SIZE, "%d %s", (int)hg_report_real(areas, "rank", a), hg_report_area(r, areas, a, name));
        for (size_t s = 0; s < n; s++) {
            double v = fmax(0, hg_report_real(areas, streams[s].column->name, a));
            b->parts[a][s < SERIES ? s : SERIES] += v;
            b->totals[a] += v;
        }
    }
    hg_chart chart = {.title = hg_report_say(r->zh, HG_SAY_COMPOSITION_BARS), .alt = hg_report_say(r->zh, HG_SAY_COMPOSITION_ALT),
                      .width = 480, .height = legend_height(b->series) + 6 + 17 * (double)b->areas, .draw = draw_bars, .data = b,
                      .dispose = hg_free};
    return hg_document_add_chart(r->doc, &chart, err);
}

/* ------------------------------------------------------------------ the table -------------- */

static hg_status fill_table(const hg_report *r, const hg_table *areas, const stream *streams, size_t n, hg_table *t,
                            hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t a = 0; a < areas->rows && status == HG_OK; a++) {
        char name[96];
        hg_row row = {.table = t, .row = a, .err = err};
        hg_row_int(&row, (int64_t)hg_report_real(areas, "rank", a));
        hg_row_text(&row, hg_report_area(r, areas, a, name));
        hg_row_int(&row, (int64_t)hg_report_real(areas, "count", a));
        for (size_t s = 0; s < n && s < SERIES; s++)
            hg_row_int(&row, streams[s].column->i64[a]);
        int64_t rest = 0;
        for (size_t s = SERIES; s < n; s++)
            rest += streams[s].column->i64[a];
        if (n > SERIES)
            hg_row_int(&row, rest);
        status = row.status;
    }
    return status;
}

static hg_status add_table(hg_report *r, const hg_table *areas, const stream *streams, size_t n, hg_error *err)
{
    hg_document_column columns[SERIES + 4] = {
        {"rank", hg_column_title(r->zh ? "zh" : "en", "rank"), HG_CELL_INTEGER, 0, NULL},
        {"name", hg_report_say(r->zh, HG_SAY_PLACE), HG_CELL_TEXT, 0, NULL},
        {"count", hg_report_say(r->zh, HG_SAY_INCIDENTS), HG_CELL_INTEGER, 0, NULL}};
    static const hg_column_spec first[] = {{"rank", HG_INT64}, {"name", HG_TEXT}, {"count", HG_INT64}};
    size_t shown = n < SERIES ? n : SERIES, k = 3;
    hg_table *t = NULL;
    hg_status status = hg_table_new("composition", areas->rows, NULL, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, first, 3, err);
    for (size_t s = 0; s < shown && status == HG_OK; s++) {
        columns[k++] = (hg_document_column){streams[s].column->name, streams[s].title, HG_CELL_INTEGER, 0, NULL};
        status = hg_table_add(t, streams[s].column->name, HG_INT64, NULL, err);
    }
    if (status == HG_OK && n > SERIES) {
        columns[k++] = (hg_document_column){"n_rest", hg_report_say(r->zh, HG_SAY_OTHERS), HG_CELL_INTEGER, 0, NULL};
        status = hg_table_add(t, "n_rest", HG_INT64, NULL, err);
    }
    if (status == HG_OK)
        status = fill_table(r, areas, streams, n, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_COMPOSITION_TABLE), .stem = "composition", .table = t,
                               .columns = columns, .n_columns = k, .first_rows = 25};
    return hg_document_add_table(r->doc, &table, err);
}

hg_status hg_report_streams(hg_report *r, hg_error *err)
{
    hg_table *areas = NULL;
    hg_status status = hg_report_read(r, &r->hot, "hotspot_areas", &areas, err);
    stream *streams = status == HG_OK && areas ? hg_calloc(areas->column_count, sizeof *streams) : NULL;
    if (status == HG_OK && areas && !streams)
        status = hg_fail_memory(err);
    size_t n = streams ? list_streams(r, areas, streams) : 0;
    if (status == HG_OK && n > 1 && areas->rows) { /* one stream says what the counts say */
        status = hg_document_heading(r->doc, 2, "composition", hg_report_say(r->zh, HG_SAY_COMPOSITION), err);
        if (status == HG_OK)
            status = add_bars(r, areas, streams, n, err);
        if (status == HG_OK)
            status = add_table(r, areas, streams, n, err);
    }
    hg_free(streams);
    hg_table_free(areas);
    return status;
}
