/* The tables of a trends result. */
#include "base/civil.h"
#include "base/memory.h"
#include "engine/outline.h"
#include "job/columns.h"
#include "job/near_repeat.h"
#include "job/trends.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void hg_trends_tables_dispose(hg_trends_tables *t)
{
    hg_table_free(t->cells);
    hg_table_free(t->steps);
    hg_table_free(t->rejects);
    hg_table_free(t->duplicates);
    hg_table_free(t->near_repeat);
    hg_text_dispose(&t->near_repeat_line);
    *t = (hg_trends_tables){0};
}

static const hg_column_spec cell_columns[] = {
    {"cell_id", HG_TEXT},      {"pattern", HG_TEXT},     {"tau", HG_DOUBLE},         {"p_value", HG_DOUBLE},
    {"mann_kendall_z", HG_DOUBLE}, {"count_tau", HG_DOUBLE}, {"count_p", HG_DOUBLE}, {"incidents", HG_DOUBLE},
    {"steps_hot", HG_INT64},   {"steps_cold", HG_INT64}, {"last_z", HG_DOUBLE},
};

/* Positions of the cells that are written. */
static size_t choose_cells(const hg_trends_run *run, size_t *chosen)
{
    const hg_trends *t = &run->trends;
    size_t n = 0;
    for (size_t i = 0; i < t->cells; i++)
        if (run->job->set.all_cells || t->cell[i].incidents > 0 || t->cell[i].pattern != HG_PATTERN_NONE)
            chosen[n++] = i;
    return n;
}

static hg_status fill_cell(const hg_trends_run *run, size_t i, hg_table *t, size_t row, hg_error *err)
{
    const hg_trends *trends = &run->trends;
    const hg_trend_cell *c = &trends->cell[i];
    const hg_grid *g = &run->study.grid;
    uint64_t columns = (uint64_t)g->columns;
    char id[HG_CELL_ID_SIZE];
    hg_row r = {.table = t, .row = row, .err = err};
    hg_row_text(&r, hg_grid_cell_id(g, (int64_t)(c->cell % columns), (int64_t)(c->cell / columns), id));
    hg_row_text(&r, hg_pattern_name(c->pattern));
    hg_row_real(&r, c->trend.tau);
    hg_row_real(&r, c->trend.p_value);
    hg_row_real(&r, c->trend.z);
    hg_row_real(&r, c->count_trend.tau);
    hg_row_real(&r, c->count_trend.p_value);
    hg_row_real(&r, c->incidents);
    hg_row_int(&r, c->hot);
    hg_row_int(&r, c->cold);
    hg_row_real(&r, trends->z[(trends->steps - 1) * trends->cells + i]);
    return r.status;
}

/* z_001 ...; titled "z" and the beginning of the step. */
static hg_status add_z(const hg_trends_run *run, const size_t *chosen, size_t step, hg_table *t, hg_error *err)
{
    const hg_trends *trends = &run->trends;
    char name[32], moment[32], title[48];
    hg_column *c = NULL;
    snprintf(name, sizeof name, "z_%03zu", step + 1);
    hg_status status = hg_table_add(t, name, HG_DOUBLE, &c, err);
    if (status != HG_OK)
        return status;
    for (size_t k = 0; k < t->rows; k++)
        c->f64[k] = trends->z[step * trends->cells + chosen[k]];
    hg_civil_text(hg_time_step_start(&run->steps, step), moment);
    bool days = run->steps.step_s % 86400 == 0 && strcmp(moment + 10, "T00:00:00") == 0;
    snprintf(title, sizeof title, "z %.*s", days ? 10 : 16, moment);
    c->title = hg_strdup(title);
    return c->title ? HG_OK : hg_fail_memory(err);
}

static hg_status outline(const hg_trends_run *run, const size_t *chosen, hg_table *t, hg_error *err)
{
    uint64_t *cells = hg_malloc(t->rows, sizeof *cells);
    if (!cells)
        return hg_fail_memory(err);
    for (size_t k = 0; k < t->rows; k++)
        cells[k] = run->trends.cell[chosen[k]].cell;
    hg_status status = hg_table_make_polygons(t, HG_POLYGON, hg_crs_wkt(run->in->crs), err);
    if (status == HG_OK)
        status = hg_outline_cells(&run->study.grid, cells, t->rows, &t->geometry, err);
    hg_free(cells);
    return status == HG_OK ? hg_geometry_finish(&t->geometry, t->rows, err) : status;
}

static hg_status fill_cells(const hg_trends_run *run, const size_t *chosen, size_t n, hg_table **out, hg_error *err)
{
    hg_table *t = NULL;
    hg_status status = hg_table_new("trend_cells", n, NULL, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, cell_columns, sizeof cell_columns / sizeof *cell_columns, err);
    for (size_t k = 0; k < n && status == HG_OK; k++)
        status = fill_cell(run, chosen[k], t, k, err);
    for (size_t k = 0; k < run->trends.steps && status == HG_OK; k++)
        status = add_z(run, chosen, k, t, err);
    return status == HG_OK ? outline(run, chosen, t, err) : status;
}

static hg_status make_cells(const hg_trends_run *run, hg_table **out, hg_error *err)
{
    size_t *chosen = hg_malloc(run->trends.cells, sizeof *chosen);
    if (!chosen)
        return hg_fail_memory(err);
    hg_status status = fill_cells(run, chosen, choose_cells(run, chosen), out, err);
    hg_free(chosen);
    return status;
}

static hg_status make_steps(const hg_trends_run *run, hg_table **out, hg_error *err)
{
    static const hg_column_spec columns[] = {
        {"step", HG_INT64},      {"t_start", HG_DATETIME}, {"t_end", HG_DATETIME}, {"incidents", HG_DOUBLE},
        {"hot_cells", HG_INT64}, {"cold_cells", HG_INT64}, {"tests", HG_INT64},
    };
    hg_table *t = NULL;
    hg_status status = hg_table_new("trend_steps", run->trends.steps, NULL, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    status = hg_columns_add(t, columns, sizeof columns / sizeof *columns, err);
    for (size_t k = 0; k < run->trends.steps && status == HG_OK; k++) {
        const hg_trend_step *s = &run->trends.step[k];
        hg_row r = {.table = t, .row = k, .err = err};
        hg_row_int(&r, (int64_t)k + 1);
        hg_row_moment(&r, hg_time_step_start(&run->steps, k));
        hg_row_moment(&r, hg_time_step_start(&run->steps, k + 1));
        hg_row_real(&r, s->incidents);
        hg_row_int(&r, (int64_t)s->hot);
        hg_row_int(&r, (int64_t)s->cold);
        hg_row_int(&r, (int64_t)s->tests);
    }
    return status;
}

hg_status hg_trends_tables_make(const hg_trends_run *run, hg_trends_tables *t, hg_error *err)
{
    hg_status status = make_cells(run, &t->cells, err);
    if (status == HG_OK)
        status = make_steps(run, &t->steps, err);
    if (status == HG_OK)
        status = hg_near_repeat_table(run->job, run->in, &t->near_repeat_line, &t->near_repeat, err);
    if (status == HG_OK)
        status = hg_intake_rejects_table(run->in, &t->rejects, err);
    if (status == HG_OK)
        status = hg_intake_duplicates_table(run->in, &t->duplicates, err);
    hg_table *all[] = {t->cells, t->steps, t->near_repeat, t->rejects, t->duplicates};
    for (size_t k = 0; k < sizeof all / sizeof *all && status == HG_OK; k++)
        status = all[k] ? hg_columns_title(run->job->set.lang, all[k], err) : HG_OK;
    return status;
}
