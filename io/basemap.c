#include "io/basemap.h"
#include "base/memory.h"
#include "io/gdal.h"

#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <gdal_utils.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { QUALITY = 80 };

void hg_basemap_dispose(hg_basemap *b)
{
    hg_free(b->jpeg);
    *b = (hg_basemap){0};
}

static void add_number(char ***args, double v)
{
    char number[40];
    snprintf(number, sizeof number, "%.17g", v);
    *args = CSLAddString(*args, number);
}

/* Colours of a table become bands, so that they can be mixed. NULL where that fails. */
static GDALDatasetH with_bands(GDALDatasetH ds)
{
    char *args[] = {"-of", "VRT", "-expand", "rgba", NULL};
    if (GDALGetRasterColorInterpretation(GDALGetRasterBand(ds, 1)) != GCI_PaletteIndex)
        return ds;
    GDALTranslateOptions *options = GDALTranslateOptionsNew(args, NULL);
    GDALDatasetH expanded = GDALTranslate("", ds, options, NULL);
    GDALTranslateOptionsFree(options);
    return expanded;
}

static GDALDatasetH warp(GDALDatasetH ds, const char *crs, const double box[4], const hg_basemap *size)
{
    char **args = NULL;
    args = CSLAddString(args, "-of");
    args = CSLAddString(args, "MEM");
    args = CSLAddString(args, "-t_srs");
    args = CSLAddString(args, crs);
    args = CSLAddString(args, "-te");
    for (int i = 0; i < 4; i++)
        add_number(&args, box[i]);
    args = CSLAddString(args, "-ts");
    add_number(&args, size->columns);
    add_number(&args, size->rows);
    args = CSLAddString(args, "-r");
    args = CSLAddString(args, "bilinear");
    args = CSLAddString(args, "-ot");
    args = CSLAddString(args, "Byte");
    args = CSLAddString(args, "-dstalpha");
    GDALWarpAppOptions *options = GDALWarpAppOptionsNew(args, NULL);
    CSLDestroy(args);
    GDALDatasetH warped = GDALWarp("", NULL, 1, &ds, options, NULL);
    GDALWarpAppOptionsFree(options);
    return warped;
}

/* Three bytes a pixel, white where nothing is; the last band is alpha. Returns whether anything is covered. */
static bool flatten(GDALDatasetH warped, const hg_basemap *size, unsigned char *rgb, unsigned char *alpha, bool *read)
{
    int bands = GDALGetRasterCount(warped), w = (int)size->columns, h = (int)size->rows;
    size_t n = (size_t)w * (size_t)h;
    bool any = false;
    *read = GDALRasterIO(GDALGetRasterBand(warped, bands), GF_Read, 0, 0, w, h, alpha, w, h, GDT_Byte, 0, 0) == CE_None;
    for (int c = 0; c < 3 && *read; c++) {
        GDALRasterBandH band = GDALGetRasterBand(warped, bands >= 4 ? c + 1 : 1);
        *read = GDALRasterIO(band, GF_Read, 0, 0, w, h, rgb + c, w, h, GDT_Byte, 3, 3 * w) == CE_None;
    }
    for (size_t i = 0; i < n && *read; i++) {
        any = any || alpha[i];
        for (unsigned char *v = rgb + 3 * i; v < rgb + 3 * i + 3; v++)
            *v = (unsigned char)((*v * alpha[i] + 255 * (255 - alpha[i])) / 255);
    }
    return any;
}

static hg_status take_file(const char *name, hg_basemap *b, hg_error *err)
{
    vsi_l_offset n = 0;
    GByte *bytes = VSIGetMemFileBuffer(name, &n, TRUE);
    b->jpeg = bytes ? hg_malloc((size_t)n, 1) : NULL;
    if (!b->jpeg) {
        VSIFree(bytes);
        return hg_fail_memory(err);
    }
    memcpy(b->jpeg, bytes, (size_t)n);
    b->jpeg_size = (size_t)n;
    VSIFree(bytes);
    return HG_OK;
}

