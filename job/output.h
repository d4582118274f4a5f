/* Outputs: names, sidecars, run information. */
#ifndef HG_JOB_OUTPUT_H
#define HG_JOB_OUTPUT_H

#include "io/geopackage.h"
#include "io/hash.h"
#include "io/style.h"
#include "job/job.h"

/** HG_EUSAGE unless the output ends in one of the extensions (NULL-terminated, with dots). */
hg_status hg_check_extension(const hg_job *job, const char *const *extensions, hg_error *err);

/**
 * HG_EUSAGE where `path`, a file about to be written, is an input, the study area or the places, under
 * whatever name: no run may replace what it reads.
 */
hg_status hg_check_not_read(const hg_job *job, const char *path, hg_error *err);

/** output without its extension plus `suffix`: "hot.gpkg" -> "hot_density.tif"; free with hg_free. */
char *hg_beside(const char *output, const char *suffix);
/** The last part of a path; borrowed. */
const char *hg_base_name(const char *path);

/** Writes text to a file. Errors: HG_EIO. */
hg_status hg_write_text(const char *path, const char *text, hg_error *err);

/** Facts of the run as a whole (seconds, recorded_at, command line, output); call last. */
void hg_run_facts(hg_job *job, double read_s, double analyse_s, double write_s);
/** SHA-256 of n sidecars that are written whole but not yet in place. */
hg_status hg_sidecar_hashes(hg_job *job, const char *const *temps, size_t n, char (*hex)[HG_SHA256_HEX],
                            hg_error *err);
/** Records their names and hashes. */
void hg_sidecar_facts(hg_job *job, const char *const *finals, size_t n, char (*hex)[HG_SHA256_HEX]);
/** All facts as a table run_info (key, value). */
hg_status hg_fact_table(hg_job *job, hg_table **out, hg_error *err);
/** Stores all facts as run_info and as a metadata row. */
hg_status hg_store_facts(hg_job *job, hg_gpkg *gpkg, hg_error *err);
/** Stores each as the default style of its layer. */
hg_status hg_store_styles(const hg_style *styles, size_t n, hg_gpkg *gpkg, hg_error *err);

#endif
