/* Ledgers of what is counted rather than measured: rooms of public buildings, rafts; and patrols. */
#ifndef HG_ENGINE_UNITS_H
#define HG_ENGINE_UNITS_H

#include "engine/audit.h"

/** A public building or part of one, as the register of assets has it. */
typedef struct hg_asset {
    uint32_t zone; /**< rank, or HG_AUDIT_NONE */
    double rooms;  /**< 间 */
    int64_t occupied_from; /**< HG_NO_TIME = before the first epoch */
    int64_t recovered_on;  /**< HG_NO_TIME = not yet */
} hg_asset;

/** closing = opening + occupied - recovered + transferred. */
typedef struct hg_units_row {
    uint32_t epoch, zone; /**< zone HG_AUDIT_NONE = all */
    uint32_t class_id;    /**< of rafts; HG_AUDIT_NONE = public buildings */
    const char *unit;     /**< "间", "组", "t" */
    double opening, occupied, recovered, closing;
    double transferred; /**< from another zone or class; 0 in total but for classes */
} hg_units_row;

/**
 * The units ledger, from the second epoch on (with one epoch that one): assets by zone and in total, then
 * mobile classes by zone and in total, in 组 (a raft without a count is one) and in tonnes. A raft belongs to the
 * zone that holds its largest part, and counts as it was last said to; rafts that split or merge are compared
 * together.
 * @param count, tonnes  of each patch by position in the input, NaN = not said
 */
hg_status hg_units_make(const hg_land_input *in, const hg_audit_result *result, const hg_asset *assets,
                        size_t asset_count, const double *count, const double *tonnes,
                        hg_units_row **out, size_t *rows, hg_error *err);

typedef struct hg_patrol {
    uint32_t zone; /**< rank */
    int64_t date;
    bool town;     /**< else village */
} hg_patrol;

typedef struct hg_patrol_duty {
    uint32_t zone;
    bool town;
    int64_t days;    /**< duty: at least once in so many days */
    uint64_t patrols;
    uint64_t periods, periods_met; /**< consecutive periods of `days` from `from` on, the last may be cut */
    int64_t longest_gap_days;      /**< between patrols, and to both ends */
} hg_patrol_duty;

/**
 * Frequency of patrols against the duty, for every river zone and every zone in the log, town and village
 * apart (a level that appears nowhere in the log is left out), from <= date < to.
 */
hg_status hg_patrol_duties(const hg_land_input *in, const hg_audit_result *result,
                           const hg_patrol *patrols, size_t count, int64_t from, int64_t to,
                           int64_t town_days, int64_t village_days, hg_patrol_duty **out, size_t *rows,
                           hg_error *err);

#endif
