/*
 * The record of what was published. Two publications that share events could be subtracted, and the difference may
 * be a count that neither would tell; so every event is told of in one table only. The record says which days and
 * squares each told of, and has a digest of its figures: the same table may go out again, in another language or
 * format.
 */
#include "job/report_public.h"
#include "base/memory.h"
#include "io/staging.h"
#include "job/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a CRS without a code. */
static const char unnamed[] = "other";

/* A publication: of this run, or an entry of the record. */
typedef struct publication {
    int64_t from, until;
    const char *crs, *covered, *digest;
    double cell_m;
} publication;

/* ------------------------------------------------------------------ this run --------------- */

static void add_count(hg_text *t, uint64_t count, bool hidden)
{
    if (hidden)
        hg_text_add(t, " -");
    else
        hg_text_addf(t, " %" PRIu64, count);
}

/* Everything that is told, in one text without language. */
static void tell(const hg_public_counts *c, bool with_cells, hg_text *t)
{
    char cell[32];
    hg_text_addf(t, "%s %" PRIu64 "\n", hg_shortest_decimal(c->cell_m, cell), c->below);
    for (size_t s = 0; s < c->streams; s++) {
        hg_text_addf(t, "%s", c->stream[s]);
        add_count(t, c->all[s], c->hidden.column_total[s]);
        hg_text_add(t, "\n");
    }
    add_count(t, c->everything, c->hidden.grand_total);
    for (size_t i = 0; with_cells && i < c->cells; i++) {
        hg_text_addf(t, "\n%" PRId64 " %" PRId64, c->column[i], c->row[i]);
        for (size_t s = 0; s < c->streams; s++)
            add_count(t, c->count[i * c->streams + s], c->hidden.cell[i * c->streams + s]);
        add_count(t, c->total[i], c->hidden.row_total[i]);
    }
}

/* Squares more than half of which lie in the area, row by row: neighbours share none, an area and its part do. */
static void add_covered(const hg_public_counts *c, hg_text *t)
{
    bool any = false;
    for (size_t i = 0; i < c->cells; i++)
        any = any || c->covered[i] > 0.5;
    for (size_t i = 0, n; i < c->cells; i += n) {
        n = 1;
        if (any && !(c->covered[i] > 0.5))
            continue;
        while (i + n < c->cells && c->row[i + n] == c->row[i] && c->column[i + n] == c->column[i] + (int64_t)n &&
               (!any || c->covered[i + n] > 0.5))
            n++;
        hg_text_addf(t, "%s%" PRId64 ":%" PRId64 ":%zu", t->len ? " " : "", c->row[i], c->column[i], n);
    }
}

/* ------------------------------------------------------------------ overlaps --------------- */

typedef struct run {
    double south, west, north, east;
} run;

static hg_status read_runs(const publication *p, run **out, size_t *n, hg_error *err)
{
    const char *at = p->covered;
    size_t capacity = 0;
    *out = NULL;
    *n = 0;
    while (*at) {
        char *end = NULL;
        double row = (double)strtoll(at, &end, 10), column = *end == ':' ? (double)strtoll(end + 1, &end, 10) : 0;
        double length = *end == ':' ? (double)strtoll(end + 1, &end, 10) : 0;
        if (length < 1 || (*end && *end != ' '))
            return hg_fail(err, HG_EDATA, "\"%.40s\" is no run of squares (row:column:length)", at);
        run *more = hg_grow(*out, &capacity, *n + 1, sizeof **out);
        if (!more)
            return hg_fail_memory(err);
        *out = more;
        more[(*n)++] = (run){row * p->cell_m, column * p->cell_m, (row + 1) * p->cell_m, (column + length) * p->cell_m};
        at = *end ? end + 1 : end;
    }
    return HG_OK;
}

