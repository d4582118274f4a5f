#include "engine/pair_sums.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

enum {
    POWERS = 4, /* moments of the compact kernels: 1 … d^6, or 1 and d */
    TERMS = 8,  /* of the Gaussian's series */
    BLOCK = 256,
    MANTISSA_BITS = 8, /* of a squared distance, in the table of classes */
    SHIFT = 52 - MANTISSA_BITS,
};

/* A class spans a quarter of the exponent's unit: 0.125^8 / 8! = 1.5e-12. exp(-72) = 5e-32. */
static const double CLASS_WIDTH = 0.25, FARTHEST = 12.0;

struct hg_pair_sums {
    const hg_sites *sites;
    hg_kernel_shape shape;
    size_t n;       /* bandwidths */
    size_t classes; /* of squared distance; one more is for what is beyond */
    size_t moments; /* POWERS or TERMS */
    double reach, unit; /* the widest support; what distances are measured in */
    double *bound;  /* [classes + 1]: end of each class, then infinity */
    double *middle; /* [classes + 1], Gaussian */
    size_t *inside; /* [n]: classes within the support of each bandwidth */
    double *coefficient; /* [n][moments] */
    double *height; /* [n][classes]: the Gaussian at each class's middle, over h^2 */
    uint16_t *table;     /* class of the smallest squared distance with these leading bits */
    int64_t table_first, table_size;
};

void hg_pair_sums_free(hg_pair_sums *p)
{
    if (!p)
        return;
    hg_free(p->bound);
    hg_free(p->middle);
    hg_free(p->inside);
    hg_free(p->coefficient);
    hg_free(p->height);
    hg_free(p->table);
    hg_free(p);
}

/* ------------------------------------------------- classes ----------------------------------- */

static double support2(const hg_pair_sums *p, double cutoff, double h)
{
    double r = p->shape == HG_GAUSSIAN ? fmin(cutoff, FARTHEST) * h : h;
    return r * r;
}

/* Classes between two supports: one, or of the Gaussian as many as keep them narrow for this h. */
static size_t pieces(const hg_pair_sums *p, double from, double to, double h)
{
    if (p->shape != HG_GAUSSIAN)
        return from < to;
    return (size_t)ceil((to - from) / (2.0 * h * h) / CLASS_WIDTH);
}

static void fill_classes(hg_pair_sums *p, double cutoff, const double *h)
{
    double from = 0.0;
    size_t c = 0;
    for (size_t k = 0; k < p->n; k++) {
        double to = support2(p, cutoff, h[k]);
        size_t m = pieces(p, from, to, h[k]);
        for (size_t j = 1; j <= m; j++, c++) {
            double low = from + (to - from) * ((double)(j - 1) / (double)m);
            p->bound[c] = j < m ? from + (to - from) * ((double)j / (double)m) : to;
            p->middle[c] = 0.5 * (low + p->bound[c]);
        }
        p->inside[k] = c;
        from = to;
    }
    p->bound[c] = INFINITY;
    p->middle[c] = 0.0;
}

static int64_t leading_bits(double t)
{
    uint64_t bits;
    memcpy(&bits, &t, sizeof bits);
    return (int64_t)(bits >> SHIFT);
}

static hg_status fill_table(hg_pair_sums *p, hg_error *err)
{
    p->table_first = leading_bits(p->bound[0]);
    p->table_size = leading_bits(p->bound[p->classes - 1]) - p->table_first + 2;
    p->table = hg_calloc((size_t)p->table_size, sizeof *p->table);
    if (!p->table)
        return hg_fail_memory(err);
    size_t c = 0;
    for (int64_t i = 1; i < p->table_size; i++) {
        uint64_t bits = (uint64_t)(p->table_first + i) << SHIFT;
        double t;
        memcpy(&t, &bits, sizeof t);
        while (t >= p->bound[c])
            c++;
        p->table[i] = (uint16_t)c;
    }
    return HG_OK;
}

/* ------------------------------------------------- coefficients ------------------------------ */

