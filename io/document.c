#include "io/document.h"
#include "base/memory.h"

#include <string.h>

struct hg_document {
    hg_document_info about;
    hg_block *blocks;
    size_t count, capacity;
    void **owned; /* copies of texts and arrays */
    size_t owned_count, owned_capacity;
};

/* Takes memory over; NULL, freeing it, where that fails. */
static void *own(hg_document *doc, void *memory)
{
    void **owned = memory ? hg_grow(doc->owned, &doc->owned_capacity, doc->owned_count + 1, sizeof *owned) : NULL;
    if (!owned) {
        hg_free(memory);
        return NULL;
    }
    doc->owned = owned;
    return owned[doc->owned_count++] = memory;
}

/* A copy of a text that may be NULL; false without memory. */
static bool keep_text(hg_document *doc, const char **text)
{
    return !*text || (*text = own(doc, hg_strdup(*text)));
}

static void *keep_array(hg_document *doc, const void *array, size_t n, size_t size)
{
    void *copy = own(doc, hg_malloc(n ? n : 1, size));
    if (copy && n)
        memcpy(copy, array, n * size);
    return copy;
}

hg_status hg_document_new(const hg_document_info *info, hg_document **out, hg_error *err)
{
    hg_document *doc = hg_calloc(1, sizeof *doc);
    if (!doc)
        return hg_fail_memory(err);
    doc->about = *info;
    hg_document_info *a = &doc->about;
    if (!keep_text(doc, &a->title) || !keep_text(doc, &a->subtitle) || !keep_text(doc, &a->lang) ||
        !keep_text(doc, &a->mark) || !keep_text(doc, &a->footer) || !keep_text(doc, &a->generator)) {
        hg_document_free(doc);
        return hg_fail_memory(err);
    }
    *out = doc;
    return HG_OK;
}

static void block_dispose(hg_block *b)
{
    hg_table_free(b->table.table);
    if (b->chart.dispose)
        b->chart.dispose(b->chart.data);
    for (size_t i = 0; i < b->map.n_layers; i++)
        hg_table_free(b->map.layers[i].table);
}

void hg_document_free(hg_document *doc)
{
    if (!doc)
        return;
    for (size_t i = 0; i < doc->count; i++)
        block_dispose(&doc->blocks[i]);
    for (size_t i = 0; i < doc->owned_count; i++)
        hg_free(doc->owned[i]);
    hg_free(doc->owned);
    hg_free(doc->blocks);
    hg_free(doc);
}

/* Appends a block that owns what was taken over; it is disposed of where there is no room. */
static hg_status append(hg_document *doc, hg_block block, bool kept, hg_error *err)
{
    hg_block *blocks = kept ? hg_grow(doc->blocks, &doc->capacity, doc->count + 1, sizeof *blocks) : NULL;
    if (!blocks) {
        block_dispose(&block);
        return hg_fail_memory(err);
    }
    doc->blocks = blocks;
    blocks[doc->count++] = block;
    return HG_OK;
}

static hg_status append_words(hg_document *doc, hg_block block, hg_error *err)
{
    bool kept = keep_text(doc, &block.id) && keep_text(doc, &block.text);
    return append(doc, block, kept, err);
}

/* ------------------------------------------------------------------ words ------------------ */

hg_status hg_document_heading(hg_document *doc, int level, const char *id, const char *text, hg_error *err)
{
    return append_words(doc, (hg_block){.kind = HG_BLOCK_HEADING, .level = level, .id = id, .text = text}, err);
}

hg_status hg_document_text(hg_document *doc, hg_paragraph style, const char *text, hg_error *err)
{
    return append_words(doc, (hg_block){.kind = HG_BLOCK_TEXT, .paragraph = style, .text = text}, err);
}

hg_status hg_document_item(hg_document *doc, const char *text, hg_error *err)
{
    return append_words(doc, (hg_block){.kind = HG_BLOCK_ITEM, .text = text}, err);
}

hg_status hg_document_page(hg_document *doc, hg_error *err)
{
    return append(doc, (hg_block){.kind = HG_BLOCK_PAGE}, true, err);
}

static hg_pair *keep_pairs(hg_document *doc, const hg_pair *pairs, size_t n)
{
    hg_pair *copy = keep_array(doc, pairs, n, sizeof *pairs);
    for (size_t i = 0; copy && i < n; i++)
        if (!keep_text(doc, &copy[i].label) || !keep_text(doc, &copy[i].value))
            return NULL;
    return copy;
}

hg_status hg_document_figures(hg_document *doc, const hg_pair *pairs, size_t n, hg_error *err)
{
    hg_block b = {.kind = HG_BLOCK_FIGURES, .pairs = keep_pairs(doc, pairs, n), .n_pairs = n};
    return append(doc, b, b.pairs != NULL, err);
}

