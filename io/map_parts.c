#include "io/map_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const hg_style_class *by_value(const hg_style *s, const char *value)
{
    for (size_t k = 0; value && k < s->n_classes; k++)
        if (s->classes[k].value && strcmp(s->classes[k].value, value) == 0)
            return &s->classes[k];
    return NULL;
}

static const hg_style_class *by_number(const hg_style *s, double v)
{
    for (size_t k = 0; k < s->n_classes; k++)
        if (v >= s->classes[k].low && v <= s->classes[k].high)
            return &s->classes[k];
    return NULL;
}

const hg_style_class *hg_map_class(const hg_map_layer *layer, size_t row)
{
    const hg_style *s = &layer->style;
    const hg_column *c = s->field ? hg_table_column(layer->table, s->field) : NULL;
    char number[32];
    if (!c)
        return s->n_classes ? &s->classes[0] : NULL;
    if (c->type == HG_TEXT)
        return by_value(s, hg_pool_text(layer->table->pool, c->text[row]));
    if (c->type == HG_DOUBLE)
        return by_number(s, c->f64[row]);
    if (c->i64[row] == HG_NULL_INT64)
        return NULL;
    if (!s->categorised)
        return by_number(s, (double)c->i64[row]);
    snprintf(number, sizeof number, "%lld", (long long)c->i64[row]);
    return by_value(s, number);
}

hg_map_look hg_map_look_of(const hg_style *s, const hg_style_class *class)
{
    bool outline = s->symbol == HG_SYMBOL_OUTLINE;
    hg_map_look look = {.fill = outline ? NULL : class->color,
                        .opacity = s->opacity > 0 ? s->opacity : 1,
                        .stroke = s->stroke ? s->stroke : outline ? class->color : NULL,
                        .stroke_mm = s->stroke_mm > 0 ? s->stroke_mm : 0.2,
                        .size_mm = s->size_mm > 0 ? s->size_mm : 1.5};
    return look;
}

double hg_map_image_opacity(const hg_map_image *image)
{
    for (size_t i = 0; image->argb && i < (size_t)image->columns * image->rows; i++)
        if (image->argb[i] >> 24)
            return (double)(image->argb[i] >> 24) / 255;
    return 1;
}

static bool meets(const double box[4], const hg_map_layer *layer, size_t row, double margin)
{
    double e[4];
    return hg_geometry_envelope(&layer->table->geometry, row, e) && e[0] <= box[2] + margin &&
           e[1] >= box[0] - margin && e[2] <= box[3] + margin && e[3] >= box[1] - margin;
}

bool hg_map_is_near(const hg_map *map, const hg_map_layer *layer, size_t row)
{
    return meets(map->box, layer, row, 0.75 * fmax(map->box[2] - map->box[0], map->box[3] - map->box[1]));
}

bool hg_map_has_class(const hg_map *map, const hg_map_layer *layer, const hg_style_class *class)
{
    double box[4];
    hg_map_frame_box(map, box);
    for (size_t row = 0; layer->table->geometry.type != HG_NO_GEOMETRY && row < layer->table->rows; row++)
        if (hg_map_class(layer, row) == class && meets(box, layer, row, 0))
            return true;
    return false;
}

double hg_map_bar(double most_m)
{
    double power = pow(10, floor(log10(most_m)));
    return most_m >= 5 * power ? 5 * power : most_m >= 2 * power ? 2 * power : power;
}

const char *hg_map_bar_label(double length_m, char buf[32])
{
    bool km = length_m >= 1000;
    snprintf(buf, 32, "%g %s", km ? length_m / 1000 : length_m, km ? "km" : "m");
    return buf;
}

double hg_map_ratio(const hg_map *map)
{
    double width = map->box[2] - map->box[0], height = map->box[3] - map->box[1];
    if (map->height_ratio > 0)
        return map->height_ratio;
    return fmin(1.2, fmax(0.5, width > 0 ? height / width : 1));
}

/* The box and a little more, at least as wide and as high as a frame of such proportions makes it. */
static void widen(const hg_map *map, double least_ratio, double most_ratio, double box[4])
{
    const double margin = 1.04;
    double width = fmax(map->box[2] - map->box[0], 1) * margin, height = fmax(map->box[3] - map->box[1], 1) * margin;
    double x = (map->box[0] + map->box[2]) / 2, y = (map->box[1] + map->box[3]) / 2;
    double wide = fmax(width, height / least_ratio), high = fmax(height, width * most_ratio);
    box[0] = x - wide / 2;
    box[1] = y - high / 2;
    box[2] = x + wide / 2;
    box[3] = y + high / 2;
}

void hg_map_frame_box(const hg_map *map, double box[4])
{
    widen(map, hg_map_ratio(map), hg_map_ratio(map), box);
}

void hg_map_background_box(const hg_map *map, double box[4])
{
    const double widest = 0.55, highest = 1.2; /* the screen cuts the height of a map, a pair shares the higher one */
    double ratio = hg_map_ratio(map);
    widen(map, map->half ? ratio : fmin(ratio, widest), map->half ? highest : ratio, box);
}

static void add_part(hg_text *out, const char *before, const char *part)
{
    if (!part || !*part)
        return;
    hg_text_add(out, out->len ? " · " : "");
    hg_text_add(out, before);
    hg_text_add(out, part);
}

void hg_map_note(const hg_map *map, bool zh, hg_text *out)
{
    add_part(out, "", map->crs);
    add_part(out, "", map->source);
    add_part(out, zh ? "审图号：" : "map approval ", map->approval);
}
