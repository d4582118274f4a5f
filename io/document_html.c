/* A document as one HTML file that needs nothing else. */
#include "io/html.h"
#include "base/embedded.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A chart is not made narrower than this: its letters could not be read, and a small screen moves it instead. */
enum { LEAST_CHART = 480 };

extern const hg_embedded hg_html_assets[];

static const hg_embedded *asset(const char *name)
{
    const hg_embedded *a = hg_html_assets;
    while (a->name && strcmp(a->name, name) != 0)
        a++;
    return a;
}

void hg_html_json(hg_text *t, const char *text)
{
    hg_text valid = {0};
    hg_text_add_utf8(&valid, text ? text : "");
    hg_text_add(t, "\"");
    for (const char *c = valid.s ? valid.s : ""; *c; c++) {
        if (strchr("\"\\<>&", *c) || (unsigned char)*c < 0x20 || *c == 0x7f)
            hg_text_addf(t, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            hg_text_add_n(t, c, 1);
    }
    hg_text_add(t, "\"");
    t->failed |= valid.failed;
    hg_text_dispose(&valid);
}

static void add_element(hg_html *h, const char *open, const char *text, const char *close)
{
    hg_text_add(&h->t, open);
    hg_text_add_xml(&h->t, text ? text : "");
    hg_text_add(&h->t, close);
}

/* ------------------------------------------------------------------ head ------------------- */

/* The end of an asset of Leaflet without the note to programmers where its sources are. */
static const char *end_of(const hg_embedded *a)
{
    const char *note = strstr(a->text, "# sourceMappingURL");
    return note ? note - 2 : a->text + a->size;
}

/*
 * Leaflet's pictures for markers and its layer button are not used: without their addresses nothing is
 * ever asked for. The policy says so to the browser, too.
 */
static void add_leaflet_css(hg_text *t)
{
    const hg_embedded *a = asset("leaflet");
    const char *css = a->text, *end = end_of(a);
    for (const char *url; (url = strstr(css, "url(")) && strchr(url, ')'); css = strchr(url, ')') + 1) {
        hg_text_add_n(t, css, (size_t)(url - css));
        hg_text_add(t, "none");
    }
    hg_text_add_n(t, css, (size_t)(end - css));
}

static void add_head(hg_html *h)
{
    const hg_document_info *about = hg_document_about(h->doc);
    hg_text_addf(&h->t, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n",
                 h->zh ? "zh-CN" : "en");
    hg_text_add(&h->t, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                       "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n");
    hg_text_add(&h->t, "<meta name=\"generator\" content=\"");
    hg_text_add_xml(&h->t, about->generator ? about->generator : "");
    hg_text_add(&h->t, "\">\n<link rel=\"icon\" href=\"data:,\">\n");
    add_element(h, "<title>", about->title, "");
    if (about->subtitle)
        add_element(h, " – ", about->subtitle, "");
    hg_text_add(&h->t, "</title>\n<style>\n");
    add_leaflet_css(&h->t);
    hg_text_add(&h->t, asset("report")->text);
    hg_text_add(&h->t, "</style>\n</head>\n<body>\n");
}

static void add_contents(hg_html *h)
{
    int level = 0;
    hg_text_addf(&h->t, "<nav class=\"contents\"><details><summary>%s</summary>\n<ol>", h->zh ? "目录" : "Contents");
    for (size_t i = 0; i < hg_document_count(h->doc); i++) {
        const hg_block *b = hg_document_at(h->doc, i);
        if (b->kind != HG_BLOCK_HEADING || b->level > 2)
            continue;
        if (level)
            hg_text_add(&h->t, b->level > level ? "<ol>" : b->level < level ? "</li></ol></li>" : "</li>");
        level = level ? b->level : 1;
        hg_text_add(&h->t, "\n<li><a href=\"#");
        hg_text_add_xml(&h->t, b->id);
        add_element(h, "\">", b->text, "</a>");
        level = b->level;
    }
    hg_text_add(&h->t, level == 2 ? "</li></ol></li>" : level ? "</li>" : "");
    hg_text_add(&h->t, "\n</ol></details></nav>\n");
}

static void add_header(hg_html *h)
{
    const hg_document_info *about = hg_document_about(h->doc);
    hg_text_addf(&h->t, "<a class=\"skip\" href=\"#main\">%s</a>\n<header>\n", h->zh ? "跳到正文" : "Skip to the report");
    if (about->mark)
        add_element(h, "<span class=\"mark\">", about->mark, "</span>\n");
    add_element(h, "<h1>", about->title, "</h1>\n");
    if (about->subtitle)
        add_element(h, "<p class=\"subtitle\">", about->subtitle, "</p>\n");
    hg_text_add(&h->t, "</header>\n");
    add_contents(h);
    hg_text_add(&h->t, "<main id=\"main\">\n");
}

static void add_tail(hg_html *h)
{
    const hg_document_info *about = hg_document_about(h->doc);
    hg_text_add(&h->t, "</main>\n<footer>");
    if (about->footer)
        add_element(h, "<p>", about->footer, "</p>");
    add_element(h, "<p>", about->generator, "</p></footer>\n");
    hg_text_addf(&h->t, "<script type=\"application/json\" id=\"words\">{\"zoomIn\":\"%s\",\"zoomOut\":\"%s\","
                        "\"onMap\":\"%s\"}</script>\n",
                 h->zh ? "放大" : "Zoom in", h->zh ? "缩小" : "Zoom out", h->zh ? "地图" : "map");
    if (h->maps) {
        const hg_embedded *leaflet = asset("leaflet.min");
        hg_text_add(&h->t, "<script>");
        hg_text_add_n(&h->t, leaflet->text, (size_t)(end_of(leaflet) - leaflet->text));
        hg_text_add(&h->t, "</script>\n");
    }
    hg_text_add(&h->t, "<script>");
    hg_text_add(&h->t, asset("report_script")->text);
    hg_text_add(&h->t, "</script>\n</body>\n</html>\n");
}

/* ------------------------------------------------------------------ blocks ----------------- */

static void add_heading(hg_html *h, const hg_block *b)
{
    int level = (b->level < 1 ? 1 : b->level > 3 ? 3 : b->level) + 1;
    hg_text_addf(&h->t, "<h%d id=\"", level);
    hg_text_add_xml(&h->t, b->id);
    add_element(h, "\">", b->text, "");
    hg_text_addf(&h->t, "</h%d>\n", level);
}

static void add_paragraph(hg_html *h, const hg_block *b)
{
    static const char *const opens[] = {[HG_BODY] = "<p>", [HG_LEAD] = "<p class=\"lead\">",
                                        [HG_SMALL] = "<p class=\"small\">",
                                        [HG_WARNING] = "<p class=\"warning\" role=\"note\">"};
    add_element(h, opens[b->paragraph], b->text, "</p>\n");
}

static void add_pairs(hg_html *h, const hg_pair *pairs, size_t n, const char *open, const char *close)
{
    for (size_t i = 0; i < n; i++) {
        hg_text_add(&h->t, open);
        add_element(h, "<dt>", pairs[i].label, "</dt>");
        add_element(h, "<dd>", pairs[i].value, "</dd>");
        hg_text_add(&h->t, close);
    }
}

static void add_card(hg_html *h, const hg_card *c)
{
    hg_text_add(&h->t, "<article class=\"card\"><h4>");
    if (c->badge)
        add_element(h, "<span class=\"badge\">", c->badge, "</span>");
    add_element(h, "<span>", c->title, "</span></h4><dl>");
    add_pairs(h, c->pairs, c->n_pairs, "", "");
    hg_text_add(&h->t, "</dl>");
    if (c->text)
        add_element(h, "<p>", c->text, "</p>");
    hg_text_add(&h->t, "</article>\n");
}

static hg_status add_chart(hg_html *h, const hg_chart *c, hg_error *err)
{
    hg_canvas *canvas = NULL;
    add_element(h, "<figure class=\"chart\"><figcaption>", c->title,
                "</figcaption><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"");
    hg_text_add_xml(&h->t, c->title);
    hg_text_addf(&h->t, "\" style=\"--least:%.0fpx\">", fmin(c->width, LEAST_CHART));
    hg_status status = hg_canvas_new_inline(&h->t, c->width, c->height, c->alt ? c->alt : c->title, &canvas, err);
    if (status == HG_OK) {
        c->draw(canvas, c->width, c->height, c->data);
        status = hg_canvas_finish(canvas, err);
    }
    hg_text_add(&h->t, "</div></figure>\n");
    return status;
}

/* Whether blocks share a list or a grid where they follow one another: items, cards, half maps. */
static bool is_of_group(const hg_block *b, hg_block_kind kind)
{
    return b && b->kind == kind && (kind != HG_BLOCK_MAP || b->map.half);
}

static hg_status add_single(hg_html *h, const hg_block *b, hg_error *err);

/* The first of a group opens what holds it, the last closes it. */
static hg_status add_grouped(hg_html *h, size_t i, const char *open, const char *close, hg_error *err)
{
    const hg_block *b = hg_document_at(h->doc, i);
    if (!i || !is_of_group(hg_document_at(h->doc, i - 1), b->kind))
        hg_text_add(&h->t, open);
    hg_status status = add_single(h, b, err);
    if (!is_of_group(hg_document_at(h->doc, i + 1), b->kind))
        hg_text_add(&h->t, close);
    return status;
}

static hg_status add_single(hg_html *h, const hg_block *b, hg_error *err)
{
    switch (b->kind) {
    case HG_BLOCK_HEADING:
        add_heading(h, b);
        break;
    case HG_BLOCK_TEXT:
        add_paragraph(h, b);
        break;
    case HG_BLOCK_ITEM:
        add_element(h, "<li>", b->text, "</li>\n");
        break;
    case HG_BLOCK_PAGE:
        break;
    case HG_BLOCK_FIGURES:
        hg_text_add(&h->t, "<div class=\"figures\">\n");
        add_pairs(h, b->pairs, b->n_pairs, "<dl class=\"figure\" style=\"margin:0\">", "</dl>\n");
        hg_text_add(&h->t, "</div>\n");
        break;
    case HG_BLOCK_CARD:
        add_card(h, &b->card);
        break;
    case HG_BLOCK_TABLE:
        hg_html_table(h, &b->table);
        break;
    case HG_BLOCK_CHART:
        return add_chart(h, &b->chart, err);
    case HG_BLOCK_MAP:
        return hg_html_map(h, &b->map, err);
    }
    return HG_OK;
}

static hg_status add_block(hg_html *h, size_t i, hg_error *err)
{
    const hg_block *b = hg_document_at(h->doc, i);
    if (b->kind == HG_BLOCK_ITEM)
        return add_grouped(h, i, "<ul>\n", "</ul>\n", err);
    if (b->kind == HG_BLOCK_CARD)
        return add_grouped(h, i, "<div class=\"cards\">\n", "</div>\n", err);
    if (is_of_group(b, HG_BLOCK_MAP))
        return add_grouped(h, i, "<div class=\"maps\">\n", "</div>\n", err);
    return add_single(h, b, err);
}

static hg_status write_bytes(const char *path, const hg_text *t, hg_error *err)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(t->s, 1, t->len, f) == t->len;
    int code = errno;
    if (f && fclose(f) != 0 && ok) {
        ok = false;
        code = errno;
    }
    return ok ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(code));
}

hg_status hg_document_write_html(const hg_document *doc, const char *path, hg_error *err)
{
    hg_html h = {.doc = doc, .zh = strcmp(hg_document_about(doc)->lang, "zh") == 0};
    hg_status status = HG_OK;
    add_head(&h);
    add_header(&h);
    for (size_t i = 0; i < hg_document_count(doc) && status == HG_OK; i++)
        status = add_block(&h, i, err);
    add_tail(&h);
    if (status == HG_OK)
        status = h.t.failed ? hg_fail_memory(err) : write_bytes(path, &h.t, err);
    hg_text_dispose(&h.t);
    return status;
}
