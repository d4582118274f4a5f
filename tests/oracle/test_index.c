/* The index against a naive twin on random data with every feature of the model in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/random.h"
#include "engine/gamma.h"
#include "engine/index_certainty.h"
#include "tests/oracle/index_naive.h"

#include <stdlib.h>

enum { EVENTS_MAX = 20000, UNITS = 3, STREAMS = 3, HOLIDAYS_MAX = 100 };

typedef struct town {
    hg_index_input in;
    int32_t day[EVENTS_MAX];
    uint32_t unit[EVENTS_MAX];
    uint16_t stream[EVENTS_MAX];
    double weight[EVENTS_MAX], deaths[EVENTS_MAX];
    hg_index_holiday holidays[HOLIDAYS_MAX];
    hg_index_feed feeds[8];
} town;

static const hg_index_stream streams[STREAMS] = {{0.6, false}, {0.4, false}, {0, true}};

static hg_index_config config_of(int32_t history)
{
    hg_index_config c = hg_index_config_default();
    c.streams = streams;
    c.stream_count = STREAMS;
    c.history_days = history;
    return c;
}

static int poisson(hg_random *r, double mean)
{
    int n = -1;
    for (double product = 1, limit = exp(-mean); product > limit; n++)
        product *= hg_random_unit(r);
    return n;
}

static void add_event(town *t, hg_random *r, int32_t day, uint32_t unit, uint16_t stream,
                      bool weighted)
{
    static const double weights[] = {1, 0.3, 2.5, 0};
    size_t i = t->in.events++;
    assert_true(i < EVENTS_MAX);
    t->day[i] = day;
    t->unit[i] = hg_random_below(r, 20) ? unit : HG_INDEX_NO_UNIT;
    t->stream[i] = stream;
    t->weight[i] = weighted ? weights[hg_random_below(r, 4)] : 1;
    t->deaths[i] = hg_random_below(r, 30) == 0;
}

/* Weekday and month patterns, spikes, silence, an empty unit and stream, holidays, feed entries. */
static town *make_town(uint64_t seed, bool weighted, int32_t days, int32_t published)
{
    static const double rate[UNITS][STREAMS] = {{2, 0.2, 0.7}, {6, 0.05, 0}, {0, 0.5, 1}};
    town *t = calloc(1, sizeof *t);
    hg_random r = hg_random_seed(seed, 0);
    int32_t first = 17000 + (int32_t)hg_random_below(&r, 1000);
    for (int32_t d = 0; d < days; d++)
        for (uint32_t u = 0; u < UNITS; u++)
            for (uint16_t s = 0; s < STREAMS; s++) {
                double mean =
                    rate[u][s] * ((first + d) % 7 < 2 ? 1.6 : 1) * (d % 365 < 60 ? 1.4 : 1);
                int n = poisson(&r, mean) + (hg_random_below(&r, 60) == 0 ? 5 : 0);
                bool silent = s == 1 && d > 430 && d < 455;
                for (int k = 0; k < n && !silent; k++)
                    add_event(t, &r, first + d, u, s, weighted);
            }
    for (int32_t y = 0; y < days / 365 + 1; y++)
        for (int32_t k = 0; k < 9; k++)
            t->holidays[t->in.holiday_count++] =
                (hg_index_holiday){first + y * 354 + 40 + k, k < 7 ? 11 : 500};
    const hg_index_feed feeds[] = {
        {0, HG_INDEX_NO_UNIT, first + 100, first + 120, false},
        {0, 1, first + days - 30, first + days - 25, false},
        {1, HG_INDEX_NO_UNIT, first + 440, first + 444, true},
        {2, 2, first + days - 60, first + days - 40, false},
        {2, HG_INDEX_NO_UNIT, first + days - 50, first + days - 45, true}};
    memcpy(t->feeds, feeds, sizeof feeds);
    t->in.day = t->day;
    t->in.unit = t->unit;
    t->in.stream = t->stream;
    t->in.weight = weighted ? t->weight : NULL;
    t->in.units = UNITS;
    t->in.first_data_day = first;
    t->in.last_data_day = first + days - 3;
    t->in.since = first + days - published;
    t->in.until = first + days;
    t->in.holidays = t->holidays;
    t->in.feeds = t->feeds;
    t->in.feed_count = sizeof feeds / sizeof *feeds;
    return t;
}

