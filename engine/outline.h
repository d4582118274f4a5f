/* Contiguous sets of cells and their outlines. */
#ifndef HG_ENGINE_OUTLINE_H
#define HG_ENGINE_OUTLINE_H

#include "engine/rank.h"

/**
 * Labels the first n ranked cells by contiguity over edges (not corners). Areas are numbered 0 … by the
 * rank of their best cell. area[k] is the area of the k-th ranked cell.
 */
hg_status hg_label_areas(const hg_grid *grid, const uint64_t *cells, size_t n, uint32_t *area,
                         size_t *areas, hg_error *err);

/**
 * Appends one multipolygon row an area to a polygon table with `areas` rows (hg_table_make_polygons
 * called; hg_geometry_finish is left to the caller). Every area is connected over edges, as
 * hg_label_areas makes them, so its row is one polygon: the outer ring counter-clockwise, holes clockwise,
 * collinear vertices dropped, each ring starting at its southernmost, then westernmost vertex; corners
 * where two cells touch split into separate rings so that the polygons are valid.
 */
hg_status hg_outline_areas(const hg_grid *grid, const uint64_t *cells, const uint32_t *area,
                           size_t n, size_t areas, hg_geometry *out, hg_error *err);

/** Appends the squares of n cells as n polygon rows; hg_geometry_finish is left to the caller. */
hg_status hg_outline_cells(const hg_grid *grid, const uint64_t *cells, size_t n, hg_geometry *out,
                           hg_error *err);

#endif
