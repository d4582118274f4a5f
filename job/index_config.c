#include "job/index_config.h"
#include "base/memory.h"
#include "io/hash.h"
#include "job/presets.h"
#include "job/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char default_preset[] = "four-stream";

static const char *const band_words[] = {"blue", "green", "yellow", "orange", "red", NULL};

static const char *const own_keys[] = {
    "preset",     "title",        "title_zh", "source",     "streams",  "rule",   "headline",
    "baseline",   "period_days",  "bands",    "band_names", "deaths",   "history_days",
    "effects",    "death_points", "calendar", "population", "escalation", NULL};

void hg_index_design_dispose(hg_index_design *d)
{
    for (size_t i = 0; d->parts && i < d->part_count; i++) {
        hg_free(d->parts[i].aliases);
        hg_free(d->parts[i].severity);
        hg_free(d->parts[i].discovered);
    }
    hg_free(d->parts);
    hg_free(d->holidays);
    hg_free(d->kinds);
    hg_free(d->feeds);
    hg_yaml_free(d->preset);
    hg_yaml_free(d->config);
    hg_yaml_free(d->calendar);
    *d = (hg_index_design){0};
}

/* ------------------------------------------------- streams ---------------------------------- */

static hg_status read_severity(const hg_yaml_node *node, hg_index_part *p, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_MAPPING, err);
    if (status != HG_OK)
        return status;
    p->severity = hg_calloc(node->count, sizeof *p->severity);
    if (!p->severity)
        return hg_fail_memory(err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next) {
        hg_severity *s = &p->severity[p->severity_count++];
        s->category = n->key;
        status = hg_yaml_number(n, 0, 1e6, &s->weight, err);
    }
    return status;
}

static hg_status read_origin(const hg_yaml_node *node, hg_index_part *p, hg_error *err)
{
    const char *text = NULL;
    hg_status status = hg_yaml_text(node, &text, err);
    if (status != HG_OK)
        return status;
    p->all_discovered = strcmp(text, "discovered") == 0;
    return p->all_discovered || strcmp(text, "reported") == 0
               ? HG_OK
               : hg_yaml_fail(node, err, "reported or discovered");
}

static hg_status read_part(const hg_yaml_node *node, hg_index_part *p, hg_error *err)
{
    static const char *const keys[] = {"name",     "label_zh",   "weight", "origin",
                                       "severity", "discovered", "aliases", NULL};
    const hg_yaml_node *n = NULL;
    hg_status status = hg_yaml_check_keys(node, keys, err);
    if (status == HG_OK)
        status = hg_yaml_need(node, "name", &n, err);
    if (status == HG_OK)
        status = hg_yaml_text(n, &p->name, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "label_zh")))
        status = hg_yaml_text(n, &p->label_zh, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "origin")))
        status = read_origin(n, p, err);
    if (status == HG_OK && !p->all_discovered)
        status = hg_yaml_need(node, "weight", &n, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "weight")))
        status = hg_yaml_number(n, 0, 1, &p->weight, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "severity")))
        status = read_severity(n, p, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "discovered")))
        status = hg_yaml_texts(n, &p->discovered, &p->discovered_count, err);
    if (status == HG_OK && (n = hg_yaml_get(node, "aliases")))
        status = hg_yaml_texts(n, &p->aliases, &p->alias_count, err);
    return status;
}

/* A stream discovered by categories takes a second place in the engine. */
static size_t engine_streams(const hg_index_design *d)
{
    size_t n = d->part_count;
    for (size_t i = 0; i < d->part_count; i++)
        n += d->parts[i].discovered_count > 0;
    return n;
}

size_t hg_index_part_of(const hg_index_design *d, const char *stream)
{
    for (size_t i = 0; i < d->part_count; i++)
        if (strcmp(d->parts[i].name, stream) == 0)
            return i;
    for (size_t i = 0; i < d->part_count; i++)
        for (size_t k = 0; k < d->parts[i].alias_count; k++)
            if (strcmp(d->parts[i].aliases[k], stream) == 0)
                return i;
    return d->part_count;
}

