/* Land and rivers: the ledger that balances, what changed where, which cases wait. */
#include "job/report_map.h"
#include "base/memory.h"
#include "engine/ledger.h"
#include "job/audit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONES_MAPPED = 6, ROWS_SHOWN = 30, CASES_SHOWN = 20 };

static hg_status read(const hg_report *r, const char *layer, hg_table **out, hg_error *err)
{
    hg_status status = r->audit.path && hg_result_has(&r->audit, layer)
                           ? hg_store_read_layer(r->audit.path, layer, out, err)
                           : HG_OK;
    if (status == HG_OK && *out)
        status = hg_report_keep_zones(r, *out, err);
    return status == HG_OK && *out ? hg_audit_title(r->zh ? "zh" : "en", *out, err) : status;
}

const char *hg_report_land_size(const hg_report *r, double mu, char buf[128])
{
    char m2[64], own[64];
    hg_document_number(mu, 3, own);
    if (r->zh || !isfinite(mu))
        snprintf(buf, 128, "%s", own);
    else
        snprintf(buf, 128, "%s (%s)", hg_document_number(mu / 0.0015, 0, m2), own);
    return buf;
}

static const char *last_epoch(const hg_table *t)
{
    const char *last = NULL;
    for (size_t row = 0; row < t->rows; row++) {
        const char *epoch = hg_report_text(t, "epoch", row);
        if (epoch && (!last || strcmp(epoch, last) > 0))
            last = epoch;
    }
    return last;
}

static double in_mu(const hg_table *t, const char *column, size_t row)
{
    double m2 = hg_report_real(t, column, row);
    return isfinite(m2) ? m2 * 0.0015 : 0;
}

static void sum_zones(const hg_table *by_zone, const hg_table *cases, hg_land_totals *out)
{
    const char *last = last_epoch(by_zone);
    *out = (hg_land_totals){0, 0, 0, 0};
    for (size_t row = 0; row < by_zone->rows; row++) {
        const char *epoch = hg_report_text(by_zone, "epoch", row);
        if (!epoch || strcmp(epoch, last) != 0)
            continue;
        out->opening_mu += in_mu(by_zone, "opening_m2", row);
        out->recovered_mu += in_mu(by_zone, "cleared_m2", row) + in_mu(by_zone, "regularised_m2", row);
        out->closing_mu += in_mu(by_zone, "closing_m2", row);
    }
    for (size_t row = 0; cases && row < cases->rows; row++)
        out->overdue += hg_report_real(cases, "overdue", row) == 1;
}

hg_status hg_report_land_totals(const hg_report *r, hg_land_totals *out, hg_error *err)
{
    const hg_result *a = &r->audit;
    hg_table *zones = NULL, *cases = NULL;
    *out = (hg_land_totals){hg_result_real(a, "ledger.opening_m2") * 0.0015, hg_result_real(a, "ledger.recovered_mu"),
                            hg_result_real(a, "ledger.closing_mu"), hg_result_real(a, "cases_overdue")};
    if (!r->by_zone)
        return HG_OK;
    hg_status status = read(r, "by_zone", &zones, err);
    if (status == HG_OK)
        status = read(r, "cases", &cases, err);
    if (status == HG_OK && zones)
        sum_zones(zones, cases, out);
    hg_table_free(zones);
    hg_table_free(cases);
    return status;
}

static hg_status add_figures(hg_report *r, hg_error *err)
{
    char size[3][128], number[64];
    hg_land_totals t;
    hg_status status = hg_report_land_totals(r, &t, err);
    if (status != HG_OK)
        return status;
    const hg_pair pairs[] = {
        {hg_report_say(r->zh, HG_SAY_LAND_OPENING), hg_report_land_size(r, t.opening_mu, size[0])},
        {hg_report_say(r->zh, HG_SAY_LAND_RECOVERED), hg_report_land_size(r, t.recovered_mu, size[1])},
        {hg_report_say(r->zh, HG_SAY_LAND_CLOSING), hg_report_land_size(r, t.closing_mu, size[2])},
        {hg_report_say(r->zh, HG_SAY_LAND_OVERDUE), hg_document_number(t.overdue, 0, number)},
    };
    return hg_document_figures(r->doc, pairs, sizeof pairs / sizeof *pairs, err);
}

