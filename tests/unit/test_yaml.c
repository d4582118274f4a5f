/* The YAML reader: what it yields, and that every error names file, line, place and expectation. */
#include "io/yaml.h"
#include "base/random.h"
#include "base/text.h"
#include "io/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/sweep.h"

#define TEST_FILE "config.yaml"
#include "support/folder.h"

static hg_status parse(const char *text, hg_yaml **doc, hg_error *err)
{
    return hg_yaml_parse(text, strlen(text), "c.yaml", doc, err);
}

static const char *const model = "preset: four-stream   # a comment\n"
                                 "bands: [90, 80, 70]\n"
                                 "streams:\n"
                                 "  - name: 治安\n"
                                 "    weight: 0.5\n"
                                 "    severity: {murder: 10, \"yes\": 1}\n"
                                 "  - {name: 'fire: forest', weight: 1e-1}\n"
                                 "empty:\n"
                                 "quoted: \"\"\n"
                                 "since: 2019-03-01\n"
                                 "tolerance: 0.5 km\n"
                                 "note: |\n"
                                 "  two\n"
                                 "  lines\n";

static void a_tree_with_lines(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    hg_error err = {0};
    const hg_yaml_node *n;
    const char *text = NULL;
    double v = 0;
    int64_t civil = 0;
    assert_int_equal(parse(model, &doc, &err), HG_OK);
    const hg_yaml_node *root = hg_yaml_root(doc);
    assert_int_equal(root->kind, HG_YAML_MAPPING);
    assert_int_equal(root->count, 8);
    n = hg_yaml_get(root, "streams");
    assert_int_equal(n->kind, HG_YAML_SEQUENCE);
    assert_int_equal(n->count, 2);
    assert_int_equal(n->key_line, 3);
    const hg_yaml_node *first = n->first, *second = first->next;
    assert_null(second->next);
    assert_null(second->key);
    assert_int_equal(hg_yaml_text(hg_yaml_get(first, "name"), &text, &err), HG_OK);
    assert_string_equal(text, "治安");
    assert_int_equal(hg_yaml_get(first, "weight")->line, 5);
    assert_int_equal(hg_yaml_get(first, "weight")->column, 13);
    assert_int_equal(hg_yaml_number(hg_yaml_get(second, "weight"), 0, 1, &v, &err), HG_OK);
    assert_true(v == 0.1);
    assert_string_equal(hg_yaml_get(second, "name")->text, "fire: forest");
    assert_true(hg_yaml_get(second, "name")->quoted);
    assert_null(hg_yaml_get(root, "empty"));
    assert_null(hg_yaml_get(root, "absent"));
    assert_non_null(hg_yaml_get(root, "quoted"));
    assert_int_equal(hg_yaml_date(hg_yaml_get(root, "since"), &civil, &err), HG_OK);
    assert_int_equal(civil, 1551398400);
    assert_int_equal(hg_yaml_quantity(hg_yaml_get(root, "tolerance"), HG_LENGTH, &v, &err), HG_OK);
    assert_true(v == 500);
    assert_string_equal(hg_yaml_get(root, "note")->text, "two\nlines\n");
    hg_yaml_free(doc);
}

static void lists_of_texts(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    const char **texts = NULL;
    size_t n = 9;
    assert_int_equal(parse("a: [鱼塘, 'b']\nb: alone\nc: []\n", &doc, NULL), HG_OK);
    assert_int_equal(hg_yaml_texts(hg_yaml_get(hg_yaml_root(doc), "a"), &texts, &n, NULL), HG_OK);
    assert_int_equal(n, 2);
    assert_string_equal(texts[0], "鱼塘");
    assert_string_equal(texts[1], "b");
    hg_free(texts);
    assert_int_equal(hg_yaml_texts(hg_yaml_get(hg_yaml_root(doc), "b"), &texts, &n, NULL), HG_OK);
    assert_int_equal(n, 1);
    assert_string_equal(texts[0], "alone");
    hg_free(texts);
    assert_int_equal(hg_yaml_texts(hg_yaml_get(hg_yaml_root(doc), "c"), &texts, &n, NULL), HG_OK);
    assert_int_equal(n, 0);
    hg_free(texts);
    hg_yaml_free(doc);
}

