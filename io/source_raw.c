/* Whole rows once more, as text, for those that were refused. */
#include "io/source_parts.h"
#include "base/memory.h"

#include <string.h>

typedef struct raw_rows {
    const hg_source *source;
    const uint64_t *rows;
    uint32_t *texts;
    size_t count, next;
    uint64_t row;
} raw_rows;

static void add_position(hg_text *t, const hg_position *p)
{
    char x[32], y[32];
    hg_text_add(t, "geometry=");
    if (p->state == HG_ROW_OK)
        hg_text_addf(t, "POINT (%s %s)", hg_shortest_decimal(p->x, x),
                     hg_shortest_decimal(p->y, y));
    else if (p->bad)
        hg_text_add(t, p->bad);
}

static hg_status note_row(void *context, const hg_position *p, const hg_value *values,
                          hg_error *err)
{
    raw_rows *r = context;
    const hg_source *s = r->source;
    if (r->next == r->count || ++r->row != r->rows[r->next])
        return HG_OK;
    hg_text t = {0};
    if (p)
        add_position(&t, p);
    for (size_t f = 0; f < s->fields; f++) {
        char buf[64];
        size_t n;
        const char *text = hg_value_text(&values[f], buf, &n);
        hg_text_addf(&t, "%s%s=", t.len ? "; " : "", s->field_names[f]);
        hg_text_add_n(&t, text, n);
    }
    hg_status status = t.failed ? hg_fail_memory(err)
                                : hg_pool_intern(s->pool, t.s, t.len, &r->texts[r->next++], err);
    hg_text_dispose(&t);
    return status;
}

hg_status hg_source_read_raw(hg_source *s, const uint64_t *rows, size_t n, uint32_t *texts,
                             hg_error *err)
{
    raw_rows r = {.source = s, .rows = rows, .texts = texts, .count = n};
    for (size_t i = 0; i < n; i++)
        texts[i] = HG_NO_TEXT;
    return n ? hg_source_each_row(s, note_row, &r, err) : HG_OK;
}
