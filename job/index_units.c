/* The units of an index: polygons with names, and their population. */
#include "base/memory.h"
#include "base/number.h"
#include "io/source.h"
#include "job/index.h"
#include "job/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void hg_index_units_dispose(hg_index_units *u)
{
    for (size_t i = 0; u->names && i < u->n; i++)
        hg_free(u->names[i]);
    hg_free(u->names);
    hg_free(u->population);
    hg_free(u->shape);
    hg_shapes_dispose(&u->shapes);
    hg_units_free(u->located);
    *u = (hg_index_units){0};
}

/* A layer of polygons while its rows become units. */
typedef struct unit_layer {
    hg_pool *pool;
    hg_source *source;
    hg_source_rows rows;
    hg_shapes shapes; /* one a row */
    char *name_column;
    char path[4096], layer[256], date[11];
} unit_layer;

static void unit_layer_dispose(unit_layer *l)
{
    hg_source_rows_dispose(&l->rows);
    hg_source_free(l->source);
    hg_shapes_dispose(&l->shapes);
    hg_pool_free(l->pool);
    hg_free(l->name_column);
}

static hg_status settle_name_column(hg_job *job, unit_layer *l, hg_error *err)
{
    if (job->set.unit_name) {
        l->name_column = hg_strdup(job->set.unit_name);
        return l->name_column ? HG_OK : hg_fail_memory(err);
    }
    hg_status status = hg_source_guess_name(job->set.units, &l->name_column, err);
    if (status == HG_OK && !l->name_column)
        return hg_fail(err, HG_EUSAGE, "--units %s: no column of names was found; say which with --unit-name",
                       job->set.units);
    if (status == HG_OK)
        hg_job_add_note(job, "--units: names are taken from the column \"%s\" (guessed)", l->name_column);
    return status;
}

static hg_status open_layer(hg_job *job, const hg_index_design *d, unit_layer *l, hg_error *err)
{
    hg_status status = settle_name_column(job, l, err);
    if (status == HG_OK)
        status = hg_pool_new(&l->pool, err);
    if (status != HG_OK)
        return status;
    hg_source_split(job->set.units, l->path, sizeof l->path, l->layer, sizeof l->layer, l->date);
    const char *keep[] = {l->name_column, d->population_column};
    bool both = d->population_column && strcmp(l->name_column, d->population_column) != 0;
    /* names of places, which the check for names of persons cannot tell apart */
    const hg_source_spec spec = {.path = l->path, .layer = *l->layer ? l->layer : NULL, .keep = keep,
                                 .keep_count = both ? 2 : 1, .allow_identifiers = true};
    hg_error why = {HG_OK, ""};
    status = hg_source_open(&spec, l->pool, &job->control, &l->source, &why);
    if (status != HG_OK)
        return hg_fail(err, status, "--units, --unit-name or population: %s", why.message);
    if (!hg_source_is_polygons(l->source))
        return hg_fail(err, HG_EDATA, "--units %s: layer \"%s\" holds no polygons", job->set.units,
                       hg_source_layer(l->source));
    return hg_source_read_polygons(l->source, &l->rows, &l->shapes, err);
}

static const hg_column *kept_column(const unit_layer *l, const char *name)
{
    for (size_t k = 0; k < l->rows.kept_count; k++)
        if (strcasecmp(l->rows.kept[k].name, name) == 0)
            return &l->rows.kept[k];
    return l->rows.kept_count ? &l->rows.kept[0] : NULL;
}

/* The value as text, into buf where it is a number; NULL where there is none. */
static const char *cell_text(const unit_layer *l, const hg_column *c, size_t row, char buf[32])
{
    switch (c->type) {
    case HG_TEXT:
        return c->text[row] == HG_NO_TEXT ? NULL : hg_pool_text(l->pool, c->text[row]);
    case HG_INT64:
        return c->i64[row] == HG_NULL_INT64 ? NULL : hg_shortest_decimal((double)c->i64[row], buf);
    case HG_DOUBLE:
        return isnan(c->f64[row]) ? NULL : hg_shortest_decimal(c->f64[row], buf);
    case HG_DATETIME:
        return c->i64[row] == HG_NO_TIME ? NULL : hg_civil_text(c->i64[row], buf);
    }
    return NULL;
}

static hg_status take_row(const hg_job *job, const unit_layer *l, size_t row, hg_shapes *shapes, hg_error *err)
{
    char buf[32];
    const hg_column *c = kept_column(l, l->name_column);
    const char *name = cell_text(l, c, row, buf);
    const hg_shape *s = &l->shapes.shapes[row];
    if (!name || !*name)
        return hg_fail(err, HG_EDATA, "--units %s: the unit of row %zu has no name in the column \"%s\"",
                       job->set.units, row + 1, l->name_column);
    if (strcmp(name, "*") == 0)
        return hg_fail(err, HG_EDATA, "--units %s: the unit of row %zu is called \"*\", which stands for all units together",
                       job->set.units, row + 1);
    for (size_t i = 0; i < shapes->count; i++)
        if (strcmp(shapes->shapes[i].name, name) == 0)
            return hg_fail(err, HG_EDATA,
                           "--units %s: rows %zu and %zu are both called \"%s\"; every unit needs a name of its own",
                           job->set.units, i + 1, row + 1, name);
    if (l->rows.state[row] != HG_ROW_OK)
        return hg_fail(err, HG_EDATA, "--units %s: the unit \"%s\" of row %zu has no polygon that can be read",
                       job->set.units, name, row + 1);
    return hg_shapes_add(shapes, s->wkb, s->size, name, err);
}

