/* Planted mistakes in the coordinates are found, and named as the user would undo them. */
#include "tests/geo_helpers.h"
#include "base/random.h"
#include "geo/placing.h"

enum { N = 500 };

typedef struct scene {
    hg_crs *degrees, *analysis;
    hg_region *region;
    double lon[N], lat[N];
} scene;

static hg_crs *crs_of(const char *text)
{
    hg_crs *crs = NULL;
    expect_ok(hg_crs_new(text, "test", &crs, err));
    return crs;
}

static void project(const char *code, double *x, double *y)
{
    hg_crs *degrees = crs_of("EPSG:4326");
    hg_crs *to = crs_of(code);
    hg_transform *t = NULL;
    expect_ok(hg_transform_new(degrees, to, &t, err));
    expect_ok(hg_transform_points(t, x, y, N, 1, err));
    hg_transform_free(t);
    hg_crs_free(degrees);
    hg_crs_free(to);
}

/* Points that fill the study area, a few hundred metres wide, so that 600 m of offset matter. */
static int set_up(void **state)
{
    static scene s;
    hg_random r = hg_random_seed(4, 4);
    double box[] = {415000, 2442500, 415400, 2442900};
    s.degrees = crs_of("EPSG:4326");
    s.analysis = crs_of("EPSG:4547");
    expect_ok(hg_region_box(box, &s.region, err));
    for (int i = 0; i < N; i++) {
        s.lon[i] = box[0] + 10 + 380 * hg_random_unit(&r);
        s.lat[i] = box[1] + 10 + 380 * hg_random_unit(&r);
    }
    hg_transform *t = NULL;
    expect_ok(hg_transform_new(s.analysis, s.degrees, &t, err));
    expect_ok(hg_transform_points(t, s.lon, s.lat, N, 1, err));
    hg_transform_free(t);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    scene *s = *state;
    hg_crs_free(s->degrees);
    hg_crs_free(s->analysis);
    hg_region_free(s->region);
    return 0;
}

static void vote(const scene *s, const hg_crs *given, hg_datum datum, const double *x,
                 const double *y, const char *name, const char *option)
{
    hg_reading readings[HG_MAX_READINGS];
    size_t count = 0;
    expect_ok(
        hg_placing_vote(x, y, N, given, datum, s->analysis, s->region, readings, &count, err));
    assert_true(count >= 2 && count <= HG_MAX_READINGS);
    assert_string_equal(readings[0].name, "as given");
    if (strcmp(readings[1].name, name) != 0 || strcmp(readings[1].option, option) != 0)
        fail_msg("expected \"%s\" by \"%s\", obtained \"%s\" by \"%s\" with %zu of %zu", name,
                 option, readings[1].name, readings[1].option, readings[1].inside,
                 readings[1].tried);
    assert_int_equal(readings[1].inside, N);
    assert_int_equal(readings[1].tried, N);
    for (size_t i = 2; i < count; i++)
        assert_true(readings[i].inside <= readings[i - 1].inside);
    assert_true(readings[0].inside < N / 2);
}

static void right_as_given(void **state)
{
    const scene *s = *state;
    hg_reading readings[HG_MAX_READINGS];
    size_t count = 0;
    expect_ok(hg_placing_vote(s->lon, s->lat, N, s->degrees, HG_WGS84, s->analysis, s->region,
                              readings, &count, err));
    assert_int_equal(readings[0].inside, N);
    assert_int_equal(count, 6);
    for (size_t i = 1; i < count; i++)
        assert_true(readings[i].inside < N);
}

static void degrees_misread(void **state)
{
    const scene *s = *state;
    static double x[N];
    static double y[N];
    vote(s, s->degrees, HG_WGS84, s->lat, s->lon, "axes swapped", "--x <y col> --y <x col>");
    for (int i = 0; i < N; i++)
        hg_wgs84_to_gcj02(s->lon[i], s->lat[i], &x[i], &y[i]);
    vote(s, s->degrees, HG_WGS84, x, y, "GCJ-02", "--datum gcj02");
    vote(s, s->degrees, HG_WGS84, y, x, "GCJ-02, axes swapped",
         "--datum gcj02 --x <y col> --y <x col>");
    vote(s, s->analysis, HG_WGS84, x, y, "degrees, GCJ-02", "--crs EPSG:4326 --datum gcj02");
    for (int i = 0; i < N; i++)
        hg_gcj02_to_bd09(x[i], y[i], &x[i], &y[i]);
    vote(s, s->degrees, HG_CGCS2000, x, y, "BD-09", "--datum bd09");
    vote(s, s->degrees, HG_GCJ02, s->lon, s->lat, "WGS 84", "--datum wgs84");
    vote(s, s->analysis, HG_CGCS2000, s->lon, s->lat, "degrees, WGS 84",
         "--crs EPSG:4326 --datum wgs84");
}

static void plane_misread(void **state)
{
    const scene *s = *state;
    static const struct {
        const char *code, *name, *option;
    } cases[] = {
        {"EPSG:4526", "EPSG:4526 (zone 38)", "--crs EPSG:4526"},
        {"EPSG:4525", "EPSG:4525 (zone 37)", "--crs EPSG:4525"},
        {"EPSG:4546", "EPSG:4546 (CM 111E)", "--crs EPSG:4546"},
        {"EPSG:4497", "EPSG:4497 (zone 19)", "--crs EPSG:4497"},
        {"EPSG:4509", "EPSG:4548 (CM 117E)", "--crs EPSG:4548"},
        {"EPSG:32649", "EPSG:32649 (UTM 49N)", "--crs EPSG:32649"},
        {"EPSG:3857", "EPSG:3857 (Web Mercator)", "--crs EPSG:3857"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        static double x[N];
        static double y[N];
        memcpy(x, s->lon, sizeof x);
        memcpy(y, s->lat, sizeof y);
        project(cases[i].code, x, y);
        vote(s, s->analysis, HG_CGCS2000, x, y, cases[i].name, cases[i].option);
        vote(s, s->degrees, HG_WGS84, x, y, cases[i].name, cases[i].option);
        char name[64];
        char option[80];
        snprintf(name, sizeof name, "%s, axes swapped", cases[i].name);
        snprintf(option, sizeof option, "%s --x <y col> --y <x col>", cases[i].option);
        vote(s, s->analysis, HG_CGCS2000, y, x, name, option);
    }
}

static void plane_with_northing_first(void **state)
{
    const scene *s = *state;
    static double x[N];
    static double y[N];
    memcpy(x, s->lon, sizeof x);
    memcpy(y, s->lat, sizeof y);
    project("EPSG:4547", x, y);
    vote(s, s->analysis, HG_CGCS2000, y, x, "axes swapped", "--x <y col> --y <x col>");
}

static void nothing_to_vote_on(void **state)
{
    const scene *s = *state;
    hg_reading readings[HG_MAX_READINGS];
    size_t count = 7;
    double x[] = {NAN, INFINITY};
    double y[] = {1, 2};
    assert_int_equal(hg_placing_vote(x, y, 2, s->degrees, HG_WGS84, s->analysis, s->region,
                                     readings, &count, NULL),
                     HG_EDATA);
    assert_int_equal(count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_as_given),     cmocka_unit_test(degrees_misread),
        cmocka_unit_test(plane_misread),      cmocka_unit_test(plane_with_northing_first),
        cmocka_unit_test(nothing_to_vote_on),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