/* Whether two publications may tell of the same place; in another CRS they may. */
static hg_status share_place(const publication *a, const publication *b, bool *out, hg_error *err)
{
    run *p = NULL, *q = NULL;
    size_t n = 0, m = 0;
    *out = strcmp(a->crs, b->crs) != 0 || strcmp(a->crs, unnamed) == 0;
    if (*out)
        return HG_OK;
    hg_status status = read_runs(a, &p, &n, err);
    if (status == HG_OK)
        status = read_runs(b, &q, &m, err);
    for (size_t i = 0; status == HG_OK && i < n && !*out; i++)
        for (size_t k = 0; k < m && !*out; k++)
            *out = p[i].west < q[k].east && q[k].west < p[i].east && p[i].south < q[k].north && q[k].south < p[i].north;
    hg_free(p);
    hg_free(q);
    return status;
}

static hg_status text_of(const hg_yaml_node *entry, const char *key, const char **out, hg_error *err)
{
    const hg_yaml_node *n = NULL;
    hg_status status = hg_yaml_need(entry, key, &n, err);
    return status == HG_OK ? hg_yaml_text(n, out, err) : status;
}

static hg_status time_of(const hg_yaml_node *entry, const char *key, int64_t *out, hg_error *err)
{
    const hg_yaml_node *n = NULL;
    hg_moment m;
    hg_status status = hg_yaml_need(entry, key, &n, err);
    if (status == HG_OK && (!n->text || !hg_moment_parse(n->text, strlen(n->text), HG_ORDER_UNKNOWN, &m)))
        return hg_yaml_fail(n, err, "a moment such as 2019-01-01T00:00:00 was expected");
    if (status == HG_OK)
        *out = m.civil;
    return status;
}

static hg_status read_entry(const hg_yaml_node *entry, publication *out, hg_error *err)
{
    static const char *const keys[] = {"from", "until", "crs", "cell_m", "covered", "sha256", NULL};
    const hg_yaml_node *cell = NULL;
    hg_status status = hg_yaml_check_keys(entry, keys, err);
    if (status == HG_OK)
        status = time_of(entry, "from", &out->from, err);
    if (status == HG_OK)
        status = time_of(entry, "until", &out->until, err);
    if (status == HG_OK)
        status = text_of(entry, "crs", &out->crs, err);
    if (status == HG_OK)
        status = hg_yaml_need(entry, "cell_m", &cell, err);
    if (status == HG_OK)
        status = hg_yaml_number(cell, 1, 1e7, &out->cell_m, err);
    if (status == HG_OK)
        status = text_of(entry, "covered", &out->covered, err);
    return status == HG_OK ? text_of(entry, "sha256", &out->digest, err) : status;
}

/* *known: this very table is in the record. */
static hg_status compare(const char *path, const publication *own, const hg_yaml_node *entry, bool *known,
                         hg_error *err)
{
    publication old = {0};
    char t[4][32];
    bool shared = false;
    hg_status status = read_entry(entry, &old, err);
    if (status != HG_OK || own->from >= old.until || old.from >= own->until)
        return status;
    status = share_place(own, &old, &shared, err);
    if (status != HG_OK || !shared)
        return status;
    if (own->from == old.from && own->until == old.until && strcmp(own->digest, old.digest) == 0) {
        *known = true;
        return HG_OK;
    }
    return hg_fail(err, HG_EUSAGE,
                   "%s line %" PRIu32
                   ": %s to %s was published already, with other figures, and this report tells of the same "
                   "places from %s to %s; the difference would give away what is withheld. Publish what came since "
                   "(--since %s), and let readers add the tables",
                   path, entry->line, hg_civil_text(old.from, t[0]), hg_civil_text(old.until, t[1]),
                   hg_civil_text(own->from, t[2]), hg_civil_text(own->until, t[3]), t[1]);
}

