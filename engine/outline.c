/*
 * Areas by union of edge neighbours; outlines by walking the sides of cells with the area on the
 * left.
 *
 * Where two cells of an area touch only at a corner, the walk turns right, over to the other cell.
 * The two background quadrants of such a corner belong to different background regions, because a
 * path of edge neighbours joins the two cells; so every ring bounds one such region and passes no
 * corner twice, and the single counter-clockwise ring is the shell.
 */
#include "engine/outline.h"
#include "base/disjoint.h"
#include "base/memory.h"

#include <string.h>

#define NOT_RANKED UINT32_MAX

/* Open-addressing map from grid index to position in the ranking. */
typedef struct cell_map {
    uint32_t *slot; /* position, or NOT_RANKED */
    const uint64_t *cells;
    size_t mask;
} cell_map;

static size_t slot_of(const cell_map *m, uint64_t cell)
{
    return (size_t)((cell * 0x9e3779b97f4a7c15u) >> 20) & m->mask;
}

static uint32_t map_find(const cell_map *m, uint64_t cell)
{
    size_t i = slot_of(m, cell);
    while (m->slot[i] != NOT_RANKED && m->cells[m->slot[i]] != cell)
        i = (i + 1) & m->mask;
    return m->slot[i];
}

static hg_status map_fill(const uint64_t *cells, size_t n, cell_map *out, hg_error *err)
{
    if (n >= NOT_RANKED)
        return hg_fail(err, HG_EFAIL, "%zu cells to outline; at most 4294967294 are possible", n);
    size_t size = 16;
    while (size < 2 * n)
        size *= 2;
    cell_map m = {.slot = hg_malloc(size, sizeof *m.slot), .cells = cells, .mask = size - 1};
    if (!m.slot)
        return hg_fail_memory(err);
    memset(m.slot, 0xff, size * sizeof *m.slot);
    for (size_t k = 0; k < n; k++) {
        size_t i = slot_of(&m, cells[k]);
        while (m.slot[i] != NOT_RANKED)
            i = (i + 1) & m.mask;
        m.slot[i] = (uint32_t)k;
    }
    *out = m;
    return HG_OK;
}

/* Position of the cell `dx` columns east and `dy` rows north of a cell, or NOT_RANKED. */
static uint32_t neighbour(const cell_map *m, const hg_grid *g, uint64_t cell, int dx, int dy)
{
    int64_t row = (int64_t)(cell / (uint64_t)g->columns) - dy;
    int64_t column = (int64_t)(cell % (uint64_t)g->columns) + dx;
    if (row < 0 || row >= g->rows || column < 0 || column >= g->columns)
        return NOT_RANKED;
    return map_find(m, (uint64_t)(row * g->columns + column));
}

static void join_neighbours(const cell_map *m, const hg_grid *g, size_t n, uint32_t *parent)
{
    for (size_t k = 0; k < n; k++)
        parent[k] = (uint32_t)k;
    for (size_t k = 0; k < n; k++) {
        uint32_t east = neighbour(m, g, m->cells[k], 1, 0);
        uint32_t north = neighbour(m, g, m->cells[k], 0, 1);
        if (east != NOT_RANKED)
            hg_disjoint_join(parent, (uint32_t)k, east);
        if (north != NOT_RANKED)
            hg_disjoint_join(parent, (uint32_t)k, north);
    }
}

hg_status hg_label_areas(const hg_grid *grid, const uint64_t *cells, size_t n, uint32_t *area,
                         size_t *areas, hg_error *err)
{
    cell_map map = {0};
    hg_status s = map_fill(cells, n, &map, err);
    if (s != HG_OK)
        return s;
    uint32_t *parent = hg_malloc(n, sizeof *parent);
    if (!parent) {
        hg_free(map.slot);
        return hg_fail_memory(err);
    }
    join_neighbours(&map, grid, n, parent);
    size_t count = 0;
    /* A root ranks before all others of its area, so it is numbered first. */
    for (size_t k = 0; k < n; k++) {
        uint32_t root = hg_disjoint_root(parent, (uint32_t)k);
        area[k] = root == k ? (uint32_t)count++ : area[root];
    }
    *areas = count;
    hg_free(parent);
    hg_free(map.slot);
    return HG_OK;
}

/* A corner of the grid: column of its west-hand cells' east side, row of the cells south of it. */
typedef struct corner {
    int64_t column, row;
} corner;

typedef struct ring {
    size_t first, n; /* its corners in walk.corners */
    bool shell;
} ring;

