#include "job/raw.h"
#include "job/options.h"
#include "job/ranks_intake.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void hg_raw_dispose(hg_raw *raw)
{
    for (size_t i = 0; raw->polygons && i < raw->input_count; i++)
        hg_shapes_dispose(&raw->polygons[i]);
    hg_free(raw->polygons);
    hg_patches_free(raw->patches);
    hg_free(raw->patch);
    for (size_t i = 0; raw->inputs && !raw->borrows_inputs && i < raw->input_count; i++) {
        hg_raw_input *in = &raw->inputs[i];
        char hex[HG_SHA256_HEX];
        if (in->hashing)
            hg_hashing_join(in->hashing, hex, NULL);
        hg_source_free(in->source);
        hg_source_rows_dispose(&in->rows);
        hg_zone_free(in->zone);
        hg_crs_free(in->crs);
    }
    if (!raw->borrows_inputs)
        hg_free(raw->inputs);
    if (raw->x != raw->file_x)
        hg_free(raw->x);
    if (raw->y != raw->file_y)
        hg_free(raw->y);
    hg_free(raw->file_x);
    hg_free(raw->file_y);
    hg_free(raw->w);
    hg_free(raw->t_start);
    hg_free(raw->t_end);
    hg_free(raw->category);
    hg_free(raw->id);
    hg_free(raw->stream);
    hg_free(raw->hash);
    hg_free(raw->state);
    hg_free(raw->reason);
    hg_free(raw->where);
    for (size_t k = 0; raw->kept && k < raw->kept_count; k++) {
        hg_free(raw->kept[k].name);
        hg_free(raw->kept[k].i64);
    }
    hg_free(raw->kept);
    *raw = (hg_raw){0};
}

static const char *either(const char *own, const char *all)
{
    return own ? own : all;
}

static hg_source_spec spec_of(const hg_job *job, const hg_job_input *input, const hg_zone *zone)
{
    const hg_source_settings *own = &input->set, *all = &job->all;
    const hg_text_list *keep = own->keep.count ? &own->keep : &all->keep;
    int64_t header = own->header_row ? own->header_row : all->header_row;
    return (hg_source_spec){
        .path = input->path,
        .layer = either(own->layer, all->layer),
        .where = either(own->where, all->where),
        .sql = either(own->sql, all->sql),
        .x = either(own->x, all->x),
        .y = either(own->y, all->y),
        .encoding = either(own->encoding, all->encoding),
        .time = either(own->time, all->time),
        .time_end = either(own->time_end, all->time_end),
        .category = either(own->category, all->category),
        .stream_column = either(own->stream_column, all->stream_column),
        .weight = either(own->weight, all->weight),
        .id = either(own->id, all->id),
        .keep = (const char *const *)keep->items,
        .keep_count = keep->count,
        .sheet = either(own->sheet, all->sheet),
        .header_row = (int)header,
        .allow_identifiers = job->set.allow_identifiers,
        .zone = zone,
    };
}

hg_status hg_raw_open_source(hg_job *job, size_t i, hg_pool *pool, hg_zone **zone, hg_source **source, hg_error *err)
{
    const hg_job_input *input = &job->inputs[i];
    const char *name = either(input->set.tz, job->all.tz);
    hg_status status = name ? hg_zone_new(name, zone, err) : HG_OK;
    if (status != HG_OK)
        return status;
    hg_source_spec spec = spec_of(job, input, *zone);
    return hg_source_open(&spec, pool, &job->control, source, err);
}

