/* What the published period and its months come to, unit by unit. */
#include "base/memory.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FEWEST_DAYS = 28 };

typedef struct summary_table {
    const hg_index_run *run;
    hg_table *t;
    size_t bands, counts, rates; /* positions of the first of each */
} summary_table;

static hg_status add_bands(const hg_index_run *run, hg_table *t, hg_error *err)
{
    bool zh = hg_index_zh(run);
    hg_status status = HG_OK;
    for (size_t k = 0; k < run->design.band_count && status == HG_OK; k++) {
        char name[64], title[64];
        hg_column *c = NULL;
        snprintf(name, sizeof name, "days_%s", run->design.band_names[k]);
        snprintf(title, sizeof title, zh ? "%s天数" : "Days %s", hg_index_band_word(run->design.band_names[k], zh));
        status = hg_table_add(t, name, HG_INT64, &c, err);
        if (status == HG_OK && !(c->title = hg_strdup(title)))
            status = hg_fail_memory(err);
    }
    return status;
}

static hg_status add_by_series(const hg_index_run *run, hg_table *t, const char *prefix, const char *words,
                               hg_type type, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < run->series_count && status == HG_OK; k++) {
        char name[96], title[256];
        hg_column *c = NULL;
        snprintf(name, sizeof name, "%s_%s", prefix, run->series[k].code);
        snprintf(title, sizeof title, "%s%s%s", run->series[k].label, hg_index_zh(run) ? "：" : ": ", words);
        status = hg_table_add(t, name, type, &c, err);
        if (status == HG_OK && !(c->title = hg_strdup(title)))
            status = hg_fail_memory(err);
    }
    return status;
}

static hg_status add_columns(summary_table *s, hg_error *err)
{
    static const hg_column_spec first[] = {{"unit", HG_TEXT},   {"period", HG_TEXT},
                                           {"mean_score", HG_DOUBLE}, {"rank", HG_INT64},
                                           {"days", HG_INT64},  {"days_scored", HG_INT64}};
    bool zh = hg_index_zh(s->run);
    hg_status status = hg_columns_add(s->t, first, sizeof first / sizeof *first, err);
    s->bands = s->t->column_count;
    if (status == HG_OK)
        status = add_bands(s->run, s->t, err);
    s->counts = s->t->column_count;
    if (status == HG_OK)
        status = add_by_series(s->run, s->t, "n", zh ? "起数" : "number", HG_INT64, err);
    s->rates = s->t->column_count;
    if (status == HG_OK && s->run->units.population)
        status = add_by_series(s->run, s->t, "per_10k", zh ? "每万人起数" : "per 10,000 people", HG_DOUBLE, err);
    return status;
}

/* A mean of few days, or an exact one, would tell scores, and they counts. */
double hg_index_mean_told(const hg_index_run *run, const hg_index_summary *sum)
{
    if (!run->hidden)
        return sum->mean_score;
    return sum->days_scored < FEWEST_DAYS ? NAN : round(sum->mean_score * 10) / 10;
}

static void fill_numbers(const summary_table *s, size_t row, size_t unit, hg_period span,
                         const hg_index_summary *sum)
{
    enum { MEAN = 2, RANK, DAYS, SCORED };
    const hg_index_run *run = s->run;
    hg_column *c = s->t->columns;
    c[MEAN].f64[row] = hg_index_mean_told(run, sum);
    c[RANK].i64[row] = isnan(c[MEAN].f64[row]) || !sum->rank ? HG_NULL_INT64 : (int64_t)sum->rank;
    c[DAYS].i64[row] = sum->days;
    c[SCORED].i64[row] = sum->days_scored;
    for (size_t k = 0; k < run->design.band_count; k++)
        c[s->bands + k].i64[row] = sum->days_band[k];
    for (size_t k = 0; k < run->series_count; k++) {
        uint64_t n = 0;
        double days = 0, people = run->units.population ? run->units.population[unit] : NAN;
        bool known = hg_index_span_count(run, unit, k, span, &n, &days) && days > 0;
        c[s->counts + k].i64[row] = known ? (int64_t)n : HG_NULL_INT64;
        if (run->units.population)
            c[s->rates + k].f64[row] = known ? 1e4 * (double)n / people : NAN;
    }
}

static hg_status fill_span(const summary_table *s, size_t first, hg_period span, hg_error *err)
{
    char text[32];
    const hg_index_run *run = s->run;
    hg_index_summary *sums = hg_calloc(run->units.n, sizeof *sums);
    if (!sums)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    hg_index_summarise(&run->result, span.from, span.until, sums);
    hg_index_span_text(span, text);
    for (size_t u = 0; u < run->units.n && status == HG_OK; u++) {
        fill_numbers(s, first + u, u, span, &sums[u]);
        status = hg_table_set_text(s->t, &s->t->columns[0], first + u, run->units.names[u], err);
        if (status == HG_OK)
            status = hg_table_set_text(s->t, &s->t->columns[1], first + u, text, err);
    }
    hg_free(sums);
    return status;
}

hg_status hg_index_summary_table(const hg_index_run *run, hg_table **out, hg_error *err)
{
    const hg_index_spans *spans = &run->spans;
    size_t months = spans->month_count > 1 ? spans->month_count : 0;
    summary_table s = {.run = run};
    hg_status status = hg_table_new("index_summary", run->units.n * (1 + months), NULL, &s.t, err);
    if (status != HG_OK)
        return status;
    *out = s.t;
    status = add_columns(&s, err);
    if (status == HG_OK)
        status = fill_span(&s, 0, (hg_period){run->input.since, run->input.until}, err);
    for (size_t k = 0; k < months && status == HG_OK; k++)
        status = fill_span(&s, run->units.n * (1 + k), spans->months[k], err);
    return status == HG_OK ? hg_columns_title(run->job->set.lang, s.t, err) : status;
}
