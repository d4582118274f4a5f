/* Formulas of the local statistics, shared by maps and lists of places (engine/local.h). */
#ifndef HG_ENGINE_LOCAL_MOMENTS_H
#define HG_ENGINE_LOCAL_MOMENTS_H

#include "base/error.h"

#include <stdbool.h>

/** What all places have in common. Values are held as x - base, so that a common offset costs no digits. */
typedef struct hg_local_moments {
    double n;
    double base;     /**< subtracted from every value; a whole number where all values are */
    double mean;     /**< of x - base */
    double variance; /**< population variance; exactly 0 where all values are equal */
    double least, most; /**< of x - base */
    bool whole;      /**< all values are whole numbers whose sums are exact */
} hg_local_moments;

/**
 * Moments of the values whose place belongs (share > 0; NULL = all).
 * Errors: HG_EDATA for a value that is not finite; HG_EUSAGE for fewer than 3 places.
 */
hg_status hg_local_moments_of(const double *value, size_t n, const float *share, hg_local_moments *out, hg_error *err);

/** z of Gi* from the sum over W places, self included, of x - base. */
double hg_local_gi_z(const hg_local_moments *m, double sum, double places);

/**
 * I, and its z where z is not NULL, of a place with value x - base = `value` from the sum over its `neighbours`
 * of x - base.
 */
double hg_local_moran_i(const hg_local_moments *m, double value, double sum, double neighbours, double *z);

/**
 * Both, with their normal p, into row k of the columns that are wanted; the sum is over W = `places`, self
 * included, and 0 of them is no place: NaN.
 */
void hg_local_write(const hg_local_moments *m, double value, double sum, double places, const hg_local_columns *out,
                    size_t k);

#endif
