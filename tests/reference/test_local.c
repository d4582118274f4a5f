/*
 * Local statistics against spdep 1.2-7 and the numbers printed in Getis and Ord 1996, to 1e-9.
 *
 * Embedded: the 256 cells of spData's getisord and the values of eq. 14.2 and the tables of Getis and Ord 1996,
 * Local spatial statistics: an overview (Longley and Batty, Spatial analysis: modelling in a GIS environment,
 * p. 263 and 267), as spdep's help page of localG recomputes them; the six points of the test of PySAL's esda
 * (test_getisord.py); and Columbus (Anselin 1988, 49 neighbourhoods) with the queen's neighbours that
 * spdep::poly2nb finds on columbus.shp of spData. Where the shared tables are at hand all their rows are held too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "engine/local.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 16, CELLS = SIDE * SIDE, WINDOWS = 5, PRINTED = 119, UNITS = 49 };

static const double getisord[CELLS] = {
    40, 41, 42, 43, 49, 54, 47, 44, 42, 44, 43, 46, 52, 56, 56, 61, 40, 42, 41, 40, 43, 49, 46, 42, 42, 43, 43,
    49, 59, 62, 53, 62, 43, 42, 40, 42, 42, 42, 41, 42, 42, 43, 42, 53, 66, 61, 51, 62, 44, 41, 39, 42, 44, 43,
    42, 42, 42, 43, 43, 49, 56, 53, 53, 61, 42, 43, 44, 43, 42, 41, 42, 44, 43, 43, 44, 47, 58, 59, 55, 61, 52,
    59, 61, 56, 41, 40, 43, 44, 46, 48, 50, 52, 68, 69, 60, 61, 62, 62, 86, 85, 55, 59, 64, 72, 75, 70, 70, 62,
    66, 61, 55, 57, 65, 62, 68, 72, 102, 94, 90, 83, 74, 81, 96, 69, 52, 50, 51, 54, 62, 59, 55, 61, 99, 97, 93,
    80, 65, 87, 107, 80, 59, 60, 67, 66, 62, 55, 56, 56, 80, 90, 99, 88, 64, 91, 112, 94, 76, 91, 100, 85, 63,
    57, 58, 58, 77, 92, 82, 71, 59, 90, 105, 92, 79, 98, 110, 83, 59, 58, 60, 64, 88, 99, 82, 81, 71, 80, 89,
    89, 89, 102, 104, 75, 55, 54, 53, 61, 82, 102, 88, 93, 96, 94, 110, 114, 109, 103, 92, 68, 55, 55, 56, 60,
    91, 95, 86, 98, 115, 105, 110, 107, 101, 89, 85, 68, 62, 63, 64, 59, 85, 88, 95, 106, 110, 99, 89, 82, 79,
    84, 97, 79, 55, 56, 54, 58, 65, 75, 82, 77, 74, 74, 69, 61, 62, 71, 73, 63};

/* Gi* (n in the variance, eq. 14.2) and Gi of cell x = 210, y = 210, windows of 30 … 150 m. */
static const double printed_gi_star[WINDOWS] = {1.45078, 1.900559, 2.096939, 1.981907, 1.306698};
static const double printed_gi[WINDOWS] = {1.221979, 1.748098, 1.986135, 1.893374, 1.237454};

static const double crime[UNITS] = {
    15.72598, 18.801754, 30.626781, 32.38776, 50.73151, 26.066658, 0.178269, 38.425858, 30.515917, 34.000835,
    62.275448, 56.705669, 46.716129, 57.066132, 48.585487, 54.838711, 36.868774, 43.962486, 54.521965, 0.223797,
    40.074074, 33.705048, 20.048504, 38.297871, 61.299175, 40.969742, 52.79443, 56.919785, 60.750446, 68.892044,
    17.677214, 19.145592, 41.968163, 23.974028, 39.175053, 14.305556, 42.445076, 53.710938, 19.100863,
    16.241299, 18.905146, 16.49189, 36.663612, 25.962263, 29.028488, 16.530533, 27.822861, 26.645266, 22.541491};
