/*
 * A lattice over the region tells most points at once: cells that no edge comes near are wholly
 * inside or outside. In the others a ray to the east is counted against the edges of the cell's
 * row, with an exact orientation test (geo/orient.h), so that a point on the boundary is found to
 * be on it and the answer is that of exact arithmetic on the coordinates as stored. For the halo,
 * blocks of cells are split only where the distance halo_m passes through them.
 */
#include "base/memory.h"
#include "base/threads.h"
#include "geo/orient.h"
#include "geo/region_edges.h"

#include <float.h>
#include <math.h>

/* Of a cell. The first three are answers, the others ask for a look at the point itself. */
enum { CELL_BOUNDARY = HG_OUTSIDE + 1, CELL_HALO_LIMIT };

enum { POINTS_PER_PIECE = 1 << 16, MOST_CELLS_A_SIDE = 2048 };

/* Edges are entered this share of a cell too wide, which outweighs all rounding of cell numbers. */
static const double overlap = 1e-6;

typedef struct lattice {
    const hg_region *region;
    double x0, y0, cell_m, per_m;
    int columns, rows;
    uint8_t *state;
    size_t *row_start; /**< rows + 1 */
    hg_edge *row_edges;
    double halo_m;
    uint8_t beyond; /**< state of what lies outside the lattice */
    bool all_near;  /**< no point of a boundary cell is farther than halo_m from its edge */
} lattice;

typedef struct span {
    int first, last;
} span;

static int clamp_index(double v, int n)
{
    return (int)fmin(fmax(floor(v), 0.0), n - 1);
}

static span rows_of(const lattice *l, const hg_edge *e)
{
    return (span){clamp_index((fmin(e->ay, e->by) - l->y0) * l->per_m - overlap, l->rows),
                  clamp_index((fmax(e->ay, e->by) - l->y0) * l->per_m + overlap, l->rows)};
}

/* Columns that the edge may meet within a row. */
static span columns_of(const lattice *l, const hg_edge *e, int row)
{
    double low = l->y0 + (row - 2.0 * overlap) * l->cell_m;
    double high = l->y0 + (row + 1 + 2.0 * overlap) * l->cell_m;
    double t[2] = {0.0, 1.0};
    if (e->ay != e->by) {
        t[0] = fmin(fmax((low - e->ay) / (e->by - e->ay), 0.0), 1.0);
        t[1] = fmin(fmax((high - e->ay) / (e->by - e->ay), 0.0), 1.0);
    }
    double a = (e->ax + t[0] * (e->bx - e->ax) - l->x0) * l->per_m;
    double b = (e->ax + t[1] * (e->bx - e->ax) - l->x0) * l->per_m;
    return (span){clamp_index(fmin(a, b) - overlap, l->columns),
                  clamp_index(fmax(a, b) + overlap, l->columns)};
}

static size_t row_entries(const lattice *l)
{
    size_t sum = 0;
    const hg_edge *edges = hg_edges_array(l->region->edges);
    for (size_t i = 0; i < hg_edges_count(l->region->edges); i++) {
        span s = rows_of(l, &edges[i]);
        sum += (size_t)(s.last - s.first) + 1;
    }
    return sum;
}

static void set_cells(lattice *l, double width, double height, double cells)
{
    l->cell_m = fmax(width, height) / cells;
    l->per_m = 1.0 / l->cell_m;
    l->columns = (int)ceil(width * l->per_m) + 1;
    l->rows = (int)ceil(height * l->per_m) + 1;
}

/*
 * Enough cells that few points fall into boundary cells, but in proportion to the work at hand;
 * never so small that rounding of coordinates would matter; and never so many rows that edges
 * crossing all of them fill the memory.
 */
static void choose_cells(lattice *l, size_t n)
{
    const double *box = l->region->box;
    size_t edges = hg_edges_count(l->region->edges);
    double extent = fmax(box[2] - box[0], box[3] - box[1]);
    double margin = fmin(l->halo_m, 4.0 * extent);
    l->beyond = margin < l->halo_m ? CELL_HALO_LIMIT : HG_OUTSIDE;
    margin += extent * 1e-9;
    double width = box[2] - box[0] + 2.0 * margin;
    double height = box[3] - box[1] + 2.0 * margin;
    double largest = fmax(fmax(fabs(box[0]), fabs(box[2])), fmax(fabs(box[1]), fabs(box[3])));
    double cells = fmin(fmin(256.0 + 8.0 * sqrt((double)edges), MOST_CELLS_A_SIDE),
                        16.0 + 2.0 * sqrt((double)n));
    double coarsest = fmax(width, height) / ((largest + extent) * 0x1p-26);
    cells = fmax(fmin(cells, coarsest), 1.0);
    l->x0 = box[0] - margin;
    l->y0 = box[1] - margin;
    set_cells(l, width, height, cells);
    while (cells > 16.0 && row_entries(l) > ((size_t)1 << 22) + 8 * edges) {
        cells /= 2.0;
        set_cells(l, width, height, cells);
    }
}

