/* The published Knox table of the Burkitt cases: 20 km and 5 days (pysal/pointpats, tests/test_spacetime.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/knox.h"
#include "engine/tails.h"
#include "tests/burkitt.h"
#include "tests/support/near.h"

static hg_knox burkitt_table(hg_knox_bands bands)
{
    double x[BURKITT_CASES], y[BURKITT_CASES];
    int64_t t[BURKITT_CASES];
    hg_control control = {.threads = 2, .seed = 1};
    hg_knox_events events = {BURKITT_CASES, x, y, t};
    hg_knox out = {0};
    hg_error err = {HG_OK, ""};
    for (size_t i = 0; i < BURKITT_CASES; i++) {
        x[i] = 1000.0 * burkitt[i][0];
        y[i] = 1000.0 * burkitt[i][1];
        t[i] = (int64_t)86400 * burkitt[i][2];
    }
    if (hg_knox_count(&events, &bands, &control, &out, &err) != HG_OK)
        fail_msg("%s", err.message);
    return out;
}

static void burkitt_20_km_5_days(void **state)
{
    (void)state;
    hg_knox k = burkitt_table((hg_knox_bands){20000, 5 * 86400.0, 1, 1, 999});
    const hg_knox_cell *c = &k.cells[0];
    assert_int_equal(k.pairs, 17578);
    assert_int_equal(c->observed, 13);
    assert_int_equal(k.near[0] - c->observed, 3416);
    assert_int_equal(k.soon[0] - c->observed, 39);
    assert_int_equal(k.pairs - k.near[0] - k.soon[0] + c->observed, 14110);
    assert_near(c->expected, 10.1438161, 5e-8);
    assert_near((double)k.near[0] - c->expected, 3418.85618, 5e-6);
    /* Printed as 41.856139, which with 10.1438161 does not make the 52 pairs; to the digits it shares. */
    assert_near((double)k.soon[0] - c->expected, 41.856139, 5e-5);
    assert_near(c->expected, 3429.0 * 52 / 17578, 1e-12);
    /* pointpats prints P(X > 13); ours is P(X >= 13), as its relabelled p is. */
    assert_near(hg_poisson_tail(14, c->expected), 0.14624558197140414, 1e-12);
    assert_near(c->p_poisson, hg_poisson_tail(13, c->expected), 0);
    assert_near(c->p_poisson, 0.2222666734, 1e-9);
    /* Its 99 relabellings gave 0.21; ours differ by no more than draws do. */
    assert_near(c->p_value, 0.21, 0.1);
    hg_knox_dispose(&k);
}

/* The same within bands: four of 5 km by one, and the 11 pairs at one place. */
static void burkitt_in_bands(void **state)
{
    (void)state;
    hg_knox k = burkitt_table((hg_knox_bands){5000, 86400, 4, 5, 0});
    uint64_t sum = 0;
    for (size_t i = 0; i < 4 * 5; i++)
        sum += k.cells[i].observed;
    assert_int_equal(sum, 13);
    assert_int_equal(k.near[4], 11);
    assert_int_equal(k.near[4] + k.near[5], k.near[0]);
    hg_knox_dispose(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burkitt_20_km_5_days),
        cmocka_unit_test(burkitt_in_bands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
