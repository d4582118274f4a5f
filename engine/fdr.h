/* Benjamini-Hochberg: q-values of m tests (Benjamini and Hochberg 1995). */
#ifndef HG_ENGINE_FDR_H
#define HG_ENGINE_FDR_H

#include "base/error.h"

/**
 * q[i] = min over p[j] >= p[i] of p[j] m / rank(j), at most 1; NaN where p is NaN, which is no test.
 * @param tests  [out] m, the p that are not NaN; may be NULL
 */
hg_status hg_fdr_q_values(const double *p, size_t n, double *q, size_t *tests, hg_error *err);

#endif
