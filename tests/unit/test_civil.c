/* The calendar, and dates and times as people write them. */
#include "base/civil.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* "2019-03-01T08:30:00", " date" appended for no clock, "+28800" for an offset; "-" for a refusal.
 */
static const char *said(bool ok, const hg_moment *m, char *buf)
{
    if (!ok)
        return strcpy(buf, "-");
    hg_civil_text(m->civil, buf);
    if (!m->has_clock)
        strcat(buf, " date");
    if (m->has_offset)
        sprintf(buf + strlen(buf), " %+d", (int)m->offset_s);
    return buf;
}

static void expect(const char *text, hg_date_order order, const char *wanted)
{
    char buf[64];
    hg_moment m = {.civil = 77};
    bool ok = hg_moment_parse(text, strlen(text), order, &m);
    if (strcmp(said(ok, &m, buf), wanted) != 0)
        fail_msg("'%s': expected %s, obtained %s", text, wanted, buf);
    if (!ok)
        assert_int_equal(m.civil, 77);
}

static const struct {
    const char *text, *wanted;
} accepted[] = {
    /* ISO 8601 */
    {"2019-03-01", "2019-03-01T00:00:00 date"},
    {"2019-03-01T08:30", "2019-03-01T08:30:00"},
    {"2019-03-01T08:30:15", "2019-03-01T08:30:15"},
    {"2019-03-01 08:30:15", "2019-03-01T08:30:15"},
    {"2019-03-01T08:30:15.999", "2019-03-01T08:30:15"},
    {"2019-03-01T08:30:15,5", "2019-03-01T08:30:15"},
    {"2019-03-01T08", "2019-03-01T08:00:00"},
    {"2019-03-01T08:05Z", "2019-03-01T08:05:00 +0"},
    {"2019-03-01t08:05z", "2019-03-01T08:05:00 +0"},
    {"2019-03-01T08:05:09+08:00", "2019-03-01T08:05:09 +28800"},
    {"2019-03-01 08:05:09.25 +0800", "2019-03-01T08:05:09 +28800"},
    {"2019-03-01 08:05+08", "2019-03-01T08:05:00 +28800"},
    {"2019-03-01T08:05-03:30", "2019-03-01T08:05:00 -12600"},
    {"2019-03-01 08:05 UTC", "2019-03-01T08:05:00 +0"},
    {"2019-03-01 08:05 GMT+8", "2019-03-01T08:05:00 +28800"},
    {"20190301", "2019-03-01T00:00:00 date"},
    {"20190301T083015Z", "2019-03-01T08:30:15 +0"},
    {"20190301T0830", "2019-03-01T08:30:00"},
    {"20190301 0830", "2019-03-01T08:30:00"},
    {"20190301 08:30", "2019-03-01T08:30:00"},
    {"201903010830", "2019-03-01T08:30:00"},
    {"20190301083015", "2019-03-01T08:30:15"},
    {"20190301083015.25", "2019-03-01T08:30:15"},
    {"20190301.0", "2019-03-01T00:00:00 date"},
    /* separators, blanks, quotes, full width */
    {"2019/03/01 08:05", "2019-03-01T08:05:00"},
    {"2019/03/01  08:05:09.250", "2019-03-01T08:05:09"},
    {"2019/3/1 8:5", "2019-03-01T08:05:00"},
    {"2019-3-1 8:5", "2019-03-01T08:05:00"},
    {"2019.03.01", "2019-03-01T00:00:00 date"},
    {"2019.3.1 08.05.09", "2019-03-01T08:05:09"},
    {"2019_03_01_08:05", "2019-03-01T08:05:00"},
    {"2019 03 01", "2019-03-01T00:00:00 date"},
    {"2019 - 3 - 1", "2019-03-01T00:00:00 date"},
    {"2019-03-01, 08:05", "2019-03-01T08:05:00"},
    {" \"2019-03-01 08:05\"\r\n", "2019-03-01T08:05:00"},
    {"'2019-03-01", "2019-03-01T00:00:00 date"},
    {"“2019-03-01”", "2019-03-01T00:00:00 date"},
    {"　２０１９－０３－０１　０８：０５　", "2019-03-01T08:05:00"},
    {"２０１９／３／１", "2019-03-01T00:00:00 date"},
    {"\u00a02019\u22123\u22121", "2019-03-01T00:00:00 date"},
    /* Chinese */
    {"2019年3月1日", "2019-03-01T00:00:00 date"},
    {"2019年03月01日08时30分", "2019-03-01T08:30:00"},
    {"2019年3月1日 8时30分15秒", "2019-03-01T08:30:15"},
    {"2019年3月1号 8点", "2019-03-01T08:00:00"},
    {"2019年3月1日 8點5分", "2019-03-01T08:05:00"},
    {"2019年3月1日 下午3时5分", "2019-03-01T15:05:00"},
    {"2019年3月1日下午3:05", "2019-03-01T15:05:00"},
    {"2019年3月1日 下午15时", "2019-03-01T15:00:00"},
    {"2019/3/1 上午 12:10", "2019-03-01T00:10:00"},
    {"2019年3月1日 星期五 08:30", "2019-03-01T08:30:00"},
    {"2019 年 3 月 1 日 08:30", "2019-03-01T08:30:00"},
    {"2019年3月1", "2019-03-01T00:00:00 date"},
    /* Republic of China years */
    {"民国108年1月2日", "2019-01-02T00:00:00 date"},
    {"中華民國 99 年 1 月 2 日", "2010-01-02T00:00:00 date"},
    {"民國99/1/2", "2010-01-02T00:00:00 date"},
    {"108/01/02", "2019-01-02T00:00:00 date"},
    {"108.1.2", "2019-01-02T00:00:00 date"},
    {"099/01/02 13:00", "2010-01-02T13:00:00"},
    {"1080102", "2019-01-02T00:00:00 date"},
    {"1080102 0830", "2019-01-02T08:30:00"},
    {"0990102", "2010-01-02T00:00:00 date"},
    /* AM and PM, English months */
    {"2019-03-01 12:00 AM", "2019-03-01T00:00:00"},
    {"2019-03-01 12:00pm", "2019-03-01T12:00:00"},
    {"2019-03-01 3:05:09 p.m.", "2019-03-01T15:05:09"},
    {"01-Jan-2019", "2019-01-01T00:00:00 date"},
    {"2019-Jan-05", "2019-01-05T00:00:00 date"},
    {"Jan 5 2019 3:00 PM", "2019-01-05T15:00:00"},
    {"January 5, 2019 3 PM", "2019-01-05T15:00:00"},
    {"5 January 2019", "2019-01-05T00:00:00 date"},
    {"Fri, 01 Mar 2019 08:30:00 +0800", "2019-03-01T08:30:00 +28800"},
    {"9-Sept-2019", "2019-09-09T00:00:00 date"},
    /* serials */
    {"43466", "2019-01-01T00:00:00 date"},
    {"43466.0", "2019-01-01T00:00:00 date"},
    {"43466.5", "2019-01-01T12:00:00"},
    {"43466.354166666664", "2019-01-01T08:30:00"},
    {"43466.999999", "2019-01-02T00:00:00"},
    {"20000", "1954-10-03T00:00:00 date"},
    {"1551427200", "2019-03-01T08:00:00 +0"},
    {"1551427200.75", "2019-03-01T08:00:00 +0"},
    /* edges */
    {"2019-03-01 24:00", "2019-03-02T00:00:00"},
    {"2019-12-31T24:00:00", "2020-01-01T00:00:00"},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00 +0"},
    {"2017-01-01 07:59:60+08:00", "2017-01-01T08:00:00 +28800"},
    {"2020-02-29", "2020-02-29T00:00:00 date"},
    {"2000-02-29", "2000-02-29T00:00:00 date"},
    {"1800-01-01", "1800-01-01T00:00:00 date"},
    {"2200-12-31", "2200-12-31T00:00:00 date"},
    /* day and month that tell themselves apart */
    {"13/4/2019", "2019-04-13T00:00:00 date"},
    {"4/13/2019 8:00 AM", "2019-04-13T08:00:00"},
    {"3/3/2019", "2019-03-03T00:00:00 date"},
    {"31.12.2019", "2019-12-31T00:00:00 date"},
};

