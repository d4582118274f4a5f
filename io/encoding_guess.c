#include "io/encoding_guess.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <uchardet/uchardet.h>

enum { SAMPLE_LIMIT = 2 << 20, TRIAL_LIMIT = 64 << 10 };

/* From names of streets and villages, column heads and incident texts. */
static const char common_characters[] =
    "一七万三上下不与业东两个中丰为主义乌乐九也乡乱乾了事二云五井交产人仁仓仔他仙以们件会伤位低住"
    "体作你侨保光全八公六关兴内冈农冲凤凰出分别到前务动劫劳北区医十千华单南占厂原县双发受口古可台"
    "右号司合吉同名后否员和商四因园围国土在地场圾址坐坑坝坡坪垃型城埔埠堂堆堤塔塘墩处备夏外大天太"
    "头夺如姓委子学宁宅安完官定宝实室害家富察寨对小就尾局居屋屏山岗岛岭岸峰州巡工左已巷市布平年广"
    "序库应店度庭建开弄得德心态惠想意成我房所手技把投抢护报拟描改政故教数整文斗新族旗无日时昌明星"
    "春是景曲月有朗期未本术机村来杨松板林染查标栋校桂桃案桥梅检楼横正步殴民水永江污汤沙沟沥河治泉"
    "法注洋洞洪洲派流济浦浮海涌深清渠渡港湖湾源溪滨滩潭澳火灾点然状狮狱玉环现珠理瑶生用田甲电界登"
    "白百的益监盗盛相盾省着矛短石矿码砂社祸福禾科秒积称税窃站端竹管类纠红级纬纷组经编罗置美翠老联"
    "胜自良花英茶荔荷莲营蓝蕉虚虹行街西要见观规角警诈诉话说赤走路车转过还这进违连述途通道那部都采"
    "里重量金钟铁银铺镇长门间闸阳陈院隆雅霞青非面风饶香马验骗高鱼鸡鹤麻黄龙偷毒赌酒醉撞逃亡轻";

static const char *const gb_names[] = {"GB18030", "GBK", "GB2312"};
static const char *const east_names[] = {"BIG5",   "BIG5-HKSCS", "EUC-TW", "SHIFT_JIS", "EUC-JP",
                                         "EUC-KR", "UHC",        "CP949",  "JOHAB"};
static const char *const trial_names[] = {"GB18030", "BIG5", "SHIFT_JIS", "EUC-JP", "EUC-KR"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncasecmp(name, "ISO-2022-", 9) == 0 && names == east_names;
}

/* ------------------------------------------------------------------ lines with high bytes */

typedef struct lines {
    const char *p, *end;
    size_t left; /* of the sample */
} lines;

