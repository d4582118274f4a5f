/* Documents: cells as people read them, and the same bytes from the same document. */
#include "io/document.h"
#include "base/civil.h"
#include "base/memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char hostile[] = "<script>alert(1)</script> \"quotes\" & 'more' \xe2\x80\xae RTL";

static hg_table *make_table(size_t rows, bool polygons)
{
    hg_table *t = NULL;
    char name[64];
    assert_int_equal(hg_table_new("areas", rows, NULL, &t, NULL), HG_OK);
    hg_table_add(t, "rank", HG_INT64, NULL, NULL);
    hg_table_add(t, "name", HG_TEXT, NULL, NULL);
    hg_table_add(t, "share", HG_DOUBLE, NULL, NULL);
    hg_table_add(t, "mu", HG_DOUBLE, NULL, NULL);
    hg_table_add(t, "day", HG_TEXT, NULL, NULL);
    hg_table_add(t, "when", HG_DATETIME, NULL, NULL);
    for (size_t i = 0; i < rows; i++) {
        snprintf(name, sizeof name, "石榴岗路 %zu", i + 1);
        hg_table_column(t, "rank")->i64[i] = (int64_t)i + 1;
        hg_table_column(t, "share")->f64[i] = 0.2 / (double)(i + 1);
        hg_table_column(t, "mu")->f64[i] = i == 1 ? NAN : 1897.3004 * (double)(i + 1);
        hg_table_column(t, "when")->i64[i] = hg_civil_from(2019, 10, 31, 22, 47, 0);
        hg_table_set_text(t, hg_table_column(t, "name"), i, i == 2 ? hostile : name, NULL);
        hg_table_set_text(t, hg_table_column(t, "day"), i, "2019-10-31", NULL);
    }
    if (!polygons)
        return t;
    assert_int_equal(hg_table_make_polygons(t, HG_MULTIPOLYGON, NULL, NULL), HG_OK);
    for (size_t i = 0; i < rows; i++) {
        double x = 400000 + 700.0 * (double)i, y = 2440000 + 300.0 * (double)(i % 3);
        hg_geometry_begin_row(&t->geometry, i, NULL);
        hg_geometry_begin_polygon(&t->geometry, NULL);
        hg_geometry_begin_ring(&t->geometry, NULL);
        hg_geometry_add_point(&t->geometry, x, y, NULL);
        hg_geometry_add_point(&t->geometry, x + 400, y, NULL);
        hg_geometry_add_point(&t->geometry, x + 400, y + 250, NULL);
        hg_geometry_add_point(&t->geometry, x, y, NULL);
    }
    hg_geometry_finish(&t->geometry, rows, NULL);
    return t;
}

static const hg_document_column columns[] = {
    {"rank", "Rank", HG_CELL_INTEGER, 0, NULL}, {"name", "Place", HG_CELL_TEXT, 0, NULL},
    {"share", "Share %", HG_CELL_PERCENT, 1, NULL}, {"mu", "Area, mu", HG_CELL_REAL, 3, NULL},
    {"day", "Day", HG_CELL_DAY, 0, NULL}, {"when", "Last seen", HG_CELL_MOMENT, 0, NULL}};

static void draw(hg_canvas *c, double width, double height, const void *data)
{
    const double xy[] = {0, height, width / 3, height / 2, width, 4};
    hg_lettering how = {.size = 9, .color = HG_INK, .anchor = HG_ANCHOR_MIDDLE};
    (void)data;
    hg_canvas_box(c, 0, 0, width, height, HG_PAPER, HG_GRID_LINE, 1);
    hg_canvas_polyline(c, xy, 3, "#2166ac", 1.5, 0);
    hg_canvas_text(c, width / 2, height / 2, &how, "0–24 h 每小时");
}

static void add_map(hg_document *d)
{
    static const hg_style_class ranks[] = {{1, 1.5, NULL, "Rank 1", "#bd0026"},
                                            {1.5, 99, NULL, "Rank 2 and below", "#fd8d3c"}};
    static const hg_style_class ramp[] = {{1, 5, NULL, "1 per km²", "#fecc5c"}, {5, 9, NULL, "5 per km²", "#f03b20"}};
    static const uint32_t pixels[] = {0x80ff0000, 0x80ffff00, 0x0, 0x8000ff00};
    hg_map_image image = {.title = "Density", .columns = 2, .rows = 2, .argb = pixels,
                          .box = {399500, 2439500, 402500, 2441500}, .classes = ramp, .n_classes = 2};
    hg_map_layer layer = {.title = "Hotspot areas", .table = make_table(4, true),
                          .style = {.symbol = HG_SYMBOL_FILL, .field = "rank", .classes = ranks, .n_classes = 2,
                                    .opacity = 0.6, .stroke = "#5a0a14", .stroke_mm = 0.3},
                          .label = "name", .labels = 4, .popup = columns, .n_popup = 4, .key = "rank"};
    hg_map map = {.title = "Where it happens", .alt = "Four areas", .box = {399500, 2439500, 402500, 2441500},
                  .crs = "EPSG:4547", .source = "Source: test; as of 31 October 2019", .images = &image, .n_images = 1,
                  .layers = &layer, .n_layers = 1};
    assert_int_equal(hg_document_add_map(d, &map, NULL), HG_OK);
}

