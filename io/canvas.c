#include "io/canvas_parts.h"
#include "base/memory.h"
#include "io/png.h"

#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The first that the machine has is taken, glyph by glyph. */
const char hg_canvas_fonts[] = "Noto Sans CJK SC, Source Han Sans SC, WenQuanYi Micro Hei, DejaVu Sans, sans-serif";

static const hg_canvas_ops cairo_ops;

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned length)
{
    hg_canvas *c = closure;
    if (fwrite(data, 1, length, c->file) == length)
        return CAIRO_STATUS_SUCCESS;
    c->problem = c->failed ? c->problem : errno;
    c->failed = true;
    return CAIRO_STATUS_WRITE_ERROR;
}

void hg_canvas_free(hg_canvas *c)
{
    if (!c)
        return;
    if (c->layout)
        g_object_unref(c->layout);
    cairo_destroy(c->cairo);
    cairo_surface_destroy(c->surface);
    hg_text_dispose(&c->svg);
    if (c->file)
        fclose(c->file);
    hg_free(c);
}

static cairo_surface_t *make_surface(hg_canvas *c, double width, double height, double *scale)
{
    double side = fmax(width, height) * *scale;
    if (c->format == HG_CANVAS_SVG) {
        *scale = 1;
        return cairo_svg_surface_create_for_stream(write_bytes, c, width, height);
    }
    if (side > HG_CANVAS_MAX_SIDE)
        *scale *= HG_CANVAS_MAX_SIDE / side;
    return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * *scale),
                                      (int)ceil(height * *scale));
}

/* No hinting and no subpixel order: the same letters on every machine with the same font. */
void hg_canvas_settle_fonts(hg_canvas *c)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(pango_layout_get_context(c->layout), options);
    pango_cairo_context_set_resolution(pango_layout_get_context(c->layout), 72);
    cairo_font_options_destroy(options);
}

hg_status hg_canvas_new(hg_canvas_format format, const char *path, double width, double height, double scale,
                        hg_canvas **out, hg_error *err)
{
    if (!(width >= 1 && height >= 1 && width <= HG_CANVAS_MAX_SIDE && height <= HG_CANVAS_MAX_SIDE))
        return hg_fail(err, HG_EUSAGE, "a chart of %g by %g units; at most %d by %d can be drawn", width, height,
                       HG_CANVAS_MAX_SIDE, HG_CANVAS_MAX_SIDE);
    hg_canvas *c = hg_calloc(1, sizeof *c);
    if (!c)
        return hg_fail_memory(err);
    c->ops = &cairo_ops;
    c->format = format;
    c->path = path;
    c->file = fopen(path, "wb");
    if (!c->file) {
        hg_status status = hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
        hg_canvas_free(c);
        return status;
    }
    c->surface = make_surface(c, width, height, &scale);
    c->cairo = cairo_create(c->surface);
    c->layout = pango_cairo_create_layout(c->cairo);
    if (cairo_status(c->cairo) != CAIRO_STATUS_SUCCESS || !c->layout) {
        hg_canvas_free(c);
        return hg_fail_memory(err);
    }
    hg_canvas_settle_fonts(c);
    cairo_set_source_rgb(c->cairo, 1, 1, 1);
    cairo_paint(c->cairo);
    cairo_scale(c->cairo, scale, scale);
    *out = c;
    return HG_OK;
}

hg_status hg_canvas_on(cairo_t *cairo, hg_canvas **out, hg_error *err)
{
    hg_canvas *c = hg_calloc(1, sizeof *c);
    if (!c)
        return hg_fail_memory(err);
    c->ops = &cairo_ops;
    c->cairo = cairo_reference(cairo);
    c->layout = pango_cairo_create_layout(cairo);
    hg_canvas_settle_fonts(c);
    *out = c;
    return HG_OK;
}

void hg_canvas_set_colour(hg_canvas *c, const char *colour, double opacity)
{
    unsigned r = 0, g = 0, b = 0;
    sscanf(colour, "#%2x%2x%2x", &r, &g, &b);
    cairo_set_source_rgba(c->cairo, r / 255.0, g / 255.0, b / 255.0, opacity);
}

