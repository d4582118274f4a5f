/* What the files that write a document as HTML share. */
#ifndef HG_IO_HTML_H
#define HG_IO_HTML_H

#include "io/document.h"

typedef struct hg_html {
    const hg_document *doc;
    hg_text t;
    bool zh;
    size_t maps; /**< so far */
} hg_html;

/** A text between the quotes of JSON inside a <script>: nothing in it ends the element. */
void hg_html_json(hg_text *t, const char *text);
void hg_html_table(hg_html *h, const hg_document_table *t);
hg_status hg_html_map(hg_html *h, const hg_map *map, hg_error *err);

#endif
