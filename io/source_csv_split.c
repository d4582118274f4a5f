#include "io/source_csv.h"
#include "base/memory.h"
#include "base/threads.h"
#include "base/word.h"

#include <string.h>

enum { BLOCK = 256 };

/* 1 or 0, without a branch, so that loops over text become vectors. */
static inline unsigned is_line_end(char c)
{
    return (unsigned)(c == '\n') | (unsigned)(c == '\r');
}

/* ------------------------------------------------------------------ one record */

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The high bit of each byte of w that is not the one in `pattern`; other bits mean nothing. */
static inline uint64_t differs(uint64_t w, uint64_t pattern)
{
    const uint64_t low = EACH_BYTE(0x7f);
    uint64_t x = w ^ pattern;
    return ((x & low) + low) | x;
}

/* The high bit of each byte of w that is a delimiter, a quote or a line end. */
static inline uint64_t find_marks(uint64_t w, uint64_t delimiter)
{
    uint64_t plain = differs(w, delimiter) & differs(w, EACH_BYTE('"')) &
                     differs(w, EACH_BYTE('\n')) & differs(w, EACH_BYTE('\r'));
    return ~plain & EACH_BYTE(0x80);
}

static inline void set_value(hg_csv_cursor *c, hg_value *values, size_t fields, const char *s,
                             size_t n)
{
    size_t f = c->found++;
    if (f >= fields)
        return;
    values[f].type = n ? HG_VALUE_TEXT : HG_VALUE_NULL;
    values[f].s = s;
    values[f].n = n;
    c->filled |= n > 0;
}

/* A record without quotes; false where one turns up, with what was found so far to be forgotten. */
static bool split_plain(hg_csv_cursor *c, const char *from, hg_value *values, size_t fields)
{
    uint64_t delimiter = EACH_BYTE((unsigned char)c->delimiter);
    const char *field = from;
    for (const char *at = from; at < c->end; at += 8) {
        uint64_t marks = find_marks(hg_word_at(at, (size_t)(c->end - at)), delimiter);
        for (; marks; marks &= marks - 1) {
            const char *mark = at + (__builtin_ctzll(marks) >> 3);
            if (*mark == '"')
                return false;
            set_value(c, values, fields, field, (size_t)(mark - field));
            field = mark + 1;
            if (*mark == c->delimiter)
                continue;
            c->p = field;
            return true;
        }
        if (c->end - at < 8)
            break;
    }
    set_value(c, values, fields, field, (size_t)(c->end - field));
    c->p = c->end;
    return true;
}

/* Where a record that begins at p ends: before its line end, or at the end of the text. */
static const char *record_end(const char *p, const char *end)
{
    bool open = false;
    for (; p < end && (open || !is_line_end(*p)); p++)
        open ^= *p == '"';
    return p;
}

/* Past the line end at p: one byte, or two that are different. */
static const char *past_line_end(const char *p, const char *end)
{
    bool pair = p + 1 < end && is_line_end(p[1]) && p[1] != p[0];
    return p + 1 + pair;
}

/* The field at p without its quotes, to *to; returns where it ends. */
static const char *unquote(const hg_csv_cursor *c, const char *p, const char *stop, char **to)
{
    bool open = false;
    char *out = *to;
    while (p < stop && (open || *p != c->delimiter)) {
        if (*p == '"' && open && p + 1 < stop && p[1] == '"') {
            *out++ = '"';
            p += 2;
        } else if (*p == '"') {
            open = !open;
            p++;
        } else if (is_line_end(*p)) {
            p = past_line_end(p, c->end);
            if (p < c->end) /* after the last line of the file there is no other to join */
                *out++ = '\n';
        } else {
            *out++ = *p++;
        }
    }
    *to = out;
    return p;
}

static hg_status split_quoted(hg_csv_cursor *c, const char *from, hg_value *values, size_t fields,
                              hg_error *err)
{
    const char *stop = record_end(from, c->end);
    char *to = hg_grow(c->unquoted, &c->capacity, (size_t)(stop - from), 1);
    if (!to)
        return hg_fail_memory(err);
    c->unquoted = to;
    for (const char *p = from;; p++) {
        char *field = to;
        p = unquote(c, p, stop, &to);
        set_value(c, values, fields, field, (size_t)(to - field));
        if (p >= stop)
            break;
    }
    c->p = stop;
    return HG_OK;
}

/* Past empty lines and byte-order marks, which OGR does not see at the start of a record. */
static const char *next_start(const char *p, const char *end)
{
    static const char mark[3] = "\xef\xbb\xbf";
    for (bool marked = false;;) {
        while (p < end && is_line_end(*p)) {
            p++;
            marked = false;
        }
        if (marked || end - p < 3 || memcmp(p, mark, 3) != 0)
            return p;
        p += 3;
        marked = true;
    }
}

