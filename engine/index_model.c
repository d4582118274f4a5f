/*
 * A sliding window over daily numbers. Days of a class (weekday, month, holiday) share one fitted
 * mean, so sums by class are all a fit needs: they are whole numbers, exact however often a day has
 * come and gone. Days that stand out are found at the end of each class's sorted list. A fit thus
 * costs a few operations a class (7 without months and holidays), not a pass over the history.
 *
 * Weights of days: Noufaily et al., An improved algorithm for outbreak detection in multiple
 * surveillance systems, Statistics in Medicine 32, 2013 (threshold 2.58), on the scale of z.
 */
#include "engine/index_model.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { WEEKDAYS = 7, MONTHS = 12, FACTOR_DAYS = 8, HOLIDAY_DAYS = 2 };

#define OUTLIER 2.58

typedef struct entry {
    int64_t weight;
    uint32_t count;
} entry;

/* Sums over days of a class. */
typedef struct sums {
    double days, weight, count;
} sums;

/* A fitted mean and its factors, with the day weights behind each. */
typedef struct fit {
    double mean, days;
    double weekday[WEEKDAYS], month[MONTHS], *holiday;
    double weekday_days[WEEKDAYS], month_days[MONTHS], *holiday_days;
    double *fitted; /* of a day of each class */
} fit;

struct hg_index_window {
    const hg_index_calendar *calendar;
    const hg_index_daily *daily;
    bool months_in_force;
    /* In the window: */
    uint32_t days, weekday_days[WEEKDAYS], month_days[MONTHS], *holiday_days;
    uint32_t events;
    int64_t weight, square;
    entry *entries;   /* ascending, from class_start of each class */
    uint32_t *filled; /* entries of each class */
    int64_t *class_weight;
    uint64_t *class_count, *class_square;
    sums *sums;               /* of each class, days weighted */
    double *holiday_expected; /* scratch */
    double *holiday_seen;
    fit weights, counts;
};

static hg_status fit_new(const hg_index_calendar *c, fit *f, hg_error *err)
{
    f->holiday = hg_calloc((size_t)c->holidays + 1, sizeof *f->holiday);
    f->holiday_days = hg_calloc((size_t)c->holidays + 1, sizeof *f->holiday_days);
    f->fitted = hg_calloc(c->class_count, sizeof *f->fitted);
    return f->holiday && f->holiday_days && f->fitted ? HG_OK : hg_fail_memory(err);
}

static void fit_dispose(fit *f)
{
    hg_free(f->holiday);
    hg_free(f->holiday_days);
    hg_free(f->fitted);
}

static hg_status allocate(hg_index_window *w, hg_error *err)
{
    const hg_index_calendar *c = w->calendar;
    size_t holidays = (size_t)c->holidays + 1;
    w->holiday_days = hg_calloc(holidays, sizeof *w->holiday_days);
    w->holiday_expected = hg_calloc(holidays, sizeof *w->holiday_expected);
    w->holiday_seen = hg_calloc(holidays, sizeof *w->holiday_seen);
    w->entries = hg_calloc(c->days, sizeof *w->entries);
    w->filled = hg_calloc(c->class_count, sizeof *w->filled);
    w->class_weight = hg_calloc(c->class_count, sizeof *w->class_weight);
    w->class_count = hg_calloc(c->class_count, sizeof *w->class_count);
    w->class_square = hg_calloc(c->class_count, sizeof *w->class_square);
    w->sums = hg_calloc(c->class_count, sizeof *w->sums);
    bool ok = w->holiday_days && w->holiday_expected && w->holiday_seen && w->entries &&
              w->filled && w->class_weight && w->class_count && w->class_square && w->sums;
    hg_status s = ok ? fit_new(c, &w->weights, err) : hg_fail_memory(err);
    return s == HG_OK ? fit_new(c, &w->counts, err) : s;
}

hg_status hg_index_window_new(const hg_index_calendar *calendar, hg_index_window **out,
                              hg_error *err)
{
    hg_index_window *w = hg_calloc(1, sizeof *w);
    if (!w)
        return hg_fail_memory(err);
    w->calendar = calendar;
    hg_status s = allocate(w, err);
    if (s == HG_OK)
        *out = w;
    else
        hg_index_window_free(w);
    return s;
}

void hg_index_window_free(hg_index_window *window)
{
    if (!window)
        return;
    hg_free(window->holiday_days);
    hg_free(window->holiday_expected);
    hg_free(window->holiday_seen);
    hg_free(window->entries);
    hg_free(window->filled);
    hg_free(window->class_weight);
    hg_free(window->class_count);
    hg_free(window->class_square);
    hg_free(window->sums);
    fit_dispose(&window->weights);
    fit_dispose(&window->counts);
    hg_free(window);
}

