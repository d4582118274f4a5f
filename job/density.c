#include "job/hotspots.h"
#include "base/memory.h"
#include "io/staging.h"
#include "job/words.h"

#include <stdio.h>
#include <string.h>

static void raster_metadata(const hg_study *study, char lines[3][96], const char *items[4])
{
    snprintf(lines[0], 96, "HOTGRID_VERSION=%s", hg_version());
    snprintf(lines[1], 96, "HOTGRID_KERNEL=%s", hg_kernel_name(study->kernel.shape));
    snprintf(lines[2], 96, "HOTGRID_BANDWIDTH_M=%.10g", study->kernel.bandwidth_m);
    for (int k = 0; k < 3; k++)
        items[k] = lines[k];
    items[3] = NULL;
}

static hg_status run_surface(hg_job *job, const hg_intake *in, const hg_study *study,
                             const char *path, hg_surface *surface, hg_error *err)
{
    const hg_grid *g = &study->grid;
    char lines[3][96];
    const char *items[4];
    raster_metadata(study, lines, items);
    hg_raster_spec spec = {.columns = g->columns,
                           .rows = g->rows,
                           .west_m = hg_grid_column_west(g, 0),
                           .north_m = hg_grid_row_north(g, 0),
                           .cell_m = g->cell_m,
                           .crs_wkt = hg_crs_wkt(in->crs),
                           .description = hg_say(job->set.lang, HG_WORD_DENSITY),
                           .unit = "1/km2",
                           .metadata = items};
    hg_status status = hg_raster_new(path, &spec, &job->control, &surface->raster, err);
    if (status == HG_OK)
        status = hg_surface_run(job, in, study, surface, err);
    if (status != HG_OK) {
        hg_raster_free(surface->raster);
        return status;
    }
    return hg_raster_finish(surface->raster, err);
}

static hg_status run(hg_job *job, hg_staging *staging, const char *qml_path, hg_intake *in,
                     hg_study *study, hg_error *err)
{
    hg_surface surface = {0};
    const char *raster_temp = NULL, *qml_temp = NULL;
    char *qml = NULL;
    hg_status status = hg_staging_add(staging, qml_path, &qml_temp, err);
    if (status == HG_OK)
        status = hg_staging_add(staging, job->set.output, &raster_temp, err);
    if (status == HG_OK)
        status = hg_intake_run(job, NULL, in, err);
    double read = hg_now();
    if (status == HG_OK)
        status = hg_study_init(job, in, false, study, err);
    if (status == HG_OK)
        hg_intake_facts(job, in);
    if (status == HG_OK)
        status = run_surface(job, in, study, raster_temp, &surface, err);
    double analysed = hg_now();
    if (status == HG_OK)
        status = hg_density_qml(hg_base_name(job->set.output), surface.peak_per_km2, job->set.lang,
                                &qml, err);
    if (status == HG_OK)
        status = hg_write_text(qml_temp, qml, err);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    if (status == HG_OK) {
        hg_run_facts(job, read - job->started, analysed - read, hg_now() - analysed);
        hg_summarise_intake(job, in);
        hg_summarise_surface(job, in, study, &surface);
        hg_text_addf(&job->summary, "written: %s with its style %s\n", job->set.output,
                     hg_base_name(qml_path));
    }
    hg_free(qml);
    return status;
}

hg_status hg_run_density(hg_job *job, hg_error *err)
{
    static const char *const extensions[] = {".tif", ".tiff", NULL};
    hg_intake in = {0};
    hg_study study = {0};
    hg_staging *staging = NULL;
    hg_status status = hg_check_extension(job, extensions, err);
    if (status != HG_OK)
        return status;
    char *qml = hg_beside(job->set.output, ".qml");
    status = qml ? hg_check_not_read(job, job->set.output, err) : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_check_not_read(job, qml, err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, &staging, err);
    if (status == HG_OK)
        status = run(job, staging, qml, &in, &study, err);
    hg_study_dispose(&study);
    hg_intake_dispose(&in);
    hg_staging_free(staging);
    hg_free(qml);
    return status;
}
