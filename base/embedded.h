/* Texts compiled in by hotgrid_embed of cmake/embed.cmake. */
#ifndef HG_BASE_EMBEDDED_H
#define HG_BASE_EMBEDDED_H

#include <stddef.h>

/** One file; a table of these ends with a name of NULL. */
typedef struct hg_embedded {
    const char *name; /**< of the file, without folder and extension */
    const char *text; /**< terminated */
    size_t size;
} hg_embedded;

#endif
