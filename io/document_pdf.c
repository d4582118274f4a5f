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
    hg_pdf_letters small = {.size = 7.4, .color = HG_FAINT, .width = p->column * 0.6, .lines = 1};
    hg_pdf_text(p, HG_PDF_LEFT, 28, &small, about->title);
    double foot = p->bottom + HG_PDF_FOOT - 40;
    if (about->footer)
        hg_pdf_text(p, HG_PDF_LEFT, foot, &small, about->footer);
    small.anchor = HG_ANCHOR_RIGHT;
    small.width = p->column * 0.35;
    double x = HG_PDF_LEFT + p->column - small.width;
    if (about->mark)
        hg_pdf_text(p, x, 28, &small, about->mark);
    snprintf(number, sizeof number, p->zh ? "第 %d 页，共 %d 页" : "page %d of %d", p->page, p->pages);
    hg_pdf_text(p, x, foot, &small, number);
}

/* The margins come last, when it is settled how the page lies; a text that runs over it keeps its layout. */
static void finish_page(hg_pdf *p)
{
    if (!p->page || p->measuring)
        return;
    PangoLayout *kept = p->canvas->layout;
    p->canvas->layout = pango_layout_new(pango_layout_get_context(kept));
    draw_margins(p);
    g_object_unref(p->canvas->layout);
    p->canvas->layout = kept;
    cairo_show_page(p->canvas->cairo);
}

/* Only before anything is drawn on the page. */
static void lay_page(hg_pdf *p, bool landscape)
{
    double width = landscape ? HG_PDF_LONG : HG_PDF_SHORT, height = landscape ? HG_PDF_SHORT : HG_PDF_LONG;
    p->landscape = landscape;
    p->column = width - 2 * HG_PDF_LEFT;
    p->bottom = height - HG_PDF_FOOT;
    if (!p->measuring)
        cairo_pdf_surface_set_size(p->surface, width, height);
}

void hg_pdf_new_page(hg_pdf *p)
{
    finish_page(p);
    p->page++;
    p->y = HG_PDF_TOP;
    lay_page(p, p->landscape);
}

void hg_pdf_turn(hg_pdf *p, bool landscape)
{
    if (landscape == p->landscape)
        return;
    if (p->y > HG_PDF_TOP)
        hg_pdf_new_page(p);
    lay_page(p, landscape);
}

void hg_pdf_need(hg_pdf *p, double height)
{
    if (p->y + height > p->bottom && p->y > HG_PDF_TOP)
        hg_pdf_new_page(p);
}

/* ------------------------------------------------------------------ words ------------------ */

/* The half map that stands beside the one at i; NULL = none. */
static const hg_map *half_beside(hg_pdf *p, size_t i)
{
    const hg_block *b = hg_document_at(p->doc, i), *next = hg_document_at(p->doc, i + 1);
    bool both = b->map.half && next && next->kind == HG_BLOCK_MAP && next->map.half;
    return both ? &next->map : NULL;
}

static void bookmark(hg_pdf *p, int level, const char *text)
{
    char link[64];
    int parent = CAIRO_PDF_OUTLINE_ROOT;
    for (int l = level - 1; l > 0 && parent == CAIRO_PDF_OUTLINE_ROOT; l--)
        parent = p->outline[l] ? p->outline[l] : CAIRO_PDF_OUTLINE_ROOT;
    snprintf(link, sizeof link, "page=%d pos=[%.1f %.1f]", p->page, HG_PDF_LEFT, p->y);
    p->outline[level] = cairo_pdf_surface_add_outline(p->surface, parent, text, link,
                                                      level == 1 ? CAIRO_PDF_OUTLINE_FLAG_OPEN : 0);
    for (int l = level + 1; l < 4; l++)
        p->outline[l] = 0;
}

/* What the first part of a block takes, which a heading must not stand without. */
static double opening(hg_pdf *p, size_t i)
{
    const hg_block *b = hg_document_at(p->doc, i);
    if (!b || b->kind == HG_BLOCK_PAGE)
        return 0;
    if (b->kind == HG_BLOCK_HEADING)
        return 34 + opening(p, i + 1);
    if (b->kind == HG_BLOCK_MAP)
        return hg_pdf_map_height(p, &b->map, half_beside(p, i));
    if (b->kind == HG_BLOCK_CHART)
        return hg_pdf_chart_height(p, &b->chart);
    return b->kind == HG_BLOCK_TABLE || b->kind == HG_BLOCK_CARD ? 120 : 60;
}

