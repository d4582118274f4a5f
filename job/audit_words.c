/* Words of the audit's tables and columns, in English and Chinese. */
#include "job/audit.h"
#include "base/memory.h"
#include "job/columns.h"

#include <string.h>

typedef struct words {
    const char *name, *english, *chinese;
} words;

static const words tables[] = {
    {"encroachments", "Encroachments", "侵占"},
    {"changes", "Changes", "变化"},
    {"slivers", "Slivers within error", "误差内碎片"},
    {"zones", "Zones", "管控范围"},
    {"ledger", "Ledger", "台账"},
    {"by_zone", "Ledger by zone", "分地块台账"},
    {"by_class", "Ledger by class", "分类别台账"},
    {"claims", "Claims", "处置核验"},
    {"by_action", "Recovered by action", "分处置方式汇总"},
    {"cases", "Cases", "案件"},
    {"units_ledger", "Rooms and rafts", "间数与蚝排台账"},
    {"farmland", "Farmland by occupant", "耕地占用（按占用人）"},
    {"patrol_duty", "Patrols against duty", "巡查频次"},
    {"balance", "Where the survey went", "测量面积去向"},
    {"repairs", "Repaired outlines", "修复的图斑"},
    {"ledger_notes", "Notes on the inputs", "数据说明"},
    {"rejects", "Rejected rows", "未采用记录"},
};

