#include "base/text.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(hg_text *t, size_t more)
{
    if (t->failed)
        return false;
    char *moved = hg_grow(t->s, &t->capacity, t->len + more + 1, 1);
    if (!moved) {
        t->failed = true;
        return false;
    }
    t->s = moved;
    return true;
}

void hg_text_add_n(hg_text *t, const char *s, size_t n)
{
    if (!reserve(t, n))
        return;
    memcpy(t->s + t->len, s, n);
    t->len += n;
    t->s[t->len] = '\0';
}

void hg_text_add(hg_text *t, const char *s)
{
    hg_text_add_n(t, s, strlen(s));
}

/* Into the room there is; only what does not fit is made twice. */
void hg_text_addf(hg_text *t, const char *fmt, ...)
{
    enum { USUAL = 64 };
    va_list args, again;
    if (!reserve(t, USUAL))
        return;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = t->capacity - t->len;
    int n = vsnprintf(t->s + t->len, room, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n >= room && reserve(t, (size_t)n))
        vsnprintf(t->s + t->len, (size_t)n + 1, fmt, again);
    va_end(again);
    if (n >= 0 && !t->failed)
        t->len += (size_t)n;
    t->s[t->len] = '\0';
}

void hg_text_add_xml(hg_text *t, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&':
            hg_text_add(t, "&amp;");
            break;
        case '<':
            hg_text_add(t, "&lt;");
            break;
        case '>':
            hg_text_add(t, "&gt;");
            break;
        case '"':
            hg_text_add(t, "&quot;");
            break;
        case '\'':
            hg_text_add(t, "&apos;");
            break;
        default:
            if ((unsigned char)*s >= 0x20 || *s == '\t' || *s == '\n')
                hg_text_add_n(t, s, 1);
        }
    }
}

void hg_text_add_utf8(hg_text *t, const char *s)
{
    size_t n = strlen(s);
    while (n > 0) {
        int len = hg_utf8_length((const unsigned char *)s, n);
        hg_text_add_n(t, len > 0 ? s : "\xef\xbf\xbd", len > 0 ? (size_t)len : 3);
        s += len > 0 ? len : 1;
        n -= len > 0 ? (size_t)len : 1;
    }
}

void hg_text_add_sql_name(hg_text *t, const char *s)
{
    hg_text_add(t, "\"");
    for (; *s; s++)
        hg_text_add_n(t, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    hg_text_add(t, "\"");
}

char *hg_text_take(hg_text *t)
{
    if (!t->s && !t->failed)
        hg_text_add(t, "");
    char *s = t->failed ? NULL : t->s;
    if (t->failed)
        hg_free(t->s);
    *t = (hg_text){0};
    return s;
}

void hg_text_dispose(hg_text *t)
{
    hg_free(t->s);
    *t = (hg_text){0};
}

/*
 * Numbers of ordinary size with at most nine decimals, which are most of those in tables: up to 15 digits name
 * different doubles, so the digits of round(v 10^9) without the zeros behind are the shortest there are.
 */
static bool few_decimals(double v, char *buf)
{
    enum { DECIMALS = 9 };
    static const double scale = 1e9;
    double size = fabs(v);
    if (!(size >= 1e-4 && size < 1e6))
        return false;
    int64_t r = llround(size * scale);
    if ((double)r / scale != size)
        return false;
    char digits[24];
    int n = 0, trailing = 0;
    for (; r || n <= DECIMALS; r /= 10)
        digits[n++] = (char)('0' + r % 10);
    while (trailing < DECIMALS && digits[trailing] == '0')
        trailing++;
    if (v < 0)
        *buf++ = '-';
    while (n > DECIMALS)
        *buf++ = digits[--n];
    if (trailing < DECIMALS)
        *buf++ = '.';
    while (n > trailing)
        *buf++ = digits[--n];
    *buf = '\0';
    return true;
}

const char *hg_shortest_decimal(double v, char *buf)
{
    if (few_decimals(v, buf))
        return buf;
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buf, 32, "%.*g", digits, v);
        if (strtod(buf, NULL) == v)
            break;
    }
    /* 250 prints as "2.5e+02" with two digits; whole numbers of ordinary size read better plain. */
    if (strchr(buf, 'e') && v == floor(v) && fabs(v) < 1e15)
        snprintf(buf, 32, "%.0f", v);
    return buf;
}

/* ------------------------------------------------------------------ nearest word */

enum { WORD = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment, by bytes; words beyond WORD bytes are far from everything. */
static size_t letters_apart(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), rows[3][WORD + 1];
    if (n > WORD || m > WORD)
        return WORD;
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[m];
}

/* One begins with the other, and enough of it to tell. */
static bool is_begun(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    return least(n, m) >= 3 && strncmp(a, b, least(n, m)) == 0;
}

const char *hg_nearest_word(const char *word, const char *const *words)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3 + 1;
    for (; *words; words++) {
        size_t apart = is_begun(word, *words) ? 1 : letters_apart(word, *words);
        if (apart < limit) {
            limit = apart;
            best = *words;
        }
    }
    return best;
}

