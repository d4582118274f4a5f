/*
 * Exact conditional inference for a log-linear Poisson trend. Given N = sum n_k the years of the
 * events are N independent draws from p_k(b) ~ days_k exp(b x_k), so T = sum x_k n_k is the sum of
 * N of them; its distribution comes from the characteristic function by a finite Fourier inversion
 * over a window beyond which nothing of weight lies, and changes with b by a factor exp(b T)
 * (Cox, Some statistical methods connected with series of events, 1955).
 */
#include "engine/change.h"
#include "engine/root.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>

enum { SPAN_MAX = 1000, STEPS = 200 };

#define TAIL 0.025
#define WINDOW_MAX 4000000
#define SLOPE_MAX 700.0 /* exp() ends near there */
#define NOISE 1e-12     /* of the largest probability: what an inversion cannot tell from 0 */
#define NEGLIGIBLE 1e-18
#define FAR 600.0 /* exp() of it, and its inverse, are numbers */

typedef struct years {
    const int32_t *year;
    const uint64_t *n;
    const double *days;
    size_t periods;
    double total; /* N */
    double sum;   /* T, from the first year */
    double span;  /* largest x */
    double *p;    /* scratch: p_k(b) */
} years;

/*
 * P(T = low + i), i = 0 … n-1, under the slope b, 0 where it is noise, as it is before `first` and from `end` on; the
 * largest stands at `peak`.
 */
typedef struct distribution {
    double slope, low;
    size_t n, peak, first, end;
    double *mass;
} distribution;

static double year_of(const years *y, size_t k)
{
    return (double)y->year[k] - y->year[0];
}

/* Fills p under slope b; returns the mean of x and its variance. */
static double set_slope(const years *y, double b, double *variance)
{
    double norm = 0, mean = 0, square = 0;
    for (size_t k = 0; k < y->periods; k++) {
        double x = year_of(y, k);
        y->p[k] = y->days[k] * exp(b * (b > 0 ? x - y->span : x));
        norm += y->p[k];
    }
    for (size_t k = 0; k < y->periods; k++) {
        y->p[k] /= norm;
        mean += y->p[k] * year_of(y, k);
    }
    for (size_t k = 0; k < y->periods; k++) {
        double from_mean = year_of(y, k) - mean;
        square += y->p[k] * from_mean * from_mean;
    }
    *variance = square;
    return mean;
}

