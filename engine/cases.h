/* Where each patch stands between being found and being struck off. */
#ifndef HG_ENGINE_CASES_H
#define HG_ENGINE_CASES_H

#include "engine/ledger.h"

typedef enum hg_case_state {
    HG_CASE_FOUND,         /**< 发现: encroaching, not reviewed */
    HG_CASE_UNDECIDED,     /**< 待定 */
    HG_CASE_NOT_CONFIRMED, /**< 不属实: left the ledger */
    HG_CASE_CONFIRMED,     /**< 属实: no action yet */
    HG_CASE_RECTIFYING,    /**< 整改中: an action is under way */
    HG_CASE_AWAITING,      /**< 待验收: recovery was claimed, no flight since */
    HG_CASE_RETURNED,      /**< 退回整改: a later flight shows less recovered than was claimed */
    HG_CASE_CLOSED,        /**< 销号: a later flight or a signed proof shows it recovered */
    HG_CASE_RELAPSED,      /**< 复发: on land that had been cleared */
    HG_CASE_STATES
} hg_case_state;

/** "发现", … */
const char *hg_case_state_name(hg_case_state state);

/** What the case needs of an action beyond the audit. */
typedef struct hg_action_terms {
    int64_t deadline; /**< HG_NO_TIME = none */
    bool proof;       /**< a signed proof is named */
} hg_action_terms;

typedef struct hg_case {
    uint32_t lineage, zone, class_id; /**< zone: rank of the zone with its largest part when last seen there */
    hg_case_state state;
    int64_t found_on;         /**< first flight on which it encroached */
    uint32_t action;          /**< last action, position in the input; HG_AUDIT_NONE = none */
    int64_t deadline;         /**< last one set; HG_NO_TIME = none */
    int64_t closed_on;        /**< HG_NO_TIME while it is open */
    int64_t overdue_days;     /**< 0 = not overdue as of the given day */
    hg_exact outstanding;     /**< encroached at the last epoch */
    hg_exact largest;         /**< at any epoch */
} hg_case;

/**
 * One case for every lineage that encroached at any epoch or was rejected, in order of lineages. A patch that
 * merged into another is closed when that one is. Of several actions of one day, any proof and the latest
 * deadline count.
 * @param terms  one an action, by position in the input
 * @param as_of  day against which deadlines are held, civil seconds
 */
hg_status hg_cases_make(const hg_land_input *in, const hg_audit_result *result,
                        const hg_claim *claims, const hg_action_terms *terms, int64_t as_of,
                        hg_case **out, size_t *count, hg_error *err);

/**
 * Land of one occupant on farmland zones at the last epoch, summed over patches; a patch whose occupant is
 * unknown stands alone. `key` numbers occupants by area, largest first: no names leave the audit.
 */
typedef struct hg_farmland_sum {
    uint32_t key;
    uint64_t patches;
    hg_exact basic, other; /**< on basic farmland, on other farmland */
    bool basic_reached, other_reached;
} hg_farmland_sum;

/**
 * @param sums    [out] by key; hg_free
 * @param key_of  [out] per lineage: index into sums, or HG_AUDIT_NONE; hg_free
 */
hg_status hg_farmland_sums(const hg_land_input *in, const hg_audit_result *result, double basic_m2,
                           double other_m2, hg_farmland_sum **sums, size_t *count, uint32_t **key_of,
                           hg_error *err);

#endif
