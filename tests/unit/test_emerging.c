/* The 17 patterns: one series each, the borders of "nine tenths", and every series of ten steps. */
#include "engine/emerging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 40 };

/* H hot, C cold, anything else neither. */
static size_t read_states(const char *text, int8_t *state)
{
    size_t n = strlen(text);
    assert_true(n <= LONGEST);
    for (size_t k = 0; k < n; k++)
        state[k] = (int8_t)((text[k] == 'H') - (text[k] == 'C'));
    return n;
}

static void expect_one(const char *text, int trend, const char *name)
{
    int8_t state[LONGEST];
    size_t n = read_states(text, state);
    assert_string_equal(hg_pattern_name(hg_emerging_pattern(state, n, trend)), name);
}

/* The series, and the series with hot and cold exchanged. */
static void expect(const char *text, int trend, const char *name)
{
    char mirrored[LONGEST + 1], mirrored_name[32];
    strcpy(mirrored, text);
    for (char *p = mirrored; *p; p++)
        *p = *p == 'H' ? 'C' : *p == 'C' ? 'H' : *p;
    strcpy(mirrored_name, name);
    char *side = strrchr(mirrored_name, '_');
    if (strcmp(side, "_hot") == 0)
        strcpy(side, "_cold");
    else if (strcmp(side, "_cold") == 0)
        strcpy(side, "_hot");
    expect_one(text, trend, name);
    expect_one(mirrored, -trend, mirrored_name);
}

static void test_new(void **state)
{
    (void)state;
    expect(".........H", 0, "new_hot");
    expect(".........H", 1, "new_hot");
    expect("..C......H", 0, "new_hot"); /* never hot before; cold does not matter */
}

static void test_consecutive(void **state)
{
    (void)state;
    expect("........HH", 0, "consecutive_hot");
    expect("..C.....HH", 0, "consecutive_hot");
    expect("..HHHHHHHH", 1, "consecutive_hot");  /* 8 of 10 */
    expect(".HHHHHHHHH", 0, "persistent_hot");   /* exactly nine tenths: no longer */
    expect("...HHHHHHHHHHHHHHHHH", 1, "consecutive_hot"); /* 17 of 20 */
    expect("..HHHHHHHHHHHHHHHHHH", 1, "intensifying_hot"); /* 18 of 20 */
}

static void test_intensifying(void **state)
{
    (void)state;
    expect("HHHHHHHHHH", 1, "intensifying_hot");
    expect("HHHH.HHHHH", 1, "intensifying_hot");
    expect("HHHHCHHHHH", 1, "intensifying_hot");
    expect("HHHH.HH.HH", 1, "sporadic_hot");  /* 8 of 10 */
    expect("HHHH.HHHHHH", 1, "intensifying_hot"); /* 10 of 11 */
    expect("HH.HHH.HHHHHHHHHHHH", 1, "sporadic_hot"); /* 17 of 19 is 0.8947 */
}

static void test_persistent(void **state)
{
    (void)state;
    expect("HHHHHHHHHH", 0, "persistent_hot");
    expect("H.HHHHHHHH", 0, "persistent_hot");
}

static void test_diminishing(void **state)
{
    (void)state;
    expect("HHHHHHHHHH", -1, "diminishing_hot");
    expect("HHH.HHHHHH", -1, "diminishing_hot");
}

static void test_sporadic(void **state)
{
    (void)state;
    expect("H........H", 0, "sporadic_hot");
    expect("HH.HH.HH.H", -1, "sporadic_hot");
    expect("H..HH...HH", 0, "sporadic_hot");
    expect("HH.HH.HH..", 0, "no_pattern"); /* the last step decides */
}

static void test_oscillating(void **state)
{
    (void)state;
    expect("H..C.....H", 0, "oscillating_hot");
    expect("C.H.C.H..H", 1, "oscillating_hot");
    expect("CCCCCCCH.H", 1, "oscillating_hot"); /* 7 of 10 cold */
}

static void test_historical(void **state)
{
    (void)state;
    expect("HHHHHHHHH.", 0, "historical_hot"); /* exactly nine tenths; before persistent ... */
    expect("HHHHHHHHH.", -1, "historical_hot"); /* ... and before diminishing */
    expect("HHHHHHHHHC", -1, "historical_hot"); /* nine tenths outweigh one cold step */
    expect("HHHHHHHHHHHHHHHHHHCC", -1, "historical_hot");
    expect("HHHHHHHH..", -1, "no_pattern");
    expect("HHHHHHHHHHHHHHHHH...", 0, "no_pattern"); /* 17 of 20 */
    expect("HHHHHHHHHHHHHHHHHCCC", 0, "consecutive_cold");
}

