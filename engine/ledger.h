/* The recovery ledger: what an audit's flows come to by epoch, zone and class, and what actions claim of them. */
#ifndef HG_ENGINE_LEDGER_H
#define HG_ENGINE_LEDGER_H

#include "engine/audit.h"

/** A figure of the last signed report: what was encroached in a zone by a class. */
typedef struct hg_opening {
    uint32_t zone, class_id; /**< rank of the zone */
    double area_m2;
    int64_t signed_on; /**< HG_NO_TIME = not said */
} hg_opening;

/** What became of one action's claim. */
typedef struct hg_claim {
    uint32_t action;           /**< position in the input */
    hg_exact claimed;          /**< 0 with `open` */
    bool open;                 /**< no area was claimed: all that was recovered counts */
    hg_exact verified, unverified;
    bool unknown_patch;        /**< no survey names the patch */
    bool before_found;         /**< dated before the first flight that shows the patch */
    bool after_recovery;       /**< verified by land that an earlier flight had seen recovered */
} hg_claim;

/**
 * Matches claims and recovered land (cleared or regularised), action by action in order of date, patch and
 * kind: verified = min(claimed, land of the patch recovered and not yet assigned), first of the flights on or
 * after the action's date, then of earlier ones.
 * @param claims       [out] one an action, in that order; hg_free
 * @param unexplained  [out] result->flow_count areas that no action claims; 0 for other flows; hg_free
 */
hg_status hg_claims_make(const hg_land_input *in, const hg_audit_result *result, hg_claim **claims,
                         hg_exact **unexplained, hg_error *err);

/** Positions of the lineages that a survey calls by this id, or that are called so: ids[first] … of n. */
typedef struct hg_patch_names hg_patch_names;
hg_status hg_patch_names_new(const hg_land_input *in, const hg_audit_result *result,
                             hg_patch_names **out, hg_error *err);
void hg_patch_names_free(hg_patch_names *names);
/** The lineages of a name; *n = 0 where nobody has it. Borrowed. */
const uint32_t *hg_patch_names_find(const hg_patch_names *names, const char *patch_id, size_t *n);

/**
 * One line; zone or class HG_AUDIT_NONE = all. closing = opening + occupied + lapsed + zone_in - cleared -
 * regularised - zone_out + transferred (+ restated, where a signed report gave the opening), to the last unit.
 */
typedef struct hg_ledger_row {
    uint32_t epoch, zone, class_id;
    hg_exact opening, occupied, lapsed, zone_in, cleared, regularised, zone_out, transferred, closing;
    hg_exact relapsed;     /**< of occupied */
    hg_exact within_error; /**< drawn differently, but by less than the tolerance: gained and lost together */
    hg_exact unexplained;  /**< of cleared and regularised: claimed by no action */
    hg_exact restated;     /**< the surveys' opening less that of the signed report, where one speaks of it */
    hg_exact closing_planar; /**< the land of `closing` as the plane has it */
    hg_exact noding;       /**< planar: what noding made of the outlines of the epoch */
} hg_ledger_row;

typedef struct hg_ledger {
    hg_ledger_row *rows; /**< by epoch; in it zones by rank with all last, in it classes likewise */
    size_t count;
} hg_ledger;

/**
 * The ledger from the second epoch on; with one epoch that one, against nothing or the report.
 * `openings` are those that count (see hg_openings_last); unexplained as hg_claims_make gives it.
 */
hg_status hg_ledger_make(const hg_land_input *in, const hg_audit_result *result,
                         const hg_opening *openings, size_t opening_count,
                         const hg_exact *unexplained, hg_ledger *out, hg_error *err);
void hg_ledger_dispose(hg_ledger *ledger);

/**
 * Keeps the entries of the last report signed before `before` (HG_NO_TIME = of any date), in place; entries
 * without a date count as one report older than all others. Returns how many stay.
 */
size_t hg_openings_last(hg_opening *openings, size_t n, int64_t before);

/**
 * Rounds figures to `decimals` so that they still sum to the rounded total (largest remainders first, then the
 * order given): values[n] in m2, out[n].
 */
hg_status hg_round_together(const double *values, size_t n, int decimals, double *out, hg_error *err);

#endif