hg_status hg_csv_next(hg_csv_cursor *c, hg_value *values, size_t fields, hg_error *err)
{
    const char *from = next_start(c->p, c->end);
    hg_status status = HG_OK;
    c->found = 0;
    c->filled = false;
    if (from == c->end) {
        c->p = from;
        return HG_OK;
    }
    if (!split_plain(c, from, values, fields)) {
        c->found = 0;
        c->filled = false;
        status = split_quoted(c, from, values, fields, err);
    }
    for (size_t f = c->found; f < fields; f++)
        values[f].type = HG_VALUE_NULL;
    return status;
}

void hg_csv_cursor_dispose(hg_csv_cursor *c)
{
    hg_free(c->unquoted);
    *c = (hg_csv_cursor){0};
}

bool hg_csv_lines_fit(const char *text, size_t n)
{
    const char *end = text + n;
    while ((size_t)(end - text) >= HG_CSV_LINE) { /* past the last line end that is near enough */
        const char *p = text + HG_CSV_LINE;
        while (p > text && !is_line_end(p[-1]))
            p--;
        if (p == text)
            return false;
        text = p;
    }
    return true;
}

/* ------------------------------------------------------------------ stretches */

typedef struct cutter {
    const char *text;
    size_t n, stretch;
    bool *odd; /* a nominal stretch each: whether it holds an odd number of quotes */
    hg_csv_stretch *stretches;
} cutter;

static hg_status count_quotes(void *context, size_t i, hg_error *err)
{
    (void)err;
    cutter *c = context;
    size_t from = i * c->stretch, left = c->n - from;
    const char *p = c->text + from;
    unsigned char quotes = 0; /* only whether it is odd is asked for */
    for (size_t k = 0, n = left < c->stretch ? left : c->stretch; k < n; k++)
        quotes = (unsigned char)(quotes + (p[k] == '"'));
    c->odd[i] = quotes & 1;
    return HG_OK;
}

/* How many of the first n bytes are no line end and have one behind them; n so small that a byte
 * can count. */
static unsigned lines_ended(const char *p, unsigned n)
{
    unsigned char lines = 0;
    for (unsigned k = 0; k < n; k++)
        lines = (unsigned char)(lines + (is_line_end(p[k + 1]) & ~is_line_end(p[k])));
    return lines;
}

/* Every record has a line with something in it: its last byte is followed by a line end or by
 * nothing. */
static hg_status count_lines(void *context, size_t i, hg_error *err)
{
    (void)err;
    cutter *c = context;
    hg_csv_stretch *s = &c->stretches[i];
    const char *p = s->start;
    size_t left = (size_t)(s->end - p);
    for (; left > BLOCK; p += BLOCK, left -= BLOCK)
        s->rows += lines_ended(p, BLOCK);
    if (left)
        s->rows += lines_ended(p, (unsigned)left - 1) + !is_line_end(p[left - 1]);
    return HG_OK;
}

/* Past the first line end outside of quotes in [p, end); NULL where there is none. */
static const char *first_cut(const char *p, const char *end, bool open)
{
    for (; p < end && (open || !is_line_end(*p)); p++)
        open ^= *p == '"';
    return p < end ? p + 1 : NULL;
}

/* From the last to the first, so that text without a place to cut is looked through once. */
static void place_cuts(cutter *c, size_t count)
{
    bool open = false;
    for (size_t i = 0; i < count; i++) {
        bool odd = c->odd[i];
        c->odd[i] = open; /* from now on: whether it begins within quotes */
        open ^= odd;
    }
    const char *end = c->text + c->n, *next = end;
    for (size_t i = count; i-- > 0; next = c->stretches[i].start) {
        const char *nominal = c->text + i * c->stretch;
        const char *limit = i + 1 < count ? nominal + c->stretch : end;
        const char *cut = i ? first_cut(nominal, limit, c->odd[i]) : c->text;
        c->stretches[i] = (hg_csv_stretch){.start = cut ? cut : next, .end = next};
    }
}

hg_status hg_csv_cut(const char *text, size_t n, size_t stretch, int threads,
                     hg_csv_stretch **stretches, size_t *count, hg_error *err)
{
    cutter c = {.text = text, .n = n, .stretch = stretch};
    size_t parts = n / stretch + 1;
    c.odd = hg_calloc(parts, sizeof *c.odd);
    c.stretches = hg_calloc(parts, sizeof *c.stretches);
    hg_status status = c.odd && c.stretches ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_parallel(parts, threads, count_quotes, &c, err);
    if (status == HG_OK) {
        place_cuts(&c, parts);
        status = hg_parallel(parts, threads, count_lines, &c, err);
    }
    hg_free(c.odd);
    if (status != HG_OK) {
        hg_free(c.stretches);
        return status;
    }
    *stretches = c.stretches;
    *count = parts;
    return HG_OK;
}
