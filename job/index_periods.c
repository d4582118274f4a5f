/* Tables of change: year on year, period on period, several years with their trend. */
#include "base/memory.h"
#include "engine/mann_kendall.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Draws of whole events behind an interval: as many as this much work allows, within bounds. */
enum { MOST_DRAWS = 2000, FEWEST_DRAWS = 200 };
static const double WORK = 2e7;

/* Events by unit and day, so that those of a span stand together. */
typedef struct period_tables {
    const hg_index_run *run;
    hg_table *t;
    size_t row;
    size_t *start;  /* events of unit u: order[start[u]] …; units.n = all those in units */
    uint32_t *order;
    double *values[2]; /* amounts of the base and of the current span */
    struct known_bound *known;
} period_tables;

/* Units repeat the same counts, in either order, and an exact bound takes its time. */
enum { KNOWN = 1 << 14 };

typedef struct known_bound {
    uint64_t part, n;
    double bound;
} known_bound;

static void dispose(period_tables *p)
{
    hg_free(p->start);
    hg_free(p->order);
    hg_free(p->values[0]);
    hg_free(p->values[1]);
    hg_free(p->known);
}

static hg_status order_events(period_tables *p, hg_error *err)
{
    const hg_index_entries *e = &p->run->events;
    size_t units = p->run->units.n;
    p->start = hg_calloc(units + 2, sizeof *p->start);
    p->order = hg_malloc(e->n, sizeof *p->order);
    for (int k = 0; k < 2; k++)
        p->values[k] = hg_malloc(e->measure_count ? e->n : 0, sizeof *p->values[k]);
    p->known = hg_calloc(KNOWN, sizeof *p->known);
    if (!p->start || !p->order || !p->values[0] || !p->values[1] || !p->known)
        return hg_fail_memory(err);
    for (size_t i = 0; i < e->n; i++)
        if (e->unit[i] != HG_NO_UNIT)
            p->start[e->unit[i] + 1]++;
    for (size_t u = 0; u < units; u++)
        p->start[u + 1] += p->start[u];
    size_t *next = hg_malloc(units, sizeof *next);
    if (!next)
        return hg_fail_memory(err);
    memcpy(next, p->start, units * sizeof *next);
    for (size_t i = 0; i < e->n; i++)
        if (e->unit[i] != HG_NO_UNIT)
            p->order[next[e->unit[i]]++] = (uint32_t)i;
    hg_free(next);
    return HG_OK;
}

/* ------------------------------------------------- year on year ----------------------------- */

enum { UNIT, COMPARISON, PERIOD, BASE_PERIOD, MEASURE, BASE, CURRENT, CHANGE, LOW, HIGH, NOTE, NOTE_ZH };

/* One line of the table: what is compared, and what came of it. */
typedef struct line {
    size_t unit;
    const hg_index_pair *pair;
    const char *measure;
    hg_change change;
    bool withheld_base, withheld_current, unknown;
} line;

static void note_of(const line *l, bool zh, hg_text *note)
{
    bool open = isinf(l->change.high_pct);
    if (l->unknown)
        hg_text_add(note, zh ? "基期不在数据范围内" : "the base period is not in the data");
    else if (l->withheld_base || l->withheld_current)
        hg_text_add(note, zh ? "数量过小，不公布" : "withheld: small counts");
    else
        hg_text_add(note, hg_index_change_words(l->change.note, zh));
    if (open && !l->unknown && !l->withheld_base && !l->withheld_current)
        hg_text_add(note, zh ? "；无上限" : "; no upper bound");
}

