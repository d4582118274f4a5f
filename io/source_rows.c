#include "io/source_parts.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/word.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

hg_status hg_row_builder_init(hg_row_builder *b, const hg_source *source, hg_pool *pool,
                              hg_error *err)
{
    *b = (hg_row_builder){.source = source, .pool = pool, .owns_pool = !pool};
    if (!pool) {
        hg_status s = hg_pool_new(&b->pool, err);
        if (s != HG_OK)
            return s;
    }
    b->rows.kept_count = source->spec.keep_count;
    if (!b->rows.kept_count)
        return HG_OK;
    b->rows.kept = hg_calloc(b->rows.kept_count, sizeof *b->rows.kept);
    if (!b->rows.kept)
        return hg_fail_memory(err);
    for (size_t k = 0; k < b->rows.kept_count; k++) {
        size_t field = (size_t)source->keep[k];
        b->rows.kept[k].type = source->field_types[field];
        b->rows.kept[k].name = hg_strdup(source->field_names[field]);
        if (!b->rows.kept[k].name)
            return hg_fail_memory(err);
    }
    return HG_OK;
}

void hg_source_rows_dispose(hg_source_rows *r)
{
    hg_free(r->x);
    hg_free(r->y);
    hg_free(r->state);
    hg_free(r->w);
    hg_free(r->t_start);
    hg_free(r->t_end);
    hg_free(r->category);
    hg_free(r->stream);
    hg_free(r->id);
    hg_free(r->hash);
    hg_free(r->number);
    for (size_t k = 0; r->kept && k < r->kept_count; k++) {
        hg_free(r->kept[k].name);
        hg_free(r->kept[k].i64);
    }
    hg_free(r->kept);
    hg_free(r->bad_points.items);
    hg_free(r->bad_times.items);
    hg_free(r->bad_weights.items);
    *r = (hg_source_rows){0};
}

/* A view gives up the columns, which are not its own, and keeps its lists. */
static void let_go(hg_source_rows *r)
{
    r->x = r->y = r->w = NULL;
    r->state = NULL;
    r->hash = NULL;
    r->t_start = r->t_end = NULL;
    r->category = r->stream = r->id = NULL;
    for (size_t k = 0; r->kept && k < r->kept_count; k++)
        r->kept[k].i64 = NULL;
}

void hg_row_builder_dispose(hg_row_builder *b)
{
    if (b->is_view)
        let_go(&b->rows);
    hg_source_rows_dispose(&b->rows);
    if (b->owns_pool)
        hg_pool_free(b->pool);
    b->pool = NULL;
}

static bool has_role(const hg_source *s, enum hg_role role)
{
    return s->column[role] != HG_NO_COLUMN;
}

static size_t kept_size(hg_type type)
{
    return type == HG_TEXT ? sizeof(uint32_t) : sizeof(int64_t);
}

static bool resize(void **column, size_t capacity, size_t size)
{
    void *moved = hg_realloc(*column, capacity, size);
    if (moved)
        *column = moved;
    return moved != NULL;
}

static bool grow_columns(hg_source_rows *r, const hg_source *s, size_t capacity)
{
    bool ok = resize((void **)&r->x, capacity, sizeof *r->x) &&
              resize((void **)&r->y, capacity, sizeof *r->y) &&
              resize((void **)&r->state, capacity, sizeof *r->state) &&
              resize((void **)&r->hash, capacity, sizeof *r->hash);
    if (ok && has_role(s, HG_ROLE_WEIGHT))
        ok = resize((void **)&r->w, capacity, sizeof *r->w);
    if (ok && has_role(s, HG_ROLE_TIME))
        ok = resize((void **)&r->t_start, capacity, sizeof *r->t_start);
    if (ok && has_role(s, HG_ROLE_TIME_END))
        ok = resize((void **)&r->t_end, capacity, sizeof *r->t_end);
    if (ok && has_role(s, HG_ROLE_CATEGORY))
        ok = resize((void **)&r->category, capacity, sizeof *r->category);
    if (ok && has_role(s, HG_ROLE_STREAM))
        ok = resize((void **)&r->stream, capacity, sizeof *r->stream);
    if (ok && has_role(s, HG_ROLE_ID))
        ok = resize((void **)&r->id, capacity, sizeof *r->id);
    for (size_t k = 0; ok && k < r->kept_count; k++)
        ok = resize((void **)&r->kept[k].i64, capacity, kept_size(r->kept[k].type));
    return ok;
}

