/* What people read of an index: bands, reasons, messages, in English and Chinese. */
#include "engine/grid.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, PLACE_CELL_M = 1000 };

static const struct {
    const char *name, *zh, *colour;
} bands[] = {
    {"blue", "蓝色", "#3b8bc4"},   {"green", "绿色", "#4daf4a"}, {"yellow", "黄色", "#f7d13d"},
    {"orange", "橙色", "#f28e2b"}, {"red", "红色", "#d62728"},
};

enum { BANDS = sizeof bands / sizeof *bands };

const char *hg_index_band_word(const char *band, bool zh)
{
    for (size_t i = 0; i < BANDS && zh; i++)
        if (strcmp(bands[i].name, band) == 0)
            return bands[i].zh;
    return band;
}

const char *hg_index_band_colour(const char *band)
{
    for (size_t i = 0; i < BANDS; i++)
        if (strcmp(bands[i].name, band) == 0)
            return bands[i].colour;
    return "#c8c8c8";
}

const char *hg_index_band_name(const hg_index_run *run, uint8_t band)
{
    return band < run->design.band_count ? run->design.band_names[band] : NULL;
}

const char *hg_index_escalation_words(int level, bool zh)
{
    static const char *const english[] = {NULL, "notice", "talk with those responsible", "further measures"};
    static const char *const chinese[] = {NULL, "通报", "约谈", "升级督办"};
    return level >= 0 && level <= 3 ? (zh ? chinese : english)[level] : NULL;
}

const char *hg_index_change_words(hg_change_note note, bool zh)
{
    switch (note) {
    case HG_CHANGE_CLEAR:
        return zh ? "超出偶然波动（95%）" : "beyond chance (95 %)";
    case HG_CHANGE_NOT_DISTINCT:
        return zh ? "与偶然波动无法区分" : "not distinguishable from chance";
    case HG_CHANGE_BASE_ZERO:
        return zh ? "基期为零，不给百分比" : "nothing in the base period: no percentage";
    case HG_CHANGE_BOTH_ZERO:
        return zh ? "两期均为零，不给百分比" : "nothing in either period: no percentage";
    case HG_CHANGE_TOO_FEW:
        return zh ? "事件过少，不给区间" : "too few events for an interval";
    }
    return "";
}

/* ------------------------------------------------- reasons ---------------------------------- */

typedef struct sentence {
    const hg_index_run *run;
    size_t row;
    bool zh;
    hg_text *out;
    size_t parts;
} sentence;

static void next(sentence *s)
{
    if (s->parts++)
        hg_text_add(s->out, s->zh ? "；" : "; ");
}

static void add_quantity(hg_text *t, double v)
{
    hg_text_addf(t, v < 1 ? "%.2f" : "%.1f", v);
}

static void add_place(sentence *s)
{
    char id[HG_CELL_ID_SIZE];
    const hg_index_place *p = s->run->places ? &s->run->places[s->row] : NULL;
    if (!p || p->count < 2)
        return;
    hg_grid cell = {.cell_m = PLACE_CELL_M, .west = p->column, .top = p->row, .columns = 1, .rows = 1};
    hg_grid_cell_id(&cell, 0, 0, id);
    hg_text_addf(s->out, s->zh ? "，多在网格%s（%u起）" : ", most at cell %s (%u)", id, p->count);
}

static void tell_stream(sentence *s, size_t k)
{
    const hg_index_series *q = &s->run->result.series[k];
    const hg_index_series_info *info = &s->run->series[k];
    next(s);
    hg_text_addf(s->out, s->zh ? "%s%u起" : "%s %u", info->label, q->count[s->row]);
    if (fabs(q->observed[s->row] - q->count[s->row]) > 1e-9) {
        hg_text_add(s->out, s->zh ? "（加权" : " (weighing ");
        add_quantity(s->out, q->observed[s->row]);
        hg_text_add(s->out, s->zh ? "）" : ")");
    }
    if (s->run->hidden) /* what is expected would reveal the days before */
        return;
    hg_text_add(s->out, s->zh ? "，预期" : " against ");
    add_quantity(s->out, q->expected[s->row]);
    hg_text_add(s->out, s->zh ? "" : " expected");
    if (k == s->run->result.driver[s->row])
        add_place(s);
}

