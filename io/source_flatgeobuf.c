/*
 * Points straight from a FlatGeobuf file, in pieces on several threads, each into its stretch of the
 * columns: how many rows there are is known before the first is read. A file of which anything is not as
 * this reader knows it is left to OGR, which judges it.
 */
#include "io/flatgeobuf.h"
#include "io/source_parts.h"
#include "base/memory.h"
#include "base/threads.h"

#include <ogr_api.h>
#include <string.h>

enum {
    PIECE_ROWS = 50000,
    MAX_PIECES = 256,
    CHECK_EVERY = 4096,
    READ_AHEAD = 4096, /* past the beginning of a run's last feature */
    MAX_MOMENT = 32,   /* characters of a moment, in OGR as well */
};

typedef struct piece {
    size_t run, runs; /* the first of its runs, and how many */
    size_t row, rows; /* where they go */
    bool odd;
} piece;

typedef struct fgb_reader {
    hg_source *source;
    hg_fgb fgb;
    hg_fgb_runs runs;
    piece *pieces;
    size_t count;
    hg_row_builder all, *parts;
} fgb_reader;

/* One thread's hands: a row's values and the texts they point to. */
typedef struct row_maker {
    const hg_source *source;
    const hg_fgb *fgb;
    hg_value *values;
    char (*texts)[HG_SHORT_TEXT];
} row_maker;

static bool is_plain_file(const hg_source *s)
{
    const char *driver = GDALGetDriverShortName(GDALGetDatasetDriver(s->dataset));
    return s->file && strcmp(driver, "FlatGeobuf") == 0 && !s->spec.sql && !s->spec.where;
}

bool hg_source_is_flatgeobuf(const hg_source *s)
{
    return is_plain_file(s) && !s->from_columns && !s->polygons && s->title_rows == 0;
}

/* Streams are numbered as they come, and a column of texts that are all numbers becomes one of numbers: by all rows. */
static bool takes_meaning_from_all(const hg_source *s)
{
    bool does = s->column[HG_ROLE_STREAM] != HG_NO_COLUMN;
    for (size_t k = 0; k < s->spec.keep_count; k++)
        does |= s->field_types[s->keep[k]] == HG_TEXT;
    return does;
}

bool hg_source_can_limit(const hg_source *s)
{
    hg_fgb f;
    bool fits;
    if (takes_meaning_from_all(s) || !hg_source_is_flatgeobuf(s) || hg_fgb_open(s->file, &f, &fits, NULL) != HG_OK || !fits)
        return false;
    bool can = f.node_size > 1 && f.features < UINT32_MAX;
    hg_fgb_close(&f);
    return can;
}

/* ------------------------------------------------- one row ---------------------------------- */

static bool place_row(const hg_fgb_feature *f, hg_position *p)
{
    *p = (hg_position){.state = HG_ROW_NO_GEOMETRY};
    if (!f->has_geometry)
        return true;
    bool one = f->coordinates == 2;
    if (f->geometry_type == wkbMultiPoint && f->coordinates >= 4) {
        p->state = HG_ROW_BAD_GEOMETRY;
        p->bad = OGRGeometryTypeToName(wkbMultiPoint);
        return true;
    }
    if (!one || (f->geometry_type != wkbPoint && f->geometry_type != wkbMultiPoint))
        return false;
    p->state = HG_ROW_OK;
    p->x = hg_fgb_f64(f->xy);
    p->y = hg_fgb_f64(f->xy + 8);
    return true;
}

static void set_int(hg_value *v, int64_t i)
{
    v->type = HG_VALUE_INT;
    v->i = i;
}

static void set_real(hg_value *v, double d)
{
    v->type = HG_VALUE_REAL;
    v->d = d;
}

static void set_text(hg_value *v, const char *s, size_t n)
{
    v->type = HG_VALUE_TEXT;
    v->s = s;
    v->n = n;
}

/* A moment OGR cannot read is none. */
static bool set_moment(hg_value *v, const unsigned char *p, size_t n, char *buf)
{
    char text[MAX_MOMENT + 1];
    OGRField field;
    if (n > MAX_MOMENT)
        return false;
    memcpy(text, p, n);
    text[n] = '\0';
    if (!OGRParseDate(text, &field, 0))
        return true;
    const int moment[5] = {field.Date.Year, field.Date.Month, field.Date.Day, field.Date.Hour, field.Date.Minute};
    hg_source_moment_text(moment, field.Date.Second, field.Date.TZFlag, false, buf);
    set_text(v, buf, strlen(buf));
    return true;
}

/* Hexadecimal, as OGR shows bytes, as far as there is room. */
static void set_binary(hg_value *v, const unsigned char *p, size_t n, char *buf)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = 2 * n < HG_SHORT_TEXT - 1 ? 2 * n : HG_SHORT_TEXT - 1;
    for (size_t i = 0; i < length; i++)
        buf[i] = digits[i % 2 ? p[i / 2] & 15 : p[i / 2] >> 4];
    buf[length] = '\0';
    set_text(v, buf, length);
}

