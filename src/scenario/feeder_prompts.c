#include "scenario/feeder_prompts.h"

#include <stdlib.h>
#include <string.h>

#include "scenario/feeder_internal.h"
#include "scenario/jsonscan.h"
#include "scenario/prompt_words.h"
#include "scenario/trace_value.h"
#include "util/fits.h"

/* The text that all prompts of a feeder begin with, and what numbers are drawn from: no hash id
 * gives these streams but by chance. */
#define SHARED_STREAM UINT64_C(0x5ea4ed0000000001)
#define LENGTH_STREAM UINT64_C(0x5ea4ed0000000002)
#define WORDS_PER_DRAW (63 / PROMPT_WORDS_BITS)

/* ---- words ---- */

/* FNV-1a. */
static uint64_t hash(const char *bytes, size_t n) {
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* Another number for each number: splitmix64's finaliser (Steele, Lea and Flood 2014), which can be
 * undone. */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void word(struct buf *out, uint64_t bits) {
    if (out->len > 0)
        buf_char(out, ' ');
    buf_str(out, prompt_words[bits & (PROMPT_WORDS - 1)]);
}

/* n words of a generator. */
static void words(struct buf *out, struct rng *rng, uint32_t n) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n; i++) {
        bits = i % WORDS_PER_DRAW == 0 ? rng_next(rng) : bits >> PROMPT_WORDS_BITS;
        word(out, bits);
    }
}

/* n words that begin with the number of the draw. */
static void own_words(struct buf *out, uint64_t key, uint64_t turn, uint32_t n) {
    uint64_t id = mix(turn ^ key);
    struct rng rng;
    uint32_t spelt = n < PROMPTS_OWN_WORDS ? n : PROMPTS_OWN_WORDS;
    for (uint32_t i = 0; i < spelt; i++)
        word(out, id >> (PROMPT_WORDS_BITS * i));
    rng_seed(&rng, key, id);
    words(out, &rng, n - spelt);
}

_Static_assert(PROMPT_WORDS_BITS *PROMPTS_OWN_WORDS >= 64, "a number of a draw can be spelt");
_Static_assert(PROMPT_WORDS_BITS *(PROMPTS_OWN_WORDS - 1) < 64, "no shift is too far");

static uint32_t between(struct rng *rng, uint32_t from, uint32_t to) {
    return from + (uint32_t)rng_below(rng, (uint64_t)to - from + 1);
}

/* The blocks of the hash ids, up to `n` words; returns how many there are. */
static uint32_t block_words(const struct feeder *f, struct bytes ids, uint32_t n, struct buf *out) {
    struct jsonscan s;
    struct jsonscan_children c;
    struct bytes key;
    const char *value, *end;
    uint32_t done = 0;
    if (ids.len == 0)
        return 0;
    jsonscan_init(&s, ids, UINT64_MAX);
    if (!jsonscan_open(&s, ids.data, &c) || c.object)
        return 0;
    while (done < n && jsonscan_next(&s, &c, &key, &value) == 1) {
        struct rng rng;
        uint32_t left = n - done;
        if ((end = jsonscan_skip(&s, value)) == NULL)
            break;
        c.p = end;
        c.pending = false;
        left = left < PROMPTS_BLOCK_WORDS ? left : PROMPTS_BLOCK_WORDS;
        rng_seed(&rng, f->key, hash(value, (size_t)(end - value)));
        words(out, &rng, left);
        done += left;
    }
    return done;
}

/* ---- a row ---- */

/* The row that says how long the prompt is; NULL where none does. */
static int source_row(const struct feeder *f, struct feeder_row *row,
                      const struct feeder_turn *turn, struct feeder_row **out, struct err *e) {
    const struct feeder *source = f->prompts.source;
    *out = source == f ? row : NULL;
    if (source == NULL || source == f)
        return 0;
    if (row->source == NULL && (row->source = calloc(1, sizeof *row->source)) == NULL)
        return err_memory(e, "a row of %s", source->path);
    *out = row->source;
    return feeder_row_make(source, turn->arrival % source->rows, turn, row->source, e);
}

static uint32_t length(const struct feeder *source, const struct feeder_row *row,
                       enum feeder_role role) {
    uint32_t n = 0;
    if (trace_count(feeder_field(source, row, role), &n) != NULL || n == 0)
        return 1; /* no server takes an empty prompt, or answers with nothing */
    return n;
}

struct pieces {
    size_t text, words, output, end; /* where each begins in row->made */
};

static void put_pieces(const struct feeder *f, struct feeder_row *row, const struct pieces *p) {
    const char *made = buf_text(&row->made);
    struct bytes text = {made + p->text, p->words - p->text};
    feeder_put(f, row, FEEDER_TEXT, text);
    feeder_put(f, row, FEEDER_PROMPT, text);
    feeder_put(f, row, FEEDER_WORDS, (struct bytes){made + p->words, p->output - p->words});
    feeder_put(f, row, FEEDER_OUTPUT_TOKENS, (struct bytes){made + p->output, p->end - p->output});
}

