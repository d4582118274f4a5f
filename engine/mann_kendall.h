/*
 * Mann-Kendall test for a monotone trend (Mann 1945; Kendall 1975).
 * Var S = [T(T-1)(2T+5) - sum t(t-1)(2t+5)] / 18 over groups of t equal values, Z = (S - sgn S) /
 * sqrt(Var S), two-sided normal p.
 */
#ifndef HG_ENGINE_MANN_KENDALL_H
#define HG_ENGINE_MANN_KENDALL_H

#include "base/error.h"

enum { HG_MANN_KENDALL_MIN = 10 };

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

#endif
