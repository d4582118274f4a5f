/* The figures of a backtest as a table, as facts, and as what is printed. */
#include "base/memory.h"
#include "job/backtest.h"
#include "job/columns.h"
#include "job/study.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool hg_backtest_zh(const hg_backtest *b)
{
    return b->job->set.lang && strcmp(b->job->set.lang, "zh") == 0;
}

/* A method under a budget that was asked for. */
typedef struct line {
    hg_trial_score score;
    const hg_trial_interval *interval;
    const double *over_origins;
} line;

static line line_of(const hg_backtest *b, size_t method, size_t k)
{
    size_t at = method * b->asked_count + k;
    line l = {.interval = &b->intervals[at], .over_origins = b->over_origins[at]};
    hg_trial_pool(&b->result, method, b->asked[k], &l.score);
    return l;
}

/* Lower (0) or upper (1) bound of a figure that is in proportion to the hits. */
static double bound_of(const line *l, double value, int side)
{
    return (l->score.hits ? value / (double)l->score.hits : value) * l->interval->hits[side];
}

/* ------------------------------------------------- the table ------------------------------- */

static const hg_column_spec columns[] = {
    {"method", HG_TEXT},          {"budget", HG_DOUBLE},          {"windows", HG_INT64},
    {"hit_rate", HG_DOUBLE},      {"pai", HG_DOUBLE},             {"pei_star", HG_DOUBLE},
    {"ser", HG_DOUBLE},           {"clumpiness", HG_DOUBLE},      {"pai_low", HG_DOUBLE},
    {"pai_high", HG_DOUBLE},      {"hit_low", HG_DOUBLE},         {"hit_high", HG_DOUBLE},
    {"pei_low", HG_DOUBLE},       {"pei_high", HG_DOUBLE},        {"ser_low", HG_DOUBLE},
    {"ser_high", HG_DOUBLE},      {"clumpiness_low", HG_DOUBLE},  {"clumpiness_high", HG_DOUBLE},
    {"pai_origin_low", HG_DOUBLE}, {"pai_origin_high", HG_DOUBLE}, {"ahead", HG_DOUBLE},
    {"hits", HG_INT64},           {"incidents", HG_INT64},        {"area_km2", HG_DOUBLE},
    {"area_share", HG_DOUBLE},    {"pai_flagged", HG_DOUBLE},    {"bandwidth_m", HG_DOUBLE},
};

static void add_interval(hg_row *r, const line *l, double value)
{
    hg_row_real(r, bound_of(l, value, 0));
    hg_row_real(r, bound_of(l, value, 1));
}

static hg_status fill_row(const hg_backtest *b, hg_table *t, size_t method, size_t k, hg_error *err)
{
    const hg_method *m = &b->methods.items[method];
    const line l = line_of(b, method, k);
    hg_row r = {.table = t, .row = method * b->asked_count + k, .status = HG_OK, .err = err};
    hg_row_text(&r, m->name);
    hg_row_real(&r, b->budgets[b->asked[k]]);
    hg_row_int(&r, (int64_t)b->windows);
    hg_row_real(&r, l.score.hit_rate);
    hg_row_real(&r, l.score.pai);
    hg_row_real(&r, l.score.pei_star);
    hg_row_real(&r, l.score.ser_per_km2);
    hg_row_real(&r, l.score.clumpiness);
    add_interval(&r, &l, l.score.pai);
    add_interval(&r, &l, l.score.hit_rate);
    add_interval(&r, &l, l.score.pei_star);
    add_interval(&r, &l, l.score.ser_per_km2);
    hg_row_real(&r, l.interval->clumpiness[0]);
    hg_row_real(&r, l.interval->clumpiness[1]);
    hg_row_real(&r, l.over_origins[0]);
    hg_row_real(&r, l.over_origins[1]);
    hg_row_real(&r, l.interval->ahead);
    hg_row_int(&r, (int64_t)l.score.hits);
    hg_row_int(&r, (int64_t)l.score.incidents);
    hg_row_real(&r, l.score.area_m2 / 1e6);
    hg_row_real(&r, l.score.area_m2 / b->area_m2);
    hg_row_real(&r, l.score.pai_flagged);
    hg_row_real(&r, m->forecast.kernel.bandwidth_m > 0 ? m->forecast.kernel.bandwidth_m : NAN);
    return r.status;
}