static hg_status open_input(hg_job *job, size_t i, hg_intake *in, hg_raw *raw, hg_error *err)
{
    const hg_job_input *input = &job->inputs[i];
    hg_raw_input *r = &raw->inputs[i];
    r->set = &input->set;
    r->datum = input->set.datum_given ? input->set.datum : job->all.datum;
    hg_status status = hg_raw_open_source(job, i, in->pool, &r->zone, &r->source, err);
    if (status != HG_OK)
        return status;
    for (size_t k = 0; k < hg_source_note_count(r->source); k++)
        hg_job_add_note(job, "%s", hg_source_note(r->source, k));
    if ((job->command->mask & HG_FOR_COUNTS) && hg_source_is_polygons(r->source))
        return hg_fail(err, HG_EDATA, "%s: layer \"%s\" holds polygons; incidents are points",
                       hg_source_name(r->source), hg_source_layer(r->source));
    const char *file = hg_source_file(r->source);
    if (file && !job->set.no_hash && hg_ranks_rank(job->control.ranks) == 0)
        status = hg_hashing_start(file, in->hash_later, &job->control, &r->hashing, err);
    return status;
}

/* Times with and without offset cannot be put on one clock without being told the zone. */
static hg_status check_clocks(const hg_raw *raw, hg_error *err)
{
    size_t naive = 0, offset = 0;
    bool differ = false, first = true;
    int32_t offset_s = 0;
    for (size_t i = 0; i < raw->input_count; i++) {
        const hg_source_rows *r = &raw->inputs[i].rows;
        if (raw->inputs[i].zone)
            continue;
        naive += r->naive_times;
        offset += r->offset_times;
        differ |= r->offsets_differ;
        if (r->offset_times) {
            differ |= !first && r->first_offset_s != offset_s;
            offset_s = r->first_offset_s;
            first = false;
        }
    }
    if (offset && naive)
        return hg_fail(err, HG_EDATA,
                       "%zu times carry a UTC offset and %zu do not; say the civil zone with --tz",
                       offset, naive);
    if (differ)
        return hg_fail(err, HG_EDATA,
                       "times carry different UTC offsets; say the civil zone with --tz");
    return HG_OK;
}

/* Where a column of one input goes in the joined columns, and what fills the other inputs' rows. */
typedef struct join {
    void **to;
    size_t member; /* offset in hg_source_rows */
    size_t size;
    const void *fill;
} join;

static void *member_of(hg_source_rows *rows, size_t member)
{
    void *p;
    memcpy(&p, (char *)rows + member, sizeof p);
    return p;
}

static void forget(hg_source_rows *rows, size_t member)
{
    void *none = NULL;
    memcpy((char *)rows + member, &none, sizeof none);
}

static hg_status join_column(const join *j, hg_raw *raw, hg_error *err)
{
    bool any = false;
    for (size_t i = 0; i < raw->input_count; i++)
        any |= member_of(&raw->inputs[i].rows, j->member) != NULL;
    if (!any)
        return HG_OK;
    if (raw->input_count == 1) {
        *j->to = member_of(&raw->inputs[0].rows, j->member);
        forget(&raw->inputs[0].rows, j->member);
        return HG_OK;
    }
    char *all = hg_malloc(raw->n, j->size);
    if (!all)
        return hg_fail_memory(err);
    for (size_t i = 0; i < raw->input_count; i++) {
        hg_raw_input *in = &raw->inputs[i];
        void *from = member_of(&in->rows, j->member);
        if (from && in->n)
            memcpy(all + in->start * j->size, from, in->n * j->size);
        for (size_t k = 0; !from && k < in->n; k++)
            memcpy(all + (in->start + k) * j->size, j->fill, j->size);
        hg_free(from);
        forget(&in->rows, j->member);
    }
    *j->to = all;
    return HG_OK;
}

