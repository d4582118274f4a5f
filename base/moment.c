/*
 * Reading dates and times of day from text.
 *
 * The plain forms (YYYY-MM-DD or YYYY/MM/DD, alone or with HH:MM[:SS], and behind the seconds a
 * fraction, Z or an offset) are recognised where they stand, because columns of millions are
 * written that way. Everything else is first folded into a short ASCII line, in which Chinese words
 * are single control codes, and read by a small scanner.
 */
#include "base/civil.h"

#include <math.h>
#include <string.h>

enum { DAY_S = 86400, LINE_MAX_BYTES = 64 };
enum { FIRST_YEAR = 1800, LAST_YEAR = 2200, ROC_EPOCH = 1911, ROC_LAST = 200 };
enum { EXCEL_FIRST = 20000, EXCEL_LAST = 80000 };
/* 2200-12-31T23:59:59 in Unix seconds; ten digits begin at 2001-09-09. */
#define UNIX_LAST INT64_C(7289654399)

/* Codes that stand for words in a folded line. Tab, line feed and return are not among them. */
enum {
    MARK_YEAR = 1,
    MARK_MONTH,
    MARK_DAY,
    MARK_HOUR,
    MARK_MINUTE,
    MARK_SECOND,
    MARK_AM,
    MARK_PM,
    MARK_ROC = 14,
    MARK_WEEK
};

static const struct {
    const char *word;
    char code;
} words[] = {
    {"年", MARK_YEAR},  {"月", MARK_MONTH},     {"日", MARK_DAY},       {"号", MARK_DAY},
    {"號", MARK_DAY},   {"时", MARK_HOUR},      {"時", MARK_HOUR},      {"点", MARK_HOUR},
    {"點", MARK_HOUR},  {"分", MARK_MINUTE},    {"秒", MARK_SECOND},    {"上午", MARK_AM},
    {"下午", MARK_PM},  {"中华民国", MARK_ROC}, {"中華民國", MARK_ROC}, {"民国", MARK_ROC},
    {"民國", MARK_ROC}, {"星期", MARK_WEEK},    {"周", MARK_WEEK},      {"週", MARK_WEEK},
    {"\u3000", ' '},    {"\u00a0", ' '},        {"\ufeff", ' '},        {"\u2212", '-'},
    {"\u2013", '-'},    {"\u2014", '-'},        {"\u201c", '"'},        {"\u201d", '"'},
    {"\u2018", '\''},   {"\u2019", '\''},
};

static const char weekday_signs[] = "一二三四五六日天";

static const char month_names[12][10] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
static const char weekday_names[7][10] = {"monday", "tuesday",  "wednesday", "thursday",
                                          "friday", "saturday", "sunday"};

/* ------------------------------------------------------------------ folding */

typedef struct scan {
    const char *p, *end;
} scan;

typedef struct line {
    char s[LINE_MAX_BYTES];
    size_t len;
} line;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* U+FF01 … U+FF5E are the printable ASCII characters, full width. Returns 0 for others. */
static char full_width(const char *p, size_t n)
{
    if (n < 3 || (unsigned char)p[0] != 0xef)
        return 0;
    unsigned middle = (unsigned char)p[1], last = (unsigned char)p[2];
    if (middle == 0xbc && last >= 0x81 && last <= 0xbf)
        return (char)(last - 0x81 + 0x21);
    if (middle == 0xbd && last >= 0x80 && last <= 0x9e)
        return (char)(last - 0x80 + 0x60);
    return 0;
}

/* Length of the weekday sign at p ("五" after "星期"), 0 if there is none. */
static size_t weekday_sign(const char *p, size_t n)
{
    for (size_t i = 0; n >= 3 && i + 3 < sizeof weekday_signs; i += 3)
        if (memcmp(p, weekday_signs + i, 3) == 0)
            return 3;
    return 0;
}

