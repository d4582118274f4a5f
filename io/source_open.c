#include "io/source_parts.h"
#include "base/memory.h"
#include "io/encoding.h"
#include "io/gdal.h"
#include "io/sql.h"

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *extension(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    return dot ? dot + 1 : "";
}

static bool has_extension(const char *path, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(extension(path), *list) == 0)
            return true;
    return false;
}

static const char *const text_extensions[] = {"csv", "tsv", "txt", "psv", NULL};
static const char *const sheet_extensions[] = {"xlsx", "xlsm", "xls", "ods", NULL};
static const char *const folder_extensions[] = {"gdb", NULL};

/* "PG:host=h password=secret" -> "PG:host=h password=***"; also user:secret@host in URIs. */
static char *redact(const char *connection)
{
    hg_text t = {0};
    const char *p = connection;
    while (*p) {
        if (strncasecmp(p, "password=", 9) == 0) {
            hg_text_add(&t, "password=***");
            p += 9;
            char quote = *p == '\'' ? *p++ : ' ';
            while (*p && *p != quote) {
                if (*p == '\\' && p[1])
                    p++;
                p++;
            }
            if (*p && quote == '\'')
                p++;
            continue;
        }
        const char *at = strncmp(p, "://", 3) == 0 ? strpbrk(p + 3, "@/? ") : NULL;
        const char *colon = at && *at == '@' ? memchr(p + 3, ':', (size_t)(at - p - 3)) : NULL;
        if (colon) {
            hg_text_add_n(&t, p, (size_t)(colon + 1 - p));
            hg_text_add(&t, "***");
            p = at;
            continue;
        }
        hg_text_add_n(&t, p++, 1);
    }
    return hg_text_take(&t);
}

