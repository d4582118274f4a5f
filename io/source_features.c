/* Rows that come feature by feature through OGR: any format, any selection. */
#include "io/source_parts.h"
#include "base/civil.h"
#include "base/memory.h"
#include "io/gdal.h"
#include "io/source_csv.h"

#include <math.h>
#include <ogr_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hg_position position_of(OGRFeatureH feature)
{
    hg_position p = {.state = HG_ROW_NO_GEOMETRY};
    OGRGeometryH g = OGR_F_GetGeometryRef(feature);
    if (!g || OGR_G_IsEmpty(g))
        return p;
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(g));
    p.geometry = g;
    if (type == wkbMultiPoint && OGR_G_GetGeometryCount(g) == 1) {
        g = OGR_G_GetGeometryRef(g, 0);
        type = wkbPoint;
    }
    if (type != wkbPoint) {
        p.state = HG_ROW_BAD_GEOMETRY;
        p.bad = OGRGeometryTypeToName(type);
        return p;
    }
    p.state = HG_ROW_OK;
    p.x = OGR_G_GetX(g, 0);
    p.y = OGR_G_GetY(g, 0);
    return p;
}

/* For every moment of a large file: printf would take as long as all the rest of its row. */
void hg_source_moment_text(const int moment[5], float second, int zone, bool date_only, char *buf)
{
    char *at = buf;
    if (moment[0] >= 0 && moment[0] <= 9999) {
        memcpy(at, "0000-00-00", 10);
        hg_civil_put(at, 4, moment[0]);
        hg_civil_put(at + 5, 2, moment[1]);
        hg_civil_put(at + 8, 2, moment[2]);
        at += 10;
    } else {
        at += snprintf(buf, HG_SHORT_TEXT, "%04d-%02d-%02d", moment[0], moment[1], moment[2]);
    }
    if (!date_only) {
        long ms = lroundf(second * 1000);
        memcpy(at, "T00:00:00.000", 13);
        hg_civil_put(at + 1, 2, moment[3]);
        hg_civil_put(at + 4, 2, moment[4]);
        hg_civil_put(at + 7, 2, ms / 1000);
        hg_civil_put(at + 10, 3, ms % 1000);
        at += 13;
        /* 0 unknown, 1 local, else 100 and the quarters of an hour from UTC */
        int offset = zone > 1 ? (zone - 100) * 15 : 0;
        if (zone == 100) {
            *at++ = 'Z';
        } else if (zone > 1) {
            memcpy(at, offset < 0 ? "-00:00" : "+00:00", 6);
            hg_civil_put(at + 1, 2, abs(offset) / 60);
            hg_civil_put(at + 4, 2, abs(offset) % 60);
            at += 6;
        }
    }
    *at = '\0';
}

/* Dates in ISO 8601, as they stand in a GeoPackage; OGR's own text is of its own making. */
static void moment_text(OGRFeatureH feature, int f, OGRFieldType type, char *buf)
{
    int m[5] = {0}, zone = 0;
    float second = 0;
    OGR_F_GetFieldAsDateTimeEx(feature, f, &m[0], &m[1], &m[2], &m[3], &m[4], &second, &zone);
    hg_source_moment_text(m, second, zone, type == OFTDate, buf);
}

/* OGR hands out one string buffer a feature for all that is not text, so that is copied. */
static void text_of(OGRFeatureH feature, int f, char *buf, hg_value *v)
{
    OGRFieldType type = OGR_Fld_GetType(OGR_F_GetFieldDefnRef(feature, f));
    v->type = HG_VALUE_TEXT;
    v->s = buf;
    if (type == OFTString)
        v->s = OGR_F_GetFieldAsString(feature, f);
    else if (type == OFTDate || type == OFTDateTime)
        moment_text(feature, f, type, buf);
    else
        snprintf(buf, HG_SHORT_TEXT, "%s", OGR_F_GetFieldAsString(feature, f));
    v->n = strlen(v->s);
}

static void value_of(OGRFeatureH feature, const hg_source *s, size_t field, char *buf, hg_value *v)
{
    int f = (int)field;
    *v = (hg_value){0};
    if (!OGR_F_IsFieldSetAndNotNull(feature, f))
        return;
    switch (s->field_types[field]) {
    case HG_INT64:
        v->type = HG_VALUE_INT;
        v->i = OGR_F_GetFieldAsInteger64(feature, f);
        break;
    case HG_DOUBLE:
        v->type = HG_VALUE_REAL;
        v->d = OGR_F_GetFieldAsDouble(feature, f);
        break;
    default:
        text_of(feature, f, buf, v);
    }
}

static bool is_blank_row(const hg_source *s, const hg_value *values)
{
    for (size_t f = 0; f < s->fields; f++)
        if (values[f].type != HG_VALUE_NULL)
            return false;
    return s->fields > 0 && s->tabular;
}

