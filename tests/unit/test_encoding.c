/* Which encoding a text is in: small byte strings, each in the encoding its name says. */
#include "base/memory.h"
#include "base/random.h"
#include "io/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iconv.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

typedef struct bytes {
    char s[8192];
    size_t n;
} bytes;

/* The same text in another encoding, made by iconv. */
static bytes in(const char *encoding, const char *utf8)
{
    bytes b = {.n = 0};
    char *from = (char *)(uintptr_t)utf8, *to = b.s;
    size_t left = strlen(utf8), room = sizeof b.s;
    iconv_t cd = iconv_open(encoding, "UTF-8");
    assert_true(cd != (iconv_t)-1);
    if (iconv(cd, &from, &left, &to, &room) == (size_t)-1)
        fail_msg("test text cannot be written in %s", encoding);
    iconv_close(cd);
    b.n = sizeof b.s - room;
    return b;
}

static void make_file(const bytes *b, char path[64])
{
    strcpy(path, "/tmp/hotgrid_encoding_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b->s, b->n), (ssize_t)b->n);
    close(fd);
}

/* Detects through a file, reads it, and compares with the text. */
static hg_encoding expect_read(const bytes *b, const char *wanted, const char *name,
                               const char *utf8)
{
    char path[64], *text = NULL;
    size_t size = 0;
    hg_encoding e = {.bom = 99};
    hg_error err = {0};
    make_file(b, path);
    hg_status status = hg_encoding_detect(path, wanted, &e, &err);
    if (!status)
        status = hg_encoding_read(path, &e, &text, &size, &err);
    unlink(path);
    if (status)
        fail_msg("'%s' in %s: %s", utf8, name, err.message);
    assert_string_equal(e.name, name);
    assert_string_equal(text, utf8);
    assert_int_equal(size, strlen(utf8));
    hg_free(text);
    return e;
}

static void expect_error(const bytes *b, const char *wanted, hg_status status, const char *part)
{
    char path[64];
    hg_encoding e = {.bom = 99};
    hg_error err = {0};
    make_file(b, path);
    hg_status got = hg_encoding_detect(path, wanted, &e, &err);
    unlink(path);
    if (got != status || !strstr(err.message, part))
        fail_msg("expected status %d with '%s', obtained %d '%s'", (int)status, part, (int)got,
                 got ? err.message : e.how);
    assert_int_equal(e.bom, 99);
}

static bytes raw(const char *s, size_t n)
{
    bytes b = {.n = n};
    memcpy(b.s, s, n);
    return b;
}

#define RAW(literal) raw(literal, sizeof(literal) - 1)

static const char table[] = "编号,地点,类型\n1,平沙镇前锋社区,盗窃\n2,南水镇飞沙村,交通事故\n"
                            "3,红旗镇广安社区,诈骗\n4,三灶镇海澄村,打架斗殴\n";

static void ascii_and_utf8(void **state)
{
    (void)state;
    bytes b = in("UTF-8", "id,x,y\n1,2,3\n");
    assert_true(expect_read(&b, "auto", "UTF-8", "id,x,y\n1,2,3\n").ascii);
    b = in("UTF-8", "");
    assert_true(expect_read(&b, "auto", "UTF-8", "").ascii);
    b = in("UTF-8", table);
    hg_encoding e = expect_read(&b, "auto", "UTF-8", table);
    assert_true(!e.ascii && !e.undecided && e.bom == 0);
    b = RAW("\xef\xbb\xbf"
            "a,\xe5\xb9\xb3\n");
    assert_int_equal(expect_read(&b, "auto", "UTF-8", "a,平\n").bom, 3);
    assert_int_equal(expect_read(&b, "utf8", "UTF-8", "a,平\n").bom, 3);
    b = in("UTF-8", "caf\u00e9, na\u00efve, Stra\u00dfe");
    expect_read(&b, "auto", "UTF-8", "café, naïve, Straße");
}

static void utf16_with_mark(void **state)
{
    (void)state;
    char marked[600];
    snprintf(marked, sizeof marked, "\ufeff%s", table);
    static const char *const names[] = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "GB18030"};
    for (size_t i = 0; i < COUNT(names); i++) {
        bytes b = in(names[i], marked);
        hg_encoding e = expect_read(&b, "auto", names[i], table);
        assert_true(e.bom > 0 && strstr(e.how, "mark"));
        b.n -= i < 4;
        if (i < 4)
            expect_error(&b, "auto", HG_EDATA, "line 5"); /* its line end is cut */
    }
    bytes b = in("UTF-16LE", marked);
    expect_read(&b, "UTF-16", "UTF-16LE", table);
    expect_error(&b, "UTF-16BE", HG_EDATA, "byte-order mark of UTF-16LE");
    expect_error(&b, "GBK", HG_EDATA, "byte-order mark of UTF-16LE");
    b = in("UTF-16LE", table);
    expect_read(&b, "UTF-16LE", "UTF-16LE", table);
    expect_error(&b, "auto", HG_EDATA, "NUL byte");
    expect_error(&b, "UTF-16", HG_EUSAGE, "UTF-16LE or UTF-16BE");
}

