/* The inside of the audit job: what its files hand to each other. */
#ifndef HG_JOB_AUDIT_H
#define HG_JOB_AUDIT_H

#include "engine/cases.h"
#include "engine/units.h"
#include "io/geopackage.h"
#include "job/roles.h"

/** A row of `repairs`. */
typedef struct hg_audit_repair {
    hg_audit_origin origin;
    const char *id; /**< of the zone, permit or patch; NULL for a coverage */
    hg_repair what;
} hg_audit_repair;

/** From roles to results; everything points into `in` and its pool. */
typedef struct hg_auditing {
    hg_class_map map;
    hg_audit_inputs in;

    hg_land_zone *zones;
    hg_land_permit *permits;
    hg_land_patch *patches;
    hg_land_action *actions;
    hg_land_class *classes;
    hg_audit_origin *patch_origins;
    hg_polygon_mm *zone_outlines, *permit_outlines, *patch_outlines, *coverage_outlines;
    uint32_t *permit_classes, *coverage_epoch;
    int64_t *epochs;
    char (*epoch_texts)[32];
    double *count, *tonnes; /**< per patch */
    double *water_level_m;  /**< per epoch; NULL = none given */
    hg_action_terms *terms; /**< per action */
    hg_audit_repair *repairs;
    size_t repair_count, repair_capacity;
    size_t patch_room, coverage_room; /**< outlines allocated */
    hg_land_input land; /**< borrows all of the above */

    hg_audit_result result;
    uint32_t *rank_of_zone; /**< zone in the input -> rank */
    size_t *action_start;   /**< per lineage: its first action in action_list; one more at the end */
    uint32_t *action_list;  /**< actions by lineage, then date */
    hg_claim *claims;
    hg_exact *unexplained;
    hg_opening *openings;
    size_t opening_count;
    hg_ledger ledger;
    hg_case *cases;
    size_t case_count;
    hg_farmland_sum *farmland;
    size_t farmland_count;
    uint32_t *farmland_of; /**< per lineage */
    hg_units_row *units;
    size_t unit_count;
    hg_patrol_duty *duties;
    size_t duty_count;
    double extent[4]; /**< of everything that is encroached on, else of the zones; with a margin, in metres */
    int64_t as_of; /**< last day that any input speaks of: deadlines are held against it */
} hg_auditing;

/** Outlines on the lattice, repairs, rejects; fills `land`. */
hg_status hg_audit_land_make(hg_job *job, hg_auditing *a, hg_error *err);
/** Adds a copy to the repairs; false without memory. */
bool hg_audit_repair_add(hg_auditing *a, const hg_audit_repair *repair);
/** Ledger, claims, cases, units, patrols from the result; adds what is odd to the notes. */
hg_status hg_audit_books_make(hg_job *job, hg_auditing *a, hg_error *err);
/** Frees the outlines that nothing needs any more once the books are made. */
void hg_auditing_let_go(hg_auditing *a);
void hg_auditing_dispose(hg_auditing *a);

/** Id of a zone by rank ("*" for HG_AUDIT_NONE) and name of a class likewise. */
const char *hg_audit_zone_id(const hg_auditing *a, uint32_t rank);
const char *hg_audit_class_name(const hg_auditing *a, uint32_t class_id);
/** "", "confirmed", "rejected", "pending". */
const char *hg_audit_verdict_name(hg_verdict verdict);
/** "2019-10-31" of an epoch. */
const char *hg_audit_epoch_text(const hg_auditing *a, uint32_t epoch);
/** 亩 of an area. */
double hg_mu(hg_exact area);
/** Step of severity of an area ("一般" …). */
const char *hg_audit_severity(const hg_auditing *a, hg_exact area);

enum { HG_AUDIT_TABLES = 18 };

typedef struct hg_audit_tables {
    hg_table *items[HG_AUDIT_TABLES]; /**< in the order in which the file lists them */
    size_t count;
} hg_audit_tables;

/** Layers with geometry: encroachments, changes, slivers, zones. Frees the result's outlines on the way. */
hg_status hg_audit_layers_make(hg_job *job, hg_auditing *a, hg_audit_tables *t, hg_error *err);
/** Tables: ledger, by_zone, by_class, claims, by_action, cases … ledger_notes, rejects. */
hg_status hg_audit_books_tables(hg_job *job, const hg_auditing *a, hg_audit_tables *t, hg_error *err);
/** Gives a table and its columns their words in the language. */
hg_status hg_audit_title(const char *lang, hg_table *table, hg_error *err);
void hg_audit_tables_dispose(hg_audit_tables *t);
/** Default styles and the embedded project, epochs as groups. */
hg_status hg_audit_styles(hg_job *job, const hg_auditing *a, const hg_audit_tables *t, hg_gpkg *gpkg,
                          hg_error *err);

void hg_audit_facts(hg_job *job, const hg_auditing *a);
hg_status hg_audit_summarise(hg_job *job, const hg_auditing *a, hg_error *err);

#endif
