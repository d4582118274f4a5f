/*
 * Memory: 4 bytes a group and stream, 8 a group for the timed incidents, and 256 for each of the at
 * most n / 20 groups that have enough of them.
 */
#include "engine/composition.h"
#include "base/civil.h"
#include "base/memory.h"
#include "engine/aoristic.h"
#include "engine/tails.h"

#include <math.h>
#include <string.h>

enum {
    DAY_MINUTES = 1440,
    DAY_S = 86400,
    TIMED_MIN = 20,  /* incidents a peak needs */
    SPIKE_MIN = 20,  /* incidents a default minute holds at least */
    SPIKE_RATIO = 5, /* times the mean of its neighbours */
    PRIOR = 10,      /* incidents the prior of the location quotient is worth */
    STREAM_MIN = 3,
    HOURS = 24,
    WEEKDAYS = 7
};

#define STREAM_LEVEL 0.05
#define NO_SLOT UINT32_MAX

static bool is_counted(const hg_incidents *in, size_t i)
{
    return !in->flags || !(in->flags[i] & HG_FLAG_HALO);
}

static bool is_timed(const hg_incidents *in, size_t i)
{
    return in->t_start && in->t_start[i] != HG_NO_TIME;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int minute_of_day(int64_t civil)
{
    return (int)(floor_div(civil, 60) - floor_div(civil, 86400) * DAY_MINUTES);
}

static bool is_spike(const uint64_t *minutes, int minute)
{
    static const int hours[] = {-2, -1, 1, 2};
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += (double)minutes[(minute + hours[i] * 60 + DAY_MINUTES) % DAY_MINUTES];
    return minutes[minute] >= SPIKE_MIN && (double)minutes[minute] > SPIKE_RATIO * fmax(1, sum / 4);
}

hg_default_times hg_find_default_times(const hg_incidents *in)
{
    enum { MIDNIGHT = 0, MINUTE_PAST = 1, NOON = 720 };
    uint64_t minutes[DAY_MINUTES] = {0};
    for (size_t i = 0; in->t_start && i < in->n; i++)
        if (is_counted(in, i) && is_timed(in, i))
            minutes[minute_of_day(in->t_start[i])]++;
    hg_default_times d = {.midnight = is_spike(minutes, MIDNIGHT),
                          .minute_past = is_spike(minutes, MINUTE_PAST),
                          .noon = is_spike(minutes, NOON)};
    d.count = (d.midnight ? minutes[MIDNIGHT] : 0) + (d.minute_past ? minutes[MINUTE_PAST] : 0) +
              (d.noon ? minutes[NOON] : 0);
    return d;
}

static bool is_default(const hg_default_times *d, int minute)
{
    return d && ((d->midnight && minute == 0) || (d->minute_past && minute == 1) ||
                 (d->noon && minute == 720));
}

bool hg_hour_is_known(const hg_incidents *in, size_t i, const hg_default_times *d)
{
    if (!is_counted(in, i) || !is_timed(in, i))
        return false;
    hg_interval v = hg_interval_of(in->t_start, in->t_end, i);
    return !is_default(d, minute_of_day(v.start)) && !is_default(d, minute_of_day(v.end));
}

/* Hours and weekdays of one group, and how many incidents say something of them. */
typedef struct clock {
    uint64_t hour[HOURS], weekday[WEEKDAYS];
    uint32_t hours_said, weekdays_said;
} clock;

typedef struct composer {
    const hg_incidents *in;
    const uint32_t *group;
    size_t groups;
    const hg_default_times *defaults;
    uint64_t *overall; /* incidents of each stream, halo left out */
    uint64_t total;
    uint32_t *timed; /* timed incidents of each group */
    uint32_t *slot;  /* its number in clocks, or NO_SLOT */
    clock *clocks;
    hg_compositions *out;
} composer;

static size_t stream_of(const hg_incidents *in, size_t i)
{
    return in->stream ? in->stream[i] : 0;
}

/* Most incidents are in no group: with one stream they are counted by their flags alone. */
static void count_overall(composer *c)
{
    const hg_incidents *in = c->in;
    size_t halo = 0;
    for (size_t i = 0; in->flags && i < in->n; i++)
        halo += (in->flags[i] & HG_FLAG_HALO) != 0;
    c->total = in->n - halo;
    if (!in->stream)
        c->overall[0] = c->total;
    for (size_t i = 0; in->stream && i < in->n; i++)
        c->overall[in->stream[i]] += is_counted(in, i);
}

static void count_streams(composer *c)
{
    const hg_incidents *in = c->in;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t g = c->group[i];
        if (g == UINT32_MAX || !is_counted(in, i))
            continue;
        c->out->counts[g * in->streams + stream_of(in, i)]++;
        c->out->groups[g].count++;
        c->out->groups[g].weight += in->w ? in->w[i] : 1;
        c->timed[g] += is_timed(in, i);
    }
}

static hg_status make_clocks(composer *c, hg_error *err)
{
    uint32_t n = 0;
    for (size_t g = 0; g < c->groups; g++)
        c->slot[g] = c->timed[g] >= TIMED_MIN ? n++ : NO_SLOT;
    c->clocks = hg_calloc(n, sizeof *c->clocks);
    return c->clocks ? HG_OK : hg_fail_memory(err);
}