/* The slope at which T is expected, between 0 and N x span exclusive. */
static double slope_of(const years *y, double t)
{
    double low = -SLOPE_MAX, high = SLOPE_MAX, variance;
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        if (set_slope(y, middle, &variance) * y->total < t)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* Modulus of the characteristic function of T at the angle; its phase where it is not negligible. */
static double characteristic(const years *y, double angle, double *phase)
{
    double re = 0, im = 0;
    for (size_t k = 0; k < y->periods; k++) {
        re += y->p[k] * cos(angle * year_of(y, k));
        im += y->p[k] * sin(angle * year_of(y, k));
    }
    double square = re * re + im * im;
    double modulus = square > 0 ? exp(0.5 * y->total * log(square)) : 0;
    *phase = modulus < NEGLIGIBLE / 4 ? 0 : y->total * atan2(im, re);
    return modulus;
}

/* A turn in n steps. */
typedef struct turn {
    double *cosine, *sine;
    size_t n;
} turn;

static void turn_dispose(turn *t)
{
    hg_free(t->cosine);
}

/* From its first quarter in n steps, of which every fourth is wanted; a sine is the cosine a quarter turn before. */
static void fill_turn(turn *t, double *quarters)
{
    size_t n = t->n;
    for (size_t i = 0; i <= n; i++) {
        double c = i == n ? 0 : cos(M_PI / 2 * (double)i / (double)n);
        quarters[i] = c;
        quarters[2 * n - i] = quarters[2 * n + i] = -c;
        if (i > 0)
            quarters[4 * n - i] = c;
    }
    for (size_t i = 0; i < n; i++) {
        size_t before = 4 * i + 3 * n;
        t->cosine[i] = quarters[4 * i];
        t->sine[i] = quarters[before - (before >= 4 * n ? 4 * n : 0)];
    }
}

static hg_status turn_new(size_t n, turn *out, hg_error *err)
{
    double *quarters = hg_malloc(4 * n, sizeof *quarters), *both = hg_malloc(2 * n, sizeof *both);
    if (!quarters || !both) {
        hg_free(quarters);
        hg_free(both);
        return hg_fail_memory(err);
    }
    *out = (turn){both, both + n, n};
    fill_turn(out, quarters);
    hg_free(quarters);
    return HG_OK;
}

/*
 * Whether the modulus at j steps is clearly negligible. The angles are not quite those of characteristic(), but good
 * enough for that.
 */
static bool vanishes(const years *y, const turn *t, size_t j, double least)
{
    double re = 0, im = 0;
    for (size_t k = 0; k < y->periods; k++) {
        size_t at = j * (size_t)(y->year[k] - y->year[0]) % t->n;
        re += y->p[k] * t->cosine[at];
        im += y->p[k] * t->sine[at];
    }
    return re * re + im * im < least;
}

/* Adds re cos + im sin of i x j steps to the i-th mass; without a test for each whether the turn is over. */
static void add_wave(const turn *t, size_t j, double re, double im, double *mass)
{
    for (size_t i = 0, at = 0; i < t->n; at -= t->n)
        for (; at < t->n && i < t->n; at += j, i++)
            mass[i] += re * t->cosine[at] + im * t->sine[at];
}

/* The terms j and n - j are conjugates, so that one of them does for both. */
static void invert(const years *y, const turn *t, distribution *d)
{
    double n = (double)d->n, least = exp(2 * log(NEGLIGIBLE / 100) / y->total) * (1 - 1e-9);
    for (size_t j = 1; 2 * j <= d->n; j++) {
        if (vanishes(y, t, j, least))
            continue;
        double angle = 2 * M_PI * (double)j / n, phase;
        double modulus = characteristic(y, angle, &phase) / n * (2 * j == d->n ? 1 : 2);
        if (modulus * n < NEGLIGIBLE)
            continue;
        phase -= angle * fmod(d->low, n);
        add_wave(t, j, modulus * cos(phase), modulus * sin(phase), d->mass);
    }
}

static void clear_noise(distribution *d)
{
    d->peak = 0;
    for (size_t i = 0; i < d->n; i++)
        d->peak = d->mass[i] > d->mass[d->peak] ? i : d->peak;
    double least = NOISE * d->mass[d->peak];
    for (size_t i = 0; i < d->n; i++)
        d->mass[i] = d->mass[i] > least ? d->mass[i] : 0;
    d->first = d->end = d->peak;
    for (size_t i = 0; i < d->n; i++) {
        d->first = i < d->first && d->mass[i] > 0 ? i : d->first;
        d->end = d->mass[i] > 0 ? i + 1 : d->end;
    }
}

static void distribution_dispose(distribution *d)
{
    hg_free(d->mass);
}

static hg_status distribution_new(const years *y, double slope, distribution *out, hg_error *err)
{
    double variance, mean = set_slope(y, slope, &variance) * y->total;
    double half = 12 * sqrt(variance * y->total) + 50 * y->span, last = y->total * y->span;
    distribution d = {.slope = slope, .low = fmax(0, floor(mean - half))};
    double width = fmin(last, ceil(mean + half)) - d.low + 1;
    if (!(width <= WINDOW_MAX))
        return hg_fail(err, HG_EFAIL, "a trend over %.0f events cannot be tested exactly",
                       y->total);
    d.n = (size_t)width;
    turn t = {0};
    d.mass = hg_malloc(d.n, sizeof *d.mass);
    hg_status s = d.mass ? turn_new(d.n, &t, err) : hg_fail_memory(err);
    if (s != HG_OK) {
        distribution_dispose(&d);
        return s;
    }
    for (size_t i = 0; i < d.n; i++)
        d.mass[i] = 1 / (double)d.n;
    invert(y, &t, &d);
    clear_noise(&d);
    turn_dispose(&t);
    *out = d;
    return HG_OK;
}

/* Sums of the tail and of all, a step of T at a time from where most of the mass lies. */
static void add_from(const distribution *d, size_t from, ptrdiff_t step, double factor, double ratio, double t,
                     bool upper, double *part, double *all)
{
    /* below 0 it wraps beyond the end */
    for (size_t i = from; i >= d->first && i < d->end; i += (size_t)step, factor *= ratio) {
        double mass = d->mass[i] * factor, value = d->low + (double)i;
        *all += mass;
        *part += (upper ? value >= t : value <= t) ? mass : 0;
    }
}

/* P(T >= t) or P(T <= t) under slope b, which must not be far from the distribution's own. */
static double tail(const distribution *d, double b, double t, bool upper)
{
    double all = 0, part = 0, move = b - d->slope;
    if (fabs(move) * (double)d->n < FAR) { /* factors of a geometric row stay in range */
        add_from(d, d->peak, 1, 1, exp(move), t, upper, &part, &all);
        add_from(d, d->peak - 1, -1, exp(-move), exp(-move), t, upper, &part, &all);
        return part / all;
    }
    double most = -INFINITY;
    for (size_t i = d->first; i < d->end; i++)
        most = d->mass[i] > 0 ? fmax(most, log(d->mass[i]) + move * (double)i) : most;
    for (size_t i = d->first; i < d->end; i++) {
        double mass = d->mass[i] > 0 ? exp(log(d->mass[i]) + move * (double)i - most) : 0;
        double value = d->low + (double)i;
        all += mass;
        part += (upper ? value >= t : value <= t) ? mass : 0;
    }
    return part / all;
}

typedef struct wanted_tail {
    const distribution *d;
    double t;
    bool upper;
} wanted_tail;

/* How far the tail is above 2.5 %, on the scale of logarithms, where it is nearly straight; finite. */
static double excess(const void *payload, double b)
{
    const wanted_tail *w = payload;
    return fmax(log(tail(w->d, b, w->t, w->upper) / TAIL), -1e3);
}

/* The slope at which the tail of T is 2.5 %: below the estimate for the upper tail, else above. */
static hg_status solve_tail(const years *y, const distribution *d, double near, bool upper,
                            double *slope, hg_error *err)
{
    const wanted_tail w = {d, y->sum, upper};
    const hg_root_end start = {near, excess(&w, near)};
    hg_root_end far = start;
    double step = 0.01;
    int i = 0;
    for (; i < STEPS && far.value > 0; i++, step *= 2) {
        far.x = upper ? near - step : near + step;
        far.value = excess(&w, far.x);
    }
    if (i == STEPS)
        return hg_fail(err, HG_EFAIL, "a bound of the yearly trend was not found");
    *slope = hg_root_find(excess, &w, far, start, 1e-12);
    return HG_OK;
}

/* First from the distribution at the estimate, then from the one at the bound so found. */
static hg_status find_bound(const years *y, const distribution *d, bool upper, double *bound,
                            hg_error *err)
{
    double slope;
    distribution there = {0};
    hg_status s = solve_tail(y, d, d->slope, upper, &slope, err);
    if (s == HG_OK)
        s = distribution_new(y, slope, &there, err);
    if (s == HG_OK)
        s = solve_tail(y, &there, d->slope, upper, &slope, err);
    if (s == HG_OK)
        *bound = exp(slope);
    distribution_dispose(&there);
    return s;
}

static hg_status find_interval(const years *y, hg_rate_trend *r, hg_error *err)
{
    double last = y->total * y->span, inside = fmin(fmax(y->sum, 0.5), last - 0.5);
    distribution d = {0};
    hg_status s = distribution_new(y, slope_of(y, inside), &d, err);
    r->ratio = y->sum <= 0 ? 0 : y->sum >= last ? INFINITY : exp(d.slope);
    r->low = 0;
    r->high = INFINITY;
    if (s == HG_OK && y->sum > 0)
        s = find_bound(y, &d, true, &r->low, err);
    if (s == HG_OK && y->sum < last)
        s = find_bound(y, &d, false, &r->high, err);
    distribution_dispose(&d);
    return s;
}

static hg_status find_p_value(const years *y, hg_rate_trend *r, hg_error *err)
{
    distribution d = {0};
    hg_status s = distribution_new(y, 0, &d, err);
    if (s != HG_OK)
        return s;
    r->p_value = fmin(1, 2 * fmin(tail(&d, 0, y->sum, true), tail(&d, 0, y->sum, false)));
    distribution_dispose(&d);
    return HG_OK;
}

static hg_status check(const years *y, hg_error *err)
{
    for (size_t k = 0; k < y->periods; k++) {
        if (!(y->days[k] > 0 && y->days[k] < INFINITY))
            return hg_fail(err, HG_EUSAGE,
                           "year %" PRId32 " has %.12g days; more than 0 are needed", y->year[k],
                           y->days[k]);
        if (k > 0 && y->year[k] <= y->year[k - 1])
            return hg_fail(err, HG_EUSAGE,
                           "years of a trend must ascend: %" PRId32 " follows %" PRId32, y->year[k],
                           y->year[k - 1]);
        if ((int64_t)y->year[k] - y->year[0] > SPAN_MAX)
            return hg_fail(err, HG_EUSAGE,
                           "a trend from year %" PRId32 " to %" PRId32 " spans more than %d",
                           y->year[0], y->year[k], SPAN_MAX);
    }
    return HG_OK;
}

hg_status hg_rate_trend_fit(const int32_t *year, const uint64_t *n, const double *days,
                            size_t periods, hg_rate_trend *out, hg_error *err)
{
    years y = {.year = year, .n = n, .days = days, .periods = periods};
    hg_status s = check(&y, err);
    if (s != HG_OK)
        return s;
    for (size_t k = 0; k < periods; k++) {
        y.total += (double)n[k];
        y.sum += (double)n[k] * year_of(&y, k);
        y.span = year_of(&y, k);
    }
    hg_rate_trend r = {NAN, NAN, NAN, NAN};
    if (periods >= 2 && y.total > 0) {
        y.p = hg_malloc(periods, sizeof *y.p);
        s = y.p ? find_interval(&y, &r, err) : hg_fail_memory(err);
        if (s == HG_OK)
            s = find_p_value(&y, &r, err);
        hg_free(y.p);
    }
    if (s == HG_OK)
        *out = r;
    return s;
}
