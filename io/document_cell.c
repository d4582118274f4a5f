#include "io/document.h"
#include "base/civil.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char null_cell[] = "–";

/* "-1234567.5" -> "−1,234,567.5" with a true minus; groups of three in both languages. */
static const char *group(const char *digits, char *buf, size_t size)
{
    bool negative = *digits == '-';
    digits += negative;
    size_t whole = strcspn(digits, "."), used = 0;
    if (negative && strspn(digits, "0.,") < strlen(digits))
        used = (size_t)snprintf(buf, size, "−");
    for (size_t i = 0; digits[i] && used + 2 < size; i++) {
        if (i && i < whole && (whole - i) % 3 == 0)
            buf[used++] = ',';
        buf[used++] = digits[i];
    }
    buf[used] = '\0';
    return buf;
}

const char *hg_document_number(double v, int digits, char buf[64])
{
    char plain[400];
    if (!isfinite(v))
        return null_cell;
    snprintf(plain, sizeof plain, "%.*f", digits, v);
    if (strlen(plain) > 40)
        snprintf(plain, sizeof plain, "%.*e", digits, v);
    return group(plain, buf, 64);
}

const char *hg_document_day(int64_t civil, bool clock, bool zh, char buf[64])
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    int64_t year;
    int month, d, hour, minute;
    hg_civil_split(civil, &year, &month, &d, &hour, &minute, NULL);
    int n = zh ? snprintf(buf, 64, "%" PRId64 "年%d月%d日", year, month, d)
               : snprintf(buf, 64, "%d %s %" PRId64, d, months[month - 1], year);
    if (clock && n > 0 && n < 50)
        snprintf(buf + n, 64 - (size_t)n, " %02d:%02d", hour, minute);
    return buf;
}

/* A text "2019-10-31" as a day; any other as it is. */
static const char *day_of_text(const char *text, bool zh, char buf[64])
{
    int year, month, d, used = 0;
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &d, &used) != 3 || text[used] || month < 1 || month > 12 ||
        d < 1 || d > 31)
        return text;
    return hg_document_day(hg_civil_from(year, month, d, 0, 0, 0), false, zh, buf);
}

static double number_of(const hg_column *c, size_t row)
{
    if (c->type == HG_DOUBLE)
        return c->f64[row];
    return c->type == HG_INT64 && c->i64[row] != HG_NULL_INT64 ? (double)c->i64[row] : NAN;
}

static const char *text_cell(const hg_table *table, const hg_column *c, const hg_document_column *column, size_t row,
                             bool zh, char buf[64])
{
    const char *text = hg_pool_text(table->pool, c->text[row]);
    if (!text || !*text)
        return null_cell;
    return column->format == HG_CELL_DAY ? day_of_text(text, zh, buf) : text;
}

const char *hg_document_cell(const hg_document *doc, const hg_table *table, const hg_document_column *column,
                             size_t row, char buf[64])
{
    bool zh = strcmp(hg_document_about(doc)->lang, "zh") == 0;
    const hg_column *c = hg_table_column(table, column->column);
    if (!c)
        return null_cell;
    if (c->type == HG_TEXT)
        return text_cell(table, c, column, row, zh, buf);
    if (c->type == HG_DATETIME)
        return c->i64[row] == HG_NO_TIME
                   ? null_cell
                   : hg_document_day(c->i64[row], column->format == HG_CELL_MOMENT, zh, buf);
    if (column->format == HG_CELL_INTEGER || (c->type == HG_INT64 && column->format == HG_CELL_TEXT))
        return hg_document_number(number_of(c, row), 0, buf);
    return hg_document_number(number_of(c, row) * (column->format == HG_CELL_PERCENT ? 100 : 1), column->digits, buf);
}

const char *hg_document_head(const hg_table *table, const hg_document_column *column)
{
    const hg_column *c = hg_table_column(table, column->column);
    if (column->head)
        return column->head;
    return c && c->title ? c->title : column->column;
}

bool hg_document_is_number(const hg_table *table, const hg_document_column *column)
{
    const hg_column *c = hg_table_column(table, column->column);
    return c && (c->type == HG_DOUBLE || c->type == HG_INT64);
}

const char *hg_document_band(const hg_table *table, const hg_document_column *column, size_t row)
{
    const hg_column *c = column->band ? hg_table_column(table, column->band) : NULL;
    const char *colour = c && c->type == HG_TEXT ? hg_pool_text(table->pool, c->text[row]) : NULL;
    bool valid = colour && colour[0] == '#' && strlen(colour) == 7 && strspn(colour + 1, "0123456789abcdefABCDEF") == 6;
    return valid ? colour : NULL;
}

bool hg_document_is_total(const hg_document_table *t, size_t row)
{
    return t->total_row && row + 1 == t->table->rows;
}
