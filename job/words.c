#include "job/words.h"

#include <stddef.h>
#include <string.h>

static const char *const english[HG_WORD_END] = {
    [HG_WORD_CELLS] = "Hotspot cells",
    [HG_WORD_AREAS] = "Hotspot areas",
    [HG_WORD_INCIDENTS] = "Incidents",
    [HG_WORD_REJECTS] = "Rejected rows",
    [HG_WORD_DUPLICATES] = "Repeated rows",
    [HG_WORD_PILE_UPS] = "Pile-ups",
    [HG_WORD_DENSITY] = "Incident density",
    [HG_WORD_PATCH_DENSITY] = "Patch area in m² per km²",
    [HG_WORD_PATCHES] = "Patches",
    [HG_WORD_PATCH] = "Patch",
    [HG_WORD_RANK] = "Rank",
    [HG_WORD_TOP] = "Top",
    [HG_WORD_RANKS] = "Rank",
    [HG_WORD_HOT_AREA] = "Hotspot area",
    [HG_WORD_INCIDENT] = "Incident",
    [HG_WORD_OVER] = "per km², from",
    [HG_WORD_MAP] = "Hotspots",
};

static const char *const chinese[HG_WORD_END] = {
    [HG_WORD_CELLS] = "热点网格",
    [HG_WORD_AREAS] = "热点片区",
    [HG_WORD_INCIDENTS] = "事件",
    [HG_WORD_REJECTS] = "未采用记录",
    [HG_WORD_DUPLICATES] = "重复记录",
    [HG_WORD_PILE_UPS] = "坐标堆积点",
    [HG_WORD_DENSITY] = "事件密度",
    [HG_WORD_PATCH_DENSITY] = "图斑面积密度（平方米/平方公里）",
    [HG_WORD_PATCHES] = "图斑",
    [HG_WORD_PATCH] = "图斑",
    [HG_WORD_RANK] = "排名",
    [HG_WORD_TOP] = "前",
    [HG_WORD_RANKS] = "第",
    [HG_WORD_HOT_AREA] = "热点片区",
    [HG_WORD_INCIDENT] = "事件",
    [HG_WORD_OVER] = "每平方公里不少于",
    [HG_WORD_MAP] = "热点图",
};

const char *hg_say(const char *lang, hg_word word)
{
    return lang && strcmp(lang, "zh") == 0 ? chinese[word] : english[word];
}

static const char *const english_columns[] = {
    "rank", "Rank",
    "cell_id", "Cell",
    "score", "Score",
    "density_per_km2", "Density per km²",
    "count", "Incidents",
    "weight", "Weight",
    "expected", "Expected if spread evenly",
    "share", "Share of incidents",
    "cum_share", "Cumulative share",
    "cum_area_share", "Cumulative share of area",
    "concentration", "Concentration",
    "concentration_chance", "Concentration by chance",
    "top_stream", "Dominant stream",
    "top_stream_lq", "Location quotient",
    "peak_hour", "Peak hour",
    "peak_weekday", "Peak weekday (1 = Monday)",
    "name", "Place",
    "area_km2", "Area km²",
    "area_m2", "Area m²",
    "cells", "Cells",
    "stream", "Stream",
    "category", "Category",
    "t_start", "Start",
    "t_end", "End",
    "source", "Source file",
    "source_row", "Row in source",
    "layer", "Layer",
    "row", "Row",
    "reason", "Reason",
    "value", "Value",
    "p_value", "Probability by chance",
    "cells_changed", "Selected cells that depend on it",
    "x", "x (m)",
    "y", "y (m)",
    NULL,
};

static const char *const chinese_columns[] = {
    "rank", "排名",
    "cell_id", "网格编号",
    "score", "得分",
    "density_per_km2", "密度（每平方公里）",
    "count", "事件数",
    "weight", "权重",
    "expected", "均匀分布期望",
    "share", "占比",
    "cum_share", "累计占比",
    "cum_area_share", "累计面积占比",
    "concentration", "集中度",
    "concentration_chance", "随机集中度",
    "top_stream", "主导类别",
    "top_stream_lq", "区位商",
    "peak_hour", "高发时段（时）",
    "peak_weekday", "高发星期（1为周一）",
    "name", "地点",
    "area_km2", "面积（平方公里）",
    "area_m2", "面积（平方米）",
    "cells", "网格数",
    "stream", "类别",
    "category", "事件类型",
    "t_start", "开始时间",
    "t_end", "结束时间",
    "source", "来源文件",
    "source_row", "来源行号",
    "layer", "图层",
    "row", "行号",
    "reason", "原因",
    "value", "值",
    "p_value", "随机概率",
    "cells_changed", "受影响的入选网格",
    "x", "x（米）",
    "y", "y（米）",
    NULL,
};

const char *const *hg_column_words(const char *lang)
{
    return lang && strcmp(lang, "zh") == 0 ? chinese_columns : english_columns;
}

const char *hg_column_title(const char *lang, const char *column)
{
    for (const char *const *w = hg_column_words(lang); *w; w += 2)
        if (strcmp(w[0], column) == 0)
            return w[1];
    return column;
}