typedef struct row_loop {
    hg_source *source;
    hg_row_sink sink;
    void *context;
    hg_value *values, *nothing;
    char (*texts)[HG_SHORT_TEXT];
    size_t blank; /* rows without a value since the last one that has any */
} row_loop;

/*
 * Tables end in rows with nothing in them, spreadsheets at the last cell ever formatted. Those at
 * the end are no data; one with data below it is a row without coordinates.
 */
static hg_status pass_row(row_loop *l, const hg_position *p, hg_error *err)
{
    hg_status status = HG_OK;
    if (is_blank_row(l->source, l->values)) {
        l->blank++;
        return HG_OK;
    }
    for (; l->blank && status == HG_OK; l->blank--)
        status = l->sink(l->context, NULL, l->nothing, err);
    if (status != HG_OK)
        return status;
    return l->sink(l->context, l->source->from_columns ? NULL : p, l->values, err);
}

/*
 * Goes to the first row of the source's part and gives the number, as OGR counts it, at which the part ends. Only
 * Shapefiles can be entered in the middle at no cost; there a row's number is its place, gaps of deleted rows included.
 * Of everything else the first part is the whole.
 */
static GIntBig enter_part(hg_source *s)
{
    const GIntBig all = INT64_MAX;
    OGR_L_ResetReading(s->layer);
    if (s->parts < 2)
        return all;
    bool fast = strcmp(GDALGetDriverShortName(GDALGetDatasetDriver(s->dataset)), "ESRI Shapefile") == 0 &&
                !s->tabular && !s->sql_result && OGR_L_TestCapability(s->layer, OLCFastSetNextByIndex);
    GIntBig rows = fast ? OGR_L_GetFeatureCount(s->layer, TRUE) : -1;
    if (rows < 0)
        return s->part == 0 ? all : 0;
    GIntBig parts = (GIntBig)s->parts, part = (GIntBig)s->part;
    GIntBig from = rows / parts * part + rows % parts * part / parts;
    GIntBig end = rows / parts * (part + 1) + rows % parts * (part + 1) / parts;
    bool there = from < end && OGR_L_SetNextByIndex(s->layer, from) == OGRERR_NONE;
    return !there ? 0 : part + 1 == parts ? all : end;
}

static hg_status pass_features(row_loop *l, hg_error *err)
{
    hg_source *s = l->source;
    OGRFeatureH feature;
    hg_status status = HG_OK;
    const GIntBig end = enter_part(s);
    for (size_t seen = 0; status == HG_OK && end > 0 && (feature = OGR_L_GetNextFeature(s->layer)); seen++) {
        if (end != INT64_MAX && OGR_F_GetFID(feature) >= end) {
            OGR_F_Destroy(feature);
            break;
        }
        hg_position p = position_of(feature);
        for (size_t f = 0; f < s->fields; f++)
            if (!s->wanted || s->wanted[f])
                value_of(feature, s, f, l->texts[f], &l->values[f]);
        if (seen >= s->title_rows)
            status = pass_row(l, &p, err);
        OGR_F_Destroy(feature);
        if (status == HG_OK && seen % 4096 == 0)
            status = hg_check_cancel(s->control, err);
    }
    return status;
}

hg_status hg_source_each_feature(hg_source *s, hg_row_sink sink, void *context, hg_error *err)
{
    row_loop l = {.source = s, .sink = sink, .context = context};
    l.values = hg_calloc(s->fields, sizeof *l.values);
    l.nothing = hg_calloc(s->fields, sizeof *l.nothing);
    l.texts = hg_calloc(s->fields, sizeof *l.texts);
    hg_status status = l.values && l.nothing && l.texts ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK) {
        hg_gdal_watch watch;
        hg_gdal_watch_begin(&watch);
        status = pass_features(&l, err);
        hg_gdal_watch_end(&watch);
        if (status == HG_OK && watch.failed)
            status = hg_fail(err, HG_EDATA, "%s cannot be read: the file is damaged or truncated",
                             s->name);
    }
    hg_free(l.values);
    hg_free(l.nothing);
    hg_free(l.texts);
    return status;
}

hg_status hg_source_each_row(hg_source *s, hg_row_sink sink, void *context, hg_error *err)
{
    bool done = false;
    hg_status status =
        hg_source_is_csv(s) ? hg_source_each_record(s, sink, context, &done, err) : HG_OK;
    return status != HG_OK || done ? status : hg_source_each_feature(s, sink, context, err);
}

static hg_status add_to_builder(void *context, const hg_position *p, const hg_value *values,
                                hg_error *err)
{
    return hg_row_builder_add(context, p, values, err);
}

hg_status hg_source_read_features(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    hg_row_builder b;
    hg_status status = hg_row_builder_init(&b, s, s->pool, err);
    if (status == HG_OK)
        status = hg_source_each_feature(s, add_to_builder, &b, err);
    if (status != HG_OK) {
        hg_row_builder_dispose(&b);
        return status;
    }
    *rows = b.rows;
    return HG_OK;
}
