/*
 * The inputs of the audit by role: zones, permits, surveys and coverages by date, actions, assets,
 * patrols, opening balances. Read, checked, placed in one analysis CRS, as plain arrays of structs.
 *
 * A row that cannot be used stands in `rejects`, a value that cannot be used in `notes` (its row is
 * kept without it); nothing is dropped without either. rows read = accepted + rejected per input.
 */
#ifndef HG_JOB_ROLES_H
#define HG_JOB_ROLES_H

#include "base/rejects.h"
#include "engine/audit.h"
#include "geo/shapes.h"
#include "job/class_map.h"
#include "job/intake.h"
#include "job/job.h"

/** "zones", "permits", … as the options are called. */
const char *hg_audit_role_name(hg_audit_role role);

/** One source given to one role. */
typedef struct hg_audit_input {
    hg_audit_role role;
    int64_t date; /**< of a survey or coverage, civil seconds of its midnight; else HG_NO_TIME */
} hg_audit_input;

/** Where a row came from: number of the input, 1-based data row in it. */
typedef struct hg_audit_origin {
    uint32_t input, row;
} hg_audit_origin;

/*
 * In all of these: texts are ids in the pool, HG_NO_TEXT where empty; dates are civil seconds,
 * HG_NO_TIME where empty; numbers are NaN where empty.
 */

/** "state_land" …, as in the input. */
const char *hg_zone_kind_name(hg_zone_kind kind);

typedef struct hg_audit_zone {
    hg_audit_origin origin;
    uint32_t id; /**< never empty, never "*", never twice: rows alike but for their outline are one zone */
    hg_zone_kind kind;
    double priority; /**< the smaller number wins an overlap; NaN after all numbers; ties by id */
    int64_t valid_from, valid_to; /**< in force valid_from <= t < valid_to; HG_NO_TIME = open */
} hg_audit_zone;

typedef struct hg_audit_permit {
    hg_audit_origin origin;
    uint32_t id, holder; /**< id as of zones; no holder = any occupant */
    uint32_t first_class, class_count; /**< numbers of the class map in permit_classes; 0 = all classes */
    int64_t signed_on, valid_from, valid_to; /**< valid_from <= t < valid_to; HG_NO_TIME = open */
} hg_audit_permit;

typedef struct hg_audit_patch {
    hg_audit_origin origin;
    uint32_t id;         /**< never empty: a patch without one is given "#<input>-<row>", and noted */
    uint32_t class_text; /**< as it stands in the survey */
    uint16_t class_number; /**< in the class map */
    uint8_t verdict;       /**< hg_verdict */
    uint32_t occupant;
    double rmse_m, count, tonnes;
} hg_audit_patch;

typedef struct hg_audit_action {
    hg_audit_origin origin;
    uint32_t patch_id; /**< never empty; whether there is such a patch is for the audit to say */
    uint32_t action_text;
    hg_action_kind kind;
    int64_t date, deadline;
    double claimed_m2;
    uint32_t proof;
} hg_audit_action;

typedef struct hg_audit_asset {
    hg_audit_origin origin;
    uint32_t id, zone_id; /**< id never empty, never twice */
    double rooms;
    int64_t occupied_from, recovered_on;
    uint32_t action_text;
    hg_action_kind kind;
} hg_audit_asset;

typedef enum hg_patrol_level { HG_PATROL_OTHER, HG_PATROL_TOWN, HG_PATROL_VILLAGE } hg_patrol_level;

typedef struct hg_audit_patrol {
    hg_audit_origin origin;
    uint32_t zone_id; /**< never empty */
    int64_t date;
    hg_patrol_level level;
    uint32_t level_text;
} hg_audit_patrol;

typedef struct hg_audit_opening {
    hg_audit_origin origin;
    uint32_t zone_id; /**< never empty */
    uint32_t class_text;
    uint16_t class_number;
    double area_m2; /**< finite, not negative */
    int64_t signed_on;
} hg_audit_opening;

/** One date: all surveys and all coverages of it. */
typedef struct hg_audit_epoch {
    int64_t date;
    hg_audit_patch *patches; /**< in order of inputs, then rows */
    size_t count;
    hg_shapes shapes; /**< one a patch */
    bool has_coverage; /**< false: everything was flown */
    hg_shapes coverage;
    hg_audit_origin *coverage_origin; /**< one a shape of coverage */
} hg_audit_epoch;

/** A value that was not used, or something else worth a row in `ledger_notes`. */
typedef struct hg_audit_note {
    hg_audit_origin origin;
    const char *reason; /**< a code such as "bad_time"; static text */
    uint32_t value;
} hg_audit_note;

typedef struct hg_audit_inputs {
    hg_pool *pool;
    hg_audit_input *inputs; /**< in order of roles, surveys and coverages by date, then as given */
    hg_input_facts *facts;  /**< of the same */
    size_t input_count;

    hg_audit_zone *zones;
    hg_shapes zone_shapes; /**< one a zone; all shapes are in metres in `crs` */
    size_t zone_count;
    hg_audit_permit *permits;
    hg_shapes permit_shapes;
    size_t permit_count;
    uint16_t *permit_classes;
    size_t permit_class_count, permit_class_capacity;
    hg_audit_epoch *epochs; /**< ascending by date, at least one */
    size_t epoch_count;
    hg_audit_action *actions;
    size_t action_count;
    hg_audit_asset *assets;
    size_t asset_count;
    hg_audit_patrol *patrols;
    size_t patrol_count;
    hg_audit_opening *openings;
    size_t opening_count;

    hg_crs *crs; /**< analysis CRS, metres */
    char crs_why[256];
    hg_rejects rejects; /**< by input, then row; their pool is the one above */
    hg_audit_note *notes; /**< likewise; the audit adds its own by hg_audit_note_add */
    size_t note_count, note_capacity;
} hg_audit_inputs;

/**
 * Reads everything the job's options name. `map` gives classes and actions their numbers.
 * Errors: HG_EUSAGE for what the options say (dates, columns, layers, a missing CRS), HG_EDATA for
 * sources that are broken, or hold no usable zone; HG_EIO.
 */
hg_status hg_audit_inputs_read(hg_job *job, const hg_class_map *map, hg_audit_inputs *out,
                               hg_error *err);
void hg_audit_inputs_dispose(hg_audit_inputs *in);
/** HG_EDATA: there is no zone that can be used, and why the first of them cannot. */
hg_status hg_audit_no_zone(const hg_audit_inputs *in, hg_error *err);
/** Notes to the user how much of each source was rejected or not understood; once all of it is known. */
void hg_audit_inputs_tell(hg_job *job, const hg_audit_inputs *in);

/** Puts the notes in order of origin, then reason. */
void hg_audit_notes_sort(hg_audit_inputs *in);
/** Adds a note; value may be NULL. */
hg_status hg_audit_note_add(hg_audit_inputs *in, hg_audit_origin origin, const char *reason,
                            const char *value, hg_error *err);

/** Facts: rows_read, accepted, rejected, analysis_crs, datum, inputs[] (role, date, counts, hash). */
void hg_audit_inputs_facts(hg_job *job, const hg_audit_inputs *in);
/** The tables `rejects` (source, layer, row, reason, value) and `ledger_notes` (source, row, reason, value). */
hg_status hg_audit_rejects_table(const hg_audit_inputs *in, hg_table **out, hg_error *err);
hg_status hg_audit_notes_table(const hg_audit_inputs *in, hg_table **out, hg_error *err);

#endif