hg_status hg_row_builder_reserve(hg_row_builder *b, size_t capacity, hg_error *err)
{
    if (!grow_columns(&b->rows, b->source, capacity))
        return hg_fail_memory(err);
    b->capacity = capacity;
    return HG_OK;
}

#define VIEW(member) to->member = from->member ? from->member + start : NULL

hg_status hg_row_builder_view(hg_row_builder *part, const hg_row_builder *all, size_t start,
                              size_t capacity, hg_error *err)
{
    hg_status s = hg_row_builder_init(part, all->source, NULL, err);
    if (s != HG_OK)
        return s;
    hg_source_rows *to = &part->rows;
    const hg_source_rows *from = &all->rows;
    part->is_view = true;
    part->capacity = capacity;
    VIEW(x);
    VIEW(y);
    VIEW(state);
    VIEW(hash);
    VIEW(w);
    VIEW(t_start);
    VIEW(t_end);
    VIEW(category);
    VIEW(stream);
    VIEW(id);
    for (size_t k = 0; k < to->kept_count; k++) {
        if (to->kept[k].type == HG_TEXT)
            VIEW(kept[k].text);
        else
            VIEW(kept[k].i64);
    }
    return HG_OK;
}

const char *hg_value_text(const hg_value *v, char buf[64], size_t *n)
{
    switch (v->type) {
    case HG_VALUE_TEXT:
        *n = v->n;
        return v->s;
    case HG_VALUE_INT:
        *n = (size_t)snprintf(buf, 64, "%lld", (long long)v->i);
        return buf;
    case HG_VALUE_REAL:
        hg_shortest_decimal(v->d, buf);
        *n = strlen(buf);
        return buf;
    case HG_VALUE_NULL:
        break;
    }
    *n = 0;
    return "";
}

static bool is_empty(const hg_value *v)
{
    if (v->type == HG_VALUE_NULL)
        return true;
    if (v->type != HG_VALUE_TEXT)
        return false;
    for (size_t i = 0; i < v->n; i++)
        if (v->s[i] != ' ' && v->s[i] != '\t')
            return false;
    return true;
}

