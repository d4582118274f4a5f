#include "io/columns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef const char *const *words;

/* ASCII letters in lower case; blanks, punctuation and anything in brackets left out. */
static void normalise(const char *name, char *out, size_t size)
{
    size_t k = 0;
    bool bracket = false;
    for (; *name && k + 1 < size; name++) {
        unsigned char c = (unsigned char)*name;
        if (c == '(' || c == '[')
            bracket = true;
        else if (c == ')' || c == ']')
            bracket = false;
        else if (strncmp(name, "（", 3) == 0)
            bracket = true, name += 2;
        else if (strncmp(name, "）", 3) == 0)
            bracket = false, name += 2;
        else if (!bracket && (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')))
            out[k++] = (char)c;
        else if (!bracket && c >= 'A' && c <= 'Z')
            out[k++] = (char)(c + 32);
    }
    out[k] = '\0';
}

static bool is_one_of(const char *name, words list)
{
    char plain[256];
    normalise(name, plain, sizeof plain);
    for (; *list; list++)
        if (strcmp(plain, *list) == 0)
            return true;
    return false;
}

static bool contains_one_of(const char *name, words list)
{
    char plain[256];
    normalise(name, plain, sizeof plain);
    for (; *list; list++)
        if (strstr(plain, *list))
            return true;
    return false;
}

int hg_column_find(const hg_sample *s, const char *name)
{
    for (size_t i = 0; i < s->columns; i++)
        if (strcmp(s->names[i], name) == 0)
            return (int)i;
    for (size_t i = 0; i < s->columns; i++) {
        const char *have = s->names[i];
        size_t n = strlen(have);
        while (n && *have == ' ')
            have++, n--;
        while (n && have[n - 1] == ' ')
            n--;
        if (n == strlen(name) && strncasecmp(have, name, n) == 0)
            return (int)i;
    }
    return HG_NO_COLUMN;
}

static const char *const longitude_names[] = {"longitude", "lon",    "lng",  "long",
                                              "经度",      "經度",   "东经", "東經",
                                              "pointlon",  "gpslon", "经",   NULL};
static const char *const latitude_names[] = {"latitude", "lat",      "纬度",   "緯度", "北纬",
                                             "北緯",     "pointlat", "gpslat", "纬",   NULL};
static const char *const x_names[] = {"x",      "easting", "east",  "e",     "pointx",
                                      "coordx", "xcoord",  "x坐标", "x座標", "横坐标",
                                      "橫坐標", "东坐标",  NULL};
static const char *const y_names[] = {"y",      "northing", "north", "n",     "pointy",
                                      "coordy", "ycoord",   "y坐标", "y座標", "纵坐标",
                                      "縱坐標", "北坐标",   NULL};
static const char *const longitude_parts[] = {"longitude", "经度", "經度", NULL};
static const char *const latitude_parts[] = {"latitude", "纬度", "緯度", NULL};

/* "e" and "n" are coordinates as a pair only: a lone "n" beside "x" and "y" is a number of something. */
static bool is_lone_letter(const hg_sample *s, const char *name)
{
    static const char *const east[] = {"e", NULL}, *const north[] = {"n", NULL};
    if (!is_one_of(name, east) && !is_one_of(name, north))
        return false;
    words other = is_one_of(name, east) ? north : east;
    for (size_t i = 0; i < s->columns; i++)
        if (is_one_of(s->names[i], other))
            return false;
    return true;
}

/* The one column whose name fits; HG_NO_COLUMN for none; the second of two through *other. */
static int find_one(const hg_sample *s, words list, bool (*fits)(const char *, words), int *other)
{
    int found = HG_NO_COLUMN;
    for (size_t i = 0; i < s->columns; i++) {
        if (!fits(s->names[i], list) || is_lone_letter(s, s->names[i]))
            continue;
        if (found != HG_NO_COLUMN) {
            *other = (int)i;
            return found;
        }
        found = (int)i;
    }
    return found;
}

static hg_status ambiguous(const hg_sample *s, const char *source, const char *axis, int a, int b,
                           hg_error *err)
{
    return hg_fail(err, HG_EUSAGE,
                   "%s: columns \"%s\" and \"%s\" could both be %s; say which with --x and --y",
                   source, s->names[a], s->names[b], axis);
}

/* Degrees and plane names compete: a table with both "lon" and "x" does not say which to use. */
static hg_status guess_axis(const hg_sample *s, const char *source, const char *axis, words degree,
                            words plane, words part, int *column, bool *degrees, hg_error *err)
{
    int other = HG_NO_COLUMN;
    int d = find_one(s, degree, is_one_of, &other);
    int p = HG_NO_COLUMN;
    if (other == HG_NO_COLUMN)
        p = find_one(s, plane, is_one_of, &other);
    if (d != HG_NO_COLUMN && p != HG_NO_COLUMN)
        return ambiguous(s, source, axis, d, p, err);
    int found = d != HG_NO_COLUMN ? d : p;
    if (found == HG_NO_COLUMN && other == HG_NO_COLUMN) {
        found = d = find_one(s, part, contains_one_of, &other);
    }
    if (other != HG_NO_COLUMN)
        return ambiguous(s, source, axis, found, other, err);
    *column = found;
    *degrees = d != HG_NO_COLUMN;
    return HG_OK;
}

hg_status hg_column_guess_xy(const hg_sample *s, const char *source, int *x, int *y, bool *degrees,
                             hg_error *err)
{
    int gx = HG_NO_COLUMN, gy = HG_NO_COLUMN;
    bool dx = false, dy = false;
    hg_status status =
        guess_axis(s, source, "x", longitude_names, x_names, longitude_parts, &gx, &dx, err);
    if (status == HG_OK)
        status = guess_axis(s, source, "y", latitude_names, y_names, latitude_parts, &gy, &dy, err);
    if (status != HG_OK)
        return status;
    bool both = gx != HG_NO_COLUMN && gy != HG_NO_COLUMN && gx != gy;
    *x = both ? gx : HG_NO_COLUMN;
    *y = both ? gy : HG_NO_COLUMN;
    *degrees = both && dx && dy;
    return HG_OK;
}

static const char *const time_words[] = {"time",  "date", "日期", "时间", "時間",      "年月日",
                                         "datum", "时刻", "when", "day",  "timestamp", NULL};
static const char *const clock_words[] = {"time", "clock", "时间", "時間", "时刻", "hour", NULL};
static const char *const start_words[] = {"start", "begin", "from", "起始",
                                          "开始",  "開始",  "起",   NULL};
static const char *const end_words[] = {"end",  "finish", "until", "结束", "結束",
                                        "终止", "截止",   "止",    NULL};

static bool all_digits(const char *v)
{
    size_t dots = 0;
    for (; *v; v++) {
        if (*v == '.')
            dots++;
        else if (*v < '0' || *v > '9')
            return false;
    }
    return dots <= 1;
}

typedef struct column_times {
    size_t filled, parsed, clocks;
} column_times;

static column_times count_times(const hg_sample *s, int column)
{
    column_times t = {0};
    hg_date_order order = hg_column_date_order(s, column);
    bool named = contains_one_of(s->names[column], time_words);
    for (size_t r = 0; r < s->rows; r++) {
        const char *v = s->values[r * s->columns + (size_t)column];
        hg_moment m;
        if (!v || !*v)
            continue;
        t.filled++;
        if (!named && all_digits(v))
            continue;
        if (hg_moment_parse(v, strlen(v), order, &m)) {
            t.parsed++;
            t.clocks += m.has_clock;
        }
    }
    return t;
}

/* Four in five is enough: a column with bad clocks in it is still the time column. */
static bool holds_times(const hg_sample *s, int column)
{
    column_times t = count_times(s, column);
    return t.parsed > 0 && t.parsed * 5 >= t.filled * 4;
}

static int guess_clock(const hg_sample *s, int date)
{
    column_times dates = count_times(s, date);
    if (dates.clocks > 0)
        return HG_NO_COLUMN;
    for (size_t i = 0; i < s->columns; i++) {
        if ((int)i == date || !contains_one_of(s->names[i], clock_words))
            continue;
        size_t filled = 0, parsed = 0;
        for (size_t r = 0; r < s->rows; r++) {
            const char *c = s->values[r * s->columns + i];
            hg_moment m;
            if (!c || !*c)
                continue;
            filled++;
            parsed += hg_moment_parse_two("2000-01-01", 10, c, strlen(c), HG_ORDER_UNKNOWN, &m);
        }
        if (parsed > 0 && parsed * 5 >= filled * 4)
            return (int)i;
    }
    return HG_NO_COLUMN;
}

static int find_time_named(const hg_sample *s, words list, int except)
{
    for (size_t i = 0; i < s->columns; i++)
        if ((int)i != except && contains_one_of(s->names[i], list) && holds_times(s, (int)i))
            return (int)i;
    return HG_NO_COLUMN;
}

hg_time_columns hg_column_guess_time(const hg_sample *s)
{
    hg_time_columns t = {HG_NO_COLUMN, HG_NO_COLUMN, HG_NO_COLUMN};
    int start = find_time_named(s, start_words, HG_NO_COLUMN);
    int end = start == HG_NO_COLUMN ? HG_NO_COLUMN : find_time_named(s, end_words, start);
    if (end != HG_NO_COLUMN) {
        t.start = start;
        t.end = end;
        return t;
    }
    for (size_t i = 0; i < s->columns && t.start == HG_NO_COLUMN; i++)
        if (holds_times(s, (int)i))
            t.start = (int)i;
    if (t.start != HG_NO_COLUMN)
        t.start_clock = guess_clock(s, t.start);
    return t;
}

hg_date_order hg_column_date_order(const hg_sample *s, int column)
{
    size_t day_first = 0, month_first = 0, year_last = 0;
    for (size_t r = 0; r < s->rows; r++) {
        const char *v = s->values[r * s->columns + (size_t)column];
        bool last = false;
        if (!v)
            continue;
        hg_date_order o = hg_moment_order(v, strlen(v), &last);
        day_first += o == HG_DAY_FIRST;
        month_first += o == HG_MONTH_FIRST;
        year_last += last;
    }
    if (!year_last || day_first == month_first)
        return HG_ORDER_UNKNOWN;
    return day_first > month_first ? HG_DAY_FIRST : HG_MONTH_FIRST;
}

static const char *const place_names[] = {"name",   "名称",   "名稱",  "地名",  "村名",      "路名",
                                          "namezh", "nameen", "label", "title", "placename", NULL};

int hg_column_guess_name(const hg_sample *s)
{
    for (words w = place_names; *w; w++) {
        const char *one[] = {*w, NULL};
        for (size_t i = 0; i < s->columns; i++)
            if (is_one_of(s->names[i], one))
                return (int)i;
    }
    return HG_NO_COLUMN;
}

static const char *const personal_exact[] = {"name",    "tel",     "phone",  "mobile",
                                             "address", "surname", "ssn",    "名字",
                                             "victim",  "suspect", "caller", NULL};
static const char *const personal_parts[] = {
    "姓名",         "身份证",       "身份證",   "证件号",     "證件號",      "电话",
    "電話",         "手机",         "手機",     "联系方式",   "住址",        "地址",
    "报警人",       "当事人",       "嫌疑人",   "受害人",     "户主",        "车牌",
    "fullname",     "firstname",    "lastname", "telephone",  "phonenumber", "idcard",
    "passport",     "address",      "email",    "victimname", "suspectname", "personname",
    "licenceplate", "licenseplate", NULL};

bool hg_column_is_personal(const char *name)
{
    return is_one_of(name, personal_exact) || contains_one_of(name, personal_parts);
}
