/*
 * pyvalue: evaluates values that can be known without running a Python file.
 *
 * These are literals (text, numbers, True, False, None, lists, tuples, dicts), texts joined by + or
 * written next to each other, names with such a value, f-strings of these, and the environment
 * (os.environ["X"], os.getenv("X")). Everything else is rejected. Internal to convert/.
 * Ownership: names and values belong to the draft. Thread: any.
 */
#ifndef CONVERT_PYVALUE_H
#define CONVERT_PYVALUE_H

#include "convert/pylex.h"

struct py_name {
    const char *name, *json;
    struct py_name *next;
};

/* Names and their values as JSON (its texts are plain, with references). The inner scope is
 * searched first. */
struct py_scope {
    struct py_name *names;
    const struct py_scope *outer;
};

struct py_reader {
    struct draft *d;
    const struct py_token *t; /* the current token; the last is PY_END */
    const struct py_scope *scope;
    int depth;
};

/* Appends the value at r->t as JSON and moves past it. Returns false if it cannot be known. */
bool py_value(struct py_reader *r, struct buf *out);

/* Stores a name's value. `json` NULL: it is unknown from now on. */
void py_remember(struct draft *d, struct py_scope *scope, const char *name, const char *json);

bool py_is(const struct py_token *t, const char *text); /* true for this name or operator */

#endif
