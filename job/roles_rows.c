/* From rows of text to the audit's structs: every value read, or noted, or its row rejected. */
#include "base/memory.h"
#include "base/number.h"
#include "job/roles_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Classes and the like are looked up once a distinct text: number + 1 by text id, 0 = not yet. */
typedef struct lookups {
    uint16_t *class_number, *action, *verdict, *kind, *level;
    uint32_t *seen; /* by id of an id: the row that has it + 1, in whatever is being read */
    size_t texts;
} lookups;

typedef struct taker {
    hg_audit_inputs *in;
    const hg_class_map *map;
    lookups *look;
    hg_role_source *source;
    hg_audit_origin origin;
    size_t row;
    size_t bad_cursor;
    hg_date_order order[HG_ROLE_COLUMNS];
    hg_status status; /* sticks; looked at once a row */
    hg_error *err;
} taker;

/* ------------------------------------------------------------------ refusing and noting */

static const char *text_of(const taker *t, uint32_t id)
{
    return hg_pool_text(t->in->pool, id);
}

static uint32_t cell(const taker *t, size_t column)
{
    return hg_record_text(&t->source->records, column, t->row);
}

static void note(taker *t, const char *reason, uint32_t value)
{
    if (t->status == HG_OK)
        t->status = hg_audit_note_add(t->in, t->origin, reason, text_of(t, value), t->err);
}

/* False, so that `return reject(...)` reads as what becomes of the row. */
static bool reject(taker *t, hg_reason reason, const char *value)
{
    if (t->status == HG_OK)
        t->status = hg_rejects_add(&t->in->rejects, t->origin.input, t->origin.row, reason, value,
                                   t->err);
    return false;
}

/* The lists of bad values are in order of rows. */
static const char *bad_outline(taker *t)
{
    const hg_bad_values *bad = &t->source->records.bad;
    while (t->bad_cursor < bad->count && bad->items[t->bad_cursor].row < t->row)
        t->bad_cursor++;
    return t->bad_cursor < bad->count && bad->items[t->bad_cursor].row == t->row
               ? text_of(t, bad->items[t->bad_cursor].text)
               : NULL;
}

static bool reject_place(taker *t)
{
    hg_shapes one = {.shapes = &t->source->records.shapes.shapes[t->row], .count = 1};
    char x[32], y[32], at[80];
    double box[4];
    if (hg_shapes_box(&one, box, NULL) != HG_OK)
        return reject(t, HG_OUTSIDE_CRS, NULL);
    snprintf(at, sizeof at, "%s, %s", hg_shortest_decimal((box[0] + box[2]) / 2, x),
             hg_shortest_decimal((box[1] + box[3]) / 2, y));
    return reject(t, HG_OUTSIDE_CRS, at);
}

static bool has_place(taker *t)
{
    hg_reason reason = (hg_reason)t->source->reason[t->row];
    if (reason == HG_OUTSIDE_CRS)
        return reject_place(t);
    return reason == HG_ACCEPTED || reject(t, reason, bad_outline(t));
}

static bool has_id(taker *t, uint32_t id)
{
    return id != HG_NO_TEXT || reject(t, HG_NO_ID, NULL);
}

/* Moves the outline of the row to `shapes`. */
static void take_outline(taker *t, hg_shapes *shapes)
{
    hg_shape *from = &t->source->records.shapes.shapes[t->row];
    if (t->status != HG_OK)
        return;
    t->status = hg_shapes_adopt(shapes, from->wkb, from->size, NULL, t->err);
    from->wkb = NULL;
}

/* ------------------------------------------------------------------ values */

/* False where something stands there that is no date. */
static bool read_date(const taker *t, size_t column, int64_t *out)
{
    hg_moment m;
    const char *text = text_of(t, cell(t, column));
    *out = HG_NO_TIME;
    if (!text)
        return true;
    if (!hg_moment_parse(text, strlen(text), t->order[column], &m))
        return false;
    *out = m.civil;
    return true;
}

static int64_t date_or_note(taker *t, size_t column)
{
    int64_t civil;
    if (!read_date(t, column, &civil))
        note(t, "bad_time", cell(t, column));
    return civil;
}