static void heading(hg_pdf *p, size_t i, const hg_block *b)
{
    static const double sizes[] = {0, 15, 12, 10}, before[] = {0, 16, 11, 7};
    int level = b->level < 1 ? 1 : b->level > 3 ? 3 : b->level;
    double least = level == 1 ? 0.4 * (p->bottom - HG_PDF_TOP) : 0; /* a chapter does not begin low on a page */
    hg_pdf_letters how = {.size = sizes[level], .bold = true, .color = HG_INK, .width = p->column};
    hg_pdf_need(p, fmax(least, before[level] + opening(p, i)));
    if (p->y > HG_PDF_TOP)
        p->y += before[level];
    if (p->measuring)
        p->heading_pages[i] = p->page;
    else
        bookmark(p, level, b->text);
    hg_pdf_flow(p, HG_PDF_LEFT, &how, b->text);
    if (level == 1 && !p->measuring)
        hg_canvas_line(p->canvas, HG_PDF_LEFT, p->y + 1.5, HG_PDF_LEFT + p->column, p->y + 1.5, HG_GRID_LINE, 1);
    p->y += level == 1 ? 6 : 3;
}

static void paragraph(hg_pdf *p, const hg_block *b)
{
    static const double sizes[] = {[HG_BODY] = 9.4, [HG_LEAD] = 11, [HG_SMALL] = 7.8, [HG_WARNING] = 9.4};
    hg_pdf_letters how = {.size = sizes[b->paragraph], .color = b->paragraph == HG_SMALL ? HG_FAINT : HG_INK,
                          .width = p->column};
    if (b->paragraph != HG_WARNING) {
        hg_pdf_flow(p, HG_PDF_LEFT, &how, b->text);
        p->y += 5;
        return;
    }
    how.width -= 20;
    double height = hg_pdf_text_height(p, &how, b->text);
    hg_pdf_need(p, fmin(height, 200) + 12);
    if (!p->measuring && p->y + height + 10 <= p->bottom) {
        hg_canvas_box(p->canvas, HG_PDF_LEFT, p->y, p->column, height + 10, "#fff6e0", NULL, 0);
        hg_canvas_box(p->canvas, HG_PDF_LEFT, p->y, 3, height + 10, "#b26a00", NULL, 0);
    }
    p->y += 5;
    hg_pdf_flow(p, HG_PDF_LEFT + 12, &how, b->text);
    p->y += 11;
}

static void item(hg_pdf *p, const hg_block *b)
{
    hg_pdf_letters how = {.size = 9.4, .color = HG_INK, .width = p->column - 14};
    hg_pdf_need(p, 14);
    if (!p->measuring)
        hg_canvas_circle(p->canvas, HG_PDF_LEFT + 5, p->y + 6.5, 1.6, HG_INK, NULL, 0);
    hg_pdf_flow(p, HG_PDF_LEFT + 14, &how, b->text);
    p->y += 3;
}

/* ------------------------------------------------------------------ contents --------------- */

static bool is_listed(const hg_block *b)
{
    return b->kind == HG_BLOCK_HEADING && b->level <= 2;
}

static void contents_line(hg_pdf *p, size_t i, const hg_block *b)
{
    double indent = b->level == 1 ? 0 : 14, x = HG_PDF_LEFT + indent;
    char number[16], link[96];
    hg_pdf_letters how = {.size = 9.4, .bold = b->level == 1, .color = HG_INK, .width = p->column - indent - 40,
                          .lines = 1};
    hg_pdf_letters right = {.size = 9.4, .color = HG_INK, .width = 30, .anchor = HG_ANCHOR_RIGHT};
    hg_pdf_need(p, 15);
    snprintf(number, sizeof number, "%d", p->heading_pages[i]);
    snprintf(link, sizeof link, "page=%d", p->heading_pages[i]);
    if (!p->measuring)
        cairo_tag_begin(p->canvas->cairo, CAIRO_TAG_LINK, link);
    hg_pdf_text(p, x, p->y, &how, b->text);
    hg_pdf_text(p, HG_PDF_LEFT + p->column - 30, p->y, &right, number);
    if (!p->measuring)
        cairo_tag_end(p->canvas->cairo, CAIRO_TAG_LINK);
    p->y += 15;
}

