/* What the writers of maps share: which class a feature belongs to, and a scale bar of a round length. */
#ifndef HG_IO_MAP_PARTS_H
#define HG_IO_MAP_PARTS_H

#include "io/document.h"

/** The class of a row by the layer's style; NULL = none, so it is not drawn. */
const hg_style_class *hg_map_class(const hg_map_layer *layer, size_t row);

/** The longest of 1, 2, 5 times a power of ten that is at most `most` metres. */
double hg_map_bar(double most_m);
/** "500 m", "2 km" into buf. */
const char *hg_map_bar_label(double length_m, char buf[32]);

/** Height over width of a map's frame. */
double hg_map_ratio(const hg_map *map);

#endif
