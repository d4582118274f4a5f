/* Patches as heat: their mass on the cells of a study, and the cell in which each counts. */
#ifndef HG_JOB_HEAT_H
#define HG_JOB_HEAT_H

#include "geo/spread.h"
#include "job/intake.h"

/** Masses are in the unit of the intake: weight times area over polygon_unit_m2. */
typedef struct hg_heat {
    hg_window wide, own; /**< the grid with one support around it, and the grid */
    hg_spread whole;     /**< of all patches, halo and all, on `wide` */
    hg_spread inside;    /**< of the parts inside the study area, on `own` */
    double beyond;       /**< mass of the whole patches outside `wide` */
} hg_heat;

/**
 * Spreads the patches of the intake (none: nothing happens) over the grid. With `share`, those parts
 * that lie inside the study area are spread apart, a patch takes the centre of the cell that holds the
 * largest of its parts as its place, and one without any becomes halo. `whole` is left out where it is
 * not `needed`: an edge correction stands in for what is outside.
 */
hg_status hg_heat_init(hg_job *job, hg_intake *in, const hg_grid *grid, const float *share,
                       bool whole_needed, hg_heat *heat, hg_error *err);
void hg_heat_dispose(hg_heat *heat);

/** Copies of the incidents that are points, for what makes no sense of patches; free with the below. */
hg_status hg_points_of(const hg_intake *in, hg_incidents *out, hg_error *err);
void hg_points_dispose(hg_incidents *points);

/**
 * Counts and masses of the cells: every incident and patch once, points by their weights, patches by
 * their parts. With patches `weight` is always there.
 */
hg_status hg_heat_count(hg_job *job, const hg_intake *in, const hg_heat *heat, const hg_grid *grid,
                        const float *share, hg_cell_counts *out, hg_error *err);

/** For each incident whether it is a patch with a part in one of the n cells, into reach[incidents.n]. */
hg_status hg_heat_reach(hg_job *job, const hg_intake *in, const hg_heat *heat,
                        const uint64_t *cells, size_t n, bool *reach, hg_error *err);

/** The mass of each patch on each of its cells, owner by owner; a patch that reaches no cell has one part of 0. */
typedef struct hg_heat_parts {
    hg_points points;
    double *x, *y, *w;
    uint32_t *owner; /**< number of the incident */
    size_t capacity;
} hg_heat_parts;

/** Of all patches: the whole of each, or with `inside_only` what lies inside the study area. */
hg_status hg_heat_parts_init(hg_job *job, const hg_intake *in, const hg_heat *heat, bool inside_only,
                             hg_heat_parts *parts, hg_error *err);
void hg_heat_parts_dispose(hg_heat_parts *parts);

/** Points of the density: the incidents' own where there are no patches. */
typedef struct hg_feed {
    hg_points points;
    double *x, *y, *w; /**< owned; NULL where the incidents' columns serve */
    double total;
} hg_feed;

/**
 * The points that feed the density: incidents as they are, and each cell's mass of patches at its centre.
 * With `inside_only`, halo incidents and parts outside the area are left out.
 */
hg_status hg_feed_init(const hg_intake *in, const hg_heat *heat, bool inside_only, hg_feed *feed,
                       hg_error *err);
void hg_feed_dispose(hg_feed *feed);

#endif
