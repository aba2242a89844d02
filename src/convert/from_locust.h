/*
 * from_locust: shared by the two halves of the locustfile reader: classes and module in one, bodies
 * of methods in the other.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_FROM_LOCUST_H
#define CONVERT_FROM_LOCUST_H

#include "convert/draft.h"
#include "convert/pyvalue.h"

struct locust {
    struct draft *d;
    const char *text; /* the contents of the file */
    size_t bytes;
    const struct py_token *tokens;
    struct py_scope module;
    size_t calls; /* calls of its own methods that were expanded in place */
};

struct locust_method {
    const char *name;
    size_t body; /* index of the first token */
    struct locust_method *next;
};

struct locust_class {
    struct draft_class *c;
    struct py_scope scope;
    struct locust_method *methods;
    size_t method_count;
};

/* Notes that a line is not converted: its text, and the reason if it is not obvious. */
void locust_left_out(struct locust *l, struct draft_notes *to, size_t line, const char *why);

size_t locust_line_end(const struct locust *l, size_t i);      /* after its NEWLINE */
size_t locust_statement_end(const struct locust *l, size_t i); /* also after its block */

/* Returns the value at token i as JSON, and where it ends. Returns NULL if it cannot be known. */
const char *locust_value(struct locust *l, const struct py_scope *scope, size_t i, size_t *behind);

/* Reads "NAME = value". Returns false if it is not an assignment, or if the value cannot be
 * known. */
bool locust_assignment(struct locust *l, struct py_scope *scope, size_t i);

/* Converts the statements from token `body` on to requests. */
void locust_body(struct locust *l, struct locust_class *k, size_t body, struct draft_requests *to,
                 struct draft_notes *notes, int depth);

/* True if "self.NAME(" occurs anywhere in the file. */
bool locust_is_called(const struct locust *l, const struct locust_class *k, const char *name);

#endif