static void gb_is_found(void **state)
{
    (void)state;
    bytes b = in("GBK", table);
    assert_false(expect_read(&b, "auto", "GB18030", table).undecided);
    assert_int_equal(expect_read(&b, "gbk", "GB18030", table).bom, 0);
    expect_read(&b, "GB2312", "GB18030", table);
    expect_read(&b, "cp936", "GB18030", table);
    char four[600]; /* 䌷 and 㙍 take four bytes */
    snprintf(four, sizeof four, "%s5,白䌷村与塘㙍镇,火灾\n", table);
    b = in("GB18030", four);
    assert_int_equal(b.n, in("GBK", table).n + 24);
    expect_read(&b, "auto", "GB18030", four);
    expect_read(&b, "gbk", "GB18030", four);
}

/* The detector says nothing, Greek, Thai or "UTF-8" of these. */
static void short_chinese_is_read_and_said_to_be_undecided(void **state)
{
    static const char *const texts[] = {"名称",
                                        "平沙镇",
                                        "斗门",
                                        "编码,名称\n1,2\n",
                                        "x,y,备注\n113.2,22.1,\n",
                                        "日期,x,y\n2019-03-01,1,2\n",
                                        "案件类别,x,y\n",
                                        "姓名,年龄\n",
                                        "1,偷盗,2019",
                                        "西区",
                                        "id,地点（街道）\n"};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        bytes b = in("GB18030", texts[i]);
        hg_encoding e = expect_read(&b, "auto", "GB18030", texts[i]);
        if (!e.undecided || !strstr(e.how, "undecided"))
            fail_msg("'%s': expected undecided, obtained '%s'", texts[i], e.how);
    }
}

/* 平沙 in GB is well-formed UTF-8 for "ƽɳ"; neither it nor real two-byte UTF-8 may be garbled. */
static void gb_that_is_valid_utf8(void **state)
{
    static const char *const utf8[] = {"café", "Größe", "Привет", "Αθήνα", "שלום", "Łódź", "مرحبا"};
    (void)state;
    bytes b = in("GB18030", "town,n\n平沙,1\n平沙,2\n");
    assert_true(expect_read(&b, "auto", "GB18030", "town,n\n平沙,1\n平沙,2\n").undecided);
    for (size_t i = 0; i < COUNT(utf8); i++) {
        b = in("UTF-8", utf8[i]);
        expect_read(&b, "auto", "UTF-8", utf8[i]);
    }
}

