/* What the files of the backtest command share. */
#ifndef HG_JOB_BACKTEST_H
#define HG_JOB_BACKTEST_H

#include "base/table.h"
#include "engine/backtest.h"
#include "engine/pileup.h"
#include "engine/tune.h"
#include "io/canvas.h"
#include "job/intake.h"

/** Where a bandwidth comes from. */
typedef enum hg_method_rule { HG_METHOD_LENGTH, HG_METHOD_RULE, HG_METHOD_NRD } hg_method_rule;

/** One item of --methods. */
typedef struct hg_method {
    char *name;              /**< as it was written, which is what results call it */
    hg_forecast forecast;    /**< all but a bandwidth that a rule is to give */
    bool needs_bandwidth;
    hg_method_rule from;
    hg_bandwidth_rule rule;  /**< with HG_METHOD_RULE */
    bool tuned;              /**< the forecast is chosen at each origin */
} hg_method;

typedef struct hg_methods {
    hg_method *items;
    size_t count;
} hg_methods;

/**
 * Reads a list of methods; NULL = the default list. Each is BASE[:PARAMETER]...; docs/methods/backtest.md has the
 * grammar. `tune` adds "tuned" where the list has none.
 * Errors: HG_EUSAGE naming the item and what was expected.
 */
hg_status hg_methods_parse(const char *list, double train_s, bool tune, hg_methods *out, hg_error *err);
void hg_methods_dispose(hg_methods *methods);
/**
 * Bandwidths that rules give, from the points of the first training window; cross-validation tries none under least_m.
 * Errors: HG_EDATA naming the method.
 */
hg_status hg_methods_settle(hg_methods *methods, const hg_points *training, double least_m, hg_control *control,
                            hg_error *err);

/** The moment from which an incident is known: the end of its interval, else its time; HG_NO_TIME without one. */
int64_t hg_known_at(const int64_t *start, const int64_t *end, size_t i);
/**
 * First origin of the rows whose reason is HG_ACCEPTED (reason NULL = all): midnight of the first incident's day, or
 * --since, plus --train; HG_NO_TIME where no row has a time.
 */
int64_t hg_backtest_first_origin(const hg_job *job, const int64_t *start, const int64_t *end, const uint8_t *reason,
                                 size_t n);

/** Incidents by time, where they are judged, and by what. */
typedef struct hg_backtest {
    hg_job *job;
    hg_intake *in;
    double *x, *y, *w; /**< by time; w NULL = all 1 */
    int64_t *t;
    uint8_t *outside;
    hg_forecast_events events;
    size_t outside_count;
    hg_rolling rolling;
    size_t windows;
    size_t unjudged; /**< incidents after the last window */
    size_t training; /**< the first of the events is before the first origin, up to this one */
    hg_grid grid;
    float *share;
    double area_m2;
    hg_pile_ups pile_ups; /**< of the first training window */
    hg_methods methods;
    hg_tuned *tuned;        /**< by window, then what all incidents choose; NULL where nothing is tuned */
    hg_forecast *forecasts; /**< by method and window */
    double budgets[HG_TRIAL_BUDGETS_MAX]; /**< those asked for and those of the curve, ascending */
    size_t budget_count;
    size_t asked[HG_BUDGETS_MAX], asked_count; /**< positions of those asked for */
    hg_trial_result result;
    hg_trial_interval *intervals; /**< [method * asked_count + budget] */
    double (*over_origins)[2];    /**< least and largest PAI over grid origins, likewise */
} hg_backtest;

/** Sorts the incidents, settles windows, study area, cell and grid. Errors: HG_EDATA for too short a time. */
hg_status hg_backtest_study(hg_backtest *b, hg_error *err);
/** Tunes at each origin, and at the end of the data; nothing happens without the method tuned. */
hg_status hg_backtest_tune(hg_backtest *b, hg_error *err);
/** Writes what was chosen at the end of the data, for hotspots --config. */
hg_status hg_backtest_save(const hg_backtest *b, const char *path, hg_error *err);
/** What was chosen where: facts, and a line of the summary. */
void hg_backtest_tuned_facts(const hg_backtest *b);
void hg_backtest_tuned_line(const hg_backtest *b);
/** Trial on the anchored lattice, intervals, then the spread over shifted lattices. */
hg_status hg_backtest_try(hg_backtest *b, hg_error *err);
void hg_backtest_dispose(hg_backtest *b);

/** Share of A up to which the chart goes, at least. */
#define HG_BACKTEST_CURVE 0.2

bool hg_backtest_zh(const hg_backtest *b);
hg_status hg_backtest_table(const hg_backtest *b, hg_table **out, hg_error *err);
/** What the run found: facts, and lines of the summary. */
void hg_backtest_facts(const hg_backtest *b);
void hg_backtest_summarise(const hg_backtest *b);
/** Hit rate against share of area. */
hg_status hg_backtest_chart(const hg_backtest *b, hg_canvas_format format, const char *path, hg_error *err);

#endif
