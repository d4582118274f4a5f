#include "job/report_parts.h"
#include "base/civil.h"
#include "base/memory.h"
#include "job/columns.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *hg_report_fit(char *buf, size_t size, const char *format, ...)
{
    static const char more[] = "…";
    va_list args;
    va_start(args, format);
    int n = vsnprintf(buf, size, format, args);
    va_end(args);
    if (n < 0 || (size_t)n < size || size <= sizeof more)
        return buf;
    size_t end = size - sizeof more;
    while (end && ((unsigned char)buf[end] & 0xc0) == 0x80) /* not in the middle of a character */
        end--;
    memcpy(buf + end, more, sizeof more);
    return buf;
}

/* The whole line, however long its names are. */
static char *line_of(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *line = n >= 0 ? hg_malloc((size_t)n + 1, 1) : NULL;
    if (line)
        vsnprintf(line, (size_t)n + 1, format, args);
    return line;
}

hg_status hg_report_add(hg_report *r, hg_paragraph style, hg_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *line = line_of(format, args);
    va_end(args);
    hg_status status = line ? hg_document_text(r->doc, style, line, err) : hg_fail_memory(err);
    hg_free(line);
    return status;
}

hg_status hg_report_add_item(hg_report *r, hg_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *line = line_of(format, args);
    va_end(args);
    hg_status status = line ? hg_document_item(r->doc, line, err) : hg_fail_memory(err);
    hg_free(line);
    return status;
}

