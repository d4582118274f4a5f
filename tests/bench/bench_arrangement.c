/*
 * Processor time of hg_arrangement_new: a small group as the audit makes by the hundred thousand,
 * buildings that overlap, a tiling of parcels, and bundles of long parallel slivers that bounding
 * boxes cannot tell apart. Each at two or three sizes, so that growth can be seen. Argument: runs
 * of each, of which the best counts (3).
 */
#include "base/memory.h"
#include "base/random.h"
#include "geo/arrangement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* n polygons of as many corners. */
typedef struct scene {
    const char *name;
    size_t n, corners;
    void (*corner)(size_t n, size_t polygon, size_t corner, int64_t *xy);
} scene;

/* A number in 0 … span - 1 that belongs to the key. */
static int64_t scatter(uint64_t key, uint64_t stream, uint64_t span)
{
    hg_random r = hg_random_seed(key, stream);
    return (int64_t)hg_random_below(&r, span);
}

static size_t side_of(size_t n)
{
    return (size_t)ceil(sqrt((double)n));
}

/* Stars of 12 m, as dense whatever their number. */
static void star_corner(size_t n, size_t polygon, size_t corner, int64_t *xy)
{
    enum { CORNERS = 10, STEP_MM = 19000, RADIUS_MM = 12000 };
    uint64_t span = STEP_MM * side_of(n);
    double angle = 2.0 * M_PI * (double)corner / CORNERS;
    double radius = RADIUS_MM / 2.0 + (double)scatter(polygon, 2 + corner, RADIUS_MM / 2);
    xy[0] = scatter(polygon, 0, span) + (int64_t)(radius * cos(angle));
    xy[1] = scatter(polygon, 1, span) + (int64_t)(radius * sin(angle));
}

static void parcel_corner(size_t n, size_t polygon, size_t corner, int64_t *xy)
{
    enum { STEP_MM = 20000 };
    size_t side = side_of(n);
    size_t column = polygon % side + (corner == 1 || corner == 2);
    size_t row = polygon / side + (corner >= 2);
    uint64_t point = row * (side + 1) + column;
    xy[0] = (int64_t)column * STEP_MM + scatter(point, 0, STEP_MM / 2);
    xy[1] = (int64_t)row * STEP_MM + scatter(point, 1, STEP_MM / 2);
}

static void sliver_corner(size_t n, size_t polygon, size_t corner, int64_t *xy)
{
    enum { STEP_MM = 100, EAST_MM = 7000000, NORTH_MM = 9000000 };
    (void)n;
    xy[0] = (int64_t)polygon * STEP_MM + (corner == 1 || corner == 2 ? STEP_MM / 2 : 0) +
            (corner >= 2 ? EAST_MM : 0);
    xy[1] = corner >= 2 ? NORTH_MM : 0;
}

static hg_status make_polygon(const scene *s, size_t i, hg_polygon_mm *p)
{
    p->xy = hg_malloc(2 * (s->corners + 1), sizeof *p->xy);
    p->ring_start = hg_malloc(2, sizeof *p->ring_start);
    if (!p->xy || !p->ring_start)
        return HG_ENOMEM;
    for (size_t k = 0; k <= s->corners; k++)
        s->corner(s->n, i, k % s->corners, p->xy + 2 * k);
    p->rings = 1;
    p->ring_start[0] = 0;
    p->ring_start[1] = s->corners + 1;
    return HG_OK;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static hg_status measure(const scene *s, const hg_polygon_mm *const *polygons, int runs,
                         hg_error *err)
{
    double best = INFINITY;
    size_t labels = 0;
    size_t repeats = 1 + 100000 / (s->n * s->corners);
    hg_status status = HG_OK;
    for (int run = 0; run < runs && status == HG_OK; run++) {
        double start = now();
        for (size_t i = 0; i < repeats && status == HG_OK; i++) {
            hg_arrangement *a = NULL;
            status = hg_arrangement_new(polygons, s->n, &a, err);
            labels = a ? hg_arrangement_labels(a) : 0;
            hg_arrangement_free(a);
        }
        best = fmin(best, (now() - start) / (double)repeats);
    }
    printf("%-10s %8zu edges %8zu labels %10.3f ms %6.0f ns an edge\n", s->name, s->n * s->corners,
           labels, 1e3 * best, 1e9 * best / (double)(s->n * s->corners));
    return status;
}

static hg_status run_scene(const scene *s, int runs, hg_error *err)
{
    hg_status status = HG_OK;
    hg_polygon_mm *polygons = hg_calloc(s->n, sizeof *polygons);
    const hg_polygon_mm **list = hg_malloc(s->n, sizeof(void *));
    if (!polygons || !list)
        status = HG_ENOMEM;
    for (size_t i = 0; i < s->n && status == HG_OK; i++) {
        list[i] = &polygons[i];
        status = make_polygon(s, i, &polygons[i]);
    }
    if (status == HG_OK)
        status = measure(s, list, runs, err);
    for (size_t i = 0; i < s->n && polygons; i++)
        hg_polygon_mm_dispose(&polygons[i]);
    hg_free(polygons);
    hg_free(list);
    return status;
}

int main(int argc, char **argv)
{
    static const scene scenes[] = {
        {"group", 1, 10, star_corner},          {"group", 4, 10, star_corner},
        {"buildings", 1000, 10, star_corner},   {"buildings", 10000, 10, star_corner},
        {"buildings", 100000, 10, star_corner}, {"parcels", 62500, 4, parcel_corner},
        {"parcels", 250000, 4, parcel_corner},  {"parcels", 1000000, 4, parcel_corner},
        {"slivers", 10000, 4, sliver_corner},   {"slivers", 100000, 4, sliver_corner},
    };
    int runs = argc > 1 ? atoi(argv[1]) : 3;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        hg_error err = {HG_OK, ""};
        if (run_scene(&scenes[i], runs, &err) != HG_OK) {
            fprintf(stderr, "%s: %s\n", scenes[i].name, err.message);
            return 1;
        }
    }
    return 0;
}
