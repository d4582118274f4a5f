#include "job/intake.h"
#include "base/memory.h"
#include "engine/repeated_rows.h"
#include "job/ranks_intake.h"
#include "job/shared_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MANY_ROWS = 30000000 }; /* of which what was freed is worth giving back */

void hg_input_facts_dispose(hg_input_facts *input)
{
    hg_free(input->name);
    hg_free(input->layer);
    hg_free(input->file);
}

hg_status hg_intake_hashes(hg_intake *in, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; in->hashing && k < in->input_count; k++) {
        hg_hashing *h = in->hashing[k];
        in->hashing[k] = NULL;
        hg_error late = {HG_OK, ""}, *said = status == HG_OK ? err : &late;
        hg_status one = h ? hg_hashing_join(h, in->inputs[k].sha256, said) : HG_OK;
        status = status == HG_OK ? one : status;
    }
    return status;
}

/* What belongs to the lender is left alone. */
static void give_back(hg_intake *in)
{
    const hg_intake *l = in->lender;
    if (!l)
        return;
#define GIVE_BACK(member) in->member = in->member == l->member ? NULL : in->member
    GIVE_BACK(incidents.x);
    GIVE_BACK(incidents.y);
    GIVE_BACK(incidents.w);
    GIVE_BACK(incidents.t_start);
    GIVE_BACK(incidents.t_end);
    GIVE_BACK(incidents.stream);
    GIVE_BACK(incidents.flags);
    GIVE_BACK(category);
    GIVE_BACK(input);
    GIVE_BACK(source_row);
    GIVE_BACK(kept);
    GIVE_BACK(inputs);
    GIVE_BACK(hashing);
    GIVE_BACK(rejects.rows);
    GIVE_BACK(rejects_raw);
    GIVE_BACK(region);
    GIVE_BACK(crs);
    GIVE_BACK(pool);
    GIVE_BACK(all.stream_rows);
    in->incidents.streams = in->stream_names == l->stream_names ? 0 : in->incidents.streams;
    GIVE_BACK(stream_names);
#undef GIVE_BACK
}

void hg_intake_dispose(hg_intake *in)
{
    give_back(in);
    hg_intake_hashes(in, NULL);
    hg_free(in->hashing);
    hg_incidents *i = &in->incidents;
    hg_free(i->x);
    hg_free(i->y);
    hg_free(i->w);
    hg_free(i->t_start);
    hg_free(i->t_end);
    hg_free(i->stream);
    hg_free(i->flags);
    hg_free(in->category);
    hg_free(in->input);
    hg_free(in->source_row);
    for (size_t k = 0; in->kept && k < in->kept_count; k++) {
        hg_free(in->kept[k].name);
        hg_free(in->kept[k].i64);
    }
    hg_free(in->kept);
    for (size_t k = 0; k < i->streams; k++)
        hg_free(in->stream_names[k]);
    hg_free(in->stream_names);
    for (size_t k = 0; in->polygons && k < in->input_count; k++)
        hg_shapes_dispose(&in->polygons[k]);
    hg_free(in->polygons);
    hg_patches_free(in->patches);
    hg_free(in->patch);
    for (size_t k = 0; in->inputs && k < in->input_count; k++)
        hg_input_facts_dispose(&in->inputs[k]);
    hg_free(in->inputs);
    hg_rejects_dispose(&in->rejects);
    hg_free(in->rejects_raw);
    hg_region_free(in->region);
    hg_crs_free(in->crs);
    hg_pool_free(in->pool);
    hg_free(in->all.stream_rows);
    *in = (hg_intake){0};
}

/* ------------------------------------------------- rejects ----------------------------------- */

/* The lists of bad values are in row order, so one cursor a list finds each row's text. */
static const char *bad_text(const hg_bad_values *list, size_t row, size_t *cursor,
                            const hg_pool *pool)
{
    while (*cursor < list->count && list->items[*cursor].row < row)
        (*cursor)++;
    return *cursor < list->count && list->items[*cursor].row == row
               ? hg_pool_text(pool, list->items[*cursor].text)
               : NULL;
}

typedef struct cursors {
    size_t points, times, weights;
} cursors;

