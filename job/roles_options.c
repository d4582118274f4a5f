/* What the options of the audit say about its sources, before any is opened. */
#include "base/memory.h"
#include "job/roles_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const role_names[HG_AUDIT_ROLES + 1] = {
    "zones", "permits", "survey", "coverage", "actions", "assets", "patrols", "opening"};

static const char *const columns[HG_AUDIT_ROLES][HG_ROLE_COLUMNS] = {
    [HG_AUDIT_ZONES] = {"zone_id", "kind", "priority", "valid_from", "valid_to"},
    [HG_AUDIT_PERMITS] = {"permit_id", "holder", "classes", "signed_on", "valid_from", "valid_to"},
    [HG_AUDIT_SURVEY] = {"patch_id", "class", "occupant", "rmse_m", "count", "tonnes", "verdict"},
    [HG_AUDIT_COVERAGE] = {NULL},
    [HG_AUDIT_ACTIONS] = {"patch_id", "action", "date", "claimed_m2", "deadline", "proof"},
    [HG_AUDIT_ASSETS] = {"asset_id", "zone_id", "rooms", "occupied_from", "recovered_on", "action"},
    [HG_AUDIT_PATROLS] = {"zone_id", "date", "level"},
    [HG_AUDIT_OPENING] = {"zone_id", "class", "area_m2", "signed_on"},
};

const char *hg_audit_role_name(hg_audit_role role)
{
    return role_names[role];
}

const char *const *hg_role_columns(hg_audit_role role)
{
    return columns[role];
}

bool hg_role_has_outlines(hg_audit_role role)
{
    return role <= HG_AUDIT_COVERAGE;
}

static bool is_dated(hg_audit_role role)
{
    return role == HG_AUDIT_SURVEY || role == HG_AUDIT_COVERAGE;
}

static void add_words(hg_text *t, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        hg_text_addf(t, "%s%s", i ? ", " : "", words[i]);
}

/* ------------------------------------------------------------------ --map */

/* One --map as its parts; the name of the column stays where it is. */
typedef struct mapping {
    hg_audit_role role;
    size_t column;
    const char *name;
} mapping;

static int word_number(const char *const *words, const char *text, size_t n)
{
    for (int i = 0; words[i]; i++)
        if (strncasecmp(words[i], text, n) == 0 && words[i][n] == '\0')
            return i;
    return -1;
}

static hg_status no_such_word(const char *given, const char *what, const char *const *words,
                              hg_error *err)
{
    hg_text list = {0};
    add_words(&list, words);
    hg_status status = hg_fail(err, HG_EUSAGE, "--map %s: %s; expected one of: %s", given, what,
                               list.s ? list.s : "none, it has no columns");
    hg_text_dispose(&list);
    return status;
}

static hg_status read_mapping(const char *given, mapping *out, hg_error *err)
{
    char what[96];
    const char *equals = strchr(given, '=');
    const char *dot = memchr(given, '.', equals ? (size_t)(equals - given) : 0);
    if (!dot || !equals[1])
        return hg_fail(err, HG_EUSAGE,
                       "--map %s: ROLE.NAME=COLUMN was expected, such as zones.zone_id=DKBH", given);
    int role = word_number(role_names, given, (size_t)(dot - given));
    snprintf(what, sizeof what, "\"%.*s\" is no role", (int)(dot - given), given);
    if (role < 0)
        return no_such_word(given, what, role_names, err);
    int column = word_number(columns[role], dot + 1, (size_t)(equals - dot - 1));
    snprintf(what, sizeof what, "%s has no \"%.*s\"", role_names[role], (int)(equals - dot - 1),
             dot + 1);
    if (column < 0)
        return no_such_word(given, what, columns[role], err);
    *out = (mapping){(hg_audit_role)role, (size_t)column, equals + 1};
    return HG_OK;
}

static hg_status check_mappings(const hg_job *job, hg_error *err)
{
    const hg_audit_settings *set = &job->set.audit;
    const char *seen[HG_AUDIT_ROLES][HG_ROLE_COLUMNS] = {{NULL}};
    for (size_t i = 0; i < set->map.count; i++) {
        const char *given = set->map.items[i];
        mapping m;
        hg_status status = read_mapping(given, &m, err);
        if (status != HG_OK)
            return status;
        const char **first = &seen[m.role][m.column];
        if (*first)
            return hg_fail(err, HG_EUSAGE, "--map %s: --map %s says otherwise", given, *first);
        *first = given;
        if (!set->sources[m.role].count)
            return hg_fail(err, HG_EUSAGE, "--map %s: no --%s was given", given, role_names[m.role]);
    }
    return HG_OK;
}

void hg_role_name_columns(const hg_job *job, hg_audit_role role, hg_role_names *names)
{
    const hg_text_list *map = &job->set.audit.map;
    *names = (hg_role_names){.count = 0};
    for (; columns[role][names->count]; names->count++)
        names->columns[names->count].name = columns[role][names->count];
    if (names->count) {
        snprintf(names->needed_for[0], sizeof names->needed_for[0], "%s (or --map %s.%s=COLUMN)",
                 role_names[role], role_names[role], columns[role][0]);
        names->columns[0].needed_for = names->needed_for[0];
    }
    for (size_t i = 0; i < map->count; i++) {
        mapping m;
        if (read_mapping(map->items[i], &m, NULL) != HG_OK || m.role != role)
            continue;
        snprintf(names->needed_for[m.column], sizeof names->needed_for[0], "map %s", map->items[i]);
        names->columns[m.column] = (hg_record_column){m.name, names->needed_for[m.column]};
    }
}

