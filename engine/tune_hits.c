#include "engine/tune_parts.h"
#include "base/memory.h"

#include <string.h>

/* Sign, exponent and 7 bits of a Float32 that is not negative. */
enum { BIN_SHIFT = 16, BINS = 1 << 15 };

struct hg_tune_bins {
    double area[BINS], hits[BINS];
};

const double hg_tune_budgets[HG_TUNE_BUDGETS] = {0.005, 0.01, 0.02, 0.05, 0.1};

hg_tune_bins *hg_tune_bins_new(void)
{
    return hg_malloc(1, sizeof(hg_tune_bins));
}

void hg_tune_bins_free(hg_tune_bins *bins)
{
    hg_free(bins);
}

static uint32_t bin_of(float score)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits >> BIN_SHIFT;
}

/* Area of A in cells, the bins filled. */
static double fill(hg_tune_bins *b, const hg_shrunk *parts, double shrinkage, const uint32_t *judged, uint64_t cells)
{
    hg_shrunk_mix mix = hg_shrunk_mix_of(parts, shrinkage);
    double area = 0;
    memset(b, 0, sizeof *b);
    for (uint64_t i = 0; i < cells; i++) {
        double share = (double)parts->share[i];
        if (!(share > 0))
            continue;
        area += share;
        float score = hg_shrunk_score(parts, &mix, i);
        if (!(score > 0))
            continue;
        uint32_t bin = bin_of(score);
        b->area[bin] += share;
        b->hits[bin] += judged[i];
    }
    return area;
}

void hg_tune_hits(hg_tune_bins *b, const hg_shrunk *parts, double shrinkage, const uint32_t *judged, uint64_t cells,
                  double hits[HG_TUNE_BUDGETS])
{
    double all = fill(b, parts, shrinkage, judged, cells), area = 0, sum = 0;
    size_t budget = 0;
    for (size_t bin = BINS; bin-- > 0 && budget < HG_TUNE_BUDGETS;) {
        while (budget < HG_TUNE_BUDGETS && area + b->area[bin] >= hg_tune_budgets[budget] * all) {
            double part = (hg_tune_budgets[budget] * all - area) / b->area[bin];
            hits[budget++] = sum + part * b->hits[bin];
        }
        area += b->area[bin];
        sum += b->hits[bin];
    }
    while (budget < HG_TUNE_BUDGETS)
        hits[budget++] = sum;
}
