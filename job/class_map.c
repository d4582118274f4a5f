#include "job/class_map.h"
#include "base/civil.h"
#include "base/memory.h"
#include "io/yaml.h"
#include "job/presets.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const char *const disorders[HG_DISORDER_END] = {"", "乱占", "乱采", "乱堆", "乱建"};
static const char *const actions[HG_ACT_END + 1] = {"other",      "contract",  "rent",
                                                    "litigation", "voluntary", "demolition"};

static const double M2_PER_MU = 10000.0 / 15;

const char *hg_disorder_name(hg_disorder disorder)
{
    return disorders[disorder];
}

const char *hg_action_kind_name(hg_action_kind kind)
{
    return actions[kind];
}

static void dispose_aliases(hg_aliases *a)
{
    for (size_t i = 0; i < a->count; i++)
        hg_free(a->items[i]);
    hg_free(a->items);
    *a = (hg_aliases){0};
}

void hg_class_map_dispose(hg_class_map *map)
{
    for (size_t i = 0; i < map->class_count; i++) {
        hg_free(map->classes[i].name);
        dispose_aliases(&map->classes[i].aliases);
    }
    hg_free(map->classes);
    for (size_t i = 0; i < HG_ACT_END; i++)
        dispose_aliases(&map->actions[i]);
    for (size_t i = 0; i <= HG_MAX_STEPS; i++)
        hg_free(map->severity_names[i]);
    hg_free(map->levels);
    *map = (hg_class_map){0};
}

/* ------------------------------------------------------------------ looking up */

static const char *trimmed(const char *text, size_t *n)
{
    while (*text == ' ' || *text == '\t')
        text++;
    *n = strlen(text);
    while (*n && (text[*n - 1] == ' ' || text[*n - 1] == '\t'))
        (*n)--;
    return text;
}

static bool is_word(const char *word, const char *text, size_t n)
{
    return strncasecmp(word, text, n) == 0 && word[n] == '\0';
}

static bool has_alias(const hg_aliases *a, const char *text, size_t n)
{
    for (size_t i = 0; i < a->count; i++)
        if (is_word(a->items[i], text, n))
            return true;
    return false;
}

uint16_t hg_class_map_find(const hg_class_map *map, const char *text, bool *known)
{
    size_t n;
    *known = true;
    text = trimmed(text ? text : "", &n);
    if (n == 0)
        return map->other;
    for (size_t i = 0; i < map->class_count; i++)
        if (is_word(map->classes[i].name, text, n))
            return (uint16_t)i;
    for (size_t i = 0; i < map->class_count; i++)
        if (has_alias(&map->classes[i].aliases, text, n))
            return (uint16_t)i;
    *known = false;
    return map->other;
}

hg_action_kind hg_class_map_action(const hg_class_map *map, const char *text, bool *known)
{
    size_t n;
    *known = true;
    text = trimmed(text ? text : "", &n);
    if (n == 0)
        return HG_ACT_OTHER;
    for (int i = 0; i < HG_ACT_END; i++)
        if (is_word(actions[i], text, n) || has_alias(&map->actions[i], text, n))
            return (hg_action_kind)i;
    *known = false;
    return HG_ACT_OTHER;
}

const char *hg_class_map_severity(const hg_class_map *map, double area_m2)
{
    size_t band = 0;
    while (band < map->step_count &&
           (band ? area_m2 > map->steps_m2[band] : area_m2 >= map->steps_m2[0]))
        band++;
    return map->severity_names[band];
}

double hg_class_map_level_m(const hg_class_map *map, int64_t date)
{
    for (size_t i = 0; i < map->level_count; i++)
        if (map->levels[i].date == date)
            return map->levels[i].level_m;
    return NAN;
}

/* ------------------------------------------------------------------ words */

/* One file being laid over the map. */
typedef struct layer {
    hg_class_map *map;
    bool user;
} layer;

/* Takes a word of the default away; false where it is not there or the user gave it. */
static bool take_away(hg_aliases *a, const char *text, size_t n)
{
    for (size_t i = 0; i + a->given < a->count; i++) {
        if (!is_word(a->items[i], text, n))
            continue;
        hg_free(a->items[i]);
        memmove(&a->items[i], &a->items[i + 1], (--a->count - i) * sizeof *a->items);
        return true;
    }
    return false;
}

