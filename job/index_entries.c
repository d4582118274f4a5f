/* From incidents to the events of the index: their day, unit, stream and severity; and the days to publish. */
#include "base/memory.h"
#include "base/number.h"
#include "job/index.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { DAY_S = 86400, FURTHEST_EAST_S = 14 * 3600 };

void hg_index_entries_dispose(hg_index_entries *e)
{
    for (size_t k = 0; e->measures && k < e->measure_count; k++) {
        hg_free(e->measures[k].value);
        hg_free(e->measures[k].carried);
    }
    hg_free(e->measures);
    hg_free(e->day);
    hg_free(e->unit);
    hg_free(e->series);
    hg_free(e->weight);
    hg_free(e->deaths_owned);
    *e = (hg_index_entries){0};
}

int32_t hg_index_day_of(int64_t civil)
{
    return (int32_t)(civil / DAY_S - (civil % DAY_S < 0));
}

const char *hg_index_day_text(int32_t day, char *buf)
{
    enum { DATE = 10 };
    hg_civil_text((int64_t)day * DAY_S, buf);
    buf[DATE] = '\0';
    return buf;
}

bool hg_index_zh(const hg_index_run *run)
{
    return run->job->set.lang && strcmp(run->job->set.lang, "zh") == 0;
}

/* ------------------------------------------------- series ----------------------------------- */

static void name_series(const hg_index_run *run, const hg_index_part *p, hg_index_series_info *s, bool apart)
{
    bool zh = hg_index_zh(run);
    const char *label = zh && p->label_zh ? p->label_zh : p->name;
    snprintf(s->name, sizeof s->name, "%.100s%s", p->name, apart ? " (discovered)" : "");
    snprintf(s->label, sizeof s->label, "%.100s%s", label, !apart ? "" : zh ? "（主动发现）" : " (discovered)");
}

static bool code_taken(const hg_index_run *run, const char *code)
{
    for (size_t i = 0; i < run->series_count; i++)
        if (strcmp(run->series[i].code, code) == 0)
            return true;
    return false;
}

static void add_series(hg_index_run *run, size_t part, bool discovered, bool apart)
{
    const hg_index_part *p = &run->design.parts[part];
    hg_index_series_info s = {.part = part, .discovered = discovered};
    char code[HG_STREAM_CODE_SIZE];
    hg_stream_code(p->name, part, code);
    snprintf(s.code, sizeof s.code, "%s%s", code, apart ? "_found" : "");
    for (int n = 2; code_taken(run, s.code); n++)
        snprintf(s.code, sizeof s.code, "%.30s_%d", code, n);
    name_series(run, p, &s, apart);
    run->streams[run->series_count] = (hg_index_stream){.weight = discovered ? 0 : p->weight,
                                                        .discovered = discovered};
    run->series[run->series_count++] = s;
}

static void make_series(hg_index_run *run)
{
    const hg_index_design *d = &run->design;
    for (size_t i = 0; i < d->part_count; i++)
        add_series(run, i, d->parts[i].all_discovered, false);
    for (size_t i = 0; i < d->part_count; i++)
        if (d->parts[i].discovered_count)
            add_series(run, i, true, true);
    run->design.model.streams = run->streams;
    run->design.model.stream_count = run->series_count;
}

/* Where discovered categories of a part go; its own series where there are none. */
static uint16_t found_series(const hg_index_run *run, size_t part)
{
    for (size_t s = run->design.part_count; s < run->series_count; s++)
        if (run->series[s].part == part)
            return (uint16_t)s;
    return (uint16_t)part;
}

/* Every stream of the inputs must be one of the design: a feed left out would go unnoticed. */
static hg_status map_streams(const hg_index_run *run, size_t *part, hg_error *err)
{
    const hg_index_design *d = &run->design;
    for (size_t s = 0; s < run->in->incidents.streams; s++) {
        part[s] = hg_index_part_of(d, run->in->stream_names[s]);
        if (part[s] < d->part_count)
            continue;
        hg_text known = {0};
        for (size_t i = 0; i < d->part_count; i++)
            hg_text_addf(&known, "%s%s", i ? ", " : "", d->parts[i].name);
        hg_status status = hg_fail(err, HG_EUSAGE,
                                   "stream \"%s\" of the inputs is none of the index (%s); name the input's "
                                   "with --stream, or the index's in --config",
                                   run->in->stream_names[s], known.s ? known.s : "");
        hg_text_dispose(&known);
        return status;
    }
    return HG_OK;
}

