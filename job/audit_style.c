/* Styles of the audit's layers, and the project with one group an epoch. */
#include "job/audit.h"
#include "base/memory.h"
#include "io/style.h"
#include "job/columns.h"
#include "job/output.h"
#include "job/words.h"

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

typedef struct words {
    const char *value, *english, *chinese, *color;
} words;

/* Red for what is new or grows, orange for what stays, yellow for what shrinks, green for what is gone. */
static const words statuses[] = {
    {"new", "New", "新增", "#d7191c"},
    {"expanded", "Expanded", "扩大", "#e8590c"},
    {"persisting", "Persisting", "持续", "#fdae61"},
    {"reduced", "Reduced", "缩小", "#ffe08a"},
    {"cleared", "Ended: cleared or regularised", "已清退或补办", "#4dac26"},
};

static const words changes[] = {
    {"occupied", "Occupied", "新占", "#d7191c"},
    {"lapsed", "Permit lapsed", "许可到期", "#e8590c"},
    {"zone_in", "Zone drawn in", "划入", "#f4a582"},
    {"persisting", "Persisting", "持续", "#fdae61"},
    {"transferred", "Other class or zone", "类别或地块变更", "#b2abd2"},
    {"zone_out", "Zone drawn out", "划出", "#c7e9c0"},
    {"regularised", "Regularised", "已补办", "#2c7bb6"},
    {"cleared", "Cleared", "已清退", "#4dac26"},
};

static const words slivers[] = {
    {"gained", "Drawn, not accepted", "误差内新增", "#998ec3"},
    {"lost", "Not drawn, kept", "误差内减少", "#5e3c99"},
};

static const words zones[] = {
    {"state_land", "State land", "国有土地", "#8c6d31"},
    {"river", "River management limit", "河道管理范围", "#3182bd"},
    {"public_building", "Public building", "公房", "#756bb1"},
    {"farmland", "Farmland", "耕地", "#74c476"},
    {"basic_farmland", "Basic farmland", "永久基本农田", "#31a354"},
    {"other", "Other zone", "其他", "#969696"},
};

enum { MOST_CLASSES = 8, MOST_STYLES = 40 };

static bool is_chinese(const hg_job *job)
{
    return job->set.lang && strcmp(job->set.lang, "zh") == 0;
}

static size_t make_classes(const hg_job *job, const words *w, size_t n, hg_style_class *out)
{
    for (size_t k = 0; k < n; k++)
        out[k] = (hg_style_class){.value = w[k].value,
                                  .label = is_chinese(job) ? w[k].chinese : w[k].english,
                                  .color = w[k].color};
    return n;
}

/* The four layers' looks; copies of the first stand in the groups of epochs. */
typedef struct looks {
    hg_style_class status[MOST_CLASSES], change[MOST_CLASSES], sliver[MOST_CLASSES], zone[MOST_CLASSES];
    hg_style layers[4];
} looks;

static void make_looks(const hg_job *job, const hg_audit_tables *t, looks *l)
{
    l->layers[0] = (hg_style){.layer = "encroachments", .title = t->items[0]->title,
                              .symbol = HG_SYMBOL_FILL, .field = "status", .categorised = true,
                              .classes = l->status, .n_classes = make_classes(job, statuses, COUNT(statuses), l->status),
                              .opacity = 0.8, .stroke = "#4a1486", .stroke_mm = 0.15};
    l->layers[1] = (hg_style){.layer = "changes", .title = t->items[1]->title,
                              .symbol = HG_SYMBOL_FILL, .field = "change", .categorised = true,
                              .classes = l->change, .n_classes = make_classes(job, changes, COUNT(changes), l->change),
                              .opacity = 0.8, .stroke = "#525252", .stroke_mm = 0.1, .hidden = true};
    l->layers[2] = (hg_style){.layer = "slivers", .title = t->items[2]->title,
                              .symbol = HG_SYMBOL_FILL, .field = "kind", .categorised = true,
                              .classes = l->sliver, .n_classes = make_classes(job, slivers, COUNT(slivers), l->sliver),
                              .opacity = 0.9, .hidden = true};
    l->layers[3] = (hg_style){.layer = "zones", .title = t->items[3]->title,
                              .symbol = HG_SYMBOL_FILL, .field = "kind", .categorised = true,
                              .classes = l->zone, .n_classes = make_classes(job, zones, COUNT(zones), l->zone),
                              .opacity = 0.25, .stroke = "#252525", .stroke_mm = 0.3,
                              .label_expression = "\"zone_id\"", .label_pt = 8};
}