static void fill_and_stroke(hg_canvas *c, const char *fill, double opacity, const char *stroke, double stroke_width)
{
    if (fill) {
        hg_canvas_set_colour(c, fill, opacity);
        cairo_fill_preserve(c->cairo);
    }
    if (stroke) {
        hg_canvas_set_colour(c, stroke, 1);
        cairo_set_line_width(c->cairo, stroke_width);
        cairo_stroke_preserve(c->cairo);
    }
    cairo_new_path(c->cairo);
}

static void draw_box(hg_canvas *c, double x, double y, double width, double height, const char *fill,
                   const char *stroke, double stroke_width)
{
    cairo_rectangle(c->cairo, x, y, width, height);
    fill_and_stroke(c, fill, 1, stroke, stroke_width);
}

static void draw_bars(hg_canvas *c, const double (*ends)[2], size_t n, double y, double height, const char *fill)
{
    for (size_t i = 0; i < n; i++) {
        cairo_move_to(c->cairo, ends[i][0], y);
        cairo_line_to(c->cairo, ends[i][1], y);
    }
    hg_canvas_set_colour(c, fill, 1);
    cairo_set_line_width(c->cairo, height);
    cairo_stroke(c->cairo);
}

static void trace(hg_canvas *c, const double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (i ? cairo_line_to : cairo_move_to)(c->cairo, xy[2 * i], xy[2 * i + 1]);
}

static void draw_polyline(hg_canvas *c, const double *xy, size_t n, const char *colour, double width, double dash)
{
    hg_canvas_set_colour(c, colour, 1);
    cairo_set_line_width(c->cairo, width);
    cairo_set_dash(c->cairo, &dash, dash > 0, 0);
    trace(c, xy, n);
    cairo_stroke(c->cairo);
    cairo_set_dash(c->cairo, NULL, 0, 0);
}

static void draw_polygon(hg_canvas *c, const double *xy, const size_t *ring, size_t rings, const char *fill,
                         double opacity, const char *stroke, double stroke_width)
{
    for (size_t r = 0; r < rings; r++) {
        trace(c, xy + 2 * ring[r], ring[r + 1] - ring[r]);
        cairo_close_path(c->cairo);
    }
    cairo_set_fill_rule(c->cairo, CAIRO_FILL_RULE_EVEN_ODD);
    fill_and_stroke(c, fill, opacity, stroke, stroke_width);
}

static void draw_circle(hg_canvas *c, double x, double y, double radius, const char *fill, const char *stroke,
                        double stroke_width)
{
    cairo_arc(c->cairo, x, y, radius, 0, 2 * G_PI);
    fill_and_stroke(c, fill, 1, stroke, stroke_width);
}