/* An interval of a whole cycle or more lies in the profile, almost evenly, and says nothing of a peak. */
static void read_clock(const composer *c, size_t i, clock *t)
{
    const hg_incidents *in = c->in;
    hg_interval v = hg_interval_of(in->t_start, in->t_end, i);
    int64_t length = v.end - v.start;
    hg_aoristic_add(&hg_week_days, v, t->weekday);
    t->weekdays_said += length < WEEKDAYS * DAY_S;
    if (!hg_hour_is_known(in, i, c->defaults))
        return;
    hg_aoristic_add(&hg_day_hours, v, t->hour);
    t->hours_said += length < DAY_S;
}

static void read_clocks(composer *c)
{
    const hg_incidents *in = c->in;
    for (size_t i = 0; in->t_start && i < in->n; i++) {
        uint32_t g = c->group[i];
        if (g != UINT32_MAX && c->slot[g] != NO_SLOT && is_counted(in, i) && is_timed(in, i))
            read_clock(c, i, &c->clocks[c->slot[g]]);
    }
}

/* Index of the largest, the earliest of equals; -1 where fewer incidents speak than a peak needs. */
static int peak(const uint64_t *profile, int n, uint32_t said)
{
    int best = 0;
    for (int i = 0; i < n; i++)
        best = profile[i] > profile[best] ? i : best;
    return said >= TIMED_MIN ? best : -1;
}

static void set_peaks(const composer *c, size_t g)
{
    hg_composition *out = &c->out->groups[g];
    out->peak_hour = out->peak_weekday = -1;
    if (c->slot[g] == NO_SLOT)
        return;
    const clock *t = &c->clocks[c->slot[g]];
    int day = peak(t->weekday, WEEKDAYS, t->weekdays_said);
    out->peak_hour = peak(t->hour, HOURS, t->hours_said);
    out->peak_weekday = day < 0 ? -1 : day + 1;
}

static double location_quotient(double n_sc, double n_c, double pi)
{
    return (n_sc + PRIOR * pi) / (n_c + PRIOR) / pi;
}

/* Tails are compared by their logarithms: in a large area several may be too small for a double. */
static void set_top_stream(const composer *c, size_t g)
{
    hg_composition *out = &c->out->groups[g];
    size_t streams = c->in->streams;
    double smallest = log(STREAM_LEVEL / (double)streams);
    for (size_t s = 0; s < streams; s++) {
        if (out->by_stream[s] < STREAM_MIN)
            continue;
        double pi = (double)c->overall[s] / (double)c->total;
        double tail = hg_log_binomial_tail(out->by_stream[s], out->count, pi);
        if (tail < smallest || (tail == smallest && out->top_stream < 0)) {
            smallest = tail;
            out->top_stream = (int)s;
            out->top_stream_lq = location_quotient(out->by_stream[s], (double)out->count, pi);
        }
    }
}

static void finish_group(const composer *c, size_t g)
{
    hg_composition *out = &c->out->groups[g];
    out->by_stream = c->out->counts + g * c->in->streams;
    out->top_stream = -1;
    out->top_stream_lq = NAN;
    if (c->in->streams > 1) /* with one stream the probability is 1: nothing stands out */
        set_top_stream(c, g);
    set_peaks(c, g);
}

static hg_status allocate(composer *c, hg_error *err)
{
    c->out->n = c->groups;
    c->out->groups = hg_calloc(c->groups, sizeof *c->out->groups);
    c->out->counts = hg_calloc(c->groups, c->in->streams * sizeof *c->out->counts);
    c->overall = hg_calloc(c->in->streams, sizeof *c->overall);
    c->timed = hg_calloc(c->groups, sizeof *c->timed);
    c->slot = hg_malloc(c->groups, sizeof *c->slot);
    bool ok = c->out->groups && c->out->counts && c->overall && c->timed && c->slot;
    return ok ? HG_OK : hg_fail_memory(err);
}

hg_status hg_compose(const hg_incidents *incidents, const uint32_t *group, size_t groups,
                     const hg_default_times *defaults, hg_compositions *out, hg_error *err)
{
    hg_compositions result = {0};
    composer c = {
        .in = incidents, .group = group, .groups = groups, .defaults = defaults, .out = &result};
    hg_status s = allocate(&c, err);
    if (s == HG_OK) {
        count_overall(&c);
        count_streams(&c);
        s = make_clocks(&c, err);
    }
    if (s == HG_OK) {
        read_clocks(&c);
        for (size_t g = 0; g < groups; g++)
            finish_group(&c, g);
        *out = result;
    } else {
        hg_compositions_dispose(&result);
    }
    hg_free(c.overall);
    hg_free(c.timed);
    hg_free(c.slot);
    hg_free(c.clocks);
    return s;
}

void hg_compositions_dispose(hg_compositions *c)
{
    hg_free(c->groups);
    hg_free(c->counts);
    *c = (hg_compositions){0};
}
