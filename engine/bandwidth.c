/*
 * Silverman's robust rule as ArcGIS Kernel Density states it, and Scott's rule: Silverman 1986,
 * section 4.3; Scott, Multivariate Density Estimation, 1992, section 6.3.
 */
#include "engine/bandwidth.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

typedef struct spread {
    size_t n;       /* points of positive weight */
    double w, w2;   /* sum of weights, of their squares */
    double x, y;    /* mean centre */
    double var;     /* sum of the two variances = squared standard distance */
    double median2; /* squared median distance from the mean centre */
} spread;

static double weight(const hg_points *p, size_t i)
{
    return p->w ? p->w[i] : 1.0;
}

/* Sums are taken from the first point, so that eastings of millions of metres cost no digits. */
static void mean_centre(const hg_points *p, spread *s)
{
    double sx = 0.0, sy = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        double w = weight(p, i);
        s->n += w > 0.0;
        s->w += w;
        s->w2 += w * w;
        sx += w * (p->x[i] - p->x[0]);
        sy += w * (p->y[i] - p->y[0]);
    }
    if (s->w > 0.0) {
        s->x = p->x[0] + sx / s->w;
        s->y = p->y[0] + sy / s->w;
    }
}

static double distance2(const hg_points *p, const spread *s, size_t i)
{
    double dx = p->x[i] - s->x, dy = p->y[i] - s->y;
    return dx * dx + dy * dy;
}

/*
 * The k-th smallest squared distance without holding them all: non-negative doubles sort like their
 * bits, so a histogram of the top 16 bits finds the bin of the k-th, and only that bin is
 * collected.
 */
enum { BINS = 1 << 16 };

static size_t bin_of(double d2)
{
    uint64_t bits;
    memcpy(&bits, &d2, sizeof bits);
    return (size_t)(bits >> 48);
}

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

/* Hoare's selection with three-way partition, so that runs of equal values end it at once. */
static double select_kth(double *v, size_t n, size_t k)
{
    size_t lo = 0, hi = n;
    while (hi - lo > 1) {
        double a = v[lo], b = v[lo + (hi - lo) / 2], c = v[hi - 1];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t less = lo, i = lo, more = hi;
        while (i < more) {
            if (v[i] < pivot)
                swap(&v[i++], &v[less++]);
            else if (v[i] > pivot)
                swap(&v[i], &v[--more]);
            else
                i++;
        }
        if (k < less)
            hi = less;
        else if (k >= more)
            lo = more;
        else
            return pivot;
    }
    return v[k];
}

static hg_status kth_distance2(const hg_points *p, const spread *s, const size_t *bins, size_t k,
                               double *out, hg_error *err)
{
    size_t bin = 0;
    while (k >= bins[bin])
        k -= bins[bin++];
    double *v = hg_malloc(bins[bin], sizeof *v);
    if (!v)
        return hg_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        double d2 = distance2(p, s, i);
        if (bin_of(d2) == bin && weight(p, i) > 0.0)
            v[n++] = d2;
    }
    *out = select_kth(v, n, k);
    hg_free(v);
    return HG_OK;
}

static hg_status median_distance(const hg_points *p, spread *s, const size_t *bins, hg_error *err)
{
    double low = 0.0, high = 0.0;
    hg_status status = kth_distance2(p, s, bins, (s->n - 1) / 2, &low, err);
    if (status == HG_OK && s->n % 2 == 0)
        status = kth_distance2(p, s, bins, s->n / 2, &high, err);
    double median = s->n % 2 ? sqrt(low) : 0.5 * (sqrt(low) + sqrt(high));
    s->median2 = median * median;
    return status;
}

static hg_status measure(const hg_points *p, spread *s, hg_error *err)
{
    *s = (spread){0};
    mean_centre(p, s);
    if (s->n < 2)
        return hg_fail(err, HG_EDATA, "a bandwidth rule needs at least two points, there are %zu; give a bandwidth as "
                       "a length", s->n);
    size_t *bins = hg_calloc(BINS, sizeof *bins);
    if (!bins)
        return hg_fail_memory(err);
    for (size_t i = 0; i < p->n; i++) {
        double d2 = distance2(p, s, i), w = weight(p, i);
        s->var += w * d2;
        bins[bin_of(d2)] += w > 0.0;
    }
    s->var /= s->w;
    hg_status status = median_distance(p, s, bins, err);
    hg_free(bins);
    return status;
}

static bool all_at_one_place(const hg_points *p)
{
    size_t first = p->n, i = 0;
    for (; i < p->n; i++) {
        if (!(weight(p, i) > 0.0))
            continue;
        if (first == p->n)
            first = i;
        if (p->x[i] != p->x[first] || p->y[i] != p->y[first])
            return false;
    }
    return true;
}

hg_status hg_bandwidth_by_rule(hg_bandwidth_rule rule, hg_kernel_shape shape,
                               const hg_points *points, double *bandwidth_m, hg_error *err)
{
    if (rule == HG_RULE_LENGTH)
        return hg_fail(err, HG_EUSAGE, "a bandwidth given as a length needs no rule");
    if (rule == HG_RULE_AUTO)
        return hg_fail(err, HG_EUSAGE, "a bandwidth by cross-validation is found by hg_crossval_run");
    spread s;
    hg_status status = measure(points, &s, err);
    if (status != HG_OK)
        return status;
    if (all_at_one_place(points))
        return hg_fail(err, HG_EDATA, "all %zu points lie at one place; give a bandwidth", s.n);
    double n = s.w * s.w / s.w2, ratio = hg_kernel_sigma_ratio(shape);
    if (rule == HG_RULE_SCOTT) {
        *bandwidth_m = ratio * sqrt(0.5 * s.var) * pow(n, -1.0 / 6.0);
        return HG_OK;
    }
    /* Where more than half of the points share the mean centre the median says nothing. */
    double dm2 = s.median2 > 0.0 ? s.median2 / M_LN2 : s.var;
    double quartic = 0.9 * sqrt(fmin(s.var, dm2)) * pow(n, -0.2);
    *bandwidth_m = quartic * ratio / hg_kernel_sigma_ratio(HG_QUARTIC);
    return HG_OK;
}
