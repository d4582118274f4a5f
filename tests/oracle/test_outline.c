/* Areas and outlines against flood fill and cell-by-cell membership. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "engine/outline.h"
#include "tests/support/sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 4096 };

typedef struct pattern {
    hg_grid grid;
    uint64_t cells[MOST];
    uint32_t area[MOST];
    size_t n, areas;
    int of_cell[MOST]; /* area of a grid cell, or -1 */
} pattern;

/* '#' marks a cell. Cells rank in raster order, or shuffled. */
static void pattern_read(pattern *p, const char *const *rows, int64_t n, hg_random *shuffle)
{
    int64_t columns = (int64_t)strlen(rows[0]);
    p->grid = (hg_grid){12.5, -3, 2, columns, n};
    p->n = 0;
    for (int64_t i = 0; i < n * columns; i++)
        if (rows[i / columns][i % columns] == '#')
            p->cells[p->n++] = (uint64_t)i;
    for (size_t i = p->n; shuffle && i > 1; i--) {
        size_t j = hg_random_below(shuffle, i);
        uint64_t swap = p->cells[i - 1];
        p->cells[i - 1] = p->cells[j];
        p->cells[j] = swap;
    }
}

static void flood(int *mark, int64_t columns, int64_t rows, int64_t at, int value)
{
    if (mark[at] != -2)
        return;
    mark[at] = value;
    int64_t c = at % columns, r = at / columns;
    if (c > 0)
        flood(mark, columns, rows, at - 1, value);
    if (c + 1 < columns)
        flood(mark, columns, rows, at + 1, value);
    if (r > 0)
        flood(mark, columns, rows, at - columns, value);
    if (r + 1 < rows)
        flood(mark, columns, rows, at + columns, value);
}

static void check_labels(pattern *p)
{
    int64_t cells = p->grid.columns * p->grid.rows;
    assert_int_equal(hg_label_areas(&p->grid, p->cells, p->n, p->area, &p->areas, NULL), HG_OK);
    for (int64_t i = 0; i < cells; i++)
        p->of_cell[i] = -1;
    for (size_t k = 0; k < p->n; k++)
        p->of_cell[p->cells[k]] = -2;
    int areas = 0;
    for (size_t k = 0; k < p->n; k++)
        if (p->of_cell[p->cells[k]] == -2)
            flood(p->of_cell, p->grid.columns, p->grid.rows, (int64_t)p->cells[k], areas++);
    assert_int_equal(p->areas, areas);
    for (size_t k = 0; k < p->n; k++)
        assert_int_equal(p->area[k], p->of_cell[p->cells[k]]);
}

static double signed_area(const double *xy, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i + 1 < n; i++)
        sum += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) -
               (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    return sum / 2;
}

/* Closed, no vertex twice, every vertex a right angle, no two sides crossing or touching. */
static void check_ring(const double *xy, size_t n)
{
    assert_true(n >= 5);
    assert_true(xy[0] == xy[2 * n - 2] && xy[1] == xy[2 * n - 1]);
    for (size_t i = 0; i + 1 < n; i++) {
        for (size_t j = i + 1; j + 1 < n; j++)
            assert_false(xy[2 * i] == xy[2 * j] && xy[2 * i + 1] == xy[2 * j + 1]);
        const double *a = xy + 2 * i, *b = a + 2, *c = i + 2 < n ? b + 2 : xy + 2;
        assert_true((a[0] == b[0]) != (a[1] == b[1]));
        assert_true((a[0] == b[0]) != (b[0] == c[0]));
        for (size_t j = 0; j + 1 < n; j++) { /* no vertex inside a side */
            double x = xy[2 * j], y = xy[2 * j + 1];
            bool between = a[0] == b[0] ? x == a[0] && y > fmin(a[1], b[1]) && y < fmax(a[1], b[1])
                                        : y == a[1] && x > fmin(a[0], b[0]) && x < fmax(a[0], b[0]);
            assert_false(between);
        }
        for (size_t j = 0; j + 1 < n; j++) { /* no upright side crosses a level one */
            const double *d = xy + 2 * j;
            if (a[0] != b[0] || d[1] != d[3])
                continue;
            assert_false(a[0] > fmin(d[0], d[2]) && a[0] < fmax(d[0], d[2]) &&
                         d[1] > fmin(a[1], b[1]) && d[1] < fmax(a[1], b[1]));
        }
    }
}

