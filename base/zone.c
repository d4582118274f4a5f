/*
 * Time zones from the system's compiled zone files.
 *
 * TZif as in RFC 8536: the 64-bit block of versions 2 to 4 (the 32-bit one of version 1), and the
 * POSIX TZ footer for moments past the last transition. Before the first transition local time type
 * 0 holds.
 */
#include "base/civil.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define ZONE_DIR "/usr/share/zoneinfo/"

enum { NAME_LIMIT = 128, FILE_LIMIT = 1 << 20, HEADER = 44, TYPE_BYTES = 6, DAY_S = 86400 };
enum { OFFSET_LIMIT_S = 26 * 3600 };

/* When in the year a POSIX rule changes the clock. */
typedef struct change {
    char kind; /* 'M' month.week.weekday, 'J' day 1 … 365 without 29 February, 'N' day 0 … 365 */
    int month, week, weekday, day;
    int32_t time_s; /* on the clock that ends */
} change;

typedef struct rule {
    bool present, has_dst;
    int32_t std_s, dst_s;
    change to_dst, to_std;
} rule;

struct hg_zone {
    int64_t *at;     /* UTC moments of change, rising */
    int32_t *offset; /* offset[i] holds before at[i], offset[count] after the last */
    size_t count;
    rule rule;
};

/* ------------------------------------------------------------------ POSIX rules */

static bool read_int(const char **p, int max, int *out)
{
    int value = 0, digits = 0;
    while (**p >= '0' && **p <= '9' && digits < 4) {
        value = value * 10 + (*(*p)++ - '0');
        digits++;
    }
    *out = value;
    return digits > 0 && value <= max;
}