static hg_status put_line(period_tables *p, const line *l, hg_error *err)
{
    char period[32], base[32];
    hg_column *c = p->t->columns;
    size_t row = p->row++;
    bool told = !l->unknown && !l->withheld_base && !l->withheld_current;
    c[BASE].f64[row] = l->unknown || l->withheld_base ? NAN : hg_index_settled(l->change.base);
    c[CURRENT].f64[row] = l->withheld_current ? NAN : hg_index_settled(l->change.current);
    c[CHANGE].f64[row] = told ? hg_index_settled(l->change.change_pct) : NAN;
    c[LOW].f64[row] = told ? hg_index_settled(l->change.low_pct) : NAN;
    c[HIGH].f64[row] = told && isfinite(l->change.high_pct) ? hg_index_settled(l->change.high_pct) : NAN;
    hg_text en = {0}, zh = {0};
    note_of(l, false, &en);
    note_of(l, true, &zh);
    const char *unit = l->unit < p->run->units.n ? p->run->units.names[l->unit] : "*";
    const char *texts[] = {unit, l->pair->yoy ? "yoy" : "pop", hg_index_span_text(l->pair->current, period),
                           hg_index_span_text(l->pair->base, base), l->measure};
    hg_status status = en.failed || zh.failed ? hg_fail_memory(err) : HG_OK;
    for (size_t k = 0; k < 5 && status == HG_OK; k++)
        status = hg_table_set_text(p->t, &c[UNIT + k], row, texts[k], err);
    if (status == HG_OK)
        status = hg_table_set_text(p->t, &c[NOTE], row, en.s, err);
    if (status == HG_OK)
        status = hg_table_set_text(p->t, &c[NOTE_ZH], row, zh.s, err);
    hg_text_dispose(&en);
    hg_text_dispose(&zh);
    return status;
}

static double bound_of(period_tables *p, uint64_t part, uint64_t n)
{
    uint64_t mixed = (part * 0x9e3779b97f4a7c15u) ^ (n * 0xc2b2ae3d27d4eb4fu);
    known_bound *k = &p->known[(mixed >> 20) % KNOWN];
    if (k->n != n || k->part != part)
        *k = (known_bound){part, n, hg_change_share_bound(part, n)};
    return k->bound;
}

static hg_status equal_periods(period_tables *p, uint64_t n0, uint64_t n1, hg_change *out, hg_error *err)
{
    bool needed = n0 > 0;
    return hg_change_of_bounds(n0, 1, n1, 1, needed ? bound_of(p, n1, n0 + n1) : 0,
                               needed ? bound_of(p, n0, n0 + n1) : 0, out, err);
}

static double rescaled(double pct, double ratio)
{
    return ((1 + pct / 100) * ratio - 1) * 100;
}

/* Lengths that differ stretch the ratio of the rates and its bounds alike. */
static hg_status change_of(period_tables *p, uint64_t n0, double days0, uint64_t n1, double days1, hg_change *out,
                           hg_error *err)
{
    hg_status status = equal_periods(p, n0, n1, out, err);
    if (status != HG_OK || days0 == days1 || isnan(out->change_pct))
        return status;
    out->change_pct = rescaled(out->change_pct, days0 / days1);
    out->low_pct = rescaled(out->low_pct, days0 / days1);
    out->high_pct = rescaled(out->high_pct, days0 / days1);
    out->note = out->low_pct > 0 || out->high_pct < 0 ? HG_CHANGE_CLEAR : HG_CHANGE_NOT_DISTINCT;
    return HG_OK;
}

static hg_status count_line(period_tables *p, size_t unit, size_t series, const hg_index_pair *pair, hg_error *err)
{
    uint64_t n0 = 0, n1 = 0;
    double days0 = 0, days1 = 0;
    const hg_index_run *run = p->run;
    line l = {.unit = unit, .pair = pair, .measure = run->series[series].name};
    l.withheld_current = !hg_index_span_count(run, unit, series, pair->current, &n1, &days1);
    l.unknown = !hg_index_span_known(run, pair->base);
    if (!l.unknown)
        l.withheld_base = !hg_index_span_count(run, unit, series, pair->base, &n0, &days0);
    l.unknown |= !(days0 > 0) || !(days1 > 0);
    l.change = (hg_change){.base = (double)n0, .current = (double)n1};
    hg_status status = l.unknown ? HG_OK : change_of(p, n0, days0, n1, days1, &l.change, err);
    return status == HG_OK ? put_line(p, &l, err) : status;
}

