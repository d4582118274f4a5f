/* A map of a page: pictures and shapes in metres of the analysis CRS, which Leaflet draws as a plane. */
#include "io/html.h"
#include "base/memory.h"
#include "io/map_parts.h"
#include "io/png.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIXELS_A_MM 4.0

/* Metres from the map's lower left corner, to the centimetre. */
static void add_metres(hg_text *t, double v, double origin)
{
    char number[32];
    hg_text_add(t, hg_shortest_decimal(round((v - origin) * 100) / 100 + 0.0, number));
}

static void add_box(hg_text *t, const double box[4], const hg_map *map)
{
    for (int i = 0; i < 4; i++) {
        hg_text_add(t, i ? "," : "[");
        add_metres(t, box[i], map->box[i % 2]);
    }
    hg_text_add(t, "]");
}

/* ------------------------------------------------------------------ pictures --------------- */

static hg_status add_base64(hg_text *t, const char *kind, const void *bytes, size_t n, hg_error *err)
{
    unsigned char *text = n <= INT32_MAX / 2 ? hg_malloc(n / 3 + 2, 4) : NULL; /* it ends with a zero */
    if (!text)
        return hg_fail_memory(err);
    int length = EVP_EncodeBlock(text, bytes, (int)n);
    hg_text_addf(t, "\"data:%s;base64,", kind);
    hg_text_add_n(t, (const char *)text, (size_t)length);
    hg_text_add(t, "\"");
    hg_free(text);
    return HG_OK;
}

static hg_status add_picture(hg_text *t, const hg_map_image *image, hg_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    if (image->jpeg)
        return add_base64(t, "image/jpeg", image->jpeg, image->jpeg_size, err);
    FILE *f = open_memstream(&bytes, &n);
    hg_status status = f ? hg_png_write_alpha(f, image->argb, image->columns, image->rows, err) : hg_fail_memory(err);
    if (f && fclose(f) != 0 && status == HG_OK)
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = add_base64(t, "image/png", bytes, n, err);
    free(bytes);
    return status;
}

static hg_status add_images(hg_text *t, const hg_map *map, hg_error *err)
{
    hg_status status = HG_OK;
    hg_text_add(t, ",\"images\":[");
    for (size_t i = 0; i < map->n_images && status == HG_OK; i++) {
        hg_text_add(t, i ? ",{\"title\":" : "{\"title\":");
        hg_html_json(t, map->images[i].title);
        hg_text_addf(t, ",\"photo\":%s,\"box\":", map->images[i].jpeg ? "true" : "false");
        add_box(t, map->images[i].box, map);
        hg_text_add(t, ",\"url\":");
        status = add_picture(t, &map->images[i], err);
        hg_text_add(t, "}");
    }
    hg_text_add(t, "]");
    return status;
}

/* ------------------------------------------------------------------ shapes ----------------- */

static void add_ring(hg_text *t, const hg_geometry *g, size_t ring, const hg_map *map)
{
    size_t first = g->point_start[ring], end = g->point_start[ring + 1];
    hg_text_add(t, "[");
    for (size_t i = first; i + 1 < end; i++) { /* Leaflet closes rings itself */
        hg_text_add(t, i > first ? "," : "");
        add_metres(t, g->xy[2 * i], map->box[0]);
        hg_text_add(t, ",");
        add_metres(t, g->xy[2 * i + 1], map->box[1]);
    }
    hg_text_add(t, "]");
}

static void add_shape(hg_text *t, const hg_geometry *g, size_t row, const hg_map *map)
{
    hg_text_add(t, "[");
    if (g->type == HG_POINT) {
        add_metres(t, g->xy[2 * row], map->box[0]);
        hg_text_add(t, ",");
        add_metres(t, g->xy[2 * row + 1], map->box[1]);
    }
    size_t first = g->type == HG_POINT ? 0 : g->polygon_start[row];
    size_t end = g->type == HG_POINT ? 0 : g->polygon_start[row + 1];
    for (size_t p = first; p < end; p++) {
        hg_text_add(t, p > first ? ",[" : "[");
        for (size_t r = g->ring_start[p]; r < g->ring_start[p + 1]; r++) {
            hg_text_add(t, r > g->ring_start[p] ? "," : "");
            add_ring(t, g, r, map);
        }
        hg_text_add(t, "]");
    }
    hg_text_add(t, "]");
}

