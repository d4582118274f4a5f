/*
 * What leaves the selection without a pile-up. Scores only fall, and only within the support: a
 * selected cell elsewhere stays, for no cell comes to rank before it. So for one pile-up it is
 * enough to rank the cells around it again among those that ranked best, down to the budget and the
 * area around it. Memory: the ranking that far; for all pile-ups together 16 bytes a cell of the
 * grid.
 */
#include "base/memory.h"
#include "engine/order.h"
#include "engine/pileup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 20 };

/* A remainder that rounding (Float32 scores, locations of 0.1 m) explains. */
#define RESIDUE 1e-5

typedef struct effect {
    const hg_rank_input *in;
    const hg_budget *budget;
    const hg_kernel *kernel;
    const hg_score_units *units;
    double area_m2, support_m;
    hg_rank_entry last; /* of the selected */
    hg_ranking deep;    /* the ranking beyond the budget */
} effect;

typedef struct window {
    int64_t row0, row1, column0, column1; /* inclusive; empty if a first exceeds its last */
} window;

typedef struct moved {
    hg_rank_entry entry; /* without the pile-up */
    bool was_selected;
} moved;

static uint64_t cell_at(const effect *e, int64_t row, int64_t column)
{
    return (uint64_t)(row * e->in->grid->columns + column);
}

static bool in_window(const effect *e, const window *v, uint64_t cell)
{
    int64_t row = (int64_t)(cell / (uint64_t)e->in->grid->columns);
    int64_t column = (int64_t)(cell % (uint64_t)e->in->grid->columns);
    return row >= v->row0 && row <= v->row1 && column >= v->column0 && column <= v->column1;
}

static int64_t clamp(int64_t v, int64_t last)
{
    return v < 0 ? 0 : v > last ? last : v;
}

/* The cells whose score or count a pile-up may touch. */
static window window_of(const effect *e, const hg_pile_up *p)
{
    const hg_grid *g = e->in->grid;
    double reach = e->support_m + g->cell_m;
    return (window){clamp(hg_grid_row_of(g, p->y + reach), g->rows - 1),
                    clamp(hg_grid_row_of(g, p->y - reach), g->rows - 1),
                    clamp(hg_grid_column_of(g, p->x - reach), g->columns - 1),
                    clamp(hg_grid_column_of(g, p->x + reach), g->columns - 1)};
}

/* Score units that a pile-up adds to a cell. */
static double score_of(const effect *e, const hg_pile_up *p, uint64_t home, int64_t row,
                       int64_t column)
{
    const hg_score_units *u = e->units;
    uint64_t cell = cell_at(e, row, column);
    double own = home == cell ? u->per_incident * (double)p->count + u->per_weight * p->weight : 0;
    if (u->per_m2 == 0)
        return own;
    double h = e->kernel->bandwidth_m, dx = hg_grid_column_centre(e->in->grid, column) - p->x;
    double dy = hg_grid_row_centre(e->in->grid, row) - p->y;
    double d = sqrt(dx * dx + dy * dy), share = u->by_share ? (double)e->in->share[cell] : 1;
    return own + p->weight * hg_kernel_value(e->kernel, d / h) / (h * h) * u->per_m2 * share;
}

static float score_without(float score, double taken)
{
    if (taken == 0)
        return score;
    double rest = (double)score - taken;
    return rest > RESIDUE * (double)score ? (float)rest : 0.0f;
}

static uint32_t count_without(uint32_t count, uint64_t taken)
{
    return taken < count ? count - (uint32_t)taken : 0;
}

static bool was_selected(const effect *e, uint64_t cell)
{
    return !hg_order_before(e->last, hg_order_entry(e->in, cell));
}

static moved move_cell(const effect *e, const hg_pile_up *p, uint64_t home, int64_t row,
                       int64_t column)
{
    uint64_t cell = cell_at(e, row, column);
    float score = score_without(e->in->score[cell], score_of(e, p, home, row, column));
    uint32_t count = count_without(e->in->counts->count[cell], cell == home ? p->count : 0);
    return (moved){{hg_order_key(score, count), hg_order_place(e->in->grid, cell)},
                   was_selected(e, cell)};
}

