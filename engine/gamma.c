/*
 * Draws: Marsaglia and Tsang, A simple method for generating gamma variables, ACM TOMS 26, 2000;
 * normal deviates by Marsaglia's polar method. Distribution function: DLMF 8.7.1 (series) and 8.9.2
 * (continued fraction, Lentz's method), split at x = shape + 1.
 */
#include "engine/gamma.h"

#include <float.h>
#include <math.h>

enum { TERMS_MAX = 10000 };

hg_gamma hg_gamma_of(double shape)
{
    double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
    return (hg_gamma){.d = d, .c = 1 / sqrt(9 * d), .boost = shape < 1 ? 1 / shape : 0};
}

static double normal_draw(hg_random *r)
{
    double u, v, s;
    do {
        u = 2 * hg_random_unit(r) - 1;
        v = 2 * hg_random_unit(r) - 1;
        s = u * u + v * v;
    } while (!(s < 1 && s > 0));
    return u * sqrt(-2 * log(s) / s);
}

/* In (0, 1]: its logarithm is finite. */
static double unit_above_zero(hg_random *r)
{
    return 1 - hg_random_unit(r);
}

static double draw_one_or_more(const hg_gamma *g, hg_random *r)
{
    for (;;) {
        double x = normal_draw(r), t = 1 + g->c * x, v = t * t * t;
        if (!(t > 0))
            continue;
        double u = unit_above_zero(r), x2 = x * x;
        if (u < 1 - 0.0331 * x2 * x2 || log(u) < 0.5 * x2 + g->d * (1 - v + log(v)))
            return g->d * v;
    }
}

double hg_gamma_draw(const hg_gamma *gamma, hg_random *random)
{
    double x = draw_one_or_more(gamma, random);
    return gamma->boost > 0 ? x * pow(unit_above_zero(random), gamma->boost) : x;
}

static double below_by_series(double a, double x, double front)
{
    double term = 1 / a, sum = term;
    for (int i = 1; i <= TERMS_MAX; i++) {
        term *= x / (a + i);
        sum += term;
        if (term < sum * DBL_EPSILON)
            return front * sum;
    }
    return NAN;
}

static double above_by_fraction(double a, double x, double front)
{
    double b = x + 1 - a, c = 1 / DBL_MIN, d = 1 / b, h = d;
    for (int i = 1; i <= TERMS_MAX; i++) {
        double an = -i * (i - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        h *= d * c;
        if (fabs(d * c - 1) < 4 * DBL_EPSILON)
            return front * h;
    }
    return NAN;
}

double hg_log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

double hg_gamma_below(double shape, double log_gamma, double x)
{
    if (!(x > 0))
        return 0;
    double front = exp(shape * log(x) - x - log_gamma);
    if (x < shape + 1)
        return fmin(1, below_by_series(shape, x, front));
    return fmax(0, 1 - above_by_fraction(shape, x, front));
}
