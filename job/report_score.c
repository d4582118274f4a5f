/*
 * How the last list fared: it was made before these incidents were known. Chance is what a random list of as much
 * area would have caught.
 */
#include "job/report_score.h"
#include "base/memory.h"
#include "engine/tails.h"
#include "job/columns.h"

#include <math.h>
#include <stdio.h>

typedef struct scorecard {
    hg_old_list list;
    hg_tally incidents, patrols;
    bool patrolled;
} scorecard;

static const char *day_of_list(const hg_report *r, char buf[64])
{
    return hg_report_day(r, hg_result_text(&r->previous, "last_time"), buf);
}

/* ------------------------------------------------------------------ the line --------------- */

static void add_facts(hg_report *r, const hg_tally *t, double chance, double low, double high)
{
    hg_facts *f = &r->job->facts;
    hg_fact_int(f, (int64_t)t->all, "scorecard.incidents");
    hg_fact_int(f, (int64_t)t->hit, "scorecard.caught");
    hg_fact_real(f, chance, "scorecard.area_share");
    hg_fact_real(f, (double)t->hit / (double)t->all / chance, "scorecard.times_chance");
    hg_fact_real(f, low, "scorecard.times_chance_low");
    hg_fact_real(f, high, "scorecard.times_chance_high");
}

static hg_status add_line(hg_report *r, const hg_tally *t, hg_error *err)
{
    char day[64], n[8][64];
    double chance = hg_result_real(&r->previous, "selected_area_share"), all = (double)t->all, hit = (double)t->hit;
    day_of_list(r, day);
    if (!t->all)
        return hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_SCORE_NONE), day);
    double low = hg_binomial_lower(t->hit, t->all, 0.025) / chance;
    double high = (1 - hg_binomial_lower(t->all - t->hit, t->all, 0.025)) / chance;
    add_facts(r, t, chance, low, high);
    return hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_SCORE_LINE), hg_document_number(all, 0, n[0]), day,
                         hg_document_number(hit, 0, n[1]), hg_document_number(100 * hit / all, 1, n[2]),
                         hg_document_number(all * chance, 1, n[3]), hg_document_number(100 * chance, 2, n[4]),
                         hg_document_number(hit / all / chance, 1, n[5]), hg_document_number(low, 1, n[6]),
                         hg_document_number(high, 1, n[7]));
}

static hg_status add_provisos(hg_report *r, const hg_tally *t, hg_error *err)
{
    char n[64];
    hg_status status = HG_OK;
    if (t->on_grid)
        status = hg_document_text(r->doc, HG_SMALL, hg_report_say(r->zh, HG_SAY_SCORE_ON_GRID), err);
    if (status == HG_OK && t->untimed)
        status = hg_report_add(r, HG_SMALL, err, hg_report_say(r->zh, HG_SAY_SCORE_UNTIMED),
                               hg_document_number((double)t->untimed, 0, n));
    return status;
}

static hg_status add_visits(hg_report *r, const scorecard *s, hg_error *err)
{
    char n[3][64];
    size_t visited = 0, areas = s->list.areas->rows;
    for (size_t i = 0; i < areas; i++)
        visited += s->patrols.in_area[i] > 0;
    return hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_VISITED_OF), hg_document_number((double)visited, 0, n[0]),
                         hg_document_number((double)areas, 0, n[1]), hg_document_number((double)s->patrols.hit, 0, n[2]));
}

/* ------------------------------------------------------------------ by area ---------------- */

static hg_status fill_row(const hg_report *r, const scorecard *s, size_t i, hg_table *t, hg_error *err)
{
    char name[96];
    hg_row row = {.table = t, .row = i, .err = err};
    hg_row_int(&row, (int64_t)hg_report_real(s->list.areas, "rank", i));
    hg_row_text(&row, hg_report_area(r, s->list.areas, i, name));
    hg_row_int(&row, s->incidents.in_area ? (int64_t)s->incidents.in_area[i] : HG_NULL_INT64);
    hg_row_real(&row, s->incidents.in_area ? (double)s->incidents.all * hg_report_real(s->list.areas, "share", i) : NAN);
    hg_row_int(&row, s->patrolled ? (int64_t)s->patrols.in_area[i] : HG_NULL_INT64);
    hg_row_day(&row, s->patrolled ? s->patrols.last[i] : HG_NO_TIME);
    return row.status;
}