static void expect_close(const char *what, size_t row, double expected, double obtained)
{
    double tolerance = 1e-8 * fmax(1, fabs(expected));
    bool ok = isnan(expected) ? isnan(obtained) : fabs(expected - obtained) <= tolerance;
    if (!ok)
        print_message(
            "%s of row %zu: expected %.17g, obtained %.17g, difference %.3g, tolerance %.3g\n",
            what, row, expected, obtained, obtained - expected, tolerance);
    assert_true(ok);
}

/* Rows compared; each bit of the flags must have occurred. */
static unsigned compare(const hg_index_config *c, const hg_index_input *in)
{
    static naive_series series;
    hg_index_result r = {0};
    unsigned seen = 0;
    assert_int_equal(hg_index_compute(c, in, NULL, &r, NULL), HG_OK);
    for (uint32_t u = 0; u < UNITS; u++)
        for (uint32_t s = 0; s < STREAMS; s++) {
            naive_gather(in, c->history_days, u, s, &series);
            for (size_t i = 0; i < r.days; i++) {
                size_t row = u * r.days + i;
                naive_answer a = naive_expect(c, in, &series, in->since + (int32_t)i);
                const hg_index_series *o = &r.series[s];
                assert_int_equal(o->flags[row], a.flags);
                assert_int_equal(o->count[row], a.n);
                expect_close("observed", row, a.y, o->observed[row]);
                expect_close("expected", row, a.mean, o->expected[row]);
                expect_close("days", row, a.days, o->days[row]);
                expect_close("phi", row, a.phi, o->phi[row]);
                expect_close("z", row, a.z, o->z[row]);
                expect_close("score", row, a.score, o->score[row]);
                seen |= (unsigned)a.flags;
            }
        }
    hg_index_result_dispose(&r);
    return seen;
}

static void test_model(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        town *t = make_town(seed, seed % 2 == 0, 480, 90);
        hg_index_config c = config_of(seed < 3 ? 365 : 100);
        seen |= compare(&c, &t->in);
        free(t);
    }
    unsigned wanted =
        HG_INDEX_MISSING | HG_INDEX_HOLIDAY_UNKNOWN | HG_INDEX_WEEKDAY_USED | HG_INDEX_HOLIDAY_USED;
    assert_int_equal(seen & wanted, wanted);
}

static void test_model_without_effects(void **state)
{
    (void)state;
    town *t = make_town(9, true, 260, 250);
    hg_index_config c = config_of(200);
    c.weekday = c.month = c.holiday = false;
    c.rule = HG_INDEX_RATIO;
    assert_true(compare(&c, &t->in) & HG_INDEX_SHORT_HISTORY);
    free(t);
}

static void test_model_with_months(void **state)
{
    (void)state;
    town *t = make_town(5, true, 760, 25);
    hg_index_config c = config_of(740);
    assert_true(compare(&c, &t->in) & HG_INDEX_MONTH_USED);
    free(t);
}

/* A planted fault must be seen: one event more in the history changes what is expected. */
static void test_oracle_bites(void **state)
{
    (void)state;
    static naive_series series;
    town *t = make_town(3, false, 480, 5);
    hg_index_config c = config_of(365);
    hg_index_result r = {0};
    assert_int_equal(hg_index_compute(&c, &t->in, NULL, &r, NULL), HG_OK);
    naive_gather(&t->in, 365, 1, 0, &series);
    series.y[400] += 1;
    series.n[400] += 1;
    naive_answer a = naive_expect(&c, &t->in, &series, t->in.since);
    assert_true(fabs(a.phi - r.series[0].phi[r.days]) > 1e-6);
    hg_index_result_dispose(&r);
    free(t);
}

static hg_index_result compute(const hg_index_config *c, const hg_index_input *in, int threads)
{
    hg_control control = {.threads = threads, .seed = 7};
    hg_index_result r = {0};
    assert_int_equal(hg_index_compute(c, in, &control, &r, NULL), HG_OK);
    return r;
}

static void assert_same(const hg_index_result *a, const hg_index_result *b)
{
    size_t doubles = a->rows * sizeof(double);
    assert_int_equal(a->rows, b->rows);
    assert_memory_equal(a->score, b->score, doubles);
    assert_memory_equal(a->score_mean, b->score_mean, doubles);
    assert_memory_equal(a->certainty, b->certainty, doubles);
    assert_memory_equal(a->deaths, b->deaths, doubles);
    assert_memory_equal(a->band, b->band, a->rows);
    assert_memory_equal(a->driver, b->driver, a->rows);
    assert_memory_equal(a->escalation, b->escalation, a->rows);
    for (size_t s = 0; s < a->streams; s++) {
        assert_memory_equal(a->series[s].observed, b->series[s].observed, doubles);
        assert_memory_equal(a->series[s].expected, b->series[s].expected, doubles);
        assert_memory_equal(a->series[s].z, b->series[s].z, doubles);
        assert_memory_equal(a->series[s].phi, b->series[s].phi, doubles);
        assert_memory_equal(a->series[s].days, b->series[s].days, doubles);
        assert_memory_equal(a->series[s].flags, b->series[s].flags, a->rows);
    }
}

