/* Small worlds for the tests of the audit: boxes in planar metres (x0, y0, x1, y1), zones, permits, flights. */
#ifndef HG_TESTS_AUDIT_WORLD_H
#define HG_TESTS_AUDIT_WORLD_H

#include "base/civil.h"
#include "base/memory.h"
#include "engine/ledger.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 16, POND = 0, RAFT = 1, STRUCTURE = 2, E1 = 0, E2 = 1, E3 = 2 };

typedef struct world {
    hg_land_zone zones[MOST];
    hg_polygon_mm zone_outlines[MOST];
    hg_land_permit permits[MOST];
    hg_polygon_mm permit_outlines[MOST];
    hg_land_patch patches[MOST * 3];
    hg_polygon_mm patch_outlines[MOST * 3];
    uint32_t coverage_epoch[MOST];
    hg_polygon_mm coverage_outlines[MOST];
    hg_land_action actions[MOST];
    int64_t epochs[4];
    hg_land_input in;
    hg_crs *crs;
    hg_audit_result result;
    hg_claim *claims;
    hg_exact *unexplained;
    hg_ledger ledger;
} world;

static const hg_land_class classes[] = {{"fish_pond", false}, {"oyster_raft", true}, {"structure", false}};

static inline hg_polygon_mm rings_of(const double (*boxes)[4], size_t n)
{
    hg_polygon_mm p = {.xy = hg_malloc(n * 10, sizeof *p.xy),
                       .ring_start = hg_malloc(n + 1, sizeof *p.ring_start),
                       .rings = n,
                       .box = {INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN}};
    assert_non_null(p.xy);
    assert_non_null(p.ring_start);
    for (size_t i = 0; i < n; i++) {
        const double *b = boxes[i], corners[10] = {b[0], b[1], b[2], b[1], b[2], b[3], b[0], b[3], b[0], b[1]};
        p.ring_start[i] = 5 * i;
        for (size_t k = 0; k < 10; k++) {
            int64_t v = llround(corners[k] * 1000) + (k % 2 ? 2440000000 : 400000000);
            p.xy[10 * i + k] = v;
            p.box[k % 2] = v < p.box[k % 2] ? v : p.box[k % 2];
            p.box[2 + k % 2] = v > p.box[2 + k % 2] ? v : p.box[2 + k % 2];
        }
    }
    p.ring_start[n] = 5 * n;
    return p;
}

static inline hg_polygon_mm box(double x0, double y0, double x1, double y1)
{
    const double b[1][4] = {{x0, y0, x1, y1}};
    return rings_of(b, 1);
}

static inline world *new_world(const char *const *dates, size_t n, double tolerance_m)
{
    world *w = hg_calloc(1, sizeof *w);
    hg_error err;
    assert_non_null(w);
    for (size_t t = 0; t < n; t++) {
        hg_moment m;
        assert_true(hg_moment_parse(dates[t], strlen(dates[t]), HG_ORDER_UNKNOWN, &m));
        w->epochs[t] = m.civil;
    }
    assert_int_equal(hg_crs_new("EPSG:4547", "", &w->crs, &err), HG_OK);
    w->in = (hg_land_input){.zones = w->zones,
                            .zone_outlines = w->zone_outlines,
                            .permits = w->permits,
                            .permit_outlines = w->permit_outlines,
                            .patches = w->patches,
                            .patch_outlines = w->patch_outlines,
                            .coverage_epoch = w->coverage_epoch,
                            .coverage_outlines = w->coverage_outlines,
                            .actions = w->actions,
                            .classes = classes,
                            .class_count = 3,
                            .epochs = w->epochs,
                            .epoch_count = n,
                            .tolerance_m = tolerance_m,
                            .crs = w->crs,
                            .area_mode = HG_AREA_PLANAR};
    return w;
}

static inline void free_outlines(hg_polygon_mm *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hg_polygon_mm_dispose(&p[i]);
}

static inline void free_world(world *w)
{
    free_outlines(w->zone_outlines, w->in.zone_count);
    free_outlines(w->permit_outlines, w->in.permit_count);
    free_outlines(w->patch_outlines, w->in.patch_count);
    free_outlines(w->coverage_outlines, w->in.coverage_count);
    hg_audit_result_dispose(&w->result);
    hg_free(w->claims);
    hg_free(w->unexplained);
    hg_ledger_dispose(&w->ledger);
    hg_crs_free(w->crs);
    hg_free(w);
}

static inline void zone(world *w, const char *id, double priority, hg_polygon_mm outline)
{
    w->zones[w->in.zone_count] = (hg_land_zone){id, HG_ZONE_STATE_LAND, priority, HG_NO_TIME, HG_NO_TIME};
    w->zone_outlines[w->in.zone_count++] = outline;
}

static inline int64_t day(const char *text)
{
    hg_moment m;
    if (!text)
        return HG_NO_TIME;
    assert_true(hg_moment_parse(text, strlen(text), HG_ORDER_UNKNOWN, &m));
    return m.civil;
}

