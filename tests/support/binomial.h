/* Binomial tails another way than the engine: the masses one by one, in long double. */
#ifndef HG_TESTS_BINOMIAL_H
#define HG_TESTS_BINOMIAL_H

#include <math.h>
#include <stdint.h>

/** P(Bin(n, p) >= k); good to some 1e-14 for n up to 1e5. */
static inline double plain_binomial_tail(uint64_t k, uint64_t n, double p)
{
    if (k == 0 || p >= 1)
        return 1;
    long double sum = 0, front = lgammal((long double)n + 1);
    for (uint64_t i = k; i <= n; i++) {
        long double term = expl(front - lgammal((long double)i + 1) - lgammal((long double)(n - i) + 1) +
                                (long double)i * logl((long double)p) +
                                (long double)(n - i) * log1pl(-(long double)p));
        sum += term;
        if ((double)i > (double)n * p && term < 1e-22L * sum)
            break;
    }
    return (double)fminl(sum, 1);
}

#endif
