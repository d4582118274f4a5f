/*
 * The audit's algebra on outlines small enough to reckon by hand: the worked example of docs/methods/audit.md in
 * full, and one case a rule for what it leaves out. All in planar metres; boxes are x0, y0, x1, y1.
 */
#include "base/civil.h"
#include "base/memory.h"
#include "engine/cases.h"
#include "engine/ledger.h"
#include "engine/units.h"

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

static hg_polygon_mm rings_of(const double (*boxes)[4], size_t n)
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

static hg_polygon_mm box(double x0, double y0, double x1, double y1)
{
    const double b[1][4] = {{x0, y0, x1, y1}};
    return rings_of(b, 1);
}

static world *new_world(const char *const *dates, size_t n, double tolerance_m)
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

static void free_outlines(hg_polygon_mm *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hg_polygon_mm_dispose(&p[i]);
}

static void free_world(world *w)
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

static void zone(world *w, const char *id, double priority, hg_polygon_mm outline)
{
    w->zones[w->in.zone_count] = (hg_land_zone){id, HG_ZONE_STATE_LAND, priority, HG_NO_TIME, HG_NO_TIME};
    w->zone_outlines[w->in.zone_count++] = outline;
}

static int64_t day(const char *text)
{
    hg_moment m;
    if (!text)
        return HG_NO_TIME;
    assert_true(hg_moment_parse(text, strlen(text), HG_ORDER_UNKNOWN, &m));
    return m.civil;
}

static void permit(world *w, const char *id, const char *holder, const char *signed_on, const char *to,
                   hg_polygon_mm outline)
{
    w->permits[w->in.permit_count] = (hg_land_permit){
        .id = id, .holder = holder, .signed_on = day(signed_on), .valid_from = HG_NO_TIME, .valid_to = day(to)};
    w->permit_outlines[w->in.permit_count++] = outline;
}

static hg_land_patch *patch(world *w, uint32_t epoch, const char *id, uint32_t class_id,
                            hg_polygon_mm outline)
{
    hg_land_patch *p = &w->patches[w->in.patch_count];
    *p = (hg_land_patch){.id = id, .epoch = epoch, .class_id = class_id, .rmse_m = NAN};
    w->patch_outlines[w->in.patch_count++] = outline;
    return p;
}

static void action(world *w, const char *id, hg_action_kind kind, const char *date, double claimed)
{
    w->actions[w->in.action_count++] = (hg_land_action){id, kind, day(date), claimed};
}

static void run(world *w)
{
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 2};
    hg_error err = {HG_OK, ""};
    hg_status status = hg_audit_run(&w->in, &control, &w->result, &err);
    if (status != HG_OK)
        fail_msg("%s", err.message);
    assert_int_equal(hg_claims_make(&w->in, &w->result, &w->claims, &w->unexplained, &err), HG_OK);
    assert_int_equal(hg_ledger_make(&w->in, &w->result, NULL, 0, w->unexplained, &w->ledger, &err), HG_OK);
}

static const hg_ledger_row *total(const world *w, uint32_t epoch)
{
    for (size_t k = 0; k < w->ledger.count; k++) {
        const hg_ledger_row *r = &w->ledger.rows[k];
        if (r->epoch == epoch && r->zone == HG_AUDIT_NONE && r->class_id == HG_AUDIT_NONE)
            return r;
    }
    fail_msg("no total for epoch %u", epoch);
    return NULL;
}

static void check(const char *what, hg_exact obtained, double expected_m2)
{
    if (hg_exact_m2(obtained) != expected_m2)
        fail_msg("%s: expected %.9f m2, obtained %.9f", what, expected_m2, hg_exact_m2(obtained));
}

/* Encroached area of a patch, by the id of its lineage, at an epoch, over all zones. */
static double outstanding(const world *w, const char *id, uint32_t epoch)
{
    hg_exact sum = 0;
    for (size_t k = 0; k < w->result.piece_count; k++) {
        const hg_audit_piece *p = &w->result.pieces[k];
        if (p->epoch == epoch && strcmp(w->result.lineages[p->lineage].id, id) == 0)
            sum += p->area;
    }
    return hg_exact_m2(sum);
}

