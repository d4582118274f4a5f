/* What the files of the hotspots command share. */
#ifndef HG_JOB_HOTSPOTS_H
#define HG_JOB_HOTSPOTS_H

#include "engine/composition.h"
#include "engine/outline.h"
#include "engine/pileup.h"
#include "engine/repeats.h"
#include "engine/week_profile.h"
#include "io/geopackage.h"
#include "job/at_risk.h"
#include "job/output.h"
#include "job/study.h"

/** Tests of the ranked cells, by position in the ranking; NULL = not made. */
typedef struct hg_cell_tests {
    double *p, *q;                    /**< of the exact test, or of Gi* with --significance gistar */
    double *gi_z, *gi_p, *gi_p_sim;   /**< descriptive: normal and relabelled one-sided p */
    double *moran, *moran_z, *moran_p, *moran_p_sim;
    size_t tests;                     /**< m of the correction */
    size_t levels[3];                 /**< cells of A with q <= 0.01, 0.05, 0.10, ranked or not */
} hg_cell_tests;

/** Everything a finished analysis knows; tables are made from it. */
typedef struct hg_findings {
    const hg_intake *in;
    const hg_study *study;
    float *density; /**< per km2, whole grid */
    float *score;   /**< the density itself, the counts, or these drawn towards it (engine/shrunk.h) */
    hg_score_units score_units;
    hg_cell_counts counts;
    double *expected; /**< the expected surface, raster order, any scale, 0 outside A; NULL = uniform over A */
    double expected_sum;  /**< over A */
    uint64_t unexpected;  /**< incidents in cells where nothing is expected */
    double density_mass;  /**< sum of density times share over A */
    hg_at_risk at_risk;   /**< what is known of --at-risk; its surface is `expected` */
    hg_intake *reference; /**< incidents of --against; NULL without */
    hg_ranking ranking;
    hg_cell_tests tests;
    double *stability; /**< rank_stability, by position in the ranking; NULL = not made */
    int64_t stability_runs; /**< 0 = not made */
    double *chance;      /**< concentration by chance per ranked cell; NULL with --chance 0 */
    uint32_t *area;      /**< area of each selected cell */
    size_t areas;
    uint32_t *group;     /**< position in the ranking of each incident's cell; UINT32_MAX = none */
    hg_compositions cells, area_compositions;
    hg_default_times defaults;
    hg_week_profile *weeks;  /**< of the whole study area, then of each area */
    const char **area_names; /**< borrowed from `places`; NULL without --places */
    hg_places *places;
    uint8_t *repeat; /**< of each incident whether it is a suspected repeat call */
    uint64_t repeats;
    hg_pile_ups pile_ups;
    int64_t pile_up_cells; /**< selected cells that leave without all pile-ups; -1 = none found */
} hg_findings;

void hg_findings_dispose(hg_findings *f);

/** Ranks, composes, names: all between the surface and the tables but the pile-ups. */
hg_status hg_findings_make(hg_job *job, hg_findings *f, hg_error *err);
/** Gi* and local Moran of the ranked cells, from counts, into f->tests; nothing with --significance none. */
hg_status hg_findings_local(hg_job *job, hg_findings *f, hg_error *err);
/** Finds pile-ups and what the selection owes to them; reads the rest of the findings only. */
hg_status hg_findings_pile_ups(hg_job *job, hg_findings *f, hg_error *err);

/** Errors: HG_EUSAGE for --shrinkage without --score shrunk. */
hg_status hg_score_check(const hg_job *job, hg_error *err);
/** What cells are ranked by, from density and counts. */
hg_status hg_score_make(const hg_job *job, hg_findings *f, hg_error *err);
/** --shrinkage, or its default of 1/2. */
double hg_score_shrinkage(const hg_job *job);
const char *hg_score_name(hg_score score);
/** Of --score shrunk. */
double hg_score_shrinkage(const hg_job *job);
void hg_score_facts(hg_job *job);

/** Fills f->stability; nothing with --stability 0. */
hg_status hg_findings_stability(hg_job *job, hg_findings *f, hg_error *err);
/** Mean stability of the selected cells by their areas. */
double hg_stability_mean(const hg_findings *f);
void hg_stability_facts(hg_job *job, const hg_findings *f);
void hg_summarise_stability(hg_job *job, const hg_findings *f);

/** The tables of a result. */
typedef struct hg_result_tables {
    hg_table *cells, *areas, *incidents, *rejects, *duplicates, *repeats, *pile_ups;
    hg_table *hours;   /**< `area_hours`; NULL where no incident has a known hour */
    hg_table *patches; /**< NULL where no input holds polygons */
} hg_result_tables;

/** All tables but the pile-ups. */
hg_status hg_result_tables_make(hg_job *job, const hg_findings *f, hg_result_tables *t,
                                hg_error *err);
void hg_result_tables_dispose(hg_result_tables *t);
/** `area_hours`: rank 0 = the whole study area, then the areas with 20 known hours or more. *out stays NULL without any. */
hg_status hg_area_hours_table(const hg_findings *f, hg_table **out, hg_error *err);
hg_status hg_pile_up_table(const hg_pile_ups *p, const char *lang, hg_table **out, hg_error *err);

/** Default styles and the embedded project; `raster` is the base name of the density raster. */
hg_status hg_result_styles(hg_job *job, const hg_findings *f, const hg_result_tables *t,
                           const char *raster, double peak_per_km2, hg_gpkg *gpkg, hg_error *err);
/** QML of a density raster with its classes up to the peak; caller frees with hg_free. */
hg_status hg_density_qml(const char *file, const char *title, double peak_per_km2,
                         const char *lang, char **qml, hg_error *err);

#endif