/* ------------------------------------------------- categories ------------------------------- */

/* What a category means in a part: looked up once for each of both. */
typedef struct category_rule {
    double weight;
    bool discovered, known;
} category_rule;

static category_rule look_up(const hg_index_part *p, const char *category)
{
    category_rule r = {.weight = 1, .discovered = false, .known = true};
    for (size_t k = 0; category && k < p->severity_count; k++)
        if (strcmp(p->severity[k].category, category) == 0)
            r.weight = p->severity[k].weight;
    for (size_t k = 0; category && k < p->discovered_count; k++)
        r.discovered |= strcmp(p->discovered[k], category) == 0;
    return r;
}

static bool uses_categories(const hg_index_design *d)
{
    bool any = false;
    for (size_t i = 0; i < d->part_count; i++)
        any |= d->parts[i].severity_count || d->parts[i].discovered_count;
    return any;
}

static hg_status weigh(hg_index_run *run, const size_t *part, hg_error *err)
{
    const hg_intake *in = run->in;
    const hg_index_design *d = &run->design;
    hg_index_entries *e = &run->events;
    bool categories = uses_categories(d);
    uint32_t texts = hg_pool_count(in->pool);
    category_rule *rules =
        categories && in->category ? hg_calloc((size_t)texts + 1, d->part_count * sizeof *rules) : NULL;
    if (categories && in->category && !rules)
        return hg_fail_memory(err);
    e->severity_unused = categories && !in->category;
    if ((categories || in->incidents.w) && !(e->weight = hg_malloc(e->n, sizeof *e->weight))) {
        hg_free(rules);
        return hg_fail_memory(err);
    }
    for (size_t i = 0; i < e->n; i++) {
        size_t p = part[in->incidents.stream ? in->incidents.stream[i] : 0];
        category_rule one = {.weight = 1}, *r = &one;
        if (rules) {
            uint32_t id = in->category[i];
            r = &rules[(size_t)(id == HG_NO_TEXT ? texts : id) * d->part_count + p];
            if (!r->known)
                *r = look_up(&d->parts[p], hg_pool_text(in->pool, id));
        }
        e->series[i] = r->discovered ? found_series(run, p) : (uint16_t)p;
        if (e->weight)
            e->weight[i] = r->weight * (in->incidents.w ? in->incidents.w[i] : 1);
    }
    hg_free(rules);
    return HG_OK;
}

/* ------------------------------------------------- amounts ---------------------------------- */

/* Beyond it sums lose what single events come with. */
static const double MOST_AMOUNT = 1e15;

static hg_status amount_of(const hg_intake *in, const hg_column *c, size_t i, double *out, hg_error *err)
{
    *out = NAN;
    if (c->type == HG_INT64 && c->i64[i] != HG_NULL_INT64)
        *out = (double)c->i64[i];
    else if (c->type == HG_DOUBLE)
        *out = c->f64[i];
    const char *text = c->type == HG_TEXT ? hg_pool_text(in->pool, c->text[i]) : NULL;
    bool blank = !text || !text[strspn(text, " ")];
    bool read = blank || (hg_parse_number(text, strlen(text), out) && isfinite(*out));
    if (read && !(*out < 0) && !(*out > MOST_AMOUNT))
        return HG_OK;
    char number[32];
    size_t row = in->source_row ? in->source_row[i] : i + 1;
    return hg_fail(err, HG_EDATA, "%s row %zu: %s \"%s\" is no amount; a number from 0 to 1e15 was expected",
                   in->inputs[in->input ? in->input[i] : 0].name, row, c->name,
                   read ? hg_shortest_decimal(*out, number) : text);
}

static const hg_column *kept_named(const hg_intake *in, const char *name)
{
    for (size_t k = 0; k < in->kept_count; k++)
        if (strcasecmp(in->kept[k].name, name) == 0)
            return &in->kept[k];
    return NULL;
}