static hg_status encode(unsigned char *rgb, hg_basemap *b, hg_error *err)
{
    int w = (int)b->columns, h = (int)b->rows;
    char name[64], quality[16], *options[] = {quality, NULL};
    GDALDriverH jpeg = GDALGetDriverByName("JPEG");
    snprintf(name, sizeof name, "/vsimem/hotgrid_basemap_%p.jpg", (void *)b);
    snprintf(quality, sizeof quality, "QUALITY=%d", QUALITY);
    GDALDatasetH memory = GDALCreate(GDALGetDriverByName("MEM"), "", w, h, 3, GDT_Byte, NULL);
    bool drawn = memory && jpeg &&
                 GDALDatasetRasterIO(memory, GF_Write, 0, 0, w, h, rgb, w, h, GDT_Byte, 3, NULL, 3, 3 * w, 1) ==
                     CE_None;
    GDALDatasetH written = drawn ? GDALCreateCopy(jpeg, name, memory, FALSE, options, NULL, NULL) : NULL;
    if (written)
        GDALClose(written);
    if (memory)
        GDALClose(memory);
    hg_status status = written ? take_file(name, b, err)
                               : hg_fail(err, HG_EIO, "GDAL cannot write the background of a map as JPEG");
    VSIUnlink(name);
    return status;
}

static hg_status picture(GDALDatasetH warped, const char *path, hg_basemap *b, hg_error *err)
{
    size_t n = (size_t)b->columns * b->rows;
    unsigned char *rgb = hg_malloc(n, 3), *alpha = hg_malloc(n, 1);
    bool read = true;
    hg_status status = rgb && alpha ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK && !flatten(warped, b, rgb, alpha, &read))
        status = read ? hg_fail(err, HG_EDATA, "%s: this background covers nothing of the map", path)
                      : hg_fail(err, HG_EDATA, "%s is damaged or truncated", path);
    if (status == HG_OK)
        status = encode(rgb, b, err);
    hg_free(rgb);
    hg_free(alpha);
    return status;
}

static hg_status read_from(GDALDatasetH ds, const char *path, const char *crs, const double box[4], hg_basemap *b,
                           hg_error *err)
{
    const char *own = GDALGetProjectionRef(ds);
    if (!own || !*own || GDALGetRasterCount(ds) < 1)
        return hg_fail(err, HG_EDATA, "%s: a raster with a coordinate reference system was expected as background",
                       path);
    GDALDatasetH source = with_bands(ds);
    GDALDatasetH warped = source ? warp(source, crs, box, b) : NULL;
    hg_status status = warped ? picture(warped, path, b, err)
                              : hg_fail(err, HG_EDATA,
                                        "%s: this background covers nothing of the map, or is damaged", path);
    if (warped)
        GDALClose(warped);
    if (source && source != ds)
        GDALClose(source);
    return status;
}

hg_status hg_basemap_read(const char *path, const char *crs, const double box[4], size_t most_pixels, hg_basemap *out,
                          hg_error *err)
{
    hg_basemap b = {0};
    hg_gdal_watch watch;
    double width = box[2] - box[0], height = box[3] - box[1], scale = sqrt((double)most_pixels / (width * height));
    if (!(width > 0 && height > 0))
        return hg_fail(err, HG_EUSAGE, "a background for a map without extent");
    b.columns = (uint32_t)fmax(1, fmin(width * scale, 16000));
    b.rows = (uint32_t)fmax(1, fmin(height * scale, 16000));
    hg_gdal_init();
    hg_gdal_watch_begin(&watch);
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_RASTER | GDAL_OF_READONLY, NULL, NULL, NULL);
    hg_status status = ds ? read_from(ds, path, crs, box, &b, err)
                          : hg_fail(err, HG_EIO, "%s cannot be opened as a raster", path);
    if (ds)
        GDALClose(ds);
    hg_gdal_watch_end(&watch);
    if (status == HG_OK)
        *out = b;
    else
        hg_basemap_dispose(&b);
    return status;
}
