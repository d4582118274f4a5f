/* --compare: which days of an earlier result are no longer what they were, and why. */
#include "base/memory.h"
#include "io/store.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Scores of two runs on the same data differ by less: they are settled to 1e-9. */
static const double SAME = 1e-6;

typedef struct comparison {
    const hg_index_run *run;
    const hg_table *old, *now;
    size_t *old_row; /* of each row of `now`; SIZE_MAX where it is new */
    size_t count[HG_INDEX_STREAMS_MAX][2], expected[HG_INDEX_STREAMS_MAX][2], missing[HG_INDEX_STREAMS_MAX][2];
    bool shared[HG_INDEX_STREAMS_MAX]; /* both have the series */
    hg_table *out;
} comparison;

/* ------------------------------------------------- finding rows ---------------------------- */

typedef struct row_key {
    const char *unit, *date;
    size_t row;
} row_key;

static int by_key(const void *a, const void *b)
{
    const row_key *p = a, *q = b;
    int d = strcmp(p->unit, q->unit);
    return d ? d : strcmp(p->date, q->date);
}

static const char *text_at(const hg_table *t, const char *column, size_t row)
{
    const hg_column *c = hg_table_column(t, column);
    const char *text = c && c->type == HG_TEXT ? hg_pool_text(t->pool, c->text[row]) : NULL;
    return text ? text : "";
}

static hg_status match_rows(comparison *c, hg_error *err)
{
    row_key *keys = hg_malloc(c->old->rows, sizeof *keys);
    c->old_row = hg_malloc(c->now->rows, sizeof *c->old_row);
    if (!keys || !c->old_row) {
        hg_free(keys);
        return hg_fail_memory(err);
    }
    for (size_t i = 0; i < c->old->rows; i++)
        keys[i] = (row_key){text_at(c->old, "unit", i), text_at(c->old, "date", i), i};
    qsort(keys, c->old->rows, sizeof *keys, by_key);
    for (size_t i = 0; i < c->now->rows; i++) {
        const row_key key = {text_at(c->now, "unit", i), text_at(c->now, "date", i), 0};
        const row_key *found = bsearch(&key, keys, c->old->rows, sizeof *keys, by_key);
        c->old_row[i] = found ? found->row : SIZE_MAX;
    }
    hg_free(keys);
    return HG_OK;
}

static size_t position(const hg_table *t, const char *prefix, const char *code)
{
    char name[96];
    snprintf(name, sizeof name, "%s_%s", prefix, code);
    const hg_column *c = hg_table_column(t, name);
    return c ? (size_t)(c - t->columns) : SIZE_MAX;
}

static void match_columns(comparison *c)
{
    const hg_table *tables[] = {c->old, c->now};
    for (size_t k = 0; k < c->run->series_count; k++) {
        const char *code = c->run->series[k].code;
        c->shared[k] = true;
        for (int w = 0; w < 2; w++) {
            c->count[k][w] = position(tables[w], "n", code);
            c->expected[k][w] = position(tables[w], "expected", code);
            c->missing[k][w] = position(tables[w], "missing", code);
            c->shared[k] &= c->count[k][w] != SIZE_MAX && c->expected[k][w] != SIZE_MAX &&
                            c->missing[k][w] != SIZE_MAX;
        }
    }
}

/* ------------------------------------------------- differences ------------------------------ */

static bool real_differs(double a, double b)
{
    return isnan(a) != isnan(b) || fabs(a - b) > SAME * fmax(1, fabs(a));
}

static double real_at(const hg_table *t, const char *column, size_t row)
{
    const hg_column *c = hg_table_column(t, column);
    return c && c->type == HG_DOUBLE ? c->f64[row] : NAN;
}

static int64_t whole_at(const hg_table *t, size_t column, size_t row)
{
    return t->columns[column].type == HG_INT64 ? t->columns[column].i64[row] : HG_NULL_INT64;
}

