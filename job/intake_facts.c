#include "job/intake.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How to run and to talk, which leaves no trace in the result. */
static bool is_manner(const char *option)
{
    static const char *const manners[] = {"output", "overwrite", "threads", "memory", "quiet",
                                          "json",   "progress",  "no-hash"};
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
        if (strcmp(option, manners[i]) == 0)
            return true;
    return false;
}

/* The options in force as they were given; what was left to the defaults stands in facts of its
 * own. */
static void option_facts(hg_job *job)
{
    for (size_t i = 0; i < job->given_count; i++) {
        const hg_given_option *g = &job->given[i];
        bool own = false;
        for (size_t k = 0; k < hg_option_count(); k++)
            own |= hg_option_at(k)->source && strcmp(hg_option_at(k)->name, g->name) == 0;
        if (is_manner(g->name))
            continue;
        const hg_fact *have = NULL;
        char key[96];
        if (own && g->input)
            snprintf(key, sizeof key, "inputs[%zu].options.%s", g->input - 1, g->name);
        else
            snprintf(key, sizeof key, "options.%s", g->name);
        have = hg_fact_find(&job->facts, key);
        hg_text both = {0};
        hg_text_addf(&both, "%s%s%s", have && have->text ? have->text : "", have ? "; " : "",
                     g->value);
        hg_fact_text(&job->facts, both.s, "%s", key);
        hg_text_dispose(&both);
    }
}

void hg_notes_say(hg_job *job)
{
    for (size_t i = 0; i < job->notes.count; i++)
        hg_fact_text(&job->facts, job->notes.items[i], "notes[%zu]", i);
}

static const char *tz_of(const hg_job *job, size_t i)
{
    return job->inputs[i].set.tz ? job->inputs[i].set.tz : job->all.tz;
}

void hg_input_say(hg_facts *f, const hg_input_facts *k, size_t i)
{
    hg_fact_text(f, k->name, "inputs[%zu].name", i);
    hg_fact_text(f, k->layer, "inputs[%zu].layer", i);
    hg_fact_int(f, (int64_t)k->rows_read, "inputs[%zu].rows_read", i);
    hg_fact_int(f, (int64_t)k->accepted, "inputs[%zu].accepted", i);
    hg_fact_int(f, (int64_t)k->rejected, "inputs[%zu].rejected", i);
    if (k->not_read)
        hg_fact_int(f, (int64_t)k->not_read, "inputs[%zu].not_read", i);
    if (k->file)
        hg_fact_int(f, (int64_t)k->bytes, "inputs[%zu].bytes", i);
    if (k->sha256[0])
        hg_fact_text(f, k->sha256, "inputs[%zu].sha256", i);
}

static void count_reasons(const hg_rejects *rejects, int64_t counts[HG_REASON_END])
{
    memset(counts, 0, HG_REASON_END * sizeof *counts);
    for (size_t i = 0; i < rejects->count; i++)
        counts[rejects->rows[i].reason]++;
}

static void reasons_say(hg_facts *f, const int64_t counts[HG_REASON_END])
{
    for (size_t r = 1; r < HG_REASON_END; r++)
        if (counts[r])
            hg_fact_int(f, counts[r], "rejected_by_reason.%s", hg_reason_code((hg_reason)r));
}

void hg_rejects_say(hg_facts *f, const hg_rejects *rejects)
{
    int64_t counts[HG_REASON_END];
    count_reasons(rejects, counts);
    reasons_say(f, counts);
}

void hg_intake_reasons(const hg_intake *in, int64_t counts[HG_REASON_END])
{
    if (in->all.spread)
        memcpy(counts, in->all.reasons, sizeof in->all.reasons);
    else
        count_reasons(&in->rejects, counts);
}

void hg_plane_say(hg_facts *f, const hg_crs *crs, const char *why)
{
    hg_fact_text(f, hg_crs_code(crs) ? hg_crs_code(crs) : hg_crs_wkt(crs), "analysis_crs");
    hg_fact_text(f, hg_crs_name(crs), "analysis_crs_name");
    hg_fact_text(f, why, "analysis_crs_why");
}

void hg_run_say(hg_job *job)
{
    option_facts(job);
    hg_notes_say(job);
    hg_fact_text(&job->facts, "internal use", "classification");
}

bool hg_says_un_offset(const hg_store_contents *contents)
{
    for (size_t i = 0; i < contents->run_info_count; i++) {
        const hg_store_pair *p = &contents->run_info[i];
        size_t n = strlen(p->key), own = strlen("un_offset");
        if (n >= own && strcmp(p->key + n - own, "un_offset") == 0 && p->value && strcmp(p->value, "true") == 0)
            return true;
    }
    return false;
}

