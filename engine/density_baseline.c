/* The row loops for any processor: SSE2 on x86-64, what the compiler makes of short vectors
 * elsewhere. */
#include "engine/density_rows.h"

#include <math.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef double pair __attribute__((vector_size(16)));

/* Four members and not an array: compilers keep these in registers. */
typedef struct hv {
    pair a, b, c, d;
} hv;

static inline pair pair_load(const double *p)
{
    pair v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void pair_store(double *p, pair v)
{
    memcpy(p, &v, sizeof v);
}

static inline hv hv_load(const double *p)
{
    return (hv){pair_load(p), pair_load(p + 2), pair_load(p + 4), pair_load(p + 6)};
}

static inline void hv_store(double *p, hv v)
{
    pair_store(p, v.a);
    pair_store(p + 2, v.b);
    pair_store(p + 4, v.c);
    pair_store(p + 6, v.d);
}

static inline hv hv_set1(double x)
{
    pair v = {x, x};
    return (hv){v, v, v, v};
}

static inline hv hv_add(hv x, hv y)
{
    return (hv){x.a + y.a, x.b + y.b, x.c + y.c, x.d + y.d};
}

static inline hv hv_sub(hv x, hv y)
{
    return (hv){x.a - y.a, x.b - y.b, x.c - y.c, x.d - y.d};
}

static inline hv hv_mul(hv x, hv y)
{
    return (hv){x.a * y.a, x.b * y.b, x.c * y.c, x.d * y.d};
}

static inline hv hv_fma(hv x, hv y, hv z)
{
    return hv_add(hv_mul(x, y), z);
}

#if defined(__SSE2__)
static inline pair pair_max(pair a, pair b)
{
    return (pair)_mm_max_pd((__m128d)a, (__m128d)b);
}

static inline pair pair_sqrt(pair a)
{
    return (pair)_mm_sqrt_pd((__m128d)a);
}
#else
static inline pair pair_max(pair a, pair b)
{
    return (pair){a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
}

static inline pair pair_sqrt(pair a)
{
    return (pair){sqrt(a[0]), sqrt(a[1])};
}
#endif

static inline hv hv_max(hv x, hv y)
{
    return (hv){pair_max(x.a, y.a), pair_max(x.b, y.b), pair_max(x.c, y.c), pair_max(x.d, y.d)};
}

static inline hv hv_sqrt(hv x)
{
    return (hv){pair_sqrt(x.a), pair_sqrt(x.b), pair_sqrt(x.c), pair_sqrt(x.d)};
}

/* Slot numbers are small and not negative: through int32 and back is floor, and one more is ceil.
 */
static inline pair pair_floor(pair x)
{
    return (pair){(double)(int32_t)x[0], (double)(int32_t)x[1]};
}

static inline pair pair_ceil(pair x)
{
    pair f = pair_floor(x);
    return (pair){f[0] + (f[0] < x[0] ? 1.0 : 0.0), f[1] + (f[1] < x[1] ? 1.0 : 0.0)};
}

static inline hv hv_floor(hv x)
{
    return (hv){pair_floor(x.a), pair_floor(x.b), pair_floor(x.c), pair_floor(x.d)};
}

static inline hv hv_ceil(hv x)
{
    return (hv){pair_ceil(x.a), pair_ceil(x.b), pair_ceil(x.c), pair_ceil(x.d)};
}

static inline void hv_store_int(int32_t *p, hv x)
{
    double v[8];
    hv_store(v, x);
    for (int i = 0; i < 8; i++)
        p[i] = (int32_t)v[i];
}

/* All lanes times w, except the last: the count stays a count. */
static inline hv hv_weigh(hv x, double w)
{
    pair ww = {w, w}, w1 = {w, 1.0};
    return (hv){x.a * ww, x.b * ww, x.c * ww, x.d * w1};
}

static inline double lane_sum(hv x)
{
    pair s = (x.a + x.b) + (x.c + x.d);
    return s[0] + s[1];
}

/* Lane k of the result is the sum of the lanes of p[k]. */
static inline hv hv_sums(const hv p[8])
{
    return (hv){{lane_sum(p[0]), lane_sum(p[1])},
                {lane_sum(p[2]), lane_sum(p[3])},
                {lane_sum(p[4]), lane_sum(p[5])},
                {lane_sum(p[6]), lane_sum(p[7])}};
}

typedef struct hq {
    pair a, b;
} hq;

static inline hq hq_load(const double *p)
{
    return (hq){pair_load(p), pair_load(p + 2)};
}

static inline void hq_store(double *p, hq v)
{
    pair_store(p, v.a);
    pair_store(p + 2, v.b);
}

static inline hq hq_set1(double x)
{
    pair v = {x, x};
    return (hq){v, v};
}

static inline hq hq_add(hq x, hq y)
{
    return (hq){x.a + y.a, x.b + y.b};
}

static inline hq hq_sub(hq x, hq y)
{
    return (hq){x.a - y.a, x.b - y.b};
}

static inline hq hq_mul(hq x, hq y)
{
    return (hq){x.a * y.a, x.b * y.b};
}

static inline hq hq_fma(hq x, hq y, hq z)
{
    return hq_add(hq_mul(x, y), z);
}

static inline hq hq_max(hq x, hq y)
{
    return (hq){pair_max(x.a, y.a), pair_max(x.b, y.b)};
}

static inline hq hq_weigh(hq x, double w)
{
    pair ww = {w, w}, w1 = {w, 1.0};
    return (hq){x.a * ww, x.b * w1};
}

static inline hq hq_sums(const hq p[4])
{
    pair s[4];
    for (int k = 0; k < 4; k++)
        s[k] = p[k].a + p[k].b;
    return (hq){{s[0][0] + s[0][1], s[1][0] + s[1][1]}, {s[2][0] + s[2][1], s[3][0] + s[3][1]}};
}

#include "engine/density_rows.inc"

const hg_row_loops hg_row_loops_baseline = HG_ROW_LOOPS("baseline");
