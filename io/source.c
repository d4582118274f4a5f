#include "io/source_parts.h"
#include "base/memory.h"
#include "io/gdal.h"
#include "io/source_csv.h"

#include <math.h>
#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_ROWS = 1000 };

void hg_source_free(hg_source *s)
{
    if (!s)
        return;
    hg_source_close_dataset(s);
    for (size_t f = 0; s->field_names && f < s->fields; f++)
        hg_free(s->field_names[f]);
    hg_free(s->field_names);
    hg_free(s->field_types);
    hg_free(s->wanted);
    hg_free(s->keep);
    for (size_t i = 0; i < s->note_count; i++)
        hg_free(s->notes[i]);
    hg_free(s->notes);
    hg_free(s->name);
    hg_free(s->stem);
    hg_free(s->file);
    hg_free(s->layer_name);
    hg_free(s->crs);
    hg_free(s);
}

const char *hg_source_name(const hg_source *s)
{
    return s->name;
}

const char *hg_source_layer(const hg_source *s)
{
    return s->layer_name;
}

const char *hg_source_file(const hg_source *s)
{
    return s->file;
}

const char *hg_source_crs(const hg_source *s)
{
    return s->from_columns ? NULL : s->crs;
}

bool hg_source_names_degrees(const hg_source *s)
{
    return s->from_columns && s->degrees;
}

bool hg_source_is_polygons(const hg_source *s)
{
    return s->polygons;
}

bool hg_source_is_store(const hg_source *s)
{
    return s->store;
}

size_t hg_source_note_count(const hg_source *s)
{
    return s->note_count;
}

const char *hg_source_note(const hg_source *s, size_t i)
{
    return s->notes[i];
}

/* In a database people name the layers; other formats name a lone one after the file or "Sheet1".
 */
static bool names_its_layers(const hg_source *s)
{
    static const char *const databases[] = {"GPKG", "SQLite", "OpenFileGDB"};
    const char *driver = GDALGetDriverShortName(GDALGetDatasetDriver(s->dataset));
    for (size_t k = 0; k < sizeof databases / sizeof *databases; k++)
        if (strcmp(driver, databases[k]) == 0)
            return true;
    return GDALDatasetGetLayerCount(s->dataset) > 1;
}

const char *hg_source_stem(const hg_source *s)
{
    bool own_name = s->file && !s->sql_result && names_its_layers(s);
    return own_name || !s->file ? s->layer_name : s->stem;
}

static hg_type field_type(OGRFieldDefnH field)
{
    switch (OGR_Fld_GetType(field)) {
    case OFTInteger:
    case OFTInteger64:
        return HG_INT64;
    case OFTReal:
        return HG_DOUBLE;
    default:
        return HG_TEXT;
    }
}

static hg_status list_fields(hg_source *s, hg_error *err)
{
    OGRFeatureDefnH d = OGR_L_GetLayerDefn(s->layer);
    s->fields = (size_t)OGR_FD_GetFieldCount(d);
    s->field_names = hg_calloc(s->fields, sizeof *s->field_names);
    s->field_types = hg_calloc(s->fields, sizeof *s->field_types);
    if (!s->field_names || !s->field_types)
        return hg_fail_memory(err);
    for (size_t f = 0; f < s->fields; f++) {
        OGRFieldDefnH field = OGR_FD_GetFieldDefn(d, (int)f);
        s->field_names[f] = hg_strdup(OGR_Fld_GetNameRef(field));
        s->field_types[f] = field_type(field);
        if (!s->field_names[f])
            return hg_fail_memory(err);
    }
    return HG_OK;
}

