/* The shortest decimal reads back as the same number, and no shorter one does. */
#include "base/random.h"
#include "base/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NUMBERS = 40000 };

/* As many significant digits as it takes, in plain notation where that is whole or no exponent is needed. */
static void slowly(double v, char *buf)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buf, 32, "%.*g", digits, v);
        if (strtod(buf, NULL) == v)
            break;
    }
    if (strchr(buf, 'e') && v == floor(v) && fabs(v) < 1e15)
        snprintf(buf, 32, "%.0f", v);
}

static void expect(double v)
{
    char obtained[32], expected[32];
    slowly(v, expected);
    if (strcmp(hg_shortest_decimal(v, obtained), expected) != 0)
        fail_msg("%.17g: expected %s, obtained %s", v, expected, obtained);
}

static void same_as_trying_every_length(void **state)
{
    (void)state;
    static const double edges[] = {0,    -0.0,   1,        -1,      0.1,          1e-4,       9.9999e-5, 0.5,   250,
                                   1e6,  999999, 999999.5, 1e15,    1e16,         1e20,       -1e-7,     2.5e5, 100.000000001,
                                   1e-9, 1e-300, 1e300,    0.3,     0.1 + 0.2,    123456.789, 90,        89.999999999};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        expect(edges[i]);
    hg_random r = hg_random_seed(7, 7);
    for (int i = 0; i < NUMBERS; i++) {
        double u = hg_random_unit(&r), size = pow(10, 14 * hg_random_unit(&r) - 5);
        expect(u * size);
        expect(-round(u * size * 1e9) / 1e9);
        expect(round(u * size * 1e3) / 1e3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_as_trying_every_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
