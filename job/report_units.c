/* The index of several units: each on its last day, on a map and in a table. */
#include "job/report_map.h"
#include "base/memory.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const bands[] = {"blue", "green", "yellow", "orange", "red"};

enum { BANDS = sizeof bands / sizeof *bands, UNITS_SHOWN = 60, LABELS = 30 };

hg_status hg_report_band_colours(hg_table *t, hg_error *err)
{
    hg_column *c = NULL;
    hg_status status = hg_table_add(t, "colour", HG_TEXT, &c, err);
    for (size_t row = 0; row < t->rows && status == HG_OK; row++) {
        const char *band = hg_report_text(t, "band", row), *colour = band && *band ? hg_index_band_colour(band) : NULL;
        if (colour)
            status = hg_table_set_text(t, c, row, colour, err);
    }
    return status;
}

/* How many units stand in each colour. */
static hg_status add_figures(hg_report *r, const hg_table *units, hg_error *err)
{
    hg_pair pairs[BANDS + 1];
    char labels[BANDS + 1][96], values[BANDS + 1][64];
    size_t n = 0, scored = 0;
    for (size_t k = 0; k <= BANDS; k++) {
        double count = 0;
        for (size_t row = 0; row < units->rows && k < BANDS; row++) {
            const char *band = hg_report_text(units, "band", row);
            count += band && strcmp(band, bands[k]) == 0;
        }
        scored += (size_t)count;
        if (k == BANDS)
            count = (double)(units->rows - scored);
        if (!(count > 0))
            continue;
        hg_report_fit(labels[n], sizeof labels[n], hg_report_say(r->zh, HG_SAY_UNITS_IN), hg_report_code(r, k < BANDS ? bands[k] : "missing"));
        pairs[n] = (hg_pair){labels[n], hg_document_number(count, 0, values[n])};
        n++;
    }
    return n ? hg_document_figures(r->doc, pairs, n, err) : HG_OK;
}

static hg_status add_map(hg_report *r, hg_table *units, hg_error *err)
{
    static const hg_document_column popup[] = {
        {"unit", NULL, HG_CELL_TEXT, 0, NULL}, {"date", NULL, HG_CELL_DAY, 0, NULL},
        {"score", NULL, HG_CELL_REAL, 1, NULL}, {"band", NULL, HG_CELL_TEXT, 0, NULL}};
    hg_style_class classes[BANDS + 1];
    char crs[256], source[512];
    for (size_t k = 0; k < BANDS; k++) {
        const char *words = hg_report_code(r, bands[k]);
        classes[k] = (hg_style_class){.value = words, .label = words, .color = hg_index_band_colour(bands[k])};
    }
    const char *none = hg_report_code(r, "missing");
    classes[BANDS] = (hg_style_class){.value = none, .label = none, .color = "#c8c8c8"};
    hg_status status = hg_report_translate(r, units, "band", err);
    hg_map map = {.title = hg_report_say(r->zh, HG_SAY_UNITS_MAP), .alt = hg_report_say(r->zh, HG_SAY_UNITS_MAP_ALT),
                  .crs = hg_report_crs(&r->index, crs), .source = hg_report_source(r, &r->index, source),
                  .approval = r->job->set.report.map_approval};
    if (status != HG_OK || !hg_report_box(units, map.box)) {
        hg_table_free(units);
        return status;
    }
    const hg_map_layer layer = {.title = hg_report_say(r->zh, HG_SAY_INDEX), .table = units, .label = "unit", .labels = LABELS,
                                .key = "unit",
                                .style = {.symbol = HG_SYMBOL_FILL, .field = "band", .categorised = true, .classes = classes,
                                          .n_classes = BANDS + 1, .opacity = 0.7, .stroke = "#3a3a3a", .stroke_mm = 0.2},
                                .popup = popup, .n_popup = sizeof popup / sizeof *popup};
    map.layers = &layer;
    map.n_layers = 1;
    return hg_document_add_map(r->doc, &map, err);
}

static hg_status add_table(hg_report *r, hg_table *units, hg_error *err)
{
    static const hg_document_column columns[] = {
        {"unit", NULL, HG_CELL_TEXT, 0, NULL},     {"date", NULL, HG_CELL_DAY, 0, NULL},
        {"band", NULL, HG_CELL_TEXT, 0, "colour"}, {"score", NULL, HG_CELL_REAL, 1, NULL},
        {"consecutive_red", NULL, HG_CELL_INTEGER, 0, NULL}, {"population", NULL, HG_CELL_INTEGER, 0, NULL}};
    hg_status status = hg_report_band_colours(units, err);
    if (status == HG_OK)
        status = hg_report_translate(r, units, "band", err);
    if (status != HG_OK) {
        hg_table_free(units);
        return status;
    }
    return hg_report_add_table(r, (hg_document_table){.caption = hg_report_say(r->zh, HG_SAY_UNITS_TABLE), .stem = "units",
                                                      .table = units, .first_rows = UNITS_SHOWN},
                               columns, sizeof columns / sizeof *columns, err);
}

hg_status hg_report_units(hg_report *r, hg_error *err)
{
    hg_table *units = NULL, *again = NULL;
    hg_status status = hg_report_read(r, &r->index, "units", &units, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->index, "units", &again, err);
    if (status == HG_OK && units && again) {
        status = add_figures(r, units, err);
        if (status == HG_OK) {
            status = add_map(r, units, err);
            units = NULL;
        }
        if (status == HG_OK) {
            status = add_table(r, again, err);
            again = NULL;
        }
    }
    hg_table_free(units);
    hg_table_free(again);
    return status;
}
