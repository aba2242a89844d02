/*
 * pylex: splits a Python file into tokens, as far as a locustfile needs them.
 *
 * It handles line structure (indents, joined lines), strings with their escapes, numbers, names and
 * operators, following the chapter "Lexical analysis" of the reference. It runs nothing and knows
 * no grammar. Internal to convert/.
 * Ownership: tokens and texts belong to the draft. Thread: any.
 */
#ifndef CONVERT_PYLEX_H
#define CONVERT_PYLEX_H

#include "convert/draft.h"

#define PYLEX_TOKENS_MAX 1000000

enum py_kind {
    PY_NAME,
    PY_NUMBER,
    PY_STRING,
    PY_FSTRING,
    PY_STRANGE,
    PY_OP,
    PY_NEWLINE,
    PY_INDENT,
    PY_DEDENT,
    PY_END
};

struct py_token {
    enum py_kind kind;
    /* PY_STRING: decoded (may contain NULs). PY_FSTRING: as written, with escapes decoded.
     * PY_STRANGE: a string with an unknown escape. */
    const char *text;
    size_t n;
    size_t line;
};

struct py_tokens {
    struct py_token *items; /* ends with PY_END */
    size_t count, cap;
};

int pylex(struct draft *d, const char *name, const char *text, size_t bytes, struct py_tokens *out,
          struct err *e);

#endif