static hg_status read_amounts(const hg_intake *in, const hg_column *c, double *value, hg_error *err)
{
    hg_status status = HG_OK;
    if (c->type == HG_DATETIME)
        return hg_fail(err, HG_EUSAGE, "--measure %s: a column of times; numbers were expected", c->name);
    for (size_t i = 0; i < in->incidents.n && status == HG_OK; i++)
        status = amount_of(in, c, i, &value[i], err);
    return status;
}

static hg_status add_measure(hg_index_run *run, const char *name, hg_error *err)
{
    hg_index_entries *e = &run->events;
    const hg_column *c = kept_named(run->in, name);
    for (size_t k = 0; k < e->measure_count; k++)
        if (strcasecmp(e->measures[k].name, name) == 0)
            return HG_OK;
    for (size_t s = 0; s < run->series_count; s++)
        if (strcmp(run->series[s].name, name) == 0)
            return hg_fail(err, HG_EUSAGE, "--measure %s: a stream is called so; its counts are a measure already",
                           name);
    hg_index_measure *m = &e->measures[e->measure_count++];
    *m = (hg_index_measure){.name = c->name,
                            .value = hg_malloc(e->n, sizeof *m->value),
                            .carried = hg_calloc(run->series_count, sizeof *m->carried)};
    hg_status status = m->value && m->carried ? read_amounts(run->in, c, m->value, err) : hg_fail_memory(err);
    for (size_t i = 0; i < e->n && status == HG_OK; i++)
        m->carried[e->series[i]] |= !isnan(m->value[i]);
    return status;
}

static hg_status make_measures(hg_index_run *run, hg_error *err)
{
    const hg_job *job = run->job;
    size_t most = job->all.measure.count;
    for (size_t i = 0; i < job->input_count; i++)
        most += job->inputs[i].set.measure.count;
    run->events.measures = hg_calloc(most, sizeof *run->events.measures);
    hg_status status = run->events.measures ? HG_OK : hg_fail_memory(err);
    for (size_t k = 0; k < job->all.measure.count && status == HG_OK; k++)
        if (kept_named(run->in, job->all.measure.items[k])) /* not where every input has a list of its own */
            status = add_measure(run, job->all.measure.items[k], err);
    for (size_t i = 0; i < job->input_count && status == HG_OK; i++)
        for (size_t k = 0; k < job->inputs[i].set.measure.count && status == HG_OK; k++)
            status = add_measure(run, job->inputs[i].set.measure.items[k], err);
    return status;
}

static hg_status make_deaths(hg_index_run *run, hg_error *err)
{
    hg_index_design *d = &run->design;
    hg_index_entries *e = &run->events;
    if (d->model.death_points > 0 && !d->deaths) {
        hg_job_add_note(run->job, "the design takes %g points off for a death, but no column of deaths is named "
                        "(deaths: COLUMN in --config); none are taken off", d->model.death_points);
        d->model.death_points = 0;
        return HG_OK;
    }
    if (!d->deaths)
        return HG_OK;
    const hg_column *c = kept_named(run->in, d->deaths);
    if (!c)
        return hg_yaml_fail(d->deaths_node, err, "a column that --measure or --keep names for an input");
    e->deaths_owned = hg_malloc(e->n, sizeof *e->deaths_owned);
    hg_status status =
        e->deaths_owned ? read_amounts(run->in, c, e->deaths_owned, err) : hg_fail_memory(err);
    for (size_t i = 0; i < e->n && status == HG_OK; i++)
        e->deaths_owned[i] = isnan(e->deaths_owned[i]) ? 0 : e->deaths_owned[i];
    e->deaths = e->deaths_owned;
    return status;
}

/* ------------------------------------------------- streams without rows --------------------- */

static bool has_rows(const hg_index_run *run, size_t series)
{
    const hg_index_entries *e = &run->events;
    const hg_index_design *d = &run->design;
    for (size_t i = 0; i < d->feed_count; i++)
        if (d->feeds[i].part == series && d->feeds[i].present)
            return true;
    for (size_t i = 0; i < e->n; i++)
        if (e->series[i] == series)
            return true;
    return false;
}

