/*
 * Trends against R: z of spdep's localG (4.2.2, spdep 1.2.7; queen neighbours, self included, style "B"), p.adjust(p,
 * "BH") and cor.test(method = "kendall", exact = FALSE, continuity = TRUE) on a cube of 5 x 6 cells and 10 steps.
 */
#include "base/memory.h"
#include "engine/trends.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 6, ROWS = 5, CELLS = COLUMNS * ROWS, STEPS = 10, DAY_S = 86400, MOST = 20 * CELLS * STEPS };

/* ((i + 1)^2 (k + 2) + 3 i k) mod 7, and k more in four cells. */
static int count_of(int i, int k)
{
    bool block = i == 7 || i == 8 || i == 13 || i == 14;
    return ((i + 1) * (i + 1) * (k + 2) + 3 * i * k) % 7 + (block ? k : 0);
}

static const double z_of_steps[3][CELLS] = { /* 1, 5, 10 */
    {-1.09852450481571, -0.586192802045773, 1.36778320477347, 2.01910854037989, 1.36778320477347,
     0.0510941630146844, -1.56318080545539, -1.05176822039028, 0.369540185542532, 2.07511027266191,
     2.07511027266191, 1.36778320477347, -1.56318080545539, -2.18881494513654, -1.05176822039028,
     0.369540185542532, 2.07511027266191, 2.01910854037989, -0.586192802045773, -1.05176822039028,
     -2.18881494513654, -1.05176822039028, 0.369540185542532, 1.36778320477347, 0.0510941630146844,
     -0.586192802045773, -1.56318080545539, -1.56318080545539, -0.586192802045773, 0.0510941630146844},
    {0.959997630692338, 0.620498871367995, 0.448138073765774, -0.0689443190408887, -0.24130511664311,
     -0.256900774410626, 1.13758126417466, 1.79034117753832, 1.33899466219252, 0.135403954603738,
     -0.616840237639253, -0.24130511664311, 0.792859668970216, 1.63989233908972, 1.79034117753832,
     0.135403954603738, -1.06818675298505, -0.758387509449772, 0.103416478561332, 0.737199308398131,
     0.436301631500934, -0.01504488384486, -1.06818675298505, -0.930748307051993, -0.256900774410626,
     -0.586026711847551, -0.586026711847551, -0.24130511664311, -0.758387509449772, -1.0681663778126},
    {-0.233509351804075, 0.62368362647663, 1.47416129894476, 0.907176183966008, 0.198444790242564,
     0.100075436487461, 0.62368362647663, 2.23944595010434, 2.36317224569022, 1.37336188100322,
     -0.235079961613163, 0.198444790242564, 1.47416129894476, 2.36317224569022, 2.23944595010434,
     0.136098925144463, -0.85371143954254, -0.36854032473619, 0.907176183966008, 1.37336188100322,
     0.136098925144463, -1.10116403071429, -2.09097439540129, -1.07727171845963, 0.100075436487461,
     -0.36854032473619, -1.07727171845963, -1.92774939092776, -1.92774939092776, -1.40105611082445},
};

typedef struct world {
    hg_grid grid;
    float share[CELLS];
    double x[MOST], y[MOST];
    int64_t t[MOST];
    hg_incidents incidents;
    hg_neighbourhood around;
    hg_trends_input input;
} world;

static world w;

static int set_up(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    if (hg_grid_over(0, 0, 100 * COLUMNS, 100 * ROWS, 100, &w.grid, NULL) != HG_OK ||
        hg_neighbourhood_queen(&w.around, NULL) != HG_OK)
        return 1;
    size_t n = 0;
    for (int i = 0; i < CELLS; i++) {
        w.share[i] = 1;
        for (int k = 0; k < STEPS; k++)
            for (int c = count_of(i, k); c > 0; c--) {
                w.x[n] = hg_grid_column_centre(&w.grid, i % COLUMNS);
                w.y[n] = hg_grid_row_centre(&w.grid, i / COLUMNS);
                w.t[n++] = (int64_t)k * 7 * DAY_S + c * DAY_S / 2;
            }
    }
    w.incidents = (hg_incidents){.n = n, .x = w.x, .y = w.y, .t_start = w.t, .streams = 1};
    w.input = (hg_trends_input){.grid = &w.grid, .share = w.share, .incidents = &w.incidents, .around = &w.around,
                                .steps = {.origin = 0, .step_s = 7 * DAY_S, .count = STEPS}};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hg_neighbourhood_dispose(&w.around);
    return 0;
}

static void test_z_of_steps(void **state)
{
    (void)state;
    static const size_t steps[] = {0, 4, 9};
    hg_trends t;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_OK);
    assert_int_equal(t.cells, CELLS);
    for (size_t s = 0; s < 3; s++)
        for (size_t i = 0; i < CELLS; i++)
            assert_true(fabs(t.z[steps[s] * CELLS + i] - z_of_steps[s][i]) < 1e-9);
    hg_trends_dispose(&t);
}

