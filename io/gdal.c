#include "io/gdal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <errno.h>
#include <gdal.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void register_drivers(void)
{
    GDALAllRegister();
    CPLSetErrorHandler(CPLQuietErrorHandler);
    /* CSV columns past GDAL's 2,000 would be dropped without a word */
    if (!CPLGetConfigOption("OGR_CSV_MAX_FIELD_COUNT", NULL))
        CPLSetConfigOption("OGR_CSV_MAX_FIELD_COUNT", "100000");
}

void hg_gdal_init(void)
{
    pthread_once(&registered, register_drivers);
}

/* The drivers word it differently; SQLite and libtiff do not pass the system's text on at all. */
static bool says_disk_full(const char *text, int code)
{
    static const char *const words[] = {"No space left",  "disk is full",   "disk full",
                                        "File too large", "quota exceeded", "Free disk space"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(text, words[i]))
            return true;
    return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

/*
 * "In ExecuteSQL(): sqlite3_prepare_v2(SELECT ...): reason" and "sqlite3_exec(...) failed: reason":
 * the statement may be long and hold anything, so the last of these ends stands before the reason.
 */
static const char *without_call(const char *text)
{
    static const char *const ends[] = {"):", ") failed:"};
    if (!strstr(text, "sqlite3_"))
        return text;
    const char *reason = text;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (const char *at = text; (at = strstr(at, ends[i]));) {
            at += strlen(ends[i]);
            reason = at > reason ? at : reason;
        }
    return reason + strspn(reason, " \n");
}

/* "TIFFAppendToTile:Write error" begins with the name of a function: a word, a colon, no blank. */
static const char *without_prefix(const char *text)
{
    static const char parser[] = "SQL Expression Parsing Error: ";
    text = without_call(text);
    if (strncmp(text, parser, sizeof parser - 1) == 0)
        text += sizeof parser - 1;
    size_t n = strcspn(text, " :");
    while (text[n] == ':' && text[n + 1] != ' ' && text[n + 1] != '\0' && text[n + 1] != '/') {
        text += n + 1;
        n = strcspn(text, " :");
    }
    return text;
}

static void CPL_STDCALL note_error(CPLErr severity, CPLErrorNum number, const char *text)
{
    (void)number;
    int code = errno;
    hg_gdal_watch *watch = CPLGetErrorHandlerUserData();
    if (!watch || (severity != CE_Failure && severity != CE_Fatal))
        return;
    if (says_disk_full(text, code))
        watch->disk_full = true;
    if (watch->failed)
        return;
    watch->failed = true;
    snprintf(watch->message, sizeof watch->message, "%s", without_prefix(text));
    char *marked = strstr(watch->message, ". Occurred around :"); /* the text again, and a caret */
    if (marked)
        *marked = '\0';
    for (char *c = watch->message; *c; c++)
        if ((unsigned char)*c < 0x20)
            *c = ' ';
}

void hg_gdal_watch_begin(hg_gdal_watch *watch)
{
    hg_gdal_init();
    *watch = (hg_gdal_watch){0};
    errno = 0;
    CPLPushErrorHandlerEx(note_error, watch);
}

void hg_gdal_watch_end(hg_gdal_watch *watch)
{
    (void)watch;
    CPLPopErrorHandler();
    CPLErrorReset();
}
