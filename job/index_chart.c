/*
 * The calendar chart: every published day in the colour of its band. A few units get a calendar a year, a month a
 * row; many get a strip a year each.
 */
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DAY_S = 86400,
    CALENDARS = 24,   /* more blocks than this become strips */
    MOST_STRIPS = 2000,
    MONTHS = 12,
    MOST_MONTH_DAYS = 31,
};

/* In units of the page. */
static const double margin = 24, head = 78, foot = 30;
static const double cell_width = 21, cell_height = 16, month_label = 44, block_head = 40, block_gap = 14;
static const double strip_label = 170, strip_day = 2.2, strip_height = 13, strip_head = 34;

/* Twice as many pixels as units, but no more than this for a long page. */
static const double MOST_PIXELS = 6e6;

static const char ink[] = "#2a2a2a", faint[] = "#8a8a8a", empty[] = "#ffffff", grid_line[] = "#e2e2e2",
                  missing[] = "#c8c8c8";

typedef struct chart {
    const hg_index_run *run;
    hg_canvas *canvas;
    bool zh, strips;
    int64_t first_year, last_year;
    size_t units; /* drawn */
    double width, height;
} chart;

static int64_t year_of(int32_t day)
{
    int64_t year;
    hg_civil_split((int64_t)day * DAY_S, &year, NULL, NULL, NULL, NULL, NULL);
    return year;
}

static int32_t first_of(int64_t year, int month)
{
    return hg_index_day_of(hg_civil_from(month > MONTHS ? year + 1 : year, month > MONTHS ? 1 : month, 1, 0, 0, 0));
}

static size_t years_of(const chart *c)
{
    return (size_t)(c->last_year - c->first_year + 1);
}

static void plan(chart *c)
{
    const hg_index_input *in = &c->run->input;
    c->zh = hg_index_zh(c->run);
    c->first_year = year_of(in->since);
    c->last_year = year_of(in->until - 1);
    c->units = c->run->units.n;
    c->strips = c->units * years_of(c) > CALENDARS;
    if (c->strips && c->units * years_of(c) > MOST_STRIPS)
        c->units = MOST_STRIPS / years_of(c) ? MOST_STRIPS / years_of(c) : 1;
    double block = c->strips ? strip_head + (double)c->units * strip_height + block_gap
                             : (double)c->units * (block_head + MONTHS * cell_height + block_gap);
    c->width = 2 * margin + (c->strips ? strip_label + 366 * strip_day : month_label + MOST_MONTH_DAYS * cell_width);
    c->height = head + (double)years_of(c) * block + foot;
}

static void write_text(const chart *c, double x, double y, double size, bool bold, hg_anchor anchor, const char *color,
                       double most_width, const char *text)
{
    const hg_lettering how = {
        .size = size, .bold = bold, .anchor = anchor, .color = color, .most_width = most_width};
    hg_canvas_text(c->canvas, x, y, &how, text);
}

/* ------------------------------------------------- head and legend -------------------------- */

static void band_label(const chart *c, size_t k, char *buf, size_t size)
{
    const hg_index_config *m = &c->run->design.model;
    char low[32] = "", high[32] = "";
    const char *word = hg_index_band_word(c->run->design.band_names[k], c->zh);
    if (k < m->edge_count)
        hg_shortest_decimal(m->edges[k], low);
    if (k > 0)
        hg_shortest_decimal(m->edges[k - 1], high);
    if (k == 0)
        snprintf(buf, size, "%s ≥ %s", word, low);
    else if (k == m->edge_count)
        snprintf(buf, size, "%s < %s", word, high);
    else
        snprintf(buf, size, "%s %s–%s", word, low, high);
}

static void draw_legend(const chart *c, double y)
{
    enum { BOX = 11 };
    double x = margin;
    char label[96];
    for (size_t k = 0; k <= c->run->design.band_count; k++) {
        bool last = k == c->run->design.band_count;
        const char *colour = last ? missing : hg_index_band_colour(c->run->design.band_names[k]);
        if (last)
            snprintf(label, sizeof label, "%s", c->zh ? "无指数（缺报或历史不足）" : "no index (no feed or too little history)");
        else
            band_label(c, k, label, sizeof label);
        const hg_lettering how = {.size = 10, .anchor = HG_ANCHOR_LEFT, .color = ink};
        hg_canvas_box(c->canvas, x, y - BOX / 2.0, BOX, BOX, colour, NULL, 0);
        hg_canvas_text(c->canvas, x + BOX + 4, y, &how, label);
        x += BOX + 4 + hg_canvas_text_width(c->canvas, &how, label) + 16;
    }
}

