#include "job/options.h"
#include "base/memory.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    READS = HG_FOR_LOAD | HG_FOR_DENSITY | HG_FOR_HOTSPOTS | HG_FOR_INDEX | HG_FOR_TRENDS | HG_FOR_BACKTEST,
    PLACES = READS & ~HG_FOR_INDEX, /* works with distances */
    INDEX = HG_FOR_INDEX,
    MAPS = HG_FOR_DENSITY | HG_FOR_HOTSPOTS,
    TRENDS = HG_FOR_TRENDS,
    WEIGHS = READS & ~HG_FOR_TRENDS, /* or keeps columns of incidents */
    BACKTEST = HG_FOR_BACKTEST,
    GRIDS = MAPS | TRENDS | BACKTEST,
    AUDIT = HG_FOR_AUDIT,
    RUNS = READS | AUDIT,
    REPORT = HG_FOR_REPORT,
    BATCH = HG_FOR_RUN,
    ALL = RUNS | HG_FOR_INFO | REPORT | BATCH,
    HOT = HG_FOR_HOTSPOTS,
    LOAD = HG_FOR_LOAD,
};

typedef struct option option;

/* A parser writes the value at its field; false means the value was not understood. */
typedef bool (*option_parser)(const option *o, const char *value, void *field);

struct option {
    hg_option_info info;
    unsigned commands;
    option_parser parse;
    size_t offset;
    const char *expected; /* what a good value looks like, for errors */
    double low, high;     /* of whole numbers */
};

static bool parse_text(const option *o, const char *value, void *field)
{
    (void)o;
    char **text = field;
    if (!*value)
        return false;
    char *copy = hg_strdup(value);
    hg_free(*text);
    *text = copy;
    return copy != NULL;
}

/* Quotes are legal in SQL names but not safe in every driver; the other names are the store's own. */
static bool parse_layer_name(const option *o, const char *value, void *field)
{
    static const char *const own[] = {"rejects", "pile_ups", "duplicates", "sources", "run_info"};
    static const char *const begins[] = {"gpkg_", "rtree_", "sqlite_", "idx_"};
    size_t n = strlen(value);
    if (n > 100 || strpbrk(value, "\"'`;"))
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)value[i] < 0x20 || value[i] == 0x7f)
            return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcasecmp(value, own[i]) == 0)
            return false;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (strncasecmp(value, begins[i], strlen(begins[i])) == 0)
            return false;
    return parse_text(o, value, field);
}

static bool parse_flag(const option *o, const char *value, void *field)
{
    (void)o;
    (void)value;
    *(bool *)field = true;
    return true;
}

static bool parse_count(const option *o, const char *value, void *field)
{
    char *end = NULL;
    long long v = strtoll(value, &end, 10);
    if (end == value || *end || (double)v < o->low || (double)v > o->high)
        return false;
    *(int64_t *)field = v;
    return true;
}

/* A number of draws, or what infinitely many would give. */
static bool parse_draws(const option *o, const char *value, void *field)
{
    if (strcasecmp(value, "exact") != 0)
        return parse_count(o, value, field);
    *(int64_t *)field = HG_CERTAINTY_EXACT;
    return true;
}

static bool parse_list(const option *o, const char *value, void *field)
{
    (void)o;
    return *value && hg_list_add(field, value);
}

/* A column of amounts is one that is kept. */
static bool parse_measure(const option *o, const char *value, void *field)
{
    (void)o;
    hg_source_settings *set = field;
    return *value && hg_list_add(&set->measure, value) && hg_list_add(&set->keep, value);
}

static bool parse_datum(const option *o, const char *value, void *field)
{
    (void)o;
    hg_source_settings *set = field;
    set->datum_given = true;
    return hg_datum_by_name(value, &set->datum);
}

static bool parse_bounds(const option *o, const char *value, void *field)
{
    (void)o;
    hg_settings *set = field;
    const char *at = value;
    for (int i = 0; i < 4; i++) {
        size_t n = strcspn(at, ",");
        if (!hg_parse_number(at, n, &set->bounds[i]) || !isfinite(set->bounds[i]) ||
            (at[n] == ',') != (i < 3))
            return false;
        at += n + 1;
    }
    set->has_bounds = true;
    return set->bounds[0] < set->bounds[2] && set->bounds[1] < set->bounds[3];
}

static bool parse_cell(const option *o, const char *value, void *field)
{
    (void)o;
    double v;
    if (strcasecmp(value, "auto") == 0) {
        *(double *)field = 0;
        return true;
    }
    if (!hg_parse_quantity(value, HG_LENGTH, &v) || !(v > 0) || !isfinite(v))
        return false;
    double centimetres = v * 100;
    if (centimetres < 1 || fabs(centimetres - round(centimetres)) > 1e-6 * centimetres)
        return false;
    *(double *)field = round(centimetres) / 100;
    return true;
}

static bool parse_one_length(const char *text, double *out)
{
    return hg_parse_quantity(text, HG_LENGTH, out) && *out > 0 && isfinite(*out);
}

/* Lengths with commas, none of them twice. */
static bool parse_bandwidths(const char *value, hg_settings *set)
{
    for (const char *at = value; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        char one[64];
        size_t n = strcspn(at, ",");
        if (n >= sizeof one || set->bandwidth_count == HG_BANDWIDTHS_MAX)
            return false;
        memcpy(one, at, n);
        one[n] = '\0';
        double h;
        if (!parse_one_length(one, &h))
            return false;
        for (size_t k = 0; k < set->bandwidth_count; k++)
            if (set->bandwidths[k] == h)
                return false;
        set->bandwidths[set->bandwidth_count++] = h;
    }
    set->bandwidth_m = set->bandwidths[0];
    return true;
}