static void check_outstanding(const world *w, const char *id, uint32_t epoch, double expected_m2)
{
    double obtained = outstanding(w, id, epoch);
    if (obtained != expected_m2)
        fail_msg("%s at epoch %u: expected %.6f m2, obtained %.6f", id, epoch + 1, expected_m2, obtained);
}

/* ------------------------------------------------- the worked example ---------------------- */

static void add_example_patches(world *w, uint32_t epoch)
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

static world *example(void)
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

static void test_example(void **state)
{
    (void)state;
    world *w = example();
    run(w);
    const hg_ledger_row *r = total(w, E2);
    check("opening", r->opening, 4100);
    check("occupied", r->occupied, 400);
    check("cleared", r->cleared, 300);
    check("regularised", r->regularised, 400);
    check("within error", r->within_error, 16 + 16 + 32);
    check("unexplained", r->unexplained, 400); /* the contract for K2 stands in no action */
    check("closing", r->closing, 3800);
    check("verified", w->claims[0].verified, 300);
    check("unverified", w->claims[0].unverified, 50);
    const struct {
        const char *id;
        double m2;
    } e2[] = {{"P1", 2000}, {"P2", 200}, {"P3", 600}, {"P4", 200}, {"P5", 400}, {"P6", 400}, {"P7", 0}};
    for (size_t k = 0; k < 7; k++)
        check_outstanding(w, e2[k].id, E2, e2[k].m2);
    r = total(w, E3);
    check("opening", r->opening, 3800);
    check("lapsed", r->lapsed, 600);
    check("cleared", r->cleared, 400);
    check("unexplained", r->unexplained, 400);
    check("closing", r->closing, 4000);
    free_world(w);
}

/* ------------------------------------------------- rules one by one ----------------------- */

static const char *const two[] = {"2019-03-01", "2019-10-31"};
static const char *const three[] = {"2019-03-01", "2019-10-31", "2020-10-31"};

/* Land in two zones is booked in one: the lower priority number first, then the lower id. */
static void test_zones_overlap(void **state)
{
    (void)state;
    world *w = new_world(two, 1, 1);
    zone(w, "A", NAN, box(0, 0, 100, 100));
    zone(w, "B", 2, box(50, 0, 150, 100));
    zone(w, "C", 1, box(90, 0, 110, 100));
    zone(w, "D", 2, box(120, 0, 200, 100));
    patch(w, E1, "P", POND, box(0, 0, 200, 10));
    run(w);
    const struct {
        const char *zone;
        double m2;
    } expected[] = {{"C", 200}, {"B", 800}, {"D", 500}, {"A", 500}};
    assert_int_equal(w->result.piece_count, 4);
    for (size_t k = 0; k < 4; k++) {
        const hg_audit_piece *p = &w->result.pieces[k];
        assert_string_equal(w->zones[w->result.zone_order[p->zone]].id, expected[k].zone);
        check(expected[k].zone, p->area, expected[k].m2);
    }
    check("closing", total(w, E1)->closing, 2000);
    check("occupied", total(w, E1)->occupied, 2000); /* one flight: found by it */
    free_world(w);
}

