/* What is made of an audit's result: cases, farmland sums, counted things, patrols; small enough to reckon by hand. */
#include "tests/audit_world.h"
#include "engine/cases.h"
#include "engine/units.h"

/* ------------------------------------------------- cases ------------------------------------ */

typedef struct docket {
    hg_case *cases;
    size_t count;
} docket;

static docket open_docket(world *w, const hg_action_terms *terms, const char *as_of)
{
    static const hg_action_terms none[MOST] = {{HG_NO_TIME, false}, {HG_NO_TIME, false}, {HG_NO_TIME, false},
                                               {HG_NO_TIME, false}};
    docket d = {0};
    hg_error err = {HG_OK, ""};
    run_audit(w);
    assert_int_equal(hg_cases_make(&w->in, &w->result, w->claims, terms ? terms : none, day(as_of), &d.cases,
                                   &d.count, &err),
                     HG_OK);
    return d;
}

static const hg_case *case_of(const world *w, const docket *d, const char *id)
{
    for (size_t k = 0; k < d->count; k++)
        if (strcmp(w->result.lineages[d->cases[k].lineage].id, id) == 0)
            return &d->cases[k];
    return NULL;
}

static void check_state(const world *w, const docket *d, const char *id, hg_case_state expected)
{
    const hg_case *c = case_of(w, d, id);
    if (!c)
        fail_msg("%s has no case", id);
    if (c->state != expected)
        fail_msg("%s: expected %s, obtained %s", id, hg_case_state_name(expected), hg_case_state_name(c->state));
}

/* A pond of 10 x 10 in the row of its number, from the first flight on or at one only. */
static void pond(world *w, uint32_t epoch, const char *id, int row, double width, hg_verdict verdict)
{
    patch(w, epoch, id, POND, box(0, 20 * row, width, 20 * row + 10))->verdict = verdict;
}

static void test_reviews(void **state)
{
    (void)state;
    static const char *const ids[] = {"found", "undecided", "refuted", "confirmed"};
    static const hg_verdict verdicts[] = {HG_VERDICT_NONE, HG_VERDICT_PENDING, HG_VERDICT_REJECTED,
                                          HG_VERDICT_CONFIRMED};
    static const hg_case_state states[] = {HG_CASE_FOUND, HG_CASE_UNDECIDED, HG_CASE_NOT_CONFIRMED,
                                           HG_CASE_CONFIRMED};
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(-10, -10, 100, 500));
    for (int k = 0; k < 4; k++)
        for (uint32_t t = E1; t <= E2; t++)
            pond(w, t, ids[k], k, 10, t == E1 ? HG_VERDICT_NONE : verdicts[k]);
    pond(w, E1, "elsewhere", 100, 10, HG_VERDICT_NONE);
    docket d = open_docket(w, NULL, "2019-10-31");
    for (int k = 0; k < 4; k++)
        check_state(w, &d, ids[k], states[k]);
    assert_null(case_of(w, &d, "elsewhere")); /* never in a zone */
    assert_int_equal(case_of(w, &d, "found")->found_on, day("2019-03-01"));
    assert_int_equal(case_of(w, &d, "refuted")->closed_on, HG_NO_TIME);
    hg_free(d.cases);
    free_world(w);
}