static void empty(hg_index_window *w, const hg_index_daily *daily)
{
    const hg_index_calendar *c = w->calendar;
    w->daily = daily;
    w->days = w->events = 0;
    w->weight = w->square = 0;
    memset(w->weekday_days, 0, sizeof w->weekday_days);
    memset(w->month_days, 0, sizeof w->month_days);
    memset(w->holiday_days, 0, ((size_t)c->holidays + 1) * sizeof *w->holiday_days);
    memset(w->filled, 0, c->class_count * sizeof *w->filled);
    memset(w->class_weight, 0, c->class_count * sizeof *w->class_weight);
    memset(w->class_count, 0, c->class_count * sizeof *w->class_count);
    memset(w->class_square, 0, c->class_count * sizeof *w->class_square);
}

static bool is_before(entry a, entry b)
{
    return a.weight != b.weight ? a.weight < b.weight : a.count < b.count;
}

/* The first place at which e may stand. */
static uint32_t place_of(const entry *list, uint32_t n, entry e)
{
    uint32_t lo = 0;
    while (lo < n) {
        uint32_t mid = lo + (n - lo) / 2;
        if (is_before(list[mid], e))
            lo = mid + 1;
        else
            n = mid;
    }
    return lo;
}

/* Adds a day to the sums, or takes it out again: in modular arithmetic both are one addition. */
static void count_day(hg_index_window *w, size_t day, bool in)
{
    const hg_index_daily *daily = w->daily;
    uint32_t k = w->calendar->class_of[day], n = daily->count[day], one = in ? 1 : UINT32_MAX;
    const hg_index_class *class = &w->calendar->classes[k];
    int64_t sign = in ? 1 : -1;
    w->days += one;
    w->weekday_days[class->weekday] += one;
    w->month_days[class->month] += one;
    w->holiday_days[class->holiday] += one;
    w->events += in ? n : -n;
    w->weight += sign * daily->weight[day];
    w->square += daily->plain ? 0 : sign * daily->square[day];
    w->class_weight[k] += sign * daily->weight[day];
    w->class_count[k] += in ? (uint64_t)n : -(uint64_t)n;
    w->class_square[k] += in ? (uint64_t)n * n : -((uint64_t)n * n);
}

static void insert(hg_index_window *w, size_t day)
{
    uint32_t k = w->calendar->class_of[day];
    entry *list = w->entries + w->calendar->class_start[k];
    entry e = {w->daily->weight[day], w->daily->count[day]};
    uint32_t at = place_of(list, w->filled[k], e);
    memmove(list + at + 1, list + at, (w->filled[k] - at) * sizeof *list);
    list[at] = e;
    w->filled[k]++;
    count_day(w, day, true);
}

static void take_out(hg_index_window *w, size_t day)
{
    uint32_t k = w->calendar->class_of[day];
    entry *list = w->entries + w->calendar->class_start[k];
    entry e = {w->daily->weight[day], w->daily->count[day]};
    uint32_t at = place_of(list, w->filled[k], e);
    memmove(list + at, list + at + 1, (w->filled[k] - at - 1) * sizeof *list);
    w->filled[k]--;
    count_day(w, day, false);
}

static void sum_classes(hg_index_window *w)
{
    for (size_t k = 0; k < w->calendar->class_count; k++)
        w->sums[k] = (sums){.days = w->filled[k],
                            .weight = (double)w->class_weight[k] / w->daily->scale,
                            .count = (double)w->class_count[k]};
}

static bool weekday_in_force(const hg_index_window *w, uint8_t weekday)
{
    return w->calendar->weekdays && w->weekday_days[weekday] >= FACTOR_DAYS;
}

static bool month_in_force(const hg_index_window *w, uint8_t month)
{
    return w->months_in_force && w->month_days[month] >= FACTOR_DAYS;
}

static bool holiday_in_force(const hg_index_window *w, uint32_t holiday)
{
    return holiday > 0 && w->holiday_days[holiday] >= HOLIDAY_DAYS;
}

/* Nothing over nothing says nothing. */
static double ratio_or_one(double seen, double expected)
{
    return expected > 0 ? seen / expected : 1;
}

static double sum_of(const sums *s, bool of_counts)
{
    return of_counts ? s->count : s->weight;
}

