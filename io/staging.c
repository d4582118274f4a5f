#include "io/staging.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/threads.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

typedef struct output {
    char *final, *temp; /* full paths */
    char *folder;       /* of both */
    char *prefix;       /* what the names of temp and its side files begin with, before a '.' */
    bool replace;       /* whatever is there under the final name */
    bool committed;
} output;

struct hg_staging {
    bool overwrite;
    output *outputs;
    size_t count, capacity;
};

hg_status hg_staging_new(bool overwrite, hg_staging **out, hg_error *err)
{
    hg_staging *s = hg_calloc(1, sizeof *s);
    if (!s)
        return hg_fail_memory(err);
    s->overwrite = overwrite;
    *out = s;
    return HG_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *hg_staging_folder(const char *path)
{
    const char *base = base_name(path);
    if (base == path)
        return hg_strdup(".");
    size_t n = (size_t)(base - path);
    return hg_strndup(path, n > 1 ? n - 1 : n);
}

static void dispose_output(output *o)
{
    hg_free(o->final);
    hg_free(o->temp);
    hg_free(o->folder);
    hg_free(o->prefix);
    *o = (output){0};
}

/* ".stem.part<pid>-<k>": hidden, unique in this process and, by O_EXCL below, on this disk. */
static hg_status name_output(output *o, const char *final_path, hg_error *err)
{
    static atomic_uint serial;
    unsigned k = atomic_fetch_add(&serial, 1u);
    const char *base = base_name(final_path);
    const char *dot = strrchr(base, '.');
    size_t stem = dot && dot != base ? (size_t)(dot - base) : strlen(base);
    hg_text prefix = {0}, temp = {0};
    hg_text_add(&prefix, ".");
    hg_text_add_n(&prefix, base, stem < 100 ? stem : 100);
    hg_text_addf(&prefix, ".part%ld-%u", (long)getpid(), k);
    o->final = hg_strdup(final_path);
    o->folder = hg_staging_folder(final_path);
    o->prefix = hg_text_take(&prefix);
    if (!o->final || !o->folder || !o->prefix)
        return hg_fail_memory(err);
    hg_text_add_n(&temp, final_path, (size_t)(base - final_path));
    hg_text_addf(&temp, "%s%s", o->prefix, base + stem);
    o->temp = hg_text_take(&temp);
    return o->temp ? HG_OK : hg_fail_memory(err);
}

/* The name is taken apart again: whoever writes to it knows nothing of the staging. */
char *hg_staging_final_name(const char *path)
{
    const char *base = base_name(path), *part = NULL;
    for (const char *at = base; (at = strstr(at, ".part")); at++)
        part = at;
    size_t pid = part ? strspn(part + 5, "0123456789") : 0;
    size_t k = pid && part[5 + pid] == '-' ? strspn(part + 6 + pid, "0123456789") : 0;
    if (*base != '.' || k == 0)
        return hg_strdup(path);
    hg_text name = {0};
    hg_text_add_n(&name, path, (size_t)(base - path));
    hg_text_add_n(&name, base + 1, (size_t)(part - base - 1));
    hg_text_add(&name, part + 6 + pid + k);
    return hg_text_take(&name);
}

static hg_status check_final(const char *path, bool overwrite, hg_error *err)
{
    struct stat st;
    if (*base_name(path) == '\0')
        return hg_fail(err, HG_EIO, "%s: is a folder, expected the name of a file", path);
    if (stat(path, &st) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? HG_OK
                   : hg_fail(err, HG_EIO, "%s: cannot be looked at: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return hg_fail(err, HG_EIO, "%s: is a folder, expected the name of a file", path);
    if (!S_ISREG(st.st_mode))
        return hg_fail(err, HG_EIO, "%s: is not a regular file", path);
    if (!overwrite)
        return hg_fail(err, HG_EIO, "%s: already exists (use --overwrite to replace it)", path);
    return HG_OK;
}

/* Only creating a file tells: permissions, read-only mounts and missing folders at once. */
static hg_status check_writable(const output *o, hg_error *err)
{
    int fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
        close(fd);
        unlink(o->temp);
        return HG_OK;
    }
    int code = errno;
    struct stat st;
    if (code == ENOTDIR)
        return hg_fail(err, HG_EIO, "%s: %s is no folder", o->final, o->folder);
    if (code == ENOENT && stat(o->folder, &st) != 0)
        return hg_fail(err, HG_EIO, "%s: the folder %s does not exist", o->final, o->folder);
    errno = code;
    return hg_fail(err, HG_EIO, "%s: cannot be written: %s", o->final, strerror(errno));
}

static bool already_added(const hg_staging *s, const char *final_path)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->outputs[i].final, final_path) == 0)
            return true;
    return false;
}

static hg_status add(hg_staging *s, const char *final_path, bool replace, const char **temp_path,
                     hg_error *err)
{
    if (already_added(s, final_path))
        return hg_fail(err, HG_EUSAGE, "%s: two outputs have this name", final_path);
    hg_status status = check_final(final_path, replace, err);
    if (status != HG_OK)
        return status;
    output *outputs = hg_grow(s->outputs, &s->capacity, s->count + 1, sizeof *outputs);
    if (!outputs)
        return hg_fail_memory(err);
    s->outputs = outputs;
    output *o = &outputs[s->count];
    *o = (output){.replace = replace};
    status = name_output(o, final_path, err);
    if (status == HG_OK)
        status = check_writable(o, err);
    if (status != HG_OK) {
        dispose_output(o);
        return status;
    }
    s->count++;
    *temp_path = o->temp;
    return HG_OK;
}

