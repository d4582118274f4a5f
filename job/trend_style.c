/* How a result of trends looks in QGIS: cells by pattern, tables behind. */
#include "base/memory.h"
#include "job/columns.h"
#include "job/trends.h"

#include <string.h>

enum { LAYERS = 5 };

static const struct {
    const char *layer, *en, *zh;
} titles[] = {{"trend_cells", "Trend patterns", "热点演变模式"},
              {"trend_steps", "Time steps", "时段"},
              {"near_repeat", "Near repeats", "近重复"},
              {"rejects", "Rejected rows", "未采用记录"},
              {"duplicates", "Repeated rows", "重复记录"}};

static const char *title_of(const char *layer, bool zh)
{
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].layer, layer) == 0)
            return zh ? titles[i].zh : titles[i].en;
    return layer;
}

/* All patterns, whether they occur or not, so that maps compare; hot ones first, none last. */
static void make_classes(const char *lang, hg_style_class classes[HG_PATTERN_END])
{
    for (size_t k = 0; k < HG_PATTERN_END; k++) {
        hg_pattern p = (hg_pattern)((k + 1) % HG_PATTERN_END);
        classes[k] = (hg_style_class){
            .value = hg_pattern_name(p), .label = hg_pattern_words(p, lang), .color = hg_pattern_colour(p)};
    }
}

static hg_status write_project(const hg_trends_run *run, const hg_style *styles, size_t n, bool zh, hg_gpkg *gpkg,
                               hg_error *err)
{
    char *qgs = NULL;
    hg_project project = {.title = zh ? "热点时空演变" : "Trends of hot spots",
                          .gpkg_file = hg_base_name(run->job->set.output),
                          .crs_wkt = hg_crs_wkt(run->in->crs),
                          .crs_code = hg_crs_code(run->in->crs),
                          .layers = styles,
                          .n_layers = n};
    hg_study_view(&run->study, project.extent);
    hg_status status = hg_project_qgs(&project, &qgs, err);
    if (status == HG_OK)
        status = hg_gpkg_add_project(gpkg, "trends", qgs, err);
    hg_free(qgs);
    return status;
}

hg_status hg_trends_styles(const hg_trends_run *run, const hg_trends_tables *t, hg_gpkg *gpkg, hg_error *err)
{
    const hg_table *tables[LAYERS] = {t->cells, t->steps, t->near_repeat, t->rejects, t->duplicates};
    const char *lang = run->job->set.lang;
    bool zh = lang && strcmp(lang, "zh") == 0;
    hg_style styles[LAYERS] = {{0}};
    hg_style_class classes[HG_PATTERN_END];
    const char **aliases[LAYERS] = {NULL};
    size_t n = 0;
    hg_status status = HG_OK;
    make_classes(lang, classes);
    for (size_t k = 0; k < LAYERS && status == HG_OK; k++) {
        if (!tables[k])
            continue;
        aliases[n] = hg_table_aliases(tables[k]);
        status = aliases[n] ? HG_OK : hg_fail_memory(err);
        styles[n] = (hg_style){.layer = tables[k]->name,
                               .title = title_of(tables[k]->name, zh),
                               .symbol = HG_SYMBOL_NONE,
                               .opacity = 1,
                               .aliases = aliases[n]};
        n++;
    }
    styles[0].symbol = HG_SYMBOL_FILL;
    styles[0].field = "pattern";
    styles[0].categorised = true;
    styles[0].classes = classes;
    styles[0].n_classes = HG_PATTERN_END;
    styles[0].opacity = 0.85;
    if (status == HG_OK)
        status = hg_store_styles(styles, n, gpkg, err);
    if (status == HG_OK)
        status = write_project(run, styles, n, zh, gpkg, err);
    for (size_t k = 0; k < n; k++)
        hg_free((void *)aliases[k]);
    return status;
}
