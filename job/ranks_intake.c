#include "job/ranks_intake.h"
#include "base/memory.h"
#include "engine/pileup.h"
#include "job/options.h"
#include "job/variants.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------- whether and what ------------------------ */

/* Of an input: points whose CRS is known without looking at them, of one stream, ids not compared.
 */
static bool can_spread(const hg_job *job, const hg_raw_input *r)
{
    const hg_source_settings *own = r->set, *all = &job->all;
    bool placed = hg_source_crs(r->source) || own->crs || all->crs;
    bool columns = own->stream_column || all->stream_column || own->id || all->id;
    return placed && !columns && !hg_source_is_polygons(r->source) &&
           !hg_source_is_store(r->source);
}

static bool wants_spread(const hg_job *job, const hg_raw *raw)
{
    const hg_settings *set = &job->set;
    bool plain = job->command->mask == HG_FOR_DENSITY && !job->shared && !hg_variants_wanted(job) &&
                 set->rule == HG_RULE_LENGTH && set->method == HG_METHOD_EXACT &&
                 set->edge == HG_EDGE_NONE && !set->adaptive &&
                 !set->area && !set->drop_duplicates && !(set->half_life_s > 0) &&
                 !set->rejects_raw;
    for (size_t i = 0; plain && i < raw->input_count; i++)
        plain = can_spread(job, &raw->inputs[i]);
    return plain;
}

hg_status hg_ranks_begin_reading(hg_job *job, const hg_raw *raw, hg_status status, hg_error *err)
{
    const hg_order order = {.kind = HG_ORDER_INTAKE};
    hg_ranks *ranks = job->control.ranks;
    if (!ranks)
        return status;
    if (ranks->rank == 0) {
        job->spread = status == HG_OK && wants_spread(job, raw);
        if (!job->spread)
            return status;
        hg_ranks_work_alone(job, false);
        status = hg_ranks_give_order(ranks, &order, err);
    }
    return hg_ranks_agree(ranks, status, err);
}

/* ------------------------------------------------- reading --------------------------------- */

hg_status hg_ranks_read_spread(hg_job *job, hg_source *source, hg_source_rows *rows, hg_error *err)
{
    hg_ranks *ranks = job->control.ranks;
    hg_status status = hg_ranks_agree(ranks, hg_ranks_read_own(job, source, rows, err), err);
    if (status == HG_OK)
        status = hg_ranks_match_columns(ranks, rows, err);
    int64_t first = rows->offset_times ? rows->first_offset_s : INT32_MAX;
    int64_t last = rows->offset_times ? rows->first_offset_s : INT32_MIN;
    int64_t sums[] = {(int64_t)rows->n, (int64_t)rows->empty_times, (int64_t)rows->naive_times,
                      (int64_t)rows->offset_times, rows->offsets_differ};
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_SUM, sums, sizeof sums / sizeof *sums, err);
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_MIN, &first, 1, err);
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_MAX, &last, 1, err);
    if (status != HG_OK)
        return status;
    rows->empty_times = (size_t)sums[1];
    rows->naive_times = (size_t)sums[2];
    rows->offset_times = (size_t)sums[3];
    rows->offsets_differ = sums[4] > 0 || (sums[3] > 0 && first != last);
    rows->first_offset_s = sums[3] > 0 ? (int32_t)first : 0;
    return sums[0] ? HG_OK
                   : hg_source_settle(source, rows, err); /* which says that there are none */
}

static hg_status none_accepted(const int64_t reasons[HG_REASON_END], uint64_t rows, hg_error *err)
{
    size_t most = 1;
    for (size_t r = 1; r < HG_REASON_END; r++)
        most = reasons[r] > reasons[most] ? r : most;
    return hg_fail(err, HG_EDATA, "none of %llu rows can be used; most are refused as %s",
                   (unsigned long long)rows, hg_reason_code((hg_reason)most));
}

