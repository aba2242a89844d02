/*
 * jsonscan: a walk over the bytes of a JSON text, without a tree.
 *
 * It knows where values begin and end and what their children are. It checks RFC 8259's grammar in
 * what it walks over (but not that strings are UTF-8) and never looks past the end. It stores
 * nothing.
 *
 * Internal to scenario/. Ownership: all pointers are into the caller's text. Thread: plain data.
 */
#ifndef SCENARIO_JSONSCAN_H
#define SCENARIO_JSONSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

#define JSONSCAN_DEPTH_MAX 512

struct jsonscan {
    const char *end;
    uint64_t left;     /* how many bytes it may still walk over */
    const char *wrong; /* after a failure: what is wrong with the text */
};

/* The children of an object or array, one after the other. */
struct jsonscan_children {
    const char *p;
    bool object, first, pending; /* pending: p is at a value that is not yet walked over */
};

void jsonscan_init(struct jsonscan *s, struct bytes text, uint64_t work_max);

const char *jsonscan_space(const struct jsonscan *s, const char *p);

/* Behind the value that begins at p (spaces before it are skipped); NULL where it is broken. */
const char *jsonscan_skip(struct jsonscan *s, const char *p);

/* True where the value at p has children: "{" or "[". */
bool jsonscan_open(const struct jsonscan *s, const char *p, struct jsonscan_children *c);

/* 1: a child; *key is the raw inside of its key's quotes (an element of an array has none), *value
 * where it begins. 0: there are no more, and c->p is behind the container. -1: broken. A caller
 * that knows the end of the value may set c->p to it and pending to false. */
int jsonscan_next(struct jsonscan *s, struct jsonscan_children *c, struct bytes *key,
                  const char **value);

/* The raw inside of a string's quotes compared with decoded text, in the order of code points: -1,
 * 0 or 1. */
int jsonscan_compare(struct bytes raw, struct bytes text);

/* The same for two raw insides. */
int jsonscan_compare_raw(struct bytes raw, struct bytes other);

/* Decodes the raw inside of a string to `to`, which may be its own place; returns the bytes
 * written, never more than there were. A lone surrogate becomes U+FFFD. */
size_t jsonscan_decode(struct bytes raw, char *to);

#endif
