/* CRSs: what they are called, their units and areas of use, what they lead to, and which is chosen.
 */
#include "tests/geo_helpers.h"
#include "geo/crs.h"

static const char local_feet[] = "LOCAL_CS[\"site\",LOCAL_DATUM[\"x\",0],UNIT[\"foot\",0.3048],"
                                 "AXIS[\"E\",EAST],AXIS[\"N\",NORTH]]";

static hg_crs *crs_of(const char *text)
{
    hg_crs *crs = NULL;
    expect_ok(hg_crs_new(text, "test", &crs, err));
    return crs;
}

static void what_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code, *name;
        bool geographic, engineering;
        double unit;
    } cases[] = {
        {"EPSG:4547", "EPSG:4547", "CGCS2000 / 3-degree Gauss-Kruger CM 114E", false, false, 1},
        {"epsg:4326", "EPSG:4326", "WGS 84", true, false, 0},
        {"EPSG:4979", "EPSG:4326", "WGS 84", true, false, 0},
        {"EPSG:4326+5773", "EPSG:4326", "WGS 84", true, false, 0},
        {"EPSG:2274", "EPSG:2274", "NAD83 / Tennessee (ftUS)", false, false, 1200.0 / 3937.0},
        {"+proj=utm +zone=49", NULL, "unknown", false, false, 1},
        {"+proj=longlat +ellps=krass +towgs84=1,2,3", NULL, "unknown", true, false, 0},
        {local_feet, NULL, "site", false, true, 0.3048},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_crs *crs = crs_of(cases[i].text);
        if (cases[i].code)
            assert_string_equal(hg_crs_code(crs), cases[i].code);
        else
            assert_null(hg_crs_code(crs));
        assert_string_equal(hg_crs_name(crs), cases[i].name);
        assert_int_equal(hg_crs_is_geographic(crs), cases[i].geographic);
        assert_int_equal(hg_crs_is_engineering(crs), cases[i].engineering);
        expect_near("unit", cases[i].unit, hg_crs_unit_m(crs), 1e-12);
        assert_int_equal(hg_crs_check_analysis(crs, NULL), cases[i].geographic ? HG_EUSAGE : HG_OK);
        assert_null(strchr(hg_crs_wkt(crs), '\n'));
        hg_crs *copy = NULL;
        hg_crs *reread = crs_of(hg_crs_wkt(crs));
        expect_ok(hg_crs_copy(crs, &copy, err));
        assert_true(hg_crs_same(crs, copy));
        assert_true(hg_crs_same(crs, reread));
        hg_crs_free(copy);
        hg_crs_free(reread);
        hg_crs_free(crs);
    }
}

static void what_is_no_crs(void **state)
{
    (void)state;
    static const char *const cases[] = {"",          "nonsense",      "EPSG:999999", "EPSG:5773",
                                        "EPSG:4978", "+proj=nothing", "EPSG:16049"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        hg_crs *crs = NULL;
        hg_error err = {HG_OK, ""};
        assert_int_equal(hg_crs_new(cases[i], "--crs", &crs, &err), HG_EUSAGE);
        assert_null(crs);
        assert_ptr_equal(strstr(err.message, "--crs"), err.message);
    }
}

static void same_but_for_name_and_axes(void **state)
{
    (void)state;
    static const char esri[] =
        "PROJCS[\"Renamed_CM_114E\",GEOGCS[\"GCS_China_Geodetic_Coordinate_System_2000\","
        "DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298.257222101]],"
        "PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],"
        "PROJECTION[\"Gauss_Kruger\"],PARAMETER[\"False_Easting\",500000.0],"
        "PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",114.0],"
        "PARAMETER[\"Scale_Factor\",1.0],PARAMETER[\"Latitude_Of_Origin\",0.0],"
        "UNIT[\"Meter\",1.0]]";
    hg_crs *a = crs_of("EPSG:4547");
    hg_crs *b = crs_of(esri);
    hg_crs *c = crs_of("EPSG:4526");
    hg_crs *d = crs_of("EPSG:4326");
    hg_crs *e = crs_of("OGC:CRS84");
    assert_true(hg_crs_same(a, b));
    assert_true(hg_crs_same(b, a));
    assert_false(hg_crs_same(a, c));
    assert_false(hg_crs_same(a, d));
    assert_true(hg_crs_same(d, e));
    hg_crs_free(a);
    hg_crs_free(b);
    hg_crs_free(c);
    hg_crs_free(d);
    hg_crs_free(e);
}

