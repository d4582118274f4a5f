/* From a result's cells to counts that may be told. */
#include "job/report_public.h"
#include "base/memory.h"
#include "job/report_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hg_public_counts_dispose(hg_public_counts *c)
{
    for (size_t s = 0; s < c->streams; s++) {
        hg_free(c->stream[s]);
        hg_free(c->name[s]);
    }
    hg_free(c->stream);
    hg_free(c->name);
    hg_text_dispose(&c->left_out);
    hg_free(c->column);
    hg_free(c->row);
    hg_free(c->covered);
    hg_free(c->count);
    hg_free(c->total);
    hg_free(c->all);
    hg_suppressed_dispose(&c->hidden);
    *c = (hg_public_counts){0};
}

static hg_status moment_of(const hg_result *hot, const char *key, int64_t *out, hg_error *err)
{
    const char *text = hg_result_text(hot, key);
    hg_moment m;
    if (!text || !hg_moment_parse(text, strlen(text), HG_ORDER_UNKNOWN, &m))
        return hg_fail(err, HG_EUSAGE,
                       "%s: a public report tells of a period that begins and ends; make the result with --since and "
                       "--until",
                       hot->path);
    *out = m.civil;
    return HG_OK;
}

hg_status hg_public_period(const hg_report *r, int64_t *from, int64_t *until, hg_error *err)
{
    hg_status status = moment_of(&r->hot, "options.since", from, err);
    return status == HG_OK ? moment_of(&r->hot, "options.until", until, err) : status;
}

/* ------------------------------------------------------------------ streams ---------------- */

static hg_status take_stream(hg_public_counts *c, const char *column, const char *stream, hg_error *err)
{
    char **streams = hg_realloc(c->stream, c->streams + 1, sizeof *streams), **names;
    if (streams)
        c->stream = streams;
    names = streams ? hg_realloc(c->name, c->streams + 1, sizeof *names) : NULL;
    if (!names)
        return hg_fail_memory(err);
    c->name = names;
    c->stream[c->streams] = hg_strdup(stream);
    c->name[c->streams++] = hg_strdup(column);
    return c->stream[c->streams - 1] && c->name[c->streams - 1] ? HG_OK : hg_fail_memory(err);
}

static hg_status choose_streams(const hg_report *r, const hg_table *cells, const hg_sensitive *sensitive,
                                hg_public_counts *c, hg_error *err)
{
    char key[512];
    hg_status status = HG_OK;
    for (size_t k = 0; k < cells->column_count && status == HG_OK; k++) {
        const char *column = cells->columns[k].name;
        if (strncmp(column, "n_", 2) != 0)
            continue;
        snprintf(key, sizeof key, "stream_columns.%s", column);
        const char *stream = hg_result_text(&r->hot, key);
        bool left_out = !stream || hg_sensitive_topic(sensitive, stream); /* n_other may hold anything */
        if (left_out)
            hg_text_addf(&c->left_out, "%s%s", c->left_out.len ? ", " : "", stream ? stream : column + 2);
        else
            status = take_stream(c, column, stream, err);
    }
    if (status == HG_OK && c->left_out.failed)
        status = hg_fail_memory(err);
    if (status == HG_OK && c->streams == 0)
        status =
            hg_fail(err, HG_EUSAGE, "%s: nothing is left for the public: %s; name what may be told by --include-stream",
                    r->hot.path, c->left_out.len ? c->left_out.s : "no streams");
    return status;
}

static bool is_told_of(const hg_public_counts *c, const char *stream)
{
    for (size_t s = 0; stream && s < c->streams; s++)
        if (strcmp(c->stream[s], stream) == 0)
            return true;
    return false;
}

/* Kinds within a stream are in its counts, so they cannot be left out here. */
static hg_status check_categories(const hg_report *r, const hg_sensitive *sensitive, const hg_public_counts *c,
                                  hg_error *err)
{
    hg_table *incidents = NULL;
    if (!hg_result_has(&r->hot, "incidents"))
        return HG_OK;
    hg_status status = hg_store_read_table(r->hot.path, "incidents", &incidents, err);
    bool all = hg_result_text(&r->hot, "options.all-incidents") != NULL;
    for (size_t i = 0; status == HG_OK && i < incidents->rows; i++) {
        const char *category = hg_report_text(incidents, "category", i),
                   *stream = hg_report_text(incidents, "stream", i);
        if (!category || !is_told_of(c, stream))
            continue;
        const char *topic = hg_sensitive_topic(sensitive, category);
        if (!all)
            status =
                hg_fail(err, HG_EUSAGE,
                        "%s: its incidents have categories, and not all of them are there to be looked at; make the "
                        "result with --all-incidents, or without --category",
                        r->hot.path);
        else if (topic)
            status =
                hg_fail(err, HG_EUSAGE,
                        "%s: category %.100s of stream %.100s is sensitive (%s) and part of the stream's counts; make "
                        "the result with --stream-col naming the column of categories, or without these rows "
                        "(--where), or name it by --include-stream",
                        r->hot.path, category, stream, topic);
    }
    hg_table_free(incidents);
    return status;
}

/* ------------------------------------------------------------------ cells ------------------ */

typedef struct placed {
    int64_t column, row;
    size_t source;
} placed;

static int by_place(const void *a, const void *b)
{
    const placed *p = a, *q = b;
    if (p->row != q->row)
        return p->row < q->row ? 1 : -1; /* from the north */
    return (p->column > q->column) - (p->column < q->column);
}

