/* QGIS layer styles (QML) and projects (QGS) from plain descriptions. */
#ifndef HG_IO_STYLE_H
#define HG_IO_STYLE_H

#include "base/text.h"

typedef struct hg_style_class {
    double low, high;  /**< graduated: low <= value <= high */
    const char *value; /**< categorised: the value */
    const char *label; /**< words in the legend */
    const char *color; /**< "#rrggbb" */
} hg_style_class;

typedef enum hg_symbol {
    HG_SYMBOL_POINT,
    HG_SYMBOL_FILL,
    HG_SYMBOL_OUTLINE,
    HG_SYMBOL_NONE
} hg_symbol;

typedef struct hg_style {
    const char *layer; /**< table name in the GeoPackage */
    const char *title; /**< layer name in the legend */
    hg_symbol symbol;
    const char *field; /**< graduated or categorised field; NULL = single symbol */
    bool categorised;
    const hg_style_class *classes; /**< n_classes; for a single symbol, classes[0] */
    size_t n_classes;
    double opacity;     /**< 0 … 1 */
    const char *stroke; /**< outline colour, NULL = none */
    double stroke_mm, size_mm;
    double stroke_map; /**< width of outlines in map units, so that small polygons stay visible; 0 = stroke_mm */
    const char *label_expression; /**< QGIS expression, NULL = no labels */
    double label_pt;
    bool label_inside; /**< polygons: within the outline, else beside it */
    bool hidden;                   /**< in the project, but switched off */
    const char *group;  /**< branch of the project's layer tree; NULL = none */
    const char *filter; /**< in the project: only rows that fit this SQL condition; NULL = all */
    const char *const *aliases; /**< column, words, column, words, …, NULL: attribute table heads */
} hg_style;

/**
 * A raster's colour ramp; below the first stop it is transparent. Where every class has high > low
 * the classes are steps (the last is open upwards), else their `low`s are stops between which
 * colours blend.
 */
typedef struct hg_raster_style {
    const char *file; /**< base name of the raster file, beside the GeoPackage */
    const char *title;
    const hg_style_class *classes; /**< low = stop value, label, color */
    size_t n_classes;
    double opacity;
} hg_raster_style;

/** The QML of a vector layer or attribute table. Caller frees with hg_free. */
hg_status hg_style_qml(const hg_style *style, char **qml, hg_error *err);
/** The QML that goes beside the raster file. */
hg_status hg_raster_style_qml(const hg_raster_style *style, char **qml, hg_error *err);

typedef struct hg_project {
    const char *title;
    const char *gpkg_file;          /**< base name of the final GeoPackage */
    const char *crs_wkt, *crs_code; /**< of the map; code "EPSG:4547" or NULL */
    const char *crs_proj;           /**< PROJ string where there is no code; may be NULL */
    double extent[4];               /**< initial view */
    const hg_style *layers;         /**< topmost first; HG_SYMBOL_NONE = attribute table */
    size_t n_layers;
    const hg_raster_style *raster; /**< bottom layer; NULL = none */
} hg_project;

/** The .qgs text of the project; relative paths, so the folder can move. */
hg_status hg_project_qgs(const hg_project *project, char **qgs, hg_error *err);

#endif
