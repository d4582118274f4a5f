/* A zip archive of one file, the same bytes for the same content. */
#ifndef HG_IO_ZIP_H
#define HG_IO_ZIP_H

#include "base/error.h"

/**
 * An archive (PKWARE APPNOTE 6.3, deflated, dated 1980-01-01 00:00) holding `n` bytes under `name`.
 * Caller frees *out with hg_free. Errors: HG_ENOMEM; HG_EDATA beyond 2 GB.
 */
hg_status hg_zip_one(const char *name, const char *bytes, size_t n, unsigned char **out,
                     size_t *size, hg_error *err);

#endif