typedef enum number_state { NUMBER_OK, NUMBER_BAD, NUMBER_NEGATIVE } number_state;

/* All of the Earth's surface: what is said to be more than that is no area. */
static const double MOST_AREA_M2 = 5.2e14;

/* NaN where nothing stands there, and unless NUMBER_OK. */
static number_state read_number(const taker *t, size_t column, bool area, double *out)
{
    const char *text = text_of(t, cell(t, column));
    double v;
    *out = NAN;
    if (!text)
        return NUMBER_OK;
    if (!(area ? hg_parse_quantity(text, HG_AREA, &v) : hg_parse_number(text, strlen(text), &v)) ||
        !isfinite(v) || (area && v > MOST_AREA_M2))
        return NUMBER_BAD;
    if (v < 0)
        return NUMBER_NEGATIVE;
    *out = v;
    return NUMBER_OK;
}

static double number_or_note(taker *t, size_t column, bool area)
{
    double v;
    number_state state = read_number(t, column, area, &v);
    if (state != NUMBER_OK)
        note(t, state == NUMBER_BAD ? "bad_number" : "negative", cell(t, column));
    return v;
}

/* Priorities may be below zero. */
static double priority_or_note(taker *t, size_t column)
{
    const char *text = text_of(t, cell(t, column));
    double v;
    if (!text)
        return NAN;
    if (hg_parse_number(text, strlen(text), &v) && isfinite(v))
        return v;
    note(t, "bad_number", cell(t, column));
    return NAN;
}

/* ------------------------------------------------------------------ words */

static uint16_t find_class(const taker *t, const char *text, bool *known)
{
    return hg_class_map_find(t->map, text, known);
}

static uint16_t find_action(const taker *t, const char *text, bool *known)
{
    return (uint16_t)hg_class_map_action(t->map, text, known);
}

static uint16_t find_kind(const taker *t, const char *text, bool *known)
{
    (void)t;
    return (uint16_t)hg_role_zone_kind(text, known);
}

static uint16_t find_verdict(const taker *t, const char *text, bool *known)
{
    (void)t;
    return (uint16_t)hg_role_verdict(text, known);
}

static uint16_t find_level(const taker *t, const char *text, bool *known)
{
    (void)t;
    return (uint16_t)hg_role_patrol_level(text, known);
}

/* A word that is not known is noted where it is first met; no text is what `find` makes of "". */
static uint16_t look_up(taker *t, uint16_t *table, uint32_t id, const char *reason,
                        uint16_t (*find)(const taker *, const char *, bool *))
{
    bool known;
    if (id == HG_NO_TEXT)
        return find(t, "", &known);
    if (!table[id]) {
        table[id] = (uint16_t)(1 + find(t, text_of(t, id), &known));
        if (!known)
            note(t, reason, id);
    }
    return (uint16_t)(table[id] - 1);
}

static uint16_t class_of(taker *t, uint32_t id)
{
    return look_up(t, t->look->class_number, id, "unknown_class", find_class);
}

static hg_action_kind action_of(taker *t, uint32_t id)
{
    return (hg_action_kind)look_up(t, t->look->action, id, "unknown_action", find_action);
}

/* ------------------------------------------------------------------ zones and permits */

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Rows alike in all but their outline are one thing in several parts; else the later is refused. */
static bool join(taker *t, bool alike, hg_shapes *shapes, size_t with)
{
    hg_shape *from = &t->source->records.shapes.shapes[t->row];
    if (!alike)
        return reject(t, HG_DUPLICATE_ID, text_of(t, cell(t, 0)));
    note(t, "joined_part", cell(t, 0));
    if (t->status == HG_OK)
        t->status = hg_shapes_join(shapes, with, from, t->err);
    return true;
}

/* In the ledger "*" is the total. */
static bool is_total(const taker *t, uint32_t id)
{
    return id != HG_NO_TEXT && strcmp(text_of(t, id), "*") == 0;
}

static bool reject_interval(taker *t, int64_t from, int64_t to)
{
    char a[32], b[32], both[80];
    snprintf(both, sizeof both, "%s/%s", hg_civil_text(from, a), hg_civil_text(to, b));
    return reject(t, HG_BAD_INTERVAL, both);
}