static int make(const struct feeder *f, struct feeder_row *row, const struct feeder_turn *turn,
                struct err *e) {
    const struct feeder_prompts *p = &f->prompts;
    struct feeder_row *source;
    struct pieces at = {0};
    struct rng lengths, shared;
    struct bytes ids = {NULL, 0};
    if (source_row(f, row, turn, &source, e) != 0)
        return -1;
    rng_seed(&lengths, f->key ^ LENGTH_STREAM, turn->turn);
    uint32_t n = p->words_max > 0 ? between(&lengths, p->words_min, p->words_max)
                                  : length(p->source, source, FEEDER_INPUT);
    n = n < PROMPTS_WORDS_MAX ? n : PROMPTS_WORDS_MAX;
    if (p->words_max == 0)
        ids = feeder_field(p->source, source, FEEDER_HASHES);
    rng_seed(&shared, f->key, SHARED_STREAM);
    uint32_t prefix = p->shared < n ? p->shared : n;
    words(&row->made, &shared, prefix);
    uint32_t blocks = prefix > 0 ? 0 : block_words(f, ids, n, &row->made);
    own_words(&row->made, f->key, turn->turn, n - prefix - blocks);
    at.words = row->made.len;
    buf_uint(&row->made, n);
    at.output = row->made.len;
    if (p->output_max > 0)
        buf_uint(&row->made, between(&lengths, p->output_min, p->output_max));
    else if (p->source != NULL && p->source->role[FEEDER_OUTPUT] != FEEDER_NO_COLUMN)
        buf_uint(&row->made, length(p->source, source, FEEDER_OUTPUT));
    at.end = row->made.len;
    if (buf_fits(&row->made, e, "ask for fewer words", "a prompt of %u words", n) != 0)
        return -1;
    put_pieces(f, row, &at);
    return 0;
}

int feeder_prompts_open(struct feeder *f, const struct feeder_prompts *from, struct err *e) {
    bool outputs = from->output_max > 0 ||
                   (from->source != NULL && from->source->role[FEEDER_OUTPUT] != FEEDER_NO_COLUMN);
    f->prompts = *from;
    f->make = make;
    if (f->kind == FEEDER_PROMPTS)
        f->rows = SIZE_MAX;
    if (feeder_column_make(f, FEEDER_TEXT, "text", e) != 0 ||
        feeder_column_make(f, FEEDER_PROMPT, "prompt", e) != 0 ||
        feeder_column_make(f, FEEDER_WORDS, "words", e) != 0)
        return -1;
    return outputs ? feeder_column_make(f, FEEDER_OUTPUT_TOKENS, "output_tokens", e) : 0;
}

uint64_t feeder_prompts_key(const struct feeder *f, uint64_t seed_key) {
    return seed_key ^ hash(f->name, strlen(f->name));
}

/* ---- the scenario's ---- */

/* A number, or two of which the second is not less; v NULL leaves both as they were. */
static int range_read(struct loader *r, const struct json *v, uint32_t *min, uint32_t *max) {
    if (v == NULL)
        return 0;
    if (v->kind == JSON_NUMBER) {
        if (loader_integer(r, v, 1, PROMPTS_WORDS_MAX, min) != 0)
            return -1;
        *max = *min;
        return 0;
    }
    if (v->kind != JSON_ARRAY || v->count != 2)
        return loader_fail(r, v->at, "\"%s\" must be a whole number, or two: [lowest, highest]",
                           v->key);
    if (loader_integer(r, v->first, 1, PROMPTS_WORDS_MAX, min) != 0 ||
        loader_integer(r, v->first->next, 1, PROMPTS_WORDS_MAX, max) != 0)
        return -1;
    if (*min > *max)
        return loader_fail(r, v->at, "the first number of \"%s\" is the lowest; swap them", v->key);
    return 0;
}

/* Where the lengths and the shared parts come from when no numbers say it. */
static int source_check(struct loader *r, const struct json *v, const struct feeder *trace,
                        struct feeder_prompts *p) {
    const struct json *shared = json_get(v, "shared");
    if (p->words_max == 0 && (trace == NULL || trace->role[FEEDER_INPUT] == FEEDER_NO_COLUMN))
        return loader_fail(r, v->at,
                           "\"words\" is missing here%s; write \"words\": 200 or \"words\": "
                           "[100, 400]",
                           trace == NULL ? ", and the load has no \"trace\" to take lengths from"
                                         : ", and the trace has no lengths of prompts");
    if (p->words_max == 0 && shared != NULL && trace->role[FEEDER_HASHES] != FEEDER_NO_COLUMN)
        return loader_fail(r, shared->key_at,
                           "the trace has hash_ids, which say what prompts share; remove "
                           "\"shared\"");
    bool needs = p->words_max == 0 || (p->output_max == 0 && trace != NULL &&
                                       trace->role[FEEDER_OUTPUT] != FEEDER_NO_COLUMN);
    p->source = needs ? trace : NULL;
    return 0;
}

int feeder_prompts_read(struct loader *r, const struct json *v, const struct feeder *trace,
                        struct feeder_prompts *out) {
    struct feeder_prompts p = {0};
    const struct json *shared = json_get(v, "shared");
    if (loader_section(r, v, SECTION_PROMPTS) != 0 ||
        range_read(r, json_get(v, "words"), &p.words_min, &p.words_max) != 0 ||
        range_read(r, json_get(v, "output_tokens"), &p.output_min, &p.output_max) != 0 ||
        loader_integer(r, shared, 1, PROMPTS_WORDS_MAX, &p.shared) != 0 ||
        source_check(r, v, trace, &p) != 0)
        return -1;
    if (p.words_max > 0 && p.shared >= p.words_min)
        return loader_fail(r, shared->at,
                           "\"shared\" is part of \"words\", so it must be less than its lowest "
                           "number, %u",
                           p.words_min);
    *out = p;
    return 0;
}
