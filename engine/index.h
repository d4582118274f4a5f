/*
 * The daily safety index: what happened in a unit on a day, against what its own history expects,
 * as a score per stream, a headline and a band.
 *
 * Model, per unit, stream and day t (methods page: safety index):
 *  - y_d = sum of the weights and n_d = number of the events of day d. The history of t is the days
 *    d of [t - history_days, t - 1] from first_data_day on, without those on which the stream was
 *    missing; fewer than 28 of them give no score.
 *  - Fitted mean of a history day = history mean x factors. Factors in order, each on what the ones
 *    before leave (sum of y over its days / sum of what is fitted so far): weekday with >= 8 days
 *    of it; month with >= 8 days of it, and only where the history reaches back 730 days (so
 *    history_days must be at least that); holiday id with >= 2 days of it. A factor not in force
 *    is 1.
 *  - Robust: after a first fit, days with r = 2 (sqrt(y_d / phi) - sqrt(fitted_d / phi)) > 2.58 get
 *    the weight (2.58 / r)^2 and everything is fitted once more with the weights.
 *  - phi = max(1, (sum w^2 / sum w) phi_d): the sums over the history's events (today's if it has
 *    none, 1 if neither); phi_d = Pearson chi^2 / df of the daily numbers n_d around their own
 *    fitted means, every day counting in full (robust weights move the means only). df = days -
 *    parameters (at least 1): the mean and the factors in force, one fewer for weekdays or months
 *    that cover every day.
 *  - Today: D from 1/D = 1/D_all + sum over the factors in force of (1/D_factor - 1/D_all), with
 *    D_all and D_factor the summed day weights of the history and of the days behind today's factor
 *    (with a weekday factor alone D is that weekday's days); N = D x history mean x today's
 *    factors; M = max(N, 1/2) / D. z = 2 (sqrt(Y/phi) - sqrt(M/phi)) / sqrt(1 + 1/D).
 *  - Score: clamp(100 - 10 max(0, z), 0, 100), or by ratio clamp(100 (2 - Y/M), 0, 100); settled to
 *    1e-9, so that a score on an edge is on it. A score on an edge belongs to the better band.
 *
 * A stream is one feed for all units, so that a quiet village is not a missing feed: gaps are
 * judged on its events wherever they are, in no unit at all included. On day t it is missing when
 * the days without any event up to and including t outnumber both 3 and its longest closed gap that
 * reaches into [t - history_days, t - 1], or when the feed calendar says so (for one unit or for
 * all), or t lies outside the data. Days the calendar calls missing are no part of a gap, days it
 * calls present end one. Days before the stream's first event are judged by the same count but make
 * no closed gap. What was missing on its own day is no history later. One unit's own entries in the
 * feed calendar change nothing for gaps, and nothing for what all units had.
 */
#ifndef HG_ENGINE_INDEX_H
#define HG_ENGINE_INDEX_H

#include "base/control.h"

/** Days are numbered from 1970-01-01 = 0 on the civil calendar. */
#define HG_INDEX_NO_UNIT UINT32_MAX
enum {
    HG_INDEX_EDGES_MAX = 3,
    HG_INDEX_BANDS_MAX = 4,
    HG_INDEX_HISTORY_MIN = 28, /**< days without which there is no score */
    HG_INDEX_STREAMS_MAX = 64
};

typedef enum hg_index_rule {
    HG_INDEX_Z,    /**< from z */
    HG_INDEX_RATIO /**< from observed / expected */
} hg_index_rule;

typedef enum hg_index_headline {
    HG_INDEX_WORST, /**< lowest stream score */
    HG_INDEX_MEAN   /**< weighted mean of the stream scores */
} hg_index_headline;

typedef enum hg_index_baseline {
    HG_INDEX_OWN, /**< the model above */
    /**
     * What all units together had per head in the history before the period (Huizhou's horizontal
     * layer): expected = total over units and history / (population x days) x own population x
     * period_days. Ratio rule only; no factors, no robust weights, phi = 1, z NaN.
     */
    HG_INDEX_ALL_UNITS
} hg_index_baseline;

