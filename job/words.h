/* Words people read in legends and attribute tables, in English and Chinese. */
#ifndef HG_JOB_WORDS_H
#define HG_JOB_WORDS_H

typedef enum hg_word {
    HG_WORD_CELLS,
    HG_WORD_AREAS,
    HG_WORD_INCIDENTS,
    HG_WORD_REJECTS,
    HG_WORD_DUPLICATES,
    HG_WORD_PILE_UPS,
    HG_WORD_DENSITY,
    HG_WORD_PATCH_DENSITY, /**< where it is in square metres per km2 */
    HG_WORD_PATCHES,
    HG_WORD_PATCH,
    HG_WORD_RANK,
    HG_WORD_TOP,       /**< before a number of cells: "Top 10" */
    HG_WORD_RANKS,     /**< before a range: "Rank 11-25" */
    HG_WORD_HOT_AREA,
    HG_WORD_INCIDENT,
    HG_WORD_OVER,      /**< "more than", before a density */
    HG_WORD_MAP,       /**< title of the project */
    HG_WORD_HOT_EVEN,    /**< title of the significant cells, by what was expected */
    HG_WORD_HOT_AT_RISK, /**< printf: source */
    HG_WORD_HOT_STREAM,  /**< printf: stream */
    HG_WORD_HOT_GI_STAR,
    HG_WORD_END
} hg_word;

/** lang "zh" or anything else for English. */
const char *hg_say(const char *lang, hg_word word);

/** Pairs of column name and words for attribute tables, NULL-terminated. */
const char *const *hg_column_words(const char *lang);
/** The words for one column; its name where there are none. */
const char *hg_column_title(const char *lang, const char *column);

#endif