static bool parse_bandwidth(const option *o, const char *value, void *field)
{
    (void)o;
    hg_settings *set = field;
    set->bandwidth_count = 0;
    if (strcasecmp(value, "silverman") == 0) {
        set->rule = HG_RULE_SILVERMAN;
        return true;
    }
    if (strcasecmp(value, "auto") == 0 || strcasecmp(value, "cv") == 0) {
        set->rule = HG_RULE_AUTO;
        return true;
    }
    if (strcasecmp(value, "scott") == 0) {
        set->rule = HG_RULE_SCOTT;
        return true;
    }
    set->rule = HG_RULE_LENGTH;
    return strchr(value, ',') ? parse_bandwidths(value, set) : parse_one_length(value, &set->bandwidth_m);
}

static bool parse_kernel(const option *o, const char *value, void *field)
{
    (void)o;
    return hg_kernel_by_name(value, field);
}

static bool parse_cutoff(const option *o, const char *value, void *field)
{
    (void)o;
    double v;
    if (!hg_parse_number(value, strlen(value), &v) || !(v >= 1 && v <= 10))
        return false;
    *(double *)field = v;
    return true;
}

static bool parse_edge(const option *o, const char *value, void *field)
{
    (void)o;
    return hg_edge_by_name(value, field);
}

static bool parse_polygon_unit(const option *o, const char *value, void *field)
{
    (void)o;
    hg_settings *set = field;
    set->polygon_unit_mean = strcasecmp(value, "mean") == 0;
    set->polygon_unit_m2 = 0;
    if (set->polygon_unit_mean)
        return true;
    return hg_parse_quantity(value, HG_AREA, &set->polygon_unit_m2) && set->polygon_unit_m2 > 0 &&
           isfinite(set->polygon_unit_m2);
}

static bool parse_budget(const option *o, const char *value, void *field)
{
    (void)o;
    hg_budget *budget = field;
    size_t n = strlen(value);
    double v;
    if (n && value[n - 1] == '%') {
        if (!hg_parse_number(value, n - 1, &v) || !(v > 0 && v <= 100))
            return false;
        *budget = (hg_budget){HG_BUDGET_SHARE, v / 100};
        return true;
    }
    if (!hg_parse_quantity(value, HG_AREA, &v) || !(v > 0) || !isfinite(v))
        return false;
    *budget = (hg_budget){HG_BUDGET_AREA, v};
    return true;
}

static bool parse_top(const option *o, const char *value, void *field)
{
    int64_t n = 0;
    if (!parse_count(o, value, &n))
        return false;
    *(hg_budget *)field = (hg_budget){HG_BUDGET_TOP, (double)n};
    return true;
}

/* The position of a word in a list. */
static bool parse_word(const char *const *words, const char *value, int *out)
{
    for (*out = 0; words[*out]; ++*out)
        if (strcasecmp(value, words[*out]) == 0)
            return true;
    return false;
}

static bool parse_method(const option *o, const char *value, void *field)
{
    static const char *const words[] = {"exact", "fast", "auto", NULL};
    int n = 0;
    (void)o;
    bool found = parse_word(words, value, &n);
    *(hg_density_method *)field = (hg_density_method)n;
    return found;
}

static bool parse_max_error(const option *o, const char *value, void *field)
{
    (void)o;
    double v;
    if (!hg_parse_number(value, strlen(value), &v) || !(v > 0 && v < 1))
        return false;
    *(double *)field = v;
    return true;
}

static bool parse_slice(const option *o, const char *value, void *field)
{
    static const char *const words[] = {"week", "month", "year", NULL};
    hg_slice *slice = field;
    int n = 0;
    (void)o;
    *slice = (hg_slice){.unit = HG_SLICE_SECONDS, .seconds = 86400};
    if (strcasecmp(value, "day") == 0)
        return true;
    if (parse_word(words, value, &n)) {
        slice->unit = n == 0 ? HG_SLICE_WEEK : n == 1 ? HG_SLICE_MONTH : HG_SLICE_YEAR;
        return true;
    }
    double seconds;
    if (!hg_parse_quantity(value, HG_DURATION, &seconds) || !(seconds >= 60 && seconds < 1e10))
        return false;
    slice->seconds = (int64_t)seconds;
    return (double)slice->seconds == seconds;
}

static bool parse_score(const option *o, const char *value, void *field)
{
    static const char *const words[] = {"density", "count", "shrunk", NULL};
    int n = 0;
    (void)o;
    bool found = parse_word(words, value, &n);
    *(hg_score *)field = (hg_score)n;
    return found;
}

static bool parse_significance(const option *o, const char *value, void *field)
{
    static const char *const words[] = {"exact", "gistar", "none", NULL};
    int n = 0;
    (void)o;
    bool found = parse_word(words, value, &n);
    *(hg_significance *)field = (hg_significance)n;
    return found;
}

static bool parse_autocorrelation(const option *o, const char *value, void *field)
{
    static const char *const words[] = {"none", "hamed-rao", NULL};
    int n = 0;
    (void)o;
    bool found = parse_word(words, value, &n);
    *(hg_autocorrelation *)field = (hg_autocorrelation)n;
    return found;
}

static bool parse_share(const option *o, const char *value, void *field)
{
    double v;
    if (!hg_parse_number(value, strlen(value), &v) || !(v >= o->low && v <= o->high))
        return false;
    *(double *)field = v;
    return true;
}

static bool parse_positive_length(const option *o, const char *value, void *field)
{
    double v;
    (void)o;
    if (!hg_parse_quantity(value, HG_LENGTH, &v) || !(v > 0) || !isfinite(v))
        return false;
    *(double *)field = v;
    return true;
}

static bool parse_window(const option *o, const char *value, void *field)
{
    if (strcasecmp(value, "queen") != 0)
        return parse_positive_length(o, value, field);
    *(double *)field = 0;
    return true;
}

