#include "base/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__extension__ typedef unsigned __int128 wide;

static locale_t c_locale;

static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", NULL);
}

static double parse_double(const char *s, char **end)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_locale);
    return c_locale ? strtod_l(s, end, c_locale) : strtod(s, end);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void trim(const char **s, size_t *n)
{
    while (*n && is_blank((*s)[0]))
        (*s)++, (*n)--;
    while (*n && is_blank((*s)[*n - 1]))
        (*n)--;
}

/* ------------------------------------------------------------------ plain notation */

enum { PLAIN_DIGITS = 19 }; /* as many as an integer of 64 bits holds, whatever they are */

static const uint64_t tens[PLAIN_DIGITS + 1] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    UINT64_C(10000000000000000000),
};

/* 2 to the power of e, where that is an ordinary double. */
static double power_of_two(int e)
{
    double power;
    uint64_t bits = (uint64_t)(1023 + e) << 52;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/*
 * a / b to the nearest double, ties to even; a and b above 0. The quotient has 63 or 64 bits, ten
 * more than a double, so that its last bit may also say that something is left: it is rounded once.
 */
static double nearest_quotient(uint64_t a, uint64_t b)
{
    int a_up = __builtin_clzll(a), b_up = __builtin_clzll(b);
    wide above = (wide)(a << a_up) << 63;
    uint64_t below = b << b_up;
    uint64_t q = (uint64_t)(above / below);
    bool rest = (wide)q * below != above;
    return (double)(q | rest) * power_of_two(b_up - a_up - 63);
}

/*
 * A sign or none, up to 19 digits, a point or comma among them or not: how nearly all columns are
 * written. The same number as strtod finds. False says nothing. Where the digits as an integer and
 * the power of ten are both doubles without error, one division rounds right (W. D. Clinger, "How
 * to read floating point numbers accurately", 1990).
 */
static bool parse_plain(const char *p, size_t n, double *out)
{
    const char *end = p + n, *point = NULL;
    if (n == 0 || n > PLAIN_DIGITS + 2)
        return false;
    bool negative = *p == '-';
    p += negative || *p == '+';
    size_t digits = (size_t)(end - p);
    uint64_t value = 0;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit <= 9)
            value = value * 10 + digit;
        else if ((*p == '.' || *p == ',') && !point)
            point = p;
        else
            return false;
    }
    digits -= point != NULL;
    if (digits == 0 || digits > PLAIN_DIGITS)
        return false;
    uint64_t scale = tens[point ? end - point - 1 : 0];
    bool exact = value <= UINT64_C(1) << 53; /* 10^19 = 5^19 2^19 is a double too */
    double v = exact ? (double)value / (double)scale : nearest_quotient(value, scale);
    *out = negative ? -v : v;
    return true;
}

/* ------------------------------------------------------------------ any notation */

bool hg_parse_number(const char *text, size_t n, double *out)
{
    char buf[64], *end = NULL;
    if (parse_plain(text, n, out))
        return true;
    trim(&text, &n);
    if (n >= 2 && (text[0] == '"' || text[0] == '\'') && text[n - 1] == text[0]) {
        text++;
        n -= 2;
        trim(&text, &n);
    }
    if (n == 0 || n >= sizeof buf)
        return false;
    memcpy(buf, text, n);
    buf[n] = '\0';
    if (strpbrk(buf, "xXpP("))
        return false;
    char *comma = strchr(buf, ',');
    if (comma) {
        if (strchr(comma + 1, ',') || strchr(buf, '.'))
            return false;
        *comma = '.';
    }
    double v = parse_double(buf, &end);
    if (end == buf || *end != '\0')
        return false;
    *out = v;
    return true;
}

typedef struct unit {
    const char *name;
    double factor;
} unit;

static const unit lengths[] = {{"", 1},        {"m", 1},  {"km", 1000},   {"cm", 0.01},
                               {"ft", 0.3048}, {"米", 1}, {"公里", 1000}, {NULL, 0}};
static const unit areas[] = {{"", 1},
                             {"m2", 1},
                             {"m²", 1},
                             {"km2", 1e6},
                             {"km²", 1e6},
                             {"ha", 1e4},
                             {"mu", 10000.0 / 15},
                             {"亩", 10000.0 / 15},
                             {NULL, 0}};
static const unit durations[] = {{"", 86400}, {"d", 86400},  {"h", 3600}, {"min", 60},
                                 {"s", 1},    {"w", 604800}, {NULL, 0}};
static const unit sizes[] = {{"B", 1},     {"kB", 1e3},      {"MB", 1e6},      {"GB", 1e9},      {"TB", 1e12},
                             {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}, {NULL, 0}};

bool hg_parse_quantity(const char *text, hg_quantity quantity, double *out)
{
    static const unit *const tables[] = {
        [HG_LENGTH] = lengths, [HG_AREA] = areas, [HG_DURATION] = durations, [HG_BYTES] = sizes};
    size_t n = strlen(text);
    trim(&text, &n);
    size_t digits = 0;
    while (digits < n && strchr("+-.0123456789", text[digits]))
        digits++;
    if (digits && digits + 1 < n && (text[digits] == 'e' || text[digits] == 'E') &&
        strchr("+-0123456789", text[digits + 1])) {
        digits += 2;
        while (digits < n && strchr("0123456789", text[digits]))
            digits++;
    }
    double value;
    if (!hg_parse_number(text, digits, &value))
        return false;
    text += digits;
    n -= digits;
    trim(&text, &n);
    for (const unit *u = tables[quantity]; u->name; u++) {
        if (strlen(u->name) == n && strncasecmp(u->name, text, n) == 0) {
            *out = value * u->factor;
            return true;
        }
    }
    return false;
}
