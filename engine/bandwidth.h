/* Bandwidth rules. */
#ifndef HG_ENGINE_BANDWIDTH_H
#define HG_ENGINE_BANDWIDTH_H

#include "engine/density.h"

typedef enum hg_bandwidth_rule {
    HG_RULE_LENGTH,
    HG_RULE_SILVERMAN,
    HG_RULE_SCOTT,
    HG_RULE_AUTO /**< likelihood cross-validation */
} hg_bandwidth_rule;

/**
 * Bandwidth in metres of the given kernel by a rule.
 *
 * silverman: 0.9 min(SD, sqrt(1/ln 2) Dm) n^(-1/5), a support radius for the quartic, with SD the
 * standard distance and Dm the median distance from the (weighted) mean centre and n = W^2/sum w^2
 * when weighted. scott: sigma = sqrt((sx^2 + sy^2)/2) n^(-1/6). Both are carried to another kernel by
 * the ratios of hg_kernel_sigma_ratio.
 *
 * Errors: HG_EDATA with fewer than two points or all points at one place.
 */
hg_status hg_bandwidth_by_rule(hg_bandwidth_rule rule, hg_kernel_shape shape,
                               const hg_points *points, double *bandwidth_m, hg_error *err);

#endif
