/* Arrangements small enough to be worked out by hand; all lengths in millimetres. */
#include "tests/arrangement_helpers.h"
#include "tests/support/sweep.h"
#include "geo/polygon_index.h"

static void expect_polygon(const char *expected, hg_polygon_mm obtained)
{
    hg_polygon_mm p = mm(expected);
    if (!same_polygon(&p, &obtained)) {
        print_message("expected %s, obtained\n", expected);
        for (size_t r = 0; r < obtained.rings; r++) {
            for (size_t i = obtained.ring_start[r]; i < obtained.ring_start[r + 1]; i++)
                print_message("%lld %lld, ", (long long)obtained.xy[2 * i],
                              (long long)obtained.xy[2 * i + 1]);
            print_message("\n");
        }
        fail();
    }
    expect_valid(&obtained);
    hg_polygon_mm_dispose(&p);
    hg_polygon_mm_dispose(&obtained);
}

static void two_squares_overlap(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm_box(0, 0, 10, 10), mm_box(5, 5, 15, 15)};
    hg_arrangement *a = arrange(p, 2);
    size_t n = 9;
    assert_int_equal(hg_arrangement_labels(a), 4);
    hg_arrangement_cover(a, 0, &n);
    assert_int_equal(n, 0);
    assert_true(hg_arrangement_planar(a, 0) == 0);
    assert_int_equal(twice_mm2(a, 1), 150);
    assert_int_equal(twice_mm2(a, 2), 150);
    assert_int_equal(twice_mm2(a, 3), 50);
    const uint32_t *cover = hg_arrangement_cover(a, label_of(a, 3), &n);
    assert_true(n == 2 && cover[0] == 0 && cover[1] == 1);
    uint8_t both[4] = {0};
    both[label_of(a, 3)] = 1;
    expect_near("perimeter", 0.020, hg_arrangement_perimeter_m(a, both), 1e-15);
    uint8_t all[4] = {1, 1, 1, 1};
    expect_near("perimeter", 0.060, hg_arrangement_perimeter_m(a, all), 1e-15);
    hg_polygon_mm joined = {0};
    expect_ok(hg_arrangement_polygon(a, all, &joined, err));
    expect_polygon("0 0,10 0,10 5,15 5,15 15,5 15,5 10,0 10", joined);
    expect_polygon("0 0,10 0,10 5,10 10,5 10,0 10", noded_polygon(a, 0));
    hg_arrangement_free(a);
    dispose_all(p, 2);
}

static void neighbours_share_an_edge(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm_box(0, 0, 10, 10), mm_box(10, 2, 20, 8), mm_box(-7, 0, 0, 10)};
    hg_arrangement *a = arrange(p, 3);
    assert_int_equal(hg_arrangement_labels(a), 4);
    assert_int_equal(twice_mm2(a, 1), 200);
    assert_int_equal(twice_mm2(a, 2), 120);
    assert_int_equal(twice_mm2(a, 4), 140);
    expect_polygon("0 0,10 0,10 2,10 8,10 10,0 10", noded_polygon(a, 0));
    expect_polygon("10 2,20 2,20 8,10 8", noded_polygon(a, 1));
    hg_arrangement_free(a);
    dispose_all(p, 3);
}

/* Two diagonals of a square of odd side cross at half a millimetre, which goes up. */
static void a_crossing_is_rounded(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm("0 0,101 101,0 101"), mm("0 101,101 0,101 101")};
    hg_arrangement *a = arrange(p, 2);
    assert_int_equal(hg_arrangement_labels(a), 4);
    assert_int_equal(twice_mm2(a, 1), 101 * 51);
    assert_int_equal(twice_mm2(a, 2), 101 * 50);
    assert_int_equal(twice_mm2(a, 3), 101 * 50);
    expect_polygon("0 0,51 51,101 101,0 101", noded_polygon(a, 0));
    hg_arrangement_free(a);
    dispose_all(p, 2);
    hg_polygon_mm q[] = {mm("-102 -102,-1 -1,-102 -1"), mm("-102 -1,-1 -102,-1 -1")};
    a = arrange(q, 2); /* below zero too: -51.5 becomes -51 */
    assert_int_equal(twice_mm2(a, 1), 101 * 51);
    hg_arrangement_free(a);
    dispose_all(q, 2);
}