hg_status hg_backtest_table(const hg_backtest *b, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_table_new("backtest", b->methods.count * b->asked_count, NULL, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, columns, sizeof columns / sizeof *columns, err);
    for (size_t m = 0; m < b->methods.count; m++)
        for (size_t k = 0; k < b->asked_count && status == HG_OK; k++)
            status = fill_row(b, t, m, k, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

/* ------------------------------------------------- facts ----------------------------------- */

static void day_fact(hg_facts *f, int64_t t, const char *key)
{
    char buf[32];
    hg_fact_text(f, hg_civil_text(t, buf), "%s", key);
}

static void budget_facts(const hg_backtest *b, size_t m, size_t k)
{
    hg_facts *f = &b->job->facts;
    const line l = line_of(b, m, k);
    char key[64];
    const struct {
        const char *name;
        double value;
    } reals[] = {{"budget", b->budgets[b->asked[k]]},  {"hit_rate", l.score.hit_rate},
                 {"pai", l.score.pai},                 {"pai_low", bound_of(&l, l.score.pai, 0)},
                 {"pai_high", bound_of(&l, l.score.pai, 1)}, {"pei_star", l.score.pei_star},
                 {"ser", l.score.ser_per_km2},         {"clumpiness", l.score.clumpiness},
                 {"pai_origin_low", l.over_origins[0]}, {"pai_origin_high", l.over_origins[1]},
                 {"pai_flagged", l.score.pai_flagged},
                 {"ahead", l.interval->ahead},         {"area_share", l.score.area_m2 / b->area_m2}};
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        snprintf(key, sizeof key, "methods[%zu].budgets[%zu].%s", m, k, reals[i].name);
        hg_fact_real(f, reals[i].value, "%s", key);
    }
}

void hg_backtest_facts(const hg_backtest *b)
{
    hg_facts *f = &b->job->facts;
    const hg_rolling *r = &b->rolling;
    hg_fact_int(f, (int64_t)b->windows, "windows");
    day_fact(f, r->first, "data_from");
    day_fact(f, r->end, "data_until");
    day_fact(f, hg_rolling_origin(r, 0), "first_origin");
    day_fact(f, hg_rolling_origin(r, b->windows - 1), "last_origin");
    hg_fact_real(f, r->train_s / 86400, "train_days");
    hg_fact_real(f, r->horizon_s / 86400, "horizon_days");
    hg_fact_real(f, r->step_s / 86400, "step_days");
    hg_fact_int(f, (int64_t)b->training, "training_incidents");
    hg_fact_int(f, (int64_t)b->result.start[b->windows], "judged_incidents");
    hg_fact_int(f, (int64_t)b->result.outside, "judged_outside");
    hg_fact_int(f, (int64_t)b->outside_count, "outside");
    hg_fact_int(f, (int64_t)b->unjudged, "after_last_window");
    hg_fact_real(f, b->grid.cell_m, "cell_m");
    hg_fact_int(f, b->grid.columns, "grid.columns");
    hg_fact_int(f, b->grid.rows, "grid.rows");
    hg_fact_real(f, b->area_m2 / 1e6, "area_km2");
    hg_fact_text(f, b->in->area_given ? "given" : "guessed", "area_source");
    hg_fact_int(f, (int64_t)b->pile_ups.n, "pile_ups");
    hg_fact_int(f, (int64_t)b->job->control.seed, "seed");
    hg_fact_int(f, b->job->set.backtest.bootstrap, "bootstrap");
    hg_fact_int(f, b->job->set.backtest.origins, "origins");
    hg_backtest_tuned_facts(b);
    for (size_t m = 0; m < b->methods.count; m++) {
        hg_fact_text(f, b->methods.items[m].name, "methods[%zu].name", m);
        if (b->methods.items[m].forecast.kernel.bandwidth_m > 0)
            hg_fact_real(f, b->methods.items[m].forecast.kernel.bandwidth_m, "methods[%zu].bandwidth_m", m);
        for (size_t k = 0; k < b->asked_count; k++)
            budget_facts(b, m, k);
    }
}

/* ------------------------------------------------- what is printed -------------------------- */

/* Columns a terminal needs for the text: Chinese characters take two. */
static int width_of(const char *s)
{
    int n = 0;
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        n += (c & 0xC0) == 0x80 ? 0 : c >= 0xE0 ? 2 : 1;
    }
    return n;
}

