#include "io/encoding.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "base/text.h"
#include "io/encoding_guess.h"
#include "io/file.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LINE_LIMIT = 16 << 10 };

/* What is looked at: a whole file, or a sample that may end inside a character. */
typedef struct source {
    const char *what;
    const char *p;
    size_t n;
    bool sample;
} source;

static size_t count_lines(const char *p, size_t n)
{
    size_t lines = 0;
    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n';
    return lines;
}

/* "E4 B8" of at most four bytes. */
static const char *hex_of(const char *p, size_t n, char buf[16])
{
    size_t len = 0;
    for (size_t i = 0; i < n && i < 4; i++)
        len += (size_t)snprintf(buf + len, 16 - len, "%s%02X", i ? " " : "", (unsigned char)p[i]);
    return buf;
}

/* ------------------------------------------------------------------ UTF-8 */

typedef struct utf8_scan {
    size_t good, bad; /* bytes above 127 inside well-formed characters, and others */
    size_t first_bad; /* offset of the first fault */
    bool cut;         /* the only fault is a character that the end cuts off */
    bool odd;         /* all good characters are letters that hardly anybody writes */
} utf8_scan;

/* U+0180 … U+037F and U+0480 … U+07FF: past Latin, and neither Greek nor Russian. */
static bool is_odd(const char *p, int len)
{
    unsigned lead = (unsigned char)p[0];
    return len == 2 && lead >= 0xc6 && (lead < 0xce || lead > 0xd1);
}

static utf8_scan scan_utf8(const char *p, size_t n)
{
    utf8_scan s = {0, 0, n, false, true};
    for (size_t i = hg_ascii_run(p, n); i < n; i += hg_ascii_run(p + i, n - i)) {
        int len = hg_utf8_length((const unsigned char *)p + i, n - i);
        if (len > 0) {
            s.good += (size_t)len;
            s.odd = s.odd && is_odd(p + i, len);
            i += (size_t)len;
            continue;
        }
        if (s.first_bad == n)
            s.first_bad = i;
        s.cut = len < 0 && s.bad == 0;
        s.bad += len < 0 ? n - i : 1;
        i += len < 0 ? n - i : 1;
    }
    return s;
}

static hg_status bad_utf8(const source *s, const utf8_scan *u, const char *claim, hg_error *err)
{
    char hex[16];
    size_t line = count_lines(s->p, u->first_bad) + 1;
    hex_of(s->p + u->first_bad, u->cut ? s->n - u->first_bad : 1, hex);
    if (u->cut)
        return hg_fail(err, HG_EDATA, "%.240s: %s, but ends in line %zu within a character (%s)",
                       s->what, claim, line, hex);
    return hg_fail(err, HG_EDATA, "%.240s: %s, but line %zu holds a byte that is not (%s)", s->what,
                   claim, line, hex);
}

static hg_status check_utf8(const source *s, const char *claim, hg_error *err)
{
    utf8_scan u = scan_utf8(s->p, s->n);
    if (u.bad == 0 || (u.cut && s->sample))
        return HG_OK;
    return bad_utf8(s, &u, claim, err);
}

/* ------------------------------------------------------------------ iconv */

static hg_status undecodable(const source *s, const char *name, size_t at, size_t line,
                             hg_error *err)
{
    char hex[16];
    size_t left = s->n - at;
    return hg_fail(err, HG_EDATA, "%.240s: line %zu is not %s: bytes %s cannot be decoded", s->what,
                   line, name, hex_of(s->p + at, left < 4 ? left : 4, hex));
}

/* One buffer of output: no U+0000 in it, its line ends counted, kept where a text is wanted. */
static bool accept_output(const char *p, size_t n, size_t *line, hg_text *out)
{
    const char *nul = n ? memchr(p, '\0', n) : NULL;
    *line += count_lines(p, nul ? (size_t)(nul - p) : n);
    if (out && !nul && n)
        hg_text_add_n(out, p, n);
    return !nul;
}

static hg_status nul_character(const source *s, size_t line, hg_error *err)
{
    return hg_fail(err, HG_EDATA, "%.240s: line %zu holds a NUL character; not text", s->what,
                   line);
}

/* Bytes to the end of the line, or all n where no line ends soon. */
static size_t to_line_end(const char *p, size_t n)
{
    size_t near = n < LINE_LIMIT ? n : LINE_LIMIT;
    const char *end = near ? memchr(p, '\n', near) : NULL;
    return end ? (size_t)(end - p) + 1 : n;
}