static void test_permits(void **state)
{
    (void)state;
    static const uint32_t ponds[] = {POND};
    world *w = new_world(two, 1, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    permit(w, "any", NULL, NULL, NULL, box(0, 0, 10, 10));
    permit(w, "named", "Li", NULL, NULL, box(100, 0, 110, 10));
    permit(w, "late", NULL, "2019-03-02", NULL, box(200, 0, 210, 10));
    permit(w, "ends", NULL, NULL, "2019-03-01", box(300, 0, 310, 10));
    permit(w, "class", NULL, NULL, NULL, box(400, 0, 410, 10));
    w->permits[4].classes = ponds;
    w->permits[4].class_count = 1;
    patch(w, E1, "any", POND, box(0, 0, 10, 20));
    patch(w, E1, "holder", POND, box(100, 0, 105, 10))->occupant = "Li";
    patch(w, E1, "stranger", POND, box(106, 0, 110, 10))->occupant = "Wu";
    patch(w, E1, "unknown", POND, box(105.5, 2, 105.9, 4));
    patch(w, E1, "late", POND, box(200, 0, 210, 10));
    patch(w, E1, "ends", POND, box(300, 0, 310, 10));
    patch(w, E1, "other_class", STRUCTURE, box(400, 0, 410, 10));
    run(w);
    check_outstanding(w, "any", E1, 100);
    check_outstanding(w, "holder", E1, 0);
    check_outstanding(w, "stranger", E1, 40);
    check_outstanding(w, "unknown", E1, 0.8);
    check_outstanding(w, "late", E1, 100);
    check_outstanding(w, "ends", E1, 100); /* valid_to is the first day without */
    check_outstanding(w, "other_class", E1, 100);
    for (size_t k = 0; k < w->result.piece_count; k++) {
        const hg_audit_piece *p = &w->result.pieces[k];
        bool unknown = strcmp(w->result.lineages[p->lineage].id, "unknown") == 0;
        check("pending", p->pending, unknown ? 0.8 : 0);
    }
    free_world(w);
}

/* A pond of 50 x 20 becomes two of 20 x 20 and 25 x 20 beside a path of 5; next year one covers both again. */
static void test_split_and_merge(void **state)
{
    (void)state;
    world *w = new_world(three, 3, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20));
    patch(w, E2, "b", POND, box(0, 0, 20, 20));
    patch(w, E2, "c", POND, box(25, 0, 50, 20));
    patch(w, E3, "d", POND, box(0, 0, 50, 20));
    run(w);
    assert_int_equal(w->result.lineage_count, 2);
    assert_string_equal(w->result.lineages[0].id, "a"); /* the larger part keeps the id */
    assert_string_equal(w->result.lineages[1].id, "b");
    assert_int_equal(w->result.lineages[1].parent, 0);
    assert_int_equal(w->result.lineages[1].merged_into, 0);
    check_outstanding(w, "a", E2, 500);
    check_outstanding(w, "b", E2, 400);
    check_outstanding(w, "a", E3, 1000);
    check("cleared", total(w, E2)->cleared, 100);
    check("occupied", total(w, E3)->occupied, 100);
    check("relapsed", total(w, E3)->relapsed, 100);
    free_world(w);
}

/* Creep of 0.4 m a flight is kept until it exceeds the tolerance as a whole. */
static void test_creep_adds_up(void **state)
{
    (void)state;
    world *w = new_world(three, 3, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20));
    patch(w, E2, "a", POND, box(0, 0, 50.6, 20));
    patch(w, E3, "a", POND, box(0, 0, 51.2, 20));
    run(w);
    check_outstanding(w, "a", E2, 1000);
    check("within error", total(w, E2)->within_error, 12);
    check_outstanding(w, "a", E3, 1024);
    check("occupied", total(w, E3)->occupied, 24);
    free_world(w);
}

/* The tolerance from the outlines' own errors: 1.7308 sqrt(0.3^2 + 0.4^2) = 0.8654. */
static void test_tolerance_of_rmse(void **state)
{
    (void)state;
    world *w = new_world(two, 2, NAN);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20))->rmse_m = 0.3;
    patch(w, E2, "a", POND, box(0, 0, 50.86, 20))->rmse_m = 0.4;
    patch(w, E1, "b", POND, box(0, 100, 50, 120));
    patch(w, E2, "b", POND, box(0, 100, 50.87, 120)); /* the epoch's errors hold for it too */
    run(w);
    check_outstanding(w, "a", E2, 1000);
    check_outstanding(w, "b", E2, 1017.4);
    free_world(w);
}