hg_status hg_staging_add(hg_staging *s, const char *final_path, const char **temp_path,
                         hg_error *err)
{
    return add(s, final_path, s->overwrite, temp_path, err);
}

hg_status hg_staging_add_copy(hg_staging *s, const char *final_path, const char **temp_path,
                              hg_error *err)
{
    const char *temp = NULL;
    hg_status status = add(s, final_path, true, &temp, err);
    if (status == HG_OK)
        status = hg_file_copy(final_path, temp, final_path, err);
    if (status == HG_OK)
        *temp_path = temp;
    return status;
}

/* What the process may write to one file (ulimit -f). */
static uint64_t file_size_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return (uint64_t)limit.rlim_cur;
}

hg_status hg_staging_require_space(const char *path, uint64_t bytes, hg_error *err)
{
    char *folder = hg_staging_folder(path);
    if (!folder)
        return hg_fail_memory(err);
    struct statvfs fs;
    int code = statvfs(folder, &fs) == 0 ? 0 : errno;
    hg_free(folder);
    uint64_t there = code == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : 0, limit = file_size_limit();
    if (there >= bytes && limit >= bytes)
        return HG_OK;
    char *name = hg_staging_final_name(path);
    if (!name)
        return hg_fail_memory(err);
    hg_status s;
    if (code != 0)
        s = hg_fail(err, HG_EIO, "%s: free space is unknown: %s", name, strerror(code));
    else if (there < bytes)
        s = hg_fail(err, HG_EIO, "%s: needs %.1f MB of disk, %.1f MB are free", name,
                    (double)bytes / 1e6, (double)there / 1e6);
    else
        s = hg_fail(err, HG_EIO, "%s: needs %.1f MB of disk, a file may have %.1f MB (ulimit -f)",
                    name, (double)bytes / 1e6, (double)limit / 1e6);
    hg_free(name);
    return s;
}

static hg_status flush_file(const char *path, const char *name, int flags, hg_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0)
        return hg_fail(err, HG_EIO, "%s: was not written: %s", name, strerror(errno));
    int code = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    /* some network file systems cannot flush a folder and say so */
    if (code != 0 && !(flags & O_DIRECTORY && code == EINVAL))
        return hg_fail(err, HG_EIO, "%s: cannot be flushed to disk: %s", name, strerror(code));
    return HG_OK;
}

/* Side files of the replaced output would be read together with the new one, and spoil it. */
static void remove_stale(const char *final)
{
    static const char *const suffixes[] = {"-journal", "-wal", "-shm", ".aux.xml", ".ovr", ".msk"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (snprintf(path, sizeof path, "%s%s", final, suffixes[i]) < (int)sizeof path)
            unlink(path);
}

static hg_status put_in_place(const output *o, bool overwrite, hg_error *err)
{
    if (overwrite)
        remove_stale(o->final);
    unsigned flags = overwrite ? 0 : RENAME_NOREPLACE;
    int code = renameat2(AT_FDCWD, o->temp, AT_FDCWD, o->final, flags);
    if (code != 0 && errno == EINVAL && !overwrite && access(o->final, F_OK) != 0)
        code = rename(o->temp, o->final); /* a file system without NOREPLACE */
    if (code != 0 && errno == EEXIST)
        return hg_fail(err, HG_EIO, "%s: already exists (use --overwrite to replace it)", o->final);
    if (code != 0)
        return hg_fail(err, HG_EIO, "%s: cannot be put in place: %s", o->final, strerror(errno));
    return HG_OK;
}

static hg_status flush_output(void *context, size_t i, hg_error *err)
{
    const hg_staging *s = context;
    return flush_file(s->outputs[i].temp, s->outputs[i].final, 0, err);
}

hg_status hg_staging_commit(hg_staging *s, hg_error *err)
{
    /* waiting for the disk side by side */
    hg_status flushed = hg_parallel(s->count, (int)s->count, flush_output, s, err);
    if (flushed != HG_OK)
        return flushed;
    for (size_t i = 0; i < s->count; i++) {
        output *o = &s->outputs[i];
        hg_status status = o->committed ? HG_OK : put_in_place(o, o->replace, err);
        if (status != HG_OK)
            return status;
        o->committed = true;
    }
    /* after the last rename: between two of them old and new files stand side by side */
    for (size_t i = 0; i < s->count; i++) {
        const output *o = &s->outputs[i];
        hg_status status = flush_file(o->folder, o->final, O_DIRECTORY, err);
        if (status != HG_OK)
            return status;
    }
    return HG_OK;
}

static void remove_temporary(const output *o)
{
    DIR *dir = opendir(o->folder);
    if (!dir)
        return;
    size_t n = strlen(o->prefix);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (strncmp(entry->d_name, o->prefix, n) == 0 && entry->d_name[n] == '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

void hg_staging_free(hg_staging *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++) {
        remove_temporary(&s->outputs[i]);
        dispose_output(&s->outputs[i]);
    }
    hg_free(s->outputs);
    hg_free(s);
}