static bool take(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool read_hms(const char **p, int max_hours, int32_t *out)
{
    int h, m = 0, s = 0;
    bool minus = take(p, '-');
    if (!minus)
        take(p, '+');
    if (!read_int(p, max_hours, &h) || (take(p, ':') && !read_int(p, 59, &m)) ||
        (take(p, ':') && !read_int(p, 59, &s)))
        return false;
    *out = (minus ? -1 : 1) * (h * 3600 + m * 60 + s);
    return true;
}

/* "CST", "<+0330>" */
static bool skip_name(const char **p)
{
    const char *from = *p;
    if (take(p, '<')) {
        while (**p && **p != '>')
            ++*p;
        return take(p, '>');
    }
    while ((**p >= 'A' && **p <= 'Z') || (**p >= 'a' && **p <= 'z'))
        ++*p;
    return *p >= from + 3;
}

static bool read_change_day(const char **p, change *c)
{
    if (take(p, 'M')) {
        c->kind = 'M';
        return read_int(p, 12, &c->month) && c->month >= 1 && take(p, '.') &&
               read_int(p, 5, &c->week) && c->week >= 1 && take(p, '.') &&
               read_int(p, 6, &c->weekday);
    }
    if (take(p, 'J')) {
        c->kind = 'J';
        return read_int(p, 365, &c->day) && c->day >= 1;
    }
    c->kind = 'N';
    return read_int(p, 365, &c->day);
}

static bool read_change(const char **p, change *c)
{
    c->time_s = 2 * 3600;
    return take(p, ',') && read_change_day(p, c) && (!take(p, '/') || read_hms(p, 167, &c->time_s));
}

/* POSIX counts offsets west of Greenwich; ours are east. */
static bool read_rule(const char *p, rule *out)
{
    rule r = {.present = true};
    int32_t west;
    if (!skip_name(&p) || !read_hms(&p, 24, &west))
        return false;
    r.std_s = -west;
    r.has_dst = *p != '\0';
    if (r.has_dst) {
        if (!skip_name(&p))
            return false;
        r.dst_s = r.std_s + 3600;
        if (*p != ',') {
            if (!read_hms(&p, 24, &west))
                return false;
            r.dst_s = -west;
        }
        if (!read_change(&p, &r.to_dst) || !read_change(&p, &r.to_std))
            return false;
    }
    *out = r;
    return *p == '\0';
}

static bool leap_year(int64_t y)
{
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* Civil seconds of the change in a year, on the clock that ends. */
static int64_t change_at(const change *c, int64_t year)
{
    int64_t new_year = hg_civil_from(year, 1, 1, 0, 0, 0);
    if (c->kind == 'N')
        return new_year + (int64_t)c->day * DAY_S + c->time_s;
    if (c->kind == 'J') {
        int day = c->day - 1 + (leap_year(year) && c->day > 59);
        return new_year + (int64_t)day * DAY_S + c->time_s;
    }
    int64_t first = hg_civil_from(year, c->month, 1, 0, 0, 0);
    int64_t next = hg_civil_from(year + c->month / 12, c->month % 12 + 1, 1, 0, 0, 0);
    int64_t wait = (c->weekday - hg_civil_weekday(first) % 7 + 7) % 7;
    int64_t day = first + (wait + 7 * (c->week - 1)) * DAY_S;
    while (day >= next)
        day -= 7 * DAY_S; /* week 5 is the last one */
    return day + c->time_s;
}

static int32_t rule_offset(const rule *r, int64_t utc)
{
    if (!r->has_dst)
        return r->std_s;
    int64_t year;
    hg_civil_split(utc + r->std_s, &year, NULL, NULL, NULL, NULL, NULL);
    int64_t start = change_at(&r->to_dst, year) - r->std_s;
    int64_t end = change_at(&r->to_std, year) - r->dst_s;
    bool dst = start < end ? utc >= start && utc < end : utc >= start || utc < end;
    return dst ? r->dst_s : r->std_s;
}

/* ------------------------------------------------------------------ TZif */

typedef struct block {
    const unsigned char *data; /* what follows the header */
    size_t utc_flags, std_flags, leaps, times, types, chars, time_bytes;
} block;

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t big_time(const unsigned char *p, size_t bytes)
{
    if (bytes == 4)
        return (int32_t)big32(p);
    return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

static size_t block_bytes(const block *b)
{
    return b->times * (b->time_bytes + 1) + b->types * TYPE_BYTES + b->chars +
           b->leaps * (b->time_bytes + 4) + b->std_flags + b->utc_flags;
}

/* Reads the header at p; false unless the whole block lies within n bytes. */
static bool read_header(const unsigned char *p, size_t n, size_t time_bytes, block *out)
{
    if (n < HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    block b = {.data = p + HEADER, .time_bytes = time_bytes};
    size_t *counts[] = {&b.utc_flags, &b.std_flags, &b.leaps, &b.times, &b.types, &b.chars};
    for (size_t i = 0; i < 6; i++) {
        *counts[i] = big32(p + 20 + 4 * i);
        if (*counts[i] > FILE_LIMIT)
            return false;
    }
    if (b.types < 1 || block_bytes(&b) > n - HEADER)
        return false;
    *out = b;
    return true;
}

static bool type_offset(const block *b, size_t type, int32_t *out)
{
    if (type >= b->types)
        return false;
    const unsigned char *types = b->data + b->times * (b->time_bytes + 1);
    *out = (int32_t)big32(types + type * TYPE_BYTES);
    return *out > -OFFSET_LIMIT_S && *out < OFFSET_LIMIT_S;
}

/* False for a damaged file, and for "right/" zones, whose clock counts leap seconds. */
static bool read_transitions(const block *b, hg_zone *zone)
{
    const unsigned char *index = b->data + b->times * b->time_bytes;
    if (b->leaps > 0 || !type_offset(b, 0, &zone->offset[0]))
        return false;
    for (size_t i = 0; i < b->times; i++) {
        zone->at[i] = big_time(b->data + i * b->time_bytes, b->time_bytes);
        if ((i > 0 && zone->at[i] <= zone->at[i - 1]) ||
            !type_offset(b, index[i], &zone->offset[i + 1]))
            return false;
    }
    zone->count = b->times;
    return true;
}

/* The line between two line feeds at the end of the file; an empty one is no rule. */
static bool read_footer(const unsigned char *p, size_t n, rule *out)
{
    char text[128];
    const unsigned char *end = n > 1 && p[0] == '\n' ? memchr(p + 1, '\n', n - 1) : NULL;
    if (!end || (size_t)(end - p) > sizeof text)
        return false;
    size_t len = (size_t)(end - p) - 1;
    memcpy(text, p + 1, len);
    text[len] = '\0';
    return len == 0 || read_rule(text, out);
}

/* Sets *memory to false where an allocation failed. */
static bool parse_tzif(const unsigned char *p, size_t n, hg_zone *zone, bool *memory)
{
    block b;
    if (!read_header(p, n, 4, &b))
        return false;
    bool wide = p[4] >= '2';
    if (wide) {
        size_t skip = HEADER + block_bytes(&b);
        p += skip;
        n -= skip;
        if (!read_header(p, n, 8, &b))
            return false;
    }
    zone->at = hg_malloc(b.times, sizeof *zone->at);
    zone->offset = hg_malloc(b.times + 1, sizeof *zone->offset);
    *memory = zone->at && zone->offset;
    if (!*memory || !read_transitions(&b, zone))
        return false;
    size_t used = HEADER + block_bytes(&b);
    return !wide || read_footer(p + used, n - used, &zone->rule);
}

/* ------------------------------------------------------------------ zones */

/* Names come from command lines and files: no path but one below the zone folder. */
static bool name_is_safe(const char *name)
{
    size_t n = strnlen(name, NAME_LIMIT);
    if (n == 0 || n == NAME_LIMIT || name[0] == '/')
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '+' || c == '-' || c == '/'))
            return false;
    }
    return true;
}

static hg_status no_zone(const char *name, hg_error *err)
{
    return hg_fail(err, HG_EUSAGE,
                   "no time zone '%.100s' on this machine; wanted a name such as Asia/Shanghai, "
                   "UTC, or an offset such as +08:00",
                   name);
}

/* The whole zone file; *bytes stays NULL where there is none. */
static hg_status read_file(const char *name, unsigned char **bytes, size_t *n, hg_error *err)
{
    char path[sizeof ZONE_DIR + NAME_LIMIT];
    snprintf(path, sizeof path, "%s%s", ZONE_DIR, name);
    FILE *f = fopen(path, "rbe");
    if (!f)
        return no_zone(name, err);
    hg_status status = HG_OK;
    unsigned char *buf = hg_malloc(FILE_LIMIT, 1);
    if (!buf) {
        status = hg_fail_memory(err);
        goto done;
    }
    *n = fread(buf, 1, FILE_LIMIT, f);
    if (ferror(f)) {
        status = no_zone(name, err); /* a folder, such as "Asia" */
        goto done;
    }
    *bytes = buf;
    buf = NULL;
done:
    hg_free(buf);
    fclose(f);
    return status;
}

static hg_status load_zone(const char *name, hg_zone *zone, hg_error *err)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    bool memory = true;
    hg_status status = read_file(name, &bytes, &n, err);
    if (status)
        return status;
    if (!parse_tzif(bytes, n, zone, &memory))
        status = memory ? no_zone(name, err) : hg_fail_memory(err);
    hg_free(bytes);
    return status;
}

