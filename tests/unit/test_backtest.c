/* Forecast scores, flagged cells and their figures on grids small enough to work by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/backtest.h"
#include "engine/normal_reference.h"
#include "support/sweep.h"

#include <math.h>
#include <string.h>

enum { DAY = 86400 };

/* Cells of 100 m, lattice columns 0 to 2, rows 0 to 2; the array has the northern row first. */
static const hg_grid grid = {100, 0, 2, 3, 3};
static const float whole[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

static void scores(const hg_forecast *m, const hg_forecast_events *e, int64_t as_of, float out[9])
{
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_forecast_scores(m, e, as_of, &grid, whole, NULL, out, &err), HG_OK);
}

/* Day 0: twice in the south-west; day 10: in the middle; day 20: the future. */
static const double ex[] = {50, 60, 150, 250}, ey[] = {50, 60, 150, 250};
static const int64_t et[] = {0, 0, 10 * DAY, 20 * DAY};
static const hg_forecast_events four = {.n = 4, .x = ex, .y = ey, .t = et};

static void test_counts_see_the_past_only(void **state)
{
    (void)state;
    float s[9];
    hg_forecast m = {.kind = HG_FORECAST_COUNT, .train_s = INFINITY};
    scores(&m, &four, 20 * DAY, s);
    const float expected[9] = {0, 0, 0, 0, 1, 0, 2, 0, 0};
    assert_memory_equal(s, expected, sizeof s);
    scores(&m, &four, 20 * DAY + 1, s);
    assert_true(s[2] == 1);
    m.train_s = 10 * DAY; /* from day 10, that moment included */
    scores(&m, &four, 20 * DAY, s);
    assert_true(s[6] == 0 && s[4] == 1);
    m.train_s = 10 * DAY - 1;
    scores(&m, &four, 20 * DAY, s);
    assert_true(s[4] == 0);
}

static void test_half_life(void **state)
{
    (void)state;
    float s[9];
    hg_forecast m = {.kind = HG_FORECAST_COUNT, .train_s = INFINITY, .half_life_s = 10 * DAY};
    scores(&m, &four, 20 * DAY, s);
    assert_true(s[4] == 0.5f && s[6] == 2 * 0.25f);
}

static void test_outside_counts_nowhere_and_feeds_kernels(void **state)
{
    (void)state;
    float s[9];
    const uint8_t outside[] = {1, 0, 0, 0};
    hg_forecast_events e = four;
    e.outside = outside;
    hg_forecast m = {.kind = HG_FORECAST_COUNT, .train_s = INFINITY};
    scores(&m, &e, 20 * DAY, s);
    assert_true(s[6] == 1);
    m = (hg_forecast){.kind = HG_FORECAST_DENSITY, .train_s = INFINITY, .kernel = {HG_QUARTIC, 200, 4}};
    float with[9];
    scores(&m, &four, 20 * DAY, s);
    scores(&m, &e, 20 * DAY, with);
    assert_memory_equal(s, with, sizeof s);
}

/* One incident at the centre of a cell, two weeks old: 1/3 there; 100 m off is two half cells: 1/3 * 1/3. */
static void test_prospective(void **state)
{
    (void)state;
    float s[9];
    const double x = 50, y = 50;
    const int64_t t = 0;
    const hg_forecast_events one = {.n = 1, .x = &x, .y = &y, .t = &t};
    hg_forecast m = {.kind = HG_FORECAST_PROSPECTIVE, .train_s = INFINITY, .reach_m = 100, .reach_s = 14 * DAY};
    scores(&m, &one, 14 * DAY, s);
    const double expected[9] = {0, 0, 0, 1.0 / 9, 0, 0, 1.0 / 3, 1.0 / 9, 0};
    for (int i = 0; i < 9; i++)
        assert_true(fabs((double)s[i] - expected[i]) < 1e-7);
    scores(&m, &one, 14 * DAY + 1, s); /* out of reach */
    for (int i = 0; i < 9; i++)
        assert_true(s[i] == 0);
}

/* A cone of 50 m in cells of 100 m: the mean over 5 x 5 points, of which one lies under 20 m off in each direction. */
static void test_narrow_kernels_are_not_missed(void **state)
{
    (void)state;
    float s[9];
    const double x = 50, y = 50;
    const int64_t t = 0;
    const hg_forecast_events one = {.n = 1, .x = &x, .y = &y, .t = &t};
    hg_forecast m = {.kind = HG_FORECAST_DENSITY, .train_s = INFINITY, .kernel = {HG_TRIANGULAR, 50, 4}};
    scores(&m, &one, 1, s);
    double sum = 0;
    for (int a = -2; a <= 2; a++)
        for (int b = -2; b <= 2; b++)
            sum += fmax(0, 1 - hypot(20 * a, 20 * b) / 50);
    double expected = sum / 25 * 3 / 3.14159265358979323846 / 2500 * 1e6;
    assert_true(fabs((double)s[6] / expected - 1) < 1e-6);
    assert_true(s[3] == 0 && s[7] == 0);
}

