/*
 * Emerging hot spots: a cube of counts (cells of A x steps of time), Gi* of every step with Benjamini-Hochberg
 * over its cells, the Mann-Kendall test of each cell's series of z, and the pattern these make.
 */
#ifndef HG_ENGINE_TRENDS_H
#define HG_ENGINE_TRENDS_H

#include "engine/emerging.h"
#include "engine/incidents.h"
#include "engine/mann_kendall.h"
#include "engine/neighbourhood.h"
#include "engine/time_steps.h"

typedef struct hg_trends_input {
    const hg_grid *grid;
    const float *share; /**< raster order; 0 = not a cell of A */
    const hg_incidents *incidents;
    hg_time_steps steps;
    const hg_neighbourhood *around;
    bool hamed_rao; /**< the trend of z allows for steps that follow each other */
} hg_trends_input;

/** One cell of A over all steps. */
typedef struct hg_trend_cell {
    uint64_t cell; /**< index in the grid */
    hg_pattern pattern;
    hg_mann_kendall trend;       /**< of z; steps without z count as 0 */
    hg_mann_kendall count_trend; /**< of the counts */
    double incidents;            /**< sum over the steps */
    uint32_t hot, cold;          /**< steps */
} hg_trend_cell;

typedef struct hg_trend_step {
    double incidents;
    size_t hot, cold, tests; /**< cells; m of the correction */
} hg_trend_step;

typedef struct hg_trends {
    size_t cells, steps;
    hg_trend_cell *cell; /**< all cells of A, raster order */
    hg_trend_step *step;
    double *z;          /**< step k of cell i at [k * cells + i]; NaN where a map has no variance */
    hg_mann_kendall trend; /**< of the incidents per step, in A as a whole */
    size_t patterns[HG_PATTERN_END]; /**< cells of each */
    uint64_t counted;  /**< incidents that have a part in some step */
    uint64_t untimed;  /**< incidents of A without a time, in no step */
    double incidents;  /**< sum over the cube */
    double outside;    /**< of the incidents of A with a time, what lies in no step */
} hg_trends;

/** Bytes for one cell and step while computing. */
enum { HG_TRENDS_BYTES = 2 * sizeof(double) + 1 };

/**
 * Incidents in a window and step below which Gi* by the normal distribution takes chance for hot spots: of random
 * maps of 4,900 cells 0.5 % of the cells are hot with 1 incident a window, 0.08 % with 5, 0.03 % with 10.
 */
enum { HG_TRENDS_WINDOW = 5 };

/**
 * Incidents count, whatever their weights; one known within an interval (t_start to t_end) counts in every step by
 * the share of the interval that lies in it. Halo incidents are left out. A cell is hot in a step where q <= 0.10
 * and z > 0, cold where q <= 0.10 and z < 0, q from the two-sided normal p over all cells of A that have a z.
 * The trend is significant where its two-sided p <= 0.05. The same bit for bit whatever the thread count.
 * Errors: HG_EDATA where no incident counts; those of hg_local_plan_new and hg_mann_kendall_test.
 */
hg_status hg_trends_compute(const hg_trends_input *input, hg_control *control, hg_trends *out, hg_error *err);
void hg_trends_dispose(hg_trends *trends);

/**
 * Side of the cells where none is given: the largest of 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000,
 * 10000 m that is at most a hundredth of the area's longest side; then as much larger as it takes for a window of
 * nine cells to hold five incidents a step on average, but not beyond a twentieth of that side; at least 10 m.
 * @param per_step  incidents in a step on average
 */
double hg_trends_auto_cell(double longest_side_m, double area_m2, double per_step);

#endif
