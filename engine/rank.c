/*
 * Ranking. A histogram over the leading 16 bits of the score finds the bin where the budget runs
 * out, so that only the cells down to that bin are sorted. Memory: 32 bytes for each cell that is
 * sorted (all cells of the area with all_cells), 1 MB else.
 */
#include "engine/rank.h"
#include "base/memory.h"
#include "engine/order.h"
#include "base/radix.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { BIN_BITS = 16, BINS = 1 << BIN_BITS, BIN_SHIFT = 64 - BIN_BITS };

/* Key of score 0 and count 0, whose upper half is the first that is not positive. */
#define ZERO_SCORE ((uint64_t)0x7fffffff)

/*
 * Room for the rounding of a budget given as a share: 0.29 * 100 cells is 28.999999999999996 cells.
 */
#define BUDGET_SLACK 1e-12

uint64_t hg_order_key(float score, uint32_t count)
{
    float plain = score > 0 || score < 0 ? score : 0.0f;
    uint32_t bits;
    memcpy(&bits, &plain, sizeof bits);
    uint32_t ascending = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return (uint64_t)~ascending << 32 | (UINT32_MAX - count);
}

bool hg_order_positive(uint64_t key)
{
    return key >> 32 < ZERO_SCORE;
}

uint64_t hg_order_place(const hg_grid *g, uint64_t cell)
{
    uint64_t columns = (uint64_t)g->columns, row = cell / columns;
    return ((uint64_t)g->rows - 1 - row) * columns + (cell - row * columns);
}

bool hg_order_before(hg_rank_entry a, hg_rank_entry b)
{
    return a.key != b.key ? a.key < b.key : a.place < b.place;
}

hg_rank_entry hg_order_entry(const hg_rank_input *in, uint64_t cell)
{
    return (hg_rank_entry){hg_order_key(in->score[cell], in->counts->count[cell]),
                           hg_order_place(in->grid, cell)};
}

hg_status hg_prefix_start(const hg_budget *budget, double study_area_m2, hg_prefix *out,
                          hg_error *err)
{
    static const char *const unit[] = {"m2", "of the study area", "cells"};
    bool top = budget->kind == HG_BUDGET_TOP;
    if (!(budget->value > 0) || (top && budget->value < 1))
        return hg_fail(err, HG_EUSAGE, "budget of %.12g %s is not above 0", budget->value,
                       unit[budget->kind]);
    double area = budget->kind == HG_BUDGET_SHARE ? budget->value * study_area_m2 : budget->value;
    *out = (hg_prefix){.limit_m2 = top ? INFINITY : area * (1 + BUDGET_SLACK),
                       .top = top ? floor(budget->value) : INFINITY};
    return HG_OK;
}

bool hg_prefix_take(hg_prefix *p, double area_m2)
{
    if (p->cells > 0 && (p->area_m2 + area_m2 > p->limit_m2 || (double)p->cells >= p->top))
        return false;
    p->cells++;
    p->area_m2 += area_m2;
    return true;
}

/* Row by row, which keeps the rounding error of many partial cells small. */
double hg_study_area_m2(const hg_grid *g, const float *share)
{
    double sum = 0;
    for (int64_t r = 0; r < g->rows; r++) {
        double row = 0;
        for (int64_t c = 0; c < g->columns; c++)
            row += share[r * g->columns + c] > 0 ? (double)share[r * g->columns + c] : 0;
        sum += row;
    }
    return sum * (g->cell_m * g->cell_m);
}

typedef struct sorter {
    const hg_rank_input *in;
    hg_control *control;
    double cell_m2;
    uint64_t last_bin; /* bins beyond it cannot be selected */
    size_t n;          /* cells to sort */
    uint64_t *key;
    uint32_t *entry; /* number of the gathered cell, in the order of places */
    uint64_t *cell;  /* grid index of each gathered cell */
} sorter;

static double area_of(const sorter *s, uint64_t cell)
{
    return (double)s->in->share[cell] * s->cell_m2;
}

static bool wanted(const sorter *s, uint64_t cell, uint64_t *key)
{
    if (!(s->in->share[cell] > 0))
        return false;
    *key = hg_order_key(s->in->score[cell], s->in->counts->count[cell]);
    return s->in->all_cells || (hg_order_positive(*key) && *key >> BIN_SHIFT <= s->last_bin);
}

typedef struct histogram {
    double area_m2[BINS];
    uint64_t cells[BINS];
} histogram;

