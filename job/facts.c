#include "job/facts.h"
#include "base/memory.h"

#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 256 };

static hg_fact *put(hg_facts *f, const char *key)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->items[i].key, key) == 0) {
            hg_free(f->items[i].text);
            f->items[i].text = NULL;
            return &f->items[i];
        }
    }
    hg_fact *items = hg_grow(f->items, &f->capacity, f->count + 1, sizeof *items);
    char *copy = items ? hg_strdup(key) : NULL;
    if (items)
        f->items = items;
    if (!copy) {
        f->failed = true;
        return NULL;
    }
    items[f->count] = (hg_fact){.key = copy, .type = HG_FACT_NULL};
    return &items[f->count++];
}

#define FORMAT_KEY(key)                                                                            \
    char formatted[KEY_SIZE];                                                                      \
    va_list args;                                                                                  \
    va_start(args, key);                                                                           \
    vsnprintf(formatted, sizeof formatted, key, args);                                             \
    va_end(args)

void hg_fact_text(hg_facts *f, const char *value, const char *key, ...)
{
    FORMAT_KEY(key);
    hg_fact *fact = put(f, formatted);
    if (!fact)
        return;
    fact->type = value ? HG_FACT_TEXT : HG_FACT_NULL;
    fact->text = hg_strdup(value);
    f->failed |= value && !fact->text;
}

void hg_fact_int(hg_facts *f, int64_t value, const char *key, ...)
{
    FORMAT_KEY(key);
    hg_fact *fact = put(f, formatted);
    if (!fact)
        return;
    fact->type = HG_FACT_INT;
    fact->i64 = value;
}

void hg_fact_real(hg_facts *f, double value, const char *key, ...)
{
    FORMAT_KEY(key);
    hg_fact *fact = put(f, formatted);
    if (!fact)
        return;
    fact->type = isfinite(value) ? HG_FACT_REAL : HG_FACT_NULL;
    fact->f64 = value;
}

void hg_fact_bool(hg_facts *f, bool value, const char *key, ...)
{
    FORMAT_KEY(key);
    hg_fact *fact = put(f, formatted);
    if (!fact)
        return;
    fact->type = HG_FACT_BOOL;
    fact->i64 = value;
}

const hg_fact *hg_fact_find(const hg_facts *f, const char *key)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->items[i].key, key) == 0)
            return &f->items[i];
    return NULL;
}

const char *hg_fact_as_text(const hg_fact *fact, char buf[64])
{
    switch (fact->type) {
    case HG_FACT_TEXT:
        return fact->text ? fact->text : "";
    case HG_FACT_INT:
        snprintf(buf, 64, "%lld", (long long)fact->i64);
        return buf;
    case HG_FACT_REAL:
        return hg_shortest_decimal(fact->f64, buf);
    case HG_FACT_BOOL:
        return fact->i64 ? "true" : "false";
    case HG_FACT_NULL:
        break;
    }
    return "";
}

static json_object *value_of(const hg_fact *fact)
{
    char buf[64];
    switch (fact->type) {
    case HG_FACT_TEXT:
        return json_object_new_string(fact->text);
    case HG_FACT_INT:
        return json_object_new_int64(fact->i64);
    case HG_FACT_REAL:
        return json_object_new_double_s(fact->f64, hg_shortest_decimal(fact->f64, buf));
    case HG_FACT_BOOL:
        return json_object_new_boolean((json_bool)fact->i64);
    case HG_FACT_NULL:
        break;
    }
    return NULL;
}

/* The child of `name` below an object, or of an index below an array, made if missing. */
static json_object *descend(json_object *at, const char *name, int index, bool array)
{
    json_object *child = NULL;
    if (index < 0)
        json_object_object_get_ex(at, name, &child);
    else
        child = json_object_array_get_idx(at, (size_t)index);
    if (child)
        return child;
    child = array ? json_object_new_array() : json_object_new_object();
    if (index < 0)
        json_object_object_add(at, name, child);
    else
        json_object_array_put_idx(at, (size_t)index, child);
    return child;
}

/* "inputs[2].name" -> object inputs, element 2, member name. */
static void insert(json_object *root, const hg_fact *fact)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "%s", fact->key);
    json_object *at = root;
    char *part = key;
    int index = -1;
    for (;;) {
        char *stop = strpbrk(part, ".[");
        char kind = stop ? *stop : '\0';
        if (stop)
            *stop = '\0';
        if (!stop) {
            if (index < 0)
                json_object_object_add(at, part, value_of(fact));
            else
                json_object_array_put_idx(at, (size_t)index, value_of(fact));
            return;
        }
        at = descend(at, part, index, kind == '[');
        index = -1;
        part = stop + 1;
        if (kind == '[') {
            index = (int)strtol(part, &part, 10);
            part++; /* past ']' */
            if (*part == '\0') {
                json_object_array_put_idx(at, (size_t)index, value_of(fact));
                return;
            }
            at = descend(at, NULL, index, false);
            index = -1;
            part += *part == '.';
        }
    }
}

char *hg_facts_json(const hg_facts *f)
{
    json_object *root = json_object_new_object();
    if (!root)
        return NULL;
    for (size_t i = 0; i < f->count; i++)
        insert(root, &f->items[i]);
    const char *text = json_object_to_json_string_ext(
        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    char *copy = hg_strdup(text);
    json_object_put(root);
    return copy;
}

void hg_facts_dispose(hg_facts *f)
{
    for (size_t i = 0; i < f->count; i++) {
        hg_free(f->items[i].key);
        hg_free(f->items[i].text);
    }
    hg_free(f->items);
    *f = (hg_facts){0};
}
