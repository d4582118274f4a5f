/*
 * J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric
 * Predicates, Discrete and Computational Geometry 18, 1997: a filter with his error bound, and
 * behind it the exact sum of the determinant's six products as an expansion. Products must neither
 * overflow nor underflow, which coordinates of an earthly place do not.
 */
#include "geo/orient.h"

#include <float.h>
#include <math.h>

enum { PRODUCTS = 6, TERMS = 2 * PRODUCTS };

/* Adds v to the expansion e of n terms, least first; without any rounding. */
static void grow_expansion(double *e, int n, double v)
{
    double q = v;
    for (int i = 0; i < n; i++) {
        double sum = q + e[i];
        double part = sum - q;
        e[i] = (q - (sum - part)) + (e[i] - part);
        q = sum;
    }
    e[n] = q;
}

static int exact_sign(double ax, double ay, double bx, double by, double px, double py)
{
    const double factors[PRODUCTS][2] = {{ax, by},  {-ax, py}, {-px, by},
                                         {-ay, bx}, {ay, px},  {py, bx}};
    double e[TERMS];
    int n = 0;
    for (int i = 0; i < PRODUCTS; i++) {
        double product = factors[i][0] * factors[i][1];
        grow_expansion(e, n++, fma(factors[i][0], factors[i][1], -product));
        grow_expansion(e, n++, product);
    }
    for (int i = TERMS - 1; i >= 0; i--) {
        if (e[i] > 0.0 || e[i] < 0.0)
            return e[i] > 0.0 ? 1 : -1;
    }
    return 0;
}

int hg_orient(double ax, double ay, double bx, double by, double px, double py)
{
    static const double bound = (3.0 + 16.0 * DBL_EPSILON / 2.0) * (DBL_EPSILON / 2.0);
    double left = (ax - px) * (by - py);
    double right = (ay - py) * (bx - px);
    double det = left - right;
    if (fabs(det) > bound * (fabs(left) + fabs(right)))
        return det > 0.0 ? 1 : -1;
    return exact_sign(ax, ay, bx, by, px, py);
}
