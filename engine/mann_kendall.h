/*
 * Mann-Kendall test for a monotone trend (Mann 1945; Kendall 1975).
 * Var S = [T(T-1)(2T+5) - sum t(t-1)(2t+5)] / 18 over groups of t equal values, Z = (S - sgn S) /
 * sqrt(Var S), two-sided normal p.
 */
#ifndef HG_ENGINE_MANN_KENDALL_H
#define HG_ENGINE_MANN_KENDALL_H

#include "base/error.h"

enum { HG_MANN_KENDALL_MIN = 10, HG_HAMED_RAO_MAX = 2000 };

typedef struct hg_mann_kendall {
    int64_t s;
    double variance;
    double z;       /**< 0 where all values are equal */
    double p_value; /**< 1 likewise */
    double tau;     /**< tau-b: S / sqrt(pairs x pairs not tied); 0 likewise */
} hg_mann_kendall;

/**
 * @param value  n finite values in order of time
 * Errors: HG_EUSAGE for n < 10 or above 20,000, HG_EDATA for a value that is not finite, HG_ENOMEM.
 */
hg_status hg_mann_kendall_test(const double *value, size_t n, hg_mann_kendall *out, hg_error *err);

/**
 * The same with the variance of Hamed and Rao 1998 for values that follow each other: times
 * 1 + 2/(n(n-1)(n-2)) sum over lags k of (n-k)(n-k-1)(n-k-2) r_k, with r_k the autocorrelations of the ranks of the
 * values less their Sen slope, those beyond 1.96/sqrt(n) only. A factor that is not positive is not applied.
 * Errors: as above; HG_EUSAGE above 2,000 values.
 */
hg_status hg_mann_kendall_hamed_rao(const double *value, size_t n, hg_mann_kendall *out, hg_error *err);

#endif