static const char *rejected_value(const hg_raw *raw, const hg_raw_input *r, size_t i, cursors *at,
                                  const hg_pool *pool, char buf[96])
{
    char bx[32], by[32];
    size_t row = i - r->start;
    switch (raw->reason[i]) {
    case HG_NOT_FINITE:
        return bad_text(&r->rows.bad_points, row, &at->points, pool);
    case HG_BAD_GEOMETRY: {
        const char *kind = bad_text(&r->rows.bad_points, row, &at->points, pool);
        return kind ? kind : "a polygon without area";
    }
    case HG_NULL_ISLAND:
    case HG_OUTSIDE_CRS:
    case HG_OUTSIDE_AREA:
        snprintf(buf, 96, "%s, %s", hg_shortest_decimal(raw->file_x[i], bx),
                 hg_shortest_decimal(raw->file_y[i], by));
        return buf;
    case HG_BAD_TIME:
        return bad_text(&r->rows.bad_times, row, &at->times, pool);
    case HG_OUTSIDE_INTERVAL:
        return hg_civil_text(raw->t_start[i], buf);
    case HG_DUPLICATE_ID:
        return hg_pool_text(pool, raw->id[i]);
    case HG_BAD_WEIGHT:
        return bad_text(&r->rows.bad_weights, row, &at->weights, pool);
    default:
        return NULL;
    }
}

/* The first row from i on that is refused, or end; most are not, so that eight are passed at once. */
static size_t next_rejected(const uint8_t *reason, size_t i, size_t end)
{
    uint64_t eight = 0;
    while (end - i >= sizeof eight && (memcpy(&eight, reason + i, sizeof eight), eight == 0))
        i += sizeof eight;
    while (i < end && reason[i] == HG_ACCEPTED)
        i++;
    return i;
}

static hg_status collect_rejects(hg_intake *in, const hg_raw *raw, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < raw->input_count; k++) {
        const hg_raw_input *r = &raw->inputs[k];
        cursors at = {0};
        char buf[96];
        size_t end = r->start + r->n;
        for (size_t i = r->start; status == HG_OK && (i = next_rejected(raw->reason, i, end)) < end; i++) {
            const char *value = rejected_value(raw, r, i, &at, in->pool, buf);
            status = hg_rejects_add(&in->rejects, (uint32_t)k, hg_raw_row_number(r, i - r->start),
                                    (hg_reason)raw->reason[i], value, err);
        }
    }
    return status;
}

/* --rejects-raw: rejects are in order of input and row, so each input is read once more. */
static hg_status read_raw_rejects(const hg_job *job, hg_intake *in, const hg_raw *raw,
                                  hg_error *err)
{
    size_t n = in->rejects.count, from = 0;
    if (!job->set.rejects_raw)
        return HG_OK;
    uint64_t *rows = hg_malloc(n, sizeof *rows);
    in->rejects_raw = hg_malloc(n, sizeof *in->rejects_raw);
    hg_status status = rows && in->rejects_raw ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < n && status == HG_OK; i++)
        rows[i] = in->rejects.rows[i].row;
    for (size_t k = 0; k < raw->input_count && status == HG_OK; k++) {
        size_t to = from;
        while (to < n && in->rejects.rows[to].source == k)
            to++;
        status = hg_source_read_raw(raw->inputs[k].source, rows + from, to - from,
                                    in->rejects_raw + from, err);
        from = to;
    }
    hg_free(rows);
    return status;
}

/* ------------------------------------------------- accepted rows ----------------------------- */

static size_t compact(void *column, const uint8_t *drop, size_t n, size_t size)
{
    char *base = column;
    size_t kept = 0;
    for (size_t i = 0; column && i < n; i++) {
        if (drop[i])
            continue;
        if (kept != i)
            memcpy(base + kept * size, base + i * size, size);
        kept++;
    }
    return kept;
}

