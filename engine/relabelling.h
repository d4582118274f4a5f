/*
 * Relabelling: the values of all places are dealt out to them anew, draw after draw, and each judged position
 * counts how often its Gi* and its local Moran's I are then at least as large as they are.
 */
#ifndef HG_ENGINE_RELABELLING_H
#define HG_ENGINE_RELABELLING_H

#include "base/control.h"
#include "engine/local_moments.h"

/** How often each position had at least what it has. */
typedef struct hg_tally {
    uint32_t *gi, *moran;
} hg_tally;

typedef struct hg_relabelling hg_relabelling;

/** Hands the sums around all positions of a map to hg_relabelling_take, in runs. `scratch` is the thread's own. */
typedef void (*hg_relabelling_pass)(const hg_relabelling *r, const double *map, void *scratch, hg_tally *tally);
typedef hg_status (*hg_relabelling_scratch_new)(const hg_relabelling *r, void **scratch, hg_error *err);

struct hg_relabelling {
    size_t places;         /**< how many values are dealt out */
    const uint64_t *slot;  /**< where in a map each place lies; NULL = place i at i */
    size_t map_size;       /**< entries of a map; those of no place stay 0 */
    size_t positions;      /**< judged */
    const uint32_t *around; /**< W of each position, itself included; 0 = not judged */
    size_t line;           /**< most values a sum runs through on its way */
    int draws;
    uint64_t seed;
    hg_control *control;   /**< may be NULL */
    int threads;
    hg_relabelling_pass pass;
    hg_relabelling_scratch_new scratch_new; /**< NULL = the pass needs none */
    void (*scratch_free)(void *scratch);
    const void *context;   /**< of the pass */

    /* Made by hg_relabel. */
    double *level;         /**< of each place: a whole number from 0, so that sums are exact in any order */
    double most, mean;     /**< of the levels */
    bool whole;            /**< levels are the values themselves but for an offset */
    size_t raised;         /**< places whose level is not 0 */
    double *gi_limit, *moran_limit, *expected; /**< of each position: what counts as large, (W - 1) mean */
};

/** Sums around `n` positions from `from` on and their own levels; a NULL tally takes them as the true ones. */
void hg_relabelling_take(const hg_relabelling *r, hg_tally *tally, size_t from, size_t n, const double *sum,
                         const double *own);

/**
 * One-sided p of all positions from r->draws relabellings of the values of the places; either p may be NULL.
 * NaN for Gi* where W is 0 or all places, for Moran where W < 2, and for both where all values are equal.
 * Stream d of the seed makes draw d.
 * @param value  of place i at slot[i]
 * @param m      its moments
 */
hg_status hg_relabel(hg_relabelling *r, const double *value, const hg_local_moments *m, double *gi_p, double *moran_p,
                     hg_error *err);

#endif
