/*
 * pylex: the words of a Python file, as far as a locustfile needs them.
 *
 * Line structure (indents, joined lines), strings with their escapes, numbers, names and operators,
 * after the reference's chapter "Lexical analysis". It runs nothing and knows no grammar. Internal
 * to convert/.
 *
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
    /* PY_STRING: decoded (may hold NULs); PY_FSTRING: as written, escapes decoded; PY_STRANGE:
     * an escape that is not known. */
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
