/*
 * from_locust: what the two halves of the locustfile reader share: classes and module here, the
 * bodies of methods there.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_FROM_LOCUST_H
#define CONVERT_FROM_LOCUST_H

#include "convert/draft.h"
#include "convert/pyvalue.h"

struct locust {
    struct draft *d;
    const char *text; /* the file */
    size_t bytes;
    const struct py_token *tokens;
    struct py_scope module;
    size_t calls; /* of its own methods, that were read in place */
};

struct locust_method {
    const char *name;
    size_t body; /* token */
    struct locust_method *next;
};

struct locust_class {
    struct draft_class *c;
    struct py_scope scope;
    struct locust_method *methods;
    size_t method_count;
};

/* Notes that a line is not converted: its text, and why where that is not plain. */
void locust_left_out(struct locust *l, struct draft_notes *to, size_t line, const char *why);

size_t locust_line_end(const struct locust *l, size_t i);      /* behind its NEWLINE */
size_t locust_statement_end(const struct locust *l, size_t i); /* behind its block as well */

/* The value at token i as JSON, and where it ends; NULL where it cannot be known. */
const char *locust_value(struct locust *l, const struct py_scope *scope, size_t i, size_t *behind);

/* Reads "NAME = value"; false where it is none, or its value cannot be known. */
bool locust_assignment(struct locust *l, struct py_scope *scope, size_t i);

/* Reads the statements from token `body` on into requests. */
void locust_body(struct locust *l, struct locust_class *k, size_t body, struct draft_requests *to,
                 struct draft_notes *notes, int depth);

/* Whether "self.NAME(" stands anywhere in the file. */
bool locust_is_called(const struct locust *l, const struct locust_class *k, const char *name);

#endif