typedef struct hg_index_stream {
    double weight; /**< share in score_mean; those of the reported streams sum to 1 (to 1e-6) */
    /** Found by patrols or campaigns: scored apart, in no headline; its weight is unused. */
    bool discovered;
} hg_index_stream;

typedef struct hg_index_config {
    const hg_index_stream *streams;
    size_t stream_count;
    /** Descending, within (0, 100]; band k is below edge k-1 and at or above edge k. */
    double edges[HG_INDEX_EDGES_MAX];
    size_t edge_count;            /**< 1 … 3; the last band is the red one */
    int32_t history_days;         /**< at least 28 */
    bool weekday, month, holiday; /**< effects */
    hg_index_rule rule;
    hg_index_headline headline;
    hg_index_baseline baseline;
    /** Days a score covers, its own the last; 1 except with HG_INDEX_ALL_UNITS (Huizhou: 10). */
    int32_t period_days;
    /** Taken off a headline that is a mean, for each death in the period; 0 = none. */
    double death_points;
    int32_t escalation[3];   /**< consecutive reds for levels 1, 2, 3; ascending, at least 1 */
    int32_t certainty_draws; /**< 0 = no band_certainty */
    /** The limit of many draws by quadrature, to 1e-6, in their place; HG_INDEX_WORST only. */
    bool certainty_exact;
} hg_index_config;

/** Bands 90/80/70, 365 days, all effects, z, worst stream, levels 3/4/5, no draws; no streams. */
hg_index_config hg_index_config_default(void);

/** Holiday and make-up working days: equal ids share a factor. */
typedef struct hg_index_holiday {
    int32_t day;
    uint32_t id;
} hg_index_holiday;

/** A statement about a feed for the days from … until - 1. Later entries override earlier ones. */
typedef struct hg_index_feed {
    uint32_t stream;
    uint32_t unit; /**< HG_INDEX_NO_UNIT = all */
    int32_t from, until;
    bool present; /**< true: a day without events is a quiet day; false: the feed is missing */
} hg_index_feed;

/** All arrays are borrowed. The order of events does not matter. */
typedef struct hg_index_input {
    size_t events;
    const int32_t *day;
    const uint32_t *unit; /**< HG_INDEX_NO_UNIT: outside all units; speaks for the feed only */
    const uint16_t *stream;
    const double *weight; /**< severity, finite and >= 0; NULL = all 1 */
    const double *deaths; /**< NULL = none; needed where death_points > 0 */
    size_t units;
    const double *population; /**< per unit; needed for HG_INDEX_ALL_UNITS, may else be NULL */
    /** Inclusive. What lies outside is unknown: events there are ignored. */
    int32_t first_data_day, last_data_day;
    int32_t since, until; /**< published days, half-open */
    /** In any order; of several entries for a day the last counts. */
    const hg_index_holiday *holidays;
    size_t holiday_count;
    const hg_index_feed *feeds;
    size_t feed_count;
} hg_index_input;

/** Why a unit-stream-day is as it is. */
enum {
    HG_INDEX_MISSING = 1,         /**< no feed: no score */
    HG_INDEX_SHORT_HISTORY = 2,   /**< fewer than 28 days: no score */
    HG_INDEX_HOLIDAY_UNKNOWN = 4, /**< a holiday without a factor: judged as an ordinary day */
    HG_INDEX_WEEKDAY_USED = 8, /**< factors in force; without a score neither these nor the above */
    HG_INDEX_MONTH_USED = 16,
    HG_INDEX_HOLIDAY_USED = 32
};

#define HG_INDEX_NO_BAND UINT8_MAX

/** One stream; every array runs over the rows of the result. */
typedef struct hg_index_series {
    uint32_t *count;  /**< events of the day (of the period); also where it is missing */
    double *observed; /**< Y: their summed weights */
    double *expected; /**< M; NaN without a score */
    double *z;        /**< NaN without a score */
    double *score;    /**< NaN where missing or too little history */
    double *phi;      /**< NaN likewise */
    double *days;     /**< D; NaN likewise */
    uint8_t *band;    /**< 0 = best; HG_INDEX_NO_BAND */
    uint8_t *flags;   /**< HG_INDEX_… */
} hg_index_series;