static bool parse_duration(const option *o, const char *value, void *field)
{
    double v;
    (void)o;
    if (!hg_parse_quantity(value, HG_DURATION, &v) || !(v >= 1) || !(v < 1e11))
        return false;
    *(double *)field = v;
    return true;
}

/* DISTANCE,DURATION[,BANDSxBANDS] */
static bool parse_near_repeat(const option *o, const char *value, void *field)
{
    hg_near_repeat_settings *set = field;
    char text[3][64] = {"", "", "1x1"};
    const char *at = value;
    size_t parts = 0;
    for (; parts < 3; parts++) {
        size_t n = strcspn(at, ",");
        if (!n || n >= sizeof text[0])
            return false;
        memcpy(text[parts], at, n);
        text[parts][n] = '\0';
        at += n;
        if (!*at)
            break;
        at++;
    }
    char *x = strchr(text[2], 'x');
    option whole = {.low = 1, .high = 100};
    if (parts < 1 || parts > 2 || !x)
        return false;
    *x = '\0';
    return parse_positive_length(o, text[0], &set->distance_m) && parse_duration(o, text[1], &set->duration_s) &&
           parse_count(&whole, text[2], &set->bands[0]) && parse_count(&whole, x + 1, &set->bands[1]);
}

/* Shares with commas, ascending: 0.01,5% */
static bool parse_budgets(const option *o, const char *value, void *field)
{
    hg_backtest_settings *set = field;
    (void)o;
    set->budget_count = 0;
    for (const char *at = value;; at++) {
        size_t n = strcspn(at, ",");
        bool percent = n && at[n - 1] == '%';
        double v;
        if (set->budget_count == HG_BUDGETS_MAX || !hg_parse_number(at, n - percent, &v))
            return false;
        v = percent ? v / 100 : v;
        if (!(v > (set->budget_count ? set->budgets[set->budget_count - 1] : 0) && v <= 1))
            return false;
        set->budgets[set->budget_count++] = v;
        at += n;
        if (!*at)
            return true;
    }
}

static bool parse_date(const option *o, const char *value, void *field)
{
    (void)o;
    hg_moment m;
    if (!hg_moment_parse(value, strlen(value), HG_ORDER_UNKNOWN, &m) || m.has_offset)
        return false;
    *(int64_t *)field = m.civil;
    return true;
}

static bool parse_tolerance(const option *o, const char *value, void *field)
{
    (void)o;
    double v;
    if (!hg_parse_quantity(value, HG_LENGTH, &v) || !(v >= 0) || !isfinite(v))
        return false;
    *(double *)field = v;
    return true;
}

static bool parse_memory(const option *o, const char *value, void *field)
{
    double v;
    if (!hg_parse_quantity(value, HG_BYTES, &v) || !(v >= o->low && v <= o->high))
        return false;
    *(int64_t *)field = (int64_t)v;
    return true;
}

static bool parse_area_mode(const option *o, const char *value, void *field)
{
    (void)o;
    return hg_area_mode_by_name(value, field);
}

static bool parse_lang(const option *o, const char *value, void *field)
{
    return (strcmp(value, "en") == 0 || strcmp(value, "zh") == 0) && parse_text(o, value, field);
}

#define SOURCE(member) offsetof(hg_source_settings, member)
#define JOB(member) offsetof(hg_settings, member)
#define ROLE(role) JOB(audit.sources[HG_AUDIT_##role])