/* Drops rows from every incident column in place; `drop` is 0 for rows that stay. */
static void drop_rows(hg_intake *in, uint64_t *hash, const uint8_t *drop)
{
    hg_incidents *i = &in->incidents;
    size_t n = i->n, kept = 0;
    for (size_t k = 0; k < n; k++)
        kept += !drop[k];
    if (kept == n)
        return;
    compact(i->x, drop, n, sizeof *i->x);
    compact(i->y, drop, n, sizeof *i->y);
    compact(i->w, drop, n, sizeof *i->w);
    compact(i->t_start, drop, n, sizeof *i->t_start);
    compact(i->t_end, drop, n, sizeof *i->t_end);
    compact(i->stream, drop, n, sizeof *i->stream);
    compact(in->category, drop, n, sizeof *in->category);
    compact(in->input, drop, n, sizeof *in->input);
    compact(in->patch, drop, n, sizeof *in->patch);
    compact(in->source_row, drop, n, sizeof *in->source_row);
    compact(hash, drop, n, sizeof *hash);
    for (size_t k = 0; k < in->kept_count; k++)
        compact(in->kept[k].i64, drop, n,
                in->kept[k].type == HG_TEXT ? sizeof(uint32_t) : sizeof(int64_t));
    if (drop != i->flags)
        compact(i->flags, drop, n, sizeof *i->flags);
    i->n = kept;
}

static void *take(void *column)
{
    void *p;
    memcpy(&p, column, sizeof p);
    memset(column, 0, sizeof p);
    return p;
}

/* One input of which nothing is refused needs no numbers: row i is row i. */
static hg_status number_rows(const hg_job *job, hg_intake *in, const hg_raw *raw, hg_error *err)
{
    if (raw->input_count == 1 && in->rejects.count == 0 && !job->set.drop_duplicates && !raw->inputs[0].rows.number)
        return HG_OK;
    in->source_row = hg_malloc(raw->n, sizeof *in->source_row);
    in->input = raw->input_count > 1 ? hg_malloc(raw->n, sizeof *in->input) : NULL;
    if (!in->source_row || (raw->input_count > 1 && !in->input))
        return hg_fail_memory(err);
    for (size_t k = 0; k < raw->input_count; k++) {
        const hg_raw_input *r = &raw->inputs[k];
        for (size_t row = 0; row < r->n; row++) {
            in->source_row[r->start + row] = (uint32_t)hg_raw_row_number(r, row);
            if (in->input)
                in->input[r->start + row] = (uint16_t)k;
        }
    }
    return HG_OK;
}

static hg_status take_rows(const hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err)
{
    hg_incidents *i = &in->incidents;
    hg_status status = number_rows(job, in, raw, err);
    if (status != HG_OK)
        return status;
    i->flags = raw->where ? hg_calloc(raw->n, 1) : NULL;
    if (raw->where && !i->flags)
        return hg_fail_memory(err);
    for (size_t k = 0; raw->where && k < raw->n; k++)
        i->flags[k] = raw->where[k] == HG_HALO ? HG_FLAG_HALO : 0;
    if (raw->x != raw->file_x) { /* rejects have been told by now */
        hg_free(raw->file_x);
        hg_free(raw->file_y);
    }
    raw->file_x = raw->file_y = NULL;
    i->x = take(&raw->x);
    i->y = take(&raw->y);
    i->w = take(&raw->w);
    i->t_start = take(&raw->t_start);
    i->t_end = take(&raw->t_end);
    i->stream = take(&raw->stream);
    in->category = take(&raw->category);
    in->kept = take(&raw->kept);
    in->kept_count = raw->kept_count;
    in->polygons = take(&raw->polygons);
    in->patches = take(&raw->patches);
    in->patch = take(&raw->patch);
    in->input_count = raw->input_count;
    i->n = raw->n;
    i->stream_names = (const char *const *)in->stream_names;
    drop_rows(in, raw->hash, raw->reason);
    return HG_OK;
}

static hg_status reject_duplicates(hg_intake *in, uint64_t *hash, hg_error *err)
{
    hg_incidents *i = &in->incidents;
    uint8_t *drop = hg_calloc(i->n, 1);
    hg_status status = drop ? HG_OK : hg_fail_memory(err);
    for (size_t k = 0; k < i->n && status == HG_OK; k++) {
        if (!(i->flags[k] & HG_FLAG_DUPLICATE))
            continue;
        drop[k] = 1;
        status = hg_rejects_add(&in->rejects, in->input ? in->input[k] : 0, in->source_row[k],
                                HG_DUPLICATE_ROW, NULL, err);
    }
    if (status == HG_OK) {
        drop_rows(in, hash, drop);
        hg_rejects_sort(&in->rejects);
    }
    hg_free(drop);
    return status;
}

