/* What the files of the index command share. */
#ifndef HG_JOB_INDEX_H
#define HG_JOB_INDEX_H

#include "engine/change.h"
#include "geo/units.h"
#include "io/canvas.h"
#include "io/geopackage.h"
#include "io/staging.h"
#include "job/index_config.h"
#include "job/output.h"
#include "job/stream_names.h"
#include "job/study.h"
#include "job/columns.h"

#include <math.h>

/* ------------------------------------------------- units ------------------------------------ */

/** In byte order of names. */
typedef struct hg_index_units {
    size_t n;
    char **names;
    double *population; /**< NaN where it is not known; NULL without any */
    hg_shapes shapes;   /**< in the analysis CRS; empty where everything is one unit */
    size_t *shape;      /**< of each unit, its place in shapes */
    hg_units *located;  /**< NULL where everything is one unit */
} hg_index_units;

hg_status hg_index_units_read(hg_job *job, const hg_index_design *design, const hg_intake *in,
                              hg_index_units *units, hg_error *err);
void hg_index_units_dispose(hg_index_units *units);

/* ------------------------------------------------- events ----------------------------------- */

/** A stream of the engine: a part of the design, or what of it was discovered. */
typedef struct hg_index_series_info {
    size_t part;
    bool discovered;
    char code[HG_STREAM_CODE_SIZE + 12]; /**< for column names; no two alike */
    char name[128];  /**< of the measure: the part's, "… (discovered)" where only some categories are */
    char label[160]; /**< in the language of the run */
} hg_index_series_info;

/** A column of amounts by event; NaN where the event has none. */
typedef struct hg_index_measure {
    const char *name;
    double *value;
    bool *carried; /**< by series: events of it have amounts */
} hg_index_measure;

typedef struct hg_index_entries {
    size_t n;
    int32_t *day;
    uint32_t *unit;
    uint16_t *series;
    double *weight; /**< NULL = all 1 */
    hg_index_measure *measures;
    size_t measure_count;
    const double *deaths; /**< of the measure or kept column the design names; NULL = none */
    double *deaths_owned;
    uint64_t outside; /**< in no unit */
    bool severity_unused; /**< severities are given, but no category is known */
} hg_index_entries;

/* ------------------------------------------------- spans ------------------------------------ */

/** Two spans whose numbers are put beside each other. */
typedef struct hg_index_pair {
    hg_period base, current;
    bool yoy;   /**< the year before; else the span before */
    bool whole; /**< of the whole published period, not of a month in it */
} hg_index_pair;

/**
 * Everything that is counted by spans: the days of the data cut into segments at the bounds of all spans. Column
 * `units` stands for all units together. Days on which a feed is declared missing count neither as days nor with
 * their events.
 */
typedef struct hg_index_spans {
    hg_index_pair *pairs;
    size_t pair_count;
    hg_period *months; /**< parts of the published period by calendar month; one where it lies in one */
    size_t month_count;
    hg_period *years; /**< of twelve months back from the end of the period, oldest first */
    size_t year_count;
    int32_t known_from; /**< the data may begin here, quiet days before their first event */
    int32_t *bound; /**< segments + 1 days, ascending */
    size_t segments;
    uint32_t *segment_of; /**< by day from bound[0] on */
    uint64_t *count;      /**< [(unit × series + s) × segments + segment] */
    double *days;         /**< [s × segments + segment] */
    uint8_t *hidden;      /**< like count, where counts are withheld; NULL without --suppress-below */
} hg_index_spans;

/** Everything a run knows; the tables are made from it. */
typedef struct hg_index_run {
    hg_job *job;
    hg_intake *in;
    hg_index_design design;
    hg_index_units units;
    hg_index_series_info series[HG_INDEX_STREAMS_MAX];
    hg_index_stream streams[HG_INDEX_STREAMS_MAX];
    size_t series_count;
    hg_index_entries events;
    hg_index_input input;
    hg_index_feed *feeds;
    hg_index_result result;
    hg_index_place *places;
    hg_index_spans spans;
    uint8_t *hidden;         /**< with --suppress-below: by row and series, whether the count is withheld; else NULL */
} hg_index_run;

/** Series, events, units of events, the days to publish. */
hg_status hg_index_entries_make(hg_index_run *run, hg_error *err);
void hg_index_entries_dispose(hg_index_entries *events);

/** Spans and their counts, after the engine has told which feeds were missing. */
hg_status hg_index_spans_make(hg_index_run *run, hg_error *err);
void hg_index_spans_dispose(hg_index_spans *spans);
/** Whether the span lies in the data. */
bool hg_index_span_known(const hg_index_run *run, hg_period span);
/** Events of a unit (units.n = all) and series in a span, and the days its feed was there; false if withheld. */
bool hg_index_span_count(const hg_index_run *run, size_t unit, size_t series, hg_period span, uint64_t *n,
                         double *days);