static const option options[] = {
    {{"output", 'o', "FILE", "The file to write.", false, false}, RUNS | REPORT, parse_text, JOB(output), "a path", 0, 0},
    {{"overwrite", 0, NULL, "Replace an output that exists; without it the command refuses.", false, false}, RUNS | REPORT, parse_flag, JOB(overwrite), NULL, 0, 0},
    {{"append", 0, NULL, "Add to a store that exists, in one transaction; its CRS wins.", false, false}, LOAD, parse_flag, JOB(append), NULL, 0, 0},
    {{"again", 0, NULL, "Load a file that the store already holds once more.", false, false}, LOAD, parse_flag, JOB(again), NULL, 0, 0},
    {{"nln", 0, "NAME", "Name of the layer of loaded incidents (default: incidents).", false, false}, LOAD, parse_layer_name, JOB(layer_name), "a name of at most 100 bytes without quotes, and none the store itself uses (rejects, pile_ups, duplicates, sources, run_info, gpkg_...)", 0, 0},

    {{"layer", 0, "NAME", "The layer to read.", true, false}, READS, parse_text, SOURCE(layer), "a layer name", 0, 0},
    {{"where", 0, "SQL", "Only rows that fit this condition.", true, false}, READS, parse_text, SOURCE(where), "an SQL condition", 0, 0},
    {{"sql", 0, "SQL", "Read the rows of this SELECT (SQLite dialect with SpatiaLite's functions).", true, false}, READS, parse_text, SOURCE(sql), "a SELECT", 0, 0},
    {{"x", 0, "COL", "Column of the x coordinate or longitude; with --y. Else guessed from common English and Chinese names, and said.", true, false}, READS, parse_text, SOURCE(x), "a column name", 0, 0},
    {{"y", 0, "COL", "Column of the y coordinate or latitude.", true, false}, READS, parse_text, SOURCE(y), "a column name", 0, 0},
    {{"crs", 0, "CRS", "Coordinate reference system (EPSG:4547, WKT, PROJ) of a source that declares none.", true, false}, RUNS, parse_text, SOURCE(crs), "a coordinate reference system", 0, 0},
    {{"datum", 0, "wgs84|cgcs2000|gcj02|bd09", "Datum of the coordinates. gcj02 and bd09 (offset Chinese web-map coordinates) are un-offset, which is recorded in the result.", true, false}, RUNS, parse_datum, 0, "wgs84, cgcs2000, gcj02 or bd09", 0, 0},
    {{"encoding", 0, "auto|NAME", "Text encoding (default auto: byte-order mark, strict UTF-8, then GB18030 where the bytes speak for it).", true, false}, RUNS, parse_text, SOURCE(encoding), "auto or an encoding name", 0, 0},
    {{"time", 0, "COL", "Column of the time, or DATE+CLOCK for two columns. Else a start/end pair or the first column of times is taken, and said.", true, false}, READS, parse_text, SOURCE(time), "a column name", 0, 0},
    {{"time-end", 0, "COL", "Column of the end of the time interval.", true, false}, READS, parse_text, SOURCE(time_end), "a column name", 0, 0},
    {{"tz", 0, "ZONE", "Civil time zone (Asia/Shanghai, +08:00): times without offset are in it, offsets are converted to it.", true, false}, READS, parse_text, SOURCE(tz), "a time zone", 0, 0},
    {{"category", 0, "COL", "Column of the kind of incident.", true, false}, READS, parse_text, SOURCE(category), "a column name", 0, 0},
    {{"stream", 0, "NAME", "Stream of all rows (default: layer name, else file name).", true, false}, READS, parse_text, SOURCE(stream), "a name", 0, 0},
    {{"stream-col", 0, "COL", "Column that holds the stream.", true, false}, READS, parse_text, SOURCE(stream_column), "a column name", 0, 0},
    {{"weight", 0, "COL", "Column of weights (finite, not negative); without it every incident weighs 1.", true, false}, WEIGHS, parse_text, SOURCE(weight), "a column name", 0, 0},
    {{"id", 0, "COL", "Column that must not repeat: later rows with an id seen before are rejected.", true, false}, READS, parse_text, SOURCE(id), "a column name", 0, 0},
    {{"keep", 0, "COL", "Keep this column; may be repeated. No other column is stored.", true, true}, WEIGHS, parse_list, SOURCE(keep), "a column name", 0, 0},
    {{"sheet", 0, "NAME", "Sheet of a spreadsheet.", true, false}, READS, parse_text, SOURCE(sheet), "a sheet name", 0, 0},
    {{"header-row", 0, "N", "Row that holds the column heads, where title rows stand above it (default 1).", true, false}, READS, parse_count, SOURCE(header_row), "a whole number from 1 to 1000", 1, 1000},

    {{"area", 0, "SRC[:LAYER]", "Study area. Without it density covers its whole extent, and hotspots and trends take the hull of the points, with a warning.", false, false}, READS, parse_text, JOB(area), "a source of polygons", 0, 0},
    {{"area-name", 0, "NAME", "Only the polygons of --area that have this name; rows elsewhere are counted and not listed one by one.", false, false}, READS, parse_text, JOB(area_name), "a name", 0, 0},
    {{"area-column", 0, "COL", "Column of the names in --area (else guessed).", false, false}, READS, parse_text, JOB(area_column), "a column name", 0, 0},
    {{"bounds", 0, "XMIN,YMIN,XMAX,YMAX", "Extent of the grid in the analysis CRS.", false, false}, GRIDS, parse_bounds, 0, "four numbers xmin,ymin,xmax,ymax with xmin < xmax and ymin < ymax", 0, 0},
    {{"analysis-crs", 0, "CRS|auto", "Projected CRS of grid and distances (default auto: chosen from the area or the points).", false, false}, RUNS, parse_text, JOB(analysis_crs), "a projected coordinate reference system", 0, 0},
    {{"cell", 0, "LENGTH|auto", "Side of the grid cells, whole centimetres (default auto).", false, false}, GRIDS, parse_cell, JOB(cell_m), "auto or a positive length in whole centimetres such as 50 or 0.1km", 0, 0},
    {{"bandwidth", 0, "LENGTH[,LENGTH...]|RULE", "Bandwidth: a length (support radius; sigma for gaussian), auto (= cv: likelihood cross-validation), silverman or scott (default auto; load: silverman). Several lengths share one reading and make a result each, named <stem>_<length>m.", false, false}, MAPS | LOAD, parse_bandwidth, 0, "a positive length such as 400 or 0.4km, up to 32 different ones with commas, auto, cv, silverman or scott", 0, 0},
    {{"method", 0, "exact|fast|auto", "How the density is computed: exactly; fast, off by at most --max-error at every cell; or auto, whichever of the two is expected to end sooner (default exact).", false, false}, MAPS, parse_method, JOB(method), "exact, fast or auto", 0, 0},
    {{"max-error", 0, "SHARE", "With --method fast or auto: the largest error allowed at any cell, as a share of the surface's peak (default 0.001). Where it cannot be kept the density is exact, and a note says so.", false, false}, MAPS, parse_max_error, JOB(max_error), "a number above 0 and below 1, such as 0.001", 0, 0},
    {{"slice", 0, "day|week|month|year|DURATION", "A result for each stretch of time that has incidents, all on one grid, from one reading, named <stem>_<first day>; with several bandwidths a result for each pair, <stem>_<first day>_<length>m.", false, false}, MAPS, parse_slice, JOB(slice), "day, week, month, year or a duration of a minute or more such as 30d", 0, 0},
    {{"adaptive", 0, NULL, "Bandwidth by incident: narrow where there are many, wide where there are few (Abramson); points only, without --edge.", false, false}, MAPS, parse_flag, JOB(adaptive), NULL, 0, 0},
    {{"half-life", 0, "DURATION", "Older incidents weigh less: half as much after this time before --until (or the last incident).", false, false}, MAPS, parse_duration, JOB(half_life_s), "a positive duration such as 90d or 12w", 0, 0},
    {{"kernel", 0, "NAME", "uniform, triangular, epanechnikov, quartic, triweight or gaussian (default quartic).", false, false}, MAPS, parse_kernel, JOB(kernel), "uniform, triangular, epanechnikov, quartic, triweight or gaussian", 0, 0},
    {{"cutoff", 0, "N", "The Gaussian kernel is cut at this many sigma (default 4).", false, false}, MAPS, parse_cutoff, JOB(cutoff), "a number from 1 to 10", 0, 0},
    {{"edge", 0, "none|uniform|diggle", "Edge correction at the study area's boundary (default none).", false, false}, MAPS, parse_edge, JOB(edge), "none, uniform or diggle", 0, 0},
    {{"polygon-unit", 0, "AREA|mean", "Area of a patch that weighs as one incident in density and shares (default: with points the mean patch area; patches alone are measured in m2).", false, false}, MAPS, parse_polygon_unit, 0, "mean or a positive area such as 500m2, 0.5ha or 1mu", 0, 0},
    {{"budget", 0, "N%|AREA", "Area to select: a share of the study area or an area such as 2km2 (default 1%).", false, false}, HOT, parse_budget, JOB(budget), "a share such as 1% or an area such as 2km2, positive", 0, 0},
    {{"top", 0, "N", "Select this many cells instead of an area.", false, false}, HOT, parse_top, JOB(budget), "a whole number from 1", 1, 1e9},
    {{"score", 0, "density|count|shrunk", "What cells are ranked by (default density); shrunk = the cell's own count drawn towards the kernel surface, the better forecast.", false, false}, HOT, parse_score, JOB(score), "density, count or shrunk", 0, 0},
    {{"shrinkage", 0, "SHARE", "Of --score shrunk: 0 = the count alone, 1 = the kernel surface alone.", false, false}, HOT, parse_share, JOB(shrinkage), "a number from 0 to 1", 0, 1},
    {{"significance", 0, "exact|gistar|none", "What fills p_value, q_value and level: the exact test against the expected surface (default), Gi* by the normal distribution, or nothing.", false, false}, HOT, parse_significance, JOB(significance), "exact, gistar or none", 0, 0},
    {{"window", 0, "queen|LENGTH", "Cells that count as around a cell in tests: the eight beside it (default) or those within a distance.", false, false}, HOT | TRENDS, parse_window, JOB(window_m), "queen or a positive length such as 500m", 0, 0},
    {{"permutations", 0, "N", "Relabelled maps behind the permutation p of Gi* and local Moran (0 = off; default 999 where the area has at most 65,536 cells, else 0).", false, false}, HOT, parse_count, JOB(permutations), "a whole number from 0 to 99999", 0, 99999},
    {{"at-risk", 0, "SRC[:LAYER]", "What incidents could happen to (homes, people, parcels): the expected surface follows it instead of being uniform.", false, false}, HOT, parse_text, JOB(at_risk), "a source of points or polygons", 0, 0},
    {{"at-risk-weight", 0, "COL", "Column of the amount at risk (people, vehicles); without it every feature weighs 1.", false, false}, HOT, parse_text, JOB(at_risk_weight), "a column name", 0, 0},
    {{"at-risk-bandwidth", 0, "LENGTH", "Smooth what is at risk by the kernel with this bandwidth (default: as it lies).", false, false}, HOT, parse_positive_length, JOB(at_risk_bandwidth_m), "a positive length such as 400", 0, 0},
    {{"against", 0, "STREAM", "The expected surface is the density of this stream, which is itself left out of counts and ranking.", false, false}, HOT, parse_text, JOB(against), "the name of a stream", 0, 0},
    {{"against-tolerance", 0, "SHARE", "Floor under the density of --against, as a share of its peak, so that ratios stay finite (default 0.01).", false, false}, HOT, parse_share, JOB(against_tolerance), "a number from 0 to 1", 0, 1},
    {{"stability", 0, "R", "Runs with the grid shifted, the bandwidth varied and incidents resampled, behind rank_stability (default 100, or 20 with more than 2 million incidents, with --adaptive 200,000; 0 = off).", false, false}, HOT, parse_count, JOB(stability), "a whole number from 0 to 10000", 0, 10000},
    {{"places", 0, "SRC[:LAYER]", "Villages, roads and the like: areas are named after the nearest.", false, false}, HOT, parse_text, JOB(places), "a source of named features", 0, 0},
    {{"place-name", 0, "COL", "Column of the names in --places (else guessed).", false, false}, HOT, parse_text, JOB(place_name), "a column name", 0, 0},
    {{"chance", 0, "N", "Random maps behind concentration_chance (default 199, 0 = off).", false, false}, HOT, parse_count, JOB(chance), "a whole number from 0 to 100000", 0, 100000},
    {{"all-cells", 0, NULL, "Write every cell of the study area, not only the selected (trends: those with an incident or a pattern).", false, false}, HOT | TRENDS, parse_flag, JOB(all_cells), NULL, 0, 0},
    {{"all-incidents", 0, NULL, "Write all incidents, not only those in the selected cells.", false, false}, HOT, parse_flag, JOB(all_incidents), NULL, 0, 0},

    {{"step", 0, "DURATION", "trends: length of a time step (default: the longest of 91, 30, 14, 7 and 1 days that makes 12 steps); backtest: from one forecast to the next (default: the horizon).", false, false}, TRENDS | BACKTEST, parse_duration, JOB(step_s), "a positive duration such as 7d or 4w", 0, 0},
    {{"autocorrelation", 0, "none|hamed-rao", "Whether the Mann-Kendall test allows for steps that follow each other (default none).", false, false}, TRENDS, parse_autocorrelation, JOB(autocorrelation), "none or hamed-rao", 0, 0},
    {{"near-repeat", 0, "DISTANCE,DURATION[,MxN]", "Also a Knox table of pairs near in space and time: M bands as wide as DISTANCE, N as long as DURATION (default 1x1), upper bounds inclusive.", false, false}, TRENDS, parse_near_repeat, JOB(near_repeat), "a distance and a duration such as 200m,7d or 100m,14d,4x6", 0, 0},
    {{"train", 0, "DURATION", "How far back from its moment a forecast may look (default 365d).", false, false}, BACKTEST, parse_duration, JOB(backtest.train_s), "a positive duration such as 365d", 0, 0},
    {{"horizon", 0, "DURATION", "How long after its moment a forecast is judged (default 90d).", false, false}, BACKTEST, parse_duration, JOB(backtest.horizon_s), "a positive duration such as 90d", 0, 0},
    {{"budgets", 0, "LIST", "Shares of the area to flag, ascending, with commas (default 0.005,0.01,0.02,0.05,0.1).", false, false}, BACKTEST, parse_budgets, JOB(backtest), "up to 32 ascending shares such as 0.01,0.05 or 1%,5%", 0, 0},
    {{"methods", 0, "LIST", "Methods side by side, with commas: count, kde, kde_silverman, kde_nrd, kde_qgis, kde_auto, kde_scott, kde_adaptive, kde_recent, prospective, shrunk; parameters follow a colon, such as kde:300m:half-life=90d or count:train=730d (docs/methods/backtest.md; default count,kde_silverman,kde_nrd,kde_qgis,kde_auto,kde_adaptive,kde_recent,prospective).", false, false}, BACKTEST, parse_text, JOB(backtest.methods), "names of methods with commas", 0, 0},
    {{"tune", 0, NULL, "Also the method tuned: training window, bandwidth, half-life and shrinkage chosen on what lies before each forecast.", false, false}, BACKTEST, parse_flag, JOB(backtest.tune), NULL, 0, 0},
    {{"save-config", 0, "FILE.yaml", "Write what --tune chooses with all incidents at hand, for hotspots --config.", false, false}, BACKTEST, parse_text, JOB(backtest.save_config), "a path", 0, 0},
    {{"chart", 0, "FILE.svg|png", "Where the chart of hit rate against area goes (default: beside the output).", false, false}, BACKTEST, parse_text, JOB(backtest.chart), "a path ending in .svg or .png", 0, 0},
    {{"origins", 0, "N", "Grids behind the spread over grid origins, the anchored one and shifted ones (default 5).", false, false}, BACKTEST, parse_count, JOB(backtest.origins), "a whole number from 1 to 100", 1, 100},
    {{"bootstrap", 0, "N", "Resamples of incidents behind the intervals (default 999, 0 = off).", false, false}, BACKTEST, parse_count, JOB(backtest.bootstrap), "a whole number from 0 to 100000", 0, 100000},

    {{"units", 0, "SRC[:LAYER]", "Polygons the index is computed for. Without it everything is one unit.", false, false}, INDEX, parse_text, JOB(units), "a source of polygons", 0, 0},
    {{"unit-name", 0, "COL", "Column of the names in --units (else guessed); without --units the name of the one unit.", false, false}, INDEX, parse_text, JOB(unit_name), "a column name", 0, 0},
    {{"config", 0, "FILE.yaml", "index: streams, weights, bands, effects, calendar (docs/methods/index.md); what it leaves out is the preset's. hotspots: what backtest --save-config wrote; options given win over it.", false, false}, INDEX | HOT, parse_text, JOB(config), "a YAML file", 0, 0},
    {{"preset", 0, "NAME", "four-stream, huizhou-2016, dujiangyan-2020 or percent (default four-stream).", false, false}, INDEX, parse_text, JOB(preset), "the name of a preset", 0, 0},
    {{"measure", 0, "COL", "Column of amounts (injured, deaths, loss) for the year-on-year tables; may be repeated.", true, true}, INDEX, parse_measure, 0, "a column name", 0, 0},
    {{"certainty-draws", 0, "N|exact", "Draws behind band_certainty (0 = off); exact = their limit, by quadrature, where the worst stream leads. Default: exact where it can be, else 10000.", false, false}, INDEX, parse_draws, JOB(certainty_draws), "a whole number from 0 to 1000000, or exact", 0, 1000000},
    {{"suppress-below", 0, "K", "Withhold counts below K, and what would reveal them, in every output (report --public: 6).", false, false}, INDEX | REPORT, parse_count, JOB(suppress_below), "a whole number from 2 to 1000", 2, 1000},
    {{"compare", 0, "OLD.gpkg", "List the days that differ from an earlier result, and why.", false, false}, INDEX, parse_text, JOB(compare), "a result of hotgrid index", 0, 0},
    {{"check-claim", 0, "CLAIM", "Say whether a printed change such as -300% (or -300%:4,1 with both values) can be; reads nothing.", false, false}, INDEX, parse_text, JOB(check_claim), "a change such as -300% or -21.21%:33,26", 0, 0},

    {{"zones", 0, "SRC[:LAYER]", "Restricted zones (polygons): zone_id, kind (state_land, river, public_building, farmland, basic_farmland, other), priority (the smaller number wins an overlap), valid_from, valid_to. May be repeated, as all of these.", false, true}, AUDIT, parse_list, ROLE(ZONES), "a source of polygons", 0, 0},
    {{"survey", 0, "SRC[:LAYER]@YYYY-MM-DD", "Outlines of one flight (polygons): patch_id, class, occupant, rmse_m, count, tonnes, verdict. Several of one date are one flight.", false, true}, AUDIT, parse_list, ROLE(SURVEY), "a source of polygons and a date", 0, 0},
    {{"coverage", 0, "SRC[:LAYER]@YYYY-MM-DD", "What the flight of that date covered (polygons); without it, everything.", false, true}, AUDIT, parse_list, ROLE(COVERAGE), "a source of polygons and a date", 0, 0},
    {{"permits", 0, "SRC[:LAYER]", "Leases and permits (polygons): permit_id, holder, classes (a list split at ;, empty = all), signed_on, valid_from, valid_to (empty = open).", false, true}, AUDIT, parse_list, ROLE(PERMITS), "a source of polygons", 0, 0},
    {{"actions", 0, "SRC[:LAYER]", "The case ledger: patch_id, action, date, claimed_m2, deadline, proof.", false, true}, AUDIT, parse_list, ROLE(ACTIONS), "a source", 0, 0},
    {{"assets", 0, "SRC[:LAYER]", "Public buildings counted in rooms: asset_id, zone_id, rooms, occupied_from, recovered_on, action.", false, true}, AUDIT, parse_list, ROLE(ASSETS), "a source", 0, 0},
    {{"patrols", 0, "SRC[:LAYER]", "audit: the patrol log: zone_id, date, level (town, village). report: visits to the areas of the last list: area (rank or name) or a place, and time or date.", false, true}, AUDIT | REPORT, parse_list, ROLE(PATROLS), "a source", 0, 0},
    {{"opening", 0, "SRC[:LAYER]", "Balances of the last signed report: zone_id, class, area_m2, signed_on.", false, true}, AUDIT, parse_list, ROLE(OPENING), "a source", 0, 0},
    {{"map", 0, "ROLE.NAME=COLUMN", "The column that holds NAME in the sources of ROLE (zones.zone_id=DKBH); else columns are matched by name, without case. May be repeated.", false, true}, AUDIT, parse_list, JOB(audit.map), "ROLE.NAME=COLUMN", 0, 0},
    {{"class-map", 0, "FILE.yaml", "Classes, severity, thresholds and words of actions, laid over the default (presets/audit.yaml).", false, false}, AUDIT, parse_text, JOB(audit.class_map), "a path", 0, 0},
    {{"tolerance", 0, "LENGTH", "How far outlines may wobble between flights (default: 95 % of the surveys' horizontal errors).", false, false}, AUDIT, parse_tolerance, JOB(audit.tolerance_m), "a length such as 1 or 50cm, not negative", 0, 0},
    {{"area-mode", 0, "ellipsoid|planar|notice2008", "How areas are measured (default ellipsoid); planar areas stand beside.", false, false}, AUDIT, parse_area_mode, JOB(audit.area_mode), "ellipsoid, planar or notice2008", 0, 0},

    {{"unit", 0, "NAME", "Only what concerns this unit: its index, and land of the zones that lie in it.", false, false}, REPORT, parse_text, JOB(report.unit), "a name", 0, 0},
    {{"public", 0, NULL, "For the public: no points, no ids, no exact surface; small counts and what would reveal them are withheld (docs/methods/public.md).", false, false}, REPORT, parse_flag, JOB(report.public_profile), NULL, 0, 0},
    {{"previous", 0, "OLD.gpkg", "The result of the last run: what entered, left and stayed, and how its list fared.", false, false}, REPORT, parse_text, JOB(report.previous), "a result of hotgrid hotspots", 0, 0},
    {{"incidents", 0, "SRC[:LAYER]", "Incidents since the last run, for the scorecard (default: those of a result made with --all-incidents).", false, false}, REPORT, parse_text, JOB(report.incidents), "a source of incidents", 0, 0},
    {{"tables", 0, "DIR", "Also write every table as CSV, and all of them as tables.xlsx, into this folder.", false, false}, REPORT, parse_text, JOB(report.tables), "a folder", 0, 0},
    {{"advice", 0, "FILE.yaml", "What to do and who does it, by dominant problem (docs/methods/report.md).", false, false}, REPORT, parse_text, JOB(report.advice), "a YAML file", 0, 0},
    {{"map-approval", 0, "NO", "Number of the map approval that a public map of mainland China needs.", false, false}, REPORT, parse_text, JOB(report.map_approval), "a number as printed, such as GS(2019)1234", 0, 0},
    {{"include-stream", 0, "NAME", "With --public: tell of this stream or kind although it is sensitive; may be repeated.", false, true}, REPORT, parse_list, JOB(report.include), "the name of a stream or kind", 0, 0},
    {{"published", 0, "FILE.yaml", "With --public: the record of what was published, read and added to (default: published.yaml beside the report).", false, false}, REPORT, parse_text, JOB(report.published), "a path", 0, 0},
    {{"basemap", 0, "FILE", "Background of the maps: an MBTiles, GeoPackage or other raster, warped to the analysis CRS.", false, false}, REPORT, parse_text, JOB(report.basemap), "a raster", 0, 0},
    {{"check", 0, NULL, "Check the batch and print its plan; nothing runs.", false, false}, BATCH, parse_flag, JOB(batch.check), NULL, 0, 0},
    {{"only", 0, "LIST", "Only these steps, and what they rest on; ids with commas.", false, false}, BATCH, parse_text, JOB(batch.only), "ids of steps with commas", 0, 0},

    {{"since", 0, "DATE", "Only incidents from this moment on (ISO 8601). index: the first day published; earlier days are history. run: of every step that reads incidents.", false, false}, READS | BATCH, parse_date, JOB(since), "a date such as 2019-01-01 or 2019-01-01T08:00, without offset", 0, 0},
    {{"until", 0, "DATE", "Only incidents before this moment.", false, false}, READS | BATCH, parse_date, JOB(until), "a date such as 2019-01-01 or 2019-01-01T08:00, without offset", 0, 0},
    {{"require-time", 0, NULL, "Reject rows without a readable time (else they stay, untimed).", false, false}, PLACES, parse_flag, JOB(require_time), NULL, 0, 0},
    {{"drop-duplicates", 0, NULL, "Reject rows equal in every column to an earlier one (else they are counted and kept).", false, false}, READS, parse_flag, JOB(drop_duplicates), NULL, 0, 0},
    {{"rejects-raw", 0, NULL, "Keep whole raw rows of rejects, not only the offending value.", false, false}, READS, parse_flag, JOB(rejects_raw), NULL, 0, 0},
    {{"allow-identifiers", 0, NULL, "Let --keep name columns that look like personal data.", false, false}, WEIGHS, parse_flag, JOB(allow_identifiers), NULL, 0, 0},
    {{"no-hash", 0, NULL, "Do not record the SHA-256 of the inputs.", false, false}, RUNS, parse_flag, JOB(no_hash), NULL, 0, 0},
    {{"lang", 0, "en|zh", "Language of labels and legends (default en).", false, false}, MAPS | AUDIT | INDEX | TRENDS | BACKTEST | REPORT, parse_lang, JOB(lang), "en or zh", 0, 0},
    {{"memory", 0, "SIZE", "Memory for columns, such as 4GB or 800MB (default: three quarters of the machine's, or of the limit set for the process). What is beyond lies in temporary files without a name, in TMPDIR or else beside the output. Results do not depend on it.", false, false}, MAPS, parse_memory, JOB(memory_bytes), "a size with its unit such as 4GB or 800MB, at least 1MB", 1e6, 1e15},
    {{"threads", 0, "N", "Threads (default: all cores). Results do not depend on it.", false, false}, RUNS | BATCH, parse_count, JOB(threads), "a whole number from 1 to 1024", 1, 1024},
    {{"seed", 0, "N", "Seed of all random draws (default 1).", false, false}, HOT | INDEX | TRENDS | BACKTEST, parse_count, JOB(seed), "a whole number from 0", 0, 9e18},
    {{"json", 0, NULL, "Print one JSON object on standard output instead of the summary.", false, false}, ALL, parse_flag, JOB(json), NULL, 0, 0},
    {{"quiet", 'q', NULL, "Print nothing but errors.", false, false}, RUNS | REPORT | BATCH, parse_flag, JOB(quiet), NULL, 0, 0},
    {{"progress", 0, NULL, "Show progress on standard error.", false, false}, RUNS | REPORT | BATCH, parse_flag, JOB(progress), NULL, 0, 0},
};