static bool ring_holds(const double *xy, size_t n, double x, double y)
{
    bool in = false;
    for (size_t i = 0; i + 1 < n; i++)
        if ((xy[2 * i + 1] > y) != (xy[2 * i + 3] > y) && xy[2 * i] > x)
            in = !in;
    return in;
}

/* The row's cells are those in its shell and in none of its holes. */
static void check_membership(const pattern *p, const hg_geometry *g, size_t ring0, size_t ring1,
                             int area)
{
    for (int64_t i = 0; i < p->grid.columns * p->grid.rows; i++) {
        double x = hg_grid_column_centre(&p->grid, i % p->grid.columns);
        double y = hg_grid_row_centre(&p->grid, i / p->grid.columns);
        bool in = false;
        for (size_t r = ring0; r < ring1; r++)
            in = in != ring_holds(g->xy + 2 * g->point_start[r],
                                  g->point_start[r + 1] - g->point_start[r], x, y);
        assert_int_equal(in, p->of_cell[i] == area);
    }
}

static void check_row(const pattern *p, const hg_geometry *g, size_t row)
{
    assert_int_equal(g->polygon_start[row], row);
    size_t ring0 = g->ring_start[row], ring1 = g->ring_start[row + 1];
    assert_true(ring1 > ring0);
    double sum = 0;
    size_t cells = 0;
    for (size_t r = ring0; r < ring1; r++) {
        const double *xy = g->xy + 2 * g->point_start[r];
        size_t n = g->point_start[r + 1] - g->point_start[r];
        check_ring(xy, n);
        double area = signed_area(xy, n);
        assert_true(r == ring0 ? area > 0 : area < 0);
        sum += area;
        for (size_t i = 1; i + 1 < n; i++)
            assert_true(xy[2 * i + 1] > xy[1] || (xy[2 * i + 1] == xy[1] && xy[2 * i] > xy[0]));
    }
    for (size_t k = 0; k < p->n; k++)
        cells += p->area[k] == row;
    if (sum != (double)cells * 156.25)
        print_message("area %zu: expected %.17g m2, obtained %.17g\n", row, (double)cells * 156.25,
                      sum);
    assert_true(sum == (double)cells * 156.25);
    check_membership(p, g, ring0, ring1, (int)row);
}

static hg_table *outline(const pattern *p)
{
    hg_table *t = NULL;
    assert_int_equal(hg_table_new("areas", p->areas, NULL, &t, NULL), HG_OK);
    assert_int_equal(hg_table_make_polygons(t, HG_MULTIPOLYGON, NULL, NULL), HG_OK);
    assert_int_equal(
        hg_outline_areas(&p->grid, p->cells, p->area, p->n, p->areas, &t->geometry, NULL), HG_OK);
    assert_int_equal(hg_geometry_finish(&t->geometry, p->areas, NULL), HG_OK);
    return t;
}

/* Checks a pattern; returns its rings. */
static size_t check_pattern(pattern *p)
{
    check_labels(p);
    hg_table *t = outline(p);
    assert_int_equal(t->geometry.polygons, p->areas);
    for (size_t a = 0; a < p->areas; a++)
        check_row(p, &t->geometry, a);
    size_t rings = t->geometry.rings;
    hg_table_free(t);
    return rings;
}

static void test_known_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *rows[7];
        int64_t n;
        size_t areas, rings;
    } cases[] = {
        {{"#"}, 1, 1, 1},
        {{"####"}, 1, 1, 1},
        {{"#.#", ".#.", "#.#"}, 3, 5, 5},                         /* checkerboard */
        {{"###", "#.#", "###"}, 3, 1, 2},                         /* a hole */
        {{"##.", "#.#", "###"}, 3, 1, 2},                         /* hole touches outside */
        {{"####", "#.##", "##.#", "####"}, 4, 1, 3},              /* two holes touch */
        {{"#####", "#...#", "#.#.#", "#...#", "#####"}, 5, 2, 3}, /* an island */
        {{"#####", "##..#", "#.#.#", "#..##", "#####"}, 5, 2, 3}, /* island at corners */
        {{".##.", "#..#", "####"}, 3, 2, 2},
        {{"#######", "#.....#", "#.###.#", "#.#.#.#", "#.###.#", "#.....#", "#######"}, 7, 2, 4},
    };
    static pattern p;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        pattern_read(&p, cases[c].rows, cases[c].n, NULL);
        size_t rings = check_pattern(&p);
        if (p.areas != cases[c].areas || rings != cases[c].rings)
            print_message("case %zu: expected %zu areas, %zu rings, obtained %zu, %zu\n", c,
                          cases[c].areas, cases[c].rings, p.areas, rings);
        assert_int_equal(p.areas, cases[c].areas);
        assert_int_equal(rings, cases[c].rings);
    }
}

