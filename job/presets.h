<<<<<<< HEAD
/* The files of presets/, compiled in. */
=======
/* Texts of the folder presets/, compiled in. */
>>>>>>> index
#ifndef HG_JOB_PRESETS_H
#define HG_JOB_PRESETS_H

#include <stddef.h>

<<<<<<< HEAD
typedef struct hg_embedded {
    const char *name; /**< without folder and extension */
    const char *text;
} hg_embedded;

/** All of them, ended by a NULL name. */
extern const hg_embedded hg_embedded_presets[];

/** The text of a preset; NULL where there is none of that name. */
const char *hg_preset_text(const char *name);

=======
typedef struct hg_preset {
    const char *name; /**< the file's name without extension */
    const char *text; /**< terminated */
    size_t size;
} hg_preset;

/** The text of presets/NAME.yaml, terminated; NULL where there is none of that name. */
const char *hg_preset_text(const char *name);

/** All of them, ending in one without a name; written by hotgrid_embed (cmake/embed.cmake). */
extern const hg_preset hg_preset_texts[];

>>>>>>> index
#endif
