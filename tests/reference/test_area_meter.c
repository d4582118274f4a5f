/*
 * Areas on the ellipsoid: against a table of geodesic polygons solved to 40 digits (made by
 * make_geodesic_areas.py beside this file), against PROJ's own polygon areas, and the 2008 notice's
 * formula against both the geodesic areas and its pitfalls.
 */
#include "tests/polygon_helpers.h"
#include "base/random.h"
#include "geo/area_meter.h"

#include <geodesic.h>

enum { CORNERS = 4 };

static const struct {
    const char *name;
    double area_m2;
    double lonlat[CORNERS][2];
} shapes[] = {
    {"a house",
     77.13860401076830090921,
     {{113.18, 22.08},
      {113.18009730789622, 22.080010305294344},
      {113.18007784631698, 22.080079350766454},
      {113.17998783651298, 22.080072137060412}}},
    {"a shed",
     5.78539635695439071209,
     {{113.18, 22.08},
      {113.18001946157925, 22.080003864485377},
      {113.1800155692634, 22.08002975653742},
      {113.1799975673026, 22.080027051397654}}},
    {"a house in the north",
     105.0982654522226295249,
     {{24.9, 65.3},
      {24.90025894739597, 65.30001159345613},
      {24.900207157916775, 65.30008926961226},
      {24.899967631575503, 65.30008115419297}}},
    {"a house in the south",
     104.8360286986739313138,
     {{-70.9, -53.1},
      {-70.89981978356815, -53.099988406543865},
      {-70.89985582685452, -53.09991073038774},
      {-70.90002252705399, -53.09991884580703}}},
    {"a house on the equator",
     76.99276032855413621533,
     {{101.4, -4e-05},
      {101.40009017132553, -2.9694705655030276e-05},
      {101.40007213706042, 3.935076645626692e-05},
      {101.39998872858432, 3.2137060414788095e-05}}},
    {"a house on the antimeridian",
     79.62912884798093082279,
     {{179.99995, -16.8}, {-179.99996, -16.8}, {-179.99996, -16.79992}, {179.99995, -16.79993}}},
    {"a house at Greenwich",
     106.7378776267049182948,
     {{-6e-05, 51.4778},
      {9.925757840849859e-05, 51.477812881617936},
      {6.740606272679888e-05, 51.477899188458075},
      {-7.990719730106232e-05, 51.47789017132552}}},
    {"a parcel",
     6074.647840530975967941,
     {{113.18, 22.08},
      {113.18068115527352, 22.08011593456138},
      {113.18054492421881, 22.080892696122632},
      {113.17991485559082, 22.080811541929666}}},
    {"a ditch",
     9604.363544370357568396,
     {{113.1, 22.0}, {113.19, 22.03}, {113.190002, 22.030009}, {113.099999, 22.00001}}},
    {"a ditch from south to north",
     9944.826096229659650285,
     {{113.1, 22.0}, {113.10001, 21.999999}, {113.110009, 22.089998}, {113.11, 22.09}}},
    {"a village",
     1041337.702647343252276,
     {{113.18, 22.08},
      {113.19167694754583, 22.08115934561381},
      {113.18934155803667, 22.088926961226328},
      {113.17854038155677, 22.088115419296663}}},
    {"a village near the pole",
     1052454.738949191181077,
     {{15.6, 78.2},
      {15.652913290817905, 78.20115934561382},
      {15.642330632654325, 78.20892696122634},
      {15.59338583864776, 78.20811541929666}}},
    {"a town",
     95428367.67009039016536,
     {{113.18, 22.08},
      {113.28703868583675, 22.09159345613809},
      {113.2656309486694, 22.1692696122633},
      {113.16662016427041, 22.161154192966634}}},
    {"a town in the south",
     95943504.89971526981694,
     {{147.3, -42.9},
      {147.43540293440088, -42.888406543861905},
      {147.4083223475207, -42.8107303877367},
      {147.2830746331999, -42.81884580703336}}},
    {"edges of 18 km",
     286209888.2001636592644,
     {{113.18, 22.08},
      {113.3551542131874, 22.1012546695865},
      {113.32012337054992, 22.24366095581605},
      {113.15810572335158, 22.2287826871055}}},
    {"edges of 60 km",
     2887524529.59048438206,
     {{113.18, 22.08},
      {113.76384737729136, 22.14440808965606},
      {113.64707790183309, 22.575942290351666},
      {113.10701907783859, 22.530856627592424}}},
    {"a strip of 90 km",
     902329.9387481233561653,
     {{113.0, 22.0}, {113.8, 22.3}, {113.79999, 22.30009}, {112.99999, 22.0001}}},
};

static hg_area_meter *meter_for(const char *crs_code, hg_area_mode mode)
{
    hg_crs *crs = NULL;
    hg_area_meter *meter = NULL;
    expect_ok(hg_crs_new(crs_code, "test", &crs, err));
    expect_ok(hg_area_meter_new(crs, mode, &meter, err));
    hg_crs_free(crs);
    return meter;
}

/* The edges as a lattice polygon's would be, each numbered by its corners. */
static double sum_edges(const hg_area_meter *meter, size_t n, const double (*lonlat)[2])
{
    hg_exact sum = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = (i + 1) % n;
        const int64_t a[] = {(int64_t)i, 7}, b[] = {(int64_t)k, 7};
        hg_exact forth = hg_area_meter_edge(meter, a, b, lonlat[i], lonlat[k]);
        hg_exact back = hg_area_meter_edge(meter, b, a, lonlat[k], lonlat[i]);
        assert_true(forth == -back);
        assert_true(hg_area_meter_edge(meter, a, a, lonlat[i], lonlat[i]) == 0);
        sum += forth;
    }
    return hg_exact_m2(sum);
}

static void geodesic_areas_to_a_billionth(void **state)
{
    (void)state;
    hg_area_meter *meter = meter_for("EPSG:4547", HG_AREA_ELLIPSOID);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        double tolerance = fmax(1e-9 * shapes[i].area_m2, 2e-8);
        double obtained = sum_edges(meter, CORNERS, shapes[i].lonlat);
        print_message("%s: off by %.2g m2, %.2g of it\n", shapes[i].name,
                      obtained - shapes[i].area_m2, obtained / shapes[i].area_m2 - 1);
        expect_near(shapes[i].name, shapes[i].area_m2, obtained, tolerance);
    }
    hg_area_meter_free(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geodesic_areas_to_a_billionth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
