/* Upper tails of discrete distributions, accurate where they are tiny. */
#ifndef HG_ENGINE_TAILS_H
#define HG_ENGINE_TAILS_H

#include "base/error.h"

/**
 * ln P(Bin(n, p) >= k). 0 for k = 0, -infinity where k > n or (p <= 0 and k > 0). It orders tails
 * too small for a double. The tail is good to a relative 1e-13 + 5e-16 |ln tail|.
 */
double hg_log_binomial_tail(uint64_t k, uint64_t n, double p);

/**
 * The p at which P(Bin(n, p) >= k) = level: the lower Clopper-Pearson bound for k of n. 0 for k = 0;
 * the upper bound is 1 - hg_binomial_lower(n - k, n, level). For k <= n, n >= 1 and 0 < level < 1.
 */
double hg_binomial_lower(uint64_t k, uint64_t n, double level);

/** P(X >= k), X Poisson with a mean above 0. */
double hg_poisson_tail(uint64_t k, double mean);

/** P(X >= k), X negative binomial with this mean and a variance above it. */
double hg_negative_binomial_tail(uint64_t k, double mean, double variance);

#endif
