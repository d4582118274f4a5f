/* From libyaml's events to a tree. */
#include "io/yaml.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/utf8.h"
#include "io/file.h"
#include "io/hash.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { BLOCK_NODES = 1024, BLOCKS = HG_YAML_MAX_NODES / BLOCK_NODES + 1 };

struct hg_yaml {
    char *name;
    char sha256[HG_SHA256_HEX];
    hg_pool *pool; /* all texts and keys */
    hg_yaml_node *blocks[BLOCKS];
    size_t nodes;
    hg_yaml_node *root;
};

typedef struct builder {
    hg_yaml *doc;
    hg_yaml_node *open; /* innermost container */
    int depth;
    size_t events; /* scalars and containers, keys among them */
    const char *key;
    uint32_t key_line, key_id;
    uint32_t *seen; /* by key id: number of the mapping that had it last */
    size_t seen_capacity;
    uint32_t mappings;
} builder;

void hg_yaml_free(hg_yaml *doc)
{
    if (!doc)
        return;
    for (size_t i = 0; i < BLOCKS; i++)
        hg_free(doc->blocks[i]);
    hg_pool_free(doc->pool);
    hg_free(doc->name);
    hg_free(doc);
}

const hg_yaml_node *hg_yaml_root(const hg_yaml *doc)
{
    return doc->root;
}

const char *hg_yaml_name(const hg_yaml *doc)
{
    return doc->name;
}

const char *hg_yaml_sha256(const hg_yaml *doc)
{
    return doc->sha256;
}

/* ------------------------------------------------------------------ characters */

/* YAML's own rule; a length of 0 or less is no UTF-8. */
static bool is_printable(const unsigned char *p, int len)
{
    if (len == 1)
        return *p == '\t' || *p == '\n' || *p == '\r' || (*p >= 0x20 && *p < 0x7f);
    if (len == 2 && p[0] == 0xc2 && p[1] < 0xa0)
        return p[1] == 0x85;
    return !(len == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe);
}

/* Before libyaml sees it, so that the error has a line. */
static hg_status check_characters(const char *text, size_t n, const char *name, hg_error *err)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + n;
    for (size_t line = 1; p < end;) {
        int len = hg_utf8_length(p, (size_t)(end - p));
        if (len <= 0)
            return hg_fail(err, HG_EDATA, "%s line %zu: byte 0x%02x is no UTF-8, which was expected",
                           name, line, *p);
        if (!is_printable(p, len))
            return hg_fail(err, HG_EDATA,
                           "%s line %zu: control character 0x%02x, plain text was expected", name,
                           line, p[len - 1]);
        line += *p == '\n';
        p += len;
    }
    return HG_OK;
}

/* ------------------------------------------------------------------ syntax errors */

typedef struct translation {
    const char *problem; /* the beginning of libyaml's words */
    bool at_context;     /* the fault lies where the construct began, not where it was noticed */
    const char *said;
} translation;

static const translation translations[] = {
    {"found character that cannot start", false,
     "a character that begins no value (@, `, % or a tab), put the value between quotes"},
    {"found a tab character", false, "a tab in the indentation, blanks were expected"},
    {"mapping values are not allowed", false,
     "a second \": \" on the line or a wrong indentation, one \"key: value\" was expected (put text "
     "that holds \": \" between quotes)"},
    {"could not find expected ':'", true, "text without a colon, \"key: value\" was expected"},
    {"did not find expected key", false,
     "this does not continue the mapping above, a key at the same indentation was expected"},
    {"did not find expected '-'", false,
     "this does not continue the list above, \"- \" at the same indentation was expected"},
    {"did not find expected ',' or ']'", true, "a list that is not closed, \",\" or \"]\" was expected"},
    {"did not find expected ',' or '}'", true,
     "a mapping that is not closed, \",\" or \"}\" was expected"},
    {"found unexpected end of stream", true, "a quotation that is not closed, a quote was expected"},
    {"found unexpected document indicator", true,
     "a quotation that is not closed, a quote was expected"},
    {"block sequence entries are not", false,
     "a list item where none can stand, \"- \" on a line of its own was expected"},
    {"mapping keys are not allowed", false, "a key where none can stand, a value was expected"},
    {"did not find expected node content", false, "nothing that could be a value, one was expected"},
    {"did not find expected <document start>", false,
     "something after the end of the document, one document was expected"},
    {"found unknown escape character", false,
     "an unknown escape after \"\\\", one of \\n \\t \\\\ \\\" was expected"},
    {"found undefined tag handle", false, "a tag (!name), plain values were expected"},
    {"did not find expected alphabetic", false,
     "a value that begins with & or *, put it between quotes"},
};

