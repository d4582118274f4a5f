#include "engine/change.h"
#include "base/civil.h"
#include "base/memory.h"
#include "base/random.h"
#include "engine/tails.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_SECONDS = 86400, DRAWS_MIN = 100, AMOUNTS_MIN = 5 };

#define TAIL 0.025

static int32_t day_of(int64_t year, int month, int day)
{
    return (int32_t)(hg_civil_from(year, month, day, 0, 0, 0) / DAY_SECONDS);
}

static int32_t shift_years(int32_t day, int years)
{
    int64_t year;
    int month, number;
    hg_civil_split((int64_t)day * DAY_SECONDS, &year, &month, &number, NULL, NULL, NULL);
    year += years;
    int32_t first = day_of(year, month, 1), next = day_of(year + month / 12, month % 12 + 1, 1);
    int32_t shifted = first + number - 1;
    return shifted < next ? shifted : next; /* 29 February of a common year is 1 March */
}

hg_period hg_period_years_before(hg_period period, int years)
{
    hg_period p = {shift_years(period.from, -years), shift_years(period.until, -years)};
    if (p.from == p.until && period.from < period.until)
        p.from--;
    return p;
}

/* Months since year 0 of the first of a month; false for any other day. */
static bool month_number(int32_t day, int64_t *months)
{
    int64_t year;
    int month, number;
    hg_civil_split((int64_t)day * DAY_SECONDS, &year, &month, &number, NULL, NULL, NULL);
    *months = year * 12 + month - 1;
    return number == 1;
}

hg_period hg_period_before(hg_period period)
{
    int64_t from, until;
    bool whole = month_number(period.from, &from) && month_number(period.until, &until);
    if (!whole)
        return (hg_period){period.from - (period.until - period.from), period.from};
    int64_t earlier = from - (until - from), year = earlier / 12 - (earlier % 12 < 0);
    return (hg_period){day_of(year, (int)(earlier - year * 12) + 1, 1), period.from};
}

static double percent(double base, double days0, double current, double days1)
{
    return 100 * (current / days1 / (base / days0) - 1);
}

static hg_change without_base(double base, double current)
{
    return (hg_change){.base = base,
                       .current = current,
                       .change_pct = NAN,
                       .low_pct = NAN,
                       .high_pct = NAN,
                       .note = current > 0 ? HG_CHANGE_BASE_ZERO : HG_CHANGE_BOTH_ZERO};
}

static hg_change_note note_of(double low, double high)
{
    return low <= 0 && high >= 0 ? HG_CHANGE_NOT_DISTINCT : HG_CHANGE_CLEAR;
}

static hg_status check_days(double days0, double days1, hg_error *err)
{
    if (days0 > 0 && days0 < INFINITY && days1 > 0 && days1 < INFINITY)
        return HG_OK;
    return hg_fail(err, HG_EUSAGE, "periods of %.12g and %.12g days; both must be above 0", days0,
                   days1);
}

/* The change at which the current period holds this share of all events. */
static double percent_of_share(double share, double rest, double days0, double days1)
{
    return rest > 0 ? percent(rest, days0, share, days1) : INFINITY;
}

double hg_change_share_bound(uint64_t part, uint64_t n)
{
    return hg_binomial_lower(part, n, TAIL);
}

hg_status hg_change_of_bounds(uint64_t n0, double days0, uint64_t n1, double days1, double low, double rest,
                              hg_change *out, hg_error *err)
{
    hg_status s = check_days(days0, days1, err);
    if (s != HG_OK)
        return s;
    hg_change c = without_base((double)n0, (double)n1);
    if (n0 > 0) {
        c.change_pct = percent(c.base, days0, c.current, days1);
        c.low_pct = percent_of_share(low, 1 - low, days0, days1);
        c.high_pct = percent_of_share(1 - rest, rest, days0, days1);
        c.note = note_of(c.low_pct, c.high_pct);
    }
    *out = c;
    return HG_OK;
}

hg_status hg_change_counts(uint64_t n0, double days0, uint64_t n1, double days1, hg_change *out,
                           hg_error *err)
{
    bool needed = n0 > 0;
    return hg_change_of_bounds(n0, days0, n1, days1, needed ? hg_change_share_bound(n1, n0 + n1) : 0,
                               needed ? hg_change_share_bound(n0, n0 + n1) : 0, out, err);
}