/* Every text fails with the status, and the message holds all that is listed. */
static void refused_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *says;
    } cases[] = {
        {"", "c.yaml is empty", ""},
        {"# nothing\n\n", "c.yaml is empty", ""},
        {"~\n", "c.yaml is empty", ""},
        {"a: 1\nb:\n\t- 2\n", "line 3", "a tab in the indentation"},
        {"a:\n  b: 1\n\tc: 2\n", "line 3", "a tab in the indentation"},
        {"a: 1\nb: 2: 3\n", "line 2", "between quotes"},
        {"a: 1\nb\nc: 3\n", "line 2", "\"key: value\" was expected"},
        {"a:\n    b: 1\n  c: 2\n", "line 3", "same indentation"},
        {"a:\n  - 1\n  b\n", "line 3", "was expected"},
        {"a: [1, 2\nb: 3\n", "line 1", "\"]\" was expected"},
        {"x: 0\na: {b: 1, c: 2\n", "line 2", "\"}\" was expected"},
        {"a: 1\nb: \"open\nc: 3\n", "line 2", "quotation that is not closed"},
        {"a: @b\n", "line 1", "between quotes"},
        {"a: \"\\q\"\n", "line 1", "escape"},
        {"a: \"x\\0y\"\n", "line 1", "NUL"},
        {"a: 1\n---\nb: 2\n", "line 2", "second document"},
        {"a: 1\nb: &x 2\n", "line 2", "anchor"},
        {"a: &x [*x]\n", "line 1", "anchor"},
        {"a: *x\n", "line 1", "alias"},
        {"a: !!int 3\n", "line 1", "tag"},
        {"a: !mine 3\n", "line 1", "tag"},
        {"[a]: 3\n", "line 1", "text was expected"},
        {"a: 1\nb: 2\nb: {b: 1}\n", "line 3", "\"b\" stands here again, line 2 has it"},
        {"a: {k: {k: 1}, j: {k: 2}, k: 3}\n", "line 1", "\"k\""},
        {"a: \xff\n", "line 1", "0xff"},
        {"a: 1\nb: \xe9t\xe9\n", "line 2", "0xe9"},
        {"a: 1\nb: \xc0\xaf\n", "line 2", "0xc0"},
        {"a: 1\n\nb: \x07\n", "line 3", "0x07"},
        {"\xff\xfe" "a", "UTF-16", "UTF-8 was expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_yaml *doc = NULL;
        hg_error err = {0};
        assert_int_equal(parse(cases[i].text, &doc, &err), HG_EDATA);
        assert_null(doc);
        if (!strstr(err.message, cases[i].line) || !strstr(err.message, cases[i].says))
            fail_msg("case %zu: \"%s\" does not say \"%s\" and \"%s\"", i, err.message,
                     cases[i].line, cases[i].says);
    }
}

static void nuls_are_refused(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    hg_error err = {0};
    assert_int_equal(hg_yaml_parse("a: 1\nb: \0\n", 10, "c.yaml", &doc, &err), HG_EDATA);
    assert_non_null(strstr(err.message, "c.yaml line 2: control character 0x00"));
}

static void a_mark_and_other_breaks(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    assert_int_equal(parse("\xef\xbb\xbf" "a: 1\r\nb: 2\r\n", &doc, NULL), HG_OK);
    assert_string_equal(hg_yaml_get(hg_yaml_root(doc), "a")->text, "1");
    assert_int_equal(hg_yaml_get(hg_yaml_root(doc), "b")->line, 2);
    hg_yaml_free(doc);
}

/* n times what, as one allocation. */
static char *repeated(const char *what, size_t n)
{
    size_t len = strlen(what);
    char *text = malloc(n * len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * len, what, len);
    text[n * len] = '\0';
    return text;
}

static void bombs(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t n;
        const char *says;
    } cases[] = {
        {"[", 100u << 20, "16 MiB"},      {"[", 16u << 20, "32 levels"},
        {"{a: ", 4u << 20, "32 levels"},  {"- ", 8u << 20, "32 levels"},
        {"? ", 8u << 20, "text was expected"}, {"[a,", 5u << 20, "32 levels"},
        {"- a\n", 4u << 20, "200000"},    {"\"", 8u << 20, "line 1"},
        {" ", 8u << 20, "empty"},         {"#", 8u << 20, "empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = repeated(cases[i].what, cases[i].n);
        hg_yaml *doc = NULL;
        hg_error err = {0};
        assert_int_equal(parse(text, &doc, &err), HG_EDATA);
        if (!strstr(err.message, cases[i].says))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.message, cases[i].says);
        free(text);
    }
}

static void depth_and_size_just_allowed(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    char text[80];
    memset(text, '[', 32);
    memset(text + 32, ']', 32);
    text[64] = '\0';
    assert_int_equal(parse(text, &doc, NULL), HG_OK);
    hg_yaml_free(doc);
    doc = NULL;
    char *many = repeated("- a\n", HG_YAML_MAX_NODES - 1);
    assert_int_equal(parse(many, &doc, NULL), HG_OK);
    assert_int_equal(hg_yaml_root(doc)->count, HG_YAML_MAX_NODES - 1);
    hg_yaml_free(doc);
    free(many);
}

static const char *const allowed[] = {"name", "weight", "severity", NULL};

