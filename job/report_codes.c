/* Codes of the results in words: classes, changes, actions, kinds, reasons. */
#include "job/report_parts.h"

#include <string.h>

typedef struct coded {
    const char *code, *en, *zh;
} coded;

static const coded streams[] = {
    {"crime", "crime", "治安案件"},
    {"traffic", "traffic", "交通事故"},
    {"fire", "fire", "火灾"},
    {"city_management", "city management", "城市管理"},
};

static const coded codes[] = {
    {"fish_pond", "fish pond", "鱼塘"},
    {"structure", "structure", "违建"},
    {"oyster_raft", "oyster raft", "蚝排"},
    {"public_building", "public building", "公房"},
    {"state_land", "state land", "国有土地"},
    {"river", "river", "河道"},
    {"farmland", "farmland", "耕地"},
    {"basic_farmland", "basic farmland", "基本农田"},
    {"other", "other", "其他"},
    {"contract", "contract signed again", "补签合同"},
    {"rent", "rent paid back", "补缴租金"},
    {"litigation", "litigation", "诉讼"},
    {"voluntary", "cleared by the occupant", "说服自行清退"},
    {"demolition", "lawful clearance", "依法清拆"},
    {"persisting", "persisting", "未变"},
    {"occupied", "newly occupied", "新占"},
    {"lapsed", "permit lapsed", "许可到期"},
    {"zone_in", "zone drawn in", "划入"},
    {"zone_out", "zone drawn out", "划出"},
    {"cleared", "cleared", "清退"},
    {"regularised", "regularised", "补办"},
    {"transferred", "transferred", "转移"},
    {"发现", "found", "发现"},
    {"待定", "undecided", "待定"},
    {"不属实", "unfounded", "不属实"},
    {"属实", "borne out", "属实"},
    {"整改中", "being put right", "整改中"},
    {"待验收", "to be accepted", "待验收"},
    {"退回整改", "sent back", "退回整改"},
    {"销号", "closed", "销号"},
    {"复发", "occupied again", "复发"},
    {"间", "rooms", "间"},
    {"组", "groups", "组"},
    {"t", "tonnes", "吨"},
    {"blue", "blue", "蓝色"},
    {"green", "green", "绿色"},
    {"yellow", "yellow", "黄色"},
    {"orange", "orange", "橙色"},
    {"red", "red", "红色"},
    {"town", "town", "镇级"},
    {"village", "village", "村级"},
    {"no_geometry", "no coordinates", "无坐标"},
    {"not_finite", "coordinates that are no numbers", "坐标不是数字"},
    {"null_island", "coordinates 0, 0", "坐标为零"},
    {"outside_crs", "outside the CRS", "超出坐标系范围"},
    {"outside_area", "outside the study area", "研究区外"},
    {"bad_time", "unreadable time", "时间无法识别"},
    {"outside_interval", "outside the period", "时段外"},
    {"duplicate_id", "repeated id", "编号重复"},
    {"bad_weight", "unreadable weight", "权重无效"},
    {"duplicate_row", "repeated row", "整行重复"},
    {"bad_geometry", "broken geometry", "几何错误"},
    {"mixed", "mixed", "混合"},
    {"yoy", "year on year", "同比"},
    {"pop", "period on period", "环比"},
    {"missing", "no index", "无指数"},
    {"density", "density", "密度"},
    {"count", "number of incidents", "事件数"},
    {"shrunk", "shrunken density", "收缩密度"},
    {"given", "given", "给定"},
    {"guessed", "guessed", "推断"},
    {"none", "none", "无"},
    {"exact", "exact test of the count in each cell", "各网格事件数的精确检验"},
    {"gistar", "Gi* of each cell", "各网格 Gi* 检验"},
    {"length", "given", "给定"},
    {"auto", "cross-validation", "交叉验证"},
    {"cv", "cross-validation", "交叉验证"},
    {"silverman", "Silverman's rule", "Silverman 规则"},
    {"scott", "Scott's rule", "Scott 规则"},
    {"uniform", "uniform", "均匀核"},
    {"triangular", "triangular", "三角核"},
    {"epanechnikov", "Epanechnikov", "Epanechnikov 核"},
    {"quartic", "quartic", "四次核"},
    {"triweight", "triweight", "三权核"},
    {"gaussian", "Gaussian", "高斯核"},
};

static const char *words_of(const coded *list, size_t n, bool zh, const char *code)
{
    for (size_t i = 0; code && i < n; i++)
        if (strcmp(list[i].code, code) == 0)
            return zh ? list[i].zh : list[i].en;
    return code;
}

const char *hg_report_code(const hg_report *r, const char *code)
{
    return words_of(codes, sizeof codes / sizeof *codes, r->zh, code);
}

const char *hg_report_stream_code(const hg_report *r, const char *stream)
{
    return words_of(streams, sizeof streams / sizeof *streams, r->zh, stream);
}

hg_status hg_report_translate(const hg_report *r, hg_table *t, const char *column, hg_error *err)
{
    hg_column *c = hg_table_column(t, column);
    hg_status status = HG_OK;
    for (size_t row = 0; c && c->type == HG_TEXT && row < t->rows && status == HG_OK; row++) {
        const char *code = hg_pool_text(t->pool, c->text[row]), *words = hg_report_code(r, code);
        if (words != code)
            status = hg_table_set_text(t, c, row, words, err);
    }
    return status;
}

hg_status hg_report_levels(const hg_report *r, hg_table *cells, hg_error *err)
{
    static const struct {
        const char *level;
        hg_report_word word;
    } levels[] = {{"99", HG_SAY_LEVEL_99}, {"95", HG_SAY_LEVEL_95}, {"90", HG_SAY_LEVEL_90}, {"", HG_SAY_LEVEL_NONE}};
    hg_column *c = hg_table_column(cells, "level");
    hg_status status = HG_OK;
    for (size_t row = 0; c && c->type == HG_TEXT && row < cells->rows; row++) {
        const char *level = hg_pool_text(cells->pool, c->text[row]);
        for (size_t k = 0; level && k < sizeof levels / sizeof *levels && status == HG_OK; k++)
            if (strcmp(level, levels[k].level) == 0)
                status = hg_table_set_text(cells, c, row, hg_report_say(r->zh, levels[k].word), err);
    }
    return status;
}

hg_report_word hg_report_stability_word(double share)
{
    return share >= 0.8 ? HG_SAY_STEADY : share >= 0.5 ? HG_SAY_FAIRLY_STEADY : HG_SAY_UNSTEADY;
}
