/*
 * A document on A4. It is set twice: the first time nothing is drawn, and the page of every heading is noted
 * for the table of contents.
 */
#include "io/pdf.h"
#include "base/memory.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ pages ------------------ */

static void draw_margins(hg_pdf *p)
{
    const hg_document_info *about = hg_document_about(p->doc);
    char number[64];
    hg_pdf_letters small = {.size = 7.4, .color = HG_FAINT, .width = HG_PDF_COLUMN * 0.6, .lines = 1};
    hg_pdf_text(p, HG_PDF_LEFT, 28, &small, about->title);
    double foot = HG_PDF_HEIGHT - 40;
    if (about->footer)
        hg_pdf_text(p, HG_PDF_LEFT, foot, &small, about->footer);
    small.anchor = HG_ANCHOR_RIGHT;
    small.width = HG_PDF_COLUMN * 0.35;
    double x = HG_PDF_LEFT + HG_PDF_COLUMN - small.width;
    if (about->mark)
        hg_pdf_text(p, x, 28, &small, about->mark);
    snprintf(number, sizeof number, p->zh ? "第 %d 页，共 %d 页" : "page %d of %d", p->page, p->pages);
    hg_pdf_text(p, x, foot, &small, number);
}

void hg_pdf_new_page(hg_pdf *p)
{
    if (p->page && !p->measuring)
        cairo_show_page(p->canvas->cairo);
    p->page++;
    p->y = HG_PDF_TOP;
    if (p->measuring)
        return;
    /* a new page keeps the layout of the text that runs over it */
    PangoLayout *kept = p->canvas->layout;
    p->canvas->layout = pango_cairo_create_layout(p->canvas->cairo);
    hg_canvas_settle_fonts(p->canvas);
    draw_margins(p);
    g_object_unref(p->canvas->layout);
    p->canvas->layout = kept;
}

void hg_pdf_need(hg_pdf *p, double height)
{
    if (p->y + height > HG_PDF_BOTTOM && p->y > HG_PDF_TOP)
        hg_pdf_new_page(p);
}

/* ------------------------------------------------------------------ words ------------------ */

static void bookmark(hg_pdf *p, int level, const char *text)
{
    char link[64];
    int parent = CAIRO_PDF_OUTLINE_ROOT;
    for (int l = level - 1; l > 0 && parent == CAIRO_PDF_OUTLINE_ROOT; l--)
        parent = p->outline[l] ? p->outline[l] : CAIRO_PDF_OUTLINE_ROOT;
    snprintf(link, sizeof link, "page=%d pos=[%.1f %.1f]", p->page, HG_PDF_LEFT, p->y);
    p->outline[level] = cairo_pdf_surface_add_outline(p->surface, parent, text, link, level == 1 ? CAIRO_PDF_OUTLINE_FLAG_OPEN : 0);
    for (int l = level + 1; l < 4; l++)
        p->outline[l] = 0;
}

static void heading(hg_pdf *p, size_t i, const hg_block *b)
{
    static const double sizes[] = {0, 15, 12, 10}, before[] = {0, 16, 11, 7}, room[] = {0, 130, 100, 80};
    int level = b->level < 1 ? 1 : b->level > 3 ? 3 : b->level;
    hg_pdf_letters how = {.size = sizes[level], .bold = true, .color = HG_INK, .width = HG_PDF_COLUMN};
    hg_pdf_need(p, room[level]);
    if (p->y > HG_PDF_TOP)
        p->y += before[level];
    if (p->measuring)
        p->heading_pages[i] = p->page;
    else
        bookmark(p, level, b->text);
    hg_pdf_flow(p, HG_PDF_LEFT, &how, b->text);
    if (level == 1 && !p->measuring)
        hg_canvas_line(p->canvas, HG_PDF_LEFT, p->y + 1.5, HG_PDF_LEFT + HG_PDF_COLUMN, p->y + 1.5, HG_GRID_LINE, 1);
    p->y += level == 1 ? 6 : 3;
}