hg_status hg_source_add_note(hg_source *s, hg_error *err, const char *fmt, ...)
{
    char buf[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(buf, sizeof buf, fmt, args);
    va_end(args);
    char **notes = hg_grow(s->notes, &s->note_capacity, s->note_count + 1, sizeof *notes);
    if (!notes)
        return hg_fail_memory(err);
    s->notes = notes;
    notes[s->note_count] = hg_strdup(buf);
    if (!notes[s->note_count])
        return hg_fail_memory(err);
    s->note_count++;
    return HG_OK;
}

static hg_status name_source(hg_source *s, hg_error *err)
{
    const char *path = s->spec.path;
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    bool file = access(path, F_OK) == 0;
    s->name = file ? hg_strdup(base) : redact(path);
    const char *dot = strrchr(base, '.');
    s->stem = file && dot && dot != base ? hg_strndup(base, (size_t)(dot - base))
                                         : hg_strdup(file ? base : "incidents");
    s->file = file ? hg_strdup(path) : NULL;
    return s->name && s->stem && (!file || s->file) ? HG_OK : hg_fail_memory(err);
}

/* Connections have a "PREFIX:" that is no drive and no file. */
static bool is_connection(const char *path)
{
    const char *colon = strchr(path, ':');
    return colon && colon > path + 1 && !memchr(path, '/', (size_t)(colon - path));
}

static hg_status check_file(const hg_source *s, bool *file, hg_error *err)
{
    struct stat st;
    const char *path = s->spec.path;
    *file = true;
    if (stat(path, &st) != 0) {
        *file = false;
        if (is_connection(path))
            return HG_OK;
        return hg_fail(err, HG_EIO, "%s: no such file", s->name);
    }
    if (S_ISDIR(st.st_mode))
        return has_extension(path, folder_extensions)
                   ? HG_OK
                   : hg_fail(err, HG_EIO, "%s is a folder; a file was expected", path);
    if (access(path, R_OK) != 0)
        return hg_fail(err, HG_EIO, "%s cannot be read: no permission", path);
    if (st.st_size == 0)
        return hg_fail(err, HG_EDATA, "%s is empty", path);
    if (!hg_sql_is_whole(path))
        return hg_fail(err, HG_EDATA, "%s is truncated: it is shorter than its header says", path);
    return HG_OK;
}

static size_t skip_lines(const char *text, size_t size, int lines)
{
    size_t at = 0;
    for (int i = 0; i < lines && at < size; i++) {
        const char *end = memchr(text + at, '\n', size - at);
        at = end ? (size_t)(end - text) + 1 : size;
    }
    return at;
}

/* Text goes to OGR as UTF-8: as it is where it is so already, else recoded in memory. */
static hg_status prepare_text(hg_source *s, char **open_as, hg_error *err)
{
    hg_encoding e;
    const char *path = s->spec.path;
    hg_status status =
        hg_encoding_detect(path, s->spec.encoding ? s->spec.encoding : "auto", &e, err);
    if (status != HG_OK)
        return status;
    if (!e.ascii && strcmp(e.name, "UTF-8") != 0)
        status = hg_source_add_note(s, err, "%s: read as %s (%s)", s->name, e.name, e.how);
    if (status != HG_OK)
        return status;
    bool plain = strcmp(e.name, "UTF-8") == 0 && s->spec.header_row <= 1 &&
                 strcasecmp(extension(path), "txt") != 0;
    if (plain) {
        *open_as = hg_strdup(path);
        return *open_as ? HG_OK : hg_fail_memory(err);
    }
    size_t size = 0;
    status = hg_encoding_read(path, &e, &s->text, &size, err);
    if (status != HG_OK)
        return status;
    size_t skip = skip_lines(s->text, size, s->spec.header_row - 1);
    if (skip >= size)
        return hg_fail(err, HG_EDATA,
                       "%s: row %d was named as the header, but there is no such row", s->name,
                       s->spec.header_row);
    char memory[512]; /* OGR names the layer after the file, so the stem stays */
    const char *ext = strcasecmp(extension(path), "tsv") == 0 ? "tsv" : "csv";
    snprintf(memory, sizeof memory, "/vsimem/hotgrid-%p/%.400s.%s", (void *)s, s->stem, ext);
    VSILFILE *f = VSIFileFromMemBuffer(memory, (GByte *)s->text + skip, size - skip, FALSE);
    if (!f)
        return hg_fail_memory(err);
    VSIFCloseL(f);
    s->memory_path = hg_strdup(memory);
    *open_as = hg_strdup(memory);
    return s->memory_path && *open_as ? HG_OK : hg_fail_memory(err);
}

/* A DBF without .cpg does not say its encoding: judge by the bytes of its records. */
static hg_status dbf_encoding(hg_source *s, char option[64], hg_error *err)
{
    option[0] = '\0';
    char *base = hg_strndup(s->spec.path, strlen(s->spec.path) - 4);
    if (!base)
        return hg_fail_memory(err);
    hg_text dbf = {0}, cpg = {0};
    hg_text_addf(&dbf, "%s.dbf", base);
    hg_text_addf(&cpg, "%s.cpg", base);
    hg_free(base);
    hg_status status = dbf.failed || cpg.failed ? hg_fail_memory(err) : HG_OK;
    bool wanted = s->spec.encoding && strcasecmp(s->spec.encoding, "auto") != 0;
    FILE *f = NULL;
    char *bytes = NULL;
    size_t n = 0;
    if (status != HG_OK || (!wanted && access(cpg.s, F_OK) == 0) || !(f = fopen(dbf.s, "rb")))
        goto done;
    bytes = hg_malloc(1 << 22, 1);
    if (!bytes) {
        status = hg_fail_memory(err);
        goto done;
    }
    n = fread(bytes, 1, 1 << 22, f);
    size_t head =
        n > 10 ? (size_t)(unsigned char)bytes[8] | (size_t)(unsigned char)bytes[9] << 8 : n;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == '\0')
            bytes[i] = ' ';
    if (head < n) {
        hg_encoding e;
        status = hg_encoding_detect_bytes(s->name, bytes + head, n - head,
                                          wanted ? s->spec.encoding : "auto", &e, err);
        if (status == HG_OK && !e.ascii) {
            snprintf(option, 64, "ENCODING=%s", e.name);
            status = hg_source_add_note(s, err, "%s: attributes read as %s (%s)", s->name, e.name,
                                        e.how);
        }
    }
done:
    if (f)
        fclose(f);
    hg_free(bytes);
    hg_text_dispose(&dbf);
    hg_text_dispose(&cpg);
    return status;
}