/* Every name and every other name leads to one stream. */
static hg_status check_names(const hg_yaml_node *node, const hg_index_design *d, hg_error *err)
{
    size_t k = 0;
    for (const hg_yaml_node *n = node->first; n; n = n->next, k++) {
        if (hg_index_part_of(d, d->parts[k].name) != k)
            return hg_yaml_fail(hg_yaml_get(n, "name"), err, "a name that no other stream has");
        for (size_t i = 0; i < d->parts[k].alias_count; i++)
            if (hg_index_part_of(d, d->parts[k].aliases[i]) != k)
                return hg_yaml_fail(hg_yaml_get(n, "aliases"), err, "names that no other stream has, unlike \"%s\"",
                                    d->parts[k].aliases[i]);
    }
    if (engine_streams(d) > HG_INDEX_STREAMS_MAX)
        return hg_yaml_fail(node, err, "at most %d streams, those with discovered categories counting twice",
                            HG_INDEX_STREAMS_MAX);
    return HG_OK;
}

static hg_status check_weights(const hg_yaml_node *node, const hg_index_design *d, hg_error *err)
{
    double sum = 0;
    size_t reported = 0;
    for (size_t i = 0; i < d->part_count; i++) {
        sum += d->parts[i].all_discovered ? 0 : d->parts[i].weight;
        reported += !d->parts[i].all_discovered;
    }
    if (!reported)
        return hg_yaml_fail(node, err, "at least one stream whose origin is reported");
    if (fabs(sum - 1) > 1e-6)
        return hg_yaml_fail(node, err, "a list of streams whose weights sum to 1 (these sum to %.9g)", sum);
    return HG_OK;
}

static hg_status read_streams(const hg_yaml_node *node, hg_index_design *d, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && !node->count)
        status = hg_yaml_fail(node, err, "at least one stream");
    if (status != HG_OK)
        return status;
    for (size_t i = 0; d->parts && i < d->part_count; i++) {
        hg_free(d->parts[i].aliases);
        hg_free(d->parts[i].severity);
        hg_free(d->parts[i].discovered);
    }
    hg_free(d->parts);
    d->part_count = 0;
    d->parts = hg_calloc(node->count, sizeof *d->parts);
    if (!d->parts)
        return hg_fail_memory(err);
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next)
        status = read_part(n, &d->parts[d->part_count++], err);
    if (status == HG_OK)
        status = check_names(node, d, err);
    return status == HG_OK ? check_weights(node, d, err) : status;
}

/* ------------------------------------------------- the model -------------------------------- */

static hg_status read_bands(const hg_yaml_node *node, hg_index_config *m, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && (node->count < 1 || node->count > HG_INDEX_EDGES_MAX))
        status = hg_yaml_fail(node, err, "1 to %d edges", HG_INDEX_EDGES_MAX);
    size_t k = 0;
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next, k++) {
        status = hg_yaml_number(n, 0, 100, &m->edges[k], err);
        if (status == HG_OK && !(m->edges[k] > 0))
            status = hg_yaml_fail(n, err, "an edge above 0");
        if (status == HG_OK && k && !(m->edges[k] < m->edges[k - 1]))
            status = hg_yaml_fail(n, err, "an edge below the one before it (%g): the best band first",
                                  m->edges[k - 1]);
    }
    if (status == HG_OK)
        m->edge_count = node->count;
    return status;
}

static hg_status read_band_names(const hg_yaml_node *node, hg_index_design *d, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && node->count > HG_INDEX_BANDS_MAX)
        status = hg_yaml_fail(node, err, "at most %d names", HG_INDEX_BANDS_MAX);
    d->band_count = 0;
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next) {
        const char *text = NULL;
        bool known = false;
        status = hg_yaml_text(n, &text, err);
        for (const char *const *w = band_words; status == HG_OK && *w; w++)
            known |= strcmp(*w, text) == 0;
        for (size_t k = 0; k < d->band_count; k++)
            known &= status == HG_OK && strcmp(d->band_names[k], text) != 0;
        if (status == HG_OK && !known)
            status = hg_yaml_fail(n, err, "blue, green, yellow, orange or red, each once");
        d->band_names[d->band_count++] = text;
    }
    return status;
}

