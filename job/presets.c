#include "job/presets.h"

#include <string.h>

const char *hg_preset_text(const char *name)
{
<<<<<<< HEAD
    for (const hg_embedded *p = hg_embedded_presets; p->name; p++)
=======
    for (const hg_preset *p = hg_preset_texts; p->name; p++)
>>>>>>> index
        if (strcmp(p->name, name) == 0)
            return p->text;
    return NULL;
}