hg_status hg_ranks_check_left(const hg_job *job, const hg_raw *raw, hg_status status, hg_error *err)
{
    int64_t reasons[HG_REASON_END] = {0};
    uint64_t rows = 0;
    status = hg_ranks_agree(job->control.ranks, status, err);
    for (size_t i = 0; status == HG_OK && i < raw->n; i++)
        reasons[raw->reason[i]]++;
    if (status == HG_OK)
        status = hg_ranks_reduce_int(job->control.ranks, HG_SUM, reasons, HG_REASON_END, err);
    for (size_t r = 0; r < HG_REASON_END; r++)
        rows += (uint64_t)reasons[r];
    return status == HG_OK && reasons[HG_ACCEPTED] == 0 ? none_accepted(reasons, rows, err)
                                                        : status;
}

/* ------------------------------------------------- duplicates ------------------------------ */

/* A row as far as it must be compared; equal ones meet on one rank. */
typedef struct fingerprint {
    uint64_t hash;
    double x, y;
} fingerprint;

static size_t meeting_rank(const hg_ranks *ranks, uint64_t hash)
{
    return (size_t)((hash >> 32) * (uint64_t)ranks->size >> 32);
}

/* The fingerprints by the rank they go to; n[k] of them to rank k. */
static hg_status sort_out(const hg_ranks *ranks, const hg_incidents *i, const uint64_t *hash,
                          fingerprint **out, uint64_t *n, uint64_t *at, hg_error *err)
{
    fingerprint *prints = hg_malloc(i->n, sizeof *prints);
    if (!prints)
        return hg_fail_memory(err);
    for (size_t k = 0; k < i->n; k++)
        n[meeting_rank(ranks, hash[k])]++;
    for (int r = 1; r < ranks->size; r++)
        at[r] = at[r - 1] + n[r - 1];
    for (size_t k = 0; k < i->n; k++)
        prints[at[meeting_rank(ranks, hash[k])]++] = (fingerprint){hash[k], i->x[k], i->y[k]};
    *out = prints;
    return HG_OK;
}

static hg_status count_repeats(const fingerprint *prints, size_t n, uint64_t *found, hg_error *err)
{
    hg_incidents met = {.n = n, .streams = 1};
    uint64_t *hash = hg_malloc(n, sizeof *hash);
    met.x = hg_malloc(n, sizeof *met.x);
    met.y = hg_malloc(n, sizeof *met.y);
    hg_status status = hash && met.x && met.y ? HG_OK : hg_fail_memory(err);
    for (size_t k = 0; k < n && status == HG_OK; k++) {
        hash[k] = prints[k].hash;
        met.x[k] = prints[k].x;
        met.y[k] = prints[k].y;
    }
    if (status == HG_OK)
        status = hg_flag_duplicates(&met, hash, found, err);
    hg_free(hash);
    hg_free(met.x);
    hg_free(met.y);
    hg_free(met.flags);
    return status;
}

hg_status hg_ranks_count_duplicates(const hg_job *job, hg_intake *in, const uint64_t *hash,
                                    hg_error *err)
{
    hg_ranks *ranks = job->control.ranks;
    fingerprint *prints = NULL;
    void *met = NULL;
    size_t met_n = 0;
    uint64_t found = 0, *n = hg_calloc(2 * (size_t)ranks->size, sizeof *n);
    hg_status status = n ? sort_out(ranks, &in->incidents, hash, &prints, n, n + ranks->size, err)
                         : hg_fail_memory(err);
    status = hg_ranks_agree(ranks, status, err);
    if (status == HG_OK)
        status = hg_ranks_exchange(ranks, prints, n, sizeof *prints, &met, &met_n, err);
    hg_free(prints);
    hg_free(n);
    if (status == HG_OK) {
        status = hg_ranks_agree(ranks, count_repeats(met, met_n, &found, err), err);
        in->duplicates = found; /* summed with the other counts */
    }
    hg_free(met);
    return status;
}

/* ------------------------------------------------- sums ------------------------------------ */

