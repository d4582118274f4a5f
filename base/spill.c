#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    LEAST = 1 << 20,        /* no smaller block goes to a file, */
    MOST_LEAST = 64 << 20,  /* and any that large may */
    LEAST_SHARE = 64,       /* of the budget, in between */
    LEAST_PAGES = 16 << 20, /* bytes of the blocks that may be resident, whatever the budget */
    STACK = 256 << 10,      /* of the keeper, which counts against limits, too */
    TICK_NS = 5000000,
};

typedef struct block {
    char *p;
    size_t bytes;
    int fd;
} block;

/* All below is read and written under the lock, but for the atomic ones. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static block *blocks;
static size_t block_count, block_capacity;
static char folder_now[PATH_MAX];
static int users;
static pthread_t keeper;
static bool keeping, leaving;
static atomic_uint_fast64_t budget_now; /* 0 = none */
static atomic_size_t in_files;          /* blocks */
static atomic_uint_fast64_t bytes_ever;

static _Thread_local struct {
    int code;
    size_t bytes;
} failure;

/* ------------------------------------------------- how much there is -------------------------- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t number_in(const char *path)
{
    unsigned long long v = 0;
    FILE *f = fopen(path, "re");
    if (!f)
        return UINT64_MAX;
    bool read = fscanf(f, "%llu", &v) == 1; /* "max" is none */
    fclose(f);
    return read ? v : UINT64_MAX;
}

