#include "job/expected.h"
#include "base/memory.h"
#include "io/style.h"
#include "job/columns.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANK_CLASSES = 5, DENSITY_CLASSES = 5, LABEL = 64 };

/* ColorBrewer YlOrRd, dark first: rank 1 is the hottest. */
static const char *const heat[RANK_CLASSES] = {"#bd0026", "#f03b20", "#fd8d3c", "#fecc5c", "#ffffb2"};

typedef struct rank_classes {
    hg_style_class classes[RANK_CLASSES];
    char labels[RANK_CLASSES][LABEL];
    size_t n;
} rank_classes;

/* Selected cells in five steps that grow: 5, 15, 35, 65, 100 % of the list, never an empty class. */
static void make_rank_classes(size_t cells, const char *lang, rank_classes *r)
{
    static const double steps[RANK_CLASSES] = {0.05, 0.15, 0.35, 0.65, 1};
    size_t from = 1;
    bool zh = lang && strcmp(lang, "zh") == 0;
    for (int k = 0; k < RANK_CLASSES && from <= cells; k++) {
        size_t to = (size_t)ceil(steps[k] * (double)cells);
        if (to < from)
            continue;
        char *label = r->labels[r->n];
        if (from == 1)
            snprintf(label, LABEL, zh ? "%s %zu 名" : "%s %zu", hg_say(lang, HG_WORD_TOP), to);
        else
            snprintf(label, LABEL, zh ? "%s %zu–%zu 名" : "%s %zu–%zu", hg_say(lang, HG_WORD_RANKS),
                     from, to);
        r->classes[r->n] = (hg_style_class){
            .low = (double)from - 0.5, .high = (double)to + 0.5, .label = label, .color = heat[k]};
        r->n++;
        from = to + 1;
    }
}

/* ColorBrewer Purples: apart from the ranks' yellow to red for every kind of colour vision, darker = surer. */
static const hg_style_class levels[] = {
    {.value = "99", .label = "99 % (q ≤ 0.01)", .color = "#3f007d"},
    {.value = "95", .label = "95 % (q ≤ 0.05)", .color = "#6a51a3"},
    {.value = "90", .label = "90 % (q ≤ 0.10)", .color = "#9e9ac8"},
};

typedef struct density_classes {
    hg_style_class classes[DENSITY_CLASSES];
    char labels[DENSITY_CLASSES][LABEL];
} density_classes;

/* Through text, so that the number is the nearest double to what the legend says. */
static double two_digits(double v)
{
    char text[32];
    snprintf(text, sizeof text, "%.1e", v);
    return strtod(text, NULL);
}

static void make_density_classes(double peak, const char *lang, density_classes *d)
{
    static const double stops[DENSITY_CLASSES] = {0.02, 0.1, 0.25, 0.5, 0.75};
    static const char *const colors[DENSITY_CLASSES] = {"#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20",
                                                        "#bd0026"};
    for (int k = 0; k < DENSITY_CLASSES; k++) {
        char number[32];
        double stop = two_digits(stops[k] * peak);
        snprintf(d->labels[k], LABEL, "%s %s", hg_say(lang, HG_WORD_OVER),
                 hg_shortest_decimal(stop, number));
        d->classes[k] =
            (hg_style_class){.low = stop, .high = stop, .label = d->labels[k], .color = colors[k]};
    }
}

hg_status hg_density_qml(const char *file, const char *title, double peak_per_km2,
                         const char *lang, char **qml, hg_error *err)
{
    density_classes d;
    make_density_classes(peak_per_km2, lang, &d);
    hg_raster_style style = {.file = file,
                             .title = title,
                             .classes = d.classes,
                             .n_classes = DENSITY_CLASSES,
                             .opacity = 0.6};
    return hg_raster_style_qml(&style, qml, err);
}

/* Whole names where there are some, else the rank; only the first areas, or labels would hide the map. */
static const char *const area_label =
    "if(\"rank\" <= 15, if(coalesce(\"name\",'') <> '', to_string(\"rank\") || '. ' || \"name\", "
    "to_string(\"rank\")), '')";

enum { LAYERS = 8 };

/* Layers of a result, topmost first. */
typedef struct layer_set {
    hg_style styles[LAYERS];
    const char *names[LAYERS]; /* of the styles in the GeoPackage */
    const hg_table *tables[LAYERS];
    size_t n;
    bool failed; /* no memory for the words of some table */
} layer_set;

/*
 * A table that this result does not have is passed over. Of several styles of a table the last is its default; it
 * has the table's name.
 */
static void add_styled(layer_set *set, const hg_table *table, const char *name, hg_style style)
{
    if (!table)
        return;
    style.layer = table->name;
    style.aliases = hg_table_aliases(table);
    set->failed |= !style.aliases;
    set->tables[set->n] = table;
    set->names[set->n] = name ? name : table->name;
    set->styles[set->n++] = style;
}

static void add_layer(layer_set *set, const hg_table *table, hg_style style)
{
    add_styled(set, table, NULL, style);
}