static void areas_of_use(void **state)
{
    (void)state;
    double box[4] = {0};
    hg_crs *crs = crs_of("EPSG:4326");
    assert_true(hg_crs_area_of_use(crs, box));
    assert_true(box[0] == -180 && box[1] == -90 && box[2] == 180 && box[3] == 90);
    hg_crs_free(crs);
    /* Half a degree on either side of 112.5 … 115.5 E at 21.02 N is 2 degrees from the meridian. */
    crs = crs_of("EPSG:4547");
    assert_true(hg_crs_area_of_use(crs, box));
    expect_near("west", 292055, box[0], 5);
    expect_near("east", 707945, box[2], 5);
    expect_near("south", 2325291, box[1], 50);
    assert_true(box[3] > 5.08e6 && box[3] < 5.11e6);
    hg_crs_free(crs);
    crs = crs_of("EPSG:2193"); /* reaches to 178.63 E: half a degree more is this side of 180 */
    assert_true(hg_crs_area_of_use(crs, box));
    assert_true(box[0] > 9e5 && box[2] < 2.3e6);
    hg_crs_free(crs);
    crs = crs_of("EPSG:4167"); /* 160.6 E to 171.2 W */
    assert_true(hg_crs_area_of_use(crs, box));
    assert_true(box[0] == -180 && box[2] == 180);
    hg_crs_free(crs);
    crs = crs_of("+proj=laea +lat_0=40 +lon_0=100");
    assert_false(hg_crs_area_of_use(crs, box));
    hg_crs_free(crs);
    crs = crs_of(local_feet);
    assert_false(hg_crs_area_of_use(crs, box));
    hg_crs_free(crs);
}

static void transform_one(const char *from, const char *to, double x, double y, double *ox,
                          double *oy)
{
    hg_crs *a = crs_of(from);
    hg_crs *b = crs_of(to);
    hg_transform *t = NULL;
    expect_ok(hg_transform_new(a, b, &t, err));
    *ox = x;
    *oy = y;
    expect_ok(hg_transform_points(t, ox, oy, 1, 1, err));
    hg_transform_free(t);
    hg_crs_free(a);
    hg_crs_free(b);
}

static void known_points(void **state)
{
    (void)state;
    double x = 0.0;
    double y = 0.0;
    /* EPSG guidance note 7-2, transverse Mercator example: OSGB 36 (Airy) to the British grid. */
    transform_one("EPSG:4277", "EPSG:27700", 0.5, 50.5, &x, &y);
    expect_near("easting", 577274.99, x, 0.01);
    expect_near("northing", 69740.50, y, 0.01);
    transform_one("EPSG:4326", "EPSG:4490", 113.18, 22.08, &x, &y);
    assert_true(x == 113.18 && y == 22.08);
    transform_one("EPSG:4490", "EPSG:4326", 113.18, 22.08, &x, &y);
    assert_true(x == 113.18 && y == 22.08);
    double plain[2];
    transform_one("EPSG:4490", "EPSG:4547", 113.18, 22.08, &plain[0], &plain[1]);
    transform_one("EPSG:4326", "EPSG:4547", 113.18, 22.08, &x, &y);
    assert_true(x == plain[0] && y == plain[1]);
    transform_one("EPSG:4526", "EPSG:4547", x + 38e6, y, &x, &y);
    expect_near("without zone prefix", plain[0], x, 1e-6);
    transform_one("EPSG:4326", "EPSG:32649", 10.0, 95.0, &x, &y);
    assert_true(isnan(x) && isnan(y));
    transform_one("EPSG:4326", "EPSG:32649", NAN, 5.0, &x, &y);
    assert_true(isnan(x) && isnan(y));
}