/** Row (u, t) = u x days + (t - since). */
typedef struct hg_index_result {
    size_t units, days, rows, streams;
    int32_t since;
    double *score;      /**< headline; NaN where a reported stream has none */
    double *score_mean; /**< sum of weight x score, less death points in a mean headline */
    double *certainty;  /**< P(band drawn = band published); NaN without headline or when off */
    double *deaths;     /**< of the day (of the period); NULL without input */
    uint8_t *band;      /**< of the headline; HG_INDEX_NO_BAND */
    /** Reported stream with the lowest score (ties: largest weight, then first); 255 = none. */
    uint8_t *driver;
    /** Reds in a row up to here, from `since` on; a row without headline neither adds nor resets. */
    int32_t *consecutive_red;
    uint8_t *escalation;     /**< 0 … 3 */
    hg_index_series *series; /**< one a stream */
    uint64_t events_used;    /**< within the data's days and a unit */
    uint64_t events_outside; /**< in no unit */
    uint64_t events_ignored; /**< before first_data_day or after last_data_day */
    uint64_t missing_days;   /**< published stream-days on which a feed was missing in all units */
    void *arena;             /* backing of all arrays */
} hg_index_result;

/**
 * Computes the index for all units and published days. Equal bit for bit for any number of threads
 * (control->threads; control may be NULL) and any order of the events; draws are keyed by
 * control->seed, unit and day. band_certainty: streams are drawn independently, lambda ~
 * Gamma(Y/phi + 1/2, rate 1) and m ~ Gamma(N/phi + 1/2, rate D), scored like Y/phi and M/phi.
 * Errors: HG_EUSAGE for a configuration that breaks the bounds above (named, with its value),
 * HG_EDATA for a weight, stream, unit or death count that cannot be (named by event), HG_EFAIL for
 * a table beyond memory's reach, HG_ENOMEM, HG_ECANCELLED.
 */
hg_status hg_index_compute(const hg_index_config *config, const hg_index_input *input,
                           hg_control *control, hg_index_result *out, hg_error *err);
void hg_index_result_dispose(hg_index_result *result);

/** Checks the configuration alone, with the errors hg_index_compute would give. */
hg_status hg_index_config_check(const hg_index_config *config, hg_error *err);

/** 0 = best … edge_count = worst; HG_INDEX_NO_BAND for NaN. */
uint8_t hg_index_band(const hg_index_config *config, double score);

/** A unit over days of the result. */
typedef struct hg_index_summary {
    double mean_score; /**< of the scored days; NaN where there is none */
    uint32_t rank;     /**< 1 = highest mean; equal means share it; 0 where there is none */
    uint32_t days, days_scored;
    uint32_t days_band[HG_INDEX_BANDS_MAX]; /**< they sum to days_scored */
} hg_index_summary;

/** Summarises the part of [from, until) that the result covers, into out[units]. */
void hg_index_summarise(const hg_index_result *result, int32_t from, int32_t until,
                        hg_index_summary *out);

/** Where most of a row's events of one stream lie. */
typedef struct hg_index_place {
    int64_t column, row; /**< cell of the anchored lattice: floor(x / cell_m), floor(y / cell_m) */
    uint32_t count;      /**< events in it; 0 = none with coordinates */
    uint32_t total;      /**< events of the driver on that row's day */
} hg_index_place;

/**
 * For each row, the cell with most events of its driver on its day; ties go to the southernmost,
 * then the westernmost. Events without finite coordinates are left out of cells.
 * @param x, y   one coordinate an event, metres
 * @param out    rows of the result
 */
hg_status hg_index_find_places(const hg_index_input *input, const double *x, const double *y,
                               double cell_m, const hg_index_result *result, hg_index_place *out,
                               hg_error *err);

#endif
