#include "job/report_words.h"

const char *hg_report_say(bool zh, hg_report_word word)
{
    static const char *const words[HG_REPORT_WORD_END][2] = {
#define X(name, en, zh) [HG_SAY_##name] = {en, zh},
        HG_REPORT_WORDS(X)
#undef X
    };
    return words[word][zh];
}