static bool take_zone(taker *t)
{
    hg_audit_inputs *in = t->in;
    uint32_t id = cell(t, 0);
    if (!has_place(t) || !has_id(t, id))
        return false;
    if (is_total(t, id))
        return reject(t, HG_NO_ID, "*");
    hg_audit_zone z = {.origin = t->origin, .id = id};
    z.kind = (hg_zone_kind)look_up(t, t->look->kind, cell(t, 1), "unknown_kind", find_kind);
    z.priority = priority_or_note(t, 2);
    z.valid_from = date_or_note(t, 3);
    z.valid_to = date_or_note(t, 4);
    if (z.valid_to != HG_NO_TIME && z.valid_to <= z.valid_from)
        return reject_interval(t, z.valid_from, z.valid_to);
    if (t->look->seen[id]) {
        size_t k = t->look->seen[id] - 1;
        const hg_audit_zone *had = &in->zones[k];
        bool alike = had->kind == z.kind && same_number(had->priority, z.priority) &&
                     had->valid_from == z.valid_from && had->valid_to == z.valid_to;
        return join(t, alike, &in->zone_shapes, k);
    }
    take_outline(t, &in->zone_shapes);
    in->zones[in->zone_count++] = z;
    t->look->seen[id] = (uint32_t)in->zone_count;
    return true;
}

static void add_permit_class(taker *t, const char *item, size_t n)
{
    hg_audit_inputs *in = t->in;
    bool known;
    char *text = hg_strndup(item, n);
    uint16_t *grown = hg_grow(in->permit_classes, &in->permit_class_capacity,
                              in->permit_class_count + 1, sizeof *grown);
    if (grown)
        in->permit_classes = grown;
    if (!text || !grown) {
        t->status = hg_fail_memory(t->err);
    } else {
        grown[in->permit_class_count++] = hg_class_map_find(t->map, text, &known);
        if (!known)
            t->status = hg_audit_note_add(in, t->origin, "unknown_class", text, t->err);
    }
    hg_free(text);
}

/* A list split at ';', full-width or not; empty items are none. */
static void read_classes(taker *t, uint32_t id, hg_audit_permit *p)
{
    static const char wide[] = "；";
    const char *at = text_of(t, id);
    p->first_class = (uint32_t)t->in->permit_class_count;
    while (at && *at && t->status == HG_OK) {
        const char *half = strchr(at, ';'), *full = strstr(at, wide);
        const char *end = half && (!full || half < full) ? half : full;
        size_t n = end ? (size_t)(end - at) : strlen(at);
        if (strspn(at, " \t") < n)
            add_permit_class(t, at, n);
        at = !end ? NULL : end + (end == half ? 1 : sizeof wide - 1);
    }
    p->class_count = (uint32_t)t->in->permit_class_count - p->first_class;
}

static bool same_permit(const hg_audit_inputs *in, const hg_audit_permit *a,
                        const hg_audit_permit *b)
{
    return a->holder == b->holder && a->signed_on == b->signed_on &&
           a->valid_from == b->valid_from && a->valid_to == b->valid_to &&
           a->class_count == b->class_count &&
           (a->class_count == 0 ||
            memcmp(in->permit_classes + a->first_class, in->permit_classes + b->first_class,
                   a->class_count * sizeof *in->permit_classes) == 0);
}

/* A permit whose dates cannot be read authorises nothing: better none than one without end. */
static bool read_validity(taker *t, hg_audit_permit *p)
{
    int64_t *const dates[] = {&p->signed_on, &p->valid_from, &p->valid_to};
    for (size_t k = 0; k < 3; k++)
        if (!read_date(t, 3 + k, dates[k]))
            return reject(t, HG_BAD_TIME, text_of(t, cell(t, 3 + k)));
    bool both = p->valid_from != HG_NO_TIME && p->valid_to != HG_NO_TIME;
    return !both || p->valid_from < p->valid_to || reject_interval(t, p->valid_from, p->valid_to);
}