static const words columns[] = {
    {"patch_id", "Patch", "图斑编号"},
    {"survey_id", "Id in the survey", "本期编号"},
    {"parent_id", "Split from", "分自图斑"},
    {"merged_into", "Merged into", "并入图斑"},
    {"zone_id", "Zone", "地块编号"},
    {"epoch", "Flight", "航摄日期"},
    {"from_epoch", "Flight before", "前期日期"},
    {"class", "Class", "类别"},
    {"from_class", "Class before", "原类别"},
    {"from_zone_id", "Zone before", "原地块"},
    {"disorder", "Disorder (四乱)", "四乱类型"},
    {"area_m2", "Area m²", "面积（平方米）"},
    {"area_mu", "Area mu", "面积（亩）"},
    {"planar_area_m2", "Planar area m²", "平面面积（平方米）"},
    {"status", "Status", "状态"},
    {"change", "Change", "变化类型"},
    {"severity", "Severity", "严重程度"},
    {"threshold", "Farmland threshold", "耕地面积标准"},
    {"confidence", "Confidence", "可信度"},
    {"tolerance_m", "Tolerance m", "限差（米）"},
    {"verdict", "Verdict", "复核结论"},
    {"action", "Action", "处置方式"},
    {"action_date", "Date of action", "处置日期"},
    {"outstanding_m2", "Outstanding m²", "未收回（平方米）"},
    {"outstanding_mu", "Outstanding mu", "未收回（亩）"},
    {"carried_m2", "Carried, not seen m²", "结转未见（平方米）"},
    {"pending_m2", "Holder unclear m²", "持证人待核（平方米）"},
    {"relapsed_m2", "Relapsed m²", "复发（平方米）"},
    {"kind", "Kind", "类型"},
    {"priority", "Priority", "优先级"},
    {"encroached_m2", "Encroached m²", "侵占（平方米）"},
    {"encroached_mu", "Encroached mu", "侵占（亩）"},
    {"encroached_share", "Share encroached", "侵占占比"},
    {"opening_m2", "Opening m²", "期初（平方米）"},
    {"occupied_m2", "Occupied m²", "新占（平方米）"},
    {"lapsed_m2", "Permits lapsed m²", "许可到期（平方米）"},
    {"zone_in_m2", "Zones drawn in m²", "划入（平方米）"},
    {"cleared_m2", "Cleared m²", "清退（平方米）"},
    {"regularised_m2", "Regularised m²", "补办（平方米）"},
    {"zone_out_m2", "Zones drawn out m²", "划出（平方米）"},
    {"transferred_m2", "Transferred m²", "类别或地块转移（平方米）"},
    {"closing_m2", "Closing m²", "期末（平方米）"},
    {"closing_mu", "Closing mu", "期末（亩）"},
    {"closing_planar_m2", "Closing, planar m²", "期末平面（平方米）"},
    {"planar_ppm", "Planar difference ppm", "平面差（百万分之一）"},
    {"recovered_m2", "Recovered m²", "收回（平方米）"},
    {"recovered_mu", "Recovered mu", "收回（亩）"},
    {"recovered_net_m2", "Recovered less relapsed m²", "净收回（平方米）"},
    {"within_error_m2", "Within error m²", "误差内（平方米）"},
    {"unexplained_m2", "Claimed by no action m²", "无处置记录（平方米）"},
    {"restated_m2", "Restated m²", "期初调整（平方米）"},
    {"noding_m2", "Noding m²", "结点化差（平方米）"},
    {"date", "Date", "日期"},
    {"claimed_m2", "Claimed m²", "申报（平方米）"},
    {"verified_m2", "Verified m²", "核实（平方米）"},
    {"verified_mu", "Verified mu", "核实（亩）"},
    {"unverified_m2", "Not verified m²", "未核实（平方米）"},
    {"deadline", "Deadline", "期限"},
    {"proof", "Proof", "凭证"},
    {"actions", "Actions", "处置数"},
    {"rooms", "Rooms (间)", "间数"},
    {"state", "State", "办理状态"},
    {"found_on", "Found on", "发现日期"},
    {"overdue", "Overdue", "逾期"},
    {"overdue_days", "Days overdue", "逾期天数"},
    {"closed_on", "Closed on", "销号日期"},
    {"largest_m2", "Largest m²", "最大面积（平方米）"},
    {"absent_pending", "Absence pending", "缺失待确认"},
    {"item", "Item", "项目"},
    {"unit", "Unit", "单位"},
    {"opening", "Opening", "期初"},
    {"occupied", "Occupied", "新占"},
    {"recovered", "Recovered", "收回"},
    {"transferred", "Transferred", "转移"},
    {"closing", "Closing", "期末"},
    {"occupant_key", "Occupant (number)", "占用人（编号）"},
    {"patches", "Patches", "图斑数"},
    {"basic_m2", "Basic farmland m²", "基本农田（平方米）"},
    {"basic_mu", "Basic farmland mu", "基本农田（亩）"},
    {"other_m2", "Other farmland m²", "其他耕地（平方米）"},
    {"other_mu", "Other farmland mu", "其他耕地（亩）"},
    {"flag", "Flag", "提示"},
    {"level", "Level", "层级"},
    {"duty_days", "Once in days", "应巡周期（天）"},
    {"patrols", "Patrols", "巡查次数"},
    {"periods", "Periods", "周期数"},
    {"periods_met", "Periods with a patrol", "达标周期"},
    {"share_met", "Share met", "达标率"},
    {"longest_gap_days", "Longest gap, days", "最长间隔（天）"},
    {"duty_met", "Duty met", "是否达标"},
    {"surveyed_m2", "Surveyed m²", "测量面积（平方米）"},
    {"repeated_m2", "Counted repeatedly m²", "重复（平方米）"},
    {"rejected_m2", "Rejected m²", "不属实（平方米）"},
    {"not_flown_m2", "Outside the flight m²", "航摄范围外（平方米）"},
    {"within_error_gained_m2", "Within error, gained m²", "误差内新增（平方米）"},
    {"within_error_lost_m2", "Within error, lost m²", "误差内减少（平方米）"},
    {"outside_m2", "Outside all zones m²", "管控范围外（平方米）"},
    {"authorised_m2", "Authorised m²", "已授权（平方米）"},
    {"pending_verdict_m2", "Verdict pending m²", "待定（平方米）"},
    {"id", "Id", "编号"},
    {"area_before_m2", "Area before m²", "修复前面积（平方米）"},
    {"area_after_m2", "Area after m²", "修复后面积（平方米）"},
};

static const char *find(const words *list, size_t n, const char *lang, const char *name)
{
    bool zh = lang && strcmp(lang, "zh") == 0;
    for (size_t k = 0; k < n; k++)
        if (strcmp(list[k].name, name) == 0)
            return zh ? list[k].chinese : list[k].english;
    return NULL;
}

static hg_status set_title(char **title, const char *text, hg_error *err)
{
    if (!text || *title)
        return HG_OK;
    *title = hg_strdup(text);
    return *title ? HG_OK : hg_fail_memory(err);
}

hg_status hg_audit_title(const char *lang, hg_table *t, hg_error *err)
{
    hg_status status =
        set_title(&t->title, find(tables, sizeof tables / sizeof *tables, lang, t->name), err);
    for (size_t k = 0; k < t->column_count && status == HG_OK; k++)
        status = set_title(&t->columns[k].title,
                           find(columns, sizeof columns / sizeof *columns, lang, t->columns[k].name), err);
    return status == HG_OK ? hg_columns_title(lang, t, err) : status;
}
