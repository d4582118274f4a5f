/* What a report says, in English and Chinese: one catalogue, compiled in, whatever the locale. */
#ifndef HG_JOB_REPORT_WORDS_H
#define HG_JOB_REPORT_WORDS_H

#include <stdbool.h>

/* X(NAME, English, Chinese); formats take the same arguments in the same order in both. */
#define HG_REPORT_WORDS(X)                                                                                            \
    X(BRIEFING, "Safety and land briefing", "平安与国土简报")                                                          \
    X(MARK, "Internal use", "内部使用")                                                                               \
    X(MARK_PUBLIC, "Public edition", "公开版")                                                                        \
    X(PUBLIC_PERIOD, "Events from %s to %s, on squares of %s m.", "%s至%s的事件，按%s米方格统计。")                         \
    X(PUBLIC_WITHHELD,                                                                                                \
      "Counts below %d are not told (–), nor are others that would give them away. Squares that are not listed have "  \
      "nothing to tell; that does not mean that nothing happened there.",                                             \
      "小于%d的数字不公布（–），可推算出它们的其他数字也不公布。未列出的方格无可公布的数字，不代表没有事件。")        \
    X(PUBLIC_LEFT_OUT, "Left out to protect those concerned: %s.", "为保护当事人，未列入：%s。")                       \
    X(PUBLIC_NO_SQUARES,                                                                                              \
      "No map and no squares: positions come from offset coordinates that were shifted back, and these are not for "  \
      "the public.",                                                                                                  \
      "无地图和方格：位置由加密坐标还原而来，不得公开。")                                                             \
    X(PUBLIC_NO_APPROVAL,                                                                                             \
      "Tables only: a map for the public needs the number of its approval (--map-approval), and none was given.",    \
      "仅有表格：公开地图须有审图号（--map-approval），本次未提供。")                                                 \
    X(PUBLIC_EVENTS, "Events", "事件")                                                                                \
    X(PUBLIC_TOTALS, "Events by stream", "分类事件数")                                                                \
    X(PUBLIC_SQUARES, "Events by square", "分方格事件数")                                                             \
    X(PUBLIC_STREAM, "Stream", "类别")                                                                                \
    X(PUBLIC_ALL, "all", "合计")                                                                                      \
    X(PUBLIC_EAST, "East, m", "东（米）")                                                                             \
    X(PUBLIC_NORTH, "North, m", "北（米）")                                                                           \
    X(PUBLIC_SQUARES_NOTE, "East and north of the square's south-west corner in %s.", "东、北坐标为方格西南角，%s。")  \
    X(PUBLIC_SURFACE, "Events per km²", "每平方公里事件数")                                                           \
    X(PUBLIC_SURFACE_NOTE,                                                                                            \
      "The surface is made of the counts told here and nothing else, spread over %s m; it is empty where fewer than " \
      "%d told events lie that near.",                                                                                \
      "密度面仅由本报告公布的数字按%s米平滑而成；该范围内公布事件少于%d起处留空。")                                   \
    X(PUBLIC_UNDER, "under %s", "不足%s")                                                                             \
    X(PUBLIC_BETWEEN, "%s to under %s", "%s至不足%s")                                                                 \
    X(PUBLIC_FROM, "%s and more", "%s及以上")                                                                         \
    X(PUBLIC_BANDS, "Days by colour of the index", "平安指数各颜色天数")                                              \
    X(PUBLIC_METHOD,                                                                                                  \
      "Made with hotgrid %s. Every event is told of in one publication only; what is withheld cannot be had by "      \
      "subtracting one figure or one publication from another.",                                                      \
      "由 hotgrid %s 生成。每起事件只在一期中公布；未公布的数字不能由各数字或各期相减得出。")                         \
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
    X(AREA_NUMBER, "area %d", "片区%d")                                                                               \
    X(MONDAY, "Monday", "周一")                                                                                       \
    X(TUESDAY, "Tuesday", "周二")                                                                                     \
    X(WEDNESDAY, "Wednesday", "周三")                                                                                 \
    X(THURSDAY, "Thursday", "周四")                                                                                   \
    X(FRIDAY, "Friday", "周五")                                                                                       \
    X(SATURDAY, "Saturday", "周六")                                                                                   \
    X(SUNDAY, "Sunday", "周日")                                                                                       \
    X(SOURCE, "Source: %s%.0s", "数据来源：%s%.0s")                                                                   \
    X(SOURCE_AS_OF, "Source: %s; as of %s", "数据来源：%s；截至%s")                                                   \
    X(DENSITY, "Incident density", "事件密度")                                                                        \
    X(BASEMAP, "Background", "底图")                                                                                \
    X(PER_KM2_FROM, "%s per km² and more", "每平方公里%s起及以上")                                                    \
    X(MAP_OF_AREAS, "Where incidents concentrate", "事件集中的地方")                                                  \
    X(MAP_ALT, "Map of the ranked areas over the density of incidents", "事件密度上的热点片区图")                     \
    X(CELLS_BY_RANK, "Cells by rank", "网格（按排名）")                                                               \
    X(AREAS, "Ranked areas", "热点片区")                                                                              \
    X(AREAS_NOTE,                                                                                                     \
      "Concentration is the share of incidents over the share of area. Stability is how much of an area stays on the " \
      "list when grid, bandwidth and incidents are varied.",                                                          \
      "集中度为事件占比与面积占比之比。稳定度为在网格、带宽和事件变动后片区仍在榜的比例。")                           \
    X(WHEN, "When it happens", "发生时段")                                                                            \
    X(HOURS_OF, "Hours of the week: %s", "一周时段：%s")                                                              \
    X(WHOLE_AREA, "the whole study area", "全部研究区")                                                               \
    X(LAND_OPENING, "Encroached at the start, m² (mu)", "期初侵占（亩）")                                                  \
    X(LAND_RECOVERED, "Recovered, m² (mu)", "收回（亩）")                                                                  \
    X(LAND_CLOSING, "Outstanding, m² (mu)", "期末未收回（亩）")                                                            \
    X(LAND_ROOMS, "Public rooms recovered", "收回公房（间）")                                                         \
    X(LAND_OVERDUE, "Cases overdue", "逾期案件")                                                                      \
    X(LAND_PERIOD, "Between the flights of %s and %s.", "航摄日期：%s至%s。")                                         \
    X(LEDGER_ZONE, "Ledger by zone", "分地块台账")                                                                    \
    X(LEDGER_CLASS, "Ledger by class", "分类别台账")                                                                  \
    X(LEDGER_NOTE,                                                                                                    \
      "Closing = opening + restated + occupied + lapsed + zone in - cleared - regularised - zone out, to the square " \
      "metre; figures are rounded together so that they add up.",                                                     \
      "期末 = 期初 + 期初调整 + 新占 + 许可到期 + 划入 − 清退 − 补办 − 划出，精确到平方米；数字按合计一并取整。")     \
    X(TOTAL, "total", "合计")                                                                                         \
    X(LAND_MAPS, "Before and after", "前后对比")                                                                      \
    X(BY_ACTION, "Recovered by action", "分处置方式汇总")                                                             \
    X(UNVERIFIED, "Claims the flights do not bear out", "航摄未能核实的申报")                                         \
    X(OPEN_CASES, "Open cases, the largest first", "未结案件（按面积）")                                              \
    X(ROOMS_LEDGER, "Rooms and rafts", "间数与蚝排台账")                                                              \
    X(PATROL_DUTY, "Patrols against duty", "巡查频次")                                                                \
    X(ZONE_MAP, "Before and after: %s", "前后对比：%s")                                                               \
    X(ALL_ZONES, "all zones", "全部地块")                                                                             \
    X(ZONES, "Zones", "管控范围")                                                                                     \
    X(CHANGES, "Change", "变化")                                                                                      \
    X(INDEX_LAST, "On %s: %s", "%s：%s")                                                                              \
    X(INDEX_MEAN, "Mean score", "平均分")                                                                             \
    X(INDEX_DAYS, "Days %s", "%s天数")                                                                                \
    X(INDEX_CALENDAR, "Calendar of %s", "%s日历")                                                                     \
    X(INDEX_MONTHS, "Month by month", "逐月")                                                                         \
    X(YEAR_ON_YEAR, "Against the same period of the year before", "同比")                                             \
    X(PERIOD_ON_PERIOD, "Against the period before", "环比")                                                          \
    X(INDEX_RED_DAYS, "Orange and red days", "橙色与红色日")                                                          \
    X(CHANGE_NOTE, "The interval of 95 % says what chance alone could have made of the change.",                      \
      "95% 区间表示仅凭偶然波动可能出现的变化范围。")                                                                 \
    X(TRENDS, "Trends", "趋势")                                                                                       \
    X(INPUTS, "What was read", "读入数据")                                                                            \
    X(REFUSED, "Refused rows by reason", "未采用记录（按原因）")                                                      \
    X(REASON, "Reason", "原因")                                                                                       \
    X(ROWS, "Rows", "行数")                                                                                           \
    X(RESULT_OF, "Result", "结果")                                                                                    \
    X(INPUT_NAME, "Input", "数据")                                                                                    \
    X(ROWS_READ, "Rows read", "读入")                                                                                 \
    X(ACCEPTED, "Accepted", "采用")                                                                                   \
    X(REJECTED, "Refused", "未采用")                                                                                  \
    X(SHA256, "SHA-256", "SHA-256")                                                                                   \
    X(PILE_UPS, "Coordinates with far more incidents than their surroundings", "坐标堆积点")                          \
    X(SETTING, "Setting", "项目")                                                                                     \
    X(VALUE, "Value", "取值")                                                                                         \
    X(METHOD_OF, "How %s was made", "%s的做法")                                                                       \
    X(NOTES_OF, "What was guessed or assumed", "推断与假定（程序原文）")                                                          \
    X(CELL_TESTS, "Tests of the highest cells", "前列网格的检验")                                                     \
    X(CAUTION,                                                                                                        \
      "Reported incidents are not all that happens: where patrols look, more is found. A hot place is a place to look " \
      "at, not a statement about the people there.",                                                                  \
      "报告的事件不等于发生的全部：巡查多的地方发现得多。热点只说明地点，不说明那里的人。")                           \
    X(INCIDENTS_IN_AREA, "Incidents in the study area", "研究区内事件数")                                             \
    X(HOT_AREAS, "Areas on the list", "上榜片区")                                                                     \
    X(SHARE_CAUGHT, "Per cent of incidents in them", "占全部事件（百分比）") \
    X(HOURS_SHARE, "%02d to %02d h (%.0f %% of its incidents)", "%02d时至%02d时（占%.0f%%）")                         \
    X(HOUR, "most at %02d h", "高峰%02d时")                                                                           \
    X(TOO_FEW_TIMES, "too few times are known", "已知时间太少")                                                       \
    X(COUNT_ON_AREA, "%s on %s km²", "%s起，%s平方公里")                                                              \
    X(DATA_END, "The data end on %s.", "数据截至%s。")                                                                \
    X(LATE_FEED, "Late feed: %s ends on %s.", "迟报：%s截至%s。")                                                     \
    X(UNLOCATED, "%s rows (%s %%) have no usable place and are on no map.", "%s条（%s%%）没有可用位置，不在图上。")   \
    X(UNTIMED, "%s incidents have no readable time.", "%s起事件时间无法识别。")                                       \
    X(DEFAULT_TIMES, "%s incidents have a time that stands for unknown (00:00 and the like).",                        \
      "%s起事件使用默认时间（如 00:00）。")                                                                           \
    X(DUPLICATES, "%s rows repeat another in every column; they count.", "%s条与其他记录完全相同，已计入。")          \
    X(REPEATS,                                                                                                        \
      "%s incidents follow another of the same stream within 50 m and 30 minutes: suspected repeat calls, counted all " \
      "the same.",                                                                                                    \
      "%s起与同类事件相距50米、30分钟以内：疑似重复报警，仍计入。")                                                   \
    X(SCORE_LINE,                                                                                                     \
      "Of %s incidents after %s the last list caught %s (%s %%). By chance as much area would have caught %s (%s %%): " \
      "the list did %s times as well (95 %% interval %s to %s).",                                                     \
      "共有%s起事件发生在%s之后，其中上期清单范围内%s起（%s%%）；同等面积按偶然只应有%s起（%s%%）："                  \
      "为偶然的%s倍（95%%区间%s至%s倍）。")                                                                           \
    X(SCORE_NONE, "No incident after %s is known yet, so the last list cannot be judged.",                            \
      "%s之后尚无事件，暂不能评价上期清单。")                                                                         \
    X(SCORE_NEEDS,                                                                                                    \
      "To see how the last list fared, give the incidents after %s with --incidents, or make the result with "        \
      "--all-incidents.",                                                                                             \
      "要评价上期清单，请用 --incidents 给出%s之后的事件，或在生成结果时使用 --all-incidents。")                      \
    X(SCORE_MISSING, "The earlier result has no %s, so its list cannot be judged.", "上期结果没有 %s，不能评价其清单。") \
    X(SCORE_ON_GRID,                                                                                                  \
      "The study area of the earlier result is not at hand; incidents anywhere on its grid are counted.",             \
      "找不到上期结果的研究区文件，按其网格范围统计。")                                                               \
    X(SCORE_UNTIMED, "%s incidents without a time are left out.", "%s起无时间的事件未计入。")                         \
    X(VISITED_OF, "Patrols: %s of %s areas of the last list were visited since, %s visits in all.",                   \
      "巡查：此后到访%s个片区（上期清单共%s个），合计%s次。")                                                         \
    X(SCORE_TABLE, "The last list, area by area", "上期清单分片区情况")                                               \
    X(SCORE_NOTE, "Expected: all incidents since, times the share that the area had then.",                           \
      "预期：此后全部事件数乘以该片区当时的占比。")                                                                   \
    X(RANK_THEN, "Rank then", "上期排名")                                                                             \
    X(SINCE_THEN, "Incidents since", "此后事件数")                                                                    \
    X(EXPECTED_SINCE, "Expected", "预期")                                                                             \
    X(VISITS, "Visits", "到访次数")                                                                                   \
    X(LAST_VISIT, "Last visit", "最近到访")                                                                           \
    X(OTHERS, "others", "其他")                                                                                       \
    X(COMPOSITION, "What the areas consist of", "片区构成")                                                           \
    X(COMPOSITION_BARS, "Share of each stream in the areas, with the number of incidents", "各片区类别占比及事件总数") \
    X(COMPOSITION_ALT, "One bar an area, divided by stream; the figures stand in the table below",                    \
      "每个片区一条，按类别划分；数字见下表")                                                                         \
    X(COMPOSITION_TABLE, "Incidents by stream", "分类别事件数")                                                       \
    X(TREND_MAP, "Where hot spots emerge, last and fade", "热点的出现、持续与消退")                                   \
    X(TREND_MAP_ALT, "Map of cells by their pattern over time; the number of cells of each stands in the table below", \
      "按演变模式着色的网格图；各模式网格数见下表")                                                                   \
    X(TREND_PATTERNS, "Patterns", "演变模式")                                                                         \
    X(TREND_TABLE, "Cells by pattern", "各模式网格数")                                                                \
    X(TREND_NOTE,                                                                                                     \
      "A cell is hot or cold in a step of time where Gi* stands out after correction for the number of tests; the "   \
      "pattern follows from which steps these are and from the trend of Gi*.",                                        \
      "某时段 Gi* 经多重检验校正后显著者为热或冷；模式由这些时段及 Gi* 的趋势判定。")                                 \
    X(TREND_STEPS, "Hot and cold cells by step of time", "各时段热点与冷点网格数")                                    \
    X(TREND_STEPS_ALT, "Hot cells above the line, cold cells below; the figures stand in the table below",            \
      "线上为热点网格数，线下为冷点网格数；数字见下表")                                                               \
    X(LEVEL_99, "more than chance (99 %)", "显著多于偶然（99%）")                                                     \
    X(LEVEL_95, "more than chance (95 %)", "多于偶然（95%）")                                                         \
    X(LEVEL_90, "perhaps more than chance (90 %)", "可能多于偶然（90%）")                                             \
    X(LEVEL_NONE, "could be chance", "不能排除偶然")                                                                  \
    X(UNITS_MAP, "Units on their last day", "各单元最近一日")                                                         \
    X(UNITS_MAP_ALT, "Map of the units in the colour of their last day; the figures stand in the table below",        \
      "各单元最近一日颜色图；数字见下表")                                                                             \
    X(UNITS_TABLE, "All units on their last day", "全部单元最近一日")                                                 \
    X(NO_INDEX, "no index", "无指数")                                                                                 \
    X(REASON_STREAM, "%s %s (expected %s)", "%s%s起（预期%s）")                                                       \
    X(METHOD_WORDS, "How the ranked areas were found", "热点片区的做法")                                              \
    X(M_CRS, "Coordinate reference system", "坐标系")                                                                 \
    X(M_AREA, "Study area", "研究区")                                                                                 \
    X(M_CELL, "Side of a cell", "网格边长")                                                                           \
    X(M_BUDGET, "Selected", "入选范围")                                                                               \
    X(METRES, "%s m", "%s米")                                                                                         \
    X(DAYS, "%s days", "%s天")                                                                                        \
    X(METRES_BY, "%s m (%s)", "%s米（%s）")                                                                           \
    X(KM2_BY, "%s km² (%s)", "%s平方公里（%s）")                                                                      \
    X(KERNEL, "Kernel", "核函数")                                                                                     \
    X(BANDWIDTH, "Bandwidth", "带宽")                                                                                 \
    X(BANDWIDTH_OTHERS, "Bandwidth by each rule, m", "各规则的带宽（米）")                                            \
    X(RULE_AUTO, "cross-validation", "交叉验证")                                                                      \
    X(RULE_SILVERMAN, "Silverman", "Silverman")                                                                       \
    X(RULE_SCOTT, "Scott", "Scott")                                                                                   \
    X(RANKED_BY, "Ranked by", "排名依据")                                                                             \
    X(BUDGET_SPENT, "%s cells, %s km², %s %% of the study area", "%s个网格，%s平方公里，占研究区%s%%")                \
    X(CONCENTRATION, "Concentration", "集中度")                                                                       \
    X(AGAINST_CHANCE, "%s, on random maps %s (%s maps)", "%s；随机图上为%s（%s幅）")                                  \
    X(EXPECTATION, "Expected", "期望")                                                                                \
    X(EXPECT_EVEN, "as many everywhere in the study area", "研究区内处处相同")                                        \
    X(EXPECT_RISK, "in proportion to what is at risk (%s)", "与风险基数成比例（%s）")                                 \
    X(EXPECT_STREAM, "as the stream %s", "与类别“%s”相同")                                                            \
    X(TEST, "Test", "检验")                                                                                           \
    X(TESTS, "Cells that stand out", "显著网格")                                                                      \
    X(TESTS_FOUND, "of %s tested: q ≤ 0.01 in %s, ≤ 0.05 in %s, ≤ 0.10 in %s",                                        \
      "检验%s个：q ≤ 0.01 的%s个，≤ 0.05 的%s个，≤ 0.10 的%s个")                                                      \
    X(STABILITY, "Stability", "稳定度")                                                                               \
    X(STABILITY_RUNS, "%s runs; on average %s %% of a cell stays on the list: %s", "%s次重复；平均%s%%仍在榜：%s")    \
    X(STEADY, "steady", "稳定")                                                                                       \
    X(FAIRLY_STEADY, "fairly steady", "较稳定")                                                                       \
    X(UNSTEADY, "unsteady", "不稳定")                                                                                 \
    X(HALF_LIFE, "Half-life of an incident's weight", "事件权重半衰期")                                               \
    X(SEED, "Seed of random draws", "随机种子")                                                                       \
    X(BANDWIDTH_CURVE, "How well each bandwidth foresees incidents left out", "各带宽对留出事件的预测优劣")           \
    X(BANDWIDTH_ALT, "Curve of the log-likelihood of incidents left out, by bandwidth; the line marks the bandwidth in use",            \
      "留出事件对数似然随带宽变化曲线；竖线为所用带宽")                                                                   \
    X(BANDWIDTH_AXIS, "bandwidth, m", "带宽（米）")                                                                   \
    X(MONTHS_CHANGED, "Months against the year before and the month before", "逐月同比与环比")                        \
    X(UNITS_IN, "Units %s", "%s单元数")                                                                               \
    X(HOW_SURE, "How sure", "把握")                                                                                   \
    X(APPENDIX, "Appendix: statistics for reviewers", "附录：供复核的统计量")                                         \
    X(QUIET, "Nothing was recorded here in this period.", "本期本地无记录。")

typedef enum hg_report_word {
#define X(name, en, zh) HG_SAY_##name,
    HG_REPORT_WORDS(X)
#undef X
    HG_REPORT_WORD_END
} hg_report_word;

/** The words in the language; a format where the catalogue says so. */
const char *hg_report_say(bool zh, hg_report_word word);

#endif