static void test_hot_steps(void **state)
{
    (void)state;
    static const size_t hot[STEPS] = {0, 0, 0, 3, 0, 3, 0, 1, 4, 0}, cold[STEPS] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
    hg_trends t;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_OK);
    for (size_t k = 0; k < STEPS; k++) {
        assert_int_equal(t.step[k].hot, hot[k]);
        assert_int_equal(t.step[k].cold, cold[k]);
        assert_int_equal(t.step[k].tests, CELLS);
    }
    assert_int_equal(t.cell[13].hot, 3); /* steps 4, 6, 9 */
    assert_int_equal(t.cell[22].cold, 1);
    hg_trends_dispose(&t);
}

static void test_trend_of_z(void **state)
{
    (void)state;
    static const struct {
        size_t cell;
        double tau, p;
    } expected[] = {{7, 0.6, 0.0200446686226275},
                    {13, 0.422222222222222, 0.107404636330254},
                    {0, 0.155555555555556, 0.591505036994917},
                    {29, -0.333333333333333, 0.210497700055337}};
    hg_trends t;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_OK);
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
        assert_true(fabs(t.cell[expected[k].cell].trend.tau - expected[k].tau) < 1e-9);
        assert_true(fabs(t.cell[expected[k].cell].trend.p_value - expected[k].p) < 1e-9);
    }
    hg_trends_dispose(&t);
}

/* Incidents without a time, in the halo or before the first step take no part; what they are is counted. */
static void test_what_is_left_out(void **state)
{
    (void)state;
    uint8_t flags[MOST] = {0};
    hg_trends t;
    size_t n = w.incidents.n;
    for (size_t i = 0; i < 3; i++) {
        w.x[n + i] = w.x[0];
        w.y[n + i] = w.y[0];
    }
    w.t[n] = HG_NO_TIME;
    w.t[n + 1] = -DAY_S;
    w.t[n + 2] = 0;
    flags[n + 2] = HG_FLAG_HALO;
    w.incidents.n = n + 3;
    w.incidents.flags = flags;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_OK);
    assert_int_equal(t.counted, n);
    assert_int_equal(t.untimed, 1);
    assert_true(t.incidents == (double)n && t.outside == 1);
    hg_trends_dispose(&t);
}

/* A week half in one step and half in the next; a tenth before the first. */
static void test_intervals_are_shared(void **state)
{
    (void)state;
    int64_t end[MOST];
    hg_trends t, plain;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &plain, NULL), HG_OK);
    for (size_t i = 0; i < w.incidents.n; i++)
        end[i] = HG_NO_TIME;
    w.t[0] = 7 * DAY_S / 2; /* of cell 0, step 1 */
    end[0] = w.t[0] + 7 * DAY_S;
    w.t[1] = -DAY_S;
    end[1] = 9 * DAY_S;
    w.incidents.t_end = end;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_OK);
    assert_true(fabs(t.outside - 0.1) < 1e-12);
    assert_true(fabs(t.incidents - plain.incidents + 0.1) < 1e-9);
    assert_true(fabs(plain.step[0].incidents - t.step[0].incidents - (0.5 + 0.3)) < 1e-9);
    assert_true(fabs(t.step[1].incidents - plain.step[1].incidents - (0.5 + 0.2)) < 1e-9);
    hg_trends_dispose(&t);
    hg_trends_dispose(&plain);
}

/* Cells outside A take part in nothing; a step without incidents has no z and counts as 0 in the trend. */
static void test_area_and_empty_steps(void **state)
{
    (void)state;
    hg_trends t;
    for (int i = 0; i < CELLS; i += 4)
        w.share[i] = 0;
    for (size_t i = 0; i < w.incidents.n; i++)
        w.t[i] = w.t[i] < 7 * DAY_S ? -7 * DAY_S : w.t[i];
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_OK);
    assert_int_equal(t.cells, CELLS - 8);
    assert_int_equal(t.step[0].tests, 0);
    assert_true(isnan(t.z[0]));
    assert_int_equal(t.step[1].tests, CELLS - 8);
    assert_int_equal(t.cell[0].cell, 1);
    size_t sum = 0;
    for (size_t p = 0; p < HG_PATTERN_END; p++)
        sum += t.patterns[p];
    assert_int_equal(sum, t.cells);
    hg_trends_dispose(&t);
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    hg_trends a, b;
    hg_control one = {.threads = 1}, many = {.threads = 3};
    w.input.hamed_rao = true;
    assert_int_equal(hg_trends_compute(&w.input, &one, &a, NULL), HG_OK);
    assert_int_equal(hg_trends_compute(&w.input, &many, &b, NULL), HG_OK);
    assert_memory_equal(a.z, b.z, STEPS * CELLS * sizeof *a.z);
    for (size_t i = 0; i < CELLS; i++)
        assert_true(a.cell[i].trend.p_value == b.cell[i].trend.p_value && a.cell[i].pattern == b.cell[i].pattern);
    hg_trends_dispose(&a);
    hg_trends_dispose(&b);
}

