/* Walking a YAML tree: what stands there as a value of the kind that is wanted, or where and why not. */
#include "base/civil.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "io/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN = 60 /* characters of a value in an error */ };

/* ------------------------------------------------------------------ errors */

static size_t place_in(const hg_yaml_node *sequence, const hg_yaml_node *item)
{
    size_t i = 1;
    for (const hg_yaml_node *n = sequence->first; n != item; n = n->next)
        i++;
    return i;
}

/* "streams[2].weight", items counted from 1; the tree is at most HG_YAML_MAX_DEPTH deep. */
static void add_path(hg_text *t, const hg_yaml_node *node)
{
    if (!node->parent)
        return;
    add_path(t, node->parent);
    if (!node->key)
        hg_text_addf(t, "[%zu]", place_in(node->parent, node));
    else
        hg_text_addf(t, "%s%.*s", t->len ? "." : "", (int)hg_utf8_prefix(node->key, SHOWN), node->key);
}

static void add_value(hg_text *t, const hg_yaml_node *node)
{
    static const char *const containers[] = {
        [HG_YAML_SEQUENCE] = "a list", [HG_YAML_MAPPING] = "a mapping"};
    if (node->kind != HG_YAML_SCALAR) {
        hg_text_add(t, containers[node->kind]);
    } else if (hg_yaml_is_null(node)) {
        hg_text_add(t, "nothing");
    } else {
        size_t n = hg_utf8_prefix(node->text, SHOWN);
        hg_text_addf(t, "\"%.*s%s\"", (int)n, node->text, node->text[n] ? "…" : "");
    }
}

hg_status hg_yaml_fail(const hg_yaml_node *node, hg_error *err, const char *expected_fmt, ...)
{
    char expected[256];
    hg_text t = {0};
    va_list args;
    va_start(args, expected_fmt);
    vsnprintf(expected, sizeof expected, expected_fmt, args);
    va_end(args);
    add_path(&t, node);
    hg_text_add(&t, t.len ? ": " : "");
    add_value(&t, node);
    hg_status s = t.failed ? hg_fail_memory(err)
                           : hg_fail(err, HG_EUSAGE, "%s line %u: %s, %s was expected",
                                     hg_yaml_name(node->doc), node->line, t.s, expected);
    hg_text_dispose(&t);
    return s;
}

/* ------------------------------------------------------------------ mappings */

bool hg_yaml_is_null(const hg_yaml_node *node)
{
    return node->kind == HG_YAML_SCALAR && !node->quoted &&
           (!*node->text || strcmp(node->text, "~") == 0 || strcasecmp(node->text, "null") == 0);
}

const hg_yaml_node *hg_yaml_get(const hg_yaml_node *mapping, const char *key)
{
    if (mapping->kind != HG_YAML_MAPPING)
        return NULL;
    for (const hg_yaml_node *n = mapping->first; n; n = n->next)
        if (strcmp(n->key, key) == 0)
            return hg_yaml_is_null(n) ? NULL : n;
    return NULL;
}

hg_status hg_yaml_need(const hg_yaml_node *mapping, const char *key, const hg_yaml_node **out,
                       hg_error *err)
{
    hg_status s = hg_yaml_require(mapping, HG_YAML_MAPPING, err);
    if (s != HG_OK)
        return s;
    const hg_yaml_node *n = hg_yaml_get(mapping, key);
    if (!n)
        return hg_yaml_fail(mapping, err, "the key \"%s\" in it", key);
    *out = n;
    return HG_OK;
}

hg_status hg_yaml_require(const hg_yaml_node *node, hg_yaml_kind kind, hg_error *err)
{
    static const char *const kinds[] = {[HG_YAML_SCALAR] = "a single value",
                                        [HG_YAML_SEQUENCE] = "a list",
                                        [HG_YAML_MAPPING] = "a mapping (key: value)"};
    return node->kind == kind ? HG_OK : hg_yaml_fail(node, err, "%s", kinds[kind]);
}

