/*
 * Scores that say where the next incidents will be, from those known at a moment. Whatever happens at or
 * after that moment is not looked at.
 */
#ifndef HG_ENGINE_FORECAST_H
#define HG_ENGINE_FORECAST_H

#include "engine/density.h"

typedef enum hg_forecast_kind {
    HG_FORECAST_COUNT,       /**< weighted count of the cell */
    HG_FORECAST_DENSITY,     /**< kernel density, fixed or adaptive */
    HG_FORECAST_PROSPECTIVE, /**< Bowers, Johnson and Pease 2004: 1/(1+d) 1/(1+t) within reach */
    HG_FORECAST_SHRUNK,      /**< the cell's count drawn towards the kernel surface */
} hg_forecast_kind;

/** A method with all its parameters. */
typedef struct hg_forecast {
    hg_forecast_kind kind;
    double train_s;     /**< only incidents from as_of - train_s on; INFINITY = all */
    double half_life_s; /**< an incident of age a weighs 2^(-a / half_life_s); 0 = all alike */
    hg_kernel kernel;   /**< of density and shrunk */
    bool adaptive;      /**< Abramson */
    double shrinkage;   /**< shrunk: 0 = the count alone, 1 = the kernel surface alone */
    double reach_m, reach_s; /**< prospective */
} hg_forecast;

/** Incidents by time, ascending; metres in the analysis CRS, civil seconds. Borrowed; w NULL = all 1. */
typedef struct hg_forecast_events {
    size_t n;
    const double *x, *y, *w;
    const int64_t *t;
    const uint8_t *outside; /**< 1 = outside A: feeds kernels, counts in no cell; NULL = all inside */
} hg_forecast_events;

/** What a method may look at as_of: incidents *from ... *to-1, found by bisection, the last before as_of. */
void hg_forecast_slice(const hg_forecast *method, const hg_forecast_events *events, int64_t as_of, size_t *from,
                       size_t *to);
/** Weight of incident i as_of: its own times 2^(-age / half_life_s). */
double hg_forecast_weight(const hg_forecast *method, const hg_forecast_events *events, size_t i, int64_t as_of);

/** Cell of A in which incident i counts, by the rule of hg_incident_cell; UINT64_MAX where in none. */
uint64_t hg_forecast_cell(const hg_forecast_events *events, size_t i, const hg_grid *grid, const float *share);

/**
 * Count: sum of the weights in the cell. Density: the kernel density (per km2) at the cell's centre; of a bandwidth
 * under one cell the mean over k x k points of the cell, k odd and the least with cell / k <= bandwidth / 2.
 * Prospective: sum of weight / ((1 + d) (1 + t)) over the incidents at most reach_m from the cell's centre and
 * reach_s old, d their distance in half cells and t their age in weeks, both not rounded.
 * Shrunk: engine/shrunk.h of that count and that density.
 *
 * Score of every cell at as_of, raster order, 0 outside A (share 0); larger = more expected. Counts use the rule of
 * hg_incident_cell. The same bit for bit whatever the thread count.
 * Errors: HG_EUSAGE for parameters that make no method; HG_ENOMEM.
 */
hg_status hg_forecast_scores(const hg_forecast *method, const hg_forecast_events *events, int64_t as_of,
                             const hg_grid *grid, const float *share, hg_control *control, float *score,
                             hg_error *err);

#endif
