/* Writing a raster row by row, delivered as a cloud-optimised GeoTIFF with overviews. */
#ifndef HG_IO_RASTER_H
#define HG_IO_RASTER_H

#include "base/control.h"

typedef struct hg_raster_spec {
    int64_t columns, rows;
    double west_m, north_m, cell_m;
    const char *crs_wkt;
    const char *description;     /**< band description, "density per km2" */
    const char *unit;            /**< band unit */
    const char *const *metadata; /**< NULL-terminated "KEY=value" items; may be NULL */
} hg_raster_spec;

#define HG_RASTER_NODATA (-9999.0f)

typedef struct hg_raster hg_raster;

/**
 * Starts a Float32 raster (nodata -9999) that will stand at `path`. Small rasters are kept in
 * memory, large ones go to a scratch file beside `path`. Errors: HG_EIO with the bytes needed when
 * the disk cannot hold it (checked before anything is written).
 */
hg_status hg_raster_new(const char *path, const hg_raster_spec *spec, hg_control *control,
                        hg_raster **out, hg_error *err);
/** Rows row0 … row0+n-1, in raster order; bands may come in any order, each row once. */
hg_status hg_raster_write(hg_raster *raster, int64_t row0, int64_t n, const float *values,
                          hg_error *err);
/**
 * Writes the COG with overviews, closes, and reopens to verify its size and its first and last row.
 * A failure leaves no file. Frees raster whatever it returns.
 */
hg_status hg_raster_finish(hg_raster *raster, hg_error *err);
/** Drops everything, scratch file included; NULL is allowed. */
void hg_raster_free(hg_raster *raster);

/** Values of a raster, north up, thinned to at most so many by powers of 2. */
typedef struct hg_raster_values {
    float *values; /**< rows x columns; HG_RASTER_NODATA where there is none */
    int columns, rows;
    double box[4]; /**< xmin, ymin, xmax, ymax */
} hg_raster_values;

/** Errors: HG_EIO for a file that cannot be opened, HG_EDATA for one that is damaged. */
hg_status hg_raster_read(const char *path, int64_t most, hg_raster_values *out, hg_error *err);
void hg_raster_values_dispose(hg_raster_values *values);

#endif