static hg_status settle_duplicates(const hg_job *job, hg_intake *in, uint64_t *hash, hg_error *err)
{
    hg_incidents *i = &in->incidents;
    if (job->spread)
        return hg_ranks_count_duplicates(job, in, hash, err);
    if (!i->flags && !(i->flags = hg_calloc(i->n, 1)))
        return hg_fail_memory(err);
    hg_status status = hg_flag_repeated_rows(i, hash, &in->duplicates, err);
    if (status == HG_OK && job->set.drop_duplicates && in->duplicates)
        status = reject_duplicates(in, hash, err);
    return status;
}

static void find_time_span(hg_intake *in)
{
    const hg_incidents *i = &in->incidents;
    in->first_time = in->last_time = HG_NO_TIME;
    for (size_t k = 0; i->t_start && k < i->n; k++) {
        int64_t t = i->t_start[k];
        if (t == HG_NO_TIME)
            continue;
        if (in->first_time == HG_NO_TIME || t < in->first_time)
            in->first_time = t;
        if (in->last_time == HG_NO_TIME || t > in->last_time)
            in->last_time = t;
    }
}

static void count_rows(hg_intake *in, const hg_raw *raw)
{
    const hg_incidents *i = &in->incidents;
    in->rows_read = raw->n;
    in->accepted = i->n;
    in->rejected = in->rejects.count;
    for (size_t k = 0; k < in->input_count; k++) {
        in->inputs[k].rows_read = raw->inputs[k].n;
        in->inputs[k].not_read = raw->inputs[k].rows.not_read;
    }
    for (size_t k = 0; k < in->rejects.count; k++)
        in->inputs[in->rejects.rows[k].source].rejected++;
    for (size_t k = 0; k < in->input_count; k++)
        in->inputs[k].accepted = in->inputs[k].rows_read - in->inputs[k].rejected;
    for (size_t k = 0; i->flags && k < i->n; k++)
        in->halo += (i->flags[k] & HG_FLAG_HALO) != 0;
    in->untimed += i->t_start ? 0 : i->n;
    for (size_t k = 0; i->t_start && k < i->n; k++)
        in->untimed += i->t_start[k] == HG_NO_TIME;
    find_time_span(in);
}

/* Of one unit's run, what lies in the others is no fault of the rows: counted, but not listed. */
static void unlist_elsewhere(const hg_job *job, hg_intake *in)
{
    size_t kept = 0;
    if (!job->set.area_name)
        return;
    for (size_t k = 0; k < in->rejects.count; k++) {
        if (in->rejects.rows[k].reason == HG_OUTSIDE_AREA)
            continue;
        if (in->rejects_raw)
            in->rejects_raw[kept] = in->rejects_raw[k];
        in->rejects.rows[kept++] = in->rejects.rows[k];
    }
    in->elsewhere = in->rejects.count - kept;
    in->rejects.count = kept;
}

static hg_status describe_inputs(hg_intake *in, hg_raw *raw, hg_error *err)
{
    in->input_count = raw->input_count;
    in->inputs = hg_calloc(raw->input_count, sizeof *in->inputs);
    in->hashing = hg_calloc(raw->input_count, sizeof(hg_hashing *));
    if (!in->inputs || !in->hashing)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (size_t k = 0; k < raw->input_count && status == HG_OK; k++) {
        hg_raw_input *r = &raw->inputs[k];
        hg_input_facts *f = &in->inputs[k];
        const char *file = hg_source_file(r->source);
        struct stat st;
        f->name = hg_strdup(hg_source_name(r->source));
        f->layer = hg_strdup(hg_source_layer(r->source));
        f->file = hg_strdup(file);
        if (!f->name || !f->layer || (file && !f->file))
            return hg_fail_memory(err);
        if (file && stat(file, &st) == 0)
            f->bytes = (uint64_t)st.st_size;
        in->hashing[k] = r->hashing;
        r->hashing = NULL;
        memcpy(f->sha256, r->sha256, sizeof r->sha256);
    }
    return in->hash_later ? HG_OK : hg_intake_hashes(in, err);
}