/* The hash beside the id spares a look at the text, which is rarely in the cache. */
typedef struct slot {
    uint32_t id1; /* id + 1, 0 = empty */
    uint32_t hash;
} slot;

/* Open addressing over 32-bit ids; text lives in chunks that never move. */
struct hg_pool {
    char **texts;
    size_t text_capacity;
    uint32_t count;
    slot *slots;
    size_t slot_count;
    char *chunk;
    size_t chunk_used, chunk_size;
    char **chunks;
    size_t n_chunks, chunks_capacity;
};

enum { FIRST_SLOTS = 256, CHUNK = 1 << 16 };

hg_status hg_pool_new(hg_pool **out, hg_error *err)
{
    hg_pool *p = hg_calloc(1, sizeof *p);
    if (p)
        p->slots = hg_calloc(FIRST_SLOTS, sizeof *p->slots);
    if (!p || !p->slots) {
        hg_free(p);
        return hg_fail_memory(err);
    }
    p->slot_count = FIRST_SLOTS;
    *out = p;
    return HG_OK;
}

void hg_pool_free(hg_pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_chunks; i++)
        hg_free(p->chunks[i]);
    hg_free(p->chunks);
    hg_free(p->texts);
    hg_free(p->slots);
    hg_free(p);
}

/* FNV-1a */
static uint32_t hash_bytes(const char *s, size_t n)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 1099511628211u;
    return (uint32_t)(h ^ (h >> 32));
}

static bool grow_slots(hg_pool *p)
{
    size_t n = p->slot_count * 2;
    slot *slots = hg_calloc(n, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < p->slot_count; i++) {
        if (!p->slots[i].id1)
            continue;
        size_t k = p->slots[i].hash & (n - 1);
        while (slots[k].id1)
            k = (k + 1) & (n - 1);
        slots[k] = p->slots[i];
    }
    hg_free(p->slots);
    p->slots = slots;
    p->slot_count = n;
    return true;
}

static char *store_text(hg_pool *p, const char *s, size_t n)
{
    if (!p->chunk || p->chunk_size - p->chunk_used < n + 1) {
        size_t size = n + 1 > CHUNK ? n + 1 : CHUNK;
        char **chunks = hg_grow(p->chunks, &p->chunks_capacity, p->n_chunks + 1, sizeof *chunks);
        if (!chunks)
            return NULL;
        p->chunks = chunks;
        char *chunk = hg_malloc(size, 1);
        if (!chunk)
            return NULL;
        p->chunks[p->n_chunks++] = p->chunk = chunk;
        p->chunk_size = size;
        p->chunk_used = 0;
    }
    char *at = p->chunk + p->chunk_used;
    memcpy(at, s, n);
    at[n] = '\0';
    p->chunk_used += n + 1;
    return at;
}

hg_status hg_pool_intern(hg_pool *p, const char *s, size_t n, uint32_t *id, hg_error *err)
{
    n = strnlen(s, n); /* a NUL ends the text, as it does everywhere else */
    if ((size_t)p->count * 2 >= p->slot_count && !grow_slots(p))
        return hg_fail_memory(err);
    uint32_t hash = hash_bytes(s, n);
    size_t k = hash & (p->slot_count - 1);
    for (; p->slots[k].id1; k = (k + 1) & (p->slot_count - 1)) {
        if (p->slots[k].hash != hash)
            continue;
        const char *have = p->texts[p->slots[k].id1 - 1];
        if (strncmp(have, s, n) == 0 && have[n] == '\0') {
            *id = p->slots[k].id1 - 1;
            return HG_OK;
        }
    }
    char **texts = hg_grow(p->texts, &p->text_capacity, (size_t)p->count + 1, sizeof *texts);
    if (!texts)
        return hg_fail_memory(err);
    p->texts = texts;
    char *copy = store_text(p, s, n);
    if (!copy)
        return hg_fail_memory(err);
    p->texts[p->count] = copy;
    p->slots[k] = (slot){++p->count, hash};
    *id = p->count - 1;
    return HG_OK;
}

const char *hg_pool_text(const hg_pool *p, uint32_t id)
{
    return id < p->count ? p->texts[id] : NULL;
}

uint32_t hg_pool_count(const hg_pool *p)
{
    return p->count;
}

hg_status hg_pool_merge(const hg_pool *from, hg_pool *to, uint32_t **map, hg_error *err)
{
    uint32_t *m = hg_malloc(from->count, sizeof *m);
    if (!m)
        return hg_fail_memory(err);
    for (uint32_t id = 0; id < from->count; id++) {
        const char *text = from->texts[id];
        hg_status s = hg_pool_intern(to, text, strlen(text), &m[id], err);
        if (s != HG_OK) {
            hg_free(m);
            return s;
        }
    }
    *map = m;
    return HG_OK;
}