/*
 * Decodes all of s strictly; out NULL only checks. In GB18030 no byte of a longer character is a
 * line feed, so runs of ASCII, most of a table of coordinates, need not pass through iconv.
 */
static hg_status decode_with(iconv_t cd, const source *s, const char *name, hg_text *out,
                             hg_error *err)
{
    char buf[16384];
    bool by_lines = strcmp(name, "GB18030") == 0;
    char *in = (char *)(uintptr_t)s->p;
    size_t left = s->n, line = 1;
    for (bool flushed = false; !flushed;) {
        size_t plain = by_lines ? hg_ascii_run(in, left) : 0;
        if (!accept_output(in, plain, &line, out))
            return nul_character(s, line, err);
        in += plain;
        left -= plain;
        char *to = buf;
        size_t room = sizeof buf, span = by_lines ? to_line_end(in, left) : left, rest = span;
        flushed = left == 0; /* some decoders hold a character back until they are asked */
        size_t rc = iconv(cd, flushed ? NULL : &in, &rest, &to, &room);
        int fault = rc == (size_t)-1 ? errno : 0;
        left -= span - rest;
        if (!accept_output(buf, (size_t)(to - buf), &line, out))
            return nul_character(s, line, err);
        if (fault == EINVAL && s->sample && rest == left)
            return HG_OK;
        if (fault == EILSEQ || fault == EINVAL)
            return undecodable(s, name, s->n - left, line, err);
    }
    return out && out->failed ? hg_fail_memory(err) : HG_OK;
}

static hg_status unknown_encoding(const char *name, hg_error *err)
{
    return hg_fail(err, HG_EUSAGE,
                   "unknown text encoding '%.60s'; wanted auto, UTF-8, GB18030, BIG5 or another "
                   "name that iconv knows",
                   name);
}

static hg_status decode(const source *s, const char *name, hg_text *out, hg_error *err)
{
    iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1)
        return unknown_encoding(name, err);
    hg_status status = decode_with(cd, s, name, out, err);
    iconv_close(cd);
    return status;
}

static source without_mark(const source *s, size_t bom)
{
    return (source){s->what, s->p + bom, s->n - bom, s->sample};
}

/* ------------------------------------------------------------------ deciding */

static hg_encoding decided(const char *name, size_t bom, const char *how)
{
    hg_encoding e = {.bom = bom};
    snprintf(e.name, sizeof e.name, "%s", name);
    snprintf(e.how, sizeof e.how, "%s", how);
    return e;
}

/* The longer marks first: FF FE begins that of UTF-32LE too. */
static const struct {
    const char *name;
    char bytes[5];
    size_t n;
} marks[] = {
    {"UTF-32LE", "\xff\xfe\0\0", 4},    {"UTF-32BE", "\0\0\xfe\xff", 4},
    {"GB18030", "\x84\x31\x95\x33", 4}, {"UTF-8", "\xef\xbb\xbf", 3},
    {"UTF-16LE", "\xff\xfe", 2},        {"UTF-16BE", "\xfe\xff", 2},
};

/* Name of the encoding whose mark begins s, NULL if there is none. */
static const char *byte_order_mark(const source *s, size_t *bom)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (s->n < marks[i].n || memcmp(s->p, marks[i].bytes, marks[i].n) != 0)
            continue;
        *bom = marks[i].n;
        return marks[i].name;
    }
    *bom = 0;
    return NULL;
}

static bool is_wide(const char *name)
{
    return strncasecmp(name, "UTF-16", 6) == 0 || strncasecmp(name, "UTF-32", 6) == 0 ||
           strncasecmp(name, "UCS", 3) == 0;
}

static hg_status check_decodes(const source *s, const hg_encoding *e, hg_error *err)
{
    source body = without_mark(s, e->bom);
    if (strcmp(e->name, "UTF-8") == 0)
        return check_utf8(&body, e->bom ? "begins with a UTF-8 mark" : "was to be UTF-8", err);
    return decode(&body, e->name, NULL, err);
}

static hg_status check_no_nul(const source *s, hg_error *err)
{
    const char *nul = s->n ? memchr(s->p, '\0', s->n) : NULL;
    if (!nul)
        return HG_OK;
    return hg_fail(err, HG_EDATA,
                   "%.240s: line %zu holds a NUL byte; not text, unless it is UTF-16 without a "
                   "byte-order mark (--encoding UTF-16LE)",
                   s->what, count_lines(s->p, (size_t)(nul - s->p)) + 1);
}

