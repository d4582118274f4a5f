#include "engine/density_points.h"
#include "base/memory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MIN_BLOCK = 8,        /* columns; with fewer the sweep is mostly margin */
    BUCKET_POINTS = 8192, /* aimed at: a bucket and its copy while sorting stay in the cache */
    SLICE_POINTS = 65536, /* of the input, at least */
    MAX_SLICES = 32,
    SMALL_SORT = 12,
    MAX_DEPTH = 64,
};

typedef struct record {
    double y, b, w;
} record;

/* ------------------------------------------------------------------ layout ---------------------
 */

static hg_status lay_out(hg_bucket_set *set, const hg_grid *grid, double radius, size_t n,
                         hg_error *err)
{
    if (!(radius < INT32_MAX / 8))
        return hg_fail(err, HG_EUSAGE, "a support of %.12g cells is too wide", radius);
    int64_t margin = (int64_t)ceil(radius);
    *set = (hg_bucket_set){.radius = radius, .first_column = -margin - 1};
    /* Powers of a column grow with (1 + block / 2 radius)^6: blocks of one diameter cost 2 digits.
     */
    set->block_columns = 2 * margin < MIN_BLOCK ? MIN_BLOCK : 2 * margin;
    int64_t columns = grid->columns + 2 * margin + 2;
    set->blocks = (size_t)((columns + set->block_columns - 1) / set->block_columns);
    set->first_row = -(double)margin - 1.0;
    double rows = (double)(grid->rows + 2 * margin + 2);
    double wanted = (double)n / ((double)BUCKET_POINTS * (double)set->blocks);
    set->strips = (size_t)fmax(1.0, fmin(wanted, rows));
    set->strip_rows = rows / (double)set->strips;
    set->buckets = hg_calloc(set->blocks * set->strips, sizeof *set->buckets);
    return set->buckets ? HG_OK : hg_fail_memory(err);
}

int64_t hg_buckets_origin(const hg_bucket_set *set, size_t block)
{
    return set->first_column + (int64_t)block * set->block_columns + set->block_columns / 2;
}

static size_t strip_of(const hg_bucket_set *set, double y)
{
    double s = (y - set->first_row) / set->strip_rows;
    if (!(s > 0.0))
        return 0;
    return s < (double)set->strips ? (size_t)s : set->strips - 1;
}

/* ------------------------------------------------------------------ partition ------------------
 */

/* What turns a point's metres into columns and rows, and these into a bucket. */
typedef struct frame {
    double west, north, cell;            /* metres */
    double low_x, low_y, high_x, high_y; /* beyond these no cell centre is reached */
    double first_column, per_block;      /* blocks per column */
    size_t last_block;
} frame;

typedef struct partition {
    hg_bucket_set *set;
    const hg_points *points;
    hg_control *control;
    frame frame;
    size_t slices, buckets; /* the bucket after the last takes the points beyond */
    size_t fields;          /* doubles to a record: y, b and perhaps w */
    size_t *places;         /* [slice][bucket]: counts, then where the slice writes next */
    double *beyond;         /* x, y, w of the points beyond, in metres, one after the other */
    size_t beyond_n;
} partition;

static frame frame_of(const hg_bucket_set *set, const hg_grid *grid)
{
    return (frame){
        .west = hg_grid_column_west(grid, 0),
        .north = hg_grid_row_north(grid, 0),
        .cell = grid->cell_m,
        .low_x = -set->radius,
        .low_y = -set->radius,
        .high_x = (double)(grid->columns - 1) + set->radius,
        .high_y = (double)(grid->rows - 1) + set->radius,
        .first_column = (double)set->first_column,
        .per_block = 1.0 / (double)set->block_columns,
        .last_block = set->blocks - 1,
    };
}

static inline double column_at(const frame *f, double x)
{
    return (x - f->west) / f->cell - 0.5;
}

static inline double row_at(const frame *f, double y)
{
    return (f->north - y) / f->cell - 0.5;
}

static inline bool is_near(const frame *f, double x, double y)
{
    return x > f->low_x && x < f->high_x && y > f->low_y && y < f->high_y;
}

static inline size_t block_at(const frame *f, double x)
{
    size_t k = (size_t)((x - f->first_column) * f->per_block);
    return k < f->last_block ? k : f->last_block;
}