static const size_t first[UNITS + 1] = {
    0, 2, 5, 9, 13, 21, 23, 27, 33, 41, 45, 50, 56, 60, 66, 72, 80, 83, 87, 90, 100, 103, 109, 112, 119, 127,
    133, 137, 146, 153, 158, 161, 165, 169, 173, 180, 185, 191, 197, 200, 205, 208, 210, 216, 221, 225, 227,
    229, 233, 236};
static const uint32_t neighbour[] = {
    1, 2, 0, 2, 3, 0, 1, 3, 4, 1, 2, 4, 7, 2, 3, 5, 7, 8, 10, 14, 15, 4, 8, 7, 11, 12, 13, 3, 4, 6, 10, 11, 12,
    4, 5, 9, 14, 19, 21, 24, 25, 8, 16, 19, 21, 4, 7, 11, 14, 15, 6, 7, 10, 12, 13, 15, 6, 7, 11, 13, 6, 11, 12,
    15, 17, 18, 4, 8, 10, 15, 24, 25, 4, 10, 11, 13, 14, 17, 23, 24, 9, 19, 22, 13, 15, 18, 23, 13, 17, 23, 8,
    9, 16, 21, 22, 26, 31, 32, 34, 39, 23, 29, 33, 8, 9, 19, 25, 26, 27, 16, 19, 31, 15, 17, 18, 20, 24, 28, 29,
    8, 14, 15, 23, 25, 27, 28, 29, 8, 14, 21, 24, 27, 28, 19, 21, 27, 32, 21, 24, 25, 26, 28, 32, 34, 36, 37,
    23, 24, 25, 27, 29, 36, 37, 20, 23, 24, 28, 36, 33, 35, 38, 19, 22, 39, 40, 19, 26, 27, 34, 20, 30, 35, 41,
    19, 27, 32, 37, 39, 42, 43, 30, 33, 38, 41, 45, 27, 28, 29, 37, 42, 44, 27, 28, 34, 36, 42, 43, 30, 35, 45,
    19, 31, 34, 40, 46, 31, 39, 46, 33, 35, 34, 36, 37, 43, 44, 47, 34, 37, 42, 47, 48, 36, 42, 47, 48, 35, 38,
    39, 40, 42, 43, 44, 48, 43, 44, 47};
static const double crime_gi_star[UNITS] = {
    -1.43277965396643, -1.34000809746416, -0.771998680953113, -0.131733364490507, 1.28536279843734,
    0.0686480438110907, 0.661364837747861, 1.01302395061663, 0.219143443232924, -1.13752766335028,
    2.62515084728924, 1.71536654490778, 0.661364837747861, 1.66127723802244, 2.52077591814223, 3.47505135616012,
    -1.53958775950811, 2.06022819369264, 1.66306354885032, -1.26314577467033, 0.958012606423456,
    0.0787551491412007, -2.00281202523681, 3.27109443180809, 3.19517161455331, 2.11891292790101,
    0.281128853783988, 2.80586128758585, 3.28607023910257, 2.63025590504115, -2.0411355586806,
    -2.85102317657986, 0.435414021412511, -1.78038031432387, -0.234826636265137, -2.67471915166619,
    2.50111996422728, 1.70123840638415, -2.27324266765419, -2.32482843295344, -1.82107295671586,
    -1.80255062991707, 0.188579044241461, -0.158210621179979, -0.516733173655962, -1.97472233936086,
    -1.51060144669422, -0.981641993061906, -1.1331046537195};
