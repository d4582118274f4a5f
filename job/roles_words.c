/* Words for the kinds of zones, verdicts and levels of patrols, in English and Chinese. */
#include "job/roles_parts.h"

#include <strings.h>

typedef struct word {
    const char *text;
    uint16_t number;
} word;

static const word kinds[] = {
    {"other", HG_ZONE_OTHER},
    {"state_land", HG_ZONE_STATE_LAND},
    {"river", HG_ZONE_RIVER},
    {"public_building", HG_ZONE_PUBLIC_BUILDING},
    {"farmland", HG_ZONE_FARMLAND},
    {"basic_farmland", HG_ZONE_BASIC_FARMLAND},
    {"其他", HG_ZONE_OTHER},
    {"其它", HG_ZONE_OTHER},
    {"state land", HG_ZONE_STATE_LAND},
    {"国有土地", HG_ZONE_STATE_LAND},
    {"国有地", HG_ZONE_STATE_LAND},
    {"河道", HG_ZONE_RIVER},
    {"河流", HG_ZONE_RIVER},
    {"河湖管理范围", HG_ZONE_RIVER},
    {"public building", HG_ZONE_PUBLIC_BUILDING},
    {"公房", HG_ZONE_PUBLIC_BUILDING},
    {"耕地", HG_ZONE_FARMLAND},
    {"一般耕地", HG_ZONE_FARMLAND},
    {"basic farmland", HG_ZONE_BASIC_FARMLAND},
    {"基本农田", HG_ZONE_BASIC_FARMLAND},
    {"永久基本农田", HG_ZONE_BASIC_FARMLAND},
    {NULL, 0},
};

static const word verdicts[] = {
    {"confirmed", HG_VERDICT_CONFIRMED}, {"rejected", HG_VERDICT_REJECTED},
    {"pending", HG_VERDICT_PENDING},     {"属实", HG_VERDICT_CONFIRMED},
    {"不属实", HG_VERDICT_REJECTED},     {"待定", HG_VERDICT_PENDING},
    {"待核", HG_VERDICT_PENDING},        {NULL, HG_VERDICT_NONE},
};

static const word levels[] = {
    {"town", HG_PATROL_TOWN},       {"village", HG_PATROL_VILLAGE}, {"镇", HG_PATROL_TOWN},
    {"镇级", HG_PATROL_TOWN},       {"村", HG_PATROL_VILLAGE},      {"村级", HG_PATROL_VILLAGE},
    {"county", HG_PATROL_OTHER},    {"city", HG_PATROL_OTHER},      {"区", HG_PATROL_OTHER},
    {"区级", HG_PATROL_OTHER},      {"市", HG_PATROL_OTHER},        {"市级", HG_PATROL_OTHER},
    {"other", HG_PATROL_OTHER},     {NULL, HG_PATROL_OTHER},
};

const char *hg_zone_kind_name(hg_zone_kind kind)
{
    return kinds[kind].text;
}

static uint16_t find_word(const word *words, const char *text, bool *known)
{
    while (words->text && strcasecmp(words->text, text) != 0)
        words++;
    *known = words->text != NULL;
    return words->number;
}

hg_zone_kind hg_role_zone_kind(const char *text, bool *known)
{
    return (hg_zone_kind)find_word(kinds, text, known);
}

hg_verdict hg_role_verdict(const char *text, bool *known)
{
    return (hg_verdict)find_word(verdicts, text, known);
}

hg_patrol_level hg_role_patrol_level(const char *text, bool *known)
{
    return (hg_patrol_level)find_word(levels, text, known);
}
