#include "io/file.h"
#include "io/sql.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

hg_status hg_file_check(const char *path, const char *shown, bool folder_ok, hg_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return hg_fail(err, HG_EIO, "%s: no such file", shown);
    if (S_ISDIR(st.st_mode))
        return folder_ok ? HG_OK
                         : hg_fail(err, HG_EIO, "%s is a folder; a file was expected", path);
    if (access(path, R_OK) != 0)
        return hg_fail(err, HG_EIO, "%s cannot be read: no permission", path);
    if (st.st_size == 0)
        return hg_fail(err, HG_EDATA, "%s is empty", path);
    hg_sql_roll_back(path);
    if (!hg_sql_is_whole(path))
        return hg_fail(err, HG_EDATA, "%s is truncated: it is shorter than its header says", path);
    return HG_OK;
}

static hg_status file_error(const char *path, const char *verb, hg_error *err)
{
    return hg_fail(err, HG_EIO, "%.240s: cannot be %s: %s", path, verb, strerror(errno));
}

static hg_status map_descriptor(int fd, const char *path, const char **bytes, size_t *n,
                                hg_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return file_error(path, "read", err);
    if (!S_ISREG(st.st_mode))
        return hg_fail(err, HG_EIO, "%.240s: is %s, not a file", path,
                       S_ISDIR(st.st_mode) ? "a folder" : "a device or pipe");
    size_t size = (size_t)st.st_size;
    void *p = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (p == MAP_FAILED)
        return file_error(path, "read", err);
    if (size)
        madvise(p, size, MADV_SEQUENTIAL);
    *bytes = size ? p : "";
    *n = size;
    return HG_OK;
}

hg_status hg_file_map(const char *path, const char **bytes, size_t *n, hg_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return file_error(path, "opened", err);
    hg_status status = map_descriptor(fd, path, bytes, n, err);
    close(fd);
    return status;
}

void hg_file_unmap(const char *bytes, size_t n)
{
    if (n > 0)
        munmap((void *)(uintptr_t)bytes, n);
}

hg_status hg_file_copy(const char *from, const char *to, const char *name, hg_error *err)
{
    struct stat st;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 || fstat(in, &st) != 0
                  ? -1
                  : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
    off_t left = out < 0 ? 0 : st.st_size;
    bool ok = out >= 0;
    while (ok && left > 0) {
        ssize_t n = sendfile(out, in, NULL, (size_t)left);
        ok = n > 0 || (n < 0 && errno == EINTR);
        left -= n > 0 ? n : 0;
    }
    int code = errno;
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return ok ? HG_OK : hg_fail(err, HG_EIO, "%s: cannot be copied: %s", name, strerror(code));
}

hg_status hg_folder_make_for(const char *path, hg_error *err)
{
    char *folder = hg_strdup(path);
    if (!folder)
        return hg_fail_memory(err);
    hg_status status = HG_OK;
    for (char *slash = strchr(folder + 1, '/'); slash && status == HG_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            status = hg_fail(err, HG_EIO, "the folder %s cannot be made: %s", folder, strerror(errno));
        *slash = '/';
    }
    hg_free(folder);
    return status;
}

hg_status hg_file_replace(const char *path, const char *text, hg_error *err)
{
    char temp[4096];
    int n = snprintf(temp, sizeof temp, "%s.part", path);
    FILE *f = n > 0 && n < (int)sizeof temp ? fopen(temp, "wb") : NULL;
    bool ok = f && fputs(text, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = f && fclose(f) == 0 && ok && rename(temp, path) == 0;
    return ok ? HG_OK : hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
}
