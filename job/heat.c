#include "job/heat.h"
#include "base/memory.h"

#include <math.h>
#include <string.h>

void hg_heat_dispose(hg_heat *heat)
{
    hg_spread_dispose(&heat->whole);
    hg_spread_dispose(&heat->inside);
}

static bool is_patch(const hg_intake *in, size_t i)
{
    return in->patch && in->patch[i] != HG_NO_PATCH;
}

static bool is_halo(const hg_incidents *inc, size_t i)
{
    return inc->flags && (inc->flags[i] & HG_FLAG_HALO);
}

/* ------------------------------------------------- spreading --------------------------------- */

/* The patches among the incidents: their rows, numbers and masses of a square metre. */
typedef struct uses {
    size_t *row;
    uint32_t *which;
    double *weight;
    size_t n;
} uses;

static void uses_dispose(uses *u)
{
    hg_free(u->row);
    hg_free(u->which);
    hg_free(u->weight);
}

static hg_status list_uses(const hg_intake *in, bool with_halo, uses *u, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    u->row = hg_malloc(inc->n, sizeof *u->row);
    u->which = hg_malloc(inc->n, sizeof *u->which);
    u->weight = hg_malloc(inc->n, sizeof *u->weight);
    if (!u->row || !u->which || !u->weight)
        return hg_fail_memory(err);
    for (size_t i = 0; i < inc->n; i++) {
        if (!is_patch(in, i) || (!with_halo && is_halo(inc, i)))
            continue;
        u->row[u->n] = i;
        u->which[u->n] = in->patch[i];
        u->weight[u->n++] = (inc->w ? inc->w[i] : 1) / in->polygon_unit_m2;
    }
    return HG_OK;
}

static hg_spreading spreading_of(const hg_intake *in, const uses *u, const hg_window *window)
{
    return (hg_spreading){.patches = in->patches,
                          .which = u->which,
                          .weight = u->weight,
                          .n = u->n,
                          .window = *window};
}

/* What is on cells differs from the area by rounding alone, unless some of it is elsewhere. */
static double mass_beyond(const hg_intake *in, const uses *u, const hg_spread *spread)
{
    double beyond = 0;
    for (size_t k = 0; k < u->n; k++) {
        double area = hg_patches_at(in->patches, u->which[k])->whole.area_m2;
        double rest = area - spread->places[k].area_m2;
        beyond += rest > 1e-9 * area ? u->weight[k] * rest : 0;
    }
    return beyond;
}

static hg_status spread_whole(hg_job *job, const hg_intake *in, hg_heat *heat, hg_error *err)
{
    uses u = {0};
    hg_status status = list_uses(in, true, &u, err);
    if (status == HG_OK) {
        hg_spreading s = spreading_of(in, &u, &heat->wide);
        status = hg_spread_patches(&s, &job->control, &heat->whole, err);
    }
    if (status == HG_OK)
        heat->beyond = mass_beyond(in, &u, &heat->whole);
    uses_dispose(&u);
    return status;
}

/* A patch counts where its largest part is, and nowhere if no cell of the area has a part of it. */
static hg_status place_patches(hg_job *job, hg_intake *in, const hg_grid *grid, const uses *u,
                               const hg_spread *spread, hg_error *err)
{
    hg_incidents *inc = &in->incidents;
    uint64_t columns = (uint64_t)grid->columns, lost = 0;
    if (!inc->flags && !(inc->flags = hg_calloc(inc->n, 1)))
        return hg_fail_memory(err);
    for (size_t k = 0; k < u->n; k++) {
        uint64_t cell = spread->places[k].cell;
        size_t i = u->row[k];
        if (cell == UINT64_MAX) {
            inc->flags[i] |= HG_FLAG_HALO;
            lost++;
            continue;
        }
        inc->x[i] = hg_grid_column_centre(grid, (int64_t)(cell % columns));
        inc->y[i] = hg_grid_row_centre(grid, (int64_t)(cell / columns));
    }
    in->halo += lost;
    if (lost)
        hg_job_add_note(job, "%llu patches have no part on the grid within the study area and are in "
                             "no count",
                        (unsigned long long)lost);
    return HG_OK;
}

