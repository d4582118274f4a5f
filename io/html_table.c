/* Tables of a page: every cell as people read it, with the plain value beside it to sort by. */
#include "io/html.h"

#include <math.h>
#include <string.h>

static const hg_column *column_of(const hg_document_table *t, size_t k)
{
    return hg_table_column(t->table, t->columns[k].column);
}

static bool is_number(const hg_document_table *t, size_t k)
{
    const hg_column *c = column_of(t, k);
    return c && (c->type == HG_DOUBLE || c->type == HG_INT64);
}

static void add_heads(hg_html *h, const hg_document_table *t)
{
    hg_text_add(&h->t, "<thead><tr>");
    for (size_t k = 0; k < t->n_columns; k++) {
        const hg_column *c = column_of(t, k);
        const char *head = t->columns[k].head ? t->columns[k].head : c && c->title ? c->title : t->columns[k].column;
        hg_text_addf(&h->t, "<th scope=\"col\"%s><button type=\"button\">", is_number(t, k) ? " class=\"num\"" : "");
        hg_text_add_xml(&h->t, head);
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
    const hg_column *c = t->columns[k].band ? hg_table_column(t->table, t->columns[k].band) : NULL;
    const char *colour = c && c->type == HG_TEXT ? hg_pool_text(t->table->pool, c->text[row]) : NULL;
    if (colour && colour[0] == '#' && strlen(colour) == 7 && strspn(colour + 1, "0123456789abcdefABCDEF") == 6)
        hg_text_addf(&h->t, "<span class=\"band\" style=\"background:%s\"></span>", colour);
}

/* A row leads to the feature on the map that has the same key. */
static void add_feature(hg_html *h, const hg_document_table *t, size_t row)
{
    for (size_t i = 0; i < hg_document_count(h->doc); i++) {
        const hg_block *b = hg_document_at(h->doc, i);
        for (size_t l = 0; b->kind == HG_BLOCK_MAP && l < b->map.n_layers; l++) {
            const hg_map_layer *layer = &b->map.layers[l];
            const hg_column *key = layer->key ? hg_table_column(t->table, layer->key) : NULL;
            if (!key || key->type != HG_INT64 || strcmp(layer->table->name, t->table->name) != 0)
                continue;
            hg_text_add(&h->t, " data-feature=\"");
            hg_text_add_xml(&h->t, layer->table->name);
            hg_text_addf(&h->t, ":%lld\"", (long long)key->i64[row]);
            return;
        }
    }
}

static void add_row(hg_html *h, const hg_document_table *t, size_t row)
{
    char buf[64];
    bool total = t->total_row && row + 1 == t->table->rows, rest = t->first_rows && row >= t->first_rows && !total;
    hg_text_addf(&h->t, "<tr%s", total ? " class=\"total\"" : rest ? " class=\"rest\"" : "");
    if (!total)
        add_feature(h, t, row);
    hg_text_add(&h->t, ">");
    for (size_t k = 0; k < t->n_columns; k++) {
        hg_text_addf(&h->t, "<td%s", is_number(t, k) ? " class=\"num\"" : "");
        add_value(h, t, k, row);
        hg_text_add(&h->t, ">");
        add_band(h, t, k, row);
        hg_text_add_xml(&h->t, hg_document_cell(h->doc, t->table, &t->columns[k], row, buf));
        hg_text_add(&h->t, "</td>");
    }
    hg_text_add(&h->t, "</tr>\n");
}

void hg_html_table(hg_html *h, const hg_document_table *t)
{
    size_t rows = t->table->rows;
    if (!rows) {
        hg_text_add(&h->t, "<figure><figcaption>");
        hg_text_add_xml(&h->t, t->caption);
        hg_text_addf(&h->t, "</figcaption><p class=\"note\">%s</p></figure>\n", h->zh ? "无" : "none");
        return;
    }
    hg_text_add(&h->t, "<figure><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    hg_text_add_xml(&h->t, t->caption);
    hg_text_add(&h->t, "\">\n<table class=\"sortable\"><caption>");
    hg_text_add_xml(&h->t, t->caption);
    hg_text_add(&h->t, "</caption>\n");
    add_heads(h, t);
    hg_text_add(&h->t, "<tbody>\n");
    for (size_t row = 0; row < rows; row++)
        add_row(h, t, row);
    hg_text_add(&h->t, "</tbody></table></div>\n");
    if (t->first_rows && rows > t->first_rows + t->total_row)
        hg_text_addf(&h->t, h->zh ? "<button type=\"button\" class=\"plain more\">显示全部 %zu 行</button>\n"
                                  : "<button type=\"button\" class=\"plain more\">Show all %zu rows</button>\n", rows);
    if (t->note) {
        hg_text_add(&h->t, "<p class=\"note\">");
        hg_text_add_xml(&h->t, t->note);
        hg_text_add(&h->t, "</p>");
    }
    hg_text_add(&h->t, "</figure>\n");
}
