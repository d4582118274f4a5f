/*
 * Ord and Getis 1995, eq. 4 (Gi* with binary weights); Anselin 1995, eq. 12, with the conditional moments of
 * Sokal, Oden and Thomson 1998, for weights that sum to 1:
 *   E(I) = -e^2 / ((n - 1) s^2),  Var(I) = (e / s^2)^2 n / (n - 2) (1/k - 1/(n - 1)) (s^2 - e^2 / (n - 1))
 * with e = x - xbar and k neighbours.
 */
#include "engine/local_moments.h"
#include "engine/local.h"

#include <float.h>
#include <math.h>

/* Sums below this are exact, those of values less the least included. */
static const double exact_limit = 0x1p51;

static bool belongs(const float *share, size_t i)
{
    return !share || share[i] > 0;
}

/* Extremes of the values, whether all are whole, how many there are. */
static hg_status survey(const double *value, size_t n, const float *share, hg_local_moments *m, hg_error *err)
{
    size_t count = 0;
    double sum = 0;
    *m = (hg_local_moments){.least = INFINITY, .most = -INFINITY, .whole = true};
    for (size_t i = 0; i < n; i++) {
        if (!belongs(share, i))
            continue;
        if (!isfinite(value[i]))
            return hg_fail(err, HG_EDATA, "value %zu of a map is %g: a finite number was expected", i, value[i]);
        m->least = value[i] < m->least ? value[i] : m->least;
        m->most = value[i] > m->most ? value[i] : m->most;
        m->whole = m->whole && value[i] == rint(value[i]);
        sum += value[i];
        count++;
    }
    if (count < 3)
        return hg_fail(err, HG_EUSAGE, "a map of %zu places: at least 3 were expected", count);
    m->n = (double)count;
    m->base = sum / m->n;
    m->whole = m->whole && (fmax(fabs(m->least), fabs(m->most)) + fabs(m->base)) * m->n < exact_limit;
    if (m->whole)
        m->base = rint(m->base);
    return HG_OK;
}

/* Sum of (value - base - mean)^2, compensated (Kahan): a lone value must leave the others' variance exactly 0. */
static double squares(const double *value, size_t n, const float *share, double base, double mean)
{
    double sum = 0, lost = 0;
    for (size_t i = 0; i < n; i++)
        if (belongs(share, i)) {
            double e = value[i] - base - mean, term = e * e - lost, next = sum + term;
            lost = next - sum - term;
            sum = next;
        }
    return sum;
}

hg_status hg_local_moments_of(const double *value, size_t n, const float *share, hg_local_moments *out, hg_error *err)
{
    hg_local_moments m;
    hg_status status = survey(value, n, share, &m, err);
    if (status != HG_OK)
        return status;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        if (belongs(share, i))
            sum += value[i] - m.base;
    m.mean = sum / m.n;
    m.variance = m.least == m.most ? 0 : squares(value, n, share, m.base, m.mean) / m.n;
    m.least -= m.base;
    m.most -= m.base;
    *out = m;
    return HG_OK;
}

double hg_local_gi_z(const hg_local_moments *m, double sum, double places)
{
    double spread = m->variance * places * (m->n - places) / (m->n - 1);
    return spread > 0 ? (sum - m->mean * places) / sqrt(spread) : NAN;
}

/* Variance of I over the ways to give the other values to the other places; 0 where they make no difference. */
static double moran_variance(const hg_local_moments *m, double e, double neighbours)
{
    double others = m->variance - e * e / (m->n - 1), rounding = 16 * DBL_EPSILON;
    bool on_mean = fabs(e) <= (m->whole ? 0 : rounding * fabs(m->base));
    if (on_mean || !(others > rounding * m->variance))
        return 0;
    double unit = e / m->variance;
    return unit * unit * (m->n / (m->n - 2)) * (1 / neighbours - 1 / (m->n - 1)) * others;
}

double hg_local_moran_i(const hg_local_moments *m, double value, double sum, double neighbours, double *z)
{
    double i = NAN, e = value - m->mean, variance = 0;
    if (m->variance > 0 && neighbours > 0) {
        i = e / m->variance * (sum / neighbours - m->mean);
        variance = moran_variance(m, e, neighbours);
    }
    if (z)
        *z = variance > 0 ? (i + e * e / m->variance / (m->n - 1)) / sqrt(variance) : NAN;
    return i;
}

static void put(double *column, size_t k, double value)
{
    if (column)
        column[k] = value;
}

void hg_local_write(const hg_local_moments *m, double value, double sum, double places, const hg_local_columns *out,
                    size_t k)
{
    double gi_z = hg_local_gi_z(m, sum, places), moran_z;
    double moran = hg_local_moran_i(m, value, sum - value, places - 1, &moran_z);
    put(out->gi_z, k, gi_z);
    put(out->gi_p, k, hg_normal_tail(gi_z));
    put(out->moran, k, moran);
    put(out->moran_z, k, moran_z);
    put(out->moran_p, k, hg_normal_tail(moran_z));
}

double hg_normal_tail(double z)
{
    return 0.5 * erfc(z * M_SQRT1_2);
}
