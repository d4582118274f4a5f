#include "engine/normal_reference.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double quantile(const double *sorted, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t low = (size_t)floor(at), high = low + 1 < n ? low + 1 : low;
    return sorted[low] + (at - floor(at)) * (sorted[high] - sorted[low]);
}

static double deviation(const double *v, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i] - v[0];
    double mean = v[0] + sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (v[i] - mean) * (v[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

static hg_status of_axis(const double *axis, size_t n, double *out, hg_error *err)
{
    double *v = hg_malloc(n, sizeof *v);
    if (!v)
        return hg_fail_memory(err);
    memcpy(v, axis, n * sizeof *v);
    qsort(v, n, sizeof *v, ascending);
    double spread = fmin(deviation(v, n), (quantile(v, n, 0.75) - quantile(v, n, 0.25)) / 1.34);
    *out = 4 * 1.06 * spread * pow((double)n, -0.2);
    hg_free(v);
    return HG_OK;
}

hg_status hg_bandwidth_nrd(const hg_points *points, double *bandwidth_m, hg_error *err)
{
    double x = 0, y = 0;
    if (points->n < 2)
        return hg_fail(err, HG_EDATA, "a bandwidth rule needs at least two points, there are %zu", points->n);
    hg_status status = of_axis(points->x, points->n, &x, err);
    if (status == HG_OK)
        status = of_axis(points->y, points->n, &y, err);
    if (status == HG_OK && !((x + y) / 2 > 0))
        status = hg_fail(err, HG_EDATA, "the rule nrd gives no bandwidth: half of the %zu points lie at one place",
                         points->n);
    if (status == HG_OK)
        *bandwidth_m = (x + y) / 2;
    return status;
}