static void local_planes_lead_nowhere(void **state)
{
    (void)state;
    hg_crs *a = crs_of(local_feet);
    hg_crs *b = crs_of("EPSG:4547");
    hg_crs *c = crs_of(local_feet);
    hg_transform *t = NULL;
    hg_error error = {HG_OK, ""};
    assert_int_equal(hg_transform_new(a, b, &t, &error), HG_EUSAGE);
    assert_int_equal(hg_transform_new(b, a, &t, &error), HG_EUSAGE);
    assert_null(t);
    double x = 5.0;
    double y = 6.0;
    expect_ok(hg_transform_new(a, c, &t, err));
    expect_ok(hg_transform_points(t, &x, &y, 1, 1, err));
    assert_true(x == 5.0 && y == 6.0);
    hg_transform_free(t);
    hg_crs_free(a);
    hg_crs_free(b);
    hg_crs_free(c);
}

static void threads_do_not_show(void **state)
{
    (void)state;
    enum { N = 100000 };
    hg_crs *a = crs_of("EPSG:4326");
    hg_crs *b = crs_of("EPSG:4547");
    hg_transform *t = NULL;
    double *x = malloc(4 * N * sizeof *x);
    expect_ok(hg_transform_new(a, b, &t, err));
    for (size_t i = 0; i < N; i++) {
        x[i] = x[2 * N + i] = 112.5 + 3.0 * (double)i / N;
        x[N + i] = x[3 * N + i] = i % 1000 ? 22.0 + 1e-5 * (double)i : 100.0;
    }
    expect_ok(hg_transform_points(t, x, x + N, N, 1, err));
    expect_ok(hg_transform_points(t, x + 2 * N, x + 3 * N, N, 4, err));
    for (size_t i = 0; i < 2 * N; i++)
        assert_true(x[i] == x[2 * N + i] || (isnan(x[i]) && isnan(x[2 * N + i])));
    assert_true(isnan(x[0]) && isnan(x[N]));
    free(x);
    hg_transform_free(t);
    hg_crs_free(a);
    hg_crs_free(b);
}

static void expect_choice(double lon, double lat, double width, const char *code, const char *why)
{
    hg_crs *crs = NULL;
    char said[256];
    double box[] = {lon - width / 2, lat - 0.5, lon + width / 2, lat + 0.5};
    expect_ok(hg_crs_choose(lon, lat, box, &crs, said, err));
    const char *found = hg_crs_code(crs) ? hg_crs_code(crs) : "no code";
    if (strcmp(found, code) != 0)
        fail_msg("%g %g, %g wide: expected %s, obtained %s (%s)", lon, lat, width, code, found,
                 said);
    if (!strstr(said, why))
        fail_msg("%g %g: expected \"%s\" in \"%s\"", lon, lat, why, said);
    expect_ok(hg_crs_check_analysis(crs, err));
    hg_crs_free(crs);
}

static void choice_inside_china(void **state)
{
    (void)state;
    static const char gk[] = "CGCS2000 3-degree Gauss-Kruger CM";
    expect_choice(113.18, 22.08, 1, "EPSG:4547", gk); /* Pingsha */
    expect_choice(116.40, 39.90, 1, "EPSG:4548", gk); /* Beijing, 117 E */
    expect_choice(75.99, 39.47, 1, "EPSG:4534", gk);  /* Kashgar, 75 E */
    expect_choice(126.64, 45.76, 1, "EPSG:4551", gk); /* Harbin, 126 E */
    expect_choice(87.62, 43.82, 1, "EPSG:4538", gk);  /* Urumqi, 87 E */
    expect_choice(91.11, 29.65, 1, "EPSG:4539", gk);  /* Lhasa, 90 E */
    expect_choice(110.35, 20.02, 1, "EPSG:4546", gk); /* Haikou, 111 E */
    expect_choice(114.17, 22.30, 1, "EPSG:4547", gk); /* Hong Kong */
    expect_choice(113.55, 22.20, 1, "EPSG:4547", gk); /* Macau */
    expect_choice(121.50, 25.05, 1, "EPSG:4550", gk); /* Taipei, 123 E */
    expect_choice(134.20, 48.35, 4, "EPSG:4554", gk); /* Fuyuan, 135 E */
    expect_choice(113.18, 22.08, 4.5, "EPSG:4547", gk);
}