hg_status hg_report_read(const hg_report *r, const hg_result *result, const char *layer, hg_table **out, hg_error *err)
{
    *out = NULL;
    if (!result->path || !hg_result_has(result, layer))
        return HG_OK;
    hg_table *t = NULL;
    hg_status status = hg_store_read_layer(result->path, layer, &t, err);
    if (status == HG_OK)
        status = hg_columns_title(r->zh ? "zh" : "en", t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

double hg_report_real(const hg_table *t, const char *column, size_t row)
{
    const hg_column *c = hg_table_column(t, column);
    if (c && c->type == HG_DOUBLE)
        return c->f64[row];
    return c && c->type == HG_INT64 && c->i64[row] != HG_NULL_INT64 ? (double)c->i64[row] : NAN;
}

const char *hg_report_text(const hg_table *t, const char *column, size_t row)
{
    const hg_column *c = hg_table_column(t, column);
    return c && c->type == HG_TEXT ? hg_pool_text(t->pool, c->text[row]) : NULL;
}

static bool parse_day(const char *iso, int64_t *civil)
{
    int year, month, day;
    if (!iso || sscanf(iso, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *civil = hg_civil_from(year, month, day, 0, 0, 0);
    return true;
}

const char *hg_report_day(const hg_report *r, const char *iso, char buf[64])
{
    int64_t civil;
    return parse_day(iso, &civil) ? hg_document_day(civil, false, r->zh, buf) : iso ? iso : "–";
}

int64_t hg_report_days_between(const char *from, const char *to)
{
    int64_t a, b;
    return parse_day(from, &a) && parse_day(to, &b) ? (b - a) / 86400 : 0;
}

const char *hg_report_period(const hg_report *r, const hg_result *result, char buf[160])
{
    char from[64], to[64];
    const char *first = hg_result_text(result, "first_time"), *last = hg_result_text(result, "last_time");
    const char *since = hg_result_text(result, "options.since");
    buf[0] = '\0';
    if (first && last)
        snprintf(buf, 160, hg_report_say(r->zh, HG_SAY_PERIOD), hg_report_day(r, since ? since : first, from),
                 hg_report_day(r, last, to));
    return buf;
}

const char *hg_report_stream(const hg_report *r, const char *stream)
{
    if (!stream || !*stream)
        return "–";
    return strcmp(stream, "mixed") == 0 ? hg_report_say(r->zh, HG_SAY_MIXED) : hg_report_stream_code(r, stream);
}

hg_status hg_report_translate_streams(const hg_report *r, hg_table *t, const char *column, hg_error *err)
{
    hg_column *c = hg_table_column(t, column);
    hg_status status = HG_OK;
    for (size_t row = 0; c && c->type == HG_TEXT && row < t->rows && status == HG_OK; row++) {
        const char *name = hg_pool_text(t->pool, c->text[row]);
        if (name)
            status = hg_table_set_text(t, c, row, hg_report_stream(r, name), err);
    }
    return status;
}

const char *hg_report_area(const hg_report *r, const hg_table *areas, size_t row, char buf[96])
{
    const char *name = hg_report_text(areas, "name", row);
    if (name && *name)
        return name;
    snprintf(buf, 96, hg_report_say(r->zh, HG_SAY_AREA_NUMBER), (int)hg_report_real(areas, "rank", row));
    return buf;
}

const char *hg_report_weekday(const hg_report *r, double weekday)
{
    static const hg_report_word words[] = {HG_SAY_MONDAY, HG_SAY_TUESDAY,  HG_SAY_WEDNESDAY, HG_SAY_THURSDAY,
                                           HG_SAY_FRIDAY, HG_SAY_SATURDAY, HG_SAY_SUNDAY};
    return weekday >= 1 && weekday <= 7 ? hg_report_say(r->zh, words[(int)weekday - 1]) : "–";
}

const char *hg_report_crs(const hg_result *result, char buf[256])
{
    const char *code = hg_result_text(result, "analysis_crs"), *name = hg_result_text(result, "analysis_crs_name");
    bool short_code = code && strlen(code) < 20;
    hg_report_fit(buf, 256, "%s%s%s%s", short_code ? code : "", short_code && name ? " (" : "", name ? name : "",
             short_code && name ? ")" : "");
    return buf;
}

const char *hg_report_source(const hg_report *r, const hg_result *result, char buf[512])
{
    hg_text names = {0};
    char last[64], key[64];
    for (size_t i = 0; i < 64; i++) {
        snprintf(key, sizeof key, "inputs[%zu].name", i);
        const char *name = hg_result_text(result, key);
        if (!name)
            break;
        if (!names.s || !strstr(names.s, name)) /* one file may be several inputs */
            hg_text_addf(&names, "%s%s", names.len ? ", " : "", name);
    }
    const char *until = hg_result_text(result, "last_time");
    hg_report_fit(buf, 512, hg_report_say(r->zh, until ? HG_SAY_SOURCE_AS_OF : HG_SAY_SOURCE), names.s ? names.s : "–",
             hg_report_day(r, until, last));
    hg_text_dispose(&names);
    return buf;
}

/* Every shape moves towards the front, so nothing is overwritten before it was read. */
static void keep_polygons(hg_geometry *g, size_t rows, const bool *keep)
{
    size_t row_to = 0, polygon_to = 0, ring_to = 0, point_to = 0;
    for (size_t row = 0; row < rows; row++) {
        size_t first = g->polygon_start[row], last = g->polygon_start[row + 1];
        if (!keep[row])
            continue;
        g->polygon_start[row_to++] = polygon_to;
        for (size_t p = first; p < last; p++) {
            size_t ring = g->ring_start[p], end = g->ring_start[p + 1];
            g->ring_start[polygon_to++] = ring_to;
            for (; ring < end; ring++) {
                size_t from = g->point_start[ring], n = g->point_start[ring + 1] - from;
                memmove(g->xy + 2 * point_to, g->xy + 2 * from, 2 * n * sizeof *g->xy);
                g->point_start[ring_to++] = point_to;
                point_to += n;
            }
        }
    }
    g->polygon_start[row_to] = g->polygons = polygon_to;
    g->ring_start[polygon_to] = g->rings = ring_to;
    g->point_start[ring_to] = g->points = point_to;
}

void hg_report_keep_shapes(hg_table *t, const bool *keep)
{
    hg_geometry *g = &t->geometry;
    size_t to = 0;
    if (g->type == HG_POLYGON || g->type == HG_MULTIPOLYGON)
        keep_polygons(g, t->rows, keep);
    for (size_t row = 0; g->type == HG_POINT && row < t->rows; row++)
        if (keep[row]) {
            memmove(g->xy + 2 * to, g->xy + 2 * row, 2 * sizeof *g->xy);
            to++;
        }
    hg_report_keep_rows(t, keep);
}

void hg_report_keep_rows(hg_table *t, const bool *keep)
{
    size_t kept = 0;
    for (size_t row = 0; row < t->rows; row++) {
        if (!keep[row])
            continue;
        for (size_t k = 0; k < t->column_count; k++) {
            hg_column *c = &t->columns[k];
            if (c->type == HG_TEXT)
                c->text[kept] = c->text[row];
            else if (c->type == HG_DOUBLE)
                c->f64[kept] = c->f64[row];
            else
                c->i64[kept] = c->i64[row];
        }
        kept++;
    }
    t->rows = kept;
}

static bool says_something(const hg_table *t, const hg_column *c)
{
    for (size_t row = 0; row < t->rows; row++) {
        const char *text = c->type == HG_TEXT ? hg_pool_text(t->pool, c->text[row]) : NULL;
        if (c->type == HG_DOUBLE ? isfinite(c->f64[row]) : c->type == HG_TEXT ? text && *text : c->i64[row] != HG_NULL_INT64)
            return true;
    }
    return t->rows == 0;
}

/* Shares are shown times 100, so the head says per cent. */
static hg_status title_percent(const hg_report *r, hg_column *c, hg_error *err)
{
    hg_text title = {0};
    const char *own = c->title ? c->title : c->name;
    if (strstr(own, "%"))
        return HG_OK;
    hg_text_addf(&title, r->zh ? "%s（%%）" : "%s, %%", own);
    char *words = hg_text_take(&title);
    if (!words)
        return hg_fail_memory(err);
    hg_free(c->title);
    c->title = words;
    return HG_OK;
}

hg_status hg_report_present(const hg_report *r, hg_table *t, const hg_document_column *from, size_t n, hg_document_column *to,
                            size_t *kept, hg_error *err)
{
    hg_status status = HG_OK;
    *kept = 0;
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        hg_column *c = hg_table_column(t, from[i].column);
        if (!c || !says_something(t, c))
            continue;
        to[(*kept)++] = from[i];
        if (from[i].format == HG_CELL_PERCENT && !from[i].head)
            status = title_percent(r, c, err);
    }
    return status;
}

hg_status hg_report_add_table(hg_report *r, hg_document_table table, const hg_document_column *columns, size_t n,
                              hg_error *err)
{
    hg_document_column own[24];
    assert(n <= sizeof own / sizeof *own);
    hg_status status = hg_report_present(r, table.table, columns, n, own, &table.n_columns, err);
    table.columns = own;
    if (status != HG_OK) {
        hg_table_free(table.table);
        return status;
    }
    return hg_document_add_table(r->doc, &table, err);
}

hg_status hg_report_add_row(hg_table *t, hg_error *err)
{
    for (size_t k = 0; k < t->column_count; k++) {
        hg_column *c = &t->columns[k];
        size_t size = c->type == HG_TEXT ? sizeof *c->text : sizeof *c->f64;
        void *values = c->type == HG_TEXT ? (void *)c->text : c->type == HG_DOUBLE ? (void *)c->f64 : (void *)c->i64;
        void *more = hg_realloc(values, t->rows + 1, size);
        if (!more)
            return hg_fail_memory(err);
        if (c->type == HG_TEXT)
            (c->text = more)[t->rows] = HG_NO_TEXT;
        else if (c->type == HG_DOUBLE)
            (c->f64 = more)[t->rows] = NAN;
        else
            (c->i64 = more)[t->rows] = HG_NULL_INT64;
    }
    t->rows++;
    return HG_OK;
}
