/* Tables of a page: every cell as people read it, with the plain value beside it to sort by. */
#include "io/html.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { SHORT_LETTERS = 28, WIDE_LETTERS = 80 };

static const hg_column *column_of(const hg_document_table *t, size_t k)
{
    return hg_table_column(t->table, t->columns[k].column);
}

/* Letters of a text as wide as they are: a Chinese one as two. */
static size_t letters_of(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += (*text & 0xc0) == 0x80 ? 0 : (unsigned char)*text >= 0xe0 ? 2 : 1;
    return n;
}

/* Numbers stand flush right; a column of short texts does not wrap, one of long texts has room for them. */
static const char *class_of(const hg_html *h, const hg_document_table *t, size_t k)
{
    size_t most = 0;
    char buf[64];
    if (hg_document_is_number(t->table, &t->columns[k]))
        return " class=\"num\"";
    for (size_t row = 0; row < t->table->rows && most <= WIDE_LETTERS; row++) {
        size_t n = letters_of(hg_document_cell(h->doc, t->table, &t->columns[k], row, buf));
        most = n > most ? n : most;
    }
    return most <= SHORT_LETTERS ? " class=\"short\"" : most > WIDE_LETTERS ? " class=\"long\"" : " class=\"text\"";
}

static void add_heads(hg_html *h, const hg_document_table *t, const char **classes)
{
    hg_text_add(&h->t, "<thead><tr>");
    for (size_t k = 0; k < t->n_columns; k++) {
        hg_text_addf(&h->t, "<th scope=\"col\"%s><button type=\"button\">", classes[k]);
        hg_text_add_xml(&h->t, hg_document_head(t->table, &t->columns[k]));
        hg_text_add(&h->t, "</button></th>");
    }
    hg_text_add(&h->t, "</tr></thead>\n");
}

/* The value to sort by: empty where there is none; left out for texts that read as they sort. */
static void add_value(hg_html *h, const hg_document_table *t, size_t k, size_t row)
{
    const hg_column *c = column_of(t, k);
    char number[32];
    if (!c || (c->type == HG_TEXT && t->columns[k].format != HG_CELL_DAY))
        return;
    hg_text_add(&h->t, " data-v=\"");
    if (c->type == HG_DOUBLE && isfinite(c->f64[row]))
        hg_text_add(&h->t, hg_shortest_decimal(c->f64[row], number));
    else if ((c->type == HG_INT64 || c->type == HG_DATETIME) && c->i64[row] != HG_NULL_INT64)
        hg_text_addf(&h->t, "%lld", (long long)c->i64[row]);
    else if (c->type == HG_TEXT) { /* 2019-10-31 sorts as 20191031 */
        const char *text = hg_pool_text(t->table->pool, c->text[row]);
        for (; text && *text; text++)
            if (*text >= '0' && *text <= '9')
                hg_text_add_n(&h->t, text, 1);
    }
    hg_text_add(&h->t, "\"");
}

static void add_band(hg_html *h, const hg_document_table *t, size_t k, size_t row)
{
    const char *colour = hg_document_band(t->table, &t->columns[k], row);
    if (colour)
        hg_text_addf(&h->t, "<span class=\"band\" style=\"background:%s\"></span>", colour);
}

/* The column of the table whose values lead to features of a layer: of its own layer, or an id in words. */
static const hg_column *key_of(const hg_document_table *t, const hg_map_layer *layer)
{
    const hg_column *key = layer->key ? hg_table_column(t->table, layer->key) : NULL;
    bool own = key && strcmp(layer->table->name, t->table->name) == 0;
    return key && (key->type == HG_TEXT || (own && key->type == HG_INT64)) ? key : NULL;
}

static const hg_map_layer *layer_of(const hg_html *h, const hg_document_table *t)
{
    for (size_t i = 0; i < hg_document_count(h->doc); i++) {
        const hg_block *b = hg_document_at(h->doc, i);
        for (size_t l = 0; b->kind == HG_BLOCK_MAP && l < b->map.n_layers; l++)
            if (key_of(t, &b->map.layers[l]))
                return &b->map.layers[l];
    }
    return NULL;
}