/* ------------------------------------------------------------------ ledgers ---------------- */

static const char *const movements[] = {"opening_m2", "restated_m2", "occupied_m2", "lapsed_m2", "zone_in_m2",
                                        "cleared_m2", "regularised_m2", "zone_out_m2", "transferred_m2", "closing_m2"};

/* Whole square metres that add up down each column; the last row is the total. */
static hg_status round_columns(hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t m = 0; m < sizeof movements / sizeof *movements && status == HG_OK; m++) {
        hg_column *c = hg_table_column(t, movements[m]);
        if (!c || c->type != HG_DOUBLE || t->rows < 2)
            continue;
        double *rounded = hg_malloc(t->rows, sizeof *rounded), total = 0;
        status = rounded ? hg_round_together(c->f64, t->rows - 1, 0, rounded, err) : hg_fail_memory(err);
        for (size_t row = 0; status == HG_OK && row + 1 < t->rows; row++) {
            c->f64[row] = rounded[row];
            total += rounded[row];
        }
        if (status == HG_OK)
            c->f64[t->rows - 1] = total;
        hg_free(rounded);
    }
    return status;
}

/* Rows of the last epoch, their totals left out. */
static void keep_last_epoch(const hg_table *t, const char *name, bool *keep)
{
    const char *last = last_epoch(t);
    for (size_t row = 0; row < t->rows; row++) {
        const char *epoch = hg_report_text(t, "epoch", row), *own = hg_report_text(t, name, row);
        keep[row] = last && epoch && strcmp(epoch, last) == 0 && own && strcmp(own, "*") != 0;
    }
}

/* Several zones' rows of one class become one: the first holds the sums. */
static void merge_rows(hg_table *t, const char *name, bool *keep)
{
    for (size_t row = 0; row < t->rows; row++) {
        const char *own = hg_report_text(t, name, row);
        size_t first = 0;
        while (keep[row] && first < row && !(keep[first] && strcmp(hg_report_text(t, name, first), own) == 0))
            first++;
        if (!keep[row] || first == row)
            continue;
        for (size_t k = 0; k < t->column_count; k++)
            if (t->columns[k].type == HG_DOUBLE)
                t->columns[k].f64[first] += t->columns[k].f64[row];
        keep[row] = false;
    }
}

/* A last row with the sums of what is kept. */
static hg_status with_total(const hg_report *r, hg_table *t, const char *name, hg_error *err)
{
    size_t last = t->rows - 1;
    for (size_t k = 0; k < t->column_count; k++) {
        hg_column *c = &t->columns[k];
        double sum = 0;
        for (size_t row = 0; c->type == HG_DOUBLE && row < last; row++)
            sum += isfinite(c->f64[row]) ? c->f64[row] : 0;
        if (c->type == HG_DOUBLE)
            c->f64[last] = sum;
        else if (c->type == HG_TEXT)
            c->text[last] = HG_NO_TEXT;
        else
            c->i64[last] = HG_NULL_INT64;
    }
    return hg_table_set_text(t, hg_table_column(t, name), last, hg_report_say(r->zh, HG_SAY_TOTAL), err);
}

