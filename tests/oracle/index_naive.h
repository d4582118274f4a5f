/*
 * The model of engine/index.h once more, straight from its definition: for every unit, stream and
 * day the whole history is gathered anew and fitted in loops over days. Slow on purpose.
 */
#ifndef HG_TESTS_INDEX_NAIVE_H
#define HG_TESTS_INDEX_NAIVE_H

#include "base/civil.h"
#include "engine/index.h"

#include <math.h>
#include <string.h>

enum { NAIVE_DAYS_MAX = 4000 };

/* One unit and stream, days from first_data_day on. */
typedef struct naive_series {
    double y[NAIVE_DAYS_MAX], square[NAIVE_DAYS_MAX];
    int n[NAIVE_DAYS_MAX];
    bool missing[NAIVE_DAYS_MAX];
} naive_series;

typedef struct naive_answer {
    int flags;
    double y, mean, days, phi, z, score;
    int n;
} naive_answer;

static int naive_feed_state(const hg_index_input *in, uint32_t stream, uint32_t unit, int32_t day)
{
    int state = 0;
    for (size_t i = 0; i < in->feed_count; i++) {
        const hg_index_feed *f = &in->feeds[i];
        bool meant = f->unit == HG_INDEX_NO_UNIT || f->unit == unit;
        if (f->stream == stream && meant && day >= f->from && day < f->until)
            state = f->present ? 1 : -1;
    }
    return state;
}

/* Days of one stream with any event, anywhere. */
static void naive_seen(const hg_index_input *in, uint32_t stream, bool *seen)
{
    memset(seen, 0, NAIVE_DAYS_MAX);
    for (size_t i = 0; i < in->events; i++)
        if (in->stream[i] == stream && in->day[i] >= in->first_data_day &&
            in->day[i] <= in->last_data_day)
            seen[in->day[i] - in->first_data_day] = true;
}

/* Silence up to and including the day, against the longest closed gap that reaches into its
 * history. */
static bool naive_silent(const hg_index_input *in, uint32_t stream, const bool *seen, int day,
                         int history)
{
    int run = 0, longest = 0;
    bool begun = false;
    for (int t = 0; t <= day; t++) {
        int state = naive_feed_state(in, stream, HG_INDEX_NO_UNIT, in->first_data_day + t);
        if (state < 0)
            continue;
        if (state > 0 || seen[t]) {
            if (begun && run > longest && t - 1 >= day - history)
                longest = run;
            begun = true;
            run = 0;
        } else {
            run++;
        }
    }
    return run > 3 && run > longest;
}

static void naive_gather(const hg_index_input *in, int history, uint32_t unit, uint32_t stream,
                         naive_series *s)
{
    static bool seen[NAIVE_DAYS_MAX];
    memset(s, 0, sizeof *s);
    naive_seen(in, stream, seen);
    for (int t = 0; t < NAIVE_DAYS_MAX && in->first_data_day + t < in->until; t++) {
        int32_t day = in->first_data_day + t;
        int state = naive_feed_state(in, stream, unit, day);
        s->missing[t] = day > in->last_data_day || state < 0 ||
                        (state == 0 && naive_silent(in, stream, seen, t, history));
    }
    for (size_t i = 0; i < in->events; i++) {
        int t = in->day[i] - in->first_data_day;
        if (in->stream[i] != stream || in->unit[i] != unit || t < 0 ||
            in->day[i] > in->last_data_day)
            continue;
        double w = in->weight ? in->weight[i] : 1;
        s->y[t] += w;
        s->square[t] += w * w;
        s->n[t]++;
    }
}

/* What a day is: weekday 0 … 6, month 0 … 11, holiday id or -1. */
typedef struct naive_kind {
    int weekday, month;
    int64_t holiday;
} naive_kind;

static naive_kind naive_kind_of(const hg_index_input *in, int32_t day)
{
    naive_kind k = {hg_civil_weekday((int64_t)day * 86400) - 1, 0, -1};
    hg_civil_split((int64_t)day * 86400, NULL, &k.month, NULL, NULL, NULL, NULL);
    k.month--;
    for (size_t i = 0; i < in->holiday_count; i++)
        if (in->holidays[i].day == day)
            k.holiday = in->holidays[i].id;
    return k;
}

/* A history: kinds, values and weights of its days. */
typedef struct naive_history {
    int n;
    naive_kind kind[NAIVE_DAYS_MAX];
    double y[NAIVE_DAYS_MAX], count[NAIVE_DAYS_MAX], w[NAIVE_DAYS_MAX];
    double fitted[NAIVE_DAYS_MAX], fitted_count[NAIVE_DAYS_MAX];
    bool months;
} naive_history;

static bool naive_same(int effect, naive_kind a, naive_kind b)
{
    return effect == 0   ? a.weekday == b.weekday
           : effect == 1 ? a.month == b.month
                         : a.holiday == b.holiday && a.holiday >= 0;
}

/* Whether the factor of this effect for days of kind k is in force, and how many days are behind
 * it. */
static bool naive_in_force(const hg_index_config *c, const naive_history *h, int effect,
                           naive_kind k, double *days)
{
    int number = 0;
    *days = 0;
    for (int i = 0; i < h->n; i++)
        if (naive_same(effect, h->kind[i], k)) {
            number++;
            *days += h->w[i];
        }
    bool on = effect == 0 ? c->weekday : effect == 1 ? c->month && h->months : c->holiday;
    return on && number >= (effect == 2 ? 2 : 8);
}

