#include "io/document.h"

hg_status hg_document_write_csv(const hg_document *doc, const char *folder, hg_error *err)
{
    (void)doc;
    return hg_fail(err, HG_EFAIL, "%s: CSV is being built", folder);
}

hg_status hg_document_write_xlsx(const hg_document *doc, const char *path, hg_error *err)
{
    (void)doc;
    return hg_fail(err, HG_EFAIL, "%s: XLSX is being built", path);
}
