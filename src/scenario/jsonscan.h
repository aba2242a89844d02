/*
 * jsonscan: scans a JSON text without building a tree.
 *
 * It finds where values begin and end, and their children. It checks RFC 8259's grammar in the part
 * that it scans (but not that strings are UTF-8), and never reads past the end. It stores nothing.
 *
 * Internal to scenario/. Ownership: all pointers point into the caller's text. Thread: plain data.
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
    uint64_t left;     /* bytes that it may still scan */
    const char *wrong; /* after a failure: the error in the text */
};

/* Iterates over the children of an object or array. */
struct jsonscan_children {
    const char *p;
    /* pending: p is at a value that was not scanned yet */
    bool object, first, pending;
};

void jsonscan_init(struct jsonscan *s, struct bytes text, uint64_t work_max);

const char *jsonscan_space(const struct jsonscan *s, const char *p);

/* Returns the end of the value at p (spaces before it are skipped), or NULL if the value is
 * broken. */
const char *jsonscan_skip(struct jsonscan *s, const char *p);

/* True if the value at p has children: "{" or "[". */
bool jsonscan_open(const struct jsonscan *s, const char *p, struct jsonscan_children *c);

/* Returns 1 for a child: *key is the raw text inside its key's quotes (none in an array), and
 * *value is its start. Returns 0 if there are no more; c->p is then after the container. Returns
 * -1 if the text is broken. A caller that knows the end of the value may set c->p to it and
 * `pending` to false. */
int jsonscan_next(struct jsonscan *s, struct jsonscan_children *c, struct bytes *key,
                  const char **value);

/* Compares the raw text inside a string's quotes with decoded text, by code points. Returns -1,
 * 0 or 1. */
int jsonscan_compare(struct bytes raw, struct bytes text);

/* The same for two raw texts. */
int jsonscan_compare_raw(struct bytes raw, struct bytes other);

/* Decodes the raw text inside a string's quotes to `to`, which may be the same memory. Returns
 * the bytes written, never more than there were. A lone surrogate becomes U+FFFD. */
size_t jsonscan_decode(struct bytes raw, char *to);

#endif
