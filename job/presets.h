/* The files of presets/, compiled in. */
#ifndef HG_JOB_PRESETS_H
#define HG_JOB_PRESETS_H

#include <stddef.h>

typedef struct hg_embedded {
    const char *name; /**< without folder and extension */
    const char *text;
} hg_embedded;

/** All of them, ended by a NULL name. */
extern const hg_embedded hg_embedded_presets[];

/** The text of a preset; NULL where there is none of that name. */
const char *hg_preset_text(const char *name);

#endif
