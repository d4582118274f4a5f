#include "geo/ring_runs.h"

#include <string.h>

hg_run_levels hg_run_levels_of(size_t edges)
{
    hg_run_levels
        l; /* its arrays are filled as far as needed, for this runs once a ring and query */
    size_t below = (edges + HG_RUN - 1) / HG_RUN;
    l.n = 0;
    l.total = 0;
    for (;;) {
        l.start[l.n] = l.total;
        l.count[l.n++] = below;
        l.total += below;
        if (below <= 1 || l.n == HG_RUN_LEVELS)
            return l;
        below = (below + HG_RUN_FAN - 1) / HG_RUN_FAN;
    }
}

void hg_extent_of_points(const int64_t *xy, size_t n, hg_extent out)
{
    memcpy(out, (hg_extent){xy[0], xy[1], xy[0], xy[1]}, sizeof(hg_extent));
    for (size_t i = 1; i < n; i++) {
        int64_t x = xy[2 * i], y = xy[2 * i + 1];
        out[0] = x < out[0] ? x : out[0];
        out[1] = y < out[1] ? y : out[1];
        out[2] = x > out[2] ? x : out[2];
        out[3] = y > out[3] ? y : out[3];
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void hg_runs_cover(const int64_t *xy, size_t edges, hg_extent *boxes)
{
    hg_run_levels l = hg_run_levels_of(edges);
    for (size_t i = 0; i < l.count[0]; i++)
        hg_extent_of_points(xy + 2 * i * HG_RUN, least(HG_RUN, edges - i * HG_RUN) + 1, boxes[i]);
    for (int k = 1; k < l.n; k++) {
        for (size_t i = 0; i < l.count[k]; i++) {
            /* A box is two points, its corners. */
            size_t n = least(HG_RUN_FAN, l.count[k - 1] - i * HG_RUN_FAN);
            hg_extent_of_points(boxes[l.start[k - 1] + i * HG_RUN_FAN], 2 * n,
                                boxes[l.start[k] + i]);
        }
    }
}