static void fit_weekdays(const hg_index_window *w, bool of_counts, fit *f)
{
    double seen[WEEKDAYS] = {0}, sum = 0;
    f->days = 0;
    memset(f->weekday_days, 0, sizeof f->weekday_days);
    for (size_t k = 0; k < w->calendar->class_count; k++) {
        uint8_t weekday = w->calendar->classes[k].weekday;
        f->weekday_days[weekday] += w->sums[k].days;
        seen[weekday] += sum_of(&w->sums[k], of_counts);
    }
    for (int i = 0; i < WEEKDAYS; i++) {
        f->days += f->weekday_days[i];
        sum += seen[i];
    }
    f->mean = sum / f->days;
    for (uint8_t i = 0; i < WEEKDAYS; i++)
        f->weekday[i] =
            weekday_in_force(w, i) ? ratio_or_one(seen[i], f->weekday_days[i] * f->mean) : 1;
    for (size_t k = 0; k < w->calendar->class_count; k++)
        f->fitted[k] = f->mean * f->weekday[w->calendar->classes[k].weekday];
}

static void fit_months(const hg_index_window *w, bool of_counts, fit *f)
{
    double seen[MONTHS] = {0}, expected[MONTHS] = {0};
    memset(f->month_days, 0, sizeof f->month_days);
    for (size_t k = 0; k < w->calendar->class_count; k++) {
        uint8_t month = w->calendar->classes[k].month;
        f->month_days[month] += w->sums[k].days;
        seen[month] += sum_of(&w->sums[k], of_counts);
        expected[month] += w->sums[k].days * f->fitted[k];
    }
    for (uint8_t i = 0; i < MONTHS; i++)
        f->month[i] = month_in_force(w, i) ? ratio_or_one(seen[i], expected[i]) : 1;
    for (size_t k = 0; k < w->calendar->class_count; k++)
        f->fitted[k] *= f->month[w->calendar->classes[k].month];
}

static void fit_holidays(const hg_index_window *w, bool of_counts, fit *f)
{
    size_t n = (size_t)w->calendar->holidays + 1;
    memset(f->holiday_days, 0, n * sizeof *f->holiday_days);
    memset(w->holiday_seen, 0, n * sizeof *w->holiday_seen);
    memset(w->holiday_expected, 0, n * sizeof *w->holiday_expected);
    for (size_t k = 0; k < w->calendar->class_count; k++) {
        uint32_t holiday = w->calendar->classes[k].holiday;
        f->holiday_days[holiday] += w->sums[k].days;
        w->holiday_seen[holiday] += sum_of(&w->sums[k], of_counts);
        w->holiday_expected[holiday] += w->sums[k].days * f->fitted[k];
    }
    for (uint32_t i = 0; i < n; i++)
        f->holiday[i] =
            holiday_in_force(w, i) ? ratio_or_one(w->holiday_seen[i], w->holiday_expected[i]) : 1;
    for (size_t k = 0; k < w->calendar->class_count; k++)
        f->fitted[k] *= f->holiday[w->calendar->classes[k].holiday];
}

static void fit_all(const hg_index_window *w, bool of_counts, fit *f)
{
    fit_weekdays(w, of_counts, f);
    if (w->months_in_force)
        fit_months(w, of_counts, f);
    if (w->calendar->holidays > 0)
        fit_holidays(w, of_counts, f);
}

/* Factors in force of one effect add their number, less one where they cover every day. */
static uint32_t parameter_count(const hg_index_window *w)
{
    uint32_t weekdays = 0, months = 0, holidays = 0, by_weekday = 0, by_month = 0;
    for (uint8_t i = 0; i < WEEKDAYS; i++) {
        weekdays += weekday_in_force(w, i);
        by_weekday += weekday_in_force(w, i) ? w->weekday_days[i] : 0;
    }
    for (uint8_t i = 0; i < MONTHS; i++) {
        months += month_in_force(w, i);
        by_month += month_in_force(w, i) ? w->month_days[i] : 0;
    }
    for (uint32_t i = 1; i <= w->calendar->holidays; i++)
        holidays += holiday_in_force(w, i);
    return 1 + weekdays - (by_weekday == w->days) + months - (months > 0 && by_month == w->days) +
           holidays;
}

/* phi_d: Pearson's chi^2 over its degrees of freedom, every day of the history in full. */
static double count_dispersion(const hg_index_window *w, const fit *counts)
{
    double chi2 = 0, parameters = parameter_count(w);
    for (size_t k = 0; k < w->calendar->class_count; k++) {
        double m = counts->fitted[k], n = (double)w->class_count[k];
        if (m > 0)
            chi2 += ((double)w->class_square[k] - 2 * m * n + w->filled[k] * m * m) / m;
    }
    return chi2 / fmax(1, w->days - parameters);
}

