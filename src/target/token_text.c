#include "target/token_text.h"

#include "util/rng.h"

static const char *const words[] = {
    "swarm",  "cold",    "start",  "warm",   "queue",  "probe",  "night",   "größe",
    "river",  "stone",   "amber",  "quiet",  "engine", "ladder", "window",  "naïve",
    "cloud",  "market",  "signal", "bridge", "copper", "violet", "harbour", "東京",
    "paper",  "meadow",  "copy",   "single", "double", "triple", "orbit",   "🚀",
    "system", "picture", "north",  "south",  "early",  "late",   "never",   "žluťoučký",
    "circle", "square",  "corner", "middle", "plain",  "narrow", "broad",   "привет",
    "answer", "reason",  "number", "letter", "simple", "gentle", "rapid",   "€5",
    "garden", "forest",  "desert", "island", "ocean",  "valley", "summit",  "日本語",
};

#define WORDS (sizeof words / sizeof *words)

void token_text(uint64_t seed, uint64_t answer, uint64_t start, uint64_t first, uint64_t n,
                struct buf *out) {
    struct rng r;
    for (uint64_t k = first; k < first + n; k++) {
        /* One generator for each token: any part of an answer can be made by itself. */
        rng_seed(&r, seed ^ (answer * UINT64_C(0x9e3779b97f4a7c15)), k);
        if (k != start)
            buf_char(out, ' ');
        buf_str(out, words[rng_below(&r, WORDS)]);
    }
}
