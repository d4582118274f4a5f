/*
 * CSV read straight from the text against OGR's feature loop over the same file: the same rows,
 * values, texts, hashes and refusals to the last bit, on a corpus of awkward files and on random
 * ones, whatever the number of threads and wherever the text is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/control.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/source_csv.h"
#include "tests/support/sweep.h"

#define TEST_FILE "table.csv"
#include "tests/support/folder.h"

enum { RANDOM_FILES = 600, RANDOM_BYTES = 600, SIZE = 1 << 14 };

static const char *const kept[] = {"k"};
static hg_source_spec plain_spec;
static size_t straight; /* readings that did not need OGR */

/* ------------------------------------------------------------------ the same twice */

static void same_bits(const char *what, const void *a, const void *b, size_t n, size_t size)
{
    assert_true(n == 0 || !a == !b);
    for (size_t i = 0; a && i < n; i++)
        if (memcmp((const char *)a + i * size, (const char *)b + i * size, size) != 0)
            fail_msg("%s of row %zu differs", what, i);
}

static const char *text_of(const hg_pool *pool, uint32_t id)
{
    const char *s = hg_pool_text(pool, id);
    return s ? s : "(none)";
}

static void same_texts(const char *what, const uint32_t *a, const hg_pool *pa, const uint32_t *b,
                       const hg_pool *pb, size_t n)
{
    assert_true(n == 0 || !a == !b);
    for (size_t i = 0; a && i < n; i++)
        if (strcmp(text_of(pa, a[i]), text_of(pb, b[i])) != 0)
            fail_msg("%s of row %zu: OGR %s, straight %s", what, i, text_of(pa, a[i]),
                     text_of(pb, b[i]));
}

static void same_bad(const char *what, const hg_bad_values *a, const hg_pool *pa,
                     const hg_bad_values *b, const hg_pool *pb)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        if (a->items[i].row != b->items[i].row)
            fail_msg("%s %zu: OGR row %zu, straight row %zu", what, i, a->items[i].row,
                     b->items[i].row);
        assert_string_equal(text_of(pa, a->items[i].text), text_of(pb, b->items[i].text));
    }
}

static void same_kept(const hg_column *a, const hg_pool *pa, const hg_column *b, const hg_pool *pb,
                      size_t n)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->type, b->type);
    if (a->type == HG_TEXT)
        same_texts(a->name, a->text, pa, b->text, pb, n);
    else
        same_bits(a->name, a->i64, b->i64, n, sizeof *a->i64);
}

static void same_rows(const hg_source_rows *a, const hg_pool *pa, const hg_source_rows *b,
                      const hg_pool *pb)
{
    if (a->n != b->n)
        fail_msg("OGR %zu rows, straight %zu", a->n, b->n);
    same_bits("state", a->state, b->state, a->n, sizeof *a->state);
    same_bits("x", a->x, b->x, a->n, sizeof *a->x);
    same_bits("y", a->y, b->y, a->n, sizeof *a->y);
    same_bits("weight", a->w, b->w, a->n, sizeof *a->w);
    same_bits("time", a->t_start, b->t_start, a->n, sizeof *a->t_start);
    same_bits("end", a->t_end, b->t_end, a->n, sizeof *a->t_end);
    same_bits("hash", a->hash, b->hash, a->n, sizeof *a->hash);
    same_texts("category", a->category, pa, b->category, pb, a->n);
    same_texts("stream", a->stream, pa, b->stream, pb, a->n);
    same_texts("id", a->id, pa, b->id, pb, a->n);
    assert_int_equal(a->kept_count, b->kept_count);
    for (size_t k = 0; k < a->kept_count; k++)
        same_kept(&a->kept[k], pa, &b->kept[k], pb, a->n);
    same_bad("bad point", &a->bad_points, pa, &b->bad_points, pb);
    same_bad("bad time", &a->bad_times, pa, &b->bad_times, pb);
    same_bad("bad weight", &a->bad_weights, pa, &b->bad_weights, pb);
    assert_int_equal(a->empty_times, b->empty_times);
    assert_int_equal(a->naive_times, b->naive_times);
    assert_int_equal(a->offset_times, b->offset_times);
    assert_int_equal(a->first_offset_s, b->first_offset_s);
    assert_int_equal(a->offsets_differ, b->offsets_differ);
}