/* Enters every edge into its rows and marks the cells it may meet. */
static void enter_edges(lattice *l)
{
    const hg_edge *edges = hg_edges_array(l->region->edges);
    size_t n = hg_edges_count(l->region->edges);
    for (size_t i = 0; i < n; i++) {
        span rows = rows_of(l, &edges[i]);
        for (int r = rows.first; r <= rows.last; r++)
            l->row_start[r]++;
    }
    for (int r = 1; r <= l->rows; r++)
        l->row_start[r] += l->row_start[r - 1];
    for (size_t i = n; i-- > 0;) { /* row_start, now the rows' ends, counts down to their starts */
        span rows = rows_of(l, &edges[i]);
        for (int r = rows.first; r <= rows.last; r++) {
            l->row_edges[--l->row_start[r]] = edges[i];
            span columns = columns_of(l, &edges[i], r);
            uint8_t *cell = l->state + (size_t)r * (size_t)l->columns;
            for (int c = columns.first; c <= columns.last; c++)
                cell[c] = CELL_BOUNDARY;
        }
    }
}

/* Whether the ray from the point eastward crosses the edge; *on is set if the point is on the edge.
 */
static bool crosses(const hg_edge *e, double x, double y, bool *on)
{
    if (e->ax < x && e->bx < x)
        return false;
    if (e->ay == y && e->by == y) {
        *on = *on || (fmin(e->ax, e->bx) <= x && x <= fmax(e->ax, e->bx));
        return false;
    }
    bool upward = e->ay < e->by;
    double low = upward ? e->ay : e->by;
    double high = upward ? e->by : e->ay;
    if (!(low <= y && y <= high))
        return false;
    int side = hg_orient(e->ax, e->ay, e->bx, e->by, x, y);
    *on = *on || side == 0;
    return y < high && (upward ? side > 0 : side < 0);
}

static bool holds(const lattice *l, int row, double x, double y)
{
    bool inside = false;
    bool on = false;
    for (size_t i = l->row_start[row]; i < l->row_start[row + 1] && !on; i++)
        inside ^= crosses(&l->row_edges[i], x, y, &on);
    return inside || on;
}

/* Cells between boundary cells of a row are all alike, so that the first one tells. */
static void fill_rows(lattice *l)
{
    for (int r = 0; r < l->rows; r++) {
        uint8_t *cell = l->state + (size_t)r * (size_t)l->columns;
        double y = l->y0 + (r + 0.5) * l->cell_m;
        for (int c = 0; c < l->columns; c++) {
            if (cell[c] == CELL_BOUNDARY)
                continue;
            if (c > 0 && cell[c - 1] != CELL_BOUNDARY)
                cell[c] = cell[c - 1];
            else
                cell[c] = holds(l, r, l->x0 + (c + 0.5) * l->cell_m, y) ? HG_INSIDE : HG_OUTSIDE;
        }
    }
}

static void turn_outside(lattice *l, int column, int row, int size, uint8_t into)
{
    for (int r = row; r < row + size && r < l->rows; r++) {
        for (int c = column; c < column + size && c < l->columns; c++) {
            uint8_t *cell = &l->state[(size_t)r * (size_t)l->columns + (size_t)c];
            if (*cell == HG_OUTSIDE)
                *cell = into;
        }
    }
}

