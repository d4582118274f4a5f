/* Whether a file can be read at all, said before a library is asked to open it. */
#ifndef HG_IO_FILE_H
#define HG_IO_FILE_H

#include "base/error.h"

/**
 * HG_EIO if `path` is missing, a folder (unless folder_ok) or unreadable, HG_EDATA if it is empty or a
 * database shorter than its header says. What a killed writer left of a database is rolled back first.
 * `shown` is what errors call a missing file: the path without credentials.
 */
hg_status hg_file_check(const char *path, const char *shown, bool folder_ok, hg_error *err);

#endif