static void set_number(hg_value *v, hg_fgb_type type, const unsigned char *p)
{
    uint32_t bits = 0;
    float real;
    switch (type) {
    case HG_FGB_BYTE:
        set_int(v, (int8_t)*p);
        break;
    case HG_FGB_UBYTE:
    case HG_FGB_BOOL:
        set_int(v, *p);
        break;
    case HG_FGB_SHORT:
        set_int(v, (int16_t)hg_fgb_u16(p));
        break;
    case HG_FGB_USHORT:
        set_int(v, hg_fgb_u16(p));
        break;
    case HG_FGB_INT:
        set_int(v, (int32_t)hg_fgb_u32(p));
        break;
    case HG_FGB_UINT:
        set_int(v, hg_fgb_u32(p));
        break;
    case HG_FGB_LONG:
        set_int(v, (int64_t)hg_fgb_u64(p));
        break;
    case HG_FGB_ULONG: /* as in OGR, which has no such type */
        set_real(v, (double)hg_fgb_u64(p));
        break;
    case HG_FGB_FLOAT:
        bits = hg_fgb_u32(p);
        memcpy(&real, &bits, sizeof real);
        set_real(v, (double)real);
        break;
    default:
        set_real(v, hg_fgb_f64(p));
    }
}

static bool set_long(hg_value *v, hg_fgb_type type, const unsigned char *p, size_t n, char *buf)
{
    if (type == HG_FGB_DATETIME)
        return set_moment(v, p, n, buf);
    if (type == HG_FGB_BINARY)
        set_binary(v, p, n, buf);
    else
        set_text(v, (const char *)p, strnlen((const char *)p, n));
    return true;
}

/* The properties: number of a column and its value, again and again; columns left out are null. */
static bool take_values(const row_maker *m, const unsigned char *p, size_t n)
{
    static const uint8_t sizes[HG_FGB_TYPE_END] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};
    memset(m->values, 0, m->source->fields * sizeof *m->values);
    if (n > 0 && n < 3)
        return false;
    for (size_t at = 0; n - at > 1;) {
        size_t column = hg_fgb_u16(p + at);
        at += 2;
        if (column >= m->fgb->columns || m->values[column].type != HG_VALUE_NULL)
            return false;
        hg_fgb_type type = (hg_fgb_type)m->fgb->types[column];
        size_t size = sizes[type], head = size ? 0 : 4;
        if (n - at < size + head)
            return false;
        if (head)
            size = hg_fgb_u32(p + at);
        at += head;
        if (size > n - at)
            return false;
        hg_value *v = &m->values[column];
        if (!head)
            set_number(v, type, p + at);
        else if (!set_long(v, type, p + at, size, m->texts[column]))
            return false;
        at += size;
    }
    return true;
}

/* ------------------------------------------------- pieces ----------------------------------- */

static hg_status add_feature(const row_maker *m, hg_fgb_stream *stream, hg_row_builder *part, bool *odd, hg_error *err)
{
    const unsigned char *bytes;
    size_t n;
    hg_fgb_feature feature;
    hg_position position;
    hg_status status = hg_fgb_next(stream, &bytes, &n, err);
    if (status != HG_OK)
        return status;
    *odd = !bytes || !hg_fgb_parse(m->fgb, bytes, n, &feature) || !place_row(&feature, &position) ||
           !take_values(m, feature.properties, feature.properties_size);
    return *odd ? HG_OK : hg_row_builder_add(part, &position, m->values, err);
}

/* Features have to lie where the R-tree says they do. */
static hg_status read_run(fgb_reader *r, size_t index, const row_maker *m, hg_fgb_stream *stream, hg_row_builder *part,
                          bool *odd, hg_error *err)
{
    const hg_fgb_run *run = &r->runs.items[index], *next = index + 1 < r->runs.count ? run + 1 : NULL;
    bool joined = next && next->first == run->first + run->count;
    uint64_t end = run->last_at ? run->last_at + READ_AHEAD : joined ? next->at : r->fgb.size;
    hg_status status = HG_OK;
    hg_fgb_stream_begin(stream, &r->fgb, run->at, end);
    for (uint64_t k = 0; k < run->count && status == HG_OK && !*odd; k++) {
        *odd = k + 1 == run->count && run->last_at && hg_fgb_position(stream) != run->last_at;
        if (!*odd)
            status = add_feature(m, stream, part, odd, err);
        if (status == HG_OK && k % CHECK_EVERY == 0)
            status = hg_check_cancel(r->source->control, err);
    }
    *odd = *odd || (status == HG_OK && joined && hg_fgb_position(stream) != next->at);
    return status;
}

static hg_status read_piece(void *context, size_t i, hg_error *err)
{
    fgb_reader *r = context;
    piece *p = &r->pieces[i];
    size_t fields = r->source->fields;
    hg_fgb_stream stream = {0};
    row_maker m = {.source = r->source, .fgb = &r->fgb};
    m.values = hg_calloc(fields, sizeof *m.values);
    m.texts = hg_malloc(fields, sizeof *m.texts);
    hg_status status = m.values && m.texts ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_row_builder_view(&r->parts[i], &r->all, p->row, p->rows, err);
    for (size_t k = 0; k < p->runs && status == HG_OK && !p->odd; k++)
        status = read_run(r, p->run + k, &m, &stream, &r->parts[i], &p->odd, err);
    hg_fgb_stream_dispose(&stream);
    hg_free(m.values);
    hg_free(m.texts);
    return status;
}

