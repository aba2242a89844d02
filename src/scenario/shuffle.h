/*
 * shuffle: the numbers below n in an order that a key decides, without a list.
 *
 * A balanced Feistel network over the smallest even number of bits that holds n, walked until the
 * result is below n (Black and Rogaway 2002, "Ciphers with Arbitrary Finite Domains"). It is not
 * for secrets. Thread: any.
 */
#ifndef SCENARIO_SHUFFLE_H
#define SCENARIO_SHUFFLE_H

#include <stdint.h>

/* Where number i (below n, n <= 2^62) comes to stand; a bijection for each key. */
uint64_t shuffle_place(uint64_t key, uint64_t n, uint64_t i);

#endif