/* 1,000 m2 less 300 are left of "short", whose action claimed 500; of the others all or nothing. */
static void test_actions(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "Z", NAN, box(-10, -10, 200, 500));
    static const char *const ids[] = {"rent", "short", "gone", "proved", "after"};
    for (int k = 0; k < 5; k++)
        pond(w, E1, ids[k], k, 100, HG_VERDICT_NONE);
    for (int k = 0; k < 5; k++)
        if (k != 2)
            pond(w, E2, ids[k], k, k == 1 ? 70 : 100, HG_VERDICT_NONE);
    action(w, "rent", HG_ACT_RENT, "2019-05-01", NAN);
    action(w, "short", HG_ACT_DEMOLITION, "2019-05-01", 500);
    action(w, "gone", HG_ACT_DEMOLITION, "2019-05-01", 1000);
    action(w, "proved", HG_ACT_CONTRACT, "2019-11-05", 1000);
    action(w, "after", HG_ACT_VOLUNTARY, "2019-11-05", 1000);
    const hg_action_terms terms[] = {{day("2019-06-01"), false},
                                     {day("2019-12-01"), false},
                                     {day("2019-04-01"), false},
                                     {HG_NO_TIME, true},
                                     {day("2019-11-10"), false}};
    docket d = open_docket(w, terms, "2019-11-11");
    check_state(w, &d, "rent", HG_CASE_RECTIFYING);
    check_state(w, &d, "short", HG_CASE_RETURNED);
    check_state(w, &d, "gone", HG_CASE_CLOSED);
    check_state(w, &d, "proved", HG_CASE_CLOSED);
    check_state(w, &d, "after", HG_CASE_AWAITING);
    assert_int_equal(case_of(w, &d, "gone")->closed_on, day("2019-10-31"));
    assert_int_equal(case_of(w, &d, "proved")->closed_on, day("2019-11-05"));
    assert_int_equal(case_of(w, &d, "rent")->overdue_days, 163); /* 1 June to 11 November */
    assert_int_equal(case_of(w, &d, "short")->overdue_days, 0);
    assert_int_equal(case_of(w, &d, "gone")->overdue_days, 0); /* closed */
    assert_int_equal(case_of(w, &d, "after")->overdue_days, 1);
    check("left of short", case_of(w, &d, "short")->outstanding, 700);
    check("short at its largest", case_of(w, &d, "short")->largest, 1000);
    hg_free(d.cases);
    free_world(w);
}

/* Half of the pond is filled in and dug again. */
static void test_relapse(void **state)
{
    (void)state;
    world *w = new_world(three, 3, 1);
    zone(w, "Z", NAN, box(-10, -10, 200, 500));
    for (uint32_t t = E1; t <= E3; t++)
        pond(w, t, "a", 0, t == E2 ? 50 : 100, HG_VERDICT_NONE);
    docket d = open_docket(w, NULL, "2020-10-31");
    check_state(w, &d, "a", HG_CASE_RELAPSED);
    hg_free(d.cases);
    free_world(w);
}

/* The smaller of two ponds that become one is not struck off while the land is still under water. */
static void test_merged_case(void **state)
{
    (void)state;
    for (int gone = 0; gone < 2; gone++) {
        world *w = new_world(three, 3, 1);
        zone(w, "Z", NAN, box(-10, -10, 200, 500));
        patch(w, E1, "a", POND, box(0, 0, 50, 10));
        patch(w, E1, "b", POND, box(60, 0, 90, 10));
        patch(w, E2, "c", POND, box(0, 0, 90, 10));
        if (!gone)
            patch(w, E3, "c", POND, box(0, 0, 90, 10));
        docket d = open_docket(w, NULL, "2020-10-31");
        assert_int_equal(d.count, 2);
        check_state(w, &d, "b", gone ? HG_CASE_CLOSED : HG_CASE_FOUND);
        assert_int_equal(case_of(w, &d, "b")->closed_on, gone ? day("2020-10-31") : HG_NO_TIME);
        check("left of b", case_of(w, &d, "b")->outstanding, 0); /* all of it is a's */
        check("left of a", case_of(w, &d, "a")->outstanding, gone ? 0 : 900);
        hg_free(d.cases);
        free_world(w);
    }
}

/* Two actions of one day, kind and claim: whichever stands first, the proof and the later deadline count. */
static void test_actions_of_one_day(void **state)
{
    (void)state;
    const hg_action_terms terms[] = {{day("2019-12-01"), true}, {day("2019-11-20"), false}};
    for (int turned = 0; turned < 2; turned++) {
        world *w = new_world(two, 1, 1);
        zone(w, "Z", NAN, box(-10, -10, 200, 500));
        pond(w, E1, "a", 0, 100, HG_VERDICT_NONE);
        action(w, "a", HG_ACT_CONTRACT, "2019-11-05", 1000);
        action(w, "a", HG_ACT_CONTRACT, "2019-11-05", 1000);
        const hg_action_terms other[] = {terms[turned], terms[!turned]};
        docket d = open_docket(w, other, "2019-11-25");
        check_state(w, &d, "a", HG_CASE_CLOSED);
        assert_int_equal(case_of(w, &d, "a")->deadline, day("2019-12-01"));
        hg_free(d.cases);
        free_world(w);
    }
}