static hg_status cannot_open(const hg_source *s, bool file, const hg_gdal_watch *watch,
                             hg_error *err)
{
    if (file)
        return hg_fail(err, HG_EDATA,
                       "%s is damaged, truncated or not in a format that can be read", s->name);
    bool refused = strstr(watch->message, "password") || strstr(watch->message, "connect") ||
                   strstr(watch->message, "authentication");
    return hg_fail(err, HG_EIO, "%s cannot be opened%s", s->name,
                   refused ? ": the server refused the connection" : "");
}

hg_status hg_source_open_dataset(hg_source *s, hg_error *err)
{
    static const char *const csv_drivers[] = {"CSV", NULL};
    static const char *const csv_options[] = {"HEADERS=YES", "AUTODETECT_TYPE=NO",
                                              "EMPTY_STRING_AS_NULL=YES", NULL};
    const char *sheet_options[] = {"HEADERS=FORCE", NULL};
    char encoding[64] = "";
    const char *shape_options[] = {encoding, NULL};
    bool file = true;
    char *open_as = NULL;
    hg_gdal_init();
    hg_status status = name_source(s, err);
    if (status == HG_OK)
        status = check_file(s, &file, err);
    if (status != HG_OK)
        return status;
    const char *const *drivers = NULL, *const *options = NULL;
    const char *path = s->spec.path;
    if (file && has_extension(path, text_extensions)) {
        status = prepare_text(s, &open_as, err);
        drivers = csv_drivers;
        options = csv_options;
    } else if (file && has_extension(path, sheet_extensions)) {
        if (s->spec.header_row > 1)
            sheet_options[0] = "HEADERS=DISABLE";
        options = sheet_options;
    } else if (file && strcasecmp(extension(path), "shp") == 0) {
        status = dbf_encoding(s, encoding, err);
        options = *encoding ? shape_options : NULL;
    }
    if (status != HG_OK)
        goto done;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    s->dataset = GDALOpenEx(open_as ? open_as : path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers,
                            (const char *const *)options, NULL);
    hg_gdal_watch_end(&watch);
    if (!s->dataset)
        status = cannot_open(s, file, &watch, err);
done:
    hg_free(open_as);
    return status;
}

void hg_source_close_dataset(hg_source *s)
{
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    if (s->sql_result && s->layer)
        GDALDatasetReleaseResultSet(s->dataset, s->layer);
    if (s->dataset)
        GDALClose(s->dataset);
    hg_gdal_watch_end(&watch);
    s->dataset = NULL;
    s->layer = NULL;
    if (s->memory_path)
        VSIUnlink(s->memory_path);
    hg_free(s->memory_path);
    hg_free(s->text);
    s->memory_path = s->text = NULL;
}

static void list_layers(const hg_source *s, hg_text *list)
{
    int n = GDALDatasetGetLayerCount(s->dataset);
    for (int i = 0; i < n && i < 12; i++)
        hg_text_addf(list, "%s%s", i ? ", " : "",
                     OGR_L_GetName(GDALDatasetGetLayer(s->dataset, i)));
    if (n > 12)
        hg_text_add(list, ", ...");
}

static hg_status layer_error(const hg_source *s, const char *wanted, hg_error *err)
{
    hg_text list = {0};
    list_layers(s, &list);
    hg_status status =
        wanted ? hg_fail(err, HG_EUSAGE, "%s has no layer \"%s\"; it has: %s", s->name, wanted,
                         list.s ? list.s : "none")
               : hg_fail(err, HG_EUSAGE, "%s has several layers (%s); say which with --layer",
                         s->name, list.s ? list.s : "");
    hg_text_dispose(&list);
    return status;
}

