#include "engine/index.h"

#include <inttypes.h>
#include <math.h>

#define WEIGHT_SUM_TOLERANCE 1e-6

hg_index_config hg_index_config_default(void)
{
    return (hg_index_config){.edges = {90, 80, 70},
                             .edge_count = 3,
                             .history_days = 365,
                             .weekday = true,
                             .month = true,
                             .holiday = true,
                             .rule = HG_INDEX_Z,
                             .headline = HG_INDEX_WORST,
                             .baseline = HG_INDEX_OWN,
                             .period_days = 1,
                             .escalation = {3, 4, 5}};
}

static hg_status check_streams(const hg_index_config *c, hg_error *err)
{
    if (c->stream_count < 1 || c->stream_count > HG_INDEX_STREAMS_MAX)
        return hg_fail(err, HG_EUSAGE, "%zu streams; 1 to %d are possible", c->stream_count,
                       HG_INDEX_STREAMS_MAX);
    double sum = 0;
    size_t reported = 0;
    for (size_t s = 0; s < c->stream_count; s++) {
        double weight = c->streams[s].weight;
        if (c->streams[s].discovered)
            continue;
        if (!(weight >= 0 && weight <= 1))
            return hg_fail(err, HG_EUSAGE, "weight %.12g of stream %zu is not within 0 … 1", weight,
                           s + 1);
        sum += weight;
        reported++;
    }
    if (reported == 0)
        return hg_fail(err, HG_EUSAGE,
                       "all streams are discovered; a headline needs a reported one");
    if (fabs(sum - 1) > WEIGHT_SUM_TOLERANCE)
        return hg_fail(err, HG_EUSAGE, "weights of the reported streams sum to %.12g, not to 1",
                       sum);
    return HG_OK;
}

static hg_status check_edges(const hg_index_config *c, hg_error *err)
{
    if (c->edge_count < 1 || c->edge_count > HG_INDEX_EDGES_MAX)
        return hg_fail(err, HG_EUSAGE, "%zu band edges; 1 to %d are possible", c->edge_count,
                       HG_INDEX_EDGES_MAX);
    for (size_t i = 0; i < c->edge_count; i++) {
        if (!(c->edges[i] > 0 && c->edges[i] <= 100))
            return hg_fail(err, HG_EUSAGE, "band edge %.12g is not above 0 and at most 100",
                           c->edges[i]);
        if (i > 0 && !(c->edges[i] < c->edges[i - 1]))
            return hg_fail(err, HG_EUSAGE, "band edges must descend: %.12g follows %.12g",
                           c->edges[i], c->edges[i - 1]);
    }
    return HG_OK;
}

static hg_status check_rules(const hg_index_config *c, hg_error *err)
{
    if (c->baseline == HG_INDEX_ALL_UNITS && c->rule != HG_INDEX_RATIO)
        return hg_fail(err, HG_EUSAGE, "the baseline of all units needs the ratio rule");
    if (c->period_days < 1 || c->period_days > 366 ||
        (c->period_days > 1 && c->baseline != HG_INDEX_ALL_UNITS))
        return hg_fail(err, HG_EUSAGE, "a period of %" PRId32 " days; %s", c->period_days,
                       c->baseline == HG_INDEX_ALL_UNITS
                           ? "1 to 366 are possible"
                           : "only 1 goes with a unit's own baseline");
    if (!(c->death_points >= 0 && c->death_points <= 100) ||
        (c->death_points > 0 && c->headline != HG_INDEX_MEAN))
        return hg_fail(err, HG_EUSAGE, "%.12g points a death; %s", c->death_points,
                       c->headline == HG_INDEX_MEAN ? "0 to 100 are possible"
                                                    : "only a headline that is a mean can deduct");
    return HG_OK;
}

static hg_status check_numbers(const hg_index_config *c, hg_error *err)
{
    enum { HISTORY_MAX = 36600 };
    if (c->history_days < HG_INDEX_HISTORY_MIN || c->history_days > HISTORY_MAX)
        return hg_fail(err, HG_EUSAGE, "a history of %" PRId32 " days; %d to %d are possible",
                       c->history_days, HG_INDEX_HISTORY_MIN, HISTORY_MAX);
    const int32_t *e = c->escalation;
    if (e[0] < 1 || e[1] <= e[0] || e[2] <= e[1])
        return hg_fail(err, HG_EUSAGE,
                       "escalation after %" PRId32 ", %" PRId32 ", %" PRId32
                       " reds; they must be at least 1 and ascend",
                       e[0], e[1], e[2]);
    if (c->certainty_draws < 0 || c->certainty_draws > 10000000)
        return hg_fail(err, HG_EUSAGE, "%" PRId32 " certainty draws; 0 to 10000000 are possible",
                       c->certainty_draws);
    if (c->certainty_exact && c->headline != HG_INDEX_WORST)
        return hg_fail(err, HG_EUSAGE, "an exact certainty needs the worst stream as headline");
    return HG_OK;
}

hg_status hg_index_config_check(const hg_index_config *config, hg_error *err)
{
    hg_status s = check_streams(config, err);
    if (s == HG_OK)
        s = check_edges(config, err);
    if (s == HG_OK)
        s = check_rules(config, err);
    return s == HG_OK ? check_numbers(config, err) : s;
}

uint8_t hg_index_band(const hg_index_config *config, double score)
{
    if (isnan(score))
        return HG_INDEX_NO_BAND;
    uint8_t band = 0;
    while (band < config->edge_count && score < config->edges[band])
        band++;
    return band;
}
