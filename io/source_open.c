#include "io/source_parts.h"
#include "base/memory.h"
#include "io/encoding.h"
#include "io/file.h"
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

static const char *const text_extensions[] = {"csv", "tsv", "txt", NULL};
static const char *const dbf_extensions[] = {"shp", "dbf", NULL};
static const char *const folder_extensions[] = {"gdb", NULL};

/* Past "password = " (libpq allows the blanks), or NULL where no password begins at p. */
static const char *password_value(const char *p)
{
    if (strncasecmp(p, "password", 8) != 0)
        return NULL;
    p += 8 + strspn(p + 8, " ");
    return *p == '=' ? p + 1 + strspn(p + 1, " ") : NULL;
}

static const char *skip_value(const char *p)
{
    char quote = *p == '\'' ? *p++ : ' ';
    while (*p && *p != quote && !(quote == ' ' && *p == '&')) {
        if (*p == '\\' && p[1])
            p++;
        p++;
    }
    return *p && quote == '\'' ? p + 1 : p;
}

/* The '@' that ends "user:secret" in "://user:secret@host": the last before the path. */
static const char *end_of_user(const char *p)
{
    size_t n = strcspn(p, "/? ");
    while (n && p[n - 1] != '@')
        n--;
    return n ? p + n - 1 : NULL;
}

char *hg_source_redact(const char *connection)
{
    hg_text t = {0};
    const char *p = connection;
    while (*p) {
        const char *value = password_value(p);
        const char *at = strncmp(p, "://", 3) == 0 ? end_of_user(p + 3) : NULL;
        const char *colon = at ? memchr(p + 3, ':', (size_t)(at - p - 3)) : NULL;
        if (value) {
            hg_text_add(&t, "password=***");
            p = skip_value(value);
        } else if (colon) {
            hg_text_add_n(&t, p, (size_t)(colon + 1 - p));
            hg_text_add(&t, "***");
            p = at;
        } else {
            hg_text_add_n(&t, p++, 1);
        }
    }
    return t.len ? hg_text_take(&t) : hg_strdup("");
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

/* The first n bytes of a file's name, as they may be stored. */
static char *shown_name(const char *base, size_t n)
{
    hg_text raw = {0}, shown = {0};
    hg_text_add_n(&raw, base, n);
    if (raw.s)
        hg_text_add_utf8(&shown, raw.s);
    shown.failed |= raw.failed;
    hg_text_dispose(&raw);
    return hg_text_take(&shown);
}

static hg_status name_source(hg_source *s, hg_error *err)
{
    const char *path = s->spec.path;
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    bool file = access(path, F_OK) == 0;
    s->name = file ? shown_name(base, strlen(base)) : hg_source_redact(path);
    const char *dot = strrchr(base, '.');
    s->stem = file ? shown_name(base, dot && dot != base ? (size_t)(dot - base) : strlen(base))
                   : hg_strdup("incidents");
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
    const char *path = s->spec.path;
    *file = access(path, F_OK) == 0;
    if (!*file && is_connection(path))
        return HG_OK;
    return hg_file_check(path, s->name, has_extension(path, folder_extensions), err);
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
    s->table = s->text + skip;
    s->table_size = size - skip;
    VSILFILE *f = VSIFileFromMemBuffer(memory, (GByte *)s->text + skip, s->table_size, FALSE);
    if (!f)
        return hg_fail_memory(err);
    VSIFCloseL(f);
    s->memory_path = hg_strdup(memory);
    *open_as = hg_strdup(memory);
    return s->memory_path && *open_as ? HG_OK : hg_fail_memory(err);
}

enum { DBF_SAMPLE = 1 << 22, DBF_DESCRIPTOR = 32, DBF_NAME = 11 };

/* A file beside the source with this extension in small or capital letters; NULL if there is none.
 */
static FILE *open_beside(const char *path, const char *small, const char *capital)
{
    const char *const endings[] = {small, capital};
    FILE *f = NULL;
    for (int k = 0; k < 2 && !f; k++) {
        hg_text name = {0};
        hg_text_add_n(&name, path, (size_t)(extension(path) - path));
        hg_text_add(&name, endings[k]);
        f = name.failed ? NULL : fopen(name.s, "rb");
        hg_text_dispose(&name);
    }
    return f;
}

/* Leaves of the field descriptors only the names, up to their NUL. */
static void blank_all_but_names(char *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += DBF_DESCRIPTOR) {
        size_t room = n - at < DBF_DESCRIPTOR ? n - at : DBF_DESCRIPTOR;
        size_t name = strnlen(bytes + at, room < DBF_NAME ? room : DBF_NAME);
        memset(bytes + at + name, ' ', room - name);
    }
}

