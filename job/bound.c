/* The bandwidth, and with it who is inside, in the halo or outside the study area. */
#include "job/raw.h"
#include "base/memory.h"
#include "base/stretches.h"
#include "engine/repeated_rows.h"
#include "job/bandwidth.h"
#include "job/options.h"

#include <stdlib.h>
#include <string.h>

enum { BANDWIDTH_OF_FEW_M = 500 }; /* of a unit with one incident, or all at one place */

/* Marks later rows equal to an earlier one among those whose reason is HG_ACCEPTED. */
static hg_status mark_duplicates(const hg_raw *raw, uint8_t *reasons, hg_error *err)
{
    hg_incidents kept = {.streams = 1};
    kept.x = hg_malloc(raw->n, sizeof *kept.x);
    kept.y = hg_malloc(raw->n, sizeof *kept.y);
    uint64_t *hash = hg_malloc(raw->n, sizeof *hash), found = 0;
    hg_status status = kept.x && kept.y && hash ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < raw->n && status == HG_OK; i++) {
        if (reasons[i] != HG_ACCEPTED)
            continue;
        kept.x[kept.n] = raw->x[i];
        kept.y[kept.n] = raw->y[i];
        hash[kept.n++] = raw->hash[i];
    }
    if (status == HG_OK)
        status = hg_flag_repeated_rows(&kept, hash, &found, err);
    for (size_t i = 0, k = 0; status == HG_OK && found && i < raw->n; i++)
        if (reasons[i] == HG_ACCEPTED && (kept.flags[k++] & HG_FLAG_DUPLICATE))
            reasons[i] = HG_DUPLICATE_ROW;
    hg_free(kept.x);
    hg_free(kept.y);
    hg_free(kept.flags);
    hg_free(hash);
    return status;
}

/* Number of the stream of --against, UINT16_MAX where there is none: it takes no part in the rule either. */
static uint16_t reference_stream(const hg_job *job, const hg_intake *in)
{
    for (size_t s = 0; job->set.against && s < in->incidents.streams; s++)
        if (strcmp(in->stream_names[s], job->set.against) == 0)
            return (uint16_t)s;
    return UINT16_MAX;
}

/* Repeats that will be refused take no part in the rule: marked in a copy of the reasons. */
static hg_status without_repeats(hg_job *job, hg_intake *in, hg_raw *raw, uint8_t **reasons,
                                 hg_error *err)
{
    uint8_t *own = raw->reason, *copy = hg_malloc(raw->n, 1);
    if (!copy)
        return hg_fail_memory(err);
    uint16_t reference = reference_stream(job, in);
    for (size_t i = 0; i < raw->n; i++) {
        bool out = (raw->where && raw->where[i] != HG_INSIDE) || (raw->stream && raw->stream[i] == reference);
        copy[i] = own[i] == HG_ACCEPTED && out ? HG_OUTSIDE_AREA : own[i];
    }
    raw->reason = copy;
    hg_status status = hg_raw_check_ids(in->pool, raw, err);
    raw->reason = own;
    if (status == HG_OK && job->set.drop_duplicates)
        status = mark_duplicates(raw, copy, err);
    if (status != HG_OK) {
        hg_free(copy);
        return status;
    }
    *reasons = copy;
    return HG_OK;
}

/* A quiet village is no fault: where a rule has too little to go by, a plain length does. */
static hg_status rule_or_length(hg_job *job, const hg_points *points, hg_intake *in, hg_error *err)
{
    hg_error why = {HG_OK, ""};
    hg_status status = hg_bandwidth_settle(job, points, in, &why);
    if (status == HG_OK)
        return HG_OK;
    if (status != HG_EDATA || !job->set.area_name)
        return hg_fail(err, status, "%s", why.message);
    job->set.rule = HG_RULE_LENGTH;
    in->bandwidth_m = job->set.bandwidth_m = BANDWIDTH_OF_FEW_M;
    hg_job_add_note(job, "%s: a bandwidth of %d m is taken (%s)", job->set.area_name, BANDWIDTH_OF_FEW_M, why.message);
    return HG_OK;
}

/* Where every row counts the columns serve as they are. */
static bool all_count(const hg_raw *raw, const uint8_t *reasons)
{
    size_t i = 0;
    while (i < raw->n && reasons[i] == HG_ACCEPTED)
        i++;
    return i == raw->n && i > 0 && !raw->patch;
}

