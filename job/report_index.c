/* The safety index: the last day, a calendar, months, and what changed against last year. */
#include "job/report_parts.h"
#include "base/civil.h"
#include "base/memory.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, MONTHS_MOST = 24, ROWS_SHOWN = 31 };

static bool is_of(const hg_table *t, size_t row, const char *unit)
{
    const char *own = hg_report_text(t, "unit", row);
    return !unit || (own && strcmp(own, unit) == 0);
}

/* --unit must be one of the result's; without it the only one, or NULL = all of several. */
static hg_status choose_unit(const hg_report *r, const hg_table *days, const char **unit, hg_error *err)
{
    enum { NAMED = 30 };
    const char *wanted = r->job->set.report.unit, *last = NULL;
    hg_text names = {0};
    size_t n = 0;
    bool found = false;
    for (size_t row = 0; row < days->rows; row++) {
        const char *own = hg_report_text(days, "unit", row);
        if (!own || (last && strcmp(own, last) == 0)) /* rows of a unit stand together */
            continue;
        last = own;
        found |= wanted && strcmp(own, wanted) == 0;
        if (n++ < NAMED)
            hg_text_addf(&names, "%s%s", n > 1 ? ", " : "", own);
    }
    hg_status status = HG_OK;
    if (wanted && !found)
        status = hg_fail(err, HG_EUSAGE, "--unit %s: %s has no such unit; it has %s%s", wanted, r->index.path,
                         names.s ? names.s : "none", n > NAMED ? " and others" : "");
    *unit = wanted ? wanted : n == 1 ? last : NULL;
    hg_text_dispose(&names);
    return status;
}

/* ------------------------------------------------------------------ calendar --------------- */

typedef struct calendar {
    int64_t first_month; /* months since year 0 of the first row */
    size_t months;
    char band[MONTHS_MOST][31]; /* first letter of the colour; 0 = no such day, '-' = no index */
    bool zh;
} calendar;

static bool month_of(const char *iso, int64_t *month, int *day)
{
    int y, m;
    if (!iso || sscanf(iso, "%4d-%2d-%2d", &y, &m, day) != 3 || m < 1 || m > 12 || *day < 1 || *day > 31)
        return false;
    *month = 12 * (int64_t)y + m - 1;
    return true;
}

/* The last two years at most. */
static void fill_calendar(const hg_table *t, const char *unit, calendar *c)
{
    int64_t last = INT64_MIN, first = INT64_MAX, month;
    int day;
    for (size_t row = 0; row < t->rows; row++)
        if (is_of(t, row, unit) && month_of(hg_report_text(t, "date", row), &month, &day)) {
            last = month > last ? month : last;
            first = month < first ? month : first;
        }
    if (last == INT64_MIN)
        return;
    c->first_month = last - first >= MONTHS_MOST ? last - MONTHS_MOST + 1 : first;
    c->months = (size_t)(last - c->first_month + 1);
    for (size_t row = 0; row < t->rows; row++) {
        const char *band = hg_report_text(t, "band", row);
        if (is_of(t, row, unit) && month_of(hg_report_text(t, "date", row), &month, &day) && month >= c->first_month)
            c->band[month - c->first_month][day - 1] = band && *band ? *band : '-';
    }
}

static const char *colour_of(char letter)
{
    static const char *const bands[] = {"blue", "green", "yellow", "orange", "red"};
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++)
        if (bands[i][0] == letter)
            return hg_index_band_colour(bands[i]);
    return "#c8c8c8";
}

static void draw_calendar(hg_canvas *canvas, double width, double height, const void *data)
{
    const calendar *c = data;
    const double left = 52, top = 14, cell_w = (width - left) / 31, cell_h = (height - top) / (double)c->months;
    hg_lettering how = {.size = 8, .anchor = HG_ANCHOR_MIDDLE, .color = HG_INK};
    char label[32];
    for (int d = 0; d < 31; d += 5) {
        snprintf(label, sizeof label, "%d", d ? d : 1);
        hg_canvas_text(canvas, left + ((d ? d : 1) - 0.5) * cell_w, top / 2, &how, label);
    }
    how.anchor = HG_ANCHOR_RIGHT;
    for (size_t m = 0; m < c->months; m++) {
        int64_t month = c->first_month + (int64_t)m;
        snprintf(label, sizeof label, "%lld-%02lld", (long long)(month / 12), (long long)(month % 12 + 1));
        hg_canvas_text(canvas, left - 6, top + ((double)m + 0.5) * cell_h, &how, label);
        for (int d = 0; d < 31; d++)
            if (c->band[m][d])
                hg_canvas_box(canvas, left + d * cell_w, top + (double)m * cell_h, cell_w - 1, cell_h - 1,
                              colour_of(c->band[m][d]), NULL, 0);
    }
}