/*
 * The edge from 0 1 to 1 0 runs through 1/2 1/2, which belongs to the pixel of 1 1 and to no other;
 * the edge from 0 0 to 1 1 runs through it too, but neither 1 0 nor 0 1 owns it.
 */
static void pixels_are_half_open(void **state)
{
    (void)state;
    hg_polygon_mm falling[] = {mm("0 0,1 0,0 1"), mm("1 1,9 1,9 9")};
    hg_arrangement *a = arrange(falling, 2);
    assert_int_equal(twice_mm2(a, 1), 2);
    expect_polygon("0 0,1 0,1 1,0 1", noded_polygon(a, 0));
    hg_arrangement_free(a);
    dispose_all(falling, 2);
    hg_polygon_mm rising[] = {mm("0 0,1 1,-5 1"), mm("1 0,9 -1,9 0"), mm("0 1,0 9,-9 9")};
    a = arrange(rising, 3);
    expect_polygon("-5 1,0 0,1 1,0 1", noded_polygon(a, 0));
    hg_arrangement_free(a);
    dispose_all(rising, 3);
}

static void a_vertex_on_an_edge(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm("0 0,100 30,0 30"), mm("50 15,80 0,90 10"), mm("0 0,0 30,-9 9")};
    hg_arrangement *a = arrange(p, 3);
    assert_int_equal(hg_arrangement_labels(a), 4);
    expect_polygon("0 0,50 15,100 30,0 30", noded_polygon(a, 0));
    hg_arrangement_free(a);
    dispose_all(p, 3);
}

static void holes_and_what_fills_them(void **state)
{
    (void)state;
    const char *frame = "0 0,30 0,30 30,0 30;10 10,10 20,20 20,20 10";
    hg_polygon_mm p[] = {mm(frame), mm_box(10, 10, 20, 20), mm_box(12, 12, 15, 15),
                         mm_box(40, 0, 50, 10)};
    hg_arrangement *a = arrange(p, 4);
    assert_int_equal(hg_arrangement_labels(a), 5);
    assert_int_equal(twice_mm2(a, 1), 1600);
    assert_int_equal(twice_mm2(a, 2), 200 - 18);
    assert_int_equal(twice_mm2(a, 6), 18);
    assert_int_equal(twice_mm2(a, 8), 200);
    expect_polygon(frame, noded_polygon(a, 0));
    uint8_t chosen[5] = {0};
    chosen[label_of(a, 1)] = chosen[label_of(a, 6)] = chosen[label_of(a, 8)] = 1;
    hg_polygon_mm islands = {0};
    expect_ok(hg_arrangement_polygon(a, chosen, &islands, err));
    expect_polygon("0 0,30 0,30 30,0 30;10 10,10 20,20 20,20 10;12 12,15 12,15 15,12 15;"
                   "40 0,50 0,50 10,40 10",
                   islands);
    hg_arrangement_free(a);
    dispose_all(p, 4);
}

static void corners_that_touch(void **state)
{
    (void)state;
    const char *expected[] = {
        "0 0,10 0,10 10,0 10;10 10,20 10,20 20,10 20",     /* shells */
        "0 0,9 0,9 9,0 9;0 0,3 6,6 3",                     /* a hole and its shell */
        "0 0,9 0,9 9,0 9;2 2,2 4,4 4,4 2;4 4,4 6,6 6,6 4", /* two holes */
        "0 50,50 0,90 50,50 90;50 0,50 20,60 20",          /* a hole at a shell's bottom */
        "0 0,30 0,30 10,20 10,20 20,10 20,10 10,0 10;20 20,30 20,30 30,20 30", /* a chain */
    };
    for (size_t i = 0; i < COUNT(expected); i++) {
        hg_polygon_mm p = mm(expected[i]);
        expect_valid(&p);
        hg_arrangement *a = arrange(&p, 1);
        expect_polygon(expected[i], noded_polygon(a, 0));
        hg_arrangement_free(a);
        hg_polygon_mm_dispose(&p);
    }
}