static hg_status add_ledger(hg_report *r, const char *layer, const char *name, hg_report_word caption, hg_error *err)
{
    hg_document_column columns[] = {
        {name, NULL, HG_CELL_TEXT, 0, NULL},           {"opening_m2", NULL, HG_CELL_REAL, 0, NULL},
        {"restated_m2", NULL, HG_CELL_REAL, 0, NULL},  {"occupied_m2", NULL, HG_CELL_REAL, 0, NULL},
        {"lapsed_m2", NULL, HG_CELL_REAL, 0, NULL},    {"zone_in_m2", NULL, HG_CELL_REAL, 0, NULL},
        {"cleared_m2", NULL, HG_CELL_REAL, 0, NULL},   {"regularised_m2", NULL, HG_CELL_REAL, 0, NULL},
        {"zone_out_m2", NULL, HG_CELL_REAL, 0, NULL},  {"transferred_m2", NULL, HG_CELL_REAL, 0, NULL},
        {"closing_m2", NULL, HG_CELL_REAL, 0, NULL},   {"closing_mu", NULL, HG_CELL_REAL, 3, NULL},
    };
    hg_table *t = NULL;
    bool by_class = strcmp(name, "class") == 0;
    hg_status status = read(r, r->by_zone && by_class ? "ledger" : layer, &t, err);
    if (status != HG_OK || !t)
        return status;
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    if (keep) {
        keep_last_epoch(t, name, keep);
        if (r->by_zone && by_class)
            merge_rows(t, name, keep);
        hg_report_keep_rows(t, keep);
    } else {
        status = hg_fail_memory(err);
    }
    hg_free(keep);
    if (status == HG_OK && t->rows)
        status = hg_report_add_row(t, err);
    if (status == HG_OK && t->rows)
        status = with_total(r, t, name, err);
    if (status == HG_OK)
        status = round_columns(t, err);
    if (status == HG_OK)
        status = hg_report_translate(r, t, name, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, caption), .stem = layer, .table = t, .columns = columns,
                               .n_columns = sizeof columns / sizeof *columns, .total_row = t->rows > 0,
                               .first_rows = ROWS_SHOWN, .note = hg_report_say(r->zh, HG_SAY_LEDGER_NOTE)};
    return hg_document_add_table(r->doc, &table, err);
}

/* ------------------------------------------------------------------ maps ------------------- */

static const hg_style_class changes[] = {
    {0, 0, "cleared", NULL, "#1a9850"},    {0, 0, "regularised", NULL, "#66c2a5"}, {0, 0, "zone_out", NULL, "#a6d96a"},
    {0, 0, "persisting", NULL, "#9e9e9e"}, {0, 0, "transferred", NULL, "#7b6fb0"}, {0, 0, "lapsed", NULL, "#fdae61"},
    {0, 0, "zone_in", NULL, "#f46d43"},    {0, 0, "occupied", NULL, "#d73027"},
};

enum { CHANGES = sizeof changes / sizeof *changes };

/* For pop-ups: codes in words. The change itself stays as it is, for the layer is coloured by it. */
static hg_status put_in_words(const hg_report *r, hg_table *zones, hg_table *faces, hg_error *err)
{
    hg_column *words = NULL, *change = hg_table_column(faces, "change");
    hg_status status = hg_report_translate(r, zones, "kind", err);
    if (status == HG_OK)
        status = hg_report_translate(r, faces, "class", err);
    if (status != HG_OK || !change || change->type != HG_TEXT)
        return status;
    char *title = hg_strdup(change->title);
    status = title ? hg_table_add(faces, "change_words", HG_TEXT, &words, err) : hg_fail_memory(err);
    if (status != HG_OK) {
        hg_free(title);
        return status;
    }
    words->title = title;
    change = hg_table_column(faces, "change"); /* columns have moved */
    memcpy(words->text, change->text, faces->rows * sizeof *words->text);
    return hg_report_translate(r, faces, "change_words", err);
}

