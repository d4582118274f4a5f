#include "engine/significance.h"

int hg_significance_level(double q)
{
    return q <= 0.01 ? 99 : q <= 0.05 ? 95 : q <= 0.10 ? 90 : 0;
}
