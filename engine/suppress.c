/*
 * The table as a network: every entry is an arc whose flow is its count, every sum a node in
 * balance. Root -> all -> group -> row -> group's column -> column -> root; without groups the
 * nodes between fall away. What a reader cannot exclude are circulations of withheld arcs that keep
 * every one of them at 1 or more, and these are made of cycles (Gusfield, A graph theoretic
 * approach to statistical data security, SIAM J. Computing 17, 1988). So for each small entry the
 * cheapest cycle through it is withheld: one that exists already costs nothing.
 */
#include "engine/suppress.h"
#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define COUNT_MAX ((uint64_t)1 << 40)
#define LEVEL_COST 1e16 /* above any sum of counts along a cycle of a table of sensible size */
#define NO_ARC SIZE_MAX

typedef struct arc {
    size_t from, to;
    uint64_t count;
    double cost;    /* of withholding it */
    bool *withheld; /* in the result */
    bool small;     /* below the limit, from 0 or 1 on */
    bool safe;      /* on a cycle found already, or no one's */
} arc;

typedef struct queued {
    double cost;
    size_t node;
} queued;

typedef struct network {
    const hg_suppress_table *table;
    uint64_t below;
    size_t groups, nodes;
    arc *arcs;
    size_t n;
    size_t *start, *incident; /* arcs at each node */
    double *cost;             /* of the cheapest way to each node */
    size_t *reached, reached_n; /* nodes whose cost is not infinite */
    size_t *by;               /* the arc it ends with */
    queued *heap;
    size_t heap_n, heap_capacity;
    size_t (*partner)[2]; /* rows, by two slots; NULL = only the long way round */
} network;

/* Nodes in order: root, all, rows, columns, groups, group x column. */
enum { ROOT, ALL, FIRST_ROW };

static size_t row_node(size_t row)
{
    return FIRST_ROW + row;
}

static size_t column_node(const network *w, size_t column)
{
    return FIRST_ROW + w->table->rows + column;
}

static size_t group_node(const network *w, size_t group)
{
    return w->groups > 0 ? column_node(w, w->table->columns) + group : ALL;
}

static size_t group_column_node(const network *w, size_t group, size_t column)
{
    return w->groups > 0 ? group_node(w, w->groups) + group * w->table->columns + column
                         : column_node(w, column);
}

static size_t group_of(const network *w, size_t row)
{
    return w->groups > 0 ? w->table->group[row] : 0;
}

static void add_arc(network *w, size_t from, size_t to, uint64_t count, int level, bool *withheld)
{
    w->arcs[w->n++] = (arc){.from = from,
                            .to = to,
                            .count = count,
                            .cost = level * LEVEL_COST + (double)count,
                            .withheld = withheld};
}

/* Sums of the table, in the order of the result's arrays. */
typedef struct totals {
    uint64_t *row, *column, *group_cell, *group, grand;
} totals;

static void sum_table(const network *w, totals *t)
{
    const hg_suppress_table *table = w->table;
    for (size_t r = 0; r < table->rows; r++)
        for (size_t c = 0; c < table->columns; c++) {
            uint64_t count = table->count[r * table->columns + c];
            t->row[r] += count;
            t->column[c] += count;
            t->grand += count;
            if (w->groups > 0) {
                t->group_cell[table->group[r] * table->columns + c] += count;
                t->group[table->group[r]] += count;
            }
        }
}

