/*
 * Drawing for charts: filled boxes, lines and text on a page that becomes an SVG or a PNG file. Text is
 * laid out by pango, so Chinese is drawn wherever the machine has a font for it. What is written depends
 * on what is drawn and on the fonts, on nothing else.
 */
#ifndef HG_IO_CANVAS_H
#define HG_IO_CANVAS_H

#include "base/text.h"

typedef enum hg_canvas_format { HG_CANVAS_SVG, HG_CANVAS_PNG } hg_canvas_format;

/** Side of the largest page, in units. */
#define HG_CANVAS_MAX_SIDE 30000

typedef struct hg_canvas hg_canvas;

/* Colours with a role: an inline canvas lets the page choose them, light or dark. */
#define HG_INK "#2a2a2a"
#define HG_FAINT "#767676"
#define HG_GRID_LINE "#e2e2e2"
#define HG_PAPER "#ffffff"

/**
 * A white page of width × height units, 0, 0 at its upper left. A unit is a point in SVG and `scale` pixels in
 * PNG; with a side beyond HG_CANVAS_MAX_SIDE pixels the scale is lowered to fit. `path` is written by
 * hg_canvas_finish and borrowed until then. Errors: HG_EUSAGE for a page that is empty or larger than that.
 */
hg_status hg_canvas_new(hg_canvas_format format, const char *path, double width, double height, double scale,
                        hg_canvas **out, hg_error *err);
void hg_canvas_free(hg_canvas *canvas);

/**
 * A canvas that adds an <svg> element to `out`, a piece of HTML, with the alternative text `alt`: text stays text,
 * and the colours with a role become the CSS variables --ink, --faint, --grid and --paper.
 */
hg_status hg_canvas_new_inline(hg_text *out, double width, double height, const char *alt, hg_canvas **canvas,
                               hg_error *err);

/** Colours are "#rrggbb"; NULL leaves out the filling or the outline. */
void hg_canvas_box(hg_canvas *canvas, double x, double y, double width, double height, const char *fill,
                   const char *stroke, double stroke_width);
/** n bars of one colour from ends[i][0] to ends[i][1], y their middle; one shape, smaller and faster than n boxes. */
void hg_canvas_bars(hg_canvas *canvas, const double (*ends)[2], size_t n, double y, double height, const char *fill);
void hg_canvas_line(hg_canvas *canvas, double x0, double y0, double x1, double y1, const char *color,
                    double width);

/** A line through n points x0 y0 x1 y1 …; dashes and gaps of `dash` units, 0 = solid. */
void hg_canvas_polyline(hg_canvas *canvas, const double *xy, size_t n, const char *color, double width, double dash);
/**
 * One shape of several rings (even-odd): ring r is points ring[r] … ring[r + 1] - 1 of xy. Opacity is that of the
 * filling.
 */
void hg_canvas_polygon(hg_canvas *canvas, const double *xy, const size_t *ring, size_t rings, const char *fill,
                       double opacity, const char *stroke, double stroke_width);
void hg_canvas_circle(hg_canvas *canvas, double x, double y, double radius, const char *fill, const char *stroke,
                      double stroke_width);

typedef enum hg_anchor { HG_ANCHOR_LEFT, HG_ANCHOR_MIDDLE, HG_ANCHOR_RIGHT } hg_anchor;

/** How text looks and stands: x is its left side, middle or right side, y the middle of its height. */
typedef struct hg_lettering {
    double size;       /**< of the font, in units */
    bool bold;
    hg_anchor anchor;
    const char *color;
    double most_width; /**< longer text ends in an ellipsis; 0 = as long as it is */
} hg_lettering;

void hg_canvas_text(hg_canvas *canvas, double x, double y, const hg_lettering *how, const char *text);
/** Width the text takes, in units. */
double hg_canvas_text_width(hg_canvas *canvas, const hg_lettering *how, const char *text);

/** Completes the file or the element and frees the canvas whatever it returns. Errors: HG_EIO, HG_ENOMEM. */
hg_status hg_canvas_finish(hg_canvas *canvas, hg_error *err);

#endif
