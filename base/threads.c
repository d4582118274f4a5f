#include "base/threads.h"
#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

typedef struct crew {
    size_t n;
    hg_task task;
    void *context;
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t lock;
    size_t failed_at;
    hg_status status;
    hg_error error;
} crew;

static void record_failure(crew *c, size_t i, hg_status status, const hg_error *error)
{
    pthread_mutex_lock(&c->lock);
    if (c->status == HG_OK || i < c->failed_at) {
        c->status = status;
        c->failed_at = i;
        c->error = *error;
    }
    pthread_mutex_unlock(&c->lock);
    atomic_store(&c->stop, true);
}

static void *work(void *arg)
{
    crew *c = arg;
    while (!atomic_load(&c->stop)) {
        size_t i = atomic_fetch_add(&c->next, 1);
        if (i >= c->n)
            break;
        hg_error error = {HG_OK, ""};
        hg_status status = c->task(c->context, i, &error);
        if (status != HG_OK)
            record_failure(c, i, status, &error);
    }
    return NULL;
}

int hg_thread_count(int threads)
{
    if (threads > 0)
        return threads;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    return 1;
}

hg_status hg_parallel(size_t n, int threads, hg_task task, void *context, hg_error *err)
{
    enum { MAX_THREADS = 1024 };
    crew c = {.n = n, .task = task, .context = context};
    size_t want = (size_t)hg_thread_count(threads);
    want = want > n ? n : want;
    want = want > MAX_THREADS ? MAX_THREADS : want;

    pthread_mutex_init(&c.lock, NULL);
    pthread_t *ids = want > 1 ? hg_malloc(want - 1, sizeof *ids) : NULL;
    size_t started = 0;
    /* Without memory or threads to start, the caller does all the work itself. */
    while (ids && started + 1 < want && pthread_create(&ids[started], NULL, work, &c) == 0)
        started++;
    work(&c);
    for (size_t i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    hg_free(ids);
    pthread_mutex_destroy(&c.lock);
    if (c.status != HG_OK && err)
        *err = c.error;
    return c.status;
}
