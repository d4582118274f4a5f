/* A map on paper: picture, shapes, labels, scale bar, north arrow, legend, CRS and source. */
#include "io/pdf.h"
#include "base/memory.h"
#include "io/map_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The frame on the page, and the way from metres into it. */
typedef struct frame {
    hg_pdf *p;
    const hg_map *map;
    double x, y, width, height;
    double scale, x0, y1; /* points a metre; the metres of the upper left corner */
} frame;

static frame make_frame(hg_pdf *p, const hg_map *map)
{
    const double *box = map->box;
    double ratio = hg_map_ratio(map), margin = 1.04;
    frame f = {.p = p, .map = map, .x = HG_PDF_LEFT, .y = p->y, .width = HG_PDF_COLUMN};
    f.height = fmin(f.width * ratio, 440);
    double width_m = fmax(box[2] - box[0], 1) * margin, height_m = fmax(box[3] - box[1], 1) * margin;
    f.scale = fmin(f.width / width_m, f.height / height_m);
    f.x0 = (box[0] + box[2]) / 2 - f.width / f.scale / 2;
    f.y1 = (box[1] + box[3]) / 2 + f.height / f.scale / 2;
    return f;
}

static double to_x(const frame *f, double x)
{
    return f->x + (x - f->x0) * f->scale;
}

static double to_y(const frame *f, double y)
{
    return f->y + (f->y1 - y) * f->scale;
}

/* ------------------------------------------------------------------ picture ---------------- */

static uint32_t premultiplied(uint32_t argb)
{
    uint32_t a = argb >> 24, r = (argb >> 16 & 255) * a / 255, g = (argb >> 8 & 255) * a / 255, b = (argb & 255) * a / 255;
    return a << 24 | r << 16 | g << 8 | b;
}

static void draw_image(const frame *f, const hg_map_image *image)
{
    cairo_t *cr = f->p->canvas->cairo;
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, (int)image->columns, (int)image->rows);
    if (cairo_surface_status(s) != CAIRO_STATUS_SUCCESS) {
        cairo_surface_destroy(s);
        f->p->failed = true;
        return;
    }
    size_t stride = (size_t)cairo_image_surface_get_stride(s) / 4;
    void *data = cairo_image_surface_get_data(s);
    uint32_t *pixels = data;
    for (size_t r = 0; r < image->rows; r++)
        for (size_t c = 0; c < image->columns; c++)
            pixels[r * stride + c] = premultiplied(image->argb[r * image->columns + c]);
    cairo_surface_mark_dirty(s);
    double x = to_x(f, image->box[0]), y = to_y(f, image->box[3]);
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, (to_x(f, image->box[2]) - x) / image->columns, (to_y(f, image->box[1]) - y) / image->rows);
    cairo_set_source_surface(cr, s, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_NEAREST);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_destroy(s);
}

/* ------------------------------------------------------------------ shapes ----------------- */

static void draw_point(const frame *f, const hg_map_layer *l, size_t row, const hg_style_class *class)
{
    const double *xy = l->table->geometry.xy + 2 * row;
    double size = l->style.size_mm > 0 ? l->style.size_mm * 72 / 25.4 : 4;
    if (isfinite(xy[0]) && isfinite(xy[1]))
        hg_canvas_circle(f->p->canvas, to_x(f, xy[0]), to_y(f, xy[1]), size / 2, class->color, l->style.stroke, 0.3);
}

static void draw_polygons(const frame *f, const hg_map_layer *l, size_t row, const hg_style_class *class)
{
    const hg_geometry *g = &l->table->geometry;
    size_t first = g->polygon_start[row], end = g->polygon_start[row + 1];
    if (first == end)
        return;
    size_t ring0 = g->ring_start[first], rings = g->ring_start[end] - ring0;
    size_t point0 = g->point_start[ring0], points = g->point_start[ring0 + rings] - point0;
    double *xy = hg_malloc(2 * points, sizeof *xy);
    size_t *starts = hg_malloc(rings + 1, sizeof *starts);
    f->p->failed |= !xy || !starts;
    for (size_t i = 0; xy && i < points; i++) {
        xy[2 * i] = to_x(f, g->xy[2 * (point0 + i)]);
        xy[2 * i + 1] = to_y(f, g->xy[2 * (point0 + i) + 1]);
    }
    for (size_t r = 0; starts && r <= rings; r++)
        starts[r] = g->point_start[ring0 + r] - point0;
    bool outline = l->style.symbol == HG_SYMBOL_OUTLINE;
    const char *stroke = l->style.stroke ? l->style.stroke : outline ? class->color : NULL;
    double width = l->style.stroke_mm > 0 ? l->style.stroke_mm * 72 / 25.4 : 0.5;
    if (xy && starts)
        hg_canvas_polygon(f->p->canvas, xy, starts, rings, outline ? NULL : class->color,
                          l->style.opacity > 0 ? l->style.opacity : 1, stroke, width);
    hg_free(xy);
    hg_free(starts);
}

