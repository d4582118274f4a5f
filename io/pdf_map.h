/* What the files that draw maps on paper share: the frame and what goes into it. */
#ifndef HG_IO_PDF_MAP_H
#define HG_IO_PDF_MAP_H

#include "io/map_parts.h"
#include "io/pdf.h"

/** The frame on the page, and the way from metres into it. */
typedef struct hg_pdf_frame {
    hg_pdf *p;
    const hg_map *map;
    double x, y, width, height;
    double scale, x0, y1; /**< points a metre; the metres of the upper left corner */
} hg_pdf_frame;

double hg_pdf_map_x(const hg_pdf_frame *f, double x);
double hg_pdf_map_y(const hg_pdf_frame *f, double y);

/** A picture under the layers. */
void hg_pdf_map_image(const hg_pdf_frame *f, const hg_map_image *image);
/** The features of a layer, class by class. */
void hg_pdf_map_layer(const hg_pdf_frame *f, const hg_map_layer *layer);
/** The labels of all layers, none upon another. */
void hg_pdf_map_labels(const hg_pdf_frame *f);

/** Sets the legend from x, y, as wide as `width`; returns its height. */
double hg_pdf_map_legend(hg_pdf *p, const hg_map *map, double x, double y, double width);

#endif
