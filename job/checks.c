#include "job/raw.h"
#include "base/memory.h"
#include "base/stretches.h"
#include "job/options.h"

#include <math.h>
#include <string.h>

static hg_reason reason_of_state(uint8_t state)
{
    switch (state) {
    case HG_ROW_NO_GEOMETRY:
        return HG_NO_GEOMETRY_GIVEN;
    case HG_ROW_NOT_FINITE:
        return HG_NOT_FINITE;
    case HG_ROW_BAD_GEOMETRY:
        return HG_BAD_GEOMETRY;
    default:
        return HG_ACCEPTED;
    }
}

/* 0, 0 is what software writes for "no coordinates", in degrees as in metres. */
static bool is_null_island(double x, double y)
{
    return fabs(x) < 1e-9 && fabs(y) < 1e-9;
}

static void check_stretch(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    hg_raw *raw = context;
    for (size_t i = from; i < to; i++) {
        hg_reason reason = reason_of_state(raw->state[i]);
        if (reason == HG_ACCEPTED && is_null_island(raw->file_x[i], raw->file_y[i]))
            reason = HG_NULL_ISLAND;
        if (reason == HG_ACCEPTED && raw->w && isnan(raw->w[i]))
            reason = HG_BAD_WEIGHT;
        raw->reason[i] = (uint8_t)reason;
    }
}

static hg_status check_times(hg_job *job, hg_raw *raw, hg_error *err)
{
    const hg_settings *set = &job->set;
    bool since = set->since != HG_NO_TIME, until = set->until != HG_NO_TIME;
    bool window = since || until;
    char a[32], b[32];
    if (since && until && set->since >= set->until)
        return hg_fail(err, HG_EUSAGE, "--since %s is not before --until %s",
                       hg_civil_text(set->since, a), hg_civil_text(set->until, b));
    bool index = job->command->mask == HG_FOR_INDEX; /* what came before is its history */
    bool backtest = job->command->mask == HG_FOR_BACKTEST;
    if (!window && !set->require_time && !index && !backtest)
        return HG_OK;
    for (size_t k = 0; k < raw->input_count; k++) {
        const hg_source_rows *r = &raw->inputs[k].rows;
        if (r->naive_times + r->offset_times == 0)
            return hg_fail(err, HG_EUSAGE,
                           "%s needs times, but %s has no column of them; name one with --time",
                           index                      ? "the index"
                           : backtest                 ? "a backtest"
                           : set->require_time        ? "--require-time"
                           : set->since != HG_NO_TIME ? "--since"
                                                      : "--until",
                           hg_source_name(raw->inputs[k].source));
    }
    for (size_t i = 0; i < raw->n; i++) {
        int64_t t = raw->t_start[i];
        if (raw->reason[i] != HG_ACCEPTED)
            continue;
        if (t == HG_NO_TIME)
            raw->reason[i] = HG_BAD_TIME;
        else if ((!index && since && t < set->since) ||
                 (until && t >= set->until))
            raw->reason[i] = HG_OUTSIDE_INTERVAL;
    }
    return HG_OK;
}

hg_status hg_raw_check(hg_job *job, hg_raw *raw, hg_error *err)
{
    hg_each_stretch(0, raw->n, job->control.threads, check_stretch, raw);
    return check_times(job, raw, err);
}

/* The first accepted row keeps the id. Ids are compared within one input: two feeds may both count
 * from 1. */
hg_status hg_raw_check_ids(const hg_pool *pool, hg_raw *raw, hg_error *err)
{
    if (!raw->id)
        return HG_OK;
    uint32_t n = hg_pool_count(pool);
    uint16_t *seen = hg_calloc(n, sizeof *seen);
    if (!seen)
        return hg_fail_memory(err);
    for (size_t k = 0; k < raw->input_count; k++) {
        const hg_raw_input *in = &raw->inputs[k];
        for (size_t i = in->start; i < in->start + in->n; i++) {
            uint32_t id = raw->id[i];
            if (raw->reason[i] != HG_ACCEPTED || id == HG_NO_TEXT)
                continue;
            if (seen[id] == k + 1)
                raw->reason[i] = HG_DUPLICATE_ID;
            seen[id] = (uint16_t)(k + 1);
        }
    }
    hg_free(seen);
    return HG_OK;
}
