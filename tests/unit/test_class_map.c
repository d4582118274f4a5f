/* The audit's class map: what the default says, and what a user's file changes. */
#include "job/class_map.h"
#include "base/civil.h"
#include "base/memory.h"
#include "job/presets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "support/sweep.h"

#define TEST_FILE "map.yaml"
#include "support/folder.h"

static void write_file(const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static const char *class_name(const hg_class_map *map, const char *text)
{
    bool known;
    return map->classes[hg_class_map_find(map, text, &known)].name;
}

static const char *action_name(const hg_class_map *map, const char *text)
{
    bool known;
    return hg_action_kind_name(hg_class_map_action(map, text, &known));
}

static void presets_are_compiled_in(void **state)
{
    (void)state;
    assert_non_null(strstr(hg_preset_text("audit"), "oyster_raft:"));
    assert_null(hg_preset_text("nothing"));
    for (const hg_embedded *p = hg_preset_texts; p->name; p++) {
        assert_ptr_equal(hg_preset_text(p->name), p->text);
        assert_int_equal(strlen(p->text), p->size);
    }
}

static void the_default(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } words[] = {{"fish_pond", "fish_pond"}, {"鱼塘", "fish_pond"},   {"养殖塘", "fish_pond"},
                 {"structure", "structure"}, {"违建", "structure"},   {"建筑", "structure"},
                 {" 蚝排 ", "oyster_raft"},  {"Oyster Raft", "oyster_raft"},
                 {"耕地", "farmland"},       {"FARMLAND", "farmland"}, {"其他", "other"},
                 {"", "other"},              {NULL, "other"}};
    hg_class_map map = {0};
    bool known;
    char hex[HG_SHA256_HEX];
    const char *text = hg_preset_text("audit");
    assert_int_equal(hg_class_map_read(NULL, &map, NULL), HG_OK);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_string_equal(class_name(&map, words[i].text), words[i].name);
        hg_class_map_find(&map, words[i].text, &known);
        assert_true(known);
    }
    assert_int_equal(hg_class_map_find(&map, "lotus", &known), map.other);
    assert_false(known);
    static const char *const disorders[] = {"乱占", "乱建", "乱占", "乱占", ""};
    assert_int_equal(map.class_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(hg_disorder_name(map.classes[i].disorder), disorders[i]);
        assert_int_equal(map.classes[i].mobile, strcmp(map.classes[i].name, "oyster_raft") == 0);
    }
    assert_string_equal(action_name(&map, "补签合同"), "contract");
    assert_string_equal(action_name(&map, "补缴租金"), "rent");
    assert_string_equal(action_name(&map, "诉讼"), "litigation");
    assert_string_equal(action_name(&map, "说服自行清退"), "voluntary");
    assert_string_equal(action_name(&map, "依法清拆"), "demolition");
    assert_string_equal(action_name(&map, "Demolition"), "demolition");
    hg_class_map_action(&map, "prayer", &known);
    assert_false(known);
    assert_true(fabs(map.farmland_basic_m2 - 5 / 0.0015) < 1e-9);
    assert_true(fabs(map.farmland_other_m2 - 10 / 0.0015) < 1e-9);
    assert_false(map.rent_counts_as_recovered);
    assert_int_equal(map.town_days, 10);
    assert_int_equal(map.village_days, 7);
    assert_true(map.bank_slope == 3);
    assert_int_equal(hg_hash_bytes(text, strlen(text), "", hex, NULL), HG_OK);
    assert_string_equal(map.sha256, hex);
    hg_class_map_dispose(&map);
}

/* 办河湖〔2018〕245号 as used: under 1,000, 1,000 to 5,000, over 5,000. */
static void severity_on_the_steps(void **state)
{
    (void)state;
    hg_class_map map = {0};
    assert_int_equal(hg_class_map_read(NULL, &map, NULL), HG_OK);
    assert_string_equal(hg_class_map_severity(&map, 0), "一般");
    assert_string_equal(hg_class_map_severity(&map, nextafter(1000, 0)), "一般");
    assert_string_equal(hg_class_map_severity(&map, 1000), "较严重");
    assert_string_equal(hg_class_map_severity(&map, 5000), "较严重");
    assert_string_equal(hg_class_map_severity(&map, nextafter(5000, 6000)), "重大");
    hg_class_map_dispose(&map);
}

static const char *const own = "classes:\n"
                               "  fish_pond: {disorder: 乱采, aliases: [水塘]}\n"
                               "  net_cage: {disorder: 乱占, mobile: true, aliases: [渔排, 网箱]}\n"
                               "severity: {steps_m2: [200], names: [small, large]}\n"
                               "farmland: {basic_mu: 2.5}\n"
                               "actions: {rent: {aliases: [罚款, 清理]}}\n"
                               "rent_counts_as_recovered: true\n"
                               "patrol_duty: {village_days: 3}\n"
                               "water:\n"
                               "  levels_m: {2019-03-01: 1.2, \"2019-10-31\": 0.7}\n";