static void choice_elsewhere(void **state)
{
    (void)state;
    expect_choice(-90.02, 35.1, 1, "EPSG:32615", "UTM zone 15N by the central longitude -90.02");
    expect_choice(126.98, 37.57, 1, "EPSG:32652", "UTM"); /* Seoul */
    expect_choice(139.70, 35.69, 1, "EPSG:32654", "UTM"); /* Tokyo */
    expect_choice(105.85, 21.03, 1, "EPSG:32648", "UTM"); /* Hanoi */
    expect_choice(106.91, 47.92, 1, "EPSG:32648", "UTM"); /* Ulaanbaatar */
    expect_choice(76.95, 43.25, 1, "EPSG:32643", "UTM");  /* Almaty */
    expect_choice(85.32, 27.72, 1, "EPSG:32645", "UTM");  /* Kathmandu */
    expect_choice(77.21, 28.61, 1, "EPSG:32643", "UTM");  /* Delhi */
    expect_choice(120.98, 14.60, 1, "EPSG:32651", "UTM"); /* Manila */
    expect_choice(131.90, 43.12, 1, "EPSG:32652", "UTM"); /* Vladivostok */
    expect_choice(18.42, -33.92, 9, "EPSG:32734", "UTM zone 34S");
    expect_choice(180.0, 0.0, 0, "EPSG:32660", "UTM");
    expect_choice(-180.0, -0.1, 0, "EPSG:32701", "UTM");
}

static void choice_for_wide_data(void **state)
{
    (void)state;
    expect_choice(113.18, 22.08, 4.6, "no code", "equal-area around 113.18 22.08");
    expect_choice(-90.02, 35.1, 9.1, "no code", "9.1 degrees of longitude");
    expect_choice(20.0, 84.5, 1, "no code", "84 N");
    expect_choice(20.0, -80.5, 1, "no code", "80 S");
    hg_crs *crs = NULL;
    char why[256];
    double box[] = {75, 20, 130, 50};
    expect_ok(hg_crs_choose(105.004, 34.996, box, &crs, why, err));
    double x = 105.0;
    double y = 35.0;
    hg_crs *degrees = crs_of("EPSG:4326");
    hg_transform *t = NULL;
    expect_ok(hg_transform_new(degrees, crs, &t, err));
    expect_ok(hg_transform_points(t, &x, &y, 1, 1, err));
    expect_near("x of the centre", 0.0, x, 1e-6);
    expect_near("y of the centre", 0.0, y, 1e-6);
    hg_transform_free(t);
    hg_crs_free(degrees);
    hg_crs_free(crs);
    assert_int_equal(hg_crs_choose(NAN, 5, box, &crs, why, NULL), HG_EDATA);
    assert_int_equal(hg_crs_choose(500000, 5, box, &crs, why, NULL), HG_EDATA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_they_are),
        cmocka_unit_test(what_is_no_crs),
        cmocka_unit_test(same_but_for_name_and_axes),
        cmocka_unit_test(areas_of_use),
        cmocka_unit_test(known_points),
        cmocka_unit_test(local_planes_lead_nowhere),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(choice_inside_china),
        cmocka_unit_test(choice_elsewhere),
        cmocka_unit_test(choice_for_wide_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
