/*
 * template_internal: expressions and holes, shared by the files of template.
 *
 * Internal to scenario/template*.c. Ownership: an expression owns its texts, arguments and folder.
 * Thread: one while compiling, then read-only.
 */
#ifndef SCENARIO_TEMPLATE_INTERNAL_H
#define SCENARIO_TEMPLATE_INTERNAL_H

#include "scenario/template.h"

enum expr_kind {
    EXPR_TEXT, /* a constant */
    EXPR_VARIABLE,
    EXPR_FIELD, /* of a feeder's row */
    EXPR_USER_ID,
    EXPR_ITERATION,
    EXPR_UUID,
    EXPR_NOW_ISO,
    EXPR_NOW_UNIX,
    EXPR_NOW_MS,
    EXPR_RANDOM_INT,
    EXPR_RANDOM_CHOICE,
    EXPR_BASE64,
    EXPR_JSON,
    EXPR_URLENCODE,
    EXPR_VALUE, /* unchanged, if it is one JSON value */
    EXPR_FILE   /* contents of a file in `folder`; its arguments form the name */
};

struct expr {
    enum expr_kind kind;
    uint32_t index, column; /* EXPR_VARIABLE: index is the slot; EXPR_FIELD: feeder and column */
    int64_t from;           /* EXPR_RANDOM_INT */
    uint64_t span;          /* EXPR_RANDOM_INT: how many numbers; 0: all of 64 bits */
    /* EXPR_TEXT: the text. Others: the name for messages; EXPR_FILE: the folder's. */
    char *text;
    size_t len;
    bool secret;  /* EXPR_TEXT: from the environment */
    bool escaped; /* EXPR_TEXT: urlencode() made it */
    int folder;   /* EXPR_FILE: a descriptor, closed with the template */
    struct expr *args;
    size_t count;
};

struct template_hole {
    size_t at; /* position in the constant text */
    enum text_place place;
    struct expr expr;
};

/* A string during expansion. */
struct expansion {
    struct loader *r;
    const char *text;
    size_t n, at;
    enum text_place place;
    struct buf *out;
};

/* Returns the offset in the file of byte i of the text. */
size_t expansion_offset(const struct expansion *x, size_t i);

/* Parses the expression after "${" at x->text[*i]. *i becomes the offset after its "}". */
int expr_parse(const struct expansion *x, size_t *i, struct expr *out);
void expr_done(struct expr *e);

/* Adds a hole at byte `at` of the text written so far. Takes the expression, also on failure.
 * Errors point to byte i of the string x (x NULL: byte i of the file). */
int template_hole_add(struct loader *r, const struct expansion *x, size_t i, size_t at,
                      enum text_place place, struct expr *expr);

/* Appends a value in the form for this place. Returns NULL, or the rest of an error message
 * after the value's name ("is not UTF-8, ..."). */
const char *template_put(enum text_place place, const char *text, size_t n, struct buf *out);

/* True if a text can be the start of a path or URL: "/", http:// or https://. */
bool template_is_path(const char *text, size_t n);

/* The functions on text: appends the result of `kind` for n bytes. Returns the same as
 * template_put(). */
const char *template_apply(enum expr_kind kind, const char *text, size_t n, struct buf *out);

#endif