static bool is_tab_at(const yaml_parser_t *p, const char *text, size_t n)
{
    const char *line = text;
    for (size_t i = 0; line && i < p->problem_mark.line; i++)
        if ((line = memchr(line, '\n', n - (size_t)(line - text))))
            line++;
    while (line && line < text + n && *line == ' ')
        line++;
    return line && line < text + n && *line == '\t';
}

static hg_status syntax_error(const yaml_parser_t *p, const char *text, size_t n, const char *name,
                              hg_error *err)
{
    if (p->error == YAML_MEMORY_ERROR)
        return hg_fail_memory(err);
    const char *said = "this is no YAML, \"key: value\" or \"- item\" was expected";
    size_t line = p->problem_mark.line;
    for (size_t i = 0; p->problem && i < sizeof translations / sizeof *translations; i++) {
        const translation *t = &translations[i];
        if (strncmp(p->problem, t->problem, strlen(t->problem)) != 0)
            continue;
        said = t->said;
        line = t->at_context && p->context ? p->context_mark.line : line;
        break;
    }
    if (is_tab_at(p, text, n)) {
        said = "a tab in the indentation, blanks were expected";
        line = p->problem_mark.line;
    }
    return hg_fail(err, HG_EDATA, "%s line %zu: %s", name, line + 1, said);
}

/* ------------------------------------------------------------------ building */

static hg_status refuse(const builder *b, const yaml_event_t *e, hg_error *err, const char *what)
{
    return hg_fail(err, HG_EDATA, "%s line %zu: %s", b->doc->name, e->start_mark.line + 1, what);
}

static hg_status new_node(builder *b, hg_yaml_kind kind, const yaml_event_t *e, hg_yaml_node **out,
                          hg_error *err)
{
    hg_yaml *doc = b->doc;
    hg_yaml_node **block = &doc->blocks[doc->nodes / BLOCK_NODES];
    if (!*block && !(*block = hg_malloc(BLOCK_NODES, sizeof **block)))
        return hg_fail_memory(err);
    hg_yaml_node *n = *block + doc->nodes++ % BLOCK_NODES;
    *n = (hg_yaml_node){.kind = kind,
                        .line = (uint32_t)e->start_mark.line + 1,
                        .column = (uint32_t)e->start_mark.column + 1,
                        .key = b->key,
                        .key_line = b->key_line,
                        .key_id = b->key_id,
                        .parent = b->open,
                        .doc = doc};
    b->key = NULL;
    if (!b->open) {
        doc->root = n;
    } else {
        b->open->count++;
        *(b->open->last ? &b->open->last->next : &b->open->first) = n;
        b->open->last = n;
    }
    *out = n;
    return HG_OK;
}

static bool wants_key(const builder *b)
{
    return b->open && b->open->kind == HG_YAML_MAPPING && !b->key;
}