static bool is_incidents(OGRLayerH layer)
{
    OGRFeatureDefnH d = OGR_L_GetLayerDefn(layer);
    return strcmp(OGR_L_GetName(layer), "incidents") == 0 &&
           OGR_FD_GetFieldIndex(d, "stream") >= 0 && OGR_FD_GetFieldIndex(d, "t_start") >= 0 &&
           OGR_FD_GetFieldIndex(d, "source_row") >= 0;
}

static hg_status pick_unnamed(hg_source *s, bool first, hg_error *err)
{
    int n = GDALDatasetGetLayerCount(s->dataset), spatial = 0;
    OGRLayerH only = NULL;
    for (int i = 0; i < n; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(s->dataset, i);
        if (is_incidents(layer)) {
            s->layer = layer;
            return HG_OK;
        }
        if (OGR_L_GetGeomType(layer) != wkbNone && (spatial++ == 0))
            only = layer;
    }
    if (spatial > 1 && !first)
        return layer_error(s, NULL, err);
    s->layer = only ? only : GDALDatasetGetLayer(s->dataset, 0);
    return HG_OK;
}

/* What writes, attaches or copies has no place in reading, whatever the file's driver allows. */
static bool is_select(const char *sql)
{
    static const char *const words[] = {"SELECT", "WITH", "VALUES"};
    sql += strspn(sql, " \t\r\n");
    size_t n = strspn(sql, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(sql, words[i], n) == 0)
            return true;
    return false;
}

static hg_status run_sql(hg_source *s, hg_error *err)
{
    if (!is_select(s->spec.sql))
        return hg_fail(err, HG_EUSAGE, "%s: --sql \"%s\": a SELECT was expected", s->name,
                       s->spec.sql);
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    s->layer = GDALDatasetExecuteSQL(s->dataset, s->spec.sql, NULL, "SQLITE");
    hg_gdal_watch_end(&watch);
    s->sql_result = s->layer != NULL;
    if (!s->layer)
        return hg_fail(err, HG_EUSAGE, "%s: --sql cannot be run: %s", s->name,
                       *watch.message ? watch.message : "it returns no rows");
    return HG_OK;
}

static hg_status bad_condition(const hg_source *s, const hg_gdal_watch *watch, hg_error *err)
{
    return hg_fail(err, HG_EUSAGE, "%s: --where \"%s\" cannot be understood%s%s", s->name,
                   s->spec.where, *watch->message ? ": " : "", watch->message);
}

hg_status hg_source_pick_layer(hg_source *s, bool first, hg_error *err)
{
    hg_status status = HG_OK;
    const char *wanted = s->spec.sheet ? s->spec.sheet : s->spec.layer;
    if (GDALDatasetGetLayerCount(s->dataset) == 0)
        return hg_fail(err, HG_EDATA, "%s holds no layers", s->name);
    if (s->spec.sql) {
        status = run_sql(s, err);
    } else if (wanted) {
        hg_gdal_watch watch;
        hg_gdal_watch_begin(&watch);
        s->layer = GDALDatasetGetLayerByName(s->dataset, wanted);
        hg_gdal_watch_end(&watch);
        if (!s->layer)
            return layer_error(s, wanted, err);
    } else {
        status = pick_unnamed(s, first, err);
    }
    if (status != HG_OK)
        return status;
    if (s->spec.where) {
        hg_gdal_watch watch;
        hg_gdal_watch_begin(&watch);
        OGRErr bad = OGR_L_SetAttributeFilter(s->layer, s->spec.where);
        hg_gdal_watch_end(&watch);
        if (bad != OGRERR_NONE || watch.failed)
            return bad_condition(s, &watch, err);
    }
    s->layer_name = hg_strdup(OGR_L_GetName(s->layer));
    return s->layer_name ? HG_OK : hg_fail_memory(err);
}

