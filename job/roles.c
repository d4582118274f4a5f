#include "job/roles.h"
#include "base/memory.h"
#include "job/plane.h"
#include "job/roles_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void hg_audit_inputs_dispose(hg_audit_inputs *in)
{
    for (size_t i = 0; in->epochs && i < in->epoch_count; i++) {
        hg_free(in->epochs[i].patches);
        hg_free(in->epochs[i].coverage_origin);
        hg_shapes_dispose(&in->epochs[i].shapes);
        hg_shapes_dispose(&in->epochs[i].coverage);
    }
    for (size_t i = 0; in->facts && i < in->input_count; i++)
        hg_input_facts_dispose(&in->facts[i]);
    hg_shapes_dispose(&in->zone_shapes);
    hg_shapes_dispose(&in->permit_shapes);
    void *owned[] = {in->inputs,  in->facts,  in->zones,   in->permits,  in->permit_classes,
                     in->epochs,  in->actions, in->assets, in->patrols,  in->openings,
                     in->notes};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        hg_free(owned[i]);
    hg_rejects_dispose(&in->rejects);
    hg_crs_free(in->crs);
    hg_pool_free(in->pool);
    *in = (hg_audit_inputs){0};
}

hg_status hg_audit_note_add(hg_audit_inputs *in, hg_audit_origin origin, const char *reason,
                            const char *value, hg_error *err)
{
    hg_audit_note one = {.origin = origin, .reason = reason, .value = HG_NO_TEXT};
    hg_audit_note *notes =
        hg_grow(in->notes, &in->note_capacity, in->note_count + 1, sizeof *notes);
    if (!notes)
        return hg_fail_memory(err);
    in->notes = notes;
    hg_status status =
        value ? hg_pool_intern(in->pool, value, strlen(value), &one.value, err) : HG_OK;
    if (status == HG_OK)
        notes[in->note_count++] = one;
    return status;
}

/* ------------------------------------------------------------------ the inputs as a whole */

static hg_status describe(const hg_role_sources *sources, hg_audit_inputs *in, hg_error *err)
{
    in->inputs = hg_calloc(sources->count, sizeof *in->inputs);
    in->facts = hg_calloc(sources->count, sizeof *in->facts);
    if (!in->inputs || !in->facts)
        return hg_fail_memory(err);
    in->input_count = sources->count;
    for (size_t i = 0; i < sources->count; i++) {
        const hg_role_source *s = &sources->items[i];
        hg_input_facts *f = &in->facts[i];
        struct stat st;
        in->inputs[i] = (hg_audit_input){s->role, s->date};
        f->name = hg_strdup(s->records.name);
        f->layer = hg_strdup(s->records.layer);
        f->file = hg_strdup(s->records.file);
        if (!f->name || !f->layer || (s->records.file && !f->file))
            return hg_fail_memory(err);
        if (f->file && stat(f->file, &st) == 0)
            f->bytes = (uint64_t)st.st_size;
    }
    return HG_OK;
}

static hg_status join_hashes(hg_role_sources *sources, hg_audit_inputs *in, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < sources->count && status == HG_OK; i++) {
        hg_role_source *s = &sources->items[i];
        if (!s->hashing)
            continue;
        status = hg_hashing_join(s->hashing, in->facts[i].sha256, err);
        s->hashing = NULL;
    }
    return status;
}

hg_status hg_audit_no_zone(const hg_audit_inputs *in, hg_error *err)
{
    for (size_t i = 0; i < in->rejects.count; i++) {
        const hg_reject *r = &in->rejects.rows[i];
        const char *value = hg_pool_text(in->pool, r->value);
        if (in->inputs[r->source].role == HG_AUDIT_ZONES)
            return hg_fail(err, HG_EDATA, "--zones: no row of %s can be used (row %llu: %s%s%s)",
                           in->facts[r->source].name, (unsigned long long)r->row,
                           hg_reason_code(r->reason), value ? ", " : "", value ? value : "");
    }
    return hg_fail(err, HG_EDATA, "--zones: %s holds no rows", in->facts[0].name);
}

void hg_audit_inputs_tell(hg_job *job, const hg_audit_inputs *in)
{
    for (size_t i = 0; i < in->input_count; i++) {
        const hg_input_facts *f = &in->facts[i];
        const char *role = hg_audit_role_name(in->inputs[i].role);
        if (!f->rows_read)
            hg_job_add_note(job, "--%s: %s holds no rows", role, f->name);
        else if (f->rejected)
            hg_job_add_note(job, "--%s: %llu of %llu rows of %s are rejected; see the table rejects",
                            role, (unsigned long long)f->rejected,
                            (unsigned long long)f->rows_read, f->name);
    }
    if (in->note_count)
        hg_job_add_note(job, "%zu notes on values not understood, not used or odd; see the table ledger_notes",
                        in->note_count);
}

static int by_origin(const void *a, const void *b)
{
    const hg_audit_note *p = a, *q = b;
    if (p->origin.input != q->origin.input)
        return p->origin.input < q->origin.input ? -1 : 1;
    if (p->origin.row != q->origin.row)
        return p->origin.row < q->origin.row ? -1 : 1;
    int reason = strcmp(p->reason, q->reason);
    return reason ? reason : (p->value > q->value) - (p->value < q->value);
}

void hg_audit_notes_sort(hg_audit_inputs *in)
{
    if (in->note_count)
        qsort(in->notes, in->note_count, sizeof *in->notes, by_origin);
}

