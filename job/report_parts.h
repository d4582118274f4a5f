/* Small things that several parts of a report do. */
#ifndef HG_JOB_REPORT_PARTS_H
#define HG_JOB_REPORT_PARTS_H

#include "job/report.h"

/** Adds a paragraph; the format is one of the catalogue. */
hg_status hg_report_add(hg_report *r, hg_paragraph style, hg_error *err, const char *format, ...) HG_PRINTF(4, 5);
hg_status hg_report_add_item(hg_report *r, hg_error *err, const char *format, ...) HG_PRINTF(3, 4);

/** Prints into buf; what does not fit ends in an ellipsis, never within a character. Returns buf. */
const char *hg_report_fit(char *buf, size_t size, const char *format, ...) HG_PRINTF(3, 4);

/** A layer or table of a result, with geometry where it has one and column titles of the language; NULL in *out where there is none of that name. */
hg_status hg_report_read(const hg_report *r, const hg_result *result, const char *layer, hg_table **out, hg_error *err);

/** The columns of a table, all null where it has none. */
double hg_report_real(const hg_table *t, const char *column, size_t row);
const char *hg_report_text(const hg_table *t, const char *column, size_t row);

/** "2019-10-31" or "2019-10-31T22:47:00" as a day of the language; the text itself where it is neither. */
const char *hg_report_day(const hg_report *r, const char *iso, char buf[64]);
/** Whole days from one such moment to another; 0 where one is none. */
int64_t hg_report_days_between(const char *from, const char *to);
/** The first and the last day of a result's data: "1 January 2018 to 31 October 2019". */
const char *hg_report_period(const hg_report *r, const hg_result *result, char buf[160]);

/** A stream in the language where it is "mixed" or one that the built-in advice knows; any other by its own name. */
const char *hg_report_stream(const hg_report *r, const char *stream);
/** The same for a whole column of text. */
hg_status hg_report_translate_streams(const hg_report *r, hg_table *t, const char *column, hg_error *err);
/** The name of an area: its place, or "area 3". */
const char *hg_report_area(const hg_report *r, const hg_table *areas, size_t row, char buf[96]);
/** Monday … Sunday of 1 … 7; "–" of others. */
const char *hg_report_weekday(const hg_report *r, double weekday);

/** "EPSG:4547 (CGCS2000 / …)" of a result. */
const char *hg_report_crs(const hg_result *result, char buf[256]);
/** "Source: crime.csv, fire.geojson; as of 31 October 2019". */
const char *hg_report_source(const hg_report *r, const hg_result *result, char buf[512]);

/** The streams of the sample and of the advice that comes with us, in words; any other as it is. */
const char *hg_report_stream_code(const hg_report *r, const char *stream);
/** Levels of significance in words: "99" becomes "very probably more than chance". */
hg_status hg_report_levels(const hg_report *r, hg_table *cells, hg_error *err);
/** How steady: of a share 0 … 1 of runs. */
hg_report_word hg_report_stability_word(double share);

/** Every setting that the results recorded, in job/report_method.c. */
hg_status hg_report_all_settings(hg_report *r, hg_error *err);
/** How well each bandwidth explained the incidents that it had not seen, in job/report_bandwidth.c. */
hg_status hg_report_bandwidths(hg_report *r, hg_error *err);

/** A code of the results in words of the language; itself where the catalogue has none. */
const char *hg_report_code(const hg_report *r, const char *code);
/** The same for a whole column of text. */
hg_status hg_report_translate(const hg_report *r, hg_table *t, const char *column, hg_error *err);

/**
 * Those of n columns that a table has and that say something in any row: into `to`, of the same length. Titles of
 * shares get their "%".
 */
hg_status hg_report_present(const hg_report *r, hg_table *t, const hg_document_column *from, size_t n, hg_document_column *to,
                            size_t *kept, hg_error *err);

/** Composition of the areas by stream, in job/report_streams.c. */
hg_status hg_report_streams(hg_report *r, hg_error *err);

/**
 * Adds a table with those of n columns (24 at most) that say something; takes table.table over, also on failure.
 */
hg_status hg_report_add_table(hg_report *r, hg_document_table table, const hg_document_column *columns, size_t n,
                              hg_error *err);

/** All units of the index on their last day, in job/report_units.c. */
hg_status hg_report_units(hg_report *r, hg_error *err);
/** Adds a column `colour` after the codes in `band`. */
hg_status hg_report_band_colours(hg_table *t, hg_error *err);

/** With --unit: the zones whose middle lies in the unit, where the index has its outline; else all. */
hg_status hg_report_choose_zones(hg_report *r, hg_error *err);
bool hg_report_has_zone(const hg_report *r, const char *zone);
/** Drops the rows of other zones from a table that has `zone_id`. */
hg_status hg_report_keep_zones(const hg_report *r, hg_table *t, hg_error *err);

/** What a report says of land in its largest figures. */
typedef struct hg_land_totals {
    double opening_mu, recovered_mu, closing_mu, overdue;
} hg_land_totals;
/** Of all zones as the audit recorded them, or summed over those of the unit; in job/report_land.c. */
hg_status hg_report_land_totals(const hg_report *r, hg_land_totals *out, hg_error *err);

/** An area of land for people of the language: "627,928 (941.892)" of m² and mu, or 亩 alone. */
const char *hg_report_land_size(const hg_report *r, double mu, char buf[128]);

/** Adds an empty row to a table without geometry. */
hg_status hg_report_add_row(hg_table *t, hg_error *err);

/** Drops the rows of a table for which keep[row] is false; tables without geometry only. */
void hg_report_keep_rows(hg_table *t, const bool *keep);
/** The same with their shapes. */
void hg_report_keep_shapes(hg_table *t, const bool *keep);

#endif