size_t hg_ascii_run(const char *p, size_t n)
{
    size_t i = 0;
    for (uint64_t word; i + 8 <= n; i += 8) {
        memcpy(&word, p + i, 8);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (i < n && (unsigned char)p[i] < 0x80)
        i++;
    return i;
}

/* The next line that holds a byte above 127, with its line end; false after the last. */
static bool next_line(lines *l, const char **line, size_t *len)
{
    size_t skip = hg_ascii_run(l->p, (size_t)(l->end - l->p));
    const char *high = l->p + skip;
    if (high == l->end || l->left == 0)
        return false;
    const char *from = memrchr(l->p, '\n', skip);
    from = from ? from + 1 : l->p;
    const char *to = memchr(high, '\n', (size_t)(l->end - high));
    to = to ? to + 1 : l->end;
    *line = from;
    *len = (size_t)(to - from) < l->left ? (size_t)(to - from) : l->left;
    l->left -= *len;
    l->p = to;
    return true;
}

/* ------------------------------------------------------------------ evidence for GB */

typedef struct han_count {
    size_t han, level1, common;
    bool foreign; /* high bytes that are no two-byte Han */
} han_count;

typedef struct pair_set {
    unsigned char bits[65536 / 8];
} pair_set;

static unsigned pair_of(const char *p)
{
    return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static bool common_pairs(pair_set *out)
{
    char gb[sizeof common_characters];
    char *in = (char *)(uintptr_t)common_characters, *to = gb;
    size_t in_left = sizeof common_characters - 1, out_left = sizeof gb;
    iconv_t cd = iconv_open("GB18030", "UTF-8");
    if (cd == (iconv_t)-1)
        return false;
    bool ok = iconv(cd, &in, &in_left, &to, &out_left) != (size_t)-1;
    iconv_close(cd);
    memset(out, 0, sizeof *out);
    for (const char *p = gb; ok && p + 1 < to; p += 2)
        out->bits[pair_of(p) / 8] |= (unsigned char)(1u << pair_of(p) % 8);
    return ok;
}

/* GBK's areas: GB 2312 Han, GBK/3 (leads 81 … A0), GBK/4 (leads AA … FE, low trails). */
static bool is_gbk_han(unsigned lead, unsigned trail)
{
    if (trail < 0x40 || trail == 0x7f || trail > 0xfe || lead > 0xfe)
        return false;
    return lead <= 0xa0
               ? lead >= 0x81
               : (lead >= 0xaa && trail <= 0xa0) || (lead >= 0xb0 && lead <= 0xf7 && trail >= 0xa1);
}

static void count_pair(unsigned pair, const pair_set *common, han_count *h)
{
    unsigned lead = pair >> 8, trail = pair & 0xff;
    if ((lead == 0xa1 || lead == 0xa3) && trail >= 0xa1 && trail <= 0xfe)
        return; /* 、。（）： and full-width letters tell nothing either way */
    if (!is_gbk_han(lead, trail)) {
        h->foreign = true;
        return;
    }
    h->han++;
    h->level1 += lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1;
    h->common += common->bits[pair / 8] >> pair % 8 & 1;
}

static void count_line(const char *p, size_t n, const pair_set *common, han_count *h)
{
    for (size_t i = 0; i < n && !h->foreign; i++) {
        if ((unsigned char)p[i] < 0x80)
            continue;
        if (i + 1 < n) /* a lone last byte is the sample's end, or fails the strict decoding */
            count_pair(pair_of(p + i), common, h);
        i++;
    }
}

/* Below six characters chance is too near for three in ten: more than half must be common. */
static bool is_common_han(const han_count *h)
{
    bool enough = h->han < 6 ? h->common * 2 > h->han : h->common * 10 >= h->han * 3;
    return !h->foreign && h->han > 0 && h->level1 * 10 >= h->han * 7 && enough;
}

/* ------------------------------------------------------------------ candidates */

static bool decodes(const char *name, const char *p, size_t n)
{
    char buf[4096];
    char *in = (char *)(uintptr_t)p;
    iconv_t cd = iconv_open("UTF-8", name);
    bool ok = cd != (iconv_t)-1;
    bool more = ok;
    while (more) {
        char *to = buf;
        size_t room = sizeof buf;
        size_t rc = iconv(cd, &in, &n, &to, &room);
        more = rc == (size_t)-1 && to > buf && n > 0;
        ok = rc != (size_t)-1 || errno == EINVAL;
    }
    if (cd != (iconv_t)-1)
        iconv_close(cd);
    return ok;
}

static void add_candidate(hg_guess *g, const char *name)
{
    size_t len = strlen(g->candidates);
    snprintf(g->candidates + len, sizeof g->candidates - len, "%s%s", len ? ", " : "", name);
}

/* Strict decoding rules encodings out; it never rules one in. */
static void list_candidates(const char *bytes, size_t n, hg_guess *g)
{
    lines l = {bytes, bytes + n, TRIAL_LIMIT};
    const char *line;
    size_t len;
    bool possible[COUNT(trial_names)];
    memset(possible, 1, sizeof possible);
    for (int count = 0; count < 64 && next_line(&l, &line, &len); count++)
        for (size_t i = 0; i < COUNT(trial_names); i++)
            possible[i] = possible[i] && decodes(trial_names[i], line, len);
    if (g->detector[0])
        add_candidate(g, g->detector);
    for (size_t i = 0; i < COUNT(trial_names); i++)
        if (possible[i] && strcasecmp(trial_names[i], g->detector) != 0)
            add_candidate(g, trial_names[i]);
    if (!g->candidates[0])
        add_candidate(g, "WINDOWS-1252");
}

hg_status hg_encoding_guess(const char *bytes, size_t n, hg_guess *out, hg_error *err)
{
    hg_guess g = {.gb = false};
    lines l = {bytes, bytes + n, SAMPLE_LIMIT};
    han_count han = {0, 0, 0, false};
    pair_set common;
    const char *line;
    size_t len;
    uchardet_t detector = uchardet_new();
    if (!detector)
        return hg_fail_memory(err);
    bool have_common = common_pairs(&common);
    while (next_line(&l, &line, &len)) {
        uchardet_handle_data(detector, line, len);
        count_line(line, len, &common, &han);
    }
    uchardet_data_end(detector);
    snprintf(g.detector, sizeof g.detector, "%s", uchardet_get_charset(detector));
    uchardet_delete(detector);
    if (strcasecmp(g.detector, "UTF-8") == 0 || strcasecmp(g.detector, "ASCII") == 0)
        g.detector[0] = '\0'; /* said of short samples that are known to be neither */
    g.gb = one_of(g.detector, gb_names, COUNT(gb_names));
    g.other_east = one_of(g.detector, east_names, COUNT(east_names));
    g.common_han = have_common && is_common_han(&han);
    g.only_common_han = g.common_han && han.common == han.han;
    g.accepted = g.gb || (g.common_han && !g.other_east);
    if (!g.accepted)
        list_candidates(bytes, n, &g);
    *out = g;
    return HG_OK;
}
