/* Allocation failures: runs a piece of code with its 1st, 2nd, … allocation failing. */
#ifndef HG_TESTS_SWEEP_H
#define HG_TESTS_SWEEP_H

#include "base/error.h"
#include "base/memory.h"

/**
 * Calls run(context, err) with every allocation failing in turn and asserts HG_ENOMEM each time,
 * then without failure and asserts HG_OK. run must use one thread, free what it got and leave its
 * inputs as they were. Leaks are found by the sanitizer.
 */
static inline void sweep_allocations(hg_status (*run)(void *, hg_error *), void *context)
{
    hg_error err = {HG_OK, ""};
    hg_memory_fail_at(0);
    assert_int_equal(run(context, &err), HG_OK);
    uint64_t asked = hg_memory_count();
    assert_true(asked > 0);
    for (uint64_t n = 1; n <= asked; n++) {
        hg_memory_fail_at(n);
        hg_status status = run(context, &err);
        hg_memory_fail_at(0);
        if (status != HG_ENOMEM)
            print_message("allocation %llu of %llu failed: expected status %d, obtained %d\n",
                          (unsigned long long)n, (unsigned long long)asked, HG_ENOMEM, status);
        assert_int_equal(status, HG_ENOMEM);
    }
}

#endif
