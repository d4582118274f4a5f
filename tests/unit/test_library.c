/* The public header, and nothing but it: what a program that links the library may rely on. */
#include <hotgrid.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_statuses(void **state)
{
    (void)state;
    static const int codes[HG_STATUS_END] = {0, 1, 2, 3, 4, 1, 130};
    for (int s = 0; s < HG_STATUS_END; s++) {
        assert_non_null(hg_status_text((hg_status)s));
        assert_true(strlen(hg_status_text((hg_status)s)) > 1);
        assert_int_equal(hg_status_exit_code((hg_status)s), codes[s]);
        for (int t = 0; t < s; t++)
            assert_string_not_equal(hg_status_text((hg_status)s), hg_status_text((hg_status)t));
    }
    assert_non_null(hg_status_text(HG_STATUS_END));
}

static void test_version(void **state)
{
    (void)state;
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", HG_VERSION_MAJOR, HG_VERSION_MINOR,
             HG_VERSION_PATCH);
    assert_string_equal(hg_version(), expected);
}

static void test_commands_and_options(void **state)
{
    (void)state;
    bool hotspots = false;
    for (size_t c = 0; c < hg_command_count(); c++) {
        const hg_command_info *command = hg_command_at(c);
        assert_non_null(command);
        assert_true(command->name && command->summary && command->synopsis && command->examples);
        assert_non_null(command->examples[0]);
        hotspots |= strcmp(command->name, "hotspots") == 0;
        hg_job *job = NULL;
        assert_int_equal(hg_job_new(command->name, &job, NULL), HG_OK);
        hg_job_free(job);
    }
    assert_true(hotspots);
    assert_null(hg_command_at(hg_command_count()));
    for (size_t i = 0; i < hg_option_count(); i++) {
        const hg_option_info *option = hg_option_at(i);
        size_t takers = 0;
        assert_true(option && option->name && option->help);
        for (size_t c = 0; c < hg_command_count(); c++)
            takers += hg_option_applies(i, hg_command_at(c)->name);
        assert_true(takers > 0);
        assert_false(hg_option_applies(i, "nonsense"));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(option->name, hg_option_at(j)->name);
            assert_true(!option->short_name || option->short_name != hg_option_at(j)->short_name);
        }
    }
    assert_null(hg_option_at(hg_option_count()));
    assert_false(hg_option_applies(hg_option_count(), "hotspots"));
}

static void test_misuse_leaves_outputs_alone(void **state)
{
    (void)state;
    hg_job *job = (hg_job *)&job;
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_job_new("nonsense", &job, &err), HG_EUSAGE);
    assert_ptr_equal(job, &job);
    assert_int_equal(err.status, HG_EUSAGE);
    assert_non_null(strstr(err.message, "nonsense"));
    assert_null(strchr(err.message, '\n'));
    job = NULL;
    assert_int_equal(hg_job_new("density", &job, &err), HG_OK);
    assert_int_equal(hg_job_set(job, "budget", "1%", &err), HG_EUSAGE); /* not density's */
    assert_int_equal(hg_job_set(job, "no-such", "1", &err), HG_EUSAGE);
    assert_int_equal(hg_job_set(job, "cell", "-5", &err), HG_EUSAGE);
    assert_non_null(strstr(err.message, "-5"));
    assert_int_equal(hg_job_set(job, "cell", NULL, &err), HG_EUSAGE);
    assert_int_equal(hg_job_set(job, "overwrite", "yes", &err), HG_EUSAGE);
    assert_int_equal(hg_job_set(job, "cell", "-5", NULL), HG_EUSAGE);
    assert_int_equal(hg_job_run(job, &err), HG_EUSAGE); /* neither input nor output */
    hg_job_free(job);
    hg_job_free(NULL);
}

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/hotgrid_library_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static const char *in_folder(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"events.csv", "a.gpkg", "a_density.tif", "a_density.qml"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove(in_folder(names[i], path));
    return remove(folder); /* fails where anything else was left behind */
}

static void write_events(const char *path)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "x,y\n");
    for (int i = 0; i < 200; i++)
        fprintf(f, "%d,%d\n", 500000 + i * i % 1999, 4000000 + i * 37 % 1501);
    assert_int_equal(fclose(f), 0);
}

static hg_job *prepared(const char *input, const char *output)
{
    hg_job *job = NULL;
    assert_int_equal(hg_job_new("hotspots", &job, NULL), HG_OK);
    assert_int_equal(hg_job_set(job, "crs", "EPSG:32650", NULL), HG_OK);
    assert_int_equal(hg_job_set(job, "bandwidth", "300m", NULL), HG_OK);
    assert_int_equal(hg_job_add_input(job, input, NULL), HG_OK);
    assert_int_equal(hg_job_set(job, "output", output, NULL), HG_OK);
    return job;
}

static void cancel_at_once(void *payload, const char *step, double fraction)
{
    (void)step;
    (void)fraction;
    hg_job_cancel(payload);
}

