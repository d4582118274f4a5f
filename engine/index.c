/*
 * One task a unit: its streams one after the other, then its headlines day by day. Nothing but the
 * result's own rows is written, so the number of threads cannot matter.
 */
#include "engine/index.h"
#include "base/memory.h"
#include "base/threads.h"
#include "engine/index_certainty.h"
#include "engine/index_common.h"

#include <math.h>
#include <string.h>

typedef struct maker {
    const hg_index_config *config;
    const hg_index_input *input;
    hg_control *control;
    hg_index_calendar calendar;
    hg_index_events events;
    hg_index_feeds feeds;
    hg_index_common common; /* HG_INDEX_ALL_UNITS only */
    hg_index_result *out;
} maker;

/* What one unit needs while it is worked on. */
typedef struct unit_work {
    hg_index_window *window;
    hg_index_daily daily;
    double *deaths;                    /* by day of the calendar; NULL without */
    hg_index_expectation *expectation; /* streams x published days */
} unit_work;

static hg_status work_new(const maker *m, unit_work *w, hg_error *err)
{
    const hg_index_calendar *c = &m->calendar;
    hg_index_daily *d = &w->daily;
    d->plain = m->events.plain;
    d->scale = m->events.scale;
    d->square_scale = m->events.square_scale;
    d->count = hg_malloc(c->days, sizeof *d->count);
    d->weight = hg_malloc(c->days, sizeof *d->weight);
    d->square = d->plain ? NULL : hg_malloc(c->days, sizeof *d->square);
    d->missing = hg_malloc(c->days, 1);
    w->deaths = m->input->deaths ? hg_calloc(c->days, sizeof *w->deaths) : NULL;
    w->expectation = hg_malloc(m->out->streams * m->out->days, sizeof *w->expectation);
    bool ok = d->count && d->weight && (d->plain || d->square) && d->missing && w->expectation &&
              (w->deaths || !m->input->deaths);
    return ok ? hg_index_window_new(c, &w->window, err) : hg_fail_memory(err);
}

static void work_dispose(unit_work *w)
{
    hg_index_window_free(w->window);
    hg_free(w->daily.count);
    hg_free(w->daily.weight);
    hg_free(w->daily.square);
    hg_free(w->daily.missing);
    hg_free(w->deaths);
    hg_free(w->expectation);
}

/* The period of the published day: what was counted, what it weighs, whether the feed was there. */
static void observe(const maker *m, const hg_index_daily *d, size_t published,
                    hg_index_series *series, size_t row)
{
    size_t last = m->calendar.first + published, period = (size_t)m->config->period_days;
    uint64_t count = 0;
    int64_t weight = 0;
    bool missing = last + 1 < period;
    for (size_t i = last + 1 > period ? last + 1 - period : 0; i <= last; i++) {
        count += d->count[i];
        weight += d->weight[i];
        missing = missing || d->missing[i];
    }
    series->count[row] = (uint32_t)count;
    series->observed[row] = (double)weight / d->scale;
    series->flags[row] = missing ? HG_INDEX_MISSING : 0;
}

static void score_stream(const maker *m, const hg_index_expectation *e, hg_index_series *series,
                         size_t row)
{
    bool missing = series->flags[row] & HG_INDEX_MISSING;
    series->flags[row] |= missing ? e->flags & HG_INDEX_SHORT_HISTORY : e->flags;
    bool scored = !missing && !(e->flags & HG_INDEX_SHORT_HISTORY);
    double z = NAN, score = NAN;
    if (scored)
        score = hg_index_score(m->config, series->observed[row], e->mean, e->phi, e->days, &z);
    series->expected[row] = scored ? e->mean : NAN;
    series->phi[row] = scored ? e->phi : NAN;
    series->days[row] = scored ? e->days : NAN;
    series->z[row] = z;
    series->score[row] = score;
    series->band[row] = hg_index_band(m->config, score);
}

static void expect_stream(const maker *m, unit_work *w, size_t unit, size_t stream,
                          hg_index_expectation *e)
{
    if (m->config->baseline == HG_INDEX_OWN) {
        hg_index_expect(w->window, &w->daily, m->config->history_days, e);
        return;
    }
    for (size_t i = 0; i < m->out->days; i++)
        e[i] = hg_index_common_expect(&m->common, m->config, stream, m->calendar.first + i,
                                      m->input->population[unit]);
}