static void test_verdicts(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "sure", POND, box(0, 0, 50, 20));
    patch(w, E2, "sure", POND, box(0.4, 0, 50.4, 20))->verdict = HG_VERDICT_CONFIRMED;
    patch(w, E1, "wrong", POND, box(100, 0, 150, 20));
    patch(w, E2, "wrong", POND, box(100, 0, 150, 20))->verdict = HG_VERDICT_REJECTED;
    patch(w, E2, "never", POND, box(200, 0, 250, 20))->verdict = HG_VERDICT_REJECTED;
    patch(w, E2, "open", POND, box(300, 0, 350, 20))->verdict = HG_VERDICT_PENDING;
    run(w);
    check_outstanding(w, "sure", E2, 1000);
    check("sure gained and open", total(w, E2)->occupied, 8 + 1000);
    check("sure lost and wrong", total(w, E2)->cleared, 8 + 1000);
    check_outstanding(w, "wrong", E2, 0);
    check_outstanding(w, "never", E2, 0);
    check_outstanding(w, "open", E2, 1000);
    check("pending", w->result.balances[E2].pending_verdict, 1000);
    check("rejected", w->result.balances[E2].rejected, 2000);
    free_world(w);
}

/* A structure on what was a pond moves land from class to class; a strip below the tolerance does not move. */
static void test_classes_transfer(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "p", POND, box(0, 0, 50, 20));
    patch(w, E2, "p", POND, box(0, 0, 30, 20));
    patch(w, E2, "s", STRUCTURE, box(30, 0, 50, 20));
    patch(w, E1, "q", POND, box(100, 0, 150, 20));
    patch(w, E1, "r", STRUCTURE, box(150, 0, 200, 20));
    patch(w, E2, "q", POND, box(100, 0, 150.5, 20));
    patch(w, E2, "r", STRUCTURE, box(150.5, 0, 200, 20));
    run(w);
    hg_exact ponds = 0, structures = 0, sum = 0;
    for (size_t k = 0; k < w->ledger.count; k++) {
        const hg_ledger_row *r = &w->ledger.rows[k];
        if (r->zone != HG_AUDIT_NONE || r->class_id == HG_AUDIT_NONE)
            continue;
        sum += r->transferred;
        ponds += r->class_id == POND ? r->closing : 0;
        structures += r->class_id == STRUCTURE ? r->closing : 0;
    }
    check("ponds", ponds, 600 + 1000);
    check("structures", structures, 400 + 1000);
    check("transfers", sum, 0);
    check("occupied", total(w, E2)->occupied, 0);
    check("cleared", total(w, E2)->cleared, 0);
    free_world(w);
}

static void test_raft_cleared_by_action(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "gone", RAFT, box(0, 0, 20, 20));
    patch(w, E1, "maybe", RAFT, box(100, 0, 120, 20));
    patch(w, E1, "contract", RAFT, box(200, 0, 220, 20));
    action(w, "gone", HG_ACT_VOLUNTARY, "2019-09-01", 400);
    action(w, "contract", HG_ACT_CONTRACT, "2019-09-01", 400); /* clears nothing */
    run(w);
    check_outstanding(w, "gone", E2, 0);
    check_outstanding(w, "maybe", E2, 400);
    check_outstanding(w, "contract", E2, 400);
    check("cleared", total(w, E2)->cleared, 400);
    check("carried", w->result.balances[E2].carried, 800);
    free_world(w);
}

/* Two absences out of season prove nothing; the winter's raft is gone when the next winter does not show it. */
static void test_raft_seasons(void **state)
{
    (void)state;
    static const char *const dates[] = {"2019-01-10", "2019-06-10", "2019-09-10", "2020-02-20"};
    world *w = new_world(dates, 4, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "r", RAFT, box(0, 0, 20, 20));
    run(w);
    check_outstanding(w, "r", 2, 400);
    check_outstanding(w, "r", 3, 0); /* 41 days from 10 January */
    free_world(w);
}

static void test_rent(void **state)
{
    (void)state;
    for (int counts = 0; counts < 2; counts++) {
        world *w = new_world(two, 2, 1);
        zone(w, "Z", NAN, box(0, 0, 1000, 1000));
        patch(w, E1, "a", POND, box(0, 0, 50, 20));
        patch(w, E2, "a", POND, box(0, 0, 50, 20));
        action(w, "a", HG_ACT_RENT, "2019-05-01", 1000);
        w->in.rent_recovers = counts;
        run(w);
        check("regularised", total(w, E2)->regularised, counts ? 1000 : 0);
        check("verified", w->claims[0].verified, counts ? 1000 : 0);
        free_world(w);
    }
}