/* The code of the character or word at p and how many bytes it takes; 0 for unknown bytes. */
static char fold_word(const char *p, size_t n, size_t *taken)
{
    char c = full_width(p, n);
    *taken = 3;
    if (c)
        return c;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if (len > n || memcmp(p, words[i].word, len) != 0)
            continue;
        *taken = len;
        if (words[i].code != MARK_WEEK)
            return words[i].code;
        size_t sign = weekday_sign(p + len, n - len);
        *taken = len + sign;
        return sign ? ' ' : 0;
    }
    return 0;
}

static bool is_wrapping(char c)
{
    return is_blank(c) || c == '"' || c == '\'';
}

/* False where a byte has no meaning in a date, or where the text is too long to be one. */
static bool fold(const char *text, size_t n, line *out)
{
    size_t from = 0, len = 0;
    while (from < n && is_wrapping(text[from]))
        from++;
    while (n > from && is_wrapping(text[n - 1]))
        n--;
    while (from < n) {
        size_t taken = 1;
        char c = text[from];
        if ((unsigned char)c >= 0x80)
            c = fold_word(text + from, n - from, &taken);
        else if (is_blank(c))
            c = ' ';
        else if ((unsigned char)c < 0x20)
            return false;
        if (!c || len == sizeof out->s)
            return false;
        out->s[len++] = c;
        from += taken;
    }
    out->len = len;
    return true;
}

static scan trimmed(const line *l)
{
    scan s = {l->s, l->s + l->len};
    while (s.p < s.end && is_wrapping(*s.p))
        s.p++;
    while (s.end > s.p && is_wrapping(s.end[-1]))
        s.end--;
    return s;
}

/* ------------------------------------------------------------------ scanning */

typedef struct number {
    int64_t value;
    int digits;
} number;

static char peek(const scan *s)
{
    return s->p < s->end ? *s->p : 0;
}

static bool take(scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->p++;
    return true;
}

static bool blanks(scan *s)
{
    const char *from = s->p;
    while (peek(s) == ' ')
        s->p++;
    return s->p > from;
}

/* One to max digits that no further digit follows. */
static bool read_number(scan *s, int max, number *out)
{
    number n = {0, 0};
    while (is_digit(peek(s))) {
        if (++n.digits > max)
            return false;
        n.value = n.value * 10 + (*s->p++ - '0');
    }
    *out = n;
    return n.digits > 0;
}

/* Index of the name at s, written out or cut to three letters or more ("Sept"); -1 if none. */
static int read_name(scan *s, const char names[][10], int count)
{
    size_t len = 0;
    while (s->p + len < s->end && is_letter(s->p[len]))
        len++;
    for (int i = 0; len >= 3 && i < count; i++) {
        size_t same = 0;
        while (same < len && lower(s->p[same]) == names[i][same])
            same++;
        if (same == len) {
            s->p += len;
            return i;
        }
    }
    return -1;
}

/* "Fri, " before a date. */
static void skip_weekday(scan *s)
{
    if (read_name(s, weekday_names, 7) < 0)
        return;
    take(s, '.');
    take(s, ',');
    blanks(s);
}

/* ------------------------------------------------------------------ dates */

typedef struct date {
    int64_t year, month, day;
    bool closed; /* ends in 日: the clock may follow at once */
} date;

static int days_in_month(int64_t year, int64_t month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool exists(int64_t year, int64_t month, int64_t day)
{
    return year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, month);
}

static bool roc_year(number n, int64_t *year)
{
    *year = n.value + ROC_EPOCH;
    return n.value >= 1 && n.value <= ROC_LAST;
}

/* YYYYMMDD, or seven digits with a Republic of China year. */
static bool compact_date(number n, bool roc, date *out)
{
    number year = {n.value / 10000, n.digits - 4};
    out->month = n.value / 100 % 100;
    out->day = n.value % 100;
    if (n.digits == 7)
        return roc_year(year, &out->year);
    out->year = year.value;
    return n.digits == 8 && !roc;
}

/* -, /, ., _ or blanks; 0 if there is none. */
static char separator(scan *s)
{
    bool blank = blanks(s);
    char c = peek(s);
    if (c == '-' || c == '/' || c == '.' || c == '_') {
        s->p++;
        blanks(s);
        return c;
    }
    return blank ? ' ' : 0;
}