static void a_file_over_it(void **state)
{
    (void)state;
    hg_class_map map = {0};
    hg_error err = {0};
    bool known;
    write_file(own);
    assert_int_equal(hg_class_map_read(path, &map, &err), HG_OK);
    assert_int_equal(map.class_count, 6);
    assert_string_equal(hg_disorder_name(map.classes[0].disorder), "乱采");
    assert_string_equal(class_name(&map, "水塘"), "fish_pond");
    hg_class_map_find(&map, "鱼塘", &known); /* the named class's own settings are gone */
    assert_false(known);
    assert_string_equal(class_name(&map, "网箱"), "net_cage");
    assert_string_equal(class_name(&map, "渔排"), "net_cage"); /* taken from oyster_raft */
    assert_string_equal(class_name(&map, "蚝排"), "oyster_raft");
    assert_string_equal(class_name(&map, "违建"), "structure");
    assert_true(map.classes[5].mobile);
    assert_string_equal(map.classes[map.other].name, "other");
    assert_string_equal(hg_class_map_severity(&map, 199), "small");
    assert_string_equal(hg_class_map_severity(&map, 200), "large");
    assert_true(fabs(map.farmland_basic_m2 - 2.5 / 0.0015) < 1e-9);
    assert_true(fabs(map.farmland_other_m2 - 10 / 0.0015) < 1e-9);
    assert_string_equal(action_name(&map, "罚款"), "rent");
    assert_string_equal(action_name(&map, "清理"), "rent"); /* taken from demolition */
    assert_string_equal(action_name(&map, "补缴租金"), "other");
    assert_string_equal(action_name(&map, "清拆"), "demolition");
    assert_true(map.rent_counts_as_recovered);
    assert_int_equal(map.town_days, 10);
    assert_int_equal(map.village_days, 3);
    int64_t march = hg_civil_from(2019, 3, 1, 0, 0, 0), october = hg_civil_from(2019, 10, 31, 0, 0, 0);
    assert_true(fabs(hg_class_map_level_m(&map, october) - hg_class_map_level_m(&map, march) + 0.5) < 1e-12);
    assert_true(isnan(hg_class_map_level_m(&map, march + 86400)));
    char hex[HG_SHA256_HEX];
    assert_int_equal(hg_hash_file(path, NULL, hex, NULL), HG_OK);
    assert_string_equal(map.sha256, hex);
    hg_class_map_dispose(&map);
}

static void refused_files(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hg_status status;
        const char *says[3];
    } cases[] = {
        {"classes:\n  pond:\n    colour: red\n", HG_EUSAGE,
         {"line 3", "classes.pond: unknown key \"colour\"", "disorder"}},
        {"clases: {}\n", HG_EUSAGE, {"line 1", "\"clases\"", "did you mean \"classes\""}},
        {"classes:\n  pond: {disorder: 乱}\n", HG_EUSAGE, {"line 2", "\"乱\"", "乱占"}},
        {"classes:\n  pond: {mobile: maybe}\n", HG_EUSAGE, {"line 2", "maybe", "true or false"}},
        {"classes:\n  pond: {aliases: [structure]}\n", HG_EUSAGE,
         {"line 2", "\"structure\"", "stand for structure already"}},
        {"classes:\n  a: {aliases: [x]}\n  b: {aliases: [X]}\n", HG_EUSAGE,
         {"line 3", "\"X\"", "stand for a already"}},
        {"classes:\n  \"*\": {}\n", HG_EUSAGE, {"line 2", "\"*\"", "name of a class"}},
        {"classes: [a]\n", HG_EUSAGE, {"line 1", "classes", "mapping"}},
        {"severity: {steps_m2: [5, 5], names: [a, b, c]}\n", HG_EUSAGE,
         {"line 1", "severity.steps_m2[2]", "above the one before"}},
        {"severity: {steps_m2: [5], names: [a]}\n", HG_EUSAGE,
         {"line 1", "severity.names", "2 names"}},
        {"severity: {steps_m2: [5]}\n", HG_EUSAGE, {"line 1", "severity", "\"names\""}},
        {"farmland: {basic_mu: -1}\n", HG_EUSAGE, {"line 1", "basic_mu", "at least 0"}},
        {"actions: {bribe: {aliases: [x]}}\n", HG_EUSAGE, {"line 1", "bribe", "contract"}},
        {"actions: {rent: {aliases: [诉讼, 诉讼]}}\n", HG_EUSAGE, {"line 1", "诉讼", "rent already"}},
        {"patrol_duty: {town_days: 0}\n", HG_EUSAGE, {"line 1", "town_days", "whole number"}},
        {"water: {levels_m: {march: 1}}\n", HG_EUSAGE, {"line 1", "march", "2019-03-01"}},
        {"rent_counts_as_recovered: [1\n", HG_EDATA, {"line 1", "not closed", "was expected"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hg_class_map map = {0};
        hg_error err = {0};
        write_file(cases[i].text);
        assert_int_equal(hg_class_map_read(path, &map, &err), cases[i].status);
        assert_null(map.classes);
        for (int k = 0; k < 3; k++)
            if (!strstr(err.message, cases[i].says[k]))
                fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.message, cases[i].says[k]);
    }
    hg_error err = {0};
    hg_class_map map = {0};
    unlink(path);
    assert_int_equal(hg_class_map_read(path, &map, &err), HG_EIO);
}

static hg_status read_map(void *context, hg_error *err)
{
    hg_class_map map = {0};
    hg_status status = hg_class_map_read(context, &map, err);
    hg_class_map_dispose(&map);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    write_file(own);
    sweep_allocations(read_map, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_are_compiled_in), cmocka_unit_test(the_default),
        cmocka_unit_test(severity_on_the_steps),   cmocka_unit_test(a_file_over_it),
        cmocka_unit_test(refused_files),           cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
