#include "job/job.h"
#include "base/civil.h"
#include "base/memory.h"
#include "base/spill.h"
#include "io/source.h"
#include "io/staging.h"
#include "job/options.h"
#include "job/ranks.h"
#include "job/variants.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const load_examples[] = {
    "hotgrid load thefts.csv -o thefts.gpkg",
    "hotgrid load crime.csv --datum gcj02 --id case_no accidents.xlsx --header-row 3 -o town.gpkg",
    "hotgrid load week46.csv --append -o town.gpkg", NULL};
static const char *const density_examples[] = {
    "hotgrid density thefts.csv -o thefts.tif",
    "hotgrid density town.gpkg --area town_limits.gpkg --bandwidth 400m --cell 20 -o density.tif",
    "hotgrid density town.gpkg --bandwidth 200,400,800 --slice month --method auto -o heat.tif",
    NULL};
static const char *const hotspots_examples[] = {
    "hotgrid hotspots thefts.csv -o hot.gpkg",
    "hotgrid hotspots crime.csv --datum gcj02 fire.geojson --area town.gpkg --places places.gpkg "
    "--budget 1% -o hot.gpkg",
    "hotgrid hotspots crime.csv --stream crime patches.gpkg --stream land --area town.gpkg -o hot.gpkg",
    NULL};
static const char *const audit_examples[] = {
    "hotgrid audit --zones parcels.gpkg --survey flight1.gpkg@2019-03-01 --survey "
    "flight2.gpkg@2019-10-31 -o audit.gpkg",
    "hotgrid audit --zones town.gpkg:zones --permits town.gpkg:leases --survey a.shp@2019-03-01 "
    "--survey b.shp@2019-10-31 --coverage b_flown.shp@2019-10-31 --actions cases.csv --map "
    "zones.zone_id=DKBH --tolerance 1 -o audit.gpkg",
    NULL};
static const char *const info_examples[] = {"hotgrid info hot.gpkg", NULL};

static const char *const index_examples[] = {
    "hotgrid index crime.csv --datum gcj02 --stream crime fire.geojson --stream fire --config town.yaml "
    "--units villages.gpkg --unit-name name --since 2019-01-01 --until 2019-11-01 -o index.gpkg",
    "hotgrid index town.gpkg --config town.yaml --compare yesterday.gpkg -o today.gpkg",
    "hotgrid index --check-claim -300%", NULL};

static const char *const trends_examples[] = {
    "hotgrid trends thefts.csv --step 30d --cell 250 -o trends.gpkg",
    "hotgrid trends burglaries.gpkg --area town.gpkg --step 7d --near-repeat 200m,7d,5x4 -o trends.gpkg", NULL};

static const char *const backtest_examples[] = {
    "hotgrid backtest thefts.csv --train 365d --horizon 90d -o backtest.csv",
    "hotgrid backtest thefts.csv --tune --save-config tuned.yaml --chart backtest.svg -o backtest.csv", NULL};

static const char *const report_examples[] = {
    "hotgrid report hot.gpkg audit.gpkg index.gpkg -o briefing.html",
    "hotgrid report hot.gpkg --previous last_week.gpkg --incidents since.csv --advice advice.yaml --lang zh "
    "-o briefing.pdf",
    NULL};

static const char *const run_examples[] = {"hotgrid run batch.yaml", "hotgrid run batch.yaml --check",
                                           "hotgrid run batch.yaml --only hot,report --until 2019-11-01", NULL};