static hg_status add_map(hg_report *r, const char *title, const double box[4], bool half, hg_error *err)
{
    static const hg_style_class zone_line = {.color = "#1f3b73"};
    static const hg_document_column popup[] = {
        {"patch_id", NULL, HG_CELL_TEXT, 0, NULL}, {"zone_id", NULL, HG_CELL_TEXT, 0, NULL},
        {"class", NULL, HG_CELL_TEXT, 0, NULL},    {"change_words", NULL, HG_CELL_TEXT, 0, NULL},
        {"area_m2", NULL, HG_CELL_REAL, 1, NULL},  {"area_mu", NULL, HG_CELL_REAL, 3, NULL}};
    static const hg_document_column zone_popup[] = {{"zone_id", NULL, HG_CELL_TEXT, 0, NULL},
                                                    {"kind", NULL, HG_CELL_TEXT, 0, NULL},
                                                    {"encroached_mu", NULL, HG_CELL_REAL, 3, NULL}};
    hg_style_class words[CHANGES];
    char crs[256], source[512];
    hg_map_layer layers[2] = {{0}};
    hg_basemap basemap = {0};
    hg_map_image image = {0};
    hg_table *zones = NULL, *faces = NULL;
    for (size_t k = 0; k < CHANGES; k++) {
        words[k] = changes[k];
        words[k].label = hg_report_code(r, changes[k].value);
    }
    hg_status status = read(r, "zones", &zones, err);
    if (status == HG_OK)
        status = read(r, "changes", &faces, err);
    if (status == HG_OK && zones && faces)
        status = put_in_words(r, zones, faces, err);
    if (status != HG_OK || !zones || !faces) {
        hg_table_free(zones);
        hg_table_free(faces);
        return status;
    }
    layers[0] = (hg_map_layer){.title = hg_report_say(r->zh, HG_SAY_ZONES),
                               .table = zones,
                               .label = "zone_id",
                               .labels = 40,
                               .key = "zone_id",
                               .style = {.symbol = HG_SYMBOL_FILL,
                                         .classes = &zone_line,
                                         .n_classes = 1,
                                         .opacity = 0.05,
                                         .stroke = "#1f3b73",
                                         .stroke_mm = 0.3},
                               .popup = zone_popup,
                               .n_popup = sizeof zone_popup / sizeof *zone_popup};
    layers[1] = (hg_map_layer){.title = hg_report_say(r->zh, HG_SAY_CHANGES),
                               .table = faces,
                               .style = {.symbol = HG_SYMBOL_FILL,
                                         .field = "change",
                                         .categorised = true,
                                         .classes = words,
                                         .n_classes = CHANGES,
                                         .opacity = 0.85},
                               .popup = popup,
                               .n_popup = sizeof popup / sizeof *popup};
    hg_map map = {.title = title, .alt = title, .half = half, .crs = hg_report_crs(&r->audit, crs),
                  .source = hg_report_source(r, &r->audit, source), .approval = r->job->set.report.map_approval,
                  .layers = layers, .n_layers = 2};
    memcpy(map.box, box, sizeof map.box);
    status = hg_report_basemap(r, &r->audit, "zones", &map, &basemap, &image, err);
    map.images = &image;
    map.n_images = basemap.jpeg != NULL;
    if (status == HG_OK) {
        status = hg_document_add_map(r->doc, &map, err);
    } else {
        hg_table_free(zones);
        hg_table_free(faces);
    }
    hg_basemap_dispose(&basemap);
    return status;
}

/* A zone, and how much of it changed. */
typedef struct changed {
    size_t row;
    double m2;
} changed;

static int by_change(const void *a, const void *b)
{
    const changed *p = a, *q = b;
    return p->m2 != q->m2 ? (p->m2 < q->m2) - (p->m2 > q->m2) : (p->row > q->row) - (p->row < q->row);
}

static void sum_changes(const hg_table *zones, const hg_table *faces, changed *out)
{
    for (size_t z = 0; z < zones->rows; z++) {
        const char *id = hg_report_text(zones, "zone_id", z);
        out[z] = (changed){z, 0};
        for (size_t f = 0; id && f < faces->rows; f++) {
            const char *own = hg_report_text(faces, "zone_id", f), *change = hg_report_text(faces, "change", f);
            if (own && change && strcmp(own, id) == 0 && strcmp(change, "persisting") != 0)
                out[z].m2 += hg_report_real(faces, "area_m2", f);
        }
    }
    qsort(out, zones->rows, sizeof *out, by_change);
}

static bool row_box(const hg_table *t, size_t row, double box[4])
{
    double e[4];
    if (!hg_geometry_envelope(&t->geometry, row, e))
        return false;
    double margin = 0.08 * fmax(e[1] - e[0], e[3] - e[2]) + 10;
    box[0] = e[0] - margin;
    box[1] = e[2] - margin;
    box[2] = e[1] + margin;
    box[3] = e[3] + margin;
    return true;
}

static hg_status add_zone_maps(hg_report *r, const hg_table *zones, const hg_table *faces, hg_error *err)
{
    changed *order = hg_malloc(zones->rows, sizeof *order);
    hg_status status = order ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        sum_changes(zones, faces, order);
    for (size_t k = 0; k < zones->rows && k < ZONES_MAPPED && status == HG_OK && order[k].m2 > 0; k++) {
        char title[256];
        double box[4];
        const char *id = hg_report_text(zones, "zone_id", order[k].row);
        hg_report_fit(title, sizeof title, hg_report_say(r->zh, HG_SAY_ZONE_MAP), id ? id : "–");
        if (row_box(zones, order[k].row, box))
            status = add_map(r, title, box, true, err);
    }
    hg_free(order);
    return status;
}

