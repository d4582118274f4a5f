/*
 * The land and river audit: survey outlines of several epochs against zones and permits.
 *
 * Patches that touch each other, in whatever epoch, form a group. A group's outlines, the permits, coverages and
 * zones around it are noded once (geo/arrangement.h); every figure is a sum over the faces of that arrangement, in
 * exact integers, so what comes in and what goes out balance to the last unit. Groups are independent of each
 * other and share the threads.
 *
 * For every face and epoch it is settled whether the accepted outline holds it, of which patch and class it is,
 * in which zone it lies and whether a permit covers it; the change of these from one epoch to the next is what
 * the ledger books. docs/methods/audit.md states the algebra.
 */
#ifndef HG_ENGINE_AUDIT_H
#define HG_ENGINE_AUDIT_H

#include "base/control.h"
#include "geo/arrangement.h"

#define HG_AUDIT_NONE UINT32_MAX

typedef enum hg_zone_kind {
    HG_ZONE_OTHER,
    HG_ZONE_STATE_LAND,
    HG_ZONE_RIVER,
    HG_ZONE_PUBLIC_BUILDING,
    HG_ZONE_FARMLAND,
    HG_ZONE_BASIC_FARMLAND, /**< farmland with the lower threshold (永久基本农田) */
    HG_ZONE_KIND_END
} hg_zone_kind;

typedef enum hg_verdict {
    HG_VERDICT_NONE,
    HG_VERDICT_CONFIRMED, /**< 属实: the outline is taken as drawn, without tolerance */
    HG_VERDICT_REJECTED,  /**< 不属实: the outline counts for nothing */
    HG_VERDICT_PENDING    /**< 待定: counts, in a subtotal of its own */
} hg_verdict;

typedef enum hg_action_kind {
    HG_ACT_OTHER,
    HG_ACT_CONTRACT,   /**< 补签合同 */
    HG_ACT_RENT,       /**< 补缴租金 */
    HG_ACT_LITIGATION, /**< 诉讼 */
    HG_ACT_VOLUNTARY,  /**< 说服自行清退 */
    HG_ACT_DEMOLITION, /**< 依法清拆 */
    HG_ACT_END
} hg_action_kind;

typedef struct hg_land_zone {
    const char *id;
    hg_zone_kind kind;
    double priority; /**< lower goes first where zones overlap; NaN = after all that have one */
    int64_t valid_from, valid_to; /**< in force from <= t < to; HG_NO_TIME = open */
} hg_land_zone;

typedef struct hg_land_permit {
    const char *id, *holder; /**< holder NULL matches any occupant */
    const uint32_t *classes; /**< classes it allows; class_count 0 = all */
    size_t class_count;
    int64_t signed_on, valid_from, valid_to; /**< HG_NO_TIME = open */
} hg_land_permit;

typedef struct hg_land_patch {
    const char *id, *occupant; /**< occupant NULL = unknown */
    uint32_t epoch, class_id;
    double rmse_m; /**< NaN = that of the epoch */
    hg_verdict verdict;
} hg_land_patch;

typedef struct hg_land_class {
    const char *name;
    bool mobile; /**< rafts: an absence must be confirmed */
} hg_land_class;

typedef struct hg_land_action {
    const char *patch_id; /**< as a survey of any epoch calls it */
    hg_action_kind kind;
    int64_t date;      /**< civil seconds; HG_NO_TIME = not said */
    double claimed_m2; /**< NaN = all that was recovered */
} hg_land_action;

typedef struct hg_land_input {
    const hg_land_zone *zones;
    const hg_polygon_mm *zone_outlines;
    size_t zone_count;
    const hg_land_permit *permits;
    const hg_polygon_mm *permit_outlines;
    size_t permit_count;
    const hg_land_patch *patches;
    const hg_polygon_mm *patch_outlines;
    size_t patch_count;
    const uint32_t *coverage_epoch; /**< epoch of each coverage outline; an epoch without any is flown everywhere */
    const hg_polygon_mm *coverage_outlines;
    size_t coverage_count;
    const hg_land_action *actions;
    size_t action_count;
    const hg_land_class *classes;
    size_t class_count;
    const int64_t *epochs; /**< dates, ascending */
    size_t epoch_count;
    double tolerance_m;        /**< NaN = from the RMSE of the outlines */
    const double *water_level_m; /**< per epoch, NaN where not known; NULL = none known */
    double bank_slope;         /**< m of 1:m */
    bool rent_recovers;        /**< an action `rent` ends an encroachment from its date on */
    const hg_crs *crs;
    hg_area_mode area_mode;
} hg_land_input;

