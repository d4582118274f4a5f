#include "engine/index.h"

#include <math.h>
#include <string.h>

static void summarise_unit(const hg_index_result *r, size_t unit, size_t from, size_t until,
                           hg_index_summary *out)
{
    double sum = 0;
    *out = (hg_index_summary){.days = (uint32_t)(until - from)};
    for (size_t row = unit * r->days + from; row < unit * r->days + until; row++) {
        if (r->band[row] == HG_INDEX_NO_BAND)
            continue;
        sum += r->score[row];
        out->days_scored++;
        out->days_band[r->band[row]]++;
    }
    out->mean_score = out->days_scored > 0 ? sum / out->days_scored : NAN;
}

void hg_index_summarise(const hg_index_result *result, int32_t from, int32_t until,
                        hg_index_summary *out)
{
    int64_t days = (int64_t)result->days, first = (int64_t)from - result->since;
    int64_t end = (int64_t)until - result->since;
    first = first < 0 ? 0 : first > days ? days : first;
    end = end < first ? first : end > days ? days : end;
    for (size_t u = 0; u < result->units; u++)
        summarise_unit(result, u, (size_t)first, (size_t)end, &out[u]);
    for (size_t u = 0; u < result->units; u++) {
        uint32_t better = 0;
        for (size_t v = 0; v < result->units; v++)
            better += out[v].mean_score > out[u].mean_score ? 1u : 0u;
        out[u].rank = isnan(out[u].mean_score) ? 0 : better + 1;
    }
}
