/*
 * shuffle: a permutation of the numbers below n that is determined by a key, without a list.
 *
 * A balanced Feistel network over the smallest even number of bits that holds n, repeated until the
 * result is below n (Black and Rogaway 2002, "Ciphers with Arbitrary Finite Domains"). Not for
 * secrets. Thread: any.
 */
#ifndef SCENARIO_SHUFFLE_H
#define SCENARIO_SHUFFLE_H

#include <stdint.h>

/* Returns the position of number i (below n, n <= 2^62). A bijection for each key. */
uint64_t shuffle_place(uint64_t key, uint64_t n, uint64_t i);

#endif