/* The four-digit, three-digit or announced year in front of 年 or of a separator. */
static bool leading_year(number n, bool roc, int64_t *year)
{
    if (roc || n.digits == 3)
        return n.digits <= 3 && roc_year(n, year);
    *year = n.value;
    return n.digits == 4;
}

static bool marked_date(scan *s, number first, bool roc, date *out)
{
    number month, day;
    s->p++;
    blanks(s);
    if (!leading_year(first, roc, &out->year) || !read_number(s, 2, &month))
        return false;
    blanks(s);
    if (!take(s, MARK_MONTH))
        return false;
    blanks(s);
    if (!read_number(s, 2, &day))
        return false;
    out->month = month.value;
    out->day = day.value;
    const char *after_number = s->p;
    blanks(s);
    out->closed = take(s, MARK_DAY);
    if (!out->closed)
        s->p = after_number;
    return true;
}

static bool day_and_month(int64_t a, int64_t b, hg_date_order order, date *out)
{
    if (order == HG_ORDER_UNKNOWN && a > 12)
        order = HG_DAY_FIRST;
    else if (order == HG_ORDER_UNKNOWN && (b > 12 || a == b))
        order = HG_MONTH_FIRST;
    out->month = order == HG_DAY_FIRST ? b : a;
    out->day = order == HG_DAY_FIRST ? a : b;
    return order != HG_ORDER_UNKNOWN;
}

/* Day and year around or after a month that was written as a word. */
static bool named_month_date(number a, number b, int month, date *out)
{
    number year = a.digits == 4 ? a : b, day = a.digits == 4 ? b : a;
    out->year = year.value;
    out->month = month + 1;
    out->day = day.value;
    return year.digits == 4 && day.digits <= 2;
}

static bool separated_date(scan *s, number a, bool roc, hg_date_order order, date *out)
{
    number b = {0, 0}, c;
    char sep = separator(s);
    int month = sep ? read_name(s, month_names, 12) : -1;
    if (!sep || (month < 0 && !read_number(s, 2, &b)))
        return false;
    if (month >= 0)
        take(s, ',');
    if (separator(s) != sep || !read_number(s, 4, &c))
        return false;
    if (month >= 0)
        return !roc && named_month_date(a, c, month, out);
    if (c.digits == 4 && a.digits <= 2 && !roc && sep != ' ') {
        out->year = c.value;
        return day_and_month(a.value, b.value, order, out);
    }
    out->month = b.value;
    out->day = c.value;
    return c.digits <= 2 && leading_year(a, roc, &out->year);
}

/* "Jan 5 2019", "January 5, 2019" */
static bool month_first_date(scan *s, date *out)
{
    number day, year;
    int month = read_name(s, month_names, 12);
    take(s, '.');
    if (month < 0 || !separator(s) || !read_number(s, 2, &day))
        return false;
    bool comma = take(s, ',');
    if (!separator(s) && !comma)
        return false;
    return read_number(s, 4, &year) && named_month_date(day, year, month, out);
}

static bool read_date(scan *s, hg_date_order order, date *out)
{
    number first;
    skip_weekday(s);
    bool roc = take(s, MARK_ROC);
    blanks(s);
    out->closed = false;
    if (is_letter(peek(s)))
        return !roc && month_first_date(s, out);
    if (!read_number(s, 8, &first))
        return false;
    if (first.digits >= 7)
        return compact_date(first, roc, out);
    const char *after_number = s->p;
    blanks(s);
    if (peek(s) == MARK_YEAR)
        return marked_date(s, first, roc, out);
    s->p = after_number;
    return separated_date(s, first, roc, order, out);
}

/* ------------------------------------------------------------------ times of day */

typedef enum half { WHOLE_DAY, BEFORE_NOON, AFTER_NOON } half;

typedef struct clock {
    int64_t hour, minute, second;
    bool hour_alone, second_given;
} clock;

