#include "io/pdf.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Letters that no text of a report should hold: control characters, and bytes that are no UTF-8. */
static char *clean(const char *text)
{
    hg_text t = {0};
    hg_text_add_utf8(&t, text);
    char *s = hg_text_take(&t);
    for (char *c = s; c && *c; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n')
            *c = ' ';
    return s;
}

static void set_up(hg_pdf *p, const hg_pdf_letters *how, const char *text)
{
    static const PangoAlignment alignments[] = {[HG_ANCHOR_LEFT] = PANGO_ALIGN_LEFT,
                                                [HG_ANCHOR_MIDDLE] = PANGO_ALIGN_CENTER,
                                                [HG_ANCHOR_RIGHT] = PANGO_ALIGN_RIGHT};
    PangoLayout *l = p->canvas->layout;
    char *own = clean(text);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, hg_canvas_fonts);
    pango_font_description_set_absolute_size(font, how->size * PANGO_SCALE);
    pango_font_description_set_weight(font, how->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(l, font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(l, FALSE);
    pango_layout_set_width(l, how->width > 0 ? (int)(how->width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_height(l, how->lines ? -how->lines : -1000000);
    pango_layout_set_ellipsize(l, how->lines ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
    pango_layout_set_alignment(l, alignments[how->anchor]);
    pango_layout_set_line_spacing(l, 1.15F);
    pango_layout_set_text(l, own ? own : "", -1);
    p->failed |= !own;
    hg_free(own);
}

double hg_pdf_text_height(hg_pdf *p, const hg_pdf_letters *how, const char *text)
{
    PangoRectangle r;
    set_up(p, how, text);
    pango_layout_get_extents(p->canvas->layout, NULL, &r);
    return (double)r.height / PANGO_SCALE;
}

double hg_pdf_text_width(hg_pdf *p, const hg_pdf_letters *how, const char *text)
{
    PangoRectangle r;
    hg_pdf_letters free_width = *how;
    free_width.width = 0;
    free_width.lines = 0;
    set_up(p, &free_width, text);
    pango_layout_get_extents(p->canvas->layout, NULL, &r);
    return (double)r.width / PANGO_SCALE;
}

double hg_pdf_text(hg_pdf *p, double x, double y, const hg_pdf_letters *how, const char *text)
{
    double height = hg_pdf_text_height(p, how, text);
    if (p->measuring)
        return height;
    hg_canvas_set_colour(p->canvas, how->color, 1);
    cairo_move_to(p->canvas->cairo, x, y);
    pango_cairo_update_layout(p->canvas->cairo, p->canvas->layout);
    pango_cairo_show_layout(p->canvas->cairo, p->canvas->layout);
    p->canvas->unknown += (size_t)pango_layout_get_unknown_glyphs_count(p->canvas->layout);
    cairo_new_path(p->canvas->cairo);
    return height;
}

/* Line by line: the layout stays as it was set up, for a new page touches none. */
void hg_pdf_flow(hg_pdf *p, double x, const hg_pdf_letters *how, const char *text)
{
    set_up(p, how, text);
    PangoLayout *layout = pango_layout_copy(p->canvas->layout);
    p->canvas->unknown += p->measuring ? 0 : (size_t)pango_layout_get_unknown_glyphs_count(layout);
    PangoLayoutIter *at = pango_layout_get_iter(layout);
    do {
        PangoRectangle r;
        pango_layout_iter_get_line_extents(at, NULL, &r);
        double height = (double)r.height / PANGO_SCALE;
        double baseline = (double)(pango_layout_iter_get_baseline(at) - r.y) / PANGO_SCALE;
        hg_pdf_need(p, height);
        if (!p->measuring) {
            hg_canvas_set_colour(p->canvas, how->color, 1);
            cairo_move_to(p->canvas->cairo, x + (double)r.x / PANGO_SCALE, p->y + baseline);
            pango_cairo_show_layout_line(p->canvas->cairo, pango_layout_iter_get_line_readonly(at));
        }
        p->y += height;
    } while (pango_layout_iter_next_line(at));
    cairo_new_path(p->canvas->cairo);
    pango_layout_iter_free(at);
    g_object_unref(layout);
}