static hg_status add_alias(const layer *l, hg_aliases *a, const char *text, size_t n, hg_error *err)
{
    char **items = hg_grow(a->items, &a->capacity, a->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    a->items = items;
    if (!(items[a->count] = hg_strndup(text, n)))
        return hg_fail_memory(err);
    a->count++;
    a->given += l->user;
    return HG_OK;
}

static hg_status two_meanings(const hg_yaml_node *node, const char *other, hg_error *err)
{
    return hg_yaml_fail(node, err, "a word that does not stand for %s already", other);
}

/* Room for a word of class `number`: no other class may have it as well. */
static hg_status free_class_word(const layer *l, size_t number, const hg_yaml_node *node,
                                 const char *text, size_t n, hg_error *err)
{
    for (size_t i = 0; i < l->map->class_count; i++) {
        hg_class *c = &l->map->classes[i];
        bool taken = i != number && is_word(c->name, text, n);
        if (l->user && take_away(&c->aliases, text, n))
            continue;
        if (taken || has_alias(&c->aliases, text, n))
            return two_meanings(node, c->name, err);
    }
    return HG_OK;
}

static hg_status free_action_word(const layer *l, size_t number, const hg_yaml_node *node,
                                  const char *text, size_t n, hg_error *err)
{
    for (size_t i = 0; i < HG_ACT_END; i++) {
        hg_aliases *a = &l->map->actions[i];
        bool taken = i != number && is_word(actions[i], text, n);
        if (l->user && take_away(a, text, n))
            continue;
        if (taken || has_alias(a, text, n))
            return two_meanings(node, actions[i], err);
    }
    return HG_OK;
}

typedef hg_status (*free_word)(const layer *l, size_t number, const hg_yaml_node *node,
                               const char *text, size_t n, hg_error *err);

static hg_status read_aliases(const layer *l, const hg_yaml_node *list, size_t number,
                              hg_aliases *a, free_word make_free, hg_error *err)
{
    hg_status status = list ? hg_yaml_require(list, HG_YAML_SEQUENCE, err) : HG_OK;
    for (const hg_yaml_node *n = list ? list->first : NULL; n && status == HG_OK; n = n->next) {
        const char *text = NULL;
        size_t size = 0;
        status = hg_yaml_text(n, &text, err);
        if (status == HG_OK) {
            text = trimmed(text, &size);
            status = make_free(l, number, n, text, size, err);
        }
        if (status == HG_OK)
            status = add_alias(l, a, text, size, err);
    }
    return status;
}

/* ------------------------------------------------------------------ classes and actions */

static hg_class *class_named(const hg_class_map *map, const char *name)
{
    for (size_t i = 0; i < map->class_count; i++)
        if (strcasecmp(map->classes[i].name, name) == 0)
            return &map->classes[i];
    return NULL;
}

/* The class of that name without settings: new, or what the default had forgotten. */
static hg_status begin_class(const layer *l, const hg_yaml_node *entry, hg_error *err)
{
    hg_class_map *map = l->map;
    size_t n;
    const char *name = trimmed(entry->key, &n);
    hg_class *have = class_named(map, entry->key);
    if (n == 0 || name[n] != '\0' || name != entry->key || strcmp(name, "*") == 0)
        return hg_fail(err, HG_EUSAGE,
                       "%s line %u: classes: \"%s\" cannot be the name of a class; a name without "
                       "blanks around it, and not *, was expected",
                       hg_yaml_name(entry->doc), entry->key_line, entry->key);
    if (have) {
        dispose_aliases(&have->aliases);
        have->disorder = HG_DISORDER_NONE;
        have->mobile = false;
        return HG_OK;
    }
    if (map->class_count == HG_MAX_CLASSES)
        return hg_yaml_fail(entry->parent, err, "at most %d classes", HG_MAX_CLASSES);
    hg_class *classes =
        hg_grow(map->classes, &map->class_capacity, map->class_count + 1, sizeof *classes);
    if (!classes)
        return hg_fail_memory(err);
    map->classes = classes;
    classes[map->class_count] = (hg_class){.name = hg_strdup(name)};
    if (!classes[map->class_count].name)
        return hg_fail_memory(err);
    map->class_count++;
    return HG_OK;
}

static hg_status read_disorder(const hg_yaml_node *node, hg_disorder *out, hg_error *err)
{
    for (int d = 1; node->kind == HG_YAML_SCALAR && d < HG_DISORDER_END; d++) {
        if (strcmp(node->text, disorders[d]) == 0) {
            *out = (hg_disorder)d;
            return HG_OK;
        }
    }
    return hg_yaml_fail(node, err, "乱占, 乱采, 乱堆 or 乱建");
}

static hg_status read_class(const layer *l, const hg_yaml_node *entry, hg_error *err)
{
    static const char *const keys[] = {"disorder", "mobile", "aliases", NULL};
    hg_class *c = class_named(l->map, entry->key);
    size_t number = (size_t)(c - l->map->classes);
    if (hg_yaml_is_null(entry))
        return HG_OK;
    hg_status status = hg_yaml_check_keys(entry, keys, err);
    const hg_yaml_node *disorder = hg_yaml_get(entry, "disorder");
    const hg_yaml_node *mobile = hg_yaml_get(entry, "mobile");
    if (status == HG_OK)
        status = free_class_word(l, number, entry, c->name, strlen(c->name), err);
    if (status == HG_OK && disorder)
        status = read_disorder(disorder, &c->disorder, err);
    if (status == HG_OK && mobile)
        status = hg_yaml_bool(mobile, &c->mobile, err);
    return status == HG_OK ? read_aliases(l, hg_yaml_get(entry, "aliases"), number, &c->aliases,
                                          free_class_word, err)
                           : status;
}

static hg_status read_classes(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_MAPPING, err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next)
        status = begin_class(l, n, err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next)
        status = read_class(l, n, err);
    return status;
}