static void test_windows(void **state)
{
    (void)state;
    hg_rolling r = {.first = 0, .end = 30 * DAY, .train_s = 10 * DAY, .horizon_s = 5 * DAY, .step_s = 5 * DAY};
    assert_int_equal(hg_rolling_windows(&r), 4); /* the last ends with the data */
    assert_int_equal(hg_rolling_origin(&r, 0), 10 * DAY);
    assert_int_equal(hg_rolling_origin(&r, 3), 25 * DAY);
    r.end--;
    assert_int_equal(hg_rolling_windows(&r), 3);
    r.end = 15 * DAY - 1;
    assert_int_equal(hg_rolling_windows(&r), 0);
}

/*
 * Training: 3 incidents in the south-west cell, 2 in the middle, 1 in the north-east. Judged: 1 in the south-west, 2
 * in the middle, 4 in the north-west. Budgets of 1/9, 2/9, 3/9 of the area.
 */
static const double tx[] = {50, 50, 50, 150, 150, 250, 50, 150, 150, 50, 50, 50, 50};
static const double ty[] = {50, 50, 50, 150, 150, 250, 50, 150, 150, 250, 250, 250, 250};
static const int64_t tt[] = {0, 1, 2, 3, 4, 5, DAY, DAY, DAY, DAY, DAY, DAY, DAY};
static const hg_forecast_events made = {.n = 13, .x = tx, .y = ty, .t = tt};
static const hg_rolling once = {.first = 0, .end = 2 * DAY, .train_s = DAY, .horizon_s = DAY, .step_s = DAY};
static const hg_forecast counting = {.kind = HG_FORECAST_COUNT, .train_s = DAY};
static const double ninths[] = {1 / 9.0, 2 / 9.0, 3 / 9.0};

static hg_trial trial(void)
{
    return (hg_trial){.events = &made, .grid = &grid, .share = whole, .rolling = &once, .forecasts = &counting,
                      .methods = 1, .budgets = ninths, .budget_count = 3};
}

static void near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-12))
        print_message("expected %.17g, obtained %.17g\n", expected, value);
    assert_true(fabs(value - expected) < 1e-12);
}

static void test_figures(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    hg_trial_result r = {0};
    hg_trial t = trial();
    hg_trial_score s;
    assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_OK);
    assert_int_equal(r.start[1], 7);
    near(r.area_m2, 90000);
    hg_trial_pool(&r, 0, 0, &s);
    near(s.hit_rate, 1.0 / 7);
    near(s.pai, 9.0 / 7);
    near(s.pei_star, 1.0 / 4);
    near(s.ser_per_km2, 100);
    assert_true(isnan(s.clumpiness)); /* one cell has no neighbours to have */
    hg_trial_pool(&r, 0, 1, &s);
    near(s.hit_rate, 3.0 / 7);
    near(s.pai, 3.0 / 7 * 4.5);
    near(s.pei_star, 3.0 / 6);
    near(s.ser_per_km2, 150);
    near(s.clumpiness, -1); /* two cells that only touch at a corner */
    hg_trial_pool(&r, 0, 2, &s);
    near(s.hit_rate, 3.0 / 7);
    near(s.pei_star, 3.0 / 7);
    near(s.area_m2, 30000);
    hg_trial_result_dispose(&r);
}

/* Cells of a positive score run out: what is flagged is smaller than the budget, and PAI is of the budget. */
static void test_no_cell_of_score_0(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    hg_trial_result r = {0};
    hg_trial t = trial();
    const double all[] = {1};
    hg_trial_score s;
    t.budgets = all;
    t.budget_count = 1;
    assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_OK);
    hg_trial_pool(&r, 0, 0, &s);
    near(s.area_m2, 30000);
    near(s.pai, 3.0 / 7);
    near(s.pai_flagged, 3.0 / 7 * 3);
    near(s.pei_star, 3.0 / 7);
    hg_trial_result_dispose(&r);
}

/* Flagged: a 2 x 2 block, then a row beside it. */
static void test_clumpiness(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    const double x[] = {50, 50, 50, 50, 50, 150, 150, 150, 150, 50, 50, 50, 150, 150, 250};
    const double y[] = {50, 50, 50, 50, 50, 50, 50, 50, 50, 150, 150, 150, 150, 150, 50};
    int64_t at[15] = {0};
    const hg_forecast_events e = {.n = 15, .x = x, .y = y, .t = at};
    const double budgets[] = {2 / 9.0, 3 / 9.0, 4 / 9.0, 5 / 9.0};
    hg_trial t = trial();
    hg_trial_result r = {0};
    t.events = &e;
    t.budgets = budgets;
    t.budget_count = 4;
    assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_OK);
    near(hg_trial_tally(&r, 0, 0, 0)->clumpiness, 1); /* g = 2 of 8 - 6 */
    near(hg_trial_tally(&r, 0, 0, 1)->clumpiness, 1); /* g = 4 of 12 - 8 */
    near(hg_trial_tally(&r, 0, 0, 2)->clumpiness, 1); /* g = 8 of 16 - 8 */
    near(hg_trial_tally(&r, 0, 0, 3)->clumpiness, 1); /* g = 10 of 20 - 10 */
    hg_trial_result_dispose(&r);
}

