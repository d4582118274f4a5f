#include "job/report_public_table.h"
#include "base/memory.h"
#include "job/report_parts.h"

#include <stdio.h>
#include <string.h>

enum { SQUARES_SHOWN = 40 };

static const char all_column[] = "all_streams";

static bool is_told(const hg_public_counts *c, size_t cell)
{
    bool told = !c->hidden.row_total[cell];
    for (size_t s = 0; s < c->streams; s++)
        told = told || !c->hidden.cell[cell * c->streams + s];
    return told;
}

static void fill_row(hg_table *t, size_t row, const hg_public_counts *c, size_t cell)
{
    hg_table_column(t, "east_m")->f64[row] = (double)c->column[cell] * c->cell_m;
    hg_table_column(t, "north_m")->f64[row] = (double)c->row[cell] * c->cell_m;
    for (size_t s = 0; s < c->streams; s++)
        if (!c->hidden.cell[cell * c->streams + s])
            hg_table_column(t, c->name[s])->i64[row] = (int64_t)c->count[cell * c->streams + s];
    hg_column *all = hg_table_column(t, all_column);
    if (all && !c->hidden.row_total[cell])
        all->i64[row] = (int64_t)c->total[cell];
}

static hg_status add_outline(hg_table *t, size_t row, const hg_public_counts *c, size_t cell, hg_error *err)
{
    static const int corner[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    hg_geometry *g = &t->geometry;
    hg_status status = hg_geometry_begin_row(g, row, err);
    if (status == HG_OK)
        status = hg_geometry_begin_polygon(g, err);
    if (status == HG_OK)
        status = hg_geometry_begin_ring(g, err);
    for (size_t k = 0; k < 5 && status == HG_OK; k++)
        status = hg_geometry_add_point(g, (double)(c->column[cell] + corner[k][0]) * c->cell_m,
                                       (double)(c->row[cell] + corner[k][1]) * c->cell_m, err);
    return status;
}

static hg_status add_columns(hg_table *t, const hg_public_counts *c, hg_error *err)
{
    hg_status status = hg_table_add(t, "east_m", HG_DOUBLE, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "north_m", HG_DOUBLE, NULL, err);
    for (size_t s = 0; s < c->streams && status == HG_OK; s++)
        status = hg_table_add(t, c->name[s], HG_INT64, NULL, err);
    if (status == HG_OK && c->streams > 1) /* one stream is all of them */
        status = hg_table_add(t, all_column, HG_INT64, NULL, err);
    return status;
}

static hg_status list_columns(const hg_report *r, const hg_public_counts *c, hg_document_column **out, size_t *n,
                              hg_error *err)
{
    hg_document_column *columns = hg_calloc(c->streams + 3, sizeof *columns);
    if (!columns)
        return hg_fail_memory(err);
    columns[0] = (hg_document_column){"east_m", hg_report_say(r->zh, HG_SAY_PUBLIC_EAST), HG_CELL_REAL, 0, NULL};
    columns[1] = (hg_document_column){"north_m", hg_report_say(r->zh, HG_SAY_PUBLIC_NORTH), HG_CELL_REAL, 0, NULL};
    *n = 2;
    for (size_t s = 0; s < c->streams; s++)
        columns[(*n)++] = (hg_document_column){c->name[s], c->stream[s], HG_CELL_INTEGER, 0, NULL};
    if (c->streams > 1)
        columns[(*n)++] =
            (hg_document_column){all_column, hg_report_say(r->zh, HG_SAY_PUBLIC_ALL), HG_CELL_INTEGER, 0, NULL};
    *out = columns;
    return HG_OK;
}

hg_status hg_public_squares(const hg_report *r, const hg_public_counts *c, bool outlines, hg_table **out,
                            hg_document_column **columns, size_t *n_columns, hg_error *err)
{
    hg_table *t = NULL;
    size_t rows = 0, row = 0;
    for (size_t i = 0; i < c->cells; i++)
        rows += is_told(c, i);
    hg_status status = hg_table_new("squares", rows, NULL, &t, err);
    if (status == HG_OK)
        status = add_columns(t, c, err);
    if (status == HG_OK && outlines)
        status = hg_table_make_polygons(t, HG_POLYGON, NULL, err);
    for (size_t i = 0; i < c->cells && status == HG_OK; i++) {
        if (!is_told(c, i))
            continue;
        fill_row(t, row, c, i);
        status = outlines ? add_outline(t, row, c, i, err) : HG_OK;
        row++;
    }
    if (status == HG_OK && outlines)
        status = hg_geometry_finish(&t->geometry, rows, err);
    if (status == HG_OK)
        status = list_columns(r, c, columns, n_columns, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

hg_status hg_public_add_squares(hg_report *r, const hg_public_counts *c, hg_error *err)
{
    hg_document_table table = {
        .caption = hg_report_say(r->zh, HG_SAY_PUBLIC_SQUARES), .stem = "squares", .first_rows = SQUARES_SHOWN};
    hg_document_column *columns = NULL;
    char crs[256], note[512];
    hg_status status = hg_public_squares(r, c, false, &table.table, &columns, &table.n_columns, err);
    if (status != HG_OK)
        return status;
    snprintf(note, sizeof note, hg_report_say(r->zh, HG_SAY_PUBLIC_SQUARES_NOTE), hg_report_crs(&r->hot, crs));
    table.note = note;
    table.columns = columns;
    status = hg_document_add_table(r->doc, &table, err);
    hg_free(columns);
    return status;
}

static hg_status fill_total(hg_table *t, size_t row, const char *stream, uint64_t count, bool hidden, hg_error *err)
{
    if (!hidden)
        hg_table_column(t, "count")->i64[row] = (int64_t)count;
    return hg_table_set_text(t, hg_table_column(t, "stream"), row, stream, err);
}

hg_status hg_public_add_totals(hg_report *r, const hg_public_counts *c, hg_error *err)
{
    const hg_document_column columns[] = {
        {"stream", hg_report_say(r->zh, HG_SAY_PUBLIC_STREAM), HG_CELL_TEXT, 0, NULL},
        {"count", hg_report_say(r->zh, HG_SAY_PUBLIC_EVENTS), HG_CELL_INTEGER, 0, NULL}};
    bool with_all = c->streams > 1;
    hg_table *t = NULL;
    hg_status status = hg_table_new("totals", c->streams + with_all, NULL, &t, err);
    if (status == HG_OK)
        status = hg_table_add(t, "stream", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "count", HG_INT64, NULL, err);
    for (size_t s = 0; s < c->streams && status == HG_OK; s++)
        status = fill_total(t, s, c->stream[s], c->all[s], c->hidden.column_total[s], err);
    if (status == HG_OK && with_all)
        status = fill_total(t, c->streams, hg_report_say(r->zh, HG_SAY_PUBLIC_ALL), c->everything,
                            c->hidden.grand_total, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_PUBLIC_TOTALS),
                               .stem = "totals",
                               .table = t,
                               .columns = columns,
                               .n_columns = 2,
                               .total_row = with_all};
    return hg_document_add_table(r->doc, &table, err);
}