/* Of 1, v, v^2, v^3, v = d^2 / unit^2 (triangular: d / unit), in K(d/h) / h^2. */
static void compact_coefficients(const hg_pair_sums *p, double h, double *c)
{
    const hg_kernel kernel = {p->shape, h, 0.0};
    double q = p->unit / h * (p->unit / h), peak = hg_kernel_value(&kernel, 0.0) / (h * h);
    static const double binomials[][POWERS] = {
        [HG_UNIFORM] = {1, 0, 0, 0},  [HG_TRIANGULAR] = {1, 0, 0, 0}, [HG_EPANECHNIKOV] = {1, -1, 0, 0},
        [HG_QUARTIC] = {1, -2, 1, 0}, [HG_TRIWEIGHT] = {1, -3, 3, -1}};
    double power = peak;
    for (size_t j = 0; j < POWERS; j++, power *= q)
        c[j] = binomials[p->shape][j] * power;
    if (p->shape == HG_TRIANGULAR)
        c[1] = -peak * p->unit / h;
}

/* exp(-(m + v unit^2) / 2h^2) = exp(-m / 2h^2) sum_j (-v unit^2 / 2h^2)^j / j! */
static void gaussian_coefficients(const hg_pair_sums *p, double h, double *c)
{
    double q = -0.5 * (p->unit / h) * (p->unit / h), term = 1.0;
    for (size_t j = 0; j < TERMS; term *= q / (double)(++j))
        c[j] = term;
}

static void fill_coefficients(hg_pair_sums *p, const double *h)
{
    for (size_t k = 0; k < p->n; k++) {
        double *c = p->coefficient + k * p->moments;
        if (p->shape != HG_GAUSSIAN) {
            compact_coefficients(p, h[k], c);
            continue;
        }
        gaussian_coefficients(p, h[k], c);
        for (size_t i = 0; i < p->inside[k]; i++)
            p->height[k * p->classes + i] =
                0.5 * M_1_PI / (h[k] * h[k]) * exp(-0.5 * p->middle[i] / (h[k] * h[k]));
    }
}

/* ------------------------------------------------- plan -------------------------------------- */

static hg_status make_room(hg_pair_sums *p, hg_error *err)
{
    p->bound = hg_malloc(p->classes + 1, sizeof *p->bound);
    p->middle = hg_malloc(p->classes + 1, sizeof *p->middle);
    p->inside = hg_malloc(p->n, sizeof *p->inside);
    p->coefficient = hg_malloc(p->n * p->moments, sizeof *p->coefficient);
    p->height = hg_calloc(p->shape == HG_GAUSSIAN ? p->n * p->classes : 1, sizeof *p->height);
    bool ok = p->bound && p->middle && p->inside && p->coefficient && p->height;
    return ok ? HG_OK : hg_fail_memory(err);
}

hg_status hg_pair_sums_new(const hg_sites *sites, hg_kernel_shape shape, double cutoff, const double *h,
                           size_t n, hg_pair_sums **out, hg_error *err)
{
    hg_pair_sums *p = hg_calloc(1, sizeof *p);
    if (!p)
        return hg_fail_memory(err);
    p->sites = sites;
    p->shape = shape;
    p->n = n;
    p->moments = shape == HG_GAUSSIAN ? TERMS : POWERS;
    p->reach = sqrt(support2(p, cutoff, h[n - 1]));
    p->unit = shape == HG_GAUSSIAN ? h[0] : h[n - 1];
    double from = 0.0;
    for (size_t k = 0; k < n; from = support2(p, cutoff, h[k++]))
        p->classes += pieces(p, from, support2(p, cutoff, h[k]), h[k]);
    hg_status status = make_room(p, err);
    if (status == HG_OK) {
        fill_classes(p, cutoff, h);
        fill_coefficients(p, h);
        status = fill_table(p, err);
    }
    if (status != HG_OK) {
        hg_pair_sums_free(p);
        return status;
    }
    *out = p;
    return HG_OK;
}

double hg_pair_sums_reach_m(const hg_pair_sums *p)
{
    return p->reach;
}

/* ------------------------------------------------- pairs ------------------------------------- */

/* Two sets of moments, used by turns: a class met twice in a row need not wait for itself. */
size_t hg_pair_sums_room(const hg_pair_sums *p)
{
    return 2 * (p->classes + 1) * p->moments;
}

static inline size_t class_of(const hg_pair_sums *p, double t)
{
    int64_t i = leading_bits(t) - p->table_first;
    i = i < 0 ? 0 : i < p->table_size ? i : p->table_size - 1;
    size_t c = p->table[i];
    while (t >= p->bound[c])
        c++;
    return c;
}

