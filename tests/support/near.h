/* Doubles within a tolerance; cmocka 1.1 compares floats only. */
#ifndef HG_TESTS_NEAR_H
#define HG_TESTS_NEAR_H

#include <math.h>

#define assert_near(obtained, expected, tolerance) expect_within(#obtained, obtained, expected, tolerance)

static inline void expect_within(const char *what, double obtained, double expected, double tolerance)
{
    if (!(fabs(obtained - expected) <= tolerance))
        print_message("%s: expected %.17g, obtained %.17g, difference %.3g, tolerance %.3g\n", what, expected, obtained,
                      obtained - expected, tolerance);
    assert_true(fabs(obtained - expected) <= tolerance);
}

#endif