/*
 * Broken UTF-8 is not another encoding: nine high bytes in ten inside well-formed characters do not
 * happen in GB, Big5 or Shift-JIS text of any length. A cut character at the end counts against
 * nothing where GB18030 cannot read the file either.
 */
static bool is_broken_utf8(const source *s, const utf8_scan *u)
{
    if (u->good >= 9 * u->bad)
        return true;
    source whole = {s->what, s->p, s->n, false};
    return u->cut && u->good > 0 && decode(&whole, "GB18030", NULL, NULL) != HG_OK;
}

static hg_status refuse(const source *s, const hg_guess *g, hg_error *err)
{
    return hg_fail(err, HG_EDATA,
                   "%.240s: text encoding not certain; candidates: %s; name it with --encoding",
                   s->what, g->candidates);
}

static hg_status decide_legacy(const source *s, hg_encoding *out, hg_error *err)
{
    hg_guess g;
    hg_status status = hg_encoding_guess(s->p, s->n, &g, err);
    if (status)
        return status;
    if (!g.accepted)
        return refuse(s, &g, err);
    hg_encoding e = decided("GB18030", 0, "uchardet names it");
    e.undecided = !g.gb;
    if (e.undecided)
        snprintf(e.how, sizeof e.how,
                 "undecided (uchardet: %.31s); all high bytes form common two-byte Han",
                 g.detector[0] ? g.detector : "no name");
    status = check_decodes(s, &e, err);
    if (!status)
        *out = e;
    return status;
}

/*
 * Some words in GB happen to be well-formed UTF-8: 平沙 is C6 BD C9 B3, which reads as "ƽɳ". Where
 * all letters are as odd as that and all of them are common Han in GB, it is GB.
 */
static bool is_gb_in_disguise(const source *s, const utf8_scan *u)
{
    hg_guess g;
    return u->odd && u->good > 0 && hg_encoding_guess(s->p, s->n, &g, NULL) == HG_OK &&
           g.only_common_han;
}

static hg_status decide_unmarked(const source *s, hg_encoding *out, hg_error *err)
{
    hg_status status = check_no_nul(s, err);
    if (status)
        return status;
    utf8_scan u = scan_utf8(s->p, s->n);
    if (u.bad > 0 && !(u.cut && s->sample && u.good > 0)) {
        if (is_broken_utf8(s, &u))
            return bad_utf8(s, &u, "looks like UTF-8", err);
        return decide_legacy(s, out, err);
    }
    if (is_gb_in_disguise(s, &u)) {
        *out =
            decided("GB18030", 0, "undecided (valid UTF-8 of rare letters); common two-byte Han");
        out->undecided = true;
        return HG_OK;
    }
    bool ascii = u.good + u.bad == 0;
    *out = decided("UTF-8", 0, ascii ? "nothing but ASCII" : "valid UTF-8");
    out->ascii = ascii;
    return HG_OK;
}

static hg_status decide_auto(const source *s, hg_encoding *out, hg_error *err)
{
    size_t bom;
    const char *name = byte_order_mark(s, &bom);
    if (!name)
        return decide_unmarked(s, out, err);
    hg_encoding e = decided(name, bom, "byte-order mark");
    hg_status status = is_wide(name) ? HG_OK : check_no_nul(s, err);
    if (!status)
        status = check_decodes(s, &e, err);
    if (!status)
        *out = e;
    return status;
}

/* ------------------------------------------------------------------ a named encoding */

/* GB18030 reads all that its older names read. */
static const struct {
    const char *given, *name;
} synonyms[] = {
    {"GBK", "GB18030"},    {"GB2312", "GB18030"},      {"GB-2312", "GB18030"},
    {"EUC-CN", "GB18030"}, {"CP936", "GB18030"},       {"936", "GB18030"},
    {"MS936", "GB18030"},  {"WINDOWS-936", "GB18030"}, {"GB18030", "GB18030"},
    {"UTF-8", "UTF-8"},    {"UTF8", "UTF-8"},          {"UTF-8-SIG", "UTF-8"},
};

/* Suffixes such as //IGNORE would let iconv drop what it cannot read: letters, digits, - _ . :
 * only. */
