/* How a result of the index looks in QGIS: units in the colour of their latest band. */
#include "base/memory.h"
#include "io/style.h"
#include "job/index.h"

#include <string.h>

enum { CLASSES = HG_INDEX_BANDS_MAX + 1 };

/* Name, message of the latest day without the name before it: the two lines a map has room for. */
static const char unit_label[] =
    "\"unit\" || if(\"score\" is null, '', '\\n' || format_number(\"score\", 1))";

static const char *title_of(const char *layer, bool zh)
{
    static const struct {
        const char *layer, *en, *zh;
    } titles[] = {{"units", "Units: latest day", "单元（最近一日）"},
                  {"safety_index", "Daily safety index", "每日安全指数"},
                  {"index_summary", "Summary by period", "各时段汇总"},
                  {"year_on_year", "Year on year, period on period", "同比与环比"},
                  {"multi_year", "Several years", "多年对比"},
                  {"trends", "Trends", "趋势"},
                  {"index_changes", "Changed days", "变动日"},
                  {"rejects", "Rejected rows", "未采用记录"}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i].layer, layer) == 0)
            return zh ? titles[i].zh : titles[i].en;
    return layer;
}

static size_t band_classes(const hg_index_run *run, hg_style_class *classes)
{
    bool zh = hg_index_zh(run);
    size_t n = 0;
    for (; n < run->design.band_count; n++) {
        const char *band = run->design.band_names[n];
        classes[n] = (hg_style_class){
            .value = band, .label = hg_index_band_word(band, zh), .color = hg_index_band_colour(band)};
    }
    classes[n++] = (hg_style_class){
        .value = "missing", .label = zh ? "无指数" : "no index", .color = "#c8c8c8"};
    return n;
}

static void view_of(const hg_table *units, double extent[4])
{
    bool first = true;
    for (size_t i = 0; i < units->rows; i++) {
        double e[4];
        if (!hg_geometry_envelope(&units->geometry, i, e))
            continue;
        extent[0] = first || e[0] < extent[0] ? e[0] : extent[0];
        extent[1] = first || e[2] < extent[1] ? e[2] : extent[1];
        extent[2] = first || e[1] > extent[2] ? e[1] : extent[2];
        extent[3] = first || e[3] > extent[3] ? e[3] : extent[3];
        first = false;
    }
    double side = 0.03 * (extent[2] - extent[0]) + 1;
    extent[0] -= side;
    extent[1] -= side;
    extent[2] += side;
    extent[3] += side;
}

static hg_status write_project(const hg_index_run *run, const hg_style *styles, size_t n, const hg_table *units,
                               hg_gpkg *gpkg, hg_error *err)
{
    char *qgs = NULL;
    hg_project project = {.title = hg_index_zh(run) ? "每日安全指数" : "Daily safety index",
                          .gpkg_file = hg_base_name(run->job->set.output),
                          .crs_wkt = hg_crs_wkt(run->in->crs),
                          .crs_code = hg_crs_code(run->in->crs),
                          .layers = styles,
                          .n_layers = n};
    view_of(units, project.extent);
    hg_status status = hg_project_qgs(&project, &qgs, err);
    if (status == HG_OK)
        status = hg_gpkg_add_project(gpkg, "index", qgs, err);
    hg_free(qgs);
    return status;
}

hg_status hg_index_styles(const hg_index_run *run, const hg_index_tables *tables, hg_gpkg *gpkg, hg_error *err)
{
    hg_table *list[HG_INDEX_TABLES_MAX];
    hg_style styles[HG_INDEX_TABLES_MAX] = {{0}};
    hg_style_class classes[CLASSES];
    const char **aliases[HG_INDEX_TABLES_MAX] = {NULL};
    size_t n = hg_index_tables_list(tables, list), bands = band_classes(run, classes);
    hg_status status = HG_OK;
    for (size_t k = 0; k < n && status == HG_OK; k++) {
        aliases[k] = hg_table_aliases(list[k]);
        if (!aliases[k])
            status = hg_fail_memory(err);
        styles[k] = (hg_style){.layer = list[k]->name,
                               .title = title_of(list[k]->name, hg_index_zh(run)),
                               .symbol = HG_SYMBOL_NONE,
                               .opacity = 1,
                               .aliases = aliases[k]};
        if (list[k] != tables->units)
            continue;
        styles[k].symbol = HG_SYMBOL_FILL;
        styles[k].field = "band";
        styles[k].categorised = true;
        styles[k].classes = classes;
        styles[k].n_classes = bands;
        styles[k].opacity = 0.75;
        styles[k].stroke = "#4d4d4d";
        styles[k].stroke_mm = 0.26;
        styles[k].label_expression = unit_label;
        styles[k].label_pt = 8;
        styles[k].label_inside = true;
    }
    if (status == HG_OK)
        status = hg_store_styles(styles, n, gpkg, err);
    if (status == HG_OK)
        status = write_project(run, styles, n, tables->units, gpkg, err);
    for (size_t k = 0; k < n; k++)
        hg_free((void *)aliases[k]);
    return status;
}