enum { OPTIONS = sizeof options / sizeof *options };

size_t hg_option_count(void)
{
    return OPTIONS;
}

const hg_option_info *hg_option_at(size_t i)
{
    return i < OPTIONS ? &options[i].info : NULL;
}

bool hg_option_applies(size_t i, const char *command)
{
    for (size_t c = 0; i < OPTIONS && c < hg_command_count(); c++)
        if (strcmp(hg_command_at(c)->name, command) == 0)
            return (options[i].commands & hg_command_mask(c)) != 0;
    return false;
}

static const option *find_option(const char *name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].info.name, name) == 0)
            return &options[i];
    return NULL;
}

hg_status hg_option_set(unsigned command, const char *command_name, const char *name,
                        const char *value, hg_settings *set, hg_source_settings *source,
                        hg_error *err)
{
    const option *o = find_option(name);
    if (!o || !(o->commands & command))
        return hg_fail(err, HG_EUSAGE, "--%s: %s has no such option", name, command_name);
    if (o->info.argument && !value)
        return hg_fail(err, HG_EUSAGE, "--%s needs a value: %s", name, o->expected);
    if (!o->info.argument && value)
        return hg_fail(err, HG_EUSAGE, "--%s takes no value; \"%s\" was given", name, value);
    char *base = o->info.source ? (char *)source : (char *)set;
    if (!o->parse(o, value ? value : "", base + o->offset))
        return hg_fail(err, HG_EUSAGE, "--%s %s: %s was expected", name, value, o->expected);
    return HG_OK;
}

