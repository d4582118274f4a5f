/* The first page, for two minutes: what changed, where to go, what the data do not show, what is overdue. */
#include "job/report_advice.h"
#include "job/report_lists.h"
#include "base/memory.h"
#include "job/audit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CARDS = 6, HOURS_A_CARD = 4, OVERDUE_SHOWN = 12, NAMES_SHOWN = 12 };

/* ------------------------------------------------------------------ figures ---------------- */

static hg_status add_figures(hg_report *r, hg_error *err)
{
    char values[6][64], land[128];
    hg_pair pairs[6];
    size_t n = 0;
    if (r->hot.path) {
        pairs[n] = (hg_pair){hg_report_say(r->zh, HG_SAY_INCIDENTS_IN_AREA),
                             hg_document_number(hg_result_real(&r->hot, "incidents_in_area"), 0, values[n])};
        n++;
        pairs[n] = (hg_pair){hg_report_say(r->zh, HG_SAY_HOT_AREAS),
                             hg_document_number(hg_result_real(&r->hot, "areas"), 0, values[n])};
        n++;
        pairs[n] = (hg_pair){hg_report_say(r->zh, HG_SAY_SHARE_CAUGHT),
                             hg_document_number(100 * hg_result_real(&r->hot, "selected_share"), 1, values[n])};
        n++;
    }
    if (r->audit.path) {
        hg_land_totals t;
        hg_status status = hg_report_land_totals(r, &t, err);
        if (status != HG_OK)
            return status;
        pairs[n++] = (hg_pair){hg_report_say(r->zh, HG_SAY_LAND_CLOSING), hg_report_land_size(r, t.closing_mu, land)};
        pairs[n] = (hg_pair){hg_report_say(r->zh, HG_SAY_LAND_OVERDUE), hg_document_number(t.overdue, 0, values[n])};
        n++;
    }
    return n ? hg_document_figures(r->doc, pairs, n, err) : HG_OK;
}

/* ------------------------------------------------------------------ changes ---------------- */

/* "Port Avenue (1), Cane Road (4)": names with ranks. */
static char *names_of(const hg_report *r, const hg_table *areas, const bool *wanted)
{
    hg_text t = {0};
    size_t shown = 0, more = 0;
    for (size_t row = 0; row < areas->rows; row++) {
        char buf[96];
        if (!wanted[row])
            continue;
        if (shown == NAMES_SHOWN) {
            more++;
            continue;
        }
        hg_text_addf(&t, "%s%s (%d)", shown ? (r->zh ? "、" : ", ") : "", hg_report_area(r, areas, row, buf),
                     (int)hg_report_real(areas, "rank", row));
        shown++;
    }
    if (more)
        hg_text_addf(&t, r->zh ? " 等另 %zu 处" : " and %zu more", more);
    if (!shown)
        hg_text_add(&t, hg_report_say(r->zh, HG_SAY_NONE));
    return hg_text_take(&t);
}

static hg_status add_change(hg_report *r, hg_report_word word, const hg_table *areas, const bool *wanted, hg_error *err)
{
    char *names = names_of(r, areas, wanted);
    hg_status status =
        names ? hg_report_add_item(r, err, "%s%s%s", hg_report_say(r->zh, word), r->zh ? "：" : ": ", names)
              : hg_fail_memory(err);
    hg_free(names);
    return status;
}

static hg_status add_changes(hg_report *r, hg_error *err)
{
    hg_list_change change = {0};
    if (!r->hot.path)
        return HG_OK;
    hg_status status = hg_document_heading(r->doc, 2, "changed", hg_report_say(r->zh, HG_SAY_CHANGED), err);
    if (status != HG_OK)
        return status;
    if (!r->previous.path)
        return hg_document_text(r->doc, HG_BODY, hg_report_say(r->zh, HG_SAY_NO_PREVIOUS), err);
    status = hg_list_compare(r, &change, err);
    if (status == HG_OK && change.why_not)
        status = hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_NOT_COMPARABLE), change.why_not);
    else if (status == HG_OK) {
        status = add_change(r, HG_SAY_ENTERED, change.now, change.entered, err);
        if (status == HG_OK)
            status = add_change(r, HG_SAY_LEFT, change.before, change.left, err);
        if (status == HG_OK)
            status = add_change(r, HG_SAY_STAYED, change.now, change.stayed, err);
    }
    hg_list_change_dispose(&change);
    return status;
}

/* ------------------------------------------------------------------ cards ------------------ */