static hg_status write_style(const hg_table *t, const hg_style *style, hg_gpkg *gpkg, hg_error *err)
{
    char *qml = NULL;
    hg_style own = *style;
    const char **aliases = hg_table_aliases(t);
    if (!aliases)
        return hg_fail_memory(err);
    own.aliases = aliases;
    hg_status status = hg_style_qml(&own, &qml, err);
    if (status == HG_OK)
        status = hg_gpkg_add_style(gpkg, t->name, own.symbol == HG_SYMBOL_NONE ? NULL : "geom", t->name, qml, err);
    hg_free(qml);
    hg_free((void *)aliases);
    return status;
}

static hg_status write_styles(const looks *l, const hg_audit_tables *t, hg_gpkg *gpkg, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < t->count && status == HG_OK; k++) {
        hg_style plain = {.layer = t->items[k]->name, .symbol = HG_SYMBOL_NONE, .opacity = 1};
        status = write_style(t->items[k], k < 4 ? &l->layers[k] : &plain, gpkg, err);
    }
    return status;
}

/* ------------------------------------------------- project ---------------------------------- */

typedef struct epochs {
    char (*filter)[64];
    hg_style *styles;
    size_t count;
} epochs;

static void epochs_dispose(epochs *e)
{
    hg_free(e->filter);
    hg_free(e->styles);
}

/* The latest epoch on top and shown, the earlier ones below and off. */
static hg_status make_epochs(const hg_auditing *a, const looks *l, const hg_audit_tables *t, epochs *e,
                             hg_error *err)
{
    size_t n = a->land.epoch_count;
    e->filter = hg_malloc(n, sizeof *e->filter);
    e->styles = hg_malloc(3 * n + t->count, sizeof *e->styles);
    if (!e->filter || !e->styles)
        return hg_fail_memory(err);
    for (size_t k = 0; k < n; k++) {
        uint32_t epoch = (uint32_t)(n - 1 - k);
        const char *day = hg_audit_epoch_text(a, epoch);
        snprintf(e->filter[k], sizeof e->filter[k], "\"epoch\" = '%s'", day);
        for (int i = 0; i < (epoch ? 3 : 1); i++) {
            hg_style *s = &e->styles[e->count++];
            *s = l->layers[i];
            s->group = day;
            s->filter = e->filter[k];
            s->hidden = k > 0 || i > 0;
        }
    }
    e->styles[e->count++] = l->layers[3];
    for (size_t k = 4; k < t->count; k++)
        e->styles[e->count++] = (hg_style){.layer = t->items[k]->name,
                                           .title = t->items[k]->title,
                                           .symbol = HG_SYMBOL_NONE,
                                           .opacity = 1};
    return HG_OK;
}

static hg_status write_project(hg_job *job, const hg_auditing *a, const looks *l,
                               const hg_audit_tables *t, hg_gpkg *gpkg, hg_error *err)
{
    epochs e = {0};
    char *qgs = NULL;
    hg_status status = make_epochs(a, l, t, &e, err);
    hg_project project = {.title = is_chinese(job) ? "侵占审计" : "Encroachment audit",
                          .gpkg_file = hg_base_name(job->set.output),
                          .crs_wkt = hg_crs_wkt(a->in.crs),
                          .crs_code = hg_crs_code(a->in.crs),
                          .layers = e.styles,
                          .n_layers = e.count};
    memcpy(project.extent, a->extent, sizeof project.extent);
    if (status == HG_OK)
        status = hg_project_qgs(&project, &qgs, err);
    if (status == HG_OK)
        status = hg_gpkg_add_project(gpkg, "audit", qgs, err);
    hg_free(qgs);
    epochs_dispose(&e);
    return status;
}

hg_status hg_audit_styles(hg_job *job, const hg_auditing *a, const hg_audit_tables *t, hg_gpkg *gpkg,
                          hg_error *err)
{
    looks l;
    make_looks(job, t, &l);
    hg_status status = write_styles(&l, t, gpkg, err);
    return status == HG_OK ? write_project(job, a, &l, t, gpkg, err) : status;
}
