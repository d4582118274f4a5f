#include "engine/aoristic.h"
#include "base/civil.h"

#include <math.h>

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, MONDAY = -3 * DAY_S }; /* 1969-12-29 was a Monday */

const hg_cycle hg_week_hours = {MONDAY, HOUR_S, 168};
const hg_cycle hg_day_hours = {0, HOUR_S, 24};
const hg_cycle hg_week_days = {MONDAY, DAY_S, 7};

hg_interval hg_interval_of(const int64_t *t_start, const int64_t *t_end, size_t i)
{
    int64_t start = t_start[i], end = t_end ? t_end[i] : HG_NO_TIME;
    return (hg_interval){start, end != HG_NO_TIME && end > start ? end : start};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

hg_aoristic_steps hg_aoristic_spread(hg_interval v, int64_t origin, int64_t step_s)
{
    hg_aoristic_steps s = {.first = floor_div(v.start - origin, step_s), .first_share = 1};
    double length = (double)(v.end - v.start);
    s.last = s.first;
    if (v.end <= v.start)
        return s;
    s.last = floor_div(v.end - 1 - origin, step_s);
    if (s.last == s.first)
        return s;
    s.first_share = (double)(origin + (s.first + 1) * step_s - v.start) / length;
    s.inner_share = (double)step_s / length;
    s.last_share = (double)(v.end - origin - s.last * step_s) / length;
    return s;
}

double hg_aoristic_share(const hg_aoristic_steps *s, int64_t k)
{
    if (k < s->first || k > s->last)
        return 0;
    if (k == s->first)
        return s->first_share;
    return k == s->last ? s->last_share : s->inner_share;
}

/* Seconds of an interval that lie in each step of the cycle: its ends, then whole rounds and what is left of one. */
typedef struct laid {
    int64_t first, last;     /* numbers of the outer steps */
    int64_t head, tail;      /* seconds in them */
    int64_t rounds, rest;    /* of the steps between: whole rounds, and steps beyond those */
} laid;

static laid lay(const hg_cycle *c, hg_interval v)
{
    laid l = {.first = floor_div(v.start - c->origin, c->step_s)};
    l.last = floor_div(v.end - 1 - c->origin, c->step_s);
    if (l.last == l.first) {
        l.head = v.end - v.start;
        return l;
    }
    l.head = c->origin + (l.first + 1) * c->step_s - v.start;
    l.tail = v.end - c->origin - l.last * c->step_s;
    l.rounds = (l.last - l.first - 1) / c->steps;
    l.rest = (l.last - l.first - 1) % c->steps;
    return l;
}

static int64_t seconds_in(const hg_cycle *c, const laid *l, int64_t after_first)
{
    int64_t last = (l->last - l->first) % c->steps;
    int64_t s = after_first == 0 ? l->head : 0;
    s += after_first == last ? l->tail : 0;
    int64_t inner = after_first == 0 ? c->steps : after_first; /* the first step comes round last */
    return s + (l->rounds + (inner <= l->rest)) * c->step_s;
}

/* Whole seconds over the length, in one division: equal parts of equal intervals are equal to the bit. */
static uint64_t part(int64_t seconds, int64_t length)
{
    return (uint64_t)llround((double)seconds * (double)HG_AORISTIC_ONE / (double)length);
}

void hg_aoristic_add(const hg_cycle *c, hg_interval v, uint64_t *profile)
{
    int64_t length = v.end - v.start, step = floor_div(v.start - c->origin, c->step_s);
    int64_t at = step - floor_div(step, c->steps) * c->steps;
    if (length <= 0) {
        profile[at] += HG_AORISTIC_ONE;
        return;
    }
    laid l = lay(c, v);
    int64_t touched = l.last - l.first + 1 < c->steps ? l.last - l.first + 1 : c->steps;
    for (int64_t k = 0; k < touched; k++) {
        profile[at] += part(seconds_in(c, &l, k), length);
        at = at + 1 < c->steps ? at + 1 : 0;
    }
}
