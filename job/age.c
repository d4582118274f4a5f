/* --half-life: older incidents weigh less. */
#include "job/raw.h"
#include "base/memory.h"

#include <math.h>

/* Half as much after each half-life. What lies beyond as_of (in the halo, which is not asked for it) is of age 0. */
static double factor_at(double half_life_s, int64_t as_of, int64_t t)
{
    return t < as_of ? exp2(-(double)(as_of - t) / half_life_s) : 1;
}

/* --until, else the last incident that counts; HG_NO_TIME where none has a time. */
static int64_t find_as_of(const hg_settings *set, const hg_raw *raw, const uint8_t *reasons)
{
    int64_t last = HG_NO_TIME;
    for (size_t i = 0; i < raw->n; i++) {
        int64_t t = reasons[i] == HG_ACCEPTED ? raw->t_start[i] : HG_NO_TIME;
        if (t != HG_NO_TIME && (last == HG_NO_TIME || t > last))
            last = t;
    }
    return last != HG_NO_TIME && set->until != HG_NO_TIME ? set->until : last;
}

static double mean_factor(double half_life_s, int64_t as_of, const hg_raw *raw, const uint8_t *reasons)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < raw->n; i++)
        if (reasons[i] == HG_ACCEPTED && raw->t_start[i] != HG_NO_TIME) {
            sum += factor_at(half_life_s, as_of, raw->t_start[i]);
            n++;
        }
    return sum / n;
}

static hg_status make_weights(hg_raw *raw, hg_error *err)
{
    if (raw->w)
        return HG_OK;
    raw->w = hg_malloc(raw->n, sizeof *raw->w);
    if (!raw->w)
        return hg_fail_memory(err);
    for (size_t i = 0; i < raw->n; i++)
        raw->w[i] = 1;
    return HG_OK;
}

hg_status hg_raw_age(hg_job *job, hg_intake *in, hg_raw *raw, const uint8_t *reasons, hg_error *err)
{
    double half_life_s = job->set.half_life_s;
    uint64_t untimed = 0;
    in->as_of = raw->t_start ? find_as_of(&job->set, raw, reasons) : HG_NO_TIME;
    if (in->as_of == HG_NO_TIME)
        return hg_fail(err, HG_EUSAGE,
                       "--half-life needs times, and no incident has one; name their column with --time");
    hg_status status = make_weights(raw, err);
    if (status != HG_OK)
        return status;
    in->mean_age_factor = mean_factor(half_life_s, in->as_of, raw, reasons);
    for (size_t i = 0; i < raw->n; i++) {
        bool timed = raw->t_start[i] != HG_NO_TIME;
        raw->w[i] *= timed ? factor_at(half_life_s, in->as_of, raw->t_start[i]) : in->mean_age_factor;
        untimed += !timed && reasons[i] == HG_ACCEPTED;
    }
    if (untimed)
        hg_job_add_note(job, "%llu incidents have no time; with --half-life each weighs what the others do on average "
                             "(%.3g of its weight)",
                        (unsigned long long)untimed, in->mean_age_factor);
    return HG_OK;
}
