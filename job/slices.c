#include "job/slices.h"
#include "base/civil.h"

#include <stdio.h>

enum { DAY_S = 86400 };

static int64_t floor_to(int64_t t, int64_t step)
{
    int64_t rest = t % step;
    return t - (rest < 0 ? rest + step : rest);
}

/* Begin of the slice that holds t. */
static int64_t begin_of(const hg_slice *slice, int64_t t, int64_t since)
{
    int64_t year, midnight = floor_to(t, DAY_S);
    int month;
    switch (slice->unit) {
    case HG_SLICE_WEEK:
        return midnight - (int64_t)(hg_civil_weekday(t) - 1) * DAY_S;
    case HG_SLICE_MONTH:
        hg_civil_split(t, &year, &month, NULL, NULL, NULL, NULL);
        return hg_civil_from(year, month, 1, 0, 0, 0);
    case HG_SLICE_YEAR:
        hg_civil_split(t, &year, NULL, NULL, NULL, NULL, NULL);
        return hg_civil_from(year, 1, 1, 0, 0, 0);
    case HG_SLICE_NONE:
    case HG_SLICE_SECONDS:
        break;
    }
    return since != HG_NO_TIME ? since + floor_to(t - since, slice->seconds) : midnight;
}

static int64_t next_of(const hg_slice *slice, int64_t begin)
{
    int64_t year;
    int month;
    hg_civil_split(begin, &year, &month, NULL, NULL, NULL, NULL);
    switch (slice->unit) {
    case HG_SLICE_WEEK:
        return begin + 7 * DAY_S;
    case HG_SLICE_MONTH:
        return hg_civil_from(year + month / 12, month % 12 + 1, 1, 0, 0, 0);
    case HG_SLICE_YEAR:
        return hg_civil_from(year + 1, 1, 1, 0, 0, 0);
    case HG_SLICE_NONE:
    case HG_SLICE_SECONDS:
        break;
    }
    return begin + slice->seconds;
}

hg_status hg_slices_cut(const hg_slice *slice, int64_t first, int64_t last, int64_t since, int64_t until,
                        int64_t *starts, size_t *count, hg_error *err)
{
    size_t n = 0;
    int64_t at = begin_of(slice, first, since);
    while (at <= last && n < HG_SLICES_MAX) {
        starts[n++] = at;
        at = next_of(slice, at);
    }
    if (at <= last)
        return hg_fail(err, HG_EUSAGE, "--slice: the time span makes more than %d slices; take longer ones",
                       HG_SLICES_MAX);
    if (since != HG_NO_TIME && starts[0] < since)
        starts[0] = since;
    starts[n] = until != HG_NO_TIME && at > until ? until : at;
    *count = n;
    return HG_OK;
}

const char *hg_slice_name(int64_t start, char *buf)
{
    int64_t year;
    int month, day, hour, minute, second;
    hg_civil_split(start, &year, &month, &day, &hour, &minute, &second);
    int n = snprintf(buf, 32, "%04d-%02d-%02d", (int)year, month, day);
    if (hour || minute || second)
        snprintf(buf + n, 32 - (size_t)n, second ? "T%02d%02d%02d" : "T%02d%02d", hour, minute, second);
    return buf;
}
