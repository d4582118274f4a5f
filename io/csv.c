#include "io/csv.h"
#include "base/civil.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 1 << 16 };

/* What is still to be written: the file's own buffer asks for a lock with every piece. */
typedef struct writer {
    FILE *file;
    size_t n;
    char bytes[ROOM];
} writer;

static void flush(writer *w)
{
    fwrite(w->bytes, 1, w->n, w->file);
    w->n = 0;
}

static void put_char(writer *w, char c)
{
    if (w->n == ROOM)
        flush(w);
    w->bytes[w->n++] = c;
}

static void put_bytes(writer *w, const char *s, size_t n)
{
    if (n > ROOM - w->n)
        flush(w);
    if (n > ROOM) {
        fwrite(s, 1, n, w->file);
        return;
    }
    memcpy(w->bytes + w->n, s, n);
    w->n += n;
}

static void put_plain(writer *w, const char *s)
{
    put_bytes(w, s, strlen(s));
}

static void put_text(writer *w, const char *text)
{
    size_t n = strcspn(text, ",\"\r\n");
    if (!text[n]) {
        put_bytes(w, text, n);
        return;
    }
    put_char(w, '"');
    for (; *text; text++) {
        if (*text == '"')
            put_char(w, '"');
        put_char(w, *text);
    }
    put_char(w, '"');
}

static void put_whole(writer *w, int64_t v)
{
    char digits[24];
    int n = 0;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        put_char(w, '-');
    while (n > 0)
        put_char(w, digits[--n]);
}

static void put_cell(writer *w, const hg_table *t, const hg_column *c, size_t row)
{
    char buf[32];
    switch (c->type) {
    case HG_INT64:
        if (c->i64[row] != HG_NULL_INT64)
            put_whole(w, c->i64[row]);
        break;
    case HG_DOUBLE:
        if (!isnan(c->f64[row]))
            put_plain(w, hg_shortest_decimal(c->f64[row], buf));
        break;
    case HG_TEXT:
        if (c->text[row] != HG_NO_TEXT)
            put_text(w, hg_pool_text(t->pool, c->text[row]));
        break;
    case HG_DATETIME:
        if (c->i64[row] != HG_NO_TIME)
            put_plain(w, hg_civil_text(c->i64[row], buf));
        break;
    }
}

static void put_rows(writer *w, const hg_table *t)
{
    put_plain(w, "\xef\xbb\xbf");
    for (size_t k = 0; k < t->column_count; k++) {
        put_plain(w, k ? "," : "");
        put_text(w, t->columns[k].name);
    }
    put_plain(w, "\r\n");
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t k = 0; k < t->column_count; k++) {
            if (k)
                put_char(w, ',');
            put_cell(w, t, &t->columns[k], i);
        }
        put_bytes(w, "\r\n", 2);
    }
    flush(w);
}

hg_status hg_csv_write(const char *path, const hg_table *t, hg_error *err)
{
    writer *w = hg_malloc(1, sizeof *w);
    if (!w)
        return hg_fail_memory(err);
    w->n = 0;
    w->file = fopen(path, "wb");
    bool ok = w->file != NULL;
    if (ok) {
        put_rows(w, t);
        ok = !ferror(w->file);
        ok = fclose(w->file) == 0 && ok;
    }
    hg_free(w);
    return ok ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
}
