/* What lies inside the frame of a map on paper: pictures, shapes, labels. */
#include "io/pdf_map.h"

#include <math.h>

/* ------------------------------------------------------------------ pictures --------------- */

static uint32_t premultiplied(uint32_t argb)
{
    uint32_t a = argb >> 24, r = (argb >> 16 & 255) * a / 255;
    uint32_t g = (argb >> 8 & 255) * a / 255, b = (argb & 255) * a / 255;
    return a << 24 | r << 16 | g << 8 | b;
}

static void copy_pixels(cairo_surface_t *s, const hg_map_image *image)
{
    size_t stride = (size_t)cairo_image_surface_get_stride(s) / 4;
    void *data = cairo_image_surface_get_data(s);
    uint32_t *pixels = data;
    for (size_t r = 0; r < image->rows; r++)
        for (size_t c = 0; c < image->columns; c++)
            pixels[r * stride + c] = premultiplied(image->argb[r * image->columns + c]);
    cairo_surface_mark_dirty(s);
}

/* A photograph goes into the file as it is; the document outlives the surface. */
static cairo_surface_t *make_surface(const hg_map_image *image)
{
    cairo_format_t format = image->jpeg ? CAIRO_FORMAT_RGB24 : CAIRO_FORMAT_ARGB32;
    cairo_surface_t *s = cairo_image_surface_create(format, (int)image->columns, (int)image->rows);
    if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS)
        return s;
    if (image->jpeg)
        cairo_surface_set_mime_data(s, CAIRO_MIME_TYPE_JPEG, image->jpeg, image->jpeg_size, NULL, NULL);
    else
        copy_pixels(s, image);
    return s;
}

void hg_pdf_map_image(const hg_pdf_frame *f, const hg_map_image *image)
{
    cairo_t *cr = f->p->canvas->cairo;
    cairo_surface_t *s = make_surface(image);
    double x = hg_pdf_map_x(f, image->box[0]), y = hg_pdf_map_y(f, image->box[3]);
    f->p->failed |= cairo_surface_status(s) != CAIRO_STATUS_SUCCESS;
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, (hg_pdf_map_x(f, image->box[2]) - x) / image->columns,
                (hg_pdf_map_y(f, image->box[1]) - y) / image->rows);
    cairo_set_source_surface(cr, s, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), image->jpeg ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_destroy(s);
}

/* ------------------------------------------------------------------ shapes ----------------- */

static void draw_points(const hg_pdf_frame *f, const hg_map_layer *l, const hg_style_class *class)
{
    hg_map_look look = hg_map_look_of(&l->style, class);
    for (size_t row = l->table->rows; row-- > 0;) { /* the first rows matter most, so they lie on top */
        const double *xy = l->table->geometry.xy + 2 * row;
        if (hg_map_class(l, row) == class && hg_map_is_near(f->map, l, row))
            hg_canvas_circle(f->p->canvas, hg_pdf_map_x(f, xy[0]), hg_pdf_map_y(f, xy[1]), look.size_mm * 72 / 25.4 / 2,
                             class->color, look.stroke, 0.3);
    }
}

static void trace_row(const hg_pdf_frame *f, const hg_geometry *g, size_t row)
{
    cairo_t *cr = f->p->canvas->cairo;
    size_t first = g->ring_start[g->polygon_start[row]], end = g->ring_start[g->polygon_start[row + 1]];
    for (size_t r = first; r < end; r++) {
        for (size_t i = g->point_start[r]; i + 1 < g->point_start[r + 1]; i++)
            (i > g->point_start[r] ? cairo_line_to : cairo_move_to)(cr, hg_pdf_map_x(f, g->xy[2 * i]),
                                                                    hg_pdf_map_y(f, g->xy[2 * i + 1]));
        cairo_close_path(cr);
    }
}