static hg_status keys(const hg_yaml_node *n, hg_error *err)
{
    return hg_yaml_check_keys(n, allowed, err);
}
static hg_status share(const hg_yaml_node *n, hg_error *err)
{
    double v;
    return hg_yaml_number(n, 0, 1, &v, err);
}
static hg_status whole(const hg_yaml_node *n, hg_error *err)
{
    int64_t v;
    return hg_yaml_integer(n, 1, 100, &v, err);
}
static hg_status truth(const hg_yaml_node *n, hg_error *err)
{
    bool v;
    return hg_yaml_bool(n, &v, err);
}
static hg_status date(const hg_yaml_node *n, hg_error *err)
{
    int64_t v;
    return hg_yaml_date(n, &v, err);
}
static hg_status length(const hg_yaml_node *n, hg_error *err)
{
    double v;
    return hg_yaml_quantity(n, HG_LENGTH, &v, err);
}
static hg_status text(const hg_yaml_node *n, hg_error *err)
{
    const char *v;
    return hg_yaml_text(n, &v, err);
}
static hg_status texts(const hg_yaml_node *n, hg_error *err)
{
    const char **v;
    size_t count;
    return hg_yaml_texts(n, &v, &count, err);
}
static hg_status list(const hg_yaml_node *n, hg_error *err)
{
    return hg_yaml_require(n, HG_YAML_SEQUENCE, err);
}
static hg_status needed(const hg_yaml_node *n, hg_error *err)
{
    const hg_yaml_node *v;
    return hg_yaml_need(n, "name", &v, err);
}

/* Each value stands at a: in line 2. */
static void wrong_values(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        hg_status (*ask)(const hg_yaml_node *, hg_error *);
        const char *message;
    } cases[] = {
        {"heavy", share, "c.yaml line 2: a: \"heavy\", a number from 0 to 1 was expected"},
        {"1.5", share, "c.yaml line 2: a: \"1.5\", a number from 0 to 1 was expected"},
        {"-1", share, "c.yaml line 2: a: \"-1\", a number from 0 to 1 was expected"},
        {".nan", share, "c.yaml line 2: a: \".nan\", a number from 0 to 1 was expected"},
        {"nan", share, "c.yaml line 2: a: \"nan\", a number from 0 to 1 was expected"},
        {"\"0.5\"", share, "c.yaml line 2: a: \"0.5\", a number from 0 to 1 was expected"},
        {"[1]", share, "c.yaml line 2: a: a list, a number from 0 to 1 was expected"},
        {"0", whole, "c.yaml line 2: a: \"0\", a whole number from 1 to 100 was expected"},
        {"7.5", whole, "c.yaml line 2: a: \"7.5\", a whole number from 1 to 100 was expected"},
        {"99999999999999999999", whole,
         "c.yaml line 2: a: \"99999999999999999999\", a whole number from 1 to 100 was expected"},
        {"yes", truth, "c.yaml line 2: a: \"yes\", true or false was expected"},
        {"2019-02-29", date, "c.yaml line 2: a: \"2019-02-29\", a date such as 2019-03-01 was expected"},
        {"20190301", date, "c.yaml line 2: a: \"20190301\", a date such as 2019-03-01 was expected"},
        {"5 acres", length,
         "c.yaml line 2: a: \"5 acres\", a length such as 400m or 0.4km was expected"},
        {"-5m", length, "c.yaml line 2: a: \"-5m\", a length such as 400m or 0.4km was expected"},
        {"", text, "c.yaml line 2: a: nothing, a text was expected"},
        {"{b: 1}", text, "c.yaml line 2: a: a mapping, a text was expected"},
        {"{b: 1}", texts, "c.yaml line 2: a: a mapping, a list of texts was expected"},
        {"[x, [y]]", texts, "c.yaml line 2: a[2]: a list, a text was expected"},
        {"x", list, "c.yaml line 2: a: \"x\", a list was expected"},
        {"x", keys, "c.yaml line 2: a: \"x\", a mapping (key: value) was expected"},
        {"{wieght: 1}", keys,
         "c.yaml line 2: a: unknown key \"wieght\" (did you mean \"weight\"?), one of name, weight, "
         "severity was expected"},
        {"{colour: 1}", keys,
         "c.yaml line 2: a: unknown key \"colour\", one of name, weight, severity was expected"},
        {"{weight: 1}", needed, "c.yaml line 2: a: a mapping, the key \"name\" in it was expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char yaml[128];
        hg_yaml *doc = NULL;
        hg_error err = {0};
        snprintf(yaml, sizeof yaml, "z: 1\na: %s\n", cases[i].value);
        assert_int_equal(parse(yaml, &doc, &err), HG_OK);
        const hg_yaml_node *node = hg_yaml_root(doc)->last;
        assert_int_equal(cases[i].ask(node, &err), HG_EUSAGE);
        assert_string_equal(err.message, cases[i].message);
        hg_yaml_free(doc);
    }
}

