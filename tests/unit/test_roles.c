/* The audit's inputs by role: each value, each reject and each note of small tables worked out by hand. */
#include "job/roles.h"
#include "base/civil.h"
#include "base/memory.h"
#include "job/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "support/sweep.h"

#define TEST_FILE "zones.csv"
#include "support/folder.h"

#define BOX(x0, y0, x1, y1) \
    "\"POLYGON((" #x0 " " #y0 "," #x1 " " #y0 "," #x1 " " #y1 "," #x0 " " #y1 "," #x0 " " #y0 "))\"\n"

static char files[16][128];
static size_t file_count;

static const char *put(const char *name, const char *text)
{
    char *file = files[file_count++];
    snprintf(file, sizeof files[0], "%s/%s", folder, name);
    FILE *f = fopen(file, "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return file;
}

static int clean(void **state)
{
    (void)state;
    while (file_count)
        unlink(files[--file_count]);
    return 0;
}

/* option, value, …, NULL */
static hg_job *job_of(const char *const *options)
{
    hg_job *job = NULL;
    hg_error err = {0};
    assert_int_equal(hg_job_new("audit", &job, &err), HG_OK);
    for (; *options; options += 2)
        if (hg_job_set(job, options[0], options[1], &err) != HG_OK)
            fail_msg("%s", err.message);
    return job;
}

typedef struct run {
    hg_job *job;
    hg_class_map map;
    hg_audit_inputs in;
    hg_error err;
    hg_status status;
} run;

static run read_inputs(const char *const *options)
{
    run r = {.job = job_of(options)};
    assert_int_equal(hg_class_map_read(NULL, &r.map, NULL), HG_OK);
    r.status = hg_audit_inputs_read(r.job, &r.map, &r.in, &r.err);
    return r;
}

static void run_dispose(run *r)
{
    hg_audit_inputs_dispose(&r->in);
    hg_class_map_dispose(&r->map);
    hg_job_free(r->job);
}

static run read_well(const char *const *options)
{
    run r = read_inputs(options);
    if (r.status != HG_OK)
        fail_msg("%s", r.err.message);
    return r;
}

static const char *text(const run *r, uint32_t id)
{
    const char *t = hg_pool_text(r->in.pool, id);
    return t ? t : "(null)";
}

static int64_t day(int64_t year, int month, int d)
{
    return hg_civil_from(year, month, d, 0, 0, 0);
}

/* "source/row reason value" of each, in order, joined by newlines. */
static void assert_rejects(const run *r, const char *expected)
{
    hg_text t = {0};
    for (size_t i = 0; i < r->in.rejects.count; i++) {
        const hg_reject *x = &r->in.rejects.rows[i];
        hg_text_addf(&t, "%s/%llu %s %s\n", r->in.facts[x->source].name, (unsigned long long)x->row,
                     hg_reason_code(x->reason), text(r, x->value));
    }
    assert_string_equal(t.s ? t.s : "", expected);
    hg_text_dispose(&t);
}

static void assert_notes(const run *r, const char *expected)
{
    hg_text t = {0};
    for (size_t i = 0; i < r->in.note_count; i++) {
        const hg_audit_note *n = &r->in.notes[i];
        hg_text_addf(&t, "%s/%u %s %s\n", r->in.facts[n->origin.input].name, n->origin.row, n->reason,
                     text(r, n->value));
    }
    assert_string_equal(t.s ? t.s : "", expected);
    hg_text_dispose(&t);
}

static void assert_balanced(const run *r)
{
    for (size_t i = 0; i < r->in.input_count; i++)
        assert_int_equal(r->in.facts[i].rows_read,
                         r->in.facts[i].accepted + r->in.facts[i].rejected);
}

static const char *const zones_csv = "zone_id,kind,priority,WKT\n"
                                     "Z1,river,1," BOX(400000, 2440000, 400200, 2440100)
                                     "Z2,swamp,high," BOX(400300, 2440000, 400400, 2440100)
                                     "Z3,永久基本农田,-2.5," BOX(400500, 2440000, 400600, 2440100);
static const char *const survey_csv = "patch_id,class,WKT\n"
                                      "P1,鱼塘," BOX(400010, 2440010, 400050, 2440050);

static void zones(void **state)
{
    (void)state;
    const char *z = put("zones.csv", "Zone_ID,KIND,priority,WKT\n"
                                     "Z1,river,1," BOX(400000, 2440000, 400200, 2440100)
                                     "Z2,swamp,high," BOX(400300, 2440000, 400400, 2440100)
                                     "Z3,永久基本农田,-2.5," BOX(400500, 2440000, 400600, 2440100)
                                     "Z1,River,1.0," BOX(400700, 2440000, 400800, 2440100)
                                     "Z1,farmland,1," BOX(400700, 2440000, 400800, 2440100)
                                     " ,river,1," BOX(400700, 2440000, 400800, 2440100)
                                     "Z4,river,1,POINT(400000 2440000)\n"
                                     "Z5,river,1,\n"
                                     "Z6,river,1,POLYGON EMPTY\n"
                                     "Z7,river,1," BOX(1, 1, 2, 2)
                                     "*,river,1," BOX(400700, 2440000, 400800, 2440100));
    const char *s = put("survey.csv", survey_csv);
    char dated[160];
    snprintf(dated, sizeof dated, "%s@2019-03-01", s);
    run r = read_well((const char *const[]){"zones", z, "survey", dated, "crs", "EPSG:4547", NULL});
    assert_int_equal(r.in.zone_count, 3);
    assert_int_equal(r.in.zone_shapes.count, 3);
    assert_string_equal(text(&r, r.in.zones[0].id), "Z1");
    assert_int_equal(r.in.zones[0].kind, HG_ZONE_RIVER);
    assert_true(r.in.zones[0].priority == 1);
    assert_int_equal(r.in.zones[1].kind, HG_ZONE_OTHER);
    assert_true(isnan(r.in.zones[1].priority));
    assert_int_equal(r.in.zones[2].kind, HG_ZONE_BASIC_FARMLAND);
    assert_true(r.in.zones[2].priority == -2.5);
    assert_int_equal(r.in.zones[2].origin.row, 3);
    double box[4];
    hg_shapes first = {.shapes = r.in.zone_shapes.shapes, .count = 1};
    assert_int_equal(hg_shapes_box(&first, box, NULL), HG_OK);
    assert_true(box[0] == 400000 && box[2] == 400800); /* both parts of Z1 */
    assert_rejects(&r, "zones.csv/5 duplicate_id Z1\n"
                       "zones.csv/6 no_id (null)\n"
                       "zones.csv/7 bad_geometry Point\n"
                       "zones.csv/8 no_geometry (null)\n"
                       "zones.csv/9 no_geometry (null)\n"
                       "zones.csv/10 outside_crs 1.5, 1.5\n"
                       "zones.csv/11 no_id *\n");
    assert_notes(&r, "zones.csv/2 bad_number high\n"
                     "zones.csv/2 unknown_kind swamp\n"
                     "zones.csv/4 joined_part Z1\n");
    assert_balanced(&r);
    assert_string_equal(hg_crs_code(r.in.crs), "EPSG:4547");
    assert_string_equal(r.in.crs_why, "the inputs' own");
    run_dispose(&r);
}

static void permits(void **state)
{
    (void)state;
    const char *z = put("zones.csv", zones_csv), *s = put("survey.csv", survey_csv);
    const char *p =
        put("permits.csv",
            "permit_id,holder,classes,signed_on,valid_from,valid_to,WKT\n"
            "K1,陈,fish_pond; 蚝排；建筑,2019-01-02,2019年1月3日,2019-12-31," BOX(400000, 2440000, 400010, 2440010)
            "K2,,,,,," BOX(400000, 2440000, 400010, 2440010)
            "K3,,lotus;;,,2019-01-01,2019-01-01," BOX(400000, 2440000, 400010, 2440010)
            "K4,,lotus,,2019-13-01,," BOX(400000, 2440000, 400010, 2440010)
            "K5,,lotus,,20190101,," BOX(400000, 2440000, 400010, 2440010)
            "K2,,,,,," BOX(400100, 2440000, 400110, 2440010)
            "K2,李,,,,," BOX(400100, 2440000, 400110, 2440010));
    char dated[160];
    snprintf(dated, sizeof dated, "%s@2019-03-01", s);
    run r = read_well((const char *const[]){"zones", z, "survey", dated, "permits", p, "crs",
                                            "EPSG:4547", NULL});
    const hg_audit_permit *k = r.in.permits;
    bool known;
    assert_int_equal(r.in.permit_count, 3);
    assert_string_equal(text(&r, k[0].holder), "陈");
    assert_int_equal(k[0].class_count, 3);
    static const char *const classes[] = {"fish_pond", "oyster_raft", "structure"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(r.in.permit_classes[k[0].first_class + i],
                         hg_class_map_find(&r.map, classes[i], &known));
    assert_int_equal(k[0].signed_on, day(2019, 1, 2));
    assert_int_equal(k[0].valid_from, day(2019, 1, 3));
    assert_int_equal(k[0].valid_to, day(2019, 12, 31));
    assert_int_equal(k[1].class_count, 0);
    assert_int_equal(k[1].holder, HG_NO_TEXT);
    assert_int_equal(k[1].valid_to, HG_NO_TIME);
    assert_string_equal(text(&r, k[2].id), "K5");
    assert_int_equal(k[2].valid_from, day(2019, 1, 1));
    assert_int_equal(r.in.permit_classes[k[2].first_class], r.map.other);
    assert_rejects(&r, "permits.csv/3 bad_interval 2019-01-01T00:00:00/2019-01-01T00:00:00\n"
                       "permits.csv/4 bad_time 2019-13-01\n"
                       "permits.csv/7 duplicate_id K2\n");
    assert_notes(&r, "zones.csv/2 bad_number high\n"
                     "zones.csv/2 unknown_kind swamp\n"
                     "permits.csv/5 unknown_class lotus\n"
                     "permits.csv/6 joined_part K2\n");
    assert_balanced(&r);
    run_dispose(&r);
}

static void surveys_and_coverages(void **state)
{
    (void)state;
    const char *z = put("zones.csv", zones_csv);
    const char *late = put("late.csv", survey_csv);
    const char *early = put("early.csv",
                            "patch_id,class,occupant,rmse_m,count,tonnes,verdict,WKT\n"
                            "P1,蚝排,张,0.3,22,22.5,属实," BOX(400010, 2440010, 400050, 2440050)
                            "P1,lotus,,-1,many,,maybe," BOX(400110, 2440010, 400150, 2440050)
                            ",lotus,,,,,rejected," BOX(400210, 2440010, 400250, 2440050)
                            "P9,pond,,,,,,\"LINESTRING(0 0,1 1)\"\n");
    const char *more = put("more.csv", "patch_id,WKT\nP1," BOX(400310, 2440010, 400350, 2440050));
    const char *flown = put("flown.csv", "id,WKT\n1," BOX(400000, 2440000, 400500, 2440100) "2,POINT(1 1)\n");
    char d[4][160];
    snprintf(d[0], sizeof d[0], "%s@2019-10-31", late);
    snprintf(d[1], sizeof d[1], "%s@2019-03-01", early);
    snprintf(d[2], sizeof d[2], "%s@2019-03-01", more);
    snprintf(d[3], sizeof d[3], "%s@2019-10-31", flown);
    run r = read_well((const char *const[]){"survey", d[0], "survey", d[1], "coverage", d[3], "survey",
                                            d[2], "zones", z, "crs", "EPSG:4547", NULL});
    bool known;
    assert_int_equal(r.in.epoch_count, 2);
    const hg_audit_epoch *e = r.in.epochs;
    assert_int_equal(e[0].date, day(2019, 3, 1));
    assert_int_equal(e[1].date, day(2019, 10, 31));
    assert_int_equal(e[0].count, 4);
    assert_int_equal(e[0].shapes.count, 4);
    assert_false(e[0].has_coverage);
    assert_true(e[1].has_coverage);
    assert_int_equal(e[1].count, 1);
    assert_int_equal(e[1].coverage.count, 1);
    assert_int_equal(e[1].coverage_origin[0].row, 1);
    const hg_audit_patch *p = e[0].patches;
    assert_int_equal(p[0].class_number, hg_class_map_find(&r.map, "oyster_raft", &known));
    assert_string_equal(text(&r, p[0].class_text), "蚝排");
    assert_string_equal(text(&r, p[0].occupant), "张");
    assert_true(p[0].rmse_m == 0.3 && p[0].count == 22 && p[0].tonnes == 22.5);
    assert_int_equal(p[0].verdict, HG_VERDICT_CONFIRMED);
    assert_int_equal(p[1].class_number, r.map.other);
    assert_true(isnan(p[1].rmse_m) && isnan(p[1].count) && isnan(p[1].tonnes));
    assert_int_equal(p[1].verdict, HG_VERDICT_NONE);
    assert_string_equal(text(&r, p[2].id), "#2-3"); /* inputs: zones, early, more, late, flown */
    assert_int_equal(p[2].verdict, HG_VERDICT_REJECTED);
    assert_string_equal(text(&r, p[3].id), "P1");
    assert_int_equal(p[3].origin.input, 2);
    assert_rejects(&r, "early.csv/4 bad_geometry Line String\n"
                       "flown.csv/2 bad_geometry Point\n");
    assert_notes(&r, "zones.csv/2 bad_number high\n"
                     "zones.csv/2 unknown_kind swamp\n"
                     "early.csv/2 bad_number many\n"
                     "early.csv/2 negative -1\n"
                     "early.csv/2 repeated_id P1\n"
                     "early.csv/2 unknown_class lotus\n"
                     "early.csv/2 unknown_verdict maybe\n"
                     "early.csv/3 no_id (null)\n"
                     "more.csv/1 repeated_id P1\n");
    assert_balanced(&r);
    assert_string_equal(hg_job_note(r.job, 0), "surveys were not given in order of their dates; they "
                                               "are taken by date");
    assert_string_equal(hg_job_note(r.job, 1), "2 surveys of 2019-03-01 are taken as one flight");
    run_dispose(&r);
}

static void tables(void **state)
{
    (void)state;
    const char *z = put("zones.csv", zones_csv), *s = put("survey.csv", survey_csv);
    const char *actions = put("actions.csv", "patch_id,action,date,claimed_m2,deadline,proof\n"
                                             "P1,诉讼,13/4/2019,350,3/5/2019,letter 7\n"
                                             "P1,prayer,2019-02-30,-5,,\n"
                                             ",清拆,,,,\n"
                                             "P2,拆除,,2亩,,\n");
    const char *assets = put("assets.csv", "asset_id,zone_id,rooms,occupied_from,recovered_on,action\n"
                                           "A1,Z1,12,2018-01-01,2019-06-01,rent\n"
                                           "A1,Z1,12,2018-01-01,,\n"
                                           "A2,,x,2019-01-01,2018-01-01,\n"
                                           "A3,Z2,-2,soon,,\n");
    const char *patrols = put("patrols.csv", "zone_id,date,level\nZ1,2019-03-01 08:30,town\n"
                                             "Z1,never,镇长\n,2019-03-01,村\nZ2,,村\n");
    const char *opening = put("opening.csv", "zone_id,class,area_m2,signed_on\nZ1,鱼塘,1000.5,2018-12-31\n"
                                             "Z1,lotus,-3,\nZ1,lotus,,\nZ1,lotus,5,x\n");
    char dated[160];
    snprintf(dated, sizeof dated, "%s@2019-03-01", s);
    run r = read_well((const char *const[]){"zones", z, "survey", dated, "crs", "EPSG:4547", "actions",
                                            actions, "assets", assets, "patrols", patrols, "opening",
                                            opening, NULL});
    const hg_audit_action *a = r.in.actions;
    assert_int_equal(r.in.action_count, 3);
    assert_int_equal(a[0].kind, HG_ACT_LITIGATION);
    assert_int_equal(a[0].date, day(2019, 4, 13));
    assert_true(a[0].claimed_m2 == 350);
    assert_string_equal(text(&r, a[0].proof), "letter 7");
    assert_int_equal(a[1].kind, HG_ACT_OTHER);
    assert_int_equal(a[1].date, HG_NO_TIME);
    assert_true(a[1].claimed_m2 == 0);
    assert_int_equal(a[2].kind, HG_ACT_DEMOLITION);
    assert_true(fabs(a[2].claimed_m2 - 2 / 0.0015) < 1e-9);
    assert_int_equal(r.in.asset_count, 2);
    assert_true(r.in.assets[0].rooms == 12);
    assert_int_equal(r.in.assets[0].recovered_on, day(2019, 6, 1));
    assert_int_equal(r.in.assets[0].kind, HG_ACT_RENT);
    assert_int_equal(r.in.assets[1].occupied_from, HG_NO_TIME);
    assert_int_equal(r.in.patrol_count, 3);
    assert_int_equal(r.in.patrols[0].date, hg_civil_from(2019, 3, 1, 8, 30, 0));
    assert_int_equal(r.in.patrols[0].level, HG_PATROL_TOWN);
    assert_int_equal(r.in.patrols[1].level, HG_PATROL_OTHER);
    assert_int_equal(r.in.patrols[2].level, HG_PATROL_VILLAGE);
    assert_int_equal(r.in.opening_count, 2);
    assert_true(r.in.openings[0].area_m2 == 1000.5);
    assert_int_equal(r.in.openings[0].signed_on, day(2018, 12, 31));
    assert_rejects(&r, "actions.csv/3 no_id (null)\n"
                       "assets.csv/2 duplicate_id A1\n"
                       "assets.csv/3 bad_interval 2019-01-01T00:00:00/2018-01-01T00:00:00\n"
                       "patrols.csv/3 no_id (null)\n"
                       "opening.csv/2 bad_number -3\n"
                       "opening.csv/3 bad_number (null)\n");
    assert_notes(&r, "zones.csv/2 bad_number high\n"
                     "zones.csv/2 unknown_kind swamp\n"
                     "actions.csv/1 bad_time 3/5/2019\n"
                     "actions.csv/2 bad_time 2019-02-30\n"
                     "actions.csv/2 negative -5\n"
                     "actions.csv/2 unknown_action prayer\n"
                     "assets.csv/3 bad_number x\n"
                     "assets.csv/4 bad_time soon\n"
                     "assets.csv/4 negative -2\n"
                     "patrols.csv/2 bad_time never\n"
                     "patrols.csv/2 unknown_level 镇长\n"
                     "opening.csv/4 bad_time x\n"
                     "opening.csv/4 unknown_class lotus\n");
    assert_balanced(&r);
    run_dispose(&r);
}

/* The same square in degrees and in metres lies in one place; the CRS is chosen from where the zones are. */
static void planes(void **state)
{
    (void)state;
    const char *z = put("z.geojson",
                        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\","
                        "\"properties\":{\"zone_id\":\"Z1\"},\"geometry\":{\"type\":\"Polygon\","
                        "\"coordinates\":[[[113.2,22.1],[113.21,22.1],[113.21,22.11],[113.2,22.1]]]}}]}");
    const char *s = put("survey.csv", survey_csv);
    char dated[160];
    double box[4];
    snprintf(dated, sizeof dated, "%s@2019-03-01", s);
    run r = read_well((const char *const[]){"zones", z, "survey", dated, "crs", "EPSG:4546", NULL});
    assert_string_equal(hg_crs_code(r.in.crs), "EPSG:4547");
    assert_int_equal(hg_shapes_box(&r.in.zone_shapes, box, NULL), HG_OK);
    assert_true(box[0] > 417000 && box[0] < 418000); /* 0.8 degrees west of 114 E */
    run_dispose(&r);
    r = read_well((const char *const[]){"zones", z, "survey", dated, "crs", "EPSG:4547",
                                        "analysis-crs", "EPSG:4546", NULL});
    assert_string_equal(hg_crs_code(r.in.crs), "EPSG:4546");
    assert_string_equal(r.in.crs_why, "as asked for");
    run_dispose(&r);
    r = read_inputs((const char *const[]){"zones", z, "survey", dated, NULL});
    assert_int_equal(r.status, HG_EUSAGE);
    assert_non_null(strstr(r.err.message, "survey.csv declares no coordinate reference system"));
    run_dispose(&r);
}

typedef struct again {
    hg_job *job;
    hg_class_map map;
} again;

static hg_status read_again(void *context, hg_error *err)
{
    again *a = context;
    hg_audit_inputs in = {0};
    hg_status status = hg_audit_inputs_read(a->job, &a->map, &in, err);
    hg_audit_inputs_dispose(&in);
    return status;
}

/* Made without a look into PROJ's database, which takes long. */
#define LOCAL                                                                                \
    "ENGCRS[\"town\",EDATUM[\"mark\"],CS[Cartesian,2],AXIS[\"x\",east],AXIS[\"y\",north]," \
    "LENGTHUNIT[\"metre\",1]]"

/* Without notes to the user, which are dropped where there is no memory. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    const char *z = put("zones.csv", "zone_id,kind,WKT\n"
                                     "Z1,river," BOX(400000, 2440000, 400200, 2440100));
    const char *s = put("survey.csv", survey_csv);
    const char *p = put("permits.csv", "permit_id,classes,valid_from,WKT\n"
                                       "K1,鱼塘;建筑,2019-01-01," BOX(400000, 2440000, 400200, 2440100));
    const char *a = put("actions.csv", "patch_id,action\nP1,诉讼\n");
    char dated[160];
    snprintf(dated, sizeof dated, "%s@2019-03-01", s);
    again context = {.job = job_of((const char *const[]){"zones", z, "survey", dated, "permits", p,
                                                         "actions", a, "coverage", dated, "crs",
                                                         LOCAL, NULL})};
    context.job->set.no_hash = true;
    assert_int_equal(hg_class_map_read(NULL, &context.map, NULL), HG_OK);
    sweep_allocations(read_again, &context);
    hg_class_map_dispose(&context.map);
    hg_job_free(context.job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(zones, clean),
        cmocka_unit_test_teardown(permits, clean),
        cmocka_unit_test_teardown(surveys_and_coverages, clean),
        cmocka_unit_test_teardown(tables, clean),
        cmocka_unit_test_teardown(planes, clean),
        cmocka_unit_test_teardown(every_allocation_may_fail, clean),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
