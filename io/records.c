#include "io/records.h"
#include "base/memory.h"
#include "io/source_parts.h"

#include <ogr_api.h>
#include <string.h>

/* Rows read by one thread, cell by cell, with texts of their own. */
typedef struct part {
    hg_pool *pool;
    bool owns_pool;
    uint32_t *cells; /* n x width */
    size_t cell_capacity;
    uint8_t *state;
    size_t n, state_capacity;
    hg_shapes shapes;
    hg_bad_values bad;
} part;

typedef struct reader {
    hg_source *source;
    bool polygons;
    int *fields; /* of the columns asked for; HG_NO_COLUMN = absent */
    size_t width;
    part *parts;
    size_t part_count;
} reader;

static void part_dispose(part *p)
{
    if (p->owns_pool)
        hg_pool_free(p->pool);
    hg_free(p->cells);
    hg_free(p->state);
    hg_shapes_dispose(&p->shapes);
    hg_free(p->bad.items);
}

/* ------------------------------------------------------------------ one row */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static hg_status intern_value(part *p, const hg_value *v, uint32_t *id, hg_error *err)
{
    char buf[64];
    size_t n;
    const char *text = hg_value_text(v, buf, &n);
    while (n && is_blank(text[n - 1]))
        n--;
    for (; n && is_blank(*text); n--)
        text++;
    *id = HG_NO_TEXT;
    return n ? hg_pool_intern(p->pool, text, n, id, err) : HG_OK;
}

static hg_status add_cells(const reader *r, part *p, const hg_value *values, hg_error *err)
{
    size_t need = (p->n + 1) * r->width;
    if (!need)
        return HG_OK;
    if (need > p->cell_capacity) {
        uint32_t *cells = hg_grow(p->cells, &p->cell_capacity, need, sizeof *cells);
        if (!cells)
            return hg_fail_memory(err);
        p->cells = cells;
    }
    hg_status status = HG_OK;
    uint32_t *row = p->cells + p->n * r->width;
    for (size_t k = 0; k < r->width && status == HG_OK; k++) {
        row[k] = HG_NO_TEXT;
        if (r->fields[k] != HG_NO_COLUMN)
            status = intern_value(p, &values[r->fields[k]], &row[k], err);
    }
    return status;
}

