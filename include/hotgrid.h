/*
 * hotgrid: hotspot, encroachment and safety-index analysis of incidents and survey polygons.
 *
 * This is the one installed header. Conventions that hold for everything in it:
 *
 *  - A function that can fail returns hg_status and takes an optional caller-owned hg_error as its
 *    last parameter (NULL if you do not care). Outputs are not modified unless HG_OK is returned.
 *  - hg_x_new allocates and hg_x_free releases; hg_x_free(NULL) does nothing. A returned const
 *    pointer is borrowed from the object it was asked of.
 *  - Units stand in names: _m metres, _m2 square metres, _per_km2, _deg degrees. Angles are degrees,
 *    longitude first. Text is UTF-8.
 *  - No object is safe to use from two threads at once, except that hg_job_cancel may be called from
 *    anywhere, a signal handler included. Different objects are independent.
 */
#ifndef HOTGRID_H
#define HOTGRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HG_API __attribute__((visibility("default")))
#else
#define HG_API
#endif

#define HG_VERSION_MAJOR 0
#define HG_VERSION_MINOR 1
#define HG_VERSION_PATCH 0

/* ------------------------------------------------------------------ status and errors ---------- */

/** What became of a call. The set is closed: HG_STATUS_END is one past the last. */
typedef enum hg_status {
    HG_OK = 0,
    HG_EFAIL,      /**< an analysis could not be carried out */
    HG_EUSAGE,     /**< an option value, column name or combination the caller must change */
    HG_EDATA,      /**< input that is empty, truncated, undecodable or not what it claims to be */
    HG_EIO,        /**< missing, unreadable, unwritable or existing files; a full disk */
    HG_ENOMEM,     /**< memory could not be allocated */
    HG_ECANCELLED, /**< hg_job_cancel was called */
    HG_STATUS_END
} hg_status;

/** Room for one line that states the fact, with the value and what was expected. */
typedef struct hg_error {
    hg_status status;
    char message[512];
} hg_error;

/** A short name of a status ("bad data"); never NULL. */
HG_API const char *hg_status_text(hg_status status);

/** The exit code a command ends with: 0 ok, 1 failure, 2 usage, 3 data, 4 input/output, 130 cancelled. */
HG_API int hg_status_exit_code(hg_status status);

/** Version of the library that is linked, as "major.minor.patch". */
HG_API const char *hg_version(void);

/* ------------------------------------------------------------------ Chinese web-map offsets ---- */

/**
 * WGS 84 to GCJ-02, both in degrees. Outside 72.004-137.8347 E, 0.8293-55.8271 N the input is
 * returned. Forward formula as published by the eviltransform and gcoord projects.
 */
HG_API void hg_wgs84_to_gcj02(double lon_deg, double lat_deg, double *gcj_lon, double *gcj_lat);

/**
 * The inverse by fixed-point iteration: hg_wgs84_to_gcj02 of the result is within 1 mm of the input.
 * Returns false, with the last iterate, if 30 steps do not get there.
 */
HG_API bool hg_gcj02_to_wgs84(double gcj_lon, double gcj_lat, double *lon_deg, double *lat_deg);

/** GCJ-02 to BD-09, both in degrees. */
HG_API void hg_gcj02_to_bd09(double gcj_lon, double gcj_lat, double *bd_lon, double *bd_lat);

/** The inverse, iterated to 1 mm as above. */
HG_API bool hg_bd09_to_gcj02(double bd_lon, double bd_lat, double *gcj_lon, double *gcj_lat);

/* ------------------------------------------------------------------ kernel density ------------ */

/** A grid on the anchored lattice: cell corners lie on whole multiples of cell_m. */
typedef struct hg_lattice {
    double cell_m;         /**< side of a cell, a whole number of centimetres */
    int64_t west, top;     /**< lattice column of the first column, lattice row of the top row */
    int64_t columns, rows; /**< at least 1, below 2^31 */
} hg_lattice;

