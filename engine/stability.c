#include "engine/stability.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/threads.h"
#include "engine/stability_draw.h"

#include <math.h>
#include <string.h>

/* What the threads' scratch may take together; one thread is always given its own. */
#define SCRATCH_BYTES ((double)(2ull << 30))

typedef struct judging {
    const hg_stability_input *in;
    hg_deck deck;
    size_t runs;
    hg_control *control;
    atomic_size_t done;
    _Atomic uint64_t *kept; /* of the ranked cells: overlaps with the top sets, in 2^-32 */
} judging;

/* A run's lattice: steps by which it is moved, the grid and its cells. */
typedef struct scene {
    uint64_t east, north;
    double factor;
    hg_grid grid;
    float *share, *score;
    hg_cell_counts counts;
    hg_draw draw;
    uint64_t *top;   /* bit for bit the cells of T */
    double *line[2]; /* rows of shares on the way */
} scene;

static void scene_dispose(scene *s)
{
    hg_free(s->share);
    hg_free(s->score);
    hg_cell_counts_dispose(&s->counts);
    hg_draw_dispose(&s->draw);
    hg_free(s->top);
    hg_free(s->line[0]);
    hg_free(s->line[1]);
}

static hg_status scene_new(const judging *j, scene *s, hg_error *err)
{
    const hg_grid *g = j->in->grid;
    s->grid = (hg_grid){g->cell_m, g->west - 1, g->top, g->columns + 1, g->rows + 1};
    uint64_t cells = hg_grid_cells(&s->grid);
    s->share = hg_malloc(cells, sizeof *s->share);
    s->score = hg_malloc(cells, sizeof *s->score);
    s->counts.count = hg_calloc(cells, sizeof *s->counts.count);
    s->top = hg_calloc(cells / 64 + 1, sizeof *s->top);
    for (int i = 0; i < 2; i++)
        s->line[i] = hg_malloc((size_t)s->grid.columns, sizeof *s->line[i]);
    if (!s->share || !s->score || !s->counts.count || !s->top || !s->line[0] || !s->line[1])
        return hg_fail_memory(err);
    return hg_draw_new(&j->deck, &s->draw, err);
}

/* Moves a row of shares (NULL = beyond the grid) by part of a cell; one cell more comes out. */
static void lean(const float *row, int64_t columns, double east, double *out)
{
    if (!row) {
        memset(out, 0, ((size_t)columns + 1) * sizeof *out);
        return;
    }
    out[0] = (double)row[0] * east;
    for (int64_t c = 1; c < columns; c++)
        out[c] = (double)row[c - 1] * (1 - east) + (double)row[c] * east;
    out[columns] = (double)row[columns - 1] * (1 - east);
}

/*
 * The moved cell at (row, column) lies over the base cells (row - 1 … row, column - 1 … column). Products of
 * steps and shares of full cells are exact, so a cell over four full ones is full.
 */
static void move_shares(const hg_stability_input *in, scene *s)
{
    double east = (double)s->east / HG_STABILITY_STEPS, north = (double)s->north / HG_STABILITY_STEPS;
    const hg_grid *g = in->grid;
    double *upper = s->line[0], *lower = s->line[1];
    lean(NULL, g->columns, east, upper);
    for (int64_t r = 0; r < s->grid.rows; r++) {
        float *out = s->share + r * s->grid.columns;
        lean(r < g->rows ? in->share + r * g->columns : NULL, g->columns, east, lower);
        for (int64_t c = 0; c < s->grid.columns; c++)
            out[c] = (float)(upper[c] * north + lower[c] * (1 - north));
        double *used = upper;
        upper = lower;
        lower = used;
    }
}

/* As hg_incident_cell has it, without the care that places on a side or outside the area need. */
static inline uint64_t cell_of(const scene *s, double west, double north, double x, double y)
{
    const double margin = 1e-6;
    double u = (x - west) / s->grid.cell_m, v = (north - y) / s->grid.cell_m;
    if (u > 0 && v > 0 && u < (double)s->grid.columns && v < (double)s->grid.rows) {
        int64_t column = (int64_t)u, row = (int64_t)v;
        double du = u - (double)column, dv = v - (double)row;
        uint64_t cell = (uint64_t)(row * s->grid.columns + column);
        if (du > margin && du < 1 - margin && dv > margin && dv < 1 - margin && s->share[cell] > 0)
            return cell;
    }
    return hg_incident_cell(&s->grid, s->share, x, y);
}

static void count_drawn(const hg_deck *deck, scene *s)
{
    memset(s->counts.count, 0, hg_grid_cells(&s->grid) * sizeof *s->counts.count);
    s->counts.total = 0;
    double east = hg_draw_shift(s->east, s->grid.cell_m), north = hg_draw_shift(s->north, s->grid.cell_m);
    double left = hg_grid_column_west(&s->grid, 0), top = hg_grid_row_north(&s->grid, 0);
    for (size_t i = 0; i < deck->n; i++) {
        if (!s->draw.times[i] || deck->halo[i])
            continue;
        uint64_t cell = cell_of(s, left, top, deck->x[i] - east, deck->y[i] - north);
        if (cell == UINT64_MAX)
            continue;
        s->counts.count[cell] += s->draw.times[i];
        s->counts.total += s->draw.times[i];
    }
    s->counts.total_weight = (double)s->counts.total;
}

