/* A table on paper: columns as wide as their text where that fits, rows whole, heads on every page. */
#include "io/pdf.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_LINES = 8 };

static const double pad_x = 3, pad_y = 2.2, sizes[] = {8.6, 7.8, 7, 6.3};

typedef struct setting {
    hg_pdf *p;
    const hg_document_table *t;
    size_t rows;    /* that are shown */
    double size;    /* of the letters */
    double *widths; /* of the columns, padding included */
} setting;

static const char *head_of(const hg_document_table *t, size_t k)
{
    const hg_column *c = hg_table_column(t->table, t->columns[k].column);
    if (t->columns[k].head)
        return t->columns[k].head;
    return c && c->title ? c->title : t->columns[k].column;
}

static bool is_number(const hg_document_table *t, size_t k)
{
    const hg_column *c = hg_table_column(t->table, t->columns[k].column);
    return c && (c->type == HG_DOUBLE || c->type == HG_INT64);
}

static size_t row_shown(const setting *s, size_t i)
{
    bool last_is_total = s->t->total_row && s->rows < s->t->table->rows && i + 1 == s->rows;
    return last_is_total ? s->t->table->rows - 1 : i;
}

static hg_pdf_letters letters(const setting *s, size_t k, bool bold)
{
    return (hg_pdf_letters){.size = s->size,
                            .bold = bold,
                            .color = HG_INK,
                            .width = s->widths ? s->widths[k] - 2 * pad_x : 0,
                            .lines = CELL_LINES,
                            .anchor = is_number(s->t, k) ? HG_ANCHOR_RIGHT : HG_ANCHOR_LEFT};
}

static bool is_total(const setting *s, size_t row)
{
    return s->t->total_row && row + 1 == s->t->table->rows;
}

/* Width of the longest word of a head: it may wrap between words, but not inside one. */
static double longest_word(const setting *s, const hg_pdf_letters *how, const char *text)
{
    char word[128];
    double most = 0;
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, " -/");
        snprintf(word, sizeof word, "%.*s", (int)(n < 120 ? n + (at[n] != '\0') : 120), at);
        most = fmax(most, hg_pdf_text_width(s->p, how, word));
        at += n + (at[n] != '\0');
    }
    return most;
}

/* What a column would like to have, and what it needs at least. */
static void measure(const setting *s, size_t k, double *like, double *least)
{
    enum { LOOKED_AT = 400 };
    hg_pdf_letters how = letters(s, k, true);
    char buf[64];
    bool wraps = !is_number(s->t, k);
    *like = hg_pdf_text_width(s->p, &how, head_of(s->t, k));
    *least = fmin(longest_word(s, &how, head_of(s->t, k)), 70);
    size_t n = s->rows < LOOKED_AT ? s->rows : LOOKED_AT;
    for (size_t i = 0; i < n; i++) {
        const char *text = hg_document_cell(s->p->doc, s->t->table, &s->t->columns[k], row_shown(s, i), buf);
        how.bold = is_total(s, row_shown(s, i));
        double width = strlen(text) < 200 ? hg_pdf_text_width(s->p, &how, text) : 300;
        *like = fmax(*like, width);
        *least = fmax(*least, wraps ? fmin(width, 42) : width);
    }
    if (!wraps) /* a head wraps; its column need not be as wide as all of it */
        *like = fmax(*least, fmin(*like, 64));
    *like = fmin(*like, 260) + 2 * pad_x + 0.5;
    *least += 2 * pad_x + 0.5;
}

/* Columns that fit take what they like; else what is beyond the least shrinks alike. True = it fits. */
static bool settle_widths(setting *s)
{
    size_t n = s->t->n_columns;
    double likes = 0, leasts = 0;
    double *like = hg_malloc(n, sizeof *like), *least = hg_malloc(n, sizeof *least);
    double *widths = hg_malloc(n, sizeof *widths);
    s->p->failed |= !like || !least || !widths;
    for (size_t k = 0; !s->p->failed && k < n; k++) {
        measure(s, k, &like[k], &least[k]);
        like[k] = fmax(like[k], least[k]);
        likes += like[k];
        leasts += least[k];
    }
    double part = likes <= HG_PDF_COLUMN ? 1 : leasts < likes ? (HG_PDF_COLUMN - leasts) / (likes - leasts) : 0;
    part = part < 0 ? 0 : part;
    double squeeze = leasts > HG_PDF_COLUMN ? HG_PDF_COLUMN / leasts : 1;
    for (size_t k = 0; !s->p->failed && k < n; k++)
        widths[k] = (least[k] + part * (like[k] - least[k])) * squeeze;
    hg_free(like);
    hg_free(least);
    s->widths = widths;
    return s->p->failed || leasts <= HG_PDF_COLUMN;
}

static double row_height(const setting *s, size_t row)
{
    double height = 0;
    char buf[64];
    for (size_t k = 0; k < s->t->n_columns; k++) {
        hg_pdf_letters how = letters(s, k, is_total(s, row));
        height = fmax(height, hg_pdf_text_height(
                                  s->p, &how, hg_document_cell(s->p->doc, s->t->table, &s->t->columns[k], row, buf)));
    }
    return height + 2 * pad_y;
}