static hg_status take_scalar(builder *b, const yaml_event_t *e, hg_error *err)
{
    const char *text = (const char *)e->data.scalar.value;
    size_t n = e->data.scalar.length;
    uint32_t id;
    hg_yaml_node *node = NULL;
    if (memchr(text, '\0', n))
        return refuse(b, e, err, "the escape \\0, text without NUL was expected");
    hg_status s = hg_pool_intern(b->doc->pool, text, n, &id, err);
    if (s != HG_OK)
        return s;
    if (wants_key(b)) {
        b->key = hg_pool_text(b->doc->pool, id);
        b->key_id = id;
        b->key_line = (uint32_t)e->start_mark.line + 1;
        return HG_OK;
    }
    s = new_node(b, HG_YAML_SCALAR, e, &node, err);
    if (s != HG_OK)
        return s;
    node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = hg_pool_text(b->doc->pool, id);
    return HG_OK;
}

static hg_status open_container(builder *b, const yaml_event_t *e, hg_yaml_kind kind, hg_error *err)
{
    hg_yaml_node *node = NULL;
    if (wants_key(b))
        return refuse(b, e, err, "a key that is a list or a mapping, text was expected");
    if (b->depth == HG_YAML_MAX_DEPTH)
        return hg_fail(err, HG_EDATA, "%s line %zu: nested deeper than %d levels", b->doc->name,
                       e->start_mark.line + 1, HG_YAML_MAX_DEPTH);
    hg_status s = new_node(b, kind, e, &node, err);
    if (s != HG_OK)
        return s;
    b->open = node;
    b->depth++;
    return HG_OK;
}

static hg_status repeated_key(const hg_yaml_node *again, hg_error *err)
{
    const hg_yaml_node *first = again->parent->first;
    while (first->key_id != again->key_id)
        first = first->next;
    return hg_fail(err, HG_EDATA, "%s line %u: key \"%.60s\" stands here again, line %u has it",
                   again->doc->name, again->key_line, again->key, first->key_line);
}

/* When a mapping is whole, so that mappings inside it cannot interleave. */
static hg_status check_repeats(builder *b, hg_error *err)
{
    size_t had = b->seen_capacity;
    uint32_t *seen = hg_grow(b->seen, &b->seen_capacity, hg_pool_count(b->doc->pool) + 1, sizeof *seen);
    if (!seen)
        return hg_fail_memory(err);
    b->seen = seen;
    memset(seen + had, 0, (b->seen_capacity - had) * sizeof *seen);
    b->mappings++;
    for (const hg_yaml_node *n = b->open->first; n; n = n->next) {
        if (seen[n->key_id] == b->mappings)
            return repeated_key(n, err);
        seen[n->key_id] = b->mappings;
    }
    return HG_OK;
}

static hg_status close_container(builder *b, hg_error *err)
{
    hg_status s = b->open->kind == HG_YAML_MAPPING ? check_repeats(b, err) : HG_OK;
    b->open = b->open->parent;
    b->depth--;
    return s;
}

static const unsigned char *tag_of(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return e->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return e->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return e->data.mapping_start.tag;
    default:
        return NULL;
    }
}

static bool has_anchor(const yaml_event_t *e)
{
    return (e->type == YAML_SCALAR_EVENT && e->data.scalar.anchor) ||
           (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.anchor) ||
           (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.anchor);
}

static bool begins_node(const yaml_event_t *e)
{
    return e->type == YAML_SCALAR_EVENT || e->type == YAML_SEQUENCE_START_EVENT ||
           e->type == YAML_MAPPING_START_EVENT;
}

static hg_status take_event(builder *b, const yaml_event_t *e, hg_error *err)
{
    if (has_anchor(e) || e->type == YAML_ALIAS_EVENT)
        return refuse(b, e, err, "an anchor (&) or alias (*), values written out were expected (put "
                                 "text that begins so between quotes)");
    if (tag_of(e))
        return refuse(b, e, err, "a tag (!), plain values were expected");
    if (b->events == HG_YAML_MAX_NODES && begins_node(e))
        return hg_fail(err, HG_EDATA, "%s line %zu: more than %d values", b->doc->name,
                       e->start_mark.line + 1, HG_YAML_MAX_NODES);
    b->events += begins_node(e);
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return b->doc->root ? refuse(b, e, err, "a second document (---), one was expected") : HG_OK;
    case YAML_SCALAR_EVENT:
        return take_scalar(b, e, err);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(b, e, HG_YAML_SEQUENCE, err);
    case YAML_MAPPING_START_EVENT:
        return open_container(b, e, HG_YAML_MAPPING, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(b, err);
    default:
        return HG_OK;
    }
}