/* A day counts where every feed that carries the amounts was there. */
static bool day_counts(const hg_index_run *run, const hg_index_measure *m, size_t unit, int32_t day)
{
    for (size_t k = 0; k < run->series_count; k++)
        if (m->carried[k] && hg_index_feed_missing(run, unit, k, day))
            return false;
    return true;
}

static hg_amounts amounts_in(period_tables *p, const hg_index_measure *m, size_t unit, hg_period span, double *values)
{
    const hg_index_run *run = p->run;
    const hg_index_entries *e = &run->events;
    bool all = unit == run->units.n;
    hg_amounts a = {.value = values};
    for (size_t k = p->start[all ? 0 : unit]; k < p->start[all ? run->units.n : unit + 1]; k++) {
        uint32_t i = p->order[k];
        if (e->day[i] >= span.from && e->day[i] < span.until && !isnan(m->value[i]) &&
            day_counts(run, m, unit, e->day[i]))
            values[a.n++] = m->value[i];
    }
    for (int32_t day = span.from; day < span.until; day++)
        a.days += day_counts(run, m, unit, day);
    return a;
}

/* Fewer events with an amount than may be published, but not none. */
static bool too_few(const hg_index_run *run, const hg_amounts *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        n += a->value[i] > 0;
    return n > 0 && n < (size_t)run->job->set.suppress_below;
}

static double sum(const hg_amounts *a)
{
    double s = 0;
    for (size_t i = 0; i < a->n; i++)
        s += a->value[i];
    return s;
}

static hg_status amount_line(period_tables *p, const hg_index_measure *m, size_t unit, const hg_index_pair *pair,
                             hg_error *err)
{
    const hg_index_run *run = p->run;
    line l = {.unit = unit, .pair = pair, .measure = m->name, .unknown = !hg_index_span_known(run, pair->base)};
    hg_amounts base = {0}, current = amounts_in(p, m, unit, pair->current, p->values[1]);
    if (!l.unknown)
        base = amounts_in(p, m, unit, pair->base, p->values[0]);
    l.unknown |= !(base.days > 0) || !(current.days > 0);
    l.change = (hg_change){.base = sum(&base), .current = sum(&current)};
    l.withheld_base = too_few(run, &base);
    l.withheld_current = too_few(run, &current);
    double draws = WORK / (double)(base.n + current.n + 1);
    draws = fmin(fmax(draws, FEWEST_DRAWS), MOST_DRAWS);
    hg_status status = l.unknown ? HG_OK : hg_change_amounts(base, current, (int)draws, run->job->control.seed,
                                                             &l.change, err);
    return status == HG_OK ? put_line(p, &l, err) : status;
}

/* With small counts withheld, amounts are told for all units together and the whole period only: parts of
 * them could be added up to what is withheld. */
static bool amounts_told(const hg_index_run *run, size_t unit, const hg_index_pair *pair)
{
    return !run->hidden || (unit == run->units.n && pair->whole && pair->yoy);
}

/* One unit is all there is. */
static size_t rows_of_units(const hg_index_run *run)
{
    return run->units.n > 1 ? run->units.n + 1 : 1;
}

static size_t count_lines(const hg_index_run *run)
{
    size_t n = 0, units = rows_of_units(run);
    for (size_t u = 0; u < units; u++)
        for (size_t k = 0; k < run->spans.pair_count; k++)
            n += run->series_count +
                 (amounts_told(run, units == 1 ? run->units.n : u, &run->spans.pairs[k]) ? run->events.measure_count
                                                                                       : 0);
    return n;
}

static hg_status fill_years(period_tables *p, hg_error *err)
{
    const hg_index_run *run = p->run;
    hg_status status = HG_OK;
    size_t units = rows_of_units(run);
    for (size_t u = 0; u < units && status == HG_OK; u++) {
        for (size_t k = 0; k < run->spans.pair_count && status == HG_OK; k++) {
            const hg_index_pair *pair = &run->spans.pairs[k];
            for (size_t s = 0; s < run->series_count && status == HG_OK; s++)
                status = count_line(p, u, s, pair, err);
            if (!amounts_told(run, units == 1 ? run->units.n : u, pair))
                continue;
            for (size_t m = 0; m < run->events.measure_count && status == HG_OK; m++)
                status = amount_line(p, &run->events.measures[m], u, pair, err);
        }
        if (status == HG_OK)
            status = hg_check_cancel(&run->job->control, err);
    }
    return status;
}