/* Sum of w^2 over sum of w of the history, of the day itself where the history has no event. */
static double weight_ratio(const hg_index_window *w, size_t day)
{
    const hg_index_daily *d = w->daily;
    if (d->plain)
        return 1;
    int64_t weight = w->weight > 0 ? w->weight : d->weight[day];
    int64_t square = w->weight > 0 ? w->square : d->square[day];
    return weight > 0 ? ((double)square / d->square_scale) / ((double)weight / d->scale) : 1;
}

/* Takes from the sums what the days that stand out lose in weight; false if none does. */
static bool weigh_down(hg_index_window *w, double phi)
{
    bool any = false;
    double root = sqrt(phi);
    for (size_t k = 0; k < w->calendar->class_count; k++) {
        const entry *list = w->entries + w->calendar->class_start[k];
        double usual = sqrt(w->weights.fitted[k] / phi), limit = usual + OUTLIER / 2;
        double enough = limit * limit * phi * (1 - 1e-12) * w->daily->scale;
        for (uint32_t i = w->filled[k]; i > 0 && (double)list[i - 1].weight > enough; i--) {
            double y = (double)list[i - 1].weight / w->daily->scale;
            double r = 2 * (sqrt(y) / root - usual);
            if (!(r > OUTLIER))
                break;
            double lost = 1 - OUTLIER / r * (OUTLIER / r);
            w->sums[k].days -= lost;
            w->sums[k].weight -= lost * y;
            w->sums[k].count -= lost * list[i - 1].count;
            any = true;
        }
    }
    return any;
}

static void fit_both(hg_index_window *w, const fit **counts)
{
    fit_all(w, false, &w->weights);
    if (!w->daily->plain)
        fit_all(w, true, &w->counts);
    *counts = w->daily->plain ? &w->weights : &w->counts;
}

/* Mean, D and flags of a day of this class under the fit. */
static hg_index_expectation expect_class(const hg_index_window *w, const hg_index_class *class)
{
    const fit *f = &w->weights;
    double mean = f->mean, all = 1 / f->days, inverse = all;
    unsigned flags = 0;
    if (weekday_in_force(w, class->weekday)) {
        mean *= f->weekday[class->weekday];
        inverse += 1 / f->weekday_days[class->weekday] - all;
        flags |= HG_INDEX_WEEKDAY_USED;
    }
    if (month_in_force(w, class->month)) {
        mean *= f->month[class->month];
        inverse += 1 / f->month_days[class->month] - all;
        flags |= HG_INDEX_MONTH_USED;
    }
    if (holiday_in_force(w, class->holiday)) {
        mean *= f->holiday[class->holiday];
        inverse += 1 / f->holiday_days[class->holiday] - all;
        flags |= HG_INDEX_HOLIDAY_USED;
    } else if (class->holiday > 0) {
        flags |= HG_INDEX_HOLIDAY_UNKNOWN;
    }
    return (hg_index_expectation){
        .mean = fmax(mean / inverse, 0.5) * inverse, .days = 1 / inverse, .flags = (uint8_t)flags};
}

static hg_index_expectation expect_day(hg_index_window *w, size_t day)
{
    if (w->days < HG_INDEX_HISTORY_MIN)
        return (hg_index_expectation){NAN, NAN, NAN, HG_INDEX_SHORT_HISTORY};
    const fit *counts;
    double ratio = weight_ratio(w, day);
    sum_classes(w);
    fit_both(w, &counts);
    double phi = fmax(1, ratio * count_dispersion(w, counts));
    if (weigh_down(w, phi)) {
        fit_both(w, &counts);
        phi = fmax(1, ratio * count_dispersion(w, counts));
    }
    uint32_t class = w->calendar->class_of[day];
    hg_index_expectation e = expect_class(w, &w->calendar->classes[class]);
    e.phi = phi;
    return e;
}

void hg_index_expect(hg_index_window *window, const hg_index_daily *daily, int32_t history_days,
                     hg_index_expectation *out)
{
    const hg_index_calendar *c = window->calendar;
    size_t history = (size_t)history_days;
    empty(window, daily);
    for (size_t i = 0; i < c->days; i++) {
        if (i > history && !daily->missing[i - history - 1])
            take_out(window, i - history - 1);
        if (i >= c->first) {
            window->months_in_force = c->months && i >= c->months_from;
            out[i - c->first] = expect_day(window, i);
        }
        if (!daily->missing[i])
            insert(window, i);
    }
}
