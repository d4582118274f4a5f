/* A chart as an <svg> element inside a page. */
#include "io/canvas_parts.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Colours with a role are the page's own. */
static const char *const roles[][2] = {
    {HG_INK, "var(--ink)"}, {HG_FAINT, "var(--faint)"}, {HG_GRID_LINE, "var(--grid)"}, {HG_PAPER, "var(--paper)"}};

static const char *paint(const char *colour)
{
    if (!colour)
        return "none";
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(colour, roles[i][0]) == 0)
            return roles[i][1];
    return colour;
}

/* Hundredths of a unit are finer than any screen. */
static void add_number(hg_text *t, double v)
{
    char buf[64];
    double rounded = round(v * 100) / 100;
    hg_text_add(t, hg_shortest_decimal(rounded + 0.0, buf)); /* + 0 makes -0 a 0 */
}

static void add_attribute(hg_text *t, const char *name, double v)
{
    hg_text_addf(t, " %s=\"", name);
    add_number(t, v);
    hg_text_add(t, "\"");
}

static void add_style(hg_text *t, const char *fill, double opacity, const char *stroke, double stroke_width)
{
    hg_text_addf(t, " style=\"fill:%s", paint(fill));
    if (fill && opacity < 1) {
        hg_text_add(t, ";fill-opacity:");
        add_number(t, opacity);
    }
    if (stroke) {
        hg_text_addf(t, ";stroke:%s;stroke-width:", paint(stroke));
        add_number(t, stroke_width);
    }
    hg_text_add(t, "\"/>");
}

static void box(hg_canvas *c, double x, double y, double width, double height, const char *fill, const char *stroke,
                double stroke_width)
{
    hg_text_add(&c->svg, "<rect");
    add_attribute(&c->svg, "x", x);
    add_attribute(&c->svg, "y", y);
    add_attribute(&c->svg, "width", width);
    add_attribute(&c->svg, "height", height);
    add_style(&c->svg, fill, 1, stroke, stroke_width);
}

static void add_points(hg_text *t, const double *xy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hg_text_add(t, i ? "L" : "M");
        add_number(t, xy[2 * i]);
        hg_text_add(t, " ");
        add_number(t, xy[2 * i + 1]);
    }
}

static void bars(hg_canvas *c, const double (*ends)[2], size_t n, double y, double height, const char *fill)
{
    hg_text_add(&c->svg, "<path d=\"");
    for (size_t i = 0; i < n; i++) {
        const double xy[] = {ends[i][0], y, ends[i][1], y};
        add_points(&c->svg, xy, 2);
    }
    hg_text_add(&c->svg, "\"");
    add_style(&c->svg, NULL, 1, fill, height);
}

static void polyline(hg_canvas *c, const double *xy, size_t n, const char *colour, double width, double dash)
{
    hg_text_add(&c->svg, "<path d=\"");
    add_points(&c->svg, xy, n);
    hg_text_add(&c->svg, "\"");
    if (dash > 0)
        add_attribute(&c->svg, "stroke-dasharray", dash);
    add_style(&c->svg, NULL, 1, colour, width);
}

static void polygon(hg_canvas *c, const double *xy, const size_t *ring, size_t rings, const char *fill,
                    double opacity, const char *stroke, double stroke_width)
{
    hg_text_add(&c->svg, "<path fill-rule=\"evenodd\" d=\"");
    for (size_t r = 0; r < rings; r++) {
        add_points(&c->svg, xy + 2 * ring[r], ring[r + 1] - ring[r]);
        hg_text_add(&c->svg, "Z");
    }
    hg_text_add(&c->svg, "\"");
    add_style(&c->svg, fill, opacity, stroke, stroke_width);
}

static void circle(hg_canvas *c, double x, double y, double radius, const char *fill, const char *stroke,
                   double stroke_width)
{
    hg_text_add(&c->svg, "<circle");
    add_attribute(&c->svg, "cx", x);
    add_attribute(&c->svg, "cy", y);
    add_attribute(&c->svg, "r", radius);
    add_style(&c->svg, fill, 1, stroke, stroke_width);
}

/* The page's font is as wide as ours to a few percent: text that must not be longer is squeezed to fit. */
static void text(hg_canvas *c, double x, double y, const hg_lettering *how, const char *words)
{
    static const char *const anchors[] = {
        [HG_ANCHOR_LEFT] = "start", [HG_ANCHOR_MIDDLE] = "middle", [HG_ANCHOR_RIGHT] = "end"};
    hg_lettering free_width = *how;
    free_width.most_width = 0;
    hg_text_add(&c->svg, "<text");
    add_attribute(&c->svg, "x", x);
    add_attribute(&c->svg, "y", y);
    hg_text_addf(&c->svg, " dominant-baseline=\"central\" text-anchor=\"%s\"", anchors[how->anchor]);
    if (how->most_width > 0 && hg_canvas_text_width(c, &free_width, words) > how->most_width) {
        add_attribute(&c->svg, "textLength", how->most_width);
        hg_text_add(&c->svg, " lengthAdjust=\"spacingAndGlyphs\"");
    }
    hg_text_addf(&c->svg, " style=\"fill:%s;font-size:", paint(how->color));
    add_number(&c->svg, how->size);
    hg_text_addf(&c->svg, "px%s\">", how->bold ? ";font-weight:600" : "");
    hg_text_add_xml(&c->svg, words);
    hg_text_add(&c->svg, "</text>");
}

static hg_status finish(hg_canvas *c, hg_error *err)
{
    bool whole = !c->svg.failed && !c->out->failed;
    hg_text_add(&c->svg, "</svg>");
    if (whole)
        hg_text_add_n(c->out, c->svg.s, c->svg.len);
    whole = whole && !c->svg.failed && !c->out->failed;
    hg_canvas_free(c);
    return whole ? HG_OK : hg_fail_memory(err);
}

static const hg_canvas_ops inline_ops = {box, bars, polyline, polygon, circle, text, finish};

hg_status hg_canvas_new_inline(hg_text *out, double width, double height, const char *alt, hg_canvas **canvas,
                               hg_error *err)
{
    cairo_surface_t *measure = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cairo = cairo_create(measure);
    hg_canvas *c = NULL;
    hg_status status = hg_canvas_on(cairo, &c, err);
    cairo_destroy(cairo);
    cairo_surface_destroy(measure);
    if (status != HG_OK)
        return status;
    c->ops = &inline_ops;
    c->out = out;
    hg_text_add(&c->svg, "<svg role=\"img\" viewBox=\"0 0 ");
    add_number(&c->svg, width);
    hg_text_add(&c->svg, " ");
    add_number(&c->svg, height);
    hg_text_add(&c->svg, "\"");
    add_attribute(&c->svg, "width", width);
    add_attribute(&c->svg, "height", height);
    hg_text_add(&c->svg, " aria-label=\"");
    hg_text_add_xml(&c->svg, alt);
    hg_text_add(&c->svg, "\">");
    *canvas = c;
    return HG_OK;
}
