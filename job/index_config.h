/* The design of a safety index: a preset, what a config file changes in it, and the calendar. */
#ifndef HG_JOB_INDEX_CONFIG_H
#define HG_JOB_INDEX_CONFIG_H

#include "base/text.h"
#include "engine/index.h"
#include "io/yaml.h"

/** What the events of one category count for. */
typedef struct hg_severity {
    const char *category;
    double weight;
} hg_severity;

typedef struct hg_index_part {
    const char *name, *label_zh; /**< label_zh NULL where it has none */
    const char **aliases;        /**< other names its inputs may have */
    size_t alias_count;
    hg_severity *severity; /**< categories that are not named weigh 1 */
    size_t severity_count;
    const char **discovered; /**< categories found by patrols, which stand apart */
    size_t discovered_count;
    double weight;
    bool all_discovered;
} hg_index_part;

/** A kind of day with a factor of its own. */
typedef struct hg_day_kind {
    const char *name, *label_zh;
} hg_day_kind;

/** What the feed calendar says, units by name; NULL = all. */
typedef struct hg_feed_note {
    size_t part;
    const char *unit;
    const hg_yaml_node *unit_node;
    int32_t from, until;
    bool present;
} hg_feed_note;

/** Texts are borrowed from the documents. */
typedef struct hg_index_design {
    hg_yaml *preset, *config, *calendar;
    const char *preset_name;
    hg_index_part *parts;
    size_t part_count;
    hg_index_config model; /**< without streams */
    const char *band_names[HG_INDEX_BANDS_MAX];
    size_t band_count;
    hg_index_holiday *holidays;
    size_t holiday_count;
    hg_day_kind *kinds; /**< by holiday id */
    size_t kind_count;
    hg_feed_note *feeds;
    size_t feed_count;
    const char *population_column; /**< of the units; NULL = none */
    const hg_yaml_node *population_node;
    double population; /**< of the one unit; NaN = none */
    const char *deaths; /**< column of deaths among those kept; NULL = none */
    const hg_yaml_node *deaths_node;
    char sha256[65]; /**< of the design as it is in force, hg_index_design_text */
} hg_index_design;

/**
 * Reads the preset (`preset` NULL: the one the file names, else four-stream) and the config file (may be NULL).
 * Errors: HG_EUSAGE naming file, line, key and what was expected; HG_EIO, HG_EDATA for files that cannot be read.
 */
hg_status hg_index_design_read(const char *preset, const char *config, int64_t certainty_draws, uint64_t seed,
                               hg_index_design *out, hg_error *err);
void hg_index_design_dispose(hg_index_design *design);

/** The design in force as text, the same for designs that compute the same; free with hg_free. */
char *hg_index_design_text(const hg_index_design *design, uint64_t seed);

/** The part an input's stream belongs to, by name or alias; part_count where there is none. */
size_t hg_index_part_of(const hg_index_design *design, const char *stream);

/** Reads a calendar (a file, or the name of one compiled in) into the design. */
hg_status hg_index_calendar_read(const hg_yaml_node *where, hg_index_design *design, hg_error *err);

#endif
