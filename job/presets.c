#include "job/presets.h"

#include <string.h>

const char *hg_preset_text(const char *name)
{
    for (const hg_embedded *p = hg_preset_texts; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p->text;
    return NULL;
}