/* Counts that add up over ranks, in one row of numbers: into it (back = false) and back. */
static size_t carry(hg_intake *in, int64_t *sums, bool back)
{
    size_t n = 0;
    uint64_t *own[] = {&in->rows_read, &in->accepted, &in->rejected,
                       &in->halo,      &in->untimed,  &in->duplicates};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++, n++) {
        if (back)
            *own[k] = (uint64_t)sums[n];
        else
            sums[n] = (int64_t)*own[k];
    }
    for (size_t k = 0; k < in->input_count; k++) {
        hg_input_facts *f = &in->inputs[k];
        uint64_t *counts[] = {&f->rows_read, &f->accepted, &f->rejected};
        for (size_t c = 0; c < 3; c++, n++) {
            if (back)
                *counts[c] = (uint64_t)sums[n];
            else
                sums[n] = (int64_t)*counts[c];
        }
    }
    return n;
}

static hg_status sum_counts(hg_ranks *ranks, hg_intake *in, hg_error *err)
{
    int64_t *sums = hg_malloc(6 + 3 * in->input_count, sizeof *sums);
    size_t streams = in->incidents.streams;
    in->all.stream_rows = hg_malloc(2 * streams, sizeof *in->all.stream_rows);
    in->all.stream_last = in->all.stream_rows ? in->all.stream_rows + streams : NULL;
    hg_status status =
        hg_ranks_agree(ranks, sums && in->all.stream_rows ? HG_OK : hg_fail_memory(err), err);
    if (status == HG_OK) {
        hg_intake_reasons(in, in->all.reasons);
        hg_intake_count_streams(in, in->all.stream_rows, in->all.stream_last);
        status = hg_ranks_reduce_int(ranks, HG_SUM, sums, carry(in, sums, false), err);
    }
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_SUM, in->all.reasons, HG_REASON_END, err);
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_SUM, in->all.stream_rows, streams, err);
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_MAX, in->all.stream_last, streams,
                                     err); /* HG_NO_TIME is the lowest */
    if (status == HG_OK)
        carry(in, sums, true);
    hg_free(sums);
    return status;
}

static hg_status sum_times(hg_ranks *ranks, hg_intake *in, hg_error *err)
{
    int64_t first = in->first_time == HG_NO_TIME ? INT64_MAX : in->first_time;
    hg_status status = hg_ranks_reduce_int(ranks, HG_MIN, &first, 1, err);
    if (status == HG_OK)
        status = hg_ranks_reduce_int(ranks, HG_MAX, &in->last_time, 1, err);
    in->first_time = first == INT64_MAX ? HG_NO_TIME : first;
    return status;
}

static hg_status sum_places(hg_ranks *ranks, hg_intake *in, hg_error *err)
{
    const hg_incidents *i = &in->incidents;
    double low[4] = {INFINITY, INFINITY, INFINITY,
                     INFINITY}; /* west, south, and east and north reversed */
    in->all.weight = i->w ? 0 : (double)i->n;
    for (size_t k = 0; k < i->n; k++) {
        low[0] = fmin(low[0], i->x[k]);
        low[1] = fmin(low[1], i->y[k]);
        low[2] = fmin(low[2], -i->x[k]);
        low[3] = fmin(low[3], -i->y[k]);
        in->all.weight += i->w ? i->w[k] : 0;
    }
    hg_status status = hg_ranks_reduce_real(ranks, HG_MIN, low, 4, err);
    if (status == HG_OK)
        status = hg_ranks_reduce_real(ranks, HG_SUM, &in->all.weight, 1, err);
    const double box[4] = {low[0], low[1], -low[2], -low[3]};
    memcpy(in->all.box, box, sizeof box);
    return status;
}

hg_status hg_ranks_sum_rows(hg_job *job, hg_intake *in, hg_status status, hg_error *err)
{
    hg_ranks *ranks = job->control.ranks;
    status = hg_ranks_agree(ranks, status, err);
    if (status == HG_OK)
        status = sum_counts(ranks, in, err);
    if (status == HG_OK)
        status = sum_times(ranks, in, err);
    if (status == HG_OK)
        status = sum_places(ranks, in, err);
    in->all.spread = status == HG_OK;
    if (ranks->rank == 0)
        hg_ranks_work_alone(job, true);
    return status == HG_OK && in->accepted == 0 ? none_accepted(in->all.reasons, in->rows_read, err)
                                                : status;
}
