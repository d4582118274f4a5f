/*
 * Squares as wide as the distance, in order of stream, row and column; inside a square by time, then by row. Who may
 * repeat whom stands in nine squares, and within each the times are walked once.
 */
#include "engine/repeats.h"
#include "base/memory.h"
#include "base/radix.h"
#include "base/threads.h"

#include <math.h>
#include <string.h>

enum { SIDE_BITS = 24, CHUNK = 1024 };

#define SLACK_M 1e-6 /* the rounding of coordinates does not decide */

typedef struct finder {
    const hg_incidents *in;
    hg_control *control;
    double most2; /* the distance squared */
    int64_t seconds;
    double west, south, side;
    size_t n;         /* incidents that take part */
    uint64_t *square; /* of each, ascending */
    uint32_t *row;    /* which incident */
    size_t *start;    /* where each square begins, and n */
    size_t squares;
    uint8_t *repeat;
} finder;

static uint64_t square_at(uint64_t stream, uint64_t row, uint64_t column)
{
    return stream << (2 * SIDE_BITS) | row << SIDE_BITS | column;
}

/* Squares begin one in, so that every one has neighbours. */
static uint64_t square_of(const finder *f, size_t i)
{
    uint64_t column = (uint64_t)((f->in->x[i] - f->west) / f->side) + 1;
    uint64_t row = (uint64_t)((f->in->y[i] - f->south) / f->side) + 1;
    return square_at(f->in->stream ? f->in->stream[i] : 0, row, column);
}

static void lay_out(finder *f, double distance_m)
{
    double east = -INFINITY, north = -INFINITY;
    f->west = f->south = INFINITY;
    for (size_t k = 0; k < f->n; k++) {
        size_t i = f->row[k];
        f->west = fmin(f->west, f->in->x[i]);
        f->south = fmin(f->south, f->in->y[i]);
        east = fmax(east, f->in->x[i]);
        north = fmax(north, f->in->y[i]);
    }
    double most = fmax(east - f->west, north - f->south);
    f->side = fmax(distance_m + SLACK_M, most / (double)((1 << SIDE_BITS) - 4));
}

/* By time first; the sort by square keeps that order within each. */
static hg_status sort_rows(finder *f, double distance_m, hg_error *err)
{
    int threads = f->control ? f->control->threads : 0;
    int64_t first = INT64_MAX;
    for (size_t k = 0; k < f->n; k++)
        first = f->in->t_start[f->row[k]] < first ? f->in->t_start[f->row[k]] : first;
    for (size_t k = 0; k < f->n; k++)
        f->square[k] = (uint64_t)(f->in->t_start[f->row[k]] - first);
    hg_status status = hg_radix_sort(f->square, f->row, f->n, threads, err);
    if (status != HG_OK)
        return status;
    lay_out(f, distance_m);
    for (size_t k = 0; k < f->n; k++)
        f->square[k] = square_of(f, f->row[k]);
    return hg_radix_sort(f->square, f->row, f->n, threads, err);
}

static hg_status index_squares(finder *f, hg_error *err)
{
    for (size_t k = 0; k < f->n; k++)
        f->squares += k == 0 || f->square[k] != f->square[k - 1];
    f->start = hg_malloc(f->squares + 1, sizeof *f->start);
    if (!f->start)
        return hg_fail_memory(err);
    size_t s = 0;
    for (size_t k = 0; k < f->n; k++)
        if (k == 0 || f->square[k] != f->square[k - 1])
            f->start[s++] = k;
    f->start[s] = f->n;
    return HG_OK;
}

/* The first square at or behind the key. */
static size_t find_square(const finder *f, uint64_t key)
{
    size_t low = 0, high = f->squares;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->square[f->start[middle]] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_near(const finder *f, size_t a, size_t b)
{
    double dx = f->in->x[a] - f->in->x[b], dy = f->in->y[a] - f->in->y[b];
    return dx * dx + dy * dy <= f->most2;
}

/* Marks those of square s that follow one of square `by`. */
static void mark(finder *f, size_t s, size_t by)
{
    const int64_t *t = f->in->t_start;
    size_t from = f->start[by];
    for (size_t k = f->start[s]; k < f->start[s + 1]; k++) {
        size_t i = f->row[k];
        while (from < f->start[by + 1] && t[f->row[from]] < t[i] - f->seconds)
            from++;
        for (size_t j = from; j < f->start[by + 1] && !f->repeat[i]; j++) {
            size_t other = f->row[j];
            if (t[other] > t[i] || (t[other] == t[i] && other >= i))
                break;
            f->repeat[i] = is_near(f, i, other);
        }
    }
}

static hg_status mark_chunk(void *context, size_t chunk, hg_error *err)
{
    finder *f = context;
    size_t end = (chunk + 1) * CHUNK < f->squares ? (chunk + 1) * CHUNK : f->squares;
    for (size_t s = chunk * CHUNK; s < end; s++) {
        uint64_t key = f->square[f->start[s]];
        for (int d = -1; d <= 1; d++) {
            uint64_t middle = key + (uint64_t)(int64_t)d * ((uint64_t)1 << SIDE_BITS);
            for (size_t by = find_square(f, middle - 1); by < f->squares && f->square[f->start[by]] <= middle + 1; by++)
                mark(f, s, by);
        }
    }
    return hg_check_cancel(f->control, err);
}

static hg_status choose(finder *f, const hg_default_times *defaults, hg_error *err)
{
    for (size_t i = 0; i < f->in->n; i++)
        f->n += hg_hour_is_known(f->in, i, defaults);
    f->square = hg_malloc(f->n, sizeof *f->square);
    f->row = hg_malloc(f->n, sizeof *f->row);
    if (!f->square || !f->row)
        return hg_fail_memory(err);
    f->n = 0;
    for (size_t i = 0; i < f->in->n; i++)
        if (hg_hour_is_known(f->in, i, defaults))
            f->row[f->n++] = (uint32_t)i;
    return HG_OK;
}

hg_status hg_find_repeats(const hg_incidents *incidents, const hg_default_times *defaults, double distance_m,
                          int64_t seconds, hg_control *control, uint8_t *repeat, uint64_t *count, hg_error *err)
{
    double most = distance_m + SLACK_M;
    finder f = {.in = incidents, .control = control, .most2 = most * most, .seconds = seconds};
    *count = 0;
    f.repeat = repeat ? repeat : hg_malloc(incidents->n, 1);
    hg_status status = f.repeat ? choose(&f, defaults, err) : hg_fail_memory(err);
    if (status == HG_OK)
        memset(f.repeat, 0, incidents->n);
    if (status == HG_OK && f.n)
        status = sort_rows(&f, distance_m, err);
    if (status == HG_OK)
        status = index_squares(&f, err);
    if (status == HG_OK)
        status = hg_parallel((f.squares + CHUNK - 1) / CHUNK, control ? control->threads : 0, mark_chunk, &f, err);
    for (size_t i = 0; status == HG_OK && i < incidents->n; i++)
        *count += f.repeat[i];
    if (!repeat)
        hg_free(f.repeat);
    hg_free(f.square);
    hg_free(f.row);
    hg_free(f.start);
    return status;
}
