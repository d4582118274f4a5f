/* A map of a page: pictures and shapes in metres of the analysis CRS, which Leaflet draws as a plane. */
#include "io/html.h"
#include "base/memory.h"
#include "io/map_parts.h"
#include "io/png.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static hg_status add_picture(hg_text *t, const hg_map_image *image, hg_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    hg_status status = f ? hg_png_write_alpha(f, image->argb, image->columns, image->rows, err) : hg_fail_memory(err);
    if (f && fclose(f) != 0 && status == HG_OK)
        status = hg_fail_memory(err);
    unsigned char *text = status == HG_OK ? hg_malloc(n / 3 + 2, 4) : NULL; /* and its terminator */
    if (status == HG_OK && (!text || n > INT32_MAX))
        status = hg_fail_memory(err);
    if (text && status == HG_OK) {
        int length = EVP_EncodeBlock(text, (const unsigned char *)bytes, (int)n);
        hg_text_add(t, "\"data:image/png;base64,");
        hg_text_add_n(t, (const char *)text, (size_t)length);
        hg_text_add(t, "\"");
    }
    hg_free(text);
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
        hg_text_add(t, ",\"box\":");
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
    for (size_t p = g->type == HG_POINT ? 1 : g->polygon_start[row]; g->type != HG_POINT && p < g->polygon_start[row + 1]; p++) {
        hg_text_add(t, p > g->polygon_start[row] ? ",[" : "[");
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
    hg_text_add(t, "}");
}

static const char *popup_head(const hg_map_layer *l, size_t k)
{
    const hg_column *c = hg_table_column(l->table, l->popup[k].column);
    return l->popup[k].head ? l->popup[k].head : c && c->title ? c->title : l->popup[k].column;
}

static void add_layer_style(hg_text *t, const hg_map_layer *l)
{
    const hg_style *s = &l->style;
    char number[32];
    hg_text_addf(t, "\"points\":%s,\"outline\":%s", l->table->geometry.type == HG_POINT ? "true" : "false",
                 s->symbol == HG_SYMBOL_OUTLINE ? "true" : "false");
    hg_text_addf(t, ",\"weight\":%s", hg_shortest_decimal(s->stroke_mm > 0 ? s->stroke_mm * 4 : s->stroke ? 1 : 0, number));
    hg_text_addf(t, ",\"radius\":%s", hg_shortest_decimal(s->size_mm > 0 ? s->size_mm * 2 : 3, number));
    hg_text_addf(t, ",\"opacity\":%s", hg_shortest_decimal(s->opacity > 0 ? s->opacity : 1, number));
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

static bool can_be_drawn(const hg_map_layer *l, size_t row)
{
    double e[4];
    return hg_geometry_envelope(&l->table->geometry, row, e);
}

static void add_layer(hg_html *h, const hg_map *map, const hg_map_layer *l)
{
    hg_text *t = &h->t;
    bool first = true;
    hg_text_add(t, "{\"name\":");
    hg_html_json(t, l->table->name);
    hg_text_add(t, ",");
    add_layer_style(t, l);
    hg_text_add(t, ",\"popup\":[");
    for (size_t k = 0; k < l->n_popup; k++) {
        hg_text_add(t, k ? "," : "");
        hg_html_json(t, popup_head(l, k));
    }
    hg_text_add(t, "],\"features\":[");
    for (size_t row = 0; l->table->geometry.type != HG_NO_GEOMETRY && row < l->table->rows; row++) {
        const hg_style_class *class = hg_map_class(l, row);
        if (!class || !can_be_drawn(l, row))
            continue;
        hg_text_add(t, first ? "" : ",\n");
        add_feature(h, map, l, row, class);
        first = false;
    }
    hg_text_add(t, "]}");
}

/* ------------------------------------------------------------------ legend ----------------- */

static void add_swatch(hg_text *t, const hg_style_class *c, bool outline, bool point)
{
    hg_text_addf(t, "<span class=\"swatch\"><i style=\"%s%s%s\"></i>", outline ? "border:2px solid " : "background:", c->color,
                 point ? ";border-radius:50%" : "");
    hg_text_add_xml(t, c->label ? c->label : "");
    hg_text_add(t, "</span>");
}

/* The legend is the layer switch. */
static void add_entry(hg_html *h, size_t number, const char *title, bool hidden, const hg_style_class *classes, size_t n,
                      const hg_style *style)
{
    hg_text *t = &h->t;
    hg_text_addf(t, "<span class=\"layer\"><label><input type=\"checkbox\" value=\"%zu\"%s> ", number, hidden ? "" : " checked");
    hg_text_add_xml(t, title ? title : "");
    hg_text_add(t, "</label>");
    for (size_t k = 0; k < n; k++)
        add_swatch(t, &classes[k], style && style->symbol == HG_SYMBOL_OUTLINE, style && style->symbol == HG_SYMBOL_POINT);
    hg_text_add(t, "</span>\n");
}

static void add_legend(hg_html *h, const hg_map *map)
{
    hg_text_addf(&h->t, "<fieldset class=\"legend\" aria-label=\"%s\">\n", h->zh ? "图层" : "Layers");
    for (size_t i = map->n_layers; i-- > 0;)
        add_entry(h, map->n_images + i, map->layers[i].title, map->layers[i].style.hidden, map->layers[i].style.classes,
                  map->layers[i].style.n_classes, &map->layers[i].style);
    for (size_t i = 0; i < map->n_images; i++)
        add_entry(h, i, map->images[i].title, map->images[i].hidden, map->images[i].classes, map->images[i].n_classes, NULL);
    hg_text_add(&h->t, "</fieldset>\n");
}

static void add_source(hg_html *h, const hg_map *map)
{
    hg_text *t = &h->t;
    hg_text_add(t, "<p class=\"note\">");
    hg_text_add_xml(t, map->crs ? map->crs : "");
    hg_text_add(t, map->crs && map->source ? " · " : "");
    hg_text_add_xml(t, map->source ? map->source : "");
    if (map->approval) {
        hg_text_add(t, h->zh ? " · 审图号：" : " · map approval ");
        hg_text_add_xml(t, map->approval);
    }
    hg_text_add(t, "</p>");
}

hg_status hg_html_map(hg_html *h, const hg_map *map, hg_error *err)
{
    hg_text *t = &h->t;
    h->maps++;
    hg_text_add(t, "<figure class=\"map-frame\"><figcaption>");
    hg_text_add_xml(t, map->title ? map->title : "");
    hg_text_add(t, "</figcaption>\n<div style=\"position:relative\"><div class=\"map\" role=\"application\" aria-label=\"");
    hg_text_add_xml(t, map->alt ? map->alt : map->title ? map->title : "");
    hg_text_addf(t, "\" style=\"height:min(%.0fvw, 38rem)\"></div><span class=\"north\" aria-hidden=\"true\">%s</span></div>\n",
                 fmin(100, 90 * hg_map_ratio(map)), h->zh ? "北" : "N");
    add_legend(h, map);
    add_source(h, map);
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