/* The four hours in a row that hold most of an area's week; false without a profile. */
static bool busiest(const hg_table *hours, double area, int *from, double *share)
{
    double by_hour[24] = {0}, total = 0, most = -1;
    for (size_t row = 0; hours && row < hours->rows; row++) {
        int hour = (int)hg_report_real(hours, "hour", row);
        double w = hg_report_real(hours, "weight", row);
        if (hg_report_real(hours, "rank", row) != area || hour < 0 || hour > 23 || !isfinite(w))
            continue;
        by_hour[hour] += w;
        total += w;
    }
    for (int h = 0; h < 24; h++) {
        double sum = 0;
        for (int k = 0; k < HOURS_A_CARD; k++)
            sum += by_hour[(h + k) % 24];
        if (sum > most) {
            most = sum;
            *from = h;
        }
    }
    *share = total > 0 ? most / total : 0;
    return total > 0;
}

static void say_hours(const hg_report *r, const hg_table *areas, const hg_table *hours, size_t row, char buf[96])
{
    int from = 0;
    double share = 0, peak = hg_report_real(areas, "peak_hour", row);
    if (busiest(hours, hg_report_real(areas, "rank", row), &from, &share))
        snprintf(buf, 96, hg_report_say(r->zh, HG_SAY_HOURS_SHARE), from, (from + HOURS_A_CARD) % 24, 100 * share);
    else if (isfinite(peak))
        snprintf(buf, 96, hg_report_say(r->zh, HG_SAY_HOUR), (int)peak);
    else
        snprintf(buf, 96, "%s", hg_report_say(r->zh, HG_SAY_TOO_FEW_TIMES));
}

/* What the tables of an area are made from: its cells, its hours. */
typedef struct card_tables {
    hg_table *areas, *cells, *hours;
} card_tables;

/* "more than chance (99 %); steady": of the best cell of the area, and of all of them. */
static void say_sure(const hg_report *r, const card_tables *t, size_t row, char buf[128])
{
    const char *level = NULL;
    double area = hg_report_real(t->areas, "rank", row), stable = hg_report_real(t->areas, "rank_stability", row);
    for (size_t c = 0; t->cells && c < t->cells->rows && !level; c++) /* in order of rank */
        if (hg_report_real(t->cells, "area", c) == area)
            level = hg_report_text(t->cells, "level", c);
    hg_report_fit(buf, 128, "%s%s%s", level ? level : "", level && isfinite(stable) ? (r->zh ? "；" : "; ") : "",
                  isfinite(stable) ? hg_report_say(r->zh, hg_report_stability_word(stable)) : "");
}

static hg_status add_card(hg_report *r, const hg_advice *advice, const card_tables *t, size_t row, hg_error *err)
{
    const hg_table *areas = t->areas, *hours = t->hours;
    char sure[128];
    say_sure(r, t, row, sure);
    char badge[16], name[96], time[96], count[128], number[2][64];
    const char *stream = hg_report_text(areas, "top_stream", row), *text, *responsible;
    hg_advice_for(advice, stream ? stream : "*", r->zh, &text, &responsible);
    snprintf(badge, sizeof badge, "%d", (int)hg_report_real(areas, "rank", row));
    say_hours(r, areas, hours, row, time);
    snprintf(count, sizeof count, hg_report_say(r->zh, HG_SAY_COUNT_ON_AREA),
             hg_document_number(hg_report_real(areas, "count", row), 0, number[0]),
             hg_document_number(hg_report_real(areas, "area_km2", row), 3, number[1]));
    const hg_pair pairs[] = {
        {hg_report_say(r->zh, HG_SAY_PROBLEM), hg_report_stream(r, stream)},
        {hg_report_say(r->zh, HG_SAY_HOURS), time},
        {hg_report_say(r->zh, HG_SAY_WEEKDAY), hg_report_weekday(r, hg_report_real(areas, "peak_weekday", row))},
        {hg_report_say(r->zh, HG_SAY_INCIDENTS), count},
        {hg_report_say(r->zh, HG_SAY_RESPONSIBLE), responsible ? responsible : "–"},
        {hg_report_say(r->zh, HG_SAY_HOW_SURE), sure},
    };
    const hg_card card = {.badge = badge, .title = hg_report_area(r, areas, row, name), .pairs = pairs,
                          .n_pairs = sizeof pairs / sizeof *pairs - !*sure, .text = text};
    return hg_document_card(r->doc, &card, err);
}

