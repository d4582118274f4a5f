#include "job/report_score.h"
#include "base/civil.h"
#include "base/memory.h"
#include "io/records.h"
#include "job/intake.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

/* ------------------------------------------------------------------ the list --------------- */

void hg_old_list_dispose(hg_old_list *list)
{
    hg_table_free(list->areas);
    hg_list_cells_dispose(&list->cells);
    *list = (hg_old_list){0};
}

static bool moment_of(const char *text, int64_t *civil)
{
    hg_moment m;
    if (!text || !hg_moment_parse(text, strlen(text), HG_ORDER_UNKNOWN, &m))
        return false;
    *civil = m.civil;
    return true;
}

hg_status hg_old_list_open(hg_report *r, hg_old_list *out, const char **missing, hg_error *err)
{
    hg_old_list list = {.result = &r->previous, .cell_m = hg_result_real(&r->previous, "cell_m")};
    *missing = NULL;
    hg_status status = hg_report_read(r, list.result, "hotspot_areas", &list.areas, err);
    if (status == HG_OK)
        status = hg_list_cells_read(r, list.result, &list.cells, err);
    if (status != HG_OK) {
        hg_old_list_dispose(&list);
        return status;
    }
    if (!moment_of(hg_result_text(list.result, "last_time"), &list.since))
        *missing = "last_time";
    else if (!list.areas)
        *missing = "hotspot_areas";
    else if (!list.cells.n || !(list.cell_m > 0))
        *missing = "hotspot_cells.area";
    else if (!isfinite(hg_result_real(list.result, "selected_area_share")))
        *missing = "selected_area_share";
    *out = list;
    return HG_OK;
}

/* ------------------------------------------------------------------ counting --------------- */

void hg_tally_dispose(hg_tally *t)
{
    hg_free(t->in_area);
    hg_free(t->last);
    *t = (hg_tally){0};
}

static hg_status tally_init(const hg_old_list *list, hg_tally *t, hg_error *err)
{
    if (t->in_area)
        return HG_OK;
    size_t n = list->areas->rows;
    t->in_area = hg_calloc(n, sizeof *t->in_area);
    t->last = hg_malloc(n, sizeof *t->last);
    for (size_t i = 0; t->last && i < n; i++)
        t->last[i] = HG_NO_TIME;
    return t->in_area && t->last ? HG_OK : hg_fail_memory(err);
}

/* One event; area 0 = in none. */
static void count(const hg_old_list *list, size_t area, int64_t time, hg_tally *t)
{
    if (time == HG_NO_TIME) {
        t->untimed++;
        return;
    }
    if (time <= list->since)
        return;
    t->all++;
    if (area < 1 || area > list->areas->rows)
        return;
    t->hit++;
    t->in_area[area - 1]++;
    t->last[area - 1] = time > t->last[area - 1] ? time : t->last[area - 1];
}

static size_t area_at(const hg_old_list *list, double x, double y)
{
    const hg_grid g = {.cell_m = list->cell_m};
    char id[HG_CELL_ID_SIZE];
    int64_t column = hg_grid_column_of(&g, x), below = hg_grid_row_of(&g, y);
    return hg_list_area(&list->cells, hg_grid_cell_id(&g, column, below, id));
}

/* ------------------------------------------------------------------ points ----------------- */

static bool is_there(const char *source)
{
    char path[PATH_SIZE], layer[256], date[11];
    hg_source_split(source, path, sizeof path, layer, sizeof layer, date);
    return access(path, R_OK) == 0 || strncmp(source, "PG:", 3) == 0;
}

static hg_status set(hg_job *inner, const char *option, const char *value, hg_error *err)
{
    return value ? hg_job_set(inner, option, value, err) : HG_OK;
}

/* A job that reads as the list's own did; trends take points alone and need no kernel. */
static hg_status reading_job(hg_report *r, const hg_old_list *list, const char *source, const char *layer, bool *on_grid,
                             hg_job **out, hg_error *err)
{
    char path[PATH_SIZE], own_layer[256], date[11];
    const char *area = hg_result_text(list->result, "options.area");
    hg_job *job = NULL;
    hg_source_split(source, path, sizeof path, own_layer, sizeof own_layer, date);
    *on_grid = !area || !is_there(area);
    hg_status status = hg_job_new("trends", &job, err);
    if (status != HG_OK)
        return status;
    job->control.outer = &r->job->control;
    job->control.threads = r->job->control.threads;
    job->set.no_hash = true;
    status = set(job, "analysis-crs", hg_result_text(list->result, "analysis_crs"), err);
    if (status == HG_OK && !*on_grid)
        status = set(job, "area", area, err);
    if (status == HG_OK && !*on_grid)
        status = set(job, "area-name", hg_result_text(list->result, "options.area-name"), err);
    if (status == HG_OK && !*on_grid)
        status = set(job, "area-column", hg_result_text(list->result, "options.area-column"), err);
    if (status == HG_OK)
        status = set(job, "tz", hg_result_text(list->result, "inputs[0].tz"), err);
    if (status == HG_OK)
        status = hg_job_add_input(job, layer ? source : path, err);
    if (status == HG_OK && (layer || *own_layer))
        status = set(job, "layer", layer ? layer : own_layer, err);
    if (status != HG_OK) {
        hg_job_free(job);
        return status;
    }
    *out = job;
    return HG_OK;
}

/* Whether a source failed only because all of its rows lie outside the study area. */
static bool lies_outside(const hg_intake *in)
{
    bool outside = in->halo > 0 || in->elsewhere > 0 || in->rejects.count > 0;
    for (size_t i = 0; i < in->rejects.count; i++)
        outside &= in->rejects.rows[i].reason == HG_OUTSIDE_AREA;
    return outside;
}