/* As many names as bands: where only the edges were given, the ends of the scale keep theirs. */
static hg_status settle_band_names(const hg_yaml_node *names, hg_index_design *d, hg_error *err)
{
    static const char *const by_count[][HG_INDEX_BANDS_MAX] = {
        {"blue", "red"}, {"blue", "yellow", "red"}, {"blue", "yellow", "orange", "red"}};
    size_t bands = d->model.edge_count + 1;
    if (d->band_count == bands)
        return HG_OK;
    if (names)
        return hg_yaml_fail(names, err, "%zu names for %zu edges", bands, bands - 1);
    d->band_count = bands;
    memcpy(d->band_names, by_count[bands - 2], sizeof d->band_names);
    return HG_OK;
}

static hg_status read_effects(const hg_yaml_node *node, hg_index_config *m, hg_error *err)
{
    static const char *const keys[] = {"weekday", "month", "holiday", NULL};
    bool *const fields[] = {&m->weekday, &m->month, &m->holiday};
    hg_status status = hg_yaml_check_keys(node, keys, err);
    for (size_t k = 0; keys[k] && status == HG_OK; k++) {
        const hg_yaml_node *n = hg_yaml_get(node, keys[k]);
        if (n)
            status = hg_yaml_bool(n, fields[k], err);
    }
    return status;
}

static hg_status read_escalation(const hg_yaml_node *node, hg_index_config *m, hg_error *err)
{
    hg_status status = hg_yaml_require(node, HG_YAML_SEQUENCE, err);
    if (status == HG_OK && node->count != 3)
        status = hg_yaml_fail(node, err, "three numbers of reds in a row");
    size_t k = 0;
    for (const hg_yaml_node *n = node->first; n && status == HG_OK; n = n->next, k++) {
        int64_t reds = 0;
        status = hg_yaml_integer(n, k ? m->escalation[k - 1] + 1 : 1, 10000, &reds, err);
        m->escalation[k] = (int32_t)reds;
    }
    return status;
}

/* One of two words: *second tells which. */
static hg_status read_choice(const hg_yaml_node *node, const char *a, const char *b, bool *second,
                             hg_error *err)
{
    const char *text = NULL;
    hg_status status = hg_yaml_text(node, &text, err);
    if (status != HG_OK)
        return status;
    *second = strcmp(text, b) == 0;
    return *second || strcmp(text, a) == 0 ? HG_OK : hg_yaml_fail(node, err, "%s or %s", a, b);
}

static hg_status read_rules(const hg_yaml_node *root, hg_index_config *m, hg_error *err)
{
    const hg_yaml_node *n;
    hg_status status = HG_OK;
    bool second = false;
    int64_t days = 0;
    if ((n = hg_yaml_get(root, "rule")) && (status = read_choice(n, "z", "ratio", &second, err)) == HG_OK)
        m->rule = second ? HG_INDEX_RATIO : HG_INDEX_Z;
    if (status == HG_OK && (n = hg_yaml_get(root, "headline")) &&
        (status = read_choice(n, "worst", "mean", &second, err)) == HG_OK)
        m->headline = second ? HG_INDEX_MEAN : HG_INDEX_WORST;
    if (status == HG_OK && (n = hg_yaml_get(root, "baseline")) &&
        (status = read_choice(n, "own", "all_units", &second, err)) == HG_OK)
        m->baseline = second ? HG_INDEX_ALL_UNITS : HG_INDEX_OWN;
    if (status == HG_OK && (n = hg_yaml_get(root, "period_days")) &&
        (status = hg_yaml_integer(n, 1, 366, &days, err)) == HG_OK)
        m->period_days = (int32_t)days;
    if (status == HG_OK && (n = hg_yaml_get(root, "history_days")) &&
        (status = hg_yaml_integer(n, HG_INDEX_HISTORY_MIN, 36525, &days, err)) == HG_OK)
        m->history_days = (int32_t)days;
    if (status == HG_OK && (n = hg_yaml_get(root, "death_points")))
        status = hg_yaml_number(n, 0, 100, &m->death_points, err);
    return status;
}