/**
 * Exact kernel density at cell centres, in double precision: out[row * columns + column] = sum of
 * w_i K(d_i / h) / h^2 x 10^6, weight per square kilometre. Cell (column, row), row 0 northernmost,
 * has its centre at ((west + column + 0.5) cell_m, (top - row + 0.5) cell_m).
 *
 * @param x, y         [in] n coordinates in metres
 * @param w            [in] n weights, finite and not negative; NULL = all 1
 * @param kernel       [in] "uniform", "triangular", "epanechnikov", "quartic", "triweight", "gaussian"
 * @param bandwidth_m  [in] support radius, sigma for the Gaussian (cut at 4 sigma); at least cell_m
 * @param threads      [in] 0 = one per core; the result does not depend on it
 * @param out          [out] rows x columns values, untouched unless HG_OK
 *
 * Within 1e-9 of the peak of a brute-force sum, never negative, 0 where no point is within the support.
 * Errors: HG_EUSAGE for a kernel, bandwidth or lattice that is none; HG_ENOMEM.
 */
HG_API hg_status hg_kernel_density(const double *x, const double *y, const double *w, size_t n,
                                   const hg_lattice *lattice, const char *kernel,
                                   double bandwidth_m, int threads, double *out, hg_error *err);

/* ------------------------------------------------------------------ local statistics ---------- */

/** Columns of n values that hg_local_statistics fills; NULL = not wanted. */
typedef struct hg_local_columns {
    double *gi_z;        /**< Gi* with binary weights, the place itself included (Ord and Getis 1995) */
    double *gi_p;        /**< upper normal tail of gi_z */
    double *gi_p_sim;    /**< (1 + draws at least as large) / (1 + draws); NaN without draws */
    double *moran;       /**< local Moran's I: weights 1 / number of neighbours, itself left out (Anselin 1995) */
    double *moran_z;     /**< by its mean and variance when the other places exchange their values */
    double *moran_p;     /**< upper normal tail of moran_z */
    double *moran_p_sim; /**< as gi_p_sim */
} hg_local_columns;

/**
 * Getis-Ord Gi* and local Moran's I of values at n places with lists of neighbours: units, points, cells.
 *
 * @param value      [in] n finite values, in any unit; their scale and offset make no difference
 * @param first      [in] n + 1 positions: neighbour[first[i]] … neighbour[first[i + 1] - 1] are those of place i
 * @param neighbour  [in] indexes of other places, each at most once in a list; lists need not be symmetric
 * @param draws      [in] relabellings of all values behind the _sim columns; 0 = none
 * @param seed       [in] of the relabellings; draw d is the same on every machine
 * @param threads    [in] 0 = one per core; the result does not depend on it
 * @param out        [out] columns; untouched unless HG_OK
 *
 * NaN where a statistic has no variance: all values are equal, all places are neighbours; for Moran also
 * without neighbours, and its z where a place lies on the mean. Whole numbers are relabelled exactly; other
 * values to 12 digits of their range (lists of up to 1,000), and what is equal so far counts as large.
 * Errors: HG_EUSAGE for fewer than 3 places, a list that names itself, twice the same or no place, draws < 0;
 * HG_EDATA for a value that is not finite; HG_ENOMEM.
 */
HG_API hg_status hg_local_statistics(const double *value, size_t n, const size_t *first, const uint32_t *neighbour,
                                     int draws, uint64_t seed, int threads, const hg_local_columns *out,
                                     hg_error *err);

/* ------------------------------------------------------------------ ranks --------------------- */

/**
 * For programs that MPI starts on several processes, where the library is built with it (HOTGRID_MPI): begins and
 * ends MPI. In between, hg_job_run of the same job on every rank shares the work; results, notes and facts are rank
 * 0's, and every rank returns the same status. Otherwise these do nothing. Both from the thread that runs the jobs;
 * hg_ranks_stop with what the process will exit with: a job whose ranks lost each other is ended with it at once.
 * Errors: HG_EFAIL as MPI reports it.
 */