/* What a store was made of stays what it is. */
static bool store_says_un_offset(const char *path)
{
    const char *dot = strrchr(path, '.');
    hg_store_contents contents = {0};
    if (!dot || (strcmp(dot, ".gpkg") != 0 && strcmp(dot, ".sqlite") != 0) ||
        hg_store_look(path, &contents, NULL) != HG_OK)
        return false;
    bool says = hg_says_un_offset(&contents);
    hg_store_contents_dispose(&contents);
    return says;
}

static void input_facts(hg_job *job, const hg_intake *in)
{
    hg_facts *f = &job->facts;
    for (size_t i = 0; i < in->input_count; i++) {
        const hg_source_settings *set = &job->inputs[i].set;
        hg_datum datum = set->datum_given ? set->datum : job->all.datum;
        hg_input_say(f, &in->inputs[i], i);
        hg_fact_text(f, hg_datum_name(datum), "inputs[%zu].datum", i);
        hg_fact_bool(f, datum == HG_GCJ02 || datum == HG_BD09 || store_says_un_offset(job->inputs[i].path),
                     "inputs[%zu].un_offset", i);
        if (tz_of(job, i))
            hg_fact_text(f, tz_of(job, i), "inputs[%zu].tz", i);
    }
}

bool hg_intake_in_m2(const hg_intake *in)
{
    return in->patches && strcmp(in->polygon_unit_rule, "m2") == 0;
}

const char *hg_intake_noun(const hg_intake *in)
{
    if (!in->patches)
        return "incidents";
    return in->has_points ? "incidents and patches" : "patches";
}

static void patch_facts(hg_job *job, const hg_intake *in)
{
    hg_facts *f = &job->facts;
    double area = 0, inside = 0;
    int64_t n = 0;
    for (size_t i = 0; i < in->incidents.n; i++) {
        if (in->patch[i] == HG_NO_PATCH)
            continue;
        const hg_patch *p = hg_patches_at(in->patches, in->patch[i]);
        n++;
        area += p->whole.area_m2;
        inside += p->inside.area_m2;
    }
    hg_fact_int(f, n, "patches.accepted");
    hg_fact_int(f, (int64_t)in->patches_repaired, "patches.repaired");
    hg_fact_real(f, area, "patches.area_m2");
    hg_fact_real(f, inside, "patches.inside_m2");
    hg_fact_real(f, in->polygon_unit_m2, "polygon_unit_m2");
    hg_fact_text(f, in->polygon_unit_rule, "polygon_unit_rule");
}

void hg_intake_count_streams(const hg_intake *in, int64_t *rows, int64_t *last)
{
    const hg_incidents *inc = &in->incidents;
    for (size_t s = 0; s < inc->streams; s++) {
        rows[s] = 0;
        last[s] = HG_NO_TIME;
    }
    for (size_t i = 0; i < inc->n; i++) {
        size_t s = inc->stream ? inc->stream[i] : 0;
        int64_t t = inc->t_start ? inc->t_start[i] : HG_NO_TIME;
        rows[s]++;
        last[s] = t != HG_NO_TIME && (last[s] == HG_NO_TIME || t > last[s]) ? t : last[s];
    }
}

/* Names, rows and the last time of each; of a stream without times null. */
static void stream_facts(hg_job *job, const hg_intake *in)
{
    const size_t n = in->incidents.streams;
    char buf[32];
    int64_t *own = hg_malloc(2 * n, sizeof *own);
    const int64_t *rows = in->all.spread ? in->all.stream_rows : own;
    const int64_t *last = in->all.spread ? in->all.stream_last : own + n;
    job->facts.failed |= !own;
    if (own && !in->all.spread)
        hg_intake_count_streams(in, own, own + n);
    for (size_t s = 0; own && s < n; s++) {
        hg_fact_text(&job->facts, in->stream_names[s], "streams[%zu]", s);
        hg_fact_int(&job->facts, rows[s], "streams_accepted[%zu]", s);
        hg_fact_text(&job->facts, last[s] != HG_NO_TIME ? hg_civil_text(last[s], buf) : NULL, "streams_last[%zu]", s);
    }
    hg_free(own);
}