/* ------------------------------------------------- farmland --------------------------------- */

/* 5 mu = 3,333.33 m2 of basic farmland, 10 mu = 6,666.67 m2 in all. */
static void test_farmland(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "basic", NAN, box(0, 0, 100, 1000));
    zone(w, "field", NAN, box(100, 0, 200, 1000));
    zone(w, "river", NAN, box(200, 0, 300, 1000));
    w->zones[0].kind = HG_ZONE_BASIC_FARMLAND;
    w->zones[1].kind = HG_ZONE_FARMLAND;
    w->zones[2].kind = HG_ZONE_RIVER;
    patch(w, E2, "a", POND, box(0, 0, 100, 20))->occupant = "Li";    /* 2,000 basic */
    patch(w, E2, "b", POND, box(0, 50, 100, 64))->occupant = "Li";   /* 1,400 basic */
    patch(w, E2, "c", POND, box(100, 100, 200, 166))->occupant = "Wu"; /* 6,600 other */
    patch(w, E2, "d", POND, box(50, 200, 250, 230))->occupant = "He"; /* 1,500 basic, 3,000 other, river */
    patch(w, E2, "e", POND, box(0, 300, 100, 320));                  /* unknown: each alone */
    patch(w, E2, "f", POND, box(0, 350, 100, 370));
    patch(w, E1, "old", POND, box(0, 500, 100, 600))->occupant = "Li"; /* gone by the last flight */
    run_audit(w);
    hg_farmland_sum *sums = NULL;
    uint32_t *key_of = NULL;
    size_t n = 0;
    assert_int_equal(hg_farmland_sums(&w->in, &w->result, 10000.0 / 3, 20000.0 / 3, &sums, &n, &key_of, NULL), HG_OK);
    const struct {
        double basic, other;
        uint64_t patches;
        bool basic_reached, other_reached;
    } expected[] = {{0, 6600, 1, false, false},
                    {1500, 3000, 1, false, false},
                    {3400, 0, 2, true, false},
                    {2000, 0, 1, false, false},
                    {2000, 0, 1, false, false}};
    assert_int_equal(n, 5);
    for (size_t k = 0; k < n; k++) {
        assert_int_equal(sums[k].key, k + 1);
        check("basic", sums[k].basic, expected[k].basic);
        check("other", sums[k].other, expected[k].other);
        assert_int_equal(sums[k].patches, expected[k].patches);
        assert_int_equal(sums[k].basic_reached, expected[k].basic_reached);
        assert_int_equal(sums[k].other_reached, expected[k].other_reached);
    }
    for (size_t l = 0; l < w->result.lineage_count; l++) {
        bool old = strcmp(w->result.lineages[l].id, "old") == 0;
        assert_int_equal(key_of[l] == HG_AUDIT_NONE, old);
    }
    hg_free(sums);
    hg_free(key_of);
    free_world(w);
}

/* ------------------------------------------------- counted things --------------------------- */

typedef struct tally {
    uint32_t epoch;
    const char *zone, *unit;
    double opening, occupied, recovered, transferred, closing;
} tally;