static hg_status join_columns(hg_raw *raw, hg_error *err)
{
    static const double nan_value = NAN, one = 1;
    static const int64_t no_time = HG_NO_TIME;
    static const uint32_t no_text = HG_NO_TEXT;
    static const uint64_t zero = 0;
    const join joins[] = {
        {(void **)&raw->file_x, offsetof(hg_source_rows, x), sizeof(double), &nan_value},
        {(void **)&raw->file_y, offsetof(hg_source_rows, y), sizeof(double), &nan_value},
        {(void **)&raw->w, offsetof(hg_source_rows, w), sizeof(double), &one},
        {(void **)&raw->t_start, offsetof(hg_source_rows, t_start), sizeof(int64_t), &no_time},
        {(void **)&raw->t_end, offsetof(hg_source_rows, t_end), sizeof(int64_t), &no_time},
        {(void **)&raw->category, offsetof(hg_source_rows, category), sizeof(uint32_t), &no_text},
        {(void **)&raw->id, offsetof(hg_source_rows, id), sizeof(uint32_t), &no_text},
        {(void **)&raw->hash, offsetof(hg_source_rows, hash), sizeof(uint64_t), &zero},
        {(void **)&raw->state, offsetof(hg_source_rows, state), sizeof(uint8_t), &zero},
    };
    for (size_t k = 0; k < sizeof joins / sizeof *joins; k++) {
        hg_status status = join_column(&joins[k], raw, err);
        if (status != HG_OK)
            return status;
    }
    raw->reason = hg_calloc(raw->n, sizeof *raw->reason);
    return raw->reason ? HG_OK : hg_fail_memory(err);
}

static hg_column *kept_named(const hg_raw *raw, const char *name)
{
    for (size_t k = 0; k < raw->kept_count; k++)
        if (strcasecmp(raw->kept[k].name, name) == 0)
            return &raw->kept[k];
    return NULL;
}

static hg_type common_type(hg_type a, hg_type b)
{
    if (a == b)
        return a;
    return a == HG_TEXT || b == HG_TEXT ? HG_TEXT : HG_DOUBLE;
}

/* The columns that any input keeps, each with a type that holds every input's values. */
static hg_status list_kept(hg_raw *raw, hg_error *err)
{
    size_t capacity = 0;
    for (size_t i = 0; i < raw->input_count; i++) {
        for (size_t k = 0; k < raw->inputs[i].rows.kept_count; k++) {
            const hg_column *c = &raw->inputs[i].rows.kept[k];
            hg_column *have = kept_named(raw, c->name);
            if (have) {
                have->type = common_type(have->type, c->type);
                continue;
            }
            hg_column *kept = hg_grow(raw->kept, &capacity, raw->kept_count + 1, sizeof *kept);
            if (!kept)
                return hg_fail_memory(err);
            raw->kept = kept;
            kept[raw->kept_count] = (hg_column){.name = hg_strdup(c->name), .type = c->type};
            if (!kept[raw->kept_count].name)
                return hg_fail_memory(err);
            raw->kept_count++;
        }
    }
    return HG_OK;
}

static hg_status number_text(hg_pool *pool, const hg_column *from, size_t row, uint32_t *id,
                             hg_error *err)
{
    char buf[64];
    bool null = from->type == HG_INT64 ? from->i64[row] == HG_NULL_INT64 : isnan(from->f64[row]);
    *id = HG_NO_TEXT;
    if (null)
        return HG_OK;
    if (from->type == HG_INT64)
        snprintf(buf, sizeof buf, "%lld", (long long)from->i64[row]);
    else
        hg_shortest_decimal(from->f64[row], buf);
    return hg_pool_intern(pool, buf, strlen(buf), id, err);
}

static hg_status convert_kept(hg_pool *pool, const hg_column *from, size_t n, hg_column *to,
                              size_t start, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < n && status == HG_OK; i++) {
        if (to->type == HG_TEXT && from->type == HG_TEXT)
            to->text[start + i] = from->text[i];
        else if (to->type == HG_TEXT)
            status = number_text(pool, from, i, &to->text[start + i], err);
        else if (to->type == HG_INT64)
            to->i64[start + i] = from->i64[i];
        else if (from->type == HG_DOUBLE)
            to->f64[start + i] = from->f64[i];
        else
            to->f64[start + i] = from->i64[i] == HG_NULL_INT64 ? NAN : (double)from->i64[i];
    }
    return status;
}