hg_status hg_zone_new(const char *name, hg_zone **out, hg_error *err)
{
    int32_t fixed_s;
    bool fixed = hg_offset_parse(name, strlen(name), &fixed_s);
    if (!fixed && !name_is_safe(name))
        return no_zone(name, err);
    hg_zone *zone = hg_calloc(1, sizeof *zone);
    if (!zone)
        return hg_fail_memory(err);
    if (fixed)
        zone->rule = (rule){.present = true, .std_s = fixed_s};
    hg_status status = fixed ? HG_OK : load_zone(name, zone, err);
    if (status)
        hg_zone_free(zone);
    else
        *out = zone;
    return status;
}

void hg_zone_free(hg_zone *zone)
{
    if (!zone)
        return;
    hg_free(zone->at);
    hg_free(zone->offset);
    hg_free(zone);
}

/* How many changes have happened by then. */
static size_t changes_by(const hg_zone *zone, int64_t utc)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= utc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t hg_zone_offset(const hg_zone *zone, int64_t utc)
{
    size_t changes = changes_by(zone, utc);
    if (changes == zone->count && zone->rule.present)
        return rule_offset(&zone->rule, utc);
    return zone->offset[changes];
}

int64_t hg_zone_civil(const hg_zone *zone, const hg_moment *moment)
{
    if (!moment->has_offset)
        return moment->civil;
    int64_t utc = moment->civil - moment->offset_s;
    return utc + hg_zone_offset(zone, utc);
}
