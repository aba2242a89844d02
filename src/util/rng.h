/*
 * rng: a small seeded random generator, with the same sequence on every machine.
 *
 * xoshiro256** seeded through splitmix64 (Blackman and Vigna, prng.di.unimi.it). Each (seed,
 * stream) pair has its own sequence. A virtual user uses its index as the stream, so its draws do
 * not depend on how users are distributed over threads. Not for secrets. Thread: plain data, owned
 * by the caller.
 */
#ifndef UTIL_RNG_H
#define UTIL_RNG_H

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);
uint64_t rng_next(struct rng *r);

/* Uniform in [0, n), without modulo bias; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *r);

/* Exponential with mean 1: the time to the next event of a Poisson process. At most 37. */
double rng_exponential(struct rng *r);

/* Standard normal (Box and Muller 1958). */
double rng_normal(struct rng *r);

#endif
