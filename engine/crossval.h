/*
 * Bandwidth by likelihood cross-validation that leaves out one location at a time.
 *
 *   CV(h) = sum_i w_i log[ (1 - e) sum_{loc j != loc i} w_j K_h(x_i - x_j) / (W - W_loc(i)) + e / |A| ]
 *
 * with e = 0.05 and |A| the area of the locations' convex hull. Locations are points whose coordinates are
 * exactly equal as doubles. Leaving out whole locations keeps ties from pulling h to 0, and the uniform part
 * keeps one remote place from vetoing every h below its distance. K is not renormalised: what a cut removes
 * or a border loses is lost to the likelihood, too. Where all locations lie on one line, |A| is its length
 * times the smallest bandwidth tried.
 *
 * Habbema, Hermans and van den Broek 1974; Duin 1976; Loader, Local Regression and Likelihood, 1999.
 */
#ifndef HG_ENGINE_CROSSVAL_H
#define HG_ENGINE_CROSSVAL_H

#include "engine/density.h"

enum { HG_CROSSVAL_STEPS = 32 };

typedef struct hg_crossval {
    size_t n;                     /**< HG_CROSSVAL_STEPS; 1 where the least bandwidth is beyond the range */
    double h_m[HG_CROSSVAL_STEPS]; /**< of the kernel in use, ascending */
    double cv[HG_CROSSVAL_STEPS];
    double error[HG_CROSSVAL_STEPS]; /**< standard error of cv[best] - cv[k] from sampling; 0 where exact */
    size_t best;                  /**< of the largest cv; of equal ones the smallest h */
    size_t low, high;             /**< around best, what two standard errors do not tell from it */
    size_t locations, evaluated;  /**< evaluated < locations: by a sample of the incidents */
    double hull_m2;
} hg_crossval;

typedef struct hg_crossval_spec {
    hg_kernel_shape shape;
    double cutoff;     /**< of the Gaussian, in sigma; one beyond 12 counts as 12 */
    double least_m;    /**< no smaller bandwidth is tried */
    double most_pairs; /**< looks at a pair, about, before a sample is taken; 0 = 300 million */
} hg_crossval_spec;

/**
 * The curve over 32 log-spaced bandwidths from max(least_m, 0.25 S) to 1.5 S, S Silverman's rule carried to
 * the kernel in use. Points without positive weight are left out. Exact where most_pairs allows; beyond, the
 * outer sum is over a systematic sample of the incidents (probability by weight, start drawn from
 * control->seed) as large as that allows, at least 1,024, and its error is estimated from 32 interleaved
 * parts. The same bit for bit whatever the number of threads.
 * Errors: HG_EDATA with fewer than three locations; HG_ENOMEM; cancelled.
 */
hg_status hg_crossval_run(const hg_points *points, const hg_crossval_spec *spec, hg_control *control,
                          hg_crossval *out, hg_error *err);

#endif
