/* The legend of a map on paper: layers of one class in a line, then the classes of each other layer. */
#include "io/pdf_map.h"

#include <math.h>

enum { LINE = 11 };

/* Where the next word goes; words that do not fit go to the next line. */
typedef struct legend {
    hg_pdf *p;
    double left, width, x, y;
} legend;

static void new_line(legend *g)
{
    if (g->x > g->left)
        g->y += LINE;
    g->x = g->left;
}

static void add_words(legend *g, const char *words, bool bold, double before)
{
    hg_pdf_letters how = {.size = 7.4, .bold = bold, .color = HG_INK, .lines = 1};
    how.width = fmin(hg_pdf_text_width(g->p, &how, words), g->width - before) + 1;
    hg_pdf_text(g->p, g->x + before, g->y, &how, words);
    g->x += before + how.width + 9;
}

/* A little of what is on the map. */
static void draw_swatch(const legend *g, const hg_map_look *look, bool point)
{
    static const size_t ring[] = {0, 4};
    double x = g->x, y = g->y + 1.5, stroke = fmin(look->stroke_mm * 72 / 25.4, 1.4);
    const double xy[] = {x, y, x + 9, y, x + 9, y + 7, x, y + 7};
    if (point)
        hg_canvas_circle(g->p->canvas, x + 4.5, y + 3.5, 3, look->fill, look->stroke, 0.3);
    else
        hg_canvas_polygon(g->p->canvas, xy, ring, 1, look->fill, look->opacity, look->stroke ? look->stroke : HG_FAINT,
                          look->stroke ? stroke : 0.3);
}

static void add_class(legend *g, const hg_map_look *look, bool point, const char *words, bool bold)
{
    enum { SWATCH = 12 };
    hg_pdf_letters how = {.size = 7.4, .bold = bold};
    if (g->x > g->left && g->x + SWATCH + hg_pdf_text_width(g->p, &how, words) > g->left + g->width)
        new_line(g);
    if (!g->p->measuring)
        draw_swatch(g, look, point);
    add_words(g, words, bold, SWATCH);
}

static bool is_single(const hg_map_layer *l)
{
    return l->style.n_classes == 1;
}

static void add_layer_class(legend *g, const hg_map_layer *l, const hg_style_class *class, const char *words, bool bold)
{
    hg_map_look look = hg_map_look_of(&l->style, class);
    add_class(g, &look, l->table->geometry.type == HG_POINT, words ? words : "", bold);
}

static void add_layer(legend *g, const hg_map *map, const hg_map_layer *l)
{
    bool named = false;
    new_line(g);
    for (size_t k = 0; k < l->style.n_classes; k++) {
        const hg_style_class *class = &l->style.classes[k];
        if (!hg_map_has_class(map, l, class))
            continue;
        if (!named)
            add_words(g, l->title, true, 0);
        named = true;
        add_layer_class(g, l, class, class->label, false);
    }
}

static void add_image(legend *g, const hg_map_image *image)
{
    new_line(g);
    if (image->n_classes)
        add_words(g, image->title, true, 0);
    for (size_t k = 0; k < image->n_classes; k++) {
        hg_map_look look = {.fill = image->classes[k].color, .opacity = hg_map_image_opacity(image)};
        add_class(g, &look, false, image->classes[k].label ? image->classes[k].label : "", false);
    }
}

double hg_pdf_map_legend(hg_pdf *p, const hg_map *map, double x, double y, double width)
{
    legend g = {.p = p, .left = x, .width = width, .x = x, .y = y};
    for (size_t i = map->n_layers; i-- > 0;)
        if (!map->layers[i].style.hidden && is_single(&map->layers[i]))
            add_layer_class(&g, &map->layers[i], map->layers[i].style.classes, map->layers[i].title, true);
    for (size_t i = map->n_layers; i-- > 0;)
        if (!map->layers[i].style.hidden && map->layers[i].style.n_classes > 1)
            add_layer(&g, map, &map->layers[i]);
    for (size_t i = map->n_images; i-- > 0;)
        if (!map->images[i].hidden)
            add_image(&g, &map->images[i]);
    new_line(&g);
    return g.y - y;
}