static void paragraph(hg_pdf *p, const hg_block *b)
{
    static const double sizes[] = {[HG_BODY] = 9.4, [HG_LEAD] = 11, [HG_SMALL] = 7.8, [HG_WARNING] = 9.4};
    hg_pdf_letters how = {.size = sizes[b->paragraph], .color = b->paragraph == HG_SMALL ? HG_FAINT : HG_INK,
                          .width = HG_PDF_COLUMN};
    if (b->paragraph != HG_WARNING) {
        hg_pdf_flow(p, HG_PDF_LEFT, &how, b->text);
        p->y += 5;
        return;
    }
    how.width -= 20;
    double height = hg_pdf_text_height(p, &how, b->text);
    hg_pdf_need(p, fmin(height, 200) + 12);
    if (!p->measuring && p->y + height + 10 <= HG_PDF_BOTTOM) {
        hg_canvas_box(p->canvas, HG_PDF_LEFT, p->y, HG_PDF_COLUMN, height + 10, "#fff6e0", NULL, 0);
        hg_canvas_box(p->canvas, HG_PDF_LEFT, p->y, 3, height + 10, "#b26a00", NULL, 0);
    }
    p->y += 5;
    hg_pdf_flow(p, HG_PDF_LEFT + 12, &how, b->text);
    p->y += 11;
}

static void item(hg_pdf *p, const hg_block *b)
{
    hg_pdf_letters how = {.size = 9.4, .color = HG_INK, .width = HG_PDF_COLUMN - 14};
    hg_pdf_need(p, 14);
    if (!p->measuring)
        hg_canvas_circle(p->canvas, HG_PDF_LEFT + 5, p->y + 6.5, 1.6, HG_INK, NULL, 0);
    hg_pdf_flow(p, HG_PDF_LEFT + 14, &how, b->text);
    p->y += 3;
}

/* ------------------------------------------------------------------ figures, cards --------- */

