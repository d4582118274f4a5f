/* What happens at an origin or after it changes nothing before its time: neither scores nor what is tuned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/tune.h"
#include "tests/support/forecast_world.h"

#include <string.h>

enum { KINDS = 5, BEFORE = 900, PLANTED = 600, ORIGIN_DAY = 300 };

static forecast_world bare, planted;

/* As many incidents again as all history has, from the origin on, in a corner where nothing had happened. */
static void plant(void)
{
    make_forecast_world(&bare, BEFORE, ORIGIN_DAY, 9);
    make_forecast_world(&planted, BEFORE, ORIGIN_DAY, 9);
    planted.n = planted.events.n = BEFORE + PLANTED;
    for (size_t i = BEFORE; i < planted.n; i++) {
        planted.t[i] = ORIGIN_DAY * DAY + (int64_t)(i - BEFORE) * DAY / 10;
        planted.x[i] = hg_grid_column_centre(&world_grid, 1);
        planted.y[i] = hg_grid_row_centre(&world_grid, 1);
        planted.w[i] = 50;
        planted.outside[i] = 0;
    }
}

static void scores(const forecast_world *o, const hg_forecast *m, int64_t day, float out[WORLD_CELLS])
{
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_forecast_scores(m, &o->events, day * DAY, &world_grid, o->share, NULL, out, &err), HG_OK);
}

static void test_scores(void **state)
{
    (void)state;
    const hg_kernel kernel = {HG_QUARTIC, 130, 4};
    const hg_forecast m[KINDS] = {
        {.kind = HG_FORECAST_COUNT, .train_s = INFINITY},
        {.kind = HG_FORECAST_COUNT, .train_s = 100.0 * DAY, .half_life_s = 20.0 * DAY},
        {.kind = HG_FORECAST_DENSITY, .train_s = INFINITY, .kernel = kernel},
        {.kind = HG_FORECAST_PROSPECTIVE, .train_s = INFINITY, .reach_m = 120, .reach_s = 60.0 * DAY},
        {.kind = HG_FORECAST_SHRUNK, .train_s = INFINITY, .half_life_s = 90.0 * DAY, .kernel = kernel, .shrinkage = 0.4},
    };
    float without[WORLD_CELLS], with[WORLD_CELLS];
    plant();
    for (size_t k = 0; k < KINDS; k++) {
        scores(&bare, &m[k], ORIGIN_DAY, without);
        scores(&planted, &m[k], ORIGIN_DAY, with);
        assert_memory_equal(without, with, sizeof without);
        scores(&planted, &m[k], ORIGIN_DAY + 1, with); /* and a day later they are seen */
        assert_memory_not_equal(without, with, sizeof without);
    }
}

static void tune(const forecast_world *o, const int64_t *origins, size_t n, hg_tuned *chosen)
{
    hg_error err = {HG_OK, ""};
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 2};
    hg_tuning t = {&o->events, &world_grid, o->share, 0, 200.0 * DAY, 30.0 * DAY, {HG_QUARTIC, 0, 4}};
    assert_int_equal(hg_tune(&t, origins, n, &control, chosen, &err), HG_OK);
}

static void same_choice(const hg_tuned *a, const hg_tuned *b)
{
    assert_true(a->forecast.half_life_s == b->forecast.half_life_s);
    assert_true(a->forecast.shrinkage == b->forecast.shrinkage);
    assert_true(a->forecast.kernel.bandwidth_m == b->forecast.kernel.bandwidth_m);
    assert_int_equal(a->windows, b->windows);
    assert_int_equal(a->judged, b->judged);
    assert_true(a->hits == b->hits);
}

/* The choice at an origin is the same whether later origins are asked for or not, and whatever is planted. */
static void test_choices(void **state)
{
    (void)state;
    const int64_t origins[] = {200 * DAY, 245 * DAY, ORIGIN_DAY * DAY, 360 * DAY};
    hg_tuned without[4], with[4], alone;
    plant();
    tune(&bare, origins, 4, without);
    tune(&planted, origins, 4, with);
    for (size_t k = 0; k < 3; k++) {
        same_choice(&without[k], &with[k]);
        tune(&planted, &origins[k], 1, &alone);
        same_choice(&alone, &with[k]);
    }
    assert_true(with[3].judged > without[3].judged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_choices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
