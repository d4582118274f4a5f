#include "job/index.h"
#include "base/memory.h"
#include "base/threads.h"
#include "io/csv.h"
#include "job/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_CELL_M = 1000, MOST_LISTED = 200, SIDECARS = 3 };

/* ------------------------------------------------- outputs ---------------------------------- */

/* Final names and where they are written meanwhile: CSV, SVG, PNG, then the GeoPackage. */
typedef struct outputs {
    hg_staging *staging;
    char *sidecar[SIDECARS];
    const char *sidecar_temp[SIDECARS], *gpkg_temp;
} outputs;

static void outputs_dispose(outputs *o)
{
    hg_staging_free(o->staging);
    for (size_t k = 0; k < SIDECARS; k++)
        hg_free(o->sidecar[k]);
}

static hg_status outputs_init(const hg_job *job, outputs *o, hg_error *err)
{
    static const char *const extensions[] = {".gpkg", NULL};
    static const char *const suffixes[SIDECARS] = {".csv", "_calendar.svg", "_calendar.png"};
    hg_status status = hg_check_extension(job, extensions, err);
    if (status == HG_OK)
        status = hg_check_not_read(job, job->set.output, err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, &o->staging, err);
    for (size_t k = 0; k < SIDECARS && status == HG_OK; k++) {
        o->sidecar[k] = hg_beside(job->set.output, suffixes[k]);
        status = o->sidecar[k] ? hg_check_not_read(job, o->sidecar[k], err) : hg_fail_memory(err);
        if (status == HG_OK)
            status = hg_staging_add(o->staging, o->sidecar[k], &o->sidecar_temp[k], err);
    }
    return status == HG_OK ? hg_staging_add(o->staging, job->set.output, &o->gpkg_temp, err) : status;
}

/* ------------------------------------------------- computing -------------------------------- */

static void run_dispose(hg_index_run *run)
{
    hg_free(run->places);
    hg_free(run->hidden);
    hg_free(run->feeds);
    hg_index_spans_dispose(&run->spans);
    hg_index_result_dispose(&run->result);
    hg_index_entries_dispose(&run->events);
    hg_index_units_dispose(&run->units);
    hg_index_design_dispose(&run->design);
}

static hg_status compute(hg_index_run *run, hg_error *err)
{
    hg_job *job = run->job;
    hg_status status = hg_index_units_read(job, &run->design, run->in, &run->units, err);
    if (status == HG_OK)
        status = hg_index_entries_make(run, err);
    if (status == HG_OK)
        status = hg_index_compute(&run->design.model, &run->input, &job->control, &run->result, err);
    if (status == HG_OK)
        status = hg_index_spans_make(run, err);
    if (status == HG_OK)
        status = hg_index_hide(run, err);
    if (status == HG_OK && run->events.outside)
        hg_job_add_note(job, "%llu incidents lie in no unit; they count for no unit, but show that their feed was there",
                        (unsigned long long)run->events.outside);
    if (status == HG_OK && run->events.severity_unused)
        hg_job_add_note(job, "the config weighs categories, but no input has them (--category); all weigh 1");
    return status;
}

/* ------------------------------------------------- facts ------------------------------------ */

static void design_facts(const hg_index_run *run)
{
    hg_facts *f = &run->job->facts;
    const hg_index_config *m = &run->design.model;
    char since[32], last[32];
    hg_fact_text(f, run->design.preset_name, "preset");
    hg_fact_text(f, run->design.sha256, "config_sha256");
    hg_fact_text(f, "a declared design; the city's own formula is not public", "design");
    hg_fact_int(f, m->history_days, "history_days");
    if (m->certainty_exact)
        hg_fact_text(f, "exact", "certainty_draws");
    else
        hg_fact_int(f, m->certainty_draws, "certainty_draws");
    hg_fact_int(f, (int64_t)run->job->control.seed, "seed");
    hg_fact_text(f, hg_index_day_text(run->input.since, since), "published.first_day");
    hg_fact_text(f, hg_index_day_text(run->input.until - 1, last), "published.last_day");
    hg_fact_int(f, (int64_t)run->result.days, "published.days");
    hg_fact_int(f, (int64_t)run->result.units, "unit_count");
    hg_fact_int(f, (int64_t)run->events.outside, "outside_units");
    hg_fact_int(f, (int64_t)run->result.missing_days, "missing_stream_days");
    if (run->job->set.suppress_below)
        hg_fact_int(f, run->job->set.suppress_below, "suppress_below");
    for (size_t k = 0; k < run->series_count; k++)
        hg_fact_text(f, run->series[k].name, "stream_columns.%s", run->series[k].code);
}

