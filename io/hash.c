/* SHA-256 (FIPS 180-4) by libcrypto, which uses the processor's own instructions. */
#include "io/hash.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, LEAST_PRIORITY = 19 };

static hg_status feed(int fd, const char *path, EVP_MD_CTX *digest, char *block,
                      hg_control *control, hg_error *err)
{
    for (;;) {
        hg_status s = control ? hg_check_cancel(control, err) : HG_OK;
        if (s != HG_OK)
            return s;
        ssize_t n = read(fd, block, BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hg_fail(err, HG_EIO, "%s: cannot be read: %s", path, strerror(errno));
        if (n == 0)
            return HG_OK;
        if (!EVP_DigestUpdate(digest, block, (size_t)n))
            return hg_fail(err, HG_EFAIL, "%s: SHA-256 could not be computed", path);
    }
}

static hg_status finish_digest(EVP_MD_CTX *digest, const char *path, char hex[HG_SHA256_HEX],
                               hg_error *err)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (!EVP_DigestFinal_ex(digest, bytes, &n) || n * 2 + 1 != HG_SHA256_HEX)
        return hg_fail(err, HG_EFAIL, "%s: SHA-256 could not be computed", path);
    for (unsigned i = 0; i < n; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", (unsigned)bytes[i]);
    return HG_OK;
}

hg_status hg_hash_file(const char *path, hg_control *control, char hex[HG_SHA256_HEX],
                       hg_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return hg_fail(err, HG_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    hg_status s = HG_OK;
    char *block = hg_malloc(BLOCK, 1);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!block || !digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
        s = hg_fail_memory(err);
    if (s == HG_OK)
        s = feed(fd, path, digest, block, control, err);
    if (s == HG_OK)
        s = finish_digest(digest, path, hex, err);
    EVP_MD_CTX_free(digest);
    hg_free(block);
    close(fd);
    return s;
}

hg_status hg_hash_bytes(const void *bytes, size_t n, const char *name, char hex[HG_SHA256_HEX],
                        hg_error *err)
{
    hg_status s = HG_OK;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL) ||
        !EVP_DigestUpdate(digest, bytes, n))
        s = hg_fail_memory(err);
    if (s == HG_OK)
        s = finish_digest(digest, name, hex, err);
    EVP_MD_CTX_free(digest);
    return s;
}

struct hg_hashing {
    pthread_t thread;
    char *path;
    bool patient;
    hg_control *control;
    hg_status status;
    hg_error err;
    char hex[HG_SHA256_HEX];
};

static void *hash_in_background(void *payload)
{
    hg_hashing *h = payload;
    if (h->patient)
        setpriority(PRIO_PROCESS, 0, LEAST_PRIORITY); /* of this thread alone, on Linux */
    h->status = hg_hash_file(h->path, h->control, h->hex, &h->err);
    return NULL;
}

hg_status hg_hashing_start(const char *path, bool patient, hg_control *control, hg_hashing **out, hg_error *err)
{
    hg_hashing *h = hg_calloc(1, sizeof *h);
    if (!h || !(h->path = hg_strdup(path))) {
        hg_free(h);
        return hg_fail_memory(err);
    }
    h->control = control;
    h->patient = patient;
    int code = pthread_create(&h->thread, NULL, hash_in_background, h);
    if (code != 0) {
        hg_free(h->path);
        hg_free(h);
        return hg_fail(err, HG_EFAIL, "a thread could not be started: %s", strerror(code));
    }
    *out = h;
    return HG_OK;
}

hg_status hg_hashing_join(hg_hashing *h, char hex[HG_SHA256_HEX], hg_error *err)
{
    pthread_join(h->thread, NULL);
    hg_status s = h->status;
    if (s == HG_OK)
        memcpy(hex, h->hex, HG_SHA256_HEX);
    else
        hg_fail(err, s, "%s", h->err.message);
    hg_free(h->path);
    hg_free(h);
    return s;
}
