#include "engine/sites.h"
#include "base/memory.h"
#include "base/radix.h"

#include <math.h>
#include <string.h>

enum { STRIPS_A_REACH = 8 };

void hg_sites_dispose(hg_sites *s)
{
    hg_free(s->x);
    hg_free(s->y);
    hg_free(s->w);
    hg_free(s->start);
    *s = (hg_sites){0};
}

/* Unsigned numbers that sort like the doubles; both zeros are one. */
static uint64_t sortable(double v)
{
    uint64_t bits;
    v += 0.0;
    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

/* ------------------------------------------------- merging ----------------------------------- */

typedef struct order {
    uint64_t *key;
    uint32_t *point; /* in ascending x, then y */
    size_t n;
} order;

static hg_status sort_by(order *o, const double *v, int threads, hg_error *err)
{
    for (size_t i = 0; i < o->n; i++)
        o->key[i] = sortable(v[o->point[i]]);
    return hg_radix_sort(o->key, o->point, o->n, threads, err);
}

static hg_status sort_points(order *o, const hg_points *p, int threads, hg_error *err)
{
    if (p->n >= UINT32_MAX)
        return hg_fail(err, HG_EDATA, "%zu points are too many for a bandwidth from the data", p->n);
    o->key = hg_malloc(p->n, sizeof *o->key);
    o->point = hg_malloc(p->n, sizeof *o->point);
    if (!o->key || !o->point)
        return hg_fail_memory(err);
    for (size_t i = 0; i < p->n; i++)
        if (!p->w || p->w[i] > 0.0)
            o->point[o->n++] = (uint32_t)i;
    hg_status status = sort_by(o, p->y, threads, err);
    return status == HG_OK ? sort_by(o, p->x, threads, err) : status;
}

static hg_status merge(hg_sites *s, const order *o, const hg_points *p, hg_error *err)
{
    s->x = hg_malloc(o->n, sizeof *s->x);
    s->y = hg_malloc(o->n, sizeof *s->y);
    s->w = hg_malloc(o->n, sizeof *s->w);
    if (!s->x || !s->y || !s->w)
        return hg_fail_memory(err);
    for (size_t i = 0; i < o->n; i++) {
        uint32_t k = o->point[i];
        double w = p->w ? p->w[k] : 1.0;
        s->total += w;
        if (s->n > 0 && p->x[k] == s->x[s->n - 1] && p->y[k] == s->y[s->n - 1]) {
            s->w[s->n - 1] += w;
            continue;
        }
        s->x[s->n] = p->x[k];
        s->y[s->n] = p->y[k];
        s->w[s->n++] = w;
    }
    return HG_OK;
}

/* ------------------------------------------------- hull -------------------------------------- */

static double turn(const hg_sites *s, size_t a, size_t b, size_t c)
{
    return (s->x[b] - s->x[a]) * (s->y[c] - s->y[a]) - (s->y[b] - s->y[a]) * (s->x[c] - s->x[a]);
}

/* One side of Andrew's monotone chain (1979); `side` is 1 for the lower hull, -1 for the upper. */
static void measure_chain(hg_sites *s, size_t *chain, double side)
{
    size_t m = 0;
    for (size_t i = 0; i < s->n; i++) {
        while (m >= 2 && !(side * turn(s, chain[m - 2], chain[m - 1], i) > 0.0))
            m--;
        chain[m++] = i;
    }
    for (size_t i = 1; i < m; i++) {
        size_t a = chain[i - 1], b = chain[i];
        double ax = s->x[a] - s->x[0], ay = s->y[a] - s->y[0];
        double bx = s->x[b] - s->x[0], by = s->y[b] - s->y[0];
        s->hull_m2 += side * 0.5 * (ax * by - bx * ay);
        s->hull_perimeter_m += hypot(bx - ax, by - ay);
    }
}

/* While the sites are in ascending x, then y. */
static hg_status measure_hull(hg_sites *s, hg_error *err)
{
    size_t *chain = hg_malloc(s->n, sizeof *chain);
    if (!chain)
        return hg_fail_memory(err);
    measure_chain(s, chain, 1.0);
    measure_chain(s, chain, -1.0);
    s->hull_m2 = fmax(s->hull_m2, 0.0);
    hg_free(chain);
    return HG_OK;
}

/* ------------------------------------------------- strips ------------------------------------ */

static size_t strip_of(const hg_sites *s, double y)
{
    double k = (y - s->south) / s->strip_m;
    if (!(k > 0.0))
        return 0;
    return k < (double)s->strips ? (size_t)k : s->strips - 1;
}

static void size_strips(hg_sites *s, double reach_m)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        low = fmin(low, s->y[i]);
        high = fmax(high, s->y[i]);
    }
    double most = 2.0 * (double)s->n + 1.0, wanted = (high - low) / (reach_m / STRIPS_A_REACH) + 1.0;
    s->south = low;
    s->strips = s->n > 0 ? (size_t)fmin(wanted, most) : 1;
    s->strip_m = wanted <= most ? reach_m / STRIPS_A_REACH : (high - low) / most * (1.0 + 1e-12);
}

