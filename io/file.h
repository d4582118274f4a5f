/* Files as such: whether one can be read at all, said before a library is asked to open it; copies; folders. */
#ifndef HG_IO_FILE_H
#define HG_IO_FILE_H

#include "base/error.h"

#include <stddef.h>

/**
 * HG_EIO if `path` is missing, a folder (unless folder_ok) or unreadable, HG_EDATA if it is empty or a
 * database shorter than its header says. What a killed writer left of a database is rolled back first.
 * `shown` is what errors call a missing file: the path without credentials.
 */
hg_status hg_file_check(const char *path, const char *shown, bool folder_ok, hg_error *err);

/** The bytes of a file, not terminated; give them back with hg_file_unmap. Errors: HG_EIO. */
hg_status hg_file_map(const char *path, const char **bytes, size_t *n, hg_error *err);
void hg_file_unmap(const char *bytes, size_t n);

/** Copies a file to one that is not there yet; `name` is what errors call it. Errors: HG_EIO. */
hg_status hg_file_copy(const char *from, const char *to, const char *name, hg_error *err);

/** Makes the folders of a path that are not there: all up to its last slash. Errors: HG_EIO. */
hg_status hg_folder_make_for(const char *path, hg_error *err);

/** Puts a text in the place of a file, whole or not at all. Errors: HG_EIO. */
hg_status hg_file_replace(const char *path, const char *text, hg_error *err);

#endif