void hg_intake_say_empty(hg_job *job, const uint8_t *reasons, size_t n, uint64_t halo)
{
    bool of_unit = job->set.area_name != NULL;
    size_t outside = 0, beside = 0;
    for (size_t i = 0; i < n; i++) {
        outside += of_unit && reasons[i] == HG_OUTSIDE_AREA;
        beside += reasons[i] == HG_OUTSIDE_INTERVAL;
    }
    outside += of_unit ? (size_t)halo : 0;
    beside += outside;
    if (of_unit ? beside == 0 : beside < n)
        return;
    hg_fact_bool(&job->facts, true, "empty");
    hg_fact_int(&job->facts, (int64_t)n, "rows_read");
    hg_fact_int(&job->facts, 0, "accepted");
    hg_fact_int(&job->facts, (int64_t)n, "rejected");
    if (of_unit)
        hg_fact_int(&job->facts, (int64_t)outside, "elsewhere");
}

static hg_status nothing_left(hg_job *job, const hg_intake *in, const hg_raw *raw, hg_error *err)
{
    size_t counts[HG_REASON_END] = {0}, most = 1;
    for (size_t k = 0; k < in->rejects.count; k++)
        counts[in->rejects.rows[k].reason]++;
    hg_intake_say_empty(job, raw->reason, raw->n, in->halo);
    if (in->halo)
        return hg_fail(err, HG_EDATA,
                       "no incident lies in the study area; %llu lie beside it, within %g m",
                       (unsigned long long)in->halo, in->support_m);
    for (size_t r = 1; r < HG_REASON_END; r++)
        most = counts[r] > counts[most] ? r : most;
    const hg_reject *example = NULL;
    for (size_t k = 0; k < in->rejects.count && !example; k++)
        if (in->rejects.rows[k].reason == (hg_reason)most)
            example = &in->rejects.rows[k];
    const char *value = example ? hg_pool_text(in->pool, example->value) : NULL;
    return hg_fail(
        err, HG_EDATA, "none of %zu rows can be used; most are refused as %s (%s, row %llu: %s)%s",
        in->rejects.count, hg_reason_code((hg_reason)most),
        hg_source_name(raw->inputs[example ? example->source : 0].source),
        example ? (unsigned long long)example->row : 0, value ? value : "empty",
        job->set.area && most == HG_OUTSIDE_AREA ? "; see the notes on how they were read" : "");
}

/* A step that finds no row to work on fails; why there is none is what the user wants to know. */
static hg_status explain(hg_job *job, hg_intake *in, const hg_raw *raw, hg_status status,
                         hg_error *err)
{
    if (status != HG_EDATA || !raw->reason || in->rejects.count || job->spread)
        return status;
    for (size_t i = 0; i < raw->n; i++)
        if (raw->reason[i] == HG_ACCEPTED)
            return status;
    status = collect_rejects(in, raw, err);
    return status == HG_OK ? nothing_left(job, in, raw, err) : status;
}

hg_status hg_intake_read(hg_job *job, const char *store_crs, hg_intake *in, hg_raw *raw, hg_error *err)
{
    hg_status status = hg_pool_new(&in->pool, err);
    in->rejects.pool = in->pool;
    if (status == HG_OK)
        status = hg_raw_read(job, in, raw, err);
    if (status == HG_OK)
        status = hg_raw_check(job, raw, err);
    if (job->spread)
        status = hg_ranks_check_left(job, raw, status, err);
    if (status == HG_OK)
        status = hg_raw_place(job, store_crs, in, raw, err);
    return status == HG_OK ? hg_check_cancel(&job->control, err) : status;
}

hg_status hg_intake_run(hg_job *job, const char *store_crs, hg_intake *in, hg_error *err)
{
    hg_raw raw = {0};
    if (job->shared && job->shared->whole)
        return hg_shared_read_lend(job->shared, job, in, err);
    hg_status status = job->shared ? hg_shared_read_take(job->shared, job, in, &raw, err)
                                   : hg_intake_read(job, store_crs, in, &raw, err);
    if (status == HG_OK)
        status = hg_raw_bound(job, in, &raw, err);
    if (status == HG_OK)
        status = hg_raw_check_ids(in->pool, &raw, err);
    if (status == HG_OK)
        status = collect_rejects(in, &raw, err);
    if (status == HG_OK)
        status = take_rows(job, in, &raw, err);
    if (job->spread)
        status = hg_ranks_agree(job->control.ranks, status, err);
    if (status == HG_OK)
        status = settle_duplicates(job, in, raw.hash, err);
    if (status == HG_OK)
        status = read_raw_rejects(job, in, &raw, err);
    if (status == HG_OK)
        status = describe_inputs(in, &raw, err);
    if (status == HG_OK)
        count_rows(in, &raw);
    if (job->spread)
        status = hg_ranks_sum_rows(job, in, status, err);
    if (status == HG_OK && in->accepted == in->halo && !job->spread)
        status = nothing_left(job, in, &raw, err);
    status = explain(job, in, &raw, status, err);
    if (status == HG_OK)
        unlist_elsewhere(job, in);
    hg_raw_dispose(&raw);
    if (in->rows_read > MANY_ROWS) /* else the next step finds pages that need no clearing */
        hg_memory_trim();
    return status;
}