static inline bool counts(const hg_points *p, size_t i)
{
    return (!p->w || p->w[i] > 0.0) && isfinite(p->x[i]) && isfinite(p->y[i]);
}

static void slice_bounds(const partition *p, size_t slice, size_t *from, size_t *to)
{
    *from = p->points->n / p->slices * slice;
    *to = slice + 1 == p->slices ? p->points->n : p->points->n / p->slices * (slice + 1);
}

static hg_status count_slice(void *context, size_t slice, hg_error *err)
{
    partition *p = context;
    const frame f = p->frame;
    size_t from, to, *count = p->places + slice * (p->buckets + 1);
    slice_bounds(p, slice, &from, &to);
    for (size_t i = from; i < to; i++) {
        double x = column_at(&f, p->points->x[i]), y = row_at(&f, p->points->y[i]);
        if (!counts(p->points, i))
            continue;
        if (is_near(&f, x, y))
            count[block_at(&f, x) * p->set->strips + strip_of(p->set, y)]++;
        else
            count[p->buckets]++;
    }
    return hg_check_cancel(p->control, err);
}

/* Turns counts into places: bucket by bucket, within a bucket slice by slice. */
static void assign_places(partition *p)
{
    size_t at = 0;
    for (size_t k = 0; k <= p->buckets; k++) {
        size_t start = at;
        if (k == p->buckets)
            at = 0;
        for (size_t s = 0; s < p->slices; s++) {
            size_t *place = p->places + s * (p->buckets + 1) + k, n = *place;
            *place = at;
            at += n;
        }
        if (k < p->buckets)
            p->set->buckets[k] = (hg_bucket){.start = start * p->fields, .n = at - start};
    }
    p->beyond_n = at;
}

/* Moved by whole cells into the cell at the origin: lattice sums of the kernel do not change. */
static void put_beyond(const partition *p, size_t at, double x, double y, double w)
{
    const double c = p->frame.cell;
    p->beyond[at] = (x - floor(x + 0.5) + 0.5) * c;
    p->beyond[p->beyond_n + at] = c - (y - floor(y + 0.5) + 0.5) * c;
    p->beyond[2 * p->beyond_n + at] = w;
}

static hg_status scatter_slice(void *context, size_t slice, hg_error *err)
{
    partition *p = context;
    const frame f = p->frame;
    const double half = (double)(p->set->block_columns / 2);
    size_t from, to, *place = p->places + slice * (p->buckets + 1);
    slice_bounds(p, slice, &from, &to);
    for (size_t i = from; i < to; i++) {
        double x = column_at(&f, p->points->x[i]), y = row_at(&f, p->points->y[i]);
        double w = p->points->w ? p->points->w[i] : 1.0;
        if (!counts(p->points, i))
            continue;
        if (!is_near(&f, x, y)) {
            put_beyond(p, place[p->buckets]++, x, y, w);
            continue;
        }
        size_t block = block_at(&f, x);
        double *to_record =
            p->set->store + p->fields * place[block * p->set->strips + strip_of(p->set, y)]++;
        to_record[0] = y;
        to_record[1] = x - (f.first_column + (double)block * 2.0 * half + half);
        if (p->fields == 3)
            to_record[2] = w;
    }
    return hg_check_cancel(p->control, err);
}

/* ------------------------------------------------------------------ sorting a bucket -----------
 */

static int compare_records(const void *pa, const void *pb)
{
    const record *a = pa, *b = pb;
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    if (a->b != b->b)
        return a->b < b->b ? -1 : 1;
    return (a->w > b->w) - (a->w < b->w);
}

static inline void swap_records(record *a, record *b)
{
    record t = *a;
    *a = *b;
    *b = t;
}

static void insertion_sort(record *r, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        record key = r[i];
        size_t j = i;
        for (; j > 0 && compare_records(&key, &r[j - 1]) < 0; j--)
            r[j] = r[j - 1];
        r[j] = key;
    }
}

static record median_of_three(const record *r, size_t n)
{
    const record *a = r, *b = r + n / 2, *c = r + n - 1;
    if (compare_records(a, b) > 0) {
        const record *t = a;
        a = b;
        b = t;
    }
    if (compare_records(c, a) < 0)
        return *a;
    return compare_records(c, b) < 0 ? *c : *b;
}