HG_API hg_status hg_ranks_start(hg_error *err);
HG_API void hg_ranks_stop(int exit_code);
/** The number of this process among them, from 0; the one that speaks is 0. */
HG_API int hg_own_rank(void);

/* ------------------------------------------------------------------ jobs ---------------------- */

/**
 * A job is one command of the `hotgrid` program as a library call: the same options by the same
 * names, inputs in order, one run. What the command does, a C program can do:
 *
 *     hg_job *job = NULL;
 *     hg_error err;
 *     if (hg_job_new("hotspots", &job, &err) == HG_OK &&
 *         hg_job_set(job, "bandwidth", "400m", &err) == HG_OK &&
 *         hg_job_add_input(job, "thefts.csv", &err) == HG_OK &&
 *         hg_job_set(job, "output", "hot.gpkg", &err) == HG_OK &&
 *         hg_job_run(job, &err) == HG_OK)
 *         puts(hg_job_summary(job));
 *     else
 *         fprintf(stderr, "%s\n", err.message);
 *     hg_job_free(job);
 */
typedef struct hg_job hg_job;

/** A command: what it is called, what it does, how it is typed. */
typedef struct hg_command_info {
    const char *name;
    const char *summary;         /**< one line */
    const char *synopsis;        /**< after "hotgrid NAME" */
    const char *const *examples; /**< NULL-terminated command lines that run */
} hg_command_info;

/** An option of one or more commands. */
typedef struct hg_option_info {
    const char *name;     /**< without the dashes */
    char short_name;      /**< 0 = none */
    const char *argument; /**< what stands for the value in help; NULL = a flag */
    const char *help;     /**< one or more sentences */
    bool source;          /**< a source option: before the first input for all, after one for that */
    bool repeatable;
} hg_option_info;

/** Commands, index 0 … hg_command_count() - 1; NULL beyond. */
HG_API size_t hg_command_count(void);
HG_API const hg_command_info *hg_command_at(size_t i);

/** Options in the order in which help shows them; NULL beyond. */
HG_API size_t hg_option_count(void);
HG_API const hg_option_info *hg_option_at(size_t i);
/** Whether a command takes an option (by index). */
HG_API bool hg_option_applies(size_t option, const char *command);

/** Errors: HG_EUSAGE for a command that does not exist. */
HG_API hg_status hg_job_new(const char *command, hg_job **out, hg_error *err);
HG_API void hg_job_free(hg_job *job);

/**
 * Sets an option ("bandwidth", "400m"). A flag takes NULL. A source option set before the first
 * input holds for all inputs, after one for that input only.
 * Errors: HG_EUSAGE for an option the command does not take or a value it does not accept.
 */
HG_API hg_status hg_job_set(hg_job *job, const char *option, const char *value, hg_error *err);
HG_API hg_status hg_job_add_input(hg_job *job, const char *source, hg_error *err);

/** Progress of the named step, 0 … 1, on the thread that called hg_job_run. */
typedef void (*hg_job_progress)(void *payload, const char *step, double fraction);
HG_API void hg_job_on_progress(hg_job *job, hg_job_progress progress, void *payload);

/** For run_info: how the caller was invoked. Copied; credentials are redacted. */
HG_API hg_status hg_job_set_command_line(hg_job *job, int argc, char *const *argv, hg_error *err);

/** Runs once. Either every output is there and whole, or none has changed. */
HG_API hg_status hg_job_run(hg_job *job, hg_error *err);

/** Makes a running hg_job_run end soon with HG_ECANCELLED. Safe from signal handlers and threads. */
HG_API void hg_job_cancel(hg_job *job);

/** After a run: what was found, for people; lines end in newlines. */
HG_API const char *hg_job_summary(const hg_job *job);
/** After a run: the same and more for machines, one JSON object; NULL without memory. */
HG_API const char *hg_job_json(hg_job *job);
/** What was guessed, assumed or looks odd; also after a failure. */
HG_API size_t hg_job_note_count(const hg_job *job);
HG_API const char *hg_job_note(const hg_job *job, size_t i);


#ifdef __cplusplus
}
#endif

#endif
