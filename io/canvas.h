/*
 * Drawing for charts: filled boxes, lines and text on a page that becomes an SVG or a PNG file. Text is
 * laid out by pango, so Chinese is drawn wherever the machine has a font for it. What is written depends
 * on what is drawn and on the fonts, on nothing else.
 */
#ifndef HG_IO_CANVAS_H
#define HG_IO_CANVAS_H

#include "base/error.h"

typedef enum hg_canvas_format { HG_CANVAS_SVG, HG_CANVAS_PNG } hg_canvas_format;

/** Side of the largest page, in units. */
#define HG_CANVAS_MAX_SIDE 30000

typedef struct hg_canvas hg_canvas;

/**
 * A white page of width × height units, 0, 0 at its upper left. A unit is a point in SVG and `scale` pixels in
 * PNG; with a side beyond HG_CANVAS_MAX_SIDE pixels the scale is lowered to fit. `path` is written by
 * hg_canvas_finish and borrowed until then. Errors: HG_EUSAGE for a page that is empty or larger than that.
 */
hg_status hg_canvas_new(hg_canvas_format format, const char *path, double width, double height, double scale,
                        hg_canvas **out, hg_error *err);
void hg_canvas_free(hg_canvas *canvas);

/** Colours are "#rrggbb"; NULL leaves out the filling or the outline. */
void hg_canvas_box(hg_canvas *canvas, double x, double y, double width, double height, const char *fill,
                   const char *stroke, double stroke_width);
/** n bars of one colour from ends[i][0] to ends[i][1], y their middle; one shape, smaller and faster than n boxes. */
void hg_canvas_bars(hg_canvas *canvas, const double (*ends)[2], size_t n, double y, double height, const char *fill);
void hg_canvas_line(hg_canvas *canvas, double x0, double y0, double x1, double y1, const char *color,
                    double width);

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

/** Writes the file and frees the canvas whatever it returns. Errors: HG_EIO, HG_ENOMEM. */
hg_status hg_canvas_finish(hg_canvas *canvas, hg_error *err);

#endif