void hg_intake_facts(hg_job *job, const hg_intake *in)
{
    hg_facts *f = &job->facts;
    char buf[32];
    int64_t reasons[HG_REASON_END];
    hg_fact_int(f, (int64_t)in->rows_read, "rows_read");
    hg_fact_int(f, (int64_t)in->accepted, "accepted");
    hg_fact_int(f, (int64_t)in->rejected, "rejected");
    hg_intake_reasons(in, reasons);
    reasons_say(f, reasons);
    if (job->set.area_name)
        hg_fact_int(f, (int64_t)in->elsewhere, "elsewhere");
    hg_fact_int(f, (int64_t)in->halo, "halo");
    hg_fact_int(f, (int64_t)in->untimed, "untimed");
    hg_fact_int(f, (int64_t)in->duplicates, "duplicates");
    hg_plane_say(f, in->crs, in->crs_why);
    if (in->first_time != HG_NO_TIME) {
        hg_fact_text(f, hg_civil_text(in->first_time, buf), "first_time");
        hg_fact_text(f, hg_civil_text(in->last_time, buf), "last_time");
    }
    if (job->set.half_life_s > 0) {
        hg_fact_real(f, job->set.half_life_s / 86400, "half_life_d");
        hg_fact_text(f, hg_civil_text(in->as_of, buf), "as_of");
        hg_fact_real(f, in->mean_age_factor, "mean_age_factor");
    }
    if (in->patches)
        patch_facts(job, in);
    stream_facts(job, in);
    input_facts(job, in);
    hg_run_say(job);
}

/* ------------------------------------------------- tables ------------------------------------ */

static size_t row_at(const size_t *rows, size_t i)
{
    return rows ? rows[i] : i;
}

static hg_status fill_texts(const hg_intake *in, const size_t *rows, hg_table *t, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    hg_column *stream = hg_table_column(t, "stream"), *source = hg_table_column(t, "source");
    hg_column *category = hg_table_column(t, "category");
    uint32_t *streams = hg_malloc(inc->streams, sizeof *streams);
    uint32_t *sources = hg_malloc(in->input_count, sizeof *sources);
    hg_status status = streams && sources ? HG_OK : hg_fail_memory(err);
    for (size_t i = 0; i < inc->streams && status == HG_OK; i++)
        status = hg_pool_intern(in->pool, in->stream_names[i], strlen(in->stream_names[i]),
                                &streams[i], err);
    for (size_t i = 0; i < in->input_count && status == HG_OK; i++)
        status = hg_pool_intern(in->pool, in->inputs[i].name, strlen(in->inputs[i].name),
                                &sources[i], err);
    for (size_t i = 0; i < t->rows && status == HG_OK; i++) {
        size_t r = row_at(rows, i);
        stream->text[i] = streams[inc->stream ? inc->stream[r] : 0];
        source->text[i] = sources[in->input ? in->input[r] : 0];
        category->text[i] = in->category ? in->category[r] : HG_NO_TEXT;
    }
    hg_free(streams);
    hg_free(sources);
    return status;
}

static void fill_numbers(const hg_intake *in, const size_t *rows, bool polygons, hg_table *t)
{
    const hg_incidents *inc = &in->incidents;
    double *weight = hg_table_column(t, "weight")->f64;
    int64_t *start = hg_table_column(t, "t_start")->i64, *end = hg_table_column(t, "t_end")->i64;
    int64_t *source_row = hg_table_column(t, "source_row")->i64;
    hg_column *area = hg_table_column(t, "area_m2");
    for (size_t i = 0; i < t->rows; i++) {
        size_t r = row_at(rows, i);
        weight[i] = inc->w ? inc->w[r] : 1;
        start[i] = inc->t_start ? inc->t_start[r] : HG_NO_TIME;
        end[i] = inc->t_end ? inc->t_end[r] : HG_NO_TIME;
        source_row[i] = in->source_row ? (int64_t)in->source_row[r] : (int64_t)r + 1;
        if (area)
            area->f64[i] = hg_patches_at(in->patches, in->patch[r])->whole.area_m2;
        if (polygons)
            continue;
        t->geometry.xy[2 * i] = inc->x[r];
        t->geometry.xy[2 * i + 1] = inc->y[r];
    }
}

/* A kept column that bears the name of one of ours is told apart by a suffix. */
static hg_status add_kept(const hg_intake *in, const size_t *rows, hg_table *t, hg_error *err)
{
    for (size_t k = 0; k < in->kept_count; k++) {
        const hg_column *from = &in->kept[k];
        hg_column *to = NULL;
        char name[256];
        snprintf(name, sizeof name, "%.240s", from->name);
        bool taken = strcasecmp(name, "fid") == 0 || strcasecmp(name, "geom") == 0;
        for (int n = 2; taken || hg_table_column(t, name); n++, taken = false)
            snprintf(name, sizeof name, "%.240s_%d", from->name, n);
        hg_status status = hg_table_add(t, name, from->type, &to, err);
        if (status != HG_OK)
            return status;
        for (size_t i = 0; i < t->rows; i++) {
            if (from->type == HG_TEXT)
                to->text[i] = from->text[row_at(rows, i)];
            else
                to->i64[i] = from->i64[row_at(rows, i)];
        }
    }
    return HG_OK;
}