static const hg_command commands[] = {
    {{"load", "check incidents and load them into a store (GeoPackage or SpatiaLite)",
      "[OPTIONS] INPUT [SOURCE OPTIONS] ... -o STORE", load_examples},
     HG_FOR_LOAD,
     hg_run_load,
     true},
    {{"density", "kernel density raster of incidents or patches",
      "[OPTIONS] INPUT [SOURCE OPTIONS] ... -o RASTER.tif", density_examples},
     HG_FOR_DENSITY,
     hg_run_density,
     true},
    {{"hotspots", "density, ranked hotspot cells and areas in a styled GeoPackage",
      "[OPTIONS] INPUT [SOURCE OPTIONS] ... -o RESULT.gpkg", hotspots_examples},
     HG_FOR_HOTSPOTS,
     hg_run_hotspots,
     true},
    {{"audit", "land and river encroachment: survey polygons against zones and permits, by date",
      "[OPTIONS] --zones SRC --survey SRC@DATE ... -o RESULT.gpkg", audit_examples},
     HG_FOR_AUDIT,
     hg_run_audit,
     false},
    {{"index", "daily safety index by unit; year-on-year tables",
      "[OPTIONS] INPUT [SOURCE OPTIONS] ... -o RESULT.gpkg", index_examples},
     HG_FOR_INDEX,
     hg_run_index,
     true},
    {{"trends", "space-time: where hot spots emerge, last and fade; near repeats",
      "[OPTIONS] INPUT [SOURCE OPTIONS] ... -o RESULT.gpkg", trends_examples},
     HG_FOR_TRENDS,
     hg_run_trends,
     true},
    {{"backtest", "how well past hotspots predicted later incidents: PAI, PEI*, SER, by method",
      "[OPTIONS] INPUT [SOURCE OPTIONS] ... -o RESULT.csv", backtest_examples},
     HG_FOR_BACKTEST,
     hg_run_backtest,
     true},
    {{"report", "HTML or PDF report, with tables, from results of hotspots, audit, index and trends",
      "[OPTIONS] RESULT.gpkg ... -o REPORT.html|REPORT.pdf", report_examples},
     HG_FOR_REPORT,
     hg_run_report,
     true},
    {{"run", "a whole batch from one YAML file: every step, every unit", "[OPTIONS] BATCH.yaml", run_examples},
     HG_FOR_RUN,
     hg_run_batch,
     true},
    {{"info", "what a store or a result holds and how it was made", "[OPTIONS] FILE", info_examples},
     HG_FOR_INFO,
     hg_run_info,
     true},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

size_t hg_command_count(void)
{
    return COMMANDS;
}

const hg_command_info *hg_command_at(size_t i)
{
    return i < COMMANDS ? &commands[i].info : NULL;
}

unsigned hg_command_mask(size_t i)
{
    return i < COMMANDS ? commands[i].mask : 0;
}

double hg_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool hg_list_add(hg_text_list *list, const char *text)
{
    char **items = hg_grow(list->items, &list->capacity, list->count + 1, sizeof *items);
    if (!items)
        return false;
    list->items = items;
    items[list->count] = hg_strdup(text);
    if (!items[list->count])
        return false;
    list->count++;
    return true;
}

void hg_list_dispose(hg_text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        hg_free(list->items[i]);
    hg_free(list->items);
    *list = (hg_text_list){0};
}

void hg_job_add_note(hg_job *job, const char *fmt, ...)
{
    char buf[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(buf, sizeof buf, fmt, args);
    va_end(args);
    hg_list_add(&job->notes, buf);
}

hg_status hg_job_new(const char *command, hg_job **out, hg_error *err)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].info.name, command) != 0)
            continue;
        hg_job *job = hg_calloc(1, sizeof *job);
        if (!job)
            return hg_fail_memory(err);
        job->command = &commands[i];
        hg_settings_init(&job->set, &job->all);
        if (job->command->mask & (HG_FOR_DENSITY | HG_FOR_HOTSPOTS))
            job->set.rule = HG_RULE_AUTO;
        atomic_init(&job->control.cancelled, false);
        atomic_flag_clear(&job->control.saying);
        *out = job;
        return HG_OK;
    }
    hg_text list = {0};
    for (size_t i = 0; i < COMMANDS; i++)
        hg_text_addf(&list, "%s%s", i ? ", " : "", commands[i].info.name);
    hg_status status = hg_fail(err, HG_EUSAGE, "\"%s\" is no command; commands are: %s", command,
                               list.s ? list.s : "");
    hg_text_dispose(&list);
    return status;
}

