/* The ranked areas: where they lie, what they consist of, when it happens. */
#include "job/report_map.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { AREAS_SHOWN = 25, AREA_LABELS = 15, CELLS_MOST = 5000, RANK_CLASSES = 5 };

static const char *const heat[RANK_CLASSES] = {"#bd0026", "#f03b20", "#fd8d3c", "#fecc5c", "#ffffb2"};

static const hg_document_column area_popup[] = {
    {"rank", NULL, HG_CELL_INTEGER, 0, NULL},       {"name", NULL, HG_CELL_TEXT, 0, NULL},
    {"count", NULL, HG_CELL_INTEGER, 0, NULL},      {"share", NULL, HG_CELL_PERCENT, 1, NULL},
    {"top_stream", NULL, HG_CELL_TEXT, 0, NULL},    {"peak_hour", NULL, HG_CELL_INTEGER, 0, NULL},
    {"concentration", NULL, HG_CELL_REAL, 1, NULL},
};

static const hg_document_column cell_popup[] = {
    {"rank", NULL, HG_CELL_INTEGER, 0, NULL},
    {"cell_id", NULL, HG_CELL_TEXT, 0, NULL},
    {"count", NULL, HG_CELL_INTEGER, 0, NULL},
    {"density_per_km2", NULL, HG_CELL_REAL, 1, NULL},
    {"level", NULL, HG_CELL_TEXT, 0, NULL},
    {"top_stream", NULL, HG_CELL_TEXT, 0, NULL},
};

/* Cells in five steps of rank. */
static size_t make_rank_classes(size_t cells, hg_style_class *classes, char (*labels)[48])
{
    static const double steps[RANK_CLASSES] = {0.05, 0.15, 0.35, 0.65, 1};
    size_t from = 1, n = 0;
    for (int k = 0; k < RANK_CLASSES && from <= cells; k++) {
        size_t to = (size_t)ceil(steps[k] * (double)cells);
        if (to < from)
            continue;
        snprintf(labels[n], sizeof labels[n], "%zu–%zu", from, to);
        classes[n] = (hg_style_class){(double)from - 0.5, (double)to + 0.5, NULL, labels[n], heat[k]};
        n++;
        from = to + 1;
    }
    return n;
}

static void frame_of(const hg_result *hot, const hg_table *areas, double box[4])
{
    double cell = hg_result_real(hot, "cell_m"), west = hg_result_real(hot, "grid.west_m");
    double north = hg_result_real(hot, "grid.north_m");
    if (!hg_report_box(areas, box) || !isfinite(cell * west * north))
        return;
    double side = fmax(box[2] - box[0], box[3] - box[1]);
    double grid[4] = {west, north - cell * hg_result_real(hot, "grid.rows"),
                      west + cell * hg_result_real(hot, "grid.columns"), north};
    if (side * 4 > fmax(grid[2] - grid[0], grid[3] - grid[1])) /* else the areas would be specks */
        memcpy(box, grid, sizeof grid);
}