/* ------------------------------------------------------------------ one file, both ways */

typedef struct reading {
    hg_pool *pool;
    hg_source *source;
    hg_source_rows rows;
    hg_status status;
    bool done;
    hg_text words;
    hg_error err;
} reading;

static reading begin_reading(const hg_source_spec *spec, hg_control *control)
{
    reading r = {.err = {HG_OK, ""}};
    assert_int_equal(hg_pool_new(&r.pool, &r.err), HG_OK);
    r.status = hg_source_open(spec, r.pool, control, &r.source, &r.err);
    return r;
}

static void end_reading(reading *r)
{
    hg_source_rows_dispose(&r->rows);
    hg_text_dispose(&r->words);
    hg_source_free(r->source);
    hg_pool_free(r->pool);
}

static void through_ogr(reading *r)
{
    r->status = hg_source_read_features(r->source, &r->rows, &r->err);
    if (r->status == HG_OK && r->rows.n)
        r->status = hg_rows_narrow(&r->rows, r->pool, &r->err);
}

static void straight_on(reading *r, size_t stretch)
{
    r->status = hg_source_read_csv(r->source, stretch, &r->rows, &r->done, &r->err);
    if (r->status == HG_OK && r->done && r->rows.n)
        r->status = hg_rows_narrow(&r->rows, r->pool, &r->err);
}

/* A row in words: what the position is, and every value with its kind. */
static hg_status write_row(void *context, const hg_position *p, const hg_value *values,
                           hg_error *err)
{
    (void)err;
    reading *r = context;
    hg_text_addf(&r->words, "%d", p ? (int)p->state : -1);
    for (size_t f = 0; f < r->source->fields; f++) {
        hg_text_addf(&r->words, "|%d ", (int)values[f].type);
        if (values[f].type == HG_VALUE_TEXT)
            hg_text_add_n(&r->words, values[f].s, values[f].n);
    }
    hg_text_add(&r->words, "\n");
    return HG_OK;
}

/* Row by row: the same rows in the same order. */
static void same_words(reading *a, reading *b)
{
    bool done = false;
    assert_int_equal(hg_source_each_feature(a->source, write_row, a, &a->err), HG_OK);
    assert_int_equal(hg_source_each_record(b->source, write_row, b, &done, &b->err), HG_OK);
    assert_true(done && !a->words.failed && !b->words.failed);
    assert_int_equal(a->words.len, b->words.len);
    if (a->words.len)
        assert_memory_equal(a->words.s, b->words.s, a->words.len);
}

/* True where the file was read straight; false where it is OGR's, or cannot be opened. */
static bool compare(const hg_source_spec *spec, size_t stretch, int threads)
{
    hg_control control = {.threads = threads};
    reading a = begin_reading(spec, &control), b = begin_reading(spec, &control);
    assert_int_equal(a.status, b.status);
    bool done = false;
    if (a.status == HG_OK && hg_source_is_csv(b.source)) {
        through_ogr(&a);
        straight_on(&b, stretch);
        done = b.status == HG_OK && b.done;
        if (b.status != HG_OK || b.done)
            assert_int_equal(a.status, b.status);
        if (done && a.status == HG_OK)
            same_rows(&a.rows, a.pool, &b.rows, b.pool);
        if (done && a.status == HG_OK)
            same_words(&a, &b);
    }
    straight += done;
    end_reading(&a);
    end_reading(&b);
    return done;
}

