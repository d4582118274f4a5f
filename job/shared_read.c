#include "job/shared_read.h"
#include "base/memory.h"

#include <string.h>

static hg_status await_hashes(hg_raw *raw, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < raw->input_count && status == HG_OK; k++) {
        hg_raw_input *r = &raw->inputs[k];
        hg_hashing *hashing = r->hashing;
        r->hashing = NULL;
        if (hashing)
            status = hg_hashing_join(hashing, r->sha256, err);
    }
    return status;
}

/* Whether the same rows count in every run, and none of them takes any out. */
static bool counts_alike(const hg_settings *set)
{
    return !set->area && !set->against && set->slice.unit == HG_SLICE_NONE && set->rule == HG_RULE_LENGTH;
}

hg_status hg_shared_read_new(hg_job *job, size_t runs, hg_shared_read **out, hg_error *err)
{
    hg_shared_read *s = hg_calloc(1, sizeof *s);
    if (!s)
        return hg_fail_memory(err);
    s->runs_left = runs;
    s->whole = counts_alike(&job->set);
    hg_status status =
        s->whole ? hg_intake_run(job, NULL, &s->in, err) : hg_intake_read(job, NULL, &s->in, &s->raw, err);
    bool polygons = s->raw.polygons || s->in.polygons || s->in.patches;
    if (status == HG_OK && !s->whole && !polygons)
        status = await_hashes(&s->raw, err);
    if (status != HG_OK || polygons) {
        hg_shared_read_free(s);
        return status;
    }
    *out = s;
    return HG_OK;
}

void hg_shared_read_free(hg_shared_read *s)
{
    if (!s)
        return;
    hg_raw_dispose(&s->raw);
    hg_intake_dispose(&s->in);
    hg_free(s);
}

static bool counts(const hg_shared_read *s, size_t i)
{
    return s->raw.reason[i] == HG_ACCEPTED && s->raw.t_start && s->raw.t_start[i] != HG_NO_TIME;
}

void hg_shared_read_span(const hg_shared_read *s, int64_t *first, int64_t *last)
{
    *first = *last = HG_NO_TIME;
    for (size_t i = 0; i < s->raw.n; i++) {
        if (!counts(s, i))
            continue;
        int64_t t = s->raw.t_start[i];
        *first = *first == HG_NO_TIME || t < *first ? t : *first;
        *last = *last == HG_NO_TIME || t > *last ? t : *last;
    }
}

bool hg_shared_read_has_times(const hg_shared_read *s)
{
    for (size_t i = 0; s->raw.t_start && i < s->raw.n; i++)
        if (s->raw.t_start[i] != HG_NO_TIME)
            return true;
    return false;
}

size_t hg_shared_read_count(const hg_shared_read *s, int64_t since, int64_t until)
{
    size_t n = 0;
    for (size_t i = 0; i < s->raw.n; i++)
        n += counts(s, i) && s->raw.t_start[i] >= since && s->raw.t_start[i] < until;
    return n;
}

/* ------------------------------------------------- taking ------------------------------------ */

static void *copy_column(const void *column, size_t n, size_t size, bool *failed)
{
    void *copy = column ? hg_malloc(n, size) : NULL;
    *failed |= column && !copy;
    if (copy)
        memcpy(copy, column, n * size);
    return copy;
}

static hg_column *copy_kept(const hg_raw *from, bool *failed)
{
    hg_column *kept = from->kept_count ? hg_calloc(from->kept_count, sizeof *kept) : NULL;
    *failed |= from->kept_count && !kept;
    for (size_t k = 0; kept && k < from->kept_count; k++) {
        const hg_column *c = &from->kept[k];
        kept[k] = *c;
        kept[k].name = hg_strdup(c->name);
        kept[k].i64 =
            copy_column(c->i64, from->n, c->type == HG_TEXT ? sizeof *c->text : sizeof *c->i64, failed);
        *failed |= !kept[k].name;
    }
    return kept;
}

