/* The background of a map: a raster that the user has, as a photograph in the map's CRS. */
#ifndef HG_IO_BASEMAP_H
#define HG_IO_BASEMAP_H

#include "base/error.h"

#include <stdint.h>

typedef struct hg_basemap {
    unsigned char *jpeg;
    size_t jpeg_size;
    uint32_t columns, rows;
} hg_basemap;

/**
 * Warps a raster that GDAL reads (MBTiles, tiles of a GeoPackage, GeoTIFF …) to the CRS `crs`, WKT, over `box`
 * (xmin, ymin, xmax, ymax), in at most `most_pixels`. What it does not cover is white. Errors: HG_EIO for a file that
 * cannot be opened; HG_EDATA where it has no CRS, is damaged, or covers nothing of the box.
 */
hg_status hg_basemap_read(const char *path, const char *crs, const double box[4], size_t most_pixels, hg_basemap *out,
                          hg_error *err);
void hg_basemap_dispose(hg_basemap *basemap);

#endif
