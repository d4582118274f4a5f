/* The inside of a canvas, shared by the kinds of it. */
#ifndef HG_IO_CANVAS_PARTS_H
#define HG_IO_CANVAS_PARTS_H

#include "io/canvas.h"

#include <pango/pangocairo.h>
#include <stdio.h>

/** What a kind of canvas can draw; n and rings are above 0. */
typedef struct hg_canvas_ops {
    void (*box)(hg_canvas *c, double x, double y, double width, double height, const char *fill, const char *stroke,
                double stroke_width);
    void (*bars)(hg_canvas *c, const double (*ends)[2], size_t n, double y, double height, const char *fill);
    void (*polyline)(hg_canvas *c, const double *xy, size_t n, const char *colour, double width, double dash);
    void (*polygon)(hg_canvas *c, const double *xy, const size_t *ring, size_t rings, const char *fill,
                    double opacity, const char *stroke, double stroke_width);
    void (*circle)(hg_canvas *c, double x, double y, double radius, const char *fill, const char *stroke,
                   double stroke_width);
    void (*text)(hg_canvas *c, double x, double y, const hg_lettering *how, const char *text);
    hg_status (*finish)(hg_canvas *c, hg_error *err);
} hg_canvas_ops;

struct hg_canvas {
    const hg_canvas_ops *ops;
    hg_canvas_format format;
    const char *path;
    FILE *file;
    bool failed; /* a write failed */
    int problem; /* errno of it */
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoLayout *layout; /* also measures where nothing is painted */
    size_t unknown;      /* letters drawn that no font has */
    hg_text *out;        /* of an inline canvas */
    hg_text svg;         /* its drawing so far */
};

/** Families of letters; the first that the machine has is taken, glyph by glyph. */
extern const char hg_canvas_fonts[];

/** No hinting and no subpixel order: the same letters on every machine with the same font. */
void hg_canvas_settle_fonts(hg_canvas *c);

/** Of a canvas on cairo, for what is drawn next. */
void hg_canvas_set_colour(hg_canvas *c, const char *colour, double opacity);

/**
 * Draws on a page that somebody else writes, in the units and from the origin it has now. Ends with
 * hg_canvas_free.
 */
hg_status hg_canvas_on(cairo_t *cairo, hg_canvas **out, hg_error *err);

#endif
