/* The options of a job as values. Text is owned by the settings. */
#ifndef HG_JOB_SETTINGS_H
#define HG_JOB_SETTINGS_H

#include "base/civil.h"
#include "engine/bandwidth.h"
#include "engine/edge.h"
#include "engine/rank.h"
#include "engine/significance.h"
#include "geo/area_meter.h"
#include "geo/datum.h"

typedef struct hg_text_list {
    char **items;
    size_t count, capacity;
} hg_text_list;

/** Options of one input, or of all inputs where the input does not say otherwise. */
typedef struct hg_source_settings {
    char *layer, *where, *sql, *x, *y, *crs, *encoding, *time, *time_end, *tz, *category, *stream,
        *stream_column, *weight, *id, *sheet;
    hg_text_list keep;
    hg_text_list measure; /**< columns of amounts; they are kept, too */
    int64_t header_row;
    hg_datum datum;
    bool datum_given;
} hg_source_settings;

/* Of certainty_draws, beside a number of draws. */
enum { HG_CERTAINTY_EXACT = -1, HG_CERTAINTY_DEFAULT = -2 };

/** What a source is to the audit. */
typedef enum hg_audit_role {
    HG_AUDIT_ZONES,
    HG_AUDIT_PERMITS,
    HG_AUDIT_SURVEY,
    HG_AUDIT_COVERAGE,
    HG_AUDIT_ACTIONS,
    HG_AUDIT_ASSETS,
    HG_AUDIT_PATROLS,
    HG_AUDIT_OPENING,
    HG_AUDIT_ROLES
} hg_audit_role;

typedef struct hg_audit_settings {
    hg_text_list sources[HG_AUDIT_ROLES]; /**< SRC[:LAYER][@DATE] as given */
    hg_text_list map;                     /**< ROLE.NAME=COLUMN */
    char *class_map;
    double tolerance_m; /**< NaN = from the surveys' errors */
    hg_area_mode area_mode;
} hg_audit_settings;

/** How a density is computed. */
typedef enum hg_density_method { HG_METHOD_EXACT, HG_METHOD_FAST, HG_METHOD_AUTO } hg_density_method;

enum { HG_BANDWIDTHS_MAX = 32 };

/** Stretches of time that each get a result: so many calendar units, or seconds. */
typedef struct hg_slice {
    enum { HG_SLICE_NONE, HG_SLICE_SECONDS, HG_SLICE_WEEK, HG_SLICE_MONTH, HG_SLICE_YEAR } unit;
    int64_t seconds; /**< with HG_SLICE_SECONDS */
} hg_slice;

/** What cells are ranked by. */
typedef enum hg_score { HG_SCORE_DENSITY, HG_SCORE_COUNT, HG_SCORE_SHRUNK } hg_score;

/** How a Mann-Kendall test allows for values that follow each other. */
typedef enum hg_autocorrelation { HG_AUTOCORRELATION_NONE, HG_AUTOCORRELATION_HAMED_RAO } hg_autocorrelation;

/** Pairs near in space and time: so far, so many bands of it. */
typedef struct hg_near_repeat_settings {
    double distance_m, duration_s; /**< 0 = not asked for */
    int64_t bands[2];              /**< of distance, of time */
} hg_near_repeat_settings;

enum { HG_STABILITY_DEFAULT = -1 };

enum { HG_PERMUTATIONS_DEFAULT = -1, HG_BUDGETS_MAX = 32 };

typedef struct hg_backtest_settings {
    double train_s, horizon_s;
    double budgets[HG_BUDGETS_MAX]; /**< shares of A, ascending */
    size_t budget_count;
    char *methods;      /**< as given: names with commas */
    int64_t origins;    /**< shifted grids behind the spread */
    int64_t bootstrap;  /**< resamples behind the intervals */
    bool tune;
    char *save_config, *chart;
} hg_backtest_settings;

typedef struct hg_report_settings {
    char *unit, *previous, *incidents, *tables, *advice, *map_approval, *basemap, *published;
    hg_text_list include; /**< sensitive streams and kinds that may be told */
    bool public_profile;
} hg_report_settings;

typedef struct hg_batch_settings {
    char *only;  /**< ids of steps with commas */
    bool check;
} hg_batch_settings;

typedef struct hg_settings {
    char *output, *area, *area_name, *area_column, *analysis_crs, *places, *place_name, *layer_name, *lang,
        *units, *unit_name, *config, *preset, *compare, *check_claim;
    double bounds[4];
    bool has_bounds;
    double cell_m; /**< 0 = auto */
    hg_bandwidth_rule rule;
    double bandwidth_m; /**< with HG_RULE_LENGTH */
    double bandwidths[HG_BANDWIDTHS_MAX]; /**< several lengths, each with a result of its own */
    size_t bandwidth_count;               /**< 0 = the one above */
    hg_slice slice;
    hg_density_method method;
    double max_error; /**< of --method fast, as a share of the peak */
    hg_kernel_shape kernel;
    double cutoff;
    hg_edge edge;
    hg_budget budget;
    double polygon_unit_m2; /**< 0 = left to the default, or the mean */
    bool polygon_unit_mean;
    hg_score score;
    double shrinkage;      /**< NaN = left to the default or the configuration */
    double half_life_s;    /**< 0 = all incidents alike */
    bool adaptive;
    hg_significance significance;
    double window_m;       /**< 0 = queen */
    int64_t permutations;
    char *at_risk, *at_risk_weight, *against;
    double at_risk_bandwidth_m; /**< 0 = as it lies */
    double against_tolerance;   /**< of the reference density's peak */
    int64_t stability;     /**< runs; HG_STABILITY_DEFAULT = as many as the size of the data allows */
    double step_s;         /**< of trends and backtest; 0 = left to the default */
    hg_autocorrelation autocorrelation;
    hg_near_repeat_settings near_repeat;
    hg_backtest_settings backtest;
    hg_report_settings report;
    hg_batch_settings batch;
    int64_t since, until; /**< civil seconds; HG_NO_TIME = open */
    int64_t threads, seed, chance, certainty_draws;
    int64_t memory_bytes; /* for big columns; 0 = as the machine has it */
    int64_t suppress_below; /**< 0 = publish all counts */
    hg_audit_settings audit;
    bool require_time, drop_duplicates, all_cells, all_incidents, append, again, no_hash,
        rejects_raw, allow_identifiers, overwrite, quiet, json, progress;
} hg_settings;

#endif
