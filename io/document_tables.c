/*
 * The tables of a document for spreadsheets: what a report shows, with every digit. Rows and columns are those of the
 * report, heads are column names, which are the same in every language.
 */
#include "io/document.h"
#include "base/civil.h"
#include "base/memory.h"
#include "io/csv.h"
#include "io/gdal.h"

#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <stdio.h>
#include <string.h>

enum { SHEET_NAME = 31 }; /* what a workbook allows */

/* ------------------------------------------------------------------ shown columns ---------- */

static hg_status copy_column(const hg_table *from, const char *name, hg_table *to, hg_error *err)
{
    const hg_column *c = hg_table_column(from, name);
    hg_column *own = NULL;
    if (!c || hg_table_column(to, name))
        return HG_OK;
    hg_status status = hg_table_add(to, c->name, c->type, &own, err);
    for (size_t row = 0; row < to->rows && status == HG_OK; row++) {
        if (c->type == HG_DOUBLE)
            own->f64[row] = c->f64[row];
        else if (c->type == HG_TEXT)
            own->text[row] = c->text[row];
        else
            own->i64[row] = c->i64[row];
    }
    return status;
}

static hg_status shown_columns(const hg_document_table *t, hg_table **out, hg_error *err)
{
    hg_table *shown = NULL;
    hg_status status = hg_table_new(t->stem, t->table->rows, t->table->pool, &shown, err);
    for (size_t k = 0; k < t->n_columns && status == HG_OK; k++)
        status = copy_column(t->table, t->columns[k].column, shown, err);
    if (status != HG_OK) {
        hg_table_free(shown);
        return status;
    }
    *out = shown;
    return HG_OK;
}

/* ------------------------------------------------------------------ CSV -------------------- */

/* Spreadsheets run a text of a CSV file that begins so as a formula; behind an apostrophe it stays a text. */
static hg_status disarm(hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < t->column_count; k++) {
        hg_column *c = &t->columns[k];
        for (size_t row = 0; c->type == HG_TEXT && row < t->rows && status == HG_OK; row++) {
            const char *text = hg_pool_text(t->pool, c->text[row]);
            if (!text || !*text || !strchr("=+-@\t\r", *text))
                continue;
            hg_text safe = {0};
            hg_text_addf(&safe, "'%s", text);
            status = safe.failed ? hg_fail_memory(err) : hg_table_set_text(t, c, row, safe.s, err);
            hg_text_dispose(&safe);
        }
    }
    return status;
}

static hg_status write_csv(const hg_document_table *t, const char *folder, hg_staging *staging, hg_error *err)
{
    const char *temp = NULL;
    hg_table *shown = NULL;
    hg_text path = {0};
    hg_text_addf(&path, "%s/%s.csv", folder, t->stem);
    hg_status status = path.failed ? hg_fail_memory(err) : hg_staging_add(staging, path.s, &temp, err);
    if (status == HG_OK)
        status = shown_columns(t, &shown, err);
    if (status == HG_OK)
        status = disarm(shown, err);
    if (status == HG_OK)
        status = hg_csv_write(temp, shown, err);
    hg_table_free(shown);
    hg_text_dispose(&path);
    return status;
}

/* ------------------------------------------------------------------ XLSX ------------------- */

/* A text column that the report shows as days is one of dates, where every text is one. */
static bool holds_days(const hg_document_table *t, const hg_column *c)
{
    bool day = false;
    int64_t civil;
    for (size_t k = 0; k < t->n_columns; k++)
        day |= t->columns[k].format == HG_CELL_DAY && strcmp(t->columns[k].column, c->name) == 0;
    for (size_t row = 0; day && c->type == HG_TEXT && row < t->table->rows; row++) {
        const char *text = hg_pool_text(t->table->pool, c->text[row]);
        day = !text || !*text || hg_date_parse(text, &civil);
    }
    return day;
}

static OGRFieldType field_type(const hg_document_table *t, const hg_column *c)
{
    if (c->type == HG_INT64)
        return OFTInteger64;
    if (c->type == HG_DOUBLE)
        return OFTReal;
    if (holds_days(t, c))
        return OFTDate;
    return c->type == HG_TEXT ? OFTString : OFTDateTime;
}

static void set_moment(OGRFeatureH f, int field, int64_t civil)
{
    int64_t year;
    int month, day, hour, minute, second;
    hg_civil_split(civil, &year, &month, &day, &hour, &minute, &second);
    OGR_F_SetFieldDateTime(f, field, (int)year, month, day, hour, minute, second, 0);
}

static void set_text(OGRFeatureH f, int field, OGRFieldType type, const char *text)
{
    int64_t civil;
    if (!text || (type == OFTDate && !*text))
        return;
    if (type == OFTDate && hg_date_parse(text, &civil))
        set_moment(f, field, civil);
    else
        OGR_F_SetFieldString(f, field, text);
}

