#include "io/raster.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "io/gdal.h"
#include "io/staging.h"

#include <cpl_string.h>
#include <errno.h>
#include <gdal.h>
#include <limits.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Up to this the rows stay in memory; beyond, they go to a tiled scratch file. */
enum { IN_MEMORY_BYTES = 256 << 20, TILE = 512, LEAST_CACHE = 64 << 20 };

struct hg_raster {
    char *path;    /* in messages: the name it will have in the end */
    char *file;    /* on disk */
    char *scratch; /* NULL while in memory */
    hg_control *control;
    GDALDatasetH source;
    int columns, rows;
};

static int CPL_STDCALL note_progress(double fraction, const char *message, void *payload)
{
    (void)message;
    hg_raster *r = payload;
    hg_say_progress(r->control, "raster", fraction);
    return hg_check_cancel(r->control, NULL) == HG_OK;
}

/* What a failed GDAL call comes to; `doing` completes "<path>: cannot be ...". */
static hg_status fail_gdal(const hg_raster *r, const hg_gdal_watch *w, const char *doing,
                           hg_error *err)
{
    hg_status s = hg_check_cancel(r->control, err);
    if (s != HG_OK)
        return s;
    if (w->disk_full)
        return hg_fail(err, HG_EIO, "%s: the disk is full", r->path);
    return hg_fail(err, HG_EIO, "%s: cannot be %s: %s", r->path, doing,
                   w->failed ? w->message : "no reason given");
}

/*
 * Three rows of tiles are read and written again and again, the rest passes by once: GDAL's own limit, a
 * twentieth of the machine's memory, would be memory for nothing.
 */
static void bound_cache(const hg_raster *r)
{
    int64_t need = (int64_t)3 * TILE * (r->columns + TILE) * (int64_t)sizeof(float);
    need = need > LEAST_CACHE ? need : LEAST_CACHE;
    if (!CPLGetConfigOption("GDAL_CACHEMAX", NULL) && GDALGetCacheMax64() > need)
        GDALSetCacheMax64(need);
}

static GDALDatasetH create_source(const hg_raster *r)
{
    if (!r->scratch)
        return GDALCreate(GDALGetDriverByName("MEM"), "", r->columns, r->rows, 1, GDT_Float32,
                          NULL);
    static const char *const options[] = {"TILED=YES",        "BLOCKXSIZE=512", "BLOCKYSIZE=512",
                                          "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE", NULL};
    bound_cache(r);
    return GDALCreate(GDALGetDriverByName("GTiff"), r->scratch, r->columns, r->rows, 1, GDT_Float32,
                      (char **)(uintptr_t)options);
}

static bool set_crs(GDALDatasetH ds, const char *wkt)
{
    if (!wkt)
        return true;
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    char *text = (char *)(uintptr_t)wkt; /* advanced, not written to */
    bool ok = srs && OSRImportFromWkt(srs, &text) == OGRERR_NONE;
    if (ok) {
        OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
        ok = GDALSetSpatialRef(ds, srs) == CE_None;
    }
    if (srs)
        OSRRelease(srs);
    return ok;
}

static bool describe(GDALDatasetH ds, const hg_raster_spec *spec)
{
    double transform[6] = {spec->west_m, spec->cell_m, 0, spec->north_m, 0, -spec->cell_m};
    GDALRasterBandH band = GDALGetRasterBand(ds, 1);
    bool ok = GDALSetGeoTransform(ds, transform) == CE_None && set_crs(ds, spec->crs_wkt) &&
              GDALSetRasterNoDataValue(band, (double)HG_RASTER_NODATA) == CE_None;
    if (ok && spec->description)
        GDALSetDescription(band, spec->description);
    if (ok && spec->unit)
        ok = GDALSetRasterUnitType(band, spec->unit) == CE_None;
    if (ok && spec->metadata)
        ok = GDALSetMetadata(ds, (char **)(uintptr_t)spec->metadata, NULL) == CE_None;
    return ok;
}

/*
 * The scratch file has a size known beforehand. The result is compressed; surfaces come to between
 * a tenth and three quarters of their plain size, so a quarter is asked for and the rest left to
 * the writing.
 */