static void make_stream(const maker *m, unit_work *w, size_t unit, size_t stream)
{
    hg_index_series *series = &m->out->series[stream];
    hg_index_expectation *e = w->expectation + stream * m->out->days;
    hg_index_events_sum(&m->events, &m->calendar, unit, stream, &w->daily);
    if (w->deaths && !m->config->streams[stream].discovered)
        hg_index_events_deaths(&m->events, &m->calendar, unit, stream, w->deaths);
    hg_index_feed_of_unit(&m->feeds, m->input, &m->calendar, (uint32_t)unit, (uint32_t)stream,
                          w->daily.missing);
    expect_stream(m, w, unit, stream, e);
    for (size_t i = 0; i < m->out->days; i++) {
        observe(m, &w->daily, i, series, unit * m->out->days + i);
        score_stream(m, &e[i], series, unit * m->out->days + i);
    }
}

static double deaths_of_period(const maker *m, const unit_work *w, size_t published)
{
    size_t last = m->calendar.first + published, period = (size_t)m->config->period_days;
    double deaths = 0;
    for (size_t i = last + 1 > period ? last + 1 - period : 0; w->deaths && i <= last; i++)
        deaths += w->deaths[i];
    return deaths;
}

static uint8_t find_driver(const hg_index_config *c, const double *score)
{
    size_t best = SIZE_MAX;
    for (size_t s = 0; s < c->stream_count; s++) {
        if (c->streams[s].discovered || isnan(score[s]))
            continue;
        if (best == SIZE_MAX || score[s] < score[best] ||
            (score[s] == score[best] && c->streams[s].weight > c->streams[best].weight))
            best = s;
    }
    return best == SIZE_MAX ? HG_INDEX_NO_BAND : (uint8_t)best;
}

static double find_certainty(const maker *m, const unit_work *w, size_t unit, size_t published)
{
    hg_index_expectation e[HG_INDEX_STREAMS_MAX];
    double observed[HG_INDEX_STREAMS_MAX];
    size_t row = unit * m->out->days + published;
    for (size_t s = 0; s < m->out->streams; s++) {
        e[s] = w->expectation[s * m->out->days + published];
        observed[s] = m->out->series[s].observed[row];
    }
    hg_index_row drawn = {.observed = observed,
                          .expectation = e,
                          .deaths = m->out->deaths ? m->out->deaths[row] : 0,
                          .band = m->out->band[row]};
    uint32_t day = (uint32_t)(m->out->since + (int32_t)published);
    uint64_t stream = (uint64_t)unit << 32 | day;
    return hg_index_certainty(m->config, &drawn,
                              hg_random_seed(m->control ? m->control->seed : 0, stream));
}

static void make_headline(const maker *m, const unit_work *w, size_t unit, size_t published)
{
    hg_index_result *out = m->out;
    size_t row = unit * out->days + published;
    double score[HG_INDEX_STREAMS_MAX], deaths = deaths_of_period(m, w, published);
    for (size_t s = 0; s < out->streams; s++)
        score[s] = out->series[s].score[row];
    if (out->deaths)
        out->deaths[row] = deaths;
    out->score[row] = hg_index_join(m->config, score, deaths, &out->score_mean[row]);
    out->band[row] = hg_index_band(m->config, out->score[row]);
    out->driver[row] = isnan(out->score[row]) ? HG_INDEX_NO_BAND : find_driver(m->config, score);
    out->certainty[row] = isnan(out->score[row]) ? NAN : find_certainty(m, w, unit, published);
}

static void count_reds(const maker *m, size_t unit)
{
    int32_t reds = 0;
    for (size_t i = 0; i < m->out->days; i++) {
        size_t row = unit * m->out->days + i;
        uint8_t band = m->out->band[row];
        if (band != HG_INDEX_NO_BAND)
            reds = band == m->config->edge_count ? reds + 1 : 0;
        m->out->consecutive_red[row] = reds;
        const int32_t *after = m->config->escalation;
        int level = (reds >= after[0]) + (reds >= after[1]) + (reds >= after[2]);
        m->out->escalation[row] = (uint8_t)level;
    }
}

static hg_status make_unit(void *context, size_t unit, hg_error *err)
{
    const maker *m = context;
    unit_work w = {0};
    hg_status s = hg_check_cancel(m->control, err);
    if (s == HG_OK)
        s = work_new(m, &w, err);
    for (size_t k = 0; s == HG_OK && k < m->out->streams; k++)
        make_stream(m, &w, unit, k);
    for (size_t i = 0; s == HG_OK && i < m->out->days; i++) {
        make_headline(m, &w, unit, i);
        s = hg_check_cancel(m->control, err);
    }
    if (s == HG_OK)
        count_reds(m, unit);
    work_dispose(&w);
    return s;
}

