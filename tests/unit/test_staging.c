/* Outputs appear whole or not at all. */
#include "io/staging.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/hotgrid_staging_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *in_folder(const char *name)
{
    static char path[4][160];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void assert_text(const char *path, const char *expected)
{
    char text[64] = "";
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s: expected \"%s\", there is no file", path, expected);
    assert_true(fgets(text, sizeof text, f) || *expected == '\0');
    fclose(f);
    assert_string_equal(text, expected);
}

static int files_there(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static void commit_puts_files_in_place(void **state)
{
    (void)state;
    hg_staging *s = NULL;
    const char *a = NULL, *b = NULL;
    hg_error err = {0};
    assert_int_equal(hg_staging_new(false, &s, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("d.tif"), &a, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &b, &err), HG_OK);
    assert_string_equal(a + strlen(a) - 4, ".tif");
    assert_string_equal(b + strlen(b) - 5, ".gpkg");
    assert_int_equal(files_there(), 0);
    char *name = hg_staging_final_name(b), *other = hg_staging_final_name("x/.y.part1.gpkg");
    assert_string_equal(name, in_folder("r.gpkg"));
    assert_string_equal(other, "x/.y.part1.gpkg");
    hg_free(name);
    hg_free(other);
    write_text(a, "raster");
    write_text(b, "store");
    assert_int_not_equal(access(in_folder("r.gpkg"), F_OK), 0);
    assert_int_equal(hg_staging_commit(s, &err), HG_OK);
    hg_staging_free(s);
    assert_text(in_folder("d.tif"), "raster");
    assert_text(in_folder("r.gpkg"), "store");
    assert_int_equal(files_there(), 2);
}

static void free_removes_what_was_not_committed(void **state)
{
    (void)state;
    hg_staging *s = NULL;
    const char *a = NULL;
    char side[512];
    hg_error err = {0};
    assert_int_equal(hg_staging_new(false, &s, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &a, &err), HG_OK);
    write_text(a, "half");
    snprintf(side, sizeof side, "%s-journal", a);
    write_text(side, "journal");
    snprintf(side, sizeof side, "%s.ovr.tmp", a);
    write_text(side, "overview");
    hg_staging_free(s);
    assert_int_equal(files_there(), 0);
}

static void existing_output_needs_overwrite(void **state)
{
    (void)state;
    hg_staging *s = NULL;
    const char *a = NULL;
    hg_error err = {0};
    write_text(in_folder("r.gpkg"), "old");
    write_text(in_folder("r.gpkg-wal"), "pages of the old file");
    assert_int_equal(hg_staging_new(false, &s, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &a, &err), HG_EIO);
    assert_non_null(strstr(err.message, "--overwrite"));
    assert_null(a);
    hg_staging_free(s);
    assert_text(in_folder("r.gpkg"), "old");

    assert_int_equal(hg_staging_new(true, &s, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &a, &err), HG_OK);
    write_text(a, "new");
    assert_text(in_folder("r.gpkg"), "old");
    assert_int_equal(hg_staging_commit(s, &err), HG_OK);
    hg_staging_free(s);
    assert_text(in_folder("r.gpkg"), "new");
    assert_int_equal(files_there(), 1);
}

static void output_that_appears_meanwhile_is_kept(void **state)
{
    (void)state;
    hg_staging *s = NULL;
    const char *a = NULL;
    hg_error err = {0};
    assert_int_equal(hg_staging_new(false, &s, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &a, &err), HG_OK);
    write_text(a, "ours");
    write_text(in_folder("r.gpkg"), "theirs");
    assert_int_equal(hg_staging_commit(s, &err), HG_EIO);
    hg_staging_free(s);
    assert_text(in_folder("r.gpkg"), "theirs");
    assert_int_equal(files_there(), 1);
}

static void impossible_places_are_refused(void **state)
{
    (void)state;
    hg_staging *s = NULL;
    const char *a = NULL, *b = NULL;
    hg_error err = {0};
    mkdir(in_folder("dir.gpkg"), 0777);
    assert_int_equal(hg_staging_new(true, &s, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("dir.gpkg"), &a, &err), HG_EIO);
    assert_non_null(strstr(err.message, "is a folder"));
    assert_int_equal(hg_staging_add(s, in_folder("missing/r.gpkg"), &a, &err), HG_EIO);
    assert_non_null(strstr(err.message, "does not exist"));
    assert_int_equal(hg_staging_add(s, "/dev/null", &a, &err), HG_EIO);
    assert_int_equal(hg_staging_add(s, "/proc/r.gpkg", &a, &err), HG_EIO);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &a, &err), HG_OK);
    assert_int_equal(hg_staging_add(s, in_folder("r.gpkg"), &b, &err), HG_EUSAGE);
    assert_int_equal(hg_staging_commit(s, &err), HG_EIO); /* never written */
    hg_staging_free(s);
}

static void space_is_checked(void **state)
{
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg_staging_require_space(in_folder("x"), 1, &err), HG_OK);
    assert_int_equal(hg_staging_require_space("x", 1, &err), HG_OK);
    assert_int_equal(hg_staging_require_space(in_folder("x"), UINT64_MAX / 2, &err), HG_EIO);
    assert_non_null(strstr(err.message, "MB are free"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commit_puts_files_in_place, enter, leave),
        cmocka_unit_test_setup_teardown(free_removes_what_was_not_committed, enter, leave),
        cmocka_unit_test_setup_teardown(existing_output_needs_overwrite, enter, leave),
        cmocka_unit_test_setup_teardown(output_that_appears_meanwhile_is_kept, enter, leave),
        cmocka_unit_test_setup_teardown(impossible_places_are_refused, enter, leave),
        cmocka_unit_test_setup_teardown(space_is_checked, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