static hg_status add_map(hg_report *r, hg_table *areas, hg_table *cells, hg_error *err)
{
    static const hg_style_class outline = {.label = NULL, .color = "#5a0a14"};
    hg_density_picture density = {0};
    hg_basemap basemap = {0};
    hg_map_image images[2] = {{0}};
    hg_style_class ranks[RANK_CLASSES];
    char rank_labels[RANK_CLASSES][48], crs[256], source[512];
    hg_document_column popup[2][8];
    hg_map_layer layers[2] = {{0}};
    hg_map map = {.title = hg_report_say(r->zh, HG_SAY_MAP_OF_AREAS), .alt = hg_report_say(r->zh, HG_SAY_MAP_ALT)};
    size_t n = 0;
    frame_of(&r->hot, areas, map.box);
    hg_status status = hg_report_density(r, &r->hot, &density, err);
    if (status == HG_OK)
        status = hg_report_basemap(r, &r->hot, "hotspot_areas", &map, &basemap, &images[0], err);
    size_t own[2] = {0};
    if (status == HG_OK)
        status =
            hg_report_present(r, areas, area_popup, sizeof area_popup / sizeof *area_popup, popup[1], &own[1], err);
    if (status == HG_OK && cells)
        status =
            hg_report_present(r, cells, cell_popup, sizeof cell_popup / sizeof *cell_popup, popup[0], &own[0], err);
    if (cells && cells->rows <= CELLS_MOST) {
        size_t classes = make_rank_classes(cells->rows, ranks, rank_labels);
        layers[n++] = (hg_map_layer){.title = hg_report_say(r->zh, HG_SAY_CELLS_BY_RANK), .table = cells,
                                     .style = {.symbol = HG_SYMBOL_FILL, .field = "rank", .classes = ranks,
                                               .n_classes = classes, .opacity = 0.75},
                                     .popup = popup[0], .n_popup = own[0]};
        cells = NULL;
    }
    hg_table_free(cells);
    layers[n++] = (hg_map_layer){.title = hg_report_say(r->zh, HG_SAY_AREAS),
                                 .table = areas,
                                 .style = {.symbol = HG_SYMBOL_FILL,
                                           .classes = &outline,
                                           .n_classes = 1,
                                           .opacity = 0.06,
                                           .stroke = "#5a0a14",
                                           .stroke_mm = 0.35},
                                 .label = "name",
                                 .labels = AREA_LABELS,
                                 .key = "rank",
                                 .popup = popup[1],
                                 .n_popup = own[1]};
    map.crs = hg_report_crs(&r->hot, crs);
    map.source = hg_report_source(r, &r->hot, source);
    map.approval = r->job->set.report.map_approval;
    map.images = basemap.jpeg ? images : images + 1;
    map.n_images = (basemap.jpeg ? 1U : 0U) + (density.argb ? 1U : 0U);
    images[1] = density.image;
    map.layers = layers;
    map.n_layers = n;
    if (status == HG_OK)
        status = hg_document_add_map(r->doc, &map, err);
    else
        for (size_t i = 0; i < n; i++)
            hg_table_free(layers[i].table);
    hg_density_picture_dispose(&density);
    hg_basemap_dispose(&basemap);
    return status;
}

/* ------------------------------------------------------------------ tables ----------------- */

static hg_status add_area_table(hg_report *r, hg_table *areas, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"rank", NULL, HG_CELL_INTEGER, 0, NULL},    {"name", NULL, HG_CELL_TEXT, 0, NULL},
        {"area_km2", NULL, HG_CELL_REAL, 3, NULL},   {"count", NULL, HG_CELL_INTEGER, 0, NULL},
        {"share", NULL, HG_CELL_PERCENT, 1, NULL},   {"concentration", NULL, HG_CELL_REAL, 1, NULL},
        {"top_stream", NULL, HG_CELL_TEXT, 0, NULL}, {"peak_hour", NULL, HG_CELL_INTEGER, 0, NULL},
        {"peak_weekday", NULL, HG_CELL_INTEGER, 0, NULL}, {"rank_stability", NULL, HG_CELL_PERCENT, 0, NULL},
    };
    return hg_report_add_table(r,
                               (hg_document_table){.caption = hg_report_say(r->zh, HG_SAY_RANKED_AREAS),
                                                   .stem = "areas",
                                                   .table = areas,
                                                   .first_rows = AREAS_SHOWN,
                                                   .note = hg_report_say(r->zh, HG_SAY_AREAS_NOTE)},
                               columns, sizeof columns / sizeof *columns, err);
}

/* ------------------------------------------------------------------ hours ------------------ */

/* Weight by weekday and hour of one area (0 = the whole study area). */
typedef struct profile {
    double weight[7][24], most, total;
    bool zh;
} profile;

static void read_profile(const hg_table *hours, double area, profile *p)
{
    for (size_t row = 0; row < hours->rows; row++) {
        double own = hg_report_real(hours, "rank", row);
        int day = (int)hg_report_real(hours, "weekday", row), hour = (int)hg_report_real(hours, "hour", row);
        double w = hg_report_real(hours, "weight", row);
        if (own != area || day < 1 || day > 7 || hour < 0 || hour > 23 || !isfinite(w))
            continue;
        p->weight[day - 1][hour] += w;
        p->most = fmax(p->most, p->weight[day - 1][hour]);
        p->total += w;
    }
}

/* From paper to dark red in the steps that the maps use. */
static const char *shade(double part)
{
    static const char *const shades[] = {"#f2f2f2", "#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026"};
    int k = part <= 0 ? 0 : 1 + (int)(part * 4.999);
    return shades[k > 5 ? 5 : k];
}