static hg_status add_bad(hg_row_builder *b, hg_bad_values *list, const char *text, size_t n,
                         hg_error *err)
{
    hg_bad_value *items = hg_grow(list->items, &list->capacity, list->count + 1, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    list->items = items;
    hg_bad_value bad = {.row = b->rows.n};
    hg_status s = hg_pool_intern(b->pool, text, n, &bad.text, err);
    if (s == HG_OK)
        items[list->count++] = bad;
    return s;
}

static hg_status text_id(hg_row_builder *b, const hg_value *v, uint32_t *id, hg_error *err)
{
    char buf[64];
    size_t n;
    if (is_empty(v)) {
        *id = HG_NO_TEXT;
        return HG_OK;
    }
    const char *s = hg_value_text(v, buf, &n);
    return hg_pool_intern(b->pool, s, n, id, err);
}

/* A coordinate: false where the text is no number at all. */
static bool read_coordinate(const hg_value *v, double *out)
{
    if (v->type == HG_VALUE_INT)
        *out = (double)v->i;
    else if (v->type == HG_VALUE_REAL)
        *out = v->d;
    else
        return hg_parse_number(v->s, v->n, out);
    return true;
}

static hg_status position_from_columns(hg_row_builder *b, const hg_value *values, hg_position *p,
                                       hg_error *err)
{
    const hg_value *vx = &values[b->source->column[HG_ROLE_X]];
    const hg_value *vy = &values[b->source->column[HG_ROLE_Y]];
    p->state = HG_ROW_OK;
    if (is_empty(vx) || is_empty(vy)) {
        p->state = HG_ROW_NO_GEOMETRY;
        return HG_OK;
    }
    if (read_coordinate(vx, &p->x) && read_coordinate(vy, &p->y) && isfinite(p->x) &&
        isfinite(p->y))
        return HG_OK;
    p->state = HG_ROW_NOT_FINITE;
    char bx[64], by[64];
    size_t nx, ny;
    const char *tx = hg_value_text(vx, bx, &nx), *ty = hg_value_text(vy, by, &ny);
    hg_text both = {0};
    hg_text_add_n(&both, tx, nx);
    hg_text_add(&both, ", ");
    hg_text_add_n(&both, ty, ny);
    hg_status s =
        both.failed ? hg_fail_memory(err) : add_bad(b, &b->rows.bad_points, both.s, both.len, err);
    hg_text_dispose(&both);
    return s;
}

static hg_status store_position(hg_row_builder *b, const hg_position *given, const hg_value *values,
                                hg_error *err)
{
    hg_position p = {0};
    hg_status s = HG_OK;
    if (given) {
        p = *given;
        if (p.state == HG_ROW_OK && !(isfinite(p.x) && isfinite(p.y)))
            p.state = HG_ROW_NOT_FINITE;
        if (p.state != HG_ROW_OK && p.bad)
            s = add_bad(b, &b->rows.bad_points, p.bad, strlen(p.bad), err);
    } else {
        s = position_from_columns(b, values, &p, err);
    }
    size_t i = b->rows.n;
    b->rows.state[i] = (uint8_t)p.state;
    b->rows.x[i] = p.state == HG_ROW_OK ? p.x : NAN;
    b->rows.y[i] = p.state == HG_ROW_OK ? p.y : NAN;
    return s;
}

typedef enum time_state { TIME_EMPTY, TIME_READ, TIME_BAD } time_state;

static time_state read_time(hg_row_builder *b, const hg_value *date, const hg_value *clock,
                            hg_date_order order, int64_t *civil)
{
    char buf[64], clock_buf[64];
    size_t n, clock_n;
    hg_moment m;
    *civil = HG_NO_TIME;
    if (is_empty(date))
        return TIME_EMPTY;
    const char *s = hg_value_text(date, buf, &n);
    bool ok;
    if (clock && !is_empty(clock)) {
        const char *c = hg_value_text(clock, clock_buf, &clock_n);
        ok = hg_moment_parse_two(s, n, c, clock_n, order, &m);
    } else {
        ok = hg_moment_parse(s, n, order, &m);
    }
    if (!ok)
        return TIME_BAD;
    hg_source_rows *r = &b->rows;
    if (m.has_offset) {
        if (r->offset_times++ == 0)
            r->first_offset_s = m.offset_s;
        r->offsets_differ |= m.offset_s != r->first_offset_s;
    } else {
        r->naive_times++;
    }
    const hg_zone *zone = b->source->spec.zone;
    *civil = m.has_offset && zone ? hg_zone_civil(zone, &m) : m.civil;
    return TIME_READ;
}

static hg_status store_times(hg_row_builder *b, const hg_value *values, hg_error *err)
{
    const hg_source *s = b->source;
    if (!has_role(s, HG_ROLE_TIME))
        return HG_OK;
    const hg_value *date = &values[s->column[HG_ROLE_TIME]];
    const hg_value *clock = has_role(s, HG_ROLE_CLOCK) ? &values[s->column[HG_ROLE_CLOCK]] : NULL;
    int64_t start, end = HG_NO_TIME;
    time_state first = read_time(b, date, clock, s->order, &start), last = TIME_EMPTY;
    const hg_value *until = NULL;
    if (has_role(s, HG_ROLE_TIME_END)) {
        until = &values[s->column[HG_ROLE_TIME_END]];
        last = read_time(b, until, NULL, s->order_end, &end);
        if (first == TIME_EMPTY && last == TIME_READ) {
            start = end;
            first = TIME_READ;
        }
        bool impossible = first == TIME_READ && last == TIME_READ && end < start;
        if (impossible || last == TIME_BAD) {
            last = TIME_BAD;
            start = end = HG_NO_TIME;
        }
        b->rows.t_end[b->rows.n] = end;
    }
    b->rows.t_start[b->rows.n] = start;
    if (first == TIME_EMPTY && last == TIME_EMPTY)
        b->rows.empty_times++;
    if (first != TIME_BAD && last != TIME_BAD)
        return HG_OK;
    char buf[64], end_buf[64];
    size_t n, end_n = 0;
    hg_text text = {0};
    const char *t = hg_value_text(date, buf, &n);
    hg_text_add_n(&text, t, n);
    if (clock && (t = hg_value_text(clock, end_buf, &end_n), end_n)) {
        hg_text_add(&text, " ");
        hg_text_add_n(&text, t, end_n);
    }
    if (until && last == TIME_BAD) {
        t = hg_value_text(until, end_buf, &end_n);
        hg_text_add(&text, " - ");
        hg_text_add_n(&text, t, end_n);
    }
    hg_status status =
        text.failed ? hg_fail_memory(err) : add_bad(b, &b->rows.bad_times, text.s, text.len, err);
    hg_text_dispose(&text);
    return status;
}

static hg_status store_weight(hg_row_builder *b, const hg_value *values, hg_error *err)
{
    if (!has_role(b->source, HG_ROLE_WEIGHT))
        return HG_OK;
    const hg_value *v = &values[b->source->column[HG_ROLE_WEIGHT]];
    double w = NAN;
    bool ok = !is_empty(v) && read_coordinate(v, &w) && isfinite(w) && w >= 0;
    b->rows.w[b->rows.n] = ok ? w : NAN;
    if (ok || is_empty(v))
        return HG_OK;
    char buf[64];
    size_t n;
    const char *s = hg_value_text(v, buf, &n);
    return add_bad(b, &b->rows.bad_weights, s, n, err);
}

static hg_status store_texts(hg_row_builder *b, const hg_value *values, hg_error *err)
{
    const hg_source *s = b->source;
    const struct {
        enum hg_role role;
        uint32_t *column;
    } texts[] = {{HG_ROLE_CATEGORY, b->rows.category},
                 {HG_ROLE_STREAM, b->rows.stream},
                 {HG_ROLE_ID, b->rows.id}};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        if (!texts[k].column)
            continue;
        hg_status status =
            text_id(b, &values[s->column[texts[k].role]], &texts[k].column[b->rows.n], err);
        if (status != HG_OK)
            return status;
    }
    return HG_OK;
}

