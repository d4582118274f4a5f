/*
 * Civil calendar arithmetic.
 *
 * Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013), days_from_civil,
 * civil_from_days and weekday_from_days: a 400-year era of 146,097 days, years that start in March.
 */
#include "base/civil.h"

#include <stdio.h>

enum { DAY_S = 86400, ERA_DAYS = 146097, EPOCH_SHIFT = 719468 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t days_from(int64_t year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - EPOCH_SHIFT;
}

int64_t hg_civil_from(int64_t year, int month, int day, int hour, int minute, int second)
{
    return days_from(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
}

static void split_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t z = days + EPOCH_SHIFT;
    int64_t era = floor_div(z, ERA_DAYS);
    int64_t doe = z - era * ERA_DAYS;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

static void put(int *out, int64_t value)
{
    if (out)
        *out = (int)value;
}

void hg_civil_split(int64_t civil, int64_t *year, int *month, int *day, int *hour, int *minute,
                    int *second)
{
    int64_t days = floor_div(civil, DAY_S);
    int64_t rest = civil % DAY_S + (civil % DAY_S < 0 ? DAY_S : 0);
    int64_t y;
    int m, d;
    split_days(days, &y, &m, &d);
    if (year)
        *year = y;
    put(month, m);
    put(day, d);
    put(hour, rest / 3600);
    put(minute, rest / 60 % 60);
    put(second, rest % 60);
}

int hg_civil_weekday(int64_t civil)
{
    int64_t from_monday = floor_div(civil, DAY_S) + 3; /* 1970-01-01 was a Thursday */
    return (int)(from_monday - floor_div(from_monday, 7) * 7) + 1;
}

const char *hg_civil_text(int64_t civil, char *buf)
{
    int64_t year;
    int month, day, hour, minute, second;
    hg_civil_split(civil, &year, &month, &day, &hour, &minute, &second);
    snprintf(buf, 32, "%04lld-%02d-%02dT%02d:%02d:%02d", (long long)year, month, day, hour, minute,
             second);
    return buf;
}

void hg_civil_put(char *at, int width, int64_t v)
{
    for (int i = width - 1; i >= 0; i--, v /= 10)
        at[i] = (char)('0' + v % 10);
}
