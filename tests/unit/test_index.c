/* The safety index on numbers worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/index.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 4096, ROWS_MAX = 512 };

typedef struct events {
    hg_index_input in;
    int32_t day[EVENTS_MAX];
    uint32_t unit[EVENTS_MAX];
    uint16_t stream[EVENTS_MAX];
    double weight[EVENTS_MAX], deaths[EVENTS_MAX];
} events;

static const hg_index_stream one[] = {{1, false}};

/* Plain trailing mean of one stream. */
static hg_index_config plain_config(void)
{
    hg_index_config c = hg_index_config_default();
    c.streams = one;
    c.stream_count = 1;
    c.weekday = c.month = c.holiday = false;
    return c;
}

static events *events_new(size_t units, int32_t since, int32_t until)
{
    events *e = calloc(1, sizeof *e);
    e->in = (hg_index_input){.day = e->day,
                             .unit = e->unit,
                             .stream = e->stream,
                             .units = units,
                             .last_data_day = until - 1,
                             .since = since,
                             .until = until};
    return e;
}

static void add(events *e, int32_t day, uint32_t unit, uint16_t stream, int n)
{
    for (; n > 0; n--) {
        size_t i = e->in.events++;
        assert_true(i < EVENTS_MAX);
        e->day[i] = day;
        e->unit[i] = unit;
        e->stream[i] = stream;
        e->weight[i] = 1;
    }
}

static hg_index_result compute(const hg_index_config *c, const events *e)
{
    hg_index_result r = {0};
    hg_error err = {HG_OK, ""};
    hg_status s = hg_index_compute(c, &e->in, NULL, &r, &err);
    if (s != HG_OK)
        print_message("%s\n", err.message);
    assert_int_equal(s, HG_OK);
    return r;
}

static void expect_near(const char *what, double expected, double obtained, double tolerance)
{
    bool ok = isnan(expected) ? isnan(obtained) : fabs(expected - obtained) <= tolerance;
    if (!ok)
        print_message("%s: expected %.12g, obtained %.12g, tolerance %.3g\n", what, expected,
                      obtained, tolerance);
    assert_true(ok);
}

/*
 * 28 days of 4 events: M = 4, no scatter, so phi = 1; D = 28, sqrt(1 + 1/28) = 1.017700489.
 * Y = 6: z = 2 (2.449489743 - 2) / 1.017700489 = 0.883344, score 100 - 8.83344 = 91.16656, blue.
 * Y = 7: 2 (2.645751311 - 2) / 1.017700489 = 1.269040, 87.30960, yellow.
 * Y = 9: 2 (3 - 2) / 1.017700489 = 1.965215, 80.34785, yellow.
 * Y = 10: 2 (3.162277660 - 2) / 1.017700489 = 2.284125, 77.15875, orange.
 * Y = 13: 2 (3.605551275 - 2) / 1.017700489 = 3.155253, 68.44747, red.
 * Fewer than expected is no merit: Y = 0 has z = -4 / 1.0177 = -3.93 and 100.
 */