static bool take_permit(taker *t)
{
    hg_audit_inputs *in = t->in;
    uint32_t id = cell(t, 0);
    hg_audit_permit p = {.origin = t->origin, .id = id, .holder = cell(t, 1)};
    if (!has_place(t) || !has_id(t, id) || !read_validity(t, &p))
        return false;
    read_classes(t, cell(t, 2), &p);
    if (t->look->seen[id] && t->status == HG_OK) {
        size_t k = t->look->seen[id] - 1;
        bool alike = same_permit(in, &in->permits[k], &p);
        in->permit_class_count = p.first_class;
        return join(t, alike, &in->permit_shapes, k);
    }
    take_outline(t, &in->permit_shapes);
    in->permits[in->permit_count++] = p;
    t->look->seen[id] = (uint32_t)in->permit_count;
    return true;
}

/* ------------------------------------------------------------------ surveys and coverages */

static hg_audit_epoch *epoch_of(const taker *t)
{
    hg_audit_epoch *e = t->in->epochs;
    while (e->date != t->source->date)
        e++;
    return e;
}

static void make_id(taker *t, uint32_t *id)
{
    char text[48];
    snprintf(text, sizeof text, "#%u-%u", t->origin.input + 1, t->origin.row);
    note(t, "no_id", HG_NO_TEXT);
    if (t->status == HG_OK)
        t->status = hg_pool_intern(t->in->pool, text, strlen(text), id, t->err);
}

static bool take_patch(taker *t)
{
    hg_audit_epoch *e = epoch_of(t);
    hg_audit_patch p = {.origin = t->origin, .id = cell(t, 0), .class_text = cell(t, 1)};
    if (!has_place(t))
        return false;
    if (p.id == HG_NO_TEXT)
        make_id(t, &p.id);
    else if (t->look->seen[p.id]++)
        note(t, "repeated_id", p.id);
    p.class_number = class_of(t, p.class_text);
    p.occupant = cell(t, 2);
    p.rmse_m = number_or_note(t, 3, false);
    p.count = number_or_note(t, 4, false);
    p.tonnes = number_or_note(t, 5, false);
    p.verdict = (uint8_t)look_up(t, t->look->verdict, cell(t, 6), "unknown_verdict", find_verdict);
    take_outline(t, &e->shapes);
    e->patches[e->count++] = p;
    return true;
}

static bool take_coverage(taker *t)
{
    hg_audit_epoch *e = epoch_of(t);
    if (!has_place(t))
        return false;
    e->coverage_origin[e->coverage.count] = t->origin;
    take_outline(t, &e->coverage);
    return true;
}

/* ------------------------------------------------------------------ tables */

static bool take_action(taker *t)
{
    hg_audit_action a = {.origin = t->origin, .patch_id = cell(t, 0), .action_text = cell(t, 1)};
    if (!has_id(t, a.patch_id))
        return false;
    a.kind = action_of(t, a.action_text);
    a.date = date_or_note(t, 2);
    a.claimed_m2 = number_or_note(t, 3, true);
    if (isnan(a.claimed_m2) && cell(t, 3) != HG_NO_TEXT)
        a.claimed_m2 = 0; /* a claim that cannot be read claims nothing; only an empty one claims all */
    a.deadline = date_or_note(t, 4);
    a.proof = cell(t, 5);
    t->in->actions[t->in->action_count++] = a;
    return true;
}

static bool take_asset(taker *t)
{
    hg_audit_asset a = {.origin = t->origin, .id = cell(t, 0), .zone_id = cell(t, 1)};
    if (!has_id(t, a.id))
        return false;
    if (t->look->seen[a.id])
        return reject(t, HG_DUPLICATE_ID, text_of(t, a.id));
    a.rooms = number_or_note(t, 2, false);
    a.occupied_from = date_or_note(t, 3);
    a.recovered_on = date_or_note(t, 4);
    a.action_text = cell(t, 5);
    a.kind = action_of(t, a.action_text);
    if (a.recovered_on != HG_NO_TIME && a.occupied_from != HG_NO_TIME &&
        a.recovered_on < a.occupied_from)
        return reject_interval(t, a.occupied_from, a.recovered_on);
    t->look->seen[a.id] = 1;
    t->in->assets[t->in->asset_count++] = a;
    return true;
}