static int compare_moved(const void *a, const void *b)
{
    const moved *x = a, *y = b;
    return hg_order_before(x->entry, y->entry) ? -1 : hg_order_before(y->entry, x->entry);
}

/* The cells of the window as they rank without the pile-up; returns how many. */
static size_t move_window(const effect *e, const hg_pile_up *p, const window *v, moved *out)
{
    uint64_t home = hg_incident_cell(e->in->grid, e->in->share, p->x, p->y);
    size_t n = 0;
    for (int64_t row = v->row0; row <= v->row1; row++)
        for (int64_t column = v->column0; column <= v->column1; column++)
            if (e->in->share[cell_at(e, row, column)] > 0)
                out[n++] = move_cell(e, p, home, row, column);
    qsort(out, n, sizeof *out, compare_moved);
    return n;
}

static double cell_area(const effect *e, uint64_t cell)
{
    return (double)e->in->share[cell] * (e->in->grid->cell_m * e->in->grid->cell_m);
}

/* Ranks the moved cells and the others together; how many once selected cells of the window stay.
 */
static int64_t count_staying(const effect *e, const window *v, const moved *cells, size_t n,
                             hg_prefix prefix)
{
    int64_t staying = 0;
    size_t k = 0, other = 0;
    for (;;) {
        while (other < e->deep.listed && in_window(e, v, e->deep.cells[other]))
            other++;
        bool more = other < e->deep.listed, mine = k < n && hg_order_positive(cells[k].entry.key);
        if (!more && !mine)
            return staying;
        hg_rank_entry next = {0, 0};
        if (more)
            next = hg_order_entry(e->in, e->deep.cells[other]);
        mine = mine && (!more || hg_order_before(cells[k].entry, next));
        uint64_t cell =
            mine ? hg_order_place(e->in->grid, cells[k].entry.place) : e->deep.cells[other];
        if (!hg_prefix_take(&prefix, cell_area(e, cell)))
            return staying;
        if (mine)
            staying += cells[k++].was_selected;
        else
            other++;
    }
}

static hg_status effect_of_one(const effect *e, hg_pile_up *p, hg_error *err)
{
    window v = window_of(e, p);
    hg_prefix prefix;
    hg_status s = hg_prefix_start(e->budget, e->area_m2, &prefix, err);
    if (s != HG_OK)
        return s;
    size_t room = (size_t)((v.row1 - v.row0 + 1) * (v.column1 - v.column0 + 1));
    moved *cells = hg_malloc(room, sizeof *cells);
    if (!cells)
        return hg_fail_memory(err);
    size_t n = move_window(e, p, &v, cells);
    int64_t selected = 0;
    for (size_t k = 0; k < n; k++)
        selected += cells[k].was_selected;
    p->cells_changed = selected - count_staying(e, &v, cells, n, prefix);
    hg_free(cells);
    return HG_OK;
}

/* Ranks down to the budget plus all a window can set free, and two cells for what does not fit. */
static hg_status rank_deep(effect *e, hg_control *control, hg_error *err)
{
    const hg_grid *g = e->in->grid;
    double side = 2 * ceil(e->support_m / g->cell_m) + 5, free_cells = side * side + 2;
    hg_budget deep = {HG_BUDGET_TOP, e->budget->value + free_cells};
    if (e->budget->kind != HG_BUDGET_TOP) {
        bool part = e->budget->kind == HG_BUDGET_SHARE;
        deep.kind = HG_BUDGET_AREA;
        deep.value =
            e->budget->value * (part ? e->area_m2 : 1) + free_cells * g->cell_m * g->cell_m;
    }
    hg_rank_input input = *e->in;
    input.all_cells = false;
    return hg_rank(&input, &deep, control, &e->deep, err);
}

static hg_status effect_of_each(effect *e, hg_control *control, hg_pile_ups *pile_ups,
                                int64_t *changed, hg_error *err)
{
    hg_status s = rank_deep(e, control, err);
    for (size_t k = 0; s == HG_OK && k < pile_ups->n && k < FIRST; k++) {
        hg_pile_up p = pile_ups->items[k];
        s = hg_check_cancel(control, err);
        if (s == HG_OK)
            s = effect_of_one(e, &p, err);
        changed[k] = p.cells_changed;
    }
    hg_ranking_dispose(&e->deep);
    return s;
}

