/* What the files that set a document on paper share: the page, the place on it, letters. */
#ifndef HG_IO_PDF_H
#define HG_IO_PDF_H

#include "io/canvas_parts.h"
#include "io/document.h"

/* A4 in points, and what of it is written on; the same margins where the page lies on its side. */
#define HG_PDF_SHORT 595.276
#define HG_PDF_LONG 841.89
#define HG_PDF_LEFT 48.0
#define HG_PDF_TOP 56.0
#define HG_PDF_FOOT 58.0

typedef struct hg_pdf {
    const hg_document *doc;
    bool zh;
    bool measuring;     /**< the first pass, in which only heights and pages count */
    cairo_surface_t *surface;
    hg_canvas *canvas;  /**< on the surface; its layout sets all text */
    double y;           /**< where the next block begins */
    bool landscape;     /**< the page lies on its side */
    double column;      /**< width of what is written on */
    double bottom;      /**< its lower end */
    int page;           /**< from 1; 0 = none begun */
    int pages;          /**< of the first pass */
    int *heading_pages; /**< by block, of the first pass */
    int outline[4];     /**< bookmark of the last heading of each level */
    bool failed;        /**< out of memory */
} hg_pdf;

typedef struct hg_pdf_letters {
    double size;
    bool bold;
    const char *color;
    double width; /**< wrapped to it */
    int lines;    /**< at most so many, the last ending in an ellipsis; 0 = all */
    hg_anchor anchor;
} hg_pdf_letters;

/** The height that a text takes. */
double hg_pdf_text_height(hg_pdf *p, const hg_pdf_letters *how, const char *text);
/** The width that it takes unwrapped. */
double hg_pdf_text_width(hg_pdf *p, const hg_pdf_letters *how, const char *text);
/** Sets it with its upper left corner at x, y (nothing while measuring); returns its height. */
double hg_pdf_text(hg_pdf *p, double x, double y, const hg_pdf_letters *how, const char *text);
/** Sets it at p->y over as many pages as it takes. */
void hg_pdf_flow(hg_pdf *p, double x, const hg_pdf_letters *how, const char *text);

/** Begins a new page. */
void hg_pdf_new_page(hg_pdf *p);
/** Begins a new page unless so much room is left, or the page is empty. */
void hg_pdf_need(hg_pdf *p, double height);
/** From here on pages lie on their side, or stand. */
void hg_pdf_turn(hg_pdf *p, bool landscape);

/** Key figures of a block, large, side by side. */
void hg_pdf_figures(hg_pdf *p, const hg_block *b);
/** A run of cards from block `from`, two in a row; returns the block after it. */
size_t hg_pdf_cards(hg_pdf *p, size_t from);
void hg_pdf_chart(hg_pdf *p, const hg_chart *c);
/** The height that it takes with its caption. */
double hg_pdf_chart_height(hg_pdf *p, const hg_chart *c);

void hg_pdf_table(hg_pdf *p, const hg_document_table *t);
/** Whether it needs a page on its side. */
bool hg_pdf_table_is_wide(hg_pdf *p, const hg_document_table *t);

/** One map, or two half maps side by side where `other` is not NULL. */
void hg_pdf_map(hg_pdf *p, const hg_map *map, const hg_map *other);
/** The height that they take. */
double hg_pdf_map_height(hg_pdf *p, const hg_map *map, const hg_map *other);

#endif