/* A boundary cell of a quarter may be taken before a whole one; the last is taken in part, rounded down. */
static void test_best_with_cells_in_part(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    float share[9];
    memcpy(share, whole, sizeof share);
    share[0] = 0.25f; /* of the 4 judged in the north-west: 16 per cell */
    hg_trial t = trial();
    hg_trial_result r = {0};
    const double budgets[] = {1 / 8.25};
    t.share = share;
    t.budgets = budgets;
    t.budget_count = 1;
    assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_OK);
    near(hg_trial_tally(&r, 0, 0, 0)->area_m2, 10000);
    near(hg_trial_tally(&r, 0, 0, 0)->best, 4 + floor(0.75 * 2));
    hg_trial_result_dispose(&r);
}

static void test_score_nowhere_positive(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    const hg_forecast none = {.kind = HG_FORECAST_COUNT, .train_s = 1};
    hg_trial t = trial();
    hg_trial_result r = {0};
    hg_trial_score s;
    t.forecasts = &none;
    assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_OK);
    hg_trial_pool(&r, 0, 0, &s);
    assert_int_equal(s.hits, 0);
    near(s.hit_rate, 0);
    near(s.pai, 0); /* of the area it might have flagged */
    assert_true(isnan(s.pai_flagged) && isnan(s.ser_per_km2));
    hg_trial_result_dispose(&r);
}

static void test_bad_trials(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    const double bad[] = {0.2, 0.1};
    hg_trial t = trial();
    hg_trial_result r = {0};
    t.budgets = bad;
    t.budget_count = 2;
    assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_EUSAGE);
    const hg_forecast methods[] = {{.kind = HG_FORECAST_COUNT, .train_s = 0},
                                   {.kind = HG_FORECAST_DENSITY, .train_s = DAY},
                                   {.kind = HG_FORECAST_PROSPECTIVE, .train_s = DAY},
                                   {.kind = HG_FORECAST_COUNT, .train_s = DAY, .half_life_s = -1}};
    for (size_t i = 0; i < 4; i++) {
        t = trial();
        t.forecasts = &methods[i];
        assert_int_equal(hg_trial_run(&t, NULL, &r, &err), HG_EUSAGE);
    }
    hg_control control = {.cancelled = true, .saying = ATOMIC_FLAG_INIT, .threads = 1};
    t = trial();
    assert_int_equal(hg_trial_run(&t, &control, &r, &err), HG_ECANCELLED);
}

/* R 4.2, MASS 7.3: mean(c(bandwidth.nrd(x), bandwidth.nrd(y))) of the eight points. */
static void test_nrd(void **state)
{
    (void)state;
    hg_error err = {HG_OK, ""};
    const double x[] = {1, 2, 4, 8, 16, 32, 64, 128}, y[] = {3, 1, 4, 1, 5, 9, 2, 6};
    double h = 0;
    const hg_points p = {8, x, y, NULL};
    assert_int_equal(hg_bandwidth_nrd(&p, &h, &err), HG_OK);
    assert_true(fabs(h / 41.751593594605012 - 1) < 1e-12);
    const double same[] = {5, 5, 5, 5};
    const hg_points tied = {4, same, same, NULL}, one = {1, x, y, NULL};
    assert_int_equal(hg_bandwidth_nrd(&tied, &h, &err), HG_EDATA);
    assert_int_equal(hg_bandwidth_nrd(&one, &h, &err), HG_EDATA);
}

static hg_status run_small(void *context, hg_error *err)
{
    (void)context;
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 1};
    const hg_forecast methods[] = {counting,
                                   {.kind = HG_FORECAST_DENSITY, .train_s = DAY, .half_life_s = DAY,
                                    .kernel = {HG_QUARTIC, 80, 4}}};
    const size_t asked[] = {0, 2};
    hg_trial_interval intervals[4];
    hg_trial_result r = {0};
    hg_trial t = trial();
    t.forecasts = methods;
    t.methods = 2;
    hg_status status = hg_trial_run(&t, &control, &r, err);
    if (status == HG_OK)
        status = hg_trial_bootstrap(&r, asked, 2, 20, &control, intervals, err);
    hg_trial_result_dispose(&r);
    return status;
}

static void test_allocations(void **state)
{
    (void)state;
    sweep_allocations(run_small, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_see_the_past_only),
        cmocka_unit_test(test_half_life),
        cmocka_unit_test(test_outside_counts_nowhere_and_feeds_kernels),
        cmocka_unit_test(test_prospective),
        cmocka_unit_test(test_narrow_kernels_are_not_missed),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_no_cell_of_score_0),
        cmocka_unit_test(test_clumpiness),
        cmocka_unit_test(test_best_with_cells_in_part),
        cmocka_unit_test(test_score_nowhere_positive),
        cmocka_unit_test(test_bad_trials),
        cmocka_unit_test(test_nrd),
        cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
