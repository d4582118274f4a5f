/* Texts of the folder presets/, compiled in. */
#ifndef HG_JOB_PRESETS_H
#define HG_JOB_PRESETS_H

#include "base/embedded.h"

/** The text of presets/NAME.yaml, terminated; NULL where there is none of that name. */
const char *hg_preset_text(const char *name);

/** All of them, ending in one without a name; written by hotgrid_embed (cmake/embed.cmake). */
extern const hg_embedded hg_preset_texts[];

#endif