static void lay_out(hg_canvas *c, const hg_lettering *how, const char *text)
{
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, hg_canvas_fonts);
    pango_font_description_set_absolute_size(font, how->size * PANGO_SCALE);
    pango_font_description_set_weight(font, how->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(c->layout, font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(c->layout, TRUE);
    pango_layout_set_width(c->layout, how->most_width > 0 ? (int)(how->most_width * PANGO_SCALE) : -1);
    pango_layout_set_ellipsize(c->layout, how->most_width > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
    pango_layout_set_text(c->layout, text, -1);
}

static void extents(hg_canvas *c, double *width, double *height)
{
    PangoRectangle r;
    pango_layout_get_extents(c->layout, NULL, &r);
    *width = (double)r.width / PANGO_SCALE;
    *height = (double)r.height / PANGO_SCALE;
}

static void draw_text(hg_canvas *c, double x, double y, const hg_lettering *how, const char *text)
{
    static const double before[] = {
        [HG_ANCHOR_LEFT] = 0, [HG_ANCHOR_MIDDLE] = 0.5, [HG_ANCHOR_RIGHT] = 1};
    double width, height;
    lay_out(c, how, text);
    extents(c, &width, &height);
    hg_canvas_set_colour(c, how->color, 1);
    cairo_move_to(c->cairo, x - before[how->anchor] * width, y - height / 2);
    pango_cairo_show_layout(c->cairo, c->layout);
    c->unknown += (size_t)pango_layout_get_unknown_glyphs_count(c->layout);
    cairo_new_path(c->cairo);
}

double hg_canvas_text_width(hg_canvas *c, const hg_lettering *how, const char *text)
{
    double width, height;
    lay_out(c, how, text);
    extents(c, &width, &height);
    return width;
}

/* Not by cairo, whose search for the best filter takes several times as long. */
static cairo_status_t write_png(hg_canvas *c)
{
    cairo_surface_flush(c->surface);
    const void *pixels = cairo_image_surface_get_data(c->surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(c->surface) / sizeof(uint32_t);
    hg_status status = hg_png_write(c->file, pixels, (uint32_t)cairo_image_surface_get_width(c->surface),
                                    (uint32_t)cairo_image_surface_get_height(c->surface), stride, NULL);
    if (status == HG_ENOMEM)
        return CAIRO_STATUS_NO_MEMORY;
    c->problem = errno;
    c->failed = status != HG_OK;
    return CAIRO_STATUS_SUCCESS;
}

static hg_status finish_file(hg_canvas *c, hg_error *err)
{
    const char *path = c->path;
    cairo_status_t drawn = cairo_status(c->cairo);
    if (drawn == CAIRO_STATUS_SUCCESS && c->format == HG_CANVAS_PNG)
        drawn = write_png(c);
    cairo_surface_finish(c->surface);
    if (drawn == CAIRO_STATUS_SUCCESS)
        drawn = cairo_surface_status(c->surface);
    FILE *file = c->file;
    c->file = NULL;
    bool closed = fclose(file) == 0;
    int problem = c->failed ? c->problem : errno;
    bool written = closed && !c->failed;
    hg_canvas_free(c);
    if (!written)
        return hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(problem));
    if (drawn == CAIRO_STATUS_NO_MEMORY)
        return hg_fail_memory(err);
    return drawn == CAIRO_STATUS_SUCCESS ? HG_OK
                                         : hg_fail(err, HG_EFAIL, "the chart %s could not be drawn", path);
}

static const hg_canvas_ops cairo_ops = {draw_box,     draw_bars,   draw_polyline, draw_polygon,
                                        draw_circle, draw_text, finish_file};

/* ------------------------------------------------------------------ for all kinds ---------- */

void hg_canvas_box(hg_canvas *c, double x, double y, double width, double height, const char *fill,
                   const char *stroke, double stroke_width)
{
    c->ops->box(c, x, y, width, height, fill, stroke, stroke_width);
}

void hg_canvas_bars(hg_canvas *c, const double (*ends)[2], size_t n, double y, double height, const char *fill)
{
    if (n)
        c->ops->bars(c, ends, n, y, height, fill);
}

void hg_canvas_line(hg_canvas *c, double x0, double y0, double x1, double y1, const char *colour, double width)
{
    const double xy[] = {x0, y0, x1, y1};
    c->ops->polyline(c, xy, 2, colour, width, 0);
}

void hg_canvas_polyline(hg_canvas *c, const double *xy, size_t n, const char *colour, double width, double dash)
{
    if (n > 1)
        c->ops->polyline(c, xy, n, colour, width, dash);
}

void hg_canvas_polygon(hg_canvas *c, const double *xy, const size_t *ring, size_t rings, const char *fill,
                       double opacity, const char *stroke, double stroke_width)
{
    if (rings)
        c->ops->polygon(c, xy, ring, rings, fill, opacity, stroke, stroke_width);
}

void hg_canvas_circle(hg_canvas *c, double x, double y, double radius, const char *fill, const char *stroke,
                      double stroke_width)
{
    c->ops->circle(c, x, y, radius, fill, stroke, stroke_width);
}

void hg_canvas_text(hg_canvas *c, double x, double y, const hg_lettering *how, const char *text)
{
    c->ops->text(c, x, y, how, text);
}

hg_status hg_canvas_finish(hg_canvas *c, hg_error *err)
{
    return c->ops->finish(c, err);
}
