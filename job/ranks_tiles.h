/*
 * A density whose raster is a virtual one over tiles, one a rank: NAME.vrt and NAME_tiles/0000.tif
 * …, each written by the rank that computed it. For grids that no one machine should hold or write.
 */
#ifndef HG_JOB_RANKS_TILES_H
#define HG_JOB_RANKS_TILES_H

#include "io/staging.h"
#include "job/ranks_plan.h"
#include "job/study.h"

typedef struct hg_tiles {
    hg_staging *staging;
    char *folder;     /**< NAME_tiles; NULL without */
    bool made_folder; /**< it was not there before */
    int count;        /**< ranks; once written: tiles, one for each rank that has rows */
} hg_tiles;

/** Whether the output is a .vrt. */
bool hg_tiles_wanted(const hg_job *job);
/** HG_EUSAGE where the ranks cannot do it: without MPI, with a study area or bandwidths by
 * incident; HG_EIO. */
hg_status hg_tiles_check(hg_job *job, hg_tiles *tiles, hg_error *err);
/** Has all ranks write their tiles, and stages them and the virtual raster; for row_sums and peak
 * see hg_ranks_plan_tiles. */
hg_status hg_tiles_write(hg_tiles *tiles, const hg_job *job, const hg_intake *in,
                         const hg_study *study, hg_ranks_plan *plan, double *row_sums,
                         double *peak_per_km2, hg_error *err);
/** After the staging is gone: no tile of an earlier run with more ranks stays, and after a failure
 * no empty folder. */
void hg_tiles_end(hg_tiles *tiles, bool done);

#endif