hg_status hg_source_declared_crs(OGRLayerH layer, char **wkt, hg_error *err)
{
    static const char *const options[] = {"FORMAT=WKT2_2019", "MULTILINE=NO", NULL};
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(layer);
    *wkt = NULL;
    const char *name = srs ? OSRGetName(srs) : NULL;
    if (!srs || (name && (strncasecmp(name, "undefined", 9) == 0 ||
                          strcasecmp(name, "unknown") == 0 || strcasecmp(name, "unnamed") == 0)))
        return HG_OK;
    char *text = NULL;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGRErr bad = OSRExportToWktEx(srs, &text, options);
    hg_gdal_watch_end(&watch);
    if (bad == OGRERR_NONE && text && *text) {
        *wkt = hg_strdup(text);
        if (!*wkt) {
            CPLFree(text);
            return hg_fail_memory(err);
        }
    }
    CPLFree(text);
    return HG_OK;
}

/* Databases look at a condition only when rows are asked for; without it they then yield rows. */
static bool condition_is_to_blame(hg_source *s)
{
    if (!s->spec.where)
        return false;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGR_L_SetAttributeFilter(s->layer, NULL);
    OGR_L_ResetReading(s->layer);
    OGRFeatureH feature = OGR_L_GetNextFeature(s->layer);
    hg_gdal_watch_end(&watch);
    bool reads = feature && !watch.failed;
    if (feature)
        OGR_F_Destroy(feature);
    return reads;
}

static hg_status unreadable(hg_source *s, const hg_gdal_watch *watch, hg_error *err)
{
    if (condition_is_to_blame(s))
        return bad_condition(s, watch, err);
    return hg_fail(err, HG_EDATA, "%s cannot be read: it is damaged or truncated", s->name);
}

hg_status hg_source_take_sample(hg_source *s, size_t limit, hg_sample *sample, hg_error *err)
{
    const char **values = hg_calloc(limit * (s->fields ? s->fields : 1), sizeof *values);
    if (!values)
        return hg_fail_memory(err);
    hg_sample out = {.columns = s->fields, .names = (const char *const *)s->field_names};
    out.values = values;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    OGR_L_ResetReading(s->layer);
    OGRFeatureH feature;
    size_t passed = 0;
    bool memory = true;
    while (memory && out.rows < limit && (feature = OGR_L_GetNextFeature(s->layer))) {
        for (size_t f = 0; passed >= s->title_rows && f < s->fields; f++) {
            if (!OGR_F_IsFieldSetAndNotNull(feature, (int)f))
                continue;
            values[out.rows * s->fields + f] = hg_strdup(OGR_F_GetFieldAsString(feature, (int)f));
            memory = memory && values[out.rows * s->fields + f];
        }
        out.rows += passed++ >= s->title_rows;
        OGR_F_Destroy(feature);
    }
    OGR_L_ResetReading(s->layer);
    hg_gdal_watch_end(&watch);
    if (!memory || (watch.failed && out.rows == 0)) {
        hg_source_sample_free(&out);
        return memory ? unreadable(s, &watch, err) : hg_fail_memory(err);
    }
    *sample = out;
    return HG_OK;
}

void hg_source_sample_free(hg_sample *sample)
{
    for (size_t i = 0; i < sample->rows * sample->columns; i++)
        hg_free((void *)sample->values[i]);
    hg_free((void *)sample->values);
    *sample = (hg_sample){0};
}

void hg_source_split(const char *text, char *path, size_t path_size, char *layer, size_t layer_size,
                     char date[11])
{
    size_t n = strlen(text);
    date[0] = layer[0] = '\0';
    snprintf(path, path_size, "%s", text);
    if (n > 11 && text[n - 11] == '@') {
        const char *d = text + n - 10;
        if (strspn(d, "0123456789-") == 10 && d[4] == '-' && d[7] == '-') {
            memcpy(date, d, 11);
            if (n - 11 < path_size)
                path[n - 11] = '\0';
        }
    }
    if (access(path, F_OK) == 0)
        return;
    char *colon = strrchr(path, ':');
    if (!colon)
        return;
    *colon = '\0';
    if (access(path, F_OK) == 0)
        snprintf(layer, layer_size, "%s", colon + 1);
    else
        *colon = ':';
}
