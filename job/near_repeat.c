#include "job/near_repeat.h"
#include "base/memory.h"
#include "engine/aoristic.h"
#include "engine/knox.h"
#include "job/columns.h"
#include "job/study.h"

#include <math.h>

enum { DRAWS = 999, DAY_S = 86400 };

/* The incidents that take part, with their moments. */
typedef struct events {
    double *x, *y;
    int64_t *t;
    size_t n;
    uint64_t untimed, intervals, wide; /* wide: longer than a band of time */
} events;

static void events_dispose(events *e)
{
    hg_free(e->x);
    hg_free(e->y);
    hg_free(e->t);
}

static void take_event(events *e, const hg_incidents *inc, size_t i, double duration_s)
{
    hg_interval v = hg_interval_of(inc->t_start, inc->t_end, i);
    int64_t length = v.end - v.start;
    e->x[e->n] = inc->x[i];
    e->y[e->n] = inc->y[i];
    e->t[e->n++] = v.start + length / 2;
    e->intervals += length > 0;
    e->wide += (double)length > duration_s;
}

static hg_status take_events(const hg_incidents *inc, double duration_s, events *e, hg_error *err)
{
    e->x = hg_malloc(inc->n, sizeof *e->x);
    e->y = hg_malloc(inc->n, sizeof *e->y);
    e->t = hg_malloc(inc->n, sizeof *e->t);
    if (!e->x || !e->y || !e->t)
        return hg_fail_memory(err);
    for (size_t i = 0; i < inc->n; i++) {
        if (inc->flags && (inc->flags[i] & HG_FLAG_HALO))
            continue;
        if (inc->t_start && inc->t_start[i] != HG_NO_TIME)
            take_event(e, inc, i, duration_s);
        else
            e->untimed++;
    }
    return HG_OK;
}

static const hg_column_spec columns[] = {
    {"distance_from_m", HG_DOUBLE}, {"distance_to_m", HG_DOUBLE}, {"time_from_d", HG_DOUBLE},
    {"time_to_d", HG_DOUBLE},       {"observed", HG_INT64},       {"expected", HG_DOUBLE},
    {"ratio", HG_DOUBLE},           {"p_value", HG_DOUBLE},       {"p_poisson", HG_DOUBLE},
    {"note", HG_TEXT},
};

static hg_status fill_row(const hg_knox *k, const hg_near_repeat_settings *set, size_t row, size_t band,
                          hg_table *t, size_t at, hg_error *err)
{
    const hg_knox_cell *c = &k->cells[row * k->durations + band];
    bool same = row == k->distances, others = row == k->distances + 1;
    size_t ring = same || others ? 0 : row;
    double day = set->duration_s / DAY_S;
    hg_row r = {.table = t, .row = at, .err = err};
    hg_row_real(&r, set->distance_m * (double)ring);
    hg_row_real(&r, same ? 0 : set->distance_m * (double)(ring + 1));
    hg_row_real(&r, day * (double)band);
    hg_row_real(&r, day * (double)(band + 1));
    hg_row_int(&r, (int64_t)c->observed);
    hg_row_real(&r, c->expected);
    hg_row_real(&r, c->expected > 0 ? (double)c->observed / c->expected : NAN);
    hg_row_real(&r, c->p_value);
    hg_row_real(&r, c->p_poisson);
    hg_row_text(&r, same ? "same place" : others ? "other places" : NULL);
    return r.status;
}

/* Bands outward; after the first its two parts, where any pair stands at one place. */
static hg_status fill(const hg_knox *k, const hg_near_repeat_settings *set, hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    size_t at = 0, same = k->distances;
    for (size_t row = 0; row < k->distances; row++) {
        for (size_t b = 0; b < k->durations && status == HG_OK; b++)
            status = fill_row(k, set, row, b, t, at++, err);
        for (size_t part = same; row == 0 && k->near[same] && part < same + 2; part++)
            for (size_t b = 0; b < k->durations && status == HG_OK; b++)
                status = fill_row(k, set, part, b, t, at++, err);
    }
    return status;
}

