#include "base/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

bool hg_parse_number(const char *text, size_t n, double *out)
{
    char buf[64], *end = NULL;
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
