/* Dates and times of day as people write them, on the civil (proleptic Gregorian) calendar. */
#ifndef HG_BASE_CIVIL_H
#define HG_BASE_CIVIL_H

#include "base/table.h"

/** What one piece of text says about a moment. */
typedef struct hg_moment {
    int64_t civil;    /**< seconds since 1970-01-01T00:00:00 on the clock it was written on */
    bool has_clock;   /**< a time of day was written */
    bool has_offset;  /**< a UTC offset (or Z, or Unix seconds) was written */
    int32_t offset_s; /**< that offset, seconds east */
} hg_moment;

/** Order of day and month where the year stands last ("3/4/2019"). */
typedef enum hg_date_order { HG_ORDER_UNKNOWN, HG_DAY_FIRST, HG_MONTH_FIRST } hg_date_order;

/**
 * Reads a date, or a date with a time of day. Accepted, with quotes and blanks (full-width ones
 * too) around it: ISO 8601 (extended and basic, T or blank, fractions, Z or offset);
 * YYYY/MM/DD, YYYY-M-D, YYYY.MM.DD, YYYY年M月D日, with HH:MM[:SS], HH时MM分[SS秒], HH点MM分, 上午/下午,
 * AM/PM; YYYYMMDD, YYYYMMDDHHMM, YYYYMMDDHHMMSS; Republic of China years (民国108年…, 108/01/02, 1080102);
 * Excel serial days (20000 … 80000, with fraction); Unix seconds (ten digits); D/M/YYYY or M/D/YYYY
 * where `order` says which. 24:00 is the next midnight; a leap second is the next second.
 * Returns false for anything else and for dates that do not exist.
 */
bool hg_moment_parse(const char *text, size_t n, hg_date_order order, hg_moment *out);

/** A date that exists, written YYYY-MM-DD and nothing else, as civil seconds of its midnight. */
bool hg_date_parse(const char *text, int64_t *civil);

/**
 * Joins a date column and a time-of-day column ("08:30", "0830", "830", "8时30分", 0.354 of a day, or
 * the clock of a moment on 1899-12-30 … 1900-01-01). An empty clock leaves the date alone; a date
 * that brings a clock other than 00:00 is false.
 */
bool hg_moment_parse_two(const char *date, size_t date_n, const char *clock, size_t clock_n,
                         hg_date_order order, hg_moment *out);

/**
 * What a text says about day and month order: HG_DAY_FIRST for "13/4/2019", HG_MONTH_FIRST for
 * "4/13/2019", HG_ORDER_UNKNOWN for all others. *year_last (may be NULL) tells whether the text is of
 * that form at all.
 */
hg_date_order hg_moment_order(const char *text, size_t n, bool *year_last);

/** A UTC offset: "Z", "UTC", "GMT", "+08:00", "+0800", "+8", "UTC+8" (east is positive, to 18 h). */
bool hg_offset_parse(const char *text, size_t n, int32_t *offset_s);

/** Civil seconds of a date and time. */
int64_t hg_civil_from(int64_t year, int month, int day, int hour, int minute, int second);
/** The reverse; any of the outputs may be NULL. */
void hg_civil_split(int64_t civil, int64_t *year, int *month, int *day, int *hour, int *minute,
                    int *second);
/** 1 = Monday … 7 = Sunday. */
int hg_civil_weekday(int64_t civil);
/** "2019-03-01T08:30:00" into buf of at least 32 bytes. */
const char *hg_civil_text(int64_t civil, char *buf);

/** v >= 0 in `width` decimal digits at `at`, zeros before it, without an end: a part of a date. */
void hg_civil_put(char *at, int width, int64_t v);

/** A time zone: an IANA name ("Asia/Shanghai"), "UTC", or a fixed offset ("+08:00"). */
typedef struct hg_zone hg_zone;

/** Errors: HG_EUSAGE for a name that is no zone on this machine. */
hg_status hg_zone_new(const char *name, hg_zone **out, hg_error *err);
void hg_zone_free(hg_zone *zone);
/** Seconds east of UTC at a UTC moment. */
int32_t hg_zone_offset(const hg_zone *zone, int64_t utc);
/** Civil seconds in the zone of a moment that carries an offset; its own civil time if it has none. */
int64_t hg_zone_civil(const hg_zone *zone, const hg_moment *moment);

#endif
