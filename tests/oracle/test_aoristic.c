/* Shares in closed form against going through the interval second by second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "engine/aoristic.h"
#include "tests/support/near.h"

static int64_t modulo(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}

static int64_t below(hg_random *r, int64_t n)
{
    return (int64_t)hg_random_below(r, (uint64_t)n);
}

static void check_cycle(const hg_cycle *c, hg_interval v)
{
    uint64_t got[168] = {0};
    int64_t seconds[168] = {0}, length = v.end - v.start;
    hg_aoristic_add(c, v, got);
    for (int64_t t = v.start; t < v.end; t++)
        seconds[modulo(t - c->origin, c->step_s * c->steps) / c->step_s]++;
    for (int k = 0; k < c->steps; k++)
        assert_near((double)got[k] / (double)HG_AORISTIC_ONE, (double)seconds[k] / (double)length, 4e-12);
}

static void check_steps(hg_interval v, int64_t origin, int64_t step_s)
{
    hg_aoristic_steps s = hg_aoristic_spread(v, origin, step_s);
    double sum = 0, length = (double)(v.end - v.start);
    for (int64_t k = s.first - 1; k <= s.last + 1; k++) {
        int64_t seconds = 0, low = origin + k * step_s;
        for (int64_t t = low; t < low + step_s; t++)
            seconds += t >= v.start && t < v.end;
        assert_near(hg_aoristic_share(&s, k), (double)seconds / length, 1e-15);
        sum += hg_aoristic_share(&s, k);
    }
    assert_near(sum, 1, 1e-12);
}

static void cycles_second_by_second(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(4, 1);
    for (int i = 0; i < 60; i++) {
        int64_t longest = (int64_t)pow(10, 1 + i % 6);
        int64_t start = below(&r, 4000000000) - 2000000000;
        hg_interval v = {start, start + 1 + below(&r, longest)};
        check_cycle(&hg_week_hours, v);
        check_cycle(&hg_day_hours, v);
        check_cycle(&hg_week_days, v);
    }
}

static void steps_second_by_second(void **state)
{
    (void)state;
    hg_random r = hg_random_seed(4, 2);
    for (int i = 0; i < 300; i++) {
        int64_t start = below(&r, 20000) - 10000, step = 1 + below(&r, 700);
        check_steps((hg_interval){start, start + 1 + below(&r, 5000)}, below(&r, 9000) - 4500, step);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cycles_second_by_second),
        cmocka_unit_test(steps_second_by_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