/** A patch through the epochs. */
typedef struct hg_audit_lineage {
    char *id;             /**< that of the outline that began it; with the date behind where that is taken */
    uint32_t first_epoch;
    uint32_t parent;      /**< the lineage it split from, or HG_AUDIT_NONE */
    uint32_t merged_into; /**< HG_AUDIT_NONE while it is on its own */
    uint32_t merged_epoch; /**< since when, where it is not */
    uint32_t *patch_at;   /**< per epoch: the outline (position in the input) it has there, or HG_AUDIT_NONE */
    uint32_t class_id;    /**< of its last outline */
    const char *occupant; /**< as last known; NULL if never */
    hg_verdict verdict;   /**< as last given */
    uint32_t absent_since; /**< mobile: first of the running absences, or HG_AUDIT_NONE */
} hg_audit_lineage;

/** What changed on a face between two epochs. */
typedef enum hg_change {
    HG_CHANGE_PERSISTING,
    HG_CHANGE_TRANSFERRED, /**< encroached before and after, but now of another zone or class */
    HG_CHANGE_OCCUPIED,
    HG_CHANGE_LAPSED,
    HG_CHANGE_ZONE_IN,
    HG_CHANGE_CLEARED,
    HG_CHANGE_REGULARISED,
    HG_CHANGE_ZONE_OUT,
    HG_CHANGE_GAINED_WITHIN_ERROR, /**< drawn, but not accepted: narrower than the tolerance */
    HG_CHANGE_LOST_WITHIN_ERROR,   /**< no longer drawn, but kept for the same reason */
    HG_CHANGE_KINDS
} hg_change;

/** "persisting" … "within_error_lost". */
const char *hg_change_name(hg_change change);

/** Land that changed (or stayed) in one way between epoch - 1 and epoch; with epoch 0, found by the first. */
typedef struct hg_audit_flow {
    uint32_t epoch, lineage, zone, class_id; /**< of after, but of before for what ended */
    uint32_t from_zone, from_class;          /**< with HG_CHANGE_TRANSFERRED; else as the above */
    hg_change change;
    hg_exact area, planar;
    hg_exact relapsed; /**< with HG_CHANGE_OCCUPIED: on land that had been cleared before */
    hg_polygon_mm outline; /**< empty for epoch 0 */
} hg_audit_flow;

/** What of a patch encroaches on one zone at one epoch. */
typedef struct hg_audit_piece {
    uint32_t epoch, lineage, zone, class_id; /**< the class with the largest part */
    hg_exact area, planar;
    hg_exact carried; /**< of it: not flown, or an absence that is not confirmed */
    hg_exact pending; /**< of it: under a permit whose holder cannot be compared with an unknown occupant */
    double tolerance_m;
    bool certain, probable; /**< largest inscribed circle wider than 2 tau; than tau */
    hg_polygon_mm outline;
} hg_audit_piece;

/** Where everything surveyed in an epoch went; all measured in the run's area mode. */
typedef struct hg_audit_balance {
    uint64_t patches;
    hg_exact surveyed;   /**< sum of all outlines as noded */
    hg_exact noding;     /**< of it: what noding added (or took, negative) */
    hg_exact repeated;   /**< counted more than once, because outlines overlap */
    hg_exact rejected;   /**< covered by rejected outlines only */
    hg_exact not_flown;  /**< drawn outside the epoch's coverage, hence not taken */
    hg_exact gained_within_error; /**< drawn but not accepted */
    hg_exact lost_within_error;   /**< accepted though not drawn any more */
    hg_exact carried;             /**< accepted though not seen: not flown, absence not confirmed */
    hg_exact outside, authorised, encroached; /**< what the accepted outlines consist of */
    hg_exact pending_verdict; /**< of encroached: verdict still pending */
} hg_audit_balance;

/** Difference that noding made to one outline, for the zone that holds its largest part. */
typedef struct hg_audit_noding {
    uint32_t patch, zone, class_id; /**< zone HG_AUDIT_NONE = outside all */
    hg_exact change;
    bool vanished; /**< nothing is left of it: it was narrower than a millimetre everywhere */
} hg_audit_noding;

/** An outline that lies under others of its epoch, wholly or in part. */
typedef struct hg_audit_overlap {
    uint32_t patch, other; /**< positions in the input; `other` is the one that owns the land */
    hg_exact area;
} hg_audit_overlap;

typedef struct hg_audit_result {
    hg_audit_lineage *lineages;
    size_t lineage_count;
    hg_audit_flow *flows;
    size_t flow_count;
    hg_audit_piece *pieces;
    size_t piece_count;
    hg_audit_balance *balances; /**< one an epoch */
    hg_audit_noding *nodings;
    size_t noding_count;
    hg_audit_overlap *overlaps;
    size_t overlap_count;
    size_t groups;
    uint32_t *zone_order; /**< zones by priority, then id */
} hg_audit_result;

/**
 * Runs the audit. Zones, lineages, flows and pieces come in an order that does not depend on that of the input.
 * Errors: HG_EFAIL for outlines that cannot be arranged; HG_ENOMEM; HG_ECANCELLED.
 */
hg_status hg_audit_run(const hg_land_input *input, hg_control *control, hg_audit_result *out,
                       hg_error *err);
void hg_audit_result_dispose(hg_audit_result *result);

#endif