/* "AM", "p.m.", 上午, 下午 */
static half read_half(scan *s)
{
    scan t = *s;
    char c = lower(peek(&t));
    if (take(s, MARK_AM))
        return BEFORE_NOON;
    if (take(s, MARK_PM))
        return AFTER_NOON;
    if (c != 'a' && c != 'p')
        return WHOLE_DAY;
    t.p++;
    take(&t, '.');
    if (lower(peek(&t)) != 'm')
        return WHOLE_DAY;
    t.p++;
    take(&t, '.');
    *s = t;
    return c == 'a' ? BEFORE_NOON : AFTER_NOON;
}

/* HHMM, HHMMSS; with `short_hour` HMM too. */
static bool compact_clock(number n, bool short_hour, clock *out)
{
    out->second_given = n.digits == 6;
    int64_t hm = out->second_given ? n.value / 100 : n.value;
    out->hour = hm / 100;
    out->minute = hm % 100;
    out->second = out->second_given ? n.value % 100 : 0;
    return n.digits == 4 || n.digits == 6 || (short_hour && n.digits == 3);
}

/* "30分15秒" after 时 */
static bool marked_clock(scan *s, clock *out)
{
    number minute = {0, 0}, second = {0, 0};
    s->p++;
    blanks(s);
    if (!is_digit(peek(s)))
        return true;
    if (!read_number(s, 2, &minute))
        return false;
    out->minute = minute.value;
    if (!take(s, MARK_MINUTE))
        return true;
    blanks(s);
    if (!is_digit(peek(s)))
        return true;
    out->second_given = read_number(s, 2, &second);
    out->second = second.value;
    return out->second_given;
}

/* "8:5", "08:05:09", "08.05.09"; a dot wants two digits on both sides, or it is a fraction. */
static bool separated_clock(scan *s, number hour, clock *out)
{
    number minute, second;
    out->hour = hour.value;
    out->hour_alone = false;
    char sep = peek(s);
    if (sep == MARK_HOUR)
        return marked_clock(s, out);
    if (sep != ':' && sep != '.') {
        out->hour_alone = true;
        return true;
    }
    s->p++;
    if (!read_number(s, 2, &minute) || (sep == '.' && (hour.digits != 2 || minute.digits != 2)))
        return false;
    out->minute = minute.value;
    if (!take(s, sep))
        return true;
    out->second_given = read_number(s, 2, &second);
    out->second = out->second_given ? second.value : 0;
    return out->second_given;
}

static bool skip_fraction(scan *s)
{
    if (!take(s, '.') && !take(s, ','))
        return true;
    bool any = is_digit(peek(s));
    while (is_digit(peek(s)))
        s->p++;
    return any;
}

/* 12 AM is midnight; 下午15时 says its half twice and is let pass. */
static bool apply_half(half h, clock *c)
{
    if (h == WHOLE_DAY)
        return true;
    if (c->hour < 1 || c->hour > (h == AFTER_NOON ? 23 : 12))
        return false;
    if (c->hour <= 12)
        c->hour = c->hour % 12 + (h == AFTER_NOON ? 12 : 0);
    return true;
}

/* Seconds of the day, 86400 for 24:00; leap seconds end an hour, or half of one in India. */
static bool clock_seconds(const clock *c, int64_t *out)
{
    bool leap = c->second == 60 && (c->minute == 59 || c->minute == 29) && c->hour <= 23;
    bool midnight = c->hour == 24 && c->minute == 0 && c->second == 0;
    *out = c->hour * 3600 + c->minute * 60 + c->second;
    return (c->hour <= 23 && c->minute <= 59 && (c->second <= 59 || leap)) || midnight;
}

/* hour_alone lets "08" pass (after T), short_hour "830" (in a column of its own). */
static bool read_clock(scan *s, bool hour_alone, bool short_hour, int64_t *seconds)
{
    clock c = {0, 0, 0, false, false};
    number hour;
    half h = read_half(s);
    blanks(s);
    if (!read_number(s, 6, &hour))
        return false;
    if (hour.digits > 2 ? !compact_clock(hour, short_hour, &c) : !separated_clock(s, hour, &c))
        return false;
    if (c.second_given && !skip_fraction(s))
        return false;
    if (c.second_given)
        take(s, MARK_SECOND);
    const char *after = s->p;
    blanks(s);
    half behind = h == WHOLE_DAY ? read_half(s) : h;
    if (h == WHOLE_DAY && behind == WHOLE_DAY)
        s->p = after;
    if (c.hour_alone && behind == WHOLE_DAY && !hour_alone)
        return false;
    return apply_half(behind, &c) && clock_seconds(&c, seconds);
}

