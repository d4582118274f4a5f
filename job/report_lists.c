#include "job/report_lists.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hg_list_change_dispose(hg_list_change *c)
{
    hg_table_free(c->now);
    hg_table_free(c->before);
    hg_free(c->entered);
    hg_free(c->stayed);
    hg_free(c->left);
    *c = (hg_list_change){0};
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const hg_list_cell *)a)->id, ((const hg_list_cell *)b)->id);
}

void hg_list_cells_dispose(hg_list_cells *c)
{
    hg_table_free(c->table);
    hg_free(c->cells);
    *c = (hg_list_cells){0};
}

hg_status hg_list_cells_read(const hg_report *r, const hg_result *result, hg_list_cells *out, hg_error *err)
{
    hg_status status = hg_report_read(r, result, "hotspot_cells", &out->table, err);
    if (status != HG_OK || !out->table)
        return status;
    out->cells = hg_malloc(out->table->rows, sizeof *out->cells);
    if (!out->cells)
        return hg_fail_memory(err);
    for (size_t row = 0; row < out->table->rows; row++) {
        const char *id = hg_report_text(out->table, "cell_id", row);
        double area = hg_report_real(out->table, "area", row);
        if (id && area >= 1) /* with --all-cells not all are selected */
            out->cells[out->n++] = (hg_list_cell){id, (size_t)area};
    }
    qsort(out->cells, out->n, sizeof *out->cells, by_id);
    return HG_OK;
}

size_t hg_list_area(const hg_list_cells *c, const char *id)
{
    hg_list_cell key = {id, 0}, *found = c->n ? bsearch(&key, c->cells, c->n, sizeof key, by_id) : NULL;
    return found ? found->area : 0;
}

/* Whether the results speak of the same cells. */
static void check_comparable(const hg_report *r, hg_list_change *c)
{
    static const char *const same[] = {"cell_m", "analysis_crs"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const char *now = hg_result_text(&r->hot, same[i]), *before = hg_result_text(&r->previous, same[i]);
        if (now && before && strcmp(now, before) == 0)
            continue;
        snprintf(c->reason, sizeof c->reason, "%s: %.40s, %.40s", same[i], before ? before : "–", now ? now : "–");
        c->why_not = c->reason;
        return;
    }
}

/* Which areas have a cell in the other list. */
static bool *areas_met(const hg_table *areas, const hg_list_cells *own, const hg_list_cells *other)
{
    bool *met = hg_calloc(areas->rows, sizeof *met);
    for (size_t k = 0; met && k < own->n; k++)
        if (own->cells[k].area <= areas->rows && hg_list_area(other, own->cells[k].id))
            met[own->cells[k].area - 1] = true;
    return met;
}

static bool *not_of(const bool *flags, size_t n)
{
    bool *other = hg_calloc(n, sizeof *other);
    for (size_t i = 0; other && flags && i < n; i++)
        other[i] = !flags[i];
    return flags ? other : (hg_free(other), NULL);
}

static hg_status match(hg_list_change *c, const hg_list_cells *now, const hg_list_cells *before, hg_error *err)
{
    c->stayed = areas_met(c->now, now, before);
    bool *kept = areas_met(c->before, before, now);
    c->entered = not_of(c->stayed, c->now->rows);
    c->left = not_of(kept, c->before->rows);
    bool whole = c->stayed && kept && c->entered && c->left;
    hg_free(kept);
    return whole ? HG_OK : hg_fail_memory(err);
}

hg_status hg_list_compare(hg_report *r, hg_list_change *c, hg_error *err)
{
    hg_list_cells now = {0}, before = {0};
    check_comparable(r, c);
    if (c->why_not)
        return HG_OK;
    hg_status status = hg_report_read(r, &r->hot, "hotspot_areas", &c->now, err);
    if (status == HG_OK)
        status = hg_report_read(r, &r->previous, "hotspot_areas", &c->before, err);
    if (status == HG_OK)
        status = hg_list_cells_read(r, &r->hot, &now, err);
    if (status == HG_OK)
        status = hg_list_cells_read(r, &r->previous, &before, err);
    if (status == HG_OK && (!c->now || !c->before || !now.n || !before.n)) {
        snprintf(c->reason, sizeof c->reason, "hotspot_cells");
        c->why_not = c->reason;
    } else if (status == HG_OK) {
        status = match(c, &now, &before, err);
    }
    hg_list_cells_dispose(&now);
    hg_list_cells_dispose(&before);
    return status;
}