static hg_status spread_inside(hg_job *job, hg_intake *in, const hg_grid *grid, const float *share,
                               hg_heat *heat, hg_error *err)
{
    uses u = {0};
    hg_status status = list_uses(in, false, &u, err);
    if (status == HG_OK) {
        hg_spreading s = spreading_of(in, &u, &heat->own);
        s.inside = true;
        s.share = share;
        status = hg_spread_patches(&s, &job->control, &heat->inside, err);
    }
    if (status == HG_OK)
        status = place_patches(job, in, grid, &u, &heat->inside, err);
    uses_dispose(&u);
    return status;
}

/* Where cells are coarse, a patch smaller than a cell is drawn as if it lay in the cell's middle. */
static void warn_of_cells(hg_job *job, const hg_intake *in, const hg_grid *grid)
{
    if (in->support_m < 5 * grid->cell_m)
        hg_job_add_note(job, "cells of %g m are coarse for patches under a kernel that reaches %g m: "
                             "their mass acts from the middles of cells; a --cell of %g or less is "
                             "better",
                        grid->cell_m, in->support_m, floor(in->support_m * 20) / 100);
}

hg_status hg_heat_init(hg_job *job, hg_intake *in, const hg_grid *grid, const float *share,
                       bool whole_needed, hg_heat *heat, hg_error *err)
{
    hg_status status = HG_OK;
    if (!in->patches)
        return HG_OK;
    int64_t margin = (int64_t)ceil(in->support_m / grid->cell_m) + 1;
    heat->own = (hg_window){grid->cell_m, grid->west, grid->top, grid->columns, grid->rows};
    heat->wide = (hg_window){grid->cell_m, grid->west - margin, grid->top + margin,
                             grid->columns + 2 * margin, grid->rows + 2 * margin};
    warn_of_cells(job, in, grid);
    if (whole_needed)
        status = spread_whole(job, in, heat, err);
    if (status == HG_OK && share)
        status = spread_inside(job, in, grid, share, heat, err);
    return status;
}

/* ------------------------------------------------- counting ---------------------------------- */

hg_status hg_points_of(const hg_intake *in, hg_incidents *out, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    hg_incidents p = {.streams = 1};
    p.x = hg_malloc(inc->n, sizeof *p.x);
    p.y = hg_malloc(inc->n, sizeof *p.y);
    p.w = hg_malloc(inc->n, sizeof *p.w);
    p.flags = hg_malloc(inc->n, sizeof *p.flags);
    if (!p.x || !p.y || !p.w || !p.flags) {
        hg_points_dispose(&p);
        return hg_fail_memory(err);
    }
    for (size_t i = 0; i < inc->n; i++) {
        if (is_patch(in, i))
            continue;
        p.x[p.n] = inc->x[i];
        p.y[p.n] = inc->y[i];
        p.w[p.n] = inc->w ? inc->w[i] : 1;
        p.flags[p.n++] = inc->flags ? inc->flags[i] : 0;
    }
    *out = p;
    return HG_OK;
}

void hg_points_dispose(hg_incidents *points)
{
    hg_free(points->x);
    hg_free(points->y);
    hg_free(points->w);
    hg_free(points->flags);
}

hg_status hg_heat_count(hg_job *job, const hg_intake *in, const hg_heat *heat, const hg_grid *grid,
                        const float *share, hg_cell_counts *out, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    if (!in->patches)
        return hg_count_cells(inc, grid, share, &job->control, out, err);
    hg_incidents points_weigh = *inc;
    points_weigh.w = hg_calloc(inc->n, sizeof *points_weigh.w);
    if (!points_weigh.w)
        return hg_fail_memory(err);
    for (size_t i = 0; i < inc->n; i++)
        if (!is_patch(in, i))
            points_weigh.w[i] = inc->w ? inc->w[i] : 1;
    hg_status status = hg_count_cells(&points_weigh, grid, share, &job->control, out, err);
    hg_free(points_weigh.w);
    for (size_t k = 0; k < heat->inside.n && status == HG_OK; k++) {
        out->weight[heat->inside.cells[k].cell] += heat->inside.cells[k].mass;
        out->total_weight += heat->inside.cells[k].mass;
    }
    return status;
}