static hg_status make_table(const hg_job *job, const hg_intake *in, const hg_knox *k, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    size_t rows = (k->distances + (k->near[k->distances] ? 2 : 0)) * k->durations;
    hg_status status = hg_table_new("near_repeat", rows, in->pool, &t, err);
    if (status == HG_OK)
        status = hg_columns_add(t, columns, sizeof columns / sizeof *columns, err);
    if (status == HG_OK)
        status = fill(k, &job->set.near_repeat, t, err);
    if (status == HG_OK)
        status = hg_columns_title(job->set.lang, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}

static uint64_t sum(const uint64_t *part, size_t n)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all += part[i];
    return all;
}

static void say_facts(hg_job *job, const events *e, const hg_knox *k)
{
    hg_facts *f = &job->facts;
    hg_fact_real(f, job->set.near_repeat.distance_m, "near_repeat.distance_m");
    hg_fact_real(f, job->set.near_repeat.duration_s / DAY_S, "near_repeat.duration_d");
    hg_fact_int(f, (int64_t)e->n, "near_repeat.incidents");
    hg_fact_int(f, (int64_t)e->untimed, "near_repeat.untimed");
    hg_fact_int(f, (int64_t)e->intervals, "near_repeat.intervals");
    hg_fact_int(f, (int64_t)e->wide, "near_repeat.intervals_wider_than_band");
    hg_fact_int(f, (int64_t)k->pairs, "near_repeat.pairs");
    hg_fact_int(f, (int64_t)sum(k->near, k->distances), "near_repeat.pairs_near");
    hg_fact_int(f, (int64_t)sum(k->soon, k->durations), "near_repeat.pairs_soon");
    hg_fact_int(f, (int64_t)k->near[k->distances], "near_repeat.pairs_same_place");
    hg_fact_int(f, DRAWS, "near_repeat.draws");
    hg_fact_int(f, (int64_t)job->control.seed, "seed");
}

static void say(hg_job *job, const hg_intake *in, const events *e, const hg_knox *k, hg_text *said)
{
    const hg_near_repeat_settings *set = &job->set.near_repeat;
    const hg_knox_cell *first = &k->cells[0];
    char a[32];
    say_facts(job, e, k);
    hg_text_addf(said, "near repeats: %s pairs within %g m and %g days", hg_grouped(first->observed, a),
                 set->distance_m, set->duration_s / DAY_S);
    if (first->expected > 0)
        hg_text_addf(said, ", %.4g expected (ratio %.3g, p %.3g)", first->expected,
                     (double)first->observed / first->expected, first->p_value);
    if (k->near[k->distances])
        hg_text_addf(said, "; %s of them at the same place",
                     hg_grouped(k->cells[k->distances * k->durations].observed, a));
    hg_text_add(said, "\n");
    if (e->untimed)
        hg_job_add_note(job, "%llu incidents without a time are in no pair of --near-repeat",
                        (unsigned long long)e->untimed);
    if (e->wide)
        hg_job_add_note(job, "%llu incidents are known within an interval longer than the %g days of --near-repeat; "
                             "they stand at its middle, which blurs the table",
                        (unsigned long long)e->wide, set->duration_s / DAY_S);
    if (in->duplicates && !job->set.drop_duplicates)
        hg_job_add_note(job, "%llu rows repeat another and make pairs at the same place and time; --drop-duplicates "
                             "leaves them out",
                        (unsigned long long)in->duplicates);
}

hg_status hg_near_repeat_table(hg_job *job, const hg_intake *in, hg_text *said, hg_table **out, hg_error *err)
{
    const hg_near_repeat_settings *set = &job->set.near_repeat;
    events e = {0};
    hg_knox k = {0};
    hg_table *t = NULL;
    *out = NULL;
    if (!(set->distance_m > 0))
        return HG_OK;
    hg_status status = take_events(&in->incidents, set->duration_s, &e, err);
    if (status == HG_OK) {
        hg_knox_events all = {e.n, e.x, e.y, e.t};
        hg_knox_bands bands = {.distance_m = set->distance_m,
                               .duration_s = set->duration_s,
                               .distances = (size_t)set->bands[0],
                               .durations = (size_t)set->bands[1],
                               .draws = DRAWS};
        status = hg_knox_count(&all, &bands, &job->control, &k, err);
    }
    if (status == HG_OK)
        status = make_table(job, in, &k, &t, err);
    if (status == HG_OK) {
        say(job, in, &e, &k, said);
        *out = t;
    }
    events_dispose(&e);
    hg_knox_dispose(&k);
    return status;
}