/* Four boxes around a hole that touch at its corners: no ring may pass a corner twice. */
static void a_ring_of_touching_boxes(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm_box(10, 0, 20, 10), mm_box(20, 10, 30, 20), mm_box(10, 20, 20, 30),
                         mm_box(0, 10, 10, 20)};
    hg_arrangement *a = arrange(p, 4);
    uint8_t chosen[5] = {1, 1, 1, 1, 1};
    hg_polygon_mm joined = {0};
    expect_ok(hg_arrangement_polygon(a, chosen, &joined, err));
    assert_int_equal(joined.rings, 4);
    expect_valid(&joined);
    assert_true(hg_polygon_mm_area(&joined) == 400 * UNITS_PER_MM2);
    hg_polygon_mm_dispose(&joined);
    hg_arrangement_free(a);
    dispose_all(p, 4);
}

static void repeated_empty_and_cancelled(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {
        mm_box(0, 0, 5, 5),
        {0},
        mm_box(0, 0, 5, 5),
        mm("0 0,5 0,5 5,0 5;5 0,10 0,10 5,5 5")}; /* two parts with a common edge */
    hg_arrangement *a = arrange(p, 4);
    assert_int_equal(hg_arrangement_labels(a), 3);
    assert_int_equal(twice_mm2(a, 1 + 4 + 8), 50);
    assert_int_equal(twice_mm2(a, 8), 50);
    expect_polygon("0 0,5 0,10 0,10 5,5 5,0 5", noded_polygon(a, 3));
    assert_int_equal(noded_polygon(a, 1).rings, 0);
    hg_arrangement_free(a);
    for (size_t n = 0; n < 2; n++) {
        a = arrange(p + 1, n);
        assert_int_equal(hg_arrangement_labels(a), 1);
        uint8_t chosen = 1;
        hg_polygon_mm nothing = {0};
        expect_ok(hg_arrangement_polygon(a, &chosen, &nothing, err));
        assert_int_equal(nothing.rings, 0);
        expect_near("perimeter", 0.0, hg_arrangement_perimeter_m(a, &chosen), 0.0);
        hg_arrangement_free(a);
    }
    dispose_all(p, 4);
}

/* Loops wound twice are covered once; loops wound backwards are not covered. */
static void windings_that_are_not_one(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm("0 0,10 0,10 10,0 10;0 0,5 0,5 5,0 5"), mm("20 0,30 0,20 10,30 10"),
                         mm("0 0,0 -3,-3 -3,-3 0")};
    hg_arrangement *a = arrange(p, 3);
    assert_int_equal(hg_arrangement_labels(a), 3);
    assert_int_equal(twice_mm2(a, 1), 200);
    assert_int_equal(twice_mm2(a, 2), 50);
    expect_polygon("0 0,5 0,10 0,10 10,0 10,0 5", noded_polygon(a, 0));
    hg_arrangement_free(a);
    dispose_all(p, 3);
}

static void too_far_apart(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm_box(0, 0, 5, 5),
                         mm_box(INT64_C(1) << 30, 0, (INT64_C(1) << 30) + 1, 5)};
    const hg_polygon_mm *list[] = {&p[0], &p[1]};
    hg_arrangement *a = NULL;
    hg_error err;
    assert_int_equal(hg_arrangement_new(list, 2, &a, &err), HG_EFAIL);
    assert_null(a);
    assert_non_null(strstr(err.message, "1000"));
    p[1].xy[0] -= 1;
    hg_polygon_mm whole = mm_box(-536870912, -536870912, 536870912, 536870912);
    hg_polygon_mm half = mm("-536870912 -536870912,536870912 536870912,-536870912 536870912");
    hg_polygon_mm largest[] = {whole, half};
    a = arrange(largest, 2);
    assert_int_equal(hg_arrangement_labels(a), 3);
    assert_true(hg_arrangement_planar(a, label_of(a, 1)) ==
                hg_arrangement_planar(a, label_of(a, 3)));
    assert_true(hg_arrangement_planar(a, label_of(a, 1)) == ((hg_exact)1 << 59) * UNITS_PER_MM2);
    hg_arrangement_free(a);
    dispose_all(p, 2);
    dispose_all(largest, 2);
}

