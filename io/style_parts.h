/* The parts of QGIS's XML that a layer's style file and a project have in common. */
#ifndef HG_IO_STYLE_PARTS_H
#define HG_IO_STYLE_PARTS_H

#include "io/style.h"

#define HG_QGIS_VERSION "3.22.16"

/** Renderer, labels and column heads of a vector layer or attribute table. */
void hg_style_add_vector(hg_text *t, const hg_style *style);

/** Renderer of a raster layer. */
void hg_style_add_raster(hg_text *t, const hg_raster_style *style);

/** ` name="value"` with the value escaped; NULL as the empty string. */
void hg_style_add_attribute(hg_text *t, const char *name, const char *value);

/** The same for a number, in the shortest decimal. */
void hg_style_add_number(hg_text *t, const char *name, double value);

#endif
