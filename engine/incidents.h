/* Placed incidents: the columns every analysis works on. */
#ifndef HG_ENGINE_INCIDENTS_H
#define HG_ENGINE_INCIDENTS_H

#include "base/table.h"
#include "engine/density.h"

enum {
    HG_FLAG_HALO = 1,      /**< outside the study area, or off the grid: feeds density only */
    HG_FLAG_DUPLICATE = 2, /**< equal in every column to an earlier row; kept */
};

/** Columns of length n; those marked optional may be NULL with the meaning given. */
typedef struct hg_incidents {
    size_t n;
    double *x, *y;              /**< metres, analysis CRS; a patch stands where it counts */
    double *w;                  /**< optional: all 1 */
    int64_t *t_start, *t_end;   /**< civil seconds, HG_NO_TIME where unknown; optional: all unknown */
    uint16_t *stream;           /**< 0 … streams-1; optional: all 0 */
    uint8_t *flags;             /**< optional: all 0 */
    size_t streams;             /**< number of streams, at least 1 */
    const char *const *stream_names;
} hg_incidents;

/** Counts and weights per cell, raster order over the grid; halo incidents are left out. */
typedef struct hg_cell_counts {
    uint32_t *count; /**< incidents in the cell */
    double *weight;  /**< sum of their weights; NULL when all weights are 1 */
    uint64_t total;  /**< incidents in the cells of the area */
    double total_weight;
} hg_cell_counts;

/**
 * Bins the incidents that are not halo into the cells of the grid. An incident flagged as inside but in
 * a cell with share 0 (on the boundary line) counts in the nearest cell of the area beside it; incidents
 * off the grid are left out.
 * @param share  share of each cell inside the area (0 = not a cell of the area)
 */
hg_status hg_count_cells(const hg_incidents *incidents, const hg_grid *grid, const float *share,
                         hg_control *control, hg_cell_counts *out, hg_error *err);
void hg_cell_counts_dispose(hg_cell_counts *counts);

/**
 * Cell index of one place by the rule above; UINT64_MAX where there is none. The outer sides of the grid
 * belong to it. Beside means one of the eight neighbours; of equally near ones the southernmost, then the
 * westernmost counts.
 */
uint64_t hg_incident_cell(const hg_grid *grid, const float *share, double x, double y);

/**
 * Group of each incident: the position of its cell (by the rule above) among the n cells;
 * UINT32_MAX for halo incidents, those off the grid and those in other cells.
 */
hg_status hg_incident_groups(const hg_incidents *incidents, const hg_grid *grid, const float *share,
                             const uint64_t *cells, size_t n, hg_control *control, uint32_t *group,
                             hg_error *err);

#endif