static hg_status copy_rows(const hg_raw *from, hg_raw *to, hg_error *err)
{
    bool failed = false, moved = from->x != from->file_x;
    *to = (hg_raw){.inputs = from->inputs,
                   .borrows_inputs = true,
                   .input_count = from->input_count,
                   .n = from->n,
                   .kept_count = from->kept_count};
#define COPY(column) to->column = copy_column(from->column, from->n, sizeof *from->column, &failed)
    COPY(file_x);
    COPY(file_y);
    to->x = moved ? copy_column(from->x, from->n, sizeof *from->x, &failed) : to->file_x;
    to->y = moved ? copy_column(from->y, from->n, sizeof *from->y, &failed) : to->file_y;
    COPY(w);
    COPY(t_start);
    COPY(t_end);
    COPY(category);
    COPY(id);
    COPY(stream);
    COPY(hash);
    COPY(reason);
#undef COPY
    to->kept = copy_kept(from, &failed);
    return failed ? hg_fail_memory(err) : HG_OK;
}

/* The last run gets the columns themselves; the inputs stay where they are, for their names. */
static void move_rows(hg_raw *from, hg_raw *to)
{
    *to = *from;
    to->borrows_inputs = true;
    *from = (hg_raw){.inputs = to->inputs, .input_count = to->input_count};
}

static hg_status borrow(const hg_intake *from, hg_intake *in, hg_error *err)
{
    const size_t n = from->incidents.streams;
    bool hash_later = in->hash_later;
    *in = *from;
    in->lender = from;
    in->hash_later = hash_later;
    in->incidents = (hg_incidents){0};
    in->rejects = (hg_rejects){.pool = from->pool};
    in->stream_names = hg_calloc(n, sizeof *in->stream_names);
    if (!in->stream_names)
        return hg_fail_memory(err);
    for (; in->incidents.streams < n; in->incidents.streams++) {
        char **name = &in->stream_names[in->incidents.streams];
        *name = hg_strdup(from->stream_names[in->incidents.streams]);
        if (!*name)
            return hg_fail_memory(err);
    }
    return HG_OK;
}

static void mark_interval(const hg_settings *set, hg_raw *raw)
{
    bool since = set->since != HG_NO_TIME, until = set->until != HG_NO_TIME;
    for (size_t i = 0; (since || until) && raw->t_start && i < raw->n; i++) {
        int64_t t = raw->t_start[i];
        if (raw->reason[i] != HG_ACCEPTED)
            continue;
        if (t == HG_NO_TIME)
            raw->reason[i] = HG_BAD_TIME;
        else if ((since && t < set->since) || (until && t >= set->until))
            raw->reason[i] = HG_OUTSIDE_INTERVAL;
    }
}

hg_status hg_shared_read_lend(const hg_shared_read *s, const hg_job *job, hg_intake *in, hg_error *err)
{
    const hg_kernel kernel = {job->set.kernel, job->set.bandwidth_m, job->set.cutoff};
    bool failed = false;
    *in = s->in;
    in->lender = &s->in;
    in->bandwidth_m = job->set.bandwidth_m;
    in->support_m = hg_kernel_support_m(&kernel);
    in->incidents.flags = copy_column(s->in.incidents.flags, in->incidents.n, 1, &failed); /* --bounds sets some */
    return failed ? hg_fail_memory(err) : HG_OK;
}

hg_status hg_shared_read_take(hg_shared_read *s, const hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err)
{
    hg_status status = borrow(&s->in, in, err);
    if (status != HG_OK)
        return status;
    s->runs_left -= s->runs_left > 0;
    if (s->runs_left == 0)
        move_rows(&s->raw, raw);
    else
        status = copy_rows(&s->raw, raw, err);
    if (status == HG_OK)
        mark_interval(&job->set, raw);
    return status;
}