static hg_status add_areas(hg_report *r, const scorecard *s, hg_error *err)
{
    static const hg_column_spec specs[] = {{"rank", HG_INT64},      {"name", HG_TEXT},    {"incidents_since", HG_INT64},
                                           {"expected_since", HG_DOUBLE}, {"visits", HG_INT64}, {"last_visit", HG_TEXT}};
    const hg_document_column columns[] = {
        {"rank", hg_report_say(r->zh, HG_SAY_RANK_THEN), HG_CELL_INTEGER, 0, NULL},
        {"name", hg_report_say(r->zh, HG_SAY_PLACE), HG_CELL_TEXT, 0, NULL},
        {"incidents_since", hg_report_say(r->zh, HG_SAY_SINCE_THEN), HG_CELL_INTEGER, 0, NULL},
        {"expected_since", hg_report_say(r->zh, HG_SAY_EXPECTED_SINCE), HG_CELL_REAL, 1, NULL},
        {"visits", hg_report_say(r->zh, HG_SAY_VISITS), HG_CELL_INTEGER, 0, NULL},
        {"last_visit", hg_report_say(r->zh, HG_SAY_LAST_VISIT), HG_CELL_DAY, 0, NULL}};
    hg_table *t = NULL;
    hg_status status = hg_table_new("scorecard", s->list.areas->rows, NULL, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, specs, sizeof specs / sizeof *specs, err);
    for (size_t i = 0; i < s->list.areas->rows && status == HG_OK; i++)
        status = fill_row(r, s, i, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    hg_document_table table = {.caption = hg_report_say(r->zh, HG_SAY_SCORE_TABLE), .stem = "scorecard", .table = t,
                               .columns = columns, .n_columns = s->patrolled ? 6 : 4, .first_rows = 10,
                               .note = hg_report_say(r->zh, HG_SAY_SCORE_NOTE)};
    return hg_document_add_table(r->doc, &table, err);
}

/* ------------------------------------------------------------------ all -------------------- */

static bool is_complete(const hg_result *hot)
{
    return hot->path && hg_result_text(hot, "options.all-incidents") && hg_result_has(hot, "incidents");
}

static hg_status tally(hg_report *r, scorecard *s, bool *judged, hg_error *err)
{
    const char *given = r->job->set.report.incidents;
    const hg_text_list *logs = &r->job->set.audit.sources[HG_AUDIT_PATROLS];
    hg_status status = HG_OK;
    *judged = given || is_complete(&r->hot);
    if (given)
        status = hg_tally_points(r, &s->list, "incidents", given, NULL, &s->incidents, err);
    else if (*judged)
        status = hg_tally_points(r, &s->list, "incidents", r->hot.path, "incidents", &s->incidents, err);
    s->patrolled = logs->count > 0;
    for (size_t i = 0; i < logs->count && status == HG_OK; i++)
        status = hg_tally_patrols(r, &s->list, logs->items[i], &s->patrols, err);
    return status;
}

static hg_status tell(hg_report *r, scorecard *s, hg_error *err)
{
    char day[64];
    bool judged = false;
    hg_status status = tally(r, s, &judged, err);
    if (status == HG_OK && judged)
        status = add_line(r, &s->incidents, err);
    else if (status == HG_OK)
        status = hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_SCORE_NEEDS), day_of_list(r, day));
    if (status == HG_OK && judged)
        status = add_provisos(r, &s->incidents, err);
    if (status == HG_OK && s->patrolled)
        status = add_visits(r, s, err);
    return status == HG_OK && (judged || s->patrolled) ? add_areas(r, s, err) : status;
}

hg_status hg_report_scorecard(hg_report *r, hg_error *err)
{
    scorecard s = {0};
    const char *missing = NULL;
    if (!r->previous.path || r->job->set.report.public_profile) /* where patrols went is not for the public */
        return HG_OK;
    hg_status status = hg_document_heading(r->doc, 2, "scorecard", hg_report_say(r->zh, HG_SAY_SCORECARD), err);
    if (status == HG_OK)
        status = hg_old_list_open(r, &s.list, &missing, err);
    if (status == HG_OK && missing)
        status = hg_report_add(r, HG_BODY, err, hg_report_say(r->zh, HG_SAY_SCORE_MISSING), missing);
    else if (status == HG_OK)
        status = tell(r, &s, err);
    hg_old_list_dispose(&s.list);
    hg_tally_dispose(&s.incidents);
    hg_tally_dispose(&s.patrols);
    return status;
}
