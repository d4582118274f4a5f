#include "engine/index_feed.h"
#include "base/memory.h"

#include <string.h>

enum { UNDECLARED, DECLARED_MISSING, DECLARED_PRESENT };
enum { SILENCE_MIN = 3 };

/* The days of the data up to the last published one, as far as gaps are concerned. */
typedef struct record {
    int32_t first;
    size_t days;
    uint8_t *seen;     /* streams x days: some event */
    uint8_t *declared; /* days of one stream */
    struct gap {
        int64_t last; /* its last day, from first */
        int64_t length;
    } * gaps; /* closed ones, longest first, each later than those before it */
} record;

/* Applies entries for all units, and those for `unit`, in their order. */
static void declare(const hg_index_input *in, uint32_t stream, uint32_t unit, int32_t first,
                    size_t days, uint8_t *declared)
{
    memset(declared, UNDECLARED, days);
    for (size_t i = 0; i < in->feed_count; i++) {
        const hg_index_feed *f = &in->feeds[i];
        if (f->stream != stream || (f->unit != HG_INDEX_NO_UNIT && f->unit != unit))
            continue;
        int64_t from = (int64_t)f->from - first, until = (int64_t)f->until - first;
        from = from < 0 ? 0 : from;
        until = until > (int64_t)days ? (int64_t)days : until;
        if (from < until)
            memset(declared + from, f->present ? DECLARED_PRESENT : DECLARED_MISSING,
                   (size_t)(until - from));
    }
}

/*
 * Goes through the days of one stream. The queue holds the gaps that may yet be the longest within
 * the history: a gap outlives every shorter one before it.
 */
static void judge_stream(const record *r, const uint8_t *seen, int32_t history_days,
                         const hg_index_calendar *c, uint8_t *silent)
{
    int64_t run = 0, head = 0, tail = 0;
    bool begun = false;
    for (int64_t t = 0; t < (int64_t)r->days; t++) {
        if (r->declared[t] == DECLARED_MISSING)
            continue;
        if (r->declared[t] == DECLARED_PRESENT || seen[t]) {
            while (begun && run > 0 && tail > head && r->gaps[tail - 1].length <= run)
                tail--;
            if (begun && run > 0)
                r->gaps[tail++] = (struct gap){t - 1, run};
            begun = true;
            run = 0;
            continue;
        }
        run++;
        while (head < tail && r->gaps[head].last < t - history_days)
            head++;
        int64_t longest = head < tail ? r->gaps[head].length : 0;
        int64_t day = t + r->first - c->origin;
        if (day >= 0)
            silent[day] = run > SILENCE_MIN && run > longest;
    }
}

static void note_events(const hg_index_input *in, const record *r)
{
    for (size_t i = 0; i < in->events; i++) {
        int64_t day = (int64_t)in->day[i] - r->first;
        if (day >= 0 && day < (int64_t)r->days)
            r->seen[in->stream[i] * r->days + (size_t)day] = 1;
    }
}

static void combine(const uint8_t *declared, const uint8_t *silent, const hg_index_input *in,
                    const hg_index_calendar *c, uint8_t *missing)
{
    for (size_t i = 0; i < c->days; i++) {
        int64_t day = (int64_t)c->origin + (int64_t)i;
        bool outside = day < in->first_data_day || day > in->last_data_day;
        missing[i] =
            outside || declared[i] == DECLARED_MISSING || (declared[i] == UNDECLARED && silent[i]);
    }
}

void hg_index_feed_of_unit(const hg_index_feeds *feeds, const hg_index_input *input,
                           const hg_index_calendar *calendar, uint32_t unit, uint32_t stream,
                           uint8_t *missing)
{
    size_t at = (size_t)stream * calendar->days;
    if (!feeds->by_unit) {
        memcpy(missing, feeds->missing + at, calendar->days);
        return;
    }
    declare(input, stream, unit, calendar->origin, calendar->days, missing);
    combine(missing, feeds->silent + at, input, calendar, missing);
}

static hg_status judge_all(const hg_index_input *in, size_t streams, int32_t history_days,
                           const hg_index_calendar *c, record *r, hg_index_feeds *out,
                           hg_error *err)
{
    r->seen = hg_calloc(streams * r->days, 1);
    r->declared = hg_malloc(r->days, 1);
    r->gaps = hg_malloc(r->days, sizeof *r->gaps);
    out->silent = hg_calloc(streams * c->days, 1);
    out->missing = hg_calloc(streams * c->days, 1);
    if (!r->seen || !r->declared || !r->gaps || !out->silent || !out->missing)
        return hg_fail_memory(err);
    note_events(in, r);
    for (size_t i = 0; i < in->feed_count; i++)
        out->by_unit = out->by_unit || in->feeds[i].unit != HG_INDEX_NO_UNIT;
    for (uint32_t s = 0; s < streams; s++) {
        uint8_t *silent = out->silent + s * c->days, *missing = out->missing + s * c->days;
        declare(in, s, HG_INDEX_NO_UNIT, r->first, r->days, r->declared);
        judge_stream(r, r->seen + s * r->days, history_days, c, silent);
        declare(in, s, HG_INDEX_NO_UNIT, c->origin, c->days, missing);
        combine(missing, silent, in, c, missing);
    }
    return HG_OK;
}

hg_status hg_index_feeds_judge(const hg_index_input *input, size_t streams, int32_t history_days,
                               const hg_index_calendar *calendar, hg_index_feeds *out,
                               hg_error *err)
{
    int64_t last = (int64_t)calendar->origin + (int64_t)calendar->days - 1;
    last = last < input->last_data_day ? last : input->last_data_day;
    int64_t days = last - input->first_data_day + 1;
    record r = {.first = input->first_data_day, .days = days > 0 ? (size_t)days : 0};
    hg_index_feeds feeds = {0};
    hg_status s = judge_all(input, streams, history_days, calendar, &r, &feeds, err);
    if (s == HG_OK)
        *out = feeds;
    else
        hg_index_feeds_dispose(&feeds);
    hg_free(r.seen);
    hg_free(r.declared);
    hg_free(r.gaps);
    return s;
}

void hg_index_feeds_dispose(hg_index_feeds *feeds)
{
    hg_free(feeds->silent);
    hg_free(feeds->missing);
    *feeds = (hg_index_feeds){0};
}
