/*
 * The audit's algebra on outlines small enough to reckon by hand: the worked example of docs/methods/audit.md in
 * full, and one case a rule for what it leaves out. All in planar metres; boxes are x0, y0, x1, y1.
 */
#include "tests/audit_world.h"
#include "tests/support/sweep.h"

#include <stdio.h>

/* ------------------------------------------------- the worked example ---------------------- */

static void test_example(void **state)
{
    (void)state;
    world *w = example();
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
        run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
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
    run_audit(w);
    check("closing", total(w, E1)->closing, 1800);
    check("surveyed", w->result.balances[E1].surveyed, 3000);
    check("repeated", w->result.balances[E1].repeated, 1200);
    check_outstanding(w, "a", E1, 1000);
    check_outstanding(w, "b", E1, 800);
    check_outstanding(w, "b@2019-03-01", E1, 0);
    assert_int_equal(w->result.overlap_count, 3);
    free_world(w);
}

/* Land before a zone is in force is in none, and so it is from the day on which that ends. */
static void test_zones_with_dates(void **state)
{
    (void)state;
    world *w = new_world(three, 3, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    w->zones[0].valid_from = day("2019-03-02");
    w->zones[0].valid_to = day("2020-10-31");
    for (uint32_t t = E1; t <= E3; t++)
        patch(w, t, "a", POND, box(0, 0, 50, 20));
    run_audit(w);
    check_outstanding(w, "a", E1, 0);
    check_outstanding(w, "a", E2, 1000);
    check_outstanding(w, "a", E3, 0);
    check("zone_in", total(w, E2)->zone_in, 1000);
    check("zone_out", total(w, E3)->zone_out, 1000);
    check("recovered", total(w, E3)->cleared + total(w, E3)->regularised, 0);
    check("outside", w->result.balances[E1].outside, 1000);
    free_world(w);
}

/* 0.5 m of water at a bank of 1:3 is 1.5 m: with the metre of tolerance, strips up to 2.5 m wide are noise. */
static void test_water_level(void **state)
{
    (void)state;
    static const double levels[] = {1.0, 1.5}, unknown[] = {1.0, NAN};
    for (int k = 0; k < 3; k++) {
        world *w = new_world(two, 2, 1);
        zone(w, "Z", NAN, box(0, 0, 1000, 1000));
        w->zones[0].kind = k == 1 ? HG_ZONE_STATE_LAND : HG_ZONE_RIVER;
        w->in.water_level_m = k == 2 ? unknown : levels;
        w->in.bank_slope = 3;
        patch(w, E1, "a", POND, box(0, 0, 50, 20));
        patch(w, E2, "a", POND, box(0, 0, 52.4, 20));
        patch(w, E1, "b", POND, box(0, 100, 50, 120));
        patch(w, E2, "b", POND, box(0, 100, 52.6, 120));
        run_audit(w);
        check_outstanding(w, "a", E2, k == 0 ? 1000 : 1048);
        check_outstanding(w, "b", E2, 1052);
        free_world(w);
    }
}

/* A claim of more than any surface is a claim, and its sign stays. */
static void test_enormous_claim(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(0, 0, 1000, 1000));
    patch(w, E1, "a", POND, box(0, 0, 50, 20));
    action(w, "a", HG_ACT_DEMOLITION, "2019-05-01", 1e300);
    run_audit(w);
    check("verified", w->claims[0].verified, 1000);
    assert_true(w->claims[0].unverified > 0);
    assert_true(w->claims[0].verified + w->claims[0].unverified == w->claims[0].claimed);
    free_world(w);
}

/* Two rows of one id and outline, one of a permit's holder: their order says nothing. */
static void test_occupants_of_one_outline(void **state)
{
    (void)state;
    for (int turned = 0; turned < 2; turned++) {
        world *w = new_world(two, 1, 1);
        zone(w, "Z", NAN, box(0, 0, 1000, 1000));
        permit(w, "K", "Wu", NULL, NULL, box(0, 0, 50, 20));
        for (int k = 0; k < 2; k++)
            patch(w, E1, "a", POND, box(0, 0, 50, 20))->occupant = k == turned ? "Li" : "Wu";
        run_audit(w);
        check("closing", total(w, E1)->closing, 1000);
        free_world(w);
    }
}