static hg_status check_space(const hg_raster *r, uint64_t plain, hg_error *err)
{
    return hg_staging_require_space(r->path, (r->scratch ? plain : 0) + plain / 4, err);
}

static hg_status check_spec(const char *path, const hg_raster_spec *spec, hg_error *err)
{
    if (spec->columns > 0 && spec->rows > 0 && spec->columns <= INT_MAX && spec->rows <= INT_MAX)
        return HG_OK;
    return hg_fail(err, HG_EIO, "%s: a raster of %lld x %lld cells is beyond what GeoTIFF holds",
                   path, (long long)spec->columns, (long long)spec->rows);
}

static hg_status open_source(hg_raster *r, const hg_raster_spec *spec, hg_error *err)
{
    hg_gdal_watch w;
    hg_gdal_watch_begin(&w);
    r->source = create_source(r);
    bool ok = r->source && describe(r->source, spec) && !w.failed;
    hg_gdal_watch_end(&w);
    return ok ? HG_OK : fail_gdal(r, &w, "begun", err);
}

hg_status hg_raster_new(const char *path, const hg_raster_spec *spec, hg_control *control,
                        hg_raster **out, hg_error *err)
{
    hg_status s = check_spec(path, spec, err);
    if (s != HG_OK)
        return s;
    hg_raster *r = hg_calloc(1, sizeof *r);
    if (!r)
        return hg_fail_memory(err);
    uint64_t plain = (uint64_t)spec->columns * (uint64_t)spec->rows * sizeof(float);
    bool in_memory = plain <= IN_MEMORY_BYTES;
    hg_text scratch = {0};
    hg_text_addf(&scratch, "%s.scratch.tif", path);
    *r = (hg_raster){.path = hg_staging_final_name(path),
                     .file = hg_strdup(path),
                     .scratch = hg_text_take(&scratch),
                     .control = control,
                     .columns = (int)spec->columns,
                     .rows = (int)spec->rows};
    if (!r->path || !r->file || !r->scratch)
        s = hg_fail_memory(err);
    if (in_memory) {
        hg_free(r->scratch);
        r->scratch = NULL;
    }
    if (s == HG_OK)
        s = check_space(r, plain, err);
    if (s == HG_OK)
        s = open_source(r, spec, err);
    if (s != HG_OK) {
        hg_raster_free(r);
        return s;
    }
    *out = r;
    return HG_OK;
}

hg_status hg_raster_write(hg_raster *r, int64_t row0, int64_t n, const float *values, hg_error *err)
{
    if (row0 < 0 || n < 0 || row0 + n > r->rows)
        return hg_fail(err, HG_EFAIL, "%s: rows %lld to %lld are not among its %d", r->path,
                       (long long)row0, (long long)(row0 + n), r->rows);
    hg_status s = hg_check_cancel(r->control, err);
    if (s != HG_OK || n == 0)
        return s;
    hg_gdal_watch w;
    hg_gdal_watch_begin(&w);
    CPLErr code =
        GDALRasterIO(GDALGetRasterBand(r->source, 1), GF_Write, 0, (int)row0, r->columns, (int)n,
                     (void *)(uintptr_t)values, r->columns, (int)n, GDT_Float32, 0, 0);
    hg_gdal_watch_end(&w);
    return code == CE_None && !w.failed ? HG_OK : fail_gdal(r, &w, "written", err);
}

/*
 * ZSTD level 1 with the horizontal predictor: of the variants tried on a 2048 x 2048 density
 * surface the fastest (0.08 s of processor time, 1.9 MB; with the floating-point predictor 0.13 s
 * and 1.6 MB, DEFLATE 6 with that 0.16 s, no predictor 0.10 s and 2.1 MB).
 */
