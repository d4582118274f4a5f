/* A map on paper: its frame, scale bar, north arrow, legend, CRS and source. */
#include "io/pdf_map.h"

#include <math.h>
#include <string.h>

static const double most_height = 400, gap = 16, below_frame = 5, below_map = 12;

double hg_pdf_map_x(const hg_pdf_frame *f, double x)
{
    return f->x + (x - f->x0) * f->scale;
}

double hg_pdf_map_y(const hg_pdf_frame *f, double y)
{
    return f->y + (f->y1 - y) * f->scale;
}

static hg_pdf_frame make_frame(hg_pdf *p, const hg_map *map, double x, double width, double height)
{
    double box[4];
    hg_pdf_frame f = {.p = p, .map = map, .x = x, .y = p->y, .width = width, .height = height};
    hg_map_frame_box(map, box);
    f.scale = fmin(f.width / (box[2] - box[0]), f.height / (box[3] - box[1]));
    f.x0 = (box[0] + box[2]) / 2 - f.width / f.scale / 2;
    f.y1 = (box[1] + box[3]) / 2 + f.height / f.scale / 2;
    return f;
}

/* ------------------------------------------------------------------ furniture -------------- */

static void draw_scale_bar(const hg_pdf_frame *f)
{
    char label[32];
    double metres = hg_map_bar(0.25 * f->width / f->scale), length = metres * f->scale;
    double x = f->x + 10, y = f->y + f->height - 12;
    hg_pdf_letters how = {.size = 7, .color = HG_INK};
    const char *words = hg_map_bar_label(metres, label);
    double width = fmax(length, hg_pdf_text_width(f->p, &how, words));
    hg_canvas_box(f->p->canvas, x - 5, y - 13, width + 10, 20, HG_PAPER, NULL, 0);
    hg_canvas_box(f->p->canvas, x, y, length, 3, HG_PAPER, HG_INK, 0.6);
    hg_canvas_box(f->p->canvas, x, y, length / 2, 3, HG_INK, NULL, 0);
    hg_pdf_text(f->p, x, y - 11, &how, words);
}

static void draw_north(const hg_pdf_frame *f)
{
    static const size_t ring[] = {0, 4};
    double x = f->x + f->width - 20, y = f->y + 8;
    double xy[] = {x, y, x + 5, y + 15, x, y + 11.5, x - 5, y + 15};
    hg_pdf_letters how = {.size = 7.5, .bold = true, .color = HG_INK};
    hg_canvas_circle(f->p->canvas, x, y + 12, 16, HG_PAPER, NULL, 0);
    hg_canvas_polygon(f->p->canvas, xy, ring, 1, HG_INK, 1, NULL, 0);
    const char *north = f->p->zh ? "北" : "N";
    hg_pdf_text(f->p, x - hg_pdf_text_width(f->p, &how, north) / 2, y + 15, &how, north);
}

static void draw_frame(const hg_pdf_frame *f)
{
    cairo_t *cr = f->p->canvas->cairo;
    cairo_save(cr);
    cairo_rectangle(cr, f->x, f->y, f->width, f->height);
    cairo_clip(cr);
    for (size_t i = 0; i < f->map->n_images; i++)
        if (!f->map->images[i].hidden)
            hg_pdf_map_image(f, &f->map->images[i]);
    for (size_t i = 0; i < f->map->n_layers; i++)
        if (!f->map->layers[i].style.hidden)
            hg_pdf_map_layer(f, &f->map->layers[i]);
    hg_pdf_map_labels(f);
    draw_scale_bar(f);
    draw_north(f);
    cairo_restore(cr);
    hg_canvas_box(f->p->canvas, f->x, f->y, f->width, f->height, NULL, HG_FAINT, 0.6);
}

/* ------------------------------------------------------------------ one or two maps -------- */

/* Maps in a row have one frame's size, and one line of source below where theirs are the same. */
typedef struct row {
    hg_pdf *p;
    const hg_map *maps[2];
    size_t n;
    double width, frame_height; /* of each */
    hg_text notes[2];
} row;

static double x_of(const row *r, size_t i)
{
    return HG_PDF_LEFT + (double)i * (r->width + gap);
}

static hg_pdf_letters caption_letters(const row *r)
{
    return (hg_pdf_letters){.size = 9.6, .bold = true, .color = HG_INK, .width = r->width, .lines = 2};
}

static row make_row(hg_pdf *p, const hg_map *map, const hg_map *other)
{
    row r = {.p = p, .maps = {map, other}, .n = other ? 2 : 1};
    double ratio = 0;
    r.width = map->half ? (p->column - gap) / 2 : p->column;
    for (size_t i = 0; i < r.n; i++) {
        ratio = fmax(ratio, hg_map_ratio(r.maps[i]));
        hg_map_note(r.maps[i], p->zh, &r.notes[i]);
        p->failed |= r.notes[i].failed;
    }
    r.frame_height = fmin(r.width * ratio, most_height);
    return r;
}

static void dispose_row(row *r)
{
    hg_text_dispose(&r->notes[0]);
    hg_text_dispose(&r->notes[1]);
}

static double set_captions(const row *r)
{
    double height = 0;
    hg_pdf_letters how = caption_letters(r);
    for (size_t i = 0; i < r->n; i++)
        height = fmax(height, hg_pdf_text(r->p, x_of(r, i), r->p->y, &how, r->maps[i]->title));
    return height + 3;
}

static double set_legends(const row *r)
{
    double height = 0;
    for (size_t i = 0; i < r->n; i++)
        height = fmax(height, hg_pdf_map_legend(r->p, r->maps[i], x_of(r, i), r->p->y, r->width));
    return height;
}

static double set_notes(const row *r)
{
    hg_pdf_letters how = {.size = 7.2, .color = HG_FAINT, .width = r->width};
    const char *first = r->notes[0].s ? r->notes[0].s : "", *second = r->notes[1].s ? r->notes[1].s : first;
    double height = 0;
    if (strcmp(first, second) == 0) {
        how.width = r->p->column;
        return *first ? hg_pdf_text(r->p, HG_PDF_LEFT, r->p->y, &how, first) : 0;
    }
    for (size_t i = 0; i < r->n; i++)
        height = fmax(height, hg_pdf_text(r->p, x_of(r, i), r->p->y, &how, i ? second : first));
    return height;
}

/* All of it below p->y, which moves on. */
static void set_row(const row *r)
{
    hg_pdf *p = r->p;
    p->y += set_captions(r);
    for (size_t i = 0; i < r->n && !p->measuring; i++) {
        hg_pdf_frame f = make_frame(p, r->maps[i], x_of(r, i), r->width, r->frame_height);
        draw_frame(&f);
    }
    p->y += r->frame_height + below_frame;
    p->y += set_legends(r);
    p->y += set_notes(r) + below_map;
}

static double row_height(const row *r)
{
    hg_pdf *p = r->p;
    bool measuring = p->measuring;
    double y = p->y;
    p->measuring = true;
    set_row(r);
    double height = p->y - y;
    p->measuring = measuring;
    p->y = y;
    return height;
}

double hg_pdf_map_height(hg_pdf *p, const hg_map *map, const hg_map *other)
{
    row r = make_row(p, map, other);
    double height = row_height(&r);
    dispose_row(&r);
    return height;
}

void hg_pdf_map(hg_pdf *p, const hg_map *map, const hg_map *other)
{
    row r = make_row(p, map, other);
    hg_pdf_need(p, row_height(&r) - below_map);
    set_row(&r);
    dispose_row(&r);
}