hg_status hg_heat_reach(hg_job *job, const hg_intake *in, const hg_heat *heat,
                        const uint64_t *cells, size_t n, bool *reach, hg_error *err)
{
    uses u = {0};
    hg_spread spread = {0};
    float *chosen = hg_calloc((size_t)(heat->own.columns * heat->own.rows), sizeof *chosen);
    hg_status status = chosen ? list_uses(in, false, &u, err) : hg_fail_memory(err);
    for (size_t k = 0; k < n && status == HG_OK; k++)
        chosen[cells[k]] = 1;
    if (status == HG_OK) {
        hg_spreading s = spreading_of(in, &u, &heat->own);
        s.inside = true;
        s.share = chosen;
        status = hg_spread_patches(&s, &job->control, &spread, err);
    }
    if (status == HG_OK)
        memset(reach, 0, in->incidents.n * sizeof *reach);
    for (size_t k = 0; k < u.n && status == HG_OK; k++)
        reach[u.row[k]] = spread.places[k].cell != UINT64_MAX;
    hg_spread_dispose(&spread);
    uses_dispose(&u);
    hg_free(chosen);
    return status;
}

/* ------------------------------------------------- parts ------------------------------------- */

void hg_heat_parts_dispose(hg_heat_parts *p)
{
    hg_free(p->x);
    hg_free(p->y);
    hg_free(p->w);
    hg_free(p->owner);
    *p = (hg_heat_parts){0};
}

static hg_status add_part(hg_heat_parts *p, double x, double y, double w, size_t owner, hg_error *err)
{
    if (p->points.n == p->capacity) {
        size_t room = p->capacity ? 2 * p->capacity : 256;
        void *moved[4] = {hg_realloc(p->x, room, sizeof *p->x), NULL, NULL, NULL};
        p->x = moved[0] ? moved[0] : p->x;
        moved[1] = hg_realloc(p->y, room, sizeof *p->y);
        p->y = moved[1] ? moved[1] : p->y;
        moved[2] = hg_realloc(p->w, room, sizeof *p->w);
        p->w = moved[2] ? moved[2] : p->w;
        moved[3] = hg_realloc(p->owner, room, sizeof *p->owner);
        p->owner = moved[3] ? moved[3] : p->owner;
        if (!moved[0] || !moved[1] || !moved[2] || !moved[3])
            return hg_fail_memory(err);
        p->capacity = room;
    }
    size_t n = p->points.n;
    p->x[n] = x;
    p->y[n] = y;
    p->w[n] = w;
    p->owner[n] = (uint32_t)owner;
    p->points = (hg_points){n + 1, p->x, p->y, p->w};
    return HG_OK;
}

/* The cells of a window that a box may touch; false if there are none. */
static bool window_of(const hg_window *all, const double box[4], hg_window *out)
{
    hg_grid g = {all->cell_m, all->west, all->top, all->columns, all->rows};
    int64_t west = hg_grid_column_of(&g, box[0]), east = hg_grid_column_of(&g, box[2]);
    int64_t north = hg_grid_row_of(&g, box[3]), south = hg_grid_row_of(&g, box[1]);
    west = west > 0 ? west : 0;
    north = north > 0 ? north : 0;
    east = east < all->columns ? east : all->columns - 1;
    south = south < all->rows ? south : all->rows - 1;
    *out = (hg_window){all->cell_m, all->west + west, all->top - north, east - west + 1, south - north + 1};
    return out->columns > 0 && out->rows > 0;
}

static hg_status add_patch(const hg_intake *in, const hg_window *all, bool inside_only, size_t incident,
                           hg_heat_parts *p, hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    const hg_patch *patch = hg_patches_at(in->patches, in->patch[incident]);
    const hg_patch_part *part = inside_only ? &patch->inside : &patch->whole;
    double weight = (inc->w ? inc->w[incident] : 1) / in->polygon_unit_m2;
    hg_spreading s = {.patches = in->patches, .which = &in->patch[incident], .weight = &weight, .n = 1,
                      .inside = inside_only};
    hg_spread spread = {0};
    hg_control alone = {.threads = 1};
    hg_status status = HG_OK;
    if (part->area_m2 > 0 && window_of(all, part->box, &s.window))
        status = hg_spread_patches(&s, &alone, &spread, err);
    hg_grid g = {s.window.cell_m, s.window.west, s.window.top, s.window.columns, s.window.rows};
    for (size_t k = 0; k < spread.n && status == HG_OK; k++) {
        uint64_t cell = spread.cells[k].cell, columns = (uint64_t)g.columns;
        status = add_part(p, hg_grid_column_centre(&g, (int64_t)(cell % columns)),
                          hg_grid_row_centre(&g, (int64_t)(cell / columns)), spread.cells[k].mass, incident,
                          err);
    }
    if (status == HG_OK && spread.n == 0)
        status = add_part(p, inc->x[incident], inc->y[incident], 0, incident, err);
    hg_spread_dispose(&spread);
    return status;
}

