/* How likely the band of a day is the one published, given how little a day's events tell. */
#ifndef HG_ENGINE_INDEX_CERTAINTY_H
#define HG_ENGINE_INDEX_CERTAINTY_H

#include "base/random.h"
#include "engine/index_model.h"

/** Score of an observation against its expectation; *z (may be NULL) as in engine/index.h. */
double hg_index_score(const hg_index_config *config, double observed, double mean, double phi,
                      double days, double *z);

/** Headline of the streams' scores (NaN where a reported one is NaN), and the mean by the way. */
double hg_index_join(const hg_index_config *config, const double *score, double deaths,
                     double *mean);

/** One row: everything band_certainty rests on. */
typedef struct hg_index_row {
    const double *observed;                  /**< Y of each stream */
    const hg_index_expectation *expectation; /**< of each stream; all reported ones known */
    double deaths;
    uint8_t band;
} hg_index_row;

/**
 * P(band drawn = band published), by draws or by quadrature as the configuration says. Two streams
 * for each unit and day: lambda ~ Gamma(Y/phi + 1/2, 1), m ~ Gamma(N/phi + 1/2, D).
 */
double hg_index_certainty(const hg_index_config *config, const hg_index_row *row, hg_random random);

#endif