/* ------------------------------------------------------------------ cut-off ---------------- */

static double rejected(const hg_result *hot, const char *reason)
{
    char key[96];
    snprintf(key, sizeof key, "rejected_by_reason.%s", reason);
    double v = hg_result_real(hot, key);
    return isfinite(v) ? v : 0;
}

/*
 * A stream is late if it ended more than three days before the data, and if at its own rate so long a silence would
 * happen by chance less than once in a thousand times: exp(-incidents per day x days) < 0.001.
 */
static bool is_late(const hg_result *hot, size_t stream, const char *own_last)
{
    char key[64];
    const char *first = hg_result_text(hot, "first_time"), *last = hg_result_text(hot, "last_time");
    snprintf(key, sizeof key, "streams_accepted[%zu]", stream);
    double days = (double)hg_report_days_between(first, own_last), silent = (double)hg_report_days_between(own_last, last);
    return silent > 3 && hg_result_real(hot, key) / fmax(days, 1) * silent > log(1000);
}

static hg_status add_late_feeds(hg_report *r, hg_error *err)
{
    char key[64], day[64];
    hg_status status = HG_OK;
    for (size_t i = 0; status == HG_OK; i++) {
        snprintf(key, sizeof key, "streams[%zu]", i);
        const char *stream = hg_result_text(&r->hot, key);
        snprintf(key, sizeof key, "streams_last[%zu]", i);
        const char *own = hg_result_text(&r->hot, key);
        if (!stream)
            break;
        if (own && is_late(&r->hot, i, own))
            status = hg_report_add_item(r, err, hg_report_say(r->zh, HG_SAY_LATE_FEED), hg_report_stream(r, stream),
                                        hg_report_day(r, own, day));
    }
    return status;
}

hg_status hg_report_cut_off(hg_report *r, hg_error *err)
{
    static const struct {
        const char *key;
        hg_report_word word;
    } counted[] = {{"untimed", HG_SAY_UNTIMED}, {"default_times", HG_SAY_DEFAULT_TIMES}, {"duplicates", HG_SAY_DUPLICATES},
                   {"suspected_repeats", HG_SAY_REPEATS}};
    char number[2][64], day[64];
    if (!r->hot.path)
        return HG_OK;
    const char *last = hg_result_text(&r->hot, "last_time");
    double read = hg_result_real(&r->hot, "rows_read");
    double lost = rejected(&r->hot, "no_geometry") + rejected(&r->hot, "not_finite") + rejected(&r->hot, "null_island") +
                  rejected(&r->hot, "outside_crs");
    hg_status status = hg_document_heading(r->doc, 2, "cut-off", hg_report_say(r->zh, HG_SAY_DATA_CUT_OFF), err);
    if (status == HG_OK && last)
        status = hg_report_add_item(r, err, hg_report_say(r->zh, HG_SAY_DATA_END), hg_report_day(r, last, day));
    if (status == HG_OK)
        status = add_late_feeds(r, err);
    if (status == HG_OK && read > 0)
        status = hg_report_add_item(r, err, hg_report_say(r->zh, HG_SAY_UNLOCATED), hg_document_number(lost, 0, number[0]),
                                    hg_document_number(100 * lost / read, 1, number[1]));
    for (size_t i = 0; i < sizeof counted / sizeof *counted && status == HG_OK; i++) {
        double v = hg_result_real(&r->hot, counted[i].key);
        if (v > 0)
            status = hg_report_add_item(r, err, hg_report_say(r->zh, counted[i].word), hg_document_number(v, 0, number[0]));
    }
    return status;
}