static void add_arcs(network *w, const totals *t, hg_suppressed *out)
{
    const hg_suppress_table *table = w->table;
    for (size_t r = 0; r < table->rows; r++) {
        size_t group = group_of(w, r);
        add_arc(w, group_node(w, group), row_node(r), t->row[r], 1, &out->row_total[r]);
        for (size_t c = 0; c < table->columns; c++) {
            size_t i = r * table->columns + c;
            add_arc(w, row_node(r), group_column_node(w, group, c), table->count[i], 0,
                    &out->cell[i]);
        }
    }
    for (size_t g = 0; g < w->groups; g++) {
        add_arc(w, ALL, group_node(w, g), t->group[g], 2, &out->group_total[g]);
        for (size_t c = 0; c < table->columns; c++) {
            size_t i = g * table->columns + c;
            add_arc(w, group_column_node(w, g, c), column_node(w, c), t->group_cell[i], 1,
                    &out->group_cell[i]);
        }
    }
    for (size_t c = 0; c < table->columns; c++)
        add_arc(w, column_node(w, c), ROOT, t->column[c], 2, &out->column_total[c]);
    add_arc(w, ROOT, ALL, t->grand, 3, &out->grand_total);
}

static hg_status build_arcs(network *w, hg_suppressed *out, hg_error *err)
{
    const hg_suppress_table *table = w->table;
    totals t = {.row = hg_calloc(table->rows, sizeof *t.row),
                .column = hg_calloc(table->columns, sizeof *t.column),
                .group_cell = hg_calloc(w->groups * table->columns, sizeof *t.group_cell),
                .group = hg_calloc(w->groups, sizeof *t.group)};
    size_t arcs = (table->rows + w->groups + 1) * (table->columns + 1);
    w->nodes = w->groups > 0 ? group_column_node(w, w->groups, 0) : column_node(w, table->columns);
    w->arcs = hg_malloc(arcs, sizeof *w->arcs);
    hg_status s = HG_OK;
    if (t.row && t.column && t.group_cell && t.group && w->arcs) {
        sum_table(w, &t);
        add_arcs(w, &t, out);
    } else {
        s = hg_fail_memory(err);
    }
    hg_free(t.row);
    hg_free(t.column);
    hg_free(t.group_cell);
    hg_free(t.group);
    return s;
}

static hg_status link_nodes(network *w, hg_error *err)
{
    w->start = hg_calloc(w->nodes + 2, sizeof *w->start);
    w->incident = hg_malloc(2 * w->n, sizeof *w->incident);
    w->cost = hg_malloc(w->nodes, sizeof *w->cost);
    w->reached = hg_malloc(w->nodes, sizeof *w->reached);
    w->by = hg_malloc(w->nodes, sizeof *w->by);
    if (!w->start || !w->incident || !w->cost || !w->reached || !w->by)
        return hg_fail_memory(err);
    for (size_t v = 0; v < w->nodes; v++)
        w->cost[v] = INFINITY;
    for (size_t a = 0; a < w->n; a++) {
        w->start[w->arcs[a].from + 2]++;
        w->start[w->arcs[a].to + 2]++;
    }
    for (size_t v = 2; v < w->nodes + 2; v++)
        w->start[v] += w->start[v - 1];
    for (size_t a = 0; a < w->n; a++) {
        w->incident[w->start[w->arcs[a].from + 1]++] = a;
        w->incident[w->start[w->arcs[a].to + 1]++] = a;
    }
    return HG_OK;
}

/* Notes a cheaper way to a node. */
static void reach(network *w, size_t node, double cost, size_t by)
{
    if (isinf(w->cost[node]))
        w->reached[w->reached_n++] = node;
    w->cost[node] = cost;
    w->by[node] = by;
}

/* Only what the last way left behind: ways are short, and all nodes are many. */
static void forget_ways(network *w)
{
    while (w->reached_n > 0)
        w->cost[w->reached[--w->reached_n]] = INFINITY;
    w->heap_n = 0;
}

static bool is_cheaper(queued a, queued b)
{
    return a.cost != b.cost ? a.cost < b.cost : a.node < b.node;
}