static hg_status note_bad(part *p, const char *bad, hg_error *err)
{
    hg_bad_value one = {.row = p->n};
    hg_bad_value *items = hg_grow(p->bad.items, &p->bad.capacity, p->bad.count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    p->bad.items = items;
    hg_status status = hg_pool_intern(p->pool, bad, strlen(bad), &one.text, err);
    if (status == HG_OK)
        items[p->bad.count++] = one;
    return status;
}

/* Takes the state of a row whose shape, if it has one, was added. */
static hg_status add_state(part *p, hg_row_state state, const char *bad, hg_error *err)
{
    uint8_t *states = hg_grow(p->state, &p->state_capacity, p->n + 1, 1);
    if (!states)
        return hg_fail_memory(err);
    p->state = states;
    states[p->n] = (uint8_t)state;
    hg_status status = state == HG_ROW_OK ? HG_OK : hg_shapes_adopt(&p->shapes, NULL, 0, NULL, err);
    return status == HG_OK && bad ? note_bad(p, bad, err) : status;
}

static hg_status add_geometry(part *p, OGRGeometryH g, hg_error *err)
{
    const char *bad = NULL;
    hg_row_state state = hg_source_polygon_state(g, &bad);
    hg_status status = state == HG_ROW_OK ? hg_source_add_shape(g, NULL, &p->shapes, err) : HG_OK;
    return status == HG_OK ? add_state(p, state, bad, err) : status;
}

/* Other types and dimensions, curves among them. */
static hg_status add_other(part *p, const unsigned char *wkb, size_t size, hg_error *err)
{
    OGRGeometryH g = NULL;
    if (OGR_G_CreateFromWkb(wkb, NULL, &g, (int)size) != OGRERR_NONE || !g)
        return add_state(p, HG_ROW_BAD_GEOMETRY, "damaged geometry", err);
    hg_status status = add_geometry(p, g, err);
    OGR_G_DestroyGeometry(g);
    return status;
}

static hg_status add_wkb(part *p, const unsigned char *wkb, size_t size, hg_error *err)
{
    switch (hg_wkb_polygon_state(wkb, size)) {
    case HG_WKB_POLYGON: {
        hg_status status = hg_shapes_add(&p->shapes, wkb, size, NULL, err);
        return status == HG_OK ? add_state(p, HG_ROW_OK, NULL, err) : status;
    }
    case HG_WKB_EMPTY:
        return add_state(p, HG_ROW_NO_GEOMETRY, NULL, err);
    case HG_WKB_NOT_FINITE:
        return add_state(p, HG_ROW_NOT_FINITE, "a vertex that is not finite", err);
    case HG_WKB_OTHER:
        return add_other(p, wkb, size, err);
    case HG_WKB_BROKEN:
        break;
    }
    return add_state(p, HG_ROW_BAD_GEOMETRY, "damaged geometry", err);
}

/* ------------------------------------------------------------------ all rows */

static hg_status add_feature(void *context, const hg_position *position, const hg_value *values,
                             hg_error *err)
{
    reader *r = context;
    part *p = r->parts;
    hg_status status = add_cells(r, p, values, err);
    if (status == HG_OK && r->polygons)
        status = add_geometry(p, position ? position->geometry : NULL, err);
    p->n += status == HG_OK;
    return status;
}

static hg_status begin_ranges(void *context, size_t ranges, size_t step, hg_error *err)
{
    (void)step;
    reader *r = context;
    r->parts = hg_calloc(ranges, sizeof *r->parts);
    if (!r->parts)
        return hg_fail_memory(err);
    r->part_count = ranges;
    return HG_OK;
}

static hg_status open_range(void *context, size_t i, hg_error *err)
{
    part *p = &((reader *)context)->parts[i];
    p->owns_pool = true;
    return hg_pool_new(&p->pool, err);
}

static hg_status add_row(void *context, size_t i, const unsigned char *blob, size_t n,
                         const hg_value *values, hg_error *err)
{
    reader *r = context;
    part *p = &r->parts[i];
    const unsigned char *wkb = NULL;
    size_t size = 0;
    hg_status status = add_cells(r, p, values, err);
    if (status != HG_OK)
        return status;
    hg_row_state state = hg_source_open_blob(blob, n, &wkb, &size);
    if (state == HG_ROW_OK)
        status = add_wkb(p, wkb, size, err);
    else
        status = add_state(p, state, state == HG_ROW_BAD_GEOMETRY ? "damaged geometry" : NULL, err);
    p->n += status == HG_OK;
    return status;
}

static hg_status read_rows(reader *r, hg_error *err)
{
    const hg_range_sink sink = {begin_ranges, open_range, add_row, r};
    if (r->polygons && hg_source_is_direct(r->source))
        return hg_source_each_range(r->source, &sink, err);
    r->parts = hg_calloc(1, sizeof *r->parts);
    if (!r->parts)
        return hg_fail_memory(err);
    r->part_count = 1;
    r->parts->pool = r->source->pool;
    return hg_source_each_row(r->source, add_feature, r, err);
}

/* ------------------------------------------------------------------ joining */

static hg_status make_room(const reader *r, hg_records *out, hg_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < r->part_count; i++)
        n += r->parts[i].n;
    if (n >= UINT32_MAX)
        return hg_fail(err, HG_EDATA, "%s has more rows than can be read", out->name);
    for (size_t k = 0; k < r->width; k++)
        if (r->fields[k] != HG_NO_COLUMN &&
            !(out->columns[k] = hg_malloc(n, sizeof *out->columns[k])))
            return hg_fail_memory(err);
    if (!r->polygons)
        return HG_OK;
    out->state = hg_malloc(n, 1);
    out->shapes.shapes = hg_malloc(n, sizeof *out->shapes.shapes);
    out->shapes.capacity = n;
    out->shapes.source = hg_strdup(out->name);
    return out->state && out->shapes.shapes && out->shapes.source ? HG_OK : hg_fail_memory(err);
}

