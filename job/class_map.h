/*
 * What the audit calls things: classes of patches with their disorder (乱占, 乱采, 乱堆, 乱建), steps of
 * severity, thresholds on farmland, names of actions, the duty of patrols. From presets/audit.yaml,
 * compiled in, with a user's file laid over it.
 */
#ifndef HG_JOB_CLASS_MAP_H
#define HG_JOB_CLASS_MAP_H

#include "base/text.h"
#include "engine/audit.h"
#include "io/hash.h"

#include <stdint.h>

typedef enum hg_disorder {
    HG_DISORDER_NONE,
    HG_OCCUPIED, /**< 乱占 */
    HG_DUG,      /**< 乱采 */
    HG_PILED,    /**< 乱堆 */
    HG_BUILT,    /**< 乱建 */
    HG_DISORDER_END
} hg_disorder;

/** "乱占" …; "" for none. */
const char *hg_disorder_name(hg_disorder disorder);

/** "contract" …, as in every result. */
const char *hg_action_kind_name(hg_action_kind kind);

enum { HG_MAX_STEPS = 8, HG_MAX_CLASSES = 10000 };

/** Other words for one thing. */
typedef struct hg_aliases {
    char **items;
    size_t count, capacity;
    size_t given; /**< the last so many are of the user's file */
} hg_aliases;

typedef struct hg_class {
    char *name;
    hg_disorder disorder;
    bool mobile; /**< counted in a ledger of its own; an absence is pending at first */
    hg_aliases aliases;
} hg_class;

/** Height of the water at a flight. */
typedef struct hg_water_level {
    int64_t date;
    double level_m;
} hg_water_level;

typedef struct hg_class_map {
    hg_class *classes; /**< at most HG_MAX_CLASSES */
    size_t class_count, class_capacity;
    uint16_t other; /**< the class of what fits none */
    hg_aliases actions[HG_ACT_END];
    size_t step_count;
    double steps_m2[HG_MAX_STEPS]; /**< ascending */
    char *severity_names[HG_MAX_STEPS + 1]; /**< step_count + 1 */
    double farmland_basic_m2, farmland_other_m2;
    bool rent_counts_as_recovered;
    int64_t town_days, village_days; /**< a patrol at least every so many days */
    double bank_slope; /**< metres a water edge moves for a metre between two levels */
    hg_water_level *levels;
    size_t level_count;
    char sha256[HG_SHA256_HEX]; /**< of the user's file, else of the default */
} hg_class_map;

/**
 * The default, and over it the user's file (NULL = none). A class or action named there replaces the
 * default's settings of that name, and its words are taken from whatever had them.
 * Errors: those of io/yaml.h; HG_EUSAGE also for an unknown key, a word that stands for two things, steps
 * that do not ascend.
 */
hg_status hg_class_map_read(const char *path, hg_class_map *out, hg_error *err);
void hg_class_map_dispose(hg_class_map *map);

/**
 * The number of the class that a text names, by name or alias, without case and surrounding blanks;
 * map->other, with *known false, where none fits. NULL or empty text is `other` and known.
 */
uint16_t hg_class_map_find(const hg_class_map *map, const char *text, bool *known);
/** The same for actions. */
hg_action_kind hg_class_map_action(const hg_class_map *map, const char *text, bool *known);

/** The band of severity of an area; the first step belongs to the band above it, others to the one below. */
const char *hg_class_map_severity(const hg_class_map *map, double area_m2);
/** Height of the water on a day of a flight; NaN where the map does not say. */
double hg_class_map_level_m(const hg_class_map *map, int64_t date);

#endif