/* One path a class: neighbours join without a seam, and the file stays small. Shells and holes turn opposite ways. */
static void draw_polygons(const hg_pdf_frame *f, const hg_map_layer *l, const hg_style_class *class)
{
    cairo_t *cr = f->p->canvas->cairo;
    hg_map_look look = hg_map_look_of(&l->style, class);
    cairo_new_path(cr);
    for (size_t row = 0; row < l->table->rows; row++)
        if (hg_map_class(l, row) == class && hg_map_is_near(f->map, l, row))
            trace_row(f, &l->table->geometry, row);
    cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
    if (look.fill) {
        hg_canvas_set_colour(f->p->canvas, look.fill, look.opacity);
        cairo_fill_preserve(cr);
    }
    if (look.stroke) {
        hg_canvas_set_colour(f->p->canvas, look.stroke, 1);
        cairo_set_line_width(cr, look.stroke_mm * 72 / 25.4);
        cairo_stroke_preserve(cr);
    }
    cairo_new_path(cr);
}

void hg_pdf_map_layer(const hg_pdf_frame *f, const hg_map_layer *l)
{
    for (size_t k = l->style.n_classes; k-- > 0;) {
        if (l->table->geometry.type == HG_POINT)
            draw_points(f, l, &l->style.classes[k]);
        else if (l->table->geometry.type != HG_NO_GEOMETRY)
            draw_polygons(f, l, &l->style.classes[k]);
    }
}

/* ------------------------------------------------------------------ labels ----------------- */

enum { MOST_LABELS = 60 };

typedef struct label_box {
    double x0, y0, x1, y1;
} label_box;

typedef struct labels {
    label_box taken[MOST_LABELS];
    size_t n;
} labels;

static bool is_free(const hg_pdf_frame *f, const labels *all, const label_box *box)
{
    bool free_place = all->n < MOST_LABELS && box->x0 >= f->x && box->y0 >= f->y && box->y1 <= f->y + f->height;
    for (size_t i = 0; free_place && i < all->n; i++) {
        const label_box *o = &all->taken[i];
        free_place = !(box->x0 < o->x1 && o->x0 < box->x1 && box->y0 < o->y1 && o->y0 < box->y1);
    }
    return free_place;
}

/* White round the letters, so that they are read on any ground. */
static void draw_label(const hg_pdf_frame *f, const label_box *box, hg_pdf_letters how, const char *text)
{
    cairo_t *cr = f->p->canvas->cairo;
    how.width = box->x1 - box->x0 + 1;
    how.lines = 1;
    hg_pdf_text_height(f->p, &how, text);
    cairo_move_to(cr, box->x0, box->y0);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.9);
    cairo_set_line_width(cr, 2.2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    pango_cairo_layout_path(cr, f->p->canvas->layout);
    cairo_stroke(cr);
    hg_pdf_text(f->p, box->x0, box->y0, &how, text);
}

/* Right of the feature; left of it where the frame ends. One that would hide another label is left out. */
static void draw_layer_labels(const hg_pdf_frame *f, const hg_map_layer *l, labels *all)
{
    hg_document_column column = {.column = l->label, .format = HG_CELL_TEXT};
    hg_pdf_letters how = {.size = 7.4, .bold = true, .color = HG_INK};
    const double height = 9.5, most_width = 110;
    char buf[64];
    for (size_t row = 0; row < l->table->rows && row < l->labels; row++) {
        double e[4];
        if (!hg_geometry_envelope(&l->table->geometry, row, e))
            continue;
        const char *text = hg_document_cell(f->p->doc, l->table, &column, row, buf);
        double width = fmin(hg_pdf_text_width(f->p, &how, text), most_width);
        double x = hg_pdf_map_x(f, e[1]) + 2, y = hg_pdf_map_y(f, (e[2] + e[3]) / 2) - height / 2;
        if (x + width > f->x + f->width - 2)
            x = hg_pdf_map_x(f, e[0]) - width - 2;
        label_box box = {x, y, x + width, y + height};
        if (!is_free(f, all, &box))
            continue;
        all->taken[all->n++] = box;
        draw_label(f, &box, how, text);
    }
}

void hg_pdf_map_labels(const hg_pdf_frame *f)
{
    labels all = {.n = 0};
    for (size_t i = f->map->n_layers; i-- > 0;) {
        const hg_map_layer *l = &f->map->layers[i];
        if (!l->style.hidden && l->label && hg_table_column(l->table, l->label))
            draw_layer_labels(f, l, &all);
    }
}
