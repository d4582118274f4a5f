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

static void judge(hg_mann_kendall *r)
{
    double sign = (r->s > 0) - (r->s < 0);
    r->z = ((double)r->s - sign) / sqrt(r->variance);
    r->p_value = erfc(fabs(r->z) * M_SQRT1_2);
}

static hg_mann_kendall finish(int64_t s, size_t n, double tied_variance, double tied_pairs)
{
    double t = (double)n, pairs = t * (t - 1) / 2;
    hg_mann_kendall r = {.s = s, .p_value = 1};
    r.variance = (t * (t - 1) * (2 * t + 5) - tied_variance) / 18;
    if (!(r.variance > 0) || pairs == tied_pairs)
        return r;
    judge(&r);
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

/* ------------------------------------------------- Hamed and Rao ---------------------------- */

/* The k-th smallest of n values, which end up on their side of it (Hoare's selection). */
static double select_value(double *value, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        double pivot = value[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (value[i] < pivot)
                i++;
            while (value[j] > pivot)
                j--;
            if (i >= j)
                break;
            double swap = value[i];
            value[i++] = value[j];
            value[j--] = swap;
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return value[k];
}

static hg_status sen_slope(const double *value, size_t n, double *slope, hg_error *err)
{
    size_t pairs = n * (n - 1) / 2, k = 0;
    double *all = hg_malloc(pairs, sizeof *all);
    if (!all)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            all[k++] = (value[j] - value[i]) / (double)(j - i);
    *slope = select_value(all, pairs, pairs / 2);
    if (pairs % 2 == 0) {
        double below = all[0];
        for (size_t i = 1; i < pairs / 2; i++)
            below = all[i] > below ? all[i] : below;
        *slope = (below + *slope) / 2;
    }
    hg_free(all);
    return HG_OK;
}

/* Ranks less their mean; equal values share the mean of their ranks. */
static void centred_ranks(const double *value, size_t n, double *rank)
{
    for (size_t i = 0; i < n; i++) {
        double below = 0, equal = 0;
        for (size_t j = 0; j < n; j++) {
            below += value[j] < value[i];
            equal += value[j] == value[i];
        }
        rank[i] = below + (equal + 1) / 2 - ((double)n + 1) / 2;
    }
}

static double lagged(const double *rank, size_t n, size_t lag)
{
    double sum = 0;
    for (size_t i = 0; i + lag < n; i++)
        sum += rank[i] * rank[i + lag];
    return sum;
}

static double variance_factor(const double *rank, size_t n)
{
    static const double two_sided_95 = 1.959963984540054;
    double t = (double)n, square = lagged(rank, n, 0), sum = 0;
    for (size_t lag = 1; square > 0 && lag + 2 < n; lag++) {
        double r = lagged(rank, n, lag) / square, k = (double)lag;
        if (fabs(r) > two_sided_95 / sqrt(t))
            sum += (t - k) * (t - k - 1) * (t - k - 2) * r;
    }
    return 1 + 2 / (t * (t - 1) * (t - 2)) * sum;
}

hg_status hg_mann_kendall_hamed_rao(const double *value, size_t n, hg_mann_kendall *out, hg_error *err)
{
    hg_mann_kendall r;
    double slope = 0;
    if (n > HG_HAMED_RAO_MAX)
        return hg_fail(err, HG_EUSAGE, "a trend test of %zu periods that follow each other; at most %d are possible", n,
                       HG_HAMED_RAO_MAX);
    hg_status status = hg_mann_kendall_test(value, n, &r, err);
    if (status == HG_OK)
        status = sen_slope(value, n, &slope, err);
    if (status != HG_OK)
        return status;
    double *rest = hg_malloc(2 * n, sizeof *rest), *rank = rest ? rest + n : NULL;
    if (!rest)
        return hg_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        rest[i] = value[i] - slope * (double)i;
    centred_ranks(rest, n, rank);
    double factor = variance_factor(rank, n);
    hg_free(rest);
    if (factor > 0 && r.tau != 0) {
        r.variance *= factor;
        judge(&r);
    }
    *out = r;
    return HG_OK;
}
