/*
 * Rank stability: how much of a cell keeps its place among the hottest when everything that was decided
 * by hand or by chance is decided anew. In run r of R the lattice is moved east and north by less than a
 * cell, the bandwidth takes a factor between 1/1.2 and 1.2 (even on the log scale), and as many incidents
 * as there are, halo and all, are drawn with replacement. T_r is what hg_rank selects of the moved cells
 * under the area that was selected before, and
 *
 *     rank_stability(cell) = (1/R) sum over r of |cell and T_r| / |cell|.
 *
 * What of a cell lies inside A counts as spread evenly over the cell, so that areas of moved cells are
 * sums of overlaps and add up to A. Resampling: Efron 1979. Moved lattices: the modifiable areal unit
 * problem, Openshaw 1984.
 */
#ifndef HG_ENGINE_STABILITY_H
#define HG_ENGINE_STABILITY_H

#include "engine/edge.h"
#include "engine/rank.h"

/** Largest factor of the bandwidth; the smallest is its inverse. */
#define HG_STABILITY_SPREAD 1.2

/** Steps of a cell in which lattices move: overlaps are whole parts of 2^32, and sums of them exact. */
enum { HG_STABILITY_STEPS = 1 << 16 };

/** The heat of incidents that are no points: shares of theirs at places. */
typedef struct hg_stability_parts {
    hg_points points;
    const uint32_t *owner; /**< the incident each belongs to; such incidents feed the density by parts only */
} hg_stability_parts;

/**
 * A run, as its score sees it: points, cells and areas after a move by (-east_m, -north_m), which stands for a move of
 * the lattice the other way.
 */
typedef struct hg_stability_run {
    const hg_grid *grid;  /**< one column to the west and one row to the south more */
    const float *share;
    const hg_points *points; /**< that feed the density; w = weight times the number of draws */
    const uint32_t *source;  /**< the incident behind each point */
    const hg_cell_counts *counts; /**< of the drawn incidents; weight is NULL */
    double east_m, north_m, factor;
    hg_control *control; /**< of one thread; never says it is cancelled */
} hg_stability_run;

/** Fills score[cells of run->grid] where share is above 0. Called from many threads at once. */
typedef hg_status (*hg_stability_score)(const void *context, const hg_stability_run *run, float *score,
                                        hg_error *err);

typedef struct hg_stability_input {
    const hg_incidents *incidents;
    const hg_stability_parts *parts; /**< NULL = all incidents are points */
    bool inside_only;                /**< halo incidents feed no density; they are drawn all the same */
    const hg_grid *grid;
    const float *share;
    const hg_ranking *ranking; /**< whose cells are judged, and whose selected area is the budget */
    hg_stability_score score;
    const void *context; /**< of score */
} hg_stability_input;

/** Context of hg_stability_density. */
typedef struct hg_stability_kernel {
    hg_kernel kernel;
    hg_edge edge;
    const hg_coverage *coverage; /**< of an edge correction; the grid as it lies */
} hg_stability_kernel;

/** The run's kernel; a bandwidth below one cell has no density on the lattice, and one cell is taken. */
hg_kernel hg_stability_run_kernel(const hg_stability_kernel *kernel, const hg_stability_run *run);

/**
 * Density per km2 with the run's bandwidth, but one cell at least. Where a quartic, triweight or Gaussian (cutoff
 * of 3 or more) has at least 16 cells, it is computed at places an eighth of the bandwidth apart or less and
 * between them by cubic interpolation: within 0.5 % of the peak of a single incident, 0.2 % of that of many.
 */
hg_status hg_stability_density(const void *kernel, const hg_stability_run *run, float *score, hg_error *err);
/** Density per km2 by Abramson's law (engine/adaptive.h), from the drawn incidents and the run's bandwidth. */
hg_status hg_stability_adaptive(const void *kernel, const hg_stability_run *run, float *score, hg_error *err);
/** The number of incidents in each cell; the context is not looked at. */
hg_status hg_stability_count(const void *context, const hg_stability_run *run, float *score, hg_error *err);

/** Context of hg_stability_shrunk. */
typedef struct hg_stability_shrinkage {
    hg_stability_score surface; /**< that the counts are drawn towards, with its context */
    const void *context;
    const hg_incidents *incidents; /**< of the input; points only */
    double shrinkage;
} hg_stability_shrinkage;

/** The score of engine/shrunk.h, from the weighted counts of the drawn incidents and the run's surface. */
hg_status hg_stability_shrunk(const void *shrinkage, const hg_stability_run *run, float *score, hg_error *err);

/**
 * rank_stability of the ranked cells into stability[ranking->listed]. Stream r of control->seed makes run
 * r = 0 … runs - 1: first the moves east and north in steps, then the factor, then the draws, among the
 * incidents in an order that is their own (place, weight) and not that of the input. Threads share the
 * runs and the answer depends neither on them nor on the order of the input. Memory: 12 bytes a cell and
 * 40 an incident for each thread; with much of it fewer threads are used.
 * Errors: HG_EUSAGE for fewer than one run; what the score fails with.
 */
hg_status hg_rank_stability(const hg_stability_input *input, int runs, hg_control *control, double *stability,
                            hg_error *err);

#endif
