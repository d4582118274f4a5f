/* --check-claim: whether a printed change can be, and what it may have been, in words. */
#include "base/memory.h"
#include "base/number.h"
#include "engine/change.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static hg_status no_claim(const char *text, hg_error *err)
{
    return hg_fail(err, HG_EUSAGE,
                   "--check-claim %s: a change such as -300%% or -21.21%%:33,26 (earlier, later value) was expected",
                   text);
}

/* Decimals that were printed, for the tolerance: half a unit of the last one. */
static double half_unit(const char *text, size_t n)
{
    const char *dot = memchr(text, '.', n);
    size_t decimals = dot ? n - (size_t)(dot - text) - 1 : 0;
    return 0.5 * pow(10, -(double)decimals);
}

static hg_status read_claim(const char *text, hg_change_claim *claim, hg_error *err)
{
    static const char minus[] = "\xe2\x88\x92"; /* U+2212, as printed */
    char plain[64];
    bool sign = strncmp(text, minus, 3) == 0;
    const char *from = text + (sign ? 3 : 0);
    size_t n = strcspn(from, "%:");
    if (n == 0 || n + 2 > sizeof plain)
        return no_claim(text, err);
    plain[0] = '-';
    memcpy(plain + sign, from, n);
    size_t length = n + sign;
    *claim = (hg_change_claim){.tolerance_pct = half_unit(plain, length)};
    if (!hg_parse_number(plain, length, &claim->claimed_pct) || !isfinite(claim->claimed_pct))
        return no_claim(text, err);
    const char *rest = from + n;
    rest += *rest == '%';
    rest += strncmp(rest, " ", 1) == 0;
    if (!*rest)
        return HG_OK;
    const char *comma = strchr(rest, ',');
    if (*rest != ':' || !comma)
        return no_claim(text, err);
    claim->has_values = hg_parse_number(rest + 1, (size_t)(comma - rest) - 1, &claim->base) &&
                        hg_parse_number(comma + 1, strlen(comma + 1), &claim->current);
    return claim->has_values ? HG_OK : no_claim(text, err);
}

static const char *reading_words(hg_change_claim_reading reading, bool zh)
{
    switch (reading) {
    case HG_CHANGE_CLAIM_MATCHES:
        return zh ? "与所给数值相符。" : "It agrees with the two values.";
    case HG_CHANGE_CLAIM_BY_LATER:
        return zh ? "所印数字是除以后一期得到的；应除以前一期。"
                  : "The printed figure was divided by the later value; the earlier one is the base.";
    case HG_CHANGE_CLAIM_SIGN:
        return zh ? "数值对，符号反了。" : "The size is right, the sign is not.";
    case HG_CHANGE_CLAIM_RATIO:
        return zh ? "所印数字是两期之比，不是变化率。" : "The printed figure is the ratio of the values, not their change.";
    case HG_CHANGE_CLAIM_SWAPPED:
        return zh ? "前后两期颠倒了。" : "Earlier and later value were exchanged.";
    case HG_CHANGE_CLAIM_NO_READING:
        return zh ? "两个数值怎样算都得不出所印数字。" : "No reading of the two values gives the printed figure.";
    case HG_CHANGE_CLAIM_UNCHECKED:
        break;
    }
    return NULL;
}

static void tell_impossible(hg_text *s, const char *text, const hg_change_claim *c, const hg_change_claim_result *r, bool zh)
{
    char later[32], size[32];
    hg_shortest_decimal(round(r->if_by_later_pct * 100) / 100, later);
    hg_shortest_decimal(-c->claimed_pct, size);
    if (zh)
        hg_text_addf(s, "%s 不可能：最多只能减少百分之百（全部），即 -100%%。\n", text);
    else
        hg_text_addf(s, "%s cannot be: nothing can fall by more than all of it, which is -100 %%.\n", text);
    if (zh)
        hg_text_addf(s, "如果降幅误除以后一期数值，%s%% 对应前后两期之比 %llu:%llu，真实变化为 %s%%。\n", size,
                     (unsigned long long)r->later_base, (unsigned long long)r->later_current, later);
    else
        hg_text_addf(s, "If the fall was divided by the later value, %s %% is any pair of values in the ratio "
                        "%llu:%llu, and the change is %s %%.\n",
                     size, (unsigned long long)r->later_base, (unsigned long long)r->later_current, later);
}