/* ------------------------------------------------------------------ offsets */

enum { OFFSET_MAX_S = 18 * 3600 };

static bool take_letters(scan *s, const char *upper)
{
    const char *p = s->p;
    for (; *upper; upper++, p++)
        if (p >= s->end || lower(*p) != lower(*upper))
            return false;
    s->p = p;
    return true;
}

/* Reads to the end of the text. */
static bool read_offset(scan *s, int32_t *out)
{
    number hour, minute = {0, 2};
    bool named = take_letters(s, "UTC") || take_letters(s, "GMT") || take_letters(s, "Z");
    if (s->p == s->end) {
        *out = named ? 0 : *out;
        return named;
    }
    bool west = take(s, '-');
    if ((!west && !take(s, '+')) || !read_number(s, 4, &hour) || hour.digits == 3)
        return false;
    if (hour.digits == 4) {
        minute.value = hour.value % 100;
        hour.value /= 100;
    } else if (take(s, ':') && !read_number(s, 2, &minute)) {
        return false;
    }
    int64_t seconds = hour.value * 3600 + minute.value * 60;
    if (s->p != s->end || minute.digits != 2 || minute.value > 59 || seconds > OFFSET_MAX_S)
        return false;
    *out = (int32_t)(west ? -seconds : seconds);
    return true;
}

bool hg_offset_parse(const char *text, size_t n, int32_t *offset_s)
{
    line l;
    if (!fold(text, n, &l))
        return false;
    scan s = trimmed(&l);
    return read_offset(&s, offset_s);
}

/* ------------------------------------------------------------------ moments */

static bool set_date(const date *d, hg_moment *out)
{
    if (!exists(d->year, d->month, d->day))
        return false;
    *out = (hg_moment){.civil = hg_civil_from(d->year, (int)d->month, (int)d->day, 0, 0, 0)};
    return true;
}

static bool read_offset_or_end(scan *s, hg_moment *m)
{
    blanks(s);
    if (s->p == s->end)
        return true;
    m->has_offset = read_offset(s, &m->offset_s);
    return m->has_offset;
}

/* Blanks, T, comma or underscore between date and clock. */
static bool read_gap(scan *s, bool *iso)
{
    bool gap = blanks(s);
    *iso = take(s, 'T') || take(s, 't');
    bool other = *iso || take(s, ',') || take(s, '_');
    bool behind = other && blanks(s);
    return gap || other || behind;
}

static bool read_moment(scan s, hg_date_order order, hg_moment *out)
{
    date d;
    hg_moment m;
    bool iso;
    int64_t seconds;
    if (!read_date(&s, order, &d) || !set_date(&d, &m))
        return false;
    if (s.p < s.end) {
        if (!read_gap(&s, &iso) && !d.closed)
            return false;
        if (!read_clock(&s, iso, false, &seconds) || !read_offset_or_end(&s, &m))
            return false;
        m.civil += seconds;
        m.has_clock = true;
    }
    *out = m;
    return true;
}

/* The digits at p as a fraction of one; 15 are more than a second of a day needs. */
static double fraction_of(const char *p, const char *end)
{
    double value = 0, scale = 1;
    for (int i = 0; p < end && i < 15; p++, i++) {
        value = value * 10 + (*p - '0');
        scale *= 10;
    }
    return value / scale;
}

/* Serial 60 is Excel's 1900-02-29, so from 61 on day 0 is 1899-12-30. */
static bool excel_serial(int64_t serial, double fraction, hg_moment *out)
{
    if (serial < EXCEL_FIRST || serial > EXCEL_LAST)
        return false;
    int64_t day = serial * DAY_S + hg_civil_from(1899, 12, 30, 0, 0, 0);
    *out = (hg_moment){.civil = day + llround(fraction * DAY_S), .has_clock = fraction > 0};
    return true;
}