/* v are distances in the kernel's measure, t their squares in metres. */
static void add_compact(const hg_pair_sums *p, const double *t, const double *v, const double *w, size_t n,
                        double *moments)
{
    for (size_t j = 0; j < n; j++) {
        double *m = moments + ((j & 1) * (p->classes + 1) + class_of(p, t[j])) * POWERS;
        double u = v[j], wu = w[j] * u;
        m[0] += w[j];
        m[1] += wu;
        m[2] += wu * u;
        m[3] += wu * u * u;
    }
}

static void add_gaussian(const hg_pair_sums *p, const double *t, const double *w, size_t n, double *moments)
{
    const double per_unit = 1.0 / (p->unit * p->unit);
    for (size_t j = 0; j < n; j++) {
        size_t c = class_of(p, t[j]);
        double *m = moments + ((j & 1) * (p->classes + 1) + c) * TERMS;
        double u = (t[j] - p->middle[c]) * per_unit, u2 = u * u, a = w[j], b = w[j] * u;
        for (size_t k = 0; k < TERMS; k += 2, a *= u2, b *= u2) {
            m[k] += a;
            m[k + 1] += b;
        }
    }
}

static void add_run(const hg_pair_sums *p, double x, double y, size_t from, size_t to, double *moments)
{
    const hg_sites *s = p->sites;
    const double per_unit2 = 1.0 / (p->unit * p->unit);
    double t[BLOCK], v[BLOCK];
    for (size_t at = from; at < to; at += BLOCK) {
        size_t n = to - at < BLOCK ? to - at : BLOCK;
        for (size_t j = 0; j < n; j++) {
            double dx = s->x[at + j] - x, dy = s->y[at + j] - y;
            t[j] = dx * dx + dy * dy;
        }
        if (p->shape == HG_GAUSSIAN) {
            add_gaussian(p, t, s->w + at, n, moments);
            continue;
        }
        for (size_t j = 0; j < n; j++)
            v[j] = p->shape == HG_TRIANGULAR ? sqrt(t[j] * per_unit2) : t[j] * per_unit2;
        add_compact(p, t, v, s->w + at, n, moments);
    }
}

/* ------------------------------------------------- sums -------------------------------------- */

static void compact_sums(const hg_pair_sums *p, const double *moments, double *sums)
{
    double inside[POWERS] = {0};
    for (size_t k = 0, c = 0; k < p->n; k++) {
        for (; c < p->inside[k]; c++)
            for (size_t j = 0; j < POWERS; j++)
                inside[j] += moments[c * POWERS + j];
        double sum = 0.0;
        for (size_t j = 0; j < POWERS; j++)
            sum += p->coefficient[k * POWERS + j] * inside[j];
        sums[k] = fmax(sum, 0.0);
    }
}

static void gaussian_sums(const hg_pair_sums *p, const double *moments, double *sums)
{
    for (size_t k = 0; k < p->n; k++) {
        const double *coefficient = p->coefficient + k * TERMS, *height = p->height + k * p->classes;
        double sum = 0.0;
        for (size_t c = 0; c < p->inside[k]; c++) {
            const double *m = moments + c * TERMS;
            if (!(m[0] > 0.0))
                continue;
            double series = 0.0;
            for (size_t j = 0; j < TERMS; j++)
                series += coefficient[j] * m[j];
            sum += height[c] * series;
        }
        sums[k] = fmax(sum, 0.0);
    }
}

void hg_pair_sums_at(const hg_pair_sums *p, size_t i, double *room, double *sums)
{
    const hg_sites *s = p->sites;
    size_t set = (p->classes + 1) * p->moments, strip = 0, from, to;
    memset(room, 0, 2 * set * sizeof *room);
    while (hg_sites_next_run(s, s->x[i], s->y[i], p->reach, &strip, &from, &to)) {
        bool own = from <= i && i < to;
        add_run(p, s->x[i], s->y[i], from, own ? i : to, room);
        if (own)
            add_run(p, s->x[i], s->y[i], i + 1, to, room);
    }
    for (size_t j = 0; j < set; j++)
        room[j] += room[set + j];
    if (p->shape == HG_GAUSSIAN)
        gaussian_sums(p, room, sums);
    else
        compact_sums(p, room, sums);
}
