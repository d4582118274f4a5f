/*
 * A report as a list of blocks, before it is a page. The same document becomes HTML, PDF, CSV and XLSX, so
 * that every figure is the same in all of them. It knows nothing of hotspots or land: whoever makes it gives
 * words, tables, charts and maps.
 *
 * All text is data: the writers escape it, wrap it and cut it where it is too long; none of it is markup.
 */
#ifndef HG_IO_DOCUMENT_H
#define HG_IO_DOCUMENT_H

#include "base/table.h"
#include "io/canvas.h"
#include "io/staging.h"
#include "io/style.h"

typedef struct hg_document hg_document;

/** What stands on the cover and in the margins. Copied. */
typedef struct hg_document_info {
    const char *title, *subtitle; /**< subtitle may be NULL */
    const char *lang;             /**< "en" or "zh": of the writers' own words, numbers and dates */
    const char *mark;             /**< classification on every page ("Internal use"); NULL = none */
    const char *footer;           /**< source line on every page; NULL = none */
    const char *generator;        /**< "hotgrid 0.1.0" */
} hg_document_info;

hg_status hg_document_new(const hg_document_info *info, hg_document **out, hg_error *err);
void hg_document_free(hg_document *doc);

/* ------------------------------------------------------------------ words ------------------ */

/**
 * A heading of level 1 … 3; level 1 and 2 make the table of contents. `id` is an anchor of lower-case
 * letters, digits and hyphens, unique in the document.
 */
hg_status hg_document_heading(hg_document *doc, int level, const char *id, const char *text, hg_error *err);

typedef enum hg_paragraph { HG_BODY, HG_LEAD, HG_SMALL, HG_WARNING } hg_paragraph;

hg_status hg_document_text(hg_document *doc, hg_paragraph style, const char *text, hg_error *err);
/** Items of a list, one at a time; consecutive ones make one list. */
hg_status hg_document_item(hg_document *doc, const char *text, hg_error *err);
/** The next block begins on a new page of paper. */
hg_status hg_document_page(hg_document *doc, hg_error *err);

/** A label with its value, ready to read. */
typedef struct hg_pair {
    const char *label, *value;
} hg_pair;

/** Key figures, large, side by side. Copied. */
hg_status hg_document_figures(hg_document *doc, const hg_pair *pairs, size_t n, hg_error *err);

/** A card: what one crew takes along. Consecutive cards stand side by side where there is room. */
typedef struct hg_card {
    const char *badge;    /**< "1"; NULL = none */
    const char *title;
    const hg_pair *pairs; /**< n_pairs */
    size_t n_pairs;
    const char *text;     /**< what to do; NULL = nothing */
} hg_card;
hg_status hg_document_card(hg_document *doc, const hg_card *card, hg_error *err);

/* ------------------------------------------------------------------ tables ----------------- */

typedef enum hg_cell_format {
    HG_CELL_TEXT,
    HG_CELL_INTEGER, /**< 12,345 */
    HG_CELL_REAL,    /**< `digits` after the point */
    HG_CELL_PERCENT, /**< a share times 100, `digits` after the point */
    HG_CELL_DAY,     /**< a DATETIME or a text "2019-10-31" as a date of the language */
    HG_CELL_MOMENT,  /**< with the time of day */
} hg_cell_format;

typedef struct hg_document_column {
    const char *column; /**< of the table */
    const char *head;   /**< NULL = the column's title */
    hg_cell_format format;
    int digits;
    const char *band;   /**< column of "#rrggbb" that colours the cell; NULL = none */
} hg_document_column;

typedef struct hg_document_table {
    const char *caption;
    const char *stem;   /**< file name of its CSV and sheet of its XLSX: letters, digits, underscores, unique */
    hg_table *table;    /**< taken over by the document, also on failure */
    const hg_document_column *columns; /**< n_columns; copied */
    size_t n_columns;
    size_t first_rows;  /**< rows shown before "all rows"; 0 = all. PDF shows these alone and says how many more */
    const char *note;   /**< below the table; NULL = none */
    bool total_row;     /**< the last row is a total: it stays last when sorted, and is set bold */
} hg_document_table;

/** A null cell shows a dash. Without rows: the caption and "none" in the language. */
hg_status hg_document_add_table(hg_document *doc, const hg_document_table *table, hg_error *err);

/* ------------------------------------------------------------------ charts ----------------- */

/**
 * Draws into the box 0, 0, width, height of the canvas. Colours of the roles in hg_ink follow light and
 * dark pages; others stay as they are.
 */
typedef void (*hg_draw)(hg_canvas *canvas, double width, double height, const void *data);

typedef struct hg_chart {
    const char *title, *alt; /**< alt says in words what the chart shows */
    double width, height;    /**< in points; scaled down to fit, never up beyond the column */
    hg_draw draw;
    void *data;              /**< taken over, also on failure */
    void (*dispose)(void *data);
} hg_chart;
hg_status hg_document_add_chart(hg_document *doc, const hg_chart *chart, hg_error *err);

/* ------------------------------------------------------------------ maps ------------------- */