static const double crime_moran[UNITS] = {
    0.736818490608356, 0.528777013265967, 0.0938507416616012, 0.00482096662821632, 0.303606124752093,
    -0.181570516944717, -1.86058737557164, 0.0765840179164837, -0.0305950815986518, 0.0403092525441555,
    1.45791541689936, 0.638948856574565, 0.125280837361901, 0.615263041083215, 0.734843909725159,
    1.23877179477129, -0.108094628581475, 0.517051308272168, 0.800006125419968, 0.341409789721529,
    0.154939328058802, -0.00402479354504801, 0.900849469548623, 0.228527044626409, 1.41634419109187,
    0.287531124256137, -0.123973585483171, 0.976952879150399, 1.55662453264499, 1.65517154325179,
    1.01827325272178, 1.23985503670062, 0.0536036409032404, 0.528420879464308, -0.02995430426444,
    1.24324252223306, 0.423247010767058, 0.577546422942033, 1.10794651415256, 0.96929786512745,
    0.83167799375373, 1.08655317203784, 0.00577740194947923, -0.0206711214820048, 0.0679538400707103,
    1.24953770258196, 0.467678628259913, 0.203539666142014, 0.363361359788545};
static const double crime_moran_z[UNITS] = {
    0.937807651035261, 0.985659120261526, 0.718418912504628, 0.0666623234486721, 1.04713602943092,
    -0.454745751291894, -1.79917106522192, 0.997578656158759, -0.315946678876234, 1.21369347211729,
    2.19930441217654, 1.3514159200314, 0.398169428129357, 1.28566365626621, 2.37911484759986, 3.28243313720838,
    -1.79883361266012, 2.01178978741375, 1.25770030254518, 0.752325939474983, 0.920772241945577,
    -0.115475032552812, 1.78186236435482, 3.36065147310334, 2.89592871909818, 2.11231900862319,
    -0.194619799647091, 2.55596249076188, 2.9866325481057, 2.06828450018629, 1.75173111425371, 2.69559535008209,
    0.283645828814318, 1.64145328961955, -0.329657977285359, 2.38798590120783, 2.48563728075164,
    1.39845479766469, 2.06111255183628, 2.04936112533218, 1.53853646008128, 1.41802387829406, 0.164841078390326,
    -0.0599175169726221, 0.393662896403875, 1.6288335305667, 1.5159394969091, 0.83699156537206,
    0.870533676889444};
/* localmoran(alternative = "greater") and pnorm(localG, lower.tail = FALSE). */
static const struct {
    size_t unit;
    double moran_p, gi_p;
} crime_p[] = {{0, 0.17417163423250448, 0.924039591212682643},  {1, 0.16215020808693770, 0.909878643812140564},
               {2, 0.23624951450794907, 0.779942395631003094},  {5, 0.67535391893268304, 0.472634887804079418},
               {10, 0.01392814209649123, 0.004330529334686065}, {48, 0.19200441172046742, 0.871414846348403271}};

static void near_to(const char *what, size_t i, double expected, double obtained, double tolerance)
{
    if (!(fabs(expected - obtained) <= tolerance))
        fail_msg("%s of place %zu: expected %.15g, obtained %.15g, difference %.3g, tolerance %.3g", what, i, expected,
                 obtained, obtained - expected, tolerance);
}

typedef struct square_results {
    double gi_star[CELLS], moran_z[CELLS];
} square_results;

static void run_square(double window_m, square_results *out)
{
    float share[CELLS];
    hg_control control = {.threads = 2};
    hg_neighbourhood around;
    hg_local_plan *plan = NULL;
    for (size_t i = 0; i < CELLS; i++)
        share[i] = 1;
    assert_int_equal(hg_neighbourhood_within(window_m, 30, &around, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(SIDE, SIDE, share, &around, &control, &plan, NULL), HG_OK);
    assert_int_equal(hg_local_gi_star(plan, getisord, out->gi_star, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, getisord, NULL, out->moran_z, NULL), HG_OK);
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&around);
}