typedef struct walk {
    const hg_grid *grid;
    const uint32_t *area;
    cell_map map;
    uint8_t *walked; /* bit s: side s of the cell is done */
    corner *corners;
    size_t corner_count, corner_capacity;
    ring *rings;
    size_t ring_count, ring_capacity;
} walk;

/* Sides in the order of a counter-clockwise walk, named by where they lie; travel along them. */
enum { SOUTH, EAST, NORTH, WEST, SIDES };
static const int travel_x[SIDES] = {1, 0, -1, 0}, travel_y[SIDES] = {0, 1, 0, -1};

static int right_of(int side)
{
    return (side + 3) % SIDES;
}

static uint32_t same_area(const walk *w, uint32_t k, int dx, int dy)
{
    uint32_t other = neighbour(&w->map, w->grid, w->map.cells[k], dx, dy);
    return other != NOT_RANKED && w->area[other] == w->area[k] ? other : NOT_RANKED;
}

static bool is_boundary(const walk *w, uint32_t k, int side)
{
    int out = right_of(side);
    return same_area(w, k, travel_x[out], travel_y[out]) == NOT_RANKED;
}

/* The side after this one; right before straight on before left. */
static void step(const walk *w, uint32_t *k, int *side)
{
    int right = right_of(*side);
    uint32_t across =
        same_area(w, *k, travel_x[*side] + travel_x[right], travel_y[*side] + travel_y[right]);
    uint32_t ahead = same_area(w, *k, travel_x[*side], travel_y[*side]);
    if (across != NOT_RANKED) {
        *k = across;
        *side = right;
    } else if (ahead != NOT_RANKED) {
        *k = ahead;
    } else {
        *side = (*side + 1) % SIDES;
    }
}

/* The corner where the walk along a side ends. */
static corner end_corner(const walk *w, uint32_t k, int side)
{
    uint64_t columns = (uint64_t)w->grid->columns;
    int64_t row = (int64_t)(w->map.cells[k] / columns),
            column = (int64_t)(w->map.cells[k] % columns);
    return (corner){column + (side == SOUTH || side == EAST),
                    row + (side == SOUTH || side == WEST)};
}

static hg_status add_corner(walk *w, corner c, hg_error *err)
{
    corner *moved = hg_grow(w->corners, &w->corner_capacity, w->corner_count + 1, sizeof *moved);
    if (!moved)
        return hg_fail_memory(err);
    w->corners = moved;
    moved[w->corner_count++] = c;
    return HG_OK;
}

/* Twice the signed area in cells; rows count southward, hence the sign. */
static int64_t doubled_area(const corner *c, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0, j = n - 1; i < n; j = i++)
        sum += c[i].column * c[j].row - c[j].column * c[i].row;
    return sum;
}

static hg_status add_ring(walk *w, size_t first, hg_error *err)
{
    ring *moved = hg_grow(w->rings, &w->ring_capacity, w->ring_count + 1, sizeof *moved);
    if (!moved)
        return hg_fail_memory(err);
    w->rings = moved;
    size_t n = w->corner_count - first;
    moved[w->ring_count++] = (ring){first, n, doubled_area(w->corners + first, n) > 0};
    return HG_OK;
}

/* Follows one ring from a side, keeping the corners where it turns. */
static hg_status walk_ring(walk *w, uint32_t k, int side, hg_error *err)
{
    size_t first = w->corner_count;
    uint32_t from = k;
    int from_side = side;
    do {
        int before = side;
        corner c = end_corner(w, k, side);
        w->walked[k] |= (uint8_t)(1u << side);
        step(w, &k, &side);
        hg_status s = side == before ? HG_OK : add_corner(w, c, err);
        if (s != HG_OK)
            return s;
    } while (k != from || side != from_side);
    return add_ring(w, first, err);
}

static hg_status walk_cell(walk *w, uint32_t k, hg_error *err)
{
    hg_status s = HG_OK;
    for (int side = 0; s == HG_OK && side < SIDES; side++)
        if (!(w->walked[k] >> side & 1) && is_boundary(w, k, side))
            s = walk_ring(w, k, side, err);
    return s;
}

/* The southernmost, then westernmost corner: where a ring starts, whatever the order of cells. */
static size_t lowest_corner(const corner *c, size_t n)
{
    size_t low = 0;
    for (size_t i = 1; i < n; i++)
        if (c[i].row > c[low].row || (c[i].row == c[low].row && c[i].column < c[low].column))
            low = i;
    return low;
}

