/* One raster made of many: a GDAL virtual raster over tiles that lie beside it. */
#ifndef HG_IO_VRT_H
#define HG_IO_VRT_H

#include "base/text.h"
#include "io/raster.h"

/** Rows row0 … row0+rows-1 of the whole stand in the file of that name, relative to the virtual
 * raster. */
typedef struct hg_vrt_tile {
    const char *name;
    int64_t row0, rows;
} hg_vrt_tile;

/** The file's text; tiles as wide as the whole. */
void hg_vrt_add(hg_text *text, const hg_raster_spec *spec, const hg_vrt_tile *tiles, size_t n);

#endif