/* The records speak first; where they are plain ASCII, the column names may still tell. */
static hg_status judge_dbf(hg_source *s, char *bytes, size_t n, hg_encoding *e, hg_error *err)
{
    const char *wanted = s->spec.encoding ? s->spec.encoding : "auto";
    size_t head = n < DBF_DESCRIPTOR
                      ? n
                      : (size_t)(unsigned char)bytes[8] | (size_t)(unsigned char)bytes[9] << 8;
    *e = (hg_encoding){.ascii = true};
    if (head >= n && n < DBF_DESCRIPTOR)
        return HG_OK;
    head = head < DBF_DESCRIPTOR ? DBF_DESCRIPTOR : head > n ? n : head;
    blank_all_but_names(bytes + DBF_DESCRIPTOR, head - DBF_DESCRIPTOR);
    for (size_t i = head; i < n; i++)
        if (bytes[i] == '\0')
            bytes[i] = ' ';
    hg_status status = HG_OK;
    if (head < n)
        status = hg_encoding_detect_bytes(s->name, bytes + head, n - head, wanted, e, err);
    if (status == HG_OK && e->ascii && head > DBF_DESCRIPTOR)
        status = hg_encoding_detect_bytes(s->name, bytes + DBF_DESCRIPTOR, head - DBF_DESCRIPTOR,
                                          wanted, e, err);
    return status;
}

/* Header: count of records, length of header, length of a record (dBASE III, bytes 4 to 11). */
static bool dbf_is_whole(const char *path)
{
    unsigned char h[12];
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f)
        return true;
    size_t n = fread(h, 1, sizeof h, f);
    fclose(f);
    if (n < sizeof h || stat(path, &st) != 0)
        return false;
    uint64_t records = (uint64_t)h[4] | (uint64_t)h[5] << 8 | (uint64_t)h[6] << 16 | (uint64_t)h[7] << 24;
    uint64_t head = (uint64_t)h[8] | (uint64_t)h[9] << 8, length = (uint64_t)h[10] | (uint64_t)h[11] << 8;
    return (uint64_t)st.st_size >= head + records * length;
}

/* OGR reads a Shapefile whose DBF is broken as one without attributes. */
static hg_status check_dbf(const hg_source *s, hg_error *err)
{
    hg_text dbf = {0};
    hg_text_add_n(&dbf, s->spec.path, strlen(s->spec.path) - 4);
    hg_text_add(&dbf, ".dbf");
    hg_status status = dbf.failed ? hg_fail_memory(err) : HG_OK;
    if (status == HG_OK && !dbf_is_whole(dbf.s))
        status = hg_fail(err, HG_EDATA, "%s: its .dbf is truncated: shorter than its header says",
                         s->name);
    hg_text_dispose(&dbf);
    return status;
}