/* T as bits. A run in which no cell scores has none. */
static hg_status find_top(const judging *j, scene *s, hg_control *alone, hg_error *err)
{
    const hg_rank_input input = {
        .grid = &s->grid, .score = s->score, .share = s->share, .counts = &s->counts};
    const hg_budget budget = {HG_BUDGET_AREA, j->in->ranking->selected_area_m2};
    hg_ranking ranking = {0};
    hg_error empty = {0};
    hg_status status = hg_rank(&input, &budget, alone, &ranking, &empty);
    if (status != HG_OK && status != HG_EDATA)
        return hg_fail(err, status, "%s", empty.message);
    memset(s->top, 0, (hg_grid_cells(&s->grid) / 64 + 1) * sizeof *s->top);
    for (size_t k = 0; k < ranking.selected; k++)
        s->top[ranking.cells[k] / 64] |= UINT64_C(1) << (ranking.cells[k] % 64);
    hg_ranking_dispose(&ranking);
    return HG_OK;
}

static uint64_t in_top(const scene *s, uint64_t cell)
{
    return s->top[cell / 64] >> (cell % 64) & 1;
}

/* Overlaps are whole numbers, so the order in which threads add them cannot be seen. */
static void add_overlaps(const judging *j, const scene *s)
{
    const hg_ranking *ranking = j->in->ranking;
    uint64_t columns = (uint64_t)j->in->grid->columns, wide = columns + 1;
    uint64_t e = s->east, n = s->north, e1 = HG_STABILITY_STEPS - e, n1 = HG_STABILITY_STEPS - n;
    for (size_t k = 0; k < ranking->listed; k++) {
        uint64_t cell = ranking->cells[k], row = cell / columns;
        uint64_t west = row * wide + (cell - row * columns); /* of the moved cells over it, the north-western */
        uint64_t overlap = n1 * (e * in_top(s, west) + e1 * in_top(s, west + 1)) +
                           n * (e * in_top(s, west + wide) + e1 * in_top(s, west + wide + 1));
        if (overlap)
            atomic_fetch_add_explicit(&j->kept[k], overlap, memory_order_relaxed);
    }
}

static hg_status score_run(const judging *j, scene *s, hg_control *alone, hg_error *err)
{
    double east = hg_draw_shift(s->east, s->grid.cell_m), north = hg_draw_shift(s->north, s->grid.cell_m);
    hg_draw_points(&j->deck, &s->draw, east, north);
    const hg_stability_run run = {&s->grid, s->share, &s->draw.points, s->draw.source, &s->counts,
                                  east,     north,    s->factor,       alone};
    return j->in->score(j->in->context, &run, s->score, err);
}

static hg_status judge_run(judging *j, size_t number, scene *s, hg_error *err)
{
    hg_control alone = {.threads = 1, .seed = j->control ? j->control->seed : 0};
    hg_random random = hg_random_seed(alone.seed, number);
    s->east = hg_random_u64(&random) >> 48;
    s->north = hg_random_u64(&random) >> 48;
    s->factor = exp(log(HG_STABILITY_SPREAD) * (2 * hg_random_unit(&random) - 1));
    hg_draw_incidents(&j->deck, &random, &s->draw);
    move_shares(j->in, s);
    count_drawn(&j->deck, s);
    hg_status status = score_run(j, s, &alone, err);
    if (status == HG_OK)
        status = hg_check_cancel(j->control, err);
    if (status == HG_OK)
        status = find_top(j, s, &alone, err);
    if (status == HG_OK)
        add_overlaps(j, s);
    return status;
}

/* One task for each thread takes a share of the runs, and its scratch along. */
static hg_status judge_share(void *context, size_t task, hg_error *err)
{
    judging *j = context;
    scene s = {0};
    (void)task;
    hg_status status = scene_new(j, &s, err);
    for (size_t r; status == HG_OK && (r = atomic_fetch_add(&j->done, 1)) < j->runs;) {
        status = hg_check_cancel(j->control, err);
        if (status == HG_OK)
            status = judge_run(j, r, &s, err);
        hg_say_progress(j->control, "stability", (double)(r + 1) / (double)j->runs);
    }
    scene_dispose(&s);
    return status;
}

static size_t crew_size(const judging *j)
{
    double cells = (double)hg_grid_cells(j->in->grid);
    double bytes = cells * 13 + (double)(j->deck.n + j->deck.sources) * 40;
    size_t threads = (size_t)hg_thread_count(j->control ? j->control->threads : 0);
    size_t fit = bytes * (double)threads > SCRATCH_BYTES ? (size_t)(SCRATCH_BYTES / bytes) : threads;
    fit = fit < 1 ? 1 : fit;
    return fit < j->runs ? fit : j->runs;
}

static hg_status judge_all(judging *j, double *stability, hg_error *err)
{
    size_t listed = j->in->ranking->listed, crew = crew_size(j);
    j->kept = hg_calloc(listed, sizeof *j->kept);
    if (!j->kept)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(crew, (int)crew, judge_share, j, err);
    for (size_t k = 0; k < listed && status == HG_OK; k++)
        stability[k] = (double)atomic_load(&j->kept[k]) / 0x1p32 / (double)j->runs;
    return status;
}

hg_status hg_rank_stability(const hg_stability_input *input, int runs, hg_control *control, double *stability,
                            hg_error *err)
{
    if (runs < 1)
        return hg_fail(err, HG_EUSAGE, "%d runs of the stability of ranks; at least 1 is needed", runs);
    judging j = {.in = input, .runs = (size_t)runs, .control = control};
    hg_status status = hg_deck_new(input, control, &j.deck, err);
    if (status == HG_OK)
        status = judge_all(&j, stability, err);
    hg_deck_dispose(&j.deck);
    hg_free(j.kept);
    return status;
}