/* A row leads to the feature on the map that has the same key. */
static void add_feature(hg_html *h, const hg_document_table *t, const hg_map_layer *layer, size_t row)
{
    const hg_column *key = key_of(t, layer);
    hg_text_add(&h->t, " data-feature=\"");
    hg_text_add_xml(&h->t, layer->table->name);
    if (key->type == HG_INT64)
        hg_text_addf(&h->t, ":%lld\"", (long long)key->i64[row]);
    else {
        const char *text = hg_pool_text(t->table->pool, key->text[row]);
        hg_text_add(&h->t, ":");
        hg_text_add_xml(&h->t, text ? text : "");
        hg_text_add(&h->t, "\"");
    }
}

/* What all rows of a table have in common. */
typedef struct row_look {
    const char **classes; /* of the columns */
    const hg_map_layer *layer;
} row_look;

static void add_row(hg_html *h, const hg_document_table *t, const row_look *look, size_t row)
{
    char buf[64];
    bool total = hg_document_is_total(t, row), rest = t->first_rows && row >= t->first_rows && !total;
    hg_text_addf(&h->t, "<tr%s", total ? " class=\"total\"" : rest ? " class=\"rest\"" : "");
    if (!total && look->layer)
        add_feature(h, t, look->layer, row);
    hg_text_add(&h->t, ">");
    for (size_t k = 0; k < t->n_columns; k++) {
        hg_text_addf(&h->t, "<td%s", look->classes[k]);
        add_value(h, t, k, row);
        hg_text_add(&h->t, ">");
        add_band(h, t, k, row);
        hg_text_add_xml(&h->t, hg_document_cell(h->doc, t->table, &t->columns[k], row, buf));
        hg_text_add(&h->t, "</td>");
    }
    hg_text_add(&h->t, "</tr>\n");
}

static void add_below(hg_html *h, const hg_document_table *t)
{
    size_t rows = t->table->rows;
    if (t->first_rows && rows > t->first_rows + t->total_row)
        hg_text_addf(&h->t, h->zh ? "<button type=\"button\" class=\"plain more\">显示全部 %zu 行</button>\n"
                                  : "<button type=\"button\" class=\"plain more\">Show all %zu rows</button>\n", rows);
    if (!t->note)
        return;
    hg_text_add(&h->t, "<p class=\"note\">");
    hg_text_add_xml(&h->t, t->note);
    hg_text_add(&h->t, "</p>");
}

static void add_empty(hg_html *h, const hg_document_table *t)
{
    hg_text_add(&h->t, "<figure><figcaption>");
    hg_text_add_xml(&h->t, t->caption);
    hg_text_addf(&h->t, "</figcaption><p class=\"note\">%s</p></figure>\n", h->zh ? "无" : "none");
}

static void add_whole(hg_html *h, const hg_document_table *t, const row_look *look)
{
    hg_text_add(&h->t, "<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    hg_text_add_xml(&h->t, t->caption);
    hg_text_add(&h->t, "\">\n<table class=\"sortable\"><caption>");
    hg_text_add_xml(&h->t, t->caption);
    hg_text_add(&h->t, "</caption>\n");
    add_heads(h, t, look->classes);
    hg_text_add(&h->t, "<tbody>\n");
    for (size_t row = 0; row < t->table->rows; row++)
        add_row(h, t, look, row);
    hg_text_add(&h->t, "</tbody></table></div>\n");
    add_below(h, t);
    hg_text_add(&h->t, "</figure>\n");
}

void hg_html_table(hg_html *h, const hg_document_table *t)
{
    row_look look = {hg_malloc(t->n_columns ? t->n_columns : 1, sizeof *look.classes), layer_of(h, t)};
    h->t.failed |= !look.classes;
    for (size_t k = 0; look.classes && k < t->n_columns; k++)
        look.classes[k] = class_of(h, t, k);
    if (!t->table->rows)
        add_empty(h, t);
    else if (look.classes)
        add_whole(h, t, &look);
    hg_free(look.classes);
}