static void accepts_what_people_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++)
        expect(accepted[i].text, HG_ORDER_UNKNOWN, accepted[i].wanted);
}

static const char *const refused[] = {
    "",
    " ",
    "\"\"",
    "-",
    "abc",
    "12",
    "2019",
    "2019-03",
    "2019年",
    "2019年3月",
    "2019-02-30",
    "2019-02-29",
    "1900-02-29",
    "2019-13-01",
    "2019-00-01",
    "2019-01-00",
    "2019-04-31",
    "20190230",
    "2019-03-01 25:00",
    "2019-03-01 24:01",
    "2019-03-01 08:61",
    "2019-03-01 08:60",
    "2019-03-01 08:30:61",
    "2019-03-01 08:30:60",
    "2019-03-01 08:",
    "2019-03-01 08",
    "2019-03-01T",
    "2019-03-01x",
    "2019-03-01 08:30 CST",
    "2019-03-01 08:30+25:00",
    "2019-03-01 08:30+08:61",
    "2019-03-01 08:30+080",
    "2019-03-01+08:00",
    "2019-03-01 13:00 AM",
    "2019-03-01 0:30 PM",
    "2019-03/01",
    "1799-12-31",
    "2201-01-01",
    "0000-01-01",
    "19-03-01",
    "3/4/19",
    "99/1/2",
    "99年1月2日",
    "民国0年1月2日",
    "民国2019年1月2日",
    "201/1/2",
    "3/4/2019",
    "19999",
    "80001",
    "43466.5.5",
    "-43466",
    "4.3466e4",
    "0123456789",
    "9999999999",
    "1551427200000",
    "20190301.5",
    "113.523456",
    "22.27",
    "珠海",
    "2019年3月1日 8时30分x",
    "2019年13月1日",
    "星期",
    "Jan 32 2019",
    "Foo 5 2019",
    "\xb2\xbb\xca\xc7",
    "2019-03-01\x01",
};

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++)
        expect(refused[i], HG_ORDER_UNKNOWN, "-");
    hg_moment m;
    char nul[] = "2019-03-01\0 08:30", longer[300];
    assert_false(hg_moment_parse(nul, sizeof nul - 1, HG_ORDER_UNKNOWN, &m));
    memset(longer, '1', sizeof longer);
    assert_false(hg_moment_parse(longer, sizeof longer, HG_ORDER_UNKNOWN, &m));
}