/* Three-way quicksort: a pile-up of a million incidents at one address is one partition. */
static void sort_records(record *r, size_t n, int depth)
{
    while (n > SMALL_SORT) {
        if (depth-- == 0) {
            qsort(r, n, sizeof *r, compare_records);
            return;
        }
        record pivot = median_of_three(r, n);
        size_t less = 0, i = 0, more = n;
        while (i < more) {
            int c = compare_records(&r[i], &pivot);
            if (c < 0)
                swap_records(&r[i++], &r[less++]);
            else if (c > 0)
                swap_records(&r[i], &r[--more]);
            else
                i++;
        }
        if (less < n - more) {
            sort_records(r, less, depth);
            r += more;
            n -= more;
        } else {
            sort_records(r + more, n - more, depth);
            n = less;
        }
    }
    insertion_sort(r, n);
}

/* Merges coincident points into the first of them; returns how many are left. */
static size_t merge_records(record *r, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && r[i].y == r[kept - 1].y && r[i].b == r[kept - 1].b)
            r[kept - 1].w += r[i].w;
        else
            r[kept++] = r[i];
    }
    return kept;
}

/* Scatters a bucket's records into bins of equal height, each then sorted on its own. */
typedef struct row_bins {
    double low, per_row;
    size_t n;
    uint32_t *end; /* of each bin, after place_in_bins */
} row_bins;

static inline size_t bin_at(const row_bins *b, double y)
{
    size_t k = (size_t)((y - b->low) * b->per_row);
    return k < b->n ? k : b->n - 1;
}

static void set_bin_range(row_bins *bins, const double *from, size_t n, size_t fields)
{
    double low = from[0], high = from[0];
    for (size_t i = 1; i < n; i++) {
        double y = from[i * fields];
        low = y < low ? y : low;
        high = y > high ? y : high;
    }
    bins->low = low;
    bins->per_row = high > low ? fmin((double)bins->n / (high - low), 1e300) : 0.0;
}

static void place_in_bins(row_bins *bins, const double *from, size_t n, size_t fields, record *to)
{
    for (size_t i = 0; i < n; i++)
        bins->end[bin_at(bins, from[i * fields])]++;
    uint32_t at = 0;
    for (size_t k = 0; k < bins->n; k++) {
        uint32_t count = bins->end[k];
        bins->end[k] = at;
        at += count;
    }
    for (size_t i = 0; i < n; i++) {
        const double *f = from + i * fields;
        to[bins->end[bin_at(bins, f[0])]++] = (record){f[0], f[1], fields == 3 ? f[2] : 1.0};
    }
}

/* Back into the bucket's room, as columns. */
static void store_columns(double *to, const record *r, size_t n, bool weighted)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = r[i].y;
        to[n + i] = r[i].b;
    }
    for (size_t i = 0; weighted && i < n; i++)
        to[2 * n + i] = r[i].w;
}

static size_t distinct_records(const record *r, size_t n)
{
    size_t distinct = n > 0;
    for (size_t i = 1; i < n; i++)
        distinct += r[i].y != r[i - 1].y || r[i].b != r[i - 1].b;
    return distinct;
}

/* Points that all weigh 1 are merged where the room they give up holds the weights of the rest. */
static void finish_bucket(const partition *p, hg_bucket *bucket, record *r)
{
    size_t n = bucket->n;
    bucket->weighted = p->fields == 3 || distinct_records(r, n) <= n * 2 / 3;
    if (bucket->weighted)
        n = merge_records(r, n);
    store_columns(p->set->store + bucket->start, r, n, bucket->weighted);
    bucket->n = n;
}

static hg_status sort_bucket(void *context, size_t k, hg_error *err)
{
    partition *p = context;
    hg_bucket *bucket = &p->set->buckets[k];
    const size_t n = bucket->n;
    if (n == 0)
        return HG_OK;
    if (n > UINT32_MAX)
        return hg_fail(err, HG_EDATA, "%zu points within one support are too many", n);
    row_bins bins = {.n = n / 2 + 1};
    record *r = hg_malloc(n, sizeof *r);
    bins.end = hg_calloc(bins.n, sizeof *bins.end);
    hg_status status = r && bins.end ? hg_check_cancel(p->control, err) : hg_fail_memory(err);
    if (status != HG_OK)
        goto done;
    const double *from = p->set->store + bucket->start;
    set_bin_range(&bins, from, n, p->fields);
    place_in_bins(&bins, from, n, p->fields, r);
    for (size_t b = 0, at = 0; b < bins.n; at = bins.end[b++])
        if (bins.end[b] - at > 1)
            sort_records(r + at, bins.end[b] - at, MAX_DEPTH);
    finish_bucket(p, bucket, r);
done:
    hg_free(bins.end);
    hg_free(r);
    return status;
}

