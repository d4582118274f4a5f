#include "job/audit.h"
#include "base/memory.h"
#include "io/staging.h"
#include "job/output.h"

#include <string.h>

static hg_status read_all(hg_job *job, hg_auditing *a, hg_error *err)
{
    hg_status status = hg_class_map_read(job->set.audit.class_map, &a->map, err);
    if (status == HG_OK)
        status = hg_audit_inputs_read(job, &a->map, &a->in, err);
    return status == HG_OK ? hg_audit_land_make(job, a, err) : status;
}

static hg_status analyse(hg_job *job, hg_auditing *a, hg_error *err)
{
    hg_status status = hg_audit_run(&a->land, &job->control, &a->result, err);
    return status == HG_OK ? hg_audit_books_make(job, a, err) : status;
}

static hg_status make_tables(hg_job *job, hg_auditing *a, hg_audit_tables *t, hg_error *err)
{
    hg_auditing_let_go(a);
    hg_status status = hg_audit_layers_make(job, a, t, err);
    return status == HG_OK ? hg_audit_books_tables(job, a, t, err) : status;
}

static hg_status write_geopackage(hg_job *job, const hg_auditing *a, const hg_audit_tables *t,
                                  const char *path, hg_error *err)
{
    hg_gpkg *gpkg = NULL;
    hg_status status = hg_gpkg_create(path, &job->control, &gpkg, err);
    for (size_t k = 0; k < t->count && status == HG_OK; k++) {
        hg_say_progress(&job->control, "write", (double)k / (double)t->count);
        status = hg_gpkg_add_table(gpkg, t->items[k], err);
    }
    if (status == HG_OK)
        status = hg_audit_styles(job, a, t, gpkg, err);
    if (status == HG_OK)
        status = hg_store_facts(job, gpkg, err);
    if (status == HG_OK)
        status = hg_check_cancel(&job->control, err);
    if (status != HG_OK) {
        hg_gpkg_free(gpkg);
        return status;
    }
    return hg_gpkg_finish(gpkg, err);
}

static hg_status write_result(hg_job *job, const hg_auditing *a, const hg_audit_tables *t,
                              hg_staging *staging, const char *path, double read_s, double analyse_s,
                              hg_error *err)
{
    double began = hg_now();
    hg_audit_inputs_facts(job, &a->in);
    hg_audit_facts(job, a);
    hg_run_facts(job, read_s, analyse_s, 0);
    hg_status status = write_geopackage(job, a, t, path, err);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    if (status == HG_OK) {
        hg_run_facts(job, read_s, analyse_s, hg_now() - began);
        status = hg_audit_summarise(job, a, err);
    }
    return status;
}

static hg_status run(hg_job *job, hg_auditing *a, hg_audit_tables *t, hg_staging *staging, hg_error *err)
{
    const char *path = NULL;
    hg_status status = hg_staging_add(staging, job->set.output, &path, err);
    if (status == HG_OK)
        status = read_all(job, a, err);
    double read = hg_now();
    if (status == HG_OK)
        status = analyse(job, a, err);
    if (status == HG_OK)
        status = make_tables(job, a, t, err);
    double analysed = hg_now();
    return status == HG_OK ? write_result(job, a, t, staging, path, read - job->started,
                                          analysed - read, err)
                           : status;
}

hg_status hg_run_audit(hg_job *job, hg_error *err)
{
    static const char *const extensions[] = {".gpkg", NULL};
    hg_auditing a = {0};
    hg_audit_tables t = {0};
    hg_staging *staging = NULL;
    hg_status status = hg_check_extension(job, extensions, err);
    if (status == HG_OK)
        status = hg_check_not_read(job, job->set.output, err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, &staging, err);
    if (status == HG_OK)
        status = run(job, &a, &t, staging, err);
    hg_audit_tables_dispose(&t);
    hg_auditing_dispose(&a);
    hg_staging_free(staging);
    return status;
}
