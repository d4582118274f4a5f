/*
 * --suppress-below, series by series, as one table for the engine: a column a unit, a row a day of the
 * published period, the days grouped by segment; segments before the period are one row each. Every span
 * that is printed is a union of segments and is printed only where all of them are, so that spans which
 * overlap tell nothing more than the segments do. No span counts what came on a day whose feed is declared
 * missing: such days are rows of a group of their own.
 */
#include "base/memory.h"
#include "base/threads.h"
#include "engine/suppress.h"
#include "job/index.h"

typedef struct hide_table {
    hg_index_run *run;
    uint32_t *group;
    int32_t *day; /* of each row; INT32_MIN for what came before the period */
    size_t rows, groups;
} hide_table;

static void hide_table_dispose(hide_table *t)
{
    hg_free(t->group);
    hg_free(t->day);
}

static void add_row(hide_table *t, size_t group, int32_t day)
{
    t->group[t->rows] = (uint32_t)group;
    t->day[t->rows++] = day;
}

static hg_status list_rows(hide_table *t, hg_error *err)
{
    const hg_index_run *run = t->run;
    const hg_index_spans *s = &run->spans;
    bool declared = run->input.feed_count > 0;
    size_t most = s->segments + 2 * run->result.days + 1;
    t->groups = s->segments + declared;
    t->group = hg_malloc(most, sizeof *t->group);
    t->day = hg_malloc(most, sizeof *t->day);
    if (!t->group || !t->day)
        return hg_fail_memory(err);
    for (size_t k = 0; k < s->segments; k++) {
        bool published = s->bound[k] >= run->input.since;
        int32_t until = published ? s->bound[k + 1] : s->bound[k] + 1;
        for (int32_t day = s->bound[k]; day < until; day++)
            add_row(t, k, published ? day : INT32_MIN);
    }
    for (int32_t day = run->input.since - 1; declared && day < run->input.until; day++)
        add_row(t, s->segments, day < run->input.since ? INT32_MIN : day);
    return HG_OK;
}

/* Events before the period on days whose feed is declared missing. */
static void count_uncounted(const hg_index_run *run, size_t series, uint64_t *count)
{
    const hg_index_entries *e = &run->events;
    for (size_t u = 0; u < run->units.n; u++)
        count[u] = 0;
    for (size_t i = 0; i < e->n; i++)
        if (e->unit[i] != HG_NO_UNIT && e->series[i] == series && e->day[i] < run->input.since &&
            hg_index_feed_missing(run, e->unit[i], series, e->day[i]))
            count[e->unit[i]]++;
}

static uint64_t count_of(const hg_index_run *run, const hide_table *t, size_t row, size_t unit, size_t series)
{
    const hg_index_spans *s = &run->spans;
    bool uncounted = t->group[row] == s->segments;
    if (t->day[row] == INT32_MIN)
        return s->count[(unit * run->series_count + series) * s->segments + t->group[row]];
    return hg_index_feed_missing(run, unit, series, t->day[row]) == uncounted
               ? run->result.series[series].count[hg_index_row(run, unit, t->day[row])]
               : 0;
}

static void fill_counts(const hide_table *t, size_t series, uint64_t *count)
{
    const hg_index_run *run = t->run;
    size_t units = run->units.n;
    for (size_t i = 0; i < t->rows; i++) {
        if (t->group[i] == run->spans.segments && t->day[i] == INT32_MIN)
            count_uncounted(run, series, count + i * units);
        else
            for (size_t u = 0; u < units; u++)
                count[i * units + u] = count_of(run, t, i, u, series);
    }
}

static void take_answers(const hide_table *t, size_t series, const hg_suppressed *h)
{
    hg_index_run *run = t->run;
    hg_index_spans *s = &run->spans;
    size_t units = run->units.n;
    for (size_t i = 0; i < t->rows; i++)
        for (size_t u = 0; u < units && t->day[i] != INT32_MIN; u++)
            run->hidden[hg_index_row(run, u, t->day[i]) * run->series_count + series] |= h->cell[i * units + u];
    for (size_t k = 0; k < s->segments; k++) {
        for (size_t u = 0; u < units; u++)
            s->hidden[(u * run->series_count + series) * s->segments + k] = h->group_cell[k * units + u];
        s->hidden[(units * run->series_count + series) * s->segments + k] = h->group_total[k];
    }
}

static hg_status hide_series(void *context, size_t series, hg_error *err)
{
    const hide_table *t = context;
    const hg_index_run *run = t->run;
    uint64_t *count = hg_malloc(t->rows, run->units.n * sizeof *count);
    if (!count)
        return hg_fail_memory(err);
    fill_counts(t, series, count);
    const hg_suppress_table table = {.rows = t->rows, .columns = run->units.n, .count = count,
                                     .group = t->group, .groups = t->groups};
    hg_suppressed h = {0};
    hg_status status = hg_suppress(&table, (uint64_t)run->job->set.suppress_below, &h, err);
    if (status == HG_OK)
        take_answers(t, series, &h);
    hg_suppressed_dispose(&h);
    hg_free(count);
    return status == HG_OK ? hg_check_cancel(&run->job->control, err) : status;
}

hg_status hg_index_hide(hg_index_run *run, hg_error *err)
{
    if (!run->job->set.suppress_below)
        return HG_OK;
    hg_index_spans *s = &run->spans;
    hide_table t = {.run = run};
    run->hidden = hg_calloc(run->result.rows, run->series_count);
    s->hidden = hg_calloc((run->units.n + 1) * run->series_count, s->segments);
    hg_status status = run->hidden && s->hidden ? list_rows(&t, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_parallel(run->series_count, run->job->control.threads, hide_series, &t, err);
    hide_table_dispose(&t);
    return status;
}