static bool compact_moment(int64_t value, int digits, hg_moment *out)
{
    date d;
    clock c = {0, 0, 0, false, false};
    int64_t seconds, split = digits == 14 ? 1000000 : 10000;
    number day = {digits > 8 ? value / split : value, digits > 8 ? 8 : digits};
    number time = {value % split, digits - 8};
    if (!compact_date(day, false, &d) || !set_date(&d, out))
        return false;
    if (digits <= 8)
        return true;
    if (!compact_clock(time, false, &c) || !clock_seconds(&c, &seconds))
        return false;
    out->civil += seconds;
    out->has_clock = true;
    return true;
}

/* A text of digits, with a decimal part or without; false also where it is not one. */
static bool numeric_moment(scan s, hg_moment *out)
{
    number n;
    hg_moment m;
    if (!read_number(&s, 14, &n))
        return false;
    double fraction = 0;
    if (take(&s, '.')) {
        for (const char *p = s.p; p < s.end; p++)
            if (!is_digit(*p))
                return false;
        fraction = fraction_of(s.p, s.end);
    } else if (s.p < s.end) {
        return false;
    }
    bool ok = false;
    if (n.digits == 5)
        ok = excel_serial(n.value, fraction, &m);
    else if (n.digits == 10 && n.value >= 1000000000 && n.value <= UNIX_LAST)
        ok = (m = (hg_moment){n.value, true, true, 0}, true);
    else if (n.digits == 14 ||
             ((n.digits == 7 || n.digits == 8 || n.digits == 12) && fraction <= 0))
        ok = compact_moment(n.value, n.digits, &m);
    if (ok)
        *out = m;
    return ok;
}

/* Two digits at p; sets *bad where they are not. */
static inline int two(const char *p, unsigned *bad)
{
    unsigned a = (unsigned char)p[0] - (unsigned)'0', b = (unsigned char)p[1] - (unsigned)'0';
    *bad |= (unsigned)(a > 9) | (unsigned)(b > 9);
    return (int)(a * 10 + b);
}

/* Behind the seconds of a plain form: nothing, or a fraction, which is dropped, then Z or an offset
 * as +08:00. */
static bool plain_end(const char *p, const char *end, hg_moment *out)
{
    if (p < end && (*p == '.' || *p == ',')) {
        if (++p == end || !is_digit(*p))
            return false;
        while (p < end && is_digit(*p))
            p++;
    }
    if (p == end)
        return true;
    out->has_offset = true;
    if (end - p == 1)
        return *p == 'Z';
    if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':')
        return false;
    unsigned bad = 0;
    int hour = two(p + 1, &bad), minute = two(p + 4, &bad), seconds = hour * 3600 + minute * 60;
    out->offset_s = *p == '-' ? -seconds : seconds;
    return !bad && minute <= 59 && seconds <= OFFSET_MAX_S;
}

/* The plain forms, of 10, 16 or from 19 bytes on. False says nothing: the scanner decides. */
static bool plain_moment(const char *t, size_t n, hg_moment *out)
{
    if ((n != 10 && n != 16 && n < 19) || n > LINE_MAX_BYTES || t[4] != t[7] ||
        (t[4] != '-' && t[4] != '/'))
        return false;
    hg_moment m = {.has_clock = n > 10};
    unsigned bad = 0;
    int year = two(t, &bad) * 100 + two(t + 2, &bad), month = two(t + 5, &bad);
    int day = two(t + 8, &bad), hour = 0, minute = 0, second = 0;
    if (n > 10) {
        hour = two(t + 11, &bad);
        minute = two(t + 14, &bad);
        bad |= (unsigned)(t[10] != ' ' && t[10] != 'T') | (unsigned)(t[13] != ':');
    }
    if (n >= 19) {
        second = two(t + 17, &bad);
        bad |= (unsigned)(t[16] != ':');
    }
    if (bad || hour > 23 || minute > 59 || second > 59 || !exists(year, month, day) ||
        (n > 19 && !plain_end(t + 19, t + n, &m)))
        return false;
    m.civil = hg_civil_from(year, month, day, hour, minute, second);
    *out = m;
    return true;
}

