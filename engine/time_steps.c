#include "engine/time_steps.h"
#include "base/table.h"

#include <stdio.h>

enum { DAY_S = 86400, HOUR_S = 3600, WANTED_STEPS = 12 };

int64_t hg_time_step_start(const hg_time_steps *steps, size_t k)
{
    return steps->origin + (int64_t)k * steps->step_s;
}

const char *hg_duration_text(int64_t seconds, char *buf)
{
    int64_t unit = seconds % DAY_S == 0 ? DAY_S : seconds % HOUR_S == 0 ? HOUR_S : seconds % 60 == 0 ? 60 : 1;
    const char *name = unit == DAY_S ? "d" : unit == HOUR_S ? "h" : unit == 60 ? "min" : "s";
    snprintf(buf, 32, "%lld %s", (long long)(seconds / unit), name);
    return buf;
}

static int64_t midnight_before(int64_t t)
{
    return t - ((t % DAY_S) + DAY_S) % DAY_S;
}

static int64_t choose_step(int64_t span_s)
{
    static const int64_t days[] = {91, 30, 14, 7};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        if (span_s / (days[i] * DAY_S) >= WANTED_STEPS)
            return days[i] * DAY_S;
    return DAY_S;
}

hg_status hg_time_steps_cut(int64_t first, int64_t last, int64_t since, int64_t until, int64_t step_s,
                            hg_time_steps *out, hg_error *err)
{
    int64_t from = since != HG_NO_TIME ? since : midnight_before(first);
    int64_t to = until != HG_NO_TIME ? until : midnight_before(last) + DAY_S;
    int64_t span = to - from, step = step_s ? step_s : choose_step(span), n = span / step;
    char a[32];
    if (n < HG_TIME_STEPS_MIN)
        return hg_fail(err, HG_EDATA, "%lld whole steps of %s lie in the %.4g days of the incidents; a trend needs at "
                       "least %d%s", (long long)n, hg_duration_text(step, a), (double)span / DAY_S, HG_TIME_STEPS_MIN,
                       step > 1 ? ": take a shorter --step" : "");
    if (n > HG_TIME_STEPS_MAX)
        return hg_fail(err, HG_EUSAGE, "--step %s makes %lld steps of the %.4g days of the incidents; at most %d are "
                       "possible, each a column z_001 ... z_%d: take a longer --step, or bound them with --since and "
                       "--until", hg_duration_text(step, a), (long long)n, (double)span / DAY_S, HG_TIME_STEPS_MAX,
                       HG_TIME_STEPS_MAX);
    *out = (hg_time_steps){.origin = to - n * step, .step_s = step, .count = (size_t)n, .left_out_s = span - n * step};
    return HG_OK;
}