static hg_status read_population(const hg_yaml_node *node, hg_index_design *d, hg_error *err)
{
    const char *text = NULL;
    double number = NAN;
    hg_status status = hg_yaml_text(node, &text, err);
    if (status != HG_OK)
        return status;
    bool counted = !node->quoted && hg_parse_number(text, strlen(text), &number);
    if (counted && !(number > 0 && isfinite(number)))
        return hg_yaml_fail(node, err, "a number of people above 0, or a column of the units");
    d->population = counted ? number : NAN;
    d->population_column = counted ? NULL : text;
    d->population_node = node;
    return HG_OK;
}

static hg_status read_root(const hg_yaml *doc, hg_index_design *d, hg_error *err)
{
    const hg_yaml_node *root = hg_yaml_root(doc), *n;
    hg_status status = hg_yaml_check_keys(root, own_keys, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "streams")))
        status = read_streams(n, d, err);
    if (status == HG_OK)
        status = read_rules(root, &d->model, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "bands")))
        status = read_bands(n, &d->model, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "band_names")))
        status = read_band_names(n, d, err);
    if (status == HG_OK)
        status = settle_band_names(n, d, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "effects")))
        status = read_effects(n, &d->model, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "escalation")))
        status = read_escalation(n, &d->model, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "population")))
        status = read_population(n, d, err);
    if (status == HG_OK && (n = hg_yaml_get(root, "deaths"))) {
        d->deaths_node = n;
        status = hg_yaml_text(n, &d->deaths, err);
    }
    if (status == HG_OK && (n = hg_yaml_get(root, "calendar")))
        status = hg_index_calendar_read(n, d, err);
    return status;
}

/* ------------------------------------------------- the whole -------------------------------- */

static void list_presets(hg_text *t)
{
    for (const hg_embedded *p = hg_preset_texts; p->name; p++)
        if (strstr(p->text, "\nstreams:"))
            hg_text_addf(t, "%s%s", t->len ? ", " : "", p->name);
}

static hg_status unknown_preset(const char *name, const hg_yaml_node *node, hg_error *err)
{
    hg_text t = {0};
    list_presets(&t);
    hg_status status = node ? hg_yaml_fail(node, err, "one of %s", t.s ? t.s : "")
                            : hg_fail(err, HG_EUSAGE, "--preset %s: one of %s was expected", name,
                                      t.s ? t.s : "");
    hg_text_dispose(&t);
    return status;
}

static hg_status name_preset(const char *preset, hg_index_design *d, const hg_yaml_node **node,
                             hg_error *err)
{
    *node = d->config ? hg_yaml_get(hg_yaml_root(d->config), "preset") : NULL;
    const char *own = NULL;
    hg_status status = *node ? hg_yaml_text(*node, &own, err) : HG_OK;
    if (status == HG_OK && own && preset && strcmp(own, preset) != 0)
        return hg_yaml_fail(*node, err, "the one that --preset names, %s,", preset);
    d->preset_name = preset ? preset : own ? own : default_preset;
    return status;
}

static hg_status read_preset(const char *preset, hg_index_design *d, hg_error *err)
{
    char name[128];
    const hg_yaml_node *node = NULL;
    hg_status status = name_preset(preset, d, &node, err);
    if (status != HG_OK)
        return status;
    const char *text = hg_preset_text(d->preset_name);
    if (!text || !strstr(text, "\nstreams:"))
        return unknown_preset(d->preset_name, node, err);
    snprintf(name, sizeof name, "preset %s", d->preset_name);
    status = hg_yaml_parse(text, strlen(text), name, &d->preset, err);
    return status == HG_OK ? read_root(d->preset, d, err) : status;
}

static hg_status hash_design(hg_index_design *d, uint64_t seed, hg_error *err)
{
    char *text = hg_index_design_text(d, seed);
    hg_status status = text ? hg_hash_bytes(text, strlen(text), "config", d->sha256, err) : hg_fail_memory(err);
    hg_free(text);
    return status;
}

/* A limit instead of draws needs streams that count one by one, as in a headline that is the worst of them. */
static hg_status settle_certainty(int64_t draws, hg_index_config *m, hg_error *err)
{
    enum { DRAWS = 10000 };
    bool possible = m->headline == HG_INDEX_WORST;
    if (draws == HG_CERTAINTY_EXACT && !possible)
        return hg_fail(err, HG_EUSAGE, "--certainty-draws exact: a number of draws was expected, because the headline "
                                       "of this design is a mean");
    m->certainty_exact = possible && draws < 0;
    m->certainty_draws = draws < 0 ? DRAWS : (int32_t)draws;
    return HG_OK;
}