static hg_status add_calendar(hg_report *r, const hg_table *days, const char *unit, hg_error *err)
{
    char title[256];
    calendar *c = hg_calloc(1, sizeof *c);
    if (!c)
        return hg_fail_memory(err);
    c->zh = r->zh;
    fill_calendar(days, unit, c);
    if (!c->months) {
        hg_free(c);
        return HG_OK;
    }
    hg_report_fit(title, sizeof title, hg_report_say(r->zh, HG_SAY_INDEX_CALENDAR), unit ? unit : "–");
    hg_chart chart = {.title = title, .alt = title, .width = 498, .height = 14 + 15 * (double)c->months, .draw = draw_calendar,
                      .data = c, .dispose = hg_free};
    return hg_document_add_chart(r->doc, &chart, err);
}

/* ------------------------------------------------------------------ figures ---------------- */

static size_t last_day(const hg_table *t, const char *unit)
{
    size_t last = SIZE_MAX;
    for (size_t row = 0; row < t->rows; row++)
        if (is_of(t, row, unit) && (last == SIZE_MAX || strcmp(hg_report_text(t, "date", row), hg_report_text(t, "date", last)) > 0))
            last = row;
    return last;
}

/* The row of the summary over all days. */
static size_t whole_period(const hg_table *t, const char *unit)
{
    for (size_t row = 0; row < t->rows; row++) {
        const char *period = hg_report_text(t, "period", row);
        if (is_of(t, row, unit) && period && strstr(period, ".."))
            return row;
    }
    return SIZE_MAX;
}

static hg_status add_figures(hg_report *r, const hg_table *days, const hg_table *summary, const char *unit, hg_error *err)
{
    static const char *const bands[] = {"blue", "green", "yellow", "orange", "red"};
    char values[8][64], labels[8][96], day[64], column[32];
    hg_pair pairs[8];
    size_t n = 0, last = last_day(days, unit), whole = summary ? whole_period(summary, unit) : SIZE_MAX;
    if (last != SIZE_MAX) {
        const char *band = hg_report_code(r, hg_report_text(days, "band", last));
        hg_report_fit(labels[n], sizeof labels[n], hg_report_say(r->zh, HG_SAY_INDEX_LAST),
                 hg_report_day(r, hg_report_text(days, "date", last), day), band ? band : "–");
        pairs[n] = (hg_pair){labels[n], hg_document_number(hg_report_real(days, "score", last), 1, values[n])};
        n++;
    }
    if (whole != SIZE_MAX) {
        pairs[n] = (hg_pair){hg_report_say(r->zh, HG_SAY_INDEX_MEAN),
                             hg_document_number(hg_report_real(summary, "mean_score", whole), 2, values[n])};
        n++;
    }
    for (size_t k = 0; whole != SIZE_MAX && k < sizeof bands / sizeof *bands; k++) {
        snprintf(column, sizeof column, "days_%s", bands[k]);
        if (!hg_table_column(summary, column))
            continue;
        hg_report_fit(labels[n], sizeof labels[n], hg_report_say(r->zh, HG_SAY_INDEX_DAYS), hg_report_code(r, bands[k]));
        pairs[n] = (hg_pair){labels[n], hg_document_number(hg_report_real(summary, column, whole), 0, values[n])};
        n++;
    }
    return n ? hg_document_figures(r->doc, pairs, n, err) : HG_OK;
}

/* ------------------------------------------------------------------ tables ----------------- */