static void add_plain_table(layer_set *set, const hg_table *table, const char *title)
{
    add_layer(set, table, (hg_style){.title = title, .symbol = HG_SYMBOL_NONE, .opacity = 1});
}

static void layers_dispose(layer_set *set)
{
    for (size_t k = 0; k < set->n; k++)
        hg_free((void *)set->styles[k].aliases);
}

static hg_status write_layers(const layer_set *set, hg_gpkg *gpkg, hg_error *err)
{
    hg_status status = set->failed ? hg_fail_memory(err) : HG_OK;
    for (size_t k = 0; k < set->n && status == HG_OK; k++) {
        char *qml = NULL;
        const hg_style *style = &set->styles[k];
        bool spatial = set->tables[k]->geometry.type != HG_NO_GEOMETRY;
        status = hg_style_qml(style, &qml, err);
        if (status == HG_OK)
            status = hg_gpkg_add_style(gpkg, style->layer, spatial ? "geom" : NULL, set->names[k],
                                       qml, err);
        hg_free(qml);
    }
    return status;
}

static hg_status write_project(hg_job *job, const hg_findings *f, const layer_set *set,
                               const hg_raster_style *raster, hg_gpkg *gpkg, hg_error *err)
{
    char *qgs = NULL;
    hg_project project = {.title = hg_say(job->set.lang, HG_WORD_MAP),
                          .gpkg_file = hg_base_name(job->set.output),
                          .crs_wkt = hg_crs_wkt(f->in->crs),
                          .crs_code = hg_crs_code(f->in->crs),
                          .layers = set->styles,
                          .n_layers = set->n,
                          .raster = raster};
    hg_study_view(f->study, project.extent);
    hg_status status = hg_project_qgs(&project, &qgs, err);
    if (status == HG_OK)
        status = hg_gpkg_add_project(gpkg, "hotspots", qgs, err);
    hg_free(qgs);
    return status;
}

hg_status hg_result_styles(hg_job *job, const hg_findings *f, const hg_result_tables *t,
                           const char *raster, double peak_per_km2, hg_gpkg *gpkg, hg_error *err)
{
    const char *lang = job->set.lang;
    char significance[600];
    rank_classes ranks = {0};
    density_classes densities;
    make_rank_classes(f->ranking.selected, lang, &ranks);
    make_density_classes(peak_per_km2, lang, &densities);
    const hg_style_class area = {.label = hg_say(lang, HG_WORD_HOT_AREA), .color = "#1f1f1f"};
    const hg_style_class point = {.label = hg_say(lang, HG_WORD_INCIDENT), .color = "#2b4c7e"};
    const hg_style_class patch = {.label = hg_say(lang, HG_WORD_PATCH), .color = "#2b4c7e"};
    layer_set set = {.n = 0};
    add_layer(&set, t->areas, (hg_style){.title = hg_say(lang, HG_WORD_AREAS),
        .symbol = HG_SYMBOL_OUTLINE, .classes = &area, .n_classes = 1, .opacity = 1,
        .stroke = "#1f1f1f", .stroke_mm = 0.35, .label_expression = area_label, .label_pt = 9});
    add_layer(&set, t->incidents, (hg_style){.title = hg_say(lang, HG_WORD_INCIDENTS),
        .hidden = true, .symbol = HG_SYMBOL_POINT, .classes = &point, .n_classes = 1,
        .opacity = 0.6, .size_mm = 0.9});
    add_layer(&set, t->patches, (hg_style){.title = hg_say(lang, HG_WORD_PATCHES),
        .symbol = HG_SYMBOL_OUTLINE, .classes = &patch, .n_classes = 1, .opacity = 1,
        .stroke = "#2b4c7e", .stroke_mm = 0.26});
    if (f->tests.q)
        add_styled(&set, t->cells, "significance", (hg_style){
            .title = hg_expected_title(job, f, significance, sizeof significance),
            .symbol = HG_SYMBOL_OUTLINE, .field = "level", .categorised = true, .classes = levels,
            .n_classes = sizeof levels / sizeof *levels, .opacity = 1,
            .stroke_map = 0.16 * f->study->grid.cell_m});
    add_layer(&set, t->cells, (hg_style){.title = hg_say(lang, HG_WORD_CELLS),
        .symbol = HG_SYMBOL_FILL, .field = "rank", .classes = ranks.classes, .n_classes = ranks.n,
        .opacity = 0.85});
    add_plain_table(&set, t->pile_ups, hg_say(lang, HG_WORD_PILE_UPS));
    add_plain_table(&set, t->rejects, hg_say(lang, HG_WORD_REJECTS));
    add_plain_table(&set, t->duplicates, hg_say(lang, HG_WORD_DUPLICATES));
    const hg_raster_style surface = {.file = raster, .title = hg_density_title(job, f->in),
                                     .classes = densities.classes, .n_classes = DENSITY_CLASSES,
                                     .opacity = 0.6};
    hg_status status = write_layers(&set, gpkg, err);
    if (status == HG_OK)
        status = write_project(job, f, &set, &surface, gpkg, err);
    layers_dispose(&set);
    return status;
}