hg_status hg_document_card(hg_document *doc, const hg_card *card, hg_error *err)
{
    hg_block b = {.kind = HG_BLOCK_CARD, .card = *card};
    b.card.pairs = keep_pairs(doc, card->pairs, card->n_pairs);
    bool kept = b.card.pairs && keep_text(doc, &b.card.badge) && keep_text(doc, &b.card.title) &&
                keep_text(doc, &b.card.text);
    return append(doc, b, kept, err);
}

/* ------------------------------------------------------------------ tables, charts --------- */

static hg_document_column *keep_columns(hg_document *doc, const hg_document_column *columns, size_t n)
{
    hg_document_column *copy = keep_array(doc, columns, n, sizeof *columns);
    for (size_t i = 0; copy && i < n; i++)
        if (!keep_text(doc, &copy[i].column) || !keep_text(doc, &copy[i].head) || !keep_text(doc, &copy[i].band))
            return NULL;
    return copy;
}

hg_status hg_document_add_table(hg_document *doc, const hg_document_table *table, hg_error *err)
{
    hg_block b = {.kind = HG_BLOCK_TABLE, .table = *table};
    b.table.columns = keep_columns(doc, table->columns, table->n_columns);
    bool kept = b.table.columns && keep_text(doc, &b.table.caption) && keep_text(doc, &b.table.stem) &&
                keep_text(doc, &b.table.note);
    return append(doc, b, kept, err);
}

hg_status hg_document_add_chart(hg_document *doc, const hg_chart *chart, hg_error *err)
{
    hg_block b = {.kind = HG_BLOCK_CHART, .chart = *chart};
    bool kept = keep_text(doc, &b.chart.title) && keep_text(doc, &b.chart.alt);
    return append(doc, b, kept, err);
}

/* ------------------------------------------------------------------ maps ------------------- */

static const hg_style_class *keep_classes(hg_document *doc, const hg_style_class *classes, size_t n)
{
    hg_style_class *copy = keep_array(doc, classes, n, sizeof *classes);
    for (size_t i = 0; copy && i < n; i++)
        if (!keep_text(doc, &copy[i].value) || !keep_text(doc, &copy[i].label) || !keep_text(doc, &copy[i].color))
            return NULL;
    return copy;
}

static bool keep_style(hg_document *doc, hg_style *s)
{
    s->label_expression = s->group = s->filter = NULL; /* of QGIS alone */
    s->aliases = NULL;
    s->classes = keep_classes(doc, s->classes, s->n_classes);
    return s->classes && keep_text(doc, &s->layer) && keep_text(doc, &s->title) && keep_text(doc, &s->field) &&
           keep_text(doc, &s->stroke);
}

static bool keep_layer(hg_document *doc, hg_map_layer *l)
{
    l->popup = keep_columns(doc, l->popup, l->n_popup);
    return l->popup && keep_style(doc, &l->style) && keep_text(doc, &l->title) && keep_text(doc, &l->label) &&
           keep_text(doc, &l->key);
}

static bool keep_image(hg_document *doc, hg_map_image *image)
{
    const void *pixels = image->jpeg ? (const void *)image->jpeg : image->argb;
    void *copy = image->jpeg ? keep_array(doc, pixels, image->jpeg_size, 1)
                             : keep_array(doc, pixels, (size_t)image->columns * image->rows, sizeof *image->argb);
    image->argb = image->jpeg ? NULL : copy;
    image->jpeg = image->jpeg ? copy : NULL;
    image->classes = keep_classes(doc, image->classes, image->n_classes);
    return copy && image->classes && keep_text(doc, &image->title);
}

static bool keep_map(hg_document *doc, hg_map *m, const hg_map_layer *layers, const hg_map_image *images)
{
    hg_map_layer *own_layers = keep_array(doc, layers, m->n_layers, sizeof *layers);
    hg_map_image *own_images = keep_array(doc, images, m->n_images, sizeof *images);
    bool kept = own_layers && own_images && keep_text(doc, &m->title) && keep_text(doc, &m->alt) &&
                keep_text(doc, &m->crs) && keep_text(doc, &m->source) && keep_text(doc, &m->approval);
    for (size_t i = 0; kept && i < m->n_layers; i++)
        kept = keep_layer(doc, &own_layers[i]);
    for (size_t i = 0; kept && i < m->n_images; i++)
        kept = keep_image(doc, &own_images[i]);
    if (kept) {
        m->layers = own_layers;
        m->images = own_images;
    }
    return kept;
}

hg_status hg_document_add_map(hg_document *doc, const hg_map *map, hg_error *err)
{
    hg_block b = {.kind = HG_BLOCK_MAP, .map = *map};
    return append(doc, b, keep_map(doc, &b.map, map->layers, map->images), err);
}

/* ------------------------------------------------------------------ for the writers -------- */

size_t hg_document_count(const hg_document *doc)
{
    return doc->count;
}

const hg_block *hg_document_at(const hg_document *doc, size_t i)
{
    return i < doc->count ? &doc->blocks[i] : NULL;
}

const hg_document_info *hg_document_about(const hg_document *doc)
{
    return &doc->about;
}