static bool take_patrol(taker *t)
{
    hg_audit_patrol p = {.origin = t->origin, .zone_id = cell(t, 0), .level_text = cell(t, 2)};
    if (!has_id(t, p.zone_id))
        return false;
    p.date = date_or_note(t, 1);
    p.level = (hg_patrol_level)look_up(t, t->look->level, p.level_text, "unknown_level", find_level);
    t->in->patrols[t->in->patrol_count++] = p;
    return true;
}

static bool take_opening(taker *t)
{
    hg_audit_opening o = {.origin = t->origin, .zone_id = cell(t, 0), .class_text = cell(t, 1)};
    if (!has_id(t, o.zone_id))
        return false;
    if (read_number(t, 2, true, &o.area_m2) != NUMBER_OK || isnan(o.area_m2))
        return reject(t, HG_BAD_NUMBER, text_of(t, cell(t, 2)));
    if (o.class_text == HG_NO_TEXT)
        note(t, "no_class", o.zone_id);
    o.class_number = class_of(t, o.class_text);
    o.signed_on = date_or_note(t, 3);
    t->in->openings[t->in->opening_count++] = o;
    return true;
}

/* ------------------------------------------------------------------ all rows */

static bool (*const takers[HG_AUDIT_ROLES])(taker *) = {
    [HG_AUDIT_ZONES] = take_zone,       [HG_AUDIT_PERMITS] = take_permit,
    [HG_AUDIT_SURVEY] = take_patch,     [HG_AUDIT_COVERAGE] = take_coverage,
    [HG_AUDIT_ACTIONS] = take_action,   [HG_AUDIT_ASSETS] = take_asset,
    [HG_AUDIT_PATROLS] = take_patrol,   [HG_AUDIT_OPENING] = take_opening,
};

/* Columns of dates, by role and place. */
static bool holds_dates(hg_audit_role role, size_t column)
{
    static const unsigned masks[HG_AUDIT_ROLES] = {
        [HG_AUDIT_ZONES] = 1 << 3 | 1 << 4,   [HG_AUDIT_PERMITS] = 1 << 3 | 1 << 4 | 1 << 5,
        [HG_AUDIT_ACTIONS] = 1 << 2 | 1 << 4, [HG_AUDIT_ASSETS] = 1 << 3 | 1 << 4,
        [HG_AUDIT_PATROLS] = 1 << 1,          [HG_AUDIT_OPENING] = 1 << 3,
    };
    return masks[role] >> column & 1;
}

/* "13/4/2019" anywhere in a column tells how "3/4/2019" is meant in it. */
static void find_orders(taker *t)
{
    const hg_records *r = &t->source->records;
    for (size_t k = 0; k < r->column_count; k++) {
        t->order[k] = HG_ORDER_UNKNOWN;
        if (!holds_dates(t->source->role, k))
            continue;
        for (size_t i = 0; i < r->n && t->order[k] == HG_ORDER_UNKNOWN; i++) {
            const char *text = text_of(t, hg_record_text(r, k, i));
            if (text)
                t->order[k] = hg_moment_order(text, strlen(text), NULL);
        }
    }
}

static hg_status take_source(taker *t)
{
    hg_input_facts *facts = &t->in->facts[t->origin.input];
    const hg_records *r = &t->source->records;
    t->bad_cursor = 0;
    find_orders(t);
    facts->rows_read = r->n;
    for (t->row = 0; t->row < r->n && t->status == HG_OK; t->row++) {
        t->origin.row = (uint32_t)(t->row + 1);
        if (takers[t->source->role](t))
            facts->accepted++;
        else
            facts->rejected++;
    }
    return t->status;
}

/* ------------------------------------------------------------------ room */

static void lookups_dispose(lookups *l)
{
    hg_free(l->class_number);
    hg_free(l->action);
    hg_free(l->verdict);
    hg_free(l->kind);
    hg_free(l->level);
    hg_free(l->seen);
}