/* A sheet whose heads stand below title rows was opened without heads: take them from that row. */
static hg_status heads_from_row(hg_source *s, hg_error *err)
{
    OGR_L_ResetReading(s->layer);
    OGRFeatureH row = NULL;
    for (int i = 0; i < s->spec.header_row; i++) {
        if (row)
            OGR_F_Destroy(row);
        row = OGR_L_GetNextFeature(s->layer);
        if (!row)
            return hg_fail(err, HG_EDATA,
                           "%s: row %d was named as the header, but there is no such row", s->name,
                           s->spec.header_row);
    }
    hg_status status = HG_OK;
    for (size_t f = 0; f < s->fields && status == HG_OK; f++) {
        if (!OGR_F_IsFieldSetAndNotNull(row, (int)f))
            continue;
        char *name = hg_strdup(OGR_F_GetFieldAsString(row, (int)f));
        if (!name)
            status = hg_fail_memory(err);
        else {
            hg_free(s->field_names[f]);
            s->field_names[f] = name;
        }
    }
    OGR_F_Destroy(row);
    OGR_L_ResetReading(s->layer);
    s->title_rows = (size_t)s->spec.header_row;
    return status;
}

hg_status hg_source_no_column(const hg_source *s, const char *option, const char *name,
                              hg_error *err)
{
    hg_text list = {0};
    for (size_t f = 0; f < s->fields && f < 40; f++)
        hg_text_addf(&list, "%s%s", f ? ", " : "", s->field_names[f]);
    hg_status status = hg_fail(err, HG_EUSAGE, "%s: --%s: no column \"%s\"; columns are: %s",
                               s->name, option, name, list.s ? list.s : "none");
    hg_text_dispose(&list);
    return status;
}

static hg_status find_column(const hg_source *s, const hg_sample *sample, const char *option,
                             const char *name, int *column, hg_error *err)
{
    if (!name)
        return HG_OK;
    int found = hg_column_find(sample, name);
    if (found == HG_NO_COLUMN)
        return hg_source_no_column(s, option, name, err);
    *column = found;
    return HG_OK;
}

/* --time DATE+CLOCK names two columns, unless a column has the plus in its own name. */
static hg_status find_time(hg_source *s, const hg_sample *sample, hg_error *err)
{
    const char *name = s->spec.time;
    const char *plus = name ? strchr(name, '+') : NULL;
    if (!plus || hg_column_find(sample, name) != HG_NO_COLUMN)
        return find_column(s, sample, "time", name, &s->column[HG_ROLE_TIME], err);
    char *date = hg_strndup(name, (size_t)(plus - name));
    if (!date)
        return hg_fail_memory(err);
    hg_status status = find_column(s, sample, "time", date, &s->column[HG_ROLE_TIME], err);
    if (status == HG_OK)
        status = find_column(s, sample, "time", plus + 1, &s->column[HG_ROLE_CLOCK], err);
    hg_free(date);
    return status;
}

static hg_status find_named(hg_source *s, const hg_sample *sample, hg_error *err)
{
    const struct {
        const char *option, *name;
        enum hg_role role;
    } named[] = {{"x", s->spec.x, HG_ROLE_X},
                 {"y", s->spec.y, HG_ROLE_Y},
                 {"time-end", s->spec.time_end, HG_ROLE_TIME_END},
                 {"category", s->spec.category, HG_ROLE_CATEGORY},
                 {"stream-col", s->spec.stream_column, HG_ROLE_STREAM},
                 {"weight", s->spec.weight, HG_ROLE_WEIGHT},
                 {"id", s->spec.id, HG_ROLE_ID}};
    if (!s->spec.x != !s->spec.y)
        return hg_fail(err, HG_EUSAGE, "--x and --y go together; only --%s was given",
                       s->spec.x ? "x" : "y");
    for (size_t k = 0; k < sizeof named / sizeof *named; k++) {
        hg_status status =
            find_column(s, sample, named[k].option, named[k].name, &s->column[named[k].role], err);
        if (status != HG_OK)
            return status;
    }
    return find_time(s, sample, err);
}

