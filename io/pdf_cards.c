/* Key figures, cards and charts on paper. */
#include "io/pdf.h"

#include <math.h>

/* The size at which all figures fit into one line of their boxes. */
static double figure_size(hg_pdf *p, const hg_block *b, double width)
{
    const double most = 15, least = 9;
    hg_pdf_letters value = {.size = most, .bold = true};
    double size = most;
    for (size_t k = 0; k < b->n_pairs; k++)
        size = fmin(size, most * (width - 1) / fmax(hg_pdf_text_width(p, &value, b->pairs[k].value), 1));
    return fmax(size, least);
}

/* Rows as equal as can be: five figures stand three and two. */
void hg_pdf_figures(hg_pdf *p, const hg_block *b)
{
    enum { MOST_A_ROW = 4 };
    size_t rows = (b->n_pairs + MOST_A_ROW - 1) / MOST_A_ROW, a_row = rows ? (b->n_pairs + rows - 1) / rows : 1;
    const double gap = 8, height = 48, width = (p->column - (double)(a_row - 1) * gap) / (double)a_row;
    hg_pdf_letters value = {.bold = true, .color = HG_INK, .width = width - 14, .lines = 1};
    hg_pdf_letters label = {.size = 7.8, .color = HG_FAINT, .width = width - 14, .lines = 2};
    value.size = figure_size(p, b, width - 14);
    for (size_t i = 0; i < b->n_pairs; i += a_row) {
        hg_pdf_need(p, height + gap);
        for (size_t k = i; k < b->n_pairs && k < i + a_row; k++) {
            double x = HG_PDF_LEFT + (double)(k - i) * (width + gap);
            if (!p->measuring)
                hg_canvas_box(p->canvas, x, p->y, width, height, "#f5f7f9", NULL, 0);
            hg_pdf_text(p, x + 7, p->y + 5, &value, b->pairs[k].value);
            hg_pdf_text(p, x + 7, p->y + 26, &label, b->pairs[k].label);
        }
        p->y += height + gap;
    }
}

/* Sets a card at x, p->y; returns its height. Measured first, as its frame is drawn before its words. */
static double card(hg_pdf *p, double x, double width, const hg_card *c, bool draw)
{
    bool measuring = p->measuring;
    double pad = 8, y = p->y + pad, inner = width - 2 * pad, badge = c->badge ? 22 : 0;
    hg_pdf_letters title = {.size = 11, .bold = true, .color = HG_INK, .width = inner - badge, .lines = 2};
    hg_pdf_letters label = {.size = 8, .color = HG_FAINT, .width = inner * 0.34, .lines = 2};
    hg_pdf_letters value = {.size = 8.6, .color = HG_INK, .width = inner * 0.64, .lines = 3};
    hg_pdf_letters body = {.size = 8.6, .color = HG_INK, .width = inner, .lines = 10};
    p->measuring = measuring || !draw;
    if (c->badge && !p->measuring) {
        hg_pdf_letters number = {.size = 10, .bold = true, .color = HG_PAPER};
        hg_canvas_circle(p->canvas, x + pad + 8, y + 7.5, 9, "#b3261e", NULL, 0);
        hg_pdf_text(p, x + pad + 8 - hg_pdf_text_width(p, &number, c->badge) / 2, y + 0.8, &number, c->badge);
    }
    y += fmax(hg_pdf_text(p, x + pad + badge, y, &title, c->title), 16) + 4;
    for (size_t i = 0; i < c->n_pairs; i++) {
        double left = hg_pdf_text(p, x + pad, y, &label, c->pairs[i].label);
        y += fmax(left, hg_pdf_text(p, x + pad + inner * 0.36, y, &value, c->pairs[i].value)) + 1.5;
    }
    if (c->text)
        y += 3 + hg_pdf_text(p, x + pad, y + 3, &body, c->text);
    p->measuring = measuring;
    return y + pad - p->y;
}

/* A run of cards, two in a row, both as high as the higher. */
size_t hg_pdf_cards(hg_pdf *p, size_t from)
{
    const double gap = 10, width = (p->column - gap) / 2;
    size_t end = from;
    while (end < hg_document_count(p->doc) && hg_document_at(p->doc, end)->kind == HG_BLOCK_CARD)
        end++;
    for (size_t i = from; i < end; i += 2) {
        size_t n = end - i < 2 ? 1 : 2;
        double height = 0;
        for (size_t k = 0; k < n; k++)
            height = fmax(height, card(p, HG_PDF_LEFT, width, &hg_document_at(p->doc, i + k)->card, false));
        hg_pdf_need(p, height + gap);
        for (size_t k = 0; k < n && !p->measuring; k++) {
            double x = HG_PDF_LEFT + (double)k * (width + gap);
            hg_canvas_box(p->canvas, x, p->y, width, height, HG_PAPER, "#c9d1d9", 0.8);
            card(p, x, width, &hg_document_at(p->doc, i + k)->card, true);
        }
        p->y += height + gap;
    }
    return end;
}

/* ------------------------------------------------------------------ charts ----------------- */

static double chart_scale(const hg_pdf *p, const hg_chart *c)
{
    double most = p->bottom - HG_PDF_TOP - 40;
    return fmin(1, fmin(p->column / c->width, most / c->height));
}

double hg_pdf_chart_height(hg_pdf *p, const hg_chart *c)
{
    hg_pdf_letters caption = {.size = 9.6, .bold = true, .color = HG_INK, .width = p->column};
    return hg_pdf_text_height(p, &caption, c->title) + 3 + c->height * chart_scale(p, c);
}

void hg_pdf_chart(hg_pdf *p, const hg_chart *c)
{
    hg_pdf_letters caption = {.size = 9.6, .bold = true, .color = HG_INK, .width = p->column};
    double scale = chart_scale(p, c);
    hg_pdf_need(p, hg_pdf_chart_height(p, c));
    p->y += hg_pdf_text(p, HG_PDF_LEFT, p->y, &caption, c->title) + 3;
    if (!p->measuring) {
        cairo_save(p->canvas->cairo);
        cairo_translate(p->canvas->cairo, HG_PDF_LEFT, p->y);
        cairo_scale(p->canvas->cairo, scale, scale);
        c->draw(p->canvas, c->width, c->height, c->data);
        cairo_restore(p->canvas->cairo);
    }
    p->y += c->height * scale + 10;
}
