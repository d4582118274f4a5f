/*
 * Outputs that appear whole or not at all. Each is written beside its final name and renamed when
 * everything is done: in the order asked for, so ask for sidecars first and the GeoPackage last.
 */
#ifndef HG_IO_STAGING_H
#define HG_IO_STAGING_H

#include "base/error.h"

typedef struct hg_staging hg_staging;

hg_status hg_staging_new(bool overwrite, hg_staging **out, hg_error *err);

/**
 * A temporary path in the same folder (same extension) for an output. Borrowed.
 * Errors: HG_EIO if the folder is missing or unwritable, the output is a folder, or it exists and
 * overwrite is off (the message names --overwrite).
 */
hg_status hg_staging_add(hg_staging *staging, const char *final_path, const char **temp_path,
                         hg_error *err);

/**
 * The same for a file that exists and is to be changed: the temporary file begins as its copy and
 * replaces it, whatever `overwrite` says. Errors: also HG_EIO where the copy does not fit.
 */
hg_status hg_staging_add_copy(hg_staging *staging, const char *final_path, const char **temp_path,
                              hg_error *err);

/**
 * What to call a file in a message: the final path if `path` is one that hg_staging_add gave out,
 * else `path` itself. Caller frees; NULL without memory.
 */
char *hg_staging_final_name(const char *path);

/** The folder a path lies in, "." where it names none. Free with hg_free; NULL without memory. */
char *hg_staging_folder(const char *path);

/**
 * HG_EIO if the folder of `path` has less than `bytes` free, or a file may not be that large (says
 * how much is needed and there).
 */
hg_status hg_staging_require_space(const char *path, uint64_t bytes, hg_error *err);

/** Flushes each file to disk and renames it to its final name, in order. */
hg_status hg_staging_commit(hg_staging *staging, hg_error *err);

/** Removes whatever was not committed, with the side files libraries leave (-journal, .ovr.tmp …).
 */
void hg_staging_free(hg_staging *staging);

#endif
