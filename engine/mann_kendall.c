#include "engine/mann_kendall.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 20000 };

static int compare_values(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

static int64_t statistic(const double *value, size_t n)
{
    int64_t s = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            s += (value[j] > value[i]) - (value[j] < value[i]);
    return s;
}

/* Sums over groups of t equal values: t(t-1)(2t+5), and the pairs t(t-1)/2 they make. */
static void sum_ties(const double *sorted, size_t n, double *variance, double *pairs)
{
    *variance = *pairs = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && sorted[end] == sorted[i];)
            end++;
        double t = (double)(end - i);
        *variance += t * (t - 1) * (2 * t + 5);
        *pairs += t * (t - 1) / 2;
    }
}

static hg_mann_kendall finish(int64_t s, size_t n, double tied_variance, double tied_pairs)
{
    double t = (double)n, pairs = t * (t - 1) / 2;
    hg_mann_kendall r = {.s = s, .p_value = 1};
    r.variance = (t * (t - 1) * (2 * t + 5) - tied_variance) / 18;
    if (!(r.variance > 0) || pairs == tied_pairs)
        return r;
    double sign = (s > 0) - (s < 0);
    r.z = ((double)s - sign) / sqrt(r.variance);
    r.p_value = erfc(fabs(r.z) * M_SQRT1_2);
    r.tau = (double)s / sqrt(pairs * (pairs - tied_pairs));
    return r;
}

hg_status hg_mann_kendall_test(const double *value, size_t n, hg_mann_kendall *out, hg_error *err)
{
    if (n < HG_MANN_KENDALL_MIN || n > LONGEST)
        return hg_fail(err, HG_EUSAGE, "a trend test of %zu periods; %d to %d are possible", n,
                       HG_MANN_KENDALL_MIN, LONGEST);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(value[i]))
            return hg_fail(err, HG_EDATA, "value %zu of the trend is not finite", i + 1);
    double *sorted = hg_malloc(n, sizeof *sorted);
    if (!sorted)
        return hg_fail_memory(err);
    memcpy(sorted, value, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_values);
    double variance, pairs;
    sum_ties(sorted, n, &variance, &pairs);
    hg_free(sorted);
    *out = finish(statistic(value, n), n, variance, pairs);
    return HG_OK;
}
