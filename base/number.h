/* Numbers and quantities as people type them; never dependent on the locale. */
#ifndef HG_BASE_NUMBER_H
#define HG_BASE_NUMBER_H

#include "base/error.h"

/**
 * A decimal number with blanks or one pair of quotes around it: "113.2", " 1e3", "-5", also "113,2" with one
 * decimal comma and "nan" or "inf" (the caller checks isfinite). False for anything else, hexadecimal
 * included, and for the empty text.
 */
bool hg_parse_number(const char *text, size_t n, double *out);

/** What a quantity may be given in. */
typedef enum hg_quantity {
    HG_LENGTH,   /**< m (default), km, cm, ft -> metres */
    HG_AREA,     /**< m2 (default), km2, ha, mu -> square metres */
    HG_DURATION, /**< d (default), h, min, s, w -> seconds */
    HG_BYTES,    /**< kB, MB, GB, TB, KiB, MiB, GiB, TiB, B; no default -> bytes */
} hg_quantity;

/** A number with an optional unit: "400", "400m", "0.4 km", "30d". False if it is not one. */
bool hg_parse_quantity(const char *text, hg_quantity quantity, double *out);

#endif
