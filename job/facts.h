/*
 * What a run knows about itself: ordered facts under dotted keys ("mass.total", "inputs[0].name"). The
 * same facts become the JSON object, the run_info table and the figures of the summary.
 */
#ifndef HG_JOB_FACTS_H
#define HG_JOB_FACTS_H

#include "base/text.h"

typedef struct hg_fact {
    char *key;
    enum { HG_FACT_TEXT, HG_FACT_INT, HG_FACT_REAL, HG_FACT_BOOL, HG_FACT_NULL } type;
    char *text;
    int64_t i64;
    double f64;
} hg_fact;

typedef struct hg_facts {
    hg_fact *items;
    size_t count, capacity;
    uint32_t *slots;   /**< by the hash of a key: 1 + its place in items; 0 = free */
    size_t slot_count; /**< a power of two */
    bool failed;       /**< an allocation failed: checked once, at the end */
} hg_facts;

/** Keys are printf formats, so that indexes can be put in. A key set again is replaced. */
void hg_fact_text(hg_facts *f, const char *value, const char *key, ...) HG_PRINTF(3, 4);
void hg_fact_int(hg_facts *f, int64_t value, const char *key, ...) HG_PRINTF(3, 4);
void hg_fact_real(hg_facts *f, double value, const char *key, ...) HG_PRINTF(3, 4);
void hg_fact_bool(hg_facts *f, bool value, const char *key, ...) HG_PRINTF(3, 4);

/** Adds the first n facts of another list, their keys behind the prefix. */
void hg_facts_add(hg_facts *f, const hg_facts *from, size_t n, const char *prefix);

const hg_fact *hg_fact_find(const hg_facts *f, const char *key);
/** The value as text, into buf where it is a number. */
const char *hg_fact_as_text(const hg_fact *fact, char buf[64]);
/** One JSON object with nested objects and arrays after the keys; caller frees with hg_free. */
char *hg_facts_json(const hg_facts *f);
void hg_facts_dispose(hg_facts *f);

#endif
