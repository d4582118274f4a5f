/* Counts by spans of days: the published period, its months, what they are compared with, the years. */
#include "base/memory.h"
#include "job/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 86400, MOST_YEARS = 200 };

void hg_index_spans_dispose(hg_index_spans *s)
{
    hg_free(s->pairs);
    hg_free(s->months);
    hg_free(s->years);
    hg_free(s->bound);
    hg_free(s->segment_of);
    hg_free(s->count);
    hg_free(s->days);
    hg_free(s->hidden);
    *s = (hg_index_spans){0};
}

static void split_day(int32_t day, int64_t *year, int *month, int *mday)
{
    hg_civil_split((int64_t)day * DAY_S, year, month, mday, NULL, NULL, NULL);
}

static int32_t first_of_month(int64_t year, int month)
{
    return hg_index_day_of(hg_civil_from(year + (month > 12), month > 12 ? 1 : month, 1, 0, 0, 0));
}

const char *hg_index_span_text(hg_period span, char *buf)
{
    int64_t year, end_year;
    int month, mday, end_month, end_mday;
    char from[32], last[32];
    split_day(span.from, &year, &month, &mday);
    split_day(span.until, &end_year, &end_month, &end_mday);
    int64_t months = (end_year - year) * 12 + end_month - month;
    bool whole = mday == 1 && end_mday == 1;
    if (whole && months == 1)
        snprintf(buf, 32, "%04lld-%02d", (long long)year, month);
    else if (whole && months == 12 && month == 1)
        snprintf(buf, 32, "%04lld", (long long)year);
    else
        snprintf(buf, 32, "%.10s..%.10s", hg_index_day_text(span.from, from),
                 hg_index_day_text(span.until - 1, last));
    return buf;
}

/* ------------------------------------------------- where the data begin -------------------- */

/*
 * Data may begin before their first event: quiet days no more than the longest gap between events are days on which
 * nothing happened; else a year of four accidents would almost never be a base.
 */
static hg_status find_beginning(hg_index_run *run, hg_error *err)
{
    const hg_index_entries *e = &run->events;
    const hg_index_input *in = &run->input;
    int32_t first = in->first_data_day, longest = 0, event = INT32_MAX, before = 0;
    uint8_t *seen = hg_calloc((size_t)(in->last_data_day - first) + 1, 1);
    if (!seen)
        return hg_fail_memory(err);
    for (size_t i = 0; i < e->n; i++)
        if (e->day[i] >= first && e->day[i] <= in->last_data_day)
            seen[e->day[i] - first] = 1;
    for (int32_t day = first; day <= in->last_data_day; day++) {
        if (!seen[day - first])
            continue;
        if (event == INT32_MAX)
            event = day;
        else if (day - before - 1 > longest)
            longest = day - before - 1;
        before = day;
    }
    hg_free(seen);
    run->spans.known_from = event != INT32_MAX && event - longest < first ? event - longest : first;
    return HG_OK;
}

bool hg_index_span_known(const hg_index_run *run, hg_period span)
{
    return span.from >= run->spans.known_from && span.until > run->input.first_data_day &&
           span.until <= run->input.last_data_day + 1 && span.from < span.until;
}

/* ------------------------------------------------- which spans ------------------------------ */

static hg_status list_months(hg_index_run *run, hg_error *err)
{
    hg_index_spans *s = &run->spans;
    const hg_index_input *in = &run->input;
    s->months = hg_malloc((size_t)(in->until - in->since) / 28 + 2, sizeof *s->months);
    if (!s->months)
        return hg_fail_memory(err);
    for (int32_t from = in->since; from < in->until;) {
        int64_t year;
        int month;
        split_day(from, &year, &month, NULL);
        int32_t next = first_of_month(year, month + 1);
        int32_t until = next < in->until ? next : in->until;
        s->months[s->month_count++] = (hg_period){from, until};
        from = until;
    }
    return HG_OK;
}

static hg_status list_years(hg_index_run *run, hg_error *err)
{
    hg_index_spans *s = &run->spans;
    hg_period year = {.until = run->input.until};
    hg_period list[MOST_YEARS];
    size_t n = 0;
    for (int k = 0; k < MOST_YEARS; k++) {
        hg_period end = hg_period_years_before((hg_period){run->input.until, run->input.until}, k);
        hg_period begin = hg_period_years_before((hg_period){run->input.until, run->input.until}, k + 1);
        year = (hg_period){begin.from, end.from};
        if (!hg_index_span_known(run, year))
            break;
        list[n++] = year;
    }
    s->years = hg_malloc(n, sizeof *s->years);
    if (!s->years)
        return hg_fail_memory(err);
    for (size_t k = 0; k < n; k++)
        s->years[k] = list[n - 1 - k];
    s->year_count = n;
    return HG_OK;
}

static void add_pairs(hg_index_spans *s, hg_period span, bool whole)
{
    s->pairs[s->pair_count++] =
        (hg_index_pair){.base = hg_period_years_before(span, 1), .current = span, .yoy = true, .whole = whole};
    s->pairs[s->pair_count++] =
        (hg_index_pair){.base = hg_period_before(span), .current = span, .whole = whole};
}

static hg_status list_pairs(hg_index_run *run, hg_error *err)
{
    hg_index_spans *s = &run->spans;
    s->pairs = hg_malloc(2 * (s->month_count + 1), sizeof *s->pairs);
    if (!s->pairs)
        return hg_fail_memory(err);
    add_pairs(s, (hg_period){run->input.since, run->input.until}, true);
    for (size_t k = 0; k < s->month_count && s->month_count > 1; k++)
        add_pairs(s, s->months[k], false);
    return HG_OK;
}