void hg_job_free(hg_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; i < job->input_count; i++) {
        hg_free(job->inputs[i].path);
        hg_source_settings_dispose(&job->inputs[i].set);
    }
    hg_free(job->inputs);
    hg_settings_dispose(&job->set);
    hg_source_settings_dispose(&job->all);
    hg_facts_dispose(&job->facts);
    hg_list_dispose(&job->notes);
    hg_text_dispose(&job->summary);
    for (size_t i = 0; i < job->given_count; i++) {
        hg_free(job->given[i].name);
        hg_free(job->given[i].value);
    }
    hg_free(job->given);
    hg_free(job->json);
    hg_free(job->command_line);
    hg_free(job);
}

static hg_status remember(hg_job *job, const char *option, const char *value, hg_error *err)
{
    hg_given_option *given =
        hg_grow(job->given, &job->given_capacity, job->given_count + 1, sizeof *given);
    if (!given)
        return hg_fail_memory(err);
    job->given = given;
    hg_given_option *g = &given[job->given_count];
    *g = (hg_given_option){.name = hg_strdup(option),
                           .value = value ? hg_source_redact(value) : hg_strdup("true"),
                           .input = job->input_count};
    job->given_count++;
    return g->name && g->value ? HG_OK : hg_fail_memory(err);
}

hg_status hg_job_set(hg_job *job, const char *option, const char *value, hg_error *err)
{
    hg_source_settings *source =
        job->input_count ? &job->inputs[job->input_count - 1].set : &job->all;
    hg_status status = hg_option_set(job->command->mask, job->command->info.name, option, value,
                                     &job->set, source, err);
    return status == HG_OK ? remember(job, option, value, err) : status;
}

hg_status hg_job_add_input(hg_job *job, const char *source, hg_error *err)
{
    if (!*source)
        return hg_fail(err, HG_EUSAGE, "an input has an empty name");
    if (!job->command->takes_inputs)
        return hg_fail(err, HG_EUSAGE,
                       "%s: %s takes its sources by option; hotgrid %s --help lists them", source,
                       job->command->info.name, job->command->info.name);
    hg_job_input *inputs =
        hg_grow(job->inputs, &job->input_capacity, job->input_count + 1, sizeof *inputs);
    if (!inputs)
        return hg_fail_memory(err);
    job->inputs = inputs;
    char *path = hg_strdup(source);
    if (!path)
        return hg_fail_memory(err);
    inputs[job->input_count++] = (hg_job_input){.path = path};
    return HG_OK;
}

void hg_job_on_progress(hg_job *job, hg_job_progress progress, void *payload)
{
    job->control.progress = progress;
    job->control.payload = payload;
}

hg_status hg_job_set_command_line(hg_job *job, int argc, char *const *argv, hg_error *err)
{
    hg_text t = {0};
    for (int i = 0; i < argc; i++) {
        bool quote = strpbrk(argv[i], " \"'$&|;()<>*?") != NULL;
        hg_text_add(&t, i ? " " : "");
        hg_text_add(&t, quote ? "'" : "");
        char *shown = hg_source_redact(argv[i]); /* passwords are not for run_info */
        hg_text_add(&t, shown);
        t.failed |= !shown;
        hg_free(shown);
        hg_text_add(&t, quote ? "'" : "");
    }
    char *line = hg_text_take(&t);
    if (!line)
        return hg_fail_memory(err);
    hg_free(job->command_line);
    job->command_line = line;
    return HG_OK;
}

static hg_status empty_interval(const hg_job *job, hg_error *err)
{
    char since[32], until[32];
    return hg_fail(err, HG_EUSAGE, "--since %s --until %s: no moment lies in between; since is included, "
                                   "until is not",
                   hg_civil_text(job->set.since, since), hg_civil_text(job->set.until, until));
}

