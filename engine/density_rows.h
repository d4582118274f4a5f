/*
 * The inner loops of the kernel density, private to engine: one source (density_rows.inc), compiled
 * once for each instruction set. Lengths here are in cells, columns are counted from a block's
 * origin.
 */
#ifndef HG_ENGINE_DENSITY_ROWS_H
#define HG_ENGINE_DENSITY_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Doubles in a slot: up to seven coefficients, and a count in the last; narrow: up to three. */
enum { HG_LANES = 8, HG_NARROW_LANES = 4 };

/** Doubles in a slot of a kernel of this degree in 1 - u^2. */
static inline size_t hg_slot_lanes(int degree)
{
    return degree <= 1 ? HG_NARROW_LANES : HG_LANES;
}

/** Points of one block that one row meets; w NULL = all 1. */
typedef struct hg_run {
    size_t n;
    const double *y; /**< in rows, downwards, from the centre of row 0 */
    const double *b; /**< in columns, from the block's origin */
    const double *w;
} hg_run;

/** Where a row's polynomials begin and end: slot k stands for column k - reach of the block. */
typedef struct hg_slots {
    double radius2; /**< squared support radius */
    double reach;   /**< a whole number, at least half a block + radius + 2 */
    double *slot;   /**< 2 reach + 2 slots rounded up to eights, all zero between rows */
} hg_slots;

/** Adds each point's polynomial of the row at `row` where it begins, takes it away where it ends.
 */
typedef void (*hg_scatter_fn)(const hg_run *run, double row, const hg_slots *slots);

/**
 * Runs the sum over n slots (a multiple of eight), evaluates it with the powers of the columns (a
 * slot of them for each), adds what is positive to out, and leaves the slots zero.
 */
typedef void (*hg_sweep_fn)(double *slot, const double *powers, size_t n, double *out);

typedef struct hg_row_loops {
    const char *name;
    hg_scatter_fn scatter[4]; /**< by the kernel's degree in 1 - u^2 */
    hg_sweep_fn sweep[4];     /**< by the same degree */
    /** out[j] += factor * table[j] for j = 0 … n-1. */
    void (*add_scaled)(double *out, const double *table, double factor, size_t n);
    /** out[j] += max(0, peak - slope * sqrt((j - b)^2 + dy2)) for j = first … end-1. */
    void (*add_cone)(double *out, int64_t first, int64_t end, double b, double dy2, double peak,
                     double slope);
    /** out[j] += a * max(0, s - (j - b)^2)^degree for j = first … end-1; degree 0 … 3. */
    void (*add_power)(double *out, int64_t first, int64_t end, double b, double s, double a, int degree);
} hg_row_loops;

/** The loops of the instruction set in use. */
const hg_row_loops *hg_row_loops_now(void);

/** The columns strictly within `radius` of (dy, b), first … end-1; false where there are none. */
bool hg_row_interval(double radius, double dy, double b, int64_t *first, int64_t *end);

extern const hg_row_loops hg_row_loops_baseline;
#if defined(__x86_64__)
extern const hg_row_loops hg_row_loops_avx2;
extern const hg_row_loops hg_row_loops_avx512;
#endif

#endif
