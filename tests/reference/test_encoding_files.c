/* Real administrative tables of Guangdong and beyond, in every encoding they were stored in. */
#include "base/memory.h"
#include "io/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool path_of(const char *file, char path[512])
{
    const char *folder = getenv("HOTGRID_SHARED_DATA");
    snprintf(path, 512, "%s/china_guangdong_zhuhai/%s", folder ? folder : ".", file);
    if (access(path, R_OK) == 0)
        return true;
    print_message("skipped: %s is not here (HOTGRID_SHARED_DATA)\n", path);
    return false;
}

static char *text_of(const char *file, const char *wanted, hg_encoding *e)
{
    char path[512], *text = NULL;
    size_t size = 0;
    hg_error err = {0};
    assert_true(path_of(file, path));
    if (hg_encoding_detect(path, wanted, e, &err) || hg_encoding_read(path, e, &text, &size, &err))
        fail_msg("%s: %s", file, err.message);
    assert_int_equal(strlen(text), size);
    return text;
}

static bool all_here(void)
{
    char path[512];
    return path_of("SOURCE.md", path);
}

static const struct {
    const char *file, *name;
    size_t bom, rows;
} files[] = {
    {"guangdong_streets_utf8.csv", "UTF-8", 0, 1757},
    {"guangdong_streets_utf8_bom_crlf_zh_header.csv", "UTF-8", 3, 1757},
    {"guangdong_streets_gb18030.csv", "GB18030", 0, 1757},
    {"guangdong_streets_gbk.csv", "GB18030", 0, 1756},
    {"zhuhai_villages_utf8.csv", "UTF-8", 0, 345},
    {"zhuhai_villages_gb18030.csv", "GB18030", 0, 345},
    {"zhuhai_streets_utf16le_bom.csv", "UTF-16LE", 2, 31},
    {"villages_not_in_gbk_utf8.csv", "UTF-8", 0, 48},
    {"villages_not_in_gbk_gb18030.csv", "GB18030", 0, 48},
    {"villages_in_gbk_not_gb2312_gbk_first2000.csv", "GB18030", 0, 2000},
};

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; (text = strchr(text, '\n')); text++)
        lines++;
    return lines;
}

static void every_file_is_decided_right(void **state)
{
    (void)state;
    if (!all_here())
        skip();
    for (size_t i = 0; i < COUNT(files); i++) {
        hg_encoding e;
        char *text = text_of(files[i].file, "auto", &e);
        if (strcmp(e.name, files[i].name) != 0 || e.bom != files[i].bom || e.undecided || e.ascii)
            fail_msg("%s: expected %s with a mark of %zu, obtained %s with %zu (%s)", files[i].file,
                     files[i].name, files[i].bom, e.name, e.bom, e.how);
        if (lines_of(text) != files[i].rows + 1)
            fail_msg("%s: expected %zu lines, obtained %zu", files[i].file, files[i].rows + 1,
                     lines_of(text));
        assert_null(strstr(text, "\xef\xbf\xbd")); /* no U+FFFD */
        assert_null(strstr(text, "\xef\xbb\xbf"));
        hg_free(text);
    }
}

/* Header lines differ between siblings (编码,名称 and code,name): the rows must be equal. */
static const char *rows_of(const char *text)
{
    const char *end = strchr(text, '\n');
    assert_non_null(end);
    return end + 1;
}

static void expect_same_rows(const char *a_file, const char *b_file, const char *wanted)
{
    hg_encoding e;
    char *a = text_of(a_file, wanted, &e), *b = text_of(b_file, "auto", &e);
    if (strcmp(rows_of(a), rows_of(b)) != 0)
        fail_msg("%s as %s differs from %s", a_file, wanted, b_file);
    hg_free(a);
    hg_free(b);
}

static void siblings_decode_to_the_same_text(void **state)
{
    (void)state;
    if (!all_here())
        skip();
    expect_same_rows("guangdong_streets_gb18030.csv", "guangdong_streets_utf8.csv", "auto");
    expect_same_rows("guangdong_streets_gb18030.csv", "guangdong_streets_utf8.csv", "GBK");
    expect_same_rows("guangdong_streets_utf8_bom_crlf_zh_header.csv", "guangdong_streets_utf8.csv",
                     "auto");
    expect_same_rows("zhuhai_villages_gb18030.csv", "zhuhai_villages_utf8.csv", "auto");
    expect_same_rows("villages_not_in_gbk_gb18030.csv", "villages_not_in_gbk_utf8.csv", "auto");
    expect_same_rows("villages_not_in_gbk_gb18030.csv", "villages_not_in_gbk_utf8.csv", "gbk");
}

/* The GBK file lacks the one row that GBK cannot write; each of its rows stands in the UTF-8 file.
 */
static void every_row_in_one_stands_in_the_other(void **state)
{
    static const char *const pairs[][2] = {
        {"guangdong_streets_gbk.csv", "guangdong_streets_utf8.csv"},
        {"zhuhai_streets_utf16le_bom.csv", "guangdong_streets_utf8.csv"}};
    (void)state;
    if (!all_here())
        skip();
    for (size_t i = 0; i < COUNT(pairs); i++) {
        hg_encoding e;
        char *part = text_of(pairs[i][0], "auto", &e), *whole = text_of(pairs[i][1], "auto", &e);
        char *save = NULL, *line = strtok_r(part, "\r\n", &save);
        while ((line = strtok_r(NULL, "\r\n", &save)))
            if (!strstr(whole, line))
                fail_msg("%s: row '%s' is not in %s", pairs[i][0], line, pairs[i][1]);
        hg_free(part);
        hg_free(whole);
    }
}

static void a_name_that_cannot_decode_is_an_error(void **state)
{
    static const char *const cases[][2] = {
        {"guangdong_streets_gb18030.csv", "UTF-8"},  {"zhuhai_villages_gb18030.csv", "utf8"},
        {"villages_not_in_gbk_gb18030.csv", "BIG5"}, {"guangdong_streets_gbk.csv", "SHIFT_JIS"},
        {"zhuhai_streets_utf16le_bom.csv", "GBK"},   {"zhuhai_villages_gb18030.csv", "ASCII"}};
    (void)state;
    if (!all_here())
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char path[512];
        hg_encoding e;
        hg_error err = {0};
        assert_true(path_of(cases[i][0], path));
        if (hg_encoding_detect(path, cases[i][1], &e, &err) != HG_EDATA)
            fail_msg("%s as %s: expected bad data", cases[i][0], cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_decided_right),
        cmocka_unit_test(siblings_decode_to_the_same_text),
        cmocka_unit_test(every_row_in_one_stands_in_the_other),
        cmocka_unit_test(a_name_that_cannot_decode_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