/* Gi leaves the cell out: so does the conditional z of local Moran, which is Gi's with the sign of the cell. */
static double gi_of(const square_results *r, size_t i)
{
    double sum = 0;
    for (size_t k = 0; k < CELLS; k++)
        sum += getisord[k];
    return getisord[i] > sum / CELLS ? r->moran_z[i] : -r->moran_z[i];
}

static void test_printed(void **state)
{
    (void)state;
    for (size_t w = 0; w < WINDOWS; w++) {
        square_results r;
        run_square(30.0 * (double)(w + 1), &r);
        near_to("Gi*", PRINTED, printed_gi_star[w], r.gi_star[PRINTED], 5.1e-7);
        near_to("Gi", PRINTED, printed_gi[w], gi_of(&r, PRINTED), 5.1e-7);
        if (w == 0) /* p. 267 has the sample variance: the same times sqrt((n - 1) / n) */
            near_to("Gi* of p. 267", PRINTED, 1.447943, r.gi_star[PRINTED] * sqrt(255.0 / 256), 5.1e-7);
    }
}

/* Opens a shared table past its header; NULL where it is not at hand. */
static FILE *open_table(const char *file)
{
    const char *folder = getenv("HOTGRID_SHARED_DATA");
    char path[512], line[512];
    snprintf(path, sizeof path, "%s/published_values/%s", folder ? folder : ".", file);
    FILE *f = fopen(path, "r");
    if (!f)
        print_message("skipped: %s is not here (HOTGRID_SHARED_DATA)\n", path);
    else
        assert_non_null(fgets(line, sizeof line, f));
    return f;
}

/* The next row's numbers; false at the end. */
static bool next_row(FILE *f, double *value, size_t n)
{
    char line[512];
    if (!fgets(line, sizeof line, f))
        return false;
    char *at = line;
    for (size_t i = 0; i < n; i++) {
        char *end;
        value[i] = strtod(at, &end);
        assert_ptr_not_equal(at, end);
        at = end + (*end == ',');
    }
    return true;
}

static void test_all_cells(void **state)
{
    (void)state;
    FILE *f = open_table("getisord_256cells_spdep.csv");
    if (!f)
        skip();
    square_results r[WINDOWS];
    for (size_t w = 0; w < WINDOWS; w++)
        run_square(30.0 * (double)(w + 1), &r[w]);
    size_t i = 0;
    for (double row[3 + 2 * WINDOWS]; next_row(f, row, 3 + 2 * WINDOWS); i++) {
        assert_true(row[2] == getisord[i]);
        for (size_t w = 0; w < WINDOWS; w++) {
            near_to("Gi", i, row[3 + 2 * w], gi_of(&r[w], i), 1e-9);
            near_to("Gi*", i, row[4 + 2 * w], r[w].gi_star[i], 1e-9);
        }
    }
    assert_int_equal(i, CELLS);
    fclose(f);
}

/*
 * (10,10) (20,10) (40,10) (15,20) (30,20) (30,30), neighbours within 15: the six as cells of 5 x 5 m, at 2,2 …; the
 * rest of the lattice is not in A.
 */