static bool on_grid_of(const hg_old_list *list, double x, double y)
{
    double west = hg_result_real(list->result, "grid.west_m"), north = hg_result_real(list->result, "grid.north_m");
    double east = west + list->cell_m * hg_result_real(list->result, "grid.columns");
    double south = north - list->cell_m * hg_result_real(list->result, "grid.rows");
    return x >= west && x < east && y >= south && y < north;
}

static void count_points(const hg_old_list *list, const hg_incidents *inc, hg_tally *t)
{
    for (size_t i = 0; i < inc->n; i++) {
        if ((inc->flags && (inc->flags[i] & HG_FLAG_HALO)) || (t->on_grid && !on_grid_of(list, inc->x[i], inc->y[i])))
            continue;
        count(list, area_at(list, inc->x[i], inc->y[i]), inc->t_start ? inc->t_start[i] : HG_NO_TIME, t);
    }
}

hg_status hg_tally_points(hg_report *r, const hg_old_list *list, const char *option, const char *source, const char *layer,
                          hg_tally *out, hg_error *err)
{
    hg_intake in = {0};
    hg_job *job = NULL;
    hg_error own = {HG_OK, ""};
    bool on_grid = false;
    hg_status status = tally_init(list, out, err);
    if (status != HG_OK)
        return status;
    status = reading_job(r, list, source, layer, &on_grid, &job, &own);
    out->on_grid |= on_grid;
    if (status == HG_OK) {
        status = hg_intake_run(job, NULL, &in, &own);
        if (status == HG_OK)
            count_points(list, &in.incidents, out);
        else if (status == HG_EDATA && lies_outside(&in))
            status = HG_OK;
    }
    if (status == HG_EUSAGE) /* what it asks for is no option of ours */
        hg_fail(err, status, "--%s: %s; hotgrid load takes such options and makes a store that can be given here", option,
                own.message);
    else if (status != HG_OK)
        hg_fail(err, status, "--%s: %s", option, own.message);
    hg_intake_dispose(&in);
    hg_job_free(job);
    return status;
}

/* ------------------------------------------------------------------ patrols ---------------- */

/* An area by its rank or its name; 0 = none. */
static size_t area_named(const hg_old_list *list, const char *text)
{
    char *end = NULL;
    long rank = strtol(text, &end, 10);
    if (end != text && !*end)
        return rank > 0 && (size_t)rank <= list->areas->rows ? (size_t)rank : 0;
    for (size_t row = 0; row < list->areas->rows; row++) {
        const char *name = hg_report_text(list->areas, "name", row);
        if (name && strcmp(name, text) == 0)
            return row + 1;
    }
    return 0;
}

enum { AREA_EN, AREA_ZH, TIME_EN, DATE_EN, TIME_ZH, DATE_ZH, LOG_COLUMNS };

static const char *first_text(const hg_records *log, const hg_pool *pool, size_t from, size_t to, size_t row)
{
    for (size_t k = from; k <= to; k++) {
        uint32_t id = hg_record_text(log, k, row);
        if (id != HG_NO_TEXT)
            return hg_pool_text(pool, id);
    }
    return NULL;
}

static hg_status count_log(const hg_old_list *list, const hg_records *log, const hg_pool *pool, hg_tally *t, hg_error *err)
{
    for (size_t row = 0; row < log->n; row++) {
        const char *area = first_text(log, pool, AREA_EN, AREA_ZH, row);
        const char *when = first_text(log, pool, TIME_EN, DATE_ZH, row);
        int64_t civil = HG_NO_TIME;
        if (when && !moment_of(when, &civil))
            return hg_fail(err, HG_EDATA, "--patrols: %s row %zu: \"%.60s\" is no time; a date such as 2019-03-01 or "
                           "2019-03-01T08:00 was expected", log->name, row + 1, when);
        count(list, area ? area_named(list, area) : 0, civil, t);
    }
    return HG_OK;
}

hg_status hg_tally_patrols(hg_report *r, const hg_old_list *list, const char *source, hg_tally *out, hg_error *err)
{
    static const hg_record_column columns[LOG_COLUMNS] = {
        [AREA_EN] = {"area", NULL}, [AREA_ZH] = {"片区", NULL}, [TIME_EN] = {"time", NULL},
        [DATE_EN] = {"date", NULL}, [TIME_ZH] = {"时间", NULL}, [DATE_ZH] = {"日期", NULL}};
    char path[PATH_SIZE], layer[256], date[11];
    hg_source_split(source, path, sizeof path, layer, sizeof layer, date);
    const hg_record_spec spec = {.path = path, .layer = *layer ? layer : NULL, .option = "patrols", .columns = columns,
                                 .column_count = LOG_COLUMNS};
    hg_records log = {0};
    hg_pool *pool = NULL;
    hg_status status = tally_init(list, out, err);
    if (status == HG_OK)
        status = hg_pool_new(&pool, err);
    if (status == HG_OK)
        status = hg_records_read(&spec, pool, &r->job->control, &log, err);
    bool by_area = status == HG_OK && (log.columns[AREA_EN] || log.columns[AREA_ZH]);
    if (by_area)
        status = count_log(list, &log, pool, out, err);
    hg_records_dispose(&log);
    hg_pool_free(pool);
    return status == HG_OK && !by_area ? hg_tally_points(r, list, "patrols", source, NULL, out, err) : status;
}