static void write_file(const char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static bool compare_text(const char *text, const hg_source_spec *spec)
{
    static const size_t stretches[] = {1, 7, 64, HG_CSV_STRETCH};
    bool done = true;
    write_file(text, strlen(text));
    for (size_t k = 0; k < sizeof stretches / sizeof *stretches; k++)
        done = compare(spec, stretches[k], k == 1 ? 2 : 1) && done;
    return done;
}

static hg_source_spec spec_of(const char *columns)
{
    hg_source_spec s = plain_spec;
    s.path = path;
    s.x = "x";
    s.y = "y";
    for (; *columns; columns++) {
        s.time = *columns == 't' ? "t" : s.time;
        s.time_end = *columns == 'e' ? "e" : s.time_end;
        s.category = *columns == 'c' ? "c" : s.category;
        s.weight = *columns == 'w' ? "w" : s.weight;
        s.id = *columns == 'i' ? "i" : s.id;
        s.keep = *columns == 'k' ? kept : s.keep;
        s.keep_count = *columns == 'k' ? 1 : s.keep_count;
    }
    return s;
}

/* ------------------------------------------------------------------ the corpus */

typedef struct sample {
    const char *columns, *text;
} sample;

static const sample corpus[] = {
    {"", "x,y\n1,2\n3,4\n"},
    {"", "x,y\n1,2\n3,4"},
    {"", "x,y\r\n1,2\r\n3,4\r\n"},
    {"", "x,y\r1,2\r3,4\r"},
    {"", "x,y\n\r1,2\n\r3,4\n\r"},
    {"", "x,y\n\n\n1,2\r\n\r\n\r3,4\n\n\n"},
    {"", "\xef\xbb\xbfx,y\n1,2\n"},
    {"", "x,y\n\xef\xbb\xbf"
         "1,2\n\xef\xbb\xbf\n\xef\xbb\xbf\xef\xbb\xbf"
         "3,4\n\xef\xbb\xbf"},
    {"k", "x;y;k\n1;2;a,b\n3;4;\"a;b\"\n"},
    {"k", "x\ty\tk\n1\t2\ta b\n3\t\t\n"},
    {"k", "x y k\n1 2 a\n3  b\n4 5 \"a b\"\n"},
    {"k", "x,y,k\n1,2,\"a,b\"\n3,4,\"a\nb\"\n5,6,\"a\r\nb\"\n7,8,\"a\rb\"\n9,10,\"a\n\rb\"\n"},
    {"k", "x,y,k\n1,2,\"a\n\n\nb\"\n3,4,\"\r\n\r\r\n\"\n5,6,\"\n\r\n\"\n"},
    {"k", "x,y,k\n1,2,\"a\"\"b\"\n3,4,\"\"\"\"\n5,6,\"\"\n7,8,\"\"\"\n9,10,\"x\"\n"},
    {"k", "x,y,k\n1,2,a\"b\n3,4,c\"d\n5,6,e\n"},
    {"k", "x,y,k\n1,2,\"a\" b\n3,4, \"a,b\"\n5,6,a\"b,c\"d\n"},
    {"k", "x,y,k\n1,2,\"never closed\n3,4,b\n5,6,c\n"},
    {"k", "x,y,k\n1,2,\"never closed\n\n"},
    {"k", "x,y,k\n1,2,\"never closed\r\n"},
    {"k", "x,y,k\n1,2,\"never closed,"},
    {"k", "x,y,k\n1,2,\""},
    {"k", "x,y,k\n1,2,\"\n"},
    {"k", "x,y,k\n1,2,\"\n\n\n"},
    {"k", "x,y,k\n1,2\n3\n4,5,6,7,8\n,,\n9,10,\n"},
    {"k", "x,y,k,\n1,2,a,\n3,4,b\n"},
    {"k", "x,y,k\n,,\n1,2,a\n,,\n,\n\"\",,\"\"\n3,4,b\n,,\n,,,,,\n\"\"\n"},
    {"tk", "x,y,k,t\n1,2,a,2020-01-02\n,,,\n,,,\n3,4,,\n,,,\n"},
    {"k", "x,y,k\n,,\n,,\n"},
    {"k", "x,y,k\n1,2,  \n 3 , 4 ,\ta\t\n \t, ,\n  ,,\n"},
    {"k", "x,y,k,x,y\n1,2,a,3,4\n"},
    {"k", " x , y , k ,,\n1,2,a,b,c\n"},
    {"k", "\"x\",\"y\",\"k\"\n\"1\",\"2\",\"a\"\n"},
    {"k", "x,y,\"k\nl\"\n1,2,a\n"},
    {"k", "x,y,k\\\"l\n1,2,a\n"},
    {"", "x,y\n1e3,-2.5E-3\n+.5,5.\n1_0,2\n0x10,3\nnan,1\ninf,-inf\n1;2,3\n--1,2\n1e999,0\n1e-999,-"
         "0\n"},
    {"", "x;y\n113,25;22,5\n-1,5e2;+,5\n1,2,3;4\n1.2,3;4\n"},
    {"", "x,y\n0.1,0.30000000000000004\n123456789012345678,0.000001\n9007199254740993,1\n"
         "1.7976931348623157e308,4.9e-324\n113.07122345678901,22.123456789012345678901234567890\n"},
    {"w", "x,y,w\n1,2,3\n1,2,-1\n1,2,a\n1,2,\n1,2,nan\n1,2,\"1,5\"\n"},
    {"te", "x,y,t,e\n1,2,2020-01-02,2020-01-03\n1,2,2020-01-03,2020-01-02\n1,2,,2020-01-02\n"
           "1,2,2020-01-02,\n1,2,,\n1,2,bad,2020-01-02\n1,2,2020-01-02,bad\n"},
    {"t", "x,y,t\n1,2,2020-01-02T03:04:05Z\n1,2,2020-01-02 03:04:05+08:00\n1,2,2020-01-02 03:04\n"
          "1,2,03/01/2020 8:05\n1,2,20200102\n1,2,43831.25\n1,2,1577836800\n1,2,2020年1月2日\n"},
    {"ick", "x,y,i,c,k\n1,2,A1,theft,1\n1,2,A1,theft,2\n3,4,, ,\n5,6,A2,盗窃,4\n"},
    {"k", "x,y,k\n1,2,1\n3,4,2.5\n5,6,\n"},
    {"k", "x,y,k\n1,2,007\n3,4,8\n"},
    {"", "x,y\n1,2\n3,4\n1,2\n1.0,2\n"},
};

static void the_corpus(void **state)
{
    (void)state;
    static const char *const ogrs[] = {"x,y,\"k\nl\"\n1,2,a\n", "x,y,k\\\"l\n1,2,a\n"};
    for (size_t i = 0; i < sizeof corpus / sizeof *corpus; i++) {
        hg_source_spec spec = spec_of(corpus[i].columns);
        bool ogr = strcmp(corpus[i].text, ogrs[0]) == 0 || strcmp(corpus[i].text, ogrs[1]) == 0;
        bool rows = strcmp(corpus[i].text, "x,y,k\n,,\n,,\n") != 0;
        if (compare_text(corpus[i].text, &spec) == ogr && rows)
            fail_msg("file %zu was %sread straight: %s", i, ogr ? "" : "not ", corpus[i].text);
    }
}

static void guesses_and_selections(void **state)
{
    (void)state;
    hg_source_spec spec = {.path = path};
    assert_true(compare_text("lon,lat,date,time,kind\n113,22,2020-01-02,08:30,a\n", &spec));
    assert_true(compare_text("lon,lat,date\n113,22,3/4/2020\n113,22,13/4/2020\n", &spec));
    spec.header_row = 3;
    assert_true(compare_text("A title\nanother, \"one\n经度,纬度\n113,22\n", &spec));
    spec.header_row = 0;
    spec.encoding = "GBK";
    assert_true(compare_text(
        "\xbe\xad\xb6\xc8,\xce\xb3\xb6\xc8,\xc0\xe0\n113,22,\xb5\xc1\xc7\xd4\n", &spec));
    spec.encoding = NULL;
    spec.where = "lon > '112'";
    assert_false(compare_text("lon,lat\n113,22\n", &spec));
    spec.where = NULL;
    assert_false(compare_text("WKT,a\nPOINT(1 2),3\n", &spec));
    spec.x = "x";
    spec.y = "y";
    assert_false(compare_text("WKT,x,y\nPOINT(1 2),3,4\n", &spec));
}

/* Columns with types of their own are OGR's. */
static void types_beside(void **state)
{
    (void)state;
    char beside[sizeof path + 1];
    hg_source_spec spec = spec_of("k");
    snprintf(beside, sizeof beside, "%st", path);
    FILE *f = fopen(beside, "w");
    assert_non_null(f);
    fputs("Real,Real,Integer\n", f);
    fclose(f);
    assert_false(compare_text("x,y,k\n1,2,3\n", &spec));
    f = fopen(beside, "w");
    fputs("String,String,String\n", f);
    fclose(f);
    assert_true(compare_text("x,y,k\n1,2,3\n", &spec));
    unlink(beside);
}

/* Rows past the sample that OGR takes for the guesses, then one with a field of n bytes, open or in
 * quotes. */
static void write_long(char fill, size_t n, const char *quote)
{
    hg_text t = {0};
    char *field = hg_malloc(n, 1);
    assert_non_null(field);
    memset(field, fill, n);
    hg_text_add(&t, "x,y,k\n");
    for (int row = 0; row < 1100; row++)
        hg_text_add(&t, "1,2,a\n");
    hg_text_addf(&t, "3,4,%s", quote);
    hg_text_add_n(&t, field, n);
    hg_text_addf(&t, "%s\n5,6,b\n", quote);
    assert_false(t.failed);
    write_file(t.s, t.len);
    hg_text_dispose(&t);
    hg_free(field);
}

static bool read_alone(const hg_source_spec *spec)
{
    hg_control control = {.threads = 2};
    reading r = begin_reading(spec, &control);
    assert_int_equal(r.status, HG_OK);
    straight_on(&r, HG_CSV_STRETCH);
    assert_int_equal(r.status, HG_OK);
    bool done = r.done;
    assert_int_equal(r.rows.n, done ? 1102 : 0);
    end_reading(&r);
    return done;
}

/* Long fields are read; lines of 10,000,000 bytes, at which OGR gives up, are left to it. */
static void long_lines(void **state)
{
    (void)state;
    hg_source_spec spec = spec_of("k");
    write_long('a', 70000, "");
    assert_true(compare(&spec, HG_CSV_STRETCH, 2));
    write_long('\n', 70000, "\"");
    assert_true(compare(&spec, 1000, 2));
    write_long('a', 9999990, "");
    assert_true(read_alone(&spec));
    write_long('a', 9999996, "");
    assert_false(read_alone(&spec));
    write_long('\n', 10000000, "\"");
    assert_true(read_alone(&spec));
}

/* Rows without a meaning, as tables of names and patrols are read. */
static void records(void **state)
{
    (void)state;
    hg_source_spec spec = {.path = path};
    const char text[] = "name,kind\n,\na,\"b\nc\"\n,\nd\n,,\n";
    reading r[2] = {{.err = {HG_OK, ""}}, {.err = {HG_OK, ""}}};
    write_file(text, sizeof text - 1);
    for (int k = 0; k < 2; k++) {
        assert_int_equal(hg_pool_new(&r[k].pool, &r[k].err), HG_OK);
        assert_int_equal(
            hg_source_open_records(&spec, false, r[k].pool, NULL, &r[k].source, &r[k].err), HG_OK);
    }
    assert_true(hg_source_is_csv(r[1].source));
    same_words(&r[0], &r[1]);
    assert_string_equal(r[1].words.s, "-1|0 |0 \n1|3 a|3 b\nc\n-1|0 |0 \n1|3 d|0 \n");
    end_reading(&r[0]);
    end_reading(&r[1]);
}

/* Past the 2,000 columns at which GDAL stops by itself. */
static void thousands_of_columns(void **state)
{
    (void)state;
    hg_source_spec spec = spec_of("k");
    hg_text t = {0};
    for (int row = 0; row < 4; row++) {
        hg_text_add(&t, row ? "1,2,a" : "x,y,k");
        for (int f = 0; f < 3000; f++)
            hg_text_addf(&t, row ? ",%d" : ",c%d", f);
        hg_text_add(&t, "\n");
    }
    assert_false(t.failed);
    write_file(t.s, t.len);
    assert_true(compare(&spec, HG_CSV_STRETCH, 2));
    assert_true(compare(&spec, 1000, 2));
    hg_text_dispose(&t);
}

/* ------------------------------------------------------------------ random files */

typedef struct maker {
    hg_random random;
    char bytes[SIZE];
    size_t n;
    char delimiter;
    const char *line_end;
} maker;

static uint64_t below(maker *m, uint64_t n)
{
    return hg_random_below(&m->random, n);
}

static void put(maker *m, const char *s)
{
    size_t n = strlen(s);
    if (m->n + n < SIZE) {
        memcpy(m->bytes + m->n, s, n);
        m->n += n;
    }
}

static void put_char(maker *m, char c)
{
    put(m, (const char[]){c, '\0'});
}

static void put_number(maker *m)
{
    static const char *const forms[] = {"%.0f", "%.1f", "%.5f",   "%.17g",
                                        "%g",   "%e",   " %.3f ", "%+.2f"};
    char s[64];
    double v = (hg_random_unit(&m->random) - 0.3) * (below(m, 2) ? 180 : 4e6);
    snprintf(s, sizeof s, forms[below(m, 8)], v);
    put(m, s);
}

static void put_time(maker *m)
{
    char s[64];
    static const char *const forms[] = {"%04d-%02d-%02d",
                                        "%04d-%02d-%02d %02d:%02d",
                                        "%04d/%02d/%02dT%02d:%02d:07",
                                        "%04d-%02d-%02dT%02d:%02d:07Z",
                                        "%04d.%d.%d",
                                        "%04d-%02d-%02dT%02d:%02d:07.25+08:00"};
    snprintf(s, sizeof s, forms[below(m, 6)], 1990 + (int)below(m, 40), 1 + (int)below(m, 12),
             1 + (int)below(m, 31), (int)below(m, 25), (int)below(m, 61));
    put(m, s);
}

static void put_word(maker *m)
{
    static const char *const words[] = {
        "theft",    "盗窃", "a", "\"",           "\"\"", "\n", "\r\n", "\r", ",",   ";",
        "\t",       "|",    " ", "  ",           "'",    "\\", "0",    "é",  "x y", "\"a,b\"",
        "\"a\nb\"", "1,5",  "-", "\xef\xbb\xbf", "n/a"};
    for (uint64_t k = 1 + below(m, 3); k-- > 0;)
        put(m, words[below(m, sizeof words / sizeof *words)]);
}

static void put_field(maker *m, char column)
{
    bool quoted = below(m, 5) == 0;
    uint64_t odd = below(m, 30);
    if (quoted)
        put(m, "\"");
    if (odd == 0)
        put_word(m);
    else if (odd < 27 && (column == 'x' || column == 'y' || column == 'w'))
        put_number(m);
    else if (odd < 27 && (column == 't' || column == 'e'))
        put_time(m);
    else if (odd < 27)
        put(m, below(m, 3) ? "theft" : below(m, 2) ? "A17" : "盗窃");
    if (quoted && below(m, 20))
        put(m, "\"");
}

static void put_row(maker *m, const char *columns)
{
    size_t n = strlen(columns);
    uint64_t odd = below(m, 25);
    if (odd == 0) { /* nothing in it */
        for (size_t f = below(m, n + 2); f-- > 0;)
            put_char(m, m->delimiter);
        return;
    }
    size_t fields = odd == 1 ? below(m, n + 1) : odd == 2 ? n + below(m, 3) : n;
    for (size_t f = 0; f < fields; f++) {
        if (f)
            put_char(m, m->delimiter);
        put_field(m, f < n ? columns[f] : 'k');
    }
}

static void put_table(maker *m, const char *columns)
{
    static const char *const line_ends[] = {"\n", "\r\n", "\r", "\n\r"};
    m->n = 0;
    m->delimiter = ",;\t "[below(m, 4)];
    m->line_end = line_ends[below(m, 4)];
    if (below(m, 4) == 0)
        put(m, "\xef\xbb\xbf");
    for (size_t f = 0; columns[f]; f++) {
        if (f)
            put_char(m, m->delimiter);
        put_char(m, columns[f]);
    }
    put(m, m->line_end);
    for (uint64_t row = below(m, 60); row-- > 0;) {
        put_row(m, columns);
        put(m, below(m, 15) ? m->line_end : line_ends[below(m, 4)]);
    }
    if (below(m, 2) && m->n)
        m->n--;
}

static void random_tables(void **state)
{
    (void)state;
    static const char *const columns[] = {"xy", "xyt", "xytck", "kyxwi", "tecxyk", "ixykwte"};
    static maker m;
    size_t before = straight;
    m.random = hg_random_seed(19, 0);
    for (int i = 0; i < RANDOM_FILES; i++) {
        const char *c = columns[below(&m, sizeof columns / sizeof *columns)];
        hg_source_spec spec = spec_of(c);
        put_table(&m, c);
        write_file(m.bytes, m.n);
        compare(&spec, 1 + below(&m, 200), 1 + (below(&m, 16) == 0));
    }
    assert_true(straight - before > RANDOM_FILES * 4 / 5);
}

/* Bytes in any order, most of them those that mean something. */
static void random_bytes(void **state)
{
    (void)state;
    static const char *const bytes[] = {"\n", "\r", "\"", ",", "\"", "\n", ",",  "1",           ".",
                                        "5",  "-",  "+",  "e", "E",  ";",  "\t", "|",           " ",
                                        "a",  "0",  "\\", "/", ":",  "'",  "é",  "\xef\xbb\xbf"};
    static maker m;
    size_t before = straight;
    m.random = hg_random_seed(20, 0);
    for (int i = 0; i < RANDOM_BYTES; i++) {
        hg_source_spec spec = spec_of("k");
        m.n = 0;
        put(&m, "x,y,k\n1,2,a\n");
        for (uint64_t k = below(&m, 300); k-- > 0;)
            put(&m, bytes[below(&m, sizeof bytes / sizeof *bytes)]);
        write_file(m.bytes, m.n);
        compare(&spec, 1 + below(&m, 40), 1 + (below(&m, 16) == 0));
    }
    assert_true(straight - before > RANDOM_BYTES * 4 / 5);
}

/* ------------------------------------------------------------------ want of memory */

static hg_status read_straight(void *context, hg_error *err)
{
    reading *r = context;
    hg_status status = hg_source_read_csv(r->source, 16, &r->rows, &r->done, err);
    hg_source_rows_dispose(&r->rows);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    const char text[] = "x,y,t,c,k\n1,2,2020-01-02,a,\"b\"\"c\"\n,,,,\nq,4,bad,d,\n5,6,,,e\n";
    hg_source_spec spec = spec_of("tck");
    hg_control control = {.threads = 1};
    write_file(text, sizeof text - 1);
    reading r = begin_reading(&spec, &control);
    assert_int_equal(r.status, HG_OK);
    assert_int_equal(read_straight(&r, &r.err), HG_OK); /* from now on the pool has all texts */
    sweep_allocations(read_straight, &r);
    end_reading(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus),
        cmocka_unit_test(guesses_and_selections),
        cmocka_unit_test(types_beside),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(thousands_of_columns),
        cmocka_unit_test(random_tables),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(records),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