/* Two actions cannot be verified by the same land, and none by land of another patch. */
static void test_claims(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20));
    patch(w, E1, "b", POND, box(100, 0, 150, 20));
    action(w, "a", HG_ACT_DEMOLITION, "2019-06-01", 700);
    action(w, "a", HG_ACT_VOLUNTARY, "2019-05-01", 600);
    action(w, "nobody", HG_ACT_VOLUNTARY, "2019-05-01", 50);
    action(w, "b", HG_ACT_LITIGATION, "2019-01-01", NAN);
    run(w);
    const struct {
        uint32_t action;
        double verified, unverified;
    } expected[] = {{3, 1000, 0}, {1, 600, 0}, {2, 0, 50}, {0, 400, 300}};
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(w->claims[k].action, expected[k].action);
        check("verified", w->claims[k].verified, expected[k].verified);
        check("unverified", w->claims[k].unverified, expected[k].unverified);
    }
    assert_true(w->claims[0].before_found);
    assert_true(w->claims[2].unknown_patch);
    check("unexplained", total(w, E2)->unexplained, 0);
    free_world(w);
}

/* The report's figure stands; what the surveys found besides is restated, in the open. */
static void test_opening(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20));
    patch(w, E2, "a", POND, box(0, 0, 50, 30));
    run(w);
    hg_opening openings[] = {{0, POND, 700, day("2018-12-31")},
                             {0, POND, 900, day("2019-03-10")},
                             {0, POND, 1400, day("2019-12-01")}};
    size_t n = hg_openings_last(openings, 3, w->epochs[1]);
    assert_int_equal(n, 1);
    hg_ledger ledger;
    assert_int_equal(hg_ledger_make(&w->in, &w->result, openings, n, w->unexplained, &ledger, NULL), HG_OK);
    const hg_ledger_row *r = &ledger.rows[ledger.count - 1];
    check("opening", r->opening, 900);
    check("restated", r->restated, 100);
    check("occupied", r->occupied, 500);
    check("closing", r->closing, 1500);
    hg_ledger_dispose(&ledger);
    free_world(w);
}

static void test_overlapping_patches(void **state)
{
    (void)state;
    world *w = new_world(two, 1, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20));
    patch(w, E1, "b", POND, box(40, 0, 90, 20));
    patch(w, E1, "b", POND, box(40, 0, 90, 20)); /* the same row twice */
    run(w);
    check("closing", total(w, E1)->closing, 1800);
    check("surveyed", w->result.balances[E1].surveyed, 3000);
    check("repeated", w->result.balances[E1].repeated, 1200);
    check_outstanding(w, "a", E1, 1000);
    check_outstanding(w, "b", E1, 800);
    check_outstanding(w, "b@2019-03-01", E1, 0);
    assert_int_equal(w->result.overlap_count, 3);
    free_world(w);
}

static void test_round_together(void **state)
{
    (void)state;
    const double values[] = {1.004, 2.004, 3.004, -0.5};
    double out[4];
    assert_int_equal(hg_round_together(values, 4, 2, out, NULL), HG_OK);
    assert_true(fabs(out[0] + out[1] + out[2] + out[3] - 5.51) < 1e-12);
    assert_true(out[0] == 1.01 && out[1] == 2 && out[2] == 3 && out[3] == -0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example),         cmocka_unit_test(test_zones_overlap),
        cmocka_unit_test(test_permits),         cmocka_unit_test(test_split_and_merge),
        cmocka_unit_test(test_creep_adds_up),   cmocka_unit_test(test_tolerance_of_rmse),
        cmocka_unit_test(test_verdicts),        cmocka_unit_test(test_classes_transfer),
        cmocka_unit_test(test_raft_cleared_by_action), cmocka_unit_test(test_raft_seasons),
        cmocka_unit_test(test_rent),            cmocka_unit_test(test_claims),
        cmocka_unit_test(test_opening),         cmocka_unit_test(test_overlapping_patches),
        cmocka_unit_test(test_round_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
