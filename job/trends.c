#include "engine/aoristic.h"
#include "io/staging.h"
#include "job/trends.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------- computing -------------------------------- */

/* One interval of years, begun long before all others, must not stretch the span: it counts from its end. */
static int64_t first_end(const hg_incidents *inc)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < inc->n; i++) {
        if (inc->t_start[i] == HG_NO_TIME)
            continue;
        int64_t end = hg_interval_of(inc->t_start, inc->t_end, i).end;
        first = end < first ? end : first;
    }
    return first;
}

static hg_status settle_steps(hg_trends_run *run, hg_error *err)
{
    const hg_settings *set = &run->job->set;
    const hg_intake *in = run->in;
    if (in->first_time == HG_NO_TIME)
        return hg_fail(err, HG_EDATA, "no incident has a time, and trends are over time; name the column with --time");
    run->step_rule = set->step_s > 0 ? "given" : "auto";
    return hg_time_steps_cut(first_end(&in->incidents), in->last_time, set->since, set->until,
                             (int64_t)round(set->step_s), &run->steps, err);
}

static double choose_cell(hg_trends_run *run)
{
    double box[4], given = run->job->set.cell_m;
    hg_study_extent(run->job, run->in, box);
    double width = box[2] - box[0], height = box[3] - box[1], area = width * height;
    if (run->in->region && !run->job->set.has_bounds)
        area = hg_region_area_m2(run->in->region);
    double per_step = (double)(run->in->accepted - run->in->untimed) / (double)run->steps.count;
    run->cell_rule = given > 0 ? "given" : "auto";
    return given > 0 ? given : hg_trends_auto_cell(fmax(width, height), area, per_step);
}

/* Of a cell of the grid: the cube, the columns z_..., the maps of a step. */
static uint64_t bytes_per_cell(const hg_trends_run *run)
{
    enum { MAPS = 64 };
    return run->steps.count * (HG_TRENDS_BYTES + sizeof(double)) + sizeof(hg_trend_cell) + MAPS;
}

static hg_status compute(hg_trends_run *run, hg_error *err)
{
    hg_job *job = run->job;
    const hg_settings *set = &job->set;
    hg_status status = settle_steps(run, err);
    if (status == HG_OK)
        status = hg_study_cells(job, run->in, choose_cell(run), bytes_per_cell(run), &run->study, err);
    if (status == HG_OK)
        status = hg_neighbourhood_of_window(set->window_m, run->study.grid.cell_m, &run->around, err);
    if (status != HG_OK)
        return status;
    hg_trends_input input = {.grid = &run->study.grid,
                             .share = run->study.share,
                             .incidents = &run->in->incidents,
                             .steps = run->steps,
                             .around = &run->around,
                             .hamed_rao = set->autocorrelation == HG_AUTOCORRELATION_HAMED_RAO};
    return hg_trends_compute(&input, &job->control, &run->trends, err);
}

static void run_dispose(hg_trends_run *run)
{
    hg_trends_dispose(&run->trends);
    hg_neighbourhood_dispose(&run->around);
    hg_study_dispose(&run->study);
}

/* ------------------------------------------------- writing ---------------------------------- */

static hg_status write_tables(const hg_trends_run *run, const hg_trends_tables *t, hg_gpkg *gpkg, hg_error *err)
{
    const hg_table *tables[] = {t->cells, t->steps, t->near_repeat, t->rejects, t->duplicates};
    hg_status status = HG_OK;
    for (size_t k = 0; k < sizeof tables / sizeof *tables && status == HG_OK; k++)
        status = tables[k] ? hg_gpkg_add_table(gpkg, tables[k], err) : HG_OK;
    return status == HG_OK ? hg_trends_styles(run, t, gpkg, err) : status;
}

static hg_status write_result(hg_trends_run *run, hg_staging *staging, const char *path, hg_trends_tables *t,
                              double read_s, double analyse_s, hg_error *err)
{
    hg_job *job = run->job;
    hg_gpkg *gpkg = NULL;
    double began = hg_now();
    hg_status status = hg_gpkg_create(path, &job->control, &gpkg, err);
    if (status == HG_OK)
        status = write_tables(run, t, gpkg, err);
    if (status == HG_OK) {
        hg_trends_notes(run);
        hg_intake_facts(job, run->in);
        hg_trends_facts(run);
        hg_run_facts(job, read_s, analyse_s, hg_now() - began);
        status = hg_store_facts(job, gpkg, err);
    }
    if (status == HG_OK)
        status = hg_check_cancel(&job->control, err);
    if (status == HG_OK)
        status = hg_gpkg_finish(gpkg, err);
    else
        hg_gpkg_free(gpkg);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    if (status == HG_OK) {
        hg_run_facts(job, read_s, analyse_s, hg_now() - began);
        hg_trends_summarise(run, t);
    }
    return status;
}

static hg_status outputs_init(const hg_job *job, hg_staging **staging, const char **path, hg_error *err)
{
    static const char *const extensions[] = {".gpkg", NULL};
    hg_status status = hg_check_extension(job, extensions, err);
    if (status == HG_OK)
        status = hg_check_not_read(job, job->set.output, err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, staging, err);
    return status == HG_OK ? hg_staging_add(*staging, job->set.output, path, err) : status;
}

hg_status hg_run_trends(hg_job *job, hg_error *err)
{
    hg_staging *staging = NULL;
    const char *path = NULL;
    hg_intake in = {0};
    hg_trends_run run = {.job = job, .in = &in};
    hg_trends_tables tables = {0};
    hg_status status = outputs_init(job, &staging, &path, err);
    if (status == HG_OK)
        status = hg_intake_run(job, NULL, &in, err);
    double read = hg_now();
    if (status == HG_OK)
        status = compute(&run, err);
    if (status == HG_OK)
        status = hg_trends_tables_make(&run, &tables, err);
    double analysed = hg_now();
    if (status == HG_OK)
        status = write_result(&run, staging, path, &tables, read - job->started, analysed - read, err);
    hg_trends_tables_dispose(&tables);
    run_dispose(&run);
    hg_intake_dispose(&in);
    hg_staging_free(staging);
    return status;
}