/* What stood out, in the language of the report: the run may have spoken the other. */
static hg_status say_reasons(const hg_report *r, hg_table *t, hg_error *err)
{
    hg_column *reasons = hg_table_column(t, "reasons");
    const char *lang = hg_result_text(&r->index, "options.lang");
    hg_status status = HG_OK;
    if (!reasons || (strcmp(lang ? lang : "en", "zh") == 0) == r->zh)
        return HG_OK;
    for (size_t row = 0; row < t->rows && status == HG_OK; row++) {
        hg_text said = {0};
        for (size_t k = 0; k < t->column_count; k++) {
            char key[160], expected[160], band[160], n[2][64];
            const char *column = t->columns[k].name;
            if (strncmp(column, "n_", 2) != 0 || !isfinite(hg_report_real(t, column, row)))
                continue;
            snprintf(key, sizeof key, "stream_columns.%s", column + 2);
            snprintf(expected, sizeof expected, "expected_%s", column + 2);
            snprintf(band, sizeof band, "band_%s", column + 2);
            const char *stream = hg_result_text(&r->index, key), *own = hg_report_text(t, band, row);
            if (!stream || !own || !*own || strcmp(own, "blue") == 0 || strcmp(own, "green") == 0)
                continue;
            hg_text_add(&said, said.len ? (r->zh ? "；" : "; ") : "");
            hg_text_addf(&said, hg_report_say(r->zh, HG_SAY_REASON_STREAM), hg_report_stream(r, stream),
                         hg_document_number(hg_report_real(t, column, row), 0, n[0]),
                         hg_document_number(hg_report_real(t, expected, row), 1, n[1]));
        }
        status = hg_table_set_text(t, reasons, row, said.s ? said.s : "", err);
        hg_text_dispose(&said);
    }
    return status;
}

static bool is_bad_day(const hg_table *t, size_t row)
{
    const char *band = hg_report_text(t, "band", row);
    return band && (strcmp(band, "red") == 0 || strcmp(band, "orange") == 0);
}

static bool is_month(const hg_table *t, size_t row)
{
    const char *period = hg_report_text(t, "period", row);
    return period && !strstr(period, "..");
}

static bool is_year_on_year(const hg_table *t, size_t row)
{
    const char *comparison = hg_report_text(t, "comparison", row);
    return comparison && strcmp(comparison, "yoy") == 0 && !is_month(t, row);
}

static bool is_period_on_period(const hg_table *t, size_t row)
{
    const char *comparison = hg_report_text(t, "comparison", row);
    return comparison && strcmp(comparison, "pop") == 0 && !is_month(t, row);
}

typedef struct wanted_table {
    const char *layer, *stem;
    hg_report_word caption;
    bool (*wanted)(const hg_table *t, size_t row);
    const hg_document_column *columns;
    size_t n_columns;
    const char *note;
} wanted_table;

/* Changes of all units together where no unit was chosen. */
static bool is_wanted(const wanted_table *w, const hg_table *t, size_t row, const char *unit)
{
    bool changes = strcmp(w->layer, "year_on_year") == 0;
    return is_of(t, row, unit ? unit : changes ? "*" : NULL) && w->wanted(t, row);
}