static void add_feature(hg_html *h, const hg_map *map, const hg_map_layer *l, size_t row, const hg_style_class *class)
{
    hg_text *t = &h->t;
    char buf[64];
    const hg_column *key = l->key ? hg_table_column(l->table, l->key) : NULL;
    hg_text_addf(t, "{\"c\":%zu,\"g\":", (size_t)(class - l->style.classes));
    add_shape(t, &l->table->geometry, row, map);
    hg_text_add(t, ",\"p\":[");
    for (size_t k = 0; k < l->n_popup; k++) {
        hg_text_add(t, k ? "," : "");
        hg_html_json(t, hg_document_cell(h->doc, l->table, &l->popup[k], row, buf));
    }
    hg_text_add(t, "]");
    if (l->label) {
        hg_document_column column = {.column = l->label, .format = HG_CELL_TEXT};
        hg_text_add(t, ",\"l\":");
        hg_html_json(t, hg_document_cell(h->doc, l->table, &column, row, buf));
    }
    if (key && key->type == HG_INT64)
        hg_text_addf(t, ",\"k\":%lld", (long long)key->i64[row]);
    else if (key && key->type == HG_TEXT) {
        hg_text_add(t, ",\"k\":");
        hg_html_json(t, hg_pool_text(l->table->pool, key->text[row]));
    }
    hg_text_add(t, "}");
}

static void add_layer_style(hg_text *t, const hg_map_layer *l)
{
    static const hg_style_class none = {.color = "#000000"};
    const hg_style *s = &l->style;
    hg_map_look look = hg_map_look_of(s, s->n_classes ? s->classes : &none);
    char number[32];
    hg_text_addf(t, "\"points\":%s,\"outline\":%s", l->table->geometry.type == HG_POINT ? "true" : "false",
                 look.fill ? "false" : "true");
    hg_text_addf(t, ",\"weight\":%s", hg_shortest_decimal(look.stroke ? look.stroke_mm * PIXELS_A_MM : 0, number));
    hg_text_addf(t, ",\"radius\":%s", hg_shortest_decimal(look.size_mm * PIXELS_A_MM / 2, number));
    hg_text_addf(t, ",\"opacity\":%s", hg_shortest_decimal(look.opacity, number));
    hg_text_addf(t, ",\"labels\":%zu", l->label ? l->labels : 0);
    hg_text_add(t, ",\"stroke\":");
    if (s->stroke)
        hg_html_json(t, s->stroke);
    else
        hg_text_add(t, "null");
    hg_text_add(t, ",\"classes\":[");
    for (size_t k = 0; k < s->n_classes; k++) {
        hg_text_add(t, k ? ",{\"color\":" : "{\"color\":");
        hg_html_json(t, s->classes[k].color);
        hg_text_add(t, "}");
    }
    hg_text_add(t, "]");
}

static void add_layer(hg_html *h, const hg_map *map, const hg_map_layer *l)
{
    hg_text *t = &h->t;
    bool first = true;
    hg_text_add(t, "{\"name\":");
    hg_html_json(t, l->table->name);
    hg_text_add(t, ",\"title\":");
    hg_html_json(t, l->title);
    hg_text_add(t, ",");
    add_layer_style(t, l);
    hg_text_add(t, ",\"popup\":[");
    for (size_t k = 0; k < l->n_popup; k++) {
        hg_text_add(t, k ? "," : "");
        hg_html_json(t, hg_document_head(l->table, &l->popup[k]));
    }
    hg_text_add(t, "],\"features\":[");
    for (size_t row = 0; l->table->geometry.type != HG_NO_GEOMETRY && row < l->table->rows; row++) {
        const hg_style_class *class = hg_map_class(l, row);
        if (!class || !hg_map_is_near(map, l, row))
            continue;
        hg_text_add(t, first ? "" : ",\n");
        add_feature(h, map, l, row, class);
        first = false;
    }
    hg_text_add(t, "]}");
}

/* ------------------------------------------------------------------ legend ----------------- */

/* A little of what is on the map: filling with its opacity upon the map's ground, and outline. */
static void add_swatch(hg_text *t, const hg_map_look *look, bool point, const char *label)
{
    unsigned opacity = (unsigned)lround(look->opacity * 255);
    hg_text_add(t, "<span class=\"swatch\"><i style=\"");
    if (look->fill)
        hg_text_addf(t, "background:linear-gradient(%s%02x,%s%02x),var(--ground);", look->fill, opacity, look->fill,
                     opacity);
    if (look->stroke)
        hg_text_addf(t, "border:2px solid %s;", look->stroke);
    hg_text_addf(t, "%s\"></i>", point ? "border-radius:50%" : "");
    hg_text_add_xml(t, label);
    hg_text_add(t, "</span>");
}

