/* Shares of intervals in hours, weekdays and steps, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "engine/aoristic.h"
#include "tests/support/near.h"

/* 2024-01-01 was a Monday. */
static int64_t at(int day, int hour, int minute)
{
    return hg_civil_from(2024, 1, day, hour, minute, 0);
}

static double share(const uint64_t *profile, int step)
{
    return (double)profile[step] / (double)HG_AORISTIC_ONE;
}

static void add(const hg_cycle *cycle, int64_t start, int64_t end, uint64_t *profile)
{
    hg_aoristic_add(cycle, (hg_interval){start, end}, profile);
}

static void moments_lie_whole_in_their_hour(void **state)
{
    (void)state;
    uint64_t week[168] = {0};
    add(&hg_week_hours, at(1, 0, 0), at(1, 0, 0), week);
    add(&hg_week_hours, at(3, 13, 59), at(3, 13, 59), week);
    add(&hg_week_hours, at(7, 23, 0), at(7, 23, 0), week);
    assert_true(week[0] == HG_AORISTIC_ONE);
    assert_true(week[2 * 24 + 13] == HG_AORISTIC_ONE);
    assert_true(week[167] == HG_AORISTIC_ONE);
}

/* A car parked on Friday at 22:30 and missed on Saturday at 01:00: 150 minutes, of which 30, 60 and 60. */
static void a_night_is_shared_by_minutes(void **state)
{
    (void)state;
    uint64_t week[168] = {0}, hours[24] = {0}, days[7] = {0};
    add(&hg_week_hours, at(5, 22, 30), at(6, 1, 0), week);
    add(&hg_day_hours, at(5, 22, 30), at(6, 1, 0), hours);
    add(&hg_week_days, at(5, 22, 30), at(6, 1, 0), days);
    assert_near(share(week, 4 * 24 + 22), 0.2, 1e-11);
    assert_near(share(week, 4 * 24 + 23), 0.4, 1e-11);
    assert_near(share(week, 5 * 24), 0.4, 1e-11);
    assert_true(week[5 * 24 + 1] == 0); /* the end itself is outside */
    assert_near(share(hours, 22), 0.2, 1e-11);
    assert_near(share(hours, 0), 0.4, 1e-11);
    assert_near(share(days, 4), 0.6, 1e-11);
    assert_near(share(days, 5), 0.4, 1e-11);
}

static void from_sunday_night_to_monday(void **state)
{
    (void)state;
    uint64_t week[168] = {0};
    add(&hg_week_hours, at(7, 23, 45), at(8, 0, 15), week);
    assert_near(share(week, 167), 0.5, 1e-11);
    assert_near(share(week, 0), 0.5, 1e-11);
}

/* Ten days from Monday 06:00: every hour once, and twice those of Monday 06:00 to Thursday 06:00. */
static void more_than_a_week_comes_round(void **state)
{
    (void)state;
    uint64_t week[168] = {0};
    add(&hg_week_hours, at(1, 6, 0), at(11, 6, 0), week);
    assert_near(share(week, 6), 2.0 / 240, 1e-11);
    assert_near(share(week, 3 * 24 + 5), 2.0 / 240, 1e-11);
    assert_near(share(week, 3 * 24 + 6), 1.0 / 240, 1e-11);
    assert_near(share(week, 5), 1.0 / 240, 1e-11);
}

/* A day that is known, but no hour: all hours are equal to the bit, whenever the day begins. */
static void a_whole_day_says_nothing_of_the_hour(void **state)
{
    (void)state;
    uint64_t hours[24] = {0};
    add(&hg_day_hours, at(2, 10, 30), at(3, 10, 30), hours);
    for (int h = 1; h < 24; h++)
        assert_true(hours[h] == hours[0]);
}

static void years_cost_no_more_and_are_almost_flat(void **state)
{
    (void)state;
    uint64_t hours[24] = {0};
    double sum = 0;
    add(&hg_day_hours, at(1, 12, 0), hg_civil_from(2034, 1, 1, 13, 0, 0), hours);
    for (int h = 0; h < 24; h++) {
        sum += share(hours, h);
        assert_near(share(hours, h), 1.0 / 24, 1e-4);
    }
    assert_near(sum, 1, 1e-10);
    assert_true(hours[12] > hours[13]);
}

static void before_1970_too(void **state)
{
    (void)state;
    uint64_t week[168] = {0};
    int64_t sunday = hg_civil_from(1969, 12, 28, 23, 30, 0);
    add(&hg_week_hours, sunday, sunday + 3600, week);
    assert_near(share(week, 167), 0.5, 1e-11);
    assert_near(share(week, 0), 0.5, 1e-11);
}

static void steps_of_any_length(void **state)
{
    (void)state;
    int64_t week = 7 * 86400, origin = at(1, 0, 0);
    hg_aoristic_steps s = hg_aoristic_spread((hg_interval){at(5, 0, 0), at(26, 0, 0)}, origin, week);
    assert_int_equal(s.first, 0);
    assert_int_equal(s.last, 3);
    assert_near(hg_aoristic_share(&s, 0), 3.0 / 21, 1e-15);
    assert_near(hg_aoristic_share(&s, 1), 7.0 / 21, 1e-15);
    assert_near(hg_aoristic_share(&s, 3), 4.0 / 21, 1e-15);
    assert_near(hg_aoristic_share(&s, 4), 0, 0);
    assert_near(hg_aoristic_share(&s, -1), 0, 0);
    s = hg_aoristic_spread((hg_interval){origin - 1, origin - 1}, origin, week);
    assert_int_equal(s.first, -1);
    assert_int_equal(s.last, -1);
    assert_near(hg_aoristic_share(&s, -1), 1, 0);
    s = hg_aoristic_spread((hg_interval){origin, origin + week}, origin, week);
    assert_int_equal(s.last, 0);
    assert_near(hg_aoristic_share(&s, 0), 1, 0);
}

static void an_end_unknown_or_early_leaves_the_start(void **state)
{
    (void)state;
    int64_t start[] = {100, 100, 100}, end[] = {HG_NO_TIME, 40, 160};
    assert_int_equal(hg_interval_of(start, end, 0).end, 100);
    assert_int_equal(hg_interval_of(start, end, 1).end, 100);
    assert_int_equal(hg_interval_of(start, end, 2).end, 160);
    assert_int_equal(hg_interval_of(start, NULL, 2).end, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_lie_whole_in_their_hour),
        cmocka_unit_test(a_night_is_shared_by_minutes),
        cmocka_unit_test(from_sunday_night_to_monday),
        cmocka_unit_test(more_than_a_week_comes_round),
        cmocka_unit_test(a_whole_day_says_nothing_of_the_hour),
        cmocka_unit_test(years_cost_no_more_and_are_almost_flat),
        cmocka_unit_test(before_1970_too),
        cmocka_unit_test(steps_of_any_length),
        cmocka_unit_test(an_end_unknown_or_early_leaves_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
