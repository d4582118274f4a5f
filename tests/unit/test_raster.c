/* Rasters: what is written is what GDAL reads back, and failures leave nothing behind. */
#include "io/raster.h"
#include "io/gdal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <gdal.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char UTM[] =
    "PROJCS[\"WGS 84 / UTM zone 49N\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\","
    "6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],"
    "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],PARAMETER["
    "\"central_meridian\",111],PARAMETER[\"scale_factor\",0.9996],PARAMETER[\"false_easting\","
    "500000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]";
static const char *const ITEMS[] = {"KERNEL=quartic", "BANDWIDTH_M=400", NULL};

#define TEST_FILE "d.tif"
#include "tests/support/folder.h"

static int files_there(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static hg_raster_spec make_spec(int64_t columns, int64_t rows)
{
    return (hg_raster_spec){columns,           rows,    415000, 2445000, 10, UTM,
                            "density per km2", "1/km2", ITEMS};
}

static float value(int64_t row, int64_t column)
{
    return column % 11 == 0 ? HG_RASTER_NODATA : (float)sin((double)(row * 31 + column)) + 2;
}

/* Bands of 100 rows, the last first. */
static hg_status write_all(hg_raster *r, int64_t columns, int64_t rows, hg_error *err)
{
    float *band = malloc((size_t)columns * 100 * sizeof *band);
    hg_status s = HG_OK;
    assert_non_null(band);
    for (int64_t row0 = (rows - 1) / 100 * 100; s == HG_OK && row0 >= 0; row0 -= 100) {
        int64_t n = rows - row0 < 100 ? rows - row0 : 100;
        for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < columns; j++)
                band[i * columns + j] = value(row0 + i, j);
        s = hg_raster_write(r, row0, n, band, err);
    }
    free(band);
    return s;
}

static void check_values(GDALDatasetH ds, int columns, int rows)
{
    float *row = malloc((size_t)columns * sizeof *row);
    assert_non_null(row);
    for (int i = 0; i < rows; i++) {
        assert_int_equal(GDALRasterIO(GDALGetRasterBand(ds, 1), GF_Read, 0, i, columns, 1, row,
                                      columns, 1, GDT_Float32, 0, 0),
                         CE_None);
        for (int j = 0; j < columns; j++)
            if (row[j] != value(i, j))
                fail_msg("row %d column %d: expected %.9g, obtained %.9g, tolerance 0", i, j,
                         (double)value(i, j), (double)row[j]);
    }
    free(row);
}

static void reads_back_as_written(void **state)
{
    (void)state;
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(1030, 777);
    assert_int_equal(hg_raster_new(path, &spec, NULL, &r, &err), HG_OK);
    assert_int_equal(write_all(r, 1030, 777, &err), HG_OK);
    if (hg_raster_finish(r, &err) != HG_OK)
        fail_msg("%s", err.message);
    assert_int_equal(files_there(), 1);

    GDALDatasetH ds = GDALOpen(path, GA_ReadOnly);
    assert_non_null(ds);
    check_values(ds, 1030, 777);
    double t[6];
    assert_int_equal(GDALGetGeoTransform(ds, t), CE_None);
    assert_true(t[0] == 415000 && t[1] == 10 && t[3] == 2445000 && t[5] == -10);
    GDALRasterBandH band = GDALGetRasterBand(ds, 1);
    assert_true(GDALGetRasterNoDataValue(band, NULL) == -9999);
    assert_string_equal(GDALGetDescription(band), "density per km2");
    assert_string_equal(GDALGetRasterUnitType(band), "1/km2");
    assert_string_equal(GDALGetMetadataItem(ds, "BANDWIDTH_M", NULL), "400");
    assert_string_equal(GDALGetMetadataItem(ds, "LAYOUT", "IMAGE_STRUCTURE"), "COG");
    assert_true(GDALGetOverviewCount(band) >= 1);
    assert_non_null(strstr(GDALGetProjectionRef(ds), "UTM zone 49N"));
    GDALClose(ds);
}

static void one_cell_is_a_raster(void **state)
{
    (void)state;
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(1, 1);
    assert_int_equal(hg_raster_new(path, &spec, NULL, &r, &err), HG_OK);
    assert_int_equal(write_all(r, 1, 1, &err), HG_OK);
    assert_int_equal(hg_raster_finish(r, &err), HG_OK);
}

static void rows_outside_are_refused(void **state)
{
    (void)state;
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(3, 3);
    float row[9] = {0};
    assert_int_equal(hg_raster_new(path, &spec, NULL, &r, &err), HG_OK);
    assert_int_equal(hg_raster_write(r, 2, 2, row, &err), HG_EFAIL);
    hg_raster_free(r);
    assert_int_equal(files_there(), 0);
}

static void larger_than_the_disk_is_refused_at_once(void **state)
{
    (void)state;
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(10000000, 10000000);
    assert_int_equal(hg_raster_new(path, &spec, NULL, &r, &err), HG_EIO);
    assert_non_null(strstr(err.message, "needs"));
    assert_null(r);
    assert_int_equal(files_there(), 0);
}

static void cancel_leaves_nothing(void **state)
{
    (void)state;
    hg_control control = {0};
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(600, 600);
    assert_int_equal(hg_raster_new(path, &spec, &control, &r, &err), HG_OK);
    assert_int_equal(write_all(r, 600, 600, &err), HG_OK);
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_raster_finish(r, &err), HG_ECANCELLED);
    assert_int_equal(files_there(), 0);
}

/* The flag rises while the COG is being written. */
static void cancel_now(void *payload, const char *step, double fraction)
{
    (void)step;
    if (fraction > 0.2)
        atomic_store(&((hg_control *)payload)->cancelled, true);
}

static void cancel_during_the_writing_leaves_nothing(void **state)
{
    (void)state;
    hg_control control = {.progress = cancel_now};
    control.payload = &control;
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(2000, 2000);
    assert_int_equal(hg_raster_new(path, &spec, &control, &r, &err), HG_OK);
    assert_int_equal(write_all(r, 2000, 2000, &err), HG_OK);
    assert_int_equal(hg_raster_finish(r, &err), HG_ECANCELLED);
    assert_int_equal(files_there(), 0);
}

/* A limit on the size of files stands for a full disk (both come to a failed write). */
static void full_disk_is_said_and_leaves_nothing(void **state)
{
    (void)state;
    struct rlimit old, small;
    hg_raster *r = NULL;
    hg_error err = {0};
    hg_raster_spec spec = make_spec(1500, 1500);
    assert_int_equal(hg_raster_new(path, &spec, NULL, &r, &err), HG_OK);
    assert_int_equal(write_all(r, 1500, 1500, &err), HG_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){100000, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    hg_status s = hg_raster_finish(r, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(s, HG_EIO);
    if (!strstr(err.message, "the disk is full"))
        fail_msg("expected a full disk to be named, obtained: %s", err.message);
    assert_int_equal(files_there(), 0);
}

int main(void)
{
    hg_gdal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_back_as_written, enter, leave),
        cmocka_unit_test_setup_teardown(one_cell_is_a_raster, enter, leave),
        cmocka_unit_test_setup_teardown(rows_outside_are_refused, enter, leave),
        cmocka_unit_test_setup_teardown(larger_than_the_disk_is_refused_at_once, enter, leave),
        cmocka_unit_test_setup_teardown(cancel_leaves_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(cancel_during_the_writing_leaves_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(full_disk_is_said_and_leaves_nothing, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
