/* Layers that maps of reports are made of. */
#ifndef HG_JOB_REPORT_MAP_H
#define HG_JOB_REPORT_MAP_H

#include "io/basemap.h"
#include "job/report_parts.h"

/** The density raster of a hotspots result as a picture with its legend. */
typedef struct hg_density_picture {
    hg_map_image image; /**< argb NULL = there is no raster beside the result */
    uint32_t *argb;
    hg_style_class classes[5];
    char labels[5][64];
} hg_density_picture;

/** A raster that is not there is no error. */
hg_status hg_report_density(hg_report *r, const hg_result *hot, hg_density_picture *out, hg_error *err);
void hg_density_picture_dispose(hg_density_picture *picture);

/**
 * The background that the user gave (--basemap) over what the map shows, in the CRS of a layer of the result; none
 * was given: basemap->jpeg NULL. The image lies under all others and borrows from basemap.
 */
hg_status hg_report_basemap(hg_report *r, const hg_result *result, const char *layer, const hg_map *map,
                            hg_basemap *basemap, hg_map_image *image, hg_error *err);

/** The box of what is drawn of a table, widened; false where it has no geometry. */
bool hg_report_box(const hg_table *t, double box[4]);

#endif