static void tell_missing(sentence *s, size_t k)
{
    uint8_t flags = s->run->result.series[k].flags[s->row];
    const char *label = s->run->series[k].label;
    if (flags & HG_INDEX_MISSING) {
        next(s);
        hg_text_addf(s->out, s->zh ? "%s数据缺报" : "no feed: %s", label);
    } else if (flags & HG_INDEX_SHORT_HISTORY) {
        next(s);
        hg_text_addf(s->out, s->zh ? "%s历史不足%d天" : "%s: less than %d days of history", label,
                     HG_INDEX_HISTORY_MIN);
    }
}

static const hg_day_kind *kind_of_day(const hg_index_run *run, int32_t day)
{
    const hg_index_design *d = &run->design;
    for (size_t i = d->holiday_count; i-- > 0;)
        if (d->holidays[i].day == day)
            return &d->kinds[d->holidays[i].id];
    return NULL;
}

static void tell_holiday(sentence *s)
{
    const hg_index_run *run = s->run;
    bool unknown = false;
    for (size_t k = 0; k < run->series_count; k++)
        unknown |= (run->result.series[k].flags[s->row] & HG_INDEX_HOLIDAY_UNKNOWN) != 0;
    int32_t day = run->result.since + (int32_t)(s->row % run->result.days);
    const hg_day_kind *kind = unknown ? kind_of_day(run, day) : NULL;
    if (!kind)
        return;
    next(s);
    hg_text_addf(s->out, s->zh ? "%s无历史可比，按平日评价" : "%s has no history here: judged as an ordinary day",
                 s->zh && kind->label_zh ? kind->label_zh : kind->name);
}

/* Streams above their first band, worst first; of equal ones the first. */
static void tell_streams(sentence *s)
{
    const hg_index_run *run = s->run;
    bool told[HG_INDEX_STREAMS_MAX] = {false};
    for (;;) {
        size_t worst = run->series_count;
        for (size_t k = 0; k < run->series_count; k++) {
            const hg_index_series *q = &run->result.series[k];
            bool notable = q->band[s->row] != HG_INDEX_NO_BAND && q->band[s->row] > 0 &&
                           !hg_index_hidden(run, s->row, k);
            if (!told[k] && notable &&
                (worst == run->series_count || q->score[s->row] < run->result.series[worst].score[s->row]))
                worst = k;
        }
        if (worst == run->series_count)
            return;
        told[worst] = true;
        tell_stream(s, worst);
    }
}

void hg_index_reasons(const hg_index_run *run, size_t row, hg_text *out)
{
    sentence s = {.run = run, .row = row, .zh = hg_index_zh(run), .out = out};
    tell_streams(&s);
    for (size_t k = 0; k < run->series_count; k++)
        tell_missing(&s, k);
    tell_holiday(&s);
    const hg_index_result *r = &run->result;
    if (r->deaths && r->deaths[row] > 0 && run->design.model.death_points > 0 && !run->hidden) {
        next(&s);
        hg_text_addf(out, s.zh ? "死亡%g人，扣%g分" : "%g deaths, %g points off", r->deaths[row],
                     r->deaths[row] * run->design.model.death_points);
    }
    if (!s.parts && hg_index_row_hidden(run, row))
        hg_text_add(out, s.zh ? "数量过小，不公布" : "small numbers, withheld");
    else if (!s.parts)
        hg_text_add(out, s.zh ? "各类均属正常" : "nothing unusual");
}

/* ------------------------------------------------- messages --------------------------------- */

void hg_index_message(const hg_index_run *run, size_t row, bool zh, hg_text *out)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    int month, day;
    int32_t date = run->result.since + (int32_t)(row % run->result.days);
    hg_civil_split((int64_t)date * DAY_S, NULL, &month, &day, NULL, NULL, NULL);
    hg_text_addf(out, "%s ", run->units.names[row / run->result.days]);
    if (zh)
        hg_text_addf(out, "%d月%d日 ", month, day);
    else
        hg_text_addf(out, "%d %s ", day, months[month - 1]);
    const char *band = hg_index_band_name(run, run->result.band[row]);
    if (!band) {
        hg_text_add(out, zh ? "无指数" : "no index");
        return;
    }
    if (!run->hidden)
        hg_text_addf(out, "%.1f ", run->result.score[row]);
    hg_text_add(out, hg_index_band_word(band, zh));
}