/* Finds out how a square block of cells lies to the halo's limit, splitting it where that runs. */
static void place_halo(lattice *l, int column, int row, int size)
{
    if (column >= l->columns || row >= l->rows)
        return;
    double x = l->x0 + (column + 0.5 * size) * l->cell_m;
    double y = l->y0 + (row + 0.5 * size) * l->cell_m;
    double radius = size * l->cell_m * M_SQRT1_2 * (1.0 + 4.0 * overlap);
    double far = (l->halo_m + radius) * (1.0 + 4.0 * DBL_EPSILON);
    double distance = sqrt(hg_edges_distance2(l->region->edges, x, y, far * far));
    if (distance >= far * (1.0 - DBL_EPSILON))
        return;
    if (distance + radius < l->halo_m * (1.0 - 8.0 * DBL_EPSILON)) {
        turn_outside(l, column, row, size, HG_HALO);
    } else if (size == 1) {
        turn_outside(l, column, row, size, CELL_HALO_LIMIT);
    } else {
        int half = size / 2;
        place_halo(l, column, row, half);
        place_halo(l, column + half, row, half);
        place_halo(l, column, row + half, half);
        place_halo(l, column + half, row + half, half);
    }
}

static void lattice_dispose(lattice *l)
{
    hg_free(l->state);
    hg_free(l->row_start);
    hg_free(l->row_edges);
}

static hg_status lattice_init(lattice *l, const hg_region *region, size_t n, double halo_m,
                              hg_error *err)
{
    *l = (lattice){.region = region, .halo_m = halo_m > 0.0 ? halo_m : 0.0};
    choose_cells(l, n);
    l->state = hg_calloc((size_t)l->columns, (size_t)l->rows);
    l->row_start = hg_calloc((size_t)l->rows + 1, sizeof *l->row_start);
    l->row_edges = hg_malloc(row_entries(l), sizeof *l->row_edges);
    if (!l->state || !l->row_start || !l->row_edges) {
        lattice_dispose(l);
        return hg_fail_memory(err);
    }
    l->all_near = l->halo_m > l->cell_m * M_SQRT2 * (1.0 + 8.0 * overlap);
    enter_edges(l);
    fill_rows(l);
    if (l->halo_m > 0.0) {
        int size = 1;
        while (size < l->columns || size < l->rows)
            size *= 2;
        place_halo(l, 0, 0, size);
    }
    return HG_OK;
}

static uint8_t by_distance(const lattice *l, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return HG_OUTSIDE;
    const double *box = l->region->box;
    double halo2 = l->halo_m * l->halo_m;
    double dx = fmax(fmax(box[0] - x, x - box[2]), 0.0);
    double dy = fmax(fmax(box[1] - y, y - box[3]), 0.0);
    if (!(l->halo_m > 0.0) || !(dx <= l->halo_m && dy <= l->halo_m))
        return HG_OUTSIDE;
    double next = nextafter(halo2, INFINITY); /* the limit itself belongs to the halo */
    return hg_edges_distance2(l->region->edges, x, y, next) <= halo2 ? HG_HALO : HG_OUTSIDE;
}

static uint8_t classify(const lattice *l, double x, double y)
{
    double column = (x - l->x0) * l->per_m;
    double row = (y - l->y0) * l->per_m;
    if (!(column >= 0.0 && column < l->columns && row >= 0.0 && row < l->rows))
        return l->beyond == HG_OUTSIDE ? HG_OUTSIDE : by_distance(l, x, y);
    uint8_t state = l->state[(size_t)(int)row * (size_t)l->columns + (size_t)(int)column];
    if (state <= HG_OUTSIDE)
        return state;
    if (state == CELL_BOUNDARY && holds(l, (int)row, x, y))
        return HG_INSIDE;
    return state == CELL_BOUNDARY && l->all_near ? HG_HALO : by_distance(l, x, y);
}

typedef struct job {
    const lattice *lattice;
    const double *x, *y;
    size_t n;
    uint8_t *where;
} job;

static hg_status classify_piece(void *context, size_t i, hg_error *err)
{
    (void)err;
    const job *j = context;
    size_t from = i * POINTS_PER_PIECE;
    size_t to = j->n - from < POINTS_PER_PIECE ? j->n : from + POINTS_PER_PIECE;
    for (size_t k = from; k < to; k++)
        j->where[k] = classify(j->lattice, j->x[k], j->y[k]);
    return HG_OK;
}

hg_status hg_region_classify(const hg_region *region, const double *x, const double *y, size_t n,
                             double halo_m, int threads, uint8_t *where, hg_error *err)
{
    lattice l;
    hg_status status = lattice_init(&l, region, n, halo_m, err);
    if (status != HG_OK)
        return status;
    job j = {.lattice = &l, .x = x, .y = y, .n = n, .where = where};
    status = hg_parallel((n + POINTS_PER_PIECE - 1) / POINTS_PER_PIECE, threads, classify_piece, &j,
                         err);
    lattice_dispose(&l);
    return status;
}