/* ------------------------------------------------------------------ the whole ------------------
 */

/* As many slices as there are threads to use, as long as their counts are few beside the points. */
static size_t slice_count(const partition *p)
{
    size_t n = p->points->n, slices = n / SLICE_POINTS, cap = 4 * n / (p->buckets + 1);
    slices = slices > MAX_SLICES ? MAX_SLICES : slices;
    slices = slices > cap ? cap : slices;
    return slices > 0 ? slices : 1;
}

static hg_status make_room(partition *p, hg_error *err)
{
    assign_places(p);
    size_t last = p->buckets - 1;
    size_t doubles = p->set->buckets[last].start + p->fields * p->set->buckets[last].n;
    p->set->store = hg_malloc_aligned(doubles, sizeof *p->set->store);
    p->beyond = hg_malloc(3 * p->beyond_n, sizeof *p->beyond);
    if (!p->set->store || !p->beyond)
        return hg_fail_memory(err);
    return HG_OK;
}

static hg_status run_partition(partition *p, int threads, hg_error *err)
{
    p->places = hg_calloc(p->slices * (p->buckets + 1), sizeof *p->places);
    if (!p->places)
        return hg_fail_memory(err);
    hg_status status = hg_parallel(p->slices, threads, count_slice, p, err);
    if (status == HG_OK)
        status = make_room(p, err);
    if (status == HG_OK)
        status = hg_parallel(p->slices, threads, scatter_slice, p, err);
    if (status == HG_OK)
        status = hg_parallel(p->buckets, threads, sort_bucket, p, err);
    hg_free(p->places);
    return status;
}

hg_status hg_buckets_fill(hg_bucket_set *set, const hg_points *points, const hg_grid *grid,
                          double support_m, hg_control *control, hg_points *beyond, hg_error *err)
{
    hg_status status = lay_out(set, grid, support_m / grid->cell_m, points->n, err);
    if (status != HG_OK)
        return status;
    partition p = {.set = set,
                   .points = points,
                   .control = control,
                   .frame = frame_of(set, grid),
                   .buckets = set->blocks * set->strips,
                   .fields = points->w ? 3 : 2};
    p.slices = slice_count(&p);
    status = run_partition(&p, control ? control->threads : 0, err);
    if (status != HG_OK) {
        hg_free(p.beyond);
        hg_buckets_dispose(set);
        return status;
    }
    *beyond = (hg_points){p.beyond_n, p.beyond, p.beyond + p.beyond_n, p.beyond + 2 * p.beyond_n};
    return HG_OK;
}

void hg_buckets_dispose(hg_bucket_set *set)
{
    hg_free(set->store);
    hg_free(set->buckets);
    *set = (hg_bucket_set){0};
}

/* ------------------------------------------------------------------ looking up -----------------
 */

/* How many of the ascending y are below v (or equal to it, with `also_equal`). */
static size_t below(const double *y, size_t n, double v, bool also_equal)
{
    size_t lo = 0;
    while (n > 0) {
        size_t half = n / 2;
        bool under = y[lo + half] < v || (also_equal && y[lo + half] == v);
        lo = under ? lo + half + 1 : lo;
        n = under ? n - half - 1 : half;
    }
    return lo;
}

bool hg_buckets_next_run(const hg_bucket_set *set, size_t block, double row, size_t *strip,
                         hg_run *run)
{
    double low = row - set->radius, high = row + set->radius;
    size_t first = strip_of(set, low), last = strip_of(set, high);
    for (size_t s = *strip > first ? *strip : first; s <= last; s++) {
        const hg_bucket *bucket = &set->buckets[block * set->strips + s];
        const double *y = set->store + bucket->start;
        size_t from = below(y, bucket->n, low, true);
        size_t to = below(y, bucket->n, high, false);
        if (from >= to)
            continue;
        const double *b = y + bucket->n;
        *run =
            (hg_run){to - from, y + from, b + from, bucket->weighted ? b + bucket->n + from : NULL};
        *strip = s + 1;
        return true;
    }
    return false;
}
