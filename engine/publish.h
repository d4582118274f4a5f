/*
 * A surface for the public, made of nothing but published counts: it tells no more than they do.
 *
 * The quartic kernel (Silverman, Density estimation, 1986, 4.5) of each cell's published count, at the
 * cells' centres; no value where fewer than so many published events lie within the bandwidth.
 */
#ifndef HG_ENGINE_PUBLISH_H
#define HG_ENGINE_PUBLISH_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct hg_publish_grid {
    size_t columns, rows;
    double cell_m;
    const double *count; /**< rows x columns, top row first: published counts, 0 where nothing is published */
} hg_publish_grid;

enum { HG_PUBLISH_CLASSES = 5, HG_PUBLISH_NO_CLASS = 0 };

/** Metres that the surface of cells of such a size spreads a count over: two cells. */
double hg_publish_bandwidth(double cell_m);

/**
 * Events per km² at each cell's centre, NaN where fewer than `least` lie within the bandwidth (centre to
 * centre, the edge included). Errors: HG_EUSAGE for a grid without cells or a bandwidth that is not above 0.
 */
hg_status hg_publish_surface(const hg_publish_grid *grid, double bandwidth_m, double least, double *density,
                             hg_error *err);

/**
 * Lower edges of five classes of a surface: 0 and four shares of its peak in two digits, ascending. All 0
 * where it has no value.
 */
void hg_publish_edges(const double *density, size_t n, double edges[HG_PUBLISH_CLASSES]);
/** 1 … 5; HG_PUBLISH_NO_CLASS of NaN. */
int hg_publish_class(double density, const double edges[HG_PUBLISH_CLASSES]);

#endif