/* Fits the values, returns the expectation of a day of this kind. */
static double naive_fit(const hg_index_config *c, const naive_history *h, const double *value,
                        naive_kind today, double *fitted)
{
    double sum = 0, days = 0;
    for (int i = 0; i < h->n; i++) {
        sum += h->w[i] * value[i];
        days += h->w[i];
    }
    double mean = sum / days;
    for (int i = 0; i < h->n; i++)
        fitted[i] = mean;
    static double next[NAIVE_DAYS_MAX];
    for (int effect = 0; effect < 3; effect++) {
        for (int i = -1; i < h->n; i++) {
            naive_kind k = i < 0 ? today : h->kind[i];
            double behind, seen = 0, expected = 0;
            double factor = 1;
            if (naive_in_force(c, h, effect, k, &behind)) {
                for (int j = 0; j < h->n; j++)
                    if (naive_same(effect, h->kind[j], k)) {
                        seen += h->w[j] * value[j];
                        expected += h->w[j] * fitted[j];
                    }
                factor = expected > 0 ? seen / expected : 1;
            }
            if (i < 0)
                mean *= factor;
            else
                next[i] = fitted[i] * factor;
        }
        memcpy(fitted, next, (size_t)h->n * sizeof *fitted);
    }
    return mean;
}

static double naive_parameters(const hg_index_config *c, const naive_history *h)
{
    double p = 1;
    for (int effect = 0; effect < 3; effect++) {
        int factors = 0, covered = 0;
        for (int i = 0; i < h->n; i++) {
            double behind;
            bool first = true;
            for (int j = 0; j < i; j++)
                first = first && !naive_same(effect, h->kind[j], h->kind[i]);
            if (!naive_in_force(c, h, effect, h->kind[i], &behind))
                continue;
            factors += first;
            covered++;
        }
        p += factors - (effect < 2 && factors > 0 && covered == h->n);
    }
    return p;
}

static double naive_dispersion(const hg_index_config *c, const naive_history *h)
{
    double chi2 = 0;
    for (int i = 0; i < h->n; i++) {
        double m = h->fitted_count[i];
        if (m > 0)
            chi2 += (h->count[i] - m) * (h->count[i] - m) / m;
    }
    return chi2 / fmax(1, h->n - naive_parameters(c, h));
}

static naive_answer naive_expect(const hg_index_config *c, const hg_index_input *in,
                                 const naive_series *s, int32_t day)
{
    static naive_history h;
    int t = day - in->first_data_day;
    naive_answer a = {
        .y = s->y[t], .n = s->n[t], .mean = NAN, .days = NAN, .phi = NAN, .z = NAN, .score = NAN};
    double weights = 0, squares = 0;
    h.n = 0;
    for (int d = t - c->history_days; d < t; d++) {
        if (d < 0 || s->missing[d])
            continue;
        h.kind[h.n] = naive_kind_of(in, in->first_data_day + d);
        h.y[h.n] = s->y[d];
        h.count[h.n] = s->n[d];
        h.w[h.n++] = 1;
        weights += s->y[d];
        squares += s->square[d];
    }
    h.months = c->history_days >= 730 && t >= 730;
    if (s->missing[t] || h.n < 28) {
        a.flags = (s->missing[t] ? HG_INDEX_MISSING : 0) | (h.n < 28 ? HG_INDEX_SHORT_HISTORY : 0);
        return a;
    }
    if (weights == 0) {
        weights = s->y[t];
        squares = s->square[t];
    }
    double ratio = weights > 0 ? squares / weights : 1;
    naive_kind today = naive_kind_of(in, day);
    naive_fit(c, &h, h.y, today, h.fitted);
    naive_fit(c, &h, h.count, today, h.fitted_count);
    double phi = fmax(1, ratio * naive_dispersion(c, &h));
    for (int i = 0; i < h.n; i++) {
        double r = 2 * (sqrt(h.y[i] / phi) - sqrt(h.fitted[i] / phi));
        h.w[i] = r > 2.58 ? (2.58 / r) * (2.58 / r) : 1;
    }
    double mean = naive_fit(c, &h, h.y, today, h.fitted);
    naive_fit(c, &h, h.count, today, h.fitted_count);
    a.phi = fmax(1, ratio * naive_dispersion(c, &h));
    double all = 0, inverse;
    for (int i = 0; i < h.n; i++)
        all += h.w[i];
    inverse = 1 / all;
    for (int effect = 0; effect < 3; effect++) {
        double behind;
        const int used[] = {HG_INDEX_WEEKDAY_USED, HG_INDEX_MONTH_USED, HG_INDEX_HOLIDAY_USED};
        if (naive_in_force(c, &h, effect, today, &behind)) {
            inverse += 1 / behind - 1 / all;
            a.flags |= used[effect];
        } else if (effect == 2 && c->holiday && today.holiday >= 0) {
            a.flags |= HG_INDEX_HOLIDAY_UNKNOWN;
        }
    }
    a.days = 1 / inverse;
    a.mean = fmax(mean * a.days, 0.5) / a.days;
    a.z = 2 * (sqrt(a.y / a.phi) - sqrt(a.mean / a.phi)) / sqrt(1 + 1 / a.days);
    a.score = c->rule == HG_INDEX_Z ? 100 - 10 * fmax(0, a.z) : 100 * (2 - a.y / a.mean);
    a.score = fmin(100, fmax(0, a.score));
    return a;
}

#endif