static hg_status run_command(hg_job *job, hg_error *err)
{
    return hg_variants_wanted(job) ? hg_variants_run(job, err) : job->command->run(job, err);
}

/* Maps of more incidents than memory holds keep their columns in files (base/spill.h). */
static hg_status begin_within_memory(const hg_job *job, hg_error *err)
{
    char *folder = hg_staging_folder(job->set.output);
    if (!folder)
        return hg_fail_memory(err);
    hg_status status = hg_spill_begin((uint64_t)job->set.memory_bytes, folder, err);
    hg_free(folder);
    return status;
}

static bool is_map(const hg_job *job)
{
    return job->command->mask == HG_FOR_DENSITY || job->command->mask == HG_FOR_HOTSPOTS;
}

static hg_status run_within_memory(hg_job *job, hg_error *err)
{
    hg_status status = begin_within_memory(job, err);
    if (status != HG_OK)
        return status;
    status = run_command(job, err);
    hg_spill_end();
    return status;
}

static hg_status serve_within_memory(hg_job *job, hg_ranks *ranks, hg_error *err)
{
    hg_status begun = is_map(job) ? begin_within_memory(job, err) : HG_OK;
    hg_status status = hg_ranks_serve(job, ranks, begun, err);
    if (is_map(job) && begun == HG_OK)
        hg_spill_end();
    return status;
}

static hg_status run_alone(hg_job *job, hg_error *err)
{
    hg_fact_text(&job->facts, job->command->info.name, "command");
    hg_fact_text(&job->facts, hg_version(), "version");
    hg_status status = is_map(job) ? run_within_memory(job, err) : run_command(job, err);
    if (status == HG_OK && (job->facts.failed || job->summary.failed))
        status = hg_fail_memory(err);
    return status;
}

hg_status hg_job_run(hg_job *job, hg_error *err)
{
    bool info = job->command->mask == HG_FOR_INFO, bare = job->set.check_claim != NULL;
    if (job->ran)
        return hg_fail(err, HG_EUSAGE, "a job runs once; make a new one");
    if (job->command->takes_inputs && !job->input_count && !bare)
        return hg_fail(err, HG_EUSAGE, "no input was given");
    bool batch = job->command->mask == HG_FOR_RUN;
    if (job->command->mask == HG_FOR_LOAD && hg_variants_wanted(job))
        return hg_fail(err, HG_EUSAGE, "--bandwidth: load takes one bandwidth, and several were given");
    if (!info && !bare && !batch && !job->set.output)
        return hg_fail(err, HG_EUSAGE, "no output was given; say where with -o FILE");
    if (job->set.since != HG_NO_TIME && job->set.until != HG_NO_TIME && job->set.since >= job->set.until)
        return empty_interval(job, err);
    job->ran = true;
    job->started = hg_now();
    job->control.threads = (int)job->set.threads;
    job->control.seed = (uint64_t)job->set.seed;
    hg_ranks *ranks = hg_ranks_enter(job);
    if (hg_ranks_rank(ranks) > 0)
        return serve_within_memory(job, ranks, err);
    hg_status status = run_alone(job, err);
    return ranks ? hg_ranks_dismiss(job, ranks, status, err) : status;
}

void hg_job_cancel(hg_job *job)
{
    atomic_store(&job->control.cancelled, true);
}

const char *hg_job_summary(const hg_job *job)
{
    return job->summary.s ? job->summary.s : "";
}

const char *hg_job_json(hg_job *job)
{
    if (!job->json)
        job->json = hg_facts_json(&job->facts);
    return job->json;
}

size_t hg_job_note_count(const hg_job *job)
{
    return job->notes.count;
}

const char *hg_job_note(const hg_job *job, size_t i)
{
    return i < job->notes.count ? job->notes.items[i] : NULL;
}
