/* Layers that maps of reports are made of. */
#ifndef HG_JOB_REPORT_MAP_H
#define HG_JOB_REPORT_MAP_H

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

/** The box of what is drawn of a table, widened; false where it has no geometry. */
bool hg_report_box(const hg_table *t, double box[4]);

#endif