/* Counting sort by strip: what was in order of x stays so within each. */
static hg_status lay_strips(hg_sites *s, hg_error *err)
{
    double *columns[] = {s->x, s->y, s->w};
    s->start = hg_calloc(s->strips + 1, sizeof *s->start);
    uint32_t *strip = hg_malloc(s->n, sizeof *strip);
    double *sorted = hg_malloc(s->n, sizeof *sorted);
    size_t *at = hg_malloc(s->strips, sizeof *at);
    hg_status status = s->start && strip && sorted && at ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < s->n && status == HG_OK; i++) {
        strip[i] = (uint32_t)strip_of(s, s->y[i]);
        s->start[strip[i] + 1]++;
    }
    for (size_t k = 0; k < s->strips && status == HG_OK; k++)
        s->start[k + 1] += s->start[k];
    for (size_t c = 0; c < 3 && status == HG_OK; c++) {
        memcpy(at, s->start, s->strips * sizeof *at);
        for (size_t i = 0; i < s->n; i++)
            sorted[at[strip[i]]++] = columns[c][i];
        memcpy(columns[c], sorted, s->n * sizeof *sorted);
    }
    hg_free(strip);
    hg_free(sorted);
    hg_free(at);
    return status;
}

hg_status hg_sites_init(hg_sites *s, const hg_points *points, double reach_m, int threads, hg_error *err)
{
    order o = {0};
    *s = (hg_sites){0};
    hg_status status = sort_points(&o, points, threads, err);
    if (status == HG_OK)
        status = merge(s, &o, points, err);
    hg_free(o.key);
    hg_free(o.point);
    if (status == HG_OK)
        status = measure_hull(s, err);
    if (status == HG_OK) {
        size_strips(s, reach_m);
        status = lay_strips(s, err);
    }
    if (status != HG_OK)
        hg_sites_dispose(s);
    return status;
}

/* ------------------------------------------------- looking up -------------------------------- */

/* How many of the ascending x in from … to-1 are below v, counted from the list's beginning. */
static size_t below(const double *x, size_t from, size_t to, double v)
{
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (x[mid] < v)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

bool hg_sites_next_run(const hg_sites *s, double x, double y, double radius, size_t *strip, size_t *from,
                       size_t *to)
{
    size_t first = strip_of(s, y - radius), last = strip_of(s, y + radius), own = strip_of(s, y);
    for (size_t k = *strip > first ? *strip : first; k <= last; k++) {
        /* From y to the strip's nearer side, a little less for what rounding may have moved. */
        double south = s->south + (double)k * s->strip_m, gap = 0.0;
        if (k != own)
            gap = fmax(0.0, (k > own ? south - y : y - (south + s->strip_m)) - 1e-9 * s->strip_m);
        double half = sqrt(fmax(0.0, radius * radius - gap * gap)) * (1.0 + 1e-9);
        *from = below(s->x, s->start[k], s->start[k + 1], x - half);
        *to = below(s->x, *from, s->start[k + 1], x + half);
        *strip = k + 1;
        if (*from < *to)
            return true;
    }
    return false;
}

size_t hg_sites_candidates(const hg_sites *s, double x, double y, double radius)
{
    size_t strip = 0, from, to, sum = 0;
    while (hg_sites_next_run(s, x, y, radius, &strip, &from, &to))
        sum += to - from;
    return sum;
}