static void test_six_points(void **state)
{
    (void)state;
    enum { COLUMNS = 9, ROWS = 7, POINTS = 6 };
    static const int x[POINTS] = {10, 20, 40, 15, 30, 30}, y[POINTS] = {10, 10, 10, 20, 20, 30};
    static const double value[POINTS] = {2, 3, 3.2, 5, 8, 7};
    /* Gi and Gi* of spdep; the first Gi* is esda's -1.39727626 with transform "B" */
    static const double gi[POINTS] = {-1.01367289855026,  -0.0436158942016938, 1.31558702896054,
                                      -0.314126758204563, 1.15373985810677,    1.7783394086211};
    static const double gi_star[POINTS] = {-1.39727626201154,  -0.289177615627128, 0.650649635161037,
                                           -0.289177615627128, 1.23452088351987,   2.0242433093899};
    float share[COLUMNS * ROWS] = {0};
    double map[COLUMNS * ROWS], z[COLUMNS * ROWS], moran_z[COLUMNS * ROWS];
    hg_control control = {.threads = 1};
    hg_neighbourhood around;
    hg_local_plan *plan = NULL;
    for (size_t i = 0; i < COLUMNS * ROWS; i++)
        map[i] = NAN; /* outside A nothing is looked at */
    for (size_t i = 0; i < POINTS; i++) {
        size_t cell = (size_t)(y[i] / 5 * COLUMNS + x[i] / 5);
        share[cell] = 0.5f;
        map[cell] = value[i];
    }
    assert_int_equal(hg_neighbourhood_within(15, 5, &around, NULL), HG_OK);
    assert_int_equal(hg_local_plan_new(COLUMNS, ROWS, share, &around, &control, &plan, NULL), HG_OK);
    assert_int_equal(hg_local_gi_star(plan, map, z, NULL), HG_OK);
    assert_int_equal(hg_local_moran(plan, map, NULL, moran_z, NULL), HG_OK);
    for (size_t i = 0; i < POINTS; i++) {
        size_t cell = (size_t)(y[i] / 5 * COLUMNS + x[i] / 5);
        near_to("Gi*", i, gi_star[i], z[cell], 1e-9);
        near_to("Gi", i, gi[i], value[i] > 28.2 / 6 ? moran_z[cell] : -moran_z[cell], 1e-9);
    }
    assert_true(isnan(z[0]) && isnan(moran_z[0]));
    hg_local_plan_free(plan);
    hg_neighbourhood_dispose(&around);
}

static void test_columbus(void **state)
{
    (void)state;
    double gi_z[UNITS], gi_p[UNITS], moran[UNITS], moran_z[UNITS], moran_p[UNITS];
    const hg_local_columns out = {.gi_z = gi_z, .gi_p = gi_p, .moran = moran, .moran_z = moran_z,
                                  .moran_p = moran_p};
    assert_int_equal(hg_local_statistics(crime, UNITS, first, neighbour, 0, 1, 1, &out, NULL), HG_OK);
    for (size_t i = 0; i < UNITS; i++) {
        near_to("Gi*", i, crime_gi_star[i], gi_z[i], 1e-9);
        near_to("Moran's I", i, crime_moran[i], moran[i], 1e-9);
        near_to("Moran z", i, crime_moran_z[i], moran_z[i], 1e-9);
    }
    for (size_t k = 0; k < sizeof crime_p / sizeof *crime_p; k++) {
        near_to("Gi* p", crime_p[k].unit, crime_p[k].gi_p, gi_p[crime_p[k].unit], 1e-9);
        near_to("Moran p", crime_p[k].unit, crime_p[k].moran_p, moran_p[crime_p[k].unit], 1e-9);
    }
}

static void test_columbus_table(void **state)
{
    (void)state;
    FILE *f = open_table("columbus_crime_gistar_spdep.csv");
    if (!f)
        skip();
    double gi_z[UNITS], moran[UNITS], moran_z[UNITS];
    const hg_local_columns out = {.gi_z = gi_z, .moran = moran, .moran_z = moran_z};
    assert_int_equal(hg_local_statistics(crime, UNITS, first, neighbour, 0, 1, 1, &out, NULL), HG_OK);
    size_t i = 0;
    for (double row[7]; next_row(f, row, 7); i++) {
        assert_true(row[1] == crime[i]);
        near_to("Gi*", i, row[2], gi_z[i], 1e-9);
        near_to("Moran's I", i, row[5], moran[i], 1e-9);
        near_to("Moran z", i, row[6], moran_z[i], 1e-9);
    }
    assert_int_equal(i, UNITS);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_printed),  cmocka_unit_test(test_all_cells),      cmocka_unit_test(test_six_points),
        cmocka_unit_test(test_columbus), cmocka_unit_test(test_columbus_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