static hg_status rule_from(hg_job *job, hg_intake *in, const hg_raw *raw, const uint8_t *reasons,
                           hg_error *err)
{
    if (all_count(raw, reasons))
        return rule_or_length(job, &(hg_points){raw->n, raw->x, raw->y, raw->w}, in, err);
    double *x = hg_malloc(raw->n, sizeof *x), *y = hg_malloc(raw->n, sizeof *y);
    bool weighted = raw->w || raw->patch;
    double *w = weighted ? hg_malloc(raw->n, sizeof *w) : NULL;
    hg_points points = {.x = x, .y = y, .w = w};
    hg_status status = x && y && (w || !weighted) ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < raw->n && status == HG_OK; i++) {
        if (reasons[i] != HG_ACCEPTED)
            continue;
        x[points.n] = raw->x[i];
        y[points.n] = raw->y[i];
        if (w)
            w[points.n] = hg_raw_mass(in, raw, i);
        points.n++;
    }
    if (status == HG_OK && points.n == 0)
        hg_intake_say_empty(job, reasons, raw->n, 0);
    if (status == HG_OK && points.n == 0)
        status = hg_fail(err, HG_EDATA,
                         "no row lies in the study area, so no bandwidth can be "
                         "chosen; see the notes on how they were read");
    if (status == HG_OK)
        status = rule_or_length(job, &points, in, err);
    hg_free(x);
    hg_free(y);
    hg_free(w);
    return status;
}

/* What a patch weighs, what age leaves of the weights, and the bandwidth, all from the rows that will count. */
static hg_status settle_measures(hg_job *job, hg_raw *raw, hg_intake *in, hg_error *err)
{
    bool by_rule = job->set.rule != HG_RULE_LENGTH, by_age = job->set.half_life_s > 0;
    uint8_t *reasons = NULL;
    in->bandwidth_m = job->set.bandwidth_m;
    if (!by_rule && !by_age && !raw->patches)
        return HG_OK;
    hg_status status = without_repeats(job, in, raw, &reasons, err);
    if (status == HG_OK && raw->patches)
        hg_raw_settle_unit(job, in, raw, reasons);
    if (status == HG_OK && by_age)
        status = hg_raw_age(job, in, raw, reasons, err);
    if (status == HG_OK && by_rule)
        status = rule_from(job, in, raw, reasons, err);
    hg_free(reasons);
    return status;
}

static hg_status find_inside(hg_job *job, const hg_intake *in, hg_raw *raw, hg_error *err)
{
    raw->where = hg_malloc(raw->n, 1);
    hg_status status = raw->where ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK && raw->patches)
        status = hg_patches_clip(raw->patches, in->region, &job->control, err);
    return status == HG_OK ? hg_raw_classify(job, in, raw, 0, err) : status;
}

static void reject_stretch(void *context, size_t number, size_t from, size_t to)
{
    (void)number;
    hg_raw *raw = context;
    for (size_t i = from; i < to; i++)
        if (raw->reason[i] == HG_ACCEPTED && raw->where[i] == HG_OUTSIDE)
            raw->reason[i] = HG_OUTSIDE_AREA;
}

static void reject_outside(const hg_job *job, hg_raw *raw)
{
    if (raw->where)
        hg_each_stretch(0, raw->n, job->control.threads, reject_stretch, raw);
}

static hg_status refuse_polygons(const hg_raw *raw, hg_error *err)
{
    for (size_t k = 0; k < raw->input_count; k++)
        if (hg_source_is_polygons(raw->inputs[k].source))
            return hg_fail(err, HG_EUSAGE, "%s: its rows are polygons; a backtest judges incidents that are points",
                           hg_source_name(raw->inputs[k].source));
    return HG_OK;
}

hg_status hg_raw_bound(hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err)
{
    bool load = job->command->mask == HG_FOR_LOAD, counts = (job->command->mask & HG_FOR_COUNTS) != 0;
    if (job->command->mask == HG_FOR_BACKTEST) /* its bandwidths and area are matters of the first training window */
        return refuse_polygons(raw, err);
    if (load && raw->polygons)
        return HG_OK;
    hg_status status = raw->polygons ? hg_raw_measure(job, in, raw, err) : HG_OK;
    if (status == HG_OK && in->region)
        status = find_inside(job, in, raw, err);
    if (status == HG_OK && counts)
        reject_outside(job, raw);
    if (status != HG_OK || counts || (load && !job->set.area))
        return status;
    status = settle_measures(job, raw, in, err);
    if (status != HG_OK)
        return status;
    hg_kernel kernel = {job->set.kernel, in->bandwidth_m, job->set.cutoff};
    in->support_m = hg_kernel_support_m(&kernel);
    if (!in->region)
        return HG_OK;
    status = hg_raw_classify(job, in, raw, in->support_m, err);
    if (status == HG_OK)
        reject_outside(job, raw);
    return status;
}
