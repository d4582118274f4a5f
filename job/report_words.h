/* What a report says, in English and Chinese: one catalogue, compiled in, whatever the locale. */
#ifndef HG_JOB_REPORT_WORDS_H
#define HG_JOB_REPORT_WORDS_H

#include <stdbool.h>

/* X(NAME, English, Chinese); formats take the same arguments in the same order in both. */
#define HG_REPORT_WORDS(X)                                                                                            \
    X(BRIEFING, "Safety and land briefing", "平安与国土简报")                                                          \
    X(MARK, "Internal use", "内部使用")                                                                               \
    X(MARK_PUBLIC, "Public edition", "公开版")                                                                        \
    X(PERIOD, "%s to %s", "%s至%s")                                                                                   \
    X(FOR_TWO_MINUTES, "In two minutes", "两分钟要点")                                                                \
    X(CHANGED, "What changed since the last run", "与上一期相比")                                                     \
    X(NO_PREVIOUS, "No earlier result was given to compare with.", "未提供上一期结果，无从比较。")                    \
    X(NOT_COMPARABLE, "The earlier result is on another grid (%s), so places cannot be compared cell by cell.",       \
      "上一期结果的网格不同（%s），不能逐格比较。")                                                                   \
    X(ENTERED, "New on the list", "新上榜")                                                                           \
    X(LEFT, "Off the list", "已退出")                                                                                 \
    X(STAYED, "Still on the list", "持续在榜")                                                                        \
    X(NONE, "none", "无")                                                                                             \
    X(PATROL_CARDS, "Where to go", "巡防卡")                                                                          \
    X(PLACE, "Place", "地点")                                                                                         \
    X(HOURS, "Hours", "时段")                                                                                         \
    X(WEEKDAY, "Weekday", "星期")                                                                                     \
    X(PROBLEM, "Dominant problem", "主要问题")                                                                        \
    X(MIXED, "mixed", "混合")                                                                                         \
    X(INCIDENTS, "Incidents", "事件数")                                                                               \
    X(AREA_KM2, "Area, km²", "面积（平方公里）")                                                                      \
    X(RESPONSIBLE, "Responsible", "责任单位")                                                                         \
    X(SCORECARD, "How the last list fared", "上期清单兑现情况")                                                       \
    X(DATA_CUT_OFF, "What the data do not show", "数据截止与缺口")                                                    \
    X(OVERDUE, "Overdue land cases", "逾期国土案件")                                                                  \
    X(RANKED_AREAS, "Ranked areas", "热点片区排名")                                                                   \
    X(LAND, "Land and rivers", "国土与河道")                                                                          \
    X(INDEX, "Safety index", "平安指数")                                                                              \
    X(QUALITY, "Data quality", "数据质量")                                                                            \
    X(METHOD, "Method and provenance", "方法与来源")                                                                  \
    X(APPENDIX, "Appendix: statistics for reviewers", "附录：供复核的统计量")

typedef enum hg_report_word {
#define X(name, en, zh) HG_SAY_##name,
    HG_REPORT_WORDS(X)
#undef X
    HG_REPORT_WORD_END
} hg_report_word;

/** The words in the language; a format where the catalogue says so. */
const char *hg_report_say(bool zh, hg_report_word word);

#endif