static void test_exact_square(void **state)
{
    (void)state;
    static pattern p;
    const char *rows[] = {"...", ".##"};
    pattern_read(&p, rows, 2, NULL);
    check_labels(&p);
    hg_table *t = outline(&p);
    /* Lattice columns -2 and -1, lattice row 1, cells of 12.5 m. */
    const double expected[] = {-25, 12.5, 0, 12.5, 0, 25, -25, 25, -25, 12.5};
    assert_int_equal(t->geometry.points, 5);
    assert_memory_equal(t->geometry.xy, expected, sizeof expected);
    hg_table_free(t);

    assert_int_equal(hg_table_new("cells", 2, NULL, &t, NULL), HG_OK);
    assert_int_equal(hg_table_make_polygons(t, HG_POLYGON, NULL, NULL), HG_OK);
    assert_int_equal(hg_outline_cells(&p.grid, p.cells, 2, &t->geometry, NULL), HG_OK);
    assert_int_equal(hg_geometry_finish(&t->geometry, 2, NULL), HG_OK);
    const double first[] = {-25, 12.5, -12.5, 12.5, -12.5, 25, -25, 25, -25, 12.5};
    assert_int_equal(t->geometry.polygons, 2);
    assert_int_equal(t->geometry.points, 10);
    assert_memory_equal(t->geometry.xy, first, sizeof first);
    hg_table_free(t);
}

/* Random patterns of every density; the order of the cells changes nothing but the numbering. */
static void test_random_patterns(void **state)
{
    (void)state;
    static pattern p;
    hg_random r = hg_random_seed(17, 0);
    for (int round = 0; round < 400; round++) {
        int64_t columns = 1 + (int64_t)hg_random_below(&r, 14);
        int64_t n = 1 + (int64_t)hg_random_below(&r, 14);
        double density = hg_random_unit(&r);
        char text[14][16];
        const char *rows[14];
        for (int64_t i = 0; i < n; i++) {
            for (int64_t c = 0; c < columns; c++)
                text[i][c] = hg_random_unit(&r) < density ? '#' : '.';
            text[i][columns] = '\0';
            rows[i] = text[i];
        }
        pattern_read(&p, rows, n, NULL);
        size_t rings = check_pattern(&p), areas = p.areas;
        pattern_read(&p, rows, n, &r);
        assert_int_equal(check_pattern(&p), rings);
        assert_int_equal(p.areas, areas);
    }
}

static hg_status label_and_outline(void *context, hg_error *err)
{
    pattern *p = context;
    hg_table *t = NULL;
    hg_status s = hg_table_new("areas", 1, NULL, &t, err);
    if (s == HG_OK)
        s = hg_table_make_polygons(t, HG_MULTIPOLYGON, NULL, err);
    if (s == HG_OK)
        s = hg_label_areas(&p->grid, p->cells, p->n, p->area, &p->areas, err);
    if (s == HG_OK)
        s = hg_outline_areas(&p->grid, p->cells, p->area, p->n, p->areas, &t->geometry, err);
    if (s != HG_OK && t) /* an append that failed leaves nothing behind */
        assert_int_equal(t->geometry.polygons + t->geometry.rings + t->geometry.points, 0);
    hg_table_free(t);
    return s;
}

static void test_allocation_failures(void **state)
{
    (void)state;
    static pattern p;
    const char *rows[] = {"####", "#.##", "##.#", "####"};
    pattern_read(&p, rows, 4, NULL);
    sweep_allocations(label_and_outline, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_shapes),
        cmocka_unit_test(test_exact_square),
        cmocka_unit_test(test_random_patterns),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
