/*
 * Writing GeoPackages: hg_tables become layers, styles and a project go in beside them.
 *
 * OGR creates the file and the empty layers (so that the schema, spatial reference systems,
 * triggers and extension rows are the library's own); rows go in through one statement a layer inside
 * one transaction, and each R-tree is packed bottom-up. The file is left in journal mode DELETE.
 * Everything written is the same from run to run: no clock is read but for `recorded_at`.
 */
#ifndef HG_IO_GEOPACKAGE_H
#define HG_IO_GEOPACKAGE_H

#include "base/control.h"
#include "base/table.h"

typedef struct hg_gpkg hg_gpkg;

/** A new file at path (which must not exist). */
hg_status hg_gpkg_create(const char *path, hg_control *control, hg_gpkg **out, hg_error *err);
/**
 * An existing GeoPackage to append to: one journalled transaction until hg_gpkg_finish.
 * Errors: HG_EIO, HG_EDATA if it is not a GeoPackage.
 */
hg_status hg_gpkg_open(const char *path, hg_control *control, hg_gpkg **out, hg_error *err);

/**
 * Adds the table as a layer of its name with column `fid` first and geometry column `geom`; tables
 * without geometry become attribute tables. Geometry layers get an R-tree. Points with NaN are
 * written as NULL geometries. HG_DATETIME columns become DATETIME
 * ("2019-03-01T08:30:00.000": civil time, no zone). A column called fid or geom gets a '_' behind.
 * Multipolygon layers take HG_POLYGON rows too.
 */
hg_status hg_gpkg_add_table(hg_gpkg *gpkg, const hg_table *table, hg_error *err);

/**
 * Appends the rows to a layer that exists (creating it if it does not); columns are matched by name
 * and missing ones are added. R-tree, counts and extent follow. Errors: HG_EUSAGE if the CRS or
 * geometry type differ from the layer's.
 */
hg_status hg_gpkg_append_table(hg_gpkg *gpkg, const hg_table *table, hg_error *err);

bool hg_gpkg_has_table(hg_gpkg *gpkg, const char *name);

/** A row of `layer_styles`, default for its layer. geometry_column NULL for attribute tables. */
hg_status hg_gpkg_add_style(hg_gpkg *gpkg, const char *layer, const char *geometry_column,
                            const char *style_name, const char *qml, hg_error *err);

/** A row of `qgis_projects`: the .qgs text is zipped with fixed times and stored as hex. */
hg_status hg_gpkg_add_project(hg_gpkg *gpkg, const char *name, const char *qgs, hg_error *err);

/** A dataset-level row in gpkg_metadata (scope dataset, the given standard URI and MIME type). */
hg_status hg_gpkg_add_metadata(hg_gpkg *gpkg, const char *standard_uri, const char *mime,
                               const char *text, hg_error *err);

/** Replaces the table `run_info` (key, value). */
hg_status hg_gpkg_set_run_info(hg_gpkg *gpkg, const char *const *keys, const char *const *values,
                               size_t n, hg_error *err);

/**
 * Commits, closes and reopens to verify (a full disk shows here at the latest), then frees.
 * After a failure the file of hg_gpkg_create is gone and that of hg_gpkg_open as it was before.
 * Frees gpkg whatever it returns.
 */
hg_status hg_gpkg_finish(hg_gpkg *gpkg, hg_error *err);
/** Rolls back (a file of hg_gpkg_create is removed) and frees; NULL is allowed. */
void hg_gpkg_free(hg_gpkg *gpkg);

#endif