static void draw_layer(const frame *f, const hg_map_layer *l)
{
    for (size_t row = l->table->rows; row-- > 0;) { /* the first rows matter most, so they lie on top */
        const hg_style_class *class = hg_map_class(l, row);
        if (!class)
            continue;
        if (l->table->geometry.type == HG_POINT)
            draw_point(f, l, row, class);
        else if (l->table->geometry.type != HG_NO_GEOMETRY)
            draw_polygons(f, l, row, class);
    }
}

/* ------------------------------------------------------------------ labels ----------------- */

typedef struct label_box {
    double x0, y0, x1, y1;
} label_box;

static bool meets(const label_box *a, const label_box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

/* White round the letters, so that they are read on any ground. */
static void draw_label(const frame *f, double x, double y, const hg_pdf_letters *how, const char *text)
{
    cairo_t *cr = f->p->canvas->cairo;
    hg_pdf_text_height(f->p, how, text);
    cairo_move_to(cr, x, y);
    cairo_set_source_rgba(cr, 1, 1, 1, 0.9);
    cairo_set_line_width(cr, 2.2);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    pango_cairo_layout_path(cr, f->p->canvas->layout);
    cairo_stroke(cr);
    hg_pdf_text(f->p, x, y, how, text);
}

/* Beside the middle of the feature; one that would hide another label is left out. */
static void draw_labels(const frame *f, const hg_map_layer *l, label_box *taken, size_t *n_taken, size_t most)
{
    const hg_column *c = l->label ? hg_table_column(l->table, l->label) : NULL;
    hg_document_column column = {.column = l->label, .format = HG_CELL_TEXT};
    hg_pdf_letters how = {.size = 7.4, .bold = true, .color = HG_INK};
    char buf[64];
    for (size_t row = 0; c && row < l->table->rows && row < l->labels; row++) {
        double e[4];
        if (!hg_geometry_envelope(&l->table->geometry, row, e))
            continue;
        const char *text = hg_document_cell(f->p->doc, l->table, &column, row, buf);
        double width = fmin(hg_pdf_text_width(f->p, &how, text), 110), height = 9.5;
        double x = to_x(f, e[1]) + 2, y = to_y(f, (e[2] + e[3]) / 2) - height / 2;
        if (x + width > f->x + f->width - 2)
            x = to_x(f, e[0]) - width - 2;
        label_box box = {x, y, x + width, y + height};
        bool free_place = *n_taken < most && x >= f->x && y >= f->y && box.y1 <= f->y + f->height;
        for (size_t i = 0; free_place && i < *n_taken; i++)
            free_place = !meets(&box, &taken[i]);
        if (!free_place)
            continue;
        taken[(*n_taken)++] = box;
        how.width = width + 1;
        how.lines = 1;
        draw_label(f, x, y, &how, text);
        how.width = 0;
        how.lines = 0;
    }
}

/* ------------------------------------------------------------------ furniture -------------- */

static void draw_scale_bar(const frame *f)
{
    char label[32];
    double metres = hg_map_bar(0.25 * f->width / f->scale), length = metres * f->scale;
    double x = f->x + 10, y = f->y + f->height - 12;
    hg_pdf_letters how = {.size = 7, .color = HG_INK};
    hg_canvas_box(f->p->canvas, x - 5, y - 13, length + 10 + 4, 20, HG_PAPER, NULL, 0);
    hg_canvas_box(f->p->canvas, x, y, length, 3, HG_PAPER, HG_INK, 0.6);
    hg_canvas_box(f->p->canvas, x, y, length / 2, 3, HG_INK, NULL, 0);
    hg_pdf_text(f->p, x, y - 11, &how, hg_map_bar_label(metres, label));
}

static void draw_north(const frame *f)
{
    static const size_t ring[] = {0, 4};
    double x = f->x + f->width - 18, y = f->y + 10;
    double xy[] = {x, y, x + 5, y + 15, x, y + 11.5, x - 5, y + 15};
    hg_pdf_letters how = {.size = 7.5, .bold = true, .color = HG_INK};
    hg_canvas_circle(f->p->canvas, x, y + 12, 16, HG_PAPER, NULL, 0);
    hg_canvas_polygon(f->p->canvas, xy, ring, 1, HG_INK, 1, NULL, 0);
    const char *north = f->p->zh ? "北" : "N";
    hg_pdf_text(f->p, x - hg_pdf_text_width(f->p, &how, north) / 2, y + 15, &how, north);
}

/* ------------------------------------------------------------------ legend ----------------- */

/* Swatches one after another, wrapped at the column's end. */
typedef struct legend {
    hg_pdf *p;
    double x;
} legend;

static void add_words(legend *g, const char *words, bool bold)
{
    hg_pdf_letters how = {.size = 7.4, .bold = bold, .color = HG_INK, .lines = 1};
    double width = fmin(hg_pdf_text_width(g->p, &how, words), HG_PDF_COLUMN);
    how.width = width + 1;
    if (g->x + width > HG_PDF_LEFT + HG_PDF_COLUMN) {
        g->x = HG_PDF_LEFT;
        g->p->y += 11;
    }
    hg_pdf_text(g->p, g->x, g->p->y, &how, words);
    g->x += width + 9;
}

static void add_swatch(legend *g, const hg_style_class *class, const hg_style *style)
{
    hg_pdf_letters how = {.size = 7.4, .color = HG_INK};
    double width = 12 + hg_pdf_text_width(g->p, &how, class->label ? class->label : "");
    if (g->x + width > HG_PDF_LEFT + HG_PDF_COLUMN) {
        g->x = HG_PDF_LEFT;
        g->p->y += 11;
    }
    bool outline = style && style->symbol == HG_SYMBOL_OUTLINE;
    if (!g->p->measuring && style && style->symbol == HG_SYMBOL_POINT)
        hg_canvas_circle(g->p->canvas, g->x + 4, g->p->y + 5, 3, class->color, style->stroke, 0.3);
    else if (!g->p->measuring)
        hg_canvas_box(g->p->canvas, g->x, g->p->y + 1.5, 8, 7, outline ? NULL : class->color,
                      outline ? (style->stroke ? style->stroke : class->color) : style ? style->stroke : NULL,
                      outline ? 1.2 : 0.4);
    g->x += 11;
    if (class->label && *class->label)
        add_words(g, class->label, false);
}

static void draw_legend(hg_pdf *p, const hg_map *map)
{
    for (size_t i = map->n_layers; i-- > 0;) {
        const hg_map_layer *l = &map->layers[i];
        legend g = {p, HG_PDF_LEFT};
        if (l->style.hidden || l->style.symbol == HG_SYMBOL_NONE)
            continue;
        bool one = l->style.n_classes == 1;
        if (!one)
            add_words(&g, l->title, true);
        for (size_t k = 0; k < l->style.n_classes; k++) {
            hg_style_class class = l->style.classes[k];
            class.label = one ? l->title : class.label;
            add_swatch(&g, &class, &l->style);
        }
        p->y += 11.5;
    }
    for (size_t i = 0; i < map->n_images; i++) {
        legend g = {p, HG_PDF_LEFT};
        if (map->images[i].hidden || !map->images[i].n_classes)
            continue;
        add_words(&g, map->images[i].title, true);
        for (size_t k = 0; k < map->images[i].n_classes; k++)
            add_swatch(&g, &map->images[i].classes[k], NULL);
        p->y += 11.5;
    }
}

static void draw_inside(const frame *f)
{
    enum { MOST_LABELS = 60 };
    label_box taken[MOST_LABELS];
    size_t n_taken = 0;
    cairo_t *cr = f->p->canvas->cairo;
    cairo_save(cr);
    cairo_rectangle(cr, f->x, f->y, f->width, f->height);
    cairo_clip(cr);
    for (size_t i = 0; i < f->map->n_images; i++)
        if (!f->map->images[i].hidden)
            draw_image(f, &f->map->images[i]);
    for (size_t i = 0; i < f->map->n_layers; i++)
        if (!f->map->layers[i].style.hidden)
            draw_layer(f, &f->map->layers[i]);
    for (size_t i = f->map->n_layers; i-- > 0;)
        if (!f->map->layers[i].style.hidden)
            draw_labels(f, &f->map->layers[i], taken, &n_taken, MOST_LABELS);
    draw_scale_bar(f);
    draw_north(f);
    cairo_restore(cr);
    hg_canvas_box(f->p->canvas, f->x, f->y, f->width, f->height, NULL, HG_FAINT, 0.6);
}

static void draw_source(hg_pdf *p, const hg_map *map)
{
    hg_pdf_letters how = {.size = 7.2, .color = HG_FAINT, .width = HG_PDF_COLUMN};
    char line[1024];
    snprintf(line, sizeof line, "%s%s%s%s%s%s", map->crs ? map->crs : "", map->crs && map->source ? " · " : "",
             map->source ? map->source : "", map->approval ? (p->zh ? " · 审图号：" : " · map approval ") : "",
             map->approval ? map->approval : "", "");
    if (*line)
        p->y += hg_pdf_text(p, HG_PDF_LEFT, p->y, &how, line);
}

void hg_pdf_map(hg_pdf *p, const hg_map *map)
{
    hg_pdf_letters caption = {.size = 9.6, .bold = true, .color = HG_INK, .width = HG_PDF_COLUMN};
    frame f = make_frame(p, map);
    hg_pdf_need(p, f.height + 20 + 13 * (double)(map->n_layers + map->n_images) + 30);
    p->y += hg_pdf_text(p, HG_PDF_LEFT, p->y, &caption, map->title) + 3;
    f.y = p->y;
    if (!p->measuring)
        draw_inside(&f);
    p->y += f.height + 5;
    draw_legend(p, map);
    draw_source(p, map);
    p->y += 10;
}
