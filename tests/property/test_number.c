/* Numbers as hg_parse_number reads them are those of strtod, bit for bit, in every notation and
 * length. */
#include "base/number.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NUMBERS = 300000 };

static void expect(const char *text)
{
    double obtained = 0, expected = strtod(text, NULL);
    if (!hg_parse_number(text, strlen(text), &obtained))
        fail_msg("%s: not read", text);
    if (memcmp(&obtained, &expected, sizeof expected) != 0)
        fail_msg("%s: expected %.17g, obtained %.17g", text, expected, obtained);
}

/* n digits with a point somewhere among them, before or behind. */
static void digits_and_point(hg_random *r, size_t n, char *text)
{
    size_t point = hg_random_below(r, n + 2), at = 0;
    if (hg_random_below(r, 3) == 0)
        text[at++] = "+-"[hg_random_below(r, 2)];
    for (size_t k = 0; k < n; k++) {
        if (k == point)
            text[at++] = '.';
        text[at++] = (char)('0' + hg_random_below(r, 10));
    }
    if (point == n)
        text[at++] = '.';
    text[at] = '\0';
}

static void random_digits(void **state)
{
    (void)state;
    char text[64];
    hg_random r = hg_random_seed(31, 0);
    for (int i = 0; i < NUMBERS; i++) {
        digits_and_point(&r, 1 + hg_random_below(&r, 25), text);
        expect(text);
    }
}

/* What programs write: the shortest decimal or a fixed count of them, of coordinates and of all
 * doubles. */
static void written_by_programs(void **state)
{
    (void)state;
    static const char *const forms[] = {"%.17g", "%.16g", "%.15f", "%.6f", "%.18f", "%e"};
    char text[512];
    hg_random r = hg_random_seed(32, 0);
    for (int i = 0; i < NUMBERS; i++) {
        double v = (hg_random_unit(&r) - 0.5) * (hg_random_below(&r, 2) ? 360 : 1e7);
        snprintf(text, sizeof text, forms[hg_random_below(&r, 6)], v);
        expect(text);
    }
}

/* Half way between two doubles and next to it, where one rounding too many shows: (2 m + 1) / 2^k
 * in full. */
static void half_way(void **state)
{
    (void)state;
    char text[64];
    hg_random r = hg_random_seed(33, 0);
    for (int i = 0; i < NUMBERS; i++) {
        uint64_t odd = (UINT64_C(1) << 53) + 2 * hg_random_below(&r, UINT64_C(1) << 51) + 1;
        unsigned places = (unsigned)hg_random_below(&r, 4);
        uint64_t scale = 1;
        for (unsigned k = 0; k < places; k++)
            scale *= 10;
        uint64_t whole = odd >> places, part = odd & ((UINT64_C(1) << places) - 1);
        uint64_t decimals = part * (scale >> places); /* part / 2^places in decimals */
        int64_t nudge = (int64_t)hg_random_below(&r, 3) - 1;
        if (places == 0)
            snprintf(text, sizeof text, "%llu", (unsigned long long)(whole + (uint64_t)nudge));
        else
            snprintf(text, sizeof text, "%llu.%0*llu%s", (unsigned long long)whole, (int)places,
                     (unsigned long long)decimals, nudge > 0 && places < 3 ? "1" : "");
        expect(text);
    }
}

static void edges(void **state)
{
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+0",
                                        "0.",
                                        ".0",
                                        "-.5",
                                        "5.",
                                        "00001.50",
                                        "9007199254740992",
                                        "9007199254740993",
                                        "9007199254740994",
                                        "9007199254740992.5",
                                        "9999999999999999999",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "0.0000000000000000001",
                                        ".1234567890123456789",
                                        "1e22",
                                        "1e23",
                                        "8.5e-5",
                                        "123456789012345678.9",
                                        "inf"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect(texts[i]);
}

static void what_is_no_number(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      ".",     ",",     "-",  "+",     "--1", "1..2",
                                        "1,2,3", "1.2,3", "1,2.3", "1-", "0x1p3", "1 2", "a"};
    double v;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (hg_parse_number(texts[i], strlen(texts[i]), &v))
            fail_msg("\"%s\": read as %g", texts[i], v);
    assert_true(hg_parse_number("113,25", 6, &v) && v == 113.25);
    assert_true(hg_parse_number(" '1,5' ", 7, &v) && v == 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_digits),     cmocka_unit_test(written_by_programs),
        cmocka_unit_test(half_way),          cmocka_unit_test(edges),
        cmocka_unit_test(what_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