static hg_status make_lookups(const hg_pool *pool, lookups *l, hg_error *err)
{
    size_t n = l->texts = hg_pool_count(pool);
    l->class_number = hg_calloc(n, sizeof *l->class_number);
    l->action = hg_calloc(n, sizeof *l->action);
    l->verdict = hg_calloc(n, sizeof *l->verdict);
    l->kind = hg_calloc(n, sizeof *l->kind);
    l->level = hg_calloc(n, sizeof *l->level);
    l->seen = hg_calloc(n, sizeof *l->seen);
    return l->class_number && l->action && l->verdict && l->kind && l->level && l->seen
               ? HG_OK
               : hg_fail_memory(err);
}

static size_t rows_of(const hg_role_sources *s, hg_audit_role role, int64_t date)
{
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->items[i].role == role && s->items[i].date == date)
            n += s->items[i].records.n;
    return n;
}

static hg_status make_epochs(const hg_role_sources *s, hg_audit_inputs *in, hg_error *err)
{
    in->epochs = hg_calloc(s->count, sizeof *in->epochs);
    if (!in->epochs)
        return hg_fail_memory(err);
    for (size_t i = 0; i < s->count; i++) {
        const hg_role_source *one = &s->items[i];
        hg_audit_epoch *last = in->epoch_count ? &in->epochs[in->epoch_count - 1] : NULL;
        if (one->role == HG_AUDIT_SURVEY && (!last || last->date != one->date))
            in->epochs[in->epoch_count++].date = one->date;
    }
    for (size_t i = 0; i < in->epoch_count; i++) {
        hg_audit_epoch *e = &in->epochs[i];
        e->patches =
            hg_malloc(rows_of(s, HG_AUDIT_SURVEY, e->date), sizeof *e->patches);
        e->coverage_origin =
            hg_malloc(rows_of(s, HG_AUDIT_COVERAGE, e->date), sizeof *e->coverage_origin);
        if (!e->patches || !e->coverage_origin)
            return hg_fail_memory(err);
        for (size_t k = 0; k < s->count; k++)
            e->has_coverage |=
                s->items[k].role == HG_AUDIT_COVERAGE && s->items[k].date == e->date;
    }
    return HG_OK;
}

static hg_status make_room(const hg_role_sources *s, hg_audit_inputs *in, hg_error *err)
{
    in->zones = hg_malloc(rows_of(s, HG_AUDIT_ZONES, HG_NO_TIME), sizeof *in->zones);
    in->permits = hg_malloc(rows_of(s, HG_AUDIT_PERMITS, HG_NO_TIME), sizeof *in->permits);
    in->actions = hg_malloc(rows_of(s, HG_AUDIT_ACTIONS, HG_NO_TIME), sizeof *in->actions);
    in->assets = hg_malloc(rows_of(s, HG_AUDIT_ASSETS, HG_NO_TIME), sizeof *in->assets);
    in->patrols = hg_malloc(rows_of(s, HG_AUDIT_PATROLS, HG_NO_TIME), sizeof *in->patrols);
    in->openings = hg_malloc(rows_of(s, HG_AUDIT_OPENING, HG_NO_TIME), sizeof *in->openings);
    if (!in->zones || !in->permits || !in->actions || !in->assets || !in->patrols || !in->openings)
        return hg_fail_memory(err);
    return make_epochs(s, in, err);
}

hg_status hg_role_take(const hg_class_map *map, hg_role_sources *sources, hg_audit_inputs *in,
                       hg_error *err)
{
    lookups look = {0};
    hg_status status = make_room(sources, in, err);
    if (status == HG_OK)
        status = make_lookups(in->pool, &look, err);
    taker t = {.in = in, .map = map, .look = &look, .err = err};
    for (size_t i = 0; i < sources->count && status == HG_OK; i++) {
        hg_role_source *s = &sources->items[i];
        bool begins = i == 0 || s[-1].role != s->role || s[-1].date != s->date;
        if (begins) /* ids are unique in a role, and in a flight */
            memset(look.seen, 0, look.texts * sizeof *look.seen);
        t.source = s;
        t.origin = (hg_audit_origin){(uint32_t)i, 0};
        status = take_source(&t);
    }
    lookups_dispose(&look);
    return status;
}
