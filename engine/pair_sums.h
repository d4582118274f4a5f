/*
 * Kernel sums over the other sites for many bandwidths from one pass over the pairs; private to engine.
 *
 * Squared distances fall into classes between which no kernel begins or ends. Each class collects the
 * moments in which the kernels are polynomials: for the compact ones powers of d^2 (triangular: of d),
 * exactly; for the Gaussian eight terms of its Taylor series about the class's middle, in classes so narrow
 * that what is left out is under 2e-12 of the term itself.
 */
#ifndef HG_ENGINE_PAIR_SUMS_H
#define HG_ENGINE_PAIR_SUMS_H

#include "engine/sites.h"

typedef struct hg_pair_sums hg_pair_sums;

/** h: n bandwidths in metres, ascending. The sites are borrowed. A Gaussian counts as 0 beyond 12 sigma. */
hg_status hg_pair_sums_new(const hg_sites *sites, hg_kernel_shape shape, double cutoff, const double *h,
                           size_t n, hg_pair_sums **out, hg_error *err);
void hg_pair_sums_free(hg_pair_sums *p);

/** Doubles of room that one thread needs. */
size_t hg_pair_sums_room(const hg_pair_sums *p);
/** Where the widest kernel ends. */
double hg_pair_sums_reach_m(const hg_pair_sums *p);
/** sums[k] = sum over sites j other than i of w_j K(d_ij / h_k) / h_k^2. */
void hg_pair_sums_at(const hg_pair_sums *p, size_t i, double *room, double *sums);

#endif
