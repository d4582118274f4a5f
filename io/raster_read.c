/* Reading a density raster back. */
#include "base/memory.h"
#include "io/gdal.h"
#include "io/raster.h"

#include <gdal.h>

void hg_raster_values_dispose(hg_raster_values *v)
{
    hg_free(v->values);
    *v = (hg_raster_values){0};
}

static hg_status read_values(GDALDatasetH ds, const char *path, int64_t most, hg_raster_values *v, hg_error *err)
{
    double g[6];
    int columns = GDALGetRasterXSize(ds), rows = GDALGetRasterYSize(ds);
    if (GDALGetGeoTransform(ds, g) != CE_None || g[2] != 0 || g[4] != 0 || !(g[1] > 0) || !(g[5] < 0))
        return hg_fail(err, HG_EDATA, "%s: a raster with north up was expected", path);
    double shrink = 1;
    while ((double)columns / shrink * ((double)rows / shrink) > (double)most)
        shrink *= 2;
    v->columns = (int)((double)columns / shrink) > 0 ? (int)((double)columns / shrink) : 1;
    v->rows = (int)((double)rows / shrink) > 0 ? (int)((double)rows / shrink) : 1;
    v->values = hg_malloc((size_t)v->columns * (size_t)v->rows, sizeof *v->values);
    if (!v->values)
        return hg_fail_memory(err);
    v->box[0] = g[0];
    v->box[3] = g[3];
    v->box[2] = g[0] + g[1] * columns;
    v->box[1] = g[3] + g[5] * rows;
    if (GDALRasterIO(GDALGetRasterBand(ds, 1), GF_Read, 0, 0, columns, rows, v->values, v->columns, v->rows,
                     GDT_Float32, 0, 0) != CE_None)
        return hg_fail(err, HG_EDATA, "%s is damaged or truncated", path);
    return HG_OK;
}

hg_status hg_raster_read(const char *path, int64_t most, hg_raster_values *out, hg_error *err)
{
    hg_raster_values v = {0};
    hg_gdal_watch watch;
    hg_gdal_init();
    hg_gdal_watch_begin(&watch);
    GDALDatasetH ds = GDALOpenEx(path, GDAL_OF_RASTER | GDAL_OF_READONLY, NULL, NULL, NULL);
    hg_status status = ds ? read_values(ds, path, most, &v, err)
                          : hg_fail(err, HG_EIO, "%s cannot be opened as a raster", path);
    if (ds)
        GDALClose(ds);
    hg_gdal_watch_end(&watch);
    if (status != HG_OK) {
        hg_raster_values_dispose(&v);
        return status;
    }
    *out = v;
    return HG_OK;
}
