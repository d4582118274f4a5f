/* Texts of the folder presets/, compiled in. */
#ifndef HG_JOB_PRESETS_H
#define HG_JOB_PRESETS_H

#include <stddef.h>

typedef struct hg_preset {
    const char *name; /**< the file's name without extension */
    const char *text; /**< terminated */
    size_t size;
} hg_preset;

/** The text of presets/NAME.yaml, terminated; NULL where there is none of that name. */
const char *hg_preset_text(const char *name);

/** All of them, ending in one without a name; written by hotgrid_embed (cmake/embed.cmake). */
extern const hg_preset hg_preset_texts[];

#endif
