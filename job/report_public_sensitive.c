#include "job/presets.h"
#include "job/report_public.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

hg_status hg_sensitive_read(const hg_text_list *named, hg_sensitive *out, hg_error *err)
{
    const char *text = hg_preset_text("sensitive");
    *out = (hg_sensitive){.named = named};
    return hg_yaml_parse(text, strlen(text), "sensitive.yaml (built in)", &out->words, err);
}

void hg_sensitive_dispose(hg_sensitive *s)
{
    hg_yaml_free(s->words);
    *s = (hg_sensitive){0};
}

/* A word of letters must begin where a word begins ("sex", not "Essex"); other scripts do not part words. */
static bool holds(const char *name, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = name; *p; p++)
        if (strncasecmp(p, word, n) == 0 &&
            (!isalpha((unsigned char)*word) || p == name || !isalpha((unsigned char)p[-1])))
            return true;
    return false;
}

const char *hg_sensitive_topic(const hg_sensitive *s, const char *name)
{
    for (size_t i = 0; i < s->named->count; i++)
        if (strcmp(s->named->items[i], name) == 0)
            return NULL;
    const hg_yaml_node *topics = hg_yaml_get(hg_yaml_root(s->words), "sensitive");
    for (const hg_yaml_node *t = topics ? topics->first : NULL; t; t = t->next) {
        const hg_yaml_node *words = hg_yaml_get(t, "words");
        for (const hg_yaml_node *w = words ? words->first : NULL; w; w = w->next)
            if (holds(name, w->text))
                return hg_yaml_get(t, "topic")->text;
    }
    return NULL;
}
