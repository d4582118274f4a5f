/* The row loops for processors with AVX2 and FMA. */
#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#include "engine/density_rows.h"
#include <immintrin.h>

#include "engine/density_narrow_avx.inc"

typedef struct hv {
    __m256d lo, hi;
} hv;

static inline hv hv_load(const double *p)
{
    return (hv){_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)};
}

static inline void hv_store(double *p, hv v)
{
    _mm256_storeu_pd(p, v.lo);
    _mm256_storeu_pd(p + 4, v.hi);
}

static inline hv hv_set1(double x)
{
    return (hv){_mm256_set1_pd(x), _mm256_set1_pd(x)};
}

static inline hv hv_add(hv a, hv b)
{
    return (hv){_mm256_add_pd(a.lo, b.lo), _mm256_add_pd(a.hi, b.hi)};
}

static inline hv hv_sub(hv a, hv b)
{
    return (hv){_mm256_sub_pd(a.lo, b.lo), _mm256_sub_pd(a.hi, b.hi)};
}

static inline hv hv_mul(hv a, hv b)
{
    return (hv){_mm256_mul_pd(a.lo, b.lo), _mm256_mul_pd(a.hi, b.hi)};
}

static inline hv hv_fma(hv a, hv b, hv c)
{
    return (hv){_mm256_fmadd_pd(a.lo, b.lo, c.lo), _mm256_fmadd_pd(a.hi, b.hi, c.hi)};
}

static inline hv hv_max(hv a, hv b)
{
    return (hv){_mm256_max_pd(a.lo, b.lo), _mm256_max_pd(a.hi, b.hi)};
}

static inline hv hv_sqrt(hv a)
{
    return (hv){_mm256_sqrt_pd(a.lo), _mm256_sqrt_pd(a.hi)};
}

static inline hv hv_floor(hv a)
{
    return (hv){_mm256_floor_pd(a.lo), _mm256_floor_pd(a.hi)};
}

static inline hv hv_ceil(hv a)
{
    return (hv){_mm256_ceil_pd(a.lo), _mm256_ceil_pd(a.hi)};
}

static inline void hv_store_int(int32_t *p, hv v)
{
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvttpd_epi32(v.lo));
    _mm_storeu_si128((__m128i *)(void *)(p + 4), _mm256_cvttpd_epi32(v.hi));
}

/* All lanes times w, except the last: the count stays a count. */
static inline hv hv_weigh(hv v, double w)
{
    __m256d f = _mm256_set1_pd(w);
    return (hv){_mm256_mul_pd(v.lo, f), _mm256_blend_pd(_mm256_mul_pd(v.hi, f), v.hi, 8)};
}

/* The sums of the lanes of four vectors. */
static inline __m256d four_sums(const hv p[4])
{
    const hq halves[4] = {hq_add(p[0].lo, p[0].hi), hq_add(p[1].lo, p[1].hi),
                          hq_add(p[2].lo, p[2].hi), hq_add(p[3].lo, p[3].hi)};
    return hq_sums(halves);
}

/* Lane k of the result is the sum of the lanes of p[k]. */
static inline hv hv_sums(const hv p[8])
{
    return (hv){four_sums(p), four_sums(p + 4)};
}

#include "engine/density_rows.inc"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const hg_row_loops hg_row_loops_avx2 = HG_ROW_LOOPS("avx2");

#else
typedef int hg_no_avx2;
#endif