static void add_count(hg_text *t, int64_t n, bool zh)
{
    if (n == HG_NULL_INT64)
        hg_text_add(t, zh ? "缺报" : "none");
    else
        hg_text_addf(t, "%lld", (long long)n);
}

/* Which of a row's counts, feeds and expectations differ. */
typedef struct difference {
    bool counts, feeds, history, config, headline;
} difference;

static difference differences(const comparison *c, size_t row, size_t before, hg_text *why)
{
    bool zh = hg_index_zh(c->run);
    difference d = {.config = strcmp(text_at(c->old, "config_sha256", before),
                                     text_at(c->now, "config_sha256", row)) != 0};
    d.headline = strcmp(text_at(c->old, "band", before), text_at(c->now, "band", row)) != 0 ||
                 real_differs(real_at(c->old, "score", before), real_at(c->now, "score", row));
    for (size_t k = 0; k < c->run->series_count; k++) {
        if (!c->shared[k])
            continue;
        int64_t n0 = whole_at(c->old, c->count[k][0], before), n1 = whole_at(c->now, c->count[k][1], row);
        int64_t m0 = whole_at(c->old, c->missing[k][0], before), m1 = whole_at(c->now, c->missing[k][1], row);
        d.feeds |= m0 != m1;
        d.history |= c->old->columns[c->expected[k][0]].type == HG_DOUBLE &&
                     real_differs(c->old->columns[c->expected[k][0]].f64[before],
                                  c->now->columns[c->expected[k][1]].f64[row]);
        if (n0 == n1)
            continue;
        d.counts |= m0 == m1;
        hg_text_addf(why, "%s%s ", why->len ? (zh ? "；" : "; ") : "", c->run->series[k].label);
        add_count(why, n0, zh);
        hg_text_add(why, " → ");
        add_count(why, n1, zh);
    }
    return d;
}

static const char *reason_code(const difference *d)
{
    if (d->counts)
        return "late rows";
    if (d->feeds)
        return "feed";
    if (d->config)
        return "config";
    return d->history ? "history" : "other";
}

static void add_words(const difference *d, bool zh, hg_text *why)
{
    const struct {
        bool is;
        const char *en, *zh;
    } words[] = {{d->config, "the config differs", "配置不同"},
                 {d->history && !d->config, "its history differs", "历史数据变化"},
                 {d->feeds, "a feed is there or missing that was not", "数据缺报状态变化"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].is)
            hg_text_addf(why, "%s%s", why->len ? (zh ? "；" : "; ") : "", zh ? words[i].zh : words[i].en);
}

/* ------------------------------------------------- the table ------------------------------- */

enum { UNIT, DATE, REASON, OLD_SCORE, SCORE, OLD_BAND, BAND, DETAILS };

static hg_status put_row(comparison *c, size_t out, size_t row, size_t before, const difference *d,
                         const char *details, hg_error *err)
{
    hg_column *columns = c->out->columns;
    columns[OLD_SCORE].f64[out] = real_at(c->old, "score", before);
    columns[SCORE].f64[out] = real_at(c->now, "score", row);
    const struct {
        size_t column;
        const char *text;
    } texts[] = {{UNIT, text_at(c->now, "unit", row)},        {DATE, text_at(c->now, "date", row)},
                 {REASON, reason_code(d)},                    {OLD_BAND, text_at(c->old, "band", before)},
                 {BAND, text_at(c->now, "band", row)},        {DETAILS, details ? details : ""}};
    hg_status status = HG_OK;
    for (size_t k = 0; k < sizeof texts / sizeof *texts && status == HG_OK; k++)
        if (*texts[k].text)
            status = hg_table_set_text(c->out, &columns[texts[k].column], out, texts[k].text, err);
    return status;
}

static bool is_change(const difference *d)
{
    return d->counts || d->feeds || d->headline;
}

