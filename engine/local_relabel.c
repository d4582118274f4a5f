/* Relabelling of maps: whole grids row by row, or the surroundings of some cells only. */
#include "base/memory.h"
#include "engine/local_plan.h"
#include "engine/relabelling.h"

/* What the passes read. */
typedef struct map_context {
    const hg_local_plan *plan;
    const uint64_t *cell; /* NULL = all */
} map_context;

enum { RUN = 256 };

typedef struct row_scratch {
    hg_row_sums rows;
    double *sum;
} row_scratch;

static void row_scratch_free(void *scratch)
{
    row_scratch *s = scratch;
    hg_row_sums_dispose(&s->rows);
    hg_free(s->sum);
    hg_free(s);
}

static hg_status row_scratch_new(const hg_relabelling *r, void **out, hg_error *err)
{
    const hg_local_plan *p = ((const map_context *)r->context)->plan;
    row_scratch *s = hg_calloc(1, sizeof *s);
    if (!s)
        return hg_fail_memory(err);
    hg_status status = hg_row_sums_init(&s->rows, &p->around, p->columns, p->rows, err);
    if (status == HG_OK && !(s->sum = hg_malloc((size_t)p->columns, sizeof *s->sum)))
        status = hg_fail_memory(err);
    if (status == HG_OK)
        *out = s;
    else
        row_scratch_free(s);
    return status;
}

static void pass_rows(const hg_relabelling *r, const double *map, void *scratch, hg_tally *tally)
{
    const hg_local_plan *p = ((const map_context *)r->context)->plan;
    row_scratch *s = scratch;
    hg_row_sums_start(&s->rows, map, 0);
    for (int64_t row = 0; row < p->rows; row++) {
        size_t from = (size_t)(row * p->columns);
        hg_row_sums_next(&s->rows, row, s->sum);
        hg_relabelling_take(r, tally, from, (size_t)p->columns, s->sum, map + from);
    }
}

static void pass_cells(const hg_relabelling *r, const double *map, void *scratch, hg_tally *tally)
{
    (void)scratch;
    const map_context *c = r->context;
    const hg_local_plan *p = c->plan;
    double sum[RUN], own[RUN];
    for (size_t from = 0; from < r->positions; from += RUN) {
        size_t n = r->positions - from < RUN ? r->positions - from : RUN;
        for (size_t k = 0; k < n; k++) {
            sum[k] = hg_neighbourhood_sum(&p->around, p->columns, p->rows, map, c->cell[from + k]);
            own[k] = map[c->cell[from + k]];
        }
        hg_relabelling_take(r, tally, from, n, sum, own);
    }
}

/* Grid indexes of the cells of A; NULL where that is all of them. */
static hg_status list_slots(const hg_local_plan *p, uint64_t **out, hg_error *err)
{
    uint64_t *slot = NULL;
    if (p->n < p->cells) {
        slot = hg_malloc(p->n, sizeof *slot);
        if (!slot)
            return hg_fail_memory(err);
        for (size_t i = 0, k = 0; i < p->cells; i++)
            if (p->places[i])
                slot[k++] = i;
    }
    *out = slot;
    return HG_OK;
}

static hg_status relabel(hg_relabelling *r, const hg_local_plan *p, const double *value, double *gi_p,
                         double *moran_p, hg_error *err)
{
    hg_local_moments moments;
    uint64_t *slot = NULL;
    hg_status status = hg_local_moments_of(value, p->cells, p->share, &moments, err);
    if (status == HG_OK)
        status = list_slots(p, &slot, err);
    r->slot = slot;
    if (status == HG_OK)
        status = hg_relabel(r, value, &moments, gi_p, moran_p, err);
    hg_free(slot);
    return status;
}

static hg_relabelling relabelling_of(const hg_local_plan *p, int draws, const map_context *context)
{
    size_t window = hg_neighbourhood_cells(&p->around), columns = (size_t)p->columns;
    return (hg_relabelling){.places = p->n,
                            .map_size = p->cells,
                            .line = window > columns ? window : columns,
                            .draws = draws,
                            .seed = p->control ? p->control->seed : 0,
                            .control = p->control,
                            .threads = hg_local_threads(p),
                            .context = context};
}

static hg_status relabel_all(const hg_local_plan *p, const double *value, int draws, double *gi_p, double *moran_p,
                             hg_error *err)
{
    const map_context context = {p, NULL};
    hg_relabelling r = relabelling_of(p, draws, &context);
    r.positions = p->cells;
    r.around = p->places;
    r.pass = pass_rows;
    r.scratch_new = row_scratch_new;
    r.scratch_free = row_scratch_free;
    return relabel(&r, p, value, gi_p, moran_p, err);
}

static hg_status relabel_cells(const hg_local_plan *p, const double *value, int draws, hg_local_cells cells,
                               double *gi_p, double *moran_p, hg_error *err)
{
    const map_context context = {p, cells.cell};
    uint32_t *around = hg_malloc(cells.n, sizeof *around);
    if (!around)
        return hg_fail_memory(err);
    for (size_t k = 0; k < cells.n; k++)
        around[k] = p->places[cells.cell[k]];
    hg_relabelling r = relabelling_of(p, draws, &context);
    r.positions = cells.n;
    r.around = around;
    r.pass = pass_cells;
    hg_status status = relabel(&r, p, value, gi_p, moran_p, err);
    hg_free(around);
    return status;
}

static void pick(const double *map, hg_local_cells cells, double *out)
{
    for (size_t k = 0; out && k < cells.n; k++)
        out[k] = map[cells.cell[k]];
}

/* Many cells are cheaper as all cells. */
static hg_status relabel_and_pick(const hg_local_plan *p, const double *value, int draws, hg_local_cells cells,
                                  double *gi_p, double *moran_p, hg_error *err)
{
    double *gi = hg_malloc(p->cells, sizeof *gi), *moran = hg_malloc(p->cells, sizeof *moran);
    hg_status status = gi && moran ? relabel_all(p, value, draws, gi, moran, err) : hg_fail_memory(err);
    if (status == HG_OK) {
        pick(gi, cells, gi_p);
        pick(moran, cells, moran_p);
    }
    hg_free(gi);
    hg_free(moran);
    return status;
}

hg_status hg_local_relabel(const hg_local_plan *plan, const double *value, int draws, hg_local_cells cells,
                           double *gi_p, double *moran_p, hg_error *err)
{
    if (!cells.cell)
        return relabel_all(plan, value, draws, gi_p, moran_p, err);
    if (hg_local_few(plan, cells.n))
        return relabel_cells(plan, value, draws, cells, gi_p, moran_p, err);
    return relabel_and_pick(plan, value, draws, cells, gi_p, moran_p, err);
}
