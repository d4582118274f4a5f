/*
 * With the worst stream as headline the band is at most b exactly if every stream's is, so that the
 * probability is a product over streams of one-dimensional integrals: over ln m, where the density
 * of a gamma variable falls off exponentially at least, the trapezoidal rule converges faster than
 * any power.
 */
#include "engine/index_certainty.h"
#include "engine/gamma.h"

#include <math.h>

#define SETTLED 1e9 /* steps in one point of score */

double hg_index_score(const hg_index_config *config, double observed, double mean, double phi,
                      double days, double *z)
{
    double value = 2 * (sqrt(observed / phi) - sqrt(mean / phi)) / sqrt(1 + 1 / days);
    if (z)
        *z = config->baseline == HG_INDEX_OWN ? value : NAN;
    double score =
        config->rule == HG_INDEX_RATIO ? 100 * (2 - observed / mean) : 100 - 10 * fmax(0, value);
    score = fmin(fmax(score, 0), 100);
    return nearbyint(score * SETTLED) / SETTLED;
}

double hg_index_join(const hg_index_config *config, const double *score, double deaths,
                     double *mean)
{
    double worst = INFINITY, sum = 0;
    for (size_t s = 0; s < config->stream_count; s++) {
        if (config->streams[s].discovered)
            continue;
        if (isnan(score[s])) {
            *mean = NAN;
            return NAN;
        }
        worst = fmin(worst, score[s]);
        sum += config->streams[s].weight * score[s];
    }
    *mean = sum;
    if (config->headline == HG_INDEX_MEAN)
        *mean = fmax(0, sum - config->death_points * deaths);
    *mean = nearbyint(*mean * SETTLED) / SETTLED;
    return config->headline == HG_INDEX_MEAN ? *mean : worst;
}

static double by_draws(const hg_index_config *config, const hg_index_row *row, hg_random random)
{
    hg_gamma rate[HG_INDEX_STREAMS_MAX], mean[HG_INDEX_STREAMS_MAX];
    double score[HG_INDEX_STREAMS_MAX], unused;
    for (size_t s = 0; s < config->stream_count; s++) {
        const hg_index_expectation *e = &row->expectation[s];
        if (config->streams[s].discovered)
            continue;
        rate[s] = hg_gamma_of(row->observed[s] / e->phi + 0.5);
        mean[s] = hg_gamma_of(e->mean * e->days / e->phi + 0.5);
    }
    int32_t same = 0;
    for (int32_t i = 0; i < config->certainty_draws; i++) {
        for (size_t s = 0; s < config->stream_count; s++) {
            if (config->streams[s].discovered)
                continue;
            double days = row->expectation[s].days;
            double lambda = hg_gamma_draw(&rate[s], &random);
            double m = hg_gamma_draw(&mean[s], &random) / days;
            score[s] = hg_index_score(config, lambda, m, 1, days, NULL);
        }
        same +=
            hg_index_band(config, hg_index_join(config, score, row->deaths, &unused)) == row->band;
    }
    return (double)same / config->certainty_draws;
}

/* The largest lambda that still scores `edge` against m. */
static double largest_rate(const hg_index_config *config, double edge, double m, double days)
{
    if (config->rule == HG_INDEX_RATIO)
        return m * (2 - edge / 100);
    double root = sqrt(m) + (100 - edge) / 20 * sqrt(1 + 1 / days);
    return root * root;
}

/*
 * P(a stream scores `edge` or more). In u = ln m the density is exp(shape u - e^u) / Gamma(shape):
 * it falls to exp(-DEPTH) of its peak within the bounds. Steps of 0.6 of the narrower of the two
 * distributions leave an error of exp(-2 pi^2 / 0.36) where both are near normal.
 */
static double stream_within(const hg_index_config *config, double edge, double observed,
                            const hg_index_expectation *e)
{
    const double depth = 18, fineness = 0.6;
    double shape = e->mean * e->days / e->phi + 0.5, rate = observed / e->phi + 0.5;
    double spread = sqrt(2 * depth / shape), log_gamma = hg_log_gamma(rate);
    double low = -fmax(spread, depth / shape) - 1, high = fmin(spread, log1p(depth / shape) + 1);
    int nodes = (int)ceil((high - low) * sqrt(fmax(1, fmax(shape, rate))) / fineness);
    double step = (high - low) / nodes, sum = 0, mass = 0;
    for (int i = 0; i <= nodes; i++) {
        double offset = low + step * i, density = exp(shape * (offset - expm1(offset)));
        double m = shape / e->days * exp(offset);
        mass += density;
        if (density > 1e-9)
            sum +=
                density * hg_gamma_below(rate, log_gamma, largest_rate(config, edge, m, e->days));
    }
    return sum / mass;
}

/* P(the headline's band is `band` or better). */
static double headline_within(const hg_index_config *config, const hg_index_row *row, size_t band)
{
    double p = 1;
    for (size_t s = 0; band < config->edge_count && s < config->stream_count; s++)
        if (!config->streams[s].discovered)
            p *= stream_within(config, config->edges[band], row->observed[s], &row->expectation[s]);
    return p;
}

double hg_index_certainty(const hg_index_config *config, const hg_index_row *row, hg_random random)
{
    if (!config->certainty_exact)
        return config->certainty_draws > 0 ? by_draws(config, row, random) : NAN;
    double better = row->band > 0 ? headline_within(config, row, row->band - 1u) : 0;
    return fmax(0, headline_within(config, row, row->band) - better);
}
