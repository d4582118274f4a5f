/* What the writers of maps share: what is drawn and how, a scale bar of a round length, the line below. */
#ifndef HG_IO_MAP_PARTS_H
#define HG_IO_MAP_PARTS_H

#include "io/document.h"

/** The class of a row by the layer's style; NULL = none, so it is not drawn. */
const hg_style_class *hg_map_class(const hg_map_layer *layer, size_t row);

/** How features of a class are drawn, on the map as in the legend. */
typedef struct hg_map_look {
    const char *fill;   /**< NULL = none */
    double opacity;     /**< of the fill */
    const char *stroke; /**< NULL = none */
    double stroke_mm;
    double size_mm;     /**< diameter of a point */
} hg_map_look;
hg_map_look hg_map_look_of(const hg_style *style, const hg_style_class *class);

/** Opacity of the pixels of a picture that are drawn. */
double hg_map_image_opacity(const hg_map_image *image);

/** Whether a feature lies in the map's frame or so near it that it comes into sight when the map is moved. */
bool hg_map_is_near(const hg_map *map, const hg_map_layer *layer, size_t row);
/** Whether a class of a layer is worth a line of a printed legend: some feature of it lies in the frame. */
bool hg_map_has_class(const hg_map *map, const hg_map_layer *layer, const hg_style_class *class);

/** The longest of 1, 2, 5 times a power of ten that is at most `most` metres. */
double hg_map_bar(double most_m);
/** "500 m", "2 km" into buf. */
const char *hg_map_bar_label(double length_m, char buf[32]);

/** Height over width of a map's frame. */
double hg_map_ratio(const hg_map *map);

/** The metres that its frame shows: the box, widened to the frame's proportions. */
void hg_map_frame_box(const hg_map *map, double box[4]);

/** CRS, source and approval, as they stand below a map; plain text. */
void hg_map_note(const hg_map *map, bool zh, hg_text *out);

#endif