static void unit_facts(const hg_index_run *run, size_t u, const hg_index_summary *s)
{
    hg_facts *f = &run->job->facts;
    const hg_index_result *r = &run->result;
    size_t row = u * r->days + r->days - 1;
    hg_text en = {0}, zh = {0};
    hg_index_message(run, row, false, &en);
    hg_index_message(run, row, true, &zh);
    hg_fact_text(f, run->units.names[u], "units[%zu].name", u);
    hg_fact_real(f, hg_index_mean_told(run, s), "units[%zu].mean_score", u);
    if (s->rank)
        hg_fact_int(f, s->rank, "units[%zu].rank", u);
    else
        hg_fact_real(f, NAN, "units[%zu].rank", u);
    hg_fact_int(f, s->days, "units[%zu].days", u);
    hg_fact_int(f, s->days_scored, "units[%zu].days_scored", u);
    for (size_t k = 0; k < run->design.band_count; k++)
        hg_fact_int(f, s->days_band[k], "units[%zu].days_%s", u, run->design.band_names[k]);
    hg_fact_real(f, run->hidden ? NAN : r->score[row], "units[%zu].latest_score", u);
    hg_fact_text(f, hg_index_band_name(run, r->band[row]), "units[%zu].latest_band", u);
    hg_fact_text(f, en.s, "units[%zu].message", u);
    hg_fact_text(f, zh.s, "units[%zu].message_zh", u);
    hg_text_dispose(&en);
    hg_text_dispose(&zh);
}

static void summarise_unit(const hg_index_run *run, size_t u, const hg_index_summary *s)
{
    bool zh = hg_index_zh(run);
    hg_text *t = &run->job->summary;
    const hg_index_result *r = &run->result;
    size_t row = u * r->days + r->days - 1;
    hg_text_add(t, "  ");
    hg_index_message(run, row, zh, t);
    hg_text_add(t, zh ? "（" : " (");
    hg_index_reasons(run, row, t);
    hg_text_add(t, zh ? "）\n" : ")\n");
    double mean = hg_index_mean_told(run, s);
    if (!isnan(mean))
        hg_text_addf(t, zh ? "    %u天：平均%.2f" : "    %u days: mean %.2f", s->days, mean);
    else
        hg_text_addf(t, zh ? "    %u天" : "    %u days", s->days);
    for (size_t k = 0; k < run->design.band_count; k++) {
        const char *word = hg_index_band_word(run->design.band_names[k], zh);
        hg_text_addf(t, zh ? "，%s%u天" : ", %s %u", word, s->days_band[k]);
    }
    if (s->days > s->days_scored)
        hg_text_addf(t, zh ? "，无指数%u天" : ", no index %u", s->days - s->days_scored);
    hg_text_add(t, "\n");
}

static void summarise_changes(const hg_index_run *run, const hg_table *changes)
{
    enum { SHOWN = 5 };
    hg_text *t = &run->job->summary;
    if (!changes)
        return;
    hg_text_addf(t, "against %s: %zu days changed%s\n", hg_base_name(run->job->set.compare), changes->rows,
                 changes->rows ? " (table index_changes)" : "");
    for (size_t i = 0; i < changes->rows && i < SHOWN; i++) {
        const char *cells[4];
        static const char *const names[] = {"unit", "date", "reason", "details"};
        for (size_t k = 0; k < 4; k++)
            cells[k] = hg_pool_text(changes->pool, hg_table_column(changes, names[k])->text[i]);
        hg_text_addf(t, "  %s %s: %s; %s\n", cells[0], cells[1], cells[2], cells[3] ? cells[3] : "");
    }
}