void hg_settings_init(hg_settings *set, hg_source_settings *all)
{
    *set = (hg_settings){.rule = HG_RULE_SILVERMAN,
                         .shrinkage = NAN,
                         .max_error = 1e-3,
                         .permutations = HG_PERMUTATIONS_DEFAULT,
                         .against_tolerance = 0.01,
                         .stability = HG_STABILITY_DEFAULT,
                         .backtest = {.train_s = 365 * 86400.0,
                                      .horizon_s = 90 * 86400.0,
                                      .budgets = {0.005, 0.01, 0.02, 0.05, 0.1},
                                      .budget_count = 5,
                                      .origins = 5,
                                      .bootstrap = 999},
                         .kernel = HG_QUARTIC,
                         .cutoff = 4,
                         .edge = HG_EDGE_NONE,
                         .budget = {HG_BUDGET_SHARE, 0.01},
                         .since = HG_NO_TIME,
                         .until = HG_NO_TIME,
                         .seed = 1,
                         .chance = 199,
                         .certainty_draws = HG_CERTAINTY_DEFAULT,
                         .audit = {.tolerance_m = NAN, .area_mode = HG_AREA_ELLIPSOID}};
    *all = (hg_source_settings){.datum = HG_WGS84};
}

void hg_settings_dispose(hg_settings *set)
{
    char *texts[] = {set->output,     set->area,       set->area_name,    set->area_column, set->analysis_crs, set->places,
                     set->place_name, set->layer_name, set->lang,         set->audit.class_map,
                     set->units,      set->unit_name,  set->config,       set->preset,
                     set->compare,    set->check_claim, set->at_risk,     set->at_risk_weight,
                     set->against,    set->backtest.methods, set->backtest.save_config, set->backtest.chart,
                     set->report.unit,  set->report.previous, set->report.incidents,    set->report.tables,
                     set->report.advice, set->report.map_approval, set->report.basemap, set->report.published, set->batch.only};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hg_free(texts[i]);
    for (size_t i = 0; i < HG_AUDIT_ROLES; i++)
        hg_list_dispose(&set->audit.sources[i]);
    hg_list_dispose(&set->audit.map);
    hg_list_dispose(&set->report.include);
}

void hg_source_settings_dispose(hg_source_settings *set)
{
    char *texts[] = {set->layer, set->where,    set->sql,      set->x,        set->y,
                     set->crs,   set->encoding, set->time,     set->time_end, set->tz,
                     set->category, set->stream, set->stream_column, set->weight, set->id, set->sheet};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        hg_free(texts[i]);
    hg_list_dispose(&set->keep);
    hg_list_dispose(&set->measure);
}