/** A layer of points or polygons, drawn in the order of the map's list, the last on top. */
typedef struct hg_map_layer {
    const char *title;
    hg_table *table;         /**< with geometry, in the map's CRS; taken over, also on failure */
    hg_style style;          /**< fill, outline, classes, opacity, hidden; texts copied */
    const char *label;       /**< column drawn beside a feature; NULL = none */
    size_t labels;           /**< only of the first rows */
    const hg_document_column *popup; /**< n_popup columns shown on a click; copied */
    size_t n_popup;
    const char *key;         /**< column whose value links a feature with a table row of the same value; NULL */
} hg_map_layer;

/** A picture that lies under the layers, north up, in the map's CRS. */
typedef struct hg_map_image {
    const char *title;
    uint32_t columns, rows;
    const uint32_t *argb;    /**< columns x rows, not premultiplied, 0xAARRGGBB; copied; NULL where there is a jpeg */
    const unsigned char *jpeg; /**< a photograph, columns x rows, shown as it is; copied; NULL = none */
    size_t jpeg_size;
    double box[4];           /**< xmin, ymin, xmax, ymax in metres */
    const hg_style_class *classes; /**< legend; n_classes; copied */
    size_t n_classes;
    bool hidden;
} hg_map_image;

typedef struct hg_map {
    const char *title, *alt;
    double box[4];           /**< what is shown: xmin, ymin, xmax, ymax in metres of a projected CRS */
    double height_ratio;     /**< of height to width; 0 = after the box, between 0.5 and 1.2 */
    bool half;               /**< two such maps that follow one another stand side by side */
    const char *crs;         /**< named under the map */
    const char *source;      /**< "Source: …; as of …" under the map */
    const char *approval;    /**< number of a map approval; NULL = none */
    const hg_map_image *images; /**< n_images, the first at the bottom */
    size_t n_images;
    const hg_map_layer *layers; /**< n_layers */
    size_t n_layers;
} hg_map;
/** All that its frame may show, on paper or on a wide screen: what a picture that lies under it should cover. */
void hg_map_background_box(const hg_map *map, double box[4]);

hg_status hg_document_add_map(hg_document *doc, const hg_map *map, hg_error *err);

/* ------------------------------------------------------------------ writing ---------------- */

/**
 * One HTML file that needs nothing else: no request leaves it. Errors: HG_EIO.
 * The same document gives the same bytes.
 */
hg_status hg_document_write_html(const hg_document *doc, const char *path, hg_error *err);
/**
 * A4, table of contents, page numbers, text that can be selected. `unknown` (may be NULL) is how many letters
 * no font of the machine has, so that they are boxes.
 */
hg_status hg_document_write_pdf(const hg_document *doc, const char *path, size_t *unknown, hg_error *err);
/**
 * Every table as <folder>/<stem>.csv (UTF-8 with byte-order mark) and as a sheet of <folder>/tables.xlsx, staged: they
 * appear when the caller commits. The folder must be there. Columns are those shown, under their own names, with every
 * digit; a share stays a share. A text that a spreadsheet would run as a formula has an apostrophe before it in the
 * CSV; in the workbook all texts are texts. Errors: HG_EIO.
 */
hg_status hg_document_write_tables(const hg_document *doc, const char *folder, hg_staging *staging, hg_error *err);

/* ------------------------------------------------------------------ for the writers -------- */

typedef enum hg_block_kind {
    HG_BLOCK_HEADING,
    HG_BLOCK_TEXT,
    HG_BLOCK_ITEM,
    HG_BLOCK_PAGE,
    HG_BLOCK_FIGURES,
    HG_BLOCK_CARD,
    HG_BLOCK_TABLE,
    HG_BLOCK_CHART,
    HG_BLOCK_MAP,
} hg_block_kind;

/** One block; everything it names is owned by the document. */
typedef struct hg_block {
    hg_block_kind kind;
    int level;              /**< of a heading */
    hg_paragraph paragraph; /**< of a text */
    const char *id, *text;
    hg_pair *pairs;         /**< of figures */
    size_t n_pairs;
    hg_card card;
    hg_document_table table;
    hg_chart chart;
    hg_map map;
} hg_block;

size_t hg_document_count(const hg_document *doc);
const hg_block *hg_document_at(const hg_document *doc, size_t i);
const hg_document_info *hg_document_about(const hg_document *doc);

/** A number with groups of three and a true minus, "–" where it is none. */
const char *hg_document_number(double value, int digits, char buf[64]);
/** A day, with the time of day if `clock`, as the language writes it. */
const char *hg_document_day(int64_t civil, bool clock, bool zh, char buf[64]);

/** What stands over a column of a table or beside a value of a pop-up. */
const char *hg_document_head(const hg_table *table, const hg_document_column *column);
/** Whether it holds numbers, which are set flush right. */
bool hg_document_is_number(const hg_table *table, const hg_document_column *column);
/** The colour "#rrggbb" of a cell; NULL = none. */
const char *hg_document_band(const hg_table *table, const hg_document_column *column, size_t row);
/** Whether the row is the total that ends the table. */
bool hg_document_is_total(const hg_document_table *t, size_t row);

/**
 * The cell as people of the language read it, into buf; a long text is returned as it is. A null is "–".
 */
const char *hg_document_cell(const hg_document *doc, const hg_table *table, const hg_document_column *column,
                             size_t row, char buf[64]);

#endif
