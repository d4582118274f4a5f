/* Geometry blobs as GeoPackage stores them (OGC 12-128r19, 2.1.3): header, envelope, WKB. */
#ifndef HG_IO_GPKG_BLOB_H
#define HG_IO_GPKG_BLOB_H

#include "base/table.h"

/** A growing buffer for one blob after another. Zero-initialise; dispose at the end. */
typedef struct hg_blob {
    unsigned char *bytes;
    size_t len, capacity;
} hg_blob;

void hg_blob_dispose(hg_blob *blob);

/** Bytes of a point blob: header 8, WKB 21. */
enum { HG_POINT_BLOB = 29 };

/** Row `row` of a point geometry; false (NULL geometry) where a coordinate is not finite. */
bool hg_blob_point(unsigned char out[HG_POINT_BLOB], int32_t srs_id, const double xy[2]);

/**
 * Row `row` of a polygon geometry, as a multipolygon if `multi`, with its envelope (min x, max x,
 * min y, max y). *empty is set, and nothing else written, where the row has no polygon or a
 * coordinate that is not finite. Errors: HG_EDATA for several polygons in a row where `multi` is
 * off; HG_ENOMEM.
 */
hg_status hg_blob_polygon(hg_blob *blob, int32_t srs_id, const hg_geometry *geometry, size_t row,
                          bool multi, double envelope[4], bool *empty, hg_error *err);

#endif