static hg_status add_maps(hg_report *r, hg_error *err)
{
    char title[256];
    double box[4];
    hg_table *zones = NULL, *faces = NULL;
    hg_status status = read(r, "zones", &zones, err);
    if (status == HG_OK)
        status = read(r, "changes", &faces, err);
    if (status == HG_OK && zones && faces && hg_report_box(zones, box)) {
        status = hg_document_heading(r->doc, 2, "land-maps", hg_report_say(r->zh, HG_SAY_LAND_MAPS), err);
        hg_report_fit(title, sizeof title, hg_report_say(r->zh, HG_SAY_ZONE_MAP),
                      hg_report_say(r->zh, HG_SAY_ALL_ZONES));
        if (status == HG_OK)
            status = add_map(r, title, box, false, err);
        if (status == HG_OK)
            status = add_zone_maps(r, zones, faces, err);
    }
    hg_table_free(zones);
    hg_table_free(faces);
    return status;
}

/* ------------------------------------------------------------------ other tables ----------- */

/* Sums over all zones are called so. */
static hg_status name_totals(const hg_report *r, hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t row = 0; row < t->rows && status == HG_OK; row++) {
        const char *zone = hg_report_text(t, "zone_id", row);
        if (zone && strcmp(zone, "*") == 0)
            status = hg_table_set_text(t, hg_table_column(t, "zone_id"), row, hg_report_say(r->zh, HG_SAY_TOTAL), err);
    }
    return status;
}