/* Every day will be without a headline: the reasons say so day by day, this says what to do. */
static void note_empty_streams(const hg_index_run *run)
{
    hg_text names = {0};
    for (size_t k = 0; k < run->design.part_count; k++)
        if (!run->series[k].discovered && !has_rows(run, k))
            hg_text_addf(&names, "%s%s", names.len ? ", " : "", run->series[k].name);
    if (names.len)
        hg_job_add_note(run->job,
                        "no row of the inputs belongs to %s; without all streams of the design no day has a score: list "
                        "those there are under streams in --config, or declare the feed present in its calendar",
                        names.s ? names.s : "");
    hg_text_dispose(&names);
}

/* ------------------------------------------------- days ------------------------------------- */

/* The first day that is nowhere begun yet; a clock that runs early may be a few hours ahead. */
static int32_t tomorrow(void)
{
    return hg_index_day_of((int64_t)time(NULL) + FURTHEST_EAST_S) + 1;
}

static hg_status refuse_future(const hg_index_run *run, hg_error *err)
{
    const hg_intake *in = run->in;
    const hg_index_entries *e = &run->events;
    int32_t limit = tomorrow();
    char day[32], until[32];
    for (size_t i = 0; i < e->n; i++)
        if (e->day[i] >= limit)
            return hg_fail(err, HG_EDATA,
                           "%s row %zu: %s lies in the future; correct it, or leave such rows out with --until %s",
                           in->inputs[in->input ? in->input[i] : 0].name,
                           in->source_row ? (size_t)in->source_row[i] : i + 1, hg_index_day_text(e->day[i], day),
                           hg_index_day_text(limit, until));
    return HG_OK;
}

static hg_status whole_day(int64_t civil, const char *option, int32_t *day, hg_error *err)
{
    char text[32];
    if (civil % DAY_S != 0)
        return hg_fail(err, HG_EUSAGE, "--%s %s: the index has whole days; a date without a time was expected",
                       option, hg_civil_text(civil, text));
    *day = hg_index_day_of(civil);
    return HG_OK;
}

static hg_status settle_until(hg_index_run *run, hg_error *err)
{
    int64_t until = run->job->set.until;
    char text[32];
    hg_index_input *input = &run->input;
    input->until = input->last_data_day + 1;
    hg_status status = until == HG_NO_TIME ? HG_OK : whole_day(until, "until", &input->until, err);
    if (status == HG_OK && input->until > tomorrow())
        return hg_fail(err, HG_EUSAGE, "--until %s lies in the future; days that have not been have no index",
                       hg_index_day_text(input->until, text));
    input->last_data_day = input->until - 1;
    return status;
}

/* Without --since: all days that have a full history, else all days. */
static hg_status settle_since(hg_index_run *run, hg_error *err)
{
    int64_t since = run->job->set.since;
    hg_index_input *input = &run->input;
    char text[32];
    if (since != HG_NO_TIME)
        return whole_day(since, "since", &input->since, err);
    int32_t full = input->first_data_day + run->design.model.history_days;
    input->since = full < input->until ? full : input->first_data_day;
    hg_job_add_note(run->job, "published from %s on, %s; --since says otherwise",
                    hg_index_day_text(input->since, text),
                    full < input->until ? "the first day with a full history" : "all days of the data");
    return HG_OK;
}

static hg_status settle_days(hg_index_run *run, hg_error *err)
{
    hg_index_input *input = &run->input;
    hg_index_entries *e = &run->events;
    input->first_data_day = INT32_MAX;
    input->last_data_day = INT32_MIN;
    for (size_t i = 0; i < e->n; i++) {
        input->first_data_day = e->day[i] < input->first_data_day ? e->day[i] : input->first_data_day;
        input->last_data_day = e->day[i] > input->last_data_day ? e->day[i] : input->last_data_day;
    }
    for (size_t i = 0; i < run->design.feed_count; i++) /* nothing may have happened on them, but the feed was there */
        if (run->design.feeds[i].present && run->design.feeds[i].from < input->first_data_day)
            input->first_data_day = run->design.feeds[i].from;
    hg_status status = refuse_future(run, err);
    if (status == HG_OK)
        status = settle_until(run, err);
    if (status == HG_OK)
        status = settle_since(run, err);
    if (status == HG_OK && input->since >= input->until)
        status = hg_fail(err, HG_EUSAGE, "--since: no day is left to publish before the end of the data");
    return status;
}