static void draw_head(const chart *c)
{
    char from[32], last[32], line[256];
    const hg_index_input *in = &c->run->input;
    hg_index_day_text(in->since, from);
    hg_index_day_text(in->until - 1, last);
    write_text(c, margin, 22, 16, true, HG_ANCHOR_LEFT, ink, 0, c->zh ? "每日安全指数" : "Daily safety index");
    snprintf(line, sizeof line, c->zh ? "%s 至 %s　方案 %s（自定设计）" : "%s to %s; design %s (declared, not a city's formula)",
             from, last, c->run->design.preset_name);
    write_text(c, margin, 41, 9.5, false, HG_ANCHOR_LEFT, faint, c->width - 2 * margin, line);
    draw_legend(c, 60);
}

static void draw_foot(const chart *c)
{
    char line[256];
    snprintf(line, sizeof line, c->zh ? "hotgrid %s　配置 %.12s　内部使用" : "hotgrid %s, config %.12s, internal use",
             hg_version(), c->run->design.sha256);
    write_text(c, margin, c->height - 15, 8.5, false, HG_ANCHOR_LEFT, faint, 0, line);
    if (c->units == c->run->units.n)
        return;
    snprintf(line, sizeof line, c->zh ? "仅绘前%zu个单元（共%zu个）" : "the first %zu of %zu units", c->units,
             c->run->units.n);
    write_text(c, c->width - margin, c->height - 15, 8.5, false, HG_ANCHOR_RIGHT, faint, 0, line);
}

/* ------------------------------------------------- days ------------------------------------- */

/* Row of the result of a unit and day; false where the day is not published. */
static bool find_row(const chart *c, size_t unit, int32_t day, size_t *row)
{
    const hg_index_input *in = &c->run->input;
    if (day < in->since || day >= in->until)
        return false;
    *row = hg_index_row(c->run, unit, day);
    return true;
}

static const char *colour_of(const chart *c, size_t row)
{
    const char *band = hg_index_band_name(c->run, c->run->result.band[row]);
    return band ? hg_index_band_colour(band) : missing;
}

/* White letters on what is dark. */
static const char *letter_colour(const char *fill)
{
    unsigned r = 0, g = 0, b = 0;
    sscanf(fill, "#%2x%2x%2x", &r, &g, &b);
    return 299 * r + 587 * g + 114 * b < 140000 ? "#ffffff" : ink;
}

static void draw_day(const chart *c, size_t unit, int32_t day, double x, double y)
{
    size_t row = 0;
    char score[16];
    bool published = find_row(c, unit, day, &row);
    const char *fill = published ? colour_of(c, row) : empty;
    hg_canvas_box(c->canvas, x + 0.5, y + 0.5, cell_width - 1, cell_height - 1, fill, published ? NULL : grid_line, 0.6);
    double v = published ? c->run->result.score[row] : NAN;
    if (isnan(v) || c->run->hidden)
        return;
    snprintf(score, sizeof score, "%.0f", floor(v)); /* 89.9 is not 90: the colour changes there */
    write_text(c, x + cell_width / 2, y + cell_height / 2, 8.5, false, HG_ANCHOR_MIDDLE, letter_colour(fill), 0, score);
}

/* ------------------------------------------------- calendars -------------------------------- */

