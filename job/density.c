#include "job/hotspots.h"
#include "base/memory.h"
#include "io/staging.h"
#include "job/ranks_tiles.h"
#include "job/words.h"

#include <stdio.h>
#include <string.h>

static hg_status run_surface(hg_job *job, const hg_intake *in, const hg_study *study,
                             const char *path, hg_surface *surface, hg_error *err)
{
    if (surface->tiles)
        return hg_surface_run(job, in, study, surface, err);
    hg_status status = hg_study_raster(job, in, study, path, &surface->raster, err);
    if (status == HG_OK)
        status = hg_surface_run(job, in, study, surface, err);
    if (status != HG_OK) {
        hg_raster_free(surface->raster);
        return status;
    }
    return hg_raster_finish(surface->raster, err);
}

static hg_status run(hg_job *job, hg_staging *staging, hg_tiles *tiles, const char *qml_path, hg_intake *in,
                     hg_study *study, hg_error *err)
{
    hg_surface surface = {.tiles = hg_tiles_wanted(job) ? tiles : NULL};
    const char *raster_temp = NULL, *qml_temp = NULL;
    char *qml = NULL;
    hg_status status = hg_staging_add(staging, qml_path, &qml_temp, err);
    tiles->staging = staging;
    if (status == HG_OK)
        status = surface.tiles ? hg_tiles_check(job, tiles, err)
                               : hg_staging_add(staging, job->set.output, &raster_temp, err);
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
        status = hg_density_qml(hg_base_name(job->set.output), hg_density_title(job, in),
                                surface.peak_per_km2, job->set.lang, &qml, err);
    if (status == HG_OK)
        status = hg_write_text(qml_temp, qml, err);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    if (status == HG_OK) {
        hg_notes_say(job); /* with those since the intake */
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
    static const char *const extensions[] = {".tif", ".tiff", ".vrt", NULL};
    hg_intake in = {0};
    hg_study study = {0};
    hg_staging *staging = NULL;
    hg_tiles tiles = {0};
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
        status = run(job, staging, &tiles, qml, &in, &study, err);
    hg_study_dispose(&study);
    hg_intake_dispose(&in);
    hg_staging_free(staging);
    hg_tiles_end(&tiles, status == HG_OK);
    hg_free(qml);
    return status;
}