static hg_status push(network *w, queued q, hg_error *err)
{
    queued *heap = hg_grow(w->heap, &w->heap_capacity, w->heap_n + 1, sizeof *heap);
    if (!heap)
        return hg_fail_memory(err);
    w->heap = heap;
    size_t i = w->heap_n++;
    for (; i > 0 && is_cheaper(q, heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = q;
    return HG_OK;
}

static queued pop(network *w)
{
    queued top = w->heap[0], last = w->heap[--w->heap_n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < w->heap_n; i = child) {
        if (child + 1 < w->heap_n && is_cheaper(w->heap[child + 1], w->heap[child]))
            child++;
        if (!is_cheaper(w->heap[child], last))
            break;
        w->heap[i] = w->heap[child];
    }
    w->heap[i] = last;
    return top;
}

/*
 * In its direction an arc gains one, against it it loses one. Where zeros are told they stay as they are,
 * and 1 must be left; where they are not, a small entry stays below the limit.
 */
static bool may_pass(const network *w, const arc *a, size_t from)
{
    if (w->table->zeros_too)
        return a->from == from ? !a->small || a->count + 1 < w->below : a->count > 0;
    return a->count > 0 && (a->from == from || a->count > 1);
}

/* What is no cheaper than the way to the end already is cannot shorten it. */
static hg_status relax(network *w, queued at, size_t to, size_t skipped, hg_error *err)
{
    for (size_t i = w->start[at.node]; i < w->start[at.node + 1]; i++) {
        size_t number = w->incident[i];
        const arc *a = &w->arcs[number];
        size_t next = a->from == at.node ? a->to : a->from;
        double cost = at.cost + (*a->withheld ? 0 : a->cost);
        if (number == skipped || !may_pass(w, a, at.node) || !(cost < w->cost[next]) ||
            !(cost < w->cost[to]))
            continue;
        reach(w, next, cost, number);
        hg_status s = push(w, (queued){cost, next}, err);
        if (s != HG_OK)
            return s;
    }
    return HG_OK;
}

/* The cheapest way from one node to another without one arc (Dijkstra 1959), into cost and by. */
static hg_status find_way(network *w, size_t from, size_t to, size_t skipped, hg_error *err)
{
    forget_ways(w);
    reach(w, from, 0, NO_ARC);
    hg_status s = push(w, (queued){0, from}, err);
    while (s == HG_OK && w->heap_n > 0) {
        queued at = pop(w);
        if (at.cost >= w->cost[to])
            break;
        if (at.cost <= w->cost[at.node])
            s = relax(w, at, to, skipped, err);
    }
    return s;
}

static void withhold_way(network *w, size_t to, uint64_t *further)
{
    for (size_t node = to; w->by[node] != NO_ARC;) {
        arc *a = &w->arcs[w->by[node]];
        *further += !*a->withheld;
        *a->withheld = true;
        a->safe = true;
        node = a->from == node ? a->to : a->from;
    }
}

/*
 * A way from an arc's end to its start shifts the arc up by one, one from start to end down. One of them
 * exists: the arc, its totals and the grand total all go down together, or up where zeros are told.
 */
static hg_status protect(network *w, size_t number, uint64_t *further, hg_error *err)
{
    arc *a = &w->arcs[number];
    double up = INFINITY, down = INFINITY;
    bool rises = may_pass(w, a, a->from), falls = may_pass(w, a, a->to);
    hg_status s = rises ? find_way(w, a->to, a->from, number, err) : HG_OK;
    if (rises)
        up = w->cost[a->from];
    if (s == HG_OK && up > 0 && falls) {
        s = find_way(w, a->from, a->to, number, err);
        down = w->cost[a->to];
        if (s == HG_OK && !(down < up))
            s = find_way(w, a->to, a->from, number, err);
    }
    if (s == HG_OK)
        withhold_way(w, down < up ? a->to : a->from, further);
    a->safe = true;
    return s;
}

/* ------------------------------------------------------------------ short cycles ----------- */

/*
 * A cycle through a row's entry goes through another of the row's. Where zeros are withheld too, almost always some
 * other row's entries of the same two columns are withheld and can move the other way: then the cheapest cycle is
 * found by looking at the row alone. Slot 0 of a row is its total, the others are its cells; a cell takes out of the
 * row what the total brings in.
 */
static arc *slot_arc(const network *w, size_t row, size_t slot)
{
    return &w->arcs[row * (w->table->columns + 1) + slot];
}

static int outward(size_t slot)
{
    return slot > 0 ? 1 : -1;
}

static bool can_move(const network *w, const arc *a, int by)
{
    return may_pass(w, a, by > 0 ? a->from : a->to);
}

/* Two rows for each pair of slots whose first can move outwards and whose second inwards, both withheld already. */
static hg_status find_partners(network *w, hg_error *err)
{
    size_t slots = w->table->columns + 1, pairs = slots * slots, found = 0;
    if (!w->table->zeros_too || w->groups > 0 || pairs / slots != slots)
        return HG_OK;
    w->partner = hg_malloc(pairs, sizeof *w->partner);
    if (!w->partner)
        return hg_fail_memory(err);
    for (size_t i = 0; i < pairs; i++)
        w->partner[i][0] = w->partner[i][1] = SIZE_MAX;
    for (size_t row = 0; row < w->table->rows && found < 2 * pairs; row++)
        for (size_t i = 0; i < pairs; i++) {
            const arc *a = slot_arc(w, row, i / slots), *b = slot_arc(w, row, i % slots);
            if (a == b || w->partner[i][1] != SIZE_MAX || !*a->withheld || !*b->withheld ||
                !can_move(w, a, outward(i / slots)) || !can_move(w, b, -outward(i % slots)))
                continue;
            w->partner[i][w->partner[i][0] != SIZE_MAX] = row;
            found++;
        }
    return HG_OK;
}

/* The row that evens out what slot a (outwards) and b (inwards) of a row do; SIZE_MAX where there is none. */
static size_t partner_of(const network *w, size_t row, size_t a, size_t b)
{
    const size_t *rows = w->partner[b * (w->table->columns + 1) + a];
    return rows[0] != row ? rows[0] : rows[1];
}

typedef struct short_cycle {
    size_t slot, row; /* the other entry of the row, and the row that evens out */
    double cost;
} short_cycle;

static void look_for_cycle(const network *w, size_t row, size_t slot, short_cycle *best)
{
    const arc *own = slot_arc(w, row, slot);
    for (int e = -1; e <= 1; e += 2)
        for (size_t k = 0; k <= w->table->columns && can_move(w, own, e * outward(slot)); k++) {
            const arc *other = slot_arc(w, row, k);
            size_t partner = e > 0 ? partner_of(w, row, slot, k) : partner_of(w, row, k, slot);
            double cost = *other->withheld ? 0 : other->cost;
            if (k != slot && partner != SIZE_MAX && cost < best->cost && can_move(w, other, -e * outward(k)))
                *best = (short_cycle){k, partner, cost};
        }
}

/*
 * Whether the row's own entries allow the cheapest cycle there can be: one that costs no more than the cheapest
 * other entry of the row, whichever way that would have to move.
 */
static bool protect_shortly(network *w, size_t number, uint64_t *further)
{
    size_t slots = w->table->columns + 1, row = number / slots, slot = number % slots;
    short_cycle best = {.cost = INFINITY};
    if (!w->partner || row >= w->table->rows)
        return false;
    look_for_cycle(w, row, slot, &best);
    for (size_t k = 0; k < slots; k++) {
        const arc *other = slot_arc(w, row, k);
        bool moves = can_move(w, other, 1) || can_move(w, other, -1);
        if (k != slot && moves && (*other->withheld ? 0 : other->cost) < best.cost)
            return false;
    }
    if (isinf(best.cost))
        return false;
    arc *used[] = {slot_arc(w, row, slot), slot_arc(w, row, best.slot), slot_arc(w, best.row, slot),
                   slot_arc(w, best.row, best.slot)};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
        *further += !*used[i]->withheld;
        *used[i]->withheld = used[i]->safe = true;
    }
    return true;
}

static hg_status protect_all(network *w, hg_suppressed *out, hg_error *err)
{
    for (size_t a = 0; a < w->n; a++) {
        arc *own = &w->arcs[a];
        own->small = own->count < w->below && (own->count > 0 || w->table->zeros_too);
        own->safe = own->count == 0;
        *own->withheld = own->small;
        out->small += own->small;
    }
    hg_status s = find_partners(w, err);
    for (size_t a = 0; a < w->n && s == HG_OK; a++)
        if (*w->arcs[a].withheld && !w->arcs[a].safe && !protect_shortly(w, a, &out->further))
            s = protect(w, a, &out->further, err);
    return s;
}

static hg_status check(const hg_suppress_table *t, uint64_t below, hg_error *err)
{
    if (below < 2)
        return hg_fail(err, HG_EUSAGE,
                       "counts below %" PRIu64 " cannot be withheld; 2 or more is needed", below);
    size_t most = SIZE_MAX / 64 / (t->columns + 1);
    if (t->rows < 1 || t->columns < 1 || t->rows > most || (t->group && t->groups > most))
        return hg_fail(err, HG_EUSAGE, "a table of %zu x %zu counts cannot be published", t->rows,
                       t->columns);
    for (size_t r = 0; t->group && r < t->rows; r++)
        if (t->group[r] >= t->groups)
            return hg_fail(err, HG_EDATA, "row %zu is of group %" PRIu32 " of %zu", r + 1,
                           t->group[r], t->groups);
    for (size_t i = 0; i < t->rows * t->columns; i++)
        if (t->count[i] > COUNT_MAX)
            return hg_fail(err, HG_EDATA, "count %" PRIu64 " of row %zu is too large", t->count[i],
                           i / t->columns + 1);
    return HG_OK;
}

static hg_status suppressed_new(const hg_suppress_table *t, hg_suppressed *out, hg_error *err)
{
    out->cell = hg_calloc(t->rows * t->columns, sizeof *out->cell);
    out->row_total = hg_calloc(t->rows, sizeof *out->row_total);
    out->column_total = hg_calloc(t->columns, sizeof *out->column_total);
    bool ok = out->cell && out->row_total && out->column_total;
    if (ok && t->group) {
        out->group_cell = hg_calloc(t->groups * t->columns, sizeof *out->group_cell);
        out->group_total = hg_calloc(t->groups, sizeof *out->group_total);
        ok = out->group_cell && out->group_total;
    }
    return ok ? HG_OK : hg_fail_memory(err);
}

static void network_dispose(network *w)
{
    hg_free(w->arcs);
    hg_free(w->start);
    hg_free(w->incident);
    hg_free(w->cost);
    hg_free(w->reached);
    hg_free(w->by);
    hg_free(w->partner);
    hg_free(w->heap);
}

hg_status hg_suppress(const hg_suppress_table *table, uint64_t below, hg_suppressed *out,
                      hg_error *err)
{
    hg_suppressed result = {0};
    network w = {.table = table, .below = below, .groups = table->group ? table->groups : 0};
    hg_status s = check(table, below, err);
    if (s == HG_OK)
        s = suppressed_new(table, &result, err);
    if (s == HG_OK)
        s = build_arcs(&w, &result, err);
    if (s == HG_OK)
        s = link_nodes(&w, err);
    if (s == HG_OK)
        s = protect_all(&w, &result, err);
    if (s == HG_OK)
        *out = result;
    else
        hg_suppressed_dispose(&result);
    network_dispose(&w);
    return s;
}

void hg_suppressed_dispose(hg_suppressed *s)
{
    hg_free(s->cell);
    hg_free(s->row_total);
    hg_free(s->column_total);
    hg_free(s->group_cell);
    hg_free(s->group_total);
    *s = (hg_suppressed){0};
}