static hg_status add_plain(hg_report *r, const char *layer, hg_report_word caption, const hg_document_column *columns,
                           size_t n, bool (*wanted)(const hg_table *t, size_t row), size_t first_rows, hg_error *err)
{
    static const char *const coded[] = {"action", "class", "item", "level", "kind", "state", "unit"};
    hg_table *t = NULL;
    hg_status status = read(r, layer, &t, err);
    if (status != HG_OK || !t)
        return status;
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    for (size_t row = 0; keep && row < t->rows; row++)
        keep[row] = !wanted || wanted(t, row);
    if (keep)
        hg_report_keep_rows(t, keep);
    else
        status = hg_fail_memory(err);
    hg_free(keep);
    for (size_t k = 0; k < sizeof coded / sizeof *coded && status == HG_OK; k++)
        status = hg_report_translate(r, t, coded[k], err);
    if (status == HG_OK)
        status = name_totals(r, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    return hg_report_add_table(
        r,
        (hg_document_table){
            .caption = hg_report_say(r->zh, caption), .stem = layer, .table = t, .first_rows = first_rows},
        columns, n, err);
}

static bool is_unverified(const hg_table *t, size_t row)
{
    return hg_report_real(t, "unverified_m2", row) >= 1;
}

static bool is_open(const hg_table *t, size_t row)
{
    return hg_report_real(t, "outstanding_m2", row) > 0;
}

static hg_status add_tables(hg_report *r, hg_error *err)
{
    static const hg_document_column actions[] = {
        {"action", NULL, HG_CELL_TEXT, 0, NULL},       {"actions", NULL, HG_CELL_INTEGER, 0, NULL},
        {"claimed_m2", NULL, HG_CELL_REAL, 1, NULL},   {"verified_m2", NULL, HG_CELL_REAL, 1, NULL},
        {"unverified_m2", NULL, HG_CELL_REAL, 1, NULL}, {"verified_mu", NULL, HG_CELL_REAL, 3, NULL},
        {"rooms", NULL, HG_CELL_REAL, 0, NULL}};
    static const hg_document_column claims[] = {
        {"patch_id", NULL, HG_CELL_TEXT, 0, NULL},     {"action", NULL, HG_CELL_TEXT, 0, NULL},
        {"date", NULL, HG_CELL_DAY, 0, NULL},          {"claimed_m2", NULL, HG_CELL_REAL, 1, NULL},
        {"verified_m2", NULL, HG_CELL_REAL, 1, NULL},  {"unverified_m2", NULL, HG_CELL_REAL, 1, NULL}};
    const char *const sizes[2] = {r->zh ? "outstanding_mu" : "outstanding_m2",
                                  r->zh ? "outstanding_m2" : "outstanding_mu"};
    const hg_document_column cases[] = {
        {"patch_id", NULL, HG_CELL_TEXT, 0, NULL},     {"zone_id", NULL, HG_CELL_TEXT, 0, NULL},
        {"class", NULL, HG_CELL_TEXT, 0, NULL},        {"state", NULL, HG_CELL_TEXT, 0, NULL},
        {"found_on", NULL, HG_CELL_DAY, 0, NULL},      {"deadline", NULL, HG_CELL_DAY, 0, NULL},
        {"overdue_days", NULL, HG_CELL_INTEGER, 0, NULL},
        {sizes[0], NULL, HG_CELL_REAL, r->zh ? 3 : 1, NULL}, {sizes[1], NULL, HG_CELL_REAL, r->zh ? 1 : 3, NULL}};
    static const hg_document_column units[] = {
        {"zone_id", NULL, HG_CELL_TEXT, 0, NULL},  {"item", NULL, HG_CELL_TEXT, 0, NULL},
        {"unit", NULL, HG_CELL_TEXT, 0, NULL},     {"opening", NULL, HG_CELL_REAL, 0, NULL},
        {"occupied", NULL, HG_CELL_REAL, 0, NULL}, {"recovered", NULL, HG_CELL_REAL, 0, NULL},
        {"closing", NULL, HG_CELL_REAL, 0, NULL}};
    static const hg_document_column duty[] = {
        {"zone_id", NULL, HG_CELL_TEXT, 0, NULL},      {"level", NULL, HG_CELL_TEXT, 0, NULL},
        {"duty_days", NULL, HG_CELL_INTEGER, 0, NULL}, {"patrols", NULL, HG_CELL_INTEGER, 0, NULL},
        {"periods_met", NULL, HG_CELL_INTEGER, 0, NULL}, {"share_met", NULL, HG_CELL_PERCENT, 0, NULL},
        {"longest_gap_days", NULL, HG_CELL_INTEGER, 0, NULL}};
    bool all = !r->by_zone; /* these two know no zones */
    hg_status status = all ? add_plain(r, "by_action", HG_SAY_BY_ACTION, actions, 7, NULL, 0, err) : HG_OK;
    if (status == HG_OK && all)
        status = add_plain(r, "claims", HG_SAY_UNVERIFIED, claims, 6, is_unverified, ROWS_SHOWN, err);
    if (status == HG_OK)
        status = add_plain(r, "cases", HG_SAY_OPEN_CASES, cases, 9, is_open, CASES_SHOWN, err);
    if (status == HG_OK)
        status = add_plain(r, "units_ledger", HG_SAY_ROOMS_LEDGER, units, 7, NULL, ROWS_SHOWN, err);
    return status == HG_OK ? add_plain(r, "patrol_duty", HG_SAY_PATROL_DUTY, duty, 7, NULL, ROWS_SHOWN, err) : status;
}

static hg_status add_period(hg_report *r, hg_error *err)
{
    const char *first = NULL, *last = NULL;
    char key[64], a[64], b[64];
    for (size_t i = 0; i < 256; i++) {
        snprintf(key, sizeof key, "epochs[%zu].date", i);
        const char *date = hg_result_text(&r->audit, key);
        if (!date)
            break;
        first = last;
        last = date;
    }
    if (!first || !last)
        return HG_OK;
    return hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_LAND_PERIOD), hg_report_day(r, first, a),
                         hg_report_day(r, last, b));
}

hg_status hg_report_land(hg_report *r, hg_error *err)
{
    if (!r->audit.path)
        return HG_OK;
    hg_status status = hg_document_heading(r->doc, 1, "land", hg_report_say(r->zh, HG_SAY_LAND), err);
    if (status == HG_OK)
        status = add_period(r, err);
    if (status == HG_OK)
        status = add_figures(r, err);
    if (status == HG_OK)
        status = add_ledger(r, "by_class", "class", HG_SAY_LEDGER_CLASS, err);
    if (status == HG_OK)
        status = add_ledger(r, "by_zone", "zone_id", HG_SAY_LEDGER_ZONE, err);
    if (status == HG_OK)
        status = add_maps(r, err);
    return status == HG_OK ? add_tables(r, err) : status;
}