static hg_status store_kept(hg_row_builder *b, const hg_value *values, hg_error *err)
{
    size_t i = b->rows.n;
    for (size_t k = 0; k < b->rows.kept_count; k++) {
        const hg_value *v = &values[b->source->keep[k]];
        hg_column *c = &b->rows.kept[k];
        hg_status s = HG_OK;
        if (c->type == HG_INT64)
            c->i64[i] = v->type == HG_VALUE_INT ? v->i : HG_NULL_INT64;
        else if (c->type == HG_DOUBLE)
            c->f64[i] = v->type == HG_VALUE_REAL  ? v->d
                        : v->type == HG_VALUE_INT ? (double)v->i
                                                  : NAN;
        else
            s = text_id(b, v, &c->text[i], err);
        if (s != HG_OK)
            return s;
    }
    return HG_OK;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9fb21c651e98df25u;
    return h ^ (h >> 32);
}

static uint64_t bits_of(double d)
{
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u;
}

static uint64_t hash_value(uint64_t h, const hg_value *v)
{
    h = mix(h, (uint64_t)v->type + 1);
    if (v->type == HG_VALUE_INT)
        return mix(h, (uint64_t)v->i);
    if (v->type == HG_VALUE_REAL)
        return mix(h, bits_of(v->d));
    for (size_t k = 0; v->type == HG_VALUE_TEXT && k < v->n; k += 8)
        h = mix(h, hg_word_at(v->s + k, v->n - k));
    return h;
}