hg_status hg_intake_incident_table(const hg_intake *in, const char *name, bool polygons,
                                   const size_t *rows, size_t n, hg_table **out, hg_error *err)
{
    static const struct {
        const char *name;
        hg_type type;
    } columns[] = {{"stream", HG_TEXT},      {"category", HG_TEXT},  {"weight", HG_DOUBLE},
                   {"t_start", HG_DATETIME}, {"t_end", HG_DATETIME}, {"source", HG_TEXT},
                   {"source_row", HG_INT64},
                   {"area_m2", HG_DOUBLE},  {"cell_id", HG_TEXT}};
    size_t count = sizeof columns / sizeof *columns - (polygons && in->patches ? 0 : 2);
    hg_table *t = NULL;
    hg_status status = hg_table_new(name, rows ? n : in->incidents.n, in->pool, &t, err);
    for (size_t k = 0; k < count && status == HG_OK; k++)
        status = hg_table_add(t, columns[k].name, columns[k].type, NULL, err);
    if (status == HG_OK)
        status = polygons ? hg_intake_add_polygons(in, rows, t, err)
                              : hg_table_make_points(t, hg_crs_wkt(in->crs), err);
    if (status == HG_OK)
        status = fill_texts(in, rows, t, err);
    if (status == HG_OK)
        fill_numbers(in, rows, polygons, t);
    if (status == HG_OK)
        status = add_kept(in, rows, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

hg_status hg_row_table_place(hg_table *t, size_t i, const hg_input_facts *input, uint64_t row,
                             hg_error *err)
{
    hg_status status = hg_table_set_text(t, &t->columns[0], i, input->name, err);
    if (status == HG_OK)
        status = hg_table_set_text(t, &t->columns[1], i, input->layer, err);
    t->columns[2].i64[i] = (int64_t)row;
    return status;
}

hg_status hg_row_table(const char *name, size_t rows, hg_pool *pool, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_table_new(name, rows, pool, &t, err);
    if (status == HG_OK)
        status = hg_table_add(t, "source", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "layer", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "row", HG_INT64, NULL, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

hg_status hg_rejects_table(const hg_rejects *rejects, const hg_input_facts *inputs,
                           const uint32_t *raw, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_row_table("rejects", rejects->count, rejects->pool, &t, err);
    if (status == HG_OK)
        status = hg_table_add(t, "reason", HG_TEXT, NULL, err);
    if (status == HG_OK)
        status = hg_table_add(t, "value", HG_TEXT, NULL, err);
    if (status == HG_OK && raw)
        status = hg_table_add(t, "raw", HG_TEXT, NULL, err);
    for (size_t i = 0; i < rejects->count && status == HG_OK; i++) {
        const hg_reject *r = &rejects->rows[i];
        t->columns[4].text[i] = r->value;
        if (raw)
            t->columns[5].text[i] = raw[i];
        status = hg_row_table_place(t, i, &inputs[r->source], r->row, err);
        if (status == HG_OK)
            status = hg_table_set_text(t, &t->columns[3], i, hg_reason_code(r->reason), err);
    }
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

hg_status hg_intake_rejects_table(const hg_intake *in, hg_table **out, hg_error *err)
{
    return hg_rejects_table(&in->rejects, in->inputs, in->rejects_raw, out, err);
}

hg_status hg_intake_marked_table(const hg_intake *in, const char *name, const uint8_t *marks, uint8_t bit,
                                 hg_table **out, hg_error *err)
{
    size_t n = 0;
    for (size_t i = 0; marks && i < in->incidents.n; i++)
        n += (marks[i] & bit) != 0;
    hg_table *t = NULL;
    hg_status status = hg_row_table(name, n, in->pool, &t, err);
    for (size_t i = 0, k = 0; k < n && status == HG_OK; i++) {
        if (!(marks[i] & bit))
            continue;
        uint64_t row = in->source_row ? in->source_row[i] : i + 1;
        status = hg_row_table_place(t, k++, &in->inputs[in->input ? in->input[i] : 0], row, err);
    }
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

hg_status hg_intake_duplicates_table(const hg_intake *in, hg_table **out, hg_error *err)
{
    return hg_intake_marked_table(in, "duplicates", in->incidents.flags, HG_FLAG_DUPLICATE, out, err);
}