static void set_cell(OGRFeatureH f, int field, OGRFieldType type, const hg_table *t, size_t row)
{
    const hg_column *c = &t->columns[field];
    if (c->type == HG_INT64 && c->i64[row] != HG_NULL_INT64)
        OGR_F_SetFieldInteger64(f, field, c->i64[row]);
    else if (c->type == HG_DOUBLE && isfinite(c->f64[row]))
        OGR_F_SetFieldDouble(f, field, c->f64[row]);
    else if (c->type == HG_TEXT)
        set_text(f, field, type, hg_pool_text(t->pool, c->text[row]));
    else if (c->type == HG_DATETIME && c->i64[row] != HG_NO_TIME)
        set_moment(f, field, c->i64[row]);
}

static bool fill_sheet(OGRLayerH layer, const hg_table *shown)
{
    bool whole = true;
    for (size_t row = 0; row < shown->rows && whole; row++) {
        OGRFeatureH f = OGR_F_Create(OGR_L_GetLayerDefn(layer));
        for (int k = 0; f && k < (int)shown->column_count; k++)
            set_cell(f, k, OGR_Fld_GetType(OGR_FD_GetFieldDefn(OGR_L_GetLayerDefn(layer), k)), shown, row);
        whole = f && OGR_L_CreateFeature(layer, f) == OGRERR_NONE;
        OGR_F_Destroy(f);
    }
    return whole;
}

static bool add_sheet(GDALDatasetH book, const hg_document_table *t, const hg_table *shown)
{
    char name[SHEET_NAME + 1];
    snprintf(name, sizeof name, "%s", t->stem);
    OGRLayerH layer = GDALDatasetCreateLayer(book, name, NULL, wkbNone, NULL);
    bool whole = layer != NULL;
    for (size_t k = 0; k < shown->column_count && whole; k++) {
        OGRFieldDefnH field = OGR_Fld_Create(shown->columns[k].name, field_type(t, &shown->columns[k]));
        whole = OGR_L_CreateField(layer, field, FALSE) == OGRERR_NONE;
        OGR_Fld_Destroy(field);
    }
    return whole && fill_sheet(layer, shown);
}

static hg_status add_sheets(const hg_document *doc, GDALDatasetH book, bool *whole, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < hg_document_count(doc) && status == HG_OK && *whole; i++) {
        const hg_block *b = hg_document_at(doc, i);
        hg_table *shown = NULL;
        if (b->kind != HG_BLOCK_TABLE)
            continue;
        status = shown_columns(&b->table, &shown, err);
        if (status == HG_OK)
            *whole = add_sheet(book, &b->table, shown);
        hg_table_free(shown);
    }
    return status;
}

/* Closing says nothing of a full disk, so the workbook is opened once more. */
static bool opens(const char *path)
{
    static const char *const drivers[] = {"XLSX", NULL};
    GDALDatasetH book = GDALOpenEx(path, GDAL_OF_VECTOR, drivers, NULL, NULL);
    bool there = book && GDALDatasetGetLayerCount(book) > 0;
    if (book)
        GDALClose(book);
    return there;
}

static hg_status write_xlsx(const hg_document *doc, const char *folder, hg_staging *staging, hg_error *err)
{
    const char *temp = NULL;
    hg_text path = {0};
    hg_gdal_watch watch;
    hg_text_addf(&path, "%s/tables.xlsx", folder);
    hg_status status = path.failed ? hg_fail_memory(err) : hg_staging_add(staging, path.s, &temp, err);
    hg_gdal_init();
    hg_gdal_watch_begin(&watch);
    GDALDriverH driver = status == HG_OK ? GDALGetDriverByName("XLSX") : NULL;
    GDALDatasetH book = driver ? GDALCreate(driver, temp, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    bool whole = book != NULL;
    if (book) {
        status = add_sheets(doc, book, &whole, err);
        GDALClose(book);
    }
    whole = whole && !watch.failed && status == HG_OK && opens(temp);
    hg_gdal_watch_end(&watch);
    if (status == HG_OK && !whole)
        status = hg_fail(err, HG_EIO, "%s cannot be written: %s", path.s, driver ? watch.message : "GDAL has no XLSX driver");
    hg_text_dispose(&path);
    return status;
}

hg_status hg_document_write_tables(const hg_document *doc, const char *folder, hg_staging *staging, hg_error *err)
{
    hg_status status = HG_OK;
    bool any = false;
    for (size_t i = 0; i < hg_document_count(doc) && status == HG_OK; i++) {
        const hg_block *b = hg_document_at(doc, i);
        if (b->kind != HG_BLOCK_TABLE)
            continue;
        any = true;
        status = write_csv(&b->table, folder, staging, err);
    }
    return status == HG_OK && any ? write_xlsx(doc, folder, staging, err) : status;
}