static hg_status read_all(hg_job *job, const hg_class_map *map, hg_role_sources *sources,
                          hg_audit_inputs *in, hg_error *err)
{
    hg_status status = hg_pool_new(&in->pool, err);
    in->rejects.pool = in->pool;
    if (status == HG_OK)
        status = hg_role_list(job, sources, err);
    if (status == HG_OK)
        status = hg_role_read(job, sources, in->pool, err);
    if (status == HG_OK)
        status = hg_role_place(job, sources, in, err);
    if (status == HG_OK)
        status = describe(sources, in, err);
    if (status == HG_OK)
        status = hg_role_take(map, sources, in, err);
    return status == HG_OK ? join_hashes(sources, in, err) : status;
}

hg_status hg_audit_inputs_read(hg_job *job, const hg_class_map *map, hg_audit_inputs *out,
                               hg_error *err)
{
    hg_role_sources sources = {0};
    hg_audit_inputs in = {0};
    hg_status status = read_all(job, map, &sources, &in, err);
    hg_role_sources_dispose(&sources);
    if (status == HG_OK && !in.zone_count)
        status = hg_audit_no_zone(&in, err);
    if (status != HG_OK) {
        hg_audit_inputs_dispose(&in);
        return status;
    }
    hg_rejects_sort(&in.rejects);
    hg_audit_notes_sort(&in);
    *out = in;
    return HG_OK;
}

/* ------------------------------------------------------------------ saying */

/* How many notes there are of each reason; there are a dozen reasons. */
static void say_notes(hg_facts *f, const hg_audit_inputs *in)
{
    enum { REASONS = 64 };
    const char *reasons[REASONS];
    int64_t counts[REASONS];
    size_t n = 0;
    for (size_t i = 0; i < in->note_count; i++) {
        size_t k = 0;
        while (k < n && strcmp(reasons[k], in->notes[i].reason) != 0)
            k++;
        if (k == REASONS)
            continue;
        if (k == n) {
            reasons[n] = in->notes[i].reason;
            counts[n++] = 0;
        }
        counts[k]++;
    }
    for (size_t k = 0; k < n; k++)
        hg_fact_int(f, counts[k], "noted_by_reason.%s", reasons[k]);
}

void hg_audit_inputs_facts(hg_job *job, const hg_audit_inputs *in)
{
    hg_facts *f = &job->facts;
    uint64_t read = 0, accepted = 0;
    char date[32];
    for (size_t i = 0; i < in->input_count; i++) {
        read += in->facts[i].rows_read;
        accepted += in->facts[i].accepted;
    }
    hg_fact_int(f, (int64_t)read, "rows_read");
    hg_fact_int(f, (int64_t)accepted, "accepted");
    hg_fact_int(f, (int64_t)(read - accepted), "rejected");
    hg_rejects_say(f, &in->rejects);
    hg_fact_int(f, (int64_t)in->note_count, "ledger_notes");
    say_notes(f, in);
    hg_plane_say(f, in->crs, in->crs_why);
    hg_fact_text(f, hg_datum_name(job->all.datum), "datum");
    hg_fact_bool(f, hg_plane_is_offset(job->all.datum), "un_offset");
    for (size_t i = 0; i < in->epoch_count; i++) {
        snprintf(date, sizeof date, "%s", hg_civil_text(in->epochs[i].date, (char[32]){0}));
        date[10] = '\0';
        hg_fact_text(f, date, "epochs[%zu].date", i);
        hg_fact_int(f, (int64_t)in->epochs[i].count, "epochs[%zu].patches", i);
    }
    for (size_t i = 0; i < in->input_count; i++) {
        hg_fact_text(f, hg_audit_role_name(in->inputs[i].role), "inputs[%zu].role", i);
        hg_input_say(f, &in->facts[i], i);
    }
    hg_run_say(job);
}

hg_status hg_audit_rejects_table(const hg_audit_inputs *in, hg_table **out, hg_error *err)
{
    return hg_rejects_table(&in->rejects, in->facts, NULL, out, err);
}

static hg_status fill_notes(const hg_audit_inputs *in, hg_table *t, hg_error *err)
{
    hg_status status = HG_OK;
    for (size_t i = 0; i < in->note_count && status == HG_OK; i++) {
        const hg_audit_note *n = &in->notes[i];
        status = hg_table_set_text(t, &t->columns[0], i, in->facts[n->origin.input].name, err);
        t->columns[1].i64[i] = n->origin.row;
        if (status == HG_OK)
            status = hg_table_set_text(t, &t->columns[2], i, n->reason, err);
        t->columns[3].text[i] = n->value;
    }
    return status;
}

hg_status hg_audit_notes_table(const hg_audit_inputs *in, hg_table **out, hg_error *err)
{
    static const struct {
        const char *name;
        hg_type type;
    } columns[] = {{"source", HG_TEXT}, {"row", HG_INT64}, {"reason", HG_TEXT}, {"value", HG_TEXT}};
    hg_table *t = NULL;
    hg_status status = hg_table_new("ledger_notes", in->note_count, in->pool, &t, err);
    for (size_t k = 0; k < sizeof columns / sizeof *columns && status == HG_OK; k++)
        status = hg_table_add(t, columns[k].name, columns[k].type, NULL, err);
    if (status == HG_OK)
        status = fill_notes(in, t, err);
    if (status != HG_OK) {
        hg_table_free(t);
        return status;
    }
    *out = t;
    return HG_OK;
}