static void fill_kept(hg_column *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (c->type == HG_TEXT)
            c->text[i] = HG_NO_TEXT;
        else if (c->type == HG_INT64)
            c->i64[i] = HG_NULL_INT64;
        else
            c->f64[i] = NAN;
    }
}

static hg_status join_kept(hg_pool *pool, hg_raw *raw, hg_error *err)
{
    hg_status status = list_kept(raw, err);
    for (size_t k = 0; k < raw->kept_count && status == HG_OK; k++) {
        hg_column *to = &raw->kept[k];
        to->i64 = hg_malloc(raw->n, to->type == HG_TEXT ? sizeof(uint32_t) : sizeof(int64_t));
        if (!to->i64)
            return hg_fail_memory(err);
        fill_kept(to, raw->n);
        for (size_t i = 0; i < raw->input_count && status == HG_OK; i++) {
            const hg_raw_input *in = &raw->inputs[i];
            for (size_t c = 0; c < in->rows.kept_count && status == HG_OK; c++)
                if (strcasecmp(in->rows.kept[c].name, to->name) == 0)
                    status = convert_kept(pool, &in->rows.kept[c], in->n, to, in->start, err);
        }
    }
    return status;
}

static hg_status stream_index(hg_intake *in, const char *name, size_t *capacity, uint16_t *index,
                              hg_error *err)
{
    size_t n = in->incidents.streams;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(in->stream_names[i], name) == 0) {
            *index = (uint16_t)i;
            return HG_OK;
        }
    }
    if (n >= UINT16_MAX)
        return hg_fail(err, HG_EUSAGE, "there are more than %d streams; is --stream-col right?",
                       UINT16_MAX - 1);
    char **names = hg_grow(in->stream_names, capacity, n + 1, sizeof *names);
    if (!names)
        return hg_fail_memory(err);
    in->stream_names = names;
    names[n] = hg_strdup(name);
    if (!names[n])
        return hg_fail_memory(err);
    in->incidents.streams = n + 1;
    *index = (uint16_t)n;
    return HG_OK;
}

/* Pool id -> stream, filled as the ids appear; most rows repeat a handful. */
static hg_status streams_of_input(const hg_job *job, hg_intake *in, hg_raw *raw, size_t i,
                                  size_t *capacity, hg_error *err)
{
    hg_raw_input *r = &raw->inputs[i];
    const char *name = either(r->set->stream, job->all.stream);
    /* A store's own column gives way to --stream; a column asked for does not. */
    bool column =
        r->rows.stream && (!name || either(r->set->stream_column, job->all.stream_column));
    uint16_t constant = 0;
    bool known = false;
    uint32_t ids = hg_pool_count(in->pool), last = HG_NO_TEXT;
    uint16_t last_stream = 0, *map = NULL;
    hg_status status = HG_OK;
    if (!column) { /* also where all of an input's rows are on other ranks */
        status = stream_index(in, name ? name : hg_source_stem(r->source), capacity, &constant, err);
        known = true;
    }
    if (column) {
        map = hg_malloc(ids, sizeof *map);
        if (!map)
            return hg_fail_memory(err);
        memset(map, 0xff, ids * sizeof *map);
    }
    for (size_t k = 0; k < r->n && status == HG_OK; k++) {
        uint32_t id = column ? r->rows.stream[k] : HG_NO_TEXT;
        uint16_t s = UINT16_MAX;
        if (id == HG_NO_TEXT) {
            if (!known)
                status = stream_index(in, name ? name : hg_source_stem(r->source), capacity,
                                      &constant, err);
            known = true;
            s = constant;
        } else if (id == last) {
            s = last_stream;
        } else {
            if (map[id] == UINT16_MAX)
                status = stream_index(in, hg_pool_text(in->pool, id), capacity, &map[id], err);
            s = map[id];
        }
        last = id;
        last_stream = s;
        raw->stream[r->start + k] = s;
    }
    hg_free(map);
    return status;
}

