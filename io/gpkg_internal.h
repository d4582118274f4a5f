/* What the files that write GeoPackages share. */
#ifndef HG_IO_GPKG_INTERNAL_H
#define HG_IO_GPKG_INTERNAL_H

#include "io/geopackage.h"
#include "io/sql.h"

struct hg_gpkg {
    sqlite3 *db;
    char *file; /**< on disk */
    char *path; /**< in messages: the name it will have in the end */
    hg_control *control;
    bool fresh;     /**< made by hg_gpkg_create: thrown away unless finished */
    char stamp[32]; /**< stands wherever the schema wants a time: no clock is read */
};

/** A layer as it stands in the file. */
typedef struct hg_gpkg_layer {
    char *name, *fid;
    char *geom;  /**< NULL for attribute tables */
    char *rtree; /**< name of its R-tree; NULL if it has none */
    char *type;  /**< "POINT", "MULTIPOLYGON" …; NULL for attribute tables */
    int32_t srs_id;
} hg_gpkg_layer;

void hg_gpkg_layer_dispose(hg_gpkg_layer *layer);

/** Looks a layer up by name, without case. *found tells; *layer is to be disposed of if so. */
hg_status hg_gpkg_find_layer(hg_gpkg *gpkg, const char *name, hg_gpkg_layer *layer, bool *found,
                             hg_error *err);

/** Whether sqlite_master has an object of that name, without case. */
hg_status hg_gpkg_has_object(hg_gpkg *gpkg, const char *name, bool *has, hg_error *err);

/**
 * The name a table's column has in the file: its own, with '_' added while it is the name of the
 * fid or geometry column or of another column. Caller frees; NULL without memory.
 */
char *hg_gpkg_column_name(const hg_table *table, size_t column, const char *fid, const char *geom);

/** What GeoPackage calls the type. */
const char *hg_gpkg_type_name(hg_type type);

/** The bytes of a GeoPackage holding the table's layer without its rows (table NULL: no layer). */
hg_status hg_gpkg_template(const hg_table *table, unsigned char **bytes, size_t *size,
                           hg_error *err);

/** Creates the table's layer, without rows: its schema is copied from a template. */
hg_status hg_gpkg_create_layer(hg_gpkg *gpkg, const hg_table *table, hg_error *err);

/** HG_EUSAGE unless the table's rows fit the layer: geometry type, CRS, column types. Adds columns.
 */
hg_status hg_gpkg_match_layer(hg_gpkg *gpkg, const hg_gpkg_layer *layer, const hg_table *table,
                              hg_error *err);

/**
 * R-tree and extent of rows about to be loaded with ascending fids from first_fid on. They follow
 * from the table alone, so they are worked out on a thread of their own while the rows go in.
 */
typedef struct hg_gpkg_index hg_gpkg_index;

/** The table and the layer must stand until the index is freed. */
hg_status hg_gpkg_index_begin(hg_gpkg *gpkg, const hg_gpkg_layer *layer, const hg_table *table,
                              int64_t first_fid, hg_gpkg_index **out, hg_error *err);
/** Once the rows are in: writes the R-tree and widens the layer's extent. */
hg_status hg_gpkg_index_store(hg_gpkg_index *index, hg_error *err);
void hg_gpkg_index_free(hg_gpkg_index *index);

/** Puts the rows in: geometry, attributes, R-tree, counts and extent. */
hg_status hg_gpkg_load_rows(hg_gpkg *gpkg, const hg_gpkg_layer *layer, const hg_table *table,
                            hg_error *err);

#endif
