/*
 * Points of a PostGIS table by COPY in binary: a fifth of the time that OGR's cursor of text needs. OGR still opens
 * the source, knows its columns and reads whatever is not as expected here; what of a table is read, and in which
 * order, is the same either way.
 */
#include "io/source_parts.h"

#ifdef HG_WITH_LIBPQ

#include "base/memory.h"

#include <libpq-fe.h>
#include <math.h>
#include <ogr_api.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CHECK_EVERY = 4096, MAX_MOMENT = 63 };

static const int64_t MOST_US = INT64_MAX / 4; /* infinity lies beyond */

/* Numbers of PostgreSQL's own types, pg_type.dat. */
enum {
    PG_BOOL = 16, PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_TEXT = 25, PG_FLOAT4 = 700, PG_FLOAT8 = 701,
    PG_VARCHAR = 1043, PG_DATE = 1082, PG_TIMESTAMP = 1114, PG_TIMESTAMPTZ = 1184, PG_NUMERIC = 1700,
};

/* How a field comes over the wire. */
typedef enum wire { WIRE_BOOL, WIRE_INT, WIRE_REAL, WIRE_TEXT, WIRE_DATE, WIRE_TIMESTAMP, WIRE_MOMENT_TEXT, WIRE_END } wire;

typedef struct pg_reader {
    hg_source *source;
    PGconn *connection;
    wire *wires; /* a field each */
    hg_value *values;
    char (*texts)[HG_SHORT_TEXT];
    hg_row_builder builder;
    bool odd;
} pg_reader;

bool hg_source_is_postgres(const hg_source *s)
{
    const char *driver = GDALGetDriverShortName(GDALGetDatasetDriver(s->dataset));
    return strcmp(driver, "PostgreSQL") == 0 && strncasecmp(s->spec.path, "PG:", 3) == 0 && !s->spec.sql && !s->from_columns &&
           !s->polygons && s->title_rows == 0 && OGR_L_GetGeometryColumn(s->layer)[0];
}

/* ------------------------------------------------- connecting ------------------------------ */

static const char *end_of_value(const char *p)
{
    bool quoted = *p == '\'';
    for (p += quoted; *p && (quoted ? *p != '\'' : *p != ' '); p++)
        if (*p == '\\' && p[1])
            p++;
    return *p && quoted ? p + 1 : p;
}

/*
 * What OGR passes on to libpq: "PG:tables=t host=h" -> "host=h". False where it names schemas, which decide what
 * table is meant.
 */
static bool connection_text(const char *p, hg_text *out)
{
    for (p += 3; *(p += strspn(p, " \t\n"));) {
        const char *begin = p;
        size_t name = strcspn(p, " =");
        p += name;
        p += strspn(p, " ");
        if (*p++ != '=')
            return false;
        p = end_of_value(p + strspn(p, " "));
        if ((name == 7 && strncasecmp(begin, "schemas", name) == 0) ||
            (name == 13 && strncasecmp(begin, "active_schema", name) == 0))
            return false;
        if (name == 6 && strncasecmp(begin, "tables", name) == 0)
            continue;
        hg_text_add_n(out, begin, (size_t)(p - begin));
        hg_text_add(out, " ");
    }
    return !out->failed;
}

/* One statement and no more, whatever a condition may hold. */
static PGresult *ask(PGconn *c, const char *sql, int count, const char *const *values)
{
    return PQexecParams(c, sql, count, NULL, values, NULL, NULL, 0);
}

static bool say(PGconn *c, const char *sql)
{
    PGresult *r = ask(c, sql, 0, NULL);
    bool done = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return done;
}