/** Whether the calendar declares the feed missing on the day, for this unit or (units.n) for all. */
bool hg_index_feed_missing(const hg_index_run *run, size_t unit, size_t series, int32_t day);
/** "2019-10" for a calendar month, "2019" for a year, else "2019-01-01..2019-10-31", into buf of 32. */
const char *hg_index_span_text(hg_period span, char *buf);

/** Value of one cell of the result's rows: row of unit u and day t since 1970. */
static inline size_t hg_index_row(const hg_index_run *run, size_t unit, int32_t day)
{
    return unit * run->result.days + (size_t)(day - run->result.since);
}

/** To nine decimals, as scores have: the tenth is noise, and text of them is short. Large values have none to spare. */
static inline double hg_index_settled(double v)
{
    return fabs(v) < 1e6 ? round(v * 1e9) / 1e9 : v;
}

/** A day as "2019-10-31" in buf of at least 32 bytes. */
const char *hg_index_day_text(int32_t day, char *buf);
int32_t hg_index_day_of(int64_t civil);

/* ------------------------------------------------- words ------------------------------------ */

bool hg_index_zh(const hg_index_run *run);
/** "blue" -> "蓝色" or "blue"; grades of the four colours are left to the legend. */
const char *hg_index_band_word(const char *band, bool zh);
const char *hg_index_band_colour(const char *band);
/** The name of the row's band; NULL where it has none. */
const char *hg_index_band_name(const hg_index_run *run, uint8_t band);

/** Why a row is as it is, one sentence in the language of the run. */
void hg_index_reasons(const hg_index_run *run, size_t row, hg_text *out);
/** "平沙镇 10月31日 91.3 蓝色" */
void hg_index_message(const hg_index_run *run, size_t row, bool zh, hg_text *out);
const char *hg_index_escalation_words(int level, bool zh);
/** A note of a change in words. */
const char *hg_index_change_words(hg_change_note note, bool zh);

/** Whether the count of a series in a row is withheld. Where any is, so are all scores (run->hidden). */
static inline bool hg_index_hidden(const hg_index_run *run, size_t row, size_t series)
{
    return run->hidden && run->hidden[row * run->series_count + series];
}

/** Whether a count behind the headline is withheld. */
bool hg_index_row_hidden(const hg_index_run *run, size_t row);

/* ------------------------------------------------- tables ----------------------------------- */

enum { HG_INDEX_TABLES_MAX = 8 };

typedef struct hg_index_tables {
    hg_table *units, *daily, *summary, *years, *multi, *trends, *changes, *rejects;
} hg_index_tables;

void hg_index_tables_dispose(hg_index_tables *tables);
/** All tables in the order of the layer list, changes NULL without --compare; returns how many. */
size_t hg_index_tables_list(const hg_index_tables *tables, hg_table **list);

hg_status hg_index_units_table(const hg_index_run *run, hg_table **out, hg_error *err);
hg_status hg_index_daily_table(const hg_index_run *run, hg_table **out, hg_error *err);
/** The mean of a span as it may be told: with withheld counts NaN for a span of few days, and rounded. */
double hg_index_mean_told(const hg_index_run *run, const hg_index_summary *sum);
hg_status hg_index_summary_table(const hg_index_run *run, hg_table **out, hg_error *err);
hg_status hg_index_year_on_year(const hg_index_run *run, hg_table **out, hg_error *err);
/** Several years beside each other, and a row of trends for each unit and series; neither where there is one year. */
hg_status hg_index_multi_year(const hg_index_run *run, hg_table **multi, hg_table **trends, hg_error *err);
/** Fills rows [from, until) of the trends; parts of them may be filled at the same time. */
hg_status hg_index_fit_trends(const hg_index_run *run, hg_table *trends, size_t from, size_t until, hg_error *err);
/** Days that differ from those of the result named by --compare. */
hg_status hg_index_changes_table(hg_index_run *run, const hg_table *daily, hg_table **out, hg_error *err);

/** Decides what --suppress-below withholds of the days. */
hg_status hg_index_hide(hg_index_run *run, hg_error *err);

/* ------------------------------------------------- the rest --------------------------------- */

hg_status hg_index_styles(const hg_index_run *run, const hg_index_tables *tables, hg_gpkg *gpkg, hg_error *err);
/** The calendar chart. */
hg_status hg_index_chart(const hg_index_run *run, hg_canvas_format format, const char *path, hg_error *err);
/** --check-claim. */
hg_status hg_index_claim(hg_job *job, hg_error *err);

#endif