/* After the first part, which is for two minutes; on its page where there is room. */
static void contents(hg_pdf *p)
{
    const double head = 40, line = 15;
    hg_pdf_letters how = {.size = 15, .bold = true, .color = HG_INK, .width = p->column};
    double height = head;
    for (size_t i = 0; i < hg_document_count(p->doc); i++)
        height += is_listed(hg_document_at(p->doc, i)) ? line : 0;
    hg_pdf_turn(p, false);
    hg_pdf_need(p, height);
    p->y += p->y > HG_PDF_TOP ? 16 : 0;
    p->y += hg_pdf_text(p, HG_PDF_LEFT, p->y, &how, p->zh ? "目录" : "Contents") + 8;
    for (size_t i = 0; i < hg_document_count(p->doc); i++)
        if (is_listed(hg_document_at(p->doc, i)))
            contents_line(p, i, hg_document_at(p->doc, i));
    hg_pdf_new_page(p);
}

static void title(hg_pdf *p)
{
    const hg_document_info *about = hg_document_about(p->doc);
    hg_pdf_letters how = {.size = 21, .bold = true, .color = HG_INK, .width = p->column};
    hg_pdf_letters below = {.size = 11, .color = HG_FAINT, .width = p->column};
    hg_pdf_new_page(p);
    hg_pdf_flow(p, HG_PDF_LEFT, &how, about->title);
    if (about->subtitle)
        hg_pdf_flow(p, HG_PDF_LEFT, &below, about->subtitle);
    p->y += 6;
}

/* Wide tables lie on their side, headings with what they head; small print stays where it is. */
static bool lies(hg_pdf *p, size_t i)
{
    const hg_block *b = hg_document_at(p->doc, i);
    while (b && b->kind == HG_BLOCK_HEADING)
        b = hg_document_at(p->doc, ++i);
    if (b && b->kind == HG_BLOCK_TEXT && b->paragraph == HG_SMALL)
        return p->landscape;
    return b && b->kind == HG_BLOCK_TABLE && hg_pdf_table_is_wide(p, &b->table);
}

static size_t set_block(hg_pdf *p, size_t i)
{
    const hg_block *b = hg_document_at(p->doc, i);
    hg_pdf_turn(p, lies(p, i));
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
        hg_pdf_figures(p, b);
        break;
    case HG_BLOCK_CARD:
        return hg_pdf_cards(p, i);
    case HG_BLOCK_TABLE:
        hg_pdf_table(p, &b->table);
        break;
    case HG_BLOCK_CHART:
        hg_pdf_chart(p, &b->chart);
        break;
    case HG_BLOCK_MAP:
        hg_pdf_map(p, &b->map, half_beside(p, i));
        return i + (half_beside(p, i) ? 2 : 1);
    }
    return i + 1;
}

static void set_document(hg_pdf *p)
{
    int parts = 0;
    p->page = 0;
    p->landscape = false;
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
    p->surface = cairo_pdf_surface_create_for_stream(write_bytes, file, HG_PDF_SHORT, HG_PDF_LONG);
    cairo_t *cairo = cairo_create(p->surface);
    hg_status status = hg_canvas_on(cairo, &p->canvas, err);
    cairo_destroy(cairo);
    if (status == HG_OK) /* letters stand where they belong, not on whole points: paper has no pixels */
        pango_context_set_round_glyph_positions(pango_layout_get_context(p->canvas->layout), FALSE);
    return status;
}

static hg_status set_twice(hg_pdf *p, FILE *file, size_t *unknown, hg_error *err)
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
    finish_page(p);
    *unknown = p->canvas->unknown;
    hg_canvas_free(p->canvas);
    cairo_surface_finish(p->surface);
    cairo_status_t drawn = cairo_surface_status(p->surface);
    if (p->failed || drawn == CAIRO_STATUS_NO_MEMORY)
        return hg_fail_memory(err);
    return drawn == CAIRO_STATUS_SUCCESS ? HG_OK : hg_fail(err, HG_EIO, "%s", cairo_status_to_string(drawn));
}

hg_status hg_document_write_pdf(const hg_document *doc, const char *path, size_t *unknown, hg_error *err)
{
    size_t letters = 0;
    hg_pdf p = {.doc = doc, .zh = strcmp(hg_document_about(doc)->lang, "zh") == 0};
    hg_error inner = {HG_OK, ""};
    FILE *file = fopen(path, "wb");
    if (!file)
        return hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
    hg_status status = set_twice(&p, file, &letters, &inner);
    if (p.surface)
        cairo_surface_destroy(p.surface);
    hg_free(p.heading_pages);
    bool closed = fclose(file) == 0;
    if (unknown)
        *unknown = letters;
    if (status == HG_ENOMEM)
        return hg_fail_memory(err);
    return status == HG_OK && closed ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, inner.message);
}
