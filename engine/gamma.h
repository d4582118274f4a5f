/* The gamma distribution with rate 1: draws and distribution function. */
#ifndef HG_ENGINE_GAMMA_H
#define HG_ENGINE_GAMMA_H

#include "base/random.h"

/** What drawing with one shape needs. */
typedef struct hg_gamma {
    double d, c;
    double boost; /**< 1 / shape where the shape is below 1, else 0 */
} hg_gamma;

/** @param shape  above 0 */
hg_gamma hg_gamma_of(double shape);
/** One draw; takes a varying number of random numbers. */
double hg_gamma_draw(const hg_gamma *gamma, hg_random *random);

/**
 * P(X <= x) to about 1e-13; 0 for x <= 0. NaN where 10,000 terms do not do (shapes beyond 1e6).
 * @param shape      above 0
 * @param log_gamma  ln Gamma(shape), as hg_log_gamma gives it
 */
double hg_gamma_below(double shape, double log_gamma, double x);
/** ln Gamma(x) for x above 0, on any thread. */
double hg_log_gamma(double x);

#endif