/* ------------------------------------------------------------------ sources */

static hg_status read_date(const hg_role_source *s, const char *date, int64_t *out, hg_error *err)
{
    const char *option = role_names[s->role];
    if (!is_dated(s->role)) {
        *out = HG_NO_TIME;
        return *date ? hg_fail(err, HG_EUSAGE, "--%s %s: no date was expected; only --survey and "
                                               "--coverage have one",
                               option, s->given)
                     : HG_OK;
    }
    if (!*date)
        return hg_fail(err, HG_EUSAGE,
                       "--%s %s: the date of the flight is missing; SRC[:LAYER]@YYYY-MM-DD was "
                       "expected, such as flight.gpkg@2019-03-01",
                       option, s->given);
    if (!hg_date_parse(date, out))
        return hg_fail(err, HG_EUSAGE, "--%s %s: there is no %s in the calendar", option, s->given,
                       date);
    return HG_OK;
}

static hg_status add_source(hg_role_sources *list, hg_audit_role role, const char *given,
                            hg_error *err)
{
    char path[HG_ROLE_PATH], layer[HG_ROLE_LAYER], date[11];
    hg_role_source *s = &list->items[list->count++];
    if (strlen(given) >= HG_ROLE_PATH)
        return hg_fail(err, HG_EUSAGE, "--%s: a source of more than %d bytes", role_names[role],
                       HG_ROLE_PATH - 1);
    hg_source_split(given, path, sizeof path, layer, sizeof layer, date);
    *s = (hg_role_source){.role = role,
                          .given = given,
                          .path = hg_strdup(path),
                          .layer = *layer ? hg_strdup(layer) : NULL};
    if (!s->path || (*layer && !s->layer))
        return hg_fail_memory(err);
    return read_date(s, date, &s->date, err);
}

void hg_role_sources_dispose(hg_role_sources *sources)
{
    char hex[HG_SHA256_HEX];
    for (size_t i = 0; i < sources->count; i++) {
        hg_role_source *s = &sources->items[i];
        if (s->hashing)
            hg_hashing_join(s->hashing, hex, NULL);
        hg_free(s->path);
        hg_free(s->layer);
        hg_free(s->reason);
        hg_records_dispose(&s->records);
        hg_crs_free(s->crs);
    }
    hg_free(sources->items);
    *sources = (hg_role_sources){0};
}

/* By date within a role; those of one date stay as they were given. True if a survey moved. */
static bool sort_by_date(hg_role_source *s, size_t n)
{
    bool moved = false;
    for (size_t i = 1; i < n; i++) {
        for (size_t k = i; k && s[k - 1].role == s[k].role && s[k - 1].date > s[k].date; k--) {
            hg_role_source swap = s[k];
            s[k] = s[k - 1];
            s[k - 1] = swap;
            moved |= s[k].role == HG_AUDIT_SURVEY;
        }
    }
    return moved;
}

static bool has_survey(const hg_role_sources *list, int64_t date)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].role == HG_AUDIT_SURVEY && list->items[i].date == date)
            return true;
    return false;
}

static hg_status check_coverages(const hg_role_sources *list, hg_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const hg_role_source *s = &list->items[i];
        if (s->role == HG_AUDIT_COVERAGE && !has_survey(list, s->date))
            return hg_fail(err, HG_EUSAGE, "--coverage %s: no --survey is of that date", s->given);
    }
    return HG_OK;
}

static void note_joined(hg_job *job, const hg_role_sources *list)
{
    for (size_t i = 0, n = 1; i < list->count; i += n, n = 1) {
        const hg_role_source *s = &list->items[i];
        char date[32];
        while (i + n < list->count && s[n].role == s->role && s[n].date == s->date)
            n++;
        if (s->role == HG_AUDIT_SURVEY && n > 1)
            hg_job_add_note(job, "%zu surveys of %.10s are taken as one flight", n,
                            hg_civil_text(s->date, date));
    }
}

hg_status hg_role_list(hg_job *job, hg_role_sources *out, hg_error *err)
{
    const hg_audit_settings *set = &job->set.audit;
    static const hg_audit_role needed[] = {HG_AUDIT_ZONES, HG_AUDIT_SURVEY};
    size_t n = 0;
    for (int r = 0; r < HG_AUDIT_ROLES; r++)
        n += set->sources[r].count;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!set->sources[needed[i]].count)
            return hg_fail(err, HG_EUSAGE, "no --%s was given; an audit needs --zones and --survey",
                           role_names[needed[i]]);
    hg_status status = check_mappings(job, err);
    if (status != HG_OK)
        return status;
    out->items = hg_calloc(n, sizeof *out->items);
    if (!out->items)
        return hg_fail_memory(err);
    for (int r = 0; r < HG_AUDIT_ROLES; r++)
        for (size_t i = 0; i < set->sources[r].count && status == HG_OK; i++)
            status = add_source(out, (hg_audit_role)r, set->sources[r].items[i], err);
    if (status == HG_OK && sort_by_date(out->items, out->count))
        hg_job_add_note(job, "surveys were not given in order of their dates; they are taken by date");
    if (status == HG_OK)
        status = check_coverages(out, err);
    if (status == HG_OK)
        note_joined(job, out);
    return status;
}
