/* What people read of patterns, and their colours: reds and oranges for hot, blues and greens for cold. */
#include "job/trends.h"

#include <string.h>

static const struct {
    const char *en, *zh, *colour;
} patterns[HG_PATTERN_END] = {
    [HG_PATTERN_NONE] = {"No pattern detected", "未检测到模式", "#e3e3e3"},
    [HG_PATTERN_NEW_HOT] = {"New hot spot", "新增热点", "#ffd92f"},
    [HG_PATTERN_CONSECUTIVE_HOT] = {"Consecutive hot spot", "连续热点", "#f6a21b"},
    [HG_PATTERN_INTENSIFYING_HOT] = {"Intensifying hot spot", "加强热点", "#67001f"},
    [HG_PATTERN_PERSISTENT_HOT] = {"Persistent hot spot", "持续热点", "#c2182b"},
    [HG_PATTERN_DIMINISHING_HOT] = {"Diminishing hot spot", "逐渐减少热点", "#ef6548"},
    [HG_PATTERN_SPORADIC_HOT] = {"Sporadic hot spot", "分散热点", "#fdbf8c"},
    [HG_PATTERN_OSCILLATING_HOT] = {"Oscillating hot spot", "振荡热点", "#fbd5dc"},
    [HG_PATTERN_HISTORICAL_HOT] = {"Historical hot spot", "历史热点", "#a87c7c"},
    [HG_PATTERN_SIDE + HG_PATTERN_NEW_HOT] = {"New cold spot", "新增冷点", "#7fe3cf"},
    [HG_PATTERN_SIDE + HG_PATTERN_CONSECUTIVE_HOT] = {"Consecutive cold spot", "连续冷点", "#2aa6a0"},
    [HG_PATTERN_SIDE + HG_PATTERN_INTENSIFYING_HOT] = {"Intensifying cold spot", "加强冷点", "#08306b"},
    [HG_PATTERN_SIDE + HG_PATTERN_PERSISTENT_HOT] = {"Persistent cold spot", "持续冷点", "#2166ac"},
    [HG_PATTERN_SIDE + HG_PATTERN_DIMINISHING_HOT] = {"Diminishing cold spot", "逐渐减少冷点", "#6baed6"},
    [HG_PATTERN_SIDE + HG_PATTERN_SPORADIC_HOT] = {"Sporadic cold spot", "分散冷点", "#b3d1ec"},
    [HG_PATTERN_SIDE + HG_PATTERN_OSCILLATING_HOT] = {"Oscillating cold spot", "振荡冷点", "#d6dcf5"},
    [HG_PATTERN_SIDE + HG_PATTERN_HISTORICAL_HOT] = {"Historical cold spot", "历史冷点", "#7c86a8"},
};

const char *hg_pattern_words(hg_pattern pattern, const char *lang)
{
    return lang && strcmp(lang, "zh") == 0 ? patterns[pattern].zh : patterns[pattern].en;
}

const char *hg_pattern_colour(hg_pattern pattern)
{
    return patterns[pattern].colour;
}
