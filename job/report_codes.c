/* Codes of the results in words: classes, changes, actions, kinds, reasons. */
#include "job/report_parts.h"

#include <string.h>

static const struct {
    const char *code, *en, *zh;
} codes[] = {
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
};

const char *hg_report_code(const hg_report *r, const char *code)
{
    for (size_t i = 0; code && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].code, code) == 0)
            return r->zh ? codes[i].zh : codes[i].en;
    return code;
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