static void long_values_are_cut_between_characters(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    hg_error err = {0};
    char *value = repeated("区", 200), yaml[700];
    snprintf(yaml, sizeof yaml, "a: %s\n", value);
    assert_int_equal(parse(yaml, &doc, &err), HG_OK);
    assert_int_equal(share(hg_yaml_root(doc)->first, &err), HG_EUSAGE);
    value[60 * 3] = '\0';
    snprintf(yaml, sizeof yaml, "c.yaml line 1: a: \"%s…\", a number from 0 to 1 was expected", value);
    assert_string_equal(err.message, yaml);
    hg_yaml_free(doc);
    free(value);
}

static void files(void **state)
{
    (void)state;
    hg_yaml *doc = NULL;
    hg_error err = {0};
    assert_int_equal(hg_yaml_read(path, &doc, &err), HG_EIO);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(hg_yaml_read(folder, &doc, &err), HG_EIO);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(hg_yaml_read(path, &doc, &err), HG_EDATA);
    f = fopen(path, "wb");
    assert_non_null(f);
    fputs(model, f);
    assert_int_equal(fclose(f), 0);
    char hex[HG_SHA256_HEX];
    assert_int_equal(hg_yaml_read(path, &doc, &err), HG_OK);
    assert_int_equal(hg_hash_file(path, NULL, hex, &err), HG_OK);
    assert_string_equal(hg_yaml_sha256(doc), hex);
    assert_string_equal(hg_yaml_name(doc), path);
    hg_yaml_free(doc);
}

static void nearest_words(void **state)
{
    (void)state;
    static const char *const words[] = {"name", "weight", "aliases", "steps_m2", NULL};
    static const struct {
        const char *word, *near;
    } cases[] = {{"wieght", "weight"}, {"weigth", "weight"}, {"Name", "name"},   {"alias", "aliases"},
                 {"steps", "steps_m2"}, {"colour", NULL},    {"", NULL},         {"n", NULL},
                 {"weightweightweightweightweightweightweightweightweightweightweight", "weight"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *near = hg_nearest_word(cases[i].word, words);
        assert_string_equal(near ? near : "none", cases[i].near ? cases[i].near : "none");
    }
}

/* Bytes of the model put in, left out and changed: read or refused in words, never a crash. */
static void mutations(void **state)
{
    (void)state;
    static const char odd[] = "[]{}:,-?&*!|>'\"%@`#\n\t \r\\~<.\xc3\xa9\xff";
    hg_random r = hg_random_seed(7, 1);
    size_t read = 0, refused = 0;
    for (int round = 0; round < 20000; round++) {
        char text[1024];
        size_t n = strlen(model);
        memcpy(text, model, n);
        for (uint64_t k = 1 + hg_random_below(&r, 4); k; k--) {
            size_t at = hg_random_below(&r, n);
            switch (hg_random_below(&r, 3)) {
            case 0:
                text[at] = odd[hg_random_below(&r, sizeof odd)];
                break;
            case 1:
                memmove(text + at, text + at + 1, --n - at);
                break;
            default:
                memmove(text + at + 1, text + at, n++ - at);
                text[at] = odd[hg_random_below(&r, sizeof odd)];
            }
        }
        hg_yaml *doc = NULL;
        hg_error err = {0};
        hg_status status = hg_yaml_parse(text, n, "c.yaml", &doc, &err);
        assert_true(status == HG_OK || status == HG_EDATA);
        assert_true(status == HG_OK || strncmp(err.message, "c.yaml line ", 12) == 0 ||
                    strcmp(err.message, "c.yaml is empty") == 0 || strstr(err.message, "UTF-16"));
        read += status == HG_OK;
        refused += status != HG_OK;
        hg_yaml_free(doc);
    }
    assert_true(read > 1000 && refused > 1000);
}

static hg_status parse_and_walk(void *context, hg_error *err)
{
    hg_yaml *doc = NULL;
    const char **names = NULL;
    size_t n = 0;
    hg_status s = parse(context, &doc, err);
    if (s == HG_OK)
        s = hg_yaml_texts(hg_yaml_get(hg_yaml_root(doc), "bands"), &names, &n, err);
    hg_free(names);
    hg_yaml_free(doc);
    return s;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    sweep_allocations(parse_and_walk, (void *)model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_with_lines),
        cmocka_unit_test(lists_of_texts),
        cmocka_unit_test(refused_texts),
        cmocka_unit_test(nuls_are_refused),
        cmocka_unit_test(a_mark_and_other_breaks),
        cmocka_unit_test(bombs),
        cmocka_unit_test(depth_and_size_just_allowed),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(long_values_are_cut_between_characters),
        cmocka_unit_test(files),
        cmocka_unit_test(nearest_words),
        cmocka_unit_test(mutations),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
