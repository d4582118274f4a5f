#include "job/expected.h"
#include "base/memory.h"
#include "base/threads.h"
#include "io/staging.h"
#include "job/forecast_config.h"
#include "job/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The three files of a result: final names and where they are written meanwhile. */
typedef struct outputs {
    hg_staging *staging;
    char *raster, *qml;
    const char *raster_temp, *qml_temp, *gpkg_temp;
} outputs;

static void outputs_dispose(outputs *o)
{
    hg_staging_free(o->staging);
    hg_free(o->raster);
    hg_free(o->qml);
}

/* Sidecars first, the GeoPackage last: while it is missing there is no result. */
static hg_status outputs_init(const hg_job *job, outputs *o, hg_error *err)
{
    static const char *const extensions[] = {".gpkg", NULL};
    hg_status status = hg_check_extension(job, extensions, err);
    if (status != HG_OK)
        return status;
    o->raster = hg_beside(job->set.output, "_density.tif");
    o->qml = hg_beside(job->set.output, "_density.qml");
    if (!o->raster || !o->qml)
        return hg_fail_memory(err);
    const char *const written[] = {o->raster, o->qml, job->set.output};
    for (size_t i = 0; i < 3 && status == HG_OK; i++)
        status = hg_check_not_read(job, written[i], err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, &o->staging, err);
    if (status == HG_OK)
        status = hg_staging_add(o->staging, o->raster, &o->raster_temp, err);
    if (status == HG_OK)
        status = hg_staging_add(o->staging, o->qml, &o->qml_temp, err);
    if (status == HG_OK)
        status = hg_staging_add(o->staging, job->set.output, &o->gpkg_temp, err);
    return status;
}

static hg_status compute_surface(hg_job *job, const hg_intake *in, const hg_study *study,
                                 const char *path, hg_surface *surface, hg_error *err)
{
    hg_status status = hg_study_raster(job, in, study, path, &surface->raster, err);
    if (status == HG_OK) {
        surface->density = hg_malloc(hg_grid_cells(&study->grid), sizeof *surface->density);
        status = surface->density ? hg_surface_run(job, in, study, surface, err)
                                  : hg_fail_memory(err);
    }
    return status;
}

static void finding_facts(hg_job *job, const hg_findings *f)
{
    hg_facts *facts = &job->facts;
    const hg_ranking *r = &f->ranking;
    double share = 0;
    for (size_t k = 0; k < r->selected; k++) {
        uint64_t c = r->cells[k];
        share += f->counts.weight ? f->counts.weight[c] : (double)f->counts.count[c];
    }
    share = f->counts.total_weight > 0 ? share / f->counts.total_weight : 0;
    double area_share = r->selected_area_m2 / r->area_m2;
    hg_score_facts(job);
    hg_expected_facts(job, f);
    hg_fact_int(facts, (int64_t)f->counts.total, "incidents_in_area");
    hg_fact_int(facts, (int64_t)r->selected, "cells_selected");
    hg_fact_int(facts, (int64_t)f->areas, "areas");
    hg_fact_real(facts, r->selected_area_m2 / 1e6, "selected_area_km2");
    hg_fact_real(facts, share, "selected_share");
    hg_fact_real(facts, area_share, "selected_area_share");
    hg_fact_real(facts, share / area_share, "concentration");
    if (f->chance)
        hg_fact_real(facts, f->chance[r->selected - 1], "concentration_chance");
    hg_fact_int(facts, job->set.chance, "chance_draws");
    hg_stability_facts(job, f);
    hg_fact_int(facts, (int64_t)job->control.seed, "seed");
    hg_fact_int(facts, (int64_t)f->defaults.count, "default_times");
    hg_fact_int(facts, (int64_t)f->weeks[0].incidents, "hours_known");
    hg_fact_int(facts, (int64_t)f->weeks[0].intervals, "hours_from_intervals");
    hg_fact_int(facts, (int64_t)f->pile_ups.n, "pile_ups");
    if (f->pile_up_cells >= 0)
        hg_fact_int(facts, f->pile_up_cells, "pile_up_cells_changed");
}

/* Without place names an area is called by its best cell. */
static const char *best_cell(const hg_findings *f, uint32_t area, char id[HG_CELL_ID_SIZE])
{
    size_t k = 0;
    while (f->area[k] != area)
        k++;
    uint64_t c = f->ranking.cells[k], columns = (uint64_t)f->study->grid.columns;
    return hg_grid_cell_id(&f->study->grid, (int64_t)(c % columns), (int64_t)(c / columns), id);
}