/* ------------------------------------------------- memory and threads ---------------------- */

static hg_status run_once(void *context, hg_error *err)
{
    const world *w = context;
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 1};
    hg_audit_result result = {0};
    hg_claim *claims = NULL;
    hg_exact *unexplained = NULL;
    hg_ledger ledger = {0};
    hg_status status = hg_audit_run(&w->in, &control, &result, err);
    if (status == HG_OK)
        status = hg_claims_make(&w->in, &result, &claims, &unexplained, err);
    if (status == HG_OK)
        status = hg_ledger_make(&w->in, &result, NULL, 0, unexplained, &ledger, err);
    hg_audit_result_dispose(&result);
    hg_free(claims);
    hg_free(unexplained);
    hg_ledger_dispose(&ledger);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    static const double levels[] = {1, 1, 1};
    world *w = example();
    w->zones[0].kind = HG_ZONE_RIVER;
    w->in.water_level_m = levels; /* none of it changes a figure, but zones are asked for */
    sweep_allocations(run_once, w);
    free_world(w);
}

enum { SIDE = 36 };

/* Ponds of 10 x 10 at every 20 m, each a metre and a bit wider at the second flight, from which every seventh is gone. */
static void add_field(hg_land_patch *patches, hg_polygon_mm *outlines, size_t *n)
{
    static char ids[SIDE * SIDE][16];
    for (uint32_t t = E1; t <= E2; t++)
        for (int k = 0; k < SIDE * SIDE; k++) {
            double x = 20 * (k % SIDE), y = 20 * (k / SIDE);
            if (t == E2 && k % 7 == 0)
                continue;
            snprintf(ids[k], sizeof ids[k], "P%d", k);
            patches[*n] = (hg_land_patch){.id = ids[k], .epoch = t, .class_id = POND, .rmse_m = NAN};
            outlines[(*n)++] = box(x, y, x + (t == E1 ? 10 : 11.25), y + 10);
        }
}

/* Enough patches for several batches: whatever the threads do, the result is one. */
static void test_threads(void **state)
{
    (void)state;
    hg_land_patch *patches = hg_calloc(2 * SIDE * SIDE, sizeof *patches);
    hg_polygon_mm *outlines = hg_calloc(2 * SIDE * SIDE, sizeof *outlines);
    size_t n = 0;
    assert_non_null(patches);
    assert_non_null(outlines);
    add_field(patches, outlines, &n);
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(-100, -100, 1000, 1000));
    w->in.patches = patches;
    w->in.patch_outlines = outlines;
    w->in.patch_count = n;
    run_audit(w);
    const double gone = (SIDE * SIDE + 6) / 7, all = SIDE * SIDE;
    check("opening", total(w, E2)->opening, 100 * all);
    check("cleared", total(w, E2)->cleared, 100 * gone);
    check("occupied", total(w, E2)->occupied, 12.5 * (all - gone));
    hg_control control = {.saying = ATOMIC_FLAG_INIT, .threads = 4};
    hg_audit_result other = {0};
    hg_error err;
    assert_int_equal(hg_audit_run(&w->in, &control, &other, &err), HG_OK);
    assert_int_equal(other.flow_count, w->result.flow_count);
    for (size_t k = 0; k < other.flow_count; k++) {
        const hg_audit_flow *a = &other.flows[k], *b = &w->result.flows[k];
        assert_true(a->lineage == b->lineage && a->change == b->change && a->area == b->area);
        assert_string_equal(other.lineages[a->lineage].id, w->result.lineages[b->lineage].id);
    }
    hg_audit_result_dispose(&other);
    w->in.patch_count = 0; /* they are not the world's */
    free_world(w);
    free_outlines(outlines, n);
    hg_free(outlines);
    hg_free(patches);
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
        cmocka_unit_test(test_zones_with_dates), cmocka_unit_test(test_water_level),
        cmocka_unit_test(test_enormous_claim),  cmocka_unit_test(test_occupants_of_one_outline),
        cmocka_unit_test(test_memory),          cmocka_unit_test(test_threads),
        cmocka_unit_test(test_round_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