/* Takes one pile-up's score out of the sums and its incidents out of the counts. */
static void take_out(const effect *e, const hg_pile_up *p, double *taken, uint32_t *count)
{
    window v = window_of(e, p);
    uint64_t home = hg_incident_cell(e->in->grid, e->in->share, p->x, p->y);
    if (home != UINT64_MAX)
        count[home] = count_without(count[home], p->count);
    for (int64_t row = v.row0; row <= v.row1; row++)
        for (int64_t column = v.column0; column <= v.column1; column++)
            taken[cell_at(e, row, column)] += score_of(e, p, home, row, column);
}

static int64_t count_leaving(const hg_ranking *before, const hg_rank_input *without,
                             const hg_ranking *after)
{
    hg_rank_entry last = hg_order_entry(without, after->cells[after->selected - 1]);
    int64_t leaving = 0;
    for (size_t k = 0; k < before->selected; k++)
        leaving += hg_order_before(last, hg_order_entry(without, before->cells[k]));
    return leaving;
}

static bool any_positive(const hg_rank_input *in)
{
    for (uint64_t i = 0; i < hg_grid_cells(in->grid); i++)
        if (in->share[i] > 0 && in->score[i] > 0)
            return true;
    return false;
}

static hg_status rank_without(const effect *e, const hg_ranking *ranking, const float *score,
                              uint32_t *count, hg_control *control, int64_t *changed, hg_error *err)
{
    hg_cell_counts counts = {.count = count};
    hg_rank_input without = {e->in->grid, score, e->in->share, &counts, false};
    hg_ranking after = {0};
    if (!any_positive(&without)) {
        *changed = (int64_t)ranking->selected;
        return HG_OK;
    }
    hg_status s = hg_rank(&without, e->budget, control, &after, err);
    if (s == HG_OK)
        *changed = count_leaving(ranking, &without, &after);
    hg_ranking_dispose(&after);
    return s;
}

static hg_status effect_of_all(const effect *e, const hg_ranking *ranking,
                               const hg_pile_ups *pile_ups, hg_control *control, int64_t *changed,
                               hg_error *err)
{
    size_t cells = hg_grid_cells(e->in->grid);
    double *taken = hg_calloc(cells, sizeof *taken);
    float *score = hg_malloc(cells, sizeof *score);
    uint32_t *count = hg_malloc(cells, sizeof *count);
    hg_status s = taken && score && count ? HG_OK : hg_fail_memory(err);
    if (s == HG_OK) {
        memcpy(count, e->in->counts->count, cells * sizeof *count);
        for (size_t k = 0; k < pile_ups->n; k++)
            take_out(e, &pile_ups->items[k], taken, count);
        for (size_t i = 0; i < cells; i++)
            score[i] = score_without(e->in->score[i], taken[i]);
        s = rank_without(e, ranking, score, count, control, changed, err);
    }
    hg_free(taken);
    hg_free(score);
    hg_free(count);
    return s;
}

hg_status hg_pile_up_effect(const hg_rank_input *input, const hg_budget *budget,
                            const hg_ranking *ranking, const hg_kernel *kernel,
                            const hg_score_units *units, hg_control *control, hg_pile_ups *pile_ups,
                            int64_t *all_changed, hg_error *err)
{
    if (pile_ups->n == 0) {
        *all_changed = 0;
        return HG_OK;
    }
    effect e = {.in = input,
                .budget = budget,
                .kernel = kernel,
                .units = units,
                .area_m2 = ranking->area_m2,
                .support_m = units->per_m2 == 0 ? 0 : hg_kernel_support_m(kernel),
                .last = hg_order_entry(input, ranking->cells[ranking->selected - 1])};
    int64_t changed[FIRST], all = 0;
    hg_status s = effect_of_each(&e, control, pile_ups, changed, err);
    if (s == HG_OK)
        s = effect_of_all(&e, ranking, pile_ups, control, &all, err);
    if (s != HG_OK)
        return s;
    for (size_t k = 0; k < pile_ups->n && k < FIRST; k++)
        pile_ups->items[k].cells_changed = changed[k];
    *all_changed = all;
    return HG_OK;
}
