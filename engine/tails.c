/*
 * Tails as probability mass times a sum. The mass follows Loader, Fast and accurate computation of
 * binomial probabilities, 2000: no difference of large logarithms of factorials, so that it is good
 * to 1e-14 for any n. The sum is the continued fraction of the incomplete beta function:
 * DLMF 8.17.22, evaluated by Lentz's method as in Press et al., Numerical Recipes, 3rd ed., 6.4.
 */
#include "engine/tails.h"
#include "engine/root.h"
#include "engine/composition.h"

#include <float.h>
#include <math.h>

/* The fraction takes about sqrt(a + b) steps at worst: enough for n = 1e10. */
enum { STEPS_MAX = 500000 };

/* ln n! - [ln sqrt(2 pi n) + n ln n - n], Stirling's error; DLMF 5.11.1. */
static double stirling_error(double n)
{
    /* n = 0 … 15, where the series is not good enough; n = 0 stands for ln 0! by itself. */
    static const double small[16] = {0.0,
                                     0.081061466795327258,
                                     0.041340695955409294,
                                     0.027677925684998339,
                                     0.020790672103765093,
                                     0.016644691189821193,
                                     0.013876128823070748,
                                     0.011896709945891770,
                                     0.010411265261972096,
                                     0.0092554621827127329,
                                     0.0083305634333628708,
                                     0.0075736754879518407,
                                     0.0069428401072095299,
                                     0.0064089941880042071,
                                     0.0059513701127588475,
                                     0.0055547335519628014};
    if (n <= 15 && n == floor(n))
        return small[(int)n];
    double s = 1 / (n * n);
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - s / 1188) * s) * s) * s) / n;
}

/* x ln(x / m) + m - x without cancellation where x is near m. */
static double deviance(double x, double m)
{
    if (fabs(x - m) >= 0.1 * (x + m))
        return x * log(x / m) + m - x;
    double v = (x - m) / (x + m), sum = (x - m) * v, term = 2 * x * v;
    for (int j = 1; j < 1000; j++) {
        term *= v * v;
        double next = sum + term / (2 * j + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/* ln P(Bin(n, p) = k) for 0 < p < 1; q = 1 - p to full accuracy. */
static double log_mass(double k, double n, double p, double q)
{
    if (k == 0)
        return n * log1p(-p);
    if (k == n)
        return n * log(p);
    double rest = n - k;
    double c = stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, n * p) -
               deviance(rest, n * q);
    return c + 0.5 * log(n / (2 * M_PI * k * rest));
}

static double away_from_zero(double v)
{
    return fabs(v) < DBL_MIN ? DBL_MIN : v;
}

/*
 * F with I_x(a, b) = x^a (1-x)^b / (a B(a, b)) * F, for x <= (a + 1) / (a + b + 2), where it
 * converges fast. NaN if it does not converge.
 */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int m = 1; m <= STEPS_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 2 * DBL_EPSILON)
            return h;
    }
    return NAN;
}

/*
 * P(Bin(n, p) >= k) = I_p(k, n-k+1) = mass(k) q F(k, n-k+1, p); below the mean it is taken from the
 * other side, 1 - I_q(n-k+1, k), where mass(k-1) p F(n-k+1, k, q) is the lower tail.
 */
double hg_log_binomial_tail(uint64_t k, uint64_t n, double p)
{
    if (k == 0)
        return 0;
    if (k > n || !(p > 0))
        return -INFINITY;
    if (p >= 1)
        return 0;
    double a = (double)k, b = (double)(n - k + 1), q = 1 - p;
    if (p <= (a + 1) / (a + b + 2))
        return fmin(0, log_mass(a, (double)n, p, q) + log1p(-p) + log(beta_fraction(a, b, p)));
    double lower = exp(log_mass(a - 1, (double)n, p, q)) * p * beta_fraction(b, a, q);
    return lower < 1 ? log1p(-lower) : -INFINITY;
}

double hg_binomial_tail(uint64_t k, uint64_t n, double p)
{
    return exp(hg_log_binomial_tail(k, n, p));
}

typedef struct wanted_tail {
    uint64_t k, n;
    double log_level;
} wanted_tail;

/* How far the logarithm of the tail at these log-odds is above the wanted one; finite. */
static double tail_excess(const void *payload, double log_odds)
{
    const wanted_tail *w = payload;
    return fmax(hg_log_binomial_tail(w->k, w->n, 1 / (1 + exp(-log_odds))) - w->log_level, -1e300);
}

/* On the log-odds, which keeps the digits of bounds near 0; the bracket comes from the spread of the estimate. */
double hg_binomial_lower(uint64_t k, uint64_t n, double level)
{
    if (k == 0)
        return 0;
    const wanted_tail w = {k, n, log(level)};
    double a = (double)k, b = (double)(n - k + 1), step = 2.5 * sqrt(1 / a + 1 / b);
    hg_root_end above = {log(a / b), 0}, below = {above.x - step, 0};
    above.value = tail_excess(&w, above.x);
    below.value = tail_excess(&w, below.x);
    for (; above.value < 0 && above.x < 700; above.value = tail_excess(&w, above.x))
        above.x += step *= 2;
    for (; below.value >= 0 && below.x > -700; below.value = tail_excess(&w, below.x))
        below.x -= step *= 2;
    /* the tail itself is not known better than to 1e-13 */
    return 1 / (1 + exp(-hg_root_find(tail_excess, &w, below, above, 1e-13)));
}

double hg_poisson_tail(uint64_t k, double mean)
{
    if (k == 0)
        return 1;
    double n = (double)k, sum = 1, term = 1;
    for (uint64_t i = 1; term > DBL_EPSILON / 4 * sum; i++) {
        term *= mean / (n + (double)i);
        sum += term;
    }
    double mass = exp(-stirling_error(n) - deviance(n, mean)) / sqrt(2 * M_PI * n);
    return fmin(1, mass * sum);
}

/*
 * With r = mean^2 / (variance - mean) and p = mean / variance: P(X >= k) = I_{1-p}(k, r). The mass
 * need not be better than the moments it rests on, so log-gamma does.
 */
double hg_negative_binomial_tail(uint64_t k, double mean, double variance)
{
    if (k == 0)
        return 1;
    double a = (double)k, b = mean * mean / (variance - mean), p = mean / variance;
    double q = (variance - mean) / variance;
    int sign;
    double front =
        lgamma_r(a + b, &sign) - lgamma_r(a, &sign) - lgamma_r(b, &sign) + a * log(q) + b * log(p);
    if (q <= (a + 1) / (a + b + 2))
        return fmin(1, exp(front) * beta_fraction(a, b, q) / a);
    return fmax(0, 1 - exp(front) * beta_fraction(b, a, p) / b);
}
