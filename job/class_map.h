/*
 * What the audit calls things: classes of patches with their disorder (乱占, 乱采, 乱堆, 乱建), steps of
 * severity, thresholds on farmland, names of actions, the duty of patrols. From presets/audit.yaml,
 * compiled in, with a user's file laid over it.
 */
#ifndef HG_JOB_CLASS_MAP_H
#define HG_JOB_CLASS_MAP_H

#include "base/text.h"
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

/** The kinds of action that METHODS gives meaning to; a map may name others, which are HG_ACT_OTHER. */
typedef enum hg_action_kind {
    HG_ACT_OTHER,
    HG_ACT_CONTRACT,   /**< 补签合同 */
    HG_ACT_RENT,       /**< 补缴租金 */
    HG_ACT_LITIGATION, /**< 诉讼 */
    HG_ACT_VOLUNTARY,  /**< 说服自行清退 */
    HG_ACT_DEMOLITION, /**< 依法清拆 */
    HG_ACT_END
} hg_action_kind;

/** "contract" …; the names of actions in every result. */
const char *hg_action_kind_name(hg_action_kind kind);

enum { HG_MAX_STEPS = 8 };

typedef struct hg_class {
    char *name;
    hg_disorder disorder;
    bool mobile; /**< counted in a ledger of its own; an absence is pending at first */
    char **aliases;
    size_t alias_count;
} hg_class;

typedef struct hg_class_map {
    hg_class *classes; /**< at most 65,535, the last is always `other` */
    size_t class_count;
    struct {
        char **aliases;
        size_t count;
    } actions[HG_ACT_END];
    size_t step_count;
    double steps_m2[HG_MAX_STEPS];          /**< ascending; a value on a step belongs above it */
    char *severity_names[HG_MAX_STEPS + 1]; /**< step_count + 1 */
    double farmland_basic_m2, farmland_other_m2;
    bool rent_counts_as_recovered;
    int64_t town_days, village_days; /**< a patrol at least every so many days */
    double bank_slope;               /**< 1:m, horizontal metres a metre of water level */
    char *file;                      /**< the user's file; NULL = the default alone */
    char sha256[HG_SHA256_HEX];      /**< of the user's file, else of the default */
} hg_class_map;

/**
 * The default, and over it the user's file (NULL = none). A class named there replaces the default's
 * settings of that class; the others stay.
 * Errors: those of io/yaml.h, HG_EUSAGE also for an unknown key, a class or alias that stands for two
 * things, steps that do not ascend.
 */
hg_status hg_class_map_read(const char *path, hg_class_map *out, hg_error *err);
void hg_class_map_dispose(hg_class_map *map);

/**
 * The number of the class that a text names, by name or alias, without case and surrounding blanks;
 * that of `other`, with *known false, where none fits. NULL or empty text is `other` and known.
 */
uint16_t hg_class_map_find(const hg_class_map *map, const char *text, bool *known);
/** The same for actions. */
hg_action_kind hg_class_map_action(const hg_class_map *map, const char *text, bool *known);

#endif