static hg_status append_bad(hg_records *out, const part *p, const uint32_t *map, hg_error *err)
{
    hg_bad_values *to = &out->bad;
    if (!p->bad.count)
        return HG_OK;
    hg_bad_value *items = hg_grow(to->items, &to->capacity, to->count + p->bad.count, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    to->items = items;
    for (size_t i = 0; i < p->bad.count; i++) {
        uint32_t text = p->bad.items[i].text;
        items[to->count++] = (hg_bad_value){out->n + p->bad.items[i].row, map ? map[text] : text};
    }
    return HG_OK;
}

/* Shapes move: the part has none afterwards. */
static hg_status append_part(const reader *r, part *p, const uint32_t *map, hg_records *out,
                             hg_error *err)
{
    hg_status status = append_bad(out, p, map, err);
    if (status != HG_OK)
        return status;
    for (size_t k = 0; k < r->width; k++) {
        uint32_t *to = out->columns[k];
        for (size_t i = 0; to && i < p->n; i++) {
            uint32_t id = p->cells[i * r->width + k];
            to[out->n + i] = map && id != HG_NO_TEXT ? map[id] : id;
        }
    }
    if (r->polygons && p->n) {
        memcpy(out->state + out->n, p->state, p->n);
        memcpy(out->shapes.shapes + out->shapes.count, p->shapes.shapes,
               p->shapes.count * sizeof *p->shapes.shapes);
        out->shapes.count += p->shapes.count;
        p->shapes.count = 0;
    }
    out->n += p->n;
    return HG_OK;
}

static hg_status join_parts(reader *r, hg_pool *pool, hg_records *out, hg_error *err)
{
    hg_status status = make_room(r, out, err);
    for (size_t i = 0; i < r->part_count && status == HG_OK; i++) {
        part *p = &r->parts[i];
        uint32_t *map = NULL;
        if (p->owns_pool && p->pool)
            status = hg_pool_merge(p->pool, pool, &map, err);
        if (status == HG_OK)
            status = append_part(r, p, map, out, err);
        hg_free(map);
        part_dispose(p);
        *p = (part){0};
    }
    return status;
}

/* ------------------------------------------------------------------ columns */

static hg_status find_columns(reader *r, const hg_record_spec *spec, hg_error *err)
{
    hg_source *s = r->source;
    const hg_sample names = {.columns = s->fields, .names = (const char *const *)s->field_names};
    for (size_t k = 0; k < r->width; k++) {
        const hg_record_column *c = &spec->columns[k];
        r->fields[k] = hg_column_find(&names, c->name);
        if (r->fields[k] == HG_NO_COLUMN && c->needed_for)
            return hg_source_no_column(s, c->needed_for, c->name, err);
    }
    if (s->tabular) /* whether a row is blank is for all its values to say */
        return HG_OK;
    s->wanted = hg_calloc(s->fields, sizeof *s->wanted);
    if (!s->wanted)
        return hg_fail_memory(err);
    for (size_t k = 0; k < r->width; k++)
        if (r->fields[k] != HG_NO_COLUMN)
            s->wanted[r->fields[k]] = true;
    return HG_OK;
}

static hg_status describe(hg_source *s, hg_records *out, hg_error *err)
{
    out->name = hg_strdup(s->name);
    out->layer = hg_strdup(s->layer_name);
    out->file = hg_strdup(s->file);
    out->crs_wkt = hg_strdup(s->crs);
    if (!out->name || !out->layer || (s->file && !out->file) || (s->crs && !out->crs_wkt))
        return hg_fail_memory(err);
    out->notes = s->notes;
    out->note_count = s->note_count;
    s->notes = NULL;
    s->note_count = 0;
    return HG_OK;
}

static hg_status read_source(reader *r, const hg_record_spec *spec, hg_pool *pool, hg_records *out,
                             hg_error *err)
{
    r->width = out->column_count = spec->column_count;
    r->polygons = spec->polygons;
    r->fields = hg_malloc(r->width, sizeof *r->fields);
    out->columns = hg_calloc(r->width, sizeof *out->columns);
    if (!r->fields || !out->columns)
        return hg_fail_memory(err);
    if (spec->polygons && r->source->tabular)
        return hg_fail(err, HG_EDATA, "--%s: %s: layer %s has no geometry, polygons were expected",
                       spec->option, r->source->name, r->source->layer_name);
    hg_status status = find_columns(r, spec, err);
    if (status == HG_OK)
        status = describe(r->source, out, err);
    if (status == HG_OK)
        status = read_rows(r, err);
    return status == HG_OK ? join_parts(r, pool, out, err) : status;
}

hg_status hg_records_read(const hg_record_spec *spec, hg_pool *pool, hg_control *control,
                          hg_records *out, hg_error *err)
{
    reader r = {0};
    hg_records read = {0};
    const hg_source_spec source = {
        .path = spec->path, .layer = spec->layer, .encoding = spec->encoding};
    hg_status status =
        hg_source_open_records(&source, spec->polygons, pool, control, &r.source, err);
    if (status == HG_OK)
        status = read_source(&r, spec, pool, &read, err);
    for (size_t i = 0; i < r.part_count; i++)
        part_dispose(&r.parts[i]);
    hg_free(r.parts);
    hg_free(r.fields);
    hg_source_free(r.source);
    if (status == HG_OK)
        *out = read;
    else
        hg_records_dispose(&read);
    return status;
}

void hg_records_dispose(hg_records *r)
{
    for (size_t k = 0; r->columns && k < r->column_count; k++)
        hg_free(r->columns[k]);
    for (size_t i = 0; i < r->note_count; i++)
        hg_free(r->notes[i]);
    void *owned[] = {r->name,  r->layer,     r->file, r->crs_wkt, r->columns,
                     r->state, r->bad.items, r->notes};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        hg_free(owned[i]);
    hg_shapes_dispose(&r->shapes);
    *r = (hg_records){0};
}