hg_status hg_index_design_read(const char *preset, const char *config, int64_t certainty_draws, uint64_t seed,
                               hg_index_design *out, hg_error *err)
{
    hg_index_design d = {.model = hg_index_config_default(), .population = NAN};
    hg_status status = config ? hg_yaml_read(config, &d.config, err) : HG_OK;
    if (status == HG_OK)
        status = read_preset(preset, &d, err);
    if (status == HG_OK && d.config)
        status = read_root(d.config, &d, err);
    if (status == HG_OK)
        status = settle_certainty(certainty_draws, &d.model, err);
    if (status == HG_OK)
        status = hash_design(&d, seed, err);
    if (status != HG_OK) {
        hg_index_design_dispose(&d);
        return status;
    }
    *out = d;
    return HG_OK;
}

/* ------------------------------------------------- as text ---------------------------------- */

static void add_number(hg_text *t, const char *key, double v)
{
    char buf[32];
    hg_text_addf(t, "%s=%s\n", key, hg_shortest_decimal(v, buf));
}

static void add_part(hg_text *t, const hg_index_part *p)
{
    hg_text_addf(t, "stream=%s\norigin=%s\n", p->name, p->all_discovered ? "discovered" : "reported");
    add_number(t, "weight", p->weight);
    for (size_t k = 0; k < p->severity_count; k++) {
        hg_text_addf(t, "severity:%s", p->severity[k].category);
        add_number(t, "", p->severity[k].weight);
    }
    for (size_t k = 0; k < p->discovered_count; k++)
        hg_text_addf(t, "discovered:%s\n", p->discovered[k]);
}

static void add_calendar(hg_text *t, const hg_index_design *d)
{
    for (size_t i = 0; i < d->holiday_count; i++)
        hg_text_addf(t, "day=%d:%s\n", d->holidays[i].day, d->kinds[d->holidays[i].id].name);
    for (size_t i = 0; i < d->feed_count; i++) {
        const hg_feed_note *f = &d->feeds[i];
        hg_text_addf(t, "feed=%s:%s:%d:%d:%s\n", d->parts[f->part].name, f->unit ? f->unit : "*", f->from,
                     f->until, f->present ? "present" : "missing");
    }
}

char *hg_index_design_text(const hg_index_design *d, uint64_t seed)
{
    const hg_index_config *m = &d->model;
    hg_text t = {0};
    for (size_t i = 0; i < d->part_count; i++)
        add_part(&t, &d->parts[i]);
    for (size_t k = 0; k < m->edge_count; k++)
        add_number(&t, "edge", m->edges[k]);
    for (size_t k = 0; k < d->band_count; k++)
        hg_text_addf(&t, "band=%s\n", d->band_names[k]);
    hg_text_addf(&t, "rule=%s\nheadline=%s\nbaseline=%s\nperiod_days=%d\nhistory_days=%d\neffects=%d%d%d\n",
                 m->rule == HG_INDEX_RATIO ? "ratio" : "z", m->headline == HG_INDEX_MEAN ? "mean" : "worst",
                 m->baseline == HG_INDEX_ALL_UNITS ? "all_units" : "own", m->period_days, m->history_days,
                 m->weekday, m->month, m->holiday);
    add_number(&t, "death_points", m->death_points);
    hg_text_addf(&t, "deaths=%s\nescalation=%d,%d,%d\ncertainty=%s%d\nseed=%llu\npopulation=%s\n",
                 d->deaths ? d->deaths : "", m->escalation[0], m->escalation[1], m->escalation[2],
                 m->certainty_exact ? "exact" : "", m->certainty_exact ? 0 : m->certainty_draws,
                 (unsigned long long)(m->certainty_exact ? 0 : seed), d->population_column ? d->population_column : "");
    add_number(&t, "population_number", d->population);
    add_calendar(&t, d);
    return hg_text_take(&t);
}