static bool stands_in(const char *const *words, const char *word)
{
    while (*words && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

static hg_status unknown_key(const hg_yaml_node *entry, const char *const *allowed, hg_error *err)
{
    const char *near = hg_nearest_word(entry->key, allowed);
    hg_text t = {0}, where = {0};
    for (size_t i = 0; allowed[i]; i++)
        hg_text_addf(&t, "%s%s", i ? ", " : "", allowed[i]);
    add_path(&where, entry->parent);
    hg_status s =
        t.failed || where.failed
            ? hg_fail_memory(err)
            : hg_fail(err, HG_EUSAGE, "%s line %u: %s%sunknown key \"%.*s\"%s%s%s, one of %s was expected",
                      hg_yaml_name(entry->doc), entry->key_line, where.s ? where.s : "",
                      where.s ? ": " : "", (int)hg_utf8_prefix(entry->key, SHOWN), entry->key,
                      near ? " (did you mean \"" : "", near ? near : "", near ? "\"?)" : "", t.s);
    hg_text_dispose(&t);
    hg_text_dispose(&where);
    return s;
}

hg_status hg_yaml_check_keys(const hg_yaml_node *mapping, const char *const *allowed, hg_error *err)
{
    hg_status s = hg_yaml_require(mapping, HG_YAML_MAPPING, err);
    for (const hg_yaml_node *n = mapping->first; s == HG_OK && n; n = n->next)
        if (!stands_in(allowed, n->key))
            s = unknown_key(n, allowed, err);
    return s;
}

/* ------------------------------------------------------------------ values */

static bool is_plain(const hg_yaml_node *node)
{
    return node->kind == HG_YAML_SCALAR && !node->quoted && !hg_yaml_is_null(node);
}

/* An infinite bound is none. */
static hg_status no_number(const hg_yaml_node *node, double low, double high, hg_error *err)
{
    char a[32], b[32];
    if (isinf(low) && isinf(high))
        return hg_yaml_fail(node, err, "a number");
    if (isinf(high))
        return hg_yaml_fail(node, err, "a number of at least %s", hg_shortest_decimal(low, a));
    return hg_yaml_fail(node, err, "a number from %s to %s", hg_shortest_decimal(low, a),
                        hg_shortest_decimal(high, b));
}

hg_status hg_yaml_number(const hg_yaml_node *node, double low, double high, double *out,
                         hg_error *err)
{
    double v;
    if (!is_plain(node) || !hg_parse_number(node->text, strlen(node->text), &v) || !isfinite(v) ||
        v < low || v > high)
        return no_number(node, low, high, err);
    *out = v;
    return HG_OK;
}

hg_status hg_yaml_integer(const hg_yaml_node *node, int64_t low, int64_t high, int64_t *out,
                          hg_error *err)
{
    char *end = NULL;
    errno = 0;
    long long v = is_plain(node) ? strtoll(node->text, &end, 10) : 0;
    if (!end || end == node->text || *end || errno || v < low || v > high)
        return hg_yaml_fail(node, err, "a whole number from %lld to %lld", (long long)low,
                            (long long)high);
    *out = v;
    return HG_OK;
}

hg_status hg_yaml_bool(const hg_yaml_node *node, bool *out, hg_error *err)
{
    bool yes = is_plain(node) && strcasecmp(node->text, "true") == 0;
    if (!yes && !(is_plain(node) && strcasecmp(node->text, "false") == 0))
        return hg_yaml_fail(node, err, "true or false");
    *out = yes;
    return HG_OK;
}

hg_status hg_yaml_date(const hg_yaml_node *node, int64_t *civil, hg_error *err)
{
    if (node->kind != HG_YAML_SCALAR || !hg_date_parse(node->text, civil))
        return hg_yaml_fail(node, err, "a date such as 2019-03-01");
    return HG_OK;
}

hg_status hg_yaml_quantity(const hg_yaml_node *node, hg_quantity quantity, double *out,
                           hg_error *err)
{
    static const char *const expected[] = {[HG_LENGTH] = "a length such as 400m or 0.4km",
                                           [HG_AREA] = "an area such as 500m2, 2km2 or 5mu",
                                           [HG_DURATION] = "a duration such as 30d or 12h"};
    double v;
    if (node->kind != HG_YAML_SCALAR || !hg_parse_quantity(node->text, quantity, &v) ||
        !isfinite(v) || v < 0)
        return hg_yaml_fail(node, err, "%s", expected[quantity]);
    *out = v;
    return HG_OK;
}

hg_status hg_yaml_text(const hg_yaml_node *node, const char **out, hg_error *err)
{
    if (node->kind != HG_YAML_SCALAR || !*node->text || hg_yaml_is_null(node))
        return hg_yaml_fail(node, err, "a text");
    *out = node->text;
    return HG_OK;
}

hg_status hg_yaml_texts(const hg_yaml_node *node, const char ***out, size_t *n, hg_error *err)
{
    if (node->kind == HG_YAML_MAPPING)
        return hg_yaml_fail(node, err, "a list of texts");
    bool alone = node->kind == HG_YAML_SCALAR;
    size_t count = alone ? 1 : node->count, i = 0;
    const char **texts = hg_malloc(count + 1, sizeof *texts);
    hg_status s = texts ? HG_OK : hg_fail_memory(err);
    for (const hg_yaml_node *item = alone ? node : node->first; item && s == HG_OK && i < count;
         item = item->next)
        s = hg_yaml_text(item, &texts[i++], err);
    if (s != HG_OK) {
        hg_free(texts);
        return s;
    }
    *out = texts;
    *n = count;
    return HG_OK;
}
