#include "job/hotspots.h"
#include "base/memory.h"
#include "io/spatialite.h"
#include "io/staging.h"
#include "io/store.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Neighbourhood of pile-ups where no bandwidth is at hand, in metres. */
static const double PILE_UP_RADIUS_M = 500;

enum { TABLES = 5 };

typedef struct loading {
    hg_intake in;
    hg_pile_ups pile_ups;
    hg_table *tables[TABLES]; /* incidents, rejects, pile_ups, sources, duplicates */
    hg_store_contents store;  /* what is there already, with --append */
    bool spatialite;
} loading;

static void loading_dispose(loading *l)
{
    for (int k = 0; k < TABLES; k++)
        hg_table_free(l->tables[k]);
    hg_pile_ups_dispose(&l->pile_ups);
    hg_intake_dispose(&l->in);
    hg_store_contents_dispose(&l->store);
}

/* Files of one layer have it named after themselves, so a renamed copy has another layer name. */
static bool is_own_name(const char *layer, const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t stem = dot ? (size_t)(dot - name) : strlen(name);
    return strlen(layer) == stem && strncmp(layer, name, stem) == 0;
}

static bool same_file(const hg_input_facts *a, const char *layer, const char *sha256,
                      const char *name, int64_t bytes)
{
    bool same_layer = strcmp(a->layer, layer) == 0 ||
                      (is_own_name(a->layer, a->name) && is_own_name(layer, name));
    if (!same_layer)
        return false;
    if (a->sha256[0] && sha256 && *sha256)
        return strcmp(a->sha256, sha256) == 0;
    return strcmp(a->name, name) == 0 && (int64_t)a->bytes == bytes && bytes > 0;
}

static hg_status refuse_repeats(const hg_job *job, const loading *l, hg_error *err)
{
    const hg_intake *in = &l->in;
    if (job->set.again)
        return HG_OK;
    for (size_t i = 0; i < in->input_count; i++) {
        const hg_input_facts *f = &in->inputs[i];
        for (size_t k = 0; k < l->store.source_count; k++) {
            const hg_store_source *s = &l->store.sources[k];
            if (s->name && s->layer && same_file(f, s->layer, s->sha256, s->name, s->bytes))
                return hg_fail(err, HG_EUSAGE,
                               "%s is in %s already (as %s); add --again to load it once more",
                               f->name, job->set.output, s->name);
        }
        for (size_t k = 0; k < i; k++) {
            const hg_input_facts *g = &in->inputs[k];
            if (same_file(f, g->layer, g->sha256, g->name, (int64_t)g->bytes))
                return hg_fail(err, HG_EUSAGE,
                               "%s is named twice (first as %s); add --again to load it twice",
                               f->name, g->name);
        }
    }
    return HG_OK;
}

static hg_status source_table(const hg_intake *in, hg_table **out, hg_error *err)
{
    static const struct {
        const char *name;
        hg_type type;
    } columns[] = {{"source", HG_TEXT},   {"layer", HG_TEXT},      {"sha256", HG_TEXT},
                   {"bytes", HG_INT64},   {"rows_read", HG_INT64}, {"accepted", HG_INT64},
                   {"rejected", HG_INT64}};
    hg_table *t = NULL;
    hg_status status = hg_table_new("sources", in->input_count, NULL, &t, err);
    if (status != HG_OK)
        return status;
    *out = t;
    for (size_t k = 0; k < sizeof columns / sizeof *columns && status == HG_OK; k++)
        status = hg_table_add(t, columns[k].name, columns[k].type, NULL, err);
    for (size_t i = 0; i < in->input_count && status == HG_OK; i++) {
        const hg_input_facts *f = &in->inputs[i];
        const char *texts[] = {f->name, f->layer, f->sha256};
        for (size_t k = 0; k < 3 && status == HG_OK; k++)
            status = hg_table_set_text(t, &t->columns[k], i, texts[k], err);
        t->columns[3].i64[i] = (int64_t)f->bytes;
        t->columns[4].i64[i] = (int64_t)f->rows_read;
        t->columns[5].i64[i] = (int64_t)f->accepted;
        t->columns[6].i64[i] = (int64_t)f->rejected;
    }
    return status;
}

static hg_status make_tables(hg_job *job, loading *l, hg_error *err)
{
    const char *name = job->set.layer_name ? job->set.layer_name
                       : l->in.polygons    ? "patches"
                                           : "incidents";
    double radius = l->in.support_m > 0 ? l->in.support_m : PILE_UP_RADIUS_M;
    hg_status status = HG_OK;
    if (!l->in.polygons)
        status = hg_find_pile_ups(&l->in.incidents, radius, &job->control, &l->pile_ups, err);
    for (size_t k = 0; k < l->pile_ups.n && status == HG_OK; k++)
        l->pile_ups.items[k].cells_changed = -1;
    if (status == HG_OK)
        status = hg_intake_incident_table(&l->in, name, l->in.polygons != NULL, NULL, 0,
                                          &l->tables[0], err);
    if (status == HG_OK)
        status = hg_intake_rejects_table(&l->in, &l->tables[1], err);
    if (status == HG_OK)
        status = hg_pile_up_table(&l->pile_ups, job->set.lang, &l->tables[2], err);
    if (status == HG_OK)
        status = source_table(&l->in, &l->tables[3], err);
    if (status == HG_OK)
        status = hg_intake_duplicates_table(&l->in, &l->tables[4], err);
    return status;
}

