/*
 * import_split: cuts a stream of JSON into entries without keeping more than one of them.
 *
 * It takes one array, one object a line, objects behind each other however they are laid out, and
 * the answers of an API that hold the array in "entries" or "timeSeries", one or several pages. It
 * does not parse entries: it finds where each begins and ends. One that cannot be right (a string
 * that goes over a line's end, brackets that do not match) is reported as broken, and the search
 * goes on at the next line that begins as that entry did: a line cut short costs itself only.
 *
 * Ownership: plain data with a buffer; import_split_done() frees. Text in a call-back is valid
 * during the call. Thread: one.
 */
#ifndef IMPORT_IMPORT_SPLIT_H
#define IMPORT_IMPORT_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define IMPORT_SPLIT_OUTER_MAX 8 /* arrays in arrays */
#define IMPORT_SPLIT_DEPTH_MAX 64

enum import_piece {
    IMPORT_ENTRY,    /* text is a value, whole as far as brackets tell */
    IMPORT_BROKEN,   /* an entry that cannot be right; without text */
    IMPORT_TOO_LONG, /* an entry beyond the ceiling, or no memory for it; without text */
};

/* line: the entry's first, from 1. Returns 0 to go on; any other value ends the feeding. */
typedef int import_split_fn(void *context, enum import_piece piece, const char *text, size_t n,
                            uint64_t line);

struct import_split {
    import_split_fn *fn;
    void *context;
    struct buf text;   /* of the current entry */
    int state;         /* see import_split.c */
    uint64_t line;     /* of the next byte, from 1 */
    size_t column;     /* of the next byte, from 0 */
    bool line_blank;   /* only spaces so far in this line */
    size_t bytes_seen; /* at most 3: a byte order mark is ignored */

    bool outer_wrapped[IMPORT_SPLIT_OUTER_MAX]; /* the array is a member of an object */
    int outer;

    uint64_t entry_line; /* where the current entry began */
    size_t entry_column;
    bool wrapper; /* it is an object around entries: no entry itself */
    unsigned depth;
    uint64_t objects; /* bit d: the container at depth d is an object */
    bool in_string, escaped;
    char last;    /* last byte that is no space */
    char key[16]; /* of the current member at depth 1 */
    size_t key_len;
    bool in_key;
};

void import_split_init(struct import_split *s, size_t entry_max_bytes, import_split_fn *fn,
                       void *context);
void import_split_done(struct import_split *s);

/* The next bytes of the stream, any number; what fn returned where that ended it, else 0. */
int import_split_feed(struct import_split *s, const char *bytes, size_t n);

/* The end of the stream. *cut_short: it ended inside of an entry or of an array. */
int import_split_end(struct import_split *s, bool *cut_short);

#endif