static void test_cancelled(void **state)
{
    (void)state;
    hg_trends t;
    hg_control control = {.threads = 1, .cancelled = true};
    assert_int_equal(hg_trends_compute(&w.input, &control, &t, NULL), HG_ECANCELLED);
    w.incidents.t_start = NULL;
    assert_int_equal(hg_trends_compute(&w.input, NULL, &t, NULL), HG_EDATA);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    hg_trends t;
    hg_status status = HG_ENOMEM;
    hg_control control = {.threads = 1};
    for (uint64_t n = 1; n < 100000 && status == HG_ENOMEM; n++) {
        hg_memory_fail_at(n);
        status = hg_trends_compute(&w.input, &control, &t, NULL);
        hg_memory_fail_at(0);
    }
    assert_int_equal(status, HG_OK);
    hg_trends_dispose(&t);
}

static void test_auto_cell(void **state)
{
    (void)state;
    assert_true(hg_trends_auto_cell(25000, 1e8, 1e6) == 250);
    assert_true(hg_trends_auto_cell(24999, 1e8, 1e6) == 200);
    assert_true(hg_trends_auto_cell(25000, 1e8, 250) == 500);  /* 9 x 500 x 500 x 250 = 5.6e8 >= 5e8 */
    assert_true(hg_trends_auto_cell(25000, 1e8, 200) == 1000);
    assert_true(hg_trends_auto_cell(25000, 1e8, 1) == 1000);   /* 2000 is beyond a twentieth */
    assert_true(hg_trends_auto_cell(100, 1e4, 1e9) == 10);
}

/* ------------------------------------------------- steps ----------------------------------- */

static void test_steps_end_with_the_span(void **state)
{
    (void)state;
    hg_time_steps s;
    /* 2 h into day 0 to 5 h into day 31: 32 days, ten steps of 3 d and 2 d left out at the beginning */
    assert_int_equal(hg_time_steps_cut(7200, 31 * DAY_S + 18000, HG_NO_TIME, HG_NO_TIME, 3 * DAY_S, &s, NULL), HG_OK);
    assert_true(s.count == 10 && s.origin == 2 * DAY_S && s.left_out_s == 2 * DAY_S);
    assert_true(hg_time_step_start(&s, 10) == 32 * DAY_S);
    /* since and until are the ends of the span; before 1970, too */
    assert_int_equal(hg_time_steps_cut(0, 0, -100 * DAY_S, -5 * DAY_S, 5 * DAY_S, &s, NULL), HG_OK);
    assert_true(s.count == 19 && s.origin == -100 * DAY_S && s.left_out_s == 0);
    assert_int_equal(hg_time_steps_cut(-1, 0, HG_NO_TIME, 9 * DAY_S, DAY_S, &s, NULL), HG_OK);
    assert_true(s.count == 10 && s.origin == -DAY_S);
}

static void test_default_step(void **state)
{
    (void)state;
    static const struct {
        int days, step;
    } expected[] = {{12, 1}, {83, 1}, {84, 7}, {168, 14}, {360, 30}, {1091, 30}, {1092, 91}, {7000, 91}};
    for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
        hg_time_steps s;
        assert_int_equal(hg_time_steps_cut(0, 0, 0, (int64_t)expected[k].days * DAY_S, 0, &s, NULL), HG_OK);
        assert_int_equal(s.step_s, expected[k].step * DAY_S);
    }
}

static void test_too_few_and_too_many(void **state)
{
    (void)state;
    hg_time_steps s;
    hg_error err;
    assert_int_equal(hg_time_steps_cut(0, 0, 0, 100 * DAY_S - 1, 10 * DAY_S, &s, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "9 whole steps of 10 d"));
    assert_int_equal(hg_time_steps_cut(0, 0, 0, DAY_S, 10 * DAY_S, &s, NULL), HG_EDATA);
    assert_int_equal(hg_time_steps_cut(0, 0, 0, 999 * DAY_S, DAY_S, &s, NULL), HG_OK);
    assert_int_equal(hg_time_steps_cut(0, 0, 0, 1000 * DAY_S, DAY_S, &s, &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "1000 steps"));
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_z_of_steps),
        IN_WORLD(test_hot_steps),
        IN_WORLD(test_trend_of_z),
        IN_WORLD(test_what_is_left_out),
        IN_WORLD(test_intervals_are_shared),
        IN_WORLD(test_area_and_empty_steps),
        IN_WORLD(test_threads_change_nothing),
        IN_WORLD(test_cancelled),
        IN_WORLD(test_every_allocation_may_fail),
        cmocka_unit_test(test_auto_cell),
        cmocka_unit_test(test_steps_end_with_the_span),
        cmocka_unit_test(test_default_step),
        cmocka_unit_test(test_too_few_and_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