/* Cells of the result lie wholly in one published cell: both lattices begin at 0, and one is a multiple. */
static hg_status place_cells(const hg_table *cells, double cell_m, placed *out, hg_error *err)
{
    for (size_t i = 0; i < cells->rows; i++) {
        double e[4];
        if (!hg_geometry_envelope(&cells->geometry, i, e))
            return hg_fail(err, HG_EDATA, "hotspot_cells row %zu has no outline", i + 1);
        out[i] = (placed){(int64_t)floor((e[0] + e[1]) / 2 / cell_m), (int64_t)floor((e[2] + e[3]) / 2 / cell_m), i};
    }
    qsort(out, cells->rows, sizeof *out, by_place);
    return HG_OK;
}

static hg_status counts_new(size_t cells, hg_public_counts *c, hg_error *err)
{
    c->column = hg_calloc(cells, sizeof *c->column);
    c->row = hg_calloc(cells, sizeof *c->row);
    c->covered = hg_calloc(cells, sizeof *c->covered);
    c->count = hg_calloc(cells * c->streams, sizeof *c->count);
    c->total = hg_calloc(cells, sizeof *c->total);
    c->all = hg_calloc(c->streams, sizeof *c->all);
    return c->column && c->row && c->covered && c->count && c->total && c->all ? HG_OK : hg_fail_memory(err);
}

static void add_cell(const hg_table *cells, size_t source, double area_km2, hg_public_counts *c, size_t cell)
{
    double before = source > 0 ? hg_report_real(cells, "cum_area_share", source - 1) : 0;
    double own = hg_report_real(cells, "cum_area_share", source) - before;
    c->covered[cell] += own * area_km2 * 1e6 / (c->cell_m * c->cell_m);
    for (size_t s = 0; s < c->streams; s++) {
        double count = hg_report_real(cells, c->name[s], source);
        uint64_t n = count > 0 ? (uint64_t)count : 0;
        c->count[cell * c->streams + s] += n;
        c->total[cell] += n;
        c->all[s] += n;
        c->everything += n;
    }
}

static hg_status sum_cells(const hg_result *hot, const hg_table *cells, hg_public_counts *c, hg_error *err)
{
    placed *order = hg_malloc(cells->rows, sizeof *order);
    double area_km2 = hg_result_real(hot, "area_km2");
    hg_status status = order ? place_cells(cells, c->cell_m, order, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = counts_new(cells->rows, c, err);
    for (size_t i = 0; i < cells->rows && status == HG_OK; i++) {
        if (i == 0 || order[i].column != order[i - 1].column || order[i].row != order[i - 1].row) {
            c->column[c->cells] = order[i].column;
            c->row[c->cells++] = order[i].row;
        }
        add_cell(cells, order[i].source, area_km2, c, c->cells - 1);
    }
    hg_free(order);
    return status;
}

static hg_status check_cells(const hg_result *hot, const hg_table *cells, hg_error *err)
{
    double told = cells && cells->rows ? hg_report_real(cells, "cum_area_share", cells->rows - 1) : 0;
    if (!(told > 1 - 1e-6))
        return hg_fail(err, HG_EUSAGE, "%s holds only some of its cells; for a public report make it with --all-cells",
                       hot->path);
    const char *source = hg_result_text(hot, "area_source");
    if (!source || strcmp(source, "given") != 0)
        return hg_fail(
            err, HG_EUSAGE,
            "%s: its study area is drawn around the incidents, so its outline tells where they are; make the "
            "result with --area",
            hot->path);
    if (!(hg_result_real(hot, "cell_m") > 0) || !(hg_result_real(hot, "area_km2") > 0))
        return hg_fail(err, HG_EDATA, "%s does not say how large its cells and its area are", hot->path);
    return HG_OK;
}

hg_status hg_public_count(hg_report *r, hg_public_counts *out, hg_error *err)
{
    hg_public_counts c = {.below = r->job->set.suppress_below ? (uint64_t)r->job->set.suppress_below : HG_PUBLIC_BELOW};
    hg_sensitive sensitive = {0};
    hg_table *cells = NULL;
    int64_t from, until;
    hg_status status = hg_public_period(r, &from, &until, err);
    if (status == HG_OK)
        status = hg_sensitive_read(&r->job->set.report.include, &sensitive, err);
    if (status == HG_OK)
        status = hg_store_read_layer(r->hot.path, "hotspot_cells", &cells, err);
    if (status == HG_OK)
        status = check_cells(&r->hot, cells, err);
    if (status == HG_OK)
        status = choose_streams(r, cells, &sensitive, &c, err);
    if (status == HG_OK)
        status = check_categories(r, &sensitive, &c, err);
    if (status == HG_OK) {
        double own = hg_result_real(&r->hot, "cell_m");
        c.cell_m = own * ceil(HG_PUBLIC_CELL_M / own - 1e-9);
        status = sum_cells(&r->hot, cells, &c, err);
    }
    if (status == HG_OK) {
        const hg_suppress_table table = {.rows = c.cells, .columns = c.streams, .count = c.count, .zeros_too = true};
        status = hg_suppress(&table, c.below, &c.hidden, err);
    }
    hg_table_free(cells);
    hg_sensitive_dispose(&sensitive);
    if (status != HG_OK) {
        hg_public_counts_dispose(&c);
        return status;
    }
    *out = c;
    return HG_OK;
}
