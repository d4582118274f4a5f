#include "engine/root.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { STEPS = 200, HALVE_EVERY = 8 };

static bool between(double x, hg_root_end a, hg_root_end b)
{
    return x > fmin(a.x, b.x) && x < fmax(a.x, b.x);
}

double hg_root_find(hg_root_function f, const void *payload, hg_root_end below, hg_root_end above, double small)
{
    double x = above.x;
    for (int i = 1; i <= STEPS && fabs(above.x - below.x) > 4 * DBL_EPSILON * fmax(1, fabs(below.x)); i++) {
        double middle = below.x + (above.x - below.x) / 2;
        x = above.x - above.value * (above.x - below.x) / (above.value - below.value);
        if (i % HALVE_EVERY == 0 || !between(x, below, above))
            x = middle;
        double value = f(payload, x);
        if (fabs(value) < small)
            break;
        if (value < 0) {
            below = (hg_root_end){x, value};
            above.value /= 2;
        } else {
            above = (hg_root_end){x, value};
            below.value /= 2;
        }
    }
    return x;
}