static hg_status arrange_and_join(void *context, hg_error *err)
{
    const hg_polygon_mm *p = context;
    const hg_polygon_mm *list[] = {&p[0], &p[1], &p[2], &p[3]};
    hg_arrangement *a = NULL;
    hg_polygon_mm out = {0};
    hg_status status = hg_arrangement_new(list, 4, &a, err);
    if (status == HG_OK) {
        uint8_t *chosen = malloc(hg_arrangement_labels(a));
        assert_non_null(chosen);
        memset(chosen, 1, hg_arrangement_labels(a));
        status = hg_arrangement_polygon(a, chosen, &out, err);
        free(chosen);
    } else {
        assert_null(a);
    }
    assert_int_equal(out.rings > 0, status == HG_OK);
    hg_polygon_mm_dispose(&out);
    hg_arrangement_free(a);
    return status;
}

static hg_status reduce(void *context, hg_error *err)
{
    const hg_polygon_mm *p = context;
    const int64_t box[] = {0, 0, 40, 40};
    hg_polygon_index *index = NULL;
    hg_polygon_mm near[2] = {{0}, {0}};
    hg_status status = hg_polygon_mm_near(&p[2], box, &near[0], err);
    if (status == HG_OK)
        status = hg_polygon_index_new(p, 4, &index, err);
    if (status == HG_OK)
        status = hg_polygon_index_near(index, 2, box, &near[1], err);
    assert_int_equal(near[1].rings > 0, status == HG_OK);
    dispose_all(near, 2);
    hg_polygon_index_free(index);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    hg_polygon_mm p[] = {mm("0 0,97 13,59 71;20 20,25 25,30 21"), mm_box(-5, -5, 30, 30), {0}, {0}};
    begin_ring(&p[2]); /* a saw across them all, for longer lists */
    for (int i = 0; i < 40; i++)
        add_point(&p[2], 3 * i - 10, i % 2 ? 90 : -20);
    add_point(&p[2], 110, 100);
    add_point(&p[2], -10, 100);
    close_ring(&p[2]);
    sweep_allocations(arrange_and_join, p);
    sweep_allocations(reduce, p);
    dispose_all(p, 4);
}

/* What is far from the box is left out; edges that meet it stay. */
static void near_a_box(void **state)
{
    (void)state;
    const int64_t box[] = {0, 0, 100, 100};
    hg_polygon_mm p = mm("50 50,300 50,300 60,310 70,300 80,300 400,200 400,50 400;"
                         "500 500,500 510,510 510,510 500;-50 -50,40 -50,-50 40");
    hg_polygon_mm near = {0};
    expect_ok(hg_polygon_mm_near(&p, box, &near, err));
    expect_polygon("50 50,300 50,200 400,50 400;-50 -50,40 -50,-50 40", near);
    hg_polygon_mm_dispose(&p);
    hg_polygon_mm nothing = {0};
    expect_ok(hg_polygon_mm_near(&nothing, box, &near, err));
    assert_int_equal(near.rings, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_squares_overlap),
        cmocka_unit_test(neighbours_share_an_edge),
        cmocka_unit_test(a_crossing_is_rounded),
        cmocka_unit_test(pixels_are_half_open),
        cmocka_unit_test(a_vertex_on_an_edge),
        cmocka_unit_test(holes_and_what_fills_them),
        cmocka_unit_test(corners_that_touch),
        cmocka_unit_test(a_ring_of_touching_boxes),
        cmocka_unit_test(repeated_empty_and_cancelled),
        cmocka_unit_test(windings_that_are_not_one),
        cmocka_unit_test(too_far_apart),
        cmocka_unit_test(near_a_box),
        cmocka_unit_test(allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