static double head_height(const setting *s)
{
    double height = 0;
    for (size_t k = 0; k < s->t->n_columns; k++) {
        hg_pdf_letters how = letters(s, k, true);
        height = fmax(height, hg_pdf_text_height(s->p, &how, head_of(s->t, k)));
    }
    return height + 2 * pad_y;
}

static double table_width(const setting *s)
{
    double width = 0;
    for (size_t k = 0; k < s->t->n_columns; k++)
        width += s->widths[k];
    return width;
}

static void draw_head(const setting *s)
{
    hg_pdf *p = s->p;
    double height = head_height(s), x = HG_PDF_LEFT;
    if (!p->measuring)
        hg_canvas_box(p->canvas, x, p->y, table_width(s), height, "#eef1f4", NULL, 0);
    for (size_t k = 0; k < s->t->n_columns; k++) {
        hg_pdf_letters how = letters(s, k, true);
        hg_pdf_text(p, x + pad_x, p->y + pad_y, &how, head_of(s->t, k));
        x += s->widths[k];
    }
    p->y += height;
    if (!p->measuring)
        hg_canvas_line(p->canvas, HG_PDF_LEFT, p->y, x, p->y, HG_FAINT, 0.6);
}

/* The colour of a cell, where the table has one for it. */
static const char *band_of(const setting *s, size_t k, size_t row)
{
    const char *name = s->t->columns[k].band;
    const hg_column *c = name ? hg_table_column(s->t->table, name) : NULL;
    const char *colour = c && c->type == HG_TEXT ? hg_pool_text(s->t->table->pool, c->text[row]) : NULL;
    return colour && colour[0] == '#' && strlen(colour) == 7 ? colour : NULL;
}

static void draw_row(const setting *s, size_t row, double height)
{
    hg_pdf *p = s->p;
    double x = HG_PDF_LEFT;
    char buf[64];
    for (size_t k = 0; k < s->t->n_columns; k++) {
        const char *band = band_of(s, k, row);
        hg_pdf_letters how = letters(s, k, is_total(s, row));
        if (band && !p->measuring)
            hg_canvas_box(p->canvas, x, p->y + 1, 3, height - 2, band, NULL, 0);
        hg_pdf_text(p, x + pad_x + (band ? 3 : 0), p->y + pad_y, &how,
                    hg_document_cell(p->doc, s->t->table, &s->t->columns[k], row, buf));
        x += s->widths[k];
    }
    p->y += height;
    if (!p->measuring)
        hg_canvas_line(p->canvas, HG_PDF_LEFT, p->y, x, p->y, HG_GRID_LINE, 0.4);
}

static void draw_rows(const setting *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        size_t row = row_shown(s, i);
        double height = row_height(s, row);
        if (s->p->y + height > HG_PDF_BOTTOM) {
            hg_pdf_new_page(s->p);
            draw_head(s);
        }
        draw_row(s, row, height);
    }
}

static void draw_below(const setting *s)
{
    hg_pdf *p = s->p;
    size_t more = s->t->table->rows - s->rows;
    char line[128];
    hg_pdf_letters small = {.size = 7.6, .color = HG_FAINT, .width = HG_PDF_COLUMN};
    p->y += 3;
    if (more) {
        snprintf(line, sizeof line, p->zh ? "另有 %zu 行，见表格文件。" : "%zu more rows: see the table files.", more);
        hg_pdf_flow(p, HG_PDF_LEFT, &small, line);
    }
    if (s->t->note)
        hg_pdf_flow(p, HG_PDF_LEFT, &small, s->t->note);
    p->y += 9;
}

void hg_pdf_table(hg_pdf *p, const hg_document_table *t)
{
    setting s = {.p = p, .t = t, .rows = t->table->rows};
    hg_pdf_letters caption = {.size = 9.6, .bold = true, .color = HG_INK, .width = HG_PDF_COLUMN};
    if (t->first_rows && t->first_rows < s.rows)
        s.rows = t->first_rows + t->total_row;
    s.rows = s.rows < t->table->rows ? s.rows : t->table->rows;
    hg_pdf_need(p, 70);
    hg_pdf_flow(p, HG_PDF_LEFT, &caption, t->caption);
    p->y += 3;
    if (!t->table->rows) {
        hg_pdf_letters none = {.size = 8.6, .color = HG_FAINT, .width = HG_PDF_COLUMN};
        hg_pdf_flow(p, HG_PDF_LEFT, &none, p->zh ? "无" : "none");
        p->y += 9;
        return;
    }
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        hg_free(s.widths);
        s.widths = NULL;
        s.size = sizes[k];
        if (settle_widths(&s))
            break;
    }
    if (!p->failed) {
        hg_pdf_need(p, head_height(&s) + row_height(&s, row_shown(&s, 0)));
        draw_head(&s);
        draw_rows(&s);
        draw_below(&s);
    }
    hg_free(s.widths);
}
