/* Time zones: known offsets, fixed offsets, names that must not be followed, C library as oracle.
 */
#include "base/civil.h"
#include "base/memory.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static hg_zone *zone_of(const char *name)
{
    hg_zone *zone = NULL;
    hg_error err = {0};
    if (hg_zone_new(name, &zone, &err))
        fail_msg("'%s': %s", name, err.message);
    return zone;
}

static bool have_zone_files(void)
{
    bool have = access("/usr/share/zoneinfo/Asia/Shanghai", R_OK) == 0;
    if (!have)
        print_message("skipped: no /usr/share/zoneinfo/Asia/Shanghai on this machine\n");
    return have;
}

static void fixed_offsets_need_no_files(void **state)
{
    static const struct {
        const char *name;
        int offset_s;
    } cases[] = {{"UTC", 0},       {"Z", 0},          {"+08:00", 28800}, {"+0800", 28800},
                 {"UTC+8", 28800}, {"GMT-3", -10800}, {"-03:30", -12600}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_zone *zone = zone_of(cases[i].name);
        assert_int_equal(hg_zone_offset(zone, 0), cases[i].offset_s);
        assert_int_equal(hg_zone_offset(zone, 4000000000), cases[i].offset_s);
        hg_zone_free(zone);
    }
}

static void names_that_are_no_zone_are_refused(void **state)
{
    static const char *const names[] = {"",
                                        "nowhere",
                                        "Asia/Nowhere",
                                        "../zoneinfo/Asia/Shanghai",
                                        "/etc/localtime",
                                        "Asia",
                                        "zone.tab",
                                        "Asia/../Asia/Shanghai",
                                        "right/Asia/Shanghai",
                                        "+25:00",
                                        "Asia/Shanghai\n",
                                        "%s%n",
                                        "tzdata.zi",
                                        "leapseconds",
                                        "./UTC",
                                        "Asia//"};
    char huge[4000];
    (void)state;
    memset(huge, 'a', sizeof huge);
    huge[sizeof huge - 1] = '\0';
    for (size_t i = 0; i <= COUNT(names); i++) {
        hg_zone *zone = NULL;
        hg_error err = {0};
        const char *name = i < COUNT(names) ? names[i] : huge;
        if (hg_zone_new(name, &zone, &err) != HG_EUSAGE)
            fail_msg("'%s': expected a usage error, obtained '%s'", name, err.message);
        assert_null(zone);
        assert_non_null(strstr(err.message, "no time zone"));
    }
}

static void known_offsets(void **state)
{
    static const struct {
        const char *zone;
        int year, month, day, hour; /* UTC */
        int offset_s;
    } cases[] = {
        {"Asia/Shanghai", 2019, 3, 1, 0, 28800},
        {"Asia/Shanghai", 1988, 7, 1, 0, 32400}, /* summer time was kept in 1986 … 1991 */
        {"Asia/Shanghai", 1850, 1, 1, 0, 29143}, /* local mean time */
        {"Asia/Shanghai", 2150, 7, 1, 0, 28800},
        {"Asia/Kolkata", 2019, 3, 1, 0, 19800},
        {"Asia/Hong_Kong", 1975, 7, 1, 0, 32400},
        {"America/New_York", 2019, 3, 10, 6, -18000}, /* 07:00 UTC is the change */
        {"America/New_York", 2019, 3, 10, 7, -14400},
        {"America/New_York", 2019, 11, 3, 5, -14400},
        {"America/New_York", 2019, 11, 3, 6, -18000},
        {"America/New_York", 2100, 3, 14, 6, -18000}, /* by the rule in the footer */
        {"America/New_York", 2100, 3, 14, 7, -14400},
        {"Europe/London", 2120, 7, 1, 0, 3600},
        {"Australia/Sydney", 2120, 1, 1, 0, 39600}, /* summer across the new year */
        {"Australia/Sydney", 2120, 7, 1, 0, 36000},
        {"Etc/GMT-8", 2019, 1, 1, 0, 28800},
    };
    (void)state;
    if (!have_zone_files())
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_zone *zone = zone_of(cases[i].zone);
        int64_t utc =
            hg_civil_from(cases[i].year, cases[i].month, cases[i].day, cases[i].hour, 0, 0);
        int got = hg_zone_offset(zone, utc);
        if (got != cases[i].offset_s)
            fail_msg("%s %d-%02d-%02dT%02d: expected %d, obtained %d", cases[i].zone, cases[i].year,
                     cases[i].month, cases[i].day, cases[i].hour, cases[i].offset_s, got);
        hg_zone_free(zone);
    }
}

/* The C library reads the same files with code of its own. */
static void offsets_equal_the_c_library(void **state)
{
    static const char *const names[] = {
        "Asia/Shanghai",     "Asia/Tokyo",       "Asia/Kathmandu",    "America/New_York",
        "America/Sao_Paulo", "Europe/Dublin",    "Africa/Casablanca", "Australia/Lord_Howe",
        "Pacific/Apia",      "Antarctica/Troll", "Asia/Gaza",         "America/Nuuk"};
    hg_random r = hg_random_seed(3, 1);
    (void)state;
    if (!have_zone_files())
        skip();
    for (size_t i = 0; i < COUNT(names); i++) {
        hg_zone *zone = zone_of(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int k = 0; k < 3000; k++) {
            time_t utc = (time_t)hg_random_below(&r, 8000000000u) - 2000000000;
            struct tm tm;
            localtime_r(&utc, &tm);
            if (hg_zone_offset(zone, utc) != tm.tm_gmtoff)
                fail_msg("%s at %lld: expected %ld, obtained %d", names[i], (long long)utc,
                         tm.tm_gmtoff, hg_zone_offset(zone, utc));
        }
        hg_zone_free(zone);
    }
    unsetenv("TZ");
    tzset();
}

static void offsets_are_converted_and_naive_times_stay(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"2019-03-01T00:30:00Z", "2019-03-01T08:30:00"},
        {"2019-02-28T19:30:00-05:00", "2019-03-01T08:30:00"},
        {"2019-03-01T08:30:00+08:00", "2019-03-01T08:30:00"},
        {"1551400200", "2019-03-01T08:30:00"},
        {"2019-03-01 08:30", "2019-03-01T08:30:00"},
    };
    (void)state;
    hg_zone *zone = zone_of("+08:00");
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_moment m;
        char buf[32];
        assert_true(hg_moment_parse(cases[i].text, strlen(cases[i].text), HG_ORDER_UNKNOWN, &m));
        assert_string_equal(hg_civil_text(hg_zone_civil(zone, &m), buf), cases[i].wanted);
    }
    hg_zone_free(zone);
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    if (!have_zone_files())
        skip();
    for (uint64_t n = 1; n <= 4; n++) {
        hg_zone *zone = NULL;
        hg_error err = {0};
        hg_memory_fail_at(n);
        hg_status status = hg_zone_new("Asia/Shanghai", &zone, &err);
        hg_memory_fail_at(0);
        assert_int_equal(status, HG_ENOMEM);
        assert_null(zone);
    }
    hg_zone_free(zone_of("Asia/Shanghai"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_offsets_need_no_files),
        cmocka_unit_test(names_that_are_no_zone_are_refused),
        cmocka_unit_test(known_offsets),
        cmocka_unit_test(offsets_equal_the_c_library),
        cmocka_unit_test(offsets_are_converted_and_naive_times_stay),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