/* One input without a stream column: everything is stream 0, which needs no column. */
static hg_status only_stream(const hg_job *job, hg_intake *in, const hg_raw *raw, hg_error *err)
{
    const hg_raw_input *r = &raw->inputs[0];
    const char *name = either(r->set->stream, job->all.stream);
    size_t capacity = 0;
    uint16_t index = 0;
    return stream_index(in, name ? name : hg_source_stem(r->source), &capacity, &index, err);
}

static hg_status join_streams(const hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err)
{
    size_t capacity = 0;
    if (raw->input_count == 1 && !raw->inputs[0].rows.stream)
        return only_stream(job, in, raw, err);
    raw->stream = hg_malloc(raw->n, sizeof *raw->stream);
    hg_status status = raw->stream ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++)
        status = streams_of_input(job, in, raw, i, &capacity, err);
    return status;
}

/* One layer of a store holds points or polygons, never both; a map takes them together. */
static hg_status settle_kinds(const hg_job *job, hg_raw *raw, hg_error *err)
{
    const hg_raw_input *first = &raw->inputs[0];
    bool polygons = hg_source_is_polygons(first->source), any = polygons;
    bool load = strcmp(job->command->info.name, "load") == 0;
    for (size_t i = 1; i < raw->input_count; i++) {
        bool own = hg_source_is_polygons(raw->inputs[i].source);
        any |= own;
        if (load && own != polygons)
            return hg_fail(err, HG_EUSAGE, "%s holds %s, %s %s; load them into layers of their own",
                           hg_source_name(first->source), polygons ? "polygons" : "points",
                           hg_source_name(raw->inputs[i].source), polygons ? "points" : "polygons");
    }
    if (!any)
        return HG_OK;
    raw->polygons = hg_calloc(raw->input_count, sizeof *raw->polygons);
    return raw->polygons ? HG_OK : hg_fail_memory(err);
}

static void note_not_read(hg_job *job, const hg_raw_input *r)
{
    if (r->rows.not_read)
        hg_job_add_note(job, "%llu rows of %s lie outside the box of the study area and were not read",
                        (unsigned long long)r->rows.not_read, hg_source_name(r->source));
}

uint64_t hg_raw_row_number(const hg_raw_input *r, size_t i)
{
    return r->rows.number ? r->rows.number[i] : i + 1;
}

hg_status hg_raw_read(hg_job *job, hg_intake *in, hg_raw *raw, hg_error *err)
{
    raw->input_count = job->input_count;
    raw->inputs = hg_calloc(raw->input_count, sizeof *raw->inputs);
    if (!raw->inputs)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++)
        status = open_input(job, i, in, raw, err);
    if (status == HG_OK)
        status = settle_kinds(job, raw, err);
    if (status == HG_OK)
        status = hg_raw_limit(job, raw, err);
    status = hg_ranks_begin_reading(job, raw, status, err);
    for (size_t i = 0; i < raw->input_count && status == HG_OK; i++) {
        hg_raw_input *r = &raw->inputs[i];
        hg_say_progress(&job->control, "read", (double)i / (double)raw->input_count);
        status = hg_source_is_polygons(r->source)
                     ? hg_source_read_polygons(r->source, &r->rows, &raw->polygons[i], err)
                     : hg_ranks_read(job, i, r->source, in->pool, &r->rows, err);
        r->start = raw->n;
        r->n = r->rows.n;
        raw->n += r->n;
        note_not_read(job, r);
    }
    if (status == HG_OK && raw->n >= UINT32_MAX)
        status = hg_fail(err, HG_EDATA, "%zu rows are more than 4,294,967,294", raw->n);
    if (status == HG_OK)
        status = check_clocks(raw, err);
    if (status == HG_OK)
        status = join_columns(raw, err);
    if (status == HG_OK)
        status = join_kept(in->pool, raw, err);
    if (status == HG_OK)
        status = join_streams(job, in, raw, err);
    return status;
}