static void add_padded(hg_text *t, const char *s, int width, bool right)
{
    int fill = width - width_of(s);
    hg_text_addf(t, "%*s%s%*s", right && fill > 0 ? fill : 0, "", s, !right && fill > 0 ? fill : 0, "");
}

enum { COLUMN = 24 };

/* More than a cell of the budget is left, as cells of score 0 are never flagged. */
static bool falls_short(const hg_backtest *b, const line *l, size_t k)
{
    double cell_m2 = b->grid.cell_m * b->grid.cell_m;
    return l->score.area_m2 + cell_m2 < b->budgets[b->asked[k]] * b->area_m2;
}

static void add_figure(const hg_backtest *b, const line *l, size_t k)
{
    char text[64];
    const char *mark = falls_short(b, l, k) ? "*" : "";
    if (isnan(l->score.pai))
        snprintf(text, sizeof text, "-");
    else if (isnan(l->interval->hits[0]))
        snprintf(text, sizeof text, "%.1f%% %.3g%s", 100 * l->score.hit_rate, l->score.pai, mark);
    else
        snprintf(text, sizeof text, "%.1f%% %.3g%s (%.3g-%.3g)", 100 * l->score.hit_rate, l->score.pai, mark,
                 bound_of(l, l->score.pai, 0), bound_of(l, l->score.pai, 1));
    add_padded(&b->job->summary, text, COLUMN, true);
}

static void add_figures(const hg_backtest *b)
{
    hg_text *t = &b->job->summary;
    int width = 8;
    bool any_short = false;
    char head[32];
    for (size_t m = 0; m < b->methods.count; m++) {
        int own = width_of(b->methods.items[m].name);
        width = own > width ? own : width;
    }
    add_padded(t, hg_backtest_zh(b) ? "方法" : "method", width, false);
    for (size_t k = 0; k < b->asked_count; k++) {
        snprintf(head, sizeof head, "%.6g %%", 100 * b->budgets[b->asked[k]]);
        add_padded(t, head, COLUMN, true);
    }
    for (size_t m = 0; m < b->methods.count; m++) {
        hg_text_add(t, "\n");
        add_padded(t, b->methods.items[m].name, width, false);
        for (size_t k = 0; k < b->asked_count; k++) {
            const line l = line_of(b, m, k);
            add_figure(b, &l, k);
            any_short |= falls_short(b, &l, k);
        }
    }
    if (any_short)
        hg_text_add(t, hg_backtest_zh(b) ? "\n* 标示面积不足预算：得分为零的单元不标示；PAI仍按预算面积计算"
                                         : "\n* flags less than the budget, as cells of score 0 are not flagged; its "
                                           "PAI is over the area of the budget, as that of the others");
    hg_text_add(t, "\n");
}

/* Who catches most at each budget, and how surely. */
static void add_leaders(const hg_backtest *b)
{
    hg_text *t = &b->job->summary;
    bool zh = hg_backtest_zh(b);
    hg_text_add(t, zh ? "命中最多：" : "most hits ");
    for (size_t k = 0; k < b->asked_count; k++) {
        size_t best = 0;
        for (size_t m = 1; m < b->methods.count; m++)
            if (line_of(b, m, k).score.hits > line_of(b, best, k).score.hits)
                best = m;
        const line l = line_of(b, best, k);
        hg_text_addf(t, zh ? "%s%.6g%%面积 %s" : "%sat %.6g %%: %s", k ? (zh ? "；" : "; ") : "",
                     100 * b->budgets[b->asked[k]], b->methods.items[best].name);
        if (!isnan(l.interval->ahead))
            hg_text_addf(t, zh ? "（重抽样中%.0f%%居首）" : " (in %.0f %% of resamples)", 100 * l.interval->ahead);
    }
    hg_text_add(t, "\n");
}