/* ------------------------------------------------- taking a stream out ---------------------- */

void hg_intake_dispose_taken(hg_intake *taken)
{
    hg_free(taken->incidents.x);
    hg_free(taken->incidents.y);
    hg_free(taken->incidents.w);
    hg_free(taken->incidents.flags);
    hg_free(taken->patch);
    if (taken->owns_patches)
        hg_patches_free(taken->patches);
    *taken = (hg_intake){0};
}

static void *copy_marked(const void *column, const uint8_t *mark, size_t n, size_t size, bool *failed)
{
    char *copy = column ? hg_malloc(n, size) : NULL;
    *failed |= column && !copy;
    for (size_t k = 0, to = 0; copy && k < n; k++)
        if (mark[k])
            memcpy(copy + size * to++, (const char *)column + size * k, size);
    return copy;
}

static hg_status copy_stream(const hg_intake *in, const uint8_t *mark, hg_intake *taken, hg_error *err)
{
    const hg_incidents *i = &in->incidents;
    bool failed = false;
    hg_intake t = *in;
    t.incidents = (hg_incidents){.x = copy_marked(i->x, mark, i->n, sizeof *i->x, &failed),
                                 .y = copy_marked(i->y, mark, i->n, sizeof *i->y, &failed),
                                 .w = copy_marked(i->w, mark, i->n, sizeof *i->w, &failed),
                                 .flags = copy_marked(i->flags, mark, i->n, 1, &failed),
                                 .streams = 1};
    t.patch = copy_marked(in->patch, mark, i->n, sizeof *in->patch, &failed);
    for (size_t k = 0; k < i->n; k++)
        t.incidents.n += mark[k];
    *taken = t;
    return failed ? hg_fail_memory(err) : HG_OK;
}

/* Rows that others were taken from need their numbers. */
static hg_status number_all(hg_intake *in, hg_error *err)
{
    if (in->source_row)
        return HG_OK;
    in->source_row = hg_malloc(in->incidents.n, sizeof *in->source_row);
    for (size_t k = 0; in->source_row && k < in->incidents.n; k++)
        in->source_row[k] = (uint32_t)(k + 1);
    return in->source_row ? HG_OK : hg_fail_memory(err);
}

static void forget_stream(hg_intake *in, size_t stream)
{
    hg_incidents *i = &in->incidents;
    hg_free(in->stream_names[stream]);
    i->streams--;
    for (size_t s = stream; s < i->streams; s++)
        in->stream_names[s] = in->stream_names[s + 1];
    for (size_t k = 0; k < i->n; k++)
        i->stream[k] = (uint16_t)(i->stream[k] - (i->stream[k] > stream));
}

/* Where all patches went, the map is one of points, as if there had never been any. */
static void hand_over_patches(hg_intake *in, hg_intake *taken)
{
    for (size_t k = 0; in->patch && k < in->incidents.n; k++)
        if (in->patch[k] != HG_NO_PATCH)
            return;
    taken->owns_patches = in->patches != NULL;
    in->patches = NULL;
    hg_free(in->patch);
    in->patch = NULL;
}

hg_status hg_intake_take_stream(hg_intake *in, size_t stream, hg_intake *taken, hg_error *err)
{
    const hg_incidents *i = &in->incidents;
    uint8_t *mark = hg_malloc(i->n, 1);
    if (!mark)
        return hg_fail_memory(err);
    for (size_t k = 0; k < i->n; k++)
        mark[k] = i->stream[k] == stream;
    hg_status status = copy_stream(in, mark, taken, err);
    if (status == HG_OK)
        status = number_all(in, err);
    if (status == HG_OK) {
        drop_rows(in, NULL, mark);
        hand_over_patches(in, taken);
        forget_stream(in, stream);
        find_time_span(in);
    }
    hg_free(mark);
    return status;
}