/* Most cells of a density lie in few bins or in none, so that the histogram stays in the cache. */
static hg_status fill_histogram(const sorter *s, histogram *h, uint64_t *positive, hg_error *err)
{
    const hg_grid *g = s->in->grid;
    for (int64_t r = 0; r < g->rows; r++) {
        for (int64_t c = 0; c < g->columns; c++) {
            uint64_t cell = (uint64_t)(r * g->columns + c);
            if (!(s->in->share[cell] > 0))
                continue;
            uint64_t key = hg_order_key(s->in->score[cell], 0);
            h->area_m2[key >> BIN_SHIFT] += area_of(s, cell);
            h->cells[key >> BIN_SHIFT]++;
            *positive += hg_order_positive(key);
        }
        hg_status status = hg_check_cancel(s->control, err);
        if (status != HG_OK)
            return status;
    }
    return HG_OK;
}

/*
 * The bin at which the prefix is certainly over. Its areas were summed in another order than the
 * ranking will, hence the margin. With all cells listed, every cell of the area is to be sorted.
 */
static void find_last_bin(sorter *s, const histogram *h, uint64_t positive, const hg_prefix *budget)
{
    double area = 0;
    size_t cells = 0, bin = 0;
    for (; bin < BINS; bin++) {
        bool over = area > budget->limit_m2 * (1 + 1e-6) || (double)cells > budget->top;
        if (over && !s->in->all_cells)
            break;
        area += h->area_m2[bin];
        cells += h->cells[bin];
    }
    s->last_bin = bin ? bin - 1 : 0;
    s->n = s->in->all_cells || cells < positive ? cells : positive;
}

static hg_status choose(sorter *s, const hg_prefix *budget, hg_error *err)
{
    histogram *h = hg_calloc(1, sizeof *h);
    if (!h)
        return hg_fail_memory(err);
    uint64_t positive = 0;
    hg_status status = fill_histogram(s, h, &positive, err);
    if (status == HG_OK && positive == 0)
        status = hg_fail(err, HG_EDATA, "no cell of the study area has a score above 0");
    if (status == HG_OK)
        find_last_bin(s, h, positive, budget);
    hg_free(h);
    return status;
}

/* From the southernmost row north and from west to east: the order of places. */
static void gather(sorter *s)
{
    const hg_grid *g = s->in->grid;
    size_t n = 0;
    for (int64_t r = g->rows - 1; r >= 0; r--)
        for (int64_t c = 0; c < g->columns; c++) {
            uint64_t key, cell = (uint64_t)(r * g->columns + c);
            if (!wanted(s, cell, &key))
                continue;
            s->key[n] = key;
            s->entry[n] = (uint32_t)n;
            s->cell[n++] = cell;
        }
    s->n = n;
}

static hg_status gather_and_sort(sorter *s, hg_error *err)
{
    if (s->n > UINT32_MAX)
        return hg_fail(err, HG_EFAIL, "%zu cells to rank; at most %" PRIu32 " are possible", s->n,
                       UINT32_MAX);
    s->key = hg_malloc(s->n, sizeof *s->key);
    s->entry = hg_malloc(s->n, sizeof *s->entry);
    s->cell = hg_malloc(s->n, sizeof *s->cell);
    if (!s->key || !s->entry || !s->cell)
        return hg_fail_memory(err);
    gather(s);
    return hg_radix_sort(s->key, s->entry, s->n, s->control ? s->control->threads : 0, err);
}

static hg_status list_cells(const sorter *s, hg_prefix *prefix, hg_ranking *out, hg_error *err)
{
    size_t k = 0;
    while (k < s->n && hg_order_positive(s->key[k]) &&
           hg_prefix_take(prefix, area_of(s, s->cell[s->entry[k]])))
        k++;
    size_t listed = s->in->all_cells ? s->n : k;
    uint64_t *cells = hg_malloc(listed, sizeof *cells);
    if (!cells)
        return hg_fail_memory(err);
    for (size_t i = 0; i < listed; i++)
        cells[i] = s->cell[s->entry[i]];
    out->cells = cells;
    out->listed = listed;
    out->selected = k;
    out->selected_area_m2 = prefix->area_m2;
    return HG_OK;
}

hg_status hg_rank(const hg_rank_input *input, const hg_budget *budget, hg_control *control,
                  hg_ranking *out, hg_error *err)
{
    hg_prefix prefix = {0};
    double area = hg_study_area_m2(input->grid, input->share);
    hg_status status = hg_prefix_start(budget, area, &prefix, err);
    if (status != HG_OK)
        return status;
    hg_ranking ranking = {.area_m2 = area};
    sorter s = {
        .in = input, .control = control, .cell_m2 = input->grid->cell_m * input->grid->cell_m};
    status = choose(&s, &prefix, err);
    if (status == HG_OK)
        status = gather_and_sort(&s, err);
    if (status == HG_OK)
        status = list_cells(&s, &prefix, &ranking, err);
    if (status == HG_OK)
        *out = ranking;
    hg_free(s.key);
    hg_free(s.entry);
    hg_free(s.cell);
    return status;
}

void hg_ranking_dispose(hg_ranking *ranking)
{
    hg_free(ranking->cells);
    *ranking = (hg_ranking){0};
}