/* Twice over the rows: to count them, then to write them. */
static hg_status walk(comparison *c, size_t *changed, hg_error *err)
{
    bool zh = hg_index_zh(c->run);
    size_t n = 0;
    hg_status status = HG_OK;
    for (size_t i = 0; i < c->now->rows && status == HG_OK; i++) {
        hg_text why = {0};
        if (c->old_row[i] == SIZE_MAX)
            continue;
        difference d = differences(c, i, c->old_row[i], &why);
        if (is_change(&d) && c->out) {
            add_words(&d, zh, &why);
            status = why.failed ? hg_fail_memory(err) : put_row(c, n, i, c->old_row[i], &d, why.s, err);
        }
        n += is_change(&d);
        hg_text_dispose(&why);
    }
    *changed = n;
    return status;
}

static hg_status make_table(comparison *c, hg_error *err)
{
    static const hg_column_spec columns[] = {
        {"unit", HG_TEXT},     {"date", HG_TEXT},     {"reason", HG_TEXT}, {"old_score", HG_DOUBLE},
        {"score", HG_DOUBLE},  {"old_band", HG_TEXT}, {"band", HG_TEXT},   {"details", HG_TEXT}};
    size_t changed = 0;
    hg_status status = walk(c, &changed, err);
    if (status == HG_OK)
        status = hg_table_new("index_changes", changed, NULL, &c->out, err);
    if (status == HG_OK)
        status = hg_columns_add(c->out, columns, sizeof columns / sizeof *columns, err);
    if (status == HG_OK)
        status = walk(c, &changed, err);
    return status == HG_OK ? hg_columns_title(c->run->job->set.lang, c->out, err) : status;
}

static void tell(hg_index_run *run, const comparison *c)
{
    size_t common = 0, late = 0;
    for (size_t i = 0; i < c->now->rows; i++)
        common += c->old_row[i] != SIZE_MAX;
    for (size_t i = 0; i < c->out->rows; i++)
        late += strcmp(text_at(c->out, "reason", i), "late rows") == 0;
    hg_facts *f = &run->job->facts;
    if (!common)
        hg_job_add_note(run->job, "--compare %s: no day of a unit stands in both results", hg_base_name(run->job->set.compare));
    hg_fact_text(f, hg_base_name(run->job->set.compare), "compare.old");
    hg_fact_int(f, (int64_t)common, "compare.days_compared");
    hg_fact_int(f, (int64_t)c->out->rows, "compare.days_changed");
    hg_fact_int(f, (int64_t)late, "compare.days_with_late_rows");
}

/* What was withheld then cannot be told from what has come since. */
static hg_status refuse_withheld(const char *path, hg_error *err)
{
    hg_table *info = NULL;
    hg_status status = hg_store_read_table(path, "run_info", &info, err);
    for (size_t i = 0; status == HG_OK && i < info->rows; i++)
        if (strcmp(text_at(info, "key", i), "suppress_below") == 0)
            status = hg_fail(err, HG_EUSAGE,
                             "--compare %s: made with --suppress-below; a result without withheld counts was expected",
                             path);
    hg_table_free(info);
    return status;
}

hg_status hg_index_changes_table(hg_index_run *run, const hg_table *daily, hg_table **out, hg_error *err)
{
    comparison c = {.run = run, .now = daily};
    hg_table *old = NULL;
    hg_status status = hg_store_read_table(run->job->set.compare, "safety_index", &old, err);
    c.old = old;
    if (status == HG_OK && !(hg_table_column(old, "unit") && hg_table_column(old, "date")))
        status = hg_fail(err, HG_EDATA, "--compare %s: table safety_index has no columns unit and date",
                         run->job->set.compare);
    if (status == HG_OK)
        status = refuse_withheld(run->job->set.compare, err);
    if (status == HG_OK)
        status = match_rows(&c, err);
    if (status == HG_OK) {
        match_columns(&c);
        status = make_table(&c, err);
    }
    if (status == HG_OK)
        tell(run, &c);
    hg_free(c.old_row);
    hg_table_free(old);
    if (status != HG_OK) {
        hg_table_free(c.out);
        return status;
    }
    *out = c.out;
    return HG_OK;
}
