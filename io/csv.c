#include "io/csv.h"
#include "base/civil.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void write_text(FILE *f, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

static void write_whole(FILE *f, int64_t v)
{
    char digits[24];
    int n = 0;
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        digits[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        putc_unlocked('-', f);
    while (n > 0)
        putc_unlocked(digits[--n], f);
}

static void write_cell(FILE *f, const hg_table *t, const hg_column *c, size_t row)
{
    char buf[32];
    switch (c->type) {
    case HG_INT64:
        if (c->i64[row] != HG_NULL_INT64)
            write_whole(f, c->i64[row]);
        break;
    case HG_DOUBLE:
        if (!isnan(c->f64[row]))
            fputs(hg_shortest_decimal(c->f64[row], buf), f);
        break;
    case HG_TEXT:
        if (c->text[row] != HG_NO_TEXT)
            write_text(f, hg_pool_text(t->pool, c->text[row]));
        break;
    case HG_DATETIME:
        if (c->i64[row] != HG_NO_TIME)
            fputs(hg_civil_text(c->i64[row], buf), f);
        break;
    }
}

static void write_rows(FILE *f, const hg_table *t)
{
    fputs("\xef\xbb\xbf", f);
    for (size_t k = 0; k < t->column_count; k++) {
        fputs(k ? "," : "", f);
        write_text(f, t->columns[k].name);
    }
    fputs("\r\n", f);
    for (size_t i = 0; i < t->rows; i++) {
        for (size_t k = 0; k < t->column_count; k++) {
            if (k)
                putc_unlocked(',', f);
            write_cell(f, t, &t->columns[k], i);
        }
        fputs("\r\n", f);
    }
}

hg_status hg_csv_write(const char *path, const hg_table *t, hg_error *err)
{
    FILE *f = fopen(path, "wb");
    bool ok = f != NULL;
    if (ok) {
        write_rows(f, t);
        ok = !ferror(f);
        ok = fclose(f) == 0 && ok;
    }
    return ok ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
}
