#include "engine/change.h"

#include <math.h>

#define LARGEST 1000000
#define ROUNDING 1e-9 /* of a percentage, on top of the tolerance asked for */

static bool is_close(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance + ROUNDING * fmax(1, fabs(b));
}

/* The smallest p : q with p / q = 1 + excess / 100 to the tolerance; 0 : 0 where there is none. */
static void smallest_ratio(double excess_pct, double tolerance, uint64_t *p, uint64_t *q)
{
    *p = *q = 0;
    for (uint64_t n = 1; n <= LARGEST; n++) {
        double m = nearbyint((double)n * (1 + excess_pct / 100));
        if (m < 0x1p62 && is_close(100 * (m / (double)n - 1), excess_pct, tolerance)) {
            *p = (uint64_t)m;
            *q = n;
            return;
        }
    }
}

static hg_change_claim_reading read_values(const hg_change_claim *c)
{
    double base = c->base, current = c->current, change = 100 * (current / base - 1);
    if (is_close(change, c->claimed_pct, c->tolerance_pct))
        return HG_CHANGE_CLAIM_MATCHES;
    double by_later = 100 * (1 - base / current);
    if (current > 0 && is_close(by_later, c->claimed_pct, c->tolerance_pct))
        return HG_CHANGE_CLAIM_BY_LATER;
    if (is_close(-change, c->claimed_pct, c->tolerance_pct))
        return HG_CHANGE_CLAIM_SIGN;
    if (is_close(100 * current / base, c->claimed_pct, c->tolerance_pct))
        return HG_CHANGE_CLAIM_RATIO;
    if (current > 0 && is_close(-by_later, c->claimed_pct, c->tolerance_pct))
        return HG_CHANGE_CLAIM_SWAPPED;
    return HG_CHANGE_CLAIM_NO_READING;
}

static hg_status check(const hg_change_claim *c, hg_error *err)
{
    if (!(fabs(c->claimed_pct) <= 1e12))
        return hg_fail(err, HG_EUSAGE, "a change of %.12g %% cannot be checked", c->claimed_pct);
    if (!(c->tolerance_pct >= 0 && c->tolerance_pct <= 100))
        return hg_fail(err, HG_EUSAGE, "a tolerance of %.12g is not within 0 … 100",
                       c->tolerance_pct);
    if (c->has_values &&
        !(c->base >= 0 && c->base < INFINITY && c->current >= 0 && c->current < INFINITY))
        return hg_fail(err, HG_EUSAGE, "values %.12g and %.12g are not both 0 or more", c->base,
                       c->current);
    return HG_OK;
}

hg_status hg_change_claim_check(const hg_change_claim *claim, hg_change_claim_result *out,
                                hg_error *err)
{
    hg_status s = check(claim, err);
    if (s != HG_OK)
        return s;
    hg_change_claim_result r = {.if_by_later_pct = NAN, .actual_pct = NAN};
    if (claim->claimed_pct < -100) {
        double fall = -claim->claimed_pct;
        r.kind = HG_CHANGE_CLAIM_IMPOSSIBLE_FALL;
        r.if_by_later_pct = -100 * fall / (100 + fall);
        smallest_ratio(fall, claim->tolerance_pct, &r.later_base, &r.later_current);
    } else {
        smallest_ratio(claim->claimed_pct, claim->tolerance_pct, &r.ratio_current, &r.ratio_base);
    }
    if (claim->has_values && claim->base > 0) {
        r.actual_pct = 100 * (claim->current / claim->base - 1);
        r.reading = read_values(claim);
    }
    *out = r;
    return HG_OK;
}