static void test_scores(void **state)
{
    (void)state;
    static const struct {
        int y;
        double z, score;
        uint8_t band;
    } rows[] = {{0, -3.930429476, 100, 0},         {4, 0, 100, 0},
                {6, 0.883343867, 91.16656133, 0},  {7, 1.269039993, 87.309600066, 1},
                {9, 1.965214738, 80.347852622, 1}, {10, 2.284125187, 77.158748129, 2},
                {13, 3.155253029, 68.447469712, 3}};
    enum { UNITS = sizeof rows / sizeof *rows };
    events *e = events_new(UNITS, 28, 29);
    for (uint32_t u = 0; u < UNITS; u++) {
        for (int32_t day = 0; day < 28; day++)
            add(e, day, u, 0, 4);
        add(e, 28, u, 0, rows[u].y);
    }
    hg_index_config c = plain_config();
    hg_index_result r = compute(&c, e);
    for (size_t u = 0; u < UNITS; u++) {
        expect_near("z", rows[u].z, r.series[0].z[u], 1e-9);
        expect_near("score", rows[u].score, r.score[u], 1e-8);
        expect_near("mean score", rows[u].score, r.score_mean[u], 1e-8);
        expect_near("expected", 4, r.series[0].expected[u], 1e-12);
        assert_int_equal(r.band[u], rows[u].band);
        assert_int_equal(r.series[0].band[u], rows[u].band);
        assert_int_equal(r.series[0].count[u], rows[u].y);
        assert_int_equal(r.driver[u], 0);
        assert_true(isnan(r.certainty[u]));
    }
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * 14 days of 2 and 14 of 6: mean 4, each day adds (2^2)/4 = 1 to chi^2, phi = 28/27. No day stands
 * out (6 against 4: r = 0.88). Y = 9: z = 2 (3 - 2) / sqrt(28/27) / sqrt(29/28) = 1.929803. The
 * same with 1 and 3 events of weight 2: counts scatter by chi^2 = 28 x 1/2 = 14 over 27, and sum
 * w^2 / sum w = 2, so phi = 2 x 14/27 = 28/27 again.
 */
static void test_dispersion(void **state)
{
    (void)state;
    events *e = events_new(2, 28, 29);
    for (int32_t day = 0; day < 28; day++) {
        add(e, day, 0, 0, day % 2 ? 2 : 6);
        add(e, day, 1, 0, day % 2 ? 1 : 3);
    }
    add(e, 28, 0, 0, 9);
    add(e, 28, 1, 0, 5);
    for (size_t i = 0; i < e->in.events; i++)
        e->weight[i] = e->unit[i] == 1 ? 2 : 1;
    e->weight[e->in.events - 1] = 1; /* 4 x 2 + 1 = 9 today */
    e->in.weight = e->weight;
    hg_index_config c = plain_config();
    hg_index_result r = compute(&c, e);
    for (size_t u = 0; u < 2; u++) {
        expect_near("phi", 28.0 / 27, r.series[0].phi[u], 1e-12);
        expect_near("observed", 9, r.series[0].observed[u], 1e-12);
        expect_near("z", 1.9298025627, r.series[0].z[u], 1e-9);
    }
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * 27 days of 4 and one of 25: mean 133/28 = 4.75, chi^2 = (27 x 0.75^2 + 20.25^2) / 4.75 = 89.526,
 * phi = 89.526 / 27 = 3.31579. The day of 25: r = 2 (5 - 2.179449) / sqrt(3.31579) = 3.097921,
 * weight (2.58 / r)^2 = 0.693583. D = 27.693583, M = (108 + 0.693583 x 25) / D = 4.525943; around
 * it phi = (27 x 0.525943^2 + 20.474057^2) / 4.525943 / 27 = 3.491440. Y = 9: z = 2 (3 - 2.127426)
 * / 1.868540 / sqrt(1 + 1/27.693583) = 0.917544.
 */
static void test_robust_mean(void **state)
{
    (void)state;
    events *e = events_new(1, 28, 29);
    for (int32_t day = 0; day < 28; day++)
        add(e, day, 0, 0, day == 5 ? 25 : 4);
    add(e, 28, 0, 0, 9);
    hg_index_config c = plain_config();
    hg_index_result r = compute(&c, e);
    expect_near("D", 27.6935832568, r.series[0].days[0], 1e-9);
    expect_near("M", 4.5259430771, r.series[0].expected[0], 1e-9);
    expect_near("phi", 3.4914404690, r.series[0].phi[0], 1e-9);
    expect_near("z", 0.9175440606, r.series[0].z[0], 1e-9);
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * Eight weeks from Monday 1970-01-05 (day 4): 1 event on each day, 8 on Mondays. 56 days, 14/7 = 2
 * a day; Monday's factor 8/2 = 4, the others' 1/2. The Monday after expects 8 on D = 8 days, the
 * Tuesday after (its history: 7 Tuesdays within 56 days if the window is 55) has too few Tuesdays
 * for a factor.
 */
static void test_weekday(void **state)
{
    (void)state;
    events *e = events_new(1, 60, 62);
    e->in.first_data_day = 4;
    for (int32_t day = 4; day < 62; day++)
        add(e, day, 0, 0, (day - 4) % 7 == 0 ? 8 : 1);
    hg_index_config c = plain_config();
    c.weekday = true;
    hg_index_result r = compute(&c, e);
    expect_near("Monday's mean", 8, r.series[0].expected[0], 1e-12);
    expect_near("Monday's days", 8, r.series[0].days[0], 1e-12);
    expect_near("Tuesday's mean", 1, r.series[0].expected[1], 1e-12);
    assert_int_equal(r.series[0].flags[0], HG_INDEX_WEEKDAY_USED);
    hg_index_result_dispose(&r);
    c.history_days = 55; /* Tuesday 6 January … Sunday 1 March: 8 Tuesdays, 7 Mondays */
    r = compute(&c, e);
    assert_int_equal(r.series[0].flags[0], 0);
    expect_near("D", 55, r.series[0].days[0], 1.5); /* Mondays of 8 among days of 1 stand out */
    assert_int_equal(r.series[0].flags[1], 0);
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * Ratio rule, 28 days of 10: 11 events score 100 (2 - 1.1) = 90 and are blue, 12 score 80, yellow,
 * 13 score 70, orange; one event of weight 0.001 more is beyond the edge. 20 and more score 0.
 */
static void test_edges(void **state)
{
    (void)state;
    static const int y[] = {11, 12, 13, 20, 25};
    static const double score[] = {90, 80, 70, 0, 0};
    static const uint8_t on[] = {0, 1, 2, 3, 3}, beyond[] = {1, 2, 3, 3, 3};
    for (int more = 0; more < 2; more++) {
        events *e = events_new(5, 28, 29);
        e->in.weight = e->weight;
        for (uint32_t u = 0; u < 5; u++) {
            for (int32_t day = 0; day < 28; day++)
                add(e, day, u, 0, 10);
            add(e, 28, u, 0, y[u] + more);
            if (more)
                e->weight[e->in.events - 1] = 0.001;
        }
        hg_index_config c = plain_config();
        c.rule = HG_INDEX_RATIO;
        hg_index_result r = compute(&c, e);
        for (size_t u = 0; u < 5; u++) {
            expect_near("score", score[u] - (u < 3 ? more * 0.01 : 0), r.score[u], more ? 1e-8 : 0);
            assert_int_equal(r.band[u], more ? beyond[u] : on[u]);
        }
        hg_index_result_dispose(&r);
        free(e);
    }
    hg_index_config c = plain_config();
    assert_int_equal(hg_index_band(&c, 90), 0);
    assert_int_equal(hg_index_band(&c, 89.999999999), 1);
    assert_int_equal(hg_index_band(&c, 80), 1);
    assert_int_equal(hg_index_band(&c, 70), 2);
    assert_int_equal(hg_index_band(&c, 69.999999999), 3);
    assert_int_equal(hg_index_band(&c, NAN), HG_INDEX_NO_BAND);
}

/* The 28th day has 27 days behind it and no score, the 29th has 28. */
static void test_short_history(void **state)
{
    (void)state;
    events *e = events_new(1, 27, 29);
    for (int32_t day = 0; day < 29; day++)
        add(e, day, 0, 0, 1);
    hg_index_config c = plain_config();
    hg_index_result r = compute(&c, e);
    assert_int_equal(r.series[0].flags[0], HG_INDEX_SHORT_HISTORY);
    assert_true(isnan(r.score[0]) && isnan(r.score_mean[0]) && isnan(r.series[0].expected[0]));
    assert_int_equal(r.band[0], HG_INDEX_NO_BAND);
    assert_int_equal(r.driver[0], HG_INDEX_NO_BAND);
    assert_int_equal(r.series[0].flags[1], 0);
    assert_int_equal(r.band[1], 0);
    hg_index_result_dispose(&r);
    free(e);
}

static const hg_index_stream three[] = {{0.75, false}, {0.25, false}, {0, true}};

/*
 * A feed is silent as a whole or not at all. Stream 0 stops after day 39: three days are a gap that
 * may be, from the fourth (day 43) on it is missing, and with it the headline. Stream 1 has events
 * in unit 1 only: unit 0 is quiet, not blind. Stream 2 (discovered) never had a row and touches no
 * headline.
 */
static void test_missing_feed(void **state)
{
    (void)state;
    events *e = events_new(2, 40, 50);
    for (int32_t day = 0; day < 50; day++) {
        for (uint32_t u = 0; u < 2 && day < 40; u++)
            add(e, day, u, 0, 2);
        add(e, day, 1, 1, 3);
    }
    hg_index_config c = plain_config();
    c.streams = three;
    c.stream_count = 3;
    hg_index_result r = compute(&c, e);
    for (size_t row = 0; row < r.rows; row++) {
        bool missing = row % r.days >= 3;
        assert_int_equal(r.series[0].flags[row], missing ? HG_INDEX_MISSING : 0);
        assert_true(isnan(r.score[row]) == missing);
        assert_true(isnan(r.score_mean[row]) == missing);
        assert_int_equal(r.series[1].flags[row], 0);
        assert_true(r.series[1].score[row] >= 0);
        assert_int_equal(r.series[2].flags[row] & HG_INDEX_MISSING, HG_INDEX_MISSING);
    }
    assert_true(r.missing_days == 7 + 10);
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * Stream 0 was silent for 6 days once (days 10 … 15): a gap of 6 days later is no reason for alarm,
 * the seventh day is. An event in no unit ends the silence.
 */
static void test_longest_gap(void **state)
{
    (void)state;
    events *e = events_new(1, 50, 64);
    for (int32_t day = 0; day < 50; day++)
        if (day < 10 || day > 15)
            add(e, day, 0, 0, 1);
    add(e, 58, HG_INDEX_NO_UNIT, 0, 1);
    hg_index_config c = plain_config();
    hg_index_result r = compute(&c, e);
    static const int missing[14] = {0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < 14; i++)
        assert_int_equal(r.series[0].flags[i], missing[i] ? HG_INDEX_MISSING : 0);
    assert_int_equal(r.events_outside, 1);
    assert_int_equal(r.events_used, e->in.events - 1);
    hg_index_result_dispose(&r);
    c.history_days = 40; /* on day 56 the gap of days 10 … 15 has left the history [16, 55] */
    r = compute(&c, e);
    static const int shorter[14] = {0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < 14; i++)
        assert_int_equal(r.series[0].flags[i], shorter[i] ? HG_INDEX_MISSING : 0);
    hg_index_result_dispose(&r);
    c.history_days = 36; /* the gap is gone from day 52 on, three days of silence at most */
    r = compute(&c, e);
    static const int gone[14] = {0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    for (size_t i = 0; i < 14; i++)
        assert_int_equal(r.series[0].flags[i], gone[i] ? HG_INDEX_MISSING : 0);
    hg_index_result_dispose(&r);
    free(e);
}

/* What the calendar says overrides what the events suggest, the later entry the earlier one. */
static void test_feed_calendar(void **state)
{
    (void)state;
    const hg_index_feed feeds[] = {{0, HG_INDEX_NO_UNIT, 40, 46, true},
                                   {0, HG_INDEX_NO_UNIT, 48, 50, false},
                                   {0, 1, 42, 44, false},
                                   {0, HG_INDEX_NO_UNIT, 43, 44, true}};
    events *e = events_new(2, 40, 52);
    for (int32_t day = 0; day < 52; day++)
        if (day < 40 || day >= 47)
            add(e, day, 0, 0, 2);
    e->in.feeds = feeds;
    e->in.feed_count = 4;
    e->in.last_data_day = 50;
    hg_index_config c = plain_config();
    hg_index_result r = compute(&c, e);
    static const int first[12] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1};
    static const int second[12] = {0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 1};
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(r.series[0].flags[i], first[i] ? HG_INDEX_MISSING : 0);
        assert_int_equal(r.series[0].flags[12 + i], second[i] ? HG_INDEX_MISSING : 0);
    }
    /* Day 50: 50 days back without 48 and 49; 40 x 2 + 0 x 7 + 2 = 82 events in 48 days. */
    expect_near("D", 48, r.series[0].days[10], 1e-12);
    expect_near("M", 82.0 / 48, r.series[0].expected[10], 1e-12);
    assert_int_equal(r.events_ignored, 2);
    hg_index_result_dispose(&r);
    free(e);
}

/* The worst reported stream is the headline; a discovered stream changes nothing but its own
 * columns. */
static void test_headline(void **state)
{
    (void)state;
    events *e = events_new(1, 28, 29);
    for (int32_t day = 0; day < 28; day++)
        for (uint16_t s = 0; s < 3; s++)
            add(e, day, 0, s, 4);
    add(e, 28, 0, 0, 6);
    add(e, 28, 0, 1, 9);
    add(e, 28, 0, 2, 30);
    hg_index_config c = plain_config();
    c.streams = three;
    c.stream_count = 3;
    hg_index_result r = compute(&c, e);
    expect_near("worst", 80.347852622, r.score[0], 1e-8);
    expect_near("mean", 0.75 * 91.16656133 + 0.25 * 80.347852622, r.score_mean[0], 1e-8);
    assert_int_equal(r.driver[0], 1);
    assert_int_equal(r.band[0], 1);
    assert_int_equal(r.series[2].band[0], 3);
    hg_index_result_dispose(&r);
    c.headline = HG_INDEX_MEAN;
    r = compute(&c, e);
    expect_near("mean", 0.75 * 91.16656133 + 0.25 * 80.347852622, r.score[0], 1e-8);
    assert_int_equal(r.band[0], 1);
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * Huizhou's rule: two units of 10,000 and 30,000 heads, one event a day in each, 10-day periods.
 * Expected of the first: (2 events x 40 days) / (40,000 x 40) x 10,000 x 10 = 5 a period, of the
 * second 15. Day 49 … the period of days 40 … 49: unit 0 has 7 events: 100 (2 - 1.4) = 60, unit 1
 * has 12: ratio 0.8, 120, capped at 100. One death in unit 1's period, 4 points: 96.
 */
static void test_common_baseline(void **state)
{
    (void)state;
    static const double population[] = {10000, 30000};
    events *e = events_new(2, 49, 50);
    for (int32_t day = 0; day < 40; day++)
        for (uint32_t u = 0; u < 2; u++)
            add(e, day, u, 0, 1);
    for (int32_t day = 40; day < 50; day++) {
        add(e, day, 0, 0, day < 47);
        add(e, day, 1, 0, day < 48 ? 1 : 2);
    }
    e->deaths[e->in.events - 1] = 1;
    e->deaths[3] = 2; /* long before the period */
    e->in.deaths = e->deaths;
    e->in.population = population;
    hg_index_config c = plain_config();
    c.rule = HG_INDEX_RATIO;
    c.headline = HG_INDEX_MEAN;
    c.baseline = HG_INDEX_ALL_UNITS;
    c.period_days = 10;
    c.death_points = 4;
    hg_index_result r = compute(&c, e);
    expect_near("expected", 5, r.series[0].expected[0], 1e-12);
    expect_near("expected", 15, r.series[0].expected[1], 1e-12);
    assert_int_equal(r.series[0].count[0], 7);
    expect_near("score", 60, r.score[0], 0);
    expect_near("score", 96, r.score[1], 0);
    expect_near("stream's own", 100, r.series[0].score[1], 0);
    expect_near("deaths", 1, r.deaths[1], 0);
    assert_true(isnan(r.series[0].z[0]));
    /* N = M D is what all units had: D = (40 / 10) x (40,000 / 10,000) = 16 periods of this unit.
     */
    expect_near("D", 16, r.series[0].days[0], 1e-12);
    hg_index_result_dispose(&r);
    free(e);
}

/*
 * Counts of 10 a day, ratio rule: 14 are red. Reds on days 30 … 32, a day with the feed missing,
 * two more reds, then an ordinary day. Levels after 3, 4 and 5 reds.
 */
static void test_escalation(void **state)
{
    (void)state;
    static const int y[] = {10, 15, 16, 17, -1, 18, 18, 10, 16};
    static const int reds[] = {0, 1, 2, 3, 3, 4, 5, 0, 1}, level[] = {0, 0, 0, 1, 1, 2, 3, 0, 0};
    const hg_index_feed feed = {0, HG_INDEX_NO_UNIT, 32, 33, false};
    events *e = events_new(1, 28, 37);
    for (int32_t day = 0; day < 28; day++)
        add(e, day, 0, 0, 10);
    for (int32_t i = 0; i < 9; i++)
        add(e, 28 + i, 0, 0, y[i]);
    e->in.feeds = &feed;
    e->in.feed_count = 1;
    hg_index_config c = plain_config();
    c.rule = HG_INDEX_RATIO;
    hg_index_result r = compute(&c, e);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(r.consecutive_red[i], reds[i]);
        assert_int_equal(r.escalation[i], level[i]);
    }
    hg_index_summary summary;
    hg_index_summarise(&r, 0, 1000, &summary);
    assert_int_equal(summary.days, 9);
    assert_int_equal(summary.days_scored, 8);
    assert_int_equal(summary.days_band[0], 2);
    assert_int_equal(summary.days_band[3], 6);
    assert_int_equal(summary.rank, 1);
    hg_index_summarise(&r, 30, 33, &summary);
    assert_int_equal(summary.days, 3);
    assert_int_equal(summary.days_scored, 2);
    hg_index_result_dispose(&r);
    free(e);
}

/* Means 100, 60, 60 and none: ranks 1, 2, 2 and 0. */
static void test_ranks(void **state)
{
    (void)state;
    const hg_index_feed feed = {0, 3, 28, 29, false};
    events *e = events_new(4, 28, 29);
    for (uint32_t u = 0; u < 4; u++) {
        for (int32_t day = 0; day < 28; day++)
            add(e, day, u, 0, 10);
        add(e, 28, u, 0, u == 0 ? 10 : 14);
    }
    e->in.feeds = &feed;
    e->in.feed_count = 1;
    hg_index_config c = plain_config();
    c.rule = HG_INDEX_RATIO;
    hg_index_result r = compute(&c, e);
    hg_index_summary s[4];
    hg_index_summarise(&r, 28, 29, s);
    assert_int_equal(s[0].rank, 1);
    assert_int_equal(s[1].rank, 2);
    assert_int_equal(s[2].rank, 2);
    assert_int_equal(s[3].rank, 0);
    expect_near("mean", 60, s[1].mean_score, 1e-9);
    assert_true(isnan(s[3].mean_score));
    hg_index_result_dispose(&r);
    free(e);
}

/* A holiday with 2 days behind it has its own factor; one never seen is flagged and judged as any
 * day. */
static void test_holidays(void **state)
{
    (void)state;
    const hg_index_holiday holidays[] = {{10, 7}, {20, 7}, {60, 7}, {61, 9}, {62, 7}};
    events *e = events_new(1, 60, 62);
    for (int32_t day = 0; day < 62; day++)
        add(e, day, 0, 0, day == 10 || day == 20 ? 6 : 3);
    e->in.holidays = holidays;
    e->in.holiday_count = 5;
    hg_index_config c = plain_config();
    c.holiday = true;
    hg_index_result r = compute(&c, e);
    assert_int_equal(r.series[0].flags[0], HG_INDEX_HOLIDAY_USED);
    expect_near("holiday's mean", 6, r.series[0].expected[0], 1e-12);
    /* 1/D = 1/60 + 1/2 - 1/60 */
    expect_near("holiday's D", 2, r.series[0].days[0], 1e-12);
    assert_int_equal(r.series[0].flags[1], HG_INDEX_HOLIDAY_UNKNOWN);
    hg_index_result_dispose(&r);
    free(e);
}

/* Three events in one cell, two in another, one of another stream, one without a place. */
static void test_places(void **state)
{
    (void)state;
    events *e = events_new(1, 28, 29);
    for (int32_t day = 0; day < 28; day++)
        for (uint16_t s = 0; s < 3; s++)
            add(e, day, 0, s, 4);
    size_t first = e->in.events;
    add(e, 28, 0, 0, 8);
    add(e, 28, 0, 1, 4);
    double x[EVENTS_MAX] = {0}, y[EVENTS_MAX] = {0};
    const double places[8][2] = {{-1, 2500},   {-1000, 2999}, {1500, 100}, {1999, 999},
                                 {-0.5, 2000}, {NAN, 5},      {1000, 0},   {9e5, 9e5}};
    for (size_t i = 0; i < 8; i++) {
        x[first + i] = places[i][0];
        y[first + i] = places[i][1];
    }
    hg_index_config c = plain_config();
    c.streams = three;
    c.stream_count = 3;
    hg_index_result r = compute(&c, e);
    assert_int_equal(r.driver[0], 0);
    hg_index_place place;
    assert_int_equal(hg_index_find_places(&e->in, x, y, 1000, &r, &place, NULL), HG_OK);
    /* Three in column 1, row 0 and three in column -1, row 2: the southern cell. */
    assert_int_equal(place.total, 8);
    assert_int_equal(place.count, 3);
    assert_int_equal(place.column, 1);
    assert_int_equal(place.row, 0);
    assert_int_equal(hg_index_find_places(&e->in, x, y, 0, &r, &place, NULL), HG_EUSAGE);
    hg_index_result_dispose(&r);
    free(e);
}

static void expect_refused(const hg_index_config *c, const hg_index_input *in, hg_status status,
                           const char *says)
{
    hg_index_result r = {0};
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_index_compute(c, in, NULL, &r, &err), status);
    if (!strstr(err.message, says))
        print_message("expected \"%s\" in \"%s\"\n", says, err.message);
    assert_non_null(strstr(err.message, says));
    assert_null(r.arena);
}

static void test_bad_config(void **state)
{
    (void)state;
    events *e = events_new(1, 28, 29);
    add(e, 1, 0, 0, 1);
    const hg_index_config good = plain_config();
    const hg_index_stream light[] = {{0.5, false}}, negative[] = {{-1, false}, {1, false}};
    const hg_index_stream found[] = {{1, true}};
    hg_index_config c = good;
    c.streams = light;
    expect_refused(&c, &e->in, HG_EUSAGE, "sum to 0.5");
    c.streams = negative;
    c.stream_count = 2;
    expect_refused(&c, &e->in, HG_EUSAGE, "weight -1 of stream 1");
    c.streams = found;
    c.stream_count = 1;
    expect_refused(&c, &e->in, HG_EUSAGE, "reported");
    c = good;
    c.edges[1] = 95;
    expect_refused(&c, &e->in, HG_EUSAGE, "95 follows 90");
    c = good;
    c.edges[0] = NAN;
    expect_refused(&c, &e->in, HG_EUSAGE, "band edge");
    c = good;
    c.history_days = 27;
    expect_refused(&c, &e->in, HG_EUSAGE, "history of 27 days");
    c = good;
    c.death_points = 1;
    expect_refused(&c, &e->in, HG_EUSAGE, "points a death");
    c = good;
    c.period_days = 10;
    expect_refused(&c, &e->in, HG_EUSAGE, "period of 10 days");
    c = good;
    c.baseline = HG_INDEX_ALL_UNITS;
    expect_refused(&c, &e->in, HG_EUSAGE, "ratio");
    c.rule = HG_INDEX_RATIO;
    expect_refused(&c, &e->in, HG_EUSAGE, "population");
    c = good;
    c.escalation[1] = 3;
    expect_refused(&c, &e->in, HG_EUSAGE, "escalation after 3, 3, 5");
    c = good;
    c.headline = HG_INDEX_MEAN;
    c.certainty_exact = true;
    expect_refused(&c, &e->in, HG_EUSAGE, "exact certainty");
    free(e);
}

static void test_bad_events(void **state)
{
    (void)state;
    events *e = events_new(1, 28, 29);
    add(e, 1, 0, 0, 2);
    e->in.weight = e->weight;
    hg_index_config c = plain_config();
    e->weight[1] = -1;
    expect_refused(&c, &e->in, HG_EDATA, "weight -1 of event 2");
    e->weight[1] = NAN;
    expect_refused(&c, &e->in, HG_EDATA, "event 2");
    e->weight[1] = 1;
    e->stream[0] = 1;
    expect_refused(&c, &e->in, HG_EDATA, "event 1 is of stream 1 of 1");
    e->stream[0] = 0;
    e->unit[0] = 1;
    expect_refused(&c, &e->in, HG_EDATA, "unit 1 of 1");
    e->unit[0] = 0;
    e->in.deaths = e->deaths;
    e->deaths[0] = 0.5;
    expect_refused(&c, &e->in, HG_EDATA, "0.5 deaths");
    e->deaths[0] = 0;
    e->in.until = 28;
    expect_refused(&c, &e->in, HG_EUSAGE, "no day to publish");
    e->in.until = 29;
    hg_control control = {.threads = 1};
    atomic_init(&control.cancelled, true);
    hg_index_result r = {0};
    assert_int_equal(hg_index_compute(&c, &e->in, &control, &r, NULL), HG_ECANCELLED);
    free(e);
}

typedef struct sweep {
    hg_index_config config;
    events *e;
} sweep;

static hg_status sweep_index(void *context, hg_error *err)
{
    const sweep *w = context;
    hg_control control = {.threads = 1};
    hg_index_result r = {0};
    hg_index_place places[ROWS_MAX];
    hg_status s = hg_index_compute(&w->config, &w->e->in, &control, &r, err);
    if (s == HG_OK)
        s = hg_index_find_places(&w->e->in, w->e->weight, w->e->weight, 100, &r, places, err);
    hg_index_result_dispose(&r);
    return s;
}

static void test_allocations(void **state)
{
    (void)state;
    static const double population[] = {1, 2};
    const hg_index_holiday holidays[] = {{10, 7}, {20, 7}, {30, 7}};
    sweep w = {.config = hg_index_config_default(), .e = events_new(2, 40, 45)};
    w.config.streams = three;
    w.config.stream_count = 3;
    w.e->in.holidays = holidays;
    w.e->in.holiday_count = 3;
    w.e->in.weight = w.e->weight;
    w.e->in.deaths = w.e->deaths;
    w.e->in.population = population;
    for (int32_t day = 0; day < 45; day++)
        add(w.e, day, (uint32_t)day % 2, (uint16_t)(day % 3), 1);
    w.e->weight[3] = 0.5;
    sweep_allocations(sweep_index, &w);
    w.config.rule = HG_INDEX_RATIO;
    w.config.baseline = HG_INDEX_ALL_UNITS;
    sweep_allocations(sweep_index, &w);
    free(w.e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),          cmocka_unit_test(test_dispersion),
        cmocka_unit_test(test_robust_mean),     cmocka_unit_test(test_weekday),
        cmocka_unit_test(test_edges),           cmocka_unit_test(test_short_history),
        cmocka_unit_test(test_missing_feed),    cmocka_unit_test(test_longest_gap),
        cmocka_unit_test(test_feed_calendar),   cmocka_unit_test(test_headline),
        cmocka_unit_test(test_common_baseline), cmocka_unit_test(test_escalation),
        cmocka_unit_test(test_ranks),           cmocka_unit_test(test_holidays),
        cmocka_unit_test(test_places),          cmocka_unit_test(test_bad_config),
        cmocka_unit_test(test_bad_events),      cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