static const char *month_name(const chart *c, int month, char buf[16])
{
    static const char *const english[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (!c->zh)
        return english[month - 1];
    snprintf(buf, 16, "%d月", month);
    return buf;
}

static void draw_month(const chart *c, size_t unit, int64_t year, int month, double y)
{
    char buf[16];
    int32_t first = first_of(year, month), days = first_of(year, month + 1) - first;
    write_text(c, margin + month_label - 6, y + cell_height / 2, 9.5, false, HG_ANCHOR_RIGHT, ink, 0,
               month_name(c, month, buf));
    for (int32_t k = 0; k < days; k++)
        draw_day(c, unit, first + k, margin + month_label + k * cell_width, y);
}

static void draw_calendar(const chart *c, size_t unit, int64_t year, double y)
{
    char title[32], number[16];
    snprintf(title, sizeof title, c->zh ? "%lld年" : "%lld", (long long)year);
    write_text(c, margin, y + 10, 12.5, true, HG_ANCHOR_LEFT, ink, c->width - 2 * margin - 60,
               c->run->units.names[unit]);
    write_text(c, c->width - margin, y + 10, 11, false, HG_ANCHOR_RIGHT, ink, 0, title);
    for (int k = 0; k < MOST_MONTH_DAYS; k++) {
        snprintf(number, sizeof number, "%d", k + 1);
        write_text(c, margin + month_label + (k + 0.5) * cell_width, y + 30, 8, false, HG_ANCHOR_MIDDLE, faint, 0,
                   number);
    }
    for (int month = 1; month <= MONTHS; month++)
        draw_month(c, unit, year, month, y + block_head + (month - 1) * cell_height);
}

/* ------------------------------------------------- strips ----------------------------------- */

/* In one year's strip of one unit: its published days, and where they are drawn. */
typedef struct strip {
    size_t unit;
    int32_t first, from, until; /* of the year; of those published */
    double left, y;
} strip;

static void strip_ends(const strip *s, int32_t from, int32_t until, double ends[2])
{
    ends[0] = s->left + (from - s->first) * strip_day;
    ends[1] = s->left + (until - s->first) * strip_day;
}

static const char *colour_number(const chart *c, size_t k)
{
    return k < c->run->design.band_count ? hg_index_band_colour(c->run->design.band_names[k]) : missing;
}

/* The band of the day, band_count where it has none. */
static size_t day_number(const chart *c, const strip *s, int32_t day)
{
    uint8_t band = c->run->result.band[hg_index_row(c->run, s->unit, day)];
    return band < c->run->design.band_count ? band : c->run->design.band_count;
}

static void draw_bars(const chart *c, const strip *s, size_t k, const double (*bars)[2], size_t n)
{
    hg_canvas_bars(c->canvas, bars, n, s->y + strip_height / 2, strip_height - 2, colour_number(c, k));
}

/* Days alike in a row are one bar; all bars of a colour are one shape. */
static void draw_runs(const chart *c, const strip *s, size_t k, double (*bars)[2])
{
    size_t n = 0;
    for (int32_t day = s->from, end; day < s->until; day = end > day ? end : day + 1) {
        for (end = day; end < s->until && day_number(c, s, end) == k;)
            end++;
        if (end > day)
            strip_ends(s, day, end, bars[n++]);
    }
    draw_bars(c, s, k, (const double (*)[2])bars, n);
}

/* The colour of most days lies under all of them, which saves half of the bars. */
static void draw_days(const chart *c, const strip *s)
{
    enum { MOST_DAYS = 366 };
    double bars[MOST_DAYS][2];
    int32_t count[HG_INDEX_BANDS_MAX + 1] = {0};
    size_t colours = c->run->design.band_count + 1, most = 0;
    for (int32_t day = s->from; day < s->until; day++)
        count[day_number(c, s, day)]++;
    for (size_t k = 0; k < colours; k++)
        most = count[k] > count[most] ? k : most;
    if (s->from < s->until) {
        strip_ends(s, s->from, s->until, bars[0]);
        draw_bars(c, s, most, (const double (*)[2])bars, 1);
    }
    for (size_t k = 0; k < colours; k++)
        if (k != most && count[k])
            draw_runs(c, s, k, bars);
}

static int32_t within(int32_t day, int32_t low, int32_t high)
{
    return day < low ? low : day > high ? high : day;
}

static void draw_strip(const chart *c, size_t unit, int64_t year, double y)
{
    const hg_index_input *in = &c->run->input;
    int32_t first = first_of(year, 1), end = first_of(year + 1, 1);
    const strip s = {.unit = unit, .first = first, .from = within(in->since, first, end),
                     .until = within(in->until, first, end), .left = margin + strip_label, .y = y};
    write_text(c, s.left - 8, y + strip_height / 2, 9, false, HG_ANCHOR_RIGHT, ink, strip_label - 12,
               c->run->units.names[unit]);
    draw_days(c, &s);
}

static void draw_strips(const chart *c, int64_t year, double y)
{
    char text[32];
    int32_t first = first_of(year, 1);
    double left = margin + strip_label, bottom = y + strip_head + (double)c->units * strip_height;
    snprintf(text, sizeof text, c->zh ? "%lld年" : "%lld", (long long)year);
    write_text(c, margin, y + 12, 12.5, true, HG_ANCHOR_LEFT, ink, 0, text);
    for (size_t u = 0; u < c->units; u++)
        draw_strip(c, u, year, y + strip_head + (double)u * strip_height);
    for (int month = 1; month <= MONTHS; month++) {
        char buf[16];
        double x = left + (first_of(year, month) - first) * strip_day;
        hg_canvas_line(c->canvas, x, y + strip_head - 4, x, bottom, grid_line, 0.6);
        write_text(c, x + 3, y + strip_head - 12, 9, false, HG_ANCHOR_LEFT, faint, 0, month_name(c, month, buf));
    }
}

/* ------------------------------------------------- the page --------------------------------- */

static void draw(const chart *c)
{
    double y = head;
    draw_head(c);
    for (int64_t year = c->first_year; year <= c->last_year && c->strips; year++) {
        draw_strips(c, year, y);
        y += strip_head + (double)c->units * strip_height + block_gap;
    }
    for (size_t u = 0; u < c->units && !c->strips; u++) {
        for (int64_t year = c->first_year; year <= c->last_year; year++) {
            draw_calendar(c, u, year, y);
            y += block_head + MONTHS * cell_height + block_gap;
        }
    }
    draw_foot(c);
}

hg_status hg_index_chart(const hg_index_run *run, hg_canvas_format format, const char *path, hg_error *err)
{
    chart c = {.run = run};
    plan(&c);
    double scale = fmax(1, fmin(2, sqrt(MOST_PIXELS / (c.width * c.height))));
    hg_status status = hg_canvas_new(format, path, c.width, c.height, scale, &c.canvas, err);
    if (status != HG_OK)
        return status;
    draw(&c);
    return hg_canvas_finish(c.canvas, err);
}