/* A store made by `load` says itself what its columns hold. */
static void map_store(hg_source *s, const hg_sample *sample)
{
    static const struct {
        const char *name;
        enum hg_role role;
    } known[] = {{"stream", HG_ROLE_STREAM},
                 {"category", HG_ROLE_CATEGORY},
                 {"t_start", HG_ROLE_TIME},
                 {"t_end", HG_ROLE_TIME_END},
                 {"weight", HG_ROLE_WEIGHT}};
    bool own = true;
    for (size_t k = 0; own && k < sizeof known / sizeof *known; k++)
        own = hg_column_find(sample, known[k].name) != HG_NO_COLUMN;
    own = own && hg_column_find(sample, "source_row") != HG_NO_COLUMN;
    s->store = own;
    for (size_t k = 0; own && k < sizeof known / sizeof *known; k++)
        if (s->column[known[k].role] == HG_NO_COLUMN)
            s->column[known[k].role] = hg_column_find(sample, known[k].name);
}

/* Whether the columns the user named are called longitude and latitude. */
static void note_degrees(hg_source *s)
{
    const char *const pair[] = {s->spec.x, s->spec.y};
    const hg_sample named = {.columns = 2, .names = pair};
    int x, y;
    if (hg_column_guess_xy(&named, s->name, &x, &y, &s->degrees, NULL) != HG_OK)
        s->degrees = false;
}

static hg_status guess_coordinates(hg_source *s, const hg_sample *sample, hg_error *err)
{
    bool geometry = OGR_L_GetGeomType(s->layer) != wkbNone;
    s->from_columns = s->spec.x != NULL;
    if (s->spec.x) {
        note_degrees(s);
        return HG_OK;
    }
    if (geometry)
        return HG_OK;
    hg_status status = hg_column_guess_xy(sample, s->name, &s->column[HG_ROLE_X],
                                          &s->column[HG_ROLE_Y], &s->degrees, err);
    if (status != HG_OK)
        return status;
    if (s->column[HG_ROLE_X] == HG_NO_COLUMN)
        return hg_source_no_column(s, "x", "longitude or x", err);
    s->from_columns = true;
    return hg_source_add_note(s, err, "%s: x = %s, y = %s (guessed)", s->name,
                              s->field_names[s->column[HG_ROLE_X]],
                              s->field_names[s->column[HG_ROLE_Y]]);
}

static hg_status guess_time(hg_source *s, const hg_sample *sample, hg_error *err)
{
    if (s->column[HG_ROLE_TIME] != HG_NO_COLUMN || s->spec.time_end)
        return HG_OK;
    hg_time_columns t = hg_column_guess_time(sample);
    if (t.start == HG_NO_COLUMN)
        return HG_OK;
    s->column[HG_ROLE_TIME] = t.start;
    s->column[HG_ROLE_CLOCK] = t.start_clock;
    s->column[HG_ROLE_TIME_END] = t.end;
    const char *more = t.end != HG_NO_COLUMN ? " to " : t.start_clock != HG_NO_COLUMN ? " + " : "";
    const char *second = t.end != HG_NO_COLUMN           ? s->field_names[t.end]
                         : t.start_clock != HG_NO_COLUMN ? s->field_names[t.start_clock]
                                                         : "";
    return hg_source_add_note(s, err, "%s: time = %s%s%s (guessed)", s->name,
                              s->field_names[t.start], more, second);
}

static hg_status find_kept(hg_source *s, const hg_sample *sample, hg_error *err)
{
    s->keep = hg_calloc(s->spec.keep_count, sizeof *s->keep);
    if (!s->keep)
        return hg_fail_memory(err);
    for (size_t k = 0; k < s->spec.keep_count; k++) {
        const char *name = s->spec.keep[k];
        hg_status status = find_column(s, sample, "keep", name, &s->keep[k], err);
        if (status != HG_OK)
            return status;
        if (!s->spec.allow_identifiers && hg_column_is_personal(name))
            return hg_fail(err, HG_EUSAGE,
                           "--keep %s: the column looks like personal data; add "
                           "--allow-identifiers if it must be kept",
                           name);
    }
    return HG_OK;
}

