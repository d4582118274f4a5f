/* A table on paper: columns as wide as their text where that fits, rows whole, heads on every page. */
#include "io/pdf.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CELL_LINES = 8 };

static const double pad_x = 3, pad_y = 2.2, band_width = 4;

typedef struct setting {
    hg_pdf *p;
    const hg_document_table *t;
    size_t rows;    /* that are shown */
    double size;    /* of the letters */
    bool wide;      /* it needs a page on its side */
    double *widths; /* of the columns, padding included; NULL = not yet settled */
} setting;

static size_t row_shown(const setting *s, size_t i)
{
    bool last_is_total = s->t->total_row && s->rows < s->t->table->rows && i + 1 == s->rows;
    return last_is_total ? s->t->table->rows - 1 : i;
}

static double band_of(const setting *s, size_t k)
{
    return s->t->columns[k].band ? band_width : 0;
}

/* What a column needs beside its text. */
static double around(const setting *s, size_t k)
{
    return 2 * pad_x + band_of(s, k) + 0.5;
}

static hg_pdf_letters letters(const setting *s, size_t k, bool bold)
{
    bool number = hg_document_is_number(s->t->table, &s->t->columns[k]);
    return (hg_pdf_letters){.size = s->size,
                            .bold = bold,
                            .color = HG_INK,
                            .width = s->widths ? s->widths[k] - 2 * pad_x - band_of(s, k) : 0,
                            .lines = CELL_LINES,
                            .anchor = number ? HG_ANCHOR_RIGHT : HG_ANCHOR_LEFT};
}

/* Width of the longest piece that does not wrap: a word, or a Chinese letter. */
static double longest_piece(const setting *s, const hg_pdf_letters *how, const char *text)
{
    enum { MOST = 60 };
    char piece[MOST + 4];
    double most = 0;
    size_t n = 0;
    for (const char *at = text; *at; at++) {
        bool wide = (unsigned char)*at >= 0xe3; /* from U+3000 on */
        if (n < MOST)
            piece[n++] = *at;
        if (wide)
            for (; (at[1] & 0xc0) == 0x80; at++)
                if (n < MOST)
                    piece[n++] = at[1];
        if (!wide && !strchr(" -/", *at) && at[1] && (unsigned char)at[1] < 0xe3)
            continue;
        piece[n] = '\0';
        most = fmax(most, hg_pdf_text_width(s->p, how, piece));
        n = 0;
    }
    return most;
}

/* What a text needs at least: its longest piece, and a few letters in a line in any case. */
static double least_width(const setting *s, const hg_pdf_letters *how, const char *text, double width, double letters)
{
    return fmin(width, fmax(fmin(longest_piece(s, how, text), 11 * s->size), letters * s->size));
}

/* What the texts of a column would like to have, and what they need at least; numbers and dates do not wrap. */
static void measure(const setting *s, size_t k, double *like, double *least)
{
    enum { LOOKED_AT = 400, LONG_TEXT = 200 };
    const double most = 30 * s->size;
    const char *head = hg_document_head(s->t->table, &s->t->columns[k]);
    hg_pdf_letters how = letters(s, k, true);
    char buf[64];
    bool day = s->t->columns[k].format == HG_CELL_DAY || s->t->columns[k].format == HG_CELL_MOMENT;
    bool wraps = how.anchor == HG_ANCHOR_LEFT && !day;
    *like = hg_pdf_text_width(s->p, &how, head);
    *least = least_width(s, &how, head, *like, 3.2);
    size_t n = s->rows < LOOKED_AT ? s->rows : LOOKED_AT;
    for (size_t i = 0; i < n; i++) {
        const char *text = hg_document_cell(s->p->doc, s->t->table, &s->t->columns[k], row_shown(s, i), buf);
        how.bold = hg_document_is_total(s->t, row_shown(s, i));
        double width = strlen(text) < LONG_TEXT ? hg_pdf_text_width(s->p, &how, text) : most;
        *like = fmax(*like, width);
        *least = fmax(*least, wraps && width > *least ? least_width(s, &how, text, width, 6) : width);
    }
    *least = fmin(*least, most);
    *like = fmax(fmin(*like, most), *least);
}