static hg_status write_geopackage(hg_job *job, const loading *l, const char *path, bool append,
                                  hg_error *err)
{
    hg_gpkg *gpkg = NULL;
    hg_status status = append ? hg_gpkg_open(path, &job->control, &gpkg, err)
                              : hg_gpkg_create(path, &job->control, &gpkg, err);
    for (int k = 0; k < TABLES && status == HG_OK; k++) {
        hg_say_progress(&job->control, "write", (double)k / TABLES);
        status = append ? hg_gpkg_append_table(gpkg, l->tables[k], err)
                        : hg_gpkg_add_table(gpkg, l->tables[k], err);
    }
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

static hg_status write_store(hg_job *job, const loading *l, const char *path, bool append,
                             hg_error *err)
{
    if (!l->spatialite)
        return write_geopackage(job, l, path, append, err);
    const hg_table *tables[TABLES + 1];
    hg_table *facts = NULL;
    for (int k = 0; k < TABLES; k++)
        tables[k] = l->tables[k];
    hg_status status = append ? HG_OK : hg_fact_table(job, &facts, err);
    tables[TABLES] = facts; /* of the first load: appended keys would repeat */
    if (status == HG_OK)
        status =
            hg_spatialite_write(path, append, tables, TABLES + (facts ? 1 : 0), &job->control, err);
    hg_table_free(facts);
    return status;
}

static void summarise(hg_job *job, const loading *l, bool append)
{
    hg_text *s = &job->summary;
    hg_summarise_intake(job, &l->in);
    for (size_t i = 0; i < l->in.input_count && l->in.input_count > 1; i++) {
        const hg_input_facts *f = &l->in.inputs[i];
        hg_text_addf(s, "  %s: %llu read = %llu accepted + %llu rejected\n", f->name,
                     (unsigned long long)f->rows_read, (unsigned long long)f->accepted,
                     (unsigned long long)f->rejected);
    }
    if (l->pile_ups.n)
        hg_text_addf(s,
                     "pile-ups: %zu coordinates hold far more incidents than their surroundings "
                     "(the largest %llu, %.1f %%)\n",
                     l->pile_ups.n, (unsigned long long)l->pile_ups.items[0].count,
                     100 * l->pile_ups.items[0].share);
    hg_text_addf(s, "%s: %s (layer %s)\n", append ? "appended to" : "written", job->set.output,
                 l->tables[0]->name);
}

/* Every store made by load lists its sources. */
static hg_status look_at_store(const hg_job *job, hg_store_contents *store, hg_error *err)
{
    hg_status status = hg_store_look(job->set.output, store, err);
    if (status != HG_OK)
        return status;
    for (size_t i = 0; i < store->layer_count; i++)
        if (strcmp(store->layers[i].name, "sources") == 0)
            return HG_OK;
    return hg_fail(err, HG_EDATA,
                   "--append: %s is no store made by hotgrid load (it has no table "
                   "\"sources\")",
                   job->set.output);
}

/* That of the layer which grows; for a new layer that of those which are there. */
static hg_status crs_of_store(const hg_job *job, char **wkt, hg_error *err)
{
    const char *const layers[] = {job->set.layer_name, "incidents", "patches"};
    hg_status status = HG_OK;
    for (size_t k = 0; k < sizeof layers / sizeof *layers && status == HG_OK && !*wkt; k++)
        if (layers[k])
            status = hg_store_crs(job->set.output, layers[k], wkt, err);
    return status;
}

static hg_status run(hg_job *job, loading *l, hg_staging *staging, bool append, hg_error *err)
{
    const char *path = job->set.output;
    char *store_crs = NULL;
    hg_status status = HG_OK;
    if (append)
        status = look_at_store(job, &l->store, err);
    if (status == HG_OK && append)
        status = crs_of_store(job, &store_crs, err);
    if (status == HG_OK && !append)
        status = hg_staging_add(staging, job->set.output, &path, err);
    /* OGR writes SpatiaLite's statistics outside the transaction: only a copy is safe from a
     * failure */
    else if (status == HG_OK && l->spatialite)
        status = hg_staging_add_copy(staging, job->set.output, &path, err);
    if (status == HG_OK)
        status = hg_intake_run(job, store_crs, &l->in, err);
    hg_free(store_crs);
    double read = hg_now();
    if (status == HG_OK)
        status = refuse_repeats(job, l, err);
    if (status == HG_OK)
        status = make_tables(job, l, err);
    double analysed = hg_now();
    if (status != HG_OK)
        return status;
    hg_intake_facts(job, &l->in);
    hg_fact_int(&job->facts, (int64_t)l->pile_ups.n, "pile_ups");
    hg_run_facts(job, read - job->started, analysed - read, NAN); /* not known yet */
    status = write_store(job, l, path, append, err);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    if (status == HG_OK) {
        hg_run_facts(job, read - job->started, analysed - read, hg_now() - analysed);
        summarise(job, l, append);
    }
    return status;
}

hg_status hg_run_load(hg_job *job, hg_error *err)
{
    static const char *const extensions[] = {".gpkg", ".sqlite", NULL};
    loading l = {0};
    hg_staging *staging = NULL;
    hg_status status = hg_check_extension(job, extensions, err);
    if (status != HG_OK)
        return status;
    size_t n = strlen(job->set.output);
    l.spatialite = n > 7 && strcasecmp(job->set.output + n - 7, ".sqlite") == 0;
    bool append = job->set.append && access(job->set.output, F_OK) == 0;
    if (job->set.append && job->set.overwrite)
        return hg_fail(err, HG_EUSAGE, "--append adds to %s, --overwrite replaces it; choose one",
                       job->set.output);
    status = hg_check_not_read(job, job->set.output, err);
    if (status == HG_OK)
        status = hg_staging_new(job->set.overwrite, &staging, err);
    if (status == HG_OK)
        status = run(job, &l, staging, append, err);
    loading_dispose(&l);
    hg_staging_free(staging);
    return status;
}
