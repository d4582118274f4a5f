/*
 * The little language of --methods: BASE[:PARAMETER]..., several with commas. A parameter is a bandwidth (a length or
 * a rule), "adaptive", or NAME=VALUE.
 */
#include "base/memory.h"
#include "base/number.h"
#include "engine/crossval.h"
#include "engine/normal_reference.h"
#include "job/backtest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a base may be told. */
enum { BANDWIDTH = 1, KERNEL = 2, ADAPTIVE = 4, REACH = 8, SHRINKAGE = 16 };

typedef struct base {
    const char *name;
    hg_method method;
    unsigned takes;
} base;

#define SMOOTH (BANDWIDTH | KERNEL | ADAPTIVE)
#define DENSITY .forecast = {.kind = HG_FORECAST_DENSITY}, .needs_bandwidth = true
#define BY(r) .from = HG_METHOD_RULE, .rule = HG_RULE_##r

static const base bases[] = {
    {"count", {.forecast = {.kind = HG_FORECAST_COUNT}}, 0},
    {"kde", {DENSITY, BY(SILVERMAN)}, SMOOTH},
    {"kde_silverman", {DENSITY, BY(SILVERMAN)}, SMOOTH & ~BANDWIDTH},
    {"kde_nrd", {DENSITY, .from = HG_METHOD_NRD}, SMOOTH & ~BANDWIDTH},
    {"kde_qgis", {.forecast = {.kind = HG_FORECAST_DENSITY, .kernel = {.bandwidth_m = 100}}}, KERNEL},
    {"kde_auto", {DENSITY, BY(AUTO)}, SMOOTH & ~BANDWIDTH},
    {"kde_scott", {DENSITY, BY(SCOTT)}, SMOOTH & ~BANDWIDTH},
    {"kde_adaptive",
     {.forecast = {.kind = HG_FORECAST_DENSITY, .adaptive = true}, .needs_bandwidth = true, BY(SILVERMAN)},
     SMOOTH},
    {"kde_recent",
     {.forecast = {.kind = HG_FORECAST_DENSITY, .half_life_s = 90 * 86400.0}, .needs_bandwidth = true, BY(SILVERMAN)},
     SMOOTH},
    {"prospective",
     {.forecast = {.kind = HG_FORECAST_PROSPECTIVE, .reach_m = 400, .reach_s = 61 * 86400.0}},
     REACH},
    {"shrunk",
     {.forecast = {.kind = HG_FORECAST_SHRUNK, .shrinkage = 0.5}, .needs_bandwidth = true, BY(SILVERMAN)},
     BANDWIDTH | KERNEL | SHRINKAGE},
    {"tuned", {.tuned = true}, 0},
};

enum { BASES = sizeof bases / sizeof *bases };

static const char default_list[] = "count,kde_silverman,kde_nrd,kde_qgis,kde_auto,kde_adaptive,kde_recent,prospective";

/* ------------------------------------------------- one item -------------------------------- */

static hg_status no_such_base(const char *item, hg_error *err)
{
    hg_text list = {0};
    const char *names[BASES + 1] = {NULL};
    for (size_t i = 0; i < BASES; i++) {
        names[i] = bases[i].name;
        hg_text_addf(&list, "%s%s", i ? ", " : "", bases[i].name);
    }
    const char *meant = hg_nearest_word(item, names);
    hg_status status = hg_fail(err, HG_EUSAGE, "--methods: %s is none%s%s%s; methods are: %s",
                               *item ? item : "an empty name", meant ? "; is " : "", meant ? meant : "",
                               meant ? " meant?" : "", list.s ? list.s : "");
    hg_text_dispose(&list);
    return status;
}

