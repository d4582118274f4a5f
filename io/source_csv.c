/*
 * Rows straight from the text of a CSV file. OGR has opened it and said what its columns are; the
 * text is then cut at ends of records, each stretch is read on its own and the rows are joined in
 * order, so that they come out as OGR would give them, whatever the number of threads.
 */
#include "io/source_csv.h"
#include "base/memory.h"
#include "base/threads.h"
#include "io/file.h"

#include <cpl_conv.h>
#include <ogr_api.h>
#include <stdio.h>
#include <string.h>

static bool holds_only_text(OGRLayerH layer)
{
    OGRFeatureDefnH d = OGR_L_GetLayerDefn(layer);
    for (int f = 0; f < OGR_FD_GetFieldCount(d); f++)
        if (OGR_Fld_GetType(OGR_FD_GetFieldDefn(d, f)) != OFTString)
            return false;
    return OGR_FD_GetGeomFieldCount(d) == 0;
}

bool hg_source_is_csv(const hg_source *s)
{
    return s->csv && s->tabular && !s->spec.sql && !s->spec.where && holds_only_text(s->layer) &&
           !CPLGetConfigOption("OGR_CSV_MAX_LINE_SIZE", NULL);
}

/* ------------------------------------------------------------------ the text and its delimiter */

typedef struct table_text {
    const char *bytes;
    size_t n;
    const char *rows; /* behind the column heads */
    char delimiter;
} table_text;

static hg_status open_text(const hg_source *s, table_text *t, hg_error *err)
{
    if (!s->table)
        return hg_file_map(s->file, &t->bytes, &t->n, err);
    t->bytes = s->table;
    t->n = s->table_size;
    return HG_OK;
}

static void close_text(const hg_source *s, const table_text *t)
{
    if (!s->table)
        hg_file_unmap(t->bytes, t->n);
}

/* OGR calls a column by its head without blanks around it, or by its number where that is empty. */
static bool is_named(const hg_value *head, size_t f, const char *name)
{
    char number[32];
    const char *s = head->s;
    size_t n = head->type == HG_VALUE_TEXT ? head->n : 0;
    for (; n && *s == ' '; n--)
        s++;
    while (n && s[n - 1] == ' ')
        n--;
    if (n == 0) {
        s = number;
        n = (size_t)snprintf(number, sizeof number, "field_%zu", f + 1);
    }
    return strlen(name) == n && memcmp(name, s, n) == 0;
}

static hg_status heads_fit(const hg_source *s, table_text *t, char delimiter, hg_value *heads,
                           bool *fit, hg_error *err)
{
    hg_csv_cursor c = {.p = t->bytes, .end = t->bytes + t->n, .delimiter = delimiter};
    hg_status status = hg_csv_next(&c, heads, s->fields, err);
    *fit = status == HG_OK && c.found == s->fields;
    for (size_t f = 0; *fit && f < s->fields; f++)
        *fit = is_named(&heads[f], f, s->field_names[f]);
    t->rows = c.p;
    t->delimiter = delimiter;
    hg_csv_cursor_dispose(&c);
    return status;
}

/* OGR does not tell which delimiter it took: it is the one that makes the heads what they are. */
static hg_status find_delimiter(const hg_source *s, table_text *t, bool *found, hg_error *err)
{
    static const char candidates[] = {',', ';', '\t', '|', ' '};
    hg_value *heads = hg_calloc(s->fields, sizeof *heads);
    hg_status status = heads ? HG_OK : hg_fail_memory(err);
    *found = false;
    for (size_t k = 0; status == HG_OK && !*found && k < sizeof candidates; k++)
        status = heads_fit(s, t, candidates[k], heads, found, err);
    hg_free(heads);
    return status;
}

/* ------------------------------------------------------------------ rows */

/* What there is to know of a stretch beside its rows. */
typedef struct progress {
    size_t start; /* of its rows, where all stretches are as full as they can be */
    size_t blank; /* rows without a value since the last one that has any */
} progress;

typedef struct reader {
    hg_source *source;
    table_text text;
    hg_csv_stretch *stretches;
    progress *states;
    size_t stretch;
    hg_row_builder *parts, all;
    size_t count;
    hg_value *nothing; /* a row without a value */
} reader;

/* Tables end in rows with nothing in them; one with data below it is a row without coordinates. */
static hg_status add_blank(reader *r, size_t i, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t *blank = &r->states[i].blank; *blank && status == HG_OK; --*blank)
        status = hg_row_builder_add(&r->parts[i], NULL, r->nothing, err);
    return status;
}

static hg_status read_records(reader *r, size_t i, hg_csv_cursor *c, hg_value *values,
                              hg_error *err)
{
    size_t fields = r->source->fields;
    hg_status status = HG_OK;
    while (status == HG_OK && (status = hg_csv_next(c, values, fields, err)) == HG_OK && c->found) {
        if (!c->filled) {
            r->states[i].blank++;
            continue;
        }
        status = add_blank(r, i, err);
        if (status == HG_OK)
            status = hg_row_builder_add(&r->parts[i], NULL, values, err);
    }
    return status;
}