static hg_status read_action(const layer *l, const hg_yaml_node *entry, hg_error *err)
{
    static const char *const keys[] = {"aliases", NULL};
    size_t number = 0;
    while (strcmp(actions[number], entry->key) != 0)
        number++;
    hg_status status = hg_yaml_check_keys(entry, keys, err);
    return status == HG_OK ? read_aliases(l, hg_yaml_get(entry, "aliases"), number,
                                          &l->map->actions[number], free_action_word, err)
                           : status;
}

static hg_status read_actions(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    hg_status status = hg_yaml_check_keys(node, actions, err);
    for (int i = 0; i < HG_ACT_END && status == HG_OK; i++)
        if (hg_yaml_get(node, actions[i]))
            dispose_aliases(&l->map->actions[i]);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next)
        if (!hg_yaml_is_null(n))
            status = read_action(l, n, err);
    return status;
}

/* ------------------------------------------------------------------ thresholds */

static hg_status read_steps(hg_class_map *map, const hg_yaml_node *list, hg_error *err)
{
    hg_status status = hg_yaml_require(list, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && list->count > HG_MAX_STEPS)
        return hg_yaml_fail(list, err, "at most %d steps", HG_MAX_STEPS);
    map->step_count = 0;
    for (const hg_yaml_node *n = list->first; n && status == HG_OK; n = n->next) {
        double *step = &map->steps_m2[map->step_count];
        status = hg_yaml_number(n, 0, INFINITY, step, err);
        if (status == HG_OK && map->step_count && step[0] <= step[-1])
            status = hg_yaml_fail(n, err, "a step above the one before it");
        map->step_count += status == HG_OK;
    }
    return status;
}

static hg_status read_severity(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    static const char *const keys[] = {"steps_m2", "names", NULL};
    hg_class_map *map = l->map;
    const hg_yaml_node *steps = NULL, *names = NULL;
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "steps_m2", &steps, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "names", &names, err);
    if (status == HG_OK)
        status = read_steps(map, steps, err);
    if (status == HG_OK)
        status = hg_yaml_require(names, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && names->count != map->step_count + 1)
        status = hg_yaml_fail(names, err, "%zu names, one more than steps,", map->step_count + 1);
    const hg_yaml_node *n = status == HG_OK ? names->first : NULL;
    for (size_t i = 0; n && status == HG_OK; i++, n = n->next) {
        const char *text = NULL;
        status = hg_yaml_text(n, &text, err);
        if (status != HG_OK)
            break;
        hg_free(map->severity_names[i]);
        map->severity_names[i] = hg_strdup(text);
        status = map->severity_names[i] ? HG_OK : hg_fail_memory(err);
    }
    return status;
}

static hg_status read_mu(const hg_yaml_node *node, const char *key, double *m2, hg_error *err)
{
    const hg_yaml_node *n = hg_yaml_get(node, key);
    double mu;
    if (!n)
        return HG_OK;
    hg_status status = hg_yaml_number(n, 0, INFINITY, &mu, err);
    if (status == HG_OK)
        *m2 = mu * M2_PER_MU;
    return status;
}

