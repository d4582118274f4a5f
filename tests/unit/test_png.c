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

/* Read back as red, green, blue and alpha, whether there is a palette or not. */
static void expect_alpha(const uint32_t *pixels, uint32_t width, uint32_t height, bool palette)
{
    FILE *f = fopen(path, "wb");
    assert_int_equal(hg_png_write_alpha(f, pixels, width, height, NULL), HG_OK);
    assert_int_equal(fclose(f), 0);
    GDALDatasetH ds = GDALOpen(path, GA_ReadOnly);
    assert_non_null(ds);
    assert_int_equal(GDALGetRasterCount(ds), palette ? 1 : 4);
    GDALColorTableH colours = GDALGetRasterColorTable(GDALGetRasterBand(ds, 1));
    for (uint32_t i = 0; i < width * height; i++) {
        unsigned char b[4] = {0};
        for (int c = 0; c < GDALGetRasterCount(ds); c++)
            assert_int_equal(GDALRasterIO(GDALGetRasterBand(ds, c + 1), GF_Read, (int)(i % width), (int)(i / width), 1,
                                          1, &b[c], 1, 1, GDT_Byte, 0, 0),
                             CE_None);
        if (palette) {
            const GDALColorEntry *e = GDALGetColorEntry(colours, b[0]);
            const short parts[] = {e->c1, e->c2, e->c3, e->c4};
            for (int c = 0; c < 4; c++)
                b[c] = (unsigned char)parts[c];
        }
        assert_int_equal((uint32_t)b[3] << 24 | (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2], pixels[i]);
    }
    GDALClose(ds);
}

/* 256 colours have a palette, 257 do not. */
static void pictures_with_alpha(void **state)
{
    (void)state;
    enum { WIDTH = 32, HEIGHT = 17 };
    uint32_t pixels[WIDTH * HEIGHT];
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = (i % 256) * 0x9e3779b1U;
    expect_alpha(pixels, WIDTH, HEIGHT, true);
    pixels[WIDTH * HEIGHT - 1] = 0x12345678;
    expect_alpha(pixels, WIDTH, HEIGHT, false);
    expect_alpha(pixels, 1, 1, true);
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
        cmocka_unit_test_setup_teardown(pictures_with_alpha, enter, leave),
        cmocka_unit_test(full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
