#include "job/stream_names.h"

#include <stdbool.h>
#include <stdio.h>

const char *hg_stream_code(const char *stream, size_t number, char code[HG_STREAM_CODE_SIZE])
{
    enum { LONGEST = 38 };
    size_t k = 0;
    for (const char *c = stream; *c && k < LONGEST; c++) {
        bool digit = *c >= '0' && *c <= '9';
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (digit || letter)
            code[k++] = (char)(letter ? *c | 0x20 : *c);
        else if ((*c == '_' || *c == '-' || *c == ' ') && k && code[k - 1] != '_')
            code[k++] = '_';
    }
    while (k && code[k - 1] == '_')
        k--;
    code[k] = '\0';
    if (k == 0)
        snprintf(code, HG_STREAM_CODE_SIZE, "s%zu", number + 1);
    return code;
}