/* ------------------------------------------------- segments --------------------------------- */

static int by_day(const void *a, const void *b)
{
    int32_t p = *(const int32_t *)a, q = *(const int32_t *)b;
    return (p > q) - (p < q);
}

static void add_bound(const hg_index_run *run, hg_index_spans *s, hg_period span)
{
    if (!hg_index_span_known(run, span))
        return;
    s->bound[s->segments++] = span.from;
    s->bound[s->segments++] = span.until;
}

static hg_status cut_segments(hg_index_run *run, hg_error *err)
{
    hg_index_spans *s = &run->spans;
    const hg_index_input *in = &run->input;
    s->bound = hg_malloc(4 * s->pair_count + 2 * s->year_count + 4, sizeof *s->bound);
    if (!s->bound)
        return hg_fail_memory(err);
    int32_t first = in->first_data_day < in->since ? in->first_data_day : in->since;
    s->bound[s->segments++] = first;
    s->bound[s->segments++] = in->until;
    s->bound[s->segments++] = in->since;
    for (size_t k = 0; k < s->pair_count; k++) {
        add_bound(run, s, s->pairs[k].current);
        add_bound(run, s, s->pairs[k].base);
    }
    for (size_t k = 0; k < s->year_count; k++)
        add_bound(run, s, s->years[k]);
    qsort(s->bound, s->segments, sizeof *s->bound, by_day);
    size_t n = 0;
    for (size_t k = 0; k < s->segments; k++)
        if (n == 0 || s->bound[k] != s->bound[n - 1])
            s->bound[n++] = s->bound[k];
    s->segments = n - 1;
    first = s->bound[0];
    s->segment_of = hg_malloc((size_t)(in->until - first), sizeof *s->segment_of);
    if (!s->segment_of)
        return hg_fail_memory(err);
    for (size_t k = 0; k < s->segments; k++)
        for (int32_t day = s->bound[k]; day < s->bound[k + 1]; day++)
            s->segment_of[day - first] = (uint32_t)k;
    return HG_OK;
}

/* ------------------------------------------------- counts ----------------------------------- */

/*
 * The last statement that speaks of the unit and the day holds, as in the engine. Only outages that somebody declared leave counts and lengths: a gap that merely looks like one may be a year with
 * fewer events, and leaving it out would hide just that.
 */
bool hg_index_feed_missing(const hg_index_run *run, size_t unit, size_t series, int32_t day)
{
    for (size_t i = run->input.feed_count; i-- > 0;) {
        const hg_index_feed *f = &run->feeds[i];
        if ((f->unit == HG_INDEX_NO_UNIT || f->unit == unit) && f->stream == series && day >= f->from && day < f->until)
            return !f->present;
    }
    return false;
}

static hg_status count_events(hg_index_run *run, hg_error *err)
{
    hg_index_spans *s = &run->spans;
    const hg_index_entries *e = &run->events;
    size_t units = run->units.n, series = run->series_count, n = s->segments;
    if (units >= SIZE_MAX / sizeof *s->count / series / n - 1)
        return hg_fail_memory(err);
    s->count = hg_calloc((units + 1) * series, n * sizeof *s->count);
    s->days = hg_calloc(series, n * sizeof *s->days);
    if (!s->count || !s->days)
        return hg_fail_memory(err);
    for (size_t i = 0; i < e->n; i++) {
        if (e->unit[i] == HG_NO_UNIT || e->day[i] < s->bound[0] || e->day[i] >= s->bound[n] ||
            hg_index_feed_missing(run, e->unit[i], e->series[i], e->day[i]))
            continue;
        size_t segment = s->segment_of[e->day[i] - s->bound[0]];
        s->count[(e->unit[i] * series + e->series[i]) * n + segment]++;
        s->count[(units * series + e->series[i]) * n + segment]++;
    }
    for (size_t k = 0; k < series; k++)
        for (int32_t day = s->bound[0]; day < s->bound[n]; day++)
            s->days[k * n + s->segment_of[day - s->bound[0]]] += !hg_index_feed_missing(run, units, k, day);
    return HG_OK;
}

static bool told_apart(const hg_index_run *run, size_t unit, size_t series)
{
    bool apart = false;
    for (size_t i = 0; i < run->input.feed_count; i++)
        apart |= run->feeds[i].unit == unit && run->feeds[i].stream == series;
    return apart;
}

bool hg_index_span_count(const hg_index_run *run, size_t unit, size_t series, hg_period span, uint64_t *n,
                         double *days)
{
    const hg_index_spans *s = &run->spans;
    size_t at = (unit * run->series_count + series) * s->segments;
    bool open = true;
    *n = 0;
    *days = 0;
    for (size_t k = s->segment_of[span.from - s->bound[0]]; k < s->segments && s->bound[k] < span.until; k++) {
        *n += s->count[at + k];
        *days += s->days[series * s->segments + k];
        open &= !s->hidden || !s->hidden[at + k];
    }
    if (unit < run->units.n && told_apart(run, unit, series)) {
        *days = 0;
        for (int32_t day = span.from; day < span.until; day++)
            *days += !hg_index_feed_missing(run, unit, series, day);
    }
    return open;
}

hg_status hg_index_spans_make(hg_index_run *run, hg_error *err)
{
    hg_status status = find_beginning(run, err);
    if (status == HG_OK)
        status = list_months(run, err);
    if (status == HG_OK)
        status = list_years(run, err);
    if (status == HG_OK)
        status = list_pairs(run, err);
    if (status == HG_OK)
        status = cut_segments(run, err);
    return status == HG_OK ? count_events(run, err) : status;
}