static void figures(hg_pdf *p, const hg_block *b)
{
    enum { A_ROW = 4 };
    const double gap = 8, width = (HG_PDF_COLUMN - (A_ROW - 1) * gap) / A_ROW;
    hg_pdf_letters value = {.size = 15, .bold = true, .color = HG_INK, .width = width - 14, .lines = 1};
    hg_pdf_letters label = {.size = 7.8, .color = HG_FAINT, .width = width - 14, .lines = 2};
    for (size_t i = 0; i < b->n_pairs; i += A_ROW) {
        double height = 48;
        hg_pdf_need(p, height + gap);
        for (size_t k = i; k < b->n_pairs && k < i + A_ROW; k++) {
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
static size_t cards(hg_pdf *p, size_t from)
{
    const double gap = 10, width = (HG_PDF_COLUMN - gap) / 2;
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

static void chart(hg_pdf *p, const hg_chart *c)
{
    hg_pdf_letters caption = {.size = 9.6, .bold = true, .color = HG_INK, .width = HG_PDF_COLUMN};
    double most = HG_PDF_BOTTOM - HG_PDF_TOP - 40;
    double scale = fmin(1, fmin(HG_PDF_COLUMN / c->width, most / c->height));
    hg_pdf_need(p, c->height * scale + 24);
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

/* ------------------------------------------------------------------ contents --------------- */

static void contents_line(hg_pdf *p, size_t i, const hg_block *b)
{
    double indent = b->level == 1 ? 0 : 14, x = HG_PDF_LEFT + indent;
    char number[16], link[96];
    hg_pdf_letters how = {.size = 9.4, .bold = b->level == 1, .color = HG_INK, .width = HG_PDF_COLUMN - indent - 40,
                          .lines = 1};
    hg_pdf_letters right = {.size = 9.4, .color = HG_INK, .width = 30, .anchor = HG_ANCHOR_RIGHT};
    hg_pdf_need(p, 15);
    snprintf(number, sizeof number, "%d", p->heading_pages[i]);
    snprintf(link, sizeof link, "page=%d", p->heading_pages[i]);
    if (!p->measuring)
        cairo_tag_begin(p->canvas->cairo, CAIRO_TAG_LINK, link);
    hg_pdf_text(p, x, p->y, &how, b->text);
    hg_pdf_text(p, HG_PDF_LEFT + HG_PDF_COLUMN - 30, p->y, &right, number);
    if (!p->measuring)
        cairo_tag_end(p->canvas->cairo, CAIRO_TAG_LINK);
    p->y += 15;
}

/* On a page of its own after the first part, which is for two minutes. */
static void contents(hg_pdf *p)
{
    hg_pdf_letters how = {.size = 15, .bold = true, .color = HG_INK, .width = HG_PDF_COLUMN};
    hg_pdf_new_page(p);
    p->y += hg_pdf_text(p, HG_PDF_LEFT, p->y, &how, p->zh ? "目录" : "Contents") + 8;
    for (size_t i = 0; i < hg_document_count(p->doc); i++) {
        const hg_block *b = hg_document_at(p->doc, i);
        if (b->kind == HG_BLOCK_HEADING && b->level <= 2)
            contents_line(p, i, b);
    }
    hg_pdf_new_page(p);
}

static void title(hg_pdf *p)
{
    const hg_document_info *about = hg_document_about(p->doc);
    hg_pdf_letters how = {.size = 21, .bold = true, .color = HG_INK, .width = HG_PDF_COLUMN};
    hg_pdf_letters below = {.size = 11, .color = HG_FAINT, .width = HG_PDF_COLUMN};
    hg_pdf_new_page(p);
    hg_pdf_flow(p, HG_PDF_LEFT, &how, about->title);
    if (about->subtitle)
        hg_pdf_flow(p, HG_PDF_LEFT, &below, about->subtitle);
    p->y += 6;
}

static size_t set_block(hg_pdf *p, size_t i)
{
    const hg_block *b = hg_document_at(p->doc, i);
    switch (b->kind) {
    case HG_BLOCK_HEADING:
        heading(p, i, b);
        break;
    case HG_BLOCK_TEXT:
        paragraph(p, b);
        break;
    case HG_BLOCK_ITEM:
        item(p, b);
        break;
    case HG_BLOCK_PAGE:
        if (p->y > HG_PDF_TOP)
            hg_pdf_new_page(p);
        break;
    case HG_BLOCK_FIGURES:
        figures(p, b);
        break;
    case HG_BLOCK_CARD:
        return cards(p, i);
    case HG_BLOCK_TABLE:
        hg_pdf_table(p, &b->table);
        break;
    case HG_BLOCK_CHART:
        chart(p, &b->chart);
        break;
    case HG_BLOCK_MAP:
        hg_pdf_map(p, &b->map);
        break;
    }
    return i + 1;
}

static void set_document(hg_pdf *p)
{
    int parts = 0;
    p->page = 0;
    memset(p->outline, 0, sizeof p->outline);
    title(p);
    for (size_t i = 0; i < hg_document_count(p->doc) && !p->failed;) {
        const hg_block *b = hg_document_at(p->doc, i);
        parts += b->kind == HG_BLOCK_HEADING && b->level == 1;
        if (b->kind == HG_BLOCK_HEADING && b->level == 1 && parts == 2)
            contents(p);
        i = set_block(p, i);
    }
}

/* ------------------------------------------------------------------ the file --------------- */

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned length)
{
    return fwrite(data, 1, length, closure) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* No clock: the same document gives the same bytes. */
static void describe(hg_pdf *p)
{
    const hg_document_info *about = hg_document_about(p->doc);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_TITLE, about->title);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATOR, about->generator);
    cairo_pdf_surface_set_metadata(p->surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
}

static hg_status open_canvas(hg_pdf *p, FILE *file, hg_error *err)
{
    p->surface = cairo_pdf_surface_create_for_stream(write_bytes, file, HG_PDF_WIDTH, HG_PDF_HEIGHT);
    cairo_t *cairo = cairo_create(p->surface);
    hg_status status = hg_canvas_on(cairo, &p->canvas, err);
    cairo_destroy(cairo);
    return status;
}

static hg_status set_twice(hg_pdf *p, FILE *file, hg_error *err)
{
    p->heading_pages = hg_calloc(hg_document_count(p->doc), sizeof *p->heading_pages);
    hg_status status = p->heading_pages ? open_canvas(p, file, err) : hg_fail_memory(err);
    if (status != HG_OK)
        return status;
    describe(p);
    p->measuring = true;
    set_document(p);
    p->pages = p->page;
    p->measuring = false;
    set_document(p);
    hg_canvas_free(p->canvas);
    cairo_surface_finish(p->surface);
    cairo_status_t drawn = cairo_surface_status(p->surface);
    if (p->failed || drawn == CAIRO_STATUS_NO_MEMORY)
        return hg_fail_memory(err);
    return drawn == CAIRO_STATUS_SUCCESS ? HG_OK : hg_fail(err, HG_EIO, "%s", cairo_status_to_string(drawn));
}

hg_status hg_document_write_pdf(const hg_document *doc, const char *path, hg_error *err)
{
    hg_pdf p = {.doc = doc, .zh = strcmp(hg_document_about(doc)->lang, "zh") == 0};
    hg_error inner = {HG_OK, ""};
    FILE *file = fopen(path, "wb");
    if (!file)
        return hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
    hg_status status = set_twice(&p, file, &inner);
    if (p.surface)
        cairo_surface_destroy(p.surface);
    hg_free(p.heading_pages);
    bool closed = fclose(file) == 0;
    if (status == HG_ENOMEM)
        return hg_fail_memory(err);
    return status == HG_OK && closed ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, inner.message);
}
