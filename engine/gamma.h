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

/** P(X <= x) to about 1e-13, for a shape above 0; 0 for x <= 0. NaN where 10,000 terms do not do
 * (shapes above 1e6 or so). */
double hg_gamma_below(double shape, double x);

#endif
