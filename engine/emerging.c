#include "engine/emerging.h"

#include <stdbool.h>

static const char *const names[HG_PATTERN_END] = {
    "no_pattern",      "new_hot",      "consecutive_hot",  "intensifying_hot",  "persistent_hot",   "diminishing_hot",
    "sporadic_hot",    "oscillating_hot", "historical_hot", "new_cold",         "consecutive_cold", "intensifying_cold",
    "persistent_cold", "diminishing_cold", "sporadic_cold", "oscillating_cold", "historical_cold"};

const char *hg_pattern_name(hg_pattern pattern)
{
    return names[pattern];
}

static size_t count(const int8_t *state, size_t steps, int kind)
{
    size_t n = 0;
    for (size_t k = 0; k < steps; k++)
        n += state[k] == kind;
    return n;
}

static size_t final_run(const int8_t *state, size_t steps, int kind)
{
    size_t n = 0;
    while (n < steps && state[steps - 1 - n] == kind)
        n++;
    return n;
}

/* Of a place that was nearly always of one kind; `away` is the trend away from the middle. */
static hg_pattern of_most(bool last, int away)
{
    if (!last)
        return HG_PATTERN_HISTORICAL_HOT;
    return away > 0 ? HG_PATTERN_INTENSIFYING_HOT : away < 0 ? HG_PATTERN_DIMINISHING_HOT : HG_PATTERN_PERSISTENT_HOT;
}

/* The pattern of one kind, in the words of the hot side. */
static hg_pattern of_kind(const int8_t *state, size_t steps, int kind, int trend)
{
    size_t own = count(state, steps, kind), run = final_run(state, steps, kind);
    if (own && 10 * own >= 9 * steps)
        return of_most(run > 0, kind * trend);
    if (!run || 10 * count(state, steps, -kind) >= 9 * steps) /* the other kind is what the place is about */
        return HG_PATTERN_NONE;
    if (own == 1)
        return HG_PATTERN_NEW_HOT;
    if (own == run)
        return HG_PATTERN_CONSECUTIVE_HOT;
    return count(state, steps, -kind) ? HG_PATTERN_OSCILLATING_HOT : HG_PATTERN_SPORADIC_HOT;
}

hg_pattern hg_emerging_pattern(const int8_t *state, size_t steps, int trend)
{
    hg_pattern hot = of_kind(state, steps, 1, trend);
    if (hot != HG_PATTERN_NONE)
        return hot;
    hg_pattern cold = of_kind(state, steps, -1, trend);
    return cold != HG_PATTERN_NONE ? cold + HG_PATTERN_SIDE : HG_PATTERN_NONE;
}