/* A DBF without .cpg does not say its encoding: judge by its bytes. */
static hg_status dbf_encoding(hg_source *s, char option[64], hg_error *err)
{
    bool wanted = s->spec.encoding && strcasecmp(s->spec.encoding, "auto") != 0;
    FILE *cpg = open_beside(s->spec.path, "cpg", "CPG");
    option[0] = '\0';
    if (cpg)
        fclose(cpg);
    FILE *f = wanted || !cpg ? open_beside(s->spec.path, "dbf", "DBF") : NULL;
    if (!f)
        return HG_OK;
    hg_encoding e = {.ascii = true};
    char *bytes = hg_malloc(DBF_SAMPLE, 1);
    hg_status status =
        bytes ? judge_dbf(s, bytes, fread(bytes, 1, DBF_SAMPLE, f), &e, err) : hg_fail_memory(err);
    if (status == HG_OK && !e.ascii) {
        snprintf(option, 64, "ENCODING=%s", e.name);
        status =
            hg_source_add_note(s, err, "%s: attributes read as %s (%s)", s->name, e.name, e.how);
    }
    fclose(f);
    hg_free(bytes);
    return status;
}

/*
 * Whether a sheet's first row holds the heads is told to these drivers by configuration alone,
 * which they look at when a sheet is first touched: in force while a dataset is opened and its
 * layer picked.
 */
static void tell_sheet_heads(const hg_source *s, bool tell)
{
    static const char *const keys[] = {"OGR_XLSX_HEADERS", "OGR_XLS_HEADERS", "OGR_ODS_HEADERS"};
    const char *value = s->spec.header_row > 1 ? "DISABLE" : "FORCE";
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        CPLSetThreadLocalConfigOption(keys[k], tell ? value : NULL);
}

static hg_status cannot_open(const hg_source *s, bool file, const hg_gdal_watch *watch,
                             hg_error *err)
{
    if (strstr(watch->message, "locked"))
        return hg_fail(err, HG_EIO, "%s is in use by another program", s->name);
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
        s->csv = true;
        drivers = csv_drivers;
        options = csv_options;
    } else if (file && has_extension(path, dbf_extensions)) {
        status = check_dbf(s, err);
        if (status == HG_OK)
            status = dbf_encoding(s, encoding, err);
        options = *encoding ? shape_options : NULL;
    }
    if (status != HG_OK)
        goto done;
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    tell_sheet_heads(s, true);
    s->dataset = GDALOpenEx(open_as ? open_as : path, GDAL_OF_VECTOR | GDAL_OF_READONLY, drivers,
                            (const char *const *)options, NULL);
    tell_sheet_heads(s, false);
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
               : hg_fail(err, HG_EUSAGE, "%s has several layers (%s); say which with %s", s->name,
                         list.s ? list.s : "", s->records ? "SOURCE:LAYER" : "--layer");
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
        if (!s->records && is_incidents(layer)) {
            s->layer = layer;
            return HG_OK;
        }
        if (OGR_L_GetGeomType(layer) != wkbNone && (spatial++ == 0))
            only = layer;
    }
    bool table = s->records && !s->polygons; /* any layer may be meant */
    if ((table ? n : spatial) > 1 && !first)
        return layer_error(s, NULL, err);
    s->layer = only ? only : GDALDatasetGetLayer(s->dataset, 0);
    OGR_L_GetLayerDefn(s->layer); /* sheets look for their heads now */
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

static hg_status find_layer(hg_source *s, bool first, hg_error *err)
{
    const char *wanted = s->spec.sheet ? s->spec.sheet : s->spec.layer;
    if (GDALDatasetGetLayerCount(s->dataset) == 0)
        return hg_fail(err, HG_EDATA, "%s holds no layers", s->name);
    if (s->spec.sql)
        return run_sql(s, err);
    if (!wanted)
        return pick_unnamed(s, first, err);
    hg_gdal_watch watch;
    hg_gdal_watch_begin(&watch);
    s->layer = GDALDatasetGetLayerByName(s->dataset, wanted);
    if (s->layer)
        OGR_L_GetLayerDefn(s->layer);
    hg_gdal_watch_end(&watch);
    return s->layer ? HG_OK : layer_error(s, wanted, err);
}

hg_status hg_source_pick_layer(hg_source *s, bool first, hg_error *err)
{
    tell_sheet_heads(s, true);
    hg_status status = find_layer(s, first, err);
    tell_sheet_heads(s, false);
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
