/* What computes the rows of a surface: exact, fast, or with a bandwidth for each incident. */
#ifndef HG_JOB_SURFACE_ROWS_H
#define HG_JOB_SURFACE_ROWS_H

#include "engine/fast.h"
#include "job/ranks_plan.h"
#include "job/study.h"

typedef struct hg_surface_rows {
    hg_density_plan *exact;
    hg_ranks_plan *shared; /**< exact, by all ranks */
    hg_fast_plan *fast;
    hg_adaptive_plan *adaptive;
} hg_surface_rows;

/**
 * Plans the rows of the study's surface by --method and --adaptive; how it came about goes into surface->method and
 * surface->spread. Errors: those of the engine's plans.
 */
hg_status hg_surface_rows_plan(hg_job *job, const hg_study *study, const hg_points *points, hg_surface *surface,
                               hg_surface_rows *rows, hg_error *err);
void hg_surface_rows_free(hg_surface_rows *rows);

/** Rows that make a band of good size. */
int64_t hg_surface_rows_at_once(const hg_surface_rows *rows);
/** Per square metre, rows row0 … row0+n-1 of the grid, ascending from call to call. */
hg_status hg_surface_rows_compute(const hg_surface_rows *rows, int64_t row0, int64_t n, double *out, hg_error *err);
/** Mass on the lattice beyond the grid. */
hg_status hg_surface_rows_beyond(const hg_surface_rows *rows, double *mass, hg_error *err);

/** Facts of the method: which, asked for how, error proved and sampled, cost expected. */
void hg_surface_method_facts(hg_job *job, const hg_surface *surface);
/** ", fast: within 4.1e-4 of the peak"; nothing of an exact surface that was asked for. */
void hg_surface_method_summarise(hg_text *summary, const hg_surface *surface);

#endif