static hg_status take_all(builder *b, yaml_parser_t *parser, const char *text, size_t n,
                          hg_error *err)
{
    hg_status s = HG_OK;
    for (bool more = true; more && s == HG_OK;) {
        yaml_event_t e;
        if (!yaml_parser_parse(parser, &e))
            return syntax_error(parser, text, n, b->doc->name, err);
        more = e.type != YAML_STREAM_END_EVENT;
        s = take_event(b, &e, err);
        yaml_event_delete(&e);
    }
    if (s == HG_OK && (!b->doc->root || hg_yaml_is_null(b->doc->root)))
        s = hg_fail(err, HG_EDATA, "%s is empty", b->doc->name);
    return s;
}

static hg_status build(hg_yaml *doc, const char *text, size_t n, hg_error *err)
{
    builder b = {.doc = doc};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return hg_fail_memory(err);
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    hg_status s = take_all(&b, &parser, text, n, err);
    yaml_parser_delete(&parser);
    hg_free(b.seen);
    return s;
}

/* ------------------------------------------------------------------ reading */

static hg_status too_large(const char *name, hg_error *err)
{
    return hg_fail(err, HG_EDATA, "%s is larger than %d MiB, which no configuration is", name,
                   HG_YAML_MAX_BYTES >> 20);
}

hg_status hg_yaml_parse(const char *text, size_t n, const char *name, hg_yaml **out, hg_error *err)
{
    if (n > HG_YAML_MAX_BYTES)
        return too_large(name, err);
    hg_yaml *doc = hg_calloc(1, sizeof *doc);
    if (!doc || !(doc->name = hg_strdup(name))) {
        hg_free(doc);
        return hg_fail_memory(err);
    }
    hg_status s = hg_hash_bytes(text, n, name, doc->sha256, err);
    size_t mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (s == HG_OK && n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        s = hg_fail(err, HG_EDATA, "%s is in UTF-16, UTF-8 was expected", name);
    if (s == HG_OK)
        s = check_characters(text + mark, n - mark, name, err);
    if (s == HG_OK)
        s = hg_pool_new(&doc->pool, err);
    if (s == HG_OK)
        s = build(doc, text + mark, n - mark, err);
    if (s == HG_OK)
        *out = doc;
    else
        hg_yaml_free(doc);
    return s;
}

/* Up to one byte beyond the limit, so that what is too large shows. */
static hg_status read_bytes(const char *path, char **bytes, size_t *n, hg_error *err)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return hg_fail(err, HG_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    hg_status s = HG_OK;
    size_t capacity = 0;
    for (size_t got = 1; got && *n <= HG_YAML_MAX_BYTES && s == HG_OK; *n += got) {
        char *moved = hg_grow(*bytes, &capacity, *n + (1 << 16), 1);
        got = 0;
        if (!moved) {
            s = hg_fail_memory(err);
            continue;
        }
        *bytes = moved;
        got = fread(moved + *n, 1, capacity - *n, f);
        if (ferror(f))
            s = hg_fail(err, HG_EIO, "%s: cannot be read: %s", path, strerror(errno));
    }
    fclose(f);
    return s;
}

hg_status hg_yaml_read(const char *path, hg_yaml **out, hg_error *err)
{
    char *bytes = NULL;
    size_t n = 0;
    hg_status s = hg_file_check(path, path, false, err);
    if (s == HG_OK)
        s = read_bytes(path, &bytes, &n, err);
    if (s == HG_OK)
        s = hg_yaml_parse(bytes, n, path, out, err);
    hg_free(bytes);
    return s;
}