static void check_tallies(world *w, const hg_asset *assets, size_t n, const double *count, const double *tonnes,
                          const tally *expected, size_t rows)
{
    hg_units_row *made = NULL;
    size_t got = 0;
    run_audit(w);
    assert_int_equal(hg_units_make(&w->in, &w->result, assets, n, count, tonnes, &made, &got, NULL), HG_OK);
    assert_int_equal(got, rows);
    for (size_t k = 0; k < got; k++) {
        const hg_units_row *r = &made[k];
        const char *zone_id = r->zone == HG_AUDIT_NONE ? "*" : w->zones[w->result.zone_order[r->zone]].id;
        assert_int_equal(r->epoch, expected[k].epoch);
        assert_string_equal(zone_id, expected[k].zone);
        assert_string_equal(r->unit, expected[k].unit);
        const double figures[] = {r->opening, r->occupied, r->recovered, r->transferred, r->closing};
        const double wanted[] = {expected[k].opening, expected[k].occupied, expected[k].recovered,
                                 expected[k].transferred, expected[k].closing};
        for (int i = 0; i < 5; i++)
            if (fabs(figures[i] - wanted[i]) > 1e-12)
                fail_msg("row %zu, figure %d: expected %g, obtained %g", k + 1, i + 1, wanted[i], figures[i]);
    }
    hg_free(made);
}

static void test_rooms(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "A", NAN, box(0, 0, 100, 100));
    zone(w, "B", NAN, box(200, 0, 300, 100));
    const hg_asset assets[] = {{0, 12, HG_NO_TIME, HG_NO_TIME},
                               {0, 5, day("2018-01-01"), day("2019-10-31")}, /* recovered on the day of the flight */
                               {0, 2, day("2019-04-01"), HG_NO_TIME},
                               {1, 3, HG_NO_TIME, day("2019-11-01")},
                               {HG_AUDIT_NONE, 7, day("2019-03-01"), day("2019-05-01")},
                               {1, 100, day("2019-03-02"), day("2019-10-30")}}; /* between two flights */
    const tally expected[] = {{1, "A", "间", 17, 2, 5, 0, 14}, {1, "B", "间", 3, 0, 0, 0, 3}, {1, "*", "间", 27, 2, 12, 0, 17}};
    check_tallies(w, assets, 6, NULL, NULL, expected, 3);
    free_world(w);
}

/* Of five sets in A two are taken away; one without a count is new in B. */
static void test_rafts_counted(void **state)
{
    (void)state;
    world *w = new_world(three, 3, 1);
    zone(w, "A", NAN, box(0, 0, 100, 100));
    zone(w, "B", NAN, box(200, 0, 300, 100));
    for (uint32_t t = E1; t <= E3; t++)
        patch(w, t, "a", RAFT, box(0, 0, 20, 20));
    patch(w, E2, "b", RAFT, box(200, 0, 220, 20));
    patch(w, E3, "b", RAFT, box(200, 0, 220, 20));
    const double count[] = {5, 3, NAN, NAN, NAN}, tonnes[] = {0.3, 0.1, 0.2, NAN, NAN};
    const tally expected[] = {
        {1, "A", "组", 5, 0, 2, 0, 3},     {1, "A", "t", 0.3, 0, 0.2, 0, 0.1}, {1, "B", "组", 0, 1, 0, 0, 1},
        {1, "*", "组", 5, 1, 2, 0, 4},     {1, "*", "t", 0.3, 0, 0.2, 0, 0.1}, {2, "A", "组", 3, 0, 0, 0, 3},
        {2, "A", "t", 0.1, 0.1, 0, 0, 0.2}, {2, "B", "组", 1, 0, 0, 0, 1},      {2, "*", "组", 4, 0, 0, 0, 4},
        {2, "*", "t", 0.1, 0.1, 0, 0, 0.2}};
    check_tallies(w, NULL, 0, count, tonnes, expected, 10);
    free_world(w);
}

/* A raft that drifts over the border is neither recovered here nor occupied there. */
static void test_rafts_move(void **state)
{
    (void)state;
    world *w = new_world(two, 2, 1);
    zone(w, "A", NAN, box(0, 0, 100, 100));
    zone(w, "B", NAN, box(100, 0, 200, 100));
    patch(w, E1, "a", RAFT, box(85, 0, 105, 20));
    patch(w, E2, "a", RAFT, box(95, 0, 115, 20));
    const double count[] = {4, 6}, tonnes[] = {NAN, NAN};
    const tally expected[] = {
        {1, "A", "组", 4, 0, 0, -4, 0}, {1, "B", "组", 0, 2, 0, 4, 6}, {1, "*", "组", 4, 2, 0, 0, 6}};
    check_tallies(w, NULL, 0, count, tonnes, expected, 3);
    free_world(w);
}