hg_status hg_heat_parts_init(hg_job *job, const hg_intake *in, const hg_heat *heat, bool inside_only,
                             hg_heat_parts *parts, hg_error *err)
{
    hg_status status = HG_OK;
    const hg_window *all = inside_only ? &heat->own : &heat->wide;
    for (size_t i = 0; i < in->incidents.n && status == HG_OK; i++) {
        if (is_patch(in, i))
            status = add_patch(in, all, inside_only, i, parts, err);
        if (status == HG_OK && i % 1024 == 0)
            status = hg_check_cancel(&job->control, err);
    }
    return status;
}

/* ------------------------------------------------- density ----------------------------------- */

void hg_feed_dispose(hg_feed *feed)
{
    hg_free(feed->x);
    hg_free(feed->y);
    hg_free(feed->w);
}

static hg_status make_room(hg_feed *f, size_t n, hg_error *err)
{
    f->x = hg_malloc(n, sizeof *f->x);
    f->y = hg_malloc(n, sizeof *f->y);
    f->w = hg_malloc(n, sizeof *f->w);
    return f->x && f->y && f->w ? HG_OK : hg_fail_memory(err);
}

static void feed_one(hg_feed *f, double x, double y, double w)
{
    f->x[f->points.n] = x;
    f->y[f->points.n] = y;
    f->w[f->points.n++] = w;
}

/* The mass beyond the window reaches no cell of the grid wherever it stands: on a cell beside it. */
static void feed_patches(hg_feed *f, const hg_window *w, const hg_spread *spread, double beyond)
{
    hg_grid g = {w->cell_m, w->west, w->top, w->columns, w->rows};
    for (size_t k = 0; k < spread->n; k++) {
        int64_t row = (int64_t)(spread->cells[k].cell / (uint64_t)w->columns);
        int64_t column = (int64_t)(spread->cells[k].cell % (uint64_t)w->columns);
        feed_one(f, hg_grid_column_centre(&g, column), hg_grid_row_centre(&g, row),
                 spread->cells[k].mass);
    }
    if (beyond > 0)
        feed_one(f, hg_grid_column_centre(&g, -1), hg_grid_row_centre(&g, -1), beyond);
}

hg_status hg_feed_init(const hg_intake *in, const hg_heat *heat, bool inside_only, hg_feed *f,
                       hg_error *err)
{
    const hg_incidents *inc = &in->incidents;
    const hg_spread *spread = inside_only ? &heat->inside : &heat->whole;
    bool halo_out = inside_only && in->halo > 0;
    f->points = (hg_points){inc->n, inc->x, inc->y, inc->w};
    if (halo_out || in->patches) {
        hg_status status = make_room(f, inc->n + spread->n + 1, err);
        if (status != HG_OK)
            return status;
        f->points = (hg_points){0, f->x, f->y, f->w};
        for (size_t i = 0; i < inc->n; i++)
            if (!is_patch(in, i) && !(halo_out && is_halo(inc, i)))
                feed_one(f, inc->x[i], inc->y[i], inc->w ? inc->w[i] : 1);
        if (in->patches)
            feed_patches(f, inside_only ? &heat->own : &heat->wide, spread,
                         inside_only ? 0 : heat->beyond);
    }
    for (size_t i = 0; f->points.w && i < f->points.n; i++)
        f->total += f->points.w[i];
    if (!f->points.w)
        f->total = (double)f->points.n;
    if (in->all.spread)
        f->total = in->all.weight;
    return HG_OK;
}