/* What may stand behind the colons of a base, for errors. */
static hg_status no_such_parameter(const char *item, const char *text, const base *b, hg_error *err)
{
    hg_text list = {0};
    if (b->takes & BANDWIDTH)
        hg_text_add(&list, "a bandwidth (a length such as 300m, silverman, scott, nrd, auto), ");
    if (b->takes & KERNEL)
        hg_text_add(&list, "kernel=NAME, ");
    if (b->takes & ADAPTIVE)
        hg_text_add(&list, "adaptive, ");
    if (b->takes & REACH)
        hg_text_add(&list, "reach=LENGTH, within=DURATION, ");
    if (b->takes & SHRINKAGE)
        hg_text_add(&list, "shrinkage=SHARE, ");
    if (!b->method.tuned)
        hg_text_add(&list, "train=DURATION or half-life=DURATION");
    hg_status status = hg_fail(err, HG_EUSAGE, "--methods %s: \"%s\" was not understood; %s%s", item, text,
                               list.len ? "after a colon may stand " : "it takes no parameters", list.s ? list.s : "");
    hg_text_dispose(&list);
    return status;
}

static bool read_rule(const char *text, hg_method *m)
{
    static const struct {
        const char *name;
        hg_method_rule from;
        hg_bandwidth_rule rule;
    } rules[] = {{"silverman", HG_METHOD_RULE, HG_RULE_SILVERMAN},
                 {"scott", HG_METHOD_RULE, HG_RULE_SCOTT},
                 {"auto", HG_METHOD_RULE, HG_RULE_AUTO},
                 {"cv", HG_METHOD_RULE, HG_RULE_AUTO},
                 {"nrd", HG_METHOD_NRD, HG_RULE_LENGTH}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(text, rules[i].name) == 0) {
            m->from = rules[i].from;
            m->rule = rules[i].rule;
            return true;
        }
    return false;
}

static bool read_bandwidth(const char *text, hg_method *m)
{
    double v;
    if (read_rule(text, m))
        return true;
    if (!hg_parse_quantity(text, HG_LENGTH, &v) || !(v > 0 && isfinite(v)))
        return false;
    m->forecast.kernel.bandwidth_m = v;
    m->needs_bandwidth = false;
    return true;
}

/* The value behind NAME=; NULL where the text names something else. */
static const char *value_of(const char *text, const char *name)
{
    size_t n = strlen(name);
    return strncmp(text, name, n) == 0 && text[n] == '=' ? text + n + 1 : NULL;
}

static bool read_positive(const char *text, hg_quantity what, double *out)
{
    double v;
    if (!hg_parse_quantity(text, what, &v) || !(v > 0 && isfinite(v)))
        return false;
    *out = v;
    return true;
}

static bool read_share(const char *text, double *out)
{
    double v;
    if (!hg_parse_number(text, strlen(text), &v) || !(v >= 0 && v <= 1))
        return false;
    *out = v;
    return true;
}

static bool read_parameter(const char *text, const base *b, hg_method *m)
{
    const char *value;
    hg_forecast *f = &m->forecast;
    if (m->tuned)
        return false;
    if ((value = value_of(text, "train")))
        return read_positive(value, HG_DURATION, &f->train_s);
    if ((value = value_of(text, "half-life")))
        return read_positive(value, HG_DURATION, &f->half_life_s);
    if (b->takes & KERNEL && (value = value_of(text, "kernel")))
        return hg_kernel_by_name(value, &f->kernel.shape);
    if (b->takes & REACH && (value = value_of(text, "reach")))
        return read_positive(value, HG_LENGTH, &f->reach_m);
    if (b->takes & REACH && (value = value_of(text, "within")))
        return read_positive(value, HG_DURATION, &f->reach_s);
    if (b->takes & SHRINKAGE && (value = value_of(text, "shrinkage")))
        return read_share(value, &f->shrinkage);
    if (b->takes & ADAPTIVE && strcmp(text, "adaptive") == 0)
        return f->adaptive = true;
    return b->takes & BANDWIDTH && read_bandwidth(text, m);
}