/* The amounts above 0 of both periods, the base's first, each period ascending. */
typedef struct pool {
    double *value;
    size_t base, n;
    double total[2];
    bool equal;
} pool;

static int compare_values(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

static hg_status check_amounts(const hg_amounts *a, const char *period, hg_error *err)
{
    for (size_t i = 0; i < a->n; i++)
        if (!(a->value[i] >= 0 && a->value[i] < INFINITY))
            return hg_fail(err, HG_EDATA,
                           "amount %.12g of event %zu of the %s period is not 0 or more",
                           a->value[i], i + 1, period);
    return HG_OK;
}

static void take_positive(const hg_amounts *a, pool *p)
{
    for (size_t i = 0; i < a->n; i++)
        if (a->value[i] > 0)
            p->value[p->n++] = a->value[i];
}

static hg_status pool_new(const hg_amounts *base, const hg_amounts *current, pool *p, hg_error *err)
{
    p->value = hg_malloc(base->n + current->n, sizeof *p->value);
    if (!p->value)
        return hg_fail_memory(err);
    take_positive(base, p);
    p->base = p->n;
    take_positive(current, p);
    qsort(p->value, p->base, sizeof *p->value, compare_values);
    qsort(p->value + p->base, p->n - p->base, sizeof *p->value, compare_values);
    p->equal = true;
    for (size_t i = 0; i < p->n; i++) {
        p->total[i >= p->base] += p->value[i];
        p->equal = p->equal && p->value[i] == p->value[0];
    }
    return HG_OK;
}

/* One resample of the pooled events. */
static double draw_change(const pool *p, double days0, double days1, hg_random *r)
{
    double total[2] = {0, 0};
    for (size_t k = 0; k < p->n; k++) {
        size_t i = hg_random_below(r, p->n);
        total[i >= p->base] += p->value[i];
    }
    return total[0] > 0 ? percent(total[0], days0, total[1], days1) : INFINITY;
}

static hg_status bootstrap(const pool *p, double days0, double days1, int draws, uint64_t seed,
                           hg_change *c, hg_error *err)
{
    size_t n = (size_t)draws;
    double *drawn = hg_malloc(n, sizeof *drawn);
    if (!drawn)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        hg_random r = hg_random_seed(seed, i);
        drawn[i] = draw_change(p, days0, days1, &r);
    }
    qsort(drawn, n, sizeof *drawn, compare_values);
    size_t below = (size_t)(TAIL * draws);
    c->low_pct = drawn[below];
    c->high_pct = drawn[n - 1 - below];
    c->note = note_of(c->low_pct, c->high_pct);
    hg_free(drawn);
    return HG_OK;
}

static hg_status change_of_pool(const pool *p, double days0, double days1, int draws, uint64_t seed,
                                hg_change *c, hg_error *err)
{
    if (p->equal) {
        hg_status s = hg_change_counts(p->base, days0, p->n - p->base, days1, c, err);
        c->base = p->total[0];
        c->current = p->total[1];
        return s;
    }
    *c = without_base(p->total[0], p->total[1]);
    if (p->base == 0)
        return HG_OK;
    c->change_pct = percent(c->base, days0, c->current, days1);
    c->note = HG_CHANGE_TOO_FEW;
    if (p->base < AMOUNTS_MIN || p->n - p->base < AMOUNTS_MIN)
        return HG_OK;
    return bootstrap(p, days0, days1, draws, seed, c, err);
}

hg_status hg_change_amounts(hg_amounts base, hg_amounts current, int draws, uint64_t seed,
                            hg_change *out, hg_error *err)
{
    if (draws < DRAWS_MIN)
        return hg_fail(err, HG_EUSAGE, "%d resamples; at least %d are needed", draws, DRAWS_MIN);
    hg_status s = check_days(base.days, current.days, err);
    if (s == HG_OK)
        s = check_amounts(&base, "base", err);
    if (s == HG_OK)
        s = check_amounts(&current, "current", err);
    if (s != HG_OK)
        return s;
    pool p = {0};
    hg_change change = {0};
    s = pool_new(&base, &current, &p, err);
    if (s == HG_OK)
        s = change_of_pool(&p, base.days, current.days, draws, seed, &change, err);
    if (s == HG_OK)
        *out = change;
    hg_free(p.value);
    return s;
}