static hg_status tell(hg_index_run *run, const hg_table *changes, const outputs *o, bool summary, hg_error *err)
{
    hg_text *t = &run->job->summary;
    char since[32], last[32];
    hg_index_summary *sums = hg_calloc(run->units.n, sizeof *sums);
    if (!sums)
        return hg_fail_memory(err);
    hg_index_summarise(&run->result, run->input.since, run->input.until, sums);
    if (summary) {
        hg_summarise_intake(run->job, run->in);
        hg_text_addf(t, "index of %s to %s, %zu %s, preset %s (a declared design, not a city's formula)\n",
                     hg_index_day_text(run->input.since, since), hg_index_day_text(run->input.until - 1, last),
                     run->units.n, run->units.n == 1 ? "unit" : "units", run->design.preset_name);
        if (run->events.outside)
            hg_text_addf(t, "outside units: %llu incidents\n", (unsigned long long)run->events.outside);
    }
    for (size_t u = 0; u < run->units.n && u < MOST_LISTED; u++) {
        if (summary)
            summarise_unit(run, u, &sums[u]);
        else
            unit_facts(run, u, &sums[u]);
    }
    if (summary) {
        if (run->units.n > MOST_LISTED)
            hg_text_addf(t, "  and %zu more in the table units\n", run->units.n - MOST_LISTED);
        summarise_changes(run, changes);
        hg_text_addf(t, "written: %s, %s and %s; open the GeoPackage in QGIS: the project \"index\" is inside\n",
                     run->job->set.output, hg_base_name(o->sidecar[0]), hg_base_name(o->sidecar[2]));
    }
    hg_free(sums);
    return HG_OK;
}

/* ------------------------------------------------- writing ---------------------------------- */

/* What is written, by tasks that need nothing of each other and share the processors, largest first. */
typedef struct writing {
    hg_index_run *run;
    const outputs *out;
    hg_index_tables tables;
    hg_gpkg *gpkg;
    char hex[SIDECARS][HG_SHA256_HEX];
} writing;

static hg_status find_places(hg_index_run *run, hg_error *err)
{
    const hg_incidents *inc = &run->in->incidents;
    run->places = hg_malloc(run->result.rows, sizeof *run->places);
    return run->places ? hg_index_find_places(&run->input, inc->x, inc->y, PLACE_CELL_M, &run->result, run->places, err)
                       : hg_fail_memory(err);
}

static hg_status make_days(writing *w, hg_error *err)
{
    hg_index_tables *t = &w->tables;
    hg_status status = find_places(w->run, err);
    if (status == HG_OK)
        status = hg_index_daily_table(w->run, &t->daily, err);
    if (status == HG_OK)
        status = hg_index_units_table(w->run, &t->units, err);
    return status == HG_OK ? hg_index_summary_table(w->run, &t->summary, err) : status;
}

enum { YEAR_ON_YEAR, DAYS, SEVERAL_YEARS, TABLE_TASKS };

static hg_status make_tables(void *context, size_t task, hg_error *err)
{
    writing *w = context;
    if (task == DAYS)
        return make_days(w, err);
    return task == YEAR_ON_YEAR ? hg_index_year_on_year(w->run, &w->tables.years, err)
                                : hg_index_multi_year(w->run, &w->tables.multi, &w->tables.trends, err);
}

static hg_status add_table(writing *w, const hg_table *t, hg_error *err)
{
    return t ? hg_gpkg_add_table(w->gpkg, t, err) : HG_OK;
}

static hg_status write_tables(writing *w, hg_error *err)
{
    const hg_index_tables *t = &w->tables;
    const hg_table *ready[] = {t->daily, t->units, t->summary, t->years, t->multi};
    hg_status status = hg_gpkg_create(w->out->gpkg_temp, &w->run->job->control, &w->gpkg, err);
    for (size_t k = 0; k < sizeof ready / sizeof *ready && status == HG_OK; k++)
        status = add_table(w, ready[k], err);
    return status;
}

/* One after the other: cairo numbers what it puts into an SVG in the order in which surfaces are made. */
static hg_status write_charts(const writing *w, hg_error *err)
{
    hg_status status = hg_index_chart(w->run, HG_CANVAS_SVG, w->out->sidecar_temp[1], err);
    return status == HG_OK ? hg_index_chart(w->run, HG_CANVAS_PNG, w->out->sidecar_temp[2], err) : status;
}

/* One of equal parts. */
static hg_status fit_trends(const writing *w, size_t part, size_t parts, hg_error *err)
{
    hg_table *t = w->tables.trends;
    return t ? hg_index_fit_trends(w->run, t, t->rows * part / parts, t->rows * (part + 1) / parts, err) : HG_OK;
}

enum { LAYERS, CHARTS, CSV, TRENDS, TREND_PARTS = 8 };

static hg_status write_files(void *context, size_t task, hg_error *err)
{
    writing *w = context;
    switch (task) {
    case LAYERS:
        return write_tables(w, err);
    case CHARTS:
        return write_charts(w, err);
    case CSV:
        return hg_csv_write(w->out->sidecar_temp[0], w->tables.daily, err);
    default:
        return fit_trends(w, task - TRENDS, TREND_PARTS, err);
    }
}