static void dates_alone(void **state)
{
    (void)state;
    static const char *const none[] = {"",           "2019-3-01",   "2019-03-01T00", "2019-02-29",
                                       "2019-13-01", "20190301",    " 2019-03-01",   "2019/03/01",
                                       "2019-03-00", "2019-03-01 ", "0000-00-00",    "２019-03-01"};
    int64_t civil = 77;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(hg_date_parse(none[i], &civil));
        assert_int_equal(civil, 77);
    }
    assert_true(hg_date_parse("2020-02-29", &civil));
    assert_int_equal(civil, hg_civil_from(2020, 2, 29, 0, 0, 0));
}

static void order_decides_what_year_last_means(void **state)
{
    (void)state;
    expect("3/4/2019", HG_DAY_FIRST, "2019-04-03T00:00:00 date");
    expect("3/4/2019", HG_MONTH_FIRST, "2019-03-04T00:00:00 date");
    expect("03.04.2019 08:30", HG_DAY_FIRST, "2019-04-03T08:30:00");
    expect("13/4/2019", HG_MONTH_FIRST, "-");
    expect("4/13/2019", HG_DAY_FIRST, "-");
    expect("2019/3/4", HG_DAY_FIRST, "2019-03-04T00:00:00 date");
}

static void order_is_told_by_self_evident_dates(void **state)
{
    static const struct {
        const char *text;
        hg_date_order order;
        bool year_last;
    } cases[] = {
        {"13/4/2019", HG_DAY_FIRST, true},
        {"4/13/2019", HG_MONTH_FIRST, true},
        {"3/4/2019", HG_ORDER_UNKNOWN, true},
        {"3/3/2019 8:00", HG_ORDER_UNKNOWN, true},
        {"13-04-2019 08:00", HG_DAY_FIRST, true},
        {"2019-03-04", HG_ORDER_UNKNOWN, false},
        {"13/14/2019", HG_ORDER_UNKNOWN, false},
        {"5 January 2019", HG_ORDER_UNKNOWN, false},
        {"", HG_ORDER_UNKNOWN, false},
        {"13/4/19", HG_ORDER_UNKNOWN, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool year_last = !cases[i].year_last;
        hg_date_order order = hg_moment_order(cases[i].text, strlen(cases[i].text), &year_last);
        if (order != cases[i].order || year_last != cases[i].year_last)
            fail_msg("'%s': expected %d %d, obtained %d %d", cases[i].text, (int)cases[i].order,
                     cases[i].year_last, (int)order, year_last);
    }
    assert_int_equal(hg_moment_order("13/4/2019", 9, NULL), HG_DAY_FIRST);
}

static void two_columns_join(void **state)
{
    static const char *const cases[][3] = {
        {"2019-03-01", "08:30", "2019-03-01T08:30:00"},
        {"2019-03-01", "0830", "2019-03-01T08:30:00"},
        {"2019-03-01", "830", "2019-03-01T08:30:00"},
        {"2019-03-01", "08:30:15", "2019-03-01T08:30:15"},
        {"2019-03-01", "083015", "2019-03-01T08:30:15"},
        {"2019年3月1日", "8时30分", "2019-03-01T08:30:00"},
        {"2019年3月1日", "下午3点", "2019-03-01T15:00:00"},
        {"民国108年3月1日", "3:00 PM", "2019-03-01T15:00:00"},
        {"43525", "0.354166666666667", "2019-03-01T08:30:00"},
        {"43525", "0", "2019-03-01T00:00:00"},
        {"20190301", ".5", "2019-03-01T12:00:00"},
        {"2019-03-01 00:00:00", "08:30", "2019-03-01T08:30:00"},
        {"2019-03-01", "1899-12-30 08:30:00", "2019-03-01T08:30:00"},
        {"2019-03-01", "1900-01-01 08:30:00", "2019-03-01T08:30:00"},
        {"2019-03-01", "24:00", "2019-03-02T00:00:00"},
        {"2019-03-01", "08:30+08:00", "2019-03-01T08:30:00 +28800"},
        {"2019-03-01", " ", "2019-03-01T00:00:00 date"},
        {"2019-03-01", "25:00", "-"},
        {"2019-03-01", "8", "-"},
        {"2019-03-01", "1.5", "-"},
        {"2019-03-01", "0860", "-"},
        {"2019-03-01", "不详", "-"},
        {"2019-03-01", "2019-03-02 08:30", "-"},
        {"2019-03-01 07:00", "08:30", "-"},
        {"1551427200", "08:30", "-"},
        {"", "08:30", "-"},
        {"2019-02-30", "08:30", "-"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char buf[64];
        hg_moment m = {.civil = 77};
        bool ok = hg_moment_parse_two(cases[i][0], strlen(cases[i][0]), cases[i][1],
                                      strlen(cases[i][1]), HG_ORDER_UNKNOWN, &m);
        if (strcmp(said(ok, &m, buf), cases[i][2]) != 0)
            fail_msg("'%s' + '%s': expected %s, obtained %s", cases[i][0], cases[i][1], cases[i][2],
                     buf);
    }
}

static void offsets_are_read(void **state)
{
    static const struct {
        const char *text;
        int seconds; /* -1 = refused */
    } cases[] = {
        {"Z", 0},           {"UTC", 0},
        {"gmt", 0},         {"+08:00", 28800},
        {"+0800", 28800},   {"+08", 28800},
        {"+8", 28800},      {"UTC+8", 28800},
        {"-03:30", -12600}, {"UTC-0330", -12600},
        {"+18:00", 64800},  {"+18:01", -1},
        {"08:00", -1},      {"+", -1},
        {"", -1},           {"+08:0", -1},
        {"+08:60", -1},     {"Asia", -1},
        {"+08:00x", -1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int32_t got = -1;
        bool ok = hg_offset_parse(cases[i].text, strlen(cases[i].text), &got);
        if (got != cases[i].seconds || ok != (cases[i].seconds != -1))
            fail_msg("'%s': expected %d, obtained %d", cases[i].text, cases[i].seconds, (int)got);
    }
}

/* Every day of 1800 … 2200 by counting, against the closed form. */
static void calendar_equals_counting(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    (void)state;
    int64_t day = -62091; /* 1800-01-01 */
    int weekday = 3;      /* a Wednesday */
    for (int y = 1800; y <= 2200; y++)
        for (int m = 1; m <= 12; m++) {
            bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
            int length = lengths[m - 1] + (m == 2 && leap);
            for (int d = 1; d <= length; d++, day++, weekday = weekday % 7 + 1) {
                int64_t year, civil = hg_civil_from(y, m, d, 23, 59, 58);
                int month, dom, hour, minute, second;
                assert_int_equal(civil, day * 86400 + 86398);
                hg_civil_split(civil, &year, &month, &dom, &hour, &minute, &second);
                assert_true(year == y && month == m && dom == d);
                assert_true(hour == 23 && minute == 59 && second == 58);
                assert_int_equal(hg_civil_weekday(civil), weekday);
            }
        }
}

static void calendar_holds_far_away(void **state)
{
    char buf[32];
    int64_t year;
    (void)state;
    assert_string_equal(hg_civil_text(0, buf), "1970-01-01T00:00:00");
    assert_string_equal(hg_civil_text(-1, buf), "1969-12-31T23:59:59");
    assert_string_equal(hg_civil_text(INT64_MIN, buf), "-292277022657-01-27T08:29:52");
    assert_string_equal(hg_civil_text(INT64_MAX, buf), "292277026596-12-04T15:30:07");
    hg_civil_split(-62135596800, &year, NULL, NULL, NULL, NULL, NULL);
    assert_int_equal(year, 1);
}

/* Any bytes at all: no crash (sanitizers watch), and whatever passes lies in 1800 … 2201. */
static void random_bytes_are_survived(void **state)
{
    static const char *const pieces[] = {
        "2019", "03",   "1",   "-",  "/",   ".",   ":",  " ",  "T",  "年", "月",   "日", "时", "分",
        "下午", "民国", "Jan", "PM", "+08", "108", "\"", "：", "　", "Z",  "星期", "0",  "5"};
    hg_random r = hg_random_seed(20191, 7);
    int64_t first = hg_civil_from(1800, 1, 1, 0, 0, 0), past = hg_civil_from(2201, 1, 2, 0, 0, 0);
    size_t passed = 0;
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char text[96];
        size_t n = 0, want = hg_random_below(&r, 12);
        for (size_t k = 0; k < want; k++) {
            const char *piece = pieces[hg_random_below(&r, COUNT(pieces))];
            if (hg_random_below(&r, 8) == 0)
                text[n++] = (char)hg_random_below(&r, 256);
            else
                n += strlen(strcpy(text + n, piece));
        }
        hg_moment m, two;
        hg_date_order order = (hg_date_order)hg_random_below(&r, 3);
        hg_moment_order(text, n, NULL);
        hg_moment_parse_two("2019-03-01", 10, text, n, order, &two);
        if (!hg_moment_parse(text, n, order, &m))
            continue;
        passed++;
        assert_true(m.civil >= first && m.civil < past);
    }
    assert_true(passed > 20);
}

/* Quotes around a text keep it from the short way: the scanner reads it. */
static void plain_forms_are_as_the_scanner_reads_them(void **state)
{
    (void)state;
    static const char *const ends[] = {"",       "Z",      "z",      "+08:00", "-03:30", "+18:00", "+18:01", "-00:00",
                                       "+8:00",  "+0800",  "+08",    "+08:60", " Z",     ".",      ".5",     ",25",
                                       ".000Z",  ".Z",     ".1+08:00", ".123456789012345678901234567890123456789012",
                                       ".123456789012345678901234567890123456789012345678", "UTC", ":00", "+08:0a"};
    hg_random r = hg_random_seed(20192, 7);
    size_t read = 0;
    for (int i = 0; i < 20000; i++) {
        char text[128], quoted[136], plain_said[64], scanned_said[64];
        hg_moment plain = {0}, scanned = {0};
        int form = (int)hg_random_below(&r, 4), sep = "-/-."[hg_random_below(&r, 4)];
        int n = snprintf(text, sizeof text, "%04d%c%02d%c%02d", 1795 + (int)hg_random_below(&r, 410), sep,
                         (int)hg_random_below(&r, 14), sep, (int)hg_random_below(&r, 33));
        if (form)
            n += snprintf(text + n, sizeof text - (size_t)n, "%c%02d:%02d", form == 1 ? ' ' : 'T',
                          (int)hg_random_below(&r, 26), (int)hg_random_below(&r, 62));
        if (form > 1)
            snprintf(text + n, sizeof text - (size_t)n, ":%02d%s", (int)hg_random_below(&r, 62),
                     ends[hg_random_below(&r, COUNT(ends))]);
        snprintf(quoted, sizeof quoted, "'%s'", text);
        bool ok = hg_moment_parse(text, strlen(text), HG_ORDER_UNKNOWN, &plain);
        bool also = hg_moment_parse(quoted, strlen(quoted), HG_ORDER_UNKNOWN, &scanned);
        said(ok, &plain, plain_said);
        if (strcmp(plain_said, said(also, &scanned, scanned_said)) != 0)
            fail_msg("'%s': the scanner says %s, the short way %s", text, scanned_said, plain_said);
        read += ok;
    }
    assert_true(read > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_people_write),
        cmocka_unit_test(refuses_what_is_no_date),
        cmocka_unit_test(dates_alone),
        cmocka_unit_test(order_decides_what_year_last_means),
        cmocka_unit_test(order_is_told_by_self_evident_dates),
        cmocka_unit_test(two_columns_join),
        cmocka_unit_test(offsets_are_read),
        cmocka_unit_test(calendar_equals_counting),
        cmocka_unit_test(calendar_holds_far_away),
        cmocka_unit_test(random_bytes_are_survived),
        cmocka_unit_test(plain_forms_are_as_the_scanner_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