static hg_status write_ring(const walk *w, const ring *r, hg_geometry *out, hg_error *err)
{
    const corner *c = w->corners + r->first;
    size_t low = lowest_corner(c, r->n);
    hg_status s = hg_geometry_begin_ring(out, err);
    for (size_t i = 0; s == HG_OK && i <= r->n; i++) {
        const corner *at = &c[(low + i) % r->n];
        s = hg_geometry_add_point(out, hg_grid_column_west(w->grid, at->column),
                                  hg_grid_row_north(w->grid, at->row), err);
    }
    return s;
}

static hg_status write_area(const walk *w, size_t row, hg_geometry *out, hg_error *err)
{
    hg_status s = hg_geometry_begin_row(out, row, err);
    if (s == HG_OK)
        s = hg_geometry_begin_polygon(out, err);
    for (int shell = 1; shell >= 0; shell--)
        for (size_t i = 0; s == HG_OK && i < w->ring_count; i++)
            if (w->rings[i].shell == (shell == 1))
                s = write_ring(w, &w->rings[i], out, err);
    return s;
}

/* The positions of the ranking grouped by area: order[start[a]] … order[start[a + 1] - 1]. */
static void group_by_area(const uint32_t *area, size_t n, size_t areas, size_t *start,
                          uint32_t *order)
{
    memset(start, 0, (areas + 2) * sizeof *start);
    for (size_t k = 0; k < n; k++)
        start[area[k] + 2]++;
    for (size_t a = 2; a < areas + 2; a++)
        start[a] += start[a - 1];
    for (size_t k = 0; k < n; k++)
        order[start[area[k] + 1]++] = (uint32_t)k;
}

static hg_status outline_each(walk *w, const size_t *start, const uint32_t *order, size_t areas,
                              hg_geometry *out, hg_error *err)
{
    hg_status s = HG_OK;
    for (size_t a = 0; s == HG_OK && a < areas; a++) {
        w->corner_count = w->ring_count = 0;
        for (size_t i = start[a]; s == HG_OK && i < start[a + 1]; i++)
            s = walk_cell(w, order[i], err);
        if (s == HG_OK)
            s = write_area(w, a, out, err);
    }
    return s;
}

/* What an append has to take back when it fails half way. */
static void take_back(hg_geometry *g, const hg_geometry *before)
{
    g->polygons = before->polygons;
    g->rings = before->rings;
    g->points = before->points;
}

hg_status hg_outline_areas(const hg_grid *grid, const uint64_t *cells, const uint32_t *area,
                           size_t n, size_t areas, hg_geometry *out, hg_error *err)
{
    hg_geometry before = *out;
    walk w = {.grid = grid, .area = area};
    hg_status s = map_fill(cells, n, &w.map, err);
    w.walked = hg_calloc(n, sizeof *w.walked);
    size_t *start = hg_malloc(areas + 2, sizeof *start);
    uint32_t *order = hg_malloc(n, sizeof *order);
    if (s == HG_OK && (!w.walked || !start || !order))
        s = hg_fail_memory(err);
    if (s == HG_OK) {
        group_by_area(area, n, areas, start, order);
        s = outline_each(&w, start, order, areas, out, err);
    }
    if (s != HG_OK)
        take_back(out, &before);
    hg_free(w.map.slot);
    hg_free(w.walked);
    hg_free(w.corners);
    hg_free(w.rings);
    hg_free(start);
    hg_free(order);
    return s;
}

static hg_status add_square(const hg_grid *g, uint64_t cell, hg_geometry *out, hg_error *err)
{
    int64_t row = (int64_t)(cell / (uint64_t)g->columns);
    int64_t column = (int64_t)(cell % (uint64_t)g->columns);
    double west = hg_grid_column_west(g, column), east = hg_grid_column_west(g, column + 1);
    double north = hg_grid_row_north(g, row), south = hg_grid_row_north(g, row + 1);
    const double x[] = {west, east, east, west, west}, y[] = {south, south, north, north, south};
    hg_status s = hg_geometry_begin_polygon(out, err);
    if (s == HG_OK)
        s = hg_geometry_begin_ring(out, err);
    for (int i = 0; s == HG_OK && i < 5; i++)
        s = hg_geometry_add_point(out, x[i], y[i], err);
    return s;
}

hg_status hg_outline_cells(const hg_grid *grid, const uint64_t *cells, size_t n, hg_geometry *out,
                           hg_error *err)
{
    hg_geometry before = *out;
    hg_status s = HG_OK;
    for (size_t k = 0; s == HG_OK && k < n; k++) {
        s = hg_geometry_begin_row(out, k, err);
        if (s == HG_OK)
            s = add_square(grid, cells[k], out, err);
    }
    if (s != HG_OK)
        take_back(out, &before);
    return s;
}