static hg_status read_farmland(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    static const char *const keys[] = {"basic_mu", "other_mu", NULL};
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = read_mu(node, "basic_mu", &l->map->farmland_basic_m2, err);
    return status == HG_OK ? read_mu(node, "other_mu", &l->map->farmland_other_m2, err) : status;
}

static hg_status read_rent(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    return hg_yaml_bool(node, &l->map->rent_counts_as_recovered, err);
}

static hg_status read_days(const hg_yaml_node *node, const char *key, int64_t *days, hg_error *err)
{
    const hg_yaml_node *n = hg_yaml_get(node, key);
    return n ? hg_yaml_integer(n, 1, 3660, days, err) : HG_OK;
}

static hg_status read_duty(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    static const char *const keys[] = {"town_days", "village_days", NULL};
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = read_days(node, "town_days", &l->map->town_days, err);
    return status == HG_OK ? read_days(node, "village_days", &l->map->village_days, err) : status;
}

static hg_status read_levels(hg_class_map *map, const hg_yaml_node *node, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_MAPPING, err);
    if (status != HG_OK)
        return status;
    hg_free(map->levels);
    map->level_count = 0;
    map->levels = hg_malloc(node->count, sizeof *map->levels);
    if (!map->levels)
        return hg_fail_memory(err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next) {
        hg_water_level *level = &map->levels[map->level_count];
        if (!hg_date_parse(n->key, &level->date))
            return hg_fail(err, HG_EUSAGE,
                           "%s line %u: water.levels_m: key \"%s\", a date such as 2019-03-01 was "
                           "expected",
                           hg_yaml_name(n->doc), n->key_line, n->key);
        status = hg_yaml_number(n, -INFINITY, INFINITY, &level->level_m, err);
        map->level_count += status == HG_OK;
    }
    return status;
}

static hg_status read_water(const layer *l, const hg_yaml_node *node, hg_error *err)
{
    static const char *const keys[] = {"bank_slope", "levels_m", NULL};
    const hg_yaml_node *slope = NULL, *levels = NULL;
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK) {
        slope = hg_yaml_get(node, "bank_slope");
        levels = hg_yaml_get(node, "levels_m");
    }
    if (status == HG_OK && slope)
        status = hg_yaml_number(slope, 0, 1000, &l->map->bank_slope, err);
    return status == HG_OK && levels ? read_levels(l->map, levels, err) : status;
}

/* ------------------------------------------------------------------ the file */

static hg_status lay_over(hg_class_map *map, const hg_yaml_node *root, bool user, hg_error *err)
{
    static const char *const keys[] = {"classes",     "severity", "farmland",
                                       "actions",     "rent_counts_as_recovered",
                                       "patrol_duty", "water",    NULL};
    static hg_status (*const readers[])(const layer *, const hg_yaml_node *, hg_error *) = {
        read_classes, read_severity, read_farmland, read_actions, read_rent, read_duty, read_water};
    const layer l = {map, user};
    hg_status status = hg_yaml_check_keys(root, keys, err);
    for (size_t i = 0; keys[i] && status == HG_OK; i++) {
        const hg_yaml_node *n = hg_yaml_get(root, keys[i]);
        if (n)
            status = readers[i](&l, n, err);
    }
    return status;
}

static hg_status read_layer(hg_class_map *map, const char *path, hg_error *err)
{
    hg_yaml *doc = NULL;
    const char *text = hg_preset_text("audit");
    hg_status status = path ? hg_yaml_read(path, &doc, err)
                            : hg_yaml_parse(text, strlen(text), "presets/audit.yaml", &doc, err);
    if (status == HG_OK)
        status = lay_over(map, hg_yaml_root(doc), path != NULL, err);
    if (status == HG_OK)
        memcpy(map->sha256, hg_yaml_sha256(doc), HG_SHA256_HEX);
    hg_yaml_free(doc);
    return status;
}

hg_status hg_class_map_read(const char *path, hg_class_map *out, hg_error *err)
{
    hg_class_map map = {0};
    hg_status status = read_layer(&map, NULL, err);
    if (status == HG_OK && path)
        status = read_layer(&map, path, err);
    if (status != HG_OK) {
        hg_class_map_dispose(&map);
        return status;
    }
    map.other = (uint16_t)(class_named(&map, "other") - map.classes);
    *out = map;
    return HG_OK;
}