static inline void permit(world *w, const char *id, const char *holder, const char *signed_on, const char *to,
                   hg_polygon_mm outline)
{
    w->permits[w->in.permit_count] = (hg_land_permit){
        .id = id, .holder = holder, .signed_on = day(signed_on), .valid_from = HG_NO_TIME, .valid_to = day(to)};
    w->permit_outlines[w->in.permit_count++] = outline;
}

static inline hg_land_patch *patch(world *w, uint32_t epoch, const char *id, uint32_t class_id,
                            hg_polygon_mm outline)
{
    hg_land_patch *p = &w->patches[w->in.patch_count];
    *p = (hg_land_patch){.id = id, .epoch = epoch, .class_id = class_id, .rmse_m = NAN};
    w->patch_outlines[w->in.patch_count++] = outline;
    return p;
}

static inline void action(world *w, const char *id, hg_action_kind kind, const char *date, double claimed)
{
    w->actions[w->in.action_count++] = (hg_land_action){id, kind, day(date), claimed};
}

static inline void run_audit(world *w)
{
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 2};
    hg_error err = {HG_OK, ""};
    hg_status status = hg_audit_run(&w->in, &control, &w->result, &err);
    if (status != HG_OK)
        fail_msg("%s", err.message);
    assert_int_equal(hg_claims_make(&w->in, &w->result, &w->claims, &w->unexplained, &err), HG_OK);
    assert_int_equal(hg_ledger_make(&w->in, &w->result, NULL, 0, w->unexplained, &w->ledger, &err), HG_OK);
}

static inline const hg_ledger_row *total(const world *w, uint32_t epoch)
{
    for (size_t k = 0; k < w->ledger.count; k++) {
        const hg_ledger_row *r = &w->ledger.rows[k];
        if (r->epoch == epoch && r->zone == HG_AUDIT_NONE && r->class_id == HG_AUDIT_NONE)
            return r;
    }
    fail_msg("no total for epoch %u", epoch);
    return NULL;
}

static inline void check(const char *what, hg_exact obtained, double expected_m2)
{
    if (hg_exact_m2(obtained) != expected_m2)
        fail_msg("%s: expected %.9f m2, obtained %.9f", what, expected_m2, hg_exact_m2(obtained));
}

/* Encroached area of a patch, by the id of its lineage, at an epoch, over all zones. */
static inline double outstanding(const world *w, const char *id, uint32_t epoch)
{
    hg_exact sum = 0;
    for (size_t k = 0; k < w->result.piece_count; k++) {
        const hg_audit_piece *p = &w->result.pieces[k];
        if (p->epoch == epoch && strcmp(w->result.lineages[p->lineage].id, id) == 0)
            sum += p->area;
    }
    return hg_exact_m2(sum);
}

static inline void check_outstanding(const world *w, const char *id, uint32_t epoch, double expected_m2)
{
    double obtained = outstanding(w, id, epoch);
    if (obtained != expected_m2)
        fail_msg("%s at epoch %u: expected %.6f m2, obtained %.6f", id, epoch + 1, expected_m2, obtained);
}

static inline void add_example_patches(world *w, uint32_t epoch)
{
    bool first = epoch == E1;
    patch(w, epoch, "P1", POND, first ? box(10, 10, 50, 50) : box(10.4, 10, 50.4, 60));
    patch(w, epoch, "P2", POND, box(60, 10, 100, 40));
    const double split[2][4] = {{120, 10, 130, 40}, {140, 10, 150, 40}};
    patch(w, epoch, "P3", POND, first ? box(120, 10, 150, 40) : rings_of(split, 2));
    patch(w, epoch, "P4", POND, box(190, 60, 220, 80));
    if (first)
        patch(w, epoch, "P5", RAFT, box(160, 10, 180, 30));
    if (epoch != E2)
        patch(w, epoch, "P6", POND, box(10, 70, 30, 90));
    if (!first)
        patch(w, epoch, "P7", POND, box(100, 50, 100.8, 90));
}

/* The worked example of docs/methods/audit.md. */
static inline world *example(void)
{
    static const char *const dates[] = {"2019-03-01", "2019-10-31", "2020-03-01"};
    world *w = new_world(dates, 3, 1);
    zone(w, "Z", NAN, box(0, 0, 200, 100));
    permit(w, "K1", NULL, NULL, "2019-12-31", box(60, 10, 80, 40));
    permit(w, "K2", NULL, "2019-06-01", NULL, box(80, 10, 100, 30));
    for (uint32_t t = 0; t < 3; t++)
        add_example_patches(w, t);
    /* the second flight covered everything but 0-40 x 65-100 */
    const double flown[2][4] = {{-50, -50, 300, 65}, {40, 65, 300, 150}};
    w->coverage_epoch[0] = E2;
    w->coverage_outlines[0] = rings_of(flown, 2);
    w->in.coverage_count = 1;
    action(w, "P3", HG_ACT_DEMOLITION, "2019-09-01", 350);
    return w;
}

static const char *const two[] = {"2019-03-01", "2019-10-31"};
static const char *const three[] = {"2019-03-01", "2019-10-31", "2020-10-31"};

#endif
