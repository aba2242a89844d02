/*
 * template_internal: what the parts of template share: expressions and holes.
 *
 * Internal to scenario/template*.c. Ownership: an expression owns its texts, arguments and folder.
 * Thread: one while compiling; then only read.
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
    EXPR_VALUE, /* as it is, where it is one JSON value */
    EXPR_FILE   /* the content of the file whose name its arguments make, in `folder` */
};

struct expr {
    enum expr_kind kind;
    uint32_t index, column; /* EXPR_VARIABLE: the slot; EXPR_FIELD: feeder and column */
    int64_t from;           /* EXPR_RANDOM_INT */
    uint64_t span;          /* EXPR_RANDOM_INT: how many numbers, 0: all that there are */
    char *text;             /* EXPR_TEXT: it; else the name for messages, EXPR_FILE: the folder's */
    size_t len;
    bool secret; /* EXPR_TEXT: from the environment */
    int folder;  /* EXPR_FILE: a descriptor, closed with the template */
    struct expr *args;
    size_t count;
};

struct template_hole {
    size_t at; /* in the constant text */
    enum text_place place;
    struct expr expr;
};

/* A string while it is expanded. */
struct expansion {
    struct loader *r;
    const char *text;
    size_t n, at;
    enum text_place place;
    struct buf *out;
};

/* The offset in the file of byte i of the text. */
size_t expansion_offset(const struct expansion *x, size_t i);

/* Reads the expression after "${" at x->text[*i]; *i becomes the offset behind its "}". */
int expr_parse(const struct expansion *x, size_t *i, struct expr *out);
void expr_done(struct expr *e);

/* Adds a hole at byte `at` of the text written so far; takes the expression, also where it fails,
 * which is then at byte i of the string x (NULL: at byte i of the file). */
int template_hole_add(struct loader *r, const struct expansion *x, size_t i, size_t at,
                      enum text_place place, struct expr *expr);

/* Appends a value as it is sent in this place. `what` stands for it in messages, which are
 * "is not UTF-8, ..." and the like. Returns the rest of such a message, or NULL. */
const char *template_put(enum text_place place, const char *text, size_t n, struct buf *out);

/* Whether a text can be the beginning of a path or URL: "/", http:// or https://. */
bool template_is_path(const char *text, size_t n);

/* The functions on text: appends what `kind` makes of n bytes. The same result. */
const char *template_apply(enum expr_kind kind, const char *text, size_t n, struct buf *out);

#endif