static void other_encodings_are_refused_with_candidates(void **state)
{
    static const struct {
        const char *encoding, *text, *part;
    } cases[] = {
        {"BIG5", "報案時間,地點\n2019,臺北市信義區松高路\n", "BIG5"},
        {"BIG5", "這是一個用繁體中文寫成的句子，內容是關於竊盜案件的統計與分析。", "BIG5"},
        {"BIG5", "公園路", "BIG5"},
        {"BIG5", "高雄", "BIG5"},
        {"BIG5", "台灣", "BIG5"},
        {"SHIFT_JIS", "これは日本語の文章です。事件の統計と分析。", "SHIFT_JIS"},
        {"SHIFT_JIS", "東京都千代田区", "SHIFT_JIS"},
        {"SHIFT_JIS", "大阪", "SHIFT_JIS"},
        {"EUC-JP", "ひったくり,発生場所\n", "EUC-JP"},
        {"EUC-KR", "서울특별시,종로구\n", "UHC"},
        {"ISO-8859-1", "Ciudad de México, señor\n", "ISO-8859-1"},
        {"ISO-8859-1", "café", "candidates"},
        {"ISO-8859-1", "Müller", "candidates"},
        {"CP1251", "улица Ленина, дом\n", "WINDOWS-1251"},
        {"ISO-8859-7", "Αθήνα, οδός\n", "candidates"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bytes b = in(cases[i].encoding, cases[i].text);
        expect_error(&b, "auto", HG_EDATA, cases[i].part);
        expect_error(&b, "auto", HG_EDATA, "--encoding");
        hg_encoding e = expect_read(&b, cases[i].encoding, cases[i].encoding, cases[i].text);
        assert_string_equal(e.how, "as given");
    }
}

static void binary_junk_is_no_text(void **state)
{
    (void)state;
    bytes b = RAW("PK\x03\x04\n\0\0\xff\xfe");
    expect_error(&b, "auto", HG_EDATA, "line 2 holds a NUL byte");
    expect_error(&b, "gbk", HG_EDATA, "NUL byte");
    expect_error(&b, "latin1", HG_EDATA, "NUL byte");
    b = RAW("\xef\xbb\xbf"
            "a\0b");
    expect_error(&b, "auto", HG_EDATA, "NUL byte");
    b = RAW("\xff\xfe"
            "a\0\0\0");
    expect_error(&b, "auto", HG_EDATA, "");
    b = RAW("\xff\xff\xff\xff\x80\x80");
    expect_error(&b, "auto", HG_EDATA, "candidates");
}

static void bytes_a_name_cannot_decode_are_told(void **state)
{
    (void)state;
    bytes b = RAW("a,b\n1,\xc6\xbd\n2,\xff\xff\n");
    expect_error(&b, "gb18030", HG_EDATA, "line 3 is not GB18030: bytes FF FF 0A");
    b = RAW("a,b\n1,\xe5\xb9\xb3\n2,\xc6\xbd\xc9\n");
    expect_error(&b, "utf-8", HG_EDATA, "line 3 holds a byte that is not (C9)");
    b = RAW("a,b\n\x82\x30\xab\x33\n");
    expect_error(&b, "BIG5", HG_EDATA, "line 2 is not BIG5");
    b = RAW("a,b\n1,\xc6");
    expect_error(&b, "gbk", HG_EDATA, "line 2");
    b = RAW("abc");
    expect_error(&b, "no-such", HG_EUSAGE, "no-such");
    expect_error(&b, "", HG_EUSAGE, "unknown text encoding");
    expect_error(&b, "GBK//IGNORE", HG_EUSAGE, "GBK//IGNORE");
    expect_error(&b, "ASCII//TRANSLIT", HG_EUSAGE, "unknown text encoding");
    expect_error(&b, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", HG_EUSAGE, "unknown");
}

static void broken_utf8_is_not_taken_for_gb(void **state)
{
    (void)state;
    bytes b = in("UTF-8", table);
    b.s[b.n++] = (char)0xe5;
    b.s[b.n++] = (char)0xb9;
    expect_error(&b, "auto", HG_EDATA,
                 "looks like UTF-8, but ends in line 6 within a character (E5 B9)");
    b = in("UTF-8", "平沙");
    b.n--;
    expect_error(&b, "auto", HG_EDATA, "within a character");
    b = in("UTF-8", table);
    b.s[25] = (char)0xff;
    expect_error(&b, "auto", HG_EDATA, "looks like UTF-8, but line 2");
    static const char *const faults[] = {"\xc0\xaf",         "\xe0\x9f\xbf",     "\xed\xa0\x80",
                                         "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80"};
    for (size_t i = 0; i < COUNT(faults); i++) {
        b = in("UTF-8", faults[0] + 2); /* empty */
        b.n = strlen(strcpy(b.s, faults[i]));
        expect_error(&b, "utf-8", HG_EDATA, "line 1");
    }
}

static void a_sample_may_end_within_a_character(void **state)
{
    static const char *const names[] = {"UTF-8", "GB18030"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        bytes b = in(names[i], "前锋社区，飞沙村，盗窃案件，海澄村");
        hg_encoding e;
        hg_error err = {0};
        if (hg_encoding_detect_bytes("x.dbf", b.s, b.n - 1, "auto", &e, &err))
            fail_msg("%s", err.message);
        assert_string_equal(e.name, names[i]);
        assert_int_equal(hg_encoding_detect_bytes("x.dbf", b.s, b.n - 1, names[i], &e, &err),
                         HG_OK);
    }
}

static void files_that_cannot_be_read(void **state)
{
    hg_encoding e;
    hg_error err = {0};
    char *text = NULL;
    size_t size;
    (void)state;
    assert_int_equal(hg_encoding_detect("/nonexistent/a.csv", "auto", &e, &err), HG_EIO);
    assert_non_null(strstr(err.message, "/nonexistent/a.csv"));
    assert_int_equal(hg_encoding_detect("/tmp", "auto", &e, &err), HG_EIO);
    assert_non_null(strstr(err.message, "folder"));
    assert_int_equal(hg_encoding_detect("/dev/null", "auto", &e, &err), HG_EIO);
    e = (hg_encoding){.name = "UTF-8"};
    assert_int_equal(hg_encoding_read("/nonexistent/a.csv", &e, &text, &size, &err), HG_EIO);
    assert_null(text);
}

static void failed_allocations_are_reported(void **state)
{
    char path[64], *text = NULL;
    size_t size = 7;
    hg_encoding e;
    hg_error err = {0};
    (void)state;
    bytes b = in("GBK", table);
    make_file(&b, path);
    assert_int_equal(hg_encoding_detect(path, "auto", &e, &err), HG_OK);
    hg_memory_fail_at(1);
    hg_status status = hg_encoding_read(path, &e, &text, &size, &err);
    hg_memory_fail_at(0);
    unlink(path);
    assert_int_equal(status, HG_ENOMEM);
    assert_true(text == NULL && size == 7);
}

/* Decoding line by line, against one call of iconv over everything. */
static void gb18030_equals_one_call_of_iconv(void **state)
{
    hg_random r = hg_random_seed(20193, 1);
    int good = 0;
    (void)state;
    for (int i = 0; i < 4000; i++) {
        static const char pieces[][5] = {
            "\n",       "abc",      ",",        "\xc6\xbd", "\x82\x30\xab\x33",
            "\xa1\xa2", "\x81\x40", "\xd7\xfa", "\x81\x30", "\xb0"};
        char s[64] = "", to[256], *in_p = s, *out_p = to;
        size_t kinds = i % 2 ? 8 : COUNT(pieces);
        for (int k = 0; k < 12; k++)
            strcat(s, pieces[hg_random_below(&r, kinds)]);
        size_t n = strlen(s), left = n, room = sizeof to;
        iconv_t cd = iconv_open("UTF-8", "GB18030");
        bool ok = iconv(cd, &in_p, &left, &out_p, &room) != (size_t)-1;
        iconv_close(cd);
        bytes b = raw(s, n);
        *out_p = '\0';
        if (ok)
            expect_read(&b, "GB18030", "GB18030", to);
        else
            expect_error(&b, "GB18030", HG_EDATA, "is not GB18030");
        good += ok;
    }
    assert_true(good > 400 && good < 3600);
}

static void random_bytes_are_survived(void **state)
{
    hg_random r = hg_random_seed(20192, 1);
    (void)state;
    for (int i = 0; i < 3000; i++) {
        char s[64];
        size_t n = hg_random_below(&r, sizeof s);
        for (size_t k = 0; k < n; k++)
            s[k] = (char)(hg_random_below(&r, 3) ? 128 + hg_random_below(&r, 128)
                                                 : 10 + hg_random_below(&r, 118));
        hg_encoding e;
        hg_error err = {0};
        hg_status status = hg_encoding_detect_bytes("x", s, n, i % 5 ? "auto" : "gbk", &e, &err);
        assert_true(status == HG_OK || (status == HG_EDATA && err.message[0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_and_utf8),
        cmocka_unit_test(utf16_with_mark),
        cmocka_unit_test(gb_is_found),
        cmocka_unit_test(short_chinese_is_read_and_said_to_be_undecided),
        cmocka_unit_test(gb_that_is_valid_utf8),
        cmocka_unit_test(other_encodings_are_refused_with_candidates),
        cmocka_unit_test(binary_junk_is_no_text),
        cmocka_unit_test(bytes_a_name_cannot_decode_are_told),
        cmocka_unit_test(broken_utf8_is_not_taken_for_gb),
        cmocka_unit_test(a_sample_may_end_within_a_character),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(failed_allocations_are_reported),
        cmocka_unit_test(gb18030_equals_one_call_of_iconv),
        cmocka_unit_test(random_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