static void shuffle(town *t)
{
    hg_random r = hg_random_seed(99, 0);
    for (size_t i = t->in.events; i > 1; i--) {
        size_t j = hg_random_below(&r, i), k = i - 1;
        int32_t day = t->day[j];
        uint32_t unit = t->unit[j];
        uint16_t stream = t->stream[j];
        double weight = t->weight[j], deaths = t->deaths[j];
        t->day[j] = t->day[k], t->day[k] = day;
        t->unit[j] = t->unit[k], t->unit[k] = unit;
        t->stream[j] = t->stream[k], t->stream[k] = stream;
        t->weight[j] = t->weight[k], t->weight[k] = weight;
        t->deaths[j] = t->deaths[k], t->deaths[k] = deaths;
    }
}

/* Bit for bit the same on 1, 2 and 5 threads and with the events in any order. */
static void test_invariance(void **state)
{
    (void)state;
    town *t = make_town(8, true, 450, 60);
    t->in.deaths = t->deaths;
    hg_index_config c = config_of(365);
    c.certainty_draws = 50;
    hg_index_result one = compute(&c, &t->in, 1);
    for (int threads = 2; threads <= 5; threads += 3) {
        hg_index_result many = compute(&c, &t->in, threads);
        assert_same(&one, &many);
        hg_index_result_dispose(&many);
    }
    shuffle(t);
    hg_index_result shuffled = compute(&c, &t->in, 2);
    assert_same(&one, &shuffled);
    hg_index_result_dispose(&shuffled);
    hg_index_result_dispose(&one);
    free(t);
}

/* Publishing fewer days changes none of them. */
static void test_published_days(void **state)
{
    (void)state;
    town *t = make_town(6, true, 480, 100);
    hg_index_config c = config_of(365);
    c.certainty_draws = 20;
    hg_index_result wide = compute(&c, &t->in, 0);
    t->in.since += 60;
    t->in.until -= 20;
    hg_index_result narrow = compute(&c, &t->in, 0);
    for (size_t u = 0; u < UNITS; u++)
        for (size_t i = 0; i < narrow.days; i++) {
            size_t a = u * narrow.days + i, b = u * wide.days + i + 60;
            assert_memory_equal(&narrow.score[a], &wide.score[b], sizeof(double));
            assert_memory_equal(&narrow.certainty[a], &wide.certainty[b], sizeof(double));
            assert_memory_equal(&narrow.series[0].phi[a], &wide.series[0].phi[b], sizeof(double));
        }
    hg_index_result_dispose(&wide);
    hg_index_result_dispose(&narrow);
    free(t);
}

/* Draws against the integral they approach: 20,000 draws are good to 4 x 0.0036. */
static void test_certainty(void **state)
{
    (void)state;
    town *t = make_town(4, true, 480, 40);
    hg_index_config c = config_of(365);
    for (int rule = 0; rule < 2; rule++) {
        c.rule = rule ? HG_INDEX_RATIO : HG_INDEX_Z;
        c.certainty_exact = false;
        c.certainty_draws = 20000;
        hg_index_result drawn = compute(&c, &t->in, 0);
        c.certainty_exact = true;
        hg_index_result exact = compute(&c, &t->in, 0);
        double difference = 0;
        size_t scored = 0;
        for (size_t i = 0; i < drawn.rows; i++) {
            if (isnan(drawn.score[i])) {
                assert_true(isnan(exact.certainty[i]));
                continue;
            }
            assert_true(fabs(drawn.certainty[i] - exact.certainty[i]) < 4 * 0.0036);
            difference += drawn.certainty[i] - exact.certainty[i];
            scored++;
        }
        assert_true(scored > 50);
        assert_true(fabs(difference / (double)scored) < 4 * 0.0036 / sqrt((double)scored));
        hg_index_result_dispose(&drawn);
        hg_index_result_dispose(&exact);
    }
    free(t);
}

