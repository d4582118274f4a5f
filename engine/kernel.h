/*
 * Radially symmetric kernels in the plane, each integrating to 1.
 *
 * With u = d/h: uniform 1/pi; triangular 3/pi (1-u); Epanechnikov 2/pi (1-u^2); quartic
 * 3/pi (1-u^2)^2; triweight 4/pi (1-u^2)^3, all zero where u >= 1; Gaussian 1/(2 pi) exp(-u^2/2), zero
 * where u >= cutoff and not renormalised. A density is sum of w_i K(d_i/h) / h^2.
 * Silverman, Density Estimation for Statistics and Data Analysis, 1986, section 4.2.
 */
#ifndef HG_ENGINE_KERNEL_H
#define HG_ENGINE_KERNEL_H

#include "base/error.h"

#include <stdbool.h>

typedef enum hg_kernel_shape {
    HG_UNIFORM,
    HG_TRIANGULAR,
    HG_EPANECHNIKOV,
    HG_QUARTIC,
    HG_TRIWEIGHT,
    HG_GAUSSIAN,
    HG_KERNEL_END
} hg_kernel_shape;

typedef struct hg_kernel {
    hg_kernel_shape shape;
    double bandwidth_m; /**< h: the support radius of compact kernels, sigma of the Gaussian */
    double cutoff;      /**< Gaussian only: cut at this many sigma (default 4) */
} hg_kernel;

/** "quartic" …; the names options take. */
const char *hg_kernel_name(hg_kernel_shape shape);
/** The shape of a name, without case; false if there is none. */
bool hg_kernel_by_name(const char *name, hg_kernel_shape *out);
/** K(u) for u >= 0, dimensionless; 0 outside the support. */
double hg_kernel_value(const hg_kernel *k, double u);
/** The same formula continued beyond the support, where bounds of a cell astride the rim need it. */
double hg_kernel_formula(const hg_kernel *k, double u);
/** Distance in metres at and beyond which the kernel is 0. */
double hg_kernel_support_m(const hg_kernel *k);
/** Kernel mass that the cut leaves out: exp(-cutoff^2/2) for the Gaussian, else 0. */
double hg_kernel_truncated(const hg_kernel *k);
/**
 * Support radius (sigma for the Gaussian) over per-axis standard deviation: 2, 2.582 (sqrt(20/3)),
 * sqrt 6, sqrt 8, sqrt 10, 1. Bandwidths of two kernels in this ratio smooth alike.
 */
double hg_kernel_sigma_ratio(hg_kernel_shape shape);
/** Degree of the kernel as a polynomial in 1 - u^2; -1 where it is none. */
int hg_kernel_degree(hg_kernel_shape shape);

#endif