/* Where the sample holds dates like 3/4/2019 alone, a later row may still tell their order. */
static hg_date_order find_order(hg_source *s, const hg_sample *sample, int column)
{
    hg_date_order order = hg_column_date_order(sample, column);
    bool year_last = false;
    for (size_t r = 0; r < sample->rows && !year_last; r++) {
        const char *v = sample->values[r * sample->columns + (size_t)column];
        if (v)
            hg_moment_order(v, strlen(v), &year_last);
    }
    if (order != HG_ORDER_UNKNOWN || !year_last || sample->rows < SAMPLE_ROWS)
        return order;
    OGRFeatureH feature;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGR_L_ResetReading(s->layer);
    while (order == HG_ORDER_UNKNOWN && (feature = OGR_L_GetNextFeature(s->layer))) {
        const char *v = OGR_F_GetFieldAsString(feature, column);
        order = hg_moment_order(v, strlen(v), NULL);
        OGR_F_Destroy(feature);
    }
    OGR_L_ResetReading(s->layer);
    hg_gdal_watch_end(&watch);
    return order;
}

static hg_status map_columns(hg_source *s, hg_error *err)
{
    hg_sample sample = {0};
    hg_status status = hg_source_take_sample(s, SAMPLE_ROWS, &sample, err);
    if (status != HG_OK)
        return status;
    if (sample.rows == 0) {
        status = s->spec.where || s->spec.sql
                     ? hg_fail(err, HG_EDATA, "%s: no row fits the selection", s->name)
                     : hg_fail(err, HG_EDATA, "%s holds no rows%s", s->name,
                               s->fields ? ", only column heads" : "");
        goto done;
    }
    status = find_named(s, &sample, err);
    if (status == HG_OK && !s->spec.sql)
        map_store(s, &sample);
    if (status == HG_OK)
        status = guess_coordinates(s, &sample, err);
    if (status == HG_OK)
        status = guess_time(s, &sample, err);
    if (status == HG_OK)
        status = find_kept(s, &sample, err);
    if (status == HG_OK && s->column[HG_ROLE_TIME] != HG_NO_COLUMN)
        s->order = find_order(s, &sample, s->column[HG_ROLE_TIME]);
    if (status == HG_OK && s->column[HG_ROLE_TIME_END] != HG_NO_COLUMN)
        s->order_end = find_order(s, &sample, s->column[HG_ROLE_TIME_END]);
done:
    hg_source_sample_free(&sample);
    return status;
}

static bool is_polygon_type(OGRwkbGeometryType type)
{
    OGRwkbGeometryType flat = wkbFlatten(type);
    return flat == wkbPolygon || flat == wkbMultiPolygon || flat == wkbCurvePolygon ||
           flat == wkbMultiSurface;
}

/* A layer that declares no type, or any, holds what most of its first rows hold. */
static bool holds_polygons(const hg_source *s)
{
    OGRwkbGeometryType type = OGR_L_GetGeomType(s->layer);
    if (wkbFlatten(type) != wkbUnknown)
        return is_polygon_type(type);
    size_t polygons = 0, others = 0;
    OGRFeatureH feature;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGR_L_ResetReading(s->layer);
    while (polygons + others < SAMPLE_ROWS && (feature = OGR_L_GetNextFeature(s->layer))) {
        OGRGeometryH g = OGR_F_GetGeometryRef(feature);
        bool polygon = g && is_polygon_type(OGR_G_GetGeometryType(g));
        polygons += polygon;
        others += g && !polygon;
        OGR_F_Destroy(feature);
    }
    OGR_L_ResetReading(s->layer);
    hg_gdal_watch_end(&watch);
    return polygons > others;
}

