#include "job/report_advice.h"
#include "job/presets.h"

#include <string.h>

/* Words in two languages, or one text for both. */
static hg_status check_words(const hg_yaml_node *entry, const char *key, hg_error *err)
{
    static const char *const languages[] = {"en", "zh", NULL};
    const hg_yaml_node *n = hg_yaml_get(entry, key);
    if (!n || n->kind == HG_YAML_SCALAR)
        return HG_OK;
    hg_status status = hg_yaml_check_keys(n, languages, err);
    for (const hg_yaml_node *w = n->first; w && status == HG_OK; w = w->next)
        status = hg_yaml_require(w, HG_YAML_SCALAR, err);
    return status;
}

static hg_status check(const hg_yaml *doc, hg_error *err)
{
    static const char *const top[] = {"advice", NULL}, *const keys[] = {"problem", "responsible", "text", NULL};
    const hg_yaml_node *list = NULL, *problem = NULL;
    const char *name = NULL;
    hg_status status = hg_yaml_check_keys(hg_yaml_root(doc), top, err);
    if (status == HG_OK)
        status = hg_yaml_need(hg_yaml_root(doc), "advice", &list, err);
    if (status == HG_OK)
        status = hg_yaml_require(list, HG_YAML_SEQUENCE, err);
    for (const hg_yaml_node *n = status == HG_OK ? list->first : NULL; n && status == HG_OK; n = n->next) {
        status = hg_yaml_check_keys(n, keys, err);
        if (status == HG_OK)
            status = hg_yaml_need(n, "problem", &problem, err);
        if (status == HG_OK)
            status = hg_yaml_text(problem, &name, err);
        if (status == HG_OK)
            status = check_words(n, "responsible", err);
        if (status == HG_OK)
            status = check_words(n, "text", err);
    }
    return status;
}

hg_status hg_advice_read(const char *path, hg_advice *out, hg_error *err)
{
    hg_advice a = {0};
    const char *text = hg_preset_text("advice");
    hg_status status = hg_yaml_parse(text, strlen(text), "advice.yaml (built in)", &a.built_in, err);
    if (status == HG_OK && path)
        status = hg_yaml_read(path, &a.own, err);
    if (status == HG_OK)
        status = check(a.built_in, err);
    if (status == HG_OK && a.own)
        status = check(a.own, err);
    if (status != HG_OK) {
        hg_advice_dispose(&a);
        return status;
    }
    *out = a;
    return HG_OK;
}

void hg_advice_dispose(hg_advice *a)
{
    hg_yaml_free(a->own);
    hg_yaml_free(a->built_in);
    *a = (hg_advice){0};
}

static const hg_yaml_node *find(const hg_yaml *doc, const char *problem)
{
    const hg_yaml_node *list = doc ? hg_yaml_get(hg_yaml_root(doc), "advice") : NULL;
    for (const hg_yaml_node *n = list ? list->first : NULL; n; n = n->next) {
        const hg_yaml_node *p = hg_yaml_get(n, "problem");
        if (p && strcmp(p->text, problem) == 0)
            return n;
    }
    return NULL;
}

static const char *words(const hg_yaml_node *entry, const char *key, bool zh)
{
    const hg_yaml_node *n = entry ? hg_yaml_get(entry, key) : NULL;
    if (n && n->kind == HG_YAML_MAPPING)
        n = hg_yaml_get(n, zh ? "zh" : "en");
    return n ? n->text : NULL;
}

void hg_advice_for(const hg_advice *a, const char *problem, bool zh, const char **text, const char **responsible)
{
    const hg_yaml_node *entries[] = {find(a->own, problem), find(a->built_in, problem), find(a->own, "*"),
                                     find(a->built_in, "*")};
    *text = *responsible = NULL;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (!*text)
            *text = words(entries[i], "text", zh);
        if (!*responsible)
            *responsible = words(entries[i], "responsible", zh);
    }
}
