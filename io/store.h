/* Looking into stores and results. */
#ifndef HG_IO_STORE_H
#define HG_IO_STORE_H

#include "base/table.h"

typedef struct hg_store_layer {
    char *name, *geometry, *crs; /**< crs NULL for attribute tables */
    int64_t rows;
} hg_store_layer;

typedef struct hg_store_pair {
    char *key, *value;
} hg_store_pair;

typedef struct hg_store_source {
    char *name, *layer, *sha256; /**< sha256 NULL or empty where it was not recorded */
    int64_t bytes, rows_read;
} hg_store_source;

/** What a GeoPackage or SpatiaLite file holds. */
typedef struct hg_store_contents {
    char *format; /**< "GeoPackage", "SpatiaLite" or the driver's name */
    hg_store_layer *layers;
    size_t layer_count;
    hg_store_pair *run_info; /**< as recorded; none in files of others */
    size_t run_info_count;
    hg_store_source *sources; /**< of a store made by load */
    size_t source_count;
} hg_store_contents;

/** Errors: HG_EIO for a missing or unreadable file, HG_EDATA for one that cannot be understood. */
hg_status hg_store_look(const char *path, hg_store_contents *out, hg_error *err);
void hg_store_contents_dispose(hg_store_contents *contents);

/** WKT of the CRS of a layer; NULL where the layer does not exist. Free with hg_free. */
hg_status hg_store_crs(const char *path, const char *layer, char **wkt, hg_error *err);

/**
 * All rows of a table without its geometry and its fid, in the order they were written.
 * Errors: HG_EIO; HG_EDATA for a file that is no database or has no such table.
 */
hg_status hg_store_read_table(const char *path, const char *name, hg_table **out, hg_error *err);

/** The same with the geometry: points, or multipolygons whatever the layer calls them; and its CRS. */
hg_status hg_store_read_layer(const char *path, const char *name, hg_table **out, hg_error *err);

#endif
