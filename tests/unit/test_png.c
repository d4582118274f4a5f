/* Pictures: what is written is what GDAL reads back. */
#include "io/png.h"
#include "io/gdal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gdal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEST_FILE "p.png"
#include "tests/support/folder.h"

static void write_pixels(const uint32_t *pixels, uint32_t width, uint32_t height, size_t stride)
{
    hg_error err = {HG_OK, ""};
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(hg_png_write(f, pixels, width, height, stride, &err), HG_OK);
    assert_int_equal(fclose(f), 0);
}

static void expect_pixels(const uint32_t *pixels, int width, int height, size_t stride)
{
    GDALDatasetH ds = GDALOpen(path, GA_ReadOnly);
    unsigned char *bytes = malloc((size_t)width * (size_t)height * 3);
    assert_non_null(ds);
    assert_non_null(bytes);
    assert_int_equal(GDALGetRasterCount(ds), 3);
    assert_int_equal(GDALGetRasterXSize(ds), width);
    assert_int_equal(GDALGetRasterYSize(ds), height);
    assert_int_equal(GDALDatasetRasterIO(ds, GF_Read, 0, 0, width, height, bytes, width, height, GDT_Byte, 3, NULL, 3,
                                         3 * width, 1),
                     CE_None);
    for (size_t y = 0; y < (size_t)height; y++) {
        for (size_t x = 0; x < (size_t)width; x++) {
            const unsigned char *b = bytes + 3 * (y * (size_t)width + x);
            uint32_t read = (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
            assert_int_equal(read, pixels[y * stride + x] & 0xffffff);
        }
    }
    free(bytes);
    GDALClose(ds);
}

/* Red, green, blue over white, black, grey; what stands beyond the width is no part of it, nor is the highest byte. */
static void small_picture(void **state)
{
    (void)state;
    static const uint32_t pixels[] = {0xffff0000, 0x0000ff00, 0x120000ff, 0x00123456,
                                      0x00ffffff, 0x00000000, 0x00808080, 0x00654321};
    write_pixels(pixels, 3, 2, 4);
    expect_pixels(pixels, 3, 2, 4);
    write_pixels(pixels, 1, 1, 1);
    expect_pixels(pixels, 1, 1, 1);
}

/* Noise does not compress, so that the data is in many pieces. */
static void noise(void **state)
{
    (void)state;
    enum { WIDTH = 301, HEIGHT = 499 };
    uint32_t *pixels = malloc(WIDTH * HEIGHT * sizeof *pixels), v = 1;
    assert_non_null(pixels);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        pixels[i] = (v = v * 1664525u + 1013904223u) >> 8;
    write_pixels(pixels, WIDTH, HEIGHT, WIDTH);
    expect_pixels(pixels, WIDTH, HEIGHT, WIDTH);
    free(pixels);
}

static void full_disk(void **state)
{
    (void)state;
    static const uint32_t pixel = 0;
    hg_error err = {HG_OK, ""};
    FILE *f = fopen("/dev/full", "wb");
    if (!f)
        skip();
    setvbuf(f, NULL, _IONBF, 0);
    assert_int_equal(hg_png_write(f, &pixel, 1, 1, 1, &err), HG_EIO);
    assert_non_null(strstr(err.message, "cannot be written"));
    fclose(f);
}

int main(void)
{
    hg_gdal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_picture, enter, leave),
        cmocka_unit_test_setup_teardown(noise, enter, leave),
        cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