/* Cuts one array of rows out of the arena; with arena NULL it only measures. */
static void *cut(char *arena, size_t *used, size_t rows, size_t size)
{
    enum { ALIGNMENT = 8 };
    void *p = arena ? arena + *used : NULL;
    *used += (rows * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return p;
}

static void cut_series(char *arena, size_t *used, size_t rows, hg_index_series *s)
{
    s->observed = cut(arena, used, rows, sizeof *s->observed);
    s->expected = cut(arena, used, rows, sizeof *s->expected);
    s->z = cut(arena, used, rows, sizeof *s->z);
    s->score = cut(arena, used, rows, sizeof *s->score);
    s->phi = cut(arena, used, rows, sizeof *s->phi);
    s->days = cut(arena, used, rows, sizeof *s->days);
    s->count = cut(arena, used, rows, sizeof *s->count);
    s->band = cut(arena, used, rows, 1);
    s->flags = cut(arena, used, rows, 1);
}

static size_t cut_all(char *arena, bool deaths, hg_index_result *r)
{
    size_t used = 0;
    hg_index_series spare;
    r->series = cut(arena, &used, r->streams, sizeof *r->series);
    for (size_t s = 0; s < r->streams; s++)
        cut_series(arena, &used, r->rows, arena ? &r->series[s] : &spare);
    r->score = cut(arena, &used, r->rows, sizeof *r->score);
    r->score_mean = cut(arena, &used, r->rows, sizeof *r->score_mean);
    r->certainty = cut(arena, &used, r->rows, sizeof *r->certainty);
    r->deaths = deaths ? cut(arena, &used, r->rows, sizeof *r->deaths) : NULL;
    r->consecutive_red = cut(arena, &used, r->rows, sizeof *r->consecutive_red);
    r->band = cut(arena, &used, r->rows, 1);
    r->driver = cut(arena, &used, r->rows, 1);
    r->escalation = cut(arena, &used, r->rows, 1);
    return used;
}

static hg_status result_new(const maker *m, hg_index_result *r, hg_error *err)
{
    r->units = m->input->units;
    r->days = (size_t)(m->input->until - m->input->since);
    r->rows = r->units * r->days;
    r->streams = m->config->stream_count;
    r->since = m->input->since;
    bool deaths = m->input->deaths != NULL;
    r->arena = hg_calloc(cut_all(NULL, deaths, r), 1);
    if (!r->arena)
        return hg_fail_memory(err);
    cut_all(r->arena, deaths, r);
    r->events_used = m->events.used;
    r->events_outside = m->events.outside;
    r->events_ignored = m->events.ignored;
    for (size_t s = 0; s < r->streams; s++)
        for (size_t i = m->calendar.first; i < m->calendar.days; i++)
            r->missing_days += m->feeds.missing[s * m->calendar.days + i];
    return HG_OK;
}

static hg_status prepare(maker *m, hg_error *err)
{
    hg_status s = hg_index_config_check(m->config, err);
    if (s == HG_OK)
        s = hg_index_events_sort(m->config, m->input, &m->events, err);
    if (s == HG_OK)
        s = hg_index_calendar_make(m->config, m->input, &m->calendar, err);
    if (s == HG_OK)
        s = hg_index_feeds_judge(m->input, m->config->stream_count, m->config->history_days,
                                 &m->calendar, &m->feeds, err);
    if (s == HG_OK && m->config->baseline == HG_INDEX_ALL_UNITS)
        s = hg_index_common_sum(&m->events, &m->feeds, &m->calendar, &m->common, err);
    return s;
}

hg_status hg_index_compute(const hg_index_config *config, const hg_index_input *input,
                           hg_control *control, hg_index_result *out, hg_error *err)
{
    hg_index_result result = {0};
    maker m = {.config = config, .input = input, .control = control, .out = &result};
    hg_status s = prepare(&m, err);
    if (s == HG_OK)
        s = result_new(&m, &result, err);
    if (s == HG_OK)
        s = hg_parallel(input->units, control ? control->threads : 0, make_unit, &m, err);
    if (s == HG_OK)
        *out = result;
    else
        hg_index_result_dispose(&result);
    hg_index_events_dispose(&m.events);
    hg_index_calendar_dispose(&m.calendar);
    hg_index_feeds_dispose(&m.feeds);
    hg_index_common_dispose(&m.common);
    return s;
}

void hg_index_result_dispose(hg_index_result *result)
{
    hg_free(result->arena);
    *result = (hg_index_result){0};
}
