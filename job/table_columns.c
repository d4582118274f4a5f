#include "job/table_columns.h"
#include "base/memory.h"
#include "job/words.h"

hg_status hg_add_columns(hg_table *t, const hg_column_spec *columns, size_t n, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < n && status == HG_OK; k++)
        status = hg_table_add(t, columns[k].name, columns[k].type, NULL, err);
    return status;
}

hg_status hg_set_titles(const char *lang, hg_table *t, hg_error *err)
{
    for (size_t k = 0; k < t->column_count; k++) {
        hg_column *c = &t->columns[k];
        if (!c->title)
            c->title = hg_strdup(hg_column_title(lang, c->name));
        if (!c->title)
            return hg_fail_memory(err);
    }
    return HG_OK;
}

const char **hg_column_aliases(const hg_table *t)
{
    const char **pairs = hg_calloc(2 * t->column_count + 1, sizeof *pairs);
    for (size_t k = 0; pairs && k < t->column_count; k++) {
        pairs[2 * k] = t->columns[k].name;
        pairs[2 * k + 1] = t->columns[k].title;
    }
    return pairs;
}
