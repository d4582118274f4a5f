/* The normal reference rule of the R package MASS, which sfhotspot takes as its default. */
#ifndef HG_ENGINE_NORMAL_REFERENCE_H
#define HG_ENGINE_NORMAL_REFERENCE_H

#include "engine/density.h"

/**
 * The mean over both axes of bandwidth.nrd: 4 * 1.06 * min(sd, IQR / 1.34) * n^(-1/5), sd with n - 1, quartiles
 * interpolated between order statistics (R's type 7); weights are left out of account, as there. sfhotspot takes it as
 * the support radius of the quartic. Venables and Ripley, Modern Applied Statistics with S, 4th ed. 2002, section 5.6.
 * Errors: HG_EDATA with fewer than two points, or where the result is 0.
 */
hg_status hg_bandwidth_nrd(const hg_points *points, double *bandwidth_m, hg_error *err);

#endif