static hg_status compare_all(const char *path, const publication *own, bool *known, hg_error *err)
{
    static const char *const top[] = {"publications", NULL};
    hg_yaml *doc = NULL;
    if (access(path, F_OK) != 0)
        return HG_OK;
    hg_status status = hg_yaml_read(path, &doc, err);
    if (status == HG_OK)
        status = hg_yaml_check_keys(hg_yaml_root(doc), top, err);
    const hg_yaml_node *list = NULL;
    if (status == HG_OK)
        status = hg_yaml_need(hg_yaml_root(doc), "publications", &list, err);
    if (status == HG_OK)
        status = hg_yaml_require(list, HG_YAML_SEQUENCE, err);
    for (const hg_yaml_node *n = status == HG_OK ? list->first : NULL; n && status == HG_OK; n = n->next)
        status = compare(path, own, n, known, err);
    hg_yaml_free(doc);
    return status;
}

/* ------------------------------------------------------------------ writing ---------------- */

static hg_status append(const char *temp, const publication *p, bool begins, hg_error *err)
{
    char from[32], until[32], cell[32];
    FILE *f = fopen(temp, "ab");
    if (!f)
        return hg_fail(err, HG_EIO, "%s cannot be written", temp);
    if (begins)
        fputs("# What was published, for hotgrid report --public. Keep it: it stops two publications from giving away\n"
              "# together what each withholds. It holds nothing that was not published.\npublications:\n",
              f);
    fprintf(f, "  - from: %s\n    until: %s\n    crs: '%s'\n    cell_m: %s\n    covered: '%s'\n    sha256: %s\n",
            hg_civil_text(p->from, from), hg_civil_text(p->until, until), p->crs, hg_shortest_decimal(p->cell_m, cell),
            p->covered, p->digest);
    bool bad = ferror(f) != 0;
    bad = fclose(f) != 0 || bad;
    return bad ? hg_fail(err, HG_EIO, "%s cannot be written", temp) : HG_OK;
}

static hg_status add_entry(const char *path, const publication *p, hg_error *err)
{
    const char *temp = NULL;
    hg_staging *staging = NULL;
    bool begins = access(path, F_OK) != 0;
    hg_status status = hg_staging_new(false, &staging, err);
    if (status == HG_OK)
        status = begins ? hg_staging_add(staging, path, &temp, err) : hg_staging_add_copy(staging, path, &temp, err);
    if (status == HG_OK)
        status = append(temp, p, begins, err);
    if (status == HG_OK)
        status = hg_staging_commit(staging, err);
    hg_staging_free(staging);
    return status;
}

/* --published, or published.yaml in the folder of the report. */
static char *record_path(const hg_report *r)
{
    const char *output = r->job->set.output;
    hg_text t = {0};
    if (r->job->set.report.published)
        return hg_strdup(r->job->set.report.published);
    hg_text_add_n(&t, output, (size_t)(hg_base_name(output) - output));
    hg_text_add(&t, "published.yaml");
    return hg_text_take(&t);
}

hg_status hg_public_record(hg_report *r, const hg_public_counts *counts, bool with_cells, hg_error *err)
{
    hg_text told = {0}, covered = {0};
    char digest[HG_SHA256_HEX], *path = record_path(r);
    const char *crs = hg_result_text(&r->hot, "analysis_crs");
    bool known = false;
    publication own = {.crs = crs && *crs && strlen(crs) < 40 && !strchr(crs, '\'') ? crs : unnamed,
                       .digest = digest,
                       .cell_m = counts->cell_m};
    tell(counts, with_cells, &told);
    add_covered(counts, &covered);
    hg_status status = path && !told.failed && !covered.failed ? HG_OK : hg_fail_memory(err);
    own.covered = covered.s;
    if (status == HG_OK)
        status = hg_hash_bytes(told.s, told.len, "the published table", digest, err);
    if (status == HG_OK)
        status = hg_public_period(r, &own.from, &own.until, err);
    if (status == HG_OK)
        status = compare_all(path, &own, &known, err);
    if (status == HG_OK && !known)
        status = add_entry(path, &own, err);
    if (status == HG_OK)
        hg_text_addf(&r->job->summary, "%s: %s\n", known ? "published before, as recorded in" : "recorded in", path);
    hg_text_dispose(&told);
    hg_text_dispose(&covered);
    hg_free(path);
    return status;
}