static hg_status add_table(hg_report *r, const wanted_table *w, const char *unit, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_report_read(r, &r->index, w->layer, &t, err);
    if (status != HG_OK || !t)
        return status;
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    for (size_t row = 0; keep && row < t->rows; row++)
        keep[row] = is_wanted(w, t, row, unit);
    if (keep)
        hg_report_keep_rows(t, keep);
    else
        status = hg_fail_memory(err);
    hg_free(keep);
    if (status == HG_OK)
        status = say_reasons(r, t, err);
    if (status == HG_OK && hg_table_column(t, "band"))
        status = hg_report_band_colours(t, err);
    if (status == HG_OK)
        status = hg_report_translate(r, t, "band", err);
    if (status == HG_OK)
        status = hg_report_translate_streams(r, t, "measure", err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    return hg_report_add_table(r, (hg_document_table){.caption = hg_report_say(r->zh, w->caption), .stem = w->stem, .table = t,
                                                      .first_rows = ROWS_SHOWN, .note = w->note},
                               w->columns, w->n_columns, err);
}

static hg_status add_tables(hg_report *r, const char *unit, hg_error *err)
{
    const size_t own = unit ? 1 : 0; /* the unit's name is said once where there is one */
    enum { PLAIN = 4, BANDS = 5 };
    static const char *const bands[BANDS] = {"blue", "green", "yellow", "orange", "red"};
    hg_document_column months[PLAIN + BANDS] = {
        {"unit", NULL, HG_CELL_TEXT, 0, NULL},       {"period", NULL, HG_CELL_TEXT, 0, NULL},
        {"mean_score", NULL, HG_CELL_REAL, 2, NULL}, {"days_scored", NULL, HG_CELL_INTEGER, 0, NULL}};
    char names[BANDS][32], heads[BANDS][96];
    for (size_t k = 0; k < BANDS; k++) {
        snprintf(names[k], sizeof names[k], "days_%s", bands[k]);
        hg_report_fit(heads[k], sizeof heads[k], hg_report_say(r->zh, HG_SAY_INDEX_DAYS), hg_report_code(r, bands[k]));
        months[PLAIN + k] = (hg_document_column){names[k], heads[k], HG_CELL_INTEGER, 0, NULL};
    }
    static const hg_document_column days[] = {
        {"unit", NULL, HG_CELL_TEXT, 0, NULL},
        {"date", NULL, HG_CELL_DAY, 0, NULL},    {"band", NULL, HG_CELL_TEXT, 0, "colour"},
        {"score", NULL, HG_CELL_REAL, 1, NULL},  {"band_certainty", NULL, HG_CELL_PERCENT, 0, NULL},
        {"reasons", NULL, HG_CELL_TEXT, 0, NULL}};
    const hg_document_column changes[] = {
        {"measure", NULL, HG_CELL_TEXT, 0, NULL},    {"base", NULL, HG_CELL_REAL, 0, NULL},
        {"current", NULL, HG_CELL_REAL, 0, NULL},    {"change_pct", NULL, HG_CELL_REAL, 2, NULL},
        {"low_pct", NULL, HG_CELL_REAL, 1, NULL},    {"high_pct", NULL, HG_CELL_REAL, 1, NULL},
        {r->zh ? "note_zh" : "note", NULL, HG_CELL_TEXT, 0, NULL}};
    const wanted_table tables[] = {
        {"year_on_year", "year_on_year", HG_SAY_YEAR_ON_YEAR, is_year_on_year, changes, 7,
         hg_report_say(r->zh, HG_SAY_CHANGE_NOTE)},
        {"year_on_year", "period_on_period", HG_SAY_PERIOD_ON_PERIOD, is_period_on_period, changes, 7, NULL},
        {"index_summary", "index_months", HG_SAY_INDEX_MONTHS, is_month, months + own, PLAIN + BANDS - own, NULL},
        {"safety_index", "index_red_days", HG_SAY_INDEX_RED_DAYS, is_bad_day, days + own, 6 - own, NULL},
    };
    hg_status status = HG_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == HG_OK; i++)
        status = add_table(r, &tables[i], unit, err);
    return status;
}

static hg_status add_unit(hg_report *r, const hg_table *days, const hg_table *summary, const char *unit, hg_error *err)
{
    hg_status status = add_figures(r, days, summary, unit, err);
    return status == HG_OK ? add_calendar(r, days, unit, err) : status;
}

hg_status hg_report_index(hg_report *r, hg_error *err)
{
    hg_table *days = NULL, *summary = NULL;
    if (!r->index.path)
        return HG_OK;
    hg_status status = hg_document_heading(r->doc, 1, "index", hg_report_say(r->zh, HG_SAY_INDEX), err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->index, "safety_index", &days, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->index, "index_summary", &summary, err);
    if (status == HG_OK && days) {
        const char *unit = NULL;
        status = choose_unit(r, days, &unit, err);
        if (status == HG_OK)
            status = unit ? add_unit(r, days, summary, unit, err) : hg_report_units(r, err);
        if (status == HG_OK)
            status = add_tables(r, unit, err);
    }
    hg_table_free(days);
    hg_table_free(summary);
    return status;
}