/* Runs in groups of about as many rows, so that many short ones are as few pieces as a few long ones. */
static hg_status group_runs(fgb_reader *r, hg_error *err)
{
    uint64_t step = r->runs.features / MAX_PIECES + 1;
    step = step > PIECE_ROWS ? step : PIECE_ROWS;
    r->pieces = hg_calloc(r->runs.count, sizeof *r->pieces);
    if (!r->pieces)
        return hg_fail_memory(err);
    for (size_t k = 0; k < r->runs.count; k++) {
        piece *p = r->count ? &r->pieces[r->count - 1] : NULL;
        if (!p || p->rows + r->runs.items[k].count > step) {
            p = &r->pieces[r->count++];
            *p = (piece){.run = k, .row = p == r->pieces ? 0 : p[-1].row + p[-1].rows};
        }
        p->runs++;
        p->rows += (size_t)r->runs.items[k].count;
    }
    r->parts = hg_calloc(r->count, sizeof *r->parts);
    return r->parts ? HG_OK : hg_fail_memory(err);
}

static hg_status number_rows(const fgb_reader *r, hg_source_rows *rows, hg_error *err)
{
    rows->number = hg_malloc(rows->n, sizeof *rows->number);
    if (!rows->number)
        return hg_fail_memory(err);
    size_t n = 0;
    for (size_t k = 0; k < r->runs.count; k++)
        for (uint64_t j = 0; j < r->runs.items[k].count; j++)
            rows->number[n++] = (uint32_t)(r->runs.items[k].first + j + 1);
    rows->not_read = r->fgb.features - rows->n;
    return HG_OK;
}

/* Which features there are to read: those in the limit, or all where none is or the file has no R-tree. */
static hg_status find_runs(fgb_reader *r, bool *limited, bool *fits, hg_error *err)
{
    hg_status status = HG_OK;
    *limited = r->source->limited && r->fgb.node_size > 1 && r->fgb.features < UINT32_MAX;
    if (*limited)
        status = hg_fgb_select(&r->fgb, r->source->limit, PIECE_ROWS, &r->runs, fits, err);
    *limited = *limited && *fits && r->runs.features > 0 && r->runs.features < r->fgb.features;
    if (status != HG_OK || *limited)
        return status;
    hg_fgb_runs_dispose(&r->runs);
    status = hg_fgb_cut(&r->fgb, PIECE_ROWS, &r->runs, fits, err);
    *fits = *fits && r->runs.features > 0;
    return status;
}

static hg_status read_pieces(fgb_reader *r, bool *fits, hg_error *err)
{
    hg_status status = group_runs(r, err);
    if (status == HG_OK)
        status = hg_row_builder_init(&r->all, r->source, r->source->pool, err);
    if (status == HG_OK)
        status = hg_row_builder_reserve(&r->all, (size_t)r->runs.features, err);
    if (status == HG_OK)
        status = hg_parallel(r->count, r->source->control ? r->source->control->threads : 0, read_piece, r, err);
    for (size_t i = 0; i < r->count; i++)
        *fits = *fits && !r->pieces[i].odd;
    if (status == HG_OK && *fits)
        status = hg_row_builder_join(&r->all, r->parts, r->count, err);
    for (size_t i = 0; r->parts && i < r->count; i++)
        hg_row_builder_dispose(&r->parts[i]);
    return status;
}

static hg_status read_straight(hg_source *s, hg_source_rows *rows, bool *fits, uint64_t *features, hg_error *err)
{
    fgb_reader r = {.source = s};
    bool limited = false;
    hg_status status = hg_fgb_open(s->file, &r.fgb, fits, err);
    if (status != HG_OK || !*fits)
        return status;
    *features = r.fgb.features;
    *fits = r.fgb.columns == s->fields;
    if (*fits)
        status = find_runs(&r, &limited, fits, err);
    if (status == HG_OK && *fits)
        status = read_pieces(&r, fits, err);
    if (status == HG_OK && *fits && limited)
        status = number_rows(&r, &r.all.rows, err);
    if (status == HG_OK && *fits)
        *rows = r.all.rows;
    else
        hg_row_builder_dispose(&r.all);
    hg_fgb_runs_dispose(&r.runs);
    hg_free(r.pieces);
    hg_free(r.parts);
    hg_fgb_close(&r.fgb);
    return status;
}

hg_status hg_source_read_flatgeobuf(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    bool fits = true;
    uint64_t features = 0;
    hg_status status = read_straight(s, rows, &fits, &features, err);
    if (status != HG_OK || fits)
        return status;
    status = hg_source_read_features(s, rows, err);
    /* OGR takes the end of the file for the end of the rows. */
    if (status == HG_OK && rows->n < features)
        status = hg_fail(err, HG_EDATA, "%s cannot be read: the file is damaged or truncated", s->name);
    return status;
}
