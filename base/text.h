/* Growing strings and interned strings. */
#ifndef HG_BASE_TEXT_H
#define HG_BASE_TEXT_H

#include "base/error.h"

#include <stdbool.h>

/** A growing string. Zero-initialise; `failed` stays set after an allocation failed. */
typedef struct hg_text {
    char *s; /**< terminated; NULL while empty */
    size_t len, capacity;
    bool failed;
} hg_text;

void hg_text_add(hg_text *t, const char *s);
void hg_text_add_n(hg_text *t, const char *s, size_t n);
void hg_text_addf(hg_text *t, const char *fmt, ...) HG_PRINTF(2, 3);
/** Adds s with & < > " ' written as XML entities and characters XML 1.0 forbids left out. */
void hg_text_add_xml(hg_text *t, const char *s);
/** Adds s with every byte that is no UTF-8 written as U+FFFD. */
void hg_text_add_utf8(hg_text *t, const char *s);
/** Adds s between double quotes with inner quotes doubled: an SQL identifier. */
void hg_text_add_sql_name(hg_text *t, const char *s);
/** Hands the string over (never NULL unless it failed) and empties t. */
char *hg_text_take(hg_text *t);
void hg_text_dispose(hg_text *t);

/**
 * The word of a NULL-terminated list that a person most likely meant: one of which is the beginning of the
 * other, or with the fewest letters put in, left out, changed or swapped with a neighbour, at most a third of
 * the word; NULL where none is that close.
 */
const char *hg_nearest_word(const char *word, const char *const *words);

/** The shortest decimal that reads back as v ("0.1", "250", "1e+20"), into buf of at least 32 bytes. */
const char *hg_shortest_decimal(double v, char *buf);

/** Interned strings: equal text, equal id; ids count from 0 in order of first appearance. */
typedef struct hg_pool hg_pool;

#define HG_NO_TEXT UINT32_MAX /**< the id of a missing value */

hg_status hg_pool_new(hg_pool **out, hg_error *err);
void hg_pool_free(hg_pool *pool);
/** The id of the n bytes at s, adding them if new. */
hg_status hg_pool_intern(hg_pool *pool, const char *s, size_t n, uint32_t *id, hg_error *err);
/** The text of an id, terminated; NULL for HG_NO_TEXT. Valid until the pool is freed. */
const char *hg_pool_text(const hg_pool *pool, uint32_t id);
/** How many ids there are. */
uint32_t hg_pool_count(const hg_pool *pool);
/** Adds all texts of `from`; (*map)[id] is the id in `to` of what is id in `from`. Free with hg_free. */
hg_status hg_pool_merge(const hg_pool *from, hg_pool *to, uint32_t **map, hg_error *err);

#endif
