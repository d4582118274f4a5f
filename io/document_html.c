#include "io/document.h"

hg_status hg_document_write_html(const hg_document *doc, const char *path, hg_error *err)
{
    (void)doc;
    return hg_fail(err, HG_EFAIL, "%s: html is being built", path);
}