/* ------------------------------------------------- feeds ------------------------------------ */

static hg_status unit_of_feed(const hg_index_run *run, const hg_feed_note *f, uint32_t *unit, hg_error *err)
{
    *unit = HG_INDEX_NO_UNIT;
    for (size_t i = 0; f->unit && i < run->units.n; i++)
        if (strcmp(run->units.names[i], f->unit) == 0)
            *unit = (uint32_t)i;
    return f->unit && *unit == HG_INDEX_NO_UNIT ? hg_yaml_fail(f->unit_node, err, "the name of a unit") : HG_OK;
}

/* What is said of a part holds for its discovered categories, too. */
static hg_status make_feeds(hg_index_run *run, hg_error *err)
{
    const hg_index_design *d = &run->design;
    run->feeds = hg_malloc(2 * d->feed_count, sizeof *run->feeds);
    hg_status status = run->feeds ? HG_OK : hg_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < d->feed_count && status == HG_OK; i++) {
        const hg_feed_note *f = &d->feeds[i];
        hg_index_feed feed = {.stream = (uint32_t)f->part, .from = f->from, .until = f->until, .present = f->present};
        status = unit_of_feed(run, f, &feed.unit, err);
        run->feeds[n++] = feed;
        feed.stream = found_series(run, f->part);
        if (feed.stream != f->part)
            run->feeds[n++] = feed;
    }
    run->input.feeds = run->feeds;
    run->input.feed_count = n;
    return status;
}

/* ------------------------------------------------- together --------------------------------- */

static hg_status locate(hg_index_run *run, hg_error *err)
{
    hg_index_entries *e = &run->events;
    const hg_incidents *inc = &run->in->incidents;
    e->unit = hg_malloc(e->n, sizeof *e->unit);
    if (!e->unit)
        return hg_fail_memory(err);
    if (!run->units.located) {
        memset(e->unit, 0, e->n * sizeof *e->unit);
        return HG_OK;
    }
    hg_status status = hg_units_locate(run->units.located, inc->x, inc->y, e->n, run->job->control.threads,
                                       e->unit, err);
    for (size_t i = 0; i < e->n && status == HG_OK; i++)
        e->outside += e->unit[i] == HG_NO_UNIT;
    return status;
}

static hg_status make_columns(hg_index_run *run, hg_error *err)
{
    const hg_incidents *inc = &run->in->incidents;
    hg_index_entries *e = &run->events;
    e->n = inc->n;
    e->day = hg_malloc(e->n, sizeof *e->day);
    e->series = hg_malloc(e->n, sizeof *e->series);
    size_t *part = hg_malloc(inc->streams, sizeof *part);
    hg_status status = e->day && e->series && part ? map_streams(run, part, err) : hg_fail_memory(err);
    for (size_t i = 0; i < e->n && status == HG_OK; i++)
        e->day[i] = hg_index_day_of(inc->t_start[i]);
    if (status == HG_OK)
        status = weigh(run, part, err);
    hg_free(part);
    return status;
}

hg_status hg_index_entries_make(hg_index_run *run, hg_error *err)
{
    hg_index_entries *e = &run->events;
    make_series(run);
    hg_status status = make_columns(run, err);
    if (status == HG_OK)
        status = settle_days(run, err);
    if (status == HG_OK)
        status = locate(run, err);
    if (status == HG_OK)
        status = make_measures(run, err);
    if (status == HG_OK)
        status = make_deaths(run, err);
    if (status == HG_OK)
        status = make_feeds(run, err);
    if (status != HG_OK)
        return status;
    note_empty_streams(run);
    hg_index_input *in = &run->input;
    in->events = e->n;
    in->day = e->day;
    in->unit = e->unit;
    in->stream = e->series;
    in->weight = e->weight;
    in->deaths = e->deaths;
    in->units = run->units.n;
    in->population = run->units.population;
    in->holidays = run->design.holidays;
    in->holiday_count = run->design.holiday_count;
    return HG_OK;
}