static void add_switch(hg_html *h, size_t number, bool hidden)
{
    hg_text_addf(&h->t, "<span class=\"layer\"><label><input type=\"checkbox\" value=\"%zu\"%s> ", number,
                 hidden ? "" : " checked");
}

/* A layer of one class has its swatch beside its name. */
static void add_layer_entry(hg_html *h, size_t number, const hg_map_layer *l)
{
    bool one = l->style.n_classes == 1;
    add_switch(h, number, l->style.hidden);
    if (!one) {
        hg_text_add_xml(&h->t, l->title ? l->title : "");
        hg_text_add(&h->t, "</label>");
    }
    for (size_t k = 0; k < l->style.n_classes; k++) {
        const hg_style_class *c = &l->style.classes[k];
        hg_map_look look = hg_map_look_of(&l->style, c);
        const char *label = one ? l->title : c->label;
        add_swatch(&h->t, &look, l->table->geometry.type == HG_POINT, label ? label : "");
    }
    hg_text_add(&h->t, one ? "</label></span>\n" : "</span>\n");
}

static void add_image_entry(hg_html *h, size_t number, const hg_map_image *image)
{
    add_switch(h, number, image->hidden);
    hg_text_add_xml(&h->t, image->title ? image->title : "");
    hg_text_add(&h->t, "</label>");
    for (size_t k = 0; k < image->n_classes; k++) {
        hg_map_look look = {.fill = image->classes[k].color, .opacity = hg_map_image_opacity(image)};
        add_swatch(&h->t, &look, false, image->classes[k].label ? image->classes[k].label : "");
    }
    hg_text_add(&h->t, "</span>\n");
}

/* The legend is the layer switch. */
static void add_legend(hg_html *h, const hg_map *map)
{
    hg_text_addf(&h->t, "<fieldset class=\"legend\" aria-label=\"%s\">\n", h->zh ? "图层" : "Layers");
    for (size_t i = map->n_layers; i-- > 0;)
        add_layer_entry(h, map->n_images + i, &map->layers[i]);
    for (size_t i = map->n_images; i-- > 0;)
        add_image_entry(h, i, &map->images[i]);
    hg_text_add(&h->t, "</fieldset>\n");
}

static void add_note(hg_html *h, const hg_map *map)
{
    hg_text note = {0};
    hg_map_note(map, h->zh, &note);
    hg_text_add(&h->t, "<p class=\"note\">");
    hg_text_add_xml(&h->t, note.s ? note.s : "");
    hg_text_add(&h->t, "</p>");
    h->t.failed |= note.failed;
    hg_text_dispose(&note);
}

static void add_frame(hg_html *h, const hg_map *map)
{
    hg_text *t = &h->t;
    char number[32];
    hg_text_add(t, "<figure class=\"map-frame\"><figcaption>");
    hg_text_add_xml(t, map->title ? map->title : "");
    hg_text_add(t, "</figcaption>\n<div class=\"map-box\"><div class=\"map\" role=\"application\" aria-label=\"");
    hg_text_add_xml(t, map->alt ? map->alt : map->title ? map->title : "");
    hg_text_addf(t, "\" style=\"aspect-ratio:%s\"></div><span class=\"north\" aria-hidden=\"true\">%s</span></div>\n",
                 hg_shortest_decimal(round(1000 / hg_map_ratio(map)) / 1000, number), h->zh ? "北" : "N");
}

hg_status hg_html_map(hg_html *h, const hg_map *map, hg_error *err)
{
    hg_text *t = &h->t;
    h->maps++;
    add_frame(h, map);
    add_legend(h, map);
    add_note(h, map);
    hg_text_add(t, "<script type=\"application/json\">{\"box\":");
    add_box(t, map->box, map);
    hg_status status = add_images(t, map, err);
    hg_text_add(t, ",\"layers\":[");
    for (size_t i = 0; i < map->n_layers && status == HG_OK; i++) {
        hg_text_add(t, i ? ",\n" : "");
        add_layer(h, map, &map->layers[i]);
    }
    hg_text_add(t, "]}</script></figure>\n");
    return status;
}
