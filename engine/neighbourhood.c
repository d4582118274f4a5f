#include "engine/neighbourhood.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum { REACH_MAX = 4096, ROWS_A_TASK = 32, NARROW = 4 };

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
    const hg_neighbourhood *n;
    int64_t columns, rows;
    const double *value;
    double *sum;
    hg_control *control;
} summing;

static int64_t at_most(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Adds to each column the values up to `half` beside it: one shifted addition for each. */
static void add_narrow(const double *value, int64_t columns, int64_t half, double *sum)
{
    for (int64_t shift = -half; shift <= half; shift++)
        for (int64_t c = shift < 0 ? -shift : 0; c < columns - (shift > 0 ? shift : 0); c++)
            sum[c] += value[c + shift];
}

/* from_left[c] = sum from the start of c's block of `length` up to c; to_right[c] = from c to its end. */
static void sum_blocks(const double *value, int64_t columns, int64_t length, double *from_left, double *to_right)
{
    for (int64_t begin = 0; begin < columns; begin += length) {
        int64_t end = at_most(begin + length, columns);
        double left = 0, right = 0;
        for (int64_t k = 0; k < end - begin; k++) {
            from_left[begin + k] = left += value[begin + k];
            to_right[end - 1 - k] = right += value[end - 1 - k];
        }
    }
}

/*
 * Two parts make each sum, as a stretch of 2 half + 1 columns meets at most two blocks of that length (van Herk
 * 1992): nothing is ever subtracted, so that the sum of small values beside large ones keeps its digits.
 */
static void add_wide(const double *value, int64_t columns, int64_t half, double *scratch, double *sum)
{
    double *from_left = scratch, *to_right = scratch + columns;
    int64_t length = 2 * half + 1, last_block = (columns - 1) / length * length, whole = columns - length + 1;
    sum_blocks(value, columns, length, from_left, to_right);
    for (int64_t c = 0; c < at_most(half, columns); c++)
        sum[c] += from_left[at_most(c + half, columns - 1)];
    for (int64_t begin = 0; begin < whole; begin += length) {
        sum[begin + half] += to_right[begin]; /* one block and no other */
        for (int64_t first = begin + 1; first < at_most(begin + length, whole); first++)
            sum[first + half] += to_right[first] + from_left[first + length - 1];
    }
    for (int64_t first = whole > 0 ? whole : 0; first + half < columns; first++)
        sum[first + half] += to_right[first] + (first < last_block ? from_left[columns - 1] : 0);
}

static hg_status sum_rows(void *context, size_t task, hg_error *err)
{
    const summing *s = context;
    int64_t from = (int64_t)task * ROWS_A_TASK, to = at_most(from + ROWS_A_TASK, s->rows), reach = s->n->reach;
    double *scratch = hg_malloc((size_t)s->columns, 2 * sizeof *scratch);
    if (!scratch)
        return hg_fail_memory(err);
    for (int64_t row = from; row < to; row++) {
        double *sum = s->sum + row * s->columns;
        for (int64_t c = 0; c < s->columns; c++)
            sum[c] = 0;
        for (int64_t r = row < reach ? 0 : row - reach; r <= at_most(row + reach, s->rows - 1); r++) {
            int64_t half = s->n->half[r - row + reach];
            if (half <= NARROW)
                add_narrow(s->value + r * s->columns, s->columns, half, sum);
            else
                add_wide(s->value + r * s->columns, s->columns, half, scratch, sum);
        }
    }
    hg_free(scratch);
    return hg_check_cancel(s->control, err);
}

hg_status hg_neighbourhood_sums(const hg_neighbourhood *n, int64_t columns, int64_t rows, const double *value,
                                hg_control *control, double *sum, hg_error *err)
{
    summing s = {n, columns, rows, value, sum, control};
    size_t tasks = (size_t)((rows + ROWS_A_TASK - 1) / ROWS_A_TASK);
    return hg_parallel(tasks, control ? control->threads : 0, sum_rows, &s, err);
}