bool hg_moment_parse(const char *text, size_t n, hg_date_order order, hg_moment *out)
{
    line l;
    if (plain_moment(text, n, out))
        return true;
    if (!fold(text, n, &l))
        return false;
    scan s = trimmed(&l);
    return numeric_moment(s, out) || read_moment(s, order, out);
}

/* ------------------------------------------------------------------ two columns */

/* Fractions of a day below one: "0.354", ".5", "0". */
static bool day_fraction(scan s, int64_t *seconds)
{
    bool zero = take(&s, '0');
    if (s.p == s.end || !take(&s, '.')) {
        *seconds = 0;
        return zero && s.p == s.end;
    }
    const char *from = s.p;
    while (is_digit(peek(&s)))
        s.p++;
    *seconds = llround(fraction_of(from, s.p) * DAY_S);
    return s.p > from && s.p == s.end;
}

/* Access and pandas write a time of day with the day their calendar begins on. */
static bool clock_of_day_zero(scan s, hg_moment *m)
{
    if (!read_moment(s, HG_ORDER_UNKNOWN, m) || !m->has_clock)
        return false;
    int64_t first = hg_civil_from(1899, 12, 30, 0, 0, 0);
    int64_t past = hg_civil_from(1900, 1, 2, 0, 0, 0);
    m->civil -= first;
    bool ok = m->civil >= 0 && m->civil < past - first;
    m->civil %= DAY_S;
    return ok;
}

static bool clock_alone(scan s, hg_moment *m)
{
    scan t = s;
    *m = (hg_moment){.has_clock = true};
    if (day_fraction(s, &m->civil))
        return true;
    if (read_clock(&t, false, true, &m->civil) && read_offset_or_end(&t, m))
        return true;
    return clock_of_day_zero(s, m);
}

bool hg_moment_parse_two(const char *date_text, size_t date_n, const char *clock_text,
                         size_t clock_n, hg_date_order order, hg_moment *out)
{
    line l;
    hg_moment day, time;
    if (!hg_moment_parse(date_text, date_n, order, &day) || !fold(clock_text, clock_n, &l))
        return false;
    scan s = trimmed(&l);
    if (s.p == s.end) {
        *out = day;
        return true;
    }
    bool midnight = !day.has_offset && day.civil % DAY_S == 0;
    if (!midnight || !clock_alone(s, &time))
        return false;
    time.civil += day.civil;
    *out = time;
    return true;
}

bool hg_date_parse(const char *text, int64_t *civil)
{
    static const char form[] = "0000-00-00";
    hg_moment m;
    size_t n = strlen(text);
    if (n != sizeof form - 1)
        return false;
    for (size_t i = 0; i < n; i++)
        if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
            return false;
    if (!hg_moment_parse(text, n, HG_ORDER_UNKNOWN, &m))
        return false;
    *civil = m.civil;
    return true;
}

/* ------------------------------------------------------------------ order of day and month */

static bool read_year_last(scan *s, number *a, number *b)
{
    number year;
    skip_weekday(s);
    if (!read_number(s, 2, a))
        return false;
    char sep = separator(s);
    if (!sep || sep == ' ' || !read_number(s, 2, b) || separator(s) != sep)
        return false;
    return read_number(s, 4, &year) && year.digits == 4;
}

hg_date_order hg_moment_order(const char *text, size_t n, bool *year_last)
{
    line l;
    number a, b;
    hg_moment as_day_first, as_month_first;
    bool of_form = fold(text, n, &l);
    if (of_form) {
        scan s = trimmed(&l);
        of_form = read_year_last(&s, &a, &b);
    }
    bool day_first = of_form && hg_moment_parse(text, n, HG_DAY_FIRST, &as_day_first);
    bool month_first = of_form && hg_moment_parse(text, n, HG_MONTH_FIRST, &as_month_first);
    if (year_last)
        *year_last = day_first || month_first;
    if (day_first == month_first)
        return HG_ORDER_UNKNOWN;
    return day_first ? HG_DAY_FIRST : HG_MONTH_FIRST;
}
