#include "scenario/shuffle.h"

#include <assert.h>

#define ROUNDS 6

/* splitmix64's finaliser (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t shuffle_place(uint64_t key, uint64_t n, uint64_t i) {
    assert(i < n && n <= UINT64_C(1) << 62);
    int half = 1;
    while (half < 31 && UINT64_C(1) << (2 * half) < n)
        half++;
    uint64_t mask = (UINT64_C(1) << half) - 1;
    do { /* the domain is less than four times n, so a few rounds of this on average */
        uint64_t left = i >> half, right = i & mask;
        for (uint64_t round = 1; round <= ROUNDS; round++) {
            uint64_t next = left ^ (mix(key + round * UINT64_C(0x9e3779b97f4a7c15) + right) & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}
