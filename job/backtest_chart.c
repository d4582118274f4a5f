/*
 * The chart: hit rate against share of area flagged, a curve a method. The axis of areas is logarithmic, so that the
 * small budgets that matter have room; chance, the diagonal, is bent by that.
 */
#include "base/memory.h"
#include "job/backtest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* In units of the page. */
static const double width = 860, height = 560, left = 70, top = 74, right = 250, bottom = 76;

static const char ink[] = "#2a2a2a", faint[] = "#767676", grid_line[] = "#e4e4e4", chance_colour[] = "#8a8a8a";

/* Okabe and Ito 2008, told apart by every kind of colour vision; from the seventh method on they return dashed. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};

enum { COLOURS = sizeof colours / sizeof *colours };

typedef struct chart {
    const hg_backtest *b;
    hg_canvas *canvas;
    bool zh;
    double from, to, most; /* shares of area; the largest hit rate of the axis */
} chart;

static double x_of(const chart *c, double share)
{
    return left + (width - left - right) * log(share / c->from) / log(c->to / c->from);
}

static double y_of(const chart *c, double rate)
{
    return height - bottom - (height - top - bottom) * rate / c->most;
}

static void write_text(const chart *c, double x, double y, double size, bool bold, hg_anchor anchor,
                       const char *color, double most_width, const char *text)
{
    const hg_lettering how = {.size = size, .bold = bold, .anchor = anchor, .color = color, .most_width = most_width};
    hg_canvas_text(c->canvas, x, y, &how, text);
}

static double rate_at(const chart *c, size_t method, size_t budget)
{
    hg_trial_score score;
    hg_trial_pool(&c->b->result, method, budget, &score);
    return isnan(score.hit_rate) ? 0 : score.hit_rate;
}

static void plan(chart *c)
{
    const hg_backtest *b = c->b;
    double highest = 0;
    c->zh = hg_backtest_zh(b);
    c->from = b->budgets[0];
    c->to = b->budgets[b->budget_count - 1];
    for (size_t m = 0; m < b->methods.count; m++)
        highest = fmax(highest, rate_at(c, m, b->budget_count - 1));
    highest = fmax(highest, c->to);
    c->most = highest > 0.95 ? 1 : fmin(1, ceil(highest * 10 + 0.3) / 10);
}

/* ------------------------------------------------- axes ------------------------------------ */

static void draw_rates(const chart *c)
{
    char label[16];
    double step = c->most > 0.5 ? 0.2 : c->most > 0.2 ? 0.1 : 0.05;
    for (int i = 0; i * step <= c->most + 1e-9; i++) {
        double y = y_of(c, i * step);
        snprintf(label, sizeof label, "%.0f %%", 100 * i * step);
        hg_canvas_line(c->canvas, left, y, width - right, y, i ? grid_line : ink, i ? 0.8 : 1);
        write_text(c, left - 8, y, 10, false, HG_ANCHOR_RIGHT, ink, 0, label);
    }
    write_text(c, left - 52, top - 16, 10.5, false, HG_ANCHOR_LEFT, ink, 0, c->zh ? "命中率" : "hit rate");
}

static void draw_areas(const chart *c)
{
    static const double marks[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
    char label[16];
    double floor_y = y_of(c, 0);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (marks[i] < c->from * (1 - 1e-9) || marks[i] > c->to * (1 + 1e-9))
            continue;
        double x = x_of(c, marks[i]);
        snprintf(label, sizeof label, "%.4g %%", 100 * marks[i]);
        hg_canvas_line(c->canvas, x, floor_y, x, floor_y + 5, ink, 1);
        write_text(c, x, floor_y + 15, 10, false, HG_ANCHOR_MIDDLE, ink, 0, label);
    }
    write_text(c, (left + width - right) / 2, floor_y + 34, 10.5, false, HG_ANCHOR_MIDDLE, ink, 0,
               c->zh ? "标示面积占研究区的比例（对数坐标；竖线为所问预算）"
                     : "share of the area flagged (logarithmic; upright lines: the budgets asked for)");
}

static void draw_asked(const chart *c)
{
    for (size_t k = 0; k < c->b->asked_count; k++) {
        double x = x_of(c, c->b->budgets[c->b->asked[k]]);
        hg_canvas_line(c->canvas, x, top, x, y_of(c, 0), "#c8c8c8", 0.9);
    }
}

/* ------------------------------------------------- curves ---------------------------------- */

/* Dashes are laid along the curve: `drawn` is how far it has come. */
static void draw_piece(const chart *c, const double p[2], const double q[2], const char *colour, double weight,
                       bool dashed, double *drawn)
{
    static const double dash = 7, period = 11;
    double length = hypot(q[0] - p[0], q[1] - p[1]);
    if (!dashed) {
        hg_canvas_line(c->canvas, p[0], p[1], q[0], q[1], colour, weight);
        return;
    }
    for (double at = 0; at < length;) {
        double phase = fmod(*drawn + at, period);
        double until = fmin(length, at + (phase < dash ? dash : period) - phase + 1e-6);
        double a = at / length, z = until / length;
        if (phase < dash)
            hg_canvas_line(c->canvas, p[0] + a * (q[0] - p[0]), p[1] + a * (q[1] - p[1]), p[0] + z * (q[0] - p[0]),
                           p[1] + z * (q[1] - p[1]), colour, weight);
        at = until;
    }
    *drawn = fmod(*drawn + length, period);
}