/* Widths in letters of `size` on a column so wide: columns take what they like where that fits, else what is beyond
   the least shrinks alike. True = it fits. */
static bool settle_widths(setting *s, const double *like, const double *least, double size, double column)
{
    double likes = 0, leasts = 0, scale = size / s->size;
    for (size_t k = 0; k < s->t->n_columns; k++) {
        likes += scale * like[k] + around(s, k);
        leasts += scale * least[k] + around(s, k);
    }
    double part = likes <= column ? 1 : leasts < likes ? fmax(0, (column - leasts) / (likes - leasts)) : 0;
    double squeeze = leasts > column ? column / leasts : 1;
    for (size_t k = 0; k < s->t->n_columns; k++)
        s->widths[k] = (scale * (least[k] + part * (like[k] - least[k])) + around(s, k)) * squeeze;
    return leasts <= column;
}

/* Smaller letters, then a page on its side, then smaller ones again. */
static void settle_size(setting *s, const double *like, const double *least)
{
    static const double standing[] = {8.6, 7.8, 7}, lying[] = {8.6, 7.8, 7, 6.3, 5.6, 5};
    double size = standing[0];
    bool fits = false;
    for (size_t k = 0; !fits && k < sizeof standing / sizeof *standing; k++)
        fits = settle_widths(s, like, least, size = standing[k], HG_PDF_SHORT - 2 * HG_PDF_LEFT);
    s->wide = !fits;
    for (size_t k = 0; !fits && k < sizeof lying / sizeof *lying; k++)
        fits = settle_widths(s, like, least, size = lying[k], HG_PDF_LONG - 2 * HG_PDF_LEFT);
    s->size = size;
}

/* Texts are measured once: their widths are in proportion to the size of the letters. */
static void settle(setting *s)
{
    size_t n = s->t->n_columns ? s->t->n_columns : 1;
    double *like = hg_malloc(n, sizeof *like), *least = hg_malloc(n, sizeof *least);
    double *widths = hg_malloc(n, sizeof *widths);
    s->p->failed |= !like || !least || !widths;
    if (!s->p->failed) {
        s->size = 10;
        for (size_t k = 0; k < s->t->n_columns; k++)
            measure(s, k, &like[k], &least[k]);
        s->widths = widths;
        settle_size(s, like, least);
        widths = NULL;
    }
    hg_free(like);
    hg_free(least);
    hg_free(widths);
}

static setting make_setting(hg_pdf *p, const hg_document_table *t)
{
    setting s = {.p = p, .t = t, .rows = t->table->rows};
    if (t->first_rows && t->first_rows < s.rows)
        s.rows = t->first_rows + t->total_row;
    s.rows = s.rows < t->table->rows ? s.rows : t->table->rows;
    return s;
}

bool hg_pdf_table_is_wide(hg_pdf *p, const hg_document_table *t)
{
    setting s = make_setting(p, t);
    if (t->table->rows)
        settle(&s);
    hg_free(s.widths);
    return s.wide;
}

static double row_height(const setting *s, size_t row)
{
    double height = 0;
    char buf[64];
    for (size_t k = 0; k < s->t->n_columns; k++) {
        hg_pdf_letters how = letters(s, k, hg_document_is_total(s->t, row));
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
        height = fmax(height, hg_pdf_text_height(s->p, &how, hg_document_head(s->t->table, &s->t->columns[k])));
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
        hg_pdf_text(p, x + pad_x, p->y + pad_y, &how, hg_document_head(s->t->table, &s->t->columns[k]));
        x += s->widths[k];
    }
    p->y += height;
    if (!p->measuring)
        hg_canvas_line(p->canvas, HG_PDF_LEFT, p->y, x, p->y, HG_FAINT, 0.6);
}