static hg_status write_rest(writing *w, hg_error *err)
{
    hg_index_run *run = w->run;
    hg_index_tables *t = &w->tables;
    hg_status status = HG_OK;
    if (run->job->set.compare)
        status = hg_index_changes_table(run, t->daily, &t->changes, err);
    if (status == HG_OK && !run->hidden) /* the values of refused rows are no matter of publication */
        status = hg_intake_rejects_table(run->in, &t->rejects, err);
    if (status == HG_OK && t->rejects)
        status = hg_columns_title(run->job->set.lang, t->rejects, err);
    const hg_table *late[] = {t->trends, t->changes, t->rejects};
    for (size_t k = 0; k < sizeof late / sizeof *late && status == HG_OK; k++)
        status = add_table(w, late[k], err);
    return status == HG_OK ? hg_index_styles(run, t, w->gpkg, err) : status;
}

static hg_status finish_files(void *context, size_t task, hg_error *err)
{
    writing *w = context;
    return task == 0 ? write_rest(w, err)
                     : hg_sidecar_hashes(w->run->job, w->out->sidecar_temp, SIDECARS, w->hex, err);
}

static hg_status complete(writing *w, double read_s, double analyse_s, double began, hg_error *err)
{
    hg_job *job = w->run->job;
    hg_sidecar_facts(job, (const char *const *)w->out->sidecar, SIDECARS, w->hex);
    hg_run_facts(job, read_s, analyse_s, hg_now() - began);
    hg_status status = hg_store_facts(job, w->gpkg, err);
    if (status != HG_OK)
        return status;
    hg_gpkg *gpkg = w->gpkg;
    w->gpkg = NULL;
    return hg_gpkg_finish(gpkg, err);
}

static hg_status write_result(hg_index_run *run, const outputs *o, double read_s, double analyse_s, hg_error *err)
{
    writing w = {.run = run, .out = o};
    hg_job *job = run->job;
    double began = hg_now();
    hg_status status = hg_parallel(TABLE_TASKS, job->control.threads, make_tables, &w, err);
    if (status == HG_OK)
        status = hg_parallel(TRENDS + TREND_PARTS, job->control.threads, write_files, &w, err);
    if (status == HG_OK)
        status = hg_parallel(2, job->control.threads, finish_files, &w, err);
    if (status == HG_OK)
        status = hg_intake_hashes(run->in, err);
    hg_intake_facts(job, run->in);
    design_facts(run);
    if (status == HG_OK)
        status = tell(run, NULL, o, false, err);
    if (status == HG_OK)
        status = complete(&w, read_s, analyse_s, began, err);
    if (status == HG_OK)
        status = hg_check_cancel(&job->control, err);
    if (status == HG_OK)
        status = hg_staging_commit(o->staging, err);
    if (status == HG_OK) {
        hg_run_facts(job, read_s, analyse_s, hg_now() - began);
        status = tell(run, w.tables.changes, o, true, err);
    }
    hg_gpkg_free(w.gpkg);
    hg_index_tables_dispose(&w.tables);
    return status;
}

/* ------------------------------------------------- the command ------------------------------ */

static hg_status check_options(const hg_job *job, hg_error *err)
{
    if (job->set.compare && job->set.suppress_below)
        return hg_fail(err, HG_EUSAGE,
                       "--compare lists counts that --suppress-below withholds; compare for internal use, and publish "
                       "without");
    return HG_OK;
}

hg_status hg_run_index(hg_job *job, hg_error *err)
{
    if (job->set.check_claim)
        return hg_index_claim(job, err);
    outputs o = {0};
    hg_intake in = {.hash_later = true};
    hg_index_run run = {.job = job, .in = &in};
    hg_status status = check_options(job, err);
    if (status == HG_OK)
        status = hg_index_design_read(job->set.preset, job->set.config, job->set.certainty_draws,
                                      job->control.seed, &run.design, err);
    if (status == HG_OK)
        status = outputs_init(job, &o, err);
    if (status == HG_OK)
        status = hg_intake_run(job, NULL, &in, err);
    double read = hg_now();
    if (status == HG_OK)
        status = compute(&run, err);
    double analysed = hg_now();
    if (status == HG_OK)
        status = write_result(&run, &o, read - job->started, analysed - read, err);
    run_dispose(&run);
    hg_intake_dispose(&in);
    outputs_dispose(&o);
    return status;
}