static hg_status population_of(const hg_index_design *d, const unit_layer *l, size_t row, const char *name,
                               double *people, hg_error *err)
{
    char buf[32];
    const char *text = cell_text(l, kept_column(l, d->population_column), row, buf);
    *people = NAN;
    if (!text || !*text)
        return HG_OK;
    if (!hg_parse_number(text, strlen(text), people) || !isfinite(*people) || *people < 0)
        return hg_fail(err, HG_EDATA, "--units: unit \"%s\": %s \"%s\" is no number of people", name,
                       d->population_column, text);
    if (*people <= 0)
        *people = NAN;
    return HG_OK;
}

/* Names and population in order of names. */
static hg_status arrange(const hg_index_design *d, const unit_layer *l, hg_index_units *u, hg_error *err)
{
    u->n = hg_units_count(u->located);
    u->names = hg_calloc(u->n, sizeof *u->names);
    u->shape = hg_malloc(u->n, sizeof *u->shape);
    u->population = d->population_column ? hg_malloc(u->n, sizeof *u->population) : NULL;
    if (!u->names || !u->shape || (d->population_column && !u->population))
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (size_t i = 0; i < u->n && status == HG_OK; i++) {
        u->shape[i] = hg_units_shape(u->located, i);
        const char *name = u->shapes.shapes[u->shape[i]].name;
        u->names[i] = hg_strdup(name);
        if (!u->names[i])
            return hg_fail_memory(err);
        if (u->population)
            status = population_of(d, l, u->shape[i], name, &u->population[i], err);
    }
    return status;
}

static hg_status units_from(hg_job *job, const hg_index_design *d, const hg_intake *in, const unit_layer *l,
                            hg_index_units *u, hg_error *err)
{
    hg_crs *crs = NULL;
    size_t repaired = 0;
    hg_status status = HG_OK;
    for (size_t row = 0; row < l->rows.n && status == HG_OK; row++)
        status = take_row(job, l, row, &u->shapes, err);
    if (status == HG_OK && !(u->shapes.source = hg_strdup("--units")))
        status = hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_plane_of_layer(job, l->source, &l->rows, "--units", in->crs, &crs, err);
    if (status == HG_OK)
        status = hg_shapes_transform(&u->shapes, crs, in->crs, err);
    if (status == HG_OK)
        status = hg_units_new(&u->shapes, &repaired, &u->located, err);
    if (status == HG_OK && repaired)
        hg_job_add_note(job, "--units: %zu invalid polygons were repaired", repaired);
    if (status == HG_OK)
        status = arrange(d, l, u, err);
    if (status == HG_OK && d->population_node && !d->population_column && u->n > 1)
        status = hg_yaml_fail(d->population_node, err, "a column of the %zu units", u->n);
    hg_crs_free(crs);
    return status;
}

static hg_status one_unit(hg_job *job, const hg_index_design *d, hg_index_units *u, hg_error *err)
{
    bool zh = job->set.lang && strcmp(job->set.lang, "zh") == 0;
    if (d->population_column)
        return hg_yaml_fail(d->population_node, err, "a number of people without --units, whose column it would be");
    u->n = 1;
    u->names = hg_calloc(1, sizeof *u->names);
    if (!u->names)
        return hg_fail_memory(err);
    u->names[0] = hg_strdup(job->set.unit_name ? job->set.unit_name : zh ? "全域" : "all");
    return u->names[0] ? HG_OK : hg_fail_memory(err);
}

/* What is judged per head needs heads. */
static hg_status check_population(const hg_index_design *d, const hg_index_units *u, hg_error *err)
{
    if (d->model.baseline != HG_INDEX_ALL_UNITS)
        return HG_OK;
    if (!u->population)
        return hg_fail(err, HG_EUSAGE, "preset %s judges by numbers per head; a line \"population: COLUMN\" (of --units) or "
                                       "\"population: NUMBER\" was expected in --config", d->preset_name);
    for (size_t i = 0; i < u->n; i++)
        if (isnan(u->population[i]))
            return hg_fail(err, HG_EDATA, "--units: unit \"%s\" has no %s, and preset %s judges by numbers per head",
                           u->names[i], d->population_column ? d->population_column : "population", d->preset_name);
    return HG_OK;
}

hg_status hg_index_units_read(hg_job *job, const hg_index_design *d, const hg_intake *in,
                              hg_index_units *u, hg_error *err)
{
    unit_layer l = {0};
    hg_status status = job->set.units ? open_layer(job, d, &l, err) : one_unit(job, d, u, err);
    if (status == HG_OK && job->set.units)
        status = units_from(job, d, in, &l, u, err);
    if (status == HG_OK && isfinite(d->population) && u->n == 1 && !u->population) {
        u->population = hg_malloc(1, sizeof *u->population);
        if (u->population)
            u->population[0] = d->population;
        else
            status = hg_fail_memory(err);
    }
    unit_layer_dispose(&l);
    return status == HG_OK ? check_population(d, u, err) : status;
}
