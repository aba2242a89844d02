/*
 * pyvalue: values that can be known without running a Python file.
 *
 * Literals (text, numbers, True, False, None, lists, tuples, dicts), texts joined by + or written
 * beside each other, names that were given such a value, f-strings of these, and the environment
 * (os.environ["X"], os.getenv("X")). Everything else is refused. Internal to convert/.
 *
 * Ownership: names and values belong to the draft. Thread: any.
 */
#ifndef CONVERT_PYVALUE_H
#define CONVERT_PYVALUE_H

#include "convert/pylex.h"

struct py_name {
    const char *name, *json;
    struct py_name *next;
};

/* Names and their values as JSON (its texts plain, with references); the inner one is asked
 * first. */
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

/* Appends the value at r->t as JSON and moves behind it; false where it cannot be known. */
bool py_value(struct py_reader *r, struct buf *out);

/* Remembers a name's value; NULL json: from now on it is not known. */
void py_remember(struct draft *d, struct py_scope *scope, const char *name, const char *json);

bool py_is(const struct py_token *t, const char *text); /* this name or operator */

#endif
