#include "job/facts.h"
#include "base/memory.h"

#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 256 };

/* File names may hold any bytes; JSON and GeoPackage hold UTF-8. */
static char *utf8_copy(const char *s)
{
    hg_text t = {0};
    hg_text_add_utf8(&t, s);
    return hg_text_take(&t);
}

/* FNV-1a: keys are short, and a batch has thousands. */
static size_t hash_of(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

/* The slot of a key, or the free one where it would stand; there is always a free one. */
static uint32_t *slot_of(const hg_facts *f, const char *key)
{
    size_t at = hash_of(key) & (f->slot_count - 1);
    while (f->slots[at] && strcmp(f->items[f->slots[at] - 1].key, key) != 0)
        at = (at + 1) & (f->slot_count - 1);
    return &f->slots[at];
}

/* Keeps at least half of the slots free. */
static bool make_room(hg_facts *f)
{
    if (2 * (f->count + 1) <= f->slot_count)
        return true;
    size_t n = f->slot_count ? 2 * f->slot_count : 64;
    uint32_t *slots = hg_calloc(n, sizeof *slots);
    if (!slots)
        return false;
    hg_free(f->slots);
    f->slots = slots;
    f->slot_count = n;
    for (size_t i = 0; i < f->count; i++)
        *slot_of(f, f->items[i].key) = (uint32_t)i + 1;
    return true;
}

static hg_fact *put(hg_facts *f, const char *given)
{
    char *key = utf8_copy(given);
    uint32_t *slot = key && make_room(f) ? slot_of(f, key) : NULL;
    if (slot && *slot) {
        hg_fact *fact = &f->items[*slot - 1];
        hg_free(key);
        hg_free(fact->text);
        fact->text = NULL;
        return fact;
    }
    hg_fact *items = slot ? hg_grow(f->items, &f->capacity, f->count + 1, sizeof *items) : NULL;
    if (!items) {
        hg_free(key);
        f->failed = true;
        return NULL;
    }
    f->items = items;
    items[f->count] = (hg_fact){.key = key, .type = HG_FACT_NULL};
    *slot = (uint32_t)f->count + 1;
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
    fact->text = value ? utf8_copy(value) : NULL;
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

void hg_facts_add(hg_facts *f, const hg_facts *from, size_t n, const char *prefix)
{
    for (size_t k = 0; k < n; k++) {
        const hg_fact *one = &from->items[k];
        if (one->type == HG_FACT_INT)
            hg_fact_int(f, one->i64, "%s%s", prefix, one->key);
        else if (one->type == HG_FACT_REAL)
            hg_fact_real(f, one->f64, "%s%s", prefix, one->key);
        else if (one->type == HG_FACT_BOOL)
            hg_fact_bool(f, one->i64 != 0, "%s%s", prefix, one->key);
        else
            hg_fact_text(f, one->text, "%s%s", prefix, one->key);
    }
    f->failed |= from->failed;
}

const hg_fact *hg_fact_find(const hg_facts *f, const char *key)
{
    uint32_t place = f->slot_count ? *slot_of(f, key) : 0;
    return place ? &f->items[place - 1] : NULL;
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

/* One step of a key: a member's name, or an index in brackets. */
typedef struct key_part {
    char name[KEY_SIZE];
    size_t index;
    bool is_index;
} key_part;

/* Takes the next part off the key; false where it is not well formed. */
static bool next_part(const char **key, key_part *part)
{
    const char *p = *key;
    part->is_index = *p == '[';
    size_t n = part->is_index ? strspn(p + 1, "0123456789") : strcspn(p, ".[");
    if (n == 0 || n >= sizeof part->name)
        return false;
    if (part->is_index) {
        part->index = strtoul(p + 1, NULL, 10);
        p += 1 + n;
        if (*p++ != ']')
            return false;
    } else {
        memcpy(part->name, p, n);
        part->name[n] = '\0';
        p += n;
    }
    *key = p + (*p == '.');
    return true;
}

static json_object *child_of(json_object *at, const key_part *part)
{
    json_object *child = NULL;
    if (part->is_index)
        return json_object_array_get_idx(at, part->index);
    json_object_object_get_ex(at, part->name, &child);
    return child;
}

static void add_child(json_object *at, const key_part *part, json_object *child)
{
    if (part->is_index)
        json_object_array_put_idx(at, part->index, child);
    else
        json_object_object_add(at, part->name, child);
}

/* "inputs[2].name" -> object inputs, element 2, member name; false where the key cannot be followed. */
static bool insert(json_object *root, const hg_fact *fact)
{
    const char *key = fact->key;
    json_object *at = root;
    key_part part;
    while (next_part(&key, &part)) {
        if (!json_object_is_type(at, part.is_index ? json_type_array : json_type_object))
            return false;
        if (part.is_index && part.index > json_object_array_length(at))
            return false;
        json_object *child = child_of(at, &part);
        if (*key == '\0') {
            if (!child)
                add_child(at, &part, value_of(fact));
            return !child;
        }
        if (!child) {
            child = *key == '[' ? json_object_new_array() : json_object_new_object();
            add_child(at, &part, child);
        }
        at = child;
    }
    return false;
}

char *hg_facts_json(const hg_facts *f)
{
    json_object *root = json_object_new_object();
    if (!root)
        return NULL;
    for (size_t i = 0; i < f->count; i++)
        if (!insert(root, &f->items[i])) /* a key of someone else's file: as it stands */
            json_object_object_add(root, f->items[i].key, value_of(&f->items[i]));
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
    hg_free(f->slots);
    *f = (hg_facts){0};
}