static void summarise_areas(hg_job *job, const hg_findings *f, const hg_result_tables *t)
{
    enum { SHOWN = 3 };
    char a[32];
    hg_text *s = &job->summary;
    const hg_table *areas = t->areas;
    for (size_t k = 0; k < areas->rows && k < SHOWN; k++) {
        char id[HG_CELL_ID_SIZE];
        const char *name =
            f->area_names && f->area_names[k] ? f->area_names[k] : best_cell(f, (uint32_t)k, id);
        int64_t hour = hg_table_column(areas, "peak_hour")->i64[k];
        hg_text_addf(s, "  %zu. %s: %s %s on %.3g km2, %s", k + 1, name,
                     hg_grouped((uint64_t)hg_table_column(areas, "count")->i64[k], a),
                     hg_intake_noun(f->in),
                     hg_table_column(areas, "area_km2")->f64[k],
                     hg_pool_text(areas->pool, hg_table_column(areas, "top_stream")->text[k]));
        if (hour != HG_NULL_INT64)
            hg_text_addf(s, ", most at %02lld h", (long long)hour);
        hg_text_add(s, "\n");
    }
}

static void summarise(hg_job *job, const hg_findings *f, const hg_result_tables *t,
                      const hg_surface *surface, const outputs *o)
{
    hg_text *s = &job->summary;
    const hg_ranking *r = &f->ranking;
    size_t last = r->selected - 1;
    hg_summarise_intake(job, f->in);
    hg_summarise_surface(job, f->in, f->study, surface);
    hg_text_addf(s, "%zu hotspot cells in %zu areas: %.1f %% of %s on %.2f %% of %.4g km2%s; "
                    "concentration %.3g",
                 r->selected, f->areas, 100 * hg_table_column(t->cells, "cum_share")->f64[last],
                 hg_intake_in_m2(f->in) ? "the patches' area" : hg_intake_noun(f->in),
                 100 * r->selected_area_m2 / r->area_m2, r->area_m2 / 1e6,
                 f->in->area_given ? "" : " (guessed area: not comparable between runs)",
                 hg_table_column(t->cells, "concentration")->f64[last]);
    if (f->chance && isfinite(f->chance[last])) /* not without incidents */
        hg_text_addf(s, " against %.3g by chance", f->chance[last]);
    hg_text_add(s, "\n");
    hg_summarise_stability(job, f);
    hg_expected_summarise(job, f);
    summarise_areas(job, f, t);
    if (f->pile_ups.n)
        hg_text_addf(s, "pile-ups: %zu coordinates hold far more incidents than their surroundings "
                        "(the largest %llu, %.1f %%)",
                     f->pile_ups.n, (unsigned long long)f->pile_ups.items[0].count,
                     100 * f->pile_ups.items[0].share);
    if (f->pile_ups.n && f->pile_up_cells >= 0)
        hg_text_addf(s, "; %lld selected cells depend on them", (long long)f->pile_up_cells);
    if (f->pile_ups.n)
        hg_text_add(s, "\n");
    hg_text_addf(s, "written: %s and %s; open the GeoPackage in QGIS: its layers come styled, the "
                    "project \"hotspots\" is inside\n",
                 job->set.output, hg_base_name(o->raster));
}

static hg_status store_sidecars(hg_job *job, const outputs *o, hg_error *err)
{
    const char *const finals[] = {o->raster, o->qml}, *const temps[] = {o->raster_temp, o->qml_temp};
    char hex[2][HG_SHA256_HEX];
    hg_status status = hg_sidecar_hashes(job, temps, 2, hex, err);
    if (status == HG_OK)
        hg_sidecar_facts(job, finals, 2, hex);
    return status;
}

/* The end of a run, in two halves that need nothing of each other and share the processors. */
typedef struct closing {
    hg_job *job;
    hg_findings *f;
    hg_surface *surface;
    const outputs *out;
    hg_result_tables tables;
    hg_gpkg *gpkg;
} closing;

static hg_status finish_raster_and_pile_ups(closing *c, hg_error *err)
{
    hg_raster *raster = c->surface->raster;
    c->surface->raster = NULL;
    hg_status status = hg_raster_finish(raster, err);
    return status == HG_OK ? hg_findings_pile_ups(c->job, c->f, err) : status;
}

static hg_status write_layers(closing *c, hg_error *err)
{
    hg_control *control = &c->job->control;
    hg_status status = hg_result_tables_make(c->job, c->f, &c->tables, err);
    if (status == HG_OK)
        status = hg_gpkg_create(c->out->gpkg_temp, control, &c->gpkg, err);
    const hg_table *tables[] = {c->tables.areas, c->tables.cells, c->tables.incidents,
                                c->tables.patches, c->tables.hours, c->tables.rejects, c->tables.duplicates};
    for (size_t k = 0; k < sizeof tables / sizeof *tables && status == HG_OK; k++)
        status = !tables[k] ? HG_OK : hg_gpkg_add_table(c->gpkg, tables[k], err);
    return status;
}