/* `item` is cut at its colons; m->name still has it whole. */
static hg_status read_item(char *item, double train_s, hg_method *m, hg_error *err)
{
    char *name = m->name, *rest = strchr(item, ':');
    const base *b = NULL;
    if (rest)
        *rest++ = '\0';
    for (size_t i = 0; i < BASES && !b; i++)
        b = strcmp(item, bases[i].name) == 0 ? &bases[i] : NULL;
    if (!b)
        return no_such_base(item, err);
    *m = b->method;
    m->name = name;
    m->forecast.train_s = train_s;
    m->forecast.kernel.shape = HG_QUARTIC;
    m->forecast.kernel.cutoff = 4;
    while (rest) {
        char *text = rest;
        rest = strchr(text, ':');
        if (rest)
            *rest++ = '\0';
        if (!read_parameter(text, b, m))
            return no_such_parameter(name, text, b, err);
    }
    return HG_OK;
}

/* ------------------------------------------------- the list -------------------------------- */

static hg_status add_item(hg_methods *methods, const char *text, size_t n, double train_s, hg_error *err)
{
    hg_method *items = hg_realloc(methods->items, methods->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    methods->items = items;
    hg_method *m = &items[methods->count];
    *m = (hg_method){.name = hg_strndup(text, n)};
    char *item = hg_strndup(text, n);
    hg_status status = m->name && item ? read_item(item, train_s, m, err) : hg_fail_memory(err);
    for (size_t i = 0; i < methods->count && status == HG_OK; i++)
        if (strcmp(items[i].name, m->name) == 0)
            status = hg_fail(err, HG_EUSAGE, "--methods: %s is named twice", m->name);
    methods->count++;
    hg_free(item);
    return status;
}

static bool has_tuned(const hg_methods *m)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].tuned)
            return true;
    return false;
}

hg_status hg_methods_parse(const char *list, double train_s, bool tune, hg_methods *out, hg_error *err)
{
    hg_status status = HG_OK;
    for (const char *at = list ? list : default_list; status == HG_OK; at++) {
        at += strspn(at, " ");
        size_t n = strcspn(at, ","), bare = n;
        while (bare && at[bare - 1] == ' ')
            bare--;
        status = add_item(out, at, bare, train_s, err);
        at += n;
        if (!*at)
            break;
    }
    if (status == HG_OK && tune && !has_tuned(out))
        status = add_item(out, "tuned", strlen("tuned"), train_s, err);
    return status;
}

void hg_methods_dispose(hg_methods *m)
{
    for (size_t i = 0; i < m->count; i++)
        hg_free(m->items[i].name);
    hg_free(m->items);
    *m = (hg_methods){0};
}

/* Cross-validation tries no bandwidth under least_m. */
static hg_status by_rule(hg_bandwidth_rule rule, const hg_kernel *kernel, const hg_points *training, double least_m,
                         hg_control *control, double *bandwidth_m, hg_error *err)
{
    if (rule != HG_RULE_AUTO)
        return hg_bandwidth_by_rule(rule, kernel->shape, training, bandwidth_m, err);
    const hg_crossval_spec spec = {.shape = kernel->shape, .cutoff = kernel->cutoff, .least_m = least_m};
    hg_crossval curve;
    hg_status status = hg_crossval_run(training, &spec, control, &curve, err);
    if (status == HG_OK)
        *bandwidth_m = curve.h_m[curve.best];
    return status;
}

hg_status hg_methods_settle(hg_methods *methods, const hg_points *training, double least_m, hg_control *control,
                            hg_error *err)
{
    for (size_t i = 0; i < methods->count; i++) {
        hg_method *m = &methods->items[i];
        hg_error why = {HG_OK, ""};
        hg_kernel *k = &m->forecast.kernel;
        if (!m->needs_bandwidth)
            continue;
        hg_status status =
            m->from == HG_METHOD_NRD
                ? hg_bandwidth_nrd(training, &k->bandwidth_m, &why)
                : by_rule(m->rule, k, training, least_m, control, &k->bandwidth_m, &why);
        if (status != HG_OK)
            return hg_fail(err, status, "--methods %s, on the first training window: %s", m->name, why.message);
    }
    return HG_OK;
}
