/* SHA-256 of files against the examples of FIPS 180-4. */
#include "io/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/hotgrid_hash_XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_repeated(const char *path, const char *text, size_t times)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (size_t i = 0; i < times; i++)
        fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void published_digests(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
        size_t times;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 1},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 1},
        {"a", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 1000000},
    };
    char path[64], hex[HG_SHA256_HEX];
    snprintf(path, sizeof path, "%s/f", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_error err = {0};
        hg_hashing *h = NULL;
        write_repeated(path, cases[i].text, cases[i].times);
        assert_int_equal(hg_hash_file(path, NULL, hex, &err), HG_OK);
        assert_string_equal(hex, cases[i].hex);
        for (int patient = 0; patient < 2; patient++) {
            memset(hex, 0, sizeof hex);
            assert_int_equal(hg_hashing_start(path, patient, NULL, &h, &err), HG_OK);
            assert_int_equal(hg_hashing_join(h, hex, &err), HG_OK);
            assert_string_equal(hex, cases[i].hex);
        }
    }
    unlink(path);
}

static void failures_come_through_the_join(void **state)
{
    (void)state;
    hg_hashing *h = NULL;
    hg_error err = {0};
    char hex[HG_SHA256_HEX] = "untouched";
    assert_int_equal(hg_hashing_start("/nowhere/at/all", false, NULL, &h, &err), HG_OK);
    assert_int_equal(hg_hashing_join(h, hex, &err), HG_EIO);
    assert_non_null(strstr(err.message, "/nowhere/at/all"));
    assert_string_equal(hex, "untouched");
    assert_int_equal(hg_hash_file(folder, NULL, hex, &err), HG_EIO);
}

static void cancel_stops_it(void **state)
{
    (void)state;
    hg_control control = {0};
    hg_error err = {0};
    char path[64], hex[HG_SHA256_HEX] = "untouched";
    snprintf(path, sizeof path, "%s/f", folder);
    write_repeated(path, "abc", 1);
    atomic_store(&control.cancelled, true);
    assert_int_equal(hg_hash_file(path, &control, hex, &err), HG_ECANCELLED);
    assert_string_equal(hex, "untouched");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_digests),
        cmocka_unit_test(failures_come_through_the_join),
        cmocka_unit_test(cancel_stops_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
