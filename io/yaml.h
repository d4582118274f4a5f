/*
 * The one YAML reader: a file, or a text compiled in, as a tree whose every node knows its line.
 *
 * What is read is the plain part of YAML 1.1: mappings with text as keys, sequences, scalars, one
 * document in UTF-8 (a byte-order mark is passed over). Anchors, aliases, tags and repeated keys are
 * refused, so a tree is never larger than its file. Limits: 16 MiB, 200,000 nodes, 32 levels.
 *
 * Errors read `config.yaml line 12: streams[2].weight: "heavy", a number was expected`: HG_EIO for a
 * file that cannot be read, HG_EDATA for what is no YAML of this kind, HG_EUSAGE for YAML that says
 * something else than was expected.
 */
#ifndef HG_IO_YAML_H
#define HG_IO_YAML_H

#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HG_YAML_MAX_BYTES = 16 << 20,
    HG_YAML_MAX_NODES = 200000, /**< keys count as nodes */
    HG_YAML_MAX_DEPTH = 32,
};

typedef struct hg_yaml hg_yaml;

typedef enum hg_yaml_kind { HG_YAML_SCALAR, HG_YAML_SEQUENCE, HG_YAML_MAPPING } hg_yaml_kind;

/** One node; walk the entries of a container by `for (n = node->first; n; n = n->next)`. */
typedef struct hg_yaml_node {
    hg_yaml_kind kind;
    bool quoted;                      /**< a scalar in quotes or a block of text */
    uint32_t line, column;            /**< where it begins, from 1 */
    const char *key;                  /**< the key it stands behind; NULL in a sequence */
    uint32_t key_line, key_id;
    const char *text;                 /**< of a scalar, UTF-8; NULL of a container */
    size_t count;                     /**< entries */
    struct hg_yaml_node *first, *next, *last;
    struct hg_yaml_node *parent;      /**< NULL of the root */
    const hg_yaml *doc;
} hg_yaml_node;

/** Reads a file; `path` is what errors call it. */
hg_status hg_yaml_read(const char *path, hg_yaml **out, hg_error *err);
/** Reads a text of n bytes, which is not kept; `name` is what errors call it. */
hg_status hg_yaml_parse(const char *text, size_t n, const char *name, hg_yaml **out, hg_error *err);
void hg_yaml_free(hg_yaml *doc);

const hg_yaml_node *hg_yaml_root(const hg_yaml *doc);
const char *hg_yaml_name(const hg_yaml *doc);
/** SHA-256 of the bytes that were read, as 64 hexadecimal digits. */
const char *hg_yaml_sha256(const hg_yaml *doc);

/* ------------------------------------------------------------------ walking ---------------- */

/** Fails with file, line, path and value of the node, and what was expected instead. */
hg_status hg_yaml_fail(const hg_yaml_node *node, hg_error *err, const char *expected_fmt, ...)
    HG_PRINTF(3, 4);

/** The entry of a mapping; NULL where there is none or it is empty (`key:`, `~`, `null`). */
const hg_yaml_node *hg_yaml_get(const hg_yaml_node *mapping, const char *key);
/** The same, where it must be there. */
hg_status hg_yaml_need(const hg_yaml_node *mapping, const char *key, const hg_yaml_node **out,
                       hg_error *err);
/** Whether a node is an unquoted scalar that says nothing: empty, `~` or `null`. */
bool hg_yaml_is_null(const hg_yaml_node *node);

/** Fails unless the node is of that kind. */
hg_status hg_yaml_require(const hg_yaml_node *node, hg_yaml_kind kind, hg_error *err);
/** Requires a mapping whose keys all stand in `allowed` (NULL-terminated); names the stranger. */
hg_status hg_yaml_check_keys(const hg_yaml_node *mapping, const char *const *allowed,
                             hg_error *err);

/** A finite number from low to high; an infinite bound is none. */
hg_status hg_yaml_number(const hg_yaml_node *node, double low, double high, double *out,
                         hg_error *err);
/** A whole number from low to high. */
hg_status hg_yaml_integer(const hg_yaml_node *node, int64_t low, int64_t high, int64_t *out,
                          hg_error *err);
/** `true` or `false`. */
hg_status hg_yaml_bool(const hg_yaml_node *node, bool *out, hg_error *err);
/** A date YYYY-MM-DD, as civil seconds of its midnight. */
hg_status hg_yaml_date(const hg_yaml_node *node, int64_t *civil, hg_error *err);
/** A length, an area or a duration with an optional unit, finite and not negative. */
hg_status hg_yaml_quantity(const hg_yaml_node *node, hg_quantity quantity, double *out,
                           hg_error *err);
/** A text that is not empty; borrowed from the document. */
hg_status hg_yaml_text(const hg_yaml_node *node, const char **out, hg_error *err);
/** A list of such texts; one text alone is a list of one. Free *out (the array alone) with hg_free. */
hg_status hg_yaml_texts(const hg_yaml_node *node, const char ***out, size_t *n, hg_error *err);

#endif
