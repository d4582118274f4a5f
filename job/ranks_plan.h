/*
 * Density computed by all ranks: the grid is cut into strips of rows of equal cost, each rank has
 * the points that reach its strip, and rank 0 takes the rows as if it had computed them. The grid
 * is the same for all ranks, and so are the blocks in which hg_density_plan_new lays points out: a
 * row has the value that one process gives it, to 1e-12 of the peak.
 */
#ifndef HG_JOB_RANKS_PLAN_H
#define HG_JOB_RANKS_PLAN_H

#include "io/raster.h"
#include "job/ranks.h"

typedef struct hg_ranks_plan hg_ranks_plan;

/** On rank 0, which has all points or its own; as hg_density_plan_new, with its errors and those of
 * the other ranks. */
hg_status hg_ranks_plan_new(hg_job *job, const hg_points *points, const hg_grid *grid,
                            const hg_kernel *kernel, hg_ranks_plan **out, hg_error *err);
void hg_ranks_plan_free(hg_ranks_plan *plan);
/** As hg_density_band, for rows of the grid; every row at most once, downwards. */
hg_status hg_ranks_plan_band(hg_ranks_plan *plan, int64_t row0, int64_t n, double *out,
                             hg_error *err);
/** As hg_density_mass_beyond, to rounding; after all rows. */
hg_status hg_ranks_plan_mass_beyond(hg_ranks_plan *plan, double *mass, hg_error *err);
/**
 * Instead of hg_ranks_plan_band: every rank writes its strip as a raster of density per km2, rank k
 * to paths[k] (NULL where hg_ranks_plan_strip has no rows). `spec` describes the whole. Fills
 * row_sums (density per m2 summed over each row of the grid) and the peak. Errors: those of any
 * rank's hg_raster_new, _write and _finish.
 */
hg_status hg_ranks_plan_tiles(hg_ranks_plan *plan, const hg_raster_spec *spec,
                              const char *const *paths, double *row_sums, double *peak_per_km2,
                              hg_error *err);
/** First row and number of rows of a rank's strip. */
void hg_ranks_plan_strip(const hg_ranks_plan *plan, int rank, int64_t *row0, int64_t *n);
int64_t hg_ranks_plan_band_rows(const hg_ranks_plan *plan);

/**
 * The other ranks' side: takes part in the plan with the points it has, if any, and hands over rows
 * until rank 0 is through with it.
 */
hg_status hg_ranks_plan_serve(hg_job *job, const hg_order *order, const hg_points *points,
                              hg_error *err);

#endif