static hg_status canonical_name(const char *wanted, char name[32], hg_error *err)
{
    size_t n = strnlen(wanted, 32);
    if (n == 0 || n == 32)
        return unknown_encoding(wanted, err);
    for (size_t i = 0; i < n; i++)
        if (!isascii(wanted[i]) ||
            (!isalnum((unsigned char)wanted[i]) && !strchr("-_.:", wanted[i])))
            return unknown_encoding(wanted, err);
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcasecmp(wanted, synonyms[i].given) == 0)
            wanted = synonyms[i].name;
    iconv_t cd = iconv_open("UTF-8", wanted);
    if (cd == (iconv_t)-1)
        return unknown_encoding(wanted, err);
    iconv_close(cd);
    snprintf(name, 32, "%s", wanted);
    return HG_OK;
}

/* "UTF-16" and "UTF-32" leave the byte order to the mark. */
static bool leaves_order(const char *name)
{
    return strcasecmp(name, "UTF-16") == 0 || strcasecmp(name, "UTF-32") == 0;
}

/* A mark that contradicts the name would come out as letters: 锘 for UTF-8's. */
static hg_status settle_mark(const source *s, char name[32], size_t *bom, hg_error *err)
{
    const char *marked = byte_order_mark(s, bom);
    bool open = leaves_order(name);
    if (!marked && open)
        return hg_fail(err, HG_EUSAGE,
                       "%.240s: %s without a byte-order mark; name the byte order: %sLE or %sBE",
                       s->what, name, name, name);
    if (!marked)
        return HG_OK;
    size_t same = open ? strlen(name) : 32;
    if (strncasecmp(marked, name, same) != 0)
        return hg_fail(err, HG_EDATA, "%.240s: begins with the byte-order mark of %s, not of %s",
                       s->what, marked, name);
    snprintf(name, 32, "%s", marked);
    return HG_OK;
}

static hg_status decide_named(const source *s, const char *wanted, hg_encoding *out, hg_error *err)
{
    char name[32];
    size_t bom;
    hg_status status = canonical_name(wanted, name, err);
    if (status)
        return status;
    status = settle_mark(s, name, &bom, err);
    if (status)
        return status;
    hg_encoding e = decided(name, bom, "as given");
    if (!is_wide(name))
        status = check_no_nul(s, err);
    if (!status)
        status = check_decodes(s, &e, err);
    if (status)
        return status;
    e.ascii = !is_wide(name) && hg_ascii_run(s->p, s->n) == s->n;
    *out = e;
    return HG_OK;
}

static hg_status decide(const source *s, const char *wanted, hg_encoding *out, hg_error *err)
{
    if (!wanted || strcasecmp(wanted, "auto") == 0)
        return decide_auto(s, out, err);
    return decide_named(s, wanted, out, err);
}

/* ------------------------------------------------------------------ interface */

hg_status hg_encoding_detect(const char *path, const char *wanted, hg_encoding *out, hg_error *err)
{
    source s = {.what = path};
    hg_status status = hg_file_map(path, &s.p, &s.n, err);
    if (status)
        return status;
    status = decide(&s, wanted, out, err);
    hg_file_unmap(s.p, s.n);
    return status;
}

hg_status hg_encoding_detect_bytes(const char *what, const char *bytes, size_t n,
                                   const char *wanted, hg_encoding *out, hg_error *err)
{
    source s = {what, bytes, n, true};
    return decide(&s, wanted, out, err);
}

static hg_status read_body(const source *body, const hg_encoding *e, hg_text *text, hg_error *err)
{
    if (strcmp(e->name, "UTF-8") != 0)
        return decode(body, e->name, text, err);
    hg_status status = check_utf8(body, "was to be UTF-8", err);
    if (!status)
        hg_text_add_n(text, body->p, body->n);
    return status || !text->failed ? status : hg_fail_memory(err);
}

hg_status hg_encoding_read(const char *path, const hg_encoding *encoding, char **utf8, size_t *size,
                           hg_error *err)
{
    source s = {.what = path};
    hg_text text = {0};
    hg_status status = hg_file_map(path, &s.p, &s.n, err);
    if (status)
        return status;
    source body = without_mark(&s, encoding->bom <= s.n ? encoding->bom : s.n);
    status = read_body(&body, encoding, &text, err);
    if (!status) {
        size_t len = text.len;
        char *taken = hg_text_take(&text);
        status = taken ? HG_OK : hg_fail_memory(err);
        if (taken) {
            *utf8 = taken;
            *size = len;
        }
    }
    hg_text_dispose(&text);
    hg_file_unmap(s.p, s.n);
    return status;
}