static hg_status open_layer(hg_source *s, hg_error *err)
{
    hg_status status = hg_source_open_dataset(s, err);
    if (status == HG_OK)
        status = hg_source_pick_layer(s, false, err);
    if (status == HG_OK)
        status = list_fields(s, err);
    if (status == HG_OK && s->spec.header_row > 1 && !s->memory_path)
        status = heads_from_row(s, err);
    if (status == HG_OK)
        status = hg_source_declared_crs(s->layer, &s->crs, err);
    return status;
}

static hg_status new_source(const hg_source_spec *spec, hg_pool *pool, hg_control *control,
                            hg_source **out, hg_error *err)
{
    hg_source *s = hg_calloc(1, sizeof *s);
    if (!s)
        return hg_fail_memory(err);
    s->spec = *spec;
    s->pool = pool;
    s->control = control;
    for (int r = 0; r < HG_ROLE_END; r++)
        s->column[r] = HG_NO_COLUMN;
    *out = s;
    return HG_OK;
}

hg_status hg_source_open(const hg_source_spec *spec, hg_pool *pool, hg_control *control,
                         hg_source **out, hg_error *err)
{
    hg_source *s = NULL;
    hg_status status = new_source(spec, pool, control, &s, err);
    if (status == HG_OK)
        status = open_layer(s, err);
    if (status == HG_OK)
        status = map_columns(s, err);
    if (status != HG_OK) {
        hg_source_free(s);
        return status;
    }
    s->tabular = s->from_columns;
    s->polygons = !s->from_columns && holds_polygons(s);
    *out = s;
    return HG_OK;
}

hg_status hg_source_open_records(const hg_source_spec *spec, bool polygons, hg_pool *pool,
                                 hg_control *control, hg_source **out, hg_error *err)
{
    hg_source *s = NULL;
    hg_status status = new_source(spec, pool, control, &s, err);
    if (status == HG_OK) {
        s->records = true;
        s->polygons = polygons;
        status = open_layer(s, err);
    }
    if (status != HG_OK) {
        hg_source_free(s);
        return status;
    }
    s->tabular = OGR_L_GetGeomType(s->layer) == wkbNone;
    *out = s;
    return HG_OK;
}

void hg_source_limit(hg_source *s, const double box[4])
{
    s->limited = true;
    memcpy(s->limit, box, sizeof s->limit);
}

static hg_status read_rows(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    if (hg_source_is_direct(s)) /* by parts; what follows is read as a whole */
        return hg_source_read_direct(s, rows, err);
    if (hg_source_is_postgres(s))
        return hg_source_read_postgres(s, rows, err);
    if (hg_source_is_flatgeobuf(s))
        return hg_source_read_flatgeobuf(s, rows, err);
    bool done = false;
    hg_status status =
        hg_source_is_csv(s) ? hg_source_read_csv(s, HG_CSV_STRETCH, rows, &done, err) : HG_OK;
    return status != HG_OK || done ? status : hg_source_read_features(s, rows, err);
}

hg_status hg_source_read_part(hg_source *s, size_t part, size_t parts, hg_source_rows *rows, hg_error *err)
{
    s->part = part;
    s->parts = parts;
    if (part == 0)
        return read_rows(s, rows, err);
    /* Of what is read as a whole there is nothing left, which the loop over features knows. */
    return hg_source_is_direct(s) ? hg_source_read_direct(s, rows, err) : hg_source_read_features(s, rows, err);
}

hg_status hg_source_settle(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    if (rows->n == 0) /* some drivers report a broken file once, then read nothing */
        return hg_fail(err, HG_EDATA, "%s holds no rows that can be read", s->name);
    return hg_rows_narrow(rows, s->pool, err);
}

hg_status hg_source_read(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    hg_source_rows read = {0};
    hg_status status = hg_source_read_part(s, 0, 1, &read, err);
    if (status == HG_OK)
        status = hg_source_settle(s, &read, err);
    if (status != HG_OK) {
        hg_source_rows_dispose(&read);
        return status;
    }
    *rows = read;
    return HG_OK;
}