/* P(Beta(a, b) <= x) by the midpoint rule after x = sin^2 t. */
static double beta_below(double a, double b, double x)
{
    enum { STEPS = 20000 };
    double part = 0, all = 0, end = asin(sqrt(x));
    for (int side = 0; side < 2; side++) {
        double from = side ? end : 0, width = (side ? M_PI / 2 - end : end) / STEPS, sum = 0;
        for (int i = 0; i < STEPS; i++) {
            double t = from + (i + 0.5) * width;
            sum += exp((2 * a - 1) * log(sin(t)) + (2 * b - 1) * log(cos(t))) * width;
        }
        part += side ? 0 : sum;
        all += sum;
    }
    return part / all;
}

/*
 * By the ratio rule a stream keeps within an edge where lambda / m <= 2 - edge / 100 =: k, that is
 * where the beta variable lambda / (lambda + D m) is at most k / (k + D).
 */
static void test_exact_certainty(void **state)
{
    (void)state;
    static const double seen[] = {0, 1, 3, 24}, total[] = {0.5, 6, 80, 4000}, days[] = {52, 365};
    static const double phi[] = {1, 1.7};
    const hg_index_stream stream = {1, false};
    hg_index_config c = hg_index_config_default();
    c.streams = &stream;
    c.stream_count = 1;
    c.rule = HG_INDEX_RATIO;
    c.certainty_exact = true;
    for (int i = 0; i < 64; i++) {
        double y = seen[i % 4], n = total[i / 4 % 4], d = days[i / 16 % 2], f = phi[i / 32];
        hg_index_expectation e = {.mean = n / d, .days = d, .phi = f};
        double sum = 0, before = 0;
        for (uint8_t band = 0; band < 4; band++) {
            hg_index_row row = {.observed = &y, .expectation = &e, .band = band};
            double certainty = hg_index_certainty(&c, &row, hg_random_seed(1, 1));
            double k = band < 3 ? 2 - c.edges[band] / 100 : INFINITY;
            double within = band < 3 ? beta_below(y / f + 0.5, n / f + 0.5, k / (k + d)) : 1;
            if (!(fabs(within - before - certainty) < 1e-6))
                print_message("Y %g, N %g, D %g, phi %g, band %d: expected %.9f, obtained %.9f\n",
                              y, n, d, f, band, within - before, certainty);
            assert_true(fabs(within - before - certainty) < 1e-6);
            before = within;
            sum += certainty;
        }
        assert_true(fabs(sum - 1) < 1e-12);
    }
}

/* Mean and variance of gamma draws, and the shares of them that the distribution function says. */
static void test_gamma(void **state)
{
    (void)state;
    static const double shapes[] = {0.5, 0.9, 1, 3.7, 250};
    enum { DRAWS = 200000 };
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        double a = shapes[k], sum = 0, square = 0, at[] = {a / 3, a, a + sqrt(a)};
        int below[3] = {0};
        hg_random r = hg_random_seed(5, k);
        hg_gamma g = hg_gamma_of(a);
        for (int i = 0; i < DRAWS; i++) {
            double x = hg_gamma_draw(&g, &r);
            sum += x;
            square += (x - a) * (x - a);
            for (int q = 0; q < 3; q++)
                below[q] += x < at[q];
        }
        assert_true(fabs(sum / DRAWS - a) < 4 * sqrt(a / DRAWS));
        double spread = sqrt((2 * a * a + 6 * a) / DRAWS);
        assert_true(fabs(square / DRAWS - a) < 4 * spread);
        for (int q = 0; q < 3; q++)
            assert_true(fabs((double)below[q] / DRAWS - hg_gamma_below(a, hg_log_gamma(a), at[q])) <
                        4 * 0.5 / sqrt(DRAWS));
    }
    /* P(Gamma(1/2) < x) = erf(sqrt x), P(Gamma(3) < x) = 1 - e^-x (1 + x + x^2/2). */
    for (double x = 0.01; x < 30; x *= 1.7) {
        expect_close("Gamma(1/2)", 0, erf(sqrt(x)), hg_gamma_below(0.5, hg_log_gamma(0.5), x));
        expect_close("Gamma(3)", 0, 1 - exp(-x) * (1 + x + x * x / 2),
                     hg_gamma_below(3, hg_log_gamma(3), x));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_model_without_effects),
        cmocka_unit_test(test_model_with_months),
        cmocka_unit_test(test_oracle_bites),
        cmocka_unit_test(test_invariance),
        cmocka_unit_test(test_published_days),
        cmocka_unit_test(test_certainty),
        cmocka_unit_test(test_exact_certainty),
        cmocka_unit_test(test_gamma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
