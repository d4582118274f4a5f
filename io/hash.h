/* SHA-256 of files, on a thread of its own so that it overlaps reading. */
#ifndef HG_IO_HASH_H
#define HG_IO_HASH_H

#include "base/control.h"

#define HG_SHA256_HEX 65 /**< 64 digits and the terminator */

/** Hex digest of a whole file. Errors: HG_EIO. control may be NULL. */
hg_status hg_hash_file(const char *path, hg_control *control, char hex[HG_SHA256_HEX],
                       hg_error *err);

/** Of n bytes in memory; `name` is what errors call them. */
hg_status hg_hash_bytes(const void *bytes, size_t n, const char *name, char hex[HG_SHA256_HEX],
                        hg_error *err);

/**
 * hg_hash_file in the background: start, do other things, join. A patient one leaves the processors to whatever else
 * runs and takes what is left over: for hashes that are needed late.
 */
typedef struct hg_hashing hg_hashing;
hg_status hg_hashing_start(const char *path, bool patient, hg_control *control, hg_hashing **out, hg_error *err);
/** Waits, writes the digest and frees. */
hg_status hg_hashing_join(hg_hashing *hashing, char hex[HG_SHA256_HEX], hg_error *err);

#endif