static hg_status read_stretch(void *context, size_t i, hg_error *err)
{
    reader *r = context;
    const hg_csv_stretch *s = &r->stretches[i];
    hg_csv_cursor c = {.p = s->start, .end = s->end, .delimiter = r->text.delimiter};
    hg_value *values = hg_calloc(r->source->fields, sizeof *values);
    hg_status status = values ? hg_check_cancel(r->source->control, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_row_builder_view(&r->parts[i], &r->all, r->states[i].start, s->rows, err);
    if (status == HG_OK)
        status = read_records(r, i, &c, values, err);
    hg_csv_cursor_dispose(&c);
    hg_free(values);
    return status;
}

/* Each stretch writes to its own rows of the columns, which are as long as they can get. */
static hg_status begin(reader *r, hg_error *err)
{
    const hg_source *s = r->source;
    size_t rows = 0, size = (size_t)(r->text.bytes + r->text.n - r->text.rows);
    int threads = s->control ? s->control->threads : 0;
    hg_status status =
        hg_csv_cut(r->text.rows, size, r->stretch, threads, &r->stretches, &r->count, err);
    if (status != HG_OK)
        return status;
    r->parts = hg_calloc(r->count, sizeof *r->parts);
    r->states = hg_calloc(r->count, sizeof *r->states);
    r->nothing = hg_calloc(s->fields, sizeof *r->nothing);
    if (!r->parts || !r->states || !r->nothing)
        return hg_fail_memory(err);
    for (size_t i = 0; i < r->count; i++) {
        r->states[i].start = rows;
        rows += r->stretches[i].rows;
    }
    return hg_row_builder_reserve(&r->all, rows, err);
}

/* Whether a stretch ended in blank rows that have data below them is known when all are read. */
static hg_status finish(reader *r, hg_error *err)
{
    hg_status status = HG_OK;
    bool below = false;
    for (size_t i = r->count; i-- > 0 && status == HG_OK;) {
        if (below)
            status = add_blank(r, i, err);
        below = below || r->parts[i].rows.n > 0;
    }
    return status;
}

static hg_status read_all(reader *r, hg_source_rows *rows, hg_error *err)
{
    const hg_source *s = r->source;
    hg_status status = hg_row_builder_init(&r->all, s, s->pool, err);
    if (status == HG_OK)
        status = begin(r, err);
    if (status == HG_OK)
        status = hg_parallel(r->count, s->control ? s->control->threads : 0, read_stretch, r, err);
    if (status == HG_OK)
        status = finish(r, err);
    if (status == HG_OK)
        status = hg_row_builder_join(&r->all, r->parts, r->count, err);
    for (size_t i = 0; r->parts && i < r->count; i++)
        hg_row_builder_dispose(&r->parts[i]);
    if (status == HG_OK)
        *rows = r->all.rows;
    else
        hg_row_builder_dispose(&r->all);
    hg_free(r->parts);
    hg_free(r->states);
    hg_free(r->nothing);
    hg_free(r->stretches);
    return status;
}

/* Opens the text; *done where it can be read here, and is then to be closed. */
static hg_status begin_text(const hg_source *s, table_text *t, bool *done, hg_error *err)
{
    *done = false;
    hg_status status = open_text(s, t, err);
    if (status != HG_OK)
        return status;
    if (hg_csv_lines_fit(t->bytes, t->n))
        status = find_delimiter(s, t, done, err);
    if (!*done)
        close_text(s, t);
    return status;
}

hg_status hg_source_read_csv(hg_source *s, size_t stretch, hg_source_rows *rows, bool *done,
                             hg_error *err)
{
    reader r = {.source = s, .stretch = stretch};
    hg_status status = begin_text(s, &r.text, done, err);
    if (status != HG_OK || !*done)
        return status;
    status = read_all(&r, rows, err);
    close_text(s, &r.text);
    return status;
}

/* ------------------------------------------------------------------ one after the other */

static hg_status pass_records(const hg_source *s, hg_csv_cursor *c, hg_value *values,
                              const hg_value *nothing, hg_row_sink sink, void *context,
                              hg_error *err)
{
    enum { CHECK_EVERY = 8192 };
    const hg_position none = {.state = HG_ROW_NO_GEOMETRY};
    hg_status status = HG_OK;
    size_t blank = 0, seen = 0;
    while (status == HG_OK && (status = hg_csv_next(c, values, s->fields, err)) == HG_OK &&
           c->found) {
        blank += !c->filled;
        for (; c->filled && blank && status == HG_OK; blank--)
            status = sink(context, NULL, nothing, err);
        if (c->filled && status == HG_OK)
            status = sink(context, s->from_columns ? NULL : &none, values, err);
        if (status == HG_OK && seen++ % CHECK_EVERY == 0)
            status = hg_check_cancel(s->control, err);
    }
    return status;
}

hg_status hg_source_each_record(hg_source *s, hg_row_sink sink, void *context, bool *done,
                                hg_error *err)
{
    table_text t = {0};
    hg_status status = begin_text(s, &t, done, err);
    if (status != HG_OK || !*done)
        return status;
    hg_csv_cursor c = {.p = t.rows, .end = t.bytes + t.n, .delimiter = t.delimiter};
    hg_value *values = hg_calloc(s->fields, sizeof *values);
    hg_value *nothing = hg_calloc(s->fields, sizeof *nothing);
    status = values && nothing ? pass_records(s, &c, values, nothing, sink, context, err)
                               : hg_fail_memory(err);
    hg_csv_cursor_dispose(&c);
    hg_free(values);
    hg_free(nothing);
    close_text(s, &t);
    return status;
}