static hg_status add_cards(hg_report *r, hg_error *err)
{
    card_tables t = {0};
    hg_advice advice = {0};
    if (!r->hot.path)
        return HG_OK;
    hg_status status = hg_advice_read(r->job->set.report.advice, &advice, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->hot, "hotspot_areas", &t.areas, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->hot, "hotspot_cells", &t.cells, err);
    if (status == HG_OK && t.cells)
        status = hg_report_levels(r, t.cells, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->hot, "area_hours", &t.hours, err);
    if (status == HG_OK && t.areas && t.areas->rows)
        status = hg_document_heading(r->doc, 2, "cards", hg_report_say(r->zh, HG_SAY_PATROL_CARDS), err);
    for (size_t row = 0; t.areas && row < t.areas->rows && row < CARDS && status == HG_OK; row++)
        status = add_card(r, &advice, &t, row, err);
    hg_table_free(t.areas);
    hg_table_free(t.cells);
    hg_table_free(t.hours);
    hg_advice_dispose(&advice);
    return status;
}

/* ------------------------------------------------------------------ overdue ---------------- */

static hg_status add_overdue(hg_report *r, hg_error *err)
{
    const char *const sizes[2] = {r->zh ? "outstanding_mu" : "outstanding_m2",
                                  r->zh ? "outstanding_m2" : "outstanding_mu"};
    const hg_document_column columns[] = {
        {"patch_id", NULL, HG_CELL_TEXT, 0, NULL},        {"zone_id", NULL, HG_CELL_TEXT, 0, NULL},
        {"class", NULL, HG_CELL_TEXT, 0, NULL},           {"state", NULL, HG_CELL_TEXT, 0, NULL},
        {"deadline", NULL, HG_CELL_DAY, 0, NULL},         {"overdue_days", NULL, HG_CELL_INTEGER, 0, NULL},
        {sizes[0], NULL, HG_CELL_REAL, r->zh ? 3 : 1, NULL}, {sizes[1], NULL, HG_CELL_REAL, r->zh ? 1 : 3, NULL}};
    hg_table *t = NULL;
    if (!r->audit.path || !hg_result_has(&r->audit, "cases"))
        return HG_OK;
    hg_status status = hg_store_read_layer(r->audit.path, "cases", &t, err);
    if (status == HG_OK)
        status = hg_report_keep_zones(r, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    bool *keep = hg_calloc(t->rows, sizeof *keep);
    for (size_t row = 0; keep && row < t->rows; row++)
        keep[row] = hg_report_real(t, "overdue", row) == 1;
    if (keep)
        hg_report_keep_rows(t, keep);
    else
        status = hg_fail_memory(err);
    hg_free(keep);
    if (status == HG_OK)
        status = hg_audit_title(r->zh ? "zh" : "en", t, err);
    if (status == HG_OK)
        status = hg_report_translate(r, t, "class", err);
    if (status == HG_OK)
        status = hg_report_translate(r, t, "state", err);
    if (status == HG_OK)
        status = hg_document_heading(r->doc, 2, "overdue", hg_report_say(r->zh, HG_SAY_OVERDUE), err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_OVERDUE),
                               .stem = "overdue",
                               .table = t,
                               .columns = columns,
                               .n_columns = sizeof columns / sizeof *columns,
                               .first_rows = OVERDUE_SHOWN};
    return hg_document_add_table(r->doc, &table, err);
}

hg_status hg_report_first_page(hg_report *r, hg_error *err)
{
    char period[160];
    hg_status status = hg_document_heading(r->doc, 1, "minutes", hg_report_say(r->zh, HG_SAY_FOR_TWO_MINUTES), err);
    const char *when = hg_report_period(r, r->hot.path ? &r->hot : &r->index, period);
    if (status == HG_OK && *when)
        status = hg_document_text(r->doc, HG_LEAD, when, err);
    if (status == HG_OK && r->quiet)
        status = hg_document_text(r->doc, HG_LEAD, hg_report_say(r->zh, HG_SAY_QUIET), err);
    if (status == HG_OK)
        status = add_figures(r, err);
    if (status == HG_OK)
        status = add_changes(r, err);
    if (status == HG_OK)
        status = add_cards(r, err);
    if (status == HG_OK)
        status = hg_report_scorecard(r, err);
    if (status == HG_OK)
        status = hg_report_cut_off(r, err);
    return status == HG_OK ? add_overdue(r, err) : status;
}
