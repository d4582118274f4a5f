#include "job/columns.h"
#include "base/civil.h"
#include "base/memory.h"
#include "job/words.h"

#include <assert.h>

hg_status hg_columns_add(hg_table *table, const hg_column_spec *columns, size_t n, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t k = 0; k < n && status == HG_OK; k++)
        status = hg_table_add(table, columns[k].name, columns[k].type, NULL, err);
    return status;
}

hg_status hg_columns_title(const char *lang, hg_table *table, hg_error *err)
{
    for (size_t k = 0; k < table->column_count; k++) {
        hg_column *c = &table->columns[k];
        if (!c->title)
            c->title = hg_strdup(hg_column_title(lang, c->name));
        if (!c->title)
            return hg_fail_memory(err);
    }
    return HG_OK;
}

const char **hg_table_aliases(const hg_table *t)
{
    const char **pairs = hg_calloc(2 * t->column_count + 1, sizeof *pairs);
    for (size_t k = 0; pairs && k < t->column_count; k++) {
        pairs[2 * k] = t->columns[k].name;
        pairs[2 * k + 1] = t->columns[k].title;
    }
    return pairs;
}

static hg_column *next(hg_row *r, hg_type type)
{
    assert(r->column < r->table->column_count && r->table->columns[r->column].type == type);
    (void)type;
    return &r->table->columns[r->column++];
}

void hg_row_text(hg_row *r, const char *text)
{
    hg_column *c = next(r, HG_TEXT);
    if (text && r->status == HG_OK)
        r->status = hg_table_set_text(r->table, c, r->row, text, r->err);
}

void hg_row_real(hg_row *r, double value)
{
    next(r, HG_DOUBLE)->f64[r->row] = value;
}

void hg_row_int(hg_row *r, int64_t value)
{
    next(r, HG_INT64)->i64[r->row] = value;
}

void hg_row_moment(hg_row *r, int64_t civil)
{
    next(r, HG_DATETIME)->i64[r->row] = civil;
}

void hg_row_day(hg_row *r, int64_t civil)
{
    char day[32];
    hg_civil_text(civil == HG_NO_TIME ? 0 : civil, day);
    day[10] = '\0';
    hg_row_text(r, civil == HG_NO_TIME ? NULL : day);
}