static void draw_row(const setting *s, size_t row, double height)
{
    hg_pdf *p = s->p;
    double x = HG_PDF_LEFT;
    char buf[64];
    for (size_t k = 0; k < s->t->n_columns; k++) {
        const char *band = hg_document_band(s->t->table, &s->t->columns[k], row);
        hg_pdf_letters how = letters(s, k, hg_document_is_total(s->t, row));
        if (band && !p->measuring)
            hg_canvas_box(p->canvas, x, p->y + 1, 3, height - 2, band, NULL, 0);
        hg_pdf_text(p, x + pad_x + band_of(s, k), p->y + pad_y, &how,
                    hg_document_cell(p->doc, s->t->table, &s->t->columns[k], row, buf));
        x += s->widths[k];
    }
    p->y += height;
    if (!p->measuring)
        hg_canvas_line(p->canvas, HG_PDF_LEFT, p->y, x, p->y, HG_GRID_LINE, 0.4);
}

static const char *more_rows(const setting *s, char buf[128])
{
    size_t more = s->t->table->rows - s->rows;
    snprintf(buf, 128, s->p->zh ? "另有 %zu 行，见表格文件。" : "%zu more rows: see the table files.", more);
    return more ? buf : NULL;
}

static hg_pdf_letters small_letters(const setting *s)
{
    return (hg_pdf_letters){.size = 7.6, .color = HG_FAINT, .width = s->p->column};
}

/* Of what stands below the rows; a long note may run over the page. */
static double below_height(const setting *s)
{
    char buf[128];
    hg_pdf_letters small = small_letters(s);
    const char *more = more_rows(s, buf);
    double height = 3 + (more ? hg_pdf_text_height(s->p, &small, more) : 0);
    return height + (s->t->note ? fmin(hg_pdf_text_height(s->p, &small, s->t->note), 60) : 0);
}

static void draw_below(const setting *s)
{
    char buf[128];
    hg_pdf_letters small = small_letters(s);
    const char *more = more_rows(s, buf);
    s->p->y += 3;
    if (more)
        hg_pdf_flow(s->p, HG_PDF_LEFT, &small, more);
    if (s->t->note)
        hg_pdf_flow(s->p, HG_PDF_LEFT, &small, s->t->note);
    s->p->y += 9;
}

/* The last two rows stay together, and with what is below them. */
static double height_kept(const setting *s, size_t i)
{
    double height = row_height(s, row_shown(s, i));
    if (i + 2 == s->rows)
        height += row_height(s, row_shown(s, i + 1));
    return height + (i + 2 >= s->rows ? below_height(s) : 0);
}

static void draw_rows(const setting *s)
{
    for (size_t i = 0; i < s->rows; i++) {
        if (i && s->p->y + height_kept(s, i) > s->p->bottom) {
            hg_pdf_new_page(s->p);
            draw_head(s);
        }
        draw_row(s, row_shown(s, i), row_height(s, row_shown(s, i)));
    }
}

/* Caption, head and three rows, which stay together. */
static double opening_height(const setting *s, const hg_pdf_letters *caption)
{
    double height = hg_pdf_text_height(s->p, caption, s->t->caption) + 3 + head_height(s);
    size_t n = s->rows < 3 ? s->rows : 3;
    for (size_t i = 0; i < n; i++)
        height += row_height(s, row_shown(s, i));
    return height + (n == s->rows ? below_height(s) : 0);
}

static void set_empty(hg_pdf *p)
{
    hg_pdf_letters none = {.size = 8.6, .color = HG_FAINT, .width = p->column};
    hg_pdf_flow(p, HG_PDF_LEFT, &none, p->zh ? "无" : "none");
    p->y += 9;
}

void hg_pdf_table(hg_pdf *p, const hg_document_table *t)
{
    setting s = make_setting(p, t);
    hg_pdf_letters caption = {.size = 9.6, .bold = true, .color = HG_INK, .width = p->column};
    if (t->table->rows)
        settle(&s);
    if (p->failed) {
        hg_free(s.widths);
        return;
    }
    hg_pdf_need(p, t->table->rows ? opening_height(&s, &caption) : 40);
    hg_pdf_flow(p, HG_PDF_LEFT, &caption, t->caption);
    p->y += 3;
    if (t->table->rows) {
        draw_head(&s);
        draw_rows(&s);
        draw_below(&s);
    } else {
        set_empty(p);
    }
    hg_free(s.widths);
}