static hg_status close_half(void *context, size_t half, hg_error *err)
{
    return half == 0 ? write_layers(context, err) : finish_raster_and_pile_ups(context, err);
}

static hg_status write_style_file(const closing *c, hg_error *err)
{
    char *qml = NULL;
    hg_status status = hg_density_qml(hg_base_name(c->out->raster), hg_density_title(c->job, c->f->in),
                                      c->surface->peak_per_km2, c->job->set.lang, &qml, err);
    if (status == HG_OK)
        status = hg_write_text(c->out->qml_temp, qml, err);
    hg_free(qml);
    return status;
}

/* What needs both halves: the pile-ups' table, styles, the record of the run. */
static hg_status complete(closing *c, double read_s, double analyse_s, double began, hg_error *err)
{
    hg_job *job = c->job;
    hg_status status = hg_pile_up_table(&c->f->pile_ups, job->set.lang, &c->tables.pile_ups, err);
    if (status == HG_OK)
        status = hg_gpkg_add_table(c->gpkg, c->tables.pile_ups, err);
    if (status == HG_OK)
        status = hg_result_styles(job, c->f, &c->tables, hg_base_name(c->out->raster),
                                  c->surface->peak_per_km2, c->gpkg, err);
    if (status == HG_OK)
        status = write_style_file(c, err);
    if (status == HG_OK)
        status = store_sidecars(job, c->out, err);
    if (status != HG_OK)
        return status;
    finding_facts(job, c->f);
    hg_notes_say(job); /* with the notes since the intake */
    hg_run_facts(job, read_s, analyse_s, hg_now() - began);
    status = hg_store_facts(job, c->gpkg, err);
    if (status != HG_OK)
        return status;
    hg_gpkg *gpkg = c->gpkg;
    c->gpkg = NULL;
    return hg_gpkg_finish(gpkg, err);
}

static hg_status write_result(hg_job *job, hg_findings *f, hg_surface *surface, const outputs *o,
                              double read_s, double analyse_s, hg_error *err)
{
    closing c = {.job = job, .f = f, .surface = surface, .out = o};
    double began = hg_now();
    hg_status status = hg_parallel(2, job->control.threads, close_half, &c, err);
    if (status == HG_OK)
        status = complete(&c, read_s, analyse_s, began, err);
    if (status == HG_OK)
        status = hg_check_cancel(&job->control, err);
    if (status == HG_OK)
        status = hg_staging_commit(o->staging, err);
    if (status == HG_OK) {
        hg_run_facts(job, read_s, analyse_s, hg_now() - began);
        summarise(job, f, &c.tables, surface, o);
    }
    hg_gpkg_free(c.gpkg);
    hg_result_tables_dispose(&c.tables);
    return status;
}

hg_status hg_run_hotspots(hg_job *job, hg_error *err)
{
    outputs o = {0};
    hg_intake in = {0}, reference = {0};
    hg_study study = {0};
    hg_surface surface = {0};
    hg_findings f = {.in = &in, .study = &study, .reference = job->set.against ? &reference : NULL};
    hg_status status = hg_forecast_config_apply(job, err);
    if (status == HG_OK)
        status = hg_score_check(job, err);
    if (status == HG_OK)
        status = hg_expected_check(job, err);
    if (status == HG_OK)
        status = outputs_init(job, &o, err);
    if (status == HG_OK)
        status = hg_intake_run(job, NULL, &in, err);
    if (status == HG_OK && job->set.against)
        status = hg_expected_take_reference(job, &in, &reference, err);
    double read = hg_now();
    if (status == HG_OK)
        status = hg_study_init(job, &in, true, &study, err);
    if (status == HG_OK)
        hg_intake_facts(job, &in);
    if (status == HG_OK)
        status = compute_surface(job, &in, &study, o.raster_temp, &surface, err);
    f.density = surface.density;
    if (status == HG_OK)
        status = hg_findings_make(job, &f, err);
    double analysed = hg_now();
    if (status == HG_OK)
        status = write_result(job, &f, &surface, &o, read - job->started, analysed - read, err);
    hg_raster_free(surface.raster);
    hg_findings_dispose(&f);
    hg_study_dispose(&study);
    hg_intake_dispose_taken(&reference);
    hg_intake_dispose(&in);
    outputs_dispose(&o);
    return status;
}
