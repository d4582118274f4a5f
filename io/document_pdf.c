#include "io/document.h"

hg_status hg_document_write_pdf(const hg_document *doc, const char *path, hg_error *err)
{
    (void)doc;
    return hg_fail(err, HG_EFAIL, "%s: pdf is being built", path);
}
