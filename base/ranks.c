#include "base/ranks.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>

int hg_ranks_rank(const hg_ranks *r)
{
    return r ? r->rank : 0;
}

int hg_ranks_size(const hg_ranks *r)
{
    return r ? r->size : 1;
}

/* After one message was lost the next would be taken for it. */
static hg_status check_whole(const hg_ranks *r, hg_error *err)
{
    return r->broken ? hg_fail(err, HG_EFAIL, "the ranks have lost touch with each other") : HG_OK;
}

static hg_status settle(hg_ranks *r, hg_status status)
{
    r->broken |= status != HG_OK;
    return status;
}

hg_status hg_ranks_send(hg_ranks *r, int to, const void *data, size_t n, hg_error *err)
{
    hg_status status = check_whole(r, err);
    r->sent += n;
    return status == HG_OK ? settle(r, r->carrier->send(r, to, data, n, err)) : status;
}

hg_status hg_ranks_receive(hg_ranks *r, int from, void *data, size_t n, hg_error *err)
{
    hg_status status = check_whole(r, err);
    r->received += n;
    return status == HG_OK ? settle(r, r->carrier->receive(r, from, data, n, err)) : status;
}

hg_status hg_ranks_broadcast(hg_ranks *r, int root, void *data, size_t n, hg_error *err)
{
    if (hg_ranks_size(r) == 1)
        return HG_OK;
    hg_status status = check_whole(r, err);
    return status == HG_OK ? settle(r, r->carrier->broadcast(r, root, data, n, err)) : status;
}

hg_status hg_ranks_reduce_int(hg_ranks *r, hg_reduction how, int64_t *values, size_t n,
                              hg_error *err)
{
    if (hg_ranks_size(r) == 1)
        return HG_OK;
    hg_status status = check_whole(r, err);
    return status == HG_OK ? settle(r, r->carrier->reduce_int(r, how, values, n, err)) : status;
}

hg_status hg_ranks_reduce_real(hg_ranks *r, hg_reduction how, double *values, size_t n,
                               hg_error *err)
{
    if (hg_ranks_size(r) == 1)
        return HG_OK;
    hg_status status = check_whole(r, err);
    return status == HG_OK ? settle(r, r->carrier->reduce_real(r, how, values, n, err)) : status;
}

static uint64_t sum_of(const uint64_t *n, int count)
{
    uint64_t sum = 0;
    for (int k = 0; k < count; k++)
        sum += n[k];
    return sum;
}

/* Counts become bytes; what every rank will get is known before room is made, so that all fail or
 * none. */
static hg_status exchange_bytes(hg_ranks *r, const void *send, uint64_t *bytes, uint64_t *from,
                                void **received, hg_error *err)
{
    hg_status status = settle(r, r->carrier->exchange_counts(r, bytes, from, err));
    if (status != HG_OK)
        return status;
    uint64_t all = sum_of(from, r->size);
    void *room = hg_malloc(all, 1);
    status = hg_ranks_agree(r, room ? HG_OK : hg_fail_memory(err), err);
    if (status == HG_OK)
        status = settle(r, r->carrier->exchange(r, send, bytes, room, from, err));
    if (status != HG_OK) {
        hg_free(room);
        return status;
    }
    r->sent += sum_of(bytes, r->size) - bytes[r->rank];
    r->received += all - from[r->rank];
    *received = room;
    return HG_OK;
}

hg_status hg_ranks_exchange(hg_ranks *r, const void *send, const uint64_t *send_n, size_t size,
                            void **received, size_t *n, hg_error *err)
{
    size_t ranks = (size_t)r->size;
    hg_status status = check_whole(r, err);
    if (status != HG_OK)
        return status;
    uint64_t *bytes = hg_malloc(2 * ranks, sizeof *bytes);
    status = hg_ranks_agree(r, bytes ? HG_OK : hg_fail_memory(err), err);
    for (size_t k = 0; status == HG_OK && k < ranks; k++)
        bytes[k] = send_n[k] * size;
    if (status == HG_OK)
        status = exchange_bytes(r, send, bytes, bytes + ranks, received, err);
    if (status == HG_OK)
        *n = (size_t)(sum_of(bytes + ranks, r->size) / size);
    hg_free(bytes);
    return status;
}

/* Every rank's number, by rank. */
static hg_status list_counts(hg_ranks *r, uint64_t value, int64_t **out, hg_error *err)
{
    int64_t *counts = hg_calloc((size_t)hg_ranks_size(r), sizeof *counts);
    hg_status status = hg_ranks_agree(r, counts ? HG_OK : hg_fail_memory(err), err);
    if (status == HG_OK) {
        counts[hg_ranks_rank(r)] = (int64_t)value;
        status = hg_ranks_reduce_int(r, HG_SUM, counts, (size_t)hg_ranks_size(r), err);
    }
    if (status != HG_OK) {
        hg_free(counts);
        return status;
    }
    *out = counts;
    return HG_OK;
}

hg_status hg_ranks_count_before(hg_ranks *r, uint64_t value, uint64_t *before, uint64_t *all,
                                hg_error *err)
{
    int64_t *counts = NULL;
    hg_status status = list_counts(r, value, &counts, err);
    if (status != HG_OK)
        return status;
    *before = *all = 0;
    for (int k = 0; k < hg_ranks_size(r); k++) {
        *before += k < hg_ranks_rank(r) ? (uint64_t)counts[k] : 0;
        *all += (uint64_t)counts[k];
    }
    hg_free(counts);
    return HG_OK;
}

hg_status hg_ranks_share(hg_ranks *r, const void *own, size_t n, size_t size, void **shared,
                         size_t *all_n, hg_error *err)
{
    int64_t *counts = NULL;
    hg_status status = list_counts(r, n, &counts, err);
    size_t all = 0, at = 0;
    for (int k = 0; status == HG_OK && k < hg_ranks_size(r); k++)
        all += (size_t)counts[k];
    char *room = status == HG_OK ? hg_malloc(all, size) : NULL;
    if (status == HG_OK)
        status = hg_ranks_agree(r, room ? HG_OK : hg_fail_memory(err), err);
    for (int k = 0; k < hg_ranks_size(r) && status == HG_OK; k++) {
        size_t bytes = (size_t)counts[k] * size;
        if (k == hg_ranks_rank(r) && bytes)
            memcpy(room + at, own, bytes);
        status = hg_ranks_broadcast(r, k, room + at, bytes, err);
        at += bytes;
    }
    hg_free(counts);
    if (status != HG_OK) {
        hg_free(room);
        return status;
    }
    *shared = room;
    *all_n = all;
    return HG_OK;
}

hg_status hg_ranks_agree(hg_ranks *r, hg_status status, hg_error *err)
{
    if (hg_ranks_size(r) == 1 || (r->failed && status != HG_OK))
        return status;
    int64_t first = status == HG_OK ? r->size : r->rank;
    hg_error said = {status, ""};
    if (err && status != HG_OK)
        said = *err;
    hg_status whole = hg_ranks_reduce_int(r, HG_MIN, &first, 1, err);
    if (whole != HG_OK)
        return status == HG_OK ? whole : status;
    if (first == r->size)
        return HG_OK;
    r->failed = true;
    whole = hg_ranks_broadcast(r, (int)first, &said, sizeof said, err);
    if (whole == HG_OK && err)
        *err = said;
    return whole == HG_OK ? said.status : whole;
}