static hg_status make_years(period_tables *p, hg_table **out, hg_error *err)
{
    static const hg_column_spec columns[] = {
        {"unit", HG_TEXT},    {"comparison", HG_TEXT}, {"period", HG_TEXT},      {"base_period", HG_TEXT},
        {"measure", HG_TEXT}, {"base", HG_DOUBLE},     {"current", HG_DOUBLE},   {"change_pct", HG_DOUBLE},
        {"low_pct", HG_DOUBLE}, {"high_pct", HG_DOUBLE}, {"note", HG_TEXT},      {"note_zh", HG_TEXT}};
    hg_status status = hg_table_new("year_on_year", count_lines(p->run), NULL, &p->t, err);
    if (status != HG_OK)
        return status;
    *out = p->t;
    p->row = 0;
    status = hg_columns_add(p->t, columns, sizeof columns / sizeof *columns, err);
    if (status == HG_OK)
        status = fill_years(p, err);
    return status == HG_OK ? hg_columns_title(p->run->job->set.lang, p->t, err) : status;
}

hg_status hg_index_year_on_year(const hg_index_run *run, hg_table **out, hg_error *err)
{
    period_tables p = {.run = run};
    hg_status status = order_events(&p, err);
    if (status == HG_OK)
        status = make_years(&p, out, err);
    dispose(&p);
    return status;
}

/* ------------------------------------------------- several years ---------------------------- */

static hg_status set_texts(hg_table *t, size_t row, const char *const *texts, size_t n, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < n && status == HG_OK; k++)
        status = hg_table_set_text(t, &t->columns[k], row, texts[k], err);
    return status;
}

static hg_status fill_multi(const hg_index_run *run, hg_table *t, hg_error *err)
{
    enum { DAYS = 3, COUNT, PER_DAY, PER_10K };
    char text[32];
    size_t row = 0, units = rows_of_units(run);
    hg_status status = HG_OK;
    for (size_t u = 0; u < units; u++) {
        for (size_t s = 0; s < run->series_count; s++) {
            for (size_t y = 0; y < run->spans.year_count && status == HG_OK; y++, row++) {
                uint64_t n = 0;
                double days = 0;
                bool told = hg_index_span_count(run, u, s, run->spans.years[y], &n, &days);
                double people = run->units.population && u < run->units.n ? run->units.population[u] : NAN;
                const char *texts[] = {u < run->units.n ? run->units.names[u] : "*", run->series[s].name,
                                       hg_index_span_text(run->spans.years[y], text)};
                t->columns[DAYS].i64[row] = (int64_t)days;
                t->columns[COUNT].i64[row] = told ? (int64_t)n : HG_NULL_INT64;
                t->columns[PER_DAY].f64[row] = told && days > 0 ? (double)n / days : NAN;
                t->columns[PER_10K].f64[row] = told ? 1e4 * (double)n / people : NAN;
                status = set_texts(t, row, texts, 3, err);
            }
        }
    }
    return status;
}

static hg_status make_multi(const hg_index_run *run, hg_table **out, hg_error *err)
{
    static const hg_column_spec columns[] = {{"unit", HG_TEXT},    {"measure", HG_TEXT}, {"period", HG_TEXT},
                                             {"days", HG_INT64},   {"count", HG_INT64},  {"per_day", HG_DOUBLE},
                                             {"per_10k", HG_DOUBLE}};
    size_t rows = rows_of_units(run) * run->series_count * run->spans.year_count;
    hg_status status = hg_table_new("multi_year", rows, NULL, out, err);
    if (status == HG_OK)
        status = hg_columns_add(*out, columns, sizeof columns / sizeof *columns, err);
    if (status == HG_OK)
        status = fill_multi(run, *out, err);
    return status == HG_OK ? hg_columns_title(run->job->set.lang, *out, err) : status;
}