/* Six sets drawn as one outline, then as two of three; then as one of five again. */
static void test_rafts_split_and_merge(void **state)
{
    (void)state;
    world *w = new_world(three, 3, 1);
    zone(w, "A", NAN, box(0, 0, 100, 100));
    patch(w, E1, "a", RAFT, box(0, 0, 50, 20));
    patch(w, E2, "b", RAFT, box(0, 0, 20, 20));
    patch(w, E2, "c", RAFT, box(25, 0, 50, 20));
    patch(w, E3, "d", RAFT, box(0, 0, 50, 20));
    const double count[] = {6, 3, 3, 5}, tonnes[] = {NAN, NAN, NAN, NAN};
    const tally expected[] = {{1, "A", "组", 6, 0, 0, 0, 6},
                              {1, "*", "组", 6, 0, 0, 0, 6},
                              {2, "A", "组", 6, 0, 1, 0, 5},
                              {2, "*", "组", 6, 0, 1, 0, 5}};
    check_tallies(w, NULL, 0, count, tonnes, expected, 4);
    free_world(w);
}

/* ------------------------------------------------- patrols ---------------------------------- */

/* Thirty days from 1 March on: three of ten for the town, five of seven (the last cut) for the village. */
static void test_patrols(void **state)
{
    (void)state;
    world *w = new_world(two, 1, 1);
    zone(w, "dry", NAN, box(0, 0, 100, 100));
    zone(w, "river", NAN, box(200, 0, 300, 100));
    w->zones[1].kind = HG_ZONE_RIVER;
    run_audit(w);
    const hg_patrol patrols[] = {{1, day("2019-03-21"), true},  {1, day("2019-03-02"), true},
                                 {1, day("2019-03-10"), true},  {1, day("2019-02-28"), true},
                                 {1, day("2019-03-31"), true},  {1, day("2019-03-08"), false},
                                 {1, day("2019-03-14"), false}, {1, day("2019-03-30"), false},
                                 {0, day("2019-03-05"), false}};
    hg_patrol_duty *d = NULL;
    size_t n = 0;
    assert_int_equal(hg_patrol_duties(&w->in, &w->result, patrols, 9, day("2019-03-01"), day("2019-03-31"), 10, 7,
                                      &d, &n, NULL),
                     HG_OK);
    const struct {
        uint32_t zone;
        bool town;
        uint64_t patrols, periods, met;
        int64_t gap;
    } expected[] = {{0, false, 1, 5, 1, 26}, {1, true, 3, 3, 2, 11}, {1, false, 3, 5, 2, 16}};
    assert_int_equal(n, 3); /* the dry zone has no duty, but a village that went there */
    for (size_t k = 0; k < n; k++) {
        assert_int_equal(d[k].zone, expected[k].zone);
        assert_int_equal(d[k].town, expected[k].town);
        assert_int_equal(d[k].patrols, expected[k].patrols);
        assert_int_equal(d[k].periods, expected[k].periods);
        assert_int_equal(d[k].periods_met, expected[k].met);
        assert_int_equal(d[k].longest_gap_days, expected[k].gap);
    }
    hg_free(d);
    free_world(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reviews),       cmocka_unit_test(test_actions),
        cmocka_unit_test(test_relapse),       cmocka_unit_test(test_merged_case),
        cmocka_unit_test(test_actions_of_one_day), cmocka_unit_test(test_farmland),
        cmocka_unit_test(test_rooms),         cmocka_unit_test(test_rafts_counted),
        cmocka_unit_test(test_rafts_move),    cmocka_unit_test(test_rafts_split_and_merge),
        cmocka_unit_test(test_patrols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