/* Nothing can be written, and rows come in the order of the table as through a cursor. */
static bool begin_reading(PGconn *c)
{
    return PQstatus(c) == CONNECTION_OK && PQsetClientEncoding(c, "UTF8") == 0 &&
           say(c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") && say(c, "SET LOCAL datestyle TO ISO") &&
           say(c, "SET LOCAL synchronize_seqscans TO off") && say(c, "SET LOCAL max_parallel_workers_per_gather TO 0");
}

static bool connect_reader(pg_reader *r)
{
    hg_text text = {0};
    if (connection_text(r->source->spec.path, &text))
        r->connection = PQconnectdb(text.s ? text.s : "");
    if (text.s)
        memset(text.s, 0, text.len); /* there may be a password in it */
    hg_text_dispose(&text);
    return r->connection && begin_reading(r->connection);
}

/* ------------------------------------------------- what to ask for ------------------------- */

/* OGR's "table", "schema.table" or either with "(geometry)", as SQL; false where it is not plain which. */
static bool table_name(const pg_reader *r, hg_text *out)
{
    static const char sql[] =
        "SELECT a, b FROM (SELECT quote_ident($1) AS a, CASE WHEN strpos($1, '.') > 0 THEN quote_ident(split_part($1, '.', 1)) "
        "|| '.' || quote_ident(substr($1, strpos($1, '.') + 1)) END AS b) n WHERE (to_regclass(a) IS NULL) <> "
        "(b IS NULL OR to_regclass(b) IS NULL)";
    static const char which[] = "SELECT to_regclass($1) IS NOT NULL";
    hg_text name = {0};
    const char *column = OGR_L_GetGeometryColumn(r->source->layer), *layer = r->source->layer_name;
    size_t n = strlen(layer), tail = strlen(column) + 2;
    bool suffixed = n > tail && layer[n - tail] == '(' && layer[n - 1] == ')' &&
                    strncmp(layer + n - tail + 1, column, tail - 2) == 0;
    hg_text_add_n(&name, layer, suffixed ? n - tail : n);
    const char *value = name.failed ? NULL : name.s;
    PGresult *names = ask(r->connection, sql, 1, &value);
    bool ok = !name.failed && PQresultStatus(names) == PGRES_TUPLES_OK && PQntuples(names) == 1;
    for (int k = 0; ok && k < 2 && !out->len; k++) {
        value = PQgetvalue(names, 0, k);
        PGresult *there = PQgetisnull(names, 0, k) ? NULL : ask(r->connection, which, 1, &value);
        if (there && PQntuples(there) == 1 && *PQgetvalue(there, 0, 0) == 't')
            hg_text_add(out, value);
        PQclear(there);
    }
    PQclear(names);
    hg_text_dispose(&name);
    return ok && out->len && !out->failed;
}

static void add_tail(const pg_reader *r, const char *table, hg_text *sql)
{
    hg_text_add(sql, " FROM ");
    hg_text_add(sql, table);
    if (r->source->spec.where) {
        hg_text_add(sql, " WHERE (");
        hg_text_add(sql, r->source->spec.where);
        hg_text_add(sql, "\n)"); /* the line ends a comment there may be */
    }
}

/* The wire of a type; WIRE_END for one that is left to OGR. *cast is what makes the server's text the value OGR gets. */
static wire wire_of(Oid type, hg_type wanted, const char **cast)
{
    *cast = "";
    switch (type) {
    case PG_BOOL:
        return WIRE_BOOL;
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
        return WIRE_INT;
    case PG_FLOAT8:
        return WIRE_REAL;
    case PG_FLOAT4:
        *cast = "::text::float8";
        return WIRE_REAL;
    case PG_NUMERIC:
        *cast = wanted == HG_INT64 ? "::int8" : "::float8";
        return wanted == HG_INT64 ? WIRE_INT : WIRE_REAL;
    case PG_TEXT:
    case PG_VARCHAR:
        return WIRE_TEXT;
    case PG_DATE:
        return WIRE_DATE;
    case PG_TIMESTAMP:
        return WIRE_TIMESTAMP;
    case PG_TIMESTAMPTZ: /* its offset is a matter of the session */
        *cast = "::text";
        return WIRE_MOMENT_TEXT;
    default:
        return WIRE_END;
    }
}

static bool fits(wire w, hg_type type)
{
    return type == HG_INT64 ? w == WIRE_INT || w == WIRE_BOOL : type == HG_DOUBLE ? w == WIRE_REAL : w >= WIRE_TEXT;
}

/* COPY (SELECT geometry, the fields FROM the table WHERE ...), once the types of the fields are known. */
static bool copy_text(pg_reader *r, const char *table, hg_text *copy)
{
    const hg_source *s = r->source;
    hg_text probe = {0};
    hg_text_add(&probe, "SELECT ");
    hg_text_add_sql_name(&probe, OGR_L_GetGeometryColumn(s->layer));
    for (size_t f = 0; f < s->fields; f++) {
        hg_text_add(&probe, ", ");
        hg_text_add_sql_name(&probe, s->field_names[f]);
    }
    add_tail(r, table, &probe);
    hg_text_add(&probe, " LIMIT 0");
    PGresult *types = probe.failed ? NULL : ask(r->connection, probe.s, 0, NULL);
    bool ok = PQresultStatus(types) == PGRES_TUPLES_OK && PQnfields(types) == (int)s->fields + 1;
    hg_text_add(copy, "COPY (SELECT ");
    hg_text_add_sql_name(copy, OGR_L_GetGeometryColumn(s->layer));
    for (size_t f = 0; ok && f < s->fields; f++) {
        const char *cast;
        r->wires[f] = wire_of(PQftype(types, (int)f + 1), s->field_types[f], &cast);
        ok = r->wires[f] != WIRE_END && fits(r->wires[f], s->field_types[f]);
        hg_text_add(copy, ", ");
        hg_text_add_sql_name(copy, s->field_names[f]);
        hg_text_add(copy, cast);
    }
    add_tail(r, table, copy);
    hg_text_add(copy, ") TO STDOUT (FORMAT binary)");
    PQclear(types);
    hg_text_dispose(&probe);
    return ok && !copy->failed;
}

/* ------------------------------------------------- values ---------------------------------- */

static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* Microseconds from 2000 on; infinity, and years that OGR's text of it would not hold, are left to OGR. */
static bool set_timestamp(int64_t us, bool date_only, char *buf)
{
    static const int64_t second = 1000000;
    int64_t rest = us % second, year;
    int m[5], s;
    rest += rest < 0 ? second : 0;
    hg_civil_split(hg_civil_from(2000, 1, 1, 0, 0, 0) + (us - rest) / second, &year, &m[1], &m[2], &m[3], &m[4], &s);
    if (year < 1 || year > 9999)
        return false;
    m[0] = (int)year;
    hg_source_moment_text(m, (float)((double)(s * second + rest) / 1e6), 0, date_only, buf);
    return true;
}

static bool set_date(int32_t days, char *buf)
{
    static const int32_t most = 10000000; /* days, far beyond what is taken */
    return days > -most && days < most && set_timestamp(days * INT64_C(86400000000), true, buf);
}

/* A moment OGR cannot read is none. */
static void set_moment(const unsigned char *p, size_t n, char *buf)
{
    char text[MAX_MOMENT + 1];
    OGRField f;
    buf[0] = '\0';
    if (n > MAX_MOMENT)
        return;
    memcpy(text, p, n);
    text[n] = '\0';
    if (!OGRParseDate(text, &f, 0))
        return;
    const int m[5] = {f.Date.Year, f.Date.Month, f.Date.Day, f.Date.Hour, f.Date.Minute};
    hg_source_moment_text(m, f.Date.Second, f.Date.TZFlag, false, buf);
}

static bool set_value(wire w, const unsigned char *p, size_t n, char *buf, hg_value *v)
{
    uint64_t bits = n <= 8 ? big_endian(p, n) : 0;
    bool ok = true;
    switch (w) {
    case WIRE_BOOL:
    case WIRE_INT:
        v->type = HG_VALUE_INT;
        v->i = n == 2 ? (int16_t)bits : n == 4 ? (int32_t)bits : (int64_t)bits;
        return n == (w == WIRE_BOOL ? 1 : n) && (n == 1 || n == 2 || n == 4 || n == 8);
    case WIRE_REAL:
        v->type = HG_VALUE_REAL;
        memcpy(&v->d, &bits, sizeof v->d);
        return n == 8;
    case WIRE_TEXT:
        *v = (hg_value){.type = HG_VALUE_TEXT, .s = (const char *)p, .n = n};
        return true;
    case WIRE_DATE:
        ok = n == 4 && set_date((int32_t)bits, buf);
        break;
    case WIRE_TIMESTAMP:
        ok = n == 8 && (int64_t)bits > -MOST_US && (int64_t)bits < MOST_US && set_timestamp((int64_t)bits, false, buf);
        break;
    default:
        set_moment(p, n, buf);
    }
    if (ok && *buf)
        *v = (hg_value){.type = HG_VALUE_TEXT, .s = buf, .n = strlen(buf)};
    return ok;
}

/* ------------------------------------------------- rows ------------------------------------ */

/* The next field of a tuple; *p is NULL for a null. */
static bool next_field(const unsigned char **at, size_t *left, const unsigned char **p, size_t *n)
{
    *p = NULL;
    *n = 0;
    if (*left < 4)
        return false;
    uint32_t size = (uint32_t)big_endian(*at, 4);
    *at += 4;
    *left -= 4;
    if (size == UINT32_MAX)
        return true;
    if (size > *left)
        return false;
    *p = *at;
    *n = size;
    *at += size;
    *left -= size;
    return true;
}

static hg_status add_tuple(pg_reader *r, const unsigned char **at, size_t *left, hg_error *err)
{
    const hg_source *s = r->source;
    const unsigned char *p;
    size_t n;
    hg_position position = {.state = HG_ROW_NO_GEOMETRY};
    r->odd = !next_field(at, left, &p, &n);
    if (!r->odd && p)
        hg_source_place_wkb(p, n, &position);
    for (size_t f = 0; f < s->fields && !r->odd; f++) {
        r->values[f] = (hg_value){0};
        r->odd = !next_field(at, left, &p, &n) || (p && !set_value(r->wires[f], p, n, r->texts[f], &r->values[f]));
    }
    return r->odd ? HG_OK : hg_row_builder_add(&r->builder, &position, r->values, err);
}

/* The head of the stream: eleven bytes of signature, flags, an extension. */
static bool pass_head(const unsigned char **at, size_t *left)
{
    if (*left < 19 || memcmp(*at, "PGCOPY\n\377\r\n", 11) != 0 || big_endian(*at + 11, 4) != 0)
        return false;
    size_t more = (size_t)big_endian(*at + 15, 4);
    if (more > *left - 19)
        return false;
    *at += 19 + more;
    *left -= 19 + more;
    return true;
}

static hg_status take_message(pg_reader *r, const unsigned char *at, size_t left, bool first, bool *end, hg_error *err)
{
    hg_status status = HG_OK;
    r->odd = first && !pass_head(&at, &left);
    while (left && status == HG_OK && !r->odd && !*end) {
        uint16_t fields = left >= 2 ? (uint16_t)big_endian(at, 2) : 0;
        *end = fields == UINT16_MAX;
        r->odd = left < 2 || (!*end && fields != r->source->fields + 1);
        at += 2;
        left -= 2;
        if (!r->odd && !*end)
            status = add_tuple(r, &at, &left, err);
    }
    return status;
}

static hg_status take_rows(pg_reader *r, hg_error *err)
{
    hg_status status = HG_OK;
    bool end = false;
    int got = 1;
    for (size_t k = 0; got > 0 && status == HG_OK && !r->odd; k++) {
        char *message = NULL;
        got = PQgetCopyData(r->connection, &message, 0);
        if (got > 0)
            status = take_message(r, (unsigned char *)message, (size_t)got, k == 0, &end, err);
        PQfreemem(message);
        if (status == HG_OK && k % CHECK_EVERY == 0)
            status = hg_check_cancel(r->source->control, err);
    }
    if (got > 0 || status != HG_OK)
        return status;
    PGresult *last = PQgetResult(r->connection);
    r->odd = got < -1 || !end || PQresultStatus(last) != PGRES_COMMAND_OK;
    PQclear(last);
    return HG_OK;
}

static void stop(PGconn *c)
{
    char why[256];
    PGcancel *cancel = c ? PQgetCancel(c) : NULL;
    if (cancel && PQtransactionStatus(c) == PQTRANS_ACTIVE)
        PQcancel(cancel, why, sizeof why);
    PQfreeCancel(cancel);
    PQfinish(c);
}

static hg_status copy_rows(pg_reader *r, hg_error *err)
{
    hg_text table = {0}, copy = {0};
    hg_status status = HG_OK;
    r->odd = !connect_reader(r) || !table_name(r, &table) || !copy_text(r, table.s, &copy);
    if (!r->odd) {
        PGresult *begun = ask(r->connection, copy.s, 0, NULL);
        r->odd = PQresultStatus(begun) != PGRES_COPY_OUT;
        PQclear(begun);
    }
    if (!r->odd)
        status = take_rows(r, err);
    stop(r->connection);
    hg_text_dispose(&table);
    hg_text_dispose(&copy);
    return status;
}

hg_status hg_source_read_postgres(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    pg_reader r = {.source = s};
    r.wires = hg_calloc(s->fields, sizeof *r.wires);
    r.values = hg_calloc(s->fields, sizeof *r.values);
    r.texts = hg_malloc(s->fields, sizeof *r.texts);
    hg_status status = r.wires && r.values && r.texts ? HG_OK : hg_fail_memory(err);
    if (status == HG_OK)
        status = hg_row_builder_init(&r.builder, s, s->pool, err);
    if (status == HG_OK)
        status = copy_rows(&r, err);
    if (status == HG_OK && !r.odd)
        *rows = r.builder.rows;
    else
        hg_row_builder_dispose(&r.builder);
    hg_free(r.wires);
    hg_free(r.values);
    hg_free(r.texts);
    return status == HG_OK && r.odd ? hg_source_read_features(s, rows, err) : status;
}

#else

bool hg_source_is_postgres(const hg_source *s)
{
    (void)s;
    return false;
}

hg_status hg_source_read_postgres(hg_source *s, hg_source_rows *rows, hg_error *err)
{
    return hg_source_read_features(s, rows, err);
}

#endif