static hg_document *make_document(const char *lang)
{
    hg_document_info info = {.title = "Safety and land briefing 平安简报", .subtitle = "Pingsha 平沙", .lang = lang,
                             .mark = "Internal use", .footer = "Source: test", .generator = "hotgrid test"};
    hg_pair pairs[] = {{"Incidents", "12,345"}, {"Hot areas", "6"}, {"Overdue", "2"},
                       {"Land, mu", "941.892"}, {hostile, hostile}};
    hg_card card = {"1", "石榴岗路", pairs, 4, "Two officers on foot between 20 and 23 h; talk to the shops."};
    hg_document_table table = {.caption = "Ranked areas", .stem = "areas", .table = make_table(60, false),
                               .columns = columns, .n_columns = 6, .first_rows = 50,
                               .note = "Shares are of all incidents.",
                               .total_row = true};
    hg_chart chart = {.title = "By hour", .alt = "A line that rises", .width = 480, .height = 160, .draw = draw};
    char *longest = hg_malloc(10001, 1);
    hg_document *d = NULL;
    memset(longest, 'x', 10000);
    longest[10000] = '\0';
    assert_int_equal(hg_document_new(&info, &d, NULL), HG_OK);
    hg_document_heading(d, 1, "minutes", "In two minutes", NULL);
    hg_document_text(d, HG_LEAD, "Two areas are new on the list.", NULL);
    hg_document_figures(d, pairs, 5, NULL);
    for (int i = 0; i < 3; i++)
        hg_document_card(d, &card, NULL);
    hg_document_item(d, "first", NULL);
    hg_document_item(d, hostile, NULL);
    hg_document_heading(d, 1, "areas", "Ranked areas", NULL);
    hg_document_text(d, HG_WARNING, "Figures that depend on the area are not comparable between runs.", NULL);
    add_map(d);
    hg_document_heading(d, 2, "table", "The table", NULL);
    assert_int_equal(hg_document_add_table(d, &table, NULL), HG_OK);
    assert_int_equal(hg_document_add_chart(d, &chart, NULL), HG_OK);
    hg_document_text(d, HG_BODY, longest, NULL);
    hg_document_text(d, HG_SMALL, hostile, NULL);
    hg_free(longest);
    return d;
}

static void cells_read_as_in_the_language(void **state)
{
    static const char *const english[] = {"1", "石榴岗路 1", "20.0", "1,897.300", "31 October 2019", "31 October 2019 22:47"};
    static const char *const chinese[] = {"1", "石榴岗路 1", "20.0", "1,897.300", "2019年10月31日", "2019年10月31日 22:47"};
    (void)state;
    hg_document *en = make_document("en"), *zh = make_document("zh");
    hg_table *t = make_table(3, false);
    for (size_t k = 0; k < 6; k++) {
        char buf[64];
        assert_string_equal(hg_document_cell(en, t, &columns[k], 0, buf), english[k]);
        assert_string_equal(hg_document_cell(zh, t, &columns[k], 0, buf), chinese[k]);
    }
    char buf[64];
    hg_document_column mu = columns[3];
    assert_string_equal(hg_document_cell(en, t, &mu, 1, buf), "–");
    hg_table_column(t, "mu")->f64[0] = -1234567.5;
    mu.digits = 1;
    assert_string_equal(hg_document_cell(en, t, &mu, 0, buf), "−1,234,567.5");
    hg_table_column(t, "mu")->f64[0] = -0.04;
    assert_string_equal(hg_document_cell(en, t, &mu, 0, buf), "0.0");
    hg_table_free(t);
    hg_document_free(en);
    hg_document_free(zh);
}

static char *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *bytes = malloc(1 << 24);
    *n = fread(bytes, 1, 1 << 24, f);
    fclose(f);
    return bytes;
}

typedef hg_status (*writer)(const hg_document *doc, const char *path, hg_error *err);