static char **cog_options(const hg_raster *r)
{
    static const char *const fixed[] = {"LEVEL=1",
                                        "PREDICTOR=STANDARD",
                                        "OVERVIEW_PREDICTOR=STANDARD",
                                        "OVERVIEW_RESAMPLING=AVERAGE",
                                        "BIGTIFF=IF_SAFER",
                                        NULL};
    char **options = NULL;
    for (size_t i = 0; fixed[i]; i++)
        options = CSLAddString(options, fixed[i]);
    const char *choices =
        GDALGetMetadataItem(GDALGetDriverByName("COG"), GDAL_DMD_CREATIONOPTIONLIST, NULL);
    bool zstd = choices && strstr(choices, "<Value>ZSTD</Value>");
    options = CSLSetNameValue(options, "COMPRESS", zstd ? "ZSTD" : "DEFLATE");
    char threads[16];
    snprintf(threads, sizeof threads, "%d", hg_thread_count(r->control ? r->control->threads : 0));
    return CSLSetNameValue(options, "NUM_THREADS", threads);
}

static hg_status write_cog(hg_raster *r, hg_error *err)
{
    hg_gdal_watch w;
    hg_gdal_watch_begin(&w);
    GDALFlushCache(r->source);
    bool ok = !w.failed;
    if (ok) {
        char **options = cog_options(r);
        GDALDatasetH cog = GDALCreateCopy(GDALGetDriverByName("COG"), r->file, r->source, FALSE,
                                          options, note_progress, r);
        CSLDestroy(options);
        ok = cog != NULL;
        if (cog)
            GDALClose(cog); /* returns nothing: only the watch sees what fails here */
    }
    hg_gdal_watch_end(&w);
    return ok && !w.failed ? HG_OK : fail_gdal(r, &w, "written", err);
}

static bool same_row(const hg_raster *r, GDALDatasetH cog, int row, float *a, float *b)
{
    return GDALRasterIO(GDALGetRasterBand(r->source, 1), GF_Read, 0, row, r->columns, 1, a,
                        r->columns, 1, GDT_Float32, 0, 0) == CE_None &&
           GDALRasterIO(GDALGetRasterBand(cog, 1), GF_Read, 0, row, r->columns, 1, b, r->columns, 1,
                        GDT_Float32, 0, 0) == CE_None &&
           memcmp(a, b, (size_t)r->columns * sizeof *a) == 0;
}

static bool whole_in_file(const hg_raster *r, float *a, float *b)
{
    GDALDatasetH cog = GDALOpen(r->file, GA_ReadOnly);
    if (!cog)
        return false;
    bool ok = GDALGetRasterXSize(cog) == r->columns && GDALGetRasterYSize(cog) == r->rows &&
              same_row(r, cog, 0, a, b) && same_row(r, cog, r->rows - 1, a, b);
    GDALClose(cog);
    return ok;
}

static hg_status verify(const hg_raster *r, hg_error *err)
{
    float *a = hg_malloc((size_t)r->columns, sizeof *a),
          *b = hg_malloc((size_t)r->columns, sizeof *b);
    hg_status s = a && b ? HG_OK : hg_fail_memory(err);
    if (s == HG_OK) {
        hg_gdal_watch w;
        hg_gdal_watch_begin(&w);
        bool ok = whole_in_file(r, a, b);
        hg_gdal_watch_end(&w);
        if (!ok)
            s = hg_fail(err, HG_EIO, "%s: was not written in full", r->path);
    }
    hg_free(a);
    hg_free(b);
    return s;
}

hg_status hg_raster_finish(hg_raster *r, hg_error *err)
{
    hg_status s = hg_check_cancel(r->control, err);
    if (s == HG_OK)
        s = write_cog(r, err);
    if (s == HG_OK)
        s = verify(r, err);
    if (s != HG_OK)
        unlink(r->file);
    hg_raster_free(r);
    return s;
}

static void unlink_beside(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s%s", path, suffix) < (int)sizeof name)
        unlink(name);
}

void hg_raster_free(hg_raster *r)
{
    if (!r)
        return;
    if (r->source) {
        hg_gdal_watch w;
        hg_gdal_watch_begin(&w);
        GDALClose(r->source);
        hg_gdal_watch_end(&w);
    }
    if (r->scratch)
        unlink(r->scratch);
    if (r->file) { /* what the COG driver leaves when it is stopped half-way */
        unlink_beside(r->file, ".ovr.tmp");
        unlink_beside(r->file, ".msk.ovr.tmp");
    }
    hg_free(r->scratch);
    hg_free(r->file);
    hg_free(r->path);
    hg_free(r);
}