static void draw_profile(hg_canvas *c, double width, double height, const void *data)
{
    static const char *const days[2][7] = {{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
                                           {"周一", "周二", "周三", "周四", "周五", "周六", "周日"}};
    const profile *p = data;
    const double left = 34, top = 4, bottom = 16, cell_w = (width - left) / 24, cell_h = (height - top - bottom) / 7;
    hg_lettering how = {.size = 8.5, .anchor = HG_ANCHOR_RIGHT, .color = HG_INK};
    char number[8];
    for (int d = 0; d < 7; d++) {
        hg_canvas_text(c, left - 5, top + (d + 0.5) * cell_h, &how, days[p->zh][d]);
        for (int h = 0; h < 24; h++)
            hg_canvas_box(c, left + h * cell_w, top + d * cell_h, cell_w - 1, cell_h - 1,
                          shade(p->most > 0 ? p->weight[d][h] / p->most : 0), NULL, 0);
    }
    how.anchor = HG_ANCHOR_MIDDLE;
    for (int h = 0; h < 24; h += 3) {
        snprintf(number, sizeof number, "%02d", h);
        hg_canvas_text(c, left + (h + 0.5) * cell_w, height - bottom / 2, &how, number);
    }
}

static hg_status add_profile(hg_report *r, const hg_table *hours, double area, const char *name, hg_error *err)
{
    char title[256];
    profile *p = hg_calloc(1, sizeof *p);
    if (!p)
        return hg_fail_memory(err);
    p->zh = r->zh;
    read_profile(hours, area, p);
    if (!(p->total > 0)) {
        hg_free(p);
        return HG_OK;
    }
    hg_report_fit(title, sizeof title, hg_report_say(r->zh, HG_SAY_HOURS_OF), name);
    hg_chart chart = {
        .title = title, .alt = title, .width = 480, .height = 130, .draw = draw_profile, .data = p, .dispose = hg_free};
    return hg_document_add_chart(r->doc, &chart, err);
}

static hg_status add_hours(hg_report *r, hg_error *err)
{
    enum { SHOWN = 3 };
    hg_table *hours = NULL, *areas = NULL;
    hg_status status = hg_report_read(r, &r->hot, "area_hours", &hours, err);
    if (status == HG_OK && hours)
        status = hg_report_read(r, &r->hot, "hotspot_areas", &areas, err);
    if (status == HG_OK && hours && areas) {
        status = hg_document_heading(r->doc, 2, "hours", hg_report_say(r->zh, HG_SAY_WHEN), err);
        if (status == HG_OK)
            status = add_profile(r, hours, 0, hg_report_say(r->zh, HG_SAY_WHOLE_AREA), err);
        for (size_t row = 0; row < areas->rows && row < SHOWN && status == HG_OK; row++) {
            char name[96];
            status =
                add_profile(r, hours, hg_report_real(areas, "rank", row), hg_report_area(r, areas, row, name), err);
        }
    }
    hg_table_free(hours);
    hg_table_free(areas);
    return status;
}

hg_status hg_report_hotspots(hg_report *r, hg_error *err)
{
    hg_table *areas = NULL, *cells = NULL, *again = NULL;
    if (!r->hot.path)
        return HG_OK;
    hg_status status = hg_document_heading(r->doc, 1, "areas", hg_report_say(r->zh, HG_SAY_RANKED_AREAS), err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->hot, "hotspot_areas", &areas, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->hot, "hotspot_areas", &again, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->hot, "hotspot_cells", &cells, err);
    hg_table *coded[] = {areas, again, cells};
    for (size_t i = 0; i < sizeof coded / sizeof *coded && status == HG_OK; i++)
        status = coded[i] ? hg_report_translate_streams(r, coded[i], "top_stream", err) : HG_OK;
    if (status == HG_OK && cells)
        status = hg_report_levels(r, cells, err);
    if (status == HG_OK && areas && again) {
        status = add_map(r, areas, cells, err); /* takes them over */
        areas = cells = NULL;
        if (status == HG_OK) {
            status = add_area_table(r, again, err);
            again = NULL;
        }
    }
    hg_table_free(areas);
    hg_table_free(again);
    hg_table_free(cells);
    if (status == HG_OK)
        status = hg_report_streams(r, err);
    return status == HG_OK ? add_hours(r, err) : status;
}