static void tell_possible(hg_text *s, const char *text, const hg_change_claim_result *r, bool zh)
{
    hg_text_addf(s, zh ? "%s 可能成立" : "%s can be", text);
    if (r->ratio_base)
        hg_text_addf(s, zh ? "：例如从 %llu 到 %llu" : ": for example %llu to %llu", (unsigned long long)r->ratio_base,
                     (unsigned long long)r->ratio_current);
    hg_text_add(s, zh ? "。\n" : ".\n");
}

static void tell_values(hg_text *s, const hg_change_claim *c, const hg_change_claim_result *r, bool zh)
{
    char base[32], current[32];
    const char *words = reading_words(r->reading, zh);
    if (!c->has_values)
        return;
    hg_shortest_decimal(c->base, base);
    hg_shortest_decimal(c->current, current);
    if (isfinite(r->actual_pct))
        hg_text_addf(s, zh ? "从 %s 到 %s 的变化为 %+.2f%%。" : "From %s to %s the change is %+.2f %%. ", base,
                     current, r->actual_pct);
    else
        hg_text_addf(s, zh ? "前一期为零，没有百分比。" : "From %s there is no percentage. ", base);
    hg_text_addf(s, "%s\n", words ? words : "");
}

/* How sure one can be of the change, where counts are given. */
static hg_status tell_interval(hg_job *job, const hg_change_claim *c, bool zh, hg_error *err)
{
    hg_change change;
    bool counts = c->has_values && c->base >= 0 && c->current >= 0 && c->base < 1e15 && c->current < 1e15 &&
                  floor(c->base) == c->base && floor(c->current) == c->current;
    if (!counts)
        return HG_OK;
    hg_status status = hg_change_counts((uint64_t)c->base, 1, (uint64_t)c->current, 1, &change, err);
    if (status != HG_OK || !isfinite(change.low_pct))
        return status;
    hg_text *s = &job->summary;
    if (zh)
        hg_text_addf(s, "若为件数，95%%区间 %+.1f … %+.1f%%：%s。\n", change.low_pct, change.high_pct,
                     hg_index_change_words(change.note, zh));
    else
        hg_text_addf(s, "If these are counts, 95 %% interval %+.1f … %+.1f: %s.\n", change.low_pct, change.high_pct,
                     hg_index_change_words(change.note, zh));
    hg_fact_real(&job->facts, change.low_pct, "low_pct");
    hg_fact_real(&job->facts, change.high_pct, "high_pct");
    return HG_OK;
}

hg_status hg_index_claim(hg_job *job, hg_error *err)
{
    const char *text = job->set.check_claim;
    bool zh = job->set.lang && strcmp(job->set.lang, "zh") == 0;
    hg_change_claim claim;
    hg_change_claim_result r;
    hg_status status = read_claim(text, &claim, err);
    if (status == HG_OK)
        status = hg_change_claim_check(&claim, &r, err);
    if (status != HG_OK)
        return status;
    hg_text *s = &job->summary;
    bool possible = r.kind == HG_CHANGE_CLAIM_POSSIBLE;
    char printed[64];
    snprintf(printed, sizeof printed, "%.*s", (int)strcspn(text, ":"), text);
    if (possible)
        tell_possible(s, printed, &r, zh);
    else
        tell_impossible(s, printed, &claim, &r, zh);
    tell_values(s, &claim, &r, zh);
    status = tell_interval(job, &claim, zh, err);
    hg_fact_real(&job->facts, claim.claimed_pct, "claimed_pct");
    hg_fact_bool(&job->facts, possible, "possible");
    hg_fact_real(&job->facts, possible ? NAN : r.if_by_later_pct, "if_divided_by_later_pct");
    hg_fact_real(&job->facts, r.actual_pct, "actual_pct");
    hg_fact_text(&job->facts, s->s ? s->s : "", "explanation");
    return status;
}
