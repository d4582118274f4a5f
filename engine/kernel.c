#include "engine/kernel.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    double peak;        /* K(0) */
    double sigma_ratio; /* support radius over per-axis standard deviation */
} shapes[HG_KERNEL_END] = {
    [HG_UNIFORM] = {"uniform", M_1_PI, 2.0},
    [HG_TRIANGULAR] = {"triangular", 3.0 * M_1_PI, 2.58198889747161125678},
    [HG_EPANECHNIKOV] = {"epanechnikov", 2.0 * M_1_PI, 2.44948974278317809820},
    [HG_QUARTIC] = {"quartic", 3.0 * M_1_PI, 2.82842712474619009760},
    [HG_TRIWEIGHT] = {"triweight", 4.0 * M_1_PI, 3.16227766016837933200},
    [HG_GAUSSIAN] = {"gaussian", 0.5 * M_1_PI, 1.0},
};

const char *hg_kernel_name(hg_kernel_shape shape)
{
    return shape >= 0 && shape < HG_KERNEL_END ? shapes[shape].name : "unknown";
}

bool hg_kernel_by_name(const char *name, hg_kernel_shape *out)
{
    for (int i = 0; name && i < HG_KERNEL_END; i++)
        if (strcasecmp(name, shapes[i].name) == 0) {
            *out = (hg_kernel_shape)i;
            return true;
        }
    return false;
}

double hg_kernel_formula(const hg_kernel *k, double u)
{
    double v = 1.0 - u * u;
    switch (k->shape) {
    case HG_GAUSSIAN:
        return shapes[HG_GAUSSIAN].peak * exp(-0.5 * u * u);
    case HG_TRIANGULAR:
        return shapes[HG_TRIANGULAR].peak * (1.0 - u);
    case HG_EPANECHNIKOV:
        return shapes[HG_EPANECHNIKOV].peak * v;
    case HG_QUARTIC:
        return shapes[HG_QUARTIC].peak * v * v;
    case HG_TRIWEIGHT:
        return shapes[HG_TRIWEIGHT].peak * v * v * v;
    default:
        return shapes[HG_UNIFORM].peak;
    }
}

double hg_kernel_value(const hg_kernel *k, double u)
{
    double end = k->shape == HG_GAUSSIAN ? k->cutoff : 1.0;
    return u < end ? hg_kernel_formula(k, u) : 0.0;
}

double hg_kernel_support_m(const hg_kernel *k)
{
    return k->shape == HG_GAUSSIAN ? k->cutoff * k->bandwidth_m : k->bandwidth_m;
}

double hg_kernel_truncated(const hg_kernel *k)
{
    return k->shape == HG_GAUSSIAN ? exp(-0.5 * k->cutoff * k->cutoff) : 0.0;
}

double hg_kernel_sigma_ratio(hg_kernel_shape shape)
{
    return shapes[shape].sigma_ratio;
}

int hg_kernel_degree(hg_kernel_shape shape)
{
    switch (shape) {
    case HG_UNIFORM:
        return 0;
    case HG_EPANECHNIKOV:
        return 1;
    case HG_QUARTIC:
        return 2;
    case HG_TRIWEIGHT:
        return 3;
    default:
        return -1;
    }
}