static void add_bandwidths(const hg_backtest *b)
{
    hg_text *t = &b->job->summary;
    bool any = false;
    for (size_t m = 0; m < b->methods.count; m++) {
        const hg_method *own = &b->methods.items[m];
        if (!own->needs_bandwidth)
            continue;
        hg_text_add(t, any ? ", " : hg_backtest_zh(b) ? "带宽（首个训练期）：" : "bandwidths, from the first training window: ");
        hg_text_addf(t, "%s %.4g m", own->name, own->forecast.kernel.bandwidth_m);
        any = true;
    }
    hg_text_add(t, any ? "\n" : "");
}

static void add_pile_ups(const hg_backtest *b)
{
    if (b->pile_ups.n)
        hg_text_addf(&b->job->summary,
                     hg_backtest_zh(b) ? "堆叠点：首个训练期内有%zu处坐标的事件远多于周围（最多%llu起），未剔除\n"
                                       : "pile-ups: %zu coordinates of the first training window hold far more "
                                         "incidents than their surroundings (the largest %llu); they are kept\n",
                     b->pile_ups.n, (unsigned long long)b->pile_ups.items[0].count);
}

static void add_windows(const hg_backtest *b)
{
    hg_text *t = &b->job->summary;
    char from[32], to[32], n[32], m[32];
    const hg_rolling *r = &b->rolling;
    int64_t last = hg_rolling_origin(r, b->windows - 1) + (int64_t)r->horizon_s;
    hg_civil_text(hg_rolling_origin(r, 0), from);
    hg_civil_text(last - 1, to);
    hg_grouped(b->result.start[b->windows], n);
    hg_text_addf(t,
                 hg_backtest_zh(b) ? "%zu次预测，%.10s 至 %.10s，每次使用此前%.6g天，以其后%.6g天检验；检验事件%s起"
                                   : "forecasts: %zu, %.10s to %.10s, each from %.6g days before it and judged by %.6g "
                                     "days after it; %s incidents judged",
                 b->windows, from, to, r->train_s / 86400, r->horizon_s / 86400, n);
    if (b->result.outside)
        hg_text_addf(t, hg_backtest_zh(b) ? "，%s起在研究区外，不计" : ", %s outside the area left out",
                     hg_grouped(b->result.outside, m));
    if (b->unjudged)
        hg_text_addf(t, hg_backtest_zh(b) ? "；其后%s起不足一个检验期，未检验" : "; %s later ones fill no window",
                     hg_grouped(b->unjudged, m));
    hg_text_add(t, "\n");
}

void hg_backtest_summarise(const hg_backtest *b)
{
    hg_text *t = &b->job->summary;
    bool zh = hg_backtest_zh(b);
    hg_summarise_intake(b->job, b->in);
    add_windows(b);
    hg_text_addf(t, zh ? "%lld x %lld 个 %g 米单元，研究区 %.4g 平方公里%s\n"
                       : "%lld x %lld cells of %g m on %.4g km2%s\n",
                 (long long)b->grid.columns, (long long)b->grid.rows, b->grid.cell_m, b->area_m2 / 1e6,
                 b->in->area_given ? ""
                 : zh              ? "（推测的研究区：不同运行之间不可比）"
                                   : " (guessed area: not comparable between runs)");
    add_bandwidths(b);
    add_pile_ups(b);
    hg_text_add(t, zh ? "命中率 预测准确度指数PAI（95%区间），按标示面积的比例\n"
                      : "hit rate and PAI (95 % interval) by share of the area flagged\n");
    add_figures(b);
    add_leaders(b);
    hg_backtest_tuned_line(b);
}