/* Where HOTGRID_KEEP names a folder, the files stay there to be looked at. */
static void written_twice_is_the_same(const char *lang, const char *extension, writer write, const char *begins)
{
    const char *folder = getenv("HOTGRID_KEEP");
    char path[2][512];
    char *bytes[2];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        hg_error err = {HG_OK, ""};
        hg_document *d = make_document(lang);
        snprintf(path[i], sizeof path[i], "%s/document_%s_%d_%d.%s", folder ? folder : "/tmp", lang, i, (int)getpid(),
                 extension);
        assert_int_equal(write(d, path[i], &err), HG_OK);
        hg_document_free(d);
        bytes[i] = read_all(path[i], &n[i]);
        if (!folder)
            unlink(path[i]);
    }
    assert_int_equal(n[0], n[1]);
    assert_memory_equal(bytes[0], bytes[1], n[0]);
    assert_memory_equal(bytes[0], begins, strlen(begins));
    free(bytes[0]);
    free(bytes[1]);
}

static hg_status write_pdf(const hg_document *doc, const char *path, hg_error *err)
{
    return hg_document_write_pdf(doc, path, NULL, err);
}

static void pdf_is_the_same_again(void **state)
{
    (void)state;
    written_twice_is_the_same("en", "pdf", write_pdf, "%PDF-");
    written_twice_is_the_same("zh", "pdf", write_pdf, "%PDF-");
}

/* Two letters of a private plane are in no font; Chinese and a true minus are in one. */
static void letters_without_a_font_are_counted(void **state)
{
    (void)state;
    static const char *const texts[] = {"面积 −12.5 亩 · m² km²", "a\xf3\xb0\x80\x80" "b\xf3\xb0\x80\x81"};
    for (size_t i = 0; i < 2; i++) {
        hg_document_info info = {.title = "Report", .lang = "en"};
        hg_document *d = NULL;
        size_t unknown = 9;
        assert_int_equal(hg_document_new(&info, &d, NULL), HG_OK);
        hg_document_text(d, HG_BODY, texts[i], NULL);
        assert_int_equal(hg_document_write_pdf(d, "/dev/null", &unknown, NULL), HG_OK);
        assert_int_equal(unknown, i ? 2 : 0);
        hg_document_free(d);
    }
}

static size_t occurrences(const char *bytes, size_t n, const char *what)
{
    size_t found = 0;
    for (const char *at = bytes; (at = memmem(at, n - (size_t)(at - bytes), what, strlen(what))); at++)
        found++;
    return found;
}

/* Sixteen numbers in a row need a page on its side; the heading goes with them, and the text after them stands. */
static void a_wide_table_lies_on_its_side(void **state)
{
    (void)state;
    enum { COLUMNS = 16 };
    hg_document_info info = {.title = "Report", .lang = "en"};
    hg_document_column wide[COLUMNS];
    hg_document *d = NULL;
    char path[128];
    size_t n = 0;
    for (size_t k = 0; k < COLUMNS; k++)
        wide[k] = (hg_document_column){"mu", "Area, mu", HG_CELL_REAL, 3, NULL};
    hg_document_table table = {.caption = "Wide", .stem = "wide", .table = make_table(30, false),
                               .columns = wide, .n_columns = COLUMNS};
    assert_int_equal(hg_document_new(&info, &d, NULL), HG_OK);
    hg_document_text(d, HG_BODY, "before", NULL);
    hg_document_heading(d, 2, "wide", "A wide table", NULL);
    assert_int_equal(hg_document_add_table(d, &table, NULL), HG_OK);
    hg_document_text(d, HG_BODY, "after", NULL);
    snprintf(path, sizeof path, "/tmp/document_wide_%d.pdf", (int)getpid());
    assert_int_equal(hg_document_write_pdf(d, path, NULL, NULL), HG_OK);
    char *bytes = read_all(path, &n);
    assert_int_equal(occurrences(bytes, n, "595.276 841.89 ]"), 2);
    assert_int_equal(occurrences(bytes, n, "841.89 595.276 ]"), 1);
    unlink(path);
    free(bytes);
    hg_document_free(d);
}

static void html_is_the_same_again(void **state)
{
    (void)state;
    written_twice_is_the_same("en", "html", hg_document_write_html, "<!doctype html>");
    written_twice_is_the_same("zh", "html", hg_document_write_html, "<!doctype html>");
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    hg_error err = {HG_OK, ""};
    hg_document *d = make_document("en");
    (void)state;
    assert_int_equal(hg_document_write_pdf(d, "/nowhere/at/all.pdf", NULL, &err), HG_EIO);
    assert_non_null(strstr(err.message, "/nowhere/at/all.pdf"));
    assert_int_equal(hg_document_write_html(d, "/nowhere/at/all.html", &err), HG_EIO);
    assert_non_null(strstr(err.message, "/nowhere/at/all.html"));
    hg_document_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_read_as_in_the_language),
        cmocka_unit_test(pdf_is_the_same_again),
        cmocka_unit_test(letters_without_a_font_are_counted),
        cmocka_unit_test(a_wide_table_lies_on_its_side),
        cmocka_unit_test(html_is_the_same_again),
        cmocka_unit_test(a_folder_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
