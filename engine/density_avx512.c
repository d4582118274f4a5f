/* The row loops for processors with AVX-512 F, DQ and VL. */
#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))),        \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx2,fma")
#endif

#include "engine/density_rows.h"
#include <immintrin.h>

/* Without optimisation gcc's intrinsics are macros, and some narrow a mask of eight ones. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif

typedef __m512d hv;

static inline hv hv_load(const double *p)
{
    return _mm512_loadu_pd(p);
}

static inline void hv_store(double *p, hv v)
{
    _mm512_storeu_pd(p, v);
}

static inline hv hv_set1(double x)
{
    return _mm512_set1_pd(x);
}

static inline hv hv_add(hv a, hv b)
{
    return _mm512_add_pd(a, b);
}

static inline hv hv_sub(hv a, hv b)
{
    return _mm512_sub_pd(a, b);
}

static inline hv hv_mul(hv a, hv b)
{
    return _mm512_mul_pd(a, b);
}

static inline hv hv_fma(hv a, hv b, hv c)
{
    return _mm512_fmadd_pd(a, b, c);
}

static inline hv hv_max(hv a, hv b)
{
    return _mm512_max_pd(a, b);
}

static inline hv hv_sqrt(hv a)
{
    return _mm512_sqrt_pd(a);
}

static inline hv hv_floor(hv a)
{
    return _mm512_roundscale_pd(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

static inline hv hv_ceil(hv a)
{
    return _mm512_roundscale_pd(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}

static inline void hv_store_int(int32_t *p, hv v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvttpd_epi32(v));
}

/* All lanes times w, except the last: the count stays a count. */
static inline hv hv_weigh(hv v, double w)
{
    return _mm512_mask_mul_pd(v, 0x7f, v, _mm512_set1_pd(w));
}

/* Neighbouring halves of a and b added: one step of a transposing sum. */
static inline hv pair_sums(hv a, hv b)
{
    return _mm512_add_pd(_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
}

static inline hv quad_sums(hv a, hv b)
{
    return _mm512_add_pd(_mm512_shuffle_f64x2(a, b, 0x88), _mm512_shuffle_f64x2(a, b, 0xdd));
}

/* Lane k of the result is the sum of the lanes of p[k]. */
static inline hv hv_sums(const hv p[8])
{
    hv lower = quad_sums(pair_sums(p[0], p[1]), pair_sums(p[2], p[3]));
    hv upper = quad_sums(pair_sums(p[4], p[5]), pair_sums(p[6], p[7]));
    return quad_sums(lower, upper);
}

#include "engine/density_narrow_avx.inc"
#include "engine/density_rows.inc"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

const hg_row_loops hg_row_loops_avx512 = HG_ROW_LOOPS("avx512");

#else
typedef int hg_no_avx512;
#endif