static void test_cancelled_then_run(void **state)
{
    (void)state;
    char input[128], output[128];
    hg_error err = {HG_OK, ""};
    write_events(in_folder("events.csv", input));
    hg_job *job = prepared(input, in_folder("a.gpkg", output));
    hg_job_on_progress(job, cancel_at_once, job);
    assert_int_equal(hg_job_run(job, &err), HG_ECANCELLED);
    hg_job_free(job);
    assert_null(fopen(output, "r")); /* nothing is left of it */

    job = prepared(input, output);
    assert_int_equal(hg_job_run(job, &err), HG_OK);
    assert_non_null(strstr(hg_job_summary(job), "200 rows read = 200 accepted + 0 rejected"));
    assert_non_null(strstr(hg_job_json(job), "\"accepted\":200"));
    for (size_t i = 0; i < hg_job_note_count(job); i++)
        assert_non_null(hg_job_note(job, i));
    assert_null(hg_job_note(job, hg_job_note_count(job)));
    hg_job_free(job);

    job = prepared(input, output); /* an existing result is refused */
    assert_int_equal(hg_job_run(job, &err), HG_EIO);
    assert_non_null(strstr(err.message, "exists"));
    hg_job_free(job);
}

/* Tiananmen and a corner of the area, as in the published vectors; the way there and back. */
static void test_offsets(void **state)
{
    (void)state;
    double lon = 0, lat = 0, back_lon = 0, back_lat = 0;
    hg_wgs84_to_gcj02(116.404, 39.915, &lon, &lat);
    assert_true(lon > 116.409 && lon < 116.411 && lat > 39.915 && lat < 39.917);
    assert_true(hg_gcj02_to_wgs84(lon, lat, &back_lon, &back_lat));
    assert_true(fabs(back_lon - 116.404) < 1e-8);
    assert_true(fabs(back_lat - 39.915) < 1e-8);
    hg_wgs84_to_gcj02(-0.1276, 51.5072, &lon, &lat); /* London is not offset */
    assert_true(lon == -0.1276 && lat == 51.5072);
    hg_gcj02_to_bd09(116.41, 39.92, &lon, &lat);
    assert_true(hg_bd09_to_gcj02(lon, lat, &back_lon, &back_lat));
    assert_true(fabs(back_lon - 116.41) < 1e-8);
    assert_true(fabs(back_lat - 39.92) < 1e-8);
}

/* One point at a cell's centre and one half a support away, by hand. */
static void test_kernel_density(void **state)
{
    (void)state;
    static const double x[] = {500005, 500055}, y[] = {4000005, 4000005}, w[] = {2, 3};
    static const hg_lattice lattice = {10, 50000, 400000, 3, 1};
    double out[3] = {-1, -1, -1};
    const double unit = 1e6 / (M_PI * 100 * 100);
    assert_int_equal(hg_kernel_density(x, y, w, 2, &lattice, "quartic", 100, 1, out, NULL), HG_OK);
    for (int k = 0; k < 3; k++) {
        double u = 0.1 * k, v = 0.5 - 0.1 * k;
        double expected = 3 * unit * (2 * pow(1 - u * u, 2) + 3 * pow(1 - v * v, 2));
        if (fabs(out[k] - expected) > 1e-9 * expected)
            fail_msg("cell %d: %.17g, expected %.17g", k, out[k], expected);
    }
    assert_int_equal(hg_kernel_density(x, y, NULL, 2, &lattice, "uniform", 50, 2, out, NULL),
                     HG_OK);
    assert_true(fabs(out[0] - 4 * unit) < 1e-9 * unit); /* the other lies on the rim: not inside */
    assert_true(fabs(out[1] - 8 * unit) < 1e-9 * unit);
    out[0] = -1;
    hg_error err = {HG_OK, ""};
    assert_int_equal(hg_kernel_density(x, y, w, 2, &lattice, "box", 50, 1, out, &err), HG_EUSAGE);
    assert_int_equal(hg_kernel_density(x, y, w, 2, &lattice, "quartic", 5, 1, out, &err),
                     HG_EUSAGE);
    assert_int_equal(hg_kernel_density(x, y, w, 2, &lattice, "quartic", NAN, 1, out, &err),
                     HG_EUSAGE);
    const hg_lattice odd = {0, 0, 0, 3, 1}, none = {10, 0, 0, 0, 1};
    assert_int_equal(hg_kernel_density(x, y, w, 2, &odd, "quartic", 50, 1, out, &err), HG_EUSAGE);
    assert_int_equal(hg_kernel_density(x, y, w, 2, &none, "quartic", 50, 1, out, &err), HG_EUSAGE);
    assert_true(out[0] == -1);
    assert_int_equal(hg_kernel_density(NULL, NULL, NULL, 0, &lattice, "quartic", 50, 1, out, &err),
                     HG_OK);
    assert_true(out[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_commands_and_options),
        cmocka_unit_test(test_misuse_leaves_outputs_alone),
        cmocka_unit_test_setup_teardown(test_cancelled_then_run, make_folder, remove_folder),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_kernel_density),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