/* A view has room for all rows that a whole file can hold in its stretch. */
static hg_status make_room(hg_row_builder *b, hg_error *err)
{
    if (b->is_view)
        return hg_fail(err, HG_EDATA, "%s cannot be read: it is damaged, or was changed while it was read",
                       b->source->name);
    return hg_row_builder_reserve(b, b->capacity < 1024 ? 1024 : b->capacity * 2, err);
}

hg_status hg_row_builder_add(hg_row_builder *b, const hg_position *position, const hg_value *values,
                             hg_error *err)
{
    hg_source_rows *r = &b->rows;
    hg_status s = r->n == b->capacity ? make_room(b, err) : HG_OK;
    if (s == HG_OK)
        s = store_position(b, position, values, err);
    if (s == HG_OK)
        s = store_times(b, values, err);
    if (s == HG_OK)
        s = store_weight(b, values, err);
    if (s == HG_OK)
        s = store_texts(b, values, err);
    if (s == HG_OK)
        s = store_kept(b, values, err);
    if (s != HG_OK)
        return s;
    uint64_t h = mix(mix(mix(0, r->state[r->n]), bits_of(r->x[r->n])), bits_of(r->y[r->n]));
    for (size_t f = 0; f < b->source->fields; f++)
        h = hash_value(h, &values[f]);
    r->hash[r->n++] = h;
    return HG_OK;
}

static void copy_text(uint32_t *to, const uint32_t *from, size_t n, const uint32_t *map)
{
    for (size_t i = 0; to && i < n; i++)
        to[i] = from[i] == HG_NO_TEXT ? HG_NO_TEXT : map[from[i]];
}

static void copy_column(void *to, const void *from, size_t n, size_t size)
{
    if (to && n && to != from)
        memmove(to, from, n * size);
}

static hg_status append_bad(hg_bad_values *to, const hg_bad_values *from, size_t offset,
                            const uint32_t *map, hg_error *err)
{
    if (!from->count)
        return HG_OK;
    hg_bad_value *items = hg_grow(to->items, &to->capacity, to->count + from->count, sizeof *items);
    if (!items)
        return hg_fail_memory(err);
    to->items = items;
    for (size_t i = 0; i < from->count; i++)
        items[to->count++] =
            (hg_bad_value){.row = from->items[i].row + offset, .text = map[from->items[i].text]};
    return HG_OK;
}

static hg_status append_rows(hg_source_rows *to, const hg_source_rows *from, const uint32_t *map,
                             hg_error *err)
{
    size_t at = to->n, n = from->n;
    copy_column(to->x + at, from->x, n, sizeof *to->x);
    copy_column(to->y + at, from->y, n, sizeof *to->y);
    copy_column(to->state + at, from->state, n, sizeof *to->state);
    copy_column(to->hash + at, from->hash, n, sizeof *to->hash);
    copy_column(to->w ? to->w + at : NULL, from->w, n, sizeof *to->w);
    copy_column(to->t_start ? to->t_start + at : NULL, from->t_start, n, sizeof *to->t_start);
    copy_column(to->t_end ? to->t_end + at : NULL, from->t_end, n, sizeof *to->t_end);
    copy_text(to->category ? to->category + at : NULL, from->category, n, map);
    copy_text(to->stream ? to->stream + at : NULL, from->stream, n, map);
    copy_text(to->id ? to->id + at : NULL, from->id, n, map);
    for (size_t k = 0; k < to->kept_count; k++) {
        hg_column *c = &to->kept[k];
        if (c->type == HG_TEXT)
            copy_text(c->text + at, from->kept[k].text, n, map);
        else
            copy_column(c->i64 + at, from->kept[k].i64, n, sizeof *c->i64);
    }
    hg_status s = append_bad(&to->bad_points, &from->bad_points, at, map, err);
    if (s == HG_OK)
        s = append_bad(&to->bad_times, &from->bad_times, at, map, err);
    if (s == HG_OK)
        s = append_bad(&to->bad_weights, &from->bad_weights, at, map, err);
    to->n += n;
    to->empty_times += from->empty_times;
    to->naive_times += from->naive_times;
    if (from->offset_times) {
        if (!to->offset_times)
            to->first_offset_s = from->first_offset_s;
        to->offsets_differ |= from->offsets_differ || from->first_offset_s != to->first_offset_s;
        to->offset_times += from->offset_times;
    }
    return s;
}

