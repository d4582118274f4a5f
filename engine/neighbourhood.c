#include "engine/neighbourhood.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum { REACH_MAX = 4096, ROWS_A_TASK = 64 };

hg_status hg_neighbourhood_queen(hg_neighbourhood *out, hg_error *err)
{
    int64_t *half = hg_malloc(3, sizeof *half);
    if (!half)
        return hg_fail_memory(err);
    half[0] = half[1] = half[2] = 1;
    *out = (hg_neighbourhood){1, half};
    return HG_OK;
}

hg_status hg_neighbourhood_within(double distance_m, double cell_m, hg_neighbourhood *out, hg_error *err)
{
    double cells = distance_m / cell_m * (1 + 1e-9);
    if (!(cells > 0 && cells < REACH_MAX))
        return hg_fail(err, HG_EUSAGE, "a window of %g m around cells of %g m: more than 0 and less than %d cells "
                       "were expected", distance_m, cell_m, REACH_MAX);
    int64_t reach = (int64_t)cells;
    int64_t *half = hg_malloc((size_t)(2 * reach + 1), sizeof *half);
    if (!half)
        return hg_fail_memory(err);
    for (int64_t dy = -reach; dy <= reach; dy++)
        half[dy + reach] = (int64_t)sqrt(cells * cells - (double)(dy * dy));
    *out = (hg_neighbourhood){reach, half};
    return HG_OK;
}

hg_status hg_neighbourhood_of_window(double window_m, double cell_m, hg_neighbourhood *out, hg_error *err)
{
    return window_m == 0 ? hg_neighbourhood_queen(out, err) : hg_neighbourhood_within(window_m, cell_m, out, err);
}

void hg_neighbourhood_dispose(hg_neighbourhood *n)
{
    hg_free(n->half);
    *n = (hg_neighbourhood){0};
}

size_t hg_neighbourhood_cells(const hg_neighbourhood *n)
{
    size_t cells = 0;
    for (int64_t k = 0; k <= 2 * n->reach; k++)
        cells += (size_t)(2 * n->half[k] + 1);
    return cells;
}

double hg_neighbourhood_sum(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                            uint64_t cell)
{
    int64_t column = (int64_t)cell % columns, row = (int64_t)cell / columns, reach = n->reach;
    int64_t top = row > reach ? row - reach : 0, bottom = row + reach < rows ? row + reach : rows - 1;
    double sum = 0;
    for (int64_t y = top; y <= bottom; y++) {
        int64_t half = n->half[y - row + reach];
        int64_t west = column > half ? column - half : 0, east = column + half;
        east = east < columns ? east : columns - 1;
        for (int64_t x = west; x <= east; x++)
            sum += value[y * columns + x];
    }
    return sum;
}

hg_status hg_row_sums_init(hg_row_sums *s, const hg_neighbourhood *around, int64_t columns, int64_t rows,
                           hg_error *err)
{
    double *prefix = hg_malloc((size_t)(2 * around->reach + 1), (size_t)(columns + 1) * sizeof *prefix);
    if (!prefix)
        return hg_fail_memory(err);
    *s = (hg_row_sums){.around = around, .columns = columns, .rows = rows, .prefix = prefix};
    return HG_OK;
}

void hg_row_sums_dispose(hg_row_sums *s)
{
    hg_free(s->prefix);
    *s = (hg_row_sums){0};
}

void hg_row_sums_start(hg_row_sums *s, const double *value, int64_t first)
{
    s->value = value;
    s->ready = first > s->around->reach ? first - s->around->reach : 0;
}

/* prefix[column] = sum of the row's values before the column. */
static double *prefix_of(const hg_row_sums *s, int64_t row)
{
    return s->prefix + row % (2 * s->around->reach + 1) * (s->columns + 1);
}

static void make_prefix(const hg_row_sums *s, int64_t row)
{
    const double *value = s->value + row * s->columns;
    double *prefix = prefix_of(s, row), sum = 0;
    prefix[0] = 0;
    for (int64_t c = 0; c < s->columns; c++)
        prefix[c + 1] = sum += value[c];
}

/* Adds one row's part to the sums of a row: prefix differences, cut at the row's ends. */
static void add_row(const double *restrict prefix, int64_t columns, int64_t half, double *restrict sum)
{
    int64_t c = 0, last = columns - 1;
    for (; c < columns && c < half; c++)
        sum[c] += prefix[c + half < last ? c + half + 1 : columns];
    for (; c + half <= last; c++)
        sum[c] += prefix[c + half + 1] - prefix[c - half];
    for (; c < columns; c++)
        sum[c] += prefix[columns] - prefix[c - half];
}

void hg_row_sums_next(hg_row_sums *s, int64_t row, double *sum)
{
    int64_t reach = s->around->reach, end = row + reach + 1 < s->rows ? row + reach + 1 : s->rows;
    for (; s->ready < end; s->ready++)
        make_prefix(s, s->ready);
    memset(sum, 0, (size_t)s->columns * sizeof *sum);
    for (int64_t r = row > reach ? row - reach : 0; r < end; r++)
        add_row(prefix_of(s, r), s->columns, s->around->half[r - row + reach], sum);
}

typedef struct summing {
    const hg_neighbourhood *around;
    int64_t columns, rows, rows_a_task;
    const double *value;
    double *sum;
    hg_control *control;
} summing;

static hg_status sum_rows(void *context, size_t task, hg_error *err)
{
    const summing *s = context;
    int64_t from = (int64_t)task * s->rows_a_task;
    int64_t to = from + s->rows_a_task < s->rows ? from + s->rows_a_task : s->rows;
    hg_row_sums rows = {0};
    hg_status status = hg_row_sums_init(&rows, s->around, s->columns, s->rows, err);
    if (status != HG_OK)
        return status;
    hg_row_sums_start(&rows, s->value, from);
    for (int64_t row = from; row < to; row++)
        hg_row_sums_next(&rows, row, s->sum + row * s->columns);
    hg_row_sums_dispose(&rows);
    return hg_check_cancel(s->control, err);
}

hg_status hg_neighbourhood_sums(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                                hg_control *control, double *sum, hg_error *err)
{
    /* The rows around a task's own are summed along once more: few beside its own. */
    int64_t rows_a_task = 4 * n->reach > ROWS_A_TASK ? 4 * n->reach : ROWS_A_TASK;
    summing s = {n, columns, rows, rows_a_task, value, sum, control};
    size_t tasks = (size_t)((rows + rows_a_task - 1) / rows_a_task);
    return hg_parallel(tasks, control ? control->threads : 0, sum_rows, &s, err);
}
