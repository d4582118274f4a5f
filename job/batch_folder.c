/* The folder of a batch while it runs: one run at a time, and nothing left of runs that were killed. */
#include "job/batch.h"
#include "base/memory.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ".name.part<pid>-<k>.gpkg" of a process that is gone; in folders that only batches write to also "name.part" */
static bool is_left_over(const char *name, bool own)
{
    const char *part = NULL;
    for (const char *at = name; (at = strstr(at, ".part")); at++)
        part = at;
    if (!part)
        return false;
    if (!part[5])
        return own;
    char *end = NULL;
    long pid = strtol(part + 5, &end, 10);
    return *name == '.' && end > part + 5 && *end == '-' && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void sweep(const char *folder, bool own)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (is_left_over(entry->d_name, own))
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

/* Where outputs, their records and the results before them lie. */
static hg_status sweep_all(const hg_batch *b, hg_error *err)
{
    static const char *const parts[] = {"", HG_BATCH_RECORDS "/", HG_BATCH_PREVIOUS "/"};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (size_t i = 0; i <= b->step_count; i++) {
            hg_text t = {0};
            hg_text_addf(&t, "%s%s%s", b->folder, parts[p], i < b->step_count ? b->steps[i].id : "");
            char *folder = hg_text_take(&t);
            if (!folder)
                return hg_fail_memory(err);
            sweep(folder, p > 0);
            hg_free(folder);
        }
    return HG_OK;
}

hg_status hg_batch_lock(const hg_batch *b, int *lock, hg_error *err)
{
    hg_text t = {0};
    hg_text_addf(&t, "%s%s/lock", b->folder, HG_BATCH_RECORDS);
    char *path = hg_text_take(&t);
    hg_status status = path ? hg_folder_make_for(path, err) : hg_fail_memory(err);
    int fd = status == HG_OK ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (status == HG_OK && fd < 0)
        status = hg_fail(err, HG_EIO, "%s cannot be written: %s", path, strerror(errno));
    /* a file system that knows no locks goes without */
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        status = hg_fail(err, HG_EIO, "another hotgrid run is at work in %s; wait until it has ended", b->folder);
    if (status == HG_OK)
        status = sweep_all(b, err);
    hg_free(path);
    if (status != HG_OK && fd >= 0)
        close(fd);
    *lock = status == HG_OK ? fd : -1;
    return status;
}

void hg_batch_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}