hg_status hg_row_builder_join(hg_row_builder *all, hg_row_builder *parts, size_t n, hg_error *err)
{
    size_t total = 0;
    for (size_t p = 0; p < n; p++)
        total += parts[p].rows.n;
    hg_status s = total > all->capacity ? hg_row_builder_reserve(all, total, err) : HG_OK;
    for (size_t p = 0; s == HG_OK && p < n; p++) {
        uint32_t *map = NULL;
        s = hg_pool_merge(parts[p].pool, all->pool, &map, err);
        if (s == HG_OK)
            s = append_rows(&all->rows, &parts[p].rows, map, err);
        hg_free(map);
        hg_row_builder_dispose(&parts[p]);
    }
    return s;
}

/* "007" is a code, not a number. */
static bool is_plain_integer(const char *s, int64_t *out)
{
    const char *digits = *s == '-' ? s + 1 : s;
    size_t n = strlen(digits);
    if (n == 0 || n > 18 || strspn(digits, "0123456789") != n || (n > 1 && digits[0] == '0'))
        return false;
    int64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (digits[i] - '0');
    *out = *s == '-' ? -v : v;
    return true;
}

static bool is_plain_real(const char *s, double *out)
{
    size_t n = strlen(s);
    const char *digits = *s == '-' ? s + 1 : s;
    if (strspn(digits, "0123456789.") != strlen(digits) ||
        (digits[0] == '0' && digits[1] != '.' && digits[1]))
        return false;
    return hg_parse_number(s, n, out) && isfinite(*out);
}

hg_status hg_rows_narrow(hg_source_rows *r, hg_pool *pool, hg_error *err)
{
    for (size_t k = 0; k < r->kept_count; k++) {
        hg_column *c = &r->kept[k];
        bool integer = true, real = true, any = false;
        int64_t i64;
        double f64;
        for (size_t i = 0; c->type == HG_TEXT && i < r->n && real; i++) {
            const char *s = hg_pool_text(pool, c->text[i]);
            if (!s)
                continue;
            any = true;
            integer = integer && is_plain_integer(s, &i64);
            real = integer || is_plain_real(s, &f64);
        }
        if (c->type != HG_TEXT || !any || !real)
            continue;
        int64_t *numbers = hg_malloc(r->n, sizeof *numbers);
        if (!numbers)
            return hg_fail_memory(err);
        hg_column narrow = {.name = c->name, .type = integer ? HG_INT64 : HG_DOUBLE};
        narrow.i64 = numbers;
        for (size_t i = 0; i < r->n; i++) {
            const char *s = hg_pool_text(pool, c->text[i]);
            if (integer) {
                narrow.i64[i] = HG_NULL_INT64;
                if (s)
                    is_plain_integer(s, &narrow.i64[i]);
            } else {
                narrow.f64[i] = NAN;
                if (s)
                    is_plain_real(s, &narrow.f64[i]);
            }
        }
        hg_free(c->text);
        *c = narrow;
    }
    return HG_OK;
}