/* The smallest limit of a group and those around it. */
static uint64_t limit_of_group(const char *root, char *group, const char *file)
{
    uint64_t least = UINT64_MAX;
    char path[PATH_MAX];
    for (;;) {
        int n = snprintf(path, sizeof path, "%s%s/%s", root, group, file);
        if (n > 0 && (size_t)n < sizeof path)
            least = smaller(least, number_in(path));
        char *slash = strrchr(group, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

/* /proc/self/cgroup: "0::/path" of version 2, "4:memory:/path" of version 1. */
static uint64_t control_group_limit(void)
{
    uint64_t least = UINT64_MAX;
    char line[PATH_MAX];
    FILE *f = fopen("/proc/self/cgroup", "re");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *first = strchr(line, ':'), *second = first ? strchr(first + 1, ':') : NULL;
        if (!second)
            continue;
        bool memory = second - first == 7 && strncmp(first + 1, "memory", 6) == 0;
        if (memory)
            least = smaller(least, limit_of_group("/sys/fs/cgroup/memory", second + 1,
                                                  "memory.limit_in_bytes"));
        else if (second == first + 1)
            least = smaller(least, limit_of_group("/sys/fs/cgroup", second + 1, "memory.max"));
    }
    if (f)
        fclose(f);
    return least;
}

static uint64_t granted(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t least = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
    struct rlimit data;
    if (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY)
        least = smaller(least, (uint64_t)data.rlim_cur);
    return smaller(least, control_group_limit());
}

/* ------------------------------------------------- residence ---------------------------------- */

/* Bytes of the process's resident pages that belong to files. */
static size_t resident_of_files(int statm)
{
    char text[128];
    unsigned long size, resident, of_files;
    ssize_t n = pread(statm, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    return sscanf(text, "%lu %lu %lu", &size, &resident, &of_files) == 3
               ? of_files * (size_t)sysconf(_SC_PAGESIZE)
               : 0;
}

static size_t resident_allowed(void)
{
    uint64_t third = atomic_load(&budget_now) / 3;
    return third > LEAST_PAGES ? (size_t)third : LEAST_PAGES;
}

/* Pages of a shared mapping leave the process, not the file. */
static void let_pages_go(void)
{
    for (size_t i = 0; i < block_count; i++)
        (void)madvise(blocks[i].p, blocks[i].bytes, MADV_DONTNEED);
}

static void wait_a_tick(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TICK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    if (block_count)
        pthread_cond_timedwait(&wake, &lock, &until);
    else
        pthread_cond_wait(&wake, &lock);
}

/* What stays resident after pages were let go is not of the blocks: programs, other people's
 * mappings. */
static void *keep(void *statm)
{
    int fd = *(int *)statm;
    size_t others = resident_of_files(fd);
    free(statm);
    pthread_mutex_lock(&lock);
    while (!leaving) {
        if (block_count && resident_of_files(fd) > others + resident_allowed()) {
            let_pages_go();
            others = resident_of_files(fd);
        }
        wait_a_tick();
    }
    pthread_mutex_unlock(&lock);
    close(fd);
    return NULL;
}

/* Signals are for the threads of the program. */
static bool run_keeper(int *statm)
{
    sigset_t all, before;
    pthread_attr_t small;
    pthread_attr_init(&small);
    (void)pthread_attr_setstacksize(&small, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool runs = pthread_create(&keeper, &small, keep, statm) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&small);
    return runs;
}

/* Without a keeper the run is the same, and larger. */
static void start_keeper(void)
{
    int *statm = keeping ? NULL : malloc(sizeof *statm);
    if (!statm)
        return;
    *statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    keeping = *statm >= 0 && run_keeper(statm);
    if (keeping)
        return;
    if (*statm >= 0)
        close(*statm);
    free(statm);
}

/* ------------------------------------------------- budget ------------------------------------- */

hg_status hg_spill_begin(uint64_t budget, const char *folder, hg_error *err)
{
    const char *chosen = getenv("TMPDIR");
    chosen = chosen && *chosen ? chosen : folder;
    if (strlen(chosen) >= sizeof folder_now - 32)
        return hg_fail(err, HG_EUSAGE, "%s: the name of the folder for temporary files is too long",
                       chosen);
    uint64_t bytes = budget ? budget : granted() / 4 * 3;
    pthread_mutex_lock(&lock);
    snprintf(folder_now, sizeof folder_now, "%s", *chosen ? chosen : ".");
    users++;
    pthread_mutex_unlock(&lock);
    atomic_store(&budget_now, bytes);
    return HG_OK;
}

void hg_spill_end(void)
{
    pthread_mutex_lock(&lock);
    bool last = --users == 0, join = last && keeping;
    if (last)
        atomic_store(&budget_now, 0);
    leaving = join;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    if (!join)
        return;
    pthread_join(keeper, NULL);
    pthread_mutex_lock(&lock);
    keeping = leaving = false;
    pthread_mutex_unlock(&lock);
}

uint64_t hg_spill_bytes(void)
{
    return atomic_load(&bytes_ever);
}

bool hg_spill_wanted(size_t bytes, size_t held)
{
    uint64_t budget = atomic_load_explicit(&budget_now, memory_order_relaxed);
    if (budget == 0 || bytes < LEAST)
        return false;
    uint64_t least = budget / LEAST_SHARE;
    if (bytes < (least > MOST_LEAST ? MOST_LEAST : least))
        return false;
    return bytes > budget / 3 * 2 || held > budget / 3 * 2 - bytes;
}

/* ------------------------------------------------- blocks ------------------------------------- */

/* File systems that know no nameless files get one whose name is taken away at once. */
static int open_nameless(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/.hotgrid-XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* 0, or why there is no room. */
static int claim(int fd, size_t from, size_t to)
{
    int code;
    do
        code = posix_fallocate(fd, (off_t)from, (off_t)(to - from));
    while (code == EINTR);
    return code;
}

static void *failed(int code, size_t bytes)
{
    failure.code = code;
    failure.bytes = bytes;
    return NULL;
}

void hg_spill_forget(void)
{
    failure.code = 0;
}

/* Under the lock. */
static bool enter(const block *b)
{
    if (block_count == block_capacity) {
        size_t capacity = block_capacity ? 2 * block_capacity : 16;
        block *more = realloc(blocks, capacity * sizeof *more);
        if (!more)
            return false;
        blocks = more;
        block_capacity = capacity;
    }
    blocks[block_count++] = *b;
    atomic_store(&in_files, block_count);
    start_keeper();
    pthread_cond_signal(&wake);
    return true;
}

static int map_new(const char *folder, size_t bytes, block *b)
{
    *b = (block){.bytes = bytes, .fd = open_nameless(folder)};
    int code = b->fd < 0 ? errno : claim(b->fd, 0, bytes);
    if (code == 0) {
        void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
        code = p == MAP_FAILED ? errno : 0;
        b->p = code ? NULL : p;
    }
    if (code && b->fd >= 0)
        close(b->fd);
    return code;
}

void *hg_spill_new(size_t bytes)
{
    block b;
    char folder[PATH_MAX];
    pthread_mutex_lock(&lock);
    memcpy(folder, folder_now, sizeof folder);
    pthread_mutex_unlock(&lock);
    int code = map_new(folder, bytes, &b);
    if (code)
        return failed(code, bytes);
    pthread_mutex_lock(&lock);
    bool entered = enter(&b);
    pthread_mutex_unlock(&lock);
    if (!entered) {
        munmap(b.p, bytes);
        close(b.fd);
        return failed(ENOMEM, bytes);
    }
    atomic_fetch_add(&bytes_ever, bytes);
    return b.p;
}

/* Under the lock; block_count where p is none. Mappings begin on pages, which spares most searches.
 */
static size_t find(const void *p)
{
    size_t i = 0;
    while (i < block_count && blocks[i].p != (const char *)p)
        i++;
    return i;
}

static bool may_be_ours(const void *p)
{
    return p && (uintptr_t)p % 4096 == 0 &&
           atomic_load_explicit(&in_files, memory_order_relaxed) > 0;
}

size_t hg_spill_size(const void *p)
{
    if (!may_be_ours(p))
        return 0;
    pthread_mutex_lock(&lock);
    size_t i = find(p), bytes = i < block_count ? blocks[i].bytes : 0;
    pthread_mutex_unlock(&lock);
    return bytes;
}

void *hg_spill_resize(void *p, size_t bytes)
{
    pthread_mutex_lock(&lock);
    block *b = &blocks[find(p)];
    size_t before = b->bytes;
    int code = bytes > before ? claim(b->fd, before, bytes) : 0;
    void *moved = code ? MAP_FAILED : mremap(p, before, bytes, MREMAP_MAYMOVE);
    if (moved != MAP_FAILED) {
        b->p = moved;
        b->bytes = bytes;
    } else {
        code = code ? code : errno;
    }
    int fd = b->fd;
    pthread_mutex_unlock(&lock);
    if (code)
        return failed(code, bytes);
    if (bytes < before && ftruncate(fd, (off_t)bytes) != 0)
        return moved; /* the file is larger than it need be */
    if (bytes > before)
        atomic_fetch_add(&bytes_ever, bytes - before);
    return moved;
}

bool hg_spill_free(void *p)
{
    if (!may_be_ours(p))
        return false;
    pthread_mutex_lock(&lock);
    size_t i = find(p);
    bool ours = i < block_count;
    block b = ours ? blocks[i] : (block){0};
    if (ours)
        blocks[i] = blocks[--block_count];
    if (block_count == 0) {
        free(blocks);
        blocks = NULL;
        block_capacity = 0;
    }
    atomic_store(&in_files, block_count);
    pthread_mutex_unlock(&lock);
    if (ours) {
        munmap(b.p, b.bytes);
        close(b.fd);
    }
    return ours;
}

hg_status hg_spill_explain(hg_error *err)
{
    int code = failure.code;
    failure.code = 0;
    if (code == 0 || code == ENOMEM)
        return HG_OK;
    char folder[PATH_MAX];
    pthread_mutex_lock(&lock);
    memcpy(folder, folder_now, sizeof folder);
    pthread_mutex_unlock(&lock);
    return hg_fail(err, HG_EIO,
                   "%s: no temporary file of %.1f MB for what does not fit into %.1f MB of memory: "
                   "%s; --memory "
                   "sets that limit, TMPDIR another folder",
                   folder, (double)failure.bytes / 1e6, (double)atomic_load(&budget_now) / 1e6,
                   strerror(code));
}