static double weight_of(const chart *c, size_t method)
{
    return c->b->methods.items[method].tuned ? 3 : 1.7;
}

static void draw_method(const chart *c, size_t m)
{
    const hg_backtest *b = c->b;
    double drawn = 0;
    for (size_t k = 1; k < b->budget_count; k++) {
        const double p[2] = {x_of(c, b->budgets[k - 1]), y_of(c, rate_at(c, m, k - 1))};
        const double q[2] = {x_of(c, b->budgets[k]), y_of(c, rate_at(c, m, k))};
        draw_piece(c, p, q, colours[m % COLOURS], weight_of(c, m), m / COLOURS % 2 == 1, &drawn);
    }
    for (size_t k = 0; k < b->asked_count; k++) {
        double x = x_of(c, b->budgets[b->asked[k]]), y = y_of(c, rate_at(c, m, b->asked[k]));
        hg_canvas_box(c->canvas, x - 2.5, y - 2.5, 5, 5, colours[m % COLOURS], "#ffffff", 0.7);
    }
}

static void draw_chance(const chart *c)
{
    enum { PIECES = 60 };
    double drawn = 0, ratio = c->to / c->from;
    for (int i = 0; i < PIECES; i++) {
        double a = c->from * pow(ratio, (double)i / PIECES), z = c->from * pow(ratio, (i + 1.0) / PIECES);
        const double p[2] = {x_of(c, a), y_of(c, a)}, q[2] = {x_of(c, z), y_of(c, z)};
        draw_piece(c, p, q, chance_colour, 1.4, true, &drawn);
    }
}

/* ------------------------------------------------- words ----------------------------------- */

/* Methods from the best at the right-hand side down; equal ones in their order. */
static void order_methods(const chart *c, size_t *order)
{
    size_t n = c->b->methods.count, last = c->b->budget_count - 1;
    for (size_t m = 0; m < n; m++) {
        size_t at = m;
        for (; at > 0 && rate_at(c, order[at - 1], last) < rate_at(c, m, last); at--)
            order[at] = order[at - 1];
        order[at] = m;
    }
}

static void draw_entry(const chart *c, double y, const char *colour, double weight, bool dashed, const char *text)
{
    double x = width - right + 20, drawn = 0;
    const double p[2] = {x, y}, q[2] = {x + 28, y};
    draw_piece(c, p, q, colour, weight, dashed, &drawn);
    write_text(c, x + 35, y, 10.5, false, HG_ANCHOR_LEFT, ink, right - 64, text);
}

static void draw_legend(const chart *c, const size_t *order)
{
    double y = top + 6, gap = fmin(19, (height - top - bottom) / ((double)c->b->methods.count + 1));
    for (size_t i = 0; i < c->b->methods.count; i++, y += gap) {
        size_t m = order[i];
        draw_entry(c, y, colours[m % COLOURS], weight_of(c, m), m / COLOURS % 2 == 1, c->b->methods.items[m].name);
    }
    draw_entry(c, y, chance_colour, 1.4, true, c->zh ? "随机" : "chance");
}

static void draw_words(const chart *c)
{
    const hg_backtest *b = c->b;
    char from[32], to[32], line[256];
    int64_t last = hg_rolling_origin(&b->rolling, b->windows - 1) + (int64_t)b->rolling.horizon_s;
    hg_civil_text(hg_rolling_origin(&b->rolling, 0), from);
    hg_civil_text(last - 1, to);
    write_text(c, left - 52, 22, 16, true, HG_ANCHOR_LEFT, ink, 0,
               c->zh ? "预测检验：标示区域内发生了多少后来的事件" : "Backtest: later incidents in the cells flagged before");
    snprintf(line, sizeof line,
             c->zh ? "%.10s 至 %.10s，%zu次预测，%llu起事件，单元%g米"
                   : "%.10s to %.10s, forecasts: %zu, incidents: %llu, cells of %g m",
             from, to, b->windows, (unsigned long long)b->result.start[b->windows], b->grid.cell_m);
    write_text(c, left - 52, 41, 10, false, HG_ANCHOR_LEFT, faint, 0, line);
    snprintf(line, sizeof line, c->zh ? "hotgrid %s　内部使用" : "hotgrid %s, internal use", hg_version());
    write_text(c, left - 52, height - 14, 8.5, false, HG_ANCHOR_LEFT, faint, 0, line);
}

/* The best is drawn last, over all others. */
hg_status hg_backtest_chart(const hg_backtest *b, hg_canvas_format format, const char *path, hg_error *err)
{
    chart c = {.b = b};
    size_t *order = hg_malloc(b->methods.count, sizeof *order);
    hg_status status = order ? hg_canvas_new(format, path, width, height, 2, &c.canvas, err) : hg_fail_memory(err);
    if (status != HG_OK) {
        hg_free(order);
        return status;
    }
    plan(&c);
    order_methods(&c, order);
    draw_words(&c);
    draw_rates(&c);
    draw_areas(&c);
    draw_asked(&c);
    draw_chance(&c);
    for (size_t i = b->methods.count; i-- > 0;)
        draw_method(&c, order[i]);
    draw_legend(&c, order);
    hg_free(order);
    return hg_canvas_finish(c.canvas, err);
}
