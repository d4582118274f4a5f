/* What patrol cards advise, and who answers for it: a table that the user may edit. */
#ifndef HG_JOB_REPORT_ADVICE_H
#define HG_JOB_REPORT_ADVICE_H

#include "io/yaml.h"

typedef struct hg_advice {
    hg_yaml *own, *built_in; /**< own NULL = no file was given */
} hg_advice;

/** Reads and checks FILE.yaml (NULL = the built-in table alone). Errors: as of hg_yaml, with file, line and key. */
hg_status hg_advice_read(const char *path, hg_advice *out, hg_error *err);
void hg_advice_dispose(hg_advice *advice);

/** Text and responsible unit for a problem; NULL where the table says nothing. Borrowed. */
void hg_advice_for(const hg_advice *advice, const char *problem, bool zh, const char **text, const char **responsible);

#endif