static void test_none(void **state)
{
    (void)state;
    expect_one("..........", 0, "no_pattern");
    expect_one("..........", 1, "no_pattern");
    expect_one("HHHHCCCC..", 0, "no_pattern");
}

/* ------------------------------------------------- every series ---------------------------- */

enum { STEPS = 10, SERIES = 59049 };

/* The definitions in words, each alone, for the hot side. */
static bool fits(const int8_t *s, int trend, hg_pattern p)
{
    int hot = 0, cold_before = 0, hot_before = 0, run = 0;
    for (int k = 0; k < STEPS; k++)
        hot += s[k] == 1;
    for (int k = 0; k < STEPS - 1; k++) {
        hot_before += s[k] == 1;
        cold_before += s[k] == -1;
    }
    for (int k = STEPS - 1; k >= 0 && s[k] == 1; k--)
        run++;
    bool last = s[STEPS - 1] == 1, most = hot >= 9;
    switch (p) {
    case HG_PATTERN_NEW_HOT:
        return last && !hot_before;
    case HG_PATTERN_CONSECUTIVE_HOT:
        return run >= 2 && run == hot && !most;
    case HG_PATTERN_INTENSIFYING_HOT:
        return most && last && trend > 0;
    case HG_PATTERN_PERSISTENT_HOT:
        return most && trend == 0;
    case HG_PATTERN_DIMINISHING_HOT:
        return most && last && trend < 0;
    case HG_PATTERN_SPORADIC_HOT:
        return last && run < hot && !most && !cold_before;
    case HG_PATTERN_OSCILLATING_HOT:
        return last && cold_before && !most;
    case HG_PATTERN_HISTORICAL_HOT:
        return !last && most;
    default:
        return false;
    }
}

static bool fits_any(const int8_t *s, int trend, hg_pattern p)
{
    int8_t mirrored[STEPS];
    for (int k = 0; k < STEPS; k++)
        mirrored[k] = (int8_t)-s[k];
    return p > HG_PATTERN_SIDE ? fits(mirrored, -trend, p - HG_PATTERN_SIDE) : fits(s, trend, p);
}

static hg_pattern mirror(hg_pattern p)
{
    return p == HG_PATTERN_NONE ? p : p > HG_PATTERN_SIDE ? p - HG_PATTERN_SIDE : p + HG_PATTERN_SIDE;
}

static void test_every_series(void **state)
{
    (void)state;
    size_t seen[HG_PATTERN_END] = {0};
    for (int code = 0; code < SERIES; code++) {
        int8_t s[STEPS], m[STEPS];
        for (int k = 0, rest = code; k < STEPS; k++, rest /= 3) {
            s[k] = (int8_t)(rest % 3 - 1);
            m[k] = (int8_t)-s[k];
        }
        for (int trend = -1; trend <= 1; trend++) {
            hg_pattern p = hg_emerging_pattern(s, STEPS, trend);
            assert_in_range(p, 0, HG_PATTERN_END - 1);
            assert_int_equal(hg_emerging_pattern(m, STEPS, -trend), mirror(p));
            seen[p]++;
            for (hg_pattern other = 1; other < HG_PATTERN_END && p == HG_PATTERN_NONE; other++)
                assert_false(fits_any(s, trend, other)); /* none only where no definition fits */
            assert_true(p == HG_PATTERN_NONE || fits_any(s, trend, p));
        }
    }
    for (hg_pattern p = 0; p < HG_PATTERN_END; p++)
        assert_true(seen[p] > 0);
    assert_int_equal(seen[HG_PATTERN_NEW_HOT], seen[mirror(HG_PATTERN_NEW_HOT)]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new),         cmocka_unit_test(test_consecutive), cmocka_unit_test(test_intensifying),
        cmocka_unit_test(test_persistent),  cmocka_unit_test(test_diminishing), cmocka_unit_test(test_sporadic),
        cmocka_unit_test(test_oscillating), cmocka_unit_test(test_historical),  cmocka_unit_test(test_none),
        cmocka_unit_test(test_every_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