/* Counts of the years in which the feed was there; *told is false where one of them is withheld. */
static size_t years_of(const hg_index_run *run, size_t unit, size_t series, int32_t *year, uint64_t *n,
                       double *days, bool *told)
{
    size_t count = 0;
    *told = true;
    for (size_t y = 0; y < run->spans.year_count; y++) {
        *told &= hg_index_span_count(run, unit, series, run->spans.years[y], &n[count], &days[count]);
        year[count] = (int32_t)y;
        count += days[count] > 0;
    }
    return count;
}

static hg_status fit_trend(hg_table *t, size_t row, const int32_t *year, const uint64_t *n, const double *days,
                           size_t years, hg_error *err)
{
    enum { YEARS = 2, RATIO, LOW_RATIO, HIGH_RATIO, P, MK_Z, MK_P };
    hg_rate_trend trend = {NAN, NAN, NAN, NAN};
    hg_mann_kendall mk = {.z = NAN, .p_value = NAN};
    double rate[200];
    hg_status status = hg_rate_trend_fit(year, n, days, years, &trend, err);
    for (size_t k = 0; k < years; k++)
        rate[k] = (double)n[k] / days[k];
    if (status == HG_OK && years >= HG_MANN_KENDALL_MIN)
        status = hg_mann_kendall_test(rate, years, &mk, err);
    t->columns[YEARS].i64[row] = (int64_t)years;
    t->columns[RATIO].f64[row] = trend.ratio;
    t->columns[LOW_RATIO].f64[row] = trend.low;
    t->columns[HIGH_RATIO].f64[row] = isfinite(trend.high) ? trend.high : NAN;
    t->columns[P].f64[row] = trend.p_value;
    t->columns[MK_Z].f64[row] = mk.z;
    t->columns[MK_P].f64[row] = mk.p_value;
    return status;
}

static hg_status name_trends(const hg_index_run *run, hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t row = 0; row < t->rows && status == HG_OK; row++) {
        size_t u = row / run->series_count;
        const char *texts[] = {u < run->units.n ? run->units.names[u] : "*", run->series[row % run->series_count].name};
        status = set_texts(t, row, texts, 2, err);
    }
    return status;
}

static hg_status make_trends(const hg_index_run *run, hg_table **out, hg_error *err)
{
    static const hg_column_spec columns[] = {
        {"unit", HG_TEXT},         {"measure", HG_TEXT},       {"years", HG_INT64},
        {"trend_ratio", HG_DOUBLE}, {"trend_low", HG_DOUBLE},  {"trend_high", HG_DOUBLE},
        {"trend_p", HG_DOUBLE},    {"mann_kendall_z", HG_DOUBLE}, {"mann_kendall_p", HG_DOUBLE}};
    hg_status status = hg_table_new("trends", rows_of_units(run) * run->series_count, NULL, out, err);
    if (status == HG_OK)
        status = hg_columns_add(*out, columns, sizeof columns / sizeof *columns, err);
    if (status == HG_OK)
        status = name_trends(run, *out, err);
    return status == HG_OK ? hg_columns_title(run->job->set.lang, *out, err) : status;
}

hg_status hg_index_multi_year(const hg_index_run *run, hg_table **multi, hg_table **trends, hg_error *err)
{
    if (run->spans.year_count < 2)
        return HG_OK;
    hg_status status = make_multi(run, multi, err);
    return status == HG_OK ? make_trends(run, trends, err) : status;
}

hg_status hg_index_fit_trends(const hg_index_run *run, hg_table *trends, size_t from, size_t until, hg_error *err)
{
    enum { MOST = 200 };
    int32_t year[MOST + 1];
    uint64_t n[MOST + 1];
    double days[MOST + 1];
    hg_status status = HG_OK;
    for (size_t row = from; row < until && status == HG_OK; row++) {
        bool told = false;
        size_t years = years_of(run, row / run->series_count, row % run->series_count, year, n, days, &told);
        if (told && years >= 2)
            status = fit_trend(trends, row, year, n, days, years, err);
        if (status == HG_OK)
            status = hg_check_cancel(&run->job->control, err);
    }
    return status;
}
